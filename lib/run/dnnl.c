/* dnnl.c - oneDNN behind a narrow door: convolutions and products, and the traps in them.
 *
 * Linking libdnnl costs a process 2 ms; making a primitive, 0.3-1.3 ms, so equal nodes share one.
 *
 * The same bytes whatever the number of threads: oneDNN cuts its sums by the number of threads a
 * primitive is made for. Convolutions are therefore all made for MADE_FOR threads, and run by as
 * many as the program has, under a thread limit. Where sums are cut by the threads that run
 * (products, convolutions by gemm), primitives are made for one thread, on pieces of work that
 * are cut by shape alone, and the pieces run in parallel. */
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "run/dnnl.h"

#ifdef SX_DNNL

#include <oneapi/dnnl/dnnl.h>

#include "run/key.h"

enum {
    MADE_FOR = 8,
    MAX_ARGS = 5 /* source, weights, bias, result, scratchpad */
};

struct primitive {
    struct primitive *next;
    struct sx_key key;
    dnnl_primitive_desc_t desc;
    dnnl_primitive_t primitive;
    const char *name;
    size_t weights, scratchpad; /* bytes */
};

/* Constant weights in oneDNN's layout, for all kernels that use them alike. */
struct pack {
    struct pack *next;
    const char *from;
    bool turned;                    /* convolved backward by a forward convolution */
    struct primitive *primitive[2]; /* for all pieces, and for the last one */
    int64_t pieces;
    size_t from_step, step; /* bytes from piece to piece */
    char *packed;
    dnnl_memory_t *memory; /* per piece */
};

/* PARTIAL: a part of a sum over pieces, in scratch memory. */
enum source { OPERAND, RESULT, PACKED, PARTIAL, SCRATCHPAD };

/* An argument of a primitive. */
struct arg {
    int id; /* oneDNN's name for it */
    enum source source;
    int k;                       /* which operand */
    int64_t stride[SX_CUT_AXES]; /* bytes from piece to piece along each axis */
};

/* A grid of pieces of equal work, but for the last of axis `tail`, which primitive[1] does. */
struct sx_kernel {
    struct sx_kernel *next;
    const struct sx_dnnl *d;
    struct primitive *primitive[2];
    struct pack *pack;
    int rank, tail, n_args, slots;
    int64_t dim[SX_CUT_AXES], pieces;
    struct arg arg[MAX_ARGS];
    dnnl_memory_t *memory; /* [slots][2][MAX_ARGS] */
    size_t scratchpad;     /* bytes of each slot */
    int residual;          /* the operand added to what the result holds, or SX_NONE */
    /* Weights that are no constants are packed by each run, and sums over pieces unpacked: */
    dnnl_primitive_t reorder;
    dnnl_memory_t from, to;
    bool turned;
    size_t step; /* bytes of packed weights, after the slots in scratch memory */
};

struct sx_dnnl {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    int threads;
    struct primitive *primitives;
    struct sx_kernel *kernels;
    struct pack *packs;
    size_t packed;
};

/* ---- Primitives ---- */

static dnnl_memory_desc_t image_desc(const struct sx_key *key, bool result)
{
    static const dnnl_format_tag_t tag[2][3] = {{dnnl_ncw, dnnl_nchw, dnnl_ncdhw},
                                                {dnnl_nwc, dnnl_nhwc, dnnl_ndhwc}};
    const int64_t *extent = result ? key->result : key->image;
    dnnl_dims_t dims = {key->n, result ? key->out : key->in, extent[0], extent[1], extent[2]};
    dnnl_memory_desc_t desc;
    dnnl_memory_desc_init_by_tag(&desc, (int)key->conv.rank + 2, dims, dnnl_f32,
                                 tag[key->conv.nhwc][key->conv.rank - 1]);
    return desc;
}

/* Weights [O, I/g, kernel..] as oneDNN sees them: [g, O/g, I/g, kernel..]. */
static dnnl_memory_desc_t kernel_desc(const struct sx_key *key, bool any)
{
    static const dnnl_format_tag_t plain[] = {dnnl_abc, dnnl_abcd, dnnl_abcde, dnnl_abcdef};
    int64_t g = key->conv.group, in = key->in / g;
    const int64_t *k = key->kernel;
    dnnl_dims_t one = {key->out, in, k[0], k[1], k[2]};
    dnnl_dims_t grouped = {g, key->out / g, in, k[0], k[1], k[2]};
    int rank = (int)key->conv.rank + 2 + (g > 1);
    dnnl_memory_desc_t desc;
    dnnl_memory_desc_init_by_tag(&desc, rank, g > 1 ? grouped : one, dnnl_f32,
                                 any ? dnnl_format_tag_any : plain[rank - 3]);
    return desc;
}

