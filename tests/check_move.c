/* check_move.c - movers and reductions: known numbers, wrong attributes, large arrays. */
#include <float.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "random_row.h"
#include "ops/ops.h"
#include "ops/table.h"
#include "suite.h"

static struct sx_graph *g;

static void set_up(void)
{
    struct sx_error error = {0};
    g = sx_graph_new(sx_rows, SX_FLOAT, &error);
    ck_assert_ptr_nonnull(g);
    g->faithful = true; /* the builders then make one node each, and nothing is rewritten */
}

static void tear_down(void)
{
    sx_graph_free(g);
}

static int constant(enum sx_type type, struct sx_shape shape, const double *values)
{
    struct sx_tensor t = ta_of(type, shape, values);
    int node = sx_const(g, type, &shape, t.data);
    ta_free(&t, 1);
    return node;
}

#define VALUES(...) ((const double[]){__VA_ARGS__})
#define REALS(shape, ...) constant(SX_FLOAT, shape, VALUES(__VA_ARGS__))
#define INTS(shape, ...) constant(SX_INT, shape, VALUES(__VA_ARGS__))

/* Fails unless the node has this type, shape and elements. */
static void expect(int node, enum sx_type type, struct sx_shape shape, const double *values)
{
    ck_assert_msg(node != SX_NONE, "%s", g->error.message);
    struct sx_tensor got = ta_evaluate(g, node, NULL, NULL, 0),
                     want = ta_of(type, shape, values);
    ta_expect(&got, &want, 1e-6, sx_rows[g->node[node].op]->name);
    ta_free(&got, 1);
    ta_free(&want, 1);
}

/* ---- Known numbers ---- */

START_TEST(moves)
{
    int a = REALS(SHAPE(2, 3), 1, 2, 3, 4, 5, 6);
    struct sx_shape six = SHAPE(6), wide = SHAPE(2, 2, 3);
    expect(sx_reshape(g, a, &six), SX_FLOAT, six, VALUES(1, 2, 3, 4, 5, 6));
    expect(sx_transpose(g, a, (int[]){1, 0}), SX_FLOAT, SHAPE(3, 2), VALUES(1, 4, 2, 5, 3, 6));
    expect(sx_expand(g, a, &wide), SX_FLOAT, wide, VALUES(1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6));
    expect(sx_slice_axis(g, a, 1, 1, 2), SX_FLOAT, SHAPE(2, 2), VALUES(2, 3, 5, 6));
    struct sx_shape back = SHAPE(2, 2), large = SHAPE(2, 5);
    int64_t start[] = {1, 2}, step[] = {-1, -2}, spread[] = {1, 2}, zero[] = {0, 0};
    expect(sx_slice(g, a, start, step, &back), SX_FLOAT, back, VALUES(6, 4, 3, 1));
    expect(sx_embed(g, a, zero, spread, &large), SX_FLOAT, large,
           VALUES(1, 0, 2, 0, 3, 4, 0, 5, 0, 6));
    int b = REALS(SHAPE(2, 1), 7, 8), parts[] = {b, a};
    expect(sx_concat(g, parts, 2, 1), SX_FLOAT, SHAPE(2, 4), VALUES(7, 1, 2, 3, 8, 4, 5, 6));
}
END_TEST

