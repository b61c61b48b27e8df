/* check_flint_fit.c - fits for all kinds of predictors: the parts that are built, the weights
 * that are learned and those that stay, checkpoints, controls, refusals. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flint_cases.h"
#include "model.h"
#include "suite.h"

/* ---- Predictors ---- */

/* Two convolutions, each with a layer of its own size. For pictures of 7 x 6 these are 7 x 6
 * and 4 x 3. */
static struct tm_model *pictures(void)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 4, (const int64_t[]){-1, 3, 7, 6});
    fc_add_weights(m, "w1", 4, (const int64_t[]){2, 3, 3, 3});
    fc_add_weights(m, "b1", 1, (const int64_t[]){2});
    fc_add_weights(m, "w02", 4, (const int64_t[]){4, 2, 3, 3});
    fc_add_weights(m, "head", 2, (const int64_t[]){48, 3});
    tm_node(m, "Conv", "x w1 b1", "c1", "pads=1,1,1,1");
    tm_node(m, "Relu", "c1", "first", NULL);
    tm_node(m, "Conv", "first w02", "c2", "pads=1,1,1,1 strides=2,2");
    tm_node(m, "Relu", "c2", "second", NULL);
    tm_node(m, "Flatten", "second", "flat", NULL);
    tm_node(m, "MatMul", "flat head", "logits", NULL);
    tm_output(m, "logits");
    return m;
}

/* A table of 5 features with one hidden layer. `last` is the operator at the end. */
static struct tm_model *table(const char *last, int64_t classes)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 2, (const int64_t[]){-1, 5});
    fc_add_weights(m, "w1", 2, (const int64_t[]){5, 6});
    fc_add_weights(m, "b1", 1, (const int64_t[]){6});
    fc_add_weights(m, "w02", 2, (const int64_t[]){6, classes});
    tm_node(m, "Gemm", "x w1 b1", "a", NULL);
    tm_node(m, "Tanh", "a", "hidden", NULL);
    tm_node(m, "MatMul", "hidden w02", last != NULL ? "scores" : "y", NULL);
    if (last != NULL)
        tm_node(m, last, "scores", "y", NULL);
    tm_output(m, "y");
    return m;
}

/* Sequences [N, 4, 3]: weights along the last axis, then the mean of positions. */
static struct tm_model *sequences(void)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 3, (const int64_t[]){-1, 4, 3});
    fc_add_weights(m, "w1", 2, (const int64_t[]){3, 5});
    fc_add_weights(m, "w02", 2, (const int64_t[]){5, 2});
    tm_node(m, "MatMul", "x w1", "a", NULL);
    tm_node(m, "Relu", "a", "hidden", NULL);
    tm_node(m, "ReduceMean", "hidden", "mean", "axes=[1] keepdims=0");
    tm_node(m, "MatMul", "mean w02", "y", NULL);
    tm_output(m, "y");
    return m;
}

/* ---- Fits ---- */

struct fit {
    struct sx_model *model;
    struct sx_dataset *x;
    int64_t y[64];
    struct sx_flint_options o;
    struct sx_flint_fit *fit;
};

static void begin(struct fit *f, struct tm_model *m, struct sx_shape samples, int64_t classes)
{
    struct sx_error error = {0};
    *f = (struct fit){.model = tm_open(m, &error)};
    ck_assert_msg(f->model != NULL, "%s", error.message);
    tm_free(m);
    struct sx_tensor x = ta_random(SX_FLOAT, samples, 0, 3);
    f->x = fc_dataset(&x);
    ta_free(&x, 1);
    for (int64_t i = 0; i < 64; i++)
        f->y[i] = i * i % classes;
    ck_assert(sx_flint_recipe(&f->o, "small", &error));
    f->o.attributes = 5;
    f->o.psi_maps = 4;
    f->o.epochs = 3;
    f->o.batch = 8;
    f->o.validation = 0;
    f->o.threads = 1;
}

