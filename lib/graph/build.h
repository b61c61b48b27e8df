/* build.h - builders: how rules write formulas. build.c has the pointwise ones, movers.c, sums.c,
 * product.c and windows.c the others. Each infers its shape, folds constants and
 * applies simplify.c's identities there and then; SX_NONE in gives SX_NONE out. Pointwise
 * builders broadcast as numpy does. */
#ifndef SX_BUILD_H
#define SX_BUILD_H

#include "graph/op.h"

/* Pointwise, by operator. */
int sx_unary(struct sx_graph *g, int op, int a);
int sx_binary(struct sx_graph *g, int op, int a, int b);
int sx_add(struct sx_graph *g, int a, int b);
int sx_sub(struct sx_graph *g, int a, int b);
int sx_mul(struct sx_graph *g, int a, int b);
int sx_div(struct sx_graph *g, int a, int b);
int sx_neg(struct sx_graph *g, int a);
int sx_where(struct sx_graph *g, int condition, int a, int b);
int sx_scale(struct sx_graph *g, int a, double factor); /* a * factor, real */
int sx_shift(struct sx_graph *g, int a, double term);   /* a + term, real */
int sx_cast(struct sx_graph *g, int a, enum sx_type type);

/* Rounds or wraps to a narrower element type and keeps the in-memory type: `kind` is one of
 * SX_AS_*, e.g. SX_AS_UINT8 wraps int64 modulo 256. Its derivative is that of the identity. */
/* The first of two reals; derivatives go through to the second as if it were that one. */
int sx_through(struct sx_graph *g, int value, int slope);
enum sx_narrow {
    SX_AS_INT8,
    SX_AS_UINT8,
    SX_AS_INT16,
    SX_AS_UINT16,
    SX_AS_INT32,
    SX_AS_UINT32,
    SX_AS_FLOAT16,
    SX_AS_BFLOAT16,
    SX_AS_FLOAT32,
    SX_AS_FLOAT8E4M3FN, /* to the largest number what is larger; so do all of 8 and 4 bits */
    SX_AS_FLOAT8E4M3FNUZ,
    SX_AS_FLOAT8E5M2,
    SX_AS_FLOAT8E5M2FNUZ,
    SX_AS_FLOAT4E2M1
};
int sx_narrow(struct sx_graph *g, int a, enum sx_narrow kind);

/* The bits of reals as integers with a sign, or the reals that such bits are. */
enum sx_bits { SX_BITS_FLOAT16, SX_BITS_BFLOAT16, SX_BITS_FLOAT32, SX_BITS_FLOAT64 };
int sx_bits(struct sx_graph *g, int a, enum sx_bits form);

/* Movers. */
int sx_reshape(struct sx_graph *g, int a, const struct sx_shape *shape);
int sx_stop(struct sx_graph *g, int a); /* the same; its derivative is taken to be zero */
int sx_transpose(struct sx_graph *g, int a, const int *perm); /* result dim i = a's perm[i] */
int sx_expand(struct sx_graph *g, int a, const struct sx_shape *shape); /* broadcast to shape */
/* result[i] = a[start + i * step] in every axis, `shape` results; step may be negative. */
int sx_slice(struct sx_graph *g, int a, const int64_t *start, const int64_t *step,
             const struct sx_shape *shape);
/* The adjoint: zeros of `shape` with a's elements at start + i * step. */
int sx_embed(struct sx_graph *g, int a, const int64_t *start, const int64_t *step,
             const struct sx_shape *shape);
/* Elements begin..begin+count-1 of one axis. */
int sx_slice_axis(struct sx_graph *g, int a, int axis, int64_t begin, int64_t count);
int sx_concat(struct sx_graph *g, const int *parts, int n, int axis);
/* Gather along `axis`: a is [outer, n, inner]. With elementwise false, index (any shape, SX_INT,
 * values in 0..n-1) picks whole inner rows: result [outer, index's shape, inner]. With
 * elementwise true index is [outer, m, inner] (a's rank) and so is the result. An index out of
 * range reads as element 0 of the axis: a run never fails, lowering checks constants. */
int sx_take(struct sx_graph *g, int a, int index, int axis, bool elementwise);
/* The adjoint: zeros with `n` along `axis`, a's elements added where take would read them. */
int sx_put(struct sx_graph *g, int a, int index, int axis, int64_t n, bool elementwise);

