/* build.h - builders: a rule writes a formula by calling them. build.c has the pointwise ones;
 * movers.c, sums.c, product.c and windows.c have the others. Each builder infers its shape, folds
 * constants, and applies the identities of simplify.c at once. If an operand is SX_NONE, so is the
 * result. Pointwise builders broadcast as numpy does. */
#ifndef SX_BUILD_H
#define SX_BUILD_H

#include "graph/op.h"

/* Pointwise operators. */
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

/* Returns `value`. Derivatives are taken as if the result were `slope`. Both are real. */
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
    SX_AS_FLOAT8E4M3FN, /* from here on, values beyond the range become the largest number */
    SX_AS_FLOAT8E4M3FNUZ,
    SX_AS_FLOAT8E5M2,
    SX_AS_FLOAT8E5M2FNUZ,
    SX_AS_FLOAT4E2M1
};
/* Rounds or wraps to a narrower element type, and keeps the type in memory. SX_AS_UINT8, for
 * example, wraps int64 modulo 256. Its derivative is that of the identity. */
int sx_narrow(struct sx_graph *g, int a, enum sx_narrow kind);

/* With real `a`: its bits as signed integers. With integer `a`: the reals that have these bits. */
enum sx_bits { SX_BITS_FLOAT16, SX_BITS_BFLOAT16, SX_BITS_FLOAT32, SX_BITS_FLOAT64 };
int sx_bits(struct sx_graph *g, int a, enum sx_bits form);

/* Movers. */
int sx_reshape(struct sx_graph *g, int a, const struct sx_shape *shape);
int sx_stop(struct sx_graph *g, int a); /* result = a; its derivative is defined as zero */
/* axis i of the result is axis perm[i] of a */
int sx_transpose(struct sx_graph *g, int a, const int *perm);
/* broadcasts a to shape */
int sx_expand(struct sx_graph *g, int a, const struct sx_shape *shape);
/* result[i] = a[start + i * step] along every axis; the result has `shape`; a step may be negative. */
int sx_slice(struct sx_graph *g, int a, const int64_t *start, const int64_t *step,
             const struct sx_shape *shape);
/* The adjoint of sx_slice: zeros of `shape`, with a's elements at start + i * step. */
int sx_embed(struct sx_graph *g, int a, const int64_t *start, const int64_t *step,
             const struct sx_shape *shape);
/* Elements begin .. begin + count - 1 of one axis. */
int sx_slice_axis(struct sx_graph *g, int a, int axis, int64_t begin, int64_t count);
int sx_concat(struct sx_graph *g, const int *parts, int n, int axis);
/* Gathers along `axis`, with a seen as [outer, n, inner]. If `elementwise` is false, `index` (of
 * any shape, SX_INT, values in 0 .. n - 1) selects whole inner rows; the result is [outer, index's
 * shape, inner]. If it is true, `index` and the result are [outer, m, inner]. An index out of range
 * reads element 0, because a run cannot fail; lowering checks constant indices. */
int sx_take(struct sx_graph *g, int a, int index, int axis, bool elementwise);
/* The adjoint of sx_take: zeros with length `n` along `axis`; each element of a is added where
 * sx_take would read it. */
int sx_put(struct sx_graph *g, int a, int index, int axis, int64_t n, bool elementwise);

/* Reductions. Reduced axes remain with length 1. `axes` are distinct and not negative. */
int sx_sum(struct sx_graph *g, int a, const int *axes, int n_axes);
int sx_reduce_max(struct sx_graph *g, int a, const int *axes, int n_axes);
/* index of the largest element; `last`: the last one if several are equal, else the first */
int sx_argmax(struct sx_graph *g, int a, int axis, bool last);
/* The indices (SX_INT) that sort along `axis`; stable. */
int sx_sort_index(struct sx_graph *g, int a, int axis, bool descending);
int sx_cumsum(struct sx_graph *g, int a, int axis, bool exclusive, bool reverse);
int sx_softmax(struct sx_graph *g, int a, int axis);
int sx_log_softmax(struct sx_graph *g, int a, int axis);
/* Sums over axes so that the result has `shape`: the adjoint of broadcasting. */
int sx_sum_to(struct sx_graph *g, int a, const struct sx_shape *shape);
int sx_sum_all(struct sx_graph *g, int a); /* rank 0 */

/* Products of [.., m, k] and [.., k, n]. Leading axes broadcast. Both ranks are at least 2. A flag
 * transposes the last two axes of an operand first. */
int sx_matmul(struct sx_graph *g, int a, int b, bool transpose_a, bool transpose_b);

/* The geometry of a convolution. The arrays have `rank` entries, one per spatial axis; rank is 1 to
 * 3. */
struct sx_conv {
    int64_t group, rank;
    int64_t stride[3], dilation[3], pad_begin[3], pad_end[3];
    /* CONVINPUT: size of the image; CONVWEIGHT: size of the kernel; else unused */
    int64_t extent[3];
    /* images are [N, spatial.., C] (used by lib/run only); weights remain [O, I/g, ..] */
    int64_t nhwc;
};
/* y = conv(x, w), with x [N, C, spatial..] and w [O, C/group, kernel..]: ONNX's Conv without bias. */
int sx_conv(struct sx_graph *g, int x, int w, const struct sx_conv *c);
/* The adjoint with respect to x: from y [N, O, ..] and w to an image of size c->extent. */
int sx_conv_input(struct sx_graph *g, int y, int w, const struct sx_conv *c);
/* The adjoint with respect to w: from x and y to a kernel of size c->extent. */
int sx_conv_weight(struct sx_graph *g, int x, int y, const struct sx_conv *c);
void sx_conv_get(const struct sx_node *node, struct sx_conv *c); /* reads a node's attributes */

/* The geometry of a pool, in terms of a convolution. `extent` is the window, and `group` is unused.
 * Places outside the image count as zero (sum_pool), or are never chosen (pool_index). */
struct sx_pool {
    struct sx_conv c;
    int64_t image[3]; /* UNPOOL: the size of its result */
};
int sx_sum_pool(struct sx_graph *g, int x, const struct sx_pool *p);
int sx_unpool(struct sx_graph *g, int y, const struct sx_pool *p);
/* For each window, the flat spatial index of its first largest element in the plane. */
int sx_pool_index(struct sx_graph *g, int x, const struct sx_pool *p);
void sx_pool_get(const struct sx_node *node, struct sx_pool *p);
/* Max pooling: POOLINDEX, then TAKE from the flattened plane, then a reshape. */
int sx_max_pool(struct sx_graph *g, int x, const struct sx_pool *p);

/* Shapes of images in either layout, and of kernels (which are never nhwc): made of sizes, and
 * split into sizes. */
struct sx_shape sx_image_shape(int64_t n, int64_t channels, int64_t rank, const int64_t *extent,
                               bool nhwc);
void sx_image_get(const struct sx_shape *s, bool nhwc, int64_t *n, int64_t *channels,
                  int64_t *extent);

/* Decision trees; ops/trees.c describes the operands. */
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
