/* check_ggig.c - attribution methods against worked examples: small functions whose gradients
 * along a path are known in closed form. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formula.h"
#include "suite.h"

struct fixture {
    struct sx_model *model;
    struct sx_explainer *explainer;
};

static void open_explainer(struct fixture *f, struct tm_model *m, const double *x, int64_t n)
{
    struct sx_error error = {0};
    struct sx_explain_options options = {.precise = true, .score = SX_SCORE_LOGIT};
    struct sx_shape shape = {2, {1, n}};
    struct sx_tensor feed;
    f->model = tm_open(m, &error);
    ck_assert_msg(f->model != NULL, "%s", error.message);
    tm_free(m);
    f->explainer = sx_explainer_new(f->model, &options, &error);
    ck_assert_ptr_nonnull(f->explainer);
    ck_assert(sx_tensor_new(&feed, SX_DOUBLE, &shape, &error));
    memcpy(feed.data, x, (size_t)n * sizeof *x);
    ck_assert_msg(sx_explainer_sample(f->explainer, &feed, &error), "%s", error.message);
    sx_tensor_free(&feed);
}

static void close_explainer(struct fixture *f)
{
    sx_explainer_free(f->explainer);
    sx_model_close(f->model);
}

/* Explains from a baseline of zeros and compares the map. */
static void expect(const struct fixture *f, const char *method, int64_t steps, int64_t iters,
                   double eta, const double *expected, int64_t n, double tolerance)
{
    struct sx_error error = {0};
    struct sx_attribution a;
    double zeros[64] = {0};
    struct sx_attribute_options o = sx_attribute_defaults();
    o.method = method;
    o.steps = steps;
    o.iterations = iters;
    o.eta = eta;
    o.baseline = zeros;
    ck_assert_msg(sx_attribute(f->explainer, &o, &a, &error), "%s", error.message);
    ck_assert_int_eq(sx_count(&a.map.shape), n);
    bool flat = true;
    for (int64_t i = 0; i < n; i++) {
        double got = sx_tensor_get(&a.map, i);
        flat = flat && expected[i] == 0;
        ck_assert_msg(fabs(got - expected[i]) <= tolerance * (1 + fabs(expected[i])),
                      "%s[%d] is %.17g, not %.17g", method, (int)i, got, expected[i]);
    }
    ck_assert_int_eq(a.flat, flat);
    sx_tensor_free(&a.map);
}

#define EXPECT(method, steps, iters, eta, ...)                                                 \
    do {                                                                                       \
        const double e[] = {__VA_ARGS__};                                                      \
        expect(&f, method, steps, iters, eta, e, (int64_t)(sizeof e / sizeof e[0]), 1e-12);    \
    } while (0)

/* f = x1 x2 */
START_TEST(test_product)
{
    struct fixture f;
    open_explainer(&f, formula(2, "x1 x2 Mul"), (const double[]){2, 1}, 2);
    EXPECT("ggig", 2, 3, 0.1, 1.41, 2.22);
    EXPECT("ggig-ig", 2, 3, 0.1, 0.705, 1.11);
    EXPECT("ig", 2, 3, 0.1, 0.5, 1);
    EXPECT("ig-max", 2, 3, 0.1, 1, 2);
    EXPECT("gda", 2, 3, 0.1, 1.41, 2.22);
    EXPECT("grad", 0, 0, 0.1, 1, 2);
    EXPECT("inputxgrad", 0, 0, 0.1, 2, 2);
    close_explainer(&f);
}
END_TEST

/* A map is flat if it is 0 everywhere. */
START_TEST(test_flat)
{
    struct fixture f;
    open_explainer(&f, formula(2, "x1 Neg Relu x2 Neg Relu Add"), (const double[]){2, 1}, 2);
    EXPECT("grad", 0, 0, 0.1, 0, 0);
    close_explainer(&f);
    open_explainer(&f, formula(2, "x1 x2 Add"), (const double[]){2, 1}, 2);
    EXPECT("grad", 0, 0, 0.1, 1, 1);
    close_explainer(&f);
}
END_TEST

/* f = x1 x2 + x2^2 / 2 at (2, 1). Steps have the length eta, or are eta times the gradient or
 * its sign. */
START_TEST(test_steps)
{
    struct fixture f;
    struct sx_error error = {0};
    struct sx_attribution a;
    const double unit = 0.5 / sqrt(10), zeros[2] = {0};
    const double want[][2] = {{1 + 3 * unit, 3 + 4 * unit}, {1 + 1.5, 3 + 2}, {1.5, 4}};
    static const enum sx_climb step[] = {SX_CLIMB_UNIT, SX_CLIMB_PLAIN, SX_CLIMB_SIGN};
    open_explainer(&f, formula(2, "x1 x2 Mul x2 x2 Mul 0.5 Mul Add"), (const double[]){2, 1},
                   2);
    struct sx_attribute_options o = sx_attribute_defaults();
    o.method = "gda";
    o.iterations = 2;
    o.eta = 0.5;
    o.baseline = zeros;
    for (int i = 0; i < 3; i++) {
        o.step = step[i];
        ck_assert(sx_attribute(f.explainer, &o, &a, &error));
        for (int k = 0; k < 2; k++)
            ck_assert_double_eq_tol(sx_tensor_get(&a.map, k), want[i][k], 1e-12);
        sx_tensor_free(&a.map);
    }
    close_explainer(&f);
}
END_TEST

