/* taylorcam.c - relations between places of a picture, by second and third derivatives. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/streams.h"

enum { OPEN = SX_SCORE_LOGPROB + 1 }; /* the value of `score` if --score was not given */

struct taylorcam {
    struct cli cli;
    struct sx_taylorcam_options o;
    struct sx_box *box; /* the boxes of --boxes */
    int64_t n_boxes;
    struct sx_taylorcam_choice choice;
    struct sx_explainer *explainer;
    struct sx_taylorcam *method;

    /* The current sample: */
    double *baseline;
    struct sx_picture made; /* made from an input array */
    struct sx_taylorcam_result found;
};

static struct taylorcam self;

/* ---- One sample ---- */

static void forget(struct taylorcam *s)
{
    free(s->baseline);
    s->baseline = NULL;
    sx_taylorcam_result_free(&s->found);
    sx_picture_free(&s->made);
}

/* Chooses what the user left open, and makes the explainer and the method. This is done at the
 * first sample, because the choice may depend on its shapes. Probabilities are computed in float64,
 * because near 1 float32 leaves few digits. */
static bool begin(struct taylorcam *s, const struct sx_tensor *feeds, struct sx_error *error)
{
    struct sx_explain_options o = s->cli.explain;
    if (s->method != NULL)
        return true;
    o.wrt = s->o.layer != NULL ? s->o.layer : o.wrt;
    sx_taylorcam_choice_free(&s->choice);
    sx_explainer_free(s->explainer);
    s->explainer = NULL;
    if (!sx_taylorcam_choose(s->cli.model, &o, s->cli.score != OPEN, &s->o, feeds, &s->choice,
                             error))
        return false;
    o.wrt = s->choice.layer;
    o.score = s->choice.score;
    o.margin = true;
    o.precise = o.precise || o.score >= SX_SCORE_PROB;
    s->o.smooth = s->choice.smooth;
    s->o.most = s->choice.most;
    s->explainer = sx_explainer_new(s->cli.model, &o, error);
    if (s->explainer == NULL || !sx_explainer_smooth(s->explainer, s->o.smooth, error))
        return false;
    s->method = sx_taylorcam_new(s->explainer, &s->o, error);
    return s->method != NULL;
}

/* The picture of a sample, as it was read or made from an input array; NULL if the sample is no
 * picture. Fails only for lack of memory. */
static const struct sx_picture *
find_picture(struct taylorcam *s, const struct cli_sample *sample, struct sx_error *error)
{
    if (sample->picture != NULL)
        return sample->picture;
    for (int i = 0; i < sx_model_input_count(s->cli.model); i++) {
        const struct sx_tensor *feed = &sample->feeds[i];
        struct sx_error other = {0};
        if (feed->shape.rank >= 3 && sx_picture_of(feed, s->cli.pre.layout, &s->made, &other)) {
            if (s->made.width > 1 && s->made.height > 1)
                return &s->made;
            sx_picture_free(&s->made);
        }
        if (other.status == SX_MEMORY)
            *error = other;
    }
    return NULL;
}

static bool relate(struct taylorcam *s, const struct cli_sample *sample, struct sx_error *error)
{
    const struct sx_picture *picture = find_picture(s, sample, error);
    return error->status == SX_OK &&
           cli_baseline(&s->cli, s->explainer, NULL, 0, &s->baseline, error) &&
           sx_taylorcam_explain(s->method, s->baseline, picture, s->box, s->n_boxes, &s->found,
                                error);
}

/* ---- Results ---- */

static void warn(struct taylorcam *s)
{
    char text[SX_REMARK];
    for (int i = 0; sx_taylorcam_remark(s->method, &s->choice, &s->found.relations, &i, text);)
        cli_warn(&s->cli, 0, text);
}

static void put_params(struct taylorcam *s)
{
    struct sx_result *r = s->cli.result;
    sx_put_object(r, "params");
    sx_put_options(r, &sx_taylorcam_table, &s->o);
    sx_put_text(r, "baseline", s->cli.baseline);
    sx_put_text(r, "head",
                s->cli.explain.precise || s->choice.score >= SX_SCORE_PROB ? "float64"
                                                                           : "float32");
    cli_put_common(&s->cli);
    sx_put_end(r);
}

