/* ensemble.c - lowering of TreeEnsemble, the form of tree ensembles since version 5 of ai.onnx.ml.
 * Inner nodes and leaves have separate numbers, and a test may be for membership. */
#include <math.h>

#include "lower/classical.h"
#include "lower/tables.h"

enum { MEMBER = 6 };

struct ensemble {
    struct sx_ints feature, yes, no, yes_leaf, no_leaf, missing, root, target;
    struct sx_reals mode, split, member, weight;
    int64_t inner, leaves, rows, n; /* rows: capacity of the table; n: rows so far */
    int64_t *node, *leaf;
    double *value;
};

static bool read_ensemble(struct sx_lowering *l, struct ensemble *e)
{
    e->feature = sx_attr_ints(l, "nodes_featureids");
    e->yes = sx_attr_ints(l, "nodes_truenodeids");
    e->no = sx_attr_ints(l, "nodes_falsenodeids");
    e->yes_leaf = sx_attr_ints(l, "nodes_trueleafs");
    e->no_leaf = sx_attr_ints(l, "nodes_falseleafs");
    e->missing = sx_attr_ints(l, "nodes_missing_value_tracks_true");
    e->root = sx_attr_ints(l, "tree_roots");
    e->target = sx_attr_ints(l, "leaf_targetids");
    e->mode = sx_ml_tensor(l, "nodes_modes");
    e->split = sx_ml_tensor(l, "nodes_splits");
    e->weight = sx_ml_tensor(l, "leaf_weights");
    if (sx_attr(l, "membership_values") != NULL)
        e->member = sx_ml_tensor(l, "membership_values");
    int n = e->feature.n;
    e->inner = n;
    e->leaves = e->target.n;
    e->rows = e->inner + e->leaves + e->member.n;
    return (n > 0 && e->yes.n == n && e->no.n == n && e->yes_leaf.n == n && e->no_leaf.n == n &&
            e->mode.n == n && e->split.n == n && (e->missing.n == 0 || e->missing.n == n) &&
            e->weight.n == e->target.n) ||
           sx_reject(l, "lists of nodes and leaves differ in length");
}

/* The row of a child node; leaves follow the inner nodes. */
static bool next_of(struct sx_lowering *l, const struct ensemble *e, int64_t id, bool leaf,
                    int64_t *row)
{
    *row = leaf ? e->inner + id : id;
    return (id >= 0 && id < (leaf ? e->leaves : e->inner)) ||
           sx_reject(l, "a node leads to none");
}

static void set_row(struct ensemble *e, int64_t row, int i, int64_t mode, double value,
                    int64_t yes, int64_t no)
{
    int64_t *node = e->node + 5 * row;
    node[0] = e->feature.v[i];
    node[1] = mode;
    node[2] = yes;
    node[3] = no;
    node[4] = e->missing.n > 0 ? e->missing.v[i] : 0;
    e->value[row] = value;
}

/* Replaces a test for membership by a chain of tests for equality. *at is where the next list
 * begins; each list ends with NaN. */
static void set_members(struct ensemble *e, int i, int64_t yes, int64_t no, int *at)
{
    int64_t row = i;
    for (bool first = true;; first = false) {
        bool end = *at >= e->member.n || isnan(e->member.v[*at]);
        if (end && first)
            set_row(e, row, i, SX_TREE_EQ, (double)NAN, yes, no);
        if (end)
            break;
        double value = e->member.v[(*at)++];
        bool last = *at >= e->member.n || isnan(e->member.v[*at]);
        int64_t next = last ? no : e->n++;
        set_row(e, row, i, SX_TREE_EQ, value, yes, next);
        row = next;
    }
    (*at)++;
}

static bool set_rows(struct sx_lowering *l, struct ensemble *e)
{
    int at = 0;
    e->node = sx_scratch(l, (size_t)e->rows, 5 * sizeof *e->node);
    e->value = sx_scratch(l, (size_t)e->rows, sizeof *e->value);
    if (e->node == NULL || e->value == NULL)
        return false;
    e->n = e->inner + e->leaves;
    for (int64_t k = 0; k < e->leaves; k++) {
        int64_t *node = e->node + 5 * (e->inner + k);
        node[1] = SX_TREE_LEAF;
        node[2] = k;
        node[3] = 1;
    }
    for (int i = 0; i < e->feature.n; i++) {
        double mode = e->mode.v[i];
        int64_t yes, no;
        if (!next_of(l, e, e->yes.v[i], e->yes_leaf.v[i] != 0, &yes) ||
            !next_of(l, e, e->no.v[i], e->no_leaf.v[i] != 0, &no))
            return false;
        if (!(mode >= SX_TREE_LEQ && mode <= MEMBER))
            return sx_reject(l, "node %d has no mode that is known", i);
        if (mode == MEMBER)
            set_members(e, i, yes, no, &at);
        else
            set_row(e, i, i, (int64_t)mode, e->split.v[i], yes, no);
    }
    return true;
}

static bool lower_ensemble(struct sx_lowering *l)
{
    static const enum sx_tree_sum sums[] = {SX_TREE_AVERAGE, SX_TREE_ADD, SX_TREE_MIN,
                                            SX_TREE_MAX};
    struct sx_graph *g = l->g;
    struct ensemble e = {0};
    int64_t targets = sx_attr_int(l, "n_targets", 1),
            sum = sx_attr_int(l, "aggregate_function", 1);
    int64_t post = sx_attr_int(l, "post_transform", 0);
    if (targets < 1 || sum < 0 || sum > 3 || post < 0 || post > SX_POST_PROBIT)
        return sx_reject(l, "%lld targets, aggregate_function %lld, post_transform %lld",
                         (long long)targets, (long long)sum, (long long)post);
    if (!read_ensemble(l, &e) || !set_rows(l, &e))
        return false;
    struct sx_shape table = {2, {e.n, 5}}, values = {1, {e.n}}, leaves = {1, {e.leaves}};
    const int in[] = {sx_ml_rows(l),
                      sx_const(g, SX_INT, &table, e.node),
                      sx_real_const(g, &values, e.value),
                      sx_ints(g, (int)e.leaves, e.target.v),
                      sx_real_const(g, &leaves, e.weight.v),
                      sx_ints(g, e.root.n, e.root.v)};
    return sx_give(l, sx_ml_transformed_by(l, sx_trees(g, in, targets, sums[sum]), (int)post));
}

const struct sx_lowering_row sx_lower_ensemble[] = {
    {"ai.onnx.ml", "TreeEnsemble", 5, 0, 1, 1, lower_ensemble, 0, false},
    {0},
};
