/* ops.h - shared by the families of rows. */
#ifndef SX_OPS_H
#define SX_OPS_H

#include "graph/derive.h"

/* Kernels with at least so many elements run in parallel. Work is cut independently of the number
 * of threads, so results do not depend on it. */
#define SX_PARALLEL 32768

/* An array seen by a row that works along one axis: [outer, n, inner]. Inner positions are
 * processed in blocks. */
#define SX_COLUMNS 256
struct sx_lines {
    int64_t outer, n, inner;
};
struct sx_lines sx_lines_of(const struct sx_shape *shape, int64_t axis);

static inline int64_t sx_ceil_div(int64_t a, int64_t b)
{
    return a / b + (a % b != 0);
}

/* Fails the graph; the row's name precedes the message. Returns false. */
bool sx_refuse(struct sx_graph *g, const struct sx_node *node, const char *format, ...)
    SX_PRINTF(3, 4);
/* Checks for shape rules. sx_need_attr checks the number of attributes, sx_need_axis that an
 * axis lies within a rank, sx_need_size that the size of the result is representable. */
bool sx_need_attr(struct sx_graph *g, const struct sx_node *node, int n_attr);
bool sx_need_axis(struct sx_graph *g, const struct sx_node *node, int64_t axis, int rank);
bool sx_need_size(struct sx_graph *g, const struct sx_node *node);

static inline bool sx_starts_with_one(const struct sx_shape *shape)
{
    return shape->rank > 0 && shape->dim[0] == 1;
}

/* Input k of `node` as stored for the batch; if it is shared, it is expanded along its leading axis
 * of 1. */
int sx_batch_stored(struct sx_batch *b, const struct sx_node *node, int k);
/* The batch rule of rows with one input whose first attribute is their axis. */
int sx_batch_axis(struct sx_batch *b, const struct sx_node *node);

/* Whether the test of a node (a row of the table in trees.c) holds for feature x. */
bool sx_tree_holds(const int64_t *node, double value, double x);

struct sx_contrast;
/* If TAKE node y is a max pool with few elements per window, returns the Shapley values of the
 * elements weighted by m, in the shape of its operand. Otherwise SX_NONE. */
int sx_window_shares(const struct sx_contrast *c, int y, int m);
/* Makes a line for each coalition of the n elements of a line of x: [.., 2^n, n]. Elements in
 * the coalition have their value in x, the others their value in x0. */
int sx_coalition_lines(struct sx_graph *g, int x, int x0);

/* Two strided arrays of one shape that are walked together; strides are in elements and may be
 * negative. */
struct sx_strided {
    int rank;
    int64_t dim[SX_MAX_RANK], from[SX_MAX_RANK], to[SX_MAX_RANK];
};
/* The position of a walk: an index per axis, and the two offsets. */
struct sx_place {
    int64_t at[SX_MAX_RANK], from, to;
};
void sx_strides(const struct sx_shape *shape, int64_t stride[SX_MAX_RANK]); /* row-major */
int64_t sx_strided_count(const struct sx_strided *s);
void sx_seek(const struct sx_strided *s, int64_t index, struct sx_place *place);

static inline void sx_advance(const struct sx_strided *s, struct sx_place *p)
{
    for (int k = s->rank - 1; k >= 0; k--) {
        p->from += s->from[k];
        p->to += s->to[k];
        if (++p->at[k] < s->dim[k])
            return;
        p->from -= s->from[k] * s->dim[k];
        p->to -= s->to[k] * s->dim[k];
        p->at[k] = 0;
    }
}

/* Copies elements of 1, 4 or 8 bytes. */
void sx_strided_copy(const struct sx_strided *s, size_t size, void *to, const void *from);

#endif
