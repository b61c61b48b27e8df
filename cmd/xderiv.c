/* xderiv.c - interactions of features by cross derivatives of any order, and their relatives. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/cli.h"

struct xderiv {
    struct cli cli;
    struct sx_explainer *explainer;
    struct sx_study *study;
    const char *smooth, *sets_file, *truth_file, *names_file, *background_file, *from;
    int64_t top;
    bool allow_zero, is_signed, times_input, check, global;
    double least, shift;
    char **name;
    size_t n_names;
    double *baseline, *background;
    int64_t n_background;
    struct sx_players *players; /* for names and pictures */
    struct sx_picture figure;
};

static struct xderiv self;

/* ---- Options of the study ---- */

/* What it is told by words, as the record repeats it; NULL: the method's own. */
enum {
    ORDER,
    METHOD,
    AGG,
    AT,
    SEARCH,
    BEAM_SCORE,
    MAX_SETS,
    PLAYERS,
    DIRECTION,
    UNITS,
    STEPS,
    NOISE
};
static struct {
    const char *name, *value;
} settings[] = {[ORDER] = {"order", "2"},
                [METHOD] = {"method", "xderiv"},
                [AGG] = {"agg", NULL},
                [AT] = {"at", NULL},
                [SEARCH] = {"search", "auto"},
                [BEAM_SCORE] = {"beam-score", "feature"},
                [MAX_SETS] = {"max-sets", "1048576"},
                [PLAYERS] = {"players", "elements"},
                [DIRECTION] = {"direction", "ones"},
                [UNITS] = {"units", "none"},
                [STEPS] = {"steps", NULL},
                [NOISE] = {"noise", "0.1"}};

static bool set(struct cli *cli, int which, const char *argument)
{
    struct sx_error error = {0};
    if (!sx_study_set(self.study, settings[which].name, argument, &error))
        cli_misuse(cli, "%s%s", error.message, which == METHOD ? " (see --list-methods)" : "");
    settings[which].value = argument;
    return true;
}

#define STUDY_OPTION(function, which)                                                          \
    static bool function(struct cli *cli, const char *argument)                                \
    {                                                                                          \
        return set(cli, which, argument);                                                      \
    }
STUDY_OPTION(set_order, ORDER)
STUDY_OPTION(set_method, METHOD)
STUDY_OPTION(set_at, AT)
STUDY_OPTION(set_search, SEARCH)
STUDY_OPTION(set_beam_score, BEAM_SCORE)
STUDY_OPTION(set_max_sets, MAX_SETS)
STUDY_OPTION(set_players, PLAYERS)
STUDY_OPTION(set_direction, DIRECTION)
STUDY_OPTION(set_units, UNITS)
STUDY_OPTION(set_steps, STEPS)
STUDY_OPTION(set_noise, NOISE)

/* --scale=std is --units=std; numbers are for pictures. */
static bool scale_word(struct cli *cli, const char *argument)
{
    bool word = strcmp(argument, "none") == 0 || strcmp(argument, "std") == 0 ||
                strcmp(argument, "range") == 0;
    return word && set(cli, UNITS, argument);
}

static bool set_agg(struct cli *cli, const char *argument)
{
    settings[AGG].value = argument;
    return strcmp(argument, "none") == 0 || set(cli, AGG, argument);
}

static bool list_methods(struct cli *cli, const char *argument)
{
    const char *name, *what;
    (void)argument;
    for (int i = 0; (name = sx_study_method(i, &what)) != NULL; i++)
        printf("%-14s %s\n", name, what);
    cli_printed(cli);
}

static bool is_set(int which, const char *value)
{
    return settings[which].value != NULL && strcmp(settings[which].value, value) == 0;
}

static int order_of(void)
{
    return atoi(settings[ORDER].value);
}

/* ---- Names ---- */

/* What to call a feature: a given name, one from the header line, a place, a number. */
static const char *name_of(const struct xderiv *s, int64_t i, char text[64])
{
    int64_t rows, columns;
    const char *header = is_set(PLAYERS, "elements") ? cli_feature(&s->cli, (size_t)i) : NULL;
    if ((size_t)i < s->n_names)
        return s->name[i];
    if (header != NULL)
        return header;
    if (s->players != NULL && sx_players_on_grid(s->players, &rows, &columns) && columns > 0)
        snprintf(text, 64, "%lld,%lld", (long long)(i / columns), (long long)(i % columns));
    else
        snprintf(text, 64, "%lld", (long long)i);
    return text;
}

