/* Reading a mapped page that its file no longer has raises SIGBUS, which .NET cannot survive and no managed code can handle.
 * This handler puts zeros in the place of what is gone, within ranges that were announced, and counts; every other fault goes
 * to whoever handled SIGBUS before. The reader looks at the count and throws away what it computed. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define MOST_RANGES 4096

static struct { atomic_uintptr_t begin, end; atomic_ulong faults; } ranges[MOST_RANGES];
static atomic_int used;
static struct sigaction previous;
static uintptr_t page;
static int installed;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void on_sigbus(int number, siginfo_t *info, void *context)
{
    uintptr_t at = (uintptr_t)info->si_addr;
    for (int i = 0, count = atomic_load(&used); i < count; i++) {
        uintptr_t begin = atomic_load(&ranges[i].begin), end = atomic_load(&ranges[i].end);
        if (at < begin || at >= end) continue;

        /* The rest of the range at once: one mapping, however many pages are gone, because mappings are few. */
        int saved = errno;
        void *start = (void *)(at & ~(page - 1));
        void *zeros = mmap(start, end - (uintptr_t)start, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
        errno = saved;
        if (zeros == MAP_FAILED) break;
        atomic_fetch_add(&ranges[i].faults, 1);
        return;
    }

    if (previous.sa_flags & SA_SIGINFO) previous.sa_sigaction(number, info, context);
    else if (previous.sa_handler == SIG_DFL || previous.sa_handler == SIG_IGN) sigaction(number, &previous, NULL); /* the fault comes again and ends the process */
    else previous.sa_handler(number);
}

static int install(void)
{
    if (installed) return 1;
    page = (uintptr_t)sysconf(_SC_PAGESIZE);
    if (sigaction(SIGBUS, NULL, &previous) != 0) return 0;
    struct sigaction mine = { .sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART, .sa_mask = previous.sa_mask };
    return installed = sigaction(SIGBUS, &mine, NULL) == 0;
}

/* Announces a mapped range; returns its number, or -1 when it cannot be covered. */
int engine_sigbus_cover(void *start, size_t length)
{
    int number = -1;
    pthread_mutex_lock(&gate);
    for (int i = 0; install() && i < MOST_RANGES && number < 0; i++)
        if (atomic_load(&ranges[i].end) == 0) number = i;
    if (number >= 0) {
        atomic_store(&ranges[number].faults, 0);
        atomic_store(&ranges[number].begin, (uintptr_t)start);
        atomic_store(&ranges[number].end, ((uintptr_t)start + length + page - 1) & ~(page - 1));
        if (number >= atomic_load(&used)) atomic_store(&used, number + 1);
    }

    pthread_mutex_unlock(&gate);
    return number;
}

/* How often zeros had to take the place of a range's pages. */
uint64_t engine_sigbus_faults(int number) { return atomic_load(&ranges[number].faults); }

/* Forgets a range, before it is unmapped. */
void engine_sigbus_uncover(int number)
{
    pthread_mutex_lock(&gate);
    atomic_store(&ranges[number].end, 0);
    pthread_mutex_unlock(&gate);
}
