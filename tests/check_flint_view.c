/* check_flint_view.c - uses of fitted files: explanations, surveys, top samples, activation
 * maximisation against reference numbers, sheets of pictures. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flint_cases.h"
#include "sextant/figure.h"
#include "suite.h"

static struct fc_training training;
static struct sx_model *fitted;
static struct sx_flint *flint;

/* Opens a file of the small network with the interpreter of the reference numbers. */
static void open_file(bool precise)
{
    struct sx_error error = {0};
    char path[] = "/tmp/check-flint-view-XXXXXX";
    int fd = mkstemp(path);
    fc_train(&training, false, 0);
    struct sx_sink *sink = sx_sink_open(path, &error);
    ck_assert(fd >= 0 && sink != NULL);
    ck_assert_msg(sx_flint_fit_write(training.fit, sink, &error), "%s", error.message);
    ck_assert(sx_sink_finish(sink, true, &error));
    fitted = sx_model_open(path, NULL, &error);
    close(fd);
    unlink(path);
    ck_assert_msg(fitted != NULL, "%s", error.message);
    const struct sx_infer_options options = {.precise = precise, .threads = 1};
    flint = sx_flint_open(fitted, &options, &error);
    ck_assert_msg(flint != NULL, "%s", error.message);
}

static void close_file(void)
{
    sx_flint_free(flint);
    sx_model_close(fitted);
    fc_stop(&training);
}

/* Sample `i` of the training step, [1, 1, 8, 8]. */
static struct sx_tensor sample(int i)
{
    struct sx_tensor x = fc_array(fc_case("train_step/in"), "x", SX_FLOAT);
    memmove(x.data, (float *)x.data + 64 * (size_t)i, 64 * sizeof(float));
    x.shape.dim[0] = 1;
    return x;
}

/* ---- The file ---- */

static void expect_output(const struct sx_inference *run, const char *name, cJSON *want,
                          const char *key)
{
    const char *found;
    const struct sx_tensor *got;
    for (int i = 0; (got = sx_inference_output(run, i, &found)) != NULL; i++) {
        if (strcmp(found, name) != 0)
            continue;
        struct sx_tensor w = fc_array(want, key, SX_DOUBLE);
        for (int64_t k = 0; k < sx_count(&w.shape); k++)
            ck_assert_double_eq_tol(sx_tensor_get(got, k), sx_tensor_get(&w, k), 1e-6);
        ta_free(&w, 1);
        return;
    }
    ck_abort_msg("no output %s", name);
}

START_TEST(outputs)
{
    cJSON *want = fc_at(fc_case("train_step/out"), "posthoc/steps")->child;
    struct sx_error error = {0};
    const struct sx_infer_options options = {.precise = true};
    open_file(true);
    struct sx_inference *run = sx_inference_new(fitted, &options, &error);
    struct sx_tensor x = fc_array(fc_case("train_step/in"), "x", SX_DOUBLE);
    ck_assert(run != NULL);
    ck_assert_msg(sx_inference_run(run, &x, &error), "%s", error.message);
    expect_output(run, "logits", want, "f_logits");
    expect_output(run, "flint_phi", want, "phi");
    expect_output(run, "flint_logits", want, "g_logits");
    expect_output(run, "flint_recon", want, "recon_0");
    sx_inference_free(run);
    ta_free(&x, 1);
    close_file();
}
END_TEST

