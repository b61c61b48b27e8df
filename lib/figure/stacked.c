/* stacked.c - each player's share of interactions, stacked by order. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figure/figure.h"

enum { ROW = 24, MOST_ORDERS = 8 };

/* The parts of each player and order, above and below zero. */
struct stacks {
    struct sx_terms terms; /* names the players */
    double *up, *down;
    int64_t orders;
};

static void stacks_free(struct stacks *s)
{
    sx_terms_free(&s->terms);
    free(s->up);
}

static void add(struct stacks *s, int64_t player, int64_t order, double part)
{
    order = order < MOST_ORDERS ? order : MOST_ORDERS;
    if (player >= s->terms.players || order < 1 || !isfinite(part))
        return;
    s->orders = order > s->orders ? order : s->orders;
    double *to = part < 0 ? s->down : s->up;
    to[player * MOST_ORDERS + order - 1] += part;
}

/* Divides each set evenly among its members. */
static void share_evenly(struct stacks *s)
{
    for (int64_t k = 0; k < s->terms.n; k++) {
        const struct sx_term *m = &s->terms.term[k];
        for (int64_t i = 0; i < m->size; i++)
            add(s, sx_term_member(m, i), m->size, m->value / (double)m->size);
    }
}

/* Divides each set among its members as a method allocates it. */
static void share_as(struct stacks *s, const struct sx_datum *allocation)
{
    for (const struct sx_datum *v = allocation->first; v != NULL; v = v->next) {
        const struct sx_datum *share = sx_datum_at(v, "share");
        int64_t order = sx_datum_count(sx_datum_at(v, "set"));
        for (int64_t i = 0; i < sx_datum_count(share); i++)
            add(s, i, order, sx_datum_element(share, i));
    }
}

static bool stacks_new(struct stacks *s, const struct sx_datum *record, struct sx_error *error)
{
    bool effects = sx_datum_at(record, "interactions") == NULL;
    if (!sx_terms_get(&s->terms, record, effects ? "effects" : "interactions", error))
        return false;
    size_t n = (size_t)s->terms.players * MOST_ORDERS;
    s->up = sx_new(2 * n, sizeof *s->up, error);
    s->down = s->up + n;
    return s->up != NULL;
}

static double sum_of(const double *parts)
{
    double sum = 0;
    for (int k = 0; k < MOST_ORDERS; k++)
        sum += parts[k];
    return sum;
}

static void draw_part(struct sx_page *p, const struct sx_axis *axis, double from, double to,
                      double y, int order)
{
    double a = sx_on(axis, from), b = sx_on(axis, to);
    sx_page_colour(p, sx_series(order), 1);
    sx_page_fill(p, fmin(a, b), y, fabs(b - a), 18);
}

static void draw_row(struct sx_page *p, const struct stacks *s, int64_t player,
                     const struct sx_axis *axis, double y)
{
    double above = 0, below = 0;
    for (int k = 0; k < MOST_ORDERS; k++) {
        double more = s->up[player * MOST_ORDERS + k], less = s->down[player * MOST_ORDERS + k];
        draw_part(p, axis, above, above + more, y, k);
        draw_part(p, axis, below, below + less, y, k);
        above += more;
        below += less;
    }
}

/* Orders players by the length of their stacks, and sets the range of the stacks. */
static bool order_of(const struct stacks *s, int64_t **order, struct sx_axis *axis,
                     struct sx_error *error)
{
    struct sx_facts length = {.n = s->terms.players};
    length.value = sx_new((size_t)length.n, sizeof *length.value, error);
    for (int64_t i = 0; length.value != NULL && i < length.n; i++) {
        double above = sum_of(s->up + i * MOST_ORDERS),
               below = sum_of(s->down + i * MOST_ORDERS);
        length.value[i] = above - below;
        axis->low = fmin(axis->low, below * 1.05);
        axis->high = fmax(axis->high, above * 1.05);
    }
    bool ok = length.value != NULL && sx_facts_order(&length, order, error);
    free(length.value);
    return ok;
}

