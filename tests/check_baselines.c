/* check_baselines.c - reference inputs by name, and attributions that are means over draws,
 * against closed forms. */
#include <math.h>
#include <string.h>

#include "formula.h"
#include "suite.h"

struct fixture {
    struct sx_model *model;
    struct sx_explainer *explainer;
};

static void explain(struct fixture *f, struct tm_model *m, struct sx_shape shape,
                    const double *x)
{
    struct sx_error error = {0};
    const struct sx_explain_options options = {.precise = true, .score = SX_SCORE_RAW};
    struct sx_tensor feed;
    f->model = tm_open(m, &error);
    ck_assert_msg(f->model != NULL, "%s", error.message);
    tm_free(m);
    f->explainer = sx_explainer_new(f->model, &options, &error);
    ck_assert(sx_tensor_new(&feed, SX_DOUBLE, &shape, &error));
    memcpy(feed.data, x, (size_t)sx_count(&shape) * sizeof *x);
    ck_assert_msg(sx_explainer_sample(f->explainer, &feed, &error), "%s", error.message);
    sx_tensor_free(&feed);
}

static void end(struct fixture *f)
{
    sx_explainer_free(f->explainer);
    sx_model_close(f->model);
}

/* ---- Reference inputs ---- */

/* The sum of all elements. */
static struct tm_model *total(int rank, const int64_t *dims)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_DOUBLE, rank, dims);
    tm_node(m, "ReduceSum", "x", "y", "keepdims=0");
    tm_output(m, "y");
    return m;
}

static void expect_baseline(const struct fixture *f, const char *name,
                            const struct sx_preprocess *pre, const double *want, int n)
{
    struct sx_error error = {0};
    double got[64];
    ck_assert_msg(sx_baseline(f->explainer, name, pre, NULL, 0, got, &error), "%s: %s", name,
                  error.message);
    for (int i = 0; i < n; i++)
        ck_assert_msg(fabs(got[i] - want[i]) < 1e-9, "%s[%d] is %.12g, not %.12g", name, i,
                      got[i], want[i]);
}

/* Channels are first or last. Each channel has its own mean and scale. */
START_TEST(pictures)
{
    const bool last = _i == 1;
    static const double mean[] = {0.1, 0.2, 0.4}, std[] = {0.5, 0.25, 2};
    struct sx_shape shape =
        last ? (struct sx_shape){4, {1, 2, 3, 3}} : (struct sx_shape){4, {1, 3, 2, 3}};
    struct sx_error error = {0};
    struct sx_preprocess pre;
    struct fixture f;
    double x[18], white[18], black[18], means[18], half[18], zero[18] = {0};
    ck_assert(sx_preprocess_preset(&pre, "unit", &error));
    ck_assert(sx_preprocess_set(&pre, "mean", "0.1,0.2,0.4", &error));
    ck_assert(sx_preprocess_set(&pre, "std", "0.5,0.25,2", &error));
    ck_assert(sx_preprocess_set(&pre, "layout", last ? "nhwc" : "nchw", &error));
    for (int c = 0; c < 3; c++)
        for (int p = 0; p < 6; p++) {
            int i = last ? 3 * p + c : 6 * c + p;
            x[i] = 10 * c + p;
            means[i] = 10 * c + 2.5;
            white[i] = (1 - mean[c]) / std[c];
            black[i] = -mean[c] / std[c];
            half[i] = 0.5;
        }
    explain(&f, total(4, shape.dim), shape, x);
    expect_baseline(&f, "white", &pre, white, 18);
    expect_baseline(&f, "black", &pre, black, 18);
    expect_baseline(&f, "zero", &pre, zero, 18);
    expect_baseline(&f, "0.5", &pre, half, 18);
    expect_baseline(&f, "5e-1", &pre, half, 18);
    if (!last) /* if both axes have length 3, which of them has the channels is a guess */
        expect_baseline(&f, "mean", &pre, means, 18);
    end(&f);
}
END_TEST

/* A blur leaves a constant picture unchanged, and shrinks differences between pixels. */
START_TEST(blurred)
{
    const struct sx_shape shape = {4, {1, 1, 5, 5}};
    struct sx_error error = {0};
    struct sx_preprocess pre;
    struct fixture f;
    double x[25], got[25];
    ck_assert(sx_preprocess_preset(&pre, "unit", &error));
    for (int i = 0; i < 25; i++)
        x[i] = 3;
    explain(&f, total(4, shape.dim), shape, x);
    expect_baseline(&f, "blur:1.5", &pre, x, 25);
    end(&f);
    memset(x, 0, sizeof x);
    x[12] = 1;
    explain(&f, total(4, shape.dim), shape, x);
    double before = 1;
    for (int s = 1; s <= 3; s++) {
        char name[16];
        snprintf(name, sizeof name, "blur:0.%d", 3 * s);
        ck_assert(sx_baseline(f.explainer, name, &pre, NULL, 0, got, &error));
        ck_assert_double_lt(got[12], before);
        ck_assert_double_gt(got[12], got[11]);
        /* direct neighbours get more than diagonal ones */
        ck_assert_double_gt(got[11], got[6]);
        /* the result is symmetric under rotation by 90 degrees and reflection */
        for (int i = 0; i < 25; i++)
            ck_assert_double_eq_tol(got[i], got[i % 5 * 5 + 4 - i / 5], 1e-12);
        before = got[12];
    }
    static const char *const refused[] = {"blur:0", "blur:-1", "blur:x", "blur:"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        error = (struct sx_error){0};
        ck_assert_msg(!sx_baseline(f.explainer, refused[i], &pre, NULL, 0, got, &error), "'%s'",
                      refused[i]);
        ck_assert_int_eq(error.status, SX_USAGE);
    }
    end(&f);
}
END_TEST

