/* facts.c - named numbers in records of any tool. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figure/figure.h"

const char *sx_bare_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

void sx_facts_free(struct sx_facts *f)
{
    free(f->value);
    free(f->x);
    free(f->error);
    free(f->name);
    free(f->number);
    *f = (struct sx_facts){.n = 0};
}

static bool facts_new(struct sx_facts *f, int64_t n, struct sx_error *error)
{
    f->n = n;
    f->value = sx_new((size_t)n, sizeof *f->value, error);
    f->name = sx_new((size_t)n, sizeof *f->name, error);
    return f->value != NULL && f->name != NULL;
}

/* ---- Maps ---- */

bool sx_map_get(const struct sx_datum *record, int64_t k, struct sx_record_map *map,
                struct sx_error *error)
{
    return sx_record_map(record, k, map, error) && map->values.data != NULL &&
           sx_count(&map->values.shape) > 0;
}

int64_t sx_map_count(const struct sx_datum *record, struct sx_error *error)
{
    struct sx_record_map map;
    int64_t n = 0;
    while (sx_map_get(record, n, &map, error)) {
        sx_record_map_free(&map);
        n++;
    }
    return n;
}

/* Sets names and x of the elements if the record has one for each. */
static bool name_elements(struct sx_facts *f, const struct sx_datum *record,
                          struct sx_error *error)
{
    const struct sx_datum *names = sx_datum_at(record, "names"), *x = sx_datum_at(record, "x");
    int64_t i = 0;
    if (names != NULL && names->kind == SX_LIST && sx_datum_count(names) == f->n)
        for (const struct sx_datum *v = names->first; v != NULL; v = v->next)
            f->name[i++] = sx_datum_text(v, NULL);
    if (sx_datum_count(x) != f->n)
        return true;
    f->x = sx_new((size_t)f->n, sizeof *f->x, error);
    for (i = 0; f->x != NULL && i < f->n; i++)
        f->x[i] = sx_datum_element(x, i);
    return f->x != NULL;
}

/* Reads one number per name. If a name has several values, such as the channels of a token, they
 * are summed. */
static bool of_map(struct sx_facts *f, const struct sx_datum *record,
                   const struct sx_record_map *map, struct sx_error *error)
{
    int64_t n = sx_count(&map->values.shape), rows = n;
    int64_t names = sx_datum_count(sx_datum_at(record, "names"));
    if (names > 0 && names < n && n % names == 0)
        rows = names;
    if (!facts_new(f, rows, error))
        return false;
    for (int64_t i = 0; i < n; i++)
        f->value[i / (n / rows)] += sx_tensor_get(&map->values, i);
    f->title = map->method;
    f->adds_up = map->contributions;
    return name_elements(f, record, error);
}

/* ---- Other lists ---- */

static const char *name_in(const struct sx_datum *item)
{
    const struct sx_datum *names = sx_datum_at(item, "names");
    const char *name = sx_datum_text(names != NULL ? names->first : NULL, NULL);
    name = name != NULL ? name : sx_datum_text(sx_datum_at(item, "name"), NULL);
    return name != NULL ? name : sx_datum_text(sx_datum_at(item, "label"), NULL);
}

/* The player of an interaction of one player, or the class of an output. `otherwise` if the
 * item has neither. */
static int64_t number_in(const struct sx_datum *item, int64_t otherwise)
{
    const struct sx_datum *set = sx_datum_at(item, "set");
    const double number = set != NULL ? sx_datum_element(set, 0)
                                      : sx_datum_number(sx_datum_at(item, "index"), NAN);
    return fabs(number) < 0x1p53 ? (int64_t)number : otherwise;
}

/* Reads a list of objects with a number each, such as interactions of single players or the
 * first classes. */
static bool of_list(struct sx_facts *f, const struct sx_datum *list, const char *key,
                    struct sx_error *error)
{
    int64_t i = 0;
    if (!facts_new(f, sx_datum_count(list), error))
        return false;
    f->number = sx_new((size_t)f->n, sizeof *f->number, error);
    if (f->number == NULL)
        return false;
    for (const struct sx_datum *v = list->first; v != NULL; v = v->next, i++) {
        const struct sx_datum *e = sx_datum_at(v, "stderr");
        f->value[i] = sx_datum_number(sx_datum_at(v, key), NAN);
        f->name[i] = name_in(v);
        f->number[i] = number_in(v, i);
        if (e != NULL && f->error == NULL)
            f->error = sx_new((size_t)f->n, sizeof *f->error, error);
        if (f->error != NULL)
            f->error[i] = sx_datum_number(e, NAN);
    }
    return error->status == SX_OK;
}

