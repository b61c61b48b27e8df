/* row.h - lowering rows: what one ONNX operator of a range of opsets becomes in core nodes. */
#ifndef SX_LOWER_ROW_H
#define SX_LOWER_ROW_H

#include "lower/lower.h"

/* Short names of the ONNX element types that rows speak of. */
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

/* A tensor of the file: the node that computes it, and its element type in the file. */
struct sx_value {
    /* 1 + a node of real numbers with the same values, whose derivatives go straight through the
     * rounding that made the integers; 0: none. */
    int twin;
    int node; /* SX_NONE: an optional input left out, or an output that was not made */
    int kind; /* ONNX__TENSOR_PROTO__DATA_TYPE__*, or SX_SEQUENCE */
    const struct sx_value *item; /* of a sequence */
    int n_items;
};

/* The kind of a list of tensors, which has no node, and of an output that a row did not make. */
#define SX_SEQUENCE (-2)
#define SX_NOT_MADE (-1)
/* The kind of an optional that holds nothing. */
#define SX_EMPTY (-4)
/* The kind of what follows from a node that is refused, where all others are lowered. */
#define SX_UNKNOWN (-3)

/* A node being lowered. */
struct sx_lowering {
    struct sx_graph *g;
    const Onnx__NodeProto *node;
    const struct sx_lowering_row *row;
    int64_t opset; /* of the node's domain */
    int n_in, n_out;
    const struct sx_value *in;
    struct sx_value *out;
    struct sx_scope *scope;
    struct sx_error *error;
};

struct sx_lowering_row {
    const char *domain, *op;
    int since, until;   /* opsets, both ends included; until 0: no end */
    int min_in, max_in; /* the first min_in inputs must be there; max_in < 0: any number */
    bool (*lower)(struct sx_lowering *l);
    int arg;       /* whatever rows that share a function tell it, mostly a core operator */
    bool gradient; /* by some input; steps, choices, shapes and integers have none */
};

/* Row i of all, or NULL behind the last one. */
const struct sx_lowering_row *sx_lowering_row(size_t i);

/* The row for an operator of an opset, or NULL. Domain "ai.onnx" is "". */
const struct sx_lowering_row *sx_lowering_find(const char *domain, const char *op,
                                               int64_t opset);

/* ---- Inputs and outputs (access.c) ------------------------------------------------------ */

/* Refuses the node with status 3: "node 'n' (Op, opset 13): ...". Returns false. */
bool sx_reject(struct sx_lowering *l, const char *format, ...) SX_PRINTF(2, 3);

int sx_arg(const struct sx_lowering *l, int k); /* node of input k, or SX_NONE */
struct sx_shape sx_arg_shape(const struct sx_lowering *l, int k); /* rank 0 if it is left out */
int sx_arg_kind(const struct sx_lowering *l, int k);              /* its ONNX type */
bool sx_arg_real(const struct sx_lowering *l, int k);

/* Sets output k. sx_give sets output 0 with the type of input 0. All return true. */
bool sx_give(struct sx_lowering *l, int node);
bool sx_give_as(struct sx_lowering *l, int k, int node, int kind);
bool sx_give_value(struct sx_lowering *l, int k, struct sx_value value); /* a sequence, too */
bool sx_wants(const struct sx_lowering *l, int k); /* whether the file names output k */

/* Wraps integers to the width of `kind`; everything else is returned as it is. */
int sx_wrap(struct sx_graph *g, int node, int kind);
/* Converts to another ONNX type as Cast does. */
int sx_convert(struct sx_lowering *l, int node, int kind);
/* y, which is x converted to `kind`, or, with attribute saturate 0, NaN or infinity where x is larger than
 * all numbers of that type of 8 bits. */
int sx_unsaturated(struct sx_lowering *l, int y, int x, int kind);
/* The core type that holds an ONNX type; refuses what cannot be held. */
bool sx_core_type(struct sx_lowering *l, int kind, enum sx_type *type);

/* Input k as real numbers, by its twin if it has one; SX_NONE if it is left out. */
int sx_arg_twin(const struct sx_lowering *l, int k);
/* A rounded value that takes the derivatives of `slope` (--ste): `value` itself if that is off. */
int sx_straight(struct sx_lowering *l, int value, int slope);
/* Lowers an operator of the default domain on one node, with the attributes of this node. */
int sx_lower_as(struct sx_lowering *l, const char *op, int x);

/* ---- Attributes: the fallback where one is missing; a wrong type is refused ------------- */

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
/* Element k of a list of strings (k = 0 of a single one), or NULL. Not NUL-terminated bytes are
 * copied. */
const char *sx_attr_string(struct sx_lowering *l, const char *name, size_t k);
/* The numbers of a list of texts; not given if it is left out. */
struct sx_ints sx_attr_texts(struct sx_lowering *l, const char *name);
/* The number of a text; -1 on failure. */
int64_t sx_text_number(struct sx_lowering *l, const char *text, size_t n);
/* The place of the attribute's word in `words` (separated by spaces); any other is refused. */
int sx_attr_word(struct sx_lowering *l, const char *name, const char *words, int fallback);
const Onnx__GraphProto *sx_attr_graph(struct sx_lowering *l, const char *name);
/* A constant node of a tensor attribute's elements, and its ONNX type. */
struct sx_value sx_attr_tensor(struct sx_lowering *l, const char *name);

/* ---- Inputs that must be constant ------------------------------------------------------- */

