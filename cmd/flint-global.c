/* flint-global.c - which attributes stand for which classes, and how good an interpreter is. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/cli.h"

struct flint_global {
    struct cli cli;
    struct cli_flint f;
};

static struct flint_global self;

static double relevance(const struct flint_global *s, int64_t class, int64_t attribute)
{
    return s->f.survey.relevance[class * sx_flint_attributes(s->f.flint) + attribute];
}

/* ---- Output ---- */

static void write_classes(const struct flint_global *s, struct sx_result *j)
{
    int64_t classes = sx_flint_classes(s->f.flint), n = sx_flint_attributes(s->f.flint);
    sx_put_list(j, "classes");
    for (int64_t c = 0; c < classes; c++)
        if (cli_label(&s->cli, c) != NULL)
            sx_put_text(j, NULL, cli_label(&s->cli, c));
        else
            sx_put_int(j, NULL, c);
    sx_put_end(j);
    sx_put_list(j, "counts");
    for (int64_t c = 0; c < classes; c++)
        sx_put_int(j, NULL, s->f.survey.count[c]);
    sx_put_end(j);
    sx_put_list(j, "relevance");
    for (int64_t c = 0; c < classes; c++) {
        sx_put_list(j, NULL);
        for (int64_t k = 0; k < n; k++)
            if (s->f.survey.count[c] > 0)
                sx_put_number(j, NULL, relevance(s, c, k));
            else
                sx_put_null(j, NULL);
        sx_put_end(j);
    }
    sx_put_end(j);
}

static void write_pairs(const struct flint_global *s, struct sx_result *j)
{
    sx_put_list(j, "pairs");
    for (int64_t c = 0; c < sx_flint_classes(s->f.flint); c++)
        for (int64_t k = 0; k < sx_flint_attributes(s->f.flint); k++)
            if (relevance(s, c, k) > 1 / s->f.tau) {
                sx_put_object(j, NULL);
                sx_put_int(j, "class", c);
                if (cli_label(&s->cli, c) != NULL)
                    sx_put_text(j, "label", cli_label(&s->cli, c));
                sx_put_int(j, "attribute", k);
                sx_put_number(j, "r", relevance(s, c, k));
                sx_put_end(j);
            }
    sx_put_end(j);
}

static bool write_record(struct flint_global *s, struct sx_error *error)
{
    struct sx_result *j = s->cli.result;
    const struct cli_sample all = {.id = s->cli.inputs[0], .started = s->cli.started};
    struct sx_record record;
    cli_record(&s->cli, &all, &record);
    record.input_name = sx_model_input(s->cli.model, 0)->name;
    record.input_shape = *sx_dataset_shape(s->f.data.x);
    record.forward = (int64_t)s->f.survey.metrics.samples;
    sx_result_begin(j, &record);
    sx_put_object(j, "params");
    sx_put_double(j, "tau", s->f.tau);
    sx_put_int(j, "subset", s->f.survey.subset);
    sx_put_bool(j, "correct_only", s->f.survey.correct_only);
    sx_put_text(j, "precision", s->cli.explain.precise ? "float64" : "float32");
    sx_put_int(j, "seed", (int64_t)s->cli.seed);
    sx_put_end(j);
    write_classes(s, j);
    write_pairs(s, j);
    sx_put_object(j, "metrics");
    sx_put_metrics(j, &s->f.survey.metrics);
    sx_put_end(j);
    sx_put_list(j, "disagree");
    for (int64_t i = 0; i < s->f.survey.n_disagree; i++)
        sx_put_int(j, NULL, s->f.survey.disagree[i]);
    sx_put_end(j);
    static const struct sx_view view = {
        .scalars = "metrics.samples:samples,metrics.fidelity:fidelity,metrics.acc_f:acc_f,"
                   "metrics.acc_g:acc_g,metrics.live:live,metrics.used:used",
        .each = "pairs",
        .columns = "class,label,attribute,r",
        .rank = "r",
        .top = 64};
    return cli_emit(&s->cli, &record, &view, NULL, error);
}

/* Attributes down, classes across. */
static bool draw(struct flint_global *s, struct sx_error *error)
{
    int64_t classes = sx_flint_classes(s->f.flint), n = sx_flint_attributes(s->f.flint);
    struct sx_picture figure = {0};
    double *turned = calloc((size_t)(classes * n) + 1, sizeof *turned);
    if (turned == NULL) {
        *error = (struct sx_error){SX_MEMORY, "out of memory"};
        return false;
    }
    for (int64_t c = 0; c < classes; c++)
        for (int64_t k = 0; k < n; k++)
            turned[k * classes + c] = relevance(s, c, k);
    bool ok = sx_plot_cells(turned, n, classes, "relevance of attributes for classes",
                            "attribute", "class", &figure, error) &&
              cli_write_png(&s->cli, &figure, error);
    sx_picture_free(&figure);
    free(turned);
    return ok;
}

static bool write_array(struct flint_global *s, struct sx_error *error)
{
    struct sx_shape shape = {2,
                             {sx_flint_classes(s->f.flint), sx_flint_attributes(s->f.flint)}};
    struct sx_tensor t = {SX_DOUBLE, shape, s->f.survey.relevance};
    return cli_add_array(&s->cli, &t, error);
}

/* ---- The run ---- */

static void run(struct flint_global *s)
{
    struct sx_error *error = &s->cli.error;
    if (!cli_flint_survey(&s->cli, &s->f))
        return;
    if (s->cli.format == CLI_PNG)
        draw(s, error);
    else if (s->cli.format == CLI_NPY)
        write_array(s, error);
    else
        write_record(s, error);
}

static const struct cli_option options[] = {
    {'y', "classes", "FILE", "classes of the samples: .npy, or text, one a line", CLI_TEXT,
     &self.f.y, NULL, NULL},
    {0, "tau", "R", "pairs of relevance over 1/R are listed", CLI_NUMBER, &self.f.tau, NULL,
     NULL},
    {0, "subset", "N", "draw so many of the samples", CLI_COUNT, &self.f.survey.subset, NULL,
     NULL},
    {0, "correct-only", NULL, "relevance from samples that the interpreter gets right",
     CLI_FLAG, &self.f.survey.correct_only, NULL, NULL},
    {0, "raw", NULL, "integers are values, not pixels of 0..255", CLI_FLAG, &self.f.raw, NULL,
     NULL},
    {0, NULL, NULL, NULL, CLI_FLAG, NULL, NULL, NULL}};

int main(int argc, char **argv)
{
    struct flint_global *s = &self;
    s->cli = (struct cli){.tool = "flint-global",
                          .summary = "Say which attributes stand for which classes.",
                          .operands = "FITTED.onnx [INPUT]",
                          .options = options,
                          .groups = CLI_PICTURES,
                          .formats = CLI_TABLES | 1u << CLI_PNG | 1u << CLI_NPY,
                          .one_result = true};
    s->f.tau = 5;
    cli_parse(&s->cli, argc, argv);
    cli_one_input(&s->cli);
    cli_flint_check(&s->cli, s->f.tau, s->f.raw);
    if (cli_open(&s->cli))
        run(s);
    cli_flint_free(&s->f);
    return cli_finish(&s->cli);
}
