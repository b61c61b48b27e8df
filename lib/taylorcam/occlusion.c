/* occlusion.c - effects of pairs of places: the change of f if a baseline replaces them. */
#include <math.h>
#include <stdlib.h>

#include "ggig/attribute.h"
#include "taylorcam/taylorcam.h"

/* Points of the layer with no, one or two places replaced by the baseline. */
struct masking {
    const struct sx_taylorcam *t;
    const double *baseline; /* or NULL */
    int64_t *lacks;         /* [points, 2], -1: none */
    double *value;          /* f at each point */
};

static void mask(void *context, int64_t k, double *point)
{
    const struct masking *m = context;
    const struct sx_places *p = &m->t->places;
    const double *x = m->t->e->input.data;
    int64_t size = sx_count(&p->shape), a = m->lacks[2 * k], b = m->lacks[2 * k + 1];
    for (int64_t i = 0; i < size; i++) {
        int64_t place = p->of[sx_places_cell(p, i)];
        point[i] = place != a && place != b ? x[i] : m->baseline != NULL ? m->baseline[i] : 0;
    }
}

static void take(void *context, int64_t k, double value, const double *gradient)
{
    const struct masking *m = context;
    (void)gradient;
    m->value[k] = value;
}

/* Point 0 lacks nothing. Point 1 + j lacks place j. The others lack two places j < k, in
 * order. */
static void list_points(int64_t n, int64_t *lacks)
{
    int64_t *at = lacks;
    at[0] = at[1] = -1;
    at += 2;
    for (int64_t j = 0; j < n; j++) {
        *at++ = j;
        *at++ = -1;
    }
    for (int64_t j = 0; j < n; j++)
        for (int64_t k = j + 1; k < n; k++) {
            *at++ = j;
            *at++ = k;
        }
}

/* The diagonal is the effect of replacing one place. */
static void fill_effects(const struct masking *m, int64_t n, double *effects)
{
    const double *f = m->value;
    int64_t pair = 1 + n;
    for (int64_t j = 0; j < n; j++) {
        effects[j * n + j] = f[0] - f[1 + j];
        for (int64_t k = j + 1; k < n; k++, pair++)
            effects[j * n + k] = effects[k * n + j] = f[pair] - f[1 + j] - f[1 + k] + f[0];
    }
}

double *sx_occlusion(struct sx_taylorcam *t, const double *baseline, struct sx_error *error)
{
    int64_t n = t->places.n, points = 1 + n + n * (n - 1) / 2;
    struct masking m = {.t = t, .baseline = baseline};
    struct sx_attributing a = {.e = t->e, .size = sx_count(&t->places.shape), .error = error};
    struct sx_visit visit = {&m, mask, take, NULL};
    double *effects = sx_new((size_t)(n * n), sizeof *effects, error);
    m.lacks = sx_new((size_t)(2 * points), sizeof *m.lacks, error);
    m.value = sx_new((size_t)points, sizeof *m.value, error);
    bool ok = effects != NULL && m.lacks != NULL && m.value != NULL;
    if (ok)
        list_points(n, m.lacks);
    ok = ok && sx_visit_values(&a, points, &visit);
    if (ok)
        fill_effects(&m, n, effects);
    else {
        free(effects);
        effects = NULL;
    }
    free(m.lacks);
    free(m.value);
    return effects;
}

/* ---- Correlation of strengths with these effects ---- */

struct ranked {
    double value;
    int64_t at;
};

static int ascending(const void *a, const void *b)
{
    double x = ((const struct ranked *)a)->value, y = ((const struct ranked *)b)->value;
    return (x > y) - (x < y);
}

/* Replaces values by ranks; equal ones share the mean of theirs. */
static bool rank(double *values, int64_t n, struct sx_error *error)
{
    struct ranked *sorted = sx_new((size_t)n, sizeof *sorted, error);
    if (sorted == NULL)
        return false;
    for (int64_t i = 0; i < n; i++)
        sorted[i] = (struct ranked){values[i], i};
    qsort(sorted, (size_t)n, sizeof *sorted, ascending);
    for (int64_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && sorted[end].value == sorted[i].value; end++)
            continue;
        for (int64_t k = i; k < end; k++)
            values[sorted[k].at] = (double)(i + end - 1) / 2;
    }
    free(sorted);
    return true;
}

static double correlate(const double *a, const double *b, int64_t n)
{
    double mean = (double)(n - 1) / 2, ab = 0, aa = 0, bb = 0;
    for (int64_t i = 0; i < n; i++) {
        ab += (a[i] - mean) * (b[i] - mean);
        aa += (a[i] - mean) * (a[i] - mean);
        bb += (b[i] - mean) * (b[i] - mean);
    }
    return ab / sqrt(aa * bb);
}

bool sx_taylorcam_deletion(struct sx_taylorcam *t, const double *baseline,
                           const struct sx_relations *r, double *correlation,
                           struct sx_error *error)
{
    if (r->order != 2)
        return sx_fail(error, SX_USAGE, "pairs alone are deleted, not %d places", r->order);
    int64_t n = r->rows * r->columns, pairs = n * (n - 1) / 2;
    double *effects = sx_occlusion(t, baseline, error);
    double *a = sx_new((size_t)pairs, sizeof *a, error);
    double *b = sx_new((size_t)pairs, sizeof *b, error);
    bool ok = effects != NULL && a != NULL && b != NULL, finite = true;
    for (int64_t i = 0, at = 0; ok && i < n; i++)
        for (int64_t j = i + 1; j < n; j++, at++) {
            a[at] = sx_tensor_get(&r->strength, i * n + j);
            b[at] = fabs(effects[i * n + j]);
            finite = finite && isfinite(a[at]) && isfinite(b[at]);
        }
    *correlation = NAN;
    ok = ok && (!finite || (rank(a, pairs, error) && rank(b, pairs, error)));
    if (ok && finite)
        *correlation = correlate(a, b, pairs);
    free(effects);
    free(a);
    free(b);
    return ok;
}
