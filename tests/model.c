/* model.c - tiny ONNX models for tests, built in memory. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/base.h"
#include "model.h"

struct tm_model {
    struct sx_arena arena;
    Onnx__ModelProto model;
    Onnx__GraphProto graph;
    struct tm_model *bodies; /* freed with this model */
    struct tm_model *next;
};

void *tm_memory(struct tm_model *m, size_t bytes)
{
    void *p = sx_arena_new(&m->arena, 1, bytes, NULL);
    if (p == NULL)
        abort();
    return p;
}

char *tm_text(struct tm_model *m, const char *text)
{
    size_t n = strlen(text) + 1;
    return memcpy(tm_memory(m, n), text, n);
}

static char *text_part(struct tm_model *m, const char *text, size_t n)
{
    char *copy = tm_memory(m, n + 1);
    memcpy(copy, text, n);
    return copy;
}

/* Makes room for one more item. The array is copied when its length is a power of two. */
static void *more(struct tm_model *m, void *items, size_t n, size_t size)
{
    if ((n & (n - 1)) != 0)
        return items;
    void *copy = tm_memory(m, (n > 0 ? 2 * n : 1) * size);
    if (n > 0)
        memcpy(copy, items, n * size);
    return copy;
}

void tm_domain(struct tm_model *m, const char *domain, int64_t version)
{
    Onnx__ModelProto *p = &m->model;
    Onnx__OperatorSetIdProto *set = tm_memory(m, sizeof *set);
    onnx__operator_set_id_proto__init(set);
    set->domain = tm_text(m, domain);
    set->has_version = 1;
    set->version = version;
    p->opset_import =
        more(m, p->opset_import, p->n_opset_import, sizeof(Onnx__OperatorSetIdProto *));
    p->opset_import[p->n_opset_import++] = set;
}

struct tm_model *tm_new(int64_t opset)
{
    struct tm_model *m = calloc(1, sizeof *m);
    if (m == NULL)
        abort();
    onnx__model_proto__init(&m->model);
    onnx__graph_proto__init(&m->graph);
    m->model.has_ir_version = 1;
    m->model.ir_version = 8;
    m->model.graph = &m->graph;
    m->graph.name = tm_text(m, "test");
    tm_domain(m, "", opset);
    return m;
}

void tm_free(struct tm_model *m)
{
    while (m->bodies != NULL) {
        struct tm_model *next = m->bodies->next;
        tm_free(m->bodies);
        m->bodies = next;
    }
    sx_arena_free(&m->arena);
    free(m);
}

static int onnx_type(enum sx_type type)
{
    static const int types[] = {
        [SX_FLOAT] = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
        [SX_DOUBLE] = ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE,
        [SX_INT] = ONNX__TENSOR_PROTO__DATA_TYPE__INT64,
        [SX_BOOL] = ONNX__TENSOR_PROTO__DATA_TYPE__BOOL,
    };
    return types[type];
}

static Onnx__TensorShapeProto *shape_proto(struct tm_model *m, int rank, const int64_t *dims)
{
    Onnx__TensorShapeProto *shape = tm_memory(m, sizeof *shape);
    onnx__tensor_shape_proto__init(shape);
    shape->n_dim = (size_t)rank;
    shape->dim = tm_memory(m, (size_t)rank * sizeof(Onnx__TensorShapeProto__Dimension *));
    for (int i = 0; i < rank; i++) {
        Onnx__TensorShapeProto__Dimension *d = tm_memory(m, sizeof *d);
        onnx__tensor_shape_proto__dimension__init(d);
        if (dims[i] == -1) {
            char name[16];
            snprintf(name, sizeof name, "d%d", i);
            d->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
            d->dim_param = tm_text(m, name);
        } else {
            d->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
            d->dim_value = dims[i];
        }
        shape->dim[i] = d;
    }
    return shape;
}

static Onnx__ValueInfoProto *value_proto(struct tm_model *m, const char *name,
                                         enum sx_type type, int rank, const int64_t *dims)
{
    Onnx__ValueInfoProto *value = tm_memory(m, sizeof *value);
    onnx__value_info_proto__init(value);
    value->name = tm_text(m, name);
    value->type = tm_memory(m, sizeof *value->type);
    onnx__type_proto__init(value->type);
    value->type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    Onnx__TypeProto__Tensor *tensor = tm_memory(m, sizeof *tensor);
    onnx__type_proto__tensor__init(tensor);
    tensor->has_elem_type = 1;
    tensor->elem_type = onnx_type(type);
    if (rank >= 0)
        tensor->shape = shape_proto(m, rank, dims);
    value->type->tensor_type = tensor;
    return value;
}

