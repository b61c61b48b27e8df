/* gemm.c - the blocked product: cuts it into tiles, packs panels, runs the kernels.
 *
 * A task is one tile of c. It packs the parts of a and b that it needs, block by block along k,
 * accumulates in its own part of the scratch memory (a lane), and stores the finished tile. Two
 * thin shapes are not worth packing and stream through b: few rows, or few k, with b's rows across
 * k (axpy); and few rows with both operands along k (dot). */
#include <string.h>

#include "ops/products.h"

enum {
    MAX_LANES = 16,    /* more threads do not help a plain kernel */
    MIN_TASKS = 8,     /* tiles shrink until there are so many */
    TILE_ROWS = 64,    /* rows of a and c in a tile */
    TILE_BYTES = 1024, /* bytes of a row of b and c in a tile */
    TILE_K = 192,
    ROWS_ROOM = TILE_ROWS + 8, /* after rounding up to any kernel's rows */
    AXPY_ROWS = 4,             /* the most rows that are streamed */
    AXPY_K = 4,                /* the most k that are streamed, for any number of rows */
    AXPY_COLUMNS = 1024,
    DOT_ROWS = 8, /* the most rows that are multiplied along k */
    DOT_COLUMNS = 64,
    DOT_K = 1024,
    SERIAL_WORK = 100000 /* with fewer multiplications waking threads does not pay */
};

enum path { PATH_TILE, PATH_AXPY, PATH_DOT };

/* How a product is cut, and the memory of a lane. */
struct cut {
    const struct sx_gemm_kernels *kernels;
    enum path path;
    int64_t rows, columns;     /* size of a task */
    int64_t n_rows, n_columns; /* tasks per item in each direction */
};

struct lane {
    char *a, *b, *c, *row;
};

/* A task: its product and its tile. */
struct task {
    const struct sx_product *p;
    const struct cut *cut;
    struct sx_side a, b;
    struct sx_sink c;
    int64_t i0, rows, j0, columns;
};

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t pieces(int64_t n, int64_t size)
{
    return n / size + (n % size != 0);
}

/* The size of equal blocks of n, at most `most`, rounded up to `unit`. */
static int64_t block(int64_t n, int64_t most, int64_t unit)
{
    int64_t blocks = pieces(n, most);
    return blocks == 0 ? unit : pieces(pieces(n, blocks), unit) * unit;
}

static size_t lane_bytes(size_t size)
{
    size_t columns = TILE_BYTES / size;
    return size * (ROWS_ROOM * TILE_K + TILE_K * columns + ROWS_ROOM * columns + SX_ROW_MAX);
}

/* Whether the multiplications are few enough for one lane. */
static bool is_little(int64_t count, int64_t m, int64_t n, int64_t k)
{
    const int64_t factor[] = {m, n, k};
    int64_t work = count;
    for (int i = 0; i < 3; i++)
        work = smaller(work, SERIAL_WORK + 1) * smaller(factor[i], SERIAL_WORK + 1);
    return work <= SERIAL_WORK;
}

static int64_t lanes(int64_t count, int64_t m, int64_t n, int64_t k)
{
    int64_t most = MAX_LANES;
    if (is_little(count, m, n, k))
        return 1;
    int64_t tasks = smaller(count, most) * smaller(pieces(m, AXPY_ROWS), most);
    return smaller(tasks * smaller(pieces(n, 4), most), most);
}

size_t sx_product_scratch(enum sx_type type, int64_t count, int64_t m, int64_t n, int64_t k)
{
    return (size_t)lanes(count, m, n, k) * lane_bytes(sx_type_size(type));
}

/* Chooses equal tiles, small enough for MIN_TASKS. Halving the rows packs b once more; halving
 * the columns packs a once more. The cheaper of the two is done. */
static void shape_tile(const struct sx_product *p, struct cut *c)
{
    int64_t rows = c->kernels->rows, columns = c->kernels->columns;
    c->rows = block(p->m, TILE_ROWS, rows);
    c->columns = block(p->n, TILE_BYTES / (int64_t)c->kernels->size, columns);
    while (p->count * pieces(p->m, c->rows) * pieces(p->n, c->columns) < MIN_TASKS) {
        bool by_rows = c->rows >= 2 * rows, by_columns = c->columns >= 2 * columns;
        if (by_rows && (p->m > p->n || !by_columns))
            c->rows = block(c->rows, pieces(c->rows, 2), rows);
        else if (by_columns)
            c->columns = block(c->columns, pieces(c->columns, 2), columns);
        else
            break;
    }
}

