/* about.c - the origin of a figure, as lines "key: value" for its metadata. */
#include <stdlib.h>
#include <string.h>

#include "figure/about.h"

/* Writes a value as one line of JSON. Lists of numbers are left out. */
static void value_of(const struct sx_datum *v, char text[200])
{
    char number[SX_NUMBER_SIZE];
    text[0] = '\0';
    switch (v->kind) {
    case SX_TRUTH:
        snprintf(text, 200, "%s", v->truth ? "true" : "false");
        break;
    case SX_INTEGER:
        snprintf(text, 200, "%lld", (long long)v->integer);
        break;
    case SX_NUMBER:
        sx_number(number, v->number, v->precision);
        snprintf(text, 200, "%s", number);
        break;
    case SX_TEXT:
        snprintf(text, 200, "%.199s", v->text);
        break;
    default:
        break;
    }
}

static bool add_line(struct sx_about *a, const char *key, const struct sx_datum *v,
                     struct sx_error *error)
{
    char value[200];
    void *items = a->text;
    if (v == NULL)
        return true;
    value_of(v, value);
    size_t n = strlen(key) + strlen(value) + 4;
    if (value[0] == '\0')
        return true;
    if (!sx_grow(&items, &a->capacity, a->n + n, 1, error))
        return false;
    a->text = items;
    a->n += (size_t)snprintf(a->text + a->n, n, "%s: %s\n", key, value);
    return true;
}

bool sx_about_record(struct sx_about *a, const struct sx_datum *record, struct sx_error *error)
{
    static const char *const keys[] = {"tool",   "version",    "id",          "index",
                                       "method", "model.file", "model.sha256"};
    const struct sx_datum *params = sx_datum_at(record, "params");
    void *items = a->text;
    if (!sx_grow(&items, &a->capacity, a->n + 1, 1, error))
        return false;
    a->text = items;
    a->text[a->n] = '\0';
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (!add_line(a, keys[i], sx_datum_at(record, keys[i]), error))
            return false;
    if (params == NULL || params->kind != SX_OBJECT)
        return true;
    for (const struct sx_datum *v = params->first; v != NULL; v = v->next)
        if (!add_line(a, v->key, v, error))
            return false;
    return true;
}
