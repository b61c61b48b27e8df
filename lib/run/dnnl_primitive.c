/* dnnl_primitive.c - makes oneDNN's primitives from keys, and chooses their implementation.
 *
 * Making a primitive costs 0.3 to 1.3 ms, so equal nodes share one. All convolutions are made for
 * MADE_FOR threads, however many run them, because oneDNN cuts its sums by that number. */
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "run/dnnl_parts.h"

enum { MADE_FOR = 8 };

/* Descriptions of the image, the weights, the result and the bias of a convolution or product.
 * `ok`: all could be made. */
struct descs {
    dnnl_memory_desc_t x, w, y, bias;
    dnnl_status_t status;
};

static void destroy_descs(struct descs *m)
{
    dnnl_memory_desc_destroy(m->x);
    dnnl_memory_desc_destroy(m->w);
    dnnl_memory_desc_destroy(m->y);
    dnnl_memory_desc_destroy(m->bias);
}

static dnnl_memory_desc_t noted(struct descs *m, dnnl_memory_desc_t desc, dnnl_status_t status)
{
    if (m->status == dnnl_success)
        m->status = status;
    return status == dnnl_success ? desc : NULL;
}

static dnnl_memory_desc_t tagged(struct descs *m, int rank, const dnnl_dims_t dims,
                                 dnnl_format_tag_t tag)
{
    dnnl_memory_desc_t desc = NULL;
    dnnl_status_t status = dnnl_memory_desc_create_with_tag(&desc, rank, dims, dnnl_f32, tag);
    return noted(m, desc, status);
}

static dnnl_memory_desc_t image_desc(struct descs *m, const struct sx_key *key, bool result)
{
    static const dnnl_format_tag_t tag[2][3] = {{dnnl_ncw, dnnl_nchw, dnnl_ncdhw},
                                                {dnnl_nwc, dnnl_nhwc, dnnl_ndhwc}};
    const int64_t *extent = result ? key->result : key->image;
    dnnl_dims_t dims = {key->n, result ? key->out : key->in, extent[0], extent[1], extent[2]};
    return tagged(m, (int)key->conv.rank + 2, dims, tag[key->conv.nhwc][key->conv.rank - 1]);
}

/* Describes weights [O, I/g, kernel..] as oneDNN's [g, O/g, I/g, kernel..] in any layout. */
static dnnl_memory_desc_t kernel_desc(struct descs *m, const struct sx_key *key)
{
    struct sx_key_weights w;
    dnnl_dims_t dims;
    sx_key_weights(key, false, &w);
    memcpy(dims, w.dim, sizeof w.dim);
    return tagged(m, w.rank, dims, dnnl_format_tag_any);
}

static dnnl_memory_desc_t matrix_desc(struct descs *m, int64_t rows, int64_t columns,
                                      const int64_t *stride)
{
    dnnl_dims_t dims = {rows, columns}, strides = {stride[0], stride[1]};
    dnnl_memory_desc_t desc = NULL;
    dnnl_status_t status =
        dnnl_memory_desc_create_with_strides(&desc, 2, dims, dnnl_f32, strides);
    return noted(m, desc, status);
}

/* Describes a convolution or an adjoint. Adjoints need no hint of a forward primitive; other kinds
 * of layers would. */
static dnnl_status_t conv_desc(const struct sx_key *key, const_dnnl_primitive_attr_t attr,
                               dnnl_engine_t engine, dnnl_primitive_desc_t *desc)
{
    const struct sx_conv *c = &key->conv;
    dnnl_dims_t stride, dilation, begin, end, channels = {key->out};
    struct descs m = {.status = dnnl_success};
    m.x = image_desc(&m, key, false);
    m.w = kernel_desc(&m, key);
    m.y = image_desc(&m, key, true);
    m.bias = key->bias ? tagged(&m, 1, channels, dnnl_a) : NULL;
    for (int i = 0; i < c->rank; i++) {
        stride[i] = c->stride[i];
        dilation[i] = c->dilation[i] - 1;
        begin[i] = c->pad_begin[i];
        end[i] = (key->result[i] - 1) * c->stride[i] + (key->kernel[i] - 1) * c->dilation[i] +
                 1 - key->image[i] - c->pad_begin[i];
    }
    dnnl_status_t status = m.status;
    if (status != dnnl_success)
        ; /* no primitive is made */
    else if (key->kind == SX_KEY_FORWARD)
        status = dnnl_convolution_forward_primitive_desc_create(
            desc, engine, dnnl_forward_inference, dnnl_convolution_direct, m.x, m.w, m.bias,
            m.y, stride, dilation, begin, end, attr);
    else if (key->kind == SX_KEY_BACKWARD)
        status = dnnl_convolution_backward_data_primitive_desc_create(
            desc, engine, dnnl_convolution_direct, m.x, m.w, m.y, stride, dilation, begin, end,
            NULL, attr);
    else
        status = dnnl_convolution_backward_weights_primitive_desc_create(
            desc, engine, dnnl_convolution_direct, m.x, m.w, NULL, m.y, stride, dilation, begin,
            end, NULL, attr);
    destroy_descs(&m);
    return status;
}

