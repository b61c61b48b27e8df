/* attr-decompose.c - fourteen attributions, the effects that they allocate, and the principles that
 * they satisfy. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cli/streams.h"

struct decompose {
    struct cli cli;
    struct sx_decompose_options o;
    struct sx_explainer *explainer;
    struct sx_decomposer *decomposer;
    struct sx_players *players;
    double *baseline, *background, *foreign;
    char usual[SX_PLAYERS_TEXT]; /* the players that the sample's shape gives */
    int effects;
    int64_t top;
};

static struct decompose self;

enum { HARSANYI, TAYLOR, BOTH };

static bool list_methods(struct cli *cli, const char *argument)
{
    const char *name, *what;
    (void)argument;
    for (int i = 0; (name = sx_decompose_method(i, &what)) != NULL; i++)
        printf("%-17s %s\n", name, what);
    cli_printed(cli);
}

/* ---- One sample ---- */

/* Defaults of --players: up to FEW_ELEMENTS elements are players; a larger picture has a grid of
 * SIDE x SIDE. */
enum { FEW_ELEMENTS = 16, SIDE = 4 };

/* Reads --attr. FILE:NAME is split at the colon if there is no file of the whole name. */
static bool read_foreign(struct decompose *s, int64_t index, struct sx_error *error)
{
    char path[4096];
    const char *colon, *name = NULL;
    if (s->o.foreign_from == NULL)
        return true;
    snprintf(path, sizeof path, "%s", s->o.foreign_from);
    colon = strrchr(path, ':');
    if (colon != NULL && access(path, F_OK) != 0) {
        name = s->o.foreign_from + (colon - path) + 1;
        path[colon - path] = '\0';
    }
    free(s->foreign);
    s->foreign = calloc((size_t)sx_players_count(s->players) + 1, sizeof *s->foreign);
    if (s->foreign == NULL)
        return cli_error(error, SX_MEMORY, "out of memory");
    s->o.foreign = s->foreign;
    return sx_scores_read(path, name, index, s->players, s->foreign, error);
}

static bool prepare(struct decompose *s, const struct cli_sample *sample,
                    struct sx_error *error)
{
    free(s->baseline);
    s->baseline = NULL;
    if (s->o.background_from != NULL && s->background == NULL &&
        !cli_read_points(&s->cli, s->o.background_from, s->explainer, &s->background,
                         &s->o.n_background, error))
        return false;
    s->o.background = s->o.n_background > 0 ? s->background : NULL;
    sx_players_free(s->players);
    if (s->o.players_by == NULL || s->o.players_by == s->usual) {
        sx_explainer_usual_players(s->explainer, s->cli.pre.layout, FEW_ELEMENTS, SIDE,
                                   s->usual);
        s->o.players_by = s->usual;
    }
    s->players = sx_explainer_players(s->explainer, s->o.players_by, s->cli.pre.layout, error);
    bool few = s->players != NULL && sx_players_count(s->players) < 64;
    if (s->o.absent.kind == SX_ABSENT_BY_BACKGROUND && s->o.background != NULL && few)
        s->o.absent.kind = SX_ABSENT_MARGINAL;
    s->o.players = s->players;
    s->o.layout = s->cli.pre.layout;
    s->o.seed = s->cli.seed;
    s->o.sample = (uint64_t)sample->index;
    bool ok = s->players != NULL && read_foreign(s, sample->index, error) &&
              cli_baseline(&s->cli, s->explainer, s->o.background, s->o.n_background,
                           &s->baseline, error);
    s->o.baseline = s->baseline;
    return ok;
}

/* ---- Records ---- */

static void put_params(struct decompose *s, const struct sx_decomposition *r)
{
    struct sx_result *j = s->cli.result;
    sx_put_object(j, "params");
    sx_put_options(j, &sx_decompose_table, &s->o);
    sx_put_int(j, "n_players", r->players);
    sx_put_text(j, "baseline", s->cli.baseline);
    cli_put_common(&s->cli);
    sx_put_end(j);
}

