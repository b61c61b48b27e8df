/* forest.c - lowering of ai.onnx.ml's ensembles of decision trees. */
#include <stdlib.h>
#include <string.h>

#include "lower/classical.h"
#include "lower/tables.h"

struct forest {
    struct sx_ints tree, id, feature, yes, no, missing;
    struct sx_reals value;
    struct sx_ints leaf_tree, leaf_id, leaf_target;
    struct sx_reals weight;
    int *order; /* nodes sorted by tree and id */
    int64_t *node, *leaf;
    double *ordered_weight;
};

static bool read_forest(struct sx_lowering *l, struct forest *f, const char *const names[4])
{
    f->tree = sx_attr_ints(l, "nodes_treeids");
    f->id = sx_attr_ints(l, "nodes_nodeids");
    f->feature = sx_attr_ints(l, "nodes_featureids");
    f->yes = sx_attr_ints(l, "nodes_truenodeids");
    f->no = sx_attr_ints(l, "nodes_falsenodeids");
    f->missing = sx_attr_ints(l, "nodes_missing_value_tracks_true");
    f->value = sx_ml_numbers(l, "nodes_values");
    f->leaf_tree = sx_attr_ints(l, names[0]);
    f->leaf_id = sx_attr_ints(l, names[1]);
    f->leaf_target = sx_attr_ints(l, names[2]);
    f->weight = sx_ml_numbers(l, names[3]);
    int n = f->tree.n, m = f->leaf_tree.n;
    return (n > 0 && f->id.n == n && f->feature.n == n && f->yes.n == n && f->no.n == n &&
            f->value.n == n && (f->missing.n == 0 || f->missing.n == n) && f->leaf_id.n == m &&
            f->leaf_target.n == m && f->weight.n == m) ||
           sx_reject(l, "lists of nodes and leaves differ in length");
}

static int compare_places(const void *a, const void *b, void *context)
{
    const struct forest *f = context;
    int x = *(const int *)a, y = *(const int *)b;
    int64_t p = f->tree.v[x], q = f->tree.v[y];
    if (p == q) {
        p = f->id.v[x];
        q = f->id.v[y];
    }
    return p < q ? -1 : p > q;
}

/* The node of a tree with this id; -1: none. */
static int find_node(const struct forest *f, int64_t tree, int64_t id)
{
    int low = 0, high = f->tree.n;
    while (low < high) {
        int mid = low + (high - low) / 2, at = f->order[mid];
        bool before = f->tree.v[at] < tree || (f->tree.v[at] == tree && f->id.v[at] < id);
        *(before ? &low : &high) = before ? mid + 1 : mid;
    }
    int at = low < f->tree.n ? f->order[low] : -1;
    return at >= 0 && f->tree.v[at] == tree && f->id.v[at] == id ? at : -1;
}

static bool set_node(struct sx_lowering *l, struct forest *f, int i, bool *child)
{
    static const char *const modes[] = {"BRANCH_LEQ", "BRANCH_LT",  "BRANCH_GTE", "BRANCH_GT",
                                        "BRANCH_EQ",  "BRANCH_NEQ", "LEAF"};
    const char *mode = sx_attr_string(l, "nodes_modes", (size_t)i);
    int kind = 0;
    while (kind < 7 && (mode == NULL || strcmp(mode, modes[kind]) != 0))
        kind++;
    if (kind == 7)
        return sx_reject(l, "node %d has no mode that is known", i);
    int64_t *node = f->node + 5 * (int64_t)i;
    node[0] = f->feature.v[i];
    node[1] = kind;
    node[4] = f->missing.n > 0 ? f->missing.v[i] : 0;
    if (kind == SX_TREE_LEAF)
        return true;
    int yes = find_node(f, f->tree.v[i], f->yes.v[i]),
        no = find_node(f, f->tree.v[i], f->no.v[i]);
    if (yes < 0 || no < 0)
        return sx_reject(l, "node %d leads to none", i);
    node[2] = yes;
    node[3] = no;
    child[yes] = child[no] = true;
    return true;
}

