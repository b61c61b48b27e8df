/* want.c - reduces a model to what a tensor depends on, and makes inputs of tensors that are fed. */
#include <stdlib.h>
#include <string.h>

#include "lower/scope.h"

const Onnx__NodeProto *sx_maker_of(const struct sx_model *m, const char *tensor)
{
    for (size_t i = 0; i < m->graph->n_node; i++)
        for (size_t k = 0; k < m->graph->node[i]->n_output; k++)
            if (strcmp(m->graph->node[i]->output[k], tensor) == 0)
                return m->graph->node[i];
    return NULL;
}

static bool is_declared(const struct sx_model *m, const char *tensor)
{
    for (int i = 0; i < m->n_declared; i++)
        if (strcmp(m->declared[i].name, tensor) == 0)
            return true;
    return false;
}

bool sx_model_has_tensor(const struct sx_model *m, const char *tensor)
{
    return is_declared(m, tensor) || sx_model_initializer(m, tensor) != NULL ||
           sx_maker_of(m, tensor) != NULL;
}

/* The type of a tensor that the file does not declare, from the node that makes it. */
static enum sx_type made_type(const Onnx__NodeProto *node)
{
    static const char *const flags[] = {"Equal", "Greater", "Less",  "GreaterOrEqual",
                                        "Not",   "And",     "Or",    "LessOrEqual",
                                        "Xor",   "IsNaN",   "IsInf", NULL};
    static const char *const counts[] = {
        "Shape", "Size", "NonZero", "ArgMax", "ArgMin", "NonMaxSuppression", NULL};
    for (int i = 0; flags[i] != NULL; i++)
        if (strcmp(sx_text(node->op_type), flags[i]) == 0)
            return SX_BOOL;
    for (int i = 0; counts[i] != NULL; i++)
        if (strcmp(sx_text(node->op_type), counts[i]) == 0)
            return SX_INT;
    return SX_FLOAT;
}

/* Describes an inner tensor as if it were an input. */
static void inner_port(const struct sx_model *m, const char *name, struct sx_port *port)
{
    const Onnx__TensorProto *weight = sx_model_initializer(m, name);
    const Onnx__NodeProto *maker = sx_maker_of(m, name);
    struct sx_error ignored = {0};
    *port = (struct sx_port){.name = name, .shape.rank = -1};
    const Onnx__ValueInfoProto *declared = sx_model_value(m, name);
    if (declared != NULL && sx_port_read(declared, port, &ignored))
        return;
    port->shape.rank = -1;
    if (maker != NULL)
        port->type = made_type(maker);
    struct sx_onnx_view view;
    if (weight != NULL && sx_onnx_type(weight->data_type, SX_FLOAT, &port->type, &ignored) &&
        sx_onnx_tensor(m, weight, &view, &ignored))
        port->shape = view.shape;
}

/* Makes cuts of the inner tensors among `fed`, if the model has them. */
static bool cut(struct sx_model *m, const char *const *fed, size_t n, struct sx_names *names,
                struct sx_error *error)
{
    m->cut = sx_arena_new(&m->arena, n + 1, sizeof *m->cut, error);
    m->n_cut = 0;
    if (m->cut == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (is_declared(m, fed[i]) || !sx_model_has_tensor(m, fed[i]) ||
            sx_names_get(names, fed[i]) >= 0)
            continue;
        char *name = sx_arena_strdup(&m->arena, fed[i], error);
        if (name == NULL || !sx_names_put(names, name, m->n_cut, error))
            return false;
        m->cut[m->n_cut++] = name;
    }
    return true;
}

/* Keeps the inputs that are read; cuts follow the declared inputs. */
static bool keep_inputs(struct sx_model *m, const struct sx_names *read, struct sx_error *error)
{
    m->inputs = sx_arena_new(&m->arena, (size_t)(m->n_declared + m->n_cut) + 1,
                             sizeof *m->inputs, error);
    m->n_inputs = 0;
    if (m->inputs == NULL)
        return false;
    for (int i = 0; i < m->n_declared; i++)
        if (sx_names_get(read, m->declared[i].name) >= 0 &&
            sx_model_list(m, m->declared[i].name) == NULL)
            m->inputs[m->n_inputs++] = m->declared[i];
    for (int i = 0; i < m->n_cut; i++)
        if (sx_names_get(read, m->cut[i]) >= 0)
            inner_port(m, m->cut[i], &m->inputs[m->n_inputs++]);
    return true;
}

bool sx_model_want(struct sx_model *m, const char *output, const char *const *fed, size_t n_fed,
                   struct sx_error *error)
{
    const Onnx__GraphProto *graph = m->graph;
    bool *needed = sx_new(graph->n_node + 1, sizeof *needed, error);
    const char **roots = sx_new(graph->n_output + 1, sizeof *roots, error);
    struct sx_names cuts = {0}, read = {0};
    size_t n = 0;
    m->output = NULL;
    if (output != NULL && sx_model_has_tensor(m, output))
        m->output = sx_arena_strdup(&m->arena, output, error);
    for (size_t i = 0; i < graph->n_output && roots != NULL; i++)
        roots[n++] = sx_text(graph->output[i]->name);
    if (m->output != NULL && roots != NULL) {
        roots[0] = m->output;
        n = 1;
    }
    bool ok = needed != NULL && roots != NULL && cut(m, fed, n_fed, &cuts, error) &&
              sx_need(graph->node, graph->n_node, roots, n, &cuts, needed, &read, error) &&
              keep_inputs(m, &read, error);
    sx_names_free(&cuts);
    sx_names_free(&read);
    free(needed);
    free(roots);
    return ok;
}
