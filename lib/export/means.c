/* means.c - reductions, means (ReduceMean, AveragePool) and factors that cancel. */
#include <string.h>

#include "export/patterns.h"

static const struct sx_node *node_of(const struct sx_writer *w, int node)
{
    return &w->g->node[node];
}

void sx_spell_reduced(struct sx_writer *w, int node, const char *op)
{
    const struct sx_node *n = node_of(w, node);
    const struct sx_onnx_attr attrs[] = {{.name = "keepdims", .i = 1},
                                         {.name = "axes", .ints = n->attr, .n = n->n_attr}};
    /* the others from opset 18 on */
    bool by_input = w->opset >= 18 || strcmp(op, "ReduceSum") == 0;
    if (n->n_attr == 0)
        sx_spell_alias(w, node);
    else
        sx_result(w, node, op,
                  SX_IN(sx_operand_name(w, node, 0),
                        by_input ? sx_out_ints(w, n->attr, n->n_attr) : NULL),
                  attrs, by_input ? 1 : 2);
}

/* The node that is multiplied by a constant number. SX_NONE if there is none. */
static int scaled(const struct sx_writer *w, int node, double *factor)
{
    const struct sx_node *n = node_of(w, node);
    for (int k = 0; n->op == SX_MUL && k < 2; k++)
        if (sx_is_uniform(w->g, n->in[k], factor) &&
            sx_shape_equal(&node_of(w, n->in[1 - k])->shape, &n->shape))
            return n->in[1 - k];
    return SX_NONE;
}

/* The number of terms of a sum. 0 if an axis is open. */
static int64_t summed(const struct sx_writer *w, int node)
{
    const struct sx_node *n = node_of(w, node);
    int64_t count = 1;
    for (int i = 0; i < n->n_attr; i++) {
        int64_t length = node_of(w, n->in[0])->shape.dim[n->attr[i]];
        for (int k = 0; k < w->symbols->n; k++)
            if (w->other[k]->node[n->in[0]].shape.dim[n->attr[i]] != length)
                return 0;
        count *= length;
    }
    return count;
}

/* Whether a factor is 1 / count in the precision of the graph. */
static bool divides(const struct sx_writer *w, double factor, double count)
{
    return w->g->real == SX_FLOAT ? (float)factor == (float)(1 / count) : factor == 1 / count;
}

int sx_read_mean(const struct sx_writer *w, int node, int *reads)
{
    double factor = 0, size;
    int sum = scaled(w, node, &factor);
    if (sum == SX_NONE || w->uses[sum] != 1)
        return SX_NONE;
    const struct sx_node *s = node_of(w, sum);
    int64_t count = s->op == SX_SUM ? summed(w, sum) : 0;
    if (s->op == SX_SUMPOOL && sx_pool_is_plain(w, sum, &size))
        count = (int64_t)size;
    reads[0] = s->n_in > 0 ? s->in[0] : SX_NONE;
    return count > 1 && divides(w, factor, (double)count) ? 1 : SX_NONE;
}

void sx_spell_mean(struct sx_writer *w, int node)
{
    double factor;
    int sum = scaled(w, node, &factor);
    w->wish[sum] = w->wish[node];
    if (node_of(w, sum)->op == SX_SUM)
        sx_spell_reduced(w, sum, "ReduceMean");
    else
        w->name[sum] = sx_out_average(w, sum, w->wish[sum]);
    w->name[node] = w->name[sum];
}

/* Matches c x / c. */
int sx_read_cancelled(const struct sx_writer *w, int node, int *reads)
{
    const struct sx_node *n = node_of(w, node);
    double factor, divisor;
    reads[0] = scaled(w, n->in[0], &factor);
    return reads[0] != SX_NONE && sx_is_uniform(w->g, n->in[1], &divisor) &&
                   factor == divisor && divisor != 0 && sx_is_real(n->type) &&
                   sx_shape_equal(&node_of(w, n->in[0])->shape, &n->shape)
               ? 1
               : SX_NONE;
}

void sx_spell_cancelled(struct sx_writer *w, int node)
{
    const struct sx_node *scale = node_of(w, node_of(w, node)->in[0]);
    double factor;
    int x = scaled(w, node_of(w, node)->in[0], &factor);
    w->name[node] = sx_operand_name(w, node_of(w, node)->in[0], scale->in[1] == x);
}
