/* check_flint_laws.c - properties of FLINT for any numbers: derivatives of the losses,
 * invariances, metrics by their definition, sizes of one, settings at their limits. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "flint_cases.h"
#include "ops/table.h"
#include "suite.h"

/* ---- Losses of random values ---- */

enum { PHI, LOGITS, TEACHER, RECON, X, ZERO, INPUTS };
enum { PRED, OF, INPUT, ENT_SAMPLE, ENT_BATCH, L1, TOTAL, TERMS };

struct loss {
    struct sx_graph *g;
    int in[INPUTS], term[TERMS], stop;
    struct sx_tensor feed[INPUTS];
};

static const double weights[] = {0.5, 0.8, 0.2, 0.1};

/* Sets n samples of 3 attributes, 4 classes and 5 numbers. One attribute is exactly 0. */
static void open_loss(struct loss *l, int64_t n, bool of_g, bool if_l1)
{
    struct sx_error error = {0};
    struct sx_flint_terms t;
    struct sx_shape shape[] = {SHAPE(n, 3), SHAPE(n, 4), SHAPE(n, 4),
                               SHAPE(n, 5), SHAPE(n, 5), ta_scalar()};
    l->g = sx_graph_new(sx_rows, SX_DOUBLE, &error);
    for (int i = 0; i < INPUTS; i++) {
        l->feed[i] = ta_random(SX_DOUBLE, shape[i], 0, 31 + (uint64_t)i);
        l->in[i] = sx_input(l->g, SX_DOUBLE, &shape[i]);
    }
    sx_tensor_set(&l->feed[ZERO], 0, 0);
    sx_tensor_set(&l->feed[PHI], 1, 0);
    struct sx_tensor hot = ta_random(SX_DOUBLE, shape[TEACHER], 0, 3);
    for (int64_t i = 0; i < 4 * n; i++)
        sx_tensor_set(&hot, i, i % 4 == i / 4 % 3);
    struct sx_flint_values v = {.scale = SX_NONE,
                                .phi = l->in[PHI],
                                .logits = l->in[LOGITS],
                                .teacher = l->in[TEACHER],
                                .recon = l->in[RECON],
                                .x = l->in[X],
                                .zero = l->in[ZERO]};
    v.labels = sx_const(l->g, SX_DOUBLE, &hot.shape, hot.data);
    for (int i = 0; i < 4; i++)
        v.weight[i] = sx_scalar(l->g, weights[i]);
    sx_flint_loss(l->g, &v, of_g, if_l1, &t);
    const int term[] = {t.pred, t.of, t.input, t.ent_sample, t.ent_batch, t.l1, t.total};
    memcpy(l->term, term, sizeof term);
    l->stop = t.stop;
    ta_free(&hot, 1);
}

static void close_loss(struct loss *l)
{
    ta_free(l->feed, INPUTS);
    sx_graph_free(l->g);
}

static double value(struct loss *l, int term)
{
    struct sx_tensor got = ta_evaluate(l->g, l->term[term], l->in, l->feed, INPUTS);
    double v = sx_tensor_get(&got, 0);
    ta_free(&got, 1);
    return v;
}

static void values(struct loss *l, double *v)
{
    for (int i = 0; i < TERMS; i++)
        v[i] = value(l, i);
}

/* Compares the derivative of a loss term by one of its inputs with differences, element by
 * element. */
static void expect_slope(struct loss *l, int term, int by)
{
    const double step = 1e-5;
    int slope;
    ck_assert(sx_derive(l->g, l->term[term], SX_NONE, &l->in[by], 1, &slope));
    struct sx_tensor got = ta_evaluate(l->g, slope, l->in, l->feed, INPUTS);
    for (int64_t i = 0; i < sx_count(&got.shape); i++) {
        double held = sx_tensor_get(&l->feed[by], i), side[2];
        for (int s = 0; s < 2; s++) {
            sx_tensor_set(&l->feed[by], i, held + (s == 0 ? step : -step));
            side[s] = value(l, term);
        }
        sx_tensor_set(&l->feed[by], i, held);
        ck_assert_double_eq_tol(sx_tensor_get(&got, i), (side[0] - side[1]) / (2 * step), 1e-8);
    }
    ta_free(&got, 1);
}

