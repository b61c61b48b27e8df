/* cross.c - D_I f = d^k f / dv_i1 .. dv_ik for the features of a set, exactly.
 *
 * Where every feature is one element, derivatives are taken along unit vectors, and the lengths
 * of the directions are multiplied in afterwards. Sets of two and three features are read from
 * the whole tensor, where it fits. Otherwise a parent set costs one row, which holds the
 * derivatives with every further feature. */
#include <stdlib.h>
#include <string.h>

#include "xderiv/study.h"

/* The most numbers in the directions of all features, and in a row. */
#define DENSE ((int64_t)1 << 22)

double sx_direction(const struct sx_study *h, const double *x, const double *baseline,
                    int64_t i)
{
    double unit = h->units != NULL ? h->units[i] : 1;
    if (h->o.direction == SX_DIRECTION_ONES)
        return unit;
    return unit * (x[i] - (baseline != NULL ? baseline[i] : 0));
}

/* Sets v[size] to the direction of a feature. */
static void set_direction(const struct sx_study *h, const double *x, const double *baseline,
                          int64_t feature, double *v)
{
    for (int64_t i = 0; i < h->size; i++)
        v[i] = sx_feature_of(h, i) == feature ? sx_direction(h, x, baseline, i) : 0;
}

/* Whether all rows have the same directions. */
static bool is_fixed(const struct sx_study *h)
{
    return h->elements || h->o.direction == SX_DIRECTION_ONES;
}

double *sx_directions(const struct sx_study *h, const double *x, const double *baseline,
                      struct sx_error *error)
{
    double *v = sx_new((size_t)h->q * (size_t)h->size, sizeof *v, error);
    for (int64_t k = 0; v != NULL && k < h->q; k++)
        set_direction(h, x, baseline, k, v + k * h->size);
    return v;
}

/* ---- Whole tensors ---- */

static bool prepare_whole(struct sx_study *h, int order, const double *x,
                          const double *baseline, struct sx_error *error)
{
    double *v = NULL;
    if (h->whole[order] != NULL)
        return true;
    if (!h->elements && is_fixed(h) && (v = sx_directions(h, x, baseline, error)) == NULL)
        return false;
    h->whole[order] = sx_whole_new(h->e, order, h->q, v, !is_fixed(h), h->n, error);
    free(v);
    return h->whole[order] != NULL;
}

/* Multiplies each entry by the lengths of its features' directions. */
static void stretch(const struct sx_study *h, int order, const double *x,
                    const double *baseline, double *tensor)
{
    int64_t block = 1;
    for (int m = 0; m < order; m++)
        block *= h->q;
    for (int64_t i = 0; i < block; i++) {
        int64_t rest = i;
        for (int m = 0; m < order; m++, rest /= h->q)
            tensor[i] *= sx_direction(h, x, baseline, rest % h->q);
    }
}

static bool is_plain(const struct sx_study *h)
{
    return h->units == NULL && h->o.direction == SX_DIRECTION_ONES;
}

/* The gradient along the features' directions: [rows, q]. */
static bool first_order(struct sx_study *h, const struct sx_study_rows *rows, double *tensor,
                        struct sx_error *error)
{
    double *g = sx_new_aligned((size_t)rows->n * (size_t)h->size, sizeof *g, error);
    bool ok = g != NULL && sx_gradients(h->e, rows->n, rows->x, NULL, g, error);
    for (int64_t r = 0; ok && r < rows->n; r++) {
        const double *x = rows->x + r * h->size;
        const double *b = rows->baseline != NULL ? rows->baseline + r * h->size : NULL;
        memset(tensor + r * h->q, 0, (size_t)h->q * sizeof *tensor);
        for (int64_t i = 0; i < h->size; i++)
            if (sx_feature_of(h, i) >= 0)
                tensor[r * h->q + sx_feature_of(h, i)] +=
                    g[r * h->size + i] * sx_direction(h, x, b, i);
    }
    free(g);
    return ok;
}

bool sx_cross_tensor(struct sx_study *h, int order, const struct sx_study_rows *rows,
                     double *tensor, struct sx_error *error)
{
    if (order == 1)
        return first_order(h, rows, tensor, error);
    if (!prepare_whole(h, order, rows->x, rows->baseline, error))
        return false;
    int64_t cells = 1;
    for (int m = 0; m < order; m++)
        cells *= h->q;
    if (is_fixed(h) && !sx_whole_run(h->whole[order], rows->n, rows->x, NULL, tensor, error))
        return false;
    bool ok = true;
    for (int64_t r = 0; ok && r < rows->n; r++) {
        const double *x = rows->x + r * h->size;
        const double *b = rows->baseline != NULL ? rows->baseline + r * h->size : NULL;
        if (!is_fixed(h)) {
            double *v = sx_directions(h, x, b, error);
            ok = v != NULL && sx_whole_run(h->whole[order], 1, x, v, tensor + r * cells, error);
            free(v);
        } else if (h->elements && !is_plain(h)) {
            stretch(h, order, x, b, tensor + r * cells);
        }
    }
    return ok;
}

