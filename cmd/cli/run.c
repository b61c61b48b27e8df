/* run.c - what happens around the samples: opening, signals, the exit status. */
#include <omp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cli/cli.h"

double cli_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Set by the signal of a pipe without a reader; writing then fails, and the run ends. */
static volatile sig_atomic_t reader_gone;
static bool sigpipe_ignored;

static void on_sigpipe(int number)
{
    (void)number;
    reader_gone = 1;
}

bool cli_reader_gone(void)
{
    return reader_gone != 0;
}

/* Writing fails instead of ending the process: what is half written is still to be removed. */
static void watch_signals(void)
{
    struct sigaction gone = {.sa_handler = on_sigpipe, .sa_flags = SA_RESTART}, before;
    sigaction(SIGPIPE, &gone, &before);
    sigpipe_ignored = before.sa_handler == SIG_IGN;
    signal(SIGXFSZ, SIG_IGN);
}

/* As if the signal had not been caught, unless whoever started the tool wants a status. */
static void end_by_signal(void)
{
    if (reader_gone == 0 || sigpipe_ignored)
        return;
    signal(SIGPIPE, SIG_DFL);
    raise(SIGPIPE);
}

static bool set_error(struct cli *cli, const char *place, const struct sx_error *why)
{
    cli->error.status = why->status;
    snprintf(cli->error.message, sizeof cli->error.message, "%.80s%s%.200s",
             place != NULL ? place : "", place != NULL ? ": " : "", why->message);
    return false;
}

/* A byte order mark is no part of the first line. */
static void drop_mark(char **lines, size_t n)
{
    if (n > 0 && strncmp(lines[0], "\xef\xbb\xbf", 3) == 0)
        memmove(lines[0], lines[0] + 3, strlen(lines[0] + 3) + 1);
}

bool cli_read_lines(struct cli *cli, const char *path, char ***lines, size_t *count)
{
    FILE *f = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    bool ok = f != NULL;
    while (ok && (n = getline(&line, &room, f)) >= 0) {
        while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
            line[--n] = '\0';
        char **more = realloc(*lines, (*count + 1) * sizeof *more);
        ok = more != NULL;
        *lines = ok ? more : *lines;
        char *copy = ok ? strdup(line) : NULL;
        ok = copy != NULL;
        if (ok)
            (*lines)[(*count)++] = copy;
    }
    ok = ok && ferror(f) == 0;
    free(line);
    if (f != NULL)
        fclose(f);
    const struct sx_error error = {SX_FAILED, "cannot read its lines"};
    drop_mark(*lines, *count);
    while (ok && *count > 0 && (*lines)[*count - 1][0] == '\0')
        free((*lines)[--*count]);
    return ok || set_error(cli, path, &error);
}

void cli_free_lines(char **lines, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(lines[i]);
    free(lines);
}

static bool read_labels(struct cli *cli)
{
    if (!cli_read_lines(cli, cli->labels_file, &cli->labels, &cli->n_labels))
        return false;
    const struct sx_error none = {SX_USAGE, "holds no labels"};
    if (cli->n_labels == 0)
        return set_error(cli, cli->labels_file, &none);
    cli->explain.labels = cli->labels;
    cli->explain.n_labels = cli->n_labels;
    return true;
}

bool cli_fits(const char *names, size_t n, const char *things, int64_t wanted,
              struct sx_error *error)
{
    if (n == 0 || (int64_t)n == wanted)
        return true;
    error->status = SX_USAGE;
    snprintf(error->message, sizeof error->message, "%zu %s for %lld %s", n, names,
             (long long)wanted, things);
    return false;
}

/* 70 % of memory. */
static size_t memory_limit(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? (size_t)pages / 10 * 7 * (size_t)size : 0;
}

static void choose_format(struct cli *cli)
{
    if (cli->format == CLI_FORMAT_NONE)
        cli->format = cli_to_terminal(cli) ? CLI_FORMAT_TEXT : CLI_JSON;
    if ((cli->format == CLI_PNG || cli->format == CLI_NPY) && cli_to_terminal(cli))
        cli_misuse(cli, "a %s is not for a terminal; use -o FILE",
                   cli->format == CLI_PNG ? "PNG" : ".npy");
}

