/* masked.c - lowering of com.microsoft's MaxpoolWithMask: a row of a window ends at the first element
 * that the mask hides. */
#include <float.h>

#include "lower/tables.h"
#include "lower/window.h"

/* The most elements of a window, which is unrolled. */
#define MOST_CELLS 4096

struct masked {
    struct sx_graph *g;
    int x, open; /* with the padding around them; open: bool, false where the mask hides */
    struct sx_shape result;
    int64_t step[SX_MAX_RANK];
};

/* Surrounds an image by its padding. */
static int padded(struct sx_graph *g, int a, const struct sx_conv *c)
{
    struct sx_shape shape = sx_shape_of(g, a);
    int64_t start[SX_MAX_RANK] = {0}, step[SX_MAX_RANK];
    for (int i = 0; i < shape.rank; i++)
        step[i] = 1;
    for (int i = 0; i < c->rank; i++) {
        start[i + 2] = c->pad_begin[i];
        shape.dim[i + 2] += c->pad_begin[i] + c->pad_end[i];
    }
    return sx_embed(g, a, start, step, &shape);
}

static bool read_masked(struct sx_lowering *l, struct masked *m, const struct sx_pool *p)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0), mask = sx_arg_shape(l, 1), both;
    if (!sx_broadcast_shape(&both, &x, &mask) || !sx_shape_equal(&both, &x))
        return sx_reject(l, "the mask does not broadcast to the input");
    int hidden = sx_unary(g, SX_NOT, sx_cast(g, sx_expand(g, sx_arg(l, 1), &x), SX_BOOL));
    int inside = padded(g, sx_filled(g, SX_INT, &x, 1), &p->c);
    hidden = padded(g, sx_cast(g, hidden, SX_INT), &p->c);
    m->g = g;
    m->open = sx_unary(g, SX_NOT, sx_cast(g, hidden, SX_BOOL));
    m->x = sx_where(g, sx_cast(g, inside, SX_BOOL), padded(g, sx_arg(l, 0), &p->c),
                    sx_scalar(g, -(double)FLT_MAX));
    m->result = x;
    for (int i = 0; i < SX_MAX_RANK; i++)
        m->step[i] = 1;
    for (int i = 0; i < p->c.rank; i++) {
        int64_t room = x.dim[i + 2] + p->c.pad_begin[i] + p->c.pad_end[i] - p->c.extent[i];
        m->result.dim[i + 2] = room / p->c.stride[i] + 1;
        m->step[i + 2] = p->c.stride[i];
    }
    return true;
}

static bool lower_masked(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct masked m;
    struct sx_pool p;
    struct sx_window w;
    if (!sx_read_pool(l, &p, &w) || !read_masked(l, &m, &p))
        return false;
    int last = (int)p.c.rank - 1, y = SX_NONE, seen = SX_NONE;
    int64_t cells = 1;
    for (int i = 0; i <= last; i++) {
        if (p.c.extent[i] > MOST_CELLS / cells)
            return sx_reject(l, "a window of more than %d elements", MOST_CELLS);
        cells *= p.c.extent[i];
    }
    for (int64_t k = 0; k < cells; k++) {
        int64_t at[SX_MAX_RANK] = {0}, rest = k;
        for (int i = last; i >= 0; rest /= p.c.extent[i], i--)
            at[i + 2] = rest % p.c.extent[i];
        int open = sx_slice(g, m.open, at, m.step, &m.result);
        seen = at[last + 2] == 0 ? open : sx_binary(g, SX_AND, seen, open);
        int x = sx_where(g, seen, sx_slice(g, m.x, at, m.step, &m.result),
                         sx_scalar(g, -(double)FLT_MAX));
        y = y == SX_NONE ? x : sx_binary(g, SX_MAX, y, x);
    }
    return sx_give(l, y);
}

const struct sx_lowering_row sx_lower_masked[] = {
    {"com.microsoft", "MaxpoolWithMask", 1, 0, 2, 2, lower_masked, 0, true},
    {0},
};
