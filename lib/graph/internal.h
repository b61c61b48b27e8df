/* internal.h - what the files of lib/graph share and no other folder uses. */
#ifndef SX_GRAPH_INTERNAL_H
#define SX_GRAPH_INTERNAL_H

#include "graph/build.h"

/* Appends a node unchanged. Its arrays and data must outlive the graph, or lie in its arena. */
int sx_append(struct sx_graph *g, const struct sx_node *node);

/* Appends a node, or returns the equal one that exists. */
int sx_share(struct sx_graph *g, const struct sx_node *node);

/* sx_node_hash and sx_node_same look at what nodes compute, not at their indices. */
uint64_t sx_node_hash(const struct sx_node *node);
bool sx_node_same(const struct sx_node *a, const struct sx_node *b);

/* sx_folded_find: the constant that an equal node was folded to, or SX_NONE. sx_folded_note:
 * records it; the node's arrays must outlive the graph. */
int sx_folded_find(const struct sx_graph *g, const struct sx_node *node);
bool sx_folded_note(struct sx_graph *g, const struct sx_node *node, int result);

/* Applies the identities: returns a cheaper node equal to *node, or SX_NONE. *node has type and
 * shape, and is not appended yet. */
int sx_simplify(struct sx_graph *g, const struct sx_node *node);

#endif
