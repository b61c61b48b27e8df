/* check_flint_hostile.c - damaged fitted files and checkpoints: cut short, with flipped bits,
 * with other sizes, of another fit, with NaN and infinities. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flint_cases.h"
#include "model.h"
#include "suite.h"

#define LIMIT ((size_t)1 << 26)

static struct fc_training training;
static struct {
    uint8_t *bytes;
    size_t size;
} fitted, checkpoint;
static char path[] = "/tmp/check-flint-hostile-XXXXXX";

static void read_back(uint8_t **bytes, size_t *size)
{
    FILE *f = fopen(path, "rb");
    ck_assert(f != NULL);
    *bytes = malloc(1 << 20);
    ck_assert(*bytes != NULL);
    *size = fread(*bytes, 1, 1 << 20, f);
    ck_assert(*size > 0 && *size < 1 << 20);
    fclose(f);
}

/* Makes a fit after one step, its checkpoint and its file. */
static void set_up(void)
{
    struct sx_error error = {0};
    struct sx_flint_progress p;
    int fd = mkstemp(path);
    ck_assert(fd >= 0);
    close(fd);
    fc_train(&training, false, 0);
    ck_assert(sx_flint_fit_step(training.fit, &p, &error));
    ck_assert(sx_flint_fit_save(training.fit, path, &error));
    read_back(&checkpoint.bytes, &checkpoint.size);
    struct sx_sink *sink = sx_sink_open(path, &error);
    ck_assert(sink != NULL && sx_flint_fit_write(training.fit, sink, &error));
    ck_assert(sx_sink_finish(sink, true, &error));
    read_back(&fitted.bytes, &fitted.size);
}

static void tear_down(void)
{
    unlink(path);
    fc_stop(&training);
    free(fitted.bytes);
    free(checkpoint.bytes);
}

/* ---- Uses of a fitted file ---- */

static bool look(struct sx_flint *flint, struct sx_error *error)
{
    struct sx_tensor x = fc_array(fc_case("train_step/in"), "x", SX_FLOAT);
    struct sx_flint_explanation e;
    struct sx_flint_survey survey = {0};
    struct sx_flint_pair pair = {.of_class = 1, .attribute = 0};
    x.shape.dim[0] = 1;
    bool ok = sx_flint_explain(flint, &x, &e, error);
    for (int64_t j = 0; ok && j < sx_flint_attributes(flint); j++)
        ck_assert(isfinite(e.phi[j]) && fabs(e.relevance[j]) <= 1);
    ok = ok && sx_flint_survey(flint, training.x, training.y, &survey, error) &&
         sx_flint_top(flint, training.x, NULL, &survey, &pair, 1, 2, error);
    free(pair.row);
    free(pair.phi);
    sx_flint_survey_free(&survey);
    ta_free(&x, 1);
    return ok;
}

/* Uses a file. A failure has a message of one line, and its status is not that of a wrong
 * command line. */
static bool use(const void *bytes, size_t n, struct sx_error *error)
{
    *error = (struct sx_error){0};
    struct sx_model *model = tm_open_bytes(bytes, n, LIMIT, error);
    const struct sx_infer_options options = {.threads = 1, .max_memory = LIMIT};
    struct sx_flint *flint = model != NULL ? sx_flint_open(model, &options, error) : NULL;
    bool ok = flint != NULL && look(flint, error);
    sx_flint_free(flint);
    sx_model_close(model);
    ck_assert(ok == (error->status == SX_OK));
    ck_assert_msg(ok || error->status == SX_FAILED || error->status == SX_MODEL ||
                      error->status == SX_MEMORY,
                  "status %d: %s", (int)error->status, error->message);
    ck_assert(ok || (error->message[0] != '\0' && strchr(error->message, '\n') == NULL));
    return ok;
}

/* The same for a checkpoint, from which another fit of the same kind is resumed. */
static bool resume(const void *bytes, size_t n, struct sx_error *error)
{
    struct fc_training again;
    struct sx_flint_progress p;
    FILE *f = fopen(path, "wb");
    *error = (struct sx_error){0};
    ck_assert(f != NULL && fwrite(bytes, 1, n, f) == n && fclose(f) == 0);
    fc_train(&again, false, 0);
    bool ok = sx_flint_fit_resume(again.fit, path, error);
    ck_assert_msg(ok || error->status == SX_FAILED || error->status == SX_USAGE,
                  "status %d: %s", (int)error->status, error->message);
    ck_assert_msg(ok || strncmp(error->message, path, strlen(path)) == 0, "%s", error->message);
    while (ok && !sx_flint_fit_done(again.fit))
        ok = sx_flint_fit_step(again.fit, &p, error);
    fc_stop(&again);
    return ok;
}

