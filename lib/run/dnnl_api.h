/* dnnl_api.h - the C interface of oneDNN 3, and its emulation over oneDNN 2 as far as it is used. */
#ifndef SX_RUN_DNNL_API_H
#define SX_RUN_DNNL_API_H

#include <stdbool.h>

#include "run/dnnl_load.h"

/* A layout: the distance in elements of blocks along each axis, and the blocks inside, from the
 * outermost to the innermost, with the axis that each divides. */
struct sx_dnnl_blocks {
    int n;
    const int64_t *stride, *size, *axis;
};

#if DNNL_VERSION_MAJOR >= 3

static inline bool sx_dnnl_blocks(const_dnnl_memory_desc_t desc, struct sx_dnnl_blocks *b)
{
    dnnl_dims_t *stride = NULL, *size = NULL, *axis = NULL;
    dnnl_format_kind_t kind;
    bool ok = dnnl_memory_desc_query(desc, dnnl_query_format_kind, &kind) == dnnl_success &&
              kind == dnnl_blocked &&
              dnnl_memory_desc_query(desc, dnnl_query_inner_nblks_s32, &b->n) == dnnl_success &&
              dnnl_memory_desc_query(desc, dnnl_query_strides, &stride) == dnnl_success &&
              dnnl_memory_desc_query(desc, dnnl_query_inner_blks, &size) == dnnl_success &&
              dnnl_memory_desc_query(desc, dnnl_query_inner_idxs, &axis) == dnnl_success;
    if (ok) {
        b->stride = *stride;
        b->size = *size;
        b->axis = *axis;
    }
    return ok;
}

#else

#include <stdlib.h>

/* oneDNN 2 describes memory by structures, and makes primitive descriptors in two steps, from a
 * description of the operation. For users of this header dnnl_memory_desc_t is a pointer in either
 * version. */
typedef dnnl_memory_desc_t *sx_dnnl_desc;
typedef const dnnl_memory_desc_t *const_dnnl_memory_desc_t;

static inline bool sx_dnnl_blocks(const_dnnl_memory_desc_t desc, struct sx_dnnl_blocks *b)
{
    const dnnl_blocking_desc_t *blocking = &desc->format_desc.blocking;
    b->n = blocking->inner_nblks;
    b->stride = blocking->strides;
    b->size = blocking->inner_blks;
    b->axis = blocking->inner_idxs;
    return desc->format_kind == dnnl_blocked;
}

static inline dnnl_status_t sx_dnnl_made(sx_dnnl_desc *desc, dnnl_status_t status)
{
    if (status != dnnl_success) {
        free(*desc);
        *desc = NULL;
    }
    return status;
}

static inline dnnl_status_t dnnl_memory_desc_create_with_tag(sx_dnnl_desc *desc, int rank,
                                                             const dnnl_dims_t dims,
                                                             dnnl_data_type_t type,
                                                             dnnl_format_tag_t tag)
{
    *desc = malloc(sizeof **desc);
    return *desc == NULL
               ? dnnl_out_of_memory
               : sx_dnnl_made(desc, dnnl_memory_desc_init_by_tag(*desc, rank, dims, type, tag));
}

static inline dnnl_status_t dnnl_memory_desc_create_with_strides(sx_dnnl_desc *desc, int rank,
                                                                 const dnnl_dims_t dims,
                                                                 dnnl_data_type_t type,
                                                                 const dnnl_dims_t strides)
{
    *desc = malloc(sizeof **desc);
    return *desc == NULL ? dnnl_out_of_memory
                         : sx_dnnl_made(desc, dnnl_memory_desc_init_by_strides(
                                                  *desc, rank, dims, type, strides));
}

static inline dnnl_status_t dnnl_memory_desc_destroy(sx_dnnl_desc desc)
{
    free(desc);
    return dnnl_success;
}

