/* swarm.c - attributions of many samples: a row of points per feature, or plotted against the
 * feature's value. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figure/figure.h"

enum { ROW = 30, WIDE = 440, RADIUS = 3, LEAST_BAR = 150 };

/* The features of all records. Records with another number of features are left out. */
struct samples {
    struct sx_facts *facts;
    int64_t n, features;
    struct sx_facts mean; /* mean magnitudes, which give the order */
    int64_t *order;
};

static void samples_free(struct samples *s)
{
    for (int64_t i = 0; i < s->n; i++)
        sx_facts_free(&s->facts[i]);
    free(s->facts);
    free(s->mean.value);
    free(s->order);
}

static bool samples_get(struct samples *s, const struct sx_figure *f, struct sx_error *error)
{
    *s = (struct samples){.facts = sx_new((size_t)f->n, sizeof *s->facts, error)};
    for (int64_t i = 0; s->facts != NULL && i < f->n; i++) {
        struct sx_facts *v = &s->facts[s->n];
        if (!sx_facts_get(v, f->item[i].record, 0, error)) {
            sx_facts_free(v);
            return false;
        }
        if (v->n == 0 || (s->n > 0 && v->n != s->features)) {
            sx_facts_free(v);
            continue;
        }
        s->features = v->n;
        s->n++;
    }
    if (s->facts == NULL)
        return false;
    if (s->n == 0)
        return sx_fail(error, SX_FAILED, "no record has values of features");
    s->mean.n = s->features;
    s->mean.value = sx_new((size_t)s->features, sizeof *s->mean.value, error);
    for (int64_t i = 0; s->mean.value != NULL && i < s->n * s->features; i++) {
        double v = s->facts[i / s->features].value[i % s->features];
        s->mean.value[i % s->features] += isfinite(v) ? fabs(v) : 0;
    }
    return s->mean.value != NULL && sx_facts_order(&s->mean, &s->order, error);
}

/* The range of a feature's value or attribution over all samples. */
static void range_of(const struct samples *s, int64_t feature, bool of_x, double *low,
                     double *high)
{
    for (int64_t i = 0; i < s->n; i++) {
        const double *from = of_x ? s->facts[i].x : s->facts[i].value;
        double v = from != NULL ? from[feature] : NAN;
        *low = isfinite(v) ? fmin(*low, v) : *low;
        *high = isfinite(v) ? fmax(*high, v) : *high;
    }
}

static struct sx_axis padded(double low, double high, double from, double to)
{
    if (!(high >= low))
        low = high = 0;
    double room = high > low ? 0.05 * (high - low) : 1;
    return (struct sx_axis){low - room, high + room, from, to};
}

static int ascending(const void *a, const void *b)
{
    double x = ((const double *)a)[0], y = ((const double *)b)[0];
    return x < y ? -1 : x > y;
}

/* Draws the points of one feature. Where many coincide, they are moved up and down in turn. */
static bool draw_row(struct sx_page *p, const struct samples *s, int64_t feature,
                     const struct sx_axis *axis, double y, struct sx_error *error)
{
    double *at = sx_new((size_t)(2 * s->n), sizeof *at, error), low = INFINITY,
           high = -INFINITY;
    int64_t n = 0, run = 0;
    if (at == NULL)
        return false;
    range_of(s, feature, true, &low, &high);
    for (int64_t i = 0; i < s->n; i++) {
        double v = s->facts[i].value[feature];
        if (!isfinite(v))
            continue;
        at[2 * n] = sx_on(axis, v);
        at[2 * n++ + 1] =
            s->facts[i].x != NULL ? (s->facts[i].x[feature] - low) / (high - low) : NAN;
    }
    qsort(at, (size_t)n, 2 * sizeof *at, ascending);
    for (int64_t i = 0; i < n; i++) {
        run =
            i > 0 && at[2 * i] - at[2 * (i - run - 1)] < 1.6 * RADIUS && run < 14 ? run + 1 : 0;
        double off = (double)((run + 1) / 2) * (run % 2 == 1 ? -1 : 1) * 1.7;
        double share = at[2 * i + 1];
        sx_page_colour(p, isfinite(share) ? sx_amount_colour(share) : 0x808080U, 0.85);
        sx_page_disc(p, at[2 * i], y + off, RADIUS);
    }
    free(at);
    return true;
}

static void value_bar(struct sx_page *p, double x, double y, double height, double *width)
{
    unsigned ramp[SX_RAMP];
    uint32_t turned[SX_RAMP];
    double wide, high;
    sx_amount_ramp(ramp);
    for (int i = 0; i < SX_RAMP; i++)
        turned[SX_RAMP - 1 - i] = 0xff000000U | ramp[i];
    sx_page_image(p, x, y, 12, height, turned, 1, SX_RAMP, true);
    sx_page_colour(p, SX_GREY, 1);
    sx_page_label(p, x + 18, y + 6, 0, sx_small, "high");
    sx_page_label(p, x + 18, y + height - 6, 0, sx_small, "low");
    sx_page_measure(p, sx_small, "value of the feature", &wide, &high);
    sx_page_turned(p, x + 18, y + (height + wide) / 2, 90, sx_small, "value of the feature");
    *width += 62;
}

