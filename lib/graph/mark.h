/* mark.h - whether an axis of the inputs is a batch axis, whose samples do not affect each other. */
#ifndef SX_MARK_H
#define SX_MARK_H

#include "graph/graph.h"

/* The mark of a node: the number of elements of the row-major result outside the batch axis (1: it
 * is in front), or one of these. */
enum { SX_UNMARKED = 0, SX_MIXED = -1, SX_UNDECIDED = -2 };

/* Propagates the marks of the inputs, whose batch axis has `length` elements, to every node. mark[]
 * has g->n_nodes items; only those of the inputs are set by the caller.
 *   SX_MIXED: the node combines several samples, or uses their positions.
 *   SX_UNDECIDED: it may do so. */
void sx_mark_samples(const struct sx_graph *g, int64_t length, int64_t *mark);

#endif
