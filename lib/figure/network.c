/* network.c - pairs as lines: between places of a picture, on a circle, or on a graph. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figure/layout.h"

enum { MOST_PAIRS = 64, MOST_NODES = 256 };

/* ---- Over a picture ---- */

struct box {
    double x0, y0, x1, y1;
};

/* Pairs of places have boxes of their own; pairs of objects are of the objects of the record. */
struct places {
    const struct sx_datum *pairs, *objects;
    double pad;
};

static const struct sx_datum *object_of(const struct places *of, const struct sx_datum *pair,
                                        int k)
{
    static const char *const letter[] = {"a", "b", "c"};
    const struct sx_datum *at = sx_datum_at(pair, letter[k]);
    const struct sx_datum *v = of->objects != NULL ? of->objects->first : NULL;
    if (at == NULL || at->kind != SX_INTEGER)
        return NULL;
    for (int64_t i = at->integer; v != NULL && i > 0; i--)
        v = v->next;
    return v;
}

static bool box_of(const struct places *of, const struct sx_datum *pair, int k, struct box *b)
{
    static const char *const keys[] = {"box_a", "box_b", "box_c"};
    const struct sx_datum *v = of->objects != NULL ? sx_datum_at(object_of(of, pair, k), "box")
                                                   : sx_datum_at(pair, keys[k]);
    if (sx_datum_count(v) != 4)
        return false;
    *b = (struct box){sx_datum_element(v, 0) - of->pad, sx_datum_element(v, 1) - of->pad,
                      sx_datum_element(v, 2) + of->pad, sx_datum_element(v, 3) + of->pad};
    return b->x1 > b->x0 && b->y1 > b->y0 && b->x0 > -1e6 && b->x1 < 1e6 && b->y0 > -1e6 &&
           b->y1 < 1e6;
}

static void place_name(const struct places *of, const struct sx_datum *pair, int k, char *text,
                       size_t size)
{
    static const char *const letter[] = {"a", "b", "c"};
    static const char *const names[] = {"name_a", "name_b", "name_c"};
    const struct sx_datum *v = sx_datum_at(pair, letter[k]);
    const char *given = sx_datum_text(sx_datum_at(pair, names[k]), NULL);
    if (of->objects != NULL)
        given = sx_datum_text(sx_datum_at(object_of(of, pair, k), "name"), NULL);
    if (given != NULL)
        snprintf(text, size, "%s", given);
    else if (sx_datum_count(v) == 2)
        snprintf(text, size, "(%.0f, %.0f)", sx_datum_element(v, 0), sx_datum_element(v, 1));
    else
        snprintf(text, size, "%.0f", sx_datum_number(v, 0));
}

/* How large the picture is whose boxes these are. */
static void extent(const struct sx_figure *f, const struct places *of, double *wide,
                   double *high)
{
    const struct sx_picture *behind = f->item[0].behind;
    struct box b;
    *wide = *high = 1;
    for (const struct sx_datum *v = of->pairs->first; v != NULL; v = v->next)
        for (int k = 0; k < 3; k++)
            if (box_of(of, v, k, &b)) {
                *wide = fmax(*wide, b.x1);
                *high = fmax(*high, b.y1);
            }
    if (behind != NULL) {
        *wide = behind->width;
        *high = behind->height;
    }
}

static void draw_link(struct sx_page *p, const struct box *a, const struct box *b, double width)
{
    double x0 = (a->x0 + a->x1) / 2, y0 = (a->y0 + a->y1) / 2;
    double x1 = (b->x0 + b->x1) / 2, y1 = (b->y0 + b->y1) / 2;
    double bend = 0.22, dx = (x1 - x0) * bend, dy = (y1 - y0) * bend;
    const double xy[] = {x0,           y0,           x0 + dx - dy, y0 + dy + dx,
                         x1 - dx - dy, y1 - dy + dx, x1,           y1};
    sx_page_curve(p, xy, width);
    sx_page_disc(p, x0, y0, width + 1.5);
    sx_page_disc(p, x1, y1, width + 1.5);
}

