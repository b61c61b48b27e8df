/* tower.c - mixed directional derivatives as a graph.
 *
 * Nodes of derivatives depend on x only through nodes of f, the entries c. Let L = D_v1 .. D_vm f.
 * Its derivative along v is the sum over entries of <dL/dc, D_v c>. This takes one pass down from L
 * to the entries, and one pass up from x for all entries. Pulling dL/dc further down to x would run
 * through f for every tuple of directions. */
#include <stdlib.h>
#include <string.h>

#include "explain/tower.h"

void sx_tower_free(struct sx_tower *t)
{
    sx_graph_free(t->g);
    free(t->shared);
    free(t->moves);
    free(t->entry);
    free(t->slope);
    free(t->tangent);
    *t = (struct sx_tower){0};
}

static int copy_of(struct sx_tower *t, const struct sx_explained *b, const int *map, int input)
{
    const struct sx_node *n = &b->graph->node[input];
    return map[input] != SX_NONE ? map[input] : sx_input(t->g, n->type, &n->shape);
}

/* Copies f. Inputs that f does not need remain inputs. */
static bool copy(struct sx_tower *t, const struct sx_explained *b, struct sx_error *error)
{
    int *map = sx_new(b->graph->n_nodes, sizeof *map, error);
    if (map == NULL)
        return false;
    t->g->limit = b->graph->limit;
    t->g->watch = b->graph->watch;
    bool ok = sx_rebuild(b->graph, t->g, &b->value, 1, &b->x, 1, map, NULL, NULL);
    for (int i = 0; ok && i < t->n_shared; i++)
        t->shared[i] = copy_of(t, b, map, t->shared[i]);
    if (ok) {
        t->x = copy_of(t, b, map, b->x);
        t->root = map[b->value];
    }
    free(map);
    return sx_graph_ok(t->g, error) && ok;
}

static bool find_moving(struct sx_tower *t, struct sx_error *error)
{
    t->f_nodes = t->g->n_nodes;
    t->moves = sx_new(t->f_nodes, sizeof *t->moves, error);
    if (t->moves == NULL)
        return false;
    sx_mark_reached(t->g, &t->x, 1, t->f_nodes, t->moves);
    for (size_t i = 0; i < t->f_nodes; i++)
        t->moves[i] = t->moves[i] && sx_is_real(t->g->node[i].type);
    return true;
}

bool sx_tower_new(struct sx_tower *t, const struct sx_explainer *e, struct sx_error *error)
{
    const struct sx_explained *b = &e->built;
    struct sx_shape shape = b->graph->node[b->x].shape;
    *t =
        (struct sx_tower){.g = sx_graph_new(b->graph->rows, b->graph->real, error), .level = 1};
    t->shared = sx_new((size_t)b->n_inputs + 1, sizeof *t->shared, error);
    bool ok = t->g != NULL && t->shared != NULL;
    if (ok) {
        t->n_shared = sx_shared_nodes(b, t->shared);
        ok = copy(t, b, error) && find_moving(t, error);
    }
    for (int m = 0; ok && m < SX_MAX_ORDER; m++)
        t->v[m] = sx_input(t->g, t->g->real, &shape);
    if (ok) {
        t->seed = t->v[0];
        sx_derive(t->g, t->root, SX_NONE, &t->x, 1, &t->root);
        ok = sx_graph_ok(t->g, error);
    }
    if (!ok)
        sx_tower_free(t);
    return ok;
}

/* Finds the entries: nodes of f that the derivative nodes of the root use. */
static bool find_entries(struct sx_tower *t)
{
    struct sx_graph *g = t->g;
    bool *needed = sx_new(g->n_nodes, sizeof *needed, &g->error);
    int *entry = realloc(t->entry, t->f_nodes * sizeof *entry);
    t->entry = entry != NULL ? entry : t->entry;
    if (entry == NULL)
        sx_graph_fail(g, SX_MEMORY, "out of memory");
    t->n_entries = 0;
    if (needed != NULL && entry != NULL) {
        needed[t->root] = true;
        for (size_t i = g->n_nodes; i-- > t->f_nodes;)
            for (int k = 0; needed[i] && k < g->node[i].n_in; k++)
                needed[g->node[i].in[k]] = true;
        for (size_t i = 0; i < t->f_nodes; i++)
            if (needed[i] && t->moves[i])
                t->entry[t->n_entries++] = (int)i;
    }
    free(needed);
    return g->error.status == SX_OK;
}

