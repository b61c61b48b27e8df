/* pools.h - max pools as one operator. */
#ifndef SX_RUN_POOLS_H
#define SX_RUN_POOLS_H

#include "graph/build.h"

/* If a TAKE picks what a POOLINDEX of the same image, channels last, has chosen: that POOLINDEX, so
 * that a MAXPOOL with its attributes gives the same elements. SX_NONE of any other node. */
int sx_max_pool_of(const struct sx_graph *g, const struct sx_node *take);

#endif
