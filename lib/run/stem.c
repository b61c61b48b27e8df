/* stem.c - computes the adjoint by the image of a strided convolution as a convolution of stride 1.
 *
 * The gradient by an image of few channels has no fast kernel. With stride s its elements form s
 * phases along each axis. Each phase is a plain convolution of y with every s-th tap of the kernel,
 * reversed. All phases together are one convolution to s * s times the channels, whose results are
 * then interleaved. (Measured for ResNet-18: 2.4 ms instead of 6.6 ms.) */
#include "graph/build.h"
#include "run/passes.h"

/* Along one axis: the taps of a phase, and the positions of a phase of the padded image. */
struct phases {
    int64_t taps, places;
};

static struct phases phases_of(const struct sx_conv *c, int d, int64_t kernel, int64_t result)
{
    int64_t s = c->stride[d];
    struct phases p = {(kernel + s - 1) / s, (c->extent[d] - 1 + c->pad_begin[d]) / s + 1};
    if (p.places < result)
        p.places = result;
    return p;
}

/* From w [O, I, k0, k1] to [s0 s1 I, O, taps0, taps1], with the taps of each phase reversed. */
static int phase_weights(struct sx_graph *g, int w, const struct sx_conv *c,
                         const struct phases *p)
{
    const int64_t *s = c->stride;
    int64_t o = sx_shape_of(g, w).dim[0], i = sx_shape_of(g, w).dim[1];
    struct sx_shape whole = {4, {o, i, p[0].taps * s[0], p[1].taps * s[1]}};
    struct sx_shape split = {6, {o, i, p[0].taps, s[0], p[1].taps, s[1]}};
    struct sx_shape turned = {6, {s[0], s[1], i, o, p[0].taps, p[1].taps}};
    struct sx_shape joined = {4, {s[0] * s[1] * i, o, p[0].taps, p[1].taps}};
    const int64_t zero[] = {0, 0, 0, 0}, one[] = {1, 1, 1, 1};
    const int64_t start[] = {0, 0, 0, 0, p[0].taps - 1, p[1].taps - 1};
    const int64_t step[] = {1, 1, 1, 1, -1, -1};
    int a = sx_reshape(g, sx_embed(g, w, zero, one, &whole), &split);
    a = sx_transpose(g, a, (const int[]){3, 5, 1, 0, 2, 4});
    return sx_reshape(g, sx_slice(g, a, start, step, &turned), &joined);
}

bool sx_is_stem_adjoint(const struct sx_graph *g, const struct sx_node *node)
{
    struct sx_conv c;
    if (node->op != SX_CONVINPUT || node->type != SX_FLOAT || !sx_is_const(g, node->in[1]))
        return false;
    sx_conv_get(node, &c);
    return c.rank == 2 && c.group == 1 && node->shape.dim[1] <= 4 && c.stride[0] > 1 &&
           c.stride[1] > 1 && c.dilation[0] == 1 && c.dilation[1] == 1 &&
           sx_count(&node->shape) > 0;
}

int sx_stem_adjoint(struct sx_graph *g, int y, int w, const struct sx_conv *c)
{
    struct sx_shape ys = sx_shape_of(g, y), ws = sx_shape_of(g, w);
    const int64_t *s = c->stride;
    struct sx_conv phase = {.group = 1, .rank = 2, .nhwc = 1};
    struct phases p[2];
    for (int d = 0; d < 2; d++) {
        p[d] = phases_of(c, d, ws.dim[2 + d], ys.dim[1 + d]);
        phase.stride[d] = phase.dilation[d] = 1;
        phase.pad_begin[d] = p[d].taps - 1;
        phase.pad_end[d] = p[d].places - ys.dim[1 + d];
    }
    int64_t n = ys.dim[0], i = ws.dim[1];
    struct sx_shape split = {6, {n, p[0].places, p[1].places, s[0], s[1], i}};
    struct sx_shape whole = {4, {n, i, p[0].places * s[0], p[1].places * s[1]}};
    struct sx_shape image = {4, {n, i, c->extent[0], c->extent[1]}};
    const int64_t start[] = {0, 0, c->pad_begin[0], c->pad_begin[1]}, one[] = {1, 1, 1, 1};
    int a = sx_conv(g, y, phase_weights(g, w, c, p), &phase);
    a = sx_transpose(g, sx_reshape(g, a, &split), (const int[]){0, 5, 1, 3, 2, 4});
    return sx_slice(g, sx_reshape(g, a, &whole), start, one, &image);
}
