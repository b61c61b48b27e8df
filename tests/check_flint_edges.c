/* check_flint_edges.c - fits with extreme options: sizes of one, settings at their limits,
 * losses of weight 0, other orders of the samples. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flint_cases.h"
#include "model.h"
#include "suite.h"

/* ---- Fits ---- */

struct fit {
    struct sx_model *model;
    struct sx_dataset *x;
    int64_t *y;
    struct sx_flint_options o;
    struct sx_flint_fit *fit;
};

static void add_weights(struct tm_model *m, const char *name, int64_t rows, int64_t columns)
{
    struct sx_tensor t = ta_random(SX_FLOAT, SHAPE(rows, columns), 0, strlen(name) + 40);
    tm_const(m, name, SX_FLOAT, 2, t.shape.dim, t.data);
    ta_free(&t, 1);
}

/* Begins a fit of a model with a hidden layer of 4 after a Flatten, and 3 classes. Samples have
 * any shape. The model takes `together` samples at once; -1: any number. */
static void begin_with(struct fit *f, struct sx_shape samples, int64_t together)
{
    static const char *const hidden[] = {"hidden"};
    struct sx_error error = {0};
    struct tm_model *m = tm_new(13);
    struct sx_shape open = samples;
    open.dim[0] = together;
    tm_input(m, "x", SX_FLOAT, open.rank, open.dim);
    add_weights(m, "first", sx_count(&samples) / samples.dim[0], 4);
    add_weights(m, "second", 4, 3);
    tm_node(m, "Flatten", "x", "flat", NULL);
    tm_node(m, "MatMul", "flat first", "a", NULL);
    tm_node(m, "Tanh", "a", "hidden", NULL);
    tm_node(m, "MatMul", "hidden second", "y", NULL);
    tm_output(m, "y");
    *f = (struct fit){.model = tm_open(m, &error)};
    ck_assert_msg(f->model != NULL, "%s", error.message);
    tm_free(m);
    struct sx_tensor x = ta_random(SX_FLOAT, samples, 0, 3);
    f->x = fc_dataset(&x);
    ta_free(&x, 1);
    f->y = calloc((size_t)samples.dim[0], sizeof *f->y);
    ck_assert(f->y != NULL);
    for (int64_t i = 0; i < samples.dim[0]; i++)
        f->y[i] = i * i % 3;
    ck_assert(sx_flint_recipe(&f->o, "small", &error));
    f->o.layers = hidden;
    f->o.n_layers = 1;
    f->o.attributes = 5;
    f->o.epochs = 2;
    f->o.batch = 8;
    f->o.validation = 0;
    f->o.threads = 1;
    f->o.delta = f->o.eta = f->o.beta = (struct sx_schedule){1, {1}, {0.5}};
}

static void begin(struct fit *f, struct sx_shape samples)
{
    begin_with(f, samples, -1);
}

static bool open_fit(struct fit *f, struct sx_error *error)
{
    const struct sx_flint_data data = {.x = f->x, .y = f->y};
    *error = (struct sx_error){0};
    f->fit = sx_flint_fit_new(f->model, &f->o, &data, error);
    return f->fit != NULL;
}

static struct sx_flint_epoch run(struct fit *f)
{
    struct sx_error error;
    struct sx_flint_progress p = {0};
    ck_assert_msg(open_fit(f, &error), "%s", error.message);
    while (!sx_flint_fit_done(f->fit))
        ck_assert_msg(sx_flint_fit_step(f->fit, &p, &error), "%s", error.message);
    return p.now;
}

static void end(struct fit *f)
{
    sx_flint_fit_free(f->fit);
    sx_dataset_close(f->x);
    sx_model_close(f->model);
    free(f->y);
}

static void refused(struct fit *f, enum sx_status status, const char *why)
{
    struct sx_error error;
    ck_assert_msg(!open_fit(f, &error), "was taken: %s", why);
    ck_assert_msg(error.status == status && strstr(error.message, why) != NULL, "%s",
                  error.message);
    end(f);
}

