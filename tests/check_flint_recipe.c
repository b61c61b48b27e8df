/* check_flint_recipe.c - the automatic recipe: the layers, epochs and attributes that it
 * chooses, and how it standardises data. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flint_cases.h"
#include "model.h"
#include "suite.h"

/* ---- Predictors ---- */

/* Two convolutions. `head` says how 4 maps become 3 classes. FLAT: by a vector of all places.
 * MEAN: by the mean of places. MAPS: by a map for each class, whose places are averaged. */
enum head { FLAT, MEAN, MAPS };
static struct tm_model *pictures(enum head head)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 4, (const int64_t[]){-1, 3, 6, 6});
    fc_add_weights(m, "w1", 4, (const int64_t[]){2, 3, 3, 3});
    fc_add_weights(m, "w2", 4, (const int64_t[]){4, 2, 3, 3});
    fc_add_weights(m, "maps", 4, (const int64_t[]){3, 4, 1, 1});
    fc_add_weights(m, "flat", 2, (const int64_t[]){144, 8});
    fc_add_weights(m, "wide", 2, (const int64_t[]){8, 3});
    fc_add_weights(m, "mean", 2, (const int64_t[]){4, 3});
    tm_node(m, "Conv", "x w1", "c1", "pads=1,1,1,1");
    tm_node(m, "Relu", "c1", "first", NULL);
    tm_node(m, "Conv", "first w2", "c2", "pads=1,1,1,1");
    tm_node(m, "Relu", "c2", "second", NULL);
    if (head == FLAT) {
        tm_node(m, "Flatten", "second", "vector", NULL);
        tm_node(m, "MatMul", "vector flat", "a", NULL);
        tm_node(m, "Relu", "a", "b", NULL);
        tm_node(m, "MatMul", "b wide", "y", NULL);
    } else if (head == MEAN) {
        tm_node(m, "GlobalAveragePool", "second", "pooled", NULL);
        tm_node(m, "Flatten", "pooled", "vector", NULL);
        tm_node(m, "MatMul", "vector mean", "y", NULL);
    } else {
        tm_node(m, "Conv", "second maps", "classes", NULL);
        tm_node(m, "Relu", "classes", "rectified", NULL);
        tm_node(m, "ReduceMean", "rectified", "y", "axes=2,3 keepdims=0");
    }
    tm_output(m, "y");
    return m;
}

/* A convolution, and below it `hidden` layers of vectors. */
static struct tm_model *deep(int hidden)
{
    struct tm_model *m = tm_new(13);
    char in[20] = "vector", out[20], weight[20], both[48];
    tm_input(m, "x", SX_FLOAT, 4, (const int64_t[]){-1, 3, 6, 6});
    fc_add_weights(m, "w", 4, (const int64_t[]){2, 3, 3, 3});
    tm_node(m, "Conv", "x w", "c", "pads=1,1,1,1");
    tm_node(m, "Relu", "c", "image", NULL);
    tm_node(m, "Flatten", "image", "vector", NULL);
    for (int i = 0; i <= hidden; i++) {
        snprintf(weight, sizeof weight, "w%d", i);
        snprintf(out, sizeof out, i < hidden ? "h%d" : "y", i);
        fc_add_weights(m, weight, 2, (const int64_t[]){i == 0 ? 72 : 6, i < hidden ? 6 : 3});
        snprintf(both, sizeof both, "%s %s", in, weight);
        tm_node(m, "MatMul", both, out, NULL);
        snprintf(in, sizeof in, "%s", out);
    }
    tm_output(m, "y");
    return m;
}

/* A table of 5 columns with `hidden` layers of 6. */
static struct tm_model *table(int hidden)
{
    struct tm_model *m = tm_new(13);
    char in[20] = "x", out[20], weight[20], both[48];
    tm_input(m, "x", SX_FLOAT, 2, (const int64_t[]){-1, 5});
    for (int i = 0; i <= hidden; i++) {
        snprintf(weight, sizeof weight, "w%d", i);
        snprintf(out, sizeof out, i < hidden ? "a%d" : "y", i);
        fc_add_weights(m, weight, 2, (const int64_t[]){i == 0 ? 5 : 6, i < hidden ? 6 : 3});
        snprintf(both, sizeof both, "%s %s", in, weight);
        tm_node(m, "MatMul", both, out, NULL);
        snprintf(in, sizeof in, "h%d", i);
        if (i < hidden)
            tm_node(m, "Tanh", out, in, NULL);
    }
    tm_output(m, "y");
    return m;
}

/* ---- Fits ---- */

struct fit {
    struct sx_model *model;
    struct sx_dataset *x;
    struct sx_tensor values;
    int64_t y[64];
    struct sx_flint_options o;
    struct sx_flint_fit *fit;
};

