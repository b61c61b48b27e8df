/* lower.c - from a parsed ONNX model with concrete input shapes to a core graph. */
#include <stdlib.h>
#include <string.h>

#include "lower/scope.h"

/* Every node is looked up among the functions of the model. */
#define MOST_FUNCTIONS 4096

/* What symbolic dimensions stand for. */
struct binding {
    const char *name;
    int64_t value;
};

struct bindings {
    struct binding *item;
    size_t n, capacity;
};

static const struct sx_lower_input *find_option(const struct sx_lower_options *options,
                                                const char *name)
{
    for (int i = 0; i < options->n_inputs; i++)
        if (strcmp(options->inputs[i].name, name) == 0)
            return &options->inputs[i];
    return NULL;
}

static const Onnx__TypeProto__Tensor *tensor_type(const Onnx__ValueInfoProto *value)
{
    return value->type != NULL && value->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE
               ? value->type->tensor_type
               : NULL;
}

static const char *symbol(const Onnx__TensorShapeProto__Dimension *d)
{
    return d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM &&
                   sx_text(d->dim_param)[0] != '\0'
               ? d->dim_param
               : NULL;
}

static struct binding *find_binding(const struct bindings *b, const char *name)
{
    for (size_t i = 0; i < b->n; i++)
        if (strcmp(b->item[i].name, name) == 0)
            return &b->item[i];
    return NULL;
}

/* The shape that the caller gives an input, directly or by a value; NULL: none. */
static const struct sx_shape *given_shape(const struct sx_lower_input *option)
{
    if (option == NULL)
        return NULL;
    return option->value != NULL ? &option->value->shape : option->shape;
}

/* Checks a given shape against the declared one and binds the symbols in it. */
static bool bind(struct bindings *b, const Onnx__TensorShapeProto *declared,
                 const struct sx_shape *given, struct sx_error *error)
{
    if (declared->n_dim != (size_t)given->rank)
        return sx_fail(error, SX_MODEL, "rank %d is given, the model declares %zu", given->rank,
                       declared->n_dim);
    for (int k = 0; k < given->rank; k++) {
        const Onnx__TensorShapeProto__Dimension *d = declared->dim[k];
        int64_t value = given->dim[k];
        if (d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE &&
            d->dim_value > 0 && d->dim_value != value)
            return sx_fail(error, SX_MODEL, "dimension %d is %lld, the model declares %lld", k,
                           (long long)value, (long long)d->dim_value);
        const char *name = symbol(d);
        if (name == NULL)
            continue;
        struct binding *old = find_binding(b, name);
        if (old != NULL && old->value != value)
            return sx_fail(error, SX_MODEL, "dimension %d ('%.*s') is %lld, elsewhere %lld", k,
                           SX_NAME_SHOWN, name, (long long)value, (long long)old->value);
        if (old == NULL) {
            if (!sx_grow((void **)&b->item, &b->capacity, b->n + 1, sizeof *b->item, error))
                return false;
            b->item[b->n++] = (struct binding){name, value};
        }
    }
    return true;
}

static bool bind_all(struct bindings *b, const Onnx__GraphProto *graph,
                     const struct sx_lower_options *options, struct sx_error *error)
{
    for (size_t i = 0; i < graph->n_input; i++) {
        const char *name = sx_text(graph->input[i]->name);
        const struct sx_shape *given = given_shape(find_option(options, name));
        const Onnx__TypeProto__Tensor *type = tensor_type(graph->input[i]);
        if (given != NULL && type != NULL && type->shape != NULL &&
            !bind(b, type->shape, given, error))
            return sx_fail_at(error, "input '%.*s'", SX_NAME_SHOWN, name);
    }
    for (int k = 0; k < options->n_inputs; k++) {
        bool known = false;
        for (size_t i = 0; i < graph->n_input && !known; i++)
            known = strcmp(sx_text(graph->input[i]->name), options->inputs[k].name) == 0;
        if (!known)
            return sx_fail(error, SX_USAGE, "there is no input '%.*s'", SX_NAME_SHOWN,
                           options->inputs[k].name);
    }
    return true;
}

/* Symbolic dimensions of which nothing is known are 1. */
static bool declared_shape(const struct bindings *b, const Onnx__TypeProto__Tensor *type,
                           struct sx_shape *shape, struct sx_error *error)
{
    if (type->shape == NULL)
        return sx_fail(error, SX_MODEL, "the model declares no shape, and none is given");
    if (type->shape->n_dim > SX_MAX_RANK)
        return sx_fail(error, SX_MODEL, "rank %zu is over %d", type->shape->n_dim, SX_MAX_RANK);
    shape->rank = (int)type->shape->n_dim;
    for (int k = 0; k < shape->rank; k++) {
        const Onnx__TensorShapeProto__Dimension *d = type->shape->dim[k];
        const struct binding *known = symbol(d) != NULL ? find_binding(b, symbol(d)) : NULL;
        shape->dim[k] = known != NULL ? known->value : 1;
        if (d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE &&
            d->dim_value >= 0)
            shape->dim[k] = d->dim_value;
    }
    return true;
}

static int constant_input(struct sx_scope *s, enum sx_type type, const struct sx_tensor *value)
{
    struct sx_tensor copy;
    if (!sx_tensor_convert(&copy, type, value, s->error))
        return SX_NONE;
    int node = sx_const(s->lowered->graph, type, &copy.shape, copy.data);
    sx_tensor_free(&copy);
    return node;
}

