/* check_decompose.c - fourteen attributions against worked examples, allocations and principles. */
#include <math.h>
#include <string.h>

#include "decompose/neuron.h"
#include "formula.h"
#include "model.h"
#include "suite.h"

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

/* Cuts the input z into elements x0 .. x(n-1), each [1, 1]. */
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

/* F4: x1 x2 - x1^2 x2. No set has an effect, but there are Taylor terms. */
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

/* Changed options of rules take effect: no program of the previous options is used. */
START_TEST(rules_change)
{
    struct fixture f;
    begin_mlp(&f, "Relu");
    f.o.methods = "lrp-eps,lrp-ab";
    f.o.epsilon = 0.25;
    decompose(&f);
    double first = method(&f, "lrp-eps")->attribution[0];
    f.o.absolute = false; /* epsilon is then no longer relative to the largest activation */
    decompose(&f);
    ck_assert_double_gt(fabs(method(&f, "lrp-eps")->attribution[0] - first), 0.01);
    f.o.absolute = true;
    decompose(&f);
    ck_assert_double_eq(method(&f, "lrp-eps")->attribution[0], first);
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

/* The Taylor series of the tanh MLP diverges, and the result says so. */
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

/* ---- Further worked examples ---- */

/* F2: x1^2 x2 + x2 x3 + 2 x3 at (2, 3, -1), from (1, 0, 1). */
START_TEST(polynomial_two)
{
    static const double baseline[] = {1, 0, 1}, rows[] = {1, 0, 1, 0, 0, 0};
    static const int64_t patch[] = {0, 0, 1};
    static const double terms[][4] = {
        {0, 1, 0, 6}, {1, 1, 0, 6}, {2, 1, 0, 3}, {0, 0, 1, -4}, {0, 1, 1, -6}};
    struct fixture f;
    struct tm_model *m = elements(3);
    const double two = 2;
    tm_const(m, "two", SX_DOUBLE, 1, (const int64_t[]){1}, &two);
    tm_node(m, "Mul", "x0 x0", "s", NULL);
    tm_node(m, "Mul", "s x1", "p", NULL);
    tm_node(m, "Mul", "x1 x2", "q", NULL);
    tm_node(m, "Mul", "x2 two", "r", NULL);
    tm_node(m, "Add", "p q", "t", NULL);
    tm_node(m, "Add", "t r", "y", NULL);
    tm_output(m, "y");
    begin(&f, m, (const double[]){2, 3, -1}, 3);
    f.o.baseline = baseline;
    f.o.background = rows;
    f.o.n_background = 2;
    f.o.patch_of = patch;
    f.o.taylor = 3;
    decompose(&f);
    ck_assert_double_eq_tol(f.r.f_x, 7, 1e-12);
    ck_assert_double_eq_tol(f.r.f_b, 2, 1e-12);
    ck_assert_double_eq_tol(effect(&f, 2), 6, 1e-12);
    ck_assert_double_eq_tol(effect(&f, 3), 9, 1e-12);
    ck_assert_double_eq_tol(effect(&f, 4), -4, 1e-12);
    ck_assert_double_eq_tol(effect(&f, 6), -6, 1e-12);
    EXPECT("gxi", 12, 9, -10);
    EXPECT("occ1", 9, 9, -10);
    EXPECT("occpatch", 9, 9, -10);
    EXPECT("ig", 5, 7, -7);
    EXPECT("shapley", 4.5, 7.5, -7);
    EXPECT("preddiff", 10.5, 9, -7.5);
    EXPECT("expgrad", 6.5, 4.75, -5.25);
    static const double ig[] = {5, 4, 0}, shapley[] = {4.5, 4.5, 0};
    for (int i = 0; i < 3; i++) {
        ck_assert_double_eq_tol(method(&f, "ig")->share[3 * 3 + i], ig[i], 1e-9);
        ck_assert_double_eq_tol(method(&f, "shapley")->share[3 * 3 + i], shapley[i], 1e-9);
    }
    for (int64_t k = 0; k < f.r.n_terms; k++) {
        const uint8_t *d = f.r.degree + 3 * k;
        double expected = 0;
        for (int t = 0; t < 5; t++)
            if (d[0] == terms[t][0] && d[1] == terms[t][1] && d[2] == terms[t][2])
                expected = terms[t][3];
        ck_assert_double_eq_tol(f.r.term[k], expected, 1e-9);
    }
    ck_assert(f.r.converged);
    for (int i = 0; i < f.r.n_methods; i++)
        if (!isnan(f.r.method[i].closed))
            ck_assert_double_le(f.r.method[i].closed, 1e-9);
    end(&f);
}
END_TEST

/* F3: x1 x2 x3 - x1 x2 at (1, 2, 1). */
START_TEST(polynomial_three)
{
    struct fixture f;
    struct tm_model *m = elements(3);
    tm_node(m, "Mul", "x0 x1", "p", NULL);
    tm_node(m, "Mul", "p x2", "q", NULL);
    tm_node(m, "Sub", "q p", "y", NULL);
    tm_output(m, "y");
    begin(&f, m, (const double[]){1, 2, 1}, 3);
    decompose(&f);
    ck_assert_double_eq_tol(effect(&f, 3), -2, 1e-12);
    ck_assert_double_eq_tol(effect(&f, 7), 2, 1e-12);
    EXPECT("ig", -1.0 / 3, -1.0 / 3, 2.0 / 3);
    EXPECT("shapley", -1.0 / 3, -1.0 / 3, 2.0 / 3);
    EXPECT("occ1", 0, 0, 2);
    EXPECT("gxi", 0, 0, 2);
    end(&f);
}
END_TEST

/* Propagation rules for the MLP with tanh. */
START_TEST(tanh_rules)
{
    struct fixture f;
    begin_mlp(&f, "Tanh");
    EXPECT("occ1", 2.122142309, -1.39115551, 1.966219408);
    EXPECT("occpatch", -1.367265411, -1.367265411, 1.966219408);
    EXPECT("deepshap", 1.672926811, -1.985305469, 2.284782468);
    EXPECT("deeplift-rescale", 2.122142309, -3.970610938, 2.447422626);
    EXPECT("deeplift-reveal", 1.130151621, -1.881120883, 1.34992326);
    EXPECT("lrp-eps", 2.122139493, -3.970603015, 2.447417388);
    EXPECT("lrp-ab", 1.692194388, -3.563520311, 2.375680208);
    EXPECT("deeptaylor", 0.750816386, 0, 0.375408193);
    static const double expected[] = {1.003820846,  -2.852289475, 0.481203218, 1.966219408,
                                      -0.979930747, -0.637118246, 1.617048992};
    for (uint64_t s = 1; s < 8; s++)
        ck_assert_double_eq_tol(effect(&f, s), expected[s - 1], 1e-9);
    f.o.n_background = 0;
    f.o.neuron = true;
    decompose(&f);
    EXPECT("deepshap", 1.293473412, -2.391230658, 1.696711243);
    end(&f);
}
END_TEST

/* Grad-CAM for F1^2 + 3 F1 F2, where F1 and F2 are the means of two maps that a convolution
 * copies. */
START_TEST(grad_cam)
{
    static const double x[] = {1, 2, 0, 1, 2, 0, 1, 1}, w[] = {1, 0, 0, 1};
    static const double map[] = {2.75, 2.5, .75, 2};
    const int64_t zero = 0, one = 1, dims[] = {1, 2, 2, 2};
    const double three = 3;
    struct sx_error error = {0};
    struct sx_explain_options options = {.precise = true};
    struct fixture f = {0};
    struct sx_shape shape = {4, {1, 2, 2, 2}};
    struct tm_model *m = tm_new(13);
    tm_input(m, "z", SX_DOUBLE, 4, dims);
    tm_const(m, "w", SX_DOUBLE, 4, (const int64_t[]){2, 2, 1, 1}, w);
    tm_const(m, "i0", SX_INT, 1, (const int64_t[]){1}, &zero);
    tm_const(m, "i1", SX_INT, 1, (const int64_t[]){1}, &one);
    tm_const(m, "three", SX_DOUBLE, 1, (const int64_t[]){1}, &three);
    tm_node(m, "Conv", "z w", "a", NULL);
    tm_node(m, "GlobalAveragePool", "a", "F", NULL);
    tm_node(m, "Flatten", "F", "v", NULL);
    tm_node(m, "Gather", "v i0", "F1", "axis=1");
    tm_node(m, "Gather", "v i1", "F2", "axis=1");
    tm_node(m, "Mul", "F1 F1", "p", NULL);
    tm_node(m, "Mul", "F1 F2", "q", NULL);
    tm_node(m, "Mul", "q three", "r", NULL);
    tm_node(m, "Add", "p r", "y", NULL);
    tm_output(m, "y");
    f.model = tm_open(m, &error);
    ck_assert_msg(f.model != NULL, "%s", error.message);
    tm_free(m);
    f.explainer = sx_explainer_new(f.model, &options, &error);
    struct sx_tensor feed = {SX_DOUBLE, shape, NULL}, copy;
    double data[8];
    memcpy(data, x, sizeof data);
    feed.data = data;
    ck_assert(sx_tensor_convert(&copy, SX_DOUBLE, &feed, &error));
    ck_assert_msg(sx_explainer_sample(f.explainer, &copy, &error), "%s", error.message);
    sx_tensor_free(&copy);
    f.players = sx_players_new(&shape, "patches:1x1", SX_NCHW, &error);
    f.decomposer = sx_decomposer_new(f.explainer, &error);
    f.o = sx_decompose_defaults();
    f.o.players = f.players;
    f.o.baseline = f.zeros;
    f.o.layout = SX_NCHW;
    f.o.methods = "gradcam";
    decompose(&f);
    EXPECT("gradcam", 2.75, 2.5, .75, 2);
    const struct sx_decomposed *cam = method(&f, "gradcam");
    for (int i = 0; i < 4; i++)
        ck_assert_double_eq_tol(sx_tensor_get(&cam->map, i), map[i], 1e-9);
    ck_assert_double_eq_tol(cam->sum, 8, 1e-9);
    ck_assert_double_eq_tol(cam->gap, 4, 1e-9); /* f of zero maps is 0 */
    ck_assert_double_eq_tol(f.r.f_x, 4, 1e-9);
    ck_assert(!cam->principle[0].holds && cam->principle[1].holds && !cam->principle[2].holds);
    end(&f);
}
END_TEST

/* ---- One neuron ---- */

static bool cube(void *context, int64_t n, const double *z, double *y, struct sx_error *error)
{
    const int *power = context;
    (void)error;
    for (int64_t i = 0; i < n; i++)
        y[i] = pow(z[i], *power);
    return true;
}

static void expect_shares(int power, double z0, int64_t n, const double *d, int rule,
                          const double *expected)
{
    struct sx_error error = {0};
    struct sx_unit_value s = {cube, &power};
    double shares[4];
    ck_assert(sx_local_shares((enum sx_local_rule)rule, &s, z0, d, n, 0, shares, &error));
    for (int64_t i = 0; i < n; i++)
        ck_assert_msg(fabs(shares[i] - expected[i]) <= 1e-9, "rule %d, z^%d: %.12g, not %.12g",
                      rule, power, shares[i], expected[i]);
}

#define SHARES(power, z0, d, rule, ...)                                                        \
    expect_shares(power, z0, sizeof d / sizeof d[0], d, rule, (const double[]){__VA_ARGS__})

START_TEST(neuron_shares)
{
    static const double d[] = {3, -1, 2}, e[] = {3, -1, 2, -1.5};
    SHARES(3, 0, d, SX_LOCAL_RESCALE, 48, -16, 32);
    SHARES(3, 0, d, SX_LOCAL_EPSILON, 48, -16, 32);
    SHARES(3, 0, d, SX_LOCAL_REVEAL, 57, -31, 38);
    SHARES(3, 0, d, SX_LOCAL_SHAP, 51, -25, 38);
    SHARES(3, 0, d, SX_LOCAL_ALPHA_BETA, 76.8, -64, 51.2);
    SHARES(3, 0, d, SX_LOCAL_TAYLOR, 38.4, 0, 25.6);
    SHARES(2, 1, d, SX_LOCAL_RESCALE, 18, -6, 12);
    SHARES(2, 1, d, SX_LOCAL_REVEAL, 18, -6, 12);
    SHARES(2, 1, d, SX_LOCAL_SHAP, 18, -6, 12);
    SHARES(2, 1, d, SX_LOCAL_ALPHA_BETA, 28.8, -24, 19.2);
    SHARES(2, 1, d, SX_LOCAL_TAYLOR, 14.4, 0, 9.6);
    SHARES(1, 0, d, SX_LOCAL_RESCALE, 3, -1, 2);
    SHARES(1, 0, d, SX_LOCAL_EPSILON, 3, -1, 2);
    SHARES(1, 0, d, SX_LOCAL_REVEAL, 3, -1, 2);
    SHARES(1, 0, d, SX_LOCAL_SHAP, 3, -1, 2);
    SHARES(1, 0, d, SX_LOCAL_ALPHA_BETA, 4.8, -4, 3.2);
    SHARES(1, 0, d, SX_LOCAL_TAYLOR, 2.4, 0, 1.6);
    SHARES(3, 0, e, SX_LOCAL_RESCALE, 18.75, -6.25, 12.5, -9.375);
    SHARES(3, 0, e, SX_LOCAL_REVEAL, 46.875, -25, 31.25, -37.5);
    SHARES(3, 0, e, SX_LOCAL_SHAP, 31.875, -15.625, 23.75, -24.375);
    SHARES(3, 0, e, SX_LOCAL_ALPHA_BETA, 18.75, -6.25, 12.5, -9.375);
    SHARES(3, 0, e, SX_LOCAL_TAYLOR, 9.375, 0, 6.25, 0);
}
END_TEST

START_TEST(neuron_principles)
{
    static const double d[] = {3, -1, 2}, e[] = {3, -1, 2, -1.5};
    static const double expected[2][2][3] = {{{2, 1, 0}, {1, 0, 0}}, {{2, 1.2, 0}, {1, .6, 0}}};
    struct sx_error error = {0};
    double v[3], many[40];
    for (int which = 0; which < 2; which++)
        for (int rule = 0; rule < SX_LOCAL_RULES; rule++) {
            ck_assert(sx_local_principles((enum sx_local_rule)rule, 0, which ? e : d,
                                          which ? 4 : 3, 0, v, &error));
            for (int k = 0; k < 3; k++) {
                double want = rule < SX_LOCAL_ALPHA_BETA
                                  ? 0
                                  : expected[which][rule - SX_LOCAL_ALPHA_BETA][k];
                ck_assert_msg(fabs(v[k] - want) <= 1e-9, "rule %d, P%d: %.12g, not %.12g", rule,
                              k + 1, v[k], want);
            }
        }
    /* many inputs are summed to two, which still count in sums; the bias keeps its share */
    for (int i = 0; i < 40; i++)
        many[i] = sin(i + 1);
    for (int rule = 0; rule < SX_LOCAL_RULES; rule++) {
        ck_assert(sx_local_principles((enum sx_local_rule)rule, 0, many, 40, 0, v, &error));
        ck_assert_double_le(v[2], 1e-9);
        ck_assert((v[0] <= 1e-9) == (rule < SX_LOCAL_ALPHA_BETA));
    }
    ck_assert(sx_local_principles(SX_LOCAL_EPSILON, 1, d, 3, 0, v, &error));
    ck_assert_double_eq_tol(v[0], 0.2, 1e-9);
    ck_assert_double_eq_tol(v[2], 0.2, 1e-9);
}
END_TEST

/* The sum of weights times the Taylor effects of (z0 + sum d)^p gives the shares. */
START_TEST(neuron_weights)
{
    static const double d[] = {3, -1, 2}, binomial[] = {1, 3, 3, 1};
    struct sx_error error = {0};
    for (int rule = 0; rule < SX_LOCAL_RULES; rule++)
        for (int bias = 0; bias < 2; bias++) {
            int power = 3;
            struct sx_unit_value s = {cube, &power};
            double shares[3], sum[3] = {0}, factorial[] = {1, 1, 2, 6};
            ck_assert(
                sx_local_shares((enum sx_local_rule)rule, &s, bias, d, 3, 0, shares, &error));
            for (int code = 1; code < 64; code++) {
                const uint8_t kappa[] = {(uint8_t)(code & 3), (uint8_t)(code >> 2 & 3),
                                         (uint8_t)(code >> 4)};
                int degree = kappa[0] + kappa[1] + kappa[2];
                if (degree > 3)
                    continue;
                double term = binomial[degree] * pow(bias, 3 - degree) * factorial[degree];
                for (int i = 0; i < 3; i++)
                    term *= pow(d[i], kappa[i]) / factorial[kappa[i]];
                for (int i = 0; i < 3; i++)
                    sum[i] += term * sx_local_weight((enum sx_local_rule)rule, bias, d, 3, 0,
                                                     kappa, i);
            }
            for (int i = 0; i < 3; i++)
                ck_assert_msg(fabs(sum[i] - shares[i]) <= 1e-9, "rule %d, bias %d: %g, not %g",
                              rule, bias, sum[i], shares[i]);
        }
}
END_TEST

/* The neurons of the MLP as the record has them. */
START_TEST(layers)
{
    struct fixture f;
    begin_mlp(&f, "Tanh");
    f.o.neuron_of = "";
    decompose(&f);
    ck_assert_int_eq(f.r.n_neurons, 1);
    const struct sx_neuron *n = &f.r.neuron[0];
    ck_assert_str_eq(n->layer, "a");
    ck_assert_int_eq(n->element, 1);
    ck_assert_int_eq(n->n, 3);
    ck_assert_double_eq_tol(n->z0, -.5, 1e-12);
    ck_assert_double_eq_tol(n->dz, 1, 1e-12);
    ck_assert_double_eq_tol(n->dy, 2 * tanh(.5), 1e-12);
    for (int r = 0; r < 6; r++)
        ck_assert((fabs(n->rule[r].residual) <= 1e-9) == (r != 3));
    f.o.neuron_of = "a:0";
    decompose(&f);
    ck_assert_int_eq(f.r.neuron[0].element, 0);
    f.o.neuron_of = "a:9";
    struct sx_error error = {0};
    ck_assert(!sx_decompose(f.decomposer, &f.o, &f.r, &error));
    ck_assert_int_eq(error.status, SX_USAGE);
    f.o.neuron_of = "nothing";
    error = (struct sx_error){0};
    ck_assert(!sx_decompose(f.decomposer, &f.o, &f.r, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "layer is a"));
    end(&f);
}
END_TEST

static bool worst_holds(const struct sx_decomposition *r, const char *name, int k)
{
    bool holds = true;
    for (int i = 0; i < r->n_neurons; i++)
        for (int m = 0; m < 6; m++)
            if (strcmp(r->neuron[i].rule[m].name, name) == 0)
                holds = holds && r->neuron[i].rule[m].principle[k].holds;
    return holds;
}

/* All methods on one network. The derived principles hold: for f in the first eight methods,
 * neuron by neuron in the others. The network has no biases, as LRP-epsilon is fair only
 * without them. */
START_TEST(principles_as_derived)
{
    double x[16], w1[18], w2[12];
    struct sx_error error = {0};
    struct sx_explain_options options = {.precise = true};
    struct fixture f = {0};
    struct sx_shape shape = {4, {1, 1, 4, 4}};
    struct tm_model *m = tm_new(13);
    for (int i = 0; i < 16; i++)
        x[i] = 1.5 * sin(2.3 * i + 1);
    for (int i = 0; i < 18; i++)
        w1[i] = sin(1.7 * i + .4);
    for (int i = 0; i < 12; i++)
        w2[i] = cos(2.9 * i);
    tm_input(m, "z", SX_DOUBLE, 4, shape.dim);
    tm_const(m, "w1", SX_DOUBLE, 4, (const int64_t[]){2, 1, 3, 3}, w1);
    tm_const(m, "w2", SX_DOUBLE, 4, (const int64_t[]){3, 2, 1, 2}, w2);
    tm_node(m, "Conv", "z w1", "a", "pads=1,1,1,1");
    tm_node(m, "Tanh", "a", "h", NULL);
    tm_node(m, "Conv", "h w2", "b", "pads=0,0,0,1");
    tm_node(m, "Sigmoid", "b", "s", NULL);
    tm_node(m, "Mul", "b s", "i", NULL);
    tm_node(m, "ReduceMean", "i", "y", "keepdims=0");
    tm_output(m, "y");
    f.model = tm_open(m, &error);
    ck_assert_msg(f.model != NULL, "%s", error.message);
    tm_free(m);
    f.explainer = sx_explainer_new(f.model, &options, &error);
    struct sx_tensor feed = {SX_DOUBLE, shape, x};
    ck_assert_msg(sx_explainer_sample(f.explainer, &feed, &error), "%s", error.message);
    f.players = sx_players_new(&shape, "patches:2x2", SX_NCHW, &error);
    f.decomposer = sx_decomposer_new(f.explainer, &error);
    f.o = sx_decompose_defaults();
    f.o.players = f.players;
    f.o.baseline = f.zeros;
    f.o.layout = SX_NCHW;
    f.o.absolute = true;
    f.o.epsilon = 1e-12;
    f.o.patch[0] = 1;
    f.o.patch[1] = 2;
    f.o.neuron_of = "";
    decompose(&f);
    ck_assert_int_eq(f.r.n_methods, 14);
    ck_assert_int_eq(f.r.n_neurons, 2);
    for (int i = 0; i < 14; i++)
        for (int k = 0; k < 3; k++) {
            const struct sx_decomposed *d = &f.r.method[i];
            bool holds = i < 8 ? d->principle[k].holds : worst_holds(&f.r, d->name, k);
            ck_assert_msg(d->failure == NULL, "%s: %s", d->name, d->failure);
            ck_assert_msg(holds == d->principle[k].derived, "%s: P%d by %g", d->name, k + 1,
                          d->principle[k].violation);
        }
    end(&f);
}
END_TEST

/* ---- Properties ---- */

/* For every method of a network, the attribution is the sum of its allocated effects, and
 * effects sum to f(x) - f(b). */
START_TEST(identities)
{
    static const char *const activation[] = {"Relu", "Tanh", "Sigmoid", "Softplus"};
    for (int k = 0; k < 4; k++) {
        struct fixture f;
        begin_mlp(&f, activation[k]);
        double sum = f.r.f_b;
        for (int64_t s = 1; s < f.r.n_sets; s++)
            sum += f.r.effect[s];
        ck_assert_double_eq_tol(sum, f.r.f_x, 1e-12);
        for (int i = 0; i < f.r.n_methods; i++) {
            const struct sx_decomposed *m = &f.r.method[i];
            if (m->attribution == NULL)
                continue;
            ck_assert_double_le(m->residual, 1e-9);
            if (m->complete)
                ck_assert_double_le(fabs(m->gap), 1e-9);
        }
        double ig[3];
        memcpy(ig, method(&f, "ig")->attribution, sizeof ig);
        expect(&f, "deeplift-rescale", ig); /* equal to ig, because there is one hidden layer */
        end(&f);
    }
}
END_TEST

static void begin_linear(struct fixture *f, double bias, const int *order)
{
    static const double w[] = {2, -3, .5}, x[] = {1, 2, -4};
    double weight[3], input[3];
    struct tm_model *m = tm_new(13);
    for (int i = 0; i < 3; i++) {
        weight[i] = w[order[i]];
        input[i] = x[order[i]];
    }
    tm_input(m, "z", SX_DOUBLE, 2, (const int64_t[]){1, 3});
    tm_const(m, "w", SX_DOUBLE, 2, (const int64_t[]){3, 1}, weight);
    tm_const(m, "c", SX_DOUBLE, 1, (const int64_t[]){1}, &bias);
    tm_node(m, "Gemm", "z w c", "y", NULL);
    tm_output(m, "y");
    begin(f, m, input, 3);
    f->o.epsilon = 0;
    decompose(f);
}

/* From zeros and without a bias, all methods but patches, alpha-beta and z+ give w x. A
 * constant changes only the LRP family. Permuted players get permuted scores. */
START_TEST(linear)
{
    static const char *const same[] = {"gxi",
                                       "occ1",
                                       "preddiff",
                                       "ig",
                                       "expgrad",
                                       "shapley",
                                       "deepshap",
                                       "deeplift-rescale",
                                       "deeplift-reveal",
                                       "lrp-eps"};
    static const int straight[] = {0, 1, 2}, turned[] = {2, 0, 1};
    static const double wx[] = {2, -6, -2};
    struct fixture f, g, h;
    begin_linear(&f, 0, straight);
    begin_linear(&g, 5, straight);
    begin_linear(&h, 0, turned);
    for (int i = 0; i < 10; i++) {
        expect(&f, same[i], wx);
        if (i < 9)
            expect(&g, same[i], wx);
    }
    for (int i = 0; i < f.r.n_methods; i++) {
        const struct sx_decomposed *m = &f.r.method[i];
        double permuted[3];
        if (m->attribution == NULL || strcmp(m->name, "occpatch") == 0)
            continue;
        for (int k = 0; k < 3; k++)
            permuted[k] = m->attribution[turned[k]];
        expect(&h, m->name, permuted);
    }
    end(&f);
    end(&g);
    end(&h);
}
END_TEST

/* y = max(0, 2 x1 - 3 x2 + x3 / 2) = 1.5. The first layer shares y in proportion to z_i = x_i
 * w_i - low w_i+ - high w_i-, or to w_i^2. */
START_TEST(first_layers)
{
    static const struct {
        enum sx_first first;
        double want[3];
    } cases[] = {{SX_FIRST_BOUNDED, {0.6, 0.7875, 0.1125}},
                 {SX_FIRST_WSQUARE, {1.5 * 4 / 13.25, 1.5 * 9 / 13.25, 1.5 * 0.25 / 13.25}},
                 {SX_FIRST_ZPLUS, {1.5 * 2 / 2.25, 0, 1.5 * 0.25 / 2.25}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        struct tm_model *m = tm_new(13);
        tm_input(m, "x", SX_DOUBLE, 2, (int64_t[]){-1, 3});
        tm_const(m, "w", SX_DOUBLE, 2, (int64_t[]){3, 1}, (double[]){2, -3, 0.5});
        tm_node(m, "MatMul", "x w", "z", NULL);
        tm_node(m, "Relu", "z", "y", NULL);
        tm_output(m, "y");
        begin(&f, m, (const double[]){1, 0.25, 0.5}, 3);
        f.o.methods = "deeptaylor";
        f.o.first = cases[i].first;
        f.o.bound[0] = -1;
        f.o.bound[1] = 2;
        decompose(&f);
        expect(&f, "deeptaylor", cases[i].want);
        end(&f);
    }
}
END_TEST

/* The slope of the square root is infinite at 0, but its integral is finite. */
START_TEST(singular_end)
{
    struct fixture f;
    begin(&f, formula(2, "x1 Sqrt 3 Mul x2 Add"), (const double[]){4, 3}, 2);
    f.o.methods = "ig";
    decompose(&f);
    const struct sx_decomposed *ig = method(&f, "ig");
    ck_assert_double_eq_tol(ig->attribution[0], 6, 1e-7);
    ck_assert_double_eq_tol(ig->attribution[1], 3, 1e-12);
    end(&f);
}
END_TEST

/* For a polynomial of degree 2 the two fair methods are equal. */
START_TEST(degree_two)
{
    struct fixture f;
    struct tm_model *m = elements(3);
    tm_node(m, "Mul", "x0 x1", "p", NULL);
    tm_node(m, "Mul", "x2 x2", "q", NULL);
    tm_node(m, "Mul", "x1 x2", "r", NULL);
    tm_node(m, "Sub", "p q", "s", NULL);
    tm_node(m, "Add", "s r", "t", NULL);
    tm_node(m, "Add", "t x0", "y", NULL);
    tm_output(m, "y");
    begin(&f, m, (const double[]){1.5, -2, .75}, 3);
    decompose(&f);
    double shapley[3];
    memcpy(shapley, method(&f, "shapley")->attribution, sizeof shapley);
    expect(&f, "ig", shapley);
    end(&f);
}
END_TEST

/* Scores from elsewhere. Fair scores have a slack of at least 0. Agreement is a correlation. */
START_TEST(foreign)
{
    struct fixture f;
    static const double fair[] = {3.5, -4.5, 2.5}, unfair[] = {30, -31, 2.5};
    begin_mlp(&f, "Relu");
    f.o.methods = "gxi,ig,shapley";
    f.o.foreign = fair;
    decompose(&f);
    ck_assert(method(&f, "foreign")->exists);
    ck_assert_double_eq_tol(f.r.spearman[1 * 4 + 3], 1, 1e-12); /* ig and its copy */
    ck_assert_double_eq_tol(f.r.distance[1 * 4 + 3], 0, 1e-9);
    ck_assert_double_eq_tol(f.r.distance[0 * 4 + 1], sqrt(.75), 1e-9);
    f.o.foreign = unfair;
    decompose(&f);
    ck_assert(!method(&f, "foreign")->exists);
    end(&f);
}
END_TEST

/* f = 2 max(window 1) - max(window 2); windows do not overlap. */
static struct tm_model *windows(int64_t n, const char *pool)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_DOUBLE, 2, (const int64_t[]){1, n});
    tm_const(m, "image", SX_INT, 1, (const int64_t[]){3}, (const int64_t[]){1, 1, n});
    tm_const(m, "row", SX_INT, 1, (const int64_t[]){2}, (const int64_t[]){1, 2});
    tm_const(m, "w", SX_DOUBLE, 2, (const int64_t[]){2, 1}, (const double[]){2, -1});
    tm_node(m, "Reshape", "x image", "i", NULL);
    tm_node(m, "MaxPool", "i", "p", pool);
    tm_node(m, "Reshape", "p row", "r", NULL);
    tm_node(m, "MatMul", "r w", "y", NULL);
    tm_output(m, "y");
    return m;
}