/* Keeps the names of a header line for when all samples have been read. */
static bool keep_names(struct xderiv *s, struct sx_error *error)
{
    size_t n = 0;
    if (s->name != NULL || !is_set(PLAYERS, "elements"))
        return true;
    while (cli_feature(&s->cli, n) != NULL)
        n++;
    s->name = n > 0 ? calloc(n, sizeof *s->name) : NULL;
    bool ok = n == 0 || s->name != NULL;
    for (size_t i = 0; ok && i < n; i++, s->n_names++)
        ok = (s->name[i] = strdup(cli_feature(&s->cli, i))) != NULL;
    if (!ok)
        *error = (struct sx_error){SX_MEMORY, "out of memory"};
    return ok;
}

/* ---- Records ---- */

static void write_params(struct xderiv *s, const struct sx_effects *r)
{
    struct sx_result *j = s->cli.result;
    double number;
    sx_put_object(j, "params");
    for (size_t i = METHOD + 1; i < STEPS; i++) {
        const char *value = settings[i].value;
        if (i == AGG)
            value = !s->global ? "none" : value != NULL ? value : "median";
        if (i == MAX_SETS && sx_number_parse(value, strlen(value), &number))
            sx_put_int(j, "max_sets", (int64_t)number);
        else
            sx_put_text(j, i == BEAM_SCORE ? "beam_score" : settings[i].name, value);
    }
    if (sx_number_parse(settings[NOISE].value, strlen(settings[NOISE].value), &number))
        sx_put_double(j, "noise", number);
    sx_put_int(j, "steps", r->steps);
    sx_put_bool(j, "signed", s->is_signed);
    sx_put_text(j, "pairs", s->sets_file);
    sx_put_text(j, "baseline", s->cli.baseline);
    sx_put_text(j, "background", s->background_file);
    cli_put_common(&s->cli);
    sx_put_end(j);
}

/* The kinks that were made smooth, or those that were not. */
static void write_kinks(struct xderiv *s, const char *key, bool wanted)
{
    struct sx_result *j = s->cli.result;
    const char *node, *op;
    bool smoothed;
    sx_put_list(j, key);
    for (int i = 0; (node = sx_explainer_kink(s->explainer, i, &op, &smoothed)) != NULL; i++) {
        if (smoothed != wanted)
            continue;
        if (!wanted) {
            sx_put_object(j, NULL);
            sx_put_text(j, "node", node);
            sx_put_text(j, "op", op);
            sx_put_end(j);
        } else {
            sx_put_text(j, NULL, node);
        }
    }
    sx_put_end(j);
}

static void write_search(struct xderiv *s, const struct sx_effects *r)
{
    struct sx_result *j = s->cli.result;
    sx_put_object(j, "smooth");
    sx_put_text(j, "mode", s->smooth);
    write_kinks(s, "nodes", true);
    sx_put_double(j, "shift", s->shift);
    sx_put_end(j);
    sx_put_object(j, "samples");
    sx_put_int(j, "n", r->rows);
    sx_put_list(j, "representatives");
    const char *kinds = settings[AT].value;
    for (int k = 0; k < r->n_representatives; k++) {
        char kind[16];
        size_t n = strcspn(kinds, ",");
        snprintf(kind, sizeof kind, "%.*s", (int)n, kinds);
        kinds += n + (kinds[n] == ',');
        sx_put_object(j, NULL);
        sx_put_text(j, "kind", kind);
        sx_put_int(j, "row", r->representative[k]);
        sx_put_end(j);
    }
    sx_put_end(j);
    sx_put_end(j);
    sx_put_object(j, "search");
    sx_put_text(j, "mode", s->sets_file != NULL ? "given" : r->beam ? "beam" : "exhaustive");
    sx_put_int(j, "evaluated", r->evaluated);
    sx_put_int(j, "skipped", r->skipped);
    sx_put_end(j);
}

/* How many interactions are shown: up to `most` that are not below --min. */
static int64_t shown(const struct xderiv *s, const struct sx_effects *r, int64_t most)
{
    int64_t n = 0;
    while (n < r->n && (most == 0 || n < most) && !(fabs(r->item[n].strength) < s->least))
        n++;
    return n;
}

