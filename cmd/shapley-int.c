/* shapley-int.c - Shapley interactions of players, of a network or of a saved game. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/cli.h"

/* Sets of more players than this are looked at by windows, unless one is asked for. */
#define WHOLE 12
#define WINDOW 3

struct shapley {
    struct cli cli;
    struct sx_explainer *explainer;
    struct sx_players *players;
    struct sx_game *game;
    double *baselines;
    struct sx_shape baseline_shape;
    int64_t n_baselines, n;
    const char *players_by, *load, *save, *set, *index, *background, *groups, *names_file;
    int partition, search, likeness, adjacency, plot;
    int64_t window, order, budget, top;
    double tolerance, tie, threshold;
    bool exact, skip_nonfinite;
    const char *sampling;
    char **line; /* of --names */
    size_t n_lines;
    const char **name; /* of each player, or NULL */
    bool *absent;
    int64_t *group;
    double none, all;
    struct sx_benefit *benefit; /* of each set: one, or the windows */
    int64_t **sets, n_sets, strongest;
    struct sx_interactions terms;
};

static struct shapley self;

static const char partitions[] = "contiguous|any|connected";

enum plot {
    PLOT_USUAL,
    PLOT_MATRIX,
    PLOT_GRAPH,
    PLOT_UPSET,
    PLOT_TOKENS,
    PLOT_OVERLAY,
    PLOT_CURVE
};

static bool load_game(struct cli *cli, const char *argument)
{
    cli->no_model = true;
    self.load = argument;
    return true;
}

static bool list_indices(struct cli *cli, const char *argument)
{
    const char *name, *what;
    (void)argument;
    printf("%-10s multivariate interaction B, B_max, B_min, T of a set\n", "bT");
    for (int i = 0; (name = sx_index_name(i, &what)) != NULL; i++)
        printf("%-10s %s\n", name, what);
    cli_printed(cli);
}

static bool set_index(struct cli *cli, const char *argument)
{
    struct sx_nearest near = {.word = argument};
    const char *name = "bT";
    for (int i = 0; name != NULL && strcmp(name, argument) != 0; i++) {
        sx_nearest_offer(&near, name);
        name = sx_index_name(i, NULL);
    }
    if (name == NULL)
        cli_misuse(cli, "no index '%.40s'%s (see --list-indices)", argument,
                   sx_nearest_text(&near));
    self.index = name;
    return true;
}

static bool is_benefit(const struct shapley *s)
{
    return strcmp(s->index, "bT") == 0;
}

/* Records a failure: `before`, `what` and `after` in a row. */
static bool fail(struct sx_error *error, enum sx_status status, const char *before,
                 const char *what, const char *after)
{
    error->status = status;
    snprintf(error->message, sizeof error->message, "%s%.80s%s", before, what, after);
    return false;
}

static bool no_memory(struct sx_error *error)
{
    return fail(error, SX_MEMORY, "out of memory", "", "");
}

/* ---- Which players ---- */

/* A number at *text, which moves behind it. */
static bool read_player(const char **text, int64_t n, int64_t *player)
{
    char *end;
    if (**text < '0' || **text > '9')
        return false;
    *player = strtoll(*text, &end, 10);
    *text = end;
    return *player >= 0 && *player < n;
}

/* Marks the players of "0,2-4" up to the end or a slash; *text moves there. */
static bool mark_players(const char **text, int64_t n, int64_t mark, int64_t *to)
{
    for (;;) {
        int64_t first, last;
        if (!read_player(text, n, &first))
            return false;
        last = first;
        if (**text == '-' && (++*text, !read_player(text, n, &last)))
            return false;
        for (int64_t i = first; i <= last; to[i++] = mark)
            if (to[i] > 0 && to[i] != mark)
                return false;
        if (**text == '\0' || **text == '/')
            return last >= first;
        if (*(*text)++ != ',')
            return false;
    }
}

