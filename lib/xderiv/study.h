/* study.h - what the files of lib/xderiv share: levels of sets, rows, methods. */
#ifndef SX_STUDY_H
#define SX_STUDY_H

#include "io/io.h"
#include "explain/deriv.h"
#include "explain/players.h"
#include "sextant/xderiv.h"

/* ---- Levels ---- */

/* Sets of one size, each ascending. A set's parent has one feature less; the sets of one parent
 * lie together. */
struct sx_level {
    int order;
    bool all; /* these are all sets of this size */
    int64_t n, n_parents;
    int32_t *set;    /* [n, order] */
    int32_t *parent; /* [n_parents, order - 1] */
    int64_t *first;  /* [n_parents + 1]: the sets of each parent */
    int32_t *last;   /* [n]: what the set adds to its parent */
    /* Over the rows, once they are evaluated: */
    double *strength, *mean, *std, *min, *max; /* [n] */
};

void sx_level_free(struct sx_level *level);
void sx_level_reset(struct sx_level *level); /* forgets results */

/* The number of sets of `order` of q features. INT64_MAX on overflow. */
int64_t sx_level_count(int64_t q, int order);

/* Fills `level` with all sets of `order` of q features, in lexicographic order. */
bool sx_level_all(struct sx_level *level, int64_t q, int order, struct sx_error *error);

/* Fills `level` with the sets that add one feature to one of the n_parents sets of order - 1
 * features. A set with several parents is listed once, under the first. */
bool sx_level_extend(struct sx_level *level, int64_t q, int order, const int32_t *parents,
                     int64_t n_parents, struct sx_error *error);

/* Fills `level` with the members of `sets` that have `order` features. Status 2 if a feature is
 * not below q. */
bool sx_level_given(struct sx_level *level, int64_t q, int order, const struct sx_sets *sets,
                    struct sx_error *error);

/* ---- Aggregation ---- */

/* Aggregates n numbers over rows, which are added one by one. */
struct sx_tally {
    enum sx_gather how;
    bool is_signed;
    int64_t n, rows, at; /* numbers; all rows; rows seen so far */
    double *kept;        /* [n, rows], where `how` needs them all */
};

/* Prepares level's results for so many rows; fails with status 6 where `limit` bytes (0: none)
 * do not hold what must be kept. */
bool sx_tally_begin(struct sx_tally *tally, struct sx_level *level, enum sx_gather how,
                    bool is_signed, int64_t rows, size_t limit, struct sx_error *error);
void sx_tally_add(struct sx_tally *tally, struct sx_level *level, const double *values);
void sx_tally_end(struct sx_tally *tally, struct sx_level *level);

/* Aggregates v[n] to one number. May sort v. */
double sx_gather_numbers(enum sx_gather how, double *v, int64_t n);

/* ---- Rows ---- */

/* Rows that share a target, adjacent in memory. `baseline` is NULL if none was given. */
struct sx_study_rows {
    int64_t n;
    const double *x, *baseline;
};

struct sx_study;

/* A method. */
struct sx_study_row {
    const char *name, *what;
    /* `values` becomes [rows->n, level->n]. */
    bool (*evaluate)(struct sx_study *h, const struct sx_level *level,
                     const struct sx_study_rows *rows, double *values, struct sx_error *error);
    /* `tensor` becomes [rows->n, q, .., q] with repeated indices. NULL: sets repeat no feature.
     */
    bool (*tensor)(struct sx_study *h, int order, const struct sx_study_rows *rows,
                   double *tensor, struct sx_error *error);
    int64_t steps; /* default points or draws */
    bool pairs;    /* of order 2 only */
    bool curved;   /* needs second derivatives */
    bool baseline; /* needs a baseline */
    bool constant; /* the same for all rows */
};

/* method.c: the method of that name. NULL with status 2 and the nearest names. */
const struct sx_study_row *sx_study_find(const char *name, struct sx_error *error);

