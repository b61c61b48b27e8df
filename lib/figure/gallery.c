/* gallery.c - small pictures in named rows and columns, with captions. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figure/figure.h"

enum { MARGIN = 24, GAP = 14, SMALL = 112, LARGE = 224, NAMES = 220 };

/* The size of a cell. Small pictures are enlarged by an integer, so that all pixels have the same
 * size. */
static void cell_size(const struct sx_gallery *g, double *width, double *height)
{
    *width = *height = 1;
    for (int64_t i = 0; i < g->rows * g->columns; i++) {
        const struct sx_picture *p = &g->cell[i];
        double side = p->width > p->height ? p->width : p->height;
        if (p->pixels == NULL || side < 1)
            continue;
        double times = side < SMALL ? floor(SMALL / side) : fmin(LARGE / side, 1);
        *width = fmax(*width, p->width * times);
        *height = fmax(*height, p->height * times);
    }
}

/* The width of the widest name, and the height of the highest. */
static void names_size(struct sx_page *p, struct sx_type_face face, const char *const *names,
                       int64_t n, double *width, double *height)
{
    *width = *height = 0;
    for (int64_t i = 0; names != NULL && i < n; i++) {
        double wide, high;
        if (names[i] == NULL || names[i][0] == '\0')
            continue;
        sx_page_measure(p, face, names[i], &wide, &high);
        *width = fmax(*width, wide);
        *height = fmax(*height, high);
    }
}

static bool draw_cell(struct sx_page *p, const struct sx_gallery *g, int64_t i, double x,
                      double y, double width, double height, struct sx_error *error)
{
    if (g->cell[i].pixels == NULL)
        return true;
    if (!sx_page_picture(p, x, y, width, height, &g->cell[i], false, error))
        return false;
    sx_page_colour(p, SX_GREY, 1);
    sx_page_frame(p, x, y, width, height, 1);
    sx_page_colour(p, SX_BLACK, 1);
    if (g->caption != NULL && g->caption[i] != NULL)
        sx_page_text(p, x + width / 2, y + height + 3, 0.5, sx_small, g->caption[i]);
    return true;
}

static bool draw_cells(struct sx_page *p, const struct sx_gallery *g, double *width,
                       double *height, double top, struct sx_error *error)
{
    struct sx_type_face face = sx_plain;
    double wide, high, names, name_high, heads, head_high, under, under_high;
    face.wrap = NAMES;
    cell_size(g, &wide, &high);
    names_size(p, face, g->row_name, g->rows, &names, &name_high);
    names_size(p, sx_bold, g->column_name, g->columns, &heads, &head_high);
    names_size(p, sx_small, g->caption, g->rows * g->columns, &under, &under_high);
    double across = fmax(fmax(heads, under), wide) + GAP;
    double down = fmax(high + (under_high > 0 ? under_high + 5 : 0), name_high) + GAP;
    double left = MARGIN + (names > 0 ? names + GAP : 0), first = top + head_high + 8;
    sx_page_colour(p, SX_BLACK, 1);
    for (int64_t c = 0; g->column_name != NULL && c < g->columns; c++)
        if (g->column_name[c] != NULL)
            sx_page_text(p, left + (double)c * across + across / 2 - GAP / 2.0, top, 0.5,
                         sx_bold, g->column_name[c]);
    for (int64_t i = 0; i < g->rows * g->columns; i++) {
        double x = left + (double)(i % g->columns) * across + (across - GAP - wide) / 2;
        double y = first + (double)(i / g->columns) * down;
        const char *name = g->row_name != NULL ? g->row_name[i / g->columns] : NULL;
        sx_page_colour(p, SX_BLACK, 1);
        if (i % g->columns == 0 && name != NULL)
            sx_page_text(p, MARGIN, y, 0, face, name);
        if (!draw_cell(p, g, i, x, y, wide, high, error))
            return false;
    }
    *width = left + (double)g->columns * across - GAP + MARGIN;
    *height = first + (double)g->rows * down - GAP + MARGIN;
    return true;
}

/* A title, and the pictures or charts below it. */
struct titled {
    const char *title;
    const struct sx_figure_options *o;
    const struct sx_gallery *gallery;
    const struct sx_series_chart *chart; /* n of them, one below the other */
    int n;
};

static double draw_title(struct sx_page *p, const struct titled *t, double width)
{
    struct sx_type_face face = sx_heading;
    double wide, high;
    if (t->title == NULL || t->o->no_title)
        return MARGIN;
    face.wrap = fmax(width - 2 * MARGIN, 300);
    sx_page_measure(p, face, t->title, &wide, &high);
    sx_page_colour(p, SX_BLACK, 1);
    sx_page_text(p, MARGIN, MARGIN - 6, 0, face, t->title);
    return MARGIN + high + 10;
}

/* ---- Bars of several series ---- */

