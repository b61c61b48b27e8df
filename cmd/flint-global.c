/* flint-global.c - which attributes stand for which classes, and how good an interpreter is. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli.h"

struct flint_global {
    struct cli cli;
    struct sx_flint *flint;
    struct cli_data data;
    struct sx_flint_survey survey;
    const char *y;
    double tau;
    int64_t subset;
    bool raw, correct_only;
};

static struct flint_global self;

static const char *label_of(const struct cli *cli, int64_t i)
{
    return i < (int64_t)cli->n_labels ? cli->labels[i] : NULL;
}

static double relevance(const struct flint_global *s, int64_t class, int64_t attribute)
{
    return s->survey.relevance[class * sx_flint_attributes(s->flint) + attribute];
}

/* ---- Output ---- */

static void write_classes(const struct flint_global *s, struct sx_json *j)
{
    int64_t classes = sx_flint_classes(s->flint), n = sx_flint_attributes(s->flint);
    sx_json_array(j, "classes");
    for (int64_t c = 0; c < classes; c++)
        if (label_of(&s->cli, c) != NULL)
            sx_json_string(j, NULL, label_of(&s->cli, c));
        else
            sx_json_int(j, NULL, c);
    sx_json_array_end(j);
    sx_json_array(j, "counts");
    for (int64_t c = 0; c < classes; c++)
        sx_json_int(j, NULL, s->survey.count[c]);
    sx_json_array_end(j);
    sx_json_array(j, "relevance");
    for (int64_t c = 0; c < classes; c++) {
        sx_json_array(j, NULL);
        for (int64_t k = 0; k < n; k++)
            sx_json_number(j, NULL, relevance(s, c, k));
        sx_json_array_end(j);
    }
    sx_json_array_end(j);
}

static void write_pairs(const struct flint_global *s, struct sx_json *j)
{
    sx_json_array(j, "pairs");
    for (int64_t c = 0; c < sx_flint_classes(s->flint); c++)
        for (int64_t k = 0; k < sx_flint_attributes(s->flint); k++)
            if (relevance(s, c, k) > 1 / s->tau) {
                sx_json_object(j, NULL);
                sx_json_int(j, "class", c);
                sx_json_int(j, "attribute", k);
                sx_json_number(j, "r", relevance(s, c, k));
                sx_json_object_end(j);
            }
    sx_json_array_end(j);
}

static bool write_record(struct flint_global *s, struct sx_error *error)
{
    struct sx_json *j = &s->cli.json;
    const struct cli_sample all = {.id = s->cli.inputs[0], .started = s->cli.started};
    struct sx_record record;
    cli_record(&s->cli, &all, &record);
    record.input_name = sx_model_input(s->cli.model, 0)->name;
    record.input_shape = *sx_dataset_shape(s->data.x);
    record.forward = (int64_t)s->survey.metrics.samples;
    sx_record_begin(j, &record);
    sx_json_object(j, "params");
    sx_json_double(j, "tau", s->tau);
    sx_json_int(j, "subset", s->subset);
    sx_json_bool(j, "correct_only", s->correct_only);
    sx_json_string(j, "precision", s->cli.explain.precise ? "float64" : "float32");
    sx_json_int(j, "seed", (int64_t)s->cli.seed);
    sx_json_object_end(j);
    write_classes(s, j);
    write_pairs(s, j);
    sx_json_object(j, "metrics");
    sx_json_metrics(j, &s->survey.metrics);
    sx_json_object_end(j);
    sx_json_array(j, "disagree");
    for (int64_t i = 0; i < s->survey.n_disagree; i++)
        sx_json_int(j, NULL, s->survey.disagree[i]);
    sx_json_array_end(j);
    return sx_record_end(j, &record, error);
}

