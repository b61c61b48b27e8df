/* batch.c - how the file of an input is read: its shape, its name, and whether its first axis is
 * the batch axis. */
#include <string.h>

#include "cmd/cli/cli.h"

/* Whether the first axis of `port` is a batch axis, according to --batch-axis. */
static bool has_batch(const struct cli *cli, const struct sx_port *port)
{
    bool empty = port->shape.rank > 0 && port->shape.dim[0] == 0;
    if (cli->no_batch || cli->batch_axis == NULL || empty)
        return !cli->no_batch && !port->whole && !empty;
    if (strcmp(cli->batch_axis, "0") == 0)
        return true;
    return port->symbol != NULL && strcmp(port->symbol, cli->batch_axis) == 0;
}

struct sx_input cli_how(const struct cli *cli, int i)
{
    const struct sx_port *port = sx_model_input(cli->model, i);
    struct sx_input how = {.header = (enum sx_header)cli->header, .pre = &cli->pre};
    if (port == NULL)
        return how;
    how.want = &port->shape;
    how.member = port->name;
    how.lone = sx_model_input_count(cli->model) == 1;
    how.whole = !has_batch(cli, port);
    if (sx_port_is_text(port))
        how.words = sx_model_words(cli->model);
    return how;
}

bool cli_sample_axis(const struct cli *cli)
{
    int n = cli->model != NULL ? sx_model_input_count(cli->model) : 0;
    bool found = false;
    for (int i = 0; i < n; i++) {
        const struct sx_port *port = sx_model_input(cli->model, i);
        found = found || (port->shape.rank > 0 && port->shape.dim[0] <= 1 &&
                          port->shape.dim[0] != 0 && has_batch(cli, port));
    }
    return found;
}

bool cli_check_batch(struct cli *cli)
{
    char symbols[140] = "";
    size_t n = 0;
    if (cli->batch_axis != NULL && strcmp(cli->batch_axis, "none") == 0)
        cli->no_batch = true;
    if (!cli->no_batch && cli->batch_axis == NULL)
        return sx_model_find_samples(cli->model, cli->explain.max_memory, &cli->error);
    if (cli->no_batch || cli->batch_axis == NULL || strcmp(cli->batch_axis, "0") == 0)
        return true;
    for (int i = 0; i < sx_model_input_count(cli->model); i++) {
        const char *symbol = sx_model_input(cli->model, i)->symbol;
        if (symbol == NULL)
            continue;
        if (strcmp(symbol, cli->batch_axis) == 0)
            return true;
        if (n + 60 < sizeof symbols && strstr(symbols, symbol) == NULL)
            n += (size_t)snprintf(symbols + n, sizeof symbols - n, "%s'%.40s'",
                                  n > 0 ? ", " : "", symbol);
    }
    return cli_error(&cli->error, SX_USAGE,
                     "--batch-axis: no input has '%.60s' as its first axis, %s%.139s",
                     cli->batch_axis, n > 0 ? "but " : "and no other symbol", symbols);
}
