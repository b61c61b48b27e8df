/* check_relevance.c - propagation rules against worked examples, and the sums that they
 * conserve. */
#include <math.h>
#include <string.h>

#include "examples.h"
#include "graph/relevance.h"
#include "ops/table.h"
#include "suite.h"

static const struct sx_rule_options plain = {.epsilon = 1e-6};

/* Sets x as the only input, with these values. */
static int input(struct fd *t, const char *shape, const double *values)
{
    int x = fd_input(t, shape, 0, 1);
    for (int64_t i = 0; i < sx_count(&t->at[0].shape); i++)
        sx_tensor_set(&t->at[0], i, values[i]);
    return x;
}

static void expect(struct fd *t, int y, int reference, enum sx_rule rule,
                   const struct sx_rule_options *options, const double *expected,
                   double tolerance)
{
    struct sx_tensor r;
    int node = sx_relevance(t->g, y, t->in[0], reference, rule, options);
    ck_assert_msg(node != SX_NONE, "%s", t->g->error.message);
    fd_run(t, &node, 1, &r);
    ck_assert(sx_shape_equal(&r.shape, &t->at[0].shape));
    for (int64_t i = 0; i < sx_count(&r.shape); i++)
        ck_assert_msg(fabs(sx_tensor_get(&r, i) - expected[i]) <= tolerance,
                      "rule %d: [%d] is %.15g, not %.15g", rule, (int)i, sx_tensor_get(&r, i),
                      expected[i]);
    sx_tensor_free(&r);
}

#define EXPECT(y, reference, rule, options, ...)                                               \
    expect(&t, y, reference, rule, options, (const double[]){__VA_ARGS__}, 1e-9)

/* ---- One neuron: y = sigma(z0 + sum d) - sigma(z0) ---- */

static int power(struct sx_graph *g, int z, int exponent)
{
    int y = z;
    for (int i = 1; i < exponent; i++)
        y = sx_mul(g, y, z);
    return y;
}

/* y of the neuron minus its value at zero, as a scalar. */
static int neuron(struct fd *t, int n, double z0, int exponent)
{
    char rows[8];
    double ones[16];
    for (int i = 0; i < n; i++)
        ones[i] = 1;
    snprintf(rows, sizeof rows, "%d,1", n);
    int z = sx_matmul(t->g, t->in[0], fd_list(t, rows, ones), false, false);
    if (z0 != 0)
        z = sx_shift(t->g, z, z0);
    int y = sx_shift(t->g, power(t->g, z, exponent), -pow(z0, exponent));
    return sx_reshape(t->g, y, &(struct sx_shape){0});
}

static void neuron_begin(struct fd *t, int n, const double *d, double z0, int exponent, int *y,
                         int *zero)
{
    static const double nothing[16];
    char shape[8];
    snprintf(shape, sizeof shape, "1,%d", n);
    fd_begin(t, SX_DOUBLE, false);
    input(t, shape, d);
    *y = neuron(t, n, z0, exponent);
    *zero = fd_list(t, shape, nothing);
}

static const struct sx_rule_options exact = {.epsilon = 0, .distribute = true};
static const struct sx_rule_options whole = {.neuron = true};

START_TEST(cubic_neuron)
{
    struct fd t;
    int y, zero;
    neuron_begin(&t, 3, (const double[]){3, -1, 2}, 0, 3, &y, &zero);
    EXPECT(y, zero, SX_RESCALE, &plain, 48, -16, 32);
    EXPECT(y, zero, SX_REVEAL_CANCEL, &plain, 57, -31, 38);
    EXPECT(y, zero, SX_DEEP_SHAP, &whole, 51, -25, 38);
    EXPECT(y, SX_NONE, SX_LRP_EPSILON, &exact, 48, -16, 32);
    EXPECT(y, SX_NONE, SX_LRP_ALPHA_BETA, &exact, 76.8, -64, 51.2);
    EXPECT(y, SX_NONE, SX_DEEP_TAYLOR, &exact, 38.4, 0, 25.6);
    fd_end(&t);
}
END_TEST

START_TEST(square_neuron)
{
    struct fd t;
    int y, zero;
    neuron_begin(&t, 3, (const double[]){3, -1, 2}, 1, 2, &y, &zero);
    EXPECT(y, zero, SX_RESCALE, &plain, 18, -6, 12);
    EXPECT(y, zero, SX_REVEAL_CANCEL, &plain, 18, -6, 12);
    EXPECT(y, zero, SX_DEEP_SHAP, &whole, 18, -6, 12);
    fd_end(&t);
}
END_TEST

