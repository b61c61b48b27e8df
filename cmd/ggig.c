/* ggig.c - geometrically guided integrated gradients and the gradient methods around it. */
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/streams.h"

struct ggig {
    struct cli cli;
    struct sx_attribute_options o;
    struct sx_explainer *explainer;
    const char *background_file;
    const char *method[CLI_MAX_METHODS]; /* the methods that were asked for */
    int n_methods;
    int64_t top;
    double *baseline, *background;
};

static struct ggig self;

/* Adds one name of the list. For an unknown name, the nearest ones are offered. */
static void add_method(struct cli *cli, const char *name, size_t length)
{
    char word[40];
    const char *known;
    snprintf(word, sizeof word, "%.*s", (int)length, name);
    struct sx_nearest near = {.word = word};
    for (int i = 0; (known = sx_attribute_method(i, NULL)) != NULL; i++) {
        if (strcmp(known, word) == 0 && self.n_methods < CLI_MAX_METHODS) {
            self.method[self.n_methods++] = known;
            return;
        }
        sx_nearest_offer(&near, known);
    }
    cli_misuse(cli, "no method '%s'%s (see --list-methods)", word, sx_nearest_text(&near));
}

static bool set_methods(struct cli *cli, const char *argument)
{
    self.n_methods = 0;
    for (;;) {
        size_t n = strcspn(argument, ",");
        add_method(cli, argument, n);
        if (argument[n] == '\0')
            return true;
        argument += n + 1;
    }
}

static bool list_methods(struct cli *cli, const char *argument)
{
    const char *name, *what;
    (void)argument;
    for (int i = 0; (name = sx_attribute_method(i, &what)) != NULL; i++)
        printf("%-15s %s\n", name, what);
    cli_printed(cli);
}

/* ---- One sample ---- */

/* The mean of --std, or 0 if that is 1. */
static double spread(const struct sx_preprocess *pre)
{
    double mean = (pre->std[0] + pre->std[1] + pre->std[2]) / 3;
    return mean != 1 ? mean : 0;
}

/* Prepares the baseline, and the background if it is asked for. */
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
    s->o.spread = spread(&s->cli.pre);
    s->o.layout = s->cli.pre.layout;
    sx_attribute_passes_clear(s->o.passes);
    return ok;
}

/* Puts "params": the options as they were used, and the common ones. */
static void put_params(struct ggig *s, const struct sx_attribution *a)
{
    struct sx_result *r = s->cli.result;
    struct sx_attribute_options used = sx_attribute_used(&s->o, a);
    sx_put_object(r, "params");
    sx_put_options(r, &sx_attribute_table, &used);
    sx_put_text(r, "baseline", s->cli.baseline);
    sx_put_text(r, "background", s->background_file);
    cli_put_common(&s->cli);
    sx_put_end(r);
}

static bool write_record(struct ggig *s, const struct cli_sample *sample,
                         const struct sx_attribution *a, struct sx_error *error)
{
    const struct sx_view view = {.scalars = "sum,completeness_gap:gap",
                                 .columns = "attribution",
                                 .names = "names",
                                 .top = s->top};
    struct sx_record record;
    cli_record(&s->cli, sample, &record);
    cli_record_target(&s->cli, &record, s->explainer);
    record.partial = a->partial;
    sx_result_begin(s->cli.result, &record);
    put_params(s, a);
    cli_put_names(&s->cli, s->explainer);
    sx_put_attribution(s->cli.result, s->o.method, a);
    if (s->top > 0)
        cli_put_top(&s->cli, &a->map, s->top);
    return cli_emit(&s->cli, &record, &view, &a->map, error);
}

static void warn(struct ggig *s, const struct sx_attribution *a)
{
    if (a->flat && sx_explainer_has_trees(s->explainer))
        cli_warn(&s->cli, 0,
                 "every gradient is zero: decision trees are steps, which shapley-int and "
                 "attr-decompose's occ1 explain");
    else if (a->flat)
        cli_warn(&s->cli, 0,
                 "every gradient is zero: --method=occlusion and shapley-int need none");
    if (a->idle)
        cli_warn(&s->cli, 0,
                 "the ascent moves or changes next to nothing: a larger --eta goes further, "
                 "--method=ig does without");
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
    if (s->cli.format == CLI_NPY)
        return cli_add_array(&s->cli, &a->map, error);
    return write_record(s, sample, a, error);
}

static bool explain_by(struct ggig *s, const char *method, const struct cli_sample *sample,
                       struct sx_error *error)
{
    struct sx_attribution a = {0};
    s->o.method = method;
    bool ok =
        sx_attribute(s->explainer, &s->o, &a, error) && write_result(s, sample, &a, error);
    sx_attribution_free(&a);
    return ok;
}

