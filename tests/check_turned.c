/* check_turned.c - files of derivatives of convolutions: which are written as convolutions with turned
 * weights, and that all kinds of derivatives have the values of the convolution's matrix. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arrays.h"
#include "model.h"
#include "suite.h"

enum { ROWS = 2, SEEDS = 3, MOST_DIMS = 5 };

/* A convolution with constant weights: whether its derivative by the image has turned weights. */
struct conv_case {
    bool is_turned;
    const char *attributes;
    int rank; /* of images, with channels */
    int64_t image[4], weights[MOST_DIMS];
};

static const struct conv_case cases[] = {
    {true, "pads=1,1,1,1", 3, {2, 10, 11}, {3, 2, 3, 3}},
    {true, NULL, 3, {2, 12, 13}, {3, 2, 3, 2}},
    {true, "pads=2,0,1,1", 3, {2, 11, 10}, {3, 2, 3, 2}},
    {true, "auto_pad='SAME_UPPER'", 3, {1, 11, 10}, {2, 1, 2, 4}},
    {true, "auto_pad='SAME_LOWER'", 3, {1, 11, 10}, {2, 1, 2, 4}},
    {true, "dilations=2,3 pads=4,1,0,6", 3, {2, 11, 10}, {1, 2, 3, 3}},
    {true, "group=2 pads=1,0,1,2", 3, {4, 10, 10}, {6, 2, 3, 3}},
    {true, "pads=1,1", 2, {3, 104}, {2, 3, 5}},
    {true, "pads=1,0,0,0,0,0", 4, {2, 5, 6, 5}, {2, 2, 2, 3, 1}},
    /* Each channel by itself, however small the image and the window are */
    {true, "group=3 pads=1,1,1,1", 3, {3, 4, 5}, {6, 1, 3, 3}},
    {true, "group=2", 3, {2, 4, 5}, {4, 1, 1, 1}},
    /* Few positions, windows of one element, strides, paddings beyond the window */
    {false, "pads=1,1,1,1", 3, {2, 9, 11}, {3, 2, 3, 3}},
    {false, NULL, 3, {2, 10, 11}, {3, 2, 1, 1}},
    {false, "strides=1,2 pads=1,1,1,1", 3, {1, 12, 24}, {2, 1, 3, 3}},
    {false, "strides=2,2 group=2", 3, {2, 6, 6}, {2, 1, 3, 3}},
    {false, "pads=1,3,1,0", 3, {1, 10, 11}, {2, 1, 3, 3}},
    {false, "pads=1,0,3,0", 3, {1, 10, 11}, {2, 1, 3, 3}},
};
enum { CASES = sizeof cases / sizeof cases[0] };

/* The model and its matrix: c = matrix' x, [n, m], and y = c c. */
struct conv {
    const struct conv_case *c;
    struct sx_model *model;
    int64_t n, m, image[MOST_DIMS];
    double *matrix;
};

static struct sx_error error;

static int64_t weights_of(const struct conv_case *c)
{
    int64_t n = c->weights[0];
    for (int i = 1; i <= c->rank; i++)
        n *= c->weights[i];
    return n;
}

static struct sx_model *build(const struct conv *v)
{
    struct tm_model *m = tm_new(13);
    const int64_t n = weights_of(v->c);
    float *w = malloc((size_t)n * sizeof *w);
    for (int64_t i = 0; i < n; i++)
        w[i] = (float)((double)(i * 37 % 101 - 50) / 32);
    tm_input(m, "x", SX_FLOAT, v->c->rank + 1, v->image);
    tm_const(m, "w", SX_FLOAT, v->c->rank + 1, v->c->weights, w);
    tm_node(m, "Conv", "x w", "c", v->c->attributes);
    tm_node(m, "Mul", "c c", "y", NULL);
    tm_output(m, "c");
    tm_output(m, "y");
    struct sx_model *model = tm_open(m, &error);
    ck_assert_msg(model != NULL, "%s", error.message);
    tm_free(m);
    free(w);
    return model;
}

