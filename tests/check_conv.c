/* check_conv.c - the three forms of convolution. Random geometries of every kind are compared
 * with the definition, with each other, with derivatives and with batches. */
#include <stdlib.h>
#include <string.h>

#include "laws.h"
#include "ops/table.h"
#include "suite.h"

/* A geometry with all sizes. Unused sizes are 1, unused pads 0. */
struct example {
    struct sx_conv c;
    int64_t n, c_group, o_group, image[3], kernel[3], out[3];
};

struct dice {
    uint64_t seed, draw;
};

/* A random number from `low` to `high`. */
static int64_t roll(struct dice *d, int64_t low, int64_t high)
{
    uint64_t bits = sx_random_bits(d->seed, 3, d->draw++);
    return low + (int64_t)(bits % (uint64_t)(high - low + 1));
}

static struct example draw(uint64_t seed, bool nhwc)
{
    struct dice d = {.seed = seed};
    struct example e = {.c = {.nhwc = nhwc}};
    e.c.rank = roll(&d, 1, 3);
    e.c.group = roll(&d, 0, 1) ? 1 : roll(&d, 2, 3);
    e.n = roll(&d, 1, 2);
    e.c_group = roll(&d, 1, 3);
    e.o_group = roll(&d, 0, 3) ? roll(&d, 1, 4) : roll(&d, 5, 9);
    for (int k = 0; k < 3; k++) {
        bool used = k < e.c.rank;
        e.kernel[k] = used ? roll(&d, 1, 3) : 1;
        e.c.stride[k] = used ? roll(&d, 1, 4) : 1;
        e.c.dilation[k] = used ? roll(&d, 1, 3) : 1;
        e.c.pad_begin[k] = used ? roll(&d, 0, 3) : 0;
        e.c.pad_end[k] = used ? roll(&d, 0, 3) : 0;
        int64_t reach = (e.kernel[k] - 1) * e.c.dilation[k] + 1;
        int64_t pads = e.c.pad_begin[k] + e.c.pad_end[k], least = reach - pads;
        e.image[k] = used ? roll(&d, least < 1 ? 1 : least, least < 1 ? 7 : least + 6) : 1;
        e.out[k] = (e.image[k] + pads - reach) / e.c.stride[k] + 1;
    }
    return e;
}

static struct sx_shape image_shape(const struct example *e, int64_t channels,
                                   const int64_t *extent)
{
    int rank = (int)e->c.rank;
    struct sx_shape s = {.rank = rank + 2, .dim = {e->n}};
    s.dim[e->c.nhwc ? rank + 1 : 1] = channels;
    for (int k = 0; k < rank; k++)
        s.dim[k + (e->c.nhwc ? 1 : 2)] = extent[k];
    return s;
}

static struct sx_shape x_shape(const struct example *e)
{
    return image_shape(e, e->c.group * e->c_group, e->image);
}

static struct sx_shape y_shape(const struct example *e)
{
    return image_shape(e, e->c.group * e->o_group, e->out);
}

static struct sx_shape w_shape(const struct example *e)
{
    struct sx_shape s = {.rank = (int)e->c.rank + 2, .dim = {e->c.group * e->o_group}};
    s.dim[1] = e->c_group;
    memcpy(s.dim + 2, e->kernel, (size_t)e->c.rank * sizeof s.dim[0]);
    return s;
}

/* The index of element [n, channel, at] of an image. */
static int64_t place(const struct example *e, const struct sx_shape *s, int64_t n,
                     int64_t channel, const int64_t *at)
{
    int64_t index[SX_MAX_RANK] = {n};
    index[e->c.nhwc ? e->c.rank + 1 : 1] = channel;
    memcpy(index + (e->c.nhwc ? 1 : 2), at, (size_t)e->c.rank * sizeof at[0]);
    return ta_ravel(s, index);
}

static void add_product(struct sx_tensor *to, int64_t i, const struct sx_tensor *a, int64_t j,
                        const struct sx_tensor *b, int64_t k)
{
    sx_tensor_set(to, i, sx_tensor_get(to, i) + sx_tensor_get(a, j) * sx_tensor_get(b, k));
}

/* Adds every term w[o, c, t] x[n, c, p(out, t)] y[n, o, out] of the form to the tensor that is
 * the result of `op`. */
