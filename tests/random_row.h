/* random_row.h - random uses of the movers and reductions, and their expected results. */
#ifndef TESTS_RANDOM_ROW_H
#define TESTS_RANDOM_ROW_H

#include "arrays.h"

/* One node: operator, attributes and operands. */
struct random_row {
    int op, n_in, n_attr;
    int64_t attr[3 * SX_MAX_RANK];
    struct sx_tensor in[4];
};

/* A use of `op` with operands of `type` (but for indices), drawn from `seed`. Axes are at most
 * `longest` long. Some have length 1 or, if `empty`, 0. */
struct random_row rr_draw(int op, enum sx_type type, int64_t longest, bool empty,
                          uint64_t seed);
void rr_free(struct random_row *e);

/* Draws other values of operand k, in the same shape. */
struct sx_tensor rr_redraw(const struct random_row *e, int k, uint64_t seed);

/* The result by definition, element by element. */
struct sx_tensor rr_by_definition(const struct random_row *e);

/* Whether the row takes operands of this type. */
bool rr_takes(int op, enum sx_type type);

/* Emits the node on new inputs (in[k] is set). Returns it. */
int rr_emit(struct sx_graph *g, const struct random_row *e, int *in);

#endif
