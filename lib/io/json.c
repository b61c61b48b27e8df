/* json.c - parses JSON, and checks that nothing follows it. */
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "io/io.h"

/* The deepest nesting of a document. */
#define MAX_DEPTH 64

/* Whether nesting is within the limit. cJSON recurses once per level. */
static bool shallow(const char *bytes, size_t size)
{
    size_t depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < size && depth <= MAX_DEPTH; i++) {
        if (quoted && bytes[i] == '\\')
            i++;
        else if (bytes[i] == '"')
            quoted = !quoted;
        else if (!quoted && (bytes[i] == '{' || bytes[i] == '['))
            depth++;
        else if (!quoted && (bytes[i] == '}' || bytes[i] == ']'))
            depth -= depth > 0;
    }
    return depth <= MAX_DEPTH;
}

/* Whether memory holds the values of this text and their strings. cJSON fails alike where it does
 * not, and where the text is wrong. */
static bool has_room(const char *bytes, size_t size, struct sx_error *error)
{
    size_t values = 1;
    for (size_t i = 0; i < size; i++)
        values += bytes[i] == ',' || bytes[i] == '[' || bytes[i] == '{';
    size_t strings = size / sizeof(cJSON) + 1;
    void *room = sx_new_aligned(values + strings, sizeof(cJSON), error);
    free(room);
    return room != NULL;
}

struct cJSON *sx_json_parse(const char *bytes, size_t size, struct sx_error *error)
{
    const char *end = NULL;
    if (!shallow(bytes, size)) {
        sx_fail(error, SX_FAILED, "JSON is nested deeper than %d", MAX_DEPTH);
        return NULL;
    }
    cJSON *root = NULL;
    for (int tries = 0; tries < 2 && root == NULL && size > 0; tries++)
        root = cJSON_ParseWithLengthOpts(bytes, size, &end, false);
    if (root == NULL) {
        size_t at = end != NULL ? (size_t)(end - bytes) : 0;
        if (has_room(bytes, at, error))
            sx_fail(error, SX_FAILED, "byte %zu: not JSON", at);
        return NULL;
    }
    while (end < bytes + size && *end != '\0' && strchr(" \t\r\n", *end) != NULL)
        end++;
    if (end < bytes + size) {
        sx_fail(error, SX_FAILED, "byte %zu: text after the JSON value", (size_t)(end - bytes));
        cJSON_Delete(root);
        return NULL;
    }
    return root;
}
