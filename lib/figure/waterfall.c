/* waterfall.c - how values sum from the base to the output: step by step, or on one line. */
#include <math.h>
#include <stdlib.h>

#include "figure/figure.h"

enum { ROW = 26, THICK = 18, WIDE = 440 };

/* Values that sum to the output, their order, and the partial sums. */
struct steps {
    struct sx_facts v;
    int64_t *order, shown, rows; /* rows: includes one for all values that are not shown */
    double base, output, rest;
};

static bool steps_get(struct steps *s, const struct sx_figure *f, struct sx_error *error)
{
    double sum = 0;
    *s = (struct steps){.order = NULL};
    if (!sx_facts_get(&s->v, f->item[0].record, 0, error))
        return false;
    if (s->v.n == 0)
        return sx_fail(error, SX_FAILED, "the record has no values that add up");
    if (!sx_facts_order(&s->v, &s->order, error))
        return false;
    s->shown = f->o->top > 0 ? f->o->top : 14;
    s->shown = s->shown < s->v.n ? s->shown : s->v.n;
    for (int64_t i = 0; i < s->v.n; i++) {
        double value = s->v.value[s->order[i]];
        sum += isfinite(value) ? value : 0;
        s->rest += i >= s->shown && isfinite(value) ? value : 0;
    }
    s->rows = s->shown + (s->shown < s->v.n);
    s->output = sx_datum_number(sx_datum_at(f->item[0].record, "target.value"), NAN);
    if (!isfinite(s->output))
        s->output = sum;
    s->base = s->output - sum;
    return true;
}

static void steps_free(struct steps *s)
{
    sx_facts_free(&s->v);
    free(s->order);
}

static double step(const struct steps *s, int64_t i)
{
    double v = i < s->shown ? s->v.value[s->order[i]] : s->rest;
    return isfinite(v) ? v : 0;
}

static void step_name(const struct steps *s, int64_t i, char *text, size_t size)
{
    if (i < s->shown)
        sx_facts_name(&s->v, s->order[i], true, text, size);
    else
        snprintf(text, size, "%lld others", (long long)(s->v.n - s->shown));
}

/* The range of all partial sums, with room for numbers. */
static struct sx_axis range(const struct steps *s, double from, double to)
{
    double low = fmin(s->base, s->output), high = fmax(s->base, s->output), at = s->base;
    for (int64_t i = s->rows - 1; i >= 0; i--) {
        at += step(s, i);
        low = fmin(low, at);
        high = fmax(high, at);
    }
    double room =
        high > low ? SX_NUMBER_WIDE * (high - low) / (to - from - 2 * SX_NUMBER_WIDE) : 1;
    return (struct sx_axis){low - room, high + room, from, to};
}

/* Draws a bar whose end points in its direction. */
static void draw_arrow(struct sx_page *p, double from, double to, double y, double thick)
{
    double tip = fmin(6, fabs(to - from)) * (to > from ? 1 : -1);
    const double xy[] = {from, y - thick / 2, to - tip,      y - thick / 2, to,
                         y,    to - tip,      y + thick / 2, from,          y + thick / 2};
    sx_page_colour(p, to < from ? SX_NEGATIVE : SX_POSITIVE, 1);
    sx_page_polygon(p, xy, 5);
}

static void mark(struct sx_page *p, const struct sx_axis *axis, double value, double top,
                 double bottom, const char *what, bool above)
{
    char text[80], number[32];
    double at = sx_on(axis, value);
    sx_short_number(number, value);
    snprintf(text, sizeof text, "%s %s", what, number);
    sx_page_colour(p, SX_GREY, 1);
    sx_page_dashes(p, at, top, at, bottom, 1);
    sx_page_colour(p, SX_BLACK, 1);
    sx_page_text(p, at, above ? top - 17 : bottom + 3, 0.5, sx_bold, text);
}

