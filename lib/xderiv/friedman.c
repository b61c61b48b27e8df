/* friedman.c - Friedman's H squared: how much of a pair's partial dependence is not a sum.
 *
 *   H_ij^2 = sum_k [PD_ij(x_k) - PD_i(x_k) - PD_j(x_k)]^2 / sum_k PD_ij(x_k)^2
 *
 * over rows x_k (Friedman, Popescu 2008). PD_S(x) is the mean of f over all rows, with the
 * features of S replaced by those of x, and is then centred. */
#include <stdlib.h>
#include <string.h>

#include "xderiv/study.h"

/* Rows of the background, or of the samples: evenly spaced, no more than `steps`. */
struct dependence {
    struct sx_study *h;
    const double *data;
    int64_t n, of;
    double *point, *value; /* [n, size], [n] */
};

static const double *row_of(const struct dependence *d, int64_t k)
{
    return d->data + k * d->of / d->n * d->h->size;
}

/* The centred partial dependence of a set at all rows. */
static bool dependence(struct dependence *d, const int32_t *set, int order, double *pd,
                       struct sx_error *error)
{
    struct sx_study *h = d->h;
    double mean = 0;
    for (int64_t k = 0; k < d->n; k++) {
        const double *own = row_of(d, k);
        for (int64_t r = 0; r < d->n; r++) {
            double *p = d->point + r * h->size;
            memcpy(p, row_of(d, r), (size_t)h->size * sizeof *p);
            for (int64_t i = 0; i < h->size; i++)
                for (int m = 0; m < order; m++)
                    p[i] = sx_feature_of(h, i) == set[m] ? own[i] : p[i];
        }
        if (!sx_gradients(h->e, d->n, d->point, d->value, NULL, error))
            return false;
        pd[k] = 0;
        for (int64_t r = 0; r < d->n; r++)
            pd[k] += d->value[r] / (double)d->n;
        mean += pd[k] / (double)d->n;
    }
    for (int64_t k = 0; k < d->n; k++)
        pd[k] -= mean;
    return true;
}

static bool one_pair(struct dependence *d, const int32_t *set, double *pd, const double *single,
                     double *value, struct sx_error *error)
{
    double above = 0, below = 0;
    if (!dependence(d, set, 2, pd, error))
        return false;
    for (int64_t k = 0; k < d->n; k++) {
        double rest = pd[k] - single[set[0] * d->n + k] - single[set[1] * d->n + k];
        above += rest * rest;
        below += pd[k] * pd[k];
    }
    *value = below == 0 ? 0 : above / below;
    return true;
}

bool sx_friedman(struct sx_study *h, const struct sx_level *l, const struct sx_study_rows *rows,
                 double *values, struct sx_error *error)
{
    bool given = h->background != NULL;
    struct dependence d = {
        .h = h, .data = given ? h->background : h->x, .of = given ? h->n_background : h->n};
    (void)rows;
    d.n = d.of < h->steps ? d.of : h->steps;
    if (d.n < 2)
        return sx_fail(error, SX_USAGE,
                       "friedman needs several rows: a --background, or samples with --agg");
    d.point = sx_new_aligned((size_t)d.n * (size_t)h->size, sizeof *d.point, error);
    d.value = sx_new((size_t)d.n, sizeof *d.value, error);
    double *pd = sx_new((size_t)d.n, sizeof *pd, error);
    double *single = sx_new((size_t)d.n * (size_t)h->q, sizeof *single, error);
    bool ok = d.point != NULL && d.value != NULL && pd != NULL && single != NULL;
    for (int32_t i = 0; ok && i < h->q; i++)
        ok = dependence(&d, &i, 1, single + i * d.n, error);
    for (int64_t k = 0; ok && k < l->n; k++)
        ok = one_pair(&d, l->set + 2 * k, pd, single, &values[k], error);
    free(d.point);
    free(d.value);
    free(pd);
    free(single);
    return ok;
}
