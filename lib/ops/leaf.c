/* leaf.c - the rows of nodes without operands: variables and constants. */
#include <string.h>

#include "ops/ops.h"

/* Leaves are made by sx_input and sx_const, which know type and shape. */
static bool leaf_shape(struct sx_graph *g, struct sx_node *node)
{
    return sx_refuse(g, node, "is not made by the general builder");
}

static void const_run(const struct sx_call *call)
{
    const struct sx_node *n = call->node;
    size_t bytes = (size_t)sx_count(&n->shape) * sx_type_size(n->type);
    if (bytes > 0)
        memcpy(call->out, n->data, bytes);
}

/* A variable has no value of its own: it must be fed. */
const struct sx_row sx_row_input = {.name = "Input", .shape = leaf_shape};

const struct sx_row sx_row_const = {.name = "Const", .shape = leaf_shape, .run = const_run};
