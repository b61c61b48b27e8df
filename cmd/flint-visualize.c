/* flint-visualize.c - what attributes stand for: the samples that activate them most, and those
 * samples changed until they do much more so. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/cli.h"

struct flint_visualize {
    struct cli cli;
    struct cli_flint f;
    struct sx_flint_pair *pair;
    int64_t n_pairs, asked;
    int64_t mas, top, rounds, steps;
    bool with_am;
    struct sx_flint_am am;

    /* The samples of all pairs one after the other: which they are, and what became of them. */
    int64_t n, size, *row, *attribute;
    float *x, *changed; /* [n, size] */
    struct sx_flint_climbed *climbed;
};

static struct flint_visualize self;

/* ---- Options ---- */

static bool two_numbers(const char *text, char between, double *a, double *b)
{
    const char *at = strchr(text, between);
    return at != NULL && sx_number_parse(text, (size_t)(at - text), a) &&
           sx_number_parse(at + 1, strlen(at + 1), b);
}

/* C:J, checked against the file when that is open. */
static bool add_pair(struct cli *cli, const char *argument)
{
    double c, j;
    (void)cli;
    if (!two_numbers(argument, ':', &c, &j) || !(c >= 0 && c < 1e9) || !(j >= 0 && j < 1e9) ||
        c != floor(c) || j != floor(j))
        return false;
    struct sx_flint_pair *grown =
        realloc(self.pair, (size_t)(self.asked + 1) * sizeof *self.pair);
    if (grown == NULL)
        cli_misuse(&self.cli, "out of memory");
    self.pair = grown;
    self.pair[self.asked++] =
        (struct sx_flint_pair){.of_class = (int64_t)c, .attribute = (int64_t)j};
    return true;
}

static bool set_range(struct cli *cli, const char *argument)
{
    (void)cli;
    return two_numbers(argument, ',', &self.am.low, &self.am.high) &&
           self.am.low < self.am.high;
}

static void check_options(struct flint_visualize *s)
{
    const struct sx_flint_am *am = &s->am;
    cli_one_input(&s->cli);
    cli_flint_check(&s->cli, s->f.tau, s->f.raw);
    if (s->mas > 64 || am->jitter > 1 << 20 || s->rounds > 1000 || s->steps > 1000000)
        cli_misuse(&s->cli, "at most 64 samples, 1000 rounds and 1000000 steps");
    const double real[] = {am->dim, am->gain, am->tv, am->bound, am->rate};
    for (size_t i = 0; i < sizeof real / sizeof real[0]; i++)
        if (!(fabs(real[i]) < 1e30))
            cli_misuse(&s->cli, "numbers of the maximisation are finite");
    s->am.rounds = s->rounds;
    s->am.steps = s->steps;
    s->am.seed = s->cli.seed;
}

/* ---- Finding and changing ---- */

static bool refuse(struct sx_error *error, enum sx_status status, const char *why)
{
    error->status = status;
    snprintf(error->message, sizeof error->message, "%s", why);
    return false;
}

static bool find_pairs(struct flint_visualize *s, struct sx_error *error)
{
    int64_t n = sx_flint_attributes(s->f.flint);
    for (int64_t k = 0; k < s->asked; k++) {
        struct sx_flint_pair *p = &s->pair[k];
        if (p->of_class >= sx_flint_classes(s->f.flint) || p->attribute >= n)
            return refuse(error, SX_USAGE, "--pair: there is no such class or attribute");
        p->r = s->f.survey.relevance[p->of_class * n + p->attribute];
    }
    s->n_pairs = s->asked;
    if (s->asked == 0)
        s->pair =
            sx_flint_best_pairs(s->f.flint, &s->f.survey, s->f.tau, s->top, &s->n_pairs, error);
    if (s->pair == NULL)
        return false;
    return s->n_pairs > 0 ||
           refuse(error, SX_FAILED, "no attribute is relevant for a class: try a larger --tau");
}

