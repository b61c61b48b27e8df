/* check_derive.c - derivatives and batches of every row of the table of operators.
 *
 * Derivatives of orders 1 to 3 are compared with central differences in double; the graph of
 * each order is derived from the one before. Batches are compared with loops, float graphs with
 * double ones, and graphs with identities applied with faithful ones. A row without an example
 * fails. */
#include <math.h>
#include <stdlib.h>

#include "examples.h"
#include "ops/table.h"
#include "suite.h"

enum { ORDERS = 3 };

static void name(const struct example *e, char text[80])
{
    snprintf(text, 80, "%s, %s", e->op == SX_NONE ? "graph" : sx_rows[e->op]->name, e->label);
}

static void begin(struct fd *t, enum sx_type real, bool faithful, const struct example *e,
                  struct fd_level *l)
{
    char text[80];
    name(e, text);
    fd_begin(t, real, faithful);
    l->n = 1;
    l->node[0] = e->build(t, e->arg);
    ck_assert_msg(sx_graph_ok(t->g, NULL), "%s: %s", text, t->g->error.message);
}

START_TEST(differences)
{
    const struct example *e = &examples[_i];
    struct fd t;
    struct fd_level l;
    char text[80];
    int dx[FD_INPUTS];
    name(e, text);
    begin(&t, SX_DOUBLE, false, e, &l);
    for (int order = 1; order <= ORDERS; order++) {
        fd_weigh(&t, &l);
        fd_gradient(&t, &l, dx);
        if (e->op != SX_NARROW) /* its derivative is a convention, see below */
            fd_compare_slopes(&t, &l, dx, text, order, 1e-6);
        fd_next_level(&t, &l, dx);
    }
    fd_end(&t);
}
END_TEST

/* ---- The table ---- */

START_TEST(every_row_has_an_example)
{
    for (int op = 0; op < SX_N_CORE; op++) {
        bool found = op == SX_INPUT || op == SX_CONST;
        for (int i = 0; i < n_examples && !found; i++)
            found = examples[i].op == op;
        ck_assert_msg(found, "%s has no example", sx_rows[op]->name);
    }
}
END_TEST

START_TEST(example_has_its_row)
{
    const struct example *e = &examples[_i];
    struct fd t;
    struct fd_level l;
    begin(&t, SX_DOUBLE, false, e, &l);
    bool found = e->op == SX_NONE;
    for (size_t i = 0; i < t.g->n_nodes; i++)
        found = found || t.g->node[i].op == e->op;
    ck_assert_msg(found, "the example of %s, %s, has none", sx_rows[e->op]->name, e->label);
    fd_end(&t);
}
END_TEST

/* ---- Other ways to the same numbers ---- */

/* The result and its gradients to the second order. */
static int grow(struct fd *t, const struct example *e, enum sx_type real, bool faithful,
                int *node)
{
    struct fd_level l;
    int n = 0;
    begin(t, real, faithful, e, &l);
    node[n++] = l.node[0];
    for (int order = 1; order <= 2; order++) {
        fd_weigh(t, &l);
        fd_gradient(t, &l, node + n);
        fd_next_level(t, &l, node + n);
        n += t->n_x;
    }
    return n;
}

static void compare_graphs(const struct example *e, struct fd *a, struct fd *b, const int *in_a,
                           const int *in_b, int n, double limit)
{
    struct sx_tensor x[FD_INPUTS], y[FD_INPUTS];
    char text[80];
    name(e, text);
    fd_run(a, in_a, n, x);
    fd_run(b, in_b, n, y);
    for (int i = 0; i < n; i++) {
        double distance = fd_distance(&x[i], &y[i]);
        ck_assert_msg(distance <= limit, "%s: result %d differs by %g", text, i, distance);
        sx_tensor_free(&x[i]);
        sx_tensor_free(&y[i]);
    }
}

