/* samples.c - reads samples from the INPUT arguments. */
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/samples.h"

void cli_samples_free(struct cli *cli)
{
    if (cli->samples == NULL)
        return;
    cli_feeds_close(cli);
    cli_names_free(cli);
    cli->samples = NULL;
}

/* Whether the sample belongs to this run. It is called once for every sample, so that file names
 * and shards do not depend on the results. */
static bool is_wanted(struct cli *cli, const struct cli_sample *sample)
{
    bool counts;
    bool wanted = cli_selects(cli, sample->id, sample->index, &counts);
    cli->counted += counts;
    cli->again = false;
    cli_files_name(cli, sample);
    if (!wanted || !cli_is_done(cli, sample->id, sample->index))
        return wanted;
    return cli->again = cli_resume_compares(cli, sample->id, sample->index);
}

/* Opens the next INPUT. If that cannot be opened, it is a failed sample. */
static bool next_input(struct cli *cli)
{
    struct cli_samples *s = cli->samples;
    const char *name = cli_names_next(cli);
    struct sx_error error = {0};
    if (name == NULL)
        return false;
    if (cli_feeds_open(cli, name, &error))
        return true;
    const struct cli_sample failed = {.id = name, .from = name, .file = true};
    bool go_on = !is_wanted(cli, &failed) || cli_done(cli, &failed, false, &error);
    cli_feeds_close(cli);
    s->id = NULL;
    return go_on;
}

static void show_sample(struct cli *cli, struct cli_sample *sample)
{
    struct cli_samples *s = cli->samples;
    sample->feeds = s->sample;
    if (s->main >= 0)
        sample->picture = sx_reader_picture(s->feed[s->main].reader);
    sample->warning = cli_missing(s->missing, s->warning);
    if (s->main >= 0)
        sample->truth = sx_reader_truth(s->feed[s->main].reader);
    cli_assume_pictures(cli);
}

/* Ends an INPUT of which --rows selected no row. It is an error if the range begins after its last
 * row. For a .npy another row is read, which gives the shape of the rows. */
static bool end_input(struct cli *cli, struct cli_sample *sample, bool *probe)
{
    struct cli_samples *s = cli->samples;
    struct sx_error error = {0};
    bool end = false, go_on = true;
    *probe = false;
    *sample =
        (struct cli_sample){.id = s->id, .from = s->id, .file = true, .started = cli_seconds()};
    if (s->index < cli->row_begin) {
        cli_error(&error, SX_FAILED, "it has %lld sample%s, and --rows begins at %lld",
                  (long long)s->index, s->index == 1 ? "" : "s", (long long)cli->row_begin);
        go_on = !is_wanted(cli, sample) || cli_done(cli, sample, false, &error);
    } else if (!cli->each && cli->format == CLI_NPY && !cli->overall && cli->n_arrays == 0 &&
               cli->probed.shape.rank < 0 && s->index == cli->row_begin &&
               (s->index > 0 || cli_feeds_next(cli, false, &end, &error)) && !end &&
               s->complete) {
        *probe = cli->probing = true;
        show_sample(cli, sample);
        return true;
    }
    cli_feeds_close(cli);
    return go_on;
}

/* Reads one row of the current INPUT, or finds its end. *given: the tool gets the row. For pictures
 * and arrays it is known beforehand whether there is another row, and rows that are not wanted are
 * not decoded. */
static bool next_row(struct cli *cli, struct cli_sample *sample, bool *given)
{
    struct cli_samples *s = cli->samples;
    int64_t count = cli_feeds_count(cli);
    bool within = s->index >= cli->row_begin, wanted = within;
    bool end =
        (cli->row_end >= 0 && s->index >= cli->row_end) || (count >= 0 && s->index >= count);
    bool needed = within || cli->format == CLI_NPY; /* for the shape of an array */
    struct sx_error error = {0};
    *given = false;
    *sample = (struct cli_sample){.id = s->id,
                                  .from = s->id,
                                  .index = s->index,
                                  .started = cli_seconds(),
                                  .several = count > 1};
    if (within && !end && count >= 0)
        needed = wanted = is_wanted(cli, sample);
    bool ok = end || cli_feeds_next(cli, !needed, &end, &error);
    if (end)
        return end_input(cli, sample, given);
    s->index++;
    s->rows++;
    if (cli_feeds_id(cli) != NULL)
        sample->id = cli_feeds_id(cli);
    if (within && count < 0) {
        sample->several = sample->index > 0 || (cli->each && cli_feeds_more(cli));
        wanted = is_wanted(cli, sample);
    }
    if (!wanted)
        return true;
    if (!ok)
        return cli_done(cli, sample, false, &error);
    if (!cli_features_sample(cli, s->rows - 1, &error))
        return cli_done(cli, sample, false, &error);
    show_sample(cli, sample);
    cli->missing += s->missing;
    *given = true;
    return true;
}

bool cli_next(struct cli *cli, struct cli_sample *sample)
{
    if (cli->samples == NULL && !cli_names_begin(cli))
        return false;
    struct cli_samples *s = cli->samples;
    bool given = false, go_on = true;
    if (cli->probing)
        cli_feeds_close(cli);
    cli->probing = false;
    while (go_on && !given && cli->error.status == SX_OK) {
        cli_show_progress(cli);
        go_on = s->id == NULL ? next_input(cli) : next_row(cli, sample, &given);
    }
    if (given)
        cli_watch_sample(cli, sample->started);
    if (given && cli->model != NULL && omp_get_max_threads() > 1)
        sx_model_hash_ahead(cli->model); /* for the sample's record */
    return given && cli->error.status == SX_OK;
}

/* The number of samples left in the current INPUT within --rows, if its reader knows it. */
static int64_t count_rest(struct cli *cli)
{
    struct cli_samples *s = cli->samples;
    int64_t count = cli_feeds_count(cli), n = 0;
    if (count >= 0) {
        int64_t begin = s->index > cli->row_begin ? s->index : cli->row_begin;
        int64_t end = cli->row_end >= 0 && cli->row_end < count ? cli->row_end : count;
        return end > begin ? end - begin : 0;
    }
    for (;;) {
        struct sx_error ignored = {0};
        bool end = cli->row_end >= 0 && s->index >= cli->row_end;
        if (!end)
            cli_feeds_next(cli, false, &end, &ignored);
        if (end)
            return n;
        n += s->index++ >= cli->row_begin;
    }
}

void cli_only_first(struct cli *cli)
{
    struct cli_samples *s = cli->samples;
    const char *name;
    if (s == NULL || cli->quiet)
        return;
    int64_t n = cli->done + (s->id != NULL ? count_rest(cli) : 0);
    cli_feeds_close(cli);
    while ((name = cli_names_next(cli)) != NULL) {
        struct sx_error ignored = {0};
        n += cli_feeds_open(cli, name, &ignored) ? count_rest(cli) : 1;
        cli_feeds_close(cli);
    }
    if (n > 1)
        cli_say(cli, "only the first of %lld samples is drawn", (long long)n);
}
