/* signals.c - turns signals into failures. If a reader goes away, or a file grows too large,
 * writing fails instead of ending the process, so that incomplete files are removed. */
#include <dlfcn.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cmd/cli/inner.h"

/* Set by SIGPIPE. Writing then fails, and the run ends. */
static volatile sig_atomic_t reader_gone;
static bool sigpipe_ignored;
static const char *tool;

static void on_sigpipe(int number)
{
    (void)number;
    reader_gone = 1;
}

bool cli_reader_gone(void)
{
    return reader_gone != 0;
}

/* Ends the process at once, after printing a line. Output files have not appeared under their names
 * yet, and nothing else is lost. */
static void end(enum sx_status status, const char *line)
{
    bool told = write(STDERR_FILENO, tool, strlen(tool)) > 0 &&
                write(STDERR_FILENO, line, strlen(line)) > 0;
    (void)told; /* standard error may be closed */
    _exit((int)status);
}

/* SIGBUS: another process truncated a file while it was mapped. */
static void on_sigbus(int number)
{
    (void)number;
    end(SX_MODEL, ": a file became shorter while it was read\n");
}

/* C++'s terminate handler: it is called if memory is refused in a function of oneDNN that must not
 * throw. */
static void on_terminate(void)
{
    end(SX_MEMORY, ": out of memory in oneDNN\n");
}

/* Calls std::set_terminate of the C++ library, which came with oneDNN. */
void cli_watch_exceptions(void)
{
    void *library = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_NOLOAD);
    void *found = library != NULL ? dlsym(library, "_ZSt13set_terminatePFvvE") : NULL;
    void (*(*set_terminate)(void (*)(void)))(void);
    memcpy(&set_terminate, &found, sizeof found);
    if (set_terminate != NULL)
        set_terminate(on_terminate);
    if (library != NULL)
        dlclose(library); /* it stays loaded, because oneDNN needs it */
}

#ifdef __SANITIZE_ADDRESS__

/* Does nothing, because the sanitizer reports crashes itself. */
static void watch_crashes(void)
{
}

#else

/* A crashed process that can still allocate so much did not crash for lack of memory. */
#define SCARCE ((size_t)32 << 20)

/* oneDNN may crash, and C++ abort, when memory is refused. Such a crash becomes status 6. If more
 * memory can be allocated, it remains a crash. */
static void on_crash(int number)
{
    void *more = mmap(NULL, SCARCE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (more == MAP_FAILED)
        end(SX_MEMORY, ": out of memory: --max-mem or the limit of address space is too low\n");
    signal(number, SIG_DFL);
    raise(number);
}

static void watch_crashes(void)
{
    struct sigaction crash = {.sa_handler = on_crash};
    sigaction(SIGABRT, &crash, NULL);
    sigaction(SIGSEGV, &crash, NULL);
}

#endif

void cli_watch_signals(const char *name)
{
    struct sigaction cut = {.sa_handler = on_sigbus};
    tool = name;
    watch_crashes();
    sigaction(SIGBUS, &cut, NULL);
    struct sigaction gone = {.sa_handler = on_sigpipe, .sa_flags = SA_RESTART}, before;
    sigaction(SIGPIPE, &gone, &before);
    sigpipe_ignored = before.sa_handler == SIG_IGN;
    signal(SIGXFSZ, SIG_IGN);
}

void cli_end_by_signal(void)
{
    if (reader_gone == 0 || sigpipe_ignored)
        return;
    signal(SIGPIPE, SIG_DFL);
    raise(SIGPIPE);
}

/* ---- Interrupted runs that end in order ---- */

static volatile sig_atomic_t caught;

/* The run ends after the current step. If that takes longer than this, the signal ends the process. */
#define PATIENCE 2 /* seconds */

static void on_signal(int number)
{
    caught = number;
    alarm(PATIENCE);
}

static void on_alarm(int number)
{
    (void)number;
    signal(caught, SIG_DFL);
    raise(caught);
}

void cli_catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal}, late = {.sa_handler = on_alarm};
    sigaction(SIGALRM, &late, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

int cli_caught(void)
{
    return caught;
}

void cli_in_time(void)
{
    alarm(0);
}