/* Begins a fit with samples whose channels have different means and spreads. */
static void begin(struct fit *f, struct tm_model *m, struct sx_shape samples)
{
    struct sx_error error = {0};
    *f = (struct fit){.model = tm_open(m, &error), .o = sx_flint_defaults()};
    ck_assert_msg(f->model != NULL, "%s", error.message);
    tm_free(m);
    f->values = ta_random(SX_FLOAT, samples, 0, 3);
    int64_t channels = samples.dim[1];
    int64_t plane = sx_count(&samples) / samples.dim[0] / channels;
    float *v = f->values.data;
    for (int64_t i = 0; i < sx_count(&samples); i++) {
        int64_t c = i / plane % channels;
        v[i] = (float)(c + 1) / 4 + (float)(c + 1) / 8 * v[i];
    }
    f->x = fc_dataset(&f->values);
    for (int64_t i = 0; i < 64; i++)
        f->y[i] = i % 3;
    f->o.epochs = 2;
    f->o.threads = 1;
    f->o.validation = 0;
}

static void open_fit(struct fit *f)
{
    struct sx_error error = {0};
    struct sx_flint_data data = {.x = f->x, .y = f->y};
    f->fit = sx_flint_fit_new(f->model, &f->o, &data, &error);
    ck_assert_msg(f->fit != NULL, "%s", error.message);
}

static void end(struct fit *f)
{
    sx_flint_fit_free(f->fit);
    sx_dataset_close(f->x);
    sx_model_close(f->model);
    ta_free(&f->values, 1);
}

/* ---- Layers ---- */

static void expect_layers(struct tm_model *m, struct sx_shape samples, const char *first,
                          const char *second, int64_t pool)
{
    struct fit f;
    begin(&f, m, samples);
    open_fit(&f);
    ck_assert_str_eq(sx_flint_fit_layer(f.fit, 0), first);
    const char *other = sx_flint_fit_layer(f.fit, 1);
    ck_assert((other == NULL) == (second == NULL));
    if (second != NULL)
        ck_assert_str_eq(other, second);
    ck_assert_int_eq(sx_flint_fit_options(f.fit)->pool, pool);
    end(&f);
}

/* The recipe finds the last maps before class maps, and not vectors after an image. Places are
 * pooled as in the model. */
START_TEST(layers_that_are_found)
{
    expect_layers(pictures(FLAT), SHAPE(16, 3, 6, 6), "second", NULL, 2);
    expect_layers(pictures(MEAN), SHAPE(16, 3, 6, 6), "second", NULL, 1);
    expect_layers(pictures(MAPS), SHAPE(16, 3, 6, 6), "second", NULL, 1);
    expect_layers(table(1), SHAPE(16, 5), "h0", NULL, 2);
    expect_layers(deep(3), SHAPE(16, 3, 6, 6), "image", NULL, 2);
    expect_layers(deep(4), SHAPE(16, 3, 6, 6), "h3", "h2", 2);
    expect_layers(table(3), SHAPE(16, 5), "h2", "h1", 2);
}
END_TEST

START_TEST(layers_by_their_names)
{
    struct fit f;
    begin(&f, pictures(FLAT), SHAPE(16, 3, 6, 6));
    f.o.layer_names = "first,second";
    open_fit(&f);
    ck_assert_str_eq(sx_flint_fit_layer(f.fit, 0), "first");
    ck_assert_str_eq(sx_flint_fit_layer(f.fit, 1), "second");
    ck_assert(sx_flint_fit_layer(f.fit, 2) == NULL);
    end(&f);
}
END_TEST

/* ---- Course and size ---- */

START_TEST(how_long)
{
    static const struct {
        int64_t steps, epochs, entropy, last;
    } want[] = {{1, 1000, 200, 751},
                {28, 36, 8, 28},
                {33, 31, 7, 25},
                {84, 12, 3, 10},
                {500, 12, 3, 10}};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        struct sx_flint_options o = sx_flint_defaults();
        sx_flint_settle(&o);
        sx_flint_settle_course(&o, want[i].steps);
        ck_assert_int_eq(o.epochs, want[i].epochs);
        ck_assert_double_eq(sx_schedule_at(&o.delta, want[i].entropy - 1), 0);
        ck_assert_double_eq(sx_schedule_at(&o.delta, want[i].entropy), 1);
        ck_assert_double_eq(sx_schedule_at(&o.eta, 1), 0.5);
        ck_assert_double_eq(sx_schedule_at(&o.beta, 1), 5);
        ck_assert_double_eq(sx_schedule_at(&o.lr, want[i].last - 1), 2e-3);
        ck_assert_double_eq(sx_schedule_at(&o.lr, want[i].last), 5e-4);
        ck_assert_int_eq(o.batch, 16);
        ck_assert(o.phi == SX_FLINT_RELU && o.scaling == SX_FLINT_DATA);
    }
}
END_TEST