/* Writes the number at the end of a step, with its sign. */
static void step_number(const struct steps *s, int64_t i, char number[33])
{
    double v = i < s->shown ? s->v.value[s->order[i]] : s->rest;
    number[0] = '+';
    sx_short_number(number + (v >= 0), v);
}

/* Draws the weakest steps first, at the bottom. So the strongest step ends at the output, at
 * the top. */
static void draw_steps(struct sx_page *p, const struct steps *s, const struct sx_axis *axis,
                       double x, double names, double y)
{
    double at = s->base;
    char name[600], number[33];
    for (int64_t i = s->rows - 1; i >= 0; i--) {
        double next = at + step(s, i), row = y + ((double)i + 0.5) * ROW;
        double from = sx_on(axis, at), to = sx_on(axis, next);
        step_name(s, i, name, sizeof name);
        sx_page_colour(p, i < s->shown ? SX_BLACK : SX_GREY, 1);
        sx_page_label(p, x + names, row, 1, sx_plain, name);
        draw_arrow(p, from, to, row, THICK);
        step_number(s, i, number);
        sx_page_colour(p, SX_BLACK, 1);
        sx_page_label(p, to + (to < from ? -5 : 5), row, to < from, sx_small, number);
        sx_page_colour(p, SX_GREY, 1);
        if (i > 0)
            sx_page_line(p, to, row - ROW + THICK / 2.0, to, row - THICK / 2.0, 0.8);
        at = next;
    }
}

bool sx_draw_waterfall(struct sx_page *p, const struct sx_figure *f, double x, double y,
                       double *width, double *height, struct sx_error *error)
{
    struct steps s;
    char name[600], unit[40];
    bool ok = steps_get(&s, f, error);
    double names = 40, head = 22;
    for (int64_t i = 0; ok && i < s.rows; i++) {
        step_name(&s, i, name, sizeof name);
        names = fmax(names, sx_page_width(p, sx_plain, name));
    }
    if (ok) {
        struct sx_axis axis = range(&s, x + names + 12, x + names + 12 + WIDE);
        double bottom = y + head + (double)s.rows * ROW;
        sx_figure_unit(f->item[0].record, unit, sizeof unit);
        sx_axis_below(p, &axis, y + head, bottom + 20, unit);
        mark(p, &axis, s.output, y + head, bottom, "output", true);
        mark(p, &axis, s.base, y + head, bottom, "base", false);
        draw_steps(p, &s, &axis, x, names, y + head);
        *width = names + 12 + WIDE;
        *height = bottom + 60 - y;
    }
    steps_free(&s);
    return ok;
}

/* ---- On one line ---- */

/* The name of a segment. It is below the segment's middle, unless that is too near an end of
 * the figure. */
struct label {
    char *text;
    double middle, left, width;
    int64_t lane;
    bool raises;
};

/* Draws the segments of one sign from the output outwards. Those that raise the output are to
 * its left, in order. */
static void draw_side(struct sx_page *p, const struct steps *s, const struct sx_axis *axis,
                      bool raising, double y, struct label *label)
{
    double at = s->output;
    for (int64_t i = 0; i < s->rows; i++) {
        double v = step(s, i);
        if (v == 0 || (v > 0) != raising)
            continue;
        double from = sx_on(axis, at - v), to = sx_on(axis, at);
        draw_arrow(p, from, to, y, 34);
        sx_page_colour(p, 0xffffff, 1);
        sx_page_line(p, from, y - 17, from, y + 17, 1);
        label[i].middle = (from + to) / 2;
        label[i].raises = raising;
        at -= v;
    }
}

/* The first lane in which a label overlaps none of the labels before it. */
static int64_t lane_of(const struct label *label, int64_t i)
{
    enum { APART = 10 };
    int64_t lane = 0;
    for (int64_t k = 0; k < i; k++)
        if (label[k].width > 0 && label[k].lane == lane &&
            label[k].left < label[i].left + label[i].width + APART &&
            label[i].left < label[k].left + label[k].width + APART) {
            lane++;
            k = -1;
        }
    return lane;
}

