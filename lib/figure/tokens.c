/* tokens.c - a sentence whose words have the colours of their values, or of the blocks of
 * partitions. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figure/figure.h"

enum { WRAP = 660, LINE = 34, HIGH = 24, BLOCK_LINE = 46 };

static const struct sx_type_face word_face = {15, false, 0};

/* The position of the next word. Lines are broken at WRAP, and after words that end a line. */
struct flow {
    double x, y, left, widest, line;
};

static void place(struct flow *f, double wide)
{
    if (f->x > f->left && f->x + wide > f->left + WRAP) {
        f->x = f->left;
        f->y += f->line;
    }
}

static void move_on(struct flow *f, double wide)
{
    f->x += wide + 3;
    f->widest = fmax(f->widest, f->x - f->left);
}

/* ---- Values ---- */

static void draw_words(struct sx_page *p, const struct sx_facts *v, double scale, double x,
                       double y, double *width, double *height)
{
    struct flow flow = {x, y, x, 0, LINE};
    char name[600];
    for (int64_t i = 0; i < v->n; i++) {
        sx_facts_name(v, i, false, name, sizeof name);
        double wide = sx_page_width(p, word_face, name) + 10;
        unsigned colour = sx_signed_colour(v->value[i], scale);
        place(&flow, wide);
        sx_page_colour(p, colour, 1);
        sx_page_fill(p, flow.x, flow.y, wide, HIGH);
        sx_page_colour(p, sx_text_on(colour), 1);
        sx_page_label(p, flow.x + wide / 2, flow.y + HIGH / 2.0, 0.5, word_face, name);
        move_on(&flow, wide);
    }
    *width = fmax(flow.widest, 300);
    *height = flow.y + LINE - y;
}

/* Draws a horizontal colour bar with its numbers. */
static double flat_bar(struct sx_page *p, double x, double y, double scale, const char *what)
{
    enum { WIDE = 240, THICK = 12 };
    unsigned ramp[SX_RAMP];
    uint32_t argb[SX_RAMP];
    sx_signed_ramp(ramp);
    for (int i = 0; i < SX_RAMP; i++)
        argb[i] = 0xff000000U | ramp[i];
    sx_page_image(p, x, y, WIDE, THICK, argb, SX_RAMP, 1, true);
    sx_page_colour(p, SX_GREY, 1);
    sx_page_frame(p, x, y, WIDE, THICK, 0.8);
    for (int k = -1; k <= 1; k++) {
        char text[32];
        sx_short_number(text, k * scale);
        sx_page_text(p, x + WIDE * (k + 1) / 2.0, y + THICK + 3, 0.5 * (k + 1), sx_small, text);
    }
    sx_page_label(p, x + WIDE + 12, y + THICK / 2.0, 0, sx_small, what);
    return THICK + 20;
}

static bool draw_values(struct sx_page *p, const struct sx_figure *f, const struct sx_facts *v,
                        double x, double y, double *width, double *height)
{
    double scale = 0;
    char unit[40], what[80];
    for (int64_t i = 0; i < v->n; i++)
        scale = isfinite(v->value[i]) ? fmax(scale, fabs(v->value[i])) : scale;
    scale = scale > 0 ? scale : 1;
    draw_words(p, v, scale, x, y, width, height);
    sx_figure_unit(f->item[0].record, unit, sizeof unit);
    snprintf(what, sizeof what, "%s%s", v->adds_up ? "contribution to the " : "value",
             v->adds_up ? unit : "");
    if (!f->o->no_bar) {
        *height += 16 + flat_bar(p, x, y + *height + 16, scale, what);
        *width = fmax(*width, 250 + 12 + sx_page_width(p, sx_small, what));
    }
    return true;
}

/* ---- Partitions ---- */

/* Draws the mark of a player's block of several. Other players have no mark. */
static void block_mark(struct sx_page *p, const struct sx_parts *parts, const int64_t *block,
                       int64_t i, double x, double y, double wide)
{
    if (block[i] < 0)
        return;
    double from = sx_parts_begin(block, i) ? x + 3 : x;
    double to = sx_parts_end(parts, block, i) ? x + wide - 3 : x + wide + 3;
    sx_page_colour(p, sx_series(block[i]), 1);
    sx_page_fill(p, from, y, to - from, 6);
}