START_TEST(how_many_attributes)
{
    static const int64_t want[][2] = {{1, 8},  {2, 8},   {3, 8},  {4, 10},
                                      {9, 23}, {20, 50}, {99, 50}};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        struct sx_flint_options o = {0};
        sx_flint_settle_size(&o, want[i][0]);
        ck_assert_int_eq(o.attributes, want[i][1]);
    }
    struct sx_flint_options o = {.attributes = 3};
    sx_flint_settle_size(&o, 20);
    ck_assert_int_eq(o.attributes, 3);
}
END_TEST

/* Sizes of the authors' networks, as sections 1.3 and 1.4 of the methods note list them. */
START_TEST(sizes_of_recipes)
{
    static const struct {
        const char *name;
        int64_t attributes, psi_maps, pool, decoder_maps[2], epochs, batch;
    } want[] = {{"mnist", 25, 64, 3, {2, 8}, 12, 16},
                {"quickdraw", 24, 64, 3, {2, 8}, 12, 64},
                {"cifar10", 36, 64, 3, {10, 24}, 25, 64},
                {"small", 16, 32, 2, {8, 16}, 40, 32},
                {"auto", 0, 64, 0, {8, 16}, 0, 16}};
    struct sx_error error = {0};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        struct sx_flint_options o = {0};
        ck_assert(sx_flint_recipe(&o, want[i].name, &error));
        sx_flint_settle(&o);
        ck_assert_int_eq(o.attributes, want[i].attributes);
        ck_assert_int_eq(o.psi_maps, want[i].psi_maps);
        ck_assert_int_eq(o.pool, want[i].pool);
        ck_assert_int_eq(o.decoder_maps[0], want[i].decoder_maps[0]);
        ck_assert_int_eq(o.decoder_maps[1], want[i].decoder_maps[1]);
        ck_assert_int_eq(o.epochs, want[i].epochs);
        ck_assert_int_eq(o.batch, want[i].batch);
        ck_assert_int_eq(o.drop_last, strcmp(want[i].name, "small") == 0);
    }
    struct sx_flint_options o = {0};
    ck_assert(!sx_flint_recipe(&o, "imagenet", &error) && error.status == SX_USAGE);
}
END_TEST

/* Given options replace those of the recipe. */
START_TEST(settings_over_a_recipe)
{
    struct sx_flint_options o = sx_flint_defaults();
    o.recipe = SX_FLINT_SMALL;
    o.attributes = 7;
    o.phi = SX_FLINT_RELU;
    o.keep_last = true;
    ck_assert(sx_schedule_parse(&o.beta, "3"));
    sx_flint_settle(&o);
    ck_assert_int_eq(o.attributes, 7);
    ck_assert_int_eq(o.psi_maps, 32);
    ck_assert(o.phi == SX_FLINT_RELU && o.scaling == SX_FLINT_UNSCALED && !o.drop_last);
    ck_assert_double_eq(sx_schedule_at(&o.beta, 1), 3);
    ck_assert_double_eq(sx_schedule_at(&o.gamma, 1), 0.8);
}
END_TEST

/* ---- Standardised ---- */

START_TEST(means_and_spreads)
{
    struct sx_error error = {0};
    struct sx_flint_scale s;
    const struct sx_shape shape = {4, {1, 2, 1, 2}};
    const float x[] = {1, 3, 10, 10, 5, 7, 10, 10};
    ck_assert(sx_flint_scale_new(&s, &shape, false, &error));
    ck_assert(s.n == 2 && s.plane == 2);
    sx_flint_scale_add(&s, x, 4);
    sx_flint_scale_add(&s, x + 4, 4);
    sx_flint_scale_finish(&s);
    ck_assert_double_eq_tol(s.mean[0], 4, 1e-6);
    ck_assert_double_eq_tol(s.sd[0], sqrt(5), 1e-6); /* of 1, 3, 5, 7 */
    ck_assert_double_eq_tol(s.mean[1], 10, 1e-6);
    /* The second channel is constant. Its spread becomes a thousandth of the spread of all, 9 +
     * 2.5. */
    ck_assert_double_eq_tol(s.sd[1], 1e-3 * sqrt(11.5), 1e-6);
    ck_assert(s.low[0] == 1 && s.high[0] == 7 && s.low[1] == 10 && s.high[1] == 10);
    sx_flint_scale_free(&s);
}
END_TEST

