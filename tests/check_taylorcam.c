/* check_taylorcam.c - relations of places against examples that are worked out by hand. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "suite.h"
#include "taylorcam/taylorcam.h"

struct fixture {
    struct sx_model *model;
    struct sx_explainer *explainer;
    struct sx_taylorcam *method;
    struct sx_relations r;
};

static struct sx_taylorcam_options usual(void)
{
    return (struct sx_taylorcam_options){.order = 2, .axes = {-1, -1}};
}

/* Relates the places of the model's input "x" at these values. */
static bool relate_by(struct fixture *f, struct tm_model *m, const struct sx_shape *shape,
                      const double *x, const struct sx_explain_options *options,
                      const struct sx_taylorcam_options *o, struct sx_error *error)
{
    struct sx_tensor feed;
    *f = (struct fixture){.model = tm_open(m, error)};
    ck_assert_msg(f->model != NULL, "%s", error->message);
    tm_free(m);
    f->explainer = sx_explainer_new(f->model, options, error);
    ck_assert(sx_tensor_new(&feed, SX_DOUBLE, shape, error));
    memcpy(feed.data, x, (size_t)sx_count(shape) * sizeof *x);
    ck_assert_msg(sx_explainer_sample(f->explainer, &feed, error), "%s", error->message);
    sx_tensor_free(&feed);
    f->method = sx_taylorcam_new(f->explainer, o, error);
    return f->method != NULL && sx_taylorcam_run(f->method, NULL, &f->r, error);
}

static bool relate(struct fixture *f, struct tm_model *m, const struct sx_shape *shape,
                   const double *x, enum sx_score score, const struct sx_taylorcam_options *o,
                   struct sx_error *error)
{
    const struct sx_explain_options options = {.precise = true, .score = score, .target = "0"};
    return relate_by(f, m, shape, x, &options, o, error);
}

static void end(struct fixture *f)
{
    sx_relations_free(&f->r);
    sx_taylorcam_free(f->method);
    sx_explainer_free(f->explainer);
    sx_model_close(f->model);
}

static void expect(const struct sx_tensor *t, const double *want, int64_t n, const char *what)
{
    ck_assert_int_eq(sx_count(&t->shape), n);
    for (int64_t i = 0; i < n; i++) {
        double got = sx_tensor_get(t, i);
        ck_assert_msg(fabs(got - want[i]) <= 1e-12 * (1 + fabs(want[i])),
                      "%s[%d] is %.17g, not %.17g", what, (int)i, got, want[i]);
    }
}

#define EXPECT(tensor, ...)                                                                    \
    do {                                                                                       \
        const double e[] = {__VA_ARGS__};                                                      \
        expect(tensor, e, (int64_t)(sizeof e / sizeof e[0]), #tensor);                         \
    } while (0)

/* ---- Two places of two attributes: y = (x11 + 2 x12)(3 x21 - x22) ---- */

static const struct sx_shape two_by_two = {3, {1, 2, 2}};
static const double pair_x[] = {0.5, 1, 2, 4};

static struct tm_model *flat_model(int rank, const int64_t *dims, int64_t n)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_DOUBLE, rank, dims);
    tm_const(m, "flat", SX_INT, 1, (int64_t[]){2}, (int64_t[]){1, n});
    tm_node(m, "Reshape", "x flat", "v", NULL);
    return m;
}

static struct tm_model *bilinear(void)
{
    struct tm_model *m = flat_model(3, (int64_t[]){1, 2, 2}, 4);
    tm_const(m, "a", SX_DOUBLE, 2, (int64_t[]){4, 1}, (double[]){1, 2, 0, 0});
    tm_const(m, "b", SX_DOUBLE, 2, (int64_t[]){4, 1}, (double[]){0, 0, 3, -1});
    tm_node(m, "MatMul", "v a", "va", NULL);
    tm_node(m, "MatMul", "v b", "vb", NULL);
    tm_node(m, "Mul", "va vb", "y", NULL);
    tm_output(m, "y");
    return m;
}

