/* estimate.h - estimators of indices, and the least squares that they solve. */
#ifndef SX_ESTIMATE_H
#define SX_ESTIMATE_H

#include "shapley/shapley.h"

/* ---- Sums of products ---- */

struct sx_estimate;
/* Computes any index with a `weight` from game->products. Status 2 if cancellation would lose
 * too many digits. */
bool sx_exact_products(struct sx_estimate *e);

/* ---- Estimators ---- */

/* The input and output of an estimator. `terms` comes from sx_terms_new over the live
 * players. */
struct sx_estimate {
    struct sx_game *game;
    const struct sx_index_row *row;
    const struct sx_shapley_options *o;
    int64_t order, budget;
    int64_t *place; /* of each player among the live ones */
    struct sx_interactions *terms;
    struct sx_error *error;
};

/* The most players of a set in a best fit. */
#define SX_FIT_ORDER 4

/* index(S) = sum over t of the mean of  weight[s, |S and T|, t] v(T)  over the T of size t. */
struct sx_weights {
    int64_t n, order;
    double *weight; /* [order + 1, order + 1, n + 1] */
};

bool sx_weights_new(struct sx_weights *weights, const struct sx_index_row *row, int64_t order,
                    int64_t n, struct sx_error *error);
void sx_weights_free(struct sx_weights *weights);
double sx_weight(const struct sx_weights *weights, int64_t s, int64_t in, int64_t t);

/* P(S and T = I) for a uniform T of size t among n players, |S| = s, and a given I within S of
 * `in` members. */
double sx_meeting(int64_t n, int64_t s, int64_t in, int64_t t);

/* Which sizes of coalitions are drawn. */
enum sx_sizes {
    SX_SIZES_WEIGHED, /* sizes with a weight, evenly */
    SX_SIZES_INNER,   /* 1 .. n - 1, evenly */
    SX_SIZES_KERNEL,  /* 1 .. n - 1, in proportion to the Shapley kernel */
    SX_SIZES_EDGES,   /* as INNER, but sizes 1 and n - 1 come first and are complete */
    SX_SIZES_ALL      /* 0 .. n */
};

/* Draws coalitions and evaluates them. The caller frees *draw and *value. draw->weight[] is for
 * the mean over each size. */
bool sx_coalitions_draw(struct sx_estimate *e, const struct sx_weights *weights,
                        enum sx_sizes sizes, bool pairs, struct sx_draw *draw, double **value);

/* values[k] += sum_i w(s, in, t) y[i]. errors[k] += variance of the same sum over `scattered`,
 * estimated within strata; a unit is the coalitions that were drawn together. */
bool sx_units_add(struct sx_estimate *e, const struct sx_weights *weights,
                  const struct sx_draw *draw, const double *y, const double *scattered);

/* Estimates by the means over strata of coalitions. by_members: a stratum is a size and the
 * members of S that are present (SVARM-IQ). Otherwise it is a size (SHAP-IQ). */
bool sx_estimate_strata(struct sx_estimate *e, bool by_members);

/* How sx_estimate_adjusted fits. It estimates the index of the fit's residuals on held-out
 * coalitions. */
struct sx_adjusting {
    enum sx_sizes sizes;
    bool pairs;    /* coalitions come with complements */
    bool outer;    /* the two fits of KernelSHAP-IQ, otherwise one fit */
    int64_t order; /* of the fit; 0: the largest up to 2 that the coalitions determine */
};

bool sx_estimate_adjusted(struct sx_estimate *e, const struct sx_adjusting *how);

/* Adds the index of a game to the values of e->terms. `base` holds its Moebius transform. */
void sx_add_index(struct sx_estimate *e, const struct sx_interactions *base);

/* The index of the best fit to the known coalitions of a game that cannot be evaluated
 * further. */
bool sx_estimate_given(struct sx_estimate *e);

/* Shapley and Owen values from random orders of the players. `both`: each order is also
 * reversed. */
bool sx_estimate_permutation(struct sx_estimate *e, bool both);

/* Estimates by a sparse Fourier transform. Makes e->terms itself. */
bool sx_estimate_sparse(struct sx_estimate *e);

/* ---- Least squares ---- */

/* For every set of up to `most` (<= 6) of n players: the sum of the weights of the coalitions
 * that contain it. */
struct sx_moments {
    int64_t n, most;
    double *sum[7];  /* per size of set */
    int64_t *choose; /* binomials [n + 1, 8], up to `most` */
};

