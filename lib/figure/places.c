/* places.c - pairs of places, as lines between boxes on a picture. */
#include <math.h>

#include "figure/layout.h"

struct box {
    double x0, y0, x1, y1;
};

/* Pairs of places have their own boxes. Pairs of objects refer to the objects of the record. */
struct places {
    const struct sx_datum *pairs, *objects;
    /* the rows and columns of the layer if its places have no boxes in the input; else NULL */
    const struct sx_datum *grid;
    double pad;
};

static const struct sx_datum *object_of(const struct places *of, const struct sx_datum *pair,
                                        int k)
{
    static const char *const letter[] = {"a", "b", "c"};
    const struct sx_datum *at = sx_datum_at(pair, letter[k]);
    const struct sx_datum *v = of->objects != NULL ? of->objects->first : NULL;
    if (at == NULL || at->kind != SX_INTEGER)
        return NULL;
    for (int64_t i = at->integer; v != NULL && i > 0; i--)
        v = v->next;
    return v;
}

/* The cell of a place in the grid. */
static bool cell_of(const struct sx_datum *place, struct box *b)
{
    double row = sx_datum_element(place, 0), column = sx_datum_element(place, 1);
    *b = (struct box){column, row, column + 1, row + 1};
    return sx_datum_count(place) == 2 && fabs(row) < 1e6 && fabs(column) < 1e6;
}

static bool box_of(const struct places *of, const struct sx_datum *pair, int k, struct box *b)
{
    static const char *const keys[] = {"box_a", "box_b", "box_c"};
    static const char *const places[] = {"a", "b", "c"};
    if (of->grid != NULL)
        return cell_of(sx_datum_at(pair, places[k]), b);
    const struct sx_datum *v = of->objects != NULL ? sx_datum_at(object_of(of, pair, k), "box")
                                                   : sx_datum_at(pair, keys[k]);
    if (sx_datum_count(v) != 4)
        return false;
    *b = (struct box){sx_datum_element(v, 0) - of->pad, sx_datum_element(v, 1) - of->pad,
                      sx_datum_element(v, 2) + of->pad, sx_datum_element(v, 3) + of->pad};
    return b->x1 > b->x0 && b->y1 > b->y0 && b->x0 > -1e6 && b->x1 < 1e6 && b->y0 > -1e6 &&
           b->y1 < 1e6;
}

static void place_name(const struct places *of, const struct sx_datum *pair, int k, char *text,
                       size_t size)
{
    static const char *const letter[] = {"a", "b", "c"};
    static const char *const names[] = {"name_a", "name_b", "name_c"};
    const struct sx_datum *v = sx_datum_at(pair, letter[k]);
    const char *given = sx_datum_text(sx_datum_at(pair, names[k]), NULL);
    if (of->objects != NULL)
        given = sx_datum_text(sx_datum_at(object_of(of, pair, k), "name"), NULL);
    if (given != NULL)
        snprintf(text, size, "%s", given);
    else if (sx_datum_count(v) == 2)
        snprintf(text, size, "(%.0f, %.0f)", sx_datum_element(v, 0), sx_datum_element(v, 1));
    else
        snprintf(text, size, "%.0f", sx_datum_number(v, 0));
}

/* The size of the picture that the boxes refer to. Without a picture, that of the grid or of all
 * boxes. */
static void extent(const struct sx_figure *f, const struct places *of, double *wide,
                   double *high)
{
    const struct sx_picture *behind = f->item[0].behind;
    struct box b;
    *wide = *high = 1;
    if (of->grid != NULL) {
        *wide = fmin(fmax(sx_datum_element(of->grid, 1), 1), 1e6);
        *high = fmin(fmax(sx_datum_element(of->grid, 0), 1), 1e6);
    }
    for (const struct sx_datum *v = of->pairs->first; v != NULL; v = v->next)
        for (int k = 0; k < 3; k++)
            if (box_of(of, v, k, &b)) {
                *wide = fmax(*wide, b.x1);
                *high = fmax(*high, b.y1);
            }
    if (behind != NULL) {
        *wide = behind->width;
        *high = behind->height;
    }
}

static void draw_link(struct sx_page *p, const struct box *a, const struct box *b, double width)
{
    double x0 = (a->x0 + a->x1) / 2, y0 = (a->y0 + a->y1) / 2;
    double x1 = (b->x0 + b->x1) / 2, y1 = (b->y0 + b->y1) / 2;
    double bend = 0.22, dx = (x1 - x0) * bend, dy = (y1 - y0) * bend;
    const double xy[] = {x0,           y0,           x0 + dx - dy, y0 + dy + dx,
                         x1 - dx - dy, y1 - dy + dx, x1,           y1};
    sx_page_curve(p, xy, width);
    sx_page_disc(p, x0, y0, width + 1.5);
    sx_page_disc(p, x1, y1, width + 1.5);
}

