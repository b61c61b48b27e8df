/* shapley-int.c - Shapley interactions of players, of a network or of a saved game. */
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/streams.h"

/* Defaults of --players: up to FEW_ELEMENTS elements are players; a larger picture has a grid of
 * SIDE x SIDE. */
enum { FEW_ELEMENTS = 256, SIDE = 4 };

struct shapley {
    struct cli cli;
    struct sx_shapley_options o, used; /* used: the options for the output that is asked for */
    struct sx_explainer *explainer;
    struct sx_players *players;
    struct sx_game *game;
    struct sx_shapley result;
    struct sx_shapley_tally *tally; /* the results for --summary */
    bool summary;
    double *baselines;
    struct sx_shape baseline_shape;
    int64_t n_baselines;
    const char *load, *save, *background, *names_file;
    char **line; /* the lines of --names */
    size_t n_lines;
    const char **name;           /* [players], names of players; NULL: none */
    char usual[SX_PLAYERS_TEXT]; /* the default of --players */
};

static struct shapley self;

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

static bool is_benefit(const struct sx_shapley_options *o)
{
    return strcmp(o->index, "bT") == 0;
}

/* ---- One sample ---- */

/* Finds the names of players: from --names, or from the header line of a table. */
static bool choose_names(struct shapley *s, struct sx_error *error)
{
    int64_t n = sx_game_players(s->game);
    if (!cli_fits("names", s->n_lines, "players", n, error))
        return false;
    free(s->name);
    s->name = calloc((size_t)n + 1, sizeof *s->name);
    if (s->name == NULL)
        return cli_error(error, SX_MEMORY, "out of memory");
    for (int64_t i = 0; i < n; i++)
        s->name[i] = i < (int64_t)s->n_lines ? s->line[i]
                     : s->players != NULL
                         ? cli_player_name(&s->cli, s->explainer, s->players, i)
                         : NULL;
    return true;
}

static bool by_background(const struct shapley *s)
{
    return s->background != NULL && s->o.absent.kind != SX_ABSENT_BASELINE;
}

static void free_sample(struct shapley *s)
{
    sx_shapley_free(&s->result);
    sx_game_free(s->game);
    sx_players_free(s->players);
    s->game = NULL;
    s->players = NULL;
    if (!by_background(s)) {
        free(s->baselines);
        s->baselines = NULL;
    }
}

/* Finds the baselines. The background is read once for each shape of x. */
static bool find_baselines(struct shapley *s, const struct sx_shape *shape,
                           struct sx_error *error)
{
    s->n_baselines = by_background(s) ? s->n_baselines : 1;
    if (!by_background(s))
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
    if (s->o.players_by == NULL || s->o.players_by == s->usual) {
        sx_explainer_usual_players(s->explainer, s->cli.pre.layout, FEW_ELEMENTS, SIDE,
                                   s->usual);
        s->o.players_by = s->usual;
    }
    s->players = sx_explainer_players(s->explainer, s->o.players_by, s->cli.pre.layout, error);
    if (s->o.absent.kind == SX_ABSENT_BY_BACKGROUND)
        s->o.absent.kind = by_background(s) ? SX_ABSENT_MARGINAL : SX_ABSENT_BASELINE;
    s->o.absent.seed = s->o.seed;
    s->o.absent.sample = s->o.sample;
    if (s->players == NULL || !find_baselines(s, shape, error))
        return false;
    if (s->o.absent.kind > SX_ABSENT_MARGINAL)
        s->game = sx_game_conditional(s->explainer, s->players, s->baselines, s->n_baselines,
                                      &s->o.absent, error);
    else
        s->game = sx_game_model(s->explainer, s->players, s->baselines, s->n_baselines,
                                s->o.likeness, error);
    return s->game != NULL;
}

/* ---- Records and arrays ---- */

static void put_params(struct shapley *s)
{
    struct sx_result *r = s->cli.result;
    sx_put_object(r, "params");
    sx_put_options(r, &sx_shapley_table, &s->used);
    sx_put_text(r, "baseline", by_background(s) ? s->background : s->cli.baseline);
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
    if (strcmp(s->used.index, "owen") == 0 && s->o.groups == NULL)
        cli_warn(&s->cli, 0, "no --groups: Owen values are Shapley values");
}

