/* run.c - what happens before and after the samples: opening, signals, the exit status. */
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cli/inner.h"

static bool read_labels(struct cli *cli)
{
    if (!cli_read_names(cli, cli->labels_file, &cli->labels, &cli->n_labels))
        return false;
    const struct sx_error none = {.status = SX_USAGE, .message = "holds no labels"};
    if (cli->n_labels == 0)
        return cli_fail(cli, cli->labels_file, &none);
    cli->explain.labels = cli->labels;
    cli->explain.n_labels = cli->n_labels;
    return true;
}

/* 70 % of the system's memory. */
static size_t memory_limit(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? (size_t)pages / 10 * 7 * (size_t)size : 0;
}

static void choose_output(struct cli *cli)
{
    cli->each = cli_is_pattern(cli->output);
    if (cli->each && (cli->one_result || cli->overall))
        cli_misuse(cli, "-o %.80s is for a file per sample, and there is one result",
                   cli->output);
    if (cli->format == CLI_FORMAT_NONE)
        cli->format = cli_to_terminal(cli) ? CLI_FORMAT_TEXT : CLI_JSON;
    bool bytes = cli->format == CLI_PNG || cli->format == CLI_NPY || cli->format == CLI_PDF;
    if (bytes && cli_to_terminal(cli))
        cli_misuse(cli, "a %s is not for a terminal; use -o FILE",
                   cli->format == CLI_PNG   ? "PNG"
                   : cli->format == CLI_PDF ? "PDF"
                                            : ".npy");
}

/* Drops the parts of the model that are not needed for the explained tensor, or for the outputs.
 * What -i feeds is not computed. */
static bool want(struct cli *cli, struct sx_error *error)
{
    const char *output = cli->explain.output, *instead_of;
    const char **fed = calloc(cli->n_sides + 1, sizeof *fed);
    for (size_t k = 0; fed != NULL && k < cli->n_sides; k++)
        fed[k] = cli->side[k].name;
    if (output == NULL && (cli->groups & CLI_EXPLAIN) != 0)
        output = sx_model_explained(cli->model, &instead_of);
    bool ok = fed != NULL;
    for (size_t k = 0; ok && k < cli->n_sides; k++)
        ok = sx_model_feed_list(cli->model, cli->side[k].name, cli->side[k].file, error);
    ok = ok && sx_model_want(cli->model, output, fed, cli->n_sides, error);
    free(fed);
    return ok;
}

/* What a file is that was given by mistake as the model; NULL: it is none of these. */
static const char *mistaken(const char *path)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *what;
    } known[] = {{"\x93NUMPY", 6, "a .npy array"},
                 {"\x89PNG", 4, "a PNG picture"},
                 {"\xff\xd8\xff", 3, "a JPEG picture"},
                 {"PK\3\4", 4, "an archive"}};
    char first[8] = "";
    const char *what = NULL;
    FILE *f = strcmp(path, "-") != 0 ? fopen(path, "r") : NULL;
    size_t n = f != NULL ? fread(first, 1, sizeof first, f) : 0;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (n >= known[i].n && memcmp(first, known[i].bytes, known[i].n) == 0)
            what = known[i].what;
    if (f != NULL)
        fclose(f);
    return what;
}

/* Completes the message if an INPUT was given in the place of the model. */
static void explain_order(const struct cli *cli, struct sx_error *error)
{
    const char *what = error->status == SX_MODEL ? mistaken(cli->model_path) : NULL;
    if (what != NULL)
        snprintf(error->message, sizeof error->message,
                 "%.80s: is %s; MODEL comes first, an ONNX file", cli->model_path, what);
}

static bool open_model(struct cli *cli)
{
    struct sx_error error = {0};
    const size_t parsing = (size_t)1 << 30;
    struct sx_model_options options = {.data_dir = cli->data_dir};
    options.max_memory = cli->explain.max_memory < parsing ? cli->explain.max_memory : parsing;
    cli->model = sx_model_open(cli->model_path, &options, &error);
    if (cli->model == NULL) {
        explain_order(cli, &error);
        return cli_fail(cli, NULL, &error);
    }
    if (!want(cli, &error))
        return cli_fail(cli, cli->model_path, &error);
    if (!cli_limit_mapped(cli))
        return false;
    cli_note(cli, "%s: opset %lld, memory limit %zu MiB", cli->model_path,
             (long long)sx_model_opset(cli->model, NULL), cli->explain.max_memory >> 20);
    return true;
}