static int64_t *add_set(struct shapley *s)
{
    s->sets[s->n_sets] = calloc((size_t)s->n + 1, sizeof **s->sets);
    return s->sets[s->n_sets++];
}

/* The set that is asked for, all players, or every window; members of each, after their number. */
static bool choose_sets(struct shapley *s, struct sx_error *error)
{
    const char *text = s->set;
    bool whole = text != NULL ? strcmp(text, "all") == 0 : s->window == 0 && s->n <= WHOLE;
    int64_t m = s->window > 0 ? s->window : WINDOW;
    s->sets = calloc((size_t)s->n + 1, sizeof *s->sets);
    int64_t *mark = calloc((size_t)s->n + 1, sizeof *mark), *set = NULL;
    bool ok = s->sets != NULL && mark != NULL;
    if (!ok)
        no_memory(error);
    if (ok && text != NULL && !whole && (!mark_players(&text, s->n, 1, mark) || *text != '\0'))
        ok = fail(error, SX_USAGE, "'", s->set, "' is no set of players");
    if (ok && text == NULL && !whole && m > s->n)
        ok = fail(error, SX_USAGE, "the window is wider than the players", "", "");
    int64_t last = text != NULL || whole ? 0 : s->n - m;
    for (int64_t at = 0; ok && at <= last; at++) {
        set = add_set(s);
        ok = set != NULL || no_memory(error);
        for (int64_t i = 0; ok && i < s->n; i++)
            if (whole || (text != NULL ? mark[i] != 0 : i >= at && i < at + m))
                set[++set[0]] = i;
    }
    free(mark);
    return ok;
}

/* Groups "0,1/2-4"; players that are in none have one of their own. */
static bool choose_groups(struct shapley *s, struct sx_error *error)
{
    const char *text = s->groups;
    if (text == NULL)
        return true;
    free(s->group);
    s->group = calloc((size_t)s->n + 1, sizeof *s->group);
    if (s->group == NULL)
        return no_memory(error);
    for (int64_t i = 0; i < s->n; i++)
        s->group[i] = -1 - i;
    for (int64_t k = 1;; k++) {
        if (!mark_players(&text, s->n, k, s->group))
            return fail(error, SX_USAGE, "'", s->groups, "' are no groups of players");
        if (*text++ == '\0')
            return true;
    }
}

/* The names of players: from the file, or the header line of a table; and who is not drawn, such as
 * what fills a text up. */
static bool choose_names(struct shapley *s, struct sx_error *error)
{
    bool features = s->players != NULL && (strcmp(s->players_by, "elements") == 0 ||
                                           strcmp(s->players_by, "columns") == 0);
    if (!cli_fits("names", s->n_lines, "players", s->n, error))
        return false;
    free(s->name);
    free(s->absent);
    s->name = calloc((size_t)s->n + 1, sizeof *s->name);
    s->absent = calloc((size_t)s->n + 1, sizeof *s->absent);
    if (s->name == NULL || s->absent == NULL)
        return no_memory(error);
    for (int64_t i = 0; i < s->n; i++) {
        s->absent[i] = !sx_game_plays(s->game, i);
        s->name[i] = i < (int64_t)s->n_lines ? s->line[i]
                     : features              ? cli_feature(&s->cli, (size_t)i)
                                             : NULL;
    }
    if (memchr(s->absent, false, (size_t)s->n) == NULL)
        memset(s->absent, false, (size_t)s->n);
    return true;
}

/* ---- One sample ---- */

static void free_sample(struct shapley *s)
{
    for (int64_t i = 0; s->benefit != NULL && i < s->n_sets; i++)
        sx_benefit_free(&s->benefit[i]);
    for (int64_t i = 0; s->sets != NULL && i < s->n_sets; i++)
        free(s->sets[i]);
    free(s->benefit);
    free(s->sets);
    s->benefit = NULL;
    s->sets = NULL;
    s->n_sets = 0;
    sx_interactions_free(&s->terms);
    sx_game_free(s->game);
    sx_players_free(s->players);
    s->game = NULL;
    s->players = NULL;
    if (s->background == NULL) {
        free(s->baselines);
        s->baselines = NULL;
    }
}

