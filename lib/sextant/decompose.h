/* sextant/decompose.h - fourteen attributions as allocations of Taylor effects. */
#ifndef SEXTANT_DECOMPOSE_H
#define SEXTANT_DECOMPOSE_H

#include "sextant/explain.h"
#include "sextant/option.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Which sets of players effects are allocated for; what Deep Taylor's first layer does. */
enum sx_allocation { SX_ALLOC_AUTO, SX_ALLOC_FULL, SX_ALLOC_TRUNCATED, SX_ALLOC_NONE };
enum sx_first { SX_FIRST_ZPLUS, SX_FIRST_WSQUARE, SX_FIRST_BOUNDED };

/* Zeros and NULL are what attr-decompose(1) says; order: of the largest sets of a truncated allocation. */
struct sx_decompose_options {
    const char *methods, *layer, *smooth; /* "all", or names by commas; of Grad-CAM; of terms */
    const char *neuron_of; /* "LAYER:ELEMENT", "LAYER", "": all of them; NULL: none */
    const struct sx_players *players;
    const double *baseline, *background, *foreign; /* x's shape; rows of it; scores to judge */
    const int64_t *patch_of;                       /* NULL: patches as below */
    int64_t n_background, most_rows, order, nodes, path_samples, patch[2], stride, budget;
    int64_t taylor, fit; /* effects up to this order, or of a polynomial of this degree */
    double gauss, epsilon, bound[2], taylor_tolerance, tolerance;
    bool gradient_at_baseline, midpoints, log_odds, absolute, distribute, neuron;
    struct sx_absent absent; /* of Shapley values; the baseline unless it says otherwise */
    enum sx_allocation allocation;
    enum sx_layout layout;
    enum sx_first first;
    uint64_t seed, sample;
    /* What players, background and foreign are made from, by whoever makes them. */
    const char *players_by, *background_from, *foreign_from;
};
/* How far a principle is from holding, and in which set of players that shows most. */
struct sx_principle {
    double violation;
    bool holds, derived; /* measured; for generic f */
    uint64_t worst;
};
/* One neuron y = s(z0 + sum d), whose n inputs changed z by d[n] and y by dy from the reference to
 * x; how a rule that works neuron by neuron shares that out, and how far its weights are off. */
struct sx_neuron {
    const char *layer;
    int64_t element, n, *input; /* inputs: elements of what the layer takes */
    double *d, z0, dz, dy;
    struct sx_local {
        const char *name;
        double *attribution, sum, residual; /* [n]; residual: sum - dy */
        struct sx_principle principle[3];
    } rule[6];
};
struct sx_decomposed {
    const char *name, *failure, *against; /* failure: why there is no attribution */
    double *attribution, sum, gap;        /* [players]; sum - (f(x) - f(reference)) */
    bool complete, exists;                /* the gap is promised to be 0; see set_slack */
    double *share, *effect; /* [sets, players] of effect[sets]; NULL: not allocated */
    double residual, closed, set_slack, term_slack; /* NAN: not known; see the page's OUTPUT */
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
    int64_t order, n_terms; /* Taylor effects: term[n_terms] of degrees [n_terms, players] */
    const uint8_t *degree;
    const double *term;
    double f_x, f_b, gap, effect_gap, ig_gap, smooth_change;
    int n_methods, n_neurons;
    const struct sx_decomposed *method;
    const struct sx_neuron *neuron; /* of each layer that an activation follows, in order */
    int n_agreeing; /* methods whose values are all finite, by number in `method` */
    const int *agreeing;
    const double *spearman, *distance; /* between these; NaN where one of two is constant */
};

/* What decomposes one sample after the other; keeps what it builds. The explainer must outlive it. */
struct sx_decomposer;
struct sx_decomposer *sx_decomposer_new(struct sx_explainer *explainer, struct sx_error *error);
void sx_decomposer_free(struct sx_decomposer *decomposer);

/* The rows of these options, and the defaults, players and baseline aside; the methods' names, NULL
 * past the last. */
extern const struct sx_options sx_decompose_table;
struct sx_decompose_options sx_decompose_defaults(void);
const char *sx_decompose_method(int i, const char **what);

/* Attributions of the explainer's sample by each method, the effects of sets of players, how each
 * method allocates these, and which of the three principles that keeps. Deng et al., IEEE TPAMI
 * 46(7), 2024; see attr-decompose(1) for conventions and deviations. */
bool sx_decompose(struct sx_decomposer *decomposer, const struct sx_decompose_options *options,
                  struct sx_decomposition *result, struct sx_error *error);

/* Writes keys of records. */
void sx_put_decomposition(struct sx_result *json, const struct sx_decomposition *result,
                          bool harsanyi, bool timing);

/* Reads scores of the players: an array with a number for each player or element of x (or an axis
 * more: sample `index`), or records (of that index, and of the method `name` unless NULL). */
bool sx_scores_read(const char *path, const char *name, int64_t index,
                    const struct sx_players *players, double *scores, struct sx_error *error);

#ifdef __cplusplus
}
#endif

#endif
