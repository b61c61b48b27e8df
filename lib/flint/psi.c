/* psi.c - Psi, from the layers of f to attributes. It is built from the layers' shapes. */
#include <stdlib.h>
#include <string.h>

#include "flint/flint.h"

/* An image tensor of the file, [N, maps, rows, columns]. */
struct images {
    const char *name;
    int64_t maps, rows, columns;
};

void sx_pool_matrix(int64_t from, int64_t to, float *matrix)
{
    for (int64_t i = 0; i < to; i++) {
        int64_t begin = i * from / to, end = ((i + 1) * from + to - 1) / to;
        for (int64_t k = 0; k < from; k++)
            matrix[i * from + k] = k >= begin && k < end ? 1 / (float)(end - begin) : 0;
    }
}

/* Adds a 3 x 3 convolution with padding 1, then a ReLU. */
static struct images convolve(struct sx_composer *c, const char *name, struct images in,
                              int64_t maps, int64_t stride)
{
    const int64_t dims[] = {maps, in.maps, 3, 3}, fan_in = 9 * in.maps;
    const int64_t pads[] = {1, 1, 1, 1}, kernel[] = {3, 3}, strides[] = {stride, stride};
    const struct sx_onnx_attr attrs[] = {{.name = "kernel_shape", .ints = kernel, .n = 2},
                                         {.name = "pads", .ints = pads, .n = 4},
                                         {.name = "strides", .ints = strides, .n = 2}};
    const char *w = sx_compose_weight(c, name, SX_FLINT_PSI, 4, dims, fan_in);
    const char *b = sx_compose_bias(c, name, SX_FLINT_PSI, maps, fan_in);
    const char *y =
        sx_compose_node(c, "Conv", name, (const char *const[]){in.name, w, b, NULL}, attrs, 3);
    const char *out = sx_compose_name(c, "%s/relu", name);
    sx_compose_node(c, "Relu", out, (const char *const[]){y, NULL}, NULL, 0);
    return (struct images){out, maps, (in.rows - 1) / stride + 1,
                           (in.columns - 1) / stride + 1};
}

/* The matrix of adaptive pooling of a whole map: the transposed Kronecker product of those of rows
 * and columns. */
static const char *pool_matrix(struct sx_composer *c, const char *name, struct images in,
                               int64_t rows, int64_t columns)
{
    const int64_t from = in.rows * in.columns, to = rows * columns, dims[] = {from, to};
    const int64_t flat[] = {0, 0, -1}, image[] = {0, 0, rows, columns};
    float *p = sx_arena_new(&c->arena, (size_t)(from * to), sizeof *p, c->error);
    float *down = sx_arena_new(&c->arena, (size_t)(in.rows * rows), sizeof *down, c->error);
    float *across =
        sx_arena_new(&c->arena, (size_t)(in.columns * columns), sizeof *across, c->error);
    if (p == NULL || down == NULL || across == NULL)
        return name;
    sx_pool_matrix(in.rows, rows, down);
    sx_pool_matrix(in.columns, columns, across);
    for (int64_t i = 0; i < from; i++)
        for (int64_t k = 0; k < to; k++)
            p[i * to + k] = down[k / columns * in.rows + i / in.columns] *
                            across[k % columns * in.columns + i % in.columns];
    const char *shape = sx_compose_ints(c, sx_compose_name(c, "%s/flat/shape", name), 3, flat);
    const char *x = sx_compose_node(c, "Reshape", sx_compose_name(c, "%s/flat", name),
                                    (const char *const[]){in.name, shape, NULL}, NULL, 0);
    const char *matrix = sx_compose_reals(c, sx_compose_name(c, "%s/matrix", name), 2, dims, p);
    x = sx_compose_node(c, "MatMul", sx_compose_name(c, "%s/product", name),
                        (const char *const[]){x, matrix, NULL}, NULL, 0);
    shape = sx_compose_ints(c, sx_compose_name(c, "%s/shape", name), 4, image);
    return sx_compose_node(c, "Reshape", name, (const char *const[]){x, shape, NULL}, NULL, 0);
}

