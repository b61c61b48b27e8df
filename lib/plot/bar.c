/* bar.c - the colour bar of a heat map. */
#include "plot/plot.h"

enum {
    BAR = 12, /* width of the bar */
    TICK = 4  /* length of its ticks, and what separates them from their numbers */
};

/* The numbers along the bar, from its lower end: the ends, and the middle if there is room. */
static void tick_label(const struct sx_heat *heat, int tick, char text[24])
{
    double low = heat->is_signed ? -1 : 0, at = low + (1 - low) * tick / 2;
    double value = at * heat->scale * (heat->negative ? -1 : 1);
    snprintf(text, 24, "%.3g", value == 0 ? 0 : value);
}

int64_t sx_bar_width(const struct sx_heat *heat)
{
    int64_t widest = 0;
    for (int tick = 0; tick < 3; tick++) {
        char text[24];
        tick_label(heat, tick, text);
        int64_t width = sx_text_width(text);
        widest = width > widest ? width : widest;
    }
    return BAR + 2 * TICK + widest;
}

void sx_draw_bar(struct sx_picture *canvas, const struct sx_heat *heat,
                 const struct sx_plot *plot, int64_t left, int64_t top, int64_t height)
{
    double low = heat->is_signed ? -1 : 0;
    for (int64_t y = 0; y < height; y++) {
        double t = (double)(height - 1 - y) / (double)(height - 1);
        sx_draw_fill(canvas, left, top + y, BAR, 1,
                     sx_heat_colour(heat, plot, low + t * (1 - low)));
    }
    sx_draw_frame(canvas, left, top, BAR, height, SX_INK);
    for (int tick = 0; tick < 3; tick += height < 4 * SX_LINE_HEIGHT ? 2 : 1) {
        char text[24];
        tick_label(heat, tick, text);
        int64_t y = top + (height - 1) * (2 - tick) / 2;
        int64_t text_y = y - 4 < top ? top : y - 4;
        text_y = text_y > top + height - 9 ? top + height - 9 : text_y;
        sx_draw_fill(canvas, left + BAR, y, TICK, 1, SX_INK);
        sx_draw_text(canvas, left + BAR + 2 * TICK, text_y, text, SX_INK);
    }
}