START_TEST(gathers)
{
    int a = REALS(SHAPE(2, 3), 1, 2, 3, 4, 5, 6), i = INTS(SHAPE(2), 2, 0);
    expect(sx_take(g, a, i, 1, false), SX_FLOAT, SHAPE(2, 2), VALUES(3, 1, 6, 4));
    int one = INTS(ta_scalar(), 1), outside = INTS(SHAPE(3), -1, 3, 1);
    expect(sx_take(g, a, one, 0, false), SX_FLOAT, SHAPE(3), VALUES(4, 5, 6));
    expect(sx_take(g, a, outside, 1, false), SX_FLOAT, SHAPE(2, 3), VALUES(1, 1, 2, 4, 4, 5));
    int each = INTS(SHAPE(2, 2), 2, 2, 0, 1), same = INTS(SHAPE(3), 1, 1, 0);
    expect(sx_take(g, a, each, 1, true), SX_FLOAT, SHAPE(2, 2), VALUES(3, 3, 4, 5));
    expect(sx_put(g, a, same, 1, 4, false), SX_FLOAT, SHAPE(2, 4),
           VALUES(3, 3, 0, 0, 6, 9, 0, 0));
    expect(sx_put(g, REALS(SHAPE(2, 2), 1, 2, 3, 4), each, 1, 3, true), SX_FLOAT, SHAPE(2, 3),
           VALUES(0, 0, 3, 3, 4, 0));
}
END_TEST

START_TEST(reductions)
{
    int a = REALS(SHAPE(2, 3), 1, 2, 3, 4, 5, 7), both[] = {1, 0};
    expect(sx_sum(g, a, both, 2), SX_FLOAT, SHAPE(1, 1), VALUES(22));
    expect(sx_sum(g, a, both, 1), SX_FLOAT, SHAPE(2, 1), VALUES(6, 16));
    expect(sx_sum(g, a, both + 1, 1), SX_FLOAT, SHAPE(1, 3), VALUES(5, 7, 10));
    expect(sx_sum(g, a, NULL, 0), SX_FLOAT, SHAPE(2, 3), VALUES(1, 2, 3, 4, 5, 7));
    expect(sx_sum_all(g, a), SX_FLOAT, ta_scalar(), VALUES(22));
    struct sx_shape column = SHAPE(2, 1), row = SHAPE(3), same = SHAPE(2, 3);
    expect(sx_sum_to(g, a, &column), SX_FLOAT, column, VALUES(6, 16));
    expect(sx_sum_to(g, a, &row), SX_FLOAT, row, VALUES(5, 7, 10));
    ck_assert_int_eq(sx_sum_to(g, a, &same), a);
    expect(sx_reduce_max(g, a, both, 1), SX_FLOAT, column, VALUES(3, 7));
    int ties = REALS(SHAPE(2, 3), 1, 3, 3, NAN, 5, NAN);
    expect(sx_reduce_max(g, ties, both, 1), SX_FLOAT, column, VALUES(3, NAN));
    expect(sx_argmax(g, ties, 1, false), SX_INT, column, VALUES(1, 0));
    expect(sx_argmax(g, ties, 1, true), SX_INT, column, VALUES(2, 2));
    expect(sx_sort_index(g, ties, 1, false), SX_INT, same, VALUES(0, 1, 2, 1, 0, 2));
    expect(sx_sort_index(g, ties, 1, true), SX_INT, same, VALUES(1, 2, 0, 0, 2, 1));
    expect(sx_cumsum(g, a, 1, false, false), SX_FLOAT, same, VALUES(1, 3, 6, 4, 9, 16));
    expect(sx_cumsum(g, a, 1, true, true), SX_FLOAT, same, VALUES(5, 3, 0, 12, 7, 0));
    int large = INTS(SHAPE(2), -0x1p63, -1);
    expect(sx_sum(g, large, both + 1, 1), SX_INT, SHAPE(1), VALUES(0x1p63));
}
END_TEST

