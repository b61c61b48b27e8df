/* pairs.c - relations drawn on the picture: boxes, lines between them, and a legend. */
#include <math.h>
#include <stdlib.h>

#include "plot/plot.h"

enum {
    MARGIN = 12,
    GAP = 10,
    USUAL_SIDE = 320, /* that small pictures are enlarged to */
    MOST_SIDE = 1024,
    SAMPLE = 28, /* length of the line in the legend */
    LEGEND = SAMPLE + 34 * SX_GLYPH_WIDTH,
    ENTRY = 2 * SX_LINE_HEIGHT + 4 /* height of an entry */
};

struct pairs {
    const struct sx_plot *plot;
    const struct sx_picture *behind;
    const struct sx_box *box;
    const struct sx_relation *top;
    int64_t n;
    int order;
    int64_t pad, width, height; /* of the picture as drawn */
    double scale_x, scale_y;    /* from its own pixels */
    struct sx_picture *canvas;
};

/* Distinct hues, the strongest relation first. */
static unsigned colour_of(int64_t i)
{
    static const unsigned colours[] = {0xe41a1c, 0x377eb8, 0x4daf4a, 0x984ea3,
                                       0xff7f00, 0x00a0a0, 0xa65628, 0xf060b0};
    return colours[i % (int64_t)(sizeof colours / sizeof colours[0])];
}

static double line_width(const struct pairs *p, int64_t i)
{
    double most = p->n > 0 ? p->top[0].strength : 0;
    return 1.5 + 4.5 * (most > 0 ? p->top[i].strength / most : 0);
}

/* Without a picture the boxes say how large it is. */
static void size_panel(struct pairs *p, int64_t n_boxes)
{
    double wide = p->behind != NULL ? p->behind->width : 1;
    double high = p->behind != NULL ? p->behind->height : 1;
    for (int64_t i = 0; p->behind == NULL && i < n_boxes; i++) {
        wide = fmax(wide, fmin(p->box[i].x1, MOST_SIDE));
        high = fmax(high, fmin(p->box[i].y1, MOST_SIDE));
    }
    double longest = fmax(wide, high), times = fmax(1, floor(USUAL_SIDE / longest + 0.5));
    times = fmin(times, MOST_SIDE / longest);
    p->width = llround(fmax(1, times * wide));
    p->height = llround(fmax(1, times * high));
    p->scale_x = (double)p->width / wide;
    p->scale_y = (double)p->height / high;
}

/* A box of the picture as it is drawn: `pad` larger on every side, in a picture padded by it. */
static void place(const struct pairs *p, const struct sx_box *box, double side[4])
{
    side[0] = MARGIN + box->x0 * p->scale_x;
    side[1] = box->y0 * p->scale_y;
    side[2] = MARGIN + box->x1 * p->scale_x + 2 * (double)p->pad;
    side[3] = box->y1 * p->scale_y + 2 * (double)p->pad;
}

static void draw_box(const struct pairs *p, int64_t top, const struct sx_box *box,
                     unsigned colour)
{
    double side[4];
    place(p, box, side);
    int64_t x = llround(side[0]), y = top + llround(side[1]);
    int64_t wide = llround(side[2]) - x, high = top + llround(side[3]) - y;
    sx_draw_frame(p->canvas, x, y, wide, high, colour);
    sx_draw_frame(p->canvas, x + 1, y + 1, wide - 2, high - 2, colour);
}

static void draw_link(const struct pairs *p, int64_t top, const struct sx_box *a,
                      const struct sx_box *b, double width, unsigned colour)
{
    double from[4], to[4], y = (double)top;
    place(p, a, from);
    place(p, b, to);
    sx_draw_line(p->canvas, (from[0] + from[2]) / 2, y + (from[1] + from[3]) / 2,
                 (to[0] + to[2]) / 2, y + (to[1] + to[3]) / 2, width, colour);
}

/* Weaker relations first, so that stronger ones lie over them. */
static void draw_relations(const struct pairs *p, int64_t top)
{
    for (int64_t i = p->n; i-- > 0;)
        for (int k = 0; k < p->order; k++) {
            const struct sx_box *box = &p->box[p->top[i].place[k]];
            draw_box(p, top, box, colour_of(i));
            for (int m = 0; m < k; m++)
                draw_link(p, top, &p->box[p->top[i].place[m]], box, line_width(p, i),
                          colour_of(i));
        }
}

