/* check_definitions.c - interaction indices against their authors' definitions, written out:
 * means over orders of players, means over random arrivals, and solutions of least squares. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "games.h"
#include "sextant/shapley.h"
#include "suite.h"

#define MOST 5

static struct game_table t; /* too large for the stack */

/* ---- Orders of players ---- */

/* The contribution of a set in one order of n players. */
typedef double (*in_order)(const int *order, int n, uint64_t set);

struct orders {
    int n, order[MOST];
    double sum, count;
};

static void visit(struct orders *o, int at, uint64_t left, uint64_t set, in_order f)
{
    if (at == o->n) {
        o->sum += f(o->order, o->n, set);
        o->count++;
    }
    for (int i = 0; i < o->n && at < MOST; i++)
        if ((left >> i & 1) != 0) {
            o->order[at] = i;
            visit(o, at + 1, left ^ (uint64_t)1 << i, set, f);
        }
}

static double over_orders(uint64_t set, in_order f)
{
    struct orders o = {.n = (int)t.n};
    visit(&o, 0, ((uint64_t)1 << t.n) - 1, set, f);
    return o.sum / o.count;
}

/* The players before the first member of the set, or up to its last member. */
static uint64_t ahead(const int *order, int n, uint64_t set)
{
    uint64_t before = 0;
    for (int i = 0; i < n && (set >> order[i] & 1) == 0; i++)
        before |= (uint64_t)1 << order[i];
    return before;
}

static uint64_t up_to(const int *order, int n, uint64_t set)
{
    uint64_t with = 0;
    for (int i = 0; i < n && (with & set) != set; i++)
        with |= (uint64_t)1 << order[i];
    return with;
}

static double difference(uint64_t set, uint64_t at)
{
    if (set == 0)
        return t.v[at];
    uint64_t one = set & -set;
    return difference(set ^ one, at | one) - difference(set ^ one, at);
}

/* Orders in which the members of the set are consecutive; the set is then one player. */
static bool in_a_row(const int *order, int n, uint64_t set)
{
    uint64_t before = ahead(order, n, set);
    return up_to(order, n, set) == (before | set);
}

static double rows; /* the share of orders in which the set is consecutive */

static double count_row(const int *order, int n, uint64_t set)
{
    return in_a_row(order, n, set);
}

static double sii_of(const int *order, int n, uint64_t set)
{
    return in_a_row(order, n, set) ? difference(set, ahead(order, n, set)) / rows : 0;
}

static double sgv_of(const int *order, int n, uint64_t set)
{
    uint64_t before = ahead(order, n, set);
    return in_a_row(order, n, set) ? (t.v[before | set] - t.v[before]) / rows : 0;
}

/* Sundararajan and others: the difference at the players before all members of the set. */
static double stii_of(const int *order, int n, uint64_t set)
{
    return difference(set, ahead(order, n, set));
}

/* Marichal and Roubens: the difference at the first coalition of the chain that contains the
 * set. */
static double chii_of(const int *order, int n, uint64_t set)
{
    return difference(set, up_to(order, n, set) & ~set);
}

static double merged(uint64_t set, in_order f)
{
    rows = over_orders(set, count_row);
    return over_orders(set, f);
}

static double sii(uint64_t set)
{
    return merged(set, sii_of);
}

/* ---- Sums over subsets of the other players ---- */

static double banzhaf(uint64_t set, bool group)
{
    double sum = 0, count = 0;
    for (uint64_t at = 0; at < (uint64_t)1 << t.n; at++)
        if ((at & set) == 0) {
            sum += group ? t.v[at | set] - t.v[at] : difference(set, at);
            count++;
        }
    return sum / count;
}

/* ---- The n-Shapley values of Bordt and von Luxburg, order by order ---- */

static double ksii(uint64_t set, int order)
{
    static const double bernoulli[] = {1, -0.5, 1.0 / 6, 0, -1.0 / 30};
    int s = __builtin_popcountll(set);
    double sum = 0;
    if (order == s)
        return sii(set);
    for (uint64_t more = 0; more < (uint64_t)1 << t.n; more++)
        if ((more & set) == 0 && __builtin_popcountll(more) + s == order)
            sum += sii(set | more);
    return ksii(set, order - 1) + bernoulli[order - s] * sum;
}

