/* candidates.c - layers on every path from x to f at which the size of the map changes. */
#include <stdlib.h>
#include <string.h>

#include "graph/op.h"
#include "explain/find_layer.h"
#include "taylorcam/taylorcam.h"

/* Marks the nodes between x and y that every path from x to y passes: those which no node
 * before them reaches past. */
static bool mark_narrow(const struct sx_graph *g, int x, int y, bool *narrow,
                        struct sx_error *error)
{
    bool *reached = sx_new(g->n_nodes, sizeof *reached, error);
    bool *needed = sx_new(g->n_nodes, sizeof *needed, error);
    int *last = sx_new(g->n_nodes, sizeof *last, error), most = x;
    bool ok = reached != NULL && needed != NULL && last != NULL;
    if (ok) {
        sx_mark_reached(g, &x, 1, g->n_nodes, reached);
        sx_mark_needed(g, &y, 1, needed);
    }
    for (int i = x; ok && i <= y; i++)
        for (int k = 0; reached[i] && needed[i] && k < g->node[i].n_in; k++)
            if (g->node[i].in[k] >= x)
                last[g->node[i].in[k]] = i;
    for (int i = x; ok && i <= y; i++) {
        if (!reached[i] || !needed[i])
            continue;
        narrow[i] = most <= i;
        most = last[i] > most ? last[i] : most;
    }
    free(reached);
    free(needed);
    free(last);
    return ok;
}

static bool is_pool(const char *op)
{
    return op != NULL && (strcmp(op, "MaxPool") == 0 || strcmp(op, "AveragePool") == 0);
}

static bool same_size(const struct sx_node *a, const struct sx_node *b)
{
    return a->shape.dim[2] == b->shape.dim[2] && a->shape.dim[3] == b->shape.dim[3];
}

/* Marks the names of maps: tensors of rows and columns as the last convolution or pooling
 * before them leaves. */
static void mark_maps(const struct sx_graph *g, bool *map)
{
    const struct sx_node *last = NULL;
    for (size_t i = 0; i < g->n_names; i++) {
        const struct sx_node *n = &g->node[g->name[i].node];
        bool room = n->shape.rank == 4 && n->shape.dim[0] == 1 &&
                    n->shape.dim[2] * n->shape.dim[3] > 1 && sx_is_real(n->type);
        if (room && sx_layer_is_spatial(g->name[i].onnx_op))
            last = n;
        map[i] = room && last != NULL && same_size(n, last);
    }
}

/* What is known of the maps while they are walked from the last to the first. */
struct walk {
    const struct sx_graph *g;
    const struct sx_name *later; /* the first map of the size at hand */
    const char **name;
    int n, most;
};

/* Takes the next map towards x. If its size differs from the later map's, one of the two
 * becomes a candidate: the later map if it is a pooling, otherwise this one. */
static void take(struct walk *w, const struct sx_name *map)
{
    bool ends =
        w->later == NULL || !same_size(&w->g->node[map->node], &w->g->node[w->later->node]);
    if (ends && w->n < w->most)
        w->name[w->n++] =
            w->later != NULL && is_pool(w->later->onnx_op) ? w->later->name : map->name;
    w->later = map;
}

int sx_taylorcam_candidates(const struct sx_explainer *e, const char **name, int most,
                            struct sx_error *error)
{
    const struct sx_explained *b = &e->built;
    const struct sx_graph *g = b->lowered->graph;
    struct walk w = {.g = g, .name = name, .most = most};
    bool *narrow = sx_new(g->n_nodes, sizeof *narrow, error);
    bool *is_map = sx_new(g->n_names, sizeof *is_map, error);
    bool ok = narrow != NULL && is_map != NULL &&
              mark_narrow(g, b->x_node, b->scores_node, narrow, error);
    if (ok)
        mark_maps(g, is_map);
    for (size_t i = g->n_names; ok && i-- > 0;) {
        const struct sx_name *map = &g->name[i];
        if (map->node > b->x_node && map->node <= b->scores_node && narrow[map->node] &&
            is_map[i])
            take(&w, map);
    }
    /* Where all maps have one size, distant places may still meet below the first. */
    if (w.n > 0 && w.n < most && name[w.n - 1] != w.later->name)
        name[w.n++] = w.later->name;
    free(is_map);
    free(narrow);
    return ok ? w.n : -1;
}
