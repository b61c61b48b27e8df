/* overlay.c - maps over their pictures: one in several panels, or those of several methods. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figure/figure.h"
#include "sextant/explain.h"

enum { GAP = 16, BAR_GAP = 14, CAPTION = 22 };

/* A map that is shown: its values as heat, and the picture behind it. */
struct shown {
    const struct sx_figure_options *o;
    const struct sx_picture *behind;
    struct sx_heat heat;
    double width, height; /* of a panel */
    double top;           /* the percentage of places that its mask keeps */
};

/* Sets the size of a panel: its longer side is about `side`. Pixels of small pictures become
 * whole squares. */
static void size_panel(struct shown *s, double side)
{
    double columns = (double)(s->behind != NULL ? s->behind->width : s->heat.columns);
    double rows = (double)(s->behind != NULL ? s->behind->height : s->heat.rows);
    double times = side / fmax(columns, rows);
    times = times > 3 ? floor(times) : times;
    s->width = fmax(round(columns * times), 24);
    s->height = fmax(round(rows * times), 24);
}

/* Spreads values of players over their elements of the input. */
static bool spread(const struct sx_datum *record, struct sx_record_map *map,
                   enum sx_layout layout, struct sx_error *error)
{
    const struct sx_datum *dims = sx_datum_at(record, "input.shape");
    struct sx_shape shape = {.rank = (int)sx_datum_count(dims)};
    /* of interactions only the singles are shown */
    if (map->own != NULL && map->values.shape.rank == 2) {
        int64_t side = map->values.shape.dim[0];
        for (int64_t i = 0; i < side; i++)
            map->own[i] = map->own[i * side + i];
        map->values.shape = (struct sx_shape){1, {side}};
    }
    int64_t n = sx_count(&map->values.shape);
    if (shape.rank < 1 || shape.rank > SX_MAX_RANK)
        return true;
    for (int i = 0; i < shape.rank; i++) {
        double dim = sx_datum_element(dims, i);
        shape.dim[i] = dim >= 1 && dim < 1e7 ? (int64_t)dim : 1;
    }
    int64_t all;
    if (!sx_shape_count(&shape, &all, error))
        return false;
    if (n == all)
        map->values.shape = shape;
    if (n == all || map->players == NULL)
        return true;
    struct sx_players *players = sx_players_new(&shape, map->players, layout, error);
    double *values = players != NULL ? sx_new((size_t)all, sizeof *values, error) : NULL;
    if (values != NULL && sx_players_count(players) == n) {
        sx_players_spread(players, map->values.data, values);
        free(map->own);
        map->own = map->values.data = values;
        map->values.shape = shape;
        values = NULL;
    }
    free(values);
    sx_players_free(players);
    return error->status == SX_OK;
}

static bool open_shown(struct shown *s, const struct sx_figure *f, int64_t item, int64_t k,
                       double side, struct sx_error *error)
{
    struct sx_record_map map;
    *s = (struct shown){.o = f->o, .behind = f->item[item].behind};
    if (!sx_map_get(f->item[item].record, k, &map, error))
        return sx_fail(error, SX_FAILED, "the record has no map to draw");
    bool ok = spread(f->item[item].record, &map, f->o->map.layout, error) &&
              sx_heat_new(&s->heat, &f->o->map, &map.values, error);
    sx_record_map_free(&map);
    if (ok)
        size_panel(s, side);
    return ok;
}

/* Draws the map's colours. Over a picture they are more opaque where the map is stronger. */
static bool draw_heat(struct sx_page *p, const struct shown *s, double x, double y, bool over,
                      struct sx_error *error)
{
    const struct sx_heat *h = &s->heat;
    int64_t n = h->rows * h->columns;
    uint32_t *argb = sx_new((size_t)n, sizeof *argb, error);
    if (argb == NULL)
        return false;
    for (int64_t i = 0; i < n; i++) {
        double v = sx_heat_at(h, i);
        double alpha = over ? s->o->map.alpha * pow(fabs(v), 0.75) : 1;
        unsigned c = sx_heat_colour(h, &s->o->map, v);
        uint32_t pixel = (uint32_t)lround(255 * alpha) << 24;
        for (unsigned shift = 0; shift < 24; shift += 8)
            pixel |= (uint32_t)lround((c >> shift & 255U) * alpha) << shift;
        argb[i] = pixel;
    }
    bool coarse = s->behind != NULL && 2 * h->columns <= s->behind->width;
    bool shrunk = (double)h->columns > s->width;
    sx_page_image(p, x, y, s->width, s->height, argb, (int)h->columns, (int)h->rows,
                  (coarse && !s->o->nearest) || shrunk);
    free(argb);
    return true;
}

