/* sextant/xderiv.h - interactions of features: cross derivatives and their relatives. */
#ifndef SEXTANT_XDERIV_H
#define SEXTANT_XDERIV_H

#include "sextant/explain.h"
#include "sextant/option.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How the effects of several rows are combined into one number. */
enum sx_gather {
    SX_GATHER_AUTO, /* NONE, or MEDIAN if another option asks for one result over all rows */
    SX_GATHER_NONE, /* each row has a result of its own */
    SX_GATHER_MEDIAN,
    SX_GATHER_MEAN,
    SX_GATHER_MIN,
    SX_GATHER_MAX,
    SX_GATHER_MODE,
    SX_GATHER_RMS
};
/* Which sets are evaluated: see --search of xderiv(1). */
enum sx_searching { SX_SEARCH_AUTO, SX_SEARCH_ALL, SX_SEARCH_BEAM };
/* The direction in which a feature's elements move: 1, x, or x - baseline. */
enum sx_direction { SX_DIRECTION_ONES, SX_DIRECTION_INPUT, SX_DIRECTION_DELTA };
/* The unit of each feature: as it is, its standard deviation over the rows, or its range over the
 * rows. */
enum sx_units { SX_UNITS_NONE, SX_UNITS_STD, SX_UNITS_RANGE };

/* Options; xderiv(1) explains them. Texts are borrowed. */
struct sx_study_options {
    int64_t order;       /* sets have 2 to `order` features; 1: single features */
    const char *method;  /* one of sx_study_method */
    const char *players; /* see sx_players_new; "pixels": all channels of a place */
    enum sx_layout layout;
    enum sx_gather gather;
    bool is_signed;  /* combine signed effects, not magnitudes */
    bool allow_zero; /* go on where f has no second derivative */
    bool maximal;    /* list no set that a stronger listed set contains */
    bool check;      /* compare derivatives with finite differences */
    /* the representative rows, a list out of mean,median,min,max,mode,random; NULL: all rows */
    const char *at;
    enum sx_searching search;
    int64_t beam; /* beam search: sets of each size that are extended */
    /* search AUTO: evaluate all sets of a size if there are at most this many */
    int64_t max_sets;
    bool by_edge; /* a set grows by its own strength, not by that of its features */
    enum sx_direction direction;
    enum sx_units units;
    int64_t steps; /* points of an integral, or draws; 0: the method's default */
    double noise;  /* smoothhess: standard deviation of the noise */
    uint64_t seed;
    const char *pairs; /* file of the sets that are evaluated; NULL: see `search` */
    const char *truth; /* file of the true interactions, to rank against; NULL: none */
    int64_t names;     /* the number of features that the samples must have; 0: any */

    /* What records list: */
    int64_t top;  /* at most so many sets; 0: all */
    double least; /* no sets of less strength */

    /* For the caller, who creates the explainer and reads points: */
    const char *smooth, *background;
    struct sx_absent absent; /* archdetect: what absent features hold */
};

/* The table of these options, except layout and seed; and their defaults. */
extern const struct sx_options sx_study_table;
struct sx_study_options sx_study_defaults(void);
/* name i, NULL past the last; *what: a line of description */
const char *sx_study_method(int i, const char **what);

/* What SX_GATHER_AUTO means with the other options. */
enum sx_gather sx_study_gather(const struct sx_study_options *options);

/* Interactions of the features of x. sx_study_new reads the files that the options name. Status 1:
 * such a file is wrong. Status 2: unknown method. Free with sx_study_free, which takes NULL too. */
struct sx_study;
struct sx_study *sx_study_new(const struct sx_study_options *options, struct sx_error *error);
void sx_study_free(struct sx_study *study);

/* Sets the background: n points of x's shape, which are borrowed. */
void sx_study_background(struct sx_study *study, const double *points, int64_t n);

/* Adds the explainer's sample as a row, with `baseline` of x's shape as its reference. All rows
 * must have the same other inputs. Status 3: the method needs second derivatives, and f has none. */
bool sx_study_add(struct sx_study *study, struct sx_explainer *explainer,
                  const double *baseline, struct sx_error *error);

/* A set of features, the strength that ranks it, and its signed effects over the rows. */
struct sx_effect {
    const int32_t *set;
    int order;
    double strength, mean, std, min, max;
};

/* The sets, the strongest first. Ranks against the truth are NaN if no truth is known, or if all or
 * none of the sets of that size are true. */
struct sx_effects {
    const struct sx_effect *item; /* until the next run */
    int64_t n, features, rows, steps, evaluated, skipped;
    /* the rows used; n_representatives 0: all rows */
    int64_t representative[8], n_representatives;
    bool beam, zero_curvature;
    double auc[9], r_precision, check; /* check: see xderiv(1) */
    double shift;                      /* the largest change of f by smoothing */
};

/* Evaluates all rows, then forgets them. */
bool sx_study_run(struct sx_study *study, struct sx_effects *result, struct sx_error *error);
/* Makes *tensor the signed effects of the last row, [features]^order. For methods without repeated
 * features it is the mean over rows, and 0 where a feature repeats. */
bool sx_study_tensor(struct sx_study *study, struct sx_tensor *tensor, struct sx_error *error);

/* The features of the samples that were added. */
const struct sx_players *sx_study_players(const struct sx_study *study);

/* The name of feature i. It is name[i] if i < n and name[i] is not NULL. Otherwise it is the
 * feature's place among patches, or its number, which are written to `text`. */
const char *sx_study_name(const struct sx_study *study, const char *const *name, int64_t n,
                          int64_t i, char text[64]);

/* How many sets a record lists: those that are strong enough, at most `most` (0: all). */
int64_t sx_effects_shown(const struct sx_study_options *options,
                         const struct sx_effects *effects, int64_t most);

/* Adds the keys of a record: "names" and "x" if all features have names, then "order" to "check".
 * sx_effects_view has the members that text and tables show. */
void sx_put_effects(struct sx_result *result, const struct sx_study *study,
                    const struct sx_effects *effects, const char *const *name, int64_t n);
extern const struct sx_view sx_effects_view;

/* Makes *map, of x's shape, the interactions of one feature with every other: their strengths, or
 * their mean effects if `is_signed`. `from` is the number of the feature, or ROW,COLUMN of patches.
 * Status 2: there is no such feature. */
bool sx_effects_from(const struct sx_study *study, const struct sx_effects *effects,
                     const struct sx_shape *shape, const char *from, bool is_signed,
                     struct sx_tensor *map, struct sx_error *error);

/* Writes a graph for dot(1). A pair is an edge; a larger set is a point joined to its features. */
bool sx_effects_dot(const struct sx_study *study, const struct sx_effects *effects,
                    const char *const *name, int64_t n, const char *title, struct sx_sink *sink,
                    struct sx_error *error);

#ifdef __cplusplus
}
#endif

#endif
