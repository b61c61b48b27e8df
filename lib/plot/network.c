/* network.c - players on a circle, their values as discs, interactions of pairs as lines. */
#include <math.h>
#include <stdlib.h>

#include "plot/chart.h"

enum { RADIUS = 190, ROOM = 70, LARGEST_DISC = 16, LARGEST_LINE = 8 };

struct place {
    double x, y;
};

static struct place place_of(int64_t i, int64_t n, double radius, double x, double y)
{
    double turn = 2 * 3.14159265358979323846 * (double)i / (double)n;
    return (struct place){x + radius * sin(turn), y - radius * cos(turn)};
}

static void draw_lines(struct sx_picture *figure, const double *values, int64_t n,
                       const int64_t *seat, int64_t count, double x, double y)
{
    double scale = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < i; j++)
            scale = fmax(scale, fabs(values[i * n + j]));
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < i; j++) {
            double share = scale > 0 ? values[i * n + j] / scale : 0;
            struct place a = place_of(seat[i], count, RADIUS, x, y);
            struct place b = place_of(seat[j], count, RADIUS, x, y);
            if (fabs(share) >= 0.02)
                sx_draw_line(figure, a.x, a.y, b.x, b.y, 0.5 + LARGEST_LINE * fabs(share),
                             sx_chart_colour(share, 1));
        }
}

/* Players that have no value of any kind are left out; the others are drawn as 0..count-1. */
static int64_t place_players(const struct sx_chart *chart, const double *values, int64_t *seat)
{
    int64_t count = 0, n = chart->n;
    for (int64_t i = 0; i < n; i++) {
        bool any = false;
        for (int64_t j = 0; j < n && !sx_chart_absent(chart, i); j++)
            any = any || values[i * n + j] != 0;
        seat[i] = any ? count++ : -1;
    }
    return count;
}

static void draw_player(const struct sx_chart *chart, int64_t i, double share, struct place at,
                        struct place text, struct sx_picture *figure)
{
    char name[SX_CHART_NAME];
    double radius = 4 + LARGEST_DISC * sqrt(fabs(share));
    sx_chart_disc(figure, at.x, at.y, radius + 1, SX_INK);
    sx_chart_disc(figure, at.x, at.y, radius, sx_chart_colour(share, 1));
    sx_chart_name(chart, i, name);
    sx_draw_text(figure, llround(text.x) - sx_text_width(name) / 2, llround(text.y) - 5, name,
                 SX_INK);
}

bool sx_plot_network(const struct sx_chart *chart, const double *values,
                     struct sx_picture *figure, struct sx_error *error)
{
    int64_t n = chart->n, top, side = 2 * (RADIUS + ROOM);
    double scale = 0;
    int64_t *seat = sx_new((size_t)n, sizeof *seat, error);
    if (seat == NULL || !sx_chart_canvas(chart, side, side, figure, &top, error)) {
        free(seat);
        return false;
    }
    double x = (double)(SX_CHART_MARGIN + side / 2), y = (double)(top + side / 2);
    int64_t count = place_players(chart, values, seat);
    draw_lines(figure, values, n, seat, count, x, y);
    for (int64_t i = 0; i < n; i++)
        scale = fmax(scale, fabs(values[i * n + i]));
    for (int64_t i = 0; i < n; i++)
        if (seat[i] >= 0)
            draw_player(chart, i, scale > 0 ? values[i * n + i] / scale : 0,
                        place_of(seat[i], count, RADIUS, x, y),
                        place_of(seat[i], count, RADIUS + LARGEST_DISC + 20, x, y), figure);
    free(seat);
    return true;
}