/* A pair's boxes and the lines between them; its line in the legend. */
static void draw_pair(struct sx_page *p, const struct places *of, const struct sx_datum *pair,
                      int64_t i, double times, double x, double y, double width)
{
    struct box box[3];
    int n = 0;
    for (int k = 0; k < 3; k++)
        if (box_of(of, pair, k, &box[n])) {
            struct box *b = &box[n++];
            *b = (struct box){x + b->x0 * times, y + b->y0 * times, x + b->x1 * times,
                              y + b->y1 * times};
            sx_page_colour(p, 0xffffff, 0.9);
            sx_page_frame(p, b->x0 + 1, b->y0 + 1, b->x1 - b->x0 - 2, b->y1 - b->y0 - 2, 3.5);
            sx_page_colour(p, sx_series(i), 1);
            sx_page_frame(p, b->x0 + 1, b->y0 + 1, b->x1 - b->x0 - 2, b->y1 - b->y0 - 2, 2);
        }
    for (int k = 1; k < n; k++) {
        sx_page_colour(p, 0xffffff, 0.9);
        draw_link(p, &box[k - 1], &box[k], width + 2.5);
        sx_page_colour(p, sx_series(i), 1);
        draw_link(p, &box[k - 1], &box[k], width);
    }
}

static double draw_key(struct sx_page *p, const struct places *of, const struct sx_datum *pair,
                       int64_t i, double x, double y, double width)
{
    char a[120], b[120], c[120] = "", text[480], number[32];
    const struct sx_datum *value = sx_datum_at(pair, "strength");
    place_name(of, pair, 0, a, sizeof a);
    place_name(of, pair, 1, b, sizeof b);
    if (sx_datum_at(pair, "c") != NULL)
        place_name(of, pair, 2, c, sizeof c);
    sx_short_number(number, sx_datum_number(value, NAN));
    snprintf(text, sizeof text, "%s \xe2\x80\x93 %s%s%s   %s", a, b,
             c[0] != '\0' ? " \xe2\x80\x93 " : "", c, number);
    sx_page_colour(p, sx_series(i), 1);
    sx_page_line(p, x, y + 9, x + 26, y + 9, width);
    sx_page_colour(p, SX_BLACK, 1);
    sx_page_label(p, x + 34, y + 9, 0, sx_plain, text);
    return 34 + sx_page_width(p, sx_plain, text);
}

static bool draw_places(struct sx_page *p, const struct sx_figure *f, const struct places *of,
                        double x, double y, double *width, double *height,
                        struct sx_error *error)
{
    const struct sx_datum *pairs = of->pairs;
    const struct sx_picture *behind = f->item[0].behind;
    double wide, high, most = 0, key = 0;
    int64_t n = 0, top = f->o->top > 0 ? f->o->top : 8;
    extent(f, of, &wide, &high);
    double times = 400 / fmax(wide, high);
    times = times > 3 ? floor(times) : times;
    for (const struct sx_datum *v = pairs->first; v != NULL; v = v->next)
        most = fmax(most, fabs(sx_datum_number(sx_datum_at(v, "strength"), 0)));
    *width = wide * times;
    *height = high * times;
    bool ok = behind == NULL || sx_page_picture(p, x, y, *width, *height, behind, false, error);
    sx_page_colour(p, 0xb0b0b0, 1);
    sx_page_frame(p, x, y, *width, *height, 1);
    sx_page_colour(p, SX_BLACK, 1);
    if (!f->o->no_bar)
        sx_page_text(p, x + *width + 24, y, 0, sx_bold, "places and strength");
    for (const struct sx_datum *v = pairs->first; v != NULL && n < top; v = v->next, n++) {
        double share =
            fabs(sx_datum_number(sx_datum_at(v, "strength"), 0)) / fmax(most, 1e-300);
        double line = 1.5 + 4.5 * fmin(share, 1);
        draw_pair(p, of, v, n, times, x, y, line);
        if (!f->o->no_bar)
            key = fmax(key,
                       draw_key(p, of, v, n, x + *width + 24, y + 24 + 22 * (double)n, line));
    }
    *height = fmax(*height, f->o->no_bar ? 0 : 24 + 22 * (double)n);
    *width += f->o->no_bar ? 0 : 24 + fmax(key, 130);
    return ok;
}

/* ---- On a circle, or on a graph ---- */

struct network {
    struct sx_terms terms;
    int64_t n;       /* nodes */
    int64_t *player; /* of each node */
    int64_t *node;   /* of each player, -1: none */
    double *x, *y;   /* of each node, from -1 to 1 */
    double *single;  /* of each node */
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
    if (f->o->edges == NULL) {
        sx_layout_circle(g->n, g->x, g->y);
        return true;
    }
    return sx_edges_read(&g->edges, f->o->edges, g->n, error) &&
           sx_layout_springs(&g->edges, g->n, g->x, g->y, error);
}

static double largest(const struct network *g, bool pairs)
{
    double most = 0;
    for (int64_t k = 0; k < g->terms.n; k++)
        if ((g->terms.term[k].size == 2) == pairs && g->terms.term[k].size <= 2)
            most = fmax(most, fabs(g->terms.term[k].value));
    return most > 0 ? most : 1;
}

