/* report.c - messages on standard error: failures, warnings, notes, progress. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cli/inner.h"

/* The number of failed samples that are reported in lines of their own. Further ones are only
 * counted. */
#define SHOWN_FAILURES 10

/* Prints a message as one line without control characters, because file names may hold anything. */
static void print_plain(const char *text)
{
    char copy[4096];
    snprintf(copy, sizeof copy, "%s", text);
    sx_make_plain(copy, "");
    fputs(copy, stderr);
}

double cli_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Removes a line of progress from the terminal before another line is written. */
static void clear_line(struct cli *cli)
{
    if (cli->line_shown)
        fputs("\r\033[K", stderr);
    cli->line_shown = false;
}

bool cli_to_terminal(const struct cli *cli)
{
    return cli->output == NULL && isatty(STDOUT_FILENO);
}

static bool is_dumb(void)
{
    const char *term = getenv("TERM");
    return term == NULL || *term == '\0' || strcmp(term, "dumb") == 0;
}

bool cli_colour(const struct cli *cli)
{
    const char *no = getenv("NO_COLOR");
    bool automatic = cli_to_terminal(cli) && (no == NULL || *no == '\0') && !is_dumb();
    return cli->colour == CLI_ALWAYS || (cli->colour == CLI_AUTO && automatic);
}

bool cli_shows_progress(const struct cli *cli)
{
    return !cli->quiet && isatty(STDERR_FILENO) && !is_dumb();
}

void cli_progress(struct cli *cli, const char *format, ...)
{
    va_list args;
    if (!cli_shows_progress(cli))
        return;
    va_start(args, format);
    fputs("\r\033[K", stderr);
    char text[400];
    vsnprintf(text, sizeof text, format, args);
    print_plain(text);
    fflush(stderr);
    va_end(args);
    cli->line_shown = true;
}

__attribute__((format(printf, 2, 0))) static void say(struct cli *cli, const char *format,
                                                      va_list args)
{
    char text[4096];
    vsnprintf(text, sizeof text, format, args);
    clear_line(cli);
    fprintf(stderr, "%s: ", cli->tool);
    print_plain(text);
    fprintf(stderr, "\n");
}

void cli_note(struct cli *cli, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (cli->verbose)
        say(cli, format, args);
    va_end(args);
}

void cli_say(struct cli *cli, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (!cli->quiet)
        say(cli, format, args);
    va_end(args);
}

/* Keeps the worst status so far. A failed sample is the least of failures. */
static void raise_status(struct cli *cli, int status)
{
    if (cli->status == SX_OK || cli->status == SX_FAILED)
        cli->status = status;
}

void cli_complain(struct cli *cli, const char *place, const struct sx_error *error)
{
    raise_status(cli, (int)error->status);
    if (cli_reader_gone())
        return;
    clear_line(cli);
    fprintf(stderr, "%s: ", cli->tool);
    print_plain(place != NULL ? place : "");
    fputs(place != NULL ? ": " : "", stderr);
    print_plain(error->message);
    if (cli->limited && error->status == SX_MEMORY && error->want != SX_OVER_LIMIT)
        fprintf(stderr, " (--max-mem leaves %zu MiB)", cli->explain.max_memory >> 20);
    fputc('\n', stderr);
}

void cli_complain_sample(struct cli *cli, const char *place, const struct sx_error *error)
{
    if (cli->failed++ < SHOWN_FAILURES)
        cli_complain(cli, place, error);
    else
        raise_status(cli, (int)error->status);
}

/* The kind that a warning's text belongs to; a new kind if there is none. */
static struct cli_warning *kind_of(struct cli *cli, const char *text)
{
    for (size_t i = 0; i < cli->n_warnings; i++)
        if (strcmp(cli->warning[i].text, text) == 0)
            return &cli->warning[i];
    struct cli_warning *more =
        cli_must(cli, realloc(cli->warning, (cli->n_warnings + 1) * sizeof *more));
    cli->warning = more;
    more[cli->n_warnings] =
        (struct cli_warning){.text = cli_must(cli, strdup(text)), .last = -1};
    return &more[cli->n_warnings++];
}

void cli_warn(struct cli *cli, int64_t count, const char *text)
{
    if (cli->probing)
        return;
    struct cli_warning *kind = kind_of(cli, text);
    char said[400];
    kind->count += count;
    kind->samples += cli->sample >= 0 && kind->last != cli->sample;
    kind->last = cli->sample;
    if (count > 0)
        snprintf(said, sizeof said, "%lld %s", (long long)count, text);
    else
        snprintf(said, sizeof said, "%s", text);
    cli->said = cli_must(cli, realloc(cli->said, (cli->n_said + 1) * sizeof *cli->said));
    cli->said[cli->n_said++] = cli_must(cli, strdup(said));
}

void cli_forget_warnings(struct cli *cli)
{
    cli_free_lines(cli->said, cli->n_said);
    cli->said = NULL;
    cli->n_said = 0;
}

const char *cli_missing(int64_t n, char text[80])
{
    snprintf(text, 80, "%lld missing cell%s NaN", (long long)n, n == 1 ? " is" : "s are");
    return n > 0 ? text : NULL;
}

static void print_warnings_of_model(const struct cli *cli)
{
    const char *warning;
    for (int i = 0; cli->model != NULL && (warning = sx_model_warning(cli->model, i)) != NULL;
         i++) {
        fprintf(stderr, "%s: warning: ", cli->tool);
        print_plain(cli->model_path);
        fputs(": ", stderr);
        print_plain(warning);
        fputc('\n', stderr);
    }
}

void cli_sum_up(struct cli *cli)
{
    cli_forget_warnings(cli);
    clear_line(cli);
    bool silent = cli_reader_gone();
    if (!silent && !cli->quiet) {
        print_warnings_of_model(cli);
        if (cli_missing(cli->missing, cli->missing_text) != NULL)
            fprintf(stderr, "%s: warning: %s\n", cli->tool, cli->missing_text);
        if (cli->assumed[0] != '\0')
            fprintf(stderr, "%s: warning: %s\n", cli->tool, cli->assumed);
    }
    for (size_t i = 0; i < cli->n_warnings; i++) {
        const struct cli_warning *w = &cli->warning[i];
        if (!silent && !cli->quiet) {
            fprintf(stderr, "%s: warning: ", cli->tool);
            if (w->count > 0)
                fprintf(stderr, "%lld ", (long long)w->count);
            print_plain(w->text);
            if (w->samples > 0)
                fprintf(stderr, " (%lld sample%s)", (long long)w->samples,
                        w->samples == 1 ? "" : "s");
            fputc('\n', stderr);
        }
        free(w->text);
    }
    free(cli->warning);
    if (!silent && cli->failed > SHOWN_FAILURES)
        fprintf(stderr, "%s: %lld samples failed; the first %d are named above\n", cli->tool,
                (long long)cli->failed, SHOWN_FAILURES);
}
