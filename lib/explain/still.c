/* still.c - f at a point that stays the same from sample to sample, such as a baseline. */
#include <stdlib.h>
#include <string.h>

#include "explain/redecide.h"
#include "explain/still.h"

void sx_still_free(struct sx_still *still)
{
    free(still->point);
    sx_tensor_free(&still->scores);
    *still = (struct sx_still){0};
}

/* Whether f is one of the scores, and these depend on x alone. */
static bool can(const struct sx_explainer *e)
{
    const struct sx_explained *b = &e->built;
    int used = 0;
    for (int i = 0; i < b->n_inputs; i++)
        used += b->input[i] != SX_NONE;
    return used == 1 && !e->inner && b->aim.n == 0 && b->logits_node == SX_NONE &&
           !sx_redecides(e) && sx_is_real(b->graph->node[b->x].type);
}

static bool is_known(const struct sx_still *still, const struct sx_explainer *e,
                     const double *point)
{
    size_t size = (size_t)sx_count(&e->input.shape);
    return still->builds == e->builds && still->scores.data != NULL &&
           memcmp(still->point, point, size * sizeof *point) == 0;
}

static bool compile(struct sx_explainer *e, struct sx_error *error)
{
    struct sx_explained *b = &e->built;
    const struct sx_run_options options = {.threads = e->options.threads,
                                           .max_memory = e->options.max_memory};
    if (b->still == NULL)
        b->still = sx_compile(b->graph, &b->x, 1, &b->scores, 1, &options, error);
    return b->still != NULL;
}

static bool evaluate(struct sx_still *still, struct sx_explainer *e, const double *point,
                     struct sx_error *error)
{
    const struct sx_explained *b = &e->built;
    struct sx_shape shape = e->input.shape;
    size_t size = (size_t)sx_count(&shape);
    struct sx_tensor at = {0}, x = {0};
    sx_still_free(still);
    still->point = sx_new(size, sizeof *point, error);
    bool ok = still->point != NULL && sx_tensor_new(&at, SX_DOUBLE, &shape, error);
    if (ok) {
        memcpy(still->point, point, size * sizeof *point);
        memcpy(at.data, point, size * sizeof *point);
    }
    ok = ok && sx_tensor_convert(&x, b->graph->real, &at, error) &&
         sx_tensor_new(&still->scores, b->graph->real, &b->scores_shape, error) &&
         compile(e, error) && sx_run(b->still, &x, &still->scores, error);
    sx_tensor_free(&at);
    sx_tensor_free(&x);
    still->builds = ok ? e->builds : 0;
    e->forward += ok;
    return ok;
}

bool sx_still_value(struct sx_still *still, struct sx_explainer *e, const double *point,
                    double *value, struct sx_error *error)
{
    if (!can(e))
        return sx_gradients(e, 1, point, value, NULL, error);
    if (!is_known(still, e, point) && !evaluate(still, e, point, error))
        return false;
    *value = sx_tensor_get(&still->scores, e->pick);
    return true;
}
