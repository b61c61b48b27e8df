/* sextant/decompose.h - fourteen attributions as allocations of Taylor effects. */
#ifndef SEXTANT_DECOMPOSE_H
#define SEXTANT_DECOMPOSE_H

#include "sextant/explain.h"
#include "sextant/option.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The sets of players whose effects are allocated. */
enum sx_allocation { SX_ALLOC_AUTO, SX_ALLOC_FULL, SX_ALLOC_TRUNCATED, SX_ALLOC_NONE };
/* The rule of Deep Taylor for the layer that takes x. */
enum sx_first { SX_FIRST_ZPLUS, SX_FIRST_WSQUARE, SX_FIRST_BOUNDED };

/* attr-decompose(1) says what each option does; 0 and NULL stand for its defaults. */
struct sx_decompose_options {
    const char *methods;   /* "all", or names separated by commas */
    const char *layer;     /* the layer of Grad-CAM */
    const char *smooth;    /* how kinks are made smooth before Taylor effects are computed */
    const char *neuron_of; /* "LAYER:ELEMENT", "LAYER", or "" for all layers; NULL: none */
    const struct sx_players *players;
    const double *baseline;   /* of x's shape */
    const double *background; /* n_background rows of x's shape */
    /* [players], scores of another tool that are judged too; NULL: none */
    const double *foreign;
    /* the patch of each player; NULL: follows from `patch` and `stride` */
    const int64_t *patch_of;
    int64_t n_background, most_rows, nodes, path_samples, patch[2], stride, budget;
    int64_t order;  /* size of the largest sets of a truncated allocation */
    int64_t taylor; /* Taylor effects up to this order */
    int64_t fit;    /* degree of the polynomial that is fitted instead */
    double gauss, epsilon, bound[2], taylor_tolerance, tolerance;
    bool gradient_at_baseline, midpoints, log_odds, absolute, distribute, neuron;
    struct sx_absent absent; /* what absent players of Shapley values hold */
    enum sx_allocation allocation;
    enum sx_layout layout;
    enum sx_first first;
    uint64_t seed, sample;
    /* The texts that players, background and foreign were made from, for the record. */
    const char *players_by, *background_from, *foreign_from;
};
/* The pass that serves the methods best: for sx_explain_options.pass. */
enum sx_pass sx_decompose_pass(const struct sx_decompose_options *o);
/* How far one of the three principles is violated. */
struct sx_principle {
    double violation;
    bool holds;     /* the measured violation is within the tolerance */
    bool derived;   /* the method satisfies it for every f */
    uint64_t worst; /* the set of players of the largest violation */
};
/* One neuron y = s(z), z = z0 + sum of d[n]. From the reference to x, input i changes z by d[i], and y
 * changes by dy. */
struct sx_neuron {
    const char *layer;
    int64_t element, n;
    int64_t *input; /* elements of the tensor that the layer takes */
    double *d, z0, dz, dy;
    struct sx_local { /* how a rule that works neuron by neuron distributes dy */
        const char *name;
        double *attribution;  /* [n] */
        double sum, residual; /* residual: sum - dy */
        struct sx_principle principle[3];
    } rule[6];
};
/* The result of one method at the sample. */
struct sx_decomposed {
    const char *name;
    const char *failure; /* why there is no attribution; NULL: there is one */
    const char *against; /* what the method compares x with */
    double *attribution; /* [players] */
    double *error;       /* [players]: standard errors of an estimate; NULL: there are none */
    double sum;          /* sum of the attribution */
    double gap;          /* sum - (f(x) - f(reference)) */
    bool complete;       /* the method promises that the gap is 0 */
    bool exists;         /* set_slack is at least 0: some allocation gives this attribution */
    double *share, *effect; /* share[sets, players] of effect[sets]; NULL: not allocated */
    double residual, closed, set_slack,
        term_slack; /* OUTPUT of attr-decompose(1); NaN: unknown */
    struct sx_principle principle[3];
    struct sx_tensor map; /* gradcam: its raw map */
    int64_t evaluations;
    double seconds;
};
/* Owned by the decomposer until the next sample. */
struct sx_decomposition {
    int64_t players, n_sets;
    const uint64_t *set;  /* bit i: player i; the empty set first; n_sets 0: none */
    const double *effect; /* Harsanyi effects J */
    bool all_sets, converged;
    int64_t order, n_terms; /* of Taylor effects */
    const uint8_t *degree;  /* [n_terms, players]: the exponent of each player */
    const double *term;     /* [n_terms] */
    double f_x, f_b, gap, effect_gap, ig_gap, smooth_change;
    int n_methods, n_neurons;
    const struct sx_decomposed *method;
    const struct sx_neuron *neuron; /* of each layer that an activation follows, in order */
    int n_agreeing; /* methods whose values are all finite, by number in `method` */
    const int *agreeing;
    const double *spearman, *distance; /* between these; NaN where one of two is constant */
};

/* Decomposes samples one after the other and keeps compiled programs. The explainer must outlive
 * it. */
struct sx_decomposer;
struct sx_decomposer *sx_decomposer_new(struct sx_explainer *explainer, struct sx_error *error);
void sx_decomposer_free(struct sx_decomposer *decomposer);

/* The table of these options. */
extern const struct sx_options sx_decompose_table;
/* The defaults; players and baseline are left NULL. */
struct sx_decompose_options sx_decompose_defaults(void);
/* The name of method `i`, from 0; NULL past the last. *what is one line on it. */
const char *sx_decompose_method(int i, const char **what);

/* Explains the explainer's sample: attributions by each method, effects of sets of players, how each
 * method allocates them, and which of the three principles that allocation keeps. Deng and others,
 * IEEE TPAMI 46(7), 2024; attr-decompose(1) lists conventions and deviations. */
bool sx_decompose(struct sx_decomposer *decomposer, const struct sx_decompose_options *options,
                  struct sx_decomposition *result, struct sx_error *error);

/* Adds the keys of a record. `harsanyi` adds the effects of sets, `timing` the seconds. If `top` is
 * not 0, each method also lists its `top` strongest players. They are called by name[] unless that
 * is NULL. */
void sx_put_decomposition(struct sx_result *json, const struct sx_decomposition *result,
                          int64_t top, const char *const *name, bool harsanyi, bool timing);

/* Reads one score per player from a file. The file holds either
 *   an array: one number per player, one per element of x, or such rows for many samples, of which
 *     row `index` is taken; or
 *   records: the record of that index, and of the method `name` unless that is NULL. */
bool sx_scores_read(const char *path, const char *name, int64_t index,
                    const struct sx_players *players, double *scores, struct sx_error *error);

#ifdef __cplusplus
}
#endif

#endif