/* The background is read once for each shape of x. */
static bool find_baselines(struct shapley *s, const struct sx_shape *shape,
                           struct sx_error *error)
{
    s->n_baselines = s->background == NULL ? 1 : s->n_baselines;
    if (s->background == NULL)
        return cli_baseline(&s->cli, s->explainer, NULL, 0, &s->baselines, error);
    if (s->baselines != NULL && sx_shape_equal(&s->baseline_shape, shape))
        return true;
    free(s->baselines);
    s->baselines = NULL;
    s->baseline_shape = *shape;
    return cli_read_points(&s->cli, s->background, s->explainer, &s->baselines, &s->n_baselines,
                           error);
}

static bool model_game(struct shapley *s, const struct cli_sample *sample,
                       struct sx_error *error)
{
    struct cli *cli = &s->cli;
    if (!sx_explainer_sample(s->explainer, sample->feeds, error))
        return false;
    const struct sx_shape *shape = &sx_explainer_input(s->explainer)->shape;
    s->players = sx_players_new(shape, s->players_by, cli->pre.layout, error);
    bool ok = s->players != NULL && find_baselines(s, shape, error);
    if (ok)
        s->game = sx_game_model(s->explainer, s->players, s->baselines, s->n_baselines,
                                (enum sx_likeness)s->likeness, error);
    return s->game != NULL;
}

static bool find_ends(struct shapley *s, struct sx_error *error)
{
    size_t words = ((size_t)s->n + 63) / 64;
    uint64_t *coalition = calloc(2 * words, sizeof *coalition);
    double value[2] = {0};
    if (coalition == NULL)
        return no_memory(error);
    for (int64_t i = 0; i < s->n; i++)
        coalition[words + (size_t)i / 64] |= (uint64_t)1 << (i % 64);
    bool ok = sx_game_values(s->game, 2, coalition, value, error);
    s->none = value[0];
    s->all = value[1];
    free(coalition);
    return ok || s->skip_nonfinite;
}

static bool find_benefits(struct shapley *s, const struct cli_sample *sample,
                          struct sx_error *error)
{
    struct sx_shapley_options o = {.partition = (enum sx_partition)s->partition,
                                   .players = s->players,
                                   .corners = s->adjacency == 1,
                                   .gradient = s->search == 1,
                                   .sampling = s->sampling,
                                   .exact = s->exact,
                                   .skip_nonfinite = s->skip_nonfinite,
                                   .tolerance = s->tolerance,
                                   .tie = s->tie,
                                   .seed = s->cli.seed,
                                   .sample = (uint64_t)sample->index};
    int64_t rows, columns;
    if (s->partition < 0)
        o.partition = s->players != NULL && sx_players_on_grid(s->players, &rows, &columns)
                          ? SX_CONNECTED
                          : SX_CONTIGUOUS;
    if (o.gradient)
        o.partition = SX_CONTIGUOUS;
    o.budget = s->budget / s->n_sets;
    o.budget = s->budget > 0 && o.budget < 2 ? 2 : o.budget;
    s->benefit = calloc((size_t)s->n_sets, sizeof *s->benefit);
    if (s->benefit == NULL)
        return no_memory(error);
    s->strongest = 0;
    for (int64_t i = 0; i < s->n_sets; i++) {
        if (!sx_benefit(s->game, s->sets[i] + 1, s->sets[i][0], &o, &s->benefit[i], error))
            return false;
        if (s->benefit[i].T > s->benefit[s->strongest].T)
            s->strongest = i;
    }
    return true;
}

