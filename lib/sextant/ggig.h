/* sextant/ggig.h - attributions: geometrically guided integrated gradients and its family. */
#ifndef SEXTANT_GGIG_H
#define SEXTANT_GGIG_H

#include "sextant/explain.h"
#include "sextant/option.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How the gradients along a path or an ascent become one, element by element. */
enum sx_aggregate {
    SX_AGG_MAX,    /* the largest */
    SX_AGG_ABSMAX, /* the one of largest magnitude, with its sign */
    SX_AGG_MEAN
};

/* One step of gradient ascent: eta g, eta sign(g), or eta g/|g|. */
enum sx_climb { SX_CLIMB_PLAIN, SX_CLIMB_SIGN, SX_CLIMB_UNIT };

/* The settings of ascents that are not given. s is the spread of the elements of the input. */
enum sx_recipe {
    SX_RECIPE_QUICK, /* T = 4, eta = 0.01 s^2 / T */
    SX_RECIPE_PAPER  /* T = 100, eta = 1e-4 */
};

struct sx_attribute_passes;

struct sx_attribute_options {
    const char *method; /* a name that sx_attribute_method gives */
    int64_t steps;      /* m: a path has m + 1 points; 0: the method's own default */
    int64_t iterations; /* T gradients of an ascent; 0: by the recipe */
    int64_t samples;    /* draws of the methods that draw; 0: 50 */
    enum sx_recipe recipe;
    double eta;          /* step of the ascent; 0: by the recipe */
    double spread;       /* s where |x| exceeds 10: the mean of --std; 0: the deviation of x */
    double noise;        /* standard deviation of noise, in ranges of x */
    double fraction;     /* guided-ig: share of features that move at once */
    double max_distance; /* guided-ig: how far from the straight path, in alpha */
    double max_sigma;    /* blur-ig: standard deviation of the widest blur, pixels */
    const char *layer;   /* of class activation maps; NULL: see sx_attribute */
    const char
        *players; /* of rise, lime, occlusion, xrai: as sx_players_new; NULL: the usual */
    enum sx_layout layout;             /* of a picture */
    double share;                      /* rise, lime: probability that a mask shows a player */
    double kernel_width, ridge, lasso; /* lime; lasso 0: ridge */
    int64_t window[2], stride[2];      /* occlusion: rows and columns; 0: the usual */
    enum sx_aggregate aggregate;
    enum sx_climb step;
    double clip[2];           /* ascent stays within; clip[0] >= clip[1]: anywhere */
    bool times_input;         /* multiply gradients by x - baseline */
    const double *baseline;   /* x's shape */
    const double *background; /* expected: n_background points of x's shape; NULL: baseline */
    int64_t n_background;
    uint64_t seed, sample; /* randomness is a function of (seed, sample, draw) */
    /* Gradients that calls with the same sample, baseline and explainer share; NULL: nothing is kept. */
    struct sx_attribute_passes *passes;
};

/* A player as a region: the mean of its elements' attributions. */
struct sx_region {
    int64_t player, elements;
    double density;
};

struct sx_attribution {
    /* SX_DOUBLE: of x's shape without the batch axis, of the places of `layer`, or of `players`. */
    struct sx_tensor map;
    const char
        *layer; /* the tensor whose places the map has; NULL: none. Owned by the explainer */
    int64_t players; /* number of players that the map has values of; 0: it has elements */
    int64_t masks;   /* rise, lime: drawn coalitions; 0 elsewhere */
    double shown;    /* probability that a mask shows a player */
    struct sx_tensor error; /* rise: standard errors, as the map */
    bool fitted;            /* lime: what the linear fit explains, and the kernel's width */
    double r2, kernel_width;
    int64_t window[2], stride[2]; /* occlusion of a picture; 0 elsewhere */
    struct sx_region *region;     /* xrai: the densest first; NULL elsewhere */
    double sum;                   /* of the map */
    /* The method promises that the sum is f(x) - f(baseline). The map of a mean gradient is
     * multiplied by x - baseline before it is summed. */
    bool complete;
    double gap;        /* that sum minus (f(x) - f(baseline)) */
    bool flat;         /* every gradient was zero */
    bool partial;      /* of fewer draws than were asked for: time was up */
    int64_t nonfinite; /* elements that could not be computed, which are NaN */
    int64_t
        left_out; /* points with a gradient that is not finite, which a maximum or ascent skips */
    int64_t steps, iterations, samples; /* as used, defaults filled in */
    double eta;
    bool ascends;    /* the method has ascents, which the following fields describe */
    double moved;    /* the distance that a point moved, averaged over points */
    double relative; /* moved / |x - baseline| */
    double share;    /* sum |map - map without ascents| / sum |map| */
    bool idle; /* the ascents changed next to nothing, though some gradient was not zero */
};

/* The rows of these options, without method, baseline, background and seed. */
extern const struct sx_options sx_attribute_table;
struct sx_attribute_options sx_attribute_defaults(void);

/* The options as they were used, for "params" of a record. */
struct sx_attribute_options sx_attribute_used(const struct sx_attribute_options *options,
                                              const struct sx_attribution *attribution);

/* The names of the methods, by number from 0; NULL past the last. *what is one line on it. Those of
 * the input work on every model; others need places, or players. */
const char *sx_attribute_method(int i, const char **what);
bool sx_attribute_of_input(const char *method);
/* Whether a method explains by the activations of options->layer. */
bool sx_attribute_of_layer(const char *method);
/* Whether a method looks at the gradient at the sample alone: see sx_explain_options.gradient. */
bool sx_attribute_at_sample(const char *method);

/* Explains f at the explainer's sample. Free the result with sx_attribution_free. Memory does not grow
 * with steps or samples.
 *
 * grad, ig, ig-max, gda, gda-ig, ggig, ggig-ig, geg-max and geg-ig follow Rahman, Lewis, Plis, arXiv
 * 2206.05903, and its code: mean gradients, without the factor x - baseline. ggig(1) has the sources of
 * the others.
 *
 * Class activation maps are of options->layer. By default that is the last tensor with more than one
 * place that a node with weights follows, which leaves out class maps; for "cam" it is the last tensor
 * with places.
 *
 * The usual players are a grid of 7 x 7 patches of a picture, the tokens of a sequence, else the
 * elements. */
bool sx_attribute(struct sx_explainer *explainer, const struct sx_attribute_options *options,
                  struct sx_attribution *result, struct sx_error *error);

/* Gradients on the straight path, kept from one call of sx_attribute to the next, up to 64 MB of them.
 * They must be cleared before another sample, baseline or target. Both of the others take NULL, too. */
struct sx_attribute_passes *sx_attribute_passes_new(struct sx_error *error);
void sx_attribute_passes_clear(struct sx_attribute_passes *passes);
void sx_attribute_passes_free(struct sx_attribute_passes *passes);

/* What a method filled in. */
void sx_attribution_free(struct sx_attribution *attribution);

/* Adds the keys of a record from "method" to "flat", and what is there of "left_out" and "ascent";
 * the map is borrowed. */
void sx_put_attribution(struct sx_result *result, const char *method,
                        const struct sx_attribution *attribution);

#ifdef __cplusplus
}
#endif

#endif
