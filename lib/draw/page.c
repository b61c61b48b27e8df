/* page.c - drawing functions of a page: a thin layer over the drawing module. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "draw/draw.h"

void sx_page_colour(struct sx_page *p, unsigned colour, double alpha)
{
    if (!p->muted)
        p->module->colour(p->page, colour, alpha);
}

void sx_page_lines(struct sx_page *p, const double *xy, int n, double width)
{
    if (!p->muted)
        p->module->line(p->page, xy, n, width, false);
}

void sx_page_line(struct sx_page *p, double x0, double y0, double x1, double y1, double width)
{
    const double xy[] = {x0, y0, x1, y1};
    sx_page_lines(p, xy, 2, width);
}

void sx_page_dashes(struct sx_page *p, double x0, double y0, double x1, double y1, double width)
{
    const double xy[] = {x0, y0, x1, y1};
    if (!p->muted)
        p->module->line(p->page, xy, 2, width, true);
}

void sx_page_curve(struct sx_page *p, const double xy[8], double width)
{
    if (!p->muted)
        p->module->curve(p->page, xy, width);
}

void sx_page_polygon(struct sx_page *p, const double *xy, int n)
{
    if (!p->muted)
        p->module->polygon(p->page, xy, n);
}

void sx_page_fill(struct sx_page *p, double x, double y, double width, double height)
{
    const double xy[] = {x, y, x + width, y, x + width, y + height, x, y + height};
    sx_page_polygon(p, xy, 4);
}

void sx_page_frame(struct sx_page *p, double x, double y, double w, double h, double line)
{
    const double xy[] = {x, y, x + w, y, x + w, y + h, x, y + h, x, y, x + w, y};
    sx_page_lines(p, xy, 6, line);
}

void sx_page_disc(struct sx_page *p, double x, double y, double radius)
{
    if (!p->muted)
        p->module->disc(p->page, x, y, radius);
}

void sx_page_image(struct sx_page *p, double x, double y, double width, double height,
                   const uint32_t *argb, int columns, int rows, bool smooth)
{
    if (!p->muted)
        p->module->image(p->page, x, y, width, height, argb, columns, rows, smooth);
}

bool sx_page_picture(struct sx_page *p, double x, double y, double width, double height,
                     const struct sx_picture *picture, bool grey, struct sx_error *error)
{
    size_t n = (size_t)picture->width * (size_t)picture->height;
    if (p->muted)
        return true;
    uint32_t *argb = sx_new(n, sizeof *argb, error);
    if (argb == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *c = picture->pixels + i * (size_t)picture->channels;
        unsigned r = c[0], g = picture->channels == 3 ? c[1] : r;
        unsigned b = picture->channels == 3 ? c[2] : r;
        if (grey)
            r = g = b = (unsigned)lround(0.299 * r + 0.587 * g + 0.114 * b);
        argb[i] = 0xff000000U | r << 16 | g << 8 | b;
    }
    bool small = width > 2 * (double)picture->width;
    sx_page_image(p, x, y, width, height, argb, picture->width, picture->height, !small);
    free(argb);
    return true;
}

/* ---- Text ---- */

void sx_page_measure(struct sx_page *p, struct sx_type_face face, const char *text,
                     double *width, double *height)
{
    p->module->measure(p->page, text, face.size, face.bold, face.wrap, width, height);
}

double sx_page_width(struct sx_page *p, struct sx_type_face face, const char *text)
{
    double width, height;
    sx_page_measure(p, face, text, &width, &height);
    return width;
}

static void list(struct sx_page *p, const char *text)
{
    size_t n = strlen(text);
    void *items = p->texts;
    if (!p->listing || !sx_grow(&items, &p->texts_capacity, p->n_texts + n + 2, 1, p->error))
        return;
    p->texts = items;
    memcpy(p->texts + p->n_texts, text, n);
    memcpy(p->texts + p->n_texts + n, "\n", 2);
    p->n_texts += n + 1;
}

static void show(struct sx_page *p, double x, double y, struct sx_type_face face,
                 const char *text, double angle)
{
    if (p->muted || text[0] == '\0')
        return;
    list(p, text);
    p->module->text(p->page, x, y, text, face.size, face.bold, face.wrap, angle);
}

void sx_page_text(struct sx_page *p, double x, double y, double align, struct sx_type_face face,
                  const char *text)
{
    double width = 0, height = 0;
    if (align > 0)
        sx_page_measure(p, face, text, &width, &height);
    show(p, x - align * width, y, face, text, 0);
}

void sx_page_label(struct sx_page *p, double x, double y, double align,
                   struct sx_type_face face, const char *text)
{
    double width, height;
    sx_page_measure(p, face, text, &width, &height);
    show(p, x - align * width, y - height / 2, face, text, 0);
}

void sx_page_turned(struct sx_page *p, double x, double y, double angle,
                    struct sx_type_face face, const char *text)
{
    show(p, x, y, face, text, angle);
}
