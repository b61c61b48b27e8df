/* ahead.c - computes the gradient at the sample in the pass that chooses the target. */
#include <stdlib.h>
#include <string.h>

#include "explain/ahead.h"

/* Whether one pass can do it: the scores are those of the unchanged model. */
static bool can(const struct sx_explainer *e)
{
    const struct sx_explained *b = &e->built;
    return e->options.pass == SX_PASS_GRADIENT && e->smooth.kind == SX_SMOOTH_NONE &&
           sx_is_real(b->graph->node[b->x].type);
}

/* The index, [1], of the element that the scores choose. */
static int pick_node(struct sx_graph *g, const struct sx_aim *aim, int scores)
{
    const struct sx_shape one = {1, {1}}, flat = {1, {sx_count(&g->node[scores].shape)}};
    return aim->largest
               ? sx_reshape(g, sx_argmax(g, sx_reshape(g, scores, &flat), 0, false), &one)
               : sx_const(g, SX_INT, &one, &aim->index);
}

/* What the pass computes, in this order. X and f where x is 0 only if x is an inner tensor, the latter
 * if it is wanted. */
enum { SCORES, VALUE, GRADIENT, PICK, X, AT_ZERO, N_OUTPUTS };

/* The whole pass, from the inputs of the model, in a graph of its own: x as the faithful graph computes
 * it, and what the simplified graph, which is cut at x, computes from it. */
struct whole {
    const struct sx_explained *b;
    int x, pick,
        *input; /* nodes of the whole graph; SX_NONE: an input that is not needed so far */
};

/* Gives the inputs of the simplified graph their nodes in the whole graph. */
static int join(void *context, struct sx_graph *to, const struct sx_node *node, const int *in)
{
    struct whole *w = context;
    const struct sx_explained *b = w->b;
    (void)in;
    if (node == &b->graph->node[b->x])
        return w->x;
    if (node == &b->graph->node[b->index])
        return w->pick;
    for (int i = 0; i < b->n_inputs; i++) {
        if (b->input[i] == SX_NONE || node != &b->graph->node[b->input[i]])
            continue;
        if (w->input[i] == SX_NONE)
            w->input[i] = sx_input(to, node->type, &node->shape);
        return w->input[i];
    }
    return SX_NONE;
}

/* Builds the whole graph. output[] are nodes of the simplified graph, and become nodes of the whole
 * one. */
static bool build_whole(struct sx_explained *b, struct whole *w, int *output, bool at_zero,
                        struct sx_error *error)
{
    const struct sx_lowered *l = b->lowered;
    const struct sx_graph *faithful = l->graph;
    int *map = sx_new(faithful->n_nodes + b->graph->n_nodes, sizeof *map, error);
    struct sx_graph *g = sx_graph_new(faithful->rows, faithful->real, error);
    sx_graph_free(b->whole);
    b->whole = g;
    bool ok = map != NULL && g != NULL;
    if (ok)
        g->watch = faithful->watch;
    if (ok && sx_rebuild(faithful, g, &b->x_node, 1, NULL, 0, map, NULL, NULL)) {
        w->x = map[b->x_node];
        for (int i = 0; i < b->n_inputs; i++)
            w->input[i] = map[l->inputs[i].node];
        if (sx_rebuild(b->graph, g, output, X, NULL, 0, map, join, w))
            for (int i = 0; i < X; i++)
                output[i] = map[output[i]];
        output[X] = w->x;
    }
    if (ok && at_zero && g->error.status == SX_OK) {
        w->pick = output[PICK];
        w->x = sx_expand(g, sx_scalar(g, 0), &b->graph->node[b->x].shape);
        if (sx_rebuild(b->graph, g, &b->value, 1, NULL, 0, map, join, w))
            output[AT_ZERO] = map[b->value];
    }
    free(map);
    return ok && sx_graph_ok(g, error);
}

/* The feeds of those inputs that the pass reads. */
static bool run(const struct sx_explainer *e, struct sx_tensor *out, struct sx_error *error)
{
    const struct sx_explained *b = &e->built;
    struct sx_tensor *feeds = sx_new((size_t)b->n_inputs + 1, sizeof *feeds, error);
    int n = 0;
    for (int i = 0; feeds != NULL && i < b->n_inputs; i++)
        if (b->ahead_reads[i])
            feeds[n++] = e->feeds[i];
    bool ok = feeds != NULL && sx_run(b->ahead, feeds, out, error);
    free(feeds);
    return ok;
}

