/* relations.c - tables of relations: sums, ranks, groups. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "taylorcam/taylorcam.h"

bool sx_relations_new(struct sx_relations *r, int order, int64_t rows, int64_t columns,
                      struct sx_error *error)
{
    int64_t n = rows * columns;
    struct sx_shape all = {order, {n, n, n}}, map = {2, {rows, columns}};
    *r = (struct sx_relations){.order = order, .rows = rows, .columns = columns};
    if (sx_tensor_new(&r->strength, SX_DOUBLE, &all, error) &&
        sx_tensor_new(&r->effect, SX_DOUBLE, &all, error) &&
        sx_tensor_new(&r->marginal, SX_DOUBLE, &map, error))
        return true;
    sx_relations_free(r);
    return false;
}

void sx_relations_free(struct sx_relations *r)
{
    sx_tensor_free(&r->strength);
    sx_tensor_free(&r->effect);
    sx_tensor_free(&r->marginal);
}

void sx_relations_set(struct sx_relations *r, int64_t i, int64_t j, int64_t k, double strength,
                      double effect)
{
    int64_t n = r->rows * r->columns;
    int64_t at[6] = {i * n + j, j * n + i};
    if (k >= 0) {
        const int64_t places[6][3] = {{i, j, k}, {i, k, j}, {j, i, k},
                                      {j, k, i}, {k, i, j}, {k, j, i}};
        for (int m = 0; m < 6; m++)
            at[m] = (places[m][0] * n + places[m][1]) * n + places[m][2];
    }
    for (int m = 0; m < (k >= 0 ? 6 : 2); m++) {
        sx_tensor_set(&r->strength, at[m], strength);
        sx_tensor_set(&r->effect, at[m], effect);
    }
}

/* ---- Every relation once ---- */

/* The places of one relation, and where it is in the tables. */
struct walk {
    int64_t n, place[3], at;
    int order;
};

/* Goes to the next relation, whose places do not decrease. Pairs of a place with itself are
 * included, triples with a repeated place are not. The first call begins at place[order - 1] =
 * -1. */
static bool next(struct walk *w)
{
    int m = w->order - 1;
    int64_t step = w->order > 2; /* triples are of different places */
    while (m >= 0 && w->place[m] + 1 >= w->n - step * (w->order - 1 - m))
        m--;
    if (m < 0)
        return false;
    w->place[m]++;
    for (int k = m + 1; k < w->order; k++)
        w->place[k] = w->place[k - 1] + step;
    w->at = 0;
    for (int k = 0; k < w->order; k++)
        w->at = w->at * w->n + w->place[k];
    return true;
}

static struct walk start(const struct sx_relations *r)
{
    struct walk w = {.n = r->rows * r->columns, .order = r->order};
    for (int k = 0; k < r->order - 1; k++)
        w.place[k] = r->order > 2 ? k : 0;
    w.place[r->order - 1] = r->order > 2 ? r->order - 2 : -1;
    return w;
}

static int descending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* Statistics of the strengths of different places. */
static bool find_statistics(struct sx_relations *r, struct sx_error *error)
{
    int64_t n = r->rows * r->columns, count = 0, most;
    double *all =
        sx_new((size_t)(r->order > 2 ? n * n * n / 6 : n * n / 2) + 1, sizeof *all, error);
    if (all == NULL)
        return false;
    for (struct walk w = start(r); next(&w);)
        if (w.place[0] != w.place[1])
            all[count++] = sx_tensor_get(&r->strength, w.at);
    qsort(all, (size_t)count, sizeof *all, descending);
    r->max = r->mean = r->median = r->top100 = 0;
    most = count < 100 ? count : 100;
    for (int64_t i = 0; i < count; i++) {
        r->mean += all[i] / (double)count;
        r->top100 += i < most ? all[i] / (double)most : 0;
    }
    if (count > 0) {
        r->max = all[0];
        r->median = (all[(count - 1) / 2] + all[count / 2]) / 2;
    }
    free(all);
    return true;
}

bool sx_relations_sum(struct sx_relations *r, bool is_signed, struct sx_error *error)
{
    const struct sx_tensor *of = is_signed ? &r->effect : &r->strength;
    double *marginal = r->marginal.data;
    memset(marginal, 0, (size_t)(r->rows * r->columns) * sizeof *marginal);
    for (struct walk w = start(r); next(&w);) {
        double v = sx_tensor_get(of, w.at);
        for (int k = 0; k < r->order; k++)
            if (k == 0 || w.place[k] != w.place[k - 1])
                marginal[w.place[k]] += v;
    }
    return find_statistics(r, error);
}

/* ---- The strongest ---- */

/* Orders relations by decreasing strength; equals by their places. */
static int compare(const void *a, const void *b)
{
    const struct sx_relation *x = a, *y = b;
    if (x->strength != y->strength)
        return x->strength < y->strength ? 1 : -1;
    for (int k = 0; k < 3; k++)
        if (x->place[k] != y->place[k])
            return x->place[k] < y->place[k] ? -1 : 1;
    return 0;
}

