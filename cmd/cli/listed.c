/* listed.c - lists of names: one name a line, or JSON as tokenizers and lists of classes have it. */
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/cli.h"

/* The largest index that a name may have. */
#define MOST_NAMES 10000000

struct names {
    char **name;
    size_t n;
    struct sx_error *error;
};

static bool put(struct names *to, int64_t at, const char *name)
{
    if (at < 0 || at >= MOST_NAMES)
        return cli_error(to->error, SX_FAILED, "%lld is no index of a name", (long long)at);
    size_t n = (size_t)at < to->n ? to->n : (size_t)at + 1;
    char **all = n > to->n ? realloc(to->name, n * sizeof *all) : to->name;
    if (all == NULL)
        return cli_error(to->error, SX_MEMORY, "out of memory");
    to->name = all;
    for (; to->n < n; to->n++)
        all[to->n] = NULL;
    free(all[at]);
    all[at] = strdup(name);
    return all[at] != NULL || cli_error(to->error, SX_MEMORY, "out of memory");
}

/* The text of a name: a text, or the last text of a list, as in ["n01440764", "tench"]. */
static const char *text_of(const struct sx_datum *value)
{
    const char *text = sx_datum_text(value, NULL);
    if (value->kind == SX_LIST)
        for (const struct sx_datum *d = value->first; d != NULL; d = d->next)
            text = sx_datum_text(d, text);
    return text;
}

/* Whether each member is a name: an index by a name as in {"the": 5}, or a name by an index as in {"5":
 * "the"}. */
static bool is_table(const struct sx_datum *object, bool by_name)
{
    for (const struct sx_datum *d = object->first; d != NULL; d = d->next) {
        bool index = d->key[0] != '\0' && d->key[strspn(d->key, "0123456789")] == '\0';
        if (by_name ? d->kind != SX_INTEGER : !index || text_of(d) == NULL)
            return false;
    }
    return object->first != NULL;
}

/* The part of a file that holds the names: the value itself, or a member of a name that is usual. */
static const struct sx_datum *find_names(const struct sx_datum *value)
{
    static const char *const keys[] = {"model.vocab", "vocab",  "id2label", "words",
                                       "tokens",      "labels", "names",    "classes"};
    if (value->kind == SX_LIST)
        return value->first != NULL && text_of(value->first) != NULL ? value : NULL;
    if (value->kind != SX_OBJECT || is_table(value, true) || is_table(value, false))
        return value->kind == SX_OBJECT ? value : NULL;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const struct sx_datum *member = sx_datum_at(value, keys[i]);
        const struct sx_datum *found = member != NULL ? find_names(member) : NULL;
        if (found != NULL)
            return found;
    }
    return NULL;
}

static bool take(struct names *to, const struct sx_datum *from)
{
    int64_t at = 0;
    bool by_name = from->kind == SX_OBJECT && is_table(from, true);
    for (const struct sx_datum *d = from->first; d != NULL; d = d->next, at++) {
        const char *name = by_name ? d->key : text_of(d);
        int64_t index = by_name                   ? d->integer
                        : from->kind == SX_OBJECT ? strtoll(d->key, NULL, 10)
                                                  : at;
        if (!put(to, index, name != NULL ? name : ""))
            return false;
    }
    for (size_t i = 0; i < to->n; i++)
        if (to->name[i] == NULL && !put(to, (int64_t)i, ""))
            return false;
    return true;
}

/* The lines as one text. */
static char *joined(const struct cli *cli, char *const *line, size_t n)
{
    size_t size = 1, at = 0;
    for (size_t i = 0; i < n; i++)
        size += strlen(line[i]) + 1;
    char *text = cli_must(cli, malloc(size));
    for (size_t i = 0; i < n; i++)
        at += (size_t)snprintf(text + at, size - at, "%s\n", line[i]);
    return text;
}

/* Parses lines that begin like JSON. NULL: they are none, or there is no memory. */
static struct sx_result *parse(const struct cli *cli, char *const *line, size_t n,
                               struct sx_error *error)
{
    const char *first = n > 0 ? line[0] + strspn(line[0], " \t") : "";
    if (*first != '[' && *first != '{')
        return NULL;
    char *text = joined(cli, line, n);
    struct sx_result *read = sx_result_read(text, strlen(text), error);
    free(text);
    return read;
}

