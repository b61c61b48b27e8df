/* partition.h - the values u of coalitions within a set, and partitions of greatest sum. */
#ifndef SX_PARTITION_H
#define SX_PARTITION_H

#include "shapley/shapley.h"

/* ---- Merged coalitions ----
 *
 * u(C) of a coalition C within a set A: the Shapley value of C as one player where the rest of
 * A is absent. All coalitions are valued over the same contexts, drawn from the players
 * outside. */
struct sx_merged {
    struct sx_game *game;
    const int64_t *member; /* of A */
    int64_t m;
    bool exact;
    double *component;   /* exact: u(C) = sum of component over the subsets of C */
    struct sx_draw draw; /* not exact: the contexts S */
    double *alone;       /* not exact: v(S) of each context */
    int64_t n, room;     /* coalitions valued so far, and allocated */
    uint64_t *set;       /* [n]: the coalitions, as bits of the game's players */
    double *u;           /* [n]: their values */
    double *f;           /* [n, contexts]: v(S + C) - v(S) */
    int64_t most;        /* how many can be valued within the budget */
};

struct sx_merged_options {
    int64_t columns; /* the expected number of coalitions */
    int64_t budget;  /* the most evaluations in all */
    bool exact, strata, pairs;
    uint64_t seed, stream;
};

bool sx_merged_new(struct sx_merged *merged, struct sx_game *game, const int64_t *member,
                   int64_t m, const struct sx_merged_options *options, struct sx_error *error);
void sx_merged_free(struct sx_merged *merged);

/* Values n more coalitions (bits of the game's players). Their numbers start at merged->n. */
bool sx_merged_add(struct sx_merged *merged, int64_t n, const uint64_t *sets,
                   struct sx_error *error);

/* Leaves out the contexts in which some value was not finite. */
bool sx_merged_skip(struct sx_merged *merged, int64_t *skipped, struct sx_error *error);

/* ---- Partitions ----
 *
 * These find the partition of m players with the largest  sign * sum of u  over its blocks.
 * Sums that differ by at most `tie` are equal. Among equals the partition of most blocks is
 * taken. block[i] becomes the number of i's block, from 0. */

/* Blocks are runs of neighbours. u[i * m + j] is the value of i..j. join[j] says whether j and
 * j + 1 may (0), must (1) or must not (2) be in one block. Returns the sum. `room` holds
 * 2 m + 2 numbers. */
double sx_partition_row(const double *u, int64_t m, double sign, double tie, const char *join,
                        int64_t *block, double *room);

/* Blocks are any sets with allowed[bits of the set]; NULL allows all. m is at most 16. If
 * `finest` is false, the fewest blocks are preferred among equals. */
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
    uint64_t *near;  /* connected: the neighbours of each player of the game */
    int64_t *column; /* row: [i * m + j] for i..j; any, connected: [bits]; -1: not valued */
    bool *allowed;   /* connected: [bits], whether the set is connected */
    int64_t whole;   /* the column of the whole set */
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

/* The best partition for the values u[] of the columns. `parted` has room for m blocks. */
bool sx_search_best(struct sx_search *search, const double *u, double sign, const char *join,
                    bool finest, struct sx_parted *parted, struct sx_error *error);

/* A good partition by merging blocks. Values coalitions as it needs them, within the budget. */
bool sx_search_greedy(struct sx_search *search, double sign, struct sx_parted *parted,
                      struct sx_error *error);

/* The paper's gradient search. link[m - 1] becomes the probability of each link, *objective
 * E[X] of the last epoch. */
bool sx_search_gradient(struct sx_game *game, const int64_t *set, int64_t m, double sign,
                        uint64_t seed, uint64_t stream, double *link, double *objective,
                        struct sx_error *error);

#endif
