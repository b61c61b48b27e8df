/* run.c - what happens around the samples: opening, complaints, notes, the exit status. */
#include <signal.h>
#include <stdarg.h>
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

void cli_note(const struct cli *cli, const char *format, ...)
{
    if (!cli->verbose)
        return;
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s: ", cli->tool);
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
}

/* The worst status so far is kept: a failed sample counts least. */
static void raise_status(struct cli *cli, int status)
{
    if (cli->status == SX_OK || cli->status == SX_FAILED)
        cli->status = status;
}

/* A file's name may hold anything; the message is one line all the same. */
static void print_plain(const char *text)
{
    for (; *text != '\0'; text++)
        fputc((unsigned char)*text < ' ' ? '?' : *text, stderr);
}

void cli_complain(struct cli *cli, const char *place, const struct sx_error *error)
{
    raise_status(cli, (int)error->status);
    fprintf(stderr, "%s: ", cli->tool);
    print_plain(place != NULL ? place : "");
    fputs(place != NULL ? ": " : "", stderr);
    print_plain(error->message);
    fputc('\n', stderr);
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
    cli_note(cli, "%s: opset %lld, memory limit %zu MiB", cli->model_path,
             (long long)sx_model_opset(cli->model, NULL), cli->explain.max_memory >> 20);
    return true;
}

bool cli_open(struct cli *cli)
{
    struct sx_error error = {0};
    /* Writing fails instead of ending the process. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    cli->started = cli_seconds();
    choose_format(cli);
    if (cli->explain.max_memory == 0)
        cli->explain.max_memory = memory_limit();
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
    cli->json = (struct sx_json){.sink = cli->sink,
                                 .precision = cli->explain.precise ? SX_DOUBLE : SX_FLOAT};
    return true;
}

static void print_warnings(const struct cli *cli)
{
    const char *warning;
    for (int i = 0; cli->model != NULL && !cli->quiet &&
                    (warning = sx_model_warning(cli->model, i)) != NULL;
         i++) {
        fprintf(stderr, "%s: %s: ", cli->tool, cli->model_path);
        print_plain(warning);
        fputc('\n', stderr);
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
    print_warnings(cli);
    if (cli->error.status != SX_OK)
        cli_complain(cli, NULL, &cli->error);
    bool keep = cli->status == SX_OK || cli->status == SX_CHECK ||
                (cli->status == SX_FAILED && !cli->one_result);
    if (keep && !cli_flush_arrays(cli, &error)) {
        cli_complain(cli, cli->output, &error);
        keep = false;
    }
    if (cli_missing(cli->missing, cli->missing_text) != NULL && !cli->quiet)
        fprintf(stderr, "%s: %s\n", cli->tool, cli->missing_text);
    keep = keep && !nothing_written(cli);
    bool reported = cli->status == SX_WRITE;
    error = (struct sx_error){0};
    if (cli->sink != NULL && !sx_sink_finish(cli->sink, keep, &error) && !reported && keep)
        cli_complain(cli, cli->output, &error);
    cli_samples_free(cli);
    cli_output_free(cli);
    sx_model_close(cli->model);
    cli_free_lines(cli->labels, cli->n_labels);
    for (size_t i = 0; i < cli->n_sides; i++)
        free((void *)(uintptr_t)cli->side[i].name);
    free(cli->side);
    free(cli->inputs);
    return cli->status;
}
