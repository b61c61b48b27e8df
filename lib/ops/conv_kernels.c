/* conv_kernels.c - the three forms of convolution as products of gathered operands.
 *
 *     CONV        y[o, p] = sum (c, t)  w[o, (c, t)]  x[c, place(p, t)]
 *     CONVWEIGHT  w[o, (c, t)] = sum p  y[o, p]  x[c, place(p, t)]
 *     CONVINPUT   x[c, q] = sum (o, t)  w[o, (c, t)]  y[o, the p with place(p, t) = q]
 *
 * These are per group. p runs over the positions of all images, and t over the taps of the kernel.
 * place(p, t) is linear in both, so `struct view` describes an image seen by taps in every form. In
 * CONVINPUT a stride divides the positions q into phases. A phase uses every stride-th position,
 * and only the taps that reach it, so no product with a zero is computed. */
#include <string.h>

#include "graph/build.h"
#include "ops/products.h"

/* The sizes of a convolution. There are three spatial axes; missing ones have length 1 and come
 * first. */
struct geometry {
    int64_t n, c, o, group, c_group, o_group, taps;
    int64_t image[3], kernel[3], out[3], stride[3], dilation[3], pad[3];
    bool nhwc;
    enum sx_type type;
};

/* Positions of the images of a batch, in memory. */
struct grid {
    int64_t extent[3];
    int64_t step_image, step_channel, step[3];
};

/* An image tensor seen at `count` positions per image, through a kernel of `taps`: the element
 * of channel c at coordinate origin + position * stride + tap * tap_step, zero outside. */
struct view {
    struct grid g;
    int64_t position[3], taps[3];
    int64_t origin[3], stride[3], tap_step[3];
    enum sx_type type;
};

/* One phase of CONVINPUT's weights: the taps that reach its positions. */
struct phase {
    /* step: from one tap of the phase to the next, in flat taps of the kernel */
    int64_t taps[3], step[3];
    int64_t first;
    const struct geometry *geo;
};

/* The parameters of open(). */
struct form {
    const struct geometry *geo;
    const char *x, *w, *y;
    char *out;
    const struct view *patches, *positions;
    const struct phase *phase;
};