START_TEST(identities_keep_values)
{
    struct fd plain, faithful;
    int in_plain[FD_INPUTS], in_faithful[FD_INPUTS];
    int n = grow(&plain, &examples[_i], SX_DOUBLE, false, in_plain);
    grow(&faithful, &examples[_i], SX_DOUBLE, true, in_faithful);
    compare_graphs(&examples[_i], &plain, &faithful, in_plain, in_faithful, n, 1e-12);
    fd_end(&plain);
    fd_end(&faithful);
}
END_TEST

START_TEST(float_equals_double)
{
    struct fd narrow, wide;
    int in_narrow[FD_INPUTS], in_wide[FD_INPUTS];
    int n = grow(&narrow, &examples[_i], SX_FLOAT, false, in_narrow);
    grow(&wide, &examples[_i], SX_DOUBLE, false, in_wide);
    compare_graphs(&examples[_i], &narrow, &wide, in_narrow, in_wide, n, 1e-5);
    fd_end(&narrow);
    fd_end(&wide);
}
END_TEST

static void compare_adjoint(const struct example *e, double forward, double backward)
{
    char text[80];
    name(e, text);
    ck_assert_msg(fabs(forward - backward) <= 1e-12 * (1 + fabs(forward)),
                  "%s: the adjoint gives %.15g, not %.15g", text, backward, forward);
}

/* y is linear in x: <seed, A x> = <A* seed, x>, and the second derivative is 0. */
START_TEST(adjoints)
{
    const struct example *e = &examples[_i];
    struct fd t;
    struct fd_level l;
    int node[FD_INPUTS];
    struct sx_tensor value[FD_INPUTS];
    begin(&t, SX_DOUBLE, false, e, &l);
    fd_weigh(&t, &l);
    node[0] = l.node[0];
    fd_gradient(&t, &l, node + 1);
    fd_run(&t, node, 1 + t.n_x, value);
    double forward = fd_dot(&l.weight[0], &value[0]), together = 0;
    for (int k = 0; k < t.n_x; k++) {
        double backward = fd_dot(&value[1 + k], &t.at[k]);
        together += backward;
        if (e->linear >> k & 1)
            compare_adjoint(e, forward, backward);
        if (e->linear >> k & 1 || e->linear == TOGETHER)
            ck_assert(!sx_has_curvature(t.g, l.node[0], t.in[k]));
    }
    if (e->linear == TOGETHER)
        compare_adjoint(e, forward, together);
    for (int k = 0; k <= t.n_x; k++)
        sx_tensor_free(&value[k]);
    fd_end(&t);
}
END_TEST

/* Forward mode: <seed, J v> = <J* seed, v>. */
START_TEST(forward_mode)
{
    const struct example *e = &examples[_i];
    struct fd t;
    struct fd_level l;
    int node[FD_INPUTS];
    char text[80];
    name(e, text);
    begin(&t, SX_DOUBLE, false, e, &l);
    fd_weigh(&t, &l);
    fd_gradient(&t, &l, node);
    for (int k = 0; k < t.n_x; k++) {
        struct sx_shape shape = sx_shape_of(t.g, t.in[k]);
        int v = fd_fixed(&t, &shape), both[] = {node[k], SX_NONE};
        struct sx_tensor value[2];
        both[1] = sx_derive_forward(t.g, l.node[0], t.in[k], v);
        fd_run(&t, both, 2, value);
        double backward = fd_dot(&value[0], &t.at[t.n - 1]);
        double forward = fd_dot(&value[1], &l.weight[0]);
        ck_assert_msg(fabs(forward - backward) <= 1e-10 * (1 + fabs(backward)),
                      "%s: %.15g forward, %.15g backward", text, forward, backward);
        sx_tensor_free(&value[0]);
        sx_tensor_free(&value[1]);
    }
    fd_end(&t);
}
END_TEST

/* ---- Batches ---- */

enum { SAMPLES = 3 };

/* Sample b of an input: its values are rotated, so they remain in their domain. */
static struct sx_tensor sample(const struct sx_tensor *base, int b)
{
    struct sx_tensor t;
    ck_assert(sx_tensor_new(&t, base->type, &base->shape, NULL));
    int64_t n = sx_count(&base->shape);
    for (int64_t i = 0; i < n; i++)
        sx_tensor_set(&t, i, sx_tensor_get(base, (i + b) % n) * (n == 1 ? 1 + 0.1 * b : 1));
    return t;
}

