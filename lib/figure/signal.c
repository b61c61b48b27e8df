/* signal.c - the values of a long row without names, such as a sound, along its axis: a plot for
 * each map, a line for each channel. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figure/figure.h"

enum { WIDE = 620, HIGH = 150, LOW_PLOT = 80, FEW_PLOTS = 4, MOST_PLOTS = 32, GAP = 34 };
enum { MOST_LINES = 6, LONG = 64 };

/* Values at n places of an axis, in `lines` channels. */
struct signal {
    const double *value;
    int64_t n, lines;
    int64_t along, across; /* distances of two places, and of two channels */
};

/* The axis is the longer of at most two axes that are longer than 1. Returns false if there are
 * more axes, or too many channels. */
static bool axes_of(const struct sx_tensor *map, struct signal *s)
{
    int64_t size[2] = {1, 1};
    int axes = 0;
    for (int i = 0; i < map->shape.rank; i++) {
        if (map->shape.dim[i] == 1)
            continue;
        if (axes == 2)
            return false;
        size[axes++] = map->shape.dim[i];
    }
    bool last = axes == 2 && size[1] >= size[0];
    *s = (struct signal){.value = map->data,
                         .n = last ? size[1] : size[0],
                         .lines = last ? size[0] : size[1],
                         .along = last ? 1 : size[1],
                         .across = last ? size[1] : 1};
    return s->lines <= MOST_LINES;
}

bool sx_is_signal(const struct sx_datum *record, struct sx_error *error)
{
    const struct sx_datum *shape = sx_datum_at(record, "input.shape");
    struct sx_record_map map;
    struct signal s;
    int64_t axes = 0;
    if (sx_datum_at(record, "names") != NULL || sx_datum_at(record, "interactions") != NULL)
        return false;
    for (int64_t i = 0; i < sx_datum_count(shape); i++)
        axes += sx_datum_element(shape, i) > 1;
    if (axes < 1 || axes > 2 || (axes == 2 && sx_datum_count(shape) > 3) ||
        !sx_map_get(record, 0, &map, error))
        return false;
    bool is = axes_of(&map.values, &s) && s.n > LONG;
    sx_record_map_free(&map);
    return is;
}

/* ---- Drawing ---- */

static bool draw_line(struct sx_page *p, const struct signal *s, int64_t line,
                      const struct sx_axis *across, const struct sx_axis *up,
                      struct sx_error *error)
{
    double *xy = sx_new((size_t)(2 * s->n), sizeof *xy, error);
    int points = 0;
    if (xy == NULL)
        return false;
    for (int64_t i = 0; i < s->n; i++) {
        double v = s->value[i * s->along + line * s->across];
        if (!isfinite(v))
            continue;
        xy[2 * points] = sx_on(across, (double)i);
        xy[2 * points++ + 1] = sx_on(up, v);
    }
    sx_page_colour(p, sx_series(line), 1);
    sx_page_lines(p, xy, points, 1.2);
    free(xy);
    return true;
}

/* One map, from (x, y) down. */
static bool draw_plot(struct sx_page *p, const struct signal *s, const char *title, double x,
                      double y, double high, bool last, const char *what,
                      struct sx_error *error)
{
    double low = 0, top = 0;
    for (int64_t i = 0; i < s->n * s->lines; i++) {
        low = isfinite(s->value[i]) ? fmin(low, s->value[i]) : low;
        top = isfinite(s->value[i]) ? fmax(top, s->value[i]) : top;
    }
    top = top > low ? top : 1;
    struct sx_axis across = {0, s->n > 1 ? (double)(s->n - 1) : 1, x, x + WIDE};
    struct sx_axis up = {low, top, y + high, y};
    sx_page_colour(p, SX_BLACK, 1);
    sx_page_text(p, x, y - 20, 0, sx_bold, title);
    sx_axis_below(p, &across, y, y + high, last ? "element" : "");
    sx_axis_left(p, &up, x, x + WIDE, what);
    sx_page_colour(p, SX_GREY, 1);
    sx_page_line(p, x, sx_on(&up, 0), x + WIDE, sx_on(&up, 0), 1);
    bool ok = true;
    for (int64_t k = 0; ok && k < s->lines; k++)
        ok = draw_line(p, s, k, &across, &up, error);
    return ok;
}

/* Names the channels in the legend, from 0. */
static double draw_legend(struct sx_page *p, int64_t lines, double x, double y)
{
    char text[MOST_LINES][40];
    const char *name[MOST_LINES];
    unsigned colour[MOST_LINES];
    for (int64_t k = 0; k < lines; k++) {
        snprintf(text[k], sizeof text[k], "channel %lld", (long long)k);
        name[k] = text[k];
        colour[k] = sx_series(k);
    }
    return sx_legend(p, x, y, WIDE, colour, name, (int)lines);
}

/* The number of maps of all records, at most MOST_PLOTS. */
static int64_t plots_of(const struct sx_figure *f, struct sx_error *error)
{
    int64_t n = 0;
    for (int64_t i = 0; i < f->n && n < MOST_PLOTS; i++)
        n += sx_map_count(f->item[i].record, error);
    return n < MOST_PLOTS ? n : MOST_PLOTS;
}

bool sx_draw_signal(struct sx_page *p, const struct sx_figure *f, double x, double y,
                    double *width, double *height, struct sx_error *error)
{
    enum { LEFT = 64, HEAD = 22 };
    int64_t plots = plots_of(f, error), drawn = 0, lines = 1;
    double high = plots > FEW_PLOTS ? LOW_PLOT : HIGH, at = y + (plots > 1 ? HEAD : 0);
    if (error->status != SX_OK)
        return false;
    if (plots == 0)
        return sx_fail(error, SX_FAILED, "the record has no map to draw");
    for (int64_t i = 0, k = 0; drawn < plots; drawn++, k++) {
        struct sx_record_map map;
        struct signal s;
        while (!sx_map_get(f->item[i].record, k, &map, error)) {
            if (error->status != SX_OK || ++i == f->n)
                return false;
            k = 0;
        }
        const char *name = plots > 1 && map.method != NULL ? map.method : "";
        bool ok =
            axes_of(&map.values, &s) ||
            sx_fail(error, SX_FAILED, "the map is no signal of up to %d channels", MOST_LINES);
        ok = ok && draw_plot(p, &s, name, x + LEFT, at, high, drawn + 1 == plots,
                             map.contributions ? "contribution" : "value", error);
        lines = ok && s.lines > lines ? s.lines : lines;
        sx_record_map_free(&map);
        if (!ok)
            return false;
        at += high + GAP + (plots > 1 ? HEAD : 0);
    }
    at += drawn > 0 ? 10 - (plots > 1 ? HEAD : 0) : 0;
    if (lines > 1 && !f->o->no_bar)
        at += draw_legend(p, lines, x + LEFT, at);
    *width = LEFT + WIDE;
    *height = at - y;
    return true;
}
