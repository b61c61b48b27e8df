/* layer.h - a layer of a network whose elements belong to places, and f as a function of it. */
#ifndef SX_LAYER_H
#define SX_LAYER_H

#include "explain/explain.h"

/* A tensor with a batch of 1, one axis of channels, and places along all others. */
struct sx_layer {
    const char *name;        /* the explainer's */
    struct sx_shape shape;   /* of the tensor */
    struct sx_shape places;  /* without batch and channels */
    int axis;                /* of channels */
    int64_t channels, cells; /* cells: places */
    struct sx_explainer
        *of; /* f as a function of the layer, at the same sample; the explainer's */
};

/* `name` is a tensor of the file; NULL: the last one that has more than one place and a node with
 * weights behind it, which leaves out class maps; with `to_the_end` the last one with places. What a
 * convolution or pooling gives, and what follows in its shape, has channels on axis 1; of others with
 * three axes, [1, T, C], they are the last. The explainer keeps what it compiles from sample to
 * sample. Status 2 where there is none, or it has no places. */
bool sx_layer_open(struct sx_layer *layer, struct sx_explainer *e, const char *name,
                   bool to_the_end, struct sx_error *error);

/* Whether the result of the ONNX operator `op` (may be NULL) is a map of places. */
bool sx_layer_is_spatial(const char *op);

/* The place of element i, and its channel. */
int64_t sx_layer_cell(const struct sx_layer *layer, int64_t i, int64_t *channel);

#endif
