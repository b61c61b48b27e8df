/* cut.h - how products, and copies, are cut into pieces of work. */
#ifndef SX_RUN_CUT_H
#define SX_RUN_CUT_H

#include "graph/op.h"

#define SX_CUT_AXES SX_MAX_RANK

/* A product [batch.., m, k] x [batch.., k, n]. Each item of the batch is cut along rows or columns. */
struct sx_cut {
    int64_t m, k, n, rows, columns; /* m, k, n of an item; rows and columns of a piece of it */
    int64_t a_stride[2], b_stride[2]; /* distance in elements of rows, and of columns */
    int64_t c_stride;                 /* distance in elements of the result's rows */
    /* number of batch axes; per axis: its length, and the distance of items in elements */
    int rank;
    int64_t dim[SX_CUT_AXES], a_step[SX_CUT_AXES], b_step[SX_CUT_AXES], c_step[SX_CUT_AXES];
    bool one_b;  /* all items have the same b */
    bool sparse; /* the result has elements that no item computes; they are 0 */
};

/* Cuts the MATMUL `node`; false if the plain kernel is as good. */
bool sx_cut_product(const struct sx_graph *g, const struct sx_node *node, struct sx_cut *cut);

/* Sets the rows and columns of a piece: large products are cut along rows, or along columns if
 * there are few rows. */
void sx_cut_pieces(struct sx_cut *cut);

/* memcpy by several threads. */
void sx_copy_pieces(void *to, const void *from, size_t bytes);

#endif
