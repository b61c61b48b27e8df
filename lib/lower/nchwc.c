/* nchwc.c - lowering of com.microsoft.nchwc, the domain of files that ONNX Runtime has
 * optimised for a processor. There, channels lie in blocks as long as a vector register.
 *
 * An image is [N, C, H, W] here, and C is filled up with zeros to a multiple of the block length. Only
 * weights are read in the order of the blocks. The file does not say how long a block is. */
#include <string.h>

#include "lower/scope.h"
#include "lower/tables.h"

#define DOMAIN "com.microsoft.nchwc"

/* The block length that ONNX Runtime chooses on this processor. */
static int64_t block_here(void)
{
#if defined(__x86_64__) || defined(__i386__)
    return __builtin_cpu_supports("avx512f") ? 16 : 8;
#else
    return 16;
#endif
}

/* Whether the weights of this convolution exclude blocks of 16. */
static bool is_narrow(const struct sx_model *model, const Onnx__NodeProto *node)
{
    if (strcmp(sx_text(node->domain), DOMAIN) != 0 || strcmp(node->op_type, "Conv") != 0 ||
        node->n_input < 2)
        return false;
    const Onnx__TensorProto *w = sx_model_initializer(model, node->input[1]);
    return w != NULL && w->n_dims == 4 &&
           (w->dims[0] % 16 != 0 || (w->dims[1] > 16 && w->dims[1] % 16 != 0));
}

/* The block length of the model: 8 if the weights of a convolution exclude 16, else the length
 * on this processor. */
static int64_t find_block(const struct sx_model *model)
{
    for (size_t i = 0; i < model->graph->n_node; i++)
        if (is_narrow(model, model->graph->node[i]))
            return 8;
    sx_model_warn(model, "optimised for a processor: blocks of %d channels, as on this one",
                  (int)block_here());
    return block_here();
}

/* The block length of the model. It is found once. */
static int64_t block_of(const struct sx_lowering *l)
{
    struct sx_scope *root = l->scope->root;
    if (root->block == 0)
        root->block = find_block(root->model);
    return root->block;
}

/* Reorders weights to [O, I, H, W]. They come as [O/b, I/b, H, W, b of I, b of O], or as [O/b,
 * I, H, W, b of O] if the input has fewer channels than a block. */
static int unblocked(struct sx_lowering *l, int w, int64_t block)
{
    struct sx_shape s = sx_shape_of(l->g, w);
    bool both = s.rank == 4 && s.dim[1] >= block;
    if (s.rank != 4 || s.dim[0] % block != 0 || (both && s.dim[1] % block != 0)) {
        sx_reject(l, "weights that are not in blocks of %lld", (long long)block);
        return SX_NONE;
    }
    static const int order[] = {0, 5, 1, 4, 2, 3}, few_order[] = {0, 4, 1, 2, 3};
    int64_t apart[] = {s.dim[0] / block, s.dim[1] / block, s.dim[2], s.dim[3], block, block};
    int64_t few[] = {s.dim[0] / block, s.dim[1], s.dim[2], s.dim[3], block};
    int parts = both ? sx_shaped(l->g, w, 6, apart) : sx_shaped(l->g, w, 5, few);
    return sx_shaped(l->g, sx_transpose(l->g, parts, both ? order : few_order), 4, s.dim);
}

/* Conv, with an optional bias, a tensor that is added, and an activation. */
static bool lower_conv(struct sx_lowering *l)
{
    struct sx_value in[4];
    struct sx_lowering inner = *l;
    memcpy(in, l->in, (size_t)l->n_in * sizeof in[0]);
    in[1].node = unblocked(l, sx_arg(l, 1), block_of(l));
    inner.in = in;
    inner.row = l->scope->root->find("com.microsoft", "FusedConv", 1);
    return in[1].node != SX_NONE && inner.row->lower(&inner);
}

/* Makes an image from one that may have its channels last, and fills its channels up to whole
 * blocks. */
static bool lower_reorder_input(struct sx_lowering *l)
{
    static const int to_front[] = {0, 3, 1, 2};
    const int64_t start[SX_MAX_RANK] = {0}, step[SX_MAX_RANK] = {1, 1, 1, 1};
    int64_t block = block_of(l);
    int x = sx_arg(l, 0);
    if (sx_arg_shape(l, 0).rank != 4)
        return sx_reject(l, "input of rank %d", sx_arg_shape(l, 0).rank);
    if (sx_attr_int(l, "channels_last", 0) != 0)
        x = sx_transpose(l->g, x, to_front);
    struct sx_shape wide = sx_shape_of(l->g, x);
    int64_t channels = wide.dim[1];
    wide.dim[1] += (block - channels % block) % block;
    return sx_give(l, channels < wide.dim[1] ? sx_embed(l->g, x, start, step, &wide) : x);
}

/* Cuts off the channels that fill up the last block, and moves channels to the end if
 * `channels_last`. */
static bool lower_reorder_output(struct sx_lowering *l)
{
    static const int to_back[] = {0, 2, 3, 1};
    struct sx_shape x = sx_arg_shape(l, 0);
    int64_t channels = sx_attr_int(l, "channels", 0);
    if (x.rank != 4 || channels < 1 || channels > x.dim[1])
        return sx_reject(l, "%lld channels of an input of rank %d", (long long)channels,
                         x.rank);
    int y = sx_slice_axis(l->g, sx_arg(l, 0), 1, 0, channels);
    return sx_give(l, sx_attr_int(l, "channels_last", 0) != 0 ? sx_transpose(l->g, y, to_back)
                                                              : y);
}

/* Operators that treat each channel separately are lowered as the ONNX operator of the same
 * name. */
static bool lower_each(struct sx_lowering *l)
{
    int y = sx_lower_as(l, l->row->op, sx_arg(l, 0));
    return y != SX_NONE && sx_give(l, y);
}

const struct sx_lowering_row sx_lower_nchwc[] = {
    {DOMAIN, "Conv", 1, 0, 2, 4, lower_conv, 0, true},
    {DOMAIN, "ReorderInput", 1, 0, 1, 1, lower_reorder_input, 0, true},
    {DOMAIN, "ReorderOutput", 1, 0, 1, 1, lower_reorder_output, 0, true},
    {DOMAIN, "MaxPool", 1, 0, 1, 1, lower_each, 0, true},
    {DOMAIN, "AveragePool", 1, 0, 1, 1, lower_each, 0, true},
    {DOMAIN, "GlobalMaxPool", 1, 0, 1, 1, lower_each, 0, true},
    {DOMAIN, "GlobalAveragePool", 1, 0, 1, 1, lower_each, 0, true},
    {0},
};
