/* same.c - joins equal constants of a file to one node. They are found by a sample of their bytes,
 * and compared. What is folded from them is then folded once. */
#include <stdlib.h>
#include <string.h>

#include "lower/scope.h"

/* Smaller constants are not searched for. */
#define LEAST_BYTES ((size_t)1 << 12)

static size_t bytes_of(enum sx_type type, const struct sx_shape *shape)
{
    return (size_t)sx_count(shape) * sx_type_size(type);
}

static uint64_t sample(const struct sx_node *n)
{
    enum { PIECES = 5, PIECE = 64 };
    size_t bytes = bytes_of(n->type, &n->shape);
    uint64_t hash = sx_hash(SX_HASH_START, &n->type, sizeof n->type);
    hash = sx_hash(hash, n->shape.dim, (size_t)n->shape.rank * sizeof n->shape.dim[0]);
    for (size_t k = 0; k < PIECES; k++)
        hash = sx_hash(hash, (const char *)n->data + (bytes - PIECE) / (PIECES - 1) * k, PIECE);
    return hash;
}

static bool is_same(const struct sx_node *a, const struct sx_node *b)
{
    return a->type == b->type && sx_shape_equal(&a->shape, &b->shape) &&
           (a->data == b->data || memcmp(a->data, b->data, bytes_of(a->type, &a->shape)) == 0);
}

/* The slot of an equal constant in the table, or the free slot where it would be put. */
static size_t slot(const struct sx_same *s, const struct sx_graph *g, const struct sx_node *n)
{
    uint64_t hash = sample(n);
    size_t at = hash & (s->size - 1);
    while (s->item[at].node != 0 &&
           (s->item[at].hash != hash || !is_same(&g->node[s->item[at].node - 1], n)))
        at = (at + 1) & (s->size - 1);
    return at;
}

static bool widen(struct sx_same *s, struct sx_error *error)
{
    struct sx_same wider = {.n = s->n, .size = s->size > 0 ? 2 * s->size : 64};
    wider.item = sx_new(wider.size, sizeof *wider.item, error);
    if (wider.item == NULL)
        return false;
    for (size_t i = 0; i < s->size; i++) {
        size_t at = s->item[i].hash & (wider.size - 1);
        while (s->item[i].node != 0 && wider.item[at].node != 0)
            at = (at + 1) & (wider.size - 1);
        if (s->item[i].node != 0)
            wider.item[at] = s->item[i];
    }
    free(s->item);
    *s = wider;
    return true;
}

int sx_same_const(struct sx_same *s, struct sx_graph *g, const struct sx_tensor *t)
{
    const struct sx_node n = {
        .op = SX_CONST, .type = t->type, .shape = t->shape, .data = t->data};
    if (bytes_of(t->type, &t->shape) < LEAST_BYTES)
        return sx_const_borrow(g, t->type, &t->shape, t->data);
    if (2 * (s->n + 1) > s->size && !widen(s, &g->error))
        return SX_NONE;
    struct sx_same_item *item = &s->item[slot(s, g, &n)];
    if (item->node != 0)
        return item->node - 1;
    int node = sx_const_borrow(g, t->type, &t->shape, t->data);
    if (node != SX_NONE) {
        *item = (struct sx_same_item){sample(&n), node + 1};
        s->n++;
    }
    return node;
}
