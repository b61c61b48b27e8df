/* spin.c - how long OpenMP's threads wait for work before they sleep. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cli/inner.h"

/* The variable of the environment whose place was taken, and that place. */
static char **place, *moved;

/* Whether no other process is running now: the first number in the fourth column of /proc/loadavg. */
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

/* Sets how long OpenMP's threads spin before they sleep.
 *
 * By default they spin for milliseconds. If other programs need the processors, spinning threads
 * delay the thread that they wait for. Threads that never spin are slow to wake. If other processes
 * run, threads spin about as long as waking takes, some 40 microseconds. (Measured with MobileNetV2
 * beside 30 others on two processors: 2000 turns took 12 s, 30000 turns 48 s, one thread 4 s.) If
 * none runs, they spin as long as a thread may have to wait for the others within a network.
 *
 * libgomp reads the count in a constructor. This function runs before all constructors of
 * libraries. At that time the environment cannot grow, so the count takes the place of a variable
 * that no constructor reads. */
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
