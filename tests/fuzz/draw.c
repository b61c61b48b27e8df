/* draw.c - graphs of core operators drawn from bytes: mostly valid ones, sometimes invalid
 * ones. */
#include <string.h>

#include "ops/table.h"
#include "tests/fuzz/draw.h"

enum { MOST_STEPS = 24, MOST_ELEMENTS = 2048, LONGEST = 5 };

/* steady: small differences of the operand stay small. smooth: derivatives are smooth. */
struct unary {
    int op;
    bool steady, smooth;
};
static const struct unary unaries[] = {
    {SX_NEG, true, true},    {SX_SIN, true, true},     {SX_COS, true, true},
    {SX_TANH, true, true},   {SX_SIGMOID, true, true}, {SX_SOFTPLUS, true, true},
    {SX_ERF, true, true},    {SX_ATAN, true, true},    {SX_ASINH, true, true},
    {SX_RELU, true, false},  {SX_ABS, true, false},    {SX_EXP, false, false},
    {SX_LOG, false, false},  {SX_SQRT, false, false},  {SX_RECIP, false, false},
    {SX_SIGN, false, false}, {SX_FLOOR, false, false}, {SX_ROUND, false, false},
    {SX_TAN, false, false},  {SX_ACOSH, false, false}, {SX_ATANH, false, false},
    {SX_COSH, false, false}, {SX_ASIN, false, false},  {SX_STOP, true, false},
};
static const int binaries[] = {SX_ADD, SX_SUB, SX_MUL, SX_MIN, SX_MAX, SX_DIV, SX_POW, SX_FMOD};

static int some(struct drawing *d, struct fuzz *f)
{
    return d->node[fuzz_byte(f) % (unsigned)d->n_nodes];
}

static struct sx_shape shape_of(const struct drawing *d, int node)
{
    return sx_shape_of(d->g, node);
}

static struct sx_shape draw_shape(struct fuzz *f)
{
    struct sx_shape s = {.rank = (int)fuzz_below(f, 5)};
    for (int i = 0; i < s.rank; i++)
        s.dim[i] = 1 + fuzz_below(f, LONGEST);
    return s;
}

/* Weights between -1 and 1 that depend only on their position. */
static int weights(struct drawing *d, struct sx_shape shape)
{
    double value[MOST_ELEMENTS];
    float single[MOST_ELEMENTS];
    const int64_t n = sx_count(&shape);
    if (n > MOST_ELEMENTS)
        return SX_NONE;
    for (int64_t i = 0; i < n; i++) {
        value[i] = (double)(i * 37 % 101) / 50 - 1;
        single[i] = (float)value[i];
    }
    return sx_const(d->g, d->g->real, &shape, d->g->real == SX_FLOAT ? (void *)single : value);
}

static int unary(struct drawing *d, struct fuzz *f)
{
    const struct unary *u = &unaries[fuzz_below(f, sizeof unaries / sizeof *unaries)];
    d->steady = d->steady && u->steady;
    d->smooth = d->smooth && u->smooth;
    return u->op == SX_STOP ? sx_stop(d->g, some(d, f)) : sx_unary(d->g, u->op, some(d, f));
}

/* A binary operator of two nodes. If they do not broadcast, the first is used twice. */
static int binary(struct drawing *d, struct fuzz *f)
{
    const unsigned k = fuzz_below(f, sizeof binaries / sizeof *binaries);
    int a = some(d, f), b = some(d, f);
    struct sx_shape to, x = shape_of(d, a), y = shape_of(d, b);
    d->steady = d->steady && k < 5;
    d->smooth = d->smooth && k < 3;
    if (!sx_broadcast_shape(&to, &x, &y))
        b = a;
    return sx_binary(d->g, binaries[k], a, b);
}

static int choice(struct drawing *d, struct fuzz *f)
{
    int a = some(d, f), b = sx_sum_all(d->g, some(d, f));
    d->smooth = false;
    return sx_where(d->g, sx_binary(d->g, SX_LESS, a, b), a, b);
}

