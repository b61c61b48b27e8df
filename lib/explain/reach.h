/* reach.h - the last picture inside a network of which every place hangs on a few players alone. */
#ifndef SX_REACH_H
#define SX_REACH_H

#include "explain/explain.h"
#include "explain/players.h"

/* A node that all that follows from x passes through, [1, channels, rows, columns]. Players that one
 * of its places hangs on have different colours, so that 2^colours coalitions show all that a place
 * can be. */
struct sx_reach {
    int node; /* SX_NONE: there is none, or it would not pay */
    int64_t channels, places;
    int colours, *colour; /* of each player */
    int64_t
        *first; /* place p hangs on the players player[first[p]] .. player[first[p + 1] - 1] */
    int64_t *player;
};

/* The node of b->graph that makes `expected` evaluations cheapest, and that in all coalitions of
 * colours takes at most so many bytes. */
bool sx_reach_find(struct sx_reach *reach, const struct sx_explained *b,
                   const struct sx_players *players, int64_t expected, size_t most_bytes,
                   struct sx_error *error);
void sx_reach_free(struct sx_reach *reach);

#endif
