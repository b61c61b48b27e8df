/* reduce.c - sums and maxima over any axes.
 *
 * Axes of length 1 are dropped and neighbours of one kind are joined, so kept and reduced axes
 * alternate. If the innermost axis is reduced, an output is a sum of lines; if it is kept, outputs
 * are columns. Sums of floats are accumulated in double. */
#include <math.h>
#include <string.h>

#include "graph/relevance.h"
#include "ops/ops.h"

/* Elements summed at once; elements of a unit of work; the number of units that suffices. */
#define LINE 1024
#define GRAIN 16384
#define ENOUGH 16

/* ---- Rules ---- */

static bool reduce_shape(struct sx_graph *g, struct sx_node *node)
{
    const struct sx_node *a = &g->node[node->in[0]];
    if (node->op == SX_SUM && a->type == SX_BOOL)
        return sx_refuse(g, node, "the operand is not of numbers");
    node->type = a->type;
    node->shape = a->shape;
    for (int k = 0; k < node->n_attr; k++) {
        if (!sx_need_axis(g, node, node->attr[k], a->shape.rank))
            return false;
        if (k > 0 && node->attr[k] <= node->attr[k - 1])
            return sx_refuse(g, node, "axis %lld comes twice", (long long)node->attr[k]);
        node->shape.dim[node->attr[k]] = 1;
    }
    return true;
}

static void sum_derive(struct sx_graph *g, int y, int dy, const bool *need, int *dx)
{
    struct sx_shape shape = sx_shape_of(g, g->node[y].in[0]);
    (void)need;
    dx[0] = sx_expand(g, dy, &shape);
}

/* Elements of x that tie for the largest, y, share dy equally. */
static int share_among_ties(struct sx_graph *g, const struct sx_node *n, int x, int y, int dy)
{
    int equal = sx_binary(g, SX_EQUAL, x, y), mask = sx_cast(g, equal, n->type);
    int ties = sx_emit(g, SX_SUM, 1, &mask, n->n_attr, n->attr);
    return sx_mul(g, mask, sx_div(g, dy, ties));
}

static void reduce_max_derive(struct sx_graph *g, int y, int dy, const bool *need, int *dx)
{
    const struct sx_node n = g->node[y];
    (void)need;
    dx[0] = share_among_ties(g, &n, n.in[0], y, dy);
}

/* The contrast rule of a maximum. The difference y - y0 is divided in two parts: the gain goes
 * to the largest element of x, the loss to the largest element of x0. */
static void reduce_max_contrast(const struct sx_contrast *c, int y, int m, const bool *need,
                                int *mx)
{
    struct sx_graph *g = c->g;
    const struct sx_node n = g->node[y];
    int x = n.in[0], x0 = c->reference[x], y0 = c->reference[y];
    int most = sx_binary(g, SX_MAX, y, y0);
    int gain = sx_mul(g, m, sx_sub(g, most, y0)), loss = sx_mul(g, m, sx_sub(g, y, most));
    int change =
        sx_add(g, share_among_ties(g, &n, x, y, gain), share_among_ties(g, &n, x0, y0, loss));
    (void)need;
    mx[0] = sx_over(g, change, sx_difference(c, x), share_among_ties(g, &n, x, y, m));
}

/* Reducing a leading axis of 1 does nothing, so the batch can be there. */
static int reduce_batch(struct sx_batch *b, const struct sx_node *node)
{
    struct sx_shape one = sx_shape_of(b->g, node->in[0]);
    int axes[SX_MAX_RANK], n = 0;
    bool merged = sx_starts_with_one(&one);
    for (int k = 0; k < node->n_attr; k++)
        if (!merged || node->attr[k] != 0)
            axes[n++] = (int)node->attr[k] + (merged ? 0 : 1);
    int a = merged ? sx_batch_in(b, node, 0) : sx_batch_full(b, node, 0, one.rank);
    int y = n == 0               ? a
            : node->op == SX_SUM ? sx_sum(b->g, a, axes, n)
                                 : sx_reduce_max(b->g, a, axes, n);
    return sx_batch_done(b, y, &node->shape);
}

