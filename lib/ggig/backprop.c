/* backprop.c - guided backpropagation, and Guided Grad-CAM, its product with Grad-CAM. */
#include <math.h>

#include "explain/guided.h"
#include "ggig/attribute.h"
#include "io/picture.h"

bool sx_attribute_guided_backprop(struct sx_attributing *a)
{
    return sx_guided_gradient(a->e, a->map, a->error);
}

/* The map of the layer at a pixel, by linear interpolation. */
static double at_pixel(const struct sx_tensor *map, const struct sx_grid *grid, int64_t row,
                       int64_t column)
{
    const double *value = map->data;
    int64_t rows = map->shape.dim[0], columns = map->shape.dim[1], y[2], x[2];
    double down = sx_between(row, grid->rows, rows, &y[0], &y[1]);
    double right = sx_between(column, grid->columns, columns, &x[0], &x[1]);
    double upper =
        (1 - right) * value[y[0] * columns + x[0]] + right * value[y[0] * columns + x[1]];
    double lower =
        (1 - right) * value[y[1] * columns + x[0]] + right * value[y[1] * columns + x[1]];
    return (1 - down) * upper + down * lower;
}

static void multiply(double *to, const struct sx_tensor *map, const struct sx_grid *g)
{
    for (int64_t y = 0; y < g->rows; y++)
        for (int64_t x = 0; x < g->columns; x++) {
            double weight = at_pixel(map, g, y, x);
            for (int64_t c = 0; c < g->channels; c++)
                to[c * g->channel_step + y * g->row_step + x * g->column_step] *= weight;
        }
}

/* Selvaraju and others, ICCV 2017: Grad-CAM at the size of the picture, times the guided gradient. */
bool sx_attribute_guided_gradcam(struct sx_attributing *a, struct sx_attribution *r)
{
    struct sx_shape shape = a->e->input.shape;
    struct sx_grid grid;
    if (!sx_is_picture(&shape) || !sx_grid_of(&shape, a->o->layout, &grid, a->error))
        return sx_fail(a->error, SX_USAGE, "guided-gradcam needs a picture as input");
    if (!sx_attribute_gradcam(a, r))
        return false;
    struct sx_tensor places = r->map;
    r->map = (struct sx_tensor){0};
    sx_without_batch(&shape);
    bool ok = places.shape.rank == 2 ||
              sx_fail(a->error, SX_USAGE, "guided-gradcam needs a layer of rows and columns");
    ok = ok && sx_tensor_new(&r->map, SX_DOUBLE, &shape, a->error) &&
         sx_guided_gradient(a->e, r->map.data, a->error);
    if (ok)
        multiply(r->map.data, &places, &grid);
    sx_tensor_free(&places);
    return ok;
}