START_TEST(linear_neuron)
{
    struct fd t;
    int y, zero;
    neuron_begin(&t, 3, (const double[]){3, -1, 2}, 0, 1, &y, &zero);
    EXPECT(y, zero, SX_RESCALE, &plain, 3, -1, 2);
    EXPECT(y, zero, SX_REVEAL_CANCEL, &plain, 3, -1, 2);
    EXPECT(y, SX_NONE, SX_LRP_EPSILON, &exact, 3, -1, 2);
    EXPECT(y, SX_NONE, SX_LRP_ALPHA_BETA, &exact, 4.8, -4, 3.2);
    EXPECT(y, SX_NONE, SX_DEEP_TAYLOR, &exact, 2.4, 0, 1.6);
    fd_end(&t);
}
END_TEST

START_TEST(cubic_neuron_of_four)
{
    struct fd t;
    int y, zero;
    neuron_begin(&t, 4, (const double[]){3, -1, 2, -1.5}, 0, 3, &y, &zero);
    EXPECT(y, zero, SX_RESCALE, &plain, 18.75, -6.25, 12.5, -9.375);
    EXPECT(y, zero, SX_REVEAL_CANCEL, &plain, 46.875, -25, 31.25, -37.5);
    EXPECT(y, zero, SX_DEEP_SHAP, &whole, 31.875, -15.625, 23.75, -24.375);
    EXPECT(y, SX_NONE, SX_LRP_ALPHA_BETA, &exact, 18.75, -6.25, 12.5, -9.375);
    EXPECT(y, SX_NONE, SX_DEEP_TAYLOR, &exact, 9.375, 0, 6.25, 0);
    fd_end(&t);
}
END_TEST

/* A neuron of up to 12 inputs is one game. In the Shapley value of (sum d)^3, its terms d_i d_j d_k
 * are shared equally among their players. A neuron of more inputs follows the Rescale rule. */
START_TEST(cubic_neuron_of_twelve)
{
    for (int n = 12; n <= 13; n++) {
        struct fd t;
        int y, zero;
        double d[13], want[13] = {0}, sum = 0;
        for (int i = 0; i < n; i++)
            sum += d[i] = 1 + 0.25 * i - (i % 3);
        neuron_begin(&t, n, d, 0, 3, &y, &zero);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                for (int k = 0; k < n; k++) {
                    int players = 1 + (j != i) + (k != i && k != j);
                    double share = d[i] * d[j] * d[k] / players;
                    want[i] += share;
                    if (j != i)
                        want[j] += share;
                    if (k != i && k != j)
                        want[k] += share;
                }
        for (int i = 0; n > 12 && i < n; i++)
            want[i] = d[i] * sum * sum;
        expect(&t, y, zero, SX_DEEP_SHAP, &whole, want, 1e-9);
        fd_end(&t);
    }
}
END_TEST

/* Deep Taylor decomposes the positive part of the output. */
START_TEST(negative_outputs)
{
    struct fd t;
    int y, zero;
    neuron_begin(&t, 2, (const double[]){-3, 1}, 0, 1, &y, &zero);
    EXPECT(y, SX_NONE, SX_DEEP_TAYLOR, &exact, 0, 0);
    EXPECT(y, SX_NONE, SX_LRP_EPSILON, &exact, -3, 1);
    fd_end(&t);
}
END_TEST

/* The stabiliser has the sign of the sum; that of a sum of 0 is positive. */
START_TEST(stabilised_sums)
{
    static const struct sx_rule_options tenth = {.epsilon = 0.1, .absolute = true};
    static const double x[][2] = {{1, -1}, {2, -1}, {1, -2}}, sum[] = {0.1, 1.1, -1.1};
    for (int i = 0; i < 3; i++) {
        struct fd t;
        fd_begin(&t, SX_DOUBLE, false);
        int in = input(&t, "1,2", x[i]);
        int z = sx_matmul(t.g, in, fd_list(&t, "2,1", (const double[]){1, 1}), false, false);
        int y = sx_reshape(t.g, sx_unary(t.g, SX_EXP, z), &(struct sx_shape){0});
        double r = exp(x[i][0] + x[i][1]) / sum[i];
        EXPECT(y, SX_NONE, SX_LRP_EPSILON, &tenth, x[i][0] * r, x[i][1] * r);
        fd_end(&t);
    }
}
END_TEST

/* Differences up to 1e-7 count as 0: the multiplier is then the slope at the midpoint, which is 0
 * for a relu at 0. */
