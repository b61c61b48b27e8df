/* array.c - the rows of one .npy: gathered sample by sample, written at the end of the run. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/inner.h"

static bool add_row(struct cli *cli, struct sx_error *error)
{
    if (cli->n_arrays == cli->array_capacity) {
        size_t room = 2 * cli->array_capacity + 8;
        struct sx_tensor *more = realloc(cli->arrays, room * sizeof *more);
        if (more == NULL)
            return cli_error(error, SX_MEMORY, "out of memory");
        cli->arrays = more;
        cli->array_capacity = room;
    }
    cli->arrays[cli->n_arrays] = (struct sx_tensor){0};
    return true;
}

/* The first row that has values; NULL: every sample failed. */
static const struct sx_tensor *first_row(const struct cli *cli)
{
    for (size_t i = 0; i < cli->n_arrays; i++)
        if (cli->arrays[i].data != NULL)
            return &cli->arrays[i];
    return NULL;
}

/* Writes the row as a file of its own. */
static bool write_alone(struct cli *cli, struct sx_error *error)
{
    bool ok = cli_file_begin(cli, error) && cli_flush_arrays(cli, error);
    sx_tensor_free(&cli->arrays[--cli->n_arrays]);
    return cli_file_end(cli, ok, error);
}

bool cli_add_array(struct cli *cli, const struct sx_tensor *tensor, struct sx_error *error)
{
    enum sx_type type = cli->explain.precise ? SX_DOUBLE : SX_FLOAT;
    if (tensor->type == SX_INT || tensor->type == SX_BOOL)
        type = tensor->type;
    if (cli->probing) {
        cli->probed = (struct sx_tensor){type, tensor->shape, NULL};
        return true;
    }
    const struct sx_tensor *first = first_row(cli);
    if (first != NULL && !sx_shape_equal(&first->shape, &tensor->shape))
        return cli_error(error, SX_FAILED, "has another shape than the samples before it");
    if (!add_row(cli, error) ||
        !sx_tensor_convert(&cli->arrays[cli->n_arrays], type, tensor, error))
        return false;
    cli->n_arrays++;
    return !cli->each || write_alone(cli, error);
}

bool cli_add_failed(struct cli *cli, struct sx_error *error)
{
    if (cli->probing || cli->overall || cli->one_result || cli->each)
        return true;
    if (!add_row(cli, error))
        return false;
    cli->n_arrays++;
    return true;
}

/* Puts a sample axis in front, if the model has a batch axis or there are several samples. */
static bool add_axis(const struct cli *cli, struct sx_shape *shape, struct sx_error *error)
{
    if (cli->overall || cli->one_result || (cli->n_arrays == 1 && !cli_sample_axis(cli)))
        return true;
    if (shape->rank == SX_MAX_RANK)
        return cli_error(error, SX_FAILED, "too many axes for a .npy of many samples");
    memmove(shape->dim + 1, shape->dim, (size_t)shape->rank * sizeof shape->dim[0]);
    shape->dim[0] = (int64_t)cli->n_arrays;
    shape->rank++;
    return true;
}

/* Writes a row, or NaN if its sample failed. */
static bool write_row(struct cli *cli, const struct sx_tensor *row, enum sx_type type,
                      const struct sx_shape *shape, struct sx_error *error)
{
    struct sx_tensor t = {0};
    int64_t n = sx_count(shape);
    if (row->type == type && row->data != NULL)
        return sx_sink_write(cli->sink, row->data, (size_t)n * sx_type_size(type));
    bool ok = row->data != NULL ? sx_tensor_convert(&t, type, row, error)
                                : sx_tensor_new(&t, type, shape, error);
    for (int64_t i = 0; ok && row->data == NULL && i < n; i++)
        sx_tensor_set(&t, i, NAN);
    if (ok)
        sx_sink_write(cli->sink, t.data, (size_t)n * sx_type_size(type));
    sx_tensor_free(&t);
    return ok;
}

/* Writes the rows. Integers become doubles if a sample failed, because integers have no NaN. */
bool cli_flush_arrays(struct cli *cli, struct sx_error *error)
{
    const struct sx_tensor *first = first_row(cli);
    if (first == NULL && cli->n_arrays == 0 && cli->probed.shape.rank >= 0)
        first = &cli->probed;
    if (cli->format != CLI_NPY || first == NULL || cli->sink == NULL)
        return true;
    struct sx_shape row = first->shape, shape = row;
    enum sx_type type = first->type;
    for (size_t i = 0; i < cli->n_arrays; i++)
        if (cli->arrays[i].data == NULL && (type == SX_INT || type == SX_BOOL))
            type = SX_DOUBLE;
    if (!add_axis(cli, &shape, error))
        return false;
    sx_npy_head(cli->sink, type, &shape);
    for (size_t i = 0; i < cli->n_arrays; i++)
        if (!write_row(cli, &cli->arrays[i], type, &row, error))
            return false;
    cli->wrote = true;
    return sx_sink_flush(cli->sink, error);
}

void cli_output_free(struct cli *cli)
{
    cli_free_lines(cli->recorded, cli->n_recorded);
    for (size_t i = 0; i < cli->n_arrays; i++)
        sx_tensor_free(&cli->arrays[i]);
    free(cli->arrays);
}
