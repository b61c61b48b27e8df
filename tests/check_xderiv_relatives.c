/* check_xderiv_relatives.c - relatives of cross derivatives against their definitions, computed
 * by hand: integrated and expected Hessians, masks, Friedman's H, NID. Also rows of several
 * targets. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "study.h"

/* ---- Relatives ---- */

/* f = exp(x1 x2) + x3^2 x1 at (0.5, 1, 2) from 0 */
static struct tm_model *relatives_model(void)
{
    return formula(3, "x1 x2 Mul Exp x3 x3 Mul x1 Mul Add");
}

static const double relatives_x[] = {0.5, 1, 2};

START_TEST(test_integrated_hessians)
{
    struct study f;
    struct sx_error error = {0};
    struct sx_tensor t;
    const double zeros[3] = {0};
    const double want[] = {0.38440253989726, 0.16218031767504,
                           0.44444444444444, 0.16218031767504,
                           0.16218031767504, 0,
                           0.44444444444444, 0,
                           0.88888888888889};
    study_open(&f, relatives_model(), 3);
    f.o.method = "ih";
    f.o.steps = 64;
    study_run_at(&f, relatives_x);
    study_near(study_find(&f, "12")->mean, want[1], 1e-11, "12");
    study_near(study_find(&f, "13")->mean, want[2], 1e-11, "13");
    study_begin(&f);
    ck_assert(study_add(&f, relatives_x, zeros, &error));
    ck_assert(sx_study_tensor(f.study, &t, &error));
    double sum = 0;
    for (int i = 0; i < 9; i++) {
        study_near(sx_tensor_get(&t, i), want[i], 1e-11, "entry");
        sum += sx_tensor_get(&t, i);
    }
    study_near(sum, 2.648721270700128, 1e-11, "sum");
    sx_tensor_free(&t);
    study_close(&f);

    study_open(&f, formula(2, "x1 x2 Mul"), 2);
    f.o.method = "ih";
    study_begin(&f);
    ck_assert(study_add(&f, (const double[]){2, 3}, zeros, &error));
    ck_assert(sx_study_tensor(f.study, &t, &error));
    for (int i = 0; i < 4; i++)
        study_near(sx_tensor_get(&t, i), 1.5, 1e-12, "entry");
    sx_tensor_free(&t);
    study_close(&f);
}
END_TEST

/* The value of groups is the sum over their elements. */
START_TEST(test_integrated_groups)
{
    struct study f;
    char path[] = "/tmp/check_xderiv.XXXXXX", features[64];
    study_write_labels(path, "0,1,1\n");
    snprintf(features, sizeof features, "file:%s", path);
    study_open(&f, relatives_model(), 3);
    f.o.method = "ih";
    f.o.players = features;
    f.o.steps = 64;
    study_run_at(&f, relatives_x);
    study_near(study_find(&f, "12")->mean, 0.16218031767504 + 0.44444444444444, 1e-11, "12");
    unlink(path);
    study_close(&f);
}
END_TEST

/* With one background row the expectation is the Integrated Hessian. */
START_TEST(test_expected)
{
    struct study f;
    const double zeros[3] = {0};
    study_open(&f, relatives_model(), 3);
    f.o.method = "expected";
    f.o.steps = 20000;
    f.background = zeros;
    study_run_at(&f, relatives_x);
    study_near(study_find(&f, "12")->mean, 0.16218031767504, 1e-2, "12");
    study_near(study_find(&f, "13")->mean, 0.44444444444444, 1e-2, "13");
    study_near(study_find(&f, "23")->mean, 0, 1e-12, "23");
    study_close(&f);
}
END_TEST

/* The blurred Hessian of a quadratic form is its Hessian, up to the noise of draws. */
START_TEST(test_smooth_hessian)
{
    struct study f;
    study_open(&f, formula(3, "x1 x2 Mul x3 x3 Mul Add"), 3);
    f.o.method = "smoothhess";
    f.o.steps = 20000;
    study_run_at(&f, relatives_x);
    study_near(study_find(&f, "12")->mean, 1, 0.03, "12");
    study_near(study_find(&f, "13")->mean, 0, 0.03, "13");
    study_close(&f);
}
END_TEST