static void write_interactions(struct xderiv *s, const struct sx_effects *r)
{
    struct sx_result *j = s->cli.result;
    char text[64];
    int64_t n = shown(s, r, s->top);
    sx_put_list(j, "interactions");
    for (int64_t k = 0; k < n; k++) {
        const struct sx_effect *item = &r->item[k];
        sx_put_object(j, NULL);
        sx_put_list(j, "set");
        for (int m = 0; m < item->order; m++)
            sx_put_int(j, NULL, item->set[m]);
        sx_put_end(j);
        sx_put_list(j, "names");
        for (int m = 0; m < item->order; m++)
            sx_put_text(j, NULL, name_of(s, item->set[m], text));
        sx_put_end(j);
        sx_put_number(j, "strength", item->strength);
        sx_put_number(j, "mean", item->mean);
        if (s->global) {
            sx_put_number(j, "std", item->std);
            sx_put_number(j, "min", item->min);
            sx_put_number(j, "max", item->max);
        }
        sx_put_end(j);
    }
    sx_put_end(j);
}

static void write_truth(struct xderiv *s, const struct sx_effects *r)
{
    struct sx_result *j = s->cli.result;
    char key[24];
    if (s->truth_file == NULL)
        return;
    sx_put_object(j, "auc");
    for (int m = 2; m <= order_of(); m++) {
        snprintf(key, sizeof key, "%d", m);
        if (isnan(r->auc[m]))
            sx_put_null(j, key);
        else
            sx_put_double(j, key, r->auc[m]);
    }
    sx_put_end(j);
    sx_put_double(j, "r_precision", r->r_precision);
}

static bool has_nonfinite(const struct sx_effects *r)
{
    for (int64_t k = 0; k < r->n; k++)
        if (!isfinite(r->item[k].strength))
            return true;
    return false;
}

static void warn(struct xderiv *s, const struct sx_effects *r)
{
    if (r->zero_curvature)
        cli_warn(&s->cli, 0, "every derivative is zero");
    if (has_nonfinite(r))
        cli_warn(&s->cli, 0, "some effects are not finite");
    if (s->sets_file != NULL && r->evaluated == 0)
        cli_warn(&s->cli, 0, "--pairs names no set of a size up to --order");
}

static bool write_record(struct xderiv *s, const struct cli_sample *sample,
                         const struct sx_effects *r, struct sx_error *error)
{
    struct sx_result *j = s->cli.result;
    struct sx_record record;
    cli_record(&s->cli, sample, &record);
    cli_record_target(&s->cli, &record, s->explainer);
    sx_result_begin(j, &record);
    write_params(s, r);
    sx_put_int(j, "order", order_of());
    sx_put_text(j, "method", settings[METHOD].value);
    write_search(s, r);
    write_interactions(s, r);
    write_truth(s, r);
    sx_put_bool(j, "zero_curvature", r->zero_curvature);
    write_kinks(s, "nonsmooth", false);
    if (s->check)
        sx_put_double(j, "check", r->check);
    static const struct sx_view view = {
        .scalars = "samples.n:rows,search.evaluated:sets,auc.2:auc2,auc.3:auc3,r_precision",
        .each = "interactions",
        .columns = "set,names,strength:value,std:stderr,mean",
        .lines = "strength,mean,names|set"};
    return cli_emit(&s->cli, &record, &view, NULL, error);
}

/* ---- Other formats ---- */