/* Adds average pooling to rows x columns, which must not exceed the size. */
static struct images pool(struct sx_composer *c, const char *name, struct images in,
                          int64_t rows, int64_t columns)
{
    struct images out = {in.name, in.maps, rows, columns};
    if (rows == in.rows && columns == in.columns)
        return out;
    if (in.rows % rows == 0 && in.columns % columns == 0) {
        const int64_t window[] = {in.rows / rows, in.columns / columns};
        const struct sx_onnx_attr attrs[] = {{.name = "kernel_shape", .ints = window, .n = 2},
                                             {.name = "strides", .ints = window, .n = 2}};
        out.name = sx_compose_node(c, "AveragePool", name, (const char *const[]){in.name, NULL},
                                   attrs, 2);
        return out;
    }
    out.name = pool_matrix(c, name, in, rows, columns);
    return out;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static const char *concat(struct sx_composer *c, const char *out, const char *const *parts)
{
    const struct sx_onnx_attr axis = {.name = "axis", .i = 1};
    return sx_compose_node(c, "Concat", out, parts, &axis, 1);
}

/* Layer i, standardised if there is a scale. */
static const char *layer(struct sx_composer *c, int i)
{
    const struct sx_flint_layer *l = &c->f->layer[i];
    if (l->scale == NULL)
        return l->name;
    return sx_compose_standardised(c, sx_compose_name(c, "flint/psi/in%d", i), l->name,
                                   l->scale);
}

static struct images image(struct sx_composer *c, int i)
{
    const struct sx_shape *s = &c->f->layer[i].shape;
    return (struct images){layer(c, i), s->dim[1], s->dim[2], s->dim[3]};
}

/* Joins the layers that are images to one image. */
static struct images join(struct sx_composer *c, const char **parts)
{
    const struct sx_flint_predictor *f = c->f;
    struct images joined = {.rows = INT64_MAX, .columns = INT64_MAX};
    int n = 0, last = 0;
    for (int i = 0; i < f->n_layers; i++) {
        const struct sx_shape *s = &f->layer[i].shape;
        if (s->rank != 4)
            continue;
        joined.rows = least(joined.rows, s->dim[2]);
        joined.columns = least(joined.columns, s->dim[3]);
        last = i;
        n++;
    }
    if (n == 0)
        return (struct images){0};
    if (n == 1)
        return convolve(c, "flint/psi/conv", image(c, last), c->options->psi_maps, 1);
    n = 0;
    for (int i = 0; i < f->n_layers; i++) {
        if (f->layer[i].shape.rank != 4)
            continue;
        struct images one = image(c, i);
        int64_t stride = least(one.rows / joined.rows, one.columns / joined.columns);
        one = convolve(c, sx_compose_name(c, "flint/psi/conv%d", i), one, c->options->psi_maps,
                       stride);
        one =
            pool(c, sx_compose_name(c, "flint/psi/fit%d", i), one, joined.rows, joined.columns);
        parts[n++] = one.name;
        joined.maps += one.maps;
    }
    parts[n] = NULL;
    joined.name = concat(c, "flint/psi/maps", parts);
    return convolve(c, "flint/psi/conv", joined, c->options->psi_maps, 1);
}

/* Adds the features of a layer that is no image: mean over positions, fully connected layer, ReLU. */
static const char *features(struct sx_composer *c, int i)
{
    const struct sx_shape *shape = &c->f->layer[i].shape;
    const char *x = layer(c, i), *name = sx_compose_name(c, "flint/psi/full%d", i);
    static const int64_t one = 1;
    if (shape->rank == 3) {
        const char *mean = sx_compose_name(c, "flint/psi/mean%d", i);
        const struct sx_onnx_attr attrs[] = {{.name = "keepdims", .i = 0},
                                             {.name = "axes", .ints = &one, .n = 1}};
        const char *axes =
            c->f->opset >= 18
                ? sx_compose_ints(c, sx_compose_name(c, "flint/psi/mean%d/axes", i), 1, &one)
                : NULL;
        x = sx_compose_node(c, "ReduceMean", mean, (const char *const[]){x, axes, NULL}, attrs,
                            axes != NULL ? 1 : 2);
    }
    x = sx_compose_full(c, name, name, SX_FLINT_PSI, x, shape->dim[shape->rank - 1],
                        c->options->psi_maps);
    return sx_compose_node(c, "Relu", sx_compose_name(c, "%s/relu", name),
                           (const char *const[]){x, NULL}, NULL, 0);
}

/* Adds the last activation, which gives phi: ReLU, or LeakyReLU(0.01) as in the authors' program
 * for digits. */
static void activate(struct sx_composer *c, const char *x)
{
    const struct sx_onnx_attr slope = {.name = "alpha", .real = true, .f = 0.01};
    bool relu = c->options->phi == SX_FLINT_RELU;
    sx_compose_node(c, relu ? "Relu" : "LeakyRelu", SX_FLINT_PHI,
                    (const char *const[]){x, NULL}, &slope, relu ? 0 : 1);
}

void sx_compose_psi(struct sx_composer *c)
{
    const struct sx_flint_predictor *f = c->f;
    const struct sx_onnx_attr axis = {.name = "axis", .i = 1};
    const char **parts =
        sx_arena_new(&c->arena, (size_t)f->n_layers + 2, sizeof *parts, c->error);
    if (parts == NULL)
        return;
    struct images maps = join(c, parts);
    int64_t side = c->options->pool, size = 0;
    int n = 0;
    if (maps.name != NULL) {
        maps =
            pool(c, "flint/psi/pool", maps, least(side, maps.rows), least(side, maps.columns));
        parts[n++] = sx_compose_node(c, "Flatten", "flint/psi/flat",
                                     (const char *const[]){maps.name, NULL}, &axis, 1);
        size = maps.maps * maps.rows * maps.columns;
    }
    for (int i = 0; i < f->n_layers; i++)
        if (f->layer[i].shape.rank != 4) {
            parts[n++] = features(c, i);
            size += c->options->psi_maps;
        }
    parts[n] = NULL;
    const char *all = n > 1 ? concat(c, "flint/psi/all", parts) : parts[0];
    activate(c, sx_compose_full(c, "flint/psi/phi", "flint/psi/phi", SX_FLINT_PSI, all, size,
                                c->options->attributes));
}
