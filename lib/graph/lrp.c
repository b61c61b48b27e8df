/* lrp.c - layer-wise relevance propagation: epsilon, alpha-beta, and Deep Taylor's z+.
 *
 * A neuron is a product with weights, the moves of its result, and the bias that is added. It
 * distributes its relevance to its inputs in proportion to their terms z_i of its sum z. Any other
 * linear operator is treated as a neuron without weights. A function of one variable passes all
 * relevance to its operand. A product of two activations gives half to each factor. */
#include "graph/flow.h"

/* A neuron: y = moves(op(u, w)) + bias. */
struct layer {
    int product; /* the node op(u, w) */
    int k;       /* the operand that is u */
    int r, bias; /* relevance and bias, moved to the product's shape; bias SX_NONE: none */
};

static bool has_weights(const struct sx_walk *w, int y)
{
    int op = w->g->node[y].op;
    return (op == SX_MATMUL || op == SX_CONV || op == SX_CONVINPUT || op == SX_CONVWEIGHT) &&
           sx_only_varying(w, y) != SX_NONE;
}

/* Finds the neuron whose sum is y: a product with weights, plus something that does not vary.
 * False: y is none. */
static bool find_layer(const struct sx_walk *w, int y, struct layer *l)
{
    struct sx_graph *g = w->g;
    int bias = SX_NONE, top = y, r = w->at[y];
    if (g->node[y].op == SX_ADD && sx_only_varying(w, y) != SX_NONE) {
        top = sx_only_varying(w, y);
        bias = g->node[y].in[g->node[y].in[0] == top];
    }
    struct sx_shape shape = g->node[y].shape;
    if (!sx_shape_equal(&shape, &g->node[top].shape))
        return false;
    int t = top;
    while (bias != SX_NONE && w->uses[t] == 1 &&
           (g->node[t].op == SX_RESHAPE || g->node[t].op == SX_TRANSPOSE))
        t = g->node[t].in[0];
    if (!has_weights(w, t) || (t != y && w->uses[t] != 1))
        return false;
    if (bias != SX_NONE)
        bias = sx_expand(g, bias, &shape);
    *l = (struct layer){t, g->node[t].in[1] == sx_only_varying(w, t), r, bias};
    if (t != top) {
        sx_derive(g, top, r, &t, 1, &l->r);
        sx_derive(g, top, bias, &t, 1, &l->bias);
    }
    return g->error.status == SX_OK;
}

/* Whether the elements of a node cannot be negative; they need no rule for negative values. */
static bool never_negative(const struct sx_graph *g, int node, int depth)
{
    const struct sx_node *n = &g->node[node];
    double value;
    switch (n->op) {
    case SX_RELU:
    case SX_EXP:
    case SX_SIGMOID:
    case SX_SOFTPLUS:
    case SX_SQRT:
    case SX_ABS:
    case SX_SOFTMAX:
        return true;
    case SX_RESHAPE:
    case SX_TRANSPOSE:
    case SX_TAKE:
    case SX_SUMPOOL:
    case SX_SUM:
    case SX_REDUCEMAX:
        return depth > 0 && never_negative(g, n->in[0], depth - 1);
    case SX_ADD:
    case SX_MUL:
        return depth > 0 && never_negative(g, n->in[0], depth - 1) &&
               never_negative(g, n->in[1], depth - 1);
    default:
        return sx_is_uniform(g, node, &value) && value >= 0;
    }
}

static int positive(struct sx_graph *g, int a)
{
    return never_negative(g, a, 16) ? a : sx_positive(g, a);
}

static int negative(struct sx_graph *g, int a)
{
    struct sx_shape shape = sx_shape_of(g, a);
    return never_negative(g, a, 16) ? sx_expand(g, sx_scalar(g, 0), &shape) : sx_negative(g, a);
}

/* a / b, or 0 where b is 0. */
static int over_nonzero(struct sx_graph *g, int a, int b)
{
    int zero = sx_scalar(g, 0), none = sx_binary(g, SX_EQUAL, b, zero);
    return sx_where(g, none, zero, sx_div(g, a, sx_where(g, none, sx_scalar(g, 1), b)));
}

