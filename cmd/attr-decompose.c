/* attr-decompose.c - fourteen attributions, the effects they share out, and how fairly. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cli/cli.h"

struct decompose {
    struct cli cli;
    struct sx_decompose_options o;
    struct sx_explainer *explainer;
    struct sx_decomposer *decomposer;
    struct sx_players *players;
    const char *players_by, *background_file, *foreign_file;
    double *baseline, *background, *foreign;
    int effects, allocation, unit, bias, gradient_at, plot;
    bool layerwise;
};

static struct decompose self;

enum { HARSANYI, TAYLOR, BOTH };
static const char plots[] = "bars|alloc|effects|principles|agreement|maps";

static bool read_number(const char *text, size_t n, double least, double *value)
{
    return sx_number_parse(text, n, value) && *value >= least;
}

static bool read_count(const char *text, size_t n, int64_t *count)
{
    double value;
    if (!read_number(text, n, 1, &value) || value > 1e9 || value != floor(value))
        return false;
    *count = (int64_t)value;
    return true;
}

/* gauss:N or midpoint:N; exact is the default. */
static bool set_nodes(struct cli *cli, const char *argument)
{
    const char *colon = strchr(argument, ':');
    (void)cli;
    self.o.midpoints = strncmp(argument, "midpoint:", 9) == 0;
    return colon != NULL && (self.o.midpoints || strncmp(argument, "gauss:", 6) == 0) &&
           read_count(colon + 1, strlen(colon + 1), &self.o.nodes) && self.o.nodes <= 4096;
}

static bool set_patch(struct cli *cli, const char *argument)
{
    const char *x = strchr(argument, 'x');
    (void)cli;
    return x != NULL && read_count(argument, (size_t)(x - argument), &self.o.patch[0]) &&
           read_count(x + 1, strlen(x + 1), &self.o.patch[1]);
}

/* zplus, wsquare or zB:LO,HI. */
static bool set_first(struct cli *cli, const char *argument)
{
    (void)cli;
    self.o.first = strcmp(argument, "wsquare") == 0 ? SX_FIRST_WSQUARE : SX_FIRST_ZPLUS;
    if (strncmp(argument, "zB:", 3) != 0)
        return self.o.first == SX_FIRST_WSQUARE || strcmp(argument, "zplus") == 0;
    const char *low = argument + 3, *comma = strchr(low, ',');
    self.o.first = SX_FIRST_BOUNDED;
    return comma != NULL && read_number(low, (size_t)(comma - low), -1e300, &self.o.bound[0]) &&
           read_number(comma + 1, strlen(comma + 1), self.o.bound[0], &self.o.bound[1]);
}

/* FILE, or gauss:S. */
static bool set_background(struct cli *cli, const char *argument)
{
    (void)cli;
    self.background_file = NULL;
    self.o.gauss = 0;
    if (strncmp(argument, "gauss:", 6) == 0)
        return read_number(argument + 6, strlen(argument + 6), 1e-300, &self.o.gauss);
    self.background_file = argument;
    return true;
}

static bool set_neuron(struct cli *cli, const char *argument)
{
    (void)cli;
    self.o.neuron_of = argument;
    return argument[0] != '\0';
}

static bool set_epsilon(struct cli *cli, const char *argument)
{
    (void)cli;
    self.o.absolute = strncmp(argument, "abs:", 4) == 0;
    argument += self.o.absolute ? 4 : 0;
    return sx_number_parse(argument, strlen(argument), &self.o.epsilon) && self.o.epsilon >= 0;
}

static bool list_methods(struct cli *cli, const char *argument)
{
    const char *name, *what;
    (void)argument;
    for (int i = 0; (name = sx_decompose_method(i, &what)) != NULL; i++)
        printf("%-17s %s\n", name, what);
    cli_printed(cli);
}

/* ---- One sample ---- */

/* Few elements are players each; else the tokens of a sequence, a 4 x 4 grid of a picture, or
 * columns. */
static void default_players(const struct sx_shape *shape, char text[64])
{
    int64_t last = shape->rank > 0 ? shape->dim[shape->rank - 1] : 1;
    int64_t rows = shape->rank > 1 ? shape->dim[shape->rank - 2] : 1;
    snprintf(text, 64, "elements");
    if (sx_count(shape) > 16 && shape->rank == 4)
        snprintf(text, 64, "patches:%lldx%lld", (long long)(rows + 3) / 4,
                 (long long)(last + 3) / 4);
    else if (sx_count(shape) > 16 && shape->rank == 3)
        snprintf(text, 64, "tokens");
}

