/* check_lower_kinks.c - derivatives of lowered activations: at kinks they equal PyTorch's, and
 * for large values they are finite. */
#include <math.h>
#include <stdlib.h>

#include "graph/derive.h"
#include "lowering.h"
#include "suite.h"

struct kink {
    int64_t opset;
    const char *op, *attributes;
    const char *x;         /* the input, in the form of lowering.h */
    const char *slopes;    /* d sum(y) / dx */
    const char *constants; /* further operands: "name=tensor", or NULL */
};

static struct tm_model *build(const struct kink *k)
{
    struct tm_model *m = tm_new(k->opset);
    struct sx_tensor x = lc_tensor(k->x, NULL, NULL);
    tm_input(m, "x", SX_FLOAT, x.shape.rank, x.shape.dim);
    sx_tensor_free(&x);
    if (k->constants != NULL) {
        struct sx_tensor c = lc_tensor(k->constants, NULL, NULL);
        tm_const(m, "c", c.type, c.shape.rank, c.shape.dim, c.data);
        sx_tensor_free(&c);
    }
    tm_node(m, k->op, k->constants != NULL ? "x c" : "x", "y", k->attributes);
    tm_output(m, "y");
    return m;
}

static void check(const struct kink *k, bool faithful)
{
    struct sx_error error = {0};
    struct sx_model *model;
    struct sx_lowered *l = lc_lower(build(k), &model, &error);
    ck_assert_msg(l != NULL, "%s: %s", k->op, error.message);
    struct sx_graph *g = l->graph;
    int x = l->inputs[0].node, dx;
    g->faithful = faithful;
    ck_assert(sx_derive(g, l->outputs[0].node, SX_NONE, &x, 1, &dx));
    struct sx_tensor at = lc_tensor(k->x, NULL, NULL), want = lc_tensor(k->slopes, NULL, NULL),
                     got;
    ck_assert_msg(sx_evaluate(g, &x, &at, 1, &dx, &got, 1, &error), "%s", error.message);
    ck_assert_int_eq(sx_count(&want.shape), sx_count(&got.shape));
    for (int64_t i = 0; i < sx_count(&want.shape); i++)
        ck_assert_msg(fabs(sx_tensor_get(&got, i) - sx_tensor_get(&want, i)) < 1e-6,
                      "%s (%s): slope %lld is %g, not %g", k->op, k->x, (long long)i,
                      sx_tensor_get(&got, i), sx_tensor_get(&want, i));
    sx_tensor_free(&at);
    sx_tensor_free(&want);
    sx_tensor_free(&got);
    sx_lowered_free(l);
    sx_model_close(model);
}

static void check_all(const struct kink *kinks, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        check(&kinks[i], true);
        check(&kinks[i], false);
    }
}

#define CHECK_ALL(kinks) check_all(kinks, sizeof(kinks) / sizeof *(kinks))

START_TEST(activations)
{
    static const struct kink kinks[] = {
        {13, "Relu", NULL, "f3: -1 0 1", "f3: 0 0 1", NULL},
        {13, "Abs", NULL, "f3: -1 0 1", "f3: -1 0 1", NULL},
        {13, "LeakyRelu", "alpha=0.25", "f3: -1 0 1", "f3: 0.25 0.25 1", NULL},
        {13, "PRelu", NULL, "f3: -1 0 1", "f3: 0.25 0.25 1", "f: 0.25"},
        {13, "Elu", "alpha=0.5", "f4: -1000 0 1 1000", "f4: 0 0.5 1 1", NULL},
        {13, "Celu", "alpha=0.5", "f4: -1000 0 1 1000", "f4: 0 1 1 1", NULL},
        {13, "Selu", "alpha=2.0 gamma=1.5", "f3: -1000 0 1", "f3: 0 3 1.5", NULL},
        {13, "ThresholdedRelu", "alpha=1.0", "f3: 0 1 2", "f3: 0 0 1", NULL},
        {13, "HardSigmoid", "alpha=0.5", "f5: -2 -1 0 1 2", "f5: 0 0 0.5 0 0", NULL},
        {14, "HardSwish", NULL, "f5: -4 -3 0 3 4", "f5: 0 -0.5 0.5 1.5 1", NULL},
        {6, "Clip", "min=-1.0 max=1.0", "f5: -2 -1 0 1 2", "f5: 0 1 1 1 0", NULL},
        {13, "Shrink", "lambd=1.0", "f5: -2 -1 0 1 2", "f5: 1 0 0 0 1", NULL},
        {13, "Softplus", NULL, "f3: -1000 0 1000", "f3: 0 0.5 1", NULL},
        {18, "Mish", NULL, "f2: -1000 1000", "f2: 0 1", NULL},
        {20, "Gelu", NULL, "f3: -1000 0 1000", "f3: 0 0.5 1", NULL},
        {13, "Sign", NULL, "f3: -1 0 1", "f3: 0 0 0", NULL},
        {13, "Softsign", NULL, "f2: 0 1", "f2: 1 0.25", NULL},
    };
    CHECK_ALL(kinks);
}
END_TEST

START_TEST(ties)
{
    static const struct kink kinks[] = {
        {13, "Max", NULL, "f3: -1 0 1", "f3: 0 0.5 1", "f: 0"},
        {13, "Min", NULL, "f3: -1 0 1", "f3: 1 0.5 0", "f: 0"},
        {13, "ReduceMax", NULL, "f4: 1 3 3 2", "f4: 0 0.5 0.5 0", NULL},
        {13, "ReduceMin", NULL, "f4: 1 3 1 2", "f4: 0.5 0 0.5 0", NULL},
        {13, "MaxPool", "kernel_shape=[2]", "f1x1x3: 2 2 1", "f3: 1 1 0", NULL},
        {13, "GlobalMaxPool", NULL, "f1x1x3: 1 2 2", "f3: 0 1 0", NULL},
    };
    CHECK_ALL(kinks);
}
END_TEST

