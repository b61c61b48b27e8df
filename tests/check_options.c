/* check_options.c - the ranges of the methods' options: values just inside and just outside. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "suite.h"

#include "plot/plot.h"
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
    bool says = strstr(error.message, row->name) != NULL || strstr(error.message, text) != NULL;
    ck_assert(fits || (error.status == SX_USAGE && says));
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

/* ---- Options of a form of their own ---- */

/* Texts that fit and texts that do not, separated by spaces. '~' stands for a space, "''" for an empty
 * text. */
static const struct {
    const struct sx_options *table;
    const char *name, *fit, *wrong;
} forms[] = {
    {&sx_decompose_table, "ig-rule", "gauss:1 gauss:4096 midpoint:7",
     "gauss:0 gauss:4097 midpoint:1.5 midpoint: gauss simpson:3 gauss:-1 gauss:2x"},
    {&sx_decompose_table, "patch", "1x1 2x30 1000000000x1",
     "0x1 1x0 2 x2 2x 1.5x2 2x2x2 -1x1 1000000001x1 1x1000000001"},
    {&sx_decompose_table, "deeptaylor", "zplus wsquare zB:-1,2 zB:0.5,0.5",
     "zplus2 zb:1,2 zB:2,1 zB:1 zB:,1 zB:1, zB:a,b ''"},
    {&sx_decompose_table, "background", "rows.npy gauss gauss:0.1",
     "gauss:0 gauss:-1 gauss: gauss:x gauss:nan"},
    {&sx_decompose_table, "lrp-eps", "0 1e-6 abs:0 abs:2", "-1 abs:-1 abs abs: x 1x nan"},
    {&sx_decompose_table, "neuron", "layer layer:2", "''"},
    {&sx_decompose_table, "absent", "baseline marginal gaussian copula nearest:1 nearest:12",
     "nearest nearest: nearest:0 nearest:-1 nearest:1x nearest:~1 Baseline ''"},
    {&sx_attribute_table, "window", "3 2x5 1000000000",
     "0 0x2 2x0 x2 2x 1000000001 1x1000000001"},
    {&sx_attribute_table, "stride", "1 1x2", "'' x 2x3x4 nan"},
    {&sx_attribute_table, "clip", "0,1 -1.5,2e3", "1,1 2,1 1 ,1 1, a,2 0,b ''"},
    {&sx_score_table, "metric", "insertion deletion,pointing sic,aic,",
     "'' , inserting insertion,,deletion insertion~"},
    {&sx_bounds_table, "max", "ssim:0.5 max_abs:-1 topk_iou:1e3",
     "ssim ssim: ssim:nan ssim:inf SSIM:1 :1 spearman_of_many:1 ssim:1x"},
    {&sx_shapley_table, "partition", "contiguous any connected by~players",
     "'' players contiguous,any CONTIGUOUS"},
    {&sx_shapley_table, "adjacency", "4 8", "6 4.0 '' 48"},
    {&sx_shapley_table, "index", "bT sv sii owen", "SV sv2 '' bt"},
    {&sx_taylorcam_table, "grid", "1x1 12x3",
     "0x1 1x0 x 2 2x 2x3x4 -1x2 1000000000000000000x1"},
    {&sx_taylorcam_table, "from", "0,0 12,3", "1 1,2,3 1, ,1 1x2 ''"},
    {&sx_taylorcam_table, "axes", "auto 1 2,3 1:2 12", "x 2,x 1:x autos '' ,1 1.5"},
    {&sx_taylorcam_table, "cam", "gradcam gradcam,gradcam++ all", "grad all2 gradcam,x"},
    {&sx_plot_table, "topk", "0 100 1,5,20",
     "101 -1 '' 1,,2 x 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17"},
    {&sx_plot_table, "panels", "map picture,mask overlay",
     "'' maps map, ,map pictureoverlaymask"},
    {&sx_plot_table, "cmap", "viridis Reds bwr_r gray", "virid '' bwr_rr"},
    {&sx_export_table, "seeds", "1 12 999999 S two", "'' 0 1x 1000000 00"},
    {&sx_flint_table, "augment", "flip shift:1 shift:4096 flip,shift:3 shift:2,flip",
     "'' flip, ,flip shift: shift:0 shift:4097 shift:1.5 shift:-1 turn flips flip;shift:1"},
    {&sx_flint_table, "dec-maps", "1,1 1000000,1000000 8,16",
     "0,1 1,0 1000001,1 1,1000001 8 8, ,8 1.5,2 2,1.5 1,2,3"},
    {&sx_flint_table, "cache-mb", "1 1000000000", "0 1000000001 1.5 -1 x nan"},
    {&sx_flint_table, "lr-at", "2:0.1 3:1e-4",
     "3:0.2 2:0.1 1:1 4.5:1 4:0 4:-1 4 :1 4: x:1 4:x"},
    {&sx_flint_table, "lr", "1 1e-3,1e-4@5", "0 -1 1,0@2 '' 1@0 1@2,1@2 1@2,1@1"},
    {&sx_flint_table, "beta", "0 -1 5@2 0@1,1@1000000000",
     "'' x 1@ 1@0 1@1000000001 1@1.5 inf"},
    {&sx_flint_show_table, "pair", "0:0 999999999:999999999",
     "1000000000:0 0:1000000000 -1:0 0:-1 1 1: :1 0.5:1 1:0.5"},
    {&sx_flint_am_table, "range", "0,1 -1e3,-5", "1,1 2,1 1 ,1 1, x,2"}};

