/* patterns.c - several core operators that ONNX has one for: products with a bias, max pooling. */
#include <string.h>

#include "export/export.h"

static const struct sx_node *node_of(const struct sx_writer *w, int node)
{
    return &w->g->node[node];
}

/* Whether a constant varies along one axis of `shape` alone, and is all of that. */
static bool along(const struct sx_shape *c, const struct sx_shape *shape, int axis)
{
    int lead = shape->rank - c->rank;
    return lead >= 0 && lead <= axis && c->dim[axis - lead] == shape->dim[axis] &&
           sx_count(c) == shape->dim[axis];
}

int sx_biased_product(const struct sx_writer *w, int node, int *bias)
{
    const struct sx_node *n = node_of(w, node);
    for (int k = 0; n->op == SX_ADD && k < 2; k++) {
        const struct sx_node *p = node_of(w, n->in[k]), *c = node_of(w, n->in[1 - k]);
        *bias = n->in[1 - k];
        if (c->op != SX_CONST || w->uses[n->in[k]] != 1 ||
            !sx_shape_equal(&p->shape, &n->shape))
            continue;
        if (p->op == SX_CONV && along(&c->shape, &n->shape, 1))
            return n->in[k];
        if (p->op == SX_MATMUL && node_of(w, p->in[0])->shape.rank == 2 &&
            node_of(w, p->in[1])->shape.rank == 2 && along(&c->shape, &n->shape, 1))
            return n->in[k];
    }
    return SX_NONE;
}

void sx_spell_biased(struct sx_writer *w, int node, int product, int bias)
{
    const struct sx_node *c = node_of(w, bias);
    struct sx_tensor t = {c->type, {1, {sx_count(&c->shape)}}, NULL};
    const char *name = w->name[bias];
    if (c->shape.rank != 1) {
        memcpy(&t.data, &c->data, sizeof t.data);
        name = sx_writer_name(w, "bias");
        if (name == NULL)
            return;
        sx_onnx_write_tensor(w->to, name, &t);
    }
    w->wish[product] = w->wish[node];
    w->bias = name;
    if (node_of(w, product)->op == SX_CONV)
        sx_spell_conv(w, product);
    else
        sx_spell_matmul(w, product);
    w->bias = NULL;
    w->name[node] = w->name[product];
}

/* What is behind reshapes. */
static int behind(const struct sx_writer *w, int node)
{
    while (node_of(w, node)->op == SX_RESHAPE)
        node = node_of(w, node)->in[0];
    return node;
}

int sx_pooled_choice(const struct sx_writer *w, int node)
{
    const struct sx_node *n = node_of(w, node);
    if (n->op != SX_RESHAPE || node_of(w, n->in[0])->op != SX_TAKE)
        return SX_NONE;
    const struct sx_node *take = node_of(w, n->in[0]);
    int choice = behind(w, take->in[1]);
    const struct sx_node *c = node_of(w, choice);
    if (c->op != SX_POOLINDEX || take->attr[1] == 0 || take->attr[0] != 2 ||
        take->shape.rank != 3 || behind(w, take->in[0]) != behind(w, c->in[0]) ||
        !sx_shape_equal(&c->shape, &n->shape))
        return SX_NONE;
    return choice;
}

int sx_spelt_reads(const struct sx_writer *w, int node, int *reads)
{
    const struct sx_node *n = node_of(w, node);
    int bias, product = sx_biased_product(w, node, &bias), choice = sx_pooled_choice(w, node);
    if (choice != SX_NONE) {
        reads[0] = choice;
        return 1;
    }
    if (product != SX_NONE) {
        reads[0] = node_of(w, product)->in[0];
        reads[1] = node_of(w, product)->in[1];
        reads[2] = bias;
        return node_of(w, bias)->shape.rank == 1 ? 3
                                                 : 2; /* else it is written as one of rank 1 */
    }
    for (int k = 0; k < n->n_in; k++)
        reads[k] = n->in[k];
    return n->n_in;
}
