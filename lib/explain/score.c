/* score.c - which number of an output counts: raw, logit, probability or its logarithm. */
#include "explain/explain.h"

/* The node behind reshapes. */
static int behind_views(const struct sx_graph *g, int y)
{
    while (g->node[y].op == SX_RESHAPE)
        y = g->node[y].in[0];
    return y;
}

static bool ends_in_probabilities(const struct sx_node *n)
{
    return n->op == SX_SOFTMAX || n->op == SX_LOGSOFTMAX || n->op == SX_SIGMOID;
}

/* Classes of logits lie along the only axis after the batch that is longer than 1, or the last. */
static int class_axis(const struct sx_shape *shape)
{
    int axis = shape->rank - 1;
    for (int i = shape->rank - 1; i >= 1; i--)
        if (shape->dim[i] > 1)
            axis = i;
    return axis;
}

static int logprob(struct sx_graph *g, int logits)
{
    struct sx_shape shape = g->node[logits].shape;
    if (sx_count(&shape) <= 1 || shape.rank == 0)
        return sx_neg(g, sx_unary(g, SX_SOFTPLUS, sx_neg(g, logits)));
    return sx_log_softmax(g, logits, class_axis(&shape));
}

static int prob(struct sx_graph *g, int logits)
{
    struct sx_shape shape = g->node[logits].shape;
    if (sx_count(&shape) <= 1 || shape.rank == 0)
        return sx_unary(g, SX_SIGMOID, logits);
    return sx_softmax(g, logits, class_axis(&shape));
}

int sx_score_node(struct sx_graph *g, int y, enum sx_score score)
{
    int end = behind_views(g, y);
    const struct sx_node n = g->node[end];
    bool ended = ends_in_probabilities(&n);
    switch (score) {
    case SX_SCORE_LOGIT:
        return ended ? n.in[0] : y;
    case SX_SCORE_PROB:
        if (!ended)
            return prob(g, y);
        return n.op == SX_LOGSOFTMAX ? sx_unary(g, SX_EXP, y) : y;
    case SX_SCORE_LOGPROB:
        if (!ended)
            return logprob(g, y);
        if (n.op == SX_SOFTMAX)
            return sx_log_softmax(g, n.in[0], (int)n.attr[0]);
        if (n.op == SX_SIGMOID)
            return sx_neg(g, sx_unary(g, SX_SOFTPLUS, sx_neg(g, n.in[0])));
        return y;
    case SX_SCORE_RAW:
        break;
    }
    return y;
}
