/* players.c - makes players, groups of elements of x that are masked together, from a
 * specification. */
#include <stdlib.h>
#include <string.h>

#include "io/io.h"
#include "io/picture.h"
#include "explain/players.h"
#include "explain/slic.h"

/* ---- Labels ---- */

static int64_t lead_axes(const struct sx_shape *shape)
{
    return shape->rank > 1 && shape->dim[0] == 1 ? 1 : 0;
}

/* The grid of places of a picture. Fails if x is a row of numbers and parts are `high` places high. */
static bool places_of(const struct sx_players *p, int64_t high, struct sx_grid *g,
                      struct sx_error *error)
{
    if (!sx_grid_of(&p->shape, p->layout, g, error))
        return false;
    if (lead_axes(&p->shape) + 1 == p->shape.rank && g->rows == 1 && high > 1)
        return sx_fail(
            error, SX_USAGE,
            "patches, cells and superpixels are of pictures, and a row of %lld numbers "
            "is none: elements or columns",
            (long long)sx_count(&p->shape));
    return true;
}

/* Makes each index of `axis` a player. */
static bool label_axis(struct sx_players *p, int64_t axis, struct sx_error *error)
{
    if (axis < 0 || axis >= p->shape.rank)
        return sx_fail(error, SX_USAGE, "players along axis %lld of an input of %d axes",
                       (long long)axis, p->shape.rank);
    int64_t size = sx_count(&p->shape), inner = 1;
    for (int64_t i = axis + 1; i < p->shape.rank; i++)
        inner *= p->shape.dim[i];
    p->count = p->shape.dim[axis];
    for (int64_t i = 0; i < size; i++)
        p->label[i] = i / inner % p->count;
    return true;
}

static bool read_side(const char *text, size_t n, int64_t *side)
{
    double value;
    if (!sx_number_parse(text, n, &value) || !(value >= 1 && value <= 1e9))
        return false;
    *side = (int64_t)value;
    return (double)*side == value;
}

static void set_place(struct sx_players *p, const struct sx_grid *g, int64_t row,
                      int64_t column, int64_t label)
{
    for (int64_t c = 0; c < g->channels; c++)
        p->label[c * g->channel_step + row * g->row_step + column * g->column_step] = label;
}

/* Reads "AxB". */
static bool read_sides(const char *text, int64_t *a, int64_t *b)
{
    const char *x = strchr(text, 'x');
    return x != NULL && read_side(text, (size_t)(x - text), a) &&
           read_side(x + 1, strlen(x + 1), b);
}

/* Makes R x C patches of sizes as equal as possible. */
static bool label_cells(struct sx_players *p, const char *sides, struct sx_error *error)
{
    struct sx_grid g;
    if (!read_sides(sides, &p->rows, &p->columns))
        return sx_fail(error, SX_USAGE, "'%.40s' is no RxC of grid:RxC", sides);
    if (!places_of(p, p->rows, &g, error))
        return false;
    if (p->rows > g.rows || p->columns > g.columns)
        return sx_fail(error, SX_USAGE, "grid:%s is finer than the %lldx%lld places", sides,
                       (long long)g.rows, (long long)g.columns);
    p->count = p->rows * p->columns;
    p->on_grid = p->rows > 1 && p->columns > 1;
    for (int64_t i = 0; i < g.rows; i++)
        for (int64_t j = 0; j < g.columns; j++)
            set_place(p, &g, i, j,
                      i * p->rows / g.rows * p->columns + j * p->columns / g.columns);
    return true;
}

/* Makes patches of H x W places; those at the right and lower edge may be smaller. */
static bool label_patches(struct sx_players *p, const char *sides, struct sx_error *error)
{
    int64_t height, width;
    struct sx_grid g;
    if (!read_sides(sides, &height, &width))
        return sx_fail(error, SX_USAGE, "'%.40s' is no HxW of patches:HxW", sides);
    if (!places_of(p, height, &g, error))
        return false;
    p->rows = (g.rows - 1) / height + 1;
    p->columns = (g.columns - 1) / width + 1;
    p->count = p->rows * p->columns;
    p->on_grid = p->rows > 1 && p->columns > 1;
    for (int64_t i = 0; i < g.rows; i++)
        for (int64_t j = 0; j < g.columns; j++)
            set_place(p, &g, i, j, i / height * p->columns + j / width);
    return true;
}

