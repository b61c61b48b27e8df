/* ending.h - how a tensor ends: in probabilities or in logits, and along which axis classes lie. */
#ifndef SX_ENDING_H
#define SX_ENDING_H

#include "sextant/explain.h"
#include "graph/graph.h"

/* The Softmax, LogSoftmax or Sigmoid that a tensor ends with. Operators that move, cast, quantise
 * or clip its elements may follow it. */
struct sx_ending {
    int op, node; /* op SX_NONE: there is none, or none that is reached in this way */
    bool turned;  /* the tensor is 1 minus the Sigmoid */
    bool rounded; /* the elements of the tensor are rounded values of the node's */
    bool opaque;  /* there is one, but other operators follow it */
    /* opaque, but the tensor still consists of probabilities: it is a part of them */
    bool likely;
};
void sx_find_ending(const struct sx_graph *g, int y, struct sx_ending *ending);

/* Moves the elements of `from`, which has the shape of ending->node, to their positions in y. */
int sx_moved_as(struct sx_graph *g, int y, const struct sx_ending *ending, int from);

/* The axis of classes: that of y's Softmax; else the only axis after the batch that is longer than
 * 1; else axis 1, or the last of three. -1: y is a scalar. */
int sx_class_axis(const struct sx_graph *g, int y);

/* The classes of a tensor: `n` of them, `step` elements apart. If n is 1 there are two classes, and
 * elements are logits or probabilities of the second. */
struct sx_classes {
    int64_t n, step, count; /* count: number of elements of the tensor */
};
struct sx_classes sx_classes_of(const struct sx_graph *g, int y);

/* The label of an element's class, or of the other class; NULL: none. */
const char *sx_class_label(const struct sx_classes *c, int64_t index, bool other,
                           char *const *labels, size_t n_labels);

/* Fails with status 2 unless there is one label for each class, or none at all. */
bool sx_labels_fit(const struct sx_classes *c, size_t n_labels, const char *tensor,
                   struct sx_error *error);

#endif
