/* fuzz.c - feeds damaged files to everything that reads files.
 *
 *     fuzz SECONDS SEED DIRECTORY FILE...
 *
 * Each round takes one of the files, changes a few places of it, and reads the result as its
 * suffix says: a model is opened, listed and, if it is small, run, and asked what its attributes
 * stand for if it is a fitted one; a fit goes on from a checkpoint; anything else is read as
 * samples. A fitted model and a checkpoint are made at the beginning, in DIRECTORY. Rounds happen in a child process. When one dies or hangs, what it was reading is left
 * in DIRECTORY/crash-SEED-ROUND.SUFFIX and the exit status is 1. A round is a function of SEED,
 * its number and the files. Built with sanitizers, or it sees little. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "damage.h"
#include "sextant.h"

#define MOST_BYTES ((size_t)1 << 20)
#define MOST_SECONDS 20 /* that one round may take */

struct seed {
    const char *path, *suffix;
    uint8_t *bytes;
    size_t size;
};

/* ---- Reading ---- */

static void nothing(void *context, const struct sx_listed *listed)
{
    (void)context;
    (void)listed;
}

/* Zeros for every input, if all are small; open dimensions are 1. */
static bool make_feeds(const struct sx_model *model, struct sx_tensor *feeds, int n)
{
    struct sx_error error = {0};
    for (int i = 0; i < n; i++) {
        struct sx_shape shape = sx_model_input(model, i)->shape;
        int64_t count;
        for (int k = 0; k < shape.rank; k++)
            shape.dim[k] = shape.dim[k] < 0 ? 1 : shape.dim[k];
        if (shape.rank < 0 || !sx_shape_count(&shape, &count, &error) || count > 4096 ||
            !sx_tensor_new(&feeds[i], sx_model_input(model, i)->type, &shape, &error))
            return false;
    }
    return true;
}

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

static bool open_fitting(struct fitting *f)
{
    static const char *const layer[] = {"/6/Relu_output_0"};
    struct sx_error error = {0};
    struct sx_flint_options o = {0};
    *f = (struct fitting){.model = sx_model_open("tests/data/digits8.onnx", NULL, &error)};
    f->x = open_digits(&error);
    if (f->model == NULL || f->x == NULL || !sx_flint_recipe(&o, "small", &error))
        return false;
    o.layers = layer;
    o.n_layers = 1;
    o.attributes = o.psi_maps = 4;
    o.epochs = 2;
    o.batch = 10;
    o.threads = 1;
    o.cache = 0;
    const struct sx_flint_data data = {.x = f->x};
    f->fit = sx_flint_fit_new(f->model, &o, &data, &error);
    return f->fit != NULL;
}

static void close_fitting(struct fitting *f)
{
    sx_flint_fit_free(f->fit);
    sx_dataset_close(f->x);
    sx_model_close(f->model);
}

/* Writes the files that a fit makes, after its first epoch. */
static bool write_fit(const char *fitted, const char *checkpoint)
{
    struct fitting f;
    struct sx_flint_progress p;
    struct sx_error error = {0};
    struct sx_sink *sink = NULL;
    bool ok = open_fitting(&f) && sx_flint_fit_step(f.fit, &p, &error) &&
              sx_flint_fit_save(f.fit, checkpoint, &error);
    if (ok)
        sink = sx_sink_open(fitted, &error);
    ok = sink != NULL && sx_flint_fit_write(f.fit, sink, &error) &&
         sx_sink_finish(sink, true, &error);
    close_fitting(&f);
    return ok;
}

static void read_checkpoint(const char *path)
{
    struct fitting f;
    struct sx_flint_progress p;
    struct sx_error error = {0};
    if (open_fitting(&f) && sx_flint_fit_resume(f.fit, path, &error))
        while (!sx_flint_fit_done(f.fit) && sx_flint_fit_step(f.fit, &p, &error))
            ;
    close_fitting(&f);
}

static void read_fitted(struct sx_model *model)
{
    const int64_t attribute = 1;
    struct sx_error error = {0};
    struct sx_flint_survey survey = {0};
    struct sx_flint_am am;
    struct sx_flint_climbed climbed;
    float x[64] = {0};
    struct sx_flint *flint = sx_flint_open(model, false, 1, (size_t)1 << 26, &error);
    struct sx_dataset *data = flint != NULL ? open_digits(&error) : NULL;
    sx_flint_am_default(&am);
    am.rounds = am.steps = 2;
    if (flint != NULL && data != NULL && sx_flint_survey(flint, data, NULL, &survey, &error) &&
        sx_flint_attributes(flint) > attribute)
        sx_flint_maximise(flint, &am, sx_dataset_shape(data), 1, &attribute, x, &climbed,
                          &error);
    sx_flint_survey_free(&survey);
    sx_flint_free(flint);
    sx_dataset_close(data);
}