/* ---- How an array is cut ---- */

struct plan {
    struct sx_strided kept, cut; /* all but the innermost axis */
    int64_t run;                 /* the innermost axis */
    bool across;                 /* it is kept */
    int64_t outs, blocks, width; /* results, and blocks of at most `width` of them */
    int64_t steps, parts;        /* runs per result, and parts that these are cut into */
};

static void push(struct sx_strided *s, int64_t dim, int64_t stride)
{
    s->dim[s->rank] = dim;
    s->from[s->rank] = stride;
    s->to[s->rank++] = 0;
}

/* Sets the axes of *p. */
static void find_axes(struct plan *p, const struct sx_node *node, const struct sx_shape *shape)
{
    bool is_cut[SX_MAX_RANK] = {false}, cut[SX_MAX_RANK];
    int64_t stride[SX_MAX_RANK], dim[SX_MAX_RANK];
    int r = 0;
    for (int k = 0; k < node->n_attr; k++)
        is_cut[node->attr[k]] = true;
    for (int i = 0; i < shape->rank; i++) {
        if (shape->dim[i] == 1)
            continue;
        if (r > 0 && cut[r - 1] == is_cut[i]) {
            dim[r - 1] *= shape->dim[i];
        } else {
            dim[r] = shape->dim[i];
            cut[r++] = is_cut[i];
        }
    }
    p->run = r > 0 ? dim[r - 1] : 1;
    p->across = r == 0 || !cut[r - 1];
    int64_t n = p->run;
    for (int i = r - 2; i >= 0; i--) {
        stride[i] = n;
        n *= dim[i];
    }
    for (int i = 0; i + 1 < r; i++)
        push(cut[i] ? &p->cut : &p->kept, dim[i], stride[i]);
}

/* The plan depends only on shapes, so that sums have the same order with any number of threads. */
static struct plan plan_of(const struct sx_node *node, const struct sx_shape *shape)
{
    struct plan p = {.parts = 1, .width = SX_COLUMNS};
    int64_t work = sx_count(shape);
    find_axes(&p, node, shape);
    int64_t kept = sx_strided_count(&p.kept), cut = sx_strided_count(&p.cut);
    if (p.across) {
        p.outs = kept * p.run;
        p.blocks = kept * sx_ceil_div(p.run, SX_COLUMNS);
        p.steps = cut;
    } else {
        int64_t each = cut * p.run;
        if (each > GRAIN / SX_COLUMNS)
            p.width = sx_ceil_div(GRAIN, each);
        p.outs = kept;
        p.blocks = sx_ceil_div(kept, p.width);
        p.steps = cut * sx_ceil_div(p.run, LINE);
    }
    if (p.blocks > 0 && p.blocks < ENOUGH) {
        int64_t grains = work / GRAIN / p.blocks, enough = ENOUGH / p.blocks;
        p.parts = grains < enough ? grains : enough;
        p.parts = p.steps < p.parts ? p.steps : p.parts;
        p.parts = p.parts < 1 ? 1 : p.parts;
    }
    return p;
}

static size_t reduce_scratch(const struct sx_graph *g, const struct sx_node *node)
{
    struct plan p = plan_of(node, &g->node[node->in[0]].shape);
    size_t items, bytes;
    if (p.parts == 1)
        return 0;
    if (!sx_size_mul(&items, (size_t)p.parts, (size_t)p.outs) ||
        !sx_size_mul(&bytes, items, sizeof(int64_t)))
        return SIZE_MAX;
    return bytes;
}

/* ---- Kernels ---- */

union cell {
    double real;
    int64_t integer;
};

/* One kind of reduction: how elements are added to accumulators, each of which is a cell. */
struct kind {
    union cell start;
    void (*line)(union cell *acc, const void *x, int64_t n); /* adds all n elements to acc[0] */
    void (*columns)(union cell *acc, const void *x, int64_t n); /* adds element i to acc[i] */
    void (*store)(void *out, const union cell *acc, int64_t n);
    const struct kind *join; /* the kind that adds accumulators of this kind */
};