START_TEST(slopes_of_each_term)
{
    static const struct {
        int term, by;
        bool of_g, if_l1;
    } pair[] = {{PRED, TEACHER, false, false},  {OF, LOGITS, false, false},
                {OF, LOGITS, true, false},      {OF, TEACHER, true, false},
                {INPUT, RECON, false, false},   {INPUT, RECON, false, true},
                {INPUT, X, false, false},       {ENT_SAMPLE, PHI, false, false},
                {ENT_BATCH, PHI, false, false}, {L1, PHI, false, false},
                {TOTAL, PHI, false, false},     {TOTAL, LOGITS, false, false},
                {TOTAL, RECON, false, true}};
    for (size_t i = 0; i < sizeof pair / sizeof pair[0]; i++) {
        struct loss l;
        open_loss(&l, 3, pair[i].of_g, pair[i].if_l1);
        expect_slope(&l, pair[i].term, pair[i].by);
        close_loss(&l);
    }
}
END_TEST

/* If `stop` is a separate variable, f learns only from its labels. */
START_TEST(nothing_goes_back_to_the_teacher)
{
    for (int of_g = 0; of_g < 2; of_g++) {
        struct loss l;
        open_loss(&l, 3, of_g, false);
        const int by[] = {l.in[TEACHER], l.stop};
        int total[2], pred[1];
        ck_assert(sx_derive(l.g, l.term[TOTAL], SX_NONE, by, 2, total));
        ck_assert(sx_derive(l.g, l.term[PRED], SX_NONE, by, 1, pred));
        struct sx_tensor a = ta_evaluate(l.g, total[0], l.in, l.feed, INPUTS);
        struct sx_tensor b = ta_evaluate(l.g, pred[0], l.in, l.feed, INPUTS);
        ta_expect(&a, &b, 1e-14, "slope of f");
        ta_free(&a, 1);
        ta_free(&b, 1);
        close_loss(&l);
    }
}
END_TEST

static void swap_rows(struct sx_tensor *t, int64_t a, int64_t b)
{
    int64_t n = sx_count(&t->shape) / t->shape.dim[0];
    for (int64_t i = 0; i < n; i++) {
        double held = sx_tensor_get(t, a * n + i);
        sx_tensor_set(t, a * n + i, sx_tensor_get(t, b * n + i));
        sx_tensor_set(t, b * n + i, held);
    }
}

static void scale(struct sx_tensor *t, double by)
{
    for (int64_t i = 0; i < sx_count(&t->shape); i++)
        sx_tensor_set(t, i, by * sx_tensor_get(t, i));
}

START_TEST(losses_do_not_see)
{
    struct loss l;
    double before[TERMS], after[TERMS];
    open_loss(&l, 4, false, false);
    values(&l, before);
    /* samples 0 and 3 have the same label, so the losses are invariant under their exchange */
    for (int i = PHI; i < ZERO; i++)
        swap_rows(&l.feed[i], 0, 3);
    values(&l, after);
    for (int i = 0; i < TERMS; i++)
        ck_assert_double_eq_tol(after[i], before[i], 1e-13);
    for (int i = 0; i < 16; i++) { /* adds a constant to all classes of a sample */
        double more = 7 * (i / 4) - 5;
        sx_tensor_set(&l.feed[LOGITS], i, sx_tensor_get(&l.feed[LOGITS], i) + more);
        sx_tensor_set(&l.feed[TEACHER], i, sx_tensor_get(&l.feed[TEACHER], i) - 2 * more);
    }
    scale(&l.feed[PHI], -1);
    values(&l, after);
    for (int i = 0; i < TERMS; i++)
        ck_assert_double_eq_tol(after[i], before[i], 1e-12);
    scale(&l.feed[PHI], 3);
    scale(&l.feed[RECON], 3);
    scale(&l.feed[X], 3);
    values(&l, after);
    ck_assert_double_eq_tol(after[L1], 3 * before[L1], 1e-12);
    ck_assert_double_eq_tol(after[INPUT], 9 * before[INPUT], 1e-12);
    close_loss(&l);
}
END_TEST

/* The total is the sum of the weighted terms. Entropies are between 0 and log J, and both ends
 * are reached. If g equals f, the fidelity is f's entropy. */
