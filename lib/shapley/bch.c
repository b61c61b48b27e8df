/* bch.c - BCH codes: recover a sparse vector of bits from a few of its parities. */
#include <string.h>

#include "shapley/sparse.h"

#define MOST_ERRORS 16

/* Primitive polynomials over GF(2) of degrees 2 to 13. */
static const unsigned primitive[] = {0,    0,     0x7,   0xb,   0x13,  0x25,   0x43,
                                     0x89, 0x11d, 0x211, 0x409, 0x805, 0x1053, 0x201b};

bool sx_bch_init(struct sx_bch *c, int64_t n, int t, struct sx_error *error)
{
    *c = (struct sx_bch){.m = 2, .t = t, .n = n};
    while (c->m < 13 && ((int64_t)1 << c->m) - 1 < n)
        c->m++;
    if (((int64_t)1 << c->m) - 1 < n || t > MOST_ERRORS)
        return sx_fail(error, SX_USAGE, "%lld players are too many", (long long)n);
    unsigned x = 1, order = (1u << c->m) - 1;
    for (unsigned i = 0; i < order; i++) {
        c->power[i] = (uint16_t)x;
        c->log[x] = (uint16_t)i;
        x <<= 1;
        if ((x >> c->m & 1) != 0)
            x ^= primitive[c->m];
    }
    return true;
}

static unsigned order_of(const struct sx_bch *c)
{
    return (1u << c->m) - 1;
}

static unsigned multiply(const struct sx_bch *c, unsigned a, unsigned b)
{
    return a == 0 || b == 0 ? 0 : c->power[(c->log[a] + c->log[b]) % order_of(c)];
}

static unsigned divide(const struct sx_bch *c, unsigned a, unsigned b)
{
    return a == 0 ? 0 : c->power[(c->log[a] + order_of(c) - c->log[b]) % order_of(c)];
}

bool sx_bch_bit(const struct sx_bch *c, int64_t place, int i, int b)
{
    uint64_t exponent = (uint64_t)place * (2 * (uint64_t)i + 1) % order_of(c);
    return (c->power[exponent] >> b & 1) != 0;
}

/* Berlekamp-Massey: finds the shortest recurrence of the power sums s[0..2t-1]. Returns its
 * degree. */
static int locate(const struct sx_bch *c, const unsigned *s, unsigned *locator)
{
    unsigned before[2 * MOST_ERRORS + 2] = {1}, keep[2 * MOST_ERRORS + 2], last = 1;
    int degree = 0, shift = 1;
    memset(locator, 0, (2 * MOST_ERRORS + 2) * sizeof *locator);
    locator[0] = 1;
    for (int i = 0; i < 2 * c->t; i++, shift++) {
        unsigned off = s[i];
        for (int k = 1; k <= degree; k++)
            off ^= multiply(c, locator[k], s[i - k]);
        if (off == 0)
            continue;
        memcpy(keep, locator, sizeof keep);
        unsigned factor = divide(c, off, last);
        for (int k = 0; k + shift < 2 * MOST_ERRORS + 2; k++)
            locator[k + shift] ^= multiply(c, factor, before[k]);
        if (2 * degree > i)
            continue;
        degree = i + 1 - degree;
        memcpy(before, keep, sizeof before);
        last = off;
        shift = 0;
    }
    return degree;
}

int sx_bch_decode(const struct sx_bch *c, const uint16_t *syndrome, int64_t *place)
{
    unsigned s[2 * MOST_ERRORS], locator[2 * MOST_ERRORS + 2];
    for (int i = 1; i <= 2 * c->t; i++)
        s[i - 1] = i % 2 == 1 ? syndrome[i / 2] : multiply(c, s[i / 2 - 1], s[i / 2 - 1]);
    int degree = locate(c, s, locator), found = 0;
    if (degree > c->t)
        return -1;
    for (int64_t p = 0; p < c->n && found < degree; p++) {
        unsigned sum = 0, inverse = (order_of(c) - (unsigned)p % order_of(c)) % order_of(c);
        for (int k = 0; k <= degree; k++)
            if (locator[k] != 0)
                sum ^= c->power[(c->log[locator[k]] + (unsigned)k * inverse) % order_of(c)];
        if (sum == 0)
            place[found++] = p;
    }
    return found == degree ? found : -1;
}
