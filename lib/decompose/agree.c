/* agree.c - how alike the attributions of different methods are. */
#include <math.h>
#include <stdlib.h>

#include "decompose/decompose.h"

struct place {
    double value;
    int64_t player;
};

static int by_value(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

/* rank[i] = 2 * (rank of value i) - (n - 1), with mean ranks for ties: the sum is 0. */
static void list_ranks(const double *value, int64_t n, struct place *order, double *rank)
{
    for (int64_t i = 0; i < n; i++)
        order[i] = (struct place){value[i], i};
    qsort(order, (size_t)n, sizeof *order, by_value);
    for (int64_t i = 0, next; i < n; i = next) {
        for (next = i + 1; next < n && order[next].value <= order[i].value;)
            next++;
        for (int64_t k = i; k < next; k++)
            rank[order[k].player] = (double)(i - (n - next));
    }
}

static double correlation(const double *a, const double *b, int64_t n)
{
    double ab = 0, aa = 0, bb = 0;
    for (int64_t i = 0; i < n; i++) {
        ab += a[i] * b[i];
        aa += a[i] * a[i];
        bb += b[i] * b[i];
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : NAN;
}

/* The correlation of the ranks of values with themselves: NaN if all values are equal. */
static double of_itself(const double *value, int64_t n)
{
    for (int64_t i = 1; i < n; i++)
        if (value[i] < value[0] || value[i] > value[0])
            return 1;
    return NAN;
}

static double distance_of(const double *a, const double *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sqrt(sum);
}

/* The methods that are compared: those whose values are all finite. */
static bool choose_methods(struct sx_decomposer *c, int64_t players, struct sx_error *error)
{
    c->n_agreeing = 0;
    c->agreeing = sx_new((size_t)c->n_methods, sizeof *c->agreeing, error);
    for (int k = 0; c->agreeing != NULL && k < c->n_methods; k++) {
        const double *a = c->method[k].attribution;
        bool finite = a != NULL;
        for (int64_t i = 0; finite && i < players; i++)
            finite = isfinite(a[i]);
        if (finite)
            c->agreeing[c->n_agreeing++] = k;
    }
    return c->agreeing != NULL;
}

bool sx_agree(struct sx_decomposer *c, int64_t players, struct sx_error *error)
{
    if (!choose_methods(c, players, error))
        return false;
    int n = c->n_agreeing;
    c->spearman = sx_new((size_t)(n * n), sizeof *c->spearman, error);
    c->distance = sx_new((size_t)(n * n), sizeof *c->distance, error);
    struct place *order = sx_new((size_t)players, sizeof *order, error);
    double *rank = sx_new((size_t)players, (size_t)n * sizeof *rank, error);
    bool ok = c->spearman != NULL && c->distance != NULL && order != NULL && rank != NULL;
    for (int k = 0; ok && n > 1 && k < n; k++)
        list_ranks(c->method[c->agreeing[k]].attribution, players, order, rank + k * players);
    for (int at = 0; ok && at < n * n; at++) {
        const double *a = c->method[c->agreeing[at / n]].attribution;
        const double *b = c->method[c->agreeing[at % n]].attribution;
        c->spearman[at] = at / n == at % n ? of_itself(a, players)
                                           : correlation(rank + at / n * players,
                                                         rank + at % n * players, players);
        c->distance[at] = distance_of(a, b, players);
    }
    free(order);
    free(rank);
    return ok;
}
