/* check_score.c - scores of attributions against closed forms, similarities against worked
 * numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "score/score.h"
#include "suite.h"

#define NEAR(got, want) ck_assert_double_eq_tol(got, want, 1e-12)

/* ---- Curves ---- */

START_TEST(test_entropy)
{
    NEAR(sx_entropy((const int64_t[]){2, 2}, 2), 0.6931471805599453);
    NEAR(sx_entropy((const int64_t[]){1, 2, 3, 0}, 4), 1.0114042647073518);
    NEAR(sx_entropy((const int64_t[]){5}, 1), 0);
}
END_TEST

START_TEST(test_area)
{
    double x[] = {0.5, 0, 1, 0.25}, y[] = {0.75, 0, 1, 0.5}, even[101], at[101];
    sx_curve_even(x, y, 4, even, 101);
    for (int k = 0; k < 101; k++)
        at[k] = k / 100.0;
    NEAR(sx_curve_area(at, even, 101), 0.65625);
    NEAR(even[25], 0.5);
    NEAR(even[75], 0.875);
    ck_assert_double_nan(sx_curve_area(at, even, 1));
}
END_TEST

START_TEST(test_even_beyond_and_ties)
{
    double x[] = {0.25, 0.25, 0.75}, y[] = {0, 2, 3}, even[5];
    sx_curve_even(x, y, 3, even, 5);
    const double want[] = {0, 1, 2, 3, 4};
    for (int k = 0; k < 5; k++)
        NEAR(even[k], want[k]);
}
END_TEST

/* ---- Scores of tiny models ---- */

struct fixture {
    struct sx_model *model;
    struct sx_explainer *e;
    struct sx_inference *inference;
    struct sx_preprocess pre;
    struct sx_scored score[SX_METRICS];
    int filler;
};

static void begin(struct fixture *f, struct tm_model *m, const struct sx_tensor *x,
                  enum sx_score score)
{
    struct sx_error error = {0};
    const struct sx_explain_options o = {.precise = true, .score = score, .values_only = true};
    const struct sx_infer_options i = {.precise = true};
    *f = (struct fixture){.model = tm_open(m, &error)};
    ck_assert_msg(f->model != NULL, "%s", error.message);
    f->e = sx_explainer_new(f->model, &o, &error);
    f->inference = sx_inference_new(f->model, &i, &error);
    ck_assert_msg(sx_explainer_sample(f->e, x, &error), "%s", error.message);
    sx_preprocess_preset(&f->pre, "unit", &error);
    tm_free(m);
}

static void end(struct fixture *f)
{
    sx_explainer_free(f->e);
    sx_inference_free(f->inference);
    sx_model_close(f->model);
}

static void score(struct fixture *f, struct sx_score_options *o, const double *map,
                  const struct sx_shape *shape, bool contributions)
{
    struct sx_error error = {0};
    const struct sx_record_map m = {.contributions = contributions,
                                    .values = {SX_DOUBLE, *shape, (void *)(uintptr_t)map}};
    const struct sx_tensor *x = sx_explainer_input(f->e);
    double *zero = calloc((size_t)sx_count(&x->shape), sizeof *zero);
    o->baseline = zero;
    o->pre = &f->pre;
    bool ok = sx_score(f->e, f->e, f->inference, o, &m, f->score, &f->filler, &error);
    ck_assert_msg(ok, "%s", error.message);
    free(zero);
}

/* f = 3 a - 2 b + c / 2 = 3.5 at (2, 1, -1). */
static void linear(struct fixture *f)
{
    static double x[] = {2, 1, -1};
    const struct sx_tensor feed = {SX_DOUBLE, {2, {1, 3}}, x};
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_DOUBLE, 2, (int64_t[]){1, 3});
    tm_const(m, "w", SX_DOUBLE, 2, (int64_t[]){3, 1}, (double[]){3, -2, 0.5});
    tm_node(m, "MatMul", "x w", "y", NULL);
    tm_output(m, "y");
    begin(f, m, &feed, SX_SCORE_RAW);
}

