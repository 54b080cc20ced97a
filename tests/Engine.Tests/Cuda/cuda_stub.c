/* A libcuda on host memory, for tests on machines without a GPU. It computes nothing: a launch is recorded, and may add 1 to the first byte of
   its first argument. What it is strict about is what a driver may do: every call needs a current context, work in a stream is done as late as
   the interface allows, also copies from memory that is not pinned, and a lost device stays lost. Faults come on demand, from stub_configure or
   the environment variable ENGINE_STUB: "devices=2 capability=75 version=10020 memory=1000000 alloc=3 pin=1 launch=2 jit=1 touch=1 prohibited=1". */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int CUresult;
enum { OK = 0, INVALID_VALUE = 1, NO_MEMORY = 2, NOT_INITIALIZED = 3, NO_DEVICE = 100, INVALID_DEVICE = 101, INVALID_CONTEXT = 201, INVALID_PTX = 218, NOT_FOUND = 500, ILLEGAL_ADDRESS = 700 };
enum { COPY_IN, COPY_OUT, CLEAR, TOUCH, RECORD, WAIT };
enum { CONTEXTS, BUFFERS, PINNED, STREAMS, EVENTS, MODULES, KINDS };

struct event;
struct work { int kind; char *to; const char *from; size_t bytes; struct event *event; struct work *next; };
struct stream { struct work *first, *last; int made; };
struct event { struct stream *stream; int recorded, passed; };
struct function { char name[128]; int arguments; };
struct module { struct function functions[32]; int count; };
struct context { int device, held; };

static struct { long devices, capability, version, memory, alloc, pin, launch, jit, touch, prohibited; } set;
static struct context contexts[8];
static struct stream streams[256];
static int live[KINDS], initialized, lost, launches;
static struct { char name[128]; int grid, block, arguments; uint64_t values[32]; } last;
static _Thread_local struct context *current;

#define ENTER if (!initialized) return NOT_INITIALIZED; if (!current || !current->held) return INVALID_CONTEXT; if (lost) return ILLEGAL_ADDRESS

static long word(const char *words, const char *name, long otherwise) {
    for (const char *at = words; (at = strstr(at, name)); at++)
        if ((at == words || at[-1] == ' ') && at[strlen(name)] == '=') return atol(at + strlen(name) + 1);
    return otherwise;
}

void stub_configure(const char *words) {
    set.devices = word(words, "devices", 1);
    set.capability = word(words, "capability", 90);
    set.version = word(words, "version", 12040);
    set.memory = word(words, "memory", 1L << 30);
    set.alloc = word(words, "alloc", 0);
    set.pin = word(words, "pin", 0);
    set.launch = word(words, "launch", 0);
    set.jit = word(words, "jit", 0);
    set.touch = word(words, "touch", 0);
    set.prohibited = word(words, "prohibited", 0);
    lost = launches = 0;
}

__attribute__((constructor)) static void begin(void) { const char *words = getenv("ENGINE_STUB"); stub_configure(words ? words : ""); }

int stub_live(int kind) { return live[kind]; }
int stub_launches(void) { return launches; }
const char *stub_name(void) { return last.name; }
int stub_grid(void) { return last.grid; }
int stub_block(void) { return last.block; }
int stub_arguments(void) { return last.arguments; }
uint64_t stub_value(int i) { return last.values[i]; }

static void run(struct stream *stream, struct event *until) {
    while (stream->first && !(until && until->passed)) {
        struct work *work = stream->first;
        if (lost) work->kind = RECORD + WAIT;
        if (work->kind == WAIT && work->event->recorded && !work->event->passed) run(work->event->stream, work->event);
        if (work->kind == RECORD) work->event->passed = 1;
        if (work->kind == COPY_IN || work->kind == COPY_OUT) memcpy(work->to, work->from, work->bytes);
        if (work->kind == CLEAR) memset(work->to, 0, work->bytes);
        if (work->kind == TOUCH) ++*work->to;
        stream->first = work->next;
        free(work);
    }
}

static void give(struct stream *stream, struct work what) {
    struct work *work = malloc(sizeof *work);
    *work = what;
    work->next = 0;
    if (stream->first) stream->last->next = work; else stream->first = work;
    stream->last = work;
}