/* ---- Joint Shapley values: sets of up to `order` arrive, all equally likely ---- */

static double arrivals(uint64_t here, uint64_t wanted, int order)
{
    uint64_t rest = (((uint64_t)1 << t.n) - 1) ^ here;
    double sum = 0, count = 0;
    for (uint64_t next = rest; next != 0; next = (next - 1) & rest) {
        if (__builtin_popcountll(next) > order)
            continue;
        count++;
        sum += arrivals(here | next, wanted, order);
        sum += next == wanted ? t.v[here | next] - t.v[here] : 0;
    }
    return count > 0 ? sum / count : 0;
}

/* ---- Owen: orders in which no group is torn ---- */

static const int64_t groups[] = {4, 9, 4, 9, 9};
static uint64_t group_sets[2];

static double whole_groups(const int *order, int n, uint64_t set)
{
    (void)set;
    return in_a_row(order, n, group_sets[0]) && in_a_row(order, n, group_sets[1]);
}

static double owen_of(const int *order, int n, uint64_t set)
{
    return whole_groups(order, n, set) > 0 ? difference(set, ahead(order, n, set)) : 0;
}

static double owen(uint64_t set)
{
    group_sets[0] = group_sets[1] = 0;
    for (int i = 0; i < t.n; i++)
        group_sets[groups[i] == 9] |= (uint64_t)1 << i;
    return over_orders(set, owen_of) / over_orders(set, whole_groups);
}

/* ---- Best fits ---- */

/* Gaussian elimination of [n, n + 1] with pivots. x is then in the last column. */
static void eliminate(double *a, int n)
{
    int w = n + 1;
    for (int c = 0; c < n; c++) {
        int best = c;
        for (int r = c; r < n; r++)
            best = fabs(a[r * w + c]) > fabs(a[best * w + c]) ? r : best;
        for (int k = 0; k <= n; k++) {
            double swapped = a[c * w + k];
            a[c * w + k] = a[best * w + k];
            a[best * w + k] = swapped;
        }
        for (int r = 0; r < n; r++) {
            double factor = r == c ? 0 : a[r * w + c] / a[c * w + c];
            for (int k = 0; k <= n; k++)
                a[r * w + k] -= factor * a[c * w + k];
        }
    }
    for (int r = 0; r < n; r++)
        a[r * w + n] /= a[r * w + r];
}

/* 1 / ((n - 1) C(n - 2, size - 1)) for n = 5 and sizes 1 to 4. The other sizes are fitted
 * exactly. */
static double weight_of(bool equal, int size)
{
    static const double shapley[] = {0, 1.0 / 4, 1.0 / 12, 1.0 / 12, 1.0 / 4, 0};
    return equal ? 1 : shapley[size];
}

/* The polynomial of an order that is closest to t, for 5 players. With Shapley's weights it is
 * exact for the empty and the full coalition, by two multipliers. */
static void fit(bool equal, int order, double *of)
{
    static double a[34 * 35];
    int sets[32], p = 0, n = 0;
    for (int s = 0; s < 32; s++)
        if (__builtin_popcount((unsigned)s) <= order)
            sets[p++] = s;
    n = equal ? p : p + 2;
    memset(a, 0, sizeof a);
    for (int x = 0; x < 32; x++)
        for (int i = 0; i < p; i++) {
            double w = weight_of(equal, __builtin_popcount((unsigned)x));
            for (int j = 0; j < p; j++)
                a[i * (n + 1) + j] +=
                    (x & sets[i]) == sets[i] && (x & sets[j]) == sets[j] ? w : 0;
            a[i * (n + 1) + n] += (x & sets[i]) == sets[i] ? w * t.v[x] : 0;
        }
    for (int i = 0; !equal && i < p; i++) {
        a[p * (n + 1) + i] = a[i * (n + 1) + p] = i == 0; /* v of the empty coalition */
        a[(p + 1) * (n + 1) + i] = a[i * (n + 1) + p + 1] = 1;
    }
    if (!equal) {
        a[p * (n + 1) + n] = t.v[0];
        a[(p + 1) * (n + 1) + n] = t.v[31];
    }
    eliminate(a, n);
    memset(of, 0, 32 * sizeof *of);
    for (int i = 0; i < p; i++)
        of[sets[i]] = a[i * (n + 1) + n];
}

