/* build.c - the pointwise builders, and shapes that broadcast. */
#include "graph/build.h"

struct sx_shape sx_shape_of(const struct sx_graph *g, int node)
{
    return node >= 0 ? g->node[node].shape : (struct sx_shape){0};
}

bool sx_broadcast_shape(struct sx_shape *to, const struct sx_shape *a, const struct sx_shape *b)
{
    struct sx_shape result = {.rank = a->rank > b->rank ? a->rank : b->rank};
    for (int i = 1; i <= result.rank; i++) {
        int64_t p = i <= a->rank ? a->dim[a->rank - i] : 1;
        int64_t q = i <= b->rank ? b->dim[b->rank - i] : 1;
        if (p != q && p != 1 && q != 1)
            return false;
        result.dim[result.rank - i] = p == 1 ? q : p;
    }
    *to = result;
    return true;
}

int sx_unary(struct sx_graph *g, int op, int a)
{
    return sx_emit(g, op, 1, &a, 0, NULL);
}

int sx_binary(struct sx_graph *g, int op, int a, int b)
{
    const int in[] = {a, b};
    return sx_emit(g, op, 2, in, 0, NULL);
}

int sx_add(struct sx_graph *g, int a, int b)
{
    return sx_binary(g, SX_ADD, a, b);
}

int sx_sub(struct sx_graph *g, int a, int b)
{
    return sx_binary(g, SX_SUB, a, b);
}

int sx_mul(struct sx_graph *g, int a, int b)
{
    return sx_binary(g, SX_MUL, a, b);
}

int sx_div(struct sx_graph *g, int a, int b)
{
    return sx_binary(g, SX_DIV, a, b);
}

int sx_neg(struct sx_graph *g, int a)
{
    return sx_unary(g, SX_NEG, a);
}

int sx_where(struct sx_graph *g, int condition, int a, int b)
{
    const int in[] = {condition, a, b};
    return sx_emit(g, SX_WHERE, 3, in, 0, NULL);
}

int sx_scale(struct sx_graph *g, int a, double factor)
{
    return sx_mul(g, a, sx_scalar(g, factor));
}

int sx_shift(struct sx_graph *g, int a, double term)
{
    return sx_add(g, a, sx_scalar(g, term));
}

int sx_cast(struct sx_graph *g, int a, enum sx_type type)
{
    if (a != SX_NONE && g->node[a].type == type)
        return a;
    const int64_t attr = type;
    return sx_emit(g, SX_CAST, 1, &a, 1, &attr);
}

int sx_through(struct sx_graph *g, int value, int slope)
{
    return sx_binary(g, SX_THROUGH, value, slope);
}

int sx_narrow(struct sx_graph *g, int a, enum sx_narrow kind)
{
    const int64_t attr = kind;
    return sx_emit(g, SX_NARROW, 1, &a, 1, &attr);
}

/* The attribute is `form` in the upper bits and the type of the result in the lower ones. */
int sx_bits(struct sx_graph *g, int a, enum sx_bits form)
{
    if (a == SX_NONE)
        return SX_NONE;
    enum sx_type to = sx_is_real(g->node[a].type) ? SX_INT : g->real;
    const int64_t attr = (int64_t)form << 8 | (int64_t)to;
    return sx_emit(g, SX_BITS, 1, &a, 1, &attr);
}
