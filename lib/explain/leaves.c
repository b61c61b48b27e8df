/* leaves.c - a game of decision trees as a sum over their leaves.
 *
 * f is such a sum if it depends on x only through tree ensembles followed by linear operators, and
 * if each feature that an ensemble compares is computed from elements of one player. A leaf is then
 * reached by the coalitions that contain certain players and not others: a product. Interaction
 * indices of products have closed forms, without enumerating coalitions. */
#include <stdlib.h>
#include <string.h>

#include "explain/leaves.h"
#include "ops/ops.h"

/* An ensemble of the graph, and the weight of each of its targets in f. */
struct ensemble {
    int node;
    struct sx_forest forest;
    double *value, *weight; /* value: of nodes; weight: of leaves */
    double *slope;          /* derivative of f by each target */
    int64_t *label;         /* the player of each feature; -1: none */
};

struct sx_leaves {
    struct sx_explainer *e;
    const struct sx_players *players;
    const double *baselines;
    int64_t n_baselines;
    struct ensemble *ensemble;
    int n;
};

/* ---- Linearity of f ---- */

static bool has_trees(const struct sx_graph *g)
{
    bool found = false;
    for (size_t i = 0; i < g->n_nodes && !found; i++)
        found = g->node[i].op == SX_TREES;
    return found;
}

/* Whether a node is linear in its one operand that depends on x. */
static bool is_linear(const struct sx_graph *g, const struct sx_node *n, const bool *reached)
{
    switch (n->op) {
    case SX_RESHAPE:
    case SX_TRANSPOSE:
    case SX_EXPAND:
    case SX_SLICE:
    case SX_EMBED:
    case SX_CONCAT:
    case SX_SUM:
    case SX_NEG:
    case SX_ADD:
    case SX_SUB:
        return true;
    case SX_MUL:
    case SX_MATMUL:
        return !reached[n->in[0]] || !reached[n->in[1]];
    case SX_DIV:
    case SX_TAKE:
        return !reached[n->in[1]];
    case SX_CAST:
        return sx_is_real(n->type) && sx_is_real(g->node[n->in[0]].type);
    default:
        return false;
    }
}

static bool is_sum_of_trees(const struct sx_graph *g, const struct sx_node *n)
{
    for (int k = 1; k < n->n_in; k++)
        if (!sx_is_const(g, n->in[k]))
            return false;
    return (n->attr[1] == SX_TREE_ADD || n->attr[1] == SX_TREE_AVERAGE) && n->shape.dim[0] == 1;
}

/* Lists the ensembles that f depends on. `reached` marks nodes that depend on x, `direct` those
 * that do so without an ensemble. False if f is not linear in the ensembles. */
static bool list_ensembles(struct sx_leaves *s, const bool *needed, const bool *reached,
                           const bool *direct, struct sx_error *error)
{
    const struct sx_graph *g = s->e->built.graph;
    int value = s->e->built.value;
    s->ensemble = sx_new((size_t)value + 1, sizeof *s->ensemble, error);
    if (s->ensemble == NULL || direct[value])
        return false;
    for (int i = 0; i <= value; i++) {
        const struct sx_node *n = &g->node[i];
        if (!needed[i] || !reached[i] || direct[i])
            continue;
        if (n->op == SX_TREES ? !is_sum_of_trees(g, n) : !is_linear(g, n, reached))
            return false;
        if (n->op == SX_TREES)
            s->ensemble[s->n++].node = i;
    }
    return s->n > 0;
}

static bool find_ensembles(struct sx_leaves *s, struct sx_error *error)
{
    const struct sx_explained *b = &s->e->built;
    size_t n = b->graph->n_nodes;
    bool *needed = sx_new(n, sizeof *needed, error);
    bool *reached = sx_new(n, sizeof *reached, error);
    bool *direct = sx_new(n, sizeof *direct, error);
    bool ok = needed != NULL && reached != NULL && direct != NULL;
    if (ok) {
        sx_mark_needed(b->graph, &b->value, 1, needed);
        sx_mark_hanging(b->graph, b->x, n, false, reached);
        sx_mark_hanging(b->graph, b->x, n, true, direct);
        ok = list_ensembles(s, needed, reached, direct, error);
    }
    free(needed);
    free(reached);
    free(direct);
    return ok;
}

