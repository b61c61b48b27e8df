/* check_ending.c - how tensors end: in probabilities, in what is left of them, and where classes lie. */
#include <string.h>

#include "explain/ending.h"
#include "graph/build.h"
#include "ops/table.h"
#include "suite.h"

static struct sx_graph *g;
static struct sx_error error;
static int x; /* [2, 3] */

static void setup(void)
{
    error = (struct sx_error){0};
    g = sx_graph_new(sx_rows, SX_DOUBLE, &error);
    x = sx_input(g, SX_DOUBLE, &(struct sx_shape){2, {2, 3}});
}

static void teardown(void)
{
    ck_assert(sx_graph_ok(g, &error));
    sx_graph_free(g);
}

static int softmax(void)
{
    return sx_softmax(g, x, 1);
}

static int sigmoid(void)
{
    return sx_unary(g, SX_SIGMOID, x);
}

static int number(double value)
{
    return sx_scalar(g, value);
}

static struct sx_ending ending_of(int y)
{
    struct sx_ending ending;
    sx_find_ending(g, y, &ending);
    return ending;
}

/* What stands in front of y is `node`, whose elements y moves or rounds. */
static void expect_ending(int y, int node, bool turned, bool rounded)
{
    struct sx_ending e = ending_of(y);
    ck_assert_int_eq(e.node, node);
    ck_assert_int_eq(e.op, g->node[node].op);
    ck_assert_int_eq(e.turned, turned);
    ck_assert_int_eq(e.rounded, rounded);
    ck_assert(!e.opaque && !e.likely);
}

static void expect_opaque(int y, bool likely)
{
    struct sx_ending e = ending_of(y);
    ck_assert_int_eq(e.op, SX_NONE);
    ck_assert(e.opaque);
    ck_assert_int_eq(e.likely, likely);
}

static void expect_none(int y)
{
    struct sx_ending e = ending_of(y);
    ck_assert_int_eq(e.op, SX_NONE);
    ck_assert(!e.opaque && !e.likely);
}

START_TEST(moved_and_rounded)
{
    int p = softmax(), s = sigmoid(), l = sx_log_softmax(g, x, 1);
    const struct sx_shape flat = {1, {6}};
    expect_ending(p, p, false, false);
    expect_ending(l, l, false, false);
    expect_ending(sx_reshape(g, p, &flat), p, false, false);
    expect_ending(sx_transpose(g, p, (const int[]){1, 0}), p, false, false);
    expect_ending(sx_unary(g, SX_ROUND, s), s, false, true);
    expect_ending(sx_narrow(g, p, SX_AS_FLOAT16), p, false, true);
    expect_ending(sx_binary(g, SX_MIN, p, number(0.9)), p, false, true);
    expect_ending(sx_binary(g, SX_MAX, number(0.1), p), p, false, true);
    expect_ending(sx_through(g, sx_unary(g, SX_ROUND, p), x), p, false, true);
    expect_ending(sx_shift(g, p, 5e-5), p, false, false); /* within 1e-4 */
    expect_none(x);
    expect_none(sx_unary(g, SX_EXP, p));
    expect_none(sx_mul(g, p, x));
    expect_none(sx_div(g, number(1), p));
}
END_TEST

/* 1 minus a Sigmoid, in several ways; factors that come to 1. */
START_TEST(turned)
{
    int s = sigmoid(), p = softmax();
    expect_ending(sx_sub(g, number(1), s), s, true, false);
    expect_ending(sx_shift(g, sx_neg(g, s), 1), s, true, false);
    expect_ending(sx_neg(g, sx_sub(g, s, number(1))), s, true, false);
    expect_ending(sx_sub(g, number(3), sx_shift(g, s, 2)), s, true, false);
    expect_ending(sx_scale(g, sx_div(g, s, number(4)), 4), s, false, false);
    expect_ending(sx_scale(g, sx_div(g, s, number(3)), 3), s, false, false);
    expect_ending(sx_sub(g, number(2), sx_sub(g, number(2), s)), s, false, false);
    /* (3 - 2 (s + 1)) / 2 + 0.5 is 1 - s */
    int y = sx_sub(g, number(3), sx_scale(g, sx_shift(g, s, 1), 2));
    expect_ending(sx_shift(g, sx_div(g, y, number(2)), 0.5), s, true, false);
    expect_opaque(sx_sub(g, number(1), p), false);
    expect_opaque(sx_scale(g, s, 2), false);
    expect_opaque(sx_shift(g, p, 0.5), false);
    expect_opaque(sx_neg(g, s), false);
    expect_opaque(sx_shift(g, sx_scale(g, s, 2), -1), false);
}
END_TEST

