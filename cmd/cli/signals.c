/* signals.c - readers that go away, and files that grow too large: writing fails instead of ending
 * the process, so that what is half written is removed. */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cmd/cli/inner.h"

/* Set by the signal of a pipe without a reader; writing then fails, and the run ends. */
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

/* Ends the process at once, with a line. Output is not yet there under its name, and nothing else
 * is lost. */
static void end(enum sx_status status, const char *line)
{
    bool told = write(STDERR_FILENO, tool, strlen(tool)) > 0 &&
                write(STDERR_FILENO, line, strlen(line)) > 0;
    (void)told; /* there may be nobody to tell */
    _exit((int)status);
}

/* A file that others cut while it is mapped has no bytes where it had some. */
static void on_sigbus(int number)
{
    (void)number;
    end(SX_MODEL, ": a file became shorter while it was read\n");
}

/* oneDNN is C++: where memory is refused in a function that must not throw, the runtime of C++
 * calls its terminate handler. */
static void on_terminate(void)
{
    end(SX_MEMORY, ": out of memory in oneDNN\n");
}

/* std::set_terminate; NULL in a build without oneDNN. */
extern void (*set_terminate(void (*)(void)))(void) __asm__("_ZSt13set_terminatePFvvE")
    __attribute__((weak));

#ifdef __SANITIZE_ADDRESS__

/* The sanitizer reports crashes itself. */
static void watch_crashes(void)
{
}

#else

/* Memory that a process can still have which crashed for another reason than want of it. */
#define SCARCE ((size_t)32 << 20)

/* oneDNN uses code that it could not place, and C++ aborts, where memory is refused. A crash of a
 * process that can have more memory stays a crash. */
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
    if (set_terminate != NULL)
        set_terminate(on_terminate);
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

/* ---- Runs that end well where they are interrupted ---- */

static volatile sig_atomic_t caught;

/* The run ends after the step at hand, or, where that takes long, without it. */
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
