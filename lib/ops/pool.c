/* pool.c - pools: SUMPOOL, its adjoint UNPOOL, POOLINDEX (the index of the largest element of each
 * window), and MAXPOOL, which gives these elements if indices are not needed. */
#include <string.h>

#include "base/clones.h"
#include "graph/derive.h"
#include "ops/products.h"

enum { GEOMETRY = sizeof(struct sx_pool) / sizeof(int64_t) };

/* Whether some window along an axis is entirely in the padding. */
static bool empty_window(const struct sx_conv *c, int d, int64_t image, int64_t outputs)
{
    for (int64_t i = 0; i < outputs; i++) {
        int64_t first = i * c->stride[d] - c->pad_begin[d], skip = 0;
        if (first < 0)
            skip = (-first + c->dilation[d] - 1) / c->dilation[d];
        if (skip >= c->extent[d] || first + skip * c->dilation[d] >= image)
            return true;
    }
    return false;
}

static bool pool_shape(struct sx_graph *g, struct sx_node *node)
{
    const char *name = sx_row_of(g, node)->name;
    const struct sx_node *x = &g->node[node->in[0]];
    struct sx_pool p = {0};
    if (node->n_attr == GEOMETRY)
        sx_pool_get(node, &p);
    if (node->n_attr != GEOMETRY || p.c.rank < 1 || p.c.rank > 3 ||
        x->shape.rank != p.c.rank + 2)
        return sx_graph_fail(g, SX_MODEL, "%s: %lld spatial axes of an operand of rank %d",
                             name, (long long)p.c.rank, x->shape.rank);
    if (!sx_is_real(x->type))
        return sx_graph_fail(g, SX_MODEL, "%s: the operand must be real", name);
    bool nhwc = p.c.nhwc != 0;
    int64_t n, c, in[3], out[3];
    sx_image_get(&x->shape, nhwc, &n, &c, in);
    const int64_t *image = node->op == SX_UNPOOL ? p.image : in;
    if (!sx_window_outputs(g, name, &p.c, image, p.c.extent, out))
        return false;
    for (int d = 0; d < p.c.rank; d++) {
        if (node->op == SX_UNPOOL && in[d] != out[d])
            return sx_graph_fail(g, SX_MODEL, "%s: axis %d has %lld windows, not %lld", name, d,
                                 (long long)out[d], (long long)in[d]);
        if (node->op == SX_POOLINDEX && empty_window(&p.c, d, image[d], out[d]))
            return sx_graph_fail(g, SX_MODEL, "%s: a window lies in the padding of axis %d",
                                 name, d);
    }
    node->type = node->op == SX_POOLINDEX ? SX_INT : x->type;
    node->shape = sx_image_shape(n, c, p.c.rank, node->op == SX_UNPOOL ? p.image : out, nhwc);
    return true;
}

static void sum_derive(struct sx_graph *g, int y, int dy, const bool *need, int *dx)
{
    (void)need;
    const struct sx_node n = g->node[y];
    struct sx_shape x = sx_shape_of(g, n.in[0]);
    struct sx_pool p;
    sx_pool_get(&n, &p);
    int64_t count, channels;
    sx_image_get(&x, p.c.nhwc != 0, &count, &channels, p.image);
    dx[0] = sx_unpool(g, dy, &p);
}

static void unpool_derive(struct sx_graph *g, int y, int dy, const bool *need, int *dx)
{
    (void)need;
    struct sx_pool p;
    sx_pool_get(&g->node[y], &p);
    dx[0] = sx_sum_pool(g, dy, &p);
}

/* The samples of a batch are additional images. */
static int pool_batch(struct sx_batch *b, const struct sx_node *node)
{
    struct sx_shape s = b->g->node[node->in[0]].shape, one = node->shape;
    s.dim[0] *= b->size;
    int joined = sx_reshape(b->g, sx_batch_in(b, node, 0), &s);
    int value = sx_emit(b->g, node->op, 1, &joined, node->n_attr, node->attr);
    return sx_batch_done(b, value, &one);
}

/* A pool. There are three spatial axes; missing ones have length 1 and come first. A unit of
 * work is done by one thread. It is a plane (lanes = 1), or with channels last an image of
 * `lanes` channels. */
struct pooling {
    int64_t units, lanes;
    int64_t image[3], out[3], window[3], stride[3], dilation[3], pad[3];
    bool nhwc, from_image; /* from_image: SUMPOOL, POOLINDEX */
};

