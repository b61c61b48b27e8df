/* write.c - writes ONNX messages, field by field, into a growing buffer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "onnx/write.h"

enum { VARINT = 0, LENGTH = 2, FIXED32 = 5 };

/* ---- Protobuf ---- */

static void append(struct sx_wire *w, const void *bytes, size_t n)
{
    void *grown = w->bytes;
    size_t need;
    if (w->error->status != SX_OK)
        return;
    if (!sx_size_add(&need, w->size, n) || need > SX_WIRE_LIMIT) {
        sx_fail(w->error, SX_MODEL, "an ONNX file of over 2 GiB cannot be written");
        return;
    }
    if (!sx_grow(&grown, &w->capacity, need, 1, w->error))
        return;
    w->bytes = grown;
    if (n > 0)
        memcpy(w->bytes + w->size, bytes, n);
    w->size = need;
}

static size_t encode(uint64_t value, uint8_t bytes[10])
{
    size_t n = 0;
    for (; value >= 0x80; value >>= 7)
        bytes[n++] = (uint8_t)(value | 0x80);
    bytes[n++] = (uint8_t)value;
    return n;
}

static void varint(struct sx_wire *w, uint64_t value)
{
    uint8_t bytes[10];
    append(w, bytes, encode(value, bytes));
}

void sx_wire_raw(struct sx_wire *w, const void *bytes, size_t n)
{
    append(w, bytes, n);
}

void sx_wire_int(struct sx_wire *w, int field, int64_t value)
{
    varint(w, (uint64_t)field << 3 | VARINT);
    varint(w, (uint64_t)value);
}

void sx_wire_float(struct sx_wire *w, int field, float value)
{
    varint(w, (uint64_t)field << 3 | FIXED32);
    append(w, &value, sizeof value);
}

void sx_wire_bytes(struct sx_wire *w, int field, const void *bytes, size_t n)
{
    varint(w, (uint64_t)field << 3 | LENGTH);
    varint(w, n);
    append(w, bytes, n);
}

void sx_wire_text(struct sx_wire *w, int field, const char *text)
{
    sx_wire_bytes(w, field, text, strlen(text));
}

size_t sx_wire_begin(struct sx_wire *w, int field)
{
    varint(w, (uint64_t)field << 3 | LENGTH);
    return w->size;
}

/* Ends a message. Its content is moved to make room for its length. */
void sx_wire_end(struct sx_wire *w, size_t start)
{
    uint8_t bytes[10];
    size_t size = w->size - start, n = encode(size, bytes);
    append(w, bytes, n);
    if (w->error->status != SX_OK)
        return;
    memmove(w->bytes + start + n, w->bytes + start, size);
    memcpy(w->bytes + start, bytes, n);
}

void sx_wire_free(struct sx_wire *w)
{
    free(w->bytes);
    *w = (struct sx_wire){.error = w->error};
}

/* ---- ONNX ---- */

