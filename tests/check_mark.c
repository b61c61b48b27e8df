/* check_mark.c - where the axis of samples is in each node, operator by operator.
 *
 * Nodes are computed from x [13, 4] or X [13, 2, 6], whose first axis counts 13 samples, and
 * from constants. A node's mark is the number of elements outside of that axis, or says that
 * samples are mixed. */
#include <string.h>

#include "graph/build.h"
#include "graph/mark.h"
#include "ops/table.h"
#include "suite.h"

enum { LENGTH = 13, NODES = 256 };

static struct sx_graph *g;
static struct sx_error error;
static int x, images;  /* marked inputs */
static int other;      /* an input [13, 4] without the mark */
static int even, rows; /* constants [13, 4]: with equal rows, with different rows */
static int64_t mark[NODES];

static int constant(enum sx_type type, int64_t m, int64_t n, double by_row)
{
    const struct sx_shape shape = {2, {m, n}};
    double real[256];
    int64_t whole[256];
    for (int64_t i = 0; i < m * n; i++) {
        whole[i] = (i % n + (int64_t)by_row * (i / n)) % 3;
        real[i] = 1 + (double)(i % n) + by_row * (double)(i / n);
    }
    return type == SX_INT ? sx_const(g, type, &shape, whole) : sx_const(g, type, &shape, real);
}

static int list(int64_t n, const int64_t *v)
{
    return sx_const(g, SX_INT, &(struct sx_shape){1, {n}}, v);
}

static void setup(void)
{
    error = (struct sx_error){0};
    g = sx_graph_new(sx_rows, SX_DOUBLE, &error);
    x = sx_input(g, SX_DOUBLE, &(struct sx_shape){2, {LENGTH, 4}});
    images = sx_input(g, SX_DOUBLE, &(struct sx_shape){3, {LENGTH, 2, 6}});
    other = sx_input(g, SX_DOUBLE, &(struct sx_shape){2, {LENGTH, 4}});
    even = constant(SX_DOUBLE, LENGTH, 4, 0);
    rows = constant(SX_DOUBLE, LENGTH, 4, 1);
}

static void teardown(void)
{
    sx_graph_free(g);
}

static int64_t mark_of(int node)
{
    ck_assert_msg(node >= 0, "%s", g->error.message);
    ck_assert_uint_le(g->n_nodes, NODES);
    memset(mark, 0, sizeof mark);
    mark[x] = mark[images] = 1;
    sx_mark_samples(g, LENGTH, mark);
    return mark[node];
}

#define IS(node, want) ck_assert_int_eq(mark_of(node), want)

static int reshaped(int node, int rank, const int64_t *dims)
{
    struct sx_shape shape = {.rank = rank};
    memcpy(shape.dim, dims, (size_t)rank * sizeof *dims);
    return sx_reshape(g, node, &shape);
}

static int turned(int node)
{
    return sx_transpose(g, node, (const int[]){1, 0});
}

START_TEST(test_beside_constants)
{
    IS(x, 1);
    IS(other, SX_UNMARKED);
    IS(sx_unary(g, SX_EXP, x), 1);
    IS(sx_mul(g, x, even), 1);
    IS(sx_mul(g, x, rows), SX_MIXED);
    IS(sx_mul(g, x, constant(SX_DOUBLE, 1, 4, 0)), 1);
    IS(sx_mul(g, x, constant(SX_DOUBLE, LENGTH, 1, 1)), SX_MIXED);
    IS(sx_mul(g, x, other), SX_MIXED);
    IS(sx_mul(g, x, sx_add(g, even, sx_unary(g, SX_EXP, other))), SX_MIXED);
    IS(sx_mul(g, turned(x), turned(rows)), SX_MIXED);
    /* of the values 1, 2, 3 .. */
    IS(sx_mul(g, turned(x), constant(SX_DOUBLE, 4, LENGTH, 1)), SX_MIXED);
    IS(sx_mul(g, turned(x), constant(SX_DOUBLE, 4, 1, 1)), 4);
    IS(sx_mul(g, sx_reshape(g, x, &(struct sx_shape){3, {LENGTH, 1, 4}}), even), 1);
    /* one row, which is repeated when the graph is run */
    int row = sx_slice_axis(g, other, 0, 0, 1);
    IS(sx_mul(g, x, sx_expand(g, row, &(struct sx_shape){2, {LENGTH, 4}})), 1);
    IS(sx_mul(g, x, sx_reshape(g, rows, &(struct sx_shape){2, {LENGTH, 4}})), SX_MIXED);
    IS(sx_concat(g, (const int[]){x, even}, 2, 1), 1);
    IS(sx_concat(g, (const int[]){x, rows}, 2, 1), SX_MIXED);
}
END_TEST

