/* bench_peak.c - prints the peak rates of the machine with THREADS threads: "GFLOPS GIGABYTES"
 * per second.
 *
 * usage: bench_peak [THREADS]
 * GFLOPS counts multiplications and additions of floats in registers, in the widest vectors (at
 * most AVX2 if DNNL_MAX_CPU_ISA=AVX2). GIGABYTES are read from memory. */
#include <stdlib.h>
#include <string.h>
#include <omp.h>

#include "timer.h"

enum { ROUNDS = 4000000, CHAINS = 12, FLOATS = 32 << 20 };

/* Twelve chains hide the latency of two units. */
#define CHAINED(name, bytes, flags)                                                            \
    typedef float name##_vector __attribute__((vector_size(bytes)));                           \
    flags static float name(void)                                                              \
    {                                                                                          \
        name##_vector sum[CHAINS], times = {0}, plus = {0};                                    \
        for (int k = 0; k < CHAINS; k++)                                                       \
            sum[k] = (name##_vector){0} + (float)k;                                            \
        times += 0.999F;                                                                       \
        plus += 0.001F;                                                                        \
        for (int i = 0; i < ROUNDS; i++)                                                       \
            for (int k = 0; k < CHAINS; k++)                                                   \
                sum[k] = sum[k] * times + plus;                                                \
        float all = 0;                                                                         \
        for (int k = 0; k < CHAINS; k++)                                                       \
            all += sum[k][0];                                                                  \
        return all;                                                                            \
    }

CHAINED(narrow, 16, )
#ifdef __x86_64__
CHAINED(wide, 32, __attribute__((target("avx2,fma"))))
CHAINED(widest, 64, __attribute__((target("avx512f,fma"))))
#endif

static float (*choose(int *width))(void)
{
#ifdef __x86_64__
    const char *most = getenv("DNNL_MAX_CPU_ISA");
    *width = 16;
    if (__builtin_cpu_supports("avx512f") && (most == NULL || strcmp(most, "AVX2") != 0))
        return widest;
    *width = 8;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return wide;
#endif
    *width = 4;
    return narrow;
}

static double arithmetic(int threads)
{
    int width;
    double best = 0;
    float (*chained)(void) = choose(&width);
    volatile float sink;
    for (int repeat = 0; repeat < 5; repeat++) {
        double begin = timer_now();
        float all = 0;
#pragma omp parallel num_threads(threads) reduction(+ : all)
        all += chained();
        sink = all;
        double rate = 2.0 * ROUNDS * CHAINS * width * threads / (timer_now() - begin) / 1e9;
        best = rate > best ? rate : best;
    }
    (void)sink;
    return best;
}

static double reading(int threads)
{
    float *a = malloc(FLOATS * sizeof *a);
    double best = 0;
    volatile float sink;
    (void)threads; /* without OpenMP */
    if (a == NULL)
        exit(1);
#pragma omp parallel for num_threads(threads)
    for (long i = 0; i < FLOATS; i++)
        a[i] = 1;
    for (int repeat = 0; repeat < 5; repeat++) {
        double begin = timer_now();
        float sum = 0;
#pragma omp parallel for num_threads(threads) reduction(+ : sum)
        for (long i = 0; i < FLOATS; i += 16)
            sum += a[i];
        sink = sum;
        double rate = FLOATS * sizeof *a / (timer_now() - begin) / 1e9;
        best = rate > best ? rate : best;
    }
    (void)sink;
    free(a);
    return best;
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : 1;
    double flops = arithmetic(threads);
    printf("%.1f %.2f\n", flops, reading(threads));
    return 0;
}
