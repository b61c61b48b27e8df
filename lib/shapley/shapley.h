/* shapley.h - interaction indices: what exact engine and estimators share. */
#ifndef SX_SHAPLEY_H
#define SX_SHAPLEY_H

#include "explain/game.h"
#include "sextant/shapley.h"

/* The most interactions that are listed. */
#define SX_MOST_TERMS ((int64_t)1 << 22)

/* Binomial coefficients as real numbers; 0 outside. */
double sx_choose(int64_t n, int64_t k);

/* ---- The indices ----
 *
 * With the Moebius transform a(U) of a game, most indices are sums over the supersets of a
 * set: index(S) = sum of a(U) weight(k, |S|, |U|) over U containing S, k being the order. The
 * generalised values sum over all U that meet S: a(U) share(|U \ S|), or over the T outside
 * S: (v(T with S) - v(T)) together(k, n, |S|, |T|), NULL: difference(k, n, |S|, |T|, 0). */
struct sx_index_row {
    const char *name, *what;
    double (*weight)(int64_t order, int64_t s, int64_t u);
    double (*share)(int64_t outside);
    double (*together)(int64_t order, int64_t players, int64_t s, int64_t t);
    /* For estimators: the weight of the difference of S at T, |T| = t, times the number of all
     * coalitions of `size`; or that the index is the best fit of its order. */
    double (*difference)(int64_t order, int64_t players, int64_t s, int64_t t, int64_t size);
    bool fit;
    double (*more)(int64_t more); /* then so much of the value of each superset with `more` */
    int64_t least;                /* 0: the empty set has a value, too */
    bool single;                  /* order 1 alone */
    bool whole;                   /* all orders, unless one is asked for */
    bool efficient;               /* values sum to v(N) - v(empty) */
};

const struct sx_index_row *sx_index_find(const char *name, struct sx_error *error);

/* Bernoulli number i, B_1 = -1/2. */
double sx_bernoulli(int64_t i);

/* ---- Lists of sets ---- */

/* All sets of least..most of the n players in player[], by size and then in order, with values
 * of zero. Status 2 if there are over SX_MOST_TERMS. */
bool sx_terms_new(struct sx_interactions *terms, const int64_t *player, int64_t n,
                  int64_t least, int64_t most, struct sx_error *error);

/* The next set of `k` of 0..n-1 in order; false after the last. Starts at 0, 1 .. k-1. */
bool sx_next_set(int64_t *member, int64_t k, int64_t n);

/* ---- The table of all coalitions ---- */

/* In place over 2^n entries: sums over subsets undone; sums over supersets. */
void sx_moebius(double *table, int64_t n);
void sx_sum_supersets(double *table, int64_t n);

/* Every index from the table of a game; terms are made by sx_terms_new over the live players. */
bool sx_exact_index(struct sx_game *game, const struct sx_index_row *row, int64_t order,
                    struct sx_interactions *terms, struct sx_error *error);

/* Owen values: block[i] is the group of player i. */
bool sx_exact_owen(struct sx_game *game, const int64_t *block, struct sx_interactions *terms,
                   struct sx_error *error);

/* AND and OR terms of least total magnitude, at most 10 players. */
bool sx_exact_andor(const struct sx_game *game, int64_t order, struct sx_interactions *terms,
                    struct sx_error *error);

/* ---- Drawing coalitions ----
 *
 * Estimates of sums over all coalitions of some players of the form
 *     sum over sizes s of part[s] * (mean of f over the coalitions of size s)
 * are sums of weight[i] * f(coalition i). The variance comes from the scatter, within each
 * stratum, of the sums over `unit` coalitions that were drawn together. */
struct sx_draw_options {
    const int64_t *player; /* whom coalitions are made of */
    int64_t n;
    size_t words;        /* of a coalition */
    const double *part;  /* per size 0..n */
    const double *share; /* how often each size is drawn, in proportion; 0: not at all */
    int64_t budget;      /* coalitions */
    bool strata;         /* each size has its share exactly, without repetition */
    bool pairs;          /* a coalition comes with its complement; `share` is symmetric */
    uint64_t seed, stream;
};

struct sx_draw {
    int64_t count;
    uint64_t *coalition;
    double *weight;
    int64_t n_strata, *first; /* n_strata + 1 */
    double *missing;          /* per stratum: share of its coalitions not drawn; 0: all are */
    int64_t *unit;            /* per stratum: 1, or 2 for pairs */
    bool whole;               /* every coalition of a positive share is there */
    bool thin;                /* the last stratum has coalitions of many sizes */
};

bool sx_draw_new(struct sx_draw *draw, const struct sx_draw_options *options,
                 struct sx_error *error);
void sx_draw_free(struct sx_draw *draw);

/* The variance of the sum of weight[i] * f[i]. */
double sx_draw_variance(const struct sx_draw *draw, const double *f);

/* ---- Results ---- */

/* Sets result->set and n_sets for n players; then the benefit of each and which is strongest. */
bool sx_shapley_sets(const struct sx_shapley_options *options, int64_t n,
                     struct sx_shapley *result, struct sx_error *error);
bool sx_shapley_benefits(struct sx_game *game, const struct sx_shapley_options *options,
                         struct sx_shapley *result, struct sx_error *error);

/* The group of each of n players by the text of the options, to be freed. */
bool sx_shapley_groups(const char *text, int64_t n, int64_t **group, struct sx_error *error);

/* ---- Merged coalitions ----
 *
 * u(C) of a coalition C within a set A: the Shapley value of C as one player where the rest of A
 * is absent. All coalitions are valued over the same contexts, drawn from the players outside. */
