/* classical.c - lowering of ai.onnx.ml's models: linear ones, support vectors, trees. */
#include <stdlib.h>
#include <string.h>

#include "lower/scope.h"
#include "lower/tables.h"

enum post { NONE, SOFTMAX, LOGISTIC, SOFTMAX_ZERO, PROBIT };
#define POSTS "NONE SOFTMAX LOGISTIC SOFTMAX_ZERO PROBIT"

/* x as rows of real numbers; a vector is one row. */
static int rows_of(struct sx_lowering *l)
{
    struct sx_shape x = sx_arg_shape(l, 0);
    int64_t n = x.rank > 1 ? x.dim[0] : 1, dims[] = {n, n > 0 ? sx_count(&x) / n : 0};
    return sx_shaped(l->g, sx_cast(l->g, sx_arg(l, 0), l->g->real), 2, dims);
}

static int transformed(struct sx_lowering *l, int y)
{
    struct sx_graph *g = l->g;
    int post = sx_attr_word(l, "post_transform", POSTS, NONE), zero = sx_scalar(g, 0);
    if (post == SOFTMAX)
        return sx_softmax(g, y, 1);
    if (post == LOGISTIC)
        return sx_unary(g, SX_SIGMOID, y);
    if (post == SOFTMAX_ZERO) { /* zeros stay and take no part */
        int none = sx_binary(g, SX_EQUAL, y, zero);
        return sx_where(g, none, zero,
                        sx_softmax(g, sx_where(g, none, sx_scalar(g, -1e30), y), 1));
    }
    if (post == PROBIT)
        sx_reject(l, "post_transform PROBIT is not supported");
    return post == NONE ? y : SX_NONE;
}

/* Labels of the classes chosen[N]: integers as given; strings by their number. */
static bool give_labels(struct sx_lowering *l, int chosen)
{
    static const char *const names[] = {"classlabels_ints", "classlabels_int64s"};
    struct sx_ints labels = sx_attr_ints(l, names[0]);
    if (labels.n == 0)
        labels = sx_attr_ints(l, names[1]);
    if (labels.n > 0)
        chosen = sx_take(l->g, sx_ints(l->g, labels.n, labels.v), chosen, 0, false);
    else if (sx_wants(l, 0))
        sx_model_warn(l->scope->model, "labels that are strings are given by their number");
    return sx_give_as(l, 0, chosen, SX_ONNX_INT64);
}

static int label_count(struct sx_lowering *l)
{
    struct sx_ints a = sx_attr_ints(l, "classlabels_ints");
    struct sx_ints b = sx_attr_ints(l, "classlabels_int64s");
    int n = a.n > 0 ? a.n : b.n;
    while (n == 0 || (a.n == 0 && b.n == 0)) {
        if (sx_attr(l, "classlabels_strings") == NULL ||
            sx_attr_string(l, "classlabels_strings", (size_t)n) == NULL)
            break;
        n++;
    }
    return n;
}

/* Labels and scores of classes from scores [N, C]. */
static bool give_classes(struct sx_lowering *l, int scores)
{
    struct sx_shape shape = sx_shape_of(l->g, scores);
    int64_t rows = shape.dim[0];
    int best = sx_argmax(l->g, scores, 1, false);
    sx_give_as(l, 1, transformed(l, scores), SX_ONNX_FLOAT);
    return give_labels(l, sx_shaped(l->g, best, 1, &rows));
}

/* Of one score s for two classes: -s and s, or, of what are probabilities, 1 - s and s. */
static bool give_two_classes(struct sx_lowering *l, int s, bool probability)
{
    struct sx_graph *g = l->g;
    int64_t rows = sx_shape_of(g, s).dim[0];
    int other = probability ? sx_shift(g, sx_neg(g, s), 1) : sx_neg(g, s);
    int limit = sx_scalar(g, probability ? 0.5 : 0);
    const int pair[] = {other, s};
    int both = sx_concat(g, pair, 2, 1);
    int best = sx_cast(g, sx_binary(g, SX_LESS, limit, s), SX_INT);
    sx_give_as(l, 1, probability ? both : transformed(l, both), SX_ONNX_FLOAT);
    return give_labels(l, sx_shaped(g, best, 1, &rows));
}

