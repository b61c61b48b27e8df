/* sparse.c - games of hundreds of players that are sums of few interactions.
 *
 * As SPEX (Kang, Butler, Agarwal, Erginbas, Pedarsani, Yu, Ramchandran 2025; Amrollahi et al.
 * 2019):
 *     v(T) = sum over k of F(k) (-1)^|k and T|
 * A Walsh-Hadamard transform over the coalitions M'l + d, l = 0 .. 2^b - 1, gives for each bin
 * j
 *     sum of F(k) (-1)^<d,k> over the k with M k = j.
 * If a single k lies in a bin, the signs at the shifts d are the syndromes of k in a BCH code,
 * which determine k. A k that was found is subtracted from all transforms, which leaves other k
 * alone in their bins (peeling). Finally all k that were found are fitted to all values. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shapley/estimate.h"
#include "shapley/sparse.h"

#define TRANSFORMS 3
#define LEAST_BITS 4
#define MOST_BITS 14

struct sparse {
    struct sx_estimate *e;
    int64_t n;        /* live players */
    size_t words;     /* of their sets */
    int bits, shifts; /* b; the shifts of the code, and the zero shift */
    int64_t bins;
    struct sx_bch code;
    uint64_t *matrix;    /* rows of M of each transform */
    uint64_t *shift;     /* d of each transform and shift: a random set xor a row of the code */
    uint64_t *coalition; /* all coalitions that are evaluated */
    double *value, *bin; /* [TRANSFORMS, shifts, bins] */
    struct sx_sparse found;
};

/* ---- Coalitions ---- */

/* Chooses the largest transforms within the budget, for characters of up to t players. */
static bool choose_size(struct sparse *w)
{
    struct sx_estimate *e = w->e;
    int64_t most = e->o->order > 0 && e->row->whole ? e->o->order : 4;
    most = most < w->n ? most : w->n;
    for (int t = (int)(most < 8 ? most : 8); t >= 1; t--) {
        if (!sx_bch_init(&w->code, w->n, t, e->error))
            return false;
        w->shifts = 1 + t * w->code.m;
        w->bits = 0;
        while (w->bits < MOST_BITS && w->bits < w->n &&
               ((int64_t)TRANSFORMS * w->shifts << (w->bits + 1)) <= e->budget)
            w->bits++;
        if (w->bits >= LEAST_BITS) {
            w->bins = (int64_t)1 << w->bits;
            return true;
        }
    }
    return sx_fail(e->error, SX_USAGE,
                   "a sparse transform of %lld players needs a --budget of %d", (long long)w->n,
                   TRANSFORMS * (1 + w->code.m) << LEAST_BITS);
}

static void draw_set(const struct sparse *w, uint64_t stream, uint64_t *set)
{
    for (size_t k = 0; k < w->words; k++)
        set[k] = sx_random_bits(w->e->o->seed, w->e->o->sample ^ stream << 32, k);
    if (w->n % 64 != 0)
        set[w->words - 1] &= ((uint64_t)1 << (w->n % 64)) - 1;
}

static void flip(uint64_t *to, const uint64_t *by, size_t words)
{
    for (size_t k = 0; k < words; k++)
        to[k] ^= by[k];
}

static void choose_shifts(struct sparse *w)
{
    uint64_t stream = 1;
    for (int c = 0; c < TRANSFORMS; c++) {
        uint64_t *shift = w->shift + (size_t)(c * w->shifts) * w->words;
        for (int r = 0; r < w->bits; r++)
            draw_set(w, stream++, w->matrix + (size_t)(c * w->bits + r) * w->words);
        draw_set(w, stream++, shift);
        for (int s = 1; s < w->shifts; s++) {
            uint64_t *to = shift + (size_t)s * w->words;
            memcpy(to, shift, w->words * sizeof *to);
            for (int64_t i = 0; i < w->n; i++)
                if (sx_bch_bit(&w->code, i, (s - 1) / w->code.m, (s - 1) % w->code.m))
                    to[i / 64] ^= (uint64_t)1 << (i % 64);
        }
    }
}

