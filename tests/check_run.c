/* check_run.c - compiled programs against the reference evaluation, node by node. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "graph/derive.h"
#include "ops/fused.h"
#include "run/run.h"

static struct sx_error error;

/* A small net under test: one graph, some inputs and outputs. */
struct net {
    struct sx_graph *g;
    int in[4], out[4], n_in, n_out;
    uint64_t draws;
};

static struct net begin(void)
{
    error = (struct sx_error){0};
    struct net net = {.g = sx_graph_new(SX_FLOAT, &error)};
    ck_assert_ptr_nonnull(net.g);
    return net;
}

static struct sx_shape shape4(int64_t a, int64_t b, int64_t c, int64_t d)
{
    return (struct sx_shape){4, {a, b, c, d}};
}

static void fill(struct sx_tensor *t, uint64_t stream)
{
    for (int64_t i = 0; i < sx_count(&t->shape); i++)
        sx_tensor_set(t, i, sx_random_uniform(7, stream, (uint64_t)i) - 0.4);
}

static int input(struct net *net, struct sx_shape shape)
{
    return net->in[net->n_in++] = sx_input(net->g, SX_FLOAT, &shape);
}

/* Random weights, scaled so that sums of `fan` products stay near 1. */
static int weights(struct net *net, struct sx_shape shape, double fan)
{
    struct sx_tensor t;
    ck_assert(sx_tensor_new(&t, SX_FLOAT, &shape, &error));
    for (int64_t i = 0; i < sx_count(&shape); i++)
        sx_tensor_set(&t, i, sx_random_normal(3, ++net->draws, (uint64_t)i) / fan);
    int node = sx_const(net->g, SX_FLOAT, &shape, t.data);
    sx_tensor_free(&t);
    return node;
}

static void evaluate(struct net *net, const struct sx_tensor *feeds, struct sx_tensor *results)
{
    ck_assert_msg(
        sx_evaluate(net->g, net->in, feeds, net->n_in, net->out, results, net->n_out, &error),
        "%s", error.message);
}

static struct sx_program *compile(struct net *net, int threads, bool plain)
{
    struct sx_run_options options = {.threads = threads, .plain = plain};
    ck_assert_msg(sx_graph_ok(net->g, &error), "%s", error.message);
    struct sx_program *program =
        sx_compile(net->g, net->in, net->n_in, net->out, net->n_out, &options, &error);
    ck_assert_msg(program != NULL, "%s", error.message);
    return program;
}

static void ready(struct net *net, struct sx_tensor *feeds, struct sx_tensor *results)
{
    for (int i = 0; i < net->n_in; i++) {
        const struct sx_node *node = &net->g->node[net->in[i]];
        ck_assert(sx_tensor_new(&feeds[i], node->type, &node->shape, &error));
        fill(&feeds[i], (uint64_t)i);
    }
    for (int i = 0; i < net->n_out; i++) {
        const struct sx_node *node = &net->g->node[net->out[i]];
        ck_assert(sx_tensor_new(&results[i], node->type, &node->shape, &error));
    }
}

static void drop(struct sx_tensor *t, int n)
{
    for (int i = 0; i < n; i++)
        sx_tensor_free(&t[i]);
}

static double largest(const struct sx_tensor *t)
{
    double m = 0;
    for (int64_t i = 0; i < sx_count(&t->shape); i++) {
        double v = sx_tensor_get(t, i);
        m = v > m ? v : -v > m ? -v : m;
    }
    return m;
}

static void same(const struct sx_tensor *a, const struct sx_tensor *b, double tolerance)
{
    double scale = largest(b);
    ck_assert(sx_shape_equal(&a->shape, &b->shape));
    for (int64_t i = 0; i < sx_count(&a->shape); i++)
        ck_assert_double_eq_tol(sx_tensor_get(a, i), sx_tensor_get(b, i),
                                tolerance * scale + 1e-30);
}

/* Runs plain and fast programs with 1 to 4 threads: near the reference, and equal bytes
 * whatever the number of threads, twice over. */
