/* check_batching.c - batched runs of all kinds of models give the results of a loop over
 * points.
 *
 * Each model is lowered for one point. f is a weighted sum of its output. f and its gradient
 * are computed at several points: one per run, all in one run, and in runs whose size does not
 * divide their number. Operators that mix the samples of an ordinary batch (sums over its axis,
 * statistics, sorting, constants in shapes) must see only one point. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/derive.h"
#include "lowering.h"
#include "run/run.h"
#include "suite.h"

enum { POINTS = 7, NODES = 6 };

static const struct kind {
    const char *label;
    int64_t opset;
    const char *shape;       /* of x, such as "[1,2,4]"; the first axis is the batch */
    const char *node[NODES]; /* "Op|inputs|outputs|attributes"; the last node makes y */
    bool alone;              /* every run has one point, whatever size is asked for */
} kinds[] = {
    {"perceptron", 13, "1,4", {"Gemm|x w44|h|", "Softplus|h|s|", "MatMul|s w44|y|"}, false},
    {"sum over the batch", 13, "1,4", {"ReduceMean|x|m|axes=[0]", "Mul|x m|y|"}, false},
    {"sum over everything", 13, "1,4", {"ReduceSum|x|m|keepdims=0", "Mul|x m|y|"}, false},
    {"squared sum of all", 13, "1,4", {"Mul|x x|s|", "ReduceSum|s|m|", "Tanh|m|y|"}, false},
    {"softmax over the batch", 13, "1,4", {"Softmax|x|h|axis=0", "Mul|h x|y|"}, false},
    {"softmax of all", 11, "1,4", {"Softmax|x|h|axis=0", "Mul|h x|y|"}, false},
    {"maximum over the batch", 13, "1,4", {"ReduceMax|x|m|axes=[0]", "Mul|m x|y|"}, false},
    {"product over the batch", 13, "1,4", {"ReduceProd|x|m|", "Mul|m x|y|"}, false},
    {"running sum along the batch", 13, "1,4", {"CumSum|x zero|s|", "Mul|s x|y|"}, false},
    {"sorting the batch", 13, "1,4", {"TopK|x one|t i|axis=0", "Mul|t x|y|"}, false},
    {"sorting a point", 13, "1,4", {"TopK|x two|t i|axis=1", "Mul|t t|y|"}, false},
    {"largest of all",
     13,
     "1,4",
     {"Flatten|x|f|axis=0", "ArgMax|f|i|axis=1", "Gather|f i|g|axis=1", "Mul|g x|y|"},
     false},
    {"constants in a shape", 13, "1,2,4", {"Reshape|x to8|r|", "Mul|r r|y|"}, false},
    {"the batch within a shape",
     13,
     "1,2,4",
     {"Reshape|x to2x4|r|", "MatMul|r w44|h|", "Softmax|h|s|axis=1", "Reshape|s to1x8|y|"},
     false},
    {"batch and channel exchanged",
     13,
     "1,2,4",
     {"Transpose|x|t|perm=1,0,2", "Mul|t t|s|", "ReduceSum|s ax0|y|"},
     false},
    {"batch behind",
     13,
     "1,2,4",
     {"Transpose|x|t|perm=2,1,0", "MatMul|w44 q|p|", "Mul|t t|y|"},
     false},
    {"joined along the batch",
     13,
     "1,4",
     {"Concat|x x|c|axis=0", "ReduceMean|c|m|axes=[0]", "Exp|m|y|"},
     false},
    {"joined with a constant along the batch",
     13,
     "1,4",
     {"Concat|x w44|c|axis=0", "MatMul|c w44|h|", "Tanh|h|y|"},
     false},
    {"padded and cut along the batch",
     11,
     "1,4",
     {"Pad|x pads|p|", "Slice|p from to|s|", "Mul|s s|y|"},
     false},
    {"repeated along the batch",
     13,
     "1,4",
     {"Tile|x reps|t|", "MatMul|t w44|h|", "Mul|h h|y|"},
     false},
    {"statistics of the batch",
     14,
     "1,2,4",
     {"BatchNormalization|x v2 v2 v2 v2|y m v|training_mode=1"},
     false},
    {"normalised over all", 13, "1,2,4", {"MeanVarianceNormalization|x|y|axes=0,1,2"}, false},
    {"instance normalisation", 13, "1,2,4", {"InstanceNormalization|x v2 v2|y|"}, false},
    {"layer normalisation", 17, "1,2,4", {"LayerNormalization|x v4|y|"}, false},
    {"attention",
     13,
     "1,2,4",
     {"Transpose|x|t|perm=0,2,1", "MatMul|x t|s|", "Softmax|s|p|", "MatMul|p x|y|"},
     false},
    {"distances within the batch",
     13,
     "1,4",
     {"Transpose|x|t|", "MatMul|t x|p|", "Tanh|p|y|"},
     false},
    {"einsum over the batch", 13, "1,4", {"Einsum|x x|y|equation='bi,bj->ij'"}, false},
    {"convolution",
     13,
     "1,2,6",
     {"Conv|x k|h|pads=1,1", "Relu|h|r|", "MaxPool|r|y|kernel_shape=[2]"},
     false},
    {"kernel made of the input",
     13,
     "1,2,6",
     {"Slice|x from to axis2|w|", "Conv|x w|y|"},
     false},
    {"LSTM", 14, "1,1,4", {"LSTM|x lw lr|h|hidden_size=2", "Mul|h h|y|"}, false},
    {"LSTM, batch first",
     14,
     "1,3,4",
     {"Transpose|x|t|perm=1,0,2", "LSTM|t lw lr|h|hidden_size=2", "Mul|h h|y|"},
     false},
    {"scatter to places",
     16,
     "1,4",
     {"ScatterElements|w14 places x|s|axis=1", "Mul|s s|y|"},
     false},
    {"places from the input",
     13,
     "1,4",
     {"ArgMax|x|i|axis=1", "Gather|w44 i|g|", "Squeeze|g ax1|h|", "Mul|h x|y|"},
     false},
    {"chosen places scattered to",
     13,
     "1,4",
     {"ArgMax|x|i|axis=1", "ScatterElements|x i one1|s|axis=1", "Mul|s s|y|"},
     false},
    {"one hot",
     13,
     "1,4",
     {"ArgMax|x|i|axis=1 keepdims=0", "OneHot|i four onoff|h|", "Mul|h x|y|"},
     false},
    {"as many axes as there may be", 13, "1,4", {"Reshape|x to10|r|", "Exp|r|y|"}, true},
    {"one axis less", 13, "1,4", {"Reshape|x to9|r|", "Exp|r|y|"}, false},
    {"upsampled", 13, "1,1,2,2", {"Resize|x - scales|y|mode='linear'"}, false},
    {"sampled at places of its own",
     16,
     "1,2,2,2",
     {"Transpose|x|t|perm=0,2,3,1", "GridSample|x t|y|"},
     false},
};

