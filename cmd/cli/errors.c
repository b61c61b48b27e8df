/* errors.c - errors that end a run: misuse of the command line, lack of memory, a failure at a
 * place. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/inner.h"

void cli_misuse(const struct cli *cli, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sx_make_plain(text, "");
    fprintf(stderr, "%s: %s\nTry '%s --help'\n", cli->tool, text, cli->tool);
    exit(SX_USAGE);
}

void cli_printed(const struct cli *cli)
{
    if (fflush(stdout) == 0)
        exit(SX_OK);
    if (errno != EPIPE)
        fprintf(stderr, "%s: standard output: %s\n", cli->tool, strerror(errno));
    exit(SX_WRITE);
}

void *cli_must(const struct cli *cli, void *p)
{
    if (p != NULL)
        return p;
    fprintf(stderr, "%s: out of memory\n", cli->tool);
    exit(SX_MEMORY);
}

bool cli_error(struct sx_error *error, enum sx_status status, const char *format, ...)
{
    struct sx_error made = {.status = status};
    va_list args;
    va_start(args, format);
    vsnprintf(made.message, sizeof made.message, format, args);
    va_end(args);
    *error = made;
    return false;
}

void cli_join(struct sx_error *error, const char *place, const char *why)
{
    const size_t m = strlen(place), n = strlen(why);
    if (m + n < sizeof error->message) {
        memcpy(error->message, place, m);
        memcpy(error->message + m, why, n + 1);
    } else if (n <= 200) {
        snprintf(error->message, sizeof error->message, "%.80s%.200s", place, why);
    } else { /* the reason is at the end of the text */
        snprintf(error->message, sizeof error->message, "%.80s%.96s...%s", place, why,
                 why + n - 100);
    }
    sx_make_plain(error->message, "");
}

bool cli_fail(struct cli *cli, const char *place, const struct sx_error *why)
{
    char before[90] = "";
    if (place != NULL)
        snprintf(before, sizeof before, "%.80s: ", place);
    cli->error.status = why->status;
    cli->error.want = why->want;
    cli_join(&cli->error, before, why->message);
    return false;
}

bool cli_place(struct cli *cli, const char *file)
{
    const struct sx_error why = cli->error;
    const size_t n = strlen(file);
    const bool named = strncmp(why.message, file, n) == 0 && why.message[n] == ':';
    return !named && cli_fail(cli, file, &why);
}
