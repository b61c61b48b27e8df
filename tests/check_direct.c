/* check_direct.c - this library's own kernels of convolutions and products, each compared with
 * the plain kernel, for any number of threads and any batch. */
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "net.h"
#include "ops/fused.h"
#include "run/direct_run.h"
#include "suite.h"

/* The kernel of the last node of a net, with the memory that it needs. */
struct direct {
    struct sx_directs *all;
    struct sx_direct *kernel;
    const struct sx_node *node;
    void *scratch;
};

/* Whether the network counts as one of many weights (large.h). */
static bool many_weights;

static struct direct direct_of(struct net *net, int node, bool wide)
{
    struct direct d = {.node = &net->g->node[node]};
    ck_assert_msg(sx_graph_ok(net->g, &net_error), "%s", net_error.message);
    ck_assert(sx_directs_new(&d.all, 3, wide, false, &net_error));
    if (d.all == NULL) /* this processor has no such kernels */
        return d;
    if (many_weights)
        d.all->weights = SIZE_MAX;
    ck_assert(sx_direct_kernel(d.all, net->g, d.node, &d.kernel, &net_error));
    if (d.kernel != NULL)
        d.scratch = sx_new_aligned(sx_direct_scratch(d.kernel), 1, &net_error);
    return d;
}

static void direct_free(struct direct *d)
{
    sx_directs_free(d->all);
    free(d->scratch);
}

static void run(const struct direct *d, const struct net *net, const struct sx_tensor *feeds,
                struct sx_tensor *out)
{
    struct sx_operand in[NET_MOST];
    for (int k = 0; k < d->node->n_in; k++) {
        const struct sx_node *node = &net->g->node[d->node->in[k]];
        in[k] = (struct sx_operand){node->type, &node->shape, node->data};
        for (int i = 0; i < net->n_in; i++)
            if (net->in[i] == d->node->in[k])
                in[k].data = feeds[i].data;
    }
    const struct sx_call call = {d->node, in, out->data, d->scratch};
    sx_direct_run(d->kernel, &call);
}

/* Compares the kernel of the net's only output with its plain kernel. With 1 to 3 threads it
 * must give the same bytes. Wide processors have only the kernels of winograd.h and large.h. */
static void check_with(struct net *net, bool wide)
{
    struct sx_tensor feeds[NET_MOST], want[NET_MOST], got[NET_MOST];
    struct direct d = direct_of(net, net->out[0], wide);
    net_ready(net, feeds, got);
    net_evaluate(net, feeds, want);
    size_t bytes = (size_t)sx_count(&got[0].shape) * sizeof(float);
    float *first = sx_new(bytes, 1, &net_error);
    if (d.all != NULL && !wide)
        ck_assert_ptr_nonnull(d.kernel);
    for (int threads = 1; d.kernel != NULL && threads <= 3; threads++) {
        omp_set_num_threads(threads);
        /* the first run packed its weights itself; later runs use packed ones */
        if (threads == 2)
            ck_assert(sx_directs_keep(d.all, &net_error));
        memset(got[0].data, 0xff, bytes);
        run(&d, net, feeds, &got[0]);
        net_same(&got[0], &want[0], 1e-5);
        if (threads == 1)
            memcpy(first, got[0].data, bytes);
        ck_assert_mem_eq(first, got[0].data, bytes);
    }
    free(first);
    direct_free(&d);
    net_drop(feeds, net->n_in);
    net_drop(want, net->n_out);
    net_drop(got, net->n_out);
}

static void check(struct net *net)
{
    check_with(net, false);
    check_with(net, true);
    sx_graph_free(net->g);
}

