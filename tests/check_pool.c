/* check_pool.c - pools: random windows against the definition, both layouts, padding and NaN,
 * derivatives and batches. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "laws.h"
#include "ops/table.h"
#include "suite.h"

struct example {
    struct sx_pool p;
    int64_t n, channels, image[3], out[3];
};

static int64_t roll(uint64_t seed, uint64_t *draw, int64_t low, int64_t high)
{
    uint64_t bits = sx_random_bits(seed, 4, (*draw)++);
    return low + (int64_t)(bits % (uint64_t)(high - low + 1));
}

/* Draws an example. With `touching` every window touches the image; otherwise some may be all
 * padding. */
static struct example draw(uint64_t seed, bool nhwc, bool touching)
{
    uint64_t k = 0;
    struct example e = {.p.c = {.group = 1, .nhwc = nhwc}};
    e.p.c.rank = roll(seed, &k, 1, 3);
    e.n = roll(seed, &k, 1, 2);
    e.channels = roll(seed, &k, 1, 4);
    for (int d = 0; d < 3; d++) {
        bool used = d < e.p.c.rank;
        int64_t window = used ? roll(seed, &k, 1, 4) : 1;
        int64_t dilation = used && !touching ? roll(seed, &k, 1, 3) : 1;
        int64_t most = touching ? window - 1 : 3, reach = (window - 1) * dilation + 1;
        e.p.c.extent[d] = window;
        e.p.c.dilation[d] = dilation;
        e.p.c.stride[d] = used ? roll(seed, &k, 1, 3) : 1;
        e.p.c.pad_begin[d] = used ? roll(seed, &k, 0, most) : 0;
        e.p.c.pad_end[d] = used ? roll(seed, &k, 0, most) : 0;
        e.p.image[d] = e.image[d] = used ? roll(seed, &k, reach, reach + 5) : 1;
        e.out[d] =
            (e.image[d] + e.p.c.pad_begin[d] + e.p.c.pad_end[d] - reach) / e.p.c.stride[d] + 1;
    }
    return e;
}

static struct sx_shape shape_of(const struct example *e, const int64_t *extent)
{
    int rank = (int)e->p.c.rank;
    struct sx_shape s = {.rank = rank + 2, .dim = {e->n}};
    s.dim[e->p.c.nhwc ? rank + 1 : 1] = e->channels;
    for (int d = 0; d < rank; d++)
        s.dim[d + (e->p.c.nhwc ? 1 : 2)] = extent[d];
    return s;
}

static int64_t place(const struct example *e, const struct sx_shape *s, int64_t n,
                     int64_t channel, const int64_t *at)
{
    int64_t index[SX_MAX_RANK] = {n};
    index[e->p.c.nhwc ? e->p.c.rank + 1 : 1] = channel;
    memcpy(index + (e->p.c.nhwc ? 1 : 2), at, (size_t)e->p.c.rank * sizeof at[0]);
    return ta_ravel(s, index);
}

/* One output by its definition: its sum, and the flat index of its maximum. If `spread` is not
 * NULL, `amount` is added to all elements that the window sees. */
static void window_of(const struct example *e, const struct sx_tensor *x, int64_t n,
                      int64_t channel, const int64_t *out, double *sum, int64_t *best,
                      struct sx_tensor *spread, double amount)
{
    const struct sx_conv *c = &e->p.c;
    const struct sx_shape window = SHAPE(c->extent[0], c->extent[1], c->extent[2]);
    double most = 0;
    *sum = 0;
    *best = -1;
    for (int64_t k = 0; k < sx_count(&window); k++) {
        int64_t tap[SX_MAX_RANK], at[3];
        bool inside = true;
        ta_unravel(&window, k, tap);
        for (int d = 0; d < 3; d++) {
            at[d] = out[d] * c->stride[d] - c->pad_begin[d] + tap[d] * c->dilation[d];
            inside = inside && at[d] >= 0 && at[d] < e->image[d];
        }
        if (!inside)
            continue;
        int64_t i = place(e, &x->shape, n, channel, at);
        double v = sx_tensor_get(x, i);
        *sum += v;
        if (*best < 0 || v > most || (isnan(v) && !isnan(most))) {
            *best = (at[0] * e->image[1] + at[1]) * e->image[2] + at[2];
            most = v;
        }
        if (spread != NULL)
            sx_tensor_set(spread, i, sx_tensor_get(spread, i) + amount);
    }
}

struct expected {
    struct sx_tensor sum, index, spread;
};

