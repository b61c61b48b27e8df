/* fourier.c - sparse sums over sets: fits characters to values, and turns them into Moebius
 * terms. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shapley/estimate.h"
#include "shapley/sparse.h"

bool sx_sparse_add(struct sx_sparse *f, const uint64_t *set, double value,
                   struct sx_error *error)
{
    if (f->count == f->room) {
        size_t room = 2 * (size_t)f->room + 64;
        uint64_t *sets = realloc(f->set, room * f->words * sizeof *sets);
        f->set = sets != NULL ? sets : f->set;
        double *values = realloc(f->value, room * sizeof *values);
        f->value = values != NULL ? values : f->value;
        if (sets == NULL || values == NULL)
            return sx_fail(error, SX_MEMORY, "out of memory");
        f->room = (int64_t)room;
    }
    memcpy(f->set + (size_t)f->count * f->words, set, f->words * sizeof *set);
    f->value[f->count++] = value;
    return true;
}

void sx_sparse_free(struct sx_sparse *f)
{
    free(f->set);
    free(f->value);
    *f = (struct sx_sparse){.n = f->n, .words = f->words};
}

/* Orders sets by size, then lexicographically by their ascending members. */
static int compare(const uint64_t *a, const uint64_t *b, size_t words)
{
    int64_t na = sx_set_count(a, words), nb = sx_set_count(b, words);
    if (na != nb)
        return na < nb ? -1 : 1;
    for (size_t i = 0; i < words; i++)
        if (a[i] != b[i]) {
            uint64_t first = (a[i] ^ b[i]) & -(a[i] ^ b[i]);
            return (a[i] & first) != 0 ? -1 : 1;
        }
    return 0;
}

/* Sifts the term at `at` down the heap of the first n terms. */
static void sift(struct sx_sparse *f, int64_t at, int64_t n)
{
    size_t words = f->words;
    for (int64_t child; (child = 2 * at + 1) < n; at = child) {
        uint64_t *set = f->set;
        if (child + 1 < n &&
            compare(set + (size_t)child * words, set + (size_t)(child + 1) * words, words) < 0)
            child++;
        uint64_t *x = set + (size_t)at * words, *y = set + (size_t)child * words;
        if (compare(x, y, words) >= 0)
            return;
        for (size_t k = 0; k < words; k++) {
            uint64_t swap = x[k];
            x[k] = y[k];
            y[k] = swap;
        }
        double swap = f->value[at];
        f->value[at] = f->value[child];
        f->value[child] = swap;
    }
}

static void sort(struct sx_sparse *f)
{
    size_t words = f->words;
    for (int64_t i = f->count / 2; i-- > 0;)
        sift(f, i, f->count);
    for (int64_t n = f->count - 1; n > 0; n--) {
        for (size_t k = 0; k < words; k++) {
            uint64_t swap = f->set[k];
            f->set[k] = f->set[(size_t)n * words + k];
            f->set[(size_t)n * words + k] = swap;
        }
        double swap = f->value[0];
        f->value[0] = f->value[n];
        f->value[n] = swap;
        sift(f, 0, n);
    }
}

void sx_sparse_unite(struct sx_sparse *f, double least)
{
    size_t words = f->words;
    int64_t kept = 0;
    sort(f);
    for (int64_t i = 0, next; i < f->count; i = next) {
        double sum = 0;
        for (next = i; next < f->count && compare(f->set + (size_t)i * words,
                                                  f->set + (size_t)next * words, words) == 0;
             next++)
            sum += f->value[next];
        if (fabs(sum) <= least)
            continue;
        memmove(f->set + (size_t)kept * words, f->set + (size_t)i * words,
                words * sizeof *f->set);
        f->value[kept++] = sum;
    }
    f->count = kept;
}

/* ---- The fit ---- */

/* Bit i of the row becomes the parity of |set and coalition i|. */
static void parities(const uint64_t *set, size_t words, int64_t count,
                     const uint64_t *coalition, uint64_t *row)
{
    for (int64_t i = 0; i < count; i++) {
        uint64_t all = 0;
        for (size_t k = 0; k < words; k++)
            all ^= set[k] & coalition[(size_t)i * words + k];
        row[i / 64] |= (uint64_t)__builtin_parityll(all) << (i % 64);
    }
}

bool sx_sparse_fit(struct sx_sparse *f, int64_t count, const uint64_t *coalition,
                   const double *v, struct sx_error *error)
{
    size_t p = (size_t)f->count, long_words = ((size_t)count + 63) / 64, square;
    if (!sx_size_mul(&square, p, p))
        return sx_fail(error, SX_MEMORY, "out of memory");
    uint64_t *row = sx_new(p * long_words, sizeof *row, error);
    double *matrix = sx_new(square, sizeof *matrix, error);
    bool ok = row != NULL && matrix != NULL;
    for (size_t s = 0; ok && s < p; s++) {
        uint64_t *here = row + s * long_words;
        parities(f->set + s * f->words, f->words, count, coalition, here);
        f->value[s] = 0;
        for (int64_t i = 0; i < count; i++)
            f->value[s] += (here[i / 64] >> (i % 64) & 1) != 0 ? -v[i] : v[i];
        for (size_t t = 0; t <= s; t++) {
            int64_t odd = 0;
            for (size_t k = 0; k < long_words; k++)
                odd += __builtin_popcountll(here[k] ^ row[t * long_words + k]);
            matrix[t * p + s] = (double)(count - 2 * odd);
        }
        matrix[s * p + s] *= 1 + 1e-12; /* ridge: undetermined terms share their value */
    }
    if (ok && !sx_cholesky(matrix, (int64_t)p))
        ok = sx_fail(error, SX_USAGE,
                     "%lld coalitions do not tell %lld terms apart; raise --budget",
                     (long long)count, (long long)p);
    if (ok)
        sx_cholesky_solve(matrix, (int64_t)p, f->value);
    free(row);
    free(matrix);
    return ok;
}

/* (-1)^|k and T| is the sum of (-2)^|L| over the L within both k and T. */
bool sx_sparse_moebius(const struct sx_sparse *from, struct sx_sparse *to,
                       struct sx_error *error)
{
    uint64_t *part = sx_new(from->words, sizeof *part, error);
    int64_t member[64];
    bool ok = part != NULL;
    *to = (struct sx_sparse){.n = from->n, .words = from->words};
    for (int64_t i = 0; ok && i < from->count; i++) {
        const uint64_t *set = from->set + (size_t)i * from->words;
        int64_t size = 0;
        for (int64_t k = 0; k < from->n && size < 64; k++)
            if (sx_set_has(set, k))
                member[size++] = k;
        for (uint64_t which = 0; ok && which < (uint64_t)1 << size; which++) {
            memset(part, 0, from->words * sizeof *part);
            for (uint64_t left = which; left != 0; left &= left - 1)
                sx_set_add(part, member[__builtin_ctzll(left)]);
            int count = __builtin_popcountll(which);
            ok = sx_sparse_add(to, part, ldexp(count % 2 == 0 ? 1 : -1, count) * from->value[i],
                               error);
        }
    }
    free(part);
    return ok;
}
