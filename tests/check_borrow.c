/* check_borrow.c - weights are used in place in the file at any alignment. They are copied only
 * if that is needed, and never twice. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lowering.h"
#include "net.h"
#include "run/program.h"
#include "suite.h"

enum { N = 256 }; /* constants of N * N elements are borrowed at any alignment */

static char *block; /* its elements are one byte after an aligned address */

/* An N x N constant that is not aligned. */
static int loose(struct net *net, uint64_t seed)
{
    struct sx_shape shape = {2, {N, N}};
    char *p = sx_arena_new(&net->g->arena, N * N * sizeof(float) + 1, 1, &net->g->error);
    ck_assert_ptr_nonnull(p);
    for (size_t i = 0; i < (size_t)N * N; i++) {
        float value = (float)(sx_random_normal(seed, 0, i) / 16);
        memcpy(p + 1 + i * sizeof value, &value, sizeof value);
    }
    block = p + 1;
    return sx_const_borrow(net->g, SX_FLOAT, &shape, p + 1);
}

static struct sx_shape square(void)
{
    return (struct sx_shape){2, {N, N}};
}

/* Products pack an unaligned weight; other kernels get a copy. Both give the reference's
 * result. */
START_TEST(any_address)
{
    struct net net = net_begin();
    int x = net_input(&net, square()), w = loose(&net, 1), v = loose(&net, 2);
    int index = sx_ints(net.g, 3, (int64_t[]){7, 255, 0});
    net.out[net.n_out++] = sx_matmul(net.g, x, w, false, false);
    net.out[net.n_out++] = sx_matmul(net.g, x, w, false, true);
    net.out[net.n_out++] = sx_mul(net.g, sx_add(net.g, x, v), w);
    net.out[net.n_out++] = sx_take(net.g, v, index, 0, false);
    net.out[net.n_out++] = sx_take(net.g, v, sx_argmax(net.g, x, 0, false), 1, false);
    net.out[net.n_out++] = v;
    net_check(&net);
}
END_TEST

START_TEST(constants_fold_over_borrowed_weights)
{
    struct net net = net_begin();
    int w = loose(&net, 3), turned = sx_transpose(net.g, w, (int[]){1, 0});
    ck_assert(sx_is_const(net.g, turned));
    float a, b;
    memcpy(&a, block + 5 * sizeof a, sizeof a);
    memcpy(&b, (const char *)net.g->node[turned].data + 5 * N * sizeof b, sizeof b);
    ck_assert_float_eq(a, b);
    /* a reshaped constant shares the bytes */
    size_t before = net.g->taken;
    int flat = sx_reshape(net.g, w, &(struct sx_shape){1, {N * N}});
    ck_assert_ptr_eq(net.g->node[flat].data, block);
    ck_assert_uint_lt(net.g->taken, before + 4096);
    sx_graph_free(net.g);
}
END_TEST

/* Copies of unaligned constants count as memory of the program. */
START_TEST(copies_are_counted)
{
    struct net net = net_begin();
    struct sx_run_options options = {.threads = 1};
    int x = net_input(&net, square()), y = sx_add(net.g, x, loose(&net, 4));
    struct sx_program *p = sx_compile(net.g, &x, 1, &y, 1, &options, &net_error);
    ck_assert_ptr_nonnull(p);
    ck_assert_uint_ge(sx_program_memory(p), N * N * sizeof(float));
    sx_program_free(p);
    options.max_memory = N * N * sizeof(float) - 1;
    ck_assert_ptr_null(sx_compile(net.g, &x, 1, &y, 1, &options, &net_error));
    ck_assert_int_eq(net_error.status, SX_MEMORY);
    net_error = (struct sx_error){0};
    sx_graph_free(net.g);
}
END_TEST

START_TEST(nan_is_found)
{
    static const size_t places[] = {0, 3, 8, 9, 65535, 65536, 300000, 300006};
    const size_t n = 300007;
    char *bytes = calloc(n + 1, sizeof(float));
    ck_assert_ptr_nonnull(bytes);
    ck_assert(!sx_holds_nan(bytes + 1, (int64_t)n));
    ck_assert(!sx_holds_nan(bytes + 1, 0));
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        float nan = NAN, zero = 0;
        memcpy(bytes + 1 + places[i] * sizeof nan, &nan, sizeof nan);
        ck_assert(sx_holds_nan(bytes + 1, (int64_t)n));
        ck_assert(!sx_holds_nan(bytes + 1, (int64_t)places[i]));
        memcpy(bytes + 1 + places[i] * sizeof zero, &zero, sizeof zero);
    }
    free(bytes);
}
END_TEST

