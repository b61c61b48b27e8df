/* agree.c - how alike the attributions of different methods are. */
#include <math.h>
#include <stdlib.h>

#include "decompose/decompose.h"

/* Twice the rank of a value among n, ties sharing theirs, less the mean rank. */
static double rank_of(const double *values, int64_t n, int64_t i)
{
    double rank = 0;
    for (int64_t k = 0; k < n; k++)
        rank += (values[k] < values[i]) - (values[k] > values[i]);
    return rank;
}

static double correlation(const double *a, const double *b, int64_t n)
{
    double ab = 0, aa = 0, bb = 0;
    for (int64_t i = 0; i < n; i++) {
        double x = rank_of(a, n, i), y = rank_of(b, n, i);
        ab += x * y;
        aa += x * x;
        bb += y * y;
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : NAN;
}

static double distance_of(const double *a, const double *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sqrt(sum);
}

bool sx_agree(struct sx_decomposer *c, int64_t players, struct sx_error *error)
{
    int n = c->n_methods;
    c->spearman = sx_new((size_t)(n * n), sizeof *c->spearman, error);
    c->distance = sx_new((size_t)(n * n), sizeof *c->distance, error);
    if (c->spearman == NULL || c->distance == NULL)
        return false;
    for (int at = 0; at < n * n; at++) {
        const double *a = c->method[at / n].attribution, *b = c->method[at % n].attribution;
        bool both = a != NULL && b != NULL;
        c->spearman[at] = both ? correlation(a, b, players) : NAN;
        c->distance[at] = both ? distance_of(a, b, players) : NAN;
    }
    return true;
}