static struct sx_tensor all_samples(const struct sx_tensor *base)
{
    struct sx_tensor t;
    struct sx_shape shape = sx_batch_shape(SAMPLES, &base->shape);
    ck_assert(sx_tensor_new(&t, base->type, &shape, NULL));
    int64_t n = sx_count(&base->shape);
    for (int b = 0; b < SAMPLES; b++) {
        struct sx_tensor one = sample(base, b);
        for (int64_t i = 0; i < n; i++)
            sx_tensor_set(&t, b * n + i, sx_tensor_get(&one, i));
        sx_tensor_free(&one);
    }
    return t;
}

/* Compares row b of a batched value with the same node run on sample b. */
static void compare_row(const struct sx_tensor *batch, const struct sx_tensor *one, int b,
                        const char *text, unsigned mask)
{
    int64_t n = sx_count(&one->shape);
    struct sx_shape shape = sx_batch_shape(SAMPLES, &one->shape);
    ck_assert_msg(sx_shape_equal(&shape, &batch->shape), "%s, inputs %x: shape", text, mask);
    for (int64_t i = 0; i < n; i++) {
        double x = sx_tensor_get(batch, b * n + i), y = sx_tensor_get(one, i);
        ck_assert_msg(fabs(x - y) <= 1e-12 * (1 + fabs(y)) || (isnan(x) && isnan(y)),
                      "%s, inputs %x: %.15g in the batch, alone %.15g", text, mask, x, y);
    }
}

/* Batches the inputs in `mask` and compares the nodes with a loop over the samples. */
static void compare_batch(struct fd *t, const int *node, int n, unsigned mask, const char *text)
{
    int from[FD_INPUTS], to[FD_INPUTS], result[FD_INPUTS], in[FD_INPUTS], m = 0;
    struct sx_tensor feed[FD_INPUTS], batch[FD_INPUTS], one[FD_INPUTS];
    for (int k = 0; k < t->n; k++)
        if (mask >> k & 1)
            from[m++] = t->in[k];
    ck_assert_msg(sx_batch(t->g, SAMPLES, from, to, m, node, result, n), "%s, inputs %x: %s",
                  text, mask, t->g->error.message);
    for (int k = 0, j = 0; k < t->n; k++) {
        bool batched = (mask >> k & 1) != 0;
        in[k] = batched ? to[j++] : t->in[k];
        feed[k] = batched ? all_samples(&t->at[k]) : sample(&t->at[k], 0);
    }
    fd_run_at(t, in, feed, t->n, result, n, batch);
    for (int b = 0; b < SAMPLES; b++) {
        for (int k = 0; k < t->n; k++) {
            sx_tensor_free(&feed[k]);
            feed[k] = sample(&t->at[k], mask >> k & 1 ? b : 0);
        }
        fd_run_at(t, t->in, feed, t->n, node, n, one);
        for (int i = 0; i < n; i++) {
            compare_row(&batch[i], &one[i], b, text, mask);
            sx_tensor_free(&one[i]);
        }
    }
    for (int k = 0; k < t->n; k++)
        sx_tensor_free(&feed[k]);
    for (int i = 0; i < n; i++)
        sx_tensor_free(&batch[i]);
}

/* Batches the result and its gradient, for every subset of the inputs and the seed. */
START_TEST(batches)
{
    const struct example *e = &examples[_i];
    struct fd t;
    struct fd_level l;
    char text[80];
    int node[FD_INPUTS];
    name(e, text);
    begin(&t, SX_DOUBLE, false, e, &l);
    fd_weigh(&t, &l);
    node[0] = l.node[0];
    fd_gradient(&t, &l, node + 1);
    for (unsigned mask = 1; mask < 1u << t.n; mask++)
        compare_batch(&t, node, 1 + t.n_x, mask, text);
    fd_end(&t);
}
END_TEST