static void check_net(struct net *net)
{
    struct sx_tensor feeds[4], want[4], got[4], first[4];
    ready(net, feeds, got);
    evaluate(net, feeds, want);
    for (int plain = 0; plain < 2; plain++)
        for (int threads = 1; threads <= 4; threads++) {
            struct sx_program *program = compile(net, threads, plain);
            for (int again = 0; again < 2; again++)
                ck_assert_msg(sx_run(program, feeds, got, &error), "%s", error.message);
            sx_program_free(program);
            for (int i = 0; i < net->n_out; i++) {
                same(&got[i], &want[i], 2e-5);
                if (threads == 1)
                    ck_assert(sx_tensor_convert(&first[i], got[i].type, &got[i], &error));
                ck_assert_mem_eq(got[i].data, first[i].data,
                                 (size_t)sx_count(&got[i].shape) * sx_type_size(got[i].type));
            }
            if (threads == 4)
                drop(first, net->n_out);
        }
    drop(feeds, net->n_in);
    drop(want, net->n_out);
    drop(got, net->n_out);
    sx_graph_free(net->g);
}

/* ---- Nets ---- */

static int linear(struct net *net, int x, int64_t n_in, int64_t n_out)
{
    int w = weights(net, (struct sx_shape){2, {n_out, n_in}}, 4);
    int b = weights(net, (struct sx_shape){1, {n_out}}, 4);
    return sx_add(net->g, sx_matmul(net->g, x, w, false, true), b);
}

static struct net mlp(int64_t n, int64_t width)
{
    struct net net = begin();
    int x = input(&net, (struct sx_shape){2, {n, width}});
    int h = sx_unary(net.g, SX_TANH, linear(&net, x, width, 64));
    h = sx_unary(net.g, SX_RELU, linear(&net, h, 64, 100));
    net.out[net.n_out++] = linear(&net, h, 100, 10);
    return net;
}

static int conv(struct net *net, int x, int64_t channels, int64_t kernel, int64_t stride,
                int64_t group)
{
    int64_t from = sx_shape_of(net->g, x).dim[1], pad = kernel / 2;
    struct sx_conv c = {.group = group,
                        .rank = 2,
                        .stride = {stride, stride},
                        .dilation = {1, 1},
                        .pad_begin = {pad, pad},
                        .pad_end = {pad, pad}};
    int w = weights(net, shape4(channels, from / group, kernel, kernel), 5);
    int b = weights(net, shape4(1, channels, 1, 1), 3);
    return sx_add(net->g, sx_conv(net->g, x, w, &c), b);
}

static int relu(struct net *net, int x)
{
    return sx_unary(net->g, SX_RELU, x);
}

static int max_pool(struct net *net, int x)
{
    struct sx_pool p = {.c = {.group = 1,
                              .rank = 2,
                              .stride = {2, 2},
                              .dilation = {1, 1},
                              .pad_begin = {1, 1},
                              .pad_end = {1, 1},
                              .extent = {3, 3}}};
    return sx_max_pool(net->g, x, &p);
}

/* A stem, a residual block, a depthwise and a grouped convolution, pools, a classifier. */
static struct net conv_net(int64_t n)
{
    struct net net = begin();
    struct sx_graph *g = net.g;
    int x = input(&net, shape4(n, 3, 32, 32));
    int h = max_pool(&net, relu(&net, conv(&net, x, 16, 7, 2, 1)));
    int block = conv(&net, relu(&net, conv(&net, h, 16, 3, 1, 1)), 16, 3, 1, 1);
    h = relu(&net, sx_add(g, block, h));
    h = relu(&net, sx_add(g, conv(&net, h, 32, 1, 2, 1), conv(&net, h, 32, 3, 2, 1)));
    h = sx_binary(g, SX_MIN, relu(&net, conv(&net, h, 32, 3, 1, 32)), sx_scalar(g, 0.6));
    h = sx_mul(g, h, sx_unary(g, SX_SIGMOID, conv(&net, h, 32, 3, 1, 2)));
    int parts[] = {h, relu(&net, conv(&net, h, 8, 1, 1, 1))};
    h = conv(&net, sx_concat(g, parts, 2, 1), 24, 3, 1, 1);
    h = sx_scale(g, sx_sum(g, h, (const int[]){2, 3}, 2), 1.0 / 16);
    h = sx_reshape(g, h, &(struct sx_shape){2, {n, 24}});
    net.out[net.n_out++] = linear(&net, h, 24, 10);
    return net;
}

