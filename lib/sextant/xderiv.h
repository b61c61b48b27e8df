/* sextant/xderiv.h - interactions of features: cross derivatives and their relatives. */
#ifndef SEXTANT_XDERIV_H
#define SEXTANT_XDERIV_H

#include "sextant/explain.h"
#include "sextant/option.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How the numbers of many rows become one. */
enum sx_gather {
    SX_GATHER_AUTO, /* NONE, or MEDIAN if other options ask for one result of all rows */
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
/* The direction in which the elements of a feature move: 1, x, or x - baseline. */
enum sx_direction { SX_DIRECTION_ONES, SX_DIRECTION_INPUT, SX_DIRECTION_DELTA };
/* The units of a feature: its own, its standard deviation, or its range over the rows. */
enum sx_units { SX_UNITS_NONE, SX_UNITS_STD, SX_UNITS_RANGE };

/* Options: xderiv(1) says what they do. Texts are borrowed. */
struct sx_study_options {
    int64_t order;       /* sets of 2 to `order` features; 1: single ones */
    const char *method;  /* one of sx_study_method */
    const char *players; /* see sx_players_new; "pixels": all channels of a place */
    enum sx_layout layout;
    enum sx_gather gather;
    bool is_signed;  /* gather numbers as they are, not their magnitudes */
    bool allow_zero; /* go on where f has no second derivative */
    bool maximal;    /* no sets that a stronger one contains */
    bool check;      /* hold derivatives against differences */
    const char *at;  /* representatives: of mean,median,min,max,mode,random; NULL: all rows */
    enum sx_searching search;
    int64_t beam;     /* sets of each size that grow */
    int64_t max_sets; /* up to this many sets of a size are all evaluated */
    bool by_edge;     /* a set grows by its own strength, not by that of its features */
    enum sx_direction direction;
    enum sx_units units;
    int64_t steps; /* points of integrals, draws; 0: the method's default */
    double noise;  /* smoothhess: standard deviation of the noise */
    uint64_t seed;
    const char *pairs; /* file of the sets that are looked at; NULL: see search */
    const char *truth; /* file of interactions that are true, or NULL */
    int64_t names;     /* the number of features that there must be; 0: any */

    /* What records list. */
    int64_t top;  /* sets; 0: all */
    double least; /* the least strength */

    /* Of whoever makes the explainer and reads points. */
    const char *smooth, *background;
    struct sx_absent
        absent; /* archdetect: what absent features are; of a background, its rows */
};

/* The rows of these options, but for layout and seed; and their defaults. */
extern const struct sx_options sx_study_table;
struct sx_study_options sx_study_defaults(void);
const char *sx_study_method(int i, const char **what); /* names, then NULL; one line on each */

/* What SX_GATHER_AUTO means with the other options. */
enum sx_gather sx_study_gather(const struct sx_study_options *options);

/* Interactions of the features of x. Reads the files of the options: status 1 where these are
 * wrong, 2 for a method that is not there. Free with sx_study_free, which takes NULL too. */
struct sx_study;
struct sx_study *sx_study_new(const struct sx_study_options *options, struct sx_error *error);
void sx_study_free(struct sx_study *study);

/* The background is n points of x's shape, not copied. */
void sx_study_background(struct sx_study *study, const double *points, int64_t n);

/* Adds the explainer's sample as a row, measured from `baseline` of x's shape. Rows share all
 * other inputs. Status 3 where the method needs second derivatives, and f has none. */
bool sx_study_add(struct sx_study *study, struct sx_explainer *explainer,
                  const double *baseline, struct sx_error *error);

struct sx_effect { /* a set: what ranks it, and its signed effects over the rows */
    const int32_t *set;
    int order;
    double strength, mean, std, min, max;
};

/* Sets, strongest first. NaN: no truth is known, or all sets of the size, or none, are true. */
struct sx_effects {
    const struct sx_effect *item; /* until the next run */
    int64_t n, features, rows, steps, evaluated, skipped;
    int64_t representative[8], n_representatives; /* rows; 0: all of them */
    bool beam, zero_curvature;
    double auc[9], r_precision, check; /* check: see xderiv(1); the explainer's sample counts */
    double shift;                      /* the most that smoothing did to f */
};

/* Evaluates all rows and forgets them. */
bool sx_study_run(struct sx_study *study, struct sx_effects *result, struct sx_error *error);
/* Makes *tensor the signed effects of the last row, [features]^order. Methods that do not repeat features
 * give the mean over rows, and 0 where a feature repeats. */
bool sx_study_tensor(struct sx_study *study, struct sx_tensor *tensor, struct sx_error *error);

/* The features of the samples that were added. */
const struct sx_players *sx_study_players(const struct sx_study *study);

/* The name of feature i: name[i] if i < n and that is not NULL, else its place among patches, or its
 * number, which are written to `text`. */
const char *sx_study_name(const struct sx_study *study, const char *const *name, int64_t n,
                          int64_t i, char text[64]);

/* How many sets records show: up to `most` (0: all) that are strong enough. */
int64_t sx_effects_shown(const struct sx_study_options *options,
                         const struct sx_effects *effects, int64_t most);

/* Adds the keys of a record: "names" and "x" where all features have names, then "order" to
 * "check"; which of them text and tables show. */
void sx_put_effects(struct sx_result *result, const struct sx_study *study,
                    const struct sx_effects *effects, const char *const *name, int64_t n);
extern const struct sx_view sx_effects_view;

/* Makes *map, of x's shape, what one feature (`from`: its number, or ROW,COLUMN of patches)
 * does with every other: strengths, or means. Status 2 where there is no such feature. */
bool sx_effects_from(const struct sx_study *study, const struct sx_effects *effects,
                     const struct sx_shape *shape, const char *from, bool is_signed,
                     struct sx_tensor *map, struct sx_error *error);

/* A graph for dot(1): pairs are edges, larger sets are points that join their features. */
bool sx_effects_dot(const struct sx_study *study, const struct sx_effects *effects,
                    const char *const *name, int64_t n, const char *title, struct sx_sink *sink,
                    struct sx_error *error);

#ifdef __cplusplus
}
#endif

#endif