/* Draws the names of all segments in lanes, the strongest in the highest lane. Returns where
 * the last lane ends. */
static double draw_labels(struct sx_page *p, struct label *label, int64_t n, double x,
                          double wide, double y)
{
    enum { LANE = 18 };
    double lowest = y;
    for (int64_t i = 0; i < n; i++) {
        struct label *l = &label[i];
        l->left = fmax(fmin(l->middle - l->width / 2, x + wide - l->width), x);
        l->lane = lane_of(label, i);
        double low = y + (double)l->lane * LANE;
        double to = fmin(fmax(l->middle, l->left), l->left + l->width);
        sx_page_colour(p, SX_FAINT, 1);
        if (l->width > 0)
            sx_page_line(p, l->middle, y - 8, to, low, 0.8);
        lowest = fmax(lowest, low + LANE);
    }
    for (int64_t i = 0; i < n; i++) {
        if (label[i].width == 0)
            continue;
        sx_page_colour(p, label[i].raises ? 0xa84a00U : SX_NEGATIVE, 1);
        sx_page_text(p, label[i].left, y + (double)label[i].lane * LANE, 0, sx_small,
                     label[i].text);
    }
    return lowest;
}

/* The names of the steps that are not 0. Sets the width of the widest. */
static struct label *labels_of(struct sx_page *p, const struct steps *s, double *wide,
                               struct sx_error *error)
{
    char name[600];
    struct label *label = sx_new((size_t)s->rows, sizeof *label, error);
    for (int64_t i = 0; label != NULL && i < s->rows && error->status == SX_OK; i++) {
        step_name(s, i, name, sizeof name);
        label[i].text = sx_strdup(name, error);
        label[i].width = step(s, i) != 0 ? sx_page_width(p, sx_small, name) : 0;
        *wide = fmax(*wide, label[i].width);
    }
    return label;
}

static void labels_free(struct label *label, int64_t n)
{
    for (int64_t i = 0; label != NULL && i < n; i++)
        free(label[i].text);
    free(label);
}

/* The axis from (output - all positive values) to (output - all negative values), and to the
 * base. */
static struct sx_axis line_of(const struct steps *s, double from, double to)
{
    double low = s->output, high = s->output;
    for (int64_t i = 0; i < s->rows; i++) {
        low -= fmax(step(s, i), 0);
        high -= fmin(step(s, i), 0);
    }
    low = fmin(low, s->base);
    high = fmax(high, s->base);
    double room = high > low ? 0.06 * (high - low) : 1;
    return (struct sx_axis){low - room, high + room, from, to};
}

bool sx_draw_force(struct sx_page *p, const struct sx_figure *f, double x, double y,
                   double *width, double *height, struct sx_error *error)
{
    struct steps s;
    char unit[40];
    double wide = 760;
    bool ok = steps_get(&s, f, error);
    struct label *label = ok ? labels_of(p, &s, &wide, error) : NULL;
    ok = ok && error->status == SX_OK;
    if (ok) {
        struct sx_axis axis = line_of(&s, x, x + wide);
        sx_figure_unit(f->item[0].record, unit, sizeof unit);
        sx_axis_below(p, &axis, y + 20, y + 40, unit);
        mark(p, &axis, s.base, y + 20, y + 118, "base", true);
        bool near = fabs(sx_on(&axis, s.base) - sx_on(&axis, s.output)) < 130;
        mark(p, &axis, s.output, y + (near ? 3 : 20), y + 118, "output", true);
        draw_side(p, &s, &axis, true, y + 100, label);
        draw_side(p, &s, &axis, false, y + 100, label);
        *width = wide;
        *height = fmax(draw_labels(p, label, s.rows, x, wide, y + 126), y + 140) - y;
    }
    labels_free(label, s.rows);
    steps_free(&s);
    return ok;
}
