/* places.c - how a map corresponds to x: which elements form a place, and the value of each place. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explain/explain.h"
#include "score/score.h"

/* x's axes without the batch. */
static struct sx_shape bare(const struct sx_shape *shape)
{
    struct sx_shape s = *shape;
    if (s.rank > 1 && s.dim[0] == 1) {
        s.rank--;
        memmove(s.dim, s.dim + 1, (size_t)s.rank * sizeof s.dim[0]);
    }
    return s;
}

/* Finds the picture: x has three axes. Channels are the last axis if the layout says so, or if only
 * it, of the two outer axes, has the length 1 or 3. */
static void find_picture(struct sx_scoring *s, const struct sx_shape *x)
{
    if (x->rank != 3)
        return;
    bool first = x->dim[0] == 1 || x->dim[0] == 3, last = x->dim[2] == 1 || x->dim[2] == 3;
    s->channels_last =
        s->o->layout == SX_NHWC || (s->o->layout == SX_LAYOUT_AUTO && last && !first);
    s->height = x->dim[s->channels_last ? 0 : 1];
    s->width = x->dim[s->channels_last ? 1 : 2];
    s->channels = x->dim[s->channels_last ? 2 : 0];
}

/* Bilinear interpolation between centres of pixels; equal sizes give a copy. */
static double resized(const struct sx_tensor *map, int64_t h, int64_t w, double row,
                      double column)
{
    double r = fmin(fmax(row, 0), (double)(h - 1)), c = fmin(fmax(column, 0), (double)(w - 1));
    int64_t r0 = (int64_t)r, c0 = (int64_t)c;
    int64_t r1 = r0 + 1 < h ? r0 + 1 : r0, c1 = c0 + 1 < w ? c0 + 1 : c0;
    double fr = r - (double)r0, fc = c - (double)c0;
    double top = sx_tensor_get(map, r0 * w + c0), bottom = sx_tensor_get(map, r1 * w + c0);
    if (fc > 0) {
        top += fc * (sx_tensor_get(map, r0 * w + c1) - top);
        bottom += fc * (sx_tensor_get(map, r1 * w + c1) - bottom);
    }
    return fr > 0 ? top + fr * (bottom - top) : top;
}

static bool places_new(struct sx_scoring *s, int64_t places, struct sx_error *error)
{
    s->places = places;
    s->rank = sx_new((size_t)places, sizeof *s->rank, error);
    s->share = sx_new((size_t)places, sizeof *s->share, error);
    s->order = sx_new((size_t)places, sizeof *s->order, error);
    return s->rank != NULL && s->share != NULL && s->order != NULL;
}

/* Maps with a value per element. Places are pixels, with the sum of their channels; else elements. */
static bool by_element(struct sx_scoring *s, const struct sx_record_map *map,
                       struct sx_error *error)
{
    int64_t plane = s->height * s->width;
    if (!places_new(s, plane > 0 ? plane : s->size, error))
        return false;
    for (int64_t i = 0; i < s->size; i++) {
        double v = sx_tensor_get(&map->values, i);
        double moved = s->x[i] - s->o->baseline[i];
        s->place[i] = plane == 0 ? i : s->channels_last ? i / s->channels : i % plane;
        s->rank[s->place[i]] += v;
        s->share[s->place[i]] += map->contributions ? v : v * moved;
    }
    return true;
}

/* Maps of any size with a value per pixel. */
static bool by_pixel(struct sx_scoring *s, const struct sx_record_map *map, int64_t h,
                     int64_t w, struct sx_error *error)
{
    int64_t plane = s->height * s->width;
    if (!places_new(s, plane, error))
        return false;
    for (int64_t i = 0; i < s->size; i++)
        s->place[i] = s->channels_last ? i / s->channels : i % plane;
    for (int64_t p = 0; p < plane; p++) {
        double row = ((double)(p / s->width) + 0.5) * (double)h / (double)s->height - 0.5;
        double column = ((double)(p % s->width) + 0.5) * (double)w / (double)s->width - 0.5;
        s->rank[p] = s->share[p] = resized(&map->values, h, w, row, column);
    }
    return true;
}

/* Maps with a value per index of the first, or the last, of two axes. */
static bool by_axis(struct sx_scoring *s, const struct sx_record_map *map, int64_t columns,
                    bool first, struct sx_error *error)
{
    if (!places_new(s, sx_count(&map->values.shape), error))
        return false;
    for (int64_t i = 0; i < s->size; i++)
        s->place[i] = first ? i / columns : i % columns;
    for (int64_t p = 0; p < s->places; p++)
        s->rank[p] = s->share[p] = sx_tensor_get(&map->values, p);
    return true;
}

