/* cam.c - Grad-CAM: feature maps weighed by their mean gradients.
 *
 * Its variables are the places of the feature maps A, not elements of x: the map is sum over c
 * of alpha_c A_c, alpha_c = mean over places of df/dA_c, before any ReLU (Selvaraju et al.
 * 2017, equations 1 and 2). A place belongs to the player at its centre; masking a player sets
 * its places to zero. Players too small for a place of their own get the map resampled. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explain/find_layer.h"
#include "io/picture.h"
#include "decompose/decompose.h"

/* Opens the explainer of f as a function of the layer. */
static bool open_layer(struct sx_decomposing *d)
{
    const char *layer = d->o->layer != NULL ? d->o->layer : sx_last_convolution(d->e, d->error);
    d->of_features = layer != NULL ? sx_explainer_at_layer(d->e, layer, d->error) : NULL;
    return d->of_features != NULL;
}

/* Gives each place the player of the element of x at its centre. */
static bool place_cells(struct sx_decomposing *d, const struct sx_shape *maps)
{
    struct sx_grid g;
    struct sx_cells *c = &d->cells;
    struct sx_shape x = d->players->shape;
    if (maps->rank != 4 || maps->dim[0] != 1 || x.rank < 3 ||
        !sx_grid_of(&x, d->o->layout, &g, d->error))
        return sx_fail(d->error, SX_MODEL, "Grad-CAM: no feature maps of a picture");
    *c = (struct sx_cells){maps->dim[2], maps->dim[3], maps->dim[1], NULL, true, NULL};
    c->player = sx_new((size_t)(c->rows * c->columns), sizeof *c->player, d->error);
    bool *owns = sx_new((size_t)d->n, sizeof *owns, d->error);
    bool ok = c->player != NULL && owns != NULL;
    for (int64_t i = 0; ok && i < c->rows * c->columns; i++) {
        int64_t row = (2 * (i / c->columns) + 1) * g.rows / (2 * c->rows);
        int64_t column = (2 * (i % c->columns) + 1) * g.columns / (2 * c->columns);
        c->player[i] = d->players->label[row * g.row_step + column * g.column_step];
        if (c->player[i] >= 0)
            owns[c->player[i]] = true;
    }
    for (int64_t p = 0; ok && p < d->n; p++)
        c->whole = c->whole && owns[p];
    free(owns);
    return ok;
}

/* Keeps in the maps only the places of the players in *set, and those that belong to no player. */
static void masked_maps(const struct sx_decomposing *d, const uint64_t *set, double *maps)
{
    const struct sx_cells *c = &d->cells;
    const double *a = d->of_features->input.data;
    int64_t places = c->rows * c->columns;
    for (int64_t i = 0; i < c->channels * places; i++) {
        int64_t player = c->player[i % places];
        bool present = set == NULL || player < 0 || (*set >> player & 1) != 0;
        maps[i] = present ? a[i] : 0;
    }
}

static bool values_of_maps(void *context, int64_t n, const uint64_t *sets, double *values,
                           struct sx_error *error)
{
    struct sx_decomposing *d = context;
    int64_t size = d->cells.channels * d->cells.rows * d->cells.columns, room = 64;
    size_t words = sx_set_words(d->n);
    double *maps = sx_new((size_t)(room * size), sizeof *maps, error);
    bool ok = maps != NULL;
    for (int64_t k = 0; ok && k < n; k += room) {
        int64_t now = n - k < room ? n - k : room;
        for (int64_t j = 0; j < now; j++)
            masked_maps(d, &sets[(size_t)(k + j) * words], maps + j * size);
        ok = sx_gradients(d->of_features, now, maps, values + k, NULL, error);
    }
    free(maps);
    return ok;
}

/* Computes sum over channels of (mean gradient * map) at every place. */
static void weigh(const struct sx_cells *c, const double *a, const double *gradient,
                  double *map)
{
    int64_t places = c->rows * c->columns;
    memset(map, 0, (size_t)places * sizeof *map);
    for (int64_t k = 0; k < c->channels; k++) {
        double alpha = 0;
        for (int64_t i = 0; i < places; i++)
            alpha += gradient[k * places + i] / (double)places;
        for (int64_t i = 0; i < places; i++)
            map[i] += alpha * a[k * places + i];
    }
}

/* Computes the map of x, and f without any player. */
static bool look(struct sx_decomposing *d, struct sx_frame *f)
{
    struct sx_cells *c = &d->cells;
    const double *a = d->of_features->input.data;
    int64_t size = c->channels * c->rows * c->columns;
    double *maps = sx_new((size_t)size, sizeof *maps, d->error);
    double *gradient = sx_new((size_t)size, sizeof *gradient, d->error);
    c->map = sx_new((size_t)(c->rows * c->columns), sizeof *c->map, d->error);
    bool ok = maps != NULL && gradient != NULL && c->map != NULL &&
              sx_gradients(d->of_features, 1, a, NULL, gradient, d->error);
    f->f_b = NAN;
    if (ok && c->whole) {
        masked_maps(d, &(uint64_t){0}, maps);
        ok = sx_gradients(d->of_features, 1, maps, &f->f_b, NULL, d->error);
    }
    if (ok)
        weigh(c, a, gradient, c->map);
    free(maps);
    free(gradient);
    return ok;
}

