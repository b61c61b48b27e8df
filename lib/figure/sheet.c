/* sheet.c - every sample on one sheet. */
#include <math.h>
#include <string.h>

#include "figure/figure.h"

enum { GAP = 22, CAPTION = 20 };

/* The samples of a sheet: records of one sample are drawn together where they are pictures. */
static struct sx_figure cell_of(const struct sx_figure *f, int64_t at, int64_t *next)
{
    struct sx_figure cell = {.o = f->o, .item = f->item + at, .drawing = f->drawing};
    cell.kind = sx_kind_of(cell.item, f->n - at, SX_KIND_AUTO, &cell.n);
    if (cell.kind == SX_BEESWARM) {
        int64_t ignored;
        cell.kind = sx_kind_of(cell.item, 1, SX_KIND_AUTO, &ignored);
        cell.n = 1;
    }
    if (cell.kind == SX_OVERLAY)
        cell.kind = SX_STRIP;
    *next = at + cell.n;
    return cell;
}

static void name_cell(const struct sx_figure *cell, char *text, size_t size)
{
    sx_title_of(cell, text, size);
}

/* Cells of a kind are about as large as each other, so that rows of them look well. */
bool sx_draw_sheet(struct sx_page *p, const struct sx_figure *f, double x, double y,
                   double *width, double *height, struct sx_error *error)
{
    double left = x, top = y, row = 0;
    *width = 0;
    for (int64_t at = 0; at < f->n;) {
        struct sx_figure cell = cell_of(f, at, &at);
        sx_kind_draw *draw = f->drawing[cell.kind];
        double wide = 0, high = 0;
        char name[700];
        bool muted = p->muted;
        name_cell(&cell, name, sizeof name);
        p->muted = true;
        bool ok = draw(p, &cell, 0, 0, &wide, &high, error);
        p->muted = muted;
        wide = fmax(wide, sx_page_width(p, sx_bold, name));
        double most = fmax(wide, 1200);
        if (left > x && left + wide - x > most) {
            left = x;
            top += row + GAP;
            row = 0;
        }
        sx_page_colour(p, SX_BLACK, 1);
        sx_page_text(p, left, top, 0, sx_bold, name);
        if (!ok || !draw(p, &cell, left, top + CAPTION, &wide, &high, error))
            return false;
        wide = fmax(wide, sx_page_width(p, sx_bold, name));
        *width = fmax(*width, left + wide - x);
        row = fmax(row, high + CAPTION);
        left += wide + GAP;
    }
    *height = top + row - y;
    return true;
}
