/* mark.h - whether an axis of the inputs counts samples that know nothing of each other. */
#ifndef SX_MARK_H
#define SX_MARK_H

#include "graph/graph.h"

/* What became of the marked axis in a node: how many elements of the row-major result lie outside
 * of it (1: it is in front), or one of these. */
enum { SX_UNMARKED = 0, SX_MIXED = -1, SX_UNDECIDED = -2 };

/* Propagates the marks of the inputs, whose axis has `length` elements, to every node; mark has
 * g->n_nodes items, of which only those of the inputs are set.
 * SX_MIXED: a node surely reads several of its elements for one of its own, or their places.
 * SX_UNDECIDED: it may. */
void sx_mark_samples(const struct sx_graph *g, int64_t length, int64_t *mark);

#endif
