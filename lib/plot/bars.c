/* bars.c - several series of values over the same names, as bars side by side or stacked. */
#include <math.h>
#include <stdlib.h>

#include "plot/chart.h"

enum { HEIGHT = 240, NUMBERS = 66, LEGEND = 14, BAR = 6, WIDEST = 34, NAME_GAP = 8 };

static const unsigned palette[] = {0x4269d0U, 0xefb118U, 0xff725cU, 0x6cc5b0U, 0x3ca951U,
                                   0xff8ab7U, 0xa463f2U, 0x97bbf5U, 0x9c6b4eU, 0x9498a0U,
                                   0x1f3a93U, 0x7a5c00U, 0x8c2d19U, 0x1b6f5eU, 0x4d4d4dU};

static unsigned colour_of(int series)
{
    return palette[(size_t)series % (sizeof palette / sizeof palette[0])];
}

struct bars {
    const struct sx_chart *chart;
    const double *values;
    int m;
    bool stacked;
    double low, high; /* of the axis; 0 is between */
    int64_t step, bar, left, top;
    struct sx_picture *figure;
};

/* The ends of the axis: of single values, or of stacks to either side of 0. */
static void find_range(struct bars *b)
{
    for (int64_t i = 0; i < b->chart->n; i++) {
        double up = 0, down = 0;
        for (int k = 0; k < b->m; k++) {
            double v = b->values[i * b->m + k];
            if (!isfinite(v))
                continue;
            up = b->stacked ? up + fmax(v, 0) : fmax(up, v);
            down = b->stacked ? down + fmin(v, 0) : fmin(down, v);
        }
        b->high = fmax(b->high, up);
        b->low = fmin(b->low, down);
    }
    if (!(b->high > b->low))
        b->high = 1;
}

static int64_t row_of(const struct bars *b, double v)
{
    return b->top + llround((b->high - v) / (b->high - b->low) * HEIGHT);
}

static void draw_bar(const struct bars *b, int64_t x, double from, double to, int series)
{
    int64_t upper = row_of(b, fmax(from, to)), lower = row_of(b, fmin(from, to));
    sx_draw_fill(b->figure, x, upper, b->bar, lower - upper + (lower == upper),
                 colour_of(series));
}

static void draw_group(const struct bars *b, int64_t i)
{
    int64_t x = b->left + i * b->step + 4;
    double up = 0, down = 0;
    for (int k = 0; k < b->m; k++) {
        double v = b->values[i * b->m + k];
        if (!isfinite(v))
            continue;
        if (!b->stacked) {
            draw_bar(b, x + k * b->bar, 0, v, k);
            continue;
        }
        double *end = v > 0 ? &up : &down;
        if (v != 0)
            draw_bar(b, x, *end, *end + v, k);
        *end += v;
    }
}

static void draw_axis(const struct bars *b, int64_t width)
{
    for (int k = 0; k < 3; k++) {
        char text[24];
        double v = k == 0 ? b->high : k == 1 ? 0 : b->low;
        if (k == 2 && row_of(b, v) - row_of(b, 0) < SX_LINE_HEIGHT)
            continue;
        if (k == 1 && b->high > 0 && row_of(b, 0) - row_of(b, b->high) < SX_LINE_HEIGHT)
            continue;
        snprintf(text, sizeof text, "%.4g", v);
        sx_draw_text(b->figure, b->left - 6 - sx_text_width(text), row_of(b, v) - 5, text,
                     SX_INK);
        sx_draw_fill(b->figure, b->left - 3, row_of(b, v), 3, 1, SX_INK);
    }
    sx_draw_fill(b->figure, b->left, b->top, 1, HEIGHT + 1, SX_INK);
    sx_draw_fill(b->figure, b->left, row_of(b, 0), width, 1, SX_INK);
}

/* Two columns of names with their colours. */
static void draw_legend(const struct bars *b, const char *const *series, int64_t y,
                        int64_t column)
{
    for (int k = 0; k < b->m; k++) {
        int64_t x = SX_CHART_MARGIN + k % 2 * column, at = y + k / 2 * (LEGEND + 2);
        sx_draw_fill(b->figure, x, at + 1, 10, 10, colour_of(k));
        sx_draw_text(b->figure, x + 16, at, series[k], SX_INK);
    }
}

static int64_t widest_of(const char *const *series, int m)
{
    int64_t widest = 0;
    for (int k = 0; series != NULL && k < m; k++) {
        int64_t width = sx_text_width(series[k]);
        widest = width > widest ? width : widest;
    }
    return widest + 34;
}

bool sx_plot_bars(const struct sx_chart *chart, const char *const *series, int m,
                  const double *values, bool stacked, struct sx_picture *figure,
                  struct sx_error *error)
{
    struct bars b = {chart, values, m, stacked, .figure = figure};
    int64_t names = sx_chart_names_width(chart), column = widest_of(series, m);
    int64_t legend = series != NULL ? (m + 1) / 2 * (LEGEND + 2) + 8 : 0;
    *figure = (struct sx_picture){0};
    if (chart->n < 1 || chart->n > 1024 || m < 1 || m > 64)
        return sx_fail(error, SX_USAGE, "bars of %lld names and %d series are not drawn",
                       (long long)chart->n, m);
    b.bar = stacked || m == 1 ? WIDEST - 8 : BAR;
    b.step = (stacked ? b.bar : m * b.bar) + 8;
    b.step = b.step > names + NAME_GAP ? b.step : names + NAME_GAP;
    b.left = SX_CHART_MARGIN + NUMBERS;
    find_range(&b);
    int64_t width = chart->n * b.step, least = 2 * column;
    int64_t whole = NUMBERS + width > least ? NUMBERS + width : least;
    if (!sx_chart_canvas(chart, whole, HEIGHT + SX_LINE_HEIGHT + 10 + legend, figure, &b.top,
                         error))
        return false;
    draw_axis(&b, width);
    for (int64_t i = 0; i < chart->n; i++) {
        char name[SX_CHART_NAME];
        sx_chart_name(chart, i, name);
        draw_group(&b, i);
        int64_t group = (stacked ? b.bar : m * b.bar) + 8;
        sx_draw_text(figure, b.left + i * b.step + (group - sx_text_width(name)) / 2,
                     b.top + HEIGHT + 6, name, SX_INK);
    }
    if (series != NULL)
        draw_legend(&b, series, b.top + HEIGHT + SX_LINE_HEIGHT + 10, column);
    return true;
}
