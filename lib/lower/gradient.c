/* gradient.c - lowering of Gradient of ai.onnx.preview.training: the graph differentiates itself. */
#include "graph/derive.h"
#include "lower/scope.h"
#include "lower/tables.h"

/* The node of the tensor that attribute `what` names. */
static int named(struct sx_lowering *l, const char *what, size_t k)
{
    const char *name = sx_attr_string(l, what, k);
    const struct sx_value *value = name != NULL ? sx_scope_find(l->scope, name) : NULL;
    if (value != NULL && value->node != SX_NONE && sx_is_real(l->g->node[value->node].type))
        return value->node;
    sx_reject(l, "%s[%zu] names no tensor of reals that is made before", what, k);
    return SX_NONE;
}

/* Gradient. Input k would replace the tensor xs[k] (or one of zs); here it has to be that tensor. */
static bool lower_gradient(struct sx_lowering *l)
{
    int y = named(l, "y", 0);
    int *x = sx_scratch(l, (size_t)l->n_out, 2 * sizeof *x), *dx = x + l->n_out;
    if (y == SX_NONE || x == NULL)
        return false;
    for (int k = 0; k < l->n_out; k++) {
        x[k] = named(l, "xs", (size_t)k);
        if (x[k] == SX_NONE)
            return false;
        if (x[k] != sx_arg(l, k) || l->g->node[x[k]].op == SX_CONST)
            return sx_reject(l, "input %d is not the variable that xs[%d] names", k, k);
    }
    if (!sx_derive(l->g, y, SX_NONE, x, l->n_out, dx))
        return false;
    for (int k = 0; k < l->n_out; k++)
        sx_give_as(l, k, dx[k], sx_arg_kind(l, k));
    return true;
}

const struct sx_lowering_row sx_lower_gradient[] = {
    {"ai.onnx.preview.training", "Gradient", 1, 0, 1, -1, lower_gradient, 0, true},
    {0},
};