/* x times the transpose of a list of weights [C, F], and intercepts. */
static int linear(struct sx_lowering *l, int64_t *classes)
{
    struct sx_graph *g = l->g;
    struct sx_reals w = sx_attr_floats(l, "coefficients"), b = sx_attr_floats(l, "intercepts");
    int x = rows_of(l);
    int64_t features = sx_shape_of(g, x).dim[1];
    *classes = features > 0 ? w.n / features : 0;
    if (*classes < 1 || w.n != *classes * features || (b.n != 0 && b.n != *classes)) {
        sx_reject(l, "%d coefficients for %lld features", w.n, (long long)features);
        return SX_NONE;
    }
    struct sx_shape table = {2, {*classes, features}}, row = {1, {*classes}};
    int y = sx_matmul(g, x, sx_real_const(g, &table, w.v), false, true);
    return b.n > 0 ? sx_add(g, y, sx_real_const(g, &row, b.v)) : y;
}

static bool lower_linear_regressor(struct sx_lowering *l)
{
    int64_t targets;
    int y = linear(l, &targets);
    return y != SX_NONE && sx_give_as(l, 0, transformed(l, y), SX_ONNX_FLOAT);
}

static bool lower_linear_classifier(struct sx_lowering *l)
{
    int64_t classes;
    int y = linear(l, &classes);
    if (y == SX_NONE)
        return false;
    if (classes == 1 && label_count(l) == 2)
        return give_two_classes(l, y, false);
    return give_classes(l, y);
}

/* What the kernel makes of products with the support vectors. */
static int kernel(struct sx_lowering *l, int x, int vectors)
{
    struct sx_graph *g = l->g;
    int type = sx_attr_word(l, "kernel_type", "LINEAR POLY RBF SIGMOID", 0);
    struct sx_reals p = sx_attr_floats(l, "kernel_params");
    double gamma = p.n > 0 ? p.v[0] : 0, shift = p.n > 1 ? p.v[1] : 0;
    int y = sx_matmul(g, x, vectors, false, true);
    const int axis = 1;
    if (type == 2) { /* |x - v|^2 = |x|^2 - 2 x v + |v|^2 */
        int64_t n = sx_shape_of(g, vectors).dim[0];
        int v = sx_shaped(g, sx_sum(g, sx_mul(g, vectors, vectors), &axis, 1), 1, &n);
        int square = sx_add(g, sx_sum(g, sx_mul(g, x, x), &axis, 1), v);
        return sx_unary(g, SX_EXP, sx_scale(g, sx_sub(g, square, sx_scale(g, y, 2)), -gamma));
    }
    if (type == 0)
        return y;
    y = sx_shift(g, sx_scale(g, y, gamma), shift);
    return type == 3 ? sx_unary(g, SX_TANH, y)
                     : sx_binary(g, SX_POW, y, sx_scalar(g, p.n > 2 ? p.v[2] : 1));
}

static bool lower_svm_regressor(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_reals vectors = sx_attr_floats(l, "support_vectors");
    struct sx_reals weights = sx_attr_floats(l, "coefficients"), rho = sx_attr_floats(l, "rho");
    int64_t n = sx_attr_int(l, "n_supports", 0);
    int x = rows_of(l), y;
    int64_t features = sx_shape_of(g, x).dim[1];
    struct sx_shape table = {2, {n, features}}, column = {2, {n > 0 ? n : features, 1}};
    if (n < 0 || vectors.n != n * features || weights.n != column.dim[0] || rho.n < 1)
        return sx_reject(l, "support vectors, coefficients and rho do not fit");
    y = n > 0 ? kernel(l, x, sx_real_const(g, &table, vectors.v)) : x;
    y = sx_matmul(g, y, sx_real_const(g, &column, weights.v), false, false);
    y = sx_shift(g, y, rho.v[0]);
    if (sx_attr_int(l, "one_class", 0) != 0)
        y = sx_where(g, sx_binary(g, SX_LESS, sx_scalar(g, 0), y), sx_scalar(g, 1),
                     sx_scalar(g, -1));
    return sx_give_as(l, 0, transformed(l, y), SX_ONNX_FLOAT);
}