START_TEST(bounds_of_losses)
{
    double log_j = fc_number(fc_case("losses/check"), "log_J"), v[TERMS];
    ck_assert_double_le(fc_number(fc_case("losses/out"), "ent_sample"), log_j);
    ck_assert_double_le(fc_number(fc_case("losses/out"), "ent_batch"), log_j);
    ck_assert_double_eq_tol(log_j, log(5), 1e-15);
    for (int of_g = 0; of_g < 2; of_g++) {
        struct loss l;
        open_loss(&l, 4, of_g, of_g);
        values(&l, v);
        double sum = v[PRED] + weights[0] * v[OF] + weights[1] * v[INPUT] +
                     weights[2] * (v[ENT_SAMPLE] - v[ENT_BATCH]) + weights[3] * v[L1];
        ck_assert_double_eq_tol(v[TOTAL], sum, 1e-14);
        ck_assert(v[ENT_SAMPLE] > 0 && v[ENT_SAMPLE] < log(3) && v[ENT_BATCH] < log(3));
        scale(&l.feed[PHI], 0);
        ck_assert_double_eq_tol(value(&l, ENT_SAMPLE), log(3), 1e-14);
        ck_assert_double_eq_tol(value(&l, ENT_BATCH), log(3), 1e-14);
        /* one sample has all its probability in one attribute */
        sx_tensor_set(&l.feed[PHI], 0, 1e4);
        ck_assert_double_eq_tol(value(&l, ENT_SAMPLE), 0.75 * log(3), 1e-12);
        ck_assert_double_eq_tol(value(&l, ENT_BATCH), 0, 1e-12);
        int entropy = sx_flint_entropy(l.g, l.in[TEACHER]);
        struct sx_tensor each = ta_evaluate(l.g, entropy, l.in, l.feed, INPUTS);
        double mean = 0;
        for (int i = 0; i < 4; i++)
            mean += sx_tensor_get(&each, i) / 4;
        ck_assert(of_g || v[OF] > mean);
        memcpy(l.feed[LOGITS].data, l.feed[TEACHER].data, 16 * sizeof(double));
        ck_assert_double_eq_tol(value(&l, OF), mean, 1e-13);
        ta_free(&each, 1);
        close_loss(&l);
    }
}
END_TEST

/* ---- The reference numbers that no other test uses ---- */

START_TEST(scores_of_the_cases)
{
    cJSON *in = fc_case("relevance/in"), *out = fc_case("relevance/out");
    struct sx_tensor t[] = {fc_array(in, "phi", SX_DOUBLE), fc_array(in, "W", SX_DOUBLE),
                            fc_array(in, "b", SX_DOUBLE), fc_array(out, "g_logits", SX_DOUBLE)};
    for (int i = 0; i < 30; i++) {
        double sum = sx_tensor_get(&t[2], i % 3);
        for (int j = 0; j < 6; j++)
            sum += sx_tensor_get(&t[0], i / 3 * 6 + j) * sx_tensor_get(&t[1], i % 3 * 6 + j);
        ck_assert_double_eq_tol(sum, sx_tensor_get(&t[3], i), 1e-12);
    }
    ta_free(t, 4);
}
END_TEST

static void expect_rows(const double *got, cJSON *want, const char *key)
{
    struct sx_tensor w = fc_array(want, key, SX_DOUBLE);
    for (int64_t i = 0; i < sx_count(&w.shape); i++)
        ck_assert_msg(fabs(got[i] - sx_tensor_get(&w, i)) < 1e-5, "%s[%d] is %g, not %g", key,
                      (int)i, got[i], sx_tensor_get(&w, i));
    ta_free(&w, 1);
}

/* The outputs of the networks before the first step, and L_cd after each step. */
START_TEST(states_of_training)
{
    const int64_t rows[] = {0, 1, 2, 3, 4};
    struct sx_tensor x = fc_array(fc_case("train_step/in"), "x", SX_DOUBLE);
    for (int joint = 0; joint < 2; joint++) {
        cJSON *want = fc_at(fc_case("train_step/out"), joint ? "joint/steps" : "posthoc/steps");
        struct fc_training t;
        struct sx_flint_progress p;
        struct sx_error error = {0};
        fc_train(&t, joint, 0);
        struct sx_flint_forward *w = &t.fit->forward;
        ck_assert(sx_flint_forward(w, t.x, rows, 5, t.fit->value, &error));
        expect_rows(w->phi, want->child, "phi");
        expect_rows(w->logits, want->child, "g_logits");
        expect_rows(w->teacher, want->child, "f_logits");
        struct sx_tensor recon = fc_array(want->child, "recon_0", SX_DOUBLE);
        double missed = 0;
        for (int i = 0; i < 64; i++)
            missed += pow(sx_tensor_get(&recon, i) - sx_tensor_get(&x, i), 2);
        ck_assert_double_eq_tol(w->missed[0], missed, 1e-4);
        ta_free(&recon, 1);
        for (int s = 0; s < 3; s++) {
            ck_assert(sx_flint_fit_step(t.fit, &p, &error));
            ck_assert_double_eq_tol(p.now.ent_sample - p.now.ent_batch + 0.5 * p.now.l1,
                                    fc_number(cJSON_GetArrayItem(want, s), "cd"), 1e-5);
        }
        fc_stop(&t);
    }
    ta_free(&x, 1);
}
END_TEST

