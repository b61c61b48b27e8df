/* samples.c - from INPUT arguments to samples: one tensor per model input, in lockstep. */
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/cli.h"

/* A source of one model input. A source of one sample alone serves all samples. */
struct feed {
    const char *file; /* of -i; NULL: the INPUT itself */
    struct sx_reader *reader;
    bool single, have;
    int64_t taken;
    struct sx_tensor value;
};

struct cli_samples {
    FILE *list; /* of --files-from */
    char *line; /* its current name */
    size_t room;
    bool began, ended;
    const char *id; /* the current INPUT; NULL between two */
    int64_t index;
    struct feed *feed;        /* one per model input */
    struct sx_tensor *sample; /* their values, as the tool sees them */
    bool complete;            /* the last row that was read did not fail */
    int64_t missing;          /* its cells that are NaN */
    char warning[80];
    int main;     /* the input that INPUTs feed; -1: all are fed by -i */
    double shown; /* when progress was shown last */
};

static void close_feeds(struct cli *cli)
{
    struct cli_samples *s = cli->samples;
    for (int i = 0; s->feed != NULL && i < sx_model_input_count(cli->model); i++) {
        sx_tensor_free(&s->feed[i].value);
        s->feed[i].have = false;
        if (i != s->main)
            sx_reader_close(s->feed[i].reader);
    }
    /* Members of an archive are open over its main reader. */
    if (s->feed != NULL && s->main >= 0) {
        sx_reader_close(s->feed[s->main].reader);
        s->feed[s->main].reader = NULL;
    }
    for (int i = 0; s->feed != NULL && i < sx_model_input_count(cli->model); i++)
        s->feed[i].reader = NULL;
    s->id = NULL;
}

void cli_samples_free(struct cli *cli)
{
    struct cli_samples *s = cli->samples;
    if (s == NULL)
        return;
    close_feeds(cli);
    if (s->list != NULL && s->list != stdin)
        fclose(s->list);
    free(s->line);
    free(s->feed);
    free(s->sample);
    free(s);
    cli->samples = NULL;
}

static bool fail(struct cli *cli, enum sx_status status, const char *reason, const char *name)
{
    cli->error.status = status;
    snprintf(cli->error.message, sizeof cli->error.message, "%s '%.120s'", reason, name);
    return false;
}

/* Tells which model input each -i feeds, and which is left for the INPUTs: the first. */
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
            cli->error.status = SX_USAGE;
            snprintf(cli->error.message, sizeof cli->error.message,
                     "the model has no input named '%.80s'%s", near.word,
                     sx_nearest_text(&near));
            return false;
        }
    }
    /* Standard input is not read where -i feeds something and no INPUT is named. */
    bool inputs = cli->n_sides == 0 || cli->n_inputs > 0 || cli->files_from != NULL;
    s->main = -1;
    for (int i = 0; i < n && s->main < 0; i++)
        if (s->feed[i].file == NULL && !inputs)
            return fail(cli, SX_USAGE, "no INPUT, and no -i for the model's input",
                        sx_model_input(cli->model, i)->name);
        else if (s->feed[i].file == NULL)
            s->main = i;
    return true;
}

static bool begin(struct cli *cli)
{
    int n = sx_model_input_count(cli->model);
    struct cli_samples *s = cli->samples = calloc(1, sizeof *s);
    if (s != NULL) {
        s->feed = calloc((size_t)n + 1, sizeof *s->feed);
        s->sample = calloc((size_t)n + 1, sizeof *s->sample);
    }
    if (s == NULL || s->feed == NULL || s->sample == NULL)
        return fail(cli, SX_MEMORY, "out of memory for", "the inputs");
    if (cli->files_from != NULL) {
        s->list = strcmp(cli->files_from, "-") == 0 ? stdin : fopen(cli->files_from, "r");
        if (s->list == NULL)
            return fail(cli, SX_FAILED, "cannot read the list", cli->files_from);
    }
    return assign_feeds(cli);
}

/* The next INPUT's name: arguments, then the list, or standard input if neither is given. */
static const char *next_name(struct cli *cli)
{
    struct cli_samples *s = cli->samples;
    bool first = !s->began;
    s->began = true;
    if (cli->input_at < cli->n_inputs)
        return cli->inputs[cli->input_at++];
    if (s->list != NULL) {
        int end = cli->null_separated ? '\0' : '\n';
        ssize_t n = getdelim(&s->line, &s->room, end, s->list);
        if (n > 0 && s->line[n - 1] == end)
            s->line[n - 1] = '\0';
        return n >= 0 ? s->line : NULL;
    }
    /* A model that -i feeds whole, or that takes nothing, needs no INPUT. */
    if (!first || cli->n_inputs > 0)
        return NULL;
    const char *fed = sx_model_input_count(cli->model) > 0 ? s->feed[0].file : cli->model_path;
    return s->main >= 0 ? "-" : fed;
}

