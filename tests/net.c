/* net.c - small networks for tests, and programs compared with the reference evaluation. */
#include <math.h>

#include "net.h"
#include "ops/table.h"

struct sx_error net_error;

struct sx_shape net_shape(int rank, int64_t a, int64_t b, int64_t c, int64_t d)
{
    return (struct sx_shape){rank, {a, b, c, d}};
}

struct net net_begin(void)
{
    net_error = (struct sx_error){0};
    struct net net = {.g = sx_graph_new(sx_rows, SX_FLOAT, &net_error)};
    ck_assert_ptr_nonnull(net.g);
    return net;
}

static void fill(struct sx_tensor *t, uint64_t stream)
{
    for (int64_t i = 0; i < sx_count(&t->shape); i++)
        sx_tensor_set(t, i, sx_random_uniform(7, stream, (uint64_t)i) - 0.4);
}

int net_input(struct net *net, struct sx_shape shape)
{
    return net->in[net->n_in++] = sx_input(net->g, SX_FLOAT, &shape);
}

/* Random weights, scaled so that sums of `fan` products stay near 1. */
int net_weights(struct net *net, struct sx_shape shape, double fan)
{
    struct sx_tensor t;
    ck_assert(sx_tensor_new(&t, SX_FLOAT, &shape, &net_error));
    for (int64_t i = 0; i < sx_count(&shape); i++)
        sx_tensor_set(&t, i, sx_random_normal(3, ++net->draws, (uint64_t)i) / fan);
    int node = sx_const(net->g, SX_FLOAT, &shape, t.data);
    sx_tensor_free(&t);
    return node;
}

void net_evaluate(struct net *net, const struct sx_tensor *feeds, struct sx_tensor *results)
{
    ck_assert_msg(sx_evaluate(net->g, net->in, feeds, net->n_in, net->out, results, net->n_out,
                              &net_error),
                  "%s", net_error.message);
}

struct sx_program *net_compile(struct net *net, int threads, bool plain)
{
    struct sx_run_options options = {.threads = threads, .plain = plain, .onednn = true};
    ck_assert_msg(sx_graph_ok(net->g, &net_error), "%s", net_error.message);
    struct sx_program *program =
        sx_compile(net->g, net->in, net->n_in, net->out, net->n_out, &options, &net_error);
    ck_assert_msg(program != NULL, "%s", net_error.message);
    return program;
}

void net_ready(struct net *net, struct sx_tensor *feeds, struct sx_tensor *results)
{
    for (int i = 0; i < net->n_in; i++) {
        const struct sx_node *node = &net->g->node[net->in[i]];
        ck_assert(sx_tensor_new(&feeds[i], node->type, &node->shape, &net_error));
        fill(&feeds[i], (uint64_t)i);
    }
    for (int i = 0; i < net->n_out; i++) {
        const struct sx_node *node = &net->g->node[net->out[i]];
        ck_assert(sx_tensor_new(&results[i], node->type, &node->shape, &net_error));
    }
}

void net_drop(struct sx_tensor *t, int n)
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

void net_same(const struct sx_tensor *a, const struct sx_tensor *b, double tolerance)
{
    double scale = largest(b);
    ck_assert(sx_shape_equal(&a->shape, &b->shape));
    double worst = 0;
    for (int64_t i = 0; i < sx_count(&a->shape); i++) {
        double d = fabs(sx_tensor_get(a, i) - sx_tensor_get(b, i));
        worst = d <= worst ? worst : d; /* NaN counts as the worst */
    }
    ck_assert_double_le(worst, tolerance * scale + 1e-30);
}

/* Runs the program that the caller of a method gets, which has no kernels of oneDNN if the work is
 * little. */
static void check_usual(struct net *net, const struct sx_tensor *feeds, struct sx_tensor *got,
                        const struct sx_tensor *want)
{
    struct sx_run_options options = {.threads = 2};
    struct sx_program *program =
        sx_compile(net->g, net->in, net->n_in, net->out, net->n_out, &options, &net_error);
    ck_assert_msg(program != NULL && sx_run(program, feeds, got, &net_error), "%s",
                  net_error.message);
    sx_program_free(program);
    for (int i = 0; i < net->n_out; i++)
        net_same(&got[i], &want[i], 2e-5);
}

/* Runs plain and fast programs with 1 to 4 threads, twice each. Results are near the reference,
 * with the same bytes for any number of threads. */