/* Collects the leaves in the order of their nodes. */
static bool set_leaves(struct sx_lowering *l, struct forest *f)
{
    int m = f->leaf_tree.n;
    int *of = sx_scratch(l, (size_t)m + 1, sizeof *of);
    for (int k = 0; k < m && of != NULL; k++) {
        of[k] = find_node(f, f->leaf_tree.v[k], f->leaf_id.v[k]);
        if (of[k] < 0)
            return sx_reject(l, "leaf %d is at no node", k);
        if (f->node[5 * (int64_t)of[k] + 1] == SX_TREE_LEAF)
            f->node[5 * (int64_t)of[k] + 3]++;
    }
    int64_t next = 0;
    for (int i = 0; i < f->tree.n && of != NULL; i++) {
        int64_t *node = f->node + 5 * (int64_t)i;
        if (node[1] != SX_TREE_LEAF)
            continue;
        node[2] = next;
        next += node[3];
        node[3] = 0;
    }
    for (int k = 0; k < m && of != NULL; k++) {
        int64_t *node = f->node + 5 * (int64_t)of[k];
        if (node[1] != SX_TREE_LEAF)
            continue;
        int64_t at = node[2] + node[3]++;
        f->leaf[at] = f->leaf_target.v[k];
        f->ordered_weight[at] = f->weight.v[k];
    }
    return of != NULL;
}

/* The sums of the ensemble, [N, targets]. */
static int forest(struct sx_lowering *l, struct forest *f, int64_t targets, int sum)
{
    struct sx_graph *g = l->g;
    int n = f->tree.n, m = f->leaf_tree.n, n_roots = 0;
    bool *child = sx_scratch(l, (size_t)n, sizeof *child);
    int64_t *roots = sx_scratch(l, (size_t)n, sizeof *roots);
    f->order = sx_scratch(l, (size_t)n, sizeof *f->order);
    f->node = sx_scratch(l, 5 * (size_t)n, sizeof *f->node);
    f->leaf = sx_scratch(l, (size_t)m + 1, sizeof *f->leaf);
    f->ordered_weight = sx_scratch(l, (size_t)m + 1, sizeof *f->ordered_weight);
    if (child == NULL || roots == NULL || f->order == NULL || f->node == NULL ||
        f->leaf == NULL || f->ordered_weight == NULL)
        return SX_NONE;
    for (int i = 0; i < n; i++)
        f->order[i] = i;
    qsort_r(f->order, (size_t)n, sizeof *f->order, compare_places, f);
    for (int i = 0; i < n; i++)
        if (!set_node(l, f, i, child))
            return SX_NONE;
    if (!set_leaves(l, f))
        return SX_NONE;
    for (int i = 0; i < n; i++)
        if (!child[i])
            roots[n_roots++] = i;
    struct sx_shape table = {2, {n, 5}}, values = {1, {n}}, leaves = {1, {m}};
    const int in[] = {sx_ml_rows(l),
                      sx_const(g, SX_INT, &table, f->node),
                      sx_real_const(g, &values, f->value.v),
                      sx_ints(g, m, f->leaf),
                      sx_real_const(g, &leaves, f->ordered_weight),
                      sx_ints(g, n_roots, roots)};
    return sx_trees(g, in, targets, (enum sx_tree_sum)sum);
}

static bool lower_tree_regressor(struct sx_lowering *l)
{
    static const char *const names[] = {"target_treeids", "target_nodeids", "target_ids",
                                        "target_weights"};
    struct forest f = {0};
    int64_t targets = sx_attr_int(l, "n_targets", 1);
    int sum = sx_attr_word(l, "aggregate_function", "SUM AVERAGE MIN MAX", SX_TREE_ADD);
    struct sx_reals base = sx_ml_numbers(l, "base_values");
    if (targets < 1 || !read_forest(l, &f, names))
        return targets >= 1 ? false : sx_reject(l, "%lld targets", (long long)targets);
    int y = forest(l, &f, targets, sum);
    struct sx_shape row = {1, {base.n}};
    if (base.n > 0)
        y = sx_add(l->g, y, sx_real_const(l->g, &row, base.v));
    return y != SX_NONE && sx_give_as(l, 0, sx_ml_transformed(l, y), SX_ONNX_FLOAT);
}