START_TEST(small_differences)
{
    static const double x[] = {1e-6, 6e-8, 4e-8}, want[] = {1e-6, 6e-8, 0};
    for (int i = 0; i < 3; i++) {
        struct fd t;
        fd_begin(&t, SX_DOUBLE, false);
        int in = input(&t, "1", &x[i]);
        int y = sx_reshape(t.g, sx_unary(t.g, SX_RELU, in), &(struct sx_shape){0});
        int reference = fd_list(&t, "1", (const double[]){-x[i]});
        EXPECT(y, reference, SX_RESCALE, &plain, want[i]);
        fd_end(&t);
    }
}
END_TEST

/* The slope of u sigmoid(2 u), whose factor 2 is folded with that of a midpoint. */
START_TEST(small_differences_of_functions)
{
    const double at = 0.5, d = 6e-8;
    struct fd t;
    fd_begin(&t, SX_DOUBLE, false);
    int x = input(&t, "1", (const double[]){at + d / 2});
    int gate = sx_unary(t.g, SX_SIGMOID, sx_scale(t.g, x, 2));
    int y = sx_reshape(t.g, sx_mul(t.g, x, gate), &(struct sx_shape){0});
    int reference = fd_list(&t, "1", (const double[]){at - d / 2});
    double s = 1 / (1 + exp(-2 * at)), slope = s + at * 2 * s * (1 - s);
    EXPECT(y, reference, SX_RESCALE, &plain, d * slope);
    EXPECT(y, reference, SX_REVEAL_CANCEL, &plain, d * slope);
    fd_end(&t);
}
END_TEST

static double relu(double x)
{
    return x > 0 ? x : 0;
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double softplus(double x)
{
    return log1p(exp(x));
}

/* Deep Taylor shares by the positive terms, whether or not a function has negative values. */
START_TEST(positive_terms_of_functions)
{
    static const struct {
        int op;
        double (*f)(double);
    } cases[] = {{SX_RELU, relu},         {SX_EXP, exp},     {SX_SIGMOID, sigmoid},
                 {SX_SOFTPLUS, softplus}, {SX_ABS, fabs},    {SX_TANH, tanh},
                 {SX_SIN, sin},           {SX_ATAN, atan},   {SX_ERF, erf},
                 {SX_SINH, sinh},         {SX_ASINH, asinh}, {SX_TAN, tan}};
    const double x[] = {-0.5, 0.75}, w[] = {-2, 3};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fd t;
        fd_begin(&t, SX_DOUBLE, false);
        int u = sx_unary(t.g, cases[i].op, input(&t, "1,2", x));
        int y = sx_matmul(t.g, u, fd_list(&t, "2,1", w), false, false);
        double a = w[0] * cases[i].f(x[0]), b = w[1] * cases[i].f(x[1]);
        double share = relu(a + b) / (relu(a) + relu(b));
        y = sx_reshape(t.g, y, &(struct sx_shape){0});
        EXPECT(y, SX_NONE, SX_DEEP_TAYLOR, &plain, relu(a) * share, relu(b) * share);
        fd_end(&t);
    }
}
END_TEST

/* ---- Sums ---- */

/* x as n scalars. */
static void scalars(struct fd *t, int n, const double *values, int *x)
{
    char shape[8];
    snprintf(shape, sizeof shape, "%d", n);
    int all = input(t, shape, values);
    for (int i = 0; i < n; i++)
        x[i] = sx_reshape(t->g, sx_slice_axis(t->g, all, 0, i, 1), &(struct sx_shape){0});
}

/* A difference is a sum of terms, one of which is negative. */
START_TEST(positive_terms_of_a_difference)
{
    static const double at[][2] = {{3, -2}, {3, 1}, {-1, -4}};
    static const double want[][2] = {{3, 2}, {2, 0}, {0, 3}};
    for (int i = 0; i < 3; i++) {
        struct fd t;
        int x[2];
        fd_begin(&t, SX_DOUBLE, false);
        scalars(&t, 2, at[i], x);
        EXPECT(sx_sub(t.g, x[0], x[1]), SX_NONE, SX_DEEP_TAYLOR, &exact, want[i][0],
               want[i][1]);
        fd_end(&t);
    }
}
END_TEST

/* Elements that are put to a place that depends on x take all relevance. */
START_TEST(elements_put_to_a_place)
{
    struct fd t;
    fd_begin(&t, SX_DOUBLE, false);
    int x = input(&t, "1,3", (const double[]){2, 5, 1});
    int place = sx_argmax(t.g, x, 1, false);
    int y = sx_put(t.g, sx_slice_axis(t.g, x, 1, 0, 1), place, 1, 3, true);
    int weights = fd_list(&t, "3,1", (const double[]){1, 4, 1});
    y = sx_reshape(t.g, sx_matmul(t.g, y, weights, false, false), &(struct sx_shape){0});
    EXPECT(y, SX_NONE, SX_DEEP_TAYLOR, &exact, 8, 0, 0);
    EXPECT(y, SX_NONE, SX_LRP_EPSILON, &exact, 8, 0, 0);
    EXPECT(y, SX_NONE, SX_LRP_ALPHA_BETA, &exact, 16, 0, 0); /* there are no negative terms */
    fd_end(&t);
}
END_TEST

