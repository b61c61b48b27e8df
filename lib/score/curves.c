/* curves.c - insertion and deletion, the pointing game, completeness; areas under curves. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "score/score.h"

double sx_curve_area(const double *x, const double *y, int64_t n)
{
    double area = 0;
    for (int64_t i = 1; i < n; i++)
        area += (x[i] - x[i - 1]) * (y[i] + y[i - 1]) / 2;
    return n > 1 ? area : NAN;
}

struct point {
    double x, y;
};

/* Points of a curve closer than this are joined: equal entropies may be summed in different orders. */
#define ROUNDING 1e-9

static int ascending(const void *a, const void *b)
{
    const struct point *p = a, *q = b;
    return p->x < q->x ? -1 : p->x > q->x;
}

void sx_curve_even(double *x, double *y, int64_t n, double *even, int64_t m)
{
    struct point p[SX_SCORE_POINTS];
    int64_t different = 0;
    n = n < SX_SCORE_POINTS ? n : SX_SCORE_POINTS;
    for (int64_t i = 0; i < n; i++)
        p[i] = (struct point){x[i], y[i]};
    qsort(p, (size_t)n, sizeof *p, ascending);
    for (int64_t i = 0, same; i < n; i += same) {
        double sum = 0;
        for (same = 0; i + same < n && p[i + same].x - p[i].x < ROUNDING; same++)
            sum += p[i + same].y;
        x[different] = p[i].x;
        y[different++] = sum / (double)same;
    }
    for (int64_t k = 0, i = 0; k < m; k++) {
        double at = (double)k / (double)(m - 1);
        while (i + 2 < different && x[i + 1] < at)
            i++;
        even[k] =
            different > 1 ? y[i] + (at - x[i]) * (y[i + 1] - y[i]) / (x[i + 1] - x[i]) : y[0];
    }
}

/* The number of places that are changed at step k. */
static int64_t changed(const struct sx_scoring *s, int64_t steps, int64_t k)
{
    return llround((double)k * (double)s->places / (double)steps);
}

struct steps {
    int64_t n;
    bool insert;
};

static void make_step(const struct sx_scoring *s, const void *context, int64_t k, double *point)
{
    const struct steps *c = context;
    int64_t now = changed(s, c->n, k);
    memset(s->shown, !c->insert, (size_t)s->places);
    for (int64_t i = 0; i < now; i++)
        s->shown[s->order[i]] = c->insert;
    sx_scoring_mix(s, point);
}

static bool curve(struct sx_scoring *s, bool insert, struct sx_scored *score,
                  struct sx_error *error)
{
    struct steps c = {s->places < s->o->steps ? s->places : s->o->steps, insert};
    score->n = c.n + 1;
    for (int64_t k = 0; k <= c.n; k++)
        score->x[k] = (double)changed(s, c.n, k) / (double)s->places;
    if (!sx_scoring_values(s, s->by, score->n, make_step, &c, score->y, error))
        return false;
    score->value = sx_curve_area(score->x, score->y, score->n);
    return true;
}

/* 1 if the place of the highest rank is in a box, else 0. */
static double pointing(const struct sx_scoring *s)
{
    if (s->height == 0 || s->places != s->height * s->width || s->o->n_boxes == 0)
        return NAN;
    const struct sx_picture *shown = s->o->shown;
    double wide = shown != NULL ? shown->width : (double)s->width;
    double high = shown != NULL ? shown->height : (double)s->height;
    double x = ((double)(s->order[0] % s->width) + 0.5) * wide / (double)s->width;
    double y = ((double)(s->order[0] / s->width) + 0.5) * high / (double)s->height;
    for (int64_t i = 0; i < s->o->n_boxes; i++) {
        const struct sx_box *b = &s->o->boxes[i];
        if (x >= b->x0 && x < b->x1 && y >= b->y0 && y < b->y1)
            return 1;
    }
    return 0;
}

static void make_end(const struct sx_scoring *s, const void *context, int64_t k, double *point)
{
    (void)context;
    for (int64_t i = 0; k == 1 && i < s->size; i++)
        if (s->place[i] >= 0)
            point[i] = s->o->baseline[i];
}

static bool completeness(struct sx_scoring *s, double *gap, struct sx_error *error)
{
    double f[2], sum = 0;
    for (int64_t p = 0; p < s->places; p++)
        sum += s->share[p];
    if (!sx_scoring_values(s, s->own, 2, make_end, NULL, f, error))
        return false;
    *gap = sum - (f[0] - f[1]);
    return true;
}

bool sx_score_fidelity(struct sx_scoring *s, struct sx_scored score[SX_METRICS],
                       struct sx_error *error)
{
    unsigned wanted = s->o->metrics;
    if ((wanted >> SX_POINTING & 1) != 0)
        score[SX_POINTING].value = pointing(s);
    return ((wanted >> SX_INSERTION & 1) == 0 || curve(s, true, &score[SX_INSERTION], error)) &&
           ((wanted >> SX_DELETION & 1) == 0 || curve(s, false, &score[SX_DELETION], error)) &&
           ((wanted >> SX_COMPLETENESS & 1) == 0 ||
            completeness(s, &score[SX_COMPLETENESS].value, error));
}