/* "quoted" as DOT wants it. */
static void print_quoted(struct sx_sink *sink, const char *text)
{
    sx_sink_print(sink, "\"");
    for (; *text != '\0'; text++)
        sx_sink_print(sink, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    sx_sink_print(sink, "\"");
}

/* Pairs are edges; larger sets are points that join their features. */
static bool write_dot(struct xderiv *s, const struct cli_sample *sample,
                      const struct sx_effects *r, struct sx_error *error)
{
    struct sx_sink *sink = s->cli.sink;
    char text[64];
    int64_t n = shown(s, r, s->top > 0 ? s->top : 20);
    double most = n > 0 && r->item[0].strength != 0 ? fabs(r->item[0].strength) : 1;
    sx_sink_print(sink, "graph ");
    print_quoted(sink, sample->id);
    sx_sink_print(sink, " {\n");
    for (int64_t k = 0; k < n; k++) {
        const struct sx_effect *item = &r->item[k];
        double width = 0.5 + 5.5 * fabs(item->strength) / most;
        const char *colour = item->mean < 0 ? "blue" : "red";
        if (item->order > 2)
            sx_sink_print(sink, "  set%lld [shape=point, xlabel=\"%.3g\"];\n", (long long)k,
                          item->strength);
        for (int m = 0; m < (item->order == 2 ? 1 : item->order); m++) {
            sx_sink_print(sink, "  ");
            print_quoted(sink, name_of(s, item->set[m], text));
            sx_sink_print(sink, " -- ");
            if (item->order == 2)
                print_quoted(sink, name_of(s, item->set[1], text));
            else
                sx_sink_print(sink, "set%lld", (long long)k);
            sx_sink_print(sink, " [color=%s, penwidth=%.2f%s", colour, width,
                          item->order == 2 ? ", label=\"" : "");
            if (item->order == 2)
                sx_sink_print(sink, "%.3g\"", item->strength);
            sx_sink_print(sink, "];\n");
        }
    }
    sx_sink_print(sink, "}\n");
    s->cli.wrote = true;
    return sx_sink_flush(sink, error);
}

/* The matrix of pairs: [n, n]; NULL without memory. */
enum { MOST_DRAWN = 1 << 14 };
static double *matrix_of(const struct xderiv *s, const struct sx_effects *r)
{
    int64_t n = r->features;
    double *matrix = n <= MOST_DRAWN ? calloc((size_t)(n * n) + 1, sizeof *matrix) : NULL;
    for (int64_t k = 0; matrix != NULL && k < r->n; k++) {
        const struct sx_effect *item = &r->item[k];
        if (item->order != 2)
            continue;
        double v = s->is_signed ? item->mean : item->strength;
        matrix[item->set[0] * n + item->set[1]] = matrix[item->set[1] * n + item->set[0]] = v;
    }
    return matrix;
}

/* What one place of a picture does with every other. */
static bool draw_from(struct xderiv *s, const struct cli_sample *sample, const double *matrix,
                      const char *title, struct sx_error *error)
{
    const struct sx_shape *shape = &sx_explainer_input(s->explainer)->shape;
    struct sx_tensor map = {0};
    struct sx_plot plot;
    int64_t rows, columns, n = sx_players_count(s->players);
    double y, x = 0;
    const char *comma = strchr(s->from, ',');
    size_t length = comma != NULL ? (size_t)(comma - s->from) : strlen(s->from);
    sx_players_on_grid(s->players, &rows, &columns);
    bool ok = sx_number_parse(s->from, length, &y) &&
              (comma == NULL || sx_number_parse(comma + 1, strlen(comma + 1), &x)) && y >= 0 &&
              x >= 0 && (comma == NULL || x < (double)columns);
    double feature = comma != NULL ? floor(y) * (double)columns + floor(x) : floor(y);
    if (!ok || !(feature < (double)n)) {
        *error =
            (struct sx_error){SX_USAGE, "--from is no feature, or no ROW,COLUMN of patches"};
        return false;
    }
    sx_plot_default(&plot);
    if (s->is_signed)
        sx_plot_set(&plot, "sign", "all", error);
    ok = sx_tensor_new(&map, SX_DOUBLE, shape, error);
    if (ok) {
        sx_players_spread(s->players, matrix + (int64_t)feature * n, map.data);
        ok = sx_plot_map(&plot, &map, sample->picture, title, &s->figure, error);
    }
    sx_tensor_free(&map);
    return ok;
}

/* The matrix of pairs, with names while there is room for them. */
static bool draw_matrix(struct xderiv *s, double *matrix, int64_t n, const char *title,
                        struct sx_error *error)
{
    const struct sx_tensor pairs = {SX_DOUBLE, {2, {n, n}}, matrix};
    struct sx_plot plot;
    char text[64], **names = calloc((size_t)n + 1, sizeof *names);
    bool ok = names != NULL;
    for (int64_t i = 0; ok && i < n && n <= 64; i++)
        ok = (names[i] = strdup(name_of(s, i, text))) != NULL;
    if (!ok)
        *error = (struct sx_error){SX_MEMORY, "out of memory"};
    sx_plot_default(&plot);
    ok = ok && sx_plot_set(&plot, "outlier", "0", error) &&
         sx_plot_set(&plot, "cmap", s->is_signed ? "coolwarm" : "viridis", error) &&
         sx_plot_set(&plot, "sign", s->is_signed ? "all" : "abs", error) &&
         sx_plot_matrix(&plot, &pairs, n <= 64 ? (const char *const *)names : NULL, title,
                        &s->figure, error);
    for (int64_t i = 0; names != NULL && i < n; i++)
        free(names[i]);
    free(names);
    return ok;
}

static bool draw(struct xderiv *s, const struct cli_sample *sample, const struct sx_effects *r,
                 struct sx_error *error)
{
    char title[200], name[120];
    cli_target_name(sx_explainer_target(s->explainer), name, sizeof name);
    snprintf(title, sizeof title, "%s: pairs%s%.20s, %s of %.100s, %lld row%s",
             settings[METHOD].value, s->from != NULL ? " with " : "",
             s->from != NULL ? s->from : "", s->is_signed ? "signed" : "strength", name,
             (long long)r->rows, r->rows == 1 ? "" : "s");
    double *matrix = matrix_of(s, r);
    if (matrix == NULL) {
        *error = (struct sx_error){SX_MEMORY, "out of memory"};
        if (r->features > MOST_DRAWN)
            snprintf(error->message, sizeof error->message,
                     "a matrix of %lld features is too large to draw; see --players",
                     (long long)r->features);
        return false;
    }
    bool ok = s->from != NULL ? draw_from(s, sample, matrix, title, error)
                              : draw_matrix(s, matrix, r->features, title, error);
    free(matrix);
    return ok && cli_write_png(&s->cli, &s->figure, error);
}

/* ---- Samples ---- */

static bool prepare(struct xderiv *s, struct sx_error *error)
{
    const struct sx_shape *shape = &sx_explainer_input(s->explainer)->shape;
    free(s->baseline);
    s->baseline = NULL;
    if (s->background_file != NULL && s->background == NULL) {
        if (!cli_read_points(&s->cli, s->background_file, s->explainer, &s->background,
                             &s->n_background, error))
            return false;
        sx_study_background(s->study, s->background, s->n_background);
    }
    sx_players_free(s->players);
    s->players = sx_players_new(
        shape, is_set(PLAYERS, "pixels") ? "patches:1x1" : settings[PLAYERS].value,
        s->cli.pre.layout, error);
    return s->players != NULL &&
           (s->names_file == NULL ||
            cli_fits("names", s->n_names, "features", sx_players_count(s->players), error)) &&
           cli_baseline(&s->cli, s->explainer, s->background, s->n_background, &s->baseline,
                        error);
}

/* Takes the explainer's sample in; notes what smoothing does to f. */
static bool take(struct xderiv *s, struct sx_error *error)
{
    double shift;
    if (!prepare(s, error) || !sx_study_add(s->study, s->explainer, s->baseline, error) ||
        !sx_explainer_shift(s->explainer, &shift, error))
        return false;
    s->shift = !s->global || fabs(shift) > fabs(s->shift) ? shift : s->shift;
    return true;
}

static bool write_tensor(struct xderiv *s, struct sx_error *error)
{
    struct sx_tensor tensor;
    bool ok =
        sx_study_tensor(s->study, &tensor, error) && cli_add_array(&s->cli, &tensor, error);
    sx_tensor_free(&tensor);
    return ok;
}

/* Evaluates what was taken in, and writes it. */
static bool conclude(struct xderiv *s, const struct cli_sample *sample, struct sx_error *error)
{
    struct sx_effects r;
    if (s->cli.format == CLI_NPY)
        return write_tensor(s, error);
    if (!sx_study_run(s->study, &r, error))
        return false;
    s->cli.sample = s->global ? -1 : s->cli.sample;
    warn(s, &r);
    bool ok = s->cli.format == CLI_PNG   ? draw(s, sample, &r, error)
              : s->cli.format == CLI_DOT ? write_dot(s, sample, &r, error)
                                         : write_record(s, sample, &r, error);
    if (ok && s->check && !(r.check <= 1e-4)) {
        struct sx_error check = {.status = SX_CHECK};
        snprintf(check.message, sizeof check.message,
                 "derivatives and differences differ by %.2g of the largest", r.check);
        cli_complain_sample(&s->cli, sample->id, &check);
    }
    return ok;
}

static bool explain(struct xderiv *s, const struct cli_sample *sample, struct sx_error *error)
{
    return sx_explainer_sample(s->explainer, sample->feeds, error) && take(s, error) &&
           (s->global ? keep_names(s, error) : conclude(s, sample, error));
}

/* Weights alone need no sample: zeros of the declared shape stand for one. */
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
    s->global = false;
    s->cli.overall = true;
    ok = ok && explain(s, &sample, &error);
    cli_done(&s->cli, &sample, ok, &error);
    for (int i = 0; sample.feeds != NULL && i < n; i++)
        sx_tensor_free(&sample.feeds[i]);
    free(sample.feeds);
}