/* ---- All indices ---- */

static struct sx_interactions index_of(const char *index, int64_t order)
{
    struct sx_error error = {0};
    struct sx_interactions got;
    struct sx_shapley_options o = {.index = index, .order = order, .group = groups};
    struct sx_game *g = game_of(&t);
    ck_assert_msg(sx_interact(g, &o, &got, &error), "%s: %s", index, error.message);
    sx_game_free(g);
    return got;
}

static double defined(const char *index, uint64_t set, int order)
{
    int s = __builtin_popcountll(set);
    if (strcmp(index, "sv") == 0 || strcmp(index, "sii") == 0)
        return sii(set);
    if (strcmp(index, "bv") == 0 || strcmp(index, "bii") == 0)
        return banzhaf(set, false);
    if (strcmp(index, "bgv") == 0)
        return banzhaf(set, true);
    if (strcmp(index, "sgv") == 0)
        return merged(set, sgv_of);
    if (strcmp(index, "chii") == 0)
        return over_orders(set, chii_of);
    if (strcmp(index, "stii") == 0)
        return s < order ? difference(set, 0) : over_orders(set, stii_of);
    if (strcmp(index, "ksii") == 0)
        return ksii(set, order);
    if (strcmp(index, "jointsv") == 0)
        return arrivals(0, set, order);
    if (strcmp(index, "owen") == 0)
        return owen(set);
    if (strcmp(index, "moebius") == 0)
        return difference(set, 0);
    ck_assert_str_eq(index, "comoebius");
    return difference(set, 31 ^ set);
}

static uint64_t bits_of(const struct sx_interactions *terms, int64_t k)
{
    uint64_t set = 0;
    for (int64_t i = terms->first[k]; i < terms->first[k + 1]; i++)
        set |= (uint64_t)1 << terms->member[i];
    return set;
}

static void compare(const char *index, int order, const double *fitted)
{
    struct sx_interactions got = index_of(index, order);
    ck_assert_int_gt(got.count, 0);
    for (int64_t k = 0; k < got.count; k++) {
        uint64_t set = bits_of(&got, k);
        double want = fitted != NULL ? fitted[set] : defined(index, set, order);
        ck_assert_msg(fabs(want - got.value[k]) < 1e-11,
                      "%s of order %d, set %d: %.15g, not %.15g", index, order, (int)set,
                      got.value[k], want);
    }
    sx_interactions_free(&got);
}

START_TEST(test_definitions)
{
    static const char *const names[] = {"sv",   "bv",      "sii",      "bii", "chii",
                                        "stii", "ksii",    "sgv",      "bgv", "jointsv",
                                        "owen", "moebius", "comoebius"};
    game_random(&t, MOST, 11);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        for (int order = 1; order <= 3; order++)
            compare(names[i], order, NULL);
}
END_TEST

START_TEST(test_fits)
{
    double terms[32];
    for (int order = 1; order <= 4; order++) {
        game_random(&t, MOST, (uint64_t)order);
        fit(true, order, terms);
        compare("fbii", order, terms);
        fit(false, order, terms);
        compare("fsii", order, terms);
        struct sx_interactions got = index_of("kadd", order); /* SII of the fitted game */
        for (int x = 0; x < 32; x++) {
            t.v[x] = 0;
            for (int s = 0; s < 32; s++)
                t.v[x] += (x & s) == s ? terms[s] : 0;
        }
        for (int64_t k = 0; k < got.count; k++)
            ck_assert_double_eq_tol(got.value[k], sii(bits_of(&got, k)), 1e-11);
        sx_interactions_free(&got);
    }
}
END_TEST

/* ---- Null players ---- */

/* Null players that are dropped from the game or remain in it do not change the values of the
 * others. */