static bool try_fit(struct fit *f, struct sx_error *error)
{
    struct sx_flint_data data = {.x = f->x, .y = f->y};
    f->fit = sx_flint_fit_new(f->model, &f->o, &data, error);
    return f->fit != NULL;
}

static void open_fit(struct fit *f)
{
    struct sx_error error = {0};
    ck_assert_msg(try_fit(f, &error), "%s", error.message);
}

static void steps(struct fit *f, int64_t n)
{
    struct sx_error error = {0};
    struct sx_flint_progress p;
    for (int64_t i = 0; i < n && !sx_flint_fit_done(f->fit); i++)
        ck_assert_msg(sx_flint_fit_step(f->fit, &p, &error), "%s", error.message);
}

static void end(struct fit *f)
{
    sx_flint_fit_free(f->fit);
    sx_dataset_close(f->x);
    sx_model_close(f->model);
}

/* Opens the fitted file, or f's part of it, as a model. */
static struct sx_model *written(struct fit *f, bool f_alone)
{
    struct sx_error error = {0};
    char path[] = "/tmp/check-flint-fit-XXXXXX";
    int fd = mkstemp(path);
    struct sx_sink *sink = sx_sink_open(path, &error);
    ck_assert(fd >= 0 && sink != NULL);
    ck_assert_msg(
        (f_alone ? sx_flint_fit_write_model : sx_flint_fit_write)(f->fit, sink, &error), "%s",
        error.message);
    ck_assert(sx_sink_finish(sink, true, &error));
    struct sx_model *model = sx_model_open(path, NULL, &error);
    close(fd);
    unlink(path);
    ck_assert_msg(model != NULL, "%s", error.message);
    return model;
}

static struct sx_tensor weight(const struct sx_model *model, const char *name)
{
    struct sx_error error = {0};
    struct sx_tensor t = {0};
    const Onnx__TensorProto *proto = sx_model_initializer(model, name);
    ck_assert_msg(proto != NULL, "no initializer %s", name);
    ck_assert(sx_onnx_tensor_read(model, proto, SX_FLOAT, &t, NULL, &error));
    return t;
}

static bool same_weight(const struct sx_model *a, const struct sx_model *b, const char *name)
{
    struct sx_tensor x = weight(a, name), y = weight(b, name);
    bool same = sx_shape_equal(&x.shape, &y.shape) &&
                memcmp(x.data, y.data, (size_t)sx_count(&x.shape) * sizeof(float)) == 0;
    ta_free(&x, 1);
    ta_free(&y, 1);
    return same;
}

/* Runs the file on one batch and returns the shape of an output. */
static struct sx_shape output_shape(struct sx_model *model, struct sx_shape x, const char *name)
{
    struct sx_error error = {0};
    const struct sx_infer_options options = {0};
    struct sx_inference *run = sx_inference_new(model, &options, &error);
    struct sx_tensor feed = ta_random(SX_FLOAT, x, 0, 5);
    struct sx_shape shape = {0};
    const char *found;
    const struct sx_tensor *t;
    ck_assert(run != NULL);
    ck_assert_msg(sx_inference_run(run, &feed, &error), "%s", error.message);
    for (int i = 0; (t = sx_inference_output(run, i, &found)) != NULL; i++)
        if (strcmp(found, name) == 0)
            shape = t->shape;
    ta_free(&feed, 1);
    sx_inference_free(run);
    return shape;
}