static bool write_record(struct shapley *s, const struct cli_sample *sample,
                         struct sx_error *error)
{
    struct sx_record record;
    cli_record(&s->cli, sample, &record);
    if (s->explainer != NULL)
        cli_record_target(&s->cli, &record, s->explainer);
    record.partial = s->result.partial;
    sx_result_begin(s->cli.result, &record);
    put_params(s);
    cli_put_player_names(&s->cli, s->explainer, s->players, s->name, sx_game_players(s->game));
    sx_put_shapley(s->cli.result, &s->result, s->name);
    if (cli_is_figure(&s->cli) && s->cli.figure.kind == SX_CURVE &&
        !sx_put_shapley_curve(s->cli.result, s->game, &s->o, error))
        return false;
    bool named = sx_datum_at(sx_result_top(s->cli.result), "names") != NULL;
    return cli_emit(&s->cli, &record, sx_shapley_view(&s->result, named), NULL, error);
}

static bool write_array(struct shapley *s, struct sx_error *error)
{
    struct sx_tensor array = {0};
    bool ok = sx_shapley_array(&s->result, s->result.terms.order != 1, &array, error) &&
              cli_add_array(&s->cli, &array, error);
    sx_tensor_free(&array);
    return ok;
}

/* ---- The run ---- */

static bool write_result(struct shapley *s, const struct cli_sample *sample,
                         struct sx_error *error)
{
    warn(s);
    if (s->save != NULL && strcmp(s->save, "-") == 0 && s->cli.output == NULL)
        return true; /* only the game is written */
    return s->cli.format == CLI_NPY ? write_array(s, error) : write_record(s, sample, error);
}

/* The options for the output that is asked for. Arrays and pictures of players or pairs are not of
 * bT, but of Shapley values or interactions. Pictures of partitions are of bT, whatever --index
 * says. */
static struct sx_shapley_options wanted(const struct shapley *s)
{
    struct sx_shapley_options o = s->o;
    int kind = s->cli.figure.kind;
    bool singles = kind == SX_OVERLAY || kind == SX_STRIP || kind == SX_BARS ||
                   kind == SX_WATERFALL || kind == SX_FORCE;
    bool sets = kind == SX_KIND_AUTO || kind == SX_TOKENS || kind == SX_SHEET;
    o.singles = o.singles || cli_is_figure(&s->cli);
    if (cli_is_figure(&s->cli) && (kind == SX_TOKENS || kind == SX_CURVE))
        o.index = "bT";
    else if (is_benefit(&o) &&
             ((cli_is_figure(&s->cli) && !sets) || s->cli.format == CLI_NPY)) {
        o.index = cli_is_figure(&s->cli) && singles ? "sv" : "sii";
        o.sampling = NULL;
    }
    return o;
}

static bool explain(struct cli *cli, const struct cli_sample *sample, struct sx_error *error)
{
    struct shapley *s = &self;
    s->o.seed = cli->seed;
    s->o.sample = (uint64_t)sample->index;
    bool ok = s->load != NULL ? (s->game = sx_game_load(s->load, error)) != NULL
                              : model_game(s, sample, error);
    s->o.players = s->players;
    s->used = wanted(s);
    ok = ok && choose_names(s, error) && sx_shapley(s->game, &s->used, &s->result, error) &&
         (s->save == NULL || sx_game_save(s->game, s->save, error)) &&
         write_result(s, sample, error) &&
         (s->tally == NULL || cli->probing ||
          sx_shapley_tally_add(s->tally, &s->result, s->name, error));
    free_sample(s);
    return ok;
}