/* The mean and the spread of a channel of a tensor of the fitted file, over all samples. */
static void moments(struct sx_model *model, const struct fit *f, const char *tensor, int64_t c,
                    double *mean, double *sd)
{
    struct sx_error error = {0};
    const struct sx_infer_options options = {.output = tensor};
    struct sx_inference *run = sx_inference_new(model, &options, &error);
    ck_assert_msg(run != NULL, "%s", error.message);
    struct sx_tensor feed = f->values;
    ck_assert_msg(sx_inference_run(run, &feed, &error), "%s", error.message);
    const struct sx_tensor *t = sx_inference_output(run, 0, NULL);
    int64_t channels = t->shape.dim[1], n = sx_count(&t->shape);
    int64_t plane = n / t->shape.dim[0] / channels;
    double sum = 0, square = 0, count = (double)(n / channels);
    for (int64_t i = 0; i < n; i++)
        if (i / plane % channels == c) {
            sum += sx_tensor_get(t, i);
            square += pow(sx_tensor_get(t, i), 2);
        }
    *mean = sum / count;
    *sd = sqrt(square / count - *mean * *mean);
    sx_inference_free(run);
}

static struct sx_model *written(struct fit *f)
{
    struct sx_error error = {0};
    struct sx_flint_progress p;
    char path[] = "/tmp/check-flint-recipe-XXXXXX";
    int fd = mkstemp(path);
    struct sx_sink *sink = sx_sink_open(path, &error);
    while (!sx_flint_fit_done(f->fit))
        ck_assert_msg(sx_flint_fit_step(f->fit, &p, &error), "%s", error.message);
    ck_assert(fd >= 0 && sink != NULL);
    ck_assert_msg(sx_flint_fit_write(f->fit, sink, &error), "%s", error.message);
    ck_assert(sx_sink_finish(sink, true, &error));
    struct sx_model *model = sx_model_open(path, NULL, &error);
    close(fd);
    unlink(path);
    ck_assert_msg(model != NULL, "%s", error.message);
    return model;
}

/* Psi reads layers of mean 0 and spread 1. The output of d is scaled back to the mean and
 * spread of the samples. */
START_TEST(the_file_standardises)
{
    struct fit f;
    double mean, sd, made, spread;
    for (int k = 0; k < 2; k++) {
        begin(&f, k == 0 ? pictures(MEAN) : table(2),
              k == 0 ? SHAPE(32, 3, 6, 6) : SHAPE(32, 5));
        open_fit(&f);
        struct sx_model *model = written(&f);
        for (int64_t c = 0; c < 2; c++) {
            moments(model, &f, "flint/psi/in0", c, &mean, &sd);
            ck_assert_double_eq_tol(mean, 0, 1e-4);
            ck_assert_double_eq_tol(sd, 1, 1e-3);
            moments(model, &f, "flint/d/made", c, &made, &spread);
            moments(model, &f, "flint_recon", c, &mean, &sd);
            const struct sx_flint_scale *s = f.fit->source.scale;
            ck_assert_double_eq_tol(mean, made * (double)s->sd[c] + (double)s->mean[c], 1e-3);
            ck_assert_double_eq_tol(s->mean[c], (double)(c + 1) / 4, 0.15);
        }
        sx_model_close(model);
        end(&f);
    }
}
END_TEST

/* The input loss is that of standardised values, so it does not depend on the unit. */
START_TEST(losses_do_not_see_the_unit)
{
    double loss[2];
    for (int k = 0; k < 2; k++) {
        struct sx_error error = {0};
        struct sx_flint_progress p;
        struct fit f;
        begin(&f, table(2), SHAPE(32, 5));
        if (k == 1) { /* the same table in another unit */
            float *v = f.values.data;
            for (int64_t i = 0; i < sx_count(&f.values.shape); i++)
                v[i] *= 1024;
            sx_dataset_close(f.x);
            f.x = fc_dataset(&f.values);
        }
        f.o.beta = f.o.delta = (struct sx_schedule){.n = 1, .epoch = {1}, .value = {0}};
        open_fit(&f);
        ck_assert(sx_flint_fit_step(f.fit, &p, &error));
        loss[k] = p.now.input;
        end(&f);
    }
    ck_assert(loss[0] > 0.5 && loss[0] < 5);
    ck_assert(loss[1] > 0.5 && loss[1] < 5);
}
END_TEST

/* If f's weights are drawn again, its layers are not standardised, only the input is. */
START_TEST(new_weights_are_not_measured)
{
    struct fit f;
    begin(&f, pictures(FLAT), SHAPE(16, 3, 6, 6));
    f.o.joint = f.o.reinit = true;
    open_fit(&f);
    ck_assert(f.fit->source.layer[0].scale == NULL && f.fit->source.scale != NULL);
    ck_assert_int_eq(f.fit->classes, 3);
    end(&f);
}
END_TEST

