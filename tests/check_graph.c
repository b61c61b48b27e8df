/* check_graph.c - graphs: sharing, folding, identities, names, cuts, batches, errors.
 * check_derive.c checks that identities keep values, for every row's examples. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/derive.h"
#include "ops/table.h"
#include "suite.h"

static struct sx_graph *g;
static struct sx_error error;

static void setup(void)
{
    error = (struct sx_error){0};
    g = sx_graph_new(sx_rows, SX_DOUBLE, &error);
}

static void teardown(void)
{
    sx_graph_free(g);
}

static int input(int rank, const int64_t *dims)
{
    struct sx_shape shape = {.rank = rank};
    for (int i = 0; i < rank; i++)
        shape.dim[i] = dims[i];
    return sx_input(g, SX_DOUBLE, &shape);
}

static int constant(int rank, const int64_t *dims, const double *data)
{
    struct sx_shape shape = {.rank = rank};
    for (int i = 0; i < rank; i++)
        shape.dim[i] = dims[i];
    return sx_const(g, SX_DOUBLE, &shape, data);
}

static int matrix(void)
{
    return input(2, (const int64_t[]){2, 3});
}

#define OP(id) (g->node[id].op)

/* ---- Sharing and folding ---- */

START_TEST(test_equal_nodes_are_one)
{
    int x = matrix(), y = matrix();
    ck_assert_int_ne(x, y);
    ck_assert_int_eq(sx_unary(g, SX_EXP, x), sx_unary(g, SX_EXP, x));
    ck_assert_int_ne(sx_unary(g, SX_EXP, x), sx_unary(g, SX_EXP, y));
    ck_assert_int_eq(sx_mul(g, x, y), sx_mul(g, y, x));
    ck_assert_int_ne(sx_sub(g, x, y), sx_sub(g, y, x));
    ck_assert_int_eq(sx_scalar(g, 2.5), sx_scalar(g, 2.5));
    ck_assert_int_ne(sx_scalar(g, 2.5), sx_scalar(g, 2.25));
    ck_assert_int_ne(sx_scalar(g, 0.0), sx_scalar_int(g, 0));
}
END_TEST

/* So many nodes that the table grows several times. */
START_TEST(test_sharing_survives_growth)
{
    int x = matrix(), first[3000];
    for (int i = 0; i < 3000; i++)
        first[i] = sx_unary(g, SX_SIN, sx_shift(g, x, i + 1));
    for (int i = 0; i < 3000; i++)
        ck_assert_int_eq(sx_unary(g, SX_SIN, sx_shift(g, x, i + 1)), first[i]);
}
END_TEST

START_TEST(test_faithful_shares_nothing)
{
    g->faithful = true;
    int x = matrix();
    ck_assert_int_ne(sx_unary(g, SX_EXP, x), sx_unary(g, SX_EXP, x));
    int twice = sx_neg(g, sx_neg(g, x));
    ck_assert_int_eq(OP(twice), SX_NEG);
    ck_assert(sx_is_const(g, sx_add(g, sx_scalar(g, 1), sx_scalar(g, 2))));
}
END_TEST

START_TEST(test_constants_fold)
{
    const int64_t dims[] = {3};
    int a = constant(1, dims, (const double[]){1, 2, 3});
    int b = sx_mul(g, sx_unary(g, SX_EXP, a), sx_scalar(g, 2));
    double value;
    ck_assert(sx_is_const(g, b));
    const double *data = g->node[b].data;
    for (int i = 0; i < 3; i++)
        ck_assert_double_eq_tol(data[i], 2 * exp(i + 1), 1e-12);
    ck_assert(!sx_is_uniform(g, b, &value));
    ck_assert(sx_is_uniform(g, sx_sub(g, a, a), &value) && value == 0);
}
END_TEST