static struct sx_score_options usual(unsigned metrics)
{
    struct sx_score_options o;
    memset(&o, 0, sizeof o);
    sx_option_defaults(&sx_score_table, &o);
    o.metrics = metrics;
    return o;
}

static void curve_is(const struct sx_scored *s, int64_t n, const double *y, double area)
{
    ck_assert_int_eq(s->n, n);
    for (int64_t k = 0; k < n; k++) {
        NEAR(s->x[k], (double)k / (double)(n - 1));
        NEAR(s->y[k], y[k]);
    }
    NEAR(s->value, area);
}

START_TEST(test_linear_curves)
{
    struct fixture f;
    struct sx_score_options o = usual(1U << SX_INSERTION | 1U << SX_DELETION);
    const struct sx_shape shape = {1, {3}};
    linear(&f);
    score(&f, &o, (double[]){6, -2, -0.5}, &shape, true);
    ck_assert_int_eq(f.filler, SX_FILL_BASELINE);
    curve_is(&f.score[SX_INSERTION], 4, (double[]){0, 6, 4, 3.5}, 11.75 / 3);
    curve_is(&f.score[SX_DELETION], 4, (double[]){3.5, -2.5, -0.5, 0}, -1.25 / 3);
    o.by_value = true;
    score(&f, &o, (double[]){6, -2, -0.5}, &shape, true);
    curve_is(&f.score[SX_INSERTION], 4, (double[]){0, 6, 5.5, 3.5}, 13.25 / 3);
    end(&f);
}
END_TEST

/* The map of a linear function is exact, both as contributions and as derivatives. */
START_TEST(test_linear_is_faithful)
{
    struct fixture f;
    struct sx_score_options o =
        usual(1U << SX_SENSITIVITY_N | 1U << SX_INFIDELITY | 1U << SX_COMPLETENESS);
    const double maps[][3] = {{6, -2, -0.5}, {3, -2, 0.5}};
    linear(&f);
    for (int derivatives = 0; derivatives < 2; derivatives++) {
        score(&f, &o, maps[derivatives], &(struct sx_shape){1, {3}}, !derivatives);
        NEAR(f.score[SX_SENSITIVITY_N].value, 1);
        ck_assert_int_eq(f.score[SX_SENSITIVITY_N].n, 2);
        NEAR(f.score[SX_INFIDELITY].value, 0);
        NEAR(f.score[SX_COMPLETENESS].value, 0);
        ck_assert_double_nan(f.score[SX_SIC].value);
    }
    score(&f, &o, (double[]){5, -2, -0.5}, &(struct sx_shape){1, {3}}, true);
    NEAR(f.score[SX_COMPLETENESS].value, -1);
    ck_assert_double_gt(f.score[SX_INFIDELITY].value, 0.2);
    end(&f);
}
END_TEST

/* f is the sum of an 8x8 picture. The map is the picture. */
static void sum_of_picture(struct fixture *f, double *x)
{
    const struct sx_tensor feed = {SX_DOUBLE, {4, {1, 1, 8, 8}}, x};
    struct tm_model *m = tm_new(13);
    for (int i = 0; i < 64; i++)
        x[i] = (double)(i + 1) / 64;
    tm_input(m, "x", SX_DOUBLE, 4, (int64_t[]){1, 1, 8, 8});
    tm_node(m, "ReduceSum", "x", "y", "keepdims=0");
    tm_output(m, "y");
    begin(f, m, &feed, SX_SCORE_RAW);
}

