/* parsed.c - common options whose arguments have a form of their own. */
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/inner.h"

static bool no_memory(struct sx_error *error)
{
    return cli_error(error, SX_MEMORY, "out of memory");
}

static bool refuse(const struct sx_option *row, const char *text, struct sx_error *error)
{
    return cli_error(error, SX_USAGE, "'%.80s' does not fit option --%s: %s", text, row->name,
                     row->argument);
}

bool cli_parse_side(const struct sx_option *row, void *options, const char *text,
                    struct sx_error *error)
{
    struct cli *cli = options;
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text || equals[1] == '\0')
        return refuse(row, text, error);
    struct cli_side *more = realloc(cli->side, (cli->n_sides + 1) * sizeof *more);
    if (more == NULL)
        return no_memory(error);
    cli->side = more;
    more[cli->n_sides].name = strndup(text, (size_t)(equals - text));
    more[cli->n_sides].file = equals + 1;
    return more[cli->n_sides++].name != NULL || no_memory(error);
}

static bool read_row(const char *text, size_t n, int64_t *row)
{
    if (n == 0 || n > 18 || strspn(text, "0123456789") < n)
        return false;
    *row = strtoll(text, NULL, 10);
    return true;
}

bool cli_parse_rows(const struct sx_option *row, void *options, const char *text,
                    struct sx_error *error)
{
    struct cli *cli = options;
    const char *colon = strchr(text, ':');
    if (colon == NULL)
        return refuse(row, text, error);
    size_t before = (size_t)(colon - text), after = strlen(colon + 1);
    cli->row_begin = 0;
    cli->row_end = -1;
    return ((before == 0 || read_row(text, before, &cli->row_begin)) &&
            (after == 0 || read_row(colon + 1, after, &cli->row_end)) &&
            (cli->row_end < 0 || cli->row_begin <= cli->row_end)) ||
           refuse(row, text, error);
}

bool cli_parse_shard(const struct sx_option *row, void *options, const char *text,
                     struct sx_error *error)
{
    struct cli *cli = options;
    const char *slash = strchr(text, '/');
    return (slash != NULL && read_row(text, (size_t)(slash - text), &cli->shard) &&
            read_row(slash + 1, strlen(slash + 1), &cli->shards) && cli->shard < cli->shards) ||
           refuse(row, text, error);
}

bool cli_parse_ids(const struct sx_option *row, void *options, const char *text,
                   struct sx_error *error)
{
    struct cli *cli = options;
    size_t n = 1;
    for (const char *c = text; *c != '\0'; c++)
        n += *c == ',';
    free(cli->keep);
    cli->keep = calloc(n, sizeof *cli->keep);
    if (cli->keep == NULL)
        return no_memory(error);
    cli->explain.keep = cli->keep;
    cli->explain.n_keep = strcmp(text, "none") == 0 ? 0 : n;
    if (cli->explain.n_keep == 0)
        return true;
    for (size_t i = 0; i < n; i++) {
        size_t digits = strcspn(text, ",");
        if (!read_row(text, digits, &cli->keep[i]))
            return refuse(row, text, error);
        text += digits + 1;
    }
    return true;
}

static const char *const formats[] = {"",    "text", "json", "png", "npy", "dot",
                                      "csv", "tsv",  "svg",  "pdf", "html"};

const char *cli_format_name(int format)
{
    return formats[format];
}

const char *cli_formats(struct cli *cli)
{
    size_t at = 0, size = sizeof cli->formats_said;
    for (int i = CLI_FORMAT_TEXT; i <= CLI_HTML; i++)
        if ((cli->formats & 1u << i) != 0)
            at += (size_t)snprintf(cli->formats_said + at, size - at, "%s%s", at > 0 ? "|" : "",
                                   formats[i]);
    return cli->formats_said;
}

bool cli_parse_format(const struct sx_option *row, void *options, const char *text,
                      struct sx_error *error)
{
    struct cli *cli = options;
    for (int i = CLI_FORMAT_TEXT; i <= CLI_HTML; i++)
        if (strcmp(text, formats[i]) == 0 && (cli->formats & 1u << i) != 0) {
            cli->format = i;
            return true;
        }
    return refuse(row, text, error);
}
