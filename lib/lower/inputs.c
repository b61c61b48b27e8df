/* inputs.c - the inputs of a graph being lowered: given shapes, and the symbols that they bind. */
#include <stdlib.h>
#include <string.h>

#include "lower/scope.h"

/* The lengths of symbolic dimensions. */
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

/* Checks a given shape against the declared one, and binds its symbols. If a symbol gets two
 * lengths, the exporter made a mistake, and the given shapes are used. */
static bool bind(struct bindings *b, const Onnx__TensorShapeProto *declared,
                 const struct sx_shape *given, const struct sx_scope *s, const char *input)
{
    struct sx_error *error = s->error;
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
            sx_model_warn(s->model,
                          "input '%.*s': dimension %d ('%.*s') is %lld, elsewhere %lld",
                          SX_NAME_SHOWN, input, k, SX_NAME_SHOWN, name, (long long)value,
                          (long long)old->value);
        if (old == NULL) {
            if (!sx_grow((void **)&b->item, &b->capacity, b->n + 1, sizeof *b->item, error))
                return false;
            b->item[b->n++] = (struct binding){name, value};
        }
    }
    return true;
}

static const Onnx__TypeProto__Tensor *declared_type(const struct sx_scope *s, const char *name)
{
    const Onnx__ValueInfoProto *value = sx_model_value(s->model, name);
    return value != NULL ? tensor_type(value) : NULL;
}

static bool bind_all(struct bindings *b, const struct sx_scope *s,
                     const struct sx_lower_options *options)
{
    const struct sx_model *m = s->model;
    for (int i = 0; i < m->n_inputs; i++) {
        const char *name = m->inputs[i].name;
        const struct sx_shape *given = given_shape(find_option(options, name));
        const Onnx__TypeProto__Tensor *type = declared_type(s, name);
        if (given != NULL && type != NULL && type->shape != NULL &&
            sx_names_get(&s->cut, name) < 0 && !bind(b, type->shape, given, s, name))
            return sx_fail_at(s->error, "input '%.*s'", SX_NAME_SHOWN, name);
    }
    for (int k = 0; k < options->n_inputs; k++) {
        bool known = false;
        for (int i = 0; i < m->n_inputs && !known; i++)
            known = strcmp(m->inputs[i].name, options->inputs[k].name) == 0;
        if (!known)
            return sx_fail(s->error, SX_USAGE, "there is no input '%.*s'", SX_NAME_SHOWN,
                           options->inputs[k].name);
    }
    return true;
}

/* The declared shape; unbound symbolic dimensions are 1. */
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

/* The ONNX type of an input as declared; for an inner tensor that is fed, as far as it is known. */
static int kind_of(const struct sx_port *port, const Onnx__TypeProto__Tensor *declared)
{
    static const int kinds[] = {SX_ONNX_FLOAT, SX_ONNX_DOUBLE, SX_ONNX_INT64, SX_ONNX_BOOL};
    return declared != NULL && declared->elem_type != 0 ? declared->elem_type
                                                        : kinds[port->type];
}

static bool is_joined(const struct sx_scope *s, const struct sx_port *port)
{
    return s->model->n_parts > 0 && port == &s->model->inputs[s->model->joined];
}

/* The type and shape of an input. An input that is not needed may have any type, because it is not
 * used. */
static bool input_type(const struct sx_scope *s, const struct sx_port *port, bool needed,
                       const struct sx_shape *given, const struct bindings *b, int *kind,
                       enum sx_type *type, struct sx_shape *shape)
{
    const char *name = is_joined(s, port) ? s->model->part[0].name : port->name;
    const Onnx__TypeProto__Tensor *declared = declared_type(s, name);
    bool cut = sx_names_get(&s->cut, port->name) >= 0;
    *kind = kind_of(port, declared);
    *type = SX_FLOAT;
    if (needed && declared == NULL && !cut)
        return sx_fail(s->error, SX_MODEL, "only tensors are supported");
    if (!sx_onnx_type(*kind, s->lowered->graph->real, type, needed ? s->error : NULL)) {
        *type = s->lowered->graph->real;
        return !needed;
    }
    if (given != NULL)
        *shape = *given;
    else if (is_joined(s, port))
        *shape = (struct sx_shape){2, {1, s->model->n_parts}};
    else if (declared != NULL)
        return declared_shape(b, declared, shape, needed ? s->error : NULL) || !needed;
    return true;
}

/* Adds the columns that a joined input consists of. */
static bool add_parts(struct sx_scope *s, int columns)
{
    struct sx_graph *g = s->lowered->graph;
    for (int k = 0; k < s->model->n_parts; k++) {
        const struct sx_port *part = &s->model->part[k];
        struct sx_value value = {.node = sx_slice_axis(g, columns, 1, k, 1),
                                 .kind = kind_of(part, declared_type(s, part->name))};
        if (value.node == SX_NONE || !sx_scope_define(s, part->name, value) ||
            !sx_name_node(g, part->name, value.node, "", ""))
            return sx_graph_ok(g, s->error) && false;
    }
    return true;
}