/* Fits, and checks that the file has an interpreter of `classes` classes for samples like x. */
static void expect_fits(struct fit *f, struct sx_shape x, int64_t classes)
{
    struct sx_error error = {0};
    open_fit(f);
    steps(f, 1000);
    ck_assert(sx_flint_fit_done(f->fit));
    struct sx_model *model = written(f, false);
    const struct sx_shape scores = {2, {x.dim[0], classes}}, phi = {2, {x.dim[0], 5}};
    struct sx_shape got = output_shape(model, x, "flint_logits");
    ck_assert(sx_shape_equal(&got, &scores));
    got = output_shape(model, x, "flint_phi");
    ck_assert(sx_shape_equal(&got, &phi));
    got = output_shape(model, x, "flint_relevance");
    ck_assert(sx_shape_equal(&got, &phi));
    got = output_shape(model, x, "flint_recon");
    ck_assert(sx_shape_equal(&got, &x));
    struct sx_flint *flint = sx_flint_open(model, NULL, &error);
    struct sx_flint_survey survey = {0};
    ck_assert_msg(flint != NULL, "%s", error.message);
    ck_assert_int_eq(sx_flint_classes(flint), classes);
    ck_assert_msg(sx_flint_survey(flint, f->x, f->y, &survey, &error), "%s", error.message);
    ck_assert(survey.metrics.fidelity >= 0 && survey.metrics.fidelity <= 1);
    sx_flint_survey_free(&survey);
    sx_flint_free(flint);
    sx_model_close(model);
    end(f);
}

START_TEST(pictures_of_odd_sizes)
{
    static const char *const both[] = {"first", "second"};
    struct fit f;
    for (int n = 1; n <= 2; n++) {
        begin(&f, pictures(), SHAPE(16, 3, 7, 6), 3);
        f.o.layers = both;
        f.o.n_layers = n;
        expect_fits(&f, SHAPE(2, 3, 7, 6), 3);
    }
    begin(&f, pictures(), SHAPE(16, 3, 7, 6), 3); /* the default layer is the last one */
    open_fit(&f);
    ck_assert_str_eq(sx_flint_fit_layer(f.fit, 0), "second");
    ck_assert(sx_flint_fit_layer(f.fit, 1) == NULL);
    end(&f);
}
END_TEST

START_TEST(tables)
{
    static const char *const hidden[] = {"hidden"};
    struct fit f;
    for (int k = 0; k < 4; k++) {
        static const char *const last[] = {NULL, "Softmax", "LogSoftmax", "Sigmoid"};
        begin(&f, table(last[k], k == 3 ? 1 : 3), SHAPE(16, 5), k == 3 ? 2 : 3);
        f.o.layers = hidden;
        f.o.n_layers = 1;
        expect_fits(&f, SHAPE(2, 5), k == 3 ? 2 : 3);
    }
    begin(&f, table("Softmax", 3), SHAPE(16, 5), 3);
    f.o.layers = hidden;
    f.o.n_layers = 1;
    f.o.probs = "y";
    expect_fits(&f, SHAPE(2, 5), 3);
}
END_TEST

START_TEST(positions)
{
    static const char *const hidden[] = {"hidden"}, *const mixed[] = {"hidden", "mean"};
    struct fit f;
    begin(&f, sequences(), SHAPE(16, 4, 3), 2);
    f.o.layers = hidden;
    f.o.n_layers = 1;
    expect_fits(&f, SHAPE(2, 4, 3), 2);
    begin(&f, sequences(), SHAPE(16, 4, 3), 2);
    f.o.layers = mixed;
    f.o.n_layers = 2;
    expect_fits(&f, SHAPE(2, 4, 3), 2);
}
END_TEST

/* ---- What is learned, and what stays ---- */

