/* check_decompose.c - fourteen attributions against worked examples, allocations and principles. */
#include <check.h>
#include <math.h>
#include <string.h>

#include "model.h"

struct fixture {
    struct sx_model *model;
    struct sx_explainer *explainer;
    struct sx_players *players;
    struct sx_decomposer *decomposer;
    struct sx_decompose_options o;
    struct sx_decomposition r;
    double zeros[16];
};

static void begin(struct fixture *f, struct tm_model *m, const double *x, int64_t n)
{
    struct sx_error error = {0};
    struct sx_explain_options options = {.precise = true, .score = SX_SCORE_LOGIT};
    struct sx_shape shape = {2, {1, n}};
    struct sx_tensor feed;
    memset(f, 0, sizeof *f);
    f->model = tm_open(m, &error);
    ck_assert_msg(f->model != NULL, "%s", error.message);
    tm_free(m);
    f->explainer = sx_explainer_new(f->model, &options, &error);
    ck_assert(sx_tensor_new(&feed, SX_DOUBLE, &shape, &error));
    memcpy(feed.data, x, (size_t)n * sizeof *x);
    ck_assert_msg(sx_explainer_sample(f->explainer, &feed, &error), "%s", error.message);
    sx_tensor_free(&feed);
    f->players = sx_players_new(&shape, "elements", SX_LAYOUT_AUTO, &error);
    ck_assert_msg(f->players != NULL, "%s", error.message);
    f->decomposer = sx_decomposer_new(f->explainer, &error);
    ck_assert_ptr_nonnull(f->decomposer);
    f->o = sx_decompose_defaults();
    f->o.players = f->players;
    f->o.baseline = f->zeros;
}

static void decompose(struct fixture *f)
{
    struct sx_error error = {0};
    ck_assert_msg(sx_decompose(f->decomposer, &f->o, &f->r, &error), "%s", error.message);
}

static void end(struct fixture *f)
{
    sx_decomposer_free(f->decomposer);
    sx_players_free(f->players);
    sx_explainer_free(f->explainer);
    sx_model_close(f->model);
}

static const struct sx_decomposed *method(const struct fixture *f, const char *name)
{
    for (int i = 0; i < f->r.n_methods; i++)
        if (strcmp(f->r.method[i].name, name) == 0)
            return &f->r.method[i];
    ck_abort_msg("no method %s", name);
    return NULL;
}

static void expect(const struct fixture *f, const char *name, const double *expected)
{
    const struct sx_decomposed *m = method(f, name);
    ck_assert_ptr_nonnull(m->attribution);
    for (int64_t i = 0; i < f->r.players; i++)
        ck_assert_msg(fabs(m->attribution[i] - expected[i]) <= 1e-9,
                      "%s[%d] is %.12g, not %.12g", name, (int)i, m->attribution[i],
                      expected[i]);
}

#define EXPECT(name, ...) expect(&f, name, (const double[]){__VA_ARGS__})

static double effect(const struct fixture *f, uint64_t set)
{
    for (int64_t s = 0; s < f->r.n_sets; s++)
        if (f->r.set[s] == set)
            return f->r.effect[s];
    return NAN;
}

static void expect_violations(const struct fixture *f, const char *name, double p1, double p2,
                              double p3, double tolerance)
{
    const struct sx_decomposed *m = method(f, name);
    const double expected[] = {p1, p2, p3};
    for (int k = 0; k < 3; k++)
        ck_assert_msg(fabs(m->principle[k].violation - expected[k]) <= tolerance,
                      "%s: P%d is %.6g, not %.6g", name, k + 1, m->principle[k].violation,
                      expected[k]);
}

/* Elements x0 .. x(n-1) of the input z, each [1, 1]. */
static struct tm_model *elements(int64_t n)
{
    struct tm_model *m = tm_new(13);
    const int64_t dims[] = {1, n}, one[] = {1};
    tm_input(m, "z", SX_DOUBLE, 2, dims);
    for (int64_t i = 0; i < n; i++) {
        char index[8], name[24];
        snprintf(index, sizeof index, "i%d", (int)i);
        snprintf(name, sizeof name, "z i%d", (int)i);
        tm_const(m, index, SX_INT, 1, one, &i);
        snprintf(index, sizeof index, "x%d", (int)i);
        tm_node(m, "Gather", name, index, "axis=1");
    }
    return m;
}

