/* check_weights.c - indices as weighted sums of values: the weights of every index that is
 * estimated, sums over coalitions that contain small sets, and estimates for many players. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "games.h"
#include "shapley/estimate.h"
#include "suite.h"

static struct game_table t; /* too large for the stack */
static struct sx_error error;

static const struct sx_index_row *row_of(const char *name)
{
    const struct sx_index_row *row = sx_index_find(name, &error);
    ck_assert_ptr_nonnull(row);
    return row;
}

static double choose(int64_t n, int64_t k)
{
    return round(
        exp(lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1)));
}

/* ---- Weights ---- */

/* sx_meeting agrees with counting coalitions. */
START_TEST(test_meeting)
{
    for (int64_t n = 1; n <= 9; n++)
        for (int64_t s = 0; s <= n && s <= 4; s++)
            for (int64_t size = 0; size <= n; size++) {
                double sum = 0;
                for (int64_t in = 0; in <= s; in++) {
                    int64_t found = 0, all = 0;
                    for (uint64_t c = 0; c < (uint64_t)1 << n; c++) {
                        uint64_t part = c & (((uint64_t)1 << s) - 1);
                        all += __builtin_popcountll(c) == size;
                        found +=
                            __builtin_popcountll(c) == size && part == ((uint64_t)1 << in) - 1;
                    }
                    double share = sx_meeting(n, s, in, size);
                    ck_assert_double_eq_tol(share, (double)found / (double)all, 1e-14);
                    sum += share * choose(s, in);
                }
                ck_assert_double_eq_tol(sum, 1, 1e-13);
            }
    ck_assert_double_eq(sx_meeting(5, 2, 3, 4), 0);
    ck_assert_double_eq(sx_meeting(5, 2, -1, 4), 0);
    ck_assert_double_eq(sx_meeting(5, 3, 0, 4), 0);
}
END_TEST

/* Compares the index of every set with the weighted sum of all values. */
static void check_sums(const char *name, int64_t order)
{
    const struct sx_index_row *row = row_of(name);
    struct sx_shapley_options o = {.index = name, .order = order};
    struct sx_weights w;
    struct sx_interactions want;
    struct sx_game *g = game_of(&t);
    ck_assert_msg(sx_interact(g, &o, &want, &error), "%s", error.message);
    order = row->single ? 1 : order;
    ck_assert_msg(sx_weights_new(&w, row, order, t.n, &error), "%s", error.message);
    for (int64_t k = 0; k < want.count; k++) {
        uint64_t set = 0;
        double sum = 0;
        for (int64_t i = want.first[k]; i < want.first[k + 1]; i++)
            set |= (uint64_t)1 << want.member[i];
        for (uint64_t c = 0; c < (uint64_t)1 << t.n; c++) {
            int64_t size = __builtin_popcountll(c), in = __builtin_popcountll(c & set);
            sum +=
                sx_weight(&w, __builtin_popcountll(set), in, size) / choose(t.n, size) * t.v[c];
        }
        ck_assert_msg(fabs(sum - want.value[k]) < 1e-9, "%s of order %d [%d]: %.12g, not %.12g",
                      name, (int)order, (int)k, sum, want.value[k]);
    }
    sx_weights_free(&w);
    sx_interactions_free(&want);
    sx_game_free(g);
}

START_TEST(test_weights)
{
    static const char *const names[] = {"sv",   "bv",   "sii",  "bii", "chii",
                                        "stii", "ksii", "fbii", "sgv", "bgv"};
    for (int64_t n = 5; n <= 8; n++) {
        game_random(&t, n, (uint64_t)n);
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
            for (int64_t order = 1; order <= 3; order++)
                check_sums(names[i], order);
        check_sums("moebius", n);
        check_sums("comoebius", n);
    }
}
END_TEST

/* The share of a dividend of u players that each of its subsets of s players gets, by the
 * authors' formulas. The Shapley-Taylor index shares it among the subsets of the order's size;
 * a dividend of a smaller set is that set's own. */
