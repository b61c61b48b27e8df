/* flint-explain.c - which attributes of a fitted interpreter speak for the class of a sample. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/cli.h"

struct flint_explain {
    struct cli cli;
    struct sx_flint *flint;
    double tau;
    bool raw;
    int64_t *order; /* attributes by relevance, largest first */

    /* The picture: a row for each sample, with the attributes that count most beside it. */
    int64_t top, rows;
    struct sx_flint_am am;
    struct sx_picture *cell;
    char **caption, **name;
};

static struct flint_explain self;

/* Orders attributes by relevance; returns how many are over 1 / tau. */
static int64_t sort_relevant(struct flint_explain *s, const double *r, int64_t n)
{
    int64_t relevant = 0;
    for (int64_t j = 0; j < n; j++) {
        int64_t at = j;
        for (; at > 0 && r[s->order[at - 1]] < r[j]; at--)
            s->order[at] = s->order[at - 1];
        s->order[at] = j;
        relevant += r[j] > 1 / s->tau;
    }
    return relevant;
}

/* Numbers of the attributes, which the explanation keeps. */
static void put_each(struct sx_result *r, const char *key, const double *values, int64_t n)
{
    struct sx_tensor t = {SX_DOUBLE, {1, {n}}, (void *)(uintptr_t)values};
    sx_put_array(r, key, &t);
}

static bool write_record(struct flint_explain *s, const struct cli_sample *sample,
                         const struct sx_flint_explanation *e, int64_t relevant,
                         struct sx_error *error)
{
    struct sx_result *j = s->cli.result;
    struct sx_record record;
    const struct sx_target target = {.output = "flint_logits",
                                     .index = e->g_class,
                                     .label = cli_label(&s->cli, e->g_class),
                                     .score = SX_SCORE_LOGIT,
                                     .value = e->g_score};
    int64_t n = sx_flint_attributes(s->flint);
    cli_record(&s->cli, sample, &record);
    record.target = &target;
    record.input_name = sx_model_input(s->cli.model, 0)->name;
    record.input_shape = sample->feeds[0].shape;
    record.forward = 1;
    sx_result_begin(j, &record);
    sx_put_object(j, "params");
    sx_put_double(j, "tau", s->tau);
    sx_put_text(j, "precision", s->cli.explain.precise ? "float64" : "float32");
    sx_put_end(j);
    sx_put_int(j, "f_class", e->f_class);
    sx_put_int(j, "g_class", e->g_class);
    sx_put_text(j, "label", target.label);
    sx_put_bool(j, "agree", e->f_class == e->g_class);
    sx_put_number(j, "f_prob", e->f_prob);
    sx_put_int(j, "class_used", e->g_class);
    put_each(j, "phi", e->phi, n);
    put_each(j, "contribution", e->contribution, n);
    put_each(j, "relevance", e->relevance, n);
    sx_put_list(j, "relevant");
    for (int64_t i = 0; i < relevant; i++)
        sx_put_int(j, NULL, s->order[i]);
    sx_put_end(j);
    sx_put_double(j, "tau", s->tau);
    static const struct sx_view view = {.scalars = "f_class,g_class,agree,f_prob,relevant",
                                        .columns = "f_class,g_class,agree,relevance",
                                        .lines = "relevance"};
    return cli_emit(&s->cli, &record, &view, NULL, error);
}

/* ---- The picture ---- */

static bool no_memory(struct sx_error *error)
{
    *error = (struct sx_error){SX_MEMORY, "out of memory"};
    return false;
}

/* Columns: the sample, and what it becomes as its top attributes grow. */
static int64_t columns(const struct flint_explain *s)
{
    int64_t n = sx_flint_attributes(s->flint), top = s->top > 0 ? s->top : 3;
    return 1 + (top < n ? top : n);
}

static bool grow_rows(struct flint_explain *s)
{
    size_t row = (size_t)columns(s), n = (size_t)(s->rows + 1) * row;
    struct sx_picture *cell = realloc(s->cell, n * sizeof *cell);
    s->cell = cell != NULL ? cell : s->cell;
    char **caption = realloc(s->caption, n * sizeof *caption);
    s->caption = caption != NULL ? caption : s->caption;
    char **name = realloc(s->name, (size_t)(s->rows + 1) * sizeof *name);
    s->name = name != NULL ? name : s->name;
    if (cell == NULL || caption == NULL || name == NULL)
        return false;
    memset(cell + n - row, 0, row * sizeof *cell);
    memset(caption + n - row, 0, row * sizeof *caption);
    name[s->rows++] = NULL;
    return true;
}

