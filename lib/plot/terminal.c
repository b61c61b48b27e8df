/* terminal.c - a heat map as coloured half blocks on a terminal. */
#include <stdlib.h>
#include <string.h>

#include "plot/plot.h"

/* The longest text of a cell: two colours and the block. */
#define CELL sizeof "\x1b[38;5;255;48;5;255m\xe2\x96\x80"
#define LINE_END "\x1b[0m\n"

/* The squared distance of two colours. */
static int distance(unsigned a, unsigned b)
{
    int sum = 0;
    for (unsigned shift = 0; shift < 24; shift += 8) {
        int d = (int)(a >> shift & 255U) - (int)(b >> shift & 255U);
        sum += d * d;
    }
    return sum;
}

/* Finds the nearest fixed colour: a cube of six levels per side, and 24 greys. */
int sx_terminal_colour(unsigned colour)
{
    int best = 16, least = distance(colour, 0);
    for (int i = 17; i < 256; i++) {
        unsigned candidate;
        if (i < 232) {
            unsigned r = (unsigned)(i - 16) / 36, g = (unsigned)(i - 16) / 6 % 6;
            unsigned b = (unsigned)(i - 16) % 6;
            candidate = (r > 0 ? 55 + 40 * r : 0) << 16 | (g > 0 ? 55 + 40 * g : 0) << 8 |
                        (b > 0 ? 55 + 40 * b : 0);
        } else
            candidate = (8 + 10 * (unsigned)(i - 232)) * 0x010101U;
        int d = distance(colour, candidate);
        if (d < least) {
            least = d;
            best = i;
        }
    }
    return best;
}

/* The colour of dot (x, y) among columns x rows: the mean of the places that it covers. */
static int dot(const struct sx_heat *heat, const struct sx_plot *plot, int64_t x, int64_t y,
               int64_t columns, int64_t rows)
{
    int64_t x0 = x * heat->columns / columns, x1 = (x + 1) * heat->columns / columns;
    int64_t y0 = y * heat->rows / rows, y1 = (y + 1) * heat->rows / rows;
    x1 = x1 > x0 ? x1 : x0 + 1;
    y1 = y1 > y0 ? y1 : y0 + 1;
    double sum = 0;
    for (int64_t j = y0; j < y1; j++)
        for (int64_t i = x0; i < x1; i++)
            sum += sx_heat_at(heat, j * heat->columns + i);
    return sx_terminal_colour(
        sx_heat_colour(heat, plot, sum / (double)((x1 - x0) * (y1 - y0))));
}

/* Draws the lines. Dots are square, so a line of text holds two rows of them. */
static char *draw(const struct sx_heat *heat, const struct sx_plot *plot, int64_t columns,
                  int64_t rows, struct sx_error *error)
{
    size_t line, size;
    if (!sx_size_mul(&line, (size_t)columns, CELL) ||
        !sx_size_add(&line, line, sizeof LINE_END) ||
        !sx_size_mul(&size, line, (size_t)(rows + 1) / 2) || !sx_size_add(&size, size, 1)) {
        sx_fail(error, SX_MEMORY, "out of memory");
        return NULL;
    }
    char *text = sx_new(size, 1, error), *p = text;
    if (text == NULL)
        return NULL;
    for (int64_t y = 0; y < rows; y += 2) {
        for (int64_t x = 0; x < columns; x++) {
            p += sprintf(p, "\x1b[38;5;%d", dot(heat, plot, x, y, columns, rows));
            if (y + 1 < rows)
                p += sprintf(p, ";48;5;%d", dot(heat, plot, x, y + 1, columns, rows));
            p += sprintf(p, "m\xe2\x96\x80");
        }
        p += sprintf(p, LINE_END);
    }
    return text;
}

/* Sets the size in dots. Small maps are enlarged up to 32 dots. Large ones are reduced to the
 * terminal's width, and to twice as many dots in height. */
static void size_dots(const struct sx_heat *heat, int64_t columns, int64_t *wide, int64_t *high)
{
    int64_t times = (columns < 32 ? columns : 32) / heat->columns;
    *wide = heat->columns * (times > 1 ? times : 1);
    *wide = *wide < columns ? *wide : columns;
    *high = (int64_t)((double)heat->rows * (double)*wide / (double)heat->columns + 0.5);
    *high = *high > 2 * columns ? 2 * columns : *high > 0 ? *high : 1;
}

bool sx_plot_terminal(const struct sx_plot *plot, const struct sx_tensor *map, int columns,
                      char **text, struct sx_error *error)
{
    struct sx_heat heat;
    if (columns < 1)
        return sx_fail(error, SX_USAGE, "a terminal of %d columns shows nothing", columns);
    if (!sx_heat_new(&heat, plot, map, error))
        return false;
    int64_t wide, high;
    size_dots(&heat, columns, &wide, &high);
    *text = draw(&heat, plot, wide, high, error);
    sx_heat_free(&heat);
    return *text != NULL;
}