static bool draw_stacks(struct sx_page *p, const struct sx_figure *f, const struct stacks *s,
                        double x, double y, double wide, double *width, double *height,
                        struct sx_error *error)
{
    int64_t *order = NULL, rows = f->o->top > 0 ? f->o->top : 20;
    struct sx_axis axis = {0, 0, 0, 0};
    double names = 40;
    char name[600];
    rows = rows < s->terms.players ? rows : s->terms.players;
    if (!order_of(s, &order, &axis, error))
        return false;
    for (int64_t r = 0; r < rows; r++) {
        sx_terms_name(&s->terms, order[r], name, sizeof name);
        names = fmax(names, sx_page_width(p, sx_plain, name));
    }
    axis.from = x + names + 12;
    axis.to = axis.from + wide;
    double bottom = y + (double)rows * ROW;
    sx_axis_below(p, &axis, y, bottom, "shares of interactions, by their order");
    for (int64_t r = 0; r < rows; r++) {
        double at = y + (double)r * ROW + 3;
        sx_terms_name(&s->terms, order[r], name, sizeof name);
        sx_page_colour(p, SX_BLACK, 1);
        sx_page_label(p, x + names, at + 9, 1, sx_plain, name);
        draw_row(p, s, order[r], &axis, at);
    }
    sx_page_colour(p, SX_GREY, 1);
    sx_page_line(p, sx_on(&axis, 0), y, sx_on(&axis, 0), bottom, 1);
    *width = names + 12 + wide;
    *height = bottom - y + 44;
    free(order);
    return true;
}

/* Draws the stacks of one method below its name. `method` NULL: sets are divided evenly. */
static bool draw_block(struct sx_page *p, const struct sx_figure *f,
                       const struct sx_datum *method, double x, double y, double *width,
                       double *height, int64_t *orders, struct sx_error *error)
{
    struct stacks s = {.up = NULL};
    bool ok = stacks_new(&s, f->item[0].record, error);
    double head = method != NULL ? 22 : 0;
    if (ok && method != NULL) {
        share_as(&s, sx_datum_at(method, "allocation"));
        sx_page_colour(p, SX_BLACK, 1);
        sx_page_text(p, x, y, 0, sx_bold, sx_datum_text(sx_datum_at(method, "name"), ""));
    } else if (ok) {
        share_evenly(&s);
    }
    ok = ok &&
         draw_stacks(p, f, &s, x, y + head, method != NULL ? 300 : 440, width, height, error);
    *height += head;
    *orders = s.orders > *orders ? s.orders : *orders;
    stacks_free(&s);
    return ok;
}

static bool has_allocation(const struct sx_datum *method)
{
    const struct sx_datum *v = sx_datum_at(method, "allocation");
    return v != NULL && v->kind == SX_LIST && v->first != NULL;
}

/* Draws methods that have an allocation in two columns. */
static bool draw_methods(struct sx_page *p, const struct sx_figure *f,
                         const struct sx_datum *methods, double x, double y, double *width,
                         double *height, int64_t *orders, struct sx_error *error)
{
    int64_t n = 0;
    double wide = 0, high = 0, top = y;
    *width = 0;
    for (const struct sx_datum *m = methods->first; m != NULL; m = m->next) {
        if (!has_allocation(m))
            continue;
        double left = x + (n % 2 == 1 ? wide + 30 : 0);
        top += n > 0 && n % 2 == 0 ? high + 16 : 0;
        if (!draw_block(p, f, m, left, top, &wide, &high, orders, error))
            return false;
        *width = fmax(*width, left + wide - x);
        n++;
    }
    *height = top + high - y;
    return true;
}

bool sx_draw_stacked(struct sx_page *p, const struct sx_figure *f, double x, double y,
                     double *width, double *height, struct sx_error *error)
{
    static const char *const names[] = {"alone",     "in pairs",         "in threes",
                                        "in fours",  "in fives",         "in sixes",
                                        "in sevens", "in eights or more"};
    const struct sx_datum *methods = sx_datum_at(f->item[0].record, "methods");
    int64_t orders = 0;
    bool any = false;
    for (const struct sx_datum *m = methods != NULL && methods->kind == SX_LIST ? methods->first
                                                                                : NULL;
         m != NULL; m = m->next)
        any = any || has_allocation(m);
    bool ok = any ? draw_methods(p, f, methods, x, y, width, height, &orders, error)
                  : draw_block(p, f, NULL, x, y, width, height, &orders, error);
    if (ok && !f->o->no_bar) {
        unsigned colour[MOST_ORDERS];
        for (int k = 0; k < MOST_ORDERS; k++)
            colour[k] = sx_series(k);
        *height += sx_legend(p, x, y + *height, *width, colour, names, (int)orders);
    }
    return ok;
}
