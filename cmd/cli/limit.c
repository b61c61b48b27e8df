/* limit.c - --max-mem for the process as a whole, whatever in it allocates.
 *
 * The system is asked to refuse memory beyond the limit, so that an allocation fails, which is
 * status 6, instead of one more sum of what everything may need. It counts what may be written
 * to: mapped files, whose pages are resident as well, are taken off the limit. */
#include <omp.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cmd/cli/inner.h"

/* Above the limit: the program itself, of which about LATER bytes are read in as they are used. */
#define ABOVE ((size_t)30 << 20)
#define LATER ((size_t)6 << 20)
#define LEAST ((size_t)4 << 20)

/* In bytes: all that is mapped, what of it is in memory, what of it may be written to. */
struct usage {
    size_t all, resident, data;
};

static bool read_usage(struct usage *u)
{
    FILE *f = fopen("/proc/self/statm", "r");
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    bool ok =
        f != NULL && fscanf(f, "%zu %zu %*u %*u %*u %zu", &u->all, &u->resident, &u->data) == 3;
    if (f != NULL)
        fclose(f);
    u->all *= page;
    u->resident *= page;
    u->data *= page;
    return ok;
}

#ifdef __SANITIZE_ADDRESS__

/* The sanitizer's allocator ends the process where the system refuses memory: no limit is set. */
void cli_limit_memory(struct cli *cli)
{
    cli->memory_left = 0;
}

#else

/* Threads have their stacks before the limit holds: there is no going on without one. */
static void start_threads(void)
{
    int n = 0;
#pragma omp parallel reduction(+ : n)
    n += omp_get_thread_num();
    (void)n;
}

void cli_limit_memory(struct cli *cli)
{
    struct usage u;
    struct rlimit limit;
    size_t most = cli->explain.max_memory + ABOVE;
    if (cli->limited || (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY))
        start_threads();
    if (!read_usage(&u) || getrlimit(RLIMIT_DATA, &limit) != 0)
        return;
    size_t used = u.resident + LATER;
    cli->memory_left = most > used + LEAST ? most - used : LEAST;
    cli->mapped = u.all - u.data;
    cli->data = u.data;
    limit.rlim_cur = u.data + cli->memory_left;
    if (limit.rlim_cur <= limit.rlim_max)
        setrlimit(RLIMIT_DATA, &limit);
}

#endif

bool cli_limit_mapped(struct cli *cli)
{
    struct usage u;
    struct rlimit limit;
    if (cli->memory_left == 0 || !read_usage(&u) || getrlimit(RLIMIT_DATA, &limit) != 0)
        return true;
    size_t mapped = u.all - u.data > cli->mapped ? u.all - u.data - cli->mapped : 0;
    if (mapped >= cli->memory_left)
        return cli_error(&cli->error, SX_MEMORY, "%.80s: has %zu MB, the limit is %zu MB",
                         cli->model_path, mapped >> 20, cli->explain.max_memory >> 20);
    limit.rlim_cur = cli->data + cli->memory_left - mapped;
    if (limit.rlim_cur <= limit.rlim_max)
        setrlimit(RLIMIT_DATA, &limit);
    return true;
}
