/* jet.c - Taylor coefficients along a line, as a rewriting of the graph.
 *
 * A linear operator maps coefficients to coefficients. A product convolves them. For any other
 * operator y' = J(x) x', so y_k is the coefficient of s^(k-1) in J(x) x', divided by k. The
 * derivative rules build J(x) x' once, over inputs that stand for the operands, the result, and x'.
 * J may use the result, but then only its lower orders. */
#include <stdlib.h>
#include <string.h>

#include "graph/jet.h"

/* What is known of a node. It may be a stand-in for another node, or for the derivative of another
 * node by s. */
struct known {
    /* the node that it stands for, or for whose derivative; SX_NONE: none */
    int same_as, rate_of;
    int rate;         /* J(x) x' over stand-ins; SX_NONE until needed */
    int *coefficient; /* [order + 1]; NULL: none yet */
};

struct jet {
    struct sx_graph *g;
    int x, v, order;
    struct known *known;
    size_t n_known, capacity;
    struct sx_arena arena;
};

static int coefficient(struct jet *j, int node, int k);

/* The entry of a node, with room for its coefficients; NULL: out of memory. */
static struct known *known_of(struct jet *j, int node)
{
    struct sx_error *error = &j->g->error;
    void *items = j->known;
    if ((size_t)node >= j->n_known) {
        if (!sx_grow(&items, &j->capacity, (size_t)node + 1, sizeof *j->known, error))
            return NULL;
        j->known = items;
        for (; j->n_known <= (size_t)node; j->n_known++)
            j->known[j->n_known] = (struct known){SX_NONE, SX_NONE, SX_NONE, NULL};
    }
    struct known *known = &j->known[node];
    if (known->coefficient == NULL) {
        size_t n = (size_t)j->order + 1;
        known->coefficient = sx_arena_new(&j->arena, n, sizeof(int), error);
        for (size_t i = 0; known->coefficient != NULL && i < n; i++)
            known->coefficient[i] = SX_NONE;
    }
    return known->coefficient != NULL ? known : NULL;
}

static int zero_of(struct sx_graph *g, int node)
{
    struct sx_shape shape = sx_shape_of(g, node);
    return sx_expand(g, sx_scalar(g, 0), &shape);
}

/* A new input that stands for `node`, or for its derivative by s. */
static int stand_in(struct jet *j, int node, bool rate)
{
    struct sx_shape shape = sx_shape_of(j->g, node);
    int id = sx_input(j->g, j->g->real, &shape);
    struct known *known = id != SX_NONE ? known_of(j, id) : NULL;
    if (known != NULL)
        *(rate ? &known->rate_of : &known->same_as) = node;
    return id;
}

/* The operator applied to the k-th coefficients of its real operands; other operands have order 0
 * only. */
static int at_order(struct jet *j, int node, int k)
{
    struct sx_graph *g = j->g;
    const struct sx_node n = g->node[node];
    int *in = sx_new((size_t)n.n_in, sizeof *in, &g->error), result = SX_NONE;
    for (int i = 0; in != NULL && i < n.n_in; i++)
        in[i] = coefficient(j, n.in[i], sx_is_real(g->node[n.in[i]].type) ? k : 0);
    if (in != NULL && g->error.status == SX_OK)
        result = sx_emit(g, n.op, n.n_in, in, n.n_attr, n.attr);
    free(in);
    return result;
}

static int convolved(struct jet *j, int node, int k)
{
    struct sx_graph *g = j->g;
    const struct sx_node n = g->node[node];
    int sum = SX_NONE;
    for (int i = 0; i <= k && g->error.status == SX_OK; i++) {
        const int in[] = {coefficient(j, n.in[0], i), coefficient(j, n.in[1], k - i)};
        int term =
            g->error.status == SX_OK ? sx_emit(g, n.op, 2, in, n.n_attr, n.attr) : SX_NONE;
        sum = i == 0 ? term : sx_add(g, sum, term);
    }
    return sum;
}

