/* check_flint_bounds.c - limits, ties and defaults of FLINT: what counts and what does not. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "flint/fit.h"
#include "suite.h"

/* ---- The best epoch ---- */

/* A fit that only has its history. */
static struct sx_flint_epoch history[20];
static struct sx_tensor none[1];

static struct sx_flint_fit with_gaps(const double *gap, int n, int64_t patience)
{
    struct sx_flint_fit fit = {
        .options = sx_flint_defaults(), .history = history, .kept = none, .last = n};
    sx_flint_settle(&fit.options);
    fit.options.patience = patience;
    for (int e = 1; e <= n; e++)
        history[e].validation.gap = gap[e - 1];
    return fit;
}

/* Epochs count from the one on that has all four terms of the loss. */
START_TEST(epochs_count_from_the_last_term_on)
{
    static const double gap[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    for (int k = 0; k < 4; k++) {
        struct sx_flint_fit fit = with_gaps(gap, 9, 100);
        struct sx_schedule *terms[] = {&fit.options.beta, &fit.options.gamma,
                                       &fit.options.delta, &fit.options.eta};
        for (int i = 0; i < 4; i++)
            ck_assert(sx_schedule_parse(terms[i], i == k ? "0.5,1@5" : "1@2"));
        for (int64_t e = 1; e <= 9; e++) {
            sx_flint_best_epoch(&fit, e);
            ck_assert_int_eq(fit.best, e < 5 ? 0 : 5);
        }
        ck_assert_int_eq(fit.last, 9);
    }
}
END_TEST

/* An equal gap is no better one. The fit ends `patience` epochs after the best. */
START_TEST(patience_is_over)
{
    static const double gap[] = {5, 3, 3, 4, 2, 2, 9, 2, 9};
    static const struct {
        int64_t patience, best, last;
    } cases[] = {{1, 2, 3}, {2, 2, 4}, {3, 5, 8}, {4, 5, 9}, {5, 5, 9}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct sx_flint_fit fit = with_gaps(gap, 9, cases[k].patience);
        ck_assert(sx_schedule_parse(&fit.options.delta, "1"));
        for (int64_t e = 1; e <= fit.last; e++)
            sx_flint_best_epoch(&fit, e);
        ck_assert_int_eq(fit.best, cases[k].best);
        ck_assert_int_eq(fit.last, cases[k].last);
    }
}
END_TEST

/* ---- Counting ---- */

static void add_sample(struct sx_flint_tally *t, const double *phi, const double *g,
                       const double *f, int64_t label, const float *w)
{
    const float x = 0;
    const struct sx_flint_row row = {
        .phi = phi, .logits = g, .teacher = f, .x = &x, .size = 1, .label = label};
    sx_flint_tally_add(t, &row, w);
}

/* The class of f counts if at most four classes have larger scores of g. */
START_TEST(agreement_in_the_first_five)
{
    static const double phi[] = {1}, g[] = {7, 6, 5, 4, 3, 2, 1}, equal[7] = {0};
    static const float w[7] = {1, 1, 1, 1, 1, 1, 1};
    struct sx_error error = {0};
    struct sx_flint_tally t;
    struct sx_flint_metrics m;
    ck_assert(sx_flint_tally_new(&t, 7, 1, &error));
    for (int c = 0; c < 7; c++) {
        double f[7] = {0};
        f[c] = 9;
        add_sample(&t, phi, g, f, -1, w);
    }
    sx_flint_tally_metrics(&t, false, &m);
    ck_assert_double_eq_tol(m.fidelity, 1 / 7.0, 1e-12);
    ck_assert_double_eq_tol(m.fidelity_top5, 5 / 7.0, 1e-12);
    add_sample(&t, phi, equal, (const double[7]){[6] = 1}, -1, w);
    sx_flint_tally_metrics(&t, false, &m);
    ck_assert_double_eq_tol(m.fidelity_top5, 6 / 8.0, 1e-12);
    ck_assert_double_eq_tol(m.fidelity, 1 / 8.0, 1e-12);
    ck_assert(isnan(m.recon) && isnan(m.acc_f));
    sx_flint_tally_free(&t);
}
END_TEST

/* With correct_only a sample counts for its class of g if that is its label, whatever f says, or if
 * it has no label. */
START_TEST(samples_that_g_classifies_right)
{
    static const double phi[] = {1, 2}, first[] = {1, 0}, second[] = {0, 1};
    static const float w[] = {1, 1, 1, 1};
    static const struct {
        const double *g, *f;
        int64_t label, counts;
    } cases[] = {{first, first, 0, 1},
                 {first, second, 0, 1},
                 {first, first, 1, 0},
                 {first, second, 1, 0},
                 {first, second, -1, 1}};
    for (int only = 0; only < 2; only++)
        for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
            struct sx_error error = {0};
            struct sx_flint_tally t;
            ck_assert(sx_flint_tally_new(&t, 2, 2, &error));
            t.correct_only = only == 1;
            add_sample(&t, phi, cases[k].g, cases[k].f, cases[k].label, w);
            ck_assert_int_eq(t.count[0], only ? cases[k].counts : 1);
            ck_assert_int_eq(t.count[1], 0);
            ck_assert_double_eq(t.relevance[1], only ? (double)cases[k].counts : 1);
            sx_flint_tally_free(&t);
        }
}
END_TEST

