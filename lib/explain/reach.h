/* reach.h - the last picture inside a network whose places depend on few players each. */
#ifndef SX_REACH_H
#define SX_REACH_H

#include "explain/explain.h"
#include "explain/players.h"

/* A node [1, channels, rows, columns] through which all paths from x lead. Players that one of its
 * places depends on have different colours, so that 2^colours coalitions cover all values of every
 * place. */
struct sx_reach {
    int node; /* SX_NONE: there is none, or it would not pay */
    int64_t channels, places;
    int colours, *colour; /* the colour of each player */
    /* place p depends on the players player[first[p]] .. player[first[p + 1] - 1] */
    int64_t *first;
    int64_t *player;
};

/* Finds the node of b->graph that makes `expected` evaluations cheapest, and whose values in all
 * coalitions of colours take at most most_bytes. */
bool sx_reach_find(struct sx_reach *reach, const struct sx_explained *b,
                   const struct sx_players *players, int64_t expected, size_t most_bytes,
                   struct sx_error *error);
void sx_reach_free(struct sx_reach *reach);

#endif
