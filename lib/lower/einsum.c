/* einsum.c - lowering of Einsum: each product of two operands becomes a matrix product. */
#include <string.h>

#include "lower/tables.h"

/* Names of axes are numbers: 0 to 51 for letters, and larger ones for the axes of an ellipsis,
 * whose last axis always has the last number. */
#define LETTERS 52
#define CALLED (LETTERS + SX_MAX_RANK)

struct axes {
    int n, call[SX_MAX_RANK];
};

struct operand {
    int node;
    struct axes axes;
};

static int number(char c)
{
    if (c >= 'a' && c <= 'z')
        return c - 'a';
    return c >= 'A' && c <= 'Z' ? c - 'A' + 26 : -1;
}

static int find(const struct axes *axes, int call)
{
    for (int i = 0; i < axes->n; i++)
        if (axes->call[i] == call)
            return i;
    return -1;
}

static bool add(struct sx_lowering *l, struct axes *axes, int call)
{
    if (axes->n == SX_MAX_RANK)
        return sx_reject(l, "equation: more than %d axes", SX_MAX_RANK);
    axes->call[axes->n++] = call;
    return true;
}

static bool add_all(struct sx_lowering *l, struct axes *axes, const struct axes *more)
{
    for (int i = 0; i < more->n; i++)
        if (!add(l, axes, more->call[i]))
            return false;
    return true;
}

/* Reads one term, up to ',' or '-' or the end, with an ellipsis of `dots` axes. */
static bool read_term(struct sx_lowering *l, const char **text, int dots, struct axes *axes)
{
    const char *p = *text;
    axes->n = 0;
    for (; *p != '\0' && *p != ',' && *p != '-'; p++) {
        bool is_ellipsis = strncmp(p, "...", 3) == 0, ok = true;
        if (*p == ' ')
            continue;
        if (!is_ellipsis && number(*p) < 0)
            return sx_reject(l, "equation not understood at '%.20s'", p);
        for (int i = 0; is_ellipsis && i < dots && ok; i++)
            ok = add(l, axes, CALLED - dots + i);
        if (!(is_ellipsis ? ok : add(l, axes, number(*p))))
            return false;
        p += is_ellipsis ? 2 : 0;
    }
    *text = p;
    return true;
}

/* The number of axes of an ellipsis in a term for a tensor of this rank. */
static int dots_in(const char *text, int rank)
{
    for (; *text != '\0' && *text != ',' && *text != '-'; text++)
        rank -= number(*text) >= 0;
    return rank > 0 ? rank : 0;
}

static bool read_operands(struct sx_lowering *l, const char **text, struct operand *operands,
                          int *widest)
{
    *widest = 0;
    for (int k = 0; k < l->n_in; k++) {
        struct sx_shape shape = sx_arg_shape(l, k);
        int dots = dots_in(*text, shape.rank);
        *widest = dots > *widest ? dots : *widest;
        operands[k].node = sx_arg(l, k);
        if (operands[k].node == SX_NONE || !read_term(l, text, dots, &operands[k].axes))
            return sx_reject(l, "input %d is missing", k);
        if (operands[k].axes.n != shape.rank)
            return sx_reject(l, "equation: %d axes for input %d of rank %d", operands[k].axes.n,
                             k, shape.rank);
        if ((**text == ',') != (k + 1 < l->n_in))
            return sx_reject(l, "equation: not one term for each of %d inputs", l->n_in);
        *text += **text == ',';
    }
    return true;
}