void tm_input(struct tm_model *m, const char *name, enum sx_type type, int rank,
              const int64_t *dims)
{
    Onnx__GraphProto *g = &m->graph;
    g->input = more(m, g->input, g->n_input, sizeof(Onnx__ValueInfoProto *));
    g->input[g->n_input++] = value_proto(m, name, type, rank, dims);
}

void tm_output_as(struct tm_model *m, const char *name, enum sx_type type, int rank,
                  const int64_t *dims)
{
    Onnx__GraphProto *g = &m->graph;
    g->output = more(m, g->output, g->n_output, sizeof(Onnx__ValueInfoProto *));
    g->output[g->n_output++] = value_proto(m, name, type, rank, dims);
}

void tm_output(struct tm_model *m, const char *name)
{
    tm_output_as(m, name, SX_FLOAT, -1, NULL);
}

static Onnx__TensorProto *tensor_proto(struct tm_model *m, const char *name, int type, int rank,
                                       const int64_t *dims)
{
    Onnx__TensorProto *t = tm_memory(m, sizeof *t);
    onnx__tensor_proto__init(t);
    t->name = tm_text(m, name);
    t->has_data_type = 1;
    t->data_type = type;
    t->n_dims = (size_t)rank;
    t->dims = tm_memory(m, (size_t)rank * sizeof *t->dims);
    if (rank > 0)
        memcpy(t->dims, dims, (size_t)rank * sizeof *t->dims);
    return t;
}

static void set_raw(struct tm_model *m, Onnx__TensorProto *t, const void *bytes, size_t n)
{
    t->has_raw_data = 1;
    t->raw_data.len = n;
    t->raw_data.data = tm_memory(m, n);
    if (n > 0)
        memcpy(t->raw_data.data, bytes, n);
}

static size_t bytes_of(enum sx_type type, int rank, const int64_t *dims)
{
    size_t n = sx_type_size(type);
    for (int i = 0; i < rank; i++)
        n *= (size_t)dims[i];
    return n;
}

Onnx__TensorProto *tm_raw(struct tm_model *m, const char *name, int type, int rank,
                          const int64_t *dims, const void *bytes, size_t n)
{
    Onnx__GraphProto *g = &m->graph;
    Onnx__TensorProto *t = tensor_proto(m, name, type, rank, dims);
    if (bytes != NULL)
        set_raw(m, t, bytes, n);
    g->initializer = more(m, g->initializer, g->n_initializer, sizeof(Onnx__TensorProto *));
    g->initializer[g->n_initializer++] = t;
    return t;
}

Onnx__TensorProto *tm_const(struct tm_model *m, const char *name, enum sx_type type, int rank,
                            const int64_t *dims, const void *data)
{
    return tm_raw(m, name, onnx_type(type), rank, dims, data, bytes_of(type, rank, dims));
}

static char **names(struct tm_model *m, const char *text, size_t *n)
{
    char **list = NULL;
    for (*n = 0; *(text += strspn(text, " ")) != '\0'; (*n)++) {
        size_t length = strcspn(text, " ");
        list = more(m, list, *n, sizeof *list);
        list[*n] = length == 1 && *text == '-' ? tm_text(m, "") : text_part(m, text, length);
        text += length;
    }
    return list;
}

static Onnx__AttributeProto *attribute(struct tm_model *m, Onnx__NodeProto *node,
                                       const char *name, size_t length)
{
    Onnx__AttributeProto *a = tm_memory(m, sizeof *a);
    onnx__attribute_proto__init(a);
    a->name = text_part(m, name, length);
    a->has_type = 1;
    node->attribute =
        more(m, node->attribute, node->n_attribute, sizeof(Onnx__AttributeProto *));
    node->attribute[node->n_attribute++] = a;
    return a;
}

static void parse_strings(struct tm_model *m, Onnx__AttributeProto *a, const char *value)
{
    bool list = strchr(value, ',') != NULL;
    for (; *value == '\''; value += *value == ',') {
        size_t length = strcspn(++value, "'");
        a->strings = more(m, a->strings, a->n_strings, sizeof *a->strings);
        a->strings[a->n_strings].len = length;
        a->strings[a->n_strings++].data = (uint8_t *)text_part(m, value, length);
        value += length + (value[length] == '\'');
    }
    a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS;
    if (list)
        return;
    a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING;
    a->has_s = 1;
    a->s = a->strings[0];
    a->n_strings = 0;
}

