/* exact.c - pointwise operators on blocks of integers and booleans, and conversions.
 *
 * Integers wrap, shift and divide without traps, so every value in a file has a result. */
#include <math.h>
#include <string.h>

#include "ops/map.h"

static int64_t wrap(uint64_t value)
{
    return (int64_t)value;
}

static int64_t divide(int64_t x, int64_t y)
{
    if (y == 0)
        return 0;
    return y == -1 ? wrap(0 - (uint64_t)x) : x / y;
}

static int64_t remainder_of(int64_t x, int64_t y)
{
    return y == 0 || y == -1 ? 0 : x % y;
}

/* The remainder, with the divisor's sign. */
static int64_t modulo(int64_t x, int64_t y)
{
    int64_t r = remainder_of(x, y);
    return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}

static int64_t power(int64_t x, int64_t y)
{
    if (y < 0)
        return x == 1 || (x == -1 && y % 2 == 0) ? 1 : x == -1 ? -1 : 0;
    uint64_t result = 1, base = (uint64_t)x;
    for (; y > 0; y >>= 1) {
        if (y & 1)
            result *= base;
        base *= base;
    }
    return wrap(result);
}

static int64_t shift(int64_t x, int64_t y, bool right)
{
    if (y < 0 || y > 63)
        return 0;
    return wrap(right ? (uint64_t)x >> y : (uint64_t)x << y);
}

#define EACH(NAME, D, FORMULA)                                                                 \
    case SX_##NAME:                                                                            \
        for (size_t i = 0; i < n; i++)                                                         \
            ((D *)d)[i] = (D)(FORMULA);                                                        \
        break;

#define X a[i]
#define Y b[i]
#define UX (uint64_t) a[i]
#define UY (uint64_t) b[i]

void sx_block_int(const struct sx_block *q)
{
    const int64_t *a = q->a, *b = q->b, *c = q->c;
    const uint8_t *condition = q->a;
    const bool right = q->aux != 0;
    const size_t n = q->n;
    void *const d = q->d;
    switch (q->op) {
        EACH(NEG, int64_t, wrap(0 - UX))
        EACH(RELU, int64_t, X < 0 ? 0 : X)
        EACH(ABS, int64_t, X < 0 ? wrap(0 - UX) : X)
        EACH(SIGN, int64_t, (X > 0) - (X < 0))
        EACH(BITNOT, int64_t, ~X)
        EACH(ADD, int64_t, wrap(UX + UY))
        EACH(SUB, int64_t, wrap(UX - UY))
        EACH(MUL, int64_t, wrap(UX * UY))
        EACH(DIV, int64_t, divide(X, Y))
        EACH(POW, int64_t, power(X, Y))
        EACH(MIN, int64_t, X < Y ? X : Y)
        EACH(MAX, int64_t, X > Y ? X : Y)
        EACH(MOD, int64_t, modulo(X, Y))
        EACH(FMOD, int64_t, remainder_of(X, Y))
        EACH(EQUAL, uint8_t, X == Y)
        EACH(LESS, uint8_t, X < Y)
        EACH(LESSEQ, uint8_t, X <= Y)
        EACH(BITAND, int64_t, X & Y)
        EACH(BITOR, int64_t, X | Y)
        EACH(BITXOR, int64_t, X ^ Y)
        EACH(SHIFT, int64_t, shift(X, Y, right))
        EACH(WHERE, int64_t, condition[i] ? b[i] : c[i])
    }
}

void sx_block_bool(const struct sx_block *q)
{
    const uint8_t *a = q->a, *b = q->b, *c = q->c;
    const size_t n = q->n;
    void *const d = q->d;
    switch (q->op) {
        EACH(NOT, uint8_t, !X)
        EACH(AND, uint8_t, X & Y)
        EACH(OR, uint8_t, X | Y)
        EACH(XOR, uint8_t, X ^ Y)
        EACH(EQUAL, uint8_t, X == Y)
        EACH(WHERE, uint8_t, a[i] ? b[i] : c[i])
    }
}

#define CONVERT(TYPE, D, FORMULA)                                                              \
    case TYPE:                                                                                 \
        for (size_t i = 0; i < n; i++)                                                         \
            ((D *)d)[i] = (D)(FORMULA);                                                        \
        break;

/* From elements of C type S; INTEGER makes an int64_t of a[i]. */
#define CAST_FROM(name, S, INTEGER)                                                            \
    static void name(const struct sx_block *q)                                                 \
    {                                                                                          \
        const S *a = q->a;                                                                     \
        const size_t n = q->n;                                                                 \
        void *const d = q->d;                                                                  \
        switch ((enum sx_type)q->aux) {                                                        \
            CONVERT(SX_FLOAT, float, X)                                                        \
            CONVERT(SX_DOUBLE, double, X)                                                      \
            CONVERT(SX_INT, int64_t, INTEGER)                                                  \
            CONVERT(SX_BOOL, uint8_t, X != 0)                                                  \
        }                                                                                      \
    }

CAST_FROM(cast_float, float, sx_nearest_int(X))
CAST_FROM(cast_double, double, sx_nearest_int(X))
CAST_FROM(cast_int, int64_t, X)
CAST_FROM(cast_bool, uint8_t, X)

void sx_block_cast(const struct sx_block *q, enum sx_type from)
{
    static void (*const cast[])(const struct sx_block *) = {
        [SX_FLOAT] = cast_float,
        [SX_DOUBLE] = cast_double,
        [SX_INT] = cast_int,
        [SX_BOOL] = cast_bool,
    };
    cast[from](q);
}

/* Rounds to `bits` significant bits with exponents from `lowest` on, ties to even; from 2^limit on
 * the result is infinite. Scaling by powers of two is exact. */
