/* result.c - the tensors that a written node reads and makes. */
#include "export/export.h"
#include "export/names.h"

/* Whether operand k may be a single row. A pointwise node repeats a row itself if another
 * operand has all rows. */
static bool repeats(const struct sx_writer *w, const struct sx_node *n, int k)
{
    bool whole = false;
    for (int i = 0; i < n->n_in && sx_is_pointwise(n); i++)
        whole = whole || (i != k && w->row[n->in[i]] == NULL &&
                          sx_shape_equal(&w->g->node[n->in[i]].shape, &n->shape));
    return whole;
}

const char *sx_node_name(struct sx_writer *w, int node)
{
    struct sx_dim dims[SX_MAX_RANK];
    int rank = w->g->node[node].shape.rank;
    if (w->name[node] == NULL && w->row[node] != NULL && sx_dims_of(w, node, dims))
        w->name[node] = sx_out_node(
            w, "Expand", SX_IN(w->row[node], sx_out_dims(w, dims, rank)), NULL, NULL, 0);
    if (w->name[node] == NULL && w->at[node] != NULL)
        sx_spell_pool_place(w, node);
    return w->name[node];
}

const char *sx_operand_name(struct sx_writer *w, int node, int k)
{
    const struct sx_node *n = &w->g->node[node];
    int from = n->in[k];
    return w->row[from] != NULL && w->name[from] == NULL && repeats(w, n, k)
               ? w->row[from]
               : sx_node_name(w, from);
}

void sx_result(struct sx_writer *w, int node, const char *op, const char *const *operands,
               const struct sx_onnx_attr *attrs, int n_attrs)
{
    w->name[node] = sx_out_node(w, op, operands, w->wish[node], attrs, n_attrs);
}

void sx_spell_alias(struct sx_writer *w, int node)
{
    w->name[node] = sx_operand_name(w, node, 0);
}
