/* nbits.c - lowering of com.microsoft's operators whose weights are integers of few bits, packed in
 * bytes. Each block of a row has its own scale and zero point. */
#include "lower/tables.h"

/* The shape of MatMulNBits' weights: n rows of k numbers. */
struct packed {
    int64_t n, k, bits, block, blocks;
    const int64_t *bytes, *zeros; /* zeros NULL: there are none, or they are real */
    const double *scales, *real_zeros;
};

/* Element i of a row of bytes; the first lies in the lowest bits. */
static int64_t element(const int64_t *row, int64_t i, int64_t bits)
{
    int64_t each = 8 / bits;
    return (row[i / each] >> (i % each * bits)) & ((1 << bits) - 1);
}

static int64_t bytes_of(int64_t count, int64_t bits)
{
    int64_t each = 8 / bits;
    return count / each + (count % each != 0);
}

static bool read_packed(struct sx_lowering *l, struct packed *p)
{
    struct sx_ints bytes;
    struct sx_reals scales, real_zeros = {0};
    struct sx_ints zeros = {0};
    p->n = sx_attr_int(l, "N", 0);
    p->k = sx_attr_int(l, "K", 0);
    p->bits = sx_attr_int(l, "bits", 4);
    p->block = sx_attr_int(l, "block_size", 0);
    if (p->n < 1 || p->k < 1 || (p->bits != 2 && p->bits != 4 && p->bits != 8) ||
        p->block < 8 || p->block > 65536)
        return sx_reject(l, "%lld rows of %lld numbers of %lld bits in blocks of %lld",
                         (long long)p->n, (long long)p->k, (long long)p->bits,
                         (long long)p->block);
    p->blocks = (p->k - 1) / p->block + 1;
    if (!sx_const_ints(l, 1, "B", &bytes) || !sx_const_reals(l, 2, "scales", &scales))
        return false;
    if (sx_arg_real(l, 3) ? !sx_const_reals(l, 3, "zero points", &real_zeros)
                          : !sx_const_ints(l, 3, "zero points", &zeros))
        return false;
    const struct sx_shape groups_of = {2, {p->n, p->blocks}};
    const struct sx_shape stored_of = {3, {p->n, p->blocks, p->block / 8 * p->bits}};
    const struct sx_shape points_of = {2, {p->n, bytes_of(p->blocks, p->bits)}};
    int64_t groups, stored, points;
    if (!sx_shape_count(&groups_of, &groups, l->error) ||
        !sx_shape_count(&stored_of, &stored, l->error) ||
        !sx_shape_count(&points_of, &points, l->error))
        return false;
    if (p->block % 8 != 0 || bytes.n != stored || scales.n != groups ||
        (zeros.given && zeros.n != points) || (real_zeros.given && real_zeros.n != groups))
        return sx_reject(l, "bytes, scales and zero points do not fit [%lld, %lld]",
                         (long long)p->n, (long long)p->k);
    p->bytes = bytes.v;
    p->scales = scales.v;
    p->zeros = zeros.given ? zeros.v : NULL;
    p->real_zeros = real_zeros.given ? real_zeros.v : NULL;
    return true;
}

static double zero_point(const struct packed *p, int64_t row, int64_t block)
{
    if (p->real_zeros != NULL)
        return p->real_zeros[row * p->blocks + block];
    if (p->zeros != NULL)
        return (double)element(p->zeros + row * bytes_of(p->blocks, p->bits), block, p->bits);
    return (double)(1 << (p->bits - 1));
}

