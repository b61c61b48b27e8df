/* onnx-perturb.c - a model with noise on its weights, or with redrawn weights. */
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/cli.h"

struct perturb {
    struct cli cli;
    struct sx_perturb_options o;
    bool list;
};

static struct perturb self;

/* Lists the layers from the output to the input: number, name, operator, weights. */
static bool list_layers(struct perturb *s)
{
    struct sx_layer *layer = NULL;
    int64_t n = 0;
    sx_sink_for_eyes(s->cli.sink);
    if (!sx_layers(s->cli.model, &layer, &n, &s->cli.error))
        return false;
    for (int64_t i = 0; i < n; i++)
        sx_sink_print(s->cli.sink, "%lld\t%s\t%s\t%lld\n", (long long)i + 1, layer[i].name,
                      layer[i].op, (long long)layer[i].weights);
    free(layer);
    return sx_sink_flush(s->cli.sink, &s->cli.error);
}

static void settle(struct perturb *s)
{
    int asked = (s->o.noise > 0) + (s->o.cascade > 0) + (s->o.layer != NULL);
    s->o.seed = s->cli.seed;
    if (!s->list && asked != 1)
        cli_misuse(&s->cli, "one of --noise and --randomize is wanted");
    if (s->cli.n_inputs > 0)
        cli_misuse(&s->cli, "'%.80s' is one operand too many: MODEL is all that is read",
                   s->cli.inputs[0]);
    if (!s->list && cli_to_terminal(&s->cli))
        cli_misuse(&s->cli, "an ONNX file is not for a terminal; use -o FILE");
}

static const struct cli_option options[] = {
    {.name = "list",
     .kind = CLI_FLAG,
     .to = &self.list,
     .help = "print the layers, from the output to the input"},
    {.name = NULL}};
static const struct cli_table tables[] = {{&sx_perturb_table, &self.o}, {NULL, NULL}};

int main(int argc, char **argv)
{
    struct perturb *s = &self;
    s->cli = (struct cli){.tool = "onnx-perturb",
                          .summary = "Perturb the weights of a model.",
                          .operands = "MODEL",
                          .options = options,
                          .tables = tables,
                          .one_result = true,
                          .without = "batch,double"};
    cli_parse(&s->cli, argc, argv);
    settle(s);
    if (cli_open(&s->cli)) {
        if (s->list)
            list_layers(s);
        else
            sx_perturb(s->cli.model, &s->o, s->cli.sink, &s->cli.error);
    }
    return cli_finish(&s->cli);
}
