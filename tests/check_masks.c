/* check_masks.c - attributions of players by masks, against their published definitions on
 * functions whose coalitions can be enumerated. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formula.h"
#include "suite.h"

struct fixture {
    struct sx_model *model;
    struct sx_explainer *explainer;
    struct sx_attribution a;
};

static void open_at(struct fixture *f, struct tm_model *m, const struct sx_shape *shape,
                    const double *x)
{
    struct sx_error error = {0};
    struct sx_explain_options o = {.precise = true, .score = SX_SCORE_LOGIT};
    struct sx_tensor feed;
    *f = (struct fixture){.model = tm_open(m, &error)};
    tm_free(m);
    ck_assert_msg(f->model != NULL, "%s", error.message);
    f->explainer = sx_explainer_new(f->model, &o, &error);
    ck_assert_ptr_nonnull(f->explainer);
    ck_assert(sx_tensor_new(&feed, SX_DOUBLE, shape, &error));
    memcpy(feed.data, x, (size_t)sx_count(shape) * sizeof *x);
    ck_assert_msg(sx_explainer_sample(f->explainer, &feed, &error), "%s", error.message);
    sx_tensor_free(&feed);
}

static void open_formula(struct fixture *f, const char *text)
{
    const struct sx_shape shape = {2, {1, 3}};
    open_at(f, formula(3, text), &shape, (const double[]){1, 2, 3});
}

static double run(struct fixture *f, struct sx_attribute_options o, const char *method)
{
    static const double zeros[144];
    struct sx_error error = {0};
    sx_attribution_free(&f->a);
    o.method = method;
    o.baseline = zeros;
    ck_assert_msg(sx_attribute(f->explainer, &o, &f->a, &error), "%s", error.message);
    return sx_tensor_get(&f->a.map, 0);
}

static void expect(const struct fixture *f, int64_t n, const double *want, double tolerance)
{
    ck_assert_int_eq(sx_count(&f->a.map.shape), n);
    for (int64_t i = 0; i < n; i++)
        ck_assert_double_eq_tol(sx_tensor_get(&f->a.map, i), want[i], tolerance);
}

static void end(struct fixture *f)
{
    sx_attribution_free(&f->a);
    sx_explainer_free(f->explainer);
    sx_model_close(f->model);
}

/* f = 2 x1 + x2 x3 = 8. The first player contributes 2, the other two together 6. */
START_TEST(test_occlusion_of_players)
{
    struct fixture f;
    open_formula(&f, "x1 2 Mul x2 x3 Mul Add");
    run(&f, sx_attribute_defaults(), "occlusion");
    expect(&f, 3, (const double[]){2, 6, 6}, 1e-12);
    ck_assert_int_eq(f.a.players, 3);
    end(&f);
}
END_TEST

/* The map is E[f m_i] / p: 2 + 6 p^2 and 2 p + 6 p. Its error is that of a mean of N draws. */
START_TEST(test_rise)
{
    static const double shares[] = {0.5, 0.25};
    struct fixture f;
    open_formula(&f, "x1 2 Mul x2 x3 Mul Add");
    for (int k = 0; k < 2; k++) {
        double p = shares[k];
        const double want[3] = {2 + 6 * p * p, 8 * p, 8 * p};
        struct sx_attribute_options o = sx_attribute_defaults();
        o.samples = 20000;
        o.share = p;
        run(&f, o, "rise");
        /* E[(f m_1 / p)^2] = (4 (1 - p^2) + 64 p^2) / p */
        double variance = (4 * (1 - p * p) + 64 * p * p) / p - want[0] * want[0];
        ck_assert_double_eq_tol(sx_tensor_get(&f.a.error, 0) / sqrt(variance / 20000), 1, 0.05);
        for (int i = 0; i < 3; i++) {
            double off = fabs(sx_tensor_get(&f.a.map, i) - want[i]);
            ck_assert_double_lt(off, 4 * sx_tensor_get(&f.a.error, i));
        }
        ck_assert_int_eq(f.a.masks, 20000);
    }
    end(&f);
}
END_TEST

/* The fit of a function that is linear in its players is exact. */
START_TEST(test_lime_of_linear)
{
    struct fixture f;
    struct sx_attribute_options o = sx_attribute_defaults();
    open_formula(&f, "x1 2 Mul x2 Sub x3 0.5 Mul Add");
    o.ridge = 0;
    run(&f, o, "lime");
    expect(&f, 3, (const double[]){2, -2, 1.5}, 1e-9);
    ck_assert_double_eq_tol(f.a.r2, 1, 1e-12);
    ck_assert_double_eq(f.a.kernel_width, 0.25);
    o.lasso = 1e6;
    run(&f, o, "lime");
    expect(&f, 3, (const double[]){0, 0, 0}, 1e-12);
    ck_assert_double_eq_tol(f.a.r2, 0, 1e-12);
    end(&f);
}
END_TEST

/* One player with f = 2 x at x = 1. Let w1 and w0 be the total weights of the draws with and
 * without it. The ridge fit is 2 s / (s + 1), where s = w1 w0 / (w1 + w0). */
START_TEST(test_lime_shrinks)
{
    struct fixture f;
    const struct sx_shape shape = {2, {1, 1}};
    struct sx_attribute_options o = sx_attribute_defaults();
    open_at(&f, formula(1, "x1 2 Mul"), &shape, (const double[]){1});
    o.samples = 300;
    o.kernel_width = 2;
    double got = run(&f, o, "lime"), s = got / (2 - got), far = exp(-0.25);
    /* s shows how many draws were without the player: a third to two thirds of 300 */
    double low = INFINITY;
    for (int without = 100; without <= 200; without++) {
        double w1 = 300 - without, w0 = far * without;
        low = fmin(low, fabs(s - w1 * w0 / (w1 + w0)));
    }
    ck_assert_double_lt(low, 1e-9 * s);
    end(&f);
}
END_TEST