static void attribute(struct sx_wire *w, const struct sx_onnx_attr *a)
{
    size_t start = sx_wire_begin(w, SX_NODE_ATTRIBUTE);
    sx_wire_text(w, 1, a->name);
    if (a->ints != NULL) {
        for (int i = 0; i < a->n; i++)
            sx_wire_int(w, 8, a->ints[i]);
        sx_wire_int(w, 20, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    } else if (a->text != NULL) {
        sx_wire_text(w, 4, a->text);
        sx_wire_int(w, 20, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
    } else if (a->real) {
        sx_wire_float(w, 2, (float)a->f);
        sx_wire_int(w, 20, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    } else {
        sx_wire_int(w, 3, a->i);
        sx_wire_int(w, 20, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    }
    sx_wire_end(w, start);
}

void sx_onnx_write_nodes(struct sx_wire *w, const char *op, const char *const *in,
                         const char *const *out, const struct sx_onnx_attr *attrs, int n_attrs)
{
    size_t start = sx_wire_begin(w, SX_GRAPH_NODE);
    for (; *in != NULL; in++)
        sx_wire_text(w, SX_NODE_INPUT, *in);
    for (int i = 0; out[i] != NULL; i++)
        sx_wire_text(w, SX_NODE_OUTPUT, out[i]);
    sx_wire_text(w, SX_NODE_NAME, out[0]);
    sx_wire_text(w, SX_NODE_OP, op);
    for (int i = 0; i < n_attrs; i++)
        attribute(w, &attrs[i]);
    sx_wire_end(w, start);
}

void sx_onnx_write_node(struct sx_wire *w, const char *op, const char *const *in,
                        const char *out, const struct sx_onnx_attr *attrs, int n_attrs)
{
    sx_onnx_write_nodes(w, op, in, (const char *const[]){out, NULL}, attrs, n_attrs);
}

int sx_onnx_type_of(enum sx_type type)
{
    static const int known[] = {
        ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE,
        ONNX__TENSOR_PROTO__DATA_TYPE__INT64, ONNX__TENSOR_PROTO__DATA_TYPE__BOOL};
    return known[type];
}

/* Begins an initializer; its elements follow. */
static size_t begin_tensor(struct sx_wire *w, const char *name, const struct sx_tensor *value)
{
    size_t start = sx_wire_begin(w, SX_GRAPH_INITIALIZER);
    for (int i = 0; i < value->shape.rank; i++)
        sx_wire_int(w, SX_TENSOR_DIMS, value->shape.dim[i]);
    sx_wire_int(w, SX_TENSOR_TYPE, sx_onnx_type_of(value->type));
    sx_wire_text(w, SX_TENSOR_NAME, name);
    return start;
}

static size_t bytes_of(const struct sx_tensor *value)
{
    return (size_t)sx_count(&value->shape) * sx_type_size(value->type);
}

void sx_onnx_write_tensor(struct sx_wire *w, const char *name, const struct sx_tensor *value)
{
    size_t start = begin_tensor(w, name, value);
    sx_wire_bytes(w, SX_TENSOR_RAW, value->data, bytes_of(value));
    sx_wire_end(w, start);
}

static void write_entry(struct sx_wire *w, const char *key, const char *value)
{
    size_t entry = sx_wire_begin(w, SX_TENSOR_EXTERNAL);
    sx_wire_text(w, 1, key);
    sx_wire_text(w, 2, value);
    sx_wire_end(w, entry);
}

void sx_onnx_write_external(struct sx_wire *w, const char *name, const struct sx_tensor *value,
                            const char *location, size_t offset)
{
    char number[24];
    size_t start = begin_tensor(w, name, value);
    write_entry(w, "location", location);
    snprintf(number, sizeof number, "%zu", offset);
    write_entry(w, "offset", number);
    snprintf(number, sizeof number, "%zu", bytes_of(value));
    write_entry(w, "length", number);
    sx_wire_int(w, SX_TENSOR_LOCATION, ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL);
    sx_wire_end(w, start);
}

void sx_onnx_write_value(struct sx_wire *w, int field, const char *name, int onnx_type,
                         const struct sx_onnx_dim *dims, int rank)
{
    size_t port = sx_wire_begin(w, field);
    sx_wire_text(w, 1, name);
    size_t outer = sx_wire_begin(w, 2), tensor = sx_wire_begin(w, 1);
    sx_wire_int(w, 1, onnx_type);
    size_t shape = sx_wire_begin(w, 2);
    for (int i = 0; i < rank; i++) {
        size_t dim = sx_wire_begin(w, 1);
        if (dims[i].symbol == NULL)
            sx_wire_int(w, 1, dims[i].length);
        else
            sx_wire_text(w, 2, dims[i].symbol);
        sx_wire_end(w, dim);
    }
    sx_wire_end(w, shape);
    sx_wire_end(w, tensor);
    sx_wire_end(w, outer);
    sx_wire_end(w, port);
}

void sx_onnx_write_port(struct sx_wire *w, int field, const char *name, enum sx_type type,
                        const struct sx_shape *shape, const char *symbol)
{
    struct sx_onnx_dim dims[SX_MAX_RANK];
    for (int i = 0; i < shape->rank; i++)
        dims[i] = (struct sx_onnx_dim){shape->dim[i], shape->dim[i] < 0 ? symbol : NULL};
    sx_onnx_write_value(w, field, name, sx_onnx_type_of(type), dims, shape->rank);
}

void sx_onnx_write_metadata(struct sx_wire *w, const char *key, const char *value)
{
    size_t start = sx_wire_begin(w, SX_MODEL_METADATA);
    sx_wire_text(w, 1, key);
    sx_wire_text(w, 2, value);
    sx_wire_end(w, start);
}

void sx_onnx_write_model(struct sx_wire *w, int64_t opset, const char *graph_name,
                         const struct sx_wire *graph)
{
    sx_wire_int(w, SX_MODEL_IR_VERSION, 7);
    sx_wire_text(w, SX_MODEL_PRODUCER, "sextant");
    sx_wire_text(w, SX_MODEL_PRODUCER_VERSION, SX_VERSION);
    size_t start = sx_wire_begin(w, SX_MODEL_GRAPH);
    sx_wire_text(w, SX_GRAPH_NAME, graph_name);
    sx_wire_raw(w, graph->bytes, graph->size);
    sx_wire_end(w, start);
    start = sx_wire_begin(w, SX_MODEL_OPSET);
    sx_wire_text(w, 1, "");
    sx_wire_int(w, 2, opset);
    sx_wire_end(w, start);
}
