/* sextant/perturb.h - noise on the weights of a model, and weights drawn anew. */
#ifndef SEXTANT_PERTURB_H
#define SEXTANT_PERTURB_H

#include "sextant/model.h"
#include "sextant/option.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What is done to the weights: one of noise, deviation, cascade and layer. */
struct sx_perturb_options {
    double deviation;  /* noise of this deviation on all; 0: none */
    double noise;      /* per cent of each tensor's standard deviation; 0: none */
    int64_t cascade;   /* redraw this many layers, counted from the output; 0: none */
    const char *layer; /* redraw the layer of that name; NULL: none */
    uint64_t seed; /* a weight's draw is a function of (seed, its tensor's name, its place) */
};

/* The rows "noise" and "randomize" of these options. */
extern const struct sx_options sx_perturb_table;

/* A layer: a node that takes weights. */
struct sx_layer {
    const char *name; /* of the node, or of its first output where it has none */
    const char *op;
    int64_t weights; /* elements of its weights */
};

/* The layers of a model from the output down. *layers has *n of them; free it with free(). The names
 * are the model's. Fails with status 3 or 6. */
bool sx_layers(const struct sx_model *model, struct sx_layer **layers, int64_t *n,
               struct sx_error *error);

/* Writes the model's file with other weights, all else as it was. Weights are initializers of
 * floats, and integers that stand for reals (of DequantizeLinear and quantised products), that
 * an operator's parameters are made of; the mean and variance of BatchNormalization are none.
 *   noise: w + N(0, (s noise / 100)^2), s the tensor's standard deviation (divisor n - 1; |w| where
 *          n is 1): Rahman, Lewis, Plis, arXiv 2206.05903, model perturbation.
 *   cascade, layer: a normal of deviation 0.1, cut off at 0.2: Adebayo and others, NeurIPS 2018.
 * Integers are rounded and stay within their type; redrawn, they keep their own deviation. External
 * data come inside. Status 2 for a layer that is not there, 3 where there are no weights. */
bool sx_perturb(const struct sx_model *model, const struct sx_perturb_options *options,
                struct sx_sink *sink, struct sx_error *error);

#ifdef __cplusplus
}
#endif

#endif
