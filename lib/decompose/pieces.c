/* pieces.c - Integrated Gradients of a piecewise linear f, kink by kink.
 *
 * Gradients are constant between two kinks, so the integral is a sum over pieces. If an
 * interval has one kink, it lies where the tangents at the ends meet. Gradients close to either
 * side of that point check this. Parts that are not linear are split again. When the nodes run
 * out, the rest is shared between the ends of its interval such that the sum stays complete. */
#include <math.h>
#include <stdlib.h>

#include "decompose/path.h"

/* A point on a path: f, and its slope, whole and by players (row `node` of parts). */
struct node {
    double s, f, slope;
};

/* The interval between nodes a and b, and the points to evaluate in it: two, on both sides of
 * the point where the tangents meet, or one in the middle. */
struct interval {
    int64_t set, a, b;
    double point[2];
    int n_points;
};

struct pieces {
    struct sx_decomposing *d;
    const struct sx_frame *frame;
    const uint64_t *sets;
    double *to;
    double *loose; /* as `to`: magnitudes of the parts that are not verified as linear */
    struct node *node;
    double *parts;
    size_t n_nodes, node_capacity, parts_capacity;
    struct interval *open;
    size_t n_open, open_capacity;
};

enum { START = 8 };

static const double *parts_of(const struct pieces *p, int64_t node)
{
    return p->parts + node * p->d->n;
}

/* Adds alpha times node a's slopes and beta times node b's to the set's attribution. */
static void add(struct pieces *p, const struct interval *v, double alpha, double beta)
{
    double *to = p->to + v->set * p->d->n;
    const double *a = parts_of(p, v->a), *b = parts_of(p, v->b);
    for (int64_t i = 0; i < p->d->n; i++)
        to[i] += alpha * a[i] + beta * b[i];
}

/* Weighs the ends so that f(b) - f(a) comes out, if weights from 0 to 1 can do that. */
static void add_complete(struct pieces *p, const struct interval *v)
{
    const struct node *a = &p->node[v->a], *b = &p->node[v->b];
    const double *from = parts_of(p, v->a), *to = parts_of(p, v->b);
    double h = b->s - a->s, weight = 0.5;
    if (h > 0 && a->slope != b->slope)
        weight = fmin(1, fmax(0, ((b->f - a->f) / h - b->slope) / (a->slope - b->slope)));
    add(p, v, weight * h, (1 - weight) * h);
    for (int64_t i = 0; i < p->d->n; i++)
        p->loose[v->set * p->d->n + i] += h * (fabs(from[i]) + fabs(to[i]));
}

/* Distributes a path's gap to completeness over the parts that are not verified. */
static void complete(struct pieces *p, int64_t set, double whole)
{
    int64_t n = p->d->n;
    double *to = p->to + set * n, *loose = p->loose + set * n, sum = 0;
    for (int64_t i = 0; i < n; i++) {
        whole -= to[i];
        sum += loose[i];
    }
    for (int64_t i = 0; sum > 0 && i < n; i++)
        to[i] += whole * loose[i] / sum;
}

static bool same_gradient(const struct pieces *p, const struct interval *v, double tolerance)
{
    const double *a = parts_of(p, v->a), *b = parts_of(p, v->b);
    double most = 0, off = 0;
    for (int64_t i = 0; i < p->d->n; i++) {
        most = fmax(most, fmax(fabs(a[i]), fabs(b[i])));
        off = fmax(off, fabs(a[i] - b[i]));
    }
    return off <= tolerance * most;
}

/* Rounding of f and of slopes, relative. */
static double rounding(const struct pieces *p)
{
    return p->d->e->options.precise ? 1e-11 : 1e-5;
}

/* Adds the interval if f is linear on it. Otherwise keeps it open, with points to evaluate. */
static bool settle(struct pieces *p, struct interval v)
{
    const struct node a = p->node[v.a], b = p->node[v.b];
    double h = b.s - a.s, tolerance = rounding(p);
    double noise = tolerance * (fabs(a.f) + fabs(b.f) + (fabs(a.slope) + fabs(b.slope)) * h);
    if (h < (p->d->e->options.precise ? 1e-13 : 1e-7) ||
        (fabs(b.f - a.f - a.slope * h) <= noise && same_gradient(p, &v, tolerance))) {
        add_complete(p, &v);
        return true;
    }
    double step = (b.f - a.f - b.slope * h) / (a.slope - b.slope);
    double aside = p->d->e->options.precise ? 1e-7 : 1e-4;
    bool meet = isfinite(step) && step > 10 * aside * h && step < (1 - 10 * aside) * h;
    v.n_points = meet ? 2 : 1;
    v.point[0] = a.s + (meet ? step - aside * h : h / 2);
    v.point[1] = a.s + step + aside * h;
    void *items = p->open;
    if (!sx_grow(&items, &p->open_capacity, p->n_open + 1, sizeof *p->open, p->d->error))
        return false;
    p->open = items;
    p->open[p->n_open++] = v;
    return true;
}

