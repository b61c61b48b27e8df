/* figure.c - the figure of an attribution: title, panels side by side, colour bar. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plot/plot.h"

enum {
    MARGIN = 12,
    GAP = 10,
    NARROWEST = 200 /* a figure, so that a title has room */
};

/* The side that small maps are enlarged to, and those that no panel is under or over. */
#define FRAME_COLOUR 0xc0c0c0U

enum { USUAL_SIDE = 256, LEAST_SIDE = 32, MOST_SIDE = 2048 };

/* Everything that the panels are drawn from. */
struct figure {
    const struct sx_plot *plot;
    const struct sx_picture *behind; /* or NULL */
    struct sx_heat heat;
    unsigned *colour;      /* of each place of the heat map */
    uint8_t *keep;         /* is the place in the mask? */
    unsigned mean;         /* grey level of the picture */
    int64_t width, height; /* of a panel */
    struct sx_picture *canvas;
};

/* A panel shows the picture's pixels, or the map's places, as squares of a whole number of
 * pixels, but a map of one row or column as a band. */
static void size_panel(struct figure *f)
{
    int64_t columns = f->behind != NULL ? f->behind->width : f->heat.columns;
    int64_t rows = f->behind != NULL ? f->behind->height : f->heat.rows;
    int64_t longest = columns > rows ? columns : rows;
    int64_t times = (USUAL_SIDE + longest / 2) / longest;
    times = times > 0 ? times : 1;
    double shrink = fmin(1, (double)MOST_SIDE / (double)(times * longest));
    f->width = llround(shrink * (double)(times * columns));
    f->height = llround(shrink * (double)(times * rows));
    f->width = f->width > LEAST_SIDE ? f->width : LEAST_SIDE;
    f->height = f->height > LEAST_SIDE ? f->height : LEAST_SIDE;
}

/* The picture's pixel under pixel (x, y) of a panel. */
static unsigned picture_at(const struct figure *f, int64_t x, int64_t y)
{
    int64_t column = x * f->behind->width / f->width, row = y * f->behind->height / f->height;
    int64_t c = f->behind->channels;
    const uint8_t *p = f->behind->pixels + (row * f->behind->width + column) * c;
    return c == 1 ? p[0] * 0x010101U : (unsigned)p[0] << 16 | (unsigned)p[1] << 8 | p[2];
}

/* The map's colour over the picture in grey, so that only the map has a hue; the fainter the
 * map, the more of the picture shows. */
static unsigned overlay(unsigned picture, unsigned map, double alpha)
{
    unsigned red = picture >> 16, green = picture >> 8 & 255U, blue = picture & 255U, mixed = 0;
    double luma = 0.299 * red + 0.587 * green + 0.114 * blue;
    for (unsigned shift = 0; shift < 24; shift += 8)
        mixed |= (unsigned)lround(luma + alpha * ((map >> shift & 255U) - luma)) << shift;
    return mixed;
}

static unsigned panel_at(const struct figure *f, int panel, int64_t x, int64_t y)
{
    int64_t column = x * f->heat.columns / f->width, row = y * f->heat.rows / f->height;
    int64_t place = row * f->heat.columns + column;
    if (panel == SX_PANEL_MAP)
        return f->colour[place];
    unsigned picture = picture_at(f, x, y);
    if (panel == SX_PANEL_OVERLAY)
        return overlay(picture, f->colour[place],
                       f->plot->alpha * sqrt(fabs(sx_heat_at(&f->heat, place))));
    return panel == SX_PANEL_PICTURE || f->keep[place] ? picture : f->mean * 0x010101U;
}

/* Frames the place that the plot marks, in white and black so that it shows on every colour. */
static void draw_mark(const struct figure *f, int64_t left, int64_t top)
{
    int64_t row = (f->plot->mark - 1) / f->heat.columns;
    int64_t column = (f->plot->mark - 1) % f->heat.columns;
    int64_t x0 = column * f->width / f->heat.columns, y0 = row * f->height / f->heat.rows;
    int64_t x1 = (column + 1) * f->width / f->heat.columns;
    int64_t y1 = (row + 1) * f->height / f->heat.rows;
    for (int64_t i = 0; i < 4; i++)
        sx_draw_frame(f->canvas, left + x0 + i, top + y0 + i, x1 - x0 - 2 * i, y1 - y0 - 2 * i,
                      i % 3 == 0 ? SX_INK : SX_WHITE);
}

static void draw_panel(const struct figure *f, int panel, int64_t left, int64_t top)
{
    sx_draw_frame(f->canvas, left - 1, top - 1, f->width + 2, f->height + 2, FRAME_COLOUR);
    for (int64_t y = 0; y < f->height; y++)
        for (int64_t x = 0; x < f->width; x++)
            sx_draw_pixel(f->canvas, left + x, top + y, panel_at(f, panel, x, y));
    if (f->plot->mark > 0 && panel != SX_PANEL_PICTURE)
        draw_mark(f, left, top);
}