START_TEST(explanations)
{
    cJSON *want = fc_at(fc_case("train_step/out"), "posthoc/steps")->child;
    struct sx_error error = {0};
    struct sx_flint_explanation e;
    open_file(true);
    struct sx_tensor phi = fc_array(want, "phi", SX_DOUBLE);
    struct sx_tensor g = fc_array(want, "g_logits", SX_DOUBLE);
    struct sx_tensor f = fc_array(want, "f_logits", SX_DOUBLE);
    ck_assert_int_eq(sx_flint_classes(flint), 3);
    ck_assert_int_eq(sx_flint_attributes(flint), 4);
    for (int i = 0; i < 5; i++) {
        struct sx_tensor x = sample(i);
        double largest = 0, sum = 0;
        ck_assert_msg(sx_flint_explain(flint, &x, &e, &error), "%s", error.message);
        ck_assert_int_eq(e.g_class, sx_flint_class((double *)g.data + 3 * i, 3));
        ck_assert_int_eq(e.f_class, sx_flint_class((double *)f.data + 3 * i, 3));
        for (int c = 0; c < 3; c++)
            sum += exp(sx_tensor_get(&f, 3 * i + c) - sx_tensor_get(&f, 3 * i + e.f_class));
        ck_assert_double_eq_tol(e.f_prob, 1 / sum, 1e-6);
        ck_assert_double_eq_tol(e.g_score, sx_tensor_get(&g, 3 * i + e.g_class), 1e-6);
        for (int j = 0; j < 4; j++) {
            ck_assert_double_eq_tol(e.phi[j], sx_tensor_get(&phi, 4 * i + j), 1e-6);
            largest = fmax(largest, fabs(e.contribution[j]));
        }
        for (int j = 0; j < 4; j++)
            ck_assert_double_eq_tol(e.relevance[j] * largest, e.contribution[j], 1e-12);
        ta_free(&x, 1);
    }
    struct sx_tensor all[] = {phi, g, f};
    ta_free(all, 3);
    close_file();
}
END_TEST

/* ---- Surveys and top samples ---- */

START_TEST(surveys)
{
    struct sx_error error = {0};
    struct sx_flint_survey all = {0}, some = {.subset = 3, .seed = 1}, right = {0};
    open_file(false);
    ck_assert(sx_flint_survey(flint, training.x, training.y, &all, &error));
    ck_assert_double_eq(all.metrics.samples, 5);
    ck_assert_int_eq(all.count[0] + all.count[1] + all.count[2], 5);
    ck_assert_double_eq_tol(all.metrics.fidelity, 1 - (double)all.n_disagree / 5, 1e-12);
    ck_assert_double_ge(all.metrics.gap, 0);
    ck_assert(sx_flint_survey(flint, training.x, NULL, &some, &error));
    ck_assert_double_eq(some.metrics.samples, 3);
    ck_assert(isnan(some.metrics.acc_f) && isnan(some.metrics.acc_g));
    right.correct_only = true;
    ck_assert(sx_flint_survey(flint, training.x, training.y, &right, &error));
    int64_t counted = right.count[0] + right.count[1] + right.count[2];
    ck_assert_double_eq_tol((double)counted, 5 * right.metrics.acc_g, 1e-9);
    const int64_t wrong[] = {0, 1, 2, 3, 0};
    struct sx_flint_survey refused = {0};
    ck_assert(!sx_flint_survey(flint, training.x, wrong, &refused, &error));
    ck_assert(error.status == SX_FAILED && strstr(error.message, "sample 3") != NULL);
    sx_flint_survey_free(&all);
    sx_flint_survey_free(&some);
    sx_flint_survey_free(&right);
    sx_flint_survey_free(&refused);
    close_file();
}
END_TEST

