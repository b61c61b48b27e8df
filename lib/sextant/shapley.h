/* sextant/shapley.h - Shapley interactions of players. */
#ifndef SEXTANT_SHAPLEY_H
#define SEXTANT_SHAPLEY_H

#include "sextant/explain.h"
#include "sextant/option.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The partitions of a set that count. */
enum sx_partition {
    SX_BY_PLAYERS = -1, /* SX_CONNECTED if players lie in a plane, else SX_CONTIGUOUS */
    SX_CONTIGUOUS,      /* each block is a run of the set in its order */
    SX_ANY,
    SX_CONNECTED /* each block is connected in the plane of the players */
};

struct sx_shapley_options {
    const char *sampling;  /* an estimator, see shapley-int(1); NULL: the usual one */
    int64_t budget;        /* evaluations; 0: exact up to 65536, else 16384; see sx_budgets */
    bool exact;            /* whatever it costs, up to 24 players */
    double tolerance;      /* stop when no standard error is larger; 0: use the budget */
    uint64_t seed, sample; /* randomness is a function of these */
    const char *index;     /* a name that sx_index_name gives; of sx_shapley "bT", too */
    int64_t order;         /* of the largest sets; 0: 2, or all for moebius, comoebius, andor */
    const int64_t *group;  /* owen: the group of each player; NULL: each its own */
    enum sx_partition partition;      /* of sx_benefit: the partitions that count */
    const struct sx_players *players; /* of connected partitions: the plane */
    bool corners;  /* of connected partitions: players that touch at a corner are neighbours */
    bool gradient; /* of sx_benefit: search by gradient as the paper does; contiguous only */
    bool skip_nonfinite; /* leave out contexts with values that are not finite */
    double tie;          /* sums are equal within tie * max(1, |u|); 0: 1e-12 */

    /* Of the game of a network. */
    const char *players_by;    /* the specification of the players */
    enum sx_likeness likeness; /* the number of a coalition */
    struct sx_absent absent;   /* what absent elements hold */

    /* Of sx_shapley alone. */
    const char *set;    /* of bT: "0,2,4-6" or "all" */
    const char *groups; /* replaces `group`: "0,1/2-4" */
    int64_t window;     /* of bT: sets are all runs of this many players */
    int64_t top;        /* interactions in a record, the strongest first; 0: all */
    bool singles;       /* records list single players, too */
    double threshold;   /* records list interactions of at least this magnitude */
};

/* The rows of these options, but for seed, sample, group and players; and their defaults. */
extern const struct sx_options sx_shapley_table;
struct sx_shapley_options sx_shapley_defaults(void);

/* Sets of players with a value each. Set k has the members member[first[k]] to
 * member[first[k + 1] - 1]. Sets with a player that makes no difference are left out. */
struct sx_interactions {
    int64_t count, *first, *member, order;
    double *value, *error; /* standard errors; NULL: exact, or not known */
    bool *is_or;           /* andor: which are OR terms; NULL: none */
    bool exact;
    bool partial;         /* of a smaller budget: the game's work was ended */
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

/* Whether two members of the set are in one block of the best partitions, those of B_max and of B_min. */
struct sx_link {
    int64_t i, j;              /* positions in the set */
    double max, min;           /* 1, 0, or the probability that the gradient search found */
    double gain_max, gain_min; /* of a run: the best with the link minus the best without it */
    double error_max, error_min; /* standard errors of the gains */
    bool tied;                   /* another partition is as good, and differs here */
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
    bool exact, gradient;
    bool greedy;     /* the search did not look at all partitions */
    bool cut;        /* and would have looked at more within a larger budget */
    bool link_gains; /* the gains of links are known */
    bool partial;    /* the work was ended: the result is of a smaller budget */
    int64_t n_links, contexts, skipped;
};

/* Multivariate Shapley interaction of the m players in set[]: B, B_max, B_min, T (Zhang, Xie,
 * Zheng, Zhang, Zhang, AAAI 2021), with the finest best partition. */
bool sx_benefit(struct sx_game *game, const int64_t *set, int64_t m,
                const struct sx_shapley_options *options, struct sx_benefit *result,
                struct sx_error *error);
void sx_benefit_free(struct sx_benefit *benefit);

/* What the options ask of a game: interactions, or for the index "bT" the benefit of one set or of
 * every window. By default the set of bT is all players; of more than 12, it is every window of 3. */
struct sx_shapley {
    const char *index;
    int64_t players, evaluations;
    double none, all; /* the game's values of no player and of all */
    struct sx_interactions terms;
    int64_t n_sets, **set; /* of bT: members after their number; 0: another index */
    struct sx_benefit *benefit;
    int64_t strongest; /* the set of largest T */
    bool partial;      /* of fewer evaluations, or sets, than were asked for: time was up */
    int64_t n_shown, *shown; /* the terms, or sets of bT, that records list, in their order */
};
bool sx_shapley(struct sx_game *game, const struct sx_shapley_options *options,
                struct sx_shapley *result, struct sx_error *error);
void sx_shapley_free(struct sx_shapley *result);

/* Adds "curves": the distance of T of the strongest set from its last value, over the number of
 * evaluations of each set, which grows up to the budget. */
bool sx_put_shapley_curve(struct sx_result *result, struct sx_game *game,
                          const struct sx_shapley_options *options, struct sx_error *error);

/* Makes *array the values of single players, [n]. With `pairs` it is [n, n]: those of pairs, and of
 * single players on the diagonal. */
bool sx_shapley_array(const struct sx_shapley *result, bool pairs, struct sx_tensor *array,
                      struct sx_error *error);

/* Adds the keys of a record from "players" to "efficiency_gap". */
void sx_put_shapley(struct sx_result *result, const struct sx_shapley *shapley,
                    const char *const *name);
/* What text and tables show of that record. `named`: players have names, so that sx_figure_words shows
 * partitions. */
const struct sx_view *sx_shapley_view(const struct sx_shapley *shapley, bool named);

/* Collects results of many samples, all of one index. name[] of players, or one of its texts, may be
 * NULL. Free with sx_shapley_tally_free, which takes NULL too. */
struct sx_shapley_tally;
struct sx_shapley_tally *sx_shapley_tally_new(struct sx_error *error);
void sx_shapley_tally_free(struct sx_shapley_tally *tally);
bool sx_shapley_tally_add(struct sx_shapley_tally *tally, const struct sx_shapley *result,
                          const char *const *name, struct sx_error *error);
/* Puts the record of all samples. Its "summary" has the mean of each set, its standard error over the
 * samples, and the number of records that list the set. For bT it has the number of records that have
 * each pair in one block, and each block. Lists have the `top` first; 0: all. */
bool sx_put_shapley_summary(struct sx_result *result, const char *tool,
                            const struct sx_shapley_tally *tally, int64_t top,
                            struct sx_error *error);

/* Writes the title of a picture, "digits.npy: B 0.5, T 0.7". */
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