/* A few bytes of a file may not become gigabytes of constants. */
START_TEST(test_expansions_stay_small)
{
    struct sx_shape huge = {2, {1 << 20, 1 << 20}};
    int e = sx_expand(g, sx_scalar(g, 3), &huge);
    double value;
    ck_assert_int_eq(OP(e), SX_EXPAND);
    ck_assert(sx_is_uniform(g, e, &value) && value == 3);
    int f = sx_mul(g, e, e);
    ck_assert(f != SX_NONE);
    ck_assert_uint_lt(g->taken, 1 << 20);
}
END_TEST

/* A folded constant may be larger than its operands by at most 1 MB. */
START_TEST(test_products_of_constants_stay_small)
{
    for (int64_t n = 256; n <= 1024; n *= 4) {
        double data[1024] = {1};
        int a = constant(2, (const int64_t[]){n, 1}, data);
        int b = constant(2, (const int64_t[]){1, n}, data);
        ck_assert_int_eq(OP(sx_mul(g, a, b)), n == 256 ? SX_CONST : SX_MUL);
    }
}
END_TEST

START_TEST(test_constant_limit)
{
    g->limit = 100;
    double data[16] = {0};
    const int64_t dims[] = {16};
    ck_assert_int_eq(constant(1, dims, data), SX_NONE);
    ck_assert_int_eq(g->error.status, SX_MEMORY);
    ck_assert_int_eq(g->error.want, SX_OVER_LIMIT);
}
END_TEST

/* The limit of memory counts nodes as well as constants. */
START_TEST(test_node_limit)
{
    struct sx_shape shape = {1, {4}};
    g->limit = 1 << 20;
    int a = sx_input(g, g->real, &shape), n = 0;
    for (; a != SX_NONE && n < 1 << 20; n++)
        a = sx_unary(g, SX_SIN, a);
    ck_assert_int_eq(g->error.want, SX_OVER_LIMIT);
    ck_assert_str_eq(g->error.message,
                     "the graph and its constants need more than the memory limit of 1 MB");
    ck_assert_uint_le(g->n_nodes * sizeof *g->node, 1 << 20);
    ck_assert_int_gt(n, 1000);
}
END_TEST

/* ---- Identities ---- */

START_TEST(test_neutral_elements)
{
    int x = matrix(), zero = sx_scalar(g, 0), one = sx_scalar(g, 1);
    ck_assert_int_eq(sx_add(g, x, zero), x);
    ck_assert_int_eq(sx_sub(g, x, zero), x);
    ck_assert_int_eq(sx_mul(g, one, x), x);
    ck_assert_int_eq(sx_div(g, x, one), x);
    ck_assert_int_eq(sx_neg(g, sx_neg(g, x)), x);
    ck_assert_int_eq(sx_sub(g, zero, x), sx_neg(g, x));
    ck_assert_int_eq(sx_mul(g, x, sx_scalar(g, -1)), sx_neg(g, x));
    ck_assert_int_eq(sx_binary(g, SX_POW, x, one), x);
    ck_assert_int_eq(sx_binary(g, SX_POW, x, sx_scalar(g, 2)), sx_mul(g, x, x));
}
END_TEST

/* A neutral element of a larger shape is not dropped, because it broadcasts. */
START_TEST(test_neutral_elements_broadcast)
{
    int x = matrix();
    struct sx_shape wide = {3, {4, 2, 3}};
    int zeros = sx_expand(g, sx_scalar(g, 0), &wide);
    int sum = sx_add(g, x, zeros);
    ck_assert(sx_shape_equal(&g->node[sum].shape, &wide));
    ck_assert_int_eq(OP(sum), SX_EXPAND);
}
END_TEST