START_TEST(test_nulls)
{
    static struct game_table small;
    static const bool is_null[] = {false, true, false, true, false, false};
    struct sx_error error = {0};
    game_random(&small, 4, 7);
    t = (struct game_table){.n = 6};
    for (int s = 0; s < 64; s++)
        t.v[s] = small.v[(s & 1) | (s >> 1 & 2) | (s >> 2 & 12)];
    for (int i = 0; sx_index_name(i, NULL) != NULL; i++) {
        struct sx_shapley_options o = {.index = sx_index_name(i, NULL), .order = 2};
        struct sx_interactions a, b;
        struct sx_game *g = game_of(&small), *h = game_of(&t);
        sx_game_drop(h, is_null);
        ck_assert(sx_interact(g, &o, &a, &error) && sx_interact(h, &o, &b, &error));
        ck_assert_int_eq(a.count, b.count);
        for (int64_t k = 0; k < a.count; k++)
            ck_assert_msg(fabs(a.value[k] - b.value[k]) < 1e-12, "%s", o.index);
        ck_assert_double_eq_tol(a.gap, b.gap, 1e-12);
        sx_interactions_free(&a);
        sx_interactions_free(&b);
        sx_game_free(g);
        sx_game_free(h);
    }
}
END_TEST

/* ---- AND and OR terms ---- */

static double magnitudes(const double *o, double *zeros)
{
    /* x[S]: AND terms left once OR terms of {01}, {02}, {12}, {012} are o[0..3]. */
    static const int or_sets[] = {3, 5, 6, 7};
    double v[8], sum = 0;
    for (int s = 0; s < 8; s++) {
        v[s] = t.v[s] - t.v[0];
        for (int k = 0; k < 4; k++)
            v[s] -= (s & or_sets[k]) != 0 ? o[k] : 0;
    }
    for (int s = 1; s < 8; s++) {
        double a = 0;
        for (int l = s; l > 0; l = (l - 1) & s)
            a += (__builtin_popcount((unsigned)(s ^ l)) % 2 == 0 ? 1 : -1) * v[l];
        zeros[s - 1] = a;
        sum += fabs(a);
    }
    for (int k = 0; k < 4; k++) {
        zeros[7 + k] = o[k];
        sum += fabs(o[k]);
    }
    return sum;
}

/* The least sum is at a vertex, where four of the eleven terms are zero. All choices are tried. */
static double least_magnitudes(void)
{
    double least = INFINITY, base[11], unit[4][11], none[4] = {0};
    magnitudes(none, base);
    for (int k = 0; k < 4; k++) {
        double one[4] = {0};
        one[k] = 1;
        magnitudes(one, unit[k]);
    }
    for (int chosen = 0; chosen < 1 << 11; chosen++) {
        double a[4 * 5], o[4], zeros[11];
        int row = 0;
        if (__builtin_popcount((unsigned)chosen) != 4)
            continue;
        for (int i = 0; i < 11; i++)
            if ((chosen >> i & 1) != 0) {
                for (int k = 0; k < 4; k++)
                    a[row * 5 + k] = unit[k][i] - base[i];
                a[row++ * 5 + 4] = -base[i];
            }
        eliminate(a, 4);
        for (int k = 0; k < 4; k++)
            o[k] = a[k * 5 + 4];
        if (isfinite(o[0] + o[1] + o[2] + o[3]))
            least = fmin(least, magnitudes(o, zeros));
    }
    return least;
}

START_TEST(test_andor)
{
    for (uint64_t seed = 0; seed < 12; seed++) {
        double sum = 0;
        if (seed % 2 == 0)
            game_random(&t, 3, seed);
        else
            game_network(&t, 3, seed);
        struct sx_interactions got = index_of("andor", 0);
        for (int64_t k = 0; k < got.count; k++)
            sum += fabs(got.value[k]);
        ck_assert_double_eq_tol(sum, least_magnitudes(), 1e-9);
        sx_interactions_free(&got);
    }
}
END_TEST

int main(void)
{
    TCase *c = suite_case("all");
    SUITE_ADD(c, test_definitions, test_fits, test_nulls, test_andor);
    return suite_run();
}