/* A geometry along two axes. Channels are those of picture and result. */
struct geometry {
    int64_t in, out, extent, kernel, stride, dilation, begin, end;
};
static const struct geometry geometries[] = {
    {32, 16, 9, 3, 1, 1, 1, 1},   {20, 33, 7, 3, 2, 1, 1, 0},  {3, 24, 17, 7, 2, 1, 3, 3},
    {1, 5, 12, 5, 1, 1, 0, 0},    {4, 16, 11, 3, 1, 1, 4, 5},  {8, 17, 13, 2, 3, 1, 1, 2},
    {40, 64, 15, 1, 1, 1, 0, 0},  {40, 64, 15, 1, 2, 1, 0, 0}, {16, 48, 11, 3, 1, 2, 2, 2},
    {64, 100, 14, 3, 1, 1, 1, 1}, {3, 8, 9, 3, 1, 2, 2, 2},    {17, 1, 8, 4, 1, 1, 2, 1},
    {24, 30, 6, 1, 1, 1, 1, 1},   {17, 33, 13, 3, 1, 1, 0, 2}, {16, 16, 12, 3, 1, 1, 2, 2},
    {48, 64, 27, 3, 1, 1, 1, 1},  {3, 16, 9, 3, 1, 1, 0, 1},
};
enum { GEOMETRIES = sizeof geometries / sizeof geometries[0] };

static struct sx_conv conv_of(const struct geometry *g, int rank)
{
    struct sx_conv c = {.group = 1, .rank = rank, .nhwc = 1};
    for (int i = 0; i < rank; i++) {
        c.stride[i] = g->stride;
        c.dilation[i] = g->dilation;
        c.pad_begin[i] = g->begin;
        c.pad_end[i] = g->end;
    }
    return c;
}

/* The picture of a geometry. Its axes have different lengths, so that a confusion is noticed. */
static struct sx_shape picture_of(const struct geometry *g, int rank, int64_t n)
{
    struct sx_shape s = {rank + 2, {n}};
    for (int i = 0; i < rank; i++)
        s.dim[1 + i] = g->extent + i;
    s.dim[rank + 1] = g->in;
    return s;
}

static int conv_node(struct net *net, const struct geometry *g, int rank, int x)
{
    struct sx_shape w = {rank + 2, {g->out, g->in}};
    for (int i = 0; i < rank; i++)
        w.dim[2 + i] = g->kernel;
    struct sx_conv c = conv_of(g, rank);
    return sx_conv(net->g, x, net_weights(net, w, 4), &c);
}

START_TEST(convolutions)
{
    const struct geometry *g = &geometries[_i % GEOMETRIES];
    int rank = 1 + _i / GEOMETRIES;
    struct net net = net_begin();
    int x = net_input(&net, picture_of(g, rank, 2));
    net.out[net.n_out++] = conv_node(&net, g, rank, x);
    check(&net);
}
END_TEST

START_TEST(adjoints)
{
    const struct geometry *g = &geometries[_i % GEOMETRIES];
    struct sx_conv c = conv_of(g, 2);
    int64_t reach = (g->kernel - 1) * g->dilation;
    if (g->stride > 1 || g->begin < 0 || g->end < 0 || reach < g->begin || reach < g->end)
        return; /* this adjoint is no forward convolution */
    struct net net = net_begin();
    struct sx_shape y = {4, {2, 0, 0, g->out}};
    for (int i = 0; i < 2; i++) {
        c.extent[i] = g->extent + i;
        y.dim[1 + i] = c.extent[i] + g->begin + g->end - reach;
    }
    int w = net_weights(&net, net_shape(4, g->out, g->in, g->kernel, g->kernel), 4);
    net.out[net.n_out++] = sx_conv_input(net.g, net_input(&net, y), w, &c);
    check(&net);
}
END_TEST

START_TEST(products)
{
    static const int64_t sizes[][3] = {
        {2, 300, 256}, {97, 31, 100}, {130, 600, 33}, {500, 18, 16}, {64, 5000, 16}};
    const int64_t *s = sizes[_i / 2];
    bool turned = _i % 2 != 0;
    struct net net = net_begin();
    int x = net_input(&net, net_shape(2, s[0], s[1], 0, 0));
    int64_t a = turned ? s[2] : s[1], b = turned ? s[1] : s[2];
    int w = net_weights(&net, net_shape(2, a, b, 0, 0), 4);
    net.out[net.n_out++] = sx_matmul(net.g, x, w, false, turned);
    check(&net);
}
END_TEST

