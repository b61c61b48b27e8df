/* check_matmul.c - products: every shape and flag against the definition, the orientations that
 * the builder chooses, derivatives, batches, any number of threads. */
#include <string.h>

#include "laws.h"
#include "ops/products.h"
#include "ops/table.h"
#include "suite.h"

static struct sx_graph *graph_of(enum sx_type type)
{
    struct sx_error error = {0};
    struct sx_graph *g = sx_graph_new(sx_rows, type, &error);
    ck_assert_ptr_nonnull(g);
    return g;
}

static int input(struct sx_graph *g, enum sx_type type, struct sx_shape shape)
{
    return sx_input(g, type, &shape);
}

/* Element (i, p) of the matrix at `base`, or of its transpose. */
static double item(const struct sx_tensor *t, int64_t base, bool transposed, int64_t i,
                   int64_t p)
{
    int64_t columns = t->shape.dim[t->shape.rank - 1];
    return sx_tensor_get(t, base + (transposed ? p * columns + i : i * columns + p));
}

/* The first element of the matrix of `t` for index `at` (of length `rank`) of the result's
 * leading axes. */
static int64_t base_of(const struct sx_shape *s, const int64_t *at, int rank)
{
    int64_t base = 0;
    for (int i = 0; i < s->rank - 2; i++)
        base = base * s->dim[i] + (s->dim[i] == 1 ? 0 : at[rank - s->rank + i]);
    return base * s->dim[s->rank - 2] * s->dim[s->rank - 1];
}

static struct sx_tensor by_definition(const struct sx_tensor *a, const struct sx_tensor *b,
                                      bool ta, bool tb, const struct sx_shape *shape)
{
    struct sx_tensor y;
    struct sx_error error = {0};
    ck_assert(sx_tensor_new(&y, a->type, shape, &error));
    int64_t k = a->shape.dim[a->shape.rank - (ta ? 2 : 1)];
    for (int64_t e = 0; e < sx_count(shape); e++) {
        int64_t at[SX_MAX_RANK];
        ta_unravel(shape, e, at);
        int64_t of_a = base_of(&a->shape, at, shape->rank);
        int64_t of_b = base_of(&b->shape, at, shape->rank);
        double sum = 0;
        for (int64_t p = 0; p < k; p++)
            sum += item(a, of_a, ta, at[shape->rank - 2], p) *
                   item(b, of_b, tb, p, at[shape->rank - 1]);
        sx_tensor_set(&y, e, sum);
    }
    return y;
}

static struct sx_shape matrix(struct sx_shape lead, int64_t rows, int64_t columns, bool turned)
{
    lead.dim[lead.rank++] = turned ? columns : rows;
    lead.dim[lead.rank++] = turned ? rows : columns;
    return lead;
}

/* Compares one product, emitted as it is and by the builder. */
static void compare(enum sx_type type, struct sx_shape la, struct sx_shape lb, int64_t m,
                    int64_t n, int64_t k, int flags)
{
    bool turn_a = flags & 1, turn_b = flags & 2;
    struct sx_tensor in[2] = {ta_random(type, matrix(la, m, k, turn_a), 2, 1),
                              ta_random(type, matrix(lb, k, n, turn_b), 2, 2)};
    struct sx_graph *g = graph_of(type);
    int x[2] = {sx_input(g, type, &in[0].shape), sx_input(g, type, &in[1].shape)};
    int64_t attr[] = {turn_a, turn_b};
    int plain = sx_emit(g, SX_MATMUL, 2, x, 2, attr);
    int built = sx_matmul(g, x[0], x[1], turn_a, turn_b);
    struct sx_error error = {0};
    ck_assert_msg(sx_graph_ok(g, &error), "%s", error.message);
    struct sx_shape shape = sx_shape_of(g, plain);
    struct sx_tensor want = by_definition(&in[0], &in[1], turn_a, turn_b, &shape);
    struct sx_tensor y = ta_evaluate(g, plain, x, in, 2), z = ta_evaluate(g, built, x, in, 2);
    double tolerance = (type == SX_FLOAT ? 1e-6 : 1e-14) * (double)(k + 4);
    ta_expect(&y, &want, tolerance, "matmul");
    ta_expect(&z, &want, tolerance, "matmul by the builder");
    ta_free(&y, 1);
    ta_free(&z, 1);
    ta_free(&want, 1);
    ta_free(in, 2);
    sx_graph_free(g);
}

