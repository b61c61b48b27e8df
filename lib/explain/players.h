/* players.h - which elements of x are present or masked together. */
#ifndef SX_PLAYERS_H
#define SX_PLAYERS_H

#include "base/base.h"
#include "sextant/explain.h"

struct sx_players {
    int64_t count;
    struct sx_shape shape; /* of x */
    int64_t *label;        /* the player of each element of x; -1: never masked */
    int64_t rows, columns; /* of a grid of patches; 0: players are no patches */
    bool on_grid;          /* players lie in a plane; else in a row, in their order */
    enum sx_layout layout;
};

/* As sx_players_new, but with the values of x (doubles), which superpixels depend on. Omits kept
 * tokens, and renumbers the others. */
struct sx_players *sx_players_at(const struct sx_tensor *x, const char *specification,
                                 enum sx_layout layout, struct sx_error *error);
bool sx_players_leave(struct sx_players *players, const bool *kept, struct sx_error *error);
/* Sets the baseline to x where it is no player's, as for tokens that are never masked. Paths and references
 * then move players alone, as games do. */
void sx_players_hold(const struct sx_players *players, const double *x, double *baseline);

/* ---- Sets of players, as bits in words ---- */

static inline size_t sx_set_words(int64_t players)
{
    return players > 0 ? ((size_t)players + 63) / 64 : 1;
}

static inline bool sx_set_has(const uint64_t *set, int64_t player)
{
    return (set[player / 64] >> (player % 64) & 1) != 0;
}

static inline void sx_set_add(uint64_t *set, int64_t player)
{
    set[player / 64] |= (uint64_t)1 << (player % 64);
}

static inline void sx_set_remove(uint64_t *set, int64_t player)
{
    set[player / 64] &= ~((uint64_t)1 << (player % 64));
}

static inline int64_t sx_set_count(const uint64_t *set, size_t words)
{
    int64_t n = 0;
    for (size_t i = 0; i < words; i++)
        n += __builtin_popcountll(set[i]);
    return n;
}

/* Makes *near the neighbours of each player, sx_set_words(count) words each. In a plane players are
 * neighbours if elements of theirs touch, at corners too if `corners`. In a row neighbours are
 * consecutive. The caller frees it. */
bool sx_players_near(const struct sx_players *players, bool corners, uint64_t **near,
                     struct sx_error *error);

#endif