static struct cut cut(const struct sx_product *p)
{
    struct cut c = {.kernels = sx_gemm_kernels(p->type), .path = PATH_TILE};
    if (!p->b_along_k && (p->m <= AXPY_ROWS || p->k <= AXPY_K))
        c.path = PATH_AXPY;
    else if (p->b_along_k && p->a_along_k && p->m <= DOT_ROWS)
        c.path = PATH_DOT;
    switch (c.path) {
    case PATH_TILE:
        shape_tile(p, &c);
        break;
    case PATH_AXPY:
        c.rows = AXPY_ROWS;
        c.columns = AXPY_COLUMNS;
        break;
    case PATH_DOT:
        c.rows = DOT_ROWS;
        c.columns = DOT_COLUMNS;
        break;
    }
    c.n_rows = pieces(p->m, c.rows);
    c.n_columns = pieces(p->n, c.columns);
    return c;
}

static const void *fetch(const struct task *t, const struct sx_side *s, int64_t r,
                         int64_t first, int64_t count, void *buffer)
{
    if (s->row != NULL)
        return s->row(s, r, first, count, buffer);
    return (const char *)s->data + (size_t)(r * s->stride + first) * t->cut->kernels->size;
}

/* Packs k0 .. k0 + k - 1 of `count` rows (or columns) from `first` on into panels of `width`. */
static void pack(const struct task *t, const struct sx_side *s, bool along_k, int64_t first,
                 int64_t count, int64_t k0, int64_t k, int width, char *to, char *buffer)
{
    const struct sx_gemm_kernels *kernels = t->cut->kernels;
    size_t size = kernels->size;
    int64_t step = k * width;
    if (!along_k) {
        for (int64_t p = 0; p < k; p++)
            kernels->pack_across(to + (size_t)(p * width) * size, step, width,
                                 fetch(t, s, k0 + p, first, count, buffer), count);
        return;
    }
    if (count % width != 0)
        memset(to + (size_t)(count / width * step) * size, 0, (size_t)step * size);
    for (int64_t i = 0; i < count; i++)
        kernels->pack_along(to + (size_t)(i / width * step + i % width) * size, width,
                            fetch(t, s, first + i, k0, k, buffer), k);
}

/* Computes a tile in lane->c. Returns the distance of its rows in elements. */
static int64_t run_tile(const struct task *t, const struct lane *lane)
{
    const struct sx_gemm_kernels *kernels = t->cut->kernels;
    int rows = kernels->rows, columns = kernels->columns;
    int64_t n_a = pieces(t->rows, rows), n_b = pieces(t->columns, columns);
    int64_t c_row = n_b * columns;
    size_t size = kernels->size;
    memset(lane->c, 0, (size_t)(n_a * rows * c_row) * size);
    for (int64_t k0 = 0; k0 < t->p->k; k0 += TILE_K) {
        int64_t k = smaller(TILE_K, t->p->k - k0);
        pack(t, &t->a, t->p->a_along_k, t->i0, t->rows, k0, k, rows, lane->a, lane->row);
        pack(t, &t->b, t->p->b_along_k, t->j0, t->columns, k0, k, columns, lane->b, lane->row);
        for (int64_t j = 0; j < n_b; j++)
            for (int64_t i = 0; i < n_a; i++)
                kernels->tile(k, lane->a + (size_t)(i * rows * k) * size,
                              lane->b + (size_t)(j * columns * k) * size,
                              lane->c + (size_t)(i * rows * c_row + j * columns) * size, c_row);
    }
    return c_row;
}

