/* sextant/perturb.h - adds noise to the weights of a model, or redraws them. */
#ifndef SEXTANT_PERTURB_H
#define SEXTANT_PERTURB_H

#include "sextant/model.h"
#include "sextant/option.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The change of the weights: set one of deviation, noise, cascade and layer. */
struct sx_perturb_options {
    double deviation;  /* standard deviation of noise on all weights; 0: none */
    double noise;      /* noise in per cent of each tensor's standard deviation; 0: none */
    int64_t cascade;   /* number of layers to redraw, counted from the output; 0: none */
    const char *layer; /* the layer to redraw; NULL: none */
    /* a draw is a function of the seed, the tensor's name and the weight's index */
    uint64_t seed;
};

/* The rows "noise" and "randomize" of these options. */
extern const struct sx_options sx_perturb_table;

/* A layer: a node that takes weights. */
struct sx_layer {
    const char *name; /* name of the node, or of its first output if it has none */
    const char *op;
    int64_t weights; /* elements of its weights */
};

/* Lists the layers of a model from the output to the input. Makes *layers an array of *n; free it
 * with free(). The names belong to the model. Status 3 or 6. */
bool sx_layers(const struct sx_model *model, struct sx_layer **layers, int64_t *n,
               struct sx_error *error);

/* Writes the model's file with changed weights and nothing else changed. Weights are the
 * initializers that parameters of operators are computed from: floats, and integers that stand for
 * reals (of DequantizeLinear and quantised products). The mean and variance of BatchNormalization
 * do not count.
 *   noise: w + N(0, (s noise / 100)^2), s the tensor's standard deviation (divisor n - 1; |w| where
 *          n is 1): model perturbation of Rahman, Lewis, Plis, arXiv 2206.05903.
 *   cascade, layer: a normal of standard deviation 0.1, truncated at 0.2: Adebayo and others,
 *          NeurIPS 2018.
 * Integers are rounded and clipped to their type; redrawn integers keep their tensor's standard
 * deviation. External data are put inside. Status 2: there is no such layer. Status 3: there are no
 * weights. */
bool sx_perturb(const struct sx_model *model, const struct sx_perturb_options *options,
                struct sx_sink *sink, struct sx_error *error);

#ifdef __cplusplus
}
#endif

#endif
