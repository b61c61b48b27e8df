/* check_pointwise.c - pointwise operators against plain formulas, and programs of instructions. */
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "fd.h"
#include "ops/map.h"
#include "ops/table.h"
#include "suite.h"

/* Runs one node on the given tensors, which have the types and shapes of its operands. */
static struct sx_tensor run_op(enum sx_type real, int op, int n_in, const struct sx_tensor *in,
                               int n_attr, const int64_t *attr)
{
    struct fd t;
    fd_begin(&t, real, false);
    int node[3];
    for (int k = 0; k < n_in; k++)
        node[k] = sx_input(t.g, in[k].type, &in[k].shape);
    int y = sx_emit(t.g, op, n_in, node, n_attr, attr);
    struct sx_tensor result;
    fd_run_at(&t, node, in, n_in, &y, 1, &result);
    fd_end(&t);
    return result;
}

static struct sx_tensor list(enum sx_type type, int n, const double *values)
{
    struct sx_shape shape = {.rank = 1, .dim = {n}};
    struct sx_tensor t;
    ck_assert(sx_tensor_new(&t, type, &shape, NULL));
    for (int i = 0; i < n; i++)
        sx_tensor_set(&t, i, values[i]);
    return t;
}

static struct sx_tensor integers(int n, const int64_t *values)
{
    struct sx_shape shape = {.rank = 1, .dim = {n}};
    struct sx_tensor t;
    ck_assert(sx_tensor_new(&t, SX_INT, &shape, NULL));
    memcpy(t.data, values, (size_t)n * sizeof *values);
    return t;
}

/* ---- Real functions ---- */

static long double f_neg(long double x)
{
    return -x;
}
static long double f_recip(long double x)
{
    return 1 / x;
}
static long double f_sigmoid(long double x)
{
    return 1 / (1 + expl(-x));
}
static long double f_softplus(long double x)
{
    return log1pl(expl(x));
}
static long double f_relu(long double x)
{
    return x > 0 ? x : 0;
}
static long double f_sign(long double x)
{
    return (x > 0) - (x < 0);
}

static const struct {
    int op;
    double low, high;
    long double (*f)(long double);
} functions[] = {
    {SX_NEG, -3, 3, f_neg},
    {SX_RECIP, 0.1, 30, f_recip},
    {SX_EXP, -80, 80, expl},
    {SX_EXP, -760, -70, expl}, /* results are subnormal or 0, first in float32 */
    {SX_EXP, 80, 88.5, expl},
    {SX_LOG, 1e-6, 100, logl},
    {SX_SQRT, 0, 100, sqrtl},
    {SX_SIN, -20, 20, sinl},
    {SX_COS, -20, 20, cosl},
    {SX_TAN, -20, 20, tanl},
    {SX_ASIN, -1, 1, asinl},
    {SX_ACOS, -1, 1, acosl},
    {SX_ATAN, -20, 20, atanl},
    {SX_SINH, -20, 20, sinhl},
    {SX_COSH, -20, 20, coshl},
    {SX_TANH, -10, 10, tanhl},
    {SX_ASINH, -20, 20, asinhl},
    {SX_ACOSH, 1, 20, acoshl},
    {SX_ATANH, -1, 1, atanhl},
    {SX_SIGMOID, -80, 80, f_sigmoid},
    {SX_SOFTPLUS, -80, 80, f_softplus},
    {SX_ERF, -4, 4, erfl},
    {SX_RELU, -3, 3, f_relu},
    {SX_ABS, -3, 3, fabsl},
    {SX_SIGN, -3, 3, f_sign},
    {SX_FLOOR, -9, 9, floorl},
    {SX_CEIL, -9, 9, ceill},
    {SX_ROUND, -9, 9, rintl},
};

/* The vector functions are accurate to at most 4 units in the last place. */
START_TEST(accuracy)
{
    enum { N = 20000 };
    for (int real = SX_FLOAT; real <= SX_DOUBLE; real++) {
        double limit = real == SX_FLOAT ? 4e-7 : 1e-15;
        struct sx_shape shape = {.rank = 1, .dim = {N}};
        struct sx_tensor x;
        ck_assert(sx_tensor_new(&x, (enum sx_type)real, &shape, NULL));
        for (int i = 0; i < N; i++) {
            double u = sx_random_uniform(5, 0, (uint64_t)i);
            sx_tensor_set(&x, i,
                          functions[_i].low + (functions[_i].high - functions[_i].low) * u);
        }
        struct sx_tensor y = run_op((enum sx_type)real, functions[_i].op, 1, &x, 0, NULL);
        for (int i = 0; i < N; i++) {
            long double want = functions[_i].f(sx_tensor_get(&x, i));
            long double error = fabsl(sx_tensor_get(&y, i) - want);
            ck_assert_msg(error <= limit * fabsl(want) + 1e-38L,
                          "%s(%.17g) = %.17g, not %.17Lg", sx_rows[functions[_i].op]->name,
                          sx_tensor_get(&x, i), sx_tensor_get(&y, i), want);
        }
        sx_tensor_free(&x);
        sx_tensor_free(&y);
    }
}
END_TEST

