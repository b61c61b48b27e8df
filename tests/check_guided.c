/* check_guided.c - guided backpropagation, Guided Grad-CAM, ensembles and the edge detector, on
 * inputs whose maps can be computed by hand. */
#include <math.h>
#include <string.h>

#include "formula.h"
#include "suite.h"

/* Explains y of a model at x, which has n elements. */
static void expect(struct tm_model *m, const struct sx_shape *shape, const double *x,
                   const char *method, const double *want, int64_t n)
{
    struct sx_error error = {0};
    struct sx_explain_options options = {.precise = true, .score = SX_SCORE_RAW};
    struct sx_attribute_options o = sx_attribute_defaults();
    struct sx_attribution a;
    struct sx_tensor feed;
    const double zeros[121] = {0};
    struct sx_model *model = tm_open(m, &error);
    ck_assert_msg(model != NULL, "%s", error.message);
    tm_free(m);
    struct sx_explainer *e = sx_explainer_new(model, &options, &error);
    ck_assert_ptr_nonnull(e);
    ck_assert(sx_tensor_new(&feed, SX_DOUBLE, shape, &error));
    memcpy(feed.data, x, (size_t)sx_count(shape) * sizeof *x);
    ck_assert_msg(sx_explainer_sample(e, &feed, &error), "%s", error.message);
    o.method = method;
    o.baseline = zeros;
    ck_assert_msg(sx_attribute(e, &o, &a, &error), "%s", error.message);
    ck_assert_int_eq(sx_count(&a.map.shape), n);
    for (int64_t i = 0; i < n; i++)
        ck_assert_msg(fabs(sx_tensor_get(&a.map, i) - want[i]) < 1e-12,
                      "%s[%d] is %.17g, not %.17g", method, (int)i, sx_tensor_get(&a.map, i),
                      want[i]);
    sx_attribution_free(&a);
    sx_tensor_free(&feed);
    sx_explainer_free(e);
    sx_model_close(model);
}

/* relu(3 relu(x1 - x2) - 2 relu(x3 - x1) + 4 relu(x2 - x1)) - relu(x2) at (2, 1, 2.5). The
 * second and the last ReLU get negative gradients. The third has a negative input. */
START_TEST(test_chain)
{
    static const char f[] = "x1 x2 Sub Relu 3 Mul x3 x1 Sub Relu 2 Mul Sub x2 x1 Sub Relu 4 "
                            "Mul Add Relu x2 Relu Sub";
    const struct sx_shape shape = {2, {1, 3}};
    const double x[] = {2, 1, 2.5};
    expect(formula(3, f), &shape, x, "grad", (const double[]){5, -4, -2}, 3);
    expect(formula(3, f), &shape, x, "guided-backprop", (const double[]){3, -3, 0}, 3);
}
END_TEST

/* Without a ReLU the map is the gradient. */
START_TEST(test_smooth)
{
    const struct sx_shape shape = {2, {1, 2}};
    expect(formula(2, "x1 x2 Mul x2 x2 Mul Sub"), &shape, (const double[]){2, 3},
           "guided-backprop", (const double[]){3, -4}, 2);
}
END_TEST

/* Means over 2 x 2 pixels, for which relu(a) is 1, 2, 3, 4 and y = a1 - 2 a2 + 3 a3 + 4 a4. The
 * mean gradient by relu(a) is 1.5. The guided gradients of a pixel are 1/4, 0, 3/4 and 1. */
START_TEST(test_guided_gradcam)
{
    static const double w[] = {1, -2, 3, 4}, guided[] = {0.25, 0, 0.75, 1};
    const struct sx_shape shape = {4, {1, 1, 4, 4}};
    double x[16], want[16];
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_DOUBLE, 4, (int64_t[]){1, 1, 4, 4});
    tm_const(m, "k", SX_DOUBLE, 4, (int64_t[]){1, 1, 2, 2}, (double[]){0.25, 0.25, 0.25, 0.25});
    tm_const(m, "w", SX_DOUBLE, 2, (int64_t[]){4, 1}, w);
    tm_node(m, "Conv", "x k", "c", "strides=2,2");
    tm_node(m, "Relu", "c", "a", NULL);
    tm_node(m, "Flatten", "a", "flat", NULL);
    tm_node(m, "MatMul", "flat w", "y", NULL);
    tm_output(m, "y");
    for (int i = 0; i < 16; i++) {
        int row = i / 4, column = i % 4, block = row / 2 * 2 + column / 2;
        double down = fmin(fmax(row / 2.0 - 0.25, 0), 1);
        double right = fmin(fmax(column / 2.0 - 0.25, 0), 1);
        x[i] = block + 1;
        want[i] = 1.5 * (1 + 2 * down + right) * guided[block];
    }
    expect(m, &shape, x, "guided-gradcam", want, 16);
}
END_TEST

