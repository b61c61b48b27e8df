/* random_row.c - random uses of the movers and reductions, and their expected results. */
#include <check.h>
#include <math.h>
#include <string.h>

#include "random_row.h"

/* ---- Drawing ---- */

struct dice {
    uint64_t seed, draw;
};

/* A number from 0 to n-1. */
static int64_t roll(struct dice *d, int64_t n)
{
    return (int64_t)(sx_random_bits(d->seed, 5, d->draw++) % (uint64_t)n);
}

static struct sx_shape draw_shape(struct dice *d, int least, int most, int64_t longest,
                                  bool empty)
{
    struct sx_shape s = {.rank = least + (int)roll(d, most - least + 1)};
    for (int i = 0; i < s.rank; i++) {
        s.dim[i] = roll(d, 3) == 0 ? 1 : 1 + roll(d, longest);
        if (empty && roll(d, 8) == 0)
            s.dim[i] = 0;
    }
    return s;
}

static void draw_reshape(struct random_row *e, struct dice *d, const struct sx_shape *shape)
{
    /* joins neighbours, and inserts axes of length 1 */
    for (int i = 0; i < shape->rank; i++) {
        if (e->n_attr > 0 && roll(d, 2) == 0)
            e->attr[e->n_attr - 1] *= shape->dim[i];
        else
            e->attr[e->n_attr++] = shape->dim[i];
        if (roll(d, 4) == 0)
            e->attr[e->n_attr++] = 1;
    }
}

static void draw_perm(struct random_row *e, struct dice *d, const struct sx_shape *shape)
{
    e->n_attr = shape->rank;
    for (int i = 0; i < shape->rank; i++) {
        int k = (int)roll(d, i + 1);
        e->attr[i] = e->attr[k];
        e->attr[k] = i;
    }
}

static void draw_expand(struct random_row *e, struct dice *d, const struct sx_shape *shape)
{
    int lead = (int)roll(d, 3);
    e->n_attr = lead + shape->rank;
    for (int i = 0; i < e->n_attr; i++) {
        e->attr[i] = i < lead ? 1 + roll(d, 3) : shape->dim[i - lead];
        if (i >= lead && e->attr[i] == 1)
            e->attr[i] = 1 + roll(d, 3);
    }
}

/* Draws the positions of the smaller of two shapes in the larger one. */
static void draw_slice(struct random_row *e, struct dice *d, const struct sx_shape *shape)
{
    int r = shape->rank;
    e->n_attr = 3 * r;
    for (int i = 0; i < r; i++) {
        int64_t step = 1 + roll(d, 2), n = shape->dim[i], whole = n;
        if (e->op == SX_SLICE)
            n = whole == 0 ? 0 : 1 + roll(d, (whole - 1) / step + 1);
        else
            whole = n == 0 ? roll(d, 3) : (n - 1) * step + 1 + roll(d, 3);
        int64_t room = n == 0 ? 0 : whole - ((n - 1) * step + 1);
        int64_t start = room > 0 ? roll(d, room + 1) : 0;
        bool back = roll(d, 2) == 0;
        e->attr[i] = back && n > 0 ? start + (n - 1) * step : start;
        e->attr[r + i] = back ? -step : step;
        e->attr[2 * r + i] = e->op == SX_SLICE ? n : whole;
    }
}

static void draw_axes(struct random_row *e, struct dice *d, const struct sx_shape *shape)
{
    for (int i = 0; i < shape->rank; i++)
        if (roll(d, 2) == 0)
            e->attr[e->n_attr++] = i;
}

static void draw_concat(struct random_row *e, struct dice *d, enum sx_type type,
                        struct sx_shape shape)
{
    e->n_in = 1 + (int)roll(d, 4);
    e->n_attr = 1;
    e->attr[0] = roll(d, shape.rank);
    for (int k = 0; k < e->n_in; k++) {
        e->in[k] = ta_random(type, shape, 9, d->seed + (uint64_t)k);
        shape.dim[e->attr[0]] = roll(d, 4);
    }
}

/* Draws an operand and an index. Some indices are out of range. */
static void draw_gather(struct random_row *e, struct dice *d, enum sx_type type,
                        struct sx_shape shape)
{
    int axis = (int)roll(d, shape.rank), at = e->op == SX_PUT ? 2 : 1;
    bool each = roll(d, 2) == 0;
    int64_t n = shape.dim[axis];
    struct sx_shape index = draw_shape(d, 0, 2, 4, false), small = shape;
    if (each) {
        index = shape;
        index.dim[axis] = small.dim[axis] = roll(d, 5);
    } else {
        small.rank = 0;
        for (int i = 0; i < shape.rank; i++)
            for (int k = 0; k < (i == axis ? index.rank : 1); k++)
                small.dim[small.rank++] = i == axis ? index.dim[k] : shape.dim[i];
    }
    e->n_in = 2;
    e->n_attr = at + 1;
    e->attr[0] = axis;
    e->attr[1] = n;
    e->attr[at] = each;
    e->in[0] = ta_random(type, e->op == SX_PUT ? small : shape, 9, d->seed);
    e->in[1] = ta_random(SX_INT, index, n, d->seed + 1);
    if (sx_count(&index) > 2)
        sx_tensor_set(&e->in[1], 1, roll(d, 2) == 0 ? -1 : (double)n);
}

