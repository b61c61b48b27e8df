/* edge.c - an edge detector, which does not depend on the model: maps should be better than this.
 *
 * It equals OpenCV's GaussianBlur of 3 x 3 and Sobel(dx = 1, dy = 1, ksize = 5), channel by
 * channel. Both are separable; borders are mirrored at the last element. */
#include <stdlib.h>

#include "ggig/attribute.h"
#include "io/picture.h"

static int64_t mirrored(int64_t i, int64_t n)
{
    while (n > 1 && (i < 0 || i >= n))
        i = i < 0 ? -i : 2 * (n - 1) - i;
    return n > 1 ? i : 0;
}

/* Correlates n elements, `step` apart, with a kernel of 2 reach + 1; `line` has room for n. */
static void correlate(double *value, int64_t n, int64_t step, const double *kernel, int reach,
                      double *line)
{
    for (int64_t i = 0; i < n; i++) {
        line[i] = 0;
        for (int k = -reach; k <= reach; k++)
            line[i] += kernel[k + reach] * value[mirrored(i + k, n) * step];
    }
    for (int64_t i = 0; i < n; i++)
        value[i * step] = line[i];
}

/* Filters the rows and the columns of every channel. */
static void filter(double *map, const struct sx_grid *g, const double *kernel, int reach,
                   double *line)
{
    for (int64_t c = 0; c < g->channels; c++) {
        double *plane = map + c * g->channel_step;
        for (int64_t y = 0; y < g->rows; y++)
            correlate(plane + y * g->row_step, g->columns, g->column_step, kernel, reach, line);
        for (int64_t x = 0; x < g->columns; x++)
            correlate(plane + x * g->column_step, g->rows, g->row_step, kernel, reach, line);
    }
}

bool sx_attribute_edge(struct sx_attributing *a)
{
    static const double blur[] = {0.25, 0.5, 0.25}, slope[] = {-1, -2, 0, 2, 1};
    const struct sx_shape *shape = &sx_explainer_input(a->e)->shape;
    struct sx_grid grid;
    if (!sx_is_picture(shape) || !sx_grid_of(shape, a->o->layout, &grid, a->error))
        return sx_fail(a->error, SX_USAGE, "edge needs a picture as input");
    int64_t longest = grid.rows > grid.columns ? grid.rows : grid.columns;
    double *line = sx_new((size_t)longest, sizeof *line, a->error);
    if (line == NULL)
        return false;
    for (int64_t i = 0; i < a->size; i++)
        a->map[i] = a->x[i];
    filter(a->map, &grid, blur, 1, line);
    filter(a->map, &grid, slope, 2, line);
    free(line);
    return true;
}
