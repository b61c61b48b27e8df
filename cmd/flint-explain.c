/* flint-explain.c - which attributes of a fitted interpreter speak for the class of a sample. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/streams.h"

struct flint_explain {
    struct cli cli;
    struct sx_flint_look look;
    struct sx_flint *flint;
    struct sx_flint_origin origin;
    bool raw;
    int64_t *order; /* attributes by relevance, largest first */
    /* a row per sample: its picture, and those of its relevant attributes */
    struct sx_album album;
};

static struct flint_explain self;

/* ---- Output ---- */

static bool write_record(struct flint_explain *s, const struct cli_sample *sample,
                         const struct sx_flint_explained *e, struct sx_error *error)
{
    struct sx_result *r = s->cli.result;
    struct sx_record record;
    const struct sx_target target = {.output = "flint_logits",
                                     .index = e->of.g_class,
                                     .label = cli_label(&s->cli, e->of.g_class),
                                     .score = SX_SCORE_LOGIT,
                                     .value = e->of.g_score};
    cli_record(&s->cli, sample, &record);
    record.target = &target;
    record.input_name = sx_model_input(s->cli.model, 0)->name;
    record.input_shape = sample->feeds[0].shape;
    record.forward = 1;
    sx_result_begin(r, &record);
    sx_put_object(r, "params");
    sx_put_options(r, &sx_flint_explain_table, &s->look);
    cli_put_common(&s->cli);
    sx_put_end(r);
    sx_put_flint_explanation(r, &s->origin, e);
    return cli_emit(&s->cli, &record, &sx_flint_explanation_view, NULL, error);
}

static bool write_array(struct flint_explain *s, const struct sx_flint_explained *e,
                        struct sx_error *error)
{
    struct sx_tensor r = {.shape = {1, {e->attributes}}};
    if (!sx_tensor_new(&r, SX_DOUBLE, &r.shape, error))
        return false;
    memcpy(r.data, e->of.relevance, (size_t)e->attributes * sizeof(double));
    bool ok = cli_add_array(&s->cli, &r, error);
    sx_tensor_free(&r);
    return ok;
}

/* ---- The picture ---- */

/* Makes the pictures of the sample that result when each relevant attribute is maximised:
 * [relevant, sample]. */
static float *grow(struct flint_explain *s, const struct sx_flint_explained *e,
                   struct sx_error *error)
{
    size_t size = (size_t)sx_count(&e->x->shape), n = (size_t)e->relevant;
    float *changed = calloc(n + 1, size * sizeof *changed);
    struct sx_flint_climbed *climbed = calloc(n + 1, sizeof *climbed);
    bool ok = changed != NULL && climbed != NULL;
    for (size_t k = 0; ok && k < n; k++)
        memcpy(changed + k * size, e->x->data, size * sizeof *changed);
    if (!ok)
        cli_error(error, SX_MEMORY, "out of memory");
    ok = ok && sx_flint_maximise(s->flint, &s->look.am, &e->x->shape, e->relevant, e->order,
                                 changed, climbed, error);
    free(climbed);
    if (!ok) {
        free(changed);
        changed = NULL;
    }
    return changed;
}

static bool write_album(struct flint_explain *s, struct sx_error *error)
{
    struct sx_made figure = cli_made(&s->cli);
    const char **column = calloc((size_t)s->album.columns + 1, sizeof *column);
    bool ok = column != NULL;
    if (ok)
        column[0] = "sample";
    else
        cli_error(error, SX_MEMORY, "out of memory");
    ok = ok &&
         sx_album_draw(&s->album, "samples, and what they become as their attributes grow",
                       column, &figure, error) &&
         cli_write_made(&s->cli, &figure, error);
    free(figure.bytes);
    sx_album_free(&s->album);
    free(column);
    return ok;
}

/* Adds a row: the sample, and its attributes of greatest relevance, three by default. */
static bool add_row(struct flint_explain *s, const struct sx_flint_explained *e,
                    const float *changed, struct sx_error *error)
{
    int64_t most = s->look.top > 0 ? s->look.top : 3;
    s->album.columns = 1 + (most < e->attributes ? most : e->attributes);
    s->album.layout = s->cli.pre.layout;
    if (!sx_album_explained(&s->album, &s->origin, e, changed, error))
        return false;
    return !s->cli.each || write_album(s, error);
}

/* Draws a sample that is no picture as bars of its columns. */
static bool draw_columns(struct flint_explain *s, const struct sx_flint_explained *e,
                         const float *changed, struct sx_error *error)
{
    enum { MOST = 16 };
    char text[MOST][40], title[120];
    const char *name[MOST] = {"sample"};
    const float *x[MOST] = {e->x->data};
    struct sx_made figure = cli_made(&s->cli);
    int64_t size = sx_count(&e->x->shape);
    int m = 1;
    for (; m <= e->relevant && m < MOST; m++) {
        snprintf(text[m], sizeof text[m], "attribute %lld, relevance %.2f",
                 (long long)e->order[m - 1], e->of.relevance[e->order[m - 1]]);
        name[m] = text[m];
        x[m] = changed + (m - 1) * size;
    }
    const char *label = cli_label(&s->cli, e->of.g_class);
    snprintf(title, sizeof title, "class %lld %.40s: the sample, and as its attributes grow",
             (long long)e->of.g_class, label != NULL ? label : "");
    bool ok = sx_plot_columns(&s->origin, title, x, name, m, size, &figure, error) &&
              cli_write_made(&s->cli, &figure, error);
    free(figure.bytes);
    return ok;
}