bool rr_takes(int op, enum sx_type type)
{
    if (op == SX_SOFTMAX || op == SX_LOGSOFTMAX)
        return sx_is_real(type);
    return type != SX_BOOL || (op != SX_SUM && op != SX_CUMSUM);
}

struct random_row rr_draw(int op, enum sx_type type, int64_t longest, bool empty, uint64_t seed)
{
    struct dice d = {.seed = seed};
    struct random_row e = {.op = op, .n_in = 1};
    bool along = op != SX_RESHAPE && op != SX_TRANSPOSE && op != SX_EXPAND && op != SX_SUM &&
                 op != SX_SLICE && op != SX_EMBED && op != SX_REDUCEMAX;
    bool reads = op == SX_ARGMAX || op == SX_TAKE || op == SX_PUT;
    struct sx_shape shape = draw_shape(&d, along ? 1 : 0, 4, longest, empty && !reads);
    if (op == SX_CONCAT) {
        draw_concat(&e, &d, type, shape);
        return e;
    }
    if (op == SX_TAKE || op == SX_PUT) {
        draw_gather(&e, &d, type, shape);
        return e;
    }
    e.in[0] = ta_random(type, shape, 9, seed);
    if (op == SX_RESHAPE)
        draw_reshape(&e, &d, &shape);
    else if (op == SX_TRANSPOSE)
        draw_perm(&e, &d, &shape);
    else if (op == SX_EXPAND)
        draw_expand(&e, &d, &shape);
    else if (op == SX_SLICE || op == SX_EMBED)
        draw_slice(&e, &d, &shape);
    else if (!along)
        draw_axes(&e, &d, &shape);
    if (along) {
        e.n_attr = op == SX_CUMSUM ? 3 : op == SX_ARGMAX || op == SX_SORTINDEX ? 2 : 1;
        e.attr[0] = roll(&d, shape.rank);
        e.attr[1] = roll(&d, 2);
        e.attr[2] = roll(&d, 2);
    }
    return e;
}

struct sx_tensor rr_redraw(const struct random_row *e, int k, uint64_t seed)
{
    int64_t top = 9;
    if (k == 1 && e->op == SX_TAKE)
        top = e->in[0].shape.dim[e->attr[0]];
    if (k == 1 && e->op == SX_PUT)
        top = e->attr[1];
    return ta_random(e->in[k].type, e->in[k].shape, top, seed);
}

void rr_free(struct random_row *e)
{
    ta_free(e->in, e->n_in);
}

int rr_emit(struct sx_graph *g, const struct random_row *e, int *in)
{
    for (int k = 0; k < e->n_in; k++)
        in[k] = sx_input(g, e->in[k].type, &e->in[k].shape);
    return sx_emit(g, e->op, e->n_in, in, e->n_attr, e->attr);
}

/* ---- By definition ---- */

static struct sx_tensor new_like(const struct sx_tensor *t, struct sx_shape shape)
{
    struct sx_error error = {0};
    struct sx_tensor result;
    ck_assert(sx_tensor_new(&result, t->type, &shape, &error));
    return result;
}

static void copy_element(struct sx_tensor *to, int64_t i, const struct sx_tensor *from,
                         int64_t k)
{
    sx_tensor_set(to, i, sx_tensor_get(from, k));
}

/* RESHAPE, TRANSPOSE, EXPAND, SLICE: each element of the result is an element of the operand. */
static struct sx_tensor read_by_definition(const struct random_row *e)
{
    const struct sx_tensor *a = &e->in[0];
    int r = a->shape.rank;
    struct sx_shape shape = ta_shape(e->op == SX_SLICE ? r : e->n_attr,
                                     e->op == SX_SLICE ? e->attr + 2 * r : e->attr);
    for (int i = 0; e->op == SX_TRANSPOSE && i < r; i++)
        shape.dim[i] = a->shape.dim[e->attr[i]];
    struct sx_tensor y = new_like(a, shape);
    for (int64_t i = 0; i < sx_count(&shape); i++) {
        int64_t at[SX_MAX_RANK], from[SX_MAX_RANK] = {0};
        ta_unravel(&shape, i, at);
        for (int k = 0; k < r && e->op != SX_RESHAPE; k++) {
            if (e->op == SX_TRANSPOSE)
                from[e->attr[k]] = at[k];
            else if (e->op == SX_SLICE)
                from[k] = e->attr[k] + at[k] * e->attr[r + k];
            else
                from[k] = a->shape.dim[k] == 1 ? 0 : at[shape.rank - r + k];
        }
        copy_element(&y, i, a, e->op == SX_RESHAPE ? i : ta_ravel(&a->shape, from));
    }
    return y;
}