START_TEST(post_hoc_leaves_f_alone)
{
    static const char *const name[] = {"w1", "b1", "w02", "head"};
    struct fit f;
    begin(&f, pictures(), SHAPE(16, 3, 7, 6), 3);
    open_fit(&f);
    steps(&f, 1000);
    ck_assert(sx_flint_fit_weight(f.fit, 0) == NULL);
    struct sx_model *model = written(&f, false);
    for (size_t i = 0; i < 4; i++)
        ck_assert_msg(same_weight(f.model, model, name[i]), "%s has changed", name[i]);
    ck_assert_str_eq(sx_model_metadata(model, "flint.mode"), "posthoc");
    ck_assert_str_eq(sx_model_metadata(model, "flint.layers"), "second");
    ck_assert_str_eq(sx_model_metadata(model, "flint.attributes"), "5");
    ck_assert_str_eq(sx_model_metadata(model, "flint.source.sha256"), sx_model_sha256(f.model));
    cJSON *config = cJSON_Parse(sx_model_metadata(model, "flint.config"));
    cJSON *metrics = cJSON_Parse(sx_model_metadata(model, "flint.metrics"));
    ck_assert(config != NULL && metrics != NULL);
    ck_assert_double_eq(fc_number(config, "epochs"), 3);
    ck_assert_double_eq(fc_number(metrics, "samples"), 16);
    cJSON_Delete(config);
    cJSON_Delete(metrics);
    sx_model_close(model);
    end(&f);
}
END_TEST

START_TEST(joint_changes_weights_and_nothing_else)
{
    static const char *const name[] = {"w1", "b1", "w02", "head"};
    struct fit f;
    begin(&f, pictures(), SHAPE(16, 3, 7, 6), 3);
    f.o.joint = true;
    open_fit(&f);
    for (size_t i = 0; i < 4; i++)
        ck_assert_str_eq(sx_flint_fit_weight(f.fit, i), name[i]);
    ck_assert(sx_flint_fit_weight(f.fit, 4) == NULL);
    steps(&f, 1000);
    struct sx_model *alone = written(&f, true), *whole = written(&f, false);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_msg(!same_weight(f.model, alone, name[i]), "%s has not changed", name[i]);
        ck_assert_msg(same_weight(alone, whole, name[i]), "%s is not the same in both",
                      name[i]);
    }
    ck_assert_int_eq(sx_model_output_count(alone), 1);
    ck_assert_int_eq(sx_model_output_count(whole), 5);
    sx_model_close(alone);
    sx_model_close(whole);
    end(&f);
}
END_TEST

START_TEST(new_weights_are_drawn)
{
    struct fit f, again;
    begin(&f, pictures(), SHAPE(16, 3, 7, 6), 3);
    f.o.joint = f.o.reinit = true;
    open_fit(&f);
    begin(&again, pictures(), SHAPE(16, 3, 7, 6), 3);
    again.o.joint = again.o.reinit = true;
    open_fit(&again);
    for (size_t i = 0; i < f.fit->params.n; i++) {
        const struct sx_flint_param *p = &f.fit->params.item[i];
        const struct sx_tensor *b = &again.fit->params.item[i].value;
        size_t bytes = (size_t)sx_count(&p->value.shape) * sizeof(float);
        ck_assert(memcmp(p->value.data, b->data, bytes) == 0);
        /* between -1 and 1, divided by the root of the number of inputs: 27, 18 and 48 */
        double most = strcmp(p->name, "w1") == 0 || strcmp(p->name, "b1") == 0 ? 27
                      : strcmp(p->name, "w02") == 0                            ? 18
                                                                               : 48;
        for (int64_t k = 0; p->part == SX_FLINT_F && k < sx_count(&p->value.shape); k++)
            ck_assert(fabs(sx_tensor_get(&p->value, k)) <= 1 / sqrt(most) + 1e-6);
    }
    end(&f);
    end(&again);
}
END_TEST