/* The relevances of the reference numbers in the form of a survey. */
START_TEST(pairs_over_tau)
{
    cJSON *out = fc_case("relevance/out"), *want = fc_at(out, "global_pairs_tau2");
    struct sx_flint table = {.weights = {.shape = {2, {3, 6}}}};
    struct sx_error error = {0};
    double r[18];
    int64_t n = 0;
    for (int i = 0; i < 18; i++) {
        cJSON *row = cJSON_GetArrayItem(fc_at(out, "global_r"), i / 6);
        cJSON *value = cJSON_GetArrayItem(row, i % 6);
        r[i] = cJSON_IsNumber(value) ? value->valuedouble : (double)NAN;
    }
    struct sx_flint_survey survey = {.relevance = r};
    struct sx_flint_pair *p = sx_flint_best_pairs(&table, &survey, 2, 0, &n, &error);
    ck_assert(p != NULL);
    ck_assert_int_eq(n, cJSON_GetArraySize(want));
    cJSON *pair;
    cJSON_ArrayForEach(pair, want)
    {
        int64_t c = cJSON_GetArrayItem(pair, 0)->valueint, found = 0;
        int64_t j = cJSON_GetArrayItem(pair, 1)->valueint;
        for (int64_t k = 0; k < n; k++)
            found += p[k].of_class == c && p[k].attribute == j && p[k].r == r[c * 6 + j];
        ck_assert_int_eq(found, 1);
    }
    for (int64_t k = 1; k < n; k++)
        ck_assert(p[k].of_class > p[k - 1].of_class ||
                  (p[k].of_class == p[k - 1].of_class && p[k].r <= p[k - 1].r));
    sx_flint_pairs_free(p, n);
    p = sx_flint_best_pairs(&table, &survey, 1e9, 1, &n, &error);
    ck_assert(p != NULL && n <= 3);
    for (int64_t k = 0; k < n; k++)
        for (int j = 0; j < 6; j++)
            ck_assert(p[k].r >= r[p[k].of_class * 6 + j]);
    sx_flint_pairs_free(p, n);
}
END_TEST

/* The pairs of each class are sorted and cut. The best or the worst may be the later one in the
 * table. Of two equal pairs the earlier one is first. */
START_TEST(pairs_in_order)
{
    static const struct {
        int64_t most, n;
        int64_t attribute[6];
    } want[] = {{0, 6, {4, 1, 3, 2, 0, 3}}, {2, 4, {4, 1, 0, 3}}, {1, 2, {4, 0}}};
    struct sx_flint table = {.weights = {.shape = {2, {2, 5}}}};
    struct sx_error error = {0};
    double r[10] = {0.5, 3, 1, 3, 9, 0.8, NAN, 0.5, 0.7, 0.1};
    const struct sx_flint_survey survey = {.relevance = r};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        int64_t n = 0;
        struct sx_flint_pair *p =
            sx_flint_best_pairs(&table, &survey, 2, want[i].most, &n, &error);
        ck_assert(p != NULL);
        ck_assert_int_eq(n, want[i].n);
        for (int64_t k = 0; k < n; k++) {
            ck_assert_int_eq(p[k].attribute, want[i].attribute[k]);
            ck_assert_double_eq(p[k].r, r[p[k].of_class * 5 + p[k].attribute]);
        }
        sx_flint_pairs_free(p, n);
    }
}
END_TEST

static void expect_top(const struct sx_flint_pair *p, const int64_t *label, int64_t wanted)
{
    struct sx_error error = {0};
    struct sx_flint_explanation e;
    int64_t members = 0;
    for (int i = 0; i < 5; i++)
        members += label[i] == p->of_class;
    ck_assert_int_eq(p->n, members < wanted ? members : wanted);
    for (int64_t k = 0; k < p->n; k++) {
        ck_assert_int_eq(label[p->row[k]], p->of_class);
        ck_assert(k == 0 || p->phi[k] <= p->phi[k - 1]);
    }
    for (int i = 0; i < 5; i++) { /* no sample that is left out has a larger value */
        struct sx_tensor x = sample(i);
        bool listed = false;
        ck_assert(sx_flint_explain(flint, &x, &e, &error));
        for (int64_t k = 0; k < p->n; k++)
            listed = listed || p->row[k] == i;
        ck_assert(listed || label[i] != p->of_class ||
                  e.phi[p->attribute] <= p->phi[p->n - 1] + 1e-6);
        ta_free(&x, 1);
    }
}

