/* slic.h - superpixels. */
#ifndef SX_SLIC_H
#define SX_SLIC_H

#include "io/io.h"
#include "io/picture.h"

/* Cuts a picture into about n connected pieces. label[row * columns + column] is 0 to *count - 1,
 * numbered from the top left. */
bool sx_slic(const double *x, const struct sx_grid *g, int64_t n, int64_t *label,
             int64_t *count, struct sx_error *error);

#endif