/* A product that is used with its bias and without it is a neuron without bias. */
START_TEST(sum_with_and_without_bias)
{
    static const struct sx_rule_options none = {.epsilon = 0};
    struct fd t;
    fd_begin(&t, SX_DOUBLE, false);
    int x = input(&t, "1,2", (const double[]){2, 1});
    int z = sx_matmul(t.g, x, fd_list(&t, "2,1", (const double[]){1, -1}), false, false);
    z = sx_reshape(t.g, z, &(struct sx_shape){0});
    int y = sx_add(t.g, sx_add(t.g, z, sx_scalar(t.g, 1)), z);
    /* 2 of the 3 arrive at z = 2 - 1; the bias keeps 1 */
    EXPECT(y, SX_NONE, SX_LRP_ALPHA_BETA, &none, 4, -2);
    EXPECT(y, SX_NONE, SX_LRP_EPSILON, &none, 4, -2);
    fd_end(&t);
}
END_TEST

/* A sum of 0 has one multiplier, the mean of those of its positive and its negative part. Here
 * that of d+ is 1.5 / 2, and that of d-, which is 0, is the slope 1. */
START_TEST(terms_that_cancel)
{
    struct fd t;
    int x[3];
    fd_begin(&t, SX_DOUBLE, false);
    scalars(&t, 3, (const double[]){1, -1, 2}, x);
    int s = sx_add(t.g, sx_add(t.g, x[0], x[1]), x[2]);
    int y = sx_unary(t.g, SX_RELU, sx_shift(t.g, s, -0.5));
    int zero = fd_list(&t, "3", (const double[]){0, 0, 0});
    EXPECT(y, zero, SX_REVEAL_CANCEL, &plain, 0.875, -0.875, 1.5);
    fd_end(&t);
}
END_TEST

/* Where d- alone leads to a pole, or out of the domain, RevealCancel is the Rescale rule. The sum is
 * 3, and 2 at the reference. */
START_TEST(outside_of_the_domain)
{
    static const struct {
        double x[2];
        int op;
    } cases[] = {{{4, -1}, SX_RECIP}, {{4, -1}, SX_LOG}, {{5, -2}, SX_LOG}};
    for (int i = 0; i < 3; i++) {
        struct fd t;
        int x[2];
        fd_begin(&t, SX_DOUBLE, false);
        scalars(&t, 2, cases[i].x, x);
        int y = sx_unary(t.g, cases[i].op, sx_add(t.g, x[0], x[1]));
        int ones = fd_list(&t, "2", (const double[]){1, 1});
        double change = cases[i].op == SX_LOG ? log(1.5) : 1.0 / 3 - 0.5;
        EXPECT(y, ones, SX_REVEAL_CANCEL, &plain, (cases[i].x[0] - 1) * change,
               (cases[i].x[1] - 1) * change);
        fd_end(&t);
    }
}
END_TEST

/* A choice by a constant index keeps positive and negative parts apart. */
START_TEST(parts_pass_a_choice)
{
    static const double w[] = {1, 5, 1, 5};
    struct fd t;
    fd_begin(&t, SX_DOUBLE, false);
    int x = input(&t, "1,2", (const double[]){3, -1});
    int h = sx_matmul(t.g, x, fd_list(&t, "2,2", w), false, false);
    int z = sx_take(t.g, h, fd_index(&t, "1", (const int64_t[]){0}), 1, false);
    int y = sx_reshape(t.g, sx_unary(t.g, SX_RELU, z), &(struct sx_shape){0});
    int zero = fd_list(&t, "1,2", (const double[]){0, 0});
    EXPECT(y, zero, SX_REVEAL_CANCEL, &plain, 2.5, -0.5);
    fd_end(&t);
}
END_TEST

/* ---- One hidden layer ---- */

static void mlp_begin(struct fd *t, int op, int *y, int *zero)
{
    static const double w1[] = {1, .5, -2, 1, 1, -1}, c1[] = {0, -.5}, w2[] = {2, -1};
    struct sx_graph *g;
    fd_begin(t, SX_DOUBLE, false);
    g = t->g;
    int x = input(t, "1,3", (const double[]){2, 1, 1});
    int z =
        sx_add(g, sx_matmul(g, x, fd_list(t, "3,2", w1), false, false), fd_list(t, "2", c1));
    int out = sx_matmul(g, sx_unary(g, op, z), fd_list(t, "2,1", w2), false, false);
    *y = sx_reshape(g, sx_shift(g, out, 0.25), &(struct sx_shape){0});
    *zero = fd_list(t, "1,3", (const double[]){0, 0, 0});
}

