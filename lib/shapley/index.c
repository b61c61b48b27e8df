/* index.c - the table of interaction indices: how each weighs the Moebius transform. */
#include <math.h>
#include <string.h>

#include "shapley/shapley.h"

double sx_choose(int64_t n, int64_t k)
{
    double c = 1;
    if (k < 0 || n < 0 || k > n)
        return 0;
    if (k > n - k)
        k = n - k;
    for (int64_t i = 1; i <= k; i++)
        c = c * (double)(n - k + i) / (double)i;
    return c;
}

static double sign(int64_t exponent)
{
    return exponent % 2 == 0 ? 1 : -1;
}

double sx_bernoulli(int64_t i)
{
    double b[32] = {1};
    if (i >= 32 || (i > 1 && i % 2 == 1))
        return 0;
    for (int64_t m = 1; m <= i; m++)
        for (int64_t j = 0; j < m; j++)
            b[m] -= sx_choose(m, j) * b[j] / (double)(m - j + 1);
    return b[i];
}

/* ---- Weights of a(U) ---- */

/* Grabisch and Roubens 1999. */
static double sii(int64_t order, int64_t s, int64_t u)
{
    (void)order;
    return 1 / (double)(u - s + 1);
}

static double sii_meeting(int64_t in, int64_t out)
{
    return 1 / ((double)(in + out + 1) * sx_choose(in + out, in));
}

static double bii_meeting(int64_t in, int64_t out)
{
    return ldexp(1, -(int)(in + out));
}

static double bii(int64_t order, int64_t s, int64_t u)
{
    (void)order;
    return ldexp(1, -(int)(u - s));
}

static double chii(int64_t order, int64_t s, int64_t u)
{
    (void)order;
    return (double)s / (double)u;
}

/* Sundararajan, Dhamdhere, Agarwal 2020. */
static double stii(int64_t order, int64_t s, int64_t u)
{
    return s < order ? s == u : 1 / sx_choose(u, order);
}

/* Bord and von Luxburg 2023: SII corrected by Bernoulli numbers. */
static double ksii(int64_t order, int64_t s, int64_t u)
{
    double sum = 0;
    for (int64_t j = 0; j <= order - s && j <= u - s; j++)
        sum += sx_choose(u - s, j) * sx_bernoulli(j) / (double)(u - s - j + 1);
    return sum;
}

/* Tsai, Yeh, Ravikumar 2023, theorem 19: the best fit of the order under Shapley's weights. */
static double fsii(int64_t order, int64_t s, int64_t u)
{
    if (u <= order)
        return s == u;
    return sign(order - s) * (double)s / (double)(order + s) * sx_choose(order, s) *
           sx_choose(u - 1, order) / sx_choose(u + order - 1, order + s);
}

/* Hammer and Holzman 1992: the best fit of the order under equal weights. */
static double fbii(int64_t order, int64_t s, int64_t u)
{
    if (u <= order)
        return s == u;
    return sign(order - s) * ldexp(1, -(int)(u - s)) * sx_choose(u - s - 1, order - s);
}

/* Pelegrina, Duarte, Grabisch 2023: SII of the best fit of the order. */
static double kadd(int64_t order, int64_t s, int64_t u)
{
    double sum = 0;
    for (int64_t w = s; w <= order && w <= u; w++)
        sum += sx_choose(u - s, w - s) * fsii(order, w, u) / (double)(w - s + 1);
    return sum;
}

static double moebius(int64_t order, int64_t s, int64_t u)
{
    (void)order;
    return s == u;
}

static double comoebius(int64_t order, int64_t s, int64_t u)
{
    (void)order;
    (void)s;
    (void)u;
    return 1;
}

/* ---- Shares of generalised values: the sum over T containing U \ S of the weight of T ---- */

static double sgv(int64_t outside)
{
    return 1 / (double)(outside + 1);
}

static double bgv(int64_t outside)
{
    return ldexp(1, -(int)outside);
}

/* ---- Weights of differences at T, times the number of coalitions of `size` ---- */

static double log_choose(int64_t n, int64_t k)
{
    return lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1);
}

/* C(n, k) / C(m, j), also where they are beyond what a double holds. */
static double ratio(int64_t n, int64_t k, int64_t m, int64_t j)
{
    double a = sx_choose(n, k), b = sx_choose(m, j);
    return isfinite(a) && isfinite(b) ? a / b : exp(log_choose(n, k) - log_choose(m, j));
}

static double sii_difference(int64_t order, int64_t n, int64_t s, int64_t t, int64_t size)
{
    (void)order;
    return ratio(n, size, n - s, t) / (double)(n - s + 1);
}

static double bii_difference(int64_t order, int64_t n, int64_t s, int64_t t, int64_t size)
{
    (void)order;
    (void)t;
    return n < 1000 ? ldexp(sx_choose(n, size), -(int)(n - s))
                    : exp(log_choose(n, size) - (double)(n - s) * log(2));
}

