/* window.h - the windows of convolutions and pools, as attributes describe them. */
#ifndef SX_LOWER_WINDOW_H
#define SX_LOWER_WINDOW_H

#include "lower/row.h"

enum sx_auto_pad { SX_PAD_NOTSET, SX_PAD_SAME_UPPER, SX_PAD_SAME_LOWER, SX_PAD_VALID };

struct sx_window {
    struct sx_conv c; /* rank, strides, dilations, pads, group 1 */
    enum sx_auto_pad auto_pad;
    int64_t image[3], kernel[3];
    int64_t reach[3]; /* distance of the first and the last element of a kernel */
};

/* Reads strides, dilations, pads, and auto_pad (which is not applied yet). If `kernel`, the shape
 * of the weights, is NULL, reads kernel_shape, too. */
bool sx_read_window(struct sx_lowering *l, const struct sx_shape *image,
                    const struct sx_shape *kernel, struct sx_window *w);

/* Applies SAME padding. */
void sx_pad_same(struct sx_window *w);

/* pool.c: the geometry of a pool; `declared` keeps the padding that the file asks for. A window may be
 * larger than the padded image by less than a stride: then it is the only one, as in ONNX Runtime. */
bool sx_read_pool(struct sx_lowering *l, struct sx_pool *p, struct sx_window *declared);

#endif
