/* dynamic.c - dynamic quantisation, whose scale depends on the values, and integer weights of
 * recurrent networks. */
#include "lower/row.h"

void sx_dynamic_scale(struct sx_graph *g, int x, int *scale, int *point)
{
    struct sx_shape shape = sx_shape_of(g, x);
    int64_t n = sx_count(&shape);
    const int axis = 0;
    int flat = sx_shaped(g, x, 1, &n), zero = sx_scalar(g, 0), one = sx_scalar(g, 1);
    int high = sx_shaped(g, sx_reduce_max(g, flat, &axis, 1), 0, NULL);
    int low = sx_neg(g, sx_shaped(g, sx_reduce_max(g, sx_neg(g, flat), &axis, 1), 0, NULL));
    high = sx_binary(g, SX_MAX, high, zero);
    low = sx_binary(g, SX_MIN, low, zero);
    *scale = sx_where(g, sx_binary(g, SX_EQUAL, high, low), one,
                      sx_div(g, sx_sub(g, high, low), sx_scalar(g, 255)));
    *point = sx_clip(g, sx_unary(g, SX_ROUND, sx_neg(g, sx_div(g, low, *scale))), zero,
                     sx_scalar(g, 255));
}

int sx_dynamically_rounded(struct sx_lowering *l, int x)
{
    struct sx_graph *g = l->g;
    int scale, point;
    sx_dynamic_scale(g, x, &scale, &point);
    int whole = sx_add(g, sx_unary(g, SX_ROUND, sx_div(g, x, scale)), point);
    whole = sx_clip(g, whole, sx_scalar(g, 0), sx_scalar(g, 255));
    return sx_straight(l, sx_mul(g, sx_sub(g, whole, point), scale), x);
}

int sx_weights_of_integers(struct sx_lowering *l, int k, int scale)
{
    static const int turned[] = {0, 2, 1};
    struct sx_graph *g = l->g;
    struct sx_shape w = sx_arg_shape(l, k);
    int part[2];
    for (int i = 0; i < 2; i++) {
        struct sx_shape s = sx_arg_shape(l, scale + i);
        bool columns = s.rank == 2;
        if (w.rank != 3 || s.rank < 1 || s.rank > 2 || s.dim[0] != w.dim[0] ||
            (columns && s.dim[1] != w.dim[2])) {
            sx_reject(l, "input %d does not fit the weights", scale + i);
            return SX_NONE;
        }
        int64_t dims[] = {s.dim[0], 1, columns ? s.dim[1] : 1};
        part[i] = sx_shaped(g, sx_cast(g, sx_arg(l, scale + i), g->real), 3, dims);
    }
    int real = sx_sub(g, sx_cast(g, sx_arg(l, k), g->real), part[1]);
    return sx_transpose(g, sx_mul(g, real, part[0]), turned);
}