/* ---- Bytes ---- */

START_TEST(cut_short)
{
    struct sx_error error;
    ck_assert_msg(use(fitted.bytes, fitted.size, &error), "%s", error.message);
    for (size_t n = 0; n < fitted.size; n += n < 64 ? 1 : fitted.size / 97)
        ck_assert(!use(fitted.bytes, n, &error));
    ck_assert(!use(fitted.bytes, fitted.size - 1, &error));
    ck_assert(resume(checkpoint.bytes, checkpoint.size, &error));
    for (size_t n = 0; n < checkpoint.size; n += n < 16 ? 1 : checkpoint.size / 29)
        ck_assert(!resume(checkpoint.bytes, n, &error));
    ck_assert(!resume(checkpoint.bytes, checkpoint.size - 1, &error));
}
END_TEST

/* Flips up to four bits, many times. Returns how often the file could still be used. */
static int flips(const uint8_t *bytes, size_t size, uint64_t rounds,
                 bool (*try)(const void *, size_t, struct sx_error *))
{
    uint8_t *copy = malloc(size);
    struct sx_error error;
    int taken = 0;
    ck_assert(copy != NULL);
    for (uint64_t i = 0; i < rounds; i++) {
        memcpy(copy, bytes, size);
        for (uint64_t k = 0; k <= i % 4; k++) {
            uint64_t bit = sx_random_bits(size, i, k) % (8 * size);
            copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        taken += try(copy, size, &error);
    }
    free(copy);
    return taken;
}

START_TEST(bits_flipped)
{
    int taken = flips(fitted.bytes, fitted.size, 300, use);
    ck_assert(taken > 30 && taken < 290);
    taken = flips(checkpoint.bytes, checkpoint.size, 100, resume);
    ck_assert(taken > 5 && taken < 98);
}
END_TEST

/* ---- Fields ---- */

static Onnx__ModelProto *proto;

static Onnx__TensorProto *weights(const char *name)
{
    for (size_t i = 0; i < proto->graph->n_initializer; i++)
        if (strcmp(proto->graph->initializer[i]->name, name) == 0)
            return proto->graph->initializer[i];
    ck_abort_msg("no weights '%s'", name);
}

static void set_text(char **text, const char *to)
{
    free(*text);
    *text = strdup(to);
}

static void set_entry(const char *key, const char *value)
{
    for (size_t i = 0; i < proto->n_metadata_props; i++)
        if (strcmp(proto->metadata_props[i]->key, key) == 0)
            set_text(&proto->metadata_props[i]->value, value);
}

/* Sets the dimensions of a weight, and keeps its first `bytes` bytes. */
static void set_dims(const char *name, size_t n, const int64_t *dims, size_t bytes)
{
    Onnx__TensorProto *t = weights(name);
    free(t->dims);
    t->dims = malloc((n + 1) * sizeof *t->dims);
    ck_assert(t->dims != NULL && bytes <= t->raw_data.len);
    t->n_dims = n;
    for (size_t i = 0; i < n; i++)
        t->dims[i] = dims[i];
    t->raw_data.len = bytes;
}

static void poke(const char *name, size_t i, float value)
{
    Onnx__TensorProto *t = weights(name);
    ck_assert(4 * i + 4 <= t->raw_data.len);
    memcpy(t->raw_data.data + 4 * i, &value, sizeof value);
}

static void poke_double(const char *name, size_t i, double value)
{
    Onnx__TensorProto *t = weights(name);
    ck_assert(8 * i + 8 <= t->raw_data.len);
    memcpy(t->raw_data.data + 8 * i, &value, sizeof value);
}

static void open_proto(const uint8_t *bytes, size_t size)
{
    proto = onnx__model_proto__unpack(NULL, size, bytes);
    ck_assert(proto != NULL);
}

static bool close_proto(bool (*try)(const void *, size_t, struct sx_error *),
                        struct sx_error *error)
{
    size_t n = onnx__model_proto__get_packed_size(proto);
    uint8_t *bytes = malloc(n);
    ck_assert(bytes != NULL);
    onnx__model_proto__pack(proto, bytes);
    onnx__model_proto__free_unpacked(proto, NULL);
    bool ok = try(bytes, n, error);
    free(bytes);
    return ok;
}

static void refused(enum sx_status status, const char *why)
{
    struct sx_error error;
    ck_assert_msg(!close_proto(use, &error), "was used: %s", why);
    ck_assert_msg(error.status == status && strstr(error.message, why) != NULL,
                  "'%s' (%d), not '%s'", error.message, (int)error.status, why);
}

static void no_way_on(enum sx_status status, const char *why)
{
    struct sx_error error;
    ck_assert_msg(!close_proto(resume, &error), "was taken: %s", why);
    ck_assert_msg(error.status == status && strstr(error.message, why) != NULL,
                  "'%s' (%d), not '%s'", error.message, (int)error.status, why);
}

static void fitted_dims(const char *name, size_t n, const int64_t *dims, size_t bytes,
                        const char *why)
{
    open_proto(fitted.bytes, fitted.size);
    set_dims(name, n, dims, bytes);
    refused(SX_MODEL, why);
}

#define DIMS(...)                                                                              \
    sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t), (const int64_t[])                \
    {                                                                                          \
        __VA_ARGS__                                                                            \
    }

