/* examples.c - small graphs that together use every row in every way that has its own formula.
 *
 * Values are farther from kinks and poles than a step of differences. Pointwise rows have
 * several broadcasts, geometry rows several geometries. */
#include "examples.h"

/* Two trees with one test each and two leaves with three weights. No x in the range changes a
 * test. */
static int trees(struct fd *t, int sum)
{
    static const int64_t nodes[] = {0, SX_TREE_LEQ,  1, 2, 0, 0, SX_TREE_LEAF, 0, 2, 0,
                                    0, SX_TREE_LEAF, 2, 1, 0, 1, SX_TREE_GT,   1, 2, 1};
    struct sx_graph *g = t->g;
    const struct sx_shape table = {2, {4, 5}};
    const int64_t leaves[] = {0, 1, 0}, roots[] = {0, 3};
    int in[6] = {fd_input(t, "2,3", -1, 1)};
    in[1] = sx_const(g, SX_INT, &table, nodes);
    in[2] = fd_list(t, "4", (const double[]){10, 0, 0, 10});
    in[3] = sx_ints(g, 3, leaves);
    in[4] = fd_list(t, "3", (const double[]){1.5, -2, 4});
    in[5] = sx_ints(g, 2, roots);
    return sx_trees(g, in, 2, (enum sx_tree_sum)sum);
}

/* ---- Pointwise ---- */

static int unary(struct fd *t, int op)
{
    double low = -1.5, high = 1.5;
    switch (op) {
    case SX_RECIP:
    case SX_LOG:
    case SX_SQRT:
        low = 0.4;
        break;
    case SX_ASIN:
    case SX_ACOS:
    case SX_ATANH:
        low = -0.8;
        high = 0.8;
        break;
    case SX_TAN:
        low = -1.2;
        high = 1.2;
        break;
    case SX_ACOSH:
        low = 1.3;
        high = 3;
        break;
    default:
        break;
    }
    return sx_unary(t->g, op, fd_input(t, "2,3", low, high));
}

static const struct {
    const char *a, *b;
} broadcast[] = {{"2,3", "2,3"},   {"2,3", "3"},     {"2,1", "1,3"}, {"", "2,2"},
                 {"1,2", "3,1,1"}, {"1,3", "1,2,3"}, {"1,3", "2,3"}, {"1", "1"}};

/* arg: the operator, plus 64 times the number of the broadcast. */
static int binary(struct fd *t, int arg)
{
    int op = arg % 64, k = arg / 64;
    bool positive = op == SX_DIV || op == SX_POW || op == SX_MOD || op == SX_FMOD;
    int a = fd_input(t, broadcast[k].a, positive ? 0.5 : -1, 2);
    int b = fd_input(t, broadcast[k].b, positive ? 0.6 : -1, 2);
    return sx_binary(t->g, op, a, b);
}

/* Divisors are negative. Dividends are several times as large. */
static int binary_negative(struct fd *t, int op)
{
    int a = fd_input(t, "2,3", -3, 3);
    return sx_binary(t->g, op, a, fd_input(t, "2,3", -1.4, -0.6));
}

static int power(struct fd *t, int which)
{
    static const double exponent[] = {0, 1, 2, 3, 4, 5, -1, -2, 0.5, 2.5};
    bool any_sign = which > 0 && which < 6;
    int x = fd_input(t, "2,3", any_sign ? -1.5 : 0.5, 1.5);
    return sx_binary(t->g, SX_POW, x, sx_scalar(t->g, exponent[which]));
}

/* The exponents differ. The derivative must be right where one of them is zero. */
static int power_mixed(struct fd *t, int arg)
{
    (void)arg;
    static const double exponent[] = {0, 1, 2, 3, 4, 2};
    int p = fd_list(t, "2,3", exponent);
    return sx_binary(t->g, SX_POW, fd_input(t, "2,3", -1.5, 1.5), p);
}

static int power_of_constant(struct fd *t, int arg)
{
    (void)arg;
    int p = fd_input(t, "2,3", -1, 2);
    return sx_binary(t->g, SX_POW, fd_const(t, "3", 0.5, 2), p);
}

static int same_operand(struct fd *t, int op)
{
    int x = fd_input(t, "2,3", 0.5, 2);
    return sx_binary(t->g, op, x, x);
}

static int where(struct fd *t, int arg)
{
    static const char *const shapes[][2] = {{"2,3", "2,3"}, {"3", "2,1"}, {"", "2,3"}};
    int a = fd_input(t, shapes[arg][0], -1, 1), b = fd_input(t, shapes[arg][1], -1, 1);
    int condition = sx_binary(t->g, SX_LESS, fd_const(t, "2,3", -1, 1), sx_scalar(t->g, 0));
    return sx_where(t->g, condition, a, b);
}

