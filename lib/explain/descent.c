/* descent.c - the leaves of decision trees that mixtures of two rows x and b can reach.
 *
 * If x and b go the same way at a node, so does every mixture. If they part, the player of the
 * node's feature decides, and its decision holds for the whole path: present players go with x,
 * absent ones with b. */
#include <math.h>
#include <stdlib.h>

#include "explain/leaves.h"
#include "ops/ops.h"

enum side { UNDECIDED, PRESENT, ABSENT };

/* A step of the traversal: decide `player`, then visit `node`. If node is -1, undo that decision. */
struct step {
    int64_t node, player;
    enum side side;
};

struct descent {
    const struct sx_forest *f;
    const double *x, *b, *slope;
    const int64_t *label;
    double factor;
    const struct sx_product_taker *to;
    enum side *side; /* the decision of each player */
    int64_t *in, *out, n_in, n_out;
    struct step *step;
    size_t n_steps, capacity;
    struct sx_error *error;
};

static bool push(struct descent *d, int64_t node, int64_t player, enum side side)
{
    if (!sx_grow((void **)&d->step, &d->capacity, d->n_steps + 1, sizeof *d->step, d->error))
        return false;
    d->step[d->n_steps++] = (struct step){node, player, side};
    return true;
}

static void decide(struct descent *d, int64_t player, enum side side)
{
    if (player < 0)
        return;
    d->side[player] = side;
    if (side == PRESENT)
        d->in[d->n_in++] = player;
    else
        d->out[d->n_out++] = player;
}

static void forget(struct descent *d, int64_t player)
{
    d->n_in -= d->side[player] == PRESENT;
    d->n_out -= d->side[player] == ABSENT;
    d->side[player] = UNDECIDED;
}

static bool give_leaf(struct descent *d, const int64_t *node)
{
    const struct sx_forest *f = d->f;
    double weight = 0;
    for (int64_t i = node[2]; i < node[2] + node[3] && i >= 0 && i < f->leaves; i++)
        if (f->leaf[i] >= 0 && f->leaf[i] < f->targets)
            weight += f->weight[i] * d->slope[f->leaf[i]];
    return weight == 0 || d->to->take(d->to->context, weight * d->factor, d->in, d->n_in,
                                      d->out, d->n_out, d->error);
}

static bool visit(struct descent *d, int64_t at)
{
    const struct sx_forest *f = d->f;
    if (at < 0 || at >= f->nodes)
        return false;
    const int64_t *node = f->node + 5 * at;
    if (node[1] == SX_TREE_LEAF)
        return give_leaf(d, node);
    bool known = node[0] >= 0 && node[0] < f->features;
    int64_t player = known ? d->label[node[0]] : -1;
    double x = known ? d->x[node[0]] : (double)NAN, b = known ? d->b[node[0]] : (double)NAN;
    bool with_x = sx_tree_holds(node, f->value[at], x);
    bool with_b = sx_tree_holds(node, f->value[at], b);
    enum side side = player >= 0 ? d->side[player] : ABSENT;
    if (with_x == with_b || side != UNDECIDED)
        return push(d, node[(side == PRESENT ? with_x : with_b) ? 2 : 3], -1, UNDECIDED);
    return push(d, -1, player, ABSENT) && push(d, node[with_b ? 2 : 3], player, ABSENT) &&
           push(d, -1, player, PRESENT) && push(d, node[with_x ? 2 : 3], player, PRESENT);
}

/* Traverses a tree. No node is visited twice; a table that would do so is no tree. */
static bool descend_from(struct descent *d, int64_t root)
{
    int64_t visits = 0;
    d->n_steps = 0;
    if (!push(d, root, -1, UNDECIDED))
        return false;
    while (d->n_steps > 0) {
        struct step s = d->step[--d->n_steps];
        if (s.node < 0 && s.player >= 0) {
            forget(d, s.player);
            continue;
        }
        decide(d, s.player, s.side);
        if (visits++ > d->f->nodes || !visit(d, s.node))
            return false;
    }
    return true;
}

bool sx_descend(const struct sx_forest *f, const double *x, const double *b,
                const int64_t *label, int64_t players, const double *slope, double factor,
                const struct sx_product_taker *to, struct sx_error *error)
{
    struct descent d = {.f = f,
                        .x = x,
                        .b = b,
                        .slope = slope,
                        .label = label,
                        .factor = factor,
                        .to = to,
                        .error = error};
    d.side = sx_new((size_t)players, sizeof *d.side, error);
    d.in = sx_new((size_t)players, sizeof *d.in, error);
    d.out = sx_new((size_t)players, sizeof *d.out, error);
    bool ok = d.side != NULL && d.in != NULL && d.out != NULL;
    for (int64_t t = 0; ok && t < f->roots; t++)
        ok = descend_from(&d, f->root[t]);
    free(d.side);
    free(d.in);
    free(d.out);
    free(d.step);
    return ok || sx_fail(error, SX_FAILED, "the tables of an ensemble form no trees");
}
