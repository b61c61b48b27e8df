/* games.h - games for tests: tables of all coalitions, functions, random ones. */
#ifndef TESTS_GAMES_H
#define TESTS_GAMES_H

#include "explain/game.h"

#define GAME_PLAYERS 16

/* A game of up to GAME_PLAYERS players, as the table of its values. The index is a coalition in
 * bits. */
struct game_table {
    int64_t n;
    double v[1 << GAME_PLAYERS];
    int64_t asked; /* the number of values that were asked for */
};

/* Fills the table with a function of inputs 0 and 1. */
void game_fill(struct game_table *t, int64_t n, double (*f)(const double *x));

/* Random games: of random values; of interactions of up to `order` players; of a small network. */
void game_random(struct game_table *t, int64_t n, uint64_t seed);
void game_sparse(struct game_table *t, int64_t n, int64_t order, uint64_t seed);
void game_network(struct game_table *t, int64_t n, uint64_t seed);

struct sx_game *game_of(struct game_table *t);

#endif
