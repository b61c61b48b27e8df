/* matrix.c - a matrix as a chart: named rows and columns, squares of colour, a colour bar. */
#include <stdlib.h>

#include "plot/plot.h"

enum {
    MARGIN = 12,
    GAP = 10,
    USUAL_SIDE = 400, /* of the matrix */
    MOST_CELL = 64,
    LONGEST_NAME = 16 /* glyphs */
};

struct matrix {
    const struct sx_plot *plot;
    const char *const *names;
    struct sx_heat heat;
    int64_t n, cell, step; /* pixels of a square; every step-th row has its name */
    int64_t names_width;
    struct sx_picture *canvas;
};

/* A name cut to what there is room for; the row's number where there is none. */
static void name_of(const struct matrix *m, int64_t i, char text[LONGEST_NAME + 1])
{
    if (m->names[i] != NULL)
        snprintf(text, LONGEST_NAME + 1, "%s", m->names[i]);
    else
        snprintf(text, LONGEST_NAME + 1, "%d", (int)i);
}

static void size(struct matrix *m)
{
    m->cell = USUAL_SIDE / m->n;
    m->cell = m->cell > MOST_CELL ? MOST_CELL : m->cell < 1 ? 1 : m->cell;
    m->step = (SX_GLYPH_HEIGHT + m->cell - 1) / m->cell;
    for (int64_t i = 0; m->names != NULL && i < m->n; i++) {
        char text[LONGEST_NAME + 1];
        name_of(m, i, text);
        int64_t width = sx_text_width(text);
        m->names_width = width > m->names_width ? width : m->names_width;
    }
}

/* Text that reads upwards and ends at (x, y), its lower left corner. */
static bool draw_upwards(struct sx_picture *canvas, int64_t x, int64_t y, const char *text,
                         struct sx_error *error)
{
    struct sx_picture line;
    int64_t width = sx_text_width(text);
    if (width == 0)
        return true;
    if (!sx_canvas_new(&line, width, SX_GLYPH_HEIGHT, error))
        return false;
    sx_draw_text(&line, 0, 0, text, SX_INK);
    for (int64_t j = 0; j < SX_GLYPH_HEIGHT; j++)
        for (int64_t i = 0; i < width; i++) {
            const uint8_t *p = line.pixels + 3 * (j * width + i);
            if (p[0] != 255)
                sx_draw_pixel(canvas, x + j, y - i,
                              (unsigned)p[0] << 16 | (unsigned)p[1] << 8 | p[2]);
        }
    sx_picture_free(&line);
    return true;
}

static bool draw_names(const struct matrix *m, int64_t left, int64_t top,
                       struct sx_error *error)
{
    for (int64_t i = 0; m->names != NULL && i < m->n; i += m->step) {
        char text[LONGEST_NAME + 1];
        int64_t middle = i * m->cell + m->cell / 2 - SX_GLYPH_HEIGHT / 2;
        name_of(m, i, text);
        sx_draw_text(m->canvas, left - GAP / 2 - sx_text_width(text), top + middle, text,
                     SX_INK);
        if (!draw_upwards(m->canvas, left + middle, top - GAP / 2, text, error))
            return false;
    }
    return true;
}

static void draw_cells(const struct matrix *m, int64_t left, int64_t top)
{
    int64_t side = m->n * m->cell;
    for (int64_t i = 0; i < m->n; i++)
        for (int64_t j = 0; j < m->n; j++)
            sx_draw_fill(m->canvas, left + j * m->cell, top + i * m->cell, m->cell, m->cell,
                         sx_heat_colour(&m->heat, m->plot, sx_heat_at(&m->heat, i * m->n + j)));
    sx_draw_frame(m->canvas, left - 1, top - 1, side + 2, side + 2, SX_INK);
}

static bool draw(struct matrix *m, const char *title, struct sx_error *error)
{
    int64_t side = m->n * m->cell, names = m->names != NULL ? m->names_width + GAP / 2 : 0;
    int64_t inner = names + side + GAP + sx_bar_width(&m->heat);
    inner = inner > 240 ? inner : 240;
    int64_t head = title != NULL ? sx_draw_paragraph(NULL, 0, 0, inner, title, SX_INK) : 0;
    int64_t left = MARGIN + names, top = MARGIN + head + (head > 0 ? GAP / 2 : 0) + names;
    int64_t bar = side > 48 ? side : 48;
    if (!sx_canvas_new(m->canvas, inner + 2 * MARGIN, top + bar + MARGIN, error))
        return false;
    if (title != NULL)
        sx_draw_paragraph(m->canvas, MARGIN, MARGIN, inner, title, SX_INK);
    draw_cells(m, left, top);
    sx_draw_bar(m->canvas, &m->heat, m->plot, left + side + GAP, top, bar);
    return draw_names(m, left, top, error);
}

bool sx_plot_matrix(const struct sx_plot *plot, const struct sx_tensor *matrix,
                    const char *const *names, const char *title, struct sx_picture *figure,
                    struct sx_error *error)
{
    const struct sx_shape *s = &matrix->shape;
    struct matrix m = {.plot = plot, .names = names, .n = s->dim[0], .canvas = figure};
    *figure = (struct sx_picture){0};
    if (s->rank != 2 || s->dim[0] != s->dim[1] || s->dim[0] < 1)
        return sx_fail(error, SX_FAILED, "only square matrices are drawn");
    struct sx_tensor view = {matrix->type, {3, {1, m.n, m.n}}, matrix->data};
    if (!sx_heat_new(&m.heat, plot, &view, error))
        return false;
    size(&m);
    bool ok = draw(&m, title, error);
    sx_heat_free(&m.heat);
    if (!ok)
        sx_picture_free(figure);
    return ok;
}