START_TEST(perceptrons)
{
    struct net small = mlp(5, 20), large = mlp(300, 100);
    check_net(&small);
    check_net(&large);
}
END_TEST

START_TEST(convolutional)
{
    for (int64_t n = 1; n <= 5; n += 4) {
        struct net net = conv_net(n);
        check_net(&net);
    }
}
END_TEST

START_TEST(convolutional_gradient)
{
    for (int64_t n = 1; n <= 5; n += 4) {
        struct net net = conv_net(n);
        ck_assert(sx_derive(net.g, net.out[0], SX_NONE, net.in, 1, &net.out[1]));
        net.n_out = 2;
        check_net(&net);
    }
}
END_TEST

START_TEST(outputs_of_all_kinds)
{
    /* An input, a constant, a view, the same value twice, and an output used further on. */
    struct net net = begin();
    int x = input(&net, (struct sx_shape){2, {3, 4}});
    int y = sx_unary(net.g, SX_EXP, x);
    int z = sx_add(net.g, sx_unary(net.g, SX_SIN, y), x);
    net.out[net.n_out++] = sx_reshape(net.g, z, &(struct sx_shape){1, {12}});
    net.out[net.n_out++] = x;
    net.out[net.n_out++] = z;
    net.out[net.n_out++] = y;
    check_net(&net);
    net = begin();
    x = input(&net, (struct sx_shape){1, {0}});
    net.out[net.n_out++] = weights(&net, (struct sx_shape){1, {5}}, 1);
    net.out[net.n_out++] = sx_unary(net.g, SX_EXP, x);
    check_net(&net);
}
END_TEST

START_TEST(memory_is_reused_and_limited)
{
    struct net net = begin();
    int64_t n = 100000;
    int x = input(&net, (struct sx_shape){1, {n}});
    int h = x;
    for (int i = 0; i < 20; i++)
        h = sx_cumsum(net.g, sx_unary(net.g, SX_SIN, h), 0, false, i % 2 == 0);
    net.out[net.n_out++] = h;
    struct sx_program *program = compile(&net, 1, true);
    size_t need = sx_program_memory(program);
    ck_assert_uint_le(need, (size_t)n * 4 * 2 + 4096);
    sx_program_free(program);
    struct sx_run_options options = {.max_memory = need - 1, .plain = true};
    ck_assert_ptr_null(sx_compile(net.g, net.in, 1, net.out, 1, &options, &error));
    ck_assert_int_eq(error.status, SX_MEMORY);
    error = (struct sx_error){0};
    options.max_memory = need;
    program = sx_compile(net.g, net.in, 1, net.out, 1, &options, &error);
    ck_assert_ptr_nonnull(program);
    sx_program_free(program);
    sx_graph_free(net.g);
}
END_TEST

START_TEST(feeds_are_checked)
{
    struct net net = mlp(2, 20);
    struct sx_tensor feeds[4], results[4];
    ready(&net, feeds, results);
    struct sx_program *program = compile(&net, 1, false);
    feeds[0].shape.dim[0] = 1;
    ck_assert(!sx_run(program, feeds, results, &error));
    ck_assert_int_eq(error.status, SX_USAGE);
    sx_program_free(program);
    drop(feeds, 1);
    drop(results, 1);
    struct sx_run_options options = {0};
    error = (struct sx_error){0};
    ck_assert_ptr_null(sx_compile(net.g, NULL, 0, net.out, 1, &options, &error));
    ck_assert_int_eq(error.status, SX_USAGE);
    sx_graph_free(net.g);
}
END_TEST

/* ---- Points ---- */

