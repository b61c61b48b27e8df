/* scores.c - scores for players from elsewhere: arrays, or the records of any program. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "io/io.h"
#include "explain/players.h"
#include "sextant/decompose.h"

/* Reads one number per player, or per element of x, which are summed by player. */
static bool take(const double *values, int64_t n, const struct sx_players *players,
                 double *scores, struct sx_error *error)
{
    int64_t size = sx_count(&players->shape);
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(values[i]))
            return sx_fail(error, SX_FAILED, "score %lld is no finite number", (long long)i);
    if (n == players->count) {
        memcpy(scores, values, (size_t)n * sizeof *scores);
        return true;
    }
    if (n != size)
        return sx_fail(error, SX_FAILED, "%lld scores for %lld players, or %lld elements",
                       (long long)n, (long long)players->count, (long long)size);
    memset(scores, 0, (size_t)players->count * sizeof *scores);
    for (int64_t i = 0; i < n; i++)
        if (players->label[i] >= 0)
            scores[players->label[i]] += values[i];
    return true;
}

static bool take_array(const cJSON *array, const struct sx_players *players, double *scores,
                       struct sx_error *error)
{
    int64_t n = cJSON_GetArraySize(array), at = 0;
    const cJSON *item = NULL;
    double *values = sx_new((size_t)n, sizeof *values, error);
    bool ok = values != NULL;
    cJSON_ArrayForEach(item, array) if (ok)
    {
        values[at++] = cJSON_IsNumber(item) ? item->valuedouble : NAN;
    }
    ok = ok && take(values, n, players, scores, error);
    free(values);
    return ok;
}

/* The scores in a record. They are its "attribution", or that of the method called `name`
 * (NULL: the first) among its "methods". An attribution is an array, or an object with
 * "values". */
static const cJSON *scores_of(const cJSON *record, const char *name)
{
    const cJSON *at = cJSON_GetObjectItemCaseSensitive(record, "attribution"), *method = NULL;
    const cJSON *methods = cJSON_GetObjectItemCaseSensitive(record, "methods");
    cJSON_ArrayForEach(method, methods)
    {
        const cJSON *own = cJSON_GetObjectItemCaseSensitive(method, "name");
        if (at == NULL &&
            (name == NULL || (cJSON_IsString(own) && strcmp(own->valuestring, name) == 0)))
            at = cJSON_GetObjectItemCaseSensitive(method, "attribution");
    }
    if (cJSON_IsObject(at))
        at = cJSON_GetObjectItemCaseSensitive(at, "values");
    return cJSON_IsArray(at) ? at : NULL;
}

static bool is_of_sample(const cJSON *record, int64_t index, const char *name)
{
    const cJSON *at = cJSON_GetObjectItemCaseSensitive(record, "index");
    const cJSON *method = cJSON_GetObjectItemCaseSensitive(record, "method");
    if (name != NULL && cJSON_IsString(method) && strcmp(method->valuestring, name) != 0)
        return false;
    return at == NULL || (cJSON_IsNumber(at) && at->valuedouble == (double)index);
}

/* Reads the first line that is a record of the sample. */
static bool take_records(const struct sx_file *file, const char *name, int64_t index,
                         const struct sx_players *players, double *scores,
                         struct sx_error *error)
{
    const char *text = (const char *)file->bytes;
    for (size_t at = 0, line = 1; at < file->size; line++) {
        const char *end = memchr(text + at, '\n', file->size - at);
        size_t length = end != NULL ? (size_t)(end - text) - at : file->size - at;
        cJSON *record = length > 0 ? sx_json_parse(text + at, length, error) : NULL;
        if (record == NULL && length > 0)
            return sx_fail_at(error, "line %zu", line);
        const cJSON *array = record != NULL && is_of_sample(record, index, name)
                                 ? scores_of(record, name)
                                 : NULL;
        bool found = array != NULL, ok = found && take_array(array, players, scores, error);
        cJSON_Delete(record);
        if (found)
            return ok;
        at += length + 1;
    }
    return sx_fail(error, SX_FAILED, "no scores%s%.40s for sample %lld",
                   name != NULL ? " of " : "", name != NULL ? name : "", (long long)index);
}

/* Reads the scores of one sample, or of the sample with this index along the first axis. */
static bool take_tensor(const struct sx_tensor *t, int64_t index,
                        const struct sx_players *players, double *scores,
                        struct sx_error *error)
{
    int64_t all = sx_count(&t->shape), first = t->shape.rank > 0 ? t->shape.dim[0] : 1;
    int64_t n = all, size = sx_count(&players->shape), from = 0;
    if (first > 0 && all != players->count && all != size) {
        n = all / first;
        from = index * n;
        if (index >= first)
            return sx_fail(error, SX_FAILED, "no scores for sample %lld", (long long)index);
    }
    double *values = sx_new((size_t)n, sizeof *values, error);
    for (int64_t i = 0; values != NULL && i < n; i++)
        values[i] = sx_tensor_get(t, from + i);
    bool ok = values != NULL && take(values, n, players, scores, error);
    free(values);
    return ok;
}

enum { MOST_BYTES = 1 << 28 };

bool sx_scores_read(const char *path, const char *name, int64_t index,
                    const struct sx_players *players, double *scores, struct sx_error *error)
{
    struct sx_file file;
    struct sx_tensor t = {0};
    bool ok = sx_file_open(&file, path, MOST_BYTES, error);
    bool records = ok && file.size > 0 && file.bytes[0] == '{';
    if (records)
        ok = take_records(&file, name, index, players, scores, error);
    sx_file_close(&file);
    if (ok && !records)
        ok = sx_tensor_read(&t, path, NULL, error) &&
             take_tensor(&t, index, players, scores, error);
    sx_tensor_free(&t);
    return ok || sx_fail_at(error, "%.80s", path);
}
