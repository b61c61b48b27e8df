/* square.c - values of pairs of players as squares of colour, single players on the diagonal. */
#include <stdlib.h>

#include "plot/chart.h"

/* The values and names of those who are drawn. */
static int64_t gather(const struct sx_chart *chart, const double *values, double *kept,
                      char (*text)[SX_CHART_NAME], const char **name)
{
    int64_t n = 0, at = 0;
    for (int64_t i = 0; i < chart->n; i++) {
        if (sx_chart_absent(chart, i))
            continue;
        sx_chart_name(chart, i, text[n]);
        name[n] = text[n];
        n++;
        for (int64_t j = 0; j < chart->n; j++)
            if (!sx_chart_absent(chart, j))
                kept[at++] = values[i * chart->n + j];
    }
    return n;
}

bool sx_plot_square(const struct sx_chart *chart, const double *values,
                    struct sx_picture *figure, struct sx_error *error)
{
    struct sx_plot plot;
    size_t n = (size_t)chart->n;
    double *kept = sx_new(n, n * sizeof *kept, error);
    char(*text)[SX_CHART_NAME] = sx_new(n, sizeof *text, error);
    const char **name = sx_new(n, sizeof *name, error);
    bool ok = kept != NULL && text != NULL && name != NULL;
    *figure = (struct sx_picture){0};
    if (ok) {
        int64_t drawn = gather(chart, values, kept, text, name);
        struct sx_tensor matrix = {SX_DOUBLE, {2, {drawn, drawn}}, kept};
        sx_plot_default(&plot);
        ok = sx_plot_set(&plot, "sign", "all", error) &&
             sx_plot_set(&plot, "cmap", "coolwarm", error) &&
             sx_plot_set(&plot, "outlier", "0", error) &&
             sx_plot_matrix(&plot, &matrix, name, chart->title, figure, error);
    }
    free(kept);
    free(text);
    free(name);
    return ok;
}
