/* row.h - lowering rows: each converts one ONNX operator, in a range of opsets, to core nodes. */
#ifndef SX_LOWER_ROW_H
#define SX_LOWER_ROW_H

#include "lower/lower.h"

/* Short names of ONNX element types. */
enum {
    SX_ONNX_FLOAT = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
    SX_ONNX_UINT8 = ONNX__TENSOR_PROTO__DATA_TYPE__UINT8,
    SX_ONNX_INT8 = ONNX__TENSOR_PROTO__DATA_TYPE__INT8,
    SX_ONNX_INT32 = ONNX__TENSOR_PROTO__DATA_TYPE__INT32,
    SX_ONNX_INT64 = ONNX__TENSOR_PROTO__DATA_TYPE__INT64,
    SX_ONNX_UINT64 = ONNX__TENSOR_PROTO__DATA_TYPE__UINT64,
    SX_ONNX_STRING = ONNX__TENSOR_PROTO__DATA_TYPE__STRING,
    SX_ONNX_BOOL = ONNX__TENSOR_PROTO__DATA_TYPE__BOOL,
    SX_ONNX_DOUBLE = ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE
};

/* A tensor of the file: its node, and its element type in the file. */
struct sx_value {
    /* 1 + a node of real numbers with the same values, through which derivatives pass (straight.c);
     * 0: none. */
    int twin;
    int node; /* SX_NONE: an omitted optional input, or an output that was not made */
    int kind; /* ONNX__TENSOR_PROTO__DATA_TYPE__*, or SX_SEQUENCE */
    const struct sx_value *item; /* items of a sequence */
    int n_items;
};

/* The kind of a list of tensors, which has no node; and of an output that a row did not make. */
#define SX_SEQUENCE (-2)
#define SX_NOT_MADE (-1)
/* The kind of an optional that is empty. */
#define SX_EMPTY (-4)
/* The kind of values that depend on a refused node, in a listing. */
#define SX_UNKNOWN (-3)

/* A node being lowered. */
struct sx_lowering {
    struct sx_graph *g;
    const Onnx__NodeProto *node;
    const struct sx_lowering_row *row;
    int64_t opset; /* opset of the node's domain */
    int n_in, n_out;
    const struct sx_value *in;
    struct sx_value *out;
    struct sx_scope *scope;
    struct sx_error *error;
};

struct sx_lowering_row {
    const char *domain, *op;
    int since, until;   /* range of opsets, both ends included; until 0: no end */
    int min_in, max_in; /* the first min_in inputs are required; max_in < 0: any number */
    bool (*lower)(struct sx_lowering *l);
    int arg; /* an argument for functions that several rows share, mostly a core operator */
    /* some input has a derivative; steps, choices, shapes and integers have none */
    bool gradient;
};

/* Row i of all rows; NULL past the last. */
const struct sx_lowering_row *sx_lowering_row(size_t i);

/* The row for an operator of an opset, or NULL. Domain "ai.onnx" is "". */
const struct sx_lowering_row *sx_lowering_find(const char *domain, const char *op,
                                               int64_t opset);

/* ---- Inputs and outputs (access.c) ------------------------------------------------------ */

/* Refuses the node with status 3: "node 'n' (Op, opset 13): ...". Returns false. */
bool sx_reject(struct sx_lowering *l, const char *format, ...) SX_PRINTF(2, 3);

int sx_arg(const struct sx_lowering *l, int k); /* node of input k, or SX_NONE */
struct sx_shape sx_arg_shape(const struct sx_lowering *l, int k); /* rank 0 if it is omitted */
int sx_arg_kind(const struct sx_lowering *l, int k);              /* its ONNX type */
bool sx_arg_real(const struct sx_lowering *l, int k);

/* Sets output k. sx_give sets output 0 with the type of input 0. All return true. */
bool sx_give(struct sx_lowering *l, int node);
bool sx_give_as(struct sx_lowering *l, int k, int node, int kind);
/* also for sequences */
bool sx_give_value(struct sx_lowering *l, int k, struct sx_value value);
bool sx_wants(const struct sx_lowering *l, int k); /* whether the file names output k */

