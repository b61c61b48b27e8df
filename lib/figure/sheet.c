/* sheet.c - every sample on one sheet. */
#include <math.h>

#include "figure/figure.h"

enum { GAP = 22, CAPTION = 20, LEAST_ROW = 1200 };

/* The records of the cell that begins with record `at`. Records of one sample are one cell if
 * they are pictures. */
static struct sx_figure cell_of(const struct sx_figure *f, int64_t at, int64_t *next,
                                struct sx_error *error)
{
    struct sx_figure cell = {.o = f->o, .item = f->item + at, .drawing = f->drawing};
    int wanted = f->o->kind == SX_SHEET ? SX_KIND_AUTO : f->o->kind;
    cell.kind = sx_kind_of(cell.item, f->n - at, wanted, &cell.n, error);
    if (cell.kind == SX_BEESWARM) {
        int64_t ignored;
        cell.kind = sx_kind_of(cell.item, 1, SX_KIND_AUTO, &ignored, error);
        cell.n = 1;
    }
    if (cell.kind == SX_OVERLAY && wanted == SX_KIND_AUTO)
        cell.kind = SX_STRIP;
    *next = at + cell.n;
    return cell;
}

/* Measures a cell with its name, and writes the name to text. */
static bool measure_cell(struct sx_page *p, const struct sx_figure *f,
                         const struct sx_figure *cell, char *text, size_t size, double *width,
                         double *height, struct sx_error *error)
{
    bool muted = p->muted;
    sx_title_of(cell, text, size);
    p->muted = true;
    bool ok = f->drawing[cell->kind](p, cell, 0, 0, width, height, error);
    p->muted = muted;
    *width = fmax(*width, sx_page_width(p, sx_bold, text));
    *height += CAPTION;
    return ok;
}

/* Sets the largest width of rows. A sheet of many cells is about 1.5 times as wide as it is
 * high. */
static bool measure_rows(struct sx_page *p, const struct sx_figure *f, double *most,
                         struct sx_error *error)
{
    double area = 0, wide = 0, high = 0;
    char name[700];
    for (int64_t at = 0; at < f->n;) {
        const struct sx_figure cell = cell_of(f, at, &at, error);
        if (error->status != SX_OK ||
            !measure_cell(p, f, &cell, name, sizeof name, &wide, &high, error))
            return false;
        area += (wide + GAP) * (high + GAP);
    }
    *most = fmax(LEAST_ROW, sqrt(1.5 * area));
    return true;
}

/* Draws a sheet. Cells of one kind are about equally large, so they form even rows. */
bool sx_draw_sheet(struct sx_page *p, const struct sx_figure *f, double x, double y,
                   double *width, double *height, struct sx_error *error)
{
    double left = x, top = y, row = 0, most = 0;
    *width = 0;
    if (!measure_rows(p, f, &most, error))
        return false;
    for (int64_t at = 0; at < f->n;) {
        const struct sx_figure cell = cell_of(f, at, &at, error);
        double wide = 0, high = 0, w, h;
        char name[700];
        if (error->status != SX_OK ||
            !measure_cell(p, f, &cell, name, sizeof name, &wide, &high, error))
            return false;
        if (left > x && left + wide - x > most) {
            left = x;
            top += row + GAP;
            row = 0;
        }
        sx_page_colour(p, SX_BLACK, 1);
        sx_page_text(p, left, top, 0, sx_bold, name);
        *width = fmax(*width, left + wide - x);
        row = fmax(row, high);
        if (!f->drawing[cell.kind](p, &cell, left, top + CAPTION, &w, &h, error))
            return false;
        left += wide + GAP;
    }
    *height = top + row - y;
    return true;
}