static inline double add_real(double a, double b)
{
    return a + b;
}

static inline int64_t add_integer(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static inline double most_real(double a, double b)
{
    return ((b > a) | (b != b)) ? b : a;
}

static inline int64_t most_integer(int64_t a, int64_t b)
{
    return b > a ? b : a;
}

/* Lanes are independent, so that a line is not one chain of dependent operations. */
#define LANES 32
#define KIND(name, T, A, cell_of, OP, START, JOIN)                                             \
    static void name##_line(union cell *acc, const void *data, int64_t n)                      \
    {                                                                                          \
        const T *x = data;                                                                     \
        A lane[LANES], total = acc->cell_of;                                                   \
        int64_t i = 0;                                                                         \
        if (n >= LANES) {                                                                      \
            for (; i < LANES; i++)                                                             \
                lane[i] = (A)x[i];                                                             \
            for (; i + LANES <= n; i += LANES)                                                 \
                for (int k = 0; k < LANES; k++)                                                \
                    lane[k] = OP(lane[k], (A)x[i + k]);                                        \
            for (int half = LANES / 2; half > 0; half /= 2)                                    \
                for (int k = 0; k < half; k++)                                                 \
                    lane[k] = OP(lane[k], lane[k + half]);                                     \
            total = OP(total, lane[0]);                                                        \
        }                                                                                      \
        for (; i < n; i++)                                                                     \
            total = OP(total, (A)x[i]);                                                        \
        acc->cell_of = total;                                                                  \
    }                                                                                          \
    static void name##_columns(union cell *acc, const void *data, int64_t n)                   \
    {                                                                                          \
        const T *x = data;                                                                     \
        for (int64_t i = 0; i < n; i++)                                                        \
            acc[i].cell_of = OP(acc[i].cell_of, (A)x[i]);                                      \
    }                                                                                          \
    static void name##_store(void *out, const union cell *acc, int64_t n)                      \
    {                                                                                          \
        T *y = out;                                                                            \
        for (int64_t i = 0; i < n; i++)                                                        \
            y[i] = (T)acc[i].cell_of;                                                          \
    }                                                                                          \
    static const struct kind name = {                                                          \
        {.cell_of = START}, name##_line, name##_columns, name##_store, JOIN};

KIND(sum_double, double, double, real, add_real, 0, &sum_double)
KIND(sum_float, float, double, real, add_real, 0, &sum_double)
KIND(sum_int, int64_t, int64_t, integer, add_integer, 0, &sum_int)
KIND(max_double, double, double, real, most_real, -INFINITY, &max_double)
KIND(max_float, float, double, real, most_real, -INFINITY, &max_double)
KIND(max_int, int64_t, int64_t, integer, most_integer, INT64_MIN, &max_int)
KIND(max_bool, uint8_t, int64_t, integer, most_integer, 0, &max_int)

static const struct kind *kind_of(const struct sx_node *node)
{
    bool sum = node->op == SX_SUM;
    switch (node->type) {
    case SX_FLOAT:
        return sum ? &sum_float : &max_float;
    case SX_DOUBLE:
        return sum ? &sum_double : &max_double;
    case SX_INT:
        return sum ? &sum_int : &max_int;
    default:
        return &max_bool;
    }
}

/* A unit of work: `w` results from `first` on, with the runs `begin` to `end` of each. */
struct unit {
    int64_t first, w, begin, end;
};

static struct unit unit_of(const struct plan *p, int64_t block, int64_t part)
{
    int64_t each = p->steps / p->parts, more = p->steps % p->parts, total = p->outs;
    struct unit u = {.first = block * p->width};
    if (p->across) {
        int64_t per_row = sx_ceil_div(p->run, p->width), row = block / per_row;
        u.first = row * p->run + block % per_row * p->width;
        total = (row + 1) * p->run;
    }
    u.w = total - u.first < p->width ? total - u.first : p->width;
    u.begin = part * each + (part < more ? part : more);
    u.end = u.begin + each + (part < more);
    return u;
}

static void take_lines(const struct plan *p, const struct kind *kind, size_t size,
                       const char *x, const struct unit *u, union cell *acc)
{
    int64_t segments = sx_ceil_div(p->run, LINE);
    struct sx_place kept, start, cut;
    sx_seek(&p->kept, u->first, &kept);
    sx_seek(&p->cut, u->begin / segments, &start);
    for (int64_t i = 0; i < u->w; i++) {
        int64_t s = u->begin % segments;
        cut = start;
        for (int64_t t = u->begin; t < u->end; t++) {
            int64_t at = kept.from + cut.from + s * LINE, left = p->run - s * LINE;
            kind->line(&acc[i], x + at * (int64_t)size, left < LINE ? left : LINE);
            if (++s == segments) {
                s = 0;
                sx_advance(&p->cut, &cut);
            }
        }
        sx_advance(&p->kept, &kept);
    }
}

static void take_columns(const struct plan *p, const struct kind *kind, size_t size,
                         const char *x, const struct unit *u, union cell *acc)
{
    struct sx_place kept, cut;
    sx_seek(&p->kept, u->first / p->run, &kept);
    sx_seek(&p->cut, u->begin, &cut);
    x += (kept.from + u->first % p->run) * (int64_t)size;
    for (int64_t t = u->begin; t < u->end; t++) {
        kind->columns(acc, x + cut.from * (int64_t)size, u->w);
        sx_advance(&p->cut, &cut);
    }
}

/* Adds up the parts of each result, in order. */
static void join_parts(const struct plan *p, const struct kind *kind, size_t size,
                       const union cell *partial, char *out)
{
    for (int64_t first = 0; first < p->outs; first += SX_COLUMNS) {
        union cell acc[SX_COLUMNS];
        int64_t w = p->outs - first < SX_COLUMNS ? p->outs - first : SX_COLUMNS;
        memcpy(acc, partial + first, (size_t)w * sizeof acc[0]);
        for (int64_t part = 1; part < p->parts; part++)
            kind->join->columns(acc, partial + part * p->outs + first, w);
        kind->store(out + first * (int64_t)size, acc, w);
    }
}

static void reduce_run(const struct sx_call *call)
{
    const struct plan p = plan_of(call->node, call->in[0].shape);
    const struct kind *kind = kind_of(call->node);
    size_t size = sx_type_size(call->node->type);
    union cell *partial = call->scratch;
    const char *x = call->in[0].data;
    char *out = call->out;
    int64_t work = p.outs > 0 ? sx_count(call->in[0].shape) : 0;
#pragma omp parallel for if (work > SX_PARALLEL)
    for (int64_t i = 0; i < p.blocks * p.parts; i++) {
        union cell acc[SX_COLUMNS];
        int64_t part = i / p.blocks;
        struct unit u = unit_of(&p, i % p.blocks, part);
        for (int64_t k = 0; k < u.w; k++)
            acc[k] = kind->start;
        if (u.begin < u.end && p.across)
            take_columns(&p, kind, size, x, &u, acc);
        else if (u.begin < u.end)
            take_lines(&p, kind, size, x, &u, acc);
        if (p.parts > 1)
            memcpy(partial + part * p.outs + u.first, acc, (size_t)u.w * sizeof acc[0]);
        else
            kind->store(out + u.first * (int64_t)size, acc, u.w);
    }
    if (p.parts > 1)
        join_parts(&p, kind, size, partial, out);
}

const struct sx_row sx_row_sum = {
    .name = "Sum",
    .min_in = 1,
    .max_in = 1,
    .shape = reduce_shape,
    .derive = sum_derive,
    .flow = SX_FLOW_SUM,
    .batch = reduce_batch,
    .scratch = reduce_scratch,
    .run = reduce_run,
};

const struct sx_row sx_row_reducemax = {
    .name = "ReduceMax",
    .min_in = 1,
    .max_in = 1,
    .shape = reduce_shape,
    .derive = reduce_max_derive,
    .flow = SX_FLOW_MOVE,
    .contrast = reduce_max_contrast,
    .batch = reduce_batch,
    .scratch = reduce_scratch,
    .run = reduce_run,
};
