/* check_run.c - compiled programs against the reference evaluation, their memory, many points. */
#include <fenv.h>

#include "net.h"
#include "suite.h"

START_TEST(perceptrons)
{
    struct net small = net_mlp(5, 20), large = net_mlp(300, 100);
    net_check(&small);
    net_check(&large);
}
END_TEST

START_TEST(convolutional)
{
    for (int64_t n = 1; n <= 5; n += 4) {
        struct net net = net_cnn(n);
        net_check(&net);
    }
}
END_TEST

START_TEST(convolutional_gradient)
{
    for (int64_t n = 1; n <= 5; n += 4) {
        struct net net = net_cnn(n);
        ck_assert(sx_derive(net.g, net.out[0], SX_NONE, net.in, 1, &net.out[1]));
        net.n_out = 2;
        net_check(&net);
    }
}
END_TEST

/* An activation reads its argument twice, once times a number. The convolution is still one
 * step. */
START_TEST(convolutions_are_computed_once)
{
    struct net net = net_begin();
    int x = net_input(&net, (struct sx_shape){4, {1, 8, 9, 9}});
    int y = net_conv(&net, x, 16, 3, 1, 1);
    int above = sx_binary(net.g, SX_LESS, sx_scalar(net.g, 0), y);
    net.out[net.n_out++] = sx_where(net.g, above, y, sx_scale(net.g, y, 0.1));
    char *steps = net_steps(&net);
    ck_assert_int_eq(net_count(steps, "[16,8,3,3]"), 1);
    free(steps);
    net_check(&net);
}
END_TEST

START_TEST(outputs_of_all_kinds)
{
    /* an input, a constant, a view, the same value twice, and an output that another node reads */
    struct net net = net_begin();
    int x = net_input(&net, (struct sx_shape){2, {3, 4}});
    int y = sx_unary(net.g, SX_EXP, x);
    int z = sx_add(net.g, sx_unary(net.g, SX_SIN, y), x);
    net.out[net.n_out++] = sx_reshape(net.g, z, &(struct sx_shape){1, {12}});
    net.out[net.n_out++] = x;
    net.out[net.n_out++] = z;
    net.out[net.n_out++] = y;
    net_check(&net);
    net = net_begin();
    x = net_input(&net, (struct sx_shape){1, {0}});
    net.out[net.n_out++] = net_weights(&net, (struct sx_shape){1, {5}}, 1);
    net.out[net.n_out++] = sx_unary(net.g, SX_EXP, x);
    net_check(&net);
}
END_TEST

START_TEST(memory_is_reused_and_limited)
{
    struct net net = net_begin();
    int64_t n = 100000;
    int x = net_input(&net, (struct sx_shape){1, {n}});
    int h = x;
    for (int i = 0; i < 20; i++)
        h = sx_cumsum(net.g, sx_unary(net.g, SX_SIN, h), 0, false, i % 2 == 0);
    net.out[net.n_out++] = h;
    struct sx_program *program = net_compile(&net, 1, true);
    size_t need = sx_program_memory(program);
    ck_assert_uint_le(need, (size_t)n * 4 * 2 + 4096);
    sx_program_free(program);
    struct sx_run_options options = {.max_memory = need - 1, .plain = true};
    ck_assert_ptr_null(sx_compile(net.g, net.in, 1, net.out, 1, &options, &net_error));
    ck_assert_int_eq(net_error.status, SX_MEMORY);
    net_error = (struct sx_error){0};
    options.max_memory = need;
    program = sx_compile(net.g, net.in, 1, net.out, 1, &options, &net_error);
    ck_assert_ptr_nonnull(program);
    sx_program_free(program);
    sx_graph_free(net.g);
}
END_TEST

START_TEST(feeds_are_checked)
{
    struct net net = net_mlp(2, 20);
    struct sx_tensor feeds[4], results[4];
    net_ready(&net, feeds, results);
    struct sx_program *program = net_compile(&net, 1, false);
    feeds[0].shape.dim[0] = 1;
    ck_assert(!sx_run(program, feeds, results, &net_error));
    ck_assert_int_eq(net_error.status, SX_USAGE);
    sx_program_free(program);
    net_drop(feeds, 1);
    net_drop(results, 1);
    struct sx_run_options options = {0};
    net_error = (struct sx_error){0};
    ck_assert_ptr_null(sx_compile(net.g, NULL, 0, net.out, 1, &options, &net_error));
    ck_assert_int_eq(net_error.status, SX_USAGE);
    sx_graph_free(net.g);
}
END_TEST