START_TEST(top_samples)
{
    struct sx_error error = {0};
    const struct sx_flint_survey all = {0};
    struct sx_flint_explanation e;
    int64_t by_f[5];
    open_file(false);
    for (int i = 0; i < 5; i++) {
        struct sx_tensor x = sample(i);
        ck_assert(sx_flint_explain(flint, &x, &e, &error));
        by_f[i] = e.f_class;
        ta_free(&x, 1);
    }
    for (int labelled = 0; labelled < 2; labelled++) {
        struct sx_flint_pair *p = calloc(12, sizeof *p);
        const int64_t *y = labelled ? training.y : NULL;
        ck_assert(p != NULL);
        for (int k = 0; k < 12; k++)
            p[k] = (struct sx_flint_pair){.of_class = k / 4, .attribute = k % 4};
        ck_assert(sx_flint_top(flint, training.x, y, &all, p, 12, 2, &error));
        for (int k = 0; k < 12; k++)
            expect_top(&p[k], labelled ? training.y : by_f, 2);
        sx_flint_pairs_free(p, 12);
    }
    close_file();
}
END_TEST

/* ---- Penalties ---- */

START_TEST(penalties)
{
    cJSON *in = fc_case("am_pi/in"), *out = fc_case("am_pi/out");
    const struct sx_shape shape = {4, {1, 1, 8, 8}};
    struct sx_tensor x = fc_array(in, "x_out_of_range", SX_FLOAT);
    ck_assert_double_eq_tol(sx_flint_bound(x.data, 64, 0, 1, 0, NULL),
                            fc_number(out, "bound_out_of_range"), 1e-6);
    ck_assert_double_eq_tol(sx_flint_variation(x.data, &shape, 0, NULL),
                            fc_number(out, "tv_out_of_range"), 1e-6);
    ta_free(&x, 1);
}
END_TEST

/* Derivatives of penalties agree with differences, for channels first and last. */
START_TEST(penalty_slopes)
{
    const struct sx_shape shapes[] = {{4, {1, 3, 4, 5}}, {4, {1, 5, 4, 3}}, {4, {1, 1, 1, 6}}};
    for (size_t k = 0; k < sizeof shapes / sizeof shapes[0]; k++) {
        int64_t n = sx_count(&shapes[k]);
        struct sx_tensor x = ta_random(SX_FLOAT, shapes[k], 0, 5 + k);
        float *v = x.data, g[64] = {0};
        sx_flint_variation(v, &shapes[k], 2, g);
        sx_flint_bound(v, n, -1, 1, 3, g);
        for (int64_t i = 0; i < n; i++) {
            float held = v[i];
            double side[2];
            /* the derivative jumps at the ends of the range */
            if (fabsf(fabsf(held) - 1) < 0.01F)
                continue;
            for (int s = 0; s < 2; s++) {
                v[i] = held + (s == 0 ? 1e-3F : -1e-3F);
                side[s] = 2 * sx_flint_variation(v, &shapes[k], 0, NULL) +
                          3 * sx_flint_bound(v, n, -1, 1, 0, NULL);
            }
            v[i] = held;
            ck_assert_double_eq_tol((side[0] - side[1]) / 2e-3, (double)g[i], 2e-3);
        }
        ta_free(&x, 1);
    }
}
END_TEST

START_TEST(penalties_of_no_picture)
{
    const struct sx_shape row = {2, {1, 6}};
    const float x[] = {0, 1, 0, 1, 0, 1};
    float g[6] = {0};
    ck_assert_double_eq(sx_flint_variation(x, &row, 1, g), 0);
    for (int i = 0; i < 6; i++)
        ck_assert_double_eq((double)g[i], 0);
}
END_TEST

/* ---- Activation maximisation ---- */

static struct sx_flint_am reference_am(void)
{
    cJSON *in = fc_case("am_pi/in");
    struct sx_flint_am am;
    sx_flint_am_default(&am);
    am.dim = fc_number(in, "scale");
    am.gain = fc_number(in, "C");
    am.tv = fc_number(in, "lambda_tv");
    am.bound = fc_number(in, "lambda_bound");
    am.low = fc_number(in, "vmin");
    am.high = fc_number(in, "vmax");
    am.rate = fc_number(in, "lr");
    am.rounds = (int64_t)fc_number(in, "outer");
    am.steps = (int64_t)fc_number(in, "inner");
    return am;
}

