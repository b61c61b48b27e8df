/* layer.h - a layer of a network with places, and f as a function of it. */
#ifndef SX_LAYER_H
#define SX_LAYER_H

#include "explain/explain.h"

/* A tensor with a batch of 1, one axis of channels, and places along all others. */
struct sx_layer {
    const char *name;        /* owned by the explainer */
    struct sx_shape shape;   /* the tensor's shape */
    struct sx_shape places;  /* the shape without batch and channels */
    int axis;                /* the axis of channels */
    int64_t channels, cells; /* cells: number of places */
    /* explains f as a function of the layer at the same sample; owned by the explainer */
    struct sx_explainer *of;
};

/* Opens the layer `name`, a tensor of the file; NULL: see sx_find_layer. Channels are axis 1 of what a convolution or pooling makes, and of later
 * tensors of its shape; of other tensors of rank 3, [1, T, C], they are the last axis. The
 * explainer keeps compiled programs from sample to sample. Status 2: there is no such layer, or it
 * has no places. */
bool sx_layer_open(struct sx_layer *layer, struct sx_explainer *e, const char *name,
                   bool to_the_end, struct sx_error *error);

/* The place of element i, and its channel. */
int64_t sx_layer_cell(const struct sx_layer *layer, int64_t i, int64_t *channel);

#endif
