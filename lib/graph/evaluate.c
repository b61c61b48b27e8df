/* evaluate.c - the reference interpreter: each node by its plain kernel, all values kept. */
#include <stdlib.h>
#include <string.h>

#include "graph/op.h"

static bool run_node(struct sx_graph *g, size_t i, struct sx_tensor *value,
                     struct sx_error *error)
{
    const struct sx_node *n = &g->node[i];
    const struct sx_row *row = sx_row_of(g, n);
    if (row->run == NULL)
        return sx_fail(error, SX_MODEL, "%s has no value", row->name);
    struct sx_operand *in = sx_new((size_t)n->n_in, sizeof *in, error);
    size_t need = row->scratch != NULL ? row->scratch(g, n) : 0;
    void *scratch = need > 0 ? sx_new_aligned(need, 1, error) : NULL;
    bool ok = in != NULL && (need == 0 || scratch != NULL) &&
              sx_tensor_new(&value[i], n->type, &n->shape, error);
    for (int k = 0; ok && k < n->n_in; k++) {
        const struct sx_node *source = &g->node[n->in[k]];
        struct sx_tensor *held = &value[n->in[k]];
        const void *data = held->data;
        if (source->op == SX_CONST && data == NULL)
            data = sx_const_aligned(source, &held->data, error);
        ok = source->op != SX_CONST || sx_count(&source->shape) == 0 || data != NULL;
        in[k] = (struct sx_operand){source->type, &source->shape, data};
    }
    if (ok) {
        struct sx_call call = {n, in, value[i].data, scratch};
        row->run(&call);
    }
    free(in);
    free(scratch);
    return ok;
}

static bool feed(const struct sx_graph *g, int node, const struct sx_tensor *given,
                 struct sx_tensor *value, struct sx_error *error)
{
    if (!sx_shape_equal(&given->shape, &g->node[node].shape))
        return sx_fail(error, SX_MODEL, "an input does not have the shape of its node");
    return sx_tensor_convert(&value[node], g->node[node].type, given, error);
}

static bool result(const struct sx_graph *g, int node, const struct sx_tensor *value,
                   struct sx_tensor *to, struct sx_error *error)
{
    const struct sx_node *n = &g->node[node];
    struct sx_tensor from = value[node];
    if (n->op == SX_CONST) {
        from = (struct sx_tensor){.type = n->type, .shape = n->shape};
        memcpy(&from.data, &n->data, sizeof from.data);
    }
    return sx_tensor_convert(to, n->type, &from, error);
}

/* Marks nodes above those that are fed as not needed. */
static void mark_unfed(const struct sx_graph *g, const int *outputs, int n_outputs,
                       const struct sx_tensor *value, bool *needed)
{
    for (int k = 0; k < n_outputs; k++)
        needed[outputs[k]] = true;
    for (size_t i = g->n_nodes; i-- > 0;)
        for (int k = 0; needed[i] && value[i].data == NULL && k < g->node[i].n_in; k++)
            needed[g->node[i].in[k]] = true;
}

bool sx_evaluate(struct sx_graph *g, const int *inputs, const struct sx_tensor *feeds,
                 int n_inputs, const int *outputs, struct sx_tensor *results, int n_outputs,
                 struct sx_error *error)
{
    if (!sx_graph_ok(g, error))
        return false;
    bool *needed = sx_new(g->n_nodes, sizeof *needed, error);
    struct sx_tensor *value = sx_new(g->n_nodes, sizeof *value, error);
    bool ok = needed != NULL && value != NULL;
    for (int k = 0; ok && k < n_inputs; k++)
        ok = feed(g, inputs[k], &feeds[k], value, error);
    if (ok)
        mark_unfed(g, outputs, n_outputs, value, needed);
    for (size_t i = 0; ok && i < g->n_nodes; i++)
        if (needed[i] && value[i].data == NULL && g->node[i].op != SX_CONST)
            ok = run_node(g, i, value, error);
    for (int k = 0; ok && k < n_outputs; k++)
        ok = result(g, outputs[k], value, &results[k], error);
    for (size_t i = 0; value != NULL && i < g->n_nodes; i++)
        sx_tensor_free(&value[i]);
    free(value);
    free(needed);
    return ok;
}

/* ---- Values kept between calls ---- */

static bool make_room(const struct sx_graph *g, struct sx_values *v, struct sx_error *error)
{
    if (!sx_grow((void **)&v->value, &v->capacity, g->n_nodes, sizeof *v->value, error))
        return false;
    if (v->n < g->n_nodes)
        memset(v->value + v->n, 0, (g->n_nodes - v->n) * sizeof *v->value);
    v->n = g->n_nodes;
    return true;
}

bool sx_values_feed(struct sx_graph *g, struct sx_values *v, int node,
                    const struct sx_tensor *value, struct sx_error *error)
{
    return make_room(g, v, error) && feed(g, node, value, v->value, error);
}

const struct sx_tensor *sx_value_of(struct sx_graph *g, struct sx_values *v, int node,
                                    struct sx_error *error)
{
    bool *needed = sx_new((size_t)node + 1, sizeof *needed, error);
    bool ok = needed != NULL && sx_graph_ok(g, error) && make_room(g, v, error);
    if (ok)
        needed[node] = true;
    for (int i = node; ok && i >= 0; i--)
        for (int k = 0; needed[i] && v->value[i].data == NULL && k < g->node[i].n_in; k++)
            needed[g->node[i].in[k]] = true;
    for (int i = 0; ok && i <= node; i++)
        if (needed[i] && v->value[i].data == NULL && g->node[i].op != SX_CONST)
            ok = run_node(g, (size_t)i, v->value, error);
    free(needed);
    return ok ? &v->value[node] : NULL;
}

void sx_values_free(struct sx_values *v)
{
    for (size_t i = 0; i < v->n; i++)
        sx_tensor_free(&v->value[i]);
    free(v->value);
    *v = (struct sx_values){0};
}