/* The gradient of the objective at the start of activation maximisation. */
START_TEST(start_slope)
{
    cJSON *in = fc_case("am_pi/in"), *out = fc_case("am_pi/out");
    struct sx_flint_am am = reference_am();
    struct sx_error error = {0};
    struct sx_flint_net net;
    open_file(true);
    struct sx_tensor x = fc_array(in, "x0", SX_DOUBLE),
                     want = fc_array(out, "grad_init", SX_FLOAT);
    struct sx_tensor y = fc_array(in, "x0", SX_FLOAT);
    float g[64] = {0};
    for (int i = 0; i < 64; i++) {
        sx_tensor_set(&x, i, am.dim * sx_tensor_get(&x, i));
        sx_tensor_set(&y, i, sx_tensor_get(&x, i));
    }
    const struct sx_flint_net_options o = {.batch = 1, .real = SX_DOUBLE};
    ck_assert(sx_flint_ready(flint, &x.shape, 1, &error));
    ck_assert(sx_flint_net_new(&net, &flint->f, &o, &error));
    int64_t j = (int64_t)fc_number(in, "attribute");
    double pick[4] = {0};
    const struct sx_shape row = {2, {1, 4}};
    int slope;
    pick[j] = 1;
    int which = sx_const(net.g, SX_DOUBLE, &row, pick);
    int phi = sx_sum_all(net.g, sx_mul(net.g, net.phi, which));
    ck_assert(sx_derive(net.g, phi, SX_NONE, &net.x, 1, &slope));
    struct sx_tensor d = ta_evaluate(net.g, slope, &net.x, &x, 1);
    sx_flint_bound(y.data, 64, am.low, am.high, -am.bound, g);
    sx_flint_variation(y.data, &y.shape, -am.tv, g);
    for (int i = 0; i < 64; i++)
        ck_assert_double_eq_tol((double)g[i] + am.gain * sx_tensor_get(&d, i),
                                sx_tensor_get(&want, i), 1e-5);
    struct sx_tensor all[] = {x, want, y, d};
    ta_free(all, 4);
    sx_flint_net_free(&net);
    close_file();
}
END_TEST

static void expect_climb(bool precise)
{
    cJSON *in = fc_case("am_pi/in"), *out = fc_case("am_pi/out");
    struct sx_flint_am am = reference_am();
    struct sx_error error = {0};
    struct sx_flint_climbed r;
    double trace[30];
    open_file(precise);
    struct sx_tensor x = fc_array(in, "x0", SX_FLOAT), end = fc_array(out, "x_final", SX_FLOAT);
    struct sx_tensor want = fc_array(out, "objective_trace", SX_DOUBLE);
    const int64_t j = (int64_t)fc_number(in, "attribute");
    am.trace = trace;
    ck_assert_msg(sx_flint_maximise(flint, &am, &x.shape, 1, &j, x.data, &r, &error), "%s",
                  error.message);
    ck_assert_int_eq(sx_count(&want.shape), 30);
    ck_assert_double_eq_tol(trace[0], fc_number(out, "objective_init"), 1e-6);
    for (int i = 0; i < 30; i++)
        ck_assert_double_eq_tol(trace[i], sx_tensor_get(&want, i), 1e-4);
    ta_expect(&x, &end, 1e-4, "the changed sample");
    ck_assert_double_eq_tol(r.sample, fc_number(out, "phi_x0"), 1e-6);
    ck_assert_double_eq_tol(r.start, fc_number(out, "phi_init"), 1e-6);
    ck_assert_double_eq_tol(r.end, fc_number(out, "phi_final"), 1e-4);
    ck_assert_double_eq(r.dim, am.dim);
    struct sx_tensor all[] = {x, end, want};
    ta_free(all, 3);
    close_file();
}

START_TEST(climbs_like_the_reference)
{
    expect_climb(false);
    expect_climb(true);
}
END_TEST

