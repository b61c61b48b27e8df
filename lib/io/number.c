/* number.c - numbers as text and back, exactly, independent of the locale. */
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "io/io.h"

/* A positive number: digits * 10^exponent. */
struct decimal {
    uint64_t digits;
    int exponent;
};

/* 5^27 is the last power of five below 2^63. */
#define LAST_POWER 27
static const uint64_t power5[LAST_POWER + 1] = {
    1U,
    5U,
    25U,
    125U,
    625U,
    3125U,
    15625U,
    78125U,
    390625U,
    1953125U,
    9765625U,
    48828125U,
    244140625U,
    1220703125U,
    6103515625U,
    30517578125U,
    152587890625U,
    762939453125U,
    3814697265625U,
    19073486328125U,
    95367431640625U,
    476837158203125U,
    2384185791015625U,
    11920928955078125U,
    59604644775390625U,
    298023223876953125U,
    1490116119384765625U,
    7450580596923828125U,
};

/* floor(log10(2^n)), exact for all exponents of doubles. */
static int digits_of(int n)
{
    return (n * 1262611) >> 22;
}

/* The shortest decimal that reads back as m * 2^e, and the nearest of these. All numbers between
 * the midpoints to both neighbours read back; the midpoints do so if m is even. `narrow`: the lower
 * neighbour is half as far. Scaled by 10^k the interval contains an integer, and 4 m * 5^k fits the
 * type, so all is exact. False if k would exceed `most`. */
#define SHORTEST(name, type, most)                                                             \
    static bool name(uint64_t m, int e, bool narrow, int places, struct decimal *out)          \
    {                                                                                          \
        int k = places - 1 - digits_of(e + 63 - __builtin_clzll(m));                           \
        if (k < 0 || k > (most))                                                               \
            return false;                                                                      \
        int shift = 2 - e - k, up = shift < 0 ? -shift : 0;                                    \
        type power = (type)power5[k] << up;                                                    \
        type low = (type)(4 * m - (narrow ? 1 : 2)) * power;                                   \
        type mid = (type)(4 * m) * power;                                                      \
        type high = (type)(4 * m + 2) * power;                                                 \
        shift = shift < 0 ? 0 : shift;                                                         \
        type one = (type)1 << shift, odd = m & 1;                                              \
        uint64_t a = (uint64_t)((low + one - 1 + odd) >> shift);                               \
        uint64_t b = (uint64_t)((high - odd) >> shift);                                        \
        uint64_t unit = 1;                                                                     \
        out->exponent = -k;                                                                    \
        for (; (a + 9) / 10 <= b / 10; out->exponent++) {                                      \
            a = (a + 9) / 10;                                                                  \
            b = b / 10;                                                                        \
            unit *= 10;                                                                        \
        }                                                                                      \
        uint64_t q = (uint64_t)(mid >> shift) / unit;                                          \
        type rest = 2 * (mid - ((type)(q * unit) << shift)), whole = (type)unit << shift;      \
        q += rest > whole || (rest == whole && (q & 1) != 0);                                  \
        out->digits = q < a ? a : q > b ? b : q;                                               \
        return true;                                                                           \
    }

SHORTEST(shortest, unsigned __int128, LAST_POWER)
/* For floats: 2^26 * 5^16 fits 64 bits. */
SHORTEST(shortest_of_few, uint64_t, 16)

static double read_c(const char *text)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    double value = c != (locale_t)0 ? strtod_l(text, NULL, c) : strtod(text, NULL);
    if (c != (locale_t)0)
        freelocale(c);
    return value;
}

static float read_c_float(const char *text)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    float value = c != (locale_t)0 ? strtof_l(text, NULL, c) : strtof(text, NULL);
    if (c != (locale_t)0)
        freelocale(c);
    return value;
}

/* The same by trial, for very large and very small numbers. Only digits are taken from printf's
 * text, because the decimal point depends on the locale. */
