/* check_export.c - files of derivatives: every kind against closed forms, names, open dimensions. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/base.h"
#include "model.h"
#include "suite.h"

enum { N = 2, IN = 2, OUT = 3, MOST = 256 };

static struct sx_error error;

/* An input of the file, by name. */
struct feed {
    const char *name;
    struct sx_shape shape;
    const double *values;
};

/* y = (x w)^3 for rows x; z = x u. */
static const double w[IN][OUT] = {{1, -2, 0.5}, {0.25, 1, -1}};
static const double x[N][IN] = {{1, 2}, {-0.5, 0.75}}, u[N][IN] = {{3, -1}, {2, 5}};
static const struct feed feed_x = {"x", {2, {N, IN}}, x[0]}, feed_u = {"u", {2, {N, IN}}, u[0]};

static struct sx_model *cubes(int64_t rows)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_DOUBLE, 2, (const int64_t[]){rows, IN});
    tm_input(m, "u", SX_DOUBLE, 2, (const int64_t[]){rows, IN});
    tm_const(m, "w", SX_DOUBLE, 2, (const int64_t[]){IN, OUT}, w);
    tm_node(m, "MatMul", "x w", "a", NULL);
    tm_node(m, "Mul", "a a", "q", NULL);
    tm_node(m, "Mul", "a q", "y", NULL);
    tm_node(m, "Mul", "x u", "z", NULL);
    tm_output_as(m, "y", SX_DOUBLE, 2, (const int64_t[]){rows, OUT});
    tm_output_as(m, "z", SX_DOUBLE, 2, (const int64_t[]){rows, IN});
    error = (struct sx_error){0};
    struct sx_model *model = tm_open(m, &error);
    ck_assert_msg(model != NULL, "%s", error.message);
    tm_free(m);
    return model;
}

static double sum_of_row(const double *row, int k)
{
    return row[0] * w[0][k] + row[1] * w[1][k];
}

/* Writes the file and opens it; NULL on failure. */
static struct sx_model *written(const struct sx_model *model, struct sx_export_options o)
{
    char path[40];
    int fd = memfd_create("export", 0);
    o.precise = true;
    error = (struct sx_error){0};
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct sx_sink *sink = sx_sink_to(dup(fd), "export", &error);
    ck_assert_ptr_nonnull(sink);
    bool ok = sx_export(model, &o, NULL, sink, &error);
    struct sx_error other = {0};
    ck_assert(sx_sink_finish(sink, ok, ok ? &error : &other) || !ok);
    struct sx_model *made = ok ? sx_model_open(path, NULL, &error) : NULL;
    ck_assert_msg(!ok || made != NULL, "%s", error.message);
    close(fd);
    return made;
}

static struct sx_model *exported(const struct sx_model *model, struct sx_export_options o)
{
    struct sx_model *made = written(model, o);
    ck_assert_msg(made != NULL, "%s", error.message);
    return made;
}

static void refuse(const struct sx_model *model, struct sx_export_options o,
                   enum sx_status status, const char *message)
{
    ck_assert_ptr_null(written(model, o));
    ck_assert_int_eq(error.status, status);
    ck_assert_msg(strstr(error.message, message) != NULL, "%s", error.message);
}

/* Runs the file and compares one of its outputs. */
static void expect(struct sx_model *file, const struct feed *const *feeds, const char *name,
                   struct sx_shape shape, const double *want)
{
    const struct sx_infer_options io = {.precise = true, .threads = 1};
    struct sx_tensor in[8];
    int n = sx_model_input_count(file);
    ck_assert_int_le(n, 8);
    for (int i = 0; i < n; i++) {
        const char *wanted = sx_model_input(file, i)->name;
        int k = 0;
        while (feeds[k] != NULL && strcmp(feeds[k]->name, wanted) != 0)
            k++;
        ck_assert_msg(feeds[k] != NULL, "input %s", wanted);
        ck_assert(sx_tensor_new(&in[i], SX_DOUBLE, &feeds[k]->shape, &error));
        memcpy(in[i].data, feeds[k]->values,
               (size_t)sx_count(&feeds[k]->shape) * sizeof(double));
    }
    struct sx_inference *run = sx_inference_new(file, &io, &error);
    ck_assert_msg(run != NULL && sx_inference_run(run, in, &error), "%s", error.message);
    const struct sx_tensor *got = NULL;
    const char *each;
    for (int i = 0; got == NULL && sx_inference_output(run, i, &each) != NULL; i++)
        if (strcmp(each, name) == 0)
            got = sx_inference_output(run, i, NULL);
    ck_assert_msg(got != NULL, "no output %s", name);
    ck_assert_msg(sx_shape_equal(&got->shape, &shape), "%s has another shape", name);
    for (int64_t i = 0; i < sx_count(&shape); i++)
        ck_assert_msg(fabs(sx_tensor_get(got, i) - want[i]) <= 1e-9 * (1 + fabs(want[i])),
                      "%s[%d] is %.12g, not %.12g", name, (int)i, sx_tensor_get(got, i),
                      want[i]);
    sx_inference_free(run);
    while (n > 0)
        sx_tensor_free(&in[--n]);
}