START_TEST(test_zero_annihilates)
{
    int x = matrix(), y = input(2, (const int64_t[]){3, 4});
    struct sx_shape s = sx_shape_of(g, x), t = {2, {2, 4}};
    int zeros = sx_expand(g, sx_scalar(g, 0), &s),
        product = sx_matmul(g, zeros, y, false, false);
    double value;
    ck_assert(sx_is_uniform(g, sx_mul(g, x, zeros), &value) && value == 0);
    ck_assert(sx_is_uniform(g, product, &value) && value == 0);
    ck_assert(sx_shape_equal(&g->node[product].shape, &t));
    ck_assert(sx_is_uniform(g, sx_sum_all(g, zeros), &value) && value == 0);
}
END_TEST

START_TEST(test_movers_compose)
{
    int x = input(4, (const int64_t[]){2, 3, 4, 5});
    const int there[] = {0, 2, 3, 1}, back[] = {0, 3, 1, 2};
    struct sx_shape flat = {1, {120}}, whole = sx_shape_of(g, x);
    ck_assert_int_eq(sx_transpose(g, sx_transpose(g, x, there), back), x);
    ck_assert_int_eq(sx_reshape(g, sx_reshape(g, x, &flat), &whole), x);
    int thin = input(3, (const int64_t[]){1, 7, 1});
    const int swap[] = {1, 0, 2};
    ck_assert_int_eq(OP(sx_transpose(g, thin, swap)), SX_RESHAPE);
    ck_assert_int_eq(sx_slice_axis(g, x, 1, 0, 3), x);
    ck_assert_int_eq(sx_concat(g, &x, 1, 0), x);
}
END_TEST

/* The sum of an expanded tensor is a product with the number of copies. */
START_TEST(test_sum_of_expansion)
{
    int x = input(2, (const int64_t[]){1, 3});
    struct sx_shape wide = {2, {5, 3}};
    const int axis = 0;
    int sum = sx_sum(g, sx_expand(g, x, &wide), &axis, 1);
    ck_assert_int_eq(OP(sum), SX_MUL);
    ck_assert_int_eq(sum, sx_scale(g, x, 5));
}
END_TEST

/* Constants are folded together, so that a BatchNormalization for inference leaves no node. */
START_TEST(test_batchnorm_folds_into_conv)
{
    const int64_t wd[] = {2, 1, 1, 1}, cd[] = {2, 1, 1};
    int x = input(4, (const int64_t[]){1, 1, 4, 4});
    int w = constant(4, wd, (const double[]){3, 5});
    struct sx_conv c = {.group = 1, .rank = 2, .stride = {1, 1}, .dilation = {1, 1}};
    int scale = constant(3, cd, (const double[]){2, 10});
    int bias = constant(3, cd, (const double[]){1, -1});
    int y = sx_mul(g, sx_add(g, sx_conv(g, x, w, &c), bias), scale);
    ck_assert_int_eq(OP(y), SX_ADD);
    int conv = OP(g->node[y].in[0]) == SX_CONV ? g->node[y].in[0] : g->node[y].in[1];
    ck_assert_int_eq(OP(conv), SX_CONV);
    const double *folded = g->node[g->node[conv].in[1]].data;
    ck_assert_double_eq(folded[0], 6);
    ck_assert_double_eq(folded[1], 50);
    int rest = g->node[y].in[g->node[y].in[0] == conv];
    ck_assert(sx_is_const(g, rest));
    folded = g->node[rest].data;
    ck_assert_double_eq(folded[0], 2);
    ck_assert_double_eq(folded[1], -10);
}
END_TEST

/* A factor that varies along another axis than the channels stays a node of its own. */
START_TEST(test_factors_of_places_stay)
{
    const double v[] = {1, 2, 3, 4};
    int x = input(4, (const int64_t[]){1, 1, 4, 4});
    int w = constant(4, (const int64_t[]){4, 1, 1, 1}, v);
    struct sx_conv c = {.group = 1, .rank = 2, .stride = {1, 1}, .dilation = {1, 1}};
    int y = sx_conv(g, x, w, &c);
    const int64_t dims[][3] = {{4, 1, 1}, {1, 4, 1}, {1, 1, 4}};
    for (int axis = 0; axis < 3; axis++) {
        int scaled = sx_mul(g, y, constant(3, dims[axis], v));
        ck_assert(scaled != SX_NONE);
        ck_assert_int_eq(OP(scaled), axis == 0 ? SX_CONV : SX_MUL);
    }
}
END_TEST

