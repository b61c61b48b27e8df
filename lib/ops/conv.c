/* conv.c - CONV, CONVINPUT, CONVWEIGHT: one trilinear form T(x, w, y) = <y, conv(x, w)>.
 *
 * Each row is the derivative of T by one of its three arguments. So the derivative of a row by an
 * operand is another of the three rows, with the cotangent in the place of the result. */
#include <string.h>

#include "graph/derive.h"
#include "ops/products.h"

enum role { IMAGE, KERNEL, OUTPUT }; /* x, w, y */

enum {
    GEOMETRY = sizeof(struct sx_conv) / sizeof(int64_t),
    LARGEST = INT32_MAX,
    LARGEST_STEP = 1 << 20
};

/* The role of operand k of a row, and of its result (k = 2). */
static enum role role_of(int op, int k)
{
    static const enum role conv[] = {IMAGE, KERNEL, OUTPUT}, input[] = {OUTPUT, KERNEL, IMAGE},
                           weight[] = {IMAGE, OUTPUT, KERNEL};
    return (op == SX_CONV ? conv : op == SX_CONVINPUT ? input : weight)[k];
}

/* The result of an axis: floor((image + pads - reach) / stride) + 1, where the window reaches
 * over (window - 1) * dilation + 1 elements. */
static bool outputs_of_axis(struct sx_graph *g, const char *name, const struct sx_conv *c,
                            int d, int64_t image, int64_t window, int64_t *outputs)
{
    const int64_t pads[] = {c->pad_begin[d], c->pad_end[d]}, sizes[] = {image, window};
    for (int i = 0; i < 2; i++) {
        if (pads[i] < 0 || pads[i] > LARGEST_STEP)
            return sx_graph_fail(g, SX_MODEL, "%s: a padding of %lld in axis %d", name,
                                 (long long)pads[i], d);
        if (sizes[i] < 0 || sizes[i] > LARGEST)
            return sx_graph_fail(g, SX_MODEL, "%s: a size of %lld in axis %d", name,
                                 (long long)sizes[i], d);
    }
    if (c->stride[d] < 1 || c->stride[d] > LARGEST_STEP || c->dilation[d] < 1 ||
        c->dilation[d] > LARGEST_STEP)
        return sx_graph_fail(g, SX_MODEL, "%s: stride %lld and dilation %lld of axis %d", name,
                             (long long)c->stride[d], (long long)c->dilation[d], d);
    int64_t padded = image + c->pad_begin[d] + c->pad_end[d];
    int64_t reach = (window - 1) * c->dilation[d] + 1;
    if (window < 1 || reach > padded)
        return sx_graph_fail(
            g, SX_MODEL,
            "%s: a window of %lld, reaching over %lld, does not fit the padded "
            "image of %lld in axis %d",
            name, (long long)window, (long long)reach, (long long)padded, d);
    *outputs = (padded - reach) / c->stride[d] + 1;
    return true;
}

bool sx_window_outputs(struct sx_graph *g, const char *name, const struct sx_conv *c,
                       const int64_t *image, const int64_t *window, int64_t *outputs)
{
    for (int d = 0; d < c->rank; d++)
        if (!outputs_of_axis(g, name, c, d, image[d], window[d], &outputs[d]))
            return false;
    return true;
}

static bool fits(struct sx_graph *g, const char *name, const struct sx_node *node, int k,
                 const struct sx_shape *want, const char *what)
{
    const struct sx_shape *have = &g->node[node->in[k]].shape;
    for (int i = 0; i < want->rank; i++)
        if (have->dim[i] != want->dim[i])
            return sx_graph_fail(g, SX_MODEL, "%s: axis %d of the %s is %lld, not %lld", name,
                                 i, what, (long long)have->dim[i], (long long)want->dim[i]);
    return true;
}

/* The sizes of a convolution. conv_shape() computes those that the operands do not determine. */
struct sizes {
    int64_t n, c, o, c_group;
    int64_t image[3], kernel[3], output[3];
};

static void read_operands(const struct sx_graph *g, const struct sx_node *node,
                          const struct sx_conv *c, struct sizes *z)
{
    for (int k = 1; k >= 0; k--) {
        const struct sx_shape *s = &g->node[node->in[k]].shape;
        switch (role_of(node->op, k)) {
        case IMAGE:
            sx_image_get(s, c->nhwc != 0, &z->n, &z->c, z->image);
            break;
        case KERNEL:
            sx_image_get(s, false, &z->o, &z->c_group, z->kernel);
            break;
        case OUTPUT:
            sx_image_get(s, c->nhwc != 0, &z->n, &z->o, z->output);
            break;
        }
    }
}

