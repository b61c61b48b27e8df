/* timer.h - the protocol of a timer.
 *
 * A timer prints "ready". For every line that it reads it does its work once and prints
 * "SECONDS MEGABYTES", where MEGABYTES is its largest memory so far. After "ready" may come the
 * number of arithmetic operations of the work, and the bytes that it must read. */
#ifndef BENCH_TIMER_H
#define BENCH_TIMER_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

static inline double timer_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline void timer_ready(double operations, double bytes)
{
    printf("ready %.6g %.6g\n", operations, bytes);
}

/* Waits for a line. False at the end of input. */
static inline bool timer_turn(void)
{
    char line[16];
    fflush(stdout);
    return fgets(line, sizeof line, stdin) != NULL;
}

static inline void timer_say(double seconds, double megabytes)
{
    printf("%.9f %.3f\n", seconds, megabytes);
}

static inline double timer_megabytes(int who)
{
    struct rusage usage;
    getrusage(who, &usage);
    return (double)usage.ru_maxrss / 1024;
}

#endif
