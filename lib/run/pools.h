/* pools.h - max pools as one operator. */
#ifndef SX_RUN_POOLS_H
#define SX_RUN_POOLS_H

#include "graph/build.h"

/* Matches a TAKE of what a POOLINDEX of the same image, channels last, has chosen. Returns the
 * POOLINDEX: a MAXPOOL with its attributes gives the same elements. SX_NONE for other nodes. */
int sx_max_pool_of(const struct sx_graph *g, const struct sx_node *take);

#endif