static bool find_index(struct shapley *s, const struct cli_sample *sample, const char *index,
                       struct sx_error *error)
{
    struct sx_shapley_options o = {.index = index,
                                   .order = s->order,
                                   .sampling = is_benefit(s) ? NULL : s->sampling,
                                   .budget = s->budget,
                                   .exact = s->exact,
                                   .tolerance = s->tolerance,
                                   .group = s->group,
                                   .seed = s->cli.seed,
                                   .sample = (uint64_t)sample->index};
    return sx_interact(s->game, &o, &s->terms, error);
}

/* ---- Records ---- */

static void put_strongest(const struct shapley *s)
{
    struct sx_result *j = s->cli.result;
    const struct sx_benefit *b = &s->benefit[s->strongest];
    const int64_t *set = s->sets[s->strongest] + 1;
    sx_put_benefit(j, b, set, s->name, true);
    if (s->n_sets == 1)
        return;
    sx_put_list(j, "windows");
    for (int64_t i = 0; i < s->n_sets; i++) {
        sx_put_object(j, NULL);
        sx_put_benefit(j, &s->benefit[i], s->sets[i] + 1, s->name, false);
        sx_put_end(j);
    }
    sx_put_end(j);
}

static int descending(const void *a, const void *b)
{
    double x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x < y) - (x > y);
}

/* The magnitude that terms must reach to be shown, by --threshold and --top. */
static double least_shown(const struct shapley *s)
{
    const struct sx_interactions *t = &s->terms;
    double least = s->threshold;
    if (s->top == 0 || s->top >= t->count)
        return least;
    double *size = malloc((size_t)t->count * sizeof *size);
    for (int64_t k = 0; size != NULL && k < t->count; k++)
        size[k] = fabs(t->value[k]);
    if (size != NULL) {
        qsort(size, (size_t)t->count, sizeof *size, descending);
        least = fmax(least, size[s->top - 1]);
    }
    free(size);
    return least;
}

static void put_terms(const struct shapley *s)
{
    const struct sx_interactions *t = &s->terms;
    sx_put_int(s->cli.result, "order", t->order);
    sx_put_interactions(s->cli.result, t, s->name, least_shown(s));
    sx_put_bool(s->cli.result, "exact", t->exact);
    if (!t->exact)
        sx_put_text(s->cli.result, "sampling", t->sampling);
}

static void put_params(struct shapley *s)
{
    struct sx_result *j = s->cli.result;
    static const char *const likeness[] = {"unit", "dot", "cosine"};
    char partition[20] = "by players";
    if (s->partition >= 0)
        cli_choice_name(partitions, s->partition, partition, sizeof partition);
    sx_put_object(j, "params");
    sx_put_text(j, "players", s->load == NULL ? s->players_by : NULL);
    sx_put_text(j, "baseline", s->background != NULL ? s->background : s->cli.baseline);
    sx_put_text(j, "index", s->index);
    sx_put_text(j, "set", s->set);
    sx_put_int(j, "window", s->window);
    sx_put_int(j, "order", s->order);
    sx_put_text(j, "partition", partition);
    sx_put_int(j, "adjacency", s->adjacency == 1 ? 8 : 4);
    sx_put_text(j, "search", s->search == 1 ? "gradient" : "dp");
    sx_put_text(j, "groups", s->groups);
    sx_put_text(j, "layer_score", likeness[s->likeness]);
    sx_put_bool(j, "exact", s->exact);
    sx_put_int(j, "budget", s->budget);
    sx_put_text(j, "sampling", s->sampling);
    sx_put_double(j, "tol", s->tolerance);
    sx_put_double(j, "tie_tol", s->tie);
    sx_put_bool(j, "skip_nonfinite", s->skip_nonfinite);
    cli_put_common(&s->cli);
    sx_put_end(j);
}

static void warn(struct shapley *s)
{
    if (s->benefit != NULL && s->benefit[s->strongest].greedy)
        cli_warn(&s->cli, 0, "partitions were found greedily");
    if (s->benefit != NULL && s->benefit[s->strongest].skipped > 0)
        cli_warn(&s->cli, 0, "contexts with values that were not finite left out");
    if (strcmp(s->index, "owen") == 0 && s->group == NULL)
        cli_warn(&s->cli, 0, "no --groups: Owen values are Shapley values");
}

