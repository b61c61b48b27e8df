/* info.c - what a model declares: versions, inputs, outputs; and tables of names. */
#include <stdlib.h>
#include <string.h>

#include "onnx/onnx.h"

/* The first version of the format with operator sets. Unknown additions of later versions are
 * ignored. */
#define IR_FIRST 3

/* The default domain has two names. */
static const char *plain_domain(const char *domain)
{
    return domain == NULL || strcmp(domain, "ai.onnx") == 0 ? "" : domain;
}

int64_t sx_model_opset(const struct sx_model *m, const char *domain)
{
    int64_t version = 0;
    for (size_t i = 0; i < m->proto->n_opset_import; i++) {
        const Onnx__OperatorSetIdProto *set = m->proto->opset_import[i];
        if (strcmp(plain_domain(set->domain), plain_domain(domain)) == 0 &&
            set->version > version)
            version = set->version; /* if a domain is imported twice, the later import counts */
    }
    return version;
}

static bool check_versions(const Onnx__ModelProto *p, struct sx_error *error)
{
    if (!p->has_ir_version || p->ir_version < IR_FIRST)
        return sx_fail(error, SX_MODEL, "IR version %lld, not %d or later",
                       (long long)p->ir_version, IR_FIRST);
    if (p->n_opset_import == 0)
        return sx_fail(error, SX_MODEL, "no operator set is imported");
    for (size_t i = 0; i < p->n_opset_import; i++) {
        const Onnx__OperatorSetIdProto *set = p->opset_import[i];
        const char *domain = plain_domain(set->domain);
        if (!set->has_version || set->version < 1)
            return sx_fail(error, SX_MODEL, "domain '%.*s': no opset version", SX_NAME_SHOWN,
                           domain);
    }
    return true;
}

static int by_name(const void *a, const void *b)
{
    const struct sx_named *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static const void *find(const struct sx_named *table, size_t n, const char *name)
{
    struct sx_named key = {.name = name};
    const struct sx_named *found =
        n > 0 ? bsearch(&key, table, n, sizeof *table, by_name) : NULL;
    return found != NULL ? found->proto : NULL;
}

const Onnx__TensorProto *sx_model_initializer(const struct sx_model *m, const char *name)
{
    return find(m->initializers, m->n_initializers, name);
}

const Onnx__ValueInfoProto *sx_model_value(const struct sx_model *m, const char *name)
{
    return find(m->values, m->n_values, name);
}

static bool index_initializers(struct sx_model *m, struct sx_error *error)
{
    const Onnx__GraphProto *g = m->graph;
    m->initializers = sx_arena_new(&m->arena, g->n_initializer, sizeof *m->initializers, error);
    if (m->initializers == NULL)
        return false;
    for (size_t i = 0; i < g->n_initializer; i++) {
        const char *name = g->initializer[i]->name;
        if (name == NULL || name[0] == '\0')
            return sx_fail(error, SX_MODEL, "initializer %zu has no name", i);
        m->initializers[m->n_initializers++] = (struct sx_named){name, g->initializer[i]};
    }
    qsort(m->initializers, m->n_initializers, sizeof *m->initializers, by_name);
    for (size_t i = 1; i < m->n_initializers; i++)
        if (by_name(&m->initializers[i - 1], &m->initializers[i]) == 0)
            return sx_fail(error, SX_MODEL, "initializer '%.*s' occurs twice", SX_NAME_SHOWN,
                           m->initializers[i].name);
    return true;
}

static void add_values(struct sx_model *m, Onnx__ValueInfoProto *const *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (values[i]->name != NULL && values[i]->name[0] != '\0')
            m->values[m->n_values++] = (struct sx_named){values[i]->name, values[i]};
}

static bool has_shape(const struct sx_named *named)
{
    const Onnx__ValueInfoProto *value = named->proto;
    return value->type != NULL &&
           value->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE &&
           value->type->tensor_type->shape != NULL;
}

/* Keeps one declaration per name: an input may be repeated as an output, without its type. */
static void keep_one_each(struct sx_model *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->n_values; i++) {
        if (n == 0 || by_name(&m->values[n - 1], &m->values[i]) != 0)
            m->values[n++] = m->values[i];
        else if (!has_shape(&m->values[n - 1]))
            m->values[n - 1] = m->values[i];
    }
    m->n_values = n;
}

