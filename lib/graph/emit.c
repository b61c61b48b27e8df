/* emit.c - the general builder: infers the shape, simplifies, folds, shares, or appends. */
#include <stdlib.h>
#include <string.h>

#include "graph/internal.h"

/* Whether a node is a large transpose in a faithful graph. It is not folded, because products read
 * transposed weights in place. */
static bool is_large_transpose(const struct sx_graph *g, const struct sx_node *node)
{
    return g->faithful && node->op == SX_TRANSPOSE && sx_is_real(node->type) &&
           sx_count(&node->shape) > 1 << 18;
}

/* Whether to fold a node. The result may be as large as its operands, or 1 MB, so that a small file
 * cannot grow without bound. */
static bool worth_folding(const struct sx_graph *g, const struct sx_node *node)
{
    if (node->n_in == 0 || sx_row_of(g, node)->run == NULL || node->op == SX_EXPAND ||
        is_large_transpose(g, node))
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

/* Writes out the elements of an EXPAND of a constant; the caller frees them. */
static void *written_out(struct sx_graph *g, int node)
{
    const struct sx_node *n = &g->node[node];
    struct sx_tensor t;
    double value = 0;
    sx_is_uniform(g, node, &value);
    if (!sx_tensor_new(&t, n->type, &n->shape, &g->error))
        return NULL;
    for (int64_t i = 0; i < sx_count(&n->shape); i++)
        sx_tensor_set(&t, i, value);
    return t.data;
}

/* Makes operand k of a node that is folded. The caller frees *copy. */
static bool operand(struct sx_graph *g, const struct sx_node *node, int k, void **copy,
                    struct sx_operand *in)
{
    const struct sx_node *source = &g->node[node->in[k]];
    *in = (struct sx_operand){.type = source->type, .shape = &source->shape};
    if (source->op == SX_EXPAND)
        in->data = *copy = written_out(g, node->in[k]);
    else
        in->data = sx_const_aligned(source, copy, &g->error);
    return g->error.status == SX_OK;
}

/* Runs one node on constants. */
static int fold(struct sx_graph *g, const struct sx_node *node)
{
    const struct sx_row *row = sx_row_of(g, node);
    if (row->view && sx_is_const(g, node->in[0]))
        return sx_const_borrow(g, node->type, &node->shape, g->node[node->in[0]].data);
    size_t n = (size_t)node->n_in, need = row->scratch != NULL ? row->scratch(g, node) : 0;
    struct sx_operand *in = sx_new(n, sizeof *in, &g->error);
    void **copy = sx_new(n, sizeof *copy, &g->error);
    void *out = sx_arena_aligned(g, (size_t)sx_count(&node->shape), sx_type_size(node->type));
    void *scratch = need > 0 ? sx_new_aligned(need, 1, &g->error) : NULL;
    for (size_t k = 0; k < n && g->error.status == SX_OK; k++)
        operand(g, node, (int)k, &copy[k], &in[k]);
    if (g->error.status == SX_OK) {
        struct sx_call call = {node, in, out, scratch};
        row->run(&call);
    }
    for (size_t k = 0; k < n && copy != NULL; k++)
        free(copy[k]);
    free(copy);
    free(in);
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
    /* Copies the arrays: the caller's may be on its stack, and sx_simplify may have moved the nodes
     * that they belong to. */
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
