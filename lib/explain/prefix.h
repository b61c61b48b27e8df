/* prefix.h - masked evaluations that share what lies before a picture of few players a place. */
#ifndef SX_PREFIX_H
#define SX_PREFIX_H

#include "explain/mixed.h"

struct sx_prefix;

/* For the graph that the explainer is built for, the players, and about `expected` coalitions of one
 * game; *prefix is NULL where sharing would not pay. */
bool sx_prefix_new(struct sx_prefix **prefix, const struct sx_explainer *e,
                   const struct sx_players *players, int64_t expected, struct sx_error *error);
void sx_prefix_free(struct sx_prefix *prefix);

/* Whether it was made for these players, and for about as many coalitions. */
bool sx_prefix_fits(const struct sx_prefix *prefix, const struct sx_players *players,
                    int64_t expected);

/* Values of n coalitions, given as bytes [n, players + 1], in the graph's type. `shared` is as
 * mixed.h has it; `number` tells x and baseline from others. */
bool sx_prefix_run(struct sx_prefix *prefix, int64_t number, int64_t n, const uint8_t *present,
                   const void *const *shared, void *results, struct sx_error *error);

#endif
