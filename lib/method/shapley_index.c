/* shapley_index.c - the table of interaction indices: how each weighs the Moebius transform. */
#include <math.h>
#include <string.h>

#include "method/shapley.h"

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

static double sgv(int64_t order, int64_t players, int64_t s, int64_t outside)
{
    (void)order;
    (void)players;
    (void)s;
    return 1 / (double)(outside + 1);
}

static double bgv(int64_t order, int64_t players, int64_t s, int64_t outside)
{
    (void)order;
    (void)players;
    (void)s;
    return ldexp(1, -(int)outside);
}

/* Harris, Pymar, Rowat 2022: the weight of coalitions of `t` players follows from smaller ones. */
static double jointsv(int64_t order, int64_t players, int64_t s, int64_t outside)
{
    double q[SX_TABLE_PLAYERS + 1] = {0}, sum = 0, below = 0;
    for (int64_t i = 1; i <= order; i++)
        below += sx_choose(players, i);
    q[0] = 1 / below;
    for (int64_t t = 1; t < players && t <= SX_TABLE_PLAYERS; t++) {
        double from = 0, to = 0;
        for (int64_t i = t > order ? t - order : 0; i < t; i++)
            from += sx_choose(t, i) * q[i];
        for (int64_t i = 1; i <= order && i <= players - t; i++)
            to += sx_choose(players - t, i);
        q[t] = from / to;
    }
    for (int64_t j = 0; j <= players - s - outside; j++)
        sum += sx_choose(players - s - outside, j) * q[outside + j];
    return sum;
}

/* ---- Weights of differences at T ---- */

static double sii_difference(int64_t order, int64_t n, int64_t s, int64_t t)
{
    (void)order;
    return 1 / ((double)(n - s + 1) * sx_choose(n - s, t));
}

static double bii_difference(int64_t order, int64_t n, int64_t s, int64_t t)
{
    (void)order;
    (void)t;
    return ldexp(1, -(int)(n - s));
}

static double chii_difference(int64_t order, int64_t n, int64_t s, int64_t t)
{
    (void)order;
    return (double)s / ((double)(s + t) * sx_choose(n, s + t));
}

static double stii_difference(int64_t order, int64_t n, int64_t s, int64_t t)
{
    if (s < order)
        return t == 0;
    return (double)order / ((double)n * sx_choose(n - 1, t));
}

static double moebius_difference(int64_t order, int64_t n, int64_t s, int64_t t)
{
    (void)order;
    (void)n;
    (void)s;
    return t == 0;
}

static double comoebius_difference(int64_t order, int64_t n, int64_t s, int64_t t)
{
    (void)order;
    return t == n - s;
}

static const struct sx_index_row rows[] = {
    {"sv", "Shapley values", sii, NULL, sii_difference, 1, true, false, true},
    {"bv", "Banzhaf values", bii, NULL, bii_difference, 1, true, false, false},
    {"sii", "Shapley interaction", sii, NULL, sii_difference, 1, false, false, false},
    {"bii", "Banzhaf interaction", bii, NULL, bii_difference, 1, false, false, false},
    {"chii", "chaining interaction", chii, NULL, chii_difference, 1, false, false, false},
    {"stii", "Shapley-Taylor interaction", stii, NULL, stii_difference, 1, false, false, true},
    {"ksii", "n-Shapley values (k-SII)", ksii, NULL, sii_difference, 1, false, false, true},
    {"fsii", "faithful Shapley interaction", fsii, NULL, NULL, 1, false, false, true},
    {"fbii", "faithful Banzhaf interaction", fbii, NULL, NULL, 0, false, false, false},
    {"kadd", "kADD-SHAP", kadd, NULL, NULL, 1, false, false, false},
    {"moebius", "Moebius transform (Harsanyi dividends)", moebius, NULL, moebius_difference, 0,
     false, true, true},
    {"comoebius", "co-Moebius transform", comoebius, NULL, comoebius_difference, 1, false, true,
     false},
    {"sgv", "Shapley generalised values of groups", NULL, sgv, sii_difference, 1, false, false,
     false},
    {"bgv", "Banzhaf generalised values of groups", NULL, bgv, bii_difference, 1, false, false,
     false},
    {"jointsv", "joint Shapley values", NULL, jointsv, NULL, 1, false, false, true},
    {"owen", "Owen values of players in groups", NULL, NULL, NULL, 1, true, false, true},
    {"andor", "sparsest AND and OR terms", NULL, NULL, NULL, 1, false, true, true},
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
