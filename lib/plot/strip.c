/* strip.c - players in a row, with the blocks of two partitions around them: one above in red, one
 * below in blue. */
#include "plot/chart.h"

enum { GAP = 10, LINE = 34, WIDEST = 900, RED = 0xc03030, BLUE = 0x3050c0 };

/* Where each player's name goes: rows break before the chart gets too wide. */
struct cursor {
    int64_t x, row, width;
};

static int64_t cell_width(const struct sx_chart *chart, int64_t i)
{
    char name[SX_CHART_NAME];
    sx_chart_name(chart, i, name);
    return sx_text_width(name) + GAP;
}

/* Moves behind player i and returns its left edge. */
static int64_t step(const struct sx_chart *chart, int64_t i, struct cursor *at)
{
    int64_t width = cell_width(chart, i);
    if (at->x > 0 && at->x + width > WIDEST) {
        at->x = 0;
        at->row++;
    }
    int64_t left = at->x;
    at->x += width;
    at->width = at->x > at->width ? at->x : at->width;
    return left;
}

/* The player who is drawn before (-1), at (0) or after (1) player i. */
static int64_t neighbour(const struct sx_chart *chart, int64_t i, int64_t direction)
{
    do
        i += direction;
    while (direction != 0 && i >= 0 && i < chart->n && sx_chart_absent(chart, i));
    return i;
}

static int64_t block_at(const int64_t *set, int64_t m, const int64_t *block, int64_t player)
{
    for (int64_t i = 0; i < m; i++)
        if (set[i] == player)
            return block[i];
    return -1;
}

/* A bar over (or under) the name, open towards neighbours of the same block. */
static void draw_side(struct sx_picture *figure, int64_t x, int64_t y, int64_t width,
                      const int64_t around[3], bool above, unsigned colour)
{
    if (around[1] < 0)
        return;
    int64_t bar = above ? y - 5 : y + SX_GLYPH_HEIGHT + 3, tick = above ? bar : bar - 5;
    bool begins = around[0] != around[1], ends = around[2] != around[1];
    sx_draw_fill(figure, x + (begins ? 1 : 0), bar, width - begins - ends, 2, colour);
    if (begins)
        sx_draw_fill(figure, x + 1, tick, 2, 7, colour);
    if (ends)
        sx_draw_fill(figure, x + width - 3, tick, 2, 7, colour);
    /* Blocks that are not all in one piece are told apart by their number. */
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)around[1] + 1);
    if (begins)
        sx_draw_text(figure, x + 4, above ? y - 15 : y + SX_GLYPH_HEIGHT + 6, number, colour);
}

bool sx_plot_partitions(const struct sx_chart *chart, const int64_t *set, int64_t m,
                        const int64_t *above, const int64_t *below, struct sx_picture *figure,
                        struct sx_error *error)
{
    struct cursor at = {0};
    int64_t top;
    for (int64_t i = 0; i < chart->n; i++)
        if (!sx_chart_absent(chart, i))
            step(chart, i, &at);
    if (!sx_chart_canvas(chart, at.width, (at.row + 1) * (LINE + SX_LINE_HEIGHT), figure, &top,
                         error))
        return false;
    at = (struct cursor){0};
    for (int64_t i = 0; i < chart->n; i++) {
        char name[SX_CHART_NAME];
        if (sx_chart_absent(chart, i))
            continue;
        int64_t x = SX_CHART_MARGIN + step(chart, i, &at);
        int64_t y = top + at.row * (LINE + SX_LINE_HEIGHT) + LINE / 2;
        int64_t up[3], down[3];
        for (int k = 0; k < 3; k++) {
            up[k] = block_at(set, m, above, neighbour(chart, i, k - 1));
            down[k] = block_at(set, m, below, neighbour(chart, i, k - 1));
        }
        sx_chart_name(chart, i, name);
        sx_draw_text(figure, x + GAP / 2, y, name, up[1] >= 0 ? SX_INK : 0x909090U);
        draw_side(figure, x, y, cell_width(chart, i), up, true, RED);
        draw_side(figure, x, y, cell_width(chart, i), down, false, BLUE);
    }
    return true;
}
