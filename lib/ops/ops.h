/* ops.h - what the families of rows share. */
#ifndef SX_OPS_H
#define SX_OPS_H

#include "graph/derive.h"

/* Kernels run in parallel from so many elements on. How work is cut never depends on the number
 * of threads, so that results do not either. */
#define SX_PARALLEL 32768

/* Rows that work along one axis see an array as [outer, n, inner], and take inner in blocks. */
#define SX_COLUMNS 256
struct sx_lines {
    int64_t outer, n, inner;
};
struct sx_lines sx_lines_of(const struct sx_shape *shape, int64_t axis);

static inline int64_t sx_ceil_div(int64_t a, int64_t b)
{
    return a / b + (a % b != 0);
}

/* Fails the graph with the row's name before the message. Returns false. */
bool sx_refuse(struct sx_graph *g, const struct sx_node *node, const char *format, ...)
    SX_PRINTF(3, 4);
/* For shape rules: the number of attributes, an axis inside a rank, a countable result. */
bool sx_need_attr(struct sx_graph *g, const struct sx_node *node, int n_attr);
bool sx_need_axis(struct sx_graph *g, const struct sx_node *node, int64_t axis, int rank);
bool sx_need_size(struct sx_graph *g, const struct sx_node *node);

static inline bool sx_starts_with_one(const struct sx_shape *shape)
{
    return shape->rank > 0 && shape->dim[0] == 1;
}

/* `node`'s input k stored for the batch and never shared: expanded along its leading 1. */
int sx_batch_stored(struct sx_batch *b, const struct sx_node *node, int k);
/* The batch rule of rows with one input whose first attribute is the axis they work along. */
int sx_batch_axis(struct sx_batch *b, const struct sx_node *node);

/* Whether a row of the table of nodes (see trees.c) sends a feature x to its first next node. */
bool sx_tree_holds(const int64_t *node, double value, double x);

struct sx_contrast;
/* The m-weighted Shapley values of the elements that TAKE node y chooses the largest of, if it
 * is a max pool of few: in the shape of its operand; SX_NONE otherwise. */
int sx_window_shares(const struct sx_contrast *c, int y, int m);
/* x [.., n] with every coalition of its elements where it is, the others at x0: [.., 2^n, n]. */
int sx_coalition_lines(struct sx_graph *g, int x, int x0);

/* Two strided arrays of one shape, walked together; strides are in elements, any sign. */
struct sx_strided {
    int rank;
    int64_t dim[SX_MAX_RANK], from[SX_MAX_RANK], to[SX_MAX_RANK];
};
/* Where a walk is: an index per axis and the two offsets. */
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

/* Copies elements of `size` bytes (1, 4 or 8), whatever they are, from one to the other. */
void sx_strided_copy(const struct sx_strided *s, size_t size, void *to, const void *from);

#endif
