/* relevance.h - propagation rules: further columns of rows, beside the derivative.
 *
 * A rule is a walk like that of the derivative and emits nodes into the same graph, so it runs in
 * batches like any other graph. LRP distributes the value of y to the elements of x. Rules of the
 * DeepLIFT family distribute the difference of y from its value at a reference. */
#ifndef SX_RELEVANCE_H
#define SX_RELEVANCE_H

#include "graph/derive.h"
#include "sextant/decompose.h"

enum sx_rule {
    SX_LRP_EPSILON, /* z_i / (z + eps) */
    /* 2 z_i+ / z+ - z_i- / z- in layers with weights; elsewhere as EPSILON */
    SX_LRP_ALPHA_BETA,
    SX_DEEP_TAYLOR,   /* z_i+ / z+, starting with max(y, 0) */
    SX_RESCALE,       /* DeepLIFT: dy / dx for a function of one variable */
    SX_REVEAL_CANCEL, /* DeepLIFT: positive and negative parts of differences are kept apart */
    SX_DEEP_SHAP, /* as RESCALE, but with exact Shapley values for operators of few inputs */
    SX_GUIDED,    /* guided backpropagation: a gradient, which does not sum to y */
};

struct sx_rule_options {
    double epsilon; /* LRP: eps, the stabiliser of quotients */
    bool absolute;  /* epsilon is absolute; else it is in units of the layer's largest |z| */
    /* SX_LRP_EPSILON: biases are distributed equally among the inputs; else they absorb relevance */
    bool distribute;
    enum sx_first first; /* SX_DEEP_TAYLOR: the rule of the first layer */
    double bound[2];
    /* SX_DEEP_SHAP: a product of up to 12 inputs and its activation are one game */
    bool neuron;
};

/* Appends to g the attribution of the scalar y to x, of x's shape; SX_NONE on failure. `reference`
 * has x's shape; for LRP it is SX_NONE. */
int sx_relevance(struct sx_graph *g, int y, int x, int reference, enum sx_rule rule,
                 const struct sx_rule_options *options);

/* ---- For the rules of rows ---- */

/* The argument of a row's contrast rule. reference[i] is the counterpart of node i at the
 * reference, or i if it does not vary with x. `exact`: exact Shapley values are wanted. */
struct sx_contrast {
    struct sx_graph *g;
    const int *reference;
    bool exact;
};

/* y minus its counterpart. */
int sx_difference(const struct sx_contrast *c, int y);
/* The mean of y and its counterpart. */
int sx_midpoint(const struct sx_contrast *c, int y);
/* part / difference, or `otherwise` where the difference is too small. */
int sx_over(struct sx_graph *g, int part, int difference, int otherwise);
/* r / (z + eps sign(z)), with eps as the options say; 0 where the denominator is 0. */
int sx_over_stable(struct sx_graph *g, int r, int z, const struct sx_rule_options *options);

/* The largest number of inputs for exact Shapley values. */
#define SX_MOST_PLAYERS 8
/* Matrices [2^n, n]. sx_coalitions: whether player i is in set s. sx_shapley_weights: c with sum
 * over s of c[s, i] v(s) the Shapley value of i. */
int sx_coalitions(struct sx_graph *g, int n);
int sx_shapley_weights(struct sx_graph *g, int n);

#endif
