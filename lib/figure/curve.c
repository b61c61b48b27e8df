/* curve.c - curves of records, a plot for each metric, a line for each method. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figure/figure.h"

enum { WIDE = 300, HIGH = 220, MOST = 12 };

static const struct sx_datum *curve_of(const struct sx_figure *f, int64_t item,
                                       const char *metric)
{
    const struct sx_datum *curves = sx_datum_at(f->item[item].record, "curves");
    for (const struct sx_datum *v = curves != NULL ? curves->first : NULL; v != NULL;
         v = v->next)
        if (v->key != NULL && strcmp(v->key, metric) == 0)
            return v;
    return NULL;
}

static void range_of(const struct sx_datum *values, double *low, double *high)
{
    for (int64_t i = 0; i < sx_datum_count(values); i++) {
        double v = sx_datum_element(values, i);
        *low = isfinite(v) ? fmin(*low, v) : *low;
        *high = isfinite(v) ? fmax(*high, v) : *high;
    }
}

static bool draw_line(struct sx_page *p, const struct sx_datum *curve,
                      const struct sx_axis *across, const struct sx_axis *up, unsigned colour,
                      struct sx_error *error)
{
    const struct sx_datum *x = sx_datum_at(curve, "x"), *y = sx_datum_at(curve, "y");
    int64_t n = sx_datum_count(x), points = 0;
    double *xy = sx_new((size_t)(2 * n), sizeof *xy, error);
    if (xy == NULL)
        return false;
    for (int64_t i = 0; i < n && i < sx_datum_count(y); i++) {
        double a = sx_datum_element(x, i), b = sx_datum_element(y, i);
        if (!isfinite(a) || !isfinite(b))
            continue;
        xy[2 * points] = sx_on(across, a);
        xy[2 * points++ + 1] = sx_on(up, b);
    }
    sx_page_colour(p, colour, 1);
    sx_page_lines(p, xy, (int)points, 2);
    for (int64_t i = 0; n <= 24 && i < points; i++)
        sx_page_disc(p, xy[2 * i], xy[2 * i + 1], 3);
    free(xy);
    return true;
}

static const char *axis_name(const char *metric)
{
    return strcmp(metric, "sic") == 0 || strcmp(metric, "aic") == 0 ? "information shown"
           : strcmp(metric, "insertion") == 0                       ? "share shown"
           : strcmp(metric, "deletion") == 0                        ? "share hidden"
           : strcmp(metric, "sensitivity-n") == 0                   ? "size of the sets"
                                                                    : "x";
}

/* Draws a plot, and under it the name and the value of each line. */
static bool draw_plot(struct sx_page *p, const struct sx_figure *f, const char *metric,
                      double x, double y, double *height, struct sx_error *error)
{
    double low = 0, high = 0, first = 0, last = 1;
    unsigned colour[MOST];
    char text[MOST][160], key[80];
    const char *names[MOST];
    int n = 0;
    for (int64_t i = 0; i < f->n; i++) {
        const struct sx_datum *c = curve_of(f, i, metric);
        range_of(sx_datum_at(c, "y"), &low, &high);
        range_of(sx_datum_at(c, "x"), &first, &last);
    }
    high = high > low ? high : low + 1;
    struct sx_axis across = {first, last, x + 60, x + 60 + WIDE};
    struct sx_axis up = {low, high + 0.04 * (high - low), y + 22 + HIGH, y + 22};
    sx_page_colour(p, SX_BLACK, 1);
    sx_page_text(p, x + 60 + WIDE / 2.0, y, 0.5, sx_bold, metric);
    sx_axis_below(p, &across, y + 22, y + 22 + HIGH, axis_name(metric));
    sx_axis_left(p, &up, x + 60, x + 60 + WIDE, "");
    snprintf(key, sizeof key, "scores.%.60s", metric);
    for (int64_t i = 0; i < f->n && n < MOST; i++) {
        const struct sx_datum *c = curve_of(f, i, metric), *record = f->item[i].record;
        char number[32];
        if (c == NULL)
            continue;
        if (!draw_line(p, c, &across, &up, sx_series(n), error))
            return false;
        sx_short_number(number, sx_datum_number(sx_datum_at(record, key), NAN));
        snprintf(text[n], sizeof text[n], "%.100s %s",
                 sx_datum_text(sx_datum_at(record, "method"), ""), number);
        names[n] = text[n];
        colour[n] = sx_series(n);
        n++;
    }
    *height = 22 + HIGH + 46;
    if (!f->o->no_bar)
        *height += sx_legend(p, x + 60, y + *height, WIDE, colour, names, n);
    return true;
}

bool sx_draw_curve(struct sx_page *p, const struct sx_figure *f, double x, double y,
                   double *width, double *height, struct sx_error *error)
{
    const struct sx_datum *curves = sx_datum_at(f->item[0].record, "curves");
    double row = 0, top = y;
    int64_t k = 0;
    if (curves == NULL || curves->kind != SX_OBJECT || curves->first == NULL)
        return sx_fail(error, SX_FAILED, "the record has no curves");
    for (const struct sx_datum *v = curves->first; v != NULL; v = v->next, k++) {
        double high = 0, left = x + (double)(k % 2) * (WIDE + 90);
        if (!draw_plot(p, f, v->key, left, top, &high, error))
            return false;
        row = fmax(row, high);
        if (k % 2 == 1 || v->next == NULL) {
            top += row + 18;
            row = 0;
        }
    }
    *width = k > 1 ? 2 * (WIDE + 90) - 30 : WIDE + 60;
    *height = top - 18 - y;
    return true;
}