/* FILE, or FILE:NAME where there is no file of the whole name. */
static bool read_foreign(struct decompose *s, int64_t index, struct sx_error *error)
{
    char path[4096];
    const char *colon, *name = NULL;
    if (s->foreign_file == NULL)
        return true;
    snprintf(path, sizeof path, "%s", s->foreign_file);
    colon = strrchr(path, ':');
    if (colon != NULL && access(path, F_OK) != 0) {
        name = s->foreign_file + (colon - path) + 1;
        path[colon - path] = '\0';
    }
    free(s->foreign);
    s->foreign = calloc((size_t)sx_players_count(s->players) + 1, sizeof *s->foreign);
    if (s->foreign == NULL) {
        *error = (struct sx_error){SX_MEMORY, "out of memory"};
        return false;
    }
    s->o.foreign = s->foreign;
    return sx_scores_read(path, name, index, s->players, s->foreign, error);
}

static bool prepare(struct decompose *s, const struct cli_sample *sample,
                    struct sx_error *error)
{
    const struct sx_shape *shape = &sx_explainer_input(s->explainer)->shape;
    char text[64];
    free(s->baseline);
    s->baseline = NULL;
    if (s->background_file != NULL && s->background == NULL &&
        !cli_read_points(&s->cli, s->background_file, s->explainer, &s->background,
                         &s->o.n_background, error))
        return false;
    s->o.background = s->o.n_background > 0 ? s->background : NULL;
    sx_players_free(s->players);
    default_players(shape, text);
    s->players = sx_players_new(shape, s->players_by != NULL ? s->players_by : text,
                                s->cli.pre.layout, error);
    s->o.players = s->players;
    s->o.layout = s->cli.pre.layout;
    s->o.seed = s->cli.seed;
    s->o.sample = (uint64_t)sample->index;
    bool ok = s->players != NULL && read_foreign(s, sample->index, error) &&
              cli_baseline(&s->cli, s->explainer, s->o.background, s->o.n_background,
                           &s->baseline, error);
    s->o.baseline = s->baseline;
    return ok;
}

/* ---- Records ---- */

static void write_params(struct decompose *s, const struct sx_decomposition *r)
{
    struct sx_result *j = s->cli.result;
    const struct sx_decompose_options *o = &s->o;
    sx_put_object(j, "params");
    sx_put_text(j, "players", s->players_by);
    sx_put_int(j, "n_players", r->players);
    sx_put_text(j, "baseline", s->cli.baseline);
    sx_put_text(j, "background", s->background_file);
    sx_put_double(j, "background_gauss", o->gauss);
    sx_put_int(j, "pd_samples", o->most_rows > 0 ? o->most_rows : 32);
    sx_put_bool(j, "pd_log", o->log_odds);
    sx_put_int(j, "eg_samples", o->path_samples);
    sx_put_int(j, "max_order", o->order);
    sx_put_text(j, "gxi_at", o->gradient_at_baseline ? "baseline" : "input");
    sx_put_text(j, "ig_rule", o->nodes == 0 ? "exact" : o->midpoints ? "midpoint" : "gauss");
    sx_put_int(j, "ig_nodes", o->nodes);
    sx_put_int(j, "patch_rows", o->patch[0]);
    sx_put_int(j, "patch_columns", o->patch[1]);
    sx_put_int(j, "stride", o->stride);
    sx_put_int(j, "deeptaylor_first", (int64_t)o->first);
    sx_put_double(j, "bound_low", o->bound[0]);
    sx_put_double(j, "bound_high", o->bound[1]);
    sx_put_double(j, "lrp_eps", o->epsilon);
    sx_put_bool(j, "lrp_eps_absolute", o->absolute);
    sx_put_text(j, "lrp_bias", o->distribute ? "distribute" : "absorb");
    sx_put_text(j, "deepshap_unit", o->neuron ? "neuron" : "op");
    sx_put_text(j, "cam_layer", o->layer);
    sx_put_int(j, "taylor", o->taylor);
    sx_put_int(j, "taylor_fit", o->fit);
    sx_put_text(j, "smooth", o->smooth);
    sx_put_double(j, "taylor_tol", o->taylor_tolerance);
    sx_put_text(j, "neuron", o->neuron_of);
    sx_put_text(j, "attr", s->foreign_file);
    sx_put_double(j, "tol", o->tolerance);
    sx_put_int(j, "budget", o->budget);
    cli_put_common(&s->cli);
    sx_put_end(j);
}

