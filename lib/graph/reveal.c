/* reveal.c - DeepLIFT's RevealCancel rule: positive and negative parts of differences are kept
 * apart.
 *
 * Every difference d from the reference is d+ + d-. A linear neuron adds each input's whole
 * contribution w d to d+ or d-, by its sign. A function of one variable treats d+ and d- as two
 * players, and uses their Shapley values. For other operators d is split by its own sign. Each node
 * has two multipliers, for d+ and d- (Shrikumar, Greenside, Kundaje 2017, section 3). */
#include <stdlib.h>

#include "graph/flow.h"

static int raised(const struct sx_walk *w, int y)
{
    return w->plus[y];
}

static int zero_of(struct sx_graph *g, int y)
{
    struct sx_shape shape = sx_shape_of(g, y);
    return sx_expand(g, sx_scalar(g, 0), &shape);
}

static int minus_of(struct sx_walk *w, int y)
{
    return sx_sub(w->g, sx_difference(&w->contrast, y), raised(w, y));
}

/* Whether y keeps d+ and d- of its operand apart: moves, terms, and factors that do not vary. */
static bool keeps_sides(const struct sx_walk *w, int y)
{
    const struct sx_node *n = &w->g->node[y];
    const struct sx_row *row = sx_row_of(w->g, n);
    if (row->flow == SX_FLOW_MOVE)
        return row->contrast == NULL || (n->n_in > 1 && !w->varies[n->in[1]]);
    return n->op == SX_NEG || ((n->op == SX_ADD || n->op == SX_SUB || n->op == SX_MUL) &&
                               sx_only_varying(w, y) != SX_NONE);
}

/* The factor of d at such a node; SX_NONE: 1. */
static int factor_of(const struct sx_walk *w, int y)
{
    const struct sx_node n = w->g->node[y];
    if (n.op == SX_NEG || (n.op == SX_SUB && w->varies[n.in[1]]))
        return sx_scalar(w->g, -1);
    return n.op == SX_MUL ? n.in[n.in[0] == sx_only_varying(w, y)] : SX_NONE;
}

/* Splits a by sign: part[0] is its positive part, part[1] the other. */
static void by_sign(struct sx_graph *g, int a, int *part)
{
    part[0] = sx_positive(g, a);
    part[1] = sx_negative(g, a);
}

/* The product y with operand k replaced by `own`, and its other operand by `other`. */
static int with_operands(struct sx_graph *g, int y, int k, int own, int other)
{
    const int in[] = {k == 0 ? own : other, k == 0 ? other : own};
    return sx_like(g, y, in);
}

/* The sum of the positive terms of a product of differences and weights. */
static int product_raised(struct sx_walk *w, int y)
{
    struct sx_graph *g = w->g;
    const struct sx_node n = g->node[y];
    int sum = SX_NONE;
    for (int k = 0; k < 2; k++) {
        int d[2], v[2];
        if (!w->varies[n.in[k]])
            continue;
        by_sign(g, sx_difference(&w->contrast, n.in[k]), d);
        by_sign(g, sx_midpoint(&w->contrast, n.in[1 - k]), v);
        int part =
            sx_add(g, with_operands(g, y, k, d[0], v[0]), with_operands(g, y, k, d[1], v[1]));
        sum = sum == SX_NONE ? part : sx_add(g, sum, part);
    }
    return sum;
}

static int sum_raised(struct sx_walk *w, int y)
{
    struct sx_graph *g = w->g;
    const struct sx_node n = g->node[y];
    int in[2] = {SX_NONE, SX_NONE};
    for (int k = 0; k < n.n_in; k++) {
        if (!sx_is_real(g->node[n.in[k]].type)) {
            in[k] = n.in[k];
            continue;
        }
        int d = sx_difference(&w->contrast, n.in[k]);
        in[k] = n.op == SX_SUB && k == 1 ? sx_negative(g, d) : sx_positive(g, d);
    }
    return sx_like(g, y, in);
}

/* The Rescale rule: d+ of y is the difference of y times the share that d+ has in the difference of
 * `source`. */
static int rescaled(struct sx_walk *w, int y, int source)
{
    struct sx_graph *g = w->g;
    int whole = sx_difference(&w->contrast, y), up = raised(w, source);
    int from = sx_difference(&w->contrast, source);
    return sx_mul(g, up, sx_over(g, whole, from, sx_scalar(g, 0)));
}

