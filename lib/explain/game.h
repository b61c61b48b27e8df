/* game.h - a game: a value for every coalition of players. */
#ifndef SX_GAME_H
#define SX_GAME_H

#include "explain/players.h"

typedef bool (*sx_game_value)(void *context, int64_t n, const uint64_t *coalitions,
                              double *values, struct sx_error *error);

/* A game that the function `value` evaluates, many coalitions at a time. Values are cached and
 * computed only once. */
struct sx_game *sx_game_new(int64_t players, sx_game_value value, void *context,
                            struct sx_error *error);

/* The most players for which all coalitions are held in one table. */
#define SX_TABLE_PLAYERS 24

/* Takes one term of a game that is a sum of products. A term has the value `weight` for coalitions
 * that contain the players in[] and none of out[], else 0. No player is in both. */
struct sx_product_taker {
    void *context;
    bool (*take)(void *context, double weight, const int64_t *in, int64_t n_in,
                 const int64_t *out, int64_t n_out, struct sx_error *error);
};

/* A hash table of evaluated coalitions: open addressing, keys of `words` words each. */
struct sx_memo {
    size_t capacity, count;
    uint64_t *key;
    double *value;
    uint8_t *state; /* 0: empty, 1: known, 2: being evaluated, 3: its evaluation failed */
};

struct sx_game {
    int64_t players;
    size_t words;
    sx_game_value value;
    void *context;
    void (*release)(void *context); /* frees the context; NULL: there is nothing to free */
    /* Visits the terms, up to a constant, if the game is a sum of products; NULL: it is not known
     * to be one. */
    bool (*products)(void *context, const struct sx_product_taker *to, struct sx_error *error);
    int64_t *live, n_live; /* the players that may make a difference, in their order */
    uint64_t *live_set;
    /* values of all coalitions of live players, bit k is live[k]; NULL: not made */
    double *table;
    double *moebius; /* the Moebius transform of `table`; NULL: not made */
    struct sx_memo memo;
    int64_t evaluations; /* number of different coalitions evaluated */
    bool given;          /* the game has no function: no other values can be had */
    bool keep_nonfinite; /* values that are not finite are stored, and are no failure */
    const struct sx_watch *watch; /* may end the work; NULL: nobody does */
};

/* sx_game_limited: whether the work may be ended early. sx_game_stopped: whether it was. Known
 * values are kept. */
bool sx_game_limited(const struct sx_game *game);
bool sx_game_stopped(const struct sx_game *game);

/* Removes the players that `is_null` marks from `live`: they make no difference. */
void sx_game_drop(struct sx_game *game, const bool *is_null);

/* Evaluates all 2^n_live coalitions. The caller checks that they are few enough. */
bool sx_game_fill(struct sx_game *game, struct sx_error *error);

/* Computes the Moebius transform of the table. */
bool sx_game_transform(struct sx_game *game, struct sx_error *error);

/* Converts bits of live players (bit k is live[k]) to a coalition of all players. */
void sx_game_spread(const struct sx_game *game, uint64_t local, uint64_t *coalition);

/* Stores a value as if it had been evaluated. */
bool sx_game_note(struct sx_game *game, const uint64_t *coalition, double value,
                  struct sx_error *error);

#endif