static bool gather(struct flint_visualize *s, struct sx_error *error)
{
    int64_t n = s->n_pairs * s->mas;
    s->size = sx_count(sx_dataset_shape(s->f.data.x));
    s->row = calloc((size_t)n, sizeof *s->row);
    s->attribute = calloc((size_t)n, sizeof *s->attribute);
    s->climbed = calloc((size_t)n, sizeof *s->climbed);
    s->x = calloc((size_t)n, (size_t)s->size * sizeof *s->x);
    s->changed = calloc((size_t)n, (size_t)s->size * sizeof *s->changed);
    if (s->row == NULL || s->attribute == NULL || s->climbed == NULL || s->x == NULL ||
        s->changed == NULL)
        return refuse(error, SX_MEMORY, "out of memory");
    for (int64_t k = 0; k < s->n_pairs; k++)
        for (int64_t i = 0; i < s->pair[k].n; i++) {
            s->row[s->n] = s->pair[k].row[i];
            s->attribute[s->n] = s->pair[k].attribute;
            if (!sx_dataset_read(s->f.data.x, s->row[s->n], s->x + s->n * s->size, error))
                return false;
            s->n++;
        }
    memcpy(s->changed, s->x, (size_t)(s->n * s->size) * sizeof *s->x);
    return !s->with_am || sx_flint_maximise(s->f.flint, &s->am, sx_dataset_shape(s->f.data.x),
                                            s->n, s->attribute, s->changed, s->climbed, error);
}

/* ---- Output ---- */

static void write_params(struct flint_visualize *s, struct sx_result *j)
{
    const struct sx_flint_am *am = &s->am;
    sx_put_object(j, "params");
    sx_put_double(j, "tau", s->f.tau);
    sx_put_int(j, "top", s->top);
    sx_put_int(j, "mas", s->mas);
    sx_put_int(j, "subset", s->f.survey.subset);
    sx_put_bool(j, "am", s->with_am);
    if (s->with_am) {
        sx_put_double(j, "dim", am->dim);
        sx_put_double(j, "gain", am->gain);
        sx_put_double(j, "tv", am->tv);
        sx_put_double(j, "bound", am->bound);
        sx_put_list(j, "range");
        sx_put_double(j, NULL, am->low);
        sx_put_double(j, NULL, am->high);
        sx_put_end(j);
        sx_put_int(j, "rounds", am->rounds);
        sx_put_int(j, "steps", am->steps);
        sx_put_double(j, "am_lr", am->rate);
        sx_put_int(j, "jitter", am->jitter);
        sx_put_bool(j, "clamp", am->clamp);
    }
    sx_put_text(j, "precision", s->cli.explain.precise ? "float64" : "float32");
    sx_put_int(j, "seed", (int64_t)s->cli.seed);
    sx_put_end(j);
}

static void write_samples(const struct flint_visualize *s, struct sx_result *j,
                          const struct sx_flint_pair *p, int64_t first)
{
    sx_put_list(j, "mas");
    for (int64_t i = 0; i < p->n; i++) {
        sx_put_object(j, NULL);
        sx_put_int(j, "index", p->row[i]);
        sx_put_number(j, "phi", p->phi[i]);
        sx_put_end(j);
    }
    sx_put_end(j);
    if (!s->with_am)
        return;
    sx_put_list(j, "am");
    for (int64_t i = 0; i < p->n; i++) {
        const struct sx_flint_climbed *c = &s->climbed[first + i];
        sx_put_object(j, NULL);
        sx_put_int(j, "index", p->row[i]);
        sx_put_double(j, "dim", c->dim);
        sx_put_number(j, "phi_start", c->start);
        sx_put_number(j, "phi", c->end);
        sx_put_number(j, "low", c->low);
        sx_put_number(j, "high", c->high);
        sx_put_end(j);
    }
    sx_put_end(j);
}

static bool write_record(struct flint_visualize *s, struct sx_error *error)
{
    struct sx_result *j = s->cli.result;
    const struct cli_sample all = {.id = s->cli.inputs[0], .started = s->cli.started};
    struct sx_record record;
    cli_record(&s->cli, &all, &record);
    record.input_name = sx_model_input(s->cli.model, 0)->name;
    record.input_shape = *sx_dataset_shape(s->f.data.x);
    record.forward = 2 * (int64_t)s->f.survey.metrics.samples;
    record.backward = s->with_am ? s->n * s->am.rounds * s->am.steps : 0;
    record.forward += record.backward + (s->with_am ? 3 * s->n : 0);
    sx_result_begin(j, &record);
    write_params(s, j);
    sx_put_text(j, "classes_by", s->f.data.y != NULL ? "labels" : "model");
    sx_put_list(j, "pairs");
    for (int64_t k = 0, first = 0; k < s->n_pairs; first += s->pair[k++].n) {
        const struct sx_flint_pair *p = &s->pair[k];
        sx_put_object(j, NULL);
        sx_put_int(j, "class", p->of_class);
        sx_put_text(j, "label", cli_label(&s->cli, p->of_class));
        sx_put_int(j, "attribute", p->attribute);
        sx_put_number(j, "r", p->r);
        write_samples(s, j, p, first);
        sx_put_end(j);
    }
    sx_put_end(j);
    static const struct sx_view view = {
        .each = "pairs", .columns = "class,label,attribute,r", .top = 64};
    return cli_emit(&s->cli, &record, &view, NULL, error);
}