static void shortest_by_trying(double value, bool single, struct decimal *out)
{
    for (int places = 1;; places++) {
        char text[64], again[64];
        snprintf(text, sizeof text, "%.*e", places - 1, value);
        const char *p = text;
        out->digits = 0;
        for (; *p != 'e'; p++)
            if (*p >= '0' && *p <= '9')
                out->digits = 10 * out->digits + (uint64_t)(*p - '0');
        out->exponent = atoi(p + 1) - (places - 1);
        snprintf(again, sizeof again, "%llue%d", (unsigned long long)out->digits,
                 out->exponent);
        if (places == 17 ||
            (single ? read_c_float(again) == (float)value : read_c(again) == value))
            return;
    }
}

/* Writes digits that end at `end`; returns their start. */
static char *digits_before(char *end, uint64_t digits)
{
    static const char pairs[] =
        "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445"
        "46474849505152535455565758596061626364656667686970717273747576777879808182838485868788899091"
        "9293949596979899";
    for (; digits >= 100; digits /= 100)
        memcpy(end -= 2, pairs + 2 * (digits % 100), 2);
    if (digits >= 10)
        return memcpy(end - 2, pairs + 2 * digits, 2);
    *--end = (char)('0' + digits);
    return end;
}

/* Writes d0.d1... times a power of ten. */
static size_t lay_out_power(char *text, const char *digits, size_t n, int power)
{
    char room[24], *end = room + sizeof room;
    const char *exponent = digits_before(end, (uint64_t)(power < 0 ? -power : power));
    size_t at = 0;
    text[at++] = digits[0];
    if (n > 1)
        text[at++] = '.';
    memcpy(text + at, digits + 1, n - 1);
    at += n - 1;
    text[at++] = 'e';
    if (power < 0)
        text[at++] = '-';
    memcpy(text + at, exponent, (size_t)(end - exponent));
    return at + (size_t)(end - exponent);
}

/* Writes an integer or a fraction if that is readable, else an exponent. */
static size_t lay_out(char *text, const struct decimal *d)
{
    char room[24], *end = room + sizeof room;
    const char *digits = digits_before(end, d->digits);
    const size_t n = (size_t)(end - digits);
    const int point = (int)n + d->exponent;
    if (point > 17 || point <= -5)
        return lay_out_power(text, digits, n, point - 1);
    if (point <= 0) {
        const size_t begin = (size_t)(2 - point);
        memcpy(text, "0.0000", 6);
        memcpy(text + begin, digits, n);
        return begin + n;
    }
    const size_t whole = (size_t)point < n ? (size_t)point : n;
    memcpy(text, digits, whole);
    if (whole < n) {
        text[whole] = '.';
        memcpy(text + whole + 1, digits + whole, n - whole);
        return n + 1;
    }
    for (size_t i = n; i < (size_t)point; i++)
        text[i] = '0';
    return (size_t)point;
}

/* A float by its bits, the most frequent case. False if it is not normal. */
static bool shortest_float(float value, struct decimal *d)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint32_t fraction = bits & 0x7fffff;
    const int exponent = (int)(bits >> 23 & 0xff);
    const uint64_t m = fraction | 0x800000;
    if (exponent == 0)
        return false;
    return shortest_of_few(m, exponent - 150, fraction == 0, 9, d) ||
           shortest(m, exponent - 150, fraction == 0, 9, d);
}

static bool shortest_double(double value, struct decimal *d)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint64_t fraction = bits & (((uint64_t)1 << 52) - 1);
    const int exponent = (int)(bits >> 52 & 0x7ff);
    return exponent != 0 &&
           shortest(fraction | (uint64_t)1 << 52, exponent - 1075, fraction == 0, 17, d);
}

size_t sx_number(char text[SX_NUMBER_SIZE], double value, enum sx_type precision)
{
    bool single = precision == SX_FLOAT;
    size_t at = 0;
    value = single ? (double)(float)value : value;
    if (!isfinite(value))
        return (size_t)snprintf(text, SX_NUMBER_SIZE, "null");
    if (signbit(value))
        text[at++] = '-';
    struct decimal d = {0, 0};
    if (value != 0 && !(single ? shortest_float((float)value, &d) : shortest_double(value, &d)))
        shortest_by_trying(fabs(value), single, &d);
    at += lay_out(text + at, &d);
    text[at] = '\0';
    return at;
}