/* The weights [n, k] as real numbers. */
static int unpacked(struct sx_lowering *l, const struct packed *p)
{
    struct sx_shape shape = {2, {p->n, p->k}};
    struct sx_tensor t = {.type = l->g->real, .shape = shape};
    t.data = sx_scratch(l, (size_t)p->n, (size_t)p->k * sx_type_size(l->g->real));
    if (t.data == NULL)
        return SX_NONE;
    for (int64_t row = 0; row < p->n; row++)
        for (int64_t block = 0; block < p->blocks; block++) {
            int64_t at = row * p->blocks + block, first = block * p->block;
            const int64_t *bytes = p->bytes + at * (p->block / 8 * p->bits);
            double scale = p->scales[at], zero = zero_point(p, row, block);
            for (int64_t i = 0; i < p->block && first + i < p->k; i++)
                sx_tensor_set(&t, row * p->k + first + i,
                              ((double)element(bytes, i, p->bits) - zero) * scale);
        }
    return sx_const_borrow(l->g, t.type, &shape, t.data);
}

/* MatMulNBits: A B^T + bias. Inputs A, B, scales, zero points, order of columns, bias. */
static bool lower_matmul(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct packed p = {0};
    struct sx_ints group = {0};
    if (!sx_const_ints(l, 4, "g_idx", &group) || !read_packed(l, &p))
        return false;
    for (int i = 0; i < group.n; i++)
        if (group.v[i] != i / p.block)
            return sx_reject(l, "g_idx of another order than the columns' is not supported");
    int w = unpacked(l, &p), x = sx_arg(l, 0);
    if (sx_arg_shape(l, 0).rank < 2)
        x = sx_shaped(g, x, 2, (int64_t[]){1, p.k});
    int y = sx_matmul(g, x, w, false, true);
    return sx_give(l, sx_arg(l, 5) != SX_NONE ? sx_add(g, y, sx_arg(l, 5)) : y);
}

/* ---- Tables ---- */

int sx_bits_spread(struct sx_graph *g, int bytes, int64_t bits, int64_t n)
{
    static const int64_t right = 1;
    int parts[4], each = (int)(8 / bits), last;
    struct sx_shape shape = sx_shape_of(g, bytes), apart = shape;
    apart.dim[apart.rank++] = 1;
    for (int i = 0; i < each; i++) {
        const int in[] = {bytes, sx_scalar_int(g, i * bits)};
        int low = sx_binary(g, SX_BITAND, sx_emit(g, SX_SHIFT, 2, in, 1, &right),
                            sx_scalar_int(g, (1 << bits) - 1));
        parts[i] = sx_reshape(g, low, &apart);
    }
    last = shape.rank - 1;
    shape.dim[last] *= each;
    int all = sx_reshape(g, sx_concat(g, parts, each, last + 1), &shape);
    return sx_slice_axis(g, all, last, 0, n);
}

int sx_each_of_block(struct sx_lowering *l, int scale, int axis, int64_t n, int64_t block)
{
    int64_t *index = sx_scratch(l, (size_t)n, sizeof *index);
    for (int64_t i = 0; index != NULL && i < n; i++)
        index[i] = i / block;
    return index != NULL ? sx_take(l->g, scale, sx_ints(l->g, (int)n, index), axis, false)
                         : SX_NONE;
}

/* GatherBlockQuantized: takes rows of a table (input 0) and dequantises them. Inputs: table,
 * indices, scales, zero points. */