/* Lists the coalitions of one transform and shift, as sets of live players. */
static void list_coset(struct sparse *w, int c, int s)
{
    size_t words = w->words;
    uint64_t *to = w->coalition + (size_t)(c * w->shifts + s) * (size_t)w->bins * words;
    memcpy(to, w->shift + (size_t)(c * w->shifts + s) * words, words * sizeof *to);
    for (int64_t l = 1; l < w->bins; l++) {
        memcpy(to + (size_t)l * words, to + (size_t)(l & (l - 1)) * words, words * sizeof *to);
        flip(to + (size_t)l * words,
             w->matrix + (size_t)(c * w->bits + __builtin_ctzll((uint64_t)l)) * words, words);
    }
}

static bool ask(struct sparse *w, int64_t count)
{
    struct sx_game *game = w->e->game;
    uint64_t *global = sx_new((size_t)count, game->words * sizeof *global, w->e->error);
    if (global == NULL)
        return false;
    for (int64_t i = 0; i < count; i++)
        for (int64_t k = 0; k < w->n; k++)
            if (sx_set_has(w->coalition + (size_t)i * w->words, k))
                sx_set_add(global + (size_t)i * game->words, game->live[k]);
    bool ok = sx_game_values(game, count, global, w->value, w->e->error);
    free(global);
    return ok;
}

static void transform(double *bin, int64_t bins)
{
    for (int64_t step = 1; step < bins; step *= 2)
        for (int64_t at = 0; at < bins; at += 2 * step)
            for (int64_t i = at; i < at + step; i++) {
                double a = bin[i], b = bin[i + step];
                bin[i] = a + b;
                bin[i + step] = a - b;
            }
    for (int64_t i = 0; i < bins; i++)
        bin[i] /= (double)bins;
}

/* ---- Characters ---- */

static bool parity(const uint64_t *a, const uint64_t *b, size_t words)
{
    uint64_t all = 0;
    for (size_t k = 0; k < words; k++)
        all ^= a[k] & b[k];
    return __builtin_parityll(all) != 0;
}

static int64_t bin_of(const struct sparse *w, int c, const uint64_t *set)
{
    int64_t bin = 0;
    for (int r = 0; r < w->bits; r++)
        bin |= (int64_t)parity(w->matrix + (size_t)(c * w->bits + r) * w->words, set, w->words)
               << r;
    return bin;
}

static double *value_at(const struct sparse *w, int c, int s, int64_t bin)
{
    return &w->bin[((int64_t)c * w->shifts + s) * w->bins + bin];
}

static double sign_at(const struct sparse *w, int c, int s, const uint64_t *set)
{
    return parity(w->shift + (size_t)(c * w->shifts + s) * w->words, set, w->words) ? -1 : 1;
}

/* Subtracts a character from all transforms. */
static void take_out(struct sparse *w, const uint64_t *set, double value)
{
    for (int c = 0; c < TRANSFORMS; c++) {
        int64_t bin = bin_of(w, c, set);
        for (int s = 0; s < w->shifts; s++)
            *value_at(w, c, s, bin) -= value * sign_at(w, c, s, set);
    }
}

/* Whether one character is alone in the bin: the decoded set must belong to the bin, and the
 * remainder after its subtraction must be small. */
static bool is_single(const struct sparse *w, int c, int64_t bin, double least, uint64_t *set,
                      double *value)
{
    uint16_t syndrome[16] = {0};
    int64_t place[16];
    double energy = 0, sum = 0;
    for (int s = 0; s < w->shifts; s++)
        energy += pow(*value_at(w, c, s, bin), 2);
    if (energy <= least * w->shifts)
        return false;
    for (int s = 1; s < w->shifts; s++)
        if ((*value_at(w, c, s, bin) < 0) != (*value_at(w, c, 0, bin) < 0))
            syndrome[(s - 1) / w->code.m] |= (uint16_t)(1u << ((s - 1) % w->code.m));
    int size = sx_bch_decode(&w->code, syndrome, place);
    if (size < 0)
        return false;
    memset(set, 0, w->words * sizeof *set);
    for (int i = 0; i < size; i++)
        sx_set_add(set, place[i]);
    if (bin_of(w, c, set) != bin)
        return false;
    for (int s = 0; s < w->shifts; s++)
        sum += *value_at(w, c, s, bin) * sign_at(w, c, s, set);
    *value = sum / w->shifts;
    return energy - *value * *value * w->shifts < 0.5 * energy;
}

