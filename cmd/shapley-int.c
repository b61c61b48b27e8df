/* shapley-int.c - Shapley interactions of players, of a network or of a saved game. */
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/cli.h"

struct shapley {
    struct cli cli;
    struct sx_shapley_options o;
    struct sx_explainer *explainer;
    struct sx_players *players;
    struct sx_game *game;
    struct sx_shapley result;
    double *baselines;
    struct sx_shape baseline_shape;
    int64_t n_baselines;
    const char *load, *save, *background, *names_file;
    int plot;
    char **line; /* of --names */
    size_t n_lines;
    const char **name; /* of each player, or NULL */
    bool *absent;
};

static struct shapley self;

enum { USUAL, TOKENS = 4, OVERLAY, CURVE };
static const char plots[] = "usual|matrix|graph|upset|tokens|overlay|curve";

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

static bool is_benefit(const struct shapley *s)
{
    return strcmp(s->o.index, "bT") == 0;
}

/* ---- One sample ---- */

/* The names of players: from the file, or the header line of a table; and who is not drawn, such as
 * what fills a text up. */
static bool choose_names(struct shapley *s, struct sx_error *error)
{
    int64_t n = sx_game_players(s->game);
    bool features = s->players != NULL && (strcmp(s->o.players_by, "elements") == 0 ||
                                           strcmp(s->o.players_by, "columns") == 0);
    if (!cli_fits("names", s->n_lines, "players", n, error))
        return false;
    free(s->name);
    free(s->absent);
    s->name = calloc((size_t)n + 1, sizeof *s->name);
    s->absent = calloc((size_t)n + 1, sizeof *s->absent);
    if (s->name == NULL || s->absent == NULL) {
        *error = (struct sx_error){SX_MEMORY, "out of memory"};
        return false;
    }
    for (int64_t i = 0; i < n; i++) {
        s->absent[i] = !sx_game_plays(s->game, i);
        s->name[i] = i < (int64_t)s->n_lines ? s->line[i]
                     : features              ? cli_feature(&s->cli, (size_t)i)
                                             : NULL;
    }
    if (memchr(s->absent, false, (size_t)n) == NULL)
        memset(s->absent, false, (size_t)n);
    return true;
}

static void free_sample(struct shapley *s)
{
    sx_shapley_free(&s->result);
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
    if (!sx_explainer_sample(s->explainer, sample->feeds, error))
        return false;
    const struct sx_shape *shape = &sx_explainer_input(s->explainer)->shape;
    s->players = sx_explainer_players(s->explainer, s->o.players_by, s->cli.pre.layout, error);
    if (s->players != NULL && find_baselines(s, shape, error))
        s->game = sx_game_model(s->explainer, s->players, s->baselines, s->n_baselines,
                                s->o.likeness, error);
    return s->game != NULL;
}

/* ---- Records and arrays ---- */

static void put_params(struct shapley *s)
{
    struct sx_result *r = s->cli.result;
    sx_put_object(r, "params");
    sx_put_options(r, &sx_shapley_table, &s->o);
    sx_put_text(r, "baseline", s->background != NULL ? s->background : s->cli.baseline);
    cli_put_common(&s->cli);
    sx_put_end(r);
}

static void warn(struct shapley *s)
{
    const struct sx_shapley *r = &s->result;
    const struct sx_benefit *b = r->n_sets > 0 ? &r->benefit[r->strongest] : NULL;
    if (b != NULL && b->greedy)
        cli_warn(&s->cli, 0, "partitions were found greedily");
    if (b != NULL && b->skipped > 0)
        cli_warn(&s->cli, 0, "contexts with values that were not finite left out");
    if (strcmp(s->o.index, "owen") == 0 && s->o.groups == NULL)
        cli_warn(&s->cli, 0, "no --groups: Owen values are Shapley values");
}

static bool write_record(struct shapley *s, const struct cli_sample *sample,
                         struct sx_error *error)
{
    struct sx_record record;
    cli_record(&s->cli, sample, &record);
    if (s->explainer != NULL)
        cli_record_target(&s->cli, &record, s->explainer);
    sx_result_begin(s->cli.result, &record);
    put_params(s);
    if (s->explainer != NULL && !is_benefit(s)) /* whose set has names of its own */
        cli_put_names(&s->cli, s->explainer);
    sx_put_shapley(s->cli.result, &s->o, &s->result, s->name);
    return cli_emit(&s->cli, &record, sx_shapley_view(&s->result), NULL, error);
}

static bool write_array(struct shapley *s, struct sx_error *error)
{
    struct sx_tensor array = {0};
    bool ok = sx_shapley_array(&s->result, s->result.terms.order != 1, &array, error) &&
              cli_add_array(&s->cli, &array, error);
    sx_tensor_free(&array);
    return ok;
}

/* ---- Pictures ---- */

static bool draw_curve(struct shapley *s, const char *title, struct sx_picture *figure,
                       struct sx_error *error)
{
    double x[SX_SHAPLEY_POINTS], y[SX_SHAPLEY_POINTS];
    int64_t n = 0;
    return sx_shapley_curve(s->game, &s->o, x, y, &n, error) &&
           sx_plot_curve(title, x, y, n, figure, error);
}