/* At the points of the path from (1, 0), f is 0, 0.875 and 2.5. Its gradients are (0, 1), (0.5,
 * 2) and (1, 3). Each increment of f is shared by the squared gradient at its beginning. */
START_TEST(test_idgi)
{
    struct fixture f;
    struct sx_error error = {0};
    struct sx_attribution a;
    const double from[2] = {1, 0};
    open_explainer(&f, formula(2, "x1 x2 Mul x2 x2 Mul 0.5 Mul Add"), (const double[]){2, 1},
                   2);
    struct sx_attribute_options o = sx_attribute_defaults();
    o.method = "idgi";
    o.steps = 2;
    o.baseline = from;
    ck_assert(sx_attribute(f.explainer, &o, &a, &error));
    ck_assert_double_eq_tol(sx_tensor_get(&a.map, 0), 1.625 * 0.25 / 4.25, 1e-12);
    ck_assert_double_eq_tol(sx_tensor_get(&a.map, 1), 0.875 + 1.625 * 4 / 4.25, 1e-12);
    ck_assert_double_eq_tol(a.gap, 0, 1e-12);
    sx_tensor_free(&a.map);
    close_explainer(&f);
}
END_TEST

/* A negative target counts from the end. Of equal scores the first is the predicted class. */
START_TEST(test_targets)
{
    static const struct {
        const char *target;
        int64_t index; /* -1: refused */
    } known[] = {{"0", 0},   {"2", 2},    {"-1", 2}, {"-3", 0},     {"3", -1},
                 {"-4", -1}, {"1.0", -1}, {"", -1},  {"argmax", 1}, {NULL, 1}};
    const struct sx_shape shape = {2, {1, 3}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct sx_error error = {0};
        struct sx_explain_options options = {.target = known[i].target};
        struct tm_model *m = formula_columns(3);
        tm_node(m, "Neg", "x", "y", NULL);
        tm_output(m, "y");
        struct sx_model *model = tm_open(m, &error);
        tm_free(m);
        struct sx_explainer *e = sx_explainer_new(model, &options, &error);
        struct sx_tensor x;
        ck_assert(sx_tensor_new(&x, SX_DOUBLE, &shape, &error));
        memcpy(x.data, (const double[]){3, 1, 1}, 3 * sizeof(double));
        bool ok = e != NULL && sx_explainer_sample(e, &x, &error);
        ck_assert_msg(ok == (known[i].index >= 0), "%s", known[i].target);
        if (ok)
            ck_assert_int_eq(sx_explainer_target(e)->index, known[i].index);
        else
            ck_assert_int_eq(error.status, SX_USAGE);
        sx_tensor_free(&x);
        sx_explainer_free(e);
        sx_model_close(model);
    }
}
END_TEST

/* f = -z^2/2 */
START_TEST(test_concave)
{
    for (int sign = 1; sign >= -1; sign -= 2) {
        struct fixture f;
        open_explainer(&f, formula(1, "x x Mul -0.5 Mul"), (const double[]){3.0 * sign}, 1);
        if (sign > 0) {
            EXPECT("ggig", 4, 5, 0.1, 0);
            EXPECT("ggig-ig", 4, 5, 0.1, -0.98415);
            EXPECT("ig", 4, 5, 0.1, -1.5);
            EXPECT("ig-max", 4, 5, 0.1, 0);
        } else {
            EXPECT("ggig", 4, 5, 0.1, 3);
            EXPECT("ggig-ig", 4, 5, 0.1, 1.5);
            EXPECT("ig", 4, 5, 0.1, 1.5);
            EXPECT("ig-max", 4, 5, 0.1, 3);
        }
        close_explainer(&f);
    }
}
END_TEST

/* f = 3 relu(x1 - 1) - 2 relu(x2 - 1) */
START_TEST(test_kinks)
{
    struct fixture f;
    open_explainer(&f, formula(2, "x1 1 Sub Relu 3 Mul x2 1 Sub Relu 2 Mul Sub"),
                   (const double[]){2, 2}, 2);
    EXPECT("ggig", 4, 1, 0.1, 3, 0);
    EXPECT("ig-max", 4, 1, 0.1, 3, 0);
    EXPECT("ig", 4, 1, 0.1, 1.125, -0.75);
    close_explainer(&f);
}
END_TEST

/* f = sin x1 + x1 x2 */
START_TEST(test_sine)
{
    struct fixture f;
    open_explainer(&f, formula(2, "x1 Sin x1 x2 Mul Add"), (const double[]){1, -2}, 2);
    EXPECT("ggig", 50, 100, 1e-4, 1, 1);
    EXPECT("ggig-ig", 50, 100, 1e-4, -0.15119870245170633, 0.502305687532035);
    EXPECT("ig", 50, 100, 1e-4, -0.15855706441192574, 0.5);
    EXPECT("ig-max", 50, 100, 1e-4, 1, 1);
    EXPECT("ggig", 50, 100, 0.1, 3310.393761173376, 3310.051808452437);
    close_explainer(&f);
}
END_TEST