/* DeepSHAP of max pooling: each window is a game with exact Shapley values. Elements outside of
 * the picture are no players. */
START_TEST(pooled_windows)
{
    struct fixture f;
    begin(&f, windows(6, "kernel_shape=[3] strides=[3]"),
          (const double[]){3, -1, 2, -2, 1, 0.5}, 6);
    decompose(&f);
    EXPECT("deepshap", 4, 0, 2, 0, -0.75, -0.25);
    EXPECT("shapley", 4, 0, 2, 0, -0.75, -0.25);
    end(&f);
    begin(&f, windows(3, "kernel_shape=[2] strides=[2] pads=[1,0]"), (const double[]){-2, 1, 4},
          3);
    decompose(&f);
    EXPECT("deepshap", -4, -0.5, -3.5);
    EXPECT("shapley", -4, -0.5, -3.5);
    end(&f);
}
END_TEST

/* There are more players than bits of a word. For a linear f each attribution is the player's
 * term. */
START_TEST(many_players)
{
    enum { N = 70 };
    static const char *const names[] = {"ig", "occ1", "gxi"};
    static const double zeros[N];
    struct fixture f;
    double x[N], w[N];
    struct tm_model *m = tm_new(13);
    for (int i = 0; i < N; i++) {
        x[i] = sin(i + 1.0);
        w[i] = (i % 5 - 2) / 4.0;
    }
    tm_input(m, "x", SX_DOUBLE, 2, (const int64_t[]){1, N});
    tm_const(m, "w", SX_DOUBLE, 2, (const int64_t[]){N, 1}, w);
    tm_node(m, "MatMul", "x w", "y", NULL);
    tm_output(m, "y");
    begin(&f, m, x, N);
    f.o.baseline = zeros;
    f.o.methods = "ig,occ1,gxi";
    f.o.allocation = SX_ALLOC_NONE;
    decompose(&f);
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        const struct sx_decomposed *found = method(&f, names[k]);
        ck_assert_msg(found->attribution != NULL, "%s", names[k]);
        for (int i = 0; i < N; i++)
            ck_assert_msg(fabs(found->attribution[i] - w[i] * x[i]) < 1e-9, "%s[%d]: %g",
                          names[k], i, found->attribution[i]);
    }
    end(&f);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("decompose");
    SUITE_ADD(c, polynomial_one, polynomial_four, relu_mlp, rules_change, tanh_mlp, divergence,
              polynomial_two, polynomial_three, tanh_rules, grad_cam, neuron_shares,
              neuron_principles, neuron_weights, layers, principles_as_derived, identities,
              linear, first_layers, singular_end, degree_two, foreign, pooled_windows,
              many_players);
    return suite_run();
}