/* A FUSED node with bias, residual and clips in every order. It has 20 columns, so the last
 * panel is not full. */
START_TEST(operations_fused_into_products)
{
    static const enum sx_post_kind kinds[][SX_MAX_POSTS] = {
        {SX_POST_BIAS, SX_POST_RELU, SX_POST_ADD, SX_POST_CLIP},
        {SX_POST_BIAS, SX_POST_ADD, SX_POST_RELU, SX_POST_CLIP},
        {SX_POST_CLIP, SX_POST_RELU, SX_POST_ADD, SX_POST_RELU},
        {SX_POST_BIAS, SX_POST_CLIP, SX_POST_CLIP, SX_POST_RELU},
    };
    const struct geometry g = {16, _i % 2 ? 20 : 32, 7, 3, 1, 1, 1, 1};
    struct net net = net_begin();
    struct sx_shape y = {4, {2, g.extent, g.extent + 1, g.out}};
    struct sx_conv c = conv_of(&g, 2);
    struct sx_fused f = {
        .op = SX_CONV, .n_posts = SX_MAX_POSTS, .n_attr = sizeof c / sizeof(int64_t)};
    f.attr = (const int64_t *)&c;
    int in[2 + SX_MAX_POSTS] = {net_input(&net, picture_of(&g, 2, 2))}, n = 2;
    in[1] = net_weights(&net, net_shape(4, g.out, g.in, g.kernel, g.kernel), 4);
    for (int i = 0; i < SX_MAX_POSTS; i++) {
        enum sx_post_kind kind = kinds[_i / 2][i];
        f.post[i] = (struct sx_post){kind, -0.3 - 0.1 * i, 0.5 - 0.05 * i};
        if (kind == SX_POST_BIAS)
            in[n++] = net_weights(&net, net_shape(1, g.out, 0, 0, 0), 1);
        else if (kind == SX_POST_ADD)
            in[n++] = net_input(&net, y);
    }
    net.out[net.n_out++] = sx_fused(net.g, n, in, &f);
    check(&net);
}
END_TEST

/* Each picture of a batch gives the bytes that it gives alone. */
START_TEST(batches)
{
    const struct geometry *g = &geometries[_i % GEOMETRIES];
    struct net one = net_begin(), many = net_begin();
    one.out[one.n_out++] = conv_node(&one, g, 2, net_input(&one, picture_of(g, 2, 1)));
    many.out[many.n_out++] = conv_node(&many, g, 2, net_input(&many, picture_of(g, 2, 5)));
    const bool wide = _i >= GEOMETRIES;
    struct direct a = direct_of(&one, one.out[0], wide);
    struct direct b = direct_of(&many, many.out[0], wide);
    struct sx_tensor feed, all, part, whole;
    net_ready(&many, &all, &whole);
    net_ready(&one, &feed, &part);
    size_t x = (size_t)sx_count(&feed.shape), y = (size_t)sx_count(&part.shape);
    if (b.kernel != NULL)
        run(&b, &many, &all, &whole);
    for (size_t i = 0; b.kernel != NULL && i < 5; i++) {
        memcpy(feed.data, (float *)all.data + i * x, x * sizeof(float));
        run(&a, &one, &feed, &part);
        ck_assert_mem_eq(part.data, (float *)whole.data + i * y, y * sizeof(float));
    }
    direct_free(&a);
    direct_free(&b);
    struct sx_tensor made[] = {feed, all, part, whole};
    net_drop(made, 4);
    sx_graph_free(one.g);
    sx_graph_free(many.g);
}
END_TEST

/* Products by a weight and by its transpose, in a network whose weights are too many to be kept
 * twice. They give the same bytes when weights are read in place and when one packed copy is
 * kept. */
