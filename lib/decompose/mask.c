/* mask.c - inputs without some of their players, and maps summed by player. */
#include <string.h>

#include "decompose/decompose.h"

void sx_masked_point(const struct sx_decomposing *d, const struct sx_frame *f,
                     const uint64_t *set, double *point)
{
    const int64_t *label = d->players->label;
    for (int64_t i = 0; i < d->size; i++)
        point[i] = set == NULL || label[i] < 0 || (*set >> label[i] & 1) != 0 ? d->x[i]
                                                                              : f->baseline[i];
}

void sx_sum_players(const struct sx_decomposing *d, const double *map, double *to)
{
    const int64_t *label = d->players->label;
    memset(to, 0, (size_t)d->n * sizeof *to);
    for (int64_t i = 0; i < d->size; i++)
        if (label[i] >= 0)
            to[label[i]] += map[i];
}
