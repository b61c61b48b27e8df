/* principles.c - which of the three principles methods keep, as a table. */
#include <math.h>
#include <string.h>

#include "figure/figure.h"

enum { ROW = 26, CELL = 150, HEAD = 40, MOST = 64 };

/* Draws a tick or a cross in its colour beside the number. */
static void draw_cell(struct sx_page *p, const struct sx_datum *principle, double x, double y)
{
    const struct sx_datum *holds = sx_datum_at(principle, "holds");
    double violation = sx_datum_number(sx_datum_at(principle, "violation"), NAN);
    bool known = holds != NULL && holds->kind == SX_TRUTH, yes = known && holds->truth;
    char number[32], text[64];
    snprintf(number, sizeof number, "%.2g", violation);
    sx_page_colour(p, !known ? 0xf0f0f0U : yes ? 0xd6e8f5U : 0xfbe2d0U, 1);
    sx_page_fill(p, x, y, CELL - 2, ROW - 2);
    snprintf(text, sizeof text, "%s  %s",
             !known ? "\xe2\x80\x93"
             : yes  ? "\xe2\x9c\x93"
                    : "\xe2\x9c\x97",
             isfinite(violation) ? number : "");
    sx_page_colour(p, SX_BLACK, 1);
    sx_page_label(p, x + CELL / 2.0, y + ROW / 2.0 - 1, 0.5, sx_plain, text);
}

bool sx_draw_principles(struct sx_page *p, const struct sx_figure *f, double x, double y,
                        double *width, double *height, struct sx_error *error)
{
    static const char *const heads[] = {"1: own effects", "2: within the set",
                                        "3: shared whole"};
    static const char *const keys[] = {"principles.p1", "principles.p2", "principles.p3"};
    const struct sx_datum *methods = sx_datum_at(f->item[0].record, "methods");
    double names = 60;
    int64_t n = 0;
    if (methods == NULL || methods->kind != SX_LIST || methods->first == NULL)
        return sx_fail(error, SX_FAILED, "the record has no principles");
    for (const struct sx_datum *m = methods->first; m != NULL; m = m->next)
        names =
            fmax(names, sx_page_width(p, sx_plain, sx_datum_text(sx_datum_at(m, "name"), "")));
    double left = x + names + 12;
    sx_page_colour(p, SX_BLACK, 1);
    for (int k = 0; k < 3; k++)
        sx_page_label(p, left + (k + 0.5) * CELL, y + HEAD / 2.0, 0.5, sx_bold, heads[k]);
    for (const struct sx_datum *m = methods->first; m != NULL && n < MOST; m = m->next, n++) {
        double top = y + HEAD + (double)n * ROW;
        sx_page_colour(p, SX_BLACK, 1);
        sx_page_label(p, left - 12, top + ROW / 2.0, 1, sx_plain,
                      sx_datum_text(sx_datum_at(m, "name"), ""));
        for (int k = 0; k < 3; k++)
            draw_cell(p, sx_datum_at(m, keys[k]), left + k * CELL, top);
    }
    *width = names + 12 + 3 * CELL;
    *height = HEAD + (double)n * ROW + 26;
    sx_page_colour(p, SX_GREY, 1);
    sx_page_text(p, left, y + *height - 18, 0, sx_small,
                 "\xe2\x9c\x93 holds, \xe2\x9c\x97 does not, by this much");
    return true;
}
