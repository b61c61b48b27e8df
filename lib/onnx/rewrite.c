/* rewrite.c - copies a model's file with changed weights and additional fields.
 *
 * The file was checked when it was opened, but it is mapped and may have changed since. So every
 * length is checked again. */
#include <stdlib.h>
#include <string.h>

#include "onnx/write.h"

enum { VARINT = 0, FIXED64 = 1, LENGTH = 2, FIXED32 = 5 };

/* The rest of a message. */
struct cursor {
    const uint8_t *at, *end;
};

/* A field: its content, and the whole field including its tag. */
struct field {
    int id, wire;
    const uint8_t *value, *from;
    size_t size, whole;
};

static bool take_varint(struct cursor *c, uint64_t *value)
{
    *value = 0;
    for (int shift = 0; shift < 70 && c->at < c->end; shift += 7) {
        uint8_t byte = *c->at++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

static bool take_field(struct cursor *c, struct field *f, struct sx_error *error)
{
    uint64_t tag, size = 0;
    f->from = c->at;
    bool ok = take_varint(c, &tag);
    f->id = ok ? (int)(tag >> 3) : 0;
    f->wire = ok ? (int)(tag & 7) : -1;
    f->value = c->at;
    if (f->wire == VARINT) {
        ok = take_varint(c, &tag);
        size = (uint64_t)(c->at - f->value);
        c->at = f->value;
    } else if (f->wire == LENGTH) {
        ok = take_varint(c, &size);
        f->value = c->at;
    } else if (f->wire == FIXED64 || f->wire == FIXED32) {
        size = f->wire == FIXED64 ? 8 : 4;
    } else {
        ok = false;
    }
    if (!ok || size > (uint64_t)(c->end - f->value))
        return sx_fail(error, SX_MODEL, "the file has changed while it was read");
    f->size = (size_t)size;
    c->at = f->value + size;
    f->whole = (size_t)(c->at - f->from);
    return true;
}

/* ---- Tensors ---- */

/* The field that holds the elements of a TensorProto; 0: none. */
static int data_field(struct cursor c, struct sx_error *error)
{
    struct field f = {0};
    int id = 0;
    while (c.at < c.end && take_field(&c, &f, error))
        if (f.id == SX_TENSOR_RAW || f.id == SX_TENSOR_FLOATS || f.id == SX_TENSOR_DOUBLES)
            id = f.id;
    return id;
}

static bool holds_data(int id)
{
    return (id >= SX_TENSOR_FLOATS && id <= SX_TENSOR_INT64S) ||
           (id >= SX_TENSOR_RAW && id <= SX_TENSOR_UINT64S) || id == SX_TENSOR_EXTERNAL ||
           id == SX_TENSOR_LOCATION;
}

/* Copies a tensor without its elements. */
static bool copy_head(struct sx_wire *to, struct cursor c)
{
    struct field f = {0};
    while (c.at < c.end) {
        if (!take_field(&c, &f, to->error))
            return false;
        if (!holds_data(f.id))
            sx_wire_raw(to, f.from, f.whole);
    }
    return true;
}

/* Writes new elements in the type of the old ones; floats and doubles also in the same field. */
static bool replace(struct sx_wire *to, struct cursor c, const Onnx__TensorProto *proto,
                    const struct sx_tensor *value)
{
    size_t size = sx_onnx_element_size(proto->data_type), bytes;
    int64_t n = sx_count(&value->shape);
    int id = data_field(c, to->error);
    if (size == 0)
        return sx_fail(to->error, SX_MODEL, "weights of type %s cannot be changed",
                       sx_onnx_type_name(proto->data_type));
    uint8_t *encoded =
        sx_size_mul(&bytes, (size_t)n, size) ? sx_new(bytes, 1, to->error) : NULL;
    if (encoded == NULL)
        return sx_fail(to->error, SX_MEMORY, "out of memory");
    for (int64_t i = 0; i < n; i++)
        sx_onnx_encode(proto->data_type, sx_tensor_get(value, i), encoded + (size_t)i * size);
    size_t start = sx_wire_begin(to, SX_GRAPH_INITIALIZER);
    bool ok = copy_head(to, c);
    sx_wire_bytes(to, id != 0 ? id : SX_TENSOR_RAW, encoded, bytes);
    sx_wire_end(to, start);
    free(encoded);
    return ok;
}

/* Puts external elements inside, unchanged. */
static bool embed(struct sx_wire *to, struct cursor c, const struct sx_model *model,
                  const Onnx__TensorProto *proto)
{
    struct sx_onnx_view view;
    if (!sx_onnx_tensor(model, proto, &view, to->error))
        return false;
    size_t start = sx_wire_begin(to, SX_GRAPH_INITIALIZER);
    bool ok = copy_head(to, c);
    sx_wire_bytes(to, SX_TENSOR_RAW, view.bytes, (size_t)view.count * view.stride);
    sx_wire_end(to, start);
    return ok;
}

static bool write_initializer(struct sx_wire *to, const struct field *f,
                              const struct sx_model *model, const Onnx__TensorProto *proto,
                              const struct sx_onnx_changes *changes)
{
    struct cursor c = {f->value, f->value + f->size};
    for (size_t i = 0; i < changes->n_values; i++)
        if (strcmp(proto->name, changes->values[i].name) == 0)
            return replace(to, c, proto, changes->values[i].value) ||
                   sx_fail_at(to->error, "initializer '%.*s'", SX_NAME_SHOWN, proto->name);
    if (changes->embed && proto->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL)
        return embed(to, c, model, proto);
    sx_wire_raw(to, f->from, f->whole);
    return true;
}

/* ---- The model ---- */

static bool write_graph(struct sx_wire *to, const struct field *graph,
                        const struct sx_model *model, const struct sx_onnx_changes *changes)
{
    struct cursor c = {graph->value, graph->value + graph->size};
    struct field f = {0};
    size_t start = sx_wire_begin(to, SX_MODEL_GRAPH), k = 0;
    while (c.at < c.end) {
        if (!take_field(&c, &f, to->error))
            return false;
        bool tensor = f.id == SX_GRAPH_INITIALIZER && k < model->graph->n_initializer;
        if (!tensor)
            sx_wire_raw(to, f.from, f.whole);
        else if (!write_initializer(to, &f, model, model->graph->initializer[k++], changes))
            return false;
    }
    if (changes->graph != NULL)
        sx_wire_raw(to, changes->graph->bytes, changes->graph->size);
    sx_wire_end(to, start);
    return true;
}

bool sx_onnx_rewrite(const struct sx_model *model, const struct sx_onnx_changes *changes,
                     struct sx_wire *to)
{
    struct cursor c = {model->file.bytes, model->file.bytes + model->file.size};
    struct field f = {0};
    while (c.at < c.end) {
        if (!take_field(&c, &f, to->error))
            return false;
        if (f.id != SX_MODEL_GRAPH)
            sx_wire_raw(to, f.from, f.whole);
        else if (!write_graph(to, &f, model, changes))
            return false;
    }
    if (changes->model != NULL)
        sx_wire_raw(to, changes->model->bytes, changes->model->size);
    return to->error->status == SX_OK;
}
