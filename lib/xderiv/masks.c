/* masks.c - interactions from values of f alone, at mixtures of x and its baseline. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "xderiv/study.h"

/* A buffer of `room` points, of which the last n % room are not evaluated yet, and n values. */
struct masks {
    struct sx_study *h;
    const double *x, *baseline;
    int64_t room, n;
    double *point, *value;
    struct sx_error *error;
};

static bool masks_new(struct masks *m, struct sx_study *h, int64_t values,
                      struct sx_error *error)
{
    *m = (struct masks){.h = h, .error = error};
    m->room = ((int64_t)1 << 20) / h->size;
    m->room = m->room < 16 ? 16 : m->room > 1024 ? 1024 : m->room;
    m->point = sx_new_aligned((size_t)m->room * (size_t)h->size, sizeof *m->point, error);
    m->value = sx_new((size_t)values, sizeof *m->value, error);
    return m->point != NULL && m->value != NULL;
}

static void masks_free(struct masks *m)
{
    free(m->point);
    free(m->value);
}

/* Evaluates the points in the buffer. */
static bool flush(struct masks *m)
{
    int64_t now = (m->n - 1) % m->room + 1;
    return m->n == 0 ||
           sx_gradients(m->h->e, now, m->point, m->value + m->n - now, NULL, m->error);
}

/* Adds a point with the features of the set from x and all others from the baseline. `others`
 * swaps x and the baseline. */
static bool put(struct masks *m, const int32_t *set, int order, bool others)
{
    double *p = m->point + m->n % m->room * m->h->size;
    for (int64_t i = 0; i < m->h->size; i++) {
        int64_t f = sx_feature_of(m->h, i);
        bool in = false;
        for (int k = 0; k < order; k++)
            in = in || set[k] == f;
        p[i] = in != others ? m->x[i] : m->baseline[i];
    }
    m->n++;
    return m->n % m->room != 0 || flush(m);
}

static bool finish(struct masks *m)
{
    return m->n % m->room == 0 || flush(m);
}

static void begin(struct masks *m, const struct sx_study_rows *rows, int64_t r)
{
    m->n = 0;
    m->x = rows->x + r * m->h->size;
    m->baseline = rows->baseline + r * m->h->size;
}

/* ---- ArchDetect and ArchAttribute (Tsang, Rambhatla, Liu 2020) ---- */

/* Length of x - baseline within a feature. */
static double distance(const struct masks *m, int64_t feature)
{
    double square = 0;
    for (int64_t i = 0; i < m->h->size; i++)
        if (sx_feature_of(m->h, i) == feature) {
            double d = m->x[i] - m->baseline[i];
            square += d * d;
        }
    return sqrt(square);
}

bool sx_arch_detect(struct sx_study *h, const struct sx_level *l,
                    const struct sx_study_rows *rows, double *values, struct sx_error *error)
{
    struct masks m;
    if (h->background != NULL && h->o.absent.kind > SX_ABSENT_BASELINE)
        return sx_arch_drawn(h, l, rows, values, error);
    bool ok = masks_new(&m, h, 2 * (1 + h->q + l->n), error);
    double *length = sx_new((size_t)h->q, sizeof *length, error);
    ok = ok && length != NULL;
    for (int64_t r = 0; ok && r < rows->n; r++) {
        begin(&m, rows, r);
        for (int32_t i = 0; i < h->q; i++)
            length[i] = distance(&m, i);
        for (int context = 0; ok && context < 2; context++) {
            ok = put(&m, NULL, 0, context);
            for (int32_t i = 0; ok && i < h->q; i++)
                ok = put(&m, &i, 1, context);
            for (int64_t k = 0; ok && k < l->n; k++)
                ok = put(&m, l->set + 2 * k, 2, context);
        }
        ok = ok && finish(&m);
        if (ok)
            sx_arch_pairs(h->q, l, m.value, length, values + r * l->n);
    }
    free(length);
    masks_free(&m);
    return ok;
}

bool sx_arch_attribute(struct sx_study *h, const struct sx_level *l,
                       const struct sx_study_rows *rows, double *values, struct sx_error *error)
{
    struct masks m;
    bool ok = masks_new(&m, h, 1 + l->n, error);
    for (int64_t r = 0; ok && r < rows->n; r++) {
        begin(&m, rows, r);
        ok = put(&m, NULL, 0, false);
        for (int64_t k = 0; ok && k < l->n; k++)
            ok = put(&m, l->set + k * l->order, l->order, false);
        ok = ok && finish(&m);
        for (int64_t k = 0; ok && k < l->n; k++)
            values[r * l->n + k] = m.value[1 + k] - m.value[0];
    }
    masks_free(&m);
    return ok;
}

/* ---- Mixed differences ---- */

/* The members of `set` whose bits are set. */
static int subset(const int32_t *set, int order, unsigned bits, int32_t *to)
{
    int n = 0;
    for (int k = 0; k < order; k++)
        if ((bits >> k & 1) != 0)
            to[n++] = set[k];
    return n;
}

/* sum over subsets S of the set of (-1)^(k - |S|) f(x on S, baseline elsewhere). The values of
 * no feature and of single features are computed once for all sets. */
static bool differences_row(struct masks *m, const struct sx_level *l, double *values)
{
    const int order = l->order;
    const unsigned all = (1u << order) - 1;
    int32_t part[SX_MAX_ORDER];
    bool ok = put(m, NULL, 0, false);
    for (int32_t i = 0; ok && i < m->h->q; i++)
        ok = put(m, &i, 1, false);
    for (int64_t k = 0; ok && k < l->n; k++)
        for (unsigned bits = 1; ok && bits <= all; bits++) {
            int n = subset(l->set + k * order, order, bits, part);
            ok = n < 2 || put(m, part, n, false);
        }
    if (!ok || !finish(m))
        return false;
    const double *next = m->value + 1 + m->h->q;
    for (int64_t k = 0; k < l->n; k++) {
        values[k] = 0;
        for (unsigned bits = 0; bits <= all; bits++) {
            int n = subset(l->set + k * order, order, bits, part);
            double v = n == 0 ? m->value[0] : n == 1 ? m->value[1 + part[0]] : *next++;
            values[k] += (order - n) % 2 == 0 ? v : -v;
        }
    }
    return true;
}

bool sx_mixed_differences(struct sx_study *h, const struct sx_level *l,
                          const struct sx_study_rows *rows, double *values,
                          struct sx_error *error)
{
    struct masks m;
    int64_t each = ((int64_t)1 << l->order) - 1 - l->order;
    bool ok = masks_new(&m, h, 1 + h->q + l->n * each, error);
    for (int64_t r = 0; ok && r < rows->n; r++) {
        begin(&m, rows, r);
        ok = differences_row(&m, l, values + r * l->n);
    }
    masks_free(&m);
    return ok;
}