/* ---- Errors ---- */

/* A row fixes the number of operands. */
START_TEST(test_operands_are_counted)
{
    static const struct {
        int op, n;
    } wrong[] = {{SX_NEG, 0}, {SX_NEG, 2}, {SX_ADD, 1}, {SX_ADD, 3}, {SX_WHERE, 2}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        int x = matrix(), in[] = {x, x, x};
        ck_assert_int_eq(sx_emit(g, wrong[i].op, wrong[i].n, in, 0, NULL), SX_NONE);
        ck_assert_int_eq(g->error.status, SX_MODEL);
        g->error = (struct sx_error){0};
    }
}
END_TEST

START_TEST(test_errors_stick)
{
    int x = matrix(), y = input(2, (const int64_t[]){5, 7});
    ck_assert_int_eq(sx_add(g, x, y), SX_NONE);
    ck_assert_int_eq(g->error.status, SX_MODEL);
    char first[sizeof g->error.message];
    memcpy(first, g->error.message, sizeof first);
    ck_assert_int_eq(sx_unary(g, SX_EXP, x), SX_NONE);
    ck_assert_int_eq(sx_matmul(g, x, y, false, false), SX_NONE);
    ck_assert_str_eq(g->error.message, first);
    ck_assert(!sx_graph_ok(g, &error));
    ck_assert_str_eq(error.message, first);
}
END_TEST

START_TEST(test_nothing_in_nothing_out)
{
    int x = matrix();
    ck_assert_int_eq(sx_add(g, x, SX_NONE), SX_NONE);
    ck_assert_int_ne(g->error.status, SX_OK);
}
END_TEST

/* ---- Names, needs, cuts ---- */

START_TEST(test_names)
{
    int x = matrix(), y = sx_neg(g, x);
    ck_assert(sx_name_node(g, "a", x, "Input", ""));
    ck_assert(sx_name_node(g, "b", y, "Neg", "n0"));
    ck_assert(sx_name_node(g, "a", y, "Identity", "n1"));
    ck_assert_int_eq(sx_find(g, "b"), y);
    ck_assert_int_eq(sx_find(g, "a"), y);
    ck_assert_int_eq(sx_find(g, "c"), SX_NONE);
    for (int i = 0; i < 5000; i++) {
        char name[20];
        snprintf(name, sizeof name, "n%d", i % 3000);
        ck_assert(sx_name_node(g, name, i % 2 == 0 ? x : y, "Neg", ""));
    }
    ck_assert_int_eq(sx_find(g, "n1"), y);
    ck_assert_int_eq(sx_find(g, "n2998"), x);
    ck_assert_int_eq(sx_find(g, "n3000"), SX_NONE);
    ck_assert_int_eq(sx_find(g, "a"), y);
}
END_TEST

/* Names that are suggested are those of values that depend on the input, not of weights. */
START_TEST(test_names_that_are_suggested)
{
    int x = matrix();
    ck_assert(sx_name_node(g, "hidden", sx_neg(g, x), "Neg", ""));
    ck_assert(sx_name_node(g, "hidde", sx_scalar(g, 3), "Constant", ""));
    ck_assert(!sx_no_tensor(g, "hiden", &error));
    ck_assert_int_eq(error.status, SX_USAGE);
    ck_assert_str_eq(error.message, "no tensor named 'hiden'; nearest: hidden");
}
END_TEST