START_TEST(both_ways)
{
    static const int64_t sizes[][3] = {
        {8, 300, 256}, {97, 31, 100}, {13, 640, 33}, {130, 96, 16}};
    const int64_t *s = sizes[_i / 4], columns[] = {s[2], s[1]};
    const bool turned = _i % 2 != 0, wide = _i / 2 % 2 != 0;
    struct net net = net_begin();
    int x = net_input(&net, net_shape(2, s[0], s[1], 0, 0));
    int w = net_weights(&net, net_shape(2, s[turned ? 2 : 1], s[turned ? 1 : 2], 0, 0), 4);
    net.out[net.n_out++] = x = sx_matmul(net.g, x, w, false, turned);
    net.out[net.n_out++] = sx_matmul(net.g, x, w, false, !turned);
    struct sx_directs *all;
    struct sx_direct *kernel[2];
    struct sx_tensor feed, want[2], got[2];
    ck_assert(sx_directs_new(&all, 3, wide, false, &net_error));
    net_ready(&net, &feed, got);
    net_evaluate(&net, &feed, want);
    for (int i = 0; all != NULL && i < 2; i++) {
        all->weights = SIZE_MAX;
        ck_assert(
            sx_direct_kernel(all, net.g, &net.g->node[net.out[i]], &kernel[i], &net_error));
        ck_assert_ptr_nonnull(kernel[i]);
    }
    for (int run = 0; all != NULL && run < 4; run++) {
        omp_set_num_threads(1 + run % 3);
        if (run == 2) {
            const size_t most = (size_t)(s[1] + 31) * (size_t)(s[2] + 31) * sizeof(float);
            ck_assert_uint_le(sx_directs_packed(all), most);
            ck_assert(sx_directs_keep(all, &net_error));
        }
        for (int i = 0; i < 2; i++) {
            void *scratch = sx_new_aligned(sx_direct_scratch(kernel[i]), 1, &net_error);
            const struct sx_node *node = &net.g->node[net.out[i]], *b = &net.g->node[w];
            const struct sx_tensor *a = i == 0 ? &feed : &want[0];
            const struct sx_operand in[] = {{SX_FLOAT, &a->shape, a->data},
                                            {SX_FLOAT, &b->shape, (void *)(uintptr_t)b->data}};
            float *out = calloc((size_t)(s[0] * columns[i]), sizeof *out);
            const struct sx_call call = {node, in, out, scratch};
            sx_direct_run(kernel[i], &call);
            if (run == 0)
                memcpy(got[i].data, out, (size_t)(s[0] * columns[i]) * sizeof *out);
            ck_assert_mem_eq(out, got[i].data, (size_t)(s[0] * columns[i]) * sizeof *out);
            net_same(&got[i], &want[i], 1e-5);
            free(out);
            free(scratch);
        }
    }
    sx_directs_free(all);
    net_drop(&feed, 1);
    net_drop(want, 2);
    net_drop(got, 2);
    sx_graph_free(net.g);
}
END_TEST

/* Posts of products of large.h, whose panels have 16 or 32 columns. */
START_TEST(operations_fused_into_large_products)
{
    const int64_t flags[] = {0, 0};
    struct sx_fused f = {.op = SX_MATMUL, .n_posts = 3, .n_attr = 2, .attr = flags};
    struct net net = net_begin();
    int in[4] = {net_input(&net, net_shape(2, 13, 300, 0, 0))};
    in[1] = net_weights(&net, net_shape(2, 300, 90, 0, 0), 4);
    in[2] = net_weights(&net, net_shape(1, 90, 0, 0, 0), 1);
    in[3] = net_input(&net, net_shape(2, 13, 90, 0, 0));
    f.post[0].kind = SX_POST_BIAS;
    f.post[1].kind = SX_POST_ADD;
    f.post[2].kind = SX_POST_RELU;
    net.out[net.n_out++] = sx_fused(net.g, 4, in, &f);
    many_weights = true;
    check(&net);
    many_weights = false;
}
END_TEST

/* An infinity in the picture gives infinities only in the pixels that see it, also with clips
 * and residuals. */
