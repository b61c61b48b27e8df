/* bars.c - named values as signed bars: of one method, or of several side by side. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figure/figure.h"

enum { ROW = 24, THICK = 16, MOST_METHODS = 32 };

static int64_t most_shown(const struct sx_figure *f)
{
    return f->o->top > 0 ? f->o->top : 20;
}

/* The largest finite magnitude. 1 if all values are 0. */
static double scale_of(const struct sx_facts *v)
{
    double most = 0;
    for (int64_t i = 0; i < v->n; i++)
        most = isfinite(v->value[i]) ? fmax(most, fabs(v->value[i])) : most;
    return most > 0 ? most : 1;
}

/* The sum of the values that are not shown. */
static double rest_of(const struct sx_facts *v, const int64_t *order, int64_t shown)
{
    double sum = 0;
    for (int64_t i = shown; i < v->n; i++)
        sum += isfinite(v->value[order[i]]) ? v->value[order[i]] : 0;
    return sum;
}

static double names_width(struct sx_page *p, const struct sx_facts *v, const int64_t *order,
                          int64_t shown, bool with_x)
{
    double widest = 40;
    char name[600];
    for (int64_t i = 0; i < shown; i++) {
        sx_facts_name(v, order[i], with_x, name, sizeof name);
        widest = fmax(widest, sx_page_width(p, sx_plain, name));
    }
    if (shown < v->n)
        widest = fmax(widest, sx_page_width(p, sx_plain, "000 others together"));
    return widest;
}

/* Draws a bar from zero, its whisker, and its number at its end. */
static void draw_bar(struct sx_page *p, const struct sx_axis *axis, double y, double value,
                     double error, unsigned colour)
{
    char text[32];
    double zero = sx_on(axis, 0), at = sx_on(axis, value), end = at;
    sx_page_colour(p, colour, 1);
    if (isfinite(value))
        sx_page_fill(p, fmin(zero, at), y - THICK / 2.0, fabs(at - zero), THICK);
    sx_page_colour(p, SX_BLACK, 1);
    if (isfinite(error) && error > 0) {
        double low = sx_on(axis, value - error), high = sx_on(axis, value + error);
        sx_page_line(p, low, y, high, y, 1);
        sx_page_line(p, low, y - 3, low, y + 3, 1);
        sx_page_line(p, high, y - 3, high, y + 3, 1);
        end = value < 0 ? fmin(low, at) : fmax(high, at);
    }
    sx_short_number(text, value);
    if (!isfinite(value))
        sx_page_label(p, zero + 5, y, 0, sx_small, text);
    else
        sx_page_label(p, end + (value < 0 ? -5 : 5), y, value < 0, sx_small, text);
}

/* An axis with room for numbers at both ends of the bars, or at one end if all values have one
 * sign. `rest` is one more value. */
static struct sx_axis value_axis(const struct sx_facts *v, double rest, double from, double to)
{
    double low = fmin(rest, 0), high = fmax(rest, 0);
    for (int64_t i = 0; i < v->n; i++) {
        double e = v->error != NULL && isfinite(v->error[i]) ? v->error[i] : 0;
        if (!isfinite(v->value[i]))
            continue;
        low = fmin(low, v->value[i] - e);
        high = fmax(high, v->value[i] + e);
    }
    if (low == 0 && high == 0)
        high = 1;
    double room = SX_NUMBER_WIDE * (high - low) / (to - from - 2 * SX_NUMBER_WIDE);
    return (struct sx_axis){low < 0 ? low - room : 0, high > 0 ? high + room : 0, from, to};
}

