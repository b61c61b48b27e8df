/* neuron.c - propagation rules at one neuron, and the weights with which they share out its
 * Taylor effects: derived, see attr-decompose(1). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "decompose/neuron.h"

/* The sum of positive numbers and the sum of negative numbers. */
struct sides {
    double up, down;
};

static struct sides sides_of(const double *d, int64_t n)
{
    struct sides s = {0, 0};
    for (int64_t i = 0; i < n; i++) {
        s.up += fmax(d[i], 0);
        s.down += fmin(d[i], 0);
    }
    return s;
}

static double over(double part, double whole)
{
    return whole != 0 ? part / whole : 0;
}

/* ---- Shares ---- */

static bool exact_shares(const struct sx_unit_value *s, double z0, const double *d, int64_t n,
                         double *to, struct sx_error *error)
{
    int64_t count = (int64_t)1 << n;
    double *z = sx_new((size_t)count, sizeof *z, error);
    double *y = sx_new((size_t)count, sizeof *y, error);
    double weight[SX_LOCAL_EXACT] = {1 / (double)n}; /* of k others: k! (n - 1 - k)! / n! */
    for (int64_t k = 1; k < n; k++)
        weight[k] = weight[k - 1] * (double)k / (double)(n - k);
    bool ok = z != NULL && y != NULL;
    for (int64_t k = 0; ok && k < count; k++)
        z[k] = k == 0 ? z0 : z[k & (k - 1)] + d[__builtin_ctzll((uint64_t)k)];
    ok = ok && s->value(s->context, count, z, y, error);
    for (int64_t i = 0; ok && i < n; i++) {
        to[i] = 0;
        for (int64_t k = 0; k < count; k++)
            if ((k >> i & 1) == 0)
                to[i] +=
                    weight[__builtin_popcountll((uint64_t)k)] * (y[k | (int64_t)1 << i] - y[k]);
    }
    free(z);
    free(y);
    return ok;
}

bool sx_local_shares(enum sx_local_rule rule, const struct sx_unit_value *s, double z0,
                     const double *d, int64_t n, double epsilon, double *to,
                     struct sx_error *error)
{
    if (rule == SX_LOCAL_SHAP && n > 0 && n <= SX_LOCAL_EXACT)
        return exact_shares(s, z0, d, n, to, error);
    struct sides side = sides_of(d, n);
    double z = z0 + side.up + side.down, y[4];
    const double at[] = {z0, z, z0 + side.up, z0 + side.down};
    if (!s->value(s->context, 4, at, y, error))
        return false;
    double dy = y[1] - y[0], alone = y[2] - y[0], after = y[1] - y[3];
    double up = (alone + after) / 2, down = dy - up, stable = z < 0 ? z - epsilon : z + epsilon;
    for (int64_t i = 0; i < n; i++) {
        double plus = over(fmax(d[i], 0), side.up), minus = over(fmin(d[i], 0), side.down);
        switch (rule) {
        case SX_LOCAL_REVEAL:
            to[i] = plus * up + minus * down;
            break;
        case SX_LOCAL_EPSILON:
            to[i] = over(d[i], stable) * dy;
            break;
        case SX_LOCAL_ALPHA_BETA:
            to[i] = (2 * plus - minus) * dy;
            break;
        case SX_LOCAL_TAYLOR:
            to[i] = plus * dy;
            break;
        default:
            to[i] = over(d[i], z - z0) * dy;
        }
    }
    return true;
}

/* ---- Weights ---- */

/* The share of input i among the inputs of its side, which `positive` names.
 *     kappa_i / (sum of kappa over the side)   if kappa touches the side
 *     d_i / (sum of d over the side)           otherwise */
static double side_share(const double *d, int64_t n, const uint8_t *kappa, int64_t i,
                         bool positive)
{
    double degrees = 0, whole = 0;
    if (positive ? d[i] <= 0 : d[i] >= 0)
        return 0;
    for (int64_t k = 0; k < n; k++) {
        if (positive ? d[k] <= 0 : d[k] >= 0)
            continue;
        degrees += kappa[k];
        whole += d[k];
    }
    return degrees > 0 ? kappa[i] / degrees : over(d[i], whole);
}

