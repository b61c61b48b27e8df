/* pools.c - max pooling, and its derivative.
 *
 * Core graphs choose the largest element of each window by its position in the plane
 * (POOLINDEX). TAKE gathers the elements at these positions. The derivative adds elements at
 * them (PUT). ONNX's MaxPool gives the elements, and positions that are counted through all
 * planes. */
#include "export/patterns.h"

static const struct sx_node *node_of(const struct sx_writer *w, int node)
{
    return &w->g->node[node];
}

/* The node behind any reshapes. */
static int behind(const struct sx_writer *w, int node)
{
    while (node_of(w, node)->op == SX_RESHAPE)
        node = node_of(w, node)->in[0];
    return node;
}

/* ---- The largest elements ---- */

/* Matches the largest elements of windows, in any shape. It reads the choice of their
 * positions. */
int sx_read_pooled(const struct sx_writer *w, int node, int *reads)
{
    const struct sx_node *n = node_of(w, node);
    if (node_of(w, n->in[0])->op != SX_TAKE)
        return SX_NONE;
    const struct sx_node *take = node_of(w, n->in[0]);
    reads[0] = behind(w, take->in[1]);
    const struct sx_node *c = node_of(w, reads[0]);
    return c->op == SX_POOLINDEX && take->attr[1] != 0 && take->attr[0] == 2 &&
                   take->shape.rank == 3 && behind(w, take->in[0]) == behind(w, c->in[0])
               ? 1
               : SX_NONE;
}

void sx_spell_pooled(struct sx_writer *w, int node)
{
    const struct sx_shape *shape = &node_of(w, node)->shape;
    struct sx_dim dims[SX_MAX_RANK];
    int choice = SX_NONE; /* sx_read_pooled sets it: it has matched before */
    sx_read_pooled(w, node, &choice);
    if (sx_shape_equal(&node_of(w, choice)->shape, shape))
        w->name[node] = w->beside[choice];
    else if (sx_dims_of(w, node, dims))
        w->name[node] = sx_out_reshape(w, w->beside[choice], dims, shape->rank, w->wish[node]);
}

/* ---- Elements that are added at the positions of a choice ---- */

/* Whether MaxUnpool can stand for the addition: windows are disjoint and cover the image, so
 * each position is chosen once, and numbers are float32. Runtimes have MaxUnpool only for
 * float32. */
static bool is_unpool(const struct sx_writer *w, int choice)
{
    const struct sx_node *c = node_of(w, choice);
    const struct sx_shape *image = &node_of(w, c->in[0])->shape;
    struct sx_pool p;
    sx_pool_get(c, &p);
    bool apart = w->g->real == SX_FLOAT;
    for (int d = 0; d < p.c.rank; d++)
        apart = apart && p.c.dilation[d] == 1 && p.c.stride[d] >= p.c.extent[d] &&
                (c->shape.dim[2 + d] - 1) * p.c.stride[d] - p.c.pad_begin[d] - p.c.pad_end[d] +
                        p.c.extent[d] ==
                    image->dim[2 + d];
    return apart;
}

/* Matches elements that are added at the positions of a choice, in the shape of the image. It
 * reads the choice and the elements, which may have any shape. */
int sx_read_unpooled(const struct sx_writer *w, int node, int *reads)
{
    const struct sx_node *n = node_of(w, node);
    const struct sx_node *p = n->op == SX_RESHAPE ? node_of(w, n->in[0]) : n;
    if (p->op != SX_PUT || p->attr[0] != 2 || p->attr[2] == 0 || p->shape.rank != 3 ||
        !sx_is_real(p->type))
        return SX_NONE;
    reads[0] = behind(w, p->in[1]);
    reads[1] = behind(w, p->in[0]);
    const struct sx_node *c = node_of(w, reads[0]);
    return c->op == SX_POOLINDEX && sx_shape_equal(&n->shape, &node_of(w, c->in[0])->shape) &&
                   p->shape.dim[0] == n->shape.dim[0] && p->shape.dim[1] == n->shape.dim[1] &&
                   is_unpool(w, reads[0])
               ? 2
               : SX_NONE;
}

void sx_spell_unpooled(struct sx_writer *w, int node)
{
    int reads[2];
    struct sx_dim dims[SX_MAX_RANK];
    sx_read_unpooled(w, node, reads);
    const struct sx_node *c = node_of(w, reads[0]);
    const char *a = sx_node_name(w, reads[1]);
    if (!sx_shape_equal(&node_of(w, reads[1])->shape, &c->shape))
        a = sx_dims_of(w, reads[0], dims) ? sx_out_reshape(w, a, dims, c->shape.rank, NULL)
                                          : NULL;
    if (a != NULL)
        sx_spell_max_unpool(w, node, reads[0], a);
}
