/* bench_whole.c - a timer of a whole process.
 *
 * usage: bench_whole [-n MORE] [-d DIVISOR] [-b BUSY] COMMAND [ARGUMENT...]
 *   -n  measures the time of each of MORE further samples: the command runs once as given, and once
 *       with its last argument repeated MORE times more
 *   -d  divides the time by this
 *   -b  runs beside so many processes that only count
 * The output of the command is discarded. If it fails, the timer ends. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "timer.h"

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* Runs the command. Returns its seconds; *megabytes becomes its largest memory. */
static double run(char **command, double *megabytes)
{
    struct rusage usage;
    int status;
    double begin = timer_now();
    pid_t child = fork();
    if (child < 0)
        die("fork");
    if (child == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 0);
        dup2(null, 1);
        execvp(command[0], command);
        die(command[0]);
    }
    if (wait4(child, &status, 0, &usage) < 0)
        die("wait4");
    double seconds = timer_now() - begin;
    if (status != 0) {
        fprintf(stderr, "bench_whole: %s failed\n", command[0]);
        exit(1);
    }
    *megabytes = (double)usage.ru_maxrss / 1024;
    return seconds;
}

/* The command with its last argument repeated `more` times more. */
static char **lengthen(char **command, int n, int more)
{
    char **longer = calloc((size_t)n + (size_t)more + 1, sizeof *longer);
    if (longer == NULL)
        die("calloc");
    for (int i = 0; i < n + more; i++)
        longer[i] = command[i < n ? i : n - 1];
    return longer;
}

/* Counts until the parent process has ended. */
static void count_on(pid_t parent)
{
    for (volatile unsigned n = 0;; n++)
        if (n % 4000000 == 0 && getppid() != parent)
            _exit(0);
}

int main(int argc, char **argv)
{
    int more = 0, busy = 0, option;
    double divisor = 1, megabytes, ignored;
    while ((option = getopt(argc, argv, "+n:d:b:")) != -1)
        switch (option) {
        case 'n':
            more = atoi(optarg);
            break;
        case 'd':
            divisor = atof(optarg);
            break;
        case 'b':
            busy = atoi(optarg);
            break;
        default:
            return 2;
        }
    if (optind == argc || more < 0 || !(divisor > 0)) {
        fprintf(stderr, "usage: bench_whole [-n MORE] [-d DIVISOR] [-b BUSY] COMMAND...\n");
        return 2;
    }
    char **command = argv + optind, **longer = lengthen(command, argc - optind, more);
    pid_t *other = calloc((size_t)busy + 1, sizeof *other), self = getpid();
    if (other == NULL)
        die("calloc");
    timer_ready(0, 0);
    while (timer_turn()) {
        for (int i = 0; i < busy; i++)
            if ((other[i] = fork()) == 0)
                count_on(self);
        double seconds = run(longer, &megabytes);
        if (more > 0)
            seconds = (seconds - run(command, &ignored)) / more;
        for (int i = 0; i < busy; i++) {
            kill(other[i], SIGKILL);
            waitpid(other[i], NULL, 0);
        }
        timer_say(seconds / divisor, megabytes);
    }
    free(longer);
    free(other);
    return 0;
}