static void expect_all(const struct sx_option *row, const char *texts, bool fit)
{
    char text[80];
    for (; *texts != '\0'; texts += strspn(texts, " ")) {
        size_t n = strcspn(texts, " ");
        snprintf(text, sizeof text, "%.*s", strncmp(texts, "''", 2) == 0 ? 0 : (int)n, texts);
        for (char *at = text; (at = strchr(at, '~')) != NULL;)
            *at = ' ';
        expect(row, text, fit);
        texts += n;
    }
}

START_TEST(test_forms)
{
    const struct sx_option *row = sx_option_find(forms[_i].table, forms[_i].name);
    ck_assert_msg(row != NULL, "no --%s", forms[_i].name);
    expect_all(row, forms[_i].fit, true);
    expect_all(row, forms[_i].wrong, false);
}
END_TEST

static void set(const struct sx_options *table, void *options, const char *name,
                const char *text)
{
    struct sx_error error = {0};
    ck_assert_msg(sx_option_set(sx_option_find(table, name), options, text, &error), "%s",
                  error.message);
}

/* What the texts mean. */
START_TEST(test_values)
{
    struct sx_decompose_options d = sx_decompose_defaults();
    set(&sx_decompose_table, &d, "ig-rule", "midpoint:7");
    ck_assert(d.nodes == 7 && d.midpoints);
    set(&sx_decompose_table, &d, "ig-rule", "gauss:12");
    ck_assert(d.nodes == 12 && !d.midpoints);
    set(&sx_decompose_table, &d, "patch", "3x5");
    ck_assert(d.patch[0] == 3 && d.patch[1] == 5);
    ck_assert(d.first == SX_FIRST_ZPLUS);
    set(&sx_decompose_table, &d, "deeptaylor", "zB:-1.5,2");
    ck_assert(d.first == SX_FIRST_BOUNDED && d.bound[0] == -1.5 && d.bound[1] == 2);
    set(&sx_decompose_table, &d, "deeptaylor", "wsquare");
    ck_assert(d.first == SX_FIRST_WSQUARE);
    ck_assert(d.epsilon == 1e-6 && !d.absolute);
    set(&sx_decompose_table, &d, "lrp-eps", "abs:0.25");
    ck_assert(d.epsilon == 0.25 && d.absolute);
    set(&sx_decompose_table, &d, "lrp-eps", "0.5");
    ck_assert(d.epsilon == 0.5 && !d.absolute);
    set(&sx_decompose_table, &d, "background", "gauss:2");
    ck_assert(d.gauss == 2 && d.background_from == NULL);
    set(&sx_decompose_table, &d, "background", "rows.npy");
    ck_assert(d.gauss == 0 && strcmp(d.background_from, "rows.npy") == 0);
    set(&sx_decompose_table, &d, "layerwise", "");
    ck_assert_str_eq(d.neuron_of, "");
    set(&sx_decompose_table, &d, "neuron", "a:1");
    set(&sx_decompose_table, &d, "layerwise", "");
    ck_assert_str_eq(d.neuron_of, "a:1");
    set(&sx_decompose_table, &d, "absent", "nearest:12");
    ck_assert(d.absent.kind == SX_ABSENT_NEAREST && d.absent.nearest == 12);

    struct sx_attribute_options a = sx_attribute_defaults();
    set(&sx_attribute_table, &a, "window", "3");
    set(&sx_attribute_table, &a, "stride", "2x5");
    set(&sx_attribute_table, &a, "clip", "-1,0.5");
    ck_assert(a.window[0] == 3 && a.window[1] == 3 && a.stride[0] == 2 && a.stride[1] == 5);
    ck_assert(a.clip[0] == -1 && a.clip[1] == 0.5);

    struct sx_taylorcam_options t = sx_taylorcam_defaults();
    ck_assert(t.axes[0] == -1 && t.axes[1] == -1);
    set(&sx_taylorcam_table, &t, "grid", "12x3");
    set(&sx_taylorcam_table, &t, "from", "4,15");
    set(&sx_taylorcam_table, &t, "axes", "2,1");
    ck_assert(t.grid[0] == 12 && t.grid[1] == 3 && t.has_from && t.from[0] == 4 &&
              t.from[1] == 15);
    ck_assert(t.axes[0] == 2 && t.axes[1] == 1);
    set(&sx_taylorcam_table, &t, "axes", "3");
    ck_assert(t.axes[0] == 3 && t.axes[1] == -1);
    set(&sx_taylorcam_table, &t, "axes", "123");
    ck_assert(t.axes[0] == SX_MAX_RANK);
    set(&sx_taylorcam_table, &t, "cam", "gradcam++,gradcam");
    set(&sx_taylorcam_table, &t, "gradcam", "");
    ck_assert(t.n_cams == 2 && strcmp(t.cam[0], "gradcam++") == 0);
}
END_TEST

