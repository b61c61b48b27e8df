/* trees.c - ensembles of decision trees: for each row of x, the sum of the leaves it reaches.
 *
 * Operands:
 *   x       [N, F]
 *   nodes   [n, 5], integers: feature, mode, next node if the test holds, next node if not, whether
 *           NaN takes the first
 *   values  [n], which tests compare with
 *   leaves  [m], the target of each; and [m], their weights
 *   roots   [t]
 * A node of mode SX_TREE_LEAF has its first leaf and their number in the place of the next nodes.
 * Attributes: targets, aggregate (enum sx_tree_sum). Result: [N, targets]. It has no derivative. */
#include <math.h>

#include "ops/ops.h"

enum { FEATURE, MODE, YES, NO, MISSING, FIELDS };
enum { X, NODES, VALUES, LEAVES, WEIGHTS, ROOTS };

static bool trees_shape(struct sx_graph *g, struct sx_node *node)
{
    static const int rank[] = {2, 2, 1, 1, 1, 1};
    static const bool real[] = {true, false, true, false, true, false};
    struct sx_shape s[6];
    if (!sx_need_attr(g, node, 2))
        return false;
    for (int k = 0; k < 6; k++) {
        const struct sx_node *in = &g->node[node->in[k]];
        s[k] = in->shape;
        if (in->shape.rank != rank[k] || in->type != (real[k] ? g->real : SX_INT))
            return sx_refuse(g, node, "operand %d does not fit", k);
    }
    if (s[NODES].dim[1] != FIELDS || s[VALUES].dim[0] != s[NODES].dim[0] ||
        s[WEIGHTS].dim[0] != s[LEAVES].dim[0] || node->attr[0] < 0 ||
        node->attr[1] < SX_TREE_ADD || node->attr[1] > SX_TREE_MAX)
        return sx_refuse(g, node, "tables do not fit");
    node->type = g->real;
    node->shape = (struct sx_shape){2, {s[X].dim[0], node->attr[0]}};
    return sx_need_size(g, node);
}

/* One row of x and the tables, as doubles. */
struct forest {
    const struct sx_operand *in;
    int64_t features, nodes, leaves, targets;
    enum sx_tree_sum sum;
};

static double real_at(const struct sx_operand *o, int64_t i)
{
    return o->type == SX_FLOAT ? (double)((const float *)o->data)[i]
                               : ((const double *)o->data)[i];
}

static int64_t int_at(const struct sx_operand *o, int64_t i)
{
    return ((const int64_t *)o->data)[i];
}

static bool holds(int64_t mode, double x, double value)
{
    switch (mode) {
    case SX_TREE_LEQ:
        return x <= value;
    case SX_TREE_LT:
        return x < value;
    case SX_TREE_GEQ:
        return x >= value;
    case SX_TREE_GT:
        return x > value;
    case SX_TREE_EQ:
        return x == value;
    default:
        return x != value;
    }
}

bool sx_tree_holds(const int64_t *node, double value, double x)
{
    if (isnan(x))
        return node[MISSING] != 0 || node[MODE] == SX_TREE_NEQ;
    return holds(node[MODE], x, value);
}

/* The leaf node that row `row` falls into, -1 if the tables lead nowhere. */
static int64_t descend(const struct forest *f, int64_t row, int64_t at)
{
    for (int64_t step = 0; step <= f->nodes; step++) {
        if (at < 0 || at >= f->nodes)
            return -1;
        int64_t base = at * FIELDS, mode = int_at(&f->in[NODES], base + MODE);
        if (mode == SX_TREE_LEAF)
            return at;
        int64_t feature = int_at(&f->in[NODES], base + FEATURE);
        double x = feature >= 0 && feature < f->features
                       ? real_at(&f->in[X], row * f->features + feature)
                       : NAN;
        bool yes = sx_tree_holds((const int64_t *)f->in[NODES].data + base,
                                 real_at(&f->in[VALUES], at), x);
        at = int_at(&f->in[NODES], base + (yes ? YES : NO));
    }
    return -1;
}

