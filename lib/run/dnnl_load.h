/* dnnl_load.h - the functions of oneDNN that are called.
 *
 * The library is loaded by the first program that uses it, because loading it takes several ms. So
 * its functions are called through a table. */
#ifndef SX_RUN_DNNL_LOAD_H
#define SX_RUN_DNNL_LOAD_H

#include <oneapi/dnnl/dnnl.h>

#include "base/base.h"

/* clang-format off */
#if DNNL_VERSION_MAJOR >= 3
#define SX_ONEDNN_DATED(F)                                                                      \
    F(convolution_forward_primitive_desc_create)                                                \
    F(convolution_backward_data_primitive_desc_create)                                          \
    F(convolution_backward_weights_primitive_desc_create)                                       \
    F(matmul_primitive_desc_create)                                                             \
    F(memory_desc_create_with_strides)                                                          \
    F(memory_desc_create_with_tag)                                                              \
    F(memory_desc_destroy)                                                                      \
    F(memory_desc_query)                                                                        \
    F(primitive_desc_next_impl)
#else
#define SX_ONEDNN_DATED(F)                                                                      \
    F(dilated_convolution_forward_desc_init)                                                    \
    F(dilated_convolution_backward_data_desc_init)                                              \
    F(dilated_convolution_backward_weights_desc_init)                                           \
    F(matmul_desc_init)                                                                         \
    F(memory_desc_init_by_strides)                                                              \
    F(memory_desc_init_by_tag)                                                                  \
    F(primitive_desc_create)
#endif
#define SX_ONEDNN_ALWAYS(F)                                                                     \
    F(engine_create)                                                                            \
    F(engine_destroy)                                                                           \
    F(get_effective_cpu_isa)                                                                    \
    F(memory_create)                                                                            \
    F(memory_desc_get_size)                                                                     \
    F(memory_destroy)                                                                           \
    F(memory_set_data_handle)                                                                   \
    F(post_ops_append_eltwise)                                                                  \
    F(post_ops_append_sum)                                                                      \
    F(post_ops_create)                                                                          \
    F(post_ops_destroy)                                                                         \
    F(primitive_attr_create)                                                                    \
    F(primitive_attr_destroy)                                                                   \
    F(primitive_attr_set_post_ops)                                                              \
    F(primitive_attr_set_scratchpad_mode)                                                       \
    F(primitive_create)                                                                         \
    F(primitive_desc_destroy)                                                                   \
    F(primitive_desc_query)                                                                     \
    F(primitive_desc_query_md)                                                                  \
    F(primitive_destroy)                                                                        \
    F(primitive_execute)                                                                        \
    F(stream_create)                                                                            \
    F(stream_destroy)                                                                           \
    F(primitive_desc_clone)
/* clang-format on */

#define SX_ONEDNN_POINTER(name) __typeof__(dnnl_##name) *name;
struct sx_onednn {
    SX_ONEDNN_DATED(SX_ONEDNN_POINTER)
    SX_ONEDNN_ALWAYS(SX_ONEDNN_POINTER)
};

/* The table. It is empty until sx_dnnl_load has returned true, and does not change afterwards. */
extern struct sx_onednn sx_onednn;

/* Loads oneDNN at the first call. */
bool sx_dnnl_load(struct sx_error *error);

#define dnnl_engine_create sx_onednn.engine_create
#define dnnl_engine_destroy sx_onednn.engine_destroy
#define dnnl_get_effective_cpu_isa sx_onednn.get_effective_cpu_isa
#define dnnl_memory_create sx_onednn.memory_create
#define dnnl_memory_desc_get_size sx_onednn.memory_desc_get_size
#define dnnl_memory_destroy sx_onednn.memory_destroy
#define dnnl_memory_set_data_handle sx_onednn.memory_set_data_handle
#define dnnl_post_ops_append_eltwise sx_onednn.post_ops_append_eltwise
#define dnnl_post_ops_append_sum sx_onednn.post_ops_append_sum
#define dnnl_post_ops_create sx_onednn.post_ops_create
#define dnnl_post_ops_destroy sx_onednn.post_ops_destroy
#define dnnl_primitive_attr_create sx_onednn.primitive_attr_create
#define dnnl_primitive_attr_destroy sx_onednn.primitive_attr_destroy
#define dnnl_primitive_attr_set_post_ops sx_onednn.primitive_attr_set_post_ops
#define dnnl_primitive_attr_set_scratchpad_mode sx_onednn.primitive_attr_set_scratchpad_mode
#define dnnl_primitive_create sx_onednn.primitive_create
#define dnnl_primitive_desc_clone sx_onednn.primitive_desc_clone
#define dnnl_primitive_desc_destroy sx_onednn.primitive_desc_destroy
#define dnnl_primitive_desc_query sx_onednn.primitive_desc_query
#define dnnl_primitive_desc_query_md sx_onednn.primitive_desc_query_md
#define dnnl_primitive_destroy sx_onednn.primitive_destroy
#define dnnl_primitive_execute sx_onednn.primitive_execute
#define dnnl_stream_create sx_onednn.stream_create
#define dnnl_stream_destroy sx_onednn.stream_destroy
#if DNNL_VERSION_MAJOR >= 3
#define dnnl_convolution_backward_data_primitive_desc_create                                   \
    sx_onednn.convolution_backward_data_primitive_desc_create
#define dnnl_convolution_backward_weights_primitive_desc_create                                \
    sx_onednn.convolution_backward_weights_primitive_desc_create
#define dnnl_convolution_forward_primitive_desc_create                                         \
    sx_onednn.convolution_forward_primitive_desc_create
#define dnnl_matmul_primitive_desc_create sx_onednn.matmul_primitive_desc_create
#define dnnl_memory_desc_create_with_strides sx_onednn.memory_desc_create_with_strides
#define dnnl_memory_desc_create_with_tag sx_onednn.memory_desc_create_with_tag
#define dnnl_memory_desc_destroy sx_onednn.memory_desc_destroy
#define dnnl_memory_desc_query sx_onednn.memory_desc_query
#define dnnl_primitive_desc_next_impl sx_onednn.primitive_desc_next_impl
#else
#define dnnl_dilated_convolution_backward_data_desc_init                                       \
    sx_onednn.dilated_convolution_backward_data_desc_init
#define dnnl_dilated_convolution_backward_weights_desc_init                                    \
    sx_onednn.dilated_convolution_backward_weights_desc_init
#define dnnl_dilated_convolution_forward_desc_init                                             \
    sx_onednn.dilated_convolution_forward_desc_init
#define dnnl_matmul_desc_init sx_onednn.matmul_desc_init
#define dnnl_memory_desc_init_by_strides sx_onednn.memory_desc_init_by_strides
#define dnnl_memory_desc_init_by_tag sx_onednn.memory_desc_init_by_tag
#define dnnl_primitive_desc_create sx_onednn.primitive_desc_create
#endif

#endif
