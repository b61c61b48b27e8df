/* check_axioms.c - how the maps of attribution methods change when f changes: axioms, method by
 * method. */
#include <math.h>
#include <string.h>

#include "formula.h"
#include "suite.h"

enum { N = 4 };

/* Axioms. Permuting f's input permutes the map. a f gives a times the map, or |a| times it. f + g
 * gives the sum of the maps. f + c gives the same map. An element that f does not read gets 0. */
enum {
    PERMUTES = 1,
    SCALES = 2,
    SQUARES = 4,
    ADDS = 8,
    SHIFTS = 16,
    IGNORES = 32,
    LINEAR = SCALES | ADDS | SHIFTS | IGNORES
};

static const struct {
    const char *method;
    int keeps;
} methods[] = {{"ig", PERMUTES | LINEAR},
               {"ig-max", PERMUTES | SCALES | SHIFTS | IGNORES},
               {"gda", PERMUTES | SHIFTS | IGNORES},
               {"gda-ig", PERMUTES | SHIFTS | IGNORES},
               {"ggig", PERMUTES | SHIFTS | IGNORES},
               {"ggig-ig", PERMUTES | SHIFTS | IGNORES},
               {"grad", PERMUTES | LINEAR},
               {"inputxgrad", PERMUTES | LINEAR},
               {"smoothgrad", LINEAR},
               {"smoothgrad-sq", SQUARES | SHIFTS | IGNORES},
               {"vargrad", SQUARES | SHIFTS | IGNORES},
               {"idgi", PERMUTES | SCALES | SHIFTS | IGNORES},
               {"guided-ig", PERMUTES | SCALES | SHIFTS | IGNORES},
               {"expected", PERMUTES | LINEAR},
               {"occlusion", PERMUTES | LINEAR},
               {"rise", SCALES | ADDS},
               {"lime", SCALES | ADDS | SHIFTS}};

/* Computes the map of a formula at x from the baseline, with `batch` evaluations per run. 0:
 * the default. */
static void explain(const char *text, const char *method, const double *x,
                    const double *baseline, int64_t batch, double *map)
{
    struct sx_error error = {0};
    struct sx_explain_options options = {.precise = true, .batch = batch};
    const struct sx_shape shape = {2, {1, N}};
    struct sx_tensor feed;
    struct sx_attribution a;
    struct tm_model *m = formula(N, text);
    struct sx_model *model = tm_open(m, &error);
    tm_free(m);
    struct sx_explainer *e = sx_explainer_new(model, &options, &error);
    ck_assert_msg(e != NULL, "%s: %s", text, error.message);
    ck_assert(sx_tensor_new(&feed, SX_DOUBLE, &shape, &error));
    memcpy(feed.data, x, N * sizeof *x);
    ck_assert_msg(sx_explainer_sample(e, &feed, &error), "%s", error.message);
    struct sx_attribute_options o = sx_attribute_defaults();
    o.method = method;
    o.baseline = baseline;
    o.steps = 20;
    o.samples = 60;
    o.iterations = 3;
    o.eta = 0.01;
    ck_assert_msg(sx_attribute(e, &o, &a, &error), "%s: %s", method, error.message);
    ck_assert_int_eq(sx_count(&a.map.shape), N);
    memcpy(map, a.map.data, N * sizeof *map);
    sx_attribution_free(&a);
    sx_tensor_free(&feed);
    sx_explainer_free(e);
    sx_model_close(model);
}

static void near(const char *method, const char *what, const double *got, const double *want)
{
    for (int i = 0; i < N; i++)
        ck_assert_msg(fabs(got[i] - want[i]) <= 1e-10 * (1 + fabs(want[i])),
                      "%s, %s: element %d is %.17g, not %.17g", method, what, i, got[i],
                      want[i]);
}

#define F "x1 x2 Mul x3 Sin Add x2 x2 Mul Add"
#define G "x3 x1 Mul x2 Exp Sub"

static const double x[N] = {1.5, -0.7, 0.4, 0.9}, zero[N] = {0.1, 0.2, -0.3, 0.05};

START_TEST(axioms)
{
    const char *method = methods[_i].method;
    const int keeps = methods[_i].keeps;
    /* the permuted f reads x4, x3, x1, x2 as its x1, x2, x3, x4 */
    const int place[N] = {3, 2, 0, 1};
    double f[N], g[N], got[N], want[N], moved[N], from[N];
    explain(F, method, x, zero, 0, f);
    explain(G, method, x, zero, 0, g);
    for (int i = 0; i < N; i++) {
        moved[place[i]] = x[i];
        from[place[i]] = zero[i];
        want[place[i]] = f[i];
    }
    if (keeps & PERMUTES) {
        explain("x4 x3 Mul x1 Sin Add x3 x3 Mul Add", method, moved, from, 0, got);
        near(method, "permuted", got, want);
    }
    if (keeps & (SCALES | SQUARES)) {
        explain(F " -3 Mul", method, x, zero, 0, got);
        for (int i = 0; i < N; i++)
            want[i] = (keeps & SQUARES ? 9 : -3) * f[i];
        /* the largest gradient of -f is minus the smallest of f */
        if (strcmp(method, "ig-max") == 0)
            explain(F " 3 Mul", method, x, zero, 0, got);
        for (int i = 0; i < N && strcmp(method, "ig-max") == 0; i++)
            want[i] = 3 * f[i];
        near(method, "scaled", got, want);
    }
    if (keeps & ADDS) {
        explain(F " " G " Add", method, x, zero, 0, got);
        for (int i = 0; i < N; i++)
            want[i] = f[i] + g[i];
        near(method, "added", got, want);
    }
    if (keeps & SHIFTS) {
        explain(F " 5 Add", method, x, zero, 0, got);
        near(method, "shifted", got, f);
    }
    if (keeps & IGNORES)
        ck_assert_msg(f[3] == 0, "%s: x4 has %g", method, f[3]);
    for (int64_t batch = 1; batch <= 8; batch = 2 * batch + 1) {
        explain(F, method, x, zero, batch, got);
        near(method, "in batches", got, f);
    }
}
END_TEST

