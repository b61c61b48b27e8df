/* places.h - the places of a layer: cells of a map, tokens of a sequence, or blocks of them. */
#ifndef SX_PLACES_H
#define SX_PLACES_H

#include "graph/build.h"

/* A tensor whose elements belong to places. All axes that do not number places are attributes of a
 * place. */
struct sx_places {
    /* the tensor's shape, and its axes of rows (-1: there is one row) and columns */
    struct sx_shape shape;
    int axis[2];
    int64_t rows, columns; /* rows and columns of the tensor */
    int64_t block[2];      /* number of rows and columns of blocks; a block is a place */
    int64_t n;             /* number of places: block[0] * block[1] */
    int64_t *of;           /* the place of each row and column of the tensor */
};

/* Numbers the places of a tensor. `axes` are one or two increasing axes, -1 for none; without any,
 * rank 4 is [1, C, H, W], rank 3 is [1, T, C], and rank 2 is [T, C]. `blocks` of 0 are single rows
 * and columns. The last block takes the remainder. Status 2: this does not fit the shape. */
bool sx_places_new(struct sx_places *p, const struct sx_shape *shape, const int axes[2],
                   const int64_t blocks[2], struct sx_error *error);
void sx_places_free(struct sx_places *p);

/* row * columns + column of the tensor's element i. */
int64_t sx_places_cell(const struct sx_places *p, int64_t i);

/* sx_places_spread: from [n] numbers, one per place, to a shape that broadcasts to the tensor's.
 * sx_places_gather: its adjoint, from a node of the tensor's shape to the sums over each place,
 * [n]. */
int sx_places_spread(const struct sx_places *p, struct sx_graph *g, int numbers);
int sx_places_gather(const struct sx_places *p, struct sx_graph *g, int tensor);

/* The sums over all places; the axes of places remain with length 1. */
int sx_places_pool(const struct sx_places *p, struct sx_graph *g, int tensor);

#endif