static const struct sx_rule_options stable = {.epsilon = 1e-6, .absolute = true};

START_TEST(relu_mlp)
{
    struct fd t;
    int y, zero;
    mlp_begin(&t, SX_RELU, &y, &zero);
    EXPECT(y, zero, SX_RESCALE, &plain, 3.5, -4.5, 2.5);
    EXPECT(y, zero, SX_DEEP_SHAP, &plain, 3.5, -4.5, 2.5);
    EXPECT(y, zero, SX_DEEP_SHAP, &whole, 13.0 / 6, -17.0 / 6, 13.0 / 6);
    EXPECT(y, zero, SX_REVEAL_CANCEL, &plain, 13.0 / 6, -2.5, 11.0 / 6);
    EXPECT(y, SX_NONE, SX_LRP_EPSILON, &stable, 2.999996286, -4.999991143, 2.999994286);
    EXPECT(y, SX_NONE, SX_LRP_ALPHA_BETA, &stable, 2.398148148, -4.861111111, 3.240740741);
    EXPECT(y, SX_NONE, SX_DEEP_TAYLOR, &stable, 1.037037037, 0, 0.518518519);
    fd_end(&t);
}
END_TEST

START_TEST(tanh_mlp)
{
    struct fd t;
    int y, zero;
    mlp_begin(&t, SX_TANH, &y, &zero);
    EXPECT(y, zero, SX_RESCALE, &plain, 2.122142309, -3.970610938, 2.447422626);
    EXPECT(y, zero, SX_DEEP_SHAP, &plain, 2.122142309, -3.970610938, 2.447422626);
    EXPECT(y, zero, SX_DEEP_SHAP, &whole, 1.293473412, -2.391230658, 1.696711243);
    EXPECT(y, zero, SX_REVEAL_CANCEL, &plain, 1.130151621, -1.881120883, 1.34992326);
    EXPECT(y, SX_NONE, SX_LRP_EPSILON, &stable, 2.122139493, -3.970603015, 2.447417388);
    EXPECT(y, SX_NONE, SX_LRP_ALPHA_BETA, &stable, 1.692194388, -3.563520311, 2.375680208);
    EXPECT(y, SX_NONE, SX_DEEP_TAYLOR, &stable, 0.750816386, 0, 0.375408193);
    fd_end(&t);
}
END_TEST

/* ---- Every row ---- */

/* Whether the output of a row changes with input k. Choices, and STOP, do not count. */
static bool carries_differences(const struct example *e, int k)
{
    if (e->op < SX_N_POINTWISE)
        return strcmp(e->label, "choices") != 0;
    return e->op != SX_STOP && (k == 0 || strncmp(e->label, "moving", 6) != 0);
}

/* The contributions of input k sum to the change of f from another value of that input. */
static void complete(const struct example *e, int k, enum sx_rule rule)
{
    static const struct sx_rule_options o = {.neuron = true};
    struct fd t;
    fd_begin(&t, SX_DOUBLE, false);
    int y = e->build(&t, e->arg);
    if (k < t.n_x && sx_is_real(t.g->node[y].type) && carries_differences(e, k)) {
        struct sx_shape shape = sx_shape_of(t.g, y), x = sx_shape_of(t.g, t.in[k]);
        int f = sx_sum_all(t.g, sx_mul(t.g, y, fd_fixed(&t, &shape)));
        int reference = fd_fixed(&t, &x), n = t.n - 1;
        for (int64_t i = 0; i < sx_count(&x); i++)
            sx_tensor_set(&t.at[n], i,
                          0.75 * sx_tensor_get(&t.at[k], i) +
                              0.2 * sx_random_uniform(3, 1, (uint64_t)i));
        int part = sx_relevance(t.g, f, t.in[k], reference, rule, &o);
        ck_assert_msg(part != SX_NONE, "%s", t.g->error.message);
        int nodes[] = {f, sx_sum_all(t.g, part)};
        struct sx_tensor now[2], then, kept = t.at[k];
        fd_run(&t, nodes, 2, now);
        t.at[k] = t.at[n];
        fd_run(&t, nodes, 1, &then);
        t.at[k] = kept;
        double d = sx_tensor_get(&now[0], 0) - sx_tensor_get(&then, 0);
        double sum = sx_tensor_get(&now[1], 0);
        ck_assert_msg(
            fabs(d - sum) <= 1e-9 * (1 + fabs(d)), "%s, %s: rule %d, input %d: %.12g of %.12g",
            e->op == SX_NONE ? "graph" : sx_rows[e->op]->name, e->label, rule, k, sum, d);
        sx_tensor_free(&now[0]);
        sx_tensor_free(&now[1]);
        sx_tensor_free(&then);
    }
    fd_end(&t);
}