#define FEEDS(...) ((const struct feed *const[]){&feed_x, &feed_u, __VA_ARGS__ NULL})

static struct sx_shape shape(int rank, const int64_t *dims)
{
    struct sx_shape s = {rank, {0}};
    memcpy(s.dim, dims, (size_t)rank * sizeof *dims);
    return s;
}
#define SHAPE(...)                                                                             \
    shape(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), (const int64_t[]){__VA_ARGS__})

/* ---- Orders ---- */

/* Derivatives of the sum of y, or of element `only` of each row: the sum over k of
 * 3! / (3 - order)! a_k^(3 - order) w_ik w_jk .. */
static void powers(int order, int only, double *to)
{
    int64_t at = 0, cells = order == 1 ? IN : order == 2 ? IN * IN : IN * IN * IN;
    for (int n = 0; n < N; n++)
        for (int64_t c = 0; c < cells; c++) {
            to[at] = 0;
            for (int k = 0; k < OUT; k++) {
                double a = sum_of_row(x[n], k), term = order == 1 ? 3 * a * a : 6;
                term *= order == 2 ? a : 1;
                for (int64_t m = 0, rest = c; m < order; m++, rest /= IN)
                    term *= w[rest % IN][k];
                to[at] += only < 0 || k == only ? term : 0;
            }
            at++;
        }
}

START_TEST(orders)
{
    static const char *const names[] = {"grad_x", "hess_x", "d3_x"};
    static const char *const targets[] = {NULL, "0", "2", "-1", "-3"};
    static const int only[] = {-1, 0, 2, 2, 0};
    struct sx_model *model = cubes(-1);
    double want[MOST];
    for (int order = 1; order <= 3; order++)
        for (int t = 0; t < 5; t++) {
            struct sx_model *file = exported(
                model, (struct sx_export_options){.order = order, .target = targets[t]});
            const int64_t dims[] = {N, IN, IN, IN};
            powers(order, only[t], want);
            expect(file, FEEDS(), names[order - 1], shape(order + 1, dims), want);
            sx_model_close(file);
        }
    struct sx_model *file =
        exported(model, (struct sx_export_options){.wrt = "u,x", .of = "z"});
    expect(file, FEEDS(), "grad_x", feed_x.shape, u[0]);
    expect(file, FEEDS(), "grad_u", feed_u.shape, x[0]);
    sx_model_close(file);
    static const char *const wrong[] = {"3", "-4", "x", "1x", ""};
    for (int t = 0; t < 5; t++)
        refuse(model, (struct sx_export_options){.target = wrong[t]}, SX_USAGE,
               "is not one of the 3 elements, 0 to 2");
    sx_model_close(model);
}
END_TEST

/* A derivative of order K has K axes and that of the batch. */
START_TEST(highest_order)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_DOUBLE, 2, (const int64_t[]){-1, 1});
    tm_node(m, "Exp", "x", "y", NULL);
    tm_output_as(m, "y", SX_DOUBLE, 2, (const int64_t[]){-1, 1});
    struct sx_model *model = tm_open(m, &error);
    tm_free(m);
    ck_assert_ptr_nonnull(model);
    struct sx_model *file =
        exported(model, (struct sx_export_options){.order = SX_MAX_RANK - 1});
    const struct feed one = {"x", {2, {2, 1}}, (const double[]){0.5, -1}};
    expect(file, (const struct feed *const[]){&one, NULL}, "d9_x",
           SHAPE(2, 1, 1, 1, 1, 1, 1, 1, 1, 1), (const double[]){exp(0.5), exp(-1)});
    sx_model_close(file);
    refuse(model, (struct sx_export_options){.order = SX_MAX_RANK}, SX_USAGE,
           "order 10 is over 9");
    sx_model_close(model);
}
END_TEST