/* Reads the result. Without "->" it has the ellipsis, and every letter that occurs once, sorted. */
static bool read_result(struct sx_lowering *l, const char *text, const struct operand *operands,
                        int widest, struct axes *result)
{
    int times[CALLED] = {0};
    bool ok = true;
    if (strncmp(text, "->", 2) == 0) {
        text += 2;
        ok = read_term(l, &text, widest, result);
        return ok &&
               (*text == '\0' || sx_reject(l, "equation not understood at '%.20s'", text));
    }
    if (*text != '\0')
        return sx_reject(l, "equation not understood at '%.20s'", text);
    for (int k = 0; k < l->n_in; k++)
        for (int i = 0; i < operands[k].axes.n; i++)
            times[operands[k].axes.call[i]]++;
    result->n = 0;
    for (int i = 0; i < widest && ok; i++)
        ok = add(l, result, CALLED - widest + i);
    for (int i = 26; i < 26 + LETTERS && ok; i++) /* capitals sort first */
        ok = times[i % LETTERS] != 1 || add(l, result, i % LETTERS);
    return ok;
}

/* Replaces axes i and k, which have one letter, by one axis at the end: the diagonal. */
static bool take_diagonal(struct sx_lowering *l, struct operand *o, int i, int k)
{
    struct sx_graph *g = l->g;
    struct axes old = o->axes;
    int perm[SX_MAX_RANK], rank = 0;
    for (int axis = 0; axis < old.n; axis++)
        if (axis != i && axis != k)
            perm[rank++] = axis;
    perm[rank] = i;
    perm[rank + 1] = k;
    o->node = sx_transpose(g, o->node, perm);
    struct sx_shape shape = sx_shape_of(g, o->node);
    int64_t n = shape.dim[rank];
    if (n != shape.dim[rank + 1])
        return sx_reject(l, "equation: axes %d and %d differ in length", i, k);
    shape.dim[rank] = n * n;
    int index = sx_mul(g, sx_iota(g, n), sx_scalar_int(g, n + 1));
    o->node = sx_take(g, sx_shaped(g, o->node, rank + 1, shape.dim), index, rank, false);
    o->axes.n = rank + 1;
    for (int axis = 0; axis <= rank; axis++)
        o->axes.call[axis] = old.call[perm[axis]];
    return true;
}

static bool take_diagonals(struct sx_lowering *l, struct operand *o)
{
    for (int i = 0; i < o->axes.n; i++) {
        int k = i + 1;
        while (k < o->axes.n && o->axes.call[k] != o->axes.call[i])
            k++;
        if (k == o->axes.n)
            continue;
        if (!take_diagonal(l, o, i, k))
            return false;
        i = -1;
    }
    return true;
}

/* Sums over the axes that are not kept. */
static void sum_others(struct sx_graph *g, struct operand *o, const bool *keep)
{
    struct sx_shape shape = sx_shape_of(g, o->node), rest = {0};
    struct axes old = o->axes;
    int summed[SX_MAX_RANK], n = 0;
    o->axes.n = 0;
    for (int i = 0; i < old.n; i++)
        if (keep[old.call[i]]) {
            rest.dim[rest.rank++] = shape.dim[i];
            o->axes.call[o->axes.n++] = old.call[i];
        } else {
            summed[n++] = i;
        }
    if (n > 0)
        o->node = sx_shaped(g, sx_sum(g, o->node, summed, n), rest.rank, rest.dim);
}

/* The operand with its axes in this order. */
static int arranged(struct sx_graph *g, const struct operand *o, const struct axes *order)
{
    int perm[SX_MAX_RANK];
    bool moved = false;
    for (int i = 0; i < order->n; i++) {
        perm[i] = find(&o->axes, order->call[i]);
        moved = moved || perm[i] != i;
    }
    return moved ? sx_transpose(g, o->node, perm) : o->node;
}

/* Appends the dimensions of some axes of an operand to *to, and returns their product. */
static int64_t dims_of(const struct sx_graph *g, const struct operand *o,
                       const struct axes *axes, struct sx_shape *to)
{
    struct sx_shape shape = sx_shape_of(g, o->node);
    int64_t count = 1;
    for (int i = 0; i < axes->n && to->rank < SX_MAX_RANK; i++) {
        to->dim[to->rank] = shape.dim[find(&o->axes, axes->call[i])];
        count *= to->dim[to->rank++];
    }
    return count;
}

/* Multiplies two operands. Shared axes are batch axes if they are kept; else they are summed. Axes
 * of only one operand are rows or columns. */