/* An output of a run. */
static struct sx_tensor take(struct sx_model *model, const struct sx_tensor *feeds,
                             const char *name)
{
    const struct sx_infer_options o = {.precise = true, .threads = 1};
    struct sx_inference *run = sx_inference_new(model, &o, &error);
    struct sx_tensor copy = {0};
    const char *at;
    ck_assert_msg(run != NULL && sx_inference_run(run, feeds, &error), "%s", error.message);
    for (int i = 0; sx_inference_output(run, i, &at) != NULL; i++)
        if (strcmp(at, name) == 0)
            copy = ta_copy(sx_inference_output(run, i, NULL));
    ck_assert_msg(copy.data != NULL, "no %s", name);
    sx_inference_free(run);
    return copy;
}

/* The shape of `rows` images. */
static struct sx_shape images(const struct conv *v, int64_t rows)
{
    struct sx_shape shape = ta_shape(v->c->rank + 1, v->image);
    shape.dim[0] = rows;
    return shape;
}

/* The rows of the matrix are what unit vectors give. */
static struct conv begin(int i)
{
    struct conv v = {.c = &cases[i], .n = 1};
    v.image[0] = -1;
    for (int k = 0; k < v.c->rank; k++)
        v.n *= v.image[k + 1] = v.c->image[k];
    v.model = build(&v);
    struct sx_tensor unit = ta_random(SX_DOUBLE, images(&v, v.n), 0, 1), c;
    for (int64_t k = 0; k < v.n * v.n; k++)
        sx_tensor_set(&unit, k, k % (v.n + 1) == 0);
    c = take(v.model, &unit, "c");
    v.m = sx_count(&c.shape) / v.n;
    v.matrix = c.data;
    ta_free(&unit, 1);
    return v;
}

static void end(struct conv *v)
{
    sx_model_close(v->model);
    free(v->matrix);
}

/* The file of a kind, which has turned weights once or not at all. Forward derivatives need none. */
static struct sx_model *written(const struct conv *v, const struct sx_export_options *o)
{
    static uint8_t bytes[1 << 22];
    int fd = memfd_create("derivative", 0), ranked = 0, transposed = 0;
    struct sx_sink *sink = sx_sink_to(dup(fd), "derivative", &error);
    ck_assert_msg(sink != NULL && sx_export(v->model, o, NULL, sink, &error), "%s",
                  error.message);
    ck_assert(sx_sink_finish(sink, true, &error));
    ssize_t size = pread(fd, bytes, sizeof bytes, 0);
    close(fd);
    ck_assert(size > 0 && size < (ssize_t)sizeof bytes);
    Onnx__ModelProto *p = onnx__model_proto__unpack(NULL, (size_t)size, bytes);
    ck_assert_ptr_nonnull(p);
    for (size_t i = 0; i < p->graph->n_node; i++)
        transposed += strcmp(p->graph->node[i]->op_type, "ConvTranspose") == 0;
    for (size_t i = 0; i < p->graph->n_initializer; i++)
        ranked += p->graph->initializer[i]->n_dims == (size_t)v->c->rank + 1;
    onnx__model_proto__free_unpacked(p, NULL);
    bool back = o->kind != SX_EXPORT_FORWARD;
    ck_assert_int_eq(transposed > 0, back && !v->c->is_turned);
    ck_assert_int_eq(ranked, back && v->c->is_turned ? 2 : 1);
    struct sx_model *model = tm_open_bytes(bytes, (size_t)size, 0, &error);
    ck_assert_msg(model != NULL, "%s", error.message);
    return model;
}

/* to = from matrix, or from matrix', for one row. */
static void times(const struct conv *v, bool back, const double *from, double *to)
{
    int64_t n = back ? v->n : v->m;
    for (int64_t i = 0; i < n; i++)
        to[i] = 0;
    for (int64_t j = 0; j < v->n; j++)
        for (int64_t k = 0; k < v->m; k++)
            to[back ? j : k] += from[back ? k : j] * v->matrix[j * v->m + k];
}

/* What a file gives is `want`, in any shape. */
static void expect(const struct conv *v, const struct sx_export_options *o,
                   const struct sx_tensor *feeds, const char *name, const double *want,
                   int64_t n)
{
    struct sx_model *model = written(v, o);
    struct sx_tensor got = take(model, feeds, name);
    ck_assert_int_eq(sx_count(&got.shape), n);
    for (int64_t i = 0; i < n; i++)
        ck_assert_msg(fabs(sx_tensor_get(&got, i) - want[i]) <= 1e-9 * (1 + fabs(want[i])),
                      "%s: %.17g at %d, not %.17g", name, sx_tensor_get(&got, i), (int)i,
                      want[i]);
    ta_free(&got, 1);
    sx_model_close(model);
}