static void draw_edges(struct sx_page *p, const struct network *g, double cx, double cy,
                       double radius, int64_t top)
{
    double most = largest(g, true);
    int64_t drawn = 0;
    for (int64_t k = 0; k < g->edges.n; k++) {
        int64_t a = g->edges.end[2 * k], b = g->edges.end[2 * k + 1];
        sx_page_colour(p, 0xbbbbbb, 1);
        sx_page_line(p, cx + radius * g->x[a], cy + radius * g->y[a], cx + radius * g->x[b],
                     cy + radius * g->y[b], 1);
    }
    for (int64_t k = 0; k < g->terms.n && drawn < top; k++) {
        const struct sx_term *m = &g->terms.term[k];
        if (m->size != 2)
            continue;
        int64_t a = g->node[sx_term_member(m, 0)], b = g->node[sx_term_member(m, 1)];
        if (a < 0 || b < 0)
            continue;
        double share = fabs(m->value) / most;
        sx_page_colour(p, m->value < 0 ? SX_NEGATIVE : SX_POSITIVE, 0.25 + 0.6 * share);
        sx_page_line(p, cx + radius * g->x[a], cy + radius * g->y[a], cx + radius * g->x[b],
                     cy + radius * g->y[b], 0.8 + 7 * share);
        drawn++;
    }
}

/* Names stand outside, beginning or ending at their node. */
static void draw_nodes(struct sx_page *p, const struct network *g, double cx, double cy,
                       double radius, double *left, double *right)
{
    double most = largest(g, false);
    char name[600];
    for (int64_t i = 0; i < g->n; i++) {
        double x = cx + radius * g->x[i], y = cy + radius * g->y[i];
        double size = 5 + 9 * sqrt(fabs(g->single[i]) / most);
        double away = hypot(g->x[i], g->y[i]), cosine = away > 0 ? g->x[i] / away : 1;
        double align = cosine > 0.25 ? 0 : cosine < -0.25 ? 1 : 0.5;
        double sine = away > 0 ? g->y[i] / away : 0;
        sx_page_colour(p, 0xffffff, 1);
        sx_page_disc(p, x, y, size + 1.5);
        sx_page_colour(p,
                       g->single[i] < 0   ? SX_NEGATIVE
                       : g->single[i] > 0 ? SX_POSITIVE
                                          : SX_GREY,
                       1);
        sx_page_disc(p, x, y, size);
        sx_terms_name(&g->terms, g->player[i], name, sizeof name);
        double wide = sx_page_width(p, sx_plain, name);
        double at = x + (size + 6) * (align == 0.5 ? 0 : cosine > 0 ? 1 : -1);
        double level = y + (align == 0.5 ? (size + 11) * (sine < 0 ? -1 : 1) : 0);
        sx_page_colour(p, 0xffffff, 0.75); /* lines may pass under it */
        sx_page_fill(p, at - align * wide - 2, level - 7, wide + 4, 14);
        sx_page_colour(p, SX_BLACK, 1);
        sx_page_label(p, at, level, align, sx_plain, name);
        *left = fmin(*left, at - align * wide);
        *right = fmax(*right, at + (1 - align) * wide);
    }
}

static void draw_network(struct sx_page *p, const struct sx_figure *f, const struct network *g,
                         double x, double y, double *width, double *height)
{
    double radius = g->n > 24 ? 230 : 180, left = 0, right = 0;
    bool muted = p->muted;
    p->muted = true;
    draw_nodes(p, g, 0, 0, radius, &left, &right);
    p->muted = muted;
    left = fmin(left, -radius - 14);
    right = fmax(right, radius + 14);
    double cx = x - left, cy = y + radius + 32;
    int64_t top = f->o->top > 0 ? f->o->top : MOST_PAIRS;
    draw_edges(p, g, cx, cy, radius, top);
    double ignored_left = 0, ignored_right = 0;
    draw_nodes(p, g, cx, cy, radius, &ignored_left, &ignored_right);
    *width = right - left;
    *height = 2 * radius + 64;
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
    const struct sx_datum *record = f->item[0].record,
                          *objects = sx_datum_at(record, "object_pairs");
    struct network g = {.n = 0};
    struct places of = {.pairs = sx_datum_at(record, "pairs"), .pad = (double)f->o->pad};
    if (objects != NULL && objects->kind == SX_LIST && objects->first != NULL) {
        of.pairs = objects;
        of.objects = sx_datum_at(record, "objects");
    }
    if (of.pairs != NULL && of.pairs->kind == SX_LIST)
        return draw_places(p, f, &of, x, y, width, height, error);
    bool ok = network_get(&g, f, error);
    if (ok)
        draw_network(p, f, &g, x, y, width, height);
    network_free(&g);
    return ok;
}