/* Goes through all bins until no more characters are found. */
static bool peel(struct sparse *w, double least, int64_t most)
{
    uint64_t *set = sx_new(w->words, sizeof *set, w->e->error);
    bool ok = set != NULL, more = true;
    /* A character may be subtracted in several steps. The bound makes the loop finite. */
    for (int round = 0; ok && more && round < 64; round++) {
        more = false;
        for (int c = 0; ok && c < TRANSFORMS; c++)
            for (int64_t bin = 0; ok && bin < w->bins; bin++) {
                double value;
                if (w->found.count >= most || !is_single(w, c, bin, least, set, &value))
                    continue;
                take_out(w, set, value);
                ok = sx_sparse_add(&w->found, set, value, w->e->error);
                more = true;
            }
    }
    free(set);
    return ok;
}

/* Adds the empty set and the single players, which are always fitted. */
static bool add_singles(struct sparse *w)
{
    uint64_t *set = sx_new(w->words, sizeof *set, w->e->error);
    bool ok = set != NULL && sx_sparse_add(&w->found, set, 0, w->e->error);
    for (int64_t i = 0; ok && i < w->n; i++) {
        sx_set_add(set, i);
        ok = sx_sparse_add(&w->found, set, 0, w->e->error);
        sx_set_remove(set, i);
    }
    free(set);
    return ok;
}

/* Peels the bins, then fits all characters that were found. The empty set and single players
 * are fitted and subtracted first if that leaves more characters alone in their bins. */
static bool find(struct sparse *w, int64_t count)
{
    struct sx_error *error = w->e->error;
    double scale = 0, mean = 0;
    if (!add_singles(w) || !sx_sparse_fit(&w->found, count, w->coalition, w->value, error))
        return false;
    for (int64_t i = 0; i < w->found.count; i++)
        take_out(w, w->found.set + (size_t)i * w->words, w->found.value[i]);
    for (int64_t i = 0; i < count; i++)
        mean += w->value[i] / (double)count;
    for (int64_t i = 0; i < count; i++)
        scale += pow(w->value[i] - mean, 2) / (double)count;
    int64_t most = count / 4 < 2000 ? count / 4 : 2000;
    if (!peel(w, 1e-10 * scale, most))
        return false;
    for (int64_t i = 0; i < w->found.count; i++)
        w->found.value[i] = 1; /* keeps sets whose values cancelled; they are fitted next */
    sx_sparse_unite(&w->found, 0);
    return sx_sparse_fit(&w->found, count, w->coalition, w->value, error);
}

/* ---- From characters to the index ---- */

/* Adds to each subset of up to `order` players its share of each Moebius term. */
static bool spread_terms(struct sparse *w, const struct sx_sparse *moebius,
                         struct sx_sparse *index)
{
    const struct sx_index_row *row = w->e->row;
    uint64_t *part = sx_new(w->words, sizeof *part, w->e->error);
    bool ok = part != NULL;
    for (int64_t i = 0; ok && i < moebius->count; i++) {
        const uint64_t *set = moebius->set + (size_t)i * w->words;
        int64_t member[64], size = 0;
        for (int64_t k = 0; k < w->n && size < 64; k++)
            if (sx_set_has(set, k))
                member[size++] = k;
        for (uint64_t which = 0; ok && which < (uint64_t)1 << size; which++) {
            int64_t s = __builtin_popcountll(which);
            if (s < row->least || s > w->e->order)
                continue;
            memset(part, 0, w->words * sizeof *part);
            for (uint64_t left = which; left != 0; left &= left - 1)
                sx_set_add(part, member[__builtin_ctzll(left)]);
            double weight = row->weight(w->e->order, s, size);
            ok = weight == 0 ||
                 sx_sparse_add(index, part, weight * moebius->value[i], w->e->error);
        }
    }
    free(part);
    return ok;
}