/* Two classes have the logits x1 w + x2 v at x = (1, 0). A draw is accepted if its noise on w
 * favours class 0: of two normals of deviation s the first is not below the second. The mean of
 * the first is then s / sqrt(pi). The noise on v is not restricted. */
START_TEST(test_ensemble)
{
    static const double w[] = {1, 0.5, -2, 3}, x[] = {1, 0}, zeros[] = {0, 0};
    struct sx_error error = {0};
    struct sx_explain_options options = {.precise = true, .score = SX_SCORE_LOGIT};
    struct sx_attribute_options o = sx_attribute_defaults();
    struct sx_attribution mean, most;
    struct sx_shape shape = {2, {1, 2}};
    struct sx_tensor feed = {SX_DOUBLE, shape, (void *)(uintptr_t)x};
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_DOUBLE, 2, (int64_t[]){1, 2});
    tm_const(m, "w", SX_DOUBLE, 2, (int64_t[]){2, 2}, w);
    tm_node(m, "MatMul", "x w", "logits", NULL);
    tm_node(m, "Softmax", "logits", "p", "axis=1");
    tm_output(m, "p");
    struct sx_model *model = tm_open(m, &error);
    struct sx_explainer *e = sx_explainer_new(model, &options, &error);
    ck_assert_msg(e != NULL && sx_explainer_sample(e, &feed, &error), "%s", error.message);
    o.baseline = zeros;
    o.samples = 400;
    o.method = "geg-ig";
    ck_assert_msg(sx_attribute(e, &o, &mean, &error), "%s", error.message);
    ck_assert_int_eq(mean.samples, 400);
    ck_assert_double_eq_tol(sx_tensor_get(&mean.map, 0), 1 + 0.001 / sqrt(3.14159265), 1.5e-4);
    ck_assert_double_eq_tol(sx_tensor_get(&mean.map, 1), -2, 1.5e-4);
    o.method = "geg-max";
    ck_assert_msg(sx_attribute(e, &o, &most, &error), "%s", error.message);
    for (int i = 0; i < 2; i++) {
        double above = sx_tensor_get(&most.map, i) - (i == 0 ? 1 : -2);
        ck_assert(above > 0.002 && above < 0.005);
    }
    sx_attribution_free(&mean);
    sx_attribution_free(&most);
    tm_free(m);
    sx_explainer_free(e);
    sx_model_close(model);
}
END_TEST

/* A single bright pixel gives the blur of the mirrored slope along both axes. */
START_TEST(test_edge)
{
    static const double line[11] = {0, 0, 0.25, 1, 1.25, 0, -1.25, -1, -0.25, 0, 0};
    const struct sx_shape shape = {4, {1, 1, 11, 11}};
    double x[121] = {0}, want[121];
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_DOUBLE, 4, (int64_t[]){1, 1, 11, 11});
    tm_node(m, "GlobalAveragePool", "x", "y", NULL);
    tm_output(m, "y");
    x[60] = 1;
    for (int i = 0; i < 121; i++)
        want[i] = line[i / 11] * line[i % 11];
    expect(m, &shape, x, "edge", want, 121);
}
END_TEST

/* Borders are mirrored at the last element, which is not repeated: the elements at -2 to n + 1. */
static const int64_t of_four[] = {2, 1, 0, 1, 2, 3, 2, 1},
                     of_five[] = {2, 1, 0, 1, 2, 3, 4, 3, 2};

/* Filters 4 rows and 5 columns. */
static void filter(const double kernel[5], double picture[20])
{
    double row[20] = {0};
    for (int i = 0; i < 20; i++)
        for (int k = 0; k < 5; k++)
            row[i] += kernel[k] * picture[i / 5 * 5 + of_five[i % 5 + k]];
    for (int i = 0; i < 20; i++) {
        picture[i] = 0;
        for (int k = 0; k < 5; k++)
            picture[i] += kernel[k] * row[of_four[i / 5 + k] * 5 + i % 5];
    }
}

START_TEST(test_edge_at_borders)
{
    static const double blur[] = {0, 0.25, 0.5, 0.25, 0}, slope[] = {-1, -2, 0, 2, 1};
    const struct sx_shape shape = {4, {1, 1, 4, 5}};
    double x[20], want[20];
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_DOUBLE, 4, shape.dim);
    tm_node(m, "GlobalAveragePool", "x", "y", NULL);
    tm_output(m, "y");
    for (int i = 0; i < 20; i++)
        x[i] = want[i] = sin(i * i);
    filter(blur, want);
    filter(slope, want);
    expect(m, &shape, x, "edge", want, 20);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("guided");
    SUITE_ADD(c, test_chain, test_smooth, test_guided_gradcam, test_ensemble, test_edge,
              test_edge_at_borders);
    return suite_run();
}
