/* sextant/ggig.h - attributions: geometrically guided integrated gradients and its family. */
#ifndef SEXTANT_GGIG_H
#define SEXTANT_GGIG_H

#include "sextant/explain.h"
#include "sextant/option.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How the gradients at the points of a path or an ascent are combined, element by element. */
enum sx_aggregate {
    SX_AGG_MAX,    /* the largest gradient */
    SX_AGG_ABSMAX, /* the gradient of largest magnitude, with its sign */
    SX_AGG_MEAN
};

/* One step of gradient ascent, with g the gradient: PLAIN moves by eta g, SIGN by eta sign(g), UNIT
 * by eta g / |g|. */
enum sx_climb { SX_CLIMB_PLAIN, SX_CLIMB_SIGN, SX_CLIMB_UNIT };

/* The defaults of T (`iterations`) and `eta`. s is the spread of the elements of x, see `spread`. */
enum sx_recipe {
    SX_RECIPE_QUICK, /* T = 4, eta = 0.01 s^2 / T */
    SX_RECIPE_PAPER  /* T = 100, eta = 1e-4 */
};

struct sx_attribute_passes;

struct sx_attribute_options {
    const char *method; /* a name that sx_attribute_method gives */
    int64_t steps;      /* m: a path has m + 1 points; 0: the method's own default */
    int64_t iterations; /* T gradients of an ascent; 0: by the recipe */
    int64_t samples;    /* draws of the methods that draw at random; 0: 50 */
    enum sx_recipe recipe;
    double eta;      /* step of the ascent; 0: by the recipe */
    double spread;   /* the spread s if some |x| exceeds 10; 0: the standard deviation of x */
    double noise;    /* standard deviation of noise, in ranges of x */
    double fraction; /* guided-ig: the share of features that move in one step */
    double max_distance; /* guided-ig: how far from the straight path, in alpha */
    double max_sigma;    /* blur-ig: standard deviation of the widest blur, pixels */
    const char *layer;   /* layer of class activation maps; NULL: see sx_attribute */
    /* players of rise, lime, occlusion and xrai, see sx_players_new; NULL: the default */
    const char *players;
    enum sx_layout layout;             /* layout of x as a picture */
    double share;                      /* rise, lime: probability that a mask shows a player */
    double kernel_width, ridge, lasso; /* lime; lasso 0: ridge */
    int64_t window[2], stride[2];      /* occlusion: rows and columns; 0: the default */
    enum sx_aggregate aggregate;
    enum sx_climb step;
    double clip[2]; /* the range that an ascent does not leave; clip[0] >= clip[1]: no bounds */
    bool times_input;       /* multiply gradients by x - baseline */
    const double *baseline; /* x's shape */
    /* expected: n_background points of x's shape; NULL: the baseline */
    const double *background;
    int64_t n_background;
    uint64_t seed, sample; /* randomness is a function of (seed, sample, draw) */
    /* Gradients shared by calls with the same sample, baseline and explainer; NULL: none are kept. */
    struct sx_attribute_passes *passes;
};

/* A player as a region; density is the mean attribution of its elements. */
struct sx_region {
    int64_t player, elements;
    double density;
};

struct sx_attribution {
    /* SX_DOUBLE. Its shape is that of x without the batch axis, or the places of `layer`, or
     * [players]. */
    struct sx_tensor map;
    const char
        *layer; /* the tensor whose places the map shows; NULL: none. Owned by the explainer. */
    int64_t players; /* the number of players whose values the map has; 0: it has elements */
    int64_t masks;   /* rise, lime: drawn coalitions; 0 elsewhere */
    double shown;    /* probability that a mask shows a player */
    struct sx_tensor error; /* rise: standard errors, of the map's shape */
    bool fitted; /* lime: r2, the R^2 of the linear fit, and kernel_width are known */
    double r2, kernel_width;
    int64_t window[2], stride[2]; /* occlusion of a picture; 0 elsewhere */
    struct sx_region *region;     /* xrai: regions, the densest first; NULL elsewhere */
    double sum;                   /* sum of the map */
    /* The method promises that the sum is f(x) - f(baseline). A map of mean gradients is multiplied
     * by x - baseline before it is summed. */
    bool complete;
    double gap;        /* that sum - (f(x) - f(baseline)) */
    bool flat;         /* every gradient was zero */
    bool partial;      /* time was up: the result has fewer draws than were asked for */
    int64_t nonfinite; /* elements of the map that could not be computed; they are NaN */
    int64_t
        left_out; /* points whose gradient is not finite; a maximum or an ascent skips them */
    int64_t steps, iterations, samples; /* the values that were used */
    double eta;
    bool ascends;    /* the method has ascents, which the following fields describe */
    double moved;    /* the distance that a point moved, averaged over points */
    double relative; /* moved / |x - baseline| */
    double share;    /* sum |map - map without ascents| / sum |map| */
    bool idle; /* The ascents changed next to nothing, although some gradient was not zero. */
};

/* The table of these options, except method, baseline, background and seed. */
extern const struct sx_options sx_attribute_table;
struct sx_attribute_options sx_attribute_defaults(void);

/* The options with the values that were used, for "params" of a record. */
struct sx_attribute_options sx_attribute_used(const struct sx_attribute_options *options,
                                              const struct sx_attribution *attribution);

/* The name of method `i`, from 0; NULL past the last. *what becomes a line of description.
 * sx_attribute_of_input: the method attributes to x, which works on every model. Other methods need
 * a layer with places, or players. */
const char *sx_attribute_method(int i, const char **what);
bool sx_attribute_of_input(const char *method);
/* Whether a method explains by the activations of options->layer. */
bool sx_attribute_of_layer(const char *method);
/* The pass that serves the method best: for sx_explain_options.pass. */
enum sx_pass sx_attribute_pass(const char *method);

/* Explains f at the explainer's sample. Free the result with sx_attribution_free. The memory needed
 * does not depend on `steps` or `samples`.
 *
 * grad, ig, ig-max, gda, gda-ig, ggig, ggig-ig, geg-max and geg-ig follow Rahman, Lewis, Plis,
 * arXiv 2206.05903, and its code: they are mean gradients, without the factor x - baseline. ggig(1)
 * has the sources of the other methods.
 *
 * Class activation maps are of options->layer. Its default is the last tensor that has more than
 * one place and is followed by a node with weights; maps of class scores are thereby left out. The
 * default for "cam" is the last tensor with places.
 *
 * The default players are a grid of 7 x 7 patches of a picture, the tokens of a sequence, else the
 * elements. */
bool sx_attribute(struct sx_explainer *explainer, const struct sx_attribute_options *options,
                  struct sx_attribution *result, struct sx_error *error);

/* A cache of gradients on the straight path, up to 64 MB, for several calls of sx_attribute. Clear
 * it before another sample, baseline or target. The functions below take NULL too. */
struct sx_attribute_passes *sx_attribute_passes_new(struct sx_error *error);
void sx_attribute_passes_clear(struct sx_attribute_passes *passes);
void sx_attribute_passes_free(struct sx_attribute_passes *passes);

/* Frees what sx_attribute filled in. */
void sx_attribution_free(struct sx_attribution *attribution);

/* Adds the keys of a record from "method" to "flat", and "left_out" and "ascent" where they apply.
 * The map is borrowed. */
void sx_put_attribution(struct sx_result *result, const char *method,
                        const struct sx_attribution *attribution);

#ifdef __cplusplus
}
#endif

#endif
