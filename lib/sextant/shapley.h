/* sextant/shapley.h - Shapley interactions of players. */
#ifndef SEXTANT_SHAPLEY_H
#define SEXTANT_SHAPLEY_H

#include "sextant/explain.h"
#include "sextant/option.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The partitions of a set that are searched. */
enum sx_partition {
    SX_BY_PLAYERS = -1, /* SX_CONNECTED if players lie in a plane, else SX_CONTIGUOUS */
    SX_CONTIGUOUS,      /* each block is a run of consecutive members of the set */
    SX_ANY,
    SX_CONNECTED /* each block is connected in the plane of the players */
};

struct sx_shapley_options {
    const char *sampling;  /* an estimator, see shapley-int(1); NULL: the usual one */
    int64_t budget;        /* evaluations; 0: exact up to 65536, else 16384; see sx_budgets */
    bool exact;            /* whatever it costs, up to 24 players */
    double tolerance;      /* stop when no standard error exceeds it; 0: use the whole budget */
    uint64_t seed, sample; /* randomness is a function of these */
    const char *index;     /* a name that sx_index_name gives, or for sx_shapley also "bT" */
    /* size of the largest sets; 0: 2, but all sizes for moebius, comoebius and andor */
    int64_t order;
    const int64_t *group;             /* owen: the group of each player; NULL: each its own */
    enum sx_partition partition;      /* of sx_benefit: the partitions that are searched */
    const struct sx_players *players; /* of connected partitions: the players in the plane */
    bool corners;  /* of connected partitions: players that touch at a corner are neighbours */
    bool gradient; /* of sx_benefit: search by gradient as the paper does; contiguous only */
    bool skip_nonfinite; /* omit contexts in which some value is not finite */
    /* sums a and b are equal if they differ by at most tie * max(1, |u|); 0: 1e-12 */
    double tie;

    /* For the caller, who creates the game of a network: */
    const char *players_by;    /* the specification of the players */
    enum sx_likeness likeness; /* what the value of a coalition is */
    struct sx_absent absent;   /* what absent elements hold */

    /* Used by sx_shapley only: */
    const char *set;    /* of bT: the set of players, "0,2,4-6" or "all" */
    const char *groups; /* replaces `group`: "0,1/2-4" */
    int64_t window;     /* of bT: the sets are all runs of this many players */
    int64_t top;  /* at most so many interactions in a record, the strongest first; 0: all */
    bool singles; /* records list single players, too */
    double threshold; /* records list interactions of at least this magnitude */
};

/* The table of these options, except seed, sample, group and players; and their defaults. */
extern const struct sx_options sx_shapley_table;
struct sx_shapley_options sx_shapley_defaults(void);

/* Sets of players with a value each. The members of set k are member[first[k]] .. member[first[k +
 * 1] - 1]. Sets that contain a null player (one that makes no difference) are omitted. */
struct sx_interactions {
    int64_t count, *first, *member, order;
    double *value, *error; /* standard errors; NULL: exact, or not known */
    bool *is_or;           /* andor: which sets are OR terms; NULL: none */
    bool exact;
    bool partial;   /* the game's work was ended: the result is of a smaller budget */
    bool efficient; /* the index promises that values sum to v(all) - v(none) */
    double gap;     /* of an efficient index: the sum of the values minus (v(all) - v(none)) */
    /* v(none) and v(all): the game's values of no player, and of all players */
    double none, all;
    const char *sampling; /* the estimator; NULL: exact */
};

const char *sx_index_name(int i, const char **what); /* name i, from 0; NULL past the last */

/* Computes an interaction index of a game; shapley-int(1) has its sources and deviations. */
bool sx_interact(struct sx_game *game, const struct sx_shapley_options *options,
                 struct sx_interactions *result, struct sx_error *error);
void sx_interactions_free(struct sx_interactions *interactions);

/* Whether two members of the set are in one block of the best partitions: that of B_max, and that
 * of B_min. */
struct sx_link {
    int64_t i, j;    /* positions in the set */
    double max, min; /* 1 or 0, or the probability found by the gradient search */
    /* of a run: the best sum with the link minus the best sum without it */
    double gain_max, gain_min;
    double error_max, error_min; /* standard errors of the gains */
    bool tied;                   /* another partition is as good and differs in this link */
};