static const struct {
    int op;
    double x, want;
} extremes[] = {
    {SX_SIGMOID, -1000, 0},
    {SX_SIGMOID, 1000, 1},
    {SX_SIGMOID, INFINITY, 1},
    {SX_SIGMOID, -INFINITY, 0},
    {SX_SOFTPLUS, 1000, 1000},
    {SX_SOFTPLUS, -1000, 0},
    {SX_SOFTPLUS, INFINITY, INFINITY},
    {SX_SOFTPLUS, -INFINITY, 0},
    {SX_EXP, 1000, INFINITY},
    {SX_EXP, -1000, 0},
    {SX_EXP, -INFINITY, 0},
    {SX_EXP, 0, 1},
    {SX_LOG, 0, -INFINITY},
    {SX_LOG, -1, NAN},
    {SX_LOG, INFINITY, INFINITY},
    {SX_LOG, 1, 0},
    {SX_SQRT, -1, NAN},
    {SX_SQRT, 0, 0},
    {SX_TANH, 1000, 1},
    {SX_TANH, -INFINITY, -1},
    {SX_ERF, -1000, -1},
    {SX_RECIP, 0, INFINITY},
    {SX_RELU, -INFINITY, 0},
    {SX_RELU, INFINITY, INFINITY},
    {SX_RELU, NAN, NAN},
    {SX_SIGN, NAN, NAN},
    {SX_SIGN, 0, 0},
    {SX_ABS, -INFINITY, INFINITY},
    {SX_SIN, INFINITY, NAN},
    {SX_ATAN, INFINITY, M_PI_2},
    {SX_ACOSH, 0.5, NAN},
    {SX_ATANH, 1, INFINITY},
    {SX_ASIN, 2, NAN},
    {SX_ROUND, 0.5, 0},
    {SX_ROUND, 1.5, 2},
    {SX_ROUND, 2.5, 2},
    {SX_ROUND, -2.5, -2},
    {SX_ROUND, INFINITY, INFINITY},
    {SX_FLOOR, -0.5, -1},
    {SX_CEIL, 1e30, 1e30},
    {SX_EXP, NAN, NAN},
    {SX_TANH, NAN, NAN},
    {SX_SIGMOID, NAN, NAN},
    {SX_SOFTPLUS, NAN, NAN},
    {SX_ERF, NAN, NAN},
};

static bool same(double a, double b, double limit)
{
    return (isnan(a) && isnan(b)) || a == b || fabs(a - b) <= limit * fabs(b);
}

START_TEST(extreme_arguments)
{
    for (int real = SX_FLOAT; real <= SX_DOUBLE; real++) {
        struct sx_tensor x = list((enum sx_type)real, 1, &extremes[_i].x);
        struct sx_tensor y = run_op((enum sx_type)real, extremes[_i].op, 1, &x, 0, NULL);
        ck_assert_msg(same(sx_tensor_get(&y, 0), extremes[_i].want, 1e-7),
                      "%s(%g) = %g, not %g", sx_rows[extremes[_i].op]->name, extremes[_i].x,
                      sx_tensor_get(&y, 0), extremes[_i].want);
        sx_tensor_free(&x);
        sx_tensor_free(&y);
    }
}
END_TEST

static const struct {
    int op;
    double a, b, want;
} pairs[] = {
    {SX_ADD, 1, 2, 3},
    {SX_ADD, INFINITY, 1, INFINITY},
    {SX_ADD, INFINITY, -INFINITY, NAN},
    {SX_SUB, 1, 2, -1},
    {SX_MUL, 3, -2, -6},
    {SX_MUL, 0, INFINITY, NAN},
    {SX_DIV, 1, 4, 0.25},
    {SX_DIV, 1, 0, INFINITY},
    {SX_DIV, 0, 0, NAN},
    {SX_POW, 2, 10, 1024},
    {SX_POW, -2, 3, -8},
    {SX_POW, -3, 2, 9},
    {SX_POW, -3, 5, -243},
    {SX_POW, -2, 0.5, NAN},
    {SX_POW, 0, 0, 1},
    {SX_POW, 0, -1, INFINITY},
    {SX_POW, 2, -INFINITY, 0},
    {SX_POW, NAN, 2, NAN},
    {SX_MIN, 1, 2, 1},
    {SX_MIN, NAN, 2, NAN},
    {SX_MIN, 2, NAN, NAN},
    {SX_MIN, -INFINITY, 2, -INFINITY},
    {SX_MAX, 1, 2, 2},
    {SX_MAX, NAN, 2, NAN},
    {SX_MAX, 2, NAN, NAN},
    {SX_MOD, 7, 3, 1},
    {SX_MOD, -7, 3, 2},
    {SX_MOD, 7, -3, -2},
    {SX_MOD, -5.5, 2, 0.5},
    {SX_FMOD, -7, 3, -1},
    {SX_FMOD, 7, -3, 1},
    {SX_FMOD, 5.5, 2, 1.5},
    {SX_EQUAL, 1, 1, 1},
    {SX_EQUAL, NAN, NAN, 0},
    {SX_EQUAL, INFINITY, INFINITY, 1},
    {SX_LESS, 1, 2, 1},
    {SX_LESS, 2, 2, 0},
    {SX_LESS, NAN, 2, 0},
    {SX_LESS, 1, INFINITY, 1},
    {SX_LESSEQ, 2, 2, 1},
    {SX_LESSEQ, 2, NAN, 0},
};

