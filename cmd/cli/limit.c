/* limit.c - --max-mem for the process as a whole.
 *
 * The system refuses memory beyond the limit. An allocation then fails, and the tool ends with
 * status 6; no estimate of what each part needs is involved. The system counts only writable
 * memory. The resident pages of mapped files count too, and are therefore subtracted from the
 * limit. */
#include <omp.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cmd/cli/inner.h"

/* Memory of the program itself, which is added to the limit. About LATER bytes of it are read as
 * they are used. */
#define ABOVE ((size_t)30 << 20)
#define LATER ((size_t)6 << 20)
#define LEAST ((size_t)4 << 20)

/* Memory of the process in bytes: all that is mapped, the part that is resident, the part that is
 * writable. */
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

/* Sets no limit, because the sanitizer's allocator ends the process when memory is refused. */
void cli_limit_memory(struct cli *cli)
{
    cli->memory_left = 0;
}

#else

/* Starts OpenMP's threads before the limit holds, because a thread that gets no stack ends the
 * process. */
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