static bool add_input(struct sx_scope *s, const Onnx__ValueInfoProto *proto,
                      const struct sx_lower_input *option, const struct bindings *b)
{
    struct sx_lowered *to = s->lowered;
    const char *name = sx_text(proto->name);
    const Onnx__TypeProto__Tensor *declared = tensor_type(proto);
    enum sx_type type;
    struct sx_shape shape = {0};
    if (declared == NULL)
        return sx_fail(s->error, SX_MODEL, "only tensors are supported");
    if (!sx_onnx_type(declared->elem_type, to->graph->real, &type, s->error))
        return false;
    const struct sx_shape *given = given_shape(option);
    if (given != NULL)
        shape = *given;
    else if (!declared_shape(b, declared, &shape, s->error))
        return false;
    struct sx_value value = {.node = SX_NONE, .kind = declared->elem_type};
    if (option != NULL && option->value != NULL)
        value.node = constant_input(s, type, option->value);
    else
        value.node = sx_input(to->graph, type, &shape);
    if (value.node == SX_NONE || !sx_scope_define(s, name, value) ||
        !sx_name_node(to->graph, name, value.node, "", ""))
        return sx_graph_ok(to->graph, s->error) && false;
    if (option == NULL || option->value == NULL)
        to->inputs[to->n_inputs++] = (struct sx_lowered_value){name, value.node, value.kind};
    return true;
}

static bool add_inputs(struct sx_scope *s, const struct sx_lower_options *options)
{
    const Onnx__GraphProto *graph = s->model->graph;
    struct bindings b = {0};
    s->lowered->inputs = sx_arena_new(&s->lowered->arena, graph->n_input + 1,
                                      sizeof *s->lowered->inputs, s->error);
    bool ok = s->lowered->inputs != NULL && bind_all(&b, graph, options, s->error);
    for (size_t i = 0; i < graph->n_input && ok; i++) {
        const char *name = sx_text(graph->input[i]->name);
        if (sx_model_initializer(s->model, name) != NULL)
            continue;
        ok = add_input(s, graph->input[i], find_option(options, name), &b) ||
             sx_fail_at(s->error, "input '%.*s'", SX_NAME_SHOWN, name);
    }
    free(b.item);
    return ok;
}

static bool add_outputs(struct sx_scope *s)
{
    const Onnx__GraphProto *graph = s->model->graph;
    struct sx_lowered *to = s->lowered;
    to->outputs = sx_arena_new(&to->arena, graph->n_output + 1, sizeof *to->outputs, s->error);
    if (to->outputs == NULL)
        return false;
    for (size_t i = 0; i < graph->n_output; i++) {
        const char *name = sx_text(graph->output[i]->name);
        const struct sx_value *value = sx_scope_find(s, name);
        if (value == NULL)
            return sx_fail(s->error, SX_MODEL, "output '%.*s': nothing makes it", SX_NAME_SHOWN,
                           name);
        if (value->node == SX_NONE)
            return sx_fail(s->error, SX_MODEL, "output '%.*s' is not supported", SX_NAME_SHOWN,
                           name);
        to->outputs[to->n_outputs++] =
            (struct sx_lowered_value){name, value->node, value->kind};
    }
    return true;
}

struct sx_lowered *sx_lower(const struct sx_model *model,
                            const struct sx_lower_options *options, struct sx_error *error)
{
    static const struct sx_lower_options none = {.real = SX_FLOAT};
    struct sx_error failure = {0};
    if (options == NULL)
        options = &none;
    struct sx_lowered *to = sx_new(1, sizeof *to, error);
    if (to == NULL)
        return NULL;
    struct sx_scope s = {.lowered = to,
                         .model = model,
                         .error = &failure,
                         .options = options,
                         .find = sx_lowering_find};
    s.root = &s;
    to->graph = sx_graph_new(options->real, &failure);
    if (to->graph != NULL) {
        to->graph->faithful = true;
        if (options->max_memory > 0)
            to->graph->constant_limit = options->max_memory;
    }
    if (model->proto->n_functions > MOST_FUNCTIONS)
        sx_fail(&failure, SX_MODEL, "%zu functions are too many", model->proto->n_functions);
    bool ok = to->graph != NULL && failure.status == SX_OK && add_inputs(&s, options) &&
              sx_scope_initializers(&s, model->graph) &&
              sx_scope_nodes(&s, model->graph->node, model->graph->n_node) && add_outputs(&s);
    sx_scope_end(&s);
    if (ok && sx_graph_ok(to->graph, &failure))
        return to;
    if (to->graph != NULL)
        sx_graph_ok(to->graph, &failure);
    sx_lowered_free(to);
    sx_fail_at(&failure, "%s", model->path);
    sx_fail(error, failure.status, "%s", failure.message);
    return NULL;
}

void sx_lowered_free(struct sx_lowered *lowered)
{
    if (lowered == NULL)
        return;
    sx_graph_free(lowered->graph);
    for (size_t i = 0; i < lowered->n_owned; i++)
        sx_tensor_free(&lowered->owned[i]);
    free(lowered->owned);
    sx_arena_free(&lowered->arena);
    free(lowered);
}