/* Draws the bars of each column side by side, one for each series, with their numbers. */
static void draw_series(struct sx_page *p, const struct sx_series_chart *c, double top,
                        double *width, double *height)
{
    enum { BAR = 11, WIDE = 460 };
    double names, high, low = 0, most = 0, row = c->m * BAR + 8;
    char number[32];
    unsigned colour[64];
    names_size(p, sx_plain, c->column, c->n, &names, &high);
    for (int64_t i = 0; i < c->n * c->m; i++) {
        low = isfinite(c->values[i]) ? fmin(low, c->values[i]) : low;
        most = isfinite(c->values[i]) ? fmax(most, c->values[i]) : most;
    }
    double room = 0.12 * (most > low ? most - low : 1), left = MARGIN + names + 12;
    struct sx_axis axis = {low < 0 ? low - room : 0, most + room, left, left + WIDE};
    double bottom = top + (double)c->n * row;
    sx_axis_below(p, &axis, top, bottom, c->what);
    for (int64_t i = 0; i < c->n; i++) {
        double at = top + (double)i * row + 4;
        sx_page_colour(p, SX_BLACK, 1);
        sx_page_label(p, left - 12, at + c->m * BAR / 2.0, 1, sx_plain, c->column[i]);
        for (int k = 0; k < c->m; k++) {
            double v = c->values[i * c->m + k], zero = sx_on(&axis, 0), end = sx_on(&axis, v);
            if (!isfinite(v))
                continue;
            sx_page_colour(p, sx_series(k), 1);
            sx_page_fill(p, fmin(zero, end), at + k * BAR, fabs(end - zero), BAR - 1);
            sx_short_number(number, v);
            sx_page_colour(p, SX_GREY, 1);
            sx_page_label(p, end + (v < 0 ? -3 : 3), at + (k + 0.5) * BAR - 0.5, v < 0,
                          (struct sx_type_face){8.5, false, 0}, number);
        }
    }
    sx_page_colour(p, SX_GREY, 1);
    sx_page_line(p, sx_on(&axis, 0), top, sx_on(&axis, 0), bottom, 1);
    for (int k = 0; k < c->m && k < 64; k++)
        colour[k] = sx_series(k);
    *width = left + WIDE + MARGIN;
    *height = bottom + 44 - top;
    *height += sx_legend(p, left, bottom + 44, WIDE, colour, c->series, c->m < 64 ? c->m : 64);
}

static bool draw(struct sx_page *p, void *context, double *width, double *height,
                 struct sx_error *error)
{
    const struct titled *t = context;
    double wide = 0, high = 0, top;
    bool muted = p->muted, ok = true;
    p->muted = true; /* only measures the width of the title */
    if (t->gallery != NULL)
        ok = draw_cells(p, t->gallery, width, height, 0, error);
    else
        draw_series(p, &t->chart[0], 0, width, height);
    p->muted = muted;
    *width = fmax(*width, 600);
    top = draw_title(p, t, *width);
    if (t->gallery != NULL) {
        double under = *width;
        ok = ok && draw_cells(p, t->gallery, width, height, top, error);
        *width = fmax(*width, under);
        *height = fmax(*height, 400);
        return ok;
    }
    for (int i = 0; i < t->n; i++) {
        if (t->chart[i].title != NULL) {
            sx_page_colour(p, SX_BLACK, 1);
            sx_page_text(p, MARGIN, top, 0, sx_bold, t->chart[i].title);
            top += 24;
        }
        draw_series(p, &t->chart[i], top, &wide, &high);
        *width = fmax(*width, wide);
        top += high + 20;
    }
    *height = fmax(top - 20 + MARGIN, 400);
    return true;
}

static bool make(struct titled *t, struct sx_made *made, struct sx_error *error)
{
    static const int formats[] = {SX_DRAW_PIXELS, SX_DRAW_SVG, SX_DRAW_PDF};
    double width, height;
    struct sx_page_options page = {.format = formats[made->format],
                                   .zoom = made->o->zoom,
                                   .font = made->o->font,
                                   .title = t->title != NULL ? t->title : "",
                                   .about = "tool: sextant\n"};
    t->o = made->o;
    if (made->o->width > 0) {
        if (!sx_page_size(&page, draw, t, &width, &height, error))
            return false;
        page.zoom = made->o->width / width;
    }
    page.dpi = made->o->dpi > 0 ? made->o->dpi : 96 * page.zoom;
    return sx_page_make(&page, draw, t, &made->bytes, &made->size, error);
}

bool sx_plot_gallery(const struct sx_gallery *g, struct sx_made *made, struct sx_error *error)
{
    struct titled t = {.title = g->title, .gallery = g};
    if (g->rows < 1 || g->columns < 1 || g->rows > 4096 || g->columns > 64)
        return sx_fail(error, SX_FAILED, "a sheet of %lld x %lld pictures cannot be drawn",
                       (long long)g->rows, (long long)g->columns);
    return make(&t, made, error);
}

bool sx_plot_series(const char *title, const struct sx_series_chart *charts, int n,
                    struct sx_made *made, struct sx_error *error)
{
    struct titled t = {.title = title, .chart = charts, .n = n};
    for (int i = 0; i < n; i++)
        if (charts[i].n < 1 || charts[i].m < 1)
            return sx_fail(error, SX_FAILED, "there is nothing to draw");
    return n > 0 ? make(&t, made, error)
                 : sx_fail(error, SX_FAILED, "there is nothing to draw");
}
