/* tries.c - tries what an attacker would do who controls a tool, for LD_PRELOAD.
 *
 *     TRY_AT     the attempts begin when a file is opened whose path ends so
 *     TRY_IN     a directory with the file "old"
 *
 * Prints a line on stderr for each attempt: its name, and the error or "done". */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static void say(const char *what, bool done)
{
    dprintf(STDERR_FILENO, "%s: %s\n", what, done ? "done" : strerror(errno));
}

/* ---- The network and other processes ---- */

static void try_network(void)
{
    int pair[2];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = 80};
    say("a socket of the internet", socket(AF_INET, SOCK_STREAM, 0) >= 0);
    say("a raw one", socket(AF_PACKET, SOCK_RAW, 0) >= 0);
    say("a local one", socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
    say("a pair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    say("connecting", connect(0, (struct sockaddr *)&to, sizeof to) == 0);
    say("a message", sendto(1, "x", 1, 0, (struct sockaddr *)&to, sizeof to) == 1);
    say("a ring of calls", syscall(SYS_io_uring_setup, 1, NULL) >= 0);
}

static void *nothing(void *context)
{
    return context;
}

static bool starts(pid_t child)
{
    if (child == 0)
        _exit(0);
    return child > 0;
}

static void try_processes(void)
{
    char *const words[] = {(char *)"true", NULL};
    struct iovec here = {(void *)words, 8};
    pid_t child;
    pthread_t thread;
    say("fork", starts(fork()));
    say("fork, the call", starts((pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)));
    errno = posix_spawn(&child, "/bin/true", NULL, NULL, words, NULL);
    say("spawning", errno == 0);
    say("a signal to the parent", kill(getppid(), 0) == 0);
    say("the memory of the parent", process_vm_writev(getppid(), &here, 1, &here, 1, 0) > 0);
    say("tracing the parent", ptrace(PTRACE_SEIZE, getppid(), NULL, NULL) == 0);
    say("typing", ioctl(STDERR_FILENO, TIOCSTI, "x") == 0);
    errno = pthread_create(&thread, NULL, nothing, NULL);
    say("a thread", errno == 0 && pthread_join(thread, NULL) == 0);
}

/* ---- Files ---- */

static void try_files(const char *directory)
{
    char old[300], new[300];
    snprintf(old, sizeof old, "%s/old", directory);
    snprintf(new, sizeof new, "%s/new", directory);
    say("reading", open(old, O_RDONLY) >= 0);
    say("writing", open(old, O_WRONLY) >= 0);
    say("both", open(old, O_RDWR) >= 0);
    say("truncating", open(old, O_RDONLY | O_TRUNC) >= 0);
    say("truncating by name", truncate(old, 0) == 0);
    say("a new file", open(new, O_WRONLY | O_CREAT, 0666) >= 0);
    say("one to read", open(new, O_RDONLY | O_CREAT, 0666) >= 0);
    say("one without a name", open(directory, O_TMPFILE | O_WRONLY, 0666) >= 0);
    say("creat", creat(new, 0666) >= 0);
    say("a directory", mkdir(new, 0777) == 0);
    say("a link", link(old, new) == 0);
    say("a symbolic link", symlink("old", new) == 0);
    say("a fifo", mkfifo(new, 0666) == 0);
    say("renaming", rename(old, new) == 0);
    say("removing", unlink(old) == 0);
    say("removing the directory", rmdir(directory) == 0);
    say("permissions", chmod(old, 0777) == 0);
    say("owner", chown(old, 1, 1) == 0);
    say("times", utimensat(AT_FDCWD, old, NULL, 0) == 0);
    say("own memory, as a file", open("/proc/self/mem", O_RDWR) >= 0);
}

/* Executes another program. If that succeeds, it does not return. */
static void try_programs(void)
{
    char *const words[] = {(char *)"true", NULL};
    int fd = memfd_create("x", 0);
    say("a program in memory", syscall(SYS_execveat, fd, "", words, NULL, AT_EMPTY_PATH) == 0);
    say("a program", execv("/bin/true", words) == 0);
}

static void try_all(const char *path)
{
    static bool tried;
    const char *at = getenv("TRY_AT"), *directory = getenv("TRY_IN");
    const size_t n = strlen(path), m = at != NULL ? strlen(at) : 0;
    if (tried || at == NULL || directory == NULL || n < m || strcmp(path + n - m, at) != 0)
        return;
    tried = true;
    try_network();
    try_processes();
    try_files(directory);
    try_programs();
}

int open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = va_arg(args, mode_t);
    va_end(args);
    try_all(path);
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
