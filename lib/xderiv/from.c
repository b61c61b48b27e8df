/* from.c - a map over the input: the interactions of one feature with every other. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "xderiv/study.h"

/* The feature that "ROW,COLUMN" of patches, or a number, means; -1: none. */
static int64_t find_feature(const char *from, int64_t columns, int64_t n)
{
    const char *comma = strchr(from, ',');
    size_t length = comma != NULL ? (size_t)(comma - from) : strlen(from);
    double y, x = 0;
    if (!sx_number_parse(from, length, &y) || !(y >= 0) ||
        (comma != NULL && (!sx_number_parse(comma + 1, strlen(comma + 1), &x) || !(x >= 0) ||
                           !(x < (double)columns))))
        return -1;
    double feature = comma != NULL ? floor(y) * (double)columns + floor(x) : floor(y);
    return feature < (double)n ? (int64_t)feature : -1;
}

bool sx_effects_from(const struct sx_study *study, const struct sx_effects *effects,
                     const struct sx_shape *shape, const char *from, bool is_signed,
                     struct sx_tensor *map, struct sx_error *error)
{
    const struct sx_players *players = sx_study_players(study);
    int64_t rows, columns, n = sx_players_count(players);
    sx_players_on_grid(players, &rows, &columns);
    int64_t feature = find_feature(from, columns, n);
    if (feature < 0)
        return sx_fail(error, SX_USAGE, "--from is no feature, or no ROW,COLUMN of patches");
    double *value = sx_new((size_t)n, sizeof *value, error);
    bool ok = value != NULL && sx_tensor_new(map, SX_DOUBLE, shape, error);
    for (int64_t k = 0; ok && k < effects->n; k++) {
        const struct sx_effect *e = &effects->item[k];
        bool first = e->order == 2 && e->set[0] == feature;
        if (first || (e->order == 2 && e->set[1] == feature))
            value[e->set[first]] = is_signed ? e->mean : e->strength;
    }
    if (ok)
        sx_players_spread(players, value, map->data);
    free(value);
    return ok;
}
