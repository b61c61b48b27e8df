/* progress.c - the progress of the run and of the current sample; --max-time ends the sample. */
#include <string.h>

#include "cmd/cli/samples.h"

/* Writes such as "12 of 204 evaluations, 40 s left". */
static void describe_sample(const struct cli *cli, double now, char text[100])
{
    const struct sx_watch *w = &cli->watch;
    double spent = now - cli->sample_began;
    size_t n = 0;
    text[0] = '\0';
    if (w->done == 0 || spent < 0.5)
        return;
    bool planned = w->planned > w->done;
    n = (size_t)snprintf(text, 100, "; this sample: %lld", (long long)w->done);
    if (planned)
        n += (size_t)snprintf(text + n, 100 - n, " of %lld", (long long)w->planned);
    n += (size_t)snprintf(text + n, 100 - n, " evaluations");
    if (planned)
        snprintf(text + n, 100 - n, ", %.0f s left",
                 spent / (double)w->done * (double)(w->planned - w->done));
}

/* Writes such as "3 done, 1.2/s, 5 s left in this input". */
static void describe_run(const struct cli *cli, double now, char text[100])
{
    const struct cli_samples *s = cli->samples;
    double rate = (double)cli->done / (now - cli->started);
    int64_t count = s != NULL && s->id != NULL ? cli_feeds_count(cli) : -1;
    size_t n = (size_t)snprintf(text, 100, "%lld done", (long long)cli->done);
    if (rate > 0)
        n += (size_t)snprintf(text + n, 100 - n, ", %.3g/s", rate);
    if (rate > 0 && count > s->index)
        snprintf(text + n, 100 - n, ", %.0f s left in this input",
                 (double)(count - s->index) / rate);
}

void cli_show_progress(struct cli *cli)
{
    double now = cli_seconds();
    char run[100], sample[100];
    if (now - cli->shown < 0.2 || now - cli->started < 0.5 || !cli_shows_progress(cli))
        return;
    cli->shown = now;
    describe_run(cli, now, run);
    describe_sample(cli, now, sample);
    cli_progress(cli, "%s: %s%s", cli->tool, run, sample);
}

static bool go_on(struct sx_watch *watch)
{
    struct cli *cli = watch->context;
    cli_show_progress(cli);
    return cli->max_time <= 0 || cli_seconds() < cli->sample_began + cli->max_time;
}

void cli_watch_sample(struct cli *cli, double began)
{
    cli->sample_began = began;
    cli->watch = (struct sx_watch){.go_on = go_on,
                                   .loaded = cli_watch_exceptions,
                                   .context = cli,
                                   .limited = cli->max_time > 0,
                                   .many = cli->n_inputs > 1 || cli->files_from != NULL,
                                   .exact_conv = cli->exact_conv};
    cli->explain.watch = &cli->watch;
}

bool cli_ran_out(const struct cli *cli, struct sx_error *error)
{
    if (!cli->watch.stopped)
        return false;
    cli_error(error, SX_FAILED, "it took longer than --max-time=%g", cli->max_time);
    return true;
}