/* f = w.z, so every gradient is w */
START_TEST(test_linear)
{
    struct fixture f;
    struct tm_model *m = formula_columns(2);
    const int64_t dims[] = {2, 1};
    tm_const(m, "w", SX_DOUBLE, 2, dims, (const double[]){0.7, -1.3});
    tm_node(m, "MatMul", "x w", "y", NULL);
    tm_output(m, "y");
    open_explainer(&f, m, (const double[]){0.4, 5}, 2);
    const char *const mean_gradients[] = {"ggig", "ggig-ig", "ig",         "ig-max",
                                          "gda",  "gda-ig",  "smoothgrad", "grad"};
    for (size_t i = 0; i < sizeof mean_gradients / sizeof mean_gradients[0]; i++) {
        EXPECT(mean_gradients[i], 7, 4, 0.3, 0.7, -1.3);
        EXPECT(mean_gradients[i], 1, 1, 1e-4, 0.7, -1.3);
    }
    EXPECT("smoothgrad-sq", 0, 0, 0, 0.49, 1.69);
    EXPECT("vargrad", 0, 0, 0, 0, 0);
    EXPECT("guided-ig", 20, 0, 0, 0.28, -6.5);
    EXPECT("expected", 0, 0, 0, 0.28, -6.5);
    close_explainer(&f);
}
END_TEST

/* f = 3 x1^2 - 5 x1 - 3 x2^2 + 5 x2 at (1, 1), in five steps. The first gradient goes from -5
 * to 1, the second from 5 to -1, each in steps of 1.2. */
START_TEST(test_aggregates)
{
    static const struct {
        enum sx_aggregate how;
        double want[2];
    } known[] = {{SX_AGG_MAX, {1, 5}}, {SX_AGG_ABSMAX, {-5, 5}}};
    struct sx_error error = {0};
    struct sx_attribution a;
    const double zeros[2] = {0};
    struct fixture f;
    open_explainer(&f,
                   formula(2, "x1 2 Pow 3 Mul x1 5 Mul Sub x2 2 Pow 3 Mul Sub x2 5 Mul Add"),
                   (const double[]){1, 1}, 2);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct sx_attribute_options o = sx_attribute_defaults();
        o.method = "ggig";
        o.steps = 5;
        o.iterations = 1;
        o.baseline = zeros;
        o.aggregate = known[i].how;
        ck_assert_msg(sx_attribute(f.explainer, &o, &a, &error), "%s", error.message);
        for (int k = 0; k < 2; k++)
            ck_assert_double_eq_tol(sx_tensor_get(&a.map, k), known[i].want[k], 1e-12);
        sx_tensor_free(&a.map);
    }
    close_explainer(&f);
}
END_TEST

/* A mean has all gradients of an ascent, however small they become. f = 2 x - x^2 from 0 and -1: with
 * each step of 0.4 the gradient 2 (1 - z) becomes a fifth. */
START_TEST(test_mean_of_ascents)
{
    const double zero = 0;
    struct fixture f;
    struct sx_error error = {0};
    struct sx_attribution a;
    struct sx_attribute_options o = sx_attribute_defaults();
    open_explainer(&f, formula(1, "x1 2 Mul x1 2 Pow Sub"), (const double[]){-1}, 1);
    o.method = "ggig";
    o.steps = 1;
    o.iterations = 8;
    o.eta = 0.4;
    o.aggregate = SX_AGG_MEAN;
    o.baseline = &zero;
    ck_assert_msg(sx_attribute(f.explainer, &o, &a, &error), "%s", error.message);
    ck_assert_double_eq_tol(sx_tensor_get(&a.map, 0), 3 * (1 - pow(0.2, 8)) / 0.8 / 8, 1e-12);
    sx_attribution_free(&a);
    close_explainer(&f);
}
END_TEST

/* Complete methods are complete, and the reported gap is right. */
START_TEST(test_completeness)
{
    static const char *const complete[] = {"ig", "guided-ig", "idgi", "expected"};
    for (size_t k = 0; k < sizeof complete / sizeof complete[0]; k++) {
        struct fixture f;
        struct sx_error error = {0};
        open_explainer(&f, formula(2, "x1 Sin x1 x2 Mul Add"), (const double[]){1, -2}, 2);
        double zeros[2] = {0}, gap[2];
        for (int i = 0; i < 2; i++) {
            struct sx_attribution a;
            struct sx_attribute_options o = sx_attribute_defaults();
            o.method = complete[k];
            o.steps = i == 0 ? 10 : 400;
            o.samples = o.steps;
            o.baseline = zeros;
            o.times_input = true;
            ck_assert(sx_attribute(f.explainer, &o, &a, &error));
            ck_assert(a.complete);
            double f_x = sx_explainer_target(f.explainer)->value;
            ck_assert_double_eq_tol(a.gap, a.sum - f_x, 1e-12);
            gap[i] = fabs(a.gap);
            sx_tensor_free(&a.map);
        }
        ck_assert_msg(gap[1] < 0.02 && gap[1] <= gap[0] + 1e-12, "%s: gaps %g, %g", complete[k],
                      gap[0], gap[1]);
        close_explainer(&f);
    }
}
END_TEST

static struct tm_model *ends_in(const char *op)
{
    struct tm_model *m = formula_columns(2);
    const int64_t dims[] = {2, 3};
    tm_const(m, "w", SX_DOUBLE, 2, dims, (const double[]){1, 2, 3, -1, 0, 2});
    tm_node(m, "MatMul", "x w", "logits", NULL);
    if (op != NULL)
        tm_node(m, op, "logits", "y", NULL);
    tm_output(m, op != NULL ? "y" : "logits");
    return m;
}