START_TEST(softmaxes)
{
    double third = 1.0 / 3, e = exp(-1), s = 1 + e;
    expect(sx_softmax(g, REALS(SHAPE(1, 3), 5, 5, 5), 1), SX_FLOAT, SHAPE(1, 3),
           VALUES(third, third, third));
    expect(sx_softmax(g, REALS(SHAPE(2, 1), 1000, 999), 0), SX_FLOAT, SHAPE(2, 1),
           VALUES(1 / s, e / s));
    expect(sx_log_softmax(g, REALS(SHAPE(2), -1000, -999), 0), SX_FLOAT, SHAPE(2),
           VALUES(-1 - log(s), -log(s)));
    /* minus infinity has no weight, unless all elements are minus infinity */
    int rows = REALS(SHAPE(4, 2), -INFINITY, 0, -INFINITY, -INFINITY, INFINITY, 0, NAN, 0);
    expect(sx_softmax(g, rows, 1), SX_FLOAT, SHAPE(4, 2),
           VALUES(0, 1, NAN, NAN, NAN, NAN, NAN, NAN));
    expect(sx_log_softmax(g, rows, 1), SX_FLOAT, SHAPE(4, 2),
           VALUES(-INFINITY, 0, NAN, NAN, NAN, NAN, NAN, NAN));
    expect(sx_softmax(g, sx_transpose(g, rows, (int[]){1, 0}), 0), SX_FLOAT, SHAPE(2, 4),
           VALUES(0, NAN, NAN, NAN, 1, NAN, NAN, NAN));
}
END_TEST

/* The largest elements share the cotangent equally. */
START_TEST(ties)
{
    struct sx_shape shape = SHAPE(4);
    int x = sx_input(g, SX_FLOAT, &shape), axis = 0, dx;
    ck_assert(sx_derive(g, sx_reduce_max(g, x, &axis, 1), SX_NONE, &x, 1, &dx));
    struct sx_tensor at = ta_of(SX_FLOAT, shape, VALUES(3, 1, 3, 2));
    struct sx_tensor got = ta_evaluate(g, dx, &x, &at, 1);
    struct sx_tensor want = ta_of(SX_FLOAT, shape, VALUES(0.5, 0, 0.5, 0));
    ta_expect(&got, &want, 0, "cotangent");
    ta_free(&at, 1);
    ta_free(&got, 1);
    ta_free(&want, 1);
}
END_TEST

START_TEST(empties)
{
    struct sx_shape none = SHAPE(2, 0), more = SHAPE(2, 3), flat = SHAPE(0, 5);
    int a = constant(SX_FLOAT, none, NULL), b = REALS(SHAPE(2, 1), 1, 2), parts[] = {a, b, a};
    int64_t zero[] = {0, 0}, one[] = {1, 1};
    int axes[] = {1};
    expect(sx_sum(g, a, axes, 1), SX_FLOAT, SHAPE(2, 1), VALUES(0, 0));
    expect(sx_reduce_max(g, a, axes, 1), SX_FLOAT, SHAPE(2, 1), VALUES(-INFINITY, -INFINITY));
    expect(sx_embed(g, a, zero, one, &more), SX_FLOAT, more, VALUES(0, 0, 0, 0, 0, 0));
    expect(sx_concat(g, parts, 3, 1), SX_FLOAT, SHAPE(2, 1), VALUES(1, 2));
    expect(sx_reshape(g, a, &flat), SX_FLOAT, flat, NULL);
    expect(sx_transpose(g, a, (int[]){1, 0}), SX_FLOAT, SHAPE(0, 2), NULL);
    expect(sx_expand(g, b, &none), SX_FLOAT, none, NULL);
    expect(sx_slice_axis(g, b, 0, 0, 0), SX_FLOAT, SHAPE(0, 1), NULL);
    expect(sx_softmax(g, a, 1), SX_FLOAT, none, NULL);
    expect(sx_cumsum(g, a, 0, false, true), SX_FLOAT, none, NULL);
    expect(sx_sort_index(g, a, 1, true), SX_INT, none, NULL);
    expect(sx_argmax(g, a, 0, false), SX_INT, SHAPE(1, 0), NULL);
    int nothing = constant(SX_INT, SHAPE(0), NULL);
    expect(sx_take(g, a, nothing, 1, false), SX_FLOAT, none, NULL);
    expect(sx_put(g, a, nothing, 1, 3, false), SX_FLOAT, more, VALUES(0, 0, 0, 0, 0, 0));
}
END_TEST

/* ---- Misuse ---- */

