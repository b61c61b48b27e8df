/* guided.c - the gradient of f by guided backpropagation, at the sample. */
#include <stdlib.h>

#include "explain/guided.h"
#include "graph/relevance.h"

/* The program, which the explainer keeps. */
static struct sx_points *program_of(struct sx_explainer *e, struct sx_error *error)
{
    static const struct sx_rule_options none = {.epsilon = 0};
    struct sx_explained *b = &e->built;
    struct sx_graph *g = b->graph;
    if (b->guided != NULL)
        return b->guided;
    if (!sx_is_real(g->node[b->x].type)) {
        sx_fail(error, SX_USAGE, "input '%.80s' holds integers, which have no gradient",
                e->input_name);
        return NULL;
    }
    int output = sx_relevance(g, b->value, b->x, SX_NONE, SX_GUIDED, &none);
    int *shared = sx_new((size_t)b->n_inputs + 1, sizeof *shared, error);
    if (sx_graph_ok(g, error) && shared != NULL) {
        struct sx_points_options options = {
            .run = {.threads = e->options.threads, .max_memory = e->options.max_memory},
            .batch = 1,
            .expected = 1};
        int n = sx_shared_nodes(b, shared);
        b->guided = sx_points_new(g, &b->x, 1, shared, n, &output, 1, &options, error);
    }
    free(shared);
    return b->guided;
}

bool sx_guided_gradient(struct sx_explainer *e, double *gradient, struct sx_error *error)
{
    struct sx_points *program = program_of(e, error);
    if (program == NULL)
        return false;
    size_t n = (size_t)sx_count(&e->input.shape);
    enum sx_type real = e->built.graph->real;
    const void **shared = sx_new((size_t)e->built.n_inputs + 1, sizeof *shared, error);
    float *room = real == SX_FLOAT ? sx_new_aligned(n, sizeof *room, error) : NULL;
    void *result = sx_new_aligned(n, sizeof(double), error);
    bool ok = shared != NULL && result != NULL && (room != NULL || real != SX_FLOAT);
    if (ok) {
        sx_shared_feeds(e, shared);
        const void *feeds[] = {sx_narrowed(e->input.data, room, (int64_t)n)};
        ok = sx_points_run(program, 1, feeds, shared, &result, error);
    }
    if (ok)
        sx_widen(gradient, result, real, (int64_t)n);
    e->forward++;
    e->backward++;
    free(shared);
    free(room);
    free(result);
    return ok;
}