/* The sum, the index and the adjoint by definition, from an image x and outputs y. */
static struct expected by_definition(const struct example *e, const struct sx_tensor *x,
                                     const struct sx_tensor *y)
{
    struct sx_error error = {0};
    struct expected want;
    const struct sx_shape outs = SHAPE(e->n, e->channels, e->out[0], e->out[1], e->out[2]);
    struct sx_shape shape = shape_of(e, e->out), image = shape_of(e, e->image);
    ck_assert(sx_tensor_new(&want.sum, x->type, &shape, &error));
    ck_assert(sx_tensor_new(&want.index, SX_INT, &shape, &error));
    ck_assert(sx_tensor_new(&want.spread, x->type, &image, &error));
    for (int64_t i = 0; i < sx_count(&outs); i++) {
        int64_t at[SX_MAX_RANK], best;
        double sum;
        ta_unravel(&outs, i, at);
        int64_t to = place(e, &shape, at[0], at[1], at + 2);
        window_of(e, x, at[0], at[1], at + 2, &sum, &best, &want.spread, sx_tensor_get(y, to));
        sx_tensor_set(&want.sum, to, sum);
        sx_tensor_set(&want.index, to, (double)best);
    }
    return want;
}

static struct sx_graph *graph_of(enum sx_type type)
{
    struct sx_error error = {0};
    struct sx_graph *g = sx_graph_new(sx_rows, type, &error);
    ck_assert_ptr_nonnull(g);
    return g;
}

static void expect(struct sx_graph *g, int node, int input, const struct sx_tensor *feed,
                   struct sx_tensor *want, const char *what)
{
    ck_assert_msg(node != SX_NONE, "%s: %s", what, g->error.message);
    struct sx_tensor got = ta_evaluate(g, node, &input, feed, 1);
    ta_expect(&got, want, want->type == SX_FLOAT ? 1e-5 : 1e-12, what);
    ta_free(&got, 1);
    ta_free(want, 1);
}

START_TEST(random_windows)
{
    enum sx_type type = _i & 2 ? SX_DOUBLE : SX_FLOAT;
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct example e = draw(seed, _i & 1, seed % 2 == 0);
        struct sx_graph *g = graph_of(type);
        struct sx_tensor x = ta_random(type, shape_of(&e, e.image), 2, seed);
        struct sx_tensor y = ta_random(type, shape_of(&e, e.out), 2, seed + 1);
        int in = sx_input(g, type, &x.shape), out = sx_input(g, type, &y.shape);
        struct expected want = by_definition(&e, &x, &y);
        expect(g, sx_sum_pool(g, in, &e.p), in, &x, &want.sum, "sumpool");
        expect(g, sx_unpool(g, out, &e.p), out, &y, &want.spread, "unpool");
        if (seed % 2 == 0)
            expect(g, sx_pool_index(g, in, &e.p), in, &x, &want.index, "poolindex");
        else
            ta_free(&want.index, 1);
        ta_free(&x, 1);
        ta_free(&y, 1);
        sx_graph_free(g);
    }
}
END_TEST

/* Of equal elements the first is chosen. NaN is larger than all numbers; the first NaN is
 * chosen. Minus infinity is chosen before padding. */