/* Draws the boxes of a pair or triple and the lines between them. */
static void draw_pair(struct sx_page *p, const struct places *of, const struct sx_datum *pair,
                      int64_t i, double times, double x, double y, double width)
{
    struct box box[3];
    int n = 0;
    for (int k = 0; k < 3; k++)
        if (box_of(of, pair, k, &box[n])) {
            struct box *b = &box[n++];
            *b = (struct box){x + b->x0 * times, y + b->y0 * times, x + b->x1 * times,
                              y + b->y1 * times};
            sx_page_colour(p, 0xffffff, 0.9);
            sx_page_frame(p, b->x0 + 1, b->y0 + 1, b->x1 - b->x0 - 2, b->y1 - b->y0 - 2, 3.5);
            sx_page_colour(p, sx_series(i), 1);
            sx_page_frame(p, b->x0 + 1, b->y0 + 1, b->x1 - b->x0 - 2, b->y1 - b->y0 - 2, 2);
        }
    for (int k = 1; k < n; k++) {
        sx_page_colour(p, 0xffffff, 0.9);
        draw_link(p, &box[k - 1], &box[k], width + 2.5);
        sx_page_colour(p, sx_series(i), 1);
        draw_link(p, &box[k - 1], &box[k], width);
    }
}

static double draw_key(struct sx_page *p, const struct places *of, const struct sx_datum *pair,
                       int64_t i, double x, double y, double width)
{
    char a[120], b[120], c[120] = "", text[480], number[32];
    const struct sx_datum *value = sx_datum_at(pair, "strength");
    place_name(of, pair, 0, a, sizeof a);
    place_name(of, pair, 1, b, sizeof b);
    if (sx_datum_at(pair, "c") != NULL)
        place_name(of, pair, 2, c, sizeof c);
    sx_short_number(number, sx_datum_number(value, NAN));
    snprintf(text, sizeof text, "%s \xe2\x80\x93 %s%s%s   %s", a, b,
             c[0] != '\0' ? " \xe2\x80\x93 " : "", c, number);
    sx_page_colour(p, sx_series(i), 1);
    sx_page_line(p, x, y + 9, x + 26, y + 9, width);
    sx_page_colour(p, SX_BLACK, 1);
    sx_page_label(p, x + 34, y + 9, 0, sx_plain, text);
    return 34 + sx_page_width(p, sx_plain, text);
}

static bool draw_places(struct sx_page *p, const struct sx_figure *f, const struct places *of,
                        double x, double y, double *width, double *height,
                        struct sx_error *error)
{
    const struct sx_datum *pairs = of->pairs;
    const struct sx_picture *behind = f->item[0].behind;
    double wide, high, most = 0, key = 0;
    int64_t n = 0, top = f->o->top > 0 ? f->o->top : 8;
    extent(f, of, &wide, &high);
    double times = 400 / fmax(wide, high);
    times = times > 3 ? floor(times) : times;
    for (const struct sx_datum *v = pairs->first; v != NULL; v = v->next)
        most = fmax(most, fabs(sx_datum_number(sx_datum_at(v, "strength"), 0)));
    *width = wide * times;
    *height = high * times;
    bool ok = behind == NULL || sx_page_picture(p, x, y, *width, *height, behind, false, error);
    sx_page_colour(p, 0xb0b0b0, 1);
    sx_page_frame(p, x, y, *width, *height, 1);
    sx_page_colour(p, SX_BLACK, 1);
    if (!f->o->no_bar)
        sx_page_text(p, x + *width + 24, y, 0, sx_bold, "places and strength");
    for (const struct sx_datum *v = pairs->first; v != NULL && n < top; v = v->next, n++) {
        double share =
            fabs(sx_datum_number(sx_datum_at(v, "strength"), 0)) / fmax(most, 1e-300);
        double line = 1.5 + 4.5 * fmin(share, 1);
        draw_pair(p, of, v, n, times, x, y, line);
        if (!f->o->no_bar)
            key = fmax(key,
                       draw_key(p, of, v, n, x + *width + 24, y + 24 + 22 * (double)n, line));
    }
    *height = fmax(*height, f->o->no_bar ? 0 : 24 + 22 * (double)n);
    *width += f->o->no_bar ? 0 : 24 + fmax(key, 130);
    return ok;
}

bool sx_draw_places(struct sx_page *p, const struct sx_figure *f, double x, double y,
                    double *width, double *height, struct sx_error *error)
{
    const struct sx_datum *record = f->item[0].record,
                          *objects = sx_datum_at(record, "object_pairs");
    struct places of = {.pairs = sx_datum_at(record, "pairs"), .pad = (double)f->o->pad};
    if (objects != NULL && objects->kind == SX_LIST && objects->first != NULL) {
        of.pairs = objects;
        of.objects = sx_datum_at(record, "objects");
    }
    bool boxes =
        of.objects != NULL || sx_datum_count(sx_datum_at(of.pairs->first, "box_a")) == 4;
    if (!boxes && f->item[0].behind == NULL && sx_datum_count(sx_datum_at(record, "grid")) == 2)
        of.grid = sx_datum_at(record, "grid");
    return draw_places(p, f, &of, x, y, width, height, error);
}
