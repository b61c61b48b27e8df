/* prefix.h - evaluations of masked inputs that share the layers up to a picture whose places depend
 * on few players each. */
#ifndef SX_PREFIX_H
#define SX_PREFIX_H

#include "explain/mixed.h"

struct sx_prefix;

/* Prepares for the graph that the explainer is built for, the players, and about `expected`
 * coalitions of one game. *prefix is NULL if sharing would not pay. */
bool sx_prefix_new(struct sx_prefix **prefix, const struct sx_explainer *e,
                   const struct sx_players *players, int64_t expected, struct sx_error *error);
void sx_prefix_free(struct sx_prefix *prefix);

/* Whether it was made for these players, and for a similar number of coalitions. */
bool sx_prefix_fits(const struct sx_prefix *prefix, const struct sx_players *players,
                    int64_t expected);

/* Computes the values of n coalitions, given as bytes [n, players + 1], in the graph's type.
 * mixed.h describes `shared`. `number` identifies x and baseline. */
bool sx_prefix_run(struct sx_prefix *prefix, int64_t number, int64_t n, const uint8_t *present,
                   const void *const *shared, void *results, struct sx_error *error);

#endif