START_TEST(infinities)
{
    const struct geometry g = {16, 20, 12, 3, 1, 1, 1, 1};
    struct sx_conv c = conv_of(&g, 2);
    struct sx_fused f = {
        .op = SX_CONV, .n_posts = SX_MAX_POSTS, .n_attr = sizeof c / sizeof(int64_t)};
    f.attr = (const int64_t *)&c;
    struct net net = net_begin();
    int in[5] = {net_input(&net, picture_of(&g, 2, 1))};
    in[1] = net_weights(&net, net_shape(4, g.out, g.in, 3, 3), 4);
    in[2] = net_weights(&net, net_shape(1, g.out, 0, 0, 0), 1);
    in[3] = net_input(&net, (struct sx_shape){4, {1, 12, 13, 20}});
    f.post[0].kind = SX_POST_BIAS;
    f.post[1] = (struct sx_post){SX_POST_CLIP, -0.3, 0.4};
    f.post[2].kind = SX_POST_ADD;
    f.post[3].kind = SX_POST_RELU;
    net.out[net.n_out++] = sx_fused(net.g, 4, in, &f);
    for (int wide = 0; wide < 2; wide++) {
        struct direct d = direct_of(&net, net.out[0], wide != 0);
        struct sx_tensor feed[2], want, got;
        net_ready(&net, feed, &got);
        ((float *)feed[0].data)[(3 * 13 + 5) * 16 + 2] = INFINITY;
        ((float *)feed[0].data)[(8 * 13 + 12) * 16] = 3e38F;
        net_evaluate(&net, feed, &want);
        if (d.kernel != NULL)
            run(&d, &net, feed, &got);
        for (int64_t i = 0; d.kernel != NULL && i < sx_count(&got.shape); i++) {
            double a = sx_tensor_get(&got, i), b = sx_tensor_get(&want, i);
            ck_assert_msg(fabs(a - b) < 1e-5, "%g is %g at %lld", b, a, (long long)i);
        }
        direct_free(&d);
        net_drop(feed, 2);
        net_drop(&want, 1);
        net_drop(&got, 1);
    }
    sx_graph_free(net.g);
}
END_TEST

/* Whether the kernel reports that it is inexact. Even columns of the picture have `huge` added,
 * and most of them are multiplied by weights of 0. */
static bool cancels(double huge, bool wide, bool exact)
{
    const struct geometry g = {16, 16, 30, 3, 1, 1, 1, 1};
    const struct sx_conv c = conv_of(&g, 2);
    struct sx_error error = {0};
    struct net net = net_begin();
    float weight[16 * 16 * 9];
    for (int i = 0; i < 16 * 16 * 9; i++)
        weight[i] = i % 3 == 1 ? 0 : 0.1F * (float)(1 + i % 5);
    const struct sx_shape kernel = {4, {16, 16, 3, 3}};
    int x = net_input(&net, picture_of(&g, 2, 1));
    int y = sx_conv(net.g, x, sx_const(net.g, SX_FLOAT, &kernel, weight), &c);
    struct direct d = {.node = &net.g->node[y]};
    struct sx_tensor feed, out;
    net.out[net.n_out++] = y;
    net_ready(&net, &feed, &out);
    for (int64_t i = 0; i < sx_count(&feed.shape); i++)
        if (i / 16 % 31 % 2 == 0)
            ((float *)feed.data)[i] += (float)huge;
    ck_assert(sx_directs_new(&d.all, 2, wide, exact, &error));
    if (d.all != NULL)
        ck_assert(sx_direct_kernel(d.all, net.g, d.node, &d.kernel, &error));
    if (d.kernel != NULL) {
        d.scratch = sx_new_aligned(sx_direct_scratch(d.kernel), 1, &error);
        run(&d, &net, &feed, &out);
    }
    bool inexact = d.all != NULL && sx_directs_inexact(d.all);
    /* this processor has no such kernel, so the expected answer is returned */
    if (d.kernel == NULL && !exact)
        inexact = huge != 0;
    direct_free(&d);
    net_drop(&feed, 1);
    net_drop(&out, 1);
    sx_graph_free(net.g);
    return inexact;
}

START_TEST(inexact)
{
    for (int wide = 0; wide < 2; wide++) {
        ck_assert(!cancels(0, wide != 0, false));
        ck_assert(!cancels(1, wide != 0, false));
        ck_assert(cancels(3e7, wide != 0, false));
        ck_assert(cancels(-3e7, wide != 0, false));
        ck_assert(!cancels(3e7, wide != 0, true));
    }
}
END_TEST