/* The largest difference of trained weights: of one part, or of all. */
static double apart(const struct fit *a, const struct fit *b, const char *prefix)
{
    double most = 0;
    ck_assert_int_eq(a->fit->n_trained, b->fit->n_trained);
    for (int i = 0; i < a->fit->n_trained; i++) {
        if (strncmp(a->fit->names[i], prefix, strlen(prefix)) != 0)
            continue;
        for (int64_t k = 0; k < sx_count(&a->fit->value[i].shape); k++)
            most = fmax(most, fabs(sx_tensor_get(&a->fit->value[i], k) -
                                   sx_tensor_get(&b->fit->value[i], k)));
    }
    return most;
}

/* ---- Sizes ---- */

static struct sx_flint_metrics measure(struct fit *f)
{
    struct sx_error error = {0};
    struct sx_flint_metrics m;
    ck_assert_msg(sx_flint_fit_measure(f->fit, f->x, f->y, &m, &error), "%s", error.message);
    ck_assert(isfinite(m.of) && isfinite(m.recon) && m.gap > -1e-9);
    ck_assert(m.fidelity >= 0 && m.fidelity <= 1 && m.ent_sample >= 0);
    return m;
}

START_TEST(one_attribute)
{
    struct fit f;
    begin(&f, SHAPE(16, 6));
    f.o.attributes = 1;
    struct sx_flint_epoch e = run(&f);
    ck_assert_double_eq_tol(e.ent_sample, 0, 1e-6);
    ck_assert_double_eq_tol(e.ent_batch, 0, 1e-6);
    struct sx_flint_metrics m = measure(&f);
    for (int k = 1; k < SX_TAUS; k++) /* relevances are -1, 0 or 1 */
        ck_assert_double_eq(m.conciseness[k], m.conciseness[0]);
    ck_assert(m.conciseness[0] <= 1 && m.used <= 1 && m.live <= 1);
    end(&f);
}
END_TEST

START_TEST(samples_of_one_number)
{
    const struct sx_shape shape[] = {SHAPE(16, 1),    SHAPE(16, 1, 1, 1), SHAPE(16, 1, 1, 9),
                                     SHAPE(16, 1, 1), SHAPE(2, 6),        SHAPE(3, 1, 5, 4)};
    for (size_t i = 0; i < sizeof shape / sizeof shape[0]; i++) {
        struct fit f;
        begin(&f, shape[i]);
        f.o.psi_maps = f.o.pool = f.o.decoder_maps[0] = f.o.decoder_maps[1] = 1;
        run(&f);
        ck_assert_double_eq(measure(&f).samples, (double)shape[i].dim[0]);
        end(&f);
    }
}
END_TEST

START_TEST(one_class_in_the_data)
{
    struct fit f;
    begin(&f, SHAPE(16, 6));
    memset(f.y, 0, 16 * sizeof *f.y);
    f.o.joint = true;
    f.o.epochs = 60;
    f.o.lr = (struct sx_schedule){1, {1}, {0.05}};
    struct sx_flint_epoch e = run(&f);
    ck_assert_double_lt(e.pred, sx_flint_fit_epoch(f.fit, 1)->pred / 4);
    struct sx_flint_metrics m = measure(&f);
    ck_assert(m.acc_f == 1 && m.acc_g == 1 && m.fidelity == 1);
    end(&f);
}
END_TEST

/* For a batch of one sample, its entropy is the entropy of the mean. So L_cd is eta times l1. */
START_TEST(one_sample_in_a_batch)
{
    struct fit f;
    struct sx_flint_progress p;
    struct sx_error error;
    begin(&f, SHAPE(5, 6));
    f.o.batch = 1;
    f.o.drop_last = false;
    ck_assert(open_fit(&f, &error));
    ck_assert_int_eq(sx_flint_steps(f.fit), 5);
    for (int s = 0; s < 5; s++) {
        ck_assert(sx_flint_fit_step(f.fit, &p, &error));
        ck_assert_double_eq_tol(p.now.ent_sample, p.now.ent_batch, 1e-6);
    }
    ck_assert(p.epoch_end && p.step == 5);
    end(&f);
}
END_TEST

