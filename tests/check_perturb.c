/* check_perturb.c - which initializers are weights, and the numbers that replace them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "perturb/perturb.h"
#include "suite.h"

enum { MOST = 20000 };

static struct sx_error error;
static double before[MOST], after[MOST];

static struct sx_model *open_and_free(struct tm_model *m)
{
    error = (struct sx_error){0};
    struct sx_model *model = tm_open(m, &error);
    ck_assert_msg(model != NULL, "%s", error.message);
    tm_free(m);
    return model;
}

/* Reads the elements of an initializer; returns their number. */
static int64_t weights_of(const struct sx_model *model, const char *name, double *to)
{
    struct sx_tensor t;
    const Onnx__TensorProto *proto = sx_model_initializer(model, name);
    ck_assert_ptr_nonnull(proto);
    ck_assert(sx_onnx_tensor_read(model, proto, SX_DOUBLE, &t, NULL, &error));
    int64_t n = sx_count(&t.shape);
    ck_assert_int_le(n, MOST);
    for (int64_t i = 0; i < n; i++)
        to[i] = sx_tensor_get(&t, i);
    sx_tensor_free(&t);
    return n;
}

/* The tensor's elements before and after; returns their number. */
static int64_t perturbed(const struct sx_model *model, const struct sx_perturb_options *o,
                         const char *name)
{
    struct sx_model *other = sx_perturbed_model(model, o, &error);
    ck_assert_msg(other != NULL, "%s", error.message);
    int64_t n = weights_of(model, name, before);
    ck_assert_int_eq(weights_of(other, name, after), n);
    sx_model_close(other);
    return n;
}

static bool changes(const struct sx_model *model, const struct sx_perturb_options *o,
                    const char *name)
{
    int64_t n = perturbed(model, o, name);
    return memcmp(before, after, (size_t)n * sizeof *before) != 0;
}

static double deviation_of(const double *x, int64_t n)
{
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += x[i];
        squares += x[i] * x[i];
    }
    return sqrt((squares - sum * sum / (double)n) / (double)(n - 1));
}

/* ---- What is a weight ---- */

/* One node whose inputs are "t0 t1 ...", each an initializer of three elements of the types listed:
 * f float, d double, h float16, b bfloat16, c int8, u uint8, i int32, l int64, s a scalar float,
 * - none. Upper case: this is a weight. */
static const struct {
    const char *op, *inputs;
} kinds[] = {{"Add", "FD"},
             {"Add", "HB"},
             {"Add", "ci"},
             {"Add", "ul"},
             {"Add", "sF"},
             {"Gemm", "-FF"},
             {"BatchNormalization", "-FFff"},
             {"Clip", "-ff"},
             {"Resize", "-ff"},
             {"Upsample", "-f"},
             {"Pad", "-lf"},
             {"Pow", "-f"},
             {"Pow", "f-"},
             {"Range", "fff"},
             {"Where", "-ff"},
             {"Equal", "-f"},
             {"Greater", "-f"},
             {"Less", "-f"},
             {"NonMaxSuppression", "--lff"},
             {"QuantizeLinear", "-fc"},
             {"DequantizeLinear", "Cfc"},
             {"DequantizeLinear", "Ifi"},
             {"QLinearConv", "-fuCfcfuI"},
             {"QLinearMatMul", "UfuUfufu"},
             {"ConvInteger", "uCuc"},
             {"MatMulInteger", "CUcu"}};

static void add_initializer(struct tm_model *m, const char *name, char kind)
{
    static const char letters[] = "fdhbcuils";
    static const struct {
        int type;
        size_t bytes;
    } types[] = {{ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, 4},
                 {ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE, 8},
                 {ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16, 2},
                 {ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16, 2},
                 {ONNX__TENSOR_PROTO__DATA_TYPE__INT8, 1},
                 {ONNX__TENSOR_PROTO__DATA_TYPE__UINT8, 1},
                 {ONNX__TENSOR_PROTO__DATA_TYPE__INT32, 4},
                 {ONNX__TENSOR_PROTO__DATA_TYPE__INT64, 8},
                 {ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, 4}};
    static const char zeros[24];
    const char *at = strchr(letters, kind);
    ck_assert_ptr_nonnull(at);
    int rank = kind == 's' ? 0 : 1;
    tm_raw(m, name, types[at - letters].type, rank, (int64_t[]){3}, zeros,
           types[at - letters].bytes * (rank > 0 ? 3 : 1));
}