struct sx_merged {
    struct sx_game *game;
    const int64_t *member; /* of A */
    int64_t m;
    bool exact;
    double *component;   /* exact from the table: u of sets of A is the sum over their parts */
    struct sx_draw draw; /* otherwise the contexts, */
    double *alone;       /* their own values, */
    int64_t n, room;     /* and the coalitions valued so far: */
    uint64_t *set;       /* which, as bits of the game's players, */
    double *u;           /* what they are worth, */
    double *f;           /* and v(S + C) - v(S) at each context S: [n, contexts] */
    int64_t most;        /* how many can be valued within the budget */
};

struct sx_merged_options {
    int64_t columns; /* coalitions that will be valued, about */
    int64_t budget;  /* evaluations that may be made in all */
    bool exact, strata, pairs;
    uint64_t seed, stream;
};

bool sx_merged_new(struct sx_merged *merged, struct sx_game *game, const int64_t *member,
                   int64_t m, const struct sx_merged_options *options, struct sx_error *error);
void sx_merged_free(struct sx_merged *merged);

/* Values n coalitions (bits of the game's players) more; they are numbered on from merged->n. */
bool sx_merged_add(struct sx_merged *merged, int64_t n, const uint64_t *sets,
                   struct sx_error *error);

/* Leaves out the contexts in which some value was not finite. */
bool sx_merged_skip(struct sx_merged *merged, int64_t *skipped, struct sx_error *error);

/* ---- Partitions ----
 *
 * The partition of m players that has the largest sign * sum of u; among equals, which differ by
 * at most `tie`, the one of most blocks. block[i] is the number of i's block, 0 for the first. */

/* Blocks of neighbours in a row; u[i * m + j] is that of i..j; join[j] says that j and j + 1 may
 * be in one block (0), must (1) or must not (2). Returns the sum. `room` holds 2 m + 2. */
double sx_partition_row(const double *u, int64_t m, double sign, double tie, const char *join,
                        int64_t *block, double *room);

/* Any blocks for which allowed[] (NULL: all) holds, by their bits; m is at most 16. `finest`
 * false prefers the fewest blocks. */
bool sx_partition_any(const double *u, const bool *allowed, int64_t m, double sign, double tie,
                      bool finest, int64_t *block, struct sx_error *error);

/* ---- The best partitions of a set ---- */

/* How a set is searched: which coalitions are valued, and how partitions are found in them. */
struct sx_search {
    struct sx_merged merged;
    const struct sx_shapley_options *o;
    const int64_t *set;
    int64_t m;
    bool greedy;
    double tie;
    uint64_t *near;  /* connected: the game's neighbours */
    int64_t *column; /* row: of i..j at i * m + j; any, connected: of bits; -1: none */
    bool *allowed;   /* connected: of bits */
    int64_t whole;   /* the column of the set */
};

/* A partition and the columns of its blocks. */
struct sx_parted {
    int64_t *block, *column, n_blocks;
    double sum;
};

bool sx_search_new(struct sx_search *search, struct sx_game *game, const int64_t *set,
                   int64_t m, const struct sx_shapley_options *o, int64_t budget,
                   struct sx_error *error);
void sx_search_free(struct sx_search *search);

/* The best partition if columns are worth u[]; block and column have room for m. */
bool sx_search_best(struct sx_search *search, const double *u, double sign, const char *join,
                    bool finest, struct sx_parted *parted, struct sx_error *error);

/* By merging: values what it needs as it goes, while the budget lasts. */
bool sx_search_greedy(struct sx_search *search, double sign, struct sx_parted *parted,
                      struct sx_error *error);

/* The paper's search: the probability of each link of a row, and E[X] of the last epoch. */
bool sx_search_gradient(struct sx_game *game, const int64_t *set, int64_t m, double sign,
                        uint64_t seed, uint64_t stream, double *link, double *objective,
                        struct sx_error *error);

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

/* ---- Codes ----
 *
 * BCH: `t` syndromes of m bits each tell which up to t of n places are set. */
struct sx_bch {
    int m, t;
    int64_t n;
    uint16_t power[1 << 13], log[1 << 13]; /* of the field with 2^m elements */
};

/* Status 2 for over 8191 places. */
bool sx_bch_init(struct sx_bch *code, int64_t n, int t, struct sx_error *error);

/* Bit b of syndrome i (of t) of a single place. */
bool sx_bch_bit(const struct sx_bch *code, int64_t place, int i, int b);

/* The places that have these syndromes: how many, up to t; -1 if there are none. */
int sx_bch_decode(const struct sx_bch *code, const uint16_t *syndrome, int64_t *place);

/* ---- Sparse functions ---- */

/* A sum of terms over sets of n players, each of `words` words. */
struct sx_sparse {
    int64_t n, count, room;
    size_t words;
    uint64_t *set;
    double *value;
};

/* Adds a term; equal sets are not united. */
bool sx_sparse_add(struct sx_sparse *f, const uint64_t *set, double value,
                   struct sx_error *error);
void sx_sparse_free(struct sx_sparse *f);

/* Unites equal sets, drops terms of at most `least` in magnitude, and sorts by size and order. */
void sx_sparse_unite(struct sx_sparse *f, double least);

/* The best values of the terms, as characters (-1)^|set and T|, for v at `count` coalitions. */
bool sx_sparse_fit(struct sx_sparse *f, int64_t count, const uint64_t *coalition,
                   const double *v, struct sx_error *error);

/* The Moebius transform of a sum of characters. */
bool sx_sparse_moebius(const struct sx_sparse *characters, struct sx_sparse *moebius,
                       struct sx_error *error);

#endif
