/* direct_parts.h - what the files of direct.h share: panels of weights, and tiles. */
#ifndef SX_RUN_DIRECT_PARTS_H
#define SX_RUN_DIRECT_PARTS_H

#include "run/direct.h"
#include "run/key.h"

/* A tile of the result: rows of pixels, columns of channels. */
enum { SX_TILE_ROWS = 6, SX_TILE_COLUMNS = 16 };

/* Weights as panels of SX_TILE_COLUMNS channels of the result, [taps][run][columns] each; what is
 * missing in the last panel is 0. */
struct sx_panels {
    struct sx_panels *next;
    const char *from; /* perhaps not aligned */
    struct sx_key_weights w;
    int64_t taps, run, out; /* `run` elements of the picture lie together at each tap */
    int64_t count;          /* of panels */
    int columns;            /* of a panel */
    bool winograd;          /* transformed: winograd.h */
    bool large;             /* of large.h */
    /* Of large.h: the kept panels that hold these weights transposed, so that each task packs for
     * itself what it needs of them. */
    const struct sx_panels *other;
    const struct sx_graph *g; /* of the weights */
    bool kept, nan;           /* nan: a weight that was packed is NaN */
    bool inexact;             /* a sum of winograd.h was, in this run */
    float *packed;            /* NULL until it is kept */
};

/* What is done to each element after its sum, in this order; a bound is not there if infinite. */
struct sx_finish {
    bool clips[2]; /* before and after the addition */
    float low[2], high[2];
};

/* out[rows][columns] = bias + sum over taps and runs of at[tap][row][run] panel[tap][run][column],
 * finished. Rows of out and add are `step` elements apart; add may be NULL. */
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

/* The kernels by their rows, from 1 on; NULL where the processor cannot run them. */
typedef void (*sx_tile_kernel)(const struct sx_tile *tile);
const sx_tile_kernel *sx_tile_kernels(void);

void sx_panels_pack(struct sx_panels *p, float *packed);
size_t sx_panels_bytes(const struct sx_panels *p);

#endif