/* The condition depends on the variables, too. */
static int where_moving(struct fd *t, int arg)
{
    (void)arg;
    int a = fd_input(t, "2,3", -1, 1), b = fd_input(t, "2,3", -1, 1);
    int condition = sx_binary(t->g, SX_LESSEQ, a, b);
    int not_equal = sx_unary(t->g, SX_NOT, sx_binary(t->g, SX_EQUAL, a, b));
    int in[] = {condition, not_equal};
    int both = sx_emit(t->g, SX_AND, 2, in, 0, NULL);
    return sx_where(t->g, both, sx_mul(t->g, a, a), sx_mul(t->g, a, b));
}

static int cast(struct fd *t, int arg)
{
    (void)arg;
    const int64_t type = t->g->real;
    int x = fd_input(t, "2,3", -1, 1);
    return sx_emit(t->g, SX_CAST, 1, &x, 1, &type);
}

static int narrow(struct fd *t, int arg)
{
    return sx_narrow(t->g, fd_input(t, "2,3", -1, 1), (enum sx_narrow)arg);
}

/* Rows with boolean results or integers. Their derivatives are 0. */
static int choices(struct fd *t, int arg)
{
    (void)arg;
    struct sx_graph *g = t->g;
    const int64_t both[] = {1, 1}, left = 0;
    int a = fd_input(t, "2,3", -2, 2), b = fd_input(t, "3", -2, 2);
    int less = sx_binary(g, SX_LESS, a, b),
        lesseq = sx_binary(g, SX_LESSEQ, b, sx_scalar(g, 0));
    int odd = sx_unary(g, SX_NOT, sx_binary(g, SX_AND, less, lesseq));
    odd = sx_binary(g, SX_XOR, odd, sx_binary(g, SX_OR, less, sx_unary(g, SX_ISNAN, a)));
    odd = sx_binary(g, SX_EQUAL, odd, sx_emit(g, SX_ISINF, 1, &b, 2, both));
    int i = sx_cast(g, sx_scale(g, a, 4), SX_INT), j = sx_cast(g, sx_scale(g, b, 4), SX_INT);
    int in[] = {sx_binary(g, SX_BITXOR, i, j), sx_cast(g, odd, SX_INT)};
    i = sx_emit(g, SX_SHIFT, 2, in, 1, &left);
    i = sx_binary(g, SX_BITAND, i, sx_unary(g, SX_BITNOT, j));
    i = sx_binary(g, SX_BITXOR, i, sx_bits(g, sx_unary(g, SX_FLOOR, a), SX_BITS_FLOAT32));
    i = sx_narrow(g, sx_binary(g, SX_BITOR, i, sx_binary(g, SX_MOD, j, i)), SX_AS_INT8);
    return sx_add(g, sx_cast(g, i, g->real), sx_mul(g, a, sx_unary(g, SX_FLOOR, b)));
}

/* ---- Movers ---- */

static int reshape(struct fd *t, int arg)
{
    static const char *const to[] = {"3,4", "12", "1,2,6,1", "2,2,3"};
    struct sx_shape shape = fd_shape(to[arg]);
    return sx_reshape(t->g, fd_input(t, arg == 3 ? "1,12" : "2,6", -1, 1), &shape);
}

/* The derivative of the stopped tensor is 0 here, so differences agree. */
static int stop(struct fd *t, int arg)
{
    int x = fd_input(t, arg == 0 ? "2,3" : "1,3", 1.2, 1.8);
    return sx_mul(t->g, x, sx_stop(t->g, sx_unary(t->g, SX_FLOOR, sx_scale(t->g, x, 0.7))));
}

static int transpose(struct fd *t, int arg)
{
    static const int perm[][4] = {{1, 0, 2, 3}, {0, 2, 3, 1}, {3, 2, 1, 0}, {3, 1, 0, 2}};
    bool row = arg == 1 || arg == 3;
    return sx_transpose(t->g, fd_input(t, row ? "1,2,3,2" : "2,3,1,2", -1, 1), perm[arg]);
}

static int expand(struct fd *t, int arg)
{
    static const char *const shapes[][2] = {{"3,1", "2,3,4"}, {"1,3", "4,3"},
                                            {"", "2,2"},      {"1,1,2", "1,3,2"},
                                            {"1,3", "1,1,3"}, {"1,3", "2,1,3"}};
    struct sx_shape shape = fd_shape(shapes[arg][1]);
    return sx_expand(t->g, fd_input(t, shapes[arg][0], -1, 1), &shape);
}

static const struct {
    const char *shape;
    int n, axes[3];
} reduced[] = {
    {"2,3,4", 1, {0}},       {"2,3,4", 1, {1}},    {"2,3,4", 1, {2}},    {"2,3,4", 2, {0, 2}},
    {"2,3,2", 3, {0, 1, 2}}, {"1,3,4", 2, {1, 2}}, {"1,3,4", 2, {0, 1}},
};

static int sum(struct fd *t, int arg)
{
    int x = fd_input(t, reduced[arg].shape, -1, 1);
    return sx_sum(t->g, x, reduced[arg].axes, reduced[arg].n);
}

