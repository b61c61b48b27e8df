/* flint-global.c - which attributes characterise which classes, and the quality of an interpreter. */
#include <stdlib.h>

#include "cmd/cli/streams.h"

struct flint_global {
    struct cli cli;
    struct cli_flint f;
};

static struct flint_global self;

static bool write_record(struct flint_global *s, struct sx_error *error)
{
    const struct cli_flint *f = &s->f;
    struct sx_result *r = s->cli.result;
    const struct cli_sample all = {.id = s->cli.inputs[0], .started = s->cli.started};
    const struct sx_flint_origin origin = cli_flint_origin(&s->cli, f->flint);
    struct sx_record record;
    cli_record(&s->cli, &all, &record);
    record.input_name = sx_model_input(s->cli.model, 0)->name;
    record.input_shape = *sx_dataset_shape(f->data.x);
    record.forward = (int64_t)f->survey.metrics.samples;
    sx_result_begin(r, &record);
    sx_put_object(r, "params");
    sx_put_options(r, &sx_flint_global_table, &f->look);
    cli_put_common(&s->cli);
    sx_put_end(r);
    sx_put_flint_survey(r, f->flint, &origin, &f->survey, f->look.tau);
    return cli_emit(&s->cli, &record, &sx_flint_survey_view, NULL, error);
}

static bool write_array(struct flint_global *s, struct sx_error *error)
{
    struct sx_shape shape = {2,
                             {sx_flint_classes(s->f.flint), sx_flint_attributes(s->f.flint)}};
    struct sx_tensor t = {SX_DOUBLE, shape, s->f.survey.relevance};
    return cli_add_array(&s->cli, &t, error);
}

static void run(struct flint_global *s)
{
    struct sx_error *error = &s->cli.error;
    if (!cli_flint_survey(&s->cli, &s->f))
        return;
    if (s->cli.format == CLI_NPY)
        write_array(s, error);
    else
        write_record(s, error);
}

static const struct cli_option options[] = {{.name = NULL}};
static const struct cli_table tables[] = {{&cli_flint_table, &self.f},
                                          {&sx_flint_global_table, &self.f.look},
                                          {&sx_figure_table, &self.cli.figure},
                                          {NULL, NULL}};

int main(int argc, char **argv)
{
    struct flint_global *s = &self;
    s->cli = (struct cli){.tool = "flint-global",
                          .summary = "Say which attributes stand for which classes.",
                          .operands = "FITTED.onnx [INPUT]",
                          .options = options,
                          .tables = tables,
                          .without = "output-name,input,files-from,null,rows",
                          .kinds = "auto",
                          .groups = CLI_PICTURES | CLI_RUNS,
                          .formats = CLI_TABLES | CLI_FIGURES | 1u << CLI_NPY,
                          .one_result = true};
    cli_flint_parse(&s->cli, &s->f, argc, argv);
    if (cli_open(&s->cli))
        run(s);
    cli_flint_free(&s->f);
    return cli_finish(&s->cli);
}