START_TEST(pair)
{
    for (int real = SX_FLOAT; real <= SX_DOUBLE; real++) {
        struct sx_tensor in[] = {list((enum sx_type)real, 1, &pairs[_i].a),
                                 list((enum sx_type)real, 1, &pairs[_i].b)};
        struct sx_tensor y = run_op((enum sx_type)real, pairs[_i].op, 2, in, 0, NULL);
        ck_assert_msg(same(sx_tensor_get(&y, 0), pairs[_i].want, 1e-6),
                      "%s(%g, %g) = %g, not %g", sx_rows[pairs[_i].op]->name, pairs[_i].a,
                      pairs[_i].b, sx_tensor_get(&y, 0), pairs[_i].want);
        sx_tensor_free(&in[0]);
        sx_tensor_free(&in[1]);
        sx_tensor_free(&y);
    }
}
END_TEST

START_TEST(nan_and_infinity)
{
    const double values[] = {NAN, INFINITY, -INFINITY, 0, 1e30};
    const int64_t both[] = {1, 1}, below[] = {1, 0}, above[] = {0, 1};
    const int64_t *const attr[] = {both, below, above};
    const int want[] = {6, 4, 2, 1}; /* per case: bits of the elements that are infinite */
    for (int real = SX_FLOAT; real <= SX_DOUBLE; real++)
        for (int c = 0; c < 4; c++) {
            struct sx_tensor x = list((enum sx_type)real, 5, values);
            struct sx_tensor y = c < 3 ? run_op((enum sx_type)real, SX_ISINF, 1, &x, 2, attr[c])
                                       : run_op((enum sx_type)real, SX_ISNAN, 1, &x, 0, NULL);
            ck_assert_int_eq(y.type, SX_BOOL);
            for (int i = 0; i < 5; i++)
                ck_assert_int_eq(((uint8_t *)y.data)[i], want[c] >> i & 1);
            sx_tensor_free(&x);
            sx_tensor_free(&y);
        }
}
END_TEST

/* ---- Integers and booleans ---- */

#define BIG INT64_MAX
#define LOW INT64_MIN
static const struct {
    int op;
    int64_t a, b, want, attr;
} whole[] = {
    {SX_ADD, BIG, 1, LOW, 0},   {SX_SUB, LOW, 1, BIG, 0},  {SX_MUL, BIG, 2, -2, 0},
    {SX_MUL, -3, 4, -12, 0},    {SX_DIV, 7, 2, 3, 0},      {SX_DIV, -7, 2, -3, 0},
    {SX_DIV, 7, 0, 0, 0},       {SX_DIV, LOW, -1, LOW, 0}, {SX_MOD, -7, 3, 2, 0},
    {SX_MOD, 7, -3, -2, 0},     {SX_MOD, 7, 0, 0, 0},      {SX_MOD, LOW, -1, 0, 0},
    {SX_FMOD, -7, 3, -1, 0},    {SX_FMOD, 7, -3, 1, 0},    {SX_FMOD, 5, 0, 0, 0},
    {SX_POW, 3, 4, 81, 0},      {SX_POW, -2, 63, LOW, 0},  {SX_POW, 2, 64, 0, 0},
    {SX_POW, 5, 0, 1, 0},       {SX_POW, 2, -1, 0, 0},     {SX_POW, 1, -5, 1, 0},
    {SX_POW, -1, -5, -1, 0},    {SX_POW, -1, -4, 1, 0},    {SX_POW, 0, -1, 0, 0},
    {SX_MIN, -3, 2, -3, 0},     {SX_MAX, -3, 2, 2, 0},     {SX_EQUAL, BIG, BIG - 1, 0, 0},
    {SX_EQUAL, BIG, BIG, 1, 0}, {SX_LESS, LOW, BIG, 1, 0}, {SX_LESSEQ, 4, 4, 1, 0},
    {SX_BITAND, 12, 10, 8, 0},  {SX_BITOR, 12, 10, 14, 0}, {SX_BITXOR, 12, 10, 6, 0},
    {SX_SHIFT, 1, 63, LOW, 0},  {SX_SHIFT, -1, 63, 1, 1},  {SX_SHIFT, 1, 64, 0, 0},
    {SX_SHIFT, 1, -1, 0, 1},    {SX_SHIFT, 5, 2, 20, 0},   {SX_SHIFT, 20, 2, 5, 1},
};

static int64_t first(const struct sx_tensor *t)
{
    return t->type == SX_BOOL ? *(const uint8_t *)t->data : *(const int64_t *)t->data;
}

