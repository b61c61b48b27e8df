/* cells.c - a table of values from 0 to 1 as coloured cells, with a colour bar. */
#include <math.h>

#include "plot/plot.h"

enum { CELL = 24, MARGIN = 12, BAR = 14, TITLE = 2 * SX_LINE_HEIGHT };

#define MISSING 0xc8c8c8U

static unsigned colour(const struct sx_colours *map, double value)
{
    if (!isfinite(value))
        return MISSING;
    return sx_colours_at(map, false, value < 0 ? 0 : value > 1 ? 1 : value);
}

/* Numbers along both sides; where cells are many, every fifth. */
static void label(struct sx_picture *to, int64_t x, int64_t y, int64_t rows, int64_t columns)
{
    char text[24];
    for (int64_t j = 0; j < rows; j++) {
        snprintf(text, sizeof text, "%lld", (long long)j);
        sx_draw_text(to, x - 6 - sx_text_width(text),
                     y + j * CELL + (CELL - SX_GLYPH_HEIGHT) / 2, text, SX_INK);
    }
    for (int64_t c = 0; c < columns; c++) {
        snprintf(text, sizeof text, "%lld", (long long)c);
        if (sx_text_width(text) <= CELL || c % 5 == 0)
            sx_draw_text(to, x + c * CELL + (CELL - sx_text_width(text)) / 2,
                         y + rows * CELL + 4, text, SX_INK);
    }
}

static void draw_bar(struct sx_picture *to, int64_t x, int64_t y, int64_t height,
                     const struct sx_colours *map)
{
    static const char *const mark[] = {"1", "0.5", "0"};
    for (int64_t i = 0; i < height; i++) {
        double value = height > 1 ? 1 - (double)i / (double)(height - 1) : 0;
        sx_draw_fill(to, x, y + i, BAR, 1, colour(map, value));
    }
    sx_draw_frame(to, x, y, BAR, height, SX_INK);
    for (int64_t k = 0; k < 3; k++)
        sx_draw_text(to, x + BAR + 5, y + k * (height - 1) / 2 - (k * SX_GLYPH_HEIGHT) / 2,
                     mark[k], SX_INK);
}

bool sx_plot_cells(const double *values, int64_t rows, int64_t columns, const char *title,
                   const char *row_name, const char *column_name, struct sx_picture *figure,
                   struct sx_error *error)
{
    const struct sx_colours *map = NULL;
    bool reversed;
    map = sx_colours_find("afmhot", &reversed);
    int64_t left = MARGIN + 6 * SX_GLYPH_WIDTH, top = MARGIN + TITLE;
    if (rows < 1 || columns < 1 || rows > 4096 || columns > 4096)
        return sx_fail(error, SX_FAILED, "a table of %lld x %lld cells cannot be drawn",
                       (long long)rows, (long long)columns);
    int64_t width = columns * CELL, text = sx_text_width(title);
    int64_t bar = left + (width > text - 60 ? width : text - 60) + 2 * MARGIN;
    if (!sx_canvas_new(figure, bar + BAR + 5 + 4 * SX_GLYPH_WIDTH + MARGIN,
                       top + rows * CELL + 2 * SX_LINE_HEIGHT + MARGIN, error))
        return false;
    sx_draw_text(figure, left, MARGIN, title, SX_INK);
    sx_draw_text(figure, MARGIN, MARGIN + SX_LINE_HEIGHT, row_name, SX_INK);
    for (int64_t j = 0; j < rows; j++)
        for (int64_t c = 0; c < columns; c++)
            sx_draw_fill(figure, left + c * CELL, top + j * CELL, CELL - 1, CELL - 1,
                         colour(map, values[j * columns + c]));
    sx_draw_frame(figure, left - 1, top - 1, columns * CELL + 1, rows * CELL + 1, SX_INK);
    label(figure, left, top, rows, columns);
    sx_draw_text(figure, left, top + rows * CELL + SX_LINE_HEIGHT + 4, column_name, SX_INK);
    draw_bar(figure, bar, top, rows * CELL, map);
    return true;
}