static bool has(const struct sx_decomposition *r, const char *name)
{
    for (int k = 0; k < r->n_methods; k++)
        if (strcmp(r->method[k].name, name) == 0)
            return true;
    return false;
}

static void warn(struct decompose *s, const struct sx_decomposition *r)
{
    const char *op;
    bool soft;
    if (r->n_terms > 0 && !r->converged)
        cli_warn(
            &s->cli, 0,
            "the Taylor series has not converged at this order: trust effects J, not terms");
    if (r->n_terms > 0 && s->o.fit == 0 && s->o.smooth == NULL &&
        sx_explainer_kink(s->explainer, 0, &op, &soft) != NULL)
        cli_warn(&s->cli, 0,
                 "f has kinks: Taylor effects see none of them (--smooth, --taylor-fit)");
    if (s->background == NULL && s->o.gauss == 0 &&
        (has(r, "preddiff") || has(r, "expgrad") || has(r, "deepshap")))
        cli_warn(&s->cli, 0, "no --background: the baseline alone is used");
    if (strcmp(s->cli.baseline, "zero") != 0 &&
        (has(r, "lrp-eps") || has(r, "lrp-ab") || has(r, "deeptaylor")))
        cli_warn(&s->cli, 0, "lrp-eps, lrp-ab and deeptaylor are against zero");
    if (r->n_sets == 0 && s->allocation == 0)
        cli_warn(&s->cli, 0,
                 "effects are not allocated: too dear without --alloc or --max-order");
}

static bool write_record(struct decompose *s, const struct cli_sample *sample,
                         const struct sx_decomposition *r, struct sx_error *error)
{
    struct sx_result *j = s->cli.result;
    struct sx_record record;
    cli_record(&s->cli, sample, &record);
    cli_record_target(&s->cli, &record, s->explainer);
    sx_result_begin(j, &record);
    write_params(s, r);
    sx_put_decomposition(j, r, s->effects != TAYLOR, s->cli.timing);
    static const struct sx_view view = {
        .scalars = "f_x,f_b",
        .each = "methods",
        .columns = "name:method,attribution",
        .lines = "name:method,sum,completeness_gap:gap,principles.p1.violation:p1,"
                 "principles.p2.violation:p2,principles.p3.violation:p3",
        .top = 64};
    return cli_emit(&s->cli, &record, &view, NULL, error);
}

/* The name of player i: of its column, if the input has names, or its number. */
static void player_name(const struct decompose *s, int64_t i, char name[32])
{
    const char *feature = NULL;
    if (sx_players_count(s->players) == sx_count(&sx_explainer_input(s->explainer)->shape))
        feature = cli_feature(&s->cli, (size_t)i);
    if (feature != NULL)
        snprintf(name, 32, "%s", feature);
    else
        snprintf(name, 32, "%lld", (long long)i);
}

/* ---- Arrays ---- */

/* ---- Pictures ---- */

/* What each player is given, on its elements. */
static bool draw_map(const struct decompose *s, const struct sx_decomposed *m,
                     struct sx_picture *figure, struct sx_error *error)
{
    struct sx_tensor map;
    struct sx_plot plot;
    struct sx_shape shape = sx_explainer_input(s->explainer)->shape;
    if (shape.rank > 1) {
        shape.rank--;
        memmove(shape.dim, shape.dim + 1, (size_t)shape.rank * sizeof *shape.dim);
    }
    sx_plot_default(&plot);
    if (!sx_tensor_new(&map, SX_DOUBLE, &shape, error))
        return false;
    sx_players_spread(s->players, m->attribution, map.data);
    bool ok = sx_plot_set(&plot, "sign", "all", error) &&
              sx_plot_set(&plot, "reduce", "max", error) &&
              sx_plot_set(&plot, "outlier", "0", error) &&
              sx_plot_map(&plot, &map, NULL, m->name, figure, error);
    sx_tensor_free(&map);
    return ok;
}

static bool draw_maps(const struct decompose *s, const struct sx_decomposition *r,
                      struct sx_picture *figure, struct sx_error *error)
{
    struct sx_picture part[16] = {{0}}; /* fourteen methods, and scores from elsewhere */
    int n = 0;
    bool ok = true;
    for (int k = 0; ok && k < r->n_methods; k++)
        if (r->method[k].attribution != NULL)
            ok = draw_map(s, &r->method[k], &part[n++], error);
    ok = ok && sx_plot_sheet(part, n, 0, figure, error);
    for (int k = 0; k < n; k++)
        sx_picture_free(&part[k]);
    return ok;
}