/* Of the model only what the explained tensor, or all outputs, need; what -i feeds is not made. */
static bool want(struct cli *cli, struct sx_error *error)
{
    const char *output = cli->explain.output, *instead_of;
    const char **fed = calloc(cli->n_sides + 1, sizeof *fed);
    for (size_t k = 0; fed != NULL && k < cli->n_sides; k++)
        fed[k] = cli->side[k].name;
    if (output == NULL && (cli->groups & CLI_EXPLAIN) != 0)
        output = sx_model_explained(cli->model, &instead_of);
    bool ok = fed != NULL && sx_model_want(cli->model, output, fed, cli->n_sides, error);
    free(fed);
    return ok;
}

static bool open_model(struct cli *cli)
{
    struct sx_error error = {0};
    const size_t parsing = (size_t)1 << 30;
    struct sx_model_options options = {.data_dir = cli->data_dir};
    options.max_memory = cli->explain.max_memory < parsing ? cli->explain.max_memory : parsing;
    cli->model = sx_model_open(cli->model_path, &options, &error);
    if (cli->model == NULL)
        return set_error(cli, NULL, &error);
    if (!want(cli, &error))
        return set_error(cli, cli->model_path, &error);
    if (!cli_limit_mapped(cli))
        return false;
    cli_note(cli, "%s: opset %lld, memory limit %zu MiB", cli->model_path,
             (long long)sx_model_opset(cli->model, NULL), cli->explain.max_memory >> 20);
    return true;
}

bool cli_open(struct cli *cli)
{
    struct sx_error error = {0};
    watch_signals();
    if (cli->threads > 0)
        omp_set_num_threads(cli->explain.threads); /* beside programs, too */
    cli->sample = cli->one_result ? -1 : 0;
    cli->started = cli_seconds();
    choose_format(cli);
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
    cli->sink = sx_sink_open(cli->output, &error);
    if (cli->sink == NULL) {
        cli->error = error; /* it names the file */
        return false;
    }
    cli->result = sx_result_new(cli->explain.precise ? SX_DOUBLE : SX_FLOAT, &cli->error);
    return cli->result != NULL;
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

/* A picture or an array of nothing is an error, not an empty file. */
static bool nothing_written(struct cli *cli)
{
    bool whole = cli->format == CLI_PNG || cli->format == CLI_NPY || cli->format == CLI_DOT;
    if (!whole || cli->wrote || (cli->status != SX_OK && cli->status != SX_FAILED))
        return false;
    const struct sx_error error = {SX_FAILED, "no sample, and so nothing is written"};
    if (cli->status == SX_OK)
        cli_complain(cli, NULL, &error);
    return true;
}

int cli_finish(struct cli *cli)
{
    struct sx_error error = {0};
    cli_samples_free(cli);
    cli_sum_up(cli);
    if (cli->error.status != SX_OK)
        cli_complain(cli, NULL, &cli->error);
    bool keep = cli->status == SX_OK || cli->status == SX_CHECK ||
                (cli->status == SX_FAILED && !cli->one_result);
    if (keep && !cli_flush_arrays(cli, &error)) {
        cli_complain(cli, cli->output, &error);
        keep = false;
    }
    keep = keep && !nothing_written(cli);
    bool reported = cli->status == SX_WRITE;
    error = (struct sx_error){0};
    if (cli->sink != NULL && !sx_sink_finish(cli->sink, keep, &error) && !reported && keep)
        cli_complain(cli, cli->output, &error);
    cli_output_free(cli);
    sx_result_free(cli->result);
    sx_model_close(cli->model);
    cli_free_lines(cli->labels, cli->n_labels);
    for (size_t i = 0; i < cli->n_sides; i++)
        free((void *)(uintptr_t)cli->side[i].name);
    free(cli->side);
    free(cli->inputs);
    end_by_signal();
    return cli->status;
}