/* The result for a sample depends neither on other samples nor on their number. */
START_TEST(climbs_are_independent)
{
    enum { N = 35 };
    struct sx_error error = {0};
    struct sx_flint_am am = reference_am();
    struct sx_flint_climbed all[N], alone;
    int64_t attribute[N];
    open_file(false);
    struct sx_tensor x = fc_array(fc_case("train_step/in"), "x", SX_FLOAT);
    const struct sx_shape one = {4, {1, 1, 8, 8}};
    float *many = calloc((size_t)N * 64, sizeof *many), own[64];
    ck_assert(many != NULL);
    for (int i = 0; i < N; i++) {
        memcpy(many + (ptrdiff_t)64 * i, (float *)x.data + (ptrdiff_t)64 * (i % 5), sizeof own);
        attribute[i] = i % 4;
    }
    am.rounds = 2;
    am.jitter = 0;
    ck_assert(sx_flint_maximise(flint, &am, &one, N, attribute, many, all, &error));
    for (int i = 0; i < N; i += 17) {
        memcpy(own, (float *)x.data + (ptrdiff_t)64 * (i % 5), sizeof own);
        ck_assert(sx_flint_maximise(flint, &am, &one, 1, &attribute[i], own, &alone, &error));
        ck_assert_double_eq_tol(alone.end, all[i].end, 1e-5);
        for (int k = 0; k < 64; k++)
            ck_assert_double_eq_tol((double)own[k], (double)many[64 * i + k], 1e-4);
    }
    free(many);
    ta_free(&x, 1);
    close_file();
}
END_TEST

START_TEST(climbs_within_bounds)
{
    struct sx_error error = {0};
    struct sx_flint_am am = reference_am();
    struct sx_flint_climbed free_range, clamped, turned;
    const int64_t j = 0;
    open_file(false);
    struct sx_tensor x = sample(0), y = sample(0), z = sample(0), again = sample(0);
    am.rounds = 4;
    am.tv = am.bound = 0;
    ck_assert(sx_flint_maximise(flint, &am, &x.shape, 1, &j, x.data, &free_range, &error));
    am.clamp = true;
    ck_assert(sx_flint_maximise(flint, &am, &x.shape, 1, &j, y.data, &clamped, &error));
    ck_assert(clamped.low >= 0 && clamped.high <= 1);
    ck_assert(clamped.end > clamped.start && free_range.end >= clamped.end - 1e-3);
    am.jitter = 2;
    ck_assert(sx_flint_maximise(flint, &am, &x.shape, 1, &j, z.data, &turned, &error));
    ck_assert(memcmp(z.data, y.data, 64 * sizeof(float)) != 0);
    ck_assert(sx_flint_maximise(flint, &am, &x.shape, 1, &j, again.data, &turned, &error));
    ck_assert(memcmp(z.data, again.data, 64 * sizeof(float)) == 0);
    am.seed = 1;
    memcpy(again.data, x.data, 64 * sizeof(float));
    ck_assert(sx_flint_maximise(flint, &am, &x.shape, 1, &j, again.data, &turned, &error));
    ck_assert(sx_flint_maximise(flint, &am, &x.shape, 0, &j, again.data, &turned, &error));
    struct sx_tensor all[] = {x, y, z, again};
    ta_free(all, 4);
    close_file();
}
END_TEST

/* If an attribute is inactive for the dimmed sample, the sample is dimmed less. */
START_TEST(starts_are_active)
{
    struct sx_error error = {0};
    struct sx_flint_am am = reference_am();
    open_file(false);
    am.rounds = 1;
    am.steps = 1;
    for (int i = 0; i < 10; i++)
        for (int64_t j = 0; j < 4; j++) {
            struct sx_tensor x = sample(i % 5);
            struct sx_flint_climbed r;
            am.dim = i < 5 ? 0.3 : -0.4;
            ck_assert(sx_flint_maximise(flint, &am, &x.shape, 1, &j, x.data, &r, &error));
            ck_assert(r.dim >= am.dim && r.dim <= 1);
            ck_assert(r.start > 0 || r.dim == 1);
            ck_assert(r.dim < 1 || r.start == r.sample);
            /* each time half of what is missing, and at last the sample itself */
            double dim = am.dim;
            for (int k = 0; k < 3 && dim < r.dim - 1e-12; k++)
                dim = (1 + dim) / 2;
            ck_assert(r.dim == 1 || fabs(dim - r.dim) < 1e-12);
            ta_free(&x, 1);
        }
    close_file();
}
END_TEST

