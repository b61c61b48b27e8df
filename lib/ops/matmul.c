/* matmul.c - MATMUL: [.., m, k] x [.., k, n], leading axes broadcast. */
#include "graph/derive.h"
#include "graph/matrix.h"
#include "ops/products.h"

static bool matmul_shape(struct sx_graph *g, struct sx_node *node)
{
    const struct sx_node *a = &g->node[node->in[0]], *b = &g->node[node->in[1]];
    if (a->shape.rank < 2 || b->shape.rank < 2)
        return sx_graph_fail(g, SX_MODEL, "matmul: operands of rank %d and %d", a->shape.rank,
                             b->shape.rank);
    if (a->type != b->type || !sx_is_real(a->type))
        return sx_graph_fail(g, SX_MODEL, "matmul: operands must be real, and of one type");
    bool ta = node->attr[0] != 0, tb = node->attr[1] != 0;
    int64_t m = sx_dim_back(&a->shape, ta ? 0 : 1), k = sx_dim_back(&a->shape, ta ? 1 : 0);
    int64_t n = sx_dim_back(&b->shape, tb ? 1 : 0), k_of_b = sx_dim_back(&b->shape, tb ? 0 : 1);
    if (k != k_of_b)
        return sx_graph_fail(g, SX_MODEL, "matmul: inner dimensions %lld and %lld differ",
                             (long long)k, (long long)k_of_b);
    struct sx_shape la = sx_leading(&a->shape), lb = sx_leading(&b->shape);
    if (!sx_broadcast_shape(&node->shape, &la, &lb))
        return sx_graph_fail(g, SX_MODEL, "matmul: leading dimensions do not broadcast");
    node->shape.dim[node->shape.rank++] = m;
    node->shape.dim[node->shape.rank++] = n;
    node->type = a->type;
    return true;
}

/* a^T dy summed over a's leading axes, if b has none: one product over all rows. */
static int pulled_to_shared(struct sx_graph *g, int a, bool ta, int dy)
{
    struct sx_shape sa = sx_shape_of(g, a), sy = sx_shape_of(g, dy), la = sx_leading(&sa);
    if (ta) {
        int perm[SX_MAX_RANK];
        for (int i = 0; i < sa.rank; i++)
            perm[i] = i;
        perm[sa.rank - 1] = sa.rank - 2;
        perm[sa.rank - 2] = sa.rank - 1;
        a = sx_transpose(g, a, perm);
    }
    int64_t rows = sx_count(&la) * sx_dim_back(&sy, 1);
    int left = sx_as_matrix(g, a, rows, sx_dim_back(&sa, ta ? 1 : 0));
    return sx_matmul(g, left, sx_as_matrix(g, dy, rows, sx_dim_back(&sy, 0)), true, false);
}

static void matmul_derive(struct sx_graph *g, int y, int dy, const bool *need, int *dx)
{
    const struct sx_node n = g->node[y];
    int a = n.in[0], b = n.in[1];
    bool ta = n.attr[0] != 0, tb = n.attr[1] != 0;
    struct sx_shape sa = sx_shape_of(g, a), sb = sx_shape_of(g, b);
    struct sx_shape la = sx_leading(&sa), lb = sx_leading(&sb);
    if (need[0]) {
        int da = ta ? sx_matmul(g, b, dy, tb, true) : sx_matmul(g, dy, b, false, !tb);
        dx[0] = sx_sum_to(g, da, &sa);
    }
    if (!need[1])
        return;
    if (sx_all_ones(&lb) && !sx_all_ones(&la)) {
        int db = pulled_to_shared(g, a, ta, dy);
        if (tb)
            db = sx_transpose(g, db, (const int[]){1, 0});
        dx[1] = sx_reshape(g, db, &sb);
        return;
    }
    int db = tb ? sx_matmul(g, dy, a, true, ta) : sx_matmul(g, a, dy, !ta, false);
    dx[1] = sx_sum_to(g, db, &sb);
}

static int matmul_batch(struct sx_batch *b, const struct sx_node *node)
{
    struct sx_shape one = node->shape;
    bool ta = node->attr[0] != 0, tb = node->attr[1] != 0;
    int left = sx_batch_full(b, node, 0, one.rank), right = sx_batch_full(b, node, 1, one.rank);
    return sx_batch_done(b, sx_matmul(b->g, left, right, ta, tb), &one);
}

