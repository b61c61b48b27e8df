/* curve.c - a curve of positive values over a logarithmic axis. */
#include <math.h>

#include "plot/chart.h"

enum { WIDTH = 420, HEIGHT = 240, NUMBERS = 62 };

static int64_t across(double x, double first, double last)
{
    return last > first ? llround(WIDTH * log(x / first) / log(last / first)) : 0;
}

bool sx_plot_curve(const char *title, const double *x, const double *y, int64_t n,
                   struct sx_picture *figure, struct sx_error *error)
{
    const struct sx_chart chart = {.title = title};
    double largest = sx_chart_scale(y, n);
    int64_t top;
    if (n < 1 || !(x[0] > 0))
        return sx_fail(error, SX_USAGE, "a curve needs points to the right of zero");
    if (!sx_chart_canvas(&chart, NUMBERS + WIDTH + 20, HEIGHT + 2 * SX_LINE_HEIGHT, figure,
                         &top, error))
        return false;
    int64_t left = SX_CHART_MARGIN + NUMBERS;
    sx_draw_fill(figure, left, top, 1, HEIGHT, SX_INK);
    sx_draw_fill(figure, left, top + HEIGHT, WIDTH, 1, SX_INK);
    for (int k = 0; k <= 2; k++) {
        char text[24];
        snprintf(text, sizeof text, "%.3g", largest * (2 - k) / 2);
        sx_draw_text(figure, SX_CHART_MARGIN, top + (HEIGHT - 9) * k / 2, text, SX_INK);
    }
    for (int64_t i = 0; i < n; i++) {
        char text[24];
        int64_t at = left + across(x[i], x[0], x[n - 1]);
        double high = (double)(top + HEIGHT) - HEIGHT * y[i] / largest;
        snprintf(text, sizeof text, "%.6g", x[i]);
        sx_draw_fill(figure, at, top + HEIGHT, 1, 4, SX_INK);
        if (i == 0 || i == n - 1)
            sx_draw_text(figure, at - sx_text_width(text) / 2, top + HEIGHT + 6, text, SX_INK);
        sx_chart_disc(figure, (double)at, high, 3, 0xc03030U);
        if (i > 0)
            sx_draw_line(figure, (double)(left + across(x[i - 1], x[0], x[n - 1])),
                         (double)(top + HEIGHT) - HEIGHT * y[i - 1] / largest, (double)at, high,
                         2, 0xc03030U);
    }
    return true;
}