static void relate_bilinear(struct fixture *f, const struct sx_taylorcam_options *o)
{
    struct sx_error error = {0};
    ck_assert_msg(relate(f, bilinear(), &two_by_two, pair_x, SX_SCORE_RAW, o, &error), "%s",
                  error.message);
}

START_TEST(test_forms)
{
    struct fixture f;
    struct sx_taylorcam_options o = usual();
    o.diagonal = true;
    relate_bilinear(&f, &o);
    EXPECT(&f.r.strength, 0, 61, 61, 0);
    EXPECT(&f.r.effect, 0, 11, 11, 0);
    EXPECT(&f.r.marginal, 61, 61);
    ck_assert(!sx_taylorcam_logit_zero(f.method));
    ck_assert_ptr_null(sx_taylorcam_bypass(f.method));
    end(&f);
    o.form = SX_TAYLOR_BASIC;
    relate_bilinear(&f, &o);
    EXPECT(&f.r.strength, 4.5, 61, 61, 800);
    EXPECT(&f.r.marginal, 65.5, 861); /* the relation of a place to itself counts once */
    end(&f);
    o.form = SX_TAYLOR_INPUT;
    relate_bilinear(&f, &o);
    EXPECT(&f.r.strength, 0, 5, 5, 0);
    end(&f);
    o.form = SX_TAYLOR_OCCLUSION;
    o.diagonal = false;
    relate_bilinear(&f, &o);
    EXPECT(&f.r.effect, 0, 5, 5, 0);
    end(&f);
    /* y is shared equally, as for x1 x2 */
    o.form = SX_TAYLOR_INTEGRATED;
    o.diagonal = true;
    relate_bilinear(&f, &o);
    EXPECT(&f.r.effect, 1.25, 1.25, 1.25, 1.25);
    end(&f);
    o = usual();
    o.is_signed = true;
    relate_bilinear(&f, &o);
    EXPECT(&f.r.strength, 0, 11, 11, 0);
    end(&f);
}
END_TEST

START_TEST(test_maps_of_first_order)
{
    struct fixture f;
    struct sx_error error = {0};
    struct sx_taylorcam_options o = usual();
    const char *names[] = {"gradcam",  "hirescam",   "layercam",
                           "xgradcam", "shapleycam", "gradcam++"};
    struct sx_tensor map[6];
    relate_bilinear(&f, &o);
    ck_assert(sx_cams(f.method, 6, names, map, &error));
    EXPECT(&map[0], 3.125, 12.5);
    EXPECT(&map[1], 5, 5);  /* 0.5 2 + 1 4; 2 7.5 - 4 2.5 */
    EXPECT(&map[2], 5, 15); /* the part that is below 0 is left out */
    /* weights (0.5 2 + 2 7.5) / 2.5 = 6.4 and (1 4 - 4 2.5) / 5 = -1.2 */
    EXPECT(&map[3], 2, 8);
    /* H x = (2, 4, 7.5, -2.5), so half of the gradient remains */
    EXPECT(&map[4], 1.5625, 6.25);
    /* weights: g^2 / (2 g^2 + g^3 sum x) relu(g): 2 / (2 + 2 2.5) + 7.5 / (2 + 7.5 2.5);
     * 4 / (2 + 4 5) */
    double a = 2.0 / 7 + 7.5 / 20.75, b = 4.0 / 22;
    EXPECT(&map[5], 0.5 * a + b, 2 * a + 4 * b);
    for (int i = 0; i < 6; i++)
        sx_tensor_free(&map[i]);
    end(&f);
    /* at -x both the gradient and the layer turn their signs, so the factors do, too */
    const double turned[] = {-0.5, -1, -2, -4};
    ck_assert(relate(&f, bilinear(), &two_by_two, turned, SX_SCORE_RAW, &o, &error));
    ck_assert(sx_cams(f.method, 1, names + 3, map, &error));
    EXPECT(&map[0], 2, 8);
    sx_tensor_free(&map[0]);
    names[0] = "nothing";
    ck_assert(!sx_cams(f.method, 1, names, map, &error));
    ck_assert_int_eq(error.status, SX_USAGE);
    end(&f);
}
END_TEST

/* ---- A map of 2 x 2 places: y = x1 x4 + x2^2 / 2 ---- */

