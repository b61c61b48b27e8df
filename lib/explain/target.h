/* target.h - what --target names: an element of a tensor, the other class of one, or a sum. */
#ifndef SX_TARGET_H
#define SX_TARGET_H

#include "explain/ending.h"

/* What a target is in a tensor of one shape. */
struct sx_aim {
    bool largest;   /* whichever element is the largest at the sample */
    bool other;     /* the other class of an element that is a class of two */
    int64_t index;  /* the element */
    int64_t n, *at; /* of a sum (n > 0) its elements, and their weights, NULL: 1 */
    double *weight;
};

/* Reads options->target for the tensor y. Status 2 where it names nothing in it, 1 where a file of
 * weights cannot be read. */
bool sx_aim_read(struct sx_aim *aim, const struct sx_graph *g, int y,
                 const struct sx_explain_options *options, struct sx_error *error);
void sx_aim_free(struct sx_aim *aim);

/* The number that is aimed at: of `scores` the element that `pick`, [1], tells, or the sum. */
int sx_aim_node(const struct sx_aim *aim, struct sx_graph *g, int scores, int pick);

#endif
