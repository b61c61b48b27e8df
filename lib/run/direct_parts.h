/* direct_parts.h - shared by the files of direct.h: panels of weights, and tiles. */
#ifndef SX_RUN_DIRECT_PARTS_H
#define SX_RUN_DIRECT_PARTS_H

#include "run/direct.h"
#include "run/key.h"

/* The size of a tile of the result: rows are pixels, columns are channels. */
enum { SX_TILE_ROWS = 6, SX_TILE_COLUMNS = 16 };

/* Weights in panels of SX_TILE_COLUMNS channels of the result: [taps][run][columns] each. Missing
 * columns of the last panel are 0. */
struct sx_panels {
    struct sx_panels *next;
    const char *from; /* may be unaligned */
    struct sx_key_weights w;
    int64_t taps, run, out; /* run: number of consecutive elements of the picture at each tap */
    int64_t count;          /* number of panels */
    int columns;            /* columns of a panel */
    bool winograd;          /* the weights are transformed: winograd.h */
    bool large;             /* the panels are those of large.h */
    /* large.h: kept panels that hold these weights transposed. Each task packs what it needs from
     * them. */
    const struct sx_panels *other;
    const struct sx_graph *g; /* graph of the weights */
    bool kept, nan;           /* nan: a packed weight is NaN */
    bool inexact;             /* a sum of winograd.h was inexact in this run */
    float *packed;            /* NULL while it is not kept */
};

/* What is done to each element after its sum, in this order. An infinite bound means none. */
struct sx_finish {
    bool clips[2]; /* before and after the addition */
    float low[2], high[2];
};

/* Computes out[row][column] = bias[column] + sum over taps and runs of at[tap][row][run] *
 * panel[tap][run][column], then finishes it. Rows of `out` and `add` are `step` elements apart.
 * `add` may be NULL. */
struct sx_tile {
    int64_t taps, run;
    const float *const *at; /* [taps][SX_TILE_ROWS] */
    const float *panel;
    const float *bias; /* [SX_TILE_COLUMNS] */
    const float *add;
    float *out;
    int64_t step;
    int columns;
    const struct sx_finish *finish;
};

/* Kernels by number of rows, from 1; NULL if the processor cannot run them. */
typedef void (*sx_tile_kernel)(const struct sx_tile *tile);
const sx_tile_kernel *sx_tile_kernels(void);

void sx_panels_pack(struct sx_panels *p, float *packed);
size_t sx_panels_bytes(const struct sx_panels *p);

#endif