/* The map of a complete method sums to f(x) - f(baseline). A finer path comes closer. */
START_TEST(completeness)
{
    const double change = (x[0] * x[1] + sin(x[2]) + x[1] * x[1]) -
                          (zero[0] * zero[1] + sin(zero[2]) + zero[1] * zero[1]);
    static const char *const whole[] = {"idgi", "expected", "ig"};
    for (int k = 0; k < 3; k++) {
        double map[N], sum = 0;
        explain(F, whole[k], x, zero, 0, map);
        for (int i = 0; i < N; i++)
            sum += k == 2 ? map[i] * (x[i] - zero[i]) : map[i];
        ck_assert_msg(fabs(sum - change) <= (k == 0 ? 1e-12 : 2e-3), "%s: %.12g, not %.12g",
                      whole[k], sum, change);
    }
}
END_TEST

/* prob and logprob relative to the sum of the other classes equal those of the softmax. */
START_TEST(margins)
{
    static const enum sx_score scores[] = {SX_SCORE_PROB, SX_SCORE_LOGPROB};
    static const char *const ends[] = {NULL, "Softmax", "LogSoftmax"};
    const struct sx_shape shape = {2, {1, N}};
    static const int64_t one_place[] = {1, 3}, two_places[] = {1, 2, 3}; /* classes are last */
    for (int k = 0; k < 12; k++) {
        const char *const last = ends[k / 2 % 3];
        int places = k < 6 ? 1 : 2;
        double value[2], gradient[2][N], weights[6 * N];
        for (int i = 0; i < 6 * N; i++)
            weights[i] = cos(2.0 * i);
        for (int margin = 0; margin < 2; margin++) {
            struct sx_error error = {0};
            struct sx_tensor feed;
            struct tm_model *m = tm_new(13);
            tm_input(m, "x", SX_DOUBLE, 2, shape.dim);
            tm_const(m, "w", SX_DOUBLE, 2, (const int64_t[]){N, 3 * places}, weights);
            tm_const(m, "to", SX_INT, 1, (const int64_t[]){places + 1},
                     places == 1 ? one_place : two_places);
            tm_node(m, "MatMul", "x w", "row", NULL);
            tm_node(m, "Reshape", "row to", last != NULL ? "z" : "y", NULL);
            if (last != NULL)
                tm_node(m, last, "z", "y", "axis=-1");
            tm_output(m, "y");
            struct sx_model *model = tm_open(m, &error);
            tm_free(m);
            struct sx_explain_options o = {
                .precise = true, .score = scores[k % 2], .margin = margin, .target = "1"};
            struct sx_explainer *e = sx_explainer_new(model, &o, &error);
            ck_assert_msg(e != NULL, "%s", error.message);
            ck_assert(sx_tensor_new(&feed, SX_DOUBLE, &shape, &error));
            memcpy(feed.data, x, sizeof x);
            ck_assert_msg(sx_explainer_sample(e, &feed, &error), "%s", error.message);
            ck_assert(sx_gradients(e, 1, x, &value[margin], gradient[margin], &error));
            ck_assert_double_eq_tol(sx_explainer_target(e)->value, value[margin], 1e-12);
            sx_tensor_free(&feed);
            sx_explainer_free(e);
            sx_model_close(model);
        }
        ck_assert_double_eq_tol(value[0], value[1], 1e-12);
        near("margin", last != NULL ? last : "logits", gradient[1], gradient[0]);
    }
}
END_TEST

/* y = sum of x times sum of w. A sample whose second input has another shape is built anew. */
START_TEST(shapes_of_other_inputs)
{
    static const int64_t lengths[] = {3, 5, 5, 2, 3};
    struct sx_error error = {0};
    const struct sx_explain_options options = {.precise = true};
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_DOUBLE, 2, (const int64_t[]){1, 2});
    tm_input(m, "w", SX_DOUBLE, 2, (const int64_t[]){1, -1});
    tm_node(m, "ReduceSum", "x", "a", "keepdims=0");
    tm_node(m, "ReduceSum", "w", "b", "keepdims=0");
    tm_node(m, "Mul", "a b", "y", NULL);
    tm_output(m, "y");
    struct sx_model *model = tm_open(m, &error);
    ck_assert_msg(model != NULL, "%s", error.message);
    tm_free(m);
    struct sx_explainer *e = sx_explainer_new(model, &options, &error);
    ck_assert(e != NULL);
    for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
        double x_data[] = {2, 3}, w_data[] = {1, 1, 1, 1, 1}, gradient[2];
        struct sx_tensor feeds[] = {{SX_DOUBLE, {2, {1, 2}}, x_data},
                                    {SX_DOUBLE, {2, {1, lengths[k]}}, w_data}};
        ck_assert_msg(sx_explainer_sample(e, feeds, &error), "%s", error.message);
        ck_assert_double_eq(sx_explainer_target(e)->value, 5.0 * (double)lengths[k]);
        ck_assert(sx_gradients(e, 1, x_data, NULL, gradient, &error));
        ck_assert_double_eq(gradient[1], (double)lengths[k]);
    }
    sx_explainer_free(e);
    sx_model_close(model);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("axioms");
    tcase_add_loop_test(c, axioms, 0, (int)(sizeof methods / sizeof *methods));
    SUITE_ADD(c, completeness, margins, shapes_of_other_inputs);
    return suite_run();
}
