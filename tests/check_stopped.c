/* check_stopped.c - the estimates that remain when work is stopped early. Estimates take no
 * more evaluations than their budget. */
#include <math.h>
#include <string.h>

#include "formula.h"
#include "games.h"
#include "shapley/shapley.h"
#include "suite.h"

static struct game_table t;

/* ---- Budgets ---- */

static const struct {
    const char *index, *sampling;
    int64_t order;
} cases[] = {{"sv", NULL, 1},         {"sv", "leverage", 1},     {"sv", "kernel", 1},
             {"sv", "svarmiq", 1},    {"sv", "stratified", 1},   {"sv", "shapiq", 1},
             {"sv", "regression", 1}, {"sv", "permutation", 1},  {"sv", "antithetic", 1},
             {"owen", NULL, 1},       {"owen", "antithetic", 1}, {"sii", NULL, 2},
             {"sii", "kernel", 2},    {"sii", "svarmiq", 2},     {"sii", "shapiq", 2},
             {"ksii", "kernel", 2},   {"stii", NULL, 2},         {"stii", "svarmiq", 2},
             {"fsii", NULL, 2},       {"fsii", "regression", 2}, {"bii", NULL, 2},
             {"kadd", "leverage", 2}, {"sgv", NULL, 2},          {"bv", NULL, 1}};
enum { N_CASES = sizeof cases / sizeof cases[0] };

static struct sx_shapley_options options_of(int k, int64_t budget, double tolerance)
{
    return (struct sx_shapley_options){.index = cases[k].index,
                                       .sampling = cases[k].sampling,
                                       .order = cases[k].order,
                                       .budget = budget,
                                       .tolerance = tolerance,
                                       .seed = 3};
}

/* An estimate takes at most its budget. In steps towards a tolerance, each step draws again
 * what earlier steps drew, which costs nothing. */
START_TEST(test_budgets)
{
    static const double tolerances[] = {0, 1e-12};
    game_network(&t, 14, 5);
    for (int k = 0; k < 2 * N_CASES; k++) {
        struct sx_error error = {0};
        struct sx_interactions got;
        struct sx_shapley_options o = options_of(k / 2, 1500, tolerances[k % 2]);
        struct sx_game *g = game_of(&t);
        t.asked = 0;
        ck_assert_msg(sx_interact(g, &o, &got, &error), "%s", error.message);
        ck_assert_msg(t.asked <= 1500, "%s by %s took %lld of 1500", o.index, got.sampling,
                      (long long)t.asked);
        ck_assert_int_eq(sx_game_evaluations(g), t.asked);
        ck_assert(!got.exact && !got.partial);
        sx_interactions_free(&got);
        sx_game_free(g);
    }
}
END_TEST

/* ---- Games whose work is stopped ---- */

struct ended {
    struct sx_watch watch;
    int64_t asked, most;
};

/* Gives at most e->most values. Then it stops the work. */
static bool ending_values(void *context, int64_t n, const uint64_t *coalitions, double *to,
                          struct sx_error *error)
{
    struct ended *e = context;
    if (e->asked + n > e->most) {
        e->watch.stopped = true;
        return sx_fail(error, SX_FAILED, "the work was ended");
    }
    e->asked += n;
    for (int64_t i = 0; i < n; i++)
        to[i] = t.v[coalitions[i]];
    return true;
}

static struct sx_game *ending(struct ended *e, int64_t most)
{
    struct sx_error error = {0};
    *e = (struct ended){.watch = {.limited = true}, .most = most};
    struct sx_game *g = sx_game_new(t.n, ending_values, e, &error);
    ck_assert_ptr_nonnull(g);
    g->watch = &e->watch;
    return g;
}

static struct sx_interactions exactly(int k)
{
    struct sx_error error = {0};
    struct sx_interactions got;
    struct sx_shapley_options o = options_of(k, 0, 0);
    struct sx_game *g = game_of(&t);
    o.sampling = NULL;
    ck_assert(sx_interact(g, &o, &got, &error) && got.exact);
    sx_game_free(g);
    return got;
}

/* Estimates that were stopped are within six standard errors, plus 0.05 because few draws
 * underestimate their scatter. */
START_TEST(test_ended)
{
    game_network(&t, 12, 5);
    for (int k = 0; k < N_CASES; k++) {
        struct sx_error error = {0};
        struct ended e;
        struct sx_interactions got, want = exactly(k);
        struct sx_shapley_options o = options_of(k, 3000, 0);
        struct sx_game *g = ending(&e, 1200);
        ck_assert_msg(sx_interact(g, &o, &got, &error), "%s by %s: %s", o.index, o.sampling,
                      error.message);
        ck_assert_msg(got.partial && !got.exact, "%s by %s", o.index, got.sampling);
        ck_assert_int_eq(error.status, SX_OK);
        ck_assert_int_le(e.asked, 1200);
        ck_assert_int_eq(got.count, want.count);
        for (int64_t i = 0; i < got.count; i++)
            ck_assert_msg(fabs(got.value[i] - want.value[i]) <= 6 * got.error[i] + 0.05,
                          "%s by %s: %g +- %g, not %g", o.index, got.sampling, got.value[i],
                          got.error[i], want.value[i]);
        sx_interactions_free(&got);
        sx_interactions_free(&want);
        sx_game_free(g);
    }
}
END_TEST

/* If the work is stopped before there is an estimate, it fails with the message of the stop. So
 * does the exact computation. */