static bool draw_one(struct sx_page *p, const struct sx_figure *f, const struct sx_facts *v,
                     double x, double y, double *width, double *height, struct sx_error *error)
{
    int64_t *order, shown = v->n < most_shown(f) ? v->n : most_shown(f);
    if (!sx_facts_order(v, &order, error))
        return false;
    double rest = rest_of(v, order, shown);
    /* such a bar would be much longer than all others, so only its number is shown */
    bool dwarfs = fabs(rest) > 3 * scale_of(v);
    double names = names_width(p, v, order, shown, true);
    int64_t rows = shown + (shown < v->n);
    struct sx_axis axis =
        value_axis(v, dwarfs ? 0 : rest, x + names + 12, x + names + 12 + 420);
    bool probabilities =
        !v->adds_up && v->title != NULL && strcmp(v->title, "probability") == 0;
    double bottom = y + (double)rows * ROW;
    char what[80], unit[40], name[600];
    sx_figure_unit(f->item[0].record, unit, sizeof unit);
    snprintf(what, sizeof what, "%s%s", v->adds_up ? "contribution to the " : "",
             v->adds_up         ? unit
             : v->title != NULL ? v->title
                                : "value");
    sx_axis_below_to(p, &axis, probabilities ? 1 : axis.high, y, bottom, what);
    for (int64_t i = 0; i < rows; i++) {
        double value = i < shown ? v->value[order[i]] : rest;
        double at = y + ((double)i + 0.5) * ROW;
        if (i < shown)
            sx_facts_name(v, order[i], true, name, sizeof name);
        else
            snprintf(name, sizeof name, "%lld others together", (long long)(v->n - shown));
        sx_page_colour(p, i < shown ? SX_BLACK : SX_GREY, 1);
        sx_page_label(p, x + names, at, 1, sx_plain, name);
        if (i >= shown && dwarfs) {
            sx_short_number(name, rest);
            sx_page_label(p, sx_on(&axis, 0) + 5, at, 0, sx_small, name);
            continue;
        }
        draw_bar(p, &axis, at, value, i < shown && v->error != NULL ? v->error[order[i]] : NAN,
                 value < 0 ? SX_NEGATIVE : SX_POSITIVE);
    }
    sx_page_colour(p, SX_GREY, 1);
    sx_page_line(p, sx_on(&axis, 0), y, sx_on(&axis, 0), bottom, 1);
    *width = axis.to - x;
    *height = bottom - y + 40;
    free(order);
    return true;
}

/* ---- Several methods: a column each, on a scale of its own ---- */

struct columns {
    struct sx_facts facts[MOST_METHODS];
    int n;
};

/* Collects the sets of numbers of all records of the figure. Sets of another length than the
 * first are left out. */
static bool gather(struct columns *c, const struct sx_figure *f, struct sx_error *error)
{
    for (int64_t i = 0; i < f->n; i++)
        for (int64_t k = 0; c->n < MOST_METHODS; k++) {
            struct sx_facts *v = &c->facts[c->n];
            if (!sx_facts_get(v, f->item[i].record, k, error))
                return false;
            if (v->n == 0)
                break;
            if (c->n > 0 && v->n != c->facts[0].n)
                sx_facts_free(v);
            else
                c->n++;
        }
    return c->n > 0 || sx_fail(error, SX_FAILED, "the record has no values to draw as bars");
}

/* Orders names by the mean of |value| / (largest |value|) over all methods. */
static bool joint_order(const struct columns *c, int64_t **order, struct sx_error *error)
{
    struct sx_facts mean = {.n = c->facts[0].n};
    mean.value = sx_new((size_t)mean.n, sizeof *mean.value, error);
    if (mean.value == NULL)
        return false;
    for (int k = 0; k < c->n; k++)
        for (int64_t i = 0; i < mean.n; i++) {
            double v = fabs(c->facts[k].value[i]) / scale_of(&c->facts[k]);
            mean.value[i] += isfinite(v) ? v : 0;
        }
    bool ok = sx_facts_order(&mean, order, error);
    free(mean.value);
    return ok;
}

