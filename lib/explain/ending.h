/* ending.h - how a tensor ends: in probabilities or in logits, and along which axis classes lie. */
#ifndef SX_ENDING_H
#define SX_ENDING_H

#include "sextant/explain.h"
#include "graph/graph.h"

/* The Softmax, LogSoftmax or Sigmoid that a tensor is, behind what moves, casts or quantises its
 * elements, or clips them. */
struct sx_ending {
    int op, node; /* SX_NONE: none, or none that can be reached so */
    bool turned;  /* the tensor is 1 minus the Sigmoid */
    bool rounded; /* its elements are not those of the node to the last bit */
    bool opaque;  /* there is one, but further operators lie between */
    bool likely;  /* ... which leave probabilities what they are: parts of the tensor */
};
void sx_find_ending(const struct sx_graph *g, int y, struct sx_ending *ending);

/* A node `from` of the shape of ending->node, its elements moved to where y has them. */
int sx_moved_as(struct sx_graph *g, int y, const struct sx_ending *ending, int from);

/* Where classes lie: the axis of y's Softmax; else the only axis after the batch that is longer
 * than 1; else axis 1, or the last of three. -1: y is a scalar. */
int sx_class_axis(const struct sx_graph *g, int y);

/* The classes of a tensor: `n` of them, `step` elements apart. One alone is one of two: its
 * elements are logits, or probabilities, of the second. */
struct sx_classes {
    int64_t n, step, count; /* count: elements of the tensor */
};
struct sx_classes sx_classes_of(const struct sx_graph *g, int y);

/* The name of an element's class, or of the other one; NULL: none. */
const char *sx_class_label(const struct sx_classes *c, int64_t index, bool other,
                           char *const *labels, size_t n_labels);

/* Status 2 unless there is a label for each class, or none at all. */
bool sx_labels_fit(const struct sx_classes *c, size_t n_labels, const char *tensor,
                   struct sx_error *error);

#endif