/* The mean of the change by d+ alone and the change by d+ after d-. It is the Rescale rule where d+
 * or d- alone leaves the domain of the function, such as a logarithm's. */
static int unit_raised(struct sx_walk *w, int y, const struct sx_unit *unit)
{
    struct sx_graph *g = w->g;
    int u = unit->source, u0 = w->reference[u];
    int up = sx_unit_at(g, unit, sx_add(g, u0, raised(w, u)));
    int down = sx_unit_at(g, unit, sx_add(g, u0, minus_of(w, u)));
    int alone = sx_sub(g, up, w->reference[y]), after = sx_sub(g, y, down);
    int half = sx_scale(g, sx_add(g, alone, after), 0.5), share = rescaled(w, y, u);
    int infinite = sx_emit(g, SX_ISINF, 1, &half, 2, (const int64_t[]){true, true});
    int finite = sx_where(g, infinite, share, half);
    return sx_where(g, sx_unary(g, SX_ISNAN, half), share, finite);
}

static int kept_raised(struct sx_walk *w, int y)
{
    struct sx_graph *g = w->g;
    const struct sx_node n = g->node[y];
    if (sx_row_of(g, &n)->flow == SX_FLOW_MOVE) {
        int *in = sx_new((size_t)n.n_in, sizeof *in, &g->error), result = SX_NONE;
        for (int k = 0; in != NULL && k < n.n_in; k++)
            in[k] = sx_is_real(g->node[n.in[k]].type) ? raised(w, n.in[k]) : n.in[k];
        if (in != NULL)
            result = sx_like(g, y, in);
        free(in);
        return result;
    }
    int factor = factor_of(w, y), u = sx_only_varying(w, y);
    int up = raised(w, u);
    if (factor != SX_NONE)
        up = sx_add(g, sx_mul(g, sx_positive(g, factor), up),
                    sx_mul(g, sx_negative(g, factor), minus_of(w, u)));
    struct sx_shape shape = sx_shape_of(g, y);
    return sx_expand(g, up, &shape);
}

/* Whether y is a function of one variable; sums and products of such functions are. */
static bool is_function(const struct sx_walk *w, int y, struct sx_unit *unit)
{
    return sx_is_pointwise(&w->g->node[y]) && sx_unit_of(w, y, unit);
}

static int find_raised(struct sx_walk *w, int y)
{
    struct sx_graph *g = w->g;
    struct sx_unit unit;
    enum sx_flow flow = sx_row_of(g, &g->node[y])->flow;
    if (!w->varies[y])
        return zero_of(g, y);
    if (y == w->x)
        return sx_positive(g, sx_difference(&w->contrast, y));
    if (keeps_sides(w, y))
        return kept_raised(w, y);
    if (is_function(w, y, &unit))
        return unit_raised(w, y, &unit);
    if (flow == SX_FLOW_SUM)
        return sum_raised(w, y);
    if (flow == SX_FLOW_PRODUCT)
        return product_raised(w, y);
    return sx_positive(g, sx_difference(&w->contrast, y));
}

void sx_find_raised(struct sx_walk *w)
{
    for (int i = 0; i <= w->y && w->g->error.status == SX_OK; i++)
        if (w->uses[i] > 0 && sx_is_real(w->g->node[i].type))
            w->plus[i] = find_raised(w, i);
}

/* ---- The walk back ---- */

static void hand_both(struct sx_walk *w, int node, int plus, int minus)
{
    sx_hand(w, w->at, node, plus);
    sx_hand(w, w->minus, node, minus);
}

/* The multiplier of an input whose whole difference has one sign: `up` if it is positive, `down` if
 * it is negative, their mean if it is 0. */
static int by_difference(struct sx_walk *w, int node, int up, int down)
{
    struct sx_graph *g = w->g;
    int zero = sx_scalar(g, 0), d = sx_difference(&w->contrast, node);
    int mean = sx_scale(g, sx_add(g, up, down), 0.5);
    int rest = sx_where(g, sx_binary(g, SX_LESS, d, zero), down, mean);
    return sx_where(g, sx_binary(g, SX_LESS, zero, d), up, rest);
}

