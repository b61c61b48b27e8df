/* check_io_number.c - numbers are printed in the shortest form, are read back exactly, and do
 * not depend on the locale. */
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "io/io.h"
#include "suite.h"

static double of_bits(uint64_t bits)
{
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

static float of_bits32(uint32_t bits)
{
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

START_TEST(test_known_texts)
{
    static const struct {
        double value;
        enum sx_type precision;
        const char *text;
    } known[] = {
        {0, SX_DOUBLE, "0"},
        {-0.0, SX_DOUBLE, "-0"},
        {1, SX_DOUBLE, "1"},
        {-1, SX_FLOAT, "-1"},
        {12.25, SX_FLOAT, "12.25"},
        {0.1, SX_DOUBLE, "0.1"},
        {0.1, SX_FLOAT, "0.1"},
        {0.1F, SX_DOUBLE, "0.10000000149011612"},
        {100, SX_DOUBLE, "100"},
        {1e15, SX_DOUBLE, "1000000000000000"},
        {123456789012345678., SX_DOUBLE, "1.2345678901234568e17"},
        {1e16, SX_DOUBLE, "10000000000000000"},
        {1e17, SX_DOUBLE, "1e17"},
        {1e22, SX_DOUBLE, "1e22"},
        {1e23, SX_DOUBLE, "1e23"},
        {9007199254740993., SX_DOUBLE, "9007199254740992"},
        {0.001, SX_DOUBLE, "0.001"},
        {0.00001, SX_DOUBLE, "0.00001"},
        {0.000001, SX_DOUBLE, "1e-6"},
        {1.5e-7, SX_FLOAT, "1.5e-7"},
        {1 / 3., SX_DOUBLE, "0.3333333333333333"},
        {1 / 3., SX_FLOAT, "0.33333334"},
        {DBL_MAX, SX_DOUBLE, "1.7976931348623157e308"},
        {-DBL_MIN, SX_DOUBLE, "-2.2250738585072014e-308"},
        {4.9406564584124654e-324, SX_DOUBLE, "5e-324"},
        {FLT_MAX, SX_FLOAT, "3.4028235e38"},
        {FLT_MIN, SX_FLOAT, "1.1754944e-38"},
        {1.4e-45F, SX_FLOAT, "1e-45"},
        {16777216, SX_FLOAT, "16777216"},
        {33554432, SX_FLOAT, "33554432"},
        {9007199254740992, SX_DOUBLE, "9007199254740992"},
        {2e9, SX_FLOAT, "2000000000"},
        {5e-324, SX_FLOAT, "0"},
        {NAN, SX_DOUBLE, "null"},
        {-INFINITY, SX_DOUBLE, "null"},
        {1e300, SX_FLOAT, "null"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        char text[SX_NUMBER_SIZE];
        size_t n = sx_number(text, known[i].value, known[i].precision);
        ck_assert_str_eq(text, known[i].text);
        ck_assert_uint_eq(n, strlen(text));
    }
}
END_TEST

/* The number of significant digits of a text. */
static int significant(const char *text)
{
    int n = 0, zeros = 0;
    for (; *text != '\0' && *text != 'e'; text++)
        if (*text >= '0' && *text <= '9' && (n > 0 || *text != '0')) {
            n++;
            zeros = *text == '0' ? zeros + 1 : 0;
        }
    return n - zeros;
}

static void check_double(double v)
{
    char text[SX_NUMBER_SIZE], other[64], *end;
    double again;
    sx_number(text, v, SX_DOUBLE);
    ck_assert_msg(strtod(text, &end) == v && *end == '\0', "%s is not %.17g", text, v);
    ck_assert(sx_number_parse(text, strlen(text), &again));
    ck_assert(again == v);
    int places = significant(text);
    if (places > 1) {
        snprintf(other, sizeof other, "%.*e", places - 2, v);
        ck_assert_msg(strtod(other, NULL) != v, "%s could be %s", text, other);
    }
    /* no text of this length is nearer, unless the nearest one does not read back */
    snprintf(other, sizeof other, "%.*e", places > 0 ? places - 1 : 0, v);
    if (strtod(other, NULL) == v)
        ck_assert_msg(strtold(other, NULL) == strtold(text, NULL), "%s is not %s", text, other);
}

static void check_float(float v)
{
    char text[SX_NUMBER_SIZE], other[64], *end;
    sx_number(text, (double)v, SX_FLOAT);
    ck_assert_msg(strtof(text, &end) == v && *end == '\0', "%s is not %.9g", text, (double)v);
    int places = significant(text);
    if (places > 1) {
        snprintf(other, sizeof other, "%.*e", places - 2, (double)v);
        ck_assert_msg(strtof(other, NULL) != v, "%s could be %s", text, other);
    }
    snprintf(other, sizeof other, "%.*e", places > 0 ? places - 1 : 0, (double)v);
    if (strtof(other, NULL) == v)
        ck_assert_msg(strtold(other, NULL) == strtold(text, NULL), "%s is not %s", text, other);
}

START_TEST(test_random_doubles)
{
    for (uint64_t i = 0; i < 15000; i++) {
        double v = of_bits(sx_random_bits(1, 0, i));
        if (isfinite(v))
            check_double(v);
        check_double(sx_random_normal(1, 1, i));
        check_double(ldexp(sx_random_uniform(1, 2, i), (int)(i % 120) - 60));
        check_double((double)(sx_random_bits(1, 3, i) >> (i % 64)));
        check_double((double)(sx_random_bits(1, 4, i) % 100000) / 1000);
    }
}
END_TEST

START_TEST(test_random_floats)
{
    for (uint64_t i = 0; i < 15000; i++) {
        float v = of_bits32((uint32_t)sx_random_bits(2, 0, i));
        if (isfinite(v))
            check_float(v);
        check_float((float)sx_random_normal(2, 1, i));
        check_float((float)(sx_random_bits(2, 2, i) >> (i % 64)));
        check_float((float)(sx_random_bits(2, 3, i) % 256) / 255);
    }
}
END_TEST

/* The gap below a power of two is half of the gap above it. */
START_TEST(test_powers)
{
    for (int e = -1074; e < 1024; e++) {
        double v = ldexp(1, e);
        check_double(v);
        check_double(nextafter(v, 0));
        check_double(nextafter(v, INFINITY) < INFINITY ? nextafter(v, INFINITY) : 1);
    }
    for (int e = -149; e < 128; e++) {
        float v = ldexpf(1, e);
        check_float(v);
        check_float(nextafterf(v, 0));
        check_float(nextafterf(v, INFINITY));
    }
    for (int e = -320; e <= 308; e++) {
        char text[16];
        snprintf(text, sizeof text, "1e%d", e);
        check_double(strtod(text, NULL));
        check_double(nextafter(strtod(text, NULL), 0));
    }
}
END_TEST

/* Random decimals, some of them ties or nearly ties, are read as by the C library. */
START_TEST(test_parse_random)
{
    for (uint64_t i = 0; i < 60000; i++) {
        char text[64];
        uint64_t bits = sx_random_bits(5, 0, i);
        double v;
        if (i % 3 == 0) /* halfway between two doubles, or one unit beside */
            snprintf(text, sizeof text, "%llu%s", (unsigned long long)((bits >> 8) | 1) << 2,
                     i % 2 != 0 ? "" : ".000000000000000001");
        else if (i % 3 == 1)
            snprintf(text, sizeof text, "%llue%d", (unsigned long long)(bits >> (i % 64)),
                     (int)(i / 64 % 60) - 30);
        else
            snprintf(text, sizeof text, "%.*g", (int)(i % 20) + 1,
                     ldexp((double)bits, (int)(i % 160) - 140));
        ck_assert(sx_number_parse(text, strlen(text), &v));
        ck_assert_msg(v == strtod(text, NULL), "%s gives %.17g", text, v);
    }
    for (uint64_t m = (1ULL << 53) - 3; m < (1ULL << 53) + 9; m++) {
        char text[64];
        double v;
        for (int k = 0; k < 4; k++) {
            snprintf(text, sizeof text, "%llu.%d", (unsigned long long)m, 25 * k);
            ck_assert(sx_number_parse(text, strlen(text), &v));
            ck_assert_msg(v == strtod(text, NULL), "%s gives %.17g", text, v);
        }
    }
}
END_TEST

START_TEST(test_parse)
{
    static const struct {
        const char *text;
        double value;
    } good[] = {
        {"0", 0},
        {"-1.5", -1.5},
        {"+2", 2},
        {".5", .5},
        {"5.", 5},
        {"1e3", 1000},
        {"1E+3", 1000},
        {"1e-3", 1e-3},
        {"12345678901234567890", 12345678901234567890.},
        {"123456789012345678901234567890", 123456789012345678901234567890.},
        {"0.1234567890123456789012345678", 0.1234567890123456789012345678},
        {"9007199254740993", 9007199254740993.},
        {"1e-400", 0},
        {"4.9406564584124654e-324", 4.9406564584124654e-324},
        {"1e400", INFINITY},
        {"1e99999999999999999999", INFINITY},
        {"0e99999999999999999999", 0},
        {"inf", INFINITY},
        {"-Infinity", -INFINITY},
        {"1.7976931348623157e308", DBL_MAX},
        {"00012", 12},
        {"3e22", 3e22},
        {"3e23", 3e23},
    };
    static const char *const bad[] = {"",    "-",    "+",     ".",    "e5",     "1e",  "1e+",
                                      "1 ",  " 1",   "1,5",   "0x10", "1.2.3",  "1-2", "--1",
                                      "+-1", "nane", "infin", "1f",   "nan(1)", "a",   "1e5.5"};
    double v;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        ck_assert_msg(sx_number_parse(good[i].text, strlen(good[i].text), &v), "%s",
                      good[i].text);
        ck_assert_msg(v == good[i].value, "%s gives %.17g", good[i].text, v);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!sx_number_parse(bad[i], strlen(bad[i]), &v), "'%s'", bad[i]);
    ck_assert(sx_number_parse("NaN", 3, &v) && isnan(v));
    ck_assert(sx_number_parse("12345", 3, &v) && v == 123);
    ck_assert(sx_number_parse("-0", 2, &v) && signbit(v));
    char many[600];
    memset(many, '1', sizeof many);
    ck_assert(sx_number_parse(many, 300, &v) && v > 1.1e299 && v < 1.2e299);
    ck_assert(sx_number_parse(many, 511, &v) && isinf(v));
    ck_assert(!sx_number_parse(many, 600, &v));
}
END_TEST

START_TEST(test_locale)
{
    static const char *const comma[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE"};
    bool found = false;
    for (size_t i = 0; i < sizeof comma / sizeof comma[0] && !found; i++)
        found = setlocale(LC_ALL, comma[i]) != NULL;
    char text[SX_NUMBER_SIZE];
    double v;
    sx_number(text, 1.25e300, SX_DOUBLE);
    ck_assert_str_eq(text, "1.25e300");
    sx_number(text, 1.25e-40, SX_FLOAT);
    ck_assert_str_eq(text, "1.25e-40");
    ck_assert(sx_number_parse("1.25e-300", 9, &v));
    ck_assert(v == 1.25e-300);
    setlocale(LC_ALL, "C");
}
END_TEST

/* 150,000 floats take well under 50 ms. The limit allows for a slow machine and sanitizers. */
START_TEST(test_speed)
{
    char text[SX_NUMBER_SIZE];
    size_t total = 0;
    clock_t start = clock();
    for (uint64_t i = 0; i < 150000; i++)
        total += sx_number(text, sx_random_normal(3, 0, i), SX_FLOAT);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    ck_assert_uint_gt(total, 150000);
    ck_assert_msg(seconds < 0.5, "150k floats took %.3f s", seconds);
    if (getenv("SHOW_SPEED") != NULL)
        fprintf(stderr, "150k floats: %.1f ms\n", 1000 * seconds);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("io_number");
    SUITE_ADD(c, test_known_texts, test_random_doubles, test_random_floats, test_powers,
              test_parse, test_parse_random, test_locale, test_speed);
    return suite_run();
}