/* ---- Splits, patience, augmentation ---- */

START_TEST(groups_are_held_back_whole)
{
    for (uint64_t seed = 0; seed < 8; seed++) {
        struct fit f;
        struct sx_error error = {0};
        int64_t group[32], held[4] = {0};
        begin(&f, table(2), SHAPE(32, 5));
        for (int64_t i = 0; i < 32; i++)
            group[i] = 100 - 7 * (i % 4); /* each group has 8 samples */
        struct sx_flint_data data = {.x = f.x, .group = group};
        f.o.validation = 0.3;
        f.o.seed = seed;
        f.fit = sx_flint_fit_new(f.model, &f.o, &data, &error);
        ck_assert_msg(f.fit != NULL, "%s", error.message);
        /* the share of 9.6 samples needs two groups */
        ck_assert_int_eq(f.fit->n_validation, 16);
        ck_assert_int_eq(f.fit->n_rows, 16);
        for (int64_t i = 0; i < 16; i++)
            held[f.fit->validation[i] % 4]++;
        for (int64_t g = 0; g < 4; g++)
            ck_assert(held[g] == 0 || held[g] == 8);
        for (int64_t i = 1; i < 16; i++)
            ck_assert(f.fit->rows[i] > f.fit->rows[i - 1]);
        end(&f);
    }
}
END_TEST

/* So many groups are held back as have the share of samples; one group always remains. */
START_TEST(how_many_groups_are_held_back)
{
    static const struct {
        double share;
        int64_t groups, held;
    } cases[] = {{0.25, 4, 8},  {0.26, 4, 8}, {0.29, 4, 16}, {0.5, 4, 16},
                 {0.99, 4, 24}, {0.5, 1, 0},  {0.5, 2, 16},  {0.03, 4, 0}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct fit f;
        struct sx_error error = {0};
        int64_t group[32];
        begin(&f, table(2), SHAPE(32, 5));
        for (int64_t i = 0; i < 32; i++)
            group[i] = i % cases[k].groups;
        struct sx_flint_data data = {.x = f.x, .group = group};
        f.o.validation = cases[k].share;
        f.fit = sx_flint_fit_new(f.model, &f.o, &data, &error);
        ck_assert_msg(f.fit != NULL, "%s", error.message);
        ck_assert_int_eq(f.fit->n_validation, cases[k].held);
        ck_assert_int_eq(f.fit->n_rows, 32 - cases[k].held);
        end(&f);
    }
    struct fit f; /* without groups the share is rounded down */
    begin(&f, table(2), SHAPE(19, 5));
    f.o.validation = 0.1;
    open_fit(&f);
    ck_assert_int_eq(f.fit->n_validation, 1);
    end(&f);
}
END_TEST

/* Metrics of the held-out samples do not depend on whether f's results were remembered, also if they
 * are of several batches. */
START_TEST(validation_from_what_is_remembered)
{
    struct sx_flint_metrics m[2];
    for (int k = 0; k < 2; k++) {
        struct fit f;
        struct sx_error error = {0};
        struct sx_flint_progress p;
        begin(&f, table(2), SHAPE(160, 5));
        f.o.validation = 0.5;
        f.o.cache = k == 0 ? (size_t)1 << 30 : 0;
        struct sx_flint_data data = {.x = f.x};
        f.fit = sx_flint_fit_new(f.model, &f.o, &data, &error);
        ck_assert_msg(f.fit != NULL, "%s", error.message);
        ck_assert((f.fit->held.teacher != NULL) == (k == 0));
        ck_assert_msg(sx_flint_fit_step(f.fit, &p, &error), "%s", error.message);
        m[k] = f.fit->history[0].validation;
        ck_assert_double_eq(m[k].samples, 80);
        end(&f);
    }
    ck_assert_double_eq_tol(m[0].gap, m[1].gap, 1e-6);
    ck_assert_double_eq_tol(m[0].recon, m[1].recon, 1e-6);
    ck_assert_double_eq_tol(m[0].ent_sample, m[1].ent_sample, 1e-6);
    ck_assert_double_eq(m[0].fidelity, m[1].fidelity);
}
END_TEST

/* Classes are those that f gives for the training samples, or with --mode=joint their labels. */
START_TEST(classes_of_the_training_samples)
{
    struct fit f;
    begin(&f, table(2), SHAPE(12, 5));
    f.o.joint = true;
    f.o.validation = 0.5;
    for (int64_t i = 0; i < 12; i++)
        f.y[i] = 0;
    open_fit(&f);
    ck_assert_int_eq(f.fit->classes, 1);
    const int64_t held = f.fit->validation[0], kept = f.fit->rows[0];
    sx_flint_fit_free(f.fit);
    f.y[held] = 2;
    open_fit(&f);
    ck_assert_int_eq(f.fit->classes, 1);
    sx_flint_fit_free(f.fit);
    f.y[kept] = 1;
    open_fit(&f);
    ck_assert_int_eq(f.fit->classes, 2);
    end(&f);
}
END_TEST