/* Scores are found before and after a final Softmax, LogSoftmax or Sigmoid. */
START_TEST(test_scores)
{
    static const char *const ends[] = {NULL, "Softmax", "LogSoftmax"};
    const double x[] = {0.5, 0.25}, logits[] = {0.25, 1, 2};
    double total = exp(logits[0]) + exp(logits[1]) + exp(logits[2]);
    for (size_t k = 0; k < 3; k++)
        for (int score = SX_SCORE_LOGIT; score <= SX_SCORE_LOGPROB; score++) {
            struct fixture f;
            struct sx_error error = {0};
            open_explainer(&f, ends_in(ends[k]), x, 2);
            struct sx_explain_options o = {
                .precise = true, .score = (enum sx_score)score, .target = "1"};
            sx_explainer_free(f.explainer);
            f.explainer = sx_explainer_new(f.model, &o, &error);
            struct sx_shape shape = {2, {1, 2}};
            struct sx_tensor feed;
            ck_assert(sx_tensor_new(&feed, SX_DOUBLE, &shape, &error));
            memcpy(feed.data, x, sizeof x);
            ck_assert_msg(sx_explainer_sample(f.explainer, &feed, &error), "%s", error.message);
            double expected = score == SX_SCORE_LOGIT  ? logits[1]
                              : score == SX_SCORE_PROB ? exp(logits[1]) / total
                                                       : logits[1] - log(total);
            ck_assert_double_eq_tol(sx_explainer_target(f.explainer)->value, expected, 1e-14);
            sx_tensor_free(&feed);
            close_explainer(&f);
        }
}
END_TEST

/* An inner tensor can be explained, and f can be differentiated by one. */
START_TEST(test_cut)
{
    struct fixture f;
    struct sx_error error = {0};
    struct tm_model *m = formula_columns(2);
    tm_node(m, "Mul", "x1 x2", "p", NULL);
    tm_node(m, "Mul", "p p", "q", NULL);
    tm_node(m, "Exp", "q", "y", NULL);
    tm_output(m, "y");
    open_explainer(&f, m, (const double[]){0.5, 3}, 2);
    struct sx_explain_options o = {.precise = true, .output = "q", .wrt = "p"};
    sx_explainer_free(f.explainer);
    f.explainer = sx_explainer_new(f.model, &o, &error);
    struct sx_shape shape = {2, {1, 2}};
    struct sx_tensor feed;
    ck_assert(sx_tensor_new(&feed, SX_DOUBLE, &shape, &error));
    memcpy(feed.data, (const double[]){0.5, 3}, 2 * sizeof(double));
    ck_assert_msg(sx_explainer_sample(f.explainer, &feed, &error), "%s", error.message);
    sx_tensor_free(&feed);
    ck_assert_double_eq(sx_tensor_get(sx_explainer_input(f.explainer), 0), 1.5);
    ck_assert_double_eq(sx_explainer_target(f.explainer)->value, 2.25);
    EXPECT("grad", 0, 0, 0, 3);
    close_explainer(&f);
}
END_TEST

/* Paths from 0, where the gradient is infinite or NaN. The integral is f(x) - f(b). */
static const struct singular {
    const char *text;
    double x[2], value[2];
} singulars[] = {
    {"x1 x1 Mul x2 x2 Mul Add Sqrt", {3, 4}, {1.8, 3.2}},
    {"x1 Sqrt x2 Add", {4, 1}, {2, 1}},
    {"x1 0.5 Pow x2 0.5 Pow Add", {4, 9}, {2, 3}},
    {"x1 0.3 Pow x2 Add", {1, 2}, {1, 2}},
    {"x1 Acos x2 Add", {1, 2}, {-1.5707963267948966, 2}},
    {"x1 x1 Log Mul x2 Add", {2, 1}, {1.3862943611198906, 1}},
};

START_TEST(test_singular_ends)
{
    const struct singular *c = &singulars[_i];
    static const char *const methods[] = {"ig", "ggig-ig", "expected", "guided-ig"};
    struct sx_attribute_options o = sx_attribute_defaults();
    double zeros[2] = {0};
    struct fixture f;
    open_explainer(&f, formula(2, c->text), c->x, 2);
    o.baseline = zeros;
    o.iterations = 1;
    o.times_input = true;
    for (int k = 0; k < 4; k++) {
        struct sx_error error = {0};
        struct sx_attribution a;
        o.method = methods[k];
        bool guided = k == 3;
        ck_assert_msg(sx_attribute(f.explainer, &o, &a, &error), "%s", error.message);
        for (int64_t i = 0; i < 2 && !(k > 1 && isnan(a.gap)); i++) {
            double got = sx_tensor_get(&a.map, i);
            if (!guided)
                ck_assert_msg(fabs(got - c->value[i]) <= 0.02 * fabs(c->value[i]),
                              "%s of %s: element %d is %g", methods[k], c->text, (int)i, got);
        }
        if (guided && !isnan(a.gap))
            ck_assert_double_le(fabs(a.gap), 0.05 * fabs(c->value[0] + c->value[1]) + 0.1);
        ck_assert(!a.flat);
        sx_tensor_free(&a.map);
    }
    close_explainer(&f);
}
END_TEST

/* A divergent integral is NaN; other elements keep their value. Maxima leave out gradients that
 * are not finite. */
