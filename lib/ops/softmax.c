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
#define LANES 32
/* Short lines are taken many at a time: about so many elements, and at most so many lines. */
#define GRAIN 2048
#define LINES 64

/* x, y: lines of n elements, one after the other, or w of them side by side, `inner` apart.
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
        T lane[LANES], most = x[0];                                                            \
        int64_t i = 0;                                                                         \
        if (n >= LANES) {                                                                      \
            for (; i < LANES; i++)                                                             \
                lane[i] = x[i];                                                                \
            for (; i + LANES <= n; i += LANES)                                                 \
                for (int k = 0; k < LANES; k++)                                                \
                    lane[k] = more_##T(lane[k], x[i + k]);                                     \
            for (int k = 0; k < LANES; k++)                                                    \
                most = more_##T(most, lane[k]);                                                \
        }                                                                                      \
        for (; i < n; i++)                                                                     \
            most = more_##T(most, x[i]);                                                       \
        return isfinite(most) ? most : (T)NAN;                                                 \
    }                                                                                          \
    static double sum_of_line_##T(const T *y, int64_t n)                                       \
    {                                                                                          \
        double lane[LANES] = {0}, sum = 0;                                                     \
        int64_t i = 0;                                                                         \
        for (; i + LANES <= n; i += LANES)                                                     \
            for (int k = 0; k < LANES; k++)                                                    \
                lane[k] += y[i + k];                                                           \
        for (int k = 0; k < LANES && n >= LANES; k++)                                          \
            sum += lane[k];                                                                    \
        for (; i < n; i++)                                                                     \
            sum += y[i];                                                                       \
        return sum;                                                                            \
    }                                                                                          \
    static void lines_##T(const T *x, T *y, int64_t n, int64_t lines, bool logarithm)          \
    {                                                                                          \
        T most[LINES];                                                                         \
        for (int64_t k = 0; k < lines; k++) {                                                  \
            most[k] = most_of_line_##T(x + k * n, n);                                          \
            for (int64_t i = k * n; i < (k + 1) * n; i++)                                      \
                y[i] = x[i] - most[k];                                                         \
        }                                                                                      \
        exp_##T(y, lines *n);                                                                  \
        for (int64_t k = 0; k < lines; k++) {                                                  \
            double sum = sum_of_line_##T(y + k * n, n);                                        \
            T last = (T)(logarithm ? log(sum) : 1 / sum);                                      \
            if (logarithm)                                                                     \
                for (int64_t i = k * n; i < (k + 1) * n; i++)                                  \
                    y[i] = x[i] - most[k] - last;                                              \
            else                                                                               \
                for (int64_t i = k * n; i < (k + 1) * n; i++)                                  \
                    y[i] *= last;                                                              \
        }                                                                                      \
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

/* A softmax along the last axis: x and y are [outer, n]. */
static void run_lines(const struct sx_call *call, const struct sx_lines *l, bool logarithm)
{
    int64_t each = l->n < GRAIN / LINES ? LINES : sx_ceil_div(GRAIN, l->n);
#pragma omp parallel for if (l->outer * l->n > SX_PARALLEL / 8)
    for (int64_t first = 0; first < l->outer; first += each) {
        int64_t lines = l->outer - first < each ? l->outer - first : each, at = first * l->n;
        const void *x = call->in[0].data;
        void *y = call->out;
        if (call->node->type == SX_FLOAT)
            lines_float((const float *)x + at, (float *)y + at, l->n, lines, logarithm);
        else
            lines_double((const double *)x + at, (double *)y + at, l->n, lines, logarithm);
    }
}

/* Along another: x and y are [outer, n, inner]. */
static void run_columns(const struct sx_call *call, const struct sx_lines *l, bool logarithm)
{
    int64_t n = l->n, inner = l->inner, blocks = sx_ceil_div(inner, SX_COLUMNS);
#pragma omp parallel for if (l->outer * n * inner > SX_PARALLEL / 8)
    for (int64_t u = 0; u < l->outer * blocks; u++) {
        int64_t lo = u % blocks * SX_COLUMNS, at = u / blocks * n * inner + lo;
        int64_t w = inner - lo < SX_COLUMNS ? inner - lo : SX_COLUMNS;
        const void *x = call->in[0].data;
        void *y = call->out;
        if (call->node->type == SX_FLOAT)
            columns_float((const float *)x + at, (float *)y + at, n, inner, w, logarithm);
        else
            columns_double((const double *)x + at, (double *)y + at, n, inner, w, logarithm);
    }
}

static void softmax_run(const struct sx_call *call)
{
    const struct sx_node *node = call->node;
    struct sx_lines l = sx_lines_of(&node->shape, node->attr[0]);
    bool logarithm = node->op == SX_LOGSOFTMAX;
    if (l.outer * l.n * l.inner == 0)
        return;
    if (l.inner == 1)
        run_lines(call, &l, logarithm);
    else
        run_columns(call, &l, logarithm);
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