/* The operands of a product by sign: u[0] = max(u, 0), u[1] = min(u, 0); v[] likewise. */
struct parts {
    int y, k;
    int u[2], v[2];
};

static struct parts parts_of(struct sx_graph *g, int y, int k)
{
    const struct sx_node n = g->node[y];
    int u = n.in[k], v = n.in[1 - k];
    return (struct parts){
        y, k, {positive(g, u), negative(g, u)}, {positive(g, v), negative(g, v)}};
}

static int part(struct sx_graph *g, const struct parts *p, int u, int v)
{
    const int in[] = {p->k == 0 ? p->u[u] : p->v[v], p->k == 0 ? p->v[v] : p->u[u]};
    return sx_like(g, p->y, in);
}

/* u[u] times the pull-back of `seed` through v[v]. */
static int part_share(struct sx_graph *g, const struct parts *p, int u, int v, int seed)
{
    struct sx_shape shape = sx_shape_of(g, p->u[u]);
    /* a placeholder for u: the pull-back does not use it */
    int any = sx_input(g, g->real, &shape);
    const int in[] = {p->k == 0 ? any : p->v[v], p->k == 0 ? p->v[v] : any};
    return sx_mul(g, p->u[u], sx_like_pulled(g, p->y, in, p->k, seed));
}

/* Shares alpha z_i+ / z+ - beta z_i- / z-. The bias belongs to z+ or z- by its sign. */
static int share_by_sign(struct sx_walk *w, const struct layer *l, double alpha, double beta)
{
    struct sx_graph *g = w->g;
    struct parts p = parts_of(g, l->product, l->k);
    int result = SX_NONE;
    for (int side = 0; side < 2; side++) {
        double factor = side == 0 ? alpha : -beta;
        if (factor == 0)
            continue;
        int z = sx_add(g, part(g, &p, 0, side), part(g, &p, 1, 1 - side));
        if (l->bias != SX_NONE)
            z = sx_add(g, z, side == 0 ? sx_positive(g, l->bias) : sx_negative(g, l->bias));
        int seed = over_nonzero(g, sx_scale(g, l->r, factor), z);
        int share =
            sx_add(g, part_share(g, &p, 0, side, seed), part_share(g, &p, 1, 1 - side, seed));
        result = result == SX_NONE ? share : sx_add(g, result, share);
    }
    return result;
}

/* Distributes `seed` equally among the inputs of each neuron. */
static int share_equally(struct sx_graph *g, const struct layer *l, int seed)
{
    const struct sx_node n = g->node[l->product];
    int in[2];
    for (int k = 0; k < 2; k++) {
        struct sx_shape shape = g->node[n.in[k]].shape;
        in[k] = sx_expand(g, sx_scalar(g, 1), &shape);
    }
    int count = sx_like(g, l->product, in), u = in[l->k];
    struct sx_shape shape = sx_shape_of(g, u);
    in[l->k] = sx_input(g, g->real, &shape);
    return sx_like_pulled(g, l->product, in, l->k, sx_div(g, seed, count));
}

static int share_epsilon(struct sx_walk *w, const struct layer *l)
{
    struct sx_graph *g = w->g;
    const struct sx_node n = g->node[l->product];
    int z = l->bias == SX_NONE ? l->product : sx_add(g, l->product, l->bias);
    int seed = sx_over_stable(g, l->r, z, w->options);
    int share = sx_mul(g, n.in[l->k], sx_like_pulled(g, l->product, n.in, l->k, seed));
    if (!w->options->distribute)
        return share;
    /* The part of the relevance that the inputs' own shares leave: that of the bias and the
     * stabiliser. */
    int rest = sx_sub(g, l->r, sx_mul(g, seed, l->product));
    return sx_add(g, share, share_equally(g, l, rest));
}

/* Whether u is x, except for moves. */
static bool is_first(const struct sx_walk *w, int u)
{
    while (u != w->x && sx_row_of(w->g, &w->g->node[u])->flow == SX_FLOW_MOVE)
        u = w->g->node[u].in[0];
    return u == w->x;
}