static bool add_input(struct sx_scope *s, const struct sx_port *port, bool needed,
                      const struct sx_lower_input *option, const struct bindings *b)
{
    struct sx_lowered *to = s->lowered;
    enum sx_type type;
    struct sx_shape shape = {0};
    struct sx_value value = {.node = SX_NONE};
    if (!input_type(s, port, needed, given_shape(option), b, &value.kind, &type, &shape))
        return false;
    if (option != NULL && option->value != NULL)
        value.node = constant_input(s, type, option->value);
    else
        value.node = sx_input(to->graph, type, &shape);
    if (value.node == SX_NONE || !sx_scope_define(s, port->name, value) ||
        !sx_name_node(to->graph, port->name, value.node, "", ""))
        return sx_graph_ok(to->graph, s->error) && false;
    if (option != NULL && option->sample != NULL && value.node != SX_NONE &&
        option->value == NULL && !sx_decide_feed(s, value.node, option->sample))
        return false;
    if (is_joined(s, port) && !add_parts(s, value.node))
        return false;
    if (option == NULL || option->value == NULL)
        to->inputs[to->n_inputs++] =
            (struct sx_lowered_value){port->name, value.node, value.kind};
    return true;
}

/* Adds an input that is not needed to a listing; if its type cannot be held, it is unknown. */
static bool add_listed(struct sx_scope *s, const struct sx_port *port, const struct bindings *b)
{
    if (add_input(s, port, true, NULL, b))
        return true;
    if (s->error->status != SX_MODEL)
        return false;
    *s->error = s->lowered->graph->error = (struct sx_error){0};
    return sx_scope_define(s, port->name,
                           (struct sx_value){.node = SX_NONE, .kind = SX_UNKNOWN});
}

void sx_item_name(char text[SX_ITEM_NAME], const char *sequence, int k)
{
    snprintf(text, SX_ITEM_NAME, "%.*s[%d]", SX_ITEM_NAME - 16, sequence, k);
}

/* A sequence or an optional that has a value: its tensors are constants, named "x[0]" and so on. */
static bool add_list(struct sx_scope *s, const struct sx_list *list)
{
    struct sx_graph *g = s->lowered->graph;
    struct sx_value *item =
        sx_arena_new(&g->arena, (size_t)list->n_items + 1, sizeof *item, s->error);
    enum sx_type type;
    char name[SX_ITEM_NAME];
    if (item == NULL || !sx_onnx_type(list->kind, g->real, &type, s->error))
        return false;
    for (int k = 0; k < list->n_items; k++) {
        item[k] = (struct sx_value){.kind = list->kind};
        item[k].node = constant_input(s, type, &list->item[k]);
        sx_item_name(name, list->name, k);
        if (item[k].node == SX_NONE || !sx_name_node(g, name, item[k].node, "", ""))
            return sx_graph_ok(g, s->error) && false;
    }
    struct sx_value value = {
        .node = SX_NONE, .kind = SX_SEQUENCE, .item = item, .n_items = list->n_items};
    if (list->empty)
        value = (struct sx_value){.node = SX_NONE, .kind = SX_EMPTY};
    else if (!list->sequence)
        value = item[0];
    return sx_scope_define(s, list->name, value);
}

static bool add_lists(struct sx_scope *s)
{
    for (const struct sx_list *list = s->model->lists; list != NULL; list = list->next)
        if (!add_list(s, list))
            return sx_fail_at(s->error, "input '%.*s'", SX_NAME_SHOWN, list->name);
    return true;
}

bool sx_scope_inputs(struct sx_scope *s, const struct sx_names *read)
{
    const struct sx_model *m = s->model;
    struct bindings b = {0};
    s->lowered->inputs =
        sx_arena_new(&s->lowered->arena, (size_t)(m->n_inputs + m->n_declared) + 1,
                     sizeof *s->lowered->inputs, s->error);
    bool ok = s->lowered->inputs != NULL && bind_all(&b, s, s->options) && add_lists(s);
    for (int i = 0; i < m->n_inputs && ok; i++) {
        const struct sx_port *port = &m->inputs[i];
        if (s->options->listing && find_option(s->options, port->name) == NULL)
            continue;
        bool needed = read == NULL || is_joined(s, port) || sx_names_get(read, port->name) >= 0;
        ok = add_input(s, port, needed, find_option(s->options, port->name), &b) ||
             sx_fail_at(s->error, "input '%.*s'", SX_NAME_SHOWN, port->name);
    }
    for (int i = 0; i < m->n_declared && ok && s->options->listing; i++)
        if (sx_names_get(&s->names, m->declared[i].name) < 0)
            ok = add_listed(s, &m->declared[i], &b);
    free(b.item);
    return ok;
}
