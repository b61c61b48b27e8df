/* output.c - what all tools write alike: records, error records, arrays, pictures. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cli/cli.h"

bool cli_to_terminal(const struct cli *cli)
{
    return cli->output == NULL && isatty(STDOUT_FILENO);
}

void cli_record(struct cli *cli, const struct cli_sample *sample, struct sx_record *record)
{
    cli_free_lines(cli->recorded, cli->n_recorded);
    cli->recorded = cli->said;
    cli->n_recorded = cli->n_said;
    cli->said = NULL;
    cli->n_said = 0;
    sx_result_reset(cli->result);
    *record = (struct sx_record){.tool = cli->tool,
                                 .id = sample->id,
                                 .index = sample->index,
                                 .model_file = cli->model_path,
                                 .model_sha256 =
                                     cli->model != NULL ? sx_model_sha256(cli->model) : NULL,
                                 .warnings = (const char *const *)cli->recorded,
                                 .warning_count = cli->n_recorded,
                                 .seconds = -1};
    if (cli->timing)
        record->seconds = cli_seconds() - sample->started;
    bool all = cli->one_result || cli->overall;
    record->note = all ? cli_missing(cli->missing, cli->missing_text) : sample->warning;
}

const char *cli_missing(int64_t n, char text[80])
{
    snprintf(text, 80, "%lld missing cell%s NaN", (long long)n, n == 1 ? " is" : "s are");
    return n > 0 ? text : NULL;
}

/* After the first sample. */
static void note_runs(struct cli *cli, const struct sx_explainer *explainer)
{
    bool alone;
    int64_t points = sx_explainer_batch(explainer, &alone);
    if (points > 0 && cli->done == 0)
        cli_note(cli, "%lld point%s a run%s", (long long)points, points == 1 ? "" : "s",
                 alone ? ": a tensor has so many axes that none is left for a batch" : "");
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
    note_runs(cli, explainer);
}

void cli_target_name(const struct sx_target *t, char *name, size_t size)
{
    const char *other = t->other ? "other class of " : "";
    if (t->sum != NULL)
        snprintf(name, size, "sum %.80s", t->sum);
    else if (t->label != NULL)
        snprintf(name, size, "%.60s (%lld)", t->label, (long long)t->index);
    else
        snprintf(name, size, "%soutput %lld", other, (long long)t->index);
}

/* An error that ends the run: the place is in front of the message, unless it is there already. */
static bool end_run(struct cli *cli, const struct cli_sample *sample,
                    const struct sx_error *error)
{
    char place[120];
    snprintf(place, sizeof place,
             "%.80s: ", error->status == SX_MODEL ? cli->model_path : sample->id);
    /* What could not be written, and a model's graph, are named already. */
    bool placed =
        error->status == SX_WRITE || strncmp(error->message, place, strlen(place)) == 0;
    cli->error.status = error->status;
    snprintf(cli->error.message, sizeof cli->error.message, "%s%.180s", placed ? "" : place,
             error->message);
    return false;
}

static bool succeeded(struct cli *cli)
{
    if (cli->probing)
        return true;
    cli->done++;
    bool picture = cli->format == CLI_PNG || cli->format == CLI_DOT;
    if (!picture || cli->overall || cli->sheet)
        return true;
    cli_only_first(cli);
    return false;
}

void cli_put_common(struct cli *cli)
{
    sx_put_text(cli->result, "precision", cli->explain.precise ? "float64" : "float32");
    sx_put_int(cli->result, "seed", (int64_t)cli->seed);
}

void cli_put_names(struct cli *cli, const struct sx_explainer *explainer)
{
    const struct sx_tensor *x = sx_explainer_input(explainer);
    int64_t n = 0;
    while (cli_feature(cli, (size_t)n) != NULL)
        n++;
    if (n == 0 || n != sx_count(&x->shape))
        return;
    sx_put_list(cli->result, "names");
    for (int64_t i = 0; i < n; i++)
        sx_put_text(cli->result, NULL, cli_feature(cli, (size_t)i));
    sx_put_end(cli->result);
    sx_put_array(cli->result, "x", x);
}