static void find_mean(struct figure *f)
{
    size_t n =
        (size_t)f->behind->width * (size_t)f->behind->height * (size_t)f->behind->channels;
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += f->behind->pixels[i];
    f->mean = (unsigned)(sum / n);
}

static bool prepare(struct figure *f, const struct sx_tensor *map, struct sx_error *error)
{
    if (!sx_heat_new(&f->heat, f->plot, map, error))
        return false;
    size_t n = (size_t)(f->heat.rows * f->heat.columns);
    f->colour = sx_new(n, sizeof *f->colour, error);
    f->keep = sx_new(n, 1, error);
    if (f->colour == NULL || f->keep == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        f->colour[i] = sx_heat_colour(&f->heat, f->plot, sx_heat_at(&f->heat, (int64_t)i));
    if (f->behind != NULL)
        find_mean(f);
    size_panel(f);
    return sx_heat_top(&f->heat, f->plot->top, f->keep, error);
}

static bool draw(struct figure *f, const char *title, struct sx_error *error)
{
    int panels = f->behind != NULL ? f->plot->panels : SX_PANEL_MAP, count = 0;
    for (int panel = SX_PANEL_PICTURE; panel <= SX_PANEL_MASK; panel *= 2)
        count += (panels & panel) != 0;
    int64_t inner = count * (f->width + GAP) + sx_bar_width(&f->heat);
    inner = inner > NARROWEST ? inner : NARROWEST;
    int64_t head = title != NULL ? sx_draw_paragraph(NULL, 0, 0, inner, title, SX_INK) : 0;
    int64_t top = MARGIN + head + (head > 0 ? GAP / 2 : 0), left = MARGIN;
    if (!sx_canvas_new(f->canvas, inner + 2 * MARGIN, top + f->height + MARGIN, error))
        return false;
    if (title != NULL)
        sx_draw_paragraph(f->canvas, left, MARGIN, inner, title, SX_INK);
    for (int panel = SX_PANEL_PICTURE; panel <= SX_PANEL_MASK; panel *= 2)
        if (panels & panel) {
            draw_panel(f, panel, left, top);
            left += f->width + GAP;
        }
    sx_draw_bar(f->canvas, &f->heat, f->plot, left, top, f->height);
    return true;
}

bool sx_plot_map(const struct sx_plot *plot, const struct sx_tensor *map,
                 const struct sx_picture *behind, const char *title, struct sx_picture *figure,
                 struct sx_error *error)
{
    struct figure f = {.plot = plot, .behind = behind, .canvas = figure};
    *figure = (struct sx_picture){0};
    bool done = prepare(&f, map, error) && draw(&f, title, error);
    sx_heat_free(&f.heat);
    free(f.colour);
    free(f.keep);
    return done;
}

/* Where each column and row of a sheet begins, as wide and as high as its largest picture. */
static void lay_out(const struct sx_picture *pictures, int n, int columns, int64_t *x,
                    int64_t *y)
{
    for (int i = 0; i < n; i++) {
        int64_t *wide = &x[i % columns + 1], *high = &y[i / columns + 1];
        *wide = pictures[i].width > *wide ? pictures[i].width : *wide;
        *high = pictures[i].height > *high ? pictures[i].height : *high;
    }
    for (int i = 0; i < n; i++) {
        x[i + 1] += x[i];
        y[i + 1] += y[i];
    }
}

bool sx_plot_sheet(const struct sx_picture *pictures, int n, int columns,
                   struct sx_picture *sheet, struct sx_error *error)
{
    *sheet = (struct sx_picture){0};
    if (n < 1)
        return sx_fail(error, SX_USAGE, "a sheet needs pictures");
    columns = columns > 0 ? columns : (int)ceil(sqrt(n));
    columns = columns < n ? columns : n;
    int64_t *x = sx_new(2 * ((size_t)n + 1), sizeof *x, error), *y = x + n + 1;
    bool ok = x != NULL;
    if (ok) {
        lay_out(pictures, n, columns, x, y);
        ok = (x[n] > 0 && y[n] > 0) || sx_fail(error, SX_USAGE, "a sheet needs pictures");
    }
    ok = ok && sx_canvas_new(sheet, x[n], y[n], error);
    for (int i = 0; ok && i < n; i++)
        sx_draw_picture(sheet, x[i % columns], y[i / columns], pictures[i].width,
                        pictures[i].height, &pictures[i]);
    free(x);
    return ok;
}