static struct pooling pooling_of(const struct sx_call *call)
{
    struct sx_pool p;
    struct pooling l = {.from_image = call->node->op != SX_UNPOOL};
    int64_t n, c, image[3], out[3];
    sx_pool_get(call->node, &p);
    bool nhwc = p.c.nhwc != 0;
    sx_image_get(l.from_image ? call->in[0].shape : &call->node->shape, nhwc, &n, &c, image);
    sx_image_get(l.from_image ? &call->node->shape : call->in[0].shape, nhwc, &n, &c, out);
    l.nhwc = nhwc;
    l.units = nhwc ? n : n * c;
    l.lanes = nhwc ? c : 1;
    for (int d = 0; d < 3; d++) {
        int from = d - (3 - (int)p.c.rank);
        l.image[d] = from >= 0 ? image[from] : 1;
        l.out[d] = from >= 0 ? out[from] : 1;
        l.window[d] = from >= 0 ? p.c.extent[from] : 1;
        l.stride[d] = from >= 0 ? p.c.stride[from] : 1;
        l.dilation[d] = from >= 0 ? p.c.dilation[from] : 1;
        l.pad[d] = from >= 0 ? p.c.pad_begin[from] : 0;
    }
    return l;
}

/* The positions of one tap along the last axis: `count` outputs from `out` on, and the image
 * positions that they see. All are relative to the unit and counted in units of lanes. */
struct line {
    int64_t out, image, count, image_step;
};

/* A run: n neighbouring outputs and the elements that they see. These are the elements of the
 * unit's image from `image` on in steps of `step`. Their positions are `place`, `place` +
 * place_step, .. */
struct run {
    int64_t n, out, image, step, place, place_step, lanes;
};

#define RUN_KERNELS(T)                                                                         \
    static void sum_run_##T(struct run r, const void *a, void *y)                              \
    {                                                                                          \
        const T *restrict x = (const T *)a + r.image;                                          \
        T *restrict sum = (T *)y + r.out;                                                      \
        for (int64_t j = 0; j < r.n; j++)                                                      \
            sum[j] += x[j * r.step];                                                           \
    }                                                                                          \
    static void spread_run_##T(struct run r, const void *a, void *y)                           \
    {                                                                                          \
        const T *restrict part = (const T *)a + r.out;                                         \
        T *restrict x = (T *)y + r.image;                                                      \
        for (int64_t j = 0; j < r.n; j++)                                                      \
            x[j * r.step] += part[j];                                                          \
    }                                                                                          \
    static void choose_run_##T(struct run r, const void *a, void *y)                           \
    {                                                                                          \
        const T *x = (const T *)a + r.image;                                                   \
        int64_t *best = (int64_t *)y + r.out;                                                  \
        for (int64_t j = 0; j < r.n; j++) {                                                    \
            int64_t place = r.place + j * r.place_step;                                        \
            int64_t none = -(int64_t)(best[j] < 0), was = (best[j] & ~none) | (place & none);  \
            T now = x[j * r.step], old = x[j * r.step + (was - place) * r.lanes];              \
            int64_t take = -(int64_t)((now > old) | ((now != now) & (old == old)));            \
            best[j] = (was & ~take) | (place & take);                                          \
        }                                                                                      \
    }
RUN_KERNELS(float)
RUN_KERNELS(double)

typedef void (*run_kernel)(struct run r, const void *a, void *y);

/* The taps of output o whose place along axis d lies inside the image: *first to *end - 1. */
static void taps_inside(const struct pooling *l, int d, int64_t o, int64_t *first, int64_t *end)
{
    int64_t at = o * l->stride[d] - l->pad[d], step = l->dilation[d];
    *first = at >= 0 ? 0 : (-at + step - 1) / step;
    *end = at >= l->image[d] ? 0 : (l->image[d] - 1 - at) / step + 1;
    *end = *end < l->window[d] ? *end : l->window[d];
}

/* The outputs of the line through (o0, o1) whose tap falls inside the image. */
static bool line_of(const struct pooling *l, const int64_t *tap, int64_t o0, int64_t o1,
                    struct line *line)
{
    int64_t i0 = o0 * l->stride[0] - l->pad[0] + tap[0] * l->dilation[0];
    int64_t i1 = o1 * l->stride[1] - l->pad[1] + tap[1] * l->dilation[1];
    int64_t i2 = tap[2] * l->dilation[2] - l->pad[2], step = l->stride[2];
    if (i2 >= l->image[2])
        return false;
    int64_t first = i2 >= 0 ? 0 : (-i2 + step - 1) / step;
    int64_t end = (l->image[2] - 1 - i2) / step + 1;
    end = end < l->out[2] ? end : l->out[2];
    line->out = (o0 * l->out[1] + o1) * l->out[2] + first;
    line->image = (i0 * l->image[1] + i1) * l->image[2] + i2 + first * step;
    line->count = end - first;
    line->image_step = step;
    return first < end;
}