/* The terms of the objective at the start of activation maximisation. */
START_TEST(start_of_a_climb)
{
    cJSON *in = fc_case("am_pi/in"), *out = fc_case("am_pi/out");
    struct sx_tensor x = fc_array(in, "x0", SX_FLOAT);
    scale(&x, fc_number(in, "scale"));
    double bound = sx_flint_bound(x.data, 64, 0, 1, 0, NULL);
    double tv = sx_flint_variation(x.data, &x.shape, 0, NULL);
    ck_assert_double_eq(bound, fc_number(out, "bound_init"));
    ck_assert_double_eq_tol(tv, fc_number(out, "tv_init"), 1e-7);
    double objective = fc_number(in, "C") * fc_number(out, "phi_init") -
                       fc_number(in, "lambda_bound") * bound - fc_number(in, "lambda_tv") * tv;
    ck_assert_double_eq_tol(objective, fc_number(out, "objective_init"), 1e-6);
    ta_free(&x, 1);
}
END_TEST

/* ---- Adam, pooling ---- */

/* Adam's formula in double. With a rate of 0 only the moments change. */
START_TEST(adam)
{
    enum { N = 3 };
    float w[N] = {1, -2, 0.5F}, m[N] = {0}, v[N] = {0}, still[N] = {1, -2, 0.5F};
    double ww[N] = {1, -2, 0.5}, mm[N] = {0}, vv[N] = {0};
    for (int t = 1; t <= 20; t++) {
        float g[N];
        for (int i = 0; i < N; i++) {
            g[i] = i == 2 ? 0 : sinf((float)(t + i)) * (float)pow(10, 3 * i - 2);
            mm[i] = 0.9 * mm[i] + 0.1 * (double)g[i];
            vv[i] = 0.999 * vv[i] + 0.001 * (double)g[i] * (double)g[i];
            ww[i] -=
                0.01 * mm[i] / (1 - pow(0.9, t)) / (sqrt(vv[i] / (1 - pow(0.999, t))) + 1e-8);
        }
        sx_adam(w, g, m, v, N, 0.01, t, 1);
        for (int i = 0; i < N; i++)
            ck_assert_double_eq_tol((double)w[i], ww[i], 1e-5);
        sx_adam(still, g, (float[N]){0}, (float[N]){0}, N, 0, t, 1);
    }
    ck_assert((double)w[2] == 0.5); /* a weight with derivative 0 does not move */
    ck_assert(memcmp(still, (float[]){1, -2, 0.5F}, sizeof still) == 0);
}
END_TEST

START_TEST(adam_on_threads)
{
    enum { N = (1 << 14) + 5 };
    float *a = calloc(6 * N, sizeof *a), *b = a + 3 * N;
    struct sx_tensor g = ta_random(SX_FLOAT, SHAPE(N), 0, 8);
    ck_assert(a != NULL);
    for (int t = 1; t <= 3; t++) {
        sx_adam(a, g.data, a + N, a + 2 * N, N, 1e-2, t, 1);
        sx_adam(b, g.data, b + N, b + 2 * N, N, 1e-2, t, 3);
    }
    ck_assert(memcmp(a, b, 3 * N * sizeof *a) == 0);
    ck_assert((double)a[N - 1] != 0);
    ta_free(&g, 1);
    free(a);
}
END_TEST