START_TEST(batches_larger_than_the_data)
{
    struct fit a, b;
    begin(&a, SHAPE(7, 6));
    begin(&b, SHAPE(7, 6));
    a.o.batch = 7;
    b.o.batch = 1 << 24;
    run(&a);
    run(&b);
    ck_assert(apart(&a, &b, "") == 0);
    end(&a);
    end(&b);
}
END_TEST

/* A model of one sample is made one of a batch, and fitted like one that takes any number. */
START_TEST(models_of_one_sample)
{
    for (int64_t batch = 1; batch <= 3; batch++) {
        struct fit one, any;
        begin_with(&one, SHAPE(6, 6), 1);
        begin(&any, SHAPE(6, 6));
        one.o.batch = any.o.batch = batch;
        struct sx_flint_epoch a = run(&one), b = run(&any);
        ck_assert_double_eq_tol(a.total, b.total, 1e-5);
        ck_assert_double_eq_tol(a.input, b.input, 1e-5);
        ck_assert_double_eq_tol(a.ent_sample, b.ent_sample, 1e-5);
        ck_assert_double_lt(apart(&one, &any, ""), 1e-4);
        end(&one);
        end(&any);
    }
}
END_TEST

/* ---- Losses of weight 0 ---- */

START_TEST(weights_outside_the_loss_stay)
{
    static const struct {
        double beta, gamma, delta;
        const char *stays, *moves;
    } off[] = {{0, 0, 0, "", NULL},
               {0.5, 0, 0.5, "flint/d/", "flint/h/"},
               {0, 0.8, 0.5, "flint/h/", "flint/d/"},
               {0, 0, 0.5, "flint/h/", "flint/psi/"}};
    for (size_t i = 0; i < sizeof off / sizeof off[0]; i++) {
        struct fit drawn, f;
        struct sx_error error;
        begin(&drawn, SHAPE(16, 6));
        ck_assert(open_fit(&drawn, &error));
        begin(&f, SHAPE(16, 6));
        f.o.beta.value[0] = off[i].beta;
        f.o.gamma.value[0] = off[i].gamma;
        f.o.delta.value[0] = off[i].delta;
        run(&f);
        ck_assert_msg(apart(&drawn, &f, off[i].stays) == 0, "case %d", (int)i);
        ck_assert(off[i].moves == NULL || apart(&drawn, &f, off[i].moves) > 0);
        end(&drawn);
        end(&f);
    }
}
END_TEST

/* In a single batch the order of the samples does not matter, except for rounding. */
START_TEST(samples_in_another_order)
{
    struct fit a, b;
    begin(&a, SHAPE(12, 6));
    begin(&b, SHAPE(12, 6));
    struct sx_tensor x = ta_random(SX_FLOAT, SHAPE(12, 6), 0, 3), turned = ta_copy(&x);
    for (int64_t i = 0; i < 12; i++) {
        int64_t from = (i * 5 + 3) % 12;
        memcpy((float *)turned.data + 6 * i, (float *)x.data + 6 * from, 6 * sizeof(float));
        b.y[i] = a.y[from];
    }
    sx_dataset_close(b.x);
    b.x = fc_dataset(&turned);
    a.o.joint = b.o.joint = true;
    a.o.batch = b.o.batch = 12;
    struct sx_flint_epoch ea = run(&a), eb = run(&b);
    ck_assert_double_eq_tol(ea.total, eb.total, 1e-5);
    ck_assert_double_eq_tol(ea.pred, eb.pred, 1e-5);
    ck_assert_double_eq_tol(ea.ent_batch, eb.ent_batch, 1e-5);
    ck_assert(ea.fidelity == eb.fidelity);
    ck_assert_double_lt(apart(&a, &b, ""), 1e-4);
    struct sx_flint_metrics ma = measure(&a), mb = measure(&b);
    ck_assert_double_eq_tol(ma.of, mb.of, 1e-4);
    ck_assert_double_eq_tol(ma.variance, mb.variance, 1e-9);
    ta_free(&x, 1);
    ta_free(&turned, 1);
    end(&a);
    end(&b);
}
END_TEST

