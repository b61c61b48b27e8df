/* check_fast.c - optimisations of programs change no results: layouts, fusion, oneDNN. */
#include <math.h>

#include "net.h"
#include "ops/fused.h"
#include "ops/map.h"
#include "run/cut.h"
#include "suite.h"

/* A convolution of `rank` axes with its own padding, dilation, stride and groups. */
static int odd_conv(struct net *net, int x, int64_t channels, int rank, const int64_t *numbers)
{
    struct sx_conv c = {.group = numbers[0], .rank = rank};
    struct sx_shape from = sx_shape_of(net->g, x), w = {.rank = rank + 2};
    w.dim[0] = channels;
    w.dim[1] = from.dim[1] / c.group;
    for (int d = 0; d < rank; d++) {
        w.dim[2 + d] = numbers[1] + (d > 0);
        c.stride[d] = numbers[2] + (d == 1);
        c.dilation[d] = numbers[3];
        c.pad_begin[d] = numbers[4];
        c.pad_end[d] = numbers[4] + d % 2;
    }
    return sx_conv(net->g, x, net_weights(net, w, 4), &c);
}

static void with_gradient(struct net *net)
{
    ck_assert_msg(sx_derive(net->g, net->out[0], SX_NONE, net->in, net->n_in, net->out + 1),
                  "%s", net->g->error.message);
    net->n_out = 1 + net->n_in;
}

/* Group, kernel, stride, dilation, padding. */
static const int64_t odd[][5] = {
    {1, 3, 1, 1, 1}, {1, 1, 1, 1, 0}, {1, 1, 2, 1, 0}, {2, 3, 2, 1, 1}, {1, 3, 1, 2, 2},
    {4, 2, 1, 1, 0}, {1, 2, 3, 1, 3}, {1, 5, 2, 2, 1}, {2, 1, 1, 1, 2}, {1, 2, 1, 1, 2},
};

START_TEST(convolutions_of_any_geometry)
{
    const int64_t *numbers = odd[_i % 10];
    int rank = 1 + _i / 10 % 3;
    struct sx_shape shape = {rank + 2, {2, 8, 11, 10, 9}};
    struct net net = net_begin();
    int x = net_input(&net, shape);
    int y = odd_conv(&net, x, 12, rank, numbers);
    /* a product makes the derivative depend on both layouts */
    net.out[net.n_out++] = sx_mul(net.g, y, sx_unary(net.g, SX_RELU, y));
    with_gradient(&net);
    net_check(&net);
}
END_TEST

/* 1x1 convolutions, which are products, with the channels for which oneDNN 3.7 divides by zero. */
START_TEST(kernels_of_one_pixel)
{
    static const int64_t channels[][2] = {{256, 1024}, {512, 1024}, {512, 2048},
                                          {1024, 512}, {1024, 256}, {20, 36}};
    const int64_t *channel = channels[_i / 3 % 6];
    struct sx_conv c = {.group = 1 + _i / 18 % 2, .rank = 1 + _i % 3};
    struct net net = net_begin();
    struct sx_shape x = {.rank = (int)c.rank + 2, .dim = {2, channel[0] * c.group, 3, 5, 4}};
    struct sx_shape w = {.rank = x.rank, .dim = {channel[1] * c.group, channel[0], 1, 1, 1}};
    for (int d = 0; d < c.rank; d++) {
        c.stride[d] = 1 + (_i / 36 + d) % 2;
        c.dilation[d] = 1;
    }
    int y = sx_conv(net.g, net_input(&net, x), net_weights(&net, w, (int)channel[0]), &c);
    net.out[net.n_out++] = sx_mul(net.g, y, sx_unary(net.g, SX_RELU, y));
    with_gradient(&net);
    net_check(&net);
}
END_TEST

