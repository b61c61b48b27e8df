/* grid.c - arrays seen as pictures: the roles of axes, and blurring along two of them. */
#include <math.h>
#include <stdlib.h>

#include "io/picture.h"

static bool is_colour(int64_t n)
{
    return n == 1 || n == 3;
}

bool sx_channels_last(int64_t first, int64_t last, enum sx_layout layout)
{
    if (layout != SX_LAYOUT_AUTO)
        return layout == SX_NHWC;
    return is_colour(last) && !is_colour(first);
}

static int64_t square_side(int64_t n)
{
    int64_t side = n > 0 ? llround(sqrt((double)n)) : 0;
    return side > 0 && n / side == side && n % side == 0 ? side : 0;
}

void sx_vector_sides(int64_t n, int64_t sides[3])
{
    int64_t channels = square_side(n) == 0 && n % 3 == 0 && square_side(n / 3) > 0 ? 3 : 1;
    int64_t side = square_side(n / channels);
    sides[0] = channels;
    sides[1] = side > 0 ? side : 1;
    sides[2] = side > 0 ? side : n;
}

/* The grid of a dense array with c channels, h rows, w columns. */
static struct sx_grid dense(int64_t c, int64_t h, int64_t w, bool channels_last)
{
    if (channels_last)
        return (struct sx_grid){c, h, w, 1, w * c, c};
    return (struct sx_grid){c, h, w, h * w, w, 1};
}

bool sx_grid_of(const struct sx_shape *shape, enum sx_layout layout, struct sx_grid *grid,
                struct sx_error *error)
{
    int64_t count;
    if (!sx_shape_count(shape, &count, error))
        return false;
    if (count == 0)
        return sx_fail(error, SX_FAILED, "an empty array is no picture");
    int lead = 0;
    while (shape->rank - lead > 3 && shape->dim[lead] == 1)
        lead++;
    const int64_t *dim = shape->dim + lead;
    int rank = shape->rank - lead;
    if (rank > 3)
        return sx_fail(error, SX_FAILED, "an array of %d axes longer than 1 is no picture",
                       rank);
    bool last = rank == 3 ? sx_channels_last(dim[0], dim[2], layout) : layout == SX_NHWC;
    int64_t sides[3];
    sx_vector_sides(count, sides);
    if (rank < 2 || (rank == 2 && dim[0] == 1))
        *grid = dense(sides[0], sides[1], sides[2], last);
    else if (rank == 2)
        *grid = dense(1, dim[0], dim[1], false);
    else if (last)
        *grid = dense(dim[2], dim[0], dim[1], true);
    else
        *grid = dense(dim[0], dim[1], dim[2], false);
    return true;
}

bool sx_picture_of(const struct sx_tensor *array, enum sx_layout layout,
                   struct sx_picture *picture, struct sx_error *error)
{
    struct sx_grid grid;
    double low = INFINITY, high = -INFINITY;
    *picture = (struct sx_picture){0};
    if (!sx_grid_of(&array->shape, layout, &grid, error))
        return false;
    if (!is_colour(grid.channels))
        return sx_fail(error, SX_FAILED, "an array of %lld channels is no picture",
                       (long long)grid.channels);
    if (!sx_picture_new(picture, (size_t)grid.columns, (size_t)grid.rows, (int)grid.channels,
                        error))
        return false;
    for (int64_t i = 0; i < sx_count(&array->shape); i++) {
        double v = sx_tensor_get(array, i);
        low = isfinite(v) && v < low ? v : low;
        high = isfinite(v) && v > high ? v : high;
    }
    uint8_t *to = picture->pixels;
    for (int64_t y = 0; y < grid.rows; y++)
        for (int64_t x = 0; x < grid.columns; x++)
            for (int64_t c = 0; c < grid.channels; c++) {
                double v = sx_tensor_get(array, c * grid.channel_step + y * grid.row_step +
                                                    x * grid.column_step);
                double t = high > low ? (v - low) / (high - low) : 0;
                *to++ = (uint8_t)lround(255 * fmin(fmax(isnan(t) ? 0 : t, 0), 1));
            }
    return true;
}

/* Position i, which may be outside, in a row of n that is mirrored at its ends: ... b a | a b c | c
 * b ... */
static int64_t mirror(int64_t i, int64_t n)
{
    i %= 2 * n;
    if (i < 0)
        i += 2 * n;
    return i < n ? i : 2 * n - 1 - i;
}

/* The taps of a blur, and a buffer for one line with mirrored margins. */
struct blur {
    int64_t radius;
    double *weight, *line;
};

static void blur_line(struct sx_tensor *tensor, const struct blur *blur, int64_t at,
                      int64_t step, int64_t n)
{
    int64_t radius = blur->radius;
    for (int64_t i = -radius; i < n + radius; i++)
        blur->line[i + radius] = sx_tensor_get(tensor, at + step * mirror(i, n));
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int64_t k = 0; k <= 2 * radius; k++)
            sum += blur->weight[k] * blur->line[i + k];
        sx_tensor_set(tensor, at + step * i, sum);
    }
}

static bool make_blur(struct blur *blur, double sigma, int64_t longest, struct sx_error *error)
{
    int64_t radius = (int64_t)(4 * sigma + 0.5), taps = 2 * radius + 1;
    size_t line;
    *blur = (struct blur){.radius = radius};
    if (!sx_size_add(&line, (size_t)longest, (size_t)taps))
        return sx_fail(error, SX_MEMORY, "out of memory");
    blur->weight = sx_new((size_t)taps, sizeof *blur->weight, error);
    blur->line = sx_new(line, sizeof *blur->line, error);
    if (blur->weight == NULL || blur->line == NULL)
        return false;
    double sum = 0;
    for (int64_t i = -radius; i <= radius; i++) {
        double z = sigma > 0 ? (double)i / sigma : 0;
        sum += blur->weight[i + radius] = exp(-0.5 * z * z);
    }
    for (int64_t k = 0; k < taps; k++)
        blur->weight[k] /= sum;
    return true;
}

bool sx_blur(struct sx_tensor *tensor, enum sx_layout layout, double sigma,
             struct sx_error *error)
{
    struct sx_grid g;
    struct blur blur = {0};
    if (!(sigma >= 0 && sigma <= 1000))
        return sx_fail(error, SX_USAGE, "blur wants a sigma from 0 to 1000, not %g", sigma);
    if (!sx_grid_of(&tensor->shape, layout, &g, error))
        return false;
    bool done = make_blur(&blur, sigma, g.rows > g.columns ? g.rows : g.columns, error);
    for (int64_t c = 0; done && c < g.channels; c++) {
        int64_t at = c * g.channel_step;
        for (int64_t y = 0; y < g.rows; y++)
            blur_line(tensor, &blur, at + y * g.row_step, g.column_step, g.columns);
        for (int64_t x = 0; x < g.columns; x++)
            blur_line(tensor, &blur, at + x * g.column_step, g.row_step, g.rows);
    }
    free(blur.weight);
    free(blur.line);
    return done;
}
