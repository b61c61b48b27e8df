/* derive.c - reverse-mode differentiation as a rewriting of the graph.
 *
 * Walks once from y back to the xs, in reverse topological order. Each row emits the cotangents of
 * its inputs. Forward mode is the transpose of the transpose: the pull-back of a seed u is linear
 * in u, and the pull-back of that along v is the push-forward. */
#include <stdlib.h>

#include "graph/derive.h"

/* State of one walk. */
struct walk {
    struct sx_graph *g;
    bool *reached; /* [nodes]: depends on some x */
    bool *is_x;
    int *cotangent; /* per node; SX_NONE: zero so far */
};

static void accumulate(struct walk *w, int node, int cotangent)
{
    int *c = &w->cotangent[node];
    *c = *c == SX_NONE ? cotangent : sx_add(w->g, *c, cotangent);
}

/* Adds node y's part to the cotangents of its inputs. */
static void pull_back(struct walk *w, int y)
{
    struct sx_graph *g = w->g;
    const struct sx_node n = g->node[y];
    const struct sx_row *row = sx_row_of(g, &n);
    if (row->derive == NULL || !sx_is_real(n.type))
        return;
    bool *need = sx_new((size_t)n.n_in, sizeof *need, &g->error);
    int *dx = sx_new((size_t)n.n_in, sizeof *dx, &g->error);
    bool any = false;
    for (int k = 0; k < n.n_in && need != NULL && dx != NULL; k++) {
        need[k] = w->reached[n.in[k]] && sx_is_real(g->node[n.in[k]].type);
        any = any || need[k];
        dx[k] = SX_NONE;
    }
    if (any)
        row->derive(g, y, w->cotangent[y], need, dx);
    for (int k = 0; any && k < n.n_in && g->error.status == SX_OK; k++)
        if (need[k] && dx[k] != SX_NONE)
            accumulate(w, n.in[k], dx[k]);
    free(need);
    free(dx);
}

static int zeros(struct sx_graph *g, const struct sx_shape *shape)
{
    struct sx_shape s = *shape;
    return sx_expand(g, sx_scalar(g, 0), &s);
}

bool sx_derive(struct sx_graph *g, int y, int seed, const int *xs, int n, int *dxs)
{
    if (g->error.status != SX_OK || y < 0)
        return false;
    size_t before = g->n_nodes;
    struct sx_shape shape = g->node[y].shape;
    struct walk w = {.g = g};
    w.reached = sx_new(before, sizeof *w.reached, &g->error);
    w.is_x = sx_new(before, sizeof *w.is_x, &g->error);
    w.cotangent = sx_new(before, sizeof *w.cotangent, &g->error);
    if (seed == SX_NONE)
        seed = sx_expand(g, sx_scalar(g, 1), &shape);
    if (g->error.status == SX_OK) {
        for (size_t i = 0; i < before; i++)
            w.cotangent[i] = SX_NONE;
        for (int i = 0; i < n; i++)
            w.is_x[xs[i]] = true;
        sx_mark_reached(g, xs, n, before, w.reached);
        w.cotangent[y] = seed;
        for (int i = y; i >= 0 && g->error.status == SX_OK; i--)
            if (w.reached[i] && w.cotangent[i] != SX_NONE && !w.is_x[i])
                pull_back(&w, i);
    }
    for (int i = 0; i < n && g->error.status == SX_OK; i++) {
        dxs[i] = w.cotangent[xs[i]];
        if (dxs[i] == SX_NONE)
            dxs[i] = zeros(g, &g->node[xs[i]].shape);
    }
    free(w.reached);
    free(w.is_x);
    free(w.cotangent);
    return g->error.status == SX_OK;
}

int sx_derive_forward(struct sx_graph *g, int y, int x, int v)
{
    struct sx_shape shape = sx_shape_of(g, y);
    int u = sx_input(g, g->real, &shape), pulled, pushed;
    if (!sx_derive(g, y, u, &x, 1, &pulled) || !sx_derive(g, pulled, v, &u, 1, &pushed))
        return SX_NONE;
    return pushed;
}

bool sx_has_curvature(struct sx_graph *g, int y, int x)
{
    struct sx_shape shape = sx_shape_of(g, x);
    int v = sx_input(g, g->real, &shape), first, second;
    double zero;
    if (!sx_derive(g, y, SX_NONE, &x, 1, &first) || !sx_derive(g, first, v, &x, 1, &second))
        return false;
    return !(sx_is_uniform(g, second, &zero) && zero == 0);
}