START_TEST(weights_that_vary)
{
    /* weights that are inputs are packed by each run, and can be differentiated by */
    const int64_t *numbers = odd[_i % 10];
    int rank = 1 + _i / 10 % 3;
    struct net net = net_begin();
    struct sx_conv c = {.group = numbers[0], .rank = rank};
    struct sx_shape shape = {rank + 2, {1 + _i % 4, 4, 9, 8, 7}};
    struct sx_shape ws = {rank + 2, {8, 4 / c.group}};
    for (int d = 0; d < rank; d++) {
        ws.dim[2 + d] = numbers[1];
        c.stride[d] = numbers[2];
        c.dilation[d] = numbers[3];
        c.pad_begin[d] = c.pad_end[d] = numbers[4];
    }
    int x = net_input(&net, shape), w = net_input(&net, ws);
    int y = sx_conv(net.g, x, sx_unary(net.g, SX_SIN, w), &c);
    net.out[net.n_out++] = sx_mul(net.g, y, y);
    with_gradient(&net);
    net_check(&net);
}
END_TEST

START_TEST(pictures_and_their_gradients)
{
    /* adjoints of strided convolutions of few channels have a form of their own (stem.c) */
    static const int64_t few[][4] = {{7, 2, 3, 1}, {3, 2, 1, 2}, {4, 4, 0, 3}, {5, 3, 0, 4},
                                     {2, 3, 0, 3}, {3, 2, 5, 1}, {11, 4, 2, 3}};
    const int64_t *f = few[_i];
    struct net net = net_begin();
    struct sx_conv c = {.group = 1,
                        .rank = 2,
                        .stride = {f[1], f[1] + (_i == 3)},
                        .dilation = {1, 1},
                        .pad_begin = {f[2], f[2]},
                        .pad_end = {f[2] / 2, f[2]}};
    int x = net_input(&net, net_shape(4, 2, f[3], 23, 20));
    int w = net_weights(&net, net_shape(4, 8, f[3], f[0], f[0]), 4);
    int y = sx_conv(net.g, x, w, &c);
    net.out[net.n_out++] = sx_mul(net.g, y, y);
    with_gradient(&net);
    net_check(&net);
}
END_TEST

START_TEST(transposed_convolution)
{
    struct net net = net_begin();
    struct sx_conv c = {.group = 1, .rank = 2, .stride = {2, 2}, .dilation = {1, 1}};
    int x = net_input(&net, net_shape(4, 2, 6, 5, 5));
    c.extent[0] = c.extent[1] = 12; /* the image has a row more than the windows reach */
    int up = sx_conv_input(net.g, x, net_weights(&net, net_shape(4, 6, 8, 3, 3), 4), &c);
    up = sx_unary(net.g, SX_RELU, up);
    c = (struct sx_conv){.group = 1, .rank = 2, .stride = {1, 1}, .dilation = {1, 1}};
    c.extent[0] = c.extent[1] = 14;
    up = sx_conv_input(net.g, up, net_weights(&net, net_shape(4, 8, 8, 3, 3), 4), &c);
    int b = net_weights(&net, net_shape(4, 1, 8, 1, 1), 2);
    net.out[net.n_out++] = sx_unary(net.g, SX_RELU, sx_add(net.g, up, b));
    with_gradient(&net);
    net_check(&net);
}
END_TEST

