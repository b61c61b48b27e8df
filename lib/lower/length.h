/* length.h - whether a graph computes with the length of an axis. */
#ifndef SX_LOWER_LENGTH_H
#define SX_LOWER_LENGTH_H

#include "lower/lower.h"

/* Whether a node of the file may compute with the length of an axis. */
bool sx_reads_lengths(const struct sx_model *m);
/* Whether constants of one shape have different elements in a and b, which are one file lowered for
 * two lengths of an axis. Constants that no output depends on do not count. Constants of different
 * shapes do not count either: sx_mark_samples compares their rows. */
bool sx_differ_in_constants(const struct sx_lowered *a, const struct sx_lowered *b,
                            struct sx_error *error);

#endif
