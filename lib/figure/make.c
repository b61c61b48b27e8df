/* make.c - a whole figure: title, body, margins; as a file. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figure/about.h"

enum { MARGIN = 24, LEAST_WIDE = 600, LEAST_HIGH = 400 };

sx_kind_draw *const sx_drawings[] = {
    [SX_OVERLAY] = sx_draw_overlay,     [SX_STRIP] = sx_draw_strip,
    [SX_BARS] = sx_draw_bars,           [SX_STACKED] = sx_draw_stacked,
    [SX_WATERFALL] = sx_draw_waterfall, [SX_FORCE] = sx_draw_force,
    [SX_BEESWARM] = sx_draw_beeswarm,   [SX_SCATTER] = sx_draw_scatter,
    [SX_MATRIX] = sx_draw_matrix,       [SX_NETWORK] = sx_draw_network,
    [SX_UPSET] = sx_draw_upset,         [SX_TOKENS] = sx_draw_tokens,
    [SX_CURVE] = sx_draw_curve,         [SX_SHEET] = sx_draw_sheet,
    [SX_EFFECTS] = sx_draw_effects,     [SX_PRINCIPLES] = sx_draw_principles,
    [SX_SIGNAL] = sx_draw_signal};

/* Writes title and subtitle from (x, y), broken at `wrap`. Returns their height. */
static double draw_title(struct sx_page *p, const struct sx_figure *f, double x, double y,
                         double wrap)
{
    char title[700], subtitle[400];
    double width, height, second = 0;
    struct sx_type_face heading = sx_heading, small = sx_plain;
    if (f->o->no_title)
        return 0;
    heading.wrap = small.wrap = wrap;
    sx_title_of(f, title, sizeof title);
    sx_subtitle_of(f, subtitle, sizeof subtitle);
    sx_page_measure(p, heading, title, &width, &height);
    sx_page_colour(p, SX_BLACK, 1);
    sx_page_text(p, x, y, 0, heading, title);
    if (subtitle[0] != '\0') {
        sx_page_measure(p, small, subtitle, &width, &second);
        sx_page_colour(p, SX_GREY, 1);
        sx_page_text(p, x, y + height + 2, 0, small, subtitle);
    }
    return height + second + 16;
}

/* Draws title and body. The body is measured first, and is centred below the title. */
static bool draw(struct sx_page *p, void *context, double *width, double *height,
                 struct sx_error *error)
{
    const struct sx_figure *f = context;
    sx_kind_draw *body = sx_drawings[f->kind];
    double wide = 0, high = 0;
    bool muted = p->muted;
    p->muted = true;
    bool ok = body(p, f, 0, 0, &wide, &high, error);
    p->muted = muted;
    if (!ok)
        return false;
    *width = fmax(ceil(wide) + 2 * MARGIN, LEAST_WIDE);
    double head = draw_title(p, f, MARGIN, MARGIN - 6, *width - 2 * MARGIN);
    *height = fmax(ceil(high + head) + 2 * MARGIN, LEAST_HIGH);
    double left = floor((*width - wide) / 2);
    double top = floor(MARGIN + head + (*height - 2 * MARGIN - head - high) / 2);
    return muted || body(p, f, left, top, &wide, &high, error);
}

/* Measures the figure, and sets the zoom that gives the width that was asked for. */
static bool zoom_of(const struct sx_figure_options *o, struct sx_page_options *page,
                    struct sx_figure *f, struct sx_error *error)
{
    double width, height;
    if (o->width == 0)
        return true;
    if (!sx_page_size(page, draw, f, &width, &height, error))
        return false;
    page->zoom = o->width / width;
    return true;
}

bool sx_figure_possible(struct sx_error *error)
{
    return sx_page_possible(error);
}

bool sx_figure_make(const struct sx_figure_options *o, const struct sx_drawn *item, int64_t n,
                    enum sx_figure_format format, uint8_t **bytes, size_t *size, int64_t *drawn,
                    struct sx_error *error)
{
    static const int formats[] = {SX_DRAW_PIXELS, SX_DRAW_SVG, SX_DRAW_PDF};
    char title[700];
    struct sx_about about = {0};
    struct sx_figure f = {.o = o, .item = item, .drawing = sx_drawings};
    *drawn = 0;
    if (n < 1)
        return sx_fail(error, SX_FAILED, "there is no record to draw");
    f.kind = sx_kind_of(item, n, o->kind, &f.n, error);
    if (error->status != SX_OK)
        return false;
    if (o->sheet && !sx_kind_shows_all(o->kind)) {
        f.kind = SX_SHEET;
        f.n = n;
    }
    sx_title_of(&f, title, sizeof title);
    bool ok = sx_about_record(&about, item[0].record, error);
    struct sx_page_options page = {.format = formats[format],
                                   .zoom = o->zoom,
                                   .font = o->font,
                                   .title = title,
                                   .about = about.text};
    ok = ok && zoom_of(o, &page, &f, error);
    page.dpi = o->dpi > 0 ? o->dpi : 96 * page.zoom;
    ok = ok && sx_page_make(&page, draw, &f, bytes, size, error);
    *drawn = f.n;
    free(about.text);
    return ok;
}
