/* check_flint.c - losses, relevance, training steps and pooling of FLINT against the reference
 * numbers of tests/data/flint_cases.json. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "flint_cases.h"
#include "ops/table.h"
#include "suite.h"

/* ---- Losses ---- */

struct loss {
    struct sx_graph *g;
    struct sx_flint_values v;
    struct sx_flint_terms t;
    struct sx_tensor feed[6];
    int input[6];
};

static void open_loss(struct loss *l, bool of_g, bool if_l1)
{
    static const char *const name[] = {"phi", "g_logits", "f_logits", "recon", "x"};
    cJSON *in = fc_case("losses/in");
    struct sx_error error = {0};
    const struct sx_shape scalar = {0};
    l->g = sx_graph_new(sx_rows, SX_DOUBLE, &error);
    for (int i = 0; i < 5; i++) {
        l->feed[i] = fc_array(in, name[i], SX_DOUBLE);
        l->input[i] = sx_input(l->g, SX_DOUBLE, &l->feed[i].shape);
    }
    l->feed[5] = ta_of(SX_DOUBLE, scalar, (const double[]){0});
    l->input[5] = sx_input(l->g, SX_DOUBLE, &scalar);
    struct sx_tensor y = fc_array(in, "y", SX_DOUBLE);
    struct sx_tensor hot = ta_of(SX_DOUBLE, l->feed[2].shape, (const double[24]){0});
    for (int i = 0; i < 6; i++)
        sx_tensor_set(&hot, i * 4 + (int)sx_tensor_get(&y, i), 1);
    double beta = fc_number(in, "weights/beta"), gamma = fc_number(in, "weights/gamma");
    double delta = fc_number(in, "weights/delta"), eta = fc_number(in, "weights/eta");
    l->v = (struct sx_flint_values){.scale = SX_NONE,
                                    .phi = l->input[0],
                                    .logits = l->input[1],
                                    .teacher = l->input[2],
                                    .recon = l->input[3],
                                    .x = l->input[4],
                                    .zero = l->input[5]};
    l->v.labels = sx_const(l->g, SX_DOUBLE, &hot.shape, hot.data);
    const double weight[] = {beta, gamma, delta, delta * eta};
    for (int i = 0; i < 4; i++)
        l->v.weight[i] = sx_scalar(l->g, weight[i]);
    sx_flint_loss(l->g, &l->v, of_g, if_l1, &l->t);
    ta_free(&y, 1);
    ta_free(&hot, 1);
}

static void close_loss(struct loss *l)
{
    ta_free(l->feed, 6);
    sx_graph_free(l->g);
}

static void expect_term(struct loss *l, int node, const char *name)
{
    struct sx_tensor got = ta_evaluate(l->g, node, l->input, l->feed, 6);
    double want = fc_number(fc_case("losses/out"), name);
    double value = sx_tensor_get(&got, 0);
    ck_assert_msg(fabs(value - want) <= 1e-12 * (1 + fabs(want)), "%s is %.15g, not %.15g",
                  name, value, want);
    ta_free(&got, 1);
}

START_TEST(loss_terms)
{
    struct loss l;
    open_loss(&l, false, false);
    expect_term(&l, l.t.pred, "L_pred");
    expect_term(&l, l.t.of, "L_of");
    expect_term(&l, l.t.input, "L_if_mse");
    expect_term(&l, l.t.ent_sample, "ent_sample");
    expect_term(&l, l.t.ent_batch, "ent_batch");
    expect_term(&l, l.t.l1, "l1");
    expect_term(&l, l.t.total, "L_total");
    /* The total of the terms. */
    int entropy = sx_flint_entropy(l.g, l.v.teacher);
    int gap = sx_sub(l.g, l.t.of, sx_scale(l.g, sx_sum_all(l.g, entropy), 1.0 / 6));
    expect_term(&l, gap, "L_of_gap_kl");
    double eta = fc_number(fc_case("losses/in"), "weights/eta");
    int spread = sx_sub(l.g, l.t.ent_sample, l.t.ent_batch);
    expect_term(&l, sx_add(l.g, spread, sx_scale(l.g, l.t.l1, eta)), "L_cd");
    expect_term(&l, sx_sub(l.g, l.t.total, l.t.pred), "L_int");
    close_loss(&l);
    open_loss(&l, true, true);
    expect_term(&l, l.t.of, "L_of_paper_direction");
    expect_term(&l, l.t.input, "L_if_l1");
    close_loss(&l);
}
END_TEST

START_TEST(loss_gradients)
{
    static const char *const name[] = {"phi", "g_logits", "f_logits", "recon"};
    struct loss l;
    open_loss(&l, false, false);
    const int by[] = {l.input[0], l.input[1], l.input[2], l.input[3], l.t.stop};
    int slope[5];
    ck_assert(sx_derive(l.g, l.t.total, SX_NONE, by, 5, slope));
    for (int i = 0; i < 4; i++) {
        struct sx_tensor want = fc_array(fc_case("losses/grad_of_L_total"), name[i], SX_DOUBLE);
        struct sx_tensor got = ta_evaluate(l.g, slope[i], l.input, l.feed, 6);
        ta_expect(&got, &want, 1e-12, name[i]);
        ta_free(&got, 1);
        ta_free(&want, 1);
    }
    close_loss(&l);
}
END_TEST

