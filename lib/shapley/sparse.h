/* sparse.h - functions of sets with few terms, and the codes that find them. */
#ifndef SX_SPARSE_H
#define SX_SPARSE_H

#include "shapley/shapley.h"

/* ---- Codes ----
 *
 * BCH: `t` syndromes of m bits each determine up to t set places out of n. */
struct sx_bch {
    int m, t;
    int64_t n;
    uint16_t power[1 << 13], log[1 << 13]; /* of the generator of the field of 2^m elements */
};

/* Status 2 for over 8191 places. */
bool sx_bch_init(struct sx_bch *code, int64_t n, int t, struct sx_error *error);

/* Bit b of syndrome i of a single place. */
bool sx_bch_bit(const struct sx_bch *code, int64_t place, int i, int b);

/* Finds up to t places that have these syndromes. Returns their number, or -1 if no such places
 * exist. */
int sx_bch_decode(const struct sx_bch *code, const uint16_t *syndrome, int64_t *place);

/* ---- Sparse functions ---- */

/* A sum of terms over sets of n players, each of `words` words. */
struct sx_sparse {
    int64_t n, count, room;
    size_t words;
    uint64_t *set;
    double *value;
};

/* Adds a term; equal sets are not united. */
bool sx_sparse_add(struct sx_sparse *f, const uint64_t *set, double value,
                   struct sx_error *error);
void sx_sparse_free(struct sx_sparse *f);

/* Unites equal sets, drops terms of at most `least` in magnitude, and sorts by size and
 * order. */
void sx_sparse_unite(struct sx_sparse *f, double least);

/* Fits the values of the terms by least squares: v(T) = sum of value (-1)^|set and T| at
 * `count` coalitions T. */
bool sx_sparse_fit(struct sx_sparse *f, int64_t count, const uint64_t *coalition,
                   const double *v, struct sx_error *error);

/* The Moebius transform of a sum of characters. */
bool sx_sparse_moebius(const struct sx_sparse *characters, struct sx_sparse *moebius,
                       struct sx_error *error);

#endif
