/* pools.c - max pools whose indices nobody uses: one pass over the image. */
#include "run/pools.h"

/* Skips all reshapes above a node. */
static int behind_reshapes(const struct sx_graph *g, int node)
{
    while (g->node[node].op == SX_RESHAPE)
        node = g->node[node].in[0];
    return node;
}

int sx_max_pool_of(const struct sx_graph *g, const struct sx_node *take)
{
    if (take->op != SX_TAKE || take->attr[1] == 0)
        return SX_NONE;
    int x = behind_reshapes(g, take->in[0]), choice = behind_reshapes(g, take->in[1]);
    const struct sx_node *index = &g->node[choice];
    struct sx_pool p;
    if (index->op != SX_POOLINDEX || behind_reshapes(g, index->in[0]) != x)
        return SX_NONE;
    sx_pool_get(index, &p);
    const struct sx_shape *seen = &g->node[take->in[0]].shape,
                          *image = &g->node[index->in[0]].shape;
    int last = image->rank - 1;
    bool planes = p.c.nhwc != 0 && seen->rank == 3 && take->attr[0] == 1 &&
                  seen->dim[0] == image->dim[0] && seen->dim[2] == image->dim[last];
    return planes ? choice : SX_NONE;
}
