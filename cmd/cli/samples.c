/* samples.c - from INPUT arguments to samples: one tensor per model input, in lockstep. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    int main;                 /* the input that INPUTs feed; -1: all are fed by -i */
    double shown;             /* when progress was shown last */
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
    if (s->shown > 0)
        fprintf(stderr, "\r\033[K");
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
        int i = 0;
        while (i < n && strcmp(sx_model_input(cli->model, i)->name, cli->side[k].name) != 0)
            i++;
        if (i < n)
            s->feed[i].file = cli->side[k].file;
        else if (!sx_model_has_tensor(cli->model, cli->side[k].name))
            return fail(cli, SX_USAGE, "the model has no input named", cli->side[k].name);
    }
    s->main = -1;
    for (int i = 0; i < n && s->main < 0; i++)
        if (s->feed[i].file == NULL)
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
    return first && cli->n_inputs == 0 ? (s->main >= 0 ? "-" : cli->model_path) : NULL;
}

/* Opens the array of an archive that has the name of input i. */
static bool open_member(struct cli *cli, int i, struct sx_error *error)
{
    struct cli_samples *s = cli->samples;
    const struct sx_port *port = sx_model_input(cli->model, i);
    const struct sx_reader *archive = s->main >= 0 ? s->feed[s->main].reader : NULL;
    for (size_t k = 0; archive != NULL && sx_reader_member(archive, k) != NULL; k++)
        if (strcmp(sx_reader_member(archive, k), port->name) == 0) {
            s->feed[i].reader = sx_reader_open_member(archive, port->name, &port->shape, error);
            return s->feed[i].reader != NULL;
        }
    error->status = SX_USAGE;
    snprintf(error->message, sizeof error->message,
             "the model also takes '%.80s': feed it with -i '%.80s'=FILE", port->name,
             port->name);
    return false;
}

/* An archive's array for the main input is the one of its name, else the first. */
static struct sx_reader *open_main(struct cli *cli, const char *path, struct sx_error *error)
{
    const struct sx_port *port = sx_model_input(cli->model, cli->samples->main);
    const struct sx_shape *want = port->shape.rank >= 0 ? &port->shape : NULL;
    struct sx_reader *r = sx_reader_open(path, NULL, want, &cli->pre, error);
    for (size_t k = 1; r != NULL && sx_reader_member(r, k) != NULL; k++)
        if (strcmp(sx_reader_member(r, k), port->name) == 0) {
            sx_reader_close(r);
            return sx_reader_open(path, port->name, want, &cli->pre, error);
        }
    return r;
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
        s->feed[s->main].reader = open_main(cli, name, error);
        if (s->feed[s->main].reader == NULL)
            return false;
    }
    for (int i = 0; i < n; i++) {
        struct feed *f = &s->feed[i];
        const struct sx_port *port = sx_model_input(cli->model, i);
        if (i != s->main && f->file != NULL) {
            f->reader = sx_reader_open(
                f->file, NULL, port->shape.rank >= 0 ? &port->shape : NULL, &cli->pre, error);
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
    ok = ok && (ended || takes(cli, i, &next, error));
    sx_tensor_free(&f->value);
    f->have = ok && !ended;
    if (f->have)
        f->value = next;
    f->taken += f->have;
    *end = ended;
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
    return ok || *end;
}

static void show_progress(struct cli *cli)
{
    struct cli_samples *s = cli->samples;
    double now = cli_seconds();
    if (cli->quiet || !isatty(STDERR_FILENO) || now - s->shown < 0.2 ||
        now - cli->started < 0.5)
        return;
    s->shown = now;
    int64_t count = s->main >= 0 && s->feed[s->main].reader != NULL
                        ? sx_reader_count(s->feed[s->main].reader)
                        : -1;
    double rate = (double)cli->done / (now - cli->started);
    fprintf(stderr, "\r\033[K%s: %lld done, %.3g/s", cli->tool, (long long)cli->done, rate);
    if (count > 1 && rate > 0)
        fprintf(stderr, ", %.0f s left in this input", (double)(count - s->index) / rate);
    fflush(stderr);
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
    const struct cli_sample failed = {.id = name};
    bool go_on = cli_done(cli, &failed, false, &error);
    close_feeds(cli);
    s->id = NULL;
    return go_on;
}

bool cli_next(struct cli *cli, struct cli_sample *sample)
{
    if (cli->samples == NULL && !begin(cli))
        return false;
    struct cli_samples *s = cli->samples;
    while (cli->error.status == SX_OK) {
        show_progress(cli);
        if (s->id == NULL) {
            if (!next_input(cli))
                return false;
            continue;
        }
        bool end = cli->row_end >= 0 && s->index >= cli->row_end;
        struct sx_error error = {0};
        bool ok = end || read_sample(cli, &end, &error);
        if (end) {
            close_feeds(cli);
            continue;
        }
        *sample = (struct cli_sample){.id = s->id, .index = s->index++};
        sample->started = cli_seconds();
        if (sample->index < cli->row_begin)
            continue;
        if (!ok && !cli_done(cli, sample, false, &error))
            return false;
        if (!ok)
            continue;
        sample->feeds = s->sample;
        if (s->main >= 0)
            sample->picture = sx_reader_picture(s->feed[s->main].reader);
        return true;
    }
    return false;
}

bool cli_read_points(struct cli *cli, const char *path, const struct sx_shape *shape,
                     double **points, int64_t *n, struct sx_error *error)
{
    struct sx_reader *reader = sx_reader_open(path, NULL, shape, &cli->pre, error);
    int64_t size = sx_count(shape), room = 0;
    bool ok = reader != NULL, end = false;
    *points = NULL;
    *n = 0;
    while (ok) {
        struct sx_tensor t = {0};
        ok = sx_reader_next(reader, &t, &end, error);
        if (!ok || end)
            break;
        if (*n == room) {
            room = 2 * room + 1;
            double *more = realloc(*points, (size_t)room * (size_t)size * sizeof *more);
            ok = more != NULL;
            *points = ok ? more : *points;
        }
        for (int64_t i = 0; ok && i < size; i++)
            (*points)[*n * size + i] = sx_tensor_get(&t, i);
        *n += ok;
        sx_tensor_free(&t);
        if (!ok)
            *error = (struct sx_error){SX_MEMORY, "out of memory"};
    }
    sx_reader_close(reader);
    if (ok && *n == 0) {
        *error = (struct sx_error){SX_FAILED, "holds no sample"};
        ok = false;
    }
    return ok || at_file(error, path);
}

const char *cli_feature(const struct cli *cli, size_t i)
{
    const struct cli_samples *s = cli->samples;
    if (s == NULL || s->main < 0 || s->feed[s->main].reader == NULL)
        return NULL;
    return sx_reader_feature(s->feed[s->main].reader, i);
}