/* Rows of the pooling matrix are means of neighbours, symmetric from both ends. */
START_TEST(pooling_of_all_sizes)
{
    for (int64_t from = 1; from <= 20; from++)
        for (int64_t to = 1; to <= 20; to++) {
            float p[400];
            sx_pool_matrix(from, to, p);
            for (int64_t r = 0; r < to; r++) {
                double sum = 0;
                for (int64_t c = 0; c < from; c++) {
                    sum += (double)p[r * from + c];
                    ck_assert(p[r * from + c] >= 0);
                    ck_assert(p[r * from + c] == p[(to - r) * from - 1 - c]);
                    if (from == to)
                        ck_assert(p[r * from + c] == (float)(r == c));
                }
                ck_assert_double_eq_tol(sum, 1, 1e-6);
            }
        }
}
END_TEST

/* ---- Relevance and metrics ---- */

START_TEST(relevance_does_not_see)
{
    struct sx_tensor phi = ta_random(SX_DOUBLE, SHAPE(6), 0, 1);
    struct sx_tensor w = ta_random(SX_FLOAT, SHAPE(6), 0, 2);
    double *p = phi.data, r[6], again[6], alpha[6];
    sx_flint_relevance(p, w.data, 6, alpha, r);
    double largest = 0;
    for (int j = 0; j < 6; j++)
        largest = fmax(largest, fabs(r[j]));
    ck_assert_double_eq(largest, 1);
    /* the size of phi does not matter; its sign changes that of relevance */
    for (int k = 0; k < 3; k++) {
        const double by[] = {1e-200, 1e200, -8};
        double scaled[6];
        for (int j = 0; j < 6; j++)
            scaled[j] = by[k] * p[j];
        sx_flint_relevance(scaled, w.data, 6, NULL, again);
        for (int j = 0; j < 6; j++)
            ck_assert_double_eq_tol(again[j], by[k] < 0 ? -r[j] : r[j], 1e-14);
    }
    for (int j = 0; j < 3; j++) {
        double held = p[j];
        float kept = ((float *)w.data)[j];
        p[j] = p[5 - j];
        p[5 - j] = held;
        ((float *)w.data)[j] = ((float *)w.data)[5 - j];
        ((float *)w.data)[5 - j] = kept;
    }
    sx_flint_relevance(p, w.data, 6, NULL, again);
    for (int j = 0; j < 6; j++)
        ck_assert_double_eq(again[j], r[5 - j]);
    sx_flint_relevance((const double[6]){0}, w.data, 6, alpha, again);
    for (int j = 0; j < 6; j++)
        ck_assert(again[j] == 0 && alpha[j] == 0);
    struct sx_tensor both[] = {phi, w};
    ta_free(both, 2);
}
END_TEST

enum { SAMPLES = 40, CLASSES = 3, ATTRIBUTES = 4 };

struct sample {
    double phi[ATTRIBUTES], g[CLASSES], f[CLASSES], missed;
    float x[2];
    int64_t label;
};

static void draw_samples(struct sample *s)
{
    for (int i = 0; i < SAMPLES; i++, s++) {
        struct sx_tensor t = ta_random(SX_DOUBLE, SHAPE(16), 0, 100 + (uint64_t)i);
        const double *v = t.data;
        for (int j = 0; j < ATTRIBUTES; j++)
            s->phi[j] = j == 3 ? 0 : fmax(v[j], 0); /* the last attribute is always 0 */
        memcpy(s->g, v + 4, sizeof s->g);
        memcpy(s->f, v + 7, sizeof s->f);
        s->f[0] += i % 2 == 0 ? 3 * s->g[0] : 0;
        s->missed = v[10] * v[10];
        s->x[0] = (float)v[11];
        s->x[1] = (float)v[12];
        s->label = i % 5 == 0 ? -1 : i % CLASSES;
        ta_free(&t, 1);
    }
}

static void tally(const struct sample *s, const int *order, const float *w,
                  struct sx_flint_tally *t, struct sx_flint_metrics *m)
{
    struct sx_error error = {0};
    ck_assert(sx_flint_tally_new(t, CLASSES, ATTRIBUTES, &error));
    for (int i = 0; i < SAMPLES; i++) {
        const struct sample *one = &s[order[i]];
        struct sx_flint_row row = {one->phi, one->g,     one->f,     one->x,
                                   2,        one->label, one->missed};
        sx_flint_tally_add(t, &row, w);
    }
    sx_flint_tally_metrics(t, true, m);
}

static double softmax(const double *v, int n, int i)
{
    double sum = 0;
    for (int k = 0; k < n; k++)
        sum += exp(v[k]);
    return exp(v[i]) / sum;
}

static double entropy(const double *v, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum -= softmax(v, n, i) * log(softmax(v, n, i));
    return sum;
}