static const struct misuse {
    int op, n_in, n_attr;
    int64_t attr[6];
    const char *message;
} misuses[] = {
    /* Operands: 0 is a float [2, 3], 1 an int [2], 2 a bool [2, 3], 3 a float [0]. */
    {SX_RESHAPE, 0, 1, {7}, "6 elements cannot become 7"},
    {SX_RESHAPE, 0, 2, {-2, -3}, "negative"},
    {SX_RESHAPE, 0, 2, {INT64_MAX, INT64_MAX}, "too large"},
    {SX_TRANSPOSE, 0, 1, {0}, "1 attributes where 2 belong"},
    {SX_TRANSPOSE, 0, 2, {0, 0}, "axis 0 comes twice"},
    {SX_TRANSPOSE, 0, 2, {0, 2}, "axis 2 is outside rank 2"},
    {SX_EXPAND, 0, 1, {3}, "rank 2 cannot become 1"},
    {SX_EXPAND, 0, 2, {2, 4}, "axis 1 of 3 cannot become 4"},
    {SX_EXPAND, 0, 3, {INT64_MAX / 4, 2, 3}, "too large"},
    {SX_SLICE, 0, 6, {0, 1, 1, 1, 2, 3}, "axis 1: 3 places from 1 by 1 are not inside 3"},
    {SX_SLICE, 0, 6, {-1, 0, 1, 1, 2, 3}, "axis 0"},
    {SX_SLICE, 0, 6, {0, 0, 0, 1, 2, 3}, "axis 0"},
    {SX_SLICE, 0, 6, {0, 0, INT64_MAX, 1, 2, 3}, "axis 0"},
    {SX_SLICE, 0, 6, {1, 0, INT64_MIN, 1, 2, 3}, "axis 0"},
    {SX_SLICE, 0, 6, {0, 0, 1, 1, 2, -3}, "negative"},
    {SX_EMBED, 0, 6, {0, 0, 1, 1, 2, 2}, "3 places from 0 by 1 are not inside 2"},
    {SX_EMBED, 0, 6, {0, 0, 1, 1, INT64_MAX / 8, 9}, "too large"},
    {SX_CONCAT, 0, 1, {2}, "axis 2 is outside rank 2"},
    {SX_CONCAT, 2, 1, {0}, "part 1 does not fit part 0"},
    {SX_CONCAT, 3, 1, {0}, "part 1 does not fit part 0"},
    {SX_TAKE, 1, 2, {2, 0}, "axis 2 is outside rank 2"},
    {SX_TAKE, 2, 2, {0, 0}, "not of integers"},
    {SX_TAKE, 1, 2, {0, 1}, "the index does not fit"},
    {SX_PUT, 1, 3, {1, 4, 0}, "the index does not fit"},
    {SX_PUT, 1, 3, {2, 4, 0}, "axis 2 is outside rank 2"},
    {SX_PUT, 1, 3, {0, -1, 0}, "negative"},
    {SX_PUT, 1, 3, {0, 0, 0}, "axis 0 is empty"},
    {SX_PUT, 1, 3, {0, INT64_MAX / 4, 0}, "too large"},
    {SX_PUT, 1, 3, {0, 4, 1}, "the index does not fit"},
    {SX_SUM, 0, 1, {-1}, "axis -1 is outside rank 2"},
    {SX_SUM, 0, 2, {1, 1}, "axis 1 comes twice"},
    {SX_REDUCEMAX, 0, 1, {2}, "axis 2 is outside rank 2"},
    {SX_ARGMAX, 0, 2, {5, 0}, "axis 5 is outside rank 2"},
    {SX_SORTINDEX, 0, 1, {0}, "1 attributes where 2 belong"},
    {SX_CUMSUM, 0, 3, {2, 0, 0}, "axis 2 is outside rank 2"},
    {SX_SOFTMAX, 0, 1, {2}, "axis 2 is outside rank 2"},
    {SX_LOGSOFTMAX, 0, 1, {-1}, "axis -1 is outside rank 2"},
};
enum { N_MISUSES = sizeof misuses / sizeof misuses[0] };