/* Writes a record for each method, or draws it. */
static bool explain(struct cli *cli, const struct cli_sample *sample, struct sx_error *error)
{
    struct ggig *s = &self;
    bool ok =
        sx_explainer_sample(s->explainer, sample->feeds, error) && prepare(s, sample, error);
    for (int i = 0; ok && i < s->n_methods; i++) {
        cli->method_at = i;
        ok = explain_by(s, s->method[i], sample, error);
    }
    return ok;
}

/* The pass of a layer serves only methods that all want it. */
static void choose_pass(struct ggig *s)
{
    struct sx_explain_options *o = &s->cli.explain;
    o->layer = s->o.layer;
    o->pass = sx_attribute_pass(s->method[0]);
    for (int i = 1; i < s->n_methods; i++) {
        enum sx_pass pass = sx_attribute_pass(s->method[i]);
        bool gradient = pass == SX_PASS_GRADIENT || o->pass == SX_PASS_GRADIENT;
        if (pass != o->pass)
            o->pass = gradient ? SX_PASS_GRADIENT : SX_PASS_SCORES;
    }
}

static void run(struct ggig *s)
{
    choose_pass(s);
    s->explainer = sx_explainer_new(s->cli.model, &s->cli.explain, &s->cli.error);
    if (s->explainer != NULL && s->n_methods > 1)
        s->o.passes = sx_attribute_passes_new(&s->cli.error);
    if (s->explainer != NULL && (s->n_methods == 1 || s->o.passes != NULL))
        cli_each(&s->cli, explain);
}

static void free_all(struct ggig *s)
{
    free(s->baseline);
    free(s->background);
    sx_attribute_passes_free(s->o.passes);
    sx_explainer_free(s->explainer);
}

static const struct cli_option options[] = {
    {.name = "method",
     .argument = "NAME[,NAME]",
     .kind = CLI_CALL,
     .call = set_methods,
     .help = "methods: ggig, ig, grad, ...; --list-methods has all"},
    {.name = "list-methods",
     .kind = CLI_CALL,
     .call = list_methods,
     .help = "print the methods"},
    {.name = "background",
     .argument = "FILE",
     .kind = CLI_TEXT,
     .to = &self.background_file,
     .help = "samples from which baselines are drawn"},
    {.name = "top",
     .argument = "K",
     .kind = CLI_COUNT,
     .to = &self.top,
     .help = "add the K strongest elements to records; -f text: print K"},
    {.name = "sheet",
     .kind = CLI_FLAG,
     .to = &self.cli.sheet,
     .help = "pictures: all samples; without --method all methods"},
    {.name = NULL}};
static const struct cli_table tables[] = {{&sx_attribute_table, &self.o},
                                          {&sx_figure_table, &self.cli.figure},
                                          {&sx_plot_table, &self.cli.figure.map},
                                          {NULL, NULL}};

/* Whether any of the methods explains by a layer. */
static bool looks_at_layer(const struct ggig *s)
{
    for (int i = 0; i < s->n_methods; i++)
        if (sx_attribute_of_layer(s->method[i]))
            return true;
    return false;
}

/* Sets the default of --method: ggig, or all methods with --sheet. */
static void settle(struct ggig *s)
{
    const char *name;
    bool all = s->n_methods == 0 && s->cli.sheet;
    if (s->n_methods == 0)
        s->method[s->n_methods++] = "ggig";
    else if (s->n_methods > 1 && s->cli.format == CLI_NPY && !cli_is_pattern(s->cli.output))
        cli_misuse(&s->cli, "-f npy is for one method, or for a file each with -o DIR/");
    for (int i = 1; all && (name = sx_attribute_method(i, NULL)) != NULL; i++)
        if (sx_attribute_of_input(name))
            s->method[s->n_methods++] = name;
    if (s->o.layer != NULL && !looks_at_layer(s))
        cli_misuse(&s->cli, "--layer is of class activation maps, as --method=gradcam");
    s->cli.method = s->method;
    s->cli.n_methods = s->cli.sheet && cli_is_figure(&s->cli) ? 0 : s->n_methods;
}

int main(int argc, char **argv)
{
    struct ggig *s = &self;
    s->cli = (struct cli){
        .tool = "ggig",
        .summary = "Explain a model's output by gradients of its input.",
        .operands = "MODEL [INPUT]...",
        .options = options,
        .tables = tables,
        .kinds =
            "auto|overlay|strip|bars|waterfall|force|beeswarm|scatter|matrix|tokens|signal|sheet",
        .groups = CLI_EXPLAIN | CLI_BASELINE | CLI_PICTURES,
        .formats = CLI_TABLES | CLI_FIGURES | 1u << CLI_NPY,
        .score = SX_SCORE_LOGIT};
    cli_parse(&s->cli, argc, argv);
    settle(s);
    if (cli_open(&s->cli))
        run(s);
    free_all(s);
    return cli_finish(&s->cli);
}
