/* network.c - pairs as lines between players: on a circle, or on a graph. */
#include <math.h>
#include <stdlib.h>

#include "figure/layout.h"

enum { MOST_PAIRS = 64, MOST_NODES = 256 };

/* Lengths in pixels: ACROSS between nodes of a layer; LEAST_STEP the least distance of layers;
 * SHORT_ROW the width of a row of few layers; LONGEST_ROW the largest width of a row of layers;
 * the last from a node to its name. */
static const double ACROSS = 60, LEAST_STEP = 56, SHORT_ROW = 520, LONGEST_ROW = 960,
                    TO_NAME = 11;
/* Limits of a node's radius. */
static const double SMALLEST = 5, LARGEST = 14;

struct network {
    struct sx_terms terms;
    int64_t n;       /* nodes */
    int64_t *player; /* of each node */
    int64_t *node;   /* of each player, -1: none */
    double *x, *y;   /* of each node, in pixels */
    double *single;  /* of each node */
    double width, height;
    /* step: distance of layers, 0: nodes are on a circle; room: space for curved lines above a
     * row */
    double step, room;
    double longest; /* length of the longest curved line */
    struct sx_edges edges;
};

static void network_free(struct network *g)
{
    sx_terms_free(&g->terms);
    free(g->player);
    free(g->node);
    free(g->x);
    free(g->single);
    sx_edges_free(&g->edges);
}

static bool network_get(struct network *g, const struct sx_figure *f, struct sx_error *error)
{
    const struct sx_datum *record = f->item[0].record;
    bool effects = sx_datum_at(record, "interactions") == NULL;
    if (!sx_terms_get(&g->terms, record, effects ? "effects" : "interactions", error))
        return false;
    size_t n = (size_t)g->terms.players;
    if (n > MOST_NODES)
        return sx_fail(error, SX_FAILED, "a network of %zu players is not drawn", n);
    g->player = sx_new(n, sizeof *g->player, error);
    g->node = sx_new(n, sizeof *g->node, error);
    g->x = sx_new(2 * n, sizeof *g->x, error);
    g->single = sx_new(n, sizeof *g->single, error);
    if (error->status != SX_OK)
        return false;
    g->y = g->x + n;
    g->n = f->o->edges != NULL ? g->terms.players : sx_terms_live(&g->terms, g->node);
    for (int64_t i = 0; i < g->terms.players; i++) {
        g->node[i] = f->o->edges != NULL ? i : g->node[i];
        if (g->node[i] >= 0)
            g->player[g->node[i]] = i;
    }
    for (int64_t k = 0; k < g->terms.n; k++) {
        int64_t node = g->node[sx_term_member(&g->terms.term[k], 0)];
        if (g->terms.term[k].size == 1 && node >= 0)
            g->single[node] = g->terms.term[k].value;
    }
    return f->o->edges == NULL || sx_edges_read(&g->edges, f->o->edges, g->n, error);
}

/* ---- Where nodes stand ---- */

static void stand_on_circle(struct network *g)
{
    double radius = g->n > 24 ? 230 : 180;
    sx_layout_circle(g->n, g->x, g->y);
    for (int64_t i = 0; i < 2 * g->n; i++)
        g->x[i] = radius * (1 + g->x[i]);
    g->width = g->height = 2 * radius;
}

static double widest_name(struct sx_page *p, const struct network *g)
{
    double widest = 0;
    char name[600];
    for (int64_t i = 0; i < g->n; i++) {
        sx_terms_name(&g->terms, g->player[i], name, sizeof name);
        widest = fmax(widest, sx_page_width(p, sx_plain, name));
    }
    return widest;
}

/* Whether a straight line would cross nodes between its ends, along a row of layers or within a
 * layer. */
static bool runs_over(const struct network *g, int64_t a, int64_t b)
{
    return g->step > 0 && fabs(g->y[a] - g->y[b]) < 1 &&
           fabs(g->x[a] - g->x[b]) > 1.5 * g->step;
}

static bool runs_down(const struct network *g, int64_t a, int64_t b)
{
    return g->step > 0 && fabs(g->x[a] - g->x[b]) < 1 && fabs(g->y[a] - g->y[b]) > 1.5 * ACROSS;
}

