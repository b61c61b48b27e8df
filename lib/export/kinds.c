/* kinds.c - gradients and higher orders, Jacobians, and products with seeds and directions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/task.h"

/* ---- What is differentiated ---- */

/* The index that --target names, within each row. -1 with a failure if there is none. */
static int64_t target_of(struct sx_task *t, int64_t n)
{
    char *end;
    long long k = strtoll(t->options->target, &end, 10);
    if (*end == '\0' && end != t->options->target && k >= -n && k < n)
        return k < 0 ? k + n : k;
    sx_fail(t->error, SX_USAGE, "target '%.80s' is not one of the %lld elements, 0 to %lld",
            t->options->target, (long long)n, (long long)n - 1);
    return -1;
}

/* The sum of the elements of `of`. With --target, of one element of each row. */
static int sum_of(struct sx_task *t)
{
    struct sx_graph *h = t->h;
    int sum = sx_scalar(h, 0);
    for (int i = 0; i < t->of.n; i++) {
        int64_t n = sx_part_elements(t, t->y[i]), k = 0;
        int y = t->y[i];
        if (t->options->target != NULL) {
            if ((k = target_of(t, n)) < 0)
                return SX_NONE;
            struct sx_shape rows = {2, {t->rows > 0 ? t->rows : 1, n}};
            y = sx_slice_axis(h, sx_reshape(h, y, &rows), 1, k, 1);
        }
        sum = sx_add(h, sum, sx_sum_all(h, y));
    }
    return sum;
}

/* ---- Kinds ---- */

/* Makes inputs of the file like the tensors `like`. If seeds were asked for, each input holds
 * many. */
static bool user_inputs(struct sx_task *t, const int *from, int n,
                        const struct sx_tensor_list *like, const char *kind, int *results,
                        int n_results)
{
    int *to = sx_new((size_t)n, sizeof *to, t->error);
    bool ok = to != NULL;
    if (ok && t->seeds > 0)
        ok = sx_part_many(t, t->seeds, from, to, n, results, n_results);
    for (int i = 0; ok && i < n; i++) {
        struct sx_shape one = sx_shape_of(t->h, from[i]);
        struct sx_part_input input = {.origin = OF_USER,
                                      .node = t->seeds > 0 ? to[i] : from[i],
                                      .name = sx_part_name(t, kind, like->name[i], NULL),
                                      .shape = sx_with_axis(t->seeds, &one)};
        if (i == 0 && t->seeds > 0)
            t->d->count[t->d->n_counts++] = (struct sx_seed_count){input.name, 0, 1};
        ok = input.name != NULL && sx_part_add_input(t, input);
    }
    free(to);
    return ok;
}

/* Whether the elements of a row have a known number, which unit vectors need. If not, fails. */
static bool countable(struct sx_task *t, const char *name, int node)
{
    for (int axis = t->rows > 0 ? 1 : 0; axis < t->h->node[node].shape.rank; axis++)
        if (sx_symbol_of(t->symbols, t->d->model, name, axis) >= 0)
            return sx_fail(t->error, SX_MODEL,
                           "'%.80s' has an open dimension: it has no fixed number of elements",
                           name);
    return true;
}

/* Adds the derivative tensor of order K by one x. */
static bool higher(struct sx_task *t, int x, int gradient, const char *name)
{
    struct sx_graph *h = t->h;
    int64_t n = sx_part_elements(t, x), order = t->options->order;
    int v[SX_MAX_RANK], repeated, result = gradient;
    char kind[16] = "hess";
    if (order + 1 > SX_MAX_RANK)
        return sx_fail(t->error, SX_USAGE, "order %lld is over %d", (long long)order,
                       SX_MAX_RANK - 1);
    if (!countable(t, name, x))
        return false;
    for (int k = 0; k < order - 1; k++) {
        v[k] = sx_part_direction(t, x, &repeated);
        if (!sx_derive(h, sx_part_dot(h, result, repeated), SX_NONE, &x, 1, &result))
            return false;
    }
    for (int k = 0; k < order - 1; k++)
        if (!sx_part_units(t, v[k], &result))
            return false;
    result = sx_part_rows_first(t, result, (int)order - 1, n);
    if (order > 2)
        snprintf(kind, sizeof kind, "d%d", (int)order);
    return sx_part_add_output(t, result, sx_part_name(t, kind, name, NULL),
                              sx_shape_of(h, result));
}

static bool gradient(struct sx_task *t)
{
    int n = t->wrt.n, f = sum_of(t);
    int *dx = sx_new((size_t)n, sizeof *dx, t->error);
    bool ok = f != SX_NONE && dx != NULL && sx_derive(t->h, f, SX_NONE, t->x, n, dx);
    for (int i = 0; ok && i < n; i++)
        ok = t->options->order > 1
                 ? higher(t, t->x[i], dx[i], t->wrt.name[i])
                 : sx_part_add_output(t, dx[i], sx_part_name(t, "grad", t->wrt.name[i], NULL),
                                      sx_shape_of(t->h, t->x[i]));
    free(dx);
    return ok;
}