static void read_model(const char *path)
{
    struct sx_error error = {0};
    const struct sx_model_options options = {.max_memory = (size_t)1 << 26};
    struct sx_model *model = sx_model_open(path, &options, &error);
    struct sx_tensor feeds[8] = {{0}};
    if (model == NULL)
        return;
    sx_list(model, NULL, NULL, nothing, NULL, &error);
    error = (struct sx_error){0};
    const struct sx_infer_options infer = {.threads = 1, .max_memory = (size_t)1 << 26};
    struct sx_inference *inference = sx_inference_new(model, &infer, &error);
    int n = sx_model_input_count(model);
    if (inference != NULL && n <= 8 && make_feeds(model, feeds, n))
        sx_inference_run(inference, feeds, &error);
    sx_inference_free(inference);
    for (int i = 0; i < 8; i++)
        sx_tensor_free(&feeds[i]);
    read_fitted(model);
    sx_model_close(model);
}

static void read_samples(const char *path, const struct sx_shape *want)
{
    struct sx_error error = {0};
    const struct sx_input how = {.want = want, .member = "x", .lone = true};
    struct sx_reader *reader = sx_reader_open(path, &how, &error);
    bool end = reader == NULL;
    for (int i = 0; i < 50 && !end; i++) {
        struct sx_tensor sample = {0};
        error = (struct sx_error){0};
        if (sx_reader_next(reader, &sample, &end, &error) && !end)
            sx_tensor_free(&sample);
    }
    sx_reader_close(reader);
}

static void read_file(const char *path, const char *suffix)
{
    const struct sx_shape picture = {4, {-1, 3, 16, 16}}, row = {2, {-1, 2}};
    if (strcmp(suffix, "onnx") == 0) {
        read_model(path);
        return;
    }
    if (strcmp(suffix, "ckpt") == 0) {
        read_checkpoint(path);
        return;
    }
    read_samples(path, NULL);
    read_samples(path, &picture);
    read_samples(path, &row);
}

/* ---- Rounds ---- */

static void write_file(const char *path, const uint8_t *bytes, size_t size)
{
    FILE *f = fopen(path, "wb");
    if (f == NULL || fwrite(bytes, 1, size, f) != size || fclose(f) != 0) {
        perror(path);
        exit(2);
    }
}

/* Leaves in `path` what round number `round` reads, and returns its suffix. */
static const char *prepare(const struct seed *seeds, size_t n, uint64_t seed, uint64_t round,
                           const char *directory, char *path, size_t room)
{
    static uint8_t bytes[MOST_BYTES];
    struct dice d = {seed, round, 0};
    const struct seed *s = &seeds[dice_roll(&d, n)];
    size_t size = s->size;
    memcpy(bytes, s->bytes, size);
    damage(&d, bytes, &size, MOST_BYTES);
    snprintf(path, room, "%s/crash-%llu-%llu.%s", directory, (unsigned long long)seed,
             (unsigned long long)round, s->suffix);
    write_file(path, bytes, size);
    return s->suffix;
}

static bool load(struct seed *s, const char *path)
{
    FILE *f = fopen(path, "rb");
    const char *dot = strrchr(path, '.');
    *s = (struct seed){.path = path, .suffix = dot != NULL ? dot + 1 : "csv"};
    s->bytes = malloc(MOST_BYTES);
    if (f == NULL || s->bytes == NULL) {
        perror(path);
        return false;
    }
    s->size = fread(s->bytes, 1, MOST_BYTES / 2, f);
    fclose(f);
    return true;
}

int main(int argc, char **argv)
{
    if (argc < 5)
        return 2;
    time_t until = time(NULL) + atoi(argv[1]);
    uint64_t seed = strtoull(argv[2], NULL, 10);
    size_t n = (size_t)argc - 2; /* and the two of a fit */
    struct seed *seeds = calloc(n, sizeof *seeds);
    uint64_t *round =
        mmap(NULL, sizeof *round, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    char path[4096], fitted[4096], checkpoint[4096];
    int bad = 0, status = 0;
    snprintf(fitted, sizeof fitted, "%s/fitted.onnx", argv[3]);
    snprintf(checkpoint, sizeof checkpoint, "%s/fit.ckpt", argv[3]);
    if (fork() == 0) /* threads that a parent has had are missing in its children */
        _exit(!write_fit(fitted, checkpoint));
    wait(&status);
    if (seeds == NULL || round == MAP_FAILED || status != 0 || !load(&seeds[n - 2], fitted) ||
        !load(&seeds[n - 1], checkpoint))
        return 2;
    for (size_t i = 0; i < n - 2; i++)
        if (!load(&seeds[i], argv[4 + i]))
            return 2;
    while (time(NULL) < until && bad < 10) {
        if (fork() == 0) {
            for (; time(NULL) < until; ++*round) {
                alarm(MOST_SECONDS);
                read_file(path, prepare(seeds, n, seed, *round, argv[3], path, sizeof path));
                unlink(path);
            }
            _exit(0);
        }
        wait(&status);
        if (status != 0) {
            bad++;
            printf("round %llu ended with status %x\n", (unsigned long long)*round,
                   (unsigned)status);
        }
        *round += status != 0;
    }
    printf("%llu rounds, %d failed\n", (unsigned long long)*round, bad);
    for (size_t i = 0; i < n; i++)
        free(seeds[i].bytes);
    free(seeds);
    return bad > 0;
}
