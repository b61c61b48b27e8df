/* relevance.h - propagation rules: further rule columns beside the derivative.
 *
 * They are walked as the derivative is, and emit nodes into the same graph, so that they run
 * batched through the same engine. LRP hands the value of y back to x; the rules of the DeepLIFT
 * family hand back its difference from that at a reference. */
#ifndef SX_RELEVANCE_H
#define SX_RELEVANCE_H

#include "graph/derive.h"
#include "sextant/decompose.h"

enum sx_rule {
    SX_LRP_EPSILON,    /* z_i / (z + eps) */
    SX_LRP_ALPHA_BETA, /* 2 z_i+ / z+ - z_i- / z- in layers with weights, else as epsilon */
    SX_DEEP_TAYLOR,    /* z_i+ / z+, from max(y, 0) */
    SX_RESCALE,        /* DeepLIFT: dy / dx per function of one variable */
    SX_REVEAL_CANCEL,  /* DeepLIFT: what raises and what lowers kept apart */
    SX_DEEP_SHAP,      /* Rescale; exact Shapley values where few inputs meet */
    SX_GUIDED,         /* guided backpropagation: a gradient, not a share of y */
};

struct sx_rule_options {
    double epsilon;  /* LRP: what stabilises a quotient, .. */
    bool absolute;   /* .. as it is, or in units of the layer's largest |z| */
    bool distribute; /* LRP epsilon: biases are shared equally among the inputs, not absorbed */
    enum sx_first first; /* Deep Taylor, see sextant.h */
    double bound[2];
    bool
        neuron; /* DeepSHAP: products of up to 12 inputs with their activation are one player */
};

/* Appends to g the attribution of scalar y to x (of x's shape); SX_NONE on failure. `reference`
 * has x's shape; LRP takes none (SX_NONE). */
int sx_relevance(struct sx_graph *g, int y, int x, int reference, enum sx_rule rule,
                 const struct sx_rule_options *options);

/* ---- For the rules of rows ---- */

/* What a contrast rule sees: the graph, every node's counterpart at the reference (itself where
 * it does not vary with x), and whether exact Shapley values are wanted. */
struct sx_contrast {
    struct sx_graph *g;
    const int *reference;
    bool exact;
};

/* y minus its counterpart. */
int sx_difference(const struct sx_contrast *c, int y);
/* The mean of y and its counterpart. */
int sx_midpoint(const struct sx_contrast *c, int y);
/* part / difference, or `otherwise` where the difference is too small to divide by. */
int sx_over(struct sx_graph *g, int part, int difference, int otherwise);
/* r / (z + eps sign z): see the options; 0 where z is 0 and eps too. */
int sx_over_stable(struct sx_graph *g, int r, int z, const struct sx_rule_options *options);

/* So many inputs at most are given exact Shapley values. */
#define SX_MOST_PLAYERS 8
/* [2^n, n]: which players are in set s; and what sum_s c[s, i] v(s) makes i's Shapley value. */
int sx_coalitions(struct sx_graph *g, int n);
int sx_shapley_weights(struct sx_graph *g, int n);

#endif
