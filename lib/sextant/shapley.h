/* sextant/shapley.h - Shapley interactions of players. */
#ifndef SEXTANT_SHAPLEY_H
#define SEXTANT_SHAPLEY_H

#include "sextant/explain.h"
#include "sextant/result.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Partitions of a set: into blocks of neighbours in its order, any, or that hang together. */
enum sx_partition { SX_CONTIGUOUS, SX_ANY, SX_CONNECTED };

struct sx_shapley_options {
    const char *sampling;  /* an estimator, see shapley-int(1); NULL: the usual one */
    int64_t budget;        /* evaluations; 0: exact up to 65536, else 16384 */
    bool exact;            /* whatever it costs, up to 24 players */
    double tolerance;      /* stop when no standard error is larger; 0: use the budget */
    uint64_t seed, sample; /* randomness is a function of these */
    const char *index;     /* of sx_interact: a name that sx_index_name gives */
    int64_t order;         /* of the largest sets; 0: 2, or all for moebius, comoebius, andor */
    const int64_t *group;  /* owen: the group of each player; NULL: each its own */
    enum sx_partition partition;      /* of sx_benefit: which count; */
    const struct sx_players *players; /* if connected, by whom, and whether at corners */
    bool corners, gradient;           /* gradient: search as the paper does; contiguous alone */
    bool skip_nonfinite;              /* leave out contexts with values that are not finite */
    double tie; /* sums are equal within this times max(1, |u|); 0: 1e-12 */
};

/* Sets of players with a value each: members of set k are member[first[k]] .. up to
 * member[first[k + 1]]. Sets that hold a player who makes no difference are left out. */
struct sx_interactions {
    int64_t count, *first, *member, order;
    double *value, *error; /* standard errors; NULL: exact, or not known */
    bool *is_or;           /* andor: which are OR terms; NULL: none */
    bool exact, efficient; /* efficient: values sum to all - none, */
    double gap, none, all; /* but for `gap`; these are the game's values of no player and all */
    const char *sampling;  /* the estimator; NULL: exact */
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

/* Writes keys of records: "set" to "partition_min", with `details` also "singles" to "exact"; and
 * "interactions" of at least `least`. name[] of players, or one of it, may be NULL. */
void sx_put_benefit(struct sx_result *json, const struct sx_benefit *benefit,
                    const int64_t *set, const char *const *name, bool details);
void sx_put_interactions(struct sx_result *json, const struct sx_interactions *interactions,
                         const char *const *name, double least);

#ifdef __cplusplus
}
#endif

#endif
