/* chart.c - the parts that charts of players have in common. */
#include <math.h>
#include <string.h>

#include "plot/chart.h"

void sx_chart_name(const struct sx_chart *chart, int64_t i, char name[SX_CHART_NAME])
{
    if (chart->name != NULL && chart->name[i] != NULL)
        snprintf(name, SX_CHART_NAME, "%.24s", chart->name[i]);
    else
        snprintf(name, SX_CHART_NAME, "%lld", (long long)i);
}

bool sx_chart_absent(const struct sx_chart *chart, int64_t i)
{
    return chart->absent != NULL && chart->absent[i];
}

int64_t sx_chart_names_width(const struct sx_chart *chart)
{
    int64_t widest = 0;
    for (int64_t i = 0; i < chart->n; i++) {
        char name[SX_CHART_NAME];
        sx_chart_name(chart, i, name);
        int64_t width = sx_text_width(name);
        widest = width > widest ? width : widest;
    }
    return widest;
}

unsigned sx_chart_colour(double value, double scale)
{
    bool reversed;
    const struct sx_colours *colours = sx_colours_find("coolwarm", &reversed);
    double t = scale > 0 ? fmin(fmax(value / scale, -1), 1) : 0;
    return sx_colours_at(colours, false, 0.5 + t / 2);
}

double sx_chart_scale(const double *values, int64_t n)
{
    double scale = 0;
    for (int64_t i = 0; i < n; i++)
        scale = isfinite(values[i]) ? fmax(scale, fabs(values[i])) : scale;
    return scale > 0 ? scale : 1;
}

bool sx_chart_canvas(const struct sx_chart *chart, int64_t width, int64_t height,
                     struct sx_picture *figure, int64_t *top, struct sx_error *error)
{
    *figure = (struct sx_picture){0};
    width = width > 200 ? width : 200;
    int64_t head = chart->title != NULL
                       ? sx_draw_paragraph(NULL, 0, 0, width, chart->title, SX_INK) + 6
                       : 0;
    *top = SX_CHART_MARGIN + head;
    if (!sx_canvas_new(figure, width + 2 * SX_CHART_MARGIN, *top + height + SX_CHART_MARGIN,
                       error))
        return false;
    if (chart->title != NULL)
        sx_draw_paragraph(figure, SX_CHART_MARGIN, SX_CHART_MARGIN, width, chart->title,
                          SX_INK);
    return true;
}

void sx_chart_disc(struct sx_picture *figure, double x, double y, double radius,
                   unsigned colour)
{
    sx_draw_line(figure, x, y, x, y, 2 * radius, colour);
}
