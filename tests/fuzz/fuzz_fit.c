/* fuzz_fit.c - bytes as a fitted model, which is used, or as a checkpoint, from which a fit is
 * resumed. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"

static const size_t most = (size_t)1 << 26;

/* The model and the data of digits, which stay open. */
static struct sx_model *model;
static struct sx_dataset *digits;

static void open_digits(void)
{
    static struct sx_preprocess pre;
    const struct sx_shape want = {4, {-1, 1, 8, 8}};
    const struct sx_input how = {.want = &want, .pre = &pre};
    struct sx_error error = {0};
    if (model != NULL)
        return;
    model = sx_model_open("tests/data/digits8.onnx", NULL, &error);
    if (sx_preprocess_preset(&pre, "raw", &error))
        digits = sx_dataset_open("tests/data/digits8.npy", &how, &error);
    fuzz_must(model != NULL && digits != NULL, "digits");
}

/* Begins a small fit of the digits. */
static struct sx_flint_fit *new_fit(void)
{
    static const char *const layer[] = {"/6/Relu_output_0"};
    struct sx_error error = {0};
    struct sx_flint_options o = {0};
    fuzz_must(sx_flint_recipe(&o, "small", &error), "a recipe");
    o.layers = layer;
    o.n_layers = 1;
    o.attributes = o.psi_maps = 4;
    o.epochs = 2;
    o.batch = 10;
    o.threads = 1;
    o.cache = 0;
    const struct sx_flint_data data = {.x = digits};
    struct sx_flint_fit *fit = sx_flint_fit_new(model, &o, &data, &error);
    fuzz_must(fit != NULL, "a fit");
    return fit;
}

static void read_checkpoint(const char *path)
{
    struct sx_flint_progress p;
    struct sx_error error = {0};
    struct sx_flint_fit *fit = new_fit();
    bool ok = sx_flint_fit_resume(fit, path, &error);
    while (ok && !sx_flint_fit_done(fit))
        ok = sx_flint_fit_step(fit, &p, &error);
    fuzz_told(ok, &error);
    sx_flint_fit_free(fit);
}

static void look(struct sx_flint *flint, struct sx_error *error)
{
    const int64_t attribute = 1;
    struct sx_flint_survey survey = {0};
    struct sx_flint_am am;
    struct sx_flint_climbed climbed;
    float x[64] = {0};
    sx_flint_am_default(&am);
    am.rounds = am.steps = 2;
    bool ok = sx_flint_survey(flint, digits, NULL, &survey, error);
    if (ok && sx_flint_attributes(flint) > attribute)
        ok = sx_flint_maximise(flint, &am, sx_dataset_shape(digits), 1, &attribute, x, &climbed,
                               error);
    fuzz_told(ok, error);
    sx_flint_survey_free(&survey);
}

static void read_fitted(const char *path)
{
    const struct sx_model_options options = {.max_memory = most};
    const struct sx_infer_options infer = {.threads = 1, .max_memory = most};
    struct sx_error error = {0};
    struct sx_model *fitted = sx_model_open(path, &options, &error);
    struct sx_flint *flint = fitted != NULL ? sx_flint_open(fitted, &infer, &error) : NULL;
    fuzz_told(flint != NULL, &error);
    if (flint != NULL)
        look(flint, &error);
    sx_flint_free(flint);
    sx_model_close(fitted);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (n < 1)
        return 0;
    open_digits();
    const char *path = fuzz_file(bytes + 1, n - 1);
    if (bytes[0] % 2 == 0)
        read_fitted(path);
    else
        read_checkpoint(path);
    return 0;
}
