/* drawn.c - ArchDetect with drawn values of absent features: the rows of a background, or draws
 * given the present features. f is replaced by its mean over the draws. The distance of a
 * feature from the baseline is replaced by the root mean square of its distances from the
 * rows. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explain/absent.h"
#include "xderiv/study.h"

void sx_arch_pairs(int64_t q, const struct sx_level *l, const double *value,
                   const double *length, double *values)
{
    int64_t stride = 1 + q + l->n;
    for (int64_t k = 0; k < l->n; k++) {
        int32_t i = l->set[2 * k], j = l->set[2 * k + 1];
        double area = length[i] * length[j];
        values[k] = 0;
        for (int context = 0; context < 2; context++) {
            const double *v = value + context * stride;
            double delta = v[1 + q + k] - v[1 + i] - v[1 + j] + v[0];
            if (area > 0)
                values[k] += 0.5 * (delta / area) * (delta / area);
        }
    }
}

struct drawing {
    struct sx_study *h;
    struct sx_conditional *conditional; /* NULL: the rows as they are */
    int64_t most;                       /* points of a draw */
    const double *x;
    bool *present;          /* of each element */
    double *point, *each;   /* [most, size], [most] */
    double *value, *length; /* see sx_arch_pairs */
    struct sx_error *error;
};

static bool drawing_new(struct drawing *d, struct sx_study *h, int64_t values,
                        struct sx_error *error)
{
    struct sx_absent how = h->o.absent;
    *d = (struct drawing){.h = h, .most = h->n_background, .error = error};
    how.seed = h->o.seed;
    if (how.kind > SX_ABSENT_MARGINAL) {
        d->conditional =
            sx_conditional_new(&how, h->background, h->n_background, h->size, error);
        if (d->conditional == NULL)
            return false;
        d->most = sx_conditional_most(d->conditional);
    }
    d->present = sx_new((size_t)h->size, sizeof *d->present, error);
    d->point = sx_new((size_t)d->most, (size_t)h->size * sizeof *d->point, error);
    d->each = sx_new((size_t)d->most, sizeof *d->each, error);
    d->value = sx_new((size_t)values, sizeof *d->value, error);
    d->length = sx_new((size_t)h->q, sizeof *d->length, error);
    return d->present != NULL && d->point != NULL && d->each != NULL && d->value != NULL &&
           d->length != NULL;
}

static void drawing_free(struct drawing *d)
{
    sx_conditional_free(d->conditional);
    free(d->present);
    free(d->point);
    free(d->each);
    free(d->value);
    free(d->length);
}

/* Fills the points. Returns their number. */
static int64_t draw(struct drawing *d)
{
    int64_t size = d->h->size;
    if (d->conditional != NULL)
        return sx_conditional_draw(d->conditional, d->x, d->present, d->point);
    for (int64_t k = 0; k < d->most; k++)
        for (int64_t i = 0; i < size; i++)
            d->point[k * size + i] = d->present[i] ? d->x[i] : d->h->background[k * size + i];
    return d->most;
}

/* The mean of f with the features of the set present; `others`: with all other features
 * present. Elements of no feature are always present. */
static bool mean_of(struct drawing *d, const int32_t *set, int order, bool others, double *mean)
{
    for (int64_t i = 0; i < d->h->size; i++) {
        int64_t f = sx_feature_of(d->h, i);
        bool in = false;
        for (int k = 0; k < order; k++)
            in = in || set[k] == f;
        d->present[i] = f < 0 || in != others;
    }
    int64_t n = draw(d);
    if (!sx_gradients(d->h->e, n, d->point, d->each, NULL, d->error))
        return false;
    *mean = 0;
    for (int64_t k = 0; k < n; k++)
        *mean += d->each[k] / (double)n;
    return true;
}

static void find_lengths(struct drawing *d)
{
    const struct sx_study *h = d->h;
    memset(d->length, 0, (size_t)h->q * sizeof *d->length);
    for (int64_t k = 0; k < h->n_background; k++)
        for (int64_t i = 0; i < h->size; i++) {
            double off = d->x[i] - h->background[k * h->size + i];
            if (sx_feature_of(h, i) >= 0)
                d->length[sx_feature_of(h, i)] += off * off / (double)h->n_background;
        }
    for (int64_t f = 0; f < h->q; f++)
        d->length[f] = sqrt(d->length[f]);
}

static bool find_values(struct drawing *d, const struct sx_level *l)
{
    double *to = d->value;
    bool ok = true;
    for (int context = 0; ok && context < 2; context++) {
        ok = mean_of(d, NULL, 0, context, to++);
        for (int32_t i = 0; ok && i < d->h->q; i++)
            ok = mean_of(d, &i, 1, context, to++);
        for (int64_t k = 0; ok && k < l->n; k++)
            ok = mean_of(d, l->set + 2 * k, 2, context, to++);
    }
    return ok;
}

bool sx_arch_drawn(struct sx_study *h, const struct sx_level *l,
                   const struct sx_study_rows *rows, double *values, struct sx_error *error)
{
    struct drawing d;
    bool ok = drawing_new(&d, h, 2 * (1 + h->q + l->n), error);
    for (int64_t r = 0; ok && r < rows->n; r++) {
        d.x = rows->x + r * h->size;
        find_lengths(&d);
        ok = find_values(&d, l);
        if (ok)
            sx_arch_pairs(h->q, l, d.value, d.length, values + r * l->n);
    }
    drawing_free(&d);
    return ok;
}
