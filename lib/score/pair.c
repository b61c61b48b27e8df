/* pair.c - pairs maps of one stream of records with those of another. */
#include <string.h>

#include "score/score.h"

static bool same_sample(const struct sx_datum *a, const struct sx_datum *b)
{
    const char *x = sx_datum_text(sx_datum_at(a, "id"), NULL);
    const char *y = sx_datum_text(sx_datum_at(b, "id"), NULL);
    return x != NULL && y != NULL && strcmp(x, y) == 0 &&
           sx_datum_number(sx_datum_at(a, "index"), -1) ==
               sx_datum_number(sx_datum_at(b, "index"), -2);
}

/* The first map of a record with this method; values.data is NULL if there is none. */
static bool map_of(const struct sx_pair *p, const struct sx_datum *record, const char *method,
                   struct sx_record_map *map, struct sx_error *error)
{
    for (int64_t i = 0; sx_record_map(record, i, map, error); i++) {
        bool any = !p->by_method || method == NULL || map->method == NULL;
        if (map->values.data == NULL || any || strcmp(method, map->method) == 0)
            return true;
        sx_record_map_free(map);
    }
    return false;
}

static bool find_other(const struct sx_pair *p, const char *method, struct sx_record_map *map,
                       struct sx_error *error)
{
    for (size_t i = 0; i < p->n_others; i++) {
        const struct sx_datum *record = sx_result_top(p->others[i]);
        if (!same_sample(p->record, record))
            continue;
        if (!map_of(p, record, method, map, error))
            return false;
        if (map->values.data != NULL)
            return true;
    }
    return sx_fail(error, SX_FAILED, "the other stream has no map of it");
}

/* Whether a map is a picture: it has three axes, or two if the input has four. */
static bool is_picture(const struct sx_datum *record, const struct sx_tensor *map)
{
    bool four = sx_datum_count(sx_datum_at(record, "input.shape")) == 4;
    return map->shape.rank > 2 || (map->shape.rank == 2 && four);
}

bool sx_pair_next(struct sx_pair *p, struct sx_error *error)
{
    struct sx_record_map map, other = {0};
    bool there = sx_record_map(p->record, p->n, &map, error) && map.values.data != NULL, ok;
    const struct sx_datum *why = sx_datum_at(p->record, "error.message");
    if (!there && p->n == 0)
        sx_fail(error, SX_FAILED, "%.200s", sx_datum_text(why, "the record has no map"));
    p->method = map.method;
    ok = there && find_other(p, map.method, &other, error) &&
         sx_compare(&map.values, &other.values, is_picture(p->record, &map.values),
                    &p->similarity, error);
    p->n += ok;
    sx_record_map_free(&map);
    sx_record_map_free(&other);
    return ok;
}

bool sx_has_methods(struct sx_result *const *records, size_t n)
{
    const char *first = NULL;
    for (size_t i = 0; i < n; i++) {
        const struct sx_datum *record = sx_result_top(records[i]);
        const char *method = sx_datum_text(sx_datum_at(record, "method"), NULL);
        if (sx_datum_count(sx_datum_at(record, "methods")) > 1 ||
            (first != NULL && method != NULL && strcmp(first, method) != 0))
            return true;
        first = first != NULL ? first : method;
    }
    return false;
}

int64_t sx_unpaired(struct sx_result *const *records, size_t n, struct sx_result *const *others,
                    size_t n_others)
{
    int64_t missing = 0;
    for (size_t i = 0; i < n_others; i++) {
        const struct sx_datum *other = sx_result_top(others[i]);
        bool found = sx_datum_at(other, "id") == NULL;
        for (size_t k = 0; k < n && !found; k++)
            found = same_sample(sx_result_top(records[k]), other);
        missing += !found;
    }
    return missing;
}
