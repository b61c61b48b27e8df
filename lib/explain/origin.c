/* origin.c - finds the players that the elements of inner tensors are computed from. */
#include <stdlib.h>
#include <string.h>

#include "explain/leaves.h"
#include "ops/ops.h"

void sx_mark_hanging(const struct sx_graph *g, int x, size_t n, bool cut, bool *reached)
{
    memset(reached, 0, n * sizeof *reached);
    for (size_t i = 0; i < n; i++) {
        reached[i] = (int)i == x;
        for (int k = 0; k < g->node[i].n_in && !(cut && g->node[i].op == SX_TREES); k++)
            reached[i] = reached[i] || reached[g->node[i].in[k]];
    }
}

/* Labels are computed by a graph of their own. A label is 1 + the player, or 0 for constants. A
 * result has the largest label of its operands. The nodes in clash[] are not 0 where two players
 * meet. */
struct labelling {
    struct sx_graph *to; /* the graph of labels */
    int *label;          /* per node: its label's node in `to` */
    int *clash, n_clash;
};

static int merged(struct labelling *w, int a, int b)
{
    struct sx_graph *g = w->to;
    int product = sx_mul(g, sx_mul(g, sx_sub(g, a, b), a), b);
    w->clash[w->n_clash++] = product;
    return sx_binary(g, SX_MAX, a, b);
}

/* The label of a node from those of its operands; SX_NONE: not known. */
static int labelled(struct labelling *w, const struct sx_graph *g, const struct sx_node *n)
{
    int all = w->label[n->in[0]];
    int *in = sx_arena_new(&w->to->arena, (size_t)n->n_in, sizeof *in, &w->to->error);
    const struct sx_node *index;
    switch (n->op) {
    case SX_RESHAPE:
    case SX_TRANSPOSE:
    case SX_EXPAND:
    case SX_SLICE:
    case SX_CONCAT:
    case SX_EMBED:
        for (int k = 0; in != NULL && k < n->n_in; k++)
            in[k] = w->label[n->in[k]];
        return in != NULL ? sx_emit(w->to, n->op, n->n_in, in, n->n_attr, n->attr) : SX_NONE;
    case SX_TAKE:
        if (!sx_is_const(g, n->in[1]))
            return SX_NONE;
        index = &g->node[n->in[1]];
        return sx_take(w->to, all, sx_const_borrow(w->to, SX_INT, &index->shape, index->data),
                       (int)n->attr[0], n->attr[1] != 0);
    default:
        if (n->op >= SX_N_POINTWISE)
            return SX_NONE;
        for (int k = 1; k < n->n_in; k++)
            all = merged(w, all, w->label[n->in[k]]);
        return sx_expand(w->to, all, &n->shape);
    }
}

static int player_labels(struct labelling *w, const struct sx_players *p)
{
    int64_t size = sx_count(&p->shape);
    int64_t *label = sx_arena_new(&w->to->arena, (size_t)size, sizeof *label, &w->to->error);
    for (int64_t i = 0; label != NULL && i < size; i++)
        label[i] = p->label[i] + 1;
    return label != NULL ? sx_const_borrow(w->to, SX_INT, &p->shape, label) : SX_NONE;
}

/* Labels every node that the ensembles' features are computed from. */
static bool label_nodes(const struct sx_explained *b, const struct sx_players *p,
                        struct labelling *w, const bool *needed, const bool *reached)
{
    const struct sx_graph *g = b->graph;
    for (size_t i = 0; i < g->n_nodes; i++) {
        const struct sx_node *n = &g->node[i];
        if (!needed[i])
            continue;
        if ((int)i == b->x)
            w->label[i] = player_labels(w, p);
        else if (!reached[i])
            w->label[i] = sx_expand(w->to, sx_scalar_int(w->to, 0), &n->shape);
        else
            w->label[i] = labelled(w, g, n);
        if (w->label[i] == SX_NONE)
            return false;
    }
    return true;
}

static bool all_zero(const struct sx_tensor *t)
{
    for (int64_t i = 0; i < sx_count(&t->shape); i++)
        if (((const int64_t *)t->data)[i] != 0)
            return false;
    return true;
}

/* Evaluates the labels of nodes[]; false if an element depends on two players. */
static bool read_labels(struct labelling *w, const int *nodes, int n_nodes, int64_t **label,
                        struct sx_error *error)
{
    int n = n_nodes + w->n_clash;
    int *out = sx_new((size_t)n, sizeof *out, error);
    struct sx_tensor *value = sx_new((size_t)n, sizeof *value, error);
    for (int i = 0; out != NULL && i < n; i++)
        out[i] = i < n_nodes ? w->label[nodes[i]] : w->clash[i - n_nodes];
    bool ok = out != NULL && value != NULL && sx_graph_ok(w->to, error) &&
              sx_evaluate(w->to, NULL, NULL, 0, out, value, n, error);
    for (int i = n_nodes; ok && i < n; i++)
        ok = all_zero(&value[i]);
    for (int i = 0; ok && i < n_nodes; i++) {
        int64_t count = sx_count(&value[i].shape);
        label[i] = sx_new((size_t)count, sizeof *label[i], error);
        ok = label[i] != NULL;
        for (int64_t k = 0; ok && k < count; k++)
            label[i][k] = ((const int64_t *)value[i].data)[k] - 1;
    }
    for (int i = 0; value != NULL && i < n; i++)
        sx_tensor_free(&value[i]);
    free(out);
    free(value);
    return ok;
}

bool sx_players_of(const struct sx_explained *b, const struct sx_players *players,
                   const int *nodes, int n_nodes, int64_t **label, struct sx_error *error)
{
    const struct sx_graph *g = b->graph;
    size_t n = g->n_nodes;
    struct labelling w = {.to = sx_graph_new(g->rows, g->real, error)};
    bool *needed = sx_new(n, sizeof *needed, error);
    bool *reached = sx_new(n, sizeof *reached, error);
    w.label = sx_new(n, sizeof *w.label, error);
    w.clash = sx_new(3 * n, sizeof *w.clash, error);
    bool ok =
        w.to != NULL && needed != NULL && reached != NULL && w.label != NULL && w.clash != NULL;
    if (ok) {
        sx_mark_needed(g, nodes, n_nodes, needed);
        sx_mark_hanging(g, b->x, n, false, reached);
        ok = label_nodes(b, players, &w, needed, reached) &&
             read_labels(&w, nodes, n_nodes, label, error);
    }
    sx_graph_free(w.to);
    free(needed);
    free(reached);
    free(w.label);
    free(w.clash);
    return ok;
}
