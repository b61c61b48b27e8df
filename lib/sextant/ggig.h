/* sextant/ggig.h - attributions: geometrically guided integrated gradients and its family. */
#ifndef SEXTANT_GGIG_H
#define SEXTANT_GGIG_H

#include "sextant/explain.h"
#include "sextant/option.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How gradients seen along a path or an ascent become one. */
enum sx_aggregate { SX_AGG_MAX, SX_AGG_ABSMAX, SX_AGG_MEAN };

/* One step of gradient ascent: eta g, eta sign(g), or eta g/|g|. */
enum sx_climb { SX_CLIMB_PLAIN, SX_CLIMB_SIGN, SX_CLIMB_UNIT };

/* Where the settings of ascents that are not given come from: T = 4 and eta = 0.01 s^2 / T, s
 * being how far the elements of the input are spread; or, as in the paper, T = 100 and 1e-4. */
enum sx_recipe { SX_RECIPE_QUICK, SX_RECIPE_PAPER };

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
};

/* A player as a region: the mean of its elements' attributions. */
struct sx_region {
    int64_t player, elements;
    double density;
};

struct sx_attribution {
    struct sx_tensor
        map;           /* SX_DOUBLE, x's shape without its batch axis; of a layer its places */
    const char *layer; /* the tensor whose places the map is of; NULL: none. The explainer's */
    int64_t players;   /* the map is of these, [n] or in the plane of patches; 0: it is not */
    int64_t masks;     /* rise, lime: drawn coalitions; 0 elsewhere */
    double shown;      /* probability that a mask shows a player */
    struct sx_tensor error; /* rise: standard errors, as the map */
    bool fitted;            /* lime: what the linear fit explains, and the kernel's width */
    double r2, kernel_width;
    int64_t window[2], stride[2]; /* occlusion of a picture; 0 elsewhere */
    struct sx_region *region;     /* xrai: the densest first; NULL elsewhere */
    double sum;                   /* of the map */
    bool complete;     /* the method promises that the map, times x - baseline where it is
                              a mean gradient, sums to f(x) - f(baseline) */
    double gap;        /* what is missing: that sum minus f(x) - f(baseline) */
    bool flat;         /* every gradient was zero */
    bool partial;      /* of fewer draws than were asked for: time was up */
    int64_t nonfinite; /* elements that could not be computed, which are NaN */
    int64_t left_out;  /* points that a maximum, or an ascent, left out: not finite */
    int64_t steps, iterations, samples; /* as used, defaults filled in */
    double eta;
    bool ascends;    /* there were ascents, and the following says what they did */
    double moved;    /* distance that a point went, the mean over points */
    double relative; /* that, of the distance from the baseline to x */
    double share;    /* what of the map comes from them: sum |map - map without| / sum |map| */
    bool idle;       /* nothing to speak of, though some gradient was not zero */
};

/* The rows of these options, method, baseline, background and seed aside; and their defaults. */
extern const struct sx_options sx_attribute_table;
struct sx_attribute_options sx_attribute_defaults(void);

/* The options as they were used, for "params" of a record. */
struct sx_attribute_options sx_attribute_used(const struct sx_attribute_options *options,
                                              const struct sx_attribution *attribution);

/* The names of the methods, by number from 0; NULL past the last. *what is one line on it. Those of
 * the input work on every model; others need places, or players. */
const char *sx_attribute_method(int i, const char **what);
bool sx_attribute_of_input(const char *method);

/* Explains f at the explainer's sample. Rahman, Lewis, Plis, arXiv 2206.05903 and its code for
 * grad, ig, ig-max, gda, gda-ig, ggig, ggig-ig, geg-max, geg-ig (mean gradients, without the factor
 * x - baseline); Smilkov 2017, Adebayo 2018, Kapishnikov 2021, Xu 2020, Yang 2023, Erion 2021
 * for the others (see ggig(1)). Memory does not grow with steps or samples. Class activation maps are
 * of options->layer; by default of the last tensor with more than one place that a node with
 * weights follows, which leaves out class maps, or for "cam" of the last with places. Free the result
 * with sx_attribution_free. The usual players are patches of a picture, 7 a side, tokens of a sequence,
 * else elements. */
bool sx_attribute(struct sx_explainer *explainer, const struct sx_attribute_options *options,
                  struct sx_attribution *result, struct sx_error *error);

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