START_TEST(choices)
{
    static const struct {
        double x[5], index[3];
    } cases[] = {{{1, 1, 1, 1, 1}, {0, 1, 3}},
                 {{-1, -2, -3, -4, -5}, {0, 1, 3}},
                 {{0, NAN, 5, NAN, 9}, {1, 1, 3}},
                 {{-INFINITY, -INFINITY, INFINITY, 0, NAN}, {0, 2, 4}},
                 {{1, 2, 3, 4, 5}, {1, 3, 4}}};
    const struct sx_pool p = {{1, 1, {2}, {1}, {1}, {1}, {3}, 0}, {0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum sx_type type = _i ? SX_DOUBLE : SX_FLOAT;
        struct sx_graph *g = graph_of(type);
        struct sx_tensor x = ta_of(type, SHAPE(1, 1, 5), cases[i].x);
        struct sx_tensor want = ta_of(SX_INT, SHAPE(1, 1, 3), cases[i].index);
        int in = sx_input(g, type, &x.shape);
        expect(g, sx_pool_index(g, in, &p), in, &x, &want, "poolindex");
        ta_free(&x, 1);
        sx_graph_free(g);
    }
}
END_TEST

/* The result of max pooling by the builder is the element that the index names. */
START_TEST(maxima)
{
    for (uint64_t seed = 0; seed < 30; seed++) {
        struct example e = draw(seed, _i & 1, true);
        struct sx_graph *g = graph_of(SX_DOUBLE);
        struct sx_tensor x = ta_random(SX_DOUBLE, shape_of(&e, e.image), 2, seed);
        int in = sx_input(g, SX_DOUBLE, &x.shape), y = sx_max_pool(g, in, &e.p);
        struct sx_tensor got = ta_evaluate(g, y, &in, &x, 1);
        const struct sx_shape outs = SHAPE(e.n, e.channels, e.out[0], e.out[1], e.out[2]);
        const struct sx_shape plane = SHAPE(e.image[0], e.image[1], e.image[2]);
        for (int64_t i = 0; i < sx_count(&outs); i++) {
            int64_t at[SX_MAX_RANK], best, from[SX_MAX_RANK];
            double sum;
            ta_unravel(&outs, i, at);
            window_of(&e, &x, at[0], at[1], at + 2, &sum, &best, NULL, 0);
            ta_unravel(&plane, best, from);
            ck_assert_double_eq(
                sx_tensor_get(&got, place(&e, &got.shape, at[0], at[1], at + 2)),
                sx_tensor_get(&x, place(&e, &x.shape, at[0], at[1], from)));
        }
        ta_free(&got, 1);
        ta_free(&x, 1);
        sx_graph_free(g);
    }
}
END_TEST

START_TEST(laws)
{
    for (uint64_t seed = 0; seed < 30; seed++) {
        struct example e = draw(seed, _i, true);
        struct sx_graph *g = graph_of(SX_DOUBLE);
        struct sx_shape image = shape_of(&e, e.image), out = shape_of(&e, e.out);
        int x = sx_input(g, SX_DOUBLE, &image), y = sx_input(g, SX_DOUBLE, &out);
        int sum = sx_sum_pool(g, x, &e.p), spread = sx_unpool(g, y, &e.p);
        tl_adjoint(g, sum, &x, 1, 0);
        tl_adjoint(g, spread, &y, 1, 0);
        tl_batch(g, sum, &x, 1, 1);
        tl_batch(g, spread, &y, 1, 1);
        tl_batch(g, sx_pool_index(g, x, &e.p), &x, 1, 1);
        tl_batch(g, sx_max_pool(g, x, &e.p), &x, 1, 1);
        sx_graph_free(g);
    }
}
END_TEST

/* MAXPOOL gives the bytes of POOLINDEX and TAKE. Some elements are NaN. */
START_TEST(one_pass)
{
    enum sx_type type = _i & 2 ? SX_DOUBLE : SX_FLOAT;
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct example e = draw(seed, _i & 1, true);
        struct sx_graph *g = graph_of(type);
        struct sx_tensor x = ta_random(type, shape_of(&e, e.image), 2, seed);
        for (int64_t i = (int64_t)seed % 7; i < sx_count(&x.shape); i += 11)
            sx_tensor_set(&x, i, NAN);
        int in = sx_input(g, type, &x.shape), y = sx_max_pool(g, in, &e.p);
        const struct sx_node *index = &g->node[sx_pool_index(g, in, &e.p)];
        int64_t attr[sizeof(struct sx_pool) / sizeof(int64_t)];
        memcpy(attr, index->attr, sizeof attr);
        int once = sx_emit(g, SX_MAXPOOL, 1, &in, index->n_attr, attr);
        struct sx_tensor want = ta_evaluate(g, y, &in, &x, 1);
        struct sx_tensor got = ta_evaluate(g, once, &in, &x, 1);
        ck_assert(sx_shape_equal(&got.shape, &want.shape));
        ck_assert_mem_eq(got.data, want.data,
                         (size_t)sx_count(&got.shape) * sx_type_size(type));
        ta_free(&want, 1);
        ta_free(&got, 1);
        ta_free(&x, 1);
        sx_graph_free(g);
    }
}
END_TEST

START_TEST(any_threads)
{
    const struct sx_pool p = {{1, 2, {2, 2}, {1, 1}, {1, 1}, {1, 1}, {3, 3}, 0}, {40, 41}};
    struct sx_graph *g = graph_of(SX_FLOAT);
    const struct sx_shape image = SHAPE(2, 5, 40, 41), out = SHAPE(2, 5, 20, 21);
    int x = sx_input(g, SX_FLOAT, &image), y = sx_input(g, SX_FLOAT, &out);
    tl_threads(g, sx_sum_pool(g, x, &p), &x, 1);
    tl_threads(g, sx_unpool(g, y, &p), &y, 1);
    tl_threads(g, sx_pool_index(g, x, &p), &x, 1);
    sx_graph_free(g);
}
END_TEST