static void copy_strided(enum sx_type type, void *to, int64_t to_step, const void *from,
                         int64_t from_step, int64_t count)
{
    if (type == SX_FLOAT) {
        float *t = to;
        const float *f = from;
        if (to_step == 1 && from_step == 1)
            memcpy(t, f, (size_t)count * sizeof *t);
        else
            for (int64_t i = 0; i < count; i++)
                t[i * to_step] = f[i * from_step];
    } else {
        double *t = to;
        const double *f = from;
        if (to_step == 1 && from_step == 1)
            memcpy(t, f, (size_t)count * sizeof *t);
        else
            for (int64_t i = 0; i < count; i++)
                t[i * to_step] = f[i * from_step];
    }
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static const void *at(const void *data, int64_t index, enum sx_type type)
{
    return (const char *)data + index * (int64_t)sx_type_size(type);
}

/* A flat position over the images of a batch, as image and coordinates. */
struct place {
    int64_t image, p[3];
};

static struct place place_of(const struct view *v, int64_t flat)
{
    struct place at;
    for (int d = 2; d >= 0; d--) {
        at.p[d] = flat % v->position[d];
        flat /= v->position[d];
    }
    at.image = flat;
    return at;
}

/* Moves *at to the start of the next line along the last axis. */
static void next_line(const struct view *v, struct place *at)
{
    at->p[2] = 0;
    if (++at->p[1] < v->position[1])
        return;
    at->p[1] = 0;
    if (++at->p[0] < v->position[0])
        return;
    at->p[0] = 0;
    at->image++;
}

/* The positions p along the last axis with 0 <= at + p * stride < extent: from *lo to *hi - 1. */
static void inside(int64_t at, int64_t stride, int64_t extent, int64_t *lo, int64_t *hi)
{
    *lo = at >= 0 ? 0 : (-at + stride - 1) / stride;
    *hi = at >= extent ? 0 : (extent - 1 - at) / stride + 1;
}

/* Reads a row of a view: channel and tap r, along positions. */
static const void *view_row(const struct sx_side *side, int64_t r, int64_t first, int64_t count,
                            void *buffer)
{
    const struct view *v = side->context;
    size_t size = sx_type_size(v->type);
    int64_t taps = v->taps[0] * v->taps[1] * v->taps[2], base = r / taps * v->g.step_channel;
    int64_t shift[3], tap = r % taps, lo, hi, step = v->stride[2] * v->g.step[2];
    for (int d = 2; d >= 0; d--) {
        shift[d] = v->origin[d] + tap % v->taps[d] * v->tap_step[d];
        tap /= v->taps[d];
    }
    inside(shift[2], v->stride[2], v->g.extent[2], &lo, &hi);
    base += shift[2] * v->g.step[2];
    struct place p = place_of(v, first);
    bool zeroed = false;
    for (int64_t done = 0, run; done < count; done += run, next_line(v, &p)) {
        int64_t i0 = shift[0] + p.p[0] * v->stride[0], i1 = shift[1] + p.p[1] * v->stride[1];
        int64_t from = p.p[2], to = smaller(v->position[2], from + count - done);
        run = to - from;
        int64_t start = from < lo ? lo : from, end = smaller(to, hi);
        bool whole = start == from && end == to;
        if (i0 < 0 || i0 >= v->g.extent[0] || i1 < 0 || i1 >= v->g.extent[1] || start >= end)
            start = end = from;
        const void *source = at(side->data,
                                base + p.image * v->g.step_image + i0 * v->g.step[0] +
                                    i1 * v->g.step[1] + start * step,
                                v->type);
        if (whole && start < end && run == count && step == 1)
            return source;
        if (!zeroed && (!whole || start == end))
            memset((char *)buffer + (size_t)done * size, 0, (size_t)(count - done) * size);
        zeroed = zeroed || !whole || start == end;
        copy_strided(v->type, (char *)buffer + (size_t)(done + start - from) * size, 1, source,
                     step, end - start);
    }
    return buffer;
}

/* Stores a row of results, a channel, at positions that all lie inside the image. */
static void view_store(const struct sx_sink *sink, int64_t r, int64_t first, int64_t count,
                       const void *values)
{
    const struct view *v = sink->context;
    size_t size = sx_type_size(v->type);
    struct place p = place_of(v, first);
    const char *from = values;
    for (int64_t done = 0; done < count;) {
        int64_t run = v->position[2] - p.p[2], index = r * v->g.step_channel;
        run = run < count - done ? run : count - done;
        index += p.image * v->g.step_image;
        for (int d = 0; d < 3; d++)
            index += (v->origin[d] + p.p[d] * v->stride[d]) * v->g.step[d];
        copy_strided(v->type, (char *)sink->data + index * (int64_t)size,
                     v->stride[2] * v->g.step[2], from, 1, run);
        from += (size_t)run * size;
        done += run;
        next_line(v, &p);
    }
}

/* A row of CONVINPUT's weights: output channel and tap r, along the group's input channels. */
static const void *weight_row(const struct sx_side *side, int64_t r, int64_t first,
                              int64_t count, void *buffer)
{
    const struct phase *ph = side->context;
    const struct geometry *geo = ph->geo;
    int64_t taps = ph->taps[0] * ph->taps[1] * ph->taps[2], tap = r % taps, flat = ph->first;
    for (int d = 2; d >= 0; d--) {
        flat += tap % ph->taps[d] * ph->step[d];
        tap /= ph->taps[d];
    }
    const void *from =
        at(side->data, (r / taps * geo->c_group + first) * geo->taps + flat, geo->type);
    if (geo->taps == 1)
        return from;
    copy_strided(geo->type, buffer, 1, from, geo->taps, count);
    return buffer;
}

static void read_geometry(struct geometry *geo, const struct sx_node *node,
                          const struct sx_shape *in0, const struct sx_shape *in1)
{
    const struct sx_shape *out = &node->shape, *x = in0, *w = in1, *y = out;
    struct sx_conv c;
    if (node->op == SX_CONVINPUT) {
        x = out;
        y = in0;
    } else if (node->op == SX_CONVWEIGHT) {
        w = out;
        y = in1;
    }
    sx_conv_get(node, &c);
    int rank = (int)c.rank, spatial = c.nhwc ? 1 : 2;
    *geo = (struct geometry){.group = c.group, .nhwc = c.nhwc != 0, .type = node->type};
    geo->n = x->dim[0];
    geo->c = x->dim[c.nhwc ? x->rank - 1 : 1];
    geo->o = w->dim[0];
    geo->c_group = geo->c / geo->group;
    geo->o_group = geo->o / geo->group;
    geo->taps = 1;
    for (int d = 0; d < 3; d++) {
        int from = d - (3 - rank);
        bool there = from >= 0;
        geo->image[d] = there ? x->dim[spatial + from] : 1;
        geo->kernel[d] = there ? w->dim[2 + from] : 1;
        geo->out[d] = there ? y->dim[spatial + from] : 1;
        geo->stride[d] = there ? c.stride[from] : 1;
        geo->dilation[d] = there ? c.dilation[from] : 1;
        geo->pad[d] = there ? c.pad_begin[from] : 0;
        geo->taps *= geo->kernel[d];
    }
}

static struct grid make_grid(const struct geometry *geo, const int64_t *extent,
                             int64_t channels)
{
    struct grid g = {.step_channel = geo->nhwc ? 1 : extent[0] * extent[1] * extent[2]};
    g.step_image = channels * extent[0] * extent[1] * extent[2];
    g.step[2] = geo->nhwc ? channels : 1;
    g.step[1] = extent[2] * g.step[2];
    g.step[0] = extent[1] * g.step[1];
    memcpy(g.extent, extent, sizeof g.extent);
    return g;
}

/* Joins the lines of an image to one if each position is an element of its own. */
static void join_lines(struct view *v)
{
    for (int d = 0; d < 3; d++)
        if (v->taps[d] != 1 || v->origin[d] != 0 || v->stride[d] != 1 ||
            v->position[d] != v->g.extent[d])
            return;
    int64_t all = v->position[0] * v->position[1] * v->position[2];
    for (int d = 0; d < 3; d++)
        v->position[d] = v->g.extent[d] = d == 2 ? all : 1;
}

/* The view of the images x through the windows of the outputs. */
static struct view patches_of(const struct geometry *geo)
{
    struct view v = {.g = make_grid(geo, geo->image, geo->c), .type = geo->type};
    for (int d = 0; d < 3; d++) {
        v.position[d] = geo->out[d];
        v.taps[d] = geo->kernel[d];
        v.origin[d] = -geo->pad[d];
        v.stride[d] = geo->stride[d];
        v.tap_step[d] = geo->dilation[d];
    }
    join_lines(&v);
    return v;
}

/* The view of the outputs y that has each element once. */
static struct view positions_of(const struct geometry *geo)
{
    struct view v = {.g = make_grid(geo, geo->out, geo->o), .type = geo->type};
    for (int d = 0; d < 3; d++) {
        v.position[d] = geo->out[d];
        v.taps[d] = v.stride[d] = 1;
    }
    join_lines(&v);
    return v;
}

static int64_t per_batch(const struct view *v, int64_t n)
{
    return n * v->position[0] * v->position[1] * v->position[2];
}

static void open_conv(const void *context, int64_t group, struct sx_side *a, struct sx_side *b,
                      struct sx_sink *c)
{
    const struct form *f = context;
    const struct geometry *geo = f->geo;
    int64_t k = geo->c_group * geo->taps, o = group * geo->o_group, i = group * geo->c_group;
    int64_t size = (int64_t)sx_type_size(geo->type);
    *a = (struct sx_side){.data = at(f->w, o * k, geo->type), .stride = k};
    *b = (struct sx_side){.row = view_row, .context = f->patches};
    b->data = at(f->x, i * f->patches->g.step_channel, geo->type);
    *c = (struct sx_sink){.store = view_store, .context = f->positions};
    c->data = f->out + o * f->positions->g.step_channel * size;
}

void sx_conv_run(const struct sx_call *call)
{
    struct geometry geo;
    read_geometry(&geo, call->node, call->in[0].shape, call->in[1].shape);
    struct view patches = patches_of(&geo), positions = positions_of(&geo);
    struct form f = {.geo = &geo,
                     .x = call->in[0].data,
                     .w = call->in[1].data,
                     .out = call->out,
                     .patches = &patches,
                     .positions = &positions};
    struct sx_product p = {.type = geo.type,
                           .count = geo.group,
                           .m = geo.o_group,
                           .n = per_batch(&positions, geo.n),
                           .k = geo.c_group * geo.taps,
                           .a_along_k = true,
                           .open = open_conv,
                           .context = &f};
    sx_product_run(&p, call->scratch);
}

static void open_weight(const void *context, int64_t group, struct sx_side *a,
                        struct sx_side *b, struct sx_sink *c)
{
    const struct form *f = context;
    const struct geometry *geo = f->geo;
    int64_t n = geo->c_group * geo->taps, o = group * geo->o_group, i = group * geo->c_group;
    *a = (struct sx_side){.row = view_row, .context = f->positions};
    a->data = at(f->y, o * f->positions->g.step_channel, geo->type);
    *b = (struct sx_side){.row = view_row, .context = f->patches};
    b->data = at(f->x, i * f->patches->g.step_channel, geo->type);
    *c = (struct sx_sink){.stride = n};
    c->data = f->out + o * n * (int64_t)sx_type_size(geo->type);
}

void sx_conv_weight_run(const struct sx_call *call)
{
    struct geometry geo;
    read_geometry(&geo, call->node, call->in[0].shape, call->in[1].shape);
    struct view patches = patches_of(&geo), positions = positions_of(&geo);
    struct form f = {.geo = &geo,
                     .x = call->in[0].data,
                     .y = call->in[1].data,
                     .out = call->out,
                     .patches = &patches,
                     .positions = &positions};
    struct sx_product p = {.type = geo.type,
                           .count = geo.group,
                           .m = geo.o_group,
                           .n = geo.c_group * geo.taps,
                           .k = per_batch(&positions, geo.n),
                           .a_along_k = true,
                           .b_along_k = true,
                           .open = open_weight,
                           .context = &f};
    sx_product_run(&p, call->scratch);
}

static void open_input(const void *context, int64_t group, struct sx_side *a, struct sx_side *b,
                       struct sx_sink *c)
{
    const struct form *f = context;
    const struct geometry *geo = f->geo;
    int64_t o = group * geo->o_group, i = group * geo->c_group;
    int64_t size = (int64_t)sx_type_size(geo->type);
    *a = (struct sx_side){.row = weight_row, .context = f->phase};
    a->data = at(f->w, o * geo->c_group * geo->taps, geo->type);
    *b = (struct sx_side){.row = view_row, .context = f->patches};
    b->data = at(f->y, o * f->patches->g.step_channel, geo->type);
    *c = (struct sx_sink){.store = view_store, .context = f->positions};
    c->data = f->out + i * f->positions->g.step_channel * size;
}

static int64_t gcd(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Axis d of the phase of the image positions i with (i + pad) % stride == residue: i is
 * stride * u + residue - pad, and tap t reaches it from output u - (t * dilation - residue) /
 * stride if that divides. Such taps come in steps of stride / gcd. */
static void phase_axis(const struct geometry *geo, int d, int64_t residue, struct phase *ph,
                       struct view *y, struct view *x)
{
    int64_t stride = geo->stride[d], dilation = geo->dilation[d], pad = geo->pad[d];
    int64_t common = gcd(stride, dilation), tap_step = stride / common;
    int64_t t0 = 0;
    while (t0 < tap_step && t0 < geo->kernel[d] && (t0 * dilation - residue) % stride != 0)
        t0++;
    bool any = t0 < tap_step && t0 < geo->kernel[d];
    int64_t u0 = pad > residue ? (pad - residue + stride - 1) / stride : 0;
    int64_t last = geo->image[d] - 1 + pad - residue;
    int64_t count = last < 0 || last / stride < u0 ? 0 : last / stride - u0 + 1;
    ph->taps[d] = any ? (geo->kernel[d] - 1 - t0) / tap_step + 1 : 0;
    ph->step[d] = tap_step;
    ph->first = ph->first * geo->kernel[d] + t0;
    y->taps[d] = ph->taps[d];
    y->tap_step[d] = -(dilation / common);
    y->origin[d] = u0 - (t0 * dilation - residue) / stride;
    y->stride[d] = 1;
    x->origin[d] = u0 * stride + residue - pad;
    x->stride[d] = stride;
    x->taps[d] = 1;
    x->position[d] = y->position[d] = count;
}

static void run_phase(struct form *f, const int64_t *residue, void *scratch)
{
    const struct geometry *geo = f->geo;
    struct phase ph = {.geo = geo};
    struct view y = {.g = make_grid(geo, geo->out, geo->o), .type = geo->type};
    struct view x = {.g = make_grid(geo, geo->image, geo->c), .type = geo->type};
    for (int d = 0; d < 3; d++)
        phase_axis(geo, d, residue[d], &ph, &y, &x);
    ph.step[1] *= geo->kernel[2];
    ph.step[0] *= geo->kernel[1] * geo->kernel[2];
    join_lines(&y);
    join_lines(&x);
    f->phase = &ph;
    f->patches = &y;
    f->positions = &x;
    struct sx_product p = {.type = geo->type,
                           .count = geo->group,
                           .m = geo->c_group,
                           .n = per_batch(&x, geo->n),
                           .k = geo->o_group * ph.taps[0] * ph.taps[1] * ph.taps[2],
                           .open = open_input,
                           .context = f};
    sx_product_run(&p, scratch);
}

void sx_conv_input_run(const struct sx_call *call)
{
    struct geometry geo;
    read_geometry(&geo, call->node, call->in[0].shape, call->in[1].shape);
    struct form f = {
        .geo = &geo, .y = call->in[0].data, .w = call->in[1].data, .out = call->out};
    int64_t phases[3], i[3];
    for (int d = 0; d < 3; d++)
        phases[d] = geo.stride[d] < geo.image[d] ? geo.stride[d] : geo.image[d];
    for (i[0] = 0; i[0] < phases[0]; i[0]++)
        for (i[1] = 0; i[1] < phases[1]; i[1]++)
            for (i[2] = 0; i[2] < phases[2]; i[2]++) {
                int64_t residue[3];
                for (int d = 0; d < 3; d++)
                    residue[d] = (geo.pad[d] + i[d]) % geo.stride[d];
                run_phase(&f, residue, call->scratch);
            }
}

size_t sx_conv_scratch(const struct sx_graph *g, const struct sx_node *node)
{
    struct geometry geo;
    read_geometry(&geo, node, &g->node[node->in[0]].shape, &g->node[node->in[1]].shape);
    const int64_t places = geo.n * geo.out[0] * geo.out[1] * geo.out[2];
    int64_t m = geo.o_group, n = places, k = geo.c_group * geo.taps;
    if (node->op == SX_CONVWEIGHT) {
        n = geo.c_group * geo.taps;
        k = places;
    } else if (node->op == SX_CONVINPUT) {
        m = geo.c_group;
        k = geo.o_group * geo.taps;
        n = geo.n * geo.image[0] * geo.image[1] * geo.image[2];
    }
    return sx_product_scratch(geo.type, geo.group, m, n, k);
}