START_TEST(test_needed_and_reached)
{
    int x = matrix(), y = matrix(), a = sx_unary(g, SX_EXP, x), b = sx_add(g, a, y);
    int c = sx_neg(g, y);
    bool needed[16] = {false}, reached[16] = {false};
    sx_mark_needed(g, &b, 1, needed);
    ck_assert(needed[x] && needed[y] && needed[a] && needed[b] && !needed[c]);
    sx_mark_reached(g, &x, 1, g->n_nodes, reached);
    ck_assert(reached[x] && reached[a] && reached[b] && !reached[y] && !reached[c]);
    /* roots in any order, some of which are missing */
    const int roots[] = {b, SX_NONE, x};
    memset(needed, 0, sizeof needed);
    sx_mark_needed(g, roots, 3, needed);
    ck_assert(needed[x] && needed[y] && needed[a] && needed[b] && !needed[c]);
}
END_TEST

static double evaluate(int x, double at, int y)
{
    struct sx_tensor feed, out;
    struct sx_shape shape = sx_shape_of(g, x);
    ck_assert(sx_tensor_new(&feed, SX_DOUBLE, &shape, &error));
    for (int64_t i = 0; i < sx_count(&shape); i++)
        sx_tensor_set(&feed, i, at);
    ck_assert_msg(sx_evaluate(g, &x, &feed, 1, &y, &out, 1, &error), "%s", error.message);
    double value = sx_tensor_get(&out, 0);
    sx_tensor_free(&feed);
    sx_tensor_free(&out);
    return value;
}

/* An inner node can be a variable of a derivative and of an evaluation. */
START_TEST(test_derivative_by_inner_node)
{
    int x = input(0, NULL), h = sx_mul(g, x, x), y = sx_mul(g, h, h), by_h, by_x;
    ck_assert(sx_derive(g, y, SX_NONE, &h, 1, &by_h));
    ck_assert(sx_derive(g, y, SX_NONE, &x, 1, &by_x));
    ck_assert_double_eq_tol(evaluate(x, 1.5, by_h), 2 * 2.25, 1e-12);
    ck_assert_double_eq_tol(evaluate(x, 1.5, by_x), 4 * 3.375, 1e-12);
    ck_assert_double_eq_tol(evaluate(h, 7, by_h), 14, 1e-12);
    /* beside x, h is independent of it */
    int z = sx_add(g, y, x), both[] = {x, h}, by[2];
    ck_assert(sx_derive(g, z, SX_NONE, both, 2, by));
    ck_assert_double_eq_tol(evaluate(x, 1.5, by[0]), 1, 1e-12);
    ck_assert_double_eq_tol(evaluate(x, 1.5, by[1]), 2 * 2.25, 1e-12);
}
END_TEST

/* Values are computed from what was fed, which may be an inner node, as the graph grows. */
START_TEST(test_values_from_an_inner_node)
{
    struct sx_values v = {0};
    struct sx_shape scalar = {0};
    struct sx_tensor three;
    int x = input(0, NULL), h = sx_unary(g, SX_EXP, x), y = sx_mul(g, h, h);
    ck_assert(sx_tensor_new(&three, SX_DOUBLE, &scalar, &error));
    sx_tensor_set(&three, 0, 3);
    ck_assert(sx_values_feed(g, &v, h, &three, &error));
    const struct sx_tensor *value = sx_value_of(g, &v, y, &error);
    ck_assert_msg(value != NULL, "%s", error.message);
    ck_assert_double_eq(sx_tensor_get(value, 0), 9);
    value = sx_value_of(g, &v, sx_add(g, y, h), &error);
    ck_assert_ptr_nonnull(value);
    ck_assert_double_eq(sx_tensor_get(value, 0), 12);
    ck_assert_ptr_null(sx_value_of(g, &v, sx_add(g, y, x), &error)); /* x is not fed */
    ck_assert_int_eq(error.status, SX_MODEL);
    sx_tensor_free(&three);
    sx_values_free(&v);
}
END_TEST