static dnnl_memory_desc_t matrix_desc(int64_t rows, int64_t columns, const int64_t *stride)
{
    dnnl_dims_t dims = {rows, columns}, strides = {1, 1};
    dnnl_memory_desc_t desc;
    if (stride != NULL) {
        strides[0] = stride[0];
        strides[1] = stride[1];
        dnnl_memory_desc_init_by_strides(&desc, 2, dims, dnnl_f32, strides);
    } else {
        dnnl_memory_desc_init_by_tag(&desc, 2, dims, dnnl_f32, dnnl_format_tag_any);
    }
    return desc;
}

static dnnl_status_t conv_desc(const struct sx_key *key, const dnnl_primitive_attr_t attr,
                               dnnl_engine_t engine, dnnl_primitive_desc_t *desc)
{
    const struct sx_conv *c = &key->conv;
    dnnl_memory_desc_t x = image_desc(key, false), y = image_desc(key, true), bias;
    dnnl_memory_desc_t w = kernel_desc(key, true);
    dnnl_dims_t stride, dilation, pad_begin, pad_end, channels = {key->out};
    dnnl_memory_desc_init_by_tag(&bias, 1, channels, dnnl_f32, dnnl_a);
    for (int i = 0; i < c->rank; i++) {
        stride[i] = c->stride[i];
        dilation[i] = c->dilation[i] - 1;
        pad_begin[i] = c->pad_begin[i];
        pad_end[i] = (key->result[i] - 1) * c->stride[i] +
                     (key->kernel[i] - 1) * c->dilation[i] + 1 - key->image[i] -
                     c->pad_begin[i];
    }
    dnnl_convolution_desc_t forward, adjoint;
    bool direct = key->kind == SX_KEY_FORWARD;
    dnnl_status_t status = dnnl_dilated_convolution_forward_desc_init(
        &forward, direct ? dnnl_forward_inference : dnnl_forward_training,
        dnnl_convolution_direct, &x, &w, key->bias ? &bias : NULL, &y, stride, dilation,
        pad_begin, pad_end);
    if (status == dnnl_success && direct)
        return dnnl_primitive_desc_create(desc, &forward, attr, engine, NULL);
    dnnl_primitive_desc_t hint;
    if (status == dnnl_success && key->kind == SX_KEY_BACKWARD)
        status = dnnl_dilated_convolution_backward_data_desc_init(
            &adjoint, dnnl_convolution_direct, &x, &w, &y, stride, dilation, pad_begin,
            pad_end);
    else if (status == dnnl_success)
        status = dnnl_dilated_convolution_backward_weights_desc_init(
            &adjoint, dnnl_convolution_direct, &x, &w, NULL, &y, stride, dilation, pad_begin,
            pad_end);
    if (status == dnnl_success)
        status = dnnl_primitive_desc_create(&hint, &forward, NULL, engine, NULL);
    if (status != dnnl_success)
        return status;
    status = dnnl_primitive_desc_create(desc, &adjoint, attr, engine, hint);
    dnnl_primitive_desc_destroy(hint);
    return status;
}

static dnnl_status_t product_desc(const struct sx_key *key, const dnnl_primitive_attr_t attr,
                                  dnnl_engine_t engine, dnnl_primitive_desc_t *desc)
{
    const int64_t row[] = {key->columns, 1}, c_stride[] = {key->c_stride, 1};
    dnnl_memory_desc_t a = matrix_desc(key->m, key->k, key->a_stride);
    dnnl_memory_desc_t b = matrix_desc(key->k, key->columns, key->pack ? NULL : key->b_stride);
    dnnl_memory_desc_t c = matrix_desc(key->m, key->columns, c_stride);
    dnnl_memory_desc_t bias = matrix_desc(1, key->columns, row);
    dnnl_matmul_desc_t product;
    dnnl_status_t status =
        dnnl_matmul_desc_init(&product, &a, &b, key->bias ? &bias : NULL, &c);
    return status != dnnl_success
               ? status
               : dnnl_primitive_desc_create(desc, &product, attr, engine, NULL);
}