START_TEST(integer)
{
    struct sx_tensor in[] = {integers(1, &whole[_i].a), integers(1, &whole[_i].b)};
    int n_attr = whole[_i].op == SX_SHIFT;
    struct sx_tensor y = run_op(SX_FLOAT, whole[_i].op, 2, in, n_attr, &whole[_i].attr);
    ck_assert_msg(first(&y) == whole[_i].want, "%s(%lld, %lld) = %lld, not %lld",
                  sx_rows[whole[_i].op]->name, (long long)whole[_i].a, (long long)whole[_i].b,
                  (long long)first(&y), (long long)whole[_i].want);
    sx_tensor_free(&in[0]);
    sx_tensor_free(&in[1]);
    sx_tensor_free(&y);
}
END_TEST

static const struct {
    int op;
    int64_t a, want, attr;
} whole_one[] = {
    {SX_NEG, 5, -5, 0},
    {SX_NEG, LOW, LOW, 0},
    {SX_ABS, -5, 5, 0},
    {SX_ABS, LOW, LOW, 0},
    {SX_SIGN, -5, -1, 0},
    {SX_RELU, -5, 0, 0},
    {SX_RELU, 5, 5, 0},
    {SX_BITNOT, 0, -1, 0},
    {SX_NARROW, 300, 44, SX_AS_UINT8},
    {SX_NARROW, 200, -56, SX_AS_INT8},
    {SX_NARROW, -1, 65535, SX_AS_UINT16},
    {SX_NARROW, 40000, -25536, SX_AS_INT16},
    {SX_NARROW, 1LL << 31, -(1LL << 31), SX_AS_INT32},
    {SX_NARROW, -1, (1LL << 32) - 1, SX_AS_UINT32},
    {SX_CAST, 7, 1, SX_BOOL},
    {SX_CAST, 0, 0, SX_BOOL},
};

START_TEST(integer_one)
{
    struct sx_tensor x = integers(1, &whole_one[_i].a);
    int n_attr = whole_one[_i].op == SX_NARROW || whole_one[_i].op == SX_CAST;
    struct sx_tensor y = run_op(SX_FLOAT, whole_one[_i].op, 1, &x, n_attr, &whole_one[_i].attr);
    ck_assert_int_eq(first(&y), whole_one[_i].want);
    sx_tensor_free(&x);
    sx_tensor_free(&y);
}
END_TEST

START_TEST(boolean)
{
    const double a[] = {0, 0, 1, 1}, b[] = {0, 1, 0, 1};
    const int op[] = {SX_AND, SX_OR, SX_XOR, SX_EQUAL, SX_NOT};
    const int want[] = {8, 14, 6, 9, 3};
    struct sx_tensor in[] = {list(SX_BOOL, 4, a), list(SX_BOOL, 4, b)};
    for (int k = 0; k < 5; k++) {
        struct sx_tensor y = run_op(SX_FLOAT, op[k], op[k] == SX_NOT ? 1 : 2, in, 0, NULL);
        for (int i = 0; i < 4; i++)
            ck_assert_int_eq(((uint8_t *)y.data)[i], want[k] >> i & 1);
        sx_tensor_free(&y);
    }
    sx_tensor_free(&in[0]);
    sx_tensor_free(&in[1]);
}
END_TEST

START_TEST(where_takes_all_types)
{
    const double c[] = {1, 0, 1}, a[] = {1, 1, 0}, b[] = {0, 0, 1};
    for (int type = SX_FLOAT; type <= SX_BOOL; type++) {
        enum sx_type real = type == SX_FLOAT ? SX_FLOAT : SX_DOUBLE;
        struct sx_tensor in[] = {list(SX_BOOL, 3, c), list((enum sx_type)type, 3, a),
                                 list((enum sx_type)type, 3, b)};
        struct sx_tensor y = run_op(real, SX_WHERE, 3, in, 0, NULL);
        ck_assert_int_eq(y.type, (enum sx_type)type);
        for (int i = 0; i < 3; i++) {
            ck_assert(sx_tensor_get(&y, i) == (c[i] != 0 ? a[i] : b[i]));
            sx_tensor_free(&in[i]);
        }
        sx_tensor_free(&y);
    }
}
END_TEST

/* ---- Conversions ---- */

START_TEST(casts)
{
    const double from[] = {-2.75, 0, 0.5, 3, 1e30, -1e30, NAN};
    const double as_int[] = {-2, 0, 0, 3, 0x1p63, -0x1p63, 0};
    const double as_bool[] = {1, 0, 1, 1, 1, 1, 1};
    const int64_t to_int = SX_INT, to_bool = SX_BOOL;
    for (int real = SX_FLOAT; real <= SX_DOUBLE; real++) {
        struct sx_tensor x = list((enum sx_type)real, 7, from);
        struct sx_tensor i = run_op((enum sx_type)real, SX_CAST, 1, &x, 1, &to_int);
        struct sx_tensor b = run_op((enum sx_type)real, SX_CAST, 1, &x, 1, &to_bool);
        int64_t back = real;
        struct sx_tensor r = run_op((enum sx_type)real, SX_CAST, 1, &b, 1, &back);
        for (int k = 0; k < 7; k++) {
            ck_assert(sx_tensor_get(&i, k) == as_int[k]);
            ck_assert(sx_tensor_get(&b, k) == as_bool[k]);
            ck_assert(sx_tensor_get(&r, k) == as_bool[k]);
        }
        ck_assert_int_eq(r.type, real);
        sx_tensor_free(&x);
        sx_tensor_free(&i);
        sx_tensor_free(&b);
        sx_tensor_free(&r);
    }
}
END_TEST