/* The sizes are those of tiles, vectors and blocks, and their neighbours. */
START_TEST(sizes)
{
    static const int64_t size[][3] = {
        {1, 1, 1},     {1, 17, 5},    {17, 1, 5},   {5, 3, 1},      {4, 33, 9},
        {8, 16, 192},  {9, 31, 193},  {64, 128, 3}, {65, 129, 20},  {7, 300, 2},
        {3, 5, 2100},  {2, 70, 4100}, {40, 7, 400}, {0, 3, 2},      {3, 0, 2},
        {3, 4, 0},     {130, 2, 50},  {1, 1, 5000}, {300, 1, 40},   {1, 1100, 7},
        {13, 1030, 4}, {257, 40, 33}, {6, 24, 384}, {100, 100, 100}};
    struct sx_shape none = {0};
    for (size_t i = 0; i < sizeof size / sizeof size[0]; i++)
        compare(_i % 2 ? SX_DOUBLE : SX_FLOAT, none, none, size[i][0], size[i][1], size[i][2],
                _i / 2);
}
END_TEST

START_TEST(leading_axes)
{
    const struct sx_shape pairs[][2] = {
        {SHAPE(3), {0}},      {{0}, SHAPE(3)},         {SHAPE(2, 3), SHAPE(3)},
        {SHAPE(3, 1), {0}},   {SHAPE(2, 1), SHAPE(4)}, {SHAPE(1, 3), SHAPE(2, 1)},
        {SHAPE(1), SHAPE(5)}, {SHAPE(4), SHAPE(1, 1)}, {SHAPE(2, 2), SHAPE(2, 2)},
        {SHAPE(0), {0}},      {{0}, SHAPE(2, 0)},      {SHAPE(1, 1), SHAPE(1)}};
    static const int64_t size[][3] = {{3, 4, 5}, {1, 4, 5}, {3, 1, 5}, {3, 4, 1}, {1, 1, 6}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        for (size_t s = 0; s < sizeof size / sizeof size[0]; s++)
            compare(_i % 2 ? SX_DOUBLE : SX_FLOAT, pairs[i][0], pairs[i][1], size[s][0],
                    size[s][1], size[s][2], _i / 2);
}
END_TEST

/* The product behind any reshapes. */
static struct sx_node product_behind(const struct sx_graph *g, int node)
{
    while (g->node[node].op == SX_RESHAPE)
        node = g->node[node].in[0];
    ck_assert_int_eq(g->node[node].op, SX_MATMUL);
    return g->node[node];
}

START_TEST(one_product)
{
    struct sx_graph *g = graph_of(SX_FLOAT);
    int x = input(g, SX_FLOAT, SHAPE(7, 3, 5)), w = input(g, SX_FLOAT, SHAPE(5, 4));
    struct sx_node n = product_behind(g, sx_matmul(g, x, w, false, false));
    ck_assert_int_eq(n.shape.rank, 2);
    ck_assert_int_eq(n.shape.dim[0], 21);
    /* vectors times one matrix, as left or as right operand */
    int v = input(g, SX_FLOAT, SHAPE(7, 4, 1));
    n = product_behind(g, sx_matmul(g, w, v, false, false));
    ck_assert_int_eq(n.shape.rank, 2);
    ck_assert_int_eq(n.shape.dim[0], 7);
    int row = input(g, SX_FLOAT, SHAPE(1, 5));
    n = product_behind(g, sx_matmul(g, row, x, false, true));
    ck_assert_int_eq(n.shape.dim[0], 21);
    /* a transposed operand of vectors needs no transposition */
    n = product_behind(g, sx_matmul(g, v, w, true, true));
    ck_assert_int_eq(n.attr[0], 0);
    ck_assert_int_eq(n.shape.dim[0], 7);
    struct sx_error error = {0};
    ck_assert_msg(sx_graph_ok(g, &error), "%s", error.message);
    sx_graph_free(g);
}
END_TEST

START_TEST(absorbs_transposes)
{
    struct sx_graph *g = graph_of(SX_FLOAT);
    int a = input(g, SX_FLOAT, SHAPE(2, 3, 5)), b = input(g, SX_FLOAT, SHAPE(2, 4, 5));
    int at = sx_transpose(g, a, (const int[]){0, 2, 1});
    int bt = sx_transpose(g, b, (const int[]){0, 2, 1});
    int y = sx_matmul(g, at, bt, true, false);
    struct sx_node n = g->node[y];
    ck_assert_int_eq(n.in[0], a);
    ck_assert_int_eq(n.in[1], b);
    ck_assert_int_eq(n.attr[0], 0);
    ck_assert_int_eq(n.attr[1], 1);
    g->faithful = true;
    y = sx_matmul(g, a, bt, false, false);
    ck_assert_int_eq(g->node[y].in[1], bt);
    g->faithful = false;
    /* transposes that move other axes, too, stay */
    const int stays[][4] = {{1, 0, 3, 2}, {0, 3, 2, 1}, {0, 2, 1, 3}, {1, 0, 2, 3}};
    int c = input(g, SX_FLOAT, SHAPE(2, 2, 2, 2));
    for (int i = 0; i < 4; i++) {
        int turned = sx_transpose(g, c, stays[i]);
        int left = sx_matmul(g, turned, c, false, false);
        int right = sx_matmul(g, c, turned, false, false);
        ck_assert_int_eq(g->node[left].in[0], turned);
        ck_assert_int_eq(g->node[right].in[1], turned);
    }
    sx_graph_free(g);
}
END_TEST

START_TEST(derivatives)
{
    const struct sx_shape pairs[][2] = {{{0}, {0}},
                                        {SHAPE(3), {0}},
                                        {{0}, SHAPE(3)},
                                        {SHAPE(2, 3), SHAPE(3)},
                                        {SHAPE(2, 1), SHAPE(4)},
                                        {SHAPE(4), SHAPE(1, 1)}};
    bool ta = _i & 1, tb = _i & 2;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct sx_graph *g = graph_of(SX_DOUBLE);
        int x[] = {input(g, SX_DOUBLE, matrix(pairs[i][0], 3, 5, ta)),
                   input(g, SX_DOUBLE, matrix(pairs[i][1], 5, 4, tb))};
        int y = sx_matmul(g, x[0], x[1], ta, tb);
        tl_adjoint(g, y, x, 2, 0);
        tl_adjoint(g, y, x, 2, 1);
        sx_graph_free(g);
    }
}
END_TEST

