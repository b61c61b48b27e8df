/* loss.c - the losses of FLINT as core nodes, as in the authors' program. */
#include "flint/flint.h"

/* The mean of all elements, of rank 0. */
static int mean(struct sx_graph *g, int a)
{
    struct sx_shape shape = sx_shape_of(g, a);
    int64_t n = sx_count(&shape);
    return sx_scale(g, sx_sum_all(g, a), n > 0 ? 1 / (double)n : 0);
}

int sx_flint_entropy(struct sx_graph *g, int v)
{
    struct sx_shape shape = sx_shape_of(g, v);
    int axis = shape.rank - 1;
    int product = sx_mul(g, sx_softmax(g, v, axis), sx_log_softmax(g, v, axis));
    return sx_neg(g, sx_sum(g, product, &axis, 1));
}

/* Mean over the batch of -sum_c target_c log q_c. */
static int cross_entropy(struct sx_graph *g, int target, int log_q)
{
    struct sx_shape shape = sx_shape_of(g, log_q);
    double batch = shape.rank > 0 ? (double)shape.dim[0] : 1;
    return sx_scale(g, sx_sum_all(g, sx_mul(g, target, log_q)), -1 / batch);
}

/* -sum f log g; or, as the paper prints it, -sum g log f. */
static int output_fidelity(struct sx_graph *g, int logits, int teacher, bool of_g)
{
    int target = sx_softmax(g, of_g ? logits : teacher, 1);
    return cross_entropy(g, target, sx_log_softmax(g, of_g ? teacher : logits, 1));
}

static int input_fidelity(struct sx_graph *g, const struct sx_flint_values *v, bool if_l1)
{
    int difference = sx_sub(g, v->recon, v->x);
    if (v->scale != SX_NONE)
        difference = sx_div(g, difference, v->scale);
    return mean(g, if_l1 ? sx_unary(g, SX_ABS, difference) : sx_mul(g, difference, difference));
}

/* The entropy of |phi| per sample, the entropy of its mean over the batch, and the mean of |phi|.
 * The derivative of |phi| at 0 is 0. */
static void conciseness(struct sx_graph *g, int phi, struct sx_flint_terms *t)
{
    const int batch = 0;
    struct sx_shape shape = sx_shape_of(g, phi);
    int size = sx_unary(g, SX_ABS, phi);
    double n = shape.rank > 0 && shape.dim[0] > 0 ? (double)shape.dim[0] : 1;
    int centre = sx_scale(g, sx_sum(g, size, &batch, 1), 1 / n);
    t->ent_sample = mean(g, sx_flint_entropy(g, size));
    t->ent_batch = mean(g, sx_flint_entropy(g, centre));
    t->l1 = mean(g, size);
}

void sx_flint_loss(struct sx_graph *g, const struct sx_flint_values *v, bool of_g, bool if_l1,
                   struct sx_flint_terms *t)
{
    *t = (struct sx_flint_terms){.pred = SX_NONE, .input = SX_NONE};
    t->stop = sx_add(g, v->teacher, v->zero);
    t->of = output_fidelity(g, v->logits, t->stop, of_g);
    conciseness(g, v->phi, t);
    t->total = sx_mul(g, v->weight[0], t->of);
    if (v->recon != SX_NONE) {
        t->input = input_fidelity(g, v, if_l1);
        t->total = sx_add(g, t->total, sx_mul(g, v->weight[1], t->input));
    }
    int spread = sx_sub(g, t->ent_sample, t->ent_batch);
    t->total = sx_add(g, t->total, sx_mul(g, v->weight[2], spread));
    t->total = sx_add(g, t->total, sx_mul(g, v->weight[3], t->l1));
    if (v->labels != SX_NONE) {
        t->pred = cross_entropy(g, v->labels, sx_log_softmax(g, v->teacher, 1));
        t->total = sx_add(g, t->total, t->pred);
    }
}