/* ---- Values ---- */

/* Computes nodes with x = `point`, and all other inputs as in the sample. */
static bool evaluate(const struct sx_leaves *s, const double *point, int n, const int *nodes,
                     struct sx_tensor *values, struct sx_error *error)
{
    struct sx_explained *b = &s->e->built;
    size_t room = (size_t)b->n_inputs + 2;
    int *inputs = sx_new(room, sizeof *inputs, error), count = 0;
    struct sx_tensor *feeds = sx_new(room, sizeof *feeds, error);
    struct sx_shape one = {1, {1}};
    bool ok = inputs != NULL && feeds != NULL;
    for (int i = 0; ok && i < b->n_inputs; i++)
        if (b->input[i] != SX_NONE && b->input[i] != b->x) {
            inputs[count] = b->input[i];
            feeds[count++] = s->e->feeds[i];
        }
    if (ok) {
        inputs[count] = b->index;
        feeds[count++] = (struct sx_tensor){SX_INT, one, &s->e->pick};
        inputs[count] = b->x;
        feeds[count++] =
            (struct sx_tensor){SX_DOUBLE, s->players->shape, (void *)(uintptr_t)point};
        ok = sx_evaluate(b->graph, inputs, feeds, count, nodes, values, n, error);
    }
    free(inputs);
    free(feeds);
    return ok;
}

static double *doubles(const struct sx_tensor *t, struct sx_error *error)
{
    int64_t n = sx_count(&t->shape);
    double *v = sx_new((size_t)n + 1, sizeof *v, error);
    for (int64_t i = 0; v != NULL && i < n; i++)
        v[i] = sx_tensor_get(t, i);
    return v;
}

/* Computes the derivative of f by each target. */
static bool find_slopes(struct sx_leaves *s, struct sx_error *error)
{
    struct sx_explained *b = &s->e->built;
    int *node = sx_new(2 * (size_t)s->n, sizeof *node, error), *slope = node + s->n;
    struct sx_tensor *value = sx_new((size_t)s->n, sizeof *value, error);
    for (int i = 0; node != NULL && i < s->n; i++)
        node[i] = s->ensemble[i].node;
    bool ok = node != NULL && value != NULL &&
              sx_derive(b->graph, b->value, SX_NONE, node, s->n, slope) &&
              evaluate(s, s->e->input.data, s->n, slope, value, error);
    for (int i = 0; ok && i < s->n; i++) {
        s->ensemble[i].slope = doubles(&value[i], error);
        ok = s->ensemble[i].slope != NULL;
    }
    for (int i = 0; value != NULL && i < s->n; i++)
        sx_tensor_free(&value[i]);
    free(node);
    free(value);
    return ok;
}

/* Reads the tables of an ensemble. A mean is a sum with smaller weights of leaves. */
static bool take_tables(struct sx_leaves *s, struct ensemble *m, struct sx_error *error)
{
    const struct sx_graph *g = s->e->built.graph;
    const struct sx_node *n = &g->node[m->node], *in[6];
    struct sx_tensor t[6];
    for (int k = 0; k < 6; k++) {
        in[k] = &g->node[n->in[k]];
        t[k] = (struct sx_tensor){in[k]->type, in[k]->shape, (void *)(uintptr_t)in[k]->data};
    }
    m->value = doubles(&t[2], error);
    m->weight = doubles(&t[4], error);
    m->forest = (struct sx_forest){.node = in[1]->data,
                                   .leaf = in[3]->data,
                                   .root = in[5]->data,
                                   .value = m->value,
                                   .weight = m->weight,
                                   .nodes = in[1]->shape.dim[0],
                                   .leaves = in[3]->shape.dim[0],
                                   .roots = in[5]->shape.dim[0],
                                   .features = in[0]->shape.dim[1],
                                   .targets = n->shape.dim[1]};
    for (int64_t i = 0;
         n->attr[1] == SX_TREE_AVERAGE && m->weight != NULL && i < m->forest.leaves; i++)
        m->weight[i] /= (double)m->forest.roots;
    return m->value != NULL && m->weight != NULL;
}

/* ---- The sum ---- */

