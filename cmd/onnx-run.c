/* onnx-run.c - runs a model, and lists its tensors. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/streams.h"

struct onnx_run {
    struct cli cli;
    struct sx_inference *inference;
    bool list;
    int64_t top;              /* 0: not asked for */
    struct sx_ranked *ranked; /* classes of the current sample */
    int64_t n_ranked;
    char columns[160]; /* the columns of tables: the outputs */
};

static struct onnx_run self;

/* ---- One sample ---- */

static void write_top(struct onnx_run *s)
{
    struct sx_result *j = s->cli.result;
    sx_put_list(j, "top");
    for (int64_t k = 0; k < s->n_ranked; k++) {
        const struct sx_ranked *r = &s->ranked[k];
        sx_put_object(j, NULL);
        sx_put_int(j, "index", r->index);
        sx_put_text(j, "label", r->label);
        sx_put_number(j, "value", r->value);
        if (isnan(r->prob))
            sx_put_null(j, "prob");
        else
            sx_put_number(j, "prob", r->prob);
        sx_put_end(j);
    }
    sx_put_end(j);
}

/* Puts the values of output i. Elements that are texts are put as texts. */
static void put_values(struct onnx_run *s, int i, const struct sx_tensor *t)
{
    const struct sx_words *words = sx_model_words(s->cli.model);
    struct sx_result *j = s->cli.result;
    if (sx_inference_is_natural(s->inference, i)) {
        sx_put_naturals(j, "values", t);
        return;
    }
    if (!sx_inference_is_text(s->inference, i)) {
        sx_put_array(j, "values", t);
        return;
    }
    sx_put_list(j, "values");
    for (int64_t k = 0; k < sx_count(&t->shape); k++)
        sx_put_text(j, NULL, sx_words_text(words, (int64_t)sx_tensor_get(t, k)));
    sx_put_end(j);
}

static bool write_record(struct onnx_run *s, const struct cli_sample *sample,
                         struct sx_error *error)
{
    struct sx_result *j = s->cli.result;
    struct sx_record record;
    const struct sx_tensor *t;
    const char *name;
    cli_record(&s->cli, sample, &record);
    if (sx_model_input_count(s->cli.model) > 0) {
        record.input_name = sx_model_input(s->cli.model, 0)->name;
        record.input_shape = sample->feeds[0].shape;
    }
    record.forward = 1;
    sx_result_begin(j, &record);
    sx_put_object(j, "params");
    sx_put_text(j, "precision", s->cli.explain.precise ? "float64" : "float32");
    sx_put_end(j);
    sx_put_list(j, "outputs");
    for (int i = 0; (t = sx_inference_output(s->inference, i, &name)) != NULL; i++) {
        sx_put_object(j, NULL);
        sx_put_text(j, "name", name);
        sx_put_shape(j, "shape", &t->shape);
        put_values(s, i, t);
        sx_put_end(j);
    }
    sx_put_end(j);
    if (s->n_ranked > 0)
        write_top(s);
    const struct sx_view classes = {.each = "top", .columns = "prob,value,index,label"};
    const struct sx_view outputs = {.columns = s->columns};
    return cli_emit(&s->cli, &record, s->n_ranked > 0 ? &classes : &outputs, NULL, error);
}

/* Ranks the classes that are shown. Labels have to fit even if none is shown. */
static bool rank(struct onnx_run *s, struct sx_error *error)
{
    const struct sx_tensor *first = sx_inference_output(s->inference, 0, NULL);
    int64_t n = first != NULL ? sx_count(&first->shape) : 0, top = s->top;
    bool seen = s->cli.format == CLI_FORMAT_TEXT || cli_is_figure(&s->cli);
    if (top == 0 && seen && n > 1 && n <= 100000)
        top = 5;
    free(s->ranked);
    return sx_inference_top(s->inference, top, s->cli.labels, s->cli.n_labels, &s->ranked,
                            &s->n_ranked, error);
}

/* Adds an output to the .npy, without the axis of one sample that it shares with the input. */
static bool add_output(struct onnx_run *s, struct sx_error *error)
{
    const char *name;
    struct sx_tensor t = *sx_inference_output(s->inference, 0, &name);
    bool held = !sx_inference_is_text(s->inference, 0);
    for (int64_t i = 0; sx_inference_is_natural(s->inference, 0) && i < sx_count(&t.shape); i++)
        held = held && ((const int64_t *)t.data)[i] >= 0;
    if (!held)
        return cli_error(
            error, SX_FAILED,
            "the output holds text, or numbers above 2^63 - 1, which no array does "
            "here");
    bool batch = cli_sample_axis(&s->cli) && t.shape.rank > 0 && t.shape.dim[0] == 1;
    for (int i = 0; batch && i < sx_model_output_count(s->cli.model); i++) {
        const struct sx_port *port = sx_model_output(s->cli.model, i);
        if (strcmp(port->name, name) == 0 && port->shape.rank > 0)
            batch = port->shape.dim[0] < 0 || port->shape.dim[0] == 1;
    }
    if (batch)
        memmove(t.shape.dim, t.shape.dim + 1, (size_t)--t.shape.rank * sizeof t.shape.dim[0]);
    return cli_add_array(&s->cli, &t, error);
}

