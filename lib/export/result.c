/* result.c - the tensors that a written node reads and makes. */
#include "export/export.h"
#include "export/names.h"

/* A pointwise node repeats a row itself where another operand has all rows. */
static bool repeats(const struct sx_writer *w, const struct sx_node *n, int k)
{
    bool whole = false;
    for (int i = 0; i < n->n_in && sx_is_pointwise(n); i++)
        whole = whole || (i != k && w->row[n->in[i]] == NULL &&
                          sx_shape_equal(&w->g->node[n->in[i]].shape, &n->shape));
    return whole;
}

const char *sx_operand_name(struct sx_writer *w, int node, int k)
{
    const struct sx_node *n = &w->g->node[node];
    int from = n->in[k];
    struct sx_dim dims[SX_MAX_RANK];
    if (w->row[from] == NULL || (w->name[from] == NULL && !repeats(w, n, k)))
        if (w->row[from] != NULL && sx_dims_of(w, from, dims))
            w->name[from] = sx_out_node(
                w, "Expand",
                SX_IN(w->row[from], sx_out_dims(w, dims, w->g->node[from].shape.rank)), NULL,
                NULL, 0);
    return w->name[from] != NULL ? w->name[from] : w->row[from];
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