START_TEST(test_masks)
{
    struct study f;
    study_open(&f, relatives_model(), 3);
    f.o.method = "archdetect";
    study_run_at(&f, relatives_x);
    study_expect(&f, "12", 1.683357148235156);
    study_expect(&f, "13", 4);
    study_expect(&f, "23", 0);
    f.o.method = "archattribute";
    study_run_at(&f, relatives_x);
    study_expect(&f, "12", exp(0.5) - 1);
    study_expect(&f, "13", 2);
    study_expect(&f, "23", 0);
    f.o.method = "fd";
    f.o.order = 3;
    study_run_at(&f, relatives_x);
    study_expect(&f, "12", exp(0.5) - 1);
    study_expect(&f, "13", 2);
    study_expect(&f, "23", 0);
    study_expect(&f, "123", 0);
    study_close(&f);
}
END_TEST

/* f = x1 x2 on the four corners of a square. The whole partial dependence is interaction. */
START_TEST(test_friedman)
{
    struct study f;
    struct sx_error error = {0};
    const double corners[4][3] = {{-1, -1, 1}, {-1, 1, 1}, {1, -1, 1}, {1, 1, 1}};
    study_open(&f, formula(3, "x1 x2 Mul x3 Add"), 3);
    f.o.method = "friedman";
    study_begin(&f);
    for (int i = 0; i < 4; i++)
        ck_assert(study_add(&f, corners[i], NULL, &error));
    study_run(&f);
    study_expect(&f, "12", 1);
    study_expect(&f, "13", 0);
    study_begin(&f);
    ck_assert(study_add(&f, corners[0], NULL, &error));
    ck_assert(!sx_study_run(f.study, &f.r, &error));
    ck_assert_int_eq(error.status, SX_USAGE);
    study_close(&f);
}
END_TEST

/* Of more rows than --steps, evenly spaced ones are used: here those with x1 = 1, for which f is a
 * sum. */
START_TEST(test_friedman_of_some_rows)
{
    struct study f;
    struct sx_error error = {0};
    study_open(&f, formula(3, "x1 x2 Mul x3 Add"), 3);
    f.o.method = "friedman";
    for (int steps = 3; steps <= 6; steps += 3) {
        f.o.steps = steps;
        study_begin(&f);
        for (int k = 0; k < 6; k++)
            ck_assert(study_add(&f, (const double[]){k % 2 == 0 ? 1 : -1, k * k - 3, 1}, NULL,
                                &error));
        study_run(&f);
        ck_assert((fabs(study_find(&f, "12")->mean) < 1e-12) == (steps == 3));
    }
    study_close(&f);
}
END_TEST

/* f = x1 x2 x3 at (2, 3, 5). x3 belongs to no feature, so it keeps its value. The rows of the
 * background are 0 and 1: with x both contexts have a mixed difference of 30 - 5 - 7.5 + 2.5. The
 * mean squares of the distances are 2.5 and 6.5. */
START_TEST(test_archdetect_of_some_elements)
{
    static const double rows[6] = {0, 0, 0, 1, 1, 1};
    struct study f;
    struct sx_error error = {0};
    char path[] = "/tmp/check_xderiv.XXXXXX", features[64];
    study_write_labels(path, "0,1,-1\n");
    snprintf(features, sizeof features, "file:%s", path);
    study_open(&f, formula(3, "x1 x2 Mul x3 Mul"), 3);
    f.o.method = "archdetect";
    f.o.players = features;
    f.o.absent.kind = SX_ABSENT_MARGINAL;
    study_begin(&f);
    sx_study_background(f.study, rows, 2);
    ck_assert(study_add(&f, (const double[]){2, 3, 5}, rows, &error));
    study_run(&f);
    study_expect(&f, "12", 20 * 20 / (2.5 * 6.5));
    unlink(path);
    study_close(&f);
}
END_TEST

START_TEST(test_nid)
{
    struct study f;
    const double x[3] = {0};
    study_open(&f, study_layers(_i == 1), 3);
    f.o.method = "nid";
    study_run_at(&f, x);
    study_expect(&f, "12", 4);
    study_expect(&f, "13", 1);
    study_expect(&f, "23", 2);
    f.o.method = "nid-greedy";
    f.o.order = 3;
    study_run_at(&f, x);
    study_expect(&f, "12", 4);
    study_expect(&f, "13", 0);
    study_expect(&f, "23", 1);
    study_expect(&f, "123", 1);
    study_close(&f);
}
END_TEST