/* Wraps integers to the width of `kind`; returns other values unchanged. */
int sx_wrap(struct sx_graph *g, int node, int kind);
/* Converts to another ONNX type as Cast does. */
int sx_convert(struct sx_lowering *l, int node, int kind);
/* Returns y, which is x converted to `kind`. With the attribute saturate = 0, elements of x beyond
 * all numbers of that 8-bit type become NaN or infinity. */
int sx_unsaturated(struct sx_lowering *l, int y, int x, int kind);
/* The core type that holds an ONNX type; refuses types that cannot be held. */
bool sx_core_type(struct sx_lowering *l, int kind, enum sx_type *type);

/* Input k as real numbers: its twin if it has one; SX_NONE if it is omitted. */
int sx_arg_twin(const struct sx_lowering *l, int k);
/* `value` with the derivatives of `slope` (--ste); `value` itself if that is off. */
int sx_straight(struct sx_lowering *l, int value, int slope);
/* Lowers an operator of the default domain on one node, with the attributes of this node. */
int sx_lower_as(struct sx_lowering *l, const char *op, int x);

/* ---- Attributes: the fallback if one is missing; a wrong type is refused ---------------- */

struct sx_ints {
    bool given;
    int n;
    const int64_t *v;
};
struct sx_reals {
    bool given;
    int n;
    const double *v;
};

const Onnx__AttributeProto *sx_attr(const struct sx_lowering *l, const char *name);
int64_t sx_attr_int(struct sx_lowering *l, const char *name, int64_t fallback);
double sx_attr_float(struct sx_lowering *l, const char *name, double fallback);
struct sx_ints sx_attr_ints(struct sx_lowering *l, const char *name);
struct sx_reals sx_attr_floats(struct sx_lowering *l, const char *name);
/* Element k of a list of strings (k = 0 for a single one); NULL: none. Bytes without a NUL are
 * copied. */
const char *sx_attr_string(struct sx_lowering *l, const char *name, size_t k);
/* The numbers of a list of texts; not given if it is omitted. */
struct sx_ints sx_attr_texts(struct sx_lowering *l, const char *name);
/* The number of a text; -1 on failure. */
int64_t sx_text_number(struct sx_lowering *l, const char *text, size_t n);
/* The position of the attribute's word in `words`, which are separated by spaces. Other words are
 * refused. */
int sx_attr_word(struct sx_lowering *l, const char *name, const char *words, int fallback);
const Onnx__GraphProto *sx_attr_graph(struct sx_lowering *l, const char *name);
/* A constant node of a tensor attribute, with its ONNX type. */
struct sx_value sx_attr_tensor(struct sx_lowering *l, const char *name);

/* ---- Inputs that must be constant ------------------------------------------------------- */

/* The elements of input k, called `what` in messages; not given if it is omitted. A value that
 * depends on a model input is that of the sample; without a sample it is refused. Integers (or
 * reals) of any shape are accepted. */
bool sx_const_ints(struct sx_lowering *l, int k, const char *what, struct sx_ints *ints);
bool sx_const_reals(struct sx_lowering *l, int k, const char *what, struct sx_reals *reals);
bool sx_const_real(struct sx_lowering *l, int k, const char *what, double *value);
bool sx_const_int(struct sx_lowering *l, int k, const char *what, int64_t *value);
/* The attribute if it is given, else input k. */
bool sx_ints_of(struct sx_lowering *l, const char *name, int k, struct sx_ints *ints);
/* The dense data of a constant node, folded if necessary; NULL after a refusal. */
const void *sx_const_data(struct sx_lowering *l, int node, const char *what);
/* Whether there is a sample, so that its values count as constant. */
bool sx_decides(const struct sx_lowering *l);

/* ---- Axes and shapes -------------------------------------------------------------------- */

/* An axis counted from the end if negative. */
bool sx_axis(struct sx_lowering *l, int64_t axis, int rank, int *result);
/* Distinct axes of a list; all axes if it is not given. */
bool sx_axes(struct sx_lowering *l, const struct sx_ints *list, int rank, int *axes, int *n);
/* The product of the dimensions from .. to - 1. */
int64_t sx_span(const struct sx_shape *shape, int from, int to);
/* Reshapes, unless the node has that shape. */
int sx_shaped(struct sx_graph *g, int node, int rank, const int64_t *dims);
/* A vector as [n, 1, ..], which broadcasts along `axis` of a tensor of rank `rank`. */
int sx_along(struct sx_graph *g, int vector, int axis, int rank);
/* A constant of equal elements; a large one is an expanded scalar. */
int sx_filled(struct sx_graph *g, enum sx_type type, const struct sx_shape *shape,
              double value);
