/* softmax.c - softmax and its logarithm along any axis.
 *
 * The largest element is taken off first, so that nothing overflows. A line whose largest
 * element is not finite (a NaN, +inf, or nothing but -inf) has no softmax: it becomes NaN. */
#include <math.h>
#include <string.h>

#include "ops/map.h"
#include "ops/ops.h"

int sx_softmax(struct sx_graph *g, int a, int axis)
{
    const int64_t attr = axis;
    return sx_emit(g, SX_SOFTMAX, 1, &a, 1, &attr);
}

int sx_log_softmax(struct sx_graph *g, int a, int axis)
{
    const int64_t attr = axis;
    return sx_emit(g, SX_LOGSOFTMAX, 1, &a, 1, &attr);
}

static bool softmax_shape(struct sx_graph *g, struct sx_node *node)
{
    const struct sx_node *a = &g->node[node->in[0]];
    if (!sx_need_attr(g, node, 1) || !sx_need_axis(g, node, node->attr[0], a->shape.rank))
        return false;
    if (!sx_is_real(a->type))
        return sx_refuse(g, node, "the operand is not real");
    node->type = a->type;
    node->shape = a->shape;
    return true;
}

/* dx = y (dy - sum(y dy)) */
static void softmax_derive(struct sx_graph *g, int y, int dy, const bool *need, int *dx)
{
    int axis = (int)g->node[y].attr[0];
    (void)need;
    int along = sx_sum(g, sx_mul(g, y, dy), &axis, 1);
    dx[0] = sx_mul(g, y, sx_sub(g, dy, along));
}

/* dx = dy - exp(y) sum(dy) */
static void log_softmax_derive(struct sx_graph *g, int y, int dy, const bool *need, int *dx)
{
    int axis = (int)g->node[y].attr[0];
    (void)need;
    dx[0] = sx_sub(g, dy, sx_mul(g, sx_unary(g, SX_EXP, y), sx_sum(g, dy, &axis, 1)));
}

/* Independent partial results, so that a line is not one chain of dependent operations. */
#define LANES 8

/* x, y: lines of n elements, or w <= SX_COLUMNS of them side by side, elements `inner` apart.
 * The block functions take whole vectors, so that an odd end goes through a spare one. */
