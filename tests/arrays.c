/* arrays.c - small arrays for tests of graphs. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arrays.h"

struct sx_shape ta_shape(int rank, const int64_t *dim)
{
    struct sx_shape s = {.rank = rank};
    memcpy(s.dim, dim, (size_t)rank * sizeof *dim);
    return s;
}

struct sx_shape ta_scalar(void)
{
    return (struct sx_shape){0};
}

static struct sx_tensor new_array(enum sx_type type, struct sx_shape shape)
{
    struct sx_error error = {0};
    struct sx_tensor t;
    ck_assert_msg(sx_tensor_new(&t, type, &shape, &error), "%s", error.message);
    return t;
}

struct sx_tensor ta_of(enum sx_type type, struct sx_shape shape, const double *values)
{
    struct sx_tensor t = new_array(type, shape);
    for (int64_t i = 0; i < sx_count(&shape); i++)
        sx_tensor_set(&t, i, values[i]);
    return t;
}

struct sx_tensor ta_random(enum sx_type type, struct sx_shape shape, int64_t top, uint64_t seed)
{
    struct sx_tensor t = new_array(type, shape);
    for (int64_t i = 0; i < sx_count(&shape); i++) {
        double u = sx_random_uniform(seed, 17, (uint64_t)i);
        if (type == SX_INT)
            sx_tensor_set(&t, i, floor(u * (double)top));
        else
            sx_tensor_set(&t, i, type == SX_BOOL ? u < 0.5 : 4 * u - 2);
    }
    return t;
}

struct sx_tensor ta_copy(const struct sx_tensor *t)
{
    struct sx_error error = {0};
    struct sx_tensor copy;
    ck_assert(sx_tensor_convert(&copy, t->type, t, &error));
    return copy;
}

void ta_free(struct sx_tensor *t, int n)
{
    for (int i = 0; i < n; i++)
        sx_tensor_free(&t[i]);
}

struct sx_tensor ta_evaluate(struct sx_graph *g, int node, const int *inputs,
                             const struct sx_tensor *feeds, int n)
{
    struct sx_error error = {0};
    struct sx_tensor result;
    bool ok = sx_evaluate(g, inputs, feeds, n, &node, &result, 1, &error);
    ck_assert_msg(ok, "%s", error.message);
    return result;
}

void ta_expect(const struct sx_tensor *got, const struct sx_tensor *want, double tolerance,
               const char *what)
{
    ck_assert_msg(got->type == want->type, "%s: type", what);
    ck_assert_msg(sx_shape_equal(&got->shape, &want->shape), "%s: shape", what);
    for (int64_t i = 0; i < sx_count(&want->shape); i++) {
        double a = sx_tensor_get(got, i), b = sx_tensor_get(want, i);
        bool same =
            a == b || (isnan(a) && isnan(b)) || fabs(a - b) <= tolerance * (1 + fabs(b));
        ck_assert_msg(same, "%s: element %lld is %.17g, not %.17g", what, (long long)i, a, b);
    }
}

double ta_dot(const struct sx_tensor *a, const struct sx_tensor *b)
{
    double sum = 0;
    ck_assert(sx_shape_equal(&a->shape, &b->shape));
    for (int64_t i = 0; i < sx_count(&a->shape); i++)
        sum += sx_tensor_get(a, i) * sx_tensor_get(b, i);
    return sum;
}

void ta_unravel(const struct sx_shape *shape, int64_t index, int64_t at[SX_MAX_RANK])
{
    for (int k = shape->rank - 1; k >= 0; k--) {
        at[k] = index % shape->dim[k];
        index /= shape->dim[k];
    }
}

int64_t ta_ravel(const struct sx_shape *shape, const int64_t *at)
{
    int64_t index = 0;
    for (int k = 0; k < shape->rank; k++)
        index = index * shape->dim[k] + at[k];
    return index;
}
