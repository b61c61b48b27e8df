/* passes.h - passes. Each rebuilds in a new graph the nodes that `outputs` need of another
 * graph.
 *
 * map[] (from->n_nodes items) receives the new indices of inputs and outputs, and SX_NONE
 * elsewhere. A failure is kept in the new graph. */
#ifndef SX_RUN_PASSES_H
#define SX_RUN_PASSES_H

#include "graph/build.h"

/* Cuts the graph at inputs[], and converts nodes to forms that fuse well. */
bool sx_rewrite(const struct sx_graph *from, struct sx_graph *to, const int *inputs,
                int n_inputs, const int *outputs, int n_outputs, int *map);

/* Stores images channels last where that is faster. */
bool sx_layout(const struct sx_graph *from, struct sx_graph *to, const int *outputs,
               int n_outputs, int *map);

/* Whether a node is the adjoint by the image of a strided convolution of few channels. Its fast
 * form (stem.c) is plain, and is made of y (channels last), the weights and the geometry. */
bool sx_is_stem_adjoint(const struct sx_graph *g, const struct sx_node *node);
int sx_stem_adjoint(struct sx_graph *g, int y, int w, const struct sx_conv *c);

/* Makes MAP nodes of pointwise nodes and, if `products`, FUSED nodes of products and convolutions
 * with what follows them. */
bool sx_fuse(const struct sx_graph *from, struct sx_graph *to, bool products,
             const int *outputs, int n_outputs, int *map);

#endif
