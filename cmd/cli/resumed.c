/* resumed.c - reads what an earlier run left in FILE: which samples are done, and which lines are
 * complete. */
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/resume.h"

/* Reads the key of a record. A record of this tool begins {"tool":"T",..."id":"...","index":N. */
static bool json_key(const struct cli *cli, const char *line, uint64_t *key, bool *failed)
{
    char begin[64];
    struct sx_error ignored = {0};
    snprintf(begin, sizeof begin, "{\"tool\":\"%s\",", cli->tool);
    const char *id =
        strncmp(line, begin, strlen(begin)) == 0 ? strstr(line, "\"id\":\"") : NULL;
    const char *end = id != NULL ? id + 6 : NULL;
    while (end != NULL && *end != '\0' && *end != '"')
        end += end[0] == '\\' && end[1] != '\0' ? 2 : 1;
    if (end == NULL || strncmp(end, "\",\"index\":", 10) != 0)
        return false;
    size_t n = (size_t)(end - id) + 10 + strspn(end + 10, "0123456789");
    char *text = NULL;
    if (asprintf(&text, "{%.*s}", (int)n, id) < 0)
        cli_must(cli, NULL);
    struct sx_result *r = sx_result_read(text, n + 2, &ignored);
    free(text);
    const struct sx_datum *top = r != NULL ? sx_result_top(r) : NULL;
    if (top != NULL)
        *key = cli_key(sx_datum_text(sx_datum_at(top, "id"), ""),
                       (int64_t)sx_datum_number(sx_datum_at(top, "index"), -1));
    *failed = strncmp(id + n, ",\"error\":", 9) == 0;
    sx_result_free(r);
    return top != NULL;
}

/* Takes the first cell of a line, quoted or not, and removes its quotes. *line becomes NULL at the end. */
static char *take_cell(char **line, char separator)
{
    char *cell = *line, *to = cell, *from = cell;
    bool quoted = *from == '"';
    from += quoted;
    for (; *from != '\0' && (quoted || *from != separator); from++) {
        if (quoted && from[0] == '"' && from[1] != '"')
            quoted = false;
        else
            *to++ = *from;
        from += from[0] == '"' && from[1] == '"' && quoted;
    }
    *line = *from != '\0' ? from + 1 : NULL;
    *to = '\0';
    return cell;
}

static bool table_key(const struct cli *cli, char *line, uint64_t *key)
{
    char separator = cli->format == CLI_CSV ? ',' : '\t', *end;
    const char *id = take_cell(&line, separator);
    const char *index = line != NULL ? take_cell(&line, separator) : "";
    long long n = strtoll(index, &end, 10);
    *key = cli_key(id, n);
    return *index != '\0' && *end == '\0';
}

/* Whether a quoted cell continues in the next line. */
static bool is_open(const char *line)
{
    bool open = false;
    for (; *line != '\0'; line++)
        open = open != (*line == '"');
    return open;
}

/* Reads the next line with its newline; for a table, all lines of a row. */
static ssize_t read_line(const struct cli *cli, FILE *f, char **line, size_t *room)
{
    ssize_t n = cli_get_line(cli, line, room, '\n', f);
    char *more = NULL;
    size_t more_room = 0;
    while (cli->resumed->table && n > 0 && is_open(*line)) {
        ssize_t m = cli_get_line(cli, &more, &more_room, '\n', f);
        if (m <= 0)
            break;
        *line = cli_must(cli, realloc(*line, (size_t)(n + m) + 1));
        *room = (size_t)(n + m) + 1;
        memcpy(*line + n, more, (size_t)m + 1);
        n += m;
    }
    free(more);
    return n;
}

bool cli_resume_refuse(struct cli *cli, const char *reason)
{
    struct sx_error error = {.status = SX_USAGE};
    snprintf(error.message, sizeof error.message, "%s; without --resume it is written anew",
             reason);
    return cli_fail(cli, cli->output, &error);
}

/* Notes a complete line, without its newline, that begins at byte `at`. */
static bool take_line(struct cli *cli, char *line, int64_t at)
{
    struct cli_resumed *r = cli->resumed;
    uint64_t key = 0;
    bool failed = false, header = r->table && r->lines == 0;
    if (r->first == NULL && (header || !r->table))
        r->first = cli_must(cli, strdup(line));
    r->lines++;
    if (header)
        return true;
    if (r->table ? !table_key(cli, line, &key) : !json_key(cli, line, &key, &failed)) {
        char reason[80];
        snprintf(reason, sizeof reason, "line %lld is no record of this run",
                 (long long)r->lines);
        return cli_resume_refuse(cli, reason);
    }
    if (failed && r->first_key == 0) {
        free(r->first);
        r->first = NULL;
    } else if (r->first_key == 0) {
        r->first_key = key;
    }
    if (key != r->last_key || r->last_lines == 0) {
        r->last_key = key;
        r->last_lines = 0;
        r->last_begin = at;
    }
    r->last_lines += failed ? (cli->n_methods > 0 ? cli->n_methods : 1) : 1;
    cli_keys_add(cli, &cli->done_keys, key);
    return true;
}

/* Cuts off the lines of the last sample, if they may be incomplete: rows of a table, or fewer
 * records than there are methods. */
static void cut_last(struct cli *cli)
{
    struct cli_resumed *r = cli->resumed;
    bool part = r->table || r->last_lines < cli->n_methods;
    if (r->last_lines == 0 || !part)
        return;
    r->keep = r->last_begin;
    cli_keys_drop(&cli->done_keys, r->last_key);
}

bool cli_resume_look(struct cli *cli, FILE *f)
{
    struct cli_resumed *r = cli->resumed;
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    bool ok = true;
    while (ok && (n = read_line(cli, f, &line, &room)) > 0 && line[n - 1] == '\n') {
        line[n - 1] = '\0';
        ok = take_line(cli, line, r->keep);
        r->keep += n;
    }
    free(line);
    if (ok)
        cut_last(cli);
    return ok;
}