START_TEST(test_fillers)
{
    struct fixture f;
    double x[64];
    struct sx_score_options o = usual(1U << SX_DELETION);
    const struct sx_shape shape = {3, {1, 8, 8}};
    sum_of_picture(&f, x);
    const struct {
        int filler;
        double last; /* f if all places are hidden; NaN: 64 times an element of x */
    } cases[] = {{SX_FILL_AUTO, NAN},  {SX_FILL_NEAREST, NAN}, {SX_FILL_LINEAR, NAN},
                 {SX_FILL_MEAN, 32.5}, {SX_FILL_BLACK, 0},     {SX_FILL_BLUR, 32.5},
                 {SX_FILL_BASELINE, 0}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        o.filler = cases[k].filler;
        score(&f, &o, x, &shape, true);
        double first = f.score[SX_DELETION].y[0], last = f.score[SX_DELETION].y[64];
        NEAR(first, 32.5);
        if (cases[k].filler == SX_FILL_BLUR)
            ck_assert_double_eq_tol(last, 32.5, 3);
        else if (isnan(cases[k].last))
            ck_assert_double_eq_tol(last, rint(last), 1e-9);
        else
            NEAR(last, cases[k].last);
    }
    end(&f);
}
END_TEST

/* Between two known pixels of a row, the filler linear gives a straight line. */
START_TEST(test_linear_filler)
{
    struct fixture f;
    double x[64];
    struct sx_error error = {0};
    sum_of_picture(&f, x);
    struct sx_score_options o = usual(0);
    uint8_t known[5] = {1, 0, 0, 0, 1};
    double row[5] = {1, 9, 9, 9, 3}, filled[5];
    o.filler = SX_FILL_LINEAR;
    struct sx_scoring s = {.o = &o,
                           .own = f.e,
                           .size = 5,
                           .places = 5,
                           .x = row,
                           .filled = filled,
                           .height = 1,
                           .width = 5,
                           .channels = 1,
                           .known = known};
    ck_assert(sx_scoring_fill_linear(&s, &error));
    for (int i = 0; i < 5; i++)
        ck_assert_double_eq_tol(filled[i], 1 + i / 2.0, 1e-4);
    end(&f);
}
END_TEST

START_TEST(test_pointing)
{
    struct fixture f;
    double x[64];
    const struct sx_box boxes[] = {{0, 0, 2, 2, NULL}, {7, 7, 8, 8, NULL}};
    struct sx_score_options o = usual(1U << SX_POINTING);
    const struct sx_shape shape = {3, {1, 8, 8}};
    sum_of_picture(&f, x);
    o.boxes = boxes;
    for (o.n_boxes = 0; o.n_boxes <= 2; o.n_boxes++) {
        score(&f, &o, x, &shape, true);
        double hit = f.score[SX_POINTING].value;
        ck_assert(o.n_boxes == 0 ? isnan(hit) : hit == (double)(o.n_boxes - 1));
    }
    end(&f);
}
END_TEST

/* Class scores do not depend on x, so every curve is flat for any map. */
START_TEST(test_information_of_a_constant)
{
    struct fixture f;
    static double x[64];
    const struct sx_tensor feed = {SX_DOUBLE, {4, {1, 1, 8, 8}}, x};
    struct sx_score_options o = usual(1U << SX_SIC | 1U << SX_AIC);
    struct tm_model *m = tm_new(13);
    for (int i = 0; i < 64; i++)
        x[i] = (double)(i * 37 % 64) / 63;
    tm_input(m, "x", SX_DOUBLE, 4, (int64_t[]){1, 1, 8, 8});
    tm_const(m, "w", SX_DOUBLE, 2, (int64_t[]){64, 3}, (double[192]){0});
    tm_const(m, "b", SX_DOUBLE, 1, (int64_t[]){3}, (double[]){1, 2, 0});
    tm_node(m, "Flatten", "x", "flat", NULL);
    tm_node(m, "Gemm", "flat w b", "z", NULL);
    tm_node(m, "Softmax", "z", "p", "axis=1");
    tm_output(m, "p");
    begin(&f, m, &feed, SX_SCORE_PROB);
    score(&f, &o, x, &(struct sx_shape){3, {1, 8, 8}}, true);
    NEAR(f.score[SX_SIC].value, 1);
    NEAR(f.score[SX_AIC].value, 1);
    ck_assert_int_eq(f.score[SX_SIC].n, 101);
    struct sx_error error = {0};
    ck_assert(sx_explainer_aim(f.e, 0, &error)); /* not the predicted class */
    score(&f, &o, x, &(struct sx_shape){3, {1, 8, 8}}, true);
    NEAR(f.score[SX_SIC].value, 1);
    NEAR(f.score[SX_AIC].value, 0);
    ck_assert(!sx_explainer_aim(f.e, 3, &error));
    ck_assert_int_eq(error.status, SX_FAILED);
    end(&f);
}
END_TEST

