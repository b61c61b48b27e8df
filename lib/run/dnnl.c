/* dnnl.c - oneDNN behind a narrow interface: which kernel computes a node, and how its work is cut.
 *
 * Results must not depend on the number of threads. oneDNN cuts sums by the number of threads that
 * a primitive is made for. So all convolutions are made for one fixed number of threads, and run
 * with as many as the program has, under a thread limit. Products, and convolutions by gemm, cut
 * sums by the threads that run. Their primitives are made for one thread and for pieces of work
 * that are cut by shape alone; the pieces run in parallel. */
#include <stdlib.h>
#include <string.h>

#include "run/dnnl_parts.h"

/* The bytes of one of `parts` parts of a batch of images. */
static int64_t image_bytes(const struct sx_node *node, int64_t parts)
{
    return sx_count(&node->shape) / parts * (int64_t)sizeof(float);
}

/* Makes the kernel of a convolution, or of its adjoint by the image, after its primitive was found. */
static bool finish_conv(struct sx_dnnl *d, const struct sx_graph *g, const struct sx_node *node,
                        const struct sx_node *weights, int bias, struct sx_kernel *kernel,
                        struct sx_error *error)
{
    bool back = kernel->primitive[0]->key.kind == SX_KEY_BACKWARD;
    sx_add_arg(kernel, back ? DNNL_ARG_DIFF_DST : DNNL_ARG_SRC, SX_OPERAND, 0)->stride[0] =
        image_bytes(&g->node[node->in[0]], kernel->dim[0]);
    sx_add_arg(kernel, back ? DNNL_ARG_DIFF_SRC : DNNL_ARG_DST, SX_RESULT, 0)->stride[0] =
        image_bytes(node, kernel->dim[0]);
    sx_add_arg(kernel, DNNL_ARG_WEIGHTS, SX_PACKED, 1);
    if (bias != SX_NONE)
        sx_add_arg(kernel, DNNL_ARG_BIAS, SX_OPERAND, bias);
    if (weights->op == SX_CONST)
        return sx_add_pack(d, kernel, weights->data, kernel->turned, 1, 0, error) &&
               sx_make_slots(d, kernel, error);
    return sx_pack_by_run(d, kernel, error) && sx_make_slots(d, kernel, error);
}

static bool conv_kernel(struct sx_dnnl *d, const struct sx_graph *g, const struct sx_node *node,
                        const struct sx_node *inner, struct sx_kernel **result,
                        struct sx_error *error)
{
    const struct sx_node *weights = &g->node[inner->in[1]];
    struct sx_primitive *p = NULL;
    struct sx_key key, first;
    int bias, residual;
    bool pointwise;
    memset(&key, 0, sizeof key);
    if (sx_count(&node->shape) == 0 || sx_count(&weights->shape) == 0 ||
        !sx_key_posts(node, &key, &bias, &residual))
        return true;
    sx_key_conv(g, inner, &key);
    if (!sx_pointwise_kernel(d, g, node, inner, &key, &pointwise, result, error))
        return false;
    if (pointwise)
        return true;
    first = key;
    bool turned = key.kind == SX_KEY_BACKWARD && sx_key_turn(&key);
    if (!sx_find_conv(d, &key, &p, error))
        return false;
    if (p == NULL && turned) {
        turned = false;
        key = first;
        if (!sx_find_conv(d, &key, &p, error))
            return false;
    }
    if (p == NULL || (key.kind == SX_KEY_BACKWARD && (key.n_posts > 0 || key.bias)))
        return true;
    struct sx_kernel *kernel = *result = sx_new_kernel(d, error);
    if (kernel == NULL)
        return false;
    kernel->primitive[0] = p;
    kernel->residual = residual;
    kernel->turned = turned;
    kernel->rank = 1;
    kernel->dim[0] = first.n / key.n;
    return finish_conv(d, g, node, weights, bias, kernel, error);
}

/* The kernel of the adjoint by the weights, which is a sum over images. It is computed in parts of
 * equally many images, which are added in order. */