/* Compiles the pass, whose inputs are the nodes input[]. */
static bool compile_of(struct sx_explainer *e, const struct sx_graph *g, const int *input,
                       const int *output, int n_outputs, struct sx_error *error)
{
    struct sx_explained *b = &e->built;
    const struct sx_run_options options = {.threads = e->options.threads,
                                           .max_memory = e->options.max_memory};
    int n = 0, *nodes = sx_new((size_t)b->n_inputs + 1, sizeof *nodes, error);
    b->ahead_reads = sx_new((size_t)b->n_inputs + 1, sizeof *b->ahead_reads, error);
    if (nodes != NULL && b->ahead_reads != NULL) {
        for (int i = 0; i < b->n_inputs; i++) {
            b->ahead_reads[i] = input[i] != SX_NONE;
            if (input[i] != SX_NONE)
                nodes[n++] = input[i];
        }
        b->ahead = sx_compile(g, nodes, n, output, n_outputs, &options, error);
    }
    free(nodes);
    return b->ahead != NULL;
}

static bool compile(struct sx_explainer *e, struct sx_error *error)
{
    struct sx_explained *b = &e->built;
    struct sx_graph *g = b->graph;
    const int pick = pick_node(g, &b->aim, b->scores);
    const int value = b->logits_node != SX_NONE ? sx_margin_node(g, b->logits, pick, b->score)
                                                : sx_aim_node(&b->aim, g, b->scores, pick);
    int output[N_OUTPUTS] = {b->scores, value, SX_NONE, pick};
    if (!sx_derive(g, value, SX_NONE, &b->x, 1, &output[GRADIENT]))
        return sx_graph_ok(g, error);
    if (!e->inner)
        return compile_of(e, g, b->input, output, X, error);
    struct whole w = {b, SX_NONE, SX_NONE, NULL};
    w.input = sx_new((size_t)b->n_inputs + 1, sizeof *w.input, error);
    bool ok = w.input != NULL && build_whole(b, &w, output, e->at_zero, error) &&
              compile_of(e, b->whole, w.input, output, e->at_zero ? N_OUTPUTS : AT_ZERO, error);
    free(w.input);
    return ok;
}

bool sx_run_ahead(struct sx_explainer *e, struct sx_tensor *scores, struct sx_tensor *x,
                  bool *ran, struct sx_error *error)
{
    struct sx_explained *b = &e->built;
    struct sx_ahead *a = &e->ahead;
    const struct sx_shape one = {1, {1}}, scalar = {0};
    const struct sx_shape shape = b->graph->node[b->x].shape;
    struct sx_tensor out[N_OUTPUTS] = {{0}, {0}, {0}, {0}, {0}, {0}};
    *ran = a->known = false;
    if (!can(e))
        return true;
    bool ok = (b->ahead != NULL || compile(e, error)) &&
              sx_tensor_new(scores, b->graph->real, &b->scores_shape, error) &&
              sx_tensor_new(&out[VALUE], b->graph->real, &scalar, error) &&
              sx_tensor_new(&out[GRADIENT], b->graph->real, &shape, error) &&
              sx_tensor_new(&out[PICK], SX_INT, &one, error) &&
              sx_tensor_new(&out[AT_ZERO], b->graph->real, &scalar, error) &&
              (!e->inner || sx_tensor_new(x, b->graph->real, &shape, error));
    out[SCORES] = *scores;
    out[X] = *x;
    ok = ok && run(e, out, error);
    sx_tensor_free(&a->gradient);
    ok = ok && sx_tensor_convert(&a->gradient, SX_DOUBLE, &out[GRADIENT], error);
    if (ok) {
        a->value = sx_tensor_get(&out[VALUE], 0);
        a->at_zero = sx_tensor_get(&out[AT_ZERO], 0);
        a->pick = ((const int64_t *)out[PICK].data)[0];
        *ran = a->known = true;
        e->backward++;
    }
    for (int i = VALUE; i < N_OUTPUTS; i++)
        if (i != X)
            sx_tensor_free(&out[i]);
    return ok;
}

bool sx_known_ahead(const struct sx_explainer *e, int64_t n, const double *points,
                    double *values, double *gradients)
{
    const struct sx_ahead *a = &e->ahead;
    if (!a->known || n != 1 || (e->built.aim.n == 0 && a->pick != e->pick))
        return false;
    int64_t size = sx_count(&e->input.shape);
    bool at_sample = points == e->input.data;
    if (gradients == NULL && e->at_zero && e->inner && !at_sample &&
        sx_all_zero(points, size)) {
        *values = a->at_zero;
        return true;
    }
    if (!at_sample || gradients == NULL)
        return false;
    memcpy(gradients, a->gradient.data, (size_t)size * sizeof *gradients);
    if (values != NULL)
        *values = a->value;
    return true;
}