/* An attribute is live if it is over 1e-6 for more than a thousandth of the samples. A relevance
 * counts if it is over 1 / tau. Sizes of attributes are magnitudes. */
START_TEST(attributes_that_count)
{
    static const float w[] = {1, 1, 1, 1};
    static const double logits[] = {0};
    struct sx_error error = {0};
    struct sx_flint_tally t;
    struct sx_flint_metrics m;
    ck_assert(sx_flint_tally_new(&t, 1, 4, &error));
    for (int i = 0; i < 1000; i++) {
        const double phi[] = {i < 1 ? 1 : 0, i < 2 ? 2e-6 : 0, 1e-6, -0.5};
        add_sample(&t, phi, logits, logits, -1, w);
    }
    sx_flint_tally_metrics(&t, false, &m);
    ck_assert_double_eq(m.live, 1);
    ck_assert_double_eq(m.used, 1);
    ck_assert_double_eq_tol(m.l1, (1 / 1000.0 + 4e-9 + 1e-6 + 0.5) / 4, 1e-12);
    sx_flint_tally_free(&t);
    ck_assert(sx_flint_tally_new(&t, 1, 4, &error));
    add_sample(&t, (const double[]){4, 2, 1, -4}, logits, logits, -1, w);
    sx_flint_tally_metrics(&t, false, &m);
    static const double want[SX_TAUS] = {1, 1, 2, 2, 2, 3}; /* 1/4 is not over 1/4 */
    for (int k = 0; k < SX_TAUS; k++)
        ck_assert_double_eq(m.conciseness[k], want[k]);
    sx_flint_tally_free(&t);
}
END_TEST

/* Of equal relevances the earlier attribute is first. */
START_TEST(attributes_by_relevance)
{
    static const double r[] = {0.5, 0.5, 0.2, 1, 0.5, -1};
    static const int64_t want[] = {3, 0, 1, 4, 2, 5};
    int64_t order[6];
    ck_assert_int_eq(sx_flint_rank(r, 6, 5, order), 4);
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(order[i], want[i]);
    ck_assert_int_eq(sx_flint_rank(r, 6, 2, order), 1);
    ck_assert_int_eq(sx_flint_rank(r, 6, 6, order), 5);
}
END_TEST

/* ---- Settings ---- */

START_TEST(settings_and_their_limits)
{
    static const struct {
        int64_t value;
        bool fits, by_itself; /* by_itself: also without a recipe that fills it in */
    } cases[] = {{1, true, true},
                 {0, true, false},
                 {-1, false, false},
                 {1 << 24, true, true},
                 {(1 << 24) + 1, false, false}};
    for (int field = 0; field < 7; field++)
        for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++)
            for (int automatic = 0; automatic < 2; automatic++) {
                struct sx_error error = {0};
                struct sx_flint_options o = sx_flint_defaults();
                o.recipe = SX_FLINT_SMALL;
                sx_flint_settle(&o);
                o.recipe = automatic ? SX_FLINT_AUTO : SX_FLINT_SMALL;
                int64_t *fields[] = {
                    &o.attributes,      &o.psi_maps, &o.pool, &o.decoder_maps[0],
                    &o.decoder_maps[1], &o.epochs,   &o.batch};
                *fields[field] = cases[k].value;
                bool fits = automatic ? cases[k].fits : cases[k].by_itself;
                ck_assert_msg(sx_flint_check(&o, &error) == fits, "field %d: %lld", field,
                              (long long)cases[k].value);
                ck_assert_int_eq(error.status, fits ? SX_OK : SX_USAGE);
            }
}
END_TEST