static bool index_values(struct sx_model *m, struct sx_error *error)
{
    const Onnx__GraphProto *g = m->graph;
    m->values = sx_arena_new(&m->arena, g->n_input + g->n_output + g->n_value_info,
                             sizeof *m->values, error);
    if (m->values == NULL)
        return false;
    add_values(m, g->input, g->n_input);
    add_values(m, g->output, g->n_output);
    add_values(m, g->value_info, g->n_value_info);
    qsort(m->values, m->n_values, sizeof *m->values, by_name);
    keep_one_each(m);
    return true;
}

/* Reads a declared shape. Dimensions with a name, without a value, or of -1 (some exporters) are
 * symbolic. */
static bool declared_shape(const Onnx__TensorShapeProto *proto, struct sx_shape *shape,
                           struct sx_error *error)
{
    int64_t count;
    if (proto->n_dim > SX_MAX_RANK)
        return sx_fail(error, SX_MODEL, "rank %zu is over %d", proto->n_dim, SX_MAX_RANK);
    struct sx_shape known = {.rank = (int)proto->n_dim};
    *shape = known;
    for (int i = 0; i < shape->rank; i++) {
        const Onnx__TensorShapeProto__Dimension *d = proto->dim[i];
        bool given = d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        shape->dim[i] = given ? d->dim_value : -1;
        known.dim[i] = shape->dim[i] == -1 ? 1 : shape->dim[i];
    }
    return sx_shape_count(&known, &count, error);
}

/* Sets the range of an integer or boolean type. */
static void set_limits(struct sx_port *port, int onnx_type)
{
    port->element = sx_onnx_type_name(onnx_type);
    port->low = INT64_MIN;
    port->high = INT64_MAX;
    switch (onnx_type) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT8:
        port->low = INT8_MIN, port->high = INT8_MAX;
        break;
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT16:
        port->low = INT16_MIN, port->high = INT16_MAX;
        break;
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT32:
        port->low = INT32_MIN, port->high = INT32_MAX;
        break;
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT8:
        port->low = 0, port->high = UINT8_MAX;
        break;
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT16:
        port->low = 0, port->high = UINT16_MAX;
        break;
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT32:
        port->low = 0, port->high = UINT32_MAX;
        break;
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT64:
        port->low = 0;
        break;
    case ONNX__TENSOR_PROTO__DATA_TYPE__BOOL:
        port->low = 0, port->high = 1;
        break;
    default:
        break;
    }
}

static const char *first_symbol(const Onnx__TensorShapeProto *shape)
{
    const Onnx__TensorShapeProto__Dimension *d = shape->n_dim > 0 ? shape->dim[0] : NULL;
    bool named =
        d != NULL && d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
    return named && d->dim_param[0] != '\0' ? d->dim_param : NULL;
}

/* Whether a value is declared as a tensor of a type that can be held. */
static bool can_hold(const Onnx__ValueInfoProto *value, enum sx_type *held)
{
    const Onnx__TypeProto *type = value->type;
    return type != NULL && type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE &&
           sx_onnx_type(type->tensor_type->elem_type, SX_FLOAT, held, NULL);
}

bool sx_port_read(const Onnx__ValueInfoProto *value, struct sx_port *port,
                  struct sx_error *error)
{
    if (!can_hold(value, &port->type))
        return true;
    const Onnx__TypeProto__Tensor *tensor = value->type->tensor_type;
    set_limits(port, tensor->elem_type);
    port->symbol = tensor->shape != NULL ? first_symbol(tensor->shape) : NULL;
    return tensor->shape == NULL || declared_shape(tensor->shape, &port->shape, error);
}