START_TEST(sizes_that_lie)
{
    const char *h = "flint/h/weight"; /* [3, 4] */
    const int64_t huge = INT64_C(1) << 62;
    fitted_dims(h, DIMS(4, 3), 48, "flint_logits");
    fitted_dims(h, DIMS(2, 6), 48, "flint_logits");
    fitted_dims(h, DIMS(12), 48, "no matrix");
    fitted_dims(h, 0, NULL, 4, "no matrix");
    fitted_dims(h, DIMS(0, 4), 0, "no matrix");
    fitted_dims(h, DIMS(3, 0), 0, "no matrix");
    fitted_dims(h, DIMS(3, 5), 48, "tensor 'flint/h/weight'");
    fitted_dims(h, DIMS(3, 4), 44, "tensor 'flint/h/weight'");
    fitted_dims(h, DIMS(huge, 4), 48, "tensor 'flint/h/weight'");
    fitted_dims(h, DIMS(-3, -4), 48, "tensor 'flint/h/weight'");
    fitted_dims("flint/psi/phi/weight", DIMS(4, 1), 16, "flint/psi");
    fitted_dims("flint/d/full/weight", DIMS(1, 4), 16, "flint/d/");
}
END_TEST

/* A matrix has the expected size, but the network has a class or an attribute less. */
START_TEST(parts_that_do_not_fit)
{
    Onnx__GraphProto *g;
    open_proto(fitted.bytes, fitted.size);
    g = proto->graph;
    g->initializer = realloc(g->initializer, (g->n_initializer + 1) * sizeof *g->initializer);
    ck_assert(g->initializer != NULL);
    uint8_t packed[400];
    size_t n = onnx__tensor_proto__pack(weights("flint/h/weight"), packed);
    g->initializer[g->n_initializer] = onnx__tensor_proto__unpack(NULL, n, packed);
    set_text(&g->initializer[g->n_initializer++]->name, "claimed");
    set_dims("flint/h/weight", DIMS(2, 4), 32);
    set_dims("flint/h/bias", DIMS(2), 8);
    set_entry("flint.h.weight", "claimed");
    refused(SX_MODEL, "do not fit together");

    open_proto(fitted.bytes, fitted.size);
    set_entry("flint.h.weight", "f.fc.w");
    refused(SX_MODEL, "do not fit together");
    open_proto(fitted.bytes, fitted.size);
    set_entry("flint.h.weight", "flint/d/full/weight");
    refused(SX_MODEL, "do not fit together");
    open_proto(fitted.bytes, fitted.size);
    set_entry("flint.h.weight", "nowhere");
    refused(SX_MODEL, "not fitted");
    open_proto(fitted.bytes, fitted.size);
    set_entry("flint.scores", "nowhere");
    refused(SX_MODEL, "no tensor named 'nowhere'");
    open_proto(fitted.bytes, fitted.size);
    set_entry("flint.scores", "hidden");
    refused(SX_MODEL, "do not fit together");
    open_proto(fitted.bytes, fitted.size);
    for (size_t i = 0; i < proto->n_metadata_props; i++)
        set_text(&proto->metadata_props[i]->key, "another");
    refused(SX_MODEL, "not fitted");
}
END_TEST

/* The file's description of its fit does not agree with its weights: three classes, one
 * channel. */
