/* names.c - finds the INPUTs, and which input of the model each file feeds. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/samples.h"

static bool fail(struct cli *cli, enum sx_status status, const char *reason, const char *name)
{
    cli->error.status = status;
    snprintf(cli->error.message, sizeof cli->error.message, "%s '%.120s'", reason, name);
    return false;
}

/* Finds the model input of each -i. The first input that is left is fed by the INPUTs. */
static bool assign_feeds(struct cli *cli)
{
    struct cli_samples *s = cli->samples;
    int n = sx_model_input_count(cli->model);
    for (size_t k = 0; k < cli->n_sides; k++) {
        struct sx_nearest near = {.word = cli->side[k].name};
        int i = 0;
        for (; i < n && strcmp(sx_model_input(cli->model, i)->name, near.word) != 0; i++)
            sx_nearest_offer_one(&near, sx_model_input(cli->model, i)->name);
        if (i < n) {
            s->feed[i].file = cli->side[k].file;
        } else if (!sx_model_has_tensor(cli->model, near.word)) {
            return cli_error(&cli->error, SX_USAGE, "the model has no input named '%.80s'%s",
                             near.word, sx_nearest_text(&near));
        }
    }
    /* Standard input is not an INPUT if -i feeds some input and no INPUT is named. */
    bool inputs = cli->n_sides == 0 || cli->n_inputs > 0 || cli->files_from != NULL;
    if (inputs && cli->n_inputs == 0 && cli->files_from == NULL && cli_input_taken(cli))
        inputs = false;
    s->main = -1;
    for (int i = 0; i < n && s->main < 0; i++)
        if (s->feed[i].file == NULL && !inputs)
            return fail(cli, SX_USAGE, "no INPUT, and no -i for the model's input",
                        sx_model_input(cli->model, i)->name);
        else if (s->feed[i].file == NULL)
            s->main = i;
    return true;
}

/* Whether an input takes one number per sample. */
static bool is_column(const struct sx_port *port)
{
    const struct sx_shape *shape = &port->shape;
    bool one = shape->rank == 1 || shape->rank == 2;
    for (int k = 0; one && k < shape->rank; k++)
        one = shape->dim[k] == 1 || (k == 0 && shape->dim[k] < 0);
    return one;
}

/* If several inputs take one number each, a table has a column for each of them. */
static void find_columns(struct cli *cli)
{
    struct cli_samples *s = cli->samples;
    int n = sx_model_input_count(cli->model), k = 0;
    bool all = true;
    for (int i = 0; i < n; i++) {
        s->feed[i].column = -1;
        if (s->feed[i].file == NULL) {
            s->text[k] = sx_port_is_text(sx_model_input(cli->model, i));
            s->name[k++] = (char *)(uintptr_t)sx_model_input(cli->model, i)->name;
            all = all && is_column(sx_model_input(cli->model, i));
        }
    }
    s->columns = all && k > 1 ? k : 0;
    s->row = (struct sx_shape){2, {-1, k}};
}

bool cli_names_begin(struct cli *cli)
{
    int n = sx_model_input_count(cli->model);
    struct cli_samples *s = cli->samples = calloc(1, sizeof *s);
    if (s != NULL) {
        s->feed = calloc((size_t)n + 1, sizeof *s->feed);
        s->sample = calloc((size_t)n + 1, sizeof *s->sample);
        s->name = calloc((size_t)n + 1, sizeof *s->name);
        s->text = calloc((size_t)n + 1, sizeof *s->text);
    }
    if (s == NULL || s->feed == NULL || s->sample == NULL || s->name == NULL || s->text == NULL)
        return fail(cli, SX_MEMORY, "out of memory for", "the inputs");
    if (cli->files_from != NULL) {
        s->list = strcmp(cli->files_from, "-") == 0 ? stdin : fopen(cli->files_from, "r");
        if (s->list == NULL)
            return fail(cli, errno == ENOMEM ? SX_MEMORY : SX_FAILED, "cannot read the list",
                        cli->files_from);
    }
    if (!assign_feeds(cli))
        return false;
    find_columns(cli);
    return true;
}

/* The name of the next INPUT: from the arguments, then from the list; standard input if there are
 * neither. */
const char *cli_names_next(struct cli *cli)
{
    struct cli_samples *s = cli->samples;
    bool first = !s->began;
    s->began = true;
    if (cli->input_at < cli->n_inputs)
        return cli->inputs[cli->input_at++];
    if (s->list != NULL) {
        int end = cli->null_separated ? '\0' : '\n';
        ssize_t n = cli_get_line(cli, &s->line, &s->room, end, s->list);
        if (n > 0 && s->line[n - 1] == end)
            s->line[n - 1] = '\0';
        return n >= 0 ? s->line : NULL;
    }
    /* A model whose inputs are all fed by -i, or that has no inputs, needs no INPUT. */
    if (!first || cli->n_inputs > 0)
        return NULL;
    const char *fed = sx_model_input_count(cli->model) > 0 ? s->feed[0].file : cli->model_path;
    return s->main >= 0 ? "-" : fed;
}

void cli_names_free(struct cli *cli)
{
    struct cli_samples *s = cli->samples;
    if (s->list != NULL && s->list != stdin)
        fclose(s->list);
    free(s->line);
    free(s->feed);
    free(s->sample);
    free(s->name);
    free(s->text);
    free(s);
}
