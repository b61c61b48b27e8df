/* threads.c - checks that stacks and threads can be had. If the system refuses them later, a signal
 * ends the process, or the run fails in the middle. */
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cmd/cli/inner.h"

/* The stack that kernels need: they keep registers of 128 KiB on it, and oneDNN compiles kernels
 * there. */
#define ENOUGH ((rlim_t)256 << 10)
#define USUAL ((rlim_t)8 << 20)

/* Ends the process if the stack limit is too small. The main stack grows up to the limit of the
 * moment; stacks of threads get the size of the limit at the start. */
void cli_have_stack(const struct cli *cli)
{
    struct rlimit limit;
    pthread_attr_t threads;
    if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur >= ENOUGH)
        return;
    limit.rlim_cur = limit.rlim_max < USUAL ? limit.rlim_max : USUAL;
    if (limit.rlim_cur < ENOUGH || setrlimit(RLIMIT_STACK, &limit) != 0) {
        fprintf(stderr, "%s: a stack of %llu KiB is too small: %llu KiB are needed\n",
                cli->tool, (unsigned long long)limit.rlim_cur >> 10,
                (unsigned long long)ENOUGH >> 10);
        exit(SX_MEMORY);
    }
    if (pthread_attr_init(&threads) != 0)
        return;
    if (pthread_attr_setstacksize(&threads, limit.rlim_cur) == 0)
        pthread_setattr_default_np(&threads);
    pthread_attr_destroy(&threads);
}

/* The size in bytes of OpenMP's notation: "512" is in kilobytes, "1M" in megabytes; 0: not a size. */
static rlim_t stack_size(const char *text)
{
    char *end;
    const rlim_t n = strtoul(text, &end, 10);
    while (*end == ' ')
        end++;
    const bool bytes = *end == 'B' || *end == 'b', kilo = *end == 'K' || *end == 'k' || !*end;
    return bytes ? n : n > 0 && kilo && n < ENOUGH / 1024 ? n * 1024 : n > 0 ? ENOUGH : 0;
}

static bool asked_for_less(void)
{
    static const char *const variables[] = {"OMP_STACKSIZE", "GOMP_STACKSIZE"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *text = getenv(variables[i]);
        const rlim_t size = text != NULL ? stack_size(text) : 0;
        if (size > 0)
            return size < ENOUGH;
    }
    return false;
}

/* A thread's function: waits until all threads have started. */
static void *wait_for_all(void *lock)
{
    pthread_mutex_lock(lock);
    pthread_mutex_unlock(lock);
    return NULL;
}

/* The number of stacks that fit a quarter of what is left of a limited address space. */
static int most_stacks(void)
{
    struct rlimit limit;
    size_t size, pages;
    pthread_attr_t usual;
    FILE *f = getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY
                  ? fopen("/proc/self/statm", "r")
                  : NULL;
    if (f == NULL)
        return INT_MAX;
    const bool known = fscanf(f, "%zu", &pages) == 1;
    fclose(f);
    const size_t used = known ? pages * (size_t)sysconf(_SC_PAGESIZE) : 0;
    if (pthread_getattr_default_np(&usual) != 0 ||
        pthread_attr_getstacksize(&usual, &size) != 0 || size == 0 || limit.rlim_cur <= used)
        return 0;
    const size_t stacks = (limit.rlim_cur - used) / 4 / size;
    return stacks < INT_MAX ? (int)stacks : INT_MAX;
}

int cli_startable(int wanted)
{
    const int most = most_stacks();
    wanted = wanted > most ? most + 1 : wanted;
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_t *thread =
        wanted > 1 && !asked_for_less() ? malloc((size_t)wanted * sizeof *thread) : NULL;
    int n = 1;
    if (thread == NULL)
        return n;
    pthread_mutex_lock(&lock);
    while (n < wanted && pthread_create(&thread[n], NULL, wait_for_all, &lock) == 0)
        n++;
    pthread_mutex_unlock(&lock);
    for (int i = 1; i < n; i++)
        pthread_join(thread[i], NULL);
    free(thread);
    return n;
}
