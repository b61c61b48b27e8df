/* product.c - how products of matrices are spelt. */
#include "export/export.h"

static const char *turned(struct sx_writer *w, int node, int k)
{
    const struct sx_node *n = &w->g->node[node];
    int r = w->g->node[n->in[k]].shape.rank;
    int64_t axes[SX_MAX_RANK];
    for (int i = 0; i < r; i++)
        axes[i] = i < r - 2 ? i : 2 * r - 3 - i;
    const struct sx_onnx_attr perm = {.name = "perm", .ints = axes, .n = r};
    return sx_out_node(w, "Transpose", SX_IN(sx_operand_name(w, node, k)), NULL, &perm, 1);
}

/* Writes Gemm for two matrices that are transposed or have a bias, else MatMul. Gemm transposes
 * its operands itself. Before MatMul a Transpose is written. */
void sx_spell_matmul(struct sx_writer *w, int node)
{
    const struct sx_node *n = &w->g->node[node];
    bool a = n->attr[0] != 0, b = n->attr[1] != 0;
    bool flat = w->g->node[n->in[0]].shape.rank == 2 && w->g->node[n->in[1]].shape.rank == 2;
    const struct sx_onnx_attr turns[] = {{.name = "transA", .i = a},
                                         {.name = "transB", .i = b}};
    if (flat && (a || b || w->bias != NULL))
        sx_result(w, node, "Gemm",
                  SX_IN(sx_operand_name(w, node, 0), sx_operand_name(w, node, 1), w->bias),
                  turns, 2);
    else
        sx_result(w, node, "MatMul",
                  SX_IN(a ? turned(w, node, 0) : sx_operand_name(w, node, 0),
                        b ? turned(w, node, 1) : sx_operand_name(w, node, 1)),
                  NULL, 0);
}