static bool add_results(struct sx_task *t, const int *results, const int *like,
                        const struct sx_tensor_list *list, const char *kind)
{
    bool ok = true;
    for (int i = 0; ok && i < list->n; i++) {
        struct sx_shape one = sx_shape_of(t->h, like[i]);
        ok = sx_part_add_output(t, results[i], sx_part_name(t, kind, list->name[i], NULL),
                                sx_with_axis(t->seeds, &one));
    }
    return ok;
}

/* Vector-Jacobian products by seeds of `of`: the gradient of <of, seed>. With `hessian`,
 * Hessian-vector products by directions of `wrt`: the gradient of <gradient, direction>. */
static bool pulled(struct sx_task *t, bool hessian, int *made, int *results)
{
    struct sx_graph *h = t->h;
    const int n = t->wrt.n;
    if (!hessian) {
        sx_part_inputs(t, t->y, made, t->of.n);
        return sx_derive(h, sx_part_dots(t, t->y, made, t->of.n), SX_NONE, t->x, n, results) &&
               user_inputs(t, made, t->of.n, &t->of, "seed", results, n) &&
               add_results(t, results, t->x, &t->wrt, "vjp");
    }
    int f = sum_of(t);
    sx_part_inputs(t, t->x, made, n);
    return f != SX_NONE && sx_derive(h, f, SX_NONE, t->x, n, results) &&
           sx_derive(h, sx_part_dots(t, results, made, n), SX_NONE, t->x, n, results) &&
           user_inputs(t, made, n, &t->wrt, "dir", results, n) &&
           add_results(t, results, t->x, &t->wrt, "hvp");
}

/* Jacobian-vector products. g(u) = J'u is linear in u, so its derivative along v by u is J v. */
static bool pushed(struct sx_task *t, int *made, int *results)
{
    struct sx_graph *h = t->h;
    const int n = t->wrt.n;
    int *u = results; /* replaced below by the derivatives by it */
    sx_part_inputs(t, t->y, u, t->of.n);
    int *back = sx_new((size_t)n, sizeof *back, t->error);
    bool ok =
        back != NULL && sx_derive(h, sx_part_dots(t, t->y, u, t->of.n), SX_NONE, t->x, n, back);
    sx_part_inputs(t, t->x, made, n);
    ok = ok && sx_derive(h, sx_part_dots(t, back, made, n), SX_NONE, u, t->of.n, results) &&
         user_inputs(t, made, n, &t->wrt, "dir", results, t->of.n) &&
         add_results(t, results, t->y, &t->of, "jvp");
    free(back);
    return ok;
}

static bool jacobian(struct sx_task *t)
{
    for (int i = 0; i < t->of.n; i++) {
        int *rows = sx_new((size_t)t->wrt.n, sizeof *rows, t->error), repeated;
        int v = sx_part_direction(t, t->y[i], &repeated);
        bool ok = rows != NULL && countable(t, t->of.name[i], t->y[i]) &&
                  sx_derive(t->h, sx_part_dot(t->h, t->y[i], repeated), SX_NONE, t->x, t->wrt.n,
                            rows);
        for (int k = 0; ok && k < t->wrt.n; k++) {
            int row = rows[k];
            ok = sx_part_units(t, v, &row);
            row = ok ? sx_part_rows_first(t, row, 1, sx_part_elements(t, t->x[k])) : SX_NONE;
            ok = ok && sx_part_add_output(t, row,
                                          sx_part_name(t, "jac", t->of.name[i], t->wrt.name[k]),
                                          sx_shape_of(t->h, row));
        }
        free(rows);
        if (!ok)
            return false;
    }
    return true;
}

bool sx_differentiate(struct sx_task *t)
{
    if (t->options->kind == SX_EXPORT_NOTHING)
        return true;
    if (t->options->casadi)
        return sx_differentiate_casadi(t);
    if (t->options->kind == SX_EXPORT_GRADIENT)
        return gradient(t);
    if (t->options->kind == SX_EXPORT_JACOBIAN)
        return jacobian(t);
    size_t n = (size_t)(t->of.n > t->wrt.n ? t->of.n : t->wrt.n);
    int *made = sx_new(n, sizeof *made, t->error), *results = sx_new(n, sizeof *made, t->error);
    bool ok = made != NULL && results != NULL &&
              (t->options->kind == SX_EXPORT_FORWARD
                   ? pushed(t, made, results)
                   : pulled(t, t->options->kind == SX_EXPORT_HVP, made, results));
    free(made);
    free(results);
    return ok;
}
