/* strided.c - copies one strided array to another; all movers use it. */
#include <string.h>

#include "ops/ops.h"

/* Elements per unit of work, and the side of a transposed square. */
#define GRAIN 16384
#define TILE 16

typedef uint8_t one __attribute__((may_alias));
typedef uint32_t four __attribute__((may_alias));
typedef uint64_t eight __attribute__((may_alias));

void sx_strides(const struct sx_shape *shape, int64_t stride[SX_MAX_RANK])
{
    int64_t n = 1;
    for (int i = shape->rank - 1; i >= 0; i--) {
        stride[i] = n;
        n *= shape->dim[i];
    }
}

int64_t sx_strided_count(const struct sx_strided *s)
{
    int64_t n = 1;
    for (int k = 0; k < s->rank; k++)
        n *= s->dim[k];
    return n;
}

void sx_seek(const struct sx_strided *s, int64_t index, struct sx_place *place)
{
    place->from = place->to = 0;
    for (int k = s->rank - 1; k >= 0; k--) {
        place->at[k] = index % s->dim[k];
        index /= s->dim[k];
        place->from += place->at[k] * s->from[k];
        place->to += place->at[k] * s->to[k];
    }
}

/* Drops axes of length 1 and joins neighbours that are walked as one; at least one is left. */
static void coalesce(struct sx_strided *s)
{
    int r = 0;
    for (int k = 0; k < s->rank; k++) {
        int64_t d = s->dim[k];
        if (d == 1)
            continue;
        if (r > 0 && s->from[r - 1] == d * s->from[k] && s->to[r - 1] == d * s->to[k]) {
            s->dim[r - 1] *= d;
        } else {
            s->dim[r] = d;
            r++;
        }
        s->from[r - 1] = s->from[k];
        s->to[r - 1] = s->to[k];
    }
    if (r == 0) {
        s->dim[0] = s->from[0] = s->to[0] = 1;
        r = 1;
    }
    s->rank = r;
}

/* If the source is contiguous along another axis than the result: makes that axis the second last,
 * so that squares of the two axes are copied within the cache. */
static bool find_squares(struct sx_strided *s)
{
    int last = s->rank - 1, j = 0;
    if (s->to[last] != 1 || s->from[last] == 1 || s->from[last] == 0)
        return false;
    while (j < last && s->from[j] != 1)
        j++;
    if (j == last)
        return false;
    struct sx_strided old = *s;
    for (int k = j; k < last; k++) {
        int source = k + 1 < last ? k + 1 : j;
        s->dim[k] = old.dim[source];
        s->from[k] = old.from[source];
        s->to[k] = old.to[source];
    }
    return true;
}

/* Copies one run of n elements. */
#define RUN(T)                                                                                 \
    static void run_##T(T *to, int64_t ts, const T *from, int64_t fs, int64_t n)               \
    {                                                                                          \
        T first = *from;                                                                       \
        if (ts == 1 && fs == 0)                                                                \
            for (int64_t i = 0; i < n; i++)                                                    \
                to[i] = first;                                                                 \
        else                                                                                   \
            for (int64_t i = 0; i < n; i++)                                                    \
                to[i * ts] = from[i * fs];                                                     \
    }
RUN(one)
RUN(four)
RUN(eight)

/* to[j][i] = from[i][j] for j < rows and i < n. Rows j < tall are copied only from i = wide on. */
#define SQUARE(T)                                                                              \
    static void square_##T(T *to, int64_t ts, const T *from, int64_t fs, int64_t rows,         \
                           int64_t n, int64_t tall, int64_t wide)                              \
    {                                                                                          \
        for (int64_t k = 0; k < n; k += TILE)                                                  \
            for (int64_t j = 0; j < rows; j++)                                                 \
                for (int64_t i = j < tall && wide > k ? wide : k; i < n && i < k + TILE; i++)  \
                    to[j * ts + i] = from[i * fs + j];                                         \
    }
SQUARE(one)
SQUARE(four)
SQUARE(eight)

/* Elements of four bytes are copied by squares of 4 x 4 in registers. */
typedef uint32_t vector __attribute__((vector_size(16), aligned(4), may_alias));

