/* spin.c - how long OpenMP's threads wait for work before they sleep. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cli/inner.h"

/* A variable of the environment whose place another one has. */
static char **place, *moved;

/* Whether nothing but this process runs now: the first number of the fourth column. */
static bool is_idle(void)
{
    char text[64] = "";
    int file = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    ssize_t n = read(file, text, sizeof text - 1);
    close(file);
    char *at = n > 0 ? text : NULL;
    for (int column = 0; at != NULL && column < 3; column++) {
        at = strchr(at, ' ');
        at = at != NULL ? at + 1 : NULL;
    }
    return at != NULL && atoi(at) <= 1;
}

static bool is_of(const char *variable, const char *name)
{
    size_t n = strlen(name);
    return strncmp(variable, name, n) == 0 && variable[n] == '=';
}

/* OpenMP's threads spin for milliseconds before they sleep: where other programs want the
 * processors too, in the place of the thread that they wait for. Threads that never spin are slow
 * to wake. About as long as waking takes, some 40 microseconds, does for both where others run.
 * (Measured of MobileNetV2 beside 30 others on two processors: 2000 turns 12 s, 30000 48 s, one
 * thread 4 s.) Where none does, it is as long as a thread may wait for the others within a network.
 *
 * libgomp reads the count in a constructor. This function runs before all constructors of libraries;
 * the environment has no room yet, so the count gets the place of a variable that none of them
 * reads. */
static void spin_briefly(int argc, char **argv, char **variables)
{
    static char idle[] = "GOMP_SPINCOUNT=16000", busy[] = "GOMP_SPINCOUNT=2000";
    char **path = NULL;
    (void)argc;
    (void)argv;
    for (char **v = variables; *v != NULL; v++) {
        if (is_of(*v, "OMP_WAIT_POLICY") || is_of(*v, "GOMP_SPINCOUNT"))
            return;
        path = is_of(*v, "PATH") ? v : path;
    }
    if (path == NULL)
        return;
    moved = *path;
    place = path;
    *place = is_idle() ? idle : busy;
}

__attribute__((section(".preinit_array"),
               used)) static void (*const before_libraries)(int, char **,
                                                            char **) = spin_briefly;

void cli_mend_environment(void)
{
    if (place != NULL)
        *place = moved;
    place = NULL;
}
