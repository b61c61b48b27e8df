/* straight.c - derivatives that pass through rounding.
 *
 * A tensor of integers that was made by rounding has a twin: real numbers with the same values,
 * whose derivatives are those of the tensor before rounding. Operators that move or add integers
 * give their results twins. A conversion to real numbers takes the twin. */
#include <string.h>

#include "lower/scope.h"

int sx_arg_twin(const struct sx_lowering *l, int k)
{
    if (k < l->n_in && l->in[k].twin > 0)
        return l->in[k].twin - 1;
    int node = sx_arg(l, k);
    return node == SX_NONE ? SX_NONE : sx_cast(l->g, node, l->g->real);
}

int sx_straight(struct sx_lowering *l, int value, int slope)
{
    if (l->scope->root->options->ste == SX_STE_OFF || value == SX_NONE ||
        sx_is_const(l->g, value))
        return value;
    return sx_through(l->g, value, slope);
}

static bool is_one_of(const char *word, const char *const *list)
{
    for (; *list != NULL; list++)
        if (strcmp(word, *list) == 0)
            return true;
    return false;
}

/* Operators that only move elements of their first input. */
static const char *const movers[] = {
    "Reshape",  "Flatten",        "Squeeze",   "Unsqueeze", "Transpose", "Identity",
    "Slice",    "Split",          "Gather",    "Expand",    "Tile",      "DepthToSpace",
    "Relu",     "Dropout",        "MaxPool",   "Pad",       "Resize",    "SpaceToDepth",
    "GatherND", "GatherElements", "ReduceMax", NULL};
/* Operators that combine several tensors of one type. */
static const char *const sums[] = {"Concat", "Max", "Min", "Clip", "Add", "Sub", "Mul", NULL};

bool sx_lower_twins(struct sx_lowering *l)
{
    const char *op = sx_text(l->node->op_type);
    bool all = is_one_of(op, sums), any = false;
    for (int k = 0; k < l->n_in; k++)
        any = any || l->in[k].twin > 0;
    if (!any || *sx_domain(l->node->domain) != '\0' ||
        !(all || (is_one_of(op, movers) && l->in[0].twin > 0)))
        return true;
    size_t n = (size_t)l->n_in + (size_t)l->n_out;
    struct sx_value *values = sx_arena_new(&l->g->arena, n, sizeof *values, l->error);
    if (values == NULL)
        return false;
    struct sx_lowering twin = *l;
    twin.in = values;
    twin.out = values + l->n_in;
    for (int k = 0; k < l->n_in; k++) {
        values[k] = l->in[k];
        if (l->in[k].node != SX_NONE && (k == 0 || (all && l->in[k].kind == l->in[0].kind)))
            values[k].node = sx_arg_twin(l, k);
    }
    for (int k = 0; k < l->n_out; k++)
        twin.out[k] = (struct sx_value){.node = SX_NONE, .kind = SX_NOT_MADE};
    if (!l->row->lower(&twin))
        return false;
    for (int k = 0; k < l->n_out; k++)
        if (twin.out[k].node != SX_NONE && sx_is_real(l->g->node[twin.out[k].node].type))
            l->out[k].twin = twin.out[k].node + 1;
    return true;
}

/* How many nodes after a node a product is searched for. */
#define MOST_STEPS 6

static bool reaches_product(const struct sx_model *m, const char *tensor, int steps)
{
    static const char *const products[] = {"Conv", "MatMul", "Gemm", "ConvTranspose", NULL};
    static const char *const passed[] = {"Reshape", "Flatten", "Transpose", "Pad",
                                         "Mul",     "MaxPool", "Identity",  NULL};
    for (size_t i = 0; i < m->graph->n_node && steps > 0; i++) {
        const Onnx__NodeProto *node = m->graph->node[i];
        for (size_t k = 0; k < node->n_input; k++) {
            if (strcmp(node->input[k], tensor) != 0)
                continue;
            if (is_one_of(sx_text(node->op_type), products) ||
                (is_one_of(sx_text(node->op_type), passed) && node->n_output > 0 &&
                 reaches_product(m, node->output[0], steps - 1)))
                return true;
        }
    }
    return false;
}

bool sx_feeds_product(const struct sx_lowering *l)
{
    return l->n_out > 0 && reaches_product(l->scope->model, l->node->output[0], MOST_STEPS);
}

int sx_lower_as(struct sx_lowering *l, const char *op, int x)
{
    struct sx_value in = {.node = x, .kind = SX_ONNX_FLOAT};
    struct sx_value out = {.node = SX_NONE, .kind = SX_NOT_MADE};
    struct sx_lowering inner = *l;
    inner.opset = sx_opset_of(l->scope->model, l->scope->function, "");
    inner.opset = sx_attr_int(l, "opset", inner.opset);
    inner.row = l->scope->root->find("", op, inner.opset);
    inner.in = &in;
    inner.n_in = 1;
    inner.out = &out;
    inner.n_out = 1;
    if (x == SX_NONE || inner.row == NULL || !inner.row->lower(&inner))
        return SX_NONE;
    return out.node;
}