static struct sx_primitive *known(const struct sx_dnnl *d, const struct sx_key *key)
{
    struct sx_primitive *p = d->primitives;
    while (p != NULL && memcmp(&p->key, key, sizeof *key) != 0)
        p = p->next;
    return p;
}

/* Describes a product. A piece of fewer rows uses the weights as they are packed for the others; on
 * its own oneDNN 3 might choose another layout. */
static dnnl_status_t product_desc(const struct sx_dnnl *d, const struct sx_key *key,
                                  const_dnnl_primitive_attr_t attr, dnnl_primitive_desc_t *desc)
{
    const int64_t row[] = {key->columns, 1}, c_stride[] = {key->c_stride, 1};
    const dnnl_dims_t b_dims = {key->k, key->columns};
    struct sx_key others = *key;
    others.m = key->pack;
    const struct sx_primitive *first =
        key->pack == 0 || key->pack == key->m ? NULL : known(d, &others);
    struct descs m = {.status = dnnl_success};
    m.x = matrix_desc(&m, key->m, key->k, key->a_stride);
    m.w = key->pack ? tagged(&m, 2, b_dims, dnnl_format_tag_any)
                    : matrix_desc(&m, key->k, key->columns, key->b_stride);
    m.y = matrix_desc(&m, key->m, key->columns, c_stride);
    m.bias = key->bias ? matrix_desc(&m, 1, key->columns, row) : NULL;
    dnnl_status_t status = m.status;
    if (status == dnnl_success)
        status = dnnl_matmul_primitive_desc_create(
            desc, d->engine, m.x, first != NULL ? sx_weights_packed(first) : m.w, m.bias, m.y,
            attr);
    destroy_descs(&m);
    return status;
}

static bool append_post(const struct sx_key *key, int i, dnnl_post_ops_t posts)
{
    dnnl_status_t status = dnnl_success;
    if (key->post[i] == SX_POST_ADD)
        status = dnnl_post_ops_append_sum(posts, 1, 0, dnnl_data_type_undef);
    else if (key->post[i] == SX_POST_RELU)
        status = dnnl_post_ops_append_eltwise(posts, dnnl_eltwise_relu, 0, 0);
    else if (key->post[i] == SX_POST_CLIP)
        status = dnnl_post_ops_append_eltwise(posts, dnnl_eltwise_clip, (float)key->low[i],
                                              (float)key->high[i]);
    return status == dnnl_success;
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
        for (int i = 0; i < key->n_posts; i++)
            ok = ok && append_post(key, i, posts);
        ok = ok && dnnl_primitive_attr_set_post_ops(*attr, posts) == dnnl_success;
        dnnl_post_ops_destroy(posts);
    }
    if (!ok)
        dnnl_primitive_attr_destroy(*attr);
    return ok;
}

static const char *name_of(const_dnnl_primitive_desc_t desc)
{
    const char *name = NULL;
    dnnl_status_t status = dnnl_primitive_desc_query(desc, dnnl_query_impl_info_str, 0, &name);
    return status == dnnl_success && name != NULL ? name : "ref";
}

static bool begins(const char *name, const char *start)
{
    return strncmp(name, start, strlen(start)) == 0;
}

/* Chooses the second implementation if it is faster: "jit_dw" takes 0.7 to 0.96 of the time of
 * "brdgmm_dw" for depthwise convolutions. */
static void choose(dnnl_primitive_desc_t *desc)
{
    dnnl_primitive_desc_t second = NULL;
    if (!begins(name_of(*desc), "brdgmm_dw") ||
        dnnl_primitive_desc_clone(&second, *desc) != dnnl_success)
        return;
    bool better = dnnl_primitive_desc_next_impl(second) == dnnl_success &&
                  begins(name_of(second), "jit_dw");
    dnnl_primitive_desc_destroy(better ? *desc : second);
    if (better)
        *desc = second;
}

bool sx_conv_stops(const struct sx_key *key)
{
    static const int64_t channels[][2] = {
        {256, 1024}, {512, 1024}, {512, 2048}, {1024, 512}, {1024, 2048}};
    bool stop = false;
    if (DNNL_VERSION_MAJOR < 3 || (key->kind != SX_KEY_FORWARD && key->kind != SX_KEY_BACKWARD))
        return false;
    int64_t in = key->in / key->conv.group, out = key->out / key->conv.group;
    for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++)
        stop = stop || (in == channels[i][0] && out == channels[i][1]) ||
               (in == channels[i][1] && out == channels[i][0]);
    for (int i = 0; i < key->conv.rank; i++)
        stop = stop && key->kernel[i] == 1;
    return stop;
}