static void parse_numbers(struct tm_model *m, Onnx__AttributeProto *a, const char *value,
                          bool real)
{
    bool list = strpbrk(value, "[,") != NULL;
    char *end;
    for (value += *value == '['; *value != '\0' && *value != ']'; value = end + (*end == ',')) {
        if (real) {
            a->floats = more(m, a->floats, a->n_floats, sizeof *a->floats);
            a->floats[a->n_floats++] = strtof(value, &end);
        } else {
            a->ints = more(m, a->ints, a->n_ints, sizeof *a->ints);
            a->ints[a->n_ints++] = strtoll(value, &end, 10);
        }
        if (end == value)
            abort();
    }
    a->type = real ? ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS
                   : ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
    if (list)
        return;
    a->type = real ? ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT
                   : ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
    a->has_f = real;
    a->f = real ? a->floats[0] : 0;
    a->has_i = !real;
    a->i = real ? 0 : a->ints[0];
    a->n_floats = a->n_ints = 0;
}

static void parse_attributes(struct tm_model *m, Onnx__NodeProto *node, const char *text)
{
    size_t n;
    char **items = names(m, text, &n);
    for (size_t i = 0; i < n; i++) {
        size_t length = strcspn(items[i], "=:");
        const char *value = strchr(items[i], '=');
        if (value++ == NULL)
            abort();
        Onnx__AttributeProto *a = attribute(m, node, items[i], length);
        if (*value == '\'')
            parse_strings(m, a, value);
        else
            parse_numbers(m, a, value,
                          items[i][length] == ':' || strpbrk(value, ".en") != NULL);
    }
}

Onnx__NodeProto *tm_node(struct tm_model *m, const char *op, const char *inputs,
                         const char *outputs, const char *attributes)
{
    Onnx__GraphProto *g = &m->graph;
    Onnx__NodeProto *node = tm_memory(m, sizeof *node);
    onnx__node_proto__init(node);
    const char *colon = strchr(op, ':');
    if (colon != NULL)
        node->domain = text_part(m, op, (size_t)(colon - op));
    node->op_type = tm_text(m, colon != NULL ? colon + 1 : op);
    node->input = names(m, inputs, &node->n_input);
    node->output = names(m, outputs, &node->n_output);
    if (attributes != NULL)
        parse_attributes(m, node, attributes);
    g->node = more(m, g->node, g->n_node, sizeof(Onnx__NodeProto *));
    g->node[g->n_node++] = node;
    return node;
}

void tm_attr_tensor(struct tm_model *m, const char *name, enum sx_type type, int rank,
                    const int64_t *dims, const void *data)
{
    Onnx__NodeProto *node = m->graph.node[m->graph.n_node - 1];
    Onnx__AttributeProto *a = attribute(m, node, name, strlen(name));
    a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR;
    a->t = tensor_proto(m, "", onnx_type(type), rank, dims);
    set_raw(m, a->t, data, bytes_of(type, rank, dims));
}

void tm_attr_graph(struct tm_model *m, const char *name, struct tm_model *body)
{
    Onnx__NodeProto *node = m->graph.node[m->graph.n_node - 1];
    Onnx__AttributeProto *a = attribute(m, node, name, strlen(name));
    a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH;
    a->g = &body->graph;
    body->next = m->bodies;
    m->bodies = body;
}

Onnx__ModelProto *tm_proto(struct tm_model *m)
{
    return &m->model;
}

const uint8_t *tm_pack(struct tm_model *m, size_t *n)
{
    *n = onnx__model_proto__get_packed_size(&m->model);
    uint8_t *bytes = tm_memory(m, *n);
    onnx__model_proto__pack(&m->model, bytes);
    return bytes;
}

void tm_write(struct tm_model *m, const char *path)
{
    size_t n;
    const uint8_t *bytes = tm_pack(m, &n);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, n, file) != n || fclose(file) != 0)
        abort();
}

struct sx_model *tm_open_bytes(const void *bytes, size_t n, size_t max_memory,
                               struct sx_error *error)
{
    char path[40];
    int fd = memfd_create("model", MFD_CLOEXEC);
    if (fd < 0 || write(fd, bytes, n) != (ssize_t)n)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct sx_model *model =
        sx_model_open(path, &(struct sx_model_options){.max_memory = max_memory}, error);
    close(fd);
    return model;
}

struct sx_model *tm_open(struct tm_model *m, struct sx_error *error)
{
    size_t n;
    const uint8_t *bytes = tm_pack(m, &n);
    return tm_open_bytes(bytes, n, 0, error);
}
