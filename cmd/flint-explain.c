/* flint-explain.c - which attributes of a fitted interpreter speak for the class of a sample. */
#include <stdlib.h>
#include <string.h>

#include "cmd/cli.h"

struct flint_explain {
    struct cli cli;
    struct sx_flint *flint;
    double tau;
    bool raw;
    int64_t *order; /* attributes by relevance, largest first */
};

static struct flint_explain self;

static const char *label_of(const struct cli *cli, int64_t i)
{
    return i < (int64_t)cli->n_labels ? cli->labels[i] : NULL;
}

/* Orders attributes by relevance; returns how many are over 1 / tau. */
static int64_t sort_relevant(struct flint_explain *s, const double *r, int64_t n)
{
    int64_t relevant = 0;
    for (int64_t j = 0; j < n; j++) {
        int64_t at = j;
        for (; at > 0 && r[s->order[at - 1]] < r[j]; at--)
            s->order[at] = s->order[at - 1];
        s->order[at] = j;
        relevant += r[j] > 1 / s->tau;
    }
    return relevant;
}

static void write_list(struct sx_json *j, const char *key, const double *values, int64_t n)
{
    sx_json_array(j, key);
    for (int64_t i = 0; i < n; i++)
        sx_json_number(j, NULL, values[i]);
    sx_json_array_end(j);
}

static bool write_record(struct flint_explain *s, const struct cli_sample *sample,
                         const struct sx_flint_explanation *e, int64_t relevant,
                         struct sx_error *error)
{
    static const char *const differ[] = {
        "model and interpreter name different classes: this explains the interpreter"};
    struct sx_json *j = &s->cli.json;
    struct sx_record record;
    int64_t n = sx_flint_attributes(s->flint);
    cli_record(&s->cli, sample, &record);
    record.input_name = sx_model_input(s->cli.model, 0)->name;
    record.input_shape = sample->feeds[0].shape;
    record.forward = 1;
    record.warnings = differ;
    record.warning_count = e->f_class != e->g_class;
    sx_record_begin(j, &record);
    sx_json_object(j, "params");
    sx_json_double(j, "tau", s->tau);
    sx_json_string(j, "precision", s->cli.explain.precise ? "float64" : "float32");
    sx_json_object_end(j);
    sx_json_int(j, "f_class", e->f_class);
    sx_json_int(j, "g_class", e->g_class);
    sx_json_string(j, "label", label_of(&s->cli, e->g_class));
    sx_json_bool(j, "agree", e->f_class == e->g_class);
    sx_json_number(j, "f_prob", e->f_prob);
    sx_json_int(j, "class_used", e->g_class);
    write_list(j, "phi", e->phi, n);
    write_list(j, "contribution", e->contribution, n);
    write_list(j, "relevance", e->relevance, n);
    sx_json_array(j, "relevant");
    for (int64_t i = 0; i < relevant; i++)
        sx_json_int(j, NULL, s->order[i]);
    sx_json_array_end(j);
    sx_json_double(j, "tau", s->tau);
    return sx_record_end(j, &record, error);
}

static bool write_text(struct flint_explain *s, const struct cli_sample *sample,
                       const struct sx_flint_explanation *e, int64_t relevant,
                       struct sx_error *error)
{
    struct sx_sink *to = s->cli.sink;
    const char *label = label_of(&s->cli, e->g_class);
    sx_sink_print(to, "%s[%lld]  class %lld%s%s, the model says %lld (%.3g)%s\n", sample->id,
                  (long long)sample->index, (long long)e->g_class, label != NULL ? " " : "",
                  label != NULL ? label : "", (long long)e->f_class, e->f_prob,
                  e->f_class != e->g_class ? ": they disagree" : "");
    for (int64_t i = 0; i < relevant; i++) {
        int64_t k = s->order[i];
        sx_sink_print(to, "  attribute %-4lld relevance %.3f  activation %.4g\n", (long long)k,
                      e->relevance[k], e->phi[k]);
    }
    return sx_sink_flush(to, error);
}

static bool explain(struct flint_explain *s, const struct cli_sample *sample,
                    struct sx_error *error)
{
    struct sx_flint_explanation e;
    struct sx_tensor x = {0};
    int64_t n = sx_flint_attributes(s->flint);
    if (!sx_tensor_new(&x, SX_FLOAT, &sample->feeds[0].shape, error))
        return false;
    sx_sample_floats(&sample->feeds[0], &s->cli.pre, x.data);
    bool ok = sx_flint_explain(s->flint, &x, &e, error);
    sx_tensor_free(&x);
    if (!ok)
        return false;
    int64_t relevant = sort_relevant(s, e.relevance, n);
    if (s->cli.format == CLI_FORMAT_TEXT)
        return write_text(s, sample, &e, relevant, error);
    if (s->cli.format == CLI_JSON)
        return write_record(s, sample, &e, relevant, error);
    struct sx_tensor r = {.type = SX_DOUBLE, .shape = {1, {n}}};
    if (!sx_tensor_new(&r, SX_DOUBLE, &r.shape, error))
        return false;
    memcpy(r.data, e.relevance, (size_t)n * sizeof(double));
    ok = cli_add_array(&s->cli, &r, error);
    sx_tensor_free(&r);
    return ok;
}

static void run(struct flint_explain *s)
{
    struct cli_sample sample;
    bool go_on = true;
    s->flint = sx_flint_open(s->cli.model, s->cli.explain.precise, s->cli.explain.threads,
                             s->cli.explain.max_memory, &s->cli.error);
    if (s->flint == NULL)
        return;
    s->order = calloc((size_t)sx_flint_attributes(s->flint) + 1, sizeof *s->order);
    if (s->order == NULL)
        s->cli.error = (struct sx_error){SX_MEMORY, "out of memory"};
    while (s->order != NULL && go_on && cli_next(&s->cli, &sample)) {
        struct sx_error error = {0};
        bool ok = explain(s, &sample, &error);
        go_on = cli_done(&s->cli, &sample, ok, &error);
    }
}

static const struct cli_option options[] = {
    {0, "tau", "R", "attributes of relevance over 1/R are relevant", CLI_NUMBER, &self.tau,
     NULL, NULL},
    {0, "raw", NULL, "integers are values, not pixels of 0..255", CLI_FLAG, &self.raw, NULL,
     NULL},
    {0, NULL, NULL, NULL, CLI_FLAG, NULL, NULL, NULL}};

int main(int argc, char **argv)
{
    struct flint_explain *s = &self;
    struct sx_error error = {0};
    s->cli =
        (struct cli){.tool = "flint-explain",
                     .summary = "Explain samples by the attributes of a fitted interpreter.",
                     .operands = "FITTED.onnx [INPUT]...",
                     .options = options,
                     .groups = CLI_PICTURES,
                     .formats = 1u << CLI_FORMAT_TEXT | 1u << CLI_JSON | 1u << CLI_NPY};
    s->tau = 5;
    cli_parse(&s->cli, argc, argv);
    if (!(s->tau >= 1))
        cli_misuse(&s->cli, "tau is at least 1");
    if (s->raw)
        sx_preprocess_preset(&s->cli.pre, "raw", &error);
    if (cli_open(&s->cli))
        run(s);
    sx_flint_free(s->flint);
    free(s->order);
    return cli_finish(&s->cli);
}