START_TEST(test_values_of_scores)
{
    struct sx_error error = {0};
    struct sx_score_options s = {0};
    set(&sx_score_table, &s, "metric", "deletion,pointing");
    ck_assert_uint_eq(s.metrics, 1U << SX_DELETION | 1U << SX_POINTING);
    struct sx_bounds b = {0};
    set(&sx_bounds_table, &b, "max", "max_abs:0.5");
    set(&sx_bounds_table, &b, "min", "ssim:0.9");
    ck_assert(b.n == 2 && !b.bound[0].least && b.bound[1].least);
    static const struct {
        struct sx_similarity s;
        bool holds[2];
        const char *what;
    } cases[] = {{{.ssim = 0.9, .max_abs = 0.5}, {true, true}, ""},
                 {{.ssim = 0.8, .max_abs = 0.5}, {true, false}, "ssim is 0.8, under 0.9"},
                 {{.ssim = 1, .max_abs = 0.75}, {false, true}, "max_abs is 0.75, over 0.5"},
                 {{.ssim = NAN, .max_abs = 0}, {true, false}, "ssim has no value"}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        char what[80] = "";
        for (int i = 0; i < 2; i++)
            ck_assert_int_eq(sx_bound_holds(&b, i, &cases[k].s, what), cases[k].holds[i]);
        ck_assert_str_eq(what, cases[k].what);
    }
    while (b.n < SX_BOUNDS)
        set(&sx_bounds_table, &b, "min", "ssim:0");
    ck_assert(!sx_option_set(sx_option_find(&sx_bounds_table, "min"), &b, "ssim:0", &error));

    struct sx_shapley_options o = sx_shapley_defaults();
    ck_assert(o.partition == SX_BY_PLAYERS && !o.corners && strcmp(o.index, "bT") == 0);
    set(&sx_shapley_table, &o, "partition", "connected");
    ck_assert_int_eq(o.partition, SX_CONNECTED);
    set(&sx_shapley_table, &o, "adjacency", "8");
    ck_assert(o.corners);
    set(&sx_shapley_table, &o, "adjacency", "4");
    ck_assert(!o.corners);
    set(&sx_shapley_table, &o, "index", "sii");
    ck_assert_str_eq(o.index, "sii");

    struct sx_plot p = {0};
    set(&sx_plot_table, &p, "panels", "picture,mask");
    ck_assert_int_eq(p.panels, SX_PANEL_PICTURE | SX_PANEL_MASK);
    set(&sx_plot_table, &p, "panels", "overlay");
    set(&sx_plot_table, &p, "topk", "5,20.5");
    ck_assert_int_eq(p.panels, SX_PANEL_OVERLAY | SX_PANEL_MASK);
    ck_assert(p.n_tops == 2 && p.top[0] == 5 && p.top[1] == 20.5);
    set(&sx_plot_table, &p, "cmap", "viridis");
    ck_assert_str_eq(p.colours, "viridis");
}
END_TEST

int main(void)
{
    TCase *c = suite_case("options");
    tcase_add_loop_test(c, test_forms, 0, sizeof forms / sizeof *forms);
    SUITE_ADD(c, test_values, test_values_of_scores);
    tcase_add_loop_test(c, test_ranges, 0, sizeof tables / sizeof *tables);
    tcase_add_loop_test(c, test_all_are_here, 0, sizeof tables / sizeof *tables);
    return suite_run();
}
