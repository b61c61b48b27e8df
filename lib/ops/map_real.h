/* map_real.h - the block function for reals; map_kernels.c includes it for float and for double.
 *
 * T is the element type, M(f) the function f of the C library for it, BLOCK the name. NaN is
 * preserved: where a comparison decides, NaN takes the branch that keeps it. */

static inline T M(modulo)(T x, T y)
{
    T r = M(fmod)(x, y);
    return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}

#define UNARY(NAME, D, FORMULA)                                                                \
    case SX_##NAME:                                                                            \
        LOOP for (size_t i = 0; i < n; i++)                                                    \
        {                                                                                      \
            const T x = a[i];                                                                  \
            ((D *)out)[i] = (D)(FORMULA);                                                      \
        }                                                                                      \
        break;

#define BINARY(NAME, D, FORMULA)                                                               \
    case SX_##NAME:                                                                            \
        LOOP for (size_t i = 0; i < n; i++)                                                    \
        {                                                                                      \
            const T x = a[i], y = b[i];                                                        \
            ((D *)out)[i] = (D)(FORMULA);                                                      \
        }                                                                                      \
        break;

/* Powers. Squares and cubes are products, because the vector library is slow for negative bases. */
ALWAYS_INLINE void M(power)(size_t n, T *d, const T *a, const T *b)
{
    bool square = true, cube = true;
    for (size_t i = 0; i < n; i++) {
        square &= b[i] == 2;
        cube &= b[i] == 3;
    }
    if (square)
        LOOP for (size_t i = 0; i < n; i++) d[i] = a[i] * a[i];
    else if (cube)
        LOOP for (size_t i = 0; i < n; i++) d[i] = a[i] * a[i] * a[i];
    else
        LOOP for (size_t i = 0; i < n; i++)
        {
            const T x = a[i], y = b[i], p = M(pow)(x, y);
            d[i] = y == 2 ? x * x : y == 3 ? x * x * x : p;
        }
}

/* Exponentials. The vector library is slow, element by element, if the result is no normal number;
 * some processors are slow in multiplying to such a number. Far from zero exp is therefore the
 * product of two normal numbers, and 0 where it surely underflows. The loops are separate because
 * the compiler would otherwise move the bounds behind the calls. */
ALWAYS_INLINE void M(exponential)(size_t n, T *d, const T *a)
{
    enum { PART = 256 };
    const bool single = sizeof(T) == sizeof(float);
    const T low = single ? -87 : -708, zero = single ? -104 : -746, high = -low;
    int far = 0;
    for (size_t i = 0; i < n; i++)
        far |= (a[i] < low) | (a[i] > high);
    if (far == 0) {
        LOOP for (size_t i = 0; i < n; i++) d[i] = M(exp)(a[i]);
        return;
    }
    for (; n > 0; n -= n < PART ? n : PART, a += PART, d += PART) {
        T near[PART], rest[PART], is[PART];
        const size_t m = n < PART ? n : PART;
        for (size_t i = 0; i < m; i++) {
            const T x = a[i], y = x < low ? low : x > high ? high : x, r = x == y ? 0 : x - y;
            near[i] = y;
            rest[i] = r < zero - low ? zero - low : r > high ? high : r;
            is[i] = x < zero ? (T)0 : (T)1;
        }
        LOOP for (size_t i = 0; i < m; i++) d[i] = M(exp)(near[i]) * (M(exp)(rest[i]) * is[i]);
    }
}

ALWAYS_INLINE void M(choose)(size_t n, T *d, const uint8_t *condition, const T *b, const T *c)
{
    LOOP for (size_t i = 0; i < n; i++) d[i] = condition[i] ? b[i] : c[i];
}

CLONES void BLOCK(const struct sx_block *q)
{
    /* Copies, because for the compiler a store of bytes might change *q. */
    const size_t n = q->n;
    void *const out = q->d;
    const T *a = q->a, *b = q->b;
    const bool below = (q->aux & 1) != 0, above = (q->aux & 2) != 0;
    switch (q->op) {
        UNARY(NEG, T, -x)
        UNARY(RECIP, T, 1 / x)
        UNARY(LOG, T, M(log)(x))
        UNARY(SQRT, T, M(sqrt)(x))
        UNARY(SIN, T, M(sin)(x))
        UNARY(COS, T, M(cos)(x))
        UNARY(TAN, T, M(tan)(x))
        UNARY(ASIN, T, M(asin)(x))
        UNARY(ACOS, T, M(acos)(x))
        UNARY(ATAN, T, M(atan)(x))
        UNARY(SINH, T, M(sinh)(x))
        UNARY(COSH, T, M(cosh)(x))
        UNARY(TANH, T, M(tanh)(x))
        UNARY(ASINH, T, M(asinh)(x))
        UNARY(ACOSH, T, M(acosh)(x))
        UNARY(ATANH, T, M(atanh)(x))
        UNARY(SIGMOID, T, 1 / (1 + M(exp)(-x)))
        UNARY(SOFTPLUS, T, (x > 0 ? x : 0) + M(log1p)(M(exp)(-M(fabs)(x))))
        UNARY(ERF, T, M(erf)(x))
        UNARY(RELU, T, x < 0 ? 0 : x)
        UNARY(ABS, T, M(fabs)(x))
        UNARY(SIGN, T, x > 0 ? 1 : x < 0 ? -1 : x)
        UNARY(FLOOR, T, M(floor)(x))
        UNARY(CEIL, T, M(ceil)(x))
        UNARY(ROUND, T, M(rint)(x))
        UNARY(ISNAN, uint8_t, x != x)
        UNARY(ISINF, uint8_t, ((x == (T)INFINITY) & above) | ((x == -(T)INFINITY) & below))
        BINARY(ADD, T, x + y)
        BINARY(SUB, T, x - y)
        BINARY(MUL, T, x * y)
        BINARY(DIV, T, x / y)
        BINARY(MIN, T, y < x || y != y ? y : x)
        BINARY(MAX, T, y > x || y != y ? y : x)
        BINARY(THROUGH, T, ((void)y, x))
        BINARY(MOD, T, M(modulo)(x, y))
        BINARY(FMOD, T, M(fmod)(x, y))
        BINARY(EQUAL, uint8_t, x == y)
        BINARY(LESS, uint8_t, x < y)
        BINARY(LESSEQ, uint8_t, x <= y)
    case SX_EXP:
        M(exponential)(n, out, a);
        break;
    case SX_POW:
        M(power)(n, out, a, b);
        break;
    case SX_WHERE:
        M(choose)(n, out, q->a, q->b, q->c);
        break;
    }
}

#undef UNARY
#undef BINARY