static bool has(const struct sx_decomposition *r, const char *name)
{
    for (int k = 0; k < r->n_methods; k++)
        if (strcmp(r->method[k].name, name) == 0)
            return true;
    return false;
}

/* The result of a method of layers; NULL if it was not asked for, or has no attribution. */
static const struct sx_decomposed *result_of(const struct sx_decomposition *r, const char *name)
{
    for (int k = 0; k < r->n_methods; k++)
        if (strcmp(r->method[k].name, name) == 0 && r->method[k].failure == NULL)
            return &r->method[k];
    return NULL;
}

/* Warns about LRP. Its sum should be about f; a sum over three times f comes from denominators near
 * zero. */
static void warn_of_relevance(struct decompose *s, const struct sx_decomposition *r)
{
    const struct sx_decomposed *lrp = result_of(r, "lrp-eps");
    double f = fmax(fabs(r->f_x), fabs(r->f_x - r->f_b));
    if (lrp != NULL && fabs(lrp->sum) > 3 * f)
        cli_warn(&s->cli, 0,
                 "lrp-eps adds up to over three times f: denominators are nearly zero, see "
                 "--lrp-eps");
    if (r->f_x < 0 && result_of(r, "deeptaylor") != NULL)
        cli_warn(&s->cli, 0, "deeptaylor is made for positive f, and f is negative");
}

static void warn(struct decompose *s, const struct sx_decomposition *r)
{
    warn_of_relevance(s, r);
    const char *op;
    bool soft;
    if (r->n_terms > 0 && !r->converged)
        cli_warn(
            &s->cli, 0,
            "the Taylor series has not converged at this order: trust effects J, not terms");
    if (r->n_terms > 0 && s->o.fit == 0 && s->o.smooth == NULL &&
        sx_explainer_kink(s->explainer, 0, &op, &soft) != NULL)
        cli_warn(&s->cli, 0,
                 "f has kinks: Taylor effects see none of them (--smooth, --taylor-fit)");
    if (s->background == NULL && s->o.gauss == 0 &&
        (has(r, "preddiff") || has(r, "expgrad") || has(r, "deepshap")))
        cli_warn(&s->cli, 0, "no --background: the baseline alone is used");
    if (strcmp(s->cli.baseline, "zero") != 0 &&
        (has(r, "lrp-eps") || has(r, "lrp-ab") || has(r, "deeptaylor")))
        cli_warn(&s->cli, 0, "lrp-eps, lrp-ab and deeptaylor are against zero");
    if (r->n_sets == 0 && s->o.allocation == SX_ALLOC_AUTO)
        cli_warn(&s->cli, 0,
                 "effects are not allocated: too dear without --alloc or --max-order");
}

/* Puts the names of the players and what they are given. */
static bool put_decomposition(struct decompose *s, const struct sx_decomposition *r,
                              struct sx_error *error)
{
    const char **name = calloc((size_t)r->players + 1, sizeof *name);
    if (name == NULL)
        return cli_error(error, SX_MEMORY, "out of memory");
    for (int64_t i = 0; i < r->players; i++)
        name[i] = cli_player_name(&s->cli, s->explainer, s->players, i);
    cli_put_player_names(&s->cli, s->explainer, s->players, name, r->players);
    sx_put_decomposition(s->cli.result, r, s->top, name, s->effects != TAYLOR, s->cli.timing);
    free(name);
    return true;
}

static bool write_record(struct decompose *s, const struct cli_sample *sample,
                         const struct sx_decomposition *r, struct sx_error *error)
{
    struct sx_result *j = s->cli.result;
    struct sx_record record;
    cli_record(&s->cli, sample, &record);
    cli_record_target(&s->cli, &record, s->explainer);
    sx_result_begin(j, &record);
    put_params(s, r);
    if (!put_decomposition(s, r, error))
        return false;
    static const struct sx_view view = {
        .scalars = "f_x,f_b",
        .each = "methods",
        .columns = "name:method,attribution",
        .lines = "name:method,sum,completeness_gap:gap,principles.p1.violation:p1,"
                 "principles.p2.violation:p2,principles.p3.violation:p3",
        .top = 64};
    return cli_emit(&s->cli, &record, &view, NULL, error);
}