START_TEST(refusals)
{
    const struct misuse *m = &misuses[_i];
    struct sx_error error = {0};
    struct sx_shape two = SHAPE(2), more = SHAPE(2, 3);
    int in[2] = {sx_input(g, SX_FLOAT, &more), SX_NONE};
    if (m->n_in == 1)
        in[1] = sx_input(g, SX_INT, &two);
    if (m->n_in == 2)
        in[1] = sx_input(g, SX_BOOL, &more);
    if (m->n_in == 3)
        in[1] = sx_input(g, SX_FLOAT, &two);
    int y = sx_emit(g, m->op, m->n_in == 0 ? 1 : 2, in, m->n_attr, m->attr);
    ck_assert_int_eq(y, SX_NONE);
    ck_assert(!sx_graph_ok(g, &error));
    ck_assert_int_eq(error.status, SX_MODEL);
    ck_assert_msg(strstr(error.message, m->message) != NULL, "%s", error.message);
    ck_assert_msg(strstr(error.message, sx_rows[m->op]->name) == error.message, "%s",
                  error.message);
    /* the failure is kept in the graph */
    ck_assert_int_eq(sx_sum_all(g, in[0]), SX_NONE);
}
END_TEST

START_TEST(wrong_types)
{
    struct sx_shape shape = SHAPE(2);
    int flags = sx_input(g, SX_BOOL, &shape), axis = 0;
    int (*const each[])(struct sx_graph *, int, int) = {sx_softmax, sx_log_softmax};
    ck_assert_int_eq(each[_i % 2](g, _i < 2 ? flags : sx_input(g, SX_INT, &shape), 0), SX_NONE);
    tear_down();
    set_up();
    flags = sx_input(g, SX_BOOL, &shape);
    ck_assert_int_eq(_i % 2 ? sx_sum(g, flags, &axis, 1) : sx_cumsum(g, flags, 0, false, false),
                     SX_NONE);
}
END_TEST

START_TEST(empty_axes)
{
    struct sx_shape none = SHAPE(0, 2), three = SHAPE(3);
    int a = sx_input(g, SX_FLOAT, &none), i = sx_input(g, SX_INT, &three);
    ck_assert_int_eq(_i == 0 ? sx_take(g, a, i, 0, false) : sx_argmax(g, a, 0, false), SX_NONE);
    ck_assert_ptr_nonnull(strstr(g->error.message, "axis 0 is empty"));
}
END_TEST

START_TEST(ranks)
{
    struct sx_shape ten = SHAPE(1, 1, 1, 1, 1, 1, 1, 1, 1, 1), over = {.rank = 11},
                    two = {2, {1, 1}};
    int a = sx_input(g, SX_FLOAT, &ten), i = sx_input(g, SX_INT, &two), y = SX_NONE;
    int64_t zero[11] = {0};
    if (_i == 0)
        y = sx_reshape(g, a, &over);
    else if (_i == 1)
        y = sx_slice(g, a, zero, zero, &over);
    else if (_i == 2)
        y = sx_take(g, a, i, 0, false);
    else
        y = sx_sum(g, a, (int[]){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9}, 11);
    ck_assert_int_eq(y, SX_NONE);
    ck_assert_int_eq(g->error.status, SX_MODEL);
    struct sx_error error = {0};
    ck_assert(!sx_graph_ok(g, &error));
}
END_TEST

START_TEST(leaves)
{
    struct sx_shape three = SHAPE(3);
    int c = REALS(three, 1, 2, 3), x = sx_input(g, SX_FLOAT, &three);
    struct sx_tensor got = ta_evaluate(g, c, NULL, NULL, 0), none;
    struct sx_error error = {0};
    expect(c, SX_FLOAT, three, VALUES(1, 2, 3));
    ta_free(&got, 1);
    float out[3];
    struct sx_call call = {.node = &g->node[c], .out = out};
    sx_rows[SX_CONST]->run(&call);
    ck_assert(out[0] == 1 && out[1] == 2 && out[2] == 3);
    ck_assert(!sx_evaluate(g, NULL, NULL, 0, &x, &none, 1, &error));
    ck_assert_int_eq(sx_emit(g, SX_INPUT, 0, NULL, 0, NULL), SX_NONE);
}
END_TEST