static bool contract(struct sx_lowering *l, struct operand *a, const struct operand *b,
                     const bool *keep)
{
    struct sx_graph *g = l->g;
    struct axes batch = {0}, rows = {0}, inner = {0}, columns = {0};
    for (int i = 0; i < a->axes.n; i++) {
        int call = a->axes.call[i];
        bool shared = find(&b->axes, call) >= 0;
        add(l, !shared ? &rows : keep[call] ? &batch : &inner, call);
    }
    for (int i = 0; i < b->axes.n; i++)
        if (find(&a->axes, b->axes.call[i]) < 0)
            add(l, &columns, b->axes.call[i]);
    struct axes left = batch, right = batch, result = batch;
    if (!add_all(l, &left, &rows) || !add_all(l, &left, &inner) ||
        !add_all(l, &right, &inner) || !add_all(l, &right, &columns) ||
        !add_all(l, &result, &rows) || !add_all(l, &result, &columns))
        return false;
    if (batch.n + 2 > SX_MAX_RANK)
        return sx_reject(l, "equation: more than %d axes", SX_MAX_RANK);
    struct sx_shape x = {0}, y = {0}, none = {0}, shape, k_left = {0}, k_right = {0};
    dims_of(g, a, &batch, &x);
    dims_of(g, b, &batch, &y);
    if (!sx_broadcast_shape(&shape, &x, &y))
        return sx_reject(l, "equation: operands do not fit");
    int64_t k = dims_of(g, a, &inner, &k_left);
    dims_of(g, b, &inner, &k_right);
    if (!sx_shape_equal(&k_left, &k_right))
        return sx_reject(l, "equation: summed axes differ in length");
    x.dim[x.rank++] = dims_of(g, a, &rows, &shape);
    x.dim[x.rank++] = y.dim[y.rank++] = k;
    y.dim[y.rank++] = dims_of(g, b, &columns, &none);
    dims_of(g, b, &columns, &shape);
    int u = sx_shaped(g, arranged(g, a, &left), x.rank, x.dim);
    int v = sx_shaped(g, arranged(g, b, &right), y.rank, y.dim);
    a->node = sx_shaped(g, sx_typed_product(l, u, v), shape.rank, shape.dim);
    a->axes = result;
    return true;
}

static bool lower_einsum(struct sx_lowering *l)
{
    const char *text = sx_attr_string(l, "equation", 0);
    struct operand *o = sx_scratch(l, (size_t)l->n_in, sizeof *o);
    struct axes result;
    int widest;
    if (text == NULL || o == NULL)
        return sx_reject(l, "attribute 'equation' is missing");
    if (!read_operands(l, &text, o, &widest) || !read_result(l, text, o, widest, &result))
        return false;
    for (int k = 0; k < l->n_in; k++)
        if (!take_diagonals(l, &o[k]))
            return false;
    for (int k = 0; k < l->n_in; k++) {
        bool keep[CALLED] = {false};
        for (int i = 0; i < result.n; i++)
            keep[result.call[i]] = true;
        for (int j = k + 1; j < l->n_in; j++)
            for (int i = 0; i < o[j].axes.n; i++)
                keep[o[j].axes.call[i]] = true;
        if (k > 0 && !contract(l, &o[0], &o[k], keep))
            return false;
        sum_others(l->g, &o[0], keep);
    }
    if (o[0].axes.n != result.n)
        return sx_reject(l, "equation: the result has axes that no operand has");
    for (int i = 0; i < result.n; i++)
        if (find(&o[0].axes, result.call[i]) < 0)
            return sx_reject(l, "equation: the result has axes that no operand has");
    return sx_give(l, sx_wrap(l->g, arranged(l->g, &o[0], &result), sx_arg_kind(l, 0)));
}

const struct sx_lowering_row sx_lower_einsum[] = {
    {"", "Einsum", 12, 0, 1, -1, lower_einsum, 0, true},
    {0},
};