static const struct {
    enum sx_narrow kind;
    double x, want;
} narrowed[] = {
    {SX_AS_FLOAT16, 1.0 / 3, 0.333251953125},
    {SX_AS_FLOAT16, 65504, 65504},
    {SX_AS_FLOAT16, 65519, 65504},
    {SX_AS_FLOAT16, 65520, INFINITY},
    {SX_AS_FLOAT16, -1e9, -INFINITY},
    {SX_AS_FLOAT16, 2049, 2048},
    {SX_AS_FLOAT16, 2051, 2052},
    {SX_AS_FLOAT16, 0x1p-24, 0x1p-24},
    {SX_AS_FLOAT16, 0x1.8p-25, 0x1p-24},
    {SX_AS_FLOAT16, 0x1p-25, 0},
    {SX_AS_FLOAT16, NAN, NAN},
    {SX_AS_FLOAT16, INFINITY, INFINITY},
    {SX_AS_BFLOAT16, 1.0 / 3, 0.333984375},
    {SX_AS_BFLOAT16, 257, 256},
    {SX_AS_BFLOAT16, 259, 260},
    {SX_AS_BFLOAT16, 0x1.FEp127, 0x1.FEp127},
    {SX_AS_BFLOAT16, 0x1.FFp127, INFINITY},
    {SX_AS_FLOAT32, 1 + 0x1p-24, 1},
    {SX_AS_FLOAT32, 0.5, 0.5},
};

START_TEST(narrow)
{
    for (int real = SX_FLOAT; real <= SX_DOUBLE; real++) {
        struct sx_tensor x = list((enum sx_type)real, 1, &narrowed[_i].x);
        int64_t kind = narrowed[_i].kind;
        struct sx_tensor y = run_op((enum sx_type)real, SX_NARROW, 1, &x, 1, &kind);
        ck_assert_msg(same(sx_tensor_get(&y, 0), narrowed[_i].want, 0), "%a gives %a, not %a",
                      narrowed[_i].x, sx_tensor_get(&y, 0), narrowed[_i].want);
        sx_tensor_free(&x);
        sx_tensor_free(&y);
    }
}
END_TEST

static const struct {
    int form;
    double x;
    int64_t bits;
} bits[] = {
    {SX_BITS_FLOAT16, 1, 0x3c00},
    {SX_BITS_FLOAT16, -2, -0x4000},
    {SX_BITS_FLOAT16, 65504, 0x7bff},
    {SX_BITS_FLOAT16, 0x1p-14, 0x0400},
    {SX_BITS_FLOAT16, 0x1p-24, 1},
    {SX_BITS_FLOAT16, INFINITY, 0x7c00},
    {SX_BITS_FLOAT16, NAN, 0x7e00},
    {SX_BITS_BFLOAT16, 1, 0x3f80},
    {SX_BITS_BFLOAT16, -1, 0x3f80 - 0x8000},
    {SX_BITS_FLOAT32, 1, 0x3f800000},
    {SX_BITS_FLOAT32, -1.5, 0x3fc00000 - (1LL << 31)},
    {SX_BITS_FLOAT64, 1, 0x3ff0000000000000},
};

START_TEST(bits_and_back)
{
    for (int real = SX_FLOAT; real <= SX_DOUBLE; real++) {
        struct sx_tensor x = list((enum sx_type)real, 1, &bits[_i].x);
        int64_t there = (int64_t)bits[_i].form << 8 | SX_INT;
        int64_t back = (int64_t)bits[_i].form << 8 | real;
        struct sx_tensor y = run_op((enum sx_type)real, SX_BITS, 1, &x, 1, &there);
        struct sx_tensor z = run_op((enum sx_type)real, SX_BITS, 1, &y, 1, &back);
        ck_assert_int_eq(first(&y), bits[_i].bits);
        ck_assert(same(sx_tensor_get(&z, 0), bits[_i].x, 0));
        sx_tensor_free(&x);
        sx_tensor_free(&y);
        sx_tensor_free(&z);
    }
}
END_TEST

/* ---- Shapes ---- */

