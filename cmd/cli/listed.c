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

bool cli_read_names(struct cli *cli, const char *path, char ***names, size_t *n)
{
    struct sx_error error = {0};
    if (!cli_read_lines(cli, path, names, n))
        return false;
    const char *first = *n > 0 ? (*names)[0] + strspn((*names)[0], " \t") : "";
    if (*first != '[' && *first != '{')
        return true;
    char *text = joined(cli, *names, *n);
    struct sx_result *read = sx_result_read(text, strlen(text), &error);
    free(text);
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
