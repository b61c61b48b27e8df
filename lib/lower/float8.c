/* float8.c - conversions to numbers of 8 bits with saturate = 0, for which numbers beyond the
 * largest one do not become it. */
#include <math.h>

#include "lower/row.h"
#include "lower/scope.h"

/* The largest magnitude that still becomes a number; whether this magnitude itself does; and what
 * larger ones become. */
static const struct {
    int kind;
    double most;
    bool within;
    double beyond;
} limits[] = {
    {SX_ONNX_FLOAT8E4M3FN, 464, true, NAN},
    {SX_ONNX_FLOAT8E4M3FNUZ, 248, false, NAN},
    {SX_ONNX_FLOAT8E5M2, 61440, false, INFINITY},
    {SX_ONNX_FLOAT8E5M2FNUZ, 61440, false, NAN},
};

int sx_unsaturated(struct sx_lowering *l, int y, int x, int kind)
{
    struct sx_graph *g = l->g;
    if (y == SX_NONE || sx_attr_int(l, "saturate", 1) != 0)
        return y;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        if (limits[i].kind != kind)
            continue;
        int size = sx_unary(g, SX_ABS, sx_cast(g, x, g->real)),
            most = sx_scalar(g, limits[i].most);
        int over = limits[i].within ? sx_binary(g, SX_LESS, most, size)
                                    : sx_binary(g, SX_LESSEQ, most, size);
        int beyond = sx_mul(g, sx_unary(g, SX_SIGN, x), sx_scalar(g, limits[i].beyond));
        return sx_where(g, over, beyond, y);
    }
    return y;
}