START_TEST(test_movers)
{
    static const int64_t two[] = {1, 1}, ahead[] = {0, 1}, none[] = {0, 0};
    IS(turned(x), 4);
    IS(sx_transpose(g, images, (const int[]){1, 0, 2}), 2);
    IS(sx_transpose(g, images, (const int[]){1, 2, 0}), 12);
    IS(sx_sum(g, x, (const int[]){0}, 1), SX_MIXED);
    IS(sx_sum(g, x, (const int[]){1}, 1), 1);
    IS(sx_reduce_max(g, turned(x), (const int[]){1}, 1), SX_MIXED);
    IS(sx_softmax(g, x, 0), SX_MIXED);
    IS(sx_softmax(g, x, 1), 1);
    IS(sx_cumsum(g, turned(x), 1, false, false), SX_MIXED);
    IS(sx_argmax(g, turned(x), 0, false), 1);
    IS(sx_concat(g, (const int[]){x, x}, 2, 0), SX_MIXED);
    IS(sx_concat(g, (const int[]){x, turned(turned(x))}, 2, 1), 1);
    IS(sx_slice_axis(g, x, 1, 1, 2), 1);
    IS(sx_slice_axis(g, x, 0, 0, 5), SX_MIXED);
    IS(sx_slice_axis(g, x, 0, 1, 12), SX_MIXED);
    IS(sx_embed(g, x, ahead, two, &(struct sx_shape){2, {LENGTH, 6}}), 1);
    IS(sx_embed(g, x, none, two, &(struct sx_shape){2, {14, 4}}), SX_MIXED);
    IS(sx_expand(g, sx_reshape(g, x, &(struct sx_shape){3, {1, LENGTH, 4}}),
                 &(struct sx_shape){3, {5, LENGTH, 4}}),
       5);
}
END_TEST

/* A reshape keeps the mark. The mark is an axis again if the shape has an axis of its length. */
START_TEST(test_reshapes)
{
    IS(reshaped(x, 1, (const int64_t[]){52}), 1);
    IS(reshaped(images, 2, (const int64_t[]){26, 6}), 1);
    IS(reshaped(turned(x), 3, (const int64_t[]){2, 2, LENGTH}), 4);
    IS(sx_unary(g, SX_EXP, reshaped(x, 1, (const int64_t[]){52})), 1);
    IS(sx_sum(g, reshaped(x, 3, (const int64_t[]){LENGTH, 2, 2}), (const int[]){2}, 1), 1);
    IS(sx_sum(g, reshaped(images, 2, (const int64_t[]){26, 6}), (const int[]){1}, 1), 1);
    IS(sx_sum(g, reshaped(images, 2, (const int64_t[]){26, 6}), (const int[]){0}, 1), SX_MIXED);
    IS(sx_unary(g, SX_EXP, reshaped(x, 2, (const int64_t[]){4, LENGTH})), SX_UNDECIDED);
}
END_TEST

START_TEST(test_products)
{
    int w = constant(SX_DOUBLE, 4, 4, 1);
    IS(sx_matmul(g, x, w, false, false), 1);
    IS(sx_matmul(g, x, w, false, true), 1);
    IS(sx_matmul(g, turned(x), w, true, false), 1);
    IS(sx_matmul(g, w, x, false, true), 4);
    IS(sx_matmul(g, w, turned(x), false, false), 4);
    IS(sx_matmul(g, turned(x), rows, false, false), SX_MIXED);
    IS(sx_matmul(g, rows, x, true, false), SX_MIXED);
    IS(sx_matmul(g, x, turned(x), false, false), SX_MIXED);
    IS(sx_matmul(g, images, constant(SX_DOUBLE, 6, 5, 1), false, false), 1);
    IS(sx_matmul(g, images, images, false, true), 1);
}
END_TEST