struct sx_study {
    struct sx_explainer *e;
    struct sx_study_options o;
    const struct sx_study_row *method;
    enum sx_gather gather; /* SX_GATHER_MEDIAN or later */
    bool given, known;     /* whether there are `sets` to keep to, and `truth` to score by */
    struct sx_sets sets, truth;
    const double *background; /* NULL: the rows */
    int64_t n_background;
    int64_t steps;   /* with the default filled in */
    unsigned builds; /* e->builds when the following was made */
    struct sx_players *players;
    int64_t q, size; /* features; elements of x */
    bool elements;   /* every feature is one element, in order */
    struct sx_whole *whole[SX_MAX_ORDER + 1];
    struct sx_rows *rows[SX_MAX_ORDER + 1];
    /* The samples that were added. */
    double *x, *baseline; /* [n, size] */
    int64_t *target, n;
    size_t x_room, baseline_room, target_room;
    struct sx_tensor *others;    /* the model's inputs at the first of them */
    double *units;               /* [size]; NULL: 1 */
    int64_t chosen[8], n_chosen; /* 0: all rows */
    struct sx_level level[SX_MAX_ORDER + 1];
    struct sx_effect *item;
    int64_t evaluated, skipped;
    bool beam;    /* some level was searched by beam */
    bool flat;    /* f has no second derivative */
    double shift; /* smoothed f - f at the row where its magnitude is largest */
};

/* The feature of element i, or -1. */
static inline int64_t sx_feature_of(const struct sx_study *h, int64_t element)
{
    return h->players->label[element];
}

/* Fills `level` as the search asks for, from the level below. */
bool sx_search_level(struct sx_study *h, int order, struct sx_error *error);

/* The factor of element i's direction at a row: units, times x or x - baseline. */
double sx_direction(const struct sx_study *h, const double *x, const double *baseline,
                    int64_t i);

/* samples.c */
bool sx_samples_add(struct sx_study *h, const double *baseline, struct sx_error *error);
bool sx_samples_choose(struct sx_study *h, struct sx_error *error);
bool sx_samples_units(struct sx_study *h, struct sx_error *error);
void sx_samples_free(struct sx_study *h);

/* cross.c */
#define SX_EVALUATE                                                                            \
    (struct sx_study * h, const struct sx_level *level, const struct sx_study_rows *rows,      \
     double *values, struct sx_error *error)
#define SX_TENSOR                                                                              \
    (struct sx_study * h, int order, const struct sx_study_rows *rows, double *tensor,         \
     struct sx_error *error)
bool sx_cross_effects SX_EVALUATE;
bool sx_cross_tensor SX_TENSOR;
/* hessians.c: takes the values of pairs from the method's tensor. */
bool sx_path_effects SX_EVALUATE;
bool sx_integrated_hessian SX_TENSOR;
bool sx_expected_hessian SX_TENSOR;
bool sx_smooth_hessian SX_TENSOR;
/* drawn.c: the pairs of ArchDetect. A context has the values of no feature, of each feature,
 * and of each pair: value[2][1 + q + pairs]. The first context puts features of x into what is
 * absent, the second leaves them out of x. The result is the mean of (mixed
 * difference / lengths)^2. */
void sx_arch_pairs(int64_t q, const struct sx_level *level, const double *value,
                   const double *length, double *values);
/* The same where what is absent is drawn from the background. */
bool sx_arch_drawn SX_EVALUATE;
/* masks.c, friedman.c, nid.c */
bool sx_arch_detect SX_EVALUATE;
bool sx_arch_attribute SX_EVALUATE;
bool sx_mixed_differences SX_EVALUATE;
bool sx_friedman SX_EVALUATE;
bool sx_nid SX_EVALUATE;
bool sx_nid_greedy SX_EVALUATE;

/* verify.c: sets result->check, at the explainer's sample. */
bool sx_study_check(struct sx_study *h, struct sx_effects *result, struct sx_error *error);

/* truth.c: sets result->auc and r_precision. */
bool sx_study_score(struct sx_effects *result, int order, const struct sx_sets *truth,
                    struct sx_error *error);

/* truth.c: keeps the sets of a ranking that are within no stronger set, at most 100. Returns
 * their number. */
int64_t sx_study_prune(struct sx_effect *item, int64_t n);

/* The directions of all features at a row, [q, size]. */
double *sx_directions(const struct sx_study *h, const double *x, const double *baseline,
                      struct sx_error *error);

#endif
