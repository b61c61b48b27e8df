/* casadi.c - derivatives in the form of CasADi's ONNX backend.
 *
 * CasADi sees each tensor as a matrix of r rows and c columns. A tensor of rank 2 is its own
 * matrix; any other is a column. The n seeds of a tensor are side by side: [r, n c].
 * Derivatives by seeds and directions are ordered by direction first. */
#include <stdlib.h>

#include "export/task.h"

static void matrix_of(const struct sx_shape *shape, int64_t *r, int64_t *c)
{
    *r = shape->rank == 2 ? shape->dim[0] : sx_count(shape);
    *c = shape->rank == 2 ? shape->dim[1] : 1;
}

int sx_casadi_apart(struct sx_graph *g, int node, int64_t columns, const struct sx_shape *shape)
{
    struct sx_shape side = sx_shape_of(g, node);
    struct sx_shape parts = {3,
                             {side.dim[0], columns > 0 ? side.dim[1] / columns : 0, columns}};
    return sx_reshape(g, sx_transpose(g, sx_reshape(g, node, &parts), (const int[]){1, 0, 2}),
                      shape);
}

/* Turns [n] + shape into [r, n c]. */
static int side_by_side(struct sx_graph *g, int node, int64_t n, const struct sx_shape *shape)
{
    int64_t r, c;
    matrix_of(shape, &r, &c);
    struct sx_shape parts = {3, {n, r, c}}, side = {2, {r, n * c}};
    return sx_reshape(g, sx_transpose(g, sx_reshape(g, node, &parts), (const int[]){1, 0, 2}),
                      &side);
}

/* Makes `results` for `size` values of `from` at once. The file has these values as inputs that
 * are named "kind_X". */
static bool take_many(struct sx_task *t, int64_t size, const int *from,
                      const struct sx_tensor_list *like, const char *kind, int *results,
                      int n_results)
{
    int *to = sx_new((size_t)like->n, sizeof *to, t->error);
    bool ok = to != NULL && sx_part_many(t, size, from, to, like->n, results, n_results);
    for (int i = 0; ok && i < like->n; i++) {
        struct sx_shape one = sx_shape_of(t->h, from[i]);
        struct sx_part_input input = {.origin = OF_USER,
                                      .node = to[i],
                                      .name = sx_part_name(t, kind, like->name[i], NULL),
                                      .shape = {.rank = 2}};
        matrix_of(&one, &input.shape.dim[0], &input.columns);
        input.shape.dim[1] = size * input.columns;
        if (i == 0)
            t->d->count[t->d->n_counts++] =
                (struct sx_seed_count){input.name, 1, input.columns};
        ok = input.name != NULL && sx_part_add_input(t, input);
    }
    free(to);
    return ok;
}

/* Replaces the results, which depend on x, by their derivatives along directions v of x. */
static bool push(struct sx_task *t, int *results, int *v)
{
    const int n = t->wrt.n;
    int *u = sx_new((size_t)n, sizeof *u, t->error),
        *back = sx_new((size_t)n, sizeof *u, t->error);
    bool ok = u != NULL && back != NULL;
    if (ok) {
        sx_part_inputs(t, results, u, n);
        sx_part_inputs(t, t->x, v, n);
        ok = sx_derive(t->h, sx_part_dots(t, results, u, n), SX_NONE, t->x, n, back) &&
             sx_derive(t->h, sx_part_dots(t, back, v, n), SX_NONE, u, n, results);
    }
    free(u);
    free(back);
    return ok;
}

/* Makes adj_x from adj_y. For Hessians, differentiates along the directions fwd_x and
 * fwd_adj_x, too. */
bool sx_differentiate_casadi(struct sx_task *t)
{
    const int n = t->wrt.n;
    const bool second = t->options->kind == SX_EXPORT_HVP;
    int *seed = sx_new((size_t)t->of.n, sizeof *seed, t->error);
    int *result = sx_new((size_t)n, sizeof *result, t->error);
    int *v = sx_new((size_t)n, sizeof *v, t->error);
    bool ok = seed != NULL && result != NULL && v != NULL;
    if (ok) {
        sx_part_inputs(t, t->y, seed, t->of.n);
        ok = sx_derive(t->h, sx_part_dots(t, t->y, seed, t->of.n), SX_NONE, t->x, n, result) &&
             (!second || push(t, result, v)) &&
             take_many(t, t->seeds, seed, &t->of, "adj", result, n) &&
             (!second || take_many(t, t->directions, v, &t->wrt, "fwd", result, n));
    }
    for (int i = 0; ok && i < n; i++) {
        struct sx_shape one = sx_shape_of(t->h, t->x[i]);
        int all = side_by_side(t->h, result[i], t->seeds * (second ? t->directions : 1), &one);
        ok = sx_part_add_output(
            t, all, sx_part_name(t, second ? "fwd_adj" : "adj", t->wrt.name[i], NULL),
            sx_shape_of(t->h, all));
    }
    free(seed);
    free(result);
    free(v);
    return ok;
}