static void hand_kept(struct sx_walk *w, int y)
{
    struct sx_graph *g = w->g;
    int factor = factor_of(w, y), u = sx_only_varying(w, y);
    if (factor == SX_NONE) {
        sx_hand_derivative(w, w->at, y, w->at[y]);
        sx_hand_derivative(w, w->minus, y, w->minus[y]);
        return;
    }
    struct sx_shape shape = sx_shape_of(g, u);
    int same = sx_positive(g, factor), other = sx_negative(g, factor);
    int plus = sx_add(g, sx_mul(g, same, w->at[y]), sx_mul(g, other, w->minus[y]));
    int minus = sx_add(g, sx_mul(g, same, w->minus[y]), sx_mul(g, other, w->at[y]));
    hand_both(w, u, sx_sum_to(g, plus, &shape), sx_sum_to(g, minus, &shape));
}

static void hand_sum(struct sx_walk *w, int y)
{
    struct sx_graph *g = w->g;
    const struct sx_node n = g->node[y];
    bool need[2] = {false};
    int up[2] = {SX_NONE, SX_NONE}, down[2] = {SX_NONE, SX_NONE};
    sx_varying(w, y, need);
    sx_row_of(g, &n)->derive(g, y, w->at[y], need, up);
    sx_row_of(g, &n)->derive(g, y, w->minus[y], need, down);
    for (int k = 0; k < n.n_in; k++) {
        if (!need[k])
            continue;
        bool turned = n.op == SX_SUB && k == 1;
        int m = by_difference(w, n.in[k], turned ? down[k] : up[k], turned ? up[k] : down[k]);
        hand_both(w, n.in[k], m, m);
    }
}

static void hand_product(struct sx_walk *w, int y)
{
    struct sx_graph *g = w->g;
    const struct sx_node n = g->node[y];
    for (int k = 0; k < 2; k++) {
        int v[2], pulled[2][2];
        if (!w->varies[n.in[k]])
            continue;
        struct sx_shape shape = sx_shape_of(g, n.in[k]);
        by_sign(g, sx_midpoint(&w->contrast, n.in[1 - k]), v);
        int any = sx_input(g, g->real, &shape);
        for (int side = 0; side < 2; side++) {
            const int in[] = {k == 0 ? any : v[side], k == 0 ? v[side] : any};
            pulled[side][0] = sx_like_pulled(g, y, in, k, w->at[y]);
            pulled[side][1] = sx_like_pulled(g, y, in, k, w->minus[y]);
        }
        int up = sx_add(g, pulled[0][0], pulled[1][1]);
        int down = sx_add(g, pulled[1][0], pulled[0][1]);
        int m = by_difference(w, n.in[k], up, down);
        hand_both(w, n.in[k], m, m);
    }
}

static void hand_unit(struct sx_walk *w, int y, const struct sx_unit *unit)
{
    struct sx_graph *g = w->g;
    int u = unit->source, slope = sx_unit_slope(g, unit, sx_midpoint(&w->contrast, u));
    int up = sx_over(g, raised(w, y), raised(w, u), slope);
    int down = sx_over(g, minus_of(w, y), minus_of(w, u), slope);
    hand_both(w, u, sx_mul(g, w->at[y], up), sx_mul(g, w->minus[y], down));
}

static void swap_sides(struct sx_walk *w)
{
    int *at = w->at;
    w->at = w->minus;
    w->minus = at;
}

/* Uses one multiplier for the whole difference, and hands it on for d+ and d- by the Rescale rule. */
static void hand_whole(struct sx_walk *w, int y)
{
    int m = by_difference(w, y, w->at[y], w->minus[y]);
    w->at[y] = w->minus[y] = m;
    sx_visit_contrast(w, y);
    swap_sides(w);
    sx_visit_contrast(w, y);
    swap_sides(w);
}

void sx_visit_reveal(struct sx_walk *w, int y)
{
    struct sx_unit unit;
    enum sx_flow flow = sx_row_of(w->g, &w->g->node[y])->flow;
    if (keeps_sides(w, y))
        hand_kept(w, y);
    else if (is_function(w, y, &unit))
        hand_unit(w, y, &unit);
    else if (flow == SX_FLOW_SUM)
        hand_sum(w, y);
    else if (flow == SX_FLOW_PRODUCT)
        hand_product(w, y);
    else
        hand_whole(w, y);
}