/* Runs one line. With channels last, each position of the line is a run over the channels;
 * otherwise the line is one run. */
static void do_line(const struct pooling *l, const struct line *line, run_kernel kernel,
                    const void *a, void *y)
{
    struct run r = {line->count,      line->out, line->image, line->image_step, line->image,
                    line->image_step, 1};
    if (!l->nhwc) {
        kernel(r, a, y);
        return;
    }
    for (int64_t j = 0; j < line->count; j++) {
        int64_t place = line->image + j * line->image_step;
        r = (struct run){l->lanes, (line->out + j) * l->lanes, place * l->lanes, 1, place, 0,
                         l->lanes};
        kernel(r, a, y);
    }
}

/* Runs all lines of one unit. Each output sees its window in row-major order. */
static void walk(const struct pooling *l, run_kernel kernel, const void *a, void *y)
{
    int64_t tap[3], first[2], end[2];
    struct line line;
    for (int64_t o0 = 0; o0 < l->out[0]; o0++)
        for (int64_t o1 = 0; o1 < l->out[1]; o1++) {
            taps_inside(l, 0, o0, &first[0], &end[0]);
            taps_inside(l, 1, o1, &first[1], &end[1]);
            for (tap[0] = first[0]; tap[0] < end[0]; tap[0]++)
                for (tap[1] = first[1]; tap[1] < end[1]; tap[1]++)
                    for (tap[2] = 0; tap[2] < l->window[2]; tap[2]++)
                        if (line_of(l, tap, o0, o1, &line))
                            do_line(l, &line, kernel, a, y);
        }
}

static run_kernel kernel_for(int op, enum sx_type type)
{
    bool wide = type == SX_DOUBLE;
    switch (op) {
    case SX_SUMPOOL:
        return wide ? sum_run_double : sum_run_float;
    case SX_UNPOOL:
        return wide ? spread_run_double : spread_run_float;
    default:
        return wide ? choose_run_double : choose_run_float;
    }
}

static int64_t volume(const int64_t *extent)
{
    return extent[0] * extent[1] * extent[2];
}

/* The row-major position in the image that a tap of an output sees. */
static int64_t place_of(const struct pooling *l, const int64_t *o, const int64_t *tap)
{
    int64_t place = 0;
    for (int d = 0; d < 3; d++)
        place = place * l->image[d] + o[d] * l->stride[d] - l->pad[d] + tap[d] * l->dilation[d];
    return place;
}

/* POOLINDEX with channels last, and MAXPOOL: the largest elements of a few channels stay in
 * registers while the window passes. A unit of work is a row of outputs. */
enum { LANES = 64 };

