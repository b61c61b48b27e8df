/* npy.c - operations on arrays for scripts.
 *
 *     npy near GOT WANT TOLERANCE [K]   prints the largest difference / largest element of WANT
 *     npy same GOT WANT                 the same for arrays of equal size and any shapes
 *     npy pick FROM INDEX TO            writes the rows of FROM by the integers in INDEX
 *     npy move FROM H TO                writes FROM + H d in float64, with d[k] = sin(k + 1)
 *     npy along FROM                    prints the sum of FROM[k] d[k]
 *
 * `near` compares the rows that both arrays have. With K it takes WANT[:, K]. An array of one
 * row may lack that axis. Status 1: they are not near. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sextant.h"

static int64_t count_of(const struct sx_shape *shape, int from)
{
    int64_t n = 1;
    for (int i = from; i < shape->rank; i++)
        n *= shape->dim[i];
    return n;
}

/* Makes [..] an array [1, ..] if it is one row of the other array's size. */
static void add_axis(struct sx_shape *shape, const struct sx_shape *other)
{
    if (other->rank == 0 || other->dim[0] != 1 || count_of(shape, 0) != count_of(other, 0))
        return;
    *shape = *other;
}

static bool fail(const char *what)
{
    fprintf(stderr, "npy: %s\n", what);
    return false;
}

/* Whether two numbers are near. Equal infinities are. */
static bool near(const struct sx_tensor *got, const struct sx_tensor *want, double tolerance,
                 int64_t k)
{
    int64_t rows =
        got->shape.dim[0] < want->shape.dim[0] ? got->shape.dim[0] : want->shape.dim[0];
    int64_t got_row = count_of(&got->shape, 1), want_row = count_of(&want->shape, 1);
    int64_t n = k < 0 ? want_row : count_of(&want->shape, 2), skip = k < 0 ? 0 : k * n;
    double worst = 0, largest = 0;
    if (n != got_row || skip + n > want_row || rows < 1)
        return fail("the arrays differ in shape");
    for (int64_t r = 0; r < rows; r++)
        for (int64_t i = 0; i < n; i++) {
            double x = sx_tensor_get(got, r * got_row + i);
            double y = sx_tensor_get(want, r * want_row + skip + i), d = fabs(x - y);
            largest = fabs(y) > largest ? fabs(y) : largest;
            worst = d <= worst || x == y ? worst : d;
        }
    worst = worst > 0 ? worst / largest : 0;
    printf("%.1e\n", worst);
    return worst <= tolerance;
}

static bool write_to(const char *path, const struct sx_tensor *t)
{
    struct sx_error error = {0};
    struct sx_sink *sink = sx_sink_open(path, &error);
    bool ok = sink != NULL && sx_npy_write(sink, t) && sx_sink_finish(sink, true, &error);
    return ok || fail(error.message);
}

static bool pick(const struct sx_tensor *from, const struct sx_tensor *index, const char *path)
{
    struct sx_error error = {0};
    struct sx_tensor to;
    struct sx_shape shape = from->shape;
    int64_t row = count_of(&shape, 1);
    shape.dim[0] = index->shape.dim[0];
    if (!sx_tensor_new(&to, from->type, &shape, &error))
        return fail(error.message);
    for (int64_t i = 0; i < shape.dim[0] * row; i++) {
        int64_t at = (int64_t)sx_tensor_get(index, i / row);
        if (at >= 0 && at < from->shape.dim[0])
            sx_tensor_set(&to, i, sx_tensor_get(from, at * row + i % row));
    }
    bool ok = write_to(path, &to);
    sx_tensor_free(&to);
    return ok;
}

static bool move(const struct sx_tensor *from, double h, const char *path)
{
    struct sx_error error = {0};
    struct sx_tensor to;
    if (!sx_tensor_new(&to, SX_DOUBLE, &from->shape, &error))
        return fail(error.message);
    for (int64_t k = 0; k < count_of(&from->shape, 0); k++)
        sx_tensor_set(&to, k, sx_tensor_get(from, k) + h * sin((double)k + 1));
    bool ok = write_to(path, &to);
    sx_tensor_free(&to);
    return ok;
}

static bool along(const struct sx_tensor *from)
{
    double sum = 0;
    for (int64_t k = 0; k < count_of(&from->shape, 0); k++)
        sum += sx_tensor_get(from, k) * sin((double)k + 1);
    return printf("%.17g\n", sum) > 0;
}

/* Runs a command that takes an array of any shape. -1: it is another command. */
static int on_any_shape(int argc, char **argv)
{
    struct sx_error error = {0};
    struct sx_tensor a = {0}, b = {0};
    int ok = -1;
    if (argc < 3 || !strchr("sma", *argv[1]))
        return -1;
    if (!sx_tensor_read(&a, argv[2], NULL, &error))
        return fail(error.message);
    if (argc == 3 && strcmp(argv[1], "along") == 0)
        ok = along(&a);
    else if (argc == 5 && strcmp(argv[1], "move") == 0)
        ok = move(&a, strtod(argv[3], NULL), argv[4]);
    else if (argc == 4 && strcmp(argv[1], "same") == 0) {
        ok = sx_tensor_read(&b, argv[3], NULL, &error) || fail(error.message);
        a.shape = (struct sx_shape){2, {1, count_of(&a.shape, 0)}};
        b.shape = (struct sx_shape){2, {1, ok ? count_of(&b.shape, 0) : 0}};
        ok = ok && near(&a, &b, 1e-3, -1);
    }
    sx_tensor_free(&a);
    sx_tensor_free(&b);
    return ok;
}

int main(int argc, char **argv)
{
    struct sx_error error = {0};
    struct sx_tensor a = {0}, b = {0};
    int any = on_any_shape(argc, argv);
    if (any >= 0)
        return !any;
    bool ok =
        (argc == 5 || argc == 6) || fail("near GOT WANT TOLERANCE [K] | pick FROM INDEX TO");
    ok = ok && ((sx_tensor_read(&a, argv[2], NULL, &error) &&
                 sx_tensor_read(&b, argv[3], NULL, &error)) ||
                fail(error.message));
    ok = ok && ((a.shape.rank > 0 && b.shape.rank > 0) || fail("an array without rows"));
    if (ok && strcmp(argv[1], "pick") == 0)
        ok = pick(&a, &b, argv[4]);
    else if (ok) {
        add_axis(&a.shape, &b.shape);
        ok = near(&a, &b, strtod(argv[4], NULL), argc == 6 ? strtoll(argv[5], NULL, 10) : -1);
    }
    sx_tensor_free(&a);
    sx_tensor_free(&b);
    return !ok;
}
