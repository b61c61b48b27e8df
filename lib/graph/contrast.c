/* contrast.c - DeepLIFT's Rescale rule and DeepSHAP: multipliers of differences from a reference.
 *
 * Let d be the difference from the reference. The multipliers m of a node's operands satisfy sum(m
 * dy) = sum over k of sum(m_k dx_k).
 *   A linear operator passes multipliers on as derivatives.
 *   A product does so at the midpoint of its operands: the Shapley values of two players.
 *   A function of one variable uses dy / dx. */
#include "graph/flow.h"

/* Sets in[] to the midpoints of the operands that vary, and to the other operands. */
static void middle(const struct sx_walk *w, int y, int *in)
{
    const struct sx_node n = w->g->node[y];
    for (int k = 0; k < n.n_in; k++)
        in[k] = sx_midpoint(&w->contrast, n.in[k]);
}

static void hand_product(struct sx_walk *w, int y)
{
    struct sx_graph *g = w->g;
    const struct sx_node n = g->node[y];
    bool need[2];
    int in[2], m = w->at[y];
    if (sx_varying(w, y, need) == 1) {
        sx_hand_derivative(w, w->at, y, m);
        return;
    }
    middle(w, y, in);
    for (int k = 0; k < 2; k++) {
        struct sx_shape shape = sx_shape_of(g, n.in[k]);
        int any = sx_input(g, g->real, &shape);
        const int at[] = {k == 0 ? any : in[0], k == 1 ? any : in[1]};
        sx_hand(w, w->at, n.in[k], sx_like_pulled(g, y, at, k, m));
    }
}

/* ---- Functions of one variable ---- */

static void hand_unit(struct sx_walk *w, int y, const struct sx_unit *unit)
{
    struct sx_graph *g = w->g;
    const struct sx_contrast *c = &w->contrast;
    int slope = sx_unit_slope(g, unit, sx_midpoint(c, unit->source));
    int ratio = sx_over(g, sx_difference(c, y), sx_difference(c, unit->source), slope);
    sx_hand(w, w->at, unit->source, sx_mul(g, w->at[y], ratio));
}

/* The Shapley values of two operands: half of the change each makes alone, and half of the change
 * it makes after the other. */
static void hand_two(struct sx_walk *w, int y)
{
    struct sx_graph *g = w->g;
    const struct sx_node n = g->node[y];
    const struct sx_contrast *c = &w->contrast;
    int a = n.in[0], b = n.in[1], a0 = c->reference[a], b0 = c->reference[b];
    int without_b = sx_like(g, y, (const int[]){a, b0});
    int without_a = sx_like(g, y, (const int[]){a0, b});
    int both = sx_difference(c, y), cross = sx_sub(g, without_b, without_a);
    const int part[] = {sx_scale(g, sx_add(g, both, cross), 0.5),
                        sx_scale(g, sx_sub(g, both, cross), 0.5)};
    int middles[2];
    middle(w, y, middles);
    for (int k = 0; k < 2; k++) {
        if (!w->varies[n.in[k]])
            continue;
        struct sx_shape own = sx_shape_of(g, n.in[k]);
        int change = sx_sum_to(g, sx_mul(g, w->at[y], part[k]), &own);
        int otherwise = sx_like_pulled(g, y, middles, k, w->at[y]);
        sx_hand(w, w->at, n.in[k], sx_over(g, change, sx_difference(c, n.in[k]), otherwise));
    }
}

/* ---- DeepSHAP: a product and its activation as one game ---- */

enum { MOST_FAN_IN = 12 };

int sx_coalitions(struct sx_graph *g, int n)
{
    struct sx_shape shape = {2, {(int64_t)1 << n, n}};
    struct sx_tensor t;
    if (!sx_tensor_new(&t, g->real, &shape, &g->error))
        return SX_NONE;
    for (int64_t i = 0; i < shape.dim[0] * n; i++)
        sx_tensor_set(&t, i, (double)((i / n) >> (i % n) & 1));
    int id = sx_const(g, g->real, &shape, t.data);
    sx_tensor_free(&t);
    return id;
}

int sx_shapley_weights(struct sx_graph *g, int n)
{
    struct sx_shape shape = {2, {(int64_t)1 << n, n}};
    struct sx_tensor t;
    if (!sx_tensor_new(&t, g->real, &shape, &g->error))
        return SX_NONE;
    /* weight of a set of s other players: s! (n - 1 - s)! / n! */
    double weight[MOST_FAN_IN] = {1.0 / n};
    for (int s = 1; s < n; s++)
        weight[s] = weight[s - 1] * s / (n - s);
    for (int64_t i = 0; i < shape.dim[0] * n; i++) {
        unsigned long long set = (unsigned long long)(i / n), own = 1ull << (i % n);
        int others = __builtin_popcountll(set & ~own);
        sx_tensor_set(&t, i, (set & own) != 0 ? weight[others] : -weight[others]);
    }
    int id = sx_const(g, g->real, &shape, t.data);
    sx_tensor_free(&t);
    return id;
}

/* Reshapes a to have a new axis of length 1 in front of its last `from_end` axes. */
static int with_axis(struct sx_graph *g, int a, int from_end)
{
    struct sx_shape s = sx_shape_of(g, a), t = s;
    t.rank++;
    for (int i = 0; i < from_end; i++)
        t.dim[t.rank - 1 - i] = s.dim[s.rank - 1 - i];
    t.dim[t.rank - 1 - from_end] = 1;
    return sx_reshape(g, a, &t);
}

