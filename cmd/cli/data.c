/* data.c - data sets: many samples at once, and their labels. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/cli.h"

static bool fail(struct sx_error *error, const char *path, const char *reason)
{
    struct sx_error why = {SX_FAILED, ""};
    snprintf(why.message, sizeof why.message, "%.80s: %.200s", path,
             reason != NULL ? reason : error->message);
    if (reason == NULL)
        why.status = error->status;
    *error = why;
    return false;
}

/* Any array of numbers, flat, as integers; returns what is wrong with it. */
static const char *to_labels(const struct sx_tensor *t, int64_t n, int64_t **labels)
{
    if (sx_count(&t->shape) != n)
        return "there is not one label for each sample";
    *labels = calloc((size_t)n + 1, sizeof **labels);
    for (int64_t i = 0; *labels != NULL && i < n; i++) {
        double label = sx_tensor_get(t, i);
        if (!(fabs(label) < 1e15) || label != floor(label))
            return "labels are the numbers of classes";
        (*labels)[i] = (int64_t)label;
    }
    return *labels != NULL ? NULL : "out of memory";
}

static bool read_labels(const char *path, const char *member, int64_t n, int64_t **labels,
                        struct sx_error *error)
{
    struct sx_tensor t = {0};
    bool end, ok;
    if (member == NULL) {
        ok = sx_tensor_read(&t, path, error);
    } else {
        struct sx_reader *reader = sx_reader_open(path, member, NULL, NULL, error);
        ok = reader != NULL && sx_reader_next(reader, &t, &end, error);
        sx_reader_close(reader);
    }
    if (!ok)
        return fail(error, path, NULL);
    const char *wrong = to_labels(&t, n, labels);
    sx_tensor_free(&t);
    return wrong == NULL || fail(error, path, wrong);
}

/* Whether an archive holds an array of this name. */
static bool has_member(const char *path, const char *name)
{
    struct sx_error ignored = {0};
    struct sx_reader *reader = sx_reader_open(path, NULL, NULL, NULL, &ignored);
    const char *member;
    bool found = false;
    for (size_t i = 0; reader != NULL && (member = sx_reader_member(reader, i)) != NULL; i++)
        found = found || strcmp(member, name) == 0;
    sx_reader_close(reader);
    return found;
}

void cli_one_input(struct cli *cli)
{
    static char standard_input[] = "-";
    if (cli->n_inputs > 1 || cli->n_sides > 0 || cli->files_from != NULL ||
        cli->row_begin > 0 || cli->row_end >= 0)
        cli_misuse(cli, "one INPUT, and all of it: --subset takes some of its samples");
    if (cli->n_inputs == 1)
        return;
    free(cli->inputs);
    cli->inputs = malloc(sizeof *cli->inputs);
    if (cli->inputs == NULL)
        cli_misuse(cli, "out of memory");
    cli->inputs[0] = standard_input;
    cli->n_inputs = 1;
}

bool cli_read_data(struct cli *cli, const char *x, const char *y, struct cli_data *data,
                   struct sx_error *error)
{
    const struct sx_port *port = sx_model_input(cli->model, 0);
    const struct sx_shape *want = port != NULL && port->shape.rank >= 0 ? &port->shape : NULL;
    bool pair = strcmp(x, "-") != 0 && has_member(x, "x");
    *data = (struct cli_data){0};
    data->x = sx_dataset_open(x, pair ? "x" : NULL, want, &cli->pre, error);
    if (data->x == NULL)
        return fail(error, x, NULL);
    int64_t n = sx_dataset_count(data->x);
    if (y != NULL || (pair && has_member(x, "y"))) {
        if (!read_labels(y != NULL ? y : x, y != NULL ? NULL : "y", n, &data->own, error))
            return false;
        data->y = data->own;
    } else {
        data->y = sx_dataset_labels(data->x);
    }
    return true;
}

void cli_data_free(struct cli_data *data)
{
    sx_dataset_close(data->x);
    free(data->own);
}
