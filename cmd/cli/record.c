/* record.c - the parts of records and pictures that all tools share. */
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/inner.h"

/* Moves what was said to the warnings of the record. */
static void take_warnings(struct cli *cli, struct sx_record *record)
{
    const size_t n = cli->n_recorded + cli->n_said;
    if (cli->n_said > 0)
        cli->recorded = cli_must(cli, realloc(cli->recorded, n * sizeof *cli->recorded));
    for (size_t i = cli->n_recorded; i < n; i++)
        cli->recorded[i] = cli->said[i - cli->n_recorded];
    free(cli->said);
    cli->said = NULL;
    cli->n_said = 0;
    cli->n_recorded = n;
    record->warnings = (const char *const *)cli->recorded;
    record->warning_count = n;
}

void cli_record(struct cli *cli, const struct cli_sample *sample, struct sx_record *record)
{
    if (cli->watch.inexact)
        cli_warn(
            cli, 0,
            "a convolution was off by more than 1e-5; --exact-conv sums it as it is defined");
    cli_free_lines(cli->recorded, cli->n_recorded);
    cli->recorded = NULL;
    cli->n_recorded = 0;
    cli->at = sample;
    sx_result_reset(cli->result);
    *record = (struct sx_record){.tool = cli->tool,
                                 .id = sample->id,
                                 .index = sample->index,
                                 .model_file = cli->model_path,
                                 .model_sha256 =
                                     cli->model != NULL ? sx_model_sha256(cli->model) : NULL,
                                 .truth = sample->truth,
                                 .seconds = -1};
    take_warnings(cli, record);
    if (sample->picture != NULL)
        record->prepared = &cli->pre;
    double now = cli_seconds(), from = sample->started;
    if (cli->timing) /* if a sample has several records: since the previous one */
        record->seconds = now - (cli->written > from ? cli->written : from);
    cli->written = now;
    bool all = cli->one_result || cli->overall;
    record->note = all ? cli_missing(cli->missing, cli->missing_text) : sample->warning;
}

/* Notes the batch size, after the first sample. */
static void note_runs(struct cli *cli, const struct sx_explainer *explainer)
{
    bool alone;
    int64_t points = sx_explainer_batch(explainer, &alone);
    if (points > 0 && cli->done == 0)
        cli_note(cli, "%lld point%s a run%s", (long long)points, points == 1 ? "" : "s",
                 alone ? ": a tensor has so many axes that none is left for a batch" : "");
}

/* Warns where the score was chosen among places that nobody named. */
static void warn_places(struct cli *cli, struct sx_record *record)
{
    char text[200];
    if (record->target->places < 2)
        return;
    snprintf(
        text, sizeof text,
        "'%.80s' has scores of %lld places: the largest is explained; --target=I,J,... names one",
        record->target->output, (long long)record->target->places);
    cli_warn(cli, 0, text);
    take_warnings(cli, record);
}

void cli_record_target(struct cli *cli, struct sx_record *record,
                       const struct sx_explainer *explainer)
{
    int64_t forward, backward;
    sx_explainer_cost(explainer, &forward, &backward);
    record->forward = forward - cli->forward;
    record->backward = backward - cli->backward;
    cli->forward = forward;
    cli->backward = backward;
    record->input_name = sx_explainer_input_name(explainer);
    record->input_shape = sx_explainer_input(explainer)->shape;
    record->target = sx_explainer_target(explainer);
    warn_places(cli, record);
    note_runs(cli, explainer);
}

void cli_put_common(struct cli *cli)
{
    sx_put_text(cli->result, "precision", cli->explain.precise ? "float64" : "float32");
    sx_put_int(cli->result, "seed", (int64_t)cli->seed);
    if (cli->kept_said != NULL)
        sx_put_text(cli->result, "keep_ids", cli->kept_said);
    for (size_t i = 0; i < CLI_MAX_OPTIONS; i++) {
        const struct cli_bound *b = &cli->bound[i];
        if (b->given == NULL || b->options != cli || b->row->param == NULL)
            continue;
        if (b->row->kind == SX_OPTION_FLAG)
            sx_put_bool(cli->result, b->row->param, true);
        else
            sx_put_text(cli->result, b->row->param, b->given);
    }
}

/* The names of n elements; NULL if there are not as many names. */
static const char **names_of(struct cli *cli, int64_t n)
{
    if (n == 0 || !cli_features_fit(cli, n))
        return NULL;
    const char **name = cli_must(cli, calloc((size_t)n, sizeof *name));
    for (int64_t i = 0; i < n; i++)
        name[i] = cli_feature(cli, (size_t)i);
    return name;
}