/* Samples as pictures, after all of which come those that were changed, in false colours. */
static bool make_cells(const struct flint_visualize *s, struct sx_picture *cell, char **caption,
                       int64_t columns, struct sx_error *error)
{
    struct sx_tensor x = {SX_FLOAT, *sx_dataset_shape(s->f.data.x), NULL};
    for (int64_t k = 0, at = 0; k < s->n_pairs; k++)
        for (int64_t i = 0; i < s->pair[k].n; i++, at++) {
            int64_t to = k * columns + i;
            x.data = s->x + at * s->size;
            if (!sx_picture_of(&x, s->cli.pre.layout, &cell[to], error) ||
                asprintf(&caption[to], "%.3g", s->pair[k].phi[i]) < 0)
                return false;
            if (!s->with_am)
                continue;
            x.data = s->changed + at * s->size;
            to += s->mas;
            if (!sx_picture_of(&x, s->cli.pre.layout, &cell[to], error) ||
                !sx_picture_colour(&cell[to], "viridis", error) ||
                asprintf(&caption[to], "%.3g to %.3g", s->climbed[at].start,
                         s->climbed[at].end) < 0)
                return false;
        }
    return true;
}

static bool make_names(const struct flint_visualize *s, char **row, char **column,
                       int64_t columns)
{
    bool ok = true;
    for (int64_t k = 0; ok && k < s->n_pairs; k++) {
        const char *label = cli_label(&s->cli, s->pair[k].of_class);
        ok = asprintf(&row[k], "class %lld%s%.24s\nattribute %lld\nrelevance %.2f",
                      (long long)s->pair[k].of_class, label != NULL ? "\n" : "",
                      label != NULL ? label : "", (long long)s->pair[k].attribute,
                      s->pair[k].r) >= 0;
    }
    for (int64_t c = 0; ok && c < columns; c++)
        ok = asprintf(&column[c], "%s %lld", c < s->mas ? "sample" : "maximised",
                      (long long)(c % s->mas) + 1) >= 0;
    return ok;
}

static bool draw(struct flint_visualize *s, struct sx_error *error)
{
    int64_t columns = s->with_am ? 2 * s->mas : s->mas, n = s->n_pairs * columns;
    struct sx_picture *cell = calloc((size_t)n, sizeof *cell), figure = {0};
    char **text = calloc((size_t)(n + s->n_pairs + columns), sizeof *text);
    bool ok = cell != NULL && text != NULL;
    if (ok) {
        char **caption = text, **row = text + n, **column = row + s->n_pairs;
        struct sx_gallery gallery = {
            .title =
                "samples that activate an attribute most, and what they become as it grows",
            .rows = s->n_pairs,
            .columns = columns,
            .row_name = (const char *const *)row,
            .column_name = (const char *const *)column,
            .caption = (const char *const *)caption,
            .cell = cell};
        ok = make_cells(s, cell, caption, columns, error) &&
             make_names(s, row, column, columns) && sx_plot_gallery(&gallery, &figure, error) &&
             cli_write_png(&s->cli, &figure, error);
    }
    if (!ok && error->status == SX_OK)
        refuse(error, SX_MEMORY, "out of memory");
    for (int64_t i = 0; cell != NULL && i < n; i++)
        sx_picture_free(&cell[i]);
    for (int64_t i = 0; text != NULL && i < n + s->n_pairs + columns; i++)
        free(text[i]);
    sx_picture_free(&figure);
    free(cell);
    free(text);
    return ok;
}

/* One array of all samples, the changed ones where there are any. */
static bool write_array(struct flint_visualize *s, struct sx_error *error)
{
    struct sx_tensor t = {SX_FLOAT, *sx_dataset_shape(s->f.data.x), s->changed};
    t.shape.dim[0] = s->n;
    return cli_add_array(&s->cli, &t, error);
}

