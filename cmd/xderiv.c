/* xderiv.c - interactions of features by cross derivatives of any order, and their relatives. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/streams.h"

enum { MANY = 20 }; /* from so many samples on, a message suggests --agg */

struct xderiv {
    struct cli cli;
    struct sx_study_options o;
    struct sx_explainer *explainer;
    struct sx_study *study;
    const char *names_file, *from;
    bool global; /* all samples together make one record */
    char **name;
    size_t n_names;
    double *baseline, *background;
    int64_t n_background;
};

static struct xderiv self;

/* --scale=std means --units=std; a number is a scale of pictures. */
static bool scale_word(struct cli *cli, const char *argument)
{
    struct sx_error ignored = {0};
    (void)cli;
    return sx_option_set(sx_option_find(&sx_study_table, "units"), &self.o, argument, &ignored);
}

static bool list_methods(struct cli *cli, const char *argument)
{
    const char *name, *what;
    (void)argument;
    for (int i = 0; (name = sx_study_method(i, &what)) != NULL; i++)
        printf("%-14s %s\n", name, what);
    cli_printed(cli);
}

static const char *const *names(const struct xderiv *s)
{
    return (const char *const *)s->name;
}

/* Copies the names of a header line, which is gone after the last sample. */
static bool take_names(struct xderiv *s, struct sx_error *error)
{
    size_t n = 0;
    if (s->names_file != NULL || strcmp(s->o.players, "elements") != 0 ||
        (s->global && s->name != NULL))
        return true;
    cli_free_lines(s->name, s->n_names);
    s->n_names = 0;
    int64_t elements = sx_count(&sx_explainer_elements(s->explainer)->shape);
    if (cli_features_fit(&s->cli, elements))
        n = (size_t)elements;
    s->name = n > 0 ? calloc(n, sizeof *s->name) : NULL;
    bool ok = n == 0 || s->name != NULL;
    for (size_t i = 0; ok && i < n; i++, s->n_names++)
        ok = (s->name[i] = strdup(cli_feature(&s->cli, i))) != NULL;
    if (!ok)
        cli_error(error, SX_MEMORY, "out of memory");
    return ok;
}

/* ---- Results ---- */

static void put_params(struct xderiv *s, const struct sx_effects *r)
{
    struct sx_study_options used = s->o;
    used.steps = r->steps;
    sx_put_object(s->cli.result, "params");
    sx_put_options(s->cli.result, &sx_study_table, &used);
    sx_put_text(s->cli.result, "baseline", s->cli.baseline);
    cli_put_common(&s->cli);
    sx_put_end(s->cli.result);
}

static void warn(struct xderiv *s, const struct sx_effects *r)
{
    bool finite = true;
    for (int64_t k = 0; k < r->n; k++)
        finite = finite && isfinite(r->item[k].strength);
    if (r->zero_curvature)
        cli_warn(&s->cli, 0, "every derivative is zero");
    if (!finite)
        cli_warn(&s->cli, 0, "some effects are not finite");
    if (s->o.pairs != NULL && r->evaluated == 0)
        cli_warn(&s->cli, 0, "--pairs names no set of a size up to --order");
}

static bool write_record(struct xderiv *s, const struct cli_sample *sample,
                         const struct sx_effects *r, struct sx_error *error)
{
    struct sx_record record;
    struct sx_tensor from = {0};
    const struct sx_shape *shape = &sx_explainer_input(s->explainer)->shape;
    cli_record(&s->cli, sample, &record);
    cli_record_target(&s->cli, &record, s->explainer);
    sx_result_begin(s->cli.result, &record);
    put_params(s, r);
    bool ok = s->from == NULL ||
              sx_effects_from(s->study, r, shape, s->from, s->o.is_signed, &from, error);
    if (ok && s->from != NULL)
        sx_put_tensor(s->cli.result, "from", &from);
    sx_put_effects(s->cli.result, s->study, r, names(s), (int64_t)s->n_names);
    ok = ok && cli_emit(&s->cli, &record, &sx_effects_view, NULL, error);
    sx_tensor_free(&from);
    return ok;
}

static bool write_dot(struct xderiv *s, const struct cli_sample *sample,
                      const struct sx_effects *r, struct sx_error *error)
{
    s->cli.wrote = true;
    return sx_effects_dot(s->study, r, names(s), (int64_t)s->n_names, sample->id, s->cli.sink,
                          error);
}