static const struct sx_shape map_shape = {4, {1, 1, 2, 2}};
static const double map_x[] = {1, 2, 3, 4};

static struct tm_model *quadratic(void)
{
    struct tm_model *m = flat_model(4, (int64_t[]){1, 1, 2, 2}, 4);
    double w[16] = {[3] = 1, [5] = 0.5};
    tm_const(m, "w", SX_DOUBLE, 2, (int64_t[]){4, 4}, w);
    tm_const(m, "last", SX_INT, 1, (int64_t[]){1}, (int64_t[]){1});
    tm_node(m, "MatMul", "v w", "vw", NULL);
    tm_node(m, "Mul", "v vw", "terms", NULL);
    tm_node(m, "ReduceSum", "terms last", "y", "keepdims=1");
    tm_output(m, "y");
    return m;
}

static bool relate_map(struct fixture *f, const struct sx_taylorcam_options *o,
                       struct sx_error *error)
{
    return relate(f, quadratic(), &map_shape, map_x, SX_SCORE_RAW, o, error);
}

START_TEST(test_map)
{
    struct fixture f;
    struct sx_error error = {0};
    struct sx_taylorcam_options o = usual();
    struct sx_relation top[3];
    struct sx_tensor row;
    double correlation;
    ck_assert(relate_map(&f, &o, &error));
    EXPECT(&f.r.strength, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 17, 0, 0, 0);
    EXPECT(&f.r.marginal, 17, 0, 0, 17);
    ck_assert_int_eq(sx_relations_top(&f.r, 3, top), 1);
    ck_assert(top[0].place[0] == 0 && top[0].place[1] == 3 && top[0].strength == 17);
    ck_assert(f.r.max == 17 && fabs(f.r.mean - 17.0 / 6) < 1e-12 && f.r.median == 0);
    ck_assert(fabs(f.r.top100 - 17.0 / 6) < 1e-12);
    ck_assert(sx_relations_row(&f.r, 3, false, &row, &error));
    EXPECT(&row, 17, 0, 0, 0);
    sx_tensor_free(&row);
    ck_assert(sx_taylorcam_deletion(f.method, NULL, &f.r, &correlation, &error));
    ck_assert(fabs(correlation - 1) < 1e-12);
    end(&f);
    o.diagonal = true;
    ck_assert(relate_map(&f, &o, &error));
    ck_assert(sx_tensor_get(&f.r.strength, 5) == 8);
    end(&f);
}
END_TEST

/* Rows are blocks: x1, x2 and x3, x4. u_1 H v_2 = x1, u_2 H v_1 = x4. */
START_TEST(test_blocks_and_axes)
{
    struct fixture f;
    struct sx_error error = {0};
    struct sx_taylorcam_options o = usual();
    o.grid[0] = 2;
    o.grid[1] = 1;
    ck_assert_msg(relate_map(&f, &o, &error), "%s", error.message);
    EXPECT(&f.r.strength, 0, 17, 17, 0);
    end(&f);
    o = usual();
    o.axes[0] = 2; /* rows are places, columns are attributes */
    ck_assert_msg(relate_map(&f, &o, &error), "%s", error.message);
    ck_assert(f.r.rows == 1 && f.r.columns == 2);
    EXPECT(&f.r.strength, 0, 17, 17, 0);
    end(&f);
}
END_TEST