/* ---- Points ---- */

/* Compares every point with a separate evaluation, for this batch size. */
static void check_points(struct net *net, int shared, int64_t batch, int64_t n)
{
    struct sx_tensor feeds[4], want[4];
    struct sx_points_options options = {.run.threads = 2, .batch = batch, .expected = n};
    int one_in = net->in[0], node_shared = net->in[1];
    struct sx_points *points = sx_points_new(net->g, &one_in, 1, &node_shared, shared, net->out,
                                             1, &options, &net_error);
    ck_assert_msg(points != NULL, "%s", net_error.message);
    net_ready(net, feeds, want);
    sx_tensor_free(&want[0]);
    size_t in = (size_t)sx_count(&feeds[0].shape), out = 0;
    float *all = calloc((size_t)n * in, sizeof *all), *got = NULL;
    for (size_t i = 0; i < (size_t)n * in; i++)
        all[i] = (float)sx_random_uniform(9, 1, i);
    for (int64_t i = 0; i < n; i++) {
        memcpy(feeds[0].data, all + (size_t)i * in, in * sizeof *all);
        net_evaluate(net, feeds, want);
        if (i == 0) {
            out = (size_t)sx_count(&want[0].shape);
            got = calloc((size_t)n * out, sizeof *got);
            const void *feed[] = {all}, *common[] = {shared ? feeds[1].data : NULL};
            void *result[] = {got};
            ck_assert_msg(sx_points_run(points, n, feed, common, result, &net_error), "%s",
                          net_error.message);
        }
        struct sx_tensor row = want[0];
        row.data = got + (size_t)i * out;
        net_same(&row, &want[0], 3e-5);
        sx_tensor_free(&want[0]);
    }
    ck_assert_uint_gt(sx_points_memory(points), 0);
    sx_points_free(points);
    free(all);
    free(got);
    net_drop(feeds, net->n_in);
}

START_TEST(points_in_batches)
{
    struct net net = net_cnn(1);
    for (int64_t batch = 1; batch <= 4; batch++)
        check_points(&net, 0, batch, 5);
    check_points(&net, 0, 0, 13);
    check_points(&net, 0, 0, 1);
    sx_graph_free(net.g);
    net = net_mlp(1, 20);
    check_points(&net, 0, 0, 100);
    sx_graph_free(net.g);
}
END_TEST

/* The last run is filled up with every possible number of points. */
START_TEST(points_left_over)
{
    struct net net = net_begin();
    int x = net_input(&net, (struct sx_shape){1, {6}});
    net.out[net.n_out++] = sx_softmax(net.g, sx_unary(net.g, SX_SIN, x), 0);
    for (int64_t batch = 1; batch <= 9; batch++)
        for (int64_t n = 1; n <= 2 * batch + 1; n++)
            check_points(&net, 0, batch, n);
    sx_graph_free(net.g);
}
END_TEST

/* The last run is filled up with points of the caller. So a program that traps divisions by
 * zero sees no other values. */
START_TEST(filling_divides_by_nothing_else)
{
    struct sx_points_options options = {.run.threads = 1, .batch = 4};
    float x[6 * 20], y[6 * 20];
    struct net net = net_begin();
    int in = net_input(&net, (struct sx_shape){1, {20}});
    net.out[net.n_out++] = sx_unary(net.g, SX_RECIP, in);
    struct sx_points *points =
        sx_points_new(net.g, &in, 1, NULL, 0, net.out, 1, &options, &net_error);
    ck_assert_ptr_nonnull(points);
    for (int i = 0; i < 6 * 20; i++)
        x[i] = (float)(i + 1);
    feclearexcept(FE_ALL_EXCEPT);
    ck_assert(sx_points_run(points, 6, (const void *[]){x}, NULL, (void *[]){y}, &net_error));
    ck_assert_int_eq(fetestexcept(FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW), 0);
    for (int i = 0; i < 6 * 20; i++)
        ck_assert_float_eq_tol(y[i], 1 / x[i], 1e-6F);
    sx_points_free(points);
    sx_graph_free(net.g);
}
END_TEST

START_TEST(points_share_inputs)
{
    struct net net = net_begin();
    int x = net_input(&net, (struct sx_shape){1, {6}});
    int m = net_input(&net, (struct sx_shape){2, {6, 6}});
    int row = sx_reshape(net.g, x, &(struct sx_shape){2, {1, 6}});
    net.out[net.n_out++] = sx_matmul(net.g, row, sx_unary(net.g, SX_EXP, m), false, false);
    check_points(&net, 1, 3, 7);
    check_points(&net, 1, 0, 9);
    sx_graph_free(net.g);
}
END_TEST