static bool infer(struct onnx_run *s, const struct cli_sample *sample, struct sx_error *error)
{
    if (!sx_inference_run(s->inference, sample->feeds, error) || !rank(s, error))
        return false;
    if (s->cli.format == CLI_NPY)
        return add_output(s, error);
    return write_record(s, sample, error);
}

static void run(struct onnx_run *s)
{
    struct cli_sample sample;
    const struct sx_explain_options *e = &s->cli.explain;
    struct sx_infer_options options = {e->precise, e->threads, e->max_memory, e->output,
                                       e->watch};
    bool go_on = true;
    size_t at = 0;
    for (int i = 0; i == 0 || (i < sx_model_output_count(s->cli.model) && i < 12); i++)
        at += (size_t)snprintf(s->columns + at, sizeof s->columns - at, "%soutputs.%d",
                               i > 0 ? "," : "", i);
    s->inference = sx_inference_new(s->cli.model, &options, &s->cli.error);
    while (s->inference != NULL && go_on && cli_next(&s->cli, &sample)) {
        struct sx_error error = {0};
        bool ok = infer(s, &sample, &error);
        go_on = cli_done(&s->cli, &sample, ok, &error);
    }
}

/* ---- The list ---- */

static void list_json(void *context, const struct sx_listed *l)
{
    struct cli *cli = &((struct onnx_run *)context)->cli;
    struct sx_result *j = cli->result;
    sx_result_reset(j);
    sx_put_object(j, NULL);
    sx_put_text(j, "tensor", l->tensor);
    sx_put_text(j, "op", l->op);
    sx_put_text(j, "node", l->node);
    sx_put_text(j, "type", l->type);
    if (l->shape.rank >= 0)
        sx_put_shape(j, "shape", &l->shape);
    else
        sx_put_null(j, "shape");
    sx_put_bool(j, "supported", l->supported);
    sx_put_bool(j, "differentiable", l->differentiable);
    sx_put_end(j);
    sx_result_json(j, cli->sink, &cli->error);
}

static void list_text(void *context, const struct sx_listed *l)
{
    struct sx_sink *sink = ((struct onnx_run *)context)->cli.sink;
    sx_sink_print(sink, "%-22s %-5s %-5s ", l->op, l->supported ? "" : "UNSUPPORTED",
                  l->type != NULL ? l->type : "?");
    char shape[160] = "?";
    size_t at = 0;
    for (int k = 0; k < l->shape.rank && at + 24 < sizeof shape; k++)
        at += (size_t)snprintf(shape + at, sizeof shape - at, "%s%lld", k > 0 ? "x" : "",
                               (long long)l->shape.dim[k]);
    if (l->shape.rank == 0)
        snprintf(shape, sizeof shape, "scalar");
    sx_sink_print(sink, "%-18s %-4s %s\n", shape, l->differentiable ? "grad" : "", l->tensor);
}

/* Lists the tensors. If an INPUT is given, shapes follow from its first sample. */
static void list(struct onnx_run *s)
{
    bool text = s->cli.format == CLI_FORMAT_TEXT;
    struct cli_sample sample = {0};
    s->cli.wrote = true;
    if (s->cli.n_inputs > 0 && !cli_next(&s->cli, &sample))
        return;
    if (sx_list(s->cli.model, sample.feeds, s->cli.explain.output, s->cli.explain.max_memory,
                text ? list_text : list_json, s, &s->cli.error))
        sx_sink_flush(s->cli.sink, &s->cli.error);
}

static const struct cli_option options[] = {
    {0, "list", NULL, "list tensors: operator, type, shape, whether it has a gradient",
     CLI_FLAG, &self.list, NULL, NULL},
    {0, "top", "K", "add the K largest elements of the first output", CLI_COUNT, &self.top,
     NULL, NULL},
    {0, NULL, NULL, NULL, CLI_FLAG, NULL, NULL, NULL}};
static const struct cli_table tables[] = {{&sx_figure_table, &self.cli.figure}, {NULL, NULL}};

int main(int argc, char **argv)
{
    struct onnx_run *s = &self;
    s->cli = (struct cli){.tool = "onnx-run",
                          .summary = "Run a model, or list what is in it.",
                          .operands = "MODEL [INPUT]...",
                          .options = options,
                          .tables = tables,
                          .kinds = "auto|bars|waterfall|force|beeswarm|tokens|sheet",
                          .groups = CLI_PICTURES | CLI_RUNS,
                          .formats = CLI_TABLES | CLI_FIGURES | 1u << CLI_NPY};
    cli_parse(&s->cli, argc, argv);
    if (s->list && cli_is_figure(&s->cli))
        cli_misuse(&s->cli, "--list is not drawn");
    if (cli_open(&s->cli)) {
        if (s->list)
            list(s);
        else
            run(s);
    }
    free(s->ranked);
    sx_inference_free(s->inference);
    return cli_finish(&s->cli);
}