/* ---- Settings ---- */

START_TEST(settings_at_their_edges)
{
    static const int64_t bad[] = {INT64_MIN, -1, 0, (1 << 24) + 1, INT64_MAX};
    static const double shares[] = {-0.001, 1, 2, NAN, INFINITY};
    struct fit f;
    for (size_t i = 0; i < 5; i++)
        for (int k = 0; k < 7; k++) {
            begin(&f, SHAPE(16, 6));
            int64_t *const count[] = {
                &f.o.attributes,      &f.o.psi_maps, &f.o.pool, &f.o.decoder_maps[0],
                &f.o.decoder_maps[1], &f.o.epochs,   &f.o.batch};
            *count[k] = bad[i];
            refused(&f, SX_USAGE, "not millions");
        }
    for (size_t i = 0; i < 5; i++)
        for (int k = 0; k < 2; k++) {
            begin(&f, SHAPE(16, 6));
            *(k == 0 ? &f.o.validation : &f.o.h_dropout) = shares[i];
            refused(&f, SX_USAGE, "shares");
        }
    begin(&f, SHAPE(16, 6));
    f.o.validation = 0.95; /* one sample remains for training */
    refused(&f, SX_FAILED, "too few samples");
    begin(&f, SHAPE(16, 6));
    f.o.validation = 0.9;
    f.o.h_dropout = 0.99;
    run(&f);
    ck_assert(f.fit->n_rows == 2 && f.fit->n_validation == 14);
    end(&f);
    begin(&f, SHAPE(16, 6));
    f.o.attributes = 1 << 14; /* more attributes than memory allows */
    f.o.max_memory = 1 << 20;
    struct sx_error error;
    ck_assert(!open_fit(&f, &error));
    ck_assert_msg(error.status == SX_MEMORY, "%s", error.message);
    end(&f);
}
END_TEST

/* The weights of the loss terms by epoch, as the authors' recipes list them. */
START_TEST(recipes_by_epoch)
{
    static const struct {
        const char *name;
        int64_t epoch;
        double of, input, entropy, l1, lr;
    } want[] = {
        {"mnist", 1, 0, 0.8, 0, 0, 1e-4},         {"mnist", 2, 0, 0.8, 0, 0, 1e-4},
        {"mnist", 3, 0.5, 0.8, 0, 0.1, 1e-4},     {"mnist", 4, 0.5, 0.8, 0, 0.1, 1e-4},
        {"mnist", 5, 0.5, 0.8, 0.2, 0.1, 1e-4},   {"quickdraw", 1, 0, 5, 0, 0, 1e-4},
        {"quickdraw", 2, 0, 5, 0, 0.02, 1e-4},    {"quickdraw", 3, 0.1, 5, 0, 0.3, 1e-4},
        {"quickdraw", 4, 0.1, 5, 0.1, 0.3, 1e-4}, {"cifar10", 1, 0, 2, 0, 0, 1e-4},
        {"cifar10", 2, 0, 2, 0, 0.001, 1e-4},     {"cifar10", 3, 0.6, 2, 0, 0.15, 1e-4},
        {"cifar10", 4, 0.6, 2, 0.2, 0.15, 1e-4},  {"cifar10", 18, 0.6, 2, 0.2, 0.15, 1e-4},
        {"cifar10", 19, 0.6, 2, 0.2, 0.15, 4e-5}, {"small", 4, 0, 0.8, 0, 0, 1e-3},
        {"small", 5, 0.5, 0.8, 0, 0.1, 1e-3},     {"small", 8, 0.5, 0.8, 0.2, 0.1, 1e-3}};
    struct sx_error error = {0};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        struct sx_flint_options o = {0};
        int64_t e = want[i].epoch;
        ck_assert(sx_flint_recipe(&o, want[i].name, &error));
        double delta = o.delta.value[o.delta.n - 1];
        ck_assert_double_eq(sx_schedule_at(&o.beta, e), want[i].of);
        ck_assert_double_eq(sx_schedule_at(&o.gamma, e), want[i].input);
        ck_assert_double_eq(sx_schedule_at(&o.delta, e), want[i].entropy);
        ck_assert_double_eq_tol(delta * sx_schedule_at(&o.eta, e), want[i].l1, 1e-15);
        ck_assert_double_eq(sx_schedule_at(&o.lr, e), want[i].lr);
        ck_assert_int_eq(sx_schedule_starts(&o.lr, e), e == 19);
        ck_assert_int_eq(o.input == SX_FLINT_L1, strcmp(want[i].name, "cifar10") == 0);
        ck_assert(o.phi == SX_FLINT_LEAKY && !o.of_g && !o.joint);
    }
    struct sx_flint_am am;
    sx_flint_am_default(&am);
    ck_assert(am.dim == 0.3 && am.gain == 2 && am.tv == 6 && am.bound == 10);
    ck_assert(am.low == 0 && am.high == 1 && am.rate == 0.05 && !am.clamp);
    ck_assert(am.rounds == 6 && am.steps == 50 && am.jitter == 0);
}
END_TEST