/* Draws one method: its bars about zero, and its numbers in a column of their own. */
static void draw_column(struct sx_page *p, const struct sx_facts *v, const int64_t *order,
                        int64_t shown, double x, double y)
{
    enum { BARS = 78, NUMBERS = 60 };
    double low = 0, high = 0, scale = scale_of(v);
    for (int64_t i = 0; i < v->n; i++) {
        low = isfinite(v->value[i]) ? fmin(low, v->value[i]) : low;
        high = isfinite(v->value[i]) ? fmax(high, v->value[i]) : high;
    }
    struct sx_axis axis = {low, high > low ? high : low + scale, x, x + BARS};
    sx_page_colour(p, SX_BLACK, 1);
    sx_page_text(p, x, y - 24, 0, sx_bold, v->title != NULL ? v->title : "");
    for (int64_t i = 0; i < shown; i++) {
        double at = y + ((double)i + 0.5) * ROW, value = v->value[order[i]];
        double zero = sx_on(&axis, 0), end = isfinite(value) ? sx_on(&axis, value) : zero;
        char text[32];
        sx_page_colour(p, value < 0 ? SX_NEGATIVE : SX_POSITIVE, 1);
        sx_page_fill(p, fmin(zero, end), at - THICK / 2.0, fabs(end - zero), THICK);
        sx_short_number(text, value);
        sx_page_colour(p, SX_BLACK, 1);
        sx_page_label(p, x + BARS + NUMBERS, at, 1, sx_small, text);
    }
    sx_page_colour(p, SX_GREY, 1);
    sx_page_line(p, sx_on(&axis, 0), y, sx_on(&axis, 0), y + (double)shown * ROW, 1);
}

static bool draw_columns(struct sx_page *p, const struct sx_figure *f, const struct columns *c,
                         double x, double y, double *width, double *height,
                         struct sx_error *error)
{
    enum { ACROSS = 6, WIDE = 138, GAP = 26, HEAD = 24 };
    int64_t *order, shown = c->facts[0].n < most_shown(f) ? c->facts[0].n : most_shown(f);
    if (!joint_order(c, &order, error))
        return false;
    double names = names_width(p, &c->facts[0], order, shown, true);
    double block = HEAD + (double)shown * ROW + 26;
    int blocks = (c->n + ACROSS - 1) / ACROSS, across = (c->n + blocks - 1) / blocks;
    char name[600];
    for (int k = 0; k < c->n; k++) {
        double top = y + k / across * block + HEAD;
        draw_column(p, &c->facts[k], order, shown, x + names + 16 + k % across * (WIDE + GAP),
                    top);
        for (int64_t i = 0; k % across == 0 && i < shown; i++) {
            sx_facts_name(&c->facts[k], order[i], true, name, sizeof name);
            sx_page_colour(p, SX_BLACK, 1);
            sx_page_label(p, x + names, top + ((double)i + 0.5) * ROW, 1, sx_plain, name);
        }
    }
    *width = names + 16 + across * (WIDE + GAP) - GAP;
    *height = blocks * block;
    snprintf(name, sizeof name, "Every method has a scale of its own.");
    if (shown < c->facts[0].n)
        snprintf(name, sizeof name,
                 "The strongest %lld of %lld; every method has a scale of its own.",
                 (long long)shown, (long long)c->facts[0].n);
    sx_page_colour(p, SX_GREY, 1);
    sx_page_text(p, x + names + 16, y + *height - 18, 0, sx_small, name);
    free(order);
    return true;
}

bool sx_draw_bars(struct sx_page *p, const struct sx_figure *f, double x, double y,
                  double *width, double *height, struct sx_error *error)
{
    struct columns *c = sx_new(1, sizeof *c, error);
    bool ok = c != NULL && gather(c, f, error);
    if (ok && c->n == 1)
        ok = draw_one(p, f, &c->facts[0], x, y, width, height, error);
    else if (ok)
        ok = draw_columns(p, f, c, x, y, width, height, error);
    for (int k = 0; c != NULL && k < MOST_METHODS; k++)
        sx_facts_free(&c->facts[k]);
    free(c);
    return ok;
}