/* Elementwise indices, like other operands, must be equal for all samples. */
START_TEST(test_indices_of_takes)
{
    static const int64_t some[] = {2, 0, 1};
    int same = constant(SX_INT, LENGTH, 2, 0), differ = constant(SX_INT, LENGTH, 2, 1);
    int best = sx_argmax(g, x, 1, false);
    int own = reshaped(best, 2, (const int64_t[]){LENGTH, 1});
    IS(sx_take(g, x, same, 1, true), 1);
    IS(sx_take(g, x, differ, 1, true), SX_MIXED);
    IS(sx_take(g, x, own, 1, true), 1);
    IS(sx_take(g, even, own, 1, true), 1);
    IS(sx_take(g, rows, own, 1, true), SX_MIXED);
    IS(sx_take(g, x, list(3, some), 1, false), 1);
    IS(sx_take(g, turned(x), list(3, some), 0, false), 3);
    IS(sx_take(g, x, list(3, some), 0, false), SX_MIXED);
    IS(sx_take(g, images, constant(SX_INT, 2, 2, 1), 2, false), 1);
    IS(sx_take(g, turned(x), constant(SX_INT, 2, 2, 1), 0, false), 4);
    IS(sx_take(g, constant(SX_DOUBLE, 5, 4, 1), best, 0, false), 1);
    IS(sx_take(g, constant(SX_DOUBLE, 5, 4, 1), best, 1, false), 5);
    IS(sx_put(g, x, constant(SX_INT, LENGTH, 4, 0), 1, 6, true), 1);
    IS(sx_put(g, x, constant(SX_INT, LENGTH, 4, 1), 1, 6, true), SX_MIXED);
    IS(sx_put(g, turned(x), constant(SX_INT, 4, LENGTH, 1), 1, 6, true), SX_UNDECIDED);
}
END_TEST

START_TEST(test_windows)
{
    const struct sx_conv line = {.group = 1, .rank = 1, .stride = {1}, .dilation = {1}};
    const struct sx_pool pool = {
        .c = {.rank = 1, .stride = {1}, .dilation = {1}, .extent = {2}}};
    const struct sx_shape kernel = {3, {5, 2, 3}}, front = {3, {1, LENGTH, 12}};
    struct sx_conv along = line;
    double v[64] = {1, 2, 3};
    int w = sx_const(g, SX_DOUBLE, &kernel, v), turn = sx_reshape(g, images, &front);
    IS(sx_conv(g, images, w, &line), 1);
    IS(sx_max_pool(g, images, &pool), 1);
    IS(sx_sum_pool(g, images, &pool), 1);
    IS(sx_sum_pool(g, turn, &pool), 1);
    IS(sx_sum_pool(g, sx_transpose(g, images, (const int[]){1, 2, 0}), &pool), SX_MIXED);
    along.group = LENGTH;
    w = sx_const(g, SX_DOUBLE, &(struct sx_shape){3, {LENGTH, 1, 3}}, v);
    /* the channels of the convolution are samples */
    IS(sx_conv(g, turn, w, &along), SX_UNDECIDED);
    int picture = sx_const(g, SX_DOUBLE, &(struct sx_shape){3, {1, 2, 9}}, v);
    IS(sx_conv(g, picture, images, &line), SX_UNDECIDED);
}
END_TEST

/* A row of an ensemble's result depends on one row of x, and on all features. */
START_TEST(test_trees)
{
    static const int64_t leaf[] = {0, SX_TREE_LEAF, 0, 1, 0};
    int nodes = sx_const(g, SX_INT, &(struct sx_shape){2, {1, 5}}, leaf);
    int reals = sx_const(g, SX_DOUBLE, &(struct sx_shape){1, {1}}, &(double){1});
    int zero = list(1, &(int64_t){0});
    int in[] = {x, nodes, reals, zero, reals, zero};
    IS(sx_trees(g, in, 3, SX_TREE_ADD), 1);
    in[0] = turned(x);
    IS(sx_trees(g, in, LENGTH, SX_TREE_ADD), SX_UNDECIDED);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("mark");
    tcase_add_checked_fixture(c, setup, teardown);
    SUITE_ADD(c, test_beside_constants, test_movers, test_reshapes, test_products,
              test_indices_of_takes, test_windows, test_trees);
    return suite_run();
}
