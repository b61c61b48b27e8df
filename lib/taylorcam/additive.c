/* additive.c - the share of the relations of pairs that is a sum of one term per place. */
#include <math.h>
#include <stdlib.h>

#include "taylorcam/taylorcam.h"

enum { SWEEPS = 20 };

/* A table of relations. Row k has the relations of place[k] to all n places. The relation of a
 * place to itself does not count. */
struct table {
    const double *value; /* [rows, n] */
    const int64_t *place;
    int64_t rows, n;
    double *row, *column; /* the fit: value[k, i] is about row[k] + column[i] */
};

/* Sets row[] to the row means of value - column, or column[] to the column means of
 * value - row. */
static void sweep(const struct table *t, bool rows)
{
    int64_t outer = rows ? t->rows : t->n, inner = rows ? t->n : t->rows;
    for (int64_t a = 0; a < outer; a++) {
        double sum = 0, count = 0;
        for (int64_t b = 0; b < inner; b++) {
            int64_t k = rows ? a : b, i = rows ? b : a;
            if (t->place[k] == i)
                continue;
            sum += t->value[k * t->n + i] - (rows ? t->column[i] : t->row[k]);
            count++;
        }
        (rows ? t->row : t->column)[a] = count > 0 ? sum / count : 0;
    }
}

/* 1 - the error of the fit over the variance, both per degree of freedom. */
static double share(const struct table *t)
{
    double count = 0, mean = 0, error = 0, variance = 0;
    for (int64_t pass = 0; pass < 2; pass++)
        for (int64_t k = 0; k < t->rows; k++)
            for (int64_t i = 0; i < t->n; i++) {
                double v = t->value[k * t->n + i], e = v - t->row[k] - t->column[i];
                if (t->place[k] == i)
                    continue;
                if (pass == 0) {
                    count++;
                    mean += (v - mean) / count;
                } else {
                    error += e * e;
                    variance += (v - mean) * (v - mean);
                }
            }
    double left = count - (double)(t->rows + t->n - 1);
    if (!(left > 0) || !(variance >= 0))
        return NAN;
    return variance > 0 ? 1 - error / left / (variance / (count - 1)) : 1;
}

bool sx_additive_share(const double *value, const int64_t *place, int64_t rows, int64_t n,
                       double *result, struct sx_error *error)
{
    double *fit = sx_new((size_t)(rows + n), sizeof *fit, error);
    if (fit == NULL)
        return false;
    struct table t = {value, place, rows, n, fit, fit + rows};
    for (int k = 0; k < SWEEPS; k++) {
        sweep(&t, true);
        sweep(&t, false);
    }
    *result = share(&t);
    free(fit);
    return true;
}