START_TEST(origins_that_lie)
{
#define PREPARE(scale, mean, layout)                                                           \
    "{\"prepare\":{\"width\":0,\"height\":0,\"short_side\":0,\"crop\":0,\"scale\":" scale      \
    ",\"mean\":" mean ",\"std\":[1,1,1],\"channels\":\"auto\",\"layout\":\"" layout "\"}}"
#define RANGE(plane, mean, sd, low, high)                                                      \
    "{\"range\":{\"plane\":" plane ",\"mean\":" mean ",\"sd\":" sd ",\"low\":" low             \
    ",\"high\":" high "}}"
    static const char *const good[] = {"{}",
                                       "{\"labels\":[\"a\",\"b\",\"c\"]}",
                                       "{\"names\":[\"one\"]}",
                                       PREPARE("1", "[0,0,0]", "nchw"),
                                       RANGE("36", "[0]", "[1]", "[-1]", "[1]"),
                                       RANGE("1", "[0]", "[1]", "[1]", "[1]")};
    static const char *const bad[] = {"",
                                      "[]",
                                      "{",
                                      "7",
                                      "{\"labels\":[\"a\",\"b\"]}",
                                      "{\"labels\":[1,2,3]}",
                                      "{\"labels\":[\"a\",\"b\",[]]}",
                                      "{\"labels\":{\"a\":1,\"b\":2,\"c\":3}}",
                                      "{\"prepare\":{}}",
                                      "{\"prepare\":7}",
                                      PREPARE("0", "[0,0,0]", "nchw"),
                                      PREPARE("null", "[0,0,0]", "nchw"),
                                      PREPARE("1", "[0,0]", "nchw"),
                                      PREPARE("1", "[0,0,null]", "nchw"),
                                      PREPARE("1", "7", "nchw"),
                                      PREPARE("1", "[0,0,0]", "other"),
                                      RANGE("0", "[0]", "[1]", "[-1]", "[1]"),
                                      RANGE("1e300", "[0]", "[1]", "[-1]", "[1]"),
                                      RANGE("1.5", "[0]", "[1]", "[-1]", "[1]"),
                                      RANGE("1", "[]", "[]", "[]", "[]"),
                                      RANGE("1", "[0]", "[0]", "[-1]", "[1]"),
                                      RANGE("1", "[0]", "[1,1]", "[-1]", "[1]"),
                                      RANGE("1", "[0]", "[1]", "[2]", "[1]"),
                                      RANGE("1", "[0]", "[1]", "[-1]", "[null]")};
    struct sx_error error;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        open_proto(fitted.bytes, fitted.size);
        set_entry("flint.input", good[i]);
        ck_assert_msg(close_proto(use, &error), "%s: %s", good[i], error.message);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        open_proto(fitted.bytes, fitted.size);
        set_entry("flint.input", bad[i]);
        refused(SX_MODEL, "metadata 'flint.input' are damaged");
    }
}
END_TEST

/* NaN and infinities among the interpreter's weights are refused at once. Scores of f that are
 * not finite are refused for each sample. */
START_TEST(numbers_that_are_none)
{
    const char *const part[] = {"flint/psi/conv/weight", "flint/psi/phi/weight",
                                "flint/psi/phi/bias",    "flint/h/weight",
                                "flint/h/bias",          "flint/d/grow0/weight"};
    const float none[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < sizeof part / sizeof part[0]; i++)
        for (int k = 0; k < 3; k++) {
            open_proto(fitted.bytes, fitted.size);
            poke(part[i], 1, none[k]);
            refused(SX_MODEL, part[i]);
        }
    struct sx_error error;
    for (int k = 0; k < 2; k++) {
        open_proto(fitted.bytes, fitted.size);
        poke("f.fc.b", 1, none[k]);
        ck_assert(!close_proto(use, &error) && error.status == SX_FAILED);
        ck_assert_str_eq(error.message, "the model's class scores are not finite");
    }
    open_proto(fitted.bytes, fitted.size);
    for (size_t i = 0; i < 12; i++) /* products of phi with them overflow */
        poke("flint/h/weight", i, 3e38F);
    for (size_t i = 0; i < 4; i++)
        poke("flint/psi/phi/bias", i, 1e3F);
    refused(SX_FAILED, "the interpreter's class scores are not finite");
    open_proto(fitted.bytes, fitted.size);
    poke("f.fc.b", 1, -INFINITY); /* a class of probability 0 is allowed */
    ck_assert_msg(close_proto(use, &error), "%s", error.message);
}
END_TEST

