/* kinds.c - which kind of figure suits a record. */
#include <stdlib.h>
#include <string.h>

#include "figure/figure.h"

static bool has(const struct sx_datum *record, const char *key)
{
    return sx_datum_at(record, key) != NULL;
}

static int64_t largest_set(const struct sx_datum *record)
{
    const struct sx_datum *list = sx_datum_at(record, "interactions");
    int64_t most = 0;
    for (const struct sx_datum *t = list != NULL && list->kind == SX_LIST ? list->first : NULL;
         t != NULL; t = t->next) {
        int64_t n = sx_datum_count(sx_datum_at(t, "set"));
        most = n > most ? n : most;
    }
    return most;
}

/* Whether names are tokens: the map has a row for each name, or the input is a sequence [1,
 * tokens, channels]. */
static bool is_tokens(const struct sx_datum *record, struct sx_error *error)
{
    const char *players = sx_datum_text(sx_datum_at(record, "params.players"), "");
    const struct sx_datum *shape = sx_datum_at(record, "input.shape");
    struct sx_record_map map;
    int64_t names = sx_datum_count(sx_datum_at(record, "names"));
    bool sequence =
        sx_datum_count(shape) == 3 && names > 0 && sx_datum_element(shape, 1) == (double)names;
    if (strncmp(players, "tokens", 6) == 0 || has(record, "tokens") || sequence)
        return has(record, "attribution") ||
               (has(record, "interactions") && largest_set(record) == 1);
    if (!has(record, "attribution") || !sx_map_get(record, 0, &map, error))
        return false;
    bool rows = map.values.shape.rank == 2 && map.values.shape.dim[0] == names;
    sx_record_map_free(&map);
    return rows && names > 0;
}

/* Whether the map is a picture: it has three axes, or two if the input has four. */
static bool is_picture(const struct sx_datum *record, struct sx_error *error)
{
    struct sx_record_map map;
    bool four = sx_datum_count(sx_datum_at(record, "input.shape")) == 4;
    if (has(record, "methods") || has(record, "interactions") ||
        !sx_map_get(record, 0, &map, error))
        return false;
    int rank = map.values.shape.rank;
    sx_record_map_free(&map);
    return rank > 2 || (rank == 2 && four);
}

/* Whether the record has several maps of players whose places in the picture follow from their
 * numbers. */
static bool is_strip(const struct sx_datum *record)
{
    const char *players = sx_datum_text(sx_datum_at(record, "params.players"), "");
    return has(record, "methods") && sx_datum_count(sx_datum_at(record, "input.shape")) == 4 &&
           (strncmp(players, "grid:", 5) == 0 || strncmp(players, "patches:", 8) == 0 ||
            strcmp(players, "pixels") == 0);
}

/* Whether the players of pairs are few enough for the rows of a matrix. */
static bool fits_matrix(const struct sx_datum *record, struct sx_error *error)
{
    struct sx_terms terms;
    struct sx_error failure = {0};
    int64_t *number = NULL, n = 0;
    bool ok = sx_terms_get(&terms, record, "interactions", &failure) &&
              (number = sx_new((size_t)terms.players, sizeof *number, &failure)) != NULL;
    if (ok)
        n = sx_terms_live(&terms, number);
    else if (failure.status == SX_MEMORY)
        sx_fail_as(error, &failure);
    free(number);
    sx_terms_free(&terms);
    return n <= SX_MOST_CELLS;
}

static int kind_of_record(const struct sx_datum *record, struct sx_error *error)
{
    if (has(record, "from"))
        return SX_OVERLAY;
    if (has(record, "pairs") && has(record, "grid"))
        return SX_NETWORK;
    if (is_tokens(record, error))
        return SX_TOKENS;
    if (has(record, "interactions")) {
        int64_t most = largest_set(record);
        return most > 2                     ? SX_UPSET
               : most < 2                   ? SX_BARS
               : fits_matrix(record, error) ? SX_MATRIX
                                            : SX_UPSET;
    }
    if (has(record, "curves"))
        return SX_CURVE;
    if (has(record, "partition_max"))
        return SX_TOKENS;
    if (has(record, "classes"))
        return SX_MATRIX;
    if (sx_is_signal(record, error))
        return SX_SIGNAL;
    if (is_picture(record, error))
        return SX_OVERLAY;
    bool whole = has(record, "x") && has(record, "attribution");
    struct sx_record_map map;
    if (whole && sx_map_get(record, 0, &map, error)) {
        whole = map.contributions;
        sx_record_map_free(&map);
    }
    return whole ? SX_WATERFALL : SX_BARS;
}

/* How many of the first records are of the same sample as the first. */
static int64_t of_one_sample(const struct sx_drawn *item, int64_t n)
{
    const char *id = sx_datum_text(sx_datum_at(item[0].record, "id"), "");
    double index = sx_datum_number(sx_datum_at(item[0].record, "index"), -1);
    int64_t k = 1;
    while (k < n && strcmp(sx_datum_text(sx_datum_at(item[k].record, "id"), ""), id) == 0 &&
           sx_datum_number(sx_datum_at(item[k].record, "index"), -1) == index)
        k++;
    return k;
}

bool sx_kind_shows_all(int kind)
{
    return kind == SX_BEESWARM || kind == SX_SCATTER || kind == SX_SHEET;
}

int sx_kind_of(const struct sx_drawn *item, int64_t n, int kind, int64_t *drawn,
               struct sx_error *error)
{
    int one = kind_of_record(item[0].record, error);
    int64_t same = of_one_sample(item, n);
    bool row = one == SX_BARS || one == SX_WATERFALL;
    bool attribution =
        has(item[0].record, "attribution") && sx_map_count(item[0].record, error) == 1;
    if (kind == SX_KIND_AUTO)
        kind = item[0].behind != NULL && is_strip(item[0].record) ? SX_STRIP
               : one == SX_OVERLAY && same > 1                    ? SX_STRIP
               : row && attribution && same == 1 && n > 2         ? SX_BEESWARM
                                                                  : one;
    bool all = sx_kind_shows_all(kind);
    bool methods = kind == SX_STRIP || kind == SX_CURVE || kind == SX_BARS || kind == SX_SIGNAL;
    *drawn = all ? n : methods ? same : 1;
    return kind;
}
