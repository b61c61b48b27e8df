/* decoder.c - the decoder d, from attributes to the input. It is built from the input's shape. It
 * ends without an activation. */
#include "flint/flint.h"

/* Doubles rows and columns by a transposed convolution with weights `name`; the output is `result`. */
static const char *grow(struct sx_composer *c, const char *name, const char *result,
                        const char *x, int64_t in, int64_t out)
{
    const int64_t dims[] = {in, out, 3, 3}, fan_in = 9 * out;
    const int64_t kernel[] = {3, 3}, strides[] = {2, 2}, pads[] = {1, 1, 1, 1},
                  extra[] = {1, 1};
    const struct sx_onnx_attr attrs[] = {{.name = "kernel_shape", .ints = kernel, .n = 2},
                                         {.name = "strides", .ints = strides, .n = 2},
                                         {.name = "pads", .ints = pads, .n = 4},
                                         {.name = "output_padding", .ints = extra, .n = 2}};
    const char *w = sx_compose_weight(c, name, SX_FLINT_D, 4, dims, fan_in);
    const char *b = sx_compose_bias(c, name, SX_FLINT_D, out, fan_in);
    return sx_compose_node(c, "ConvTranspose", result, (const char *const[]){x, w, b, NULL},
                           attrs, 4);
}

static const char *shaped(struct sx_composer *c, const char *name, const char *x, int n,
                          const int64_t *dims)
{
    const char *shape = sx_compose_ints(c, sx_compose_name(c, "%s/shape", name), n, dims);
    return sx_compose_node(c, "Reshape", name, (const char *const[]){x, shape, NULL}, NULL, 0);
}

/* Crops to the first `rows` rows and `columns` columns, because each convolution doubles the sides. */
static const char *crop(struct sx_composer *c, const char *name, const char *x, int64_t rows,
                        int64_t columns)
{
    const int64_t axes[] = {2, 3}, begin[] = {0, 0}, end[] = {rows, columns};
    if (c->f->opset < 10) {
        const struct sx_onnx_attr attrs[] = {{.name = "axes", .ints = axes, .n = 2},
                                             {.name = "starts", .ints = begin, .n = 2},
                                             {.name = "ends", .ints = end, .n = 2}};
        return sx_compose_node(c, "Slice", name, (const char *const[]){x, NULL}, attrs, 3);
    }
    const char *from = sx_compose_ints(c, "flint/d/crop/begin", 2, begin);
    const char *to = sx_compose_ints(c, "flint/d/crop/end", 2, end);
    const char *which = sx_compose_ints(c, "flint/d/crop/axes", 2, axes);
    return sx_compose_node(c, "Slice", name, (const char *const[]){x, from, to, which, NULL},
                           NULL, 0);
}

static const char *rectify(struct sx_composer *c, const char *x)
{
    return sx_compose_node(c, "Relu", sx_compose_name(c, "%s/relu", x),
                           (const char *const[]){x, NULL}, NULL, 0);
}

/* Makes the picture `out` by two transposed convolutions. */
static void draw_picture(struct sx_composer *c, const struct sx_flint_image *p, const char *out)
{
    int64_t rows = (p->rows + 3) / 4, columns = (p->columns + 3) / 4;
    bool fits = rows * 4 == p->rows && columns * 4 == p->columns;
    const int64_t *maps = c->options->decoder_maps, dims[] = {-1, maps[0], rows, columns};
    const int64_t order[] = {0, 2, 3, 1};
    const struct sx_onnx_attr perm = {.name = "perm", .ints = order, .n = 4};
    const char *x = sx_compose_full(c, "flint/d/full", "flint/d/full", SX_FLINT_D, SX_FLINT_PHI,
                                    c->options->attributes, maps[0] * rows * columns);
    x = shaped(c, "flint/d/image", x, 4, dims);
    x = rectify(c, grow(c, "flint/d/grow0", "flint/d/grow0", x, maps[0], maps[1]));
    x = grow(c, "flint/d/grow1", fits && !p->last ? out : "flint/d/grow1", x, maps[1],
             p->channels);
    if (!fits)
        x = crop(c, p->last ? "flint/d/crop" : out, x, p->rows, p->columns);
    if (p->last)
        sx_compose_node(c, "Transpose", out, (const char *const[]){x, NULL}, &perm, 1);
}

static void make_vector(struct sx_composer *c, const char *out)
{
    struct sx_shape x = c->f->x;
    int64_t size = sx_count(&x), hidden = 64;
    const char *y = sx_compose_full(c, "flint/d/full0", "flint/d/full0", SX_FLINT_D,
                                    SX_FLINT_PHI, c->options->attributes, hidden);
    y = sx_compose_full(c, "flint/d/full1", "flint/d/full1", SX_FLINT_D, rectify(c, y), hidden,
                        size);
    x.dim[0] = -1;
    shaped(c, out, y, x.rank, x.dim);
}

void sx_compose_decoder(struct sx_composer *c)
{
    const struct sx_flint_scale *scale = c->f->scale;
    const char *out = scale != NULL ? "flint/d/made" : SX_FLINT_RECON;
    struct sx_flint_image p;
    if (sx_flint_image(&c->f->x, &p) && p.rows >= 4 && p.columns >= 4)
        draw_picture(c, &p, out);
    else
        make_vector(c, out);
    if (scale != NULL)
        sx_compose_restored(c, "flint/d/out", SX_FLINT_RECON, out, scale);
}
