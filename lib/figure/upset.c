/* upset.c - the strongest sets as bars over the dots of their members. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figure/figure.h"

enum { COLUMN = 34, BARS = 200, LINE = 24 };

/* Numbers the players that are in one of the first n sets, in order. Returns how many there
 * are. */
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

/* Writes the number of a bar. Most bars are much smaller than the first. So the number has one
 * decimal more than the first bar needs, if that fits. */
static void write_number(struct sx_page *p, double x, double y, double value, double scale)
{
    const struct sx_type_face face = {8.5, false, 0};
    char text[32];
    sx_scaled_number(text, value, scale / 10);
    if (text[0] == '\0' || sx_page_width(p, face, text) > COLUMN)
        sx_scaled_number(text, value, scale);
    sx_page_colour(p, SX_BLACK, 1);
    sx_page_label(p, x, y, 0.5, face, text);
}

static void draw_bar(struct sx_page *p, const struct sx_axis *axis, double x, double value,
                     double scale)
{
    double zero = sx_on(axis, 0), at = sx_on(axis, value);
    sx_page_colour(p, value < 0 ? SX_NEGATIVE : SX_POSITIVE, 1);
    sx_page_fill(p, x - 9, fmin(zero, at), 18, fabs(at - zero));
    write_number(p, x, at + (value < 0 ? 8 : -8), value, scale);
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