START_TEST(points_shrink_to_the_memory)
{
    struct net net = net_cnn(1);
    struct sx_points_options options = {.batch = 64, .run.threads = 1};
    struct sx_points *points =
        sx_points_new(net.g, net.in, 1, NULL, 0, net.out, 1, &options, &net_error);
    ck_assert_ptr_nonnull(points);
    ck_assert_int_eq(sx_points_batch(points), 64);
    options.run.max_memory = sx_points_memory(points) - 1;
    sx_points_free(points);
    points = sx_points_new(net.g, net.in, 1, NULL, 0, net.out, 1, &options, &net_error);
    ck_assert_ptr_nonnull(points);
    ck_assert_int_lt(sx_points_batch(points), 64);
    ck_assert_uint_le(sx_points_memory(points), options.run.max_memory);
    sx_points_free(points);
    options.run.max_memory = 1000;
    ck_assert_ptr_null(
        sx_points_new(net.g, net.in, 1, NULL, 0, net.out, 1, &options, &net_error));
    ck_assert_int_eq(net_error.status, SX_MEMORY);
    sx_graph_free(net.g);
}
END_TEST

/* ---- Watching ---- */

static bool goes_on(struct sx_watch *watch)
{
    (void)watch;
    return true;
}

/* Each point counts once, also in a run that is filled up. */
START_TEST(points_are_counted)
{
    struct sx_watch watch = {.go_on = goes_on};
    struct net net = net_mlp(1, 20);
    net.g->watch = &watch;
    check_points(&net, 0, 3, 7);
    ck_assert_int_eq(watch.done, 7);
    check_points(&net, 0, 4, 5);
    ck_assert_int_eq(watch.done, 12);
    sx_graph_free(net.g);
}
END_TEST

/* Every other column of the picture is `large`, and exact sums read one column. */
static void run_columns(struct net *net, float large)
{
    struct sx_tensor feed, result;
    struct sx_program *program = net_compile(net, 1, false);
    net_ready(net, &feed, &result);
    for (int64_t i = 0; i < sx_count(&feed.shape); i++)
        ((float *)feed.data)[i] *= i % 13 % 2 == 1 ? large : 1;
    ck_assert_msg(sx_run(program, &feed, &result, &net_error), "%s", net_error.message);
    sx_program_free(program);
    net_drop(&feed, 1);
    net_drop(&result, 1);
}

/* An inexact run is remembered. Convolutions by definition are exact. */
START_TEST(inexact_runs_are_remembered)
{
    struct sx_watch watch = {.go_on = goes_on};
    struct net net = net_begin();
    int x = net_input(&net, (struct sx_shape){4, {1, 16, 13, 13}});
    int w = net_weights(&net, (struct sx_shape){4, {16, 16, 3, 3}}, 4);
    const struct sx_conv c = {.group = 1,
                              .rank = 2,
                              .stride = {1, 1},
                              .dilation = {1, 1},
                              .pad_begin = {1, 1},
                              .pad_end = {1, 1}};
    for (int64_t i = 0; i < 16 * 16 * 9; i++)
        if (i % 3 != 1)
            ((float *)(uintptr_t)net.g->node[w].data)[i] = 0;
    net.out[net.n_out++] = sx_conv(net.g, x, w, &c);
    net.g->watch = &watch;
    char *steps = net_steps(&net);
    bool direct =
        strstr(steps, "by direct") != NULL; /* else the processor has no such kernel */
    free(steps);
    run_columns(&net, 1);
    ck_assert(!watch.inexact);
    run_columns(&net, 65536);
    ck_assert(watch.inexact == direct);
    run_columns(&net, 1);
    ck_assert(watch.inexact == direct);
    watch = (struct sx_watch){.go_on = goes_on, .exact_conv = true};
    run_columns(&net, 65536);
    ck_assert(!watch.inexact);
    sx_graph_free(net.g);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("run");
    SUITE_ADD(c, perceptrons, convolutional, convolutional_gradient,
              convolutions_are_computed_once, outputs_of_all_kinds,
              memory_is_reused_and_limited, feeds_are_checked, points_in_batches,
              points_left_over, filling_divides_by_nothing_else, points_share_inputs,
              points_shrink_to_the_memory, points_are_counted, inexact_runs_are_remembered);
    return suite_run();
}