/* A joint fit may learn a weight if all nodes that read it take it at known inputs. */
START_TEST(places_of_weights)
{
    struct sx_error error = {0};
    struct sx_flint_params params = {0};
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 2, (const int64_t[]){-1, 4});
    fc_add_weights(m, "shift", 1, (const int64_t[]){4});
    fc_add_weights(m, "single", 1, (const int64_t[]){1});
    fc_add_weights(m, "shown", 1, (const int64_t[]){4});
    fc_add_weights(m, "power", 1, (const int64_t[]){4});
    fc_add_weights(m, "behind", 1, (const int64_t[]){4});
    fc_add_weights(m, "twice", 2, (const int64_t[]){4, 4});
    tm_node(m, "Add", "x shift", "a", NULL);
    tm_node(m, "Mul", "a single", "b", NULL);
    tm_node(m, "Add", "b shown", "c", NULL);
    tm_node(m, "Pow", "c power", "d", NULL);
    tm_node(m, "Add", "d power", "e", NULL);
    tm_node(m, "Identity", "behind", "hidden", NULL);
    tm_node(m, "Mul", "e hidden", "f", NULL);
    tm_node(m, "MatMul", "f twice", "g", NULL);
    tm_node(m, "MatMul", "g twice", "y", NULL);
    tm_output(m, "y");
    tm_output(m, "shown");
    struct sx_model *model = tm_open(m, &error);
    ck_assert_msg(model != NULL, "%s", error.message);
    tm_free(m);
    ck_assert(sx_flint_add_trainable(&params, model, false, 0, &error));
    static const char *const want[] = {"shift", "behind", "twice"};
    ck_assert_uint_eq(params.n, 3);
    for (size_t i = 0; i < 3; i++)
        ck_assert_str_eq(params.item[i].name, want[i]);
    sx_flint_params_free(&params);
    sx_model_close(model);
}
END_TEST

START_TEST(the_control_learns_h_alone)
{
    struct fit f, whole;
    begin(&f, pictures(), SHAPE(16, 3, 7, 6), 3);
    f.o.freeze_psi = true;
    open_fit(&f);
    ck_assert_int_eq(f.fit->n_trained, 2);
    ck_assert_str_eq(f.fit->names[0], "flint/h/weight");
    begin(&whole, pictures(), SHAPE(16, 3, 7, 6), 3);
    open_fit(&whole);
    steps(&f, 1000);
    for (size_t i = 0; i < f.fit->params.n;
         i++) { /* psi starts as in the fit that this one controls */
        const struct sx_flint_param *a = &f.fit->params.item[i];
        const struct sx_flint_param *b = &whole.fit->params.item[i];
        size_t bytes = (size_t)sx_count(&a->value.shape) * sizeof(float);
        bool same = memcmp(a->value.data, b->value.data, bytes) == 0;
        ck_assert_int_eq(same, a->part != SX_FLINT_H);
    }
    end(&f);
    end(&whole);
}
END_TEST

/* ---- Steps, epochs, validation ---- */

START_TEST(steps_of_an_epoch)
{
    static const struct {
        int64_t samples, batch, steps;
        bool drop;
    } want[] = {{16, 8, 2, false}, {16, 5, 3, false}, {16, 5, 3, true},  {19, 8, 3, false},
                {19, 8, 2, true},  {7, 8, 1, true},   {16, 32, 1, false}};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        struct fit f;
        begin(&f, table(NULL, 3), SHAPE(want[i].samples, 5), 3);
        static const char *const hidden[] = {"hidden"};
        f.o.layers = hidden;
        f.o.n_layers = 1;
        f.o.batch = want[i].batch;
        f.o.drop_last = want[i].drop;
        f.o.epochs = 1;
        open_fit(&f);
        ck_assert_int_eq(sx_flint_steps(f.fit), want[i].steps);
        steps(&f, want[i].steps);
        ck_assert(sx_flint_fit_done(f.fit));
        end(&f);
    }
}
END_TEST

START_TEST(samples_held_back)
{
    struct fit f;
    bool seen[32] = {false};
    begin(&f, pictures(), SHAPE(32, 3, 7, 6), 3);
    f.o.validation = 0.25;
    open_fit(&f);
    ck_assert_int_eq(f.fit->n_validation, 8);
    ck_assert_int_eq(f.fit->n_rows, 24);
    for (int i = 0; i < 32; i++) {
        int64_t row = i < 8 ? f.fit->validation[i] : f.fit->rows[i - 8];
        ck_assert(row >= 0 && row < 32 && !seen[row]);
        seen[row] = true;
    }
    steps(&f, 1000);
    for (int64_t e = 0; e <= 3; e++)
        ck_assert_double_eq(sx_flint_fit_epoch(f.fit, e)->validation.samples, 8);
    ck_assert(sx_flint_fit_epoch(f.fit, 4) == NULL && sx_flint_fit_epoch(f.fit, -1) == NULL);
    end(&f);
}
END_TEST