/* Reads a list of ports. A type that cannot be held has rank -1; it is refused only if the port is
 * needed. */
static bool read_ports(struct sx_model *m, Onnx__ValueInfoProto *const *values, size_t n,
                       bool inputs, struct sx_port **ports, int *count, struct sx_error *error)
{
    const char *what = inputs ? "input" : "output";
    if (n > INT32_MAX)
        return sx_fail(error, SX_MODEL, "%zu %ss", n, what);
    *ports = sx_arena_new(&m->arena, n, sizeof **ports, error);
    if (*ports == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        struct sx_port *port = &(*ports)[*count];
        *port = (struct sx_port){.name = values[i]->name, .shape.rank = -1};
        if (port->name == NULL || port->name[0] == '\0')
            return sx_fail(error, SX_MODEL, "%s %zu has no name", what, i);
        if (inputs && sx_model_initializer(m, port->name) != NULL)
            continue; /* before IR version 4 every weight was an input, too */
        if (!sx_port_read(values[i], port, inputs ? error : NULL)) {
            if (inputs)
                return sx_fail_at(error, "input '%.*s'", SX_NAME_SHOWN, port->name);
            port->shape.rank = -1;
        }
        (*count)++;
    }
    return true;
}

static int by_port_name(const void *a, const void *b)
{
    const struct sx_port *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

static bool check_distinct(struct sx_model *m, const struct sx_port *ports, int n,
                           struct sx_error *error)
{
    const struct sx_port **sorted = sx_arena_new(&m->arena, (size_t)n, sizeof *sorted, error);
    if (sorted == NULL)
        return false;
    for (int i = 0; i < n; i++)
        sorted[i] = &ports[i];
    qsort(sorted, (size_t)n, sizeof *sorted, by_port_name);
    for (int i = 1; i < n; i++)
        if (by_port_name(&sorted[i - 1], &sorted[i]) == 0)
            return sx_fail(error, SX_MODEL, "input or output '%.*s' occurs twice",
                           SX_NAME_SHOWN, sorted[i]->name);
    return true;
}

bool sx_model_index(struct sx_model *m, struct sx_error *error)
{
    m->graph = m->proto->graph;
    if (m->graph == NULL)
        return sx_fail(error, SX_MODEL, "not an ONNX model: it has no graph");
    bool ok = check_versions(m->proto, error) && index_initializers(m, error) &&
              index_values(m, error) &&
              read_ports(m, m->graph->input, m->graph->n_input, true, &m->inputs, &m->n_inputs,
                         error) &&
              read_ports(m, m->graph->output, m->graph->n_output, false, &m->outputs,
                         &m->n_outputs, error) &&
              check_distinct(m, m->inputs, m->n_inputs, error);
    m->declared = m->inputs;
    m->n_declared = m->n_inputs;
    return ok;
}

int sx_model_input_count(const struct sx_model *m)
{
    return m->n_inputs;
}

int sx_model_output_count(const struct sx_model *m)
{
    return m->n_outputs;
}

const struct sx_port *sx_model_input(const struct sx_model *m, int i)
{
    return i >= 0 && i < m->n_inputs ? &m->inputs[i] : NULL;
}

const struct sx_port *sx_model_output(const struct sx_model *m, int i)
{
    return i >= 0 && i < m->n_outputs ? &m->outputs[i] : NULL;
}

const char *sx_model_metadata(const struct sx_model *m, const char *key)
{
    for (size_t i = 0; i < m->proto->n_metadata_props; i++) {
        const Onnx__StringStringEntryProto *entry = m->proto->metadata_props[i];
        if (entry->key != NULL && strcmp(entry->key, key) == 0)
            return entry->value;
    }
    return NULL;
}