static bool make_attr(const struct sx_key *key, dnnl_primitive_attr_t *attr)
{
    dnnl_post_ops_t posts;
    if (dnnl_primitive_attr_create(attr) != dnnl_success)
        return false;
    bool ok = dnnl_primitive_attr_set_scratchpad_mode(*attr, dnnl_scratchpad_mode_user) ==
                  dnnl_success &&
              dnnl_post_ops_create(&posts) == dnnl_success;
    if (ok) {
        for (int i = 0; i < key->n_posts; i++) {
            if (key->post[i] == SX_POST_ADD)
                ok = ok && dnnl_post_ops_append_sum(posts, 1) == dnnl_success;
            else if (key->post[i] == SX_POST_RELU)
                ok = ok && dnnl_post_ops_append_eltwise(posts, 1, dnnl_eltwise_relu, 0, 0) ==
                               dnnl_success;
            else if (key->post[i] == SX_POST_CLIP)
                ok = ok && dnnl_post_ops_append_eltwise(posts, 1, dnnl_eltwise_clip,
                                                        (float)key->low[i],
                                                        (float)key->high[i]) == dnnl_success;
        }
        ok = ok && dnnl_primitive_attr_set_post_ops(*attr, posts) == dnnl_success;
        dnnl_post_ops_destroy(posts);
    }
    if (!ok)
        dnnl_primitive_attr_destroy(*attr);
    return ok;
}

static const dnnl_memory_desc_t *weights_desc(const struct primitive *p)
{
    return dnnl_primitive_desc_query_md(
        p->desc,
        p->key.kind == SX_KEY_WEIGHTS ? dnnl_query_diff_weights_md : dnnl_query_weights_md, 0);
}

/* Makes the primitive of a key. An implementation whose name begins with "ref" is thousands of
 * times too slow: it is taken for none. */
static bool make_primitive(struct sx_dnnl *d, struct primitive *p)
{
    dnnl_primitive_attr_t attr;
    if (!make_attr(&p->key, &attr))
        return false;
    int before = omp_get_max_threads();
    omp_set_num_threads(p->key.serial ? 1 : MADE_FOR);
    dnnl_status_t status = p->key.kind == SX_KEY_PRODUCT
                               ? product_desc(&p->key, attr, d->engine, &p->desc)
                               : conv_desc(&p->key, attr, d->engine, &p->desc);
    dnnl_primitive_attr_destroy(attr);
    if (status == dnnl_success)
        status = dnnl_primitive_desc_query(p->desc, dnnl_query_impl_info_str, 0, &p->name);
    if (status == dnnl_success && strncmp(p->name, "ref", 3) != 0)
        status = dnnl_primitive_create(&p->primitive, p->desc);
    omp_set_num_threads(before);
    if (status != dnnl_success || p->primitive == NULL)
        return false;
    p->weights = dnnl_memory_desc_get_size(weights_desc(p));
    const dnnl_memory_desc_t *desc =
        dnnl_primitive_desc_query_md(p->desc, dnnl_query_scratchpad_md, 0);
    p->scratchpad = (dnnl_memory_desc_get_size(desc) + 63) & ~(size_t)63;
    return true;
}

/* The primitive of a key, made or found; one that cannot be made is kept too, as a refusal. */
static bool find_primitive(struct sx_dnnl *d, const struct sx_key *key,
                           struct primitive **found, struct sx_error *error)
{
    struct primitive *p = d->primitives;
    while (p != NULL && memcmp(&p->key, key, sizeof *key) != 0)
        p = p->next;
    if (p == NULL) {
        p = sx_new(1, sizeof *p, error);
        if (p == NULL)
            return false;
        memcpy(&p->key, key, sizeof *key);
        p->next = d->primitives;
        d->primitives = p;
        if (d->engine == NULL &&
            (dnnl_engine_create(&d->engine, dnnl_cpu, 0) != dnnl_success ||
             dnnl_stream_create(&d->stream, d->engine, dnnl_stream_default_flags) !=
                 dnnl_success))
            return sx_fail(error, SX_MEMORY, "out of memory");
        make_primitive(d, p);
    }
    *found = p->primitive != NULL ? p : NULL;
    return true;
}

/* ---- Packed weights ---- */

/* Has a kernel's weights packed, `pieces` of them, `from_step` bytes apart. */
static bool add_pack(struct sx_dnnl *d, struct sx_kernel *kernel, const void *from, bool turned,
                     int64_t pieces, size_t from_step, struct sx_error *error)
{
    struct pack *p = d->packs;
    for (; p != NULL; p = p->next)
        if (p->from == from && p->turned == turned && p->pieces == pieces &&
            p->primitive[0] == kernel->primitive[0] && p->primitive[1] == kernel->primitive[1])
            break;
    if (p == NULL) {
        p = sx_new(1, sizeof *p, error);
        if (p == NULL)
            return false;
        *p = (struct pack){.next = d->packs, .from = from, .turned = turned, .pieces = pieces};
        p->primitive[0] = kernel->primitive[0];
        p->primitive[1] = kernel->primitive[1];
        p->from_step = from_step;
        p->step = (p->primitive[0]->weights + 63) & ~(size_t)63;
        d->packs = p;
        d->packed += (size_t)pieces * p->step;
    }
    kernel->pack = p;
    return true;
}