START_TEST(test_unbounded)
{
    static const char *const methods[] = {"ig", "ggig-ig", "expected", "guided-ig"};
    struct sx_attribute_options o = sx_attribute_defaults();
    struct sx_error error = {0};
    struct sx_attribution a;
    double zeros[2] = {0};
    struct fixture f;
    open_explainer(&f, formula(2, "x1 Log x2 Add"), (const double[]){2, 1}, 2);
    o.baseline = zeros;
    o.iterations = 1;
    o.times_input = true;
    for (int k = 0; k < 4; k++) {
        o.method = methods[k];
        ck_assert_msg(sx_attribute(f.explainer, &o, &a, &error), "%s", error.message);
        ck_assert_msg(isnan(sx_tensor_get(&a.map, 0)), "%s", o.method);
        ck_assert_double_eq_tol(sx_tensor_get(&a.map, 1), 1, 0.02);
        ck_assert_int_eq(a.nonfinite, 1);
        sx_tensor_free(&a.map);
    }
    o.method = "ig-max";
    o.steps = 50;
    ck_assert(sx_attribute(f.explainer, &o, &a, &error));
    ck_assert_double_eq_tol(sx_tensor_get(&a.map, 0), 50, 1e-9);
    ck_assert_int_eq(a.left_out, 1);
    ck_assert_int_eq(a.nonfinite, 0);
    sx_tensor_free(&a.map);
    close_explainer(&f);
}
END_TEST

/* The number of steps grows until the map is complete, although 100 steps are no better than
 * 50. */
START_TEST(test_automatic_steps)
{
    struct sx_attribute_options o = sx_attribute_defaults();
    struct sx_error error = {0};
    struct sx_attribution a;
    double zero = 0;
    struct fixture f;
    open_explainer(&f, formula(1, "x1 0.505 Sub 400 Mul Tanh 3 Mul x1 Add"),
                   (const double[]){1}, 1);
    o.baseline = &zero;
    o.method = "ig";
    ck_assert(sx_attribute(f.explainer, &o, &a, &error));
    ck_assert_double_eq_tol(sx_tensor_get(&a.map, 0), 7, 7e-4);
    ck_assert_int_gt(a.steps, 100);
    sx_tensor_free(&a.map);
    o.method = "expected";
    ck_assert(sx_attribute(f.explainer, &o, &a, &error));
    ck_assert_double_eq_tol(a.gap, sx_tensor_get(&a.map, 0) - 7, 1e-9);
    sx_tensor_free(&a.map);
    close_explainer(&f);
}
END_TEST

/* A step that no rule finds: up to 10000 elements there are at most 800 steps, above at most 200. */
START_TEST(test_most_steps)
{
    static double x[10001], zeros[10001];
    for (int n = 10000; n <= 10001; n++) {
        const struct sx_shape shape = {2, {1, n}};
        const struct sx_explain_options options = {.precise = true};
        struct sx_attribute_options o = sx_attribute_defaults();
        struct sx_error error = {0};
        struct sx_attribution a;
        struct sx_tensor feed;
        struct tm_model *m = tm_new(13);
        tm_input(m, "x", SX_DOUBLE, 2, shape.dim);
        tm_const(m, "at", SX_DOUBLE, 0, NULL, (const double[]){0.3337});
        tm_const(m, "steep", SX_DOUBLE, 0, NULL, (const double[]){1e5});
        tm_node(m, "ReduceMean", "x", "mean", "axes=[1] keepdims=1");
        tm_node(m, "Sub", "mean at", "d", NULL);
        tm_node(m, "Mul", "d steep", "s", NULL);
        tm_node(m, "Tanh", "s", "t", NULL);
        tm_node(m, "Add", "t mean", "y", NULL);
        tm_output(m, "y");
        struct sx_model *model = tm_open(m, &error);
        ck_assert_msg(model != NULL, "%s", error.message);
        tm_free(m);
        struct sx_explainer *e = sx_explainer_new(model, &options, &error);
        for (int i = 0; i < n; i++)
            x[i] = 1;
        ck_assert(sx_tensor_new(&feed, SX_DOUBLE, &shape, &error));
        memcpy(feed.data, x, (size_t)n * sizeof *x);
        ck_assert_msg(sx_explainer_sample(e, &feed, &error), "%s", error.message);
        o.method = "ig";
        o.baseline = zeros;
        ck_assert_msg(sx_attribute(e, &o, &a, &error), "%s", error.message);
        ck_assert_int_eq(a.steps, n == 10000 ? 800 : 200);
        sx_attribution_free(&a);
        sx_tensor_free(&feed);
        sx_explainer_free(e);
        sx_model_close(model);
    }
}
END_TEST