static void by_definition(const struct example *e, int op, struct sx_tensor *x,
                          struct sx_tensor *w, struct sx_tensor *y)
{
    int64_t places = y->shape.dim[0] * e->out[0] * e->out[1] * e->out[2], at[3], in[3];
    int64_t taps = e->kernel[0] * e->kernel[1] * e->kernel[2];
    const struct sx_shape outs = SHAPE(e->n, e->out[0], e->out[1], e->out[2]);
    const struct sx_shape terms = SHAPE(e->c.group, e->o_group, e->c_group, taps);
    const struct sx_shape kernel = SHAPE(e->kernel[0], e->kernel[1], e->kernel[2]);
    for (int64_t p = 0; p < places; p++)
        for (int64_t k = 0; k < sx_count(&terms); k++) {
            int64_t of[SX_MAX_RANK], r[SX_MAX_RANK], tap[SX_MAX_RANK];
            bool inside = true;
            ta_unravel(&outs, p, of);
            ta_unravel(&terms, k, r);
            ta_unravel(&kernel, r[3], tap);
            for (int d = 0; d < 3; d++) {
                at[d] = of[d + 1];
                in[d] = at[d] * e->c.stride[d] - e->c.pad_begin[d] + tap[d] * e->c.dilation[d];
                inside = inside && in[d] >= 0 && in[d] < e->image[d];
            }
            if (!inside)
                continue;
            int64_t o = r[0] * e->o_group + r[1], c = r[0] * e->c_group + r[2];
            int64_t iy = place(e, &y->shape, of[0], o, at), iw = (o * e->c_group + r[2]) * taps;
            int64_t ix = place(e, &x->shape, of[0], c, in);
            if (op == SX_CONV)
                add_product(y, iy, w, iw + r[3], x, ix);
            else if (op == SX_CONVINPUT)
                add_product(x, ix, w, iw + r[3], y, iy);
            else
                add_product(w, iw + r[3], x, ix, y, iy);
        }
}

static int form(struct sx_graph *g, const struct example *e, int op, const int *in)
{
    struct sx_conv c = e->c;
    memcpy(c.extent, op == SX_CONVWEIGHT ? e->kernel : e->image, sizeof c.extent);
    return op == SX_CONV        ? sx_conv(g, in[0], in[1], &c)
           : op == SX_CONVINPUT ? sx_conv_input(g, in[0], in[1], &c)
                                : sx_conv_weight(g, in[0], in[1], &c);
}

/* Emits `op` with new inputs, and returns its node. */
static int emit(struct sx_graph *g, const struct example *e, int op, int *in)
{
    struct sx_shape x = x_shape(e), w = w_shape(e), y = y_shape(e);
    in[0] = sx_input(g, g->real, op == SX_CONVINPUT ? &y : &x);
    in[1] = sx_input(g, g->real, op == SX_CONVWEIGHT ? &y : &w);
    int node = form(g, e, op, in);
    ck_assert_msg(node != SX_NONE, "%s", g->error.message);
    return node;
}

static struct sx_graph *graph_of(enum sx_type type)
{
    struct sx_error error = {0};
    struct sx_graph *g = sx_graph_new(sx_rows, type, &error);
    ck_assert_ptr_nonnull(g);
    return g;
}

static void compare(const struct example *e, int op, enum sx_type type)
{
    struct sx_graph *g = graph_of(type);
    int in[2], node = emit(g, e, op, in);
    struct sx_tensor t[3] = {ta_random(type, x_shape(e), 2, 1),
                             ta_random(type, w_shape(e), 2, 2),
                             ta_random(type, y_shape(e), 2, 3)};
    int result = op == SX_CONV ? 2 : op == SX_CONVINPUT ? 0 : 1;
    struct sx_tensor feeds[2] = {t[op == SX_CONVINPUT ? 2 : 0], t[op == SX_CONVWEIGHT ? 2 : 1]};
    memset(t[result].data, 0, (size_t)sx_count(&t[result].shape) * sx_type_size(type));
    struct sx_tensor got = ta_evaluate(g, node, in, feeds, 2);
    by_definition(e, op, &t[0], &t[1], &t[2]);
    ta_expect(&got, &t[result], type == SX_FLOAT ? 1e-4 : 1e-12, sx_rows[op]->name);
    ta_free(&got, 1);
    ta_free(t, 3);
    sx_graph_free(g);
}