/* ---- Large arrays ---- */

/* Arrays so large that the work is cut, for every case that kernels distinguish. */
static const struct large {
    int op;
    struct {
        int rank;
        int64_t dim[4];
    } shape;
    int n_attr;
    int64_t attr[12];
} larges[] = {
    {SX_TRANSPOSE, {4, {3, 40, 33, 35}}, 4, {0, 2, 3, 1}},
    {SX_TRANSPOSE, {4, {3, 33, 35, 40}}, 4, {0, 3, 1, 2}},
    {SX_TRANSPOSE, {3, {2, 257, 129}}, 3, {0, 2, 1}},
    {SX_TRANSPOSE, {3, {301, 129, 3}}, 3, {2, 1, 0}},
    {SX_TRANSPOSE, {4, {9, 10, 11, 64}}, 4, {2, 0, 1, 3}},
    {SX_EXPAND, {4, {1, 50, 1, 40}}, 4, {4, 50, 10, 40}},
    {SX_EXPAND, {3, {50, 40, 1}}, 3, {50, 40, 50}},
    {SX_SLICE, {2, {400, 401}}, 6, {399, 0, -1, 2, 400, 200}},
    {SX_EMBED, {2, {400, 200}}, 6, {0, 1, 1, 2, 400, 401}},
    {SX_SUM, {2, {90000, 3}}, 1, {0}},
    {SX_SUM, {2, {30000, 3}}, 1, {1}},
    {SX_SUM, {2, {40, 5000}}, 1, {1}},
    {SX_SUM, {2, {300, 700}}, 1, {0}},
    {SX_SUM, {4, {6, 20, 40, 33}}, 3, {0, 2, 3}},
    {SX_SUM, {4, {6, 40, 33, 20}}, 3, {0, 1, 2}},
    {SX_SUM, {3, {100, 10, 1100}}, 2, {0, 2}},
    {SX_SUM, {1, {300001}}, 1, {0}},
    {SX_SUM, {4, {30, 4, 50, 40}}, 2, {0, 2}},
    {SX_REDUCEMAX, {1, {300001}}, 1, {0}},
    {SX_REDUCEMAX, {3, {300, 300, 2}}, 1, {1}},
};
enum { N_LARGES = sizeof larges / sizeof larges[0] };

START_TEST(large_by_definition)
{
    const struct large *l = &larges[_i];
    for (enum sx_type type = SX_FLOAT; type <= SX_BOOL; type++) {
        struct random_row e = {.op = l->op, .n_in = 1, .n_attr = l->n_attr};
        if (!rr_takes(l->op, type))
            continue;
        memcpy(e.attr, l->attr, sizeof l->attr);
        e.in[0] = ta_random(type, ta_shape(l->shape.rank, l->shape.dim), 1000, 7);
        int in, y = rr_emit(g, &e, &in);
        struct sx_tensor one, many, want = rr_by_definition(&e);
        int threads = omp_get_max_threads();
        omp_set_num_threads(1);
        one = ta_evaluate(g, y, &in, e.in, 1);
        omp_set_num_threads(4);
        many = ta_evaluate(g, y, &in, e.in, 1);
        omp_set_num_threads(threads);
        ta_expect(&one, &want, type == SX_FLOAT ? 1e-7 : 1e-10, sx_rows[l->op]->name);
        ck_assert_mem_eq(one.data, many.data,
                         (size_t)sx_count(&one.shape) * sx_type_size(one.type));
        ta_free(&one, 1);
        ta_free(&many, 1);
        ta_free(&want, 1);
        rr_free(&e);
    }
}
END_TEST

