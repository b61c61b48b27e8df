/* tally.c - numbers of many rows become one: mean, median, extremes, mode, root mean square. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "xderiv/study.h"

static int compare(const void *a, const void *b)
{
    double x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

/* The most frequent value. The smallest one if several are equally frequent. *count becomes its
 * number. */
static double most_frequent(const double *v, int64_t n, int64_t *count)
{
    int64_t best = 0;
    *count = 0;
    for (int64_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && v[j] == v[i];)
            j++;
        if (j - i > *count) {
            *count = j - i;
            best = i;
        }
    }
    return v[best];
}

/* The half-sample mode of sorted values (Bickel and Fruehwirth 2006): the narrowest interval
 * that holds half of them, then half of those, down to two. Of three, the two that are nearer.
 */
static double half_sample_mode(const double *v, int64_t n)
{
    while (n > 2) {
        int64_t half = n == 3 ? 2 : (n + 1) / 2, best = 0;
        for (int64_t i = 1; i + half <= n; i++)
            if (v[i + half - 1] - v[i] < v[best + half - 1] - v[best])
                best = i;
        v += best;
        n = half;
    }
    return n == 2 ? 0.5 * (v[0] + v[1]) : v[0];
}

/* A value that many share is the mode. Otherwise the values have a density, and the mode is
 * where it is largest. */
static double mode_of(const double *v, int64_t n)
{
    int64_t count;
    double frequent = most_frequent(v, n, &count);
    return count >= 2 && 20 * count >= n ? frequent : half_sample_mode(v, n);
}

double sx_gather_numbers(enum sx_gather how, double *v, int64_t n)
{
    double sum = 0;
    if (n == 0)
        return 0;
    if (how == SX_GATHER_MEAN || how == SX_GATHER_RMS) {
        for (int64_t i = 0; i < n; i++)
            sum += how == SX_GATHER_MEAN ? v[i] : v[i] * v[i];
        sum /= (double)n;
        return how == SX_GATHER_MEAN ? sum : sqrt(sum);
    }
    qsort(v, (size_t)n, sizeof *v, compare);
    switch (how) {
    case SX_GATHER_MIN:
        return v[0];
    case SX_GATHER_MAX:
        return v[n - 1];
    case SX_GATHER_MODE:
        return mode_of(v, n);
    default:
        return n % 2 == 1 ? v[n / 2] : 0.5 * (v[n / 2 - 1] + v[n / 2]);
    }
}

static bool keeps_all(enum sx_gather how)
{
    return how == SX_GATHER_MEDIAN || how == SX_GATHER_MODE;
}

bool sx_tally_begin(struct sx_tally *t, struct sx_level *l, enum sx_gather how, bool is_signed,
                    int64_t rows, size_t limit, struct sx_error *error)
{
    size_t n = (size_t)l->n, kept;
    *t = (struct sx_tally){.how = how, .is_signed = is_signed, .rows = rows};
    double **to[] = {&l->strength, &l->mean, &l->std, &l->min, &l->max};
    for (int i = 0; i < 5; i++)
        if ((*to[i] = sx_new(n, sizeof **to[i], error)) == NULL)
            return false;
    t->n = l->n;
    if (!keeps_all(how) || rows < 2)
        return true;
    if (!sx_size_mul(&kept, n, (size_t)rows) || !sx_size_mul(&kept, kept, sizeof(double)) ||
        (limit > 0 && kept > limit))
        return sx_over_limit(
            error,
            "%lld sets at %lld rows need more than the memory limit of %zu MB: take "
            "another --agg than median or mode",
            (long long)l->n, (long long)rows, limit >> 20);
    t->kept = sx_new_aligned(n * (size_t)rows, sizeof *t->kept, error);
    return t->kept != NULL;
}

void sx_tally_add(struct sx_tally *t, struct sx_level *l, const double *values)
{
    double seen = (double)t->at;
    for (int64_t k = 0; k < t->n; k++) {
        double v = values[k], u = t->is_signed ? v : fabs(v);
        double step = v - l->mean[k];
        l->mean[k] += step / (seen + 1);
        l->std[k] += step * (v - l->mean[k]);
        l->min[k] = t->at == 0 || v < l->min[k] ? v : l->min[k];
        l->max[k] = t->at == 0 || v > l->max[k] ? v : l->max[k];
        if (t->kept != NULL)
            t->kept[k * t->rows + t->at] = u;
        else if (t->how == SX_GATHER_RMS)
            l->strength[k] += u * u;
        else if (t->how == SX_GATHER_MIN)
            l->strength[k] = t->at == 0 || u < l->strength[k] ? u : l->strength[k];
        else if (t->how == SX_GATHER_MAX)
            l->strength[k] = t->at == 0 || u > l->strength[k] ? u : l->strength[k];
        else
            l->strength[k] += u;
    }
    t->at++;
}

void sx_tally_end(struct sx_tally *t, struct sx_level *l)
{
    double n = t->at > 0 ? (double)t->at : 1;
    for (int64_t k = 0; k < t->n; k++) {
        l->std[k] = sqrt(l->std[k] / n);
        if (t->kept != NULL)
            l->strength[k] = sx_gather_numbers(t->how, t->kept + k * t->rows, t->at);
        else if (t->how == SX_GATHER_RMS)
            l->strength[k] = sqrt(l->strength[k] / n);
        else if (t->how == SX_GATHER_MEAN)
            l->strength[k] /= n;
    }
    free(t->kept);
    t->kept = NULL;
}