START_TEST(test_shares_of_dividends)
{
    for (int64_t order = 1; order <= 4; order++)
        for (int64_t u = 1; u <= 7; u++)
            for (int64_t s = 1; s <= u; s++) {
                const double want[] = {1 / (double)(u - s + 1), pow(0.5, (double)(u - s)),
                                       (double)s / (double)u,
                                       s < order ? s == u : 1 / choose(u, order)};
                static const char *const name[] = {"sii", "bii", "chii", "stii"};
                for (int i = 0; i < 4; i++) {
                    double got = row_of(name[i])->weight(order, s, u);
                    ck_assert_msg(fabs(got - want[i]) < 1e-12, "%s %d, %d of %d: %g, not %g",
                                  name[i], (int)order, (int)s, (int)u, got, want[i]);
                }
            }
}
END_TEST

/* The index is a weighted sum also for fits that are exact for the empty and the full
 * coalition, once both values are 0. */
START_TEST(test_fit_weights)
{
    for (int64_t n = 5; n <= 8; n++) {
        game_random(&t, n, (uint64_t)n);
        t.v[0] = t.v[((size_t)1 << n) - 1] = 0;
        for (int64_t order = 1; order <= SX_FIT_ORDER; order++) {
            check_sums("fsii", order);
            check_sums("kadd", order);
        }
        check_sums("fbii", SX_FIT_ORDER);
    }
    struct sx_weights w;
    ck_assert(!sx_weights_new(&w, row_of("fsii"), SX_FIT_ORDER + 1, 9, &error));
    ck_assert_int_eq(error.status, SX_USAGE);
    ck_assert_str_eq(error.message, "fsii is estimated up to order 4");
}
END_TEST

/* With thousands of players binomials exceed a double. A player who adds 1 has the value 1,
 * others have 0, and pairs have no interaction. */
START_TEST(test_many_weights)
{
    static const char *const names[] = {"sv", "bv", "sii", "bii", "chii", "ksii", "sgv", "bgv"};
    for (int64_t n = 900; n <= 2100; n += 400)
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            const struct sx_index_row *row = row_of(names[i]);
            struct sx_weights w;
            ck_assert(sx_weights_new(&w, row, row->single ? 1 : 2, n, &error));
            double self = 0, other = 0, pair = 0;
            for (int64_t size = 0; size <= n; size++) {
                double both = sx_meeting(n, 2, 2, size), one = sx_meeting(n, 2, 1, size);
                self += sx_weight(&w, 1, 1, size) * sx_meeting(n, 1, 1, size);
                other += sx_weight(&w, 1, 1, size) * both + sx_weight(&w, 1, 0, size) * one;
                if (!row->single)
                    pair += sx_weight(&w, 2, 2, size) * both + sx_weight(&w, 2, 1, size) * one;
            }
            ck_assert_msg(fabs(self - 1) < 1e-9, "%s, %d: %.12g", names[i], (int)n, self);
            ck_assert_msg(fabs(other) < 1e-9, "%s, %d: %.12g", names[i], (int)n, other);
            ck_assert_msg(fabs(pair - (row->share != NULL)) < 1e-9, "%s, %d: pair %.12g",
                          names[i], (int)n, pair);
            sx_weights_free(&w);
        }
}
END_TEST

/* ---- Moments ---- */

/* Moments are the sums over all coalitions, of weights and of weights with the signs of
 * characters. */
START_TEST(test_moments)
{
    enum { N = 9, COALITIONS = 40 };
    struct sx_moments m;
    uint64_t set[COALITIONS];
    double weight[COALITIONS];
    ck_assert(sx_moments_new(&m, N, 4, &error));
    for (uint64_t i = 0; i < COALITIONS; i++) {
        int64_t member[N], k = 0;
        set[i] = sx_random_bits(1, 2, i) >> 5 & ((1u << N) - 1);
        weight[i] = sx_random_normal(3, 4, i);
        for (int64_t j = 0; j < N; j++)
            if ((set[i] >> j & 1) != 0)
                member[k++] = j;
        sx_moments_add(&m, member, k, weight[i]);
    }
    for (int signs = 0; signs <= 1; signs++) {
        for (uint64_t u = 0; u < 1u << N; u++) {
            int64_t member[N], k = 0;
            double want = 0;
            for (int64_t j = 0; j < N; j++)
                if ((u >> j & 1) != 0)
                    member[k++] = j;
            if (k > 4)
                continue;
            for (int i = 0; i < COALITIONS; i++) {
                double sign = __builtin_parityll(u & set[i]) ? -1 : 1;
                want += signs ? sign * weight[i] : (u & set[i]) == u ? weight[i] : 0;
            }
            double got = sx_moments_union(&m, member, k / 2, member + k / 2, k - k / 2);
            ck_assert_double_eq_tol(got, want, 1e-12);
        }
        sx_moments_transform(&m);
    }
    sx_moments_free(&m);
}
END_TEST

