/* check_options.c - the ranges of the methods' options: values just inside and just outside. */
#include <string.h>

#include "suite.h"

#include "sextant.h"

/* Lists separated by spaces: the smallest values that are accepted, values that are too small,
 * the largest values, values that are too large. "-": there is no limit. */
struct range {
    const char *name, *limits;
};

static const struct range attribute[] = {
    {"steps", "1 0 9223372036854775807 9223372036854775808"},
    {"iters", "1 0 - -"},
    {"samples", "1 0 - -"},
    {"eta", "-1e300 - 1e300 nan"},
    {"noise", "-1e300 - 1e300 nan"},
    {"fraction", "-1e300 - 1e300 nan"},
    {"max-dist", "-1e300 - 1e300 nan"},
    {"max-sigma", "-1e300 - 1e300 nan"},
    {"share", "0.001 0.0009 0.999 1"},
    {"kernel-width", "1e-6 0 1e6 1000001"},
    {"ridge", "0 -1e-9 1e12 1e13"},
    {"lasso", "0 -1e-9 1e12 1e13"},
    {NULL, NULL}};
static const struct range score[] = {
    {"steps", "1 0 100 101"}, {"draws", "2 1 1000000 1000001"}, {NULL, NULL}};
static const struct range shapley[] = {{"order", "1 0 - -"},
                                       {"window", "1 0 - 1.5"},
                                       {"budget", "1 0 - -1"},
                                       {"tol", "0 -1e-9 1e300 nan"},
                                       {"tie-tol", "0 -1e-9 1e300 nan"},
                                       {"top", "1 0 - -"},
                                       {"threshold", "0 -1e-9 1e300 nan"},
                                       {NULL, NULL}};
static const struct range figure[] = {{"zoom", "0.1 0.09 20 20.1"},
                                      {"dpi", "1 0.9 10000 10001"},
                                      {"width", "50 49.9 20000 20001"},
                                      {"pad", "0 -1 10000 10001"},
                                      {NULL, NULL}};
static const struct range plot[] = {
    {"outlier", "0 -0.1 99.9 100"}, {"overlay", "0 -0.1 1 1.01"}, {NULL, NULL}};
static const struct range study[] = {{"order", "1 0 8 9"},
                                     {"max-sets", "1 0 2147483647 2147483648"},
                                     {"steps", "1 0 2147483647 2147483648"},
                                     {"noise", "1e-30 0 1e30 1e31"},
                                     {"top", "1 0 - -"},
                                     {"min", "-1 - 1e300 nan"},
                                     {NULL, NULL}};
static const struct range decompose[] = {
    {"stride", "1 0 - -"}, {"pd-samples", "1 0 - -"},     {"eg-samples", "1 0 - -"},
    {"taylor", "1 0 - -"}, {"taylor-fit", "1 0 - -"},     {"max-order", "1 0 - -"},
    {"budget", "1 0 - -"}, {"tol", "-1e300 - 1e300 nan"}, {"taylor-tol", "-1e300 - 1e300 nan"},
    {NULL, NULL}};
static const struct range explain[] = {
    {"tau", "1 0.99 1e300 1e301"}, {"top", "1 0 - -"}, {NULL, NULL}};
static const struct range am[] = {{"dim", "-1e30 -1e31 1e30 1e31"},
                                  {"gain", "-1e30 -1e31 1e30 1e31"},
                                  {"tv", "-1e30 -1e31 1e30 1e31"},
                                  {"bound", "-1e30 -1e31 1e30 1e31"},
                                  {"am-lr", "-1e30 -1e31 1e30 1e31"},
                                  {"rounds", "1 0 1000 1001"},
                                  {"steps", "1 0 1000000 1000001"},
                                  {"jitter", "0 -1 1048576 1048577"},
                                  {NULL, NULL}};
static const struct range export[] = {{"order", "1 0 9 10"}, {NULL, NULL}};
static const struct range perturb[] = {{"noise", "0 -0.1 1e6 1000001"}, {NULL, NULL}};
static const struct range taylorcam[] = {
    {"order", "2 1 3 4"}, {"steps", "1 0 1000 1001"}, {"pairs", "1 0 - -"}, {NULL, NULL}};
static const struct range flint[] = {{"attributes", "1 0 - -"},   {"psi-maps", "1 0 - -"},
                                     {"pool", "1 0 - -"},         {"epochs", "1 0 - -"},
                                     {"patience", "1 0 - -"},     {"h-dropout", "0.5 - - nan"},
                                     {"val-frac", "0.5 - - nan"}, {NULL, NULL}};

static const struct {
    const struct sx_options *table;
    const struct range *range;
} tables[] = {{&sx_attribute_table, attribute}, {&sx_score_table, score},
              {&sx_shapley_table, shapley},     {&sx_figure_table, figure},
              {&sx_plot_table, plot},           {&sx_study_table, study},
              {&sx_decompose_table, decompose}, {&sx_flint_explain_table, explain},
              {&sx_flint_am_table, am},         {&sx_export_table, export},
              {&sx_perturb_table, perturb},     {&sx_taylorcam_table, taylorcam},
              {&sx_flint_table, flint}};

/* A struct of any table of options. */
union any {
    char bytes[4096];
    max_align_t align;
};

static void expect(const struct sx_option *row, const char *text, bool fits)
{
    static union any options;
    struct sx_error error = {0};
    ck_assert_msg(sx_option_set(row, &options, text, &error) == fits, "--%s=%s: %s", row->name,
                  text, error.message);
    ck_assert(fits || (error.status == SX_USAGE && strstr(error.message, row->name) != NULL));
}

START_TEST(test_ranges)
{
    for (const struct range *r = tables[_i].range; r->name != NULL; r++) {
        const struct sx_option *row = sx_option_find(tables[_i].table, r->name);
        char text[4][40];
        ck_assert_msg(row != NULL, "no --%s", r->name);
        ck_assert_int_eq(
            sscanf(r->limits, "%39s %39s %39s %39s", text[0], text[1], text[2], text[3]), 4);
        for (int i = 0; i < 4; i++)
            if (strcmp(text[i], "-") != 0)
                expect(row, text[i], i % 2 == 0);
    }
}
END_TEST

/* The list above contains every option that is a number. */
START_TEST(test_all_are_here)
{
    for (size_t k = 0; k < tables[_i].table->n; k++) {
        const struct sx_option *row = &tables[_i].table->row[k];
        bool here = row->kind != SX_OPTION_COUNT && row->kind != SX_OPTION_NUMBER;
        for (const struct range *r = tables[_i].range; r->name != NULL && !here; r++)
            here = strcmp(r->name, row->name) == 0;
        ck_assert_msg(here, "--%s has no range here", row->name);
    }
}
END_TEST

int main(void)
{
    TCase *c = suite_case("options");
    tcase_add_loop_test(c, test_ranges, 0, sizeof tables / sizeof *tables);
    tcase_add_loop_test(c, test_all_are_here, 0, sizeof tables / sizeof *tables);
    return suite_run();
}