/* Columns are alternately large and small, and the exact sums read only the small ones. Such a
 * run is inexact, whichever of the pictures it is. The next run, with other pictures, is not. */
START_TEST(inexact_pictures)
{
    enum { PICTURES = 3, EXTENT = 13 };
    const struct geometry g = {16, 16, EXTENT, 3, 1, 1, 1, 1};
    struct net net = net_begin();
    net.out[net.n_out++] = conv_node(&net, &g, 2, net_input(&net, picture_of(&g, 2, PICTURES)));
    struct sx_node *w = &net.g->node[net.g->node[net.out[0]].in[1]];
    for (int64_t i = 0; i < sx_count(&w->shape); i++)
        if (i % 3 != 1)
            ((float *)(uintptr_t)w->data)[i] = 0;
    struct direct d = direct_of(&net, net.out[0], _i != 0);
    struct sx_tensor feed, got;
    net_ready(&net, &feed, &got);
    const int64_t size = sx_count(&feed.shape) / PICTURES;
    for (int k = 0; d.kernel != NULL && k < 2 * PICTURES; k++) {
        float *x = (float *)feed.data + k / 2 * size;
        omp_set_num_threads(1 + k % 3);
        for (int64_t i = 0; i < size; i++)
            x[i] *= i / g.in % (EXTENT + 1) % 2 != 1 ? 1 : k % 2 == 0 ? 65536 : 1.0F / 65536;
        sx_directs_begin(d.all);
        run(&d, &net, &feed, &got);
        ck_assert_int_eq(sx_directs_inexact(d.all), k % 2 == 0);
    }
    direct_free(&d);
    net_drop(&feed, 1);
    net_drop(&got, 1);
    sx_graph_free(net.g);
}
END_TEST

/* NaN passes through a relu. The padding of a picture gives no NaN. */
START_TEST(nan_passes)
{
    const struct geometry g = {16, 16, 6, 3, 1, 1, 1, 1};
    struct net net = net_begin();
    int y = conv_node(&net, &g, 2, net_input(&net, picture_of(&g, 2, 1)));
    struct sx_conv c = conv_of(&g, 2);
    struct sx_fused f = {.op = SX_CONV, .n_posts = 1, .n_attr = sizeof c / sizeof(int64_t)};
    f.attr = (const int64_t *)&c;
    f.post[0].kind = SX_POST_RELU;
    int in[] = {net.in[0], net.g->node[y].in[1]};
    net.out[net.n_out++] = sx_fused(net.g, 2, in, &f);
    struct direct d = direct_of(&net, net.out[0], false);
    struct sx_tensor feed, got;
    net_ready(&net, &feed, &got);
    ((float *)feed.data)[0] = NAN;
    if (d.kernel != NULL) {
        run(&d, &net, &feed, &got);
        for (int64_t i = 0; i < sx_count(&got.shape); i++) {
            /* of the result; the first pixel of the picture is NaN */
            int64_t row = i / 16 / 7, column = i / 16 % 7;
            ck_assert_int_eq(isnan(((float *)got.data)[i]) != 0, row < 2 && column < 2);
        }
    }
    direct_free(&d);
    net_drop(&feed, 1);
    net_drop(&got, 1);
    sx_graph_free(net.g);
}
END_TEST