static bool reorder(struct sx_dnnl *d, const dnnl_memory_desc_t *desc, const void *from,
                    dnnl_memory_t to)
{
    const dnnl_memory_desc_t *wanted;
    dnnl_primitive_desc_t pd = NULL;
    dnnl_primitive_t primitive = NULL;
    dnnl_memory_t source = NULL;
    void *data;
    memcpy(&data, &from, sizeof data); /* only read */
    bool ok = dnnl_memory_get_memory_desc(to, &wanted) == dnnl_success &&
              dnnl_memory_create(&source, desc, d->engine, data) == dnnl_success &&
              dnnl_reorder_primitive_desc_create(&pd, desc, d->engine, wanted, d->engine,
                                                 NULL) == dnnl_success &&
              dnnl_primitive_create(&primitive, pd) == dnnl_success;
    if (ok) {
        dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, source}, {DNNL_ARG_TO, to}};
        ok = dnnl_primitive_execute(primitive, d->stream, 2, args) == dnnl_success &&
             dnnl_stream_wait(d->stream) == dnnl_success;
    }
    dnnl_primitive_destroy(primitive);
    dnnl_primitive_desc_destroy(pd);
    dnnl_memory_destroy(source);
    return ok;
}

static bool pack_piece(struct sx_dnnl *d, struct pack *p, int64_t i)
{
    const struct primitive *prim = p->primitive[i == p->pieces - 1 && p->primitive[1] != NULL];
    const struct sx_key *key = &prim->key;
    const char *from = p->from + (size_t)i * p->from_step;
    dnnl_memory_desc_t desc = key->kind == SX_KEY_PRODUCT
                                  ? matrix_desc(key->k, key->columns, key->b_stride)
                                  : kernel_desc(key, false);
    float *turned = NULL;
    if (p->turned) {
        turned = sx_new_aligned(1, dnnl_memory_desc_get_size(&desc), NULL);
        if (turned == NULL)
            return false;
        sx_key_turn_weights(key, from, turned);
        from = (const char *)turned;
    }
    bool ok = dnnl_memory_create(&p->memory[i], weights_desc(prim), d->engine,
                                 p->packed + (size_t)i * p->step) == dnnl_success &&
              reorder(d, &desc, from, p->memory[i]);
    free(turned);
    return ok;
}

size_t sx_dnnl_packed(const struct sx_dnnl *d)
{
    return d->packed;
}

bool sx_dnnl_pack(struct sx_dnnl *d, struct sx_error *error)
{
    for (struct pack *p = d->packs; p != NULL; p = p->next) {
        p->packed = sx_new_aligned((size_t)p->pieces, p->step, error);
        p->memory = sx_new((size_t)p->pieces, sizeof(dnnl_memory_t), error);
        bool ok = p->packed != NULL && p->memory != NULL;
        for (int64_t i = 0; ok && i < p->pieces; i++)
            ok = pack_piece(d, p, i);
        if (!ok)
            return sx_fail(error, SX_MEMORY, "out of memory");
    }
    return true;
}

/* ---- Kernels ---- */

static struct arg *add_arg(struct sx_kernel *kernel, int id, enum source source, int k)
{
    struct arg *arg = &kernel->arg[kernel->n_args++];
    *arg = (struct arg){.id = id, .source = source, .k = k};
    return arg;
}

/* Memory objects of every slot, one for each argument whose address is known only later. */
static bool make_slots(struct sx_dnnl *d, struct sx_kernel *kernel, struct sx_error *error)
{
    add_arg(kernel, DNNL_ARG_SCRATCHPAD, SCRATCHPAD, 0);
    kernel->pieces = 1;
    for (int i = 0; i < kernel->rank; i++)
        kernel->pieces *= kernel->dim[i];
    kernel->slots = kernel->pieces < d->threads ? (int)kernel->pieces : d->threads;
    kernel->memory =
        sx_new((size_t)kernel->slots * 2 * MAX_ARGS, sizeof *kernel->memory, error);
    if (kernel->memory == NULL)
        return false;
    for (int i = 0; i < kernel->slots * 2 * kernel->n_args; i++) {
        int slot = i / (2 * kernel->n_args), variant = i / kernel->n_args % 2;
        int k = i % kernel->n_args;
        const struct primitive *p = kernel->primitive[variant];
        if (p == NULL || kernel->arg[k].source == PACKED)
            continue;
        if (p->scratchpad > kernel->scratchpad)
            kernel->scratchpad = p->scratchpad;
        if (dnnl_memory_create(&kernel->memory[(slot * 2 + variant) * MAX_ARGS + k],
                               dnnl_primitive_desc_query_md(p->desc, dnnl_query_exec_arg_md,
                                                            kernel->arg[k].id),
                               d->engine, DNNL_MEMORY_NONE) != dnnl_success)
            return sx_fail(error, SX_MEMORY, "out of memory");
    }
    return true;
}