/* Opens the array of an archive that has the name of input i. */
static bool open_member(struct cli *cli, int i, struct sx_error *error)
{
    struct cli_samples *s = cli->samples;
    const struct sx_reader *archive = s->main >= 0 ? s->feed[s->main].reader : NULL;
    struct sx_input how = cli_how(cli, i);
    if (archive != NULL && sx_reader_member(archive, 0) != NULL) {
        s->feed[i].reader = sx_reader_open_member(archive, &how, error);
        return s->feed[i].reader != NULL;
    }
    error->status = SX_USAGE;
    snprintf(error->message, sizeof error->message,
             "the model also takes '%.80s': feed it with -i '%.80s'=FILE", how.member,
             how.member);
    return false;
}

static bool at_file(struct sx_error *error, const char *file)
{
    struct sx_error old = *error;
    snprintf(error->message, sizeof error->message, "%.80s: %.200s", file, old.message);
    return false;
}

/* Opens everything that the samples of one INPUT need. */
static bool open_feeds(struct cli *cli, const char *name, struct sx_error *error)
{
    struct cli_samples *s = cli->samples;
    int n = sx_model_input_count(cli->model);
    s->id = name;
    s->index = 0;
    if (s->main >= 0) {
        struct sx_input how = cli_how(cli, s->main);
        s->feed[s->main].reader = sx_reader_open(name, &how, error);
        if (s->feed[s->main].reader == NULL)
            return false;
    }
    for (int i = 0; i < n; i++) {
        struct feed *f = &s->feed[i];
        if (i != s->main && f->file != NULL) {
            struct sx_input how = cli_how(cli, i);
            how.lone = true;
            f->reader = sx_reader_open(f->file, &how, error);
            if (f->reader == NULL)
                return at_file(error, f->file);
        } else if (i != s->main && !open_member(cli, i, error)) {
            return false;
        }
        f->single = i != s->main && sx_reader_count(f->reader) == 1;
        f->taken = 0;
    }
    return true;
}

/* Integers fit the type of their input. */
static bool takes(const struct cli *cli, int i, struct sx_tensor *value, struct sx_error *error)
{
    size_t line = sx_reader_line(cli->samples->feed[i].reader);
    if (sx_port_takes(sx_model_input(cli->model, i), value, error))
        return true;
    struct sx_error why = *error;
    if (line > 0)
        snprintf(error->message, sizeof error->message, "line %zu: %.270s", line, why.message);
    sx_tensor_free(value);
    return false;
}

/* The next value of input i. That a text has a single line shows when the second is asked for. */
static bool read_feed(struct cli *cli, int i, bool *end, struct sx_error *error)
{
    struct feed *f = &cli->samples->feed[i];
    struct sx_tensor next = {0};
    bool ended = false;
    if (f->single && f->have)
        return true;
    bool ok = sx_reader_next(f->reader, &next, &ended, error);
    if (ok && ended && f->have && f->taken == 1 && i != cli->samples->main) {
        f->single = true;
        return true;
    }
    *end = ended;
    if (ok && ended)
        return true; /* the last value is still looked at where a range is empty */
    ok = ok && takes(cli, i, &next, error);
    sx_tensor_free(&f->value);
    f->have = ok;
    if (f->have)
        f->value = next;
    f->taken += f->have;
    cli->samples->missing += f->have ? sx_reader_missing(f->reader) : 0;
    return ok;
}

/* The input whose end is the end: the main one, else the first with more than one sample. */
static int leader(const struct cli_samples *s, int n)
{
    for (int i = 0; s->main < 0 && i < n; i++)
        if (!s->feed[i].single)
            return i;
    return s->main >= 0 ? s->main : 0;
}

/* One sample of the current INPUT, whatever its row. All inputs advance, also past a failure. */
static bool read_sample(struct cli *cli, bool *end, struct sx_error *error)
{
    struct cli_samples *s = cli->samples;
    int n = sx_model_input_count(cli->model), lead = leader(s, n);
    s->missing = 0;
    bool ok = n == 0 || read_feed(cli, lead, end, error), all_single = true;
    for (int i = 0; i < n && !*end; i++) {
        bool short_of = false;
        if (i == lead)
            continue;
        struct sx_error other = {0};
        if (!read_feed(cli, i, &short_of, &other) || short_of) {
            if (ok && short_of)
                snprintf(error->message, sizeof error->message,
                         "input '%.80s' has no sample %lld",
                         sx_model_input(cli->model, i)->name, (long long)s->index);
            if (ok)
                error->status = SX_FAILED;
            if (ok && !short_of)
                *error = other;
            ok = false;
        }
    }
    for (int i = 0; i < n; i++)
        all_single = all_single && s->feed[i].single;
    if (all_single && s->index > 0)
        *end = true;
    for (int i = 0; ok && i < n; i++)
        s->sample[i] = s->feed[i].value;
    s->complete = *end ? s->complete : ok;
    return ok || *end;
}

