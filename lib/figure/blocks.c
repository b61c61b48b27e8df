/* blocks.c - draws blocks of partitions over the picture whose parts are the players. */
#include <math.h>
#include <stdlib.h>

#include "figure/figure.h"
#include "io/picture.h"
#include "sextant/explain.h"

enum { SIDE = 300, GAP = 16, CAPTION = 40 };

/* The player of each pixel of the picture; -1: none. `player` is NULL if players are unknown. */
struct cover {
    int64_t rows, columns, *player;
};

static bool shape_of(const struct sx_datum *record, struct sx_shape *shape)
{
    const struct sx_datum *dims = sx_datum_at(record, "input.shape");
    shape->rank = (int)sx_datum_count(dims);
    if (shape->rank != 4)
        return false;
    for (int i = 0; i < 4; i++) {
        double dim = sx_datum_element(dims, i);
        shape->dim[i] = dim >= 1 && dim < 1e5 ? (int64_t)dim : 1;
    }
    return true;
}

/* Finds the player of each pixel. Players that depend on the picture's values, such as
 * superpixels, are unknown. */
static bool cover_of(struct cover *c, const struct sx_datum *record, enum sx_layout layout,
                     int64_t n, struct sx_error *error)
{
    const char *by = sx_datum_text(sx_datum_at(record, "params.players"), NULL);
    struct sx_error unknown = {0};
    struct sx_shape shape;
    struct sx_grid g;
    *c = (struct cover){0};
    if (by == NULL || !shape_of(record, &shape) || !sx_grid_of(&shape, layout, &g, &unknown))
        return true;
    struct sx_players *players = sx_players_new(&shape, by, layout, &unknown);
    size_t size = (size_t)sx_count(&shape);
    double *number = sx_new((size_t)n, sizeof *number, error);
    double *spread = sx_new(size, sizeof *spread, error);
    bool known = players != NULL && sx_players_count(players) == n;
    c->player = sx_new((size_t)(g.rows * g.columns), sizeof *c->player, error);
    bool ok = number != NULL && spread != NULL && c->player != NULL;
    for (int64_t i = 0; ok && i < n; i++)
        number[i] = (double)(i + 1);
    if (ok && known)
        sx_players_spread(players, number, spread);
    c->rows = g.rows;
    c->columns = g.columns;
    for (int64_t i = 0; ok && known && i < g.rows * g.columns; i++)
        c->player[i] =
            (int64_t)spread[i / g.columns * g.row_step + i % g.columns * g.column_step] - 1;
    if (!ok || !known) {
        free(c->player);
        c->player = NULL;
    }
    free(number);
    free(spread);
    sx_players_free(players);
    return ok;
}

static int64_t block_at(const struct cover *c, const int64_t *block, int64_t row,
                        int64_t column)
{
    row = row < 0 ? 0 : row >= c->rows ? c->rows - 1 : row;
    column = column < 0 ? 0 : column >= c->columns ? c->columns - 1 : column;
    int64_t player = c->player[row * c->columns + column];
    return player >= 0 ? block[player] : SX_NO_BLOCK;
}

/* Whether another block begins within the width of a line. */
static bool is_edge(const struct cover *c, const int64_t *block, int64_t row, int64_t column,
                    int64_t width)
{
    int64_t own = block_at(c, block, row, column);
    for (int64_t i = row - width; i <= row + width; i++)
        for (int64_t j = column - width; j <= column + width; j++)
            if (block_at(c, block, i, j) != own)
                return true;
    return false;
}

static uint32_t pixel_of(unsigned colour, double alpha)
{
    uint32_t pixel = (uint32_t)lround(255 * alpha) << 24;
    for (unsigned shift = 0; shift < 24; shift += 8)
        pixel |= (uint32_t)lround((colour >> shift & 255U) * alpha) << shift;
    return pixel;
}

/* Draws a partition. Blocks of several players have a colour and an outline; single players are
 * unchanged. */
static bool draw_panel(struct sx_page *p, const struct sx_figure *f, const struct cover *c,
                       const int64_t *block, double x, double y, double width, double height,
                       struct sx_error *error)
{
    size_t places = (size_t)(c->rows * c->columns);
    uint32_t *argb = sx_new(places, sizeof *argb, error);
    int64_t line = c->columns / 150;
    bool ok =
        argb != NULL && sx_page_picture(p, x, y, width, height, f->item[0].behind, true, error);
    for (size_t i = 0; ok && i < places; i++) {
        int64_t row = (int64_t)i / c->columns, column = (int64_t)i % c->columns;
        int64_t b = block_at(c, block, row, column);
        if (b < 0)
            continue;
        bool edge = line > 0 && is_edge(c, block, row, column, line);
        argb[i] = pixel_of(sx_series(b), edge ? 1 : 0.4);
    }
    if (ok)
        sx_page_image(p, x, y, width, height, argb, (int)c->columns, (int)c->rows, false);
    free(argb);
    sx_page_colour(p, 0xb0b0b0, 1);
    sx_page_frame(p, x, y, width, height, 1);
    return ok;
}

static void caption(struct sx_page *p, const struct sx_datum *record, const char *key,
                    const char *what, double x, double y)
{
    char number[32], text[120];
    sx_short_number(number, sx_datum_number(sx_datum_at(record, key), NAN));
    snprintf(text, sizeof text, "%s = %s", key, number);
    sx_page_colour(p, SX_BLACK, 1);
    sx_page_text(p, x, y + 4, 0.5, sx_plain, what);
    sx_page_text(p, x, y + 20, 0.5, sx_plain, text);
}

bool sx_draw_blocks(struct sx_page *p, const struct sx_figure *f, const struct sx_parts *parts,
                    bool *drawn, double x, double y, double *width, double *height,
                    struct sx_error *error)
{
    const struct sx_datum *record = f->item[0].record;
    const struct sx_picture *behind = f->item[0].behind;
    struct cover c = {0};
    *drawn = false;
    if (behind == NULL)
        return true;
    bool ok = cover_of(&c, record, f->o->map.layout, parts->n, error);
    *drawn = ok && c.player != NULL;
    double times = SIDE / fmax(behind->width, behind->height);
    double wide = fmax(round(behind->width * times), 24);
    double high = fmax(round(behind->height * times), 24), step = fmax(wide, 220) + GAP;
    if (*drawn)
        ok = draw_panel(p, f, &c, parts->best, x, y, wide, high, error) &&
             draw_panel(p, f, &c, parts->worst, x + step, y, wide, high, error);
    if (*drawn && ok) {
        caption(p, record, "B_max", "blocks that together add most", x + wide / 2, y + high);
        caption(p, record, "B_min", "blocks that together add least", x + step + wide / 2,
                y + high);
        *width = step + wide;
        *height = high + CAPTION;
    }
    free(c.player);
    return ok;
}