static bool add_array(struct decompose *s, const struct sx_decomposition *r,
                      struct sx_error *error)
{
    struct sx_shape shape = {2, {r->n_methods, r->players}};
    struct sx_tensor t;
    if (!sx_tensor_new(&t, SX_DOUBLE, &shape, error))
        return false;
    for (int64_t i = 0; i < r->n_methods * r->players; i++) {
        const struct sx_decomposed *m = &r->method[i / r->players];
        sx_tensor_set(&t, i, m->failure != NULL ? NAN : m->attribution[i % r->players]);
    }
    bool ok = cli_add_array(&s->cli, &t, error);
    sx_tensor_free(&t);
    return ok;
}

static bool explain(struct cli *cli, const struct cli_sample *sample, struct sx_error *error)
{
    struct decompose *s = &self;
    struct sx_decomposition r;
    if (!sx_explainer_sample(s->explainer, sample->feeds, error) ||
        !prepare(s, sample, error) || !sx_decompose(s->decomposer, &s->o, &r, error))
        return false;
    warn(s, &r);
    return cli->format == CLI_NPY ? add_array(s, &r, error)
                                  : write_record(s, sample, &r, error);
}

static void run(struct decompose *s)
{
    s->cli.explain.pass = sx_decompose_pass(&s->o);
    s->cli.explain.layer = s->o.layer;
    s->explainer = sx_explainer_new(s->cli.model, &s->cli.explain, &s->cli.error);
    if (s->explainer != NULL)
        s->decomposer = sx_decomposer_new(s->explainer, &s->cli.error);
    if (s->decomposer != NULL)
        cli_each(&s->cli, explain);
}

static void free_all(struct decompose *s)
{
    sx_decomposer_free(s->decomposer);
    sx_explainer_free(s->explainer);
    sx_players_free(s->players);
    free(s->baseline);
    free(s->background);
    free(s->foreign);
}

static const struct cli_option options[] = {
    {0, "list-methods", NULL, "print the methods", CLI_CALL, NULL, NULL, list_methods},
    {0, "effects", "KIND", "which effects are written", CLI_CHOICE, &self.effects,
     "harsanyi|taylor|both", NULL},
    {0, "top", "K", "add the K strongest players of each method", CLI_COUNT, &self.top, NULL,
     NULL},
    {0, "sheet", NULL, "pictures: all samples", CLI_FLAG, &self.cli.sheet, NULL, NULL},
    {0, NULL, NULL, NULL, CLI_FLAG, NULL, NULL, NULL}};
static const struct cli_table tables[] = {
    {&sx_decompose_table, &self.o}, {&sx_figure_table, &self.cli.figure}, {NULL, NULL}};

int main(int argc, char **argv)
{
    struct decompose *s = &self;
    s->cli = (struct cli){
        .tool = "attr-decompose",
        .summary = "Explain by fourteen methods, and judge how fairly.",
        .operands = "MODEL [INPUT]...",
        .options = options,
        .tables = tables,
        .kinds =
            "auto|overlay|strip|bars|stacked|waterfall|force|beeswarm|scatter|matrix|network|upset|tokens|signal|sheet|effects|principles",
        .groups = CLI_EXPLAIN | CLI_BASELINE | CLI_PICTURES,
        .formats = CLI_TABLES | CLI_FIGURES | 1u << CLI_NPY,
        .score = SX_SCORE_LOGIT};
    cli_parse(&s->cli, argc, argv);
    if (s->o.absent.kind > SX_ABSENT_BASELINE && s->o.background_from == NULL)
        cli_misuse(&s->cli, "--absent draws from the rows of a --background");
    sx_plot_default(&s->cli.figure.map);
    sx_plot_set(&s->cli.figure.map, "sign", "all", &s->cli.error);
    if (s->effects != HARSANYI && s->o.taylor == 0 && s->o.fit == 0)
        s->o.taylor = 3;
    if (cli_open(&s->cli))
        run(s);
    free_all(s);
    return cli_finish(&s->cli);
}
