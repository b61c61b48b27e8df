/* places.c - the places of a layer: cells of a map, tokens of a sequence, or blocks of them. */
#include <stdlib.h>

#include "explain/places.h"

static bool choose_axes(struct sx_places *p, const int axes[2], struct sx_error *error)
{
    int rank = p->shape.rank;
    bool named = axes[0] >= 0 || axes[1] >= 0;
    if (!named) {
        p->axis[0] = rank == 4 ? 2 : -1;
        p->axis[1] = rank == 4 ? 3 : rank - 2;
    } else {
        p->axis[0] = axes[1] >= 0 ? axes[0] : -1;
        p->axis[1] = axes[1] >= 0 ? axes[1] : axes[0];
    }
    if (!named && (rank < 2 || rank > 4))
        return sx_fail(error, SX_USAGE, "which axes of the layer's %d are places? Say --axes",
                       rank);
    if (p->axis[1] >= rank && p->axis[0] < 0)
        return sx_fail(error, SX_USAGE, "axis %d is none of the layer's %d", p->axis[1], rank);
    if (p->axis[1] >= rank || p->axis[0] >= p->axis[1])
        return sx_fail(error, SX_USAGE, "axes %d,%d are not two increasing axes of %d",
                       p->axis[0], p->axis[1], rank);
    if (!named && rank > 2 && p->shape.dim[0] != 1)
        return sx_fail(error, SX_USAGE,
                       "the layer's first axis is %lld and no batch of 1: say --axes",
                       (long long)p->shape.dim[0]);
    return true;
}

/* Assigns rows and columns to places: blocks of equal size, the last one larger. */
static void assign(struct sx_places *p)
{
    int64_t high = p->rows / p->block[0], wide = p->columns / p->block[1];
    for (int64_t r = 0; r < p->rows; r++)
        for (int64_t c = 0; c < p->columns; c++) {
            int64_t i = r / high, j = c / wide;
            i = i < p->block[0] ? i : p->block[0] - 1;
            j = j < p->block[1] ? j : p->block[1] - 1;
            p->of[r * p->columns + c] = i * p->block[1] + j;
        }
}

bool sx_places_new(struct sx_places *p, const struct sx_shape *shape, const int axes[2],
                   const int64_t blocks[2], struct sx_error *error)
{
    *p = (struct sx_places){.shape = *shape};
    if (!choose_axes(p, axes, error))
        return false;
    p->rows = p->axis[0] >= 0 ? shape->dim[p->axis[0]] : 1;
    p->columns = shape->dim[p->axis[1]];
    p->block[0] = blocks[0] > 0 ? blocks[0] : p->rows;
    p->block[1] = blocks[1] > 0 ? blocks[1] : p->columns;
    if (p->block[0] > p->rows || p->block[1] > p->columns)
        return sx_fail(error, SX_USAGE,
                       "a grid of %lldx%lld is finer than the layer, %lldx%lld",
                       (long long)p->block[0], (long long)p->block[1], (long long)p->rows,
                       (long long)p->columns);
    p->n = p->block[0] * p->block[1];
    p->of = sx_new((size_t)(p->rows * p->columns), sizeof *p->of, error);
    if (p->of == NULL)
        return false;
    if (p->n > 0)
        assign(p);
    return true;
}

void sx_places_free(struct sx_places *p)
{
    free(p->of);
    p->of = NULL;
}

int64_t sx_places_cell(const struct sx_places *p, int64_t i)
{
    int64_t at[2] = {0, 0};
    for (int k = p->shape.rank; k-- > 0;) {
        if (k == p->axis[0])
            at[0] = i % p->shape.dim[k];
        if (k == p->axis[1])
            at[1] = i % p->shape.dim[k];
        i /= p->shape.dim[k];
    }
    return at[0] * p->columns + at[1];
}

static bool in_blocks(const struct sx_places *p)
{
    return p->n < p->rows * p->columns;
}

int sx_places_spread(const struct sx_places *p, struct sx_graph *g, int numbers)
{
    struct sx_shape shape = {.rank = p->shape.rank}, cells = {1, {p->rows * p->columns}};
    for (int k = 0; k < shape.rank; k++)
        shape.dim[k] = k == p->axis[0] ? p->rows : k == p->axis[1] ? p->columns : 1;
    if (in_blocks(p))
        numbers = sx_take(g, numbers, sx_const(g, SX_INT, &cells, p->of), 0, false);
    return sx_reshape(g, numbers, &shape);
}

int sx_places_gather(const struct sx_places *p, struct sx_graph *g, int tensor)
{
    int axes[SX_MAX_RANK], n = 0;
    struct sx_shape cells = {1, {p->rows * p->columns}};
    for (int k = 0; k < p->shape.rank; k++)
        if (k != p->axis[0] && k != p->axis[1])
            axes[n++] = k;
    int sums = sx_reshape(g, sx_sum(g, tensor, axes, n), &cells);
    if (in_blocks(p))
        sums = sx_put(g, sums, sx_const(g, SX_INT, &cells, p->of), 0, p->n, false);
    return sums;
}

int sx_places_pool(const struct sx_places *p, struct sx_graph *g, int tensor)
{
    return sx_sum(g, tensor, p->axis[0] >= 0 ? p->axis : p->axis + 1, p->axis[0] >= 0 ? 2 : 1);
}
