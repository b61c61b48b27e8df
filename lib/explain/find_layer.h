/* find_layer.h - finds the layer of the file that explains f best. */
#ifndef SX_FIND_LAYER_H
#define SX_FIND_LAYER_H

#include "explain/explain.h"

/* The last tensor that has more than one place and is followed by a node with weights, which excludes
 * maps of classes; with `to_the_end`, the last tensor with places. NULL, status 2: there is none. */
const char *sx_find_layer(const struct sx_explainer *e, bool to_the_end,
                          struct sx_error *error);

/* The last convolution that f depends on. NULL, status 3: there is none. */
const char *sx_last_convolution(const struct sx_explainer *e, struct sx_error *error);

/* Whether a tensor has the layout of the maps of the last convolution or pooling. *maps is their
 * shape, of rank 0 before the first; tensors are looked at in their order. */
bool sx_is_map(const struct sx_graph *g, const struct sx_name *name, struct sx_shape *maps);

/* Whether the ONNX operator `op` (NULL: none) makes maps of places. */
bool sx_layer_is_spatial(const char *op);

#endif
