/* model.h - tiny ONNX models for tests, built in memory.
 *
 *     struct tm_model *m = tm_new(13);
 *     tm_input(m, "x", SX_FLOAT, 2, (int64_t[]){-1, 2});
 *     tm_const(m, "w", SX_FLOAT, 1, (int64_t[]){2}, (float[]){3, 4});
 *     tm_node(m, "Mul", "x w", "y", NULL);
 *     tm_node(m, "Softmax", "y", "z", "axis=1");
 *     tm_output(m, "z");
 *     struct sx_model *model = tm_open(m, &error);
 *     tm_free(m);
 *
 * Nothing here returns a failure: a test that cannot build its model is aborted. Everything is
 * copied, and lives until tm_free. */
#ifndef TESTS_MODEL_H
#define TESTS_MODEL_H

#include "onnx.pb-c.h"
#include "sextant.h"

struct tm_model;

/* Makes an empty model that imports `opset` of the default domain. It can also become a body. */
struct tm_model *tm_new(int64_t opset);
void tm_free(struct tm_model *m);

/* Imports a further domain. */
void tm_domain(struct tm_model *m, const char *domain, int64_t version);

/* Adds an input. A dimension of -1 is symbolic ("d0", "d1", ...); rank -1 means no shape. */
void tm_input(struct tm_model *m, const char *name, enum sx_type type, int rank,
              const int64_t *dims);

/* Adds an output: a float without a shape, or (tm_output_as) as declared. */
void tm_output(struct tm_model *m, const char *name);
void tm_output_as(struct tm_model *m, const char *name, enum sx_type type, int rank,
                  const int64_t *dims);

/* Adds an initializer of float, double, int64_t or uint8_t (bool) elements. Returns its proto. */
Onnx__TensorProto *tm_const(struct tm_model *m, const char *name, enum sx_type type, int rank,
                            const int64_t *dims, const void *data);

/* Adds an initializer of any ONNX type (ONNX__TENSOR_PROTO__DATA_TYPE__*) from `n` raw bytes.
 * Without bytes raw_data is missing, and the caller sets another field of the proto. */
Onnx__TensorProto *tm_raw(struct tm_model *m, const char *name, int onnx_type, int rank,
                          const int64_t *dims, const void *bytes, size_t n);

/* A node. `op` may have a domain: "com.microsoft:Gelu". Names are separated by spaces, "-" is
 * an input or output left out. Attributes, separated by spaces, or NULL:
 *     axis=1  alpha=0.5  pads=0,0,1,1  axes=[1]  scales=[1.0,2]  mode='linear'  names='a','b'
 * A number with a point, an exponent, "inf" or "nan" makes a float; ":f" after the name makes
 * floats of whatever is there (alpha:f=1). Brackets make a list of a single number, or of
 * none. A string must not contain spaces or quotes. */
Onnx__NodeProto *tm_node(struct tm_model *m, const char *op, const char *inputs,
                         const char *outputs, const char *attributes);

/* Gives the last node a tensor, or a graph (made by tm_new, and freed with m), as attribute. */
void tm_attr_tensor(struct tm_model *m, const char *name, enum sx_type type, int rank,
                    const int64_t *dims, const void *data);
void tm_attr_graph(struct tm_model *m, const char *name, struct tm_model *body);

/* The message itself, for other changes. Its parts are made with tm_memory (zeroed). */
Onnx__ModelProto *tm_proto(struct tm_model *m);
void *tm_memory(struct tm_model *m, size_t bytes);
char *tm_text(struct tm_model *m, const char *text);

/* The packed file: as bytes (owned by m), or written to `path`. */
const uint8_t *tm_pack(struct tm_model *m, size_t *n);
void tm_write(struct tm_model *m, const char *path);

/* Opens the model, or any bytes, as sx_model_open opens a file. NULL with an error. */
struct sx_model *tm_open(struct tm_model *m, struct sx_error *error);
struct sx_model *tm_open_bytes(const void *bytes, size_t n, size_t max_memory,
                               struct sx_error *error);

#endif