bool cli_read_names(struct cli *cli, const char *path, char ***names, size_t *n)
{
    struct sx_error error = {0};
    if (!cli_read_lines(cli, path, names, n))
        return false;
    struct sx_result *read = parse(cli, *names, *n, &error);
    if (read == NULL) /* lines, as in a vocabulary that begins with "[PAD]" */
        return error.status != SX_MEMORY || cli_fail(cli, path, &error);
    struct names to = {.error = &error};
    const struct sx_datum *found = find_names(sx_result_top(read));
    bool ok = found != NULL ? take(&to, found)
                            : cli_error(&error, SX_FAILED, "this JSON holds no list of names");
    sx_result_free(read);
    cli_free_lines(*names, *n);
    *names = to.name;
    *n = to.n;
    return ok || cli_fail(cli, path, &error);
}

/* ---- Tokens of samples ---- */

/* The tokens of a sample as a line: a text, a list of tokens joined by tabs, or a member of an object
 * that is one of these. NULL: it is nothing of that. */
static char *token_line(const struct cli *cli, const struct sx_datum *value)
{
    static const char *const keys[] = {"tokens", "words", "text"};
    for (size_t i = 0; value->kind == SX_OBJECT && i < sizeof keys / sizeof keys[0]; i++) {
        const struct sx_datum *member = sx_datum_at(value, keys[i]);
        if (member != NULL && member->kind != SX_OBJECT)
            return token_line(cli, member);
    }
    size_t size = 1, at = 0;
    if (value->kind == SX_TEXT)
        return cli_must(cli, strdup(value->text));
    if (value->kind != SX_LIST)
        return NULL;
    for (const struct sx_datum *d = value->first; d != NULL; d = d->next)
        size += d->kind == SX_TEXT ? strlen(d->text) + 1 : 0;
    char *line = cli_must(cli, calloc(size, 1));
    for (const struct sx_datum *d = value->first; d != NULL; d = d->next)
        if (d->kind == SX_TEXT)
            at += (size_t)snprintf(line + at, size - at, "%s%s", at > 0 ? "\t" : "", d->text);
    return line;
}

/* Replaces a line that is a JSON value of its own by the tokens in it. */
static void translate_line(const struct cli *cli, char **line)
{
    struct sx_error ignored = {0};
    struct sx_result *read = parse(cli, line, 1, &ignored);
    char *tokens = read != NULL ? token_line(cli, sx_result_top(read)) : NULL;
    sx_result_free(read);
    if (tokens == NULL)
        return;
    free(*line);
    *line = tokens;
}

/* Adds the tokens of each item of a list. */
static bool take_samples(const struct cli *cli, struct names *to, const struct sx_datum *list)
{
    for (const struct sx_datum *d = list->first; d != NULL; d = d->next) {
        char *line = token_line(cli, d);
        bool ok = line != NULL
                      ? put(to, (int64_t)to->n, line)
                      : cli_error(to->error, SX_FAILED, "sample %zu has no tokens", to->n);
        free(line);
        if (!ok)
            return false;
    }
    return true;
}

bool cli_read_tokens(struct cli *cli, const char *path, char ***lines, size_t *n)
{
    struct sx_error error = {0};
    if (!cli_read_lines(cli, path, lines, n))
        return false;
    struct sx_result *read = parse(cli, *lines, *n, &error);
    if (read != NULL && sx_result_top(read)->kind == SX_LIST) {
        struct names to = {.error = &error};
        take_samples(cli, &to, sx_result_top(read));
        cli_free_lines(*lines, *n);
        *lines = to.name;
        *n = to.n;
    } else {
        error = (struct sx_error){.status = error.status == SX_MEMORY ? SX_MEMORY : SX_OK};
        for (size_t i = 0; i < *n; i++)
            translate_line(cli, &(*lines)[i]);
    }
    sx_result_free(read);
    return error.status == SX_OK || cli_fail(cli, path, &error);
}
