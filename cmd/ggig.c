/* ggig.c - geometrically guided integrated gradients and the gradient methods around it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/cli.h"

struct ggig {
    struct cli cli;
    struct sx_attribute_options o;
    struct sx_plot plot;
    struct sx_explainer *explainer;
    const char *background_file;
    double *baseline, *background;
    bool chosen; /* --method is given */
    int aggregate, step;
    struct sx_picture *panel; /* what is drawn */
    int n_panels, columns;    /* on a sheet, methods of a sample stand side by side */
};

static struct ggig self;

static bool set_clip(struct cli *cli, const char *argument)
{
    (void)cli;
    double *clip = self.o.clip;
    const char *comma = strchr(argument, ',');
    return comma != NULL && sx_number_parse(argument, (size_t)(comma - argument), &clip[0]) &&
           sx_number_parse(comma + 1, strlen(comma + 1), &clip[1]) && clip[0] < clip[1];
}

static bool set_method(struct cli *cli, const char *argument)
{
    struct sx_nearest near = {.word = argument};
    const char *name;
    for (int i = 0; (name = sx_attribute_method(i, NULL)) != NULL; i++) {
        if (strcmp(name, argument) == 0) {
            self.o.method = name;
            self.chosen = true;
            return true;
        }
        sx_nearest_offer(&near, name);
    }
    cli_misuse(cli, "no method '%.40s'%s (see --list-methods)", argument,
               sx_nearest_text(&near));
}

static bool list_methods(struct cli *cli, const char *argument)
{
    const char *name, *what;
    (void)argument;
    for (int i = 0; (name = sx_attribute_method(i, &what)) != NULL; i++)
        printf("%-14s %s\n", name, what);
    cli_printed(cli);
}

#define PLOT_OPTION(function, option)                                                          \
    static bool function(struct cli *cli, const char *argument)                                \
    {                                                                                          \
        struct sx_error error = {0};                                                           \
        if (!sx_plot_set(&self.plot, option, argument, &error))                                \
            cli_misuse(cli, "%s", error.message);                                              \
        return true;                                                                           \
    }
PLOT_OPTION(set_reduce, "reduce")
PLOT_OPTION(set_sign, "sign")
PLOT_OPTION(set_cmap, "cmap")
PLOT_OPTION(set_outlier, "outlier")
PLOT_OPTION(set_overlay, "overlay")
PLOT_OPTION(set_topk, "topk")
PLOT_OPTION(set_panels, "panels")

/* ---- One sample ---- */

/* Prepares what the method starts from: the baseline, and the background if it is asked for. */
static bool prepare(struct ggig *s, const struct cli_sample *sample, struct sx_error *error)
{
    free(s->baseline);
    s->baseline = NULL;
    if (s->background_file != NULL && s->background == NULL) {
        if (!cli_read_points(&s->cli, s->background_file, s->explainer, &s->background,
                             &s->o.n_background, error))
            return false;
        s->o.background = s->o.n_background > 0 ? s->background : NULL;
    }
    bool ok = cli_baseline(&s->cli, s->explainer, s->o.background, s->o.n_background,
                           &s->baseline, error);
    s->o.baseline = s->baseline;
    s->o.seed = s->cli.seed;
    s->o.sample = (uint64_t)sample->index;
    return ok;
}

static void write_params(struct ggig *s, const struct sx_attribution *a)
{
    struct sx_json *j = &s->cli.json;
    const struct sx_attribute_options *o = &s->o;
    static const char *const aggregate[] = {"max", "absmax", "mean"};
    static const char *const step[] = {"plain", "sign", "unit"};
    sx_json_object(j, "params");
    sx_json_int(j, "steps", a->steps);
    sx_json_int(j, "iters", a->iterations);
    sx_json_int(j, "samples", a->samples);
    sx_json_double(j, "eta", o->eta);
    sx_json_double(j, "noise", o->noise);
    sx_json_double(j, "fraction", o->fraction);
    sx_json_double(j, "max_dist", o->max_distance);
    sx_json_double(j, "max_sigma", o->max_sigma);
    sx_json_string(j, "agg", aggregate[o->aggregate]);
    sx_json_string(j, "step", step[o->step]);
    sx_json_bool(j, "times_input", o->times_input);
    sx_json_string(j, "baseline", s->cli.baseline);
    sx_json_string(j, "background", s->background_file);
    sx_json_string(j, "precision", s->cli.explain.precise ? "float64" : "float32");
    sx_json_int(j, "seed", (int64_t)s->cli.seed);
    sx_json_object_end(j);
}

static bool write_record(struct ggig *s, const struct cli_sample *sample,
                         const struct sx_attribution *a, struct sx_error *error)
{
    struct sx_json *j = &s->cli.json;
    struct sx_record record;
    cli_record(&s->cli, sample, &record);
    cli_record_target(&s->cli, &record, s->explainer);
    sx_record_begin(j, &record);
    write_params(s, a);
    sx_json_string(j, "method", s->o.method);
    sx_json_tensor(j, "attribution", &a->map);
    sx_json_derived(j, "sum", a->sum);
    sx_json_derived(j, "completeness_gap", a->complete ? a->gap : NAN);
    sx_json_bool(j, "flat", a->flat);
    if (a->left_out > 0)
        sx_json_int(j, "left_out", a->left_out);
    return sx_record_end(j, &record, error);
}

