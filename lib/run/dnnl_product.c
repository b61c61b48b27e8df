/* dnnl_product.c - the kernels of products, and of 1x1 convolutions as products.
 *
 * oneDNN's own kernels of 1x1 convolutions are not faster; those of version 3.7 are up to a third
 * slower. They are used for convolutions with strides, which would be small products, unless oneDNN
 * would stop (see sx_conv_stops). */
#include <string.h>

#include "run/dnnl_parts.h"

/* Sets an argument's strides in bytes: along the batch axes, then along the pieces. */
static void set_strides(struct sx_dnnl_arg *arg, const struct sx_cut *cut, const int64_t *step,
                        int64_t piece)
{
    for (int i = 0; i < cut->rank; i++)
        arg->stride[i] = step[i] * (int64_t)sizeof(float);
    arg->stride[cut->rank] = piece * (int64_t)sizeof(float);
}

static void product_args(struct sx_kernel *kernel, const struct sx_cut *cut, bool packed,
                         int bias)
{
    const int64_t none[SX_CUT_AXES] = {0};
    bool by_rows = cut->rows < cut->m;
    set_strides(sx_add_arg(kernel, DNNL_ARG_SRC, SX_OPERAND, 0), cut, cut->a_step,
                by_rows ? cut->rows * cut->a_stride[0] : 0);
    set_strides(sx_add_arg(kernel, DNNL_ARG_WEIGHTS, packed ? SX_PACKED : SX_OPERAND, 1), cut,
                cut->b_step, by_rows ? 0 : cut->columns * cut->b_stride[1]);
    set_strides(sx_add_arg(kernel, DNNL_ARG_DST, SX_RESULT, 0), cut, cut->c_step,
                by_rows ? cut->rows * cut->c_stride : cut->columns);
    if (bias != SX_NONE)
        set_strides(sx_add_arg(kernel, DNNL_ARG_BIAS, SX_OPERAND, bias), cut, none,
                    by_rows ? 0 : cut->columns);
}

/* Whether weights that are no constants are packed by each run: they are if they are transposed,
 * because otherwise every piece would copy them. */
static bool packs_by_run(const struct sx_node *b, const struct sx_cut *cut)
{
    return b->op != SX_CONST && cut->one_b && cut->b_stride[1] != 1 && cut->columns == cut->n &&
           (cut->rank > 0 || cut->rows < cut->m);
}

/* Makes the kernel of a cut product; `posts` has the posts. */
static bool cut_kernel(struct sx_dnnl *d, const struct sx_node *b, const struct sx_cut *cut,
                       const struct sx_key *posts, int bias, int residual,
                       struct sx_kernel **result, struct sx_error *error)
{
    struct sx_primitive *p[2] = {NULL, NULL};
    struct sx_key key = *posts;
    int64_t rows = cut->m % cut->rows, columns = cut->n % cut->columns;
    key.kind = SX_KEY_PRODUCT;
    key.serial = 1;
    bool by_run = packs_by_run(b, cut);
    key.pack = by_run || (b->op == SX_CONST && cut->one_b) ? cut->rows : 0;
    sx_key_product(cut, cut->rows, cut->columns, &key);
    if (!sx_find_primitive(d, &key, &p[0], error))
        return false;
    sx_key_product(cut, rows > 0 ? rows : cut->rows, columns > 0 ? columns : cut->columns,
                   &key);
    if ((rows > 0 || columns > 0) && !sx_find_primitive(d, &key, &p[1], error))
        return false;
    if (p[0] == NULL || (p[1] == NULL && (rows > 0 || columns > 0)))
        return true;
    struct sx_kernel *kernel = *result = sx_new_kernel(d, error);
    if (kernel == NULL)
        return false;
    kernel->primitive[0] = p[0];
    kernel->primitive[1] = p[1];
    kernel->residual = residual;
    kernel->rank = cut->rank + 1;
    kernel->tail = cut->rank;
    memcpy(kernel->dim, cut->dim, sizeof kernel->dim);
    int64_t by_row = cut->m / cut->rows + (rows > 0),
            by_column = cut->n / cut->columns + (columns > 0);
    kernel->dim[cut->rank] = by_row * by_column; /* one of the two is 1 */
    product_args(kernel, cut, key.pack > 0, bias);
    size_t step = (size_t)(cut->columns * cut->b_stride[1]) * sizeof(float);
    if (by_run
            ? !sx_pack_by_run(d, kernel, error)
            : key.pack > 0 && !sx_add_pack(d, kernel, b->data, false, by_column, step, error))
        return false;
    return sx_make_slots(d, kernel, error);
}

bool sx_product_kernel(struct sx_dnnl *d, const struct sx_graph *g, const struct sx_node *node,
                       const struct sx_node *inner, struct sx_kernel **result,
                       struct sx_error *error)
{
    struct sx_cut cut;
    struct sx_key posts;
    int bias, residual;
    memset(&posts, 0, sizeof posts);
    return !sx_cut_product(g, inner, &cut) || !sx_key_posts(node, &posts, &bias, &residual) ||
           cut_kernel(d, &g->node[inner->in[1]], &cut, &posts, bias, residual, result, error);
}

bool sx_pointwise_kernel(struct sx_dnnl *d, const struct sx_graph *g,
                         const struct sx_node *node, const struct sx_node *inner,
                         const struct sx_key *conv, bool *is, struct sx_kernel **result,
                         struct sx_error *error)
{
    struct sx_cut cut;
    struct sx_key posts;
    int bias, residual;
    memset(&posts, 0, sizeof posts);
    *is = sx_key_cut(conv, &cut) && (cut.rank == 0 || sx_conv_stops(conv));
    if (!*is || !sx_key_posts(node, &posts, &bias, &residual) ||
        (cut.sparse && (bias != SX_NONE || posts.n_posts > 0)))
        return true;
    if (!cut_kernel(d, &g->node[inner->in[1]], &cut, &posts, bias, residual, result, error))
        return false;
    if (*result != NULL)
        (*result)->sparse = cut.sparse;
    return true;
}