/* One kind of nodes between two convolutions, by its number. */
static int between(struct net *net, int h, int which)
{
    struct sx_graph *g = net->g;
    const int64_t n = 2, c = 8, s = 6;
    switch (which) {
    case 0: { /* shuffles channels between groups */
        int a = sx_reshape(g, h, &(struct sx_shape){5, {n, 2, c / 2, s, s}});
        a = sx_transpose(g, a, (const int[]){0, 2, 1, 3, 4});
        return sx_reshape(g, a, &(struct sx_shape){4, {n, c, s, s}});
    }
    case 1: { /* cuts out rows and columns and puts them elsewhere, in reverse */
        const int64_t from[] = {0, 1, 5, 0}, step[] = {1, 1, -2, 1}, to[] = {0, 0, 1, 0};
        int a = sx_slice(g, h, from, step, &(struct sx_shape){4, {n, c - 2, 3, s}});
        return sx_embed(g, a, to, (const int64_t[]){1, 1, 2, 1},
                        &(struct sx_shape){4, {n, c, s, s}});
    }
    case 2: { /* repeats nearest neighbours by lists of indices */
        int rows = sx_ints(g, 6, (const int64_t[]){0, 0, 2, 2, 4, 4});
        return sx_take(g, sx_take(g, h, rows, 2, false), rows, 3, false);
    }
    case 3: /* factors per channel and per place, and attention over channels */
        h = sx_mul(g, h, net_weights(net, net_shape(2, s, s, 0, 0), 1));
        return sx_mul(g, h, sx_softmax(g, sx_sum(g, h, (const int[]){2, 3}, 2), 1));
    case 4: /* a norm over channels and places, through which no layout is kept */
        h = sx_reshape(g, h, &(struct sx_shape){2, {n, c * s * s}});
        h = sx_sub(g, h, sx_scale(g, sx_sum(g, h, (const int[]){1}, 1), 1.0 / 288));
        return sx_reshape(g, h, &(struct sx_shape){4, {n, c, s, s}});
    case 5: { /* a product of all places with each other */
        int a = sx_reshape(g, h, &(struct sx_shape){3, {n, c, s * s}});
        int p = sx_softmax(g, sx_matmul(g, a, a, true, false), 2);
        return sx_reshape(g, sx_matmul(g, a, p, false, true),
                          &(struct sx_shape){4, {n, c, s, s}});
    }
    case 6: { /* an average pool, and the largest of neighbours */
        struct sx_pool p = {.c = {.rank = 2,
                                  .stride = {1, 1},
                                  .dilation = {1, 1},
                                  .pad_begin = {1, 1},
                                  .pad_end = {1, 1},
                                  .extent = {3, 3}}};
        return sx_add(g, sx_sum_pool(g, h, &p), sx_max_pool(g, h, &p));
    }
    case 7: { /* dense connections */
        int parts[] = {h, sx_unary(g, SX_RELU, h),
                       net_weights(net, net_shape(4, n, 3, s, s), 1)};
        return sx_concat(g, parts, 3, 1);
    }
    case 8: { /* maxima of all and over channels, sums along rows, a value of lower rank */
        h = sx_mul(g, h, sx_reduce_max(g, h, (const int[]){1, 2, 3}, 3));
        int a = sx_reduce_max(g, h, (const int[]){1}, 1);
        int b = sx_cumsum(g, h, 3, false, true);
        return sx_add(g, sx_add(g, a, b), net_weights(net, net_shape(3, c, 1, s, 0), 1));
    }
    case 9: /* expands a smaller tensor */
        h = sx_sum(g, h, (const int[]){2, 3}, 2);
        return sx_expand(g, sx_unary(g, SX_TANH, h), &(struct sx_shape){4, {n, c, s, s}});
    case 10: { /* adds tensors whose channels are on different axes */
        int a = sx_slice_axis(g, h, 1, 1, s);
        int b = sx_transpose(g, a, (const int[]){0, 2, 1, 3});
        return sx_add(g, sx_mul(g, a, b), sx_transpose(g, a, (const int[]){0, 3, 2, 1}));
    }
    case 11: { /* channels as two axes, and as one */
        const struct sx_shape five = {5, {n, 2, c / 2, 3, 3}};
        int a = sx_slice_axis(g, sx_slice_axis(g, h, 2, 0, 3), 3, 2, 3);
        int b = sx_reshape(g, sx_slice_axis(g, h, 1, 3, 2), &five);
        a = sx_reshape(g, a, &five);
        return sx_reshape(g, sx_add(g, sx_mul(g, a, b), sx_sub(g, b, a)),
                          &(struct sx_shape){4, {n, c, 3, 3}});
    }
    case 12: { /* a factor of lower rank, with channels on their axis and on another */
        const struct sx_shape three = {3, {s, s, s}};
        int a = sx_slice_axis(g, h, 1, 1, s), one = sx_slice_axis(g, a, 0, 1, 1);
        int b = sx_transpose(g, one, (const int[]){0, 2, 1, 3});
        a = sx_mul(g, a, sx_reshape(g, one, &three));
        return sx_mul(g, a, sx_reshape(g, b, &three));
    }
    default: { /* channels are last in the file itself */
        int a = sx_transpose(g, h, (const int[]){0, 2, 3, 1});
        a = sx_mul(g, a, net_weights(net, net_shape(1, c, 0, 0, 0), 1));
        return sx_transpose(g, a, (const int[]){0, 3, 1, 2});
    }
    }
}