START_TEST(test_ended_at_once)
{
    game_network(&t, 12, 5);
    for (int k = 0; k < N_CASES; k++) {
        struct sx_error error = {0};
        struct ended e;
        struct sx_interactions got;
        struct sx_shapley_options o = options_of(k, k % 2 == 0 ? 3000 : 5000, 0);
        struct sx_game *g = ending(&e, 10);
        ck_assert(!sx_interact(g, &o, &got, &error));
        ck_assert_str_eq(error.message, "the work was ended");
        sx_game_free(g);
    }
}
END_TEST

/* Windows that were completed remain in the result. If the game goes on, it remembers its
 * values. */
START_TEST(test_windows)
{
    struct sx_error error = {0};
    struct ended e;
    struct sx_shapley r;
    struct sx_shapley_options o = {.index = "bT", .budget = 2000, .window = 3, .seed = 1};
    game_network(&t, 14, 7);
    struct sx_game *g = ending(&e, 700);
    ck_assert_msg(sx_shapley(g, &o, &r, &error), "%s", error.message);
    ck_assert(r.partial && r.n_sets > 0 && r.n_sets < 12);
    ck_assert_int_le(r.evaluations, 700);
    sx_shapley_free(&r);
    e.watch.stopped = false;
    e.most = 1 << 20;
    ck_assert_msg(sx_shapley(g, &o, &r, &error), "%s", error.message);
    ck_assert(!r.partial && r.n_sets == 12);
    ck_assert_int_eq(r.evaluations, e.asked);
    sx_shapley_free(&r);
    sx_game_free(g);
}
END_TEST

/* ---- Masks ---- */

static int64_t most_runs;

static bool some_runs(struct sx_watch *watch)
{
    return watch->done < most_runs;
}

enum { N = 12 };

/* Explains f = x1 + .. + x12 at ones. The work is stopped after `runs` evaluations. */
static bool attribute(const char *method, int64_t runs, struct sx_attribution *a,
                      struct sx_error *error)
{
    static const double zeros[N];
    const struct sx_shape shape = {2, {1, N}};
    struct sx_watch watch = {.go_on = some_runs, .limited = true};
    struct sx_explain_options eo = {.precise = true, .batch = 1, .watch = &watch};
    struct sx_attribute_options o = sx_attribute_defaults();
    struct sx_tensor feed;
    struct tm_model *m = formula(
        N,
        "x1 x2 Add x3 Add x4 Add x5 Add x6 Add x7 Add x8 Add x9 Add x10 Add x11 Add x12 Add");
    struct sx_model *model = tm_open(m, error);
    tm_free(m);
    most_runs = 1 << 20;
    struct sx_explainer *e = sx_explainer_new(model, &eo, error);
    ck_assert(sx_tensor_new(&feed, SX_DOUBLE, &shape, error));
    for (int i = 0; i < N; i++)
        sx_tensor_set(&feed, i, 1);
    ck_assert_msg(sx_explainer_sample(e, &feed, error), "%s", error->message);
    o.method = method;
    o.baseline = zeros;
    o.samples = 2000;
    most_runs = watch.done + runs;
    bool ok = sx_attribute(e, &o, a, error);
    sx_tensor_free(&feed);
    sx_explainer_free(e);
    sx_model_close(model);
    return ok;
}

/* The result is that of the masks that were evaluated, and it has their number. With
 * probability 1/2 of being shown, a player has the value 1 + 11/2 by rise. */
START_TEST(test_masks)
{
    struct sx_error error = {0};
    struct sx_attribution a = {0};
    ck_assert(attribute("rise", 1 << 20, &a, &error) && !a.partial);
    ck_assert_int_eq(a.masks, 2000);
    sx_attribution_free(&a);
    ck_assert_msg(attribute("rise", 500, &a, &error), "%s", error.message);
    ck_assert(a.partial && a.masks >= 400 && a.masks < 1000 && a.samples == a.masks);
    for (int64_t i = 0; i < N; i++)
        ck_assert_double_lt(fabs(sx_tensor_get(&a.map, i) - 6.5),
                            4 * sx_tensor_get(&a.error, i));
    sx_attribution_free(&a);
    ck_assert_msg(attribute("lime", 500, &a, &error), "%s", error.message);
    ck_assert(a.partial && a.masks < 1000 && a.r2 > 0.9);
    for (int64_t i = 0; i < N; i++)
        ck_assert_double_eq_tol(sx_tensor_get(&a.map, i), 1, 0.1);
    sx_attribution_free(&a);
    ck_assert(!attribute("lime", 1, &a, &error));
    ck_assert_int_eq(error.status, SX_FAILED);
}
END_TEST

/* Players that were not reached are NaN. */
START_TEST(test_left_out)
{
    struct sx_error error = {0};
    struct sx_attribution a = {0};
    ck_assert_msg(attribute("occlusion", 9, &a, &error), "%s", error.message);
    ck_assert(a.partial && a.nonfinite == 4);
    for (int64_t i = 0; i < 8; i++)
        ck_assert_double_eq_tol(sx_tensor_get(&a.map, i), 1, 1e-12);
    ck_assert(isnan(sx_tensor_get(&a.map, 8)));
    sx_attribution_free(&a);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("stopped");
    SUITE_ADD(c, test_budgets, test_ended, test_ended_at_once, test_windows, test_masks,
              test_left_out);
    return suite_run();
}
