/* layer.c - the usual layer, and what lies between a layer and the output. */
#include <stdlib.h>
#include <string.h>

#include "explain/find_layer.h"
#include "taylorcam/taylorcam.h"

/* The last convolution or pooling seen, and the last tensor after it on the same map. */
struct choosing {
    int64_t rows, columns;
    const char *name;
};

static void choose(void *context, const struct sx_listed *listed)
{
    struct choosing *c = context;
    const struct sx_shape *s = &listed->shape;
    if (s->rank != 4 || s->dim[0] != 1 || s->dim[2] * s->dim[3] < 2 || !listed->differentiable)
        return;
    if (sx_layer_is_spatial(listed->op)) {
        c->rows = s->dim[2];
        c->columns = s->dim[3];
    }
    if (c->rows == s->dim[2] && c->columns == s->dim[3])
        c->name = listed->tensor;
}

const char *sx_default_layer(struct sx_model *model, const struct sx_tensor *feeds,
                             const char *output, size_t max_memory, struct sx_error *error)
{
    struct choosing c = {0};
    if (!sx_list(model, feeds, output, max_memory, choose, &c, error))
        return NULL;
    if (c.name == NULL)
        sx_fail(error, SX_USAGE,
                "no convolution with more than one place; name a layer (--layer=list)");
    return c.name;
}

/* The explained tensor and x in the faithful graph. */
static void find_ends(const struct sx_explainer *e, int *x, int *y)
{
    const struct sx_lowered *l = e->built.lowered;
    *x = sx_find(l->graph, e->input_name);
    *y = sx_find(l->graph, e->target.output);
}

/* The name of an input that the graph below x still reads, though x follows from it. */
static bool find_bypass(struct sx_taylorcam *t, int x, struct sx_error *error)
{
    const struct sx_explained *b = &t->e->built;
    const struct sx_lowered *l = b->lowered;
    bool *needed = sx_new(l->graph->n_nodes, sizeof *needed, error);
    if (needed == NULL)
        return false;
    sx_mark_needed(l->graph, &x, 1, needed);
    for (int i = 0; i < b->n_inputs; i++)
        if (b->input[i] != SX_NONE && b->input[i] != b->x && needed[l->inputs[i].node])
            t->bypass = l->inputs[i].name;
    free(needed);
    return true;
}

/* Whether the logit has no second derivative by x. */
static bool look_at_logit(struct sx_taylorcam *t, int x, int y, struct sx_error *error)
{
    struct sx_graph *from = t->e->built.lowered->graph;
    enum sx_score score = SX_SCORE_LOGIT;
    int logit = sx_score_node(from, y, false, &score);
    int *map = sx_new(from->n_nodes, sizeof *map, error);
    struct sx_graph *g = sx_graph_new(from->rows, from->real, error);
    if (map != NULL && g != NULL) {
        g->limit = from->limit;
        g->watch = from->watch;
        struct sx_smoothing smoothing = {from, map, t->e->smooth};
        if (sx_rebuild(from, g, &logit, 1, &x, 1, map, sx_smooth_change, &smoothing)) {
            struct sx_shape shape = sx_shape_of(g, map[logit]);
            int any = sx_input(g, g->real, &shape);
            int picked = sx_sum_all(g, sx_mul(g, map[logit], any));
            t->logit_zero = map[x] == SX_NONE || !sx_has_curvature(g, picked, map[x]);
        }
    }
    bool ok = g != NULL && map != NULL && sx_graph_ok(g, error);
    sx_graph_free(g);
    free(map);
    return ok;
}

bool sx_taylorcam_look(struct sx_taylorcam *t, struct sx_error *error)
{
    int x, y;
    find_ends(t->e, &x, &y);
    return find_bypass(t, x, error) && look_at_logit(t, x, y, error);
}