START_TEST(test_derivative_of_the_unrelated)
{
    int x = matrix(), y = sx_sum_all(g, matrix()), dx;
    double value;
    ck_assert(sx_derive(g, y, SX_NONE, &x, 1, &dx));
    ck_assert(sx_is_uniform(g, dx, &value) && value == 0);
    ck_assert(sx_shape_equal(&g->node[dx].shape, &g->node[x].shape));
}
END_TEST

/* d^k/dx^k of sin and of x^5, up to the tenth order. */
START_TEST(test_high_orders)
{
    int x = input(0, NULL), s = sx_unary(g, SX_SIN, x), p = x;
    for (int i = 0; i < 4; i++)
        p = sx_mul(g, p, x);
    double factor = 1;
    for (int k = 0; k <= 10; k++) {
        ck_assert_double_eq_tol(evaluate(x, 0.7, s), sin(0.7 + k * acos(-1) / 2), 1e-12);
        ck_assert_double_eq_tol(evaluate(x, 0.7, p), k <= 5 ? factor * pow(0.7, 5 - k) : 0,
                                1e-9);
        factor *= 5 - k;
        ck_assert(sx_derive(g, s, SX_NONE, &x, 1, &s));
        ck_assert(sx_derive(g, p, SX_NONE, &x, 1, &p));
    }
}
END_TEST

START_TEST(test_forward_is_transposed_reverse)
{
    int x = input(0, NULL), y = sx_unary(g, SX_EXP, sx_mul(g, x, x));
    int tangent = sx_derive_forward(g, y, x, sx_scalar(g, 3));
    ck_assert_double_eq_tol(evaluate(x, 0.5, tangent), 3 * 2 * 0.5 * exp(0.25), 1e-12);
}
END_TEST

START_TEST(test_curvature)
{
    int x = matrix();
    ck_assert(!sx_has_curvature(g, sx_sum_all(g, sx_unary(g, SX_RELU, x)), x));
    ck_assert(!sx_has_curvature(g, sx_sum_all(g, sx_scale(g, x, 3)), x));
    ck_assert(sx_has_curvature(g, sx_sum_all(g, sx_unary(g, SX_SOFTPLUS, x)), x));
    ck_assert(sx_has_curvature(g, sx_sum_all(g, sx_mul(g, x, x)), x));
}
END_TEST

/* ---- Batches ---- */

START_TEST(test_batch_shapes)
{
    struct sx_shape image = {4, {1, 3, 8, 8}}, row = {1, {7}}, scalar = {0}, one = {1, {1}};
    struct sx_shape s = sx_batch_shape(5, &image);
    ck_assert(s.rank == 4 && s.dim[0] == 5 && s.dim[1] == 3);
    s = sx_batch_shape(5, &row);
    ck_assert(s.rank == 2 && s.dim[0] == 5 && s.dim[1] == 7);
    s = sx_batch_shape(5, &scalar);
    ck_assert(s.rank == 1 && s.dim[0] == 5);
    s = sx_batch_shape(5, &one);
    ck_assert(s.rank == 1 && s.dim[0] == 5);
}
END_TEST

/* Nodes that do not depend on the batch are built once for any batch size. */
START_TEST(test_batch_shares)
{
    int x = input(2, (const int64_t[]){1, 3}), v = input(2, (const int64_t[]){1, 3});
    int y = sx_mul(g, sx_unary(g, SX_EXP, x), v), batched, result;
    size_t before = g->n_nodes;
    ck_assert(sx_batch(g, 8, &v, &batched, 1, &y, &result, 1));
    ck_assert_uint_le(g->n_nodes - before, 2);
    ck_assert_int_eq(g->node[result].shape.dim[0], 8);
    int untouched = sx_unary(g, SX_EXP, x), expanded;
    ck_assert(sx_batch(g, 8, &v, &batched, 1, &untouched, &expanded, 1));
    ck_assert_int_eq(g->node[expanded].shape.dim[0], 8);
}
END_TEST