/* Reductions keep reduced axes as 1. `axes` are distinct and not negative. */
int sx_sum(struct sx_graph *g, int a, const int *axes, int n_axes);
int sx_reduce_max(struct sx_graph *g, int a, const int *axes, int n_axes);
int sx_argmax(struct sx_graph *g, int a, int axis, bool last); /* first or last of ties */
/* Indices (SX_INT) that sort `axis`; stable. */
int sx_sort_index(struct sx_graph *g, int a, int axis, bool descending);
int sx_cumsum(struct sx_graph *g, int a, int axis, bool exclusive, bool reverse);
int sx_softmax(struct sx_graph *g, int a, int axis);
int sx_log_softmax(struct sx_graph *g, int a, int axis);
/* Sums broadcast axes away so that the result has `shape`: the adjoint of broadcasting. */
int sx_sum_to(struct sx_graph *g, int a, const struct sx_shape *shape);
int sx_sum_all(struct sx_graph *g, int a); /* rank 0 */

/* Products. matmul: [.., m, k] x [.., k, n], leading axes broadcast; both ranks at least 2; the
 * flags transpose the last two axes of an operand first. */
int sx_matmul(struct sx_graph *g, int a, int b, bool transpose_a, bool transpose_b);

/* A convolution's geometry; the arrays hold `rank` (1 to 3) spatial entries. */
struct sx_conv {
    int64_t group, rank;
    int64_t stride[3], dilation[3], pad_begin[3], pad_end[3];
    int64_t extent[3]; /* CONVINPUT: the image's, CONVWEIGHT: the kernel's, else unused */
    int64_t nhwc; /* images are [N, spatial.., C] (lib/run only); weights stay [O, I/g, ..] */
};
/* y = conv(x, w): x [N, C, spatial..], w [O, C/group, kernel..]. ONNX's Conv, no bias. */
int sx_conv(struct sx_graph *g, int x, int w, const struct sx_conv *c);
/* The adjoint in x: from y [N, O, ..] and w to an image of c->extent. */
int sx_conv_input(struct sx_graph *g, int y, int w, const struct sx_conv *c);
/* The adjoint in w: from x and y to a kernel of c->extent. */
int sx_conv_weight(struct sx_graph *g, int x, int y, const struct sx_conv *c);
void sx_conv_get(const struct sx_node *node, struct sx_conv *c); /* from a node's attributes */

/* Pools use the same geometry: `extent` is the window of sum_pool and pool_index and, of unpool,
 * the window too; unpool's image extent is `image`. group is unused. Places outside the image
 * count as zero (sum) or are never chosen (index). */
struct sx_pool {
    struct sx_conv c;
    int64_t image[3]; /* UNPOOL only */
};
int sx_sum_pool(struct sx_graph *g, int x, const struct sx_pool *p);
int sx_unpool(struct sx_graph *g, int y, const struct sx_pool *p);
/* For each window the flat spatial index, within its plane, of the first largest element. */
int sx_pool_index(struct sx_graph *g, int x, const struct sx_pool *p);
void sx_pool_get(const struct sx_node *node, struct sx_pool *p);
/* Max pooling: POOLINDEX, then TAKE over the flattened plane, reshaped back. */
int sx_max_pool(struct sx_graph *g, int x, const struct sx_pool *p);

/* Image tensors in either layout, and kernels (never nhwc), put together and taken apart. */
struct sx_shape sx_image_shape(int64_t n, int64_t channels, int64_t rank, const int64_t *extent,
                               bool nhwc);
void sx_image_get(const struct sx_shape *s, bool nhwc, int64_t *n, int64_t *channels,
                  int64_t *extent);

/* Decision trees: see ops/trees.c for the operands. */
enum sx_tree_mode {
    SX_TREE_LEQ,
    SX_TREE_LT,
    SX_TREE_GEQ,
    SX_TREE_GT,
    SX_TREE_EQ,
    SX_TREE_NEQ,
    SX_TREE_LEAF
};
enum sx_tree_sum { SX_TREE_ADD, SX_TREE_AVERAGE, SX_TREE_MIN, SX_TREE_MAX };
int sx_trees(struct sx_graph *g, const int in[6], int64_t targets, enum sx_tree_sum sum);

/* Shape helpers. */
struct sx_shape sx_shape_of(const struct sx_graph *g, int node);
bool sx_broadcast_shape(struct sx_shape *to, const struct sx_shape *a,
                        const struct sx_shape *b); /* false: they do not broadcast */

#endif