bool sx_features_open(struct sx_decomposing *d)
{
    struct sx_frame *f = &d->features;
    if (!open_layer(d) || !place_cells(d, &d->of_features->input.shape))
        return false;
    if (d->n >= 64)
        d->cells.whole = false;
    f->game = sx_game_new(d->n, values_of_maps, d, d->error);
    return f->game != NULL && look(d, f);
}

/* The map at a point between places, by linear interpolation. Outside of the outer places it is
 * constant. */
static double sample(const struct sx_cells *c, const double *map, double row, double column)
{
    row = fmin(fmax(row, 0), (double)(c->rows - 1));
    column = fmin(fmax(column, 0), (double)(c->columns - 1));
    int64_t r = (int64_t)row, k = (int64_t)column;
    int64_t r1 = r + 1 < c->rows ? r + 1 : r, k1 = k + 1 < c->columns ? k + 1 : k;
    double down = row - (double)r, right = column - (double)k;
    const double *upper = map + r * c->columns, *lower = map + r1 * c->columns;
    return (1 - down) * ((1 - right) * upper[k] + right * upper[k1]) +
           down * ((1 - right) * lower[k] + right * lower[k1]);
}

/* Gives players smaller than a place the resampled map at their elements, scaled such that a
 * constant map keeps its sum. */
static bool resample(struct sx_decomposing *d, const double *map, double *to)
{
    const struct sx_cells *c = &d->cells;
    struct sx_grid g;
    if (!sx_grid_of(&d->players->shape, d->o->layout, &g, d->error))
        return false;
    double part = (double)(c->rows * c->columns) / (double)(g.rows * g.columns * g.channels);
    for (int64_t i = 0; i < g.rows * g.columns; i++) {
        int64_t y = i / g.columns, x = i % g.columns;
        double row = ((double)y + 0.5) * (double)c->rows / (double)g.rows - 0.5;
        double column = ((double)x + 0.5) * (double)c->columns / (double)g.columns - 0.5;
        double value = part * sample(c, map, row, column);
        for (int64_t k = 0; k < g.channels; k++) {
            int64_t at = k * g.channel_step + y * g.row_step + x * g.column_step;
            if (d->players->label[at] >= 0)
                to[d->players->label[at]] += value;
        }
    }
    return true;
}

bool sx_features_map(struct sx_decomposing *d, struct sx_tensor *map)
{
    const struct sx_cells *c = &d->cells;
    struct sx_shape shape = {2, {c->rows, c->columns}};
    if (!sx_tensor_new(map, SX_DOUBLE, &shape, d->error))
        return false;
    memcpy(map->data, c->map, (size_t)(c->rows * c->columns) * sizeof *c->map);
    return true;
}

/* Gives the places of a map to their players. */
static bool give(struct sx_decomposing *d, const double *map, double *to)
{
    const struct sx_cells *c = &d->cells;
    if (!c->whole)
        return resample(d, map, to);
    for (int64_t i = 0; i < c->rows * c->columns; i++)
        if (c->player[i] >= 0)
            to[c->player[i]] += map[i];
    return true;
}

bool sx_run_cam(struct sx_decomposing *d, const struct sx_frame *f, int64_t n,
                const uint64_t *sets, double *to)
{
    const struct sx_cells *c = &d->cells;
    int64_t places = c->rows * c->columns, size = c->channels * places;
    int64_t room = n < 64 ? n : 64;
    (void)f;
    memset(to, 0, (size_t)(n * d->n) * sizeof *to);
    if (sets == NULL)
        return give(d, c->map, to);
    d->e->forward += n;
    d->e->backward += n;
    double *maps = sx_new((size_t)(room * size), sizeof *maps, d->error);
    double *gradients = sx_new((size_t)(room * size), sizeof *gradients, d->error);
    double *map = sx_new((size_t)places, sizeof *map, d->error);
    bool ok = maps != NULL && gradients != NULL && map != NULL;
    for (int64_t k = 0; ok && k < n; k += room) {
        int64_t now = n - k < room ? n - k : room;
        for (int64_t j = 0; j < now; j++)
            masked_maps(d, &sets[k + j], maps + j * size);
        ok = sx_gradients(d->of_features, now, maps, NULL, gradients, d->error);
        for (int64_t j = 0; ok && j < now; j++) {
            weigh(c, maps + j * size, gradients + j * size, map);
            ok = give(d, map, to + (k + j) * d->n);
        }
    }
    free(maps);
    free(gradients);
    free(map);
    return ok;
}
