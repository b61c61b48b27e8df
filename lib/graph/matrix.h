/* matrix.h - splits a shape into leading axes and a matrix, for the builder and the row of MATMUL. */
#ifndef SX_MATRIX_H
#define SX_MATRIX_H

#include "graph/build.h"

/* The last dimension, or the one `back` places before it. */
static inline int64_t sx_dim_back(const struct sx_shape *s, int back)
{
    return s->dim[s->rank - 1 - back];
}

/* All axes but the last two. */
static inline struct sx_shape sx_leading(const struct sx_shape *s)
{
    struct sx_shape lead = *s;
    lead.rank -= 2;
    return lead;
}

static inline bool sx_all_ones(const struct sx_shape *s)
{
    for (int i = 0; i < s->rank; i++)
        if (s->dim[i] != 1)
            return false;
    return true;
}

static inline int sx_as_matrix(struct sx_graph *g, int a, int64_t rows, int64_t columns)
{
    return sx_reshape(g, a, &(struct sx_shape){2, {rows, columns}});
}

#endif
