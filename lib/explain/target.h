/* target.h - reads --target: an element of a tensor, the other class of one, or a sum. */
#ifndef SX_TARGET_H
#define SX_TARGET_H

#include "explain/ending.h"

/* A target in a tensor of one shape. */
struct sx_aim {
    bool largest;   /* the target is the largest element at the sample */
    bool other;     /* the other class of an element that is one of two classes */
    int64_t index;  /* the element */
    int64_t n, *at; /* of a sum (n > 0): its elements */
    double *weight;
};

/* Reads options->target for the tensor y. Status 2: it names nothing in y. Status 1: a file of
 * weights cannot be read. */
bool sx_aim_read(struct sx_aim *aim, const struct sx_graph *g, int y,
                 const struct sx_explain_options *options, struct sx_error *error);
void sx_aim_free(struct sx_aim *aim);

/* Emits f: the element of `scores` that `pick`, [1], selects, or the sum. */
int sx_aim_node(const struct sx_aim *aim, struct sx_graph *g, int scores, int pick);

#endif
