/* flow.c - the walk that all propagation rules share, and parts of rules. */
#include <stdlib.h>

#include "graph/flow.h"

void sx_walk_free(struct sx_walk *w)
{
    free(w->varies);
    free(w->uses);
    free(w->at);
    free(w->minus);
    free(w->plus);
    free(w->reference);
}

/* Rebuilds every node that varies with x, at the reference. */
static void emit_reference(struct sx_walk *w, int reference)
{
    struct sx_graph *g = w->g;
    for (int i = 0; i <= w->y && g->error.status == SX_OK; i++) {
        w->reference[i] = i == w->x ? reference : i;
        if (i == w->x || !w->varies[i] || w->uses[i] == 0)
            continue;
        const struct sx_node n = g->node[i];
        int *in = sx_new((size_t)n.n_in, sizeof *in, &g->error);
        for (int k = 0; in != NULL && k < n.n_in; k++)
            in[k] = w->reference[n.in[k]];
        if (in != NULL)
            w->reference[i] = sx_emit(g, n.op, n.n_in, in, n.n_attr, n.attr);
        free(in);
    }
}

static void count_uses(struct sx_walk *w)
{
    w->uses[w->y] = 1;
    for (int i = w->y; i >= 0; i--)
        for (int k = 0; w->uses[i] > 0 && k < w->g->node[i].n_in; k++)
            w->uses[w->g->node[i].in[k]]++;
}

bool sx_walk_new(struct sx_walk *w, struct sx_graph *g, int y, int x, int reference)
{
    *w = (struct sx_walk){.g = g, .x = x, .y = y, .n = g->n_nodes};
    if (g->error.status != SX_OK || y < 0 || x < 0)
        return false;
    w->varies = sx_new(w->n, sizeof *w->varies, &g->error);
    w->uses = sx_new(w->n, sizeof *w->uses, &g->error);
    w->at = sx_new(w->n, sizeof *w->at, &g->error);
    w->minus = sx_new(w->n, sizeof *w->minus, &g->error);
    w->plus = sx_new(w->n, sizeof *w->plus, &g->error);
    w->reference = sx_new(w->n, sizeof *w->reference, &g->error);
    if (g->error.status != SX_OK)
        return false;
    for (size_t i = 0; i < w->n; i++)
        w->at[i] = w->minus[i] = w->plus[i] = SX_NONE;
    sx_mark_reached(g, &x, 1, w->n, w->varies);
    count_uses(w);
    if (reference != SX_NONE)
        emit_reference(w, reference);
    w->contrast = (struct sx_contrast){g, w->reference, false};
    return g->error.status == SX_OK;
}

void sx_walk_back(struct sx_walk *w, void (*visit)(struct sx_walk *w, int y))
{
    for (int i = w->y; i > w->x && w->g->error.status == SX_OK; i--)
        if (w->varies[i] && w->at[i] != SX_NONE && sx_is_real(w->g->node[i].type))
            visit(w, i);
}

void sx_hand(struct sx_walk *w, int *at, int node, int value)
{
    if (value == SX_NONE)
        return;
    at[node] = at[node] == SX_NONE ? value : sx_add(w->g, at[node], value);
}

int sx_varying(const struct sx_walk *w, int y, bool *need)
{
    const struct sx_node *n = &w->g->node[y];
    int count = 0;
    for (int k = 0; k < n->n_in; k++) {
        bool varies = w->varies[n->in[k]] && sx_is_real(w->g->node[n->in[k]].type);
        count += varies;
        if (need != NULL)
            need[k] = varies;
    }
    return count;
}

int sx_only_varying(const struct sx_walk *w, int y)
{
    const struct sx_node *n = &w->g->node[y];
    int only = SX_NONE;
    for (int k = 0; k < n->n_in; k++) {
        if (!w->varies[n->in[k]])
            continue;
        if (only != SX_NONE || !sx_is_real(w->g->node[n->in[k]].type))
            return SX_NONE;
        only = n->in[k];
    }
    return only;
}

void sx_hand_derivative(struct sx_walk *w, int *at, int y, int value)
{
    struct sx_graph *g = w->g;
    const struct sx_node n = g->node[y];
    if (sx_row_of(g, &n)->derive == NULL)
        return;
    bool *need = sx_new((size_t)n.n_in, sizeof *need, &g->error);
    int *dx = sx_new((size_t)n.n_in, sizeof *dx, &g->error);
    if (need != NULL && dx != NULL && sx_varying(w, y, need) > 0) {
        for (int k = 0; k < n.n_in; k++)
            dx[k] = SX_NONE;
        sx_row_of(g, &n)->derive(g, y, value, need, dx);
        for (int k = 0; k < n.n_in && g->error.status == SX_OK; k++)
            if (need[k])
                sx_hand(w, at, n.in[k], dx[k]);
    }
    free(need);
    free(dx);
}

/* ---- Functions of one variable ---- */

static void insert_falling(int *list, int *n, int node)
{
    int at = *n;
    for (int i = 0; i < *n; i++)
        if (list[i] == node)
            return;
    for (; at > 0 && list[at - 1] > node; at--)
        list[at] = list[at - 1];
    list[at] = node;
    ++*n;
}