static bool open_files(struct xderiv *s)
{
    struct sx_error *error = &s->cli.error;
    if ((s->sets_file != NULL && !sx_study_set(s->study, "pairs", s->sets_file, error)) ||
        (s->truth_file != NULL && !sx_study_set(s->study, "truth", s->truth_file, error)))
        return false;
    return s->names_file == NULL ||
           cli_read_lines(&s->cli, s->names_file, &s->name, &s->n_names);
}

static void run(struct xderiv *s)
{
    struct cli_sample sample, first = {0};
    struct sx_error error = {0};
    char *id = NULL;
    bool go_on = open_files(s);
    if (go_on)
        s->explainer = sx_explainer_new(s->cli.model, &s->cli.explain, &s->cli.error);
    go_on = s->explainer != NULL && sx_explainer_smooth(s->explainer, s->smooth, &s->cli.error);
    if (go_on && strncmp(settings[METHOD].value, "nid", 3) == 0 && s->cli.n_inputs == 0 &&
        s->cli.files_from == NULL && s->cli.n_sides == 0) {
        run_without_samples(s);
        return;
    }
    while (go_on && cli_next(&s->cli, &sample)) {
        error = (struct sx_error){0};
        bool ok = explain(s, &sample, &error);
        if (ok && id == NULL && (id = strdup(sample.id)) != NULL)
            first =
                (struct cli_sample){.id = id, .index = sample.index, .started = sample.started};
        go_on = cli_done(&s->cli, &sample, ok, &error);
    }
    error = (struct sx_error){0};
    if (s->global && id != NULL && s->cli.error.status == SX_OK)
        cli_done(&s->cli, &first, conclude(s, &first, &error), &error);
    free(id);
}