/* One number for two classes is the probability of the second, or its logit. */
START_TEST(one_number_for_two_classes)
{
    for (int logit = 0; logit < 2; logit++) {
        struct fit f;
        struct sx_error error = {0};
        struct sx_flint_metrics m;
        const struct sx_infer_options o = {.precise = true};
        struct tm_model *model = tm_new(13);
        tm_input(model, "x", SX_FLOAT, 2, (const int64_t[]){-1, 5});
        float same[25] = {0}; /* half of the samples have 2 x0 > x1 */
        for (int i = 0; i < 5; i++)
            same[6 * i] = 1;
        tm_const(model, "w0", SX_FLOAT, 2, (const int64_t[]){5, 5}, same);
        tm_const(model, "w1", SX_FLOAT, 2, (const int64_t[]){5, 1}, (float[]){2, -1, 0, 0, 0});
        tm_node(model, "MatMul", "x w0", "hidden", NULL);
        tm_node(model, "MatMul", "hidden w1", "z", NULL);
        tm_node(model, "Sigmoid", "z", "p", NULL);
        tm_output(model, logit ? "z" : "p");
        begin(&f, model, SHAPE(32, 5));
        f.o.logits = logit ? "z" : NULL;
        f.o.probs = logit ? NULL : "p";
        struct sx_inference *run = sx_inference_new(f.model, &o, &error);
        int64_t second = 0;
        for (int64_t i = 0; i < 32; i++) {
            const struct sx_tensor x = {SX_FLOAT, {2, {1, 5}}, (float *)f.values.data + 5 * i};
            ck_assert(sx_inference_run(run, &x, &error));
            double y = sx_tensor_get(sx_inference_output(run, 0, NULL), 0);
            f.y[i] = y > (logit ? 0 : 0.5);
            second += f.y[i];
        }
        sx_inference_free(run);
        ck_assert(second > 0 && second < 32);
        open_fit(&f);
        ck_assert(sx_flint_fit_measure(f.fit, f.x, f.y, &m, &error));
        ck_assert_double_eq(m.acc_f, 1);
        end(&f);
    }
}
END_TEST

/* New weights are uniform within 1 / sqrt(fan-in): of [out, in, 3, 3] that is 9 in, of the decoder's
 * [in, out, 3, 3] 9 out, of [out, in] it is in. */
START_TEST(new_weights_of_the_interpreter)
{
    struct fit f;
    double bound = 0;
    int seen = 0;
    begin(&f, pictures(FLAT), SHAPE(16, 3, 6, 6));
    f.o.layer_names = "first,second";
    open_fit(&f);
    for (size_t i = 0; i < f.fit->params.n; i++) {
        const struct sx_flint_param *p = &f.fit->params.item[i];
        const struct sx_shape *s = &p->value.shape;
        double most = 0;
        if (s->rank > 1) /* the bias that follows has the same bound */
            bound = 1 / sqrt((double)s->dim[1] * (s->rank == 4 ? 9 : 1));
        for (int64_t k = 0; k < sx_count(s); k++)
            most = fmax(most, fabs(sx_tensor_get(&p->value, k)));
        ck_assert_msg(most <= bound * 1.000001, "%s: %g over %g", p->name, most, bound);
        if (sx_count(s) >= 64) {
            ck_assert_msg(most > 0.9 * bound, "%s: %g, and %g at most", p->name, most, bound);
            seen++;
        }
    }
    ck_assert_int_ge(seen, 6);
    end(&f);
}
END_TEST

