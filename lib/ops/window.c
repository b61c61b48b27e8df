/* window.c - exact Shapley values of the elements in a window of max pooling. */
#include <string.h>

#include "graph/relevance.h"
#include "ops/ops.h"

int sx_coalition_lines(struct sx_graph *g, int x, int x0)
{
    struct sx_shape wide = sx_shape_of(g, x);
    int n = (int)wide.dim[wide.rank - 1];
    wide.dim[wide.rank++] = n;
    wide.dim[wide.rank - 2] = 1;
    int present = sx_binary(g, SX_LESS, sx_scalar(g, 0), sx_coalitions(g, n));
    return sx_where(g, present, sx_reshape(g, x, &wide), sx_reshape(g, x0, &wide));
}

/* The elements of an image at tap `tap` of each window; `inside` marks those in the image. */
struct tap {
    int index, inside; /* nodes: [windows] */
};

static bool tap_nodes(struct sx_graph *g, const struct sx_pool *p, const int64_t *image,
                      const int64_t *out, int64_t tap, struct tap *nodes)
{
    int64_t windows = 1, at[3] = {0}, offset[3];
    for (int64_t d = p->c.rank; d-- > 0; tap /= p->c.extent[d]) {
        offset[d] = tap % p->c.extent[d] * p->c.dilation[d] - p->c.pad_begin[d];
        windows *= out[d];
    }
    struct sx_shape shape = {1, {windows}};
    struct sx_tensor index, inside;
    bool ok = sx_tensor_new(&index, SX_INT, &shape, &g->error);
    if (!sx_tensor_new(&inside, SX_BOOL, &shape, &g->error)) {
        sx_tensor_free(&index);
        return false;
    }
    for (int64_t i = 0; ok && i < windows; i++) {
        int64_t place = 0;
        bool in = true;
        for (int d = 0; d < p->c.rank; d++) {
            int64_t where = at[d] * p->c.stride[d] + offset[d];
            in = in && where >= 0 && where < image[d];
            place = place * image[d] + where;
        }
        sx_tensor_set(&index, i, in ? (double)place : 0);
        sx_tensor_set(&inside, i, in);
        for (int64_t d = p->c.rank; d-- > 0 && ++at[d] == out[d];)
            at[d] = 0;
    }
    if (ok)
        *nodes = (struct tap){sx_const(g, SX_INT, &shape, index.data),
                              sx_const(g, SX_BOOL, &shape, inside.data)};
    sx_tensor_free(&index);
    sx_tensor_free(&inside);
    return ok;
}

/* The value of elements outside the image. It is below all others and the same at the
 * reference, so it does not change the result. */
#define OUTSIDE (-1e30)

/* Gathers the elements of [planes, image] at the taps: [planes, windows, taps]. */
static int seen(struct sx_graph *g, int a, const struct tap *tap, int n)
{
    int part[SX_MOST_PLAYERS], outside = sx_scalar(g, OUTSIDE);
    for (int i = 0; i < n; i++) {
        int value = sx_take(g, a, tap[i].index, 1, false);
        struct sx_shape shape = sx_shape_of(g, value);
        shape.dim[shape.rank++] = 1;
        part[i] = sx_reshape(g, sx_where(g, tap[i].inside, value, outside), &shape);
    }
    return sx_concat(g, part, n, 2);
}

int sx_window_shares(const struct sx_contrast *c, int y, int m)
{
    struct sx_graph *g = c->g;
    const struct sx_node n = g->node[y];
    struct sx_node choice = g->node[n.in[1]];
    if (choice.op == SX_RESHAPE)
        choice = g->node[choice.in[0]];
    if (choice.op != SX_POOLINDEX || n.shape.rank != 3)
        return SX_NONE;
    struct sx_pool p;
    int64_t taps = 1;
    sx_pool_get(&choice, &p);
    for (int d = 0; d < p.c.rank && taps <= SX_MOST_PLAYERS; d++)
        taps *= p.c.extent[d];
    if (taps > SX_MOST_PLAYERS || p.c.nhwc != 0)
        return SX_NONE;
    struct tap tap[SX_MOST_PLAYERS] = {{SX_NONE, SX_NONE}};
    const struct sx_shape image = g->node[choice.in[0]].shape, out = choice.shape;
    for (int i = 0; i < (int)taps; i++)
        if (!tap_nodes(g, &p, image.dim + 2, out.dim + 2, i, &tap[i]))
            return SX_NONE;
    int k = (int)taps, last = 3, shares = SX_NONE, x = n.in[0];
    const struct sx_shape full = g->node[x].shape; /* [N, C, image] */
    const struct sx_shape plane = {2, {full.dim[0] * full.dim[1], full.dim[2]}};
    const struct sx_shape windows = {2, {plane.dim[0], n.shape.dim[2]}};
    int own_x = sx_reshape(g, x, &plane), reference = sx_reshape(g, c->reference[x], &plane);
    int lines = sx_coalition_lines(g, seen(g, own_x, tap, k), seen(g, reference, tap, k));
    int worth = sx_reduce_max(g, lines, &last, 1); /* [planes, windows, 2^taps, 1] */
    int each = sx_matmul(g, worth, sx_shapley_weights(g, k), true, false);
    m = sx_reshape(g, m, &windows);
    for (int i = 0; i < k; i++) {
        int own = sx_reshape(g, sx_slice_axis(g, each, 3, i, 1), &windows);
        int part = sx_put(g, sx_mul(g, own, m), tap[i].index, 1, plane.dim[1], false);
        shares = shares == SX_NONE ? part : sx_add(g, shares, part);
    }
    return sx_reshape(g, shares, &full);
}