static int reduce_max(struct fd *t, int arg)
{
    int x = fd_input(t, reduced[arg].shape, -1, 1);
    return sx_reduce_max(t->g, x, reduced[arg].axes, reduced[arg].n);
}

static int slice(struct fd *t, int arg)
{
    static const int64_t start[][3] = {{0, 1, 0}, {1, 4, 0}, {0, 4, 2}, {1, 0, 0}};
    static const int64_t step[][3] = {{1, 1, 1}, {1, -2, 1}, {1, -1, -2}, {1, 2, 1}};
    static const char *const to[] = {"2,3,3", "1,3,2", "1,5,2", "1,3,3"};
    struct sx_shape shape = fd_shape(to[arg]);
    int x = fd_input(t, arg == 2 ? "1,5,3" : "2,5,3", -1, 1);
    return sx_slice(t->g, x, start[arg], step[arg], &shape);
}

static int embed(struct fd *t, int arg)
{
    static const int64_t start[][2] = {{1, 0}, {0, 4}, {0, 1}, {1, 0}};
    static const int64_t step[][2] = {{1, 2}, {1, -2}, {1, 1}, {1, 1}};
    static const char *const shapes[][2] = {
        {"2,3", "4,6"}, {"2,2", "2,5"}, {"1,3", "1,5"}, {"1,3", "3,3"}};
    struct sx_shape shape = fd_shape(shapes[arg][1]);
    int x = fd_input(t, shapes[arg][0], -1, 1);
    return sx_embed(t->g, x, start[arg], step[arg], &shape);
}

static int concat(struct fd *t, int arg)
{
    static const char *const shapes[][3] = {{"2,3", "1,3", "2,3"},
                                            {"2,1", "2,3", "2,2"},
                                            {"1,1,2", "1,3,2", "1,1,2"},
                                            {"1,3", "1,3", "1,3"}};
    int part[4];
    for (int k = 0; k < 3; k++)
        part[k] = fd_input(t, shapes[arg][k], -1, 1);
    part[3] = part[0]; /* the same part twice */
    return sx_concat(t->g, part, 4, arg == 0 || arg == 3 ? 0 : 1);
}

static const int64_t indices[] = {2, 0, 2, 1, 1, 0, 0, 2, 2, 0, 1, 2};

static int take(struct fd *t, int arg)
{
    static const char *const shapes[][2] = {
        {"2,3,2", "4"}, {"3,2", "2,2"}, {"2,3", ""}, {"1,3,2", "3"}, {"1,3", "2,1"}};
    int axis = arg == 1 ? 0 : 1;
    int x = fd_input(t, shapes[arg][0], -1, 1);
    return sx_take(t->g, x, fd_index(t, shapes[arg][1], indices), axis, false);
}

static int take_each(struct fd *t, int arg)
{
    static const char *const shapes[][2] = {{"2,3,2", "2,2,2"}, {"3,2", "4,2"}, {"1,3", "1,4"}};
    int axis = arg == 1 ? 0 : 1;
    int x = fd_input(t, shapes[arg][0], -1, 1);
    return sx_take(t->g, x, fd_index(t, shapes[arg][1], indices), axis, true);
}

static int put(struct fd *t, int arg)
{
    static const char *const shapes[][2] = {
        {"2,4,2", "4"}, {"2,2,3", "2,2"}, {"2,3", ""}, {"1,3,2", "3"}};
    static const int axis[] = {1, 0, 1, 1};
    int x = fd_input(t, shapes[arg][0], -1, 1);
    return sx_put(t->g, x, fd_index(t, shapes[arg][1], indices), axis[arg], 3, false);
}

static int put_each(struct fd *t, int arg)
{
    static const char *const shapes[] = {"2,4", "4,2", "1,4"};
    int x = fd_input(t, shapes[arg], -1, 1);
    return sx_put(t->g, x, fd_index(t, shapes[arg], indices), arg == 1 ? 0 : 1, 3, true);
}

/* Values and index are both variables. As the index is constant almost everywhere, its
 * derivative is 0. */
static int indexed(struct fd *t, int arg)
{
    static const char *const shapes[][2] = {
        {"2,3,2", "2,2"},   {"1,3", "3"}, {"2,3,2", "2,4,2"}, {"1,3", "1,2"},
        {"2,2,2,2", "2,2"}, {"1,3", "3"}, {"2,4", "2,4"},     {"1,4", "1,4"},
    };
    bool elementwise = (arg & 2) != 0;
    int x = fd_input(t, shapes[arg][0], -1, 1), i = fd_input(t, shapes[arg][1], 0.1, 2.9);
    int index = sx_cast(t->g, i, SX_INT);
    return arg < 4 ? sx_take(t->g, x, index, 1, elementwise)
                   : sx_put(t->g, x, index, 1, 3, elementwise);
}

/* ---- Along an axis ---- */

static int cumsum(struct fd *t, int arg)
{
    int x = fd_input(t, arg < 4 ? "2,3,2" : "1,4", -1, 1);
    return sx_cumsum(t->g, x, arg == 3 || arg == 6 ? 0 : 1, (arg & 1) != 0, (arg & 2) != 0);
}