START_TEST(inputs_that_are_weights)
{
    const char *inputs = kinds[_i].inputs;
    char names[80] = "", name[8];
    int64_t weights = 0, at = 0;
    struct tm_model *m = tm_new(13);
    for (size_t i = 0; inputs[i] != '\0'; i++) {
        snprintf(name, sizeof name, inputs[i] == '-' ? "x%d" : "t%d", (int)i);
        strcat(strcat(names, name), " ");
        if (inputs[i] != '-')
            add_initializer(m, name, (char)(inputs[i] | 0x20));
        weights += inputs[i] >= 'A' && inputs[i] <= 'Z';
    }
    tm_node(m, kinds[_i].op, names, "y", NULL);
    tm_output(m, "y");
    struct sx_model *model = open_and_free(m);
    struct sx_perturbed found;
    ck_assert(sx_perturbed_find(model, &found, &error));
    ck_assert_msg(found.n == weights, "%s of %s has %d weights", kinds[_i].op, inputs,
                  (int)found.n);
    for (size_t i = 0; inputs[i] != '\0'; i++)
        if (inputs[i] >= 'A' && inputs[i] <= 'Z') {
            snprintf(name, sizeof name, "t%d", (int)i);
            ck_assert_str_eq(found.weight[at++].tensor->name, name);
        }
    ck_assert_int_eq(found.n_layers, weights > 0);
    if (weights > 0)
        ck_assert_int_eq(found.layer[0].weights, 3 * weights);
    sx_perturbed_free(&found);
    sx_model_close(model);
}
END_TEST

/* ---- Layers ---- */

/* y = ((x a) a + b) c: the node of b has the name "plus". */
static struct tm_model *chain(void)
{
    static const float values[] = {1, 2, 3, 4, 5, 6};
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 1, (int64_t[]){3});
    tm_const(m, "a", SX_FLOAT, 1, (int64_t[]){3}, values);
    tm_const(m, "b", SX_FLOAT, 2, (int64_t[]){2, 3}, values);
    tm_const(m, "c", SX_FLOAT, 1, (int64_t[]){1}, &values[1]);
    tm_node(m, "Mul", "x a", "p", NULL);
    tm_node(m, "Mul", "p a", "q", NULL);
    tm_node(m, "Neg", "q", "n", NULL);
    tm_node(m, "Add", "n b", "r", NULL)->name = tm_text(m, "plus");
    tm_node(m, "Mul", "r c", "y", NULL);
    tm_output(m, "y");
    return m;
}

START_TEST(layers)
{
    struct sx_model *model = open_and_free(chain());
    struct sx_layer *layer;
    int64_t n;
    static const struct sx_layer expected[] = {
        {"y", "Mul", 1}, {"plus", "Add", 6}, {"q", "Mul", 3}, {"p", "Mul", 3}};
    ck_assert(sx_layers(model, &layer, &n, &error));
    ck_assert_int_eq(n, 4);
    for (int i = 0; i < 4; i++) {
        ck_assert_str_eq(layer[i].name, expected[i].name);
        ck_assert_str_eq(layer[i].op, expected[i].op);
        ck_assert_int_eq(layer[i].weights, expected[i].weights);
    }
    free(layer);
    sx_model_close(model);
}
END_TEST

/* Which of a, b, c are redrawn. */
START_TEST(chosen_layers)
{
    static const struct {
        struct sx_perturb_options o;
        const char *redrawn;
    } choices[] = {{{.cascade = 1}, "c"},    {{.cascade = 2}, "bc"},   {{.cascade = 3}, "abc"},
                   {{.cascade = 4}, "abc"},  {{.layer = "plus"}, "b"}, {{.layer = "p"}, "a"},
                   {{.layer = "q"}, "a"},    {{.layer = "y"}, "c"},    {{.noise = 1}, "abc"},
                   {{.deviation = 1}, "abc"}};
    struct sx_model *model = open_and_free(chain());
    for (size_t k = 0; k < sizeof choices / sizeof choices[0]; k++)
        for (char name[] = "a"; name[0] <= 'c'; name[0]++)
            ck_assert_msg(changes(model, &choices[k].o, name) ==
                              (strchr(choices[k].redrawn, name[0]) != NULL),
                          "choice %d: %s", (int)k, name);
    sx_model_close(model);
}
END_TEST