START_TEST(shares_and_their_limits)
{
    static const struct {
        double share;
        bool fits;
    } cases[] = {{0, true}, {0.999, true}, {1, false}, {-0.001, false}, {NAN, false}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++)
        for (int dropout = 0; dropout < 2; dropout++) {
            struct sx_error error = {0};
            struct sx_flint_options o = sx_flint_defaults();
            sx_flint_settle(&o);
            *(dropout ? &o.h_dropout : &o.validation) = cases[k].share;
            ck_assert_int_eq(sx_flint_check(&o, &error), cases[k].fits);
        }
    struct sx_error error = {0};
    struct sx_flint_options o = sx_flint_defaults();
    sx_flint_settle(&o);
    o.no_decoder = true;
    ck_assert(!sx_flint_check(&o, &error) && error.status == SX_USAGE);
    o.input = SX_FLINT_NONE;
    error = (struct sx_error){0};
    ck_assert(sx_flint_check(&o, &error));
}
END_TEST

/* ---- Scales ---- */

/* The deviation of a channel is at least a thousandth of that of all channels together. */
START_TEST(channels_of_one_value)
{
    struct sx_flint_scale s;
    struct sx_error error = {0};
    const struct sx_shape shape = {2, {1, 2}};
    ck_assert(sx_flint_scale_new(&s, &shape, true, &error));
    for (int i = 0; i < 10; i++) {
        const float row[] = {3, i % 2 == 0 ? 103 : -97};
        sx_flint_scale_add(&s, row, 2);
    }
    sx_flint_scale_finish(&s);
    ck_assert_float_eq_tol(s.mean[0], 3, 1e-5F);
    ck_assert_float_eq_tol(s.mean[1], 3, 1e-5F);
    ck_assert_float_eq_tol(s.sd[1], 100, 1e-3F);
    ck_assert_float_eq_tol(s.sd[0], (float)(1e-3 * sqrt(10000 / 2.0)), 1e-6F);
    ck_assert(s.low[0] == 3 && s.high[0] == 3 && s.low[1] == -97 && s.high[1] == 103);
    sx_flint_scale_free(&s);
}
END_TEST

/* Values of a schedule hold from their epoch on; only a later stage starts within the fit. */
START_TEST(stages_of_a_schedule)
{
    struct sx_schedule s;
    ck_assert(sx_schedule_parse(&s, "1@2,3@4"));
    static const double want[] = {0, 1, 1, 3, 3};
    for (int64_t e = 1; e <= 5; e++) {
        ck_assert_double_eq(sx_schedule_at(&s, e), want[e - 1]);
        ck_assert_int_eq(sx_schedule_starts(&s, e), e == 4);
    }
    static const char *const wrong[] = {"",    "1@0",    "1@1.5", "1@2,3@2", "1@3,2@2",
                                        "1,",  ",1",     "1@",    "@2",      "inf",
                                        "nan", "1@1e10", "1@2@3", "1 @ 2",   "1@-1"};
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++)
        ck_assert_msg(!sx_schedule_parse(&s, wrong[k]), "%s", wrong[k]);
    ck_assert_double_eq(sx_schedule_at(&s, 4), 3); /* the last one that fits */
}
END_TEST

int main(void)
{
    TCase *c = suite_case("flint_bounds");
    SUITE_ADD(c, epochs_count_from_the_last_term_on, patience_is_over,
              agreement_in_the_first_five, samples_that_g_classifies_right,
              attributes_that_count, attributes_by_relevance, settings_and_their_limits,
              shares_and_their_limits, channels_of_one_value, stages_of_a_schedule);
    return suite_run();
}