/* The elements of input k, called `what` in messages; not given if it is left out. A value that
 * depends on a model input is that of the sample, and is refused where there is none. Any shape of integers (or reals) is accepted. */
bool sx_const_ints(struct sx_lowering *l, int k, const char *what, struct sx_ints *ints);
bool sx_const_reals(struct sx_lowering *l, int k, const char *what, struct sx_reals *reals);
bool sx_const_real(struct sx_lowering *l, int k, const char *what, double *value);
bool sx_const_int(struct sx_lowering *l, int k, const char *what, int64_t *value);
/* The attribute if it is given, otherwise input k. */
bool sx_ints_of(struct sx_lowering *l, const char *name, int k, struct sx_ints *ints);
/* The dense data of a constant node (folded if need be), or NULL after a refusal. */
const void *sx_const_data(struct sx_lowering *l, int node, const char *what);
/* Whether there is a sample, whose values then count as constant. */
bool sx_decides(const struct sx_lowering *l);

/* ---- Axes and shapes -------------------------------------------------------------------- */

/* An axis counted from the end if negative. */
bool sx_axis(struct sx_lowering *l, int64_t axis, int rank, int *result);
/* Distinct axes of a list; all of them if it is not given or (with `empty_is_all`) empty. */
bool sx_axes(struct sx_lowering *l, const struct sx_ints *list, int rank, int *axes, int *n);
/* Elements of dimensions from..to-1. */
int64_t sx_span(const struct sx_shape *shape, int from, int to);
/* Reshapes, unless the shape is that already. */
int sx_shaped(struct sx_graph *g, int node, int rank, const int64_t *dims);
/* A vector as [n, 1, ..] so that it broadcasts along `axis` of something of rank `rank`. */
int sx_along(struct sx_graph *g, int vector, int axis, int rank);
/* A constant of `count` equal elements; large ones are expanded scalars. */
int sx_filled(struct sx_graph *g, enum sx_type type, const struct sx_shape *shape,
              double value);
int sx_is_infinite(struct sx_graph *g, int a, bool negative, bool positive);
int sx_iota(struct sx_graph *g, int64_t n); /* SX_INT [n]: 0, 1, .. */
/* A real constant from doubles. */
int sx_real_const(struct sx_graph *g, const struct sx_shape *shape, const double *values);
int sx_mean(struct sx_graph *g, int a, const int *axes, int n);
/* Scratch memory that ends with the graph. */
void *sx_scratch(struct sx_lowering *l, size_t n, size_t size);
/* Negative indices made positive for an axis of n; constant ones are checked. */
int sx_index(struct sx_lowering *l, int index, int64_t n);

/* Sums with no derivative at 0 (as PyTorch): sqrt whose derivative at 0 is 0. */
int sx_safe_sqrt(struct sx_graph *g, int a);

/* ---- Parts that rows share -------------------------------------------------------------- */

/* An activation by its ONNX name, as rnn.c and com.microsoft's fused operators name them; SX_NONE
 * for an unknown one. */
int sx_activation(struct sx_graph *g, const char *name, int x, double alpha, double beta);
int sx_gelu(struct sx_graph *g, int x, bool tanh_form);
int sx_leaky(struct sx_graph *g, int x, int slope);
int sx_clip(struct sx_graph *g, int x, int lo, int hi); /* either may be SX_NONE */
/* Normalises over axes: (x - mean) / sqrt(variance + epsilon). */
int sx_standardise(struct sx_graph *g, int x, const int *axes, int n, double epsilon, int *mean,
                   int *inverse);
/* conv(x, w) + bias from the node's attributes; bias may be SX_NONE. */
int sx_lower_conv(struct sx_lowering *l, int x, int w, int bias);
/* ONNX's MatMul: vectors take part as matrices of one row or column, which the result lacks. */
int sx_product(struct sx_graph *g, int a, int b);
/* A matrix [m, n] times every vector of n along an axis. */
int sx_matrix_along(struct sx_graph *g, int a, int axis, int matrix);
/* alpha * a b + beta * c with optional transposition. */
int sx_gemm(struct sx_graph *g, int a, int b, int c, bool ta, bool tb, double alpha,
            double beta);

/* dynamic.c: the scale and zero point of uint8 that cover x and 0. */
void sx_dynamic_scale(struct sx_graph *g, int x, int *scale, int *point);
/* x quantised by them, and back again. */
int sx_dynamically_rounded(struct sx_lowering *l, int x);
/* Weights [directions, inputs, gates * hidden] from input k, scales and zero points from those that follow
 * `scale`, of each direction or each column; as real numbers with the last two axes exchanged. */
int sx_weights_of_integers(struct sx_lowering *l, int k, int scale);
/* nbits.c: the numbers of 2, 4 or 8 bits in bytes along the last axis, of which there are n; the first lies
 * in the lowest bits. */
int sx_bits_spread(struct sx_graph *g, int bytes, int64_t bits, int64_t n);
/* Each of a scale's elements along an axis for `block` of n. */
int sx_each_of_block(struct sx_lowering *l, int scale, int axis, int64_t n, int64_t block);

/* ---- Bodies (body.c) -------------------------------------------------------------------- */

/* Lowers a body with given inputs; names of the surrounding graphs are seen. */
bool sx_lower_body(struct sx_lowering *l, const Onnx__GraphProto *body,
                   const struct sx_value *in, int n_in, bool quiet, struct sx_value *out,
                   int n_out);

#endif
