/* rewrite.c - replaces nodes by equal forms that fuse better, in the first pass.
 *
 * Clips that lowering writes as choices become minima and maxima. */
#include "graph/derive.h"
#include "run/passes.h"

/* WHERE(LESS(hi, x), hi, x) is min(x, hi); WHERE(LESS(x, lo), lo, x) is max(x, lo). */
static int rewrite_where(struct sx_graph *g, const int *in)
{
    const struct sx_node test = g->node[in[0]];
    double value;
    if (test.op != SX_LESS || !sx_is_uniform(g, in[1], &value) ||
        !sx_is_real(g->node[in[1]].type))
        return SX_NONE;
    if (test.in[0] == in[1] && test.in[1] == in[2])
        return sx_binary(g, SX_MIN, in[2], in[1]);
    if (test.in[1] == in[1] && test.in[0] == in[2])
        return sx_binary(g, SX_MAX, in[2], in[1]);
    return SX_NONE;
}

/* LESS(min(x, hi), lo) is LESS(x, lo) if lo <= hi. Then only the clip reads the minimum. */
static int rewrite_less(struct sx_graph *g, const int *in)
{
    const struct sx_node a = g->node[in[0]];
    double low, high;
    for (int k = 0; k < 2 && a.op == SX_MIN; k++)
        if (sx_is_uniform(g, a.in[k], &high) && sx_is_uniform(g, in[1], &low) && low <= high)
            return sx_binary(g, SX_LESS, a.in[1 - k], in[1]);
    return SX_NONE;
}

static int change(void *context, struct sx_graph *to, const struct sx_node *node, const int *in)
{
    (void)context;
    switch (node->op) {
    case SX_LESS:
        return rewrite_less(to, in);
    case SX_WHERE:
        return rewrite_where(to, in);
    case SX_THROUGH: /* derivatives are complete at this point */
        return sx_shape_equal(&to->node[in[0]].shape, &node->shape) ? in[0] : SX_NONE;
    default:
        return SX_NONE;
    }
}

bool sx_rewrite(const struct sx_graph *from, struct sx_graph *to, const int *inputs,
                int n_inputs, const int *outputs, int n_outputs, int *map)
{
    sx_rebuild(from, to, outputs, n_outputs, inputs, n_inputs, map, change, NULL);
    return to->error.status == SX_OK;
}
