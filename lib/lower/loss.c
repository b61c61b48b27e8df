/* loss.c - lowering of losses. */
#include "lower/tables.h"

enum reduction { REDUCE_NONE, REDUCE_SUM, REDUCE_MEAN };

/* Gives -weight[target] * scores[target] at every place, with scores [N, C, ..] and target [N, ..].
 * The mean is weighted. */
static bool give_loss(struct sx_lowering *l, int scores)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_shape_of(g, scores), thin = x, flat = sx_arg_shape(l, 1);
    enum reduction how =
        (enum reduction)sx_attr_word(l, "reduction", "none sum mean", REDUCE_MEAN);
    if (x.rank < 2 || flat.rank != x.rank - 1)
        return sx_reject(l, "scores of rank %d, targets of rank %d", x.rank, flat.rank);
    thin.dim[1] = 1;
    int target = sx_shaped(g, sx_arg(l, 1), thin.rank, thin.dim), weight = SX_NONE;
    int ignored = SX_NONE, zero = sx_scalar(g, 0);
    if (sx_attr(l, "ignore_index") != NULL) {
        int index = sx_scalar_int(g, sx_attr_int(l, "ignore_index", 0));
        ignored = sx_binary(g, SX_EQUAL, target, index);
        target = sx_where(g, ignored, sx_scalar_int(g, 0), target);
    }
    target = sx_index(l, target, x.dim[1]);
    int loss = sx_neg(g, sx_take(g, scores, target, 1, true));
    if (sx_arg(l, 2) != SX_NONE)
        weight = sx_shaped(g, sx_take(g, sx_arg(l, 2), target, 0, false), thin.rank, thin.dim);
    if (ignored != SX_NONE) {
        int one = weight != SX_NONE ? weight : sx_scalar(g, 1);
        weight = sx_where(g, ignored, zero, one);
    }
    if (weight != SX_NONE)
        loss = sx_mul(g, loss, weight);
    if (how == REDUCE_NONE)
        return sx_give(l, sx_shaped(g, loss, flat.rank, flat.dim));
    int sum = sx_sum_all(g, loss);
    if (how == REDUCE_SUM)
        return sx_give(l, sum);
    if (weight == SX_NONE)
        return sx_give(l, sx_scale(g, sum, 1 / (double)sx_count(&flat)));
    return sx_give(l, sx_div(g, sum, sx_sum_all(g, weight)));
}

static bool lower_nll(struct sx_lowering *l)
{
    return give_loss(l, sx_arg(l, 0));
}

static bool lower_cross_entropy(struct sx_lowering *l)
{
    struct sx_shape x = sx_arg_shape(l, 0);
    if (x.rank < 2)
        return sx_reject(l, "scores of rank %d", x.rank);
    int log_prob = sx_log_softmax(l->g, sx_arg(l, 0), 1);
    sx_give_as(l, 1, log_prob, sx_arg_kind(l, 0));
    return give_loss(l, log_prob);
}

const struct sx_lowering_row sx_lower_loss[] = {
    {"", "NegativeLogLikelihoodLoss", 12, 0, 2, 3, lower_nll, 0, true},
    {"", "SoftmaxCrossEntropyLoss", 12, 0, 2, 3, lower_cross_entropy, 0, true},
    {0},
};