static struct sx_kernel *new_kernel(struct sx_dnnl *d, struct sx_error *error)
{
    struct sx_kernel *kernel = sx_new(1, sizeof *kernel, error);
    if (kernel != NULL) {
        kernel->d = d;
        kernel->tail = kernel->residual = SX_NONE;
        kernel->next = d->kernels;
        d->kernels = kernel;
    }
    return kernel;
}

/* Finds the primitive; one that works by gemm is made again for one image and one thread. */
static bool find_conv(struct sx_dnnl *d, struct sx_key *key, struct primitive **p,
                      struct sx_error *error)
{
    if (!find_primitive(d, key, p, error))
        return false;
    if (*p == NULL || strstr((*p)->name, "gemm") == NULL)
        return true;
    key->serial = key->n = 1;
    return find_primitive(d, key, p, error);
}

/* Bytes of one of `parts` parts of a batch of images. */
static int64_t image_bytes(const struct sx_node *node, int64_t parts)
{
    return sx_count(&node->shape) / parts * (int64_t)sizeof(float);
}

/* Has weights reordered by each run, from or to one of oneDNN's layouts. */
static bool make_reorder(struct sx_dnnl *d, struct sx_kernel *kernel,
                         const dnnl_memory_desc_t *from, const dnnl_memory_desc_t *to,
                         struct sx_error *error)
{
    dnnl_primitive_desc_t pd = NULL;
    bool ok =
        dnnl_memory_create(&kernel->from, from, d->engine, DNNL_MEMORY_NONE) == dnnl_success &&
        dnnl_memory_create(&kernel->to, to, d->engine, DNNL_MEMORY_NONE) == dnnl_success &&
        dnnl_reorder_primitive_desc_create(&pd, from, d->engine, to, d->engine, NULL) ==
            dnnl_success &&
        dnnl_primitive_create(&kernel->reorder, pd) == dnnl_success;
    dnnl_primitive_desc_destroy(pd);
    kernel->step = (kernel->primitive[0]->weights + 63) & ~(size_t)63;
    return ok || sx_fail(error, SX_MEMORY, "out of memory");
}

/* The kernel of a convolution or its adjoint by the image, once its primitive is found. */
static bool finish_conv(struct sx_dnnl *d, const struct sx_graph *g, const struct sx_node *node,
                        const struct sx_node *weights, int bias, struct sx_kernel *kernel,
                        struct sx_error *error)
{
    const struct primitive *p = kernel->primitive[0];
    bool back = p->key.kind == SX_KEY_BACKWARD;
    add_arg(kernel, back ? DNNL_ARG_DIFF_DST : DNNL_ARG_SRC, OPERAND, 0)->stride[0] =
        image_bytes(&g->node[node->in[0]], kernel->dim[0]);
    add_arg(kernel, back ? DNNL_ARG_DIFF_SRC : DNNL_ARG_DST, RESULT, 0)->stride[0] =
        image_bytes(node, kernel->dim[0]);
    add_arg(kernel, DNNL_ARG_WEIGHTS, PACKED, 1);
    if (bias != SX_NONE)
        add_arg(kernel, DNNL_ARG_BIAS, OPERAND, bias);
    if (weights->op == SX_CONST)
        return add_pack(d, kernel, weights->data, kernel->turned, 1, 0, error) &&
               make_slots(d, kernel, error);
    dnnl_memory_desc_t plain = kernel_desc(&p->key, false);
    return make_reorder(d, kernel, &plain, weights_desc(p), error) &&
           make_slots(d, kernel, error);
}