#define SOFTMAX(T)                                                                             \
    static void exp_##T(T *y, int64_t n)                                                       \
    {                                                                                          \
        T spare[SX_MAP_LANES] = {0};                                                           \
        int64_t end = n % SX_MAP_LANES;                                                        \
        y += n - end;                                                                          \
        memcpy(spare, y, (size_t)end * sizeof(T));                                             \
        struct sx_block odd = {.op = SX_EXP, .n = SX_MAP_LANES, .d = spare, .a = spare};       \
        struct sx_block even = {.op = SX_EXP, .n = (size_t)(n - end)};                         \
        even.a = even.d = y - (n - end);                                                       \
        sx_block_##T(&even);                                                                   \
        if (end > 0)                                                                           \
            sx_block_##T(&odd);                                                                \
        memcpy(y, spare, (size_t)end * sizeof(T));                                             \
    }                                                                                          \
    static inline T more_##T(T a, T b)                                                         \
    {                                                                                          \
        return ((b > a) | (b != b)) ? b : a;                                                   \
    }                                                                                          \
    static T most_of_line_##T(const T *x, int64_t n)                                           \
    {                                                                                          \
        T most[LANES];                                                                         \
        int64_t i = 0;                                                                         \
        for (int k = 0; k < LANES; k++)                                                        \
            most[k] = x[0];                                                                    \
        for (; i + LANES <= n; i += LANES)                                                     \
            for (int k = 0; k < LANES; k++)                                                    \
                most[k] = more_##T(most[k], x[i + k]);                                         \
        for (; i < n; i++)                                                                     \
            most[0] = more_##T(most[0], x[i]);                                                 \
        for (int k = 1; k < LANES; k++)                                                        \
            most[0] = more_##T(most[0], most[k]);                                              \
        return isfinite(most[0]) ? most[0] : (T)NAN;                                           \
    }                                                                                          \
    static double sum_of_line_##T(const T *y, int64_t n)                                       \
    {                                                                                          \
        double sum[LANES] = {0};                                                               \
        int64_t i = 0;                                                                         \
        for (; i + LANES <= n; i += LANES)                                                     \
            for (int k = 0; k < LANES; k++)                                                    \
                sum[k] += y[i + k];                                                            \
        for (; i < n; i++)                                                                     \
            sum[0] += y[i];                                                                    \
        return ((sum[0] + sum[1]) + (sum[2] + sum[3])) +                                       \
               ((sum[4] + sum[5]) + (sum[6] + sum[7]));                                        \
    }                                                                                          \
    static void line_##T(const T *x, T *y, int64_t n, bool logarithm)                          \
    {                                                                                          \
        T most = most_of_line_##T(x, n);                                                       \
        for (int64_t i = 0; i < n; i++)                                                        \
            y[i] = x[i] - most;                                                                \
        exp_##T(y, n);                                                                         \
        double sum = sum_of_line_##T(y, n);                                                    \
        T shift = (T)log(sum), scale = (T)(1 / sum);                                           \
        for (int64_t i = 0; i < n; i++)                                                        \
            y[i] = logarithm ? x[i] - most - shift : y[i] * scale;                             \
    }                                                                                          \
    static void columns_##T(const T *x, T *y, int64_t n, int64_t inner, int64_t w,             \
                            bool logarithm)                                                    \
    {                                                                                          \
        T most[SX_COLUMNS], last[SX_COLUMNS];                                                  \
        double sum[SX_COLUMNS] = {0};                                                          \
        for (int64_t c = 0; c < w; c++)                                                        \
            most[c] = x[c];                                                                    \
        for (int64_t k = 1; k < n; k++)                                                        \
            for (int64_t c = 0; c < w; c++)                                                    \
                most[c] = more_##T(most[c], x[k * inner + c]);                                 \
        for (int64_t c = 0; c < w; c++)                                                        \
            most[c] = isfinite(most[c]) ? most[c] : (T)NAN;                                    \
        for (int64_t k = 0; k < n; k++) {                                                      \
            for (int64_t c = 0; c < w; c++)                                                    \
                y[k * inner + c] = x[k * inner + c] - most[c];                                 \
            exp_##T(y + k * inner, w);                                                         \
            for (int64_t c = 0; c < w; c++)                                                    \
                sum[c] += y[k * inner + c];                                                    \
        }                                                                                      \
        for (int64_t c = 0; c < w; c++)                                                        \
            last[c] = (T)(logarithm ? log(sum[c]) : 1 / sum[c]);                               \
        for (int64_t k = 0; k < n; k++)                                                        \
            for (int64_t c = 0, i = k * inner; c < w; c++, i++)                                \
                y[i] = logarithm ? x[i] - most[c] - last[c] : y[i] * last[c];                  \
    }
SOFTMAX(float)
SOFTMAX(double)

static void softmax_run(const struct sx_call *call)
{
    const struct sx_shape *shape = &call->node->shape;
    bool logarithm = call->node->op == SX_LOGSOFTMAX;
    struct sx_lines l = sx_lines_of(shape, call->node->attr[0]);
    int64_t work = sx_count(shape), blocks = sx_ceil_div(l.inner, SX_COLUMNS);
    if (work == 0)
        return;
#pragma omp parallel for if (work > SX_PARALLEL / 8)
    for (int64_t u = 0; u < l.outer * blocks; u++) {
        int64_t lo = u % blocks * SX_COLUMNS, at = u / blocks * l.n * l.inner + lo;
        int64_t w = l.inner - lo < SX_COLUMNS ? l.inner - lo : SX_COLUMNS;
        const void *x = call->in[0].data;
        void *y = call->out;
        if (call->node->type == SX_FLOAT && l.inner == 1)
            line_float((const float *)x + at, (float *)y + at, l.n, logarithm);
        else if (call->node->type == SX_FLOAT)
            columns_float((const float *)x + at, (float *)y + at, l.n, l.inner, w, logarithm);
        else if (l.inner == 1)
            line_double((const double *)x + at, (double *)y + at, l.n, logarithm);
        else
            columns_double((const double *)x + at, (double *)y + at, l.n, l.inner, w,
                           logarithm);
    }
}

const struct sx_row sx_row_softmax = {
    .name = "Softmax",
    .min_in = 1,
    .max_in = 1,
    .shape = softmax_shape,
    .derive = softmax_derive,
    .batch = sx_batch_axis,
    .run = softmax_run,
};

const struct sx_row sx_row_logsoftmax = {
    .name = "LogSoftmax",
    .min_in = 1,
    .max_in = 1,
    .shape = softmax_shape,
    .derive = log_softmax_derive,
    .batch = sx_batch_axis,
    .run = softmax_run,
};
