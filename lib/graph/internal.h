/* internal.h - what the files of lib/graph share and no other folder uses. */
#ifndef SX_GRAPH_INTERNAL_H
#define SX_GRAPH_INTERNAL_H

#include "graph/build.h"

/* Appends a node as it is; its arrays and data must outlive the graph or lie in its arena. */
int sx_append(struct sx_graph *g, const struct sx_node *node);

/* Appends a node, or returns the equal one that is there already. */
int sx_share(struct sx_graph *g, const struct sx_node *node);

/* Nodes without regard to where they stand: equal ones compute the same. */
uint64_t sx_node_hash(const struct sx_node *node);
bool sx_node_same(const struct sx_node *a, const struct sx_node *b);

/* The constant that an equal node was folded to, or SX_NONE; and noting it. The node's arrays must
 * outlive the graph. */
int sx_folded_find(const struct sx_graph *g, const struct sx_node *node);
bool sx_folded_note(struct sx_graph *g, const struct sx_node *node, int result);

/* The identities: a cheaper equal node for *node (typed and shaped, not yet appended), or
 * SX_NONE. */
int sx_simplify(struct sx_graph *g, const struct sx_node *node);

#endif
