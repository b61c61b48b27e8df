/* attr-score.c - how faithful the attributions in records are, and how similar two streams of
 * records are. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/streams.h"

enum { SCORES = 4 };

struct score {
    struct cli cli;
    struct sx_score_options o;
    const char *map_file, *compare_file, *boxes_file;
    bool summary;
    struct sx_bounds bounds;
    struct cli_records maps, others;
    bool by_method;                  /* both streams have records of several methods */
    struct sx_explainer *by[SCORES]; /* the explainer for each score; NULL: not needed yet */
    struct sx_inference *inference;
    struct sx_score_tally *tally;
    double *baseline;
    struct sx_box *boxes;
    char columns[400]; /* the columns of tables */
};

static struct score self;

/* ---- Scores of one sample ---- */

static struct sx_explainer *explainer(struct score *s, enum sx_score score,
                                      struct sx_error *error)
{
    struct sx_explain_options options = s->cli.explain;
    options.score = score;
    if (s->by[score] == NULL)
        s->by[score] = sx_explainer_new(s->cli.model, &options, error);
    return s->by[score];
}

/* The explainer for a score, at the sample and at the target that the record explains. */
static struct sx_explainer *aimed(struct score *s, const struct cli_sample *sample,
                                  enum sx_score score, const struct sx_datum *record,
                                  struct sx_error *error)
{
    struct sx_explainer *e = explainer(s, score, error);
    bool ok = e != NULL && sx_explainer_sample(e, sample->feeds, error) &&
              cli_aim_by(&s->cli, record, e, error);
    return ok ? e : NULL;
}

static enum sx_score score_of(const struct sx_datum *record, enum sx_score otherwise)
{
    const char *name = sx_datum_text(sx_datum_at(record, "target.score"), "");
    int score = sx_choice_find("raw|logit|prob|logprob", name);
    return score >= 0 ? (enum sx_score)score : otherwise;
}

static bool find_inference(struct score *s, struct sx_explainer *e, struct sx_error *error)
{
    const struct sx_infer_options options = {.watch = s->cli.explain.watch,
                                             .precise = s->cli.explain.precise,
                                             .threads = s->cli.explain.threads,
                                             .max_memory = s->cli.explain.max_memory,
                                             .output = sx_explainer_target(e)->output};
    if (s->inference == NULL && (s->o.metrics >> SX_AIC & 1) != 0)
        s->inference = sx_inference_new(sx_explainer_model(e), &options, error);
    return error->status == SX_OK;
}

static void put_params(struct score *s, int filler)
{
    struct sx_result *r = s->cli.result;
    struct sx_score_options used = s->o;
    used.filler = filler;
    sx_put_object(r, "params");
    sx_put_options(r, &sx_score_table, &used);
    sx_put_text(r, "baseline", s->cli.baseline);
    cli_put_common(&s->cli);
    sx_put_end(r);
}

static bool write_scores(struct score *s, const struct cli_sample *sample,
                         const struct sx_explainer *e, const char *method,
                         const struct sx_scored *scored, int filler, struct sx_error *error)
{
    const struct sx_view view = {.scalars = s->columns, .columns = s->columns};
    struct sx_record record;
    cli_record(&s->cli, sample, &record);
    cli_record_target(&s->cli, &record, e);
    sx_result_begin(s->cli.result, &record);
    put_params(s, filler);
    if (method != NULL)
        sx_put_text(s->cli.result, "method", method);
    sx_put_scores(s->cli.result, s->o.metrics, scored);
    return cli_emit(&s->cli, &record, &view, NULL, error);
}

static bool score_map(struct score *s, const struct cli_sample *sample,
                      const struct sx_datum *record, const struct sx_record_map *map,
                      struct sx_error *error)
{
    struct sx_scored scored[SX_METRICS];
    int filler;
    enum sx_score score = (enum sx_score)s->cli.score;
    struct sx_explainer *own = aimed(s, sample, score_of(record, score), record, error);
    struct sx_explainer *by = own != NULL ? aimed(s, sample, score, record, error) : NULL;
    if (by == NULL || !find_inference(s, by, error))
        return false;
    free(s->baseline);
    s->baseline = NULL;
    s->o.seed = s->cli.seed;
    s->o.sample = (uint64_t)sample->index;
    s->o.layout = s->cli.pre.layout;
    s->o.pre = &s->cli.pre;
    s->o.shown = sample->picture;
    if (!cli_baseline(&s->cli, own, NULL, 0, &s->baseline, error))
        return false;
    s->o.baseline = s->baseline;
    if (!sx_score(by, own, s->inference, &s->o, map, scored, &filler, error))
        return false;
    for (int k = SX_SIC; k <= SX_AIC; k++)
        if ((s->o.metrics >> k & 1) != 0 && scored[k].n == 0)
            cli_warn(&s->cli, 0,
                     "sic, aic: null, they need the pixels of a picture and a finite f");
    return sx_score_tally_add(s->tally, map->method, scored, error) &&
           write_scores(s, sample, by, map->method, scored, filler, error);
}

