/* nid.c - neural interaction detection from weights alone (Tsang, Cheng, Liu, ICLR 2018).
 *
 * z = |w_y| |W_L| .. |W_2| is the influence of each unit of the first layer.
 * The strength of a set is the sum over units r of z_r min |W_1[r, i]| over its features i.
 * The greedy form counts unit r only for sets that hold the features of its largest weights. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "xderiv/study.h"

/* The walk down from f to the first layer. */
struct walk {
    const struct sx_graph *g;
    bool *moves; /* per node: depends on x */
    int x, at;
    int pick;       /* the node that holds the index of the target's element */
    int64_t index;  /* its value */
    double *z;      /* influence of each element of `at` */
    int64_t n;      /* elements of `at` */
    double *weight; /* |W_1|, [units, features], once it is found */
    int64_t units;
};

static bool refuse(const struct walk *w, struct sx_error *error)
{
    return sx_fail(error, SX_MODEL,
                   "nid reads the weights of a chain of fully connected layers: %s is none",
                   sx_row_of(w->g, &w->g->node[w->at])->name);
}

static double element(const struct sx_graph *g, int node, int64_t i)
{
    const struct sx_node *n = &g->node[node];
    const struct sx_tensor t = {n->type, n->shape, (void *)(uintptr_t)n->data};
    int64_t count = sx_count(&n->shape);
    return sx_tensor_get(&t, count == 1 ? 0 : i % count);
}

static bool replace(struct walk *w, double *z, int64_t n, int at)
{
    free(w->z);
    w->z = z;
    w->n = n;
    w->at = at;
    return z != NULL;
}

/* A product with a constant, seen as W [units, k] times a vector. */
static bool pass_product(struct walk *w, struct sx_error *error)
{
    const struct sx_graph *g = w->g;
    const struct sx_node *n = &g->node[w->at];
    int side = sx_is_const(g, n->in[1]) ? 1 : 0, from = n->in[1 - side];
    const struct sx_node *c = &g->node[n->in[side]];
    int64_t k = sx_count(&g->node[from].shape);
    if (!sx_is_const(g, n->in[side]) || c->shape.rank != 2 || k * w->n != sx_count(&c->shape))
        return refuse(w, error);
    /* Element (unit, k) of the constant: by columns where the layer's units are its columns. */
    bool by_column = side == 1 ? n->attr[1] == 0 : n->attr[0] != 0;
    double *weight = sx_new((size_t)(k * w->n), sizeof *weight, error);
    double *z = sx_new((size_t)k, sizeof *z, error);
    if (weight == NULL || z == NULL) {
        free(weight);
        free(z);
        return false;
    }
    for (int64_t r = 0; r < w->n; r++)
        for (int64_t i = 0; i < k; i++) {
            int64_t place = by_column ? i * w->n + r : r * k + i;
            weight[r * k + i] = fabs(element(g, n->in[side], place));
            z[i] += w->z[r] * weight[r * k + i];
        }
    while (g->node[from].op == SX_RESHAPE)
        from = g->node[from].in[0];
    if (from == w->x) {
        w->weight = weight;
        w->units = w->n;
        free(z);
        return true;
    }
    free(weight);
    return replace(w, z, k, from);
}

/* Moves to the only operand of a pointwise formula that depends on x. */
static bool pass_pointwise(struct walk *w, struct sx_error *error)
{
    const struct sx_graph *g = w->g;
    bool *in = sx_new((size_t)w->at + 1, sizeof *in, error);
    int open = 1, last = w->at;
    if (in == NULL)
        return false;
    in[last] = true;
    for (int i = w->at; i >= 0 && (i == w->at || open > 1); i--) {
        const struct sx_node *n = &g->node[i];
        if (!in[i])
            continue;
        if (!sx_is_pointwise(n) || i == w->x)
            break;
        open--;
        for (int k = 0; k < n->n_in; k++)
            if (w->moves[n->in[k]] && !in[n->in[k]]) {
                in[n->in[k]] = true;
                open++;
            }
    }
    for (int i = 0; i < w->at; i++)
        last = in[i] && (last == w->at || i < last) ? i : last;
    bool one = open == 1 && sx_count(&g->node[last].shape) == w->n;
    free(in);
    if (!one)
        return refuse(w, error);
    w->at = last;
    return true;
}

/* x * c and x / c change influence by |c|. */
static void pass_factor(struct walk *w)
{
    const struct sx_node *n = &w->g->node[w->at];
    if (n->op != SX_MUL)
        return;
    for (int k = 0; k < 2; k++)
        if (sx_is_const(w->g, n->in[k]))
            for (int64_t i = 0; i < w->n; i++)
                w->z[i] *= fabs(element(w->g, n->in[k], i));
}

