/* estimate.h - estimators of indices, and the least squares that they solve. */
#ifndef SX_ESTIMATE_H
#define SX_ESTIMATE_H

#include "shapley/shapley.h"

/* ---- Sums of products ---- */

struct sx_estimate;
/* Every index that weighs the Moebius transform, from game->products. Status 2 where that would lose
 * too many digits. */
bool sx_exact_products(struct sx_estimate *e);

/* ---- Estimators ---- */

/* What an estimator works on; terms are those of sx_terms_new over the live players. */
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

/* An index of S as a sum over sizes t of the mean over the T of that size of
 * weight[s, |S and T|, t] v(T). */
struct sx_weights {
    int64_t n, order;
    double *weight; /* [order + 1, order + 1, n + 1] */
};

bool sx_weights_new(struct sx_weights *weights, const struct sx_index_row *row, int64_t order,
                    int64_t n, struct sx_error *error);
void sx_weights_free(struct sx_weights *weights);
double sx_weight(const struct sx_weights *weights, int64_t s, int64_t in, int64_t t);

/* Of the T of size t among n players, the share of those that have `in` given ones, and no
 * others, of a set of s. */
double sx_meeting(int64_t n, int64_t s, int64_t in, int64_t t);

/* Which sizes of coalitions are drawn: those that have weights, evenly; all but the ends, evenly
 * or as the Shapley kernel weighs them; the same, with all of one player and all but one; all. */
enum sx_sizes {
    SX_SIZES_WEIGHED,
    SX_SIZES_INNER,
    SX_SIZES_KERNEL,
    SX_SIZES_EDGES,
    SX_SIZES_ALL
};

/* Draws coalitions, and their values, which the caller frees; weight[] in the draw is for means
 * over each size. */
bool sx_coalitions_draw(struct sx_estimate *e, const struct sx_weights *weights,
                        enum sx_sizes sizes, bool pairs, struct sx_draw *draw, double **value);

/* values[k] += sum_i w(s, in, t) y[i]. errors[k] += variance of the same sum over `scattered`,
 * estimated within strata; a unit is the coalitions that were drawn together. */
bool sx_units_add(struct sx_estimate *e, const struct sx_weights *weights,
                  const struct sx_draw *draw, const double *y, const double *scattered);

/* Means over strata of coalitions by size and by what of a set is present (SVARM-IQ), or by size
 * alone (SHAP-IQ). */
bool sx_estimate_strata(struct sx_estimate *e, bool by_members);

/* Fits to parts of the coalitions, and the index of what they leave in the others. */
struct sx_adjusting {
    enum sx_sizes sizes;
    bool pairs;    /* coalitions come with complements */
    bool outer;    /* KernelSHAP-IQ's two fits, otherwise one */
    int64_t order; /* of the fit; 0: up to 2, as coalitions allow */
};

bool sx_estimate_adjusted(struct sx_estimate *e, const struct sx_adjusting *how);

/* Adds the index of a game to the values of terms: base has its Moebius transform. */
void sx_add_index(struct sx_estimate *e, const struct sx_interactions *base);

/* Of a part of a game that is all there is: the best fit to it. */
bool sx_estimate_given(struct sx_estimate *e);

/* Orders of all players, each also reversed if `both`: Shapley and Owen values. */
bool sx_estimate_permutation(struct sx_estimate *e, bool both);

/* A sparse Fourier transform: makes the terms itself, whatever the order. */
bool sx_estimate_sparse(struct sx_estimate *e);

/* ---- Least squares ---- */

/* Sums of weights over the coalitions that hold a set, for all sets of up to `most` of n
 * players, 6 at most. */
struct sx_moments {
    int64_t n, most;
    double *sum[7];
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

/* In place: the sum for each set becomes that of weights times (-1)^(how many of it are in the
 * coalition). */
void sx_moments_transform(struct sx_moments *moments);

/* In place: the upper triangle of a symmetric positive definite [n, n] becomes its Cholesky factor
 * U; false when it is not positive definite. The lower triangle is left alone. */
bool sx_cholesky(double *a, int64_t n);

/* In place: solves U' U x = b. */
void sx_cholesky_solve(const double *factor, int64_t n, double *b);

/* ---- Shapley interaction of pairs ---- */

struct sx_outer {
    struct sx_estimate *e;
    const struct sx_draw *draw;
    int64_t n, p;       /* live players, pairs */
    const double *mean; /* the weight of each coalition in the mean of its size */
    double *value;      /* then what the singles leave */
    double *edge;       /* edge[i] = v({i}) + v(N without i) */
    double *single;     /* Shapley values */
    int64_t *member;    /* [coalitions, n]: those of each, then the others */
    int64_t *size;      /* of each coalition */
    int64_t *pairs;     /* the members of each */
    struct sx_moments moments;
    double *split; /* split[i][j] = sum of w(S) v(S) over coalitions S that separate i from j */
    double *matrix, *right, *pair; /* of each pair: the mean of its character */
};

bool sx_outer_new(struct sx_outer *fit, struct sx_estimate *e, const struct sx_draw *draw);
void sx_outer_free(struct sx_outer *fit);

/* KernelSHAP-IQ's fit of singles and pairs, as Moebius terms, to values less v(empty) of which
 * mean[i] is the weight within a size; all of one player and of all but one are there. False when
 * coalitions do not tell the pairs apart. */
bool sx_outer_fit(struct sx_outer *fit, const double *mean, const double *value, double *terms);

/* ---- Fits ----
 *
 * A sum of terms over the sets of a list, each counting for the coalitions that hold it. */
struct sx_fit {
    const struct sx_game *game;
    struct sx_interactions *terms; /* the list, not its values */
    int64_t n, p;                  /* live players, terms */
    int64_t *local, *member;       /* the terms' members, and a coalition's, as live players */
    uint8_t *present;              /* of a coalition: per live player */
    struct sx_moments moments;
    double *matrix, *right, *ones; /* the factor; right side, then solution; inverse of ones */
};

bool sx_fit_new(struct sx_fit *fit, const struct sx_game *game, const int64_t *place,
                struct sx_interactions *terms, int64_t order, struct sx_error *error);
void sx_fit_free(struct sx_fit *fit);

/* Sets member[] and present[]; the number of members. */
int64_t sx_fit_members(struct sx_fit *fit, const uint64_t *coalition);

/* Adds a value y to the equations. */
void sx_fit_add(struct sx_fit *fit, const uint64_t *coalition, double weight, double y);

/* Factors the matrix; false where the coalitions do not tell the terms apart. Then solves for
 * right[]; the terms sum to *total unless it is NULL. */
bool sx_fit_factor(struct sx_fit *fit);
void sx_fit_solve(struct sx_fit *fit, const double *total);

/* What terms[] say of a coalition. */
double sx_fit_value(struct sx_fit *fit, const uint64_t *coalition, const double *terms);

/* The weight of all coalitions of each size under the Shapley kernel, or if all are equal. */
void sx_kernel_parts(int64_t n, bool shapley, double *part);

#endif
