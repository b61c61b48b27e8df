/* ahead.c - computes the gradient at the sample in the pass that chooses the target. */
#include <stdlib.h>
#include <string.h>

#include "explain/ahead.h"

/* Whether one pass can do it: x is an input of the model, no other tensor is watched, and the scores
 * are those of the unchanged model. */
static bool can(const struct sx_explainer *e)
{
    const struct sx_explained *b = &e->built;
    return e->options.gradient && !e->inner && e->watched == NULL &&
           e->smooth.kind == SX_SMOOTH_NONE && sx_is_real(b->graph->node[b->x].type);
}

/* The index, [1], of the element that the scores choose. */
static int pick_node(struct sx_graph *g, const struct sx_aim *aim, int scores)
{
    const struct sx_shape one = {1, {1}}, flat = {1, {sx_count(&g->node[scores].shape)}};
    return aim->largest
               ? sx_reshape(g, sx_argmax(g, sx_reshape(g, scores, &flat), 0, false), &one)
               : sx_const(g, SX_INT, &one, &aim->index);
}

/* The nodes of those inputs that the graph reads. */
static int *input_nodes(const struct sx_explained *b, int *n, struct sx_error *error)
{
    int *nodes = sx_new((size_t)b->n_inputs + 1, sizeof *nodes, error);
    *n = 0;
    for (int i = 0; nodes != NULL && i < b->n_inputs; i++)
        if (b->input[i] != SX_NONE)
            nodes[(*n)++] = b->input[i];
    return nodes;
}

static bool run(const struct sx_explainer *e, struct sx_tensor *out, struct sx_error *error)
{
    const struct sx_explained *b = &e->built;
    struct sx_tensor *feeds = sx_new((size_t)b->n_inputs + 1, sizeof *feeds, error);
    int n = 0;
    for (int i = 0; feeds != NULL && i < b->n_inputs; i++)
        if (b->input[i] != SX_NONE)
            feeds[n++] = e->feeds[i];
    bool ok = feeds != NULL && sx_run(b->ahead, feeds, out, error);
    free(feeds);
    return ok;
}

static bool compile(struct sx_explainer *e, struct sx_error *error)
{
    struct sx_explained *b = &e->built;
    struct sx_graph *g = b->graph;
    const struct sx_run_options options = {.threads = e->options.threads,
                                           .max_memory = e->options.max_memory};
    const int pick = pick_node(g, &b->aim, b->scores);
    const int value = b->logits_node != SX_NONE ? sx_margin_node(g, b->logits, pick, b->score)
                                                : sx_aim_node(&b->aim, g, b->scores, pick);
    int outputs[] = {b->scores, value, SX_NONE, pick};
    if (!sx_derive(g, value, SX_NONE, &b->x, 1, &outputs[2]))
        return sx_graph_ok(g, error);
    int n, *inputs = input_nodes(b, &n, error);
    if (inputs != NULL)
        b->ahead = sx_compile(g, inputs, n, outputs, 4, &options, error);
    free(inputs);
    return b->ahead != NULL;
}

bool sx_run_ahead(struct sx_explainer *e, struct sx_tensor *scores, bool *ran,
                  struct sx_error *error)
{
    struct sx_explained *b = &e->built;
    struct sx_ahead *a = &e->ahead;
    const struct sx_shape one = {1, {1}}, scalar = {0};
    struct sx_tensor out[] = {{0}, {0}, {0}, {0}};
    *ran = a->known = false;
    if (!can(e))
        return true;
    bool ok = (b->ahead != NULL || compile(e, error)) &&
              sx_tensor_new(scores, b->graph->real, &b->scores_shape, error) &&
              sx_tensor_new(&out[1], b->graph->real, &scalar, error) &&
              sx_tensor_new(&out[2], b->graph->real, &b->graph->node[b->x].shape, error) &&
              sx_tensor_new(&out[3], SX_INT, &one, error);
    out[0] = *scores;
    ok = ok && run(e, out, error);
    sx_tensor_free(&a->gradient);
    ok = ok && sx_tensor_convert(&a->gradient, SX_DOUBLE, &out[2], error);
    if (ok) {
        a->value = sx_tensor_get(&out[1], 0);
        a->pick = ((const int64_t *)out[3].data)[0];
        *ran = a->known = true;
        e->backward++;
    }
    for (int i = 1; i < 4; i++)
        sx_tensor_free(&out[i]);
    return ok;
}

bool sx_known_ahead(const struct sx_explainer *e, int64_t n, const double *points,
                    double *values, double *gradients)
{
    const struct sx_ahead *a = &e->ahead;
    if (!a->known || n != 1 || points != e->input.data || gradients == NULL ||
        (e->built.aim.n == 0 && a->pick != e->pick))
        return false;
    memcpy(gradients, a->gradient.data,
           (size_t)sx_count(&a->gradient.shape) * sizeof *gradients);
    if (values != NULL)
        *values = a->value;
    return true;
}