static struct sx_tensor embed_by_definition(const struct random_row *e)
{
    const struct sx_tensor *a = &e->in[0];
    int r = a->shape.rank;
    struct sx_tensor y = new_like(a, ta_shape(r, e->attr + 2 * r));
    for (int64_t i = 0; i < sx_count(&a->shape); i++) {
        int64_t at[SX_MAX_RANK] = {0};
        ta_unravel(&a->shape, i, at);
        for (int k = 0; k < r; k++)
            at[k] = e->attr[k] + at[k] * e->attr[r + k];
        copy_element(&y, ta_ravel(&y.shape, at), a, i);
    }
    return y;
}

static struct sx_tensor concat_by_definition(const struct random_row *e)
{
    struct sx_shape shape = e->in[0].shape;
    int64_t axis = e->attr[0], begin = 0, at[SX_MAX_RANK];
    for (int k = 1; k < e->n_in; k++)
        shape.dim[axis] += e->in[k].shape.dim[axis];
    struct sx_tensor y = new_like(&e->in[0], shape);
    for (int k = 0; k < e->n_in; k++) {
        for (int64_t i = 0; i < sx_count(&e->in[k].shape); i++) {
            ta_unravel(&e->in[k].shape, i, at);
            at[axis] += begin;
            copy_element(&y, ta_ravel(&shape, at), &e->in[k], i);
        }
        begin += e->in[k].shape.dim[axis];
    }
    return y;
}

/* The element of the large array that belongs to element `at` of the small one. */
static int64_t place(const struct random_row *e, bool each, const struct sx_shape *small,
                     const struct sx_shape *large, int64_t index)
{
    const struct sx_tensor *table = &e->in[1];
    int axis = (int)e->attr[0], rank = each ? 1 : table->shape.rank;
    int64_t at[SX_MAX_RANK], to[SX_MAX_RANK];
    ta_unravel(small, index, at);
    double i = sx_tensor_get(table, each ? index : ta_ravel(&table->shape, at + axis));
    for (int k = 0; k < large->rank; k++)
        to[k] = k < axis ? at[k] : k > axis ? at[k + rank - 1] : 0;
    to[axis] = i >= 0 && i < (double)large->dim[axis] ? (int64_t)i : 0;
    return ta_ravel(large, to);
}

static struct sx_tensor take_by_definition(const struct random_row *e)
{
    const struct sx_tensor *a = &e->in[0], *index = &e->in[1];
    bool each = e->attr[1] != 0;
    struct sx_shape shape = index->shape;
    if (!each) {
        shape.rank = 0;
        for (int i = 0; i < a->shape.rank; i++)
            for (int k = 0; k < (i == e->attr[0] ? index->shape.rank : 1); k++)
                shape.dim[shape.rank++] =
                    i == e->attr[0] ? index->shape.dim[k] : a->shape.dim[i];
    }
    struct sx_tensor y = new_like(a, shape);
    for (int64_t i = 0; i < sx_count(&shape); i++)
        copy_element(&y, i, a, place(e, each, &shape, &a->shape, i));
    return y;
}

static struct sx_tensor put_by_definition(const struct random_row *e)
{
    const struct sx_tensor *a = &e->in[0];
    int axis = (int)e->attr[0], rank = e->attr[2] != 0 ? 1 : e->in[1].shape.rank;
    struct sx_shape shape = {.rank = a->shape.rank - rank + 1};
    for (int k = 0; k < shape.rank; k++)
        shape.dim[k] = k < axis   ? a->shape.dim[k]
                       : k > axis ? a->shape.dim[k + rank - 1]
                                  : e->attr[1];
    struct sx_tensor y = new_like(a, shape);
    for (int64_t i = 0; i < sx_count(&a->shape); i++) {
        int64_t to = place(e, e->attr[2] != 0, &a->shape, &shape, i);
        sx_tensor_set(&y, to, sx_tensor_get(&y, to) + sx_tensor_get(a, i));
    }
    return y;
}