CUresult cuInit(unsigned flags) { (void)flags; if (!set.devices) return NO_DEVICE; initialized = 1; return OK; }
CUresult cuDriverGetVersion(int *version) { *version = (int)set.version; return OK; }
CUresult cuGetErrorName(CUresult status, const char **name) {
    *name = status == NO_MEMORY ? "CUDA_ERROR_OUT_OF_MEMORY" : status == NO_DEVICE ? "CUDA_ERROR_NO_DEVICE" : status == INVALID_DEVICE ? "CUDA_ERROR_INVALID_DEVICE"
        : status == INVALID_CONTEXT ? "CUDA_ERROR_INVALID_CONTEXT" : status == INVALID_PTX ? "CUDA_ERROR_INVALID_PTX" : status == NOT_FOUND ? "CUDA_ERROR_NOT_FOUND"
        : status == ILLEGAL_ADDRESS ? "CUDA_ERROR_ILLEGAL_ADDRESS" : 0;
    return *name ? OK : INVALID_VALUE;
}
CUresult cuGetErrorString(CUresult status, const char **words) { (void)status; *words = "as the stub was told"; return OK; }
CUresult cuDeviceGetCount(int *count) { if (!initialized) return NOT_INITIALIZED; *count = (int)set.devices; return OK; }
CUresult cuDeviceGet(int *device, int number) { if (number < 0 || number >= set.devices) return INVALID_DEVICE; *device = number; return OK; }
CUresult cuDeviceGetName(char *name, int most, int device) { snprintf(name, (size_t)most, "Stub GPU %d", device); return OK; }
CUresult cuDeviceTotalMem_v2(size_t *bytes, int device) { (void)device; *bytes = (size_t)set.memory; return OK; }
CUresult cuDeviceGetAttribute(int *value, int attribute, int device) {
    (void)device;
    *value = attribute == 75 ? (int)set.capability / 10 : attribute == 76 ? (int)set.capability % 10 : attribute == 20 && set.prohibited ? 2 : 0;
    return OK;
}
CUresult cuDevicePrimaryCtxRetain(struct context **context, int device) {
    contexts[device].device = device;
    if (!contexts[device].held++) live[CONTEXTS]++;
    *context = &contexts[device];
    return OK;
}
CUresult cuDevicePrimaryCtxRelease_v2(int device) { if (!--contexts[device].held) live[CONTEXTS]--; return OK; }
CUresult cuCtxSetCurrent(struct context *context) { if (context && !context->held) return INVALID_CONTEXT; current = context; return OK; }
CUresult cuMemGetInfo_v2(size_t *free_, size_t *total) { ENTER; *free_ = (size_t)set.memory / 2; *total = (size_t)set.memory; return OK; }
CUresult cuMemAlloc_v2(void **memory, size_t bytes) {
    ENTER;
    if (set.alloc && --set.alloc == 0) return NO_MEMORY;
    *memory = malloc(bytes);
    memset(*memory, 0xcd, bytes);
    live[BUFFERS]++;
    return OK;
}
/* Memory goes when everything given so far is done with it, as with the real driver. */
static void run_all(void) { for (int i = 0; i < 256; i++) if (streams[i].made) run(&streams[i], 0); }
CUresult cuMemFree_v2(void *memory) { if (!current) return INVALID_CONTEXT; run_all(); free(memory); live[BUFFERS]--; return OK; }
CUresult cuMemHostAlloc(void **memory, size_t bytes, unsigned flags) {
    ENTER;
    (void)flags;
    if (set.pin && --set.pin == 0) return NO_MEMORY;
    *memory = malloc(bytes);
    live[PINNED]++;
    return OK;
}
CUresult cuMemFreeHost(void *memory) { if (!current) return INVALID_CONTEXT; run_all(); free(memory); live[PINNED]--; return OK; }
CUresult cuMemcpyHtoDAsync_v2(void *to, const void *from, size_t bytes, struct stream *stream) { ENTER; give(stream, (struct work){ COPY_IN, to, from, bytes, 0, 0 }); return OK; }
CUresult cuMemcpyDtoHAsync_v2(void *to, const void *from, size_t bytes, struct stream *stream) { ENTER; give(stream, (struct work){ COPY_OUT, to, from, bytes, 0, 0 }); return OK; }
CUresult cuMemsetD8Async(void *to, unsigned char value, size_t bytes, struct stream *stream) { ENTER; if (value) return INVALID_VALUE; give(stream, (struct work){ CLEAR, to, 0, bytes, 0, 0 }); return OK; }
CUresult cuStreamCreate(struct stream **stream, unsigned flags) { 
    ENTER;
    if (flags != 1) return INVALID_VALUE;
    for (int i = 0; i < 256; i++) if (!streams[i].made) { streams[i].made = 1; *stream = &streams[i]; live[STREAMS]++; return OK; }
    return NO_MEMORY;
}
CUresult cuStreamDestroy_v2(struct stream *stream) { if (!current) return INVALID_CONTEXT; run(stream, 0); stream->made = 0; live[STREAMS]--; return OK; }
CUresult cuStreamSynchronize(struct stream *stream) { ENTER; run(stream, 0); return OK; }
CUresult cuStreamWaitEvent(struct stream *stream, struct event *event, unsigned flags) { ENTER; if (flags) return INVALID_VALUE; give(stream, (struct work){ WAIT, 0, 0, 0, event, 0 }); return OK; }
CUresult cuEventCreate(struct event **event, unsigned flags) { ENTER; if (flags != 2) return INVALID_VALUE; *event = calloc(1, sizeof **event); live[EVENTS]++; return OK; }
/* Events stay, since streams may still wait for them; the count is what a test looks at. */
CUresult cuEventDestroy_v2(struct event *event) { (void)event; if (!current) return INVALID_CONTEXT; live[EVENTS]--; return OK; }
CUresult cuEventRecord(struct event *event, struct stream *stream) {
    ENTER;
    event->stream = stream;
    event->recorded = 1;
    event->passed = 0;
    give(stream, (struct work){ RECORD, 0, 0, 0, event, 0 });
    return OK;
}
CUresult cuEventSynchronize(struct event *event) { ENTER; if (event->recorded) run(event->stream, event); return OK; }