START_TEST(backgrounds)
{
    static const double rows[] = {1, 2, 3, 5, 6, 7};
    struct sx_error error = {0};
    struct sx_preprocess pre;
    struct fixture f;
    double got[2];
    ck_assert(sx_preprocess_preset(&pre, "unit", &error));
    explain(&f, total(2, (int64_t[]){1, 2}), (struct sx_shape){2, {1, 2}},
            (const double[]){1, 2});
    ck_assert(sx_baseline(f.explainer, "mean", &pre, rows, 3, got, &error));
    ck_assert_double_eq_tol(got[0], 10.0 / 3, 1e-12);
    ck_assert_double_eq_tol(got[1], 14.0 / 3, 1e-12);
    static const char *const refused[] = {"mean",   "blur:2",  "pink",   "",
                                          "blur:0", "blur:-1", "blur:x", "1x"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        error = (struct sx_error){0};
        ck_assert_msg(!sx_baseline(f.explainer, refused[i], &pre, NULL, 0, got, &error), "'%s'",
                      refused[i]);
        ck_assert_int_eq(error.status, SX_USAGE);
    }
    end(&f);
}
END_TEST

/* ---- Means over draws ---- */

/* Explains by a method of `samples` draws. Noise of 0.5 times the range 2 has standard
 * deviation 1. */
static void draw(const struct fixture *f, const char *method, int64_t samples, double got[2])
{
    struct sx_error error = {0};
    struct sx_attribution a;
    static const double zeros[2];
    struct sx_attribute_options o = sx_attribute_defaults();
    o.method = method;
    o.samples = samples;
    o.noise = 0.5;
    o.baseline = zeros;
    ck_assert_msg(sx_attribute(f->explainer, &o, &a, &error), "%s", error.message);
    for (int i = 0; i < 2; i++)
        got[i] = sx_tensor_get(&a.map, i);
    sx_tensor_free(&a.map);
}

/* f = x1^3 + x2^2 at (3, 1). With z = x + e the gradients are 3 z1^2, of mean 3 (9 + 1) and
 * variance 9 (4 * 9 + 2), and 2 z2, of mean 2 and variance 4. */
START_TEST(noise)
{
    enum { DRAWS = 40000 };
    struct fixture f;
    double mean[2], square[2], variance[2];
    explain(&f, formula(2, "x1 x1 Mul x1 Mul x2 x2 Mul Add"), (struct sx_shape){2, {1, 2}},
            (const double[]){3, 1});
    draw(&f, "smoothgrad", DRAWS, mean);
    draw(&f, "smoothgrad-sq", DRAWS, square);
    draw(&f, "vargrad", DRAWS, variance);
    ck_assert_double_eq_tol(mean[0], 30, 5 * sqrt(342.0 / DRAWS));
    ck_assert_double_eq_tol(mean[1], 2, 5 * sqrt(4.0 / DRAWS));
    ck_assert_double_eq_tol(variance[0], 342, 342 * 0.05);
    ck_assert_double_eq_tol(variance[1], 4, 4 * 0.05);
    for (int i = 0; i < 2; i++)
        ck_assert_double_eq_tol(square[i], variance[i] + mean[i] * mean[i], 1e-8);
    end(&f);
}
END_TEST

/* One draw is made in each part of the path. The error for f = x1 x2 falls faster than with
 * draws anywhere on the path. */
START_TEST(draws_along_the_path)
{
    struct fixture f;
    double got[2];
    explain(&f, formula(2, "x1 x2 Mul"), (struct sx_shape){2, {1, 2}}, (const double[]){4, 2});
    for (int64_t n = 10; n <= 1000; n *= 10) {
        double spread = 8 / sqrt(12.0 * pow((double)n, 3));
        draw(&f, "expected", n, got);
        ck_assert_double_eq_tol(got[0], 4, 5 * spread);
        ck_assert_double_eq_tol(got[1], 4, 5 * spread);
    }
    end(&f);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("baselines");
    tcase_add_loop_test(c, pictures, 0, 2);
    SUITE_ADD(c, blurred, backgrounds, noise, draws_along_the_path);
    return suite_run();
}