/* Of samples that activate an attribute equally the first ones are listed, in their order. */
START_TEST(equal_samples)
{
    struct sx_error error = {0};
    const struct sx_flint_survey all = {0};
    struct sx_flint_explanation e;
    open_file(false);
    struct sx_tensor one = sample(0), five = fc_array(fc_case("train_step/in"), "x", SX_FLOAT);
    for (int i = 0; i < 5; i++)
        memcpy((float *)five.data + (ptrdiff_t)64 * i, one.data, 64 * sizeof(float));
    struct sx_dataset *x = fc_dataset(&five);
    ck_assert(sx_flint_explain(flint, &one, &e, &error));
    struct sx_flint_pair pair = {.of_class = e.f_class};
    ck_assert(sx_flint_top(flint, x, NULL, &all, &pair, 1, 3, &error));
    ck_assert_int_eq(pair.n, 3);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(pair.row[i], i);
    free(pair.row);
    free(pair.phi);
    sx_dataset_close(x);
    ta_free(&one, 1);
    ta_free(&five, 1);
    close_file();
}
END_TEST

/* ---- Sheets ---- */

static unsigned pixel(const struct sx_picture *p, int x, int y)
{
    const uint8_t *at = p->pixels + 3 * ((ptrdiff_t)y * p->width + x);
    return (unsigned)at[0] << 16 | (unsigned)at[1] << 8 | at[2];
}

START_TEST(colours_of_pictures)
{
    struct sx_error error = {0};
    struct sx_picture p = {.width = 2, .height = 1, .channels = 1, .pixels = malloc(2)};
    ck_assert(p.pixels != NULL);
    p.pixels[0] = 0;
    p.pixels[1] = 255;
    ck_assert(sx_picture_colour(&p, "viridis", &error));
    ck_assert_int_eq(p.channels, 3);
    ck_assert_uint_eq(pixel(&p, 0, 0), 0x440154);
    ck_assert_uint_eq(pixel(&p, 1, 0), 0xfde725);
    ck_assert(!sx_picture_colour(&p, "none", &error) && error.status == SX_USAGE);
    sx_picture_free(&p);
}
END_TEST

START_TEST(galleries)
{
    struct sx_error error = {0};
    uint8_t red[3] = {255, 0, 0}, black[300] = {0};
    const struct sx_picture cell[4] = {{1, 1, 3, red}, {10, 10, 3, black}, {0}, {1, 1, 3, red}};
    static const char *const rows[] = {"one\ntwo", NULL}, *const columns[] = {"a", "b"};
    static const char *const under[] = {"first", NULL, NULL, "a caption that is rather long"};
    struct sx_gallery g = {"title", 2, 2, rows, columns, under, cell};
    struct sx_figure_options o;
    struct sx_picture full = {0};
    int64_t n = 0;
    sx_figure_default(&o);
    struct sx_made made = {.o = &o, .format = SX_FIGURE_PNG};
    ck_assert_msg(sx_plot_gallery(&g, &made, &error), "%s", error.message);
    ck_assert(sx_picture_decode(made.bytes, made.size, &full, &error));
    for (int y = 0; y < full.height; y++)
        for (int x = 0; x < full.width; x++)
            n += pixel(&full, x, y) == 0xff0000;
    /* Both are enlarged. Half a pixel of the frame is inside. */
    ck_assert_int_ge(n, 2 * 110 * 110);
    ck_assert_int_le(n, 2 * 112 * 112);
    sx_picture_free(&full);
    free(made.bytes);
    g.rows = 0;
    ck_assert(!sx_plot_gallery(&g, &made, &error) && error.status == SX_FAILED);
}
END_TEST