static void expect_refusal(const struct sx_model *model, struct sx_perturb_options o,
                           enum sx_status status, const char *message)
{
    error = (struct sx_error){0};
    ck_assert_ptr_null(sx_perturbed_model(model, &o, &error));
    ck_assert_int_eq(error.status, status);
    ck_assert_str_eq(error.message, message);
}

START_TEST(refused)
{
    struct sx_model *model = open_and_free(chain());
    expect_refusal(model, (struct sx_perturb_options){.cascade = 5}, SX_USAGE,
                   "cascade:5: the model has 4 layers with weights");
    expect_refusal(model, (struct sx_perturb_options){.layer = "r"}, SX_USAGE,
                   "no layer named 'r' (see --list)");
    sx_model_close(model);
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 1, (int64_t[]){3});
    tm_node(m, "Neg", "x", "y", NULL);
    tm_output(m, "y");
    model = open_and_free(m);
    expect_refusal(model, (struct sx_perturb_options){.noise = 1}, SX_MODEL,
                   "the model has no weights");
    expect_refusal(model, (struct sx_perturb_options){.cascade = 5}, SX_MODEL,
                   "the model has no weights");
    sx_model_close(model);
}
END_TEST

/* ---- Numbers ---- */

/* y = x w */
static struct sx_model *product_with(int type, int64_t n, const void *bytes, size_t each,
                                     const char *op)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_FLOAT, 1, (int64_t[]){n});
    tm_raw(m, "w", type, 1, (int64_t[]){n}, bytes, (size_t)n * each);
    tm_node(m, op, "w x", "y", NULL);
    tm_output(m, "y");
    return open_and_free(m);
}

static struct sx_model *doubles(int64_t n, const double *values)
{
    return product_with(ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE, n, values, sizeof *values,
                        "Mul");
}

/* The number that the page of the tool promises to be one of the seed, the name and the place. */
static double normal(uint64_t seed, int64_t i)
{
    return sx_random_normal(seed, sx_hash(SX_HASH_START, "w", 1), (uint64_t)i);
}

START_TEST(noise)
{
    /* The deviation is sqrt(((-3)^2 + (-1)^2 + 0 + 4^2) / 3). */
    static const double values[] = {2, 4, 5, 9}, one[] = {-4};
    struct sx_model *model = doubles(4, values);
    ck_assert_int_eq(
        perturbed(model, &(struct sx_perturb_options){.noise = 30, .seed = 7}, "w"), 4);
    for (int64_t i = 0; i < 4; i++)
        ck_assert_double_eq_tol(after[i], values[i] + 0.3 * sqrt(26.0 / 3) * normal(7, i),
                                1e-12);
    perturbed(model, &(struct sx_perturb_options){.deviation = 0.5, .seed = 8}, "w");
    for (int64_t i = 0; i < 4; i++)
        ck_assert_double_eq_tol(after[i], values[i] + 0.5 * normal(8, i), 1e-12);
    sx_model_close(model);
    /* A single element has its magnitude for a deviation. */
    model = doubles(1, one);
    perturbed(model, &(struct sx_perturb_options){.noise = 50, .seed = 7}, "w");
    ck_assert_double_eq_tol(after[0], -4 + 0.5 * 4 * normal(7, 0), 1e-12);
    sx_model_close(model);
    /* Equal elements have none: noise leaves them as they are. */
    static const double equal[] = {3, 3, 3};
    model = doubles(3, equal);
    ck_assert(!changes(model, &(struct sx_perturb_options){.noise = 50}, "w"));
    sx_model_close(model);
}
END_TEST

/* A normal of deviation 0.1 that is cut off at two deviations has the deviation
 * 0.1 sqrt(1 - 4 phi(2) / (2 Phi(2) - 1)) = 0.087963. */