/* ---- Models ---- */

static void reals(struct tm_model *m, const char *name, int rank, const int64_t *dims)
{
    float v[64];
    int64_t n = 1;
    for (int i = 0; i < rank; i++)
        n *= dims[i];
    for (int64_t i = 0; i < n; i++)
        v[i] = (float)(0.3 + sin(1.7 * (double)i + name[0]));
    tm_const(m, name, SX_FLOAT, rank, dims, v);
}

static void integers(struct tm_model *m, const char *name, int64_t n, const int64_t *v)
{
    tm_const(m, name, SX_INT, 1, &n, v);
}

static void add_constants(struct tm_model *m)
{
    tm_const(m, "zero", SX_INT, 0, NULL, (int64_t[]){0});
    integers(m, "one", 1, (int64_t[]){1});
    integers(m, "two", 1, (int64_t[]){2});
    integers(m, "four", 1, (int64_t[]){4});
    integers(m, "ax0", 1, (int64_t[]){0});
    integers(m, "ax1", 1, (int64_t[]){1});
    integers(m, "axis2", 1, (int64_t[]){2});
    integers(m, "to8", 1, (int64_t[]){8});
    integers(m, "to2x4", 2, (int64_t[]){2, 4});
    integers(m, "to1x8", 2, (int64_t[]){1, 8});
    integers(m, "to10", 10, (int64_t[]){2, 1, 1, 1, 1, 1, 1, 1, 1, 2});
    integers(m, "to9", 9, (int64_t[]){2, 1, 1, 1, 1, 1, 1, 1, 2});
    integers(m, "pads", 4, (int64_t[]){1, 0, 1, 0});
    integers(m, "from", 1, (int64_t[]){0});
    integers(m, "to", 1, (int64_t[]){2});
    integers(m, "reps", 2, (int64_t[]){3, 1});
    tm_const(m, "places", SX_INT, 2, (int64_t[]){1, 4}, (int64_t[]){2, 0, 3, 1});
    tm_const(m, "one1", SX_FLOAT, 2, (int64_t[]){1, 1}, (float[]){0.5F});
    tm_const(m, "onoff", SX_FLOAT, 1, (int64_t[]){2}, (float[]){0.25F, 2});
    tm_const(m, "scales", SX_FLOAT, 1, (int64_t[]){4}, (float[]){1, 1, 2, 1.5F});
    reals(m, "w44", 2, (int64_t[]){4, 4});
    reals(m, "w14", 2, (int64_t[]){1, 4});
    reals(m, "q", 1, (int64_t[]){4});
    reals(m, "v2", 1, (int64_t[]){2});
    reals(m, "v4", 1, (int64_t[]){4});
    reals(m, "k", 3, (int64_t[]){3, 2, 3});
    reals(m, "lw", 3, (int64_t[]){1, 8, 4});
    reals(m, "lr", 3, (int64_t[]){1, 8, 2});
}