enum { SEEDS = 40 };
static const int forms[] = {SX_CONV, SX_CONVINPUT, SX_CONVWEIGHT};

START_TEST(random_geometries)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct example e = draw(seed + 1000 * (uint64_t)_i, _i & 1);
        for (int f = 0; f < 3; f++)
            compare(&e, forms[f], _i & 2 ? SX_DOUBLE : SX_FLOAT);
    }
}
END_TEST

/* Geometries of real networks: depthwise, pointwise, a stem, more channels than a tile. Random
 * ones rarely have them. */
START_TEST(usual_geometries)
{
    static const struct example usual[] = {
        {{12, 2, {1, 1, 1}, {1, 1, 1}, {1, 1}, {1, 1}, {0}, 0},
         1,
         1,
         1,
         {9, 11, 1},
         {3, 3, 1},
         {9, 11, 1}},
        {{12, 2, {2, 2, 1}, {1, 1, 1}, {1, 1}, {1, 1}, {0}, 0},
         2,
         1,
         1,
         {9, 11, 1},
         {3, 3, 1},
         {5, 6, 1}},
        {{1, 2, {1, 1, 1}, {1, 1, 1}, {0}, {0}, {0}, 0},
         2,
         70,
         75,
         {5, 4, 1},
         {1, 1, 1},
         {5, 4, 1}},
        {{1, 2, {2, 2, 1}, {1, 1, 1}, {3, 3}, {3, 3}, {0}, 0},
         1,
         3,
         10,
         {17, 16, 1},
         {7, 7, 1},
         {9, 8, 1}},
        {{1, 2, {4, 4, 1}, {1, 1, 1}, {0}, {0}, {0}, 0},
         1,
         3,
         20,
         {12, 16, 1},
         {4, 4, 1},
         {3, 4, 1}},
        {{1, 2, {2, 2, 1}, {1, 1, 1}, {0}, {0}, {0}, 0},
         1,
         5,
         7,
         {9, 9, 1},
         {1, 1, 1},
         {5, 5, 1}},
        {{1, 1, {1, 1, 1}, {4, 1, 1}, {8}, {0}, {0}, 0},
         3,
         6,
         9,
         {400, 1, 1},
         {3, 1, 1},
         {400, 1, 1}},
    };
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        for (int f = 0; f < 3; f++) {
            struct example e = usual[i];
            e.c.nhwc = _i & 1;
            compare(&e, forms[f], _i & 2 ? SX_DOUBLE : SX_FLOAT);
        }
}
END_TEST

/* <y, conv(x, w)> = <convinput(y, w), x> = <convweight(x, y), w>, also for more than one tile. */
START_TEST(one_trilinear_form)
{
    struct example e = {{1, 2, {_i, 1, 1}, {1, 2, 1}, {1, 2}, {0, 3}, {0}, 0},
                        2,
                        40,
                        66,
                        {30, 20, 1},
                        {3, 3, 1},
                        {0}};
    e.out[0] = (30 + 1 - 3) / _i + 1;
    e.out[1] = 20 + 5 - 5 + 1;
    e.out[2] = 1;
    struct sx_tensor t[3] = {ta_random(SX_DOUBLE, x_shape(&e), 2, 1),
                             ta_random(SX_DOUBLE, w_shape(&e), 2, 2),
                             ta_random(SX_DOUBLE, y_shape(&e), 2, 3)};
    double value[3];
    for (int f = 0; f < 3; f++) {
        struct sx_graph *g = graph_of(SX_DOUBLE);
        int in[2], node = emit(g, &e, forms[f], in), op = forms[f];
        struct sx_tensor feeds[2] = {t[op == SX_CONVINPUT ? 2 : 0],
                                     t[op == SX_CONVWEIGHT ? 2 : 1]};
        struct sx_tensor got = ta_evaluate(g, node, in, feeds, 2);
        value[f] = ta_dot(&got, &t[op == SX_CONV ? 2 : op == SX_CONVINPUT ? 0 : 1]);
        ta_free(&got, 1);
        sx_graph_free(g);
    }
    ck_assert_double_eq_tol(value[0], value[1], 1e-8);
    ck_assert_double_eq_tol(value[0], value[2], 1e-8);
    ta_free(t, 3);
}
END_TEST

