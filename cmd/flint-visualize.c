/* flint-visualize.c - what attributes mean: the samples that activate them most, and these samples
 * changed to activate them more. */
#include <stdlib.h>

#include "cmd/cli/streams.h"

struct flint_visualize {
    struct cli cli;
    struct cli_flint f;
    struct sx_flint_shown shown;
    struct sx_flint_origin origin;
};

static struct flint_visualize self;

static void put_params(struct flint_visualize *s)
{
    struct sx_result *r = s->cli.result;
    sx_put_object(r, "params");
    sx_put_options(r, &sx_flint_show_table, &s->f.look);
    if (s->shown.with_am)
        sx_put_options(r, &sx_flint_am_table, &s->shown.am);
    cli_put_common(&s->cli);
    sx_put_end(r);
}

/* Counts the runs of the model: one pass for the survey, one for the top samples, and three more
 * runs for each changed sample. */
static void count_runs(const struct flint_visualize *s, struct sx_record *record)
{
    const struct sx_flint_am *am = &s->shown.am;
    record->forward = 2 * (int64_t)s->f.survey.metrics.samples;
    if (!s->shown.with_am)
        return;
    record->backward = s->shown.n * am->rounds * am->steps;
    record->forward += record->backward + 3 * s->shown.n;
}

static bool write_record(struct flint_visualize *s, struct sx_error *error)
{
    struct sx_result *r = s->cli.result;
    const struct cli_sample all = {.id = s->cli.inputs[0], .started = s->cli.started};
    struct sx_record record;
    cli_record(&s->cli, &all, &record);
    record.input_name = sx_model_input(s->cli.model, 0)->name;
    record.input_shape = *sx_dataset_shape(s->f.data.x);
    count_runs(s, &record);
    sx_result_begin(r, &record);
    put_params(s);
    sx_put_text(r, "classes_by", s->f.data.y != NULL ? "labels" : "model");
    sx_put_flint_shown(r, &s->origin, &s->shown);
    return cli_emit(&s->cli, &record, &sx_flint_shown_view, NULL, error);
}

static bool draw(struct flint_visualize *s, struct sx_error *error)
{
    struct sx_made figure = cli_made(&s->cli);
    bool picture = s->shown.sample.rank > 2;
    bool ok = picture ? sx_plot_shown(&s->origin, &s->shown, s->f.look.mas, s->cli.pre.layout,
                                      &figure, error)
                      : sx_plot_shown_table(&s->origin, &s->shown, &figure, error);
    ok = ok && cli_write_made(&s->cli, &figure, error);
    free(figure.bytes);
    return ok;
}

/* Writes all samples as one array; with --am the changed samples. */
static bool write_array(struct flint_visualize *s, struct sx_error *error)
{
    struct sx_tensor t = {SX_FLOAT, s->shown.sample, s->shown.changed};
    t.shape.dim[0] = s->shown.n;
    return cli_add_array(&s->cli, &t, error);
}

static bool write_result(struct flint_visualize *s, struct sx_error *error)
{
    if (s->f.data.y == NULL)
        cli_warn(&s->cli, 0,
                 "no classes were given: samples are of the class that the model names");
    if (cli_is_figure(&s->cli))
        return draw(s, error);
    return s->cli.format == CLI_NPY ? write_array(s, error) : write_record(s, error);
}

static void run(struct flint_visualize *s)
{
    struct cli_flint *f = &s->f;
    struct sx_error *error = &s->cli.error;
    f->look.am.seed = s->cli.seed;
    if (!cli_flint_survey(&s->cli, f))
        return;
    s->origin = cli_flint_origin(&s->cli, f->flint);
    if (sx_flint_show(f->flint, f->data.x, f->data.y, &f->survey, &f->look, &s->shown, error))
        write_result(s, error);
}

static const struct cli_option options[] = {{.name = NULL}};
static const struct cli_table tables[] = {{&cli_flint_table, &self.f},
                                          {&sx_flint_show_table, &self.f.look},
                                          {&sx_flint_am_table, &self.f.look.am},
                                          {&sx_figure_table, &self.cli.figure},
                                          {NULL, NULL}};

int main(int argc, char **argv)
{
    struct flint_visualize *s = &self;
    s->cli = (struct cli){.tool = "flint-visualize",
                          .summary = "Show what attributes of a fitted interpreter stand for.",
                          .operands = "FITTED.onnx [INPUT]",
                          .options = options,
                          .tables = tables,
                          .without = "output-name,no-bar,input,files-from,null,rows",
                          .kinds = "auto",
                          .groups = CLI_PICTURES | CLI_RUNS,
                          .formats = CLI_TABLES | CLI_FIGURES | 1u << CLI_NPY,
                          .one_result = true};
    cli_flint_parse(&s->cli, &s->f, argc, argv);
    if (cli_open(&s->cli))
        run(s);
    sx_flint_shown_free(&s->shown);
    cli_flint_free(&s->f);
    return cli_finish(&s->cli);
}