/* Whether the other operands of the neuron's function are constant along all axes but the last. */
static bool along_last(const struct sx_walk *w, const struct sx_unit *unit)
{
    const struct sx_graph *g = w->g;
    for (int i = 0; i < unit->n; i++) {
        const struct sx_node *n = &g->node[unit->node[i]];
        for (int k = 0; k < n->n_in; k++) {
            const struct sx_shape *s = &g->node[n->in[k]].shape;
            int64_t last = s->rank > 0 ? s->dim[s->rank - 1] : 1;
            if (!w->varies[n->in[k]] && sx_count(s) != last)
                return false;
        }
    }
    return true;
}

/* Finds the product, of at most 12 varying inputs with weights, that y is a function of. *u [.., k]
 * becomes its operand, *v [k, n] the weights. False: there is none. */
static bool neuron_of(const struct sx_walk *w, const struct sx_unit *unit, int *u, int *v)
{
    struct sx_graph *g = w->g;
    int t = unit->source;
    if (g->node[t].op == SX_ADD && sx_only_varying(w, t) != SX_NONE)
        t = sx_only_varying(w, t);
    const struct sx_node n = g->node[t];
    struct sx_shape z = g->node[unit->source].shape;
    if (n.op != SX_MATMUL || n.attr[0] != 0 || !along_last(w, unit) ||
        sx_only_varying(w, t) != n.in[0] || !sx_shape_equal(&n.shape, &z) ||
        z.rank + 1 > SX_MAX_RANK)
        return false;
    *u = n.in[0];
    *v = n.in[1];
    struct sx_shape su = g->node[*u].shape, sv = g->node[*v].shape;
    if (sv.rank != 2 || su.dim[su.rank - 1] > MOST_FAN_IN)
        return false;
    if (n.attr[1] != 0)
        *v = sx_transpose(g, *v, (const int[]){1, 0});
    return true;
}

static void hand_neuron(struct sx_walk *w, int y, const struct sx_unit *unit, int u, int v)
{
    struct sx_graph *g = w->g;
    const struct sx_contrast *c = &w->contrast;
    int du = sx_difference(c, u),
        players = (int)g->node[u].shape.dim[g->node[u].shape.rank - 1];
    int part = sx_mul(g, with_axis(g, du, 0), v);                           /* [.., m, k, n] */
    int sums = sx_matmul(g, sx_coalitions(g, players), part, false, false); /* [.., 2^k, n] */
    int z = sx_add(g, with_axis(g, c->reference[unit->source], 1), sums);
    int worth = sx_unit_at(g, unit, z);
    int share = sx_matmul(g, sx_shapley_weights(g, players), worth, true, false);
    int own = sx_mul(g, share, with_axis(g, w->at[y], 1));
    int last = sx_shape_of(g, own).rank - 1;
    struct sx_shape shape = sx_shape_of(g, u);
    int change = sx_reshape(g, sx_sum(g, own, &last, 1), &shape);
    int slope = sx_unit_slope(g, unit, sx_midpoint(c, unit->source));
    int otherwise = sx_matmul(g, sx_mul(g, w->at[y], slope), v, false, true);
    sx_hand(w, w->at, u, sx_over(g, change, du, otherwise));
}

/* The rule of --deepshap-unit=neuron: treats a product of at most 12 inputs and its activation as
 * one exact Shapley game. False if y is no such neuron. */
static bool hand_as_neuron(struct sx_walk *w, int y)
{
    struct sx_unit unit;
    int u, v;
    if (!w->options->neuron || !sx_unit_of(w, y, &unit) || !neuron_of(w, &unit, &u, &v))
        return false;
    hand_neuron(w, y, &unit, u, v);
    return true;
}

static void hand_point(struct sx_walk *w, int y)
{
    const struct sx_node *n = &w->g->node[y];
    struct sx_unit unit;
    if (n->op == SX_WHERE && !w->varies[n->in[0]])
        sx_hand_derivative(w, w->at, y, w->at[y]);
    else if (sx_unit_of(w, y, &unit))
        hand_unit(w, y, &unit);
    else if (n->n_in == 2)
        hand_two(w, y);
    else
        sx_hand_derivative(w, w->at, y, w->at[y]);
}

static void hand_contrast(struct sx_walk *w, int y)
{
    const struct sx_node n = w->g->node[y];
    bool need[2] = {true, false};
    int mx[2] = {SX_NONE, SX_NONE};
    sx_row_of(w->g, &n)->contrast(&w->contrast, y, w->at[y], need, mx);
    sx_hand(w, w->at, n.in[0], mx[0]);
}

void sx_visit_contrast(struct sx_walk *w, int y)
{
    const struct sx_node *n = &w->g->node[y];
    const struct sx_row *row = sx_row_of(w->g, n);
    bool choice = n->n_in == 1 || w->varies[n->in[1]];
    if (row->contrast != NULL && choice)
        hand_contrast(w, y);
    else if (w->rule == SX_DEEP_SHAP && hand_as_neuron(w, y))
        return;
    else if (row->flow == SX_FLOW_PRODUCT)
        hand_product(w, y);
    else if (row->flow == SX_FLOW_POINT)
        hand_point(w, y);
    else
        sx_hand_derivative(w, w->at, y, w->at[y]);
}
