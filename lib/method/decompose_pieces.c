/* decompose_pieces.c - Integrated Gradients of a piecewise linear f, kink by kink.
 *
 * Between two kinks gradients do not change, so that the integral is a sum over pieces. Where
 * the tangents at the ends of an interval meet is the kink if there is but one: f there says. If
 * it is no single kink, that point splits the interval. What is left when the nodes run out is
 * shared between the ends such that the sum stays complete. */
#include <math.h>
#include <stdlib.h>

#include "method/decompose_path.h"

/* A point on a path: f, and its slope, whole and by players (row `node` of parts). */
struct node {
    double s, f, slope;
};

/* Between nodes a and b; `kink`: where their tangents meet, or the middle. */
struct interval {
    int64_t set, a, b;
    double kink;
    bool single; /* kink is where the tangents meet */
};

struct pieces {
    struct sx_decomposing *d;
    const struct sx_frame *frame;
    const uint64_t *sets;
    double *to;
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
    double h = b->s - a->s, weight = 0.5;
    if (h > 0 && a->slope != b->slope)
        weight = fmin(1, fmax(0, ((b->f - a->f) / h - b->slope) / (a->slope - b->slope)));
    add(p, v, weight * h, (1 - weight) * h);
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

/* Adds the interval if f is linear on it; otherwise it stays open, with a point to look at. */
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
    v.single = isfinite(step) && step > 1e-6 * h && step < (1 - 1e-6) * h;
    v.kink = a.s + (v.single ? step : h / 2);
    void *items = p->open;
    if (!sx_grow(&items, &p->open_capacity, p->n_open + 1, sizeof *p->open, p->d->error))
        return false;
    p->open = items;
    p->open[p->n_open++] = v;
    return true;
}

/* Whether f at the meeting point of the tangents is on both: then it is the only kink. */
static bool is_kink(const struct pieces *p, const struct interval *v, double f)
{
    const struct node *a = &p->node[v->a];
    double there = a->f + a->slope * (v->kink - a->s);
    double noise = rounding(p) * (fabs(f) + fabs(there) + fabs(a->f));
    return v->single && fabs(f - there) <= noise;
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

/* Looks at every open interval's point once. */
static bool refine(struct pieces *p)
{
    int64_t n = (int64_t)p->n_open, first = (int64_t)p->n_nodes;
    struct interval *open = p->open;
    struct sx_on_path *at = sx_new((size_t)n, sizeof *at, p->d->error);
    for (int64_t i = 0; at != NULL && i < n; i++)
        at[i] = (struct sx_on_path){open[i].set, open[i].kink};
    bool ok = at != NULL && evaluate(p, at, n);
    p->open = NULL;
    p->n_open = p->open_capacity = 0;
    for (int64_t i = 0; ok && i < n; i++) {
        struct interval v = open[i], low = {v.set, v.a, first + i, 0, false},
                        high = {v.set, first + i, v.b, 0, false};
        if (is_kink(p, &v, p->node[first + i].f))
            add(p, &v, v.kink - p->node[v.a].s, p->node[v.b].s - v.kink);
        else
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
        ok = settle(p, (struct interval){i / START, a, a + 1, 0, false});
    }
    free(at);
    return ok;
}

/* Nodes for n paths: fewer where gradients are dear, or where paths serve to share out effects. */
static size_t most_nodes(const struct sx_decomposing *d, int64_t n)
{
    size_t all = d->e->options.precise ? (size_t)1 << 17 : (size_t)1 << 15;
    size_t least = (size_t)n * 2 * START;
    if (d->size > 4096)
        all = 256;
    else if (n > 1)
        all = (size_t)1 << 13;
    return all > least ? all : least;
}

bool sx_integrate_pieces(struct sx_decomposing *d, const struct sx_frame *f, int64_t n,
                         const uint64_t *sets, double *to)
{
    struct pieces p = {.d = d, .frame = f, .sets = sets, .to = to};
    size_t most = most_nodes(d, n);
    for (int64_t i = 0; i < n * d->n; i++)
        to[i] = 0;
    bool ok = start(&p, n);
    while (ok && p.n_open > 0 && p.n_nodes + p.n_open <= most)
        ok = refine(&p);
    for (size_t i = 0; ok && i < p.n_open; i++)
        add_complete(&p, &p.open[i]);
    free(p.node);
    free(p.parts);
    free(p.open);
    return ok;
}
