/* key.h - what a fast kernel computes, as numbers that can be compared. */
#ifndef SX_RUN_KEY_H
#define SX_RUN_KEY_H

#include "graph/build.h"
#include "ops/fused.h"
#include "run/cut.h"

/* Networks with fewer bytes of weights keep all packed copies. A gradient reads most weights in two
 * orders. */
#define SX_FEW_WEIGHTS ((size_t)128 << 20)

enum { SX_KEY_AXES = 6 }; /* axes of weights: groups, channels twice, three spatial axes */

/* A convolution, its adjoints by the image and by the weights, and a product of two matrices. */
enum sx_key_kind { SX_KEY_FORWARD, SX_KEY_BACKWARD, SX_KEY_WEIGHTS, SX_KEY_PRODUCT };

/* Primitives of equal keys are equal. All numbers have 64 bits, and are zero if unused. */
struct sx_key {
    int64_t kind, serial, bias, n_posts, post[SX_MAX_POSTS];
    double low[SX_MAX_POSTS], high[SX_MAX_POSTS];
    struct sx_conv conv;
    int64_t n, in, out, image[3], result[3], kernel[3];        /* of a convolution */
    int64_t m, k, columns, a_stride[2], b_stride[2], c_stride; /* of a product */
    int64_t pack; /* weights are packed for pieces of so many rows; 0: they are not packed */
};

/* Sets the posts of a FUSED node; false if oneDNN cannot do them. *bias and *residual are operands
 * of the node, or SX_NONE. */
bool sx_key_posts(const struct sx_node *node, struct sx_key *key, int *bias, int *residual);

/* Sets the geometry of a convolution or adjoint. */
void sx_key_conv(const struct sx_graph *g, const struct sx_node *node, struct sx_key *key);

/* Converts an adjoint by an image (channels last, stride 1) to a forward convolution with turned
 * weights, which is twice as fast. False if its padding would be negative. */
bool sx_key_turn(struct sx_key *key);

/* The weights of a key: [g, if there are groups][O/g][I/g][kernel..], or [k][columns]. Gives
 * extents, distances in elements in the graph, and the first element. A turned key reads them as
 * [g][I/g][O/g][kernel reversed]. */
struct sx_key_weights {
    int rank;
    int64_t dim[SX_KEY_AXES], stride[SX_KEY_AXES], first;
};
void sx_key_weights(const struct sx_key *key, bool turned, struct sx_key_weights *w);

/* Cuts a 1x1 convolution, channels last, or its adjoint by the image, as the product of pixels and
 * weights. False for others. */
bool sx_key_cut(const struct sx_key *key, struct sx_cut *cut);

/* Sets the key of a piece of a product. */
void sx_key_product(const struct sx_cut *cut, int64_t rows, int64_t columns,
                    struct sx_key *key);

#endif