/* Of many samples, the one that has no class is named. */
START_TEST(one_sample_without_a_class)
{
    struct sx_error error = {0};
    const struct sx_infer_options options = {.threads = 1};
    struct sx_tensor x = fc_array(fc_case("train_step/in"), "x", SX_FLOAT);
    struct sx_flint_survey survey = {0};
    struct sx_flint_pair pair = {.of_class = 1};
    sx_tensor_set(&x, 3 * 64 + 7, NAN);
    struct sx_dataset *samples = fc_dataset(&x);
    struct sx_model *model = tm_open_bytes(fitted.bytes, fitted.size, LIMIT, &error);
    struct sx_flint *flint = sx_flint_open(model, &options, &error);
    ck_assert_msg(flint != NULL, "%s", error.message);
    ck_assert(!sx_flint_survey(flint, samples, NULL, &survey, &error));
    ck_assert_str_eq(error.message, "sample 3: the model's class scores are not finite");
    error = (struct sx_error){0};
    ck_assert(!sx_flint_top(flint, samples, NULL, &survey, &pair, 1, 2, &error));
    ck_assert_str_eq(error.message, "sample 3: the model's class scores are not finite");
    free(pair.row);
    free(pair.phi);
    sx_flint_survey_free(&survey);
    sx_flint_free(flint);
    sx_model_close(model);
    sx_dataset_close(samples);
    ta_free(&x, 1);
}
END_TEST

/* ---- Checkpoints ---- */

START_TEST(checkpoints_that_lie)
{
    static const char *const places[] = {"",
                                         "x",
                                         "1 1",
                                         "1 1 1",
                                         "0 0 0 0",
                                         "99 0 0 0",
                                         "1 99 0 0",
                                         "1 -1 0 0",
                                         "1 0 -1 0",
                                         "1 0 9 0",
                                         "1 0 0 1",
                                         "1 0 0 -1",
                                         "1 0 9223372036854775807 0",
                                         "9223372036854775807 0 0 0"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        open_proto(checkpoint.bytes, checkpoint.size);
        set_entry("flint.checkpoint.place", places[i]);
        no_way_on(SX_FAILED, "is damaged: 'flint.checkpoint.place'");
    }
    open_proto(checkpoint.bytes, checkpoint.size);
    set_entry("flint.checkpoint", "0123");
    no_way_on(SX_USAGE, "other options");
    const char *const name[] = {"flint/h/weight", "m/flint/h/weight", "v/flint/h/weight"};
    for (int i = 0; i < 3; i++) {
        open_proto(checkpoint.bytes, checkpoint.size);
        set_dims(name[i], DIMS(4, 3), 48);
        no_way_on(SX_FAILED, "is damaged: '");
        open_proto(checkpoint.bytes, checkpoint.size);
        set_dims(name[i], DIMS(INT64_C(1) << 40, 1 << 30), 48);
        no_way_on(SX_FAILED, "flint/h/weight");
        open_proto(checkpoint.bytes, checkpoint.size);
        poke(name[i], 5, NAN);
        no_way_on(SX_FAILED, name[i]);
        open_proto(checkpoint.bytes, checkpoint.size);
        set_text(&weights(name[i])->name, "other");
        no_way_on(SX_FAILED, name[i]);
    }
    open_proto(checkpoint.bytes, checkpoint.size);
    poke("v/flint/h/weight", 0, -1);
    no_way_on(SX_FAILED, "'v/flint/h/weight'");
    open_proto(checkpoint.bytes, checkpoint.size);
    poke_double("flint/sums", 0, INFINITY);
    no_way_on(SX_FAILED, "'flint/sums'");
    open_proto(checkpoint.bytes, checkpoint.size);
    set_dims("flint/history", DIMS(0, 1), 0);
    no_way_on(SX_FAILED, "'flint/history'");
}
END_TEST

/* Weights that are NaN after the last step are neither saved nor written. */
START_TEST(broken_weights_are_kept_in)
{
    struct sx_error error = {0};
    ((float *)training.fit->value[0].data)[1] = NAN;
    ck_assert(!sx_flint_fit_save(training.fit, path, &error));
    ck_assert_int_eq(error.status, SX_FAILED);
    ck_assert(strstr(error.message, training.fit->names[0]) != NULL);
    error = (struct sx_error){0};
    struct sx_sink *sink = sx_sink_open(path, &error);
    ck_assert(sink != NULL && !sx_flint_fit_write(training.fit, sink, &error));
    ck_assert_int_eq(error.status, SX_FAILED);
    sx_sink_finish(sink, false, &error);
    error = (struct sx_error){0};
    ck_assert(use(fitted.bytes, fitted.size, &error));
}
END_TEST

int main(void)
{
    if (!fc_open())
        return 1;
    TCase *c = suite_case("flint_hostile");
    tcase_add_checked_fixture(c, set_up, tear_down);
    SUITE_ADD(c, cut_short, bits_flipped, sizes_that_lie, parts_that_do_not_fit,
              origins_that_lie, numbers_that_are_none, one_sample_without_a_class,
              checkpoints_that_lie, broken_weights_are_kept_in);
    int failed = suite_run();
    fc_close();
    return failed;
}