/* A set of bT is one row, windows and terms have a row each. */
static const struct sx_view *view_of(struct shapley *s)
{
    static const struct sx_view set = {
        .scalars = "names|set,B,B_max,B_min,T,T_stderr,partition_max:max,partition_min:min",
        .columns = "set,names,B,B_max,B_min,T,T_stderr",
        .lines = ""};
    static const struct sx_view windows = {.scalars = "players,evaluations",
                                           .each = "windows",
                                           .columns = "set,names,B,B_max,B_min,T,T_stderr",
                                           .lines = "T,B,names|set",
                                           .rank = "T"};
    static const struct sx_view terms = {.scalars = "params.index:index,players,evaluations,"
                                                    "v_empty,v_full,efficiency_gap:gap",
                                         .each = "interactions",
                                         .columns = "set,names,value,stderr",
                                         .lines = "value,stderr,names|set",
                                         .rank = "value",
                                         .top = 20};
    return !is_benefit(s) ? &terms : s->n_sets > 1 ? &windows : &set;
}

static bool write_record(struct shapley *s, const struct cli_sample *sample,
                         struct sx_error *error)
{
    struct sx_result *j = s->cli.result;
    struct sx_record record;
    cli_record(&s->cli, sample, &record);
    if (s->explainer != NULL)
        cli_record_target(&s->cli, &record, s->explainer);
    sx_result_begin(j, &record);
    put_params(s);
    sx_put_int(j, "players", s->n);
    if (is_benefit(s))
        put_strongest(s);
    else
        put_terms(s);
    sx_put_double(j, "v_empty", s->none);
    sx_put_double(j, "v_full", s->all);
    sx_put_int(j, "evaluations", sx_game_evaluations(s->game));
    if (!is_benefit(s) && s->terms.efficient)
        sx_put_double(j, "efficiency_gap", s->terms.gap);
    else
        sx_put_null(j, "efficiency_gap");
    return cli_emit(&s->cli, &record, view_of(s), NULL, error);
}

/* ---- Arrays and pictures ---- */

/* A vector of single players, or a matrix: pairs, and single players on the diagonal. */
static bool make_array(struct shapley *s, bool matrix, struct sx_tensor *array,
                       struct sx_error *error)
{
    const struct sx_interactions *t = &s->terms;
    struct sx_shape shape = {matrix ? 2 : 1, {s->n, s->n}};
    if (!sx_tensor_new(array, SX_DOUBLE, &shape, error))
        return false;
    for (int64_t k = 0; k < t->count; k++) {
        int64_t n = t->first[k + 1] - t->first[k];
        const int64_t *m = t->member + t->first[k];
        if (n < 1 || n > 2)
            continue;
        int64_t at = matrix ? m[0] * s->n + m[n - 1] : m[0];
        double value = t->value[k] + (matrix || n == 1 ? sx_tensor_get(array, at) : 0);
        if (matrix || n == 1)
            sx_tensor_set(array, at, value);
        if (matrix)
            sx_tensor_set(array, m[n - 1] * s->n + m[0], value);
    }
    return true;
}

static bool write_array(struct shapley *s, struct sx_error *error)
{
    struct sx_tensor array = {0};
    bool ok = make_array(s, s->terms.order != 1, &array, error) &&
              cli_add_array(&s->cli, &array, error);
    sx_tensor_free(&array);
    return ok;
}

