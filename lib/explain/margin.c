/* margin.c - the log-probability of a class, computed from the other classes, so that it is exact
 * near p = 1.
 *
 * log p_c = -log(1 + exp(-m)), with the margin m = z_c - log(sum over k != c of exp(z_k)). Neither
 * 1 - p_c nor its derivatives are then differences of numbers near 1. */
#include "explain/ending.h"
#include "explain/explain.h"

/* Subtracted from the logit of the class itself, so that its exp is 0 in float32, too. */
#define AWAY 1e30

int sx_margin_logits(struct sx_graph *g, int y, const struct sx_aim *aim, enum sx_score score)
{
    struct sx_ending end;
    struct sx_classes classes = sx_classes_of(g, y);
    bool likely = score == SX_SCORE_PROB || score == SX_SCORE_LOGPROB;
    sx_find_ending(g, y, &end);
    if (!likely || aim->n > 0 || aim->other || end.opaque || end.rounded ||
        end.op == SX_SIGMOID || classes.n < 2 || classes.n != classes.count)
        return SX_NONE;
    return end.op == SX_NONE ? y : sx_moved_as(g, y, &end, g->node[end.node].in[0]);
}

/* The logarithm of the sum of exp(z) over all classes except the one that `pick` selects. */
static int log_of_others(struct sx_graph *g, int z, int pick)
{
    const struct sx_shape one = {1, {1}}, scalar = {0};
    const int axis = 0;
    int far = sx_reshape(g, sx_scalar(g, AWAY), &one);
    int others = sx_sub(g, z, sx_put(g, far, pick, 0, g->node[z].shape.dim[0], false));
    int top = sx_reduce_max(g, others, &axis, 1);
    int sum = sx_sum_all(g, sx_unary(g, SX_EXP, sx_sub(g, others, top)));
    return sx_add(g, sx_unary(g, SX_LOG, sum), sx_reshape(g, top, &scalar));
}

int sx_margin_node(struct sx_graph *g, int logits, int pick, enum sx_score score)
{
    const struct sx_shape scalar = {0};
    struct sx_shape flat = {1, {sx_count(&g->node[logits].shape)}};
    int z = sx_reshape(g, logits, &flat);
    int own = sx_reshape(g, sx_take(g, z, pick, 0, false), &scalar);
    int less = sx_sub(g, log_of_others(g, z, pick), own);
    int log_p = sx_neg(g, sx_unary(g, SX_SOFTPLUS, less));
    return score == SX_SCORE_PROB ? sx_unary(g, SX_EXP, log_p) : log_p;
}
