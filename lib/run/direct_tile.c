/* direct_tile.c - the inner loops: tiles with as many sums as AVX2 has registers. */
#include <string.h>

#include "run/direct_parts.h"

#ifdef __x86_64__
#define TARGET __attribute__((target("avx2,fma")))

enum { LANES = 8 };

typedef float vector __attribute__((vector_size(32)));
typedef float loose __attribute__((vector_size(32), aligned(4)));
typedef int32_t mask __attribute__((vector_size(32)));

/* Clips; NaN remains NaN, because it is neither below nor above a bound. */
TARGET static inline vector clip(vector v, float low, float high)
{
    vector l = low - (vector){0}, h = high - (vector){0};
    mask below = v<l, above = v> h;
    v = (vector)(((mask)v & ~below) | ((mask)l & below));
    return (vector)(((mask)v & ~above) | ((mask)h & above));
}

/* Finishes sums [rows][2] in memory. The last columns of a row may be missing. */
TARGET static void finish(const struct sx_tile *t, int64_t rows, vector (*sum)[2])
{
    const struct sx_finish *f = t->finish;
    size_t bytes = (size_t)t->columns * sizeof(float);
    for (int64_t i = 0; i < rows; i++) {
        vector add[2] = {{0}};
        if (t->add != NULL)
            memcpy(add, t->add + i * t->step, bytes);
        for (int k = 0; k < 2; k++) {
            if (f->clips[0])
                sum[i][k] = clip(sum[i][k], f->low[0], f->high[0]);
            if (t->add != NULL)
                sum[i][k] += add[k];
            if (f->clips[1])
                sum[i][k] = clip(sum[i][k], f->low[1], f->high[1]);
        }
        memcpy(t->out + i * t->step, sum[i], bytes);
    }
}

/* Whether sums are finished in registers: whole rows, without a clip before the addition. */
static inline bool is_simple(const struct sx_tile *t)
{
    return t->columns == SX_TILE_COLUMNS && !t->finish->clips[0];
}

#define EACH(N) _Pragma("GCC unroll 8") for (int i = 0; i < (N); i++)

/* The sums of a tile; they stay in registers as nothing takes their address. */
#define TILE(ROWS)                                                                             \
    TARGET static void tile_##ROWS(const struct sx_tile *t)                                    \
    {                                                                                          \
        enum { N = ROWS };                                                                     \
        vector sum[N][2];                                                                      \
        const float *panel = t->panel;                                                         \
        const float *const *at = t->at;                                                        \
        EACH(N)                                                                                \
        {                                                                                      \
            sum[i][0] = *(const loose *)(const void *)t->bias;                                 \
            sum[i][1] = *(const loose *)(const void *)(t->bias + LANES);                       \
        }                                                                                      \
        for (int64_t tap = 0; tap < t->taps; tap++, at += SX_TILE_ROWS) {                      \
            const float *row[N];                                                               \
            EACH(N) row[i] = at[i];                                                            \
            for (int64_t k = 0; k < t->run; k++, panel += SX_TILE_COLUMNS) {                   \
                vector w0 = *(const vector *)(const void *)panel;                              \
                vector w1 = *(const vector *)(const void *)(panel + LANES);                    \
                EACH(N)                                                                        \
                {                                                                              \
                    sum[i][0] += row[i][k] * w0;                                               \
                    sum[i][1] += row[i][k] * w1;                                               \
                }                                                                              \
            }                                                                                  \
        }                                                                                      \
        if (!is_simple(t)) {                                                                   \
            vector copy[N][2];                                                                 \
            EACH(N) copy[i][0] = sum[i][0], copy[i][1] = sum[i][1];                            \
            finish(t, N, copy);                                                                \
            return;                                                                            \
        }                                                                                      \
        if (t->add != NULL)                                                                    \
            EACH(N)                                                                            \
            {                                                                                  \
                const float *add = t->add + i * t->step;                                       \
                sum[i][0] += *(const loose *)(const void *)add;                                \
                sum[i][1] += *(const loose *)(const void *)(add + LANES);                      \
            }                                                                                  \
        if (t->finish->clips[1])                                                               \
            EACH(N)                                                                            \
            {                                                                                  \
                sum[i][0] = clip(sum[i][0], t->finish->low[1], t->finish->high[1]);            \
                sum[i][1] = clip(sum[i][1], t->finish->low[1], t->finish->high[1]);            \
            }                                                                                  \
        EACH(N)                                                                                \
        {                                                                                      \
            float *out = t->out + i * t->step;                                                 \
            *(loose *)(void *)out = sum[i][0];                                                 \
            *(loose *)(void *)(out + LANES) = sum[i][1];                                       \
        }                                                                                      \
    }
TILE(1)
TILE(2)
TILE(3)
TILE(4)
TILE(5)
TILE(6)

const sx_tile_kernel *sx_tile_kernels(void)
{
    static const sx_tile_kernel kernel[SX_TILE_ROWS + 1] = {NULL,   tile_1, tile_2, tile_3,
                                                            tile_4, tile_5, tile_6};
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? kernel : NULL;
}
#else
const sx_tile_kernel *sx_tile_kernels(void)
{
    return NULL;
}
#endif
