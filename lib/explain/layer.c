/* layer.c - the layer that explains f: found in the graph, or named. */
#include <stdlib.h>
#include <string.h>

#include "explain/layer.h"
#include "graph/op.h"

/* ---- Finding the layer ---- */

/* Per node: it depends on x; the scores depend on it; some node with weights depends on it. */
struct marks {
    bool *reached, *needed, *before;
};

static bool marks_new(struct marks *m, const struct sx_explained *b, struct sx_error *error)
{
    size_t n = b->lowered->graph->n_nodes;
    m->reached = sx_new(n, sizeof *m->reached, error);
    m->needed = sx_new(n, sizeof *m->needed, error);
    m->before = sx_new(n, sizeof *m->before, error);
    return m->reached != NULL && m->needed != NULL && m->before != NULL;
}

static void marks_free(struct marks *m)
{
    free(m->reached);
    free(m->needed);
    free(m->before);
}

/* Whether a node is a product of something that depends on x and something that does not. */
static bool has_weights(const struct marks *m, const struct sx_node *n)
{
    bool product = n->op == SX_MATMUL || n->op == SX_CONV || n->op == SX_CONVINPUT;
    return product && m->reached[n->in[0]] != m->reached[n->in[1]];
}

static void mark(struct marks *m, const struct sx_explained *b)
{
    const struct sx_graph *g = b->lowered->graph;
    sx_mark_reached(g, &b->x_node, 1, g->n_nodes, m->reached);
    m->needed[b->scores_node] = true;
    for (int i = b->scores_node; i >= 0; i--) {
        const struct sx_node *n = &g->node[i];
        bool before = m->needed[i] && (m->before[i] || has_weights(m, n));
        for (int k = 0; m->needed[i] && k < n->n_in; k++) {
            m->needed[n->in[k]] = true;
            m->before[n->in[k]] = m->before[n->in[k]] || before;
        }
    }
}

bool sx_layer_is_spatial(const char *op)
{
    static const char *const ops[] = {"Conv",      "ConvTranspose", "MaxPool",    "AveragePool",
                                      "FusedConv", "QLinearConv",   "ConvInteger"};
    for (size_t i = 0; op != NULL && i < sizeof ops / sizeof ops[0]; i++)
        if (strcmp(op, ops[i]) == 0)
            return true;
    return false;
}

/* Whether a tensor has the layout of the maps of the last convolution or pooling. *maps is their
 * shape, of rank 0 before the first. */
static bool is_map(const struct sx_graph *g, const struct sx_name *name, struct sx_shape *maps)
{
    const struct sx_shape *s = &g->node[name->node].shape;
    if (sx_layer_is_spatial(name->onnx_op))
        *maps = *s;
    bool same = s->rank >= 3 && s->rank == maps->rank;
    for (int k = 2; same && k < s->rank; k++)
        same = s->dim[k] == maps->dim[k];
    return same && (name->onnx_op == NULL || strcmp(name->onnx_op, "Transpose") != 0);
}

static bool has_places(const struct sx_shape *s)
{
    int64_t places = 1;
    for (int k = 2; k < s->rank; k++)
        places *= s->dim[k];
    return s->dim[0] == 1 && places > 1;
}

/* The last map that the scores depend on. `before`: a node with weights must follow it. */
static const char *last_map(const struct sx_explained *b, const struct marks *m, bool before)
{
    const struct sx_graph *g = b->lowered->graph;
    struct sx_shape maps = {0};
    const char *name = NULL;
    for (size_t i = 0; i < g->n_names; i++) {
        int at = g->name[i].node;
        if (is_map(g, &g->name[i], &maps) && has_places(&g->node[at].shape) &&
            sx_is_real(g->node[at].type) && at != b->x_node && at <= b->scores_node &&
            m->reached[at] && m->needed[at] && (m->before[at] || !before))
            name = g->name[i].name;
    }
    return name;
}

static const char *find_layer(const struct sx_explainer *e, bool to_the_end,
                              struct sx_error *error)
{
    struct marks m = {0};
    const char *name = NULL;
    if (marks_new(&m, &e->built, error)) {
        mark(&m, &e->built);
        name = to_the_end ? NULL : last_map(&e->built, &m, true);
        if (name == NULL)
            name = last_map(&e->built, &m, false);
        if (name == NULL)
            sx_fail(error, SX_USAGE,
                    "no convolution or pooling leaves more than one place; name a --layer");
    }
    marks_free(&m);
    return name;
}

/* ---- Using the layer ---- */

/* Sets the axes: channels are axis 1 of maps, and the last axis of a sequence. */
static bool look(struct sx_layer *l, const struct sx_explainer *e, struct sx_error *error)
{
    const struct sx_graph *g = e->built.lowered->graph;
    struct sx_shape maps = {0};
    bool map = false;
    l->shape = l->of->input.shape;
    for (size_t i = 0; i < g->n_names; i++) {
        bool is = is_map(g, &g->name[i], &maps);
        map = strcmp(g->name[i].name, l->name) == 0 ? is : map;
    }
    int rank = l->shape.rank;
    l->axis = rank == 3 && !map ? 2 : 1;
    l->places.rank = 0;
    for (int k = 1; k < rank; k++)
        if (k != l->axis)
            l->places.dim[l->places.rank++] = l->shape.dim[k];
    if (rank < 3 || l->shape.dim[0] != 1)
        return sx_fail(error, SX_USAGE, "layer '%.80s' has no places; name another --layer",
                       l->name);
    l->channels = l->shape.dim[l->axis];
    l->cells = sx_count(&l->places);
    if (l->channels < 1 || l->cells < 1)
        return sx_fail(error, SX_USAGE, "layer '%.80s' is empty", l->name);
    return true;
}

int64_t sx_layer_cell(const struct sx_layer *l, int64_t i, int64_t *channel)
{
    int64_t inner = l->axis == 1 ? l->cells : 1;
    *channel = i / inner % l->channels;
    return l->axis == 1 ? i % inner : i / l->channels;
}

bool sx_layer_open(struct sx_layer *l, struct sx_explainer *e, const char *name,
                   bool to_the_end, struct sx_error *error)
{
    *l = (struct sx_layer){0};
    if (name == NULL)
        name = find_layer(e, to_the_end, error);
    if (name == NULL)
        return false;
    if (e->layer == NULL || strcmp(e->layer->options.wrt, name) != 0) {
        sx_explainer_free(e->layer);
        free(e->layer_name);
        e->layer = NULL;
        e->layer_sample = 0;
        e->layer_name = sx_strdup(name, error);
        struct sx_explain_options options = e->options;
        options.wrt = e->layer_name;
        options.values_only = false;
        e->layer = e->layer_name != NULL ? sx_explainer_new(e->model, &options, error) : NULL;
    }
    l->of = e->layer;
    l->name = e->layer_name;
    if (l->of == NULL)
        return false;
    if (e->layer_sample != e->samples) {
        l->of->smooth = e->smooth;
        e->layer_sample = 0;
        if (!sx_explainer_sample(l->of, e->feeds, error))
            return false;
        e->layer_sample = e->samples;
        e->forward++;
    }
    return look(l, e, error);
}