static bool draw_chart(const struct decompose *s, const char *plot,
                       const struct cli_sample *sample, const struct sx_decomposition *r,
                       struct sx_picture *figure, struct sx_error *error)
{
    char title[120], (*text)[32] = calloc((size_t)r->players + 1, sizeof *text);
    const char **name = calloc((size_t)r->players + 1, sizeof *name);
    bool ok = text != NULL && name != NULL;
    snprintf(title, sizeof title, "%.80s[%lld]", sample->id, (long long)sample->index);
    for (int64_t i = 0; ok && i < r->players; i++) {
        player_name(s, i, text[i]);
        name[i] = text[i];
    }
    struct sx_chart chart = {title, name, r->players, NULL};
    if (!ok)
        *error = (struct sx_error){SX_MEMORY, "out of memory"};
    ok = ok && sx_plot_decomposition(plot, &chart, r, figure, error);
    free(text);
    free(name);
    return ok;
}

static bool write_picture(struct decompose *s, const struct cli_sample *sample,
                          const struct sx_decomposition *r, struct sx_error *error)
{
    struct sx_picture figure = {0};
    char plot[16] = "";
    cli_choice_name(plots, s->plot, plot, sizeof plot);
    bool maps = strcmp(plot, "maps") == 0;
    bool ok = (maps ? draw_maps(s, r, &figure, error)
                    : draw_chart(s, plot, sample, r, &figure, error)) &&
              cli_write_png(&s->cli, &figure, error);
    sx_picture_free(&figure);
    return ok;
}

static bool add_array(struct decompose *s, const struct sx_decomposition *r,
                      struct sx_error *error)
{
    struct sx_shape shape = {2, {r->n_methods, r->players}};
    struct sx_tensor t;
    if (!sx_tensor_new(&t, SX_DOUBLE, &shape, error))
        return false;
    for (int64_t i = 0; i < r->n_methods * r->players; i++) {
        const struct sx_decomposed *m = &r->method[i / r->players];
        sx_tensor_set(&t, i, m->failure != NULL ? NAN : m->attribution[i % r->players]);
    }
    bool ok = cli_add_array(&s->cli, &t, error);
    sx_tensor_free(&t);
    return ok;
}

static bool explain(struct decompose *s, const struct cli_sample *sample,
                    struct sx_error *error)
{
    struct sx_decomposition r;
    if (!sx_explainer_sample(s->explainer, sample->feeds, error) ||
        !prepare(s, sample, error) || !sx_decompose(s->decomposer, &s->o, &r, error))
        return false;
    warn(s, &r);
    if (s->cli.format == CLI_PNG)
        return write_picture(s, sample, &r, error);
    return s->cli.format == CLI_NPY ? add_array(s, &r, error)
                                    : write_record(s, sample, &r, error);
}

static void run(struct decompose *s)
{
    struct cli_sample sample;
    bool go_on = true;
    s->explainer = sx_explainer_new(s->cli.model, &s->cli.explain, &s->cli.error);
    if (s->explainer != NULL)
        s->decomposer = sx_decomposer_new(s->explainer, &s->cli.error);
    while (s->decomposer != NULL && go_on && cli_next(&s->cli, &sample)) {
        struct sx_error error = {0};
        bool ok = explain(s, &sample, &error);
        go_on = cli_done(&s->cli, &sample, ok, &error);
    }
}

static void free_all(struct decompose *s)
{
    sx_decomposer_free(s->decomposer);
    sx_explainer_free(s->explainer);
    sx_players_free(s->players);
    free(s->baseline);
    free(s->background);
    free(s->foreign);
}