/* Every point must come out as when it is evaluated alone, whatever the batch. */
static void check_points(struct net *net, int shared, int64_t batch, int64_t n)
{
    struct sx_tensor feeds[4], want[4];
    struct sx_points_options options = {.run.threads = 2, .batch = batch, .expected = n};
    int one_in = net->in[0], node_shared = net->in[1];
    struct sx_points *points =
        sx_points_new(net->g, &one_in, 1, &node_shared, shared, net->out, 1, &options, &error);
    ck_assert_msg(points != NULL, "%s", error.message);
    ready(net, feeds, want);
    sx_tensor_free(&want[0]);
    size_t in = (size_t)sx_count(&feeds[0].shape), out = 0;
    float *all = calloc((size_t)n * in, sizeof *all), *got = NULL;
    for (size_t i = 0; i < (size_t)n * in; i++)
        all[i] = (float)sx_random_uniform(9, 1, i);
    for (int64_t i = 0; i < n; i++) {
        memcpy(feeds[0].data, all + (size_t)i * in, in * sizeof *all);
        evaluate(net, feeds, want);
        if (i == 0) {
            out = (size_t)sx_count(&want[0].shape);
            got = calloc((size_t)n * out, sizeof *got);
            const void *feed[] = {all}, *common[] = {shared ? feeds[1].data : NULL};
            void *result[] = {got};
            ck_assert_msg(sx_points_run(points, n, feed, common, result, &error), "%s",
                          error.message);
        }
        struct sx_tensor row = want[0];
        row.data = got + (size_t)i * out;
        same(&row, &want[0], 3e-5);
        sx_tensor_free(&want[0]);
    }
    ck_assert_uint_gt(sx_points_memory(points), 0);
    sx_points_free(points);
    free(all);
    free(got);
    drop(feeds, net->n_in);
}

START_TEST(points_in_batches)
{
    struct net net = conv_net(1);
    for (int64_t batch = 1; batch <= 4; batch++)
        check_points(&net, 0, batch, 5);
    check_points(&net, 0, 0, 13);
    check_points(&net, 0, 0, 1);
    sx_graph_free(net.g);
    net = mlp(1, 20);
    check_points(&net, 0, 0, 100);
    sx_graph_free(net.g);
}
END_TEST

START_TEST(points_share_inputs)
{
    struct net net = begin();
    int x = input(&net, (struct sx_shape){1, {6}});
    int m = input(&net, (struct sx_shape){2, {6, 6}});
    int row = sx_reshape(net.g, x, &(struct sx_shape){2, {1, 6}});
    net.out[net.n_out++] = sx_matmul(net.g, row, sx_unary(net.g, SX_EXP, m), false, false);
    check_points(&net, 1, 3, 7);
    check_points(&net, 1, 0, 9);
    sx_graph_free(net.g);
}
END_TEST

START_TEST(points_shrink_to_the_memory)
{
    struct net net = conv_net(1);
    struct sx_points_options options = {.batch = 64, .run.threads = 1};
    struct sx_points *points =
        sx_points_new(net.g, net.in, 1, NULL, 0, net.out, 1, &options, &error);
    ck_assert_ptr_nonnull(points);
    ck_assert_int_eq(sx_points_batch(points), 64);
    options.run.max_memory = sx_points_memory(points) - 1;
    sx_points_free(points);
    points = sx_points_new(net.g, net.in, 1, NULL, 0, net.out, 1, &options, &error);
    ck_assert_ptr_nonnull(points);
    ck_assert_int_lt(sx_points_batch(points), 64);
    ck_assert_uint_le(sx_points_memory(points), options.run.max_memory);
    sx_points_free(points);
    options.run.max_memory = 1000;
    ck_assert_ptr_null(sx_points_new(net.g, net.in, 1, NULL, 0, net.out, 1, &options, &error));
    ck_assert_int_eq(error.status, SX_MEMORY);
    sx_graph_free(net.g);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("run");
    TCase *tests = tcase_create("run");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, perceptrons);
    tcase_add_test(tests, convolutional);
    tcase_add_test(tests, convolutional_gradient);
    tcase_add_test(tests, outputs_of_all_kinds);
    tcase_add_test(tests, memory_is_reused_and_limited);
    tcase_add_test(tests, feeds_are_checked);
    tcase_add_test(tests, points_in_batches);
    tcase_add_test(tests, points_share_inputs);
    tcase_add_test(tests, points_shrink_to_the_memory);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