static bool list_terms(struct sparse *w, const struct sx_sparse *index)
{
    struct sx_interactions *terms = w->e->terms;
    size_t members = 0;
    for (int64_t i = 0; i < index->count; i++)
        members += (size_t)sx_set_count(index->set + (size_t)i * w->words, w->words);
    terms->first = sx_new((size_t)index->count + 1, sizeof *terms->first, w->e->error);
    terms->member = sx_new(members + 1, sizeof *terms->member, w->e->error);
    terms->value = sx_new((size_t)index->count + 1, sizeof *terms->value, w->e->error);
    if (terms->first == NULL || terms->member == NULL || terms->value == NULL)
        return false;
    int64_t at = 0;
    for (int64_t i = 0; i < index->count; i++) {
        for (int64_t k = 0; k < w->n; k++)
            if (sx_set_has(index->set + (size_t)i * w->words, k))
                terms->member[at++] = w->e->game->live[k];
        terms->first[i + 1] = at;
        terms->value[i] = index->value[i];
    }
    terms->count = index->count;
    return true;
}

static bool list_index(struct sparse *w)
{
    struct sx_sparse moebius = {0}, index = {.n = w->n, .words = w->words};
    double largest = 0;
    for (int64_t i = 0; i < w->found.count; i++)
        largest = fmax(largest, fabs(w->found.value[i]));
    bool ok = sx_sparse_moebius(&w->found, &moebius, w->e->error);
    if (ok) {
        sx_sparse_unite(&moebius, 1e-9 * largest);
        ok = spread_terms(w, &moebius, &index);
    }
    if (ok) {
        sx_sparse_unite(&index, 1e-9 * largest);
        ok = list_terms(w, &index);
    }
    sx_sparse_free(&moebius);
    sx_sparse_free(&index);
    return ok;
}

static bool sparse_new(struct sparse *w, size_t count)
{
    struct sx_error *error = w->e->error;
    w->words = sx_set_words(w->n);
    w->found = (struct sx_sparse){.n = w->n, .words = w->words};
    w->matrix = sx_new((size_t)(TRANSFORMS * w->bits), w->words * sizeof *w->matrix, error);
    w->shift = sx_new((size_t)(TRANSFORMS * w->shifts), w->words * sizeof *w->shift, error);
    w->coalition = sx_new(count, w->words * sizeof *w->coalition, error);
    w->value = sx_new(count, sizeof *w->value, error);
    w->bin = sx_new(count, sizeof *w->bin, error);
    return w->matrix != NULL && w->shift != NULL && w->coalition != NULL && w->value != NULL &&
           w->bin != NULL;
}

static void sparse_free(struct sparse *w)
{
    sx_sparse_free(&w->found);
    free(w->matrix);
    free(w->shift);
    free(w->coalition);
    free(w->value);
    free(w->bin);
    free(w);
}

bool sx_estimate_sparse(struct sx_estimate *e)
{
    struct sparse *w = sx_new(1, sizeof *w, e->error);
    if (w == NULL)
        return false;
    w->e = e;
    w->n = e->game->n_live;
    bool ok = e->row->weight != NULL ||
              sx_fail(e->error, SX_USAGE, "index %s has no sparse estimate", e->row->name);
    ok = ok && choose_size(w);
    int64_t count = (int64_t)TRANSFORMS * w->shifts * w->bins;
    ok = ok && sparse_new(w, (size_t)count);
    if (ok) {
        choose_shifts(w);
        for (int c = 0; c < TRANSFORMS; c++)
            for (int s = 0; s < w->shifts; s++)
                list_coset(w, c, s);
        ok = ask(w, count);
    }
    if (ok) {
        memcpy(w->bin, w->value, (size_t)count * sizeof *w->bin);
        for (int c = 0; c < TRANSFORMS * w->shifts; c++)
            transform(w->bin + c * w->bins, w->bins);
        ok = find(w, count) && list_index(w);
    }
    sparse_free(w);
    return ok;
}
