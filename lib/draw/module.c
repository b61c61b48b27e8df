/* module.c - draws pages by cairo, and text by pango: the only file that uses them. */
#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <stdlib.h>

#include "draw/module.h"

struct page {
    struct sx_draw_setup setup;
    cairo_surface_t *surface;
    cairo_t *cr;
    PangoLayout *layout;
};

static cairo_status_t pass_on(void *closure, const unsigned char *bytes, unsigned int n)
{
    struct page *p = closure;
    return p->setup.write(p->setup.to, bytes, n) ? CAIRO_STATUS_SUCCESS
                                                 : CAIRO_STATUS_WRITE_ERROR;
}

static cairo_surface_t *make_surface(struct page *p)
{
    const struct sx_draw_setup *s = &p->setup;
    double width = ceil(s->width * s->scale), height = ceil(s->height * s->scale);
    cairo_surface_t *made = NULL;
    switch (s->format) {
    case SX_DRAW_PIXELS:
        return cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)width, (int)height);
    case SX_DRAW_SVG:
        made = cairo_svg_surface_create_for_stream(pass_on, p, width, height);
        cairo_svg_surface_set_document_unit(made, CAIRO_SVG_UNIT_PX);
        return made;
    case SX_DRAW_PDF: /* a point is 4/3 of a pixel */
        made = cairo_pdf_surface_create_for_stream(pass_on, p, width * 0.75, height * 0.75);
        cairo_pdf_surface_set_metadata(made, CAIRO_PDF_METADATA_TITLE, s->title);
        cairo_pdf_surface_set_metadata(made, CAIRO_PDF_METADATA_SUBJECT, s->about);
        cairo_pdf_surface_set_metadata(made, CAIRO_PDF_METADATA_CREATOR, "sextant");
        cairo_pdf_surface_set_metadata(made, CAIRO_PDF_METADATA_CREATE_DATE,
                                       /* a fixed date, so that equal runs give equal bytes */
                                       "2000-01-01T00:00:00Z");
        return made;
    default:
        return cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, NULL);
    }
}

/* Sets the font, without hinting, so that the layout is the same at every scale. */
static void set_font(struct page *p)
{
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    p->layout = pango_cairo_create_layout(p->cr);
    pango_cairo_context_set_font_options(pango_layout_get_context(p->layout), options);
    pango_layout_context_changed(p->layout);
    cairo_font_options_destroy(options);
}

static void *begin(const struct sx_draw_setup *setup)
{
    struct page *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    p->setup = *setup;
    p->surface = make_surface(p);
    if (cairo_surface_status(p->surface) != CAIRO_STATUS_SUCCESS) {
        cairo_surface_destroy(p->surface);
        free(p);
        return NULL;
    }
    p->cr = cairo_create(p->surface);
    double scale = setup->scale * (setup->format == SX_DRAW_PDF ? 0.75 : 1);
    cairo_scale(p->cr, scale, scale);
    if (setup->format != SX_DRAW_NOTHING) {
        cairo_set_source_rgb(p->cr, 1, 1, 1);
        cairo_paint(p->cr);
    }
    set_font(p);
    return p;
}

static bool write_pixels(struct page *p)
{
    cairo_surface_flush(p->surface);
    int width = cairo_image_surface_get_width(p->surface);
    int height = cairo_image_surface_get_height(p->surface);
    int stride = cairo_image_surface_get_stride(p->surface);
    const unsigned char *data = cairo_image_surface_get_data(p->surface);
    unsigned char *row = malloc(3 * (size_t)width);
    bool ok = row != NULL;
    for (int y = 0; ok && y < height; y++) {
        const uint32_t *from = (const void *)(data + (size_t)y * (size_t)stride);
        for (int x = 0; x < width; x++) {
            row[3 * x] = (unsigned char)(from[x] >> 16);
            row[3 * x + 1] = (unsigned char)(from[x] >> 8);
            row[3 * x + 2] = (unsigned char)from[x];
        }
        ok = p->setup.write(p->setup.to, row, 3 * (size_t)width);
    }
    free(row);
    return ok;
}

static bool end(void *page, bool keep)
{
    struct page *p = page;
    bool ok = cairo_status(p->cr) == CAIRO_STATUS_SUCCESS;
    g_object_unref(p->layout);
    cairo_destroy(p->cr);
    if (ok && keep && p->setup.format == SX_DRAW_PIXELS)
        ok = write_pixels(p);
    cairo_surface_finish(p->surface);
    ok = ok && cairo_surface_status(p->surface) == CAIRO_STATUS_SUCCESS;
    cairo_surface_destroy(p->surface);
    free(p);
    return ok;
}

static void colour(void *page, unsigned c, double alpha)
{
    struct page *p = page;
    cairo_set_source_rgba(p->cr, (c >> 16) / 255.0, (c >> 8 & 255U) / 255.0, (c & 255U) / 255.0,
                          alpha);
}

static void trace(cairo_t *cr, const double *xy, int n)
{
    cairo_new_path(cr);
    for (int i = 0; i < n; i++)
        cairo_line_to(cr, xy[2 * i], xy[2 * i + 1]);
}

static void line(void *page, const double *xy, int n, double width, bool dashed)
{
    struct page *p = page;
    const double dash[] = {4, 3};
    trace(p->cr, xy, n);
    cairo_set_line_width(p->cr, width);
    cairo_set_dash(p->cr, dash, dashed ? 2 : 0, 0);
    cairo_set_line_join(p->cr, CAIRO_LINE_JOIN_ROUND);
    cairo_stroke(p->cr);
}