static void free_all(struct xderiv *s)
{
    sx_study_free(s->study);
    sx_explainer_free(s->explainer);
    sx_players_free(s->players);
    cli_free_lines(s->name, s->n_names);
    free(s->baseline);
    free(s->background);
    sx_picture_free(&s->figure);
}

static const struct cli_option options[] = {
    {0, "order", "K", "sets of 2 to K features; 1: single ones", CLI_CALL, NULL, NULL,
     set_order},
    {0, "method", "NAME", "xderiv, ih, fd, nid, ...: see --list-methods", CLI_CALL, NULL, NULL,
     set_method},
    {0, "list-methods", NULL, "what the methods are", CLI_CALL, NULL, NULL, list_methods},
    {0, "smooth", "MODE", "none, softplus:B, gelu, surrogate:B in place of kinks", CLI_TEXT,
     &self.smooth, NULL, NULL},
    {0, "allow-zero", NULL, "go on where there is no curvature", CLI_FLAG, &self.allow_zero,
     NULL, NULL},
    {0, "agg", "HOW", "all samples as one: none, median, mean, min, max, mode, rms", CLI_CALL,
     NULL, NULL, set_agg},
    {0, "signed", NULL, "strengths keep their sign", CLI_FLAG, &self.is_signed, NULL, NULL},
    {0, "at", "LIST", "samples nearest to mean,median,min,max,mode,random", CLI_CALL, NULL,
     NULL, set_at},
    {0, "search", "HOW", "auto, exhaustive or beam:N", CLI_CALL, NULL, NULL, set_search},
    {0, "beam-score", "RULE", "what makes a set grow: feature, edge", CLI_CALL, NULL, NULL,
     set_beam_score},
    {0, "max-sets", "N", "sets of a size that are all looked at", CLI_CALL, NULL, NULL,
     set_max_sets},
    {0, "pairs", "FILE", "only these sets", CLI_TEXT, &self.sets_file, NULL, NULL},
    {0, "players", "WHAT", "elements, pixels, columns, tokens, patches:HxW, file:LABELS.npy",
     CLI_CALL, NULL, NULL, set_players},
    {0, "direction", "WHICH", "features move by ones, input or delta", CLI_CALL, NULL, NULL,
     set_direction},
    {0, "times-input", NULL, "the same as --direction=delta", CLI_FLAG, &self.times_input, NULL,
     NULL},
    {0, "units", "WHICH", "units of features: none, std, range", CLI_CALL, NULL, NULL,
     set_units},
    {0, "background", "FILE", "samples for units, expected and friedman", CLI_TEXT,
     &self.background_file, NULL, NULL},
    {0, "steps", "N", "points of integrals, draws, rows", CLI_CALL, NULL, NULL, set_steps},
    {0, "noise", "R", "smoothhess: standard deviation", CLI_CALL, NULL, NULL, set_noise},
    {0, "truth", "FILE", "true interactions: adds auc and r_precision", CLI_TEXT,
     &self.truth_file, NULL, NULL},
    {0, "top", "N", "only the N strongest", CLI_COUNT, &self.top, NULL, NULL},
    {0, "min", "V", "only strengths of at least V", CLI_NUMBER, &self.least, NULL, NULL},
    {0, "names", "FILE", "names of features, one a line", CLI_TEXT, &self.names_file, NULL,
     NULL},
    {0, "from", "ROW,COL", "PNG: what one feature does with the others", CLI_TEXT, &self.from,
     NULL, NULL},
    {0, "check", NULL, "compare with central differences", CLI_FLAG, &self.check, NULL, NULL},
    {0, NULL, NULL, NULL, CLI_FLAG, NULL, NULL, NULL}};