/* A batched graph can be batched again. */
START_TEST(batch_of_batches)
{
    const struct example *e = &examples[_i];
    struct fd t;
    struct fd_level l;
    char text[80];
    int to[FD_INPUTS], result;
    name(e, text);
    begin(&t, SX_DOUBLE, false, e, &l);
    ck_assert(sx_batch(t.g, 2, t.in, to, t.n, l.node, &result, 1));
    for (int k = 0; k < t.n; k++) {
        struct sx_shape shape = sx_batch_shape(2, &t.at[k].shape);
        struct sx_tensor two;
        ck_assert(sx_tensor_new(&two, SX_DOUBLE, &shape, NULL));
        for (int64_t i = 0; i < sx_count(&shape); i++)
            sx_tensor_set(&two, i, sx_tensor_get(&t.at[k], i / 2));
        sx_tensor_free(&t.at[k]);
        t.at[k] = two;
        t.in[k] = to[k];
    }
    compare_batch(&t, &result, 1, (1u << t.n) - 1, text);
    fd_end(&t);
}
END_TEST

/* ---- Kinks ---- */

static const struct {
    int op;
    double a, b, da, db;
} kinks[] = {
    {SX_RELU, 0, 0, 0, 0},        {SX_RELU, 1, 0, 1, 0},         {SX_ABS, 0, 0, 0, 0},
    {SX_ABS, -2, 0, -1, 0},       {SX_MAX, 1, 1, 0.5, 0.5},      {SX_MIN, 1, 1, 0.5, 0.5},
    {SX_MAX, 1, 2, 0, 1},         {SX_MIN, 1, 2, 1, 0},          {SX_POW, 0, 0, 0, 0},
    {SX_POW, 0, 1, 1, 0},         {SX_POW, 0, 2, 0, 0},          {SX_POW, -2, 3, 12, 0},
    {SX_POW, -2, 2, -4, 0},       {SX_MAX, NAN, 1, 0, 0},        {SX_SIGMOID, -1000, 0, 0, 0},
    {SX_SOFTPLUS, 1000, 0, 1, 0}, {SX_SOFTPLUS, -1000, 0, 0, 0}, {SX_TANH, 1000, 0, 0, 0},
};

START_TEST(derivatives_at_kinks)
{
    struct sx_shape scalar = {0};
    int arity = sx_rows[kinks[_i].op]->min_in, in[2], dx[2];
    struct sx_tensor feed[2], value[2];
    struct fd t;
    fd_begin(&t, SX_DOUBLE, false);
    for (int k = 0; k < 2; k++) {
        in[k] = sx_input(t.g, SX_DOUBLE, &scalar);
        ck_assert(sx_tensor_new(&feed[k], SX_DOUBLE, &scalar, NULL));
        sx_tensor_set(&feed[k], 0, k == 0 ? kinks[_i].a : kinks[_i].b);
    }
    int y = sx_emit(t.g, kinks[_i].op, arity, in, 0, NULL);
    ck_assert(sx_derive(t.g, y, SX_NONE, in, 2, dx));
    fd_run_at(&t, in, feed, 2, dx, 2, value);
    double da = sx_tensor_get(&value[0], 0), db = sx_tensor_get(&value[1], 0);
    ck_assert_msg(da == kinks[_i].da && db == kinks[_i].db, "%s at %g, %g: %g, %g",
                  sx_rows[kinks[_i].op]->name, kinks[_i].a, kinks[_i].b, da, db);
    for (int k = 0; k < 2; k++) {
        sx_tensor_free(&feed[k]);
        sx_tensor_free(&value[k]);
    }
    fd_end(&t);
}
END_TEST

/* A remainder is a - n b, so its derivative by b is -n. It is -n also if the rounded a / b is
 * just below n or above. Central differences cannot test this, because they would step over
 * multiples. */