static const struct {
    const char *a, *b;
} broadcasts[] = {
    {"", ""},
    {"5", ""},
    {"3,5", "5"},
    {"3,1", "1,5"},
    {"2,3,7,7", "3,1,1"},
    {"4,7,7,3", "3"},
    {"40,7,5,20", "20"},
    {"2,1,5,1", "3,1,6"},
    {"2,3,4,5", "2,1,4,1"},
    {"2,3,4,5", "1,3,1,5"},
    {"7,3000", "3000"},
    {"7,3000", "7,1"},
    {"1,1,1", "1"},
    {"3,0,2", "2"},
    {"2,1,2,1,2,1,2,1,2,1", "1,2,1,2,1,2,1,2,1,2"},
    {"50,33,30", "33,1"},
    {"1,70000", "1"},
};

/* The flat index in `shape` of the element that is broadcast to element i of `result`. */
static int64_t source(const struct sx_shape *shape, const struct sx_shape *result, int64_t i)
{
    int64_t index = 0, stride = 1;
    for (int k = 1; k <= result->rank; k++) {
        int64_t n = result->dim[result->rank - k], at = i % n;
        i /= n;
        if (k > shape->rank)
            continue;
        int64_t own = shape->dim[shape->rank - k];
        index += own == 1 ? 0 : at * stride;
        stride *= own;
    }
    return index;
}

START_TEST(broadcast)
{
    const enum sx_type types[] = {SX_FLOAT, SX_DOUBLE, SX_INT};
    for (int swap = 0; swap < 2; swap++)
        for (int k = 0; k < 3; k++) {
            struct sx_shape shape[] = {fd_shape(broadcasts[_i].a), fd_shape(broadcasts[_i].b)};
            struct sx_tensor in[2];
            for (int j = 0; j < 2; j++) {
                ck_assert(sx_tensor_new(&in[j], types[k], &shape[j ^ swap], NULL));
                for (int64_t i = 0; i < sx_count(&in[j].shape); i++)
                    sx_tensor_set(&in[j], i, (double)(i * 7 % 1009 + 10000 * j));
            }
            enum sx_type real = types[k] == SX_DOUBLE ? SX_DOUBLE : SX_FLOAT;
            struct sx_tensor y = run_op(real, SX_SUB, 2, in, 0, NULL);
            for (int64_t i = 0; i < sx_count(&y.shape); i++)
                ck_assert(sx_tensor_get(&y, i) ==
                          sx_tensor_get(&in[0], source(&in[0].shape, &y.shape, i)) -
                              sx_tensor_get(&in[1], source(&in[1].shape, &y.shape, i)));
            sx_tensor_free(&in[0]);
            sx_tensor_free(&in[1]);
            sx_tensor_free(&y);
        }
}
END_TEST

/* The bits of a result do not depend on the position of the element in its tensor. */
START_TEST(place_does_not_matter)
{
    enum { N = 2100 };
    static double values[N];
    for (int i = 0; i < N; i++)
        values[i] = (double)(float)sx_random_normal(9, 0, (uint64_t)i);
    for (int real = SX_FLOAT; real <= SX_DOUBLE; real++) {
        struct sx_tensor x = list((enum sx_type)real, N, values);
        struct sx_tensor all = run_op((enum sx_type)real, SX_SIGMOID, 1, &x, 0, NULL);
        for (int begin = 0; begin < N; begin += 97)
            for (int n = 1; n < N - begin; n = n * 2 + 1) {
                struct sx_tensor part = list((enum sx_type)real, n, values + begin);
                struct sx_tensor y = run_op((enum sx_type)real, SX_SIGMOID, 1, &part, 0, NULL);
                size_t size = sx_type_size((enum sx_type)real);
                ck_assert(memcmp(y.data, (char *)all.data + (size_t)begin * size,
                                 (size_t)n * size) == 0);
                sx_tensor_free(&part);
                sx_tensor_free(&y);
            }
        sx_tensor_free(&x);
        sx_tensor_free(&all);
    }
}
END_TEST

/* ---- Programs ---- */

static const struct sx_map_instr gelu[] = {
    {SX_MUL, SX_DOUBLE, 0, 1, 0, 0},   /* 3: x k */
    {SX_ERF, SX_DOUBLE, 3, 0, 0, 0},   /* 4 */
    {SX_ADD, SX_DOUBLE, 4, 2, 0, 0},   /* 5: + bias */
    {SX_LESS, SX_DOUBLE, 5, 0, 0, 0},  /* 6 */
    {SX_WHERE, SX_DOUBLE, 6, 5, 0, 0}, /* 7: where(5 < x, 5, x) */
    {SX_CAST, SX_BOOL, 6, 0, 0, SX_DOUBLE}, {SX_SUB, SX_DOUBLE, 7, 8, 0, 0},
};

static int chain(struct sx_graph *g, const int *in)
{
    int v[10] = {in[0], in[1], in[2]};
    v[3] = sx_mul(g, v[0], v[1]);
    v[4] = sx_unary(g, SX_ERF, v[3]);
    v[5] = sx_add(g, v[4], v[2]);
    v[6] = sx_binary(g, SX_LESS, v[5], v[0]);
    v[7] = sx_where(g, v[6], v[5], v[0]);
    v[8] = sx_cast(g, v[6], SX_DOUBLE);
    return sx_sub(g, v[7], v[8]);
}