/* Evaluates with one thread and with four, and fails unless all bytes are equal. */
static struct sx_tensor same_with_threads(int node, const int *in,
                                          const struct sx_tensor *feeds, int n)
{
    int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    struct sx_tensor one = ta_evaluate(g, node, in, feeds, n);
    omp_set_num_threads(4);
    struct sx_tensor many = ta_evaluate(g, node, in, feeds, n);
    omp_set_num_threads(threads);
    ck_assert_mem_eq(one.data, many.data,
                     (size_t)sx_count(&one.shape) * sx_type_size(one.type));
    ta_free(&many, 1);
    return one;
}

/* Every row of operators gives on large arrays the same as on each line alone. */
START_TEST(large_lines)
{
    struct sx_shape shape = SHAPE(30, 45, 40);
    int in[2] = {sx_input(g, SX_FLOAT, &shape), sx_input(g, SX_INT, &shape)};
    int n = (int)shape.dim[_i];
    struct sx_tensor feed[2] = {ta_random(SX_FLOAT, shape, 1, 3),
                                ta_random(SX_INT, shape, n, 4)};
    struct random_row e = {.op = SX_TAKE, .n_in = 2, .n_attr = 2, .attr = {_i, 1}};
    memcpy(e.in, feed, sizeof feed);
    const int y[] = {
        sx_take(g, in[0], in[1], _i, true),
        sx_put(g, in[0], in[1], _i, n, true),
        sx_softmax(g, in[0], _i),
        sx_log_softmax(g, in[0], _i),
        sx_argmax(g, in[0], _i, false),
        sx_sort_index(g, in[0], _i, true),
        sx_cumsum(g, in[0], _i, false, true),
    };
    for (size_t k = 0; k < sizeof y / sizeof y[0]; k++) {
        const struct sx_node *node = &g->node[y[k]];
        e.op = node->op;
        e.n_in = node->n_in;
        e.n_attr = node->n_attr;
        memcpy(e.attr, node->attr, (size_t)node->n_attr * sizeof e.attr[0]);
        struct sx_tensor got = same_with_threads(y[k], in, feed, 2);
        struct sx_tensor want = rr_by_definition(&e);
        ta_expect(&got, &want, 2e-6, sx_rows[e.op]->name);
        ta_free(&got, 1);
        ta_free(&want, 1);
    }
    ta_free(feed, 2);
}
END_TEST

START_TEST(large_rows)
{
    struct sx_shape shape = SHAPE(3, 50, 300), index = SHAPE(70);
    int in[2] = {sx_input(g, SX_FLOAT, &shape), sx_input(g, SX_INT, &index)};
    struct sx_tensor feed[3] = {ta_random(SX_FLOAT, shape, 1, 3),
                                ta_random(SX_INT, index, 50, 4)};
    int taken = sx_take(g, in[0], in[1], 1, false);
    int back = sx_put(g, taken, in[1], 1, 50, false);
    struct sx_tensor y = same_with_threads(taken, in, feed, 2);
    struct sx_tensor x = same_with_threads(back, in, feed, 2);
    /* <take(x), take(x)> = <put(take(x)), x> */
    ck_assert_double_eq_tol(ta_dot(&y, &y), ta_dot(&x, &feed[0]), 1e-2);
    struct random_row e = {.op = SX_TAKE, .n_in = 2, .n_attr = 2, .attr = {1, 0}};
    memcpy(e.in, feed, 2 * sizeof feed[0]);
    struct sx_tensor want = rr_by_definition(&e);
    ta_expect(&y, &want, 0, "take");
    ta_free(&y, 1);
    ta_free(&x, 1);
    ta_free(&want, 1);
    ta_free(feed, 2);
}
END_TEST