/* Values of single players over the picture. */
static bool draw_overlay(struct shapley *s, const struct cli_sample *sample, const char *title,
                         struct sx_picture *figure, struct sx_error *error)
{
    struct sx_plot plot;
    struct sx_tensor values = {0}, map = {0};
    if (s->players == NULL)
        return fail(error, SX_USAGE, "a saved game has no picture", "", "");
    struct sx_shape shape = sx_explainer_input(s->explainer)->shape;
    bool ok =
        make_array(s, false, &values, error) && sx_tensor_new(&map, SX_DOUBLE, &shape, error);
    if (ok) {
        sx_players_spread(s->players, values.data, map.data);
        sx_plot_default(&plot);
        ok = sx_plot_set(&plot, "sign", "all", error) &&
             sx_plot_set(&plot, "reduce", "max", error) &&
             sx_plot_set(&plot, "panels", "picture,map,overlay", error) &&
             sx_plot_map(&plot, &map, sample->picture, title, figure, error);
    }
    sx_tensor_free(&values);
    sx_tensor_free(&map);
    return ok;
}

static bool draw_pairs(struct shapley *s, const struct sx_chart *chart,
                       struct sx_picture *figure, struct sx_error *error)
{
    struct sx_tensor array = {0};
    bool ok = make_array(s, true, &array, error);
    if (ok)
        ok = s->plot == PLOT_GRAPH ? sx_plot_network(chart, array.data, figure, error)
                                   : sx_plot_square(chart, array.data, figure, error);
    sx_tensor_free(&array);
    return ok;
}

/* How far T is from its last value with fewer evaluations. */
static bool draw_curve(struct shapley *s, const struct cli_sample *sample, const char *title,
                       struct sx_picture *figure, struct sx_error *error)
{
    enum { POINTS = 24 };
    double x[POINTS], y[POINTS];
    int64_t n = 0, most = s->budget > 0 ? s->budget : 16384;
    for (int64_t budget = 64; n < POINTS; budget = budget < most / 2 ? 2 * budget : most) {
        struct sx_benefit *kept = s->benefit;
        s->budget = budget * s->n_sets;
        if (!find_benefits(s, sample, error))
            return false;
        x[n] = (double)budget;
        y[n++] = s->benefit[s->strongest].T;
        for (int64_t i = 0; kept != NULL && i < s->n_sets; i++)
            sx_benefit_free(&kept[i]);
        free(kept);
        if (budget >= most || s->benefit[s->strongest].exact)
            break;
    }
    for (int64_t i = 0; i < n; i++)
        y[i] = fabs(y[i] - y[n - 1]);
    return sx_plot_curve(title, x, y, n, figure, error);
}

static bool draw(struct shapley *s, const struct cli_sample *sample, struct sx_error *error)
{
    char title[200];
    const char *slash = strrchr(sample->id, '/'), *id = slash != NULL ? slash + 1 : sample->id;
    struct sx_picture figure = {0};
    struct sx_chart chart = {title, s->name, s->n, s->absent};
    const struct sx_benefit *b = s->benefit != NULL ? &s->benefit[s->strongest] : NULL;
    bool ok = false;
    if (b != NULL)
        snprintf(title, sizeof title, "%.60s: B %.4g, T %.4g", id, b->B, b->T);
    else if (s->plot == PLOT_CURVE)
        snprintf(title, sizeof title, "%.60s: |T - T of K evaluations|", id);
    else
        snprintf(title, sizeof title, "%.60s: %s, v %.4g to %.4g", id,
                 is_benefit(s) ? "sii" : s->index, s->none, s->all);
    if (s->plot == PLOT_TOKENS && b != NULL)
        ok = sx_plot_partitions(&chart, s->sets[s->strongest] + 1, b->m, b->block_max,
                                b->block_min, &figure, error);
    else if (s->plot == PLOT_CURVE)
        ok = draw_curve(s, sample, title, &figure, error);
    else if (s->plot == PLOT_UPSET)
        ok = sx_plot_upset(&chart, &s->terms, s->top > 0 ? s->top : 20, &figure, error);
    else if (s->plot == PLOT_OVERLAY)
        ok = draw_overlay(s, sample, title, &figure, error);
    else
        ok = draw_pairs(s, &chart, &figure, error);
    ok = ok && cli_write_png(&s->cli, &figure, error);
    sx_picture_free(&figure);
    return ok;
}