/* The length of the longest line, of graph or pairs, that would cross nodes. */
static double longest_over(const struct network *g)
{
    double longest = 0;
    for (int64_t k = 0; k < g->edges.n + g->terms.n; k++) {
        const struct sx_term *m = k < g->edges.n ? NULL : &g->terms.term[k - g->edges.n];
        if (m != NULL && m->size != 2)
            continue;
        int64_t a = m == NULL ? g->edges.end[2 * k] : g->node[sx_term_member(m, 0)];
        int64_t b = m == NULL ? g->edges.end[2 * k + 1] : g->node[sx_term_member(m, 1)];
        if (runs_over(g, a, b))
            longest = fmax(longest, fabs(g->x[a] - g->x[b]));
    }
    return longest;
}

/* The distance of layers: names fit side by side, and few layers are wide apart. */
static double step_between(struct sx_page *p, const struct network *g, int64_t layers)
{
    double few = layers > 1 ? fmin(SHORT_ROW / (double)(layers - 1), 110) : 0;
    return fmax(fmax(widest_name(p, g) + 14, LEAST_STEP), few);
}

/* Places layers side by side, in rows like text. Every other row runs backwards, so that
 * consecutive layers are near. Each row has space for curved lines above it. */
static bool stand_in_layers(struct sx_page *p, struct network *g, struct sx_error *error)
{
    struct sx_layers l;
    if (!sx_layers_get(&l, &g->edges, g->n, error))
        return false;
    g->step = step_between(p, g, l.n);
    int64_t in_row = (int64_t)fmax(floor(LONGEST_ROW / g->step), 2);
    in_row = in_row < l.n ? in_row : l.n;
    int64_t rows = (l.n + in_row - 1) / in_row;
    double high = ACROSS * (double)l.widest;
    for (int64_t i = 0; i < g->n; i++) {
        int64_t row = l.layer[i] / in_row, column = l.layer[i] % in_row;
        column = row % 2 == 0 ? column : in_row - 1 - column;
        g->x[i] = g->step * (double)column;
        g->y[i] = high * ((double)row + 0.5) + ACROSS * l.across[i];
    }
    g->width = g->step * (double)(in_row - 1);
    g->longest = longest_over(g);
    g->room = fmin(0.2 * g->longest, 110);
    for (int64_t i = 0; i < g->n; i++) {
        int64_t above = l.layer[i] / in_row + 1;
        g->y[i] += g->room * (double)above;
    }
    g->height = (high + g->room) * (double)rows;
    sx_layers_free(&l);
    return true;
}

/* ---- Lines ---- */

static double largest(const struct network *g, bool pairs)
{
    double most = 0;
    for (int64_t k = 0; k < g->terms.n; k++)
        if ((g->terms.term[k].size == 2) == pairs && g->terms.term[k].size <= 2)
            most = fmax(most, fabs(g->terms.term[k].value));
    return most > 0 ? most : 1;
}

/* Draws a line. It is curved if it would pass over nodes of its row or layer. */
static void draw_line(struct sx_page *p, const struct network *g, double x, double y, int64_t a,
                      int64_t b, double width)
{
    double x0 = x + g->x[a], y0 = y + g->y[a], x1 = x + g->x[b], y1 = y + g->y[b];
    double far = fabs(x1 - x0), down = fabs(y1 - y0);
    bool over = runs_over(g, a, b), beside = runs_down(g, a, b);
    double up = over ? far * g->room / (0.75 * g->longest) : 0;
    double out = beside ? fmin(0.4 * g->step, 0.3 * down) : 0;
    const double xy[] = {x0,
                         y0,
                         x0 + 0.3 * (x1 - x0) - out,
                         y0 + 0.3 * (y1 - y0) - up,
                         x1 - 0.3 * (x1 - x0) - out,
                         y1 - 0.3 * (y1 - y0) - up,
                         x1,
                         y1};
    if (over || beside)
        sx_page_curve(p, xy, width);
    else
        sx_page_line(p, x0, y0, x1, y1, width);
}

static void draw_edges(struct sx_page *p, const struct network *g, double x, double y,
                       int64_t top)
{
    double most = largest(g, true);
    int64_t drawn = 0;
    sx_page_colour(p, 0xbbbbbb, 1);
    for (int64_t k = 0; k < g->edges.n; k++)
        draw_line(p, g, x, y, g->edges.end[2 * k], g->edges.end[2 * k + 1], 1);
    for (int64_t k = 0; k < g->terms.n && drawn < top; k++) {
        const struct sx_term *m = &g->terms.term[k];
        if (m->size != 2)
            continue;
        int64_t a = g->node[sx_term_member(m, 0)], b = g->node[sx_term_member(m, 1)];
        if (a < 0 || b < 0)
            continue;
        double share = fabs(m->value) / most;
        sx_page_colour(p, m->value < 0 ? SX_NEGATIVE : SX_POSITIVE, 0.25 + 0.6 * share);
        draw_line(p, g, x, y, a, b, 0.8 + 7 * share);
        drawn++;
    }
}