/* The rules of the first layer (Montavon et al. 2017): w^2 for unbounded x; z^B for bounded x,
 * which subtracts the shares of the bounds. */
static int share_first(struct sx_walk *w, const struct layer *l)
{
    struct sx_graph *g = w->g;
    const struct sx_node n = g->node[l->product];
    struct sx_shape shape = sx_shape_of(g, n.in[l->k]);
    int weights = n.in[1 - l->k];
    struct parts p = {l->product, l->k, {SX_NONE, SX_NONE}, {weights, weights}};
    if (w->options->first == SX_FIRST_WSQUARE) {
        p.u[0] = sx_expand(g, sx_scalar(g, 1), &shape);
        p.v[0] = sx_mul(g, weights, weights);
        return part_share(g, &p, 0, 0, over_nonzero(g, l->r, part(g, &p, 0, 0)));
    }
    int share = SX_NONE, z = l->product, seed;
    struct parts low = p, high = p;
    low.u[0] = sx_expand(g, sx_scalar(g, w->options->bound[0]), &shape);
    low.v[0] = sx_positive(g, weights);
    high.u[0] = sx_expand(g, sx_scalar(g, w->options->bound[1]), &shape);
    high.v[0] = sx_negative(g, weights);
    p.u[0] = n.in[l->k];
    z = sx_sub(g, sx_sub(g, z, part(g, &low, 0, 0)), part(g, &high, 0, 0));
    seed = over_nonzero(g, l->r, z);
    share = sx_sub(g, part_share(g, &p, 0, 0, seed), part_share(g, &low, 0, 0, seed));
    return sx_sub(g, share, part_share(g, &high, 0, 0, seed));
}

static int share_of_layer(struct sx_walk *w, const struct layer *l)
{
    switch (w->rule) {
    case SX_LRP_ALPHA_BETA:
        return share_by_sign(w, l, 2, 1);
    case SX_DEEP_TAYLOR:
        if (w->options->first != SX_FIRST_ZPLUS && is_first(w, w->g->node[l->product].in[l->k]))
            return share_first(w, l);
        return share_by_sign(w, l, 1, 0);
    default:
        return share_epsilon(w, l);
    }
}

/* ---- Operators without weights ---- */

/* Gives equal shares to the operands of y that vary. */
static void hand_equally(struct sx_walk *w, int y)
{
    struct sx_graph *g = w->g;
    const struct sx_node n = g->node[y];
    bool need[3] = {false};
    int count = sx_varying(w, y, need);
    for (int k = 0; k < n.n_in; k++)
        if (need[k]) {
            struct sx_shape shape = sx_shape_of(g, n.in[k]);
            int share = sx_scale(g, w->at[y], 1.0 / count);
            sx_hand(w, w->at, n.in[k], sx_sum_to(g, share, &shape));
        }
}

/* Gives operand k the share x_k (dy/dx_k) / y. These are the terms of a sum. Those of a product are
 * halved. */
static void hand_epsilon(struct sx_walk *w, int y)
{
    struct sx_graph *g = w->g;
    const struct sx_node n = g->node[y];
    bool need[2] = {false};
    int dx[2] = {SX_NONE, SX_NONE}, count = sx_varying(w, y, need);
    double factor = sx_row_of(g, &n)->flow == SX_FLOW_PRODUCT ? 1.0 / count : 1;
    int seed = sx_over_stable(g, sx_scale(g, w->at[y], factor), y, w->options);
    sx_row_of(g, &n)->derive(g, y, seed, need, dx);
    for (int k = 0; k < n.n_in; k++)
        if (need[k])
            sx_hand(w, w->at, n.in[k], sx_mul(g, n.in[k], dx[k]));
}