/* Reads the numbers of an object. Their keys are their names. */
static bool of_object(struct sx_facts *f, const struct sx_datum *object, struct sx_error *error)
{
    int64_t i = 0;
    if (!facts_new(f, sx_datum_count(object), error))
        return false;
    for (const struct sx_datum *v = object->first; v != NULL; v = v->next, i++) {
        f->value[i] = sx_datum_number(v, NAN);
        f->name[i] = v->key;
    }
    return true;
}

/* The elements of the first output. A single one has the name of the output. */
static bool of_output(struct sx_facts *f, const struct sx_datum *outputs,
                      struct sx_error *error)
{
    const struct sx_datum *first = outputs->first, *values = sx_datum_at(first, "values");
    const int64_t n = sx_datum_count(values);
    if (n == 0)
        return true;
    if (!facts_new(f, n, error))
        return false;
    for (int64_t i = 0; i < n; i++)
        f->value[i] = sx_datum_element(values, i);
    f->name[0] = n == 1 ? sx_datum_text(sx_datum_at(first, "name"), NULL) : NULL;
    return true;
}

static bool only_singles(const struct sx_datum *list)
{
    for (const struct sx_datum *v = list->first; v != NULL; v = v->next)
        if (sx_datum_count(sx_datum_at(v, "set")) != 1)
            return false;
    return list->first != NULL;
}

bool sx_facts_get(struct sx_facts *f, const struct sx_datum *record, int64_t k,
                  struct sx_error *error)
{
    static const char *const objects[] = {"scores", "similarity", "summary.scores", "metrics"};
    const struct sx_datum *terms = sx_datum_at(record, "interactions"),
                          *top = sx_datum_at(record, "top"),
                          *outputs = sx_datum_at(record, "outputs");
    struct sx_record_map map;
    *f = (struct sx_facts){.n = 0};
    if (terms != NULL && terms->kind == SX_LIST && sx_datum_at(record, "from") == NULL)
        return k > 0 || !only_singles(terms) ||
               of_list(f, terms, sx_datum_at(terms->first, "value") ? "value" : "mean", error);
    if (sx_map_get(record, k, &map, error)) {
        bool ok = of_map(f, record, &map, error);
        sx_record_map_free(&map);
        return ok;
    }
    if (error->status != SX_OK)
        return false;
    if (k == 0 && top != NULL && top->kind == SX_LIST && top->first != NULL) {
        bool prob = isfinite(sx_datum_number(sx_datum_at(top->first, "prob"), NAN));
        f->title = prob ? "probability" : "value";
        return of_list(f, top, prob ? "prob" : "value", error);
    }
    if (k == 0 && outputs != NULL && outputs->kind == SX_LIST && outputs->first != NULL)
        return of_output(f, outputs, error);
    for (size_t i = 0; k == 0 && i < sizeof objects / sizeof objects[0]; i++) {
        const struct sx_datum *v = sx_datum_at(record, objects[i]);
        if (v != NULL && v->kind == SX_OBJECT)
            return of_object(f, v, error);
    }
    return true;
}

/* Whether a text is in a right-to-left script, such as Hebrew or Arabic. */
static bool is_right_to_left(const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c >= 0xd6 && (unsigned char)*c <= 0xdf)
            return true;
    return false;
}

/* Writes a name and its x. Left-to-right marks around the name keep its direction from reversing
 * the sign of the number. */
void sx_facts_name(const struct sx_facts *f, int64_t i, bool with_x, char *text, size_t size)
{
    char number[32] = "";
    with_x = with_x && f->x != NULL && isfinite(f->x[i]);
    if (with_x)
        sx_short_number(number, f->x[i]);
    const char *mark =
        with_x && f->name[i] != NULL && is_right_to_left(f->name[i]) ? "\xe2\x80\x8e" : "";
    if (f->name[i] != NULL)
        snprintf(text, size, "%s%s%s%s%s", mark, f->name[i], mark, with_x ? " = " : "", number);
    else
        snprintf(text, size, "%lld%s%s", (long long)(f->number != NULL ? f->number[i] : i),
                 with_x ? " = " : "", number);
}

struct ranked {
    double magnitude;
    int64_t at;
};

static int compare(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->magnitude != y->magnitude)
        return x->magnitude > y->magnitude ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

bool sx_facts_order(const struct sx_facts *f, int64_t **order, struct sx_error *error)
{
    struct ranked *r = sx_new((size_t)f->n, sizeof *r, error);
    *order = sx_new((size_t)f->n, sizeof **order, error);
    bool ok = r != NULL && *order != NULL;
    for (int64_t i = 0; ok && i < f->n; i++)
        r[i] = (struct ranked){isfinite(f->value[i]) ? fabs(f->value[i]) : -1, i};
    if (ok)
        qsort(r, (size_t)f->n, sizeof *r, compare);
    for (int64_t i = 0; ok && i < f->n; i++)
        (*order)[i] = r[i].at;
    free(r);
    if (!ok) {
        free(*order);
        *order = NULL;
    }
    return ok;
}
