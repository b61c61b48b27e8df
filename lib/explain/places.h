/* places.h - the places of a layer: cells of a map, tokens of a sequence, or blocks of them. */
#ifndef SX_PLACES_H
#define SX_PLACES_H

#include "graph/build.h"

/* A tensor whose elements belong to places; all other axes are attributes of a place. */
struct sx_places {
    struct sx_shape shape; /* of the tensor, and its axes of rows (-1: one row) and columns */
    int axis[2];
    int64_t rows, columns; /* of the tensor */
    int64_t block[2];      /* rows and columns of the blocks that count as one place */
    int64_t n;             /* places, block[0] * block[1] */
    int64_t *of;           /* the place of each row and column of the tensor */
};

/* `axes` are one or two increasing axes, -1 for none: then a tensor of rank 4 is [1, C, H, W],
 * of rank 3 [1, T, C], of rank 2 [T, C]. `blocks` of 0 are single rows and columns; the last
 * block takes what is left over. Status 2 where that does not fit the shape. */
bool sx_places_new(struct sx_places *p, const struct sx_shape *shape, const int axes[2],
                   const int64_t blocks[2], struct sx_error *error);
void sx_places_free(struct sx_places *p);

/* The row and column of the tensor's element i, as row * columns + column. */
int64_t sx_places_cell(const struct sx_places *p, int64_t i);

/* Emits [n] numbers, one for each place, in a shape that broadcasts to the tensor's; and the
 * adjoint: from a node of the tensor's shape the sums over each place, [n]. */
int sx_places_spread(const struct sx_places *p, struct sx_graph *g, int numbers);
int sx_places_gather(const struct sx_places *p, struct sx_graph *g, int tensor);

/* Emits the sums over all places, which keep the axes of places as 1. */
int sx_places_pool(const struct sx_places *p, struct sx_graph *g, int tensor);

#endif