/* ---- Nodes ---- */

/* Where a node's name is: below the node in layers, outside of a circle. */
static void place_name(const struct network *g, int64_t i, double size, double *dx, double *dy,
                       double *align)
{
    double x = g->x[i] - g->width / 2, y = g->y[i] - g->height / 2, away = hypot(x, y);
    double cosine = away > 0 ? x / away : 1;
    bool beside = g->step == 0 && fabs(cosine) > 0.25;
    *align = !beside ? 0.5 : cosine > 0 ? 0 : 1;
    *dx = !beside ? 0 : (size + 6) * (cosine > 0 ? 1 : -1);
    *dy = beside ? 0 : g->step > 0 ? LARGEST + TO_NAME : (size + TO_NAME) * (y < 0 ? -1 : 1);
}

/* Draws nodes and names around (x, y). Widens left and right to where they reach. */
static void draw_nodes(struct sx_page *p, const struct network *g, double x, double y,
                       double *left, double *right)
{
    double most = largest(g, false), dx, dy, align;
    char name[600];
    for (int64_t i = 0; i < g->n; i++) {
        double at = x + g->x[i], level = y + g->y[i];
        double size = SMALLEST + (LARGEST - SMALLEST) * sqrt(fabs(g->single[i]) / most);
        sx_page_colour(p, 0xffffff, 1);
        sx_page_disc(p, at, level, size + 1.5);
        sx_page_colour(p,
                       g->single[i] < 0   ? SX_NEGATIVE
                       : g->single[i] > 0 ? SX_POSITIVE
                                          : SX_GREY,
                       1);
        sx_page_disc(p, at, level, size);
        sx_terms_name(&g->terms, g->player[i], name, sizeof name);
        double wide = sx_page_width(p, sx_plain, name);
        place_name(g, i, size, &dx, &dy, &align);
        sx_page_colour(p, 0xffffff, 0.75); /* white, as lines may be behind the name */
        sx_page_fill(p, at + dx - align * wide - 2, level + dy - 7, wide + 4, 14);
        sx_page_colour(p, SX_BLACK, 1);
        sx_page_label(p, at + dx, level + dy, align, sx_plain, name);
        *left = fmin(*left, at + dx - align * wide);
        *right = fmax(*right, at + dx + (1 - align) * wide);
    }
}

static void draw_network(struct sx_page *p, const struct sx_figure *f, const struct network *g,
                         double x, double y, double *width, double *height)
{
    double left = -14, right = g->width + 14;
    bool muted = p->muted;
    p->muted = true;
    draw_nodes(p, g, 0, 0, &left, &right);
    p->muted = muted;
    double ignored_left = 0, ignored_right = 0, down = y + (g->step > 0 ? 0 : 32);
    draw_edges(p, g, x - left, down, f->o->top > 0 ? f->o->top : MOST_PAIRS);
    draw_nodes(p, g, x - left, down, &ignored_left, &ignored_right);
    *width = right - left;
    *height = g->height + (g->step > 0 ? 8 : 64);
    if (f->o->no_bar)
        return;
    char text[2][80], number[32];
    const char *const names[] = {text[0], text[1]};
    const unsigned colours[] = {SX_POSITIVE, SX_NEGATIVE};
    sx_short_number(number, largest(g, true));
    snprintf(text[0], sizeof text[0], "positive: the thickest line is %s", number);
    snprintf(text[1], sizeof text[1], "negative");
    *height += 8 + sx_legend(p, x, y + *height + 8, fmax(*width, 320), colours, names, 2);
    *width = fmax(*width, 320);
}

bool sx_draw_network(struct sx_page *p, const struct sx_figure *f, double x, double y,
                     double *width, double *height, struct sx_error *error)
{
    const struct sx_datum *pairs = sx_datum_at(f->item[0].record, "pairs");
    struct network g = {.n = 0};
    if (pairs != NULL && pairs->kind == SX_LIST)
        return sx_draw_places(p, f, x, y, width, height, error);
    bool ok = network_get(&g, f, error);
    if (ok && f->o->edges != NULL)
        ok = stand_in_layers(p, &g, error);
    else if (ok)
        stand_on_circle(&g);
    if (ok)
        draw_network(p, f, &g, x, y, width, height);
    network_free(&g);
    return ok;
}