/* ---- Jacobians and products ---- */

static double slope(int n, int k, int i)
{
    double a = sum_of_row(x[n], k);
    return 3 * a * a * w[i][k];
}

START_TEST(jacobians)
{
    struct sx_model *model = cubes(-1);
    struct sx_model *file =
        exported(model, (struct sx_export_options){.kind = SX_EXPORT_JACOBIAN, .of = "y"});
    double want[MOST];
    for (int at = 0; at < N * OUT * IN; at++)
        want[at] = slope(at / (OUT * IN), at / IN % OUT, at % IN);
    expect(file, FEEDS(), "jac_y_x", SHAPE(N, OUT, IN), want);
    sx_model_close(file);
    file = exported(
        model, (struct sx_export_options){.kind = SX_EXPORT_JACOBIAN, .of = "z", .wrt = "x,u"});
    for (int at = 0; at < N * IN * IN; at++)
        want[at] = at / IN % IN == at % IN ? u[at / (IN * IN)][at % IN] : 0;
    expect(file, FEEDS(), "jac_z_x", SHAPE(N, IN, IN), want);
    for (int at = 0; at < N * IN * IN; at++)
        want[at] = at / IN % IN == at % IN ? x[at / (IN * IN)][at % IN] : 0;
    expect(file, FEEDS(), "jac_z_u", SHAPE(N, IN, IN), want);
    sx_model_close(file);
    sx_model_close(model);
}
END_TEST

enum { SEEDS = 3 };
/* As [seeds, N, elements of a row]. */
static double seed_y[SEEDS * N * OUT], seed_z[SEEDS * N * IN], dir_x[SEEDS * N * IN];

static void make_seeds(void)
{
    for (int i = 0; i < SEEDS * N * OUT; i++)
        seed_y[i] = sin(i + 1.0);
    for (int i = 0; i < SEEDS * N * IN; i++) {
        seed_z[i] = cos(i + 2.0);
        dir_x[i] = sin(2.0 * i - 1);
    }
}

/* One, a fixed number, and any number of seeds. */
static const struct {
    const char *seeds;
    int n;
} counts[] = {{NULL, 1}, {"2", 2}, {"S", 3}, {"S", 1}};

/* A feed of seeds or directions: with an axis of them, unless there is none. */
static struct feed seeded(const char *name, int k, int64_t width, const double *values)
{
    struct feed f = {name, {2, {N, width}}, values};
    if (counts[k].seeds != NULL)
        f.shape = SHAPE(counts[k].n, N, width);
    return f;
}

START_TEST(reverse)
{
    struct sx_model *model = cubes(-1);
    make_seeds();
    for (int k = 0; k < 4; k++) {
        const struct feed y = seeded("seed_y", k, OUT, seed_y);
        const struct feed z = seeded("seed_z", k, IN, seed_z);
        const struct feed like_x = seeded("", k, IN, NULL);
        struct sx_model *file =
            exported(model, (struct sx_export_options){.kind = SX_EXPORT_REVERSE,
                                                       .of = "y,z",
                                                       .wrt = "x,u",
                                                       .seeds = counts[k].seeds});
        double by_x[MOST], by_u[MOST];
        for (int at = 0; at < counts[k].n * N * IN; at++) {
            int s = at / (N * IN), n = at / IN % N, i = at % IN;
            by_x[at] = seed_z[at] * u[n][i];
            by_u[at] = seed_z[at] * x[n][i];
            for (int j = 0; j < OUT; j++)
                by_x[at] += seed_y[(s * N + n) * OUT + j] * slope(n, j, i);
        }
        expect(file, FEEDS(&y, &z, ), "vjp_x", like_x.shape, by_x);
        expect(file, FEEDS(&y, &z, ), "vjp_u", like_x.shape, by_u);
        sx_model_close(file);
    }
    sx_model_close(model);
}
END_TEST