/* "ggig  tabby cat (281)  logit 12.25" */
static void title_of(const struct ggig *s, char *title, size_t size)
{
    static const char *const score[] = {"value", "logit", "probability", "log-probability"};
    const struct sx_target *t = sx_explainer_target(s->explainer);
    char name[120];
    cli_target_name(t, name, sizeof name);
    snprintf(title, size, "%s: %s, %s %.4g", s->o.method, name, score[t->score], t->value);
}

/* The features of largest magnitude, a line each; pictures are drawn instead. */
static bool write_text(struct ggig *s, const struct cli_sample *sample,
                       const struct sx_attribution *a, struct sx_error *error)
{
    char title[200], *drawn = NULL;
    title_of(s, title, sizeof title);
    sx_sink_print(s->cli.sink, "%s[%lld]  %s  sum %.6g", sample->id, (long long)sample->index,
                  title, a->sum);
    if (a->complete)
        sx_sink_print(s->cli.sink, "  gap %.2g", a->gap);
    sx_sink_print(s->cli.sink, "\n");
    if (a->map.shape.rank >= 2) {
        if (cli_colour(&s->cli) && sx_plot_terminal(&s->plot, &a->map, 64, &drawn, error)) {
            sx_sink_write(s->cli.sink, drawn, strlen(drawn));
            free(drawn);
        }
    }
    return cli_print_top(&s->cli, &a->map, 10, error);
}

static bool draw(struct ggig *s, const struct cli_sample *sample,
                 const struct sx_attribution *a, struct sx_error *error)
{
    char title[200];
    struct sx_picture figure = {0};
    title_of(s, title, sizeof title);
    if (!sx_plot_map(&s->plot, &a->map, sample->picture, title, &figure, error))
        return false;
    struct sx_picture *more = realloc(s->panel, (size_t)(s->n_panels + 1) * sizeof *s->panel);
    if (more == NULL) {
        sx_picture_free(&figure);
        *error = (struct sx_error){SX_MEMORY, "out of memory"};
        return false;
    }
    s->panel = more;
    s->panel[s->n_panels++] = figure;
    return true;
}

static void warn(struct ggig *s, const struct sx_attribution *a)
{
    if (a->flat)
        cli_warn(&s->cli, 0, "every gradient is zero");
    if (a->nonfinite > 0)
        cli_warn(&s->cli, 0, "elements that are not finite are null");
    if (a->left_out > 0)
        cli_warn(&s->cli, a->left_out, "gradients that are not finite are left out");
    if (strcmp(s->o.method, "expected") == 0 && s->o.background == NULL)
        cli_warn(&s->cli, 0, "no --background: the baseline alone is drawn");
}

static bool write_result(struct ggig *s, const struct cli_sample *sample,
                         const struct sx_attribution *a, struct sx_error *error)
{
    warn(s, a);
    switch (s->cli.format) {
    case CLI_FORMAT_TEXT:
        return write_text(s, sample, a, error);
    case CLI_PNG:
        return draw(s, sample, a, error);
    case CLI_NPY:
        return cli_add_array(&s->cli, &a->map, error);
    default:
        return write_record(s, sample, a, error);
    }
}

static bool explain(struct ggig *s, const struct cli_sample *sample, struct sx_error *error)
{
    struct sx_attribution a = {0};
    bool ok = sx_explainer_sample(s->explainer, sample->feeds, error) &&
              prepare(s, sample, error) && sx_attribute(s->explainer, &s->o, &a, error) &&
              write_result(s, sample, &a, error);
    sx_tensor_free(&a.map);
    return ok;
}

/* A row of the sheet: a panel for each method. A sample that fails has none. */
static bool explain_all(struct ggig *s, const struct cli_sample *sample, struct sx_error *error)
{
    bool ok = true;
    int before = s->n_panels;
    for (int i = 0; ok && (s->o.method = sx_attribute_method(i, NULL)) != NULL; i++)
        ok = explain(s, sample, error);
    while (!ok && s->n_panels > before)
        sx_picture_free(&s->panel[--s->n_panels]);
    s->columns = s->columns > 0 || !ok ? s->columns : s->n_panels;
    return ok;
}

/* The pictures drawn become one PNG. */
static bool write_pictures(struct ggig *s, struct sx_error *error)
{
    struct sx_picture sheet = {0};
    if (s->n_panels == 0)
        return true;
    int columns = s->n_panels == s->columns ? 0 : s->columns > 0 ? s->columns : 1;
    bool ok = s->n_panels == 1 ? cli_write_png(&s->cli, &s->panel[0], error)
                               : sx_plot_sheet(s->panel, s->n_panels, columns, &sheet, error) &&
                                     cli_write_png(&s->cli, &sheet, error);
    sx_picture_free(&sheet);
    return ok;
}