START_TEST(slope_of_remainders)
{
    enum { N = 4000 };
    struct fd t;
    fd_begin(&t, _i % 2 == 0 ? SX_FLOAT : SX_DOUBLE, false);
    struct sx_shape shape = {1, {N}};
    int a = sx_input(t.g, t.g->real, &shape), b = sx_input(t.g, t.g->real, &shape);
    int op = _i / 2 == 0 ? SX_MOD : SX_FMOD, in[] = {a, b}, slope;
    ck_assert(sx_derive(t.g, sx_binary(t.g, op, a, b), SX_NONE, &b, 1, &slope));
    struct sx_tensor at[2], got;
    for (int k = 0; k < 2; k++)
        ck_assert(sx_tensor_new(&at[k], t.g->real, &shape, NULL));
    for (int64_t i = 0; i < N; i++) {
        sx_tensor_set(&at[0], i, 300 * sx_random_uniform(11, 0, (uint64_t)i) - 150);
        sx_tensor_set(&at[1], i, 0.1 + sx_random_uniform(11, 1, (uint64_t)i));
    }
    fd_run_at(&t, in, at, 2, &slope, 1, &got);
    for (int64_t i = 0; i < N; i++) {
        double quotient = sx_tensor_get(&at[0], i) / sx_tensor_get(&at[1], i);
        double n = op == SX_MOD ? floor(quotient) : trunc(quotient);
        if (fabs(quotient - round(quotient)) > 1e-4)
            ck_assert_double_eq(sx_tensor_get(&got, i), -n);
    }
    sx_tensor_free(&at[0]);
    sx_tensor_free(&at[1]);
    sx_tensor_free(&got);
    fd_end(&t);
}
END_TEST

/* The derivative of NARROW is 1, although its value is a step function. */
START_TEST(narrow_is_transparent)
{
    struct fd t;
    fd_begin(&t, SX_DOUBLE, false);
    int x = fd_input(&t, "3", -1, 1), dx;
    int y = sx_narrow(t.g, x, SX_AS_FLOAT16);
    struct sx_shape shape = sx_shape_of(t.g, y);
    int seed = fd_fixed(&t, &shape);
    ck_assert(sx_derive(t.g, y, seed, &x, 1, &dx));
    ck_assert_int_eq(dx, seed);
    fd_end(&t);
}
END_TEST

START_TEST(curvature)
{
    struct fd t;
    fd_begin(&t, SX_DOUBLE, false);
    int x = fd_input(&t, "3", -1, 1), k = fd_const(&t, "3", -1, 1);
    ck_assert(!sx_has_curvature(t.g, sx_unary(t.g, SX_RELU, sx_mul(t.g, x, k)), x));
    ck_assert(!sx_has_curvature(t.g, sx_binary(t.g, SX_MAX, x, k), x));
    ck_assert(!sx_has_curvature(t.g, sx_unary(t.g, SX_FLOOR, x), x));
    ck_assert(sx_has_curvature(t.g, sx_mul(t.g, x, sx_unary(t.g, SX_RELU, x)), x));
    ck_assert(sx_has_curvature(t.g, sx_unary(t.g, SX_TANH, x), x));
    fd_end(&t);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("derive");
    tcase_add_test(c, every_row_has_an_example);
    tcase_add_loop_test(c, example_has_its_row, 0, n_examples);
    tcase_add_loop_test(c, differences, 0, n_examples);
    tcase_add_loop_test(c, identities_keep_values, 0, n_examples);
    tcase_add_loop_test(c, float_equals_double, 0, n_examples);
    tcase_add_loop_test(c, adjoints, 0, n_examples);
    tcase_add_loop_test(c, forward_mode, 0, n_examples);
    tcase_add_loop_test(c, batches, 0, n_examples);
    tcase_add_loop_test(c, batch_of_batches, 0, n_examples);
    tcase_add_loop_test(c, derivatives_at_kinks, 0, (int)(sizeof kinks / sizeof kinks[0]));
    tcase_add_loop_test(c, slope_of_remainders, 0, 4);
    SUITE_ADD(c, narrow_is_transparent, curvature);
    setenv("CK_FORK", "no", 0); /* thousands of tiny tests */
    return suite_run();
}
