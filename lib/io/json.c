/* json.c - JSON written as a stream, and parsed with its ends checked. */
#include <string.h>

#include <cjson/cJSON.h>

#include "io/io.h"

/* A document nested deeper than this is no record. */
#define MAX_DEPTH 64

static void put(struct sx_json *json, const char *text, size_t n)
{
    sx_sink_write(json->sink, text, n);
}

/* The length of the well-formed UTF-8 character at `s`, 0 if there is none. */
static size_t utf8(const unsigned char *s)
{
    static const unsigned char low[] = {0x80, 0xa0, 0x90}, high[] = {0xbf, 0x9f, 0x8f};
    if (s[0] < 0x80)
        return 1;
    size_t n = s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
    if (n == 0)
        return 0;
    /* Overlong forms, surrogates and what is past U+10FFFF show in the second byte. */
    unsigned char from = s[0] == 0xe0 ? low[1] : s[0] == 0xf0 ? low[2] : low[0];
    unsigned char to = s[0] == 0xed ? high[1] : s[0] == 0xf4 ? high[2] : high[0];
    if (s[1] < from || s[1] > to)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

/* Runs of plain characters are written at once. */
static void put_string(struct sx_json *json, const char *text)
{
    size_t plain = 0;
    put(json, "\"", 1);
    while (text[plain] != '\0') {
        unsigned char c = (unsigned char)text[plain];
        size_t n = utf8((const unsigned char *)text + plain);
        if (n > 0 && c >= ' ' && c != '"' && c != '\\') {
            plain += n;
            continue;
        }
        put(json, text, plain);
        char escape[8] = "\xef\xbf\xbd";
        size_t length = 3;
        if (c < ' ')
            length = (size_t)snprintf(escape, sizeof escape, "\\u%04x", c);
        else if (n == 1)
            length = (size_t)snprintf(escape, sizeof escape, "\\%c", c);
        put(json, escape, length);
        text += plain + 1;
        plain = 0;
    }
    put(json, text, plain);
    put(json, "\"", 1);
}

/* What comes before any value: a comma, unless it is the first, and its key. */
static void lead(struct sx_json *json, const char *key)
{
    if (json->comma)
        put(json, ",", 1);
    if (key != NULL) {
        put_string(json, key);
        put(json, ":", 1);
    }
    json->comma = true;
}

void sx_json_object(struct sx_json *json, const char *key)
{
    lead(json, key);
    put(json, "{", 1);
    json->comma = false;
}

void sx_json_object_end(struct sx_json *json)
{
    put(json, "}", 1);
    json->comma = true;
}

void sx_json_array(struct sx_json *json, const char *key)
{
    lead(json, key);
    put(json, "[", 1);
    json->comma = false;
}

void sx_json_array_end(struct sx_json *json)
{
    put(json, "]", 1);
    json->comma = true;
}

void sx_json_string(struct sx_json *json, const char *key, const char *text)
{
    lead(json, key);
    if (text != NULL)
        put_string(json, text);
    else
        put(json, "null", 4);
}

void sx_json_raw(struct sx_json *json, const char *key, const char *text)
{
    lead(json, key);
    put(json, text, strlen(text));
}

static void put_number(struct sx_json *json, double value, enum sx_type precision)
{
    char text[SX_NUMBER_SIZE];
    size_t n = sx_number(text, value, precision);
    json->nonfinite += text[0] == 'n';
    put(json, text, n);
}

void sx_json_number(struct sx_json *json, const char *key, double value)
{
    lead(json, key);
    put_number(json, value, json->precision);
}

void sx_json_double(struct sx_json *json, const char *key, double value)
{
    lead(json, key);
    put_number(json, value, SX_DOUBLE);
}

void sx_json_derived(struct sx_json *json, const char *key, double value)
{
    int64_t nonfinite = json->nonfinite;
    sx_json_double(json, key, value);
    json->nonfinite = nonfinite;
}

void sx_json_int(struct sx_json *json, const char *key, int64_t value)
{
    char text[24];
    size_t at = sizeof text;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    lead(json, key);
    do
        text[--at] = (char)('0' + left % 10);
    while ((left /= 10) != 0);
    if (value < 0)
        text[--at] = '-';
    put(json, text + at, sizeof text - at);
}

void sx_json_bool(struct sx_json *json, const char *key, bool value)
{
    lead(json, key);
    put(json, value ? "true" : "false", value ? 4 : 5);
}

void sx_json_shape(struct sx_json *json, const char *key, const struct sx_shape *shape)
{
    sx_json_array(json, key);
    for (int i = 0; i < shape->rank; i++)
        sx_json_int(json, NULL, shape->dim[i]);
    sx_json_array_end(json);
}

void sx_json_values(struct sx_json *json, const char *key, const struct sx_tensor *tensor)
{
    int64_t n = sx_count(&tensor->shape);
    enum sx_type precision = tensor->type == SX_DOUBLE ? json->precision : tensor->type;
    sx_json_array(json, key);
    for (int64_t i = 0; i < n; i++) {
        if (tensor->type == SX_INT) {
            sx_json_int(json, NULL, ((const int64_t *)tensor->data)[i]);
        } else {
            lead(json, NULL);
            put_number(json, sx_tensor_get(tensor, i), precision);
        }
    }
    sx_json_array_end(json);
}

void sx_json_tensor(struct sx_json *json, const char *key, const struct sx_tensor *tensor)
{
    sx_json_object(json, key);
    sx_json_shape(json, "shape", &tensor->shape);
    sx_json_values(json, "values", tensor);
    sx_json_object_end(json);
}

/* ---- Parsing ---------------------------------------------------------------------------- */

/* cJSON recurses once a level, far deeper than any document of ours goes. */
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

struct cJSON *sx_json_parse(const char *bytes, size_t size, struct sx_error *error)
{
    const char *end = NULL;
    if (!shallow(bytes, size)) {
        sx_fail(error, SX_FAILED, "JSON is nested deeper than %d", MAX_DEPTH);
        return NULL;
    }
    cJSON *root = size > 0 ? cJSON_ParseWithLengthOpts(bytes, size, &end, false) : NULL;
    if (root == NULL) {
        size_t at = end != NULL ? (size_t)(end - bytes) : 0;
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