/* A convolution with channels last has no batch of its weights: it is built for each sample. */
START_TEST(test_batch_loops)
{
    const struct sx_conv c = {.group = 1, .rank = 1, .stride = {1}, .dilation = {1}, .nhwc = 1};
    const struct sx_shape line = {3, {1, 3, 1}};
    int x = sx_const(g, SX_DOUBLE, &line, (const double[]){1, 10, 100});
    int w = input(3, (const int64_t[]){1, 1, 2}), y = sx_conv(g, x, w, &c), many, result;
    ck_assert(sx_batch(g, 3, &w, &many, 1, &y, &result, 1));
    struct sx_tensor feed = {.type = SX_DOUBLE, .shape = g->node[many].shape}, out;
    double weights[] = {1, 2, 3, 4, 5, 6};
    feed.data = weights;
    ck_assert_msg(sx_evaluate(g, &many, &feed, 1, &result, &out, 1, &error), "%s",
                  error.message);
    for (int64_t i = 0; i < 6; i++) {
        double at = i % 2 == 0 ? 1 : 10;
        const double *sample = weights + i / 2 * 2;
        ck_assert_double_eq(sx_tensor_get(&out, i), at * sample[0] + 10 * at * sample[1]);
    }
    sx_tensor_free(&out);
}
END_TEST

/* ---- Rebuilding ---- */

START_TEST(test_rebuild_cuts)
{
    int x = matrix(), h = sx_unary(g, SX_EXP, x), y = sx_sum_all(g, sx_mul(g, h, h)), map[32];
    struct sx_graph *to = sx_graph_new(sx_rows, SX_DOUBLE, &error);
    ck_assert(sx_rebuild(g, to, &y, 1, &h, 1, map, NULL, NULL));
    ck_assert_int_eq(map[x], SX_NONE);
    ck_assert_int_eq(to->node[map[h]].op, SX_INPUT);
    ck_assert(map[y] != SX_NONE);
    for (size_t i = 0; i < to->n_nodes; i++)
        ck_assert(to->node[i].op != SX_INPUT || (int)i == map[h]);
    sx_graph_free(to);
}
END_TEST

static int tanh_for_relu(void *context, struct sx_graph *to, const struct sx_node *node,
                         const int *in)
{
    ++*(int *)context;
    return node->op == SX_RELU ? sx_unary(to, SX_TANH, in[0]) : SX_NONE;
}

START_TEST(test_rebuild_changes)
{
    int x = matrix(), y = sx_neg(g, sx_unary(g, SX_RELU, x)), map[32], asked = 0;
    struct sx_graph *to = sx_graph_new(sx_rows, SX_DOUBLE, &error);
    ck_assert(sx_rebuild(g, to, &y, 1, NULL, 0, map, tanh_for_relu, &asked));
    ck_assert_int_eq(asked, 3); /* the input was asked for, too */
    ck_assert_int_eq(to->node[to->node[map[y]].in[0]].op, SX_TANH);
    sx_graph_free(to);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("graph");
    tcase_add_checked_fixture(c, setup, teardown);
    SUITE_ADD(
        c, test_equal_nodes_are_one, test_sharing_survives_growth, test_faithful_shares_nothing,
        test_constants_fold, test_expansions_stay_small, test_products_of_constants_stay_small,
        test_constant_limit, test_node_limit, test_neutral_elements,
        test_neutral_elements_broadcast, test_zero_annihilates, test_movers_compose,
        test_sum_of_expansion, test_batchnorm_folds_into_conv, test_factors_of_places_stay,
        test_operands_are_counted, test_errors_stick, test_nothing_in_nothing_out, test_names,
        test_names_that_are_suggested, test_needed_and_reached, test_derivative_by_inner_node,
        test_values_from_an_inner_node, test_derivative_of_the_unrelated, test_high_orders,
        test_forward_is_transposed_reverse, test_curvature, test_batch_shapes,
        test_batch_shares, test_batch_loops, test_rebuild_cuts, test_rebuild_changes);
    return suite_run();
}
