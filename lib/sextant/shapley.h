/* sextant/shapley.h - Shapley interactions of players. */
#ifndef SEXTANT_SHAPLEY_H
#define SEXTANT_SHAPLEY_H

#include "sextant/explain.h"
#include "sextant/option.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Partitions of a set: into blocks of neighbours in its order, any, or that hang together. By the
 * players: those that hang together where players lie in a plane, else neighbours in order. */
enum sx_partition { SX_BY_PLAYERS = -1, SX_CONTIGUOUS, SX_ANY, SX_CONNECTED };

struct sx_shapley_options {
    const char *sampling;  /* an estimator, see shapley-int(1); NULL: the usual one */
    int64_t budget;        /* evaluations; 0: exact up to 65536, else 16384 */
    bool exact;            /* whatever it costs, up to 24 players */
    double tolerance;      /* stop when no standard error is larger; 0: use the budget */
    uint64_t seed, sample; /* randomness is a function of these */
    const char *index;     /* a name that sx_index_name gives; of sx_shapley "bT", too */
    int64_t order;         /* of the largest sets; 0: 2, or all for moebius, comoebius, andor */
    const int64_t *group;  /* owen: the group of each player; NULL: each its own */
    enum sx_partition partition;      /* of sx_benefit: the partitions that count */
    const struct sx_players *players; /* of connected partitions: who lies beside whom */
    bool corners;                     /* of these: players that touch at a corner are beside */
    bool gradient; /* of sx_benefit: search by gradient, as the paper does; contiguous only */
    bool skip_nonfinite; /* leave out contexts with values that are not finite */
    double tie;          /* sums are equal within this times max(1, |u|); 0: 1e-12 */

    /* Of a network's game: what makes its players, the number of its explained tensor, and what
     * absent elements are. */
    const char *players_by;
    enum sx_likeness likeness;
    struct sx_absent absent;

    /* Of sx_shapley alone. */
    const char *set, *groups; /* of bT: "0,2,4-6" or "all"; in place of group: "0,1/2-4" */
    int64_t window;           /* of bT: every so many players in a row */
    int64_t top;      /* records have so many interactions, the strongest first; 0: all */
    bool singles;     /* single players are among these */
    double threshold; /* of at least this magnitude */
};

/* The rows of these options, but for seed, sample, group and players; and their defaults. */
extern const struct sx_options sx_shapley_table;
struct sx_shapley_options sx_shapley_defaults(void);

/* Sets of players with a value each: members of set k are member[first[k]] .. up to
 * member[first[k + 1]]. Sets that hold a player who makes no difference are left out. */
struct sx_interactions {
    int64_t count, *first, *member, order;
    double *value, *error; /* standard errors; NULL: exact, or not known */
    bool *is_or;           /* andor: which are OR terms; NULL: none */
    bool exact;
    bool efficient;       /* the index promises that values sum to all - none */
    double gap;           /* of an efficient index: the sum of the values minus (all - none) */
    double none, all;     /* the game's value of no player, and of all players */
    const char *sampling; /* the estimator; NULL: exact */
};

const char *sx_index_name(int i, const char **what); /* from 0; NULL past the last */

/* The interaction index of a game; sources and deviations are in shapley-int(1). */
bool sx_interact(struct sx_game *game, const struct sx_shapley_options *options,
                 struct sx_interactions *result, struct sx_error *error);
void sx_interactions_free(struct sx_interactions *interactions);

/* Whether members i and j (positions in the set) are in one block: 1 or 0, or the probability
 * that the gradient search found; whether another partition is as good and differs here; in a
 * row, what the best partition with the link has over the best without it, and the errors. */
struct sx_link {
    int64_t i, j;
    double max, min, gain_max, gain_min, error_max, error_min;
    bool tied;
};