/* Unknown methods and tensors are refused by their names. */
START_TEST(test_refusals)
{
    static const struct {
        struct sx_explain_options o;
        const char *word;
    } cases[] = {
        {{.output = "nothing"}, "nothing"},
        {{.wrt = "nowhere"}, "nowhere"},
        {{.target = "9"}, "9"},
        {{.target = "cat"}, "cat"},
        {{.wrt = "y", .output = "x1"}, "does not depend"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct sx_error error = {0};
        struct tm_model *m = formula(2, "x1 x2 Mul");
        struct sx_model *model = tm_open(m, &error);
        tm_free(m);
        struct sx_explainer *e = sx_explainer_new(model, &cases[k].o, &error);
        struct sx_shape shape = {2, {1, 2}};
        struct sx_tensor feed;
        ck_assert(sx_tensor_new(&feed, SX_DOUBLE, &shape, &error));
        ck_assert(!sx_explainer_sample(e, &feed, &error));
        ck_assert_int_eq(error.status, SX_USAGE);
        ck_assert_msg(strstr(error.message, cases[k].word) != NULL, "%s", error.message);
        sx_tensor_free(&feed);
        sx_explainer_free(e);
        sx_model_close(model);
    }
}
END_TEST

/* Every method of the list runs, and gives the same bits twice. */
START_TEST(test_every_method)
{
    struct fixture f;
    struct sx_error error = {0};
    struct tm_model *m = tm_new(13);
    const int64_t dims[] = {1, 1, 4, 4}, w[] = {2, 1, 3, 3}, flat[] = {8, 3};
    double weights[24];
    for (int i = 0; i < 24; i++)
        weights[i] = sin(i + 1);
    tm_input(m, "x", SX_DOUBLE, 4, dims);
    tm_const(m, "w", SX_DOUBLE, 4, w, weights);
    tm_const(m, "v", SX_DOUBLE, 2, flat, weights);
    tm_node(m, "Conv", "x w", "c", NULL);
    tm_node(m, "Softplus", "c", "s", NULL);
    tm_node(m, "Flatten", "s", "t", NULL);
    tm_node(m, "MatMul", "t v", "y", NULL);
    tm_output(m, "y");
    f.model = tm_open(m, &error);
    tm_free(m);
    struct sx_explain_options o = {.precise = true};
    f.explainer = sx_explainer_new(f.model, &o, &error);
    struct sx_shape shape = {4, {1, 1, 4, 4}};
    struct sx_tensor feed;
    double baseline[16] = {0};
    const char *name;
    ck_assert(sx_tensor_new(&feed, SX_DOUBLE, &shape, &error));
    for (int i = 0; i < 16; i++)
        sx_tensor_set(&feed, i, cos(i));
    ck_assert_msg(sx_explainer_sample(f.explainer, &feed, &error), "%s", error.message);
    for (int i = 0; (name = sx_attribute_method(i, NULL)) != NULL; i++) {
        struct sx_attribution a[2];
        if (!sx_attribute_of_input(name))
            continue;
        for (int k = 0; k < 2; k++) {
            struct sx_attribute_options ao = sx_attribute_defaults();
            ao.method = name;
            ao.baseline = baseline;
            ao.max_sigma = 3;
            ck_assert_msg(sx_attribute(f.explainer, &ao, &a[k], &error), "%s: %s", name,
                          error.message);
            ck_assert(!a[k].flat);
        }
        ck_assert_int_eq(a[0].map.shape.rank, 3);
        ck_assert_mem_eq(a[0].map.data, a[1].map.data, 16 * sizeof(double));
        sx_tensor_free(&a[0].map);
        sx_tensor_free(&a[1].map);
    }
    sx_tensor_free(&feed);
    close_explainer(&f);
}
END_TEST

/* Explains from zeros with the options `o`. The map is freed. */
static struct sx_attribution attribute(const struct fixture *f, struct sx_attribute_options o)
{
    struct sx_error error = {0};
    struct sx_attribution a;
    const double zeros[4] = {0};
    o.baseline = zeros;
    ck_assert_msg(sx_attribute(f->explainer, &o, &a, &error), "%s", error.message);
    sx_tensor_free(&a.map);
    return a;
}

/* The step is 0.01 s^2 / T. s is the given spread. If none is given, s is 1 for inputs up to
 * 10, and the standard deviation of x for larger ones. */
START_TEST(test_recipes)
{
    static const struct {
        double x[2], spread;
        enum sx_recipe recipe;
        int64_t iters;
        double eta;
        int64_t want_iters;
        double want_eta;
    } known[] = {{{2, -10}, 0, SX_RECIPE_QUICK, 0, 0, 4, 0.0025},
                 {{2, -10}, 58, SX_RECIPE_QUICK, 0, 0, 4, 0.0025},
                 {{30, 50}, 0, SX_RECIPE_QUICK, 0, 0, 4, 0.25},
                 {{30, 50}, 0, SX_RECIPE_QUICK, 5, 0, 5, 0.2},
                 {{30, 50}, 20, SX_RECIPE_QUICK, 0, 0, 4, 1},
                 {{30, 30}, 0, SX_RECIPE_QUICK, 0, 0, 4, 0.0025},
                 {{30, NAN}, 0, SX_RECIPE_QUICK, 0, 0, 4, 0.0025},
                 {{30, 50}, 0, SX_RECIPE_PAPER, 0, 0, 100, 1e-4},
                 {{30, 50}, 0, SX_RECIPE_PAPER, 7, 0.5, 7, 0.5}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct fixture f;
        struct sx_attribute_options o = sx_attribute_defaults();
        open_explainer(&f, formula(2, "x1 x2 Mul"), known[i].x, 2);
        o.method = "gda";
        o.spread = known[i].spread;
        o.recipe = known[i].recipe;
        o.iterations = known[i].iters;
        o.eta = known[i].eta;
        struct sx_attribution a = attribute(&f, o);
        ck_assert_int_eq(a.iterations, known[i].want_iters);
        ck_assert_double_eq_tol(a.eta, known[i].want_eta, 1e-15);
        ck_assert_double_eq(sx_attribute_used(&o, &a).eta, a.eta);
        close_explainer(&f);
    }
}
END_TEST

/* f = x1 x2 at (2, 1). The path has two points. At the first the gradient is (0, 0), so the
 * ascent does not move. At the second it goes from (1, 2) to (1.2, 2.1) and moves by sqrt(5) /
 * 10 on a path of sqrt(5). */
START_TEST(test_ascent_is_told)
{
    struct fixture f;
    struct sx_error error = {0};
    struct sx_attribute_options o = sx_attribute_defaults();
    open_explainer(&f, formula(2, "x1 x2 Mul"), (const double[]){2, 1}, 2);
    o.method = "ggig";
    o.steps = 1;
    o.iterations = 2;
    o.eta = 0.1;
    struct sx_attribution a = attribute(&f, o);
    ck_assert(a.ascends && !a.idle);
    ck_assert_double_eq_tol(a.moved, sqrt(5) / 20, 1e-15);
    ck_assert_double_eq_tol(a.relative, 0.05, 1e-15);
    ck_assert_double_eq_tol(a.share, 0.3 / 3.3, 1e-15);
    struct sx_result *r = sx_result_new(SX_DOUBLE, &error);
    const struct sx_shape one = {1, {1}};
    a.map = (struct sx_tensor){SX_DOUBLE, one, &a.sum};
    sx_put_object(r, NULL);
    sx_put_attribution(r, "ggig", &a);
    sx_put_end(r);
    ck_assert(sx_result_ok(r, &error));
    ck_assert_double_eq(sx_datum_number(sx_datum_at(sx_result_top(r), "ascent.share"), 0),
                        a.share);
    sx_result_free(r);
    o.eta = 1e-6;
    ck_assert(attribute(&f, o).idle);
    o.method = "ig";
    ck_assert(!attribute(&f, o).ascends);
    close_explainer(&f);
}
END_TEST

/* If gradients do not change, no maximum is raised. An ascent of T = 100 steps then ends after
 * 51. */
START_TEST(test_idle_points_end)
{
    struct fixture f;
    int64_t before, after, backward;
    struct sx_attribute_options o = sx_attribute_defaults();
    open_explainer(&f, formula(2, "x1 2 Mul x2 Add"), (const double[]){2, 1}, 2);
    o.method = "ggig";
    o.steps = 1;
    o.recipe = SX_RECIPE_PAPER;
    sx_explainer_cost(f.explainer, &before, &backward);
    struct sx_attribution a = attribute(&f, o);
    sx_explainer_cost(f.explainer, &after, &backward);
    ck_assert_int_eq(after - before, 2 * 51);
    ck_assert(a.idle && !a.flat && a.moved > 0);
    close_explainer(&f);
}
END_TEST

/* f = relu(x) + x / 1000 at 1000. The baseline is at the kink. An ascent of 1e-7 changes half
 * of the map but is idle; an ascent of 10 is not. */
START_TEST(test_moves_of_nothing)
{
    struct fixture f;
    struct sx_attribute_options o = sx_attribute_defaults();
    open_explainer(&f, formula(1, "x1 Relu x1 0.001 Mul Add"), (const double[]){1000}, 1);
    o.method = "ggig-ig";
    o.steps = 1;
    o.iterations = 2;
    o.eta = 1e-4;
    struct sx_attribution a = attribute(&f, o);
    ck_assert_double_eq_tol(a.share, 0.5 / 1.001, 1e-12);
    ck_assert(a.idle && a.relative < 1e-6);
    o.eta = 1e4;
    a = attribute(&f, o);
    ck_assert(!a.idle && a.relative > 1e-3);
    close_explainer(&f);
}
END_TEST

/* A model with three classes of four elements. `likely`: its scores are probabilities.
 * Otherwise they are logarithms, of numbers that may be negative. */
static struct sx_model *classes(bool likely)
{
    static const float weight[12] = {.5F, -1, 2, 1, .25F, -.5F, -2, 1, .75F, 1.5F, -.25F, 1};
    struct sx_error error = {0};
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 2, (const int64_t[]){1, 4});
    tm_const(m, "w", SX_FLOAT, 2, (const int64_t[]){4, 3}, weight);
    tm_node(m, "MatMul", "x w", "z", NULL);
    tm_node(m, likely ? "Softmax" : "Log", "z", "y", likely ? "axis=1" : NULL);
    tm_output(m, "y");
    struct sx_model *model = tm_open(m, &error);
    ck_assert_msg(model != NULL, "%s", error.message);
    tm_free(m);
    return model;
}

