/* shapley.h - interaction indices, lists of sets, tables of coalitions and draws of them. */
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
    /* The weight of all T that hold `in` players outside S and none of `out` others; NULL: not known
     * but by sums of weights. */
    double (*meeting)(int64_t in, int64_t out);
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

/* ---- Budgets ---- */

/* Evaluations up to which a game is taken whole, and of an estimate. */
struct sx_budgets {
    int64_t whole, estimate;
};

/* What is asked for; else 65536 and 16384, or 1024 of both where the players are of an input of over
 * 10,000 elements, such as a picture. */
struct sx_budgets sx_budgets_of(const struct sx_shapley_options *options);

/* The budget that doubles up to `most` where an estimate may stop before it, by its tolerance or as
 * time is up: the first of its steps. */
int64_t sx_first_budget(const struct sx_game *game, const struct sx_shapley_options *options,
                        int64_t most);

/* ---- Results ---- */

/* Sets result->set and n_sets for n players; then the benefit of each and which is strongest. */
bool sx_shapley_sets(const struct sx_shapley_options *options, int64_t n,
                     struct sx_shapley *result, struct sx_error *error);
bool sx_shapley_benefits(struct sx_game *game, const struct sx_shapley_options *options,
                         struct sx_shapley *result, struct sx_error *error);

/* Sets result->shown and n_shown. */
bool sx_shapley_show(const struct sx_shapley_options *options, struct sx_shapley *result,
                     struct sx_error *error);
/* Positions of the `top` largest of n sizes, the largest first, to be freed; what is not finite is
 * not among them. */
int64_t *sx_strongest(const double *size, int64_t n, int64_t top, int64_t *found,
                      struct sx_error *error);

/* The group of each of n players by the text of the options, to be freed. */
bool sx_shapley_groups(const char *text, int64_t n, int64_t **group, struct sx_error *error);

#endif
