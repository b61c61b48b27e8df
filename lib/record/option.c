/* option.c - rows of options: reads them from text, sets defaults, puts them into records. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "record/result.h"

const struct sx_option *sx_option_find(const struct sx_options *table, const char *name)
{
    for (size_t i = 0; i < table->n; i++)
        if (strcmp(table->row[i].name, name) == 0)
            return &table->row[i];
    return NULL;
}

const struct sx_option *sx_option_letter(const struct sx_options *table, char letter)
{
    for (size_t i = 0; i < table->n; i++)
        if (letter != '\0' && table->row[i].letter == letter)
            return &table->row[i];
    return NULL;
}

bool sx_choice_name(const char *choices, int i, char *name, size_t size)
{
    for (; i > 0; i--) {
        choices = strchr(choices, '|');
        if (choices == NULL)
            return false;
        choices++;
    }
    size_t n = strcspn(choices, "|");
    if (n >= size)
        return false;
    memcpy(name, choices, n);
    name[n] = '\0';
    return true;
}

int sx_choice_find(const char *choices, const char *text)
{
    char name[64];
    for (int i = 0; sx_choice_name(choices, i, name, sizeof name); i++)
        if (strcmp(name, text) == 0)
            return i;
    return -1;
}

/* ---- Reading ---------------------------------------------------------------------------- */

static bool read_whole(const char *text, uint64_t *value)
{
    size_t n = strlen(text);
    if (n == 0 || n > 20 || strspn(text, "0123456789") < n)
        return false;
    *value = 0;
    for (; *text != '\0'; text++)
        if (__builtin_mul_overflow(*value, (uint64_t)10, value) ||
            __builtin_add_overflow(*value, (uint64_t)(*text - '0'), value))
            return false;
    return true;
}

static bool read_count(const struct sx_option *o, const char *text, int64_t *value)
{
    uint64_t n;
    if (!read_whole(text, &n) || n > INT64_MAX || (double)n < o->low ||
        (o->high > 0 && (double)n > o->high))
        return false;
    *value = (int64_t)n;
    return true;
}

static bool read_number(const struct sx_option *o, const char *text, double *value)
{
    double x;
    if (!sx_number_parse(text, strlen(text), &x) || isnan(x))
        return false;
    if ((o->low != 0 || o->high != 0) && !(x >= o->low && x <= o->high))
        return false;
    *value = x;
    return true;
}

static bool read_size(const char *text, size_t *value)
{
    static const char units[] = "KMGT";
    double number, unit = 1;
    size_t n = strlen(text), digits = strspn(text, "0123456789.");
    if (digits == 0 || !sx_number_parse(text, digits, &number))
        return false;
    if (digits < n) {
        const char *u = strchr(units, text[digits] & ~0x20);
        if (u == NULL || *u == '\0' || n > digits + 1)
            return false;
        for (const char *p = units; p <= u; p++)
            unit *= 1024;
    }
    if (number * unit < 1 || number * unit > 0x1p60)
        return false;
    *value = (size_t)(number * unit);
    return true;
}

/* Fails with what is allowed. */
static bool refuse(const struct sx_option *o, const char *text, struct sx_error *error)
{
    char range[80] = "";
    if (o->kind == SX_OPTION_COUNT && o->high > 0)
        snprintf(range, sizeof range, "a whole number from %.0f to %.0f", o->low, o->high);
    else if (o->kind == SX_OPTION_COUNT)
        snprintf(range, sizeof range, "a whole number of at least %.0f", o->low);
    else if (o->kind == SX_OPTION_NUMBER && isinf(o->high))
        snprintf(range, sizeof range, "a number of at least %g", o->low);
    else if (o->kind == SX_OPTION_NUMBER && (o->low != 0 || o->high != 0))
        snprintf(range, sizeof range, "a number from %g to %g", o->low, o->high);
    else if (o->kind == SX_OPTION_NUMBER)
        snprintf(range, sizeof range, "a number");
    else if (o->kind == SX_OPTION_SIZE)
        snprintf(range, sizeof range, "bytes, or K, M, G of them");
    else if (o->kind == SX_OPTION_SEED)
        snprintf(range, sizeof range, "a whole number");
    return sx_fail(error, SX_USAGE, "'%.80s' does not fit option --%s: %.200s", text, o->name,
                   o->choices != NULL ? o->choices : range);
}

