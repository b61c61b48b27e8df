/* score.c - the score of an output's element: raw, logit, probability or its logarithm. */
#include "explain/ending.h"
#include "explain/explain.h"

static int log_sigmoid(struct sx_graph *g, int logit)
{
    return sx_neg(g, sx_unary(g, SX_SOFTPLUS, sx_neg(g, logit)));
}

static int one_minus(struct sx_graph *g, int p)
{
    return sx_shift(g, sx_neg(g, p), 1);
}

/* The input of y's ending, moved to y's positions; y itself if it has no ending. */
static int logit_of(struct sx_graph *g, int y, const struct sx_ending *end)
{
    if (end->op == SX_NONE)
        return y;
    int logit = sx_moved_as(g, y, end, g->node[end->node].in[0]);
    return end->turned ? sx_neg(g, logit) : logit;
}

/* (log) p from logits. `alone`: each logit is one of two classes; else classes lie along `axis`. */
static int derived(struct sx_graph *g, int logit, bool alone, int axis, bool logarithm)
{
    if (alone)
        return logarithm ? log_sigmoid(g, logit) : sx_unary(g, SX_SIGMOID, logit);
    return logarithm ? sx_log_softmax(g, logit, axis) : sx_softmax(g, logit, axis);
}

/* (log) p of a graph that ends in Softmax, LogSoftmax or Sigmoid. */
static int likelihood(struct sx_graph *g, int y, const struct sx_ending *end, bool logarithm)
{
    const struct sx_node n = g->node[end->node];
    if (end->op == SX_SIGMOID && (logarithm || end->rounded))
        return derived(g, logit_of(g, y, end), true, 0, logarithm);
    if (end->op == SX_SOFTMAX && logarithm)
        return sx_moved_as(g, y, end, sx_log_softmax(g, n.in[0], (int)n.attr[0]));
    int p = end->rounded ? sx_moved_as(g, y, end, end->node) : y;
    return end->op == SX_LOGSOFTMAX && !logarithm ? sx_unary(g, SX_EXP, p) : p;
}

int sx_score_node(struct sx_graph *g, int y, bool other, enum sx_score *score)
{
    struct sx_ending end;
    sx_find_ending(g, y, &end);
    bool logarithm = *score == SX_SCORE_LOGPROB;
    if (end.opaque && (*score == SX_SCORE_LOGIT || !end.likely))
        *score = SX_SCORE_RAW;
    if (*score == SX_SCORE_RAW)
        return other ? sx_neg(g, y) : y;
    if (end.opaque) {
        int p = other ? one_minus(g, y) : y;
        return logarithm ? sx_unary(g, SX_LOG, p) : p;
    }
    int logit = logit_of(g, y, &end);
    if (other)
        logit = sx_neg(g, logit);
    if (*score == SX_SCORE_LOGIT)
        return logit;
    if (end.op != SX_NONE && !other)
        return likelihood(g, y, &end, logarithm);
    return derived(g, logit, other || sx_classes_of(g, y).n == 1, sx_class_axis(g, y),
                   logarithm);
}
