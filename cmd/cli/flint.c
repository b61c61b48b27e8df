/* flint.c - shared by the tools that read fitted files: opens a file, prepares samples as those of
 * the fit were, surveys a data set. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/inner.h"

const char *cli_label(const struct cli *cli, int64_t i)
{
    return i < (int64_t)cli->n_labels ? cli->labels[i] : NULL;
}

static const struct sx_option rows[] = {
    {.letter = 'y',
     .name = "classes",
     .argument = "FILE",
     .help = "classes of the samples: .npy, or text with one per line",
     .kind = SX_OPTION_TEXT,
     SX_FIELD(struct cli_flint, y)},
    {.name = "raw",
     .help = "integers are values, not pixels of 0 to 255",
     .kind = SX_OPTION_FLAG,
     SX_FIELD(struct cli_flint, raw)}};
const struct sx_options cli_flint_table = {"Options", rows, sizeof rows / sizeof rows[0]};

struct sx_flint_origin cli_flint_origin(const struct cli *cli, const struct sx_flint *flint)
{
    struct sx_flint_origin origin = *sx_flint_origin(flint);
    origin.labels = (const char *const *)cli->labels;
    origin.n_labels = (int64_t)cli->n_labels;
    return origin;
}

void cli_flint_check(struct cli *cli, bool raw)
{
    struct sx_error error = {0};
    if (raw) {
        sx_preprocess_preset(&cli->pre, "raw", &error);
        cli->pre_said |= CLI_PRESET;
    }
}

void cli_flint_parse(struct cli *cli, struct cli_flint *f, int argc, char **argv)
{
    f->look = sx_flint_look_default();
    cli_parse(cli, argc, argv);
    cli_one_input(cli);
    cli_flint_check(cli, f->raw);
}

/* ---- Samples, prepared as those of the fit ---- */

static bool same_three(const double a[3], const double b[3])
{
    return a[0] == b[0] && a[1] == b[1] && a[2] == b[2];
}

/* Bits (enum cli_said) of the options that contradict the file. */
static unsigned contradictions(const struct sx_preprocess *a, const struct sx_preprocess *b)
{
    unsigned bits = 0;
    if (a->width != b->width || a->height != b->height || a->short_side != b->short_side)
        bits |= CLI_RESIZE;
    bits |= a->crop != b->crop ? CLI_CROP : 0;
    bits |= a->scale != b->scale ? CLI_SCALE : 0;
    bits |= same_three(a->mean, b->mean) ? 0 : CLI_MEAN;
    bits |= same_three(a->std, b->std) ? 0 : CLI_STD;
    bits |= a->colour != b->colour ? CLI_CHANNELS : 0;
    bits |= a->layout != b->layout ? CLI_LAYOUT : 0;
    return bits;
}

static bool adopt_preparation(struct cli *cli, const struct sx_flint_origin *o)
{
    static const char *const names[] = {"resize", "crop",     "scale", "mean",
                                        "std",    "channels", "layout"};
    const struct sx_preprocess *p = &o->pre;
    unsigned wrong = o->prepared ? contradictions(&cli->pre, p) & cli->pre_said : 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if ((wrong & 1u << i) == 0)
            continue;
        return cli_error(
            &cli->error, SX_USAGE,
            "the file says how its samples were prepared (scale %g, mean %g,%g,%g, std "
            "%g,%g,%g), and --%s, --preset or --raw says otherwise",
            p->scale, p->mean[0], p->mean[1], p->mean[2], p->std[0], p->std[1], p->std[2],
            names[i]);
    }
    if (o->prepared) {
        cli->pre = *p;
        cli->pre_said |= CLI_PRESET;
    }
    return true;
}

/* Takes the class names of the fit. Those of --labels have to equal them. */
static bool adopt_labels(struct cli *cli, const struct sx_flint_origin *o)
{
    struct sx_error *error = &cli->error;
    if (cli->n_labels == 0 && o->n_labels > 0) {
        cli->labels = cli_must(cli, calloc((size_t)o->n_labels, sizeof *cli->labels));
        for (int64_t i = 0; i < o->n_labels; i++)
            cli->labels[cli->n_labels++] = cli_must(cli, strdup(o->labels[i]));
    }
    for (int64_t i = 0; i < o->n_labels && i < (int64_t)cli->n_labels; i++)
        if (strcmp(cli->labels[i], o->labels[i]) != 0)
            return cli_error(error, SX_USAGE,
                             "--labels: class %lld is '%.80s', but '%.80s' in the fit",
                             (long long)i, cli->labels[i], o->labels[i]);
    return true;
}

bool cli_flint_columns(const struct sx_flint *flint,
                       const char *(*name)(const void *context, size_t i), const void *context,
                       struct sx_error *error)
{
    const struct sx_flint_origin *o = sx_flint_origin(flint);
    for (int64_t i = 0; i < o->n_names && name(context, (size_t)i) != NULL; i++)
        if (strcmp(name(context, (size_t)i), o->names[i]) != 0)
            return cli_error(error, SX_USAGE, "column %lld is '%.80s', but '%.80s' in the fit",
                             (long long)i + 1, name(context, (size_t)i), o->names[i]);
    return true;
}