static struct sx_tensor reduce_by_definition(const struct random_row *e)
{
    const struct sx_tensor *a = &e->in[0];
    struct sx_shape shape = a->shape;
    for (int k = 0; k < e->n_attr; k++)
        shape.dim[e->attr[k]] = 1;
    struct sx_tensor y = new_like(a, shape), wide = y;
    double least = a->type == SX_BOOL ? 0 : a->type == SX_INT ? -0x1p63 : -INFINITY;
    struct sx_error error = {0};
    if (a->type == SX_FLOAT)
        ck_assert(sx_tensor_new(&wide, SX_DOUBLE, &shape, &error));
    for (int64_t i = 0; e->op == SX_REDUCEMAX && i < sx_count(&shape); i++)
        sx_tensor_set(&wide, i, least);
    for (int64_t i = 0; i < sx_count(&a->shape); i++) {
        int64_t at[SX_MAX_RANK];
        ta_unravel(&a->shape, i, at);
        for (int k = 0; k < e->n_attr; k++)
            at[e->attr[k]] = 0;
        int64_t to = ta_ravel(&shape, at);
        double v = sx_tensor_get(a, i), so_far = sx_tensor_get(&wide, to);
        sx_tensor_set(&wide, to, e->op == SX_SUM ? so_far + v : fmax(so_far, v));
    }
    if (a->type != SX_FLOAT)
        return wide;
    for (int64_t i = 0; i < sx_count(&shape); i++)
        copy_element(&y, i, &wide, i);
    sx_tensor_free(&wide);
    return y;
}

/* Computes one line x of n elements. */
static void line_by_definition(const struct random_row *e, const double *x, int64_t n,
                               double *y)
{
    double sum = 0, most = -INFINITY;
    for (int64_t i = 0; i < n; i++)
        most = fmax(most, x[i]);
    for (int64_t i = 0; i < n; i++)
        sum += exp(x[i] - most);
    if (e->op == SX_ARGMAX)
        y[0] = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t before = 0;
        for (int64_t k = 0; k < n; k++)
            before += x[k] == x[i] ? k < i : e->attr[1] != 0 ? x[k] > x[i] : x[k] < x[i];
        if (e->op == SX_SOFTMAX)
            y[i] = exp(x[i] - most) / sum;
        else if (e->op == SX_LOGSOFTMAX)
            y[i] = x[i] - most - log(sum);
        else if (e->op == SX_SORTINDEX)
            y[before] = (double)i;
        else if (e->op == SX_ARGMAX)
            y[0] =
                x[i] > x[(int)y[0]] || (x[i] == x[(int)y[0]] && e->attr[1]) ? (double)i : y[0];
        else
            for (int64_t k = 0; k < n; k++)
                if ((e->attr[2] != 0 ? k > i : k < i) || (k == i && e->attr[1] == 0))
                    y[i] += x[k];
    }
}

static struct sx_tensor lines_by_definition(const struct random_row *e)
{
    const struct sx_tensor *a = &e->in[0];
    struct sx_tensor like = *a;
    struct sx_shape shape = a->shape;
    int axis = (int)e->attr[0];
    if (e->op == SX_ARGMAX || e->op == SX_SORTINDEX)
        like.type = SX_INT;
    if (e->op == SX_ARGMAX)
        shape.dim[axis] = 1;
    struct sx_tensor y = new_like(&like, shape);
    for (int64_t i = 0; i < sx_count(&a->shape); i++) {
        int64_t at[SX_MAX_RANK];
        double x[64], line[64] = {0};
        ta_unravel(&a->shape, i, at);
        if (at[axis] != 0)
            continue;
        ck_assert_int_le(a->shape.dim[axis], 64);
        for (at[axis] = 0; at[axis] < a->shape.dim[axis]; at[axis]++)
            x[at[axis]] = sx_tensor_get(a, ta_ravel(&a->shape, at));
        line_by_definition(e, x, a->shape.dim[axis], line);
        for (at[axis] = 0; at[axis] < shape.dim[axis]; at[axis]++)
            sx_tensor_set(&y, ta_ravel(&shape, at), line[at[axis]]);
    }
    return y;
}

struct sx_tensor rr_by_definition(const struct random_row *e)
{
    switch (e->op) {
    case SX_EMBED:
        return embed_by_definition(e);
    case SX_CONCAT:
        return concat_by_definition(e);
    case SX_TAKE:
        return take_by_definition(e);
    case SX_PUT:
        return put_by_definition(e);
    case SX_SUM:
    case SX_REDUCEMAX:
        return reduce_by_definition(e);
    case SX_RESHAPE:
    case SX_TRANSPOSE:
    case SX_EXPAND:
    case SX_SLICE:
        return read_by_definition(e);
    default:
        return lines_by_definition(e);
    }
}