START_TEST(layouts_meet)
{
    struct net net = net_begin();
    int x = net_input(&net, net_shape(4, 2, 5, 6, 6));
    int h = sx_unary(net.g, SX_SOFTPLUS, net_conv(&net, x, 8, 3, 1, 1));
    h = net_conv(&net, between(&net, h, _i), 7, 3, 1, 1);
    net.out[net.n_out++] = sx_mul(net.g, h, h);
    with_gradient(&net);
    net_check(&net);
}
END_TEST

START_TEST(layouts_survive_batches)
{
    /* Many directions through one image: values of five axes between convolutions of four. */
    struct net net = net_begin(), many = {0};
    int x = net_input(&net, net_shape(4, 2, 3, 12, 12)),
        v = net_input(&net, sx_shape_of(net.g, x));
    int h = sx_unary(net.g, SX_SOFTPLUS, net_conv(&net, x, 6, 3, 2, 1));
    h = sx_unary(net.g, SX_SIGMOID, net_conv(&net, h, 4, 3, 1, 1));
    int dx;
    ck_assert(sx_derive(net.g, h, SX_NONE, &x, 1, &dx));
    int hvp = sx_derive_forward(net.g, dx, x, v), batched;
    many.g = net.g;
    many.in[0] = x;
    many.n_in = 2;
    many.n_out = 1;
    ck_assert(sx_batch(net.g, 5, &v, &many.in[1], 1, &hvp, &batched, 1));
    many.out[0] = batched;
    net_check(&many);
}
END_TEST

/* A max pool between convolutions is one step. If there is a gradient, the choice of elements
 * is another. */
START_TEST(max_pools)
{
    struct net net = net_begin();
    int x = net_input(&net, net_shape(4, 2, 6, 13, 12));
    int h = net_max_pool(&net, net_conv(&net, x, 8, 3, 1, 1));
    net.out[net.n_out++] = net_conv(&net, h, 8, 3, 1, 1);
    if (_i == 1)
        with_gradient(&net);
    char *steps = net_steps(&net);
    if (strstr(steps, "by ") != NULL) {
        ck_assert_int_eq(net_count(steps, "maxpool"), 1);
        ck_assert_int_eq(net_count(steps, "poolindex"), _i);
        ck_assert_int_eq(net_count(steps, "Take"), 0);
    }
    free(steps);
    net_check(&net);
}
END_TEST

START_TEST(operations_fused_into_convolutions)
{
    /* Bias, residual and activation in all orders. In one case the residual is also the image. */
    struct net net = net_begin();
    struct sx_graph *g = net.g;
    int x = net_input(&net, net_shape(4, 2, 8, 6, 6)), r = net_input(&net, sx_shape_of(g, x));
    int lo = sx_scalar(g, -0.2), hi = sx_scalar(g, 0.3);
    int a = sx_add(g, net_conv(&net, x, 8, 3, 1, 1), x);
    int b = sx_add(g, sx_unary(g, SX_RELU, net_conv(&net, a, 8, 1, 1, 1)), r);
    int c = sx_binary(g, SX_MAX, sx_binary(g, SX_MIN, net_conv(&net, b, 8, 3, 1, 1), hi), lo);
    int d = sx_where(g, sx_binary(g, SX_LESS, hi, c), hi, c);
    d = sx_unary(g, SX_RELU, sx_add(g, net_conv(&net, d, 8, 3, 1, 8), sx_mul(g, r, c)));
    int e = sx_add(g, sx_add(g, net_conv(&net, d, 8, 3, 1, 1), r), x);
    net.out[net.n_out++] = sx_binary(g, SX_MIN, sx_unary(g, SX_RELU, e), sx_scalar(g, -1));
    net.out[net.n_out++] = e;
    net.out[net.n_out++] = sx_unary(g, SX_RELU, d);
    char *steps = net_steps(&net);
    if (strstr(steps, "by ") != NULL)
        ck_assert_int_ge(net_count(steps, "fused by"), 5);
    free(steps);
    net_check(&net);
}
END_TEST