static int product(struct drawing *d, struct fuzz *f)
{
    const int a = some(d, f);
    const struct sx_shape s = shape_of(d, a);
    const bool flip = fuzz_below(f, 2) != 0;
    const int64_t n = 1 + fuzz_below(f, LONGEST), count = sx_count(&s);
    const int64_t k = s.rank > 0 ? s.dim[s.rank - 1] : 1;
    const struct sx_shape rows = {2, {count / k, k}};
    const struct sx_shape w = {2, {flip ? n : k, flip ? k : n}};
    return sx_matmul(d->g, sx_reshape(d->g, a, &rows), weights(d, w), false, flip);
}

/* A value as pictures [1, C, H, W]. */
static int picture(struct drawing *d, struct fuzz *f, struct sx_shape *s)
{
    const int a = some(d, f);
    const struct sx_shape from = shape_of(d, a);
    *s = (struct sx_shape){4, {1, 1, 1, 1}};
    for (int i = 0; i < from.rank; i++)
        s->dim[i < 3 ? 1 + i : 3] *= from.dim[i];
    return sx_reshape(d->g, a, s);
}

static int convolution(struct drawing *d, struct fuzz *f)
{
    struct sx_shape s;
    const int x = picture(d, f, &s);
    struct sx_conv c = {.rank = 2, .group = fuzz_below(f, 4) == 0 ? s.dim[1] : 1};
    struct sx_shape w = {4, {c.group * (1 + fuzz_below(f, 3)), s.dim[1] / c.group}};
    for (int i = 0; i < 2; i++) {
        c.stride[i] = 1 + fuzz_below(f, 3);
        c.dilation[i] = 1 + fuzz_below(f, 2);
        c.pad_begin[i] = fuzz_below(f, 3);
        c.pad_end[i] = fuzz_below(f, 3);
        w.dim[2 + i] = 1 + fuzz_below(f, 3);
        if (s.dim[2 + i] + c.pad_begin[i] + c.pad_end[i] <= (w.dim[2 + i] - 1) * c.dilation[i])
            w.dim[2 + i] = 1;
    }
    return sx_conv(d->g, x, weights(d, w), &c);
}

static int pool(struct drawing *d, struct fuzz *f)
{
    struct sx_shape s;
    const int x = picture(d, f, &s);
    struct sx_pool p = {.c = {.rank = 2, .group = 1}};
    for (int i = 0; i < 2; i++) {
        p.c.stride[i] = 1 + fuzz_below(f, 2);
        p.c.dilation[i] = 1;
        p.c.extent[i] = s.dim[2 + i] > 1 ? 1 + fuzz_below(f, 2) : 1;
        p.c.pad_begin[i] = p.c.extent[i] > 1 ? fuzz_below(f, 2) : 0;
    }
    if (fuzz_below(f, 2) == 0)
        return sx_sum_pool(d->g, x, &p);
    d->smooth = false;
    return sx_max_pool(d->g, x, &p);
}

static int mover(struct drawing *d, struct fuzz *f)
{
    const int a = some(d, f);
    const struct sx_shape s = shape_of(d, a);
    const unsigned kind = fuzz_below(f, 6);
    int perm[SX_MAX_RANK], parts[3] = {a, a, a};
    struct sx_shape to = s;
    if (s.rank == 0 || kind == 0) {
        to = (struct sx_shape){1, {sx_count(&s)}};
        return sx_reshape(d->g, a, &to);
    }
    const int axis = (int)fuzz_below(f, (unsigned)s.rank);
    int64_t start[SX_MAX_RANK] = {0}, step[SX_MAX_RANK];
    for (int i = 0; i < s.rank; i++) {
        perm[i] = (i + axis) % s.rank;
        step[i] = 1;
    }
    if (kind == 1)
        return sx_transpose(d->g, a, perm);
    if (kind == 2)
        return sx_concat(d->g, parts, 2 + (int)fuzz_below(f, 2), axis);
    if (kind == 3) { /* backwards, every second one */
        start[axis] = s.dim[axis] - 1;
        step[axis] = s.dim[axis] > 2 ? -2 : -1;
        to.dim[axis] = s.dim[axis] > 2 ? (s.dim[axis] + 1) / 2 : s.dim[axis];
        return sx_slice(d->g, a, start, step, &to);
    }
    if (kind == 4) {
        to.dim[axis] += 1 + fuzz_below(f, 3);
        start[axis] = 1;
        return sx_embed(d->g, a, start, step, &to);
    }
    const int64_t at[3] = {fuzz_below(f, (unsigned)s.dim[axis]), 0, s.dim[axis] - 1};
    return sx_take(d->g, a, sx_ints(d->g, 3, at), axis, false);
}