static void run(struct ggig *s)
{
    struct cli_sample sample;
    struct sx_error error = {0};
    bool all = s->cli.sheet && !s->chosen, go_on = true;
    s->explainer = sx_explainer_new(s->cli.model, &s->cli.explain, &s->cli.error);
    while (s->explainer != NULL && go_on && cli_next(&s->cli, &sample)) {
        error = (struct sx_error){0};
        bool ok = all ? explain_all(s, &sample, &error) : explain(s, &sample, &error);
        go_on = cli_done(&s->cli, &sample, ok, &error);
    }
    error = (struct sx_error){0};
    if (s->cli.error.status == SX_OK && !write_pictures(s, &error))
        s->cli.error = error;
}

static void free_all(struct ggig *s)
{
    for (int i = 0; i < s->n_panels; i++)
        sx_picture_free(&s->panel[i]);
    free(s->panel);
    free(s->baseline);
    free(s->background);
    sx_explainer_free(s->explainer);
}

static const struct cli_option options[] = {
    {0, "method", "NAME", "ggig, ig, grad, ...: see --list-methods", CLI_CALL, NULL, NULL,
     set_method},
    {0, "list-methods", NULL, "what the methods are", CLI_CALL, NULL, NULL, list_methods},
    {0, "steps", "M", "steps of the path", CLI_COUNT, &self.o.steps, NULL, NULL},
    {0, "iters", "T", "gradients of each ascent", CLI_COUNT, &self.o.iterations, NULL, NULL},
    {0, "samples", "N", "draws of the methods that draw", CLI_COUNT, &self.o.samples, NULL,
     NULL},
    {0, "eta", "R", "step of the ascent", CLI_NUMBER, &self.o.eta, NULL, NULL},
    {0, "noise", "R", "noise, in ranges of the input", CLI_NUMBER, &self.o.noise, NULL, NULL},
    {0, "fraction", "R", "guided-ig: share that moves at once", CLI_NUMBER, &self.o.fraction,
     NULL, NULL},
    {0, "max-dist", "R", "guided-ig: distance from the straight path", CLI_NUMBER,
     &self.o.max_distance, NULL, NULL},
    {0, "max-sigma", "S", "blur-ig: widest blur, in pixels", CLI_NUMBER, &self.o.max_sigma,
     NULL, NULL},
    {0, "times-input", NULL, "multiply by input minus baseline", CLI_FLAG, &self.o.times_input,
     NULL, NULL},
    {0, "agg", "HOW", "how gradients become one", CLI_CHOICE, &self.aggregate,
     "max|absmax|mean", NULL},
    {0, "step", "HOW", "how the ascent steps", CLI_CHOICE, &self.step, "plain|sign|unit", NULL},
    {0, "clip", "LO,HI", "the ascent stays within", CLI_CALL, NULL, NULL, set_clip},
    {0, "background", "FILE", "samples to draw baselines from", CLI_TEXT, &self.background_file,
     NULL, NULL},
    {0, "sheet", NULL, "PNG: a row a sample; without --method, all methods", CLI_FLAG,
     &self.cli.sheet, NULL, NULL},
    {0, "reduce", "HOW", "channels: sum, abs-sum or max", CLI_CALL, NULL, NULL, set_reduce},
    {0, "sign", "WHICH", "shown: abs, pos, neg or all", CLI_CALL, NULL, NULL, set_sign},
    {0, "cmap", "NAME", "colour map", CLI_CALL, NULL, NULL, set_cmap},
    {0, "outlier", "P", "per cent of the total off the scale", CLI_CALL, NULL, NULL,
     set_outlier},
    {0, "overlay", "A", "share of the map in the overlay", CLI_CALL, NULL, NULL, set_overlay},
    {0, "topk", "P", "show the top P per cent of the picture", CLI_CALL, NULL, NULL, set_topk},
    {0, "panels", "LIST", "of picture,map,overlay,mask", CLI_CALL, NULL, NULL, set_panels},
    {0, NULL, NULL, NULL, CLI_FLAG, NULL, NULL, NULL}};

int main(int argc, char **argv)
{
    struct ggig *s = &self;
    s->cli = (struct cli){.tool = "ggig",
                          .summary = "Explain a model's output by gradients of its input.",
                          .operands = "MODEL [INPUT]...",
                          .options = options,
                          .groups = CLI_EXPLAIN | CLI_BASELINE | CLI_PICTURES,
                          .formats = 1u << CLI_FORMAT_TEXT | 1u << CLI_JSON | 1u << CLI_PNG |
                                     1u << CLI_NPY,
                          .score = SX_SCORE_LOGIT};
    s->o = sx_attribute_defaults();
    s->o.method = "ggig";
    sx_plot_default(&s->plot);
    cli_parse(&s->cli, argc, argv);
    s->o.aggregate = (enum sx_aggregate)s->aggregate;
    s->o.step = (enum sx_climb)s->step;
    if (cli_open(&s->cli))
        run(s);
    free_all(s);
    return cli_finish(&s->cli);
}