static void value_label(const struct sx_figure *f, const struct samples *s, char *text,
                        size_t size)
{
    char unit[40];
    sx_figure_unit(f->item[0].record, unit, sizeof unit);
    snprintf(text, size, "%s%s", s->facts[0].adds_up ? "contribution to the " : "value",
             s->facts[0].adds_up ? unit : "");
}

bool sx_draw_beeswarm(struct sx_page *p, const struct sx_figure *f, double x, double y,
                      double *width, double *height, struct sx_error *error)
{
    struct samples s;
    char name[600], what[80];
    bool ok = samples_get(&s, f, error);
    int64_t rows = f->o->top > 0 ? f->o->top : 20;
    rows = rows < s.features ? rows : s.features;
    double names = 40, low = 0, high = 0;
    for (int64_t i = 0; ok && i < rows; i++) {
        sx_facts_name(&s.facts[0], s.order[i], false, name, sizeof name);
        names = fmax(names, sx_page_width(p, sx_plain, name));
        range_of(&s, s.order[i], false, &low, &high);
    }
    if (ok) {
        struct sx_axis axis = padded(low, high, x + names + 12, x + names + 12 + WIDE);
        double bottom = y + (double)rows * ROW;
        value_label(f, &s, what, sizeof what);
        sx_axis_below(p, &axis, y, bottom, what);
        sx_page_colour(p, SX_GREY, 1);
        sx_page_line(p, sx_on(&axis, 0), y, sx_on(&axis, 0), bottom, 1);
        for (int64_t i = 0; i < rows && ok; i++) {
            double at = y + ((double)i + 0.5) * ROW;
            sx_facts_name(&s.facts[0], s.order[i], false, name, sizeof name);
            sx_page_colour(p, SX_BLACK, 1);
            sx_page_label(p, x + names, at, 1, sx_plain, name);
            ok = draw_row(p, &s, s.order[i], &axis, at, error);
        }
        *width = names + 12 + WIDE;
        *height = bottom - y + 40;
        if (s.facts[0].x != NULL && !f->o->no_bar) {
            double bar = fmax(bottom - y, LEAST_BAR);
            value_bar(p, x + *width + 16, y, bar, width);
            *height = fmax(*height, bar);
        }
    }
    samples_free(&s);
    return ok;
}

/* Draws one feature: its value to the right, its attribution upwards. */
static void draw_plot(struct sx_page *p, const struct samples *s, int64_t feature, double x,
                      double y, double side, const char *what)
{
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    char name[600];
    for (int k = 0; k < 2; k++)
        range_of(s, feature, k == 0, &low[k], &high[k]);
    struct sx_axis across = padded(low[0], high[0], x, x + side);
    struct sx_axis up = padded(low[1], high[1], y + side, y);
    sx_facts_name(&s->facts[0], feature, false, name, sizeof name);
    sx_axis_below(p, &across, y, y + side, name);
    sx_axis_left(p, &up, x, x + side, what);
    if (up.low < 0 && up.high > 0) {
        sx_page_colour(p, SX_GREY, 1);
        sx_page_dashes(p, x, sx_on(&up, 0), x + side, sx_on(&up, 0), 1);
    }
    sx_page_colour(p, SX_NEGATIVE, 0.6);
    for (int64_t i = 0; i < s->n; i++) {
        double a = s->facts[i].x[feature], v = s->facts[i].value[feature];
        if (isfinite(a) && isfinite(v))
            sx_page_disc(p, sx_on(&across, a), sx_on(&up, v), RADIUS);
    }
}

bool sx_draw_scatter(struct sx_page *p, const struct sx_figure *f, double x, double y,
                     double *width, double *height, struct sx_error *error)
{
    struct samples s;
    char what[80];
    bool ok = samples_get(&s, f, error);
    for (int64_t i = 0; ok && i < s.n; i++)
        if (s.facts[i].x == NULL)
            ok = sx_fail(error, SX_FAILED, "the records do not say the values of features");
    int64_t n = f->o->top > 0 ? f->o->top : 4;
    n = n < s.features ? n : s.features;
    int64_t columns = n < 2 ? 1 : n <= 4 ? 2 : 3;
    double side = n < 2 ? 320 : 230, step_x = side + 92, step_y = side + 56;
    if (ok)
        value_label(f, &s, what, sizeof what);
    for (int64_t i = 0; ok && i < n; i++)
        draw_plot(p, &s, s.order[i], x + 66 + (double)(i % columns) * step_x,
                  y + (double)(i / columns) * step_y, side, what);
    *width = (double)columns * step_x - 16;
    *height = (double)((n + columns - 1) / columns) * step_y - 14;
    samples_free(&s);
    return ok;
}