/* ---- Trees ---- */

/* The numbers of an attribute, or of its twin that is a tensor (of float64, where precise). */
static struct sx_reals numbers(struct sx_lowering *l, const char *name)
{
    char as_tensor[64];
    struct sx_reals list = sx_attr_floats(l, name);
    snprintf(as_tensor, sizeof as_tensor, "%s_as_tensor", name);
    if (list.n > 0 || sx_attr(l, as_tensor) == NULL)
        return list;
    struct sx_value value = sx_attr_tensor(l, as_tensor);
    if (value.node == SX_NONE)
        return list;
    struct sx_shape shape = sx_shape_of(l->g, value.node);
    struct sx_tensor t = {.type = l->g->node[value.node].type, .shape = shape};
    memcpy(&t.data, &l->g->node[value.node].data, sizeof t.data);
    double *v = sx_scratch(l, (size_t)sx_count(&shape), sizeof *v);
    for (int64_t i = 0; v != NULL && i < sx_count(&shape); i++)
        v[i] = sx_tensor_get(&t, i);
    return (struct sx_reals){v != NULL, v != NULL ? (int)sx_count(&shape) : 0, v};
}

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
    f->value = numbers(l, "nodes_values");
    f->leaf_tree = sx_attr_ints(l, names[0]);
    f->leaf_id = sx_attr_ints(l, names[1]);
    f->leaf_target = sx_attr_ints(l, names[2]);
    f->weight = numbers(l, names[3]);
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

/* The node of a tree with an id, or -1. */
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

/* Leaves in the order of their nodes. */
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

/* The ensemble's sums [N, targets]. */
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
    const int in[] = {rows_of(l),
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
    struct sx_reals base = numbers(l, "base_values");
    if (targets < 1 || !read_forest(l, &f, names))
        return targets >= 1 ? false : sx_reject(l, "%lld targets", (long long)targets);
    int y = forest(l, &f, targets, sum);
    struct sx_shape row = {1, {base.n}};
    if (base.n > 0)
        y = sx_add(l->g, y, sx_real_const(l->g, &row, base.v));
    return y != SX_NONE && sx_give_as(l, 0, transformed(l, y), SX_ONNX_FLOAT);
}

static bool lower_tree_classifier(struct sx_lowering *l)
{
    static const char *const names[] = {"class_treeids", "class_nodeids", "class_ids",
                                        "class_weights"};
    struct forest f = {0};
    struct sx_reals base = numbers(l, "base_values");
    int classes = label_count(l);
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
    if (one) {
        y = sx_slice_axis(l->g, y, 1, only == 0 ? 0 : 1, 1);
        if (base.n > 0)
            y = sx_shift(l->g, y, base.v[base.n - 1]);
        return give_two_classes(l, y, positive);
    }
    struct sx_shape row = {1, {base.n}};
    if (base.n > 0)
        y = sx_add(l->g, y, sx_real_const(l->g, &row, base.v));
    return give_classes(l, y);
}

#define ML "ai.onnx.ml"
const struct sx_lowering_row sx_lower_classical[] = {
    {ML, "LinearRegressor", 1, 0, 1, 1, lower_linear_regressor, 0, true},
    {ML, "LinearClassifier", 1, 0, 1, 1, lower_linear_classifier, 0, true},
    {ML, "SVMRegressor", 1, 0, 1, 1, lower_svm_regressor, 0, true},
    {ML, "TreeEnsembleRegressor", 1, 0, 1, 1, lower_tree_regressor, 0, false},
    {ML, "TreeEnsembleClassifier", 1, 0, 1, 1, lower_tree_classifier, 0, false},
    {0},
};