/* Builds y' = sum over k of (dy / din_k) in_k' over stand-ins. */
static int rate_of(struct jet *j, int node)
{
    struct sx_graph *g = j->g;
    const struct sx_node n = g->node[node];
    size_t before = g->n_nodes;
    int *in = sx_new((size_t)n.n_in, sizeof *in, &g->error), rate = zero_of(g, node);
    for (int i = 0; in != NULL && i < n.n_in; i++)
        in[i] = sx_is_real(g->node[n.in[i]].type) ? stand_in(j, n.in[i], false) : n.in[i];
    int y = g->error.status == SX_OK ? sx_emit(g, n.op, n.n_in, in, n.n_attr, n.attr) : SX_NONE;
    bool fresh = y != SX_NONE && (size_t)y >= before && g->node[y].op != SX_INPUT;
    struct known *known = fresh ? known_of(j, y) : NULL;
    if (known != NULL)
        known->same_as = node;
    for (int i = 0; in != NULL && i < n.n_in && g->error.status == SX_OK; i++)
        if (sx_is_real(g->node[n.in[i]].type)) {
            int part = sx_derive_forward(g, y, in[i], stand_in(j, n.in[i], true));
            rate = sx_add(g, rate, part);
        }
    free(in);
    return g->error.status == SX_OK ? rate : SX_NONE;
}

static int by_rate(struct jet *j, int node, int k)
{
    struct known *known = known_of(j, node);
    if (known == NULL)
        return SX_NONE;
    int rate = known->rate;
    if (rate == SX_NONE) {
        rate = rate_of(j, node);
        if (rate == SX_NONE || (known = known_of(j, node)) == NULL)
            return SX_NONE;
        known->rate = rate;
    }
    return sx_scale(j->g, coefficient(j, rate, k - 1), 1.0 / k);
}

static int find(struct jet *j, int node, int k)
{
    struct sx_graph *g = j->g;
    const struct sx_node *n = &g->node[node];
    if (node == j->x)
        return k == 0 ? j->x : k == 1 ? j->v : zero_of(g, node);
    if (n->op == SX_INPUT || n->op == SX_CONST)
        return k == 0 ? node : zero_of(g, node);
    if (k == 0)
        return at_order(j, node, 0);
    enum sx_flow flow = sx_row_of(g, n)->flow;
    bool real = false;
    for (int i = 0; i < n->n_in; i++)
        real = real || sx_is_real(g->node[n->in[i]].type);
    if (!real)
        return zero_of(g, node);
    bool moves = flow == SX_FLOW_MOVE && n->op != SX_REDUCEMAX;
    if (moves || flow == SX_FLOW_SUM || n->op == SX_WHERE)
        return at_order(j, node, k);
    if (flow == SX_FLOW_PRODUCT)
        return convolved(j, node, k);
    return sx_row_of(g, n)->derive != NULL ? by_rate(j, node, k) : zero_of(g, node);
}

static int coefficient(struct jet *j, int node, int k)
{
    struct known *known = j->g->error.status == SX_OK ? known_of(j, node) : NULL;
    if (known == NULL)
        return SX_NONE;
    if (known->same_as != SX_NONE)
        return coefficient(j, known->same_as, k);
    if (known->rate_of != SX_NONE)
        return sx_scale(j->g, coefficient(j, known->rate_of, k + 1), k + 1);
    if (known->coefficient[k] != SX_NONE)
        return known->coefficient[k];
    int found = find(j, node, k);
    known = j->g->error.status == SX_OK ? known_of(j, node) : NULL;
    if (known == NULL)
        return SX_NONE;
    return known->coefficient[k] = found;
}

bool sx_jet(struct sx_graph *g, int y, int x, int v, int order, int *out)
{
    if (g->error.status != SX_OK || y < 0)
        return false;
    struct jet j = {.g = g, .x = x, .v = v, .order = order};
    bool *needed = sx_new((size_t)y + 1, sizeof *needed, &g->error);
    if (needed != NULL) {
        needed[y] = true;
        for (int i = y; i >= 0; i--)
            for (int k = 0; needed[i] && k < g->node[i].n_in; k++)
                needed[g->node[i].in[k]] = true;
        /* In ascending order, so that nothing recurses over the depth of the graph. */
        for (int k = 0; k <= order; k++)
            for (int i = 0; i <= y && g->error.status == SX_OK; i++)
                if (needed[i] && (k == 0 || sx_is_real(g->node[i].type)))
                    coefficient(&j, i, k);
    }
    for (int k = 0; k <= order && g->error.status == SX_OK; k++)
        out[k] = coefficient(&j, y, k);
    free(needed);
    free(j.known);
    sx_arena_free(&j.arena);
    return g->error.status == SX_OK;
}