START_TEST(test_refusals)
{
    static const struct {
        int axes[2];
        int64_t grid[2];
        int order;
        enum sx_status status;
        const char *says;
    } bad[] = {
        {{3, 2}, {0, 0}, 2, SX_USAGE, "not two increasing"},
        {{2, 9}, {0, 0}, 2, SX_USAGE, "not two increasing"},
        {{-1, -1}, {3, 2}, 2, SX_USAGE, "finer than the layer"},
        {{-1, -1}, {1, 1}, 2, SX_USAGE, "one place"},
        {{1, -1}, {0, 0}, 2, SX_USAGE, "one place"},
        {{2, -1}, {0, 0}, 3, SX_USAGE, "too few for order 3"},
        {{-1, -1}, {0, 0}, 4, SX_USAGE, "neither 2 nor 3"},
        {{-1, -1}, {0, 0}, 3, SX_MODEL, "every relation is 0"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct fixture f;
        struct sx_error error = {0};
        struct sx_taylorcam_options o = usual();
        memcpy(o.axes, bad[i].axes, sizeof o.axes);
        memcpy(o.grid, bad[i].grid, sizeof o.grid);
        o.order = bad[i].order;
        ck_assert(!relate_map(&f, &o, &error));
        ck_assert_msg(strstr(error.message, bad[i].says) != NULL, "%s", error.message);
        ck_assert_int_eq(error.status, bad[i].status);
        end(&f);
    }
}
END_TEST

/* ---- Many places: y = s^2 / 2 of the sum s of ones ---- */

static struct tm_model *square_of_sum(const struct sx_shape *shape)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_DOUBLE, 4, shape->dim);
    tm_const(m, "half", SX_DOUBLE, 0, NULL, (double[]){0.5});
    tm_node(m, "ReduceSum", "x", "s", "keepdims=0");
    tm_node(m, "Mul", "s s", "ss", NULL);
    tm_node(m, "Mul", "ss half", "y", NULL);
    tm_output(m, "y");
    return m;
}

/* Blocks have the least side with which there are few enough. */
START_TEST(test_blocks)
{
    static const struct {
        int64_t rows, columns, most, want[2];
    } cases[] = {{4, 4, 0, {4, 4}}, {4, 4, 16, {4, 4}}, {4, 4, 15, {2, 2}},
                 {4, 4, 4, {2, 2}}, {6, 4, 6, {3, 2}},  {5, 3, 4, {2, 1}},
                 {1, 8, 4, {1, 4}}, {9, 9, 10, {3, 3}}, {9, 9, 81, {9, 9}}};
    double ones[81];
    for (int i = 0; i < 81; i++)
        ones[i] = 1;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct fixture f;
        struct sx_error error = {0};
        struct sx_taylorcam_options o = usual();
        const struct sx_shape shape = {4, {1, 1, cases[k].rows, cases[k].columns}};
        o.most = cases[k].most;
        ck_assert_msg(relate(&f, square_of_sum(&shape), &shape, ones, SX_SCORE_RAW, &o, &error),
                      "%s", error.message);
        ck_assert_int_eq(f.r.rows, cases[k].want[0]);
        ck_assert_int_eq(f.r.columns, cases[k].want[1]);
        end(&f);
    }
}
END_TEST

/* A pair costs an evaluation, so relations by occlusion are added for up to 64 places. */
START_TEST(test_places_that_are_occluded)
{
    double ones[81];
    for (int i = 0; i < 81; i++)
        ones[i] = 1;
    for (int k = 0; k < 3; k++) {
        struct fixture f;
        struct sx_error error = {0};
        struct sx_taylorcam_options o = usual();
        const struct sx_shape shape = {4, {1, 1, k == 0 ? 5 : 8, k == 0 ? 13 : 8}};
        o.form = k == 2 ? SX_TAYLOR_OCCLUSION : SX_TAYLOR_PAPER;
        ck_assert_msg(relate(&f, square_of_sum(&shape), &shape, ones, SX_SCORE_RAW, &o, &error),
                      "%s", error.message);
        ck_assert(sx_taylorcam_occludes(f.method) == (k == 1));
        end(&f);
    }
}
END_TEST

/* The 105 pairs of 15 places have the strengths 1 to 105: the mean of the 100 strongest is that of 6
 * and 105. */
START_TEST(test_statistics)
{
    struct sx_relations r;
    struct sx_error error = {0};
    double strength = 0;
    ck_assert(sx_relations_new(&r, 2, 3, 5, &error));
    for (int64_t i = 0; i < 15; i++)
        for (int64_t j = i + 1; j < 15; j++) {
            strength++;
            sx_relations_set(&r, i, j, -1, strength, -strength);
        }
    ck_assert(sx_relations_sum(&r, false, &error));
    ck_assert_double_eq(r.max, 105);
    ck_assert_double_eq_tol(r.mean, 53, 1e-12);
    ck_assert_double_eq(r.median, 53);
    ck_assert_double_eq_tol(r.top100, 55.5, 1e-12);
    sx_relations_free(&r);
}
END_TEST

