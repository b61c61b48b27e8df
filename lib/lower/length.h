/* length.h - whether a graph computes with the length of an axis. */
#ifndef SX_LOWER_LENGTH_H
#define SX_LOWER_LENGTH_H

#include "lower/lower.h"

/* Whether a node of the file may make a number of the length of an axis. */
bool sx_reads_lengths(const struct sx_model *m);
/* Whether constants of one shape have other elements in b than in a, which are one file lowered for
 * two lengths of an axis. Constants that no output depends on do not count, nor do those whose
 * shape differs: their rows are compared by sx_mark_samples. */
bool sx_differ_in_constants(const struct sx_lowered *a, const struct sx_lowered *b,
                            struct sx_error *error);

#endif