/* A window much larger than the image costs no more than the image. */
START_TEST(huge_windows)
{
    const int64_t half = 1 << 19, window = 2 * half + 1;
    const struct sx_pool p = {
        {1, 2, {1, 1}, {1, 1}, {half, half}, {half, half}, {window, window}, 0}, {0}};
    struct sx_graph *g = graph_of(SX_FLOAT);
    struct sx_tensor x = ta_of(SX_FLOAT, SHAPE(1, 1, 1, 1), (double[]){3});
    struct sx_tensor same = ta_copy(&x), zero = ta_of(SX_INT, x.shape, (double[]){0});
    int in = sx_input(g, SX_FLOAT, &x.shape);
    expect(g, sx_sum_pool(g, in, &p), in, &x, &same, "sumpool");
    expect(g, sx_pool_index(g, in, &p), in, &x, &zero, "poolindex");
    ta_free(&x, 1);
    sx_graph_free(g);
}
END_TEST

START_TEST(equal_nodes_are_shared)
{
    struct sx_pool p = {{1, 1, {2}, {1}, {0}, {0}, {2}, 0}, {0}}, other = p, back;
    other.c.group = 7;
    other.image[0] = 9;
    other.c.stride[2] = 5;
    struct sx_graph *g = graph_of(SX_FLOAT);
    const struct sx_shape shape = SHAPE(1, 1, 6);
    int x = sx_input(g, SX_FLOAT, &shape), y = sx_sum_pool(g, x, &p);
    ck_assert_int_eq(sx_sum_pool(g, x, &other), y);
    sx_pool_get(&g->node[y], &back);
    ck_assert_int_eq(back.c.stride[0], 2);
    ck_assert_int_eq(back.c.extent[0], 2);
    sx_graph_free(g);
}
END_TEST

START_TEST(refused)
{
    static const struct {
        struct sx_pool p;
        const char *message;
        bool index, unpool;
    } bad[] = {
        {{{1, 2, {1}, {1}, {0}, {0}, {2}, 0}, {0}}, "2 spatial axes", false, false},
        {{{1, 1, {0}, {1}, {0}, {0}, {2}, 0}, {0}}, "stride 0", false, false},
        {{{1, 1, {1}, {1}, {0}, {0}, {8}, 0}, {0}}, "does not fit", false, false},
        {{{1, 1, {1}, {1}, {2}, {0}, {2}, 0}, {0}}, "lies in the padding", true, false},
        {{{1, 1, {2}, {1}, {0}, {3}, {2}, 0}, {0}}, "lies in the padding", true, false},
        {{{1, 1, {1}, {9}, {4}, {4}, {2}, 0}, {0}}, "lies in the padding", true, false},
        {{{1, 1, {2}, {1}, {0}, {0}, {2}, 0}, {15}}, "has 7 windows, not 6", false, true},
    };
    struct sx_graph *g = graph_of(SX_FLOAT);
    const struct sx_shape shape = SHAPE(1, 1, 6);
    int x = sx_input(g, SX_FLOAT, &shape);
    int y = bad[_i].index    ? sx_pool_index(g, x, &bad[_i].p)
            : bad[_i].unpool ? sx_unpool(g, x, &bad[_i].p)
                             : sx_sum_pool(g, x, &bad[_i].p);
    ck_assert_int_eq(y, SX_NONE);
    ck_assert_msg(strstr(g->error.message, bad[_i].message) != NULL, "%s", g->error.message);
    sx_graph_free(g);
}
END_TEST

START_TEST(only_reals)
{
    const struct sx_pool p = {{1, 1, {1}, {1}, {0}, {0}, {2}, 0}, {0}};
    struct sx_graph *g = graph_of(SX_FLOAT);
    const struct sx_shape shape = SHAPE(1, 1, 6);
    ck_assert_int_eq(sx_max_pool(g, sx_input(g, SX_INT, &shape), &p), SX_NONE);
    ck_assert_ptr_nonnull(strstr(g->error.message, "must be real"));
    sx_graph_free(g);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("pool");
    tcase_add_loop_test(c, random_windows, 0, 4);
    tcase_add_loop_test(c, choices, 0, 2);
    tcase_add_loop_test(c, maxima, 0, 2);
    tcase_add_loop_test(c, one_pass, 0, 4);
    tcase_add_loop_test(c, laws, 0, 2);
    SUITE_ADD(c, any_threads, huge_windows, equal_nodes_are_shared);
    tcase_add_loop_test(c, refused, 0, 7);
    tcase_add_test(c, only_reals);
    return suite_run();
}