/* ---- Relevance ---- */

static void expect_relevance(const struct sx_flint_tally *t, cJSON *out)
{
    struct sx_tensor count = fc_array(out, "class_count", SX_DOUBLE);
    cJSON *rows = fc_at(out, "global_r");
    for (int c = 0; c < 3; c++) {
        ck_assert_int_eq(t->count[c], (int64_t)sx_tensor_get(&count, c));
        for (int j = 0; j < 6 && t->count[c] > 0; j++) {
            double got = t->relevance[c * 6 + j] / (double)t->count[c];
            double want = cJSON_GetArrayItem(cJSON_GetArrayItem(rows, c), j)->valuedouble;
            ck_assert_double_eq_tol(got, want, 1e-6);
        }
    }
    ta_free(&count, 1);
}

START_TEST(relevance)
{
    cJSON *in = fc_case("relevance/in"), *out = fc_case("relevance/out");
    struct sx_error error = {0};
    struct sx_tensor phi = fc_array(in, "phi", SX_DOUBLE), w = fc_array(in, "W", SX_FLOAT);
    struct sx_tensor logits = fc_array(out, "g_logits", SX_DOUBLE),
                     r = fc_array(out, "r", SX_DOUBLE);
    struct sx_tensor alpha = fc_array(out, "alpha", SX_DOUBLE),
                     yhat = fc_array(out, "yhat", SX_DOUBLE);
    struct sx_tensor curve = fc_array(out, "conciseness", SX_DOUBLE);
    struct sx_flint_tally t;
    struct sx_flint_metrics m;
    double a[6], got[6];
    ck_assert(sx_flint_tally_new(&t, 3, 6, &error));
    for (int i = 0; i < 10; i++) {
        const double *row = (const double *)phi.data + i * 6;
        const double *scores = (const double *)logits.data + i * 3;
        int64_t g = sx_flint_class(scores, 3);
        ck_assert_int_eq(g, (int64_t)sx_tensor_get(&yhat, i));
        sx_flint_relevance(row, (const float *)w.data + g * 6, 6, a, got);
        cJSON *set = cJSON_GetArrayItem(fc_at(out, "local_sets_tau2"), i), *member;
        bool listed[6] = {false};
        cJSON_ArrayForEach(member, set) listed[member->valueint] = true;
        for (int j = 0; j < 6; j++) {
            ck_assert(listed[j] == (got[j] > 0.5));
            ck_assert_double_eq_tol(a[j], sx_tensor_get(&alpha, i * 6 + j), 1e-6);
            ck_assert_double_eq_tol(got[j], sx_tensor_get(&r, i * 6 + j), 1e-6);
        }
        struct sx_flint_row s = {.phi = row, .logits = scores, .teacher = scores, .label = -1};
        sx_flint_tally_add(&t, &s, w.data);
    }
    sx_flint_tally_metrics(&t, false, &m);
    expect_relevance(&t, out);
    for (int k = 0; k < SX_TAUS; k++)
        ck_assert_double_eq_tol(m.conciseness[k], sx_tensor_get(&curve, k), 1e-12);
    ck_assert_double_eq(m.fidelity, 1);
    ck_assert(isnan(m.acc_f) && isnan(m.recon));
    sx_flint_tally_free(&t);
    struct sx_tensor all[] = {phi, w, logits, r, alpha, yhat, curve};
    ta_free(all, 7);
}
END_TEST

/* ---- Training steps ---- */

static void expect_tensors(const struct fc_training *t, const struct sx_tensor *got,
                           cJSON *want, const char *key)
{
    ck_assert_int_eq(t->fit->n_trained, cJSON_GetArraySize(fc_at(want, key)));
    for (int i = 0; i < t->fit->n_trained; i++) {
        const char *name = fc_name(t->fit->names[i]);
        struct sx_tensor w = fc_array(fc_at(want, key), name, SX_FLOAT);
        ta_expect(&got[i], &w, 1e-5, name);
        ta_free(&w, 1);
    }
}

static void expect_steps(bool joint, size_t cache)
{
    cJSON *out = fc_at(fc_case("train_step/out"), joint ? "joint" : "posthoc");
    struct fc_training t;
    struct sx_flint_progress p;
    struct sx_error error = {0};
    fc_train(&t, joint, cache);
    ck_assert((t.fit->cache.teacher != NULL) == (cache > 0 && !joint));
    for (int s = 0; s < 3; s++) {
        cJSON *want = cJSON_GetArrayItem(fc_at(out, "steps"), s);
        if (s == 2)
            expect_tensors(&t, t.fit->value, out, "params_after_2");
        ck_assert_msg(sx_flint_fit_step(t.fit, &p, &error), "%s", error.message);
        ck_assert_double_eq_tol(p.now.total, fc_number(want, "total"), 1e-5);
        ck_assert_double_eq_tol(p.now.of, fc_number(want, "of"), 1e-5);
        ck_assert_double_eq_tol(p.now.input, fc_number(want, "if"), 1e-5);
        ck_assert_double_eq_tol(p.now.ent_sample, fc_number(want, "ent_sample"), 1e-5);
        ck_assert_double_eq_tol(p.now.ent_batch, fc_number(want, "ent_batch"), 1e-5);
        ck_assert_double_eq_tol(p.now.l1, fc_number(want, "l1"), 1e-5);
        ck_assert_double_eq_tol(p.now.pred, joint ? fc_number(want, "pred") : 0, 1e-5);
        if (s == 0)
            expect_tensors(&t, t.fit->gradient, out, "grad_step0");
    }
    ck_assert(sx_flint_fit_done(t.fit));
    fc_stop(&t);
}