static void curve(void *page, const double xy[8], double width)
{
    struct page *p = page;
    cairo_new_path(p->cr);
    cairo_move_to(p->cr, xy[0], xy[1]);
    cairo_curve_to(p->cr, xy[2], xy[3], xy[4], xy[5], xy[6], xy[7]);
    cairo_set_line_width(p->cr, width);
    cairo_set_dash(p->cr, NULL, 0, 0);
    cairo_stroke(p->cr);
}

static void polygon(void *page, const double *xy, int n)
{
    struct page *p = page;
    trace(p->cr, xy, n);
    cairo_close_path(p->cr);
    cairo_fill(p->cr);
}

static void disc(void *page, double x, double y, double radius)
{
    struct page *p = page;
    cairo_new_path(p->cr);
    cairo_arc(p->cr, x, y, radius, 0, 2 * acos(-1));
    cairo_fill(p->cr);
}

/* Lays out a text. Invalid UTF-8 and control characters are replaced. */
static void lay_out(struct page *p, const char *text, double size, bool bold, double wrap)
{
    char *valid = g_utf8_make_valid(text, -1);
    PangoFontDescription *font = pango_font_description_new();
    for (char *c = valid; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' && *c != '\n')
            *c = ' ';
    pango_font_description_set_family(font, p->setup.font);
    pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
    pango_font_description_set_weight(font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(p->layout, font);
    pango_layout_set_width(p->layout, wrap > 0 ? (int)ceil(wrap * PANGO_SCALE) : -1);
    pango_layout_set_wrap(p->layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_text(p->layout, valid, -1);
    pango_font_description_free(font);
    g_free(valid);
}

static void measure(void *page, const char *text, double size, bool bold, double wrap,
                    double *width, double *height)
{
    struct page *p = page;
    PangoRectangle box;
    lay_out(p, text, size, bold, wrap);
    pango_layout_get_extents(p->layout, NULL, &box);
    *width = (double)box.width / PANGO_SCALE;
    *height = (double)box.height / PANGO_SCALE;
}

static void show_text(void *page, double x, double y, const char *text, double size, bool bold,
                      double wrap, double angle)
{
    struct page *p = page;
    lay_out(p, text, size, bold, wrap);
    cairo_save(p->cr);
    cairo_move_to(p->cr, x, y);
    cairo_rotate(p->cr, -angle * acos(-1) / 180);
    pango_cairo_update_layout(p->cr, p->layout);
    pango_cairo_show_layout(p->cr, p->layout);
    cairo_restore(p->cr);
    cairo_new_path(p->cr);
}

/* Viewers of vector files smooth pictures that they enlarge. Pictures whose pixels should remain
 * sharp are enlarged here by this factor. */
static int enlarged(double width, int columns, int rows, bool smooth)
{
    int times = smooth || columns < 1 ? 1 : (int)ceil(2 * width / columns);
    while (times > 1 && (double)times * columns * times * rows > 4e6)
        times--;
    return times;
}

static cairo_surface_t *image_surface(const uint32_t *argb, int columns, int rows, int times)
{
    cairo_surface_t *made =
        cairo_image_surface_create(CAIRO_FORMAT_ARGB32, columns * times, rows * times);
    if (cairo_surface_status(made) != CAIRO_STATUS_SUCCESS)
        return made;
    unsigned char *data = cairo_image_surface_get_data(made);
    size_t stride = (size_t)cairo_image_surface_get_stride(made);
    for (int r = 0; r < rows * times; r++) {
        uint32_t *to = (void *)(data + (size_t)r * stride);
        for (int c = 0; c < columns * times; c++)
            to[c] = argb[(size_t)(r / times) * (size_t)columns + (size_t)(c / times)];
    }
    cairo_surface_mark_dirty(made);
    return made;
}

static void image(void *page, double x, double y, double width, double height,
                  const uint32_t *argb, int columns, int rows, bool smooth)
{
    struct page *p = page;
    bool pixels = p->setup.format == SX_DRAW_PIXELS;
    int times = enlarged(width, columns, rows, smooth || pixels);
    cairo_surface_t *from = image_surface(argb, columns, rows, times);
    if (cairo_surface_status(from) == CAIRO_STATUS_SUCCESS) {
        cairo_save(p->cr);
        cairo_rectangle(p->cr, x, y, width, height);
        cairo_clip(p->cr);
        cairo_translate(p->cr, x, y);
        cairo_scale(p->cr, width / columns / times, height / rows / times);
        cairo_set_source_surface(p->cr, from, 0, 0);
        cairo_pattern_set_filter(cairo_get_source(p->cr),
                                 smooth ? CAIRO_FILTER_GOOD : CAIRO_FILTER_NEAREST);
        cairo_pattern_set_extend(cairo_get_source(p->cr), CAIRO_EXTEND_PAD);
        cairo_paint(p->cr);
        cairo_restore(p->cr);
    }
    cairo_surface_destroy(from);
}

extern const struct sx_draw_module sx_draw_module;
const struct sx_draw_module sx_draw_module = {
    SX_DRAW_VERSION, begin, end, colour, line, curve, polygon, disc, measure, show_text, image};
