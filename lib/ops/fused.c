/* fused.c - FUSED: a product or convolution with its bias, residual and activation.
 *
 * lib/run makes it for fast kernels that compute all in one pass. The kernel in this file defines
 * the result, and runs if there is no fast one. */
#include <math.h>
#include <string.h>

#include "ops/fused.h"
#include "ops/ops.h"
#include "ops/table.h"

enum { HEAD = 2, PER_POST = 3 }; /* op, n_posts, then kind, low, high of each post */

void sx_fused_get(const struct sx_node *node, struct sx_fused *fused)
{
    const int64_t *attr = node->attr + HEAD;
    *fused = (struct sx_fused){.op = (int)node->attr[0], .n_posts = (int)node->attr[1]};
    for (int i = 0; i < fused->n_posts; i++, attr += PER_POST) {
        fused->post[i].kind = (enum sx_post_kind)attr[0];
        memcpy(&fused->post[i].low, &attr[1], sizeof attr[1]);
        memcpy(&fused->post[i].high, &attr[2], sizeof attr[2]);
    }
    fused->attr = attr;
    fused->n_attr = node->n_attr - HEAD - PER_POST * fused->n_posts;
}

int sx_fused(struct sx_graph *g, int n_in, const int *in, const struct sx_fused *fused)
{
    int64_t attr[HEAD + PER_POST * SX_MAX_POSTS + 32] = {fused->op, fused->n_posts};
    int n = HEAD;
    if (fused->n_attr > 32) {
        sx_graph_fail(g, SX_MODEL, "fused: %d attributes", fused->n_attr);
        return SX_NONE;
    }
    for (int i = 0; i < fused->n_posts; i++, n += PER_POST) {
        attr[n] = fused->post[i].kind;
        memcpy(&attr[n + 1], &fused->post[i].low, sizeof *attr);
        memcpy(&attr[n + 2], &fused->post[i].high, sizeof *attr);
    }
    if (fused->n_attr > 0)
        memcpy(attr + n, fused->attr, (size_t)fused->n_attr * sizeof *attr);
    return sx_emit(g, SX_FUSED, n_in, in, n + fused->n_attr, attr);
}

struct sx_node sx_fused_inner(const struct sx_node *node)
{
    struct sx_node inner = *node;
    struct sx_fused fused;
    sx_fused_get(node, &fused);
    inner.op = fused.op;
    inner.n_in = SX_FUSED_OPERANDS;
    inner.attr = fused.attr;
    inner.n_attr = fused.n_attr;
    return inner;
}

/* The row of the product or convolution inside; NULL for other operators. */
static const struct sx_row *row_of(int64_t op)
{
    return op == SX_MATMUL       ? &sx_row_matmul
           : op == SX_CONV       ? &sx_row_conv
           : op == SX_CONVINPUT  ? &sx_row_convinput
           : op == SX_CONVWEIGHT ? &sx_row_convweight
                                 : NULL;
}

static bool fused_shape(struct sx_graph *g, struct sx_node *node)
{
    bool ok = node->n_attr >= HEAD && row_of(node->attr[0]) != NULL && node->attr[1] >= 0 &&
              node->attr[1] <= SX_MAX_POSTS && node->n_attr >= HEAD + PER_POST * node->attr[1];
    if (!ok)
        return sx_graph_fail(g, SX_MODEL, "fused: wrong attributes");
    struct sx_node inner = sx_fused_inner(node);
    struct sx_fused fused;
    sx_fused_get(node, &fused);
    if (inner.n_in > node->n_in || !row_of(inner.op)->shape(g, &inner))
        return sx_graph_fail(g, SX_MODEL, "fused: operands are missing");
    node->type = inner.type;
    node->shape = inner.shape;
    int64_t channels = inner.shape.rank > 0 ? inner.shape.dim[inner.shape.rank - 1] : 1;
    int k = inner.n_in;
    for (int i = 0; ok && i < fused.n_posts; i++) {
        if (!sx_post_has_operand(&fused.post[i]))
            continue;
        const struct sx_node *in = k < node->n_in ? &g->node[node->in[k++]] : NULL;
        ok = in != NULL && in->type == node->type &&
             (fused.post[i].kind == SX_POST_ADD ? sx_shape_equal(&in->shape, &node->shape)
                                                : sx_count(&in->shape) == channels);
    }
    return (ok && k == node->n_in) || sx_graph_fail(g, SX_MODEL, "fused: posts do not fit");
}

static size_t fused_scratch(const struct sx_graph *g, const struct sx_node *node)
{
    struct sx_node inner = sx_fused_inner(node);
    const struct sx_row *row = row_of(inner.op);
    return row->scratch != NULL ? row->scratch(g, &inner) : 0;
}

/* One post over the whole result. The result is rounded to its type after each post, as separate
 * nodes would do. */
#define RUN_POST(REAL)                                                                         \
    static void run_post_##REAL(REAL *out, int64_t n, const struct sx_post *post,              \
                                const struct sx_operand *in)                                   \
    {                                                                                          \
        const REAL *other = in != NULL ? in->data : NULL;                                      \
        REAL low = (REAL)post->low, high = (REAL)post->high;                                   \
        int64_t period = in != NULL ? sx_count(in->shape) : n;                                 \
        _Pragma("omp parallel for if (n >= SX_PARALLEL)") for (int64_t row = 0;                \
                                                               row < n / period;               \
                                                               row++) for (int64_t i = 0;      \
                                                                           i < period; i++)    \
        {                                                                                      \
            REAL v = out[row * period + i];                                                    \
            if (other != NULL)                                                                 \
                v += other[i];                                                                 \
            else                                                                               \
                v = v < low ? low : v > high ? high : v;                                       \
            out[row * period + i] = v;                                                         \
        }                                                                                      \
    }
RUN_POST(float)
RUN_POST(double)

static void run_post(const struct sx_call *call, const struct sx_post *post,
                     const struct sx_operand *in)
{
    int64_t n = sx_count(&call->node->shape);
    if (n == 0)
        return;
    if (call->node->type == SX_FLOAT)
        run_post_float(call->out, n, post, in);
    else
        run_post_double(call->out, n, post, in);
}

static void fused_run(const struct sx_call *call)
{
    struct sx_node inner = sx_fused_inner(call->node);
    struct sx_fused fused;
    sx_fused_get(call->node, &fused);
    struct sx_call plain = *call;
    plain.node = &inner;
    row_of(inner.op)->run(&plain);
    const struct sx_operand *in = call->in + inner.n_in;
    for (int i = 0; i < fused.n_posts; i++) {
        struct sx_post post = fused.post[i];
        if (post.kind == SX_POST_RELU) {
            post.low = 0;
            post.high = INFINITY;
        }
        run_post(call, &post, sx_post_has_operand(&post) ? in++ : NULL);
    }
}

const struct sx_row sx_row_fused = {
    .name = "fused",
    .min_in = 2,
    .max_in = 2 + SX_MAX_POSTS,
    .shape = fused_shape,
    .scratch = fused_scratch,
    .run = fused_run,
};