void cli_flint_describe(struct cli *cli, const struct sx_dataset *x, struct sx_flint_origin *o)
{
    o->prepared = sx_dataset_prepared(x);
    o->pre = cli->pre;
    o->labels = (const char *const *)cli->labels;
    o->n_labels = (int64_t)cli->n_labels;
    while (sx_dataset_feature(x, (size_t)o->n_names) != NULL)
        o->n_names++;
    const char **names = cli_must(cli, calloc((size_t)o->n_names + 1, sizeof *names));
    for (int64_t i = 0; i < o->n_names; i++)
        names[i] = sx_dataset_feature(x, (size_t)i);
    o->names = names;
}

/* ---- Opening ---- */

bool cli_flint_open(struct cli *cli, struct sx_flint **flint)
{
    cli_watch_sample(cli, cli_seconds());
    const struct sx_explain_options *o = &cli->explain;
    const struct sx_infer_options options = {.precise = o->precise,
                                             .threads = o->threads,
                                             .max_memory = o->max_memory,
                                             .watch = o->watch};
    *flint = sx_flint_open(cli->model, &options, &cli->error);
    if (*flint == NULL)
        return cli_place(cli, cli->model_path);
    const struct sx_flint_origin *origin = sx_flint_origin(*flint);
    return cli_fits("labels", cli->n_labels, "classes", sx_flint_classes(*flint),
                    &cli->error) &&
           adopt_preparation(cli, origin) && adopt_labels(cli, origin);
}

/* Fails with a record for an INPUT that cannot be read, whatever it would have held. */
static bool refuse_input(struct cli *cli, const struct sx_error *error)
{
    const struct cli_sample sample = {.id = cli->inputs[0], .file = true};
    struct sx_error bare = *error;
    size_t n = strlen(sample.id);
    if (strncmp(error->message, sample.id, n) == 0 && strncmp(error->message + n, ": ", 2) == 0)
        memmove(bare.message, error->message + n + 2, strlen(error->message + n + 2) + 1);
    cli_done(cli, &sample, false, &bare);
    return false;
}

/* Whether the range low .. high is far from that of the fit: it exceeds that by more than its
 * width, or fills a small part of it. */
static bool is_far(const struct sx_flint_origin *o, double low, double high)
{
    double least = INFINITY, most = -INFINITY;
    for (int64_t c = 0; c < o->channels; c++) {
        least = fmin(least, o->low[c]);
        most = fmax(most, o->high[c]);
    }
    double width = most - least;
    return o->channels > 0 &&
           (low < least - width || high > most + width || (high - low) * 50 < width);
}

void cli_flint_warn_range(struct cli *cli, const struct sx_flint *flint, double low,
                          double high)
{
    if (is_far(sx_flint_origin(flint), low, high))
        cli_warn(
            cli, 0,
            "inputs are far from the range of those of the fit: were they prepared alike?");
}

/* Warns if the range of some samples of the data set is far from that of the fit. */
static bool warn_of_range(struct cli *cli, const struct cli_flint *f, struct sx_error *error)
{
    enum { SAMPLES = 16 };
    int64_t size = sx_count(sx_dataset_shape(f->data.x)), n = sx_dataset_count(f->data.x);
    float *x = cli_must(cli, calloc((size_t)size + 1, sizeof *x));
    double low = INFINITY, high = -INFINITY;
    bool ok = true;
    for (int64_t i = 0; ok && i < n && i < SAMPLES; i++) {
        ok = sx_dataset_read(f->data.x, i, x, error);
        for (int64_t k = 0; ok && k < size; k++) {
            low = fmin(low, (double)x[k]);
            high = fmax(high, (double)x[k]);
        }
    }
    free(x);
    if (ok && size > 0)
        cli_flint_warn_range(cli, f->flint, low, high);
    return ok || cli_place(cli, cli->inputs[0]);
}

static const char *feature(const void *dataset, size_t i)
{
    return sx_dataset_feature(dataset, i);
}

bool cli_flint_survey(struct cli *cli, struct cli_flint *f)
{
    struct sx_error error = {0};
    f->survey.seed = cli->seed;
    f->survey.subset = f->look.subset;
    f->survey.correct_only = f->look.correct_only;
    if (!cli_flint_open(cli, &f->flint))
        return false;
    if (!cli_read_data(cli, cli->inputs[0], f->y, &f->data, &error))
        return refuse_input(cli, &error);
    if (!cli_flint_columns(f->flint, feature, f->data.x, &cli->error) ||
        !warn_of_range(cli, f, &cli->error))
        return false;
    return sx_flint_survey(f->flint, f->data.x, f->data.y, &f->survey, &cli->error) ||
           cli_place(cli, cli->error.status == SX_FAILED ? cli->inputs[0] : cli->model_path);
}

void cli_flint_free(struct cli_flint *f)
{
    sx_flint_survey_free(&f->survey);
    sx_flint_free(f->flint);
    cli_data_free(&f->data);
}