START_TEST(test_many_places)
{
    struct fixture f;
    struct sx_error error = {0};
    struct sx_taylorcam_options o = usual();
    const struct sx_shape shape = {4, {1, 1, 40, 40}};
    double ones[1600];
    for (int i = 0; i < 1600; i++)
        ones[i] = 1;
    struct tm_model *m = square_of_sum(&shape);
    ck_assert_msg(relate(&f, m, &shape, ones, SX_SCORE_RAW, &o, &error), "%s", error.message);
    /* blocks of 3 x 3, the last ones larger, so that there are at most 256 */
    ck_assert_int_eq(f.r.rows, 13);
    ck_assert_int_eq(f.r.columns, 13);
    ck_assert_double_eq(sx_tensor_get(&f.r.strength, 1), 2 * 81 * 81);
    ck_assert_double_eq(sx_tensor_get(&f.r.effect, 168), 2 * 9 * 16);
    struct sx_taylorcam_choice none = {0};
    char text[SX_REMARK];
    int i = 0;
    ck_assert(sx_taylorcam_remark(f.method, &none, &f.r, &i, text));
    ck_assert_str_eq(text, "the layer has many places: --grid=13x13 is taken");
    end(&f);
}
END_TEST

/* x1 x2 + c x3 x4 */
static struct tm_model *two_products(double c)
{
    struct tm_model *m = flat_model(4, (int64_t[]){1, 1, 2, 2}, 4);
    const double w[16] = {[1] = 1, [11] = c};
    tm_const(m, "w", SX_DOUBLE, 2, (int64_t[]){4, 4}, w);
    tm_node(m, "MatMul", "v w", "vw", NULL);
    tm_node(m, "Mul", "v vw", "p", NULL);
    tm_node(m, "ReduceSum", "p", "y", "keepdims=0");
    tm_output(m, "y");
    return m;
}

/* ---- Noise: x1 x2 + 1e-16 x3 x4 ---- */

START_TEST(test_noise)
{
    struct fixture f;
    struct sx_error error = {0};
    struct sx_taylorcam_options o = usual();
    const struct sx_shape shape = {4, {1, 1, 2, 2}};
    struct sx_relation top[6];
    struct tm_model *m = two_products(1e-16);
    o.form = SX_TAYLOR_INPUT;
    ck_assert_msg(relate(&f, m, &shape, (double[]){1, 1, 1, 1}, SX_SCORE_RAW, &o, &error), "%s",
                  error.message);
    EXPECT(&f.r.marginal, 1, 1, 1e-16, 1e-16);
    ck_assert_int_eq(sx_relations_top(&f.r, 6, top), 1);
    ck_assert_int_eq(top[0].place[1], 1);
    end(&f);
}
END_TEST

/* x1 x2 - 3 x3 x4: deletions of pairs count by their magnitude. */
START_TEST(test_deletion_of_negative_effects)
{
    struct fixture f;
    struct sx_error error = {0};
    struct sx_taylorcam_options o = usual();
    const struct sx_shape shape = {4, {1, 1, 2, 2}};
    double correlation;
    struct tm_model *m = two_products(-3);
    o.form = SX_TAYLOR_INPUT;
    ck_assert_msg(relate(&f, m, &shape, (double[]){1, 1, 1, 1}, SX_SCORE_RAW, &o, &error), "%s",
                  error.message);
    ck_assert(sx_taylorcam_deletion(f.method, NULL, &f.r, &correlation, &error));
    ck_assert_double_eq_tol(correlation, 1, 1e-12);
    end(&f);
}
END_TEST

/* The sums of x1 x2 + w x3 x4 are squares of relations. A relation that is noise is also noise
 * as a square. */