static bool conv_kernel(struct sx_dnnl *d, const struct sx_graph *g, const struct sx_node *node,
                        const struct sx_node *inner, struct sx_kernel **result,
                        struct sx_error *error)
{
    const struct sx_node *weights = &g->node[inner->in[1]];
    struct primitive *p = NULL;
    struct sx_key key, first;
    int bias, residual;
    memset(&key, 0, sizeof key);
    if (sx_count(&node->shape) == 0 || sx_count(&weights->shape) == 0 ||
        !sx_key_posts(node, &key, &bias, &residual))
        return true;
    sx_key_conv(g, inner, &key);
    first = key;
    bool turned = key.kind == SX_KEY_BACKWARD && sx_key_turn(&key);
    if (!find_conv(d, &key, &p, error))
        return false;
    if (p == NULL && turned) {
        turned = false;
        key = first;
        if (!find_conv(d, &key, &p, error))
            return false;
    }
    if (p == NULL || (key.kind == SX_KEY_BACKWARD && (key.n_posts > 0 || key.bias)))
        return true;
    struct sx_kernel *kernel = *result = new_kernel(d, error);
    if (kernel == NULL)
        return false;
    kernel->primitive[0] = p;
    kernel->residual = residual;
    kernel->turned = turned;
    kernel->rank = 1;
    kernel->dim[0] = first.n / key.n;
    return finish_conv(d, g, node, weights, bias, kernel, error);
}

/* The adjoint by the weights sums over images: in parts of as many images each, which are added
 * in their order. */
static bool weights_kernel(struct sx_dnnl *d, const struct sx_graph *g,
                           const struct sx_node *node, struct sx_kernel **result,
                           struct sx_error *error)
{
    struct primitive *p = NULL;
    struct sx_key key;
    memset(&key, 0, sizeof key);
    sx_key_conv(g, node, &key);
    int64_t parts = key.n % 4 == 0 ? 4 : key.n % 2 == 0 ? 2 : 1;
    if (sx_count(&node->shape) == 0 || key.n == 0)
        return true;
    key.n /= parts;
    key.serial = 1;
    if (!find_primitive(d, &key, &p, error))
        return false;
    if (p == NULL)
        return true;
    struct sx_kernel *kernel = *result = new_kernel(d, error);
    if (kernel == NULL)
        return false;
    dnnl_memory_desc_t plain = kernel_desc(&key, false);
    kernel->primitive[0] = p;
    kernel->rank = 1;
    kernel->dim[0] = parts;
    if (!make_reorder(d, kernel, weights_desc(p), &plain, error))
        return false;
    add_arg(kernel, DNNL_ARG_SRC, OPERAND, 0)->stride[0] =
        image_bytes(&g->node[node->in[0]], parts);
    add_arg(kernel, DNNL_ARG_DIFF_DST, OPERAND, 1)->stride[0] =
        image_bytes(&g->node[node->in[1]], parts);
    add_arg(kernel, DNNL_ARG_DIFF_WEIGHTS, PARTIAL, 0)->stride[0] = (int64_t)kernel->step;
    return make_slots(d, kernel, error);
}

/* ---- Products ---- */

/* Gives an argument its byte strides: along the batch axes, then along the pieces. */
static void set_strides(struct arg *arg, const struct sx_cut *cut, const int64_t *step,
                        int64_t piece)
{
    for (int i = 0; i < cut->rank; i++)
        arg->stride[i] = step[i] * (int64_t)sizeof(float);
    arg->stride[cut->rank] = piece * (int64_t)sizeof(float);
}

static void product_args(struct sx_kernel *kernel, const struct sx_cut *cut, bool packed,
                         int bias)
{
    int64_t c_step[SX_CUT_AXES] = {0}, none[SX_CUT_AXES] = {0}, size = cut->m * cut->n;
    bool by_rows = cut->rows < cut->m;
    for (int i = cut->rank - 1; i >= 0; i--) {
        c_step[i] = size;
        size *= cut->dim[i];
    }
    set_strides(add_arg(kernel, DNNL_ARG_SRC, OPERAND, 0), cut, cut->a_step,
                by_rows ? cut->rows * cut->a_stride[0] : 0);
    set_strides(add_arg(kernel, DNNL_ARG_WEIGHTS, packed ? PACKED : OPERAND, 1), cut,
                cut->b_step, by_rows ? 0 : cut->columns * cut->b_stride[1]);
    set_strides(add_arg(kernel, DNNL_ARG_DST, RESULT, 0), cut, c_step,
                by_rows ? cut->rows * cut->n : cut->columns);
    if (bias != SX_NONE)
        set_strides(add_arg(kernel, DNNL_ARG_BIAS, OPERAND, bias), cut, none,
                    by_rows ? 0 : cut->columns);
}