static bool by_tensor(struct sx_study *h, const struct sx_level *l,
                      const struct sx_study_rows *rows, int64_t cells, double *values,
                      struct sx_error *error)
{
    double *tensor = sx_new_aligned((size_t)rows->n * (size_t)cells, sizeof *tensor, error);
    bool ok = tensor != NULL && sx_cross_tensor(h, l->order, rows, tensor, error);
    for (int64_t k = 0; ok && k < l->n; k++) {
        int64_t at = 0;
        for (int m = 0; m < l->order; m++)
            at = at * h->q + l->set[k * l->order + m];
        for (int64_t r = 0; r < rows->n; r++)
            values[r * l->n + k] = tensor[r * cells + at];
    }
    free(tensor);
    return ok;
}

/* ---- Rows ---- */

/* The parents of one stretch, their directions, and their rows. */
struct stretch {
    int64_t room;
    double *v[SX_MAX_ORDER], *row, *by_feature;
};

static bool stretch_new(struct stretch *s, const struct sx_study *h, int order,
                        struct sx_error *error)
{
    *s = (struct stretch){.room = DENSE / h->size};
    s->room = s->room < 16 ? 16 : s->room > 1024 ? 1024 : s->room;
    size_t total = (size_t)s->room * (size_t)h->size;
    bool ok = true;
    for (int m = 0; ok && m < order - 1; m++)
        ok = (s->v[m] = sx_new_aligned(total, sizeof(double), error)) != NULL;
    s->row = ok ? sx_new_aligned(total, sizeof(double), error) : NULL;
    s->by_feature = sx_new((size_t)h->q, sizeof(double), error);
    return s->row != NULL && s->by_feature != NULL;
}

static void stretch_free(struct stretch *s)
{
    for (int m = 0; m < SX_MAX_ORDER; m++)
        free(s->v[m]);
    free(s->row);
    free(s->by_feature);
}

/* The values of all sets of parent p from its row. */
static void take_row(const struct sx_study *h, const struct sx_level *l, int64_t p,
                     const double *x, const double *baseline, const double *row,
                     double *by_feature, double *values)
{
    memset(by_feature, 0, (size_t)h->q * sizeof *by_feature);
    for (int64_t i = 0; i < h->size; i++)
        if (sx_feature_of(h, i) >= 0)
            by_feature[sx_feature_of(h, i)] += row[i] * sx_direction(h, x, baseline, i);
    for (int64_t k = l->first[p]; k < l->first[p + 1]; k++)
        values[k] = by_feature[l->last[k]];
}

static bool one_by_rows(struct sx_study *h, const struct sx_level *l, struct stretch *s,
                        const double *x, const double *baseline, double *values,
                        struct sx_error *error)
{
    int lead = l->order - 1;
    for (int64_t done = 0; done < l->n_parents; done += s->room) {
        int64_t now = l->n_parents - done < s->room ? l->n_parents - done : s->room;
        for (int64_t p = 0; p < now; p++)
            for (int m = 0; m < lead; m++)
                set_direction(h, x, baseline, l->parent[(done + p) * lead + m],
                              s->v[m] + p * h->size);
        if (!sx_rows_run(h->rows[l->order], x, now, (const double *const *)s->v, s->row, error))
            return false;
        for (int64_t p = 0; p < now; p++)
            take_row(h, l, done + p, x, baseline, s->row + p * h->size, s->by_feature, values);
    }
    return true;
}

static bool by_rows(struct sx_study *h, const struct sx_level *l,
                    const struct sx_study_rows *rows, double *values, struct sx_error *error)
{
    struct stretch s = {0};
    if (h->rows[l->order] == NULL)
        h->rows[l->order] = sx_rows_new(h->e, l->order, l->n_parents, error);
    bool ok = h->rows[l->order] != NULL && stretch_new(&s, h, l->order, error);
    for (int64_t r = 0; ok && r < rows->n; r++) {
        const double *b = rows->baseline != NULL ? rows->baseline + r * h->size : NULL;
        ok = one_by_rows(h, l, &s, rows->x + r * h->size, b, values + r * l->n, error);
    }
    stretch_free(&s);
    return ok;
}

bool sx_cross_effects(struct sx_study *h, const struct sx_level *l,
                      const struct sx_study_rows *rows, double *values, struct sx_error *error)
{
    int64_t cells = 1;
    for (int m = 0; m < l->order; m++)
        cells = cells > DENSE / h->q ? DENSE + 1 : cells * h->q;
    bool most = l->n >= sx_level_count(h->q, l->order) / 2;
    if (l->order == 1 || (l->order <= 3 && most && cells <= DENSE && h->q <= DENSE / h->size))
        return by_tensor(h, l, rows, cells, values, error);
    return by_rows(h, l, rows, values, error);
}
