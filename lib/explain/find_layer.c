/* find_layer.c - finds the layer of the file that explains f best. */
#include <stdlib.h>
#include <string.h>

#include "explain/find_layer.h"
#include "graph/op.h"

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

bool sx_is_map(const struct sx_graph *g, const struct sx_name *name, struct sx_shape *maps)
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
        if (sx_is_map(g, &g->name[i], &maps) && has_places(&g->node[at].shape) &&
            sx_is_real(g->node[at].type) && at != b->x_node && at <= b->scores_node &&
            m->reached[at] && m->needed[at] && (m->before[at] || !before))
            name = g->name[i].name;
    }
    return name;
}

const char *sx_find_layer(const struct sx_explainer *e, bool to_the_end, struct sx_error *error)
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

const char *sx_last_convolution(const struct sx_explainer *e, struct sx_error *error)
{
    const struct sx_graph *g = e->built.lowered->graph;
    const char *name = NULL;
    for (size_t i = 0; i < g->n_names; i++)
        if (g->name[i].onnx_op != NULL && strcmp(g->name[i].onnx_op, "Conv") == 0 &&
            g->name[i].node <= e->built.scores_node)
            name = g->name[i].name;
    if (name == NULL)
        sx_fail(error, SX_MODEL, "Grad-CAM: no convolution; name a layer");
    return name;
}
