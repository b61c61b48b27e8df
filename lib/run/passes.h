/* passes.h - passes that rebuild what `outputs` need of a graph in a fresh one.
 *
 * map[] (from->n_nodes items) receives the new indices of inputs and outputs, SX_NONE elsewhere;
 * a failure sticks to the new graph. */
#ifndef SX_RUN_PASSES_H
#define SX_RUN_PASSES_H

#include "graph/build.h"

/* Cuts the graph at inputs[], and brings nodes into forms that fuse well. */
bool sx_rewrite(const struct sx_graph *from, struct sx_graph *to, const int *inputs,
                int n_inputs, const int *outputs, int n_outputs, int *map);

/* Stores images channels last where that is faster. */
bool sx_layout(const struct sx_graph *from, struct sx_graph *to, const int *outputs,
               int n_outputs, int *map);

/* Whether a node is the adjoint of a strided convolution of a picture, whose fast form, plain, is
 * made of y (channels last), the weights and the geometry. */
bool sx_is_stem_adjoint(const struct sx_graph *g, const struct sx_node *node);
int sx_stem_adjoint(struct sx_graph *g, int y, int w, const struct sx_conv *c);

/* Makes MAP nodes of pointwise ones and, if `products`, FUSED nodes of products and convolutions
 * with what follows them. */
bool sx_fuse(const struct sx_graph *from, struct sx_graph *to, bool products,
             const int *outputs, int n_outputs, int *map);

#endif
