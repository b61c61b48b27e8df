/* number.c - numbers as text and back, exactly, whatever the locale. */
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

/* The shortest decimal that reads back as m * 2^e, and of those the nearest. All numbers
 * between the midpoints to both neighbours read back (the midpoints too where m is even);
 * `narrow` says that the lower neighbour is half as far. Scaled by 10^k the gap holds an
 * integer, and 4m * 5^k fits 128 bits, so that everything is exact. False outside the range
 * where that is so. */
static bool shortest(uint64_t m, int e, bool narrow, int places, struct decimal *out)
{
    int bits = e + 64 - __builtin_clzll(m);
    int k = places - 1 - (int)floor((bits - 1) * 0.30102999566398120);
    if (k < 0 || k > LAST_POWER)
        return false;
    int shift = 2 - e - k, up = shift < 0 ? -shift : 0;
    unsigned __int128 low = ((unsigned __int128)(4 * m - (narrow ? 1 : 2)) * power5[k]) << up;
    unsigned __int128 mid = ((unsigned __int128)(4 * m) * power5[k]) << up;
    unsigned __int128 high = ((unsigned __int128)(4 * m + 2) * power5[k]) << up;
    shift = shift < 0 ? 0 : shift;
    unsigned __int128 one = (unsigned __int128)1 << shift, odd = m & 1;
    uint64_t a = (uint64_t)((low + one - 1 + odd) >> shift);
    uint64_t b = (uint64_t)((high - odd) >> shift);
    uint64_t unit = 1;
    out->exponent = -k;
    for (; (a + 9) / 10 <= b / 10; out->exponent++) {
        a = (a + 9) / 10;
        b = b / 10;
        unit *= 10;
    }
    uint64_t q = (uint64_t)(mid >> shift) / unit;
    unsigned __int128 rest = 2 * (mid - ((unsigned __int128)(q * unit) << shift));
    unsigned __int128 whole = (unsigned __int128)unit << shift;
    q += rest > whole || (rest == whole && (q & 1) != 0);
    out->digits = q < a ? a : q > b ? b : q;
    return true;
}

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

/* The same by trying, for numbers that are very large or small. The digits are taken out of
 * what printf writes because the character between them is the locale's. */
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

static size_t put_digits(char *text, uint64_t digits)
{
    char back[24];
    size_t n = 0;
    do
        back[n++] = (char)('0' + digits % 10);
    while ((digits /= 10) != 0);
    for (size_t i = 0; i < n; i++)
        text[i] = back[n - 1 - i];
    return n;
}

/* As an integer or a fraction where that is readable, otherwise with an exponent. */
static size_t lay_out(char *text, const struct decimal *d)
{
    char digits[24];
    size_t n = put_digits(digits, d->digits), at = 0;
    int point = (int)n + d->exponent;
    if (point > 17 || point <= -5) {
        text[at++] = digits[0];
        if (n > 1)
            text[at++] = '.';
        memcpy(text + at, digits + 1, n - 1);
        at += n - 1;
        text[at++] = 'e';
        if (point <= 0)
            text[at++] = '-';
        return at + put_digits(text + at, (uint64_t)(point <= 0 ? 1 - point : point - 1));
    }
    if (point <= 0) {
        text[at++] = '0';
        text[at++] = '.';
        for (int i = point; i < 0; i++)
            text[at++] = '0';
    }
    for (size_t i = 0; i < n; i++) {
        if (point > 0 && i == (size_t)point)
            text[at++] = '.';
        text[at++] = digits[i];
    }
    for (int i = (int)n; i < point; i++)
        text[at++] = '0';
    return at;
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
    if (value != 0) {
        int e, mantissa = single ? 24 : 53;
        double fraction = frexp(fabs(value), &e);
        uint64_t m = (uint64_t)ldexp(fraction, mantissa);
        bool narrow = m == (uint64_t)1 << (mantissa - 1);
        int smallest = single ? -125 : -1021;
        if (e < smallest || !shortest(m, e - mantissa, narrow, single ? 9 : 17, &d))
            shortest_by_trying(fabs(value), single, &d);
    }
    at += lay_out(text + at, &d);
    text[at] = '\0';
    return at;
}

/* ---- Reading ---------------------------------------------------------------------------- */

/* Numbers of up to 19 digits and small exponents are a product or quotient of two exact
 * doubles, which rounds once; the rest goes through the C library. */
static double assemble(uint64_t digits, int dropped, long exponent, const char *text, size_t n)
{
    static const double power10[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (dropped == 0 && digits < (uint64_t)1 << 53 && exponent >= -22 && exponent <= 22)
        return exponent < 0 ? (double)digits / power10[-exponent]
                            : (double)digits * power10[exponent];
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

bool sx_number_parse(const char *text, size_t n, double *value)
{
    bool minus = n > 0 && text[0] == '-';
    size_t at = minus || (n > 0 && text[0] == '+') ? 1 : 0, start = at, seen = 0;
    uint64_t digits = 0;
    int dropped = 0;
    long exponent = 0;
    bool fraction = false;
    if (n - at > 511)
        return false;
    for (; at < n && ((text[at] >= '0' && text[at] <= '9') || (text[at] == '.' && !fraction));
         at++) {
        if (text[at] == '.') {
            fraction = true;
            continue;
        }
        seen++;
        if (digits > (UINT64_MAX - 9) / 10)
            dropped++;
        else {
            digits = 10 * digits + (uint64_t)(text[at] - '0');
            exponent -= fraction;
        }
    }
    if (seen == 0)
        return parse_name(text + start, n - start, value) && (*value *= minus ? -1 : 1, true);
    if (at < n && (text[at] == 'e' || text[at] == 'E')) {
        bool down = at + 1 < n && text[at + 1] == '-';
        size_t first = at + 1 + (down || (at + 1 < n && text[at + 1] == '+'));
        long power = 0;
        for (at = first; at < n && text[at] >= '0' && text[at] <= '9'; at++)
            power = power < 100000 ? 10 * power + (text[at] - '0') : power;
        if (at == first)
            return false;
        exponent += down ? -power : power;
    }
    if (at < n)
        return false;
    double v = assemble(digits, dropped, exponent, text + start, n - start);
    *value = minus ? -v : v;
    return true;
}
