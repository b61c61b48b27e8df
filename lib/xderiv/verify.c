/* verify.c - derivatives held against central differences of those of one order less. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "xderiv/study.h"

/* Sets of each size that are compared: the strongest. */
#define MOST_SETS 8

struct verify {
    struct sx_study *h;
    const double *x;
    double *v; /* directions of the set's features, [order, size] */
    double *point, *row;
    struct sx_error *error;
};

/* The derivative along the first `order` directions at `point`. */
static bool derivative(struct verify *c, int order, const double *point, double *value)
{
    struct sx_study *h = c->h;
    const double *v[SX_MAX_ORDER], *last = c->v + (order - 1) * h->size;
    bool ok;
    for (int m = 0; m < order; m++)
        v[m] = c->v + m * h->size;
    if (order == 1) {
        ok = sx_gradients(h->e, 1, point, NULL, c->row, c->error);
    } else {
        if (h->rows[order] == NULL)
            h->rows[order] = sx_rows_new(h->e, order, 1, c->error);
        ok = h->rows[order] != NULL &&
             sx_rows_run(h->rows[order], point, 1, v, c->row, c->error);
    }
    *value = 0;
    for (int64_t i = 0; ok && i < h->size; i++)
        *value += c->row[i] * last[i];
    return ok;
}

/* The exact derivative at x, and (D(x + s v) - D(x - s v)) / 2 s along the last direction v. */
static bool compare(struct verify *c, const struct sx_effect *item, double *exact,
                    double *difference)
{
    struct sx_study *h = c->h;
    double side[2], longest = 0, largest = 1;
    const double *last = c->v + (item->order - 1) * h->size;
    for (int m = 0; m < item->order; m++)
        for (int64_t i = 0; i < h->size; i++)
            c->v[m * h->size + i] =
                sx_feature_of(h, i) == item->set[m] ? sx_direction(h, c->x, h->baseline, i) : 0;
    for (int64_t i = 0; i < h->size; i++) {
        longest = fmax(longest, fabs(last[i]));
        largest = fmax(largest, fabs(c->x[i]));
    }
    *exact = *difference = 0;
    if (longest == 0)
        return true;
    double s = 1e-5 * largest / longest;
    for (int k = 0; k < 2; k++) {
        for (int64_t i = 0; i < h->size; i++)
            c->point[i] = c->x[i] + (k == 0 ? s : -s) * last[i];
        if (!derivative(c, item->order - 1, c->point, &side[k]))
            return false;
    }
    *difference = (side[0] - side[1]) / (2 * s);
    return derivative(c, item->order, c->x, exact);
}

bool sx_study_check(struct sx_study *h, struct sx_effects *result, struct sx_error *error)
{
    int seen[SX_MAX_ORDER + 1] = {0};
    double largest[SX_MAX_ORDER + 1] = {0}, off[SX_MAX_ORDER + 1] = {0};
    struct verify c = {.h = h, .x = h->e->input.data, .error = error};
    size_t size = (size_t)h->size;
    c.v = sx_new(SX_MAX_ORDER * size, sizeof *c.v, error);
    c.point = sx_new(size, sizeof *c.point, error);
    c.row = sx_new(size, sizeof *c.row, error);
    bool ok = c.v != NULL && c.point != NULL && c.row != NULL;
    result->check = 0;
    for (int64_t k = 0; ok && k < result->n; k++) {
        double exact, difference;
        int order = result->item[k].order;
        if (order < 2 || seen[order]++ >= MOST_SETS)
            continue;
        ok = compare(&c, &result->item[k], &exact, &difference);
        if (!isfinite(exact - difference)) {
            result->check = NAN;
            break;
        }
        largest[order] = fmax(largest[order], fabs(exact));
        off[order] = fmax(off[order], fabs(exact - difference));
    }
    for (int m = 2; ok && m <= SX_MAX_ORDER && !isnan(result->check); m++)
        if (largest[m] > 0 || off[m] > 0)
            result->check = fmax(result->check, off[m] / fmax(largest[m], 1e-300));
    free(c.v);
    free(c.point);
    free(c.row);
    return ok;
}