static bool write_text(struct flint_global *s, struct sx_error *error)
{
    const struct sx_flint_metrics *m = &s->survey.metrics;
    struct sx_sink *to = s->cli.sink;
    sx_sink_print(to, "%.0f samples, fidelity %.4f", m->samples, m->fidelity);
    if (isfinite(m->acc_f))
        sx_sink_print(to, ", right: model %.4f, interpreter %.4f", m->acc_f, m->acc_g);
    sx_sink_print(to, "\nattributes: %.0f live, %.0f used", m->live, m->used);
    for (int i = 0; i < SX_TAUS; i++)
        sx_sink_print(to, "%s %.2f at tau %.3g", i > 0 ? "," : ";", m->conciseness[i],
                      sx_taus[i]);
    sx_sink_print(to, " a sample\n");
    for (int64_t c = 0; c < sx_flint_classes(s->flint); c++) {
        const char *label = label_of(&s->cli, c);
        sx_sink_print(to, "class %lld%s%s (%lld):", (long long)c, label != NULL ? " " : "",
                      label != NULL ? label : "", (long long)s->survey.count[c]);
        for (int64_t k = 0; k < sx_flint_attributes(s->flint); k++)
            if (relevance(s, c, k) > 1 / s->tau)
                sx_sink_print(to, "  %lld %.2f", (long long)k, relevance(s, c, k));
        sx_sink_print(to, "\n");
    }
    return sx_sink_flush(to, error);
}

/* Attributes down, classes across. */
static bool draw(struct flint_global *s, struct sx_error *error)
{
    int64_t classes = sx_flint_classes(s->flint), n = sx_flint_attributes(s->flint);
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
    struct sx_shape shape = {2, {sx_flint_classes(s->flint), sx_flint_attributes(s->flint)}};
    struct sx_tensor t = {SX_DOUBLE, shape, s->survey.relevance};
    return cli_add_array(&s->cli, &t, error);
}

/* ---- The run ---- */

static void run(struct flint_global *s)
{
    struct sx_error *error = &s->cli.error;
    s->flint = sx_flint_open(s->cli.model, s->cli.explain.precise, s->cli.explain.threads,
                             s->cli.explain.max_memory, error);
    s->survey = (struct sx_flint_survey){
        .subset = s->subset, .seed = s->cli.seed, .correct_only = s->correct_only};
    if (s->flint == NULL || !cli_read_data(&s->cli, s->cli.inputs[0], s->y, &s->data, error) ||
        !sx_flint_survey(s->flint, s->data.x, s->data.y, &s->survey, error))
        return;
    switch (s->cli.format) {
    case CLI_FORMAT_TEXT:
        write_text(s, error);
        break;
    case CLI_PNG:
        draw(s, error);
        break;
    case CLI_NPY:
        write_array(s, error);
        break;
    default:
        write_record(s, error);
        break;
    }
}

static void check_options(struct flint_global *s)
{
    struct cli *cli = &s->cli;
    struct sx_error error = {0};
    cli_one_input(cli);
    if (!(s->tau >= 1))
        cli_misuse(cli, "tau is at least 1");
    if (s->raw)
        sx_preprocess_preset(&cli->pre, "raw", &error);
}

static const struct cli_option options[] = {
    {'y', "classes", "FILE", "classes of the samples: .npy, or text, one a line", CLI_TEXT,
     &self.y, NULL, NULL},
    {0, "tau", "R", "pairs of relevance over 1/R are listed", CLI_NUMBER, &self.tau, NULL,
     NULL},
    {0, "subset", "N", "draw so many of the samples", CLI_COUNT, &self.subset, NULL, NULL},
    {0, "correct-only", NULL, "relevance from samples that the interpreter gets right",
     CLI_FLAG, &self.correct_only, NULL, NULL},
    {0, "raw", NULL, "integers are values, not pixels of 0..255", CLI_FLAG, &self.raw, NULL,
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
                          .formats = 1u << CLI_FORMAT_TEXT | 1u << CLI_JSON | 1u << CLI_PNG |
                                     1u << CLI_NPY,
                          .one_result = true};
    s->tau = 5;
    cli_parse(&s->cli, argc, argv);
    check_options(s);
    if (cli_open(&s->cli))
        run(s);
    sx_flint_survey_free(&s->survey);
    sx_flint_free(s->flint);
    cli_data_free(&s->data);
    return cli_finish(&s->cli);
}