int sx_is_infinite(struct sx_graph *g, int a, bool negative, bool positive);
int sx_iota(struct sx_graph *g, int64_t n); /* SX_INT [n]: 0, 1, .. */
/* A real constant from doubles. */
int sx_real_const(struct sx_graph *g, const struct sx_shape *shape, const double *values);
int sx_mean(struct sx_graph *g, int a, const int *axes, int n);
/* Scratch memory that lives as long as the graph. */
void *sx_scratch(struct sx_lowering *l, size_t n, size_t size);
/* Makes negative indices positive for an axis of n; constant ones are checked. */
int sx_index(struct sx_lowering *l, int index, int64_t n);

/* sx_safe_sqrt: a square root whose derivative at 0 is 0, as in PyTorch. */
int sx_safe_sqrt(struct sx_graph *g, int a);

/* ---- Parts shared by rows -------------------------------------------------------------- */

/* An activation by its ONNX name, as used by rnn.c and com.microsoft's fused operators; SX_NONE if
 * it is unknown. */
int sx_activation(struct sx_graph *g, const char *name, int x, double alpha, double beta);
int sx_gelu(struct sx_graph *g, int x, bool tanh_form);
int sx_leaky(struct sx_graph *g, int x, int slope);
int sx_clip(struct sx_graph *g, int x, int lo, int hi); /* lo or hi may be SX_NONE */
/* Normalises over axes: (x - mean) / sqrt(variance + epsilon). */
int sx_standardise(struct sx_graph *g, int x, const int *axes, int n, double epsilon, int *mean,
                   int *inverse);
/* conv(x, w) + bias with the node's attributes; bias may be SX_NONE. */
int sx_lower_conv(struct sx_lowering *l, int x, int w, int bias);
/* ONNX's MatMul. A vector is a matrix of one row or column, and that axis is removed from the
 * result. */
int sx_product(struct sx_graph *g, int a, int b);
/* The same of reals or of integers of 64 bits. Large products of integers are computed as reals, which is
 * exact as long as sums fit the mantissa. */
int sx_typed_product(struct sx_lowering *l, int a, int b);
/* Multiplies a matrix [m, n] by every vector of length n along an axis. */
int sx_matrix_along(struct sx_graph *g, int a, int axis, int matrix);
/* alpha * a b + beta * c; ta and tb transpose a and b. */
int sx_gemm(struct sx_graph *g, int a, int b, int c, bool ta, bool tb, double alpha,
            double beta);

/* dynamic.c: the scale and zero point of a uint8 quantisation that covers x and 0. */
void sx_dynamic_scale(struct sx_graph *g, int x, int *scale, int *point);
/* x quantised by these, and dequantised. */
int sx_dynamically_rounded(struct sx_lowering *l, int x);
/* Integer weights [directions, inputs, gates * hidden] of input k as reals, with the last two axes
 * exchanged. Scales and zero points, from input `scale` on, are per direction or per column. */
int sx_weights_of_integers(struct sx_lowering *l, int k, int scale);
/* nbits.c: unpacks n numbers of 2, 4 or 8 bits from bytes along the last axis; the first is in the
 * lowest bits. */
int sx_bits_spread(struct sx_graph *g, int bytes, int64_t bits, int64_t n);
/* Repeats each element of a scale along an axis for `block` elements, n in all. */
int sx_each_of_block(struct sx_lowering *l, int scale, int axis, int64_t n, int64_t block);

/* ---- Bodies (body.c) -------------------------------------------------------------------- */

/* Lowers a body with given inputs. It sees the names of surrounding graphs. */
bool sx_lower_body(struct sx_lowering *l, const Onnx__GraphProto *body,
                   const struct sx_value *in, int n_in, bool quiet, struct sx_value *out,
                   int n_out);

#endif
