/* emit.c - the general builder: shape, simplify, fold, share, append. */
#include <stdlib.h>
#include <string.h>

#include "graph/internal.h"

/* Folding must not blow a small file up: a result may be as large as its operands, or 1 MB. */
static bool worth_folding(const struct sx_graph *g, const struct sx_node *node)
{
    if (node->n_in == 0 || sx_row_of(g, node)->run == NULL || node->op == SX_EXPAND)
        return false;
    size_t operands = (size_t)1 << 20, size = 0;
    for (int k = 0; k < node->n_in; k++) {
        const struct sx_node *in = &g->node[node->in[k]];
        double value;
        if (in->op != SX_CONST &&
            !(in->op == SX_EXPAND && sx_is_uniform(g, node->in[k], &value)))
            return false;
        if (in->op == SX_CONST)
            operands += (size_t)sx_count(&in->shape) * sx_type_size(in->type);
        else
            size += (size_t)sx_count(&in->shape) * sx_type_size(in->type);
    }
    size += (size_t)sx_count(&node->shape) * sx_type_size(node->type);
    return size <= operands;
}

/* Runs one node on constants. An EXPAND of a constant among them is written out first. */
static int fold(struct sx_graph *g, const struct sx_node *node)
{
    const struct sx_row *row = sx_row_of(g, node);
    struct sx_operand *in = sx_arena_new(&g->arena, (size_t)node->n_in, sizeof *in, &g->error);
    void *out = sx_arena_aligned(g, (size_t)sx_count(&node->shape), sx_type_size(node->type));
    size_t need = row->scratch != NULL ? row->scratch(g, node) : 0;
    void *scratch = need > 0 ? sx_new_aligned(need, 1, &g->error) : NULL;
    for (int k = 0; k < node->n_in && in != NULL; k++) {
        struct sx_node source = g->node[node->in[k]];
        if (source.op == SX_EXPAND) {
            struct sx_node copy = source;
            struct sx_tensor t = {.type = source.type, .shape = source.shape};
            double value = 0;
            sx_is_uniform(g, node->in[k], &value);
            t.data =
                sx_arena_aligned(g, (size_t)sx_count(&copy.shape), sx_type_size(copy.type));
            for (int64_t i = 0; t.data != NULL && i < sx_count(&copy.shape); i++)
                sx_tensor_set(&t, i, value);
            source.data = t.data;
        }
        in[k] = (struct sx_operand){source.type, &g->node[node->in[k]].shape, source.data};
    }
    if (g->error.status == SX_OK) {
        struct sx_call call = {node, in, out, scratch};
        row->run(&call);
    }
    free(scratch);
    if (g->error.status != SX_OK)
        return SX_NONE;
    return sx_const_borrow(g, node->type, &node->shape, out);
}

static void *keep(struct sx_graph *g, const void *items, size_t n, size_t size)
{
    void *copy = sx_arena_new(&g->arena, n, size, &g->error);
    if (copy != NULL && n > 0)
        memcpy(copy, items, n * size);
    return copy;
}

static bool commutes(int op)
{
    return op == SX_ADD || op == SX_MUL || op == SX_MIN || op == SX_MAX || op == SX_EQUAL ||
           op == SX_AND || op == SX_OR || op == SX_XOR;
}

static bool inputs_fit(struct sx_graph *g, int op, int n_in, const int *in)
{
    const struct sx_row *row = g->rows[op];
    if (g->error.status != SX_OK)
        return false;
    for (int k = 0; k < n_in; k++)
        if (in[k] < 0 || (size_t)in[k] >= g->n_nodes)
            return sx_graph_fail(g, SX_MODEL, "%s: operand %d is missing", row->name, k);
    if (n_in < row->min_in || (row->max_in >= 0 && n_in > row->max_in))
        return sx_graph_fail(g, SX_MODEL, "%s: %d operands", row->name, n_in);
    return true;
}

int sx_emit(struct sx_graph *g, int op, int n_in, const int *in, int n_attr,
            const int64_t *attr)
{
    if (!inputs_fit(g, op, n_in, in))
        return SX_NONE;
    struct sx_node node = {.op = op, .n_in = n_in, .in = in, .n_attr = n_attr, .attr = attr};
    int64_t count;
    if (!g->rows[op]->shape(g, &node) || !sx_shape_count(&node.shape, &count, &g->error)) {
        sx_fail(&g->error, SX_MODEL, "%s: operands do not fit", g->rows[op]->name);
        return SX_NONE;
    }
    int swapped[2];
    if (n_in == 2 && commutes(op) && in[0] > in[1]) {
        swapped[0] = in[1];
        swapped[1] = in[0];
        node.in = swapped;
    }
    int simpler = g->faithful ? SX_NONE : sx_simplify(g, &node);
    if (simpler != SX_NONE || g->error.status != SX_OK)
        return simpler;
    /* The caller's arrays may be on its stack, and simplify may have grown the node array. */
    node.in = keep(g, node.in, (size_t)n_in, sizeof *in);
    node.attr = keep(g, node.attr, (size_t)n_attr, sizeof *attr);
    if (g->error.status != SX_OK)
        return SX_NONE;
    if (worth_folding(g, &node)) {
        int folded = sx_folded_find(g, &node);
        if (folded != SX_NONE)
            return folded;
        folded = fold(g, &node);
        return folded != SX_NONE && sx_folded_note(g, &node, folded) ? folded : SX_NONE;
    }
    return g->faithful ? sx_append(g, &node) : sx_share(g, &node);
}