/* Evaluates n points and appends them as nodes. */
static bool evaluate(struct pieces *p, const struct sx_on_path *at, int64_t n)
{
    struct sx_decomposing *d = p->d;
    void *nodes = p->node, *parts = p->parts;
    size_t all = p->n_nodes + (size_t)n;
    double *values = sx_new((size_t)n, sizeof *values, d->error);
    bool ok = values != NULL;
    if (ok && (ok = sx_grow(&nodes, &p->node_capacity, all, sizeof *p->node, d->error)))
        p->node = nodes;
    if (ok && (ok = sx_grow(&parts, &p->parts_capacity, all, (size_t)d->n * sizeof *p->parts,
                            d->error)))
        p->parts = parts;
    ok = ok &&
         sx_slopes(d, p->frame, p->sets, n, at, values, p->parts + p->n_nodes * (size_t)d->n);
    for (int64_t i = 0; ok && i < n; i++) {
        const double *part = parts_of(p, (int64_t)p->n_nodes);
        double slope = 0;
        for (int64_t k = 0; k < d->n; k++)
            slope += part[k];
        p->node[p->n_nodes++] = (struct node){at[i].s, values[i], slope};
    }
    free(values);
    return ok;
}

/* Evaluates the points of every open interval once. */
static bool refine(struct pieces *p)
{
    int64_t n = (int64_t)p->n_open, node = (int64_t)p->n_nodes, n_points = 0;
    struct interval *open = p->open;
    struct sx_on_path *at = sx_new(2 * (size_t)n, sizeof *at, p->d->error);
    for (int64_t i = 0; at != NULL && i < n; i++)
        for (int k = 0; k < open[i].n_points; k++)
            at[n_points++] = (struct sx_on_path){open[i].set, open[i].point[k]};
    bool ok = at != NULL && evaluate(p, at, n_points);
    p->open = NULL;
    p->n_open = p->open_capacity = 0;
    for (int64_t i = 0; ok && i < n; i++) {
        struct interval low = {open[i].set, open[i].a, node, {0}, 0};
        node += open[i].n_points;
        struct interval gap = {open[i].set, low.b, node - 1, {0}, 0};
        struct interval high = {open[i].set, node - 1, open[i].b, {0}, 0};
        if (open[i].n_points == 2)
            add_complete(p, &gap);
        ok = settle(p, low) && settle(p, high);
    }
    free(at);
    free(open);
    return ok;
}

static bool start(struct pieces *p, int64_t n)
{
    struct sx_on_path *at = sx_new((size_t)(n * (START + 1)), sizeof *at, p->d->error);
    for (int64_t i = 0; at != NULL && i < n * (START + 1); i++)
        at[i] = (struct sx_on_path){i / (START + 1), (double)(i % (START + 1)) / START};
    bool ok = at != NULL && evaluate(p, at, n * (START + 1));
    for (int64_t i = 0; ok && i < n * START; i++) {
        int64_t a = i / START * (START + 1) + i % START;
        ok = settle(p, (struct interval){i / START, a, a + 1, {0}, 0});
    }
    free(at);
    return ok;
}

/* The most nodes for n paths. Fewer if gradients are expensive. */
static size_t most_nodes(const struct sx_decomposing *d, int64_t n)
{
    double room = (n > 1 ? 6e8 : 3e9) / d->cost;
    size_t least = (size_t)n * 2 * START;
    size_t all = room < 256 ? 256 : room > 1 << 17 ? (size_t)1 << 17 : (size_t)room;
    return all > least ? all : least;
}

bool sx_integrate_pieces(struct sx_decomposing *d, const struct sx_frame *f, int64_t n,
                         const uint64_t *sets, double *to)
{
    struct pieces p = {.d = d, .frame = f, .sets = sets, .to = to};
    size_t most = most_nodes(d, n);
    for (int64_t i = 0; i < n * d->n; i++)
        to[i] = 0;
    p.loose = sx_new((size_t)(n * d->n), sizeof *p.loose, d->error);
    bool ok = p.loose != NULL && start(&p, n);
    while (ok && p.n_open > 0 && p.n_nodes + 2 * p.n_open <= most)
        ok = refine(&p);
    for (size_t i = 0; ok && i < p.n_open; i++)
        add_complete(&p, &p.open[i]);
    for (int64_t k = 0; ok && k < n; k++)
        complete(&p, k, p.node[k * (START + 1) + START].f - p.node[k * (START + 1)].f);
    free(p.loose);
    free(p.node);
    free(p.parts);
    free(p.open);
    return ok;
}