/* F1: x1 x2 + x3^2 */
START_TEST(polynomial_one)
{
    static const double rows[] = {0, 0, 0, 1, 1, 1};
    static const int64_t patch[] = {0, 1, 1};
    struct fixture f;
    struct tm_model *m = elements(3);
    tm_node(m, "Mul", "x0 x1", "p", NULL);
    tm_node(m, "Mul", "x2 x2", "q", NULL);
    tm_node(m, "Add", "p q", "y", NULL);
    tm_output(m, "y");
    begin(&f, m, (const double[]){2, 3, 4}, 3);
    f.o.background = rows;
    f.o.n_background = 2;
    f.o.patch_of = patch;
    f.o.taylor = 3;
    decompose(&f);
    ck_assert_double_eq_tol(effect(&f, 3), 6, 1e-12);
    ck_assert_double_eq_tol(effect(&f, 4), 16, 1e-12);
    EXPECT("gxi", 6, 6, 32);
    EXPECT("occ1", 6, 6, 16);
    EXPECT("occpatch", 6, 22, 22);
    EXPECT("ig", 3, 3, 16);
    EXPECT("shapley", 3, 3, 16);
    EXPECT("preddiff", 4.5, 5, 15.5);
    EXPECT("expgrad", 2.5, 3, 15.5);
    expect_violations(&f, "gxi", 16.0 / 22, 0, 6.0 / 22,
                      1e-9); /* in units of f(x) - f(b) = 22 */
    expect_violations(&f, "occ1", 0, 0, 6.0 / 22, 1e-9);
    expect_violations(&f, "occpatch", 16.0 / 22, 6.0 / 22, 12.0 / 22, 1e-9);
    expect_violations(&f, "ig", 0, 0, 0, 1e-9);
    expect_violations(&f, "shapley", 0, 0, 0, 1e-9);
    ck_assert(f.r.converged);
    static const char *const closed[] = {"gxi", "occ1", "occpatch", "ig", "shapley"};
    for (int i = 0; i < 5; i++) {
        ck_assert_double_le(method(&f, closed[i])->closed, 1e-9);
        ck_assert_double_le(method(&f, closed[i])->residual, 1e-9);
    }
    ck_assert_ptr_nonnull(method(&f, "gradcam")->failure);
    end(&f);
}
END_TEST

/* F4: x1 x2 - x1^2 x2: no effect of any set, yet terms. */
START_TEST(polynomial_four)
{
    struct fixture f;
    struct tm_model *m = elements(2);
    tm_node(m, "Mul", "x0 x1", "p", NULL);
    tm_node(m, "Mul", "x0 p", "q", NULL);
    tm_node(m, "Sub", "p q", "y", NULL);
    tm_output(m, "y");
    begin(&f, m, (const double[]){1, 1}, 2);
    f.o.taylor = 3;
    decompose(&f);
    EXPECT("ig", -1.0 / 6, 1.0 / 6);
    EXPECT("shapley", 0, 0);
    EXPECT("occ1", 0, 0);
    EXPECT("gxi", -1, 0);
    ck_assert(!method(&f, "ig")->exists);
    ck_assert_double_ge(method(&f, "ig")->term_slack, -1e-9);
    for (int64_t k = 0; k < f.r.n_terms; k++) {
        const uint8_t *d = f.r.degree + 2 * k;
        double expected = d[0] == 1 && d[1] == 1 ? 1 : d[0] == 2 && d[1] == 1 ? -1 : 0;
        ck_assert_double_eq_tol(f.r.term[k], expected, 1e-9);
    }
    end(&f);
}
END_TEST

static void begin_mlp(struct fixture *f, const char *activation)
{
    static const double rows[] = {0, 0, 0, 1, 1, 0};
    const double w1[] = {1, .5, -2, 1, 1, -1}, c1[] = {0, -.5}, w2[] = {2, -1}, c2[] = {.25};
    struct tm_model *m = tm_new(13);
    tm_input(m, "z", SX_DOUBLE, 2, (const int64_t[]){1, 3});
    tm_const(m, "w1", SX_DOUBLE, 2, (const int64_t[]){3, 2}, w1);
    tm_const(m, "c1", SX_DOUBLE, 1, (const int64_t[]){2}, c1);
    tm_const(m, "w2", SX_DOUBLE, 2, (const int64_t[]){2, 1}, w2);
    tm_const(m, "c2", SX_DOUBLE, 1, (const int64_t[]){1}, c2);
    tm_node(m, "Gemm", "z w1 c1", "a", NULL);
    tm_node(m, activation, "a", "h", NULL);
    tm_node(m, "Gemm", "h w2 c2", "y", NULL);
    tm_output(m, "y");
    begin(f, m, (const double[]){2, 1, 1}, 3);
    f->o.background = rows;
    f->o.n_background = 2;
    f->o.absolute = true;
    decompose(f);
}