static void square_of_floats(four *to, int64_t ts, const four *from, int64_t fs, int64_t rows,
                             int64_t n)
{
    int64_t tall = rows - rows % 4, wide = n - n % 4;
    for (int64_t i = 0; i < wide; i += 4) {
        for (int64_t j = 0; j < tall; j += 4) {
            const four *f = from + i * fs + j;
            four *t = to + j * ts + i;
            vector a = *(const vector *)f, b = *(const vector *)(f + fs);
            vector c = *(const vector *)(f + 2 * fs), d = *(const vector *)(f + 3 * fs);
            vector ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
            vector cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
            *(vector *)t = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
            *(vector *)(t + ts) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
            ab = __builtin_shufflevector(a, b, 2, 6, 3, 7);
            cd = __builtin_shufflevector(c, d, 2, 6, 3, 7);
            *(vector *)(t + 2 * ts) = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
            *(vector *)(t + 3 * ts) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
        }
    }
    square_four(to, ts, from, fs, rows, n, tall, wide);
}

/* Copies a run along the last axis from its current position. */
static void copy_run(const struct sx_strided *s, size_t size, char *to, const char *from)
{
    int64_t n = s->dim[s->rank - 1], ts = s->to[s->rank - 1], fs = s->from[s->rank - 1];
    if (ts == 1 && fs == 1)
        memcpy(to, from, (size_t)n * size);
    else if (size == 1)
        run_one((one *)to, ts, (const one *)from, fs, n);
    else if (size == 4)
        run_four((four *)(void *)to, ts, (const four *)(const void *)from, fs, n);
    else
        run_eight((eight *)(void *)to, ts, (const eight *)(const void *)from, fs, n);
}

/* Copies `rows` of the last axis but one, each along the last axis. */
static void copy_square(const struct sx_strided *s, size_t size, char *to, const char *from,
                        int64_t rows)
{
    int64_t n = s->dim[s->rank - 1], ts = s->to[s->rank - 2], fs = s->from[s->rank - 1];
    if (size == 1)
        square_one((one *)to, ts, (const one *)from, fs, rows, n, 0, 0);
    else if (size == 4)
        square_of_floats((four *)(void *)to, ts, (const four *)(const void *)from, fs, rows, n);
    else
        square_eight((eight *)(void *)to, ts, (const eight *)(const void *)from, fs, rows, n, 0,
                     0);
}

/* The axes outside the innermost run or square. Squares come in bands of TILE rows. */
static struct sx_strided outside(const struct sx_strided *s, bool squares)
{
    struct sx_strided outer = *s;
    outer.rank = s->rank - 1;
    if (squares) {
        int j = s->rank - 2;
        outer.dim[j] = sx_ceil_div(s->dim[j], TILE);
        outer.from[j] *= TILE;
        outer.to[j] *= TILE;
    }
    return outer;
}

void sx_strided_copy(const struct sx_strided *strided, size_t size, void *to, const void *from)
{
    struct sx_strided s = *strided;
    int64_t work = sx_strided_count(&s);
    if (work == 0)
        return;
    coalesce(&s);
    bool squares = find_squares(&s);
    struct sx_strided outer = outside(&s, squares);
    int64_t units = sx_strided_count(&outer), grain = sx_ceil_div(GRAIN, work / units);
    int64_t chunks = sx_ceil_div(units, grain);
#pragma omp parallel for if (work > SX_PARALLEL)
    for (int64_t c = 0; c < chunks; c++) {
        struct sx_place p;
        sx_seek(&outer, c * grain, &p);
        for (int64_t u = c * grain; u < units && u < (c + 1) * grain; u++) {
            char *t = (char *)to + p.to * (int64_t)size;
            const char *f = (const char *)from + p.from * (int64_t)size;
            if (squares) {
                int64_t left = s.dim[s.rank - 2] - p.at[s.rank - 2] * TILE;
                copy_square(&s, size, t, f, left < TILE ? left : TILE);
            } else {
                copy_run(&s, size, t, f);
            }
            sx_advance(&outer, &p);
        }
    }
}