bool sx_option_set(const struct sx_option *o, void *options, const char *text,
                   struct sx_error *error)
{
    void *field = (char *)options + o->field;
    int choice;
    bool ok = true;
    switch (o->kind) {
    case SX_OPTION_FLAG:
        *(bool *)field = true;
        return true;
    case SX_OPTION_COUNT:
        ok = read_count(o, text, field);
        break;
    case SX_OPTION_NUMBER:
        ok = read_number(o, text, field);
        break;
    case SX_OPTION_SIZE:
        ok = read_size(text, field);
        break;
    case SX_OPTION_SEED:
        ok = read_whole(text, field);
        break;
    case SX_OPTION_CHOICE:
        choice = sx_choice_find(o->choices, text);
        ok = choice >= 0;
        if (ok)
            *(int *)field = choice;
        break;
    case SX_OPTION_EITHER:
        choice = sx_choice_find(o->choices, text);
        ok = choice == 0 || choice == 1;
        if (ok)
            *(bool *)field = choice == 1;
        break;
    case SX_OPTION_TEXT:
    case SX_OPTION_FILE:
    case SX_OPTION_TENSOR:
        *(const char **)field = text;
        return true;
    case SX_OPTION_PARSED:
        return o->parse(o, options, text, error);
    }
    return ok || refuse(o, text, error);
}

void sx_option_defaults(const struct sx_options *table, void *options)
{
    struct sx_error ignored = {0};
    for (size_t i = 0; i < table->n; i++)
        if (table->row[i].initial != NULL)
            sx_option_set(&table->row[i], options, table->row[i].initial, &ignored);
}

/* ---- Showing ---------------------------------------------------------------------------- */

static void put_choice(struct sx_result *r, const struct sx_option *o, int choice)
{
    char name[64];
    bool named = sx_choice_name(o->choices, choice, name, sizeof name);
    sx_put_text(r, o->param, named ? name : NULL);
}

static void put_option(struct sx_result *r, const struct sx_option *o, const void *options)
{
    const void *field = (const char *)options + o->field;
    switch (o->kind) {
    case SX_OPTION_FLAG:
        sx_put_bool(r, o->param, *(const bool *)field);
        break;
    case SX_OPTION_COUNT:
        sx_put_int(r, o->param, *(const int64_t *)field);
        break;
    case SX_OPTION_NUMBER:
        sx_put_derived(r, o->param, *(const double *)field);
        break;
    case SX_OPTION_SIZE:
        sx_put_int(r, o->param, (int64_t) * (const size_t *)field);
        break;
    case SX_OPTION_SEED:
        sx_put_int(r, o->param, (int64_t) * (const uint64_t *)field);
        break;
    case SX_OPTION_CHOICE:
        put_choice(r, o, *(const int *)field);
        break;
    case SX_OPTION_EITHER:
        put_choice(r, o, *(const bool *)field);
        break;
    case SX_OPTION_TEXT:
    case SX_OPTION_FILE:
    case SX_OPTION_TENSOR:
        sx_put_text(r, o->param, *(const char *const *)field);
        break;
    case SX_OPTION_PARSED:
        o->put(r, o->param, options);
        break;
    }
}

void sx_put_options(struct sx_result *r, const struct sx_options *table, const void *options)
{
    for (size_t i = 0; i < table->n; i++)
        if (table->row[i].param != NULL)
            put_option(r, &table->row[i], options);
}
