/* sandbox.c - --sandbox: allows the system calls that a run needs; all others fail.
 *
 * Calls that affect anything outside the process fail with EPERM. Calls that are in no list fail
 * with ENOSYS, as on a system without them, so that a library which only tries them goes on. Names
 * of files are not visible here; Landlock governs them. If no file has to be written by name, calls
 * that write or make files are refused as well, so that a kernel without Landlock suffices. */
#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cli/inner.h"

/* Memory, threads, time, signals, open files, and reading. */
static const char allowed[] =
    "access alarm arch_prctl brk clock_getres clock_gettime clock_nanosleep close "
    "close_range copy_file_range dup dup2 dup3 eventfd2 exit exit_group faccessat "
    "faccessat2 fadvise64 fallocate fcntl fdatasync flock fstat fstatfs fsync ftruncate "
    "futex futex_waitv get_robust_list getcpu getcwd getdents getdents64 getegid geteuid "
    "getgid getitimer getpgrp getpid getppid getrandom getrlimit getrusage gettid "
    "gettimeofday getuid lseek lstat madvise membarrier memfd_create mincore mlock mmap "
    "mprotect mremap msync munlock munmap nanosleep newfstatat pause pipe pipe2 poll "
    "ppoll prctl pread64 preadv pselect6 pwrite64 pwritev read readahead readlink "
    "readlinkat readv restart_syscall riscv_flush_icache riscv_hwprobe rseq rt_sigaction "
    "rt_sigpending rt_sigprocmask rt_sigreturn rt_sigsuspend rt_sigtimedwait "
    "sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getparam "
    "sched_getscheduler sched_setaffinity sched_yield select sendfile set_robust_list "
    "set_tid_address setitimer setrlimit sigaltstack stat statfs statx sysinfo time times "
    "umask uname write writev";

/* The network, other processes, the system, and the effects on files that Landlock does not govern. */
static const char refused[] =
    "accept accept4 bind bpf chmod chown chroot connect execve execveat fchmod fchmodat "
    "fchmodat2 fchown fchownat fork fremovexattr fsetxattr futimesat getsockopt "
    "io_uring_setup lchown listen lremovexattr lsetxattr mknod mknodat mount "
    "open_by_handle_at pivot_root process_vm_readv process_vm_writev ptrace recvfrom "
    "recvmmsg recvmsg removexattr rmdir rt_sigqueueinfo sendmmsg sendmsg sendto setns "
    "setsockopt setxattr socket socketpair symlink symlinkat tkill truncate umount2 "
    "unshare utime utimensat utimes vfork";

/* Calls that make, remove and rename files; Landlock decides which files. */
static const char naming[] =
    "creat link linkat mkdir mkdirat rename renameat renameat2 unlink unlinkat";

static const uint32_t eperm = SCMP_ACT_ERRNO(EPERM);

struct filter {
    scmp_filter_ctx context;
    bool ok;
};

/* Adds a call to the filter. Calls unknown to this machine or library version fail with ENOSYS. */
static void add(struct filter *f, uint32_t action, const char *name,
                const struct scmp_arg_cmp *argument)
{
    const int number = seccomp_syscall_resolve_name(name);
    if (number >= 0)
        f->ok = f->ok && seccomp_rule_add_array(f->context, action, number, argument != NULL,
                                                argument) == 0;
}

/* Adds calls, whose names are separated by blanks. */
static void add_all(struct filter *f, uint32_t action, const char *names)
{
    char name[40];
    for (size_t n; *names != '\0'; names += n + (names[n] == ' ')) {
        n = strcspn(names, " ");
        snprintf(name, sizeof name, "%.*s", (int)n, names);
        add(f, action, name, NULL);
    }
}

/* Adds a rule for calls with (argument `at` & mask) == value. */
static void add_masked(struct filter *f, uint32_t action, const char *name, unsigned at,
                       uint64_t mask, uint64_t value)
{
    const struct scmp_arg_cmp argument = {at, SCMP_CMP_MASKED_EQ, mask, value};
    add(f, action, name, &argument);
}

/* Allows a call if argument 0 is this process. */
static void add_self(struct filter *f, const char *name)
{
    const scmp_datum_t self = (scmp_datum_t)getpid();
    const struct scmp_arg_cmp same = {0, SCMP_CMP_EQ, self, 0},
                              other = {0, SCMP_CMP_NE, self, 0};
    add(f, SCMP_ACT_ALLOW, name, &same);
    add(f, eperm, name, &other);
}