static double combined(enum sx_tree_sum sum, double a, double b)
{
    if (sum == SX_TREE_MIN)
        return b < a ? b : a;
    if (sum == SX_TREE_MAX)
        return b > a ? b : a;
    return a + b;
}

/* Adds the leaves of all trees for one row. Targets without a leaf are 0. */
static void add_row(const struct forest *f, int64_t row, double *y, bool *given)
{
    const struct sx_operand *roots = &f->in[ROOTS];
    for (int64_t k = 0; k < f->targets; k++) {
        y[k] = 0;
        given[k] = false;
    }
    for (int64_t t = 0; t < roots->shape->dim[0]; t++) {
        int64_t leaf = descend(f, row, int_at(roots, t));
        if (leaf < 0)
            continue;
        int64_t first = int_at(&f->in[NODES], leaf * FIELDS + YES);
        int64_t count = int_at(&f->in[NODES], leaf * FIELDS + NO);
        for (int64_t i = first; i < first + count && i >= 0 && i < f->leaves; i++) {
            int64_t k = int_at(&f->in[LEAVES], i);
            if (k < 0 || k >= f->targets)
                continue;
            double w = real_at(&f->in[WEIGHTS], i);
            y[k] = given[k] ? combined(f->sum, y[k], w) : w;
            given[k] = true;
        }
    }
    for (int64_t k = 0; k < f->targets && f->sum == SX_TREE_AVERAGE; k++)
        y[k] /= (double)roots->shape->dim[0];
}

static size_t trees_scratch(const struct sx_graph *g, const struct sx_node *node)
{
    size_t bytes;
    (void)g;
    return sx_size_mul(&bytes, (size_t)sx_count(&node->shape), 2 * sizeof(double)) ? bytes
                                                                                   : SIZE_MAX;
}

static void trees_run(const struct sx_call *call)
{
    const struct sx_node *n = call->node;
    const struct forest f = {.in = call->in,
                             .features = call->in[X].shape->dim[1],
                             .nodes = call->in[NODES].shape->dim[0],
                             .leaves = call->in[LEAVES].shape->dim[0],
                             .targets = n->attr[0],
                             .sum = (enum sx_tree_sum)n->attr[1]};
    int64_t rows = n->shape.dim[0], total = rows * f.targets;
    double *y = call->scratch;
#pragma omp parallel for if (rows * call->in[ROOTS].shape->dim[0] > SX_PARALLEL / 16)
    for (int64_t row = 0; row < rows; row++)
        add_row(&f, row, y + row * f.targets, (bool *)(y + total) + row * f.targets);
    for (int64_t i = 0; i < total; i++)
        if (n->type == SX_FLOAT)
            ((float *)call->out)[i] = (float)y[i];
        else
            ((double *)call->out)[i] = y[i];
}

/* The batch rule: the rows of all samples one after the other. */
static int trees_batch(struct sx_batch *b, const struct sx_node *node)
{
    struct sx_shape one = sx_shape_of(b->g, node->in[X]);
    int in[6];
    for (int k = 1; k < 6; k++) {
        if (sx_batch_has(b, node, k))
            return sx_batch_loop(b, node);
        in[k] = sx_batch_in(b, node, k);
    }
    struct sx_shape flat = {2, {b->size * one.dim[0], one.dim[1]}};
    struct sx_shape full = {3, {b->size, one.dim[0], node->attr[0]}};
    in[X] = sx_reshape(b->g, sx_batch_whole(b, node, X, 2), &flat);
    int y = sx_emit(b->g, SX_TREES, 6, in, 2, node->attr);
    return sx_batch_done(b, sx_reshape(b->g, y, &full), &node->shape);
}

const struct sx_row sx_row_trees = {
    .name = "Trees",
    .min_in = 6,
    .max_in = 6,
    .shape = trees_shape,
    .batch = trees_batch,
    .scratch = trees_scratch,
    .run = trees_run,
};