static bool lower_gather(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape data = sx_arg_shape(l, 0), ids = sx_arg_shape(l, 1);
    int64_t bits = sx_attr_int(l, "bits", 4), block = sx_attr_int(l, "block_size", 128);
    bool bytes = sx_arg_kind(l, 0) == SX_ONNX_UINT8 && bits != 8;
    int along;
    if ((bits != 2 && bits != 4 && bits != 8) || block < 1 || data.rank < 1 ||
        sx_attr_int(l, "gather_axis", 0) != 0)
        return sx_reject(l, "%lld bits, or rows of another axis than 0, are not supported",
                         (long long)bits);
    if (!sx_axis(l, sx_attr_int(l, "quantize_axis", 1), data.rank, &along))
        return false;
    if (along == 0 || (bytes && along != data.rank - 1) || sx_arg_shape(l, 2).rank != data.rank)
        return sx_reject(l, "blocks along axis %d are not supported", along);
    int64_t n = data.dim[along] * (bytes ? 8 / bits : 1);
    int at = sx_index(l, sx_arg(l, 1), data.dim[0]), part[3] = {SX_NONE, SX_NONE, SX_NONE};
    static const int from[] = {0, 2, 3};
    for (int i = 0; i < 3; i++)
        if (sx_arg(l, from[i]) != SX_NONE)
            part[i] = sx_take(g, sx_arg(l, from[i]), at, 0, false);
    int axis = along + ids.rank - 1;
    if (bytes) {
        part[0] = sx_bits_spread(g, part[0], bits, n);
        if (part[2] != SX_NONE)
            part[2] = sx_bits_spread(g, part[2], bits, sx_arg_shape(l, 2).dim[along]);
    }
    int x = sx_cast(g, part[0], g->real);
    if (part[2] != SX_NONE)
        x = sx_sub(g, x, sx_cast(g, sx_each_of_block(l, part[2], axis, n, block), g->real));
    else if (sx_arg_kind(l, 0) == SX_ONNX_UINT8)
        x = sx_shift(g, x, -(double)(1 << (bits - 1)));
    return sx_give_as(l, 0, sx_mul(g, x, sx_each_of_block(l, part[1], axis, n, block)),
                      sx_arg_kind(l, 2));
}

/* The numbers that the 4 bits of bitsandbytes stand for, of its types fp4 and nf4. */
static const double code[2][16] = {
    {0, 5.208333333e-03, 0.66666667, 1, 0.33333333, 0.5, 0.16666667, 0.25, 0, -5.208333333e-03,
     -0.66666667, -1, -0.33333333, -0.5, -0.16666667, -0.25},
    {-1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
     -0.18477343022823334, -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725,
     0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941,
     0.7229568362236023, 1},
};

/* MatMulBnb4's product of x with weights [N, K]. Each byte holds two numbers, the first one in its high
 * bits; blocks of numbers, which do not end with a row, share one scale. */
static bool lower_bnb4(struct sx_lowering *l)
{
    struct sx_ints bytes;
    struct sx_reals scales;
    struct sx_shape shape = {2, {sx_attr_int(l, "N", 0), sx_attr_int(l, "K", 0)}};
    int64_t block = sx_attr_int(l, "block_size", 0), kind = sx_attr_int(l, "quant_type", 1);
    int64_t count = 0;
    if (shape.dim[0] < 1 || shape.dim[1] < 1 || block < 1 || kind < 0 || kind > 1 ||
        sx_attr_int(l, "transB", 1) != 1 || !sx_shape_count(&shape, &count, NULL))
        return sx_reject(l, "weights [%lld, %lld] of type %lld in blocks of %lld",
                         (long long)shape.dim[0], (long long)shape.dim[1], (long long)kind,
                         (long long)block);
    if (!sx_const_ints(l, 1, "B", &bytes) || !sx_const_reals(l, 2, "absmax", &scales))
        return false;
    if (bytes.n != bytes_of(count, 4) || scales.n != (count - 1) / block + 1)
        return sx_reject(l, "%d bytes and %d scales do not fit [%lld, %lld]", bytes.n, scales.n,
                         (long long)shape.dim[0], (long long)shape.dim[1]);
    double *weight = sx_scratch(l, (size_t)count, sizeof *weight);
    for (int64_t i = 0; i < count && weight != NULL; i++)
        weight[i] =
            code[kind][bytes.v[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15] * scales.v[i / block];
    if (weight == NULL)
        return false;
    static const int exchange[] = {1, 0};
    int w = sx_transpose(l->g, sx_real_const(l->g, &shape, weight), exchange);
    return sx_give(l, sx_product(l->g, sx_arg(l, 0), w));
}

#define MS "com.microsoft"
const struct sx_lowering_row sx_lower_nbits[] = {
    {MS, "MatMulNBits", 1, 0, 3, 6, lower_matmul, 0, true},
    {MS, "MatMulBnb4", 1, 0, 3, 3, lower_bnb4, 0, true},
    {MS, "GatherBlockQuantized", 1, 0, 3, 4, lower_gather, 0, false},
    {0},
};
