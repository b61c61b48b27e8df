/* done.c - the end of a sample: it is counted, or its failure is reported and recorded. */
#include <string.h>

#include "cmd/cli/inner.h"

/* Ends the run with an error. The place is put in front of the message, unless it is there. */
static bool end_run(struct cli *cli, const struct cli_sample *sample,
                    const struct sx_error *error)
{
    char place[84];
    if (cli->error.status != SX_OK)
        return false; /* that error was reported already */
    snprintf(place, sizeof place,
             "%.80s: ", error->status == SX_MODEL ? cli->model_path : sample->id);
    /* Messages about output, and about a model's graph, name their place already. */
    bool placed =
        error->status == SX_WRITE || strncmp(error->message, place, strlen(place)) == 0;
    cli->error.status = error->status;
    cli_join(&cli->error, placed ? "" : place, error->message);
    return false;
}

static bool succeeded(struct cli *cli)
{
    if (cli->probing)
        return true;
    cli->done++;
    bool picture = cli_is_figure(cli) || cli->format == CLI_DOT;
    cli->drawn = picture && !cli->overall && !cli->sheet && !cli->each;
    return !cli->drawn;
}

/* Writes a failed sample: a record, a row of a table, or a row of NaN. */
static bool write_failed(struct cli *cli, struct sx_error *error)
{
    return cli->format == CLI_NPY ? cli_add_failed(cli, error) : cli_emit_failed(cli, error);
}

/* The reason of a failure without a message: there was no memory for one. */
static const struct sx_error unsaid = {.status = SX_MEMORY, .message = "out of memory"};

bool cli_done(struct cli *cli, const struct cli_sample *sample, bool ok,
              const struct sx_error *error)
{
    struct sx_error write = {0};
    cli_forget_warnings(cli);
    cli->sample += cli->sample >= 0;
    if (ok)
        return succeeded(cli);
    char place[120];
    struct sx_error late;
    if (cli_ran_out(cli, &late))
        error = &late;
    else if (error->status == SX_OK)
        error = &unsaid;
    if (error->status != SX_FAILED)
        return end_run(cli, sample, error);
    if (sample->file)
        snprintf(place, sizeof place, "%.80s", sample->id);
    else
        snprintf(place, sizeof place, "%.80s: sample %lld", sample->id,
                 (long long)sample->index);
    cli_complain_sample(cli, place, error);
    struct sx_record record;
    cli_record(cli, sample, &record);
    sx_result_failed(cli->result, &record, error);
    if (write_failed(cli, &write))
        return true;
    cli->error = write;
    return false;
}