static bool product_kernel(struct sx_dnnl *d, const struct sx_graph *g,
                           const struct sx_node *node, const struct sx_node *inner,
                           struct sx_kernel **result, struct sx_error *error)
{
    const struct sx_node *b = &g->node[inner->in[1]];
    struct primitive *p[2] = {NULL, NULL};
    struct sx_cut cut;
    struct sx_key key;
    int bias, residual;
    memset(&key, 0, sizeof key);
    if (!sx_cut_product(g, inner, &cut) || !sx_key_posts(node, &key, &bias, &residual))
        return true;
    int64_t rows = cut.m % cut.rows, columns = cut.n % cut.columns;
    key.kind = SX_KEY_PRODUCT;
    key.serial = 1;
    key.pack = b->op == SX_CONST && cut.rank == 0;
    sx_key_product(&cut, cut.rows, cut.columns, &key);
    if (!find_primitive(d, &key, &p[0], error))
        return false;
    sx_key_product(&cut, rows > 0 ? rows : cut.rows, columns > 0 ? columns : cut.columns, &key);
    if ((rows > 0 || columns > 0) && !find_primitive(d, &key, &p[1], error))
        return false;
    if (p[0] == NULL || (p[1] == NULL && (rows > 0 || columns > 0)))
        return true;
    struct sx_kernel *kernel = *result = new_kernel(d, error);
    if (kernel == NULL)
        return false;
    kernel->primitive[0] = p[0];
    kernel->primitive[1] = p[1];
    kernel->residual = residual;
    kernel->rank = cut.rank + 1;
    kernel->tail = cut.rank;
    memcpy(kernel->dim, cut.dim, sizeof kernel->dim);
    int64_t by_row = cut.m / cut.rows + (rows > 0),
            by_column = cut.n / cut.columns + (columns > 0);
    kernel->dim[cut.rank] = by_row * by_column; /* one of them is 1 */
    product_args(kernel, &cut, key.pack, bias);
    size_t step = (size_t)(cut.columns * cut.b_stride[1]) * sizeof(float);
    return (!key.pack || add_pack(d, kernel, b->data, false, by_column, step, error)) &&
           make_slots(d, kernel, error);
}

/* ---- The door ---- */

bool sx_dnnl_new(struct sx_dnnl **d, int threads, struct sx_error *error)
{
    *d = sx_new(1, sizeof **d, error);
    if (*d != NULL)
        (*d)->threads = threads;
    return *d != NULL;
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
        return product_kernel(d, g, node, &inner, kernel, error);
    return true;
}

/* Whether the pieces are parts of a sum. */
static bool is_sum(const struct sx_kernel *kernel)
{
    return kernel->primitive[0]->key.kind == SX_KEY_WEIGHTS;
}

size_t sx_kernel_scratch(const struct sx_kernel *kernel)
{
    size_t copies = is_sum(kernel) ? (size_t)kernel->pieces : kernel->reorder != NULL;
    if (kernel->turned && copies > 0)
        copies++; /* turned, but not yet packed: no larger */
    return (size_t)kernel->slots * kernel->scratchpad + copies * kernel->step;
}

const char *sx_kernel_name(const struct sx_kernel *kernel)
{
    return kernel->primitive[0]->name;
}

static char *after_slots(const struct sx_kernel *kernel, const struct sx_call *call)
{
    return (char *)call->scratch + (size_t)kernel->slots * kernel->scratchpad;
}

static bool run_reorder(const struct sx_kernel *kernel, void *from, void *to)
{
    dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, kernel->from}, {DNNL_ARG_TO, kernel->to}};
    return dnnl_memory_set_data_handle(kernel->from, from) == dnnl_success &&
           dnnl_memory_set_data_handle(kernel->to, to) == dnnl_success &&
           dnnl_primitive_execute(kernel->reorder, kernel->d->stream, 2, args) == dnnl_success;
}

/* Packs weights that are no constants. */
static bool pack_now(const struct sx_kernel *kernel, const struct sx_call *call)
{
    char *packed = after_slots(kernel, call), *plain = packed + kernel->step;
    if (kernel->turned)
        sx_key_turn_weights(&kernel->primitive[0]->key, call->in[1].data,
                            (float *)(void *)plain);
    else
        memcpy(&plain, &call->in[1].data, sizeof plain); /* only read */
    return run_reorder(kernel, plain, packed);
}