static void same_bits(double a, double b)
{
    ck_assert_msg(memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b)), "%.17g, %.17g", a,
                  b);
}

/* The gradient that comes with the target equals that of a separate pass, for any target and
 * score, and if scores are NaN. It takes one pass. */
START_TEST(test_gradient_with_target)
{
    static const enum sx_score score[] = {SX_SCORE_RAW, SX_SCORE_LOGIT, SX_SCORE_PROB,
                                          SX_SCORE_LOGPROB};
    static const char *const target[] = {NULL, "1", "sum:*"};
    struct sx_error error = {0};
    struct sx_model *model = classes(_i < 24);
    struct sx_explain_options o = {.score = score[_i % 4], .target = target[_i / 4 % 3]};
    o.margin = _i / 12 % 2 != 0;
    struct sx_explainer *apart = sx_explainer_new(model, &o, &error);
    o.pass = SX_PASS_GRADIENT;
    struct sx_explainer *with = sx_explainer_new(model, &o, &error);
    struct sx_tensor feed;
    ck_assert(sx_tensor_new(&feed, SX_FLOAT, &(struct sx_shape){2, {1, 4}}, &error));
    for (uint64_t k = 0; k < 6; k++) {
        double value[2], gradient[2][4];
        int64_t before, forward, backward;
        sx_explainer_cost(with, &before, &backward);
        for (uint64_t i = 0; i < 4; i++)
            ((float *)feed.data)[i] = k == 5 ? NAN : (float)sin((double)(7 * k + 3 * i + 1));
        ck_assert_msg(sx_explainer_sample(apart, &feed, &error) &&
                          sx_explainer_sample(with, &feed, &error),
                      "%s", error.message);
        const struct sx_target *a = sx_explainer_target(apart), *b = sx_explainer_target(with);
        const double *x[] = {sx_explainer_input(apart)->data, sx_explainer_input(with)->data};
        ck_assert(a->index == b->index);
        same_bits(a->value, b->value);
        ck_assert(sx_gradients(apart, 1, x[0], &value[0], gradient[0], &error));
        ck_assert(sx_gradients(with, 1, x[1], &value[1], gradient[1], &error));
        same_bits(value[0], value[1]);
        for (int i = 0; i < 4; i++)
            same_bits(gradient[0][i], gradient[1][i]);
        sx_explainer_cost(with, &forward, &backward);
        if (_i < 24 && k < 5)
            ck_assert(forward == before + 1 && backward == (int64_t)k + 1);
    }
    sx_tensor_free(&feed);
    sx_explainer_free(apart);
    sx_explainer_free(with);
    sx_model_close(model);
}
END_TEST

