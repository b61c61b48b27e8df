/* feeds.c - reads one tensor per model input for each sample; all inputs advance together. */
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/samples.h"

void cli_feeds_close(struct cli *cli)
{
    struct cli_samples *s = cli->samples;
    for (int i = 0; s->feed != NULL && i < sx_model_input_count(cli->model); i++) {
        sx_tensor_free(&s->feed[i].value);
        s->feed[i].have = false;
        if (i != s->main)
            sx_reader_close(s->feed[i].reader);
    }
    /* Readers of an archive's members use its main reader, which is closed last. */
    if (s->feed != NULL && s->main >= 0) {
        sx_reader_close(s->feed[s->main].reader);
        s->feed[s->main].reader = NULL;
    }
    for (int i = 0; s->feed != NULL && i < sx_model_input_count(cli->model); i++)
        s->feed[i].reader = NULL;
    s->id = NULL;
}

/* Writes an input's type and shape, such as "int64 [N,128]". */
static void describe(const struct sx_port *port, char *text, size_t size)
{
    size_t n = (size_t)snprintf(text, size, "%.20s [",
                                port->element != NULL ? port->element : "of any type");
    for (int k = 0; k < port->shape.rank && n + 24 < size; k++) {
        int64_t dim = port->shape.dim[k];
        n += dim >= 0 ? (size_t)snprintf(text + n, size - n, "%s%lld", k > 0 ? "," : "",
                                         (long long)dim)
                      : (size_t)snprintf(text + n, size - n, "%s%c", k > 0 ? "," : "",
                                         k == 0 ? 'N' : '?');
    }
    snprintf(text + n, size - n, "]");
}

/* Opens the array of the archive that has the name of input i. */
static bool open_member(struct cli *cli, int i, struct sx_error *error)
{
    struct cli_samples *s = cli->samples;
    const struct sx_reader *archive = s->main >= 0 ? s->feed[s->main].reader : NULL;
    struct sx_input how = cli_how(cli, i);
    if (archive != NULL && sx_reader_member(archive, 0) != NULL) {
        s->feed[i].reader = sx_reader_open_member(archive, &how, error);
        return s->feed[i].reader != NULL;
    }
    char wanted[120];
    describe(sx_model_input(cli->model, i), wanted, sizeof wanted);
    return cli_error(error, SX_USAGE,
                     "the model also takes '%.60s', %s: feed it with -i '%.60s'=FILE",
                     how.member, wanted, how.member);
}

static bool at_file(struct sx_error *error, const char *file)
{
    struct sx_error old = *error;
    snprintf(error->message, sizeof error->message, "%.80s: %.200s", file, old.message);
    return false;
}

/* The failure of an empty standard input when no INPUT was named. */
static bool no_input(const struct cli *cli, struct sx_error *error)
{
    const struct sx_port *port = sx_model_input(cli->model, cli->samples->main);
    const struct sx_error old = *error;
    char wanted[120];
    if (old.status != SX_FAILED || cli->n_inputs > 0 || cli->files_from != NULL)
        return false;
    describe(port, wanted, sizeof wanted);
    return cli_error(error, SX_FAILED, "%.120s; MODEL takes '%.60s', %s", old.message,
                     port->name, wanted);
}

/* Opens the INPUT itself. A table may hold one column for each of several inputs. */
static bool open_main(struct cli *cli, const char *name, struct sx_error *error)
{
    struct cli_samples *s = cli->samples;
    const struct sx_columns *c = &cli->columns;
    struct sx_input how = cli_how(cli, s->main);
    s->chosen = *c;
    if (s->columns > 0) {
        s->chosen.feature = s->name;
        s->chosen.n_features = (size_t)s->columns;
        how.line = &s->row;
        s->chosen.text = s->text;
        how.cells = sx_model_words(cli->model);
    }
    how.columns = &s->chosen;
    struct sx_reader *reader = s->feed[s->main].reader = sx_reader_open(name, &how, error);
    if (reader == NULL)
        return s->feed[s->main].file == NULL && strcmp(name, "-") == 0 ? no_input(cli, error)
                                                                       : false;
    bool table = sx_reader_is_table(reader);
    if (!table && (c->only != NULL || c->drop != NULL || c->id != NULL || c->truth != NULL))
        return cli_error(error, SX_FAILED, "columns were chosen, and it is no table");
    for (int i = 0, k = 0; i < sx_model_input_count(cli->model); i++)
        s->feed[i].column = table && s->columns > 0 && s->feed[i].file == NULL ? k++ : -1;
    return true;
}