/* Weights that are packed by each run and weights that are kept packed give the same bytes. */
START_TEST(packed_or_kept)
{
    struct net net = net_begin();
    int x = net_input(&net, square());
    int y =
        sx_matmul(net.g, sx_unary(net.g, SX_RELU, sx_matmul(net.g, x, loose(&net, 6), 0, 1)),
                  loose(&net, 7), 0, 0);
    struct sx_tensor feed, out[3];
    ck_assert(sx_tensor_new(&feed, SX_FLOAT, &(struct sx_shape){2, {N, N}}, &net_error));
    for (int64_t i = 0; i < (int64_t)N * N; i++)
        sx_tensor_set(&feed, i, sx_random_normal(8, 0, (uint64_t)i));
    for (int often = 0; often <= 1; often++) {
        struct sx_run_options options = {.threads = 1 + often, .often = often != 0};
        struct sx_program *p = sx_compile(net.g, &x, 1, &y, 1, &options, &net_error);
        ck_assert_ptr_nonnull(p);
        for (int k = often; k < 2; k++) {
            ck_assert(sx_tensor_new(&out[often + k], SX_FLOAT, &feed.shape, &net_error));
            ck_assert(sx_run(p, &feed, &out[often + k], &net_error));
        }
        sx_program_free(p);
    }
    for (int k = 1; k < 3; k++)
        ck_assert_mem_eq(out[0].data, out[k].data, (size_t)N * N * sizeof(float));
    net_drop(out, 3);
    net_drop(&feed, 1);
    sx_graph_free(net.g);
}
END_TEST

/* NaN among weights gives NaN, also after an activation, in a run that packs the weights and in
 * a later one. */
START_TEST(packed_nan)
{
    struct net net = net_begin();
    int x = net_input(&net, square()), w = loose(&net, 9);
    float nan = NAN;
    memcpy(block + 5 * sizeof nan, &nan, sizeof nan);
    int y = sx_unary(net.g, SX_RELU, sx_matmul(net.g, x, w, false, false));
    struct sx_tensor feed, out;
    ck_assert(sx_tensor_new(&feed, SX_FLOAT, &(struct sx_shape){2, {N, N}}, &net_error));
    ck_assert(sx_tensor_new(&out, SX_FLOAT, &feed.shape, &net_error));
    for (int often = 0; often <= 1; often++) {
        struct sx_run_options options = {.threads = 2, .often = often != 0};
        struct sx_program *p = sx_compile(net.g, &x, 1, &y, 1, &options, &net_error);
        ck_assert_ptr_nonnull(p);
        for (int k = 0; k < 3; k++) {
            sx_tensor_set(&out, N + 5, 1);
            ck_assert(sx_run(p, &feed, &out, &net_error));
            ck_assert(isnan(sx_tensor_get(&out, N + 5)));
            ck_assert_double_eq(sx_tensor_get(&out, N + 6), 0);
        }
        sx_program_free(p);
    }
    net_drop(&out, 1);
    net_drop(&feed, 1);
    sx_graph_free(net.g);
}
END_TEST

/* ---- Files ---- */

/* Pages of a private mapping that were given back have the contents of the file again. */
START_TEST(pages_are_given_back)
{
    enum { PAGE = 4096, PAGES = 8 };
    struct net net = net_begin();
    char zero[PAGE] = {0};
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < PAGES; i++)
        ck_assert_uint_eq(fwrite(zero, 1, PAGE, file), PAGE);
    ck_assert_int_eq(fflush(file), 0);
    char *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fileno(file), 0);
    ck_assert_ptr_ne(p, MAP_FAILED);
    memset(p, 1, PAGES * PAGE);
    sx_give_back(net.g, p, PAGES * PAGE); /* the graph knows no span of the file */
    ck_assert_int_eq(p[0], 1);
    struct sx_span span = {p, PAGES * PAGE};
    net.g->span = &span;
    net.g->n_spans = 1;
    sx_give_back(net.g, p + 2 * PAGE, 10);  /* less than a page */
    sx_give_back(net.g, zero, sizeof zero); /* outside of the span */
    /* pages that are covered only in part are given back, too */
    sx_give_back(net.g, p + 3 * PAGE + 9, 2 * PAGE);
    for (int i = 0; i < PAGES; i++)
        ck_assert_int_eq(p[i * PAGE], i < 3 || i > 4);
    munmap(p, PAGES * PAGE);
    fclose(file);
    sx_graph_free(net.g);
}
END_TEST