/* A sum of a million tenths. An accumulator in float would be wrong in the third digit. */
START_TEST(accuracy)
{
    struct sx_shape shape = SHAPE(1000, 1000), scalar = ta_scalar();
    int x = sx_input(g, SX_FLOAT, &shape);
    struct sx_tensor tenths = ta_random(SX_FLOAT, shape, 1, 0);
    for (int64_t i = 0; i < 1000000; i++)
        sx_tensor_set(&tenths, i, 0.1);
    struct sx_tensor got = same_with_threads(sx_sum_all(g, x), &x, &tenths, 1);
    double want = (double)(float)(1e6 * (double)0.1f);
    ck_assert(sx_shape_equal(&got.shape, &scalar));
    ck_assert_double_eq(sx_tensor_get(&got, 0), want);
    ta_free(&got, 1);
    ta_free(&tenths, 1);
}
END_TEST

/* ---- Batches keep the rank of files with a leading axis of 1 ---- */

START_TEST(batch_keeps_rank)
{
    struct sx_shape image = SHAPE(1, 4, 3, 5), index = SHAPE(2);
    g->faithful = false;
    int x = sx_input(g, SX_FLOAT, &image), i = sx_input(g, SX_INT, &index), axes[] = {2, 3};
    int parts[] = {x, sx_slice_axis(g, x, 1, 1, 2)};
    int y = sx_concat(g, parts, 2, 1);
    y = sx_softmax(g, sx_transpose(g, y, (int[]){0, 2, 3, 1}), 3);
    y = sx_take(g, sx_cumsum(g, y, 2, false, false), i, 3, false);
    y = sx_sum(g, sx_transpose(g, y, (int[]){0, 3, 1, 2}), axes, 2);
    int to, result;
    size_t before = g->n_nodes;
    ck_assert(sx_batch(g, 7, &x, &to, 1, &y, &result, 1));
    ck_assert_int_eq(sx_shape_of(g, result).dim[0], 7);
    for (size_t k = before; k < g->n_nodes; k++) {
        ck_assert_int_ne(g->node[k].op, SX_RESHAPE);
        ck_assert_int_eq(g->node[k].shape.rank, 4);
    }
}
END_TEST

/* NaN passes a test that lets missing values pass, or that something is unequal. */
START_TEST(tests_of_trees)
{
    /* below, at and above the value */
    static const bool want[][3] = {
        [SX_TREE_LEQ] = {true, true, false}, [SX_TREE_LT] = {true, false, false},
        [SX_TREE_GEQ] = {false, true, true}, [SX_TREE_GT] = {false, false, true},
        [SX_TREE_EQ] = {false, true, false}, [SX_TREE_NEQ] = {true, false, true}};
    for (int mode = SX_TREE_LEQ; mode <= SX_TREE_NEQ; mode++)
        for (int missing = 0; missing < 2; missing++) {
            const int64_t node[] = {0, mode, 1, 2, missing};
            for (int i = 0; i < 3; i++)
                ck_assert(sx_tree_holds(node, 0.5, 0.25 * (i + 1)) == want[mode][i]);
            ck_assert(sx_tree_holds(node, 0.5, NAN) == (missing != 0 || mode == SX_TREE_NEQ));
        }
}
END_TEST

int main(void)
{
    TCase *c = suite_case("movers");
    tcase_add_checked_fixture(c, set_up, tear_down);
    SUITE_ADD(c, moves, gathers, reductions, softmaxes, ties, empties);
    tcase_add_loop_test(c, refusals, 0, N_MISUSES);
    tcase_add_loop_test(c, wrong_types, 0, 4);
    tcase_add_loop_test(c, empty_axes, 0, 2);
    tcase_add_loop_test(c, ranks, 0, 4);
    SUITE_ADD(c, leaves, tests_of_trees);
    tcase_add_loop_test(c, large_by_definition, 0, N_LARGES);
    tcase_add_loop_test(c, large_lines, 0, 3);
    SUITE_ADD(c, large_rows, accuracy, batch_keeps_rank);
    return suite_run();
}