/* ---- Places ---- */

/* f = sum of w x, with w = 1, 2, 4, 8 .. and x = 1 for all elements. */
static void powers(struct fixture *f, const struct sx_shape *shape)
{
    int64_t n = sx_count(shape);
    double ones[32], w[32];
    const struct sx_tensor feed = {SX_DOUBLE, *shape, ones};
    struct tm_model *m = tm_new(13);
    for (int i = 0; i < 32; i++) {
        ones[i] = 1;
        w[i] = ldexp(1, i);
    }
    tm_input(m, "x", SX_DOUBLE, shape->rank, shape->dim);
    tm_const(m, "w", SX_DOUBLE, 2, (int64_t[]){n, 1}, w);
    tm_node(m, "Flatten", "x", "v", NULL);
    tm_node(m, "MatMul", "v w", "y", NULL);
    tm_output(m, "y");
    begin(f, m, &feed, SX_SCORE_RAW);
}

/* Which elements each step of insertion shows, as bits: maps are laid over x by element, by pixel in
 * either layout, by row or by column. */
START_TEST(test_places)
{
    static const struct {
        struct sx_shape x, map;
        enum sx_layout layout;
        double value[12];
        int64_t shown[6]; /* ends with 0 */
    } cases[] = {
        /* rows and columns; a square has rows */
        {{3, {1, 2, 3}}, {1, {2}}, SX_LAYOUT_AUTO, {1, 5}, {070, 077}},
        {{3, {1, 2, 3}}, {1, {3}}, SX_LAYOUT_AUTO, {7, 1, -3}, {011, 055, 077}},
        {{3, {1, 2, 2}}, {1, {2}}, SX_LAYOUT_AUTO, {5, 1}, {03, 017}},
        /* elements */
        {{2, {1, 3}}, {1, {3}}, SX_LAYOUT_AUTO, {1, 3, -2}, {2, 6, 7}},
        {{3, {1, 2, 2}}, {2, {2, 2}}, SX_LAYOUT_AUTO, {1, 2, 4, 3}, {4, 014, 016, 017}},
        /* pixels: the channels of one are shown together, by their sum */
        {{4, {1, 3, 1, 2}}, {3, {3, 1, 2}}, SX_LAYOUT_AUTO, {1, 2, 3, 1, 1, 1}, {025, 077}},
        {{4, {1, 1, 2, 3}}, {3, {1, 2, 3}}, SX_NHWC, {1, 1, 1, 2, 2, 2}, {070, 077}},
        {{4, {1, 2, 1, 3}}, {3, {2, 1, 3}}, SX_LAYOUT_AUTO, {1, 1, 1, 2, 2, 2}, {070, 077}},
        {{4, {1, 1, 2, 3}},
         {3, {1, 2, 3}},
         SX_LAYOUT_AUTO,
         {1, 1, 1, 2, 2, 3},
         {040, 050, 070}},
        {{4, {1, 3, 2, 1}}, {3, {3, 2, 1}}, SX_LAYOUT_AUTO, {3, 1, 3, 1, 3, 1}, {025, 077}},
        /* a value for each pixel */
        {{4, {1, 3, 1, 2}}, {2, {1, 2}}, SX_LAYOUT_AUTO, {1, 2}, {052, 077}},
        {{4, {1, 1, 2, 3}}, {2, {1, 2}}, SX_NHWC, {1, 2}, {070, 077}}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct fixture f;
        struct sx_score_options o = usual(1U << SX_INSERTION);
        o.layout = cases[k].layout;
        o.filler = SX_FILL_BASELINE;
        powers(&f, &cases[k].x);
        score(&f, &o, cases[k].value, &cases[k].map, true);
        for (int i = 0; i < 6 && cases[k].shown[i] != 0; i++)
            ck_assert_msg(f.score[SX_INSERTION].y[i + 1] == (double)cases[k].shown[i],
                          "case %d, step %d: %llo, not %llo", (int)k, i + 1,
                          (unsigned long long)f.score[SX_INSERTION].y[i + 1],
                          (unsigned long long)cases[k].shown[i]);
        end(&f);
    }
}
END_TEST