/* ---- Reading ---------------------------------------------------------------------------- */

/* q * 2^e, plus something smaller if `more`, rounded to the nearest double, ties to even. */
static double nearest(unsigned __int128 q, int e, bool more)
{
    uint64_t high = (uint64_t)(q >> 64);
    int bits = high != 0 ? 128 - __builtin_clzll(high) : 64 - __builtin_clzll((uint64_t)q);
    int shift = bits - 53;
    if (shift <= 0)
        return ldexp((double)(uint64_t)q, e);
    unsigned __int128 half = (unsigned __int128)1 << (shift - 1), rest = q & (2 * half - 1);
    uint64_t m = (uint64_t)(q >> shift);
    m += rest > half || (rest == half && (more || (m & 1) != 0));
    return ldexp((double)m, e + shift);
}

/* digits * 10^exponent. With a power of five that fits 64 bits the product is exact, or the
 * quotient has over 64 bits and a remainder. Other numbers, up to 511 characters of `text`, are
 * read by the C library. */
static double assemble(uint64_t digits, bool all, long exponent, const char *text, size_t n)
{
    if (all && digits == 0)
        return 0;
    if (all && exponent >= 0 && exponent <= LAST_POWER)
        return nearest((unsigned __int128)digits * power5[exponent], (int)exponent, false);
    if (all && exponent < 0 && -exponent <= LAST_POWER) {
        int up = 64 + __builtin_clzll(digits);
        unsigned __int128 wide = (unsigned __int128)digits << up;
        uint64_t power = power5[-exponent];
        return nearest(wide / power, (int)exponent - up, wide % power != 0);
    }
    char copy[512];
    memcpy(copy, text, n);
    copy[n] = '\0';
    return read_c(copy);
}

static bool parse_name(const char *text, size_t n, double *value)
{
    if (n == 3 && strncasecmp(text, "nan", n) == 0)
        *value = NAN;
    else if ((n == 3 && strncasecmp(text, "inf", n) == 0) ||
             (n == 8 && strncasecmp(text, "infinity", n) == 0))
        *value = INFINITY;
    else
        return false;
    return true;
}

/* The state of reading a number. */
struct reading {
    const char *at, *end;
    uint64_t digits; /* as many digits as fit */
    bool all;        /* no digit was left out */
    size_t seen;
    long exponent;
};

static bool digit(const struct reading *r)
{
    return r->at < r->end && *r->at >= '0' && *r->at <= '9';
}

static void take_digits(struct reading *r, bool fraction)
{
    for (; digit(r); r->at++, r->seen++) {
        r->all = r->all && r->digits <= (UINT64_MAX - 9) / 10;
        if (r->all) {
            r->digits = 10 * r->digits + (uint64_t)(*r->at - '0');
            r->exponent -= fraction;
        }
    }
}

static bool take_sign(struct reading *r)
{
    bool minus = r->at < r->end && *r->at == '-';
    r->at += minus || (r->at < r->end && *r->at == '+');
    return minus;
}

static bool take_exponent(struct reading *r)
{
    long power = 0;
    if (r->at == r->end || (*r->at != 'e' && *r->at != 'E'))
        return true;
    r->at++;
    bool minus = take_sign(r);
    if (!digit(r))
        return false;
    for (; digit(r); r->at++)
        power = power < 100000 ? 10 * power + (*r->at - '0') : power;
    r->exponent += minus ? -power : power;
    return true;
}

bool sx_number_parse(const char *text, size_t n, double *value)
{
    struct reading r = {.at = text, .end = text + n, .all = true};
    bool minus = take_sign(&r);
    const char *start = r.at;
    size_t length = (size_t)(r.end - start);
    if (length > 511)
        return false;
    take_digits(&r, false);
    if (r.at < r.end && *r.at == '.') {
        r.at++;
        take_digits(&r, true);
    }
    if (r.seen == 0) {
        if (!parse_name(start, length, value))
            return false;
    } else {
        if (!take_exponent(&r) || r.at < r.end)
            return false;
        *value = assemble(r.digits, r.all, r.exponent, start, length);
    }
    *value = minus ? -*value : *value;
    return true;
}
