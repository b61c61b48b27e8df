/* output.c - what all tools write alike: records, error records, arrays, pictures. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cli/cli.h"

bool cli_to_terminal(const struct cli *cli)
{
    return cli->output == NULL && isatty(STDOUT_FILENO);
}

void cli_record(const struct cli *cli, const struct cli_sample *sample,
                struct sx_record *record)
{
    *record = (struct sx_record){.tool = cli->tool,
                                 .id = sample->id,
                                 .index = sample->index,
                                 .model_file = cli->model_path,
                                 .model_sha256 =
                                     cli->model != NULL ? sx_model_sha256(cli->model) : NULL,
                                 .seconds = -1};
    if (cli->timing)
        record->seconds = cli_seconds() - sample->started;
}

/* After the first sample. */
static void note_runs(const struct cli *cli, const struct sx_explainer *explainer)
{
    bool alone;
    int64_t points = sx_explainer_batch(explainer, &alone);
    if (points > 0 && cli->done == 0)
        cli_note(cli, "%lld point%s a run%s", (long long)points, points == 1 ? "" : "s",
                 alone ? ": a tensor has so many axes that none is left for a batch" : "");
}

void cli_record_target(struct cli *cli, struct sx_record *record,
                       const struct sx_explainer *explainer)
{
    int64_t forward, backward;
    sx_explainer_cost(explainer, &forward, &backward);
    record->forward = forward - cli->forward;
    record->backward = backward - cli->backward;
    cli->forward = forward;
    cli->backward = backward;
    record->input_name = sx_explainer_input_name(explainer);
    record->input_shape = sx_explainer_input(explainer)->shape;
    record->target = sx_explainer_target(explainer);
    note_runs(cli, explainer);
}

void cli_target_name(const struct sx_target *t, char *name, size_t size)
{
    const char *other = t->other ? "other class of " : "";
    if (t->sum != NULL)
        snprintf(name, size, "sum %.80s", t->sum);
    else if (t->label != NULL)
        snprintf(name, size, "%.60s (%lld)", t->label, (long long)t->index);
    else
        snprintf(name, size, "%soutput %lld", other, (long long)t->index);
}

bool cli_done(struct cli *cli, const struct cli_sample *sample, bool ok,
              const struct sx_error *error)
{
    struct sx_error write = {0};
    if (ok) {
        cli->done++;
        return true;
    }
    char place[120];
    if (error->status != SX_FAILED) {
        snprintf(place, sizeof place,
                 "%.80s: ", error->status == SX_MODEL ? cli->model_path : sample->id);
        /* What could not be written, and a model's graph, are named already. */
        bool placed =
            error->status == SX_WRITE || strncmp(error->message, place, strlen(place)) == 0;
        cli->error.status = error->status;
        snprintf(cli->error.message, sizeof cli->error.message, "%s%.180s", placed ? "" : place,
                 error->message);
        return false;
    }
    snprintf(place, sizeof place, "%.80s: sample %lld", sample->id, (long long)sample->index);
    cli_complain(cli, place, error);
    if (cli->format != CLI_JSON)
        return true;
    struct sx_record record;
    cli_record(cli, sample, &record);
    if (sx_record_error(&cli->json, &record, error, &write))
        return true;
    cli->error = write;
    return false;
}

bool cli_add_array(struct cli *cli, const struct sx_tensor *tensor, struct sx_error *error)
{
    enum sx_type type = cli->explain.precise ? SX_DOUBLE : SX_FLOAT;
    if (tensor->type == SX_INT || tensor->type == SX_BOOL)
        type = tensor->type;
    if (cli->n_arrays > 0 && !sx_shape_equal(&cli->arrays[0].shape, &tensor->shape)) {
        *error = (struct sx_error){SX_FAILED, "has another shape than the samples before it"};
        return false;
    }
    if (cli->n_arrays == cli->array_capacity) {
        size_t room = 2 * cli->array_capacity + 8;
        struct sx_tensor *more = realloc(cli->arrays, room * sizeof *more);
        if (more == NULL) {
            *error = (struct sx_error){SX_MEMORY, "out of memory"};
            return false;
        }
        cli->arrays = more;
        cli->array_capacity = room;
    }
    if (!sx_tensor_convert(&cli->arrays[cli->n_arrays], type, tensor, error))
        return false;
    cli->n_arrays++;
    return true;
}

