/* cut.h - how products, and copies, are cut into pieces of work. */
#ifndef SX_RUN_CUT_H
#define SX_RUN_CUT_H

#include "graph/op.h"

#define SX_CUT_AXES SX_MAX_RANK

/* A product [batch.., m, k] x [batch.., k, n]; each of its items is cut along rows or columns. */
struct sx_cut {
    int64_t m, k, n, rows, columns;   /* of an item, of a piece of it */
    int64_t a_stride[2], b_stride[2]; /* elements from row to row, and from column to column */
    int64_t c_stride;                 /* elements from row to row of the result */
    int rank;                         /* batch axes, and elements from item to item: */
    int64_t dim[SX_CUT_AXES], a_step[SX_CUT_AXES], b_step[SX_CUT_AXES], c_step[SX_CUT_AXES];
    bool one_b;  /* all items have the same second factor */
    bool sparse; /* the result has further elements, which are 0 */
};

/* Cuts the MATMUL `node`; false if the plain kernel serves it as well. */
bool sx_cut_product(const struct sx_graph *g, const struct sx_node *node, struct sx_cut *cut);

/* Sets the rows and columns of a piece: large products are cut along rows, or along columns if
 * there are few rows. */
void sx_cut_pieces(struct sx_cut *cut);

/* memcpy by all threads. */
void sx_copy_pieces(void *to, const void *from, size_t bytes);

#endif