/* Layers have equal weights of their own, transposed as exporters write them. Equal products
 * are merged, and nothing is copied. Names of different lengths give the weights every
 * alignment in the file. */
START_TEST(equal_weights)
{
    struct sx_error error = {0};
    struct sx_model *model;
    struct tm_model *m = tm_new(13);
    const int64_t d = 520, dims[] = {d, d}; /* over 1 MB */
    float *w = malloc((size_t)(d * d) * sizeof *w);
    char name[12] = "xxxxxxxxx", in[60], out[40];
    for (int64_t i = 0; w != NULL && i < d * d; i++)
        w[i] = (float)sx_random_normal(5, 0, (uint64_t)i) / 32;
    name[_i] = '\0';
    tm_input(m, name, SX_FLOAT, 2, (int64_t[]){1, d});
    snprintf(out, sizeof out, "%s", name);
    for (int k = 0; k < 3; k++) {
        char weight[] = {'w', (char)('0' + k), '\0'}, turned[] = {'t', (char)('0' + k), '\0'};
        tm_const(m, weight, SX_FLOAT, 2, dims, w);
        tm_node(m, "Transpose", weight, turned, "perm=1,0");
        snprintf(in, sizeof in, "%s %s", out, turned);
        snprintf(out, sizeof out, "y%d", k);
        tm_node(m, "MatMul", in, out, NULL);
    }
    free(w);
    tm_output(m, out);
    struct sx_lowered *l = lc_lower(m, &model, &error);
    ck_assert_msg(l != NULL, "%s", error.message);
    ck_assert_int_eq(sx_find(l->graph, "w0"), sx_find(l->graph, "w2"));
    ck_assert_uint_eq(l->n_owned, 0);
    ck_assert_uint_lt(l->graph->taken, 1 << 16);
    int node = l->outputs[0].node;
    while (l->graph->node[node].op == SX_RESHAPE)
        node = l->graph->node[node].in[0];
    ck_assert_int_eq(l->graph->node[node].op, SX_MATMUL);
    ck_assert_int_eq(l->graph->node[node].in[1], sx_find(l->graph, "w1"));
    ck_assert_int_eq((int)l->graph->node[node].attr[1], 1);
    sx_lowered_free(l);
    sx_model_close(model);
}
END_TEST

/* Weights that differ in one element remain two. Small weights are not compared. */
START_TEST(unequal_weights)
{
    struct sx_error error = {0};
    struct sx_model *model;
    struct tm_model *m = tm_new(13);
    float w[2048] = {0};
    tm_input(m, "x", SX_FLOAT, 1, (int64_t[]){2048});
    tm_const(m, "a", SX_FLOAT, 1, (int64_t[]){2048}, w);
    w[777] = 1;
    tm_const(m, "b", SX_FLOAT, 1, (int64_t[]){2048}, w);
    tm_const(m, "c", SX_FLOAT, 1, (int64_t[]){2048}, w);
    tm_const(m, "d", SX_FLOAT, 2, (int64_t[]){1, 2048}, w);
    tm_node(m, "Sum", "x a b c d", "y", NULL);
    tm_output(m, "y");
    struct sx_lowered *l = lc_lower(m, &model, &error);
    ck_assert_msg(l != NULL, "%s", error.message);
    const struct sx_graph *g = l->graph;
    ck_assert_int_ne(sx_find(g, "a"), sx_find(g, "b"));
    ck_assert_int_eq(sx_find(g, "b"), sx_find(g, "c"));
    ck_assert_int_ne(sx_find(g, "c"), sx_find(g, "d"));
    sx_lowered_free(l);
    sx_model_close(model);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("borrow");
    SUITE_ADD(c, any_address, constants_fold_over_borrowed_weights, copies_are_counted,
              nan_is_found, packed_or_kept, packed_nan, pages_are_given_back, unequal_weights);
    tcase_add_loop_test(c, equal_weights, 1, 5);
    return suite_run();
}