/* The gradient that came with the target is of that target alone. Another element that is aimed at has
 * its own. */
START_TEST(test_gradient_of_another_target)
{
    struct sx_error error = {0};
    struct sx_model *model = classes(true);
    struct sx_explain_options o = {.score = SX_SCORE_RAW, .pass = SX_PASS_GRADIENT};
    struct sx_explainer *e = sx_explainer_new(model, &o, &error);
    struct sx_tensor feed;
    ck_assert(sx_tensor_new(&feed, SX_FLOAT, &(struct sx_shape){2, {1, 4}}, &error));
    for (uint64_t i = 0; i < 4; i++)
        ((float *)feed.data)[i] = (float)sin((double)(3 * i + 1));
    ck_assert_msg(sx_explainer_sample(e, &feed, &error), "%s", error.message);
    const double *x = sx_explainer_input(e)->data;
    const int64_t n = 3;
    ck_assert_int_eq(sx_explainer_target(e)->places, 1);
    for (int64_t k = n - 1; k >= 0; k--) {
        char target[24];
        double gradient[2][4];
        snprintf(target, sizeof target, "%lld", (long long)k);
        struct sx_explain_options alone = {.score = SX_SCORE_RAW, .target = target};
        struct sx_explainer *other = sx_explainer_new(model, &alone, &error);
        ck_assert(sx_explainer_sample(other, &feed, &error) && sx_explainer_aim(e, k, &error));
        ck_assert(sx_gradients(e, 1, x, NULL, gradient[0], &error));
        ck_assert(sx_gradients(other, 1, x, NULL, gradient[1], &error));
        for (int i = 0; i < 4; i++)
            ck_assert_double_eq_tol(gradient[0][i], gradient[1][i], 1e-6);
        sx_explainer_free(other);
    }
    ck_assert(!sx_explainer_aim(e, n, &error));
    ck_assert_int_eq(error.status, SX_FAILED);
    sx_tensor_free(&feed);
    sx_explainer_free(e);
    sx_model_close(model);
}
END_TEST

/* The table says which methods explain by a layer, and which need only the gradient at the
 * sample. */
START_TEST(test_kinds_of_methods)
{
    static const char layer[] = "|gradcam|gradcam++|layercam|hirescam|eigencam|scorecam|"
                                "ablationcam|cam|guided-gradcam|";
    static const char sample[] = "|grad|inputxgrad|";
    const char *name;
    for (int i = 0; (name = sx_attribute_method(i, NULL)) != NULL; i++) {
        char quoted[40];
        snprintf(quoted, sizeof quoted, "|%s|", name);
        ck_assert_msg(sx_attribute_of_layer(name) == (strstr(layer, quoted) != NULL), "%s",
                      name);
        enum sx_pass pass = strstr(sample, quoted) != NULL ? SX_PASS_GRADIENT
                            : strstr(layer, quoted) != NULL && strcmp(name, "cam") != 0
                                ? SX_PASS_LAYER
                                : SX_PASS_SCORES;
        ck_assert_msg(sx_attribute_pass(name) == pass, "%s", name);
    }
    ck_assert(sx_attribute_of_layer("cam") && !sx_attribute_of_layer("no-such-cam"));
    ck_assert(!sx_attribute_of_layer(NULL) && !sx_attribute_of_input(NULL));
}
END_TEST

int main(void)
{
    TCase *c = suite_case("ggig");
    SUITE_ADD(c, test_product, test_flat, test_steps, test_idgi, test_targets, test_concave,
              test_kinks, test_sine, test_linear, test_aggregates, test_mean_of_ascents,
              test_gradient_of_another_target, test_completeness, test_scores, test_cut,
              test_unbounded, test_automatic_steps, test_most_steps, test_refusals,
              test_kinds_of_methods, test_every_method, test_recipes, test_ascent_is_told,
              test_idle_points_end, test_moves_of_nothing);
    tcase_add_loop_test(c, test_gradient_with_target, 0, 36);
    tcase_add_loop_test(c, test_singular_ends, 0, sizeof singulars / sizeof *singulars);
    return suite_run();
}