/* The nodes of the interpreter are those of the model's version of ONNX. */
START_TEST(nodes_by_version)
{
    static const int64_t versions[] = {8, 9, 10, 13, 17, 18};
    for (size_t k = 0; k < sizeof versions / sizeof versions[0]; k++) {
        struct fit f;
        int64_t opset = versions[k];
        int maxima = 0, means = 0, slices = 0;
        struct tm_model *m = tm_new(opset);
        tm_input(m, "x", SX_FLOAT, 4, (const int64_t[]){-1, 3, 6, 6});
        fc_add_weights(m, "w1", 4, (const int64_t[]){2, 3, 3, 3});
        fc_add_weights(m, "w2", 2, (const int64_t[]){72, 3});
        tm_const(m, "three", SX_INT, 1, (const int64_t[]){3}, (const int64_t[]){0, 2, 36});
        tm_const(m, "flat", SX_INT, 1, (const int64_t[]){2}, (const int64_t[]){0, 72});
        tm_node(m, "Conv", "x w1", "maps", "pads=1,1,1,1");
        tm_node(m, "Reshape", "maps three", "rows", NULL);
        tm_node(m, "Reshape", "rows flat", "vector", NULL);
        tm_node(m, "MatMul", "vector w2", "y", NULL);
        tm_output(m, "y");
        begin(&f, m, SHAPE(16, 3, 6, 6));
        f.o.layer_names = "maps,rows";
        open_fit(&f);
        const Onnx__GraphProto *g = f.fit->composed->graph;
        for (size_t i = 0; i < g->n_node; i++) {
            const Onnx__NodeProto *n = g->node[i];
            bool listed = false; /* axes are an attribute */
            for (size_t a = 0; a < n->n_attribute; a++)
                listed = listed || strcmp(n->attribute[a]->name, "axes") == 0;
            if (strcmp(n->op_type, "ReduceMax") == 0 || strcmp(n->op_type, "ReduceMean") == 0) {
                ck_assert_int_eq(listed, opset < 18);
                ck_assert_uint_eq(n->n_input, opset < 18 ? 1 : 2);
                maxima += n->op_type[6] == 'M' && n->op_type[7] == 'a';
                means += n->op_type[7] == 'e';
            }
            if (strcmp(n->op_type, "Slice") == 0) {
                ck_assert_int_eq(listed, opset < 10);
                ck_assert_uint_eq(n->n_input, opset < 10 ? 1 : 4);
                slices++;
            }
        }
        ck_assert(maxima == 1 && means == 1 && slices == 1);
        end(&f);
    }
}
END_TEST

/* The weights of the best epoch are kept. The fit ends `patience` epochs later. */
START_TEST(early_stopping)
{
    struct fit f;
    struct sx_error error = {0};
    struct sx_flint_progress p;
    float *best = NULL;
    int64_t at = 0, done = 0;
    double gap = INFINITY;
    begin(&f, table(2), SHAPE(32, 5));
    f.o.epochs = 60;
    f.o.patience = 3;
    f.o.validation = 0.25;
    ck_assert(sx_schedule_parse(&f.o.delta, "1@4") && sx_schedule_parse(&f.o.lr, "0.3"));
    open_fit(&f);
    size_t bytes = (size_t)sx_count(&f.fit->value[0].shape) * sizeof(float);
    best = malloc(bytes);
    while (!sx_flint_fit_done(f.fit)) {
        ck_assert_msg(sx_flint_fit_step(f.fit, &p, &error), "%s", error.message);
        done += p.epoch_end;
        if (p.epoch_end && done >= 4 && p.now.validation.gap < gap) {
            gap = p.now.validation.gap;
            at = done;
            if (!sx_flint_fit_done(f.fit))
                memcpy(best, f.fit->value[0].data, bytes);
        }
    }
    ck_assert(done < 60); /* with such a rate there are many epochs without improvement */
    ck_assert_int_eq(done, at + 3);
    ck_assert_int_eq(sx_flint_fit_kept(f.fit), at);
    ck_assert(memcmp(best, f.fit->value[0].data, bytes) == 0);
    free(best);
    end(&f);
}
END_TEST

START_TEST(stopping_early_after_a_break)
{
    struct sx_error error = {0};
    struct sx_flint_progress p;
    char path[] = "/tmp/check-flint-best-XXXXXX";
    int fd = mkstemp(path);
    struct fit f, g;
    for (int k = 0; k < 2; k++) {
        struct fit *one = k == 0 ? &f : &g;
        begin(one, table(2), SHAPE(32, 5));
        one->o.epochs = 60;
        one->o.patience = 3;
        one->o.validation = 0.25;
        ck_assert(sx_schedule_parse(&one->o.lr, "0.3"));
        open_fit(one);
        for (int i = 0; !sx_flint_fit_done(one->fit); i++) {
            ck_assert(sx_flint_fit_step(one->fit, &p, &error));
            if (k == 0 || i % 3 != 1)
                continue;
            ck_assert_msg(sx_flint_fit_save(one->fit, path, &error), "%s", error.message);
            sx_flint_fit_free(one->fit);
            open_fit(one);
            ck_assert_msg(sx_flint_fit_resume(one->fit, path, &error), "%s", error.message);
        }
    }
    ck_assert_int_eq(sx_flint_fit_kept(f.fit), sx_flint_fit_kept(g.fit));
    for (int i = 0; i < f.fit->n_trained; i++) {
        size_t bytes = (size_t)sx_count(&f.fit->value[i].shape) * sizeof(float);
        ck_assert(memcmp(f.fit->value[i].data, g.fit->value[i].data, bytes) == 0);
    }
    close(fd);
    unlink(path);
    end(&f);
    end(&g);
}
END_TEST

