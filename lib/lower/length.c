/* length.c - whether a graph computes with the length of an axis. */
#include <stdlib.h>
#include <string.h>

#include "lower/length.h"
#include "lower/scope.h"

static bool reads_length(const Onnx__NodeProto *node)
{
    const char *op = sx_text(node->op_type);
    bool reads =
        strcmp(op, "Shape") == 0 || strcmp(op, "Size") == 0 || strcmp(op, "EyeLike") == 0;
    for (size_t i = 0; i < node->n_attribute; i++)
        reads = reads || node->attribute[i]->g != NULL; /* a body may read it */
    return reads;
}

bool sx_reads_lengths(const struct sx_model *m)
{
    bool reads = m->proto->n_functions > 0; /* functions may read it */
    for (size_t i = 0; i < m->graph->n_node && !reads; i++)
        reads = reads_length(m->graph->node[i]);
    return reads;
}

/* The nodes that the outputs depend on. */
static bool *needed(const struct sx_lowered *l, struct sx_error *error)
{
    int *outputs = sx_new((size_t)l->n_outputs, sizeof *outputs, error);
    bool *is = outputs != NULL ? sx_new(l->graph->n_nodes, sizeof *is, error) : NULL;
    for (int k = 0; is != NULL && k < l->n_outputs; k++)
        outputs[k] = l->outputs[k].node;
    if (is != NULL)
        sx_mark_needed(l->graph, outputs, l->n_outputs, is);
    free(outputs);
    return is;
}

static bool differ(const struct sx_node *a, const struct sx_node *b)
{
    if (a->op != SX_CONST || b->op != SX_CONST || a->type != b->type || a->data == b->data ||
        !sx_shape_equal(&a->shape, &b->shape))
        return false;
    size_t size = (size_t)sx_count(&a->shape) * sx_type_size(a->type);
    return size > 0 && memcmp(a->data, b->data, size) != 0;
}

bool sx_differ_in_constants(const struct sx_lowered *a, const struct sx_lowered *b,
                            struct sx_error *error)
{
    size_t n = a->graph->n_nodes;
    if (n != b->graph->n_nodes)
        return false; /* loops over the axis: sx_mark_samples has followed them */
    bool *of_a = needed(a, error), *of_b = needed(b, error), found = false;
    for (size_t i = 0; of_a != NULL && of_b != NULL && i < n && !found; i++)
        found = of_a[i] && of_b[i] && differ(&a->graph->node[i], &b->graph->node[i]);
    free(of_a);
    free(of_b);
    return found;
}