struct sx_benefit {
    int64_t m;
    double *single, together; /* u({i}) of each member i, and u of the set */
    double B, B_max, B_min, T;
    double T_corrected; /* T, corrected for the bias of a maximum of estimates */
    double B_error, B_max_error, B_min_error, T_error; /* standard errors; 0: exact */
    double T_relaxed; /* gradient search: the difference of the relaxed objectives */
    int64_t *block_max, *block_min; /* [m]: the block of each member, from 0 */
    struct sx_link *link;
    /* the components of subsets of positions; count 0: unknown */
    struct sx_interactions components;
    bool exact, gradient;
    bool greedy;     /* the search did not cover all partitions */
    bool cut;        /* the search is greedy because of the budget */
    bool link_gains; /* the gains of links are known */
    bool partial;    /* the work was ended: the result is of a smaller budget */
    int64_t n_links, contexts, skipped;
};

/* The multivariate Shapley interaction of the m players in set[]: B, B_max, B_min and T (Zhang,
 * Xie, Zheng, Zhang, Zhang, AAAI 2021). Among equally good partitions the finest is taken. */
bool sx_benefit(struct sx_game *game, const int64_t *set, int64_t m,
                const struct sx_shapley_options *options, struct sx_benefit *result,
                struct sx_error *error);
void sx_benefit_free(struct sx_benefit *benefit);

/* What the options ask of a game: interactions, or for the index "bT" the benefit of one set or of
 * every window. The default set of bT is all players if they are at most 12, else every window of
 * 3. */
struct sx_shapley {
    const char *index;
    int64_t players, evaluations;
    double none, all; /* v(none) and v(all) */
    struct sx_interactions terms;
    /* of bT: set[k][0] is the number of members, which follow; n_sets 0: another index */
    int64_t n_sets, **set;
    struct sx_benefit *benefit;
    int64_t strongest;       /* the set of largest T */
    bool partial;            /* time was up: fewer evaluations or sets than were asked for */
    int64_t n_shown, *shown; /* the terms, or sets of bT, that records list, in that order */
};
bool sx_shapley(struct sx_game *game, const struct sx_shapley_options *options,
                struct sx_shapley *result, struct sx_error *error);
void sx_shapley_free(struct sx_shapley *result);

/* Adds "curves": the distance of T of the strongest set from its final value, as a function of the
 * number of evaluations, which grows up to the budget. */
bool sx_put_shapley_curve(struct sx_result *result, struct sx_game *game,
                          const struct sx_shapley_options *options, struct sx_error *error);

/* Makes *array the values of single players, [n]. With `pairs` it is [n, n]: the values of pairs,
 * with those of single players on the diagonal. */
bool sx_shapley_array(const struct sx_shapley *result, bool pairs, struct sx_tensor *array,
                      struct sx_error *error);

/* Adds the keys of a record from "players" to "efficiency_gap". */
void sx_put_shapley(struct sx_result *result, const struct sx_shapley *shapley,
                    const char *const *name);
/* The members of that record that text and tables show. `named`: players have names, and
 * sx_figure_words shows the partitions. */
const struct sx_view *sx_shapley_view(const struct sx_shapley *shapley, bool named);

/* Collects results of many samples, all of one index. name[], or an element of it, may be NULL.
 * Free with sx_shapley_tally_free, which takes NULL too. */
struct sx_shapley_tally;
struct sx_shapley_tally *sx_shapley_tally_new(struct sx_error *error);
void sx_shapley_tally_free(struct sx_shapley_tally *tally);
bool sx_shapley_tally_add(struct sx_shapley_tally *tally, const struct sx_shapley *result,
                          const char *const *name, struct sx_error *error);
/* Puts the record of all samples. Its "summary" has for each set the mean, its standard error over
 * the samples, and the number of records that list the set. For bT it has the number of records in
 * which each pair is in one block, and those that have each block. Lists have the first `top`
 * entries; 0: all. */
bool sx_put_shapley_summary(struct sx_result *result, const char *tool,
                            const struct sx_shapley_tally *tally, int64_t top,
                            struct sx_error *error);
/* The members of that record that a text shows. */
const struct sx_view *sx_shapley_summary_view(const struct sx_shapley_tally *tally);

/* Writes the title of a picture, such as "digits.npy: B 0.5, T 0.7". */
enum { SX_SHAPLEY_TITLE = 200 };
void sx_shapley_title(const struct sx_shapley *shapley, const char *id,
                      char title[SX_SHAPLEY_TITLE]);

/* Puts the keys "set" to "partition_min", and with `details` also "singles" to "exact". name[], or
 * an element of it, may be NULL. */
void sx_put_benefit(struct sx_result *json, const struct sx_benefit *benefit,
                    const int64_t *set, const char *const *name, bool details);

#ifdef __cplusplus
}
#endif

#endif