START_TEST(redrawn)
{
    static double values[MOST];
    for (int i = 0; i < MOST; i++)
        values[i] = i;
    struct sx_model *model = doubles(MOST, values);
    int64_t n = perturbed(model, &(struct sx_perturb_options){.cascade = 1, .seed = 3}, "w");
    double sum = 0, products = 0, most = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += after[i];
        most = fmax(most, fabs(after[i]));
        for (int64_t k = 1; k <= 2 && i + k < n; k++) {
            ck_assert(after[i] != after[i + k]);
            products += after[i] * after[i + k];
        }
    }
    ck_assert_double_le(most, 0.2);
    ck_assert_double_gt(most, 0.199);
    ck_assert_double_eq_tol(deviation_of(after, n), 0.087963, 0.0015);
    ck_assert_double_eq_tol(sum / (double)n, 0, 0.0025);
    ck_assert_double_eq_tol(products / (2 * (double)n), 0, 0.0003);
    sx_model_close(model);
}
END_TEST

/* Integers are rounded and kept within the type; redrawn ones have the deviation of the tensor. */
START_TEST(integers)
{
    static const struct {
        int type;
        size_t each;
        double low, high;
    } types[] = {{ONNX__TENSOR_PROTO__DATA_TYPE__INT8, 1, -128, 127},
                 {ONNX__TENSOR_PROTO__DATA_TYPE__UINT8, 1, 0, 255},
                 {ONNX__TENSOR_PROTO__DATA_TYPE__INT32, 4, -0x1p31, 0x1p31 - 1}};
    static uint8_t bytes[4 * 4000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37 % 101);
    for (size_t k = 0; k < sizeof types / sizeof types[0]; k++) {
        struct sx_model *model =
            product_with(types[k].type, 4000, bytes, types[k].each, "DequantizeLinear");
        int64_t n = perturbed(model, &(struct sx_perturb_options){.noise = 1000}, "w");
        double low = INFINITY, high = -INFINITY, s = deviation_of(before, n);
        for (int64_t i = 0; i < n; i++) {
            double w = nearbyint(before[i] + 10 * s * normal(0, i));
            ck_assert_double_eq(after[i], fmin(fmax(w, types[k].low), types[k].high));
            low = fmin(low, after[i]);
            high = fmax(high, after[i]);
        }
        ck_assert_double_eq(low, types[k].low);
        ck_assert_double_eq(high, types[k].high);
        perturbed(model, &(struct sx_perturb_options){.cascade = 1}, "w");
        for (int64_t i = 0; i < n; i++)
            ck_assert_double_le(fabs(after[i]), fmin(2 * s + 1, types[k].high));
        if (types[k].low < 0)
            ck_assert_double_eq_tol(deviation_of(after, n) / s, 0.87963, 0.03);
        sx_model_close(model);
    }
}
END_TEST

/* The option's text. */
START_TEST(randomize)
{
    const struct sx_option *row = sx_option_find(&sx_perturb_table, "randomize");
    struct sx_perturb_options o = {0};
    ck_assert(sx_option_set(row, &o, "layer:cascade:2", &error));
    ck_assert_str_eq(o.layer, "cascade:2");
    ck_assert_int_eq(o.cascade, 0);
    o = (struct sx_perturb_options){0};
    ck_assert(sx_option_set(row, &o, "cascade:12", &error));
    ck_assert_int_eq(o.cascade, 12);
    ck_assert_ptr_null(o.layer);
    static const char *const wrong[] = {"layer:",     "cascade:",   "cascade:0",
                                        "cascade:-1", "cascade:1x", "cascade: 1",
                                        "cascade:+1", "2",          ""};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        o = (struct sx_perturb_options){0};
        error = (struct sx_error){0};
        ck_assert_msg(!sx_option_set(row, &o, wrong[i], &error), "%s", wrong[i]);
        ck_assert_int_eq(error.status, SX_USAGE);
    }
}
END_TEST

int main(void)
{
    TCase *c = suite_case("perturb");
    tcase_add_loop_test(c, inputs_that_are_weights, 0, sizeof kinds / sizeof kinds[0]);
    SUITE_ADD(c, layers, chosen_layers, refused, noise, redrawn, integers, randomize);
    return suite_run();
}
