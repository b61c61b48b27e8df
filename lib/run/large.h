/* large.h - products with constant weights of large networks. A gradient multiplies by each weight
 * as it is and transposed; one packed copy serves both. */
#ifndef SX_RUN_LARGE_H
#define SX_RUN_LARGE_H

#include "run/winograd.h"

/* Whether the weights of a graph are too many to be kept twice, and the product has enough rows. */
bool sx_is_large(struct sx_directs *d, const struct sx_graph *g, const struct sx_cut *cut);

/* Sets the panels of weights: [chunks * SX_CHUNK][columns] each. */
void sx_large_panels(const struct sx_winograd_loops *loops, struct sx_panels *p);
/* Whether `kept` holds the weights of p, transposed. */
bool sx_large_turns(const struct sx_panels *kept, const struct sx_panels *p);
void sx_large_pack(const struct sx_panels *p, int64_t panel, float *to);

size_t sx_large_scratch(const struct sx_direct *k);
/* Runs a product. `packed` is NULL for panels that each task packs by itself. */
void sx_large_run(const struct sx_direct *k, const float *packed, const struct sx_call *call);

#endif
