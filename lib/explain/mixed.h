/* mixed.h - graphs in which x is put together from a sample and a baseline. */
#ifndef SX_MIXED_H
#define SX_MIXED_H

#include "explain/explain.h"
#include "explain/players.h"

/* What a game of a model is fed besides coalitions, the same for many of them: the target's element,
 * the labels, x and a baseline, then the other inputs of the model. */
enum { SX_FED_PICK, SX_FED_LABEL, SX_FED_X, SX_FED_BASELINE, SX_FED_OTHERS };

/* Emits x or the baseline, element by element, as its player is present; the inputs are *present
 * [players + 1] and shared[SX_FED_LABEL .. SX_FED_BASELINE]. Whom no player has (label `players`) is
 * present. */
int sx_masked_x(const struct sx_explained *b, int64_t players, struct sx_graph *g, int *present,
                int *shared);

/* Rebuilds in `g` what `root` needs, with `by` where a node reads `x`; map[] as sx_rebuild. */
int sx_rebuild_reading(const struct sx_explained *b, struct sx_graph *g, int root, int x,
                       int by, int *map);

/* The node of `g` that an input of the model became; one that was not rebuilt is fed too. */
int sx_fed_as(const struct sx_explained *b, struct sx_graph *g, const int *map, int input);

/* Appends those of the inputs that x is not to nodes[n]; the new n. */
int sx_fed_others(const struct sx_explained *b, struct sx_graph *g, const int *map, int *nodes,
                  int n);

#endif
