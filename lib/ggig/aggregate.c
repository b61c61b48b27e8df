/* aggregate.c - combines many gradients to one map: their mean, or the largest per element. */
#include <math.h>

#include "ggig/attribute.h"

bool sx_all_finite(const double *values, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

/* Whether gradient g replaces the largest value so far. */
static bool is_larger(enum sx_aggregate how, double g, double so_far)
{
    if (isnan(so_far))
        return true;
    return how == SX_AGG_MAX ? g > so_far : fabs(g) > fabs(so_far);
}

bool sx_aggregate(enum sx_aggregate how, int64_t k, int64_t n, int64_t size, const double *g,
                  double *to)
{
    if (how == SX_AGG_MEAN) {
        for (int64_t i = 0; i < size; i++)
            to[i] += g[i] / (double)n;
        return true;
    }
    bool all = true;
    for (int64_t i = 0; i < size; i++) {
        bool finite = isfinite(g[i]);
        double so_far = k == 0 ? NAN : to[i];
        all = all && finite;
        to[i] = finite && is_larger(how, g[i], so_far) ? g[i] : so_far;
    }
    return all;
}