/* The derivatives of the entries along v. The pull-back of cotangents u of the entries is linear in
 * u, and the pull-back of that along v is the result. */
static bool push_forward(struct sx_tower *t, int v)
{
    struct sx_graph *g = t->g;
    int n = t->n_entries, sum = sx_scalar(g, 0), pulled;
    int *u = sx_new((size_t)n, sizeof *u, &g->error);
    if (u == NULL)
        return false;
    for (int i = 0; i < n; i++) {
        struct sx_shape shape = sx_shape_of(g, t->entry[i]);
        u[i] = sx_input(g, g->real, &shape);
        sum = sx_add(g, sum, sx_sum_all(g, sx_mul(g, u[i], t->entry[i])));
    }
    bool ok = sx_derive(g, sum, SX_NONE, &t->x, 1, &pulled) &&
              sx_derive(g, pulled, v, u, n, t->tangent);
    free(u);
    return ok;
}

static bool is_zero(const struct sx_graph *g, int node)
{
    double value;
    return sx_is_uniform(g, node, &value) && value == 0;
}

/* Finds entries, slopes and tangents of the level. Entries that contribute nothing are dropped. */
static bool open_level(struct sx_tower *t)
{
    struct sx_graph *g = t->g;
    if (!find_entries(t))
        return false;
    size_t bytes = (size_t)(t->n_entries > 0 ? t->n_entries : 1) * sizeof(int);
    free(t->slope);
    free(t->tangent);
    t->slope = malloc(bytes);
    t->tangent = malloc(bytes);
    if (t->slope == NULL || t->tangent == NULL)
        return sx_graph_fail(g, SX_MEMORY, "out of memory");
    if (!sx_derive(g, t->root, t->seed, t->entry, t->n_entries, t->slope))
        return false;
    int kept = 0;
    for (int i = 0; i < t->n_entries; i++)
        if (!is_zero(g, t->slope[i])) {
            t->entry[kept] = t->entry[i];
            t->slope[kept++] = t->slope[i];
        }
    t->n_entries = kept;
    return push_forward(t, t->v[t->level]);
}

bool sx_tower_climb(struct sx_tower *t)
{
    struct sx_graph *g = t->g;
    if (!open_level(t))
        return false;
    int sum = sx_scalar(g, 0);
    for (int i = 0; i < t->n_entries; i++)
        sum = sx_add(g, sum, sx_sum_all(g, sx_mul(g, t->slope[i], t->tangent[i])));
    t->root = sum;
    t->seed = SX_NONE;
    t->level++;
    return g->error.status == SX_OK;
}

int sx_tower_row(struct sx_tower *t)
{
    int row;
    return sx_derive(t->g, t->root, t->seed, &t->x, 1, &row) ? row : SX_NONE;
}

int sx_tower_number(struct sx_tower *t, int64_t *elements)
{
    struct sx_graph *g = t->g;
    struct sx_shape one = {2, {1, 1}};
    *elements = 0;
    if (!open_level(t))
        return SX_NONE;
    int sum = sx_reshape(g, sx_scalar(g, 0), &one);
    for (int i = 0; i < t->n_entries; i++) {
        struct sx_shape shape = sx_shape_of(g, t->entry[i]);
        int64_t n = sx_count(&shape);
        int slope = sx_reshape(g, t->slope[i], &(struct sx_shape){2, {1, n}});
        int tangent = sx_reshape(g, t->tangent[i], &(struct sx_shape){2, {n, 1}});
        sum = sx_add(g, sum, sx_matmul(g, slope, tangent, false, false));
        *elements += n;
    }
    return sum;
}