/* The derivative by a matrix that is shared is one product of all rows. */
START_TEST(shared_derivative)
{
    struct sx_graph *g = graph_of(SX_FLOAT);
    int x[2] = {input(g, SX_FLOAT, SHAPE(7, 5, 3)), input(g, SX_FLOAT, SHAPE(5, 4))}, d;
    int y = sx_matmul(g, x[0], x[1], true, false);
    struct sx_shape shape = sx_shape_of(g, y);
    int dy = sx_input(g, SX_FLOAT, &shape);
    ck_assert(sx_derive(g, y, dy, &x[1], 1, &d));
    struct sx_node n = product_behind(g, d);
    ck_assert_int_eq(n.shape.rank, 2);
    ck_assert_int_eq(sx_shape_of(g, n.in[0]).dim[0], 21);
    sx_graph_free(g);
}
END_TEST

/* Batches of either operand, or of both. */
static void check_batch(struct sx_shape sa, struct sx_shape sb, bool ta, bool tb, int which)
{
    struct sx_graph *g = graph_of(SX_DOUBLE);
    int x[2] = {sx_input(g, SX_DOUBLE, &sa), sx_input(g, SX_DOUBLE, &sb)};
    int64_t attr[] = {ta, tb};
    tl_batch(g, sx_emit(g, SX_MATMUL, 2, x, 2, attr), x, 2, which);
    sx_graph_free(g);
}

START_TEST(batches)
{
    const struct sx_shape lead[][2] = {{{0}, {0}},
                                       {SHAPE(1), {0}},
                                       {SHAPE(2), SHAPE(2)},
                                       {{0}, SHAPE(1)},
                                       {SHAPE(1), SHAPE(2)}};
    static const int64_t size[][3] = {{2, 3, 4}, {1, 3, 4}, {2, 1, 4}, {1, 1, 4}, {2, 3, 1}};
    for (size_t i = 0; i < sizeof lead / sizeof lead[0]; i++)
        for (size_t s = 0; s < sizeof size / sizeof size[0]; s++)
            for (int which = 1; which < 4; which++)
                check_batch(matrix(lead[i][0], size[s][0], size[s][2], _i & 1),
                            matrix(lead[i][1], size[s][2], size[s][1], _i & 2), _i & 1, _i & 2,
                            which);
}
END_TEST

START_TEST(any_threads)
{
    static const int64_t size[][3] = {
        {200, 130, 300}, {3, 2000, 400}, {1, 3000, 3000}, {70, 20, 5000}};
    for (size_t i = 0; i < sizeof size / sizeof size[0]; i++) {
        struct sx_graph *g = graph_of(SX_FLOAT);
        int x[2] = {input(g, SX_FLOAT, SHAPE(2, size[i][0], size[i][2])),
                    input(g, SX_FLOAT, SHAPE(2, size[i][2], size[i][1]))};
        tl_threads(g, sx_matmul(g, x[0], x[1], false, false), x, 2);
        sx_graph_free(g);
    }
}
END_TEST

