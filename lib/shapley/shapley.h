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
 * a(U) is the Moebius transform of the game, k the order of the index. Fields that do not apply
 * are NULL. */
struct sx_index_row {
    const char *name, *what;
    /* index(S) = sum of a(U) weight(k, |S|, |U|) over the U containing S. */
    double (*weight)(int64_t order, int64_t s, int64_t u);
    /* Generalised values: index(S) = sum of a(U) share(|U \ S|) over the U that meet S. */
    double (*share)(int64_t outside);
    /* Generalised values: index(S) = sum of (v(T with S) - v(T)) together(k, n, |S|, |T|) over
     * the T outside S. NULL: difference(k, n, |S|, |T|, 0) is used. */
    double (*together)(int64_t order, int64_t players, int64_t s, int64_t t);
    /* For estimators: the weight of the difference of S at T, |T| = t, times the number of all
     * coalitions of `size`. */
    double (*difference)(int64_t order, int64_t players, int64_t s, int64_t t, int64_t size);
    /* The total weight of the T that hold `in` given players outside S and none of `out`
     * others. NULL: no closed form. */
    double (*meeting)(int64_t in, int64_t out);
    bool fit;                     /* the index is the best fit of its order */
    double (*more)(int64_t more); /* fit: adds more(m) times the values of supersets S + m */
    int64_t least;                /* the smallest size with a value; 0: the empty set, too */
    bool single;                  /* only order 1 */
    bool whole;                   /* all orders by default */
    bool efficient;               /* values sum to v(N) - v(empty) */
};

const struct sx_index_row *sx_index_find(const char *name, struct sx_error *error);

/* Bernoulli number i, B_1 = -1/2. */
double sx_bernoulli(int64_t i);

/* ---- Lists of sets ---- */

/* Lists all sets of `least` to `most` of the n players in player[], by size, then in
 * lexicographic order. Values are 0. Status 2 if there are over SX_MOST_TERMS. */
bool sx_terms_new(struct sx_interactions *terms, const int64_t *player, int64_t n,
                  int64_t least, int64_t most, struct sx_error *error);

/* Advances member[] to the next set of k of 0..n-1 in lexicographic order. False after the
 * last. The first set is 0..k-1. */
bool sx_next_set(int64_t *member, int64_t k, int64_t n);

/* ---- The table of all coalitions ---- */

/* In place over 2^n entries: table[S] = sum over T in S of (-1)^(|S| - |T|) table[T]. */
void sx_moebius(double *table, int64_t n);
/* In place over 2^n entries: table[S] = sum of table[U] over the U containing S. */
void sx_sum_supersets(double *table, int64_t n);

/* Computes any index from the table of a game. `terms` comes from sx_terms_new over the live
 * players. */
bool sx_exact_index(struct sx_game *game, const struct sx_index_row *row, int64_t order,
                    struct sx_interactions *terms, struct sx_error *error);

/* Owen values: block[i] is the group of player i. */
bool sx_exact_owen(struct sx_game *game, const int64_t *block, struct sx_interactions *terms,
                   struct sx_error *error);

/* AND and OR terms of least total magnitude. Up to 10 players. */
bool sx_exact_andor(const struct sx_game *game, int64_t order, struct sx_interactions *terms,
                    struct sx_error *error);

/* ---- Drawing coalitions ----
 *
 * sum of weight[i] f(coalition i) estimates
 *     sum over sizes s of part[s] * (mean of f over the coalitions of size s).
 * A unit is the `unit` coalitions that were drawn together. The variance is estimated from the
 * scatter of the sums over units within each stratum. */
struct sx_draw_options {
    const int64_t *player; /* [n]: the players that are drawn */
    int64_t n;
    size_t words;        /* of a coalition */
    const double *part;  /* [n + 1], per size */
    const double *share; /* [n + 1]: each size is drawn in proportion to it */
    int64_t budget;      /* coalitions */
    bool strata;         /* each size gets exactly its share, without repetition */
    bool pairs;          /* coalitions come with complements; `share` must be symmetric */
    uint64_t seed, stream;
};

struct sx_draw {
    int64_t count;
    uint64_t *coalition;
    double *weight;
    int64_t n_strata;
    int64_t *first;  /* [n_strata + 1]: the first coalition of each stratum */
    double *missing; /* per stratum: the share of its coalitions that was not drawn */
    int64_t *unit;   /* per stratum: 1, or 2 for pairs */
    bool whole;      /* every coalition of a positive share is there */
    bool thin;       /* the last stratum has coalitions of many sizes */
};

bool sx_draw_new(struct sx_draw *draw, const struct sx_draw_options *options,
                 struct sx_error *error);
void sx_draw_free(struct sx_draw *draw);

/* The variance of the sum of weight[i] * f[i]. */
double sx_draw_variance(const struct sx_draw *draw, const double *f);

/* ---- Budgets ---- */

struct sx_budgets {
    int64_t whole;    /* a game of up to so many coalitions is evaluated completely */
    int64_t estimate; /* evaluations of an estimate */
};

/* options->budget for both if it is given. Otherwise 65536 and 16384, or 1024 for both if the
 * input has over 10,000 elements. */
struct sx_budgets sx_budgets_of(const struct sx_shapley_options *options);

/* The first budget of an estimate. If the estimate can stop early (a tolerance, a time limit),
 * its budget starts small and doubles up to `most`. Otherwise this is `most`. */
int64_t sx_first_budget(const struct sx_game *game, const struct sx_shapley_options *options,
                        int64_t most);

/* ---- Results ---- */

/* Sets result->set and n_sets for n players. */
bool sx_shapley_sets(const struct sx_shapley_options *options, int64_t n,
                     struct sx_shapley *result, struct sx_error *error);
/* Sets the benefit of each set, and `strongest`. */
bool sx_shapley_benefits(struct sx_game *game, const struct sx_shapley_options *options,
                         struct sx_shapley *result, struct sx_error *error);

/* Sets result->shown and n_shown. */
bool sx_shapley_show(const struct sx_shapley_options *options, struct sx_shapley *result,
                     struct sx_error *error);
/* Positions of the `top` largest finite values among size[n], the largest first. Free with
 * free(). */
int64_t *sx_strongest(const double *size, int64_t n, int64_t top, int64_t *found,
                      struct sx_error *error);

/* Sets *group to the group of each of n players as `text` ("0,1/2-4") says. Free with
 * free(). */
bool sx_shapley_groups(const char *text, int64_t n, int64_t **group, struct sx_error *error);

#endif