START_TEST(test_maps_that_do_not_fit)
{
    struct fixture f;
    struct sx_score_options o = usual(1U << SX_INSERTION);
    double zero[3] = {0};
    o.baseline = zero;
    linear(&f);
    const struct sx_record_map wrong[] = {
        {.values = {SX_DOUBLE, {1, {2}}, zero}},
        {.values = {SX_DOUBLE, {1, {0}}, zero}},
        {.players = "patches:2x2", .values = {SX_DOUBLE, {1, {2}}, zero}},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct sx_error error = {0};
        ck_assert(!sx_score(f.e, f.e, f.inference, &o, &wrong[i], f.score, &f.filler, &error));
        ck_assert(error.status == SX_FAILED || error.status == SX_USAGE);
    }
    end(&f);
}
END_TEST

/* ---- Similarity ---- */

static struct sx_similarity compare(const double *a, const double *b, struct sx_shape shape)
{
    struct sx_error error = {0};
    struct sx_similarity s;
    const struct sx_tensor x = {SX_DOUBLE, shape, (void *)(uintptr_t)a};
    const struct sx_tensor y = {SX_DOUBLE, shape, (void *)(uintptr_t)b};
    ck_assert(sx_compare(&x, &y, shape.rank > 1, &s, &error));
    return s;
}

START_TEST(test_ranks)
{
    const double a[] = {1, 2, 3, 4, 5}, b[] = {5, 6, 7, 8, 7}, c[] = {-1, -2, -3, -4, -5};
    struct sx_similarity s = compare(a, b, (struct sx_shape){1, {5}});
    NEAR(s.spearman, 0.82078268166812329);
    NEAR(s.max_abs, 4);
    NEAR(s.topk_iou, 0);
    ck_assert_double_nan(s.ssim);
    s = compare(a, c, (struct sx_shape){1, {5}});
    NEAR(s.spearman, -1);
    NEAR(s.topk_iou, 1); /* by magnitude */
    s = compare(a, a, (struct sx_shape){1, {5}});
    ck_assert(s.spearman == 1 && s.max_abs == 0 && s.topk_iou == 1);
}
END_TEST

/* A tenth of 45 elements is 4. In a these are the elements 0 to 3, in b the same shifted by
 * `moved`. */
START_TEST(test_top_tenth)
{
    for (int moved = 0; moved <= 5; moved++) {
        double a[45], b[45], both = moved < 4 ? 4 - moved : 0;
        for (int i = 0; i < 45; i++) {
            a[i] = i < 4 ? 10 + i : -0.01 * i;
            b[i] = i >= moved && i < moved + 4 ? -9 - i : 0.02 * i;
        }
        NEAR(compare(a, b, (struct sx_shape){1, {45}}).topk_iou, both / (8 - both));
    }
}
END_TEST

START_TEST(test_not_finite)
{
    const double a[] = {1, NAN, 3, 4}, b[] = {1, NAN, 3, 5}, c[] = {1, 2, 3, 4};
    const double flat[] = {2, 2, 2, 2};
    NEAR(compare(a, b, (struct sx_shape){1, {4}}).max_abs, 1);
    ck_assert_double_infinite(compare(a, c, (struct sx_shape){1, {4}}).max_abs);
    ck_assert_double_nan(compare(flat, c, (struct sx_shape){1, {4}}).spearman);
}
END_TEST