static const int along[] = {0, 1, 2, 1, 0};

static int softmax(struct fd *t, int axis)
{
    return sx_softmax(t->g, fd_input(t, axis > 2 ? "1,4" : "2,3,2", -1, 1), along[axis]);
}

static int log_softmax(struct fd *t, int axis)
{
    return sx_log_softmax(t->g, fd_input(t, axis > 2 ? "1,4" : "2,3,2", -1, 1), along[axis]);
}

/* A sort: the index is constant almost everywhere, the values move. */
static int sorted(struct fd *t, int arg)
{
    int x = fd_input(t, arg < 2 ? "2,4" : "1,4", -1, 1), axis = arg == 3 ? 0 : 1;
    int index = sx_sort_index(t->g, x, axis, arg == 1);
    return sx_mul(t->g, sx_take(t->g, x, index, axis, true), fd_const(t, "4", 1, 2));
}

static int chosen(struct fd *t, int arg)
{
    int x = fd_input(t, arg < 2 ? "2,4" : "1,4", -1, 1), axis = arg == 3 ? 0 : 1;
    int index = sx_argmax(t->g, x, axis, arg == 1);
    return sx_take(t->g, sx_mul(t->g, x, x), index, axis, true);
}

/* ---- Products ---- */

static int matmul(struct fd *t, int arg)
{
    static const struct {
        const char *a, *b;
        bool ta, tb;
    } cases[] = {
        {"2,3", "3,4", false, false},      {"3,2", "3,4", true, false},
        {"2,3", "4,3", false, true},       {"3,2", "4,3", true, true},
        {"2,2,3", "3,2", false, false},    {"2,3", "2,3,2", false, false},
        {"2,1,2,3", "3,2,2", true, false}, {"3,1,1,2", "2,2,3", false, false},
        {"1,3", "3,4", false, false},      {"1,2,3", "1,4,3", false, true},
        {"2,3,2", "1,4,3", true, true},    {"1,3", "2,3,4", false, false},
    };
    int a = fd_input(t, cases[arg].a, -1, 1), b = fd_input(t, cases[arg].b, -1, 1);
    return sx_matmul(t->g, a, b, cases[arg].ta, cases[arg].tb);
}

/* Geometries: x, w and y of a convolution. */
static const struct {
    const char *x, *w, *y;
    struct sx_conv c;
} convs[] = {
    {"2,2,4,3", "3,2,2,2", "2,3,3,2", {1, 2, {1, 1}, {1, 1}, {0, 0}, {0, 0}, {0}, 0}},
    {"1,2,5,4", "2,2,3,2", "1,2,3,2", {1, 2, {2, 2}, {1, 1}, {1, 0}, {1, 0}, {0}, 0}},
    {"1,2,5,5", "2,2,2,2", "1,2,3,4", {1, 2, {1, 1}, {2, 1}, {0, 0}, {0, 0}, {0}, 0}},
    {"1,4,3,3", "6,2,2,2", "1,6,2,2", {2, 2, {1, 1}, {1, 1}, {0, 0}, {0, 0}, {0}, 0}},
    {"1,3,4,4", "3,1,3,3", "1,3,2,2", {3, 2, {2, 2}, {1, 1}, {1, 0}, {0, 1}, {0}, 0}},
    {"2,2,6", "2,2,3", "2,2,3", {1, 1, {2}, {2}, {2}, {1}, {0}, 0}},
    {"1,1,3,2,3",
     "2,1,2,2,2",
     "1,2,2,1,3",
     {1, 3, {1, 1, 1}, {1, 1, 1}, {0, 0, 1}, {0, 0, 0}, {0}, 0}},
    {"1,2,6,5", "2,1,2,2", "1,2,3,2", {2, 2, {2, 3}, {1, 2}, {0, 2}, {0, 1}, {0}, 0}},
    {"1,2,3,3", "2,2,1,1", "1,2,3,3", {1, 2, {1, 1}, {1, 1}, {0, 0}, {0, 0}, {0}, 0}},
};

static struct sx_conv with_extent(int arg, const char *shape)
{
    struct sx_conv c = convs[arg].c;
    struct sx_shape s = fd_shape(shape);
    for (int i = 0; i < c.rank; i++)
        c.extent[i] = s.dim[2 + i];
    return c;
}

static int conv(struct fd *t, int arg)
{
    int x = fd_input(t, convs[arg].x, -1, 1), w = fd_input(t, convs[arg].w, -1, 1);
    return sx_conv(t->g, x, w, &convs[arg].c);
}

static int conv_input(struct fd *t, int arg)
{
    struct sx_conv c = with_extent(arg, convs[arg].x);
    int y = fd_input(t, convs[arg].y, -1, 1), w = fd_input(t, convs[arg].w, -1, 1);
    return sx_conv_input(t->g, y, w, &c);
}