START_TEST(forward)
{
    struct sx_model *model = cubes(-1);
    make_seeds();
    for (int k = 0; k < 4; k++) {
        const struct feed v = seeded("dir_x", k, IN, dir_x);
        const struct feed like_y = seeded("", k, OUT, NULL), like_z = seeded("", k, IN, NULL);
        struct sx_model *file = exported(
            model, (struct sx_export_options){
                       .kind = SX_EXPORT_FORWARD, .of = "y,z", .seeds = counts[k].seeds});
        double y[MOST], z[MOST];
        for (int at = 0; at < counts[k].n * N * OUT; at++) {
            int s = at / (N * OUT), n = at / OUT % N;
            y[at] = 0;
            for (int i = 0; i < IN; i++)
                y[at] += slope(n, at % OUT, i) * dir_x[(s * N + n) * IN + i];
        }
        for (int at = 0; at < counts[k].n * N * IN; at++)
            z[at] = dir_x[at] * u[at / IN % N][at % IN];
        expect(file, FEEDS(&v, ), "jvp_y", like_y.shape, y);
        expect(file, FEEDS(&v, ), "jvp_z", like_z.shape, z);
        sx_model_close(file);
    }
    sx_model_close(model);
}
END_TEST

START_TEST(hessian_products)
{
    struct sx_model *model = cubes(-1);
    double hessian[MOST], want[MOST];
    make_seeds();
    for (int k = 0; k < 4; k++)
        for (int only = -1; only < 2; only += 2) {
            const struct feed v = seeded("dir_x", k, IN, dir_x);
            struct sx_model *file =
                exported(model, (struct sx_export_options){.kind = SX_EXPORT_HVP,
                                                           .target = only < 0 ? NULL : "1",
                                                           .seeds = counts[k].seeds});
            powers(2, only, hessian);
            for (int at = 0; at < counts[k].n * N * IN; at++) {
                int s = at / (N * IN), n = at / IN % N;
                want[at] = 0;
                for (int j = 0; j < IN; j++)
                    want[at] +=
                        hessian[(n * IN + at % IN) * IN + j] * dir_x[(s * N + n) * IN + j];
            }
            expect(file, FEEDS(&v, ), "hvp_x", v.shape, want);
            sx_model_close(file);
        }
    sx_model_close(model);
}
END_TEST

/* ---- CasADi ---- */

/* Seeds lie side by side, [r, n c]; a tensor of another rank than 2 is a column. */
START_TEST(casadi)
{
    enum { R = 2, C = 2, ADJ = 2, FWD = 3 };
    static const double a[R * C] = {1, -2, 0.5, 3}, b[3] = {2, -1, 0.25};
    double adj[R * C * ADJ], fwd_a[R * C * FWD], fwd_b[3 * FWD];
    double by_a[R * C * ADJ], by_b[3 * ADJ], second[R * C * ADJ * FWD];
    struct tm_model *m = tm_new(13);
    tm_input(m, "a", SX_DOUBLE, 2, (const int64_t[]){R, C});
    tm_input(m, "b", SX_DOUBLE, 1, (const int64_t[]){3});
    tm_output_as(m, "i", SX_INT, 1, (const int64_t[]){1}); /* is no real number */
    tm_const(m, "k", SX_INT, 1, (const int64_t[]){1}, (const int64_t[]){7});
    tm_node(m, "Identity", "k", "i", NULL);
    tm_node(m, "ReduceSum", "b", "s", "keepdims=0");
    tm_node(m, "Mul", "a a", "q", NULL);
    tm_node(m, "Mul", "q s", "y", NULL); /* a^2 (b1 + b2 + b3) */
    tm_output_as(m, "y", SX_DOUBLE, 2, (const int64_t[]){R, C});
    error = (struct sx_error){0};
    struct sx_model *model = tm_open(m, &error);
    ck_assert_msg(model != NULL, "%s", error.message);
    tm_free(m);
    memset(by_b, 0, sizeof by_b);
    for (int i = 0; i < R * C * FWD; i++)
        fwd_a[i] = cos(i + 1.0);
    for (int i = 0; i < 3 * FWD; i++)
        fwd_b[i] = sin(3.0 * i);
    for (int r = 0; r < R; r++)
        for (int s = 0; s < ADJ; s++)
            for (int c = 0; c < C; c++) {
                int at = (r * ADJ + s) * C + c;
                adj[at] = sin(at + 1.0);
                by_a[at] = adj[at] * 2 * a[r * C + c] * 1.25;
                for (int k = 0; k < 3; k++)
                    by_b[k * ADJ + s] += adj[at] * a[r * C + c] * a[r * C + c];
                for (int d = 0; d < FWD; d++) {
                    double db = fwd_b[d] + fwd_b[FWD + d] + fwd_b[2 * FWD + d];
                    double da = fwd_a[(r * FWD + d) * C + c];
                    second[((r * FWD + d) * ADJ + s) * C + c] =
                        adj[at] * 2 * (da * 1.25 + a[r * C + c] * db);
                }
            }
    const struct feed fa = {"a", {2, {R, C}}, a}, fb = {"b", {1, {3}}, b};
    const struct feed fadj = {"adj_y", {2, {R, C * ADJ}}, adj};
    const struct feed ffa = {"fwd_a", {2, {R, C * FWD}}, fwd_a};
    const struct feed ffb = {"fwd_b", {2, {3, FWD}}, fwd_b};
    const struct feed *const feeds[] = {&fa, &fb, &fadj, &ffa, &ffb, NULL};
    struct sx_model *file =
        exported(model, (struct sx_export_options){.kind = SX_EXPORT_REVERSE, .casadi = true});
    expect(file, feeds, "adj_a", SHAPE(R, C * ADJ), by_a);
    expect(file, feeds, "adj_b", SHAPE(3, ADJ), by_b);
    ck_assert_int_eq(sx_model_output_count(file), 2);
    sx_model_close(file);
    file = exported(model, (struct sx_export_options){.kind = SX_EXPORT_HVP, .casadi = true});
    expect(file, feeds, "fwd_adj_a", SHAPE(R, C * ADJ * FWD), second);
    sx_model_close(file);
    file =
        exported(model, (struct sx_export_options){.kind = SX_EXPORT_NOTHING, .casadi = true});
    expect(file, feeds, "y", fa.shape, (const double[]){1.25, 4 * 1.25, 0.25 * 1.25, 9 * 1.25});
    ck_assert_int_eq(sx_model_output_count(file), 2);
    sx_model_close(file);
    sx_model_close(model);
}
END_TEST

