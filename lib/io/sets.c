/* sets.c - reads lists of sets of features, as JSON or one per line. */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "io/io.h"

/* The most bytes of a list of sets. */
#define MOST_BYTES ((size_t)64 << 20)

/* Sets under construction. */
struct making {
    struct sx_sets *sets;
    size_t set_room, member_room;
};

static bool add_member(struct making *m, int64_t member, struct sx_error *error)
{
    struct sx_sets *s = m->sets;
    int64_t n = s->begin[s->n];
    void *items = s->member;
    if (!sx_grow(&items, &m->member_room, (size_t)n + 1, sizeof *s->member, error))
        return false;
    s->member = items;
    int64_t at = n;
    while (at > s->begin[s->n - 1] && s->member[at - 1] > member)
        at--;
    if (at > s->begin[s->n - 1] && s->member[at - 1] == member)
        return sx_fail(error, SX_FAILED, "set %lld names feature %lld twice", (long long)s->n,
                       (long long)member);
    memmove(s->member + at + 1, s->member + at, (size_t)(n - at) * sizeof *s->member);
    s->member[at] = member;
    s->begin[s->n]++;
    return true;
}

static bool begin_set(struct making *m, struct sx_error *error)
{
    struct sx_sets *s = m->sets;
    void *items = s->begin;
    if (!sx_grow(&items, &m->set_room, (size_t)s->n + 2, sizeof *s->begin, error))
        return false;
    s->begin = items;
    s->begin[s->n + 1] = s->begin[s->n];
    s->n++;
    return true;
}

static bool take_array(struct making *m, const cJSON *list, struct sx_error *error)
{
    const cJSON *set, *member;
    cJSON_ArrayForEach(set, list)
    {
        if (!cJSON_IsArray(set))
            return sx_fail(error, SX_FAILED, "set %lld is no array", (long long)m->sets->n + 1);
        if (!begin_set(m, error))
            return false;
        cJSON_ArrayForEach(member, set)
        {
            double v = cJSON_IsNumber(member) ? member->valuedouble : -1;
            if (!(v >= 0 && v < 1e9) || v != (double)(int64_t)v)
                return sx_fail(error, SX_FAILED, "set %lld: features are integers from 0",
                               (long long)m->sets->n);
            if (!add_member(m, (int64_t)v, error))
                return false;
        }
    }
    return true;
}

static bool take_json(struct making *m, const char *text, size_t n, struct sx_error *error)
{
    cJSON *root = sx_json_parse(text, n, error);
    if (root == NULL)
        return false;
    const cJSON *list = root;
    if (cJSON_IsObject(root))
        list = cJSON_GetObjectItemCaseSensitive(root, "interactions");
    bool ok = cJSON_IsArray(list) ? take_array(m, list, error)
                                  : sx_fail(error, SX_FAILED,
                                            "neither an array of sets nor an object with "
                                            "\"interactions\"");
    cJSON_Delete(root);
    return ok;
}

/* Takes the numbers of one line; blank lines and those that begin with # do not count. */
static bool take_line(struct making *m, const char *text, size_t n, struct sx_error *error)
{
    size_t i = 0;
    bool begun = false;
    while (i < n) {
        size_t digits = 0;
        int64_t value = 0;
        if (strchr(" ,;\t\r", text[i]) != NULL && text[i] != '\0') {
            i++;
            continue;
        }
        if (text[i] == '#')
            return true;
        for (; i < n && text[i] >= '0' && text[i] <= '9' && digits < 10; i++, digits++)
            value = 10 * value + (text[i] - '0');
        if (digits == 0 || digits > 9)
            return sx_fail(error, SX_FAILED, "set %lld: features are integers from 0",
                           (long long)m->sets->n + !begun);
        if (!begun && !begin_set(m, error))
            return false;
        begun = true;
        if (!add_member(m, value, error))
            return false;
    }
    return true;
}

static bool take_text(struct making *m, const char *text, size_t n, struct sx_error *error)
{
    for (size_t at = 0; at < n;) {
        const char *end = memchr(text + at, '\n', n - at);
        size_t length = end != NULL ? (size_t)(end - text) - at : n - at;
        if (!take_line(m, text + at, length, error))
            return false;
        at += length + 1;
    }
    return true;
}

bool sx_sets_read(struct sx_sets *sets, const char *path, struct sx_error *error)
{
    struct sx_file file;
    struct making m = {.sets = sets};
    *sets = (struct sx_sets){0};
    bool ok = sx_file_open(&file, path, MOST_BYTES, error);
    if (ok) {
        const char *text = (const char *)file.bytes;
        size_t first = 0;
        while (first < file.size && text[first] != '\0' && strchr(" \t\r\n", text[first]))
            first++;
        bool json = first < file.size && (text[first] == '[' || text[first] == '{');
        void *begin = NULL;
        ok = sx_grow(&begin, &m.set_room, 1, sizeof *sets->begin, error);
        sets->begin = begin;
        if (ok)
            sets->begin[0] = 0;
        ok = ok && (json ? take_json(&m, text, file.size, error)
                         : take_text(&m, text, file.size, error));
    }
    sx_file_close(&file);
    if (ok)
        return true;
    sx_sets_free(sets);
    return sx_fail_at(error, "%.80s", path);
}

void sx_sets_free(struct sx_sets *sets)
{
    free(sets->begin);
    free(sets->member);
    *sets = (struct sx_sets){0};
}