/* A program gives the bytes of its single nodes, for one incomplete block and for many blocks. */
START_TEST(program_equals_chain)
{
    static const char *const shapes[] = {"1", "3,5,7", "2,64,33", "3,40,511", "0,4,4"};
    for (int s = 0; s < 5; s++) {
        struct fd t;
        fd_begin(&t, SX_DOUBLE, false);
        int x = fd_input(&t, shapes[s], -2, 2);
        struct sx_shape shape = sx_shape_of(t.g, x), channel = {.rank = 2, .dim = {1, 1}};
        if (shape.rank == 3)
            channel.dim[0] = shape.dim[1];
        int in[] = {x, fd_input(&t, "", -1, 1), fd_fixed(&t, &channel)};
        int node[] = {sx_map(t.g, 3, in, gelu, 7), chain(t.g, in)};
        struct sx_tensor y[2];
        fd_run(&t, node, 2, y);
        ck_assert(sx_shape_equal(&y[0].shape, &y[1].shape));
        size_t bytes = (size_t)sx_count(&y[0].shape) * sizeof(double);
        ck_assert(memcmp(y[0].data, y[1].data, bytes) == 0);
        sx_tensor_free(&y[0]);
        sx_tensor_free(&y[1]);
        fd_end(&t);
    }
}
END_TEST

START_TEST(program_in_place)
{
    struct fd t;
    fd_begin(&t, SX_DOUBLE, false);
    int in[] = {fd_input(&t, "70,1003", -2, 2), fd_input(&t, "", -1, 1),
                fd_input(&t, "1003", -1, 1)};
    int node = sx_map(t.g, 3, in, gelu, 7);
    struct sx_tensor y;
    fd_run(&t, &node, 1, &y);
    struct sx_operand operand[3];
    for (int k = 0; k < 3; k++)
        operand[k] = (struct sx_operand){SX_DOUBLE, &t.at[k].shape, t.at[k].data};
    struct sx_call call = {&t.g->node[node], operand, t.at[0].data, NULL};
    sx_row_of(t.g, call.node)->run(&call);
    ck_assert(memcmp(t.at[0].data, y.data, (size_t)sx_count(&y.shape) * sizeof(double)) == 0);
    sx_tensor_free(&y);
    fd_end(&t);
}
END_TEST

/* The bytes are the same for any number of threads. */
START_TEST(threads)
{
    struct fd t;
    struct sx_tensor y[2];
    int before = omp_get_max_threads();
    fd_begin(&t, SX_DOUBLE, false);
    int in[] = {fd_input(&t, "7,50,203", -2, 2), fd_input(&t, "", -1, 1),
                fd_input(&t, "50,1", -1, 1)};
    int node = sx_map(t.g, 3, in, gelu, 7);
    for (int k = 0; k < 2; k++) {
        omp_set_num_threads(k == 0 ? 1 : 5);
        fd_run(&t, &node, 1, &y[k]);
    }
    omp_set_num_threads(before);
    ck_assert(memcmp(y[0].data, y[1].data, (size_t)sx_count(&y[0].shape) * 8) == 0);
    sx_tensor_free(&y[0]);
    sx_tensor_free(&y[1]);
    fd_end(&t);
}
END_TEST

/* A long chain needs few registers. A program with too many live values is refused. */
START_TEST(registers)
{
    struct sx_map_instr instr[SX_MAP_MAX_INSTR];
    struct fd t;
    fd_begin(&t, SX_DOUBLE, false);
    int x = fd_input(&t, "100", -1, 1);
    for (int i = 0; i < SX_MAP_MAX_INSTR; i++)
        instr[i] = (struct sx_map_instr){SX_ADD, SX_DOUBLE, i, 0, 0, 0};
    int node = sx_map(t.g, 1, &x, instr, SX_MAP_MAX_INSTR);
    ck_assert_int_ne(node, SX_NONE);
    struct sx_tensor y;
    fd_run(&t, &node, 1, &y);
    for (int i = 0; i < 100; i++)
        ck_assert(fabs(sx_tensor_get(&y, i) - 65 * sx_tensor_get(&t.at[0], i)) < 1e-12);
    sx_tensor_free(&y);
    for (int i = 0; i < 32; i++)
        instr[i] = (struct sx_map_instr){SX_EXP, SX_DOUBLE, 0, 0, 0, 0};
    for (int i = 32; i < 63; i++)
        instr[i] = (struct sx_map_instr){SX_ADD, SX_DOUBLE, i - 31, i == 32 ? 1 : i, 0, 0};
    ck_assert_int_eq(sx_map(t.g, 1, &x, instr, 63), SX_NONE);
    ck_assert_int_eq(sx_map(t.g, 1, &x, instr, SX_MAP_MAX_INSTR + 1), SX_NONE);
    ck_assert(sx_graph_ok(t.g, NULL));
    fd_end(&t);
}
END_TEST