/* Draws the strongest places of the picture, and the others in its mean grey. */
static bool draw_mask(struct sx_page *p, const struct shown *s, double x, double y,
                      struct sx_error *error)
{
    int64_t n = s->heat.rows * s->heat.columns;
    uint8_t *keep = sx_new((size_t)n, 1, error);
    uint32_t *argb = sx_new((size_t)n, sizeof *argb, error);
    bool ok = keep != NULL && argb != NULL && sx_heat_top(&s->heat, s->top, keep, error) &&
              sx_page_picture(p, x, y, s->width, s->height, s->behind, false, error);
    for (int64_t i = 0; ok && i < n; i++)
        argb[i] = keep[i] ? 0 : 0xff808080U;
    if (ok)
        sx_page_image(p, x, y, s->width, s->height, argb, (int)s->heat.columns,
                      (int)s->heat.rows, (double)s->heat.columns > s->width);
    free(keep);
    free(argb);
    return ok;
}

static bool draw_panel(struct sx_page *p, const struct shown *s, int panel, double x, double y,
                       struct sx_error *error)
{
    bool ok = true;
    if (p->muted)
        return true;
    if (panel == SX_PANEL_PICTURE || panel == SX_PANEL_OVERLAY)
        ok = sx_page_picture(p, x, y, s->width, s->height, s->behind, panel == SX_PANEL_OVERLAY,
                             error);
    if (panel == SX_PANEL_MAP || panel == SX_PANEL_OVERLAY)
        ok = ok && draw_heat(p, s, x, y, panel == SX_PANEL_OVERLAY, error);
    if (panel == SX_PANEL_MASK)
        ok = draw_mask(p, s, x, y, error);
    sx_page_colour(p, 0xb0b0b0, 1);
    sx_page_frame(p, x, y, s->width, s->height, 1);
    return ok;
}

static void caption(struct sx_page *p, const struct shown *s, double x, double y,
                    const char *text)
{
    sx_page_colour(p, SX_BLACK, 1);
    sx_page_text(p, x + s->width / 2, y + s->height + 4, 0.5, sx_plain, text);
}

/* Draws the colour bar of the values. `relative`: each map has a scale of its own. */
static double draw_bar(struct sx_page *p, const struct shown *s, bool relative, double x,
                       double y, double height)
{
    static const char *const what[] = {"|attribution|", "attribution > 0", "attribution < 0",
                                       "attribution"};
    unsigned ramp[SX_RAMP];
    const struct sx_heat *h = &s->heat;
    double high = relative ? 1 : h->low + h->scale;
    double low = h->is_signed ? -high : relative ? 0 : h->low;
    char text[80];
    if (s->o->no_bar)
        return -BAR_GAP;
    for (int i = 0; i < SX_RAMP; i++) {
        double t = (double)i / (SX_RAMP - 1);
        ramp[i] = sx_heat_colour(h, &s->o->map, h->is_signed ? 2 * t - 1 : t);
    }
    snprintf(text, sizeof text, "%s%s", what[s->o->map.sign], relative ? " / its largest" : "");
    return sx_colour_bar(p, x, y, height, ramp, low, high, text);
}

static int count_masks(const struct sx_figure *f)
{
    return f->o->map.n_tops > 0 ? f->o->map.n_tops : 1;
}

static double share_of(const struct sx_figure *f, int mask)
{
    return f->o->map.n_tops > 0 ? f->o->map.top[mask] : 10;
}

/* Writes below a panel what it shows. `method` is that of the map, or NULL. */
static void name_panel(struct sx_page *p, const struct shown *s, int panel, const char *method,
                       double x, double y)
{
    char text[160];
    if (panel == SX_PANEL_MASK)
        snprintf(text, sizeof text, "%.100s%stop %g %%", method != NULL ? method : "",
                 method != NULL ? ", " : "", s->top);
    else
        snprintf(text, sizeof text, "%.100s",
                 panel == SX_PANEL_PICTURE ? "picture"
                 : method != NULL          ? method
                 : panel == SX_PANEL_MAP   ? "map"
                                           : "overlay");
    caption(p, s, x, y, text);
}

bool sx_draw_overlay(struct sx_page *p, const struct sx_figure *f, double x, double y,
                     double *width, double *height, struct sx_error *error)
{
    struct shown s;
    int wanted = f->item[0].behind != NULL ? f->o->map.panels : SX_PANEL_MAP;
    int masks = (wanted & SX_PANEL_MASK) != 0 ? count_masks(f) : 0, count = masks;
    for (int i = 0; i < 3; i++)
        count += (wanted >> i & 1) != 0;
    if (!open_shown(&s, f, 0, 0, count > 1 ? 300 : 420, error))
        return false;
    double at = 0;
    bool ok = true;
    for (int i = 0; i < 3 + masks && ok; i++) {
        int panel = i < 3 ? 1 << i : SX_PANEL_MASK;
        if ((wanted & panel) == 0)
            continue;
        s.top = i < 3 ? 0 : share_of(f, i - 3);
        ok = draw_panel(p, &s, panel, x + at, y, error);
        if (count > 1)
            name_panel(p, &s, panel, NULL, x + at, y);
        at += s.width + GAP;
    }
    double bar = draw_bar(p, &s, false, x + at - GAP + BAR_GAP, y, s.height);
    *width = at - GAP + BAR_GAP + bar;
    *height = s.height + (count > 1 ? CAPTION : 0);
    sx_heat_free(&s.heat);
    return ok;
}

