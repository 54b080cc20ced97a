/* A libnvrtc for tests: what it "compiles" to is a list of the source's kernels and the options it was given, which the stub of libcuda loads.
   The environment variable ENGINE_NVRTC_STUB=fail, or stub_fail(1), makes every compilation fail with a log. It knows sm_80 and sm_90. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct program { char *source, *cubin; };

static int live, compiled, fail;

__attribute__((constructor)) static void begin(void) { const char *words = getenv("ENGINE_NVRTC_STUB"); fail = words && !strcmp(words, "fail"); }

void stub_fail(int on) { fail = on; }
int stub_live(void) { return live; }
int stub_compiled(void) { return compiled; }

int nvrtcVersion(int *major, int *minor) { *major = 12; *minor = 4; return 0; }
const char *nvrtcGetErrorString(int status) { return status == 6 ? "NVRTC_ERROR_COMPILATION" : "NVRTC_ERROR_INTERNAL_ERROR"; }
int nvrtcGetNumSupportedArchs(int *count) { *count = 2; return 0; }
int nvrtcGetSupportedArchs(int *known) { known[0] = 80; known[1] = 90; return 0; }
int nvrtcCreateProgram(struct program **program, const char *source, const char *name, int headers, const char **texts, const char **names) {
    (void)name, (void)texts, (void)names;
    if (headers) return 11;
    *program = calloc(1, sizeof **program);
    (*program)->source = strdup(source);
    live++;
    return 0;
}
int nvrtcDestroyProgram(struct program **program) {
    free((*program)->source);
    free((*program)->cubin);
    free(*program);
    live--;
    return 0;
}
int nvrtcCompileProgram(struct program *program, int count, const char **options) {
    compiled++;
    if (fail) return 6;
    size_t room = strlen(program->source) + 1024;
    char *to = program->cubin = malloc(room);
    to += sprintf(to, "CUBIN");
    for (int i = 0; i < count; i++) to += sprintf(to, " %s", options[i]);
    *to++ = '\n';
    for (const char *at = program->source; (at = strstr(at, "KERNEL void ")); ) {
        at += strlen("KERNEL void ");
        int length = (int)strcspn(at, "( ");
        to += sprintf(to, "KERNEL %.*s\n", length, at);
    }
    *to = 0;
    return 0;
}
int nvrtcGetProgramLogSize(struct program *program, size_t *bytes) { (void)program; *bytes = sizeof "pool.cu(7): error: the stub was told to refuse"; return 0; }
int nvrtcGetProgramLog(struct program *program, char *log) { (void)program; strcpy(log, "pool.cu(7): error: the stub was told to refuse"); return 0; }
int nvrtcGetCUBINSize(struct program *program, size_t *bytes) { *bytes = strlen(program->cubin) + 1; return 0; }
int nvrtcGetCUBIN(struct program *program, char *cubin) { strcpy(cubin, program->cubin); return 0; }
