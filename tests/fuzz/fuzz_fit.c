/* fuzz_fit.c - bytes as a fitted model, which is asked what its attributes stand for, or as a checkpoint,
 * from which a fit goes on. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"

static const size_t most = (size_t)1 << 26;

/* A small fit of the digits, whose data a fitted model is asked about, too. */
struct fitting {
    struct sx_model *model;
    struct sx_dataset *x;
    struct sx_flint_fit *fit;
};

static struct sx_dataset *open_digits(struct sx_error *error)
{
    const struct sx_shape want = {4, {-1, 1, 8, 8}};
    struct sx_preprocess pre;
    const struct sx_input how = {.want = &want, .pre = &pre};
    return sx_preprocess_preset(&pre, "raw", error)
               ? sx_dataset_open("tests/data/digits8.npy", &how, error)
               : NULL;
}

static void open_fitting(struct fitting *f)
{
    static const char *const layer[] = {"/6/Relu_output_0"};
    struct sx_error error = {0};
    struct sx_flint_options o = {0};
    *f = (struct fitting){.model = sx_model_open("tests/data/digits8.onnx", NULL, &error)};
    f->x = open_digits(&error);
    fuzz_must(f->model != NULL && f->x != NULL && sx_flint_recipe(&o, "small", &error),
              "digits");
    o.layers = layer;
    o.n_layers = 1;
    o.attributes = o.psi_maps = 4;
    o.epochs = 2;
    o.batch = 10;
    o.threads = 1;
    o.cache = 0;
    const struct sx_flint_data data = {.x = f->x};
    f->fit = sx_flint_fit_new(f->model, &o, &data, &error);
    fuzz_must(f->fit != NULL, "a fit");
}

static void close_fitting(struct fitting *f)
{
    sx_flint_fit_free(f->fit);
    sx_dataset_close(f->x);
    sx_model_close(f->model);
}

static void read_checkpoint(const char *path)
{
    struct fitting f;
    struct sx_flint_progress p;
    struct sx_error error = {0};
    open_fitting(&f);
    bool ok = sx_flint_fit_resume(f.fit, path, &error);
    while (ok && !sx_flint_fit_done(f.fit))
        ok = sx_flint_fit_step(f.fit, &p, &error);
    fuzz_told(ok, &error);
    close_fitting(&f);
}

static void look(struct sx_flint *flint, struct sx_error *error)
{
    const int64_t attribute = 1;
    struct sx_flint_survey survey = {0};
    struct sx_flint_am am;
    struct sx_flint_climbed climbed;
    float x[64] = {0};
    struct sx_dataset *data = open_digits(error);
    sx_flint_am_default(&am);
    am.rounds = am.steps = 2;
    bool ok = sx_flint_survey(flint, data, NULL, &survey, error);
    if (ok && sx_flint_attributes(flint) > attribute)
        ok = sx_flint_maximise(flint, &am, sx_dataset_shape(data), 1, &attribute, x, &climbed,
                               error);
    fuzz_told(ok, error);
    sx_flint_survey_free(&survey);
    sx_dataset_close(data);
}

static void read_fitted(const char *path)
{
    const struct sx_model_options options = {.max_memory = most};
    const struct sx_infer_options infer = {.threads = 1, .max_memory = most};
    struct sx_error error = {0};
    struct sx_model *model = sx_model_open(path, &options, &error);
    struct sx_flint *flint = model != NULL ? sx_flint_open(model, &infer, &error) : NULL;
    fuzz_told(flint != NULL, &error);
    if (flint != NULL)
        look(flint, &error);
    sx_flint_free(flint);
    sx_model_close(model);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (n < 1)
        return 0;
    const char *path = fuzz_file(bytes + 1, n - 1);
    if (bytes[0] % 2 == 0)
        read_fitted(path);
    else
        read_checkpoint(path);
    return 0;
}
