/* data.c - data sets: many samples at once, and their labels. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/cli/inner.h"

static bool fail(struct sx_error *error, const char *path, const char *reason)
{
    return cli_error(error, reason != NULL ? SX_FAILED : error->status, "%.80s: %.200s", path,
                     reason != NULL ? reason : error->message);
}

/* Converts any array of n numbers to labels. Returns what is wrong with it; NULL: nothing. */
static const char *to_labels(const struct sx_tensor *t, int64_t n, int64_t **labels)
{
    *labels = calloc((size_t)n + 1, sizeof **labels);
    for (int64_t i = 0; *labels != NULL && i < n; i++) {
        double label = sx_tensor_get(t, i);
        if (!(fabs(label) < 1e15) || label != floor(label))
            return "labels are the numbers of classes";
        (*labels)[i] = (int64_t)label;
    }
    return *labels != NULL ? NULL : "out of memory";
}

static bool read_labels(struct cli *cli, const char *path, int64_t n, int64_t **labels,
                        struct sx_error *error)
{
    struct sx_tensor t = {0};
    const struct sx_input how = {
        .member = "y", .lone = true, .header = (enum sx_header)cli->header};
    if (!sx_tensor_read(&t, path, &how, error))
        return fail(error, path, NULL);
    int64_t count = sx_count(&t.shape);
    const char *wrong = count == n ? to_labels(&t, n, labels) : NULL;
    sx_tensor_free(&t);
    if (count != n)
        return cli_error(error, SX_FAILED, "%.80s: %lld labels for %lld samples", path,
                         (long long)count, (long long)n);
    return wrong == NULL || fail(error, path, wrong);
}

void cli_one_input(struct cli *cli)
{
    static char standard_input[] = "-";
    if (cli->n_inputs > 1)
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
    struct sx_input how = cli_how(cli, 0);
    bool file = strcmp(x, "-") != 0;
    if (file && (how.member == NULL || !sx_archive_has(x, how.member)) &&
        sx_archive_has(x, "x"))
        how.member = "x";
    how.lone = true;
    how.columns = &cli->columns;
    *data = (struct cli_data){0};
    data->x = sx_dataset_open(x, &how, error);
    if (data->x == NULL)
        return fail(error, x, NULL);
    cli->missing += sx_dataset_missing(data->x);
    int64_t n = sx_dataset_count(data->x);
    if (y == NULL && file && sx_archive_has(x, how.member) && sx_archive_has(x, "y"))
        y = x;
    if (y != NULL && !read_labels(cli, y, n, &data->own, error))
        return false;
    data->y = y != NULL ? data->own : sx_dataset_labels(data->x);
    return true;
}

struct line {
    const char *text;
    int64_t at;
};

static int by_text(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    int order = strcmp(x->text, y->text);
    return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

/* Sets first[i] to the number of the first line that equals line i. */
static void find_first(char *const *text, int64_t n, int64_t *first, struct line *line)
{
    for (int64_t i = 0; i < n; i++)
        line[i] = (struct line){text[i], i};
    qsort(line, (size_t)n, sizeof *line, by_text);
    for (int64_t i = 0; i < n; i++) {
        bool same = i > 0 && strcmp(line[i - 1].text, line[i].text) == 0;
        first[line[i].at] = same ? first[line[i - 1].at] : line[i].at;
    }
}

bool cli_read_groups(struct cli *cli, const char *path, int64_t n, int64_t **group,
                     struct sx_error *error)
{
    char **text = NULL;
    size_t lines = 0;
    bool ok = cli_read_lines(cli, path, &text, &lines);
    if (!ok)
        *error = cli->error;
    else if ((int64_t)lines != n)
        ok = fail(error, path, "there is not one line for each sample");
    if (ok) {
        struct line *line = cli_must(cli, calloc((size_t)n + 1, sizeof *line));
        *group = cli_must(cli, calloc((size_t)n + 1, sizeof **group));
        find_first(text, n, *group, line);
        free(line);
    }
    cli_free_lines(text, lines);
    return ok;
}

void cli_data_free(struct cli_data *data)
{
    sx_dataset_close(data->x);
    free(data->own);
}

static bool read_points(struct cli *cli, const char *path, const struct sx_explainer *explainer,
                        double **points, int64_t *n, struct sx_error *error)
{
    const struct sx_shape *shape = &sx_explainer_elements(explainer)->shape;
    bool ids = sx_explainer_ids(explainer) != NULL;
    char **names;
    struct sx_columns columns = cli_features_columns(cli, &names);
    struct sx_input how = {.want = shape,
                           .columns = &columns,
                           .whole = cli->no_batch,
                           .member = sx_explainer_input_name(explainer),
                           .lone = true,
                           .header = (enum sx_header)cli->header,
                           .pre = &cli->pre};
    struct sx_reader *reader = sx_reader_open(path, &how, error);
    int64_t size = sx_count(&sx_explainer_input(explainer)->shape), room = 0;
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
        if (!ok)
            cli_error(error, SX_MEMORY, "out of memory");
        else if (ids)
            ok = sx_explainer_embed(explainer, &t, *points + *n * size, error);
        for (int64_t i = 0; ok && !ids && i < size; i++)
            (*points)[*n * size + i] = sx_tensor_get(&t, i);
        *n += ok;
        cli->missing += sx_reader_missing(reader);
        sx_tensor_free(&t);
    }
    sx_reader_close(reader);
    free(names);
    return ok || fail(error, path, NULL);
}

/* ---- Points from streams, which can be read only once ---- */

struct cli_points {
    struct cli_points *next;
    const char *path;
    struct sx_shape shape;
    double *point;
    int64_t n;
};

static bool is_stream(const char *path)
{
    struct stat st;
    return strcmp(path, "-") == 0 || (stat(path, &st) == 0 && !S_ISREG(st.st_mode));
}

static double *copy_of(const double *from, size_t n)
{
    double *copy = calloc(n + 1, sizeof *copy);
    if (copy != NULL)
        memcpy(copy, from, n * sizeof *copy);
    return copy;
}

bool cli_read_points(struct cli *cli, const char *path, const struct sx_explainer *explainer,
                     double **points, int64_t *n, struct sx_error *error)
{
    const struct sx_shape *shape = &sx_explainer_input(explainer)->shape;
    struct cli_points *p = cli->points;
    while (p != NULL && strcmp(p->path, path) != 0)
        p = p->next;
    if (p == NULL) {
        bool ok = read_points(cli, path, explainer, points, n, error);
        if (!ok || !is_stream(path))
            return ok;
        p = cli_must(cli, calloc(1, sizeof *p));
        *p = (struct cli_points){cli->points, path, *shape, *points, *n};
        cli->points = p;
    } else if (!sx_shape_equal(shape, &p->shape)) {
        return fail(error, path, "a stream is read once, and samples have several shapes");
    }
    *n = p->n;
    *points = cli_must(cli, copy_of(p->point, (size_t)(p->n * sx_count(shape))));
    return true;
}

void cli_points_free(struct cli *cli)
{
    while (cli->points != NULL) {
        struct cli_points *next = cli->points->next;
        free(cli->points->point);
        free(cli->points);
        cli->points = next;
    }
}