static bool operands_fit(struct sx_graph *g, const char *name, const struct sx_node *node,
                         const struct sx_conv *c)
{
    if (node->n_attr != GEOMETRY || c->rank < 1 || c->rank > 3)
        return sx_graph_fail(g, SX_MODEL, "%s: %lld spatial axes, not 1 to 3", name,
                             (long long)c->rank);
    for (int k = 0; k < 2; k++) {
        const struct sx_node *in = &g->node[node->in[k]];
        if (in->shape.rank != c->rank + 2)
            return sx_graph_fail(g, SX_MODEL, "%s: operand %d has rank %d, not %lld", name, k,
                                 in->shape.rank, (long long)c->rank + 2);
        if (!sx_is_real(in->type) || in->type != g->node[node->in[0]].type)
            return sx_graph_fail(g, SX_MODEL, "%s: operands must be real, and of one type",
                                 name);
    }
    return true;
}

/* Checks the numbers of channels against `group`. */
static bool channels_fit(struct sx_graph *g, const char *name, const struct sx_node *node,
                         const struct sx_conv *c, struct sizes *z)
{
    if (c->group < 1 || c->group > LARGEST)
        return sx_graph_fail(g, SX_MODEL, "%s: %lld groups", name, (long long)c->group);
    if (node->op == SX_CONVINPUT && __builtin_mul_overflow(z->c_group, c->group, &z->c))
        return sx_graph_fail(g, SX_MODEL, "%s: too many channels", name);
    if (node->op == SX_CONVWEIGHT)
        z->c_group = z->c / c->group;
    if (z->c % c->group != 0 || z->o % c->group != 0)
        return sx_graph_fail(g, SX_MODEL,
                             "%s: %lld and %lld channels do not divide into %lld groups", name,
                             (long long)z->c, (long long)z->o, (long long)c->group);
    if (z->c / c->group != z->c_group)
        return sx_graph_fail(g, SX_MODEL,
                             "%s: the kernel has %lld channels per group, the image %lld", name,
                             (long long)z->c_group, (long long)(z->c / c->group));
    return true;
}

static bool conv_shape(struct sx_graph *g, struct sx_node *node)
{
    const char *name = sx_row_of(g, node)->name;
    struct sx_conv c = {0};
    struct sizes z = {0};
    int64_t output[3];
    if (node->n_attr == GEOMETRY)
        sx_conv_get(node, &c);
    if (!operands_fit(g, name, node, &c))
        return false;
    read_operands(g, node, &c, &z);
    bool nhwc = c.nhwc != 0;
    if (node->op == SX_CONVINPUT)
        memcpy(z.image, c.extent, sizeof z.image);
    if (node->op == SX_CONVWEIGHT)
        memcpy(z.kernel, c.extent, sizeof z.kernel);
    if (!channels_fit(g, name, node, &c, &z) ||
        !sx_window_outputs(g, name, &c, z.image, z.kernel, output))
        return false;
    struct sx_shape y = sx_image_shape(z.n, z.o, c.rank, output, nhwc);
    struct sx_shape w = sx_image_shape(z.o, z.c_group, c.rank, z.kernel, false);
    struct sx_shape x = sx_image_shape(z.n, z.c, c.rank, z.image, nhwc);
    node->type = g->node[node->in[0]].type;
    node->shape = node->op == SX_CONV ? y : node->op == SX_CONVINPUT ? x : w;
    if (node->op == SX_CONVINPUT)
        return fits(g, name, node, 0, &y, "output") && fits(g, name, node, 1, &w, "kernel");
    return node->op == SX_CONV || (fits(g, name, node, 1, &y, "output"));
}

/* Emits the row whose result has the given role, from nodes by role. */
static int partial(struct sx_graph *g, enum role role, const int *node, const struct sx_conv *c,
                   const struct sx_shape *shape)
{
    struct sx_conv with = *c;
    int first = role == KERNEL || !c->nhwc ? 2 : 1;
    for (int d = 0; d < c->rank; d++)
        with.extent[d] = shape->dim[first + d];
    if (role == OUTPUT)
        return sx_conv(g, node[IMAGE], node[KERNEL], &with);
    if (role == IMAGE)
        return sx_conv_input(g, node[OUTPUT], node[KERNEL], &with);
    return sx_conv_weight(g, node[IMAGE], node[OUTPUT], &with);
}