/* The record and the map that panel i of a strip shows. False past the last. */
static bool strip_map(const struct sx_figure *f, int64_t i, int64_t *item, int64_t *map,
                      struct sx_error *error)
{
    *map = i;
    for (*item = 0; *item < f->n; ++*item) {
        int64_t n = sx_map_count(f->item[*item].record, error);
        if (*map < n)
            return true;
        *map -= n;
    }
    return false;
}

/* Panel k of a strip: the picture, a map, or with --topk a mask of one. */
struct strip_panel {
    int64_t item, map;
    int panel, mask; /* mask: 1 + its number; 0: the panel is no mask */
};

/* The number of panels of each map. */
static int panels_each(const struct sx_figure *f)
{
    return f->item[0].behind != NULL && f->o->map.n_tops > 0 ? 1 + f->o->map.n_tops : 1;
}

static bool strip_panel(const struct sx_figure *f, int64_t k, struct strip_panel *v,
                        struct sx_error *error)
{
    int each = panels_each(f);
    const struct sx_picture *behind = f->item[0].behind;
    /* Through colours a picture of few pixels is not recognisable. */
    int plain = behind != NULL && behind->width > 40 ? SX_PANEL_OVERLAY : SX_PANEL_MAP;
    bool picture = behind != NULL && k == 0;
    k -= behind != NULL && k > 0;
    *v = (struct strip_panel){.mask = picture ? 0 : (int)(k % each)};
    v->panel = picture ? SX_PANEL_PICTURE : v->mask > 0 ? SX_PANEL_MASK : plain;
    return strip_map(f, picture ? 0 : k / each, &v->item, &v->map, error);
}

static bool draw_strip_panel(struct sx_page *p, const struct sx_figure *f, struct shown *s,
                             const struct strip_panel *v, double x, double y,
                             struct sx_error *error)
{
    struct sx_record_map map;
    s->top = v->mask > 0 ? share_of(f, v->mask - 1) : 0;
    if (!draw_panel(p, s, v->panel, x, y, error) ||
        !sx_map_get(f->item[v->item].record, v->map, &map, error))
        return false;
    name_panel(p, s, v->panel, map.method, x, y);
    sx_record_map_free(&map);
    return true;
}

/* The position of panel k. Rows have five panels. With masks each map has a row, after the
 * picture. */
static void place_panel(const struct sx_figure *f, int64_t k, int64_t *column, int64_t *row)
{
    enum { ACROSS = 5 };
    int each = panels_each(f);
    *column = k % ACROSS;
    *row = k / ACROSS;
    if (each > 1) {
        *column = k == 0 ? 0 : 1 + (k - 1) % each;
        *row = k == 0 ? 0 : (k - 1) / each;
    }
}

/* Draws the picture, then a panel for each map of the records. */
bool sx_draw_strip(struct sx_page *p, const struct sx_figure *f, double x, double y,
                   double *width, double *height, struct sx_error *error)
{
    struct strip_panel v;
    int64_t panels = 0, column, row;
    while (strip_panel(f, panels, &v, error))
        panels++;
    double side = panels > 3 ? 200 : 280, wide = 0, high = 0;
    struct shown s = {0};
    bool ok = sx_map_count(f->item[0].record, error) > 0 ||
              sx_fail(error, SX_FAILED, "the record has no map to draw");
    for (int64_t k = 0; k < panels && ok; k++) {
        ok = strip_panel(f, k, &v, error);
        place_panel(f, k, &column, &row);
        ok = ok && open_shown(&s, f, v.item, v.map, side, error);
        double at = x + (double)column * (s.width + GAP);
        double top = y + (double)row * (s.height + CAPTION + GAP);
        ok = ok && draw_strip_panel(p, f, &s, &v, at, top, error);
        wide = fmax(wide, at + s.width - x);
        high = fmax(high, top + s.height + CAPTION - y);
        if (k + 1 == panels && ok)
            wide += BAR_GAP + draw_bar(p, &s, true, x + wide + BAR_GAP, y, s.height);
        sx_heat_free(&s.heat);
    }
    *width = wide;
    *height = high;
    return ok;
}
