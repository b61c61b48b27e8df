/* upset.c - the strongest interactions as bars over the players that take part in them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plot/chart.h"

enum { BARS = 160, STEP = 22, ROW = 16, NUMBERS = 58 };

/* The terms of largest magnitude in falling order; the caller frees them. */
static int64_t *strongest(const struct sx_interactions *terms, int64_t *top,
                          struct sx_error *error)
{
    *top = *top < terms->count ? *top : terms->count;
    int64_t *best = sx_new((size_t)*top + 1, sizeof *best, error), found = 0;
    for (int64_t k = 0; best != NULL && k < terms->count; k++) {
        int64_t at = found;
        while (at > 0 && fabs(terms->value[k]) > fabs(terms->value[best[at - 1]]))
            at--;
        if (at >= *top || terms->first[k + 1] == terms->first[k])
            continue;
        found += found < *top;
        memmove(best + at + 1, best + at, (size_t)(found - at - 1) * sizeof *best);
        best[at] = k;
    }
    *top = found;
    return best;
}

/* The players that any of them has, by row; -1 for the others. */
static int64_t number_rows(const struct sx_interactions *terms, const int64_t *best,
                           int64_t top, int64_t n, int64_t *row)
{
    int64_t rows = 0;
    for (int64_t i = 0; i < n; i++) {
        row[i] = -1;
        for (int64_t k = 0; k < top && row[i] < 0; k++)
            for (int64_t m = terms->first[best[k]]; m < terms->first[best[k] + 1]; m++)
                if (terms->member[m] == i && row[i] < 0)
                    row[i] = rows++;
    }
    return rows;
}

static void draw_term(struct sx_picture *figure, const struct sx_interactions *terms, int64_t k,
                      const int64_t *row, int64_t x, int64_t top, double scale)
{
    double share = scale > 0 ? terms->value[k] / scale : 0;
    int64_t height = llround(BARS / 2 * fabs(share)), middle = top + BARS / 2;
    int64_t first = INT64_MAX, last = -1;
    sx_draw_fill(figure, x - 7, share > 0 ? middle - height : middle, 14, height + 1,
                 sx_chart_colour(share > 0 ? 1 : -1, 1));
    for (int64_t m = terms->first[k]; m < terms->first[k + 1]; m++) {
        int64_t y = row[terms->member[m]];
        first = y < first ? y : first;
        last = y > last ? y : last;
        sx_chart_disc(figure, (double)x, (double)(top + BARS + ROW + y * ROW), 5, SX_INK);
    }
    sx_draw_fill(figure, x - 1, top + BARS + ROW + first * ROW, 2, (last - first) * ROW,
                 SX_INK);
}

bool sx_plot_upset(const struct sx_chart *chart, const struct sx_interactions *terms,
                   int64_t top, struct sx_picture *figure, struct sx_error *error)
{
    int64_t *best = strongest(terms, &top, error), y;
    int64_t *row = sx_new((size_t)chart->n + 1, sizeof *row, error);
    *figure = (struct sx_picture){0};
    bool ok = best != NULL && row != NULL;
    int64_t rows = ok ? number_rows(terms, best, top, chart->n, row) : 0;
    int64_t names = sx_chart_names_width(chart);
    names = (names > NUMBERS ? names : NUMBERS) + 10;
    double scale = ok && top > 0 ? fabs(terms->value[best[0]]) : 0;
    ok = ok &&
         sx_chart_canvas(chart, names + top * STEP, BARS + (rows + 1) * ROW, figure, &y, error);
    int64_t left = SX_CHART_MARGIN + names;
    for (int64_t i = 0; ok && i < chart->n; i++) {
        char name[SX_CHART_NAME];
        sx_chart_name(chart, i, name);
        if (row[i] < 0)
            continue;
        sx_draw_text(figure, SX_CHART_MARGIN, y + BARS + ROW + row[i] * ROW - 5, name, SX_INK);
        for (int64_t k = 0; k < top; k++)
            sx_chart_disc(figure, (double)(left + k * STEP + STEP / 2),
                          (double)(y + BARS + ROW + row[i] * ROW), 3, 0xd8d8d8U);
    }
    for (int64_t k = 0; ok && k < top; k++)
        draw_term(figure, terms, best[k], row, left + k * STEP + STEP / 2, y, scale);
    for (int k = 0; ok && k < 3; k++) {
        char text[24];
        snprintf(text, sizeof text, "%.3g", scale * (1 - k));
        sx_draw_text(figure, SX_CHART_MARGIN, y + (BARS - 9) * k / 2, text, SX_INK);
    }
    if (ok)
        sx_draw_fill(figure, left, y + BARS / 2, top * STEP, 1, SX_INK);
    free(best);
    free(row);
    return ok;
}
