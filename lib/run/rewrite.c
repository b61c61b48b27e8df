/* rewrite.c - equal forms that fuse better, found while the program's graph is first rebuilt.
 *
 * The derivative of relu asks for 0 < x: that is 0 < relu(x), so that nothing but relu reads x.
 * What lowering writes as a choice to clip is a minimum or maximum. */
#include <stdlib.h>

#include "graph/derive.h"
#include "run/passes.h"

/* relu_of[x] is 1 + the RELU of node x of the new graph, or 0. */
struct rewrite {
    int *relu_of;
    size_t capacity;
};

static bool is_zero(const struct sx_graph *g, int node)
{
    double value;
    return sx_is_uniform(g, node, &value) && value == 0;
}

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

/* LESS(min(x, hi), lo) is x < lo where lo <= hi: so that nothing but the clip reads the minimum. */
static int rewrite_less(const struct rewrite *r, struct sx_graph *g, const int *in)
{
    const struct sx_node a = g->node[in[0]];
    double low, high;
    if (is_zero(g, in[0]) && (size_t)in[1] < r->capacity && r->relu_of[in[1]] > 0)
        return sx_binary(g, SX_LESS, in[0], r->relu_of[in[1]] - 1);
    for (int k = 0; k < 2 && a.op == SX_MIN; k++)
        if (sx_is_uniform(g, a.in[k], &high) && sx_is_uniform(g, in[1], &low) && low <= high)
            return sx_binary(g, SX_LESS, a.in[1 - k], in[1]);
    return SX_NONE;
}

static int rewrite_relu(struct rewrite *r, struct sx_graph *g, int x)
{
    int relu = sx_unary(g, SX_RELU, x);
    if (relu == SX_NONE || !sx_grow((void **)&r->relu_of, &r->capacity, (size_t)x + 1,
                                    sizeof *r->relu_of, &g->error))
        return SX_NONE;
    r->relu_of[x] = relu + 1;
    return relu;
}

static int change(void *context, struct sx_graph *to, const struct sx_node *node, const int *in)
{
    struct rewrite *r = context;
    switch (node->op) {
    case SX_RELU:
        return rewrite_relu(r, to, in[0]);
    case SX_LESS:
        return rewrite_less(r, to, in);
    case SX_WHERE:
        return rewrite_where(to, in);
    case SX_THROUGH: /* nothing is differentiated any more */
        return sx_shape_equal(&to->node[in[0]].shape, &node->shape) ? in[0] : SX_NONE;
    default:
        return SX_NONE;
    }
}

bool sx_rewrite(const struct sx_graph *from, struct sx_graph *to, const int *inputs,
                int n_inputs, const int *outputs, int n_outputs, int *map)
{
    struct rewrite r = {0};
    sx_rebuild(from, to, outputs, n_outputs, inputs, n_inputs, map, change, &r);
    free(r.relu_of);
    return to->error.status == SX_OK;
}
