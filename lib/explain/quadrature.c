/* quadrature.c - quadrature rules for the mean over an interval, and over products of two uniform
 * numbers.
 *
 * The product t of two uniform numbers has the density -ln t. The substitution t = u^4 removes the
 * singularity of the logarithm, so that a Gauss-Legendre rule converges. */
#include <math.h>

#include "explain/quadrature.h"

double sx_gauss_node(int64_t k, int64_t n, double *weight)
{
    double u = cos(M_PI * ((double)k + 0.75) / ((double)n + 0.5)), slope = 1;
    for (int pass = 0; pass < 100; pass++) {
        double p = 1, before = 0;
        for (int64_t m = 0; m < n; m++) {
            double next = ((2 * (double)m + 1) * u * p - (double)m * before) / ((double)m + 1);
            before = p;
            p = next;
        }
        slope = (double)n * (u * p - before) / (u * u - 1);
        double step = p / slope;
        u -= step;
        if (fabs(step) < 1e-15)
            break;
    }
    *weight = 1 / ((1 - u * u) * slope * slope);
    return u;
}

/* The trapezoid rule in u, with t = u^4 (35 - 84 u + 70 u^2 - 20 u^3). dt/du and the integrand
 * vanish at both ends, so nodes may be shifted. They are shifted away from all simple fractions,
 * where symmetric functions have kinks. */
double sx_open_node(int64_t k, int64_t n, double *weight)
{
    return sx_open_drawn(k, n, 0.381966011250105, weight); /* the golden section */
}

double sx_open_drawn(int64_t k, int64_t n, double shift, double *weight)
{
    double u = ((double)k + shift) / (double)n, v = 1 - u;
    *weight = 140 * u * u * u * v * v * v / (double)n;
    return u * u * u * u * (35 - u * (84 - u * (70 - 20 * u)));
}

double sx_product_node(int64_t k, int64_t n, double *weight)
{
    double u = (1 + sx_gauss_node(k, n, weight)) / 2, t = u * u * u * u;
    *weight *= 4 * u * u * u * -log(t);
    return t;
}