static int reduction(struct drawing *d, struct fuzz *f)
{
    const int a = some(d, f);
    const struct sx_shape s = shape_of(d, a);
    const unsigned kind = fuzz_below(f, 5);
    if (s.rank == 0 || kind == 0)
        return sx_sum_all(d->g, a);
    const int axis = (int)fuzz_below(f, (unsigned)s.rank);
    d->smooth = d->smooth && kind != 4;
    return kind == 1   ? sx_sum(d->g, a, &axis, 1)
           : kind == 2 ? sx_softmax(d->g, a, axis)
           : kind == 3 ? sx_cumsum(d->g, a, axis, fuzz_below(f, 2) != 0, fuzz_below(f, 2) != 0)
                       : sx_reduce_max(d->g, a, &axis, 1);
}

/* Any operator with any operands and attributes. It is refused, or is a node like others. */
static int lie(struct drawing *d, struct fuzz *f)
{
    int in[4];
    int64_t attr[8];
    const int n_in = (int)fuzz_below(f, 5), n_attr = (int)fuzz_below(f, 9);
    const int op = (int)(fuzz_byte(f) % SX_N_CORE);
    for (int k = 0; k < n_in; k++)
        in[k] = some(d, f);
    for (int k = 0; k < n_attr; k++)
        attr[k] = (int64_t)fuzz_byte(f) - 128;
    d->steady = d->smooth = false;
    return op == SX_INPUT || op == SX_CONST ? SX_NONE
                                            : sx_emit(d->g, op, n_in, in, n_attr, attr);
}

static int step(struct drawing *d, struct fuzz *f)
{
    static int (*const steps[])(struct drawing *, struct fuzz *) = {
        unary,       unary, binary, binary,    choice, product,
        convolution, pool,  mover,  reduction, lie};
    return steps[fuzz_below(f, sizeof steps / sizeof *steps)](d, f);
}

void draw_graph(struct drawing *d, struct fuzz *f, enum sx_type real)
{
    struct sx_error error = {0};
    *d = (struct drawing){
        .g = sx_graph_new(sx_rows, real, &error), .steady = true, .smooth = true};
    fuzz_must(d->g != NULL, "a graph");
    d->g->faithful = fuzz_below(f, 2) != 0;
    d->g->limit = (size_t)1 << 26;
    d->n_inputs = 1 + (int)fuzz_below(f, DRAW_INPUTS);
    for (int i = 0; i < d->n_inputs; i++) {
        const struct sx_shape shape = draw_shape(f);
        d->node[d->n_nodes++] = d->input[i] = sx_input(d->g, real, &shape);
    }
    for (int i = 0; i < MOST_STEPS && f->left > 0; i++) {
        const int node = step(d, f);
        if (d->g->error.status != SX_OK)
            return;
        if (node == SX_NONE || d->g->node[node].type != real)
            continue;
        const struct sx_shape shape = shape_of(d, node);
        if (sx_count(&shape) > 0 && sx_count(&shape) <= MOST_ELEMENTS)
            d->node[d->n_nodes++] = node;
    }
}