bool sx_moments_new(struct sx_moments *moments, int64_t n, int64_t most,
                    struct sx_error *error);
void sx_moments_free(struct sx_moments *moments);

/* All sums become 0. */
void sx_moments_clear(struct sx_moments *moments);

/* Adds the coalition of the k players member[], ascending. */
void sx_moments_add(struct sx_moments *moments, const int64_t *member, int64_t k,
                    double weight);

/* The sum for the union of two ascending sets. */
double sx_moments_union(const struct sx_moments *moments, const int64_t *a, int64_t na,
                        const int64_t *b, int64_t nb);

/* In place: the sum for each set S becomes  sum over T of weight(T) (-1)^|S and T|. */
void sx_moments_transform(struct sx_moments *moments);

/* In place: the upper triangle of the symmetric [n, n] `a` becomes its Cholesky factor U. The
 * lower triangle is not read or written. False if `a` is not positive definite. */
bool sx_cholesky(double *a, int64_t n);

/* In place: solves U' U x = b. */
void sx_cholesky_solve(const double *factor, int64_t n, double *b);

/* ---- Shapley interaction of pairs ---- */

struct sx_outer {
    struct sx_estimate *e;
    const struct sx_draw *draw;
    int64_t n;          /* live players */
    int64_t p;          /* pairs of them */
    const double *mean; /* the weight of each coalition in the mean of its size */
    double *value;      /* v of each coalition; after fit_singles the residuals */
    double *edge;       /* edge[i] = v({i}) + v(N without i) */
    double *single;     /* Shapley values */
    int64_t *member;    /* [coalitions, n]: the members of each, then the other players */
    int64_t *size;      /* of each coalition */
    int64_t *pairs;     /* [p, 2]: the members of each pair */
    struct sx_moments moments;
    double *split; /* split[i][j] = sum of w(S) v(S) over coalitions S that separate i from j */
    double *matrix, *right; /* the normal equations of the pairs */
    double *pair;           /* [p]: the mean of the character of each pair */
};

bool sx_outer_new(struct sx_outer *fit, struct sx_estimate *e, const struct sx_draw *draw);
void sx_outer_free(struct sx_outer *fit);

/* KernelSHAP-IQ's fit of singles and pairs to value[] = v - v(empty), as Moebius terms. mean[i]
 * is the weight of coalition i within its size. All coalitions of 1 and of n - 1 players must
 * be there. False if the coalitions do not determine the pairs. */
bool sx_outer_fit(struct sx_outer *fit, const double *mean, const double *value, double *terms);

/* ---- Fits ----
 *
 * g(T) = sum of term[k] over the sets k of a list that lie within T. */
struct sx_fit {
    const struct sx_game *game;
    struct sx_interactions *terms; /* the list; its values are not used */
    int64_t n;                     /* live players */
    int64_t p;                     /* terms */
    int64_t *local;                /* the members of the terms, as live players */
    int64_t *member;               /* the members of a coalition, as live players */
    uint8_t *present;              /* [n]: which live players a coalition has */
    struct sx_moments moments;
    double *matrix; /* the normal equations, then their factor */
    double *right;  /* the right side, then the solution */
    double *ones;   /* the solution for a right side of ones */
};

bool sx_fit_new(struct sx_fit *fit, const struct sx_game *game, const int64_t *place,
                struct sx_interactions *terms, int64_t order, struct sx_error *error);
void sx_fit_free(struct sx_fit *fit);

/* Sets member[] and present[]; the number of members. */
int64_t sx_fit_members(struct sx_fit *fit, const uint64_t *coalition);

/* Adds the equation  g(coalition) = y  with its weight. */
void sx_fit_add(struct sx_fit *fit, const uint64_t *coalition, double weight, double y);

/* Factors the matrix. False if the coalitions do not determine the terms. */
bool sx_fit_factor(struct sx_fit *fit);
/* Solves for right[]. `total` not NULL: the terms are constrained to sum to *total. */
void sx_fit_solve(struct sx_fit *fit, const double *total);

/* g(coalition) with the values terms[]. */
double sx_fit_value(struct sx_fit *fit, const uint64_t *coalition, const double *terms);

/* part[s] becomes the weight of all coalitions of size s together: under the Shapley kernel, or
 * with equal weights. */
void sx_kernel_parts(int64_t n, bool shapley, double *part);

#endif
