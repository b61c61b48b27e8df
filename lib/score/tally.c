/* tally.c - scores over a data set: means, their standard errors, and mean or median curves. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "score/score.h"

/* The information curves of all samples of a method, one after the other. */
struct curves {
    double *y;
    size_t n, capacity;
};

struct method {
    char *name; /* NULL: none */
    int64_t samples, n[SX_METRICS];
    double sum[SX_METRICS], squares[SX_METRICS];
    struct curves sic, aic;
};

struct sx_score_tally {
    struct method *method;
    size_t n, capacity;
};

struct sx_score_tally *sx_score_tally_new(struct sx_error *error)
{
    return sx_new(1, sizeof(struct sx_score_tally), error);
}

void sx_score_tally_free(struct sx_score_tally *t)
{
    for (size_t i = 0; t != NULL && i < t->n; i++) {
        free(t->method[i].name);
        free(t->method[i].sic.y);
        free(t->method[i].aic.y);
    }
    if (t != NULL)
        free(t->method);
    free(t);
}

static bool same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static struct method *find(struct sx_score_tally *t, const char *name, struct sx_error *error)
{
    for (size_t i = 0; i < t->n; i++)
        if (same(t->method[i].name, name))
            return &t->method[i];
    void *items = t->method;
    if (!sx_grow(&items, &t->capacity, t->n + 1, sizeof *t->method, error))
        return NULL;
    t->method = items;
    struct method *m = &t->method[t->n];
    *m = (struct method){.name = name != NULL ? sx_strdup(name, error) : NULL};
    if (name != NULL && m->name == NULL)
        return NULL;
    t->n++;
    return m;
}

static bool add_curve(struct curves *c, const struct sx_scored *score, struct sx_error *error)
{
    void *items = c->y;
    size_t size = SX_SCORE_POINTS * sizeof(double);
    if (score->n != SX_SCORE_POINTS)
        return true;
    if (!sx_grow(&items, &c->capacity, c->n + 1, size, error))
        return false;
    c->y = items;
    memcpy(c->y + SX_SCORE_POINTS * c->n++, score->y, size);
    return true;
}

bool sx_score_tally_add(struct sx_score_tally *t, const char *method,
                        const struct sx_scored score[SX_METRICS], struct sx_error *error)
{
    struct method *m = find(t, method, error);
    if (m == NULL)
        return false;
    m->samples++;
    for (int i = 0; i < SX_METRICS; i++) {
        if (!isfinite(score[i].value))
            continue;
        double before = m->n[i] > 0 ? m->sum[i] / (double)m->n[i] : 0;
        m->n[i]++;
        m->sum[i] += score[i].value;
        m->squares[i] +=
            (score[i].value - before) * (score[i].value - m->sum[i] / (double)m->n[i]);
    }
    return add_curve(&m->sic, &score[SX_SIC], error) &&
           add_curve(&m->aic, &score[SX_AIC], error);
}

int64_t sx_score_tally_count(const struct sx_score_tally *t)
{
    return (int64_t)t->n;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The area under the pointwise medians, or means, of curves; NaN without curves. */
static double area(const struct curves *c, bool median)
{
    double x[SX_SCORE_POINTS], y[SX_SCORE_POINTS];
    struct sx_error ignored = {0};
    double *column = c->n > 0 ? sx_new(c->n, sizeof *column, &ignored) : NULL;
    if (column == NULL)
        return NAN;
    for (int k = 0; k < SX_SCORE_POINTS; k++) {
        x[k] = (double)k / (SX_SCORE_POINTS - 1);
        y[k] = 0;
        for (size_t i = 0; i < c->n; i++) {
            column[i] = c->y[i * SX_SCORE_POINTS + (size_t)k];
            y[k] += column[i] / (double)c->n;
        }
        if (median) {
            qsort(column, c->n, sizeof *column, ascending);
            y[k] = (column[(c->n - 1) / 2] + column[c->n / 2]) / 2;
        }
    }
    free(column);
    return sx_curve_area(x, y, SX_SCORE_POINTS);
}

void sx_score_columns(char *text, size_t size, const char *first, const char *object,
                      unsigned metrics)
{
    char name[40];
    size_t at = (size_t)snprintf(text, size, "%s", first);
    for (int i = 0; sx_choice_name(SX_METRIC_NAMES, i, name, sizeof name); i++)
        if ((metrics >> i & 1) != 0 && at < size)
            at += (size_t)snprintf(text + at, size - at, "%s.%s:%s,", object, name, name);
    if (at > 0 && at < size)
        text[at - 1] = '\0';
}

void sx_put_score_summary(struct sx_result *r, const char *tool, const struct sx_score_tally *t,
                          int64_t at, unsigned metrics)
{
    const struct method *m = &t->method[at];
    char name[40];
    sx_put_object(r, NULL);
    sx_put_text(r, "tool", tool);
    sx_put_text(r, "version", SX_VERSION);
    if (m->name != NULL)
        sx_put_text(r, "method", m->name);
    sx_put_object(r, "summary");
    sx_put_int(r, "samples", m->samples);
    sx_put_object(r, "scores");
    for (int i = 0; sx_choice_name(SX_METRIC_NAMES, i, name, sizeof name); i++)
        if ((metrics >> i & 1) != 0)
            sx_put_derived(r, name,
                           i == SX_SIC   ? area(&m->sic, true)
                           : i == SX_AIC ? area(&m->aic, false)
                           : m->n[i] > 0 ? m->sum[i] / (double)m->n[i]
                                         : NAN);
    sx_put_end(r);
    sx_put_object(r, "stderr");
    for (int i = 0; sx_choice_name(SX_METRIC_NAMES, i, name, sizeof name); i++)
        if ((metrics >> i & 1) != 0)
            sx_put_derived(r, name,
                           sqrt(m->squares[i] / (double)(m->n[i] - 1) / (double)m->n[i]));
    sx_put_end(r);
    sx_put_end(r);
    sx_put_end(r);
}