START_TEST(rows_are_complete)
{
    static const enum sx_rule rules[] = {SX_RESCALE, SX_REVEAL_CANCEL, SX_DEEP_SHAP};
    for (int r = 0; r < 3; r++)
        for (int k = 0; k < 3; k++)
            complete(&examples[_i], k, rules[r]);
}
END_TEST

/* Relevance is conserved by rows that add no constants. */
START_TEST(rows_conserve)
{
    static const struct sx_rule_options o = {.epsilon = 1e-12, .absolute = true};
    static const int kept[] = {SX_MUL,  SX_MATMUL,    SX_CONV,    SX_SUMPOOL, SX_SUM,
                               SX_NEG,  SX_TRANSPOSE, SX_RESHAPE, SX_SOFTMAX, SX_TANH,
                               SX_RELU, SX_REDUCEMAX, SX_CUMSUM,  SX_DIV};
    const struct example *e = &examples[_i];
    bool keeps = false;
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        keeps = keeps || e->op == kept[i];
    if (keeps) {
        struct fd t;
        fd_begin(&t, SX_DOUBLE, false);
        int y = e->build(&t, e->arg);
        int f = sx_sum_all(t.g, sx_mul(t.g, y, y));
        int part = sx_relevance(t.g, f, t.in[0], SX_NONE, SX_LRP_EPSILON, &o);
        ck_assert_msg(part != SX_NONE, "%s", t.g->error.message);
        int nodes[] = {f, sx_sum_all(t.g, part)};
        struct sx_tensor v[2];
        fd_run(&t, nodes, 2, v);
        double all = sx_tensor_get(&v[0], 0), sum = sx_tensor_get(&v[1], 0);
        ck_assert_msg(fabs(all - sum) <= 1e-6 * (1 + fabs(all)), "%s, %s: %.12g of %.12g",
                      sx_rows[e->op]->name, e->label, sum, all);
        sx_tensor_free(&v[0]);
        sx_tensor_free(&v[1]);
        fd_end(&t);
    }
}
END_TEST

/* A maximum's gain goes to the element that is the largest in x, its loss to the one that is the
 * largest at the reference. */
START_TEST(largest_elements)
{
    static const struct {
        double x[3], x0[3], want[3];
    } cases[] = {{{5, 1, 2}, {0, 3, 1}, {2, 0, 0}},
                 {{0, 3, 1}, {5, 1, 2}, {-2, 0, 0}},
                 {{1, 4, 0}, {0, 3, 0.5}, {0, 1, 0}},
                 {{4, 4, 1}, {1, 0, 2}, {1, 1, 0}}};
    static const int axis = 1;
    for (int i = 0; i < 8; i++) {
        const double *want = cases[i / 2].want;
        struct fd t;
        fd_begin(&t, SX_DOUBLE, false);
        int x = input(&t, "1,3", cases[i / 2].x), y = sx_reduce_max(t.g, x, &axis, 1);
        if (i % 2 == 1)
            y = sx_take(t.g, x, sx_argmax(t.g, x, 1, false), 1, true);
        y = sx_reshape(t.g, y, &(struct sx_shape){0});
        int reference = fd_list(&t, "1,3", cases[i / 2].x0);
        if (i == 7) /* the first of equal elements is chosen */
            EXPECT(y, reference, SX_RESCALE, &plain, 2, 0, 0);
        else
            EXPECT(y, reference, SX_RESCALE, &plain, want[0], want[1], want[2]);
        fd_end(&t);
    }
}
END_TEST

/* ---- Softmax ---- */

/* A weighted sum of the softmax of x + mask. */
static int weighed_softmax(struct fd *t, const double *mask)
{
    static const double weight[] = {1, -2, 3, 0.5};
    int64_t axis = 1;
    int z = sx_add(t->g, t->in[0], fd_list(t, "1,4", mask));
    int y = sx_emit(t->g, SX_SOFTMAX, 1, &z, 1, &axis);
    return sx_sum_all(t->g, sx_mul(t->g, y, fd_list(t, "1,4", weight)));
}

/* x and its reference are up to 300 apart. Shares are bounded by that distance and sum to the
 * change of f, also if an element is masked by minus infinity. */