struct sx_benefit {
    int64_t m;
    double *single, together; /* u of each member, and of the set */
    double B, B_max, B_min, T;
    double T_corrected; /* T without the bias of a maximum of estimates */
    double B_error, B_max_error, B_min_error, T_error; /* standard errors; 0: exact */
    double T_relaxed;               /* gradient: the difference of the relaxed objectives */
    int64_t *block_max, *block_min; /* [m]: the block of each member, from 0 */
    struct sx_link *link;
    struct sx_interactions components; /* of subsets of positions; none where not known */
    bool exact, gradient, greedy, link_gains; /* greedy: not all partitions; gains are known */
    int64_t n_links, contexts, skipped;
};

/* Multivariate Shapley interaction of the m players in set[]: B, B_max, B_min, T (Zhang, Xie,
 * Zheng, Zhang, Zhang, AAAI 2021), with the finest best partition. */
bool sx_benefit(struct sx_game *game, const int64_t *set, int64_t m,
                const struct sx_shapley_options *options, struct sx_benefit *result,
                struct sx_error *error);
void sx_benefit_free(struct sx_benefit *benefit);

/* What a game's players do together, as the options ask: interactions, or of "bT" the benefit of
 * one set or of every window. The usual sets of bT are all players, or windows of 3 of more than
 * 12. */
struct sx_shapley {
    const char *index;
    int64_t players, evaluations;
    double none, all; /* the game's values of no player and of all */
    struct sx_interactions terms;
    int64_t n_sets, **set; /* of bT: members after their number; 0: another index */
    struct sx_benefit *benefit;
    int64_t strongest;       /* the set of largest T */
    int64_t n_shown, *shown; /* the terms, or sets of bT, that records list, in their order */
};
bool sx_shapley(struct sx_game *game, const struct sx_shapley_options *options,
                struct sx_shapley *result, struct sx_error *error);
void sx_shapley_free(struct sx_shapley *result);

/* Adds "curves": how far T of the strongest set is from its last value with x evaluations a set,
 * more and more up to the budget. */
bool sx_put_shapley_curve(struct sx_result *result, struct sx_game *game,
                          const struct sx_shapley_options *options, struct sx_error *error);

/* The values of single players [n], or with those of pairs [n, n], singles on the diagonal. */
bool sx_shapley_array(const struct sx_shapley *result, bool pairs, struct sx_tensor *array,
                      struct sx_error *error);

/* Adds the keys of a record from "players" to "efficiency_gap". */
void sx_put_shapley(struct sx_result *result, const struct sx_shapley *shapley,
                    const char *const *name);
const struct sx_view *
sx_shapley_view(const struct sx_shapley *shapley); /* as text and tables */

/* Results of many samples, of one index; name[] of players, or one of it, may be NULL. Free with
 * sx_shapley_tally_free, which takes NULL too. */
struct sx_shapley_tally;
struct sx_shapley_tally *sx_shapley_tally_new(struct sx_error *error);
void sx_shapley_tally_free(struct sx_shapley_tally *tally);
bool sx_shapley_tally_add(struct sx_shapley_tally *tally, const struct sx_shapley *result,
                          const char *const *name, struct sx_error *error);
/* The record of all: "summary" has the means and their standard errors over the samples, and how
 * many records list each set; of bT, have each pair in one block, and each block. Lists have the
 * `top` first; 0: all. */
bool sx_put_shapley_summary(struct sx_result *result, const char *tool,
                            const struct sx_shapley_tally *tally, int64_t top,
                            struct sx_error *error);

/* "digits.npy: B 0.5, T 0.7" */
enum { SX_SHAPLEY_TITLE = 200 };
void sx_shapley_title(const struct sx_shapley *shapley, const char *id,
                      char title[SX_SHAPLEY_TITLE]);

/* Writes keys of records: "set" to "partition_min", with `details` also "singles" to "exact".
 * name[] of players, or one of it, may be NULL. */
void sx_put_benefit(struct sx_result *json, const struct sx_benefit *benefit,
                    const int64_t *set, const char *const *name, bool details);

#ifdef __cplusplus
}
#endif

#endif