/* The rate changes with the epoch, and Adam's moments then start again. */
START_TEST(rates_change)
{
    struct fit f;
    begin(&f, pictures(), SHAPE(16, 3, 7, 6), 3);
    ck_assert(sx_schedule_parse(&f.o.lr, "1e-3,1e-4@2"));
    open_fit(&f);
    steps(&f, 2);
    ck_assert_int_eq(f.fit->t, 2);
    steps(&f, 1);
    ck_assert_int_eq(f.fit->t, 1);
    end(&f);
}
END_TEST

START_TEST(dropout_of_attributes)
{
    struct fit f, plain;
    begin(&f, pictures(), SHAPE(16, 3, 7, 6), 3);
    begin(&plain, pictures(), SHAPE(16, 3, 7, 6), 3);
    f.o.h_dropout = 0.5;
    ck_assert(sx_schedule_parse(&f.o.beta, "1") && sx_schedule_parse(&plain.o.beta, "1"));
    open_fit(&f);
    open_fit(&plain);
    steps(&f, 1);
    steps(&plain, 1);
    ck_assert(f.fit->sums[2] != plain.fit->sums[2]);
    const float *mask = f.fit->step[0].feed[f.fit->step[0].mask].data;
    for (int i = 0; i < 40; i++)
        ck_assert(mask[i] == 0 || mask[i] == 2);
    end(&f);
    end(&plain);
}
END_TEST

START_TEST(losses_that_are_not_finite)
{
    struct sx_error error = {0};
    struct sx_flint_progress p;
    struct fit f;
    begin(&f, pictures(), SHAPE(16, 3, 7, 6), 3);
    open_fit(&f);
    ((float *)f.fit->value[f.fit->n_trained - 1].data)[0] = NAN;
    ck_assert(!sx_flint_fit_step(f.fit, &p, &error));
    ck_assert_int_eq(error.status, SX_FAILED);
    ck_assert_msg(strstr(error.message, "epoch 1, step 1") != NULL, "%s", error.message);
    end(&f);
}
END_TEST

/* ---- Checkpoints ---- */

static void expect_same_state(const struct fit *a, const struct fit *b)
{
    for (int i = 0; i < a->fit->n_trained; i++) {
        size_t bytes = (size_t)sx_count(&a->fit->value[i].shape) * sizeof(float);
        ck_assert(memcmp(a->fit->value[i].data, b->fit->value[i].data, bytes) == 0);
        ck_assert(memcmp(a->fit->m[i].data, b->fit->m[i].data, bytes) == 0);
        ck_assert(memcmp(a->fit->v[i].data, b->fit->v[i].data, bytes) == 0);
    }
    ck_assert_int_eq(a->fit->epoch, b->fit->epoch);
    ck_assert_int_eq(a->fit->at, b->fit->at);
    ck_assert(memcmp(a->fit->sums, b->fit->sums, sizeof a->fit->sums) == 0);
}

/* A fit is stopped after every number of steps, resumed in a new fit, and ends with the same
 * weights. */