START_TEST(test_structure)
{
    double a[128], b[128];
    for (int i = 0; i < 128; i++) {
        a[i] = i % 64 * 0.25;
        b[i] = a[i];
    }
    NEAR(compare(a, b, (struct sx_shape){3, {2, 8, 8}}).ssim, 1);
    for (int i = 0; i < 64; i++) {
        a[i] = 1;
        b[i] = 2;
    }
    NEAR(compare(a, b, (struct sx_shape){2, {8, 8}}).ssim, 4.0001 / 5.0001);
    ck_assert_double_nan(compare(a, b, (struct sx_shape){2, {4, 16}}).ssim);
}
END_TEST

START_TEST(test_shapes_differ)
{
    struct sx_error error = {0};
    struct sx_similarity s;
    double v[4] = {0};
    const struct sx_tensor a = {SX_DOUBLE, {1, {4}}, v}, b = {SX_DOUBLE, {2, {2, 2}}, v};
    ck_assert(!sx_compare(&a, &b, false, &s, &error));
    ck_assert_int_eq(error.status, SX_FAILED);
}
END_TEST

START_TEST(test_bounds)
{
    struct sx_error error = {0};
    struct sx_bounds o = {0};
    const struct sx_similarity s = {0.5, NAN, 1, 0.25};
    const struct sx_option *max = &sx_bounds_table.row[0], *min = &sx_bounds_table.row[1];
    char what[80];
    ck_assert(sx_option_set(max, &o, "max_abs:0.25", &error));
    ck_assert(sx_option_set(max, &o, "max_abs:0.2", &error));
    ck_assert(sx_option_set(min, &o, "spearman:0.6", &error));
    ck_assert(sx_option_set(min, &o, "ssim:0", &error));
    ck_assert(sx_bound_holds(&o, 0, &s, what));
    ck_assert(!sx_bound_holds(&o, 1, &s, what));
    ck_assert_str_eq(what, "max_abs is 0.25, over 0.2");
    ck_assert(!sx_bound_holds(&o, 2, &s, what));
    ck_assert_str_eq(what, "spearman is 0.5, under 0.6");
    ck_assert(!sx_bound_holds(&o, 3, &s, what));
    ck_assert_str_eq(what, "ssim has no value");
    static const char *const wrong[] = {
        "", "max_abs", "max_abs:", "max_abs:x", "nothing:1", "max_abs:nan"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct sx_error why = {0};
        ck_assert(!sx_option_set(max, &o, wrong[i], &why));
        ck_assert_int_eq(why.status, SX_USAGE);
    }
}
END_TEST

/* ---- Records ---- */

struct wanted {
    const char *record;
    int64_t at, n; /* n 0: there is no map */
    const char *method;
    double first;
    bool contributions;
};

static const struct wanted maps[] = {
    {"{\"tool\":\"ggig\",\"method\":\"ig\",\"attribution\":{\"shape\":[2],\"values\":[3,4]}}",
     0, 2, "ig", 3, false},
    {"{\"tool\":\"ggig\",\"method\":\"ig\",\"attribution\":{\"shape\":[2],\"values\":[3,4]},"
     "\"params\":{\"times_input\":true}}",
     0, 2, "ig", 3, true},
    {"{\"tool\":\"ggig\",\"attribution\":{\"shape\":[3],\"values\":[3,4]}}", 0, 0, NULL, 0, 0},
    {"{\"methods\":[{\"name\":\"a\",\"attribution\":null},{\"name\":\"b\",\"attribution\":[7,8,9]}"
     "]}",
     0, 3, "b", 7, true},
    {"{\"methods\":[{\"name\":\"b\",\"attribution\":[7,8,9]}]}", 1, 0, NULL, 0, true},
    {"{\"players\":3,\"interactions\":[{\"set\":[1],\"value\":5},{\"set\":[0],\"value\":2}]}",
     0, 3, NULL, 2, true},
    {"{\"interactions\":[{\"set\":[0,1],\"strength\":5,\"mean\":-5},{\"set\":[0],\"value\":2}]}",
     0, 4, NULL, 2, true},
    {"{\"interactions\":[{\"set\":[0,1,2],\"value\":5}]}", 0, 0, NULL, 0, true},
    {"{\"interactions\":[{\"set\":[-1],\"value\":5},{\"set\":\"x\"},{}]}", 0, 0, NULL, 0, true},
    {"{\"interactions\":7,\"methods\":{},\"attribution\":[]}", 0, 0, NULL, 0, true},
    {"{\"marginal\":{\"shape\":[1,2],\"values\":[6,1]},\"gradcam\":{\"shape\":[1],\"values\":[4]"
     "}}",
     1, 1, "gradcam", 4, true},
};