static bool draw(struct shapley *s, const struct cli_sample *sample, struct sx_error *error)
{
    char title[SX_SHAPLEY_TITLE], plot[16] = "";
    const char *slash = strrchr(sample->id, '/'), *id = slash != NULL ? slash + 1 : sample->id;
    struct sx_picture figure = {0};
    struct sx_chart chart = {title, s->name, sx_game_players(s->game), s->absent};
    sx_choice_name(plots, s->plot, plot, sizeof plot);
    if (s->plot == CURVE)
        snprintf(title, sizeof title, "%.60s: |T - T of K evaluations|", id);
    else
        sx_shapley_title(&s->result, id, title);
    bool ok = s->plot == CURVE ? draw_curve(s, title, &figure, error)
              : s->plot == OVERLAY
                  ? sx_plot_players(s->explainer, s->players, &s->result, sample->picture,
                                    title, &figure, error)
                  : sx_plot_shapley(plot, &chart, &s->result, s->o.top, &figure, error);
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

/* What is asked for: of bT, pictures and arrays of pairs are of its Shapley interaction index, and
 * pictures of partitions are of bT whatever the index. */
static struct sx_shapley_options wanted(const struct shapley *s)
{
    struct sx_shapley_options o = s->o;
    bool drawn = s->cli.format == CLI_PNG, sets = s->plot == TOKENS;
    if (drawn && sets)
        o.index = "bT";
    else if (is_benefit(s) && (drawn || s->cli.format == CLI_NPY)) {
        o.index = "sii";
        o.sampling = NULL;
    }
    return o;
}

static bool explain(struct cli *cli, const struct cli_sample *sample, struct sx_error *error)
{
    struct shapley *s = &self;
    s->o.seed = cli->seed;
    s->o.sample = (uint64_t)sample->index;
    if (s->plot == USUAL)
        s->plot = is_benefit(s) ? TOKENS : 1;
    bool ok = s->load != NULL ? (s->game = sx_game_load(s->load, error)) != NULL
                              : model_game(s, sample, error);
    s->o.players = s->players;
    const struct sx_shapley_options o = wanted(s);
    ok = ok && choose_names(s, error) &&
         ((cli->format == CLI_PNG && s->plot == CURVE) ||
          sx_shapley(s->game, &o, &s->result, error)) &&
         save_game(s, error) && write_result(s, sample, error);
    free_sample(s);
    return ok;
}

static void run(struct shapley *s)
{
    s->explainer = sx_explainer_new(s->cli.model, &s->cli.explain, &s->cli.error);
    if (s->explainer != NULL)
        cli_each(&s->cli, explain);
}

static void run_saved(struct shapley *s)
{
    const struct cli_sample sample = {.id = s->load, .started = cli_seconds()};
    struct sx_error error = {0};
    bool ok = explain(&s->cli, &sample, &error);
    cli_done(&s->cli, &sample, ok, &error);
}

/* Options that contradict each other. */
static void check_options(const struct shapley *s)
{
    if (s->o.set != NULL && s->o.window > 0)
        cli_misuse(&s->cli, "--set and --window exclude each other");
    if (s->o.gradient && s->o.partition > SX_CONTIGUOUS)
        cli_misuse(&s->cli, "--search=gradient is for contiguous partitions");
    if (!(s->o.tolerance >= 0 && s->o.tie >= 0 && s->o.threshold >= 0))
        cli_misuse(&s->cli, "--tol, --tie-tol and --threshold are not negative");
}

static void free_all(struct shapley *s)
{
    cli_free_lines(s->line, s->n_lines);
    free(s->name);
    free(s->absent);
    free(s->baselines);
    sx_explainer_free(s->explainer);
}

static const struct cli_option options[] = {
    {0, "list-indices", NULL, "what the indices are", CLI_CALL, NULL, NULL, list_indices},
    {0, "background", "FILE", "several baselines", CLI_TEXT, &self.background, NULL, NULL},
    {0, "names", "FILE", "names of the players", CLI_TEXT, &self.names_file, NULL, NULL},
    {0, "plot", "WHICH", "the picture", CLI_CHOICE, &self.plot, plots, NULL},
    {0, "save-game", "FILE", "write values of coalitions", CLI_TEXT, &self.save, NULL, NULL},
    {0, "load-game", "FILE", "read them instead of MODEL, INPUT", CLI_CALL, NULL, NULL,
     load_game},
    {0, NULL, NULL, NULL, CLI_FLAG, NULL, NULL, NULL}};
static const struct cli_table tables[] = {{&sx_shapley_table, &self.o}, {NULL, NULL}};

int main(int argc, char **argv)
{
    struct shapley *s = &self;
    s->cli = (struct cli){.tool = "shapley-int",
                          .summary = "Explain a model's output by interactions of players.",
                          .operands = "{MODEL [INPUT]... | --load-game=FILE}",
                          .options = options,
                          .tables = tables,
                          .groups = CLI_EXPLAIN | CLI_BASELINE | CLI_PICTURES,
                          .formats = CLI_TABLES | 1u << CLI_PNG | 1u << CLI_NPY,
                          .score = SX_SCORE_LOGIT};
    s->cli.explain.values_only = true;
    cli_parse(&s->cli, argc, argv);
    check_options(s);
    if (s->load != NULL)
        s->o.players_by = NULL;
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