/* ---- The run ---- */

static bool save_game(struct shapley *s, struct sx_error *error)
{
    if (s->save == NULL)
        return true;
    struct sx_sink *sink = sx_sink_open(s->save, error);
    if (sink == NULL)
        return false;
    bool ok = sx_game_save(s->game, sink, error);
    struct sx_error other = {0};
    if (!sx_sink_finish(sink, ok, ok ? error : &other))
        ok = false;
    return ok;
}

static bool write_result(struct shapley *s, const struct cli_sample *sample,
                         struct sx_error *error)
{
    warn(s);
    if (s->save != NULL && strcmp(s->save, "-") == 0 && s->cli.output == NULL)
        return true; /* the game alone is the output */
    switch (s->cli.format) {
    case CLI_NPY:
        return write_array(s, error);
    case CLI_PNG:
        return draw(s, sample, error);
    default:
        return write_record(s, sample, error);
    }
}

static bool explain(struct shapley *s, const struct cli_sample *sample, struct sx_error *error)
{
    bool drawn = s->cli.format == CLI_PNG, pairs = s->cli.format == CLI_NPY;
    if (s->plot == PLOT_USUAL)
        s->plot = is_benefit(s) ? PLOT_TOKENS : PLOT_MATRIX;
    pairs = pairs || (drawn && s->plot != PLOT_TOKENS && s->plot != PLOT_CURVE);
    bool ok = s->load != NULL ? (s->game = sx_game_load(s->load, error)) != NULL
                              : model_game(s, sample, error);
    if (ok)
        s->n = sx_game_players(s->game);
    ok = ok && choose_names(s, error) && choose_groups(s, error);
    if (ok && !pairs && (is_benefit(s) || drawn))
        ok = choose_sets(s, error) &&
             ((drawn && s->plot == PLOT_CURVE) || find_benefits(s, sample, error));
    else if (ok)
        ok = find_index(s, sample, is_benefit(s) ? "sii" : s->index, error);
    ok = ok && find_ends(s, error) && save_game(s, error) && write_result(s, sample, error);
    free_sample(s);
    return ok;
}

static void run(struct shapley *s)
{
    struct cli_sample sample;
    bool go_on = true;
    s->explainer = sx_explainer_new(s->cli.model, &s->cli.explain, &s->cli.error);
    while (s->explainer != NULL && go_on && cli_next(&s->cli, &sample)) {
        struct sx_error error = {0};
        bool ok = explain(s, &sample, &error);
        go_on = cli_done(&s->cli, &sample, ok, &error);
    }
}

static void run_saved(struct shapley *s)
{
    const struct cli_sample sample = {.id = s->load, .started = cli_seconds()};
    struct sx_error error = {0};
    bool ok = explain(s, &sample, &error);
    cli_done(&s->cli, &sample, ok, &error);
}

/* Options that contradict each other. */
static void check_options(const struct shapley *s)
{
    if (s->set != NULL && s->window > 0)
        cli_misuse(&s->cli, "--set and --window exclude each other");
    if (s->search == 1 && s->partition > SX_CONTIGUOUS)
        cli_misuse(&s->cli, "--search=gradient is for contiguous partitions");
    if (!(s->tolerance >= 0 && s->tie >= 0 && s->threshold >= 0))
        cli_misuse(&s->cli, "--tol, --tie-tol and --threshold are not negative");
}

static void free_all(struct shapley *s)
{
    cli_free_lines(s->line, s->n_lines);
    free(s->name);
    free(s->absent);
    free(s->group);
    free(s->baselines);
    sx_explainer_free(s->explainer);
}

