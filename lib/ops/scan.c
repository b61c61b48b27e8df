/* scan.c - rows that walk along one axis: the index of the largest element, and running sums. */
#include "ops/ops.h"

/* A walk: lines of n elements, `inner` apart, w of them side by side. The two flags are the
 * row's attributes after the axis. */
struct walk {
    int64_t n, inner, w;
    bool flag[2];
};

typedef void (*walker)(const struct walk *walk, const void *x, void *y);

/* Walks all lines in blocks of columns. `length` is the result's length along the axis. */
static void walk_all(const struct sx_call *call, walker each, int64_t length)
{
    const struct sx_node *node = call->node;
    struct sx_lines l = sx_lines_of(call->in[0].shape, node->attr[0]);
    int64_t blocks = sx_ceil_div(l.inner, SX_COLUMNS), work = l.outer * l.n * l.inner;
    size_t from = sx_type_size(call->in[0].type), to = sx_type_size(node->type);
#pragma omp parallel for if (work > SX_PARALLEL)
    for (int64_t u = 0; u < l.outer * blocks; u++) {
        int64_t o = u / blocks, lo = u % blocks * SX_COLUMNS;
        struct walk walk = {.n = l.n, .inner = l.inner, .w = l.inner - lo};
        if (walk.w > SX_COLUMNS)
            walk.w = SX_COLUMNS;
        for (int k = 1; k < node->n_attr; k++)
            walk.flag[k - 1] = node->attr[k] != 0;
        each(&walk, (const char *)call->in[0].data + (o * l.n * l.inner + lo) * (int64_t)from,
             (char *)call->out + (o * length * l.inner + lo) * (int64_t)to);
    }
}

/* ---- ARGMAX ---- */

static bool argmax_shape(struct sx_graph *g, struct sx_node *node)
{
    const struct sx_node *a = &g->node[node->in[0]];
    if (!sx_need_attr(g, node, 2) || !sx_need_axis(g, node, node->attr[0], a->shape.rank))
        return false;
    node->type = SX_INT;
    node->shape = a->shape;
    node->shape.dim[node->attr[0]] = 1;
    if (a->shape.dim[node->attr[0]] == 0 && sx_count(&node->shape) > 0)
        return sx_refuse(g, node, "axis %lld is empty", (long long)node->attr[0]);
    return sx_need_size(g, node);
}

/* NaN counts as larger than all numbers, as in numpy. */
#define ARGMAX(T)                                                                              \
    static void argmax_##T(const struct walk *walk, const void *from, void *to)                \
    {                                                                                          \
        const T *x = from;                                                                     \
        T most[SX_COLUMNS];                                                                    \
        int64_t *y = to;                                                                       \
        for (int64_t c = 0; c < walk->w; c++) {                                                \
            most[c] = x[c];                                                                    \
            y[c] = 0;                                                                          \
        }                                                                                      \
        for (int64_t k = 1; k < walk->n; k++)                                                  \
            for (int64_t c = 0; c < walk->w; c++) {                                            \
                T v = x[k * walk->inner + c], m = most[c];                                     \
                bool same = (v == m) | ((v != v) & (m != m)), more = v > m;                    \
                more |= ((v != v) & (m == m)) | (same & walk->flag[0]);                        \
                most[c] = more ? v : m;                                                        \
                y[c] = more ? k : y[c];                                                        \
            }                                                                                  \
    }
ARGMAX(float)
ARGMAX(double)
ARGMAX(int64_t)
ARGMAX(uint8_t)

static void argmax_run(const struct sx_call *call)
{
    static const walker by_type[] = {[SX_FLOAT] = argmax_float,
                                     [SX_DOUBLE] = argmax_double,
                                     [SX_INT] = argmax_int64_t,
                                     [SX_BOOL] = argmax_uint8_t};
    if (sx_count(&call->node->shape) > 0)
        walk_all(call, by_type[call->in[0].type], 1);
}

const struct sx_row sx_row_argmax = {
    .name = "ArgMax",
    .min_in = 1,
    .max_in = 1,
    .shape = argmax_shape,
    .batch = sx_batch_axis,
    .run = argmax_run,
};

/* ---- CUMSUM ---- */

static bool cumsum_shape(struct sx_graph *g, struct sx_node *node)
{
    const struct sx_node *a = &g->node[node->in[0]];
    if (!sx_need_attr(g, node, 3) || !sx_need_axis(g, node, node->attr[0], a->shape.rank))
        return false;
    if (a->type == SX_BOOL)
        return sx_refuse(g, node, "the operand is not of numbers");
    node->type = a->type;
    node->shape = a->shape;
    return true;
}

static void cumsum_derive(struct sx_graph *g, int y, int dy, const bool *need, int *dx)
{
    const struct sx_node n = g->node[y];
    (void)need;
    dx[0] = sx_cumsum(g, dy, (int)n.attr[0], n.attr[1] != 0, n.attr[2] == 0);
}

/* Floats are summed as double, integers modulo 2^64. */
#define CUMSUM(T, SUM)                                                                         \
    static void cumsum_##T(const struct walk *walk, const void *from, void *to)                \
    {                                                                                          \
        bool exclusive = walk->flag[0], reverse = walk->flag[1];                               \
        int64_t step = reverse ? -walk->inner : walk->inner;                                   \
        const T *x = (const T *)from + (reverse ? (walk->n - 1) * walk->inner : 0);            \
        T *y = (T *)to + (reverse ? (walk->n - 1) * walk->inner : 0);                          \
        SUM sum[SX_COLUMNS] = {0};                                                             \
        for (int64_t k = 0; k < walk->n; k++)                                                  \
            for (int64_t c = 0; c < walk->w; c++) {                                            \
                SUM before = sum[c];                                                           \
                sum[c] += x[k * step + c];                                                     \
                y[k * step + c] = (T)(exclusive ? before : sum[c]);                            \
            }                                                                                  \
    }
CUMSUM(float, double)
CUMSUM(double, double)
CUMSUM(uint64_t, uint64_t)

static void cumsum_run(const struct sx_call *call)
{
    static const walker by_type[] = {
        [SX_FLOAT] = cumsum_float, [SX_DOUBLE] = cumsum_double, [SX_INT] = cumsum_uint64_t};
    if (sx_count(&call->node->shape) > 0)
        walk_all(call, by_type[call->node->type], call->node->shape.dim[call->node->attr[0]]);
}

const struct sx_row sx_row_cumsum = {
    .name = "CumSum",
    .min_in = 1,
    .max_in = 1,
    .shape = cumsum_shape,
    .derive = cumsum_derive,
    .flow = SX_FLOW_SUM,
    .batch = sx_batch_axis,
    .run = cumsum_run,
};
