/* heat.c - an attribution as a heat map: channels are reduced, the sign is chosen, outliers are
 * clipped. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plot/plot.h"

/* Reduces the channels of one place to one number; NaN counts as 0. */
static double reduce(int how, const struct sx_tensor *map, const struct sx_grid *grid,
                     int64_t at)
{
    double result = 0;
    for (int64_t c = 0; c < grid->channels; c++) {
        double v = sx_tensor_get(map, at + c * grid->channel_step);
        if (how == SX_REDUCE_SUM)
            result += v;
        else if (how == SX_REDUCE_ABS_SUM)
            result += fabs(v);
        else if (fabs(v) > fabs(result))
            result = v;
    }
    return isnan(result) ? 0 : result;
}

static double take_sign(int sign, double v)
{
    switch (sign) {
    case SX_SIGN_ABS:
        return fabs(v);
    case SX_SIGN_POS:
        return fmax(v, 0);
    case SX_SIGN_NEG:
        return fmax(-v, 0);
    default:
        return v;
    }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Finds the scale. Infinite values are ignored. */
static bool find_scale(struct sx_heat *heat, double percent, struct sx_error *error)
{
    size_t n = (size_t)(heat->rows * heat->columns), used = 0;
    double *sorted = sx_new(n, sizeof *sorted, error), total = 0, sum = 0;
    if (sorted == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        if (isfinite(heat->value[i]))
            sorted[used++] = fabs(heat->value[i]);
    qsort(sorted, used, sizeof *sorted, compare);
    for (size_t i = 0; i < used; i++)
        total += sorted[i];
    heat->scale = 0;
    for (size_t i = 0; i < used && total > 0; i++) {
        sum += sorted[i];
        heat->scale = sorted[i];
        if (sum >= total * 0.01 * percent)
            break;
    }
    free(sorted);
    return true;
}

/* Subtracts the smallest value of an unsigned map if it is over half of the largest. These are means
 * over masks, as those of RISE, and their zero has no meaning. */
static void find_floor(struct sx_heat *heat)
{
    double low = INFINITY, high = 0;
    int64_t n = heat->rows * heat->columns;
    for (int64_t i = 0; i < n; i++) {
        low = fmin(low, heat->value[i]);
        high = fmax(high, heat->value[i]);
    }
    if (heat->is_signed || !isfinite(high) || low <= high / 2 || low == high)
        return;
    heat->low = low;
    for (int64_t i = 0; i < n; i++)
        heat->value[i] -= low;
}

bool sx_heat_new(struct sx_heat *heat, const struct sx_plot *plot, const struct sx_tensor *map,
                 struct sx_error *error)
{
    struct sx_grid grid;
    *heat = (struct sx_heat){0};
    if (!sx_grid_of(&map->shape, plot->layout, &grid, error))
        return false;
    double *value = sx_new((size_t)(grid.rows * grid.columns), sizeof *value, error);
    if (value == NULL)
        return false;
    *heat = (struct sx_heat){.rows = grid.rows,
                             .columns = grid.columns,
                             .value = value,
                             .is_signed = plot->sign == SX_SIGN_ALL,
                             .negative = plot->sign == SX_SIGN_NEG};
    for (int64_t y = 0; y < grid.rows; y++)
        for (int64_t x = 0; x < grid.columns; x++) {
            int64_t at = y * grid.row_step + x * grid.column_step;
            *value++ = take_sign(plot->sign, reduce(plot->reduce, map, &grid, at));
        }
    find_floor(heat);
    if (find_scale(heat, 100 - plot->outlier, error))
        return true;
    sx_heat_free(heat);
    return false;
}

void sx_heat_free(struct sx_heat *heat)
{
    free(heat->value);
    *heat = (struct sx_heat){0};
}

double sx_heat_at(const struct sx_heat *heat, int64_t i)
{
    double v = heat->value[i];
    if (v == 0)
        return 0;
    return fmin(fmax(heat->scale > 0 ? v / heat->scale : v, -1), 1);
}

unsigned sx_heat_colour(const struct sx_heat *heat, const struct sx_plot *plot, double value)
{
    bool reversed;
    const struct sx_colours *colours = sx_colours_find(plot->colours, &reversed);
    if (colours == NULL)
        colours = sx_colours_find(heat->is_signed ? "rdbu" : "inferno", &reversed);
    bool both = heat->is_signed || colours->diverging;
    if (both)
        value = ((heat->negative ? -value : value) + 1) / 2;
    return sx_colours_at(colours, reversed, value);
}

/* A place and its rank. */
struct rank {
    double magnitude;
    size_t place;
};

static int compare_ranks(const void *a, const void *b)
{
    const struct rank *x = a, *y = b;
    if (x->magnitude != y->magnitude)
        return x->magnitude < y->magnitude ? 1 : -1;
    return (x->place > y->place) - (x->place < y->place);
}

bool sx_heat_top(const struct sx_heat *heat, double percent, uint8_t *keep,
                 struct sx_error *error)
{
    size_t n = (size_t)(heat->rows * heat->columns);
    struct rank *ranks = sx_new(n, sizeof *ranks, error);
    if (ranks == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        ranks[i] = (struct rank){fabs(heat->value[i]), i};
    qsort(ranks, n, sizeof *ranks, compare_ranks);
    size_t top = (size_t)lround((double)n * percent / 100);
    memset(keep, 0, n);
    for (size_t i = 0; i < n && i < (top > 0 ? top : 1); i++)
        keep[ranks[i].place] = 1;
    free(ranks);
    return true;
}