/* Reads the ids of a list "ID,ID"; another text holds none. */
static int64_t *read_ids(const char *text, size_t *n, struct sx_error *error)
{
    int64_t *ids = sx_new(strlen(text) + 1, sizeof *ids, error);
    bool more = ids != NULL;
    while (more) {
        char *end;
        int64_t id = strtoll(text, &end, 10);
        if (end != text)
            ids[(*n)++] = id;
        more = end != text && *end == ',';
        text = end + more;
    }
    return ids;
}

/* The players of the record, without the tokens that it kept. */
static struct sx_players *players_of(struct sx_scoring *s, const struct sx_record_map *map,
                                     struct sx_error *error)
{
    struct sx_explainer *e = s->own;
    const struct sx_explain_options own = e->options;
    const char *of = map->players != NULL ? map->players : "elements";
    struct sx_players *players = NULL;
    size_t n = 0;
    int64_t *ids = read_ids(map->keep_ids != NULL ? map->keep_ids : "", &n, error);
    e->options.keep = ids;
    e->options.n_keep = n;
    if (ids != NULL)
        players = sx_explainer_players(e, of, s->o->layout, error);
    e->options = own;
    free(ids);
    return players;
}

/* Maps with a value per player. */
static bool by_player(struct sx_scoring *s, const struct sx_record_map *map,
                      struct sx_error *error)
{
    struct sx_players *players = players_of(s, map, error);
    if (players == NULL)
        return false;
    int64_t n = sx_players_count(players);
    double *number = sx_new((size_t)n, sizeof *number, error);
    double *spread = sx_new((size_t)s->size, sizeof *spread, error);
    bool ok = number != NULL && spread != NULL && places_new(s, n, error);
    if (ok && n != sx_count(&map->values.shape))
        ok = sx_fail(error, SX_FAILED, "the map has %lld values for %lld players",
                     (long long)sx_count(&map->values.shape), (long long)n);
    for (int64_t p = 0; ok && p < n; p++) {
        number[p] = (double)(p + 1);
        s->rank[p] = s->share[p] = sx_tensor_get(&map->values, p);
    }
    if (ok)
        sx_players_spread(players, number, spread);
    for (int64_t i = 0; ok && i < s->size; i++)
        s->place[i] = (int64_t)spread[i] - 1;
    free(number);
    free(spread);
    sx_players_free(players);
    return ok;
}

static bool lay(struct sx_scoring *s, const struct sx_record_map *map, struct sx_error *error)
{
    const struct sx_shape *shape = &sx_explainer_input(s->own)->shape;
    struct sx_shape x = bare(shape), m = map->values.shape;
    int64_t n = sx_count(&m);
    while (m.rank > 2 && m.dim[0] == 1) {
        m.rank--;
        memmove(m.dim, m.dim + 1, (size_t)m.rank * sizeof m.dim[0]);
    }
    find_picture(s, &x);
    if (n == s->size)
        return by_element(s, map, error);
    if (map->players != NULL)
        return by_player(s, map, error);
    if (s->height > 0 && m.rank == 2 && n > 0)
        return by_pixel(s, map, m.dim[0], m.dim[1], error);
    if (x.rank == 2 && m.rank == 1 && (n == x.dim[0] || n == x.dim[1]))
        return by_axis(s, map, x.dim[1], n == x.dim[0], error);
    if (s->own->ids) /* tokens without those that are kept */
        return by_player(s, map, error);
    return sx_fail(error, SX_FAILED, "a map of %lld elements does not fit an input of %lld",
                   (long long)n, (long long)s->size);
}

struct ranked {
    double rank;
    int64_t place;
};

static int compare(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank > y->rank ? -1 : 1;
    return x->place < y->place ? -1 : 1;
}

/* Sorts places by rank; values that are not finite come last. */
static bool sort(struct sx_scoring *s, struct sx_error *error)
{
    struct ranked *r = sx_new((size_t)s->places, sizeof *r, error);
    if (r == NULL)
        return false;
    for (int64_t p = 0; p < s->places; p++) {
        double v = s->o->by_value ? s->rank[p] : fabs(s->rank[p]);
        s->rank[p] = isfinite(v) ? v : -INFINITY;
        r[p] = (struct ranked){s->rank[p], p};
    }
    qsort(r, (size_t)s->places, sizeof *r, compare);
    for (int64_t p = 0; p < s->places; p++)
        s->order[p] = r[p].place;
    free(r);
    return true;
}

bool sx_scoring_places(struct sx_scoring *s, const struct sx_record_map *map,
                       struct sx_error *error)
{
    s->place = sx_new((size_t)s->size, sizeof *s->place, error);
    return s->place != NULL && lay(s, map, error) && sort(s, error);
}