static bool write_record(struct taylorcam *s, const struct cli_sample *sample,
                         struct sx_error *error)
{
    struct sx_record record;
    const struct sx_view view = sx_taylorcam_view(&s->o);
    struct sx_tensor map = s->found.relations.marginal;
    map.shape = (struct sx_shape){3, {1, map.shape.dim[0], map.shape.dim[1]}};
    cli_record(&s->cli, sample, &record);
    cli_record_target(&s->cli, &record, s->explainer);
    record.input_name = sx_model_input(s->cli.model, 0)->name;
    record.input_shape = sample->feeds[0].shape;
    sx_result_begin(s->cli.result, &record);
    put_params(s);
    sx_put_taylorcam(s->cli.result, s->method, &s->found);
    if (s->cli.figure.kind == SX_MATRIX && cli_is_figure(&s->cli))
        sx_put_tensor(s->cli.result, "relations",
                      s->o.is_signed ? &s->found.relations.effect
                                     : &s->found.relations.strength);
    return cli_emit(&s->cli, &record, &view, &map, error);
}

static bool write_result(struct taylorcam *s, const struct cli_sample *sample,
                         struct sx_error *error)
{
    warn(s);
    return s->cli.format == CLI_NPY
               ? cli_add_array(&s->cli, &s->found.relations.marginal, error)
               : write_record(s, sample, error);
}

static bool explain(struct cli *cli, const struct cli_sample *sample, struct sx_error *error)
{
    struct taylorcam *s = &self;
    (void)cli;
    bool ok = begin(s, sample->feeds, error) &&
              sx_explainer_sample(s->explainer, sample->feeds, error) &&
              relate(s, sample, error) && write_result(s, sample, error);
    forget(s);
    return ok;
}

/* ---- The run ---- */

static void show_layer(void *context, const struct sx_listed *l)
{
    const struct sx_shape *shape = &l->shape;
    struct taylorcam *s = context;
    if (!l->differentiable || shape->rank < 2 || sx_count(shape) < 2 ||
        (shape->rank == 4 && shape->dim[2] * shape->dim[3] < 2))
        return;
    sx_sink_print(s->cli.sink, "%s  ", l->tensor);
    for (int k = 0; k < shape->rank; k++)
        sx_sink_print(s->cli.sink, "%s%lld", k > 0 ? "x" : "", (long long)shape->dim[k]);
    sx_sink_print(s->cli.sink, "  %s\n", l->op);
}

static bool list_layers(struct taylorcam *s)
{
    s->cli.wrote = true;
    sx_sink_for_eyes(s->cli.sink);
    return sx_list(s->cli.model, NULL, s->cli.explain.output, s->cli.explain.max_memory,
                   show_layer, s, &s->cli.error) &&
           sx_sink_flush(s->cli.sink, &s->cli.error);
}

static void run(struct taylorcam *s)
{
    struct sx_error error = {0};
    if (s->o.layer != NULL && strcmp(s->o.layer, "list") == 0)
        list_layers(s);
    else if (s->o.boxes == NULL || sx_boxes_read(s->o.boxes, &s->box, &s->n_boxes, &error))
        cli_each(&s->cli, explain);
    else
        cli_fail(&s->cli, s->o.boxes, &error);
}

static const struct cli_option options[] = {
    {.name = "sheet", .kind = CLI_FLAG, .to = &self.cli.sheet, .help = "pictures: all samples"},
    {.name = NULL}};
static const struct cli_table tables[] = {{&sx_taylorcam_table, &self.o},
                                          {&sx_figure_table, &self.cli.figure},
                                          {&sx_plot_table, &self.cli.figure.map},
                                          {NULL, NULL}};

/* Settles options that depend on each other. */
static void settle(struct taylorcam *s)
{
    if (s->cli.figure.kind == SX_MATRIX && s->o.order == 3)
        cli_misuse(&s->cli, "relations of three places are no matrix");
}

int main(int argc, char **argv)
{
    struct taylorcam *s = &self;
    s->cli = (struct cli){.tool = "taylorcam",
                          .summary = "Show which places of a picture act together.",
                          .operands = "MODEL [INPUT]...",
                          .options = options,
                          .tables = tables,
                          .without = "tokens,vocab,keep-ids,names,edges",
                          .kinds = "auto|overlay|strip|bars|matrix|network|sheet",
                          .groups = CLI_EXPLAIN | CLI_BASELINE | CLI_PICTURES,
                          .formats = CLI_TABLES | CLI_FIGURES | 1u << CLI_NPY,
                          .score = OPEN};
    cli_parse(&s->cli, argc, argv);
    settle(s);
    if (s->o.is_signed)
        sx_plot_set(&s->cli.figure.map, "sign", "all", &s->cli.error);
    if (cli_open(&s->cli))
        run(s);
    sx_taylorcam_free(s->method);
    sx_taylorcam_choice_free(&s->choice);
    sx_explainer_free(s->explainer);
    sx_boxes_free(s->box, s->n_boxes);
    return cli_finish(&s->cli);
}
