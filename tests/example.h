/* example.h - random uses of the movers and reductions, and what they must give. */
#ifndef TESTS_EXAMPLE_H
#define TESTS_EXAMPLE_H

#include "arrays.h"

/* One node: operator, attributes and operands. */
struct example {
    int op, n_in, n_attr;
    int64_t attr[3 * SX_MAX_RANK];
    struct sx_tensor in[4];
};

/* A use of `op` with operands of `type` (indices aside), drawn from `seed`. Axes are at most
 * `longest` long, and now and then 1 or, if `empty`, 0. */
struct example te_draw(int op, enum sx_type type, int64_t longest, bool empty, uint64_t seed);
void te_free(struct example *e);

/* Draws operand k anew, with the same shape. */
struct sx_tensor te_redraw(const struct example *e, int k, uint64_t seed);

/* The same by the definition, element by element. */
struct sx_tensor te_by_definition(const struct example *e);

/* Whether the row takes operands of this type. */
bool te_takes(int op, enum sx_type type);

/* Emits the node on fresh inputs (in[k] is set), and returns it. */
int te_emit(struct sx_graph *g, const struct example *e, int *in);

#endif