/* Whether a player is shown. If there are many players, only those near members are. */
static bool is_shown(const struct sx_parts *parts, int64_t i)
{
    enum { CROWD = 120, NEAR = 6 };
    bool shown = parts->n <= CROWD;
    for (int64_t k = i - NEAR; k <= i + NEAR && !shown; k++)
        shown = k >= 0 && k < parts->n &&
                (parts->best[k] != SX_NO_BLOCK || parts->worst[k] != SX_NO_BLOCK);
    return shown;
}

/* Draws each word with its block in the best partition above it and in the worst below it. Words
 * outside the set are pale. */
static void draw_blocks(struct sx_page *p, const struct sx_parts *parts, double x, double y,
                        double *width, double *height)
{
    struct flow flow = {x, y, x, 0, BLOCK_LINE};
    for (int64_t i = 0; i < parts->n; i++) {
        char word[600] = "...";
        bool shown = is_shown(parts, i);
        if (!shown && i > 0 && !is_shown(parts, i - 1))
            continue;
        if (shown)
            sx_parts_name(parts, i, word, sizeof word);
        bool member = parts->best[i] != SX_NO_BLOCK || parts->worst[i] != SX_NO_BLOCK;
        double wide = sx_page_width(p, word_face, word) + 12;
        place(&flow, wide);
        block_mark(p, parts, parts->best, i, flow.x, flow.y, wide);
        block_mark(p, parts, parts->worst, i, flow.x, flow.y + HIGH + 8, wide);
        sx_page_colour(p, member ? SX_BLACK : 0xb0b0b0U, 1);
        sx_page_label(p, flow.x + wide / 2, flow.y + 7 + HIGH / 2.0, 0.5, word_face, word);
        move_on(&flow, wide);
    }
    *width = fmax(flow.widest, 300);
    *height = flow.y + BLOCK_LINE - y;
}

static void draw_benefits(struct sx_page *p, const struct sx_datum *record, double x, double y,
                          double *width, double *height)
{
    static const struct {
        const char *key, *what;
    } lines[] = {{"B_max", "above: blocks that together add most, B_max"},
                 {"B_min", "below: blocks that together add least, B_min"},
                 {"T", "T, the difference"}};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char number[32], text[160];
        sx_short_number(number, sx_datum_number(sx_datum_at(record, lines[i].key), NAN));
        snprintf(text, sizeof text, "%s = %s", lines[i].what, number);
        sx_page_colour(p, SX_BLACK, 1);
        sx_page_text(p, x, y + *height + 12, 0, sx_plain, text);
        *width = fmax(*width, sx_page_width(p, sx_plain, text));
        *height += 20;
    }
    *height += 12;
}

static bool draw_partitions(struct sx_page *p, const struct sx_figure *f, double x, double y,
                            double *width, double *height, struct sx_error *error)
{
    const struct sx_datum *record = f->item[0].record;
    struct sx_parts parts;
    bool drawn = false;
    bool ok = sx_parts_get(&parts, record, error) &&
              sx_draw_blocks(p, f, &parts, &drawn, x, y, width, height, error);
    if (ok && !drawn) {
        draw_blocks(p, &parts, x, y, width, height);
        draw_benefits(p, record, x, y, width, height);
    }
    sx_parts_free(&parts);
    return ok;
}

bool sx_draw_tokens(struct sx_page *p, const struct sx_figure *f, double x, double y,
                    double *width, double *height, struct sx_error *error)
{
    const struct sx_datum *record = f->item[0].record;
    struct sx_facts v;
    if (sx_datum_at(record, "partition_max") != NULL)
        return draw_partitions(p, f, x, y, width, height, error);
    bool ok = sx_facts_get(&v, record, 0, error);
    if (ok && v.n == 0)
        ok = sx_fail(error, SX_FAILED, "the record has no values of tokens");
    ok = ok && draw_values(p, f, &v, x, y, width, height);
    sx_facts_free(&v);
    return ok;
}