static bool weights_kernel(struct sx_dnnl *d, const struct sx_graph *g,
                           const struct sx_node *node, struct sx_kernel **result,
                           struct sx_error *error)
{
    struct sx_primitive *p = NULL;
    struct sx_key key;
    memset(&key, 0, sizeof key);
    sx_key_conv(g, node, &key);
    int64_t parts = key.n % 4 == 0 ? 4 : key.n % 2 == 0 ? 2 : 1;
    if (sx_count(&node->shape) == 0 || key.n == 0)
        return true;
    key.n /= parts;
    key.serial = 1;
    if (!sx_find_primitive(d, &key, &p, error))
        return false;
    if (p == NULL)
        return true;
    struct sx_kernel *kernel = *result = sx_new_kernel(d, error);
    if (kernel == NULL)
        return false;
    kernel->primitive[0] = p;
    kernel->rank = 1;
    kernel->dim[0] = parts;
    kernel->step = (p->weights + 63) & ~(size_t)63;
    sx_add_arg(kernel, DNNL_ARG_SRC, SX_OPERAND, 0)->stride[0] =
        image_bytes(&g->node[node->in[0]], parts);
    sx_add_arg(kernel, DNNL_ARG_DIFF_DST, SX_OPERAND, 1)->stride[0] =
        image_bytes(&g->node[node->in[1]], parts);
    sx_add_arg(kernel, DNNL_ARG_DIFF_WEIGHTS, SX_PARTIAL, 0)->stride[0] = (int64_t)kernel->step;
    return sx_make_slots(d, kernel, error);
}

bool sx_dnnl_new(struct sx_dnnl **d, int threads, struct sx_error *error)
{
    *d = sx_dnnl_load(error) ? sx_new(1, sizeof **d, error) : NULL;
    if (*d != NULL)
        (*d)->threads = threads;
    return *d != NULL;
}

bool sx_dnnl_is_wide(void)
{
    unsigned wide = dnnl_cpu_isa_avx512_core;
    return ((unsigned)dnnl_get_effective_cpu_isa() & wide) == wide;
}

bool sx_dnnl_kernel(struct sx_dnnl *d, const struct sx_graph *g, const struct sx_node *node,
                    struct sx_kernel **kernel, struct sx_error *error)
{
    struct sx_node inner = node->op == SX_FUSED ? sx_fused_inner(node) : *node;
    *kernel = NULL;
    if (node->type != SX_FLOAT)
        return true;
    if (inner.op == SX_CONV || inner.op == SX_CONVINPUT)
        return conv_kernel(d, g, node, &inner, kernel, error);
    if (inner.op == SX_CONVWEIGHT)
        return weights_kernel(d, g, node, kernel, error);
    if (inner.op == SX_MATMUL)
        return sx_product_kernel(d, g, node, &inner, kernel, error);
    return true;
}

void sx_dnnl_free(struct sx_dnnl *d)
{
    if (d == NULL)
        return;
    for (struct sx_kernel *k = d->kernels, *next; k != NULL; k = next) {
        next = k->next;
        for (int i = 0; k->memory != NULL && i < k->slots * 2 * SX_DNNL_ARGS; i++)
            dnnl_memory_destroy(k->memory[i]);
        dnnl_memory_destroy(k->packed);
        free(k->memory);
        free(k);
    }
    for (struct sx_pack *p = d->packs, *next; p != NULL; p = next) {
        next = p->next;
        for (int64_t i = 0; p->memory != NULL && i < p->pieces; i++)
            dnnl_memory_destroy(p->memory[i]);
        free(p->memory);
        free(p);
    }
    free(d->room);
    for (struct sx_primitive *p = d->primitives, *next; p != NULL; p = next) {
        next = p->next;
        dnnl_primitive_destroy(p->primitive);
        dnnl_primitive_desc_destroy(p->desc);
        for (int i = 0; i < SX_KEY_AXES; i++)
            free(p->place[i]);
        free(p);
    }
    dnnl_stream_destroy(d->stream);
    dnnl_engine_destroy(d->engine);
    free(d);
}