static void show_progress(struct cli *cli)
{
    struct cli_samples *s = cli->samples;
    double now = cli_seconds();
    if (now - s->shown < 0.2 || now - cli->started < 0.5 || !cli_shows_progress(cli))
        return;
    s->shown = now;
    int64_t count = s->main >= 0 && s->feed[s->main].reader != NULL
                        ? sx_reader_count(s->feed[s->main].reader)
                        : -1;
    double rate = (double)cli->done / (now - cli->started);
    char left[60] = "";
    if (count > 1 && rate > 0)
        snprintf(left, sizeof left, ", %.0f s left in this input",
                 (double)(count - s->index) / rate);
    cli_progress(cli, "%s: %lld done, %.3g/s%s", cli->tool, (long long)cli->done, rate, left);
}

/* Opens the next INPUT; one that cannot be opened is a failed sample. */
static bool next_input(struct cli *cli)
{
    struct cli_samples *s = cli->samples;
    const char *name = next_name(cli);
    struct sx_error error = {0};
    if (name == NULL)
        return false;
    if (open_feeds(cli, name, &error))
        return true;
    const struct cli_sample failed = {.id = name, .file = true};
    bool go_on = cli_done(cli, &failed, false, &error);
    close_feeds(cli);
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
}

/* What a range that leaves no row of an INPUT means: one that begins past its end is an error. For
 * a .npy a row outside of it stands in, which tells the shape of the rows that are not there. */
static bool end_input(struct cli *cli, struct cli_sample *sample, bool *probe)
{
    struct cli_samples *s = cli->samples;
    struct sx_error error = {0};
    bool end = false, go_on = true;
    *probe = false;
    *sample = (struct cli_sample){.id = s->id, .file = true, .started = cli_seconds()};
    if (s->index < cli->row_begin) {
        error.status = SX_FAILED;
        snprintf(error.message, sizeof error.message,
                 "it has %lld sample%s, and --rows begins at %lld", (long long)s->index,
                 s->index == 1 ? "" : "s", (long long)cli->row_begin);
        go_on = cli_done(cli, sample, false, &error);
    } else if (cli->format == CLI_NPY && !cli->overall && cli->n_arrays == 0 &&
               cli->probed.shape.rank < 0 && s->index == cli->row_begin &&
               (s->index > 0 || read_sample(cli, &end, &error)) && !end && s->complete) {
        *probe = cli->probing = true;
        show_sample(cli, sample);
        return true;
    }
    close_feeds(cli);
    return go_on;
}

/* One row of the current INPUT, or its end; *given: the tool is to see it. */
static bool next_row(struct cli *cli, struct cli_sample *sample, bool *given)
{
    struct cli_samples *s = cli->samples;
    bool end = cli->row_end >= 0 && s->index >= cli->row_end;
    struct sx_error error = {0};
    *given = false;
    bool ok = end || read_sample(cli, &end, &error);
    if (end)
        return end_input(cli, sample, given);
    *sample = (struct cli_sample){.id = s->id, .index = s->index++};
    sample->started = cli_seconds();
    if (sample->index < cli->row_begin)
        return true;
    if (!ok)
        return cli_done(cli, sample, false, &error);
    show_sample(cli, sample);
    cli->missing += s->missing;
    *given = true;
    return true;
}

bool cli_next(struct cli *cli, struct cli_sample *sample)
{
    if (cli->samples == NULL && !begin(cli))
        return false;
    struct cli_samples *s = cli->samples;
    bool given = false, go_on = true;
    if (cli->probing)
        close_feeds(cli);
    cli->probing = false;
    while (go_on && !given && cli->error.status == SX_OK) {
        show_progress(cli);
        go_on = s->id == NULL ? next_input(cli) : next_row(cli, sample, &given);
    }
    return given && cli->error.status == SX_OK;
}

/* How many samples are left in the current INPUT, within --rows; readers of arrays know. */
static int64_t count_rest(struct cli *cli)
{
    struct cli_samples *s = cli->samples;
    const struct feed *f = &s->feed[leader(s, sx_model_input_count(cli->model))];
    int64_t count = f->reader != NULL ? sx_reader_count(f->reader) : 1, n = 0;
    if (count >= 0) {
        int64_t begin = s->index > cli->row_begin ? s->index : cli->row_begin;
        int64_t end = cli->row_end >= 0 && cli->row_end < count ? cli->row_end : count;
        return end > begin ? end - begin : 0;
    }
    for (;;) {
        struct sx_error ignored = {0};
        bool end = cli->row_end >= 0 && s->index >= cli->row_end;
        if (!end)
            read_sample(cli, &end, &ignored);
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
    close_feeds(cli);
    while ((name = next_name(cli)) != NULL) {
        struct sx_error ignored = {0};
        n += open_feeds(cli, name, &ignored) ? count_rest(cli) : 1;
        close_feeds(cli);
    }
    if (n > 1)
        cli_say(cli, "only the first of %lld samples is drawn", (long long)n);
}

const char *cli_feature(const struct cli *cli, size_t i)
{
    const struct cli_samples *s = cli->samples;
    if (s == NULL || s->main < 0 || s->feed[s->main].reader == NULL)
        return NULL;
    return sx_reader_feature(s->feed[s->main].reader, i);
}