static const struct cli_option options[] = {
    {0, "methods", "LIST", "all, or names by commas: see --list-methods", CLI_TEXT,
     &self.o.methods, NULL, NULL},
    {0, "list-methods", NULL, "what the methods are", CLI_CALL, NULL, NULL, list_methods},
    {0, "players", "HOW", "what is masked together", CLI_TEXT, &self.players_by, NULL, NULL},
    {0, "background", "FILE|gauss:S", "references of preddiff, expgrad, deepshap", CLI_CALL,
     NULL, NULL, set_background},
    {0, "patch", "HxW", "occpatch: players that go together", CLI_CALL, NULL, NULL, set_patch},
    {0, "stride", "N", "occpatch: players from patch to patch", CLI_COUNT, &self.o.stride, NULL,
     NULL},
    {0, "pd-samples", "N", "references that are used at most", CLI_COUNT, &self.o.most_rows,
     NULL, NULL},
    {0, "pd-log", NULL, "preddiff: of log-odds; take --score=prob", CLI_FLAG, &self.o.log_odds,
     NULL, NULL},
    {0, "eg-samples", "N", "expgrad: N random points in all", CLI_COUNT, &self.o.path_samples,
     NULL, NULL},
    {0, "effects", "KIND", "harsanyi, taylor or both", CLI_CHOICE, &self.effects,
     "harsanyi|taylor|both", NULL},
    {0, "taylor", "K", "Taylor effects up to order K", CLI_COUNT, &self.o.taylor, NULL, NULL},
    {0, "taylor-fit", "D", "those of a polynomial of degree D", CLI_COUNT, &self.o.fit, NULL,
     NULL},
    {0, "smooth", "MODE", "for Taylor effects: softplus:B, gelu", CLI_TEXT, &self.o.smooth,
     NULL, NULL},
    {0, "alloc", "HOW", "sets: auto, full, truncated or none", CLI_CHOICE, &self.allocation,
     "auto|full|truncated|none", NULL},
    {0, "max-order", "Q", "largest sets of a truncated allocation", CLI_COUNT, &self.o.order,
     NULL, NULL},
    {0, "attr", "FILE[:NAME]", "scores to judge, an array or records", CLI_TEXT,
     &self.foreign_file, NULL, NULL},
    {0, "gxi-at", "WHERE", "gradient at input or baseline", CLI_CHOICE, &self.gradient_at,
     "input|baseline", NULL},
    {0, "ig-rule", "RULE:N", "gauss:N or midpoint:N nodes of ig", CLI_CALL, NULL, NULL,
     set_nodes},
    {0, "cam-layer", "TENSOR", "feature maps of Grad-CAM", CLI_TEXT, &self.o.layer, NULL, NULL},
    {0, "deepshap-unit", "UNIT", "op or neuron", CLI_CHOICE, &self.unit, "op|neuron", NULL},
    {0, "lrp-eps", "E|abs:E", "stabiliser of LRP-epsilon", CLI_CALL, NULL, NULL, set_epsilon},
    {0, "lrp-bias", "HOW", "absorb or distribute", CLI_CHOICE, &self.bias, "absorb|distribute",
     NULL},
    {0, "deeptaylor", "RULE", "first layer: zplus, wsquare or zB:LO,HI", CLI_CALL, NULL, NULL,
     set_first},
    {0, "taylor-tol", "R", "gap up to which Taylor effects count", CLI_NUMBER,
     &self.o.taylor_tolerance, NULL, NULL},
    {0, "layerwise", NULL, "a neuron of each layer by itself", CLI_FLAG, &self.layerwise, NULL,
     NULL},
    {0, "neuron", "LAYER[:I]", "only of this layer, or this one", CLI_CALL, NULL, NULL,
     set_neuron},
    {0, "plot", "WHICH", "the picture", CLI_CHOICE, &self.plot, plots, NULL},
    {0, "budget", "N", "evaluations of Shapley values", CLI_COUNT, &self.o.budget, NULL, NULL},
    {0, "tol", "R", "tolerance of principles", CLI_NUMBER, &self.o.tolerance, NULL, NULL},
    {0, NULL, NULL, NULL, CLI_FLAG, NULL, NULL, NULL}};

int main(int argc, char **argv)
{
    struct decompose *s = &self;
    s->cli = (struct cli){.tool = "attr-decompose",
                          .summary = "Explain by fourteen methods, and judge how fairly.",
                          .operands = "MODEL [INPUT]...",
                          .options = options,
                          .groups = CLI_EXPLAIN | CLI_BASELINE | CLI_PICTURES,
                          .formats = CLI_TABLES | 1u << CLI_PNG | 1u << CLI_NPY,
                          .score = SX_SCORE_LOGIT};
    s->o = sx_decompose_defaults();
    cli_parse(&s->cli, argc, argv);
    if (s->layerwise && s->o.neuron_of == NULL)
        s->o.neuron_of = "";
    s->o.allocation = (enum sx_allocation)s->allocation;
    s->o.neuron = s->unit == 1;
    s->o.distribute = s->bias == 1;
    s->o.gradient_at_baseline = s->gradient_at == 1;
    if (s->effects != HARSANYI && s->o.taylor == 0 && s->o.fit == 0)
        s->o.taylor = 3;
    if (cli_open(&s->cli))
        run(s);
    free_all(s);
    return cli_finish(&s->cli);
}
