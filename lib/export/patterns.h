/* patterns.h - groups of core operators for which ONNX has one operator.
 *
 * A pattern has two functions. `reads` says whether a node is the last of such a group. If so,
 * it lists the nodes that the one operator reads and returns their number, else SX_NONE. It
 * looks only at the graph. `spell` writes the operator. */
#ifndef SX_EXPORT_PATTERNS_H
#define SX_EXPORT_PATTERNS_H

#include "export/export.h"

struct sx_pattern {
    int op; /* of the last node */
    int (*reads)(const struct sx_writer *w, int node, int *reads);
    void (*spell)(struct sx_writer *w, int node);
};

/* ---- limits.c: Clip, and what passes where x is within limits ---- */

/* Notes for each comparison with an upper limit which node is the clipped x. */
void sx_find_clips(struct sx_writer *w);
int sx_read_clip(const struct sx_writer *w, int node, int *reads);
void sx_spell_clip(struct sx_writer *w, int node);
int sx_read_within(const struct sx_writer *w, int node, int *reads);
void sx_spell_within(struct sx_writer *w, int node);

/* ---- splits.c: Split, and Concat of tensors that are embedded side by side ---- */

/* Finds the tensors that are divided into slices. */
void sx_find_splits(struct sx_writer *w);
int sx_read_split(const struct sx_writer *w, int node, int *reads);
void sx_spell_split(struct sx_writer *w, int node);
int sx_read_joined(const struct sx_writer *w, int node, int *reads);
void sx_spell_joined(struct sx_writer *w, int node);

/* ---- pools.c: max pooling, and its derivative ---- */

int sx_read_pooled(const struct sx_writer *w, int node, int *reads);
void sx_spell_pooled(struct sx_writer *w, int node);
int sx_read_unpooled(const struct sx_writer *w, int node, int *reads);
void sx_spell_unpooled(struct sx_writer *w, int node);

/* ---- turned.c: derivatives of convolutions without strides ---- */

int sx_read_turned(const struct sx_writer *w, int node, int *reads);
void sx_spell_turned(struct sx_writer *w, int node);

/* ---- means.c: means, and factors that cancel ---- */

int sx_read_mean(const struct sx_writer *w, int node, int *reads);
void sx_spell_mean(struct sx_writer *w, int node);
int sx_read_cancelled(const struct sx_writer *w, int node, int *reads);
void sx_spell_cancelled(struct sx_writer *w, int node);

#endif