/* Adds the parts of a sum in their order, and unpacks it. */
static bool sum_parts(const struct sx_kernel *kernel, const struct sx_call *call)
{
    float *sum = (float *)(void *)after_slots(kernel, call);
    int64_t step = (int64_t)(kernel->step / sizeof *sum);
#pragma omp parallel for
    for (int64_t i = 0; i < step; i++)
        for (int64_t k = 1; k < kernel->pieces; k++)
            sum[i] += sum[k * step + i];
    return run_reorder(kernel, sum, call->out);
}

/* Runs one piece with the memory objects of one slot. */
static bool run_piece(const struct sx_kernel *kernel, const struct sx_call *call, int64_t piece,
                      int slot)
{
    dnnl_exec_arg_t args[MAX_ARGS];
    int64_t at[SX_CUT_AXES], rest = piece;
    for (int i = kernel->rank - 1; i >= 0; i--) {
        at[i] = rest % kernel->dim[i];
        rest /= kernel->dim[i];
    }
    bool last = kernel->primitive[1] != NULL && kernel->tail != SX_NONE &&
                at[kernel->tail] == kernel->dim[kernel->tail] - 1;
    for (int k = 0; k < kernel->n_args; k++) {
        const struct arg *arg = &kernel->arg[k];
        args[k].arg = arg->id;
        if (arg->source == PACKED) {
            const struct pack *pack = kernel->pack;
            args[k].memory =
                pack == NULL ? kernel->to : pack->memory[pack->pieces > 1 ? piece : 0];
            continue;
        }
        char *data = call->out;
        if (arg->source == OPERAND)
            memcpy(&data, &call->in[arg->k].data, sizeof data); /* only read */
        else if (arg->source == PARTIAL)
            data = after_slots(kernel, call);
        else if (arg->source == SCRATCHPAD)
            data = (char *)call->scratch + (size_t)slot * kernel->scratchpad;
        for (int i = 0; i < kernel->rank; i++)
            data += at[i] * arg->stride[i];
        args[k].memory = kernel->memory[(slot * 2 + last) * MAX_ARGS + k];
        if (dnnl_memory_set_data_handle(args[k].memory, data) != dnnl_success)
            return false;
    }
    return dnnl_primitive_execute(kernel->primitive[last]->primitive, kernel->d->stream,
                                  kernel->n_args, args) == dnnl_success;
}

bool sx_kernel_run(const struct sx_kernel *kernel, const struct sx_call *call)
{
    bool ok = kernel->reorder == NULL || is_sum(kernel) || pack_now(kernel, call);
    if (kernel->residual != SX_NONE && call->in[kernel->residual].data != call->out)
        sx_copy_pieces(call->out, call->in[kernel->residual].data,
                       (size_t)sx_count(&call->node->shape) * sizeof(float));
    if (!kernel->primitive[0]->key.serial) {
        int threads = kernel->d->threads;
        if (omp_in_parallel()) /* whoever runs programs in parallel has them run by one thread */
            return ok && run_piece(kernel, call, 0, 0);
#pragma omp teams num_teams(1) thread_limit(threads)
        ok = ok && run_piece(kernel, call, 0, 0);
        return ok;
    }
#pragma omp parallel for schedule(dynamic) num_threads(kernel->slots) reduction(&& : ok)
    for (int64_t i = 0; i < kernel->pieces; i++) {
        omp_set_num_threads(1); /* of this region alone: gemm looks at it */
        ok = ok && run_piece(kernel, call, i, omp_get_thread_num());
    }
    return ok && (!is_sum(kernel) || sum_parts(kernel, call));
}

void sx_dnnl_free(struct sx_dnnl *d)
{
    if (d == NULL)
        return;
    for (struct sx_kernel *k = d->kernels, *next; k != NULL; k = next) {
        next = k->next;
        for (int i = 0; k->memory != NULL && i < k->slots * 2 * MAX_ARGS; i++)
            dnnl_memory_destroy(k->memory[i]);
        dnnl_primitive_destroy(k->reorder);
        dnnl_memory_destroy(k->from);
        dnnl_memory_destroy(k->to);
        free(k->memory);
        free(k);
    }
    for (struct pack *p = d->packs, *next; p != NULL; p = next) {
        next = p->next;
        for (int64_t i = 0; p->memory != NULL && i < p->pieces; i++)
            dnnl_memory_destroy(p->memory[i]);
        free(p->memory);
        free(p->packed);
        free(p);
    }
    for (struct primitive *p = d->primitives, *next; p != NULL; p = next) {
        next = p->next;
        dnnl_primitive_destroy(p->primitive);
        dnnl_primitive_desc_destroy(p->desc);
        free(p);
    }
    dnnl_stream_destroy(d->stream);
    dnnl_engine_destroy(d->engine);
    free(d);
}

#endif
