/* node.c - appends a node, or finds an equal one. */
#include <stdlib.h>
#include <string.h>

#include "graph/internal.h"

int sx_append(struct sx_graph *g, const struct sx_node *node)
{
    if (g->n_nodes >= INT32_MAX / 2) {
        sx_fail(&g->error, SX_MODEL, "the graph has too many nodes");
        return SX_NONE;
    }
    if (!sx_graph_take(g, 1, sizeof *g->node) ||
        !sx_grow((void **)&g->node, &g->node_capacity, g->n_nodes + 1, sizeof *g->node,
                 &g->error))
        return SX_NONE;
    g->node[g->n_nodes] = *node;
    return (int)g->n_nodes++;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
    return hash ^ hash >> 32;
}

/* Hashes a word at a time, because each node is hashed several times. */
static uint64_t mix_bytes(uint64_t hash, const void *bytes, size_t n)
{
    uint64_t word;
    for (; n >= sizeof word; n -= sizeof word, bytes = (const char *)bytes + sizeof word) {
        memcpy(&word, bytes, sizeof word);
        hash = mix(hash, word);
    }
    word = n;
    if (n > 0)
        memcpy(&word, bytes, n);
    return mix(hash, word);
}

uint64_t sx_node_hash(const struct sx_node *n)
{
    uint64_t h = mix((uint64_t)n->op, (uint64_t)n->type);
    h = mix_bytes(h, n->shape.dim, (size_t)n->shape.rank * sizeof n->shape.dim[0]);
    h = mix_bytes(h, n->in, (size_t)n->n_in * sizeof n->in[0]);
    h = mix_bytes(h, n->attr, (size_t)n->n_attr * sizeof n->attr[0]);
    if (n->op == SX_CONST) {
        size_t bytes = (size_t)sx_count(&n->shape) * sx_type_size(n->type);
        h = mix_bytes(h, n->data, bytes < 256 ? bytes : 256);
    }
    return h;
}

/* Constants up to this size are compared by content; folded ones are not larger. Larger ones are
 * compared by address, so that large weights are not read. */
#define COMPARED ((size_t)1 << 20)
static bool same_data(const struct sx_node *a, const struct sx_node *b)
{
    if (a->op != SX_CONST || a->data == b->data)
        return true;
    size_t bytes = (size_t)sx_count(&a->shape) * sx_type_size(a->type);
    return bytes <= COMPARED && (bytes == 0 || memcmp(a->data, b->data, bytes) == 0);
}

bool sx_node_same(const struct sx_node *a, const struct sx_node *b)
{
    return a->op == b->op && a->type == b->type && a->n_in == b->n_in &&
           a->n_attr == b->n_attr && sx_shape_equal(&a->shape, &b->shape) &&
           (a->n_in == 0 || memcmp(a->in, b->in, (size_t)a->n_in * sizeof a->in[0]) == 0) &&
           (a->n_attr == 0 ||
            memcmp(a->attr, b->attr, (size_t)a->n_attr * sizeof a->attr[0]) == 0) &&
           same_data(a, b);
}

static bool grow_table(struct sx_graph *g)
{
    size_t wanted = g->n_buckets > 0 ? 2 * g->n_buckets : 1024;
    int *bucket = sx_new(wanted, sizeof *bucket, &g->error);
    if (bucket == NULL)
        return false;
    for (size_t i = 0; i < g->n_buckets; i++) {
        if (g->bucket[i] == 0)
            continue;
        size_t at = sx_node_hash(&g->node[g->bucket[i] - 1]) & (wanted - 1);
        while (bucket[at] != 0)
            at = (at + 1) & (wanted - 1);
        bucket[at] = g->bucket[i];
    }
    free(g->bucket);
    g->bucket = bucket;
    g->n_buckets = wanted;
    return true;
}

int sx_share(struct sx_graph *g, const struct sx_node *node)
{
    if (2 * (g->n_hashed + 1) > g->n_buckets && !grow_table(g))
        return SX_NONE;
    size_t at = sx_node_hash(node) & (g->n_buckets - 1);
    for (; g->bucket[at] != 0; at = (at + 1) & (g->n_buckets - 1))
        if (sx_node_same(&g->node[g->bucket[at] - 1], node))
            return g->bucket[at] - 1;
    int id = sx_append(g, node);
    if (id != SX_NONE) {
        g->bucket[at] = id + 1;
        g->n_hashed++;
    }
    return id;
}

/* ---- Folded nodes ---- */

static size_t folded_slot(const struct sx_folded *f, const struct sx_node *node)
{
    size_t at = sx_node_hash(node) & (f->size - 1);
    while (f->item[at].result != 0 && !sx_node_same(&f->item[at].node, node))
        at = (at + 1) & (f->size - 1);
    return at;
}

int sx_folded_find(const struct sx_graph *g, const struct sx_node *node)
{
    const struct sx_folded *f = &g->folded;
    return f->size > 0 ? f->item[folded_slot(f, node)].result - 1 : SX_NONE;
}

bool sx_folded_note(struct sx_graph *g, const struct sx_node *node, int result)
{
    struct sx_folded *f = &g->folded, wider = {.n = f->n + 1, .size = f->size};
    if (2 * wider.n > f->size) {
        wider.size = f->size > 0 ? 2 * f->size : 256;
        wider.item = sx_new(wider.size, sizeof *wider.item, &g->error);
        if (wider.item == NULL)
            return false;
        for (size_t i = 0; i < f->size; i++)
            if (f->item[i].result != 0)
                wider.item[folded_slot(&wider, &f->item[i].node)] = f->item[i];
        free(f->item);
        f->item = wider.item;
    }
    f->n = wider.n;
    f->size = wider.size;
    f->item[folded_slot(f, node)] = (struct sx_fold){*node, result + 1};
    return true;
}