static int64_t run_axpy(const struct task *t, const struct lane *lane)
{
    const struct sx_gemm_kernels *kernels = t->cut->kernels;
    size_t size = kernels->size;
    memset(lane->c, 0, (size_t)(t->rows * AXPY_COLUMNS) * size);
    for (int64_t k0 = 0; k0 < t->p->k; k0 += TILE_K) {
        int64_t k = smaller(TILE_K, t->p->k - k0);
        pack(t, &t->a, t->p->a_along_k, t->i0, t->rows, k0, k, AXPY_ROWS, lane->a, lane->row);
        for (int64_t p = 0; p < k; p++)
            kernels->axpy((int)t->rows, lane->a + (size_t)(p * AXPY_ROWS) * size,
                          fetch(t, &t->b, k0 + p, t->j0, t->columns, lane->row), t->columns,
                          lane->c, AXPY_COLUMNS);
    }
    return AXPY_COLUMNS;
}

static int64_t run_dot(const struct task *t, const struct lane *lane)
{
    size_t size = t->cut->kernels->size;
    memset(lane->c, 0, (size_t)(t->rows * DOT_COLUMNS) * size);
    for (int64_t k0 = 0; k0 < t->p->k; k0 += DOT_K) {
        int64_t k = smaller(DOT_K, t->p->k - k0);
        const void *a[DOT_ROWS];
        for (int64_t i = 0; i < t->rows; i++)
            a[i] = fetch(t, &t->a, t->i0 + i, k0, k, lane->a + (size_t)(i * DOT_K) * size);
        for (int64_t j = 0; j < t->columns; j++) {
            const void *b = fetch(t, &t->b, t->j0 + j, k0, k, lane->row);
            for (int64_t i = 0; i < t->rows; i++)
                t->cut->kernels->dot(a[i], b, k,
                                     lane->c + (size_t)(i * DOT_COLUMNS + j) * size);
        }
    }
    return DOT_COLUMNS;
}

static void run_task(const struct sx_product *p, const struct cut *c, int64_t number,
                     const struct lane *lane)
{
    int64_t per_item = c->n_rows * c->n_columns, within = number % per_item;
    struct task t = {.p = p, .cut = c};
    t.i0 = within / c->n_columns * c->rows;
    t.j0 = within % c->n_columns * c->columns;
    t.rows = smaller(c->rows, p->m - t.i0);
    t.columns = smaller(c->columns, p->n - t.j0);
    p->open(p->context, number / per_item, &t.a, &t.b, &t.c);
    int64_t c_row = c->path == PATH_TILE   ? run_tile(&t, lane)
                    : c->path == PATH_AXPY ? run_axpy(&t, lane)
                                           : run_dot(&t, lane);
    size_t size = c->kernels->size;
    for (int64_t i = 0; i < t.rows; i++) {
        const char *from = lane->c + (size_t)(i * c_row) * size;
        if (t.c.store != NULL)
            t.c.store(&t.c, t.i0 + i, t.j0, t.columns, from);
        else
            memcpy((char *)t.c.data + (size_t)((t.i0 + i) * t.c.stride + t.j0) * size, from,
                   (size_t)t.columns * size);
    }
}

/* Lanes take tasks until none are left. The results do not depend on who runs a task. */
void sx_product_run(const struct sx_product *p, void *scratch)
{
    if (p->count == 0 || p->m == 0 || p->n == 0)
        return;
    struct cut c = cut(p);
    size_t size = c.kernels->size, bytes = lane_bytes(size);
    int64_t tasks = p->count * c.n_rows * c.n_columns, next = 0;
    int64_t chunk = pieces(tasks, 64 * MAX_LANES);
    int64_t n_lanes = smaller(lanes(p->count, p->m, p->n, p->k), tasks);
    double work = (double)p->count * (double)p->m * (double)p->n * (double)p->k;
#pragma omp parallel for schedule(static, 1) if (work > SERIAL_WORK)
    for (int64_t l = 0; l < n_lanes; l++) {
        struct lane lane = {.a = (char *)scratch + (size_t)l * bytes};
        lane.b = lane.a + (size_t)ROWS_ROOM * TILE_K * size;
        lane.c = lane.b + (size_t)TILE_K * TILE_BYTES;
        lane.row = lane.c + (size_t)ROWS_ROOM * TILE_BYTES;
        for (;;) {
            int64_t first;
#pragma omp atomic capture
            {
                first = next;
                next += chunk;
            }
            if (first >= tasks)
                break;
            for (int64_t i = first; i < smaller(first + chunk, tasks); i++)
                run_task(p, &c, i, &lane);
        }
    }
}