START_TEST(test_noise_of_squares)
{
    for (int k = 0; k < 2; k++) {
        struct fixture f;
        struct sx_error error = {0};
        struct sx_taylorcam_options o = usual();
        const struct sx_shape shape = {4, {1, 1, 2, 2}};
        struct sx_relation top[6];
        struct tm_model *m = flat_model(4, (int64_t[]){1, 1, 2, 2}, 4);
        const double w[16] = {[1] = 1, [11] = k == 0 ? 1e-16 : 1e-10};
        tm_const(m, "w", SX_DOUBLE, 2, (int64_t[]){4, 4}, w);
        tm_node(m, "MatMul", "v w", "vw", NULL);
        tm_node(m, "Mul", "v vw", "p", NULL);
        tm_node(m, "ReduceSum", "p", "y", "keepdims=0");
        tm_output(m, "y");
        o.form = SX_TAYLOR_PAPER;
        ck_assert_msg(relate(&f, m, &shape, (double[]){1, 1, 1, 1}, SX_SCORE_RAW, &o, &error),
                      "%s", error.message);
        ck_assert_int_eq(sx_relations_top(&f.r, 6, top), k + 1);
        end(&f);
    }
}
END_TEST

/* ---- A probability near 1: z = (5 (x1 + x2), 0, -700), f = log p_0 ---- */

START_TEST(test_saturation)
{
    struct fixture f;
    struct sx_error error = {0};
    struct sx_taylorcam_options o = usual();
    const struct sx_shape shape = {3, {1, 2, 1}};
    const double small = exp(-50); /* 1 - p_0 */
    struct tm_model *m = flat_model(3, (int64_t[]){1, 2, 1}, 2);
    tm_const(m, "w", SX_DOUBLE, 2, (int64_t[]){2, 3}, (double[]){5, 0, 0, 5, 0, 0});
    tm_const(m, "c", SX_DOUBLE, 1, (int64_t[]){3}, (double[]){0, 0, -700});
    tm_node(m, "MatMul", "v w", "u", NULL);
    tm_node(m, "Add", "u c", "y", NULL);
    tm_output(m, "y");
    o.form = SX_TAYLOR_INPUT; /* x1 x2 times the second derivative of -log(1 + exp(-z_0)) */
    const struct sx_explain_options by = {
        .precise = true, .score = SX_SCORE_LOGPROB, .target = "0", .margin = true};
    ck_assert_msg(relate_by(&f, m, &shape, (double[]){4, 6}, &by, &o, &error), "%s",
                  error.message);
    double effect = sx_tensor_get(&f.r.effect, 1) / small;
    ck_assert_msg(fabs(effect + 24 * 25) < 1e-9, "%.17g", effect);
    end(&f);
}
END_TEST

/* ---- Candidates for layers ---- */

/* A branch is no candidate, because not all of the network passes it. A pooling is the
 * candidate for the maps before it. */
START_TEST(test_candidates)
{
    const int64_t dims[] = {1, 1, 8, 8}, kernel[] = {1, 1, 3, 3};
    const double w[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    const struct sx_shape shape = {4, {1, 1, 8, 8}};
    const struct sx_explain_options options = {.precise = true, .target = "0"};
    const char *name[8];
    struct sx_error error = {0};
    struct sx_tensor feed;
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_DOUBLE, 4, dims);
    tm_const(m, "w", SX_DOUBLE, 4, kernel, w);
    tm_node(m, "Conv", "x w", "first", "pads=1,1,1,1");
    tm_node(m, "Relu", "first", "start", NULL);
    tm_node(m, "Conv", "start w", "branch", "pads=1,1,1,1");
    tm_node(m, "Add", "start branch", "joined", NULL);
    tm_node(m, "MaxPool", "joined", "pool", "kernel_shape=2,2 strides=2,2");
    tm_node(m, "Conv", "pool w", "smaller", "strides=2,2");
    tm_node(m, "Conv", "pool w", "maps", "pads=1,1,1,1");
    tm_node(m, "ReduceSum", "maps", "y", "keepdims=0");
    tm_output(m, "y");
    struct sx_model *model = tm_open(m, &error);
    ck_assert_msg(model != NULL, "%s", error.message);
    tm_free(m);
    struct sx_explainer *e = sx_explainer_new(model, &options, &error);
    ck_assert(sx_tensor_new(&feed, SX_DOUBLE, &shape, &error));
    ck_assert_msg(sx_explainer_sample(e, &feed, &error), "%s", error.message);
    ck_assert_int_eq(sx_taylorcam_candidates(e, name, 8, &error), 3);
    ck_assert_str_eq(name[0], "maps"); /* for maps of 4 x 4 */
    ck_assert_str_eq(name[1], "pool"); /* for maps of 8 x 8; "branch" has this size, too */
    ck_assert_str_eq(name[2], "first");
    ck_assert_int_eq(sx_taylorcam_candidates(e, name, 1, &error), 1);
    sx_tensor_free(&feed);
    sx_explainer_free(e);
    sx_model_close(model);
}
END_TEST