/* Draws the sample and the n attributes that count most for its class. */
static bool draw_row(struct flint_explain *s, const struct sx_tensor *x, int64_t n,
                     float *changed, struct sx_flint_climbed *climbed,
                     const struct sx_flint_explanation *e, struct sx_error *error)
{
    int64_t first = (s->rows - 1) * columns(s), size = sx_count(&x->shape);
    struct sx_tensor one = {SX_FLOAT, x->shape, NULL};
    const char *label = cli_label(&s->cli, e->g_class);
    for (int64_t k = 0; k < n; k++)
        memcpy(changed + k * size, x->data, (size_t)size * sizeof *changed);
    if (!sx_flint_maximise(s->flint, &s->am, &x->shape, n, s->order, changed, climbed, error) ||
        !sx_picture_of(x, s->cli.pre.layout, &s->cell[first], error))
        return false;
    if (asprintf(&s->name[s->rows - 1], "class %lld%s%.24s\nmodel: %lld", (long long)e->g_class,
                 label != NULL ? "\n" : "", label != NULL ? label : "",
                 (long long)e->f_class) < 0)
        return no_memory(error);
    for (int64_t k = 0; k < n; k++) {
        one.data = changed + k * size;
        struct sx_picture *cell = &s->cell[first + 1 + k];
        if (!sx_picture_of(&one, s->cli.pre.layout, cell, error) ||
            !sx_picture_colour(cell, "viridis", error))
            return false;
        if (asprintf(&s->caption[first + 1 + k], "%lld: relevance %.2f", (long long)s->order[k],
                     e->relevance[s->order[k]]) < 0)
            return no_memory(error);
    }
    return true;
}

static bool add_row(struct flint_explain *s, const struct sx_tensor *x,
                    const struct sx_flint_explanation *e, int64_t relevant,
                    struct sx_error *error)
{
    int64_t most = columns(s) - 1, n = relevant < most ? relevant : most;
    size_t size = (size_t)sx_count(&x->shape);
    float *changed = calloc((size_t)most + 1, size * sizeof *changed);
    struct sx_flint_climbed *climbed = calloc((size_t)most + 1, sizeof *climbed);
    bool ok = changed != NULL && climbed != NULL && grow_rows(s);
    ok = ok ? draw_row(s, x, n, changed, climbed, e, error) : no_memory(error);
    free(changed);
    free(climbed);
    return ok;
}

static void draw(struct flint_explain *s)
{
    static const char *const name[] = {"sample"};
    int64_t n = columns(s);
    const char **column = calloc((size_t)n, sizeof *column);
    struct sx_picture figure = {0};
    struct sx_gallery gallery = {.title =
                                     "samples, and what they become as their attributes grow",
                                 .rows = s->rows,
                                 .columns = n,
                                 .row_name = (const char *const *)s->name,
                                 .column_name = column,
                                 .caption = (const char *const *)s->caption,
                                 .cell = s->cell};
    if (column == NULL) {
        no_memory(&s->cli.error);
        return;
    }
    column[0] = name[0];
    if (sx_plot_gallery(&gallery, &figure, &s->cli.error))
        cli_write_png(&s->cli, &figure, &s->cli.error);
    sx_picture_free(&figure);
    free(column);
}

static void free_rows(struct flint_explain *s)
{
    int64_t n = s->rows > 0 ? s->rows * columns(s) : 0;
    for (int64_t i = 0; i < n; i++) {
        sx_picture_free(&s->cell[i]);
        free(s->caption[i]);
    }
    for (int64_t i = 0; i < s->rows; i++)
        free(s->name[i]);
    free(s->cell);
    free(s->caption);
    free(s->name);
}

static bool set_range(struct cli *cli, const char *argument)
{
    const char *comma = strchr(argument, ',');
    struct sx_flint_am *am = &self.am;
    (void)cli;
    am->clamp = true;
    return comma != NULL && sx_number_parse(argument, (size_t)(comma - argument), &am->low) &&
           sx_number_parse(comma + 1, strlen(comma + 1), &am->high) && am->low < am->high;
}

/* ---- The run ---- */

static const char *feature(const void *cli, size_t i)
{
    return cli_feature(cli, i);
}