/* ---- Kinds ---- */

static const struct sx_export_options gradient = {.of = "y", .wrt = "x", .precise = true};

START_TEST(first_and_second_order)
{
    struct conv v = begin(_i);
    struct sx_tensor x = ta_random(SX_DOUBLE, images(&v, ROWS), 0, 5);
    double *c = malloc((size_t)v.m * sizeof *c);
    double *want = malloc((size_t)(ROWS * v.n * v.n) * sizeof *want);
    for (int r = 0; r < ROWS; r++) {
        times(&v, false, (double *)x.data + r * v.n, c);
        times(&v, true, c, want + r * v.n);
    }
    for (int64_t i = 0; i < ROWS * v.n; i++)
        want[i] *= 2;
    expect(&v, &gradient, &x, "grad_x", want, ROWS * v.n);
    for (int64_t i = 0; i < v.n; i++) {
        times(&v, true, v.matrix + i * v.m, want + i * v.n);
        for (int64_t k = 0; k < v.n; k++)
            want[i * v.n + k] *= 2;
    }
    memcpy(want + v.n * v.n, want, (size_t)(v.n * v.n) * sizeof *want);
    struct sx_export_options hessian = gradient;
    hessian.order = 2;
    expect(&v, &hessian, &x, "hess_x", want, ROWS * v.n * v.n);
    free(c);
    free(want);
    ta_free(&x, 1);
    end(&v);
}
END_TEST

/* Directions d: 2 c (d matrix); seeds s: 2 (c s) matrix'. Many of them, for every row. */
START_TEST(forward_and_reverse)
{
    struct conv v = begin(_i);
    struct sx_shape seeds = images(&v, SEEDS * ROWS);
    struct sx_tensor feeds[2] = {ta_random(SX_DOUBLE, images(&v, ROWS), 0, 5),
                                 ta_random(SX_DOUBLE, seeds, 0, 6)};
    const double *x = feeds[0].data, *d = feeds[1].data;
    double *c = malloc((size_t)(ROWS * v.m) * sizeof *c);
    double *want = malloc((size_t)(SEEDS * ROWS * (v.n + v.m)) * sizeof *want);
    for (int r = 0; r < ROWS; r++)
        times(&v, false, x + r * v.n, c + r * v.m);
    for (int i = 0; i < SEEDS * ROWS; i++) {
        times(&v, false, d + i * v.n, want + i * v.m);
        for (int64_t k = 0; k < v.m; k++)
            want[i * v.m + k] *= 2 * c[i % ROWS * v.m + k];
    }
    for (int k = v.c->rank + 1; k > 0; k--)
        feeds[1].shape.dim[k + 1] = feeds[1].shape.dim[k];
    feeds[1].shape.rank++;
    feeds[1].shape.dim[0] = SEEDS;
    feeds[1].shape.dim[1] = ROWS;
    struct sx_export_options o = gradient;
    o.kind = SX_EXPORT_FORWARD;
    o.seeds = "3";
    expect(&v, &o, feeds, "jvp_y", want, SEEDS * ROWS * v.m);
    struct sx_tensor y = take(v.model, feeds, "y"), u;
    struct sx_shape shape = y.shape;
    for (int k = shape.rank++; k > 0; k--)
        shape.dim[k] = shape.dim[k - 1];
    shape.dim[0] = SEEDS;
    u = ta_random(SX_DOUBLE, shape, 0, 7);
    for (int i = 0; i < SEEDS * ROWS; i++) {
        double *s = want + SEEDS * ROWS * v.n;
        for (int64_t k = 0; k < v.m; k++)
            s[k] = 2 * c[i % ROWS * v.m + k] * sx_tensor_get(&u, i * v.m + k);
        times(&v, true, s, want + i * v.n);
    }
    o.kind = SX_EXPORT_REVERSE;
    expect(&v, &o, (struct sx_tensor[]){feeds[0], u}, "vjp_x", want, SEEDS * ROWS * v.n);
    free(c);
    free(want);
    ta_free(feeds, 2);
    ta_free(&y, 1);
    ta_free(&u, 1);
    end(&v);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("turned");
    tcase_add_loop_test(c, first_and_second_order, 0, CASES);
    tcase_add_loop_test(c, forward_and_reverse, 0, CASES);
    return suite_run();
}