/* Writes the last record, which summarises all samples. */
static void summarise(struct shapley *s)
{
    struct sx_result *r = s->cli.result;
    sx_result_reset(r);
    if (!sx_put_shapley_summary(r, s->cli.tool, s->tally, s->o.top, &s->cli.error))
        return;
    if (s->cli.format == CLI_FORMAT_TEXT)
        sx_result_text(r, sx_shapley_summary_view(s->tally), NULL, s->cli.sink, &s->cli.error);
    else
        sx_result_json(r, s->cli.sink, &s->cli.error);
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

/* Misuse if options contradict each other. */
static void check_options(const struct shapley *s)
{
    if (s->o.set != NULL && s->o.window > 0)
        cli_misuse(&s->cli, "--set and --window exclude each other");
    if (s->o.gradient && s->o.partition > SX_CONTIGUOUS)
        cli_misuse(&s->cli, "--search=gradient is for contiguous partitions");
    if (s->o.absent.kind > SX_ABSENT_BASELINE && s->background == NULL)
        cli_misuse(&s->cli, "--absent draws from a --background");
    if (s->o.absent.kind > SX_ABSENT_MARGINAL && s->o.likeness != SX_TARGET)
        cli_misuse(&s->cli, "--absent draws for --layer-score=unit");
    if (s->summary && (s->cli.format > CLI_JSON || s->cli.resume))
        cli_misuse(&s->cli, "--summary is for -f json, without --resume");
}

static void free_all(struct shapley *s)
{
    cli_free_lines(s->line, s->n_lines);
    free(s->name);
    free(s->baselines);
    sx_explainer_free(s->explainer);
    sx_shapley_tally_free(s->tally);
}

static const struct cli_option options[] = {
    {0, "list-indices", NULL, "print the indices", CLI_CALL, NULL, NULL, list_indices},
    {0, "background", "FILE", "file of several baselines; the game is their mean", CLI_TEXT,
     &self.background, NULL, NULL},
    {0, "names", "FILE", "names of the players", CLI_TEXT, &self.names_file, NULL, NULL},
    {0, "summary", NULL, "add a last record with means over all samples", CLI_FLAG,
     &self.summary, NULL, NULL},
    {0, "sheet", NULL, "pictures: all samples", CLI_FLAG, &self.cli.sheet, NULL, NULL},
    {0, "save-game", "FILE", "write the values of coalitions to FILE", CLI_TEXT, &self.save,
     NULL, NULL},
    {0, "load-game", "FILE", "read values of coalitions instead of MODEL and INPUT", CLI_CALL,
     NULL, NULL, load_game},
    {0, NULL, NULL, NULL, CLI_FLAG, NULL, NULL, NULL}};
static const struct cli_table tables[] = {
    {&sx_shapley_table, &self.o}, {&sx_figure_table, &self.cli.figure}, {NULL, NULL}};

int main(int argc, char **argv)
{
    struct shapley *s = &self;
    s->cli = (struct cli){
        .tool = "shapley-int",
        .summary = "Explain a model's output by interactions of players.",
        .operands = "{MODEL [INPUT]... | --load-game=FILE}",
        .options = options,
        .tables = tables,
        .kinds =
            "auto|overlay|strip|bars|stacked|waterfall|force|beeswarm|matrix|network|upset|tokens|curve|sheet",
        .groups = CLI_EXPLAIN | CLI_BASELINE | CLI_PICTURES,
        .formats = CLI_TABLES | CLI_FIGURES | 1u << CLI_NPY,
        .score = SX_SCORE_LOGIT};
    s->cli.explain.values_only = true;
    cli_parse(&s->cli, argc, argv);
    check_options(s);
    sx_plot_default(&s->cli.figure.map);
    sx_plot_set(&s->cli.figure.map, "sign", "all", &s->cli.error);
    s->cli.figure.top = s->o.top;
    if (s->load != NULL)
        s->o.players_by = NULL;
    if (cli_open(&s->cli) && (s->names_file == NULL ||
                              cli_read_names(&s->cli, s->names_file, &s->line, &s->n_lines))) {
        s->tally = s->summary ? sx_shapley_tally_new(&s->cli.error) : NULL;
        (s->load != NULL ? run_saved : run)(s);
        if (s->tally != NULL && s->cli.error.status == SX_OK)
            summarise(s);
    }
    free_all(s);
    return cli_finish(&s->cli);
}