#define CHOOSE(T)                                                                              \
    CLONES static void choose_tap_##T(const T *x, int64_t n, int64_t place, T *best,           \
                                      int64_t *chosen)                                         \
    {                                                                                          \
        for (int64_t j = 0; j < n; j++) {                                                      \
            bool take = (x[j] > best[j]) | ((x[j] != x[j]) & (best[j] == best[j]));            \
            best[j] = take ? x[j] : best[j];                                                   \
            chosen[j] = take ? place : chosen[j];                                              \
        }                                                                                      \
    }                                                                                          \
    CLONES static void raise_tap_##T(const T *x, int64_t n, T *best)                           \
    {                                                                                          \
        for (int64_t j = 0; j < n; j++) {                                                      \
            bool take = (x[j] > best[j]) | ((x[j] != x[j]) & (best[j] == best[j]));            \
            best[j] = take ? x[j] : best[j];                                                   \
        }                                                                                      \
    }                                                                                          \
    static void choose_at_##T(const struct pooling *l, const int64_t *o, const T *x,           \
                              int64_t lane, int64_t n, int64_t *y, T *values)                  \
    {                                                                                          \
        T best[LANES];                                                                         \
        int64_t first[3], end[3], tap[3], chosen[LANES];                                       \
        bool none = true;                                                                      \
        for (int d = 0; d < 3; d++)                                                            \
            taps_inside(l, d, o[d], &first[d], &end[d]);                                       \
        for (tap[0] = first[0]; tap[0] < end[0]; tap[0]++)                                     \
            for (tap[1] = first[1]; tap[1] < end[1]; tap[1]++)                                 \
                for (tap[2] = first[2]; tap[2] < end[2]; tap[2]++) {                           \
                    int64_t place = place_of(l, o, tap);                                       \
                    const T *at = x + place * l->lanes + lane;                                 \
                    for (int64_t j = 0; none && j < n; j++) {                                  \
                        best[j] = at[j];                                                       \
                        chosen[j] = place;                                                     \
                    }                                                                          \
                    if (!none && values != NULL)                                               \
                        raise_tap_##T(at, n, best);                                            \
                    else if (!none)                                                            \
                        choose_tap_##T(at, n, place, best, chosen);                            \
                    none = false;                                                              \
                }                                                                              \
        if (values != NULL)                                                                    \
            memcpy(values + lane, best, (size_t)n * sizeof *values);                           \
        else                                                                                   \
            memcpy(y + lane, chosen, (size_t)n * sizeof *y);                                   \
    }                                                                                          \
    static void choose_row_##T(const struct pooling *l, int64_t row, const T *a, int64_t *y,   \
                               T *values)                                                      \
    {                                                                                          \
        int64_t unit = row / (l->out[0] * l->out[1]);                                          \
        int64_t o[3] = {row / l->out[1] % l->out[0], row % l->out[1], 0};                      \
        a += unit * volume(l->image) * l->lanes;                                               \
        for (int64_t at = row * l->out[2] * l->lanes; o[2] < l->out[2]; o[2]++) {              \
            for (int64_t lane = 0; lane < l->lanes; lane += LANES)                             \
                choose_at_##T(l, o, a, lane,                                                   \
                              l->lanes - lane < LANES ? l->lanes - lane : LANES,               \
                              y != NULL ? y + at : NULL, values != NULL ? values + at : NULL); \
            at += l->lanes;                                                                    \
        }                                                                                      \
    }

CHOOSE(float)
CHOOSE(double)

static void choose_run(const struct sx_call *call, const struct pooling *l)
{
    bool wide = call->in[0].type == SX_DOUBLE, value = call->node->op == SX_MAXPOOL;
    int64_t rows = l->units * l->out[0] * l->out[1];
    int64_t *choice = value ? NULL : call->out;
#pragma omp parallel for schedule(static)
    for (int64_t row = 0; row < rows; row++)
        if (wide)
            choose_row_double(l, row, call->in[0].data, choice, value ? call->out : NULL);
        else
            choose_row_float(l, row, call->in[0].data, choice, value ? call->out : NULL);
}

static void pool_run(const struct sx_call *call)
{
    const struct pooling l = pooling_of(call);
    bool chooses = call->node->op == SX_POOLINDEX && l.nhwc;
    if ((chooses || call->node->op == SX_MAXPOOL) && sx_count(&call->node->shape) > 0) {
        choose_run(call, &l);
        return;
    }
    run_kernel kernel = kernel_for(call->node->op, call->in[0].type);
    int64_t image = volume(l.image) * l.lanes, out = volume(l.out) * l.lanes;
    size_t a_bytes = (size_t)(l.from_image ? image : out) * sx_type_size(call->in[0].type);
    size_t y_bytes = (size_t)(l.from_image ? out : image) * sx_type_size(call->node->type);
    int nothing = call->node->op == SX_POOLINDEX ? 0xff : 0; /* -1: no element is chosen yet */
#pragma omp parallel for schedule(static)
    for (int64_t u = 0; u < l.units; u++) {
        char *y = (char *)call->out + (size_t)u * y_bytes;
        memset(y, nothing, y_bytes);
        walk(&l, kernel, (const char *)call->in[0].data + (size_t)u * a_bytes, y);
    }
}

const struct sx_row sx_row_sumpool = {.name = "sumpool",
                                      .min_in = 1,
                                      .max_in = 1,
                                      .shape = pool_shape,
                                      .derive = sum_derive,
                                      .flow = SX_FLOW_SUM,
                                      .batch = pool_batch,
                                      .run = pool_run};
const struct sx_row sx_row_unpool = {.name = "unpool",
                                     .min_in = 1,
                                     .max_in = 1,
                                     .shape = pool_shape,
                                     .derive = unpool_derive,
                                     .flow = SX_FLOW_SUM,
                                     .batch = pool_batch,
                                     .run = pool_run};
const struct sx_row sx_row_poolindex = {.name = "poolindex",
                                        .min_in = 1,
                                        .max_in = 1,
                                        .shape = pool_shape,
                                        .batch = pool_batch,
                                        .run = pool_run};
const struct sx_row sx_row_maxpool = {
    .name = "maxpool", .min_in = 1, .max_in = 1, .shape = pool_shape, .run = pool_run};
