/* gallery.c - small pictures in rows and columns that have names, with a caption under each. */
#include <stdlib.h>
#include <string.h>

#include "plot/plot.h"

enum { MARGIN = 14, GAP = 10, SMALL = 112, LARGE = 224, NAME = 200 };

/* Small pictures are enlarged a whole number of times, so that their pixels are equal. */
static void cell_size(const struct sx_gallery *g, int64_t *width, int64_t *height)
{
    *width = *height = 1;
    for (int64_t i = 0; i < g->rows * g->columns; i++) {
        const struct sx_picture *p = &g->cell[i];
        int64_t side = p->width > p->height ? p->width : p->height;
        if (p->pixels == NULL || side < 1)
            continue;
        int64_t times = side < SMALL ? SMALL / side : 1;
        double scale = side > LARGE ? (double)LARGE / (double)side : (double)times;
        int64_t w = (int64_t)(p->width * scale + 0.5), h = (int64_t)(p->height * scale + 0.5);
        *width = w > *width ? w : *width;
        *height = h > *height ? h : *height;
    }
}

static int64_t names_width(const char *const *names, int64_t n)
{
    int64_t widest = 0;
    for (int64_t i = 0; names != NULL && i < n; i++) {
        const char *line = names[i];
        while (line != NULL && *line != '\0') {
            char text[80];
            size_t length = strcspn(line, "\n");
            snprintf(text, sizeof text, "%.*s", (int)(length < 79 ? length : 79), line);
            int64_t width = sx_text_width(text);
            widest = width > widest ? width : widest;
            line += length + (line[length] == '\n');
        }
    }
    return widest < NAME ? widest : NAME;
}

static void centred(struct sx_picture *to, int64_t x, int64_t y, int64_t width,
                    const char *text)
{
    if (text != NULL)
        sx_draw_text(to, x + (width - sx_text_width(text)) / 2, y, text, SX_INK);
}

bool sx_plot_gallery(const struct sx_gallery *g, struct sx_picture *figure,
                     struct sx_error *error)
{
    *figure = (struct sx_picture){0};
    if (g->rows < 1 || g->columns < 1 || g->rows > 4096 || g->columns > 64)
        return sx_fail(error, SX_FAILED, "a sheet of %lld x %lld pictures cannot be drawn",
                       (long long)g->rows, (long long)g->columns);
    int64_t width, height, names = names_width(g->row_name, g->rows);
    int64_t heading = names_width(g->column_name, g->columns);
    int64_t under = names_width(g->caption, g->rows * g->columns);
    cell_size(g, &width, &height);
    heading = under > heading ? under : heading;
    int64_t wide = (heading > width ? heading : width) + GAP;
    int64_t tall = height + (g->caption != NULL ? SX_LINE_HEIGHT + 3 : 0) + GAP;
    int64_t left = MARGIN + names + (names > 0 ? GAP : 0), all = left + g->columns * wide;
    int64_t top = MARGIN + sx_draw_paragraph(NULL, 0, 0, all, g->title, SX_INK) + 6;
    if (!sx_canvas_new(figure, all + MARGIN, top + SX_LINE_HEIGHT + 4 + g->rows * tall + MARGIN,
                       error))
        return false;
    sx_draw_paragraph(figure, MARGIN, MARGIN, all, g->title, SX_INK);
    for (int64_t c = 0; c < g->columns && g->column_name != NULL; c++)
        centred(figure, left + c * wide, top, width, g->column_name[c]);
    top += SX_LINE_HEIGHT + 4;
    for (int64_t i = 0; i < g->rows * g->columns; i++) {
        int64_t x = left + i % g->columns * wide, y = top + i / g->columns * tall;
        if (i % g->columns == 0 && g->row_name != NULL && g->row_name[i / g->columns] != NULL)
            sx_draw_paragraph(figure, MARGIN, y + 4, NAME, g->row_name[i / g->columns], SX_INK);
        if (g->cell[i].pixels == NULL)
            continue;
        sx_draw_picture(figure, x, y, width, height, &g->cell[i]);
        sx_draw_frame(figure, x - 1, y - 1, width + 2, height + 2, SX_INK);
        if (g->caption != NULL)
            centred(figure, x, y + height + 3, width, g->caption[i]);
    }
    return true;
}

bool sx_picture_colour(struct sx_picture *picture, const char *colours, struct sx_error *error)
{
    bool reversed;
    const struct sx_colours *map = sx_colours_find(colours, &reversed);
    int64_t n = (int64_t)picture->width * picture->height, k = picture->channels;
    if (map == NULL)
        return sx_fail(error, SX_USAGE, "no colours '%.40s'", colours);
    uint8_t *to = sx_new((size_t)n, 3, error);
    if (to == NULL)
        return false;
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int64_t c = 0; c < k; c++)
            sum += picture->pixels[i * k + c];
        unsigned colour = sx_colours_at(map, reversed, sum / (255 * (double)k));
        for (int c = 0; c < 3; c++)
            to[3 * i + c] = (uint8_t)(colour >> (16 - 8 * c));
    }
    free(picture->pixels);
    picture->pixels = to;
    picture->channels = 3;
    return true;
}