static bool write_result(struct flint_visualize *s, struct sx_error *error)
{
    if (s->cli.format == CLI_PNG)
        return draw(s, error);
    return s->cli.format == CLI_NPY ? write_array(s, error) : write_record(s, error);
}

/* ---- The run ---- */

static void run(struct flint_visualize *s)
{
    struct sx_error *error = &s->cli.error;
    if (cli_flint_survey(&s->cli, &s->f) && find_pairs(s, error) &&
        sx_flint_top(s->f.flint, s->f.data.x, s->f.data.y, &s->f.survey, s->pair, s->n_pairs,
                     s->mas, error) &&
        gather(s, error)) {
        if (s->f.data.y == NULL)
            cli_warn(&s->cli, 0,
                     "no classes were given: samples are of the class that the model names");
        write_result(s, error);
    }
}

static const struct cli_option options[] = {
    {'y', "classes", "FILE", "classes of the samples: .npy, or text, one a line", CLI_TEXT,
     &self.f.y, NULL, NULL},
    {0, "pair", "C:J", "a class and an attribute (repeatable)", CLI_CALL, NULL, NULL, add_pair},
    {0, "tau", "R", "else those of relevance over 1/R", CLI_NUMBER, &self.f.tau, NULL, NULL},
    {0, "top", "N", "at most so many of a class", CLI_COUNT, &self.top, NULL, NULL},
    {0, "mas", "N", "samples of each pair", CLI_COUNT, &self.mas, NULL, NULL},
    {0, "subset", "N", "draw so many of the samples", CLI_COUNT, &self.f.survey.subset, NULL,
     NULL},
    {0, "am", NULL, "change the samples to activate the attribute", CLI_FLAG, &self.with_am,
     NULL, NULL},
    {0, "dim", "R", "beginning at R times the sample", CLI_NUMBER, &self.am.dim, NULL, NULL},
    {0, "gain", "R", "weight of the activation", CLI_NUMBER, &self.am.gain, NULL, NULL},
    {0, "tv", "R", "weight of the total variation", CLI_NUMBER, &self.am.tv, NULL, NULL},
    {0, "bound", "R", "weight of what is out of range", CLI_NUMBER, &self.am.bound, NULL, NULL},
    {0, "range", "MIN,MAX", "the range", CLI_CALL, NULL, NULL, set_range},
    {0, "clamp", NULL, "stay in it", CLI_FLAG, &self.am.clamp, NULL, NULL},
    {0, "rounds", "N", "rounds, each at half the rate of the one before", CLI_COUNT,
     &self.rounds, NULL, NULL},
    {0, "steps", "N", "steps of a round", CLI_COUNT, &self.steps, NULL, NULL},
    {0, "am-lr", "R", "rate of the first round", CLI_NUMBER, &self.am.rate, NULL, NULL},
    {0, "jitter", "N", "turn pictures by up to N pixels at random", CLI_COUNT, &self.am.jitter,
     NULL, NULL},
    {0, "raw", NULL, "integers are values, not pixels of 0..255", CLI_FLAG, &self.f.raw, NULL,
     NULL},
    {0, NULL, NULL, NULL, CLI_FLAG, NULL, NULL, NULL}};

int main(int argc, char **argv)
{
    struct flint_visualize *s = &self;
    s->cli = (struct cli){.tool = "flint-visualize",
                          .summary = "Show what attributes of a fitted interpreter stand for.",
                          .operands = "FITTED.onnx [INPUT]",
                          .options = options,
                          .groups = CLI_PICTURES,
                          .formats = CLI_TABLES | 1u << CLI_PNG | 1u << CLI_NPY,
                          .one_result = true};
    sx_flint_am_default(&s->am);
    s->f.tau = 5;
    s->mas = 3;
    s->rounds = s->am.rounds;
    s->steps = s->am.steps;
    cli_parse(&s->cli, argc, argv);
    check_options(s);
    if (cli_open(&s->cli))
        run(s);
    sx_flint_pairs_free(s->pair, s->n_pairs);
    cli_flint_free(&s->f);
    free(s->row);
    free(s->attribute);
    free(s->climbed);
    free(s->x);
    free(s->changed);
    return cli_finish(&s->cli);
}
