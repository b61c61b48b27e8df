/* gemm_kernels.h - the inner loops of a product, included once per element type and kind of
 * processor. Before each inclusion define REAL, BYTES (of a vector register), ROWS (of a tile),
 * TARGET (an attribute or nothing) and NAME(x) (a suffix). */

typedef REAL NAME(vector) __attribute__((vector_size(BYTES)));
/* Operands may have any alignment. */
typedef REAL NAME(any) __attribute__((aligned(1), may_alias));
typedef REAL NAME(loose) __attribute__((vector_size(BYTES), aligned(1), may_alias));

enum { NAME(LANES) = BYTES / sizeof(REAL), NAME(COLUMNS) = 2 * NAME(LANES) };

/* Packs a row across k: row[count] to panel[..][width] of every panel; the rest is zeroed. */
TARGET static void NAME(pack_across)(void *panel, int64_t panel_step, int width,
                                     const void *row, int64_t count)
{
    REAL *to = panel;
    const NAME(any) *from = row;
    for (; count >= width; count -= width, from += width, to += panel_step)
        memcpy(to, from, (size_t)width * sizeof(REAL));
    for (int64_t i = 0; i < width && count > 0; i++)
        to[i] = i < count ? from[i] : 0;
}

/* Packs a row along k: row[count] to one column of panel[count][width]. */
TARGET static void NAME(pack_along)(void *panel, int width, const void *row, int64_t count)
{
    REAL *to = panel;
    const NAME(any) *from = row;
    for (int64_t p = 0; p < count; p++)
        to[p * width] = from[p];
}

/* c[ROWS][COLUMNS] += a[k][ROWS]^T b[k][COLUMNS]; c lies in rows of c_row elements. */
TARGET static void NAME(tile)(int64_t k, const void *a_panel, const void *b_panel, void *c_tile,
                              int64_t c_row)
{
    const REAL *a = a_panel, *b = b_panel;
    NAME(vector) sum[ROWS][2] = {{{0}}};
    for (int64_t p = 0; p < k; p++, a += ROWS, b += NAME(COLUMNS)) {
        NAME(vector) b0 = *(const NAME(vector) *)(const void *)b;
        NAME(vector) b1 = *(const NAME(vector) *)(const void *)(b + NAME(LANES));
#pragma GCC unroll 8
        for (int i = 0; i < ROWS; i++) {
            sum[i][0] += a[i] * b0;
            sum[i][1] += a[i] * b1;
        }
    }
    REAL *c = c_tile;
#pragma GCC unroll 8
    for (int i = 0; i < ROWS; i++, c += c_row) {
        *(NAME(vector) *)(void *)c += sum[i][0];
        *(NAME(vector) *)(void *)(c + NAME(LANES)) += sum[i][1];
    }
}

/* c[rows][n] += a[rows] b[n]. */
TARGET static void NAME(axpy)(int rows, const void *a, const void *b, int64_t n, void *c,
                              int64_t c_row)
{
    const REAL *factor = a;
    const NAME(any) *from = b;
    for (int i = 0; i < rows; i++) {
        REAL *to = (REAL *)c + i * c_row, f = factor[i];
        int64_t j = 0;
        for (; j + NAME(LANES) <= n; j += NAME(LANES))
            *(NAME(vector) *)(void *)(to + j) +=
                f * *(const NAME(loose) *)(const void *)(from + j);
        for (; j < n; j++)
            to[j] += f * from[j];
    }
}

/* *c += <a[n], b[n]>, summed in four vectors. */
TARGET static void NAME(dot)(const void *a_row, const void *b_row, int64_t n, void *c)
{
    const NAME(any) *a = a_row, *b = b_row;
    NAME(vector) sum[4] = {{0}};
    REAL tail = 0, total = 0;
    int64_t p = 0;
    for (; p + 4 * NAME(LANES) <= n; p += 4 * NAME(LANES))
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++)
            sum[i] += *(const NAME(loose) *)(const void *)(a + p + i * NAME(LANES)) *
                      *(const NAME(loose) *)(const void *)(b + p + i * NAME(LANES));
    for (; p < n; p++)
        tail += a[p] * b[p];
    sum[0] = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    for (int i = 0; i < NAME(LANES); i++)
        total += sum[0][i];
    *(REAL *)c += total + tail;
}

static const struct sx_gemm_kernels NAME(kernels) = {
    sizeof(REAL),     ROWS,       NAME(COLUMNS), NAME(pack_across),
    NAME(pack_along), NAME(tile), NAME(axpy),    NAME(dot)};

#undef REAL
#undef BYTES
#undef ROWS
#undef TARGET
#undef NAME