START_TEST(test_kernel_parts)
{
    double part[1201];
    for (int64_t n = 2; n <= 1200; n = 3 * n) {
        double sum = 0;
        sx_kernel_parts(n, false, part);
        for (int64_t s = 0; s <= n; s++)
            sum += part[s];
        ck_assert_double_eq_tol(sum, 1, 1e-10);
        sx_kernel_parts(n, true, part);
        ck_assert_double_eq(part[0], 0);
        ck_assert_double_eq(part[n], 0);
        for (int64_t s = 1; s < n; s++)
            ck_assert_double_eq_tol(part[s] * (double)(s * (n - s)) / (double)(n - 1), 1,
                                    1e-12);
    }
}
END_TEST

/* ---- Few coalitions of many players ---- */

enum { MANY = 90 };

/* x3 + 2 x40 x41 + the square of the share of players who are present */
static bool wide(void *context, int64_t n, const uint64_t *coalitions, double *values,
                 struct sx_error *why)
{
    (void)why;
    *(int64_t *)context += n;
    for (int64_t i = 0; i < n; i++) {
        const uint64_t *c = coalitions + 2 * i;
        double share = (double)(__builtin_popcountll(c[0]) + __builtin_popcountll(c[1])) / MANY;
        values[i] =
            (double)(c[0] >> 3 & 1) + 2 * (double)(c[0] >> 40 & c[0] >> 41 & 1) + share * share;
    }
    return true;
}

/* If a size gets fewer than two coalitions, sizes share one stratum. Each value is within its
 * error of the truth, and so is the mean over seeds. */
START_TEST(test_thin)
{
    static const char *const sampling[] = {"adjusted", "svarmiq", "shapiq"};
    enum { SEEDS = 60 };
    for (int k = 0; k < 3; k++) {
        double sum[3] = {0}, squares[3] = {0}, reported[3] = {0};
        static const double truth[] = {1 + 1.0 / MANY, 1 + 1.0 / MANY, 1.0 / MANY};
        static const int player[] = {3, 40, 77};
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            int64_t asked = 0;
            struct sx_game *g = sx_game_new(MANY, wide, &asked, &error);
            struct sx_shapley_options o = {
                .index = "sv", .sampling = sampling[k], .budget = 150, .seed = seed};
            struct sx_interactions got;
            ck_assert_msg(sx_interact(g, &o, &got, &error), "%s", error.message);
            ck_assert_int_le(asked, 150);
            for (int i = 0; i < 3; i++) {
                double off = got.value[player[i]] - truth[i];
                sum[i] += off / SEEDS;
                squares[i] += off * off / SEEDS;
                reported[i] += got.error[player[i]] * got.error[player[i]] / SEEDS;
            }
            sx_interactions_free(&got);
            sx_game_free(g);
        }
        for (int i = 0; i < 3; i++) {
            ck_assert_msg(fabs(sum[i]) <= 4 * sqrt(squares[i] / SEEDS), "%s, %d: off by %g, %g",
                          sampling[k], player[i], sum[i], sqrt(squares[i] / SEEDS));
            ck_assert_msg(reported[i] > 0.4 * squares[i] && reported[i] < 2.5 * squares[i],
                          "%s, %d: reports %g, is %g", sampling[k], player[i],
                          sqrt(reported[i]), sqrt(squares[i]));
        }
    }
}
END_TEST

int main(void)
{
    TCase *c = suite_case("weights");
    SUITE_ADD(c, test_meeting, test_weights, test_shares_of_dividends, test_fit_weights,
              test_many_weights, test_moments, test_kernel_parts, test_thin);
    return suite_run();
}