static int conv_weight(struct fd *t, int arg)
{
    struct sx_conv c = with_extent(arg, convs[arg].w);
    int x = fd_input(t, convs[arg].x, -1, 1), y = fd_input(t, convs[arg].y, -1, 1);
    return sx_conv_weight(t->g, x, y, &c);
}

static const struct {
    const char *x, *y;
    struct sx_pool p;
} pools[] = {
    {"2,1,4,4", "2,1,2,2", {{1, 2, {2, 2}, {1, 1}, {0, 0}, {0, 0}, {2, 2}, 0}, {4, 4}}},
    {"1,2,5,4", "1,2,3,2", {{1, 2, {2, 2}, {1, 1}, {1, 0}, {1, 1}, {3, 3}, 0}, {5, 4}}},
    {"1,2,5,4", "1,2,3,4", {{1, 2, {1, 1}, {2, 1}, {0, 0}, {0, 1}, {2, 2}, 0}, {5, 4}}},
    {"2,2,6", "2,2,3", {{1, 1, {2}, {1}, {0}, {1}, {3}, 0}, {6}}},
    {"1,1,3,2,3",
     "1,1,2,1,2",
     {{1, 3, {1, 1, 2}, {1, 1, 1}, {0, 0, 0}, {0, 0, 1}, {2, 2, 2}, 0}, {3, 2, 3}}},
};

static int sum_pool(struct fd *t, int arg)
{
    return sx_sum_pool(t->g, fd_input(t, pools[arg].x, -1, 1), &pools[arg].p);
}

static int unpool(struct fd *t, int arg)
{
    return sx_unpool(t->g, fd_input(t, pools[arg].y, -1, 1), &pools[arg].p);
}

static int max_pool(struct fd *t, int arg)
{
    int x = fd_input(t, pools[arg].x, -1, 1);
    return sx_max_pool(t->g, sx_mul(t->g, x, x), &pools[arg].p);
}

/* ---- Several rows together ---- */

static int perceptron(struct fd *t, int arg)
{
    struct sx_graph *g = t->g;
    int x = fd_input(t, "1,3", -1, 1), w = fd_input(t, "3,4", -1, 1);
    int h = sx_matmul(g, x, w, false, false);
    h = sx_unary(g, arg == 0 ? SX_TANH : SX_SOFTPLUS, sx_add(g, h, fd_const(t, "4", -1, 1)));
    return sx_log_softmax(g, sx_matmul(g, h, fd_const(t, "2,4", -1, 1), false, true), 1);
}

static int layer_norm(struct fd *t, int arg)
{
    (void)arg;
    struct sx_graph *g = t->g;
    const int last = 1;
    int x = fd_input(t, "2,4", -1, 1);
    int mean = sx_scale(g, sx_sum(g, x, &last, 1), 0.25), d = sx_sub(g, x, mean);
    int variance = sx_scale(g, sx_sum(g, sx_mul(g, d, d), &last, 1), 0.25);
    int y = sx_div(g, d, sx_unary(g, SX_SQRT, sx_shift(g, variance, 1e-5)));
    return sx_mul(g, y, fd_input(t, "4", -1, 1));
}

static int attention(struct fd *t, int arg)
{
    (void)arg;
    struct sx_graph *g = t->g;
    int q = fd_input(t, "1,3,2", -1, 1), k = fd_input(t, "1,3,2", -1, 1);
    int scores = sx_scale(g, sx_matmul(g, q, k, false, true), 0.7);
    return sx_matmul(g, sx_softmax(g, scores, 2), fd_input(t, "1,3,2", -1, 1), false, false);
}

static int convolutional(struct fd *t, int arg)
{
    (void)arg;
    struct sx_graph *g = t->g;
    const struct sx_conv same = {1, 2, {1, 1}, {1, 1}, {1, 1}, {1, 1}, {0}, 0};
    const struct sx_pool halve = {{1, 2, {2, 2}, {1, 1}, {0}, {0}, {2, 2}, 0}, {0}};
    struct sx_shape flat = fd_shape("1,8"), bias = fd_shape("1,2,1,1");
    int x = fd_input(t, "1,1,4,4", -1, 1), w = fd_input(t, "2,1,3,3", -1, 1);
    int h = sx_conv(g, x, w, &same);
    h = sx_add(g, h, sx_reshape(g, fd_const(t, "2", -1, 1), &bias));
    h = sx_max_pool(g, sx_mul(g, sx_unary(g, SX_SIGMOID, h), h), &halve);
    return sx_matmul(g, sx_reshape(g, h, &flat), fd_const(t, "8,2", -1, 1), false, false);
}

#define UNARY(OP)                                                                              \
    {                                                                                          \
        OP, "", unary, OP, 0                                                                   \
    }
#define BINARY(OP)                                                                             \
    {OP, "same shape", binary, OP, 0}, {OP, "row", binary, OP + 64, 0},                        \
        {OP, "leading 1s", binary, OP + 320, 0}, {OP, "one row", binary, OP + 384, 0},         \
        {OP, "ones", binary, OP + 448, 0}, {OP, "outer", binary, OP + 128, 0},                 \
        {OP, "scalar", binary, OP + 192, 0},                                                   \
    {                                                                                          \
        OP, "lower rank", binary, OP + 256, 0                                                  \
    }