START_TEST(derivatives)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct example e = draw(seed + 77, false);
        struct sx_graph *g = graph_of(SX_DOUBLE);
        int in[2], y = emit(g, &e, forms[_i], in);
        tl_adjoint(g, y, in, 2, 0);
        tl_adjoint(g, y, in, 2, 1);
        sx_graph_free(g);
    }
}
END_TEST

START_TEST(batches)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct example e = draw(seed + 177, _i & 1);
        struct sx_graph *g = graph_of(SX_DOUBLE);
        int in[2], y = emit(g, &e, forms[_i / 2], in);
        for (int which = 1; which < 4; which++)
            tl_batch(g, y, in, 2, which);
        sx_graph_free(g);
    }
}
END_TEST

/* A batch of one operand is one convolution for any number of samples. */
START_TEST(batch_is_one_node)
{
    for (int which = 1; which < 4; which++) {
        struct example e = draw(5, false);
        struct sx_graph *g = graph_of(SX_DOUBLE);
        int in[2], y = emit(g, &e, forms[_i], in), to[2], all, from[2] = {0}, n = 0;
        for (int k = 0; k < 2; k++)
            if (which >> k & 1)
                from[n++] = in[k];
        ck_assert(sx_batch(g, 6, from, to, n, &y, &all, 1));
        int count = 0;
        for (size_t i = 0; i < g->n_nodes; i++)
            count += g->node[i].op == forms[_i];
        ck_assert_int_eq(count, 2);
        sx_graph_free(g);
    }
}
END_TEST

START_TEST(any_threads)
{
    static const struct example wide = {{1, 2, {2, 1, 1}, {1, 1, 1}, {1, 1}, {1, 1}, {0}, 0},
                                        2,
                                        33,
                                        70,
                                        {30, 28, 1},
                                        {3, 3, 1},
                                        {15, 28, 1}};
    static const struct example deep = {{64, 2, {1, 1, 1}, {1, 1, 1}, {1, 1}, {1, 1}, {0}, 0},
                                        1,
                                        1,
                                        1,
                                        {40, 40, 1},
                                        {3, 3, 1},
                                        {40, 40, 1}};
    for (int k = 0; k < 2; k++) {
        struct sx_graph *g = graph_of(SX_FLOAT);
        int in[2], y = emit(g, k ? &wide : &deep, forms[_i], in);
        tl_threads(g, y, in, 2);
        sx_graph_free(g);
    }
}
END_TEST

/* Unused fields of a geometry do not distinguish nodes. */
START_TEST(equal_nodes_are_shared)
{
    struct example e = draw(3, false);
    struct sx_graph *g = graph_of(SX_FLOAT);
    int in[2], y = emit(g, &e, SX_CONV, in);
    struct sx_conv c = e.c, back;
    c.extent[0] = 55;
    ck_assert_int_eq(sx_conv(g, in[0], in[1], &c), y);
    sx_conv_get(&g->node[y], &back);
    ck_assert_int_eq(back.rank, c.rank);
    ck_assert_int_eq(back.group, c.group);
    ck_assert_int_eq(back.stride[0], c.stride[0]);
    sx_graph_free(g);
}
END_TEST

struct bad {
    struct sx_shape a, b;
    struct sx_conv c;
    const char *message;
};