/* One unit with weights 2, 2, 1: equal weights count in the order of their features. */
START_TEST(test_nid_of_equal_weights)
{
    struct study f;
    struct tm_model *m = tm_new(17);
    tm_input(m, "x", SX_DOUBLE, 2, (const int64_t[]){1, 3});
    tm_const(m, "w1", SX_DOUBLE, 2, (const int64_t[]){3, 1}, (const double[]){2, -2, 1});
    tm_const(m, "w2", SX_DOUBLE, 2, (const int64_t[]){1, 1}, (const double[]){3});
    tm_node(m, "MatMul", "x w1", "h", NULL);
    tm_node(m, "Relu", "h", "z", NULL);
    tm_node(m, "MatMul", "z w2", "y", NULL);
    tm_output(m, "y");
    study_open(&f, m, 3);
    f.o.method = "nid-greedy";
    f.o.order = 3;
    study_run_at(&f, (const double[]){1, 1, 1});
    study_expect(&f, "12", 3 * 2);
    study_expect(&f, "13", 0);
    study_expect(&f, "23", 0);
    study_expect(&f, "123", 3 * 1);
    study_close(&f);
}
END_TEST

/* Nodes after the layers: an element at a constant index is followed, one at an index that
 * depends on x is refused. */
START_TEST(test_nid_choices)
{
    const double x[3] = {0};
    static const struct {
        const char *op, *inputs, *attributes;
        bool read;
    } end[] = {{"Gather", "s at", "axis=0", true},
               {"Gather", "s best", "axis=0", false},
               {"ReduceMax", "s", "keepdims=0", false}};
    for (size_t i = 0; i < sizeof end / sizeof end[0]; i++) {
        struct study f;
        struct sx_error error = {0};
        struct tm_model *m = tm_new(17);
        tm_input(m, "x", SX_DOUBLE, 2, (const int64_t[]){1, 3});
        tm_const(m, "w1", SX_DOUBLE, 2, (const int64_t[]){3, 2},
                 (const double[]){3, 0, -2, 1, 0.5, 4});
        tm_const(m, "w2", SX_DOUBLE, 2, (const int64_t[]){2, 3},
                 (const double[]){9, 1, 0.5, 9, 2, 0});
        tm_const(m, "to", SX_INT, 1, (const int64_t[]){1}, (const int64_t[]){3});
        tm_const(m, "at", SX_INT, 1, (const int64_t[]){2}, (const int64_t[]){1, 2});
        tm_node(m, "MatMul", "x w1", "h", NULL);
        tm_node(m, "Relu", "h", "z", NULL);
        tm_node(m, "MatMul", "z w2", "r", NULL);
        tm_node(m, "Reshape", "r to", "s", NULL);
        tm_node(m, "ArgMax", "s", "best", "axis=0");
        tm_node(m, end[i].op, end[i].inputs, "e", end[i].attributes);
        tm_node(m, "ReduceSum", "e", "y", "keepdims=0");
        tm_output(m, "y");
        study_open(&f, m, 3);
        f.o.method = "nid";
        study_begin(&f);
        ck_assert_msg(study_add(&f, x, NULL, &error), "%s", error.message);
        if (end[i].read) {
            ck_assert_msg(sx_study_run(f.study, &f.r, &error), "%s", error.message);
            study_expect(&f, "12", 1.5 * 2 + 2 * 0); /* z = (1 + 0.5, 2 + 0) */
            study_expect(&f, "13", 1.5 * 0.5 + 2 * 0);
            study_expect(&f, "23", 1.5 * 0.5 + 2 * 1);
        } else {
            ck_assert(!sx_study_run(f.study, &f.r, &error));
            ck_assert_int_eq(error.status, SX_MODEL);
        }
        study_close(&f);
    }
}
END_TEST

/* The target is one of three outputs: the weights behind it count. */
START_TEST(test_nid_of_an_output)
{
    struct study f;
    struct tm_model *m = tm_new(17);
    tm_input(m, "x", SX_DOUBLE, 2, (const int64_t[]){1, 3});
    tm_const(m, "w1", SX_DOUBLE, 2, (const int64_t[]){3, 2},
             (const double[]){3, 0, -2, 1, 0.5, 4});
    tm_const(m, "w2", SX_DOUBLE, 2, (const int64_t[]){2, 3},
             (const double[]){7, 0, 0.5, 5, 0, 9});
    tm_node(m, "MatMul", "x w1", "h", NULL);
    tm_node(m, "Relu", "h", "z", NULL);
    tm_node(m, "MatMul", "z w2", "y", NULL);
    tm_output(m, "y");
    study_open(&f, m, 3);
    f.o.method = "nid";
    study_run_at(&f, (const double[]){1, 1, 1}); /* of output 0 */
    study_expect(&f, "12", 7 * 2 + 5 * 0);
    study_expect(&f, "13", 7 * 0.5 + 5 * 0);
    study_expect(&f, "23", 7 * 0.5 + 5 * 1);
    study_close(&f);
}
END_TEST

