/* onnx-grad.c - the derivative of a model as an ONNX file. */
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/cli.h"

struct grad {
    struct cli cli;
    struct sx_export_options o;
    int mode; /* the choice of --mode; 0: not given */
    bool hvp, jacobian;
};

static struct grad self;

/* Sets the kind of derivative. Options that the kind does not take are misuse. */
static void settle_kind(struct grad *s)
{
    static const int kinds[] = {SX_EXPORT_GRADIENT, SX_EXPORT_FORWARD, SX_EXPORT_REVERSE};
    int asked = (s->mode != 0) + (s->o.order > 0) + s->hvp + s->jacobian;
    if (s->o.casadi && (asked > 0 || s->o.seeds != NULL || s->o.target != NULL))
        cli_misuse(&s->cli, "--casadi writes files of its own kinds");
    if (s->o.casadi && s->cli.output == NULL)
        cli_misuse(&s->cli, "--casadi writes three files; name the first with -o");
    if (asked > 1)
        cli_misuse(&s->cli, "one of --order, --hvp, --jacobian and --mode is enough");
    s->o.kind = s->hvp ? SX_EXPORT_HVP : s->jacobian ? SX_EXPORT_JACOBIAN : kinds[s->mode];
    if (asked == 0 && s->o.seeds != NULL)
        s->o.kind = SX_EXPORT_REVERSE;
    if (s->o.seeds != NULL &&
        (s->o.kind == SX_EXPORT_GRADIENT || s->o.kind == SX_EXPORT_JACOBIAN))
        cli_misuse(&s->cli, "--%s takes no seeds", s->jacobian ? "jacobian" : "order");
    if (s->o.target != NULL && s->o.kind != SX_EXPORT_GRADIENT && !s->hvp)
        cli_misuse(&s->cli, "-t goes with a gradient, or with --hvp");
}

static void settle(struct grad *s)
{
    settle_kind(s);
    if (s->cli.n_inputs > 0)
        cli_misuse(&s->cli, "'%.80s' is one operand too many: MODEL is all that is read",
                   s->cli.inputs[0]);
    if (cli_to_terminal(&s->cli))
        cli_misuse(&s->cli, "an ONNX file is not for a terminal; use -o FILE");
}

static const struct cli_option options[] = {
    {.name = "hvp",
     .help = "write Hessian times direction; the direction is an input",
     .kind = CLI_FLAG,
     .to = &self.hvp},
    {.name = "jacobian", .help = "write the Jacobian", .kind = CLI_FLAG, .to = &self.jacobian},
    {.name = "mode",
     .argument = "WHICH",
     .help = "forward: Jacobian times direction; reverse: seed times Jacobian",
     .kind = CLI_CHOICE,
     .to = &self.mode,
     .choices = "gradient|forward|reverse"},
    {.name = NULL}};
static const struct cli_table tables[] = {{&sx_export_table, &self.o}, {NULL, NULL}};

int main(int argc, char **argv)
{
    struct grad *s = &self;
    s->cli = (struct cli){.tool = "onnx-grad",
                          .summary = "Write the derivative of a model as a model.",
                          .operands = "MODEL",
                          .options = options,
                          .tables = tables,
                          .one_result = true,
                          .without = "seed,batch"};
    cli_parse(&s->cli, argc, argv);
    settle(s);
    if (cli_open(&s->cli)) {
        s->o.precise = s->cli.explain.precise;
        s->o.max_memory = s->cli.explain.max_memory;
        if (s->o.casadi)
            sx_export_casadi(s->cli.model, &s->o, s->cli.output, s->cli.sink, &s->cli.error);
        else
            sx_export(s->cli.model, &s->o, s->cli.output, s->cli.sink, &s->cli.error);
    }
    return cli_finish(&s->cli);
}