/* Puts the picture back over what was drawn, but for a share of `alpha`. */
static void fade(const struct pairs *p, const struct sx_picture *plain)
{
    size_t n = (size_t)plain->width * (size_t)plain->height * 3;
    double alpha = p->plot->alpha;
    for (size_t i = 0; i < n; i++)
        p->canvas->pixels[i] =
            (uint8_t)lround(alpha * p->canvas->pixels[i] + (1 - alpha) * plain->pixels[i]);
}

static void draw_entry(const struct pairs *p, int64_t i, int64_t left, int64_t y)
{
    char text[96];
    const struct sx_relation *r = &p->top[i];
    const char *names[3] = {"", "", ""};
    for (int k = 0; k < p->order; k++)
        names[k] = p->box[r->place[k]].name != NULL ? p->box[r->place[k]].name : "?";
    sx_draw_line(p->canvas, (double)left, (double)y + 6, (double)(left + SAMPLE - 8),
                 (double)y + 6, line_width(p, i), colour_of(i));
    snprintf(text, sizeof text, "%lld: %.12s - %.12s%s%.8s", (long long)i + 1, names[0],
             names[1], p->order > 2 ? " - " : "", names[2]);
    sx_draw_text(p->canvas, left + SAMPLE, y, text, SX_INK);
    snprintf(text, sizeof text, "   %.3g, signed %+.3g", r->strength, r->effect);
    sx_draw_text(p->canvas, left + SAMPLE, y + SX_LINE_HEIGHT, text, SX_INK);
}

static void draw_legend(const struct pairs *p, int64_t left, int64_t top, int64_t height)
{
    int64_t shown = (height - SX_LINE_HEIGHT) / ENTRY, y = top + SX_LINE_HEIGHT + 4;
    char text[64];
    sx_draw_text(p->canvas, left, top,
                 p->n > 0 ? "strength: width of the line" : "every strength is 0", SX_INK);
    for (int64_t i = 0; i < p->n && i < shown; i++, y += ENTRY)
        draw_entry(p, i, left, y);
    if (p->n > shown) {
        snprintf(text, sizeof text, "and %lld weaker", (long long)(p->n - shown));
        sx_draw_text(p->canvas, left, y, text, SX_INK);
    }
}

static bool draw(struct pairs *p, const char *title, struct sx_error *error)
{
    struct sx_picture plain;
    int64_t wide = p->width + 2 * p->pad, high = p->height + 2 * p->pad;
    int64_t inner = wide + GAP + LEGEND;
    int64_t head = title != NULL ? sx_draw_paragraph(NULL, 0, 0, inner, title, SX_INK) : 0;
    int64_t top = MARGIN + head + (head > 0 ? GAP / 2 : 0);
    int64_t room = high > 5 * ENTRY ? high : 5 * ENTRY;
    if (!sx_canvas_new(p->canvas, inner + 2 * MARGIN, top + room + MARGIN, error) ||
        !sx_canvas_new(&plain, inner + 2 * MARGIN, top + room + MARGIN, error))
        return false;
    if (p->behind != NULL) {
        sx_draw_picture(p->canvas, MARGIN + p->pad, top + p->pad, p->width, p->height,
                        p->behind);
        sx_draw_picture(&plain, MARGIN + p->pad, top + p->pad, p->width, p->height, p->behind);
    }
    draw_relations(p, top);
    fade(p, &plain);
    sx_picture_free(&plain);
    sx_draw_frame(p->canvas, MARGIN - 1, top - 1, wide + 2, high + 2, 0xc0c0c0U);
    if (title != NULL)
        sx_draw_paragraph(p->canvas, MARGIN, MARGIN, inner, title, SX_INK);
    draw_legend(p, MARGIN + wide + GAP, top, room);
    return true;
}

bool sx_plot_relations(const struct sx_plot *plot, const struct sx_picture *behind, int64_t pad,
                       const struct sx_box *boxes, int64_t n_boxes, int order,
                       const struct sx_relation *top, int64_t n, const char *title,
                       struct sx_picture *figure, struct sx_error *error)
{
    struct pairs p = {.plot = plot,
                      .behind = behind,
                      .box = boxes,
                      .top = top,
                      .n = n,
                      .order = order,
                      .pad = pad,
                      .canvas = figure};
    *figure = (struct sx_picture){0};
    if (pad < 0 || pad > MOST_SIDE)
        return sx_fail(error, SX_USAGE, "padding is 0 to %d pixels", MOST_SIDE);
    size_panel(&p, n_boxes);
    if (draw(&p, title, error))
        return true;
    sx_picture_free(figure);
    return false;
}