/* Nodes that have no kernel, which is no failure. Weights that two nodes use are packed once. */
START_TEST(nodes_without_a_kernel)
{
    struct net net = net_begin();
    struct sx_directs *all;
    struct sx_direct *kernel;
    struct geometry g = geometries[0], far = geometries[4];
    int x = net_input(&net, picture_of(&g, 2, 1));
    int few = net_input(&net, picture_of(&far, 2, 1));
    int w = net_weights(&net, net_shape(4, g.out, g.in / 2, 3, 3), 4);
    struct sx_conv groups = conv_of(&g, 2), planes = conv_of(&g, 2);
    groups.group = 2;
    planes.nhwc = 0;
    far.begin = 1 << 14;
    int again = conv_node(&net, &g, 2, x);
    struct sx_conv c = conv_of(&g, 2);
    c.stride[0] = 2;
    const int refused[] = {
        sx_conv(net.g, x, w, &groups),
        sx_conv(net.g, net_input(&net, net_shape(4, 1, g.in, 9, 9)), net.g->node[again].in[1],
                &planes),
        conv_node(&net, &far, 2, few),
        sx_conv(net.g, x, net_input(&net, net_shape(4, g.out, g.in, 3, 3)), &c),
        sx_unary(net.g, SX_RELU, x),
    };
    ck_assert_msg(sx_graph_ok(net.g, &net_error), "%s", net_error.message);
    ck_assert(sx_directs_new(&all, 2, false, false, &net_error));
    for (int i = 0; all != NULL && i < 5; i++) {
        ck_assert(sx_direct_kernel(all, net.g, &net.g->node[refused[i]], &kernel, &net_error));
        ck_assert_ptr_null(kernel);
    }
    if (all != NULL) {
        ck_assert_uint_eq(sx_directs_packed(all), 0);
        ck_assert(sx_directs_keep(all, &net_error));
        int twice = sx_conv(net.g, x, net.g->node[again].in[1], &c);
        ck_assert(sx_direct_kernel(all, net.g, &net.g->node[again], &kernel, &net_error));
        size_t packed = sx_directs_packed(all);
        ck_assert_uint_eq(packed, sizeof(float) * 9 * 32 * 16);
        ck_assert(sx_direct_kernel(all, net.g, &net.g->node[twice], &kernel, &net_error));
        ck_assert_ptr_nonnull(kernel);
        ck_assert_uint_eq(sx_directs_packed(all), packed);
    }
    sx_directs_free(all);
    sx_graph_free(net.g);
}
END_TEST

/* Weights that are used both by a convolution of winograd.h and by another one have two forms. */
START_TEST(weights_in_two_forms)
{
    const struct geometry g = {64, 100, 14, 3, 1, 1, 1, 1};
    struct net net = net_begin();
    struct sx_directs *all;
    struct sx_direct *kernel;
    int x = net_input(&net, picture_of(&g, 2, 1)), y[2] = {conv_node(&net, &g, 2, x)};
    struct sx_conv c = conv_of(&g, 2);
    c.stride[0] = c.stride[1] = 2;
    y[1] = sx_conv(net.g, x, net.g->node[y[0]].in[1], &c);
    ck_assert(sx_directs_new(&all, 2, false, false, &net_error));
    size_t packed[2] = {0};
    for (int i = 0; all != NULL && i < 2; i++) {
        ck_assert(sx_direct_kernel(all, net.g, &net.g->node[y[i]], &kernel, &net_error));
        ck_assert_ptr_nonnull(kernel);
        packed[i] = sx_directs_packed(all);
    }
    if (all != NULL) { /* 7 panels of 16 columns, at 16 points or 9 taps */
        ck_assert_uint_eq(packed[0], sizeof(float) * 16 * 64 * 7 * 16);
        ck_assert_uint_eq(packed[1], packed[0] + sizeof(float) * 9 * 64 * 7 * 16);
    }
    sx_directs_free(all);
    sx_graph_free(net.g);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("direct");
    tcase_add_loop_test(c, convolutions, 0, 3 * GEOMETRIES);
    tcase_add_loop_test(c, adjoints, 0, GEOMETRIES);
    tcase_add_loop_test(c, products, 0, 10);
    tcase_add_loop_test(c, operations_fused_into_products, 0, 8);
    tcase_add_loop_test(c, batches, 0, 2 * GEOMETRIES);
    tcase_add_loop_test(c, both_ways, 0, 16);
    tcase_add_loop_test(c, inexact_pictures, 0, 2);
    SUITE_ADD(c, infinities, inexact, nan_passes, nodes_without_a_kernel, weights_in_two_forms,
              operations_fused_into_large_products);
    return suite_run();
}