static double round_to(double value, int bits, int lowest, int limit)
{
    if (value == 0 || !isfinite(value))
        return value;
    int exponent;
    (void)frexp(value, &exponent);
    int unit = (exponent - 1 > lowest ? exponent - 1 : lowest) - (bits - 1);
    double rounded = ldexp(nearbyint(ldexp(value, -unit)), unit);
    return fabs(rounded) < ldexp(1, limit) ? rounded : copysign(INFINITY, value);
}

/* The same, but values beyond `most` become `most`. */
static double saturated(double value, int bits, int lowest, double most)
{
    double rounded = round_to(value, bits, lowest, 1000);
    return fabs(rounded) > most ? copysign(most, rounded) : rounded;
}

static double narrow_real(double value, enum sx_narrow kind)
{
    switch (kind) {
    case SX_AS_FLOAT8E4M3FN:
        return saturated(value, 4, -6, 448);
    case SX_AS_FLOAT8E4M3FNUZ:
        return saturated(value, 4, -7, 240);
    case SX_AS_FLOAT8E5M2:
        return saturated(value, 3, -14, 57344);
    case SX_AS_FLOAT8E5M2FNUZ:
        return saturated(value, 3, -15, 57344);
    case SX_AS_FLOAT4E2M1:
        return isnan(value) ? -0.0 : saturated(value, 2, 0, 6); /* this type has no NaN */
    default:
        break;
    }
    if (kind == SX_AS_FLOAT16)
        return round_to(value, 11, -14, 16);
    if (kind == SX_AS_BFLOAT16)
        return round_to(value, 8, -126, 128);
    return (double)(float)value;
}

static int64_t narrow_int(int64_t value, enum sx_narrow kind)
{
    static const int bits[] = {
        [SX_AS_INT8] = 8,    [SX_AS_UINT8] = 8,  [SX_AS_INT16] = 16,
        [SX_AS_UINT16] = 16, [SX_AS_INT32] = 32, [SX_AS_UINT32] = 32,
    };
    uint64_t size = 1ULL << bits[kind], low = (uint64_t)value & (size - 1);
    bool is_signed = kind == SX_AS_INT8 || kind == SX_AS_INT16 || kind == SX_AS_INT32;
    return wrap(is_signed && low >= size / 2 ? low - size : low);
}

void sx_block_narrow(const struct sx_block *q, enum sx_type type)
{
    const enum sx_narrow kind = (enum sx_narrow)q->aux;
    for (size_t i = 0; i < q->n; i++) {
        if (type == SX_INT)
            ((int64_t *)q->d)[i] = narrow_int(((const int64_t *)q->a)[i], kind);
        else if (type == SX_DOUBLE)
            ((double *)q->d)[i] = narrow_real(((const double *)q->a)[i], kind);
        else
            ((float *)q->d)[i] = (float)narrow_real((double)((const float *)q->a)[i], kind);
    }
}

/* ---- Bits ---- */

/* 1 bit of sign, 5 of the exponent, 10 of the fraction. */
static int64_t half_bits(double value)
{
    double size = fabs(narrow_real(value, SX_AS_FLOAT16));
    int64_t sign = signbit(value) ? 1 << 15 : 0;
    int exponent;
    if (isnan(value) || isinf(size))
        return sign | (isnan(value) ? 0x7e00 : 0x7c00);
    if (size < 0x1p-14)
        return sign | (int64_t)ldexp(size, 24);
    double fraction = frexp(size, &exponent);
    return sign | (int64_t)(exponent + 14) << 10 | (int64_t)(ldexp(fraction, 11) - 1024);
}

static double half_of(int64_t bits)
{
    int exponent = (int)(bits >> 10 & 31);
    double fraction = (double)(bits & 1023), size;
    if (exponent == 31)
        size = fraction == 0 ? (double)INFINITY : (double)NAN;
    else
        size = exponent == 0 ? ldexp(fraction, -24) : ldexp(fraction + 1024, exponent - 25);
    return bits >> 15 & 1 ? -size : size;
}

static int64_t bits_of(double value, enum sx_bits form)
{
    float single =
        (float)(form == SX_BITS_BFLOAT16 ? narrow_real(value, SX_AS_BFLOAT16) : value);
    int64_t wide;
    int32_t word;
    if (form == SX_BITS_FLOAT16)
        return (int16_t)half_bits(value);
    if (form == SX_BITS_FLOAT64) {
        memcpy(&wide, &value, sizeof wide);
        return wide;
    }
    memcpy(&word, &single, sizeof word);
    return form == SX_BITS_BFLOAT16 ? word >> 16 : word;
}

static double real_of(int64_t bits, enum sx_bits form)
{
    uint32_t word = (uint32_t)bits << (form == SX_BITS_BFLOAT16 ? 16 : 0);
    float single;
    double value;
    if (form == SX_BITS_FLOAT16)
        return half_of(bits);
    memcpy(&single, &word, sizeof single);
    memcpy(&value, &bits, sizeof value);
    return form == SX_BITS_FLOAT64 ? value : (double)single;
}

void sx_block_bits(const struct sx_block *q, enum sx_type from)
{
    const enum sx_bits form = (enum sx_bits)(q->aux >> 8);
    for (size_t i = 0; i < q->n; i++) {
        if (from == SX_FLOAT)
            ((int64_t *)q->d)[i] = bits_of((double)((const float *)q->a)[i], form);
        else if (from == SX_DOUBLE)
            ((int64_t *)q->d)[i] = bits_of(((const double *)q->a)[i], form);
        else if ((q->aux & 255) == SX_FLOAT)
            ((float *)q->d)[i] = (float)real_of(((const int64_t *)q->a)[i], form);
        else
            ((double *)q->d)[i] = real_of(((const int64_t *)q->a)[i], form);
    }
}