START_TEST(breaks)
{
    struct sx_error error = {0};
    char path[] = "/tmp/check-flint-ckpt-XXXXXX";
    int fd = mkstemp(path);
    struct fit whole;
    ck_assert(fd >= 0);
    close(fd);
    begin(&whole, pictures(), SHAPE(20, 3, 7, 6), 3);
    whole.o.joint = true;
    whole.o.validation = 0.2;
    whole.o.h_dropout = 0.2;
    open_fit(&whole);
    steps(&whole, 1000);
    for (int64_t n = 0; n <= 6; n++) {
        struct fit a, b;
        begin(&a, pictures(), SHAPE(20, 3, 7, 6), 3);
        a.o = whole.o;
        open_fit(&a);
        steps(&a, n);
        ck_assert_msg(sx_flint_fit_save(a.fit, path, &error), "%s", error.message);
        end(&a);
        begin(&b, pictures(), SHAPE(20, 3, 7, 6), 3);
        b.o = whole.o;
        open_fit(&b);
        ck_assert_msg(sx_flint_fit_resume(b.fit, path, &error), "%s", error.message);
        steps(&b, 1000);
        expect_same_state(&b, &whole);
        ck_assert(memcmp(b.fit->history, whole.fit->history, 4 * sizeof *b.fit->history) == 0);
        end(&b);
    }
    unlink(path);
    end(&whole);
}
END_TEST

static void expect_no_resume(const struct fit *base, const char *path, uint64_t seed,
                             const char *why)
{
    struct sx_error error = {0};
    struct fit f;
    begin(&f, pictures(), SHAPE(16, 3, 7, 6), 3);
    f.o = base->o;
    f.o.seed = seed;
    open_fit(&f);
    ck_assert(!sx_flint_fit_resume(f.fit, path, &error));
    ck_assert_msg(strstr(error.message, why) != NULL, "%s", error.message);
    end(&f);
}

START_TEST(checkpoints_of_others)
{
    struct sx_error error = {0};
    char path[] = "/tmp/check-flint-ckpt-XXXXXX";
    int fd = mkstemp(path);
    struct fit f;
    ck_assert(fd >= 0);
    begin(&f, pictures(), SHAPE(16, 3, 7, 6), 3);
    open_fit(&f);
    steps(&f, 1);
    ck_assert(sx_flint_fit_save(f.fit, path, &error));
    expect_no_resume(&f, path, 1, "other options");
    expect_no_resume(&f, "/nonexistent/checkpoint", 0, "No such file");
    off_t size = lseek(fd, 0, SEEK_END); /* the file was empty before it was replaced */
    ck_assert_int_eq(size, 0);
    struct tm_model *m = pictures();
    tm_write(m, path);
    tm_free(m);
    expect_no_resume(&f, path, 0, "no checkpoint");
    ck_assert(truncate(path, 20) == 0);
    expect_no_resume(&f, path, 0, path);
    ck_assert(!sx_flint_fit_save(f.fit, "/nonexistent/checkpoint", &error));
    ck_assert_int_eq(error.status, SX_WRITE);
    close(fd);
    unlink(path);
    end(&f);
}
END_TEST

/* ---- Refusals ---- */

static void expect_refused(struct fit *f, enum sx_status status, const char *why)
{
    struct sx_error error = {0};
    ck_assert_msg(!try_fit(f, &error), "%s: was taken", why);
    ck_assert_int_eq(error.status, status);
    ck_assert_msg(strstr(error.message, why) != NULL, "%s", error.message);
    end(f);
}

START_TEST(predictors_that_do_not_fit)
{
    struct fit f;
    struct tm_model *linear = tm_new(13);
    tm_input(linear, "x", SX_FLOAT, 2, (const int64_t[]){-1, 5});
    fc_add_weights(linear, "w", 2, (const int64_t[]){5, 3});
    tm_node(linear, "MatMul", "x w", "y", NULL);
    tm_output(linear, "y");
    begin(&f, linear, SHAPE(16, 5), 3);
    expect_refused(&f, SX_USAGE, "which layers");
    begin(&f, table(NULL, 1), SHAPE(16, 5), 2);
    static const char *const hidden[] = {"hidden"};
    f.o.layers = hidden;
    f.o.n_layers = 1;
    expect_refused(&f, SX_USAGE, "one number");
    begin(&f, pictures(), SHAPE(1, 3, 7, 6), 3);
    expect_refused(&f, SX_FAILED, "too few samples");
    begin(&f, pictures(), SHAPE(16, 3, 7, 6), 3);
    f.y[9] = 3;
    expect_refused(&f, SX_FAILED, "label 3 of sample 9");
    begin(&f, pictures(), SHAPE(16, 3, 7, 6), 3);
    f.o.validation = 1;
    expect_refused(&f, SX_USAGE, "shares");
    begin(&f, pictures(), SHAPE(16, 3, 7, 6), 3);
    f.o.no_decoder = true;
    expect_refused(&f, SX_USAGE, "without a decoder");
    struct tm_model *m = pictures();
    tm_input(m, "other", SX_FLOAT, 1, (const int64_t[]){2});
    tm_node(m, "Identity", "other", "more", NULL);
    tm_output(m, "more");
    begin(&f, m, SHAPE(16, 3, 7, 6), 3);
    expect_refused(&f, SX_MODEL, "takes 2 inputs");
}
END_TEST