/* The nodes of the features of each ensemble; the caller frees the array. */
static int *feature_nodes(const struct sx_leaves *s, struct sx_error *error)
{
    int *node = sx_new((size_t)s->n, sizeof *node, error);
    for (int i = 0; node != NULL && i < s->n; i++)
        node[i] = s->e->built.graph->node[s->ensemble[i].node].in[0];
    return node;
}

bool sx_explainer_has_trees(const struct sx_explainer *e)
{
    return e->built.graph != NULL && has_trees(e->built.graph);
}

struct sx_leaves *sx_leaves_new(struct sx_explainer *e, const struct sx_players *players,
                                const double *baselines, int64_t n_baselines,
                                struct sx_error *error)
{
    struct sx_error ignored = {0};
    struct sx_leaves *s = sx_new(1, sizeof *s, &ignored);
    if (s == NULL || !has_trees(e->built.graph)) {
        if (s == NULL)
            sx_fail_as(error, &ignored);
        free(s);
        return NULL;
    }
    *s = (struct sx_leaves){
        .e = e, .players = players, .baselines = baselines, .n_baselines = n_baselines};
    bool ok = find_ensembles(s, &ignored);
    int *features = ok ? feature_nodes(s, &ignored) : NULL;
    int64_t **label = ok ? sx_new((size_t)s->n, sizeof *label, &ignored) : NULL;
    ok = ok && features != NULL && label != NULL &&
         sx_players_of(&e->built, players, features, s->n, label, &ignored) &&
         find_slopes(s, &ignored);
    for (int i = 0; label != NULL && i < s->n; i++)
        s->ensemble[i].label = label[i];
    for (int i = 0; ok && i < s->n; i++)
        ok = take_tables(s, &s->ensemble[i], &ignored);
    free(features);
    free(label);
    if (ok)
        return s;
    if (sx_exhausted(&ignored))
        sx_fail_as(error, &ignored);
    sx_leaves_free(s);
    return NULL;
}

void sx_leaves_free(struct sx_leaves *s)
{
    if (s == NULL)
        return;
    for (int i = 0; s->ensemble != NULL && i < s->n; i++) {
        free(s->ensemble[i].value);
        free(s->ensemble[i].weight);
        free(s->ensemble[i].slope);
        free(s->ensemble[i].label);
    }
    free(s->ensemble);
    free(s);
}

/* Computes the features of all ensembles at a point; the caller frees them. */
static bool features_at(const struct sx_leaves *s, const int *node, const double *point,
                        double **features, struct sx_error *error)
{
    struct sx_tensor *value = sx_new((size_t)s->n, sizeof *value, error);
    bool ok = value != NULL && evaluate(s, point, s->n, node, value, error);
    for (int i = 0; value != NULL && i < s->n; i++) {
        free(features[i]);
        features[i] = ok ? doubles(&value[i], error) : NULL;
        ok = features[i] != NULL;
        sx_tensor_free(&value[i]);
    }
    free(value);
    return ok;
}

bool sx_leaves_each(const struct sx_leaves *s, const struct sx_product_taker *to,
                    struct sx_error *error)
{
    int64_t size = sx_count(&s->players->shape);
    int *node = feature_nodes(s, error);
    double **x = sx_new(2 * (size_t)s->n, sizeof *x, error), **b = x + s->n;
    double *absent = sx_new((size_t)size, sizeof *absent, error);
    const double *here = s->e->input.data;
    bool ok =
        node != NULL && x != NULL && absent != NULL && features_at(s, node, here, x, error);
    for (int64_t k = 0; ok && k < s->n_baselines; k++) {
        for (int64_t i = 0; i < size; i++)
            absent[i] = s->players->label[i] < 0 ? here[i] : s->baselines[k * size + i];
        ok = features_at(s, node, absent, b, error);
        for (int i = 0; ok && i < s->n; i++) {
            const struct ensemble *m = &s->ensemble[i];
            ok = sx_descend(&m->forest, x[i], b[i], m->label, s->players->count, m->slope,
                            1 / (double)s->n_baselines, to, error);
        }
    }
    for (int i = 0; x != NULL && i < 2 * s->n; i++)
        free(x[i]);
    free(x);
    free(absent);
    free(node);
    return ok;
}