/* Scores the maps of one record, and returns their number. */
static int64_t score_record(struct score *s, const struct cli_sample *sample,
                            const struct sx_datum *record, struct sx_error *error)
{
    int64_t n = 0;
    for (bool more = true; more && error->status == SX_OK;) {
        struct sx_record_map map;
        more = sx_record_map(record, n, &map, error) && map.values.data != NULL;
        if (more)
            n += score_map(s, sample, record, &map, error);
        sx_record_map_free(&map);
    }
    return n;
}

static bool explain(struct cli *cli, const struct cli_sample *sample, struct sx_error *error)
{
    struct score *s = &self;
    int64_t n = 0;
    (void)cli;
    for (size_t i = 0; i < s->maps.n && error->status == SX_OK; i++) {
        const struct sx_datum *record = sx_result_top(s->maps.record[i]);
        if (cli_record_of(record, sample->id, sample->index))
            n += score_record(s, sample, record, error);
    }
    if (n == 0 && error->status == SX_OK)
        cli_error(error, SX_FAILED, "no record has a map of this sample");
    return error->status == SX_OK;
}

/* Writes a last record for each method. */
static void summarise(struct score *s)
{
    const struct sx_view view = {.scalars = s->columns};
    struct sx_result *r = s->cli.result;
    bool ok = true, text = s->cli.format == CLI_FORMAT_TEXT;
    sx_score_columns(s->columns, sizeof s->columns, "summary.samples:samples,",
                     "summary.scores", s->o.metrics);
    for (int64_t i = 0; ok && i < sx_score_tally_count(s->tally); i++) {
        sx_result_reset(r);
        sx_put_score_summary(r, s->cli.tool, s->tally, i, s->o.metrics);
        ok = text ? sx_result_text(r, &view, NULL, s->cli.sink, &s->cli.error)
                  : sx_result_json(r, s->cli.sink, &s->cli.error);
    }
}

static void run_scores(struct score *s)
{
    if (s->boxes_file != NULL &&
        !sx_boxes_read(s->boxes_file, &s->boxes, &s->o.n_boxes, &s->cli.error)) {
        cli_place(&s->cli, s->boxes_file);
        return;
    }
    s->o.boxes = s->boxes;
    s->tally = sx_score_tally_new(&s->cli.error);
    if (s->tally == NULL || !cli_read_records(&s->cli, s->map_file, &s->maps) ||
        !cli_records_match(&s->cli, s->map_file, &s->maps))
        return;
    cli_each(&s->cli, explain);
    if (s->summary && s->cli.error.status == SX_OK)
        summarise(s);
}

/* ---- Two streams of records ---- */

/* Reports each bound that does not hold, and makes the exit status 4. */
static void check_bounds(struct score *s, const struct cli_sample *sample, const char *method,
                         const struct sx_similarity *similarity)
{
    for (int i = 0; i < s->bounds.n; i++) {
        struct sx_error error;
        char place[160], what[80];
        if (sx_bound_holds(&s->bounds, i, similarity, what))
            continue;
        snprintf(place, sizeof place, "%.80s: sample %lld%s%.40s", sample->id,
                 (long long)sample->index, method != NULL ? ": " : "",
                 method != NULL ? method : "");
        cli_error(&error, SX_CHECK, "%s", what);
        cli_complain_sample(&s->cli, place, &error);
    }
}

static bool write_similarity(struct score *s, const struct cli_sample *sample,
                             const char *method, const struct sx_similarity *similarity,
                             struct sx_error *error)
{
    static const char keys[] = "similarity.spearman:spearman,similarity.ssim:ssim,"
                               "similarity.topk_iou:topk_iou,similarity.max_abs:max_abs";
    static const struct sx_view view = {.scalars = keys, .columns = keys};
    struct sx_result *r = s->cli.result;
    struct sx_record record = {.seconds = -1};
    sx_result_reset(r);
    sx_put_object(r, NULL);
    sx_put_text(r, "tool", s->cli.tool);
    sx_put_text(r, "version", SX_VERSION);
    sx_put_text(r, "id", sample->id);
    sx_put_int(r, "index", sample->index);
    if (method != NULL)
        sx_put_text(r, "method", method);
    sx_put_similarity(r, similarity);
    return cli_emit(&s->cli, &record, &view, NULL, error);
}

static bool compare_record(struct score *s, const struct cli_sample *sample,
                           const struct sx_datum *record, struct sx_error *error)
{
    struct sx_pair pair = {s->others.record, s->others.n, s->by_method, .record = record};
    while (sx_pair_next(&pair, error)) {
        check_bounds(s, sample, pair.method, &pair.similarity);
        if (!write_similarity(s, sample, pair.method, &pair.similarity, error))
            return false;
    }
    return error->status == SX_OK;
}

