/* verdicts.c - a table of what holds and what does not. */
#include "plot/chart.h"

enum { ROW = 20, CELL = 104, GAP = 4 };

bool sx_plot_verdicts(const struct sx_chart *chart, const char *const *column, int m,
                      const char *const *text, const int *verdict, struct sx_picture *figure,
                      struct sx_error *error)
{
    static const unsigned colour[] = {0xf4b6a6U, 0xb5dfbdU, 0xe8e8e8U};
    int64_t names = sx_chart_names_width(chart) + 12, top;
    if (!sx_chart_canvas(chart, names + m * CELL, (chart->n + 1) * ROW, figure, &top, error))
        return false;
    for (int64_t i = -1; i < chart->n; i++) {
        int64_t y = top + (i + 1) * ROW;
        char name[SX_CHART_NAME];
        if (i >= 0) {
            sx_chart_name(chart, i, name);
            sx_draw_text(figure, SX_CHART_MARGIN, y + GAP, name, SX_INK);
        }
        for (int k = 0; k < m; k++) {
            int64_t x = SX_CHART_MARGIN + names + k * CELL;
            const char *shown = i < 0 ? column[k] : text[i * m + k];
            if (i >= 0)
                sx_draw_fill(figure, x, y, CELL - 2, ROW - 2, colour[verdict[i * m + k]]);
            sx_draw_text(figure, x + (CELL - 2 - sx_text_width(shown)) / 2, y + GAP, shown,
                         SX_INK);
        }
    }
    return true;
}
