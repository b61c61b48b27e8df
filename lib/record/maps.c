/* maps.c - finds the maps in records of all tools. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "record/result.h"

void sx_record_map_free(struct sx_record_map *map)
{
    free(map->own);
    *map = (struct sx_record_map){.own = NULL};
}

/* Whether elements sum to a difference of f, unlike derivatives. For the gradients of ggig this
 * holds only if they were multiplied by the input. */
static bool adds_up(const struct sx_datum *record, const char *method)
{
    static const char gradients[] = "ggig|ggig-ig|gda|gda-ig|ig|ig-max|grad|smoothgrad|"
                                    "smoothgrad-sq|vargrad|geg-max|geg-ig|guided-backprop";
    bool ggig = strcmp(sx_datum_text(sx_datum_at(record, "tool"), ""), "ggig") == 0;
    return !ggig || method == NULL || sx_choice_find(gradients, method) < 0 ||
           sx_datum_number(sx_datum_at(record, "params.times_input"), 0) != 0;
}

/* The element of the n x n matrix, or of the vector, of interactions that belongs to a set. */
static double *element(double *values, int64_t n, const struct sx_datum *set, bool matrix,
                       bool mirrored)
{
    double a = sx_datum_element(set, 0);
    double b = sx_datum_count(set) == 2 ? sx_datum_element(set, 1) : a;
    if (!(a >= 0 && a < (double)n && b >= 0 && b < (double)n))
        return NULL;
    if (!matrix)
        return values + (int64_t)a;
    return mirrored ? values + (int64_t)b * n + (int64_t)a
                    : values + (int64_t)a * n + (int64_t)b;
}

static double strength(const struct sx_datum *term)
{
    const struct sx_datum *value = sx_datum_at(term, "value");
    if (value == NULL)
        value = sx_datum_at(term, "mean");
    return sx_datum_number(value != NULL ? value : sx_datum_at(term, "strength"), NAN);
}

/* The number of players up to the largest member, and the largest order. */
static int64_t extent(const struct sx_datum *list, int64_t *order)
{
    int64_t n = 0;
    *order = 0;
    for (const struct sx_datum *t = list->first; t != NULL; t = t->next) {
        const struct sx_datum *set = sx_datum_at(t, "set");
        int64_t m = sx_datum_count(set);
        *order = m > *order ? m : *order;
        for (int64_t k = 0; k < m; k++) {
            double member = sx_datum_element(set, k);
            if (member >= (double)n && member < 0x1p20)
                n = (int64_t)member + 1;
        }
    }
    return n;
}

static bool interactions(const struct sx_datum *record, const struct sx_datum *list,
                         struct sx_record_map *map, struct sx_error *error)
{
    int64_t order = 0, n = extent(list, &order);
    double players = sx_datum_number(sx_datum_at(record, "players"), 0);
    n = players > (double)n && players < 0x1p20 ? (int64_t)players : n;
    if (n == 0 || order > 2 || (order == 2 && n > 4096))
        return true;
    map->own = sx_new((size_t)(order == 2 ? n * n : n), sizeof *map->own, error);
    if (map->own == NULL)
        return false;
    for (const struct sx_datum *t = list->first; t != NULL; t = t->next)
        for (int k = 0; k < order; k++) {
            double *to = element(map->own, n, sx_datum_at(t, "set"), order == 2, k == 1);
            if (to != NULL)
                *to = strength(t);
        }
    struct sx_shape shape = {order == 2 ? 2 : 1, {n, n}};
    map->values = (struct sx_tensor){SX_DOUBLE, shape, map->own};
    return true;
}

/* Finds the i-th of `methods` that has an attribution. */
static void decomposed(const struct sx_datum *methods, int64_t i, struct sx_record_map *map)
{
    for (const struct sx_datum *m = methods->first; m != NULL; m = m->next) {
        const struct sx_datum *a = sx_datum_at(m, "attribution");
        if (a == NULL || a->kind != SX_ARRAY || i-- > 0)
            continue;
        map->method = sx_datum_text(sx_datum_at(m, "name"), NULL);
        map->values = a->array;
        return;
    }
}

/* Finds the i-th of these members that is a tensor or a list of numbers in the record. */
static void member(const struct sx_datum *record, int64_t i, struct sx_record_map *map)
{
    static const char *const key[] = {"attribution", "from",        "marginal", "gradcam",
                                      "gradcam++",   "layercam",    "hirescam", "eigencam",
                                      "scorecam",    "ablationcam", "relevance"};
    for (size_t k = 0; k < sizeof key / sizeof key[0]; k++) {
        const struct sx_datum *v = sx_datum_at(record, key[k]);
        struct sx_tensor t = {0};
        bool there = v != NULL && v->kind == SX_ARRAY;
        if (there)
            t = v->array;
        if ((!there && !sx_datum_tensor(v, &t)) || i-- > 0)
            continue;
        map->values = t;
        if (k > 0)
            map->method = key[k];
        return;
    }
}

bool sx_record_map(const struct sx_datum *record, int64_t i, struct sx_record_map *map,
                   struct sx_error *error)
{
    const struct sx_datum *methods = sx_datum_at(record, "methods"),
                          *terms = sx_datum_at(record, "interactions");
    *map = (struct sx_record_map){.method = sx_datum_text(sx_datum_at(record, "method"), NULL)};
    const char *players = sx_datum_text(sx_datum_at(record, "params.players"), NULL);
    bool each = players != NULL && strcmp(players, "elements") != 0;
    map->players = each ? players : NULL;
    map->keep_ids = sx_datum_text(sx_datum_at(record, "params.keep_ids"), NULL);
    if (methods != NULL && methods->kind == SX_LIST) {
        decomposed(methods, i, map);
        map->contributions = true;
    } else if (terms != NULL && terms->kind == SX_LIST && sx_datum_at(record, "from") == NULL) {
        map->contributions = true;
        return i > 0 || interactions(record, terms, map, error);
    } else {
        member(record, i, map);
        map->contributions = adds_up(record, map->method);
    }
    return true;
}