START_TEST(refused)
{
    static const struct bad bad[] = {
        {{3, {1, 2, 5}}, {3, {4, 2, 3}}, {1, 0, {1}, {1}, {0}, {0}, {0}, 0}, "0 spatial axes"},
        {{3, {1, 2, 5}}, {4, {4, 2, 3, 3}}, {1, 1, {1}, {1}, {0}, {0}, {0}, 0}, "has rank 4"},
        {{3, {1, 2, 5}}, {3, {4, 2, 7}}, {1, 1, {1}, {1}, {0}, {1}, {0}, 0}, "does not fit"},
        {{3, {1, 2, 5}}, {3, {4, 2, 3}}, {1, 1, {1}, {3}, {0}, {1}, {0}, 0}, "reaching over 7"},
        {{3, {1, 2, 5}}, {3, {4, 2, 3}}, {1, 1, {0}, {1}, {0}, {0}, {0}, 0}, "stride 0"},
        {{3, {1, 2, 5}}, {3, {4, 2, 3}}, {1, 1, {1}, {0}, {0}, {0}, {0}, 0}, "dilation 0"},
        {{3, {1, 2, 5}},
         {3, {4, 2, 3}},
         {1, 1, {1}, {1}, {-1}, {0}, {0}, 0},
         "a padding of -1"},
        {{3, {1, 2, 5}},
         {3, {4, 2, 3}},
         {1, 1, {1}, {1}, {INT64_MAX}, {9}, {0}, 0},
         "a padding of 9"},
        {{3, {1, 2, 5}}, {3, {4, 3, 3}}, {1, 1, {1}, {1}, {0}, {0}, {0}, 0}, "3 channels"},
        {{3, {1, 3, 5}}, {3, {4, 1, 3}}, {2, 1, {1}, {1}, {0}, {0}, {0}, 0}, "do not divide"},
        {{3, {1, 4, 5}}, {3, {3, 2, 3}}, {2, 1, {1}, {1}, {0}, {0}, {0}, 0}, "do not divide"},
        {{3, {1, 2, 5}}, {3, {4, 2, 3}}, {0, 1, {1}, {1}, {0}, {0}, {0}, 0}, "0 groups"},
        {{3, {1, 2, 5}}, {3, {4, 2, 0}}, {1, 1, {1}, {1}, {0}, {0}, {0}, 0}, "window of 0"},
    };
    struct sx_graph *g = graph_of(SX_FLOAT);
    const struct bad *b = &bad[_i];
    int x = sx_input(g, SX_FLOAT, &b->a), w = sx_input(g, SX_FLOAT, &b->b);
    ck_assert_int_eq(sx_conv(g, x, w, &b->c), SX_NONE);
    ck_assert_msg(strstr(g->error.message, b->message) != NULL, "%s", g->error.message);
    ck_assert_int_eq(g->error.status, SX_MODEL);
    sx_graph_free(g);
}
END_TEST

/* Refused: an extent that cannot give these outputs, and operands that do not fit together. */
START_TEST(refused_adjoints)
{
    static const struct bad bad[] = {
        {{3, {1, 4, 3}},
         {3, {4, 2, 3}},
         {1, 1, {1}, {1}, {0}, {0}, {6}, 0},
         "axis 2 of the output is 3, not 4"},
        {{3, {1, 4, 3}},
         {3, {5, 2, 3}},
         {1, 1, {1}, {1}, {0}, {0}, {5}, 0},
         "axis 0 of the kernel"},
        {{3, {1, 4, 3}}, {3, {4, 2, 3}}, {1, 1, {1}, {1}, {0}, {0}, {-2}, 0}, "a size of -2"},
        {{3, {1, 4, 3}}, {3, {4, INT64_MAX / 2, 3}}, {4, 1, {1}, {1}, {0}, {0}, {5}, 0}, ""},
    };
    struct sx_graph *g = graph_of(SX_FLOAT);
    const struct bad *b = &bad[_i];
    int y = sx_input(g, SX_FLOAT, &b->a), w = sx_input(g, SX_FLOAT, &b->b);
    ck_assert_int_eq(sx_conv_input(g, y, w, &b->c), SX_NONE);
    ck_assert_msg(strstr(g->error.message, b->message) != NULL, "%s", g->error.message);
    sx_graph_free(g);
    g = graph_of(SX_FLOAT);
    struct sx_conv c = {1, 1, {1}, {1}, {0}, {0}, {2}, 0};
    int x = sx_input(g, SX_FLOAT, &(struct sx_shape){3, {2, 3, 5}});
    y = sx_input(g, SX_FLOAT, &(struct sx_shape){3, {2, 4, 5}});
    ck_assert_int_eq(sx_conv_weight(g, x, y, &c), SX_NONE);
    ck_assert_ptr_nonnull(strstr(g->error.message, "is 5, not 4"));
    sx_graph_free(g);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("conv");
    tcase_add_loop_test(c, random_geometries, 0, 4);
    tcase_add_loop_test(c, usual_geometries, 0, 4);
    tcase_add_loop_test(c, one_trilinear_form, 1, 4);
    tcase_add_loop_test(c, derivatives, 0, 3);
    tcase_add_loop_test(c, batches, 0, 6);
    tcase_add_loop_test(c, batch_is_one_node, 0, 3);
    tcase_add_loop_test(c, any_threads, 0, 3);
    tcase_add_test(c, equal_nodes_are_shared);
    tcase_add_loop_test(c, refused, 0, 13);
    tcase_add_loop_test(c, refused_adjoints, 0, 4);
    return suite_run();
}