START_TEST(test_maps_of_records)
{
    const struct wanted *w = &maps[_i];
    struct sx_error error = {0};
    struct sx_record_map m;
    struct sx_result *r = sx_result_read(w->record, strlen(w->record), &error);
    ck_assert_msg(r != NULL, "%s", error.message);
    ck_assert(sx_record_map(sx_result_top(r), w->at, &m, &error));
    ck_assert_int_eq(m.values.data != NULL ? sx_count(&m.values.shape) : 0, w->n);
    if (w->n > 0) {
        ck_assert_pstr_eq(m.method, w->method);
        ck_assert_double_eq(sx_tensor_get(&m.values, 0), w->first);
        ck_assert(m.contributions == w->contributions);
    }
    sx_record_map_free(&m);
    sx_result_free(r);
}
END_TEST

START_TEST(test_summary_of_scores)
{
    struct sx_error error = {0};
    struct sx_score_tally *t = sx_score_tally_new(&error);
    struct sx_scored s[SX_METRICS];
    for (int i = 0; i < SX_METRICS; i++)
        s[i] = (struct sx_scored){.value = NAN};
    for (int k = 1; k <= 3; k++) {
        s[SX_INSERTION].value = k;
        s[SX_SIC].value = 7;
        s[SX_SIC].n = SX_SCORE_POINTS;
        for (int i = 0; i < SX_SCORE_POINTS; i++)
            s[SX_SIC].y[i] = k == 3 ? 90 : k; /* the median is 2 */
        s[SX_AIC] = s[SX_SIC];
        ck_assert(sx_score_tally_add(t, k == 2 ? "b" : "a", s, &error));
        ck_assert(sx_score_tally_add(t, NULL, s, &error));
    }
    ck_assert_int_eq(sx_score_tally_count(t), 3);
    struct sx_result *r = sx_result_new(SX_DOUBLE, &error);
    sx_put_score_summary(r, "tool", t, 1, ~0U);
    const struct sx_datum *summary = sx_datum_at(sx_result_top(r), "summary");
    NEAR(sx_datum_number(sx_datum_at(summary, "samples"), 0), 3);
    NEAR(sx_datum_number(sx_datum_at(summary, "scores.insertion"), 0), 2);
    NEAR(sx_datum_number(sx_datum_at(summary, "stderr.insertion"), 0), 1 / sqrt(3));
    NEAR(sx_datum_number(sx_datum_at(summary, "scores.sic"), 0), 2);
    NEAR(sx_datum_number(sx_datum_at(summary, "scores.aic"), 0), 31);
    ck_assert_int_eq(sx_datum_at(summary, "scores.pointing")->kind, SX_NULL);
    sx_result_free(r);
    sx_score_tally_free(t);
}
END_TEST

int main(void)
{
    TCase *curves = suite_case("curves"), *scores = suite_case("scores"),
          *similarity = suite_case("similarity"), *records = suite_case("records");
    SUITE_ADD(curves, test_entropy, test_area, test_even_beyond_and_ties);
    SUITE_ADD(scores, test_linear_curves, test_linear_is_faithful, test_fillers,
              test_linear_filler, test_pointing, test_information_of_a_constant,
              test_maps_that_do_not_fit, test_places);
    SUITE_ADD(similarity, test_ranks, test_top_tenth, test_not_finite, test_structure,
              test_shapes_differ, test_bounds);
    tcase_add_loop_test(records, test_maps_of_records, 0, sizeof maps / sizeof maps[0]);
    SUITE_ADD(records, test_summary_of_scores);
    return suite_run();
}