START_TEST(relu_mlp)
{
    struct fixture f;
    begin_mlp(&f, "Relu");
    ck_assert_double_eq_tol(f.r.f_x, 1.75, 1e-12);
    ck_assert_double_eq_tol(f.r.f_b, 0.25, 1e-12);
    ck_assert_double_eq_tol(effect(&f, 7), 2, 1e-12);
    EXPECT("gxi", 3, -5, 3);
    EXPECT("occ1", 1.5, -4.5, 3);
    EXPECT("occpatch", -.5, -.5, 3);
    EXPECT("ig", 3.5, -4.5, 2.5);
    EXPECT("shapley", 13.0 / 6, -17.0 / 6, 13.0 / 6);
    EXPECT("deeplift-rescale", 3.5, -4.5, 2.5);
    EXPECT("deeplift-reveal", 13.0 / 6, -2.5, 11.0 / 6);
    EXPECT("lrp-eps", 2.999996286, -4.999991143, 2.999994286);
    EXPECT("lrp-ab", 2.398148148, -4.861111111, 3.240740741);
    EXPECT("deeptaylor", 1.037037037, 0, 0.518518519);
    EXPECT("preddiff", 1.5, -2.25, 3);
    EXPECT("expgrad", 2, -2.25, 2.25);
    expect_violations(&f, "gxi", .111, 0, .222, 1e-3);
    expect_violations(&f, "occ1", 0, 0, 1, 1e-3);
    expect_violations(&f, "occpatch", .778, .333, 1, 1e-3);
    expect_violations(&f, "shapley", 0, 0, 0, 1e-9);
    expect_violations(&f, "deeplift-rescale", 0, 0, 0, 1e-9);
    expect_violations(&f, "lrp-eps", .111, 0, .222, 1e-3);
    expect_violations(&f, "lrp-ab", 1.33, 0, 2.8, 1e-2);
    expect_violations(&f, "deeptaylor", .111, 0, .216, 1e-3);
    end(&f);
}
END_TEST

START_TEST(tanh_mlp)
{
    struct fixture f;
    begin_mlp(&f, "Tanh");
    EXPECT("gxi", 0.893449633, -2.466345099, 1.626396416);
    EXPECT("ig", 2.122142309, -3.970610938, 2.447422626);
    EXPECT("shapley", 1.293473412, -2.391230658, 1.696711243);
    EXPECT("preddiff", 1.591606732, -0.695577755, 1.966219408);
    EXPECT("expgrad", 1.672926811, -1.985305469, 2.284782468);
    ck_assert_double_eq_tol(method(&f, "ig")->set_slack, -0.481, 1e-3);
    end(&f);
}
END_TEST

/* At full scale the series of the tanh MLP diverges, and that is said. */
START_TEST(divergence)
{
    static const int64_t order[] = {1, 4, 8, 12};
    static const double expected[] = {2.2, 11.8, 187, 2476};
    struct fixture f;
    begin_mlp(&f, "Tanh");
    f.o.methods = "gxi";
    for (int k = 0; k < 4; k++) {
        f.o.taylor = order[k];
        decompose(&f);
        ck_assert(!f.r.converged);
        ck_assert_double_eq_tol(f.r.effect_gap / expected[k], 1, 0.03);
    }
    f.o.taylor = 0;
    f.o.fit = 3;
    decompose(&f);
    ck_assert_double_le(f.r.effect_gap, 1e-9);
    ck_assert(f.r.converged);
    end(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("decompose");
    TCase *c = tcase_create("all");
    tcase_add_test(c, polynomial_one);
    tcase_add_test(c, polynomial_four);
    tcase_add_test(c, relu_mlp);
    tcase_add_test(c, tanh_mlp);
    tcase_add_test(c, divergence);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