START_TEST(no_second_interpreter)
{
    struct sx_error error = {0};
    struct fit f;
    begin(&f, pictures(), SHAPE(16, 3, 7, 6), 3);
    open_fit(&f);
    struct sx_model *once = written(&f, false);
    struct sx_flint_data data = {.x = f.x, .y = f.y};
    ck_assert(sx_flint_fit_new(once, &f.o, &data, &error) == NULL);
    ck_assert_int_eq(error.status, SX_MODEL);
    ck_assert_msg(strstr(error.message, "already") != NULL, "%s", error.message);
    error = (struct sx_error){0};
    ck_assert(sx_flint_open(f.model, NULL, &error) == NULL);
    ck_assert_msg(strstr(error.message, "not fitted") != NULL, "%s", error.message);
    sx_model_close(once);
    end(&f);
}
END_TEST

START_TEST(recipes_of_the_authors)
{
    static const struct {
        const char *name;
        int64_t attributes, epochs, batch;
        /* in epochs 1, 3, 1 and 4; l1: the last value of eta */
        double beta1, beta3, gamma, delta4, l1;
    } want[] = {{"mnist", 25, 12, 16, 0, 0.5, 0.8, 0, 0.5},
                {"quickdraw", 24, 12, 64, 0, 0.1, 5, 0.1, 3},
                {"cifar10", 36, 25, 64, 0, 0.6, 2, 0.2, 0.75},
                {"small", 16, 40, 32, 0, 0, 0.8, 0, 0.5}};
    struct sx_error error = {0};
    struct sx_flint_options o = {0};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        ck_assert(sx_flint_recipe(&o, want[i].name, &error));
        ck_assert_int_eq(o.attributes, want[i].attributes);
        ck_assert_int_eq(o.epochs, want[i].epochs);
        ck_assert_int_eq(o.batch, want[i].batch);
        ck_assert_double_eq(sx_schedule_at(&o.beta, 1), want[i].beta1);
        ck_assert_double_eq(sx_schedule_at(&o.beta, 3), want[i].beta3);
        ck_assert_double_eq(sx_schedule_at(&o.gamma, 1), want[i].gamma);
        ck_assert_double_eq(sx_schedule_at(&o.delta, 4), want[i].delta4);
        ck_assert_double_eq(sx_schedule_at(&o.eta, 99), want[i].l1);
        ck_assert(sx_flint_check(&o, &error));
    }
    ck_assert_double_eq(sx_schedule_at(&o.lr, 1), 1e-3);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("flint_fit");
    SUITE_ADD(c, pictures_of_odd_sizes, tables, positions, post_hoc_leaves_f_alone,
              joint_changes_weights_and_nothing_else, new_weights_are_drawn, places_of_weights,
              the_control_learns_h_alone, steps_of_an_epoch, samples_held_back, rates_change,
              dropout_of_attributes, losses_that_are_not_finite, breaks, checkpoints_of_others,
              predictors_that_do_not_fit, no_second_interpreter, recipes_of_the_authors);
    return suite_run();
}
