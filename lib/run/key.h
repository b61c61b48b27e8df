/* key.h - what a fast kernel computes, as numbers that can be compared. */
#ifndef SX_RUN_KEY_H
#define SX_RUN_KEY_H

#include "graph/build.h"
#include "ops/fused.h"
#include "run/cut.h"

/* Networks with fewer bytes of weights keep all packed copies: a gradient reads most weights in two
 * orders. */
#define SX_FEW_WEIGHTS ((size_t)128 << 20)

enum { SX_KEY_AXES = 6 }; /* of weights: groups, channels twice, three of space */

/* A convolution, its adjoints by image and by weights, and the product of two matrices. */
enum sx_key_kind { SX_KEY_FORWARD, SX_KEY_BACKWARD, SX_KEY_WEIGHTS, SX_KEY_PRODUCT };

/* What makes primitives equal. All numbers are 64 bits wide, and zero if unused. */
struct sx_key {
    int64_t kind, serial, bias, n_posts, post[SX_MAX_POSTS];
    double low[SX_MAX_POSTS], high[SX_MAX_POSTS];
    struct sx_conv conv;
    int64_t n, in, out, image[3], result[3], kernel[3];        /* of a convolution */
    int64_t m, k, columns, a_stride[2], b_stride[2], c_stride; /* of a product */
    int64_t pack; /* its weights are packed for pieces of so many rows; 0 if they are not */
};

/* The posts of a FUSED node; false if oneDNN cannot do them so. *bias and *residual are
 * operands of the node, or SX_NONE. */
bool sx_key_posts(const struct sx_node *node, struct sx_key *key, int *bias, int *residual);

/* The geometry of a convolution or adjoint. */
void sx_key_conv(const struct sx_graph *g, const struct sx_node *node, struct sx_key *key);

/* An adjoint by an image, channels last and of stride 1, as the forward convolution with turned
 * weights, which is twice as fast; false if its padding would be negative. */
bool sx_key_turn(struct sx_key *key);

/* The weights [g, if there are groups][O/g][I/g][kernel..], or [k][columns], of a key: extents, and
 * elements from each to the next where the graph has them, beginning with element `first`. A
 * turned key finds them as [g][I/g][O/g][kernel reversed]. */
struct sx_key_weights {
    int rank;
    int64_t dim[SX_KEY_AXES], stride[SX_KEY_AXES], first;
};
void sx_key_weights(const struct sx_key *key, bool turned, struct sx_key_weights *w);

/* A convolution by a kernel of one pixel, channels last, or its adjoint by the image, as the
 * product of pixels and weights; false for all others. */
bool sx_key_cut(const struct sx_key *key, struct sx_cut *cut);

/* A piece of a product. */
void sx_key_product(const struct sx_cut *cut, int64_t rows, int64_t columns,
                    struct sx_key *key);

#endif