/* ---- Names ---- */

START_TEST(lists)
{
    static const struct {
        const char *of, *wrt, *message;
    } wrong[] = {{"v", NULL, "no tensor named 'v'"},
                 {"y,", NULL, "no tensor named ''"},
                 {"y,z,y", NULL, "'y' is named twice"},
                 {NULL, "x,u,x", "'x' is named twice"},
                 {"y", "u", "tensor 'y' does not depend on 'u'"},
                 {"x", "a", "tensor 'x' does not depend on 'a'"}};
    struct sx_model *model = cubes(-1);
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++)
        refuse(model, (struct sx_export_options){.of = wrong[k].of, .wrt = wrong[k].wrt},
               SX_USAGE, wrong[k].message);
    /* By a tensor inside: of y = a^3. */
    struct sx_model *file = exported(model, (struct sx_export_options){.of = "y", .wrt = "a"});
    double want[N * OUT];
    for (int at = 0; at < N * OUT; at++)
        want[at] = 3 * pow(sum_of_row(x[at / OUT], at % OUT), 2);
    expect(file, FEEDS(), "grad_a", SHAPE(N, OUT), want);
    sx_model_close(file);
    sx_model_close(model);
}
END_TEST

/* A name with a comma is one name; names of the model are not taken again. */
START_TEST(odd_names)
{
    const struct feed one = {"p,q", {1, {2}}, (const double[]){3, -2}};
    struct tm_model *m = tm_new(13);
    tm_input(m, "p,q", SX_DOUBLE, 1, (const int64_t[]){2});
    tm_input(m, "n", SX_INT, 1, (const int64_t[]){2});
    tm_node(m, "Mul", "p,q p,q", "y", NULL);
    tm_node(m, "Neg", "y", "grad_y", NULL);
    tm_node(m, "Identity", "n", "i", NULL);
    tm_output_as(m, "y", SX_DOUBLE, 1, (const int64_t[]){2});
    tm_output_as(m, "grad_y", SX_DOUBLE, 1, (const int64_t[]){2});
    tm_output_as(m, "i", SX_INT, 1, (const int64_t[]){2});
    error = (struct sx_error){0};
    struct sx_model *model = tm_open(m, &error);
    ck_assert_msg(model != NULL, "%s", error.message);
    tm_free(m);
    refuse(model, (struct sx_export_options){.of = "i"}, SX_USAGE,
           "tensor 'i' does not hold real numbers");
    refuse(model, (struct sx_export_options){.of = "grad_y", .wrt = "y"}, SX_USAGE,
           "the model has a tensor 'grad_y' already");
    sx_model_close(model);
    m = tm_new(13);
    tm_input(m, "p,q", SX_DOUBLE, 1, (const int64_t[]){2});
    tm_node(m, "Mul", "p,q p,q", "y", NULL);
    tm_output_as(m, "y", SX_DOUBLE, 1, (const int64_t[]){2});
    model = tm_open(m, &error);
    tm_free(m);
    struct sx_model *file = exported(model, (struct sx_export_options){.wrt = "p,q"});
    expect(file, (const struct feed *const[]){&one, NULL}, "grad_p,q", one.shape,
           (const double[]){6, -4});
    sx_model_close(file);
    sx_model_close(model);
    m = tm_new(13);
    tm_input(m, "n", SX_INT, 1, (const int64_t[]){2});
    tm_node(m, "Cast", "n", "y", "to=11");
    tm_output_as(m, "y", SX_DOUBLE, 1, (const int64_t[]){2});
    model = tm_open(m, &error);
    tm_free(m);
    refuse(model, (struct sx_export_options){0}, SX_USAGE,
           "the model takes no real input to differentiate by");
    sx_model_close(model);
}
END_TEST