/* The same for the positive terms of a sum only. */
static void hand_positive_sum(struct sx_walk *w, int y)
{
    struct sx_graph *g = w->g;
    const struct sx_node n = g->node[y];
    int in[2] = {SX_NONE, SX_NONE}, z;
    for (int k = 0; k < n.n_in; k++) {
        bool minus = n.op == SX_SUB && k == 1;
        in[k] = !sx_is_real(g->node[n.in[k]].type) ? n.in[k]
                : minus                            ? negative(g, n.in[k])
                                                   : positive(g, n.in[k]);
    }
    z = sx_like(g, y, in);
    int seed = over_nonzero(g, w->at[y], z);
    for (int k = 0; k < n.n_in; k++)
        if (w->varies[n.in[k]] && sx_is_real(g->node[n.in[k]].type))
            sx_hand(w, w->at, n.in[k], sx_mul(g, in[k], sx_like_pulled(g, y, in, k, seed)));
}

static void hand_positive_product(struct sx_walk *w, int y)
{
    struct sx_graph *g = w->g;
    const struct sx_node n = g->node[y];
    int count = sx_varying(w, y, NULL), seed = SX_NONE;
    for (int k = 0; k < 2; k++) {
        struct parts p = parts_of(g, y, k);
        if (k == 0) {
            int z = sx_add(g, part(g, &p, 0, 0), part(g, &p, 1, 1));
            seed = over_nonzero(g, sx_scale(g, w->at[y], 1.0 / count), z);
        }
        if (w->varies[n.in[k]])
            sx_hand(w, w->at, n.in[k],
                    sx_add(g, part_share(g, &p, 0, 0, seed), part_share(g, &p, 1, 1, seed)));
    }
}

static void hand_own(struct sx_walk *w, int y)
{
    const struct sx_node n = w->g->node[y];
    bool need = true;
    int share = SX_NONE;
    sx_row_of(w->g, &n)->relevance(w->g, y, w->at[y], &need, &share);
    sx_hand(w, w->at, n.in[0], share);
}

/* Passes all relevance of a function of one variable to its operand. A choice between several
 * operands passes it to the chosen one. */
static void hand_through(struct sx_walk *w, int y)
{
    struct sx_unit unit;
    int op = w->g->node[y].op;
    if (op == SX_WHERE && !w->varies[w->g->node[y].in[0]])
        sx_hand_derivative(w, w->at, y, w->at[y]);
    else if (sx_unit_of(w, y, &unit))
        sx_hand(w, w->at, unit.source, w->at[y]);
    else if (op == SX_WHERE || op == SX_MAX || op == SX_MIN)
        sx_hand_derivative(w, w->at, y, w->at[y]);
    else
        hand_equally(w, y);
}

/* Whether y passes all relevance to one operand: a sign, a factor that does not vary, or a bias
 * that does not absorb any. */
static bool hands_all(const struct sx_walk *w, int y)
{
    int op = w->g->node[y].op;
    return sx_only_varying(w, y) != SX_NONE &&
           (op == SX_NEG || op == SX_MUL ||
            (w->options->distribute && (op == SX_ADD || op == SX_SUB)));
}

void sx_visit_lrp(struct sx_walk *w, int y)
{
    struct layer l;
    struct sx_unit unit;
    enum sx_flow flow = sx_row_of(w->g, &w->g->node[y])->flow;
    bool taylor = w->rule == SX_DEEP_TAYLOR;
    if (find_layer(w, y, &l))
        sx_hand(w, w->at, w->g->node[l.product].in[l.k], share_of_layer(w, &l));
    else if (flow == SX_FLOW_MOVE)
        sx_hand_derivative(w, w->at, y, w->at[y]);
    else if (flow == SX_FLOW_OWN)
        hand_own(w, y);
    else if (flow == SX_FLOW_POINT)
        hand_through(w, y);
    else if (hands_all(w, y))
        hand_equally(w, y);
    else if (w->g->node[y].op == SX_MUL && sx_unit_of(w, y, &unit))
        sx_hand(w, w->at, unit.source, w->at[y]);
    else if (taylor && flow == SX_FLOW_PRODUCT)
        hand_positive_product(w, y);
    else if (taylor)
        hand_positive_sum(w, y);
    else
        hand_epsilon(w, y);
}