/* What follows from the options together. */
static void settle(struct xderiv *s)
{
    static const char *const layouts[] = {"auto", "nchw", "nhwc"};
    struct sx_error error = {0};
    char seed[24];
    bool friedman = is_set(METHOD, "friedman");
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)s->cli.seed);
    sx_study_set(s->study, "seed", seed, &error);
    sx_study_set(s->study, "layout", layouts[s->cli.pre.layout], &error);
    if (s->times_input)
        set(&s->cli, DIRECTION, "delta");
    if (s->is_signed)
        sx_study_set(s->study, "signed", "yes", &error);
    if (s->check)
        sx_study_set(s->study, "check", "yes", &error);
    if (s->allow_zero)
        sx_study_set(s->study, "allow-zero", "yes", &error);
    s->global = settings[AGG].value != NULL
                    ? !is_set(AGG, "none")
                    : settings[AT].value != NULL || s->truth_file != NULL ||
                          (friedman && s->background_file == NULL);
    s->cli.overall = s->global;
    if (s->cli.format == CLI_NPY && s->global && !friedman)
        cli_misuse(&s->cli,
                   "a .npy holds a tensor for each sample: not with --agg, --at, --truth");
    if (s->cli.format == CLI_PNG && order_of() < 2)
        cli_misuse(&s->cli, "the picture is of pairs: not with --order=1");
    if (s->check && !is_set(METHOD, "xderiv"))
        cli_misuse(&s->cli, "--check is of method xderiv");
    s->cli.explain.precise = s->cli.explain.precise || s->check;
}

int main(int argc, char **argv)
{
    struct xderiv *s = &self;
    struct sx_error error = {0};
    s->cli = (struct cli){.tool = "xderiv",
                          .summary = "Find which features of a model's input interact.",
                          .operands = "MODEL [INPUT]...",
                          .options = options,
                          .groups = CLI_EXPLAIN | CLI_BASELINE | CLI_PICTURES,
                          .formats = CLI_TABLES | 1u << CLI_PNG | 1u << CLI_NPY | 1u << CLI_DOT,
                          .scale_word = scale_word,
                          .score = SX_SCORE_LOGIT};
    s->smooth = "none";
    s->study = sx_study_new(&error);
    if (s->study == NULL) {
        cli_complain(&s->cli, NULL, &error);
        return (int)error.status;
    }
    cli_parse(&s->cli, argc, argv);
    settle(s);
    if (cli_open(&s->cli))
        run(s);
    free_all(s);
    return cli_finish(&s->cli);
}
