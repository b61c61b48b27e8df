/* flint.c - what the tools that read fitted files share: opening them, looking at a data set. */
#include <string.h>

#include "cmd/cli/cli.h"

const char *cli_label(const struct cli *cli, int64_t i)
{
    return i < (int64_t)cli->n_labels ? cli->labels[i] : NULL;
}

void cli_flint_check(struct cli *cli, double tau, bool raw)
{
    struct sx_error error = {0};
    if (!(tau >= 1))
        cli_misuse(cli, "tau is at least 1");
    if (raw)
        sx_preprocess_preset(&cli->pre, "raw", &error);
}

bool cli_flint_open(struct cli *cli, struct sx_flint **flint)
{
    const struct sx_explain_options *o = &cli->explain;
    *flint = sx_flint_open(cli->model, o->precise, o->threads, o->max_memory, &cli->error);
    if (*flint == NULL)
        return cli_place(cli, cli->model_path);
    return cli_fits("labels", cli->n_labels, "classes", sx_flint_classes(*flint), &cli->error);
}

/* An INPUT that cannot be read has a record, whatever else could have been in it. */
static bool refuse_input(struct cli *cli, const struct sx_error *error)
{
    const struct cli_sample sample = {.id = cli->inputs[0], .file = true};
    struct sx_error bare = *error;
    size_t n = strlen(sample.id);
    if (strncmp(error->message, sample.id, n) == 0 && strncmp(error->message + n, ": ", 2) == 0)
        memmove(bare.message, error->message + n + 2, strlen(error->message + n + 2) + 1);
    cli_done(cli, &sample, false, &bare);
    return false;
}

bool cli_flint_survey(struct cli *cli, struct cli_flint *f)
{
    struct sx_error error = {0};
    f->survey.seed = cli->seed;
    if (!cli_flint_open(cli, &f->flint))
        return false;
    if (!cli_read_data(cli, cli->inputs[0], f->y, &f->data, &error))
        return refuse_input(cli, &error);
    return sx_flint_survey(f->flint, f->data.x, f->data.y, &f->survey, &cli->error) ||
           cli_place(cli, cli->error.status == SX_FAILED ? cli->inputs[0] : cli->model_path);
}

void cli_flint_free(struct cli_flint *f)
{
    sx_flint_survey_free(&f->survey);
    sx_flint_free(f->flint);
    cli_data_free(&f->data);
}