START_TEST(clips_and_their_masks)
{
    struct net net = net_begin();
    struct sx_graph *g = net.g;
    int x = net_input(&net, net_shape(2, 40, 30, 0, 0));
    int lo = sx_scalar(g, -0.1), hi = sx_scalar(g, 0.25);
    int y = sx_where(g, sx_binary(g, SX_LESS, hi, x), hi, x);
    y = sx_where(g, sx_binary(g, SX_LESS, y, lo), lo, y);
    y = sx_unary(g, SX_RELU, sx_unary(g, SX_SIN, y));
    net.out[net.n_out++] = sx_mul(g, y, y);
    with_gradient(&net);
    char *steps = net_steps(&net);
    ck_assert_int_le(net_count(steps, "\n"), 4);
    free(steps);
    net_check(&net);
}
END_TEST

/* Two clips with disjoint ranges: the result is the end of the second range that is nearer to
 * the first. */
START_TEST(clips_that_do_not_meet)
{
    struct net net = net_begin();
    struct sx_graph *g = net.g;
    int x = net_input(&net, net_shape(4, 2, 8, 6, 6)), y = net_conv(&net, x, 8, 3, 1, 1);
    int up = sx_binary(g, SX_MIN, sx_binary(g, SX_MAX, y, sx_scalar(g, 0)), sx_scalar(g, 0.3));
    up = sx_binary(g, SX_MIN, sx_binary(g, SX_MAX, up, sx_scalar(g, 2)), sx_scalar(g, 3));
    y = net_conv(&net, x, 8, 3, 1, 1);
    int down =
        sx_binary(g, SX_MIN, sx_binary(g, SX_MAX, y, sx_scalar(g, 0)), sx_scalar(g, 0.3));
    down = sx_binary(g, SX_MIN, sx_binary(g, SX_MAX, down, sx_scalar(g, -3)), sx_scalar(g, -2));
    net.out[net.n_out++] = sx_shift(g, sx_unary(g, SX_SIN, up), 1);
    net.out[net.n_out++] = sx_shift(g, sx_unary(g, SX_SIN, down), 1);
    net_check(&net);
}
END_TEST

/* The plain kernel of FUSED gives the result of single nodes. Wrong attributes are refused. */
START_TEST(fused_row)
{
    struct net net = net_begin();
    struct sx_graph *g = net.g;
    int x = net_input(&net, net_shape(3, 3, 5, 4, 0)),
        w = net_weights(&net, net_shape(2, 4, 6, 0, 0), 2);
    int b = net_weights(&net, net_shape(1, 6, 0, 0, 0), 1);
    int r = net_weights(&net, net_shape(3, 3, 5, 6, 0), 1);
    const int64_t flags[] = {0, 0};
    struct sx_fused f = {.op = SX_MATMUL, .n_posts = 4, .n_attr = 2, .attr = flags};
    f.post[0].kind = SX_POST_BIAS;
    f.post[1].kind = SX_POST_RELU;
    f.post[2].kind = SX_POST_ADD;
    f.post[3] = (struct sx_post){SX_POST_CLIP, -0.5, 0.75};
    int y = sx_fused(g, 4, (const int[]){x, w, b, r}, &f);
    int z = sx_unary(g, SX_RELU, sx_add(g, sx_matmul(g, x, w, false, false), b));
    z = sx_binary(g, SX_MIN, sx_binary(g, SX_MAX, sx_add(g, z, r), sx_scalar(g, -0.5)),
                  sx_scalar(g, 0.75));
    net.out[0] = y;
    net.out[1] = z;
    net.n_out = 2;
    struct sx_tensor feeds[NET_MOST], want[NET_MOST], got[NET_MOST];
    net_ready(&net, feeds, got);
    net_evaluate(&net, feeds, want);
    net_same(&want[0], &want[1], 1e-6);
    net_drop(feeds, 1);
    net_drop(want, 2);
    net_drop(got, 2);
    ck_assert_int_eq(sx_fused(g, 3, (const int[]){x, w, b}, &f), SX_NONE);
    sx_graph_free(g);
    net = net_begin();
    ck_assert_int_eq(
        sx_emit(net.g, SX_FUSED, 2, (const int[]){x, w}, 2, (const int64_t[]){SX_N_OPS, 0}),
        SX_NONE);
    sx_graph_free(net.g);
}
END_TEST