/* Allows to open files only for reading. */
static void only_read(struct filter *f, const char *name, unsigned at)
{
    add_masked(f, SCMP_ACT_ALLOW, name, at, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY);
    add_masked(f, eperm, name, at, O_WRONLY, O_WRONLY);
    add_masked(f, eperm, name, at, O_RDWR, O_RDWR);
    add_masked(f, eperm, name, at, O_CREAT, O_CREAT);
    add_masked(f, eperm, name, at, O_TRUNC, O_TRUNC);
}

/* Refuses to truncate files that are opened for reading, which some versions of Landlock allow. */
static void not_truncated(struct filter *f, const char *name, unsigned at)
{
    add_masked(f, eperm, name, at, O_ACCMODE | O_TRUNC, O_RDONLY | O_TRUNC);
    add_masked(f, SCMP_ACT_ALLOW, name, at, O_TRUNC, 0);
    add_masked(f, SCMP_ACT_ALLOW, name, at, O_WRONLY, O_WRONLY);
    add_masked(f, SCMP_ACT_ALLOW, name, at, O_RDWR, O_RDWR);
}

static void add_opening(struct filter *f, bool writes)
{
    void (*const rules)(struct filter *, const char *, unsigned) =
        !writes                                           ? only_read
        : cli_landlock_version() < CLI_LANDLOCK_TRUNCATES ? not_truncated
                                                          : NULL;
    if (rules == NULL) {
        add(f, SCMP_ACT_ALLOW, "open", NULL);
        add(f, SCMP_ACT_ALLOW, "openat", NULL);
    } else {
        rules(f, "open", 1);
        rules(f, "openat", 2);
    }
}

/* Allows to query a terminal, but not to type into it. */
static void add_terminal(struct filter *f)
{
    static const unsigned long questions[] = {TCGETS, TIOCGWINSZ, FIONREAD};
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        const struct scmp_arg_cmp one = {1, SCMP_CMP_EQ, questions[i], 0};
        add(f, SCMP_ACT_ALLOW, "ioctl", &one);
    }
}

static bool load(bool writes)
{
    const struct scmp_arg_cmp own = {0, SCMP_CMP_EQ, 0, 0};
    struct filter f = {.context = seccomp_init(SCMP_ACT_ERRNO(ENOSYS))};
    if (f.context == NULL)
        return false;
    /* Calls of another architecture fail. */
    f.ok = seccomp_attr_set(f.context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS)) == 0;
    add_all(&f, SCMP_ACT_ALLOW, allowed);
    add_all(&f, eperm, refused);
    add_all(&f, writes ? SCMP_ACT_ALLOW : eperm, naming);
    /* Allows to start threads, but no processes. The flags of clone3 cannot be read here: it fails
     * with ENOSYS, and libraries fall back to clone. */
    add_masked(&f, SCMP_ACT_ALLOW, "clone", 0, CLONE_THREAD, CLONE_THREAD);
    add_masked(&f, eperm, "clone", 0, CLONE_THREAD, 0);
    add_self(&f, "kill");
    add_self(&f, "tgkill");
    add(&f, SCMP_ACT_ALLOW, "prlimit64", &own);
    add_opening(&f, writes);
    add_terminal(&f);
    const bool ok = f.ok && seccomp_load(f.context) == 0;
    seccomp_release(f.context);
    return ok;
}

/* Ends the process with status 1, because the sandbox cannot be set up here and nothing was
 * computed. */
static void refuse(const struct cli *cli, const char *why)
{
    fprintf(stderr, "%s: %s\n", cli->tool, why);
    exit(SX_FAILED);
}

void cli_enter_sandbox(struct cli *cli)
{
    struct sx_error error = {0};
    bool writes = false;
    for (size_t i = 0; i < cli->n_uses; i++)
        writes = writes || cli_writes_name(&cli->use[i]);
    const bool governed = cli_landlock_version() > 0;
    if (writes && !governed)
        refuse(cli,
               "--sandbox: this kernel has no Landlock, without which only standard output "
               "can be written");
    if (governed && !cli_landlock(cli, &error)) {
        sx_make_plain(error.message, "");
        refuse(cli, error.message);
    }
    if (!load(writes))
        refuse(cli, "--sandbox: this kernel has no seccomp filters");
}