/* Each sample becomes the picture or its mirror image, shifted by at most one pixel with
 * repeated edges. Another epoch has other shifts. */
START_TEST(pictures_are_changed)
{
    struct fit f;
    int mirrored = 0, moved = 0, other = 0;
    begin(&f, pictures(FLAT), SHAPE(16, 3, 6, 6));
    f.o.flip = true;
    f.o.shift = 1;
    open_fit(&f);
    ck_assert(f.fit->cache.teacher == NULL);
    for (int64_t row = 0; row < 16; row++) {
        float x[2][108], room[108];
        const float *from = (const float *)f.values.data + 108 * row;
        for (int k = 0; k < 2; k++) {
            memcpy(x[k], from, sizeof x[k]);
            f.fit->epoch = k + 1;
            sx_flint_augment(f.fit, row, x[k], room);
        }
        other += memcmp(x[0], x[1], sizeof x[0]) != 0;
        int found = 0;
        for (int way = 0; way < 18; way++) {
            int flip = way / 9, down = way / 3 % 3 - 1, right = way % 3 - 1;
            bool same = true;
            for (int i = 0; i < 108 && same; i++) {
                int r = i / 6 % 6 - down, c = i % 6 - right;
                r = r < 0 ? 0 : r > 5 ? 5 : r;
                c = c < 0 ? 0 : c > 5 ? 5 : c;
                same = x[0][i] == from[i / 36 * 36 + r * 6 + (flip ? 5 - c : c)];
            }
            found += same;
            mirrored += same && flip;
            moved += same && (down != 0 || right != 0);
        }
        ck_assert_int_eq(found, 1);
    }
    ck_assert(mirrored > 2 && mirrored < 14 && moved > 8 && other > 12);
    end(&f);
}
END_TEST

/* The flip and both shifts of a sample, found from where the pixels of a numbered picture went. */
static void find_change(const struct sx_flint_fit *fit, int64_t row, int found[3])
{
    float x[3 * 36], room[3 * 36];
    for (int i = 0; i < 3 * 36; i++)
        x[i] = (float)(i % 36);
    sx_flint_augment(fit, row, x, room);
    int centre = (int)x[2 * 6 + 2], right = (int)x[2 * 6 + 3];
    found[0] = right < centre;
    found[1] = 2 - centre / 6;
    found[2] = 2 - (found[0] ? 5 - centre % 6 : centre % 6);
}

/* Shifts go as far in both directions, and the draws of a sample say nothing of those of others. */
START_TEST(changes_are_drawn_independently)
{
    enum { N = 400 };
    struct fit f;
    int change[N][3], count[2][3] = {{0}}, flips = 0;
    begin(&f, pictures(FLAT), SHAPE(16, 3, 6, 6));
    f.o.flip = true;
    f.o.shift = 1;
    open_fit(&f);
    for (int row = 0; row < N; row++) {
        find_change(f.fit, row, change[row]);
        flips += change[row][0];
        for (int k = 0; k < 2; k++) {
            ck_assert(abs(change[row][1 + k]) <= 1);
            count[k][change[row][1 + k] + 1]++;
        }
    }
    ck_assert(abs(flips - N / 2) < 50);
    for (int k = 0; k < 6; k++)
        ck_assert_int_lt(abs(count[k / 3][k % 3] - N / 3), 45);
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++)
            for (int far = a == b; far < 3; far++) {
                double product = 0;
                for (int row = 0; row + far < N; row++)
                    product += (a == 0 ? change[row][0] - 0.5 : change[row][a]) *
                               (b == 0 ? change[row + far][0] - 0.5 : change[row + far][b]);
                ck_assert_msg(fabs(product) < 60,
                              "%d of a sample and %d of the %dth after it: %g", a, b, far,
                              product);
            }
    end(&f);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("flint_recipe");
    SUITE_ADD(c, layers_that_are_found, layers_by_their_names, how_long, how_many_attributes,
              sizes_of_recipes, settings_over_a_recipe, means_and_spreads,
              the_file_standardises, losses_do_not_see_the_unit, new_weights_are_not_measured,
              groups_are_held_back_whole, early_stopping, stopping_early_after_a_break,
              pictures_are_changed, changes_are_drawn_independently,
              how_many_groups_are_held_back, validation_from_what_is_remembered,
              classes_of_the_training_samples, one_number_for_two_classes,
              new_weights_of_the_interpreter, nodes_by_version);
    return suite_run();
}
