/* partition.h - what coalitions of a set are worth, and the partitions of greatest worth. */
#ifndef SX_PARTITION_H
#define SX_PARTITION_H

#include "shapley/shapley.h"

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

#endif