static bool draw(struct flint_explain *s, const struct sx_flint_explained *all,
                 struct sx_error *error)
{
    struct sx_flint_explained e = *all;
    struct sx_picture probe = {0};
    struct sx_error none = {0};
    int64_t most = s->look.top > 0 ? s->look.top : 3;
    e.relevant = e.relevant < most ? e.relevant : most;
    bool picture = e.x->shape.rank > 2 && sx_picture_of(e.x, s->cli.pre.layout, &probe, &none);
    sx_picture_free(&probe);
    float *changed = grow(s, &e, error);
    bool ok = changed != NULL &&
              (picture ? add_row(s, &e, changed, error) : draw_columns(s, &e, changed, error));
    free(changed);
    return ok;
}

/* ---- The run ---- */

static const char *feature(const void *cli, size_t i)
{
    return cli_feature(cli, i);
}

static void warn(struct flint_explain *s, const struct sx_tensor *x,
                 const struct sx_flint_explanation *e)
{
    const float *v = x->data;
    double low = INFINITY, high = -INFINITY;
    for (int64_t i = 0; i < sx_count(&x->shape); i++) {
        low = fmin(low, (double)v[i]);
        high = fmax(high, (double)v[i]);
    }
    if (e->f_class != e->g_class)
        cli_warn(&s->cli, 0,
                 "model and interpreter name different classes: this explains the interpreter");
    cli_flint_warn_range(&s->cli, s->flint, low, high);
}

static bool write_result(struct flint_explain *s, const struct cli_sample *sample,
                         struct sx_flint_explained *e, struct sx_error *error)
{
    if (cli_is_figure(&s->cli))
        return draw(s, e, error);
    if (s->look.top > 0 && s->look.top < e->relevant)
        e->relevant = s->look.top;
    return s->cli.format == CLI_NPY ? write_array(s, e, error)
                                    : write_record(s, sample, e, error);
}

static bool explain(struct cli *cli, const struct cli_sample *sample, struct sx_error *error)
{
    struct flint_explain *s = &self;
    struct sx_tensor x = {0};
    struct sx_flint_explained e = {
        .x = &x,
        .attributes = sx_flint_attributes(s->flint),
        .order = s->order,
        .tau = s->look.tau,
    };
    if (!sx_tensor_new(&x, SX_FLOAT, &sample->feeds[0].shape, error))
        return false;
    sx_sample_floats(&sample->feeds[0], &cli->pre, x.data);
    bool ok = cli_flint_columns(s->flint, feature, cli, error) &&
              sx_flint_explain(s->flint, &x, &e.of, error);
    if (ok) {
        warn(s, &x, &e.of);
        e.relevant = sx_flint_rank(e.of.relevance, e.attributes, e.tau, s->order);
        ok = write_result(s, sample, &e, error);
    }
    sx_tensor_free(&x);
    return ok;
}

static void run(struct flint_explain *s)
{
    if (!cli_flint_open(&s->cli, &s->flint))
        return;
    s->origin = cli_flint_origin(&s->cli, s->flint);
    s->order =
        cli_must(&s->cli, calloc((size_t)sx_flint_attributes(s->flint) + 1, sizeof *s->order));
    cli_each(&s->cli, explain);
    if (s->album.rows > 0 && s->cli.error.status == SX_OK)
        write_album(s, &s->cli.error);
}

static const struct cli_option options[] = {
    {.name = "sheet",
     .help = "pictures: all samples, not only the first",
     .kind = CLI_FLAG,
     .to = &self.cli.sheet},
    {.name = "raw",
     .help = "integers are values, not pixels of 0 to 255",
     .kind = CLI_FLAG,
     .to = &self.raw},
    {.name = NULL}};
static const struct cli_table tables[] = {
    {&sx_flint_explain_table, &self.look}, {&sx_figure_table, &self.cli.figure}, {NULL, NULL}};

int main(int argc, char **argv)
{
    struct flint_explain *s = &self;
    s->cli =
        (struct cli){.tool = "flint-explain",
                     .summary = "Explain samples by the attributes of a fitted interpreter.",
                     .operands = "FITTED.onnx [INPUT]...",
                     .options = options,
                     .tables = tables,
                     .without = "output-name,no-bar",
                     .kinds = "auto",
                     .groups = CLI_PICTURES | CLI_RUNS,
                     .formats = CLI_TABLES | CLI_FIGURES | 1u << CLI_NPY};
    s->look = sx_flint_look_default();
    cli_parse(&s->cli, argc, argv);
    cli_flint_check(&s->cli, s->raw);
    if (cli_open(&s->cli))
        run(s);
    sx_album_free(&s->album);
    sx_flint_free(s->flint);
    free(s->order);
    return cli_finish(&s->cli);
}