/* Opens all files that the samples of one INPUT need. */
bool cli_feeds_open(struct cli *cli, const char *name, struct sx_error *error)
{
    struct cli_samples *s = cli->samples;
    int n = sx_model_input_count(cli->model);
    s->id = name;
    s->index = 0;
    if (!cli->each && cli_same_file(cli->output, name))
        return cli_error(error, SX_USAGE, "is what -o writes");
    if (s->main >= 0 && !open_main(cli, name, error))
        return false;
    for (int i = 0; i < n; i++) {
        struct cli_feed *f = &s->feed[i];
        if (i != s->main && f->file != NULL) {
            struct sx_input how = cli_how(cli, i);
            how.lone = true;
            f->reader = sx_reader_open(f->file, &how, error);
            if (f->reader == NULL)
                return at_file(error, f->file);
        } else if (i != s->main && f->column < 0 && !open_member(cli, i, error)) {
            return false;
        }
        f->single = i != s->main && f->column < 0 && sx_reader_count(f->reader) == 1;
        f->taken = 0;
    }
    return true;
}

/* Checks that integers are in the range of their input's type. */
static bool takes(const struct cli *cli, int i, struct sx_tensor *value, struct sx_error *error)
{
    const struct cli_samples *s = cli->samples;
    size_t line = sx_reader_line(s->feed[s->feed[i].column < 0 ? i : s->main].reader);
    if (sx_port_takes(sx_model_input(cli->model, i), value, error))
        return true;
    struct sx_error why = *error;
    if (line > 0)
        snprintf(error->message, sizeof error->message, "line %zu: %.270s", line, why.message);
    sx_tensor_free(value);
    return false;
}

/* Gives the numbers of a table's line to the inputs, one each. */
static bool deal(struct cli *cli, const struct sx_tensor *line, struct sx_error *error)
{
    struct cli_samples *s = cli->samples;
    bool ok = true;
    for (int i = 0; ok && i < sx_model_input_count(cli->model); i++) {
        struct cli_feed *f = &s->feed[i];
        struct sx_tensor one = {0};
        struct sx_shape shape = {sx_model_input(cli->model, i)->shape.rank, {1, 1}};
        if (f->column < 0)
            continue;
        ok = sx_tensor_new(&one, line->type, &shape, error);
        if (ok)
            sx_tensor_set(&one, 0, sx_tensor_get(line, f->column));
        ok = ok && takes(cli, i, &one, error);
        sx_tensor_free(&f->value);
        f->have = ok;
        if (ok)
            f->value = one;
    }
    return ok;
}

/* Reads the next value of input i. Only the attempt to read a second line tells that a text has a
 * single one. */
static bool read_feed(struct cli *cli, int i, bool *end, struct sx_error *error)
{
    struct cli_feed *f = &cli->samples->feed[i];
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
        return true; /* the last value is still used when --rows is empty */
    if (f->column >= 0) {
        ok = ok && deal(cli, &next, error);
        sx_tensor_free(&next);
        cli->samples->missing += ok ? sx_reader_missing(f->reader) : 0;
        return ok;
    }
    ok = ok && takes(cli, i, &next, error);
    sx_tensor_free(&f->value);
    f->have = ok;
    if (f->have)
        f->value = next;
    f->taken += f->have;
    cli->samples->missing += f->have ? sx_reader_missing(f->reader) : 0;
    return ok;
}

/* The input at whose end the samples end: the main one, or else the first with more than one
 * sample. */
static int leader(const struct cli_samples *s, int n)
{
    for (int i = 0; s->main < 0 && i < n; i++)
        if (!s->feed[i].single)
            return i;
    return s->main >= 0 ? s->main : 0;
}

/* Reads one sample of the current INPUT, whatever its row. All inputs advance, also after a
 * failure. */
bool cli_feeds_next(struct cli *cli, bool skip, bool *end, struct sx_error *error)
{
    struct cli_samples *s = cli->samples;
    int n = sx_model_input_count(cli->model), lead = leader(s, n);
    s->missing = 0;
    bool ok =
        n == 0 || (skip && lead == s->main ? sx_reader_skip(s->feed[lead].reader, end, error)
                                           : read_feed(cli, lead, end, error));
    bool all_single = true;
    for (int i = 0; i < n && !*end; i++) {
        bool short_of = false;
        if (i == lead || (s->feed[i].column >= 0 && i != s->main))
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
    ok = ok && !(skip && lead == s->main && !*end);
    for (int i = 0; ok && i < n; i++)
        s->sample[i] = s->feed[i].value;
    s->complete = *end ? s->complete : ok;
    return ok || *end;
}

static struct sx_reader *leading(const struct cli *cli)
{
    return cli->samples->feed[leader(cli->samples, sx_model_input_count(cli->model))].reader;
}

int64_t cli_feeds_count(const struct cli *cli)
{
    struct sx_reader *reader = leading(cli);
    return reader != NULL ? sx_reader_count(reader) : 1;
}

bool cli_feeds_more(const struct cli *cli)
{
    struct sx_reader *reader = leading(cli);
    return reader != NULL && sx_reader_more(reader);
}

const char *cli_feeds_id(const struct cli *cli)
{
    const struct cli_samples *s = cli->samples;
    return s->main >= 0 ? sx_reader_id(s->feed[s->main].reader) : NULL;
}