static void conv_derive(struct sx_graph *g, int y, int dy, const bool *need, int *dx)
{
    const struct sx_node n = g->node[y];
    struct sx_conv c;
    sx_conv_get(&n, &c);
    for (int k = 0; k < 2; k++) {
        if (!need[k])
            continue;
        int node[3];
        node[role_of(n.op, 1 - k)] = n.in[1 - k];
        node[role_of(n.op, 2)] = dy;
        struct sx_shape shape = sx_shape_of(g, n.in[k]);
        dx[k] = partial(g, role_of(n.op, k), node, &c, &shape);
    }
}

/* ---- Batches: the batch index joins an axis of each of the two tensors that have it ---- */

/* The axis that the batch is joined with, by the tensors that are batched. */
enum joined { BY_IMAGE, BY_OUTPUT, BY_INPUT, BY_GROUP };

/* The number of elements of a tensor of this role and shape outside the position of the batch. */
static int64_t outside(enum joined by, enum role role, const struct sx_shape *s, int64_t group)
{
    if (by == BY_IMAGE || (by == BY_GROUP && role == KERNEL))
        return 1;
    if (by == BY_GROUP)
        return s->dim[0];
    if (role == KERNEL)
        return by == BY_OUTPUT ? group : s->dim[0];
    return s->dim[0] * group;
}

/* The axis that the batch is joined with. */
static int grown(enum joined by, enum role role)
{
    if (by == BY_IMAGE)
        return 0;
    return role == KERNEL && by != BY_INPUT ? 0 : 1;
}

static int swap_outer(struct sx_graph *g, int a, int64_t d0, int64_t d1, int64_t d2)
{
    int flat = sx_reshape(g, a, &(struct sx_shape){3, {d0, d1, d2}});
    return sx_transpose(g, flat, (const int[]){1, 0, 2});
}

/* From [size] + S to S with the joined axis. */
static int join(struct sx_batch *b, const struct sx_node *node, int k, enum joined by,
                int64_t group)
{
    struct sx_shape s = b->g->node[node->in[k]].shape;
    enum role role = role_of(node->op, k);
    int64_t out = outside(by, role, &s, group), count = sx_count(&s);
    int whole = sx_batch_full(b, node, k, s.rank);
    if (out > 0 && count > 0)
        whole = swap_outer(b->g, whole, b->size, out, count / out);
    s.dim[grown(by, role)] *= b->size;
    return sx_reshape(b->g, whole, &s);
}

static int split(struct sx_batch *b, int value, const struct sx_node *node, enum joined by,
                 int64_t group)
{
    struct sx_shape s = node->shape;
    int64_t out = outside(by, role_of(node->op, 2), &s, group), count = sx_count(&s);
    if (out > 0 && count > 0)
        value = swap_outer(b->g, value, out, b->size, count / out);
    return sx_batch_done(b, value, &s);
}

static int conv_batch(struct sx_batch *b, const struct sx_node *node)
{
    bool has[3] = {false};
    has[role_of(node->op, 0)] = sx_batch_has(b, node, 0);
    has[role_of(node->op, 1)] = sx_batch_has(b, node, 1);
    has[role_of(node->op, 2)] = true;
    enum joined by = !has[KERNEL]   ? BY_IMAGE
                     : !has[IMAGE]  ? BY_OUTPUT
                     : !has[OUTPUT] ? BY_INPUT
                                    : BY_GROUP;
    struct sx_conv c, joined;
    sx_conv_get(node, &c);
    if (c.nhwc && by != BY_IMAGE)
        return sx_batch_loop(b, node);
    joined = c;
    if (by == BY_GROUP)
        joined.group *= b->size;
    int in[2];
    for (int k = 0; k < 2; k++)
        in[k] =
            sx_batch_has(b, node, k) ? join(b, node, k, by, c.group) : sx_batch_in(b, node, k);
    if (in[0] == SX_NONE || in[1] == SX_NONE)
        return SX_NONE;
    int y = node->op == SX_CONV        ? sx_conv(b->g, in[0], in[1], &joined)
            : node->op == SX_CONVINPUT ? sx_conv_input(b->g, in[0], in[1], &joined)
                                       : sx_conv_weight(b->g, in[0], in[1], &joined);
    return split(b, y, node, by, c.group);
}

#define ROW(op, kernel)                                                                        \
    const struct sx_row sx_row_##op = {.name = #op,                                            \
                                       .min_in = 2,                                            \
                                       .max_in = 2,                                            \
                                       .shape = conv_shape,                                    \
                                       .derive = conv_derive,                                  \
                                       .flow = SX_FLOW_PRODUCT,                                \
                                       .batch = conv_batch,                                    \
                                       .scratch = sx_conv_scratch,                             \
                                       .run = kernel};
ROW(conv, sx_conv_run)
ROW(convinput, sx_conv_input_run)
ROW(convweight, sx_conv_weight_run)
