/* windows.c - the builders of convolutions and pools, and their geometry as attributes. */
#include <string.h>

#include "graph/build.h"

enum {
    CONV_GEOMETRY = sizeof(struct sx_conv) / sizeof(int64_t),
    POOL_GEOMETRY = sizeof(struct sx_pool) / sizeof(int64_t)
};

struct sx_shape sx_image_shape(int64_t n, int64_t channels, int64_t rank, const int64_t *extent,
                               bool nhwc)
{
    struct sx_shape s = {.rank = (int)rank + 2, .dim = {n}};
    s.dim[nhwc ? rank + 1 : 1] = channels;
    for (int d = 0; d < rank; d++)
        s.dim[(nhwc ? 1 : 2) + d] = extent[d];
    return s;
}

void sx_image_get(const struct sx_shape *s, bool nhwc, int64_t *n, int64_t *channels,
                  int64_t *extent)
{
    *n = s->dim[0];
    *channels = s->dim[nhwc ? s->rank - 1 : 1];
    for (int d = 0; d < s->rank - 2; d++)
        extent[d] = s->dim[(nhwc ? 1 : 2) + d];
}

/* ---- Convolutions ---- */

void sx_conv_get(const struct sx_node *node, struct sx_conv *c)
{
    memcpy(c, node->attr, sizeof *c);
}

/* What is unused is zeroed, so that equal nodes have equal attributes. */
static int emit_conv(struct sx_graph *g, int op, int a, int b, const struct sx_conv *c)
{
    const int in[] = {a, b};
    struct sx_conv clean = *c;
    int64_t attr[CONV_GEOMETRY];
    for (int d = 0; d < 3; d++) {
        if (op == SX_CONV || d >= c->rank)
            clean.extent[d] = 0;
        if (d >= c->rank)
            clean.stride[d] = clean.dilation[d] = clean.pad_begin[d] = clean.pad_end[d] = 0;
    }
    memcpy(attr, &clean, sizeof clean);
    return sx_emit(g, op, 2, in, CONV_GEOMETRY, attr);
}

int sx_conv(struct sx_graph *g, int x, int w, const struct sx_conv *c)
{
    return emit_conv(g, SX_CONV, x, w, c);
}

int sx_conv_input(struct sx_graph *g, int y, int w, const struct sx_conv *c)
{
    return emit_conv(g, SX_CONVINPUT, y, w, c);
}

int sx_conv_weight(struct sx_graph *g, int x, int y, const struct sx_conv *c)
{
    return emit_conv(g, SX_CONVWEIGHT, x, y, c);
}

/* ---- Pools ---- */

void sx_pool_get(const struct sx_node *node, struct sx_pool *p)
{
    memcpy(p, node->attr, sizeof *p);
}

static int emit_pool(struct sx_graph *g, int op, int a, const struct sx_pool *p)
{
    struct sx_pool clean = *p;
    int64_t attr[POOL_GEOMETRY];
    clean.c.group = 1;
    for (int d = 0; d < 3; d++) {
        if (op != SX_UNPOOL || d >= p->c.rank)
            clean.image[d] = 0;
        if (d >= p->c.rank)
            clean.c.extent[d] = clean.c.stride[d] = clean.c.dilation[d] = clean.c.pad_begin[d] =
                clean.c.pad_end[d] = 0;
    }
    memcpy(attr, &clean, sizeof clean);
    return sx_emit(g, op, 1, &a, POOL_GEOMETRY, attr);
}

int sx_sum_pool(struct sx_graph *g, int x, const struct sx_pool *p)
{
    return emit_pool(g, SX_SUMPOOL, x, p);
}

int sx_unpool(struct sx_graph *g, int y, const struct sx_pool *p)
{
    return emit_pool(g, SX_UNPOOL, y, p);
}

int sx_pool_index(struct sx_graph *g, int x, const struct sx_pool *p)
{
    return emit_pool(g, SX_POOLINDEX, x, p);
}

int sx_max_pool(struct sx_graph *g, int x, const struct sx_pool *p)
{
    int index = sx_pool_index(g, x, p);
    if (index == SX_NONE)
        return SX_NONE;
    struct sx_shape from = sx_shape_of(g, x), to = sx_shape_of(g, index);
    int64_t n, c, image[3], out[3], image_size = 1, out_size = 1;
    bool nhwc = p->c.nhwc != 0;
    sx_image_get(&from, nhwc, &n, &c, image);
    sx_image_get(&to, nhwc, &n, &c, out);
    for (int d = 0; d < p->c.rank; d++) {
        image_size *= image[d];
        out_size *= out[d];
    }
    struct sx_shape plane = {3, {n, c, image_size}}, picked = {3, {n, c, out_size}};
    if (nhwc) {
        plane = (struct sx_shape){3, {n, image_size, c}};
        picked = (struct sx_shape){3, {n, out_size, c}};
    }
    int taken =
        sx_take(g, sx_reshape(g, x, &plane), sx_reshape(g, index, &picked), nhwc ? 1 : 2, true);
    return sx_reshape(g, taken, &to);
}
