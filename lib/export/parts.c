/* parts.c - parts of derivatives: inputs, outputs, directions and unit vectors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/task.h"

bool sx_part_add_input(struct sx_task *t, struct sx_part_input input)
{
    void *grown = t->input;
    if (!sx_grow(&grown, &t->input_capacity, t->n_inputs + 1, sizeof *t->input, t->error))
        return false;
    t->input = grown;
    t->input[t->n_inputs++] = input;
    return true;
}

/* Returns "kind_a", or with b "kind_a_b". */
const char *sx_part_name(struct sx_task *t, const char *kind, const char *a, const char *b)
{
    char text[300];
    snprintf(text, sizeof text, "%s_%s%s%s", kind, a, b != NULL ? "_" : "", b != NULL ? b : "");
    return sx_arena_strdup(&t->d->arena, text, t->error);
}

bool sx_part_add_output(struct sx_task *t, int node, const char *name, struct sx_shape shape)
{
    void *grown = t->output;
    if (node == SX_NONE || name == NULL ||
        !sx_grow(&grown, &t->output_capacity, t->n_outputs + 1, sizeof *t->output, t->error))
        return false;
    t->output = grown;
    t->output[t->n_outputs++] = (struct sx_part_output){node, name, shape};
    return true;
}

/* A shape with one more axis of this length in front. Length 0: the shape itself. */
struct sx_shape sx_with_axis(int64_t length, const struct sx_shape *shape)
{
    struct sx_shape s = *shape;
    if (length <= 0 || s.rank == SX_MAX_RANK)
        return s;
    s.dim[0] = length;
    for (int i = 0; i < shape->rank; i++)
        s.dim[i + 1] = shape->dim[i];
    s.rank++;
    return s;
}

int64_t sx_part_elements(const struct sx_task *t, int node)
{
    int64_t n = sx_count(&t->h->node[node].shape);
    return t->rows > 0 ? n / t->rows : n;
}

int sx_part_dot(struct sx_graph *g, int a, int b)
{
    return sx_sum_all(g, sx_mul(g, a, b));
}

/* Makes inputs of `part` with the shapes of the nodes `like`. */
void sx_part_inputs(struct sx_task *t, const int *like, int *made, int n)
{
    for (int i = 0; i < n; i++) {
        struct sx_shape shape = sx_shape_of(t->h, like[i]);
        made[i] = sx_input(t->h, t->h->real, &shape);
    }
}

int sx_part_dots(struct sx_task *t, const int *a, const int *b, int n)
{
    int sum = sx_scalar(t->h, 0);
    for (int i = 0; i < n; i++)
        sum = sx_add(t->h, sum, sx_part_dot(t->h, a[i], b[i]));
    return sum;
}

/* ---- Directions ---- */

/* Many directions or seeds at once: makes `results` for `size` values of `from`. Each result
 * becomes [size] + shape. */
bool sx_part_many(struct sx_task *t, int64_t size, const int *from, int *to, int n,
                  int *results, int n_results)
{
    int *single = sx_new((size_t)n_results, sizeof *single, t->error);
    if (single == NULL)
        return false;
    memcpy(single, results, (size_t)n_results * sizeof *single);
    bool ok = sx_batch(t->h, size, from, to, n, single, results, n_results);
    for (int i = 0; ok && i < n_results; i++) {
        struct sx_shape one = sx_shape_of(t->h, single[i]), all = sx_with_axis(size, &one);
        results[i] = sx_reshape(t->h, results[i], &all);
    }
    free(single);
    return ok;
}

/* Makes a direction that is the same for every row of `like`. Returns its node. *repeated is
 * the direction for all rows. */
int sx_part_direction(struct sx_task *t, int like, int *repeated)
{
    struct sx_shape all = sx_shape_of(t->h, like), one = all;
    if (t->rows > 0)
        one.dim[0] = 1;
    int v = sx_input(t->h, t->h->real, &one);
    *repeated = sx_expand(t->h, v, &all);
    return v;
}

/* Makes *result for all n unit vectors v: [n] + its shape. */
bool sx_part_units(struct sx_task *t, int v, int *result)
{
    struct sx_shape shape = sx_shape_of(t->h, v);
    int to;
    return t->h->error.status == SX_OK &&
           sx_part_many(t, sx_count(&shape), &v, &to, 1, result, 1) &&
           sx_part_add_input(t, (struct sx_part_input){.origin = OF_UNITS, .node = to});
}

/* Turns [a, b, .., N, rest] into [N, a, b, .., n], where n is the number of elements of rest. */
int sx_part_rows_first(struct sx_task *t, int node, int lead, int64_t n)
{
    struct sx_shape s = sx_shape_of(t->h, node);
    int perm[SX_MAX_RANK];
    s.rank = lead;
    s.dim[s.rank++] = t->rows > 0 ? t->rows : 1;
    s.dim[s.rank++] = n;
    for (int i = 0; i < s.rank; i++)
        perm[i] = i == 0 ? lead : i <= lead ? i - 1 : i;
    return sx_transpose(t->h, sx_reshape(t->h, node, &s), perm);
}
