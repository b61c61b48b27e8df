/* perturb.h - which initializers are weights, and of which layer. */
#ifndef SX_PERTURB_H
#define SX_PERTURB_H

#include "onnx/write.h"
#include "sextant/perturb.h"

/* A weight of a node. A tensor that several nodes share is the weight of each of them. */
struct sx_perturbed_weight {
    const Onnx__TensorProto *tensor;
    int64_t layer; /* number of the layer, counted from the output, from 0 */
};

struct sx_perturbed {
    struct sx_layer *layer;
    struct sx_perturbed_weight *weight;
    int64_t n_layers, n;
};

bool sx_perturbed_find(const struct sx_model *model, struct sx_perturbed *weights,
                       struct sx_error *error);
/* The model that sx_perturb writes, in memory; NULL on failure. */
struct sx_model *sx_perturbed_model(const struct sx_model *model,
                                    const struct sx_perturb_options *options,
                                    struct sx_error *error);
void sx_perturbed_free(struct sx_perturbed *weights);

#endif