START_TEST(softmax_far_away)
{
    static const enum sx_rule rules[] = {SX_RESCALE, SX_REVEAL_CANCEL, SX_DEEP_SHAP};
    static const double x[] = {0, 1, 3, -1}, nothing[4], masked[] = {0, -INFINITY, 0, 0};
    struct fd t;
    fd_begin(&t, SX_DOUBLE, false);
    input(&t, "1,4", x);
    for (int far = 0; far <= 300; far += 50)
        for (int r = 0; r < 6; r++) {
            double there[] = {2.0 - far, 1 - far, -1 - far, 0.5 - far};
            const double *mask = r < 3 ? nothing : masked;
            int f = weighed_softmax(&t, mask), reference = fd_list(&t, "1,4", there);
            int share = sx_relevance(t.g, f, t.in[0], reference, rules[r % 3], &plain);
            ck_assert_msg(share != SX_NONE, "%s", t.g->error.message);
            int f0 = f, at[] = {f, sx_sum_all(t.g, share), share};
            struct sx_tensor v[3], was;
            fd_run(&t, at, 3, v);
            for (int i = 0; i < 4; i++)
                sx_tensor_set(&t.at[0], i, there[i]);
            fd_run(&t, &f0, 1, &was);
            for (int i = 0; i < 4; i++) {
                sx_tensor_set(&t.at[0], i, x[i]);
                ck_assert_double_le(fabs(sx_tensor_get(&v[2], i)), 5.0 * (far + 5));
            }
            ck_assert_double_eq_tol(sx_tensor_get(&v[1], 0),
                                    sx_tensor_get(&v[0], 0) - sx_tensor_get(&was, 0), 1e-9);
            for (int i = 0; i < 3; i++)
                sx_tensor_free(&v[i]);
            sx_tensor_free(&was);
        }
    fd_end(&t);
}
END_TEST

static const double softmax_weight[] = {1, -2, 3, 0.5, -1, 2, 0, 4, -3};

/* The weighed softmax of n numbers, those of x0 except for the ones of x in `set`. */
static double softmax_game(int n, unsigned set, const double *x, const double *x0)
{
    double sum = 0, f = 0;
    for (int i = 0; i < n; i++) {
        double e = exp((set >> i & 1) != 0 ? x[i] : x0[i]);
        sum += e;
        f += softmax_weight[i] * e;
    }
    return f / sum;
}

/* Shapley values by their definition. */
static void softmax_shapley(int n, const double *x, const double *x0, double *want)
{
    for (int i = 0; i < n; i++) {
        want[i] = 0;
        for (unsigned set = 0; set < 1U << n; set++) {
            int s = __builtin_popcount(set);
            if ((set >> i & 1) == 0)
                want[i] +=
                    (softmax_game(n, set | 1U << i, x, x0) - softmax_game(n, set, x, x0)) *
                    tgamma(s + 1) * tgamma(n - s) / tgamma(n + 1);
        }
    }
}

/* The Rescale rule of exp(x - log s), s = sum e^x: exp and log are functions of one variable. */
static void softmax_rescaled(int n, const double *x, const double *x0, double *want)
{
    double s = 0, s0 = 0, sum = 0, m[9];
    for (int i = 0; i < n; i++) {
        s += exp(x[i]);
        s0 += exp(x0[i]);
    }
    for (int i = 0; i < n; i++) {
        double l = x[i] - log(s), l0 = x0[i] - log(s0);
        m[i] = softmax_weight[i] * (exp(l) - exp(l0)) / (l - l0);
        sum += m[i];
    }
    for (int i = 0; i < n; i++)
        want[i] = m[i] * (x[i] - x0[i]) -
                  sum * (log(s) - log(s0)) / (s - s0) * (exp(x[i]) - exp(x0[i]));
}

/* DeepSHAP computes exact Shapley values of up to 8 inputs; all else is the Rescale rule. */
START_TEST(softmax_of_few_and_many)
{
    static const double x[] = {0, 1, 2, -1, 0.5, -0.5, 1.5, 0.3, -2};
    static const double x0[] = {1, 0.2, -1, 0.5, 0, 0.7, 1, -0.4, 0.1};
    for (int n = 7; n <= 9; n++) {
        struct fd t;
        int64_t axis = 0;
        char shape[2] = {(char)('0' + n)};
        double want[9];
        fd_begin(&t, SX_DOUBLE, false);
        int in = input(&t, shape, x), y = sx_emit(t.g, SX_SOFTMAX, 1, &in, 1, &axis);
        int f = sx_sum_all(t.g, sx_mul(t.g, y, fd_list(&t, shape, softmax_weight)));
        int reference = fd_list(&t, shape, x0);
        softmax_rescaled(n, x, x0, want);
        expect(&t, f, reference, SX_RESCALE, &plain, want, 1e-9);
        if (n <= 8)
            softmax_shapley(n, x, x0, want);
        expect(&t, f, reference, SX_DEEP_SHAP, &plain, want, 1e-9);
        fd_end(&t);
    }
}
END_TEST