void net_check(struct net *net)
{
    struct sx_tensor feeds[NET_MOST], want[NET_MOST], got[NET_MOST], first[NET_MOST];
    net_ready(net, feeds, got);
    net_evaluate(net, feeds, want);
    check_usual(net, feeds, got, want);
    for (int plain = 0; plain < 2; plain++)
        for (int threads = 1; threads <= 4; threads += 1 + 2 * plain) {
            struct sx_program *program = net_compile(net, threads, plain);
            for (int again = 0; again < 2; again++)
                ck_assert_msg(sx_run(program, feeds, got, &net_error), "%s", net_error.message);
            sx_program_free(program);
            for (int i = 0; i < net->n_out; i++) {
                net_same(&got[i], &want[i], 2e-5);
                if (threads == 1)
                    ck_assert(sx_tensor_convert(&first[i], got[i].type, &got[i], &net_error));
                ck_assert_mem_eq(got[i].data, first[i].data,
                                 (size_t)sx_count(&got[i].shape) * sx_type_size(got[i].type));
            }
            if (threads == 4)
                net_drop(first, net->n_out);
        }
    net_drop(feeds, net->n_in);
    net_drop(want, net->n_out);
    net_drop(got, net->n_out);
    sx_graph_free(net->g);
}

/* ---- Networks ---- */

int net_linear(struct net *net, int x, int64_t n_in, int64_t n_out)
{
    int w = net_weights(net, (struct sx_shape){2, {n_out, n_in}}, 4);
    int b = net_weights(net, (struct sx_shape){1, {n_out}}, 4);
    return sx_add(net->g, sx_matmul(net->g, x, w, false, true), b);
}

struct net net_mlp(int64_t n, int64_t width)
{
    struct net net = net_begin();
    int x = net_input(&net, (struct sx_shape){2, {n, width}});
    int h = sx_unary(net.g, SX_TANH, net_linear(&net, x, width, 64));
    h = sx_unary(net.g, SX_RELU, net_linear(&net, h, 64, 100));
    net.out[net.n_out++] = net_linear(&net, h, 100, 10);
    return net;
}

int net_conv(struct net *net, int x, int64_t channels, int64_t kernel, int64_t stride,
             int64_t group)
{
    int64_t from = sx_shape_of(net->g, x).dim[1], pad = kernel / 2;
    struct sx_conv c = {.group = group,
                        .rank = 2,
                        .stride = {stride, stride},
                        .dilation = {1, 1},
                        .pad_begin = {pad, pad},
                        .pad_end = {pad, pad}};
    int w = net_weights(net, net_shape(4, channels, from / group, kernel, kernel), 5);
    int b = net_weights(net, net_shape(4, 1, channels, 1, 1), 3);
    return sx_add(net->g, sx_conv(net->g, x, w, &c), b);
}

static int relu(struct net *net, int x)
{
    return sx_unary(net->g, SX_RELU, x);
}

int net_max_pool(struct net *net, int x)
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
struct net net_cnn(int64_t n)
{
    struct net net = net_begin();
    struct sx_graph *g = net.g;
    int x = net_input(&net, net_shape(4, n, 3, 32, 32));
    int h = net_max_pool(&net, relu(&net, net_conv(&net, x, 16, 7, 2, 1)));
    int block = net_conv(&net, relu(&net, net_conv(&net, h, 16, 3, 1, 1)), 16, 3, 1, 1);
    h = relu(&net, sx_add(g, block, h));
    h = relu(&net, sx_add(g, net_conv(&net, h, 32, 1, 2, 1), net_conv(&net, h, 32, 3, 2, 1)));
    h = sx_binary(g, SX_MIN, relu(&net, net_conv(&net, h, 32, 3, 1, 32)), sx_scalar(g, 0.6));
    h = sx_mul(g, h, sx_unary(g, SX_SIGMOID, net_conv(&net, h, 32, 3, 1, 2)));
    int parts[] = {h, relu(&net, net_conv(&net, h, 8, 1, 1, 1))};
    h = net_conv(&net, sx_concat(g, parts, 2, 1), 24, 3, 1, 1);
    h = sx_scale(g, sx_sum(g, h, (const int[]){2, 3}, 2), 1.0 / 16);
    h = sx_reshape(g, h, &(struct sx_shape){2, {n, 24}});
    net.out[net.n_out++] = net_linear(&net, h, 24, 10);
    return net;
}

char *net_steps(struct net *net)
{
    char *text = NULL;
    size_t size;
    struct sx_program *program = net_compile(net, 2, false);
    FILE *to = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(to);
    ck_assert(sx_program_dump(program, to));
    fclose(to);
    sx_program_free(program);
    return text;
}

int net_count(const char *text, const char *word)
{
    int n = 0;
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word))
        n++;
    return n;
}