/* ---- Open dimensions ---- */

/* y = x times the node `op` of x, with open dimensions where dims are -1. */
static struct sx_model *opened(int rank, const int64_t *dims, const char *op,
                               const char *attributes)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_DOUBLE, rank, dims);
    tm_node(m, op, "x", "s", attributes);
    tm_node(m, "Mul", "x s", "y", NULL);
    tm_output_as(m, "y", SX_DOUBLE, rank, dims);
    error = (struct sx_error){0};
    struct sx_model *model = tm_open(m, &error);
    ck_assert_msg(model != NULL, "%s", error.message);
    tm_free(m);
    return model;
}

START_TEST(open_dimensions)
{
    /* x sum(x) along an open axis: the gradient is twice the sum. */
    struct sx_model *model = opened(2, (const int64_t[]){-1, -1}, "ReduceSum", "keepdims=1");
    struct sx_model *file = exported(model, (struct sx_export_options){0});
    static const double values[] = {1, 2, 3, 4, 5, 6};
    for (int64_t rows = 1; rows <= 3; rows++) {
        const struct feed f = {"x", {2, {rows, 2}}, values};
        double sum = 0, want[6];
        for (int i = 0; i < 2 * rows; i++)
            sum += values[i];
        for (int i = 0; i < 2 * rows; i++)
            want[i] = 2 * sum;
        expect(file, (const struct feed *const[]){&f, NULL}, "grad_x", f.shape, want);
    }
    sx_model_close(file);
    /* Unit vectors need a number of elements, and seeds a name of their own. */
    refuse(model, (struct sx_export_options){.kind = SX_EXPORT_JACOBIAN}, SX_MODEL,
           "'y' has an open dimension: it has no fixed number of elements");
    refuse(model, (struct sx_export_options){.order = 2}, SX_MODEL,
           "'x' has an open dimension: it has no fixed number of elements");
    refuse(model, (struct sx_export_options){.kind = SX_EXPORT_REVERSE, .seeds = "d1"},
           SX_USAGE, "'d1' is a dimension of the model");
    sx_model_close(model);
    model = opened(5, (const int64_t[]){-1, -1, -1, -1, -1}, "Neg", NULL);
    sx_model_close(exported(model, (struct sx_export_options){0}));
    refuse(model, (struct sx_export_options){.kind = SX_EXPORT_REVERSE, .seeds = "S"}, SX_MODEL,
           "more than 5 open dimensions");
    sx_model_close(model);
    model = opened(6, (const int64_t[]){-1, -1, -1, -1, -1, -1}, "Neg", NULL);
    refuse(model, (struct sx_export_options){0}, SX_MODEL, "more than 5 open dimensions");
    sx_model_close(model);
}
END_TEST

