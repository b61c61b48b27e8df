/* partition.c - the best partition of a set by dynamic programming over runs or over
 * subsets. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shapley/partition.h"

/* ---- Blocks of neighbours in a row ---- */

/* Whether i..j may be a block: no forced cut lies within it, and no forced link behind it. */
static bool may_be(const char *join, int64_t i, int64_t j, int64_t m)
{
    if (join == NULL)
        return true;
    for (int64_t k = i; k < j; k++)
        if (join[k] == 2)
            return false;
    return j + 1 >= m || join[j] != 1;
}

double sx_partition_row(const double *u, int64_t m, double sign, double tie, const char *join,
                        int64_t *block, double *room)
{
    double *best = room, *blocks = room + m + 1;
    best[0] = blocks[0] = 0;
    for (int64_t j = 0; j < m; j++) {
        best[j + 1] = -INFINITY;
        blocks[j + 1] = 0;
        for (int64_t i = 0; i <= j; i++) {
            double sum = best[i] + sign * u[i * m + j];
            if (best[i] == -INFINITY || !may_be(join, i, j, m))
                continue;
            if (sum > best[j + 1] + tie ||
                (sum >= best[j + 1] - tie && blocks[i] + 1 > blocks[j + 1])) {
                best[j + 1] = sum;
                blocks[j + 1] = blocks[i] + 1;
                block[j] = i; /* where the block that ends at j begins */
            }
        }
    }
    double sum = 0;
    int64_t number = (int64_t)blocks[m];
    for (int64_t j = m - 1; j >= 0;) {
        int64_t begin = block[j];
        sum += u[begin * m + j];
        number--;
        for (; j >= begin; j--)
            block[j] = number;
    }
    return sum;
}

/* ---- Any blocks ---- */

/* Per set of players, its best partition: value, number of blocks, block of the first
 * player. */
struct subsets {
    double *best;
    int8_t *blocks;
    uint32_t *first;
};

static void best_of(struct subsets *s, const double *u, const bool *allowed, uint32_t set,
                    double sign, double tie, bool finest)
{
    uint32_t low = set & -set, rest = set ^ low, part = 0;
    s->best[set] = -INFINITY;
    do {
        uint32_t block = part | low, other = set ^ block;
        part = (part - rest) & rest;
        if ((allowed != NULL && !allowed[block]) || s->best[other] == -INFINITY)
            continue;
        double sum = s->best[other] + sign * u[block];
        int8_t blocks = (int8_t)(s->blocks[other] + 1);
        bool nicer = finest ? blocks > s->blocks[set] : blocks < s->blocks[set];
        if (sum > s->best[set] + tie || (sum >= s->best[set] - tie && nicer)) {
            s->best[set] = sum;
            s->blocks[set] = blocks;
            s->first[set] = block;
        }
    } while (part != 0);
}

bool sx_partition_any(const double *u, const bool *allowed, int64_t m, double sign, double tie,
                      bool finest, int64_t *block, struct sx_error *error)
{
    size_t count = (size_t)1 << m;
    struct subsets s = {sx_new(count, sizeof *s.best, error),
                        sx_new(count, sizeof *s.blocks, error),
                        sx_new(count, sizeof *s.first, error)};
    bool ok = s.best != NULL && s.blocks != NULL && s.first != NULL;
    for (uint32_t set = 1; ok && set < count; set++)
        best_of(&s, u, allowed, set, sign, tie, finest);
    int64_t number = 0;
    for (uint32_t set = (uint32_t)count - 1; ok && set != 0; set ^= s.first[set], number++)
        for (int64_t i = 0; i < m; i++)
            if ((s.first[set] >> i & 1) != 0)
                block[i] = number;
    free(s.best);
    free(s.blocks);
    free(s.first);
    return ok;
}