/* Computes every metric by its definition. */
static void count_again(const struct sample *s, const float *w, struct sx_flint_metrics *m)
{
    double mean[ATTRIBUTES] = {0}, sum = 0, square = 0, labelled = 0;
    *m = (struct sx_flint_metrics){.samples = SAMPLES};
    for (int i = 0; i < SAMPLES; i++, s++) {
        int64_t f = sx_flint_class(s->f, CLASSES), g = sx_flint_class(s->g, CLASSES);
        double r[ATTRIBUTES];
        sx_flint_relevance(s->phi, w + g * ATTRIBUTES, ATTRIBUTES, NULL, r);
        m->fidelity += (double)(f == g) / SAMPLES;
        labelled += s->label >= 0;
        m->acc_f += f == s->label;
        m->acc_g += g == s->label;
        m->recon += s->missed / SAMPLES / 2;
        for (int c = 0; c < CLASSES; c++)
            m->of -= softmax(s->f, CLASSES, c) * log(softmax(s->g, CLASSES, c)) / SAMPLES;
        m->gap -= entropy(s->f, CLASSES) / SAMPLES;
        m->ent_sample += entropy(s->phi, ATTRIBUTES) / SAMPLES;
        for (int j = 0; j < ATTRIBUTES; j++) {
            mean[j] += s->phi[j] / SAMPLES;
            for (int k = 0; k < SX_TAUS; k++)
                m->conciseness[k] += (r[j] > 1 / sx_taus[k]) / (double)SAMPLES;
        }
        for (int k = 0; k < 2; k++) {
            sum += (double)s->x[k] / SAMPLES / 2;
            square += pow((double)s->x[k], 2) / SAMPLES / 2;
        }
    }
    for (int j = 0; j < ATTRIBUTES; j++) {
        m->live += mean[j] > 0;
        m->l1 += mean[j] / ATTRIBUTES;
    }
    m->used = m->live;
    m->gap += m->of;
    m->acc_f /= labelled;
    m->acc_g /= labelled;
    m->variance = square - sum * sum;
    m->fidelity_top5 = NAN; /* fidelity in the top 5 is not defined for at most five classes */
    m->ent_batch = entropy(mean, ATTRIBUTES);
}

START_TEST(metrics_counted_again)
{
    enum { N = sizeof(struct sx_flint_metrics) / sizeof(double) };
    struct sample s[SAMPLES];
    struct sx_tensor w = ta_random(SX_FLOAT, SHAPE(CLASSES, ATTRIBUTES), 0, 9);
    struct sx_flint_metrics want, got[2];
    struct sx_flint_tally t[2];
    draw_samples(s);
    count_again(s, w.data, &want);
    for (int k = 0; k < 2; k++) { /* in the original order, and in another one */
        int order[SAMPLES];
        for (int i = 0; i < SAMPLES; i++)
            order[i] = k == 0 ? i : i * 7 % SAMPLES;
        tally(s, order, w.data, &t[k], &got[k]);
        double a[N], b[N];
        memcpy(a, &got[k], sizeof a);
        memcpy(b, &want, sizeof b);
        for (int i = 0; i < N; i++)
            ck_assert_msg((isnan(a[i]) && isnan(b[i])) || fabs(a[i] - b[i]) < 1e-12,
                          "metric %d is %g, not %g", i, a[i], b[i]);
    }
    ck_assert(want.live == 3 && want.fidelity > 0.2 && want.fidelity < 1);
    ck_assert(memcmp(t[0].count, t[1].count, CLASSES * sizeof *t[0].count) == 0);
    for (int i = 0; i < CLASSES * ATTRIBUTES; i++)
        ck_assert_double_eq_tol(t[0].relevance[i], t[1].relevance[i], 1e-12);
    sx_flint_tally_free(&t[0]);
    sx_flint_tally_free(&t[1]);
    ta_free(&w, 1);
}
END_TEST

int main(void)
{
    if (!fc_open())
        return 1;
    TCase *c = suite_case("flint_laws");
    SUITE_ADD(c, slopes_of_each_term, nothing_goes_back_to_the_teacher, losses_do_not_see,
              bounds_of_losses, scores_of_the_cases, states_of_training, start_of_a_climb, adam,
              adam_on_threads, pooling_of_all_sizes, relevance_does_not_see,
              metrics_counted_again);
    int failed = suite_run();
    fc_close();
    return failed;
}