static int count_arguments(const char *from) {
    int count = 0;
    const char *end = strchr(from, ')');
    for (const char *at = from; end && (at = strstr(at, ".param")) && at < end; at++) count++;
    return count;
}

CUresult cuModuleLoadDataEx(struct module **module, const char *image, unsigned count, const int *options, void **values) {
    ENTER;
    int cubin = !strncmp(image, "CUBIN", 5);
    if (count != 2 || options[0] != 5 || options[1] != 6) return INVALID_VALUE;
    if ((set.jit & 1 && !cubin) || (set.jit & 2 && cubin) || (!cubin && !strstr(image, ".version"))) {
        snprintf(values[0], (size_t)values[1], "ptxas application ptx input, line 7; fatal : the stub was told to refuse\n");
        return INVALID_PTX;
    }
    *module = calloc(1, sizeof **module);
    const char *mark = cubin ? "KERNEL " : ".entry ";
    for (const char *at = image; (at = strstr(at, mark)) && (*module)->count < 32; ) {
        struct function *function = &(*module)->functions[(*module)->count++];
        at += strlen(mark);
        size_t length = strcspn(at, "(\n ");
        snprintf(function->name, sizeof function->name, "%.*s", (int)length, at);
        function->arguments = cubin ? 0 : count_arguments(at);
    }
    live[MODULES]++;
    return OK;
}
CUresult cuModuleUnload(struct module *module) { if (!current) return INVALID_CONTEXT; free(module); live[MODULES]--; return OK; }
CUresult cuModuleGetFunction(struct function **function, struct module *module, const char *name) {
    ENTER;
    for (int i = 0; i < module->count; i++) if (!strcmp(module->functions[i].name, name)) { *function = &module->functions[i]; return OK; }
    return NOT_FOUND;
}
CUresult cuLaunchKernel(struct function *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned bytes, struct stream *stream, void **arguments, void **extra) {
    ENTER;
    if (gy != 1 || gz != 1 || by != 1 || bz != 1 || bytes || extra || !gx || !bx || bx > 1024) return INVALID_VALUE;
    launches++;
    snprintf(last.name, sizeof last.name, "%s", function->name);
    last.grid = (int)gx;
    last.block = (int)bx;
    last.arguments = function->arguments;
    for (int i = 0; i < function->arguments && i < 32; i++) memcpy(&last.values[i], arguments[i], 8);
    if (set.launch && --set.launch == 0) { lost = 1; return OK; }
    if (set.touch && function->arguments) give(stream, (struct work){ TOUCH, *(char **)arguments[0], 0, 0, 0, 0 });
    return OK;
}