/* The largest of the elements of x in `set`, and of the others of x0. */
static double largest(int n, unsigned set, const double *x, const double *x0)
{
    double most = -INFINITY;
    for (int i = 0; i < n; i++)
        most = fmax(most, (set >> i & 1) != 0 ? x[i] : x0[i]);
    return most;
}

/* DeepSHAP computes exact Shapley values of windows of up to 8 elements. */
START_TEST(windows_of_few_and_many)
{
    static const double x[] = {0, 1, 2, -1, 0.5, -0.5, 1.5, 0.3, -2};
    static const double x0[] = {1, 0.2, -1, 0.5, 0, 0.7, 1.25, -0.4, 0.1};
    for (int n = 7; n <= 9; n++) {
        const struct sx_pool window = {
            .c = {.rank = 1, .stride = {1}, .dilation = {1}, .extent = {n}}};
        struct fd t;
        char shape[] = {'1', ',', '1', ',', (char)('0' + n), '\0'};
        /* the Rescale rule: the gain of the largest element, which is less at the reference */
        double want[9] = {0, 0, 2 - 1.25};
        fd_begin(&t, SX_DOUBLE, false);
        int y = sx_max_pool(t.g, input(&t, shape, x), &window);
        y = sx_reshape(t.g, y, &(struct sx_shape){0});
        expect(&t, y, fd_list(&t, shape, x0), SX_RESCALE, &plain, want, 1e-9);
        for (int i = 0; n <= 8 && i < n; i++) {
            want[i] = 0;
            for (unsigned set = 0; set < 1U << n; set++) {
                int s = __builtin_popcount(set);
                if ((set >> i & 1) == 0)
                    want[i] += (largest(n, set | 1U << i, x, x0) - largest(n, set, x, x0)) *
                               tgamma(s + 1) * tgamma(n - s) / tgamma(n + 1);
            }
        }
        expect(&t, y, fd_list(&t, shape, x0), SX_DEEP_SHAP, &plain, want, 1e-9);
        fd_end(&t);
    }
}
END_TEST

/* An element that is equal at the reference, but the sum of two terms that are not: its multiplier
 * has the slope of exp. */
START_TEST(softmax_of_an_equal_element)
{
    static const double v[] = {1.5, -0.5, 2, 0}, v0[] = {0.5, 0.5, 1, 0.5};
    static const double x[] = {1, 2, 0}, x0[] = {1, 1, 0.5};
    struct fd t;
    int in[4];
    double want[4], s = 0, s0 = 0, sum = 0, m[3];
    fd_begin(&t, SX_DOUBLE, false);
    scalars(&t, 4, v, in);
    in[1] = sx_add(t.g, in[0], in[1]);
    for (int i = 1; i < 4; i++)
        in[i] = sx_reshape(t.g, in[i], &(struct sx_shape){1, {1}});
    int y = sx_softmax(t.g, sx_concat(t.g, in + 1, 3, 0), 0);
    int f = sx_sum_all(t.g, sx_mul(t.g, y, fd_list(&t, "3", softmax_weight)));
    softmax_rescaled(3, x, x0, want + 1);
    for (int i = 0; i < 3; i++) {
        s += exp(x[i]);
        s0 += exp(x0[i]);
    }
    for (int i = 0; i < 3; i++) {
        double l = x[i] - log(s), l0 = x0[i] - log(s0);
        m[i] = softmax_weight[i] * (exp(l) - exp(l0)) / (l - l0);
        sum += m[i];
    }
    want[0] = m[0] - sum * (log(s) - log(s0)) / (s - s0) * exp(x[0]);
    want[1] = -want[0];
    expect(&t, f, fd_list(&t, "4", v0), SX_RESCALE, &plain, want, 1e-9);
    fd_end(&t);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("relevance");
    SUITE_ADD(c, cubic_neuron, square_neuron, linear_neuron, cubic_neuron_of_four,
              cubic_neuron_of_twelve, negative_outputs, stabilised_sums, small_differences,
              small_differences_of_functions, positive_terms_of_functions,
              elements_put_to_a_place, positive_terms_of_a_difference,
              sum_with_and_without_bias, terms_that_cancel, outside_of_the_domain,
              parts_pass_a_choice, largest_elements, softmax_of_an_equal_element, relu_mlp,
              tanh_mlp, softmax_far_away, softmax_of_few_and_many, windows_of_few_and_many);
    tcase_add_loop_test(c, rows_are_complete, 0, n_examples);
    tcase_add_loop_test(c, rows_conserve, 0, n_examples);
    return suite_run();
}
