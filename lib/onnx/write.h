/* write.h - writes ONNX files: new ones, and copies with changes. */
#ifndef SX_ONNX_WRITE_H
#define SX_ONNX_WRITE_H

#include "onnx/onnx.h"

/* ---- write.c: a growing message --------------------------------------------------------- */

/* The largest message that protobuf parsers accept. */
#define SX_WIRE_LIMIT ((size_t)INT32_MAX)

/* A message, or part of one. The first failure sticks in *error, which must not be NULL; later
 * writes do nothing. */
struct sx_wire {
    uint8_t *bytes;
    size_t size, capacity;
    struct sx_error *error;
};

void sx_wire_raw(struct sx_wire *w, const void *bytes, size_t n); /* complete fields */
void sx_wire_int(struct sx_wire *w, int field, int64_t value);
void sx_wire_float(struct sx_wire *w, int field, float value);
void sx_wire_bytes(struct sx_wire *w, int field, const void *bytes, size_t n);
void sx_wire_text(struct sx_wire *w, int field, const char *text);
/* What is written between the two calls is a message in a field. */
size_t sx_wire_begin(struct sx_wire *w, int field);
void sx_wire_end(struct sx_wire *w, size_t start);
void sx_wire_free(struct sx_wire *w);

/* Field numbers of the ONNX schema. */
enum {
    SX_MODEL_IR_VERSION = 1,
    SX_MODEL_PRODUCER = 2,
    SX_MODEL_PRODUCER_VERSION = 3,
    SX_MODEL_GRAPH = 7,
    SX_MODEL_OPSET = 8,
    SX_MODEL_METADATA = 14,
    SX_GRAPH_NODE = 1,
    SX_GRAPH_NAME = 2,
    SX_GRAPH_INITIALIZER = 5,
    SX_GRAPH_INPUT = 11,
    SX_GRAPH_OUTPUT = 12,
    SX_NODE_INPUT = 1,
    SX_NODE_OUTPUT = 2,
    SX_NODE_NAME = 3,
    SX_NODE_OP = 4,
    SX_NODE_ATTRIBUTE = 5,
    SX_TENSOR_DIMS = 1,
    SX_TENSOR_TYPE = 2,
    SX_TENSOR_FLOATS = 4,
    SX_TENSOR_INT32S = 5,
    SX_TENSOR_STRINGS = 6,
    SX_TENSOR_INT64S = 7,
    SX_TENSOR_NAME = 8,
    SX_TENSOR_RAW = 9,
    SX_TENSOR_DOUBLES = 10,
    SX_TENSOR_UINT64S = 11,
    SX_TENSOR_EXTERNAL = 13,
    SX_TENSOR_LOCATION = 14
};

/* An attribute: integers if `ints` is set, text if `text` is, a float if `real` is, else an
 * integer. */
struct sx_onnx_attr {
    const char *name;
    const int64_t *ints;
    int n;
    bool real;
    int64_t i;
    double f;
    const char *text;
};

/* A dimension of an input or output: its length, or its symbol. */
struct sx_onnx_dim {
    int64_t length;
    const char *symbol; /* NULL: it has a length */
};

/* Write fields of a GraphProto. This one writes a node with one output, which is also its name;
 * `in` ends with NULL, and "" is an omitted input. */
void sx_onnx_write_node(struct sx_wire *w, const char *op, const char *const *in,
                        const char *out, const struct sx_onnx_attr *attrs, int n_attrs);
/* The same with several outputs, which end with NULL; the first is the name of the node. */
void sx_onnx_write_nodes(struct sx_wire *w, const char *op, const char *const *in,
                         const char *const *out, const struct sx_onnx_attr *attrs, int n_attrs);
void sx_onnx_write_tensor(struct sx_wire *w, const char *name, const struct sx_tensor *value);
/* Writes an initializer whose elements are in another file. */
void sx_onnx_write_external(struct sx_wire *w, const char *name, const struct sx_tensor *value,
                            const char *location, size_t offset);
void sx_onnx_write_port(struct sx_wire *w, int field, const char *name, enum sx_type type,
                        const struct sx_shape *shape, const char *symbol);
/* Writes an input or output with an ONNX element type and given dimensions. */
void sx_onnx_write_value(struct sx_wire *w, int field, const char *name, int onnx_type,
                         const struct sx_onnx_dim *dims, int rank);
/* The ONNX type with which elements of a type are written. */
int sx_onnx_type_of(enum sx_type type);

/* Writes a metadata field of a ModelProto. */
void sx_onnx_write_metadata(struct sx_wire *w, const char *key, const char *value);

/* Writes a whole ModelProto, to which metadata may be added; `graph` holds the fields of its graph. */
void sx_onnx_write_model(struct sx_wire *w, int64_t opset, const char *graph_name,
                         const struct sx_wire *graph);

/* ---- encode.c: elements ----------------------------------------------------------------- */

/* sx_onnx_element_size: the size of an element of an ONNX type; 0: it cannot be written. The next
 * function writes an element. */
size_t sx_onnx_element_size(int onnx_type);
void sx_onnx_encode(int onnx_type, double value, uint8_t *to);

/* ---- rewrite.c: a file with changes ----------------------------------------------------- */

/* New elements of an initializer, in its shape. */
struct sx_onnx_value {
    const char *name;
    const struct sx_tensor *value;
};

struct sx_onnx_changes {
    /* type and encoding are kept; external ones are put inside */
    const struct sx_onnx_value *values;
    size_t n_values;
    bool embed;                          /* put all external data inside */
    const struct sx_wire *graph, *model; /* fields to append to either; NULL: none */
};

/* Appends the model's file with changes. Everything else is copied byte for byte, including unknown
 * fields. Status 3. */
bool sx_onnx_rewrite(const struct sx_model *model, const struct sx_onnx_changes *changes,
                     struct sx_wire *to);

#endif