/* ---- A ReLU head: curvature comes from the softmax alone ---- */

static struct tm_model *relu_head(void)
{
    struct tm_model *m = flat_model(3, (int64_t[]){1, 2, 2}, 4);
    const double w[] = {1, 0, 0.5, 0, 1, 0.5, 0, 1, -0.5, 1, 0, -0.5};
    tm_const(m, "w", SX_DOUBLE, 2, (int64_t[]){4, 3}, w);
    tm_const(m, "u", SX_DOUBLE, 2, (int64_t[]){3, 2}, (double[]){1, 0, -1, 1, 0.5, 1});
    tm_node(m, "MatMul", "v w", "h", NULL);
    tm_node(m, "Relu", "h", "r", NULL);
    tm_node(m, "MatMul", "r u", "y", NULL);
    tm_output(m, "y");
    return m;
}

START_TEST(test_softmax_curvature)
{
    const double x[] = {0.6, 0.2, 0.3, 0.9};
    const double logprob[] = {0.004418139579882384, 0.007179476817308883, 0.007179476817308883,
                              0.00994081405473538};
    const double prob[] = {0.00026502277069377129, 0.0004306620023773783, 0.0004306620023773783,
                           0.0005963012340609854};
    struct fixture f;
    struct sx_error error = {0};
    struct sx_taylorcam_options o = usual();
    o.diagonal = true;
    ck_assert(relate(&f, relu_head(), &two_by_two, x, SX_SCORE_LOGPROB, &o, &error));
    expect(&f.r.strength, logprob, 4, "logprob");
    ck_assert(sx_taylorcam_logit_zero(f.method));
    end(&f);
    ck_assert(relate(&f, relu_head(), &two_by_two, x, SX_SCORE_PROB, &o, &error));
    expect(&f.r.strength, prob, 4, "prob");
    end(&f);
    ck_assert(!relate(&f, relu_head(), &two_by_two, x, SX_SCORE_LOGIT, &o, &error));
    ck_assert_int_eq(error.status, SX_MODEL);
    ck_assert_ptr_nonnull(strstr(error.message, "--smooth"));
    end(&f);
    error = (struct sx_error){0};
    o.allow_zero = true;
    ck_assert(relate(&f, relu_head(), &two_by_two, x, SX_SCORE_LOGIT, &o, &error));
    EXPECT(&f.r.strength, 0, 0, 0, 0);
    end(&f);
}
END_TEST

/* ---- Three places: y = x1 x2 x3^2 ---- */