/* f = x1 x2 at (1, 1). A draw of k players has the weight exp(-(1 - sqrt(k / 2))^2 / width^2), and
 * there are about as many draws of each coalition: the fit is that of a line to f = 0, 0, 1 at k = 0, 1,
 * 2, of which k = 1 occurs twice as often. */
START_TEST(test_lime_of_a_product)
{
    const double width = 0.5;
    double weight[3], all = 0, k_mean = 0, y_mean = 0, above = 0, below = 0;
    struct fixture f;
    const struct sx_shape shape = {2, {1, 2}};
    struct sx_attribute_options o = sx_attribute_defaults();
    for (int k = 0; k < 3; k++) {
        weight[k] = (k == 1 ? 2 : 1) * exp(-pow((1 - sqrt(k / 2.0)) / width, 2));
        all += weight[k];
        k_mean += weight[k] * k;
        y_mean += weight[k] * (k == 2);
    }
    for (int k = 0; k < 3; k++) {
        double off = k - k_mean / all;
        above += weight[k] * off * ((k == 2) - y_mean / all);
        below += weight[k] * off * off;
    }
    open_at(&f, formula(2, "x1 x2 Mul"), &shape, (const double[]){1, 1});
    o.samples = 4000;
    o.kernel_width = width;
    o.ridge = 0;
    run(&f, o, "lime");
    expect(&f, 2, (const double[]){above / below, above / below}, 5e-3);
    end(&f);
}
END_TEST

/* f is the sum of a 2x3 picture. Windows have 1x2 pixels, at every position. */
START_TEST(test_windows)
{
    struct fixture f;
    const struct sx_shape shape = {4, {1, 1, 2, 3}};
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_DOUBLE, 4, shape.dim);
    tm_node(m, "ReduceSum", "x", "y", NULL);
    tm_output(m, "y");
    open_at(&f, m, &shape, (const double[]){1, 2, 4, 8, 16, 32});
    struct sx_attribute_options o = sx_attribute_defaults();
    o.window[0] = o.stride[0] = o.stride[1] = 1;
    o.window[1] = 2;
    run(&f, o, "occlusion");
    expect(&f, 6, (const double[]){3, 4.5, 6, 24, 36, 48}, 1e-12);
    ck_assert_int_eq(f.a.window[1], 2);
    o.stride[1] = 2; /* the second window is cut off at the edge */
    run(&f, o, "occlusion");
    expect(&f, 6, (const double[]){3, 4.5, 6, 24, 36, 48}, 1e-12);
    o.players = "patches:1x2";
    run(&f, o, "occlusion");
    expect(&f, 4, (const double[]){3, 4, 24, 32}, 1e-12);
    ck_assert_int_eq(f.a.map.shape.dim[1], 2);
    end(&f);
}
END_TEST

/* Every window is visited, whatever the numbers of rows and columns: of a sum each pixel loses itself.
 */
START_TEST(test_all_windows)
{
    for (int64_t rows = 1; rows <= 12; rows++)
        for (int64_t columns = 1; columns <= 12; columns += 2) {
            struct fixture f;
            struct sx_attribute_options o = sx_attribute_defaults();
            const struct sx_shape shape = {4, {1, 1, rows, columns}};
            const int64_t n = rows * columns;
            double x[144];
            struct tm_model *m = tm_new(13);
            for (int i = 0; i < 144; i++)
                x[i] = 1 + i;
            tm_input(m, "x", SX_DOUBLE, 4, shape.dim);
            tm_node(m, "Flatten", "x", "v", NULL);
            tm_node(m, "ReduceSum", "v", "y", "keepdims=1");
            tm_output(m, "y");
            open_at(&f, m, &shape, x);
            o.window[0] = o.window[1] = o.stride[0] = o.stride[1] = 1;
            run(&f, o, "occlusion");
            expect(&f, n, x, 1e-9);
            end(&f);
        }
}
END_TEST

/* The integrated gradients of the linear function are 2, -2, 1.5. The densest region is added
 * first. */
START_TEST(test_xrai)
{
    struct fixture f;
    open_formula(&f, "x1 2 Mul x2 Sub x3 0.5 Mul Add");
    run(&f, sx_attribute_defaults(), "xrai");
    expect(&f, 3, (const double[]){2, -2, 1.5}, 1e-12);
    const int64_t order[] = {0, 2, 1};
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(f.a.region[i].player, order[i]);
    struct sx_error error = {0};
    struct sx_result *r = sx_result_new(SX_DOUBLE, &error);
    sx_put_object(r, NULL);
    sx_put_attribution(r, "xrai", &f.a);
    sx_put_end(r);
    ck_assert(sx_result_ok(r, &error));
    ck_assert_int_eq(sx_datum_count(sx_datum_at(sx_result_top(r), "regions")), 3);
    sx_result_free(r);
    end(&f);
    open_formula(&f, "x1 6 Mul x2 3 Mul Add x3 2 Mul Add"); /* 6, 6, 6: in their order */
    run(&f, sx_attribute_defaults(), "xrai");
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(f.a.region[i].player, i);
    end(&f);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("masks");
    SUITE_ADD(c, test_occlusion_of_players, test_rise, test_lime_of_linear, test_lime_shrinks,
              test_lime_of_a_product, test_windows, test_all_windows, test_xrai);
    return suite_run();
}