/* ---- Products ---- */

struct product {
    struct sx_shape a, b;
    bool ta, tb;
};

static const struct product products[] = {
    {{2, {300, 100}}, {2, {100, 90}}, false, false},
    {{2, {100, 300}}, {2, {100, 90}}, true, false},
    {{2, {300, 100}}, {2, {90, 100}}, false, true},
    {{2, {100, 300}}, {2, {90, 100}}, true, true},
    {{2, {3, 600}}, {2, {600, 1500}}, false, false},
    {{2, {5, 600}}, {2, {1500, 600}}, false, true},
    {{3, {4, 50, 60}}, {2, {60, 70}}, false, false},
    {{3, {4, 60, 50}}, {2, {60, 70}}, true, false},
    {{4, {3, 1, 50, 60}}, {4, {1, 4, 60, 40}}, false, false},
    {{2, {50, 60}}, {3, {9, 60, 40}}, false, false},
    {{4, {2, 3, 70, 64}}, {4, {2, 3, 70, 64}}, false, true},
    {{4, {2, 3, 64, 70}}, {3, {3, 64, 80}}, true, false},
    {{2, {1, 1000}}, {2, {1000, 500}}, false, false},
    {{2, {8, 20000}}, {2, {20000, 8}}, false, false},
    {{3, {0, 50, 60}}, {2, {60, 70}}, false, false},
    {{2, {700, 700}}, {2, {700, 700}}, false, false},
};

START_TEST(products_of_any_shape)
{
    const struct product *p = &products[_i / 2];
    bool constant = _i % 2 != 0;
    struct net net = net_begin();
    int a = net_input(&net, p->a);
    int b = constant ? net_weights(&net, p->b, 4) : net_input(&net, p->b);
    int y = sx_matmul(net.g, a, b, p->ta, p->tb);
    struct sx_shape s = sx_shape_of(net.g, y);
    int bias = net_weights(&net, net_shape(1, s.dim[s.rank - 1], 0, 0, 0), 1);
    net.out[net.n_out++] = sx_unary(net.g, SX_RELU, sx_add(net.g, y, bias));
    net.out[net.n_out++] = sx_matmul(net.g, a, b, p->ta, p->tb);
    net_check(&net);
    net = net_begin();
    a = net_input(&net, p->a);
    b = constant ? net_weights(&net, p->b, 4) : net_input(&net, p->b);
    y = sx_add(net.g, sx_matmul(net.g, a, b, p->ta, p->tb), net_weights(&net, s, 1));
    net.out[net.n_out++] = sx_unary(net.g, SX_RELU, y);
    net_check(&net);
}
END_TEST

START_TEST(pieces_are_cut_by_shape)
{
    struct net net = net_begin();
    int a = net_input(&net, net_shape(2, 1000, 300, 0, 0));
    int b = net_input(&net, net_shape(2, 300, 400, 0, 0));
    int few = net_input(&net, net_shape(2, 4, 300, 0, 0));
    struct sx_cut cut;
    int y = sx_matmul(net.g, a, b, false, false);
    ck_assert(sx_cut_product(net.g, &net.g->node[y], &cut));
    ck_assert_int_lt(cut.rows, 1000);
    ck_assert_int_eq(cut.columns, 400);
    y = sx_matmul(net.g, few, b, false, false);
    ck_assert(sx_cut_product(net.g, &net.g->node[y], &cut));
    ck_assert_int_eq(cut.rows, 4);
    y = sx_matmul(net.g, sx_slice_axis(net.g, few, 1, 0, 3), sx_slice_axis(net.g, b, 0, 0, 3),
                  false, false);
    ck_assert(!sx_cut_product(net.g, &net.g->node[y], &cut));
    sx_graph_free(net.g);
}
END_TEST