static bool open_output(struct cli *cli)
{
    bool later = cli->each || cli->resume;
    /* the message names it */
    cli->sink = sx_sink_open(later ? NULL : cli->output, &cli->error);
    if (cli->sink != NULL && cli->format == CLI_FORMAT_TEXT)
        sx_sink_for_eyes(cli->sink);
    return cli->sink != NULL && (cli->each || !cli->resume || cli_resume_open(cli));
}

static bool open_all(struct cli *cli)
{
    cli_watch_signals(cli->tool);
    /* Also limits the threads of parallel loops that are not in a compiled program. */
    const int threads = cli->threads > 0 ? cli->explain.threads : cli_processors();
    const int had = cli_startable(threads);
    omp_set_num_threads(had);
    if (cli->threads > 0)
        cli->explain.threads = had;
    cli->sample = cli->one_result ? -1 : 0;
    cli->started = cli_seconds();
    cli_watch_sample(cli, cli->started);
    choose_output(cli);
    if (!cli_figure_check(cli))
        cli_misuse(cli, "%s", cli->error.message);
    cli->limited = cli->explain.max_memory > 0;
    if (!cli->limited)
        cli->explain.max_memory = memory_limit();
    cli_limit_memory(cli);
    if (!cli->no_model && (!open_model(cli) || !cli_check_batch(cli)))
        return false;
    if (cli->model != NULL && sx_model_is_double(cli->model))
        cli->explain.precise = true;
    if (cli->labels_file != NULL && !read_labels(cli))
        return false;
    if (!cli_baseline_check(cli) || !cli_features_begin(cli) || !cli_select_begin(cli) ||
        !open_output(cli))
        return false;
    cli->result = sx_result_new(cli->explain.precise ? SX_DOUBLE : SX_FLOAT, &cli->error);
    return cli->result != NULL;
}

bool cli_open(struct cli *cli)
{
    bool ok = open_all(cli);
    if (!ok && cli->error.status == SX_OK)
        cli_error(&cli->error, SX_MEMORY, "out of memory");
    return ok;
}

void cli_each(struct cli *cli, bool (*explain)(struct cli *cli, const struct cli_sample *sample,
                                               struct sx_error *error))
{
    struct cli_sample sample;
    bool go_on = true;
    while (go_on && cli_next(cli, &sample)) {
        struct sx_error error = {0};
        bool ok = explain(cli, &sample, &error);
        go_on = cli_done(cli, &sample, ok, &error);
    }
}

/* Fails if a picture or an array would be empty. A failed run leaves no empty file. */
static bool nothing_written(struct cli *cli)
{
    if (cli->status == SX_FAILED && cli->resumed == NULL && cli->sink != NULL &&
        sx_sink_is_empty(cli->sink))
        return true;
    bool whole = cli_is_figure(cli) || cli->format == CLI_NPY || cli->format == CLI_DOT ||
                 cli->format == CLI_HTML;
    if (!whole || cli->wrote || (cli->status != SX_OK && cli->status != SX_FAILED))
        return false;
    const struct sx_error error = {.status = SX_FAILED,
                                   .message = "no sample, and so nothing is written"};
    if (cli->status == SX_OK)
        cli_complain(cli, NULL, &error);
    return true;
}

int cli_finish(struct cli *cli)
{
    struct sx_error error = {0};
    if (cli->drawn)
        cli_only_first(cli);
    cli_samples_free(cli);
    cli_sum_up(cli);
    if (cli->error.status != SX_OK)
        cli_complain(cli, NULL, &cli->error);
    bool keep = cli->status == SX_OK || cli->status == SX_CHECK ||
                (cli->status == SX_FAILED && !cli->one_result);
    if (keep && !(cli_figure_flush(cli, &error) && cli_flush_arrays(cli, &error))) {
        cli_complain(cli, cli->output, &error);
        keep = false;
    }
    keep = keep && !nothing_written(cli);
    if (!cli_resume_close(cli, keep, &error))
        cli_complain(cli, cli->output, &error);
    bool reported = cli->status == SX_WRITE;
    error = (struct sx_error){0};
    if (cli->sink != NULL && !sx_sink_finish(cli->sink, keep, &error) && !reported && keep)
        cli_complain(cli, cli->output, &error);
    cli_figure_free(cli);
    cli_output_free(cli);
    cli_files_free(cli);
    cli_points_free(cli);
    cli_select_free(cli);
    cli_features_free(cli);
    sx_result_free(cli->result);
    sx_model_close(cli->model);
    cli_free_lines(cli->labels, cli->n_labels);
    for (size_t i = 0; i < cli->n_sides; i++)
        free((void *)(uintptr_t)cli->side[i].name);
    free(cli->side);
    free(cli->inputs);
    cli_end_by_signal();
    return cli->status;
}