START_TEST(parts)
{
    int p = softmax(), l = sx_log_softmax(g, x, 1), s = sigmoid();
    expect_opaque(sx_slice_axis(g, p, 1, 0, 2), true);
    expect_opaque(sx_slice_axis(g, l, 1, 0, 2), false);
    expect_opaque(sx_expand(g, sx_slice_axis(g, s, 1, 0, 1), &(struct sx_shape){2, {2, 3}}),
                  true);
    expect_opaque(sx_concat(g, (const int[]){sx_sub(g, number(1), s), s}, 2, 1), true);
    expect_opaque(sx_scale(g, sx_slice_axis(g, p, 1, 0, 2), 2), false);
}
END_TEST

/* A way back is at most 64 steps long. */
START_TEST(paths_of_at_most_64_steps)
{
    int s = sigmoid(), y = s;
    for (int i = 0; i < 64; i++)
        y = sx_transpose(g, sx_unary(g, SX_ROUND, y), (const int[]){1, 0});
    expect_none(y);
    y = s;
    for (int i = 0; i < 32; i++)
        y = sx_narrow(g, sx_transpose(g, y, (const int[]){1, 0}),
                      i % 2 != 0 ? SX_AS_FLOAT16 : SX_AS_BFLOAT16);
    expect_ending(y, s, false, true);
    expect_none(sx_transpose(g, y, (const int[]){1, 0}));
}
END_TEST

/* Logits are moved as the probabilities are. */
START_TEST(logits_move_as_probabilities)
{
    int p = softmax();
    const struct sx_shape line = {1, {6}};
    int across = sx_transpose(g, p, (const int[]){1, 0}), y = sx_reshape(g, across, &line);
    struct sx_ending e = ending_of(y);
    ck_assert_int_eq(sx_moved_as(g, y, &e, x),
                     sx_reshape(g, sx_transpose(g, x, (const int[]){1, 0}), &line));
    y = sx_unary(g, SX_ROUND, across);
    e = ending_of(y);
    ck_assert_int_eq(sx_moved_as(g, y, &e, x), sx_transpose(g, x, (const int[]){1, 0}));
    e = ending_of(p);
    ck_assert_int_eq(sx_moved_as(g, p, &e, x), x);
}
END_TEST

/* ---- Classes ---- */

static int input(int rank, const int64_t *dims)
{
    struct sx_shape shape = {rank, {0}};
    memcpy(shape.dim, dims, (size_t)rank * sizeof *dims);
    return sx_input(g, SX_DOUBLE, &shape);
}
#define INPUT(...)                                                                             \
    input(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), (const int64_t[]){__VA_ARGS__})

