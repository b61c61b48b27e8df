/* game.h - a game: a number for every coalition of players. */
#ifndef SX_GAME_H
#define SX_GAME_H

#include "explain/players.h"

typedef bool (*sx_game_value)(void *context, int64_t n, const uint64_t *coalitions,
                              double *values, struct sx_error *error);

/* A game of `players` players that `value` evaluates, many coalitions at a time. Values are
 * remembered, and not asked for twice. */
struct sx_game *sx_game_new(int64_t players, sx_game_value value, void *context,
                            struct sx_error *error);

/* The most players whose coalitions are all held in one table. */
#define SX_TABLE_PLAYERS 24

/* Takes a part of a game: a weight that coalitions have which hold the players in[] and none of out[].
 * No player is in both. */
struct sx_product_taker {
    void *context;
    bool (*take)(void *context, double weight, const int64_t *in, int64_t n_in,
                 const int64_t *out, int64_t n_out, struct sx_error *error);
};

/* What has been evaluated: open addressing, keys of `words` words each. */
struct sx_memo {
    size_t capacity, count;
    uint64_t *key;
    double *value;
    uint8_t *state; /* 0: empty, 1: known, 2: being evaluated, 3: that failed */
};

struct sx_game {
    int64_t players;
    size_t words;
    sx_game_value value;
    void *context;
    void (*release)(void *context); /* NULL: nothing to release */
    /* Visits products that, but for a constant, the game is the sum of; NULL: they are not known. */
    bool (*products)(void *context, const struct sx_product_taker *to, struct sx_error *error);
    int64_t *live, n_live; /* the players that can make a difference, in their order */
    uint64_t *live_set;
    double *table;   /* of the coalitions of live players: bit k is live[k]; NULL: not made */
    double *moebius; /* its Moebius transform; NULL: not made */
    struct sx_memo memo;
    int64_t evaluations;          /* of different coalitions */
    bool given;                   /* what is known now is all that can be known */
    bool keep_nonfinite;          /* values that are not finite are no failure */
    const struct sx_watch *watch; /* may end the work; NULL: nothing does */
};

/* Whether the work may be ended before it is done, and whether it was. What is known stays known. */
bool sx_game_limited(const struct sx_game *game);
bool sx_game_stopped(const struct sx_game *game);

/* Takes the players that `is_null` marks out of the game: they make no difference. */
void sx_game_drop(struct sx_game *game, const bool *is_null);

/* Evaluates all 2^n_live coalitions; the caller has seen to it that these are few enough. */
bool sx_game_fill(struct sx_game *game, struct sx_error *error);

/* Makes the Moebius transform of the table. */
bool sx_game_transform(struct sx_game *game, struct sx_error *error);

/* The coalition of bit k for live player k, as bits of all players. */
void sx_game_spread(const struct sx_game *game, uint64_t local, uint64_t *coalition);

/* Puts a value on record, as if it had been evaluated. */
bool sx_game_note(struct sx_game *game, const uint64_t *coalition, double value,
                  struct sx_error *error);

#endif