/* ---- Programs of pointwise nodes ---- */

/* A random expression of a few operands that are broadcast in all ways. */
static struct net expression(uint64_t seed)
{
    static const int unary[] = {SX_NEG, SX_SIN, SX_TANH, SX_RELU, SX_ABS, SX_SIGMOID};
    static const int binary[] = {SX_ADD, SX_SUB, SX_MUL, SX_MIN, SX_MAX};
    struct net net = net_begin();
    int value[80], n = 0;
    value[n++] = net_input(&net, net_shape(3, 4, 5, 6, 0));
    value[n++] = net_input(&net, net_shape(3, 4, 1, 6, 0));
    value[n++] = net_input(&net, net_shape(2, 5, 1, 0, 0));
    value[n++] = net_weights(&net, net_shape(0, 0, 0, 0, 0), 1);
    for (uint64_t i = 0; n < 80; i++) {
        uint64_t r = sx_random_bits(seed, 1, i);
        int a = value[r % (uint64_t)n], b = value[(r >> 16) % (uint64_t)n];
        int c = value[(r >> 48) % (uint64_t)n], next;
        if ((r >> 32) % 4 == 0)
            next = sx_unary(net.g, unary[(r >> 40) % 6], a);
        else if ((r >> 32) % 4 == 1)
            next = sx_where(net.g, sx_binary(net.g, SX_LESS, a, b), b, c);
        else
            next = sx_binary(net.g, binary[(r >> 40) % 5], a, b);
        value[n++] = next;
    }
    for (int i = 0; i < 3; i++)
        net.out[net.n_out++] = sx_unary(net.g, SX_TANH, value[n - 1 - 7 * i]);
    return net;
}

START_TEST(random_expressions)
{
    struct net net = expression((uint64_t)_i);
    net_check(&net);
}
END_TEST

START_TEST(long_chains_fit_their_limits)
{
    struct net net = net_begin();
    int h = net_input(&net, net_shape(2, 30, 40, 0, 0));
    for (int i = 0; i < 200; i++)
        h = sx_unary(net.g, SX_SIN,
                     sx_add(net.g, h, net_weights(&net, net_shape(1, 40, 0, 0, 0), 1)));
    net.out[net.n_out++] = h;
    char *steps = net_steps(&net);
    ck_assert_int_lt(net_count(steps, "\n"), 45);
    free(steps);
    net_check(&net);
}
END_TEST

/* ---- oneDNN ---- */

START_TEST(no_reference_implementations)
{
    struct net net = net_cnn(4);
    ck_assert(sx_derive(net.g, net.out[0], SX_NONE, net.in, 1, &net.out[1]));
    net.n_out = 2;
    char *steps = net_steps(&net);
    ck_assert_ptr_null(strstr(steps, "by ref"));
    /* with oneDNN, all convolutions are its own and there are few reorders */
    if (strstr(steps, "by ") != NULL) {
        ck_assert_ptr_null(strstr(steps, "conv ["));
        ck_assert_ptr_null(strstr(steps, "convinput ["));
        ck_assert_int_le(net_count(steps, "ranspose"), 2);
        ck_assert_int_ge(net_count(steps, "fused by"), 6);
    }
    free(steps);
    sx_graph_free(net.g);
}
END_TEST

START_TEST(packed_weights_count)
{
    struct net net = net_begin();
    int x = net_input(&net, net_shape(2, 64, 512, 0, 0));
    net.out[net.n_out++] = net_linear(&net, x, 512, 512);
    struct sx_program *fast = net_compile(&net, 1, false), *plain = net_compile(&net, 1, true);
    char *steps = net_steps(&net);
    if (strstr(steps, "by ") != NULL)
        ck_assert_uint_ge(sx_program_memory(fast), 512 * 512 * sizeof(float));
    size_t need = sx_program_memory(fast);
    sx_program_free(fast);
    sx_program_free(plain);
    free(steps);
    struct sx_run_options options = {.threads = 1, .max_memory = need - 1};
    ck_assert_ptr_null(sx_compile(net.g, net.in, 1, net.out, 1, &options, &net_error));
    ck_assert_int_eq(net_error.status, SX_MEMORY);
    sx_graph_free(net.g);
}
END_TEST