START_TEST(reductions)
{
    static const struct kink kinks[] = {
        {13, "ReduceL1", NULL, "f3: -1 0 1", "f3: -1 0 1", NULL},
        {13, "ReduceL2", NULL, "f2: 3 4", "f2: 0.6 0.8", NULL},
        {13, "ReduceL2", NULL, "f2: 0 0", "f2: 0 0", NULL},
        {13, "ReduceLogSumExp", NULL, "f2: 1000 1000", "f2: 0.5 0.5", NULL},
        {13, "ReduceLogSumExp", NULL, "f2: 0.3 -5000", "f2: 1 0", NULL},
        {13, "ReduceProd", NULL, "f3: 0 2 3", "f3: 6 0 0", NULL},
        {13, "ReduceMean", NULL, "f2: 3 4", "f2: 0.5 0.5", NULL},
        {11, "LpPool", "kernel_shape=[2]", "f1x1x2: 0 0", "f2: 0 0", NULL},
        {13, "TopK", NULL, "f4: 1 5 2 7", "f4: 0 1 0 1", "i1: 2"},
        {13, "CumSum", NULL, "f3: 1 2 3", "f3: 3 2 1", "i: 0"},
    };
    CHECK_ALL(kinks);
}
END_TEST

START_TEST(movers)
{
    static const struct kink kinks[] = {
        {13, "Gather", NULL, "f3: 1 2 3", "f3: 2 0 1", "i3: 0 2 -3"},
        {13, "Tile", NULL, "f2: 1 2", "f2: 3 3", "i1: 3"},
        {13, "Expand", NULL, "f2x1: 1 2", "f2: 3 3", "i2: 2 3"},
        {13, "Pad", NULL, "f2: 1 2", "f2: 1 1", "i2: 1 1"},
        {13, "Pad", "mode='reflect'", "f3: 1 2 3", "f3: 1 2 1", "i2: 1 0"},
        {9, "Upsample", NULL, "f2: 1 2", "f2: 2 2", "f1: 2"},
        {9, "Upsample", "mode='linear'", "f2: 1 2", "f2: 1.5 2.5", "f1: 2"},
        {13, "Cast", "to=10", "f2: 1.0001 3", "f2: 1 1", NULL},
        {13, "Identity", NULL, "f2: 1 3", "f2: 1 1", NULL},
    };
    CHECK_ALL(kinks);
}
END_TEST

/* ---- Signs ---- */

/* A sign that leads to a product counts as the number itself, as in binary networks. The factor
 * is 3. */
static double slope_of_sign(const char *between, const char *product, const char *factor,
                            enum sx_ste ste, float at)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 4, (int64_t[]){1, 1, 1, 1});
    tm_const(m, "w", SX_FLOAT, 4, (int64_t[]){1, 1, 1, 1}, (float[]){3});
    tm_const(m, "g", SX_FLOAT, 2, (int64_t[]){1, 1}, (float[]){3});
    tm_node(m, "Sign", "x", "s", NULL);
    tm_node(m, between, "s", "b", NULL);
    tm_node(m, product, factor, "y", NULL);
    tm_output(m, "y");
    struct sx_error error = {0};
    struct sx_model *model = lc_open(m);
    tm_free(m);
    const struct sx_lower_options options = {.ste = ste};
    struct sx_lowered *l = sx_lower(model, &options, &error);
    ck_assert_msg(l != NULL, "%s: %s", product, error.message);
    int x = l->inputs[0].node, dx;
    struct sx_tensor feed = {SX_FLOAT, {4, {1, 1, 1, 1}}, &at}, got;
    ck_assert(sx_derive(l->graph, l->outputs[0].node, SX_NONE, &x, 1, &dx));
    ck_assert_msg(sx_evaluate(l->graph, &x, &feed, 1, &dx, &got, 1, &error), "%s",
                  error.message);
    double slope = sx_tensor_get(&got, 0);
    sx_tensor_free(&got);
    sx_lowered_free(l);
    sx_model_close(model);
    return slope;
}

START_TEST(signs)
{
    static const struct {
        const char *between, *product, *factor;
        double slope;
    } cases[] = {{"Identity", "Conv", "b w", 3},    {"Identity", "ConvTranspose", "b w", 3},
                 {"Identity", "MatMul", "b w", 3},  {"Flatten", "Gemm", "b g", 3},
                 {"Transpose", "MatMul", "b w", 3}, {"Relu", "MatMul", "b w", 0},
                 {"Identity", "Add", "b w", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *between = cases[i].between, *product = cases[i].product;
        for (int k = 0; k < 2; k++) { /* inside, and where clip has no slope */
            const float at = k == 0 ? -0.5F : -1.5F;
            const double slope = cases[i].slope;
            ck_assert_double_eq(
                slope_of_sign(between, product, cases[i].factor, SX_STE_RELU, at), slope);
            ck_assert_double_eq(
                slope_of_sign(between, product, cases[i].factor, SX_STE_CLIP, at),
                k == 0 ? slope : 0);
            ck_assert_double_eq(
                slope_of_sign(between, product, cases[i].factor, SX_STE_OFF, at), 0);
        }
    }
}
END_TEST

int main(void)
{
    TCase *c = suite_case("lower_kinks");
    SUITE_ADD(c, activations, ties, reductions, movers, signs);
    return suite_run();
}
