/* mixed.h - graphs that compose x from a sample and a baseline. */
#ifndef SX_MIXED_H
#define SX_MIXED_H

#include "explain/explain.h"
#include "explain/players.h"

/* The inputs of a model's game besides the coalitions, which many coalitions share: the target's
 * element, the labels, x, a baseline, then the other inputs of the model. */
enum { SX_FED_PICK, SX_FED_LABEL, SX_FED_X, SX_FED_BASELINE, SX_FED_OTHERS };

/* Emits, per element, x if its player is present, else the baseline. The inputs are *present
 * [players + 1] and shared[SX_FED_LABEL .. SX_FED_BASELINE]. Elements of no player have the label
 * `players`, which is always present. */
int sx_masked_x(const struct sx_explained *b, int64_t players, struct sx_graph *g, int *present,
                int *shared);

/* Rebuilds in `g` what `root` needs, with `by` in the place of `x`; map[] is as in sx_rebuild. */
int sx_rebuild_reading(const struct sx_explained *b, struct sx_graph *g, int root, int x,
                       int by, int *map);

/* The node of `g` that a model input became. An input that was not rebuilt gets a node too, because
 * it is fed. */
int sx_fed_as(const struct sx_explained *b, struct sx_graph *g, const int *map, int input);

/* Appends the model inputs other than x to nodes[n], and returns the new n. */
int sx_fed_others(const struct sx_explained *b, struct sx_graph *g, const int *map, int *nodes,
                  int n);

#endif