const struct example examples[] = {
    {SX_NEG, "", unary, SX_NEG, 1},
    UNARY(SX_RECIP),
    UNARY(SX_EXP),
    UNARY(SX_LOG),
    UNARY(SX_SQRT),
    UNARY(SX_SIN),
    UNARY(SX_COS),
    UNARY(SX_TAN),
    UNARY(SX_ASIN),
    UNARY(SX_ACOS),
    UNARY(SX_ATAN),
    UNARY(SX_SINH),
    UNARY(SX_COSH),
    UNARY(SX_TANH),
    UNARY(SX_ASINH),
    UNARY(SX_ACOSH),
    UNARY(SX_ATANH),
    UNARY(SX_SIGMOID),
    UNARY(SX_SOFTPLUS),
    UNARY(SX_ERF),
    UNARY(SX_RELU),
    UNARY(SX_ABS),
    UNARY(SX_SIGN),
    UNARY(SX_FLOOR),
    UNARY(SX_CEIL),
    UNARY(SX_ROUND),
    {SX_CAST, "real to real", cast, 0, 1},
    {SX_NARROW, "to float", narrow, SX_AS_FLOAT32, 0},
    BINARY(SX_ADD),
    BINARY(SX_SUB),
    BINARY(SX_MUL),
    BINARY(SX_DIV),
    BINARY(SX_POW),
    BINARY(SX_MIN),
    BINARY(SX_MAX),
    BINARY(SX_MOD),
    BINARY(SX_FMOD),
    {SX_ADD, "linear", binary, SX_ADD + 64, TOGETHER},
    {SX_SUB, "linear", binary, SX_SUB + 64, TOGETHER},
    {SX_MUL, "bilinear", binary, SX_MUL, 3},
    {SX_DIV, "numerator", binary, SX_DIV, 1},
    {SX_MUL, "same operand", same_operand, SX_MUL, 0},
    {SX_THROUGH, "same operand", same_operand, SX_THROUGH, 1},
    {SX_DIV, "same operand", same_operand, SX_DIV, 0},
    {SX_POW, "same operand", same_operand, SX_POW, 0},
    {SX_DIV, "below 0", binary_negative, SX_DIV, 0},
    {SX_MOD, "below 0", binary_negative, SX_MOD, 0},
    {SX_FMOD, "below 0", binary_negative, SX_FMOD, 0},
    {SX_NONE, "x^0", power, 0, 0},
    {SX_NONE, "x^1", power, 1, 0},
    {SX_NONE, "x^2", power, 2, 0},
    {SX_NONE, "x^3", power, 3, 0},
    {SX_POW, "x^4", power, 4, 0},
    {SX_POW, "x^5", power, 5, 0},
    {SX_NONE, "x^-1", power, 6, 0},
    {SX_POW, "x^-2", power, 7, 0},
    {SX_POW, "x^0.5", power, 8, 0},
    {SX_POW, "x^2.5", power, 9, 0},
    {SX_POW, "mixed exponents", power_mixed, 0, 0},
    {SX_POW, "constant base", power_of_constant, 0, 0},
    {SX_WHERE, "same shape", where, 0, 0},
    {SX_WHERE, "row and column", where, 1, 0},
    {SX_WHERE, "scalar", where, 2, 0},
    {SX_WHERE, "moving condition", where_moving, 0, 0},

    {SX_LESS, "choices", choices, 0, 0},
    {SX_LESSEQ, "choices", choices, 0, 0},
    {SX_EQUAL, "choices", choices, 0, 0},
    {SX_NOT, "choices", choices, 0, 0},
    {SX_AND, "choices", choices, 0, 0},
    {SX_OR, "choices", choices, 0, 0},
    {SX_XOR, "choices", choices, 0, 0},
    {SX_ISNAN, "choices", choices, 0, 0},
    {SX_ISINF, "choices", choices, 0, 0},
    {SX_BITNOT, "choices", choices, 0, 0},
    {SX_BITS, "choices", choices, 0, 0},
    {SX_BITAND, "choices", choices, 0, 0},
    {SX_BITOR, "choices", choices, 0, 0},
    {SX_BITXOR, "choices", choices, 0, 0},
    {SX_SHIFT, "choices", choices, 0, 0},

    {SX_RESHAPE, "", reshape, 0, 1},
    {SX_RESHAPE, "flat", reshape, 1, 1},
    {SX_RESHAPE, "ones", reshape, 2, 1},
    {SX_RESHAPE, "from one row", reshape, 3, 1},
    {SX_STOP, "", stop, 0, 0},
    {SX_STOP, "one row", stop, 1, 0},
    {SX_TRANSPOSE, "swap", transpose, 0, 1},
    {SX_TRANSPOSE, "to channels last", transpose, 1, 1},
    {SX_TRANSPOSE, "reverse", transpose, 2, 1},
    {SX_TRANSPOSE, "a leading 1 moves", transpose, 3, 1},
    {SX_EXPAND, "two axes", expand, 0, 1},
    {SX_EXPAND, "first axis", expand, 1, 1},
    {SX_EXPAND, "scalar", expand, 2, 1},
    {SX_EXPAND, "middle", expand, 3, 1},
    {SX_EXPAND, "a leading 1 more", expand, 4, 1},
    {SX_EXPAND, "a leading 1 inside", expand, 5, 1},
    {SX_SUM, "first", sum, 0, 1},
    {SX_SUM, "middle", sum, 1, 1},
    {SX_SUM, "last", sum, 2, 1},
    {SX_SUM, "outer two", sum, 3, 1},
    {SX_SUM, "all", sum, 4, 1},
    {SX_SUM, "all but a leading 1", sum, 5, 1},
    {SX_SUM, "a leading 1 too", sum, 6, 1},
    {SX_SLICE, "", slice, 0, 1},
    {SX_SLICE, "backwards", slice, 1, 1},
    {SX_SLICE, "one row", slice, 2, 1},
    {SX_SLICE, "to one row", slice, 3, 1},
    {SX_EMBED, "stride 2", embed, 0, 1},
    {SX_EMBED, "backwards", embed, 1, 1},
    {SX_EMBED, "one row", embed, 2, 1},
    {SX_EMBED, "one row among others", embed, 3, 1},
    {SX_CONCAT, "axis 0", concat, 0, TOGETHER},
    {SX_CONCAT, "axis 1", concat, 1, TOGETHER},
    {SX_CONCAT, "of one row", concat, 2, TOGETHER},
    {SX_CONCAT, "rows", concat, 3, TOGETHER},
    {SX_TAKE, "rows of axis 1", take, 0, 1},
    {SX_TAKE, "rows of axis 0", take, 1, 1},
    {SX_TAKE, "scalar index", take, 2, 1},
    {SX_TAKE, "of one row", take, 3, 1},
    {SX_TAKE, "of one row, square index", take, 4, 1},
    {SX_TAKE, "elementwise", take_each, 0, 1},
    {SX_TAKE, "elementwise, axis 0", take_each, 1, 1},
    {SX_TAKE, "elementwise, one row", take_each, 2, 1},
    {SX_TAKE, "moving index", indexed, 0, 1},
    {SX_TAKE, "moving index, one row", indexed, 1, 1},
    {SX_TAKE, "moving, elementwise", indexed, 2, 1},
    {SX_TAKE, "moving, elementwise, one row", indexed, 3, 1},
    {SX_PUT, "rows of axis 1", put, 0, 1},
    {SX_PUT, "rows of axis 0", put, 1, 1},
    {SX_PUT, "scalar index", put, 2, 1},
    {SX_PUT, "of one row", put, 3, 1},
    {SX_PUT, "elementwise", put_each, 0, 1},
    {SX_PUT, "elementwise, axis 0", put_each, 1, 1},
    {SX_PUT, "elementwise, one row", put_each, 2, 1},
    {SX_PUT, "moving index", indexed, 4, 1},
    {SX_PUT, "moving index, one row", indexed, 5, 1},
    {SX_PUT, "moving, elementwise", indexed, 6, 1},
    {SX_PUT, "moving, elementwise, one row", indexed, 7, 1},

    {SX_REDUCEMAX, "first", reduce_max, 0, 0},
    {SX_REDUCEMAX, "middle", reduce_max, 1, 0},
    {SX_REDUCEMAX, "outer two", reduce_max, 3, 0},
    {SX_REDUCEMAX, "all", reduce_max, 4, 0},
    {SX_REDUCEMAX, "a leading 1 too", reduce_max, 6, 0},
    {SX_CUMSUM, "", cumsum, 0, 1},
    {SX_CUMSUM, "exclusive", cumsum, 1, 1},
    {SX_CUMSUM, "reverse", cumsum, 2, 1},
    {SX_CUMSUM, "both, axis 0", cumsum, 3, 1},
    {SX_CUMSUM, "one row", cumsum, 4, 1},
    {SX_CUMSUM, "of a leading 1, reverse", cumsum, 6, 1},
    {SX_SOFTMAX, "axis 0", softmax, 0, 0},
    {SX_SOFTMAX, "axis 1", softmax, 1, 0},
    {SX_SOFTMAX, "axis 2", softmax, 2, 0},
    {SX_SOFTMAX, "one row", softmax, 3, 0},
    {SX_SOFTMAX, "of a leading 1", softmax, 4, 0},
    {SX_LOGSOFTMAX, "axis 0", log_softmax, 0, 0},
    {SX_LOGSOFTMAX, "axis 1", log_softmax, 1, 0},
    {SX_LOGSOFTMAX, "axis 2", log_softmax, 2, 0},
    {SX_LOGSOFTMAX, "one row", log_softmax, 3, 0},
    {SX_LOGSOFTMAX, "of a leading 1", log_softmax, 4, 0},
    {SX_SORTINDEX, "ascending", sorted, 0, 0},
    {SX_SORTINDEX, "descending", sorted, 1, 0},
    {SX_SORTINDEX, "one row", sorted, 2, 0},
    {SX_SORTINDEX, "of a leading 1", sorted, 3, 0},
    {SX_ARGMAX, "first", chosen, 0, 0},
    {SX_ARGMAX, "last", chosen, 1, 0},
    {SX_ARGMAX, "one row", chosen, 2, 0},
    {SX_ARGMAX, "of a leading 1", chosen, 3, 0},

    {SX_TREES, "sum", trees, SX_TREE_ADD, 0},
    {SX_TREES, "largest", trees, SX_TREE_MAX, 0},
    {SX_MATMUL, "", matmul, 0, 3},
    {SX_MATMUL, "a transposed", matmul, 1, 3},
    {SX_MATMUL, "b transposed", matmul, 2, 3},
    {SX_MATMUL, "both transposed", matmul, 3, 3},
    {SX_MATMUL, "stack by matrix", matmul, 4, 3},
    {SX_MATMUL, "matrix by stack", matmul, 5, 3},
    {SX_MATMUL, "stacks broadcast", matmul, 6, 3},
    {SX_MATMUL, "stacks of row vectors", matmul, 7, 3},
    {SX_MATMUL, "row vector", matmul, 8, 3},
    {SX_MATMUL, "one matrix, transposed", matmul, 9, 3},
    {SX_MATMUL, "stack by one, transposed", matmul, 10, 3},
    {SX_MATMUL, "row vector by stack", matmul, 11, 3},
    {SX_CONV, "", conv, 0, 3},
    {SX_CONV, "stride, pads", conv, 1, 3},
    {SX_CONV, "dilation", conv, 2, 3},
    {SX_CONV, "groups", conv, 3, 3},
    {SX_CONV, "depthwise, one-sided pads", conv, 4, 3},
    {SX_CONV, "1D", conv, 5, 3},
    {SX_CONV, "3D", conv, 6, 3},
    {SX_CONV, "everything", conv, 7, 3},
    {SX_CONV, "pointwise", conv, 8, 3},
    {SX_CONVINPUT, "", conv_input, 0, 3},
    {SX_CONVINPUT, "stride, pads", conv_input, 1, 3},
    {SX_CONVINPUT, "dilation", conv_input, 2, 3},
    {SX_CONVINPUT, "groups", conv_input, 3, 3},
    {SX_CONVINPUT, "depthwise, one-sided pads", conv_input, 4, 3},
    {SX_CONVINPUT, "1D", conv_input, 5, 3},
    {SX_CONVINPUT, "3D", conv_input, 6, 3},
    {SX_CONVINPUT, "everything", conv_input, 7, 3},
    {SX_CONVWEIGHT, "", conv_weight, 0, 3},
    {SX_CONVWEIGHT, "stride, pads", conv_weight, 1, 3},
    {SX_CONVWEIGHT, "dilation", conv_weight, 2, 3},
    {SX_CONVWEIGHT, "groups", conv_weight, 3, 3},
    {SX_CONVWEIGHT, "depthwise, one-sided pads", conv_weight, 4, 3},
    {SX_CONVWEIGHT, "1D", conv_weight, 5, 3},
    {SX_CONVWEIGHT, "3D", conv_weight, 6, 3},
    {SX_CONVWEIGHT, "everything", conv_weight, 7, 3},
    {SX_SUMPOOL, "", sum_pool, 0, 1},
    {SX_SUMPOOL, "overlap, pads", sum_pool, 1, 1},
    {SX_SUMPOOL, "dilation", sum_pool, 2, 1},
    {SX_SUMPOOL, "1D", sum_pool, 3, 1},
    {SX_SUMPOOL, "3D", sum_pool, 4, 1},
    {SX_UNPOOL, "", unpool, 0, 1},
    {SX_UNPOOL, "overlap, pads", unpool, 1, 1},
    {SX_UNPOOL, "dilation", unpool, 2, 1},
    {SX_UNPOOL, "1D", unpool, 3, 1},
    {SX_UNPOOL, "3D", unpool, 4, 1},
    {SX_POOLINDEX, "", max_pool, 0, 0},
    {SX_POOLINDEX, "overlap, pads", max_pool, 1, 0},
    {SX_POOLINDEX, "dilation", max_pool, 2, 0},
    {SX_POOLINDEX, "1D", max_pool, 3, 0},
    {SX_POOLINDEX, "3D", max_pool, 4, 0},

    {SX_NONE, "perceptron, tanh", perceptron, 0, 0},
    {SX_NONE, "perceptron, softplus", perceptron, 1, 0},
    {SX_NONE, "layer norm", layer_norm, 0, 0},
    {SX_NONE, "attention", attention, 0, 0},
    {SX_NONE, "convolutional", convolutional, 0, 0},
};

const int n_examples = sizeof examples / sizeof examples[0];