static double reveal_weight(const double *d, int64_t n, const uint8_t *kappa, int64_t i)
{
    bool up = false, down = false;
    for (int64_t k = 0; k < n; k++) {
        up = up || (kappa[k] > 0 && d[k] > 0);
        down = down || (kappa[k] > 0 && d[k] <= 0);
    }
    if (kappa[i] == 0)
        return 0;
    return side_share(d, n, kappa, i, d[i] > 0) / (up && down ? 2 : 1);
}

double sx_local_weight(enum sx_local_rule rule, double z0, const double *d, int64_t n,
                       double epsilon, const uint8_t *kappa, int64_t i)
{
    double degree = 0, members = 0, sum = 0;
    for (int64_t k = 0; k < n; k++) {
        degree += kappa[k];
        members += kappa[k] > 0;
        sum += d[k];
    }
    double z = z0 + sum, stable = z < 0 ? z - epsilon : z + epsilon;
    switch (rule) {
    case SX_LOCAL_SHAP:
        if (n <= SX_LOCAL_EXACT)
            return kappa[i] > 0 ? 1 / members : 0;
        break;
    case SX_LOCAL_REVEAL:
        return reveal_weight(d, n, kappa, i);
    case SX_LOCAL_EPSILON:
        return kappa[i] / degree * over(sum, stable);
    case SX_LOCAL_ALPHA_BETA:
        return 2 * side_share(d, n, kappa, i, true) - side_share(d, n, kappa, i, false);
    case SX_LOCAL_TAYLOR:
        return side_share(d, n, kappa, i, true);
    default:
        break;
    }
    return kappa[i] / degree;
}

/* ---- Principles ---- */

enum { MOST_DEGREE = 3, MOST_INPUTS = 12 };

/* Sets kappa to the next degrees over the first m inputs whose sum is at most 3. False after
 * the last. */
static bool next_kappa(uint8_t *kappa, int64_t m)
{
    int sum = 0;
    for (int64_t i = 0; i < m; i++)
        sum += kappa[i];
    for (int64_t i = m; i-- > 0;) {
        if (sum < MOST_DEGREE) {
            kappa[i]++;
            return true;
        }
        sum -= kappa[i];
        kappa[i] = 0;
    }
    return false;
}

static int rising(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Keeps at most 12 of the sorted inputs: the 6 largest and the 6 smallest. The others are
 * summed by sign to two further inputs. These are not examined, but their weights are in sums
 * over all inputs. Returns the number of inputs that are examined. */
static int64_t pick(const double *sorted, int64_t n, double *to)
{
    int64_t half = MOST_INPUTS / 2;
    if (n <= MOST_INPUTS) {
        memcpy(to, sorted, (size_t)n * sizeof *to);
        return n;
    }
    memcpy(to, sorted, (size_t)half * sizeof *to);
    memcpy(to + half, sorted + n - half, (size_t)half * sizeof *to);
    struct sides rest = sides_of(sorted + half, n - MOST_INPUTS);
    to[MOST_INPUTS] = rest.up;
    to[MOST_INPUTS + 1] = rest.down;
    return MOST_INPUTS;
}

bool sx_local_principles(enum sx_local_rule rule, double z0, const double *d, int64_t n,
                         double epsilon, double violation[3], struct sx_error *error)
{
    double some[MOST_INPUTS + 2], *sorted = sx_new((size_t)n, sizeof *sorted, error);
    uint8_t kappa[MOST_INPUTS + 2] = {0};
    violation[0] = violation[1] = violation[2] = 0;
    if (sorted == NULL)
        return false;
    memcpy(sorted, d, (size_t)n * sizeof *d);
    qsort(sorted, (size_t)n, sizeof *sorted, rising);
    int64_t m = pick(sorted, n, some), all = n > m ? m + 2 : n;
    free(sorted);
    while (next_kappa(kappa, m)) {
        int members = 0;
        double sum = 0;
        for (int64_t i = 0; i < m; i++)
            members += kappa[i] > 0;
        for (int64_t i = 0; i < all; i++) {
            double w = sx_local_weight(rule, z0, some, all, epsilon, kappa, i);
            sum += w;
            if (i < m && members == 1)
                violation[0] = fmax(violation[0], fabs(w - (kappa[i] > 0)));
            else if (i < m && kappa[i] == 0)
                violation[1] = fmax(violation[1], fabs(w));
        }
        if (members > 1)
            violation[2] = fmax(violation[2], fabs(sum - 1));
    }
    return true;
}