/* A choice by one of two joined ReLUs, of the part of the other one, remains such a choice. */
START_TEST(masks)
{
    const struct feed f = {"x", {2, {1, 2}}, (const double[]){2, -3}};
    for (int64_t from = 0; from < 2; from++) {
        struct tm_model *m = tm_new(13);
        tm_input(m, "x", SX_DOUBLE, 2, (const int64_t[]){1, 2});
        tm_const(m, "zero", SX_DOUBLE, 0, NULL, (const double[]){0});
        tm_const(m, "at", SX_INT, 1, (const int64_t[]){1}, &from);
        tm_const(m, "end", SX_INT, 1, (const int64_t[]){1}, (const int64_t[]){from + 1});
        tm_const(m, "axis", SX_INT, 1, (const int64_t[]){1}, (const int64_t[]){0});
        tm_node(m, "Neg", "x", "n", NULL);
        tm_node(m, "Relu", "x", "a", NULL);
        tm_node(m, "Relu", "n", "b", NULL);
        tm_node(m, "Concat", "a b", "c", "axis=0");
        tm_node(m, "Exp", "c", "e", NULL);
        tm_node(m, "Slice", "e at end axis", "s", NULL);
        tm_node(m, "Less", "zero a", "t", NULL);
        tm_node(m, "Where", "t s zero", "y", NULL);
        tm_output_as(m, "y", SX_DOUBLE, 2, (const int64_t[]){1, 2});
        error = (struct sx_error){0};
        struct sx_model *model = tm_open(m, &error);
        ck_assert_msg(model != NULL, "%s", error.message);
        tm_free(m);
        struct sx_model *file = exported(model, (struct sx_export_options){0});
        const double a = exp(2); /* y is e^a1, or e^b1 = 1, where a is positive */
        expect(file, (const struct feed *const[]){&f, NULL}, "y", f.shape,
               (const double[]){from == 0 ? a : 1, 0});
        expect(file, (const struct feed *const[]){&f, NULL}, "grad_x", f.shape,
               (const double[]){from == 0 ? a : 0, 0});
        sx_model_close(file);
        sx_model_close(model);
    }
}
END_TEST

/* The length is part of the graph: a batch becomes one sample, other axes are a failure. */
START_TEST(lengths_in_the_graph)
{
    struct tm_model *m;
    for (int axis = 0; axis < 2; axis++) {
        m = tm_new(13);
        const int64_t dims[] = {axis == 0 ? -1 : 2, axis == 1 ? -1 : 2};
        tm_input(m, "x", SX_DOUBLE, 2, dims);
        tm_const(m, "i", SX_INT, 1, (const int64_t[]){1}, (const int64_t[]){axis});
        tm_node(m, "Shape", "x", "n", NULL);
        tm_node(m, "Gather", "n i", "k", "axis=0");
        tm_node(m, "Cast", "k", "r", "to=11");
        tm_node(m, "Mul", "x x", "q", NULL);
        tm_node(m, "Mul", "q r", "y", NULL); /* x^2 times the length */
        tm_output_as(m, "y", SX_DOUBLE, 2, dims);
        error = (struct sx_error){0};
        struct sx_model *model = tm_open(m, &error);
        ck_assert_msg(model != NULL, "%s", error.message);
        tm_free(m);
        if (axis == 1) {
            refuse(model, (struct sx_export_options){0}, SX_MODEL,
                   "'d1' cannot stay open: a constant differs with it");
        } else {
            const struct feed f = {"x", {2, {1, 2}}, (const double[]){3, -5}};
            struct sx_model *file = exported(model, (struct sx_export_options){0});
            ck_assert_int_eq(sx_model_input(file, 0)->shape.dim[0], 1);
            expect(file, (const struct feed *const[]){&f, NULL}, "grad_x", f.shape,
                   (const double[]){6, -10});
            ck_assert_str_eq(sx_model_warning(model, 0),
                             "'d0' cannot stay open: a constant differs with it; the file "
                             "takes one sample");
            sx_model_close(file);
        }
        sx_model_close(model);
    }
}
END_TEST

/* A number of seeds has at most six digits; what is no number is a name. */
START_TEST(seeds)
{
    static const struct {
        const char *text;
        bool fits;
    } cases[] = {{"1", true},   {"999999", true},  {"1000000", false},
                 {"0", false},  {"000000", false}, {"", false},
                 {"2a", false}, {"-1", true},      {"S", true}};
    const struct sx_option *row = sx_option_find(&sx_export_table, "seeds");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sx_export_options o = {0};
        error = (struct sx_error){0};
        ck_assert_msg(sx_option_set(row, &o, cases[i].text, &error) == cases[i].fits, "'%s'",
                      cases[i].text);
    }
}
END_TEST

int main(void)
{
    TCase *c = suite_case("export");
    SUITE_ADD(c, seeds, orders, highest_order, jacobians, reverse, forward, hessian_products,
              casadi, lists, odd_names, open_dimensions, masks, lengths_in_the_graph);
    return suite_run();
}