static const struct cli_option options[] = {
    {0, "players", "HOW", "elements, columns, tokens[:AXIS], patches:HxW, file:LABELS.npy",
     CLI_TEXT, &self.players_by, NULL, NULL},
    {0, "index", "NAME", "bT (default), sv, sii, stii, ...: see --list-indices", CLI_CALL, NULL,
     NULL, set_index},
    {0, "list-indices", NULL, "what the indices are", CLI_CALL, NULL, NULL, list_indices},
    {0, "order", "K", "largest sets of an index", CLI_COUNT, &self.order, NULL, NULL},
    {0, "set", "0,2,4-6|all", "the set of players of bT", CLI_TEXT, &self.set, NULL, NULL},
    {0, "window", "M", "every M players in a row instead", CLI_COUNT, &self.window, NULL, NULL},
    {0, "partition", "WHICH", "partitions", CLI_CHOICE, &self.partition, partitions, NULL},
    {0, "adjacency", "N", "neighbours of a patch", CLI_CHOICE, &self.adjacency, "4|8", NULL},
    {0, "search", "HOW", "how these are found", CLI_CHOICE, &self.search, "dp|gradient", NULL},
    {0, "groups", "0,1/2-4", "groups of players of owen", CLI_TEXT, &self.groups, NULL, NULL},
    {0, "exact", NULL, "evaluate all coalitions", CLI_FLAG, &self.exact, NULL, NULL},
    {0, "budget", "N", "evaluations", CLI_COUNT, &self.budget, NULL, NULL},
    {0, "sampling", "HOW", "kernel, leverage, ...", CLI_TEXT, &self.sampling, NULL, NULL},
    {0, "tol", "E", "stop at this standard error", CLI_NUMBER, &self.tolerance, NULL, NULL},
    {0, "tie-tol", "E", "sums so close are equal", CLI_NUMBER, &self.tie, NULL, NULL},
    {0, "skip-nonfinite", NULL, "leave out contexts with NaN or infinity", CLI_FLAG,
     &self.skip_nonfinite, NULL, NULL},
    {0, "layer-score", "HOW", "number of the explained tensor", CLI_CHOICE, &self.likeness,
     "unit|dot|cosine", NULL},
    {0, "background", "FILE", "several baselines", CLI_TEXT, &self.background, NULL, NULL},
    {0, "names", "FILE", "names of the players", CLI_TEXT, &self.names_file, NULL, NULL},
    {0, "top", "N", "show the N strongest interactions", CLI_COUNT, &self.top, NULL, NULL},
    {0, "threshold", "T", "show those of at least T", CLI_NUMBER, &self.threshold, NULL, NULL},
    {0, "plot", "WHICH", "the picture", CLI_CHOICE, &self.plot,
     "usual|matrix|graph|upset|tokens|overlay|curve", NULL},
    {0, "save-game", "FILE", "write values of coalitions", CLI_TEXT, &self.save, NULL, NULL},
    {0, "load-game", "FILE", "read them instead of MODEL, INPUT", CLI_CALL, NULL, NULL,
     load_game},
    {0, NULL, NULL, NULL, CLI_FLAG, NULL, NULL, NULL}};

int main(int argc, char **argv)
{
    struct shapley *s = &self;
    s->cli = (struct cli){.tool = "shapley-int",
                          .summary = "Explain a model's output by interactions of players.",
                          .operands = "{MODEL [INPUT]... | --load-game=FILE}",
                          .options = options,
                          .groups = CLI_EXPLAIN | CLI_BASELINE | CLI_PICTURES,
                          .formats = CLI_TABLES | 1u << CLI_PNG | 1u << CLI_NPY,
                          .score = SX_SCORE_LOGIT};
    s->cli.explain.values_only = true;
    s->players_by = "elements";
    s->index = "bT";
    s->partition = -1;
    cli_parse(&s->cli, argc, argv);
    check_options(s);
    if (cli_open(&s->cli) && (s->names_file == NULL ||
                              cli_read_lines(&s->cli, s->names_file, &s->line, &s->n_lines))) {
        if (s->load != NULL)
            run_saved(s);
        else
            run(s);
    }
    free_all(s);
    return cli_finish(&s->cli);
}