static void warn_of_range(struct flint_explain *s, const struct sx_tensor *x)
{
    const float *v = x->data;
    double low = INFINITY, high = -INFINITY;
    for (int64_t i = 0; i < sx_count(&x->shape); i++) {
        low = fmin(low, (double)v[i]);
        high = fmax(high, (double)v[i]);
    }
    cli_flint_warn_range(&s->cli, s->flint, low, high);
}

static bool explain(struct flint_explain *s, const struct cli_sample *sample,
                    struct sx_error *error)
{
    struct sx_flint_explanation e;
    struct sx_tensor x = {0};
    int64_t n = sx_flint_attributes(s->flint);
    if (!sx_tensor_new(&x, SX_FLOAT, &sample->feeds[0].shape, error))
        return false;
    sx_sample_floats(&sample->feeds[0], &s->cli.pre, x.data);
    bool ok = cli_flint_columns(s->flint, feature, &s->cli, error) &&
              sx_flint_explain(s->flint, &x, &e, error);
    if (ok)
        warn_of_range(s, &x);
    if (ok && e.f_class != e.g_class)
        cli_warn(&s->cli, 0,
                 "model and interpreter name different classes: this explains the interpreter");
    if (ok && s->cli.format == CLI_PNG) {
        ok = add_row(s, &x, &e, sort_relevant(s, e.relevance, n), error);
    }
    sx_tensor_free(&x);
    if (!ok || s->cli.format == CLI_PNG)
        return ok;
    int64_t relevant = sort_relevant(s, e.relevance, n);
    relevant = s->top > 0 && s->top < relevant ? s->top : relevant;
    if (s->cli.format != CLI_NPY)
        return write_record(s, sample, &e, relevant, error);
    struct sx_tensor r = {.type = SX_DOUBLE, .shape = {1, {n}}};
    if (!sx_tensor_new(&r, SX_DOUBLE, &r.shape, error))
        return false;
    memcpy(r.data, e.relevance, (size_t)n * sizeof(double));
    ok = cli_add_array(&s->cli, &r, error);
    sx_tensor_free(&r);
    return ok;
}

static void run(struct flint_explain *s)
{
    struct cli_sample sample;
    bool go_on = true;
    if (!cli_flint_open(&s->cli, &s->flint))
        return;
    s->order = calloc((size_t)sx_flint_attributes(s->flint) + 1, sizeof *s->order);
    if (s->order == NULL)
        s->cli.error = (struct sx_error){SX_MEMORY, "out of memory"};
    while (s->order != NULL && go_on && cli_next(&s->cli, &sample)) {
        struct sx_error error = {0};
        bool ok = explain(s, &sample, &error);
        go_on = cli_done(&s->cli, &sample, ok, &error);
    }
    if (s->rows > 0 && s->cli.error.status == SX_OK)
        draw(s);
}

static const struct cli_option options[] = {
    {0, "tau", "R", "attributes of relevance over 1/R are relevant", CLI_NUMBER, &self.tau,
     NULL, NULL},
    {0, "top", "K", "at most so many", CLI_COUNT, &self.top, NULL, NULL},
    {0, "sheet", NULL, "png: all samples, not only the first", CLI_FLAG, &self.cli.sheet, NULL,
     NULL},
    {0, "range", "MIN,MAX", "png: keep changed samples in this range", CLI_CALL, NULL, NULL,
     set_range},
    {0, "raw", NULL, "integers are values, not pixels of 0..255", CLI_FLAG, &self.raw, NULL,
     NULL},
    {0, NULL, NULL, NULL, CLI_FLAG, NULL, NULL, NULL}};

int main(int argc, char **argv)
{
    struct flint_explain *s = &self;
    s->cli =
        (struct cli){.tool = "flint-explain",
                     .summary = "Explain samples by the attributes of a fitted interpreter.",
                     .operands = "FITTED.onnx [INPUT]...",
                     .options = options,
                     .groups = CLI_PICTURES,
                     .formats = CLI_TABLES | 1u << CLI_PNG | 1u << CLI_NPY};
    s->tau = 5;
    sx_flint_am_default(&s->am);
    cli_parse(&s->cli, argc, argv);
    cli_flint_check(&s->cli, s->tau, s->raw);
    if (cli_open(&s->cli))
        run(s);
    free_rows(s);
    sx_flint_free(s->flint);
    free(s->order);
    return cli_finish(&s->cli);
}
