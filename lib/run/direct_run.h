/* direct_run.h - a kernel of direct.h: where its pixels see the picture, and how it is cut. */
#ifndef SX_RUN_DIRECT_RUN_H
#define SX_RUN_DIRECT_RUN_H

#include <string.h>

#include "run/direct_parts.h"

enum {
    SX_MOST_POINTERS = 2048, /* of the rows of a task, to each of their taps */
    SX_MOST_OUTSIDE = 4096   /* elements that are read for a tap outside of the picture */
};

/* Pixels of pictures [n, image, channels], spatial axes padded in front to three. A pixel sees `run`
 * elements at each tap: those of a pixel, or, of few channels, those of a line of the kernel. */
struct sx_window {
    int64_t n, channels;
    int64_t image[3], result[3], kernel[3], stride[3], dilation[3], pad[3];
    int64_t taps, run;
    bool dense;      /* one tap each, and every pixel of the picture is one of the result */
    bool outside;    /* taps lie outside of the picture */
    bool padded;     /* they would, so that the picture is first copied with its edges */
    int64_t seen[3]; /* extents of that copy */
};

/* The result, [rows, channels], is cut into chunks of rows times groups of panels. */
struct sx_direct {
    struct sx_direct *next;
    struct sx_window window;
    struct sx_panels *panels;
    struct sx_finish finish;
    int bias, residual; /* operands, or SX_NONE */
    int64_t rows, chunk, chunks, group, groups;
    /* Of panels of winograd.h, whose chunks are blocks of tiles, and of large.h: */
    const struct sx_winograd_loops *loops;
    int64_t tiles[2]; /* of a picture: winograd.h */
    int threads;      /* at most */
};

struct sx_directs {
    struct sx_direct *kernels;
    struct sx_panels *panels;
    void *block; /* of all panels that are kept */
    const struct sx_winograd_loops *loops;
    size_t weights;  /* bytes of all constants; 0: not counted yet */
    int threads;     /* of runs, at most */
    bool all, exact; /* all: not only those of winograd.h and large.h; exact: not the former */
};

/* Puts the bias of the panel of `width` columns from `column` on into bias[width]: 0 without one, and
 * for columns that the result has not. Returns how many columns it has. */
static inline int sx_panel_bias(const struct sx_direct *k, int64_t column, int64_t width,
                                const struct sx_call *call, float *bias)
{
    const int64_t left = k->panels->out - column, columns = left < width ? left : width;
    memset(bias, 0, (size_t)width * sizeof *bias);
    if (k->bias != SX_NONE)
        memcpy(bias, (const float *)call->in[k->bias].data + column,
               (size_t)columns * sizeof *bias);
    return (int)columns;
}

#endif
