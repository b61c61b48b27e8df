/* patterns.c - groups of core operators for which ONNX has one operator: their table, and
 * products with a bias. limits.c, means.c, splits.c, pools.c and turned.c match and write the
 * other groups. */
#include <string.h>

#include "export/patterns.h"

static const struct sx_node *node_of(const struct sx_writer *w, int node)
{
    return &w->g->node[node];
}

/* ---- Products with a bias ---- */

/* Whether a constant varies along one axis of `shape` alone, and has every element of that
 * axis. */
static bool along(const struct sx_shape *c, const struct sx_shape *shape, int axis)
{
    int lead = shape->rank - c->rank;
    return lead >= 0 && lead <= axis && c->dim[axis - lead] == shape->dim[axis] &&
           sx_count(c) == shape->dim[axis];
}

/* Matches the sum of a product and a constant that can be its bias. The product must have no
 * other reader. Returns the product, or SX_NONE. */
static int biased_product(const struct sx_writer *w, int node, int *bias)
{
    const struct sx_node *n = node_of(w, node);
    for (int k = 0; k < 2; k++) {
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

/* Matches a product with a bias. A bias whose rank is not 1 is not read: spell_biased writes it
 * again with rank 1. */
static int read_biased(const struct sx_writer *w, int node, int *reads)
{
    int bias, product = biased_product(w, node, &bias);
    if (product == SX_NONE)
        return SX_NONE;
    reads[0] = node_of(w, product)->in[0];
    reads[1] = node_of(w, product)->in[1];
    reads[2] = bias;
    return node_of(w, bias)->shape.rank == 1 ? 3 : 2;
}

static void spell_biased(struct sx_writer *w, int node)
{
    int bias, product = biased_product(w, node, &bias);
    const struct sx_node *c = node_of(w, bias);
    struct sx_tensor t = {c->type, {1, {sx_count(&c->shape)}}, NULL};
    const char *name = w->name[bias];
    if (c->shape.rank != 1) {
        memcpy(&t.data, &c->data, sizeof t.data);
        name = sx_writer_name(w, "bias");
        if (name == NULL)
            return;
        sx_outside_write(w->outside, w->to, name, &t, w->error);
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

/* ---- The table ---- */

static const struct sx_pattern patterns[] = {
    {SX_ADD, read_biased, spell_biased},
    {SX_ADD, sx_read_joined, sx_spell_joined},
    {SX_RESHAPE, sx_read_pooled, sx_spell_pooled},
    {SX_RESHAPE, sx_read_unpooled, sx_spell_unpooled},
    {SX_PUT, sx_read_unpooled, sx_spell_unpooled},
    {SX_WHERE, sx_read_clip, sx_spell_clip},
    {SX_WHERE, sx_read_within, sx_spell_within},
    {SX_SLICE, sx_read_split, sx_spell_split},
    {SX_MUL, sx_read_mean, sx_spell_mean},
    {SX_DIV, sx_read_cancelled, sx_spell_cancelled},
    {SX_CONVINPUT, sx_read_turned, sx_spell_turned},
};

/* The pattern that ends in a node. Sets what it reads. NULL if none ends there. */
static const struct sx_pattern *pattern_of(const struct sx_writer *w, int node, int *reads,
                                           int *n)
{
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        if (patterns[i].op == node_of(w, node)->op &&
            (*n = patterns[i].reads(w, node, reads)) != SX_NONE)
            return &patterns[i];
    return NULL;
}

int sx_spelt_reads(const struct sx_writer *w, int node, int *reads)
{
    const struct sx_node *n = node_of(w, node);
    int count;
    if (pattern_of(w, node, reads, &count) != NULL)
        return count;
    for (int k = 0; k < n->n_in; k++)
        reads[k] = n->in[k];
    return n->op == SX_THROUGH ? 1 : n->n_in; /* only the value is written */
}

bool sx_spell_pattern(struct sx_writer *w, int node)
{
    int n;
    const struct sx_pattern *pattern = pattern_of(w, node, w->reads, &n);
    if (pattern == NULL)
        return false;
    pattern->spell(w, node);
    return true;
}