/* A record of the failure, a row of a table, or a row of NaN. */
static bool write_failed(struct cli *cli, struct sx_error *error)
{
    switch (cli->format) {
    case CLI_JSON:
        return sx_result_json(cli->result, cli->sink, error);
    case CLI_CSV:
    case CLI_TSV:
        return sx_table_add(&cli->table, cli->result, cli->sink, error);
    case CLI_NPY:
        return cli_add_failed(cli, error);
    default:
        return true;
    }
}

/* The map in half blocks, for a terminal that takes colours; NULL: none. */
static char *draw_map(const struct cli *cli, const struct sx_tensor *map)
{
    struct sx_error ignored = {0};
    struct sx_plot plot;
    char *text = NULL;
    if (map == NULL || map->shape.rank < 2 || cli->format != CLI_FORMAT_TEXT ||
        !cli_colour(cli))
        return NULL;
    sx_plot_default(&plot);
    return sx_plot_terminal(&plot, map, 64, &text, &ignored) ? text : NULL;
}

bool cli_emit(struct cli *cli, const struct sx_record *record, const struct sx_view *view,
              const struct sx_tensor *map, struct sx_error *error)
{
    if (cli->probing)
        return true;
    sx_result_end(cli->result, record);
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

bool cli_done(struct cli *cli, const struct cli_sample *sample, bool ok,
              const struct sx_error *error)
{
    struct sx_error write = {0};
    cli_forget_warnings(cli);
    cli->sample += cli->sample >= 0;
    if (ok)
        return succeeded(cli);
    char place[120];
    if (error->status != SX_FAILED)
        return end_run(cli, sample, error);
    if (sample->file)
        snprintf(place, sizeof place, "%.80s", sample->id);
    else
        snprintf(place, sizeof place, "%.80s: sample %lld", sample->id,
                 (long long)sample->index);
    cli_complain_sample(cli, place, error);
    struct sx_record record;
    cli_record(cli, sample, &record);
    sx_result_failed(cli->result, &record, error);
    if (write_failed(cli, &write))
        return true;
    cli->error = write;
    return false;
}

bool cli_write_png(struct cli *cli, const struct sx_picture *picture, struct sx_error *error)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    bool ok = sx_png_encode(picture, &bytes, &size, error);
    if (ok) {
        sx_sink_write(cli->sink, bytes, size);
        ok = sx_sink_flush(cli->sink, error);
        cli->wrote = ok;
    }
    free(bytes);
    return ok;
}

static bool file_baseline(struct cli *cli, const struct sx_explainer *explainer,
                          double *baseline, struct sx_error *error)
{
    double *points = NULL;
    int64_t n = 0, size = sx_count(&sx_explainer_input(explainer)->shape);
    bool ok = cli_read_points(cli, cli->baseline, explainer, &points, &n, error);
    if (ok)
        memcpy(baseline, points, (size_t)size * sizeof *baseline);
    free(points);
    return ok;
}

/* Whether sx_baseline knows the specification; otherwise it is a file. */
static bool is_plain(const char *text)
{
    double value;
    return strcmp(text, "zero") == 0 || strcmp(text, "mean") == 0 ||
           strcmp(text, "black") == 0 || strcmp(text, "white") == 0 ||
           strncmp(text, "blur:", 5) == 0 || sx_number_parse(text, strlen(text), &value);
}

bool cli_baseline(struct cli *cli, const struct sx_explainer *explainer,
                  const double *background, int64_t n_background, double **baseline,
                  struct sx_error *error)
{
    const struct sx_shape *shape = &sx_explainer_input(explainer)->shape;
    *baseline = calloc((size_t)sx_count(shape) + 1, sizeof **baseline);
    if (*baseline == NULL) {
        *error = (struct sx_error){SX_MEMORY, "out of memory"};
        return false;
    }
    if (is_plain(cli->baseline))
        return sx_baseline(explainer, cli->baseline, &cli->pre, background, n_background,
                           *baseline, error);
    return file_baseline(cli, explainer, *baseline, error);
}