/* Starts with y's operands and repeatedly replaces the latest node by its operands, until one is
 * left. */
bool sx_unit_of(const struct sx_walk *w, int y, struct sx_unit *unit)
{
    const struct sx_graph *g = w->g;
    int frontier[SX_UNIT_MOST + 3] = {y}, n = 1;
    unit->n = 0;
    do {
        int now = frontier[--n];
        const struct sx_node *node = &g->node[now];
        if (!sx_is_pointwise(node) || unit->n == SX_UNIT_MOST || n > SX_UNIT_MOST ||
            now == w->x || !sx_shape_equal(&node->shape, &g->node[y].shape))
            return false;
        unit->node[unit->n++] = now;
        for (int k = 0; k < node->n_in; k++)
            if (w->varies[node->in[k]])
                insert_falling(frontier, &n, node->in[k]);
    } while (n > 1 || (n == 1 && !sx_is_real(g->node[frontier[0]].type)));
    unit->source = frontier[0];
    return n == 1 && sx_shape_equal(&g->node[frontier[0]].shape, &g->node[y].shape);
}

int sx_unit_at(struct sx_graph *g, const struct sx_unit *unit, int source)
{
    int to[SX_UNIT_MOST];
    for (int i = unit->n; i-- > 0;) {
        const struct sx_node node = g->node[unit->node[i]];
        int in[3] = {0};
        for (int k = 0; k < node.n_in; k++) {
            in[k] = node.in[k] == unit->source ? source : node.in[k];
            for (int j = i + 1; j < unit->n; j++)
                if (unit->node[j] == node.in[k])
                    in[k] = to[j];
        }
        to[i] = sx_emit(g, node.op, node.n_in, in, node.n_attr, node.attr);
        if (to[i] == SX_NONE)
            return SX_NONE;
    }
    return to[0];
}

/* A value by which something else can be differentiated: identities cannot look through STOP, and so
 * cannot bypass it. */
static int variable(struct sx_graph *g, int value)
{
    return sx_stop(g, value);
}

int sx_unit_slope(struct sx_graph *g, const struct sx_unit *unit, int source)
{
    int x = variable(g, source);
    int y = x != SX_NONE ? sx_unit_at(g, unit, x) : SX_NONE, slope = SX_NONE;
    if (y != SX_NONE)
        sx_derive(g, y, SX_NONE, &x, 1, &slope);
    return slope;
}

/* ---- Pieces of rules ---- */

int sx_like(struct sx_graph *g, int y, const int *in)
{
    const struct sx_node n = g->node[y];
    return sx_emit(g, n.op, n.n_in, in, n.n_attr, n.attr);
}

int sx_like_pulled(struct sx_graph *g, int y, const int *in, int k, int seed)
{
    const int n = g->node[y].n_in, x = variable(g, in[k]);
    int with[2] = {in[0], n > 1 ? in[1] : SX_NONE}, pulled = SX_NONE;
    with[k] = x;
    int other = x != SX_NONE ? sx_like(g, y, with) : SX_NONE;
    if (other != SX_NONE)
        sx_derive(g, other, seed, &x, 1, &pulled);
    return pulled;
}

int sx_positive(struct sx_graph *g, int a)
{
    return sx_unary(g, SX_RELU, a);
}

int sx_negative(struct sx_graph *g, int a)
{
    return sx_neg(g, sx_positive(g, sx_neg(g, a)));
}

int sx_difference(const struct sx_contrast *c, int y)
{
    return sx_sub(c->g, y, c->reference[y]);
}

int sx_midpoint(const struct sx_contrast *c, int y)
{
    if (c->reference[y] == y)
        return y;
    return sx_scale(c->g, sx_add(c->g, y, c->reference[y]), 0.5);
}

/* A smaller difference counts as 0, as in the code of DeepLIFT's authors. The difference of two
 * infinities does so too: masks of attention are infinite. */
#define SMALL 1e-7

int sx_over(struct sx_graph *g, int part, int difference, int otherwise)
{
    int one = sx_scalar(g, 1), size = sx_unary(g, SX_ABS, difference);
    int large = sx_binary(g, SX_LESS, sx_scalar(g, SMALL), size);
    return sx_where(g, large, sx_div(g, part, sx_where(g, large, difference, one)), otherwise);
}

int sx_over_stable(struct sx_graph *g, int r, int z, const struct sx_rule_options *options)
{
    int zero = sx_scalar(g, 0), one = sx_scalar(g, 1);
    int epsilon = sx_scalar(g, options->epsilon);
    if (!options->absolute) {
        int axes[SX_MAX_RANK], rank = sx_shape_of(g, z).rank;
        for (int i = 0; i < rank; i++)
            axes[i] = i;
        int largest = sx_reduce_max(g, sx_unary(g, SX_ABS, z), axes, rank);
        epsilon = sx_mul(g, epsilon, largest);
    }
    int below = sx_binary(g, SX_LESS, z, zero);
    int whole = sx_add(g, z, sx_where(g, below, sx_neg(g, epsilon), epsilon));
    int none = sx_binary(g, SX_EQUAL, whole, zero);
    return sx_where(g, none, zero, sx_div(g, r, sx_where(g, none, one, whole)));
}