START_TEST(steps_post_hoc)
{
    expect_steps(false, 0);
}
END_TEST

START_TEST(steps_from_what_is_remembered)
{
    expect_steps(false, 1 << 20);
}
END_TEST

START_TEST(steps_jointly)
{
    expect_steps(true, 0);
}
END_TEST

/* ---- Pooling, schedules, order ---- */

START_TEST(pooling)
{
    cJSON *item;
    cJSON_ArrayForEach(item, fc_case("adaptive_pool"))
    {
        int64_t from = (int64_t)fc_number(item, "n_in"), to = (int64_t)fc_number(item, "n_out");
        struct sx_tensor want = fc_array(item, "P", SX_FLOAT);
        float got[64];
        sx_pool_matrix(from, to, got);
        ck_assert(memcmp(got, want.data, (size_t)(from * to) * sizeof *got) == 0);
        ta_free(&want, 1);
    }
}
END_TEST

START_TEST(schedules)
{
    struct sx_schedule s;
    ck_assert(sx_schedule_parse(&s, "0.5"));
    ck_assert(s.n == 1 && s.epoch[0] == 1 && s.value[0] == 0.5);
    ck_assert(sx_schedule_parse(&s, "0.02@2,0.3@4"));
    ck_assert(sx_schedule_at(&s, 1) == 0 && sx_schedule_at(&s, 3) == 0.02);
    ck_assert(sx_schedule_at(&s, 4) == 0.3 && sx_schedule_at(&s, 99) == 0.3);
    ck_assert(!sx_schedule_starts(&s, 2) && sx_schedule_starts(&s, 4));
    static const char *const bad[] = {"", "x", "1@", "1@0", "1@1.5", "1@3,2@3", "1,", "nan"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!sx_schedule_parse(&s, bad[i]), "'%s' was taken", bad[i]);
}
END_TEST

START_TEST(orders_are_permutations)
{
    int64_t a[100], b[100];
    bool seen[100] = {false}, differ = false;
    sx_flint_shuffle(a, 100, 7, 3);
    sx_flint_shuffle(b, 100, 7, 4);
    for (int i = 0; i < 100; i++) {
        ck_assert(a[i] >= 0 && a[i] < 100 && !seen[a[i]]);
        seen[a[i]] = true;
        differ = differ || a[i] != b[i];
    }
    ck_assert(differ);
    sx_flint_shuffle(b, 100, 7, 3);
    ck_assert(memcmp(a, b, sizeof a) == 0);
}
END_TEST

/* ---- Refusals ---- */

static void expect_refused(struct sx_flint_options *o, enum sx_status status, const char *text)
{
    struct fc_training t;
    struct sx_error error = {0};
    fc_train(&t, false, 0);
    struct sx_flint_data data = {.x = t.x};
    ck_assert(sx_flint_fit_new(t.model, o, &data, &error) == NULL);
    ck_assert_int_eq(error.status, status);
    ck_assert_msg(strstr(error.message, text) != NULL, "%s", error.message);
    fc_stop(&t);
}

START_TEST(refusals)
{
    struct sx_error error = {0};
    struct sx_flint_options o = {0};
    static const char *const unknown[] = {"hiden"}, *const flat[] = {"f.fc.b"};
    ck_assert(!sx_flint_recipe(&o, "none", &error) && error.status == SX_USAGE);
    error = (struct sx_error){0};
    ck_assert(sx_flint_recipe(&o, "small", &error));
    o.layers = unknown;
    o.n_layers = 1;
    expect_refused(&o, SX_USAGE, "nearest: hidden");
    o.layers = flat;
    expect_refused(&o, SX_USAGE, "layer 'f.fc.b'");
    o.n_layers = 0;
    o.joint = true;
    expect_refused(&o, SX_USAGE, "needs labels");
    o.joint = false;
    o.logits = "nothing";
    expect_refused(&o, SX_USAGE, "no tensor named 'nothing'");
    o.logits = NULL;
    o.attributes = 0;
    expect_refused(&o, SX_USAGE, "attributes");
}
END_TEST

int main(void)
{
    if (!fc_open())
        return 1;
    TCase *c = suite_case("flint");
    SUITE_ADD(c, loss_terms, loss_gradients, relevance, steps_post_hoc,
              steps_from_what_is_remembered, steps_jointly, pooling, schedules,
              orders_are_permutations, refusals);
    int failed = suite_run();
    fc_close();
    return failed;
}