/* Restores the heap after its root has changed. The root is the last relation in the order of
 * compare(). */
static void sift(struct sx_relation *heap, int64_t n)
{
    for (int64_t i = 0;;) {
        int64_t last = i;
        for (int64_t child = 2 * i + 1; child <= 2 * i + 2 && child < n; child++)
            if (compare(&heap[child], &heap[last]) > 0)
                last = child;
        if (last == i)
            return;
        struct sx_relation swap = heap[i];
        heap[i] = heap[last];
        heap[last] = swap;
        i = last;
    }
}

/* Inserts a relation into the heap, which keeps the n first in the order of compare(). */
static void insert(struct sx_relation *top, int64_t *count, int64_t n,
                   const struct sx_relation *one)
{
    if (*count == n && compare(one, &top[0]) < 0) {
        top[0] = *one;
        sift(top, n);
    } else if (*count < n) {
        int64_t at = (*count)++;
        for (; at > 0 && compare(one, &top[(at - 1) / 2]) > 0; at = (at - 1) / 2)
            top[at] = top[(at - 1) / 2];
        top[at] = *one;
    }
}

int64_t sx_relations_top(const struct sx_relations *r, int64_t n, struct sx_relation *top)
{
    int64_t count = 0;
    for (struct walk w = start(r); n > 0 && next(&w);) {
        struct sx_relation one = {.place = {w.place[0], w.place[1], w.place[2]},
                                  .strength = sx_tensor_get(&r->strength, w.at),
                                  .effect = sx_tensor_get(&r->effect, w.at)};
        if (one.strength > r->noise)
            insert(top, &count, n, &one);
    }
    qsort(top, (size_t)count, sizeof *top, compare);
    return count;
}

bool sx_relations_row(const struct sx_relations *r, int64_t place, bool effects,
                      struct sx_tensor *map, struct sx_error *error)
{
    const struct sx_tensor *of = effects ? &r->effect : &r->strength;
    int64_t n = r->rows * r->columns;
    if (!sx_tensor_new(map, SX_DOUBLE, &r->marginal.shape, error))
        return false;
    for (int64_t i = 0; i < n; i++) {
        double sum = r->order == 2 ? sx_tensor_get(of, place * n + i) : 0;
        for (int64_t k = 0; r->order == 3 && k < n; k++)
            sum += sx_tensor_get(of, (place * n + i) * n + k);
        sx_tensor_set(map, i, sum);
    }
    return true;
}

/* ---- Groups ---- */

/* out[.., a] = sum over i of weights[a, i] in[i, ..]. Once for each axis groups a whole
 * table. */
static void contract(const double *in, int64_t n, int64_t rest, const double *weights,
                     int64_t m, double *out)
{
    memset(out, 0, (size_t)(rest * m) * sizeof *out);
    for (int64_t a = 0; a < m; a++)
        for (int64_t i = 0; i < n; i++) {
            double weight = weights[a * n + i];
            for (int64_t k = 0; weight != 0 && k < rest; k++)
                out[k * m + a] += weight * in[i * rest + k];
        }
}

static bool group(const struct sx_tensor *from, int order, int64_t n, const double *weights,
                  int64_t m, struct sx_tensor *to, struct sx_error *error)
{
    int64_t larger = n > m ? n : m, rest = order > 2 ? n * n : n;
    size_t size = (size_t)(order > 2 ? larger * larger * larger : larger * larger);
    double *a = sx_new(size, sizeof *a, error), *b = sx_new(size, sizeof *b, error);
    bool ok = a != NULL && b != NULL;
    if (ok)
        memcpy(a, from->data, (size_t)sx_count(&from->shape) * sizeof *a);
    for (int axis = 0; ok && axis < order; axis++) {
        contract(a, n, rest, weights, m, b);
        double *swap = a;
        a = b;
        b = swap;
        rest = rest / n * m;
    }
    if (ok)
        memcpy(to->data, a, (size_t)sx_count(&to->shape) * sizeof *a);
    free(a);
    free(b);
    return ok;
}

/* Sets relations of a group to itself to 0. */
static void drop_repeated(struct sx_relations *r)
{
    int64_t n = r->rows * r->columns, count = sx_count(&r->strength.shape);
    for (int64_t at = 0; at < count; at++) {
        int64_t i = at % n, j = at / n % n, k = r->order > 2 ? at / n / n : -1;
        if (i == j || j == k || i == k) {
            sx_tensor_set(&r->strength, at, 0);
            sx_tensor_set(&r->effect, at, 0);
        }
    }
}

bool sx_relations_group(const struct sx_relations *r, int64_t m, const double *weights,
                        struct sx_relations *groups, struct sx_error *error)
{
    int64_t n = r->rows * r->columns;
    if (!sx_relations_new(groups, r->order, 1, m, error))
        return false;
    if (group(&r->strength, r->order, n, weights, m, &groups->strength, error) &&
        group(&r->effect, r->order, n, weights, m, &groups->effect, error)) {
        drop_repeated(groups);
        if (sx_relations_sum(groups, false, error))
            return true;
    }
    sx_relations_free(groups);
    return false;
}