static int ascending(const void *a, const void *b)
{
    int64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

/* Renumbers labels that are not negative to 0, 1, 2 .. in ascending order. */
static bool number_labels(struct sx_players *p, struct sx_error *error)
{
    int64_t size = sx_count(&p->shape), n = 0;
    int64_t *sorted = sx_new((size_t)size, sizeof *sorted, error);
    if (sorted == NULL)
        return false;
    memcpy(sorted, p->label, (size_t)size * sizeof *sorted);
    qsort(sorted, (size_t)size, sizeof *sorted, ascending);
    for (int64_t i = 0; i < size; i++)
        if (sorted[i] >= 0 && (n == 0 || sorted[n - 1] != sorted[i]))
            sorted[n++] = sorted[i];
    for (int64_t i = 0; i < size; i++) {
        if (p->label[i] < 0) {
            p->label[i] = -1;
            continue;
        }
        int64_t *at = bsearch(&p->label[i], sorted, (size_t)n, sizeof *sorted, ascending);
        p->label[i] = at != NULL ? at - sorted : -1;
    }
    p->count = n;
    free(sorted);
    return true;
}

static bool is_plane(const struct sx_shape *shape)
{
    int64_t rank = shape->rank - lead_axes(shape);
    return rank == 2 || rank == 3;
}

/* Reads labels: an integer for every element of x, or for every place of a picture. */
static bool take_labels(struct sx_players *p, const struct sx_tensor *t, struct sx_error *error)
{
    struct sx_grid g = {0};
    int64_t size = sx_count(&p->shape), n = sx_count(&t->shape);
    bool every = n == size, places = false;
    if (!every)
        places = sx_grid_of(&p->shape, p->layout, &g, error) && n == g.rows * g.columns;
    if (!every && !places)
        return sx_fail(error, SX_USAGE, "%lld labels for an input of %lld elements",
                       (long long)n, (long long)size);
    for (int64_t i = 0; i < n; i++) {
        double label = sx_tensor_get(t, i);
        if (!(label >= -0x1p53 && label <= 0x1p53) || label != (double)(int64_t)label)
            return sx_fail(error, SX_USAGE, "label %lld is no integer", (long long)i);
        if (every)
            p->label[i] = (int64_t)label;
        else
            set_place(p, &g, i / g.columns, i % g.columns, (int64_t)label);
    }
    p->on_grid = places || is_plane(&p->shape);
    return number_labels(p, error);
}

static bool label_file(struct sx_players *p, const char *path, struct sx_error *error)
{
    struct sx_tensor t = {0};
    bool ok = sx_tensor_read(&t, path, NULL, error) || sx_fail_at(error, "%.80s", path);
    ok = ok && (take_labels(p, &t, error) || sx_fail_at(error, "%.80s", path));
    sx_tensor_free(&t);
    return ok;
}

static bool label_by(struct sx_players *p, const char *text, struct sx_error *error)
{
    int64_t axis;
    if (strcmp(text, "elements") == 0) {
        p->count = sx_count(&p->shape);
        p->on_grid = is_plane(&p->shape);
        for (int64_t i = 0; i < p->count; i++)
            p->label[i] = i;
        return true;
    }
    if (strcmp(text, "columns") == 0)
        return label_axis(p, p->shape.rank - 1, error);
    if (strcmp(text, "tokens") == 0)
        return label_axis(p, lead_axes(&p->shape), error);
    if (strncmp(text, "tokens:", 7) == 0 && read_side(text + 7, strlen(text + 7), &axis))
        return label_axis(p, axis, error);
    if (strncmp(text, "patches:", 8) == 0)
        return label_patches(p, text + 8, error);
    if (strcmp(text, "pixels") == 0)
        return label_patches(p, "1x1", error);
    if (strncmp(text, "grid:", 5) == 0)
        return label_cells(p, text + 5, error);
    if (strncmp(text, "file:", 5) == 0)
        return label_file(p, text + 5, error);
    if (strncmp(text, "superpixels:", 12) == 0)
        return sx_fail(error, SX_USAGE, "superpixels follow from a sample, and there is none");
    struct sx_nearest near = {.word = text};
    sx_nearest_offer(&near, "elements|columns|pixels|tokens|patches:|grid:|superpixels:|file:");
    return sx_fail(error, SX_USAGE,
                   "'%.40s' is none of elements, columns, pixels, tokens[:AXIS], patches:HxW, "
                   "grid:RxC, superpixels:N, file:LABELS.npy%s",
                   text, sx_nearest_text(&near));
}

static struct sx_players *new_players(const struct sx_shape *shape, enum sx_layout layout,
                                      struct sx_error *error)
{
    struct sx_players *p = sx_new(1, sizeof *p, error);
    if (p == NULL)
        return NULL;
    p->shape = *shape;
    p->layout = layout;
    p->label = sx_new((size_t)sx_count(shape), sizeof *p->label, error);
    if (p->label != NULL)
        return p;
    free(p);
    return NULL;
}

/* Returns p if `ok`; else frees it and returns NULL. */
static struct sx_players *checked(struct sx_players *p, bool ok, struct sx_error *error)
{
    if (ok && p->count < 1)
        ok = sx_fail(error, SX_USAGE, "there are no players");
    if (ok)
        return p;
    sx_players_free(p);
    return NULL;
}

struct sx_players *sx_players_new(const struct sx_shape *shape, const char *specification,
                                  enum sx_layout layout, struct sx_error *error)
{
    struct sx_players *p = new_players(shape, layout, error);
    return p != NULL ? checked(p, label_by(p, specification, error), error) : NULL;
}

static bool label_superpixels(struct sx_players *p, const double *x, const char *number,
                              struct sx_error *error)
{
    struct sx_grid g;
    int64_t n;
    if (!places_of(p, 2, &g, error))
        return false;
    if (!read_side(number, strlen(number), &n) || n > g.rows * g.columns)
        return sx_fail(error, SX_USAGE,
                       "'%.40s' is no number of superpixels from 1 to %lld places", number,
                       (long long)(g.rows * g.columns));
    int64_t *label = sx_new((size_t)(g.rows * g.columns), sizeof *label, error);
    bool ok = label != NULL && sx_slic(x, &g, n, label, &p->count, error);
    for (int64_t k = 0; ok && k < g.rows * g.columns; k++)
        set_place(p, &g, k / g.columns, k % g.columns, label[k]);
    p->on_grid = true;
    free(label);
    return ok;
}

struct sx_players *sx_players_at(const struct sx_tensor *x, const char *specification,
                                 enum sx_layout layout, struct sx_error *error)
{
    if (strncmp(specification, "superpixels:", 12) != 0)
        return sx_players_new(&x->shape, specification, layout, error);
    struct sx_players *p = new_players(&x->shape, layout, error);
    return p != NULL
               ? checked(p, label_superpixels(p, x->data, specification + 12, error), error)
               : NULL;
}

bool sx_players_leave(struct sx_players *p, const bool *kept, struct sx_error *error)
{
    for (int64_t i = 0; i < sx_count(&p->shape); i++)
        if (kept[i])
            p->label[i] = -1;
    p->rows = p->columns = 0;
    return number_labels(p, error);
}

int64_t sx_players_first(const struct sx_players *p, int64_t player)
{
    int64_t i = 0, n = sx_count(&p->shape);
    while (i < n && p->label[i] != player)
        i++;
    return i < n ? i : -1;
}

void sx_players_sum(const struct sx_players *p, const double *map, double *sums)
{
    for (int64_t k = 0; k < p->count; k++)
        sums[k] = 0;
    for (int64_t i = 0; i < sx_count(&p->shape); i++)
        if (p->label[i] >= 0)
            sums[p->label[i]] += map[i];
}

void sx_players_free(struct sx_players *p)
{
    if (p == NULL)
        return;
    free(p->label);
    free(p);
}

int64_t sx_players_count(const struct sx_players *p)
{
    return p->count;
}

bool sx_players_on_grid(const struct sx_players *p, int64_t *rows, int64_t *columns)
{
    *rows = p->rows;
    *columns = p->columns;
    return p->on_grid;
}

void sx_players_hold(const struct sx_players *p, const double *x, double *baseline)
{
    for (int64_t i = 0; i < sx_count(&p->shape); i++)
        if (p->label[i] < 0)
            baseline[i] = x[i];
}

void sx_players_spread(const struct sx_players *p, const double *values, double *map)
{
    for (int64_t i = 0; i < sx_count(&p->shape); i++)
        map[i] = p->label[i] >= 0 ? values[p->label[i]] : 0;
}

/* ---- Neighbours ---- */

static void join(uint64_t *near, size_t words, int64_t a, int64_t b)
{
    if (a < 0 || b < 0 || a == b)
        return;
    sx_set_add(near + (size_t)a * words, b);
    sx_set_add(near + (size_t)b * words, a);
}

static void join_places(const struct sx_players *p, const struct sx_grid *g, bool corners,
                        uint64_t *near, size_t words)
{
    static const int64_t step[4][2] = {{0, 1}, {1, 0}, {1, 1}, {1, -1}};
    for (int64_t at = 0; at < g->channels * g->rows * g->columns; at++) {
        int64_t c = at / (g->rows * g->columns);
        int64_t i = at / g->columns % g->rows, j = at % g->columns;
        int64_t here = c * g->channel_step + i * g->row_step + j * g->column_step;
        for (int k = 0; k < (corners ? 4 : 2); k++) {
            int64_t di = step[k][0], dj = step[k][1];
            if (i + di < g->rows && j + dj >= 0 && j + dj < g->columns)
                join(near, words, p->label[here],
                     p->label[here + di * g->row_step + dj * g->column_step]);
        }
        if (c + 1 < g->channels)
            join(near, words, p->label[here], p->label[here + g->channel_step]);
    }
}

bool sx_players_near(const struct sx_players *p, bool corners, uint64_t **near,
                     struct sx_error *error)
{
    size_t words = sx_set_words(p->count);
    struct sx_grid g;
    *near = NULL;
    if (p->on_grid && !sx_grid_of(&p->shape, p->layout, &g, error))
        return false;
    *near = sx_new((size_t)p->count, words * sizeof **near, error);
    if (*near == NULL)
        return false;
    if (p->on_grid)
        join_places(p, &g, corners, *near, words);
    else
        for (int64_t i = 0; i + 1 < p->count; i++)
            join(*near, words, i, i + 1);
    return true;
}