/* The arguments of open(): y = a b as [m, k] x [k, n], or y^T if that has one row (n = 1). */
struct product {
    const struct sx_call *call;
    int64_t a_step, b_step, c_step; /* elements per matrix */
    bool swapped;
};

/* The matrix of an item in operand k, whose leading axes are broadcast to those of the result. */
static const void *matrix_of(const struct product *p, int k, int64_t item, int64_t step)
{
    const struct sx_operand *in = &p->call->in[k];
    struct sx_shape lead = sx_leading(in->shape), all = sx_leading(&p->call->node->shape);
    int64_t index = 0, scale = 1;
    for (int i = 1; i <= all.rank; i++) {
        int64_t at = item % all.dim[all.rank - i];
        item /= all.dim[all.rank - i];
        if (i > lead.rank)
            continue;
        int64_t extent = lead.dim[lead.rank - i];
        index += extent == 1 ? 0 : at * scale;
        scale *= extent;
    }
    return (const char *)in->data + index * step * (int64_t)sx_type_size(in->type);
}

static void open_matmul(const void *context, int64_t item, struct sx_side *a, struct sx_side *b,
                        struct sx_sink *c)
{
    const struct product *p = context;
    struct sx_side left = {.data = matrix_of(p, 0, item, p->a_step),
                           .stride = sx_dim_back(p->call->in[0].shape, 0)};
    struct sx_side right = {.data = matrix_of(p, 1, item, p->b_step),
                            .stride = sx_dim_back(p->call->in[1].shape, 0)};
    int64_t size = (int64_t)sx_type_size(p->call->node->type);
    *a = p->swapped ? right : left;
    *b = p->swapped ? left : right;
    *c = (struct sx_sink){.data = (char *)p->call->out + item * p->c_step * size};
    c->stride = p->swapped ? 0 : sx_dim_back(&p->call->node->shape, 0);
}

static void matmul_run(const struct sx_call *call)
{
    const struct sx_node *node = call->node;
    const struct sx_shape *sa = call->in[0].shape, *sb = call->in[1].shape;
    bool ta = node->attr[0] != 0, tb = node->attr[1] != 0;
    int64_t m = sx_dim_back(&node->shape, 1), n = sx_dim_back(&node->shape, 0);
    struct sx_shape all = sx_leading(&node->shape);
    struct product f = {.call = call,
                        .a_step = sx_dim_back(sa, 0) * sx_dim_back(sa, 1),
                        .b_step = sx_dim_back(sb, 0) * sx_dim_back(sb, 1),
                        .c_step = m * n,
                        .swapped = n == 1 && m > 1};
    struct sx_product p = {.type = node->type,
                           .count = sx_count(&all),
                           .m = f.swapped ? n : m,
                           .n = f.swapped ? m : n,
                           .k = sx_dim_back(sa, ta ? 1 : 0),
                           /* a single row is contiguous in both directions */
                           .a_along_k = !ta || m == 1 || f.swapped,
                           .b_along_k = f.swapped ? !ta : tb,
                           .open = open_matmul,
                           .context = &f};
    sx_product_run(&p, call->scratch);
}

static size_t matmul_scratch(const struct sx_graph *g, const struct sx_node *node)
{
    const struct sx_shape *a = &g->node[node->in[0]].shape;
    struct sx_shape all = sx_leading(&node->shape);
    int64_t m = sx_dim_back(&node->shape, 1), n = sx_dim_back(&node->shape, 0);
    int64_t wide = m > n ? m : n;
    return sx_product_scratch(node->type, sx_count(&all), n == 1 ? 1 : m, n == 1 ? wide : n,
                              sx_dim_back(a, node->attr[0] != 0 ? 1 : 0));
}

const struct sx_row sx_row_matmul = {.name = "matmul",
                                     .min_in = 2,
                                     .max_in = 2,
                                     .shape = matmul_shape,
                                     .derive = matmul_derive,
                                     .flow = SX_FLOW_PRODUCT,
                                     .batch = matmul_batch,
                                     .scratch = matmul_scratch,
                                     .run = matmul_run,
                                     .loose = 3};
