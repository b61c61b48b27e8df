/* decide.c - whether what was built for one sample fits another one.
 *
 * The nodes whose values decided (control flow, shapes) are computed for the new sample, in order.
 * The value of a node is meaningful as long as all decisions before it are the same. */
#include <stdlib.h>

#include "explain/decide.h"

void sx_decider_free(struct sx_decider *d)
{
    sx_program_free(d->program);
    d->program = NULL;
}

static bool compile(struct sx_decider *d, const struct sx_lowered *l,
                    const struct sx_run_options *options, struct sx_error *error)
{
    int *inputs = sx_new((size_t)l->n_inputs + 1, sizeof *inputs, error);
    int *nodes = sx_new(l->n_decisions, sizeof *nodes, error);
    for (int i = 0; inputs != NULL && i < l->n_inputs; i++)
        inputs[i] = l->inputs[i].node;
    for (size_t i = 0; nodes != NULL && i < l->n_decisions; i++)
        nodes[i] = l->decision[i].node;
    if (inputs != NULL && nodes != NULL)
        d->program = sx_compile(l->graph, inputs, l->n_inputs, nodes, (int)l->n_decisions,
                                options, error);
    free(inputs);
    free(nodes);
    return d->program != NULL;
}

static bool run(struct sx_decider *d, const struct sx_lowered *l, const struct sx_tensor *feeds,
                struct sx_tensor *typed, struct sx_tensor *values, struct sx_error *error)
{
    bool ok = true;
    for (int i = 0; ok && i < l->n_inputs; i++)
        ok = sx_tensor_convert(&typed[i], l->graph->node[l->inputs[i].node].type, &feeds[i],
                               error);
    for (size_t i = 0; ok && i < l->n_decisions; i++) {
        const struct sx_node *n = &l->graph->node[l->decision[i].node];
        ok = sx_tensor_new(&values[i], n->type, &n->shape, error);
    }
    return ok && sx_run(d->program, typed, values, error);
}

static void free_all(struct sx_tensor *tensors, size_t n)
{
    for (size_t i = 0; tensors != NULL && i < n; i++)
        sx_tensor_free(&tensors[i]);
    free(tensors);
}

bool sx_decider_fits(struct sx_decider *d, const struct sx_lowered *l,
                     const struct sx_tensor *feeds, const struct sx_run_options *options,
                     bool *same, struct sx_error *error)
{
    *same = l != NULL;
    for (int i = 0; *same && i < l->n_inputs; i++)
        *same = sx_shape_equal(&l->graph->node[l->inputs[i].node].shape, &feeds[i].shape);
    if (!*same || l->n_decisions == 0)
        return true;
    if (d->program == NULL && !compile(d, l, options, error))
        return false;
    struct sx_tensor *typed = sx_new((size_t)l->n_inputs + 1, sizeof *typed, error);
    struct sx_tensor *values = sx_new(l->n_decisions, sizeof *values, error);
    bool ok = typed != NULL && values != NULL && run(d, l, feeds, typed, values, error);
    *same = ok && sx_decided_alike(l, values);
    free_all(typed, (size_t)l->n_inputs);
    free_all(values, l->n_decisions);
    return ok;
}