static bool write_tensor(struct xderiv *s, struct sx_error *error)
{
    struct sx_tensor tensor;
    bool ok =
        sx_study_tensor(s->study, &tensor, error) && cli_add_array(&s->cli, &tensor, error);
    sx_tensor_free(&tensor);
    return ok;
}

static void complain_check(struct xderiv *s, const struct cli_sample *sample, double check)
{
    struct sx_error error = {.status = SX_CHECK};
    snprintf(error.message, sizeof error.message,
             "derivatives and differences differ by %.2g of the largest", check);
    cli_complain_sample(&s->cli, sample->id, &error);
}

/* Evaluates the rows that were added, and writes the record. */
static bool conclude(struct xderiv *s, const struct cli_sample *sample, struct sx_error *error)
{
    struct sx_effects r;
    if (s->cli.format == CLI_NPY)
        return write_tensor(s, error);
    if (!sx_study_run(s->study, &r, error))
        return false;
    s->cli.sample = s->global ? -1 : s->cli.sample;
    warn(s, &r);
    bool ok = s->cli.format == CLI_DOT ? write_dot(s, sample, &r, error)
                                       : write_record(s, sample, &r, error);
    if (ok && s->o.check && !(r.check <= 1e-4))
        complain_check(s, sample, r.check);
    return ok;
}

/* ---- Samples ---- */

/* Prepares the baseline, and once the background. */
static bool prepare(struct xderiv *s, struct sx_error *error)
{
    if (s->o.background != NULL && s->background == NULL) {
        if (!cli_read_points(&s->cli, s->o.background, s->explainer, &s->background,
                             &s->n_background, error))
            return false;
        sx_study_background(s->study, s->background, s->n_background);
    }
    free(s->baseline);
    s->baseline = NULL;
    return cli_baseline(&s->cli, s->explainer, s->background, s->n_background, &s->baseline,
                        error);
}

static bool explain(struct cli *cli, const struct cli_sample *sample, struct sx_error *error)
{
    struct xderiv *s = &self;
    (void)cli;
    return sx_explainer_sample(s->explainer, sample->feeds, error) && prepare(s, error) &&
           sx_study_add(s->study, s->explainer, s->baseline, error) && take_names(s, error) &&
           (s->global || conclude(s, sample, error));
}

/* Runs a method that looks only at weights and needs no sample. Zeros of the declared shape stand
 * for a sample. */
static void run_without_samples(struct xderiv *s)
{
    int n = sx_model_input_count(s->cli.model);
    struct sx_error error = {0};
    struct cli_sample sample = {.id = s->cli.model_path, .started = cli_seconds()};
    sample.feeds = calloc((size_t)n + 1, sizeof *sample.feeds);
    bool ok = sample.feeds != NULL;
    for (int i = 0; ok && i < n; i++) {
        const struct sx_port *port = sx_model_input(s->cli.model, i);
        struct sx_shape shape = port->shape;
        for (int k = 0; k < shape.rank; k++)
            shape.dim[k] = shape.dim[k] < 0 ? 1 : shape.dim[k];
        ok = sx_tensor_new(&sample.feeds[i], port->type, &shape, &error);
    }
    ok = ok && explain(&s->cli, &sample, &error);
    cli_done(&s->cli, &sample, ok, &error);
    for (int i = 0; sample.feeds != NULL && i < n; i++)
        sx_tensor_free(&sample.feeds[i]);
    free(sample.feeds);
}

static bool open_all(struct xderiv *s)
{
    struct sx_error *error = &s->cli.error;
    if (s->names_file != NULL && !cli_read_names(&s->cli, s->names_file, &s->name, &s->n_names))
        return false;
    s->o.names = (int64_t)s->n_names;
    s->study = sx_study_new(&s->o, error);
    if (s->study != NULL)
        s->explainer = sx_explainer_new(s->cli.model, &s->cli.explain, error);
    return s->explainer != NULL && sx_explainer_smooth(s->explainer, s->o.smooth, error);
}

/* Runs all samples. If they make one record, the first one names it. */
static void run_samples(struct xderiv *s)
{
    struct cli_sample sample, first = {0};
    struct sx_error error = {0};
    char *id = NULL;
    bool go_on = true;
    while (go_on && cli_next(&s->cli, &sample)) {
        error = (struct sx_error){0};
        bool ok = explain(&s->cli, &sample, &error);
        if (ok && id == NULL && (id = strdup(sample.id)) != NULL)
            first =
                (struct cli_sample){.id = id, .index = sample.index, .started = sample.started};
        go_on = cli_done(&s->cli, &sample, ok, &error);
    }
    if (!s->global && s->cli.format == CLI_FORMAT_TEXT && s->cli.done >= MANY)
        cli_say(&s->cli, "%lld samples one by one: --agg=median makes one result of them",
                (long long)s->cli.done);
    error = (struct sx_error){0};
    if (s->global && id != NULL && s->cli.error.status == SX_OK)
        cli_done(&s->cli, &first, conclude(s, &first, &error), &error);
    free(id);
}