static double chii_difference(int64_t order, int64_t n, int64_t s, int64_t t, int64_t size)
{
    (void)order;
    return (double)s / (double)(s + t) * ratio(n, size, n, s + t);
}

static double stii_difference(int64_t order, int64_t n, int64_t s, int64_t t, int64_t size)
{
    if (s < order)
        return t == 0 ? sx_choose(n, size) : 0;
    return (double)order / (double)n * ratio(n, size, n - 1, t);
}

static double moebius_difference(int64_t order, int64_t n, int64_t s, int64_t t, int64_t size)
{
    (void)order;
    (void)s;
    return t == 0 ? sx_choose(n, size) : 0;
}

static double comoebius_difference(int64_t order, int64_t n, int64_t s, int64_t t, int64_t size)
{
    (void)order;
    return t == n - s ? sx_choose(n, size) : 0;
}

/* Harris, Pymar, Rowat 2022: the weight for size t follows from those for smaller sizes. */
static double jointsv(int64_t order, int64_t n, int64_t s, int64_t t)
{
    double q[SX_TABLE_PLAYERS + 1] = {0}, below = 0;
    (void)s;
    for (int64_t i = 1; i <= order && i <= n; i++)
        below += sx_choose(n, i);
    q[0] = 1 / below;
    for (int64_t k = 1; k <= t; k++) {
        double from = 0, to = 0;
        for (int64_t i = k > order ? k - order : 0; i < k; i++)
            from += sx_choose(k, i) * q[i];
        for (int64_t i = 1; i <= order && i <= n - k; i++)
            to += sx_choose(n - k, i);
        q[k] = from / to;
    }
    return q[t];
}

static double one_more(int64_t more)
{
    return 1 / (double)(more + 1);
}

static const struct sx_index_row rows[] = {
    {.name = "sv",
     .what = "Shapley values",
     .weight = sii,
     .difference = sii_difference,
     .meeting = sii_meeting,
     .least = 1,
     .single = true,
     .efficient = true},
    {.name = "bv",
     .what = "Banzhaf values",
     .weight = bii,
     .difference = bii_difference,
     .meeting = bii_meeting,
     .least = 1,
     .single = true},
    {.name = "sii",
     .what = "Shapley interaction",
     .weight = sii,
     .difference = sii_difference,
     .meeting = sii_meeting,
     .least = 1},
    {.name = "bii",
     .what = "Banzhaf interaction",
     .weight = bii,
     .difference = bii_difference,
     .meeting = bii_meeting,
     .least = 1},
    {.name = "chii",
     .what = "chaining interaction",
     .weight = chii,
     .difference = chii_difference,
     .least = 1},
    {.name = "stii",
     .what = "Shapley-Taylor interaction",
     .weight = stii,
     .difference = stii_difference,
     .least = 1,
     .efficient = true},
    {.name = "ksii",
     .what = "n-Shapley values (k-SII)",
     .weight = ksii,
     .difference = sii_difference,
     .more = sx_bernoulli,
     .least = 1,
     .efficient = true},
    {.name = "fsii",
     .what = "faithful Shapley interaction",
     .weight = fsii,
     .fit = true,
     .least = 1,
     .efficient = true},
    {.name = "fbii", .what = "faithful Banzhaf interaction", .weight = fbii, .fit = true},
    {.name = "kadd",
     .what = "kADD-SHAP",
     .weight = kadd,
     .fit = true,
     .more = one_more,
     .least = 1},
    {.name = "moebius",
     .what = "Moebius transform (Harsanyi dividends)",
     .weight = moebius,
     .difference = moebius_difference,
     .whole = true,
     .efficient = true},
    {.name = "comoebius",
     .what = "co-Moebius transform",
     .weight = comoebius,
     .difference = comoebius_difference,
     .least = 1,
     .whole = true},
    {.name = "sgv",
     .what = "Shapley generalised values of groups",
     .share = sgv,
     .difference = sii_difference,
     .least = 1},
    {.name = "bgv",
     .what = "Banzhaf generalised values of groups",
     .share = bgv,
     .difference = bii_difference,
     .least = 1},
    {.name = "jointsv",
     .what = "joint Shapley values",
     .together = jointsv,
     .least = 1,
     .efficient = true},
    {.name = "owen",
     .what = "Owen values of players in groups",
     .least = 1,
     .single = true,
     .efficient = true},
    {.name = "andor",
     .what = "sparsest AND and OR terms",
     .least = 1,
     .whole = true,
     .efficient = true},
};

#define N_ROWS ((int)(sizeof rows / sizeof rows[0]))

const char *sx_index_name(int i, const char **what)
{
    if (i < 0 || i >= N_ROWS)
        return NULL;
    if (what != NULL)
        *what = rows[i].what;
    return rows[i].name;
}

const struct sx_index_row *sx_index_find(const char *name, struct sx_error *error)
{
    for (int i = 0; i < N_ROWS; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    sx_fail(error, SX_USAGE, "no index named '%.40s'", name);
    return NULL;
}