/* 37 columns, black and white in turn, become 3 pixels wide each. */
START_TEST(pixels_of_equal_size)
{
    struct sx_error error = {0};
    uint8_t stripes[37 * 37];
    struct sx_figure_options o;
    struct sx_picture full;
    int widths[8] = {0};
    for (int i = 0; i < 37 * 37; i++)
        stripes[i] = i % 37 % 2 == 0 ? 0 : 255;
    const struct sx_picture lines = {37, 37, 1, stripes};
    const struct sx_gallery one = {.rows = 1, .columns = 1, .cell = &lines};
    sx_figure_default(&o);
    struct sx_made made = {.o = &o, .format = SX_FIGURE_PNG};
    ck_assert_msg(sx_plot_gallery(&one, &made, &error), "%s", error.message);
    ck_assert(sx_picture_decode(made.bytes, made.size, &full, &error));
    for (int y = 0; y < full.height; y++)
        for (int x = 0, run = 0; x < full.width; x++) {
            if (pixel(&full, x, y) != 0 && run > 0)
                widths[run < 8 ? run : 7]++;
            run = pixel(&full, x, y) == 0 ? run + 1 : 0;
        }
    ck_assert_int_ge(widths[3], 17 * 109);
    ck_assert_int_eq(widths[1] + widths[4] + widths[5] + widths[6] + widths[7], 0);
    sx_picture_free(&full);
    free(made.bytes);
}
END_TEST

/* The left edge of what has this colour in the sheet of a pair of n samples, of two that are wanted;
 * the samples are black, and become white. */
static int left_edge(int64_t n, unsigned colour)
{
    struct sx_error error = {0};
    int64_t row[] = {4, 7};
    double phi[] = {2, 1};
    float x[2 * 16] = {0}, changed[2 * 16];
    struct sx_flint_climbed climbed[2] = {{.start = 1, .end = 2}, {.start = 1, .end = 3}};
    struct sx_flint_pair pair = {.n = n, .row = row, .phi = phi};
    for (int i = 0; i < 32; i++)
        changed[i] = (float)(i % 2);
    const struct sx_flint_shown shown = {.with_am = true,
                                         .pair = &pair,
                                         .n_pairs = 1,
                                         .sample = {4, {1, 1, 4, 4}},
                                         .n = n,
                                         .x = x,
                                         .changed = changed,
                                         .climbed = climbed};
    const struct sx_flint_origin origin = {.channels = 0};
    struct sx_figure_options o;
    struct sx_picture full;
    sx_figure_default(&o);
    struct sx_made made = {.o = &o, .format = SX_FIGURE_PNG};
    ck_assert_msg(sx_plot_shown(&origin, &shown, 2, SX_LAYOUT_AUTO, &made, &error), "%s",
                  error.message);
    ck_assert(sx_picture_decode(made.bytes, made.size, &full, &error));
    int edge = full.width;
    for (int y = 0; y < full.height; y++)
        for (int k = 0; k < edge; k++)
            edge = pixel(&full, k, y) == colour ? k : edge;
    sx_picture_free(&full);
    free(made.bytes);
    return edge;
}

/* A maximised sample is in its own column, also if a class has fewer samples than are wanted. */
START_TEST(columns_of_maximised_samples)
{
    ck_assert_int_eq(left_edge(1, 0xfde725), left_edge(2, 0xfde725));
    ck_assert_int_gt(left_edge(1, 0xfde725), 250);
}
END_TEST

int main(void)
{
    if (!fc_open())
        return 1;
    TCase *c = suite_case("flint_view");
    SUITE_ADD(c, outputs, explanations, surveys, pairs_over_tau, pairs_in_order, top_samples,
              penalties, penalty_slopes, penalties_of_no_picture, start_slope,
              climbs_like_the_reference, climbs_are_independent, climbs_within_bounds,
              starts_are_active, colours_of_pictures, galleries, columns_of_maximised_samples,
              pixels_of_equal_size, equal_samples);
    int failed = suite_run();
    fc_close();
    return failed;
}
