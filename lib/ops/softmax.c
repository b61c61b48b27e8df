/* softmax.c - softmax and its logarithm along any axis.
 *
 * The largest element is subtracted first, so nothing overflows. A line whose largest element is
 * not finite (NaN, +inf, or all -inf) has no softmax and becomes NaN. */
#include <math.h>
#include <string.h>

#include "graph/relevance.h"
#include "ops/map.h"
#include "ops/ops.h"

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

/* ---- Propagation rules: exp(x) over its sum ---- */

/* Half of the relevance goes to exp(x), half to the sum. */
static void softmax_relevance(struct sx_graph *g, int y, int r, const bool *need, int *share)
{
    int axis = (int)g->node[y].attr[0];
    (void)need;
    int through_sum = sx_mul(g, y, sx_sum(g, r, &axis, 1));
    share[0] = sx_scale(g, sx_add(g, r, through_sum), 0.5);
}

/* The two terms are x and the logarithm of the sum. */
static void log_softmax_relevance(struct sx_graph *g, int y, int r, const bool *need,
                                  int *share)
{
    const struct sx_rule_options stable = {.epsilon = 1e-6};
    int axis = (int)g->node[y].attr[0], x = g->node[y].in[0];
    (void)need;
    int seed = sx_over_stable(g, r, y, &stable);
    int term = sx_mul(g, sx_sub(g, y, x), seed);
    int through_sum = sx_mul(g, sx_unary(g, SX_EXP, y), sx_sum(g, term, &axis, 1));
    share[0] = sx_add(g, sx_mul(g, x, seed), through_sum);
}

/* e^x and e^x0, both divided by the largest of both along the axis. */
static void exponentials(const struct sx_contrast *c, int x, int axis, int *e, int *e0)
{
    struct sx_graph *g = c->g;
    int most = sx_binary(g, SX_MAX, sx_reduce_max(g, x, &axis, 1),
                         sx_reduce_max(g, c->reference[x], &axis, 1));
    *e = sx_unary(g, SX_EXP, sx_sub(g, x, most));
    *e0 = sx_unary(g, SX_EXP, sx_sub(g, c->reference[x], most));
}

/* de/dx as a ratio of differences; where x hardly differs, the slope at the midpoint. */
static int exponential_ratio(const struct sx_contrast *c, int x, int e, int e0)
{
    struct sx_graph *g = c->g;
    int slope = sx_unary(g, SX_SQRT, sx_mul(g, e, e0));
    return sx_over(g, sx_sub(g, e, e0), sx_difference(c, x), slope);
}

/* Moves the axis to the end, or with `back` from the end to its place. */
static int turned(struct sx_graph *g, int a, int axis, bool back)
{
    int rank = sx_shape_of(g, a).rank, perm[SX_MAX_RANK];
    for (int i = 0; i < rank; i++)
        perm[i] = i < axis ? i : back ? (i == axis ? rank - 1 : i - 1) : i + 1;
    if (!back)
        perm[rank - 1] = axis;
    return sx_transpose(g, a, perm);
}

/* Shapley values of the inputs of a line: every coalition is a line of its own. */
static int exact_contrast(const struct sx_contrast *c, int y, int m, int otherwise)
{
    struct sx_graph *g = c->g;
    const struct sx_node n = g->node[y];
    int axis = (int)n.attr[0], players = (int)n.shape.dim[axis];
    int x = turned(g, n.in[0], axis, false);
    int lines = sx_coalition_lines(g, x, turned(g, c->reference[n.in[0]], axis, false));
    struct sx_shape shape = sx_shape_of(g, x), wide = shape;
    int last = shape.rank;
    wide.dim[wide.rank++] = players;
    wide.dim[wide.rank - 2] = 1;
    int worth = sx_emit(g, n.op, 1, &lines, 1, (const int64_t[]){last});
    int weighed = sx_mul(g, worth, sx_reshape(g, turned(g, m, axis, false), &wide));
    int sums = sx_sum(g, weighed, &last, 1); /* [.., 2^n, 1] */
    int share = sx_matmul(g, sums, sx_shapley_weights(g, players), true, false);
    int back = turned(g, sx_reshape(g, share, &shape), axis, true);
    return sx_over(g, back, sx_difference(c, n.in[0]), otherwise);
}

static bool few_inputs(const struct sx_contrast *c, int y)
{
    const struct sx_node *n = &c->g->node[y];
    return c->exact && n->shape.dim[n->attr[0]] <= SX_MOST_PLAYERS &&
           n->shape.rank < SX_MAX_RANK;
}

/* The contrast rule of x - log s. exp and log are treated as functions of one variable, whatever is
 * subtracted from all x of a line. So multipliers are not larger than m. */
static int log_contrast(const struct sx_contrast *c, int x, int axis, int m)
{
    struct sx_graph *g = c->g;
    int e, e0;
    exponentials(c, x, axis, &e, &e0);
    int s = sx_sum(g, e, &axis, 1), s0 = sx_sum(g, e0, &axis, 1);
    int d = sx_sub(g, sx_unary(g, SX_LOG, s), sx_unary(g, SX_LOG, s0));
    int slope = sx_unary(g, SX_RECIP, sx_scale(g, sx_add(g, s, s0), 0.5));
    int by_s = sx_mul(g, sx_sum(g, m, &axis, 1), sx_over(g, d, sx_sub(g, s, s0), slope));
    return sx_sub(g, m, sx_mul(g, by_s, exponential_ratio(c, x, e, e0)));
}

static void log_softmax_contrast(const struct sx_contrast *c, int y, int m, const bool *need,
                                 int *mx)
{
    const struct sx_node n = c->g->node[y];
    (void)need;
    mx[0] = log_contrast(c, n.in[0], (int)n.attr[0], m);
    if (few_inputs(c, y))
        mx[0] = exact_contrast(c, y, m, mx[0]);
}

/* The contrast rule of softmax as exp(x - log s). As e^x / s it would depend on the number
 * subtracted from each line, and could grow without bound. */
static void softmax_contrast(const struct sx_contrast *c, int y, int m, const bool *need,
                             int *mx)
{
    struct sx_graph *g = c->g;
    const struct sx_node n = g->node[y];
    int axis = (int)n.attr[0], l[2], x[] = {n.in[0], c->reference[n.in[0]]};
    (void)need;
    for (int k = 0; k < 2; k++)
        l[k] = sx_emit(g, SX_LOGSOFTMAX, 1, &x[k], 1, n.attr);
    int slope = sx_unary(g, SX_SQRT, sx_mul(g, y, c->reference[y]));
    int ratio = sx_over(g, sx_difference(c, y), sx_sub(g, l[0], l[1]), slope);
    mx[0] = log_contrast(c, n.in[0], axis, sx_mul(g, m, ratio));
    if (few_inputs(c, y))
        mx[0] = exact_contrast(c, y, m, mx[0]);
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

/* A softmax along the last axis, where x and y are [outer, n]. */
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

/* A softmax along another axis, where x and y are [outer, n, inner]. */
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
    .flow = SX_FLOW_OWN,
    .relevance = softmax_relevance,
    .contrast = softmax_contrast,
    .batch = sx_batch_axis,
    .run = softmax_run,
};

const struct sx_row sx_row_logsoftmax = {
    .name = "LogSoftmax",
    .min_in = 1,
    .max_in = 1,
    .shape = softmax_shape,
    .derive = log_softmax_derive,
    .flow = SX_FLOW_OWN,
    .relevance = log_softmax_relevance,
    .contrast = log_softmax_contrast,
    .batch = sx_batch_axis,
    .run = softmax_run,
};