/* `fixed`: the batch axis is declared as 1, not by a name. */
static struct sx_model *build(const struct kind *kind, bool fixed)
{
    struct tm_model *m = tm_new(kind->opset);
    int64_t dims[SX_MAX_RANK];
    int rank = 0;
    for (const char *at = kind->shape; *at != '\0'; at += at[1] == ',' ? 2 : 1)
        dims[rank++] = *at - '0';
    if (!fixed)
        dims[0] = -1;
    tm_input(m, "x", SX_FLOAT, rank, dims);
    add_constants(m);
    for (int i = 0; i < NODES && kind->node[i] != NULL; i++) {
        char text[200], *part[4], *rest = text;
        snprintf(text, sizeof text, "%s", kind->node[i]);
        for (int k = 0; k < 4; k++)
            part[k] = strsep(&rest, "|");
        tm_node(m, part[0], part[1], part[2], part[3]);
    }
    tm_output(m, "y");
    struct sx_model *model = lc_open(m);
    tm_free(m);
    return model;
}

/* ---- Points ---- */

/* Sets nodes[] to f, a weighted sum of y, and its gradient in the lowered graph. */
static void differentiate(struct sx_lowered *l, int nodes[2])
{
    struct sx_graph *g = l->graph;
    struct sx_shape shape = sx_shape_of(g, l->outputs[0].node);
    double weight[64];
    ck_assert_int_le(sx_count(&shape), 64);
    for (int i = 0; i < 64; i++)
        weight[i] = cos(0.7 * i);
    int seed = sx_const(g, SX_DOUBLE, &shape, weight);
    nodes[0] = sx_sum_all(g, sx_mul(g, l->outputs[0].node, seed));
    ck_assert_msg(sx_derive(g, nodes[0], SX_NONE, &l->inputs[0].node, 1, &nodes[1]), "%s",
                  g->error.message);
}

struct values {
    double f[POINTS], gradient[POINTS * 64];
    int64_t n; /* elements of x */
};

static void run_points(const struct kind *kind, bool fixed, int64_t batch, struct values *v)
{
    struct sx_error error = {0};
    struct sx_lower_options lower = {.real = SX_DOUBLE};
    struct sx_model *model = build(kind, fixed);
    struct sx_lowered *l = sx_lower(model, &lower, &error);
    ck_assert_msg(l != NULL, "%s: %s", kind->label, error.message);
    int nodes[2];
    double x[POINTS * 64];
    differentiate(l, nodes);
    struct sx_shape shape = sx_shape_of(l->graph, l->inputs[0].node);
    v->n = sx_count(&shape);
    for (int64_t i = 0; i < POINTS * v->n; i++)
        x[i] = sx_random_normal(5, 0, (uint64_t)i);
    struct sx_points_options options = {.run = {.threads = 1}, .batch = batch};
    struct sx_points *points =
        sx_points_new(l->graph, &l->inputs[0].node, 1, NULL, 0, nodes, 2, &options, &error);
    ck_assert_msg(points != NULL, "%s: %s", kind->label, error.message);
    const void *feeds[] = {x};
    void *results[] = {v->f, v->gradient};
    ck_assert_msg(sx_points_run(points, POINTS, feeds, NULL, results, &error), "%s: %s",
                  kind->label, error.message);
    ck_assert(sx_points_alone(points) == kind->alone);
    ck_assert_int_eq(sx_points_batch(points), kind->alone ? 1 : batch);
    sx_points_free(points);
    sx_lowered_free(l);
    sx_model_close(model);
}

static void same(const char *label, const double *a, const double *b, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        ck_assert_msg(fabs(a[i] - b[i]) <= 1e-12 * (1 + fabs(b[i])), "%s: %.15g, not %.15g",
                      label, a[i], b[i]);
}

START_TEST(batched_is_looped)
{
    static const int64_t batch[] = {POINTS, 3, 2};
    const struct kind *kind = &kinds[_i];
    struct values one, many;
    run_points(kind, false, 1, &one);
    double size = 0;
    for (int64_t i = 0; i < POINTS * one.n; i++)
        size += fabs(one.gradient[i]);
    ck_assert_msg(size > 0, "%s: no gradient", kind->label);
    for (size_t k = 0; k < sizeof batch / sizeof *batch; k++) {
        run_points(kind, false, batch[k], &many);
        same(kind->label, many.f, one.f, POINTS);
        same(kind->label, many.gradient, one.gradient, POINTS * one.n);
    }
    run_points(kind, true, POINTS, &many);
    same(kind->label, many.f, one.f, POINTS);
    same(kind->label, many.gradient, one.gradient, POINTS * one.n);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("batching");
    tcase_add_loop_test(c, batched_is_looped, 0, (int)(sizeof kinds / sizeof *kinds));
    return suite_run();
}
