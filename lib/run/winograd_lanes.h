/* winograd_lanes.h - the inner loops of winograd.h, for vectors of LANES numbers. winograd_loops.c
 * includes it for each vector type; NAME makes the functions' names distinct. */

typedef float NAME(vector) __attribute__((vector_size(LANES * 4)));
typedef float NAME(loose) __attribute__((vector_size(LANES * 4), aligned(4)));
typedef int32_t NAME(mask) __attribute__((vector_size(LANES * 4)));

#define vector NAME(vector)
#define loose NAME(loose)
#define mask NAME(mask)
#define LOAD(p) (*(const loose *)(const void *)(p))

/* B' d B of the paper's equation 12, with B' d = d0 - d2, d1 + d2, d2 - d1, d1 - d3. */
TARGET static void NAME(transform)(const float *const *in, float *to, int64_t tiles)
{
    for (int h = 0; h < SX_CHUNK; h += LANES) {
        vector v[4][4];
        _Pragma("GCC unroll 4") for (int j = 0; j < 4; j++)
        {
            vector d0 = LOAD(in[j] + h), d1 = LOAD(in[4 + j] + h);
            vector d2 = LOAD(in[8 + j] + h), d3 = LOAD(in[12 + j] + h);
            v[0][j] = d0 - d2;
            v[1][j] = d1 + d2;
            v[2][j] = d2 - d1;
            v[3][j] = d1 - d3;
        }
        _Pragma("GCC unroll 4") for (int i = 0; i < 4; i++)
        {
            float *line = to + h + 4 * i * tiles;
            *(loose *)(void *)line = v[i][0] - v[i][2];
            *(loose *)(void *)(line + tiles) = v[i][1] + v[i][2];
            *(loose *)(void *)(line + 2 * tiles) = v[i][2] - v[i][1];
            *(loose *)(void *)(line + 3 * tiles) = v[i][1] - v[i][3];
        }
    }
}

#define EACH(N) _Pragma("GCC unroll 16") for (int i = 0; i < (N); i++)

/* The sums of so many tiles stay in registers as nothing takes their address. */
#define PRODUCT(ROWS)                                                                          \
    TARGET static void NAME(product_##ROWS)(const float *in, int64_t tiles,                    \
                                            const float *panel, int64_t chunks, float *out)    \
    {                                                                                          \
        enum { N = ROWS };                                                                     \
        vector sum[N][2];                                                                      \
        EACH(N) sum[i][0] = sum[i][1] = (vector){0};                                           \
        for (int64_t chunk = 0; chunk < chunks; chunk++, in += tiles * SX_CHUNK)               \
            for (int k = 0; k < SX_CHUNK; k++, panel += 2 * LANES) {                           \
                vector w0 = LOAD(panel), w1 = LOAD(panel + LANES);                             \
                EACH(N)                                                                        \
                {                                                                              \
                    vector a = in[i * SX_CHUNK + k] - (vector){0};                             \
                    sum[i][0] += a * w0;                                                       \
                    sum[i][1] += a * w1;                                                       \
                }                                                                              \
            }                                                                                  \
        EACH(N)                                                                                \
        {                                                                                      \
            *(loose *)(void *)(out + 2 * LANES * i) = sum[i][0];                               \
            *(loose *)(void *)(out + 2 * LANES * i + LANES) = sum[i][1];                       \
        }                                                                                      \
    }

/* Clips; NaN remains NaN, because it is neither below nor above a bound. */
TARGET static inline vector NAME(clip)(vector v, float low, float high)
{
    vector l = low - (vector){0}, h = high - (vector){0};
    mask below = v<l, above = v> h;
    v = (vector)(((mask)v & ~below) | ((mask)l & below));
    return (vector)(((mask)v & ~above) | ((mask)h & above));
}

