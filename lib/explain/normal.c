/* normal.c - the standard normal distribution, and ranks among sorted numbers. */
#include "explain/normal.h"

#include <math.h>

double sx_normal_below(double z)
{
    return erfc(-z / sqrt(2)) / 2;
}

/* A table goes from -SPAN to SPAN in cells of a CELLS-th: the value at each end, and the slope there
 * times the width. */
enum { CELLS = 256, SPAN = 9 };

double *sx_normal_table(struct sx_error *error)
{
    int64_t n = 2 * SPAN * CELLS + 1;
    double *table = sx_new(2 * (size_t)n, sizeof *table, error);
    for (int64_t i = 0; table != NULL && i < n; i++) {
        double z = (double)i / CELLS - SPAN;
        table[2 * i] = sx_normal_below(z);
        table[2 * i + 1] = exp(-z * z / 2) / sqrt(2 * acos(-1)) / CELLS;
    }
    return table;
}

/* The cubic between two ends has the value and the slope of both. */
double sx_normal_tabled(const double *table, double z)
{
    if (!(fabs(z) < SPAN))
        return z > 0 ? 1 : 0;
    double at = (z + SPAN) * CELLS;
    int64_t cell = (int64_t)at;
    double u = at - (double)cell;
    const double *a = table + 2 * cell;
    double rise = a[2] - a[0];
    return a[0] + u * (a[1] + u * (3 * rise - 2 * a[1] - a[3] + u * (a[1] + a[3] - 2 * rise)));
}

double sx_normal_quantile(double p)
{
    double low = -40, high = 40;
    for (int i = 0; i < 80; i++) {
        double middle = (low + high) / 2;
        if (sx_normal_below(middle) < p)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

/* The number of elements of a sorted column that are < v, or <= v if `equal`. */
static int64_t below(const double *sorted, int64_t n, double v, bool equal)
{
    int64_t low = 0, high = n;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (sorted[middle] < v || (equal && sorted[middle] == v))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

double sx_rank_of(const double *sorted, int64_t n, double v)
{
    int64_t less = below(sorted, n, v, false), most = below(sorted, n, v, true);
    if (most > less)
        return (double)(less + 1 + most) / 2;
    if (less == 0 || less == n)
        return (double)less + 0.5;
    return (double)less + (v - sorted[less - 1]) / (sorted[less] - sorted[less - 1]);
}