/* Gives two classes from one score. If no leaf is negative, it is a probability. A score of class 1
 * alone leaves class 0 the score 0. */
static bool give_binary(struct sx_lowering *l, int scores, int64_t only, double base,
                        bool positive)
{
    struct sx_graph *g = l->g;
    int64_t rows = sx_shape_of(g, scores).dim[0];
    int s = sx_slice_axis(g, scores, 1, only, 1);
    if (only == 0)
        s = sx_shift(g, s, base);
    int chosen = sx_binary(g, SX_LESS, sx_scalar(g, positive ? 0.5 : 0), s);
    if (only == 1) {
        sx_give_as(l, 1, sx_ml_transformed(l, scores), SX_ONNX_FLOAT);
        return sx_ml_give_labels(l, sx_shaped(g, sx_cast(g, chosen, SX_INT), 1, &rows));
    }
    bool logistic = sx_ml_post(l) == SX_POST_LOGISTIC;
    enum sx_ml_other other = positive ? SX_ML_REST : SX_ML_OPPOSITE;
    return sx_ml_give_two_classes(l, s, logistic ? SX_ML_LOGISTIC : other, chosen);
}

/* Gives two classes from two scores. The label is the second if its score is positive, whatever the
 * first score is, as in ONNX Runtime. */
static bool give_two(struct sx_lowering *l, int scores)
{
    struct sx_graph *g = l->g;
    int64_t rows = sx_shape_of(g, scores).dim[0];
    int chosen = sx_binary(g, SX_LESS, sx_scalar(g, 0), sx_slice_axis(g, scores, 1, 1, 1));
    sx_give_as(l, 1, sx_ml_transformed(l, scores), SX_ONNX_FLOAT);
    return sx_ml_give_labels(l, sx_shaped(g, sx_cast(g, chosen, SX_INT), 1, &rows));
}

static bool lower_tree_classifier(struct sx_lowering *l)
{
    static const char *const names[] = {"class_treeids", "class_nodeids", "class_ids",
                                        "class_weights"};
    struct forest f = {0};
    struct sx_reals base = sx_ml_numbers(l, "base_values");
    int classes = sx_ml_label_count(l);
    bool one = classes == 2, positive = true;
    if (classes < 1 || !read_forest(l, &f, names))
        return classes >= 1 ? false : sx_reject(l, "there are no labels");
    for (int k = 0; k < f.leaf_target.n; k++) {
        one = one && f.leaf_target.v[k] == f.leaf_target.v[0];
        positive = positive && f.weight.v[k] >= 0;
    }
    int64_t only = one && f.leaf_target.n > 0 ? f.leaf_target.v[0] : 0;
    int y = forest(l, &f, classes, SX_TREE_ADD);
    if (y == SX_NONE)
        return false;
    if (one && (only == 0 || only == 1))
        return give_binary(l, y, only, base.n > 0 ? base.v[base.n - 1] : 0, positive);
    struct sx_shape row = {1, {base.n}};
    if (base.n > 0)
        y = sx_add(l->g, y, sx_real_const(l->g, &row, base.v));
    return classes == 2 ? give_two(l, y) : sx_ml_give_classes(l, y);
}

#define ML "ai.onnx.ml"
const struct sx_lowering_row sx_lower_forest[] = {
    {ML, "TreeEnsembleRegressor", 1, 0, 1, 1, lower_tree_regressor, 0, false},
    {ML, "TreeEnsembleClassifier", 1, 0, 1, 1, lower_tree_classifier, 0, false},
    {0},
};