static void run(struct xderiv *s)
{
    bool weights = strncmp(s->o.method, "nid", 3) == 0 && s->cli.n_inputs == 0 &&
                   s->cli.files_from == NULL && s->cli.n_sides == 0;
    if (weights) {
        s->o.gather = SX_GATHER_NONE;
        s->global = false;
        s->cli.overall = true;
    }
    if (!open_all(s))
        return;
    if (weights)
        run_without_samples(s);
    else
        run_samples(s);
}

static void free_all(struct xderiv *s)
{
    sx_study_free(s->study);
    sx_explainer_free(s->explainer);
    cli_free_lines(s->name, s->n_names);
    free(s->baseline);
    free(s->background);
}

static const struct cli_option options[] = {
    {.name = "list-methods",
     .kind = CLI_CALL,
     .call = list_methods,
     .help = "print the methods"},
    {.name = "names",
     .argument = "FILE",
     .kind = CLI_TEXT,
     .to = &self.names_file,
     .help = "names of features, one per line"},
    {.name = "from",
     .argument = "ROW,COL",
     .kind = CLI_TEXT,
     .to = &self.from,
     .help = "add the interactions of one feature with all others as a map"},
    {.name = NULL}};
static const struct cli_table tables[] = {
    {&sx_study_table, &self.o}, {&sx_figure_table, &self.cli.figure}, {NULL, NULL}};

/* Checks --absent, which only archdetect takes; the rows of the background are what absent features
 * hold. */
static void settle_absent(struct xderiv *s)
{
    bool arch = strcmp(s->o.method, "archdetect") == 0;
    if (s->o.absent.kind != SX_ABSENT_BY_BACKGROUND && !arch)
        cli_misuse(&s->cli, "--absent is of method archdetect");
    if (s->o.absent.kind > SX_ABSENT_BASELINE && s->o.background == NULL)
        cli_misuse(&s->cli, "--absent draws from the rows of a --background");
    if (s->o.absent.kind == SX_ABSENT_BY_BACKGROUND && arch && s->o.background != NULL)
        s->o.absent.kind = SX_ABSENT_MARGINAL;
}

/* Settles options that depend on each other. */
static void settle(struct xderiv *s)
{
    settle_absent(s);
    s->o.seed = s->cli.seed;
    s->o.layout = s->cli.pre.layout;
    s->o.gather = sx_study_gather(&s->o);
    s->global = s->cli.overall = s->o.gather != SX_GATHER_NONE;
    if (s->cli.format == CLI_NPY && s->global && strcmp(s->o.method, "friedman") != 0)
        cli_misuse(&s->cli,
                   "a .npy holds a tensor for each sample: not with --agg, --at, --truth");
    if (s->o.check && strcmp(s->o.method, "xderiv") != 0)
        cli_misuse(&s->cli, "--check is of method xderiv");
    s->cli.explain.precise = s->cli.explain.precise || s->o.check;
}

int main(int argc, char **argv)
{
    struct xderiv *s = &self;
    s->cli = (struct cli){
        .tool = "xderiv",
        .summary = "Find which features of a model's input interact.",
        .operands = "MODEL [INPUT]...",
        .options = options,
        .tables = tables,
        .kinds =
            "auto|overlay|strip|bars|stacked|waterfall|force|beeswarm|scatter|matrix|network|upset|sheet",
        .groups = CLI_EXPLAIN | CLI_BASELINE | CLI_PICTURES,
        .formats = CLI_TABLES | CLI_FIGURES | 1u << CLI_NPY | 1u << CLI_DOT,
        .scale_word = scale_word,
        .score = SX_SCORE_LOGIT};
    cli_parse(&s->cli, argc, argv);
    settle(s);
    sx_plot_default(&s->cli.figure.map);
    sx_plot_set(&s->cli.figure.map, "sign", s->o.is_signed ? "all" : "abs", &s->cli.error);
    if (cli_open(&s->cli))
        run(s);
    free_all(s);
    return cli_finish(&s->cli);
}