START_TEST(test_nid_without_layers)
{
    struct study f;
    struct sx_error error = {0};
    study_open(&f, study_product_and_sine(), 4); /* the model has no layers */
    f.o.method = "nid";
    study_begin(&f);
    ck_assert(study_add(&f, (const double[]){1, 2, 3, 4}, NULL, &error));
    ck_assert(!sx_study_run(f.study, &f.r, &error));
    ck_assert_int_eq(error.status, SX_MODEL);
    study_close(&f);
}
END_TEST

/* ---- Targets of several rows ---- */

static int64_t evaluations, rows_seen;
static bool (*counted)(struct sx_study *h, const struct sx_level *level,
                       const struct sx_study_rows *rows, double *values,
                       struct sx_error *error);

static bool count(struct sx_study *h, const struct sx_level *level,
                  const struct sx_study_rows *rows, double *values, struct sx_error *error)
{
    evaluations++;
    rows_seen += rows->n;
    return counted(h, level, rows, values, error);
}

/* Rows with alternating targets: the method runs once for each target, on all rows of that
 * target. */
START_TEST(test_targets_together)
{
    struct study f;
    struct sx_error error = {0};
    const double zeros[3] = {0};
    const struct sx_explain_options options = {.precise = true};
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_DOUBLE, 2, (const int64_t[]){1, 3});
    tm_const(m, "a", SX_INT, 0, NULL, (const int64_t[]){0});
    tm_const(m, "b", SX_INT, 0, NULL, (const int64_t[]){1});
    tm_const(m, "c", SX_INT, 0, NULL, (const int64_t[]){2});
    tm_node(m, "Gather", "x a", "xa", "axis=1");
    tm_node(m, "Gather", "x b", "xb", "axis=1");
    tm_node(m, "Gather", "x c", "xc", "axis=1");
    tm_node(m, "Mul", "xa xb", "p", NULL);
    tm_node(m, "Mul", "p xc", "q", NULL);
    tm_node(m, "Neg", "q", "r", NULL);
    tm_node(m, "Concat", "q r", "y2", "axis=0"); /* x1 x2 x3 and its negative */
    tm_const(m, "row", SX_INT, 1, (const int64_t[]){2}, (const int64_t[]){1, 2});
    tm_node(m, "Reshape", "y2 row", "y", NULL);
    tm_output(m, "y");
    study_open(&f, m, 3);
    sx_explainer_free(f.explainer);
    f.explainer = sx_explainer_new(f.model, &options, &error);
    ck_assert_msg(f.explainer != NULL, "%s", error.message);
    study_begin(&f);
    for (int i = 0; i < 6; i++) /* the classes are 0, 1, 0, 1, .. */
        ck_assert_msg(
            study_add(&f, (const double[]){1, 2, i % 2 == 0 ? 3 + i : -3 - i}, zeros, &error),
            "%s", error.message);
    struct sx_study_row method = *f.study->method;
    counted = method.evaluate;
    method.evaluate = count;
    f.study->method = &method;
    evaluations = rows_seen = 0;
    study_run(&f);
    ck_assert_int_eq(f.r.rows, 6);
    ck_assert_int_eq(evaluations, 2); /* one level, the pairs */
    ck_assert_int_eq(rows_seen, 6);
    study_expect(&f, "12",
                 /* in class 1 the derivative is -x3; its magnitude counts */
                 (3 + 4 + 5 + 6 + 7 + 8) / 6.0);
    study_expect(&f, "13", 0); /* of 2 and -2 */
    study_near(study_find(&f, "12")->min, 3, 1e-12, "least");
    study_near(study_find(&f, "12")->max, 8, 1e-12, "most");
    study_near(study_find(&f, "13")->std, 2, 1e-12, "scatter");
    study_close(&f);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("relatives of cross derivatives");
    SUITE_ADD(c, test_integrated_hessians, test_integrated_groups, test_expected,
              test_smooth_hessian, test_masks, test_friedman, test_friedman_of_some_rows,
              test_archdetect_of_some_elements, test_nid_of_equal_weights);
    tcase_add_loop_test(c, test_nid, 0, 2);
    SUITE_ADD(c, test_nid_choices, test_nid_of_an_output, test_nid_without_layers,
              test_targets_together);
    return suite_run();
}