static bool all_nan(const struct sx_tensor *t)
{
    for (int64_t i = 0; i < sx_count(&t->shape); i++)
        if (!isnan(sx_tensor_get(t, i)))
            return false;
    return true;
}

/* NaN in the input gives NaN in the output; activations must not make it 0. */
START_TEST(nan_is_not_hidden)
{
    struct net net = net_cnn(2);
    struct sx_tensor feeds[NET_MOST], same[NET_MOST], before[NET_MOST], got[NET_MOST];
    net_ready(&net, feeds, before);
    net_ready(&net, same, got);
    struct sx_program *program = net_compile(&net, 2, false);
    ck_assert(sx_run(program, feeds, before, &net_error));
    double was = sx_tensor_get(&feeds[0], 5);
    sx_tensor_set(&feeds[0], 5, NAN);
    ck_assert(sx_run(program, feeds, got, &net_error));
    struct sx_tensor first = got[0];
    first.shape.dim[0] = 1; /* only the first of the two pictures contains NaN */
    ck_assert(all_nan(&first));
    ck_assert(!all_nan(&got[0]));
    sx_tensor_set(&feeds[0], 5, was);
    ck_assert(sx_run(program, feeds, got, &net_error));
    ck_assert_mem_eq(got[0].data, before[0].data,
                     (size_t)sx_count(&got[0].shape) * sizeof(float));
    sx_program_free(program);
    net_drop(feeds, net.n_in);
    net_drop(same, net.n_in);
    net_drop(before, net.n_out);
    net_drop(got, net.n_out);
    sx_graph_free(net.g);
}
END_TEST

START_TEST(nan_weights_are_not_hidden)
{
    struct net net = net_begin();
    struct sx_shape shape = net_shape(2, 64, 64, 0, 0);
    static float weights[64 * 64] = {NAN};
    int x = net_input(&net, shape);
    int w = sx_const(net.g, SX_FLOAT, &shape, weights);
    int y = sx_unary(net.g, SX_RELU, sx_matmul(net.g, x, w, false, false));
    net.out[net.n_out++] = sx_matmul(net.g, y, net_weights(&net, shape, 64), false, false);
    struct sx_tensor feeds[NET_MOST], got[NET_MOST];
    net_ready(&net, feeds, got);
    struct sx_program *program = net_compile(&net, 1, false);
    ck_assert(sx_run(program, feeds, got, &net_error));
    ck_assert(all_nan(&got[0]));
    sx_program_free(program);
    net_drop(feeds, 1);
    net_drop(got, 1);
    sx_graph_free(net.g);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("fast");
    tcase_add_loop_test(c, convolutions_of_any_geometry, 0, 30);
    tcase_add_loop_test(c, kernels_of_one_pixel, 0, 72);
    tcase_add_loop_test(c, weights_that_vary, 0, 30);
    tcase_add_loop_test(c, pictures_and_their_gradients, 0, 7);
    tcase_add_test(c, transposed_convolution);
    tcase_add_loop_test(c, layouts_meet, 0, 14);
    tcase_add_loop_test(c, max_pools, 0, 2);
    SUITE_ADD(c, layouts_survive_batches, operations_fused_into_convolutions,
              clips_and_their_masks, clips_that_do_not_meet, fused_row);
    tcase_add_loop_test(c, products_of_any_shape, 0, 2 * sizeof products / sizeof *products);
    tcase_add_test(c, pieces_are_cut_by_shape);
    tcase_add_loop_test(c, random_expressions, 0, 25);
    SUITE_ADD(c, long_chains_fit_their_limits, no_reference_implementations,
              packed_weights_count, nan_is_not_hidden, nan_weights_are_not_hidden);
    return suite_run();
}