static inline dnnl_status_t dnnl_convolution_forward_primitive_desc_create(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, dnnl_prop_kind_t kind,
    dnnl_alg_kind_t algorithm, const_dnnl_memory_desc_t x, const_dnnl_memory_desc_t w,
    const_dnnl_memory_desc_t bias, const_dnnl_memory_desc_t y, const dnnl_dims_t stride,
    const dnnl_dims_t dilation, const dnnl_dims_t begin, const dnnl_dims_t end,
    const_dnnl_primitive_attr_t attr)
{
    dnnl_convolution_desc_t c;
    dnnl_status_t status = dnnl_dilated_convolution_forward_desc_init(
        &c, kind, algorithm, x, w, bias, y, stride, dilation, begin, end);
    return status != dnnl_success ? status
                                  : dnnl_primitive_desc_create(made, &c, attr, engine, NULL);
}

static inline dnnl_status_t dnnl_convolution_backward_data_primitive_desc_create(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    const_dnnl_memory_desc_t x, const_dnnl_memory_desc_t w, const_dnnl_memory_desc_t y,
    const dnnl_dims_t stride, const dnnl_dims_t dilation, const dnnl_dims_t begin,
    const dnnl_dims_t end, const_dnnl_primitive_desc_t forward,
    const_dnnl_primitive_attr_t attr)
{
    dnnl_convolution_desc_t c;
    dnnl_status_t status = dnnl_dilated_convolution_backward_data_desc_init(
        &c, algorithm, x, w, y, stride, dilation, begin, end);
    return status != dnnl_success ? status
                                  : dnnl_primitive_desc_create(made, &c, attr, engine, forward);
}

static inline dnnl_status_t dnnl_convolution_backward_weights_primitive_desc_create(
    dnnl_primitive_desc_t *made, dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
    const_dnnl_memory_desc_t x, const_dnnl_memory_desc_t w, const_dnnl_memory_desc_t bias,
    const_dnnl_memory_desc_t y, const dnnl_dims_t stride, const dnnl_dims_t dilation,
    const dnnl_dims_t begin, const dnnl_dims_t end, const_dnnl_primitive_desc_t forward,
    const_dnnl_primitive_attr_t attr)
{
    dnnl_convolution_desc_t c;
    dnnl_status_t status = dnnl_dilated_convolution_backward_weights_desc_init(
        &c, algorithm, x, w, bias, y, stride, dilation, begin, end);
    return status != dnnl_success ? status
                                  : dnnl_primitive_desc_create(made, &c, attr, engine, forward);
}

static inline dnnl_status_t
dnnl_matmul_primitive_desc_create(dnnl_primitive_desc_t *made, dnnl_engine_t engine,
                                  const_dnnl_memory_desc_t a, const_dnnl_memory_desc_t b,
                                  const_dnnl_memory_desc_t bias, const_dnnl_memory_desc_t c,
                                  const_dnnl_primitive_attr_t attr)
{
    dnnl_matmul_desc_t product;
    dnnl_status_t status = dnnl_matmul_desc_init(&product, a, b, bias, c);
    return status != dnnl_success
               ? status
               : dnnl_primitive_desc_create(made, &product, attr, engine, NULL);
}

/* Implementations of oneDNN 2 are in the order of their speed, so no other is asked for. */
static inline dnnl_status_t dnnl_primitive_desc_next_impl(dnnl_primitive_desc_t desc)
{
    (void)desc;
    return dnnl_iterator_ends;
}

#undef dnnl_post_ops_append_sum
#undef dnnl_post_ops_append_eltwise
#define dnnl_post_ops_append_sum(posts, scale, zero, type)                                     \
    sx_onednn.post_ops_append_sum(posts, scale)
#define dnnl_post_ops_append_eltwise(posts, algorithm, alpha, beta)                            \
    sx_onednn.post_ops_append_eltwise(posts, 1, algorithm, alpha, beta)
#define dnnl_memory_desc_t sx_dnnl_desc

#endif
#endif