START_TEST(one_instruction_of_a_node)
{
    struct fd t;
    fd_begin(&t, SX_FLOAT, false);
    int x = fd_input(&t, "40", -4, 4);
    const int64_t attr[] = {0, 1}, to_int = SX_INT;
    int node[] = {sx_emit(t.g, SX_ISINF, 1, &x, 2, attr), sx_cast(t.g, x, SX_INT)};
    struct sx_map_instr inf = sx_map_of(t.g, &t.g->node[node[0]]);
    ck_assert_int_eq(inf.op, SX_ISINF);
    ck_assert_int_eq(inf.aux, 2);
    struct sx_map_instr cast = sx_map_of(t.g, &t.g->node[node[1]]);
    ck_assert_int_eq(cast.type, SX_FLOAT);
    ck_assert_int_eq(cast.aux, to_int);
    int w = sx_where(t.g, node[0], x, x);
    ck_assert_int_eq(w, x);
    w = sx_where(t.g, node[0], x, sx_neg(t.g, x));
    ck_assert_int_eq(sx_map_of(t.g, &t.g->node[w]).type, SX_FLOAT);
    fd_end(&t);
}
END_TEST

/* ---- Refusals ---- */

static void refused(int op, int n_in, const enum sx_type *type, const char *const *shape,
                    int n_attr, int64_t attr)
{
    struct fd t;
    int in[3];
    fd_begin(&t, SX_FLOAT, false);
    for (int k = 0; k < n_in; k++) {
        struct sx_shape s = fd_shape(shape[k]);
        in[k] = sx_input(t.g, type[k], &s);
    }
    ck_assert_int_eq(sx_emit(t.g, op, n_in, in, n_attr, &attr), SX_NONE);
    ck_assert_int_eq(t.g->error.status, SX_MODEL);
    ck_assert_ptr_nonnull(strcasestr(t.g->error.message, sx_rows[op]->name));
    fd_end(&t);
}

START_TEST(refusals)
{
    static const char *const same_shape[] = {"2", "2", "2"}, *const other[] = {"2", "3", "2"};
    const enum sx_type fff[] = {SX_FLOAT, SX_FLOAT, SX_FLOAT}, fi[] = {SX_FLOAT, SX_INT};
    const enum sx_type ii[] = {SX_INT, SX_INT}, bb[] = {SX_BOOL, SX_BOOL};
    const enum sx_type bfi[] = {SX_BOOL, SX_FLOAT, SX_INT}, d[] = {SX_DOUBLE};
    refused(SX_ADD, 2, fff, other, 0, 0);
    refused(SX_ADD, 2, fi, same_shape, 0, 0);
    refused(SX_POW, 2, fi, same_shape, 0, 0);
    refused(SX_ADD, 2, bb, same_shape, 0, 0);
    refused(SX_AND, 2, ii, same_shape, 0, 0);
    refused(SX_BITAND, 2, fff, same_shape, 0, 0);
    refused(SX_EXP, 1, ii, same_shape, 0, 0);
    refused(SX_EXP, 1, d, same_shape, 0, 0);
    refused(SX_WHERE, 3, fff, same_shape, 0, 0);
    refused(SX_WHERE, 3, bfi, same_shape, 0, 0);
    refused(SX_CAST, 1, fff, same_shape, 1, 99);
    refused(SX_CAST, 1, ii, same_shape, 1, SX_DOUBLE);
    refused(SX_CAST, 1, fff, same_shape, 0, 0);
    refused(SX_NARROW, 1, fff, same_shape, 1, SX_AS_INT8);
    refused(SX_NARROW, 1, ii, same_shape, 1, SX_AS_FLOAT16);
    refused(SX_ISINF, 1, fff, same_shape, 0, 0);
    refused(SX_MAP, 1, fff, same_shape, 1, 5);
}
END_TEST

/* The number of operands of each operator, as programs count it, agrees with its row. */
START_TEST(arity)
{
    ck_assert_int_eq(sx_map_arity(_i), sx_rows[_i]->min_in);
    ck_assert_int_eq(sx_map_arity(_i), sx_rows[_i]->max_in);
}
END_TEST

#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))

int main(void)
{
    TCase *c = suite_case("pointwise");
    tcase_add_loop_test(c, accuracy, 0, COUNT(functions));
    tcase_add_loop_test(c, extreme_arguments, 0, COUNT(extremes));
    tcase_add_loop_test(c, pair, 0, COUNT(pairs));
    tcase_add_loop_test(c, arity, 0, SX_N_POINTWISE);
    tcase_add_test(c, nan_and_infinity);
    tcase_add_loop_test(c, integer, 0, COUNT(whole));
    tcase_add_loop_test(c, integer_one, 0, COUNT(whole_one));
    SUITE_ADD(c, boolean, where_takes_all_types, casts);
    tcase_add_loop_test(c, narrow, 0, COUNT(narrowed));
    tcase_add_loop_test(c, bits_and_back, 0, COUNT(bits));
    tcase_add_loop_test(c, broadcast, 0, COUNT(broadcasts));
    SUITE_ADD(c, place_does_not_matter, program_equals_chain, program_in_place, threads,
              registers, one_instruction_of_a_node, refusals);
    return suite_run();
}