START_TEST(class_axes)
{
    ck_assert_int_eq(sx_class_axis(g, sx_scalar(g, 1)), -1);
    ck_assert_int_eq(sx_class_axis(g, INPUT(5)), 0);
    ck_assert_int_eq(sx_class_axis(g, INPUT(1, 5)), 1);
    ck_assert_int_eq(sx_class_axis(g, INPUT(1, 1)), 1);
    ck_assert_int_eq(sx_class_axis(g, INPUT(2, 1, 3)), 2);
    ck_assert_int_eq(sx_class_axis(g, INPUT(2, 3, 1)), 1);
    ck_assert_int_eq(sx_class_axis(g, INPUT(2, 3, 4)), 2);
    ck_assert_int_eq(sx_class_axis(g, INPUT(1, 1, 1)), 2);
    ck_assert_int_eq(sx_class_axis(g, INPUT(1, 3, 4, 5)), 1);
    ck_assert_int_eq(sx_class_axis(g, INPUT(1, 1, 4, 1)), 2);
    /* A Softmax says it, wherever its axis is moved to. */
    int p = sx_softmax(g, INPUT(2, 3, 4), 1);
    ck_assert_int_eq(sx_class_axis(g, p), 1);
    ck_assert_int_eq(sx_class_axis(g, sx_transpose(g, p, (const int[]){0, 2, 1})), 2);
    ck_assert_int_eq(sx_class_axis(g, sx_transpose(g, p, (const int[]){1, 0, 2})), 0);
    ck_assert_int_eq(sx_class_axis(g, sx_reshape(g, p, &(struct sx_shape){4, {2, 1, 3, 4}})),
                     2);
    ck_assert_int_eq(sx_class_axis(g, sx_reshape(g, p, &(struct sx_shape){4, {2, 3, 2, 2}})),
                     1);
    ck_assert_int_eq(sx_class_axis(g, sx_reshape(g, p, &(struct sx_shape){2, {2, 12}})), 1);
    ck_assert_int_eq(sx_class_axis(g, sx_log_softmax(g, INPUT(2, 3, 4), 0)), 0);
}
END_TEST

static void expect_classes(int y, int64_t n, int64_t step, int64_t count)
{
    struct sx_classes c = sx_classes_of(g, y);
    ck_assert_int_eq(c.n, n);
    ck_assert_int_eq(c.step, step);
    ck_assert_int_eq(c.count, count);
}

START_TEST(labels)
{
    char ant[] = "ant", bee[] = "bee", cat[] = "cat", *names[] = {ant, bee, cat};
    int p = sx_softmax(g, INPUT(2, 3, 4), 1);
    expect_classes(p, 3, 4, 24);
    expect_classes(INPUT(1, 5), 5, 1, 5);
    expect_classes(INPUT(2, 1), 1, 1, 2);
    expect_classes(sx_scalar(g, 1), 1, 1, 1);
    expect_classes(INPUT(2, 0), 1, 1, 0);
    struct sx_classes three = sx_classes_of(g, p), two = {1, 1, 1}, four = {4, 1, 4};
    ck_assert_str_eq(sx_class_label(&three, 0, false, names, 3), "ant");
    ck_assert_str_eq(sx_class_label(&three, 1, false, names, 3), "ant");
    ck_assert_str_eq(sx_class_label(&three, 5, false, names, 3), "bee");
    ck_assert_str_eq(sx_class_label(&three, 7, false, names, 3), "bee");
    ck_assert_str_eq(sx_class_label(&three, 8, false, names, 3), "cat");
    ck_assert_str_eq(sx_class_label(&three, 12, false, names, 3), "ant");
    ck_assert_ptr_null(sx_class_label(&three, 0, true, names, 3));
    ck_assert_ptr_null(sx_class_label(&three, 0, false, names, 2));
    ck_assert_ptr_null(sx_class_label(&three, 0, false, NULL, 0));
    ck_assert_str_eq(sx_class_label(&two, 0, false, names, 2), "bee");
    ck_assert_str_eq(sx_class_label(&two, 0, true, names, 2), "ant");
    ck_assert_ptr_null(sx_class_label(&two, 0, false, names, 3));
    ck_assert(sx_labels_fit(&three, 3, "y", &error) && sx_labels_fit(&three, 0, "y", &error));
    ck_assert(sx_labels_fit(&two, 1, "y", &error) && sx_labels_fit(&two, 2, "y", &error));
    struct sx_error refusal = {0};
    ck_assert(!sx_labels_fit(&four, 2, "y", &refusal));
    ck_assert_str_eq(refusal.message, "2 labels for the 4 classes of 'y'");
    refusal = (struct sx_error){0};
    ck_assert(!sx_labels_fit(&two, 3, "y", &refusal));
    ck_assert_str_eq(refusal.message, "3 labels for the 1 class of 'y'");
    ck_assert_int_eq(refusal.status, SX_USAGE);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("ending");
    tcase_add_checked_fixture(c, setup, teardown);
    SUITE_ADD(c, moved_and_rounded, turned, parts, paths_of_at_most_64_steps,
              logits_move_as_probabilities, class_axes, labels);
    return suite_run();
}