/* Finishes LANES columns of one pixel. */
TARGET static inline vector NAME(post)(const struct sx_finish *f, vector v, vector add)
{
    if (f->clips[0])
        v = NAME(clip)(v, f->low[0], f->high[0]);
    v += add;
    return f->clips[1] ? NAME(clip)(v, f->low[1], f->high[1]) : v;
}

TARGET static bool NAME(nan)(const float *values, int64_t n)
{
    mask found = {0};
    int any = 0;
    for (int64_t i = 0; i < n; i += LANES)
        found |= LOAD(values + i) != LOAD(values + i);
    for (int i = 0; i < LANES; i++)
        any |= found[i];
    return any != 0;
}

TARGET static void NAME(store)(const struct sx_tile *t, int64_t rows, const float *sums)
{
    for (int64_t i = 0; i < rows; i++, sums += 2 * LANES)
        for (int h = 0; h < 2 && h * LANES < t->columns; h++) {
            const int64_t at = i * t->step + h * LANES, left = t->columns - h * LANES;
            const size_t bytes = (size_t)(left < LANES ? left : LANES) * sizeof(float);
            vector add = {0};
            if (t->add != NULL)
                memcpy(&add, t->add + at, bytes);
            const vector v =
                NAME(post)(t->finish, LOAD(sums + h * LANES) + LOAD(t->bias + h * LANES), add);
            memcpy(t->out + at, &v, bytes);
        }
}

/* A' m A of equation 12, with A' m = m0 + m1 + m2, m1 - m2 - m3. */
TARGET static bool NAME(finish)(const struct sx_patch4 *t)
{
    vector off = {0};
    for (int h = 0; h < 2 && h * LANES < t->columns; h++) {
        const int64_t step = t->tiles * 2 * LANES;
        const float *m = t->product + h * LANES;
        vector line[2][4], out[4];
        _Pragma("GCC unroll 4") for (int j = 0; j < 4; j++, m += step)
        {
            vector m0 = LOAD(m), m1 = LOAD(m + 4 * step), m2 = LOAD(m + 8 * step);
            line[0][j] = m0 + m1 + m2;
            line[1][j] = m1 - m2 - LOAD(m + 12 * step);
        }
        const vector bias = LOAD(t->bias + h * LANES);
        _Pragma("GCC unroll 2") for (int i = 0; i < 2; i++)
        {
            const vector *l = line[i];
            out[2 * i] = bias + (l[0] + l[1] + l[2]);
            out[2 * i + 1] = bias + (l[1] - l[2] - l[3]);
            off += out[2 * i] * 0 + out[2 * i + 1] * 0; /* becomes NaN unless both are finite */
        }
        const int left = t->columns - h * LANES;
        const size_t bytes = (size_t)(left < LANES ? left : LANES) * sizeof(float);
        _Pragma("GCC unroll 4") for (int i = 0; i < 4; i++) if (t->out[i] != NULL)
        {
            vector add = {0};
            if (t->add[i] != NULL && left >= LANES)
                add = LOAD(t->add[i] + h * LANES);
            else if (t->add[i] != NULL)
                memcpy(&add, t->add[i] + h * LANES, bytes);
            const vector v = NAME(post)(t->finish, out[i], add);
            if (left >= LANES)
                *(loose *)(void *)(t->out[i] + h * LANES) = v;
            else
                memcpy(t->out[i] + h * LANES, &v, bytes);
        }
    }
    float sum = 0;
    for (int i = 0; i < LANES; i++)
        sum += off[i];
    return sum == 0;
}

PRODUCT(1)
PRODUCT(2)
PRODUCT(3)
PRODUCT(4)
PRODUCT(5)
PRODUCT(6)
#if LANES == 16
PRODUCT(7)
PRODUCT(8)
PRODUCT(9)
PRODUCT(10)
PRODUCT(11)
PRODUCT(12)
#endif

#undef vector
#undef loose
#undef mask
#undef LOAD
#undef EACH
#undef PRODUCT
#undef LANES
#undef TARGET
#undef NAME