/* Whether the numbers of a key are safe. oneDNN uses ints in places, and divides by numbers that
 * have overflowed. */
static bool fits(const struct sx_key *key)
{
    const int64_t most = (int64_t)1 << 31, step = 1 << 15;
    int64_t of_product[] = {key->m,           key->k,           key->columns,
                            key->a_stride[0], key->a_stride[1], key->b_stride[0],
                            key->b_stride[1], key->c_stride};
    double image = (double)key->in, result = (double)key->out,
           weights = image * result / (double)(key->conv.group > 0 ? key->conv.group : 1);
    for (size_t i = 0; i < sizeof of_product / sizeof of_product[0]; i++)
        if (of_product[i] >= most)
            return false;
    for (int i = 0; i < key->conv.rank; i++) {
        image *= (double)key->image[i];
        result *= (double)key->result[i];
        weights *= (double)key->kernel[i];
        if (key->conv.stride[i] > step || key->conv.dilation[i] > step ||
            llabs(key->conv.pad_begin[i]) > step || llabs(key->conv.pad_end[i]) > step)
            return false;
    }
    return fmax(fmax(image, result), weights) < (double)most && key->n < most;
}

/* Makes the primitive of a key. An implementation whose name begins with "ref" is thousands of
 * times slower and is refused. */
static bool make_primitive(struct sx_dnnl *d, struct sx_primitive *p, struct sx_error *error)
{
    dnnl_primitive_attr_t attr;
    if (!fits(&p->key) || sx_conv_stops(&p->key))
        return true;
    if (!make_attr(&p->key, &attr))
        return sx_fail(error, SX_MEMORY, "out of memory");
    int before = omp_get_max_threads();
    omp_set_num_threads(p->key.serial ? 1 : MADE_FOR);
    dnnl_status_t status = p->key.kind == SX_KEY_PRODUCT
                               ? product_desc(d, &p->key, attr, &p->desc)
                               : conv_desc(&p->key, attr, d->engine, &p->desc);
    dnnl_primitive_attr_destroy(attr);
    if (status == dnnl_success) {
        choose(&p->desc);
        p->name = name_of(p->desc);
        if (!begins(p->name, "ref"))
            status = dnnl_primitive_create(&p->primitive, p->desc);
        if (status != dnnl_success)
            p->primitive = NULL;
    }
    omp_set_num_threads(before);
    if (status == dnnl_out_of_memory)
        return sx_fail(error, SX_MEMORY, "out of memory");
    if (p->primitive == NULL)
        return true;
    p->weights = dnnl_memory_desc_get_size(sx_weights_packed(p));
    const_dnnl_memory_desc_t desc =
        dnnl_primitive_desc_query_md(p->desc, dnnl_query_scratchpad_md, 0);
    p->scratchpad = (dnnl_memory_desc_get_size(desc) + 63) & ~(size_t)63;
    if (!sx_place_weights(p, error)) {
        dnnl_primitive_destroy(p->primitive);
        p->primitive = NULL;
    }
    return error->status == SX_OK;
}

/* Memory that must be free before oneDNN makes a primitive. If memory is refused meanwhile, oneDNN
 * crashes (measured with version 2.6). */
#define ROOM ((size_t)8 << 20)
static bool has_room(struct sx_error *error)
{
    void *p = sx_new_aligned(1, ROOM, NULL);
    free(p);
    return p != NULL || sx_fail(error, SX_MEMORY, "out of memory");
}

/* Finds or makes a primitive. A refusal is remembered, too. */
bool sx_find_primitive(struct sx_dnnl *d, const struct sx_key *key, struct sx_primitive **found,
                       struct sx_error *error)
{
    struct sx_primitive *p = known(d, key);
    if (p == NULL) {
        p = has_room(error) ? sx_new(1, sizeof *p, error) : NULL;
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
        if (!make_primitive(d, p, error))
            return false;
    }
    *found = p->primitive != NULL ? p : NULL;
    return true;
}

bool sx_find_conv(struct sx_dnnl *d, struct sx_key *key, struct sx_primitive **found,
                  struct sx_error *error)
{
    if (!sx_find_primitive(d, key, found, error))
        return false;
    if (*found == NULL || strstr((*found)->name, "gemm") == NULL)
        return true;
    key->serial = key->n = 1;
    return sx_find_primitive(d, key, found, error);
}