/* Compares each record of standard input with its counterpart in the other stream. Summaries are
 * skipped. */
static void run_compare(struct score *s)
{
    if (!cli_read_records(&s->cli, s->compare_file, &s->others) ||
        !cli_read_records(&s->cli, "-", &s->maps))
        return;
    s->by_method = sx_has_methods(s->maps.record, s->maps.n) &&
                   sx_has_methods(s->others.record, s->others.n);
    int64_t lone = sx_unpaired(s->maps.record, s->maps.n, s->others.record, s->others.n);
    bool go_on = true;
    if (lone > 0)
        cli_say(&s->cli, "%lld records of --compare have no counterpart on standard input",
                (long long)lone);
    for (size_t i = 0; i < s->maps.n && go_on; i++) {
        const struct sx_datum *record = sx_result_top(s->maps.record[i]);
        struct sx_error error = {0};
        const struct cli_sample sample = cli_sample_of(record);
        if (sample.id == NULL)
            continue;
        bool ok = compare_record(s, &sample, record, &error);
        go_on = cli_done(&s->cli, &sample, ok, &error);
    }
}

static bool set_compare(struct cli *cli, const char *argument)
{
    cli->no_model = true;
    self.compare_file = argument;
    return true;
}

static void settle(struct score *s)
{
    sx_score_columns(s->columns, sizeof s->columns, "", "scores", s->o.metrics);
    if (s->compare_file != NULL && (s->map_file != NULL || s->summary))
        cli_misuse(&s->cli, "--compare takes no --map and no --summary");
    if (s->compare_file != NULL && strcmp(s->compare_file, "-") == 0)
        cli_misuse(&s->cli, "--compare names a file: the other stream is standard input");
    if (s->compare_file == NULL && s->bounds.n > 0)
        cli_misuse(&s->cli, "--max and --min are of --compare");
    if (s->compare_file == NULL && s->map_file == NULL)
        cli_misuse(&s->cli, "--map=RECORDS says what to score");
    if ((s->o.metrics >> SX_POINTING & 1) != 0 && s->boxes_file == NULL)
        cli_misuse(&s->cli, "the pointing game needs --boxes");
    if (s->summary && s->cli.format > CLI_JSON)
        cli_misuse(&s->cli, "--summary is for -f json");
}

static void free_all(struct score *s)
{
    for (int i = 0; i < SCORES; i++)
        sx_explainer_free(s->by[i]);
    sx_inference_free(s->inference);
    sx_score_tally_free(s->tally);
    sx_boxes_free(s->boxes, s->o.n_boxes);
    cli_records_free(&s->maps);
    cli_records_free(&s->others);
    free(s->baseline);
}

static const struct cli_option options[] = {
    {.name = "map",
     .argument = "RECORDS",
     .kind = CLI_TEXT,
     .to = &self.map_file,
     .help = "attributions: JSON lines of any tool; - is standard input"},
    {.name = "boxes",
     .argument = "FILE",
     .kind = CLI_TEXT,
     .to = &self.boxes_file,
     .help = "pointing: boxes of the object in the picture"},
    {0, "summary", NULL, "add a last record with means over all samples", CLI_FLAG,
     &self.summary, NULL, NULL},
    {.name = "compare",
     .argument = "RECORDS",
     .kind = CLI_CALL,
     .call = set_compare,
     .help = "compare these records with those on standard input"},
    {.name = NULL}};
static const struct cli_table tables[] = {{&sx_score_table, &self.o},
                                          {&sx_bounds_table, &self.bounds},
                                          {&sx_figure_table, &self.cli.figure},
                                          {NULL, NULL}};

int main(int argc, char **argv)
{
    struct score *s = &self;
    s->cli = (struct cli){.tool = "attr-score",
                          .summary = "Score how faithful attributions are, or how alike.",
                          .operands = "{MODEL [INPUT]... --map=RECORDS | --compare=RECORDS}",
                          .options = options,
                          .tables = tables,
                          .kinds = "auto|bars|waterfall|force|beeswarm|curve|sheet",
                          .without = "tokens,vocab,keep-ids,names",
                          .groups = CLI_EXPLAIN | CLI_BASELINE | CLI_PICTURES,
                          .formats = CLI_TABLES | CLI_FIGURES,
                          .score = SX_SCORE_PROB};
    cli_parse(&s->cli, argc, argv);
    settle(s);
    void (*work)(struct score *) = s->compare_file != NULL ? run_compare : run_scores;
    if (cli_open(&s->cli))
        work(s);
    free_all(s);
    return cli_finish(&s->cli);
}
