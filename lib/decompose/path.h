/* path.h - gradients on straight paths from a reference to an input. */
#ifndef SX_DECOMPOSE_PATH_H
#define SX_DECOMPOSE_PATH_H

#include "decompose/decompose.h"

/* The point b + s (x_T - b) for set number `set` of a list. */
struct sx_on_path {
    int64_t set;
    double s;
};

/* slopes.c */
/* f and the slope along the path, split by players, at n points: parts [n, players]. values may
 * be NULL. `sets` NULL: x itself is at the end of every path. */
bool sx_slopes(struct sx_decomposing *d, const struct sx_frame *f, const uint64_t *sets,
               int64_t n, const struct sx_on_path *at, double *values, double *parts);

/* pieces.c: Integrated Gradients of a piecewise linear f. */
bool sx_integrate_pieces(struct sx_decomposing *d, const struct sx_frame *f, int64_t n,
                         const uint64_t *sets, double *to);

#endif