START_TEST(test_triples)
{
    const struct sx_shape shape = {2, {4, 1}};
    const double x[] = {2, 3, 5, 7};
    struct fixture f;
    struct sx_error error = {0};
    struct sx_taylorcam_options o = usual();
    struct sx_relation top[4];
    struct sx_tensor row;
    for (int form = SX_TAYLOR_PAPER; form <= SX_TAYLOR_INPUT; form += SX_TAYLOR_INPUT) {
        struct tm_model *m = flat_model(2, (int64_t[]){4, 1}, 4);
        tm_const(m, "cut", SX_INT, 1, (int64_t[]){4}, (int64_t[]){1, 1, 1, 1});
        tm_node(m, "Split", "v cut", "a b c d", "axis=1");
        tm_node(m, "Mul", "a b", "ab", NULL);
        tm_node(m, "Mul", "c c", "cc", NULL);
        tm_node(m, "Mul", "ab cc", "y", NULL);
        tm_output(m, "y");
        o.order = 3;
        o.form = (enum sx_taylor_form)form;
        ck_assert_msg(relate(&f, m, &shape, x, SX_SCORE_RAW, &o, &error), "%s", error.message);
        ck_assert_int_eq(sx_relations_top(&f.r, 4, top), 1);
        ck_assert(top[0].place[0] == 0 && top[0].place[1] == 1 && top[0].place[2] == 2);
        /* d3y/dx1dx2dx3 = 2 x3 = 10; times x1, x2, x3: 20, 30, 50; all at once 300. */
        if (form == SX_TAYLOR_PAPER) {
            ck_assert(fabs(top[0].strength - (400 + 900 + 2500)) < 1e-9);
            ck_assert(fabs(top[0].effect - 100) < 1e-12);
            EXPECT(&f.r.marginal, 3800, 3800, 3800, 0);
            ck_assert(sx_relations_row(&f.r, 2, false, &row, &error));
            /* (3, 1, 2) and (3, 2, 1) are separate entries */
            EXPECT(&row, 3800, 3800, 0, 0);
            sx_tensor_free(&row);
        } else
            ck_assert(fabs(top[0].strength - 300) < 1e-12);
        end(&f);
    }
}
END_TEST

/* ---- Boxes ---- */

START_TEST(test_boxes)
{
    struct sx_box place = sx_place_box(2, 2, 3, 75, 31);
    ck_assert(place.x0 == 37 && place.x1 == 75 && place.y0 == 15 && place.y1 == 31);
    /* one box covers places 1 and 2 equally, one is in place 4, one is outside of the picture */
    struct sx_box boxes[] = {
        {5, 0, 15, 10, NULL}, {11, 11, 12, 12, NULL}, {30, 30, 40, 40, NULL}};
    double share[12];
    ck_assert_int_eq(sx_box_shares(2, 2, 20, 20, boxes, 3, share), 2);
    const double want[] = {0.5, 0.5, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0};
    for (int i = 0; i < 12; i++)
        ck_assert(share[i] == want[i]);
    struct fixture f;
    struct sx_error error = {0};
    struct sx_taylorcam_options o = usual();
    struct sx_relations groups;
    ck_assert(relate_map(&f, &o, &error));
    ck_assert(sx_relations_group(&f.r, 3, share, &groups, &error));
    EXPECT(&groups.strength, 0, 8.5, 0, 8.5, 0, 0, 0, 0, 0);
    sx_relations_free(&groups);
    end(&f);
}
END_TEST

/* The strongest relations are listed in order, for any number of them. */
START_TEST(test_top)
{
    enum { N = 12, PAIRS = N * (N - 1) / 2 };
    struct sx_relations r = {.order = 2, .rows = 3, .columns = 4};
    struct sx_shape shape = {2, {N, N}};
    struct sx_error error = {0};
    struct sx_relation top[PAIRS];
    ck_assert(sx_tensor_new(&r.strength, SX_DOUBLE, &shape, &error));
    ck_assert(sx_tensor_new(&r.effect, SX_DOUBLE, &shape, &error));
    for (int i = 0; i < N; i++)
        for (int j = i + 1; j < N; j++)
            sx_tensor_set(&r.strength, i * N + j, 1 + (i * 31 + j * 17) % 23);
    for (int64_t n = 0; n <= PAIRS; n++) {
        ck_assert_int_eq(sx_relations_top(&r, n, top), n);
        for (int64_t i = 1; i < n; i++)
            ck_assert(top[i - 1].strength > top[i].strength ||
                      (top[i - 1].strength == top[i].strength &&
                       top[i - 1].place[0] * N + top[i - 1].place[1] <
                           top[i].place[0] * N + top[i].place[1]));
    }
    sx_tensor_free(&r.strength);
    sx_tensor_free(&r.effect);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("taylorcam");
    SUITE_ADD(c, test_candidates, test_blocks, test_many_places, test_places_that_are_occluded,
              test_statistics, test_deletion_of_negative_effects, test_noise,
              test_noise_of_squares, test_saturation);
    SUITE_ADD(c, test_forms, test_maps_of_first_order, test_map, test_blocks_and_axes,
              test_refusals, test_softmax_curvature, test_triples, test_boxes, test_top);
    return suite_run();
}
