/* direct_run.h - a kernel of direct.h: where its pixels read the picture, and how it is cut. */
#ifndef SX_RUN_DIRECT_RUN_H
#define SX_RUN_DIRECT_RUN_H

#include <string.h>

#include "run/direct_parts.h"

enum {
    SX_MOST_POINTERS = 2048, /* pointers from the rows of a task to their taps */
    /* elements of the zeros that are read for a tap outside the picture */
    SX_MOST_OUTSIDE = 4096
};

/* Pixels of pictures [n, image, channels] with three spatial axes; missing ones are put in front.
 * At each tap a pixel reads `run` elements: the channels of one pixel or, if they are few, of a
 * line of the kernel. */
struct sx_window {
    int64_t n, channels;
    int64_t image[3], result[3], kernel[3], stride[3], dilation[3], pad[3];
    int64_t taps, run;
    /* each pixel has one tap, and every pixel of the picture is a pixel of the result */
    bool dense;
    bool outside;    /* some taps are outside the picture */
    bool padded;     /* they would be, so the picture is first copied with padding */
    int64_t seen[3]; /* extents of that copy */
};

/* The kernel of a node. Its result, [rows, channels], is cut into chunks of rows times groups of
 * panels. */
struct sx_direct {
    struct sx_direct *next;
    struct sx_window window;
    struct sx_panels *panels;
    struct sx_finish finish;
    int bias, residual; /* operands, or SX_NONE */
    int64_t rows, chunk, chunks, group, groups;
    /* For winograd.h, whose chunks are blocks of tiles, and large.h: */
    const struct sx_winograd_loops *loops;
    int64_t tiles[2]; /* winograd.h: tiles of a picture */
    int threads;      /* the most threads */
};

struct sx_directs {
    struct sx_direct *kernels;
    struct sx_panels *panels;
    void *block; /* memory of all panels that are kept */
    const struct sx_winograd_loops *loops;
    size_t weights; /* bytes of all constants; 0: not counted yet */
    int threads;    /* the most threads of a run */
    /* all: use kernels other than winograd.h and large.h; exact: do not use winograd.h */
    bool all, exact;
};

/* Fills bias[width] for the panel of columns `column` and following: 0 without a bias, and beyond
 * the last column. Returns how many columns there are. */
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