/* ---- Resuming ---- */

/* A post-hoc fit that remembers f's results, has a short last batch and a changing rate. */
START_TEST(going_on_after_any_step)
{
    struct sx_error error;
    struct sx_flint_progress p;
    char path[] = "/tmp/check-flint-edges-XXXXXX";
    int fd = mkstemp(path);
    struct fit whole;
    ck_assert(fd >= 0);
    close(fd);
    begin(&whole, SHAPE(13, 6));
    whole.o.drop_last = false;
    whole.o.epochs = 3;
    whole.o.lr = (struct sx_schedule){2, {1, 2}, {1e-2, 1e-3}};
    run(&whole);
    ck_assert(whole.fit->cache.teacher != NULL && whole.fit->t == 4);
    for (int64_t n = 0; n <= 6; n++) {
        struct fit a, b;
        begin(&a, SHAPE(13, 6));
        begin(&b, SHAPE(13, 6));
        a.o = b.o = whole.o;
        ck_assert(open_fit(&a, &error) && open_fit(&b, &error));
        for (int64_t k = 0; k < n; k++)
            ck_assert(sx_flint_fit_step(a.fit, &p, &error));
        ck_assert(sx_flint_fit_save(a.fit, path, &error));
        ck_assert_msg(sx_flint_fit_resume(b.fit, path, &error), "%s", error.message);
        while (!sx_flint_fit_done(b.fit))
            ck_assert(sx_flint_fit_step(b.fit, &p, &error));
        ck_assert(apart(&b, &whole, "") == 0 && b.fit->t == whole.fit->t);
        ck_assert(memcmp(b.fit->sums, whole.fit->sums, sizeof b.fit->sums) == 0);
        end(&a);
        end(&b);
    }
    struct fit other; /* the same fit, but with one other label */
    begin(&other, SHAPE(13, 6));
    other.o = whole.o;
    other.y[4] = 2;
    ck_assert(open_fit(&other, &error));
    ck_assert(!sx_flint_fit_resume(other.fit, path, &error) && error.status == SX_USAGE);
    end(&other);
    unlink(path);
    end(&whole);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("flint_edges");
    SUITE_ADD(c, one_attribute, samples_of_one_number, one_class_in_the_data,
              one_sample_in_a_batch, models_of_one_sample, batches_larger_than_the_data,
              weights_outside_the_loss_stay, samples_in_another_order, settings_at_their_edges,
              recipes_by_epoch, going_on_after_any_step);
    return suite_run();
}
