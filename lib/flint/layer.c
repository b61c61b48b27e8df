/* layer.c - the default layers, from which attributes are computed.
 *
 * The layer is the data input of the last node with weights. (Its output may have one channel per
 * class, its input does not.) If that is a vector, the layer is the last image above it. If there
 * are no images, the layers are the data inputs of the last two nodes with weights. */
#include <stdlib.h>
#include <string.h>

#include "flint/flint.h"
#include "lower/scope.h"

/* A walk from outputs to inputs of the file's nodes. */
struct walk {
    const struct sx_model *model;
    const struct sx_graph *g;
    bool *needed; /* per node: the class scores depend on it */
};

static const Onnx__NodeProto *node_at(const struct walk *w, size_t i)
{
    return w->model->graph->node[i];
}

static bool takes(const Onnx__NodeProto *node, const char *tensor)
{
    for (size_t k = 0; k < node->n_input; k++)
        if (strcmp(node->input[k], tensor) == 0)
            return true;
    return false;
}

static bool makes(const Onnx__NodeProto *node, const char *tensor)
{
    for (size_t k = 0; k < node->n_output; k++)
        if (strcmp(node->output[k], tensor) == 0)
            return true;
    return false;
}

static const Onnx__NodeProto *maker(const struct walk *w, const char *tensor)
{
    for (size_t i = 0; i < w->model->graph->n_node; i++)
        if (makes(node_at(w, i), tensor))
            return node_at(w, i);
    return NULL;
}

/* Marks the nodes that `scores` depends on; a file lists nodes in topological order. */
static bool mark(struct walk *w, const char *scores, struct sx_error *error)
{
    size_t n = w->model->graph->n_node;
    w->needed = sx_new(n, sizeof *w->needed, error);
    for (size_t i = n; w->needed != NULL && i-- > 0;) {
        w->needed[i] = makes(node_at(w, i), scores);
        for (size_t k = i + 1; k < n && !w->needed[i]; k++)
            for (size_t o = 0; w->needed[k] && !w->needed[i] && o < node_at(w, i)->n_output;
                 o++)
                w->needed[i] = takes(node_at(w, k), node_at(w, i)->output[o]);
    }
    return w->needed != NULL;
}

/* The node of a tensor in the graph; NULL if it is not real, is constant, or has another batch than
 * 1. */
static const struct sx_node *value(const struct walk *w, const char *tensor)
{
    int id = sx_find(w->g, tensor);
    if (id == SX_NONE)
        return NULL;
    const struct sx_node *n = &w->g->node[id];
    bool fits = sx_is_real(n->type) && n->op != SX_CONST && n->shape.rank >= 2 &&
                n->shape.rank <= 4 && n->shape.dim[0] == 1;
    return fits ? n : NULL;
}

static bool is_input(const struct walk *w, const char *tensor)
{
    return strcmp(tensor, sx_model_input(w->model, 0)->name) == 0;
}

static bool has_places(const struct sx_node *n)
{
    return n != NULL && n->shape.rank == 4 && n->shape.dim[2] * n->shape.dim[3] > 1;
}

/* The data input of a node with weights, whose other input is constant; NULL: it is no such node. */
static const char *data_of(const struct walk *w, const Onnx__NodeProto *node)
{
    static const char *const ops[] = {"Conv", "ConvTranspose", "Gemm", "MatMul"};
    bool known = false;
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
        known = known || strcmp(sx_text(node->op_type), ops[i]) == 0;
    if (!known || node->n_input < 2)
        return NULL;
    for (size_t k = 0; k < 2; k++) {
        int other = sx_find(w->g, node->input[1 - k]);
        if (other != SX_NONE && sx_is_const(w->g, other) && value(w, node->input[k]) != NULL)
            return node->input[k];
    }
    return NULL;
}

/* The last image above a tensor, along data inputs or first inputs, passing at most WEIGHTS nodes
 * with weights; NULL: none. */
static const char *image_above(const struct walk *w, const char *tensor)
{
    enum { WEIGHTS = 3 };
    size_t steps = 0;
    int weights = 0;
    while (!has_places(value(w, tensor)) && weights <= WEIGHTS) {
        const Onnx__NodeProto *node = maker(w, tensor);
        if (node == NULL || node->n_input == 0 || ++steps > w->model->graph->n_node)
            return NULL;
        const char *data = data_of(w, node);
        weights += data != NULL;
        tensor = data != NULL ? data : node->input[0];
    }
    return weights <= WEIGHTS && !is_input(w, tensor) ? tensor : NULL;
}

static int choose(const struct walk *w, const char *found[2])
{
    int n = 0;
    for (size_t i = w->model->graph->n_node; i-- > 0 && n < 2;) {
        const char *data = w->needed[i] ? data_of(w, node_at(w, i)) : NULL;
        const char *image = data != NULL && n == 0 ? image_above(w, data) : NULL;
        if (image != NULL) {
            found[0] = image;
            return 1;
        }
        if (data != NULL && !is_input(w, data) && (n == 0 || strcmp(found[0], data) != 0))
            found[n++] = data;
    }
    return n;
}

int sx_flint_default_layers(const struct sx_model *model, const struct sx_graph *g,
                            const char *scores, const char *found[2], struct sx_error *error)
{
    struct walk w = {.model = model, .g = g};
    int n = mark(&w, scores, error) ? choose(&w, found) : 0;
    free(w.needed);
    if (n == 0 && error->status == SX_OK)
        sx_fail(error, SX_USAGE,
                "which layers? No node with weights tells; see onnx-run --list, then --layers");
    return n;
}

/* Whether a node averages all places of a map. */
static bool averages(const struct walk *w, const Onnx__NodeProto *node)
{
    static const char *const ops[] = {"GlobalAveragePool", "AveragePool", "ReduceMean"};
    bool known = false;
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
        known = known || strcmp(sx_text(node->op_type), ops[i]) == 0;
    if (!known || node->n_input == 0 || node->n_output == 0)
        return false;
    const struct sx_node *to = value(w, node->output[0]);
    return has_places(value(w, node->input[0])) && to != NULL && !has_places(to) &&
           to->shape.rank != 3;
}

bool sx_flint_averaged(const struct sx_model *model, const struct sx_graph *g,
                       const char *layer, bool *averaged, struct sx_error *error)
{
    struct walk w = {.model = model, .g = g};
    size_t n = model->graph->n_node;
    w.needed = sx_new(n, sizeof *w.needed, error); /* here: nodes that depend on the layer */
    *averaged = false;
    for (size_t i = 0; w.needed != NULL && i < n; i++) {
        const Onnx__NodeProto *node = node_at(&w, i);
        bool below = takes(node, layer);
        for (size_t k = 0; k < i && !below; k++)
            for (size_t o = 0; w.needed[k] && o < node_at(&w, k)->n_output; o++)
                below = below || takes(node, node_at(&w, k)->output[o]);
        w.needed[i] = below;
        *averaged = *averaged || (below && averages(&w, node));
    }
    bool ok = w.needed != NULL;
    free(w.needed);
    return ok;
}
