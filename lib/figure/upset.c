/* upset.c - the strongest sets as bars over the dots of their members; parts by order. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figure/figure.h"

enum { COLUMN = 30, BARS = 200, LINE = 24, MOST_ORDERS = 8 };

/* Players that are in one of the first n sets, in their order; how many there are. */
static int64_t members_of(const struct sx_terms *t, int64_t n, int64_t *row)
{
    int64_t rows = 0;
    for (int64_t i = 0; i < t->players; i++)
        row[i] = -1;
    for (int64_t k = 0; k < n; k++)
        for (int64_t m = 0; m < t->term[k].size; m++)
            row[sx_term_member(&t->term[k], m)] = 0;
    for (int64_t i = 0; i < t->players; i++)
        row[i] = row[i] < 0 ? -1 : rows++;
    return rows;
}

static void draw_bar(struct sx_page *p, const struct sx_axis *axis, double x, double value,
                     double scale)
{
    char text[32];
    double zero = sx_on(axis, 0), at = sx_on(axis, value);
    sx_page_colour(p, value < 0 ? SX_NEGATIVE : SX_POSITIVE, 1);
    sx_page_fill(p, x - 9, fmin(zero, at), 18, fabs(at - zero));
    sx_scaled_number(text, value, scale);
    sx_page_colour(p, SX_BLACK, 1);
    sx_page_label(p, x, at + (value < 0 ? 8 : -8), 0.5, (struct sx_type_face){8.5, false, 0},
                  text);
}

static void draw_members(struct sx_page *p, const struct sx_term *m, const int64_t *row,
                         int64_t rows, double x, double y)
{
    double first = INFINITY, last = -INFINITY;
    for (int64_t i = 0; i < rows; i++) {
        sx_page_colour(p, SX_FAINT, 1);
        sx_page_disc(p, x, y + ((double)i + 0.5) * LINE, 5);
    }
    for (int64_t k = 0; k < m->size; k++) {
        double at = y + ((double)row[sx_term_member(m, k)] + 0.5) * LINE;
        first = fmin(first, at);
        last = fmax(last, at);
    }
    sx_page_colour(p, SX_BLACK, 1);
    sx_page_line(p, x, first, x, last, 2);
    for (int64_t k = 0; k < m->size; k++)
        sx_page_disc(p, x, y + ((double)row[sx_term_member(m, k)] + 0.5) * LINE, 6);
}

static bool draw_terms(struct sx_page *p, const struct sx_figure *f, const struct sx_terms *t,
                       const char *what, double x, double y, double *width, double *height,
                       struct sx_error *error)
{
    int64_t n = f->o->top > 0 ? f->o->top : 20;
    n = n < t->n ? n : t->n;
    int64_t *row = sx_new((size_t)t->players, sizeof *row, error);
    if (row == NULL)
        return false;
    int64_t rows = members_of(t, n, row);
    double names = 60, low = 0, high = 0;
    char name[600];
    for (int64_t i = 0; i < t->players; i++) {
        sx_terms_name(t, i, name, sizeof name);
        names = row[i] >= 0 ? fmax(names, sx_page_width(p, sx_plain, name)) : names;
    }
    for (int64_t k = 0; k < n; k++) {
        low = fmin(low, t->term[k].value);
        high = fmax(high, t->term[k].value);
    }
    double room = high > low ? 0.1 * (high - low) : 1;
    struct sx_axis axis = {low < 0 ? low - room : 0, high > 0 ? high + room : 0, y + BARS, y};
    double left = x + names + 10, right = left + (double)n * COLUMN, dots = y + BARS + 16;
    sx_axis_left(p, &axis, left, right, what);
    sx_page_colour(p, SX_GREY, 1);
    sx_page_line(p, left, sx_on(&axis, 0), right, sx_on(&axis, 0), 1);
    for (int64_t i = 0; i < t->players; i++) {
        if (row[i] < 0)
            continue;
        double top = dots + (double)row[i] * LINE;
        sx_terms_name(t, i, name, sizeof name);
        sx_page_colour(p, 0xf3f3f3, row[i] % 2 == 0 ? 1 : 0);
        sx_page_fill(p, left, top, right - left, LINE);
        sx_page_colour(p, SX_BLACK, 1);
        sx_page_label(p, left - 10, top + LINE / 2.0, 1, sx_plain, name);
    }
    for (int64_t k = 0; k < n; k++) {
        double at = left + ((double)k + 0.5) * COLUMN;
        draw_bar(p, &axis, at, t->term[k].value, fabs(t->term[0].value));
        draw_members(p, &t->term[k], row, rows, at, dots);
    }
    *width = right - x;
    *height = BARS + 16 + (double)rows * LINE;
    if (n < t->n) {
        snprintf(name, sizeof name, "The strongest %lld of %lld sets.", (long long)n,
                 (long long)t->n);
        sx_page_colour(p, SX_GREY, 1);
        sx_page_text(p, left, y + *height + 4, 0, sx_small, name);
        *height += 20;
    }
    free(row);
    return true;
}

bool sx_draw_upset(struct sx_page *p, const struct sx_figure *f, double x, double y,
                   double *width, double *height, struct sx_error *error)
{
    struct sx_terms t;
    const struct sx_datum *record = f->item[0].record;
    bool effects =
        sx_datum_at(record, "interactions") == NULL && sx_datum_at(record, "effects") != NULL;
    bool ok =
        sx_terms_get(&t, record, effects ? "effects" : "interactions", error) &&
        draw_terms(p, f, &t, effects ? "effect" : "interaction", x, y, width, height, error);
    sx_terms_free(&t);
    return ok;
}