/* The sample axis comes first when there is more than one sample. */
bool cli_flush_arrays(struct cli *cli, struct sx_error *error)
{
    if (cli->format != CLI_NPY || cli->n_arrays == 0 || cli->sink == NULL)
        return true;
    struct sx_shape shape = cli->arrays[0].shape;
    if (cli->n_arrays > 1) {
        if (shape.rank == SX_MAX_RANK) {
            *error = (struct sx_error){SX_FAILED, "too many axes for a .npy of many samples"};
            return false;
        }
        memmove(shape.dim + 1, shape.dim, (size_t)shape.rank * sizeof shape.dim[0]);
        shape.dim[0] = (int64_t)cli->n_arrays;
        shape.rank++;
    }
    sx_npy_head(cli->sink, cli->arrays[0].type, &shape);
    for (size_t i = 0; i < cli->n_arrays; i++) {
        const struct sx_tensor *t = &cli->arrays[i];
        sx_sink_write(cli->sink, t->data, (size_t)sx_count(&t->shape) * sx_type_size(t->type));
    }
    return sx_sink_flush(cli->sink, error);
}

void cli_output_free(struct cli *cli)
{
    for (size_t i = 0; i < cli->n_arrays; i++)
        sx_tensor_free(&cli->arrays[i]);
    free(cli->arrays);
}

bool cli_write_png(struct cli *cli, const struct sx_picture *picture, struct sx_error *error)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    bool ok = sx_png_encode(picture, &bytes, &size, error);
    if (ok) {
        sx_sink_write(cli->sink, bytes, size);
        ok = sx_sink_flush(cli->sink, error);
    }
    free(bytes);
    return ok;
}

static bool file_baseline(struct cli *cli, const struct sx_shape *shape, double *baseline,
                          struct sx_error *error)
{
    double *points = NULL;
    int64_t n = 0, size = sx_count(shape);
    bool ok = cli_read_points(cli, cli->baseline, shape, &points, &n, error);
    if (ok)
        memcpy(baseline, points, (size_t)size * sizeof *baseline);
    free(points);
    return ok;
}

/* Whether sx_baseline knows the specification; otherwise it is a file. */
static bool is_plain(const char *text)
{
    double value;
    return strcmp(text, "zero") == 0 || strcmp(text, "mean") == 0 ||
           strcmp(text, "black") == 0 || strcmp(text, "white") == 0 ||
           strncmp(text, "blur:", 5) == 0 || sx_number_parse(text, strlen(text), &value);
}

bool cli_baseline(struct cli *cli, const struct sx_explainer *explainer,
                  const double *background, int64_t n_background, double **baseline,
                  struct sx_error *error)
{
    const struct sx_shape *shape = &sx_explainer_input(explainer)->shape;
    *baseline = calloc((size_t)sx_count(shape) + 1, sizeof **baseline);
    if (*baseline == NULL) {
        *error = (struct sx_error){SX_MEMORY, "out of memory"};
        return false;
    }
    if (is_plain(cli->baseline))
        return sx_baseline(explainer, cli->baseline, &cli->pre, background, n_background,
                           *baseline, error);
    return file_baseline(cli, shape, *baseline, error);
}

/* "pixel name" of element i: a feature's name, or its place. */
static void place_of(const struct cli *cli, const struct sx_shape *shape, int64_t i, char *text,
                     size_t size)
{
    const char *name = shape->rank <= 1 ? cli_feature(cli, (size_t)i) : NULL;
    size_t at = 0;
    if (name != NULL) {
        snprintf(text, size, "%s", name);
        return;
    }
    int64_t stride = sx_count(shape);
    text[0] = '\0';
    for (int k = 0; k < shape->rank && at + 24 < size; k++) {
        stride /= shape->dim[k];
        at += (size_t)snprintf(text + at, size - at, "%s%lld", k > 0 ? "," : "",
                               (long long)(i / stride % shape->dim[k]));
    }
}

bool cli_print_top(struct cli *cli, const struct sx_tensor *map, int n, struct sx_error *error)
{
    int64_t count = sx_count(&map->shape), best[32];
    int found = 0;
    n = n > 32 ? 32 : n;
    for (int64_t i = 0; i < count; i++) {
        int at = found;
        if (isnan(sx_tensor_get(map, i)))
            continue;
        while (at > 0 && fabs(sx_tensor_get(map, i)) > fabs(sx_tensor_get(map, best[at - 1])))
            at--;
        if (at >= n)
            continue;
        found += found < n;
        memmove(best + at + 1, best + at, (size_t)(found - at - 1) * sizeof best[0]);
        best[at] = i;
    }
    for (int k = 0; k < found; k++) {
        char place[120];
        place_of(cli, &map->shape, best[k], place, sizeof place);
        sx_sink_print(cli->sink, "  %-24s % .6g\n", place, sx_tensor_get(map, best[k]));
    }
    return sx_sink_flush(cli->sink, error);
}