START_TEST(shapes_that_do_not_fit)
{
    static const struct {
        struct sx_shape a, b;
        const char *message;
    } bad[] = {{{1, {3}}, {2, {3, 4}}, "rank 1 and 2"},
               {{2, {3, 4}}, {2, {5, 6}}, "inner dimensions 4 and 5"},
               {{3, {2, 3, 4}}, {3, {3, 4, 5}}, "leading dimensions"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sx_graph *g = graph_of(SX_FLOAT);
        int a = sx_input(g, SX_FLOAT, &bad[i].a), b = sx_input(g, SX_FLOAT, &bad[i].b);
        ck_assert_int_eq(sx_matmul(g, a, b, false, false), SX_NONE);
        ck_assert_ptr_nonnull(strstr(g->error.message, bad[i].message));
        ck_assert_int_eq(g->error.status, SX_MODEL);
        sx_graph_free(g);
    }
    struct sx_graph *g = graph_of(SX_FLOAT);
    int a = input(g, SX_INT, SHAPE(2, 2));
    ck_assert_int_eq(sx_matmul(g, a, a, false, false), SX_NONE);
    ck_assert_ptr_nonnull(strstr(g->error.message, "must be real"));
    ck_assert_int_eq(sx_matmul(g, SX_NONE, a, false, false), SX_NONE);
    sx_graph_free(g);
}
END_TEST

/* Tests every kind of kernels that this processor can run. It packs a^T and b into panels and
 * multiplies one tile; then it multiplies two rows by streaming. */
static void check_kernels(const struct sx_gemm_kernels *kernels, enum sx_type type)
{
    enum { K = 37, ROOM = 128 };
    size_t size = kernels->size;
    int rows = kernels->rows, columns = kernels->columns;
    struct sx_tensor a = ta_random(type, SHAPE(rows, K), 2, 1);
    struct sx_tensor b = ta_random(type, SHAPE(K, columns - 1), 2, 2), t[3];
    struct sx_error error = {0};
    const struct sx_shape panel = SHAPE(K * ROOM);
    for (int i = 0; i < 3; i++)
        ck_assert(sx_tensor_new(&t[i], type, &panel, &error));
    char *left = t[0].data, *right = t[1].data, *c = t[2].data;
    for (int i = 0; i < rows; i++)
        kernels->pack_along(left + (size_t)i * size, rows,
                            (char *)a.data + (size_t)(i * K) * size, K);
    for (int p = 0; p < K; p++)
        kernels->pack_across(right + (size_t)(p * columns) * size, 0, columns,
                             (char *)b.data + (size_t)(p * (columns - 1)) * size, columns - 1);
    kernels->tile(K, left, right, c, ROOM);
    for (int p = 0; p < K; p++) /* two rows again, by streaming */
        kernels->axpy(2, left + (size_t)(p * rows) * size, right + (size_t)(p * columns) * size,
                      columns, c, ROOM);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++) {
            double want = 0;
            for (int p = 0; p < K && j < columns - 1; p++)
                want += sx_tensor_get(&a, i * K + p) * sx_tensor_get(&b, p * (columns - 1) + j);
            ck_assert_double_eq_tol(sx_tensor_get(&t[2], i * ROOM + j), i < 2 ? 2 * want : want,
                                    1e-4);
        }
    double want = 1;
    for (int p = 0; p < rows * K; p++)
        want += sx_tensor_get(&a, p) * sx_tensor_get(&t[1], p);
    sx_tensor_set(&t[2], 0, 1);
    kernels->dot(a.data, right, rows * K, c);
    ck_assert_double_eq_tol(sx_tensor_get(&t[2], 0), want, 1e-3);
    ta_free(t, 3);
    ta_free(&a, 1);
    ta_free(&b, 1);
}

START_TEST(kernels_of_every_processor)
{
    for (int kind = 0; kind < SX_GEMM_KINDS; kind++)
        for (int k = 0; k < 2; k++) {
            enum sx_type type = k ? SX_DOUBLE : SX_FLOAT;
            const struct sx_gemm_kernels *kernels = sx_gemm_kernels_of(type, kind);
            ck_assert(kernels != NULL || kind > 0);
            if (kernels != NULL)
                check_kernels(kernels, type);
        }
}
END_TEST

int main(void)
{
    TCase *c = suite_case("matmul");
    tcase_add_loop_test(c, sizes, 0, 8);
    tcase_add_loop_test(c, leading_axes, 0, 8);
    SUITE_ADD(c, one_product, absorbs_transposes);
    tcase_add_loop_test(c, derivatives, 0, 4);
    tcase_add_test(c, shared_derivative);
    tcase_add_loop_test(c, batches, 0, 4);
    SUITE_ADD(c, any_threads, shapes_that_do_not_fit, kernels_of_every_processor);
    return suite_run();
}