bool sx_draw_effects(struct sx_page *p, const struct sx_figure *f, double x, double y,
                     double *width, double *height, struct sx_error *error)
{
    struct sx_terms t;
    bool ok = sx_terms_get(&t, f->item[0].record, "effects", error) &&
              draw_terms(p, f, &t, "effect", x, y, width, height, error);
    sx_terms_free(&t);
    return ok;
}

/* ---- Stacked ---- */

/* Each player's even shares of the sets that it is in, by order; above zero, and below. */
static void share_out(const struct sx_terms *t, double *up, double *down)
{
    for (int64_t k = 0; k < t->n; k++) {
        const struct sx_term *m = &t->term[k];
        int64_t order = m->size < MOST_ORDERS ? m->size : MOST_ORDERS;
        for (int64_t i = 0; i < m->size; i++) {
            int64_t at = sx_term_member(m, i) * MOST_ORDERS + order - 1;
            *(m->value < 0 ? &down[at] : &up[at]) += m->value / (double)m->size;
        }
    }
}

static double sum_of(const double *parts)
{
    double sum = 0;
    for (int k = 0; k < MOST_ORDERS; k++)
        sum += parts[k];
    return sum;
}

static bool draw_stacks(struct sx_page *p, const struct sx_figure *f, const struct sx_terms *t,
                        const double *up, const double *down, double x, double y, double *width,
                        double *height, struct sx_error *error)
{
    enum { ROW = 24, WIDE = 440 };
    struct sx_facts parts = {.n = t->players};
    int64_t *order = NULL, rows = f->o->top > 0 ? f->o->top : 20;
    double low = 0, high = 0, names = 40;
    char name[600];
    parts.value = sx_new((size_t)t->players, sizeof *parts.value, error);
    for (int64_t i = 0; parts.value != NULL && i < t->players; i++) {
        double above = sum_of(up + i * MOST_ORDERS), below = sum_of(down + i * MOST_ORDERS);
        parts.value[i] = above - below;
        low = fmin(low, below);
        high = fmax(high, above);
        sx_terms_name(t, i, name, sizeof name);
        names = fmax(names, sx_page_width(p, sx_plain, name));
    }
    bool ok = parts.value != NULL && sx_facts_order(&parts, &order, error);
    rows = rows < t->players ? rows : t->players;
    struct sx_axis axis = {low * 1.05, high * 1.05, x + names + 12, x + names + 12 + WIDE};
    if (ok)
        sx_axis_below(p, &axis, y, y + (double)rows * ROW,
                      "shares of interactions, by their order");
    for (int64_t r = 0; ok && r < rows; r++) {
        double above = 0, below = 0, at = y + (double)r * ROW + 3;
        sx_terms_name(t, order[r], name, sizeof name);
        sx_page_colour(p, SX_BLACK, 1);
        sx_page_label(p, x + names, at + 9, 1, sx_plain, name);
        for (int k = 0; k < MOST_ORDERS; k++) {
            double more = up[order[r] * MOST_ORDERS + k],
                   less = down[order[r] * MOST_ORDERS + k];
            sx_page_colour(p, sx_series(k), 1);
            sx_page_fill(p, sx_on(&axis, above), at,
                         sx_on(&axis, above + more) - sx_on(&axis, above), 18);
            sx_page_fill(p, sx_on(&axis, below + less), at,
                         sx_on(&axis, below) - sx_on(&axis, below + less), 18);
            above += more;
            below += less;
        }
    }
    double bottom = y + (double)rows * ROW;
    sx_page_colour(p, SX_GREY, 1);
    sx_page_line(p, sx_on(&axis, 0), y, sx_on(&axis, 0), bottom, 1);
    *width = names + 12 + WIDE;
    *height = bottom - y + 44;
    free(parts.value);
    free(order);
    return ok;
}

bool sx_draw_stacked(struct sx_page *p, const struct sx_figure *f, double x, double y,
                     double *width, double *height, struct sx_error *error)
{
    static const char *const names[] = {"alone",     "in pairs",         "in threes",
                                        "in fours",  "in fives",         "in sixes",
                                        "in sevens", "in eights or more"};
    struct sx_terms t;
    const struct sx_datum *record = f->item[0].record;
    bool effects = sx_datum_at(record, "interactions") == NULL;
    bool ok = sx_terms_get(&t, record, effects ? "effects" : "interactions", error);
    double *up = ok ? sx_new((size_t)(2 * t.players * MOST_ORDERS), sizeof *up, error) : NULL;
    ok = up != NULL;
    if (ok) {
        double *down = up + t.players * MOST_ORDERS;
        share_out(&t, up, down);
        ok = draw_stacks(p, f, &t, up, down, x, y, width, height, error);
    }
    if (ok && !f->o->no_bar) {
        unsigned colour[MOST_ORDERS];
        for (int k = 0; k < MOST_ORDERS; k++)
            colour[k] = sx_series(k);
        int orders = t.order < MOST_ORDERS ? (int)t.order : MOST_ORDERS;
        *height += sx_legend(p, x, y + *height, *width, colour, names, orders);
    }
    free(up);
    sx_terms_free(&t);
    return ok;
}
