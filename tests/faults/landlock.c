/* landlock.c - imitates an older kernel, for LD_PRELOAD.
 *
 *     LANDLOCK    the version of Landlock, 0: none
 *     REFUSES     a call of the list below, which fails with EPERM */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/landlock.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* The rights on files of versions 1, 2, .. */
static const unsigned long long known[] = {0x1fff, 0x3fff, 0x7fff, 0x7fff, 0xffff};

static const struct {
    const char *name;
    long number;
} calls[] = {{"landlock_create_ruleset", SYS_landlock_create_ruleset},
             {"landlock_add_rule", SYS_landlock_add_rule},
             {"landlock_restrict_self", SYS_landlock_restrict_self},
             {"seccomp", SYS_seccomp},
             {"prctl", SYS_prctl}};

static long refused(int error)
{
    errno = error;
    return -1;
}

static int is_refused(long number)
{
    const char *name = getenv("REFUSES");
    for (size_t i = 0; name != NULL && i < sizeof calls / sizeof *calls; i++)
        if (calls[i].number == number && strcmp(calls[i].name, name) == 0)
            return 1;
    return 0;
}

/* libseccomp takes this one where the kernel has no system call of its own for filters. */
int prctl(int option, ...)
{
    long a[4];
    va_list args;
    va_start(args, option);
    for (int i = 0; i < 4; i++)
        a[i] = va_arg(args, long);
    va_end(args);
    int (*next)(int, ...) = (int (*)(int, ...))dlsym(RTLD_NEXT, "prctl");
    if (is_refused(option == PR_SET_SECCOMP ? SYS_seccomp : SYS_prctl))
        return (int)refused(EPERM);
    return next(option, a[0], a[1], a[2], a[3]);
}

long syscall(long number, ...)
{
    long a[6];
    va_list args;
    va_start(args, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(args, long);
    va_end(args);
    long (*next)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    const int version = getenv("LANDLOCK") != NULL ? atoi(getenv("LANDLOCK")) : 0;
    if (is_refused(number) &&
        (number != SYS_landlock_create_ruleset || a[2] != LANDLOCK_CREATE_RULESET_VERSION))
        return refused(EPERM);
    if (number == SYS_landlock_create_ruleset) {
        if (version < 1)
            return refused(ENOSYS);
        if (a[2] == LANDLOCK_CREATE_RULESET_VERSION) {
            const long has = next(number, a[0], a[1], a[2]);
            return has < version ? has : version;
        }
        const unsigned long long *governed = (const unsigned long long *)a[0];
        if ((governed[0] & ~known[version < 5 ? version - 1 : 4]) != 0 ||
            (version < 4 && governed[1] != 0) || (version < 6 && governed[2] != 0))
            return refused(EINVAL);
    }
    return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