void cli_put_names(struct cli *cli, const struct sx_explainer *explainer)
{
    const struct sx_tensor *x = sx_explainer_elements(explainer);
    const char **name = names_of(cli, sx_count(&x->shape));
    if (name == NULL)
        return;
    sx_put_list(cli->result, "names");
    for (int64_t i = 0; i < sx_count(&x->shape); i++)
        sx_put_text(cli->result, NULL, name[i]);
    sx_put_end(cli->result);
    sx_put_array(cli->result, "x", x);
    free(name);
}

/* Whether each player is one element, in their order. */
static bool are_elements(const struct sx_explainer *explainer, const struct sx_players *players)
{
    const struct sx_shape *shape = &sx_explainer_elements(explainer)->shape;
    int64_t n = sx_players_count(players), elements = sx_count(shape);
    bool are = n == elements;
    int64_t width = are ? sx_count(&sx_explainer_input(explainer)->shape) / n : 0;
    for (int64_t i = 0; are && i < n; i++)
        are = sx_players_first(players, i) == i * width;
    return are;
}

void cli_put_player_names(struct cli *cli, const struct sx_explainer *explainer,
                          const struct sx_players *players, const char *const *name, int64_t n)
{
    int64_t named = 0;
    for (int64_t i = 0; i < n; i++)
        named += name[i] != NULL;
    if (named == 0) {
        if (explainer != NULL)
            cli_put_names(cli, explainer);
        return;
    }
    sx_put_list(cli->result, "names");
    for (int64_t i = 0; i < n; i++)
        sx_put_text(cli->result, NULL, name[i]);
    sx_put_end(cli->result);
    if (explainer != NULL && are_elements(explainer, players))
        sx_put_array(cli->result, "x", sx_explainer_elements(explainer));
}

void cli_put_top(struct cli *cli, const struct sx_tensor *values, int64_t k)
{
    const char **name = names_of(cli, sx_count(&values->shape));
    sx_put_top(cli->result, "top", values, k, name);
    free(name);
}

/* Draws a map as text: words in colours or brackets, or half blocks if the terminal takes colours;
 * NULL: nothing can be drawn. */
static char *draw_map(const struct cli *cli, const struct sx_tensor *map)
{
    struct sx_error ignored = {0};
    struct sx_plot plot;
    char *text = NULL;
    bool colours = cli_colour(cli);
    if (cli->format != CLI_FORMAT_TEXT ||
        !sx_figure_words(sx_result_top(cli->result), colours, 76, &text, &ignored) ||
        text != NULL)
        return text;
    if (!colours || map == NULL || map->shape.rank < 2)
        return NULL;
    sx_plot_default(&plot);
    return sx_plot_terminal(&plot, map, 64, &text, &ignored) ? text : NULL;
}

static bool write_record(struct cli *cli, const struct sx_view *view,
                         const struct sx_tensor *map, struct sx_error *error)
{
    if (cli->format == CLI_JSON)
        return sx_result_json(cli->result, cli->sink, error);
    if (cli->format == CLI_CSV || cli->format == CLI_TSV) {
        cli->table.view = view;
        cli->table.separator = cli->format == CLI_CSV ? ',' : '\t';
        cli->table.by_element = cli->by_element;
        return sx_table_add(&cli->table, cli->result, cli->sink, error);
    }
    char *drawn = draw_map(cli, map);
    bool ok = sx_result_text(cli->result, view, drawn, cli->sink, error);
    free(drawn);
    return ok;
}

bool cli_emit(struct cli *cli, const struct sx_record *record, const struct sx_view *view,
              const struct sx_tensor *map, struct sx_error *error)
{
    bool ok, once_more = false;
    if (cli->probing)
        return true;
    sx_result_end(cli->result, record);
    if (cli_is_figure(cli))
        return sx_result_ok(cli->result, error) && cli_figure_add(cli, error);
    do {
        ok = cli_file_begin(cli, error) && cli_resume_begin(cli, error) &&
             write_record(cli, view, map, error);
        ok = cli_resume_end(cli, false, ok, &once_more, error);
        ok = cli_file_end(cli, ok, error);
    } while (ok && once_more);
    return ok;
}

/* A failed sample with a table file of its own writes nothing: the table would have no header. */
bool cli_emit_failed(struct cli *cli, struct sx_error *error)
{
    bool once_more, table = cli->format == CLI_CSV || cli->format == CLI_TSV;
    if (cli->format != CLI_JSON && (cli->each || !table))
        return true;
    bool ok = cli_file_begin(cli, error) && cli_resume_begin(cli, error) &&
              (table ? sx_table_add(&cli->table, cli->result, cli->sink, error)
                     : sx_result_json(cli->result, cli->sink, error));
    ok = cli_resume_end(cli, true, ok, &once_more, error);
    return cli_file_end(cli, ok, error);
}