/* A gather by the target's index or by constant indices. Indices that are computed are
 * refused. */
static bool pass_choice(struct walk *w, struct sx_error *error)
{
    const struct sx_node *n = &w->g->node[w->at];
    int64_t count = sx_count(&w->g->node[n->in[0]].shape);
    bool fixed = sx_is_const(w->g, n->in[1]);
    if ((!fixed && n->in[1] != w->pick) || w->g->node[n->in[0]].shape.rank != 1)
        return refuse(w, error);
    double *z = sx_new((size_t)count, sizeof *z, error);
    for (int64_t k = 0; z != NULL && k < w->n; k++)
        z[fixed ? (int64_t)element(w->g, n->in[1], k) : w->index] += w->z[k];
    return replace(w, z, count, n->in[0]);
}

/* A sum over all elements. */
static bool pass_sum(struct walk *w, struct sx_error *error)
{
    const struct sx_node *n = &w->g->node[w->at];
    int64_t count = sx_count(&w->g->node[n->in[0]].shape);
    if (w->n != 1)
        return refuse(w, error);
    double *z = sx_new((size_t)count, sizeof *z, error);
    for (int64_t i = 0; z != NULL && i < count; i++)
        z[i] = w->z[0];
    return replace(w, z, count, n->in[0]);
}

static bool pass(struct walk *w, struct sx_error *error)
{
    const struct sx_node *n = &w->g->node[w->at];
    if (w->at == w->x)
        return refuse(w, error);
    if (n->op == SX_MATMUL)
        return pass_product(w, error);
    if (n->op == SX_TAKE)
        return pass_choice(w, error);
    if (n->op == SX_SUM)
        return pass_sum(w, error);
    if (n->op == SX_RESHAPE) {
        w->at = n->in[0];
        return true;
    }
    if (!sx_is_pointwise(n))
        return refuse(w, error);
    pass_factor(w);
    return pass_pointwise(w, error);
}

static bool find_layers(struct walk *w, const struct sx_study *h, struct sx_error *error)
{
    const struct sx_explained *b = &h->e->built;
    *w = (struct walk){.g = b->graph,
                       .x = b->x,
                       .at = b->value,
                       .pick = b->index,
                       .n = 1,
                       .index = h->e->pick};
    w->z = sx_new(1, sizeof *w->z, error);
    w->moves = sx_new(b->graph->n_nodes, sizeof *w->moves, error);
    if (w->z == NULL || w->moves == NULL)
        return false;
    w->z[0] = 1;
    sx_mark_reached(b->graph, &b->x, 1, b->graph->n_nodes, w->moves);
    while (w->weight == NULL)
        if (!pass(w, error))
            return false;
    return true;
}

/* The smallest weight of the set's features at a unit; with `greedy` 0 where a feature outside
 * of the set weighs more (or the same, and comes earlier). */
static double least(const double *weight, int64_t features, const int32_t *set, int order,
                    bool greedy)
{
    int32_t last = set[0];
    for (int m = 1; m < order; m++)
        if (weight[set[m]] <= weight[last])
            last = set[m];
    int64_t before = 0;
    for (int32_t i = 0; greedy && i < features; i++)
        before += weight[i] > weight[last] || (weight[i] == weight[last] && i < last);
    return greedy && before != order - 1 ? 0 : weight[last];
}

static bool from_weights(struct sx_study *h, const struct sx_level *l, bool greedy,
                         double *values, struct sx_error *error)
{
    struct walk w = {0};
    if (!h->elements)
        return sx_fail(error, SX_USAGE, "nid knows single elements only");
    bool ok = find_layers(&w, h, error);
    for (int64_t k = 0; ok && k < l->n; k++) {
        values[k] = 0;
        for (int64_t r = 0; r < w.units; r++)
            values[k] += w.z[r] * least(w.weight + r * h->size, h->size, l->set + k * l->order,
                                        l->order, greedy);
    }
    free(w.z);
    free(w.moves);
    free(w.weight);
    return ok;
}

bool sx_nid(struct sx_study *h, const struct sx_level *l, const struct sx_study_rows *rows,
            double *values, struct sx_error *error)
{
    (void)rows;
    return from_weights(h, l, false, values, error);
}

bool sx_nid_greedy(struct sx_study *h, const struct sx_level *l,
                   const struct sx_study_rows *rows, double *values, struct sx_error *error)
{
    (void)rows;
    return from_weights(h, l, true, values, error);
}
