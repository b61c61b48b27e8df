/* check_cams.c - class activation maps as attributions, against their published definitions on small
 * networks whose gradients are given. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explain/explain.h"
#include "model.h"
#include "suite.h"

/* A: the layer at the sample, channel by channel. G: the gradient of the logit by it. */
static const double A[8] = {1, 2, 0, 3, 2, 0, 1, 1};
static const double G[8] = {1, -1, 2, 0.5, 0, 1, -2, -0.5};
static const double BIAS = 4;

struct fixture {
    struct sx_model *model;
    struct sx_explainer *explainer;
    double baseline[8];
};

static void open_at(struct fixture *f, struct tm_model *m, const double *x)
{
    struct sx_error error = {0};
    struct sx_explain_options o = {.precise = true, .score = SX_SCORE_LOGIT};
    struct sx_tensor feed = {
        SX_DOUBLE, {4, {1, 2, 2, 2}}, memcpy(tm_memory(m, sizeof A), x, sizeof A)};
    *f = (struct fixture){.model = tm_open(m, &error)};
    ck_assert_msg(f->model != NULL, "%s", error.message);
    f->explainer = sx_explainer_new(f->model, &o, &error);
    ck_assert_ptr_nonnull(f->explainer);
    ck_assert_msg(sx_explainer_sample(f->explainer, &feed, &error), "%s", error.message);
    tm_free(m);
}

static void open_at_a(struct fixture *f, struct tm_model *m)
{
    open_at(f, m, A);
}

static void end(struct fixture *f)
{
    sx_explainer_free(f->explainer);
    sx_model_close(f->model);
}

/* a = relu(x), by a convolution with the identity. */
static struct tm_model *layer_is_x(void)
{
    struct tm_model *m = tm_new(13);
    tm_input(m, "x", SX_DOUBLE, 4, (int64_t[]){1, 2, 2, 2});
    tm_const(m, "one", SX_DOUBLE, 4, (int64_t[]){2, 2, 1, 1}, (double[]){1, 0, 0, 1});
    tm_node(m, "Conv", "x one", "c", NULL);
    tm_node(m, "Relu", "c", "a", NULL);
    return m;
}

/* f = G a + BIAS, the larger of two logits. */
static struct tm_model *dense_head(void)
{
    struct tm_model *m = layer_is_x();
    double w[16] = {0};
    memcpy(w, G, sizeof G);
    tm_const(m, "w", SX_DOUBLE, 2, (int64_t[]){2, 8}, w);
    tm_const(m, "bias", SX_DOUBLE, 1, (int64_t[]){2}, (double[]){BIAS, 0});
    tm_node(m, "Flatten", "a", "flat", NULL);
    tm_node(m, "Gemm", "flat w bias", "logits", "transB=1");
    tm_node(m, "Softmax", "logits", "p", "axis=1");
    tm_output(m, "p");
    return m;
}

/* A network that averages the class maps of three classes. */
static struct tm_model *pooled_maps(void)
{
    struct tm_model *m = layer_is_x();
    tm_const(m, "w", SX_DOUBLE, 4, (int64_t[]){3, 2, 1, 1}, (double[]){1, 0, 2, -1, 0, 1});
    tm_node(m, "Conv", "a w", "maps", NULL);
    tm_node(m, "GlobalAveragePool", "maps", "means", NULL);
    tm_node(m, "Flatten", "means", "y", NULL);
    tm_output(m, "y");
    return m;
}

/* The square of a mean: its gradient is the same at all places, but not at 0. */
static struct tm_model *squared_mean(void)
{
    struct tm_model *m = layer_is_x();
    tm_const(m, "w", SX_DOUBLE, 2, (int64_t[]){2, 1}, (double[]){1, 1});
    tm_node(m, "GlobalAveragePool", "a", "means", NULL);
    tm_node(m, "Flatten", "means", "flat", NULL);
    tm_node(m, "Mul", "flat flat", "squares", NULL);
    tm_node(m, "MatMul", "squares w", "y", NULL);
    tm_output(m, "y");
    return m;
}

static void expect(struct fixture *f, const char *method, const char *layer, const char *found,
                   const double want[4])
{
    struct sx_error error = {0};
    struct sx_attribution a;
    struct sx_attribute_options o = sx_attribute_defaults();
    o.method = method;
    o.layer = layer;
    o.baseline = f->baseline;
    ck_assert_msg(sx_attribute(f->explainer, &o, &a, &error), "%s: %s", method, error.message);
    ck_assert_str_eq(a.layer, found);
    ck_assert_int_eq(a.map.shape.rank, 2);
    ck_assert_int_eq(a.map.shape.dim[0], 2);
    ck_assert_int_eq(a.map.shape.dim[1], 2);
    for (int i = 0; i < 4; i++)
        ck_assert_msg(fabs(sx_tensor_get(&a.map, i) - want[i]) < 1e-9,
                      "%s[%d] is %.17g, not %.17g", method, i, sx_tensor_get(&a.map, i),
                      want[i]);
    ck_assert(!a.complete);
    sx_attribution_free(&a);
}

/* The sum of the channels with these weights. If rectified, negative values become 0. */
static const double *weighed(double w0, double w1, bool rectified, double map[4])
{
    for (int i = 0; i < 4; i++) {
        map[i] = w0 * A[i] + w1 * A[4 + i];
        map[i] = rectified && map[i] < 0 ? 0 : map[i];
    }
    return map;
}

START_TEST(test_gradient_maps)
{
    struct fixture f;
    double map[4];
    open_at_a(&f, dense_head());
    /* mean gradients 2.5 / 4 and -1.5 / 4 */
    expect(&f, "gradcam", NULL, "a", weighed(0.625, -0.375, true, map));
    /* g^2 / (2 g^2 + g^3 sum A) relu(g), sums 6 and 4 */
    expect(&f, "gradcam++", NULL, "a",
           weighed(1.0 / 8 + 4.0 / 56 * 2 + 0.25 / 1.25 * 0.5, 1.0 / 6, true, map));
    expect(&f, "hirescam", NULL, "a", (const double[]){1, 0, 0, 1});
    expect(&f, "layercam", NULL, "a", (const double[]){1, 0, 0, 1.5});
    /* before the Relu, gradients are 0 where its result is 0 */
    expect(&f, "gradcam", "c", "c", weighed(0.125, -0.625, true, map));
    end(&f);
}
END_TEST

/* A'A = (14, 5; 5, 6): its first eigenvector is (5, lambda - 14). */
START_TEST(test_eigencam)
{
    struct fixture f;
    double map[4], lambda = 10 + sqrt(16 + 25), length = hypot(5, lambda - 14);
    open_at_a(&f, dense_head());
    expect(&f, "eigencam", NULL, "a", weighed(5 / length, (lambda - 14) / length, false, map));
    end(&f);
}
END_TEST

/* f = 2; without a channel it is 0.5 or -2.5. */
START_TEST(test_ablationcam)
{
    struct fixture f;
    double map[4];
    open_at_a(&f, dense_head());
    expect(&f, "ablationcam", NULL, "a", weighed(0.25, -1.25, true, map));
    end(&f);
}
END_TEST

/* f of the input masked by each channel, which is divided by its range: 3 and 2. */
START_TEST(test_scorecam)
{
    struct fixture f;
    double map[4], score[2] = {BIAS, BIAS};
    open_at_a(&f, dense_head());
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < 8; i++)
            score[k] += G[i] * A[i] * A[4 * k + i % 4] / (k == 0 ? 3 : 2);
    double w0 = 1 / (1 + exp(score[1] - score[0]));
    expect(&f, "scorecam", NULL, "a", weighed(w0, 1 - w0, true, map));
    end(&f);
}
END_TEST

/* A channel that is the same everywhere masks everything: its weight follows from f at the baseline. */
START_TEST(test_scorecam_of_a_constant_channel)
{
    static const double x[8] = {1, 2, 0, 3, 2, 2, 2, 2};
    struct fixture f;
    double map[4], score = BIAS;
    open_at(&f, dense_head(), x);
    for (int i = 0; i < 8; i++)
        score += G[i] * x[i] * x[i % 4] / 3;
    double w0 = 1 / (1 + exp(BIAS - score));
    for (int i = 0; i < 4; i++)
        map[i] = w0 * x[i] + (1 - w0) * 2;
    expect(&f, "scorecam", NULL, "a", map);
    end(&f);
}
END_TEST

/* Class maps are no layer before the head. For "cam" they are the layer, with weight 1. The map
 * of class 1 is 2 A0 - A1, of mean 2. */
START_TEST(test_class_maps)
{
    struct fixture f;
    double map[4];
    open_at_a(&f, pooled_maps());
    expect(&f, "gradcam", NULL, "a", weighed(0.5, -0.25, true, map));
    expect(&f, "cam", NULL, "maps", weighed(2, -1, false, map));
    expect(&f, "cam", "a", "a", weighed(2, -1, false, map));
    end(&f);
}
END_TEST

START_TEST(test_refusals)
{
    static const struct {
        const char *method, *layer, *says;
    } refused[] = {{"cam", NULL, "linear head"},
                   {"gradcam", "nothing", "nothing"},
                   {"gradcam", "flat", "no places"},
                   {"cam", "a", "linear head"}};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct fixture f;
        open_at_a(&f, i < 3 ? dense_head() : squared_mean());
        struct sx_error error = {0};
        struct sx_attribution a;
        struct sx_attribute_options o = sx_attribute_defaults();
        o.method = refused[i].method;
        o.layer = refused[i].layer;
        o.baseline = f.baseline;
        ck_assert(!sx_attribute(f.explainer, &o, &a, &error));
        ck_assert_int_eq(error.status, SX_USAGE);
        ck_assert_msg(strstr(error.message, refused[i].says) != NULL, "%s", error.message);
        end(&f);
    }
}
END_TEST

/* ---- One pass for the target and the gradient by the layer ---- */

/* y = W (c + x): what is added to the convolution c does not depend on it. */
static struct tm_model *residual(void)
{
    struct tm_model *m = layer_is_x();
    tm_const(m, "w", SX_DOUBLE, 2, (int64_t[]){2, 8},
             (double[]){1, -1, 2, 0.5, 0, 1, -2, -0.5, 2, 1, 0, -1, 1, 0.5, 1, 3});
    tm_node(m, "Add", "c x", "sum", NULL);
    tm_node(m, "Exp", "sum", "e", NULL);
    tm_node(m, "Flatten", "e", "flat", NULL);
    tm_node(m, "Gemm", "flat w", "y", "transB=1");
    tm_output(m, "y");
    return m;
}

/* A pass of a layer gives the target and the map of two passes, bit by bit, for the cost of one. */
START_TEST(test_one_pass)
{
    static const enum sx_pass passes[] = {SX_PASS_SCORES, SX_PASS_LAYER, SX_PASS_CONVOLUTION};
    struct sx_error error = {0};
    struct tm_model *m = residual();
    struct sx_model *model = tm_open(m, &error);
    double map[3][4], value[3];
    int64_t index[3];
    tm_free(m);
    for (int sample = 0; sample < 3; sample++) {
        double x[8], zeros[8] = {0};
        for (int i = 0; i < 8; i++)
            x[i] = sin(sample + 3 * i);
        for (int k = 0; k < 3; k++) {
            struct sx_explain_options o = {.precise = true, .pass = passes[k], .layer = "c"};
            struct sx_explainer *e = sx_explainer_new(model, &o, &error);
            struct sx_attribute_options by = sx_attribute_defaults();
            struct sx_attribution a;
            int64_t forward, backward;
            by.method = "gradcam";
            by.layer = "c";
            by.baseline = zeros;
            for (int round = 0; round < 2; round++) {
                ck_assert_msg(
                    sx_explainer_sample(e, &(struct sx_tensor){SX_DOUBLE, {4, {1, 2, 2, 2}}, x},
                                        &error),
                    "%s", error.message);
                ck_assert_msg(sx_attribute(e, &by, &a, &error), "%s", error.message);
                memcpy(map[k], a.map.data, sizeof map[k]);
                sx_attribution_free(&a);
            }
            sx_explainer_cost(e, &forward, &backward);
            ck_assert_int_eq(forward, k == 0 ? 4 : 2);
            ck_assert_int_eq(backward, 2);
            index[k] = sx_explainer_target(e)->index;
            value[k] = sx_explainer_target(e)->value;
            ck_assert(index[k] == index[0] && value[k] == value[0]);
            ck_assert(memcmp(map[k], map[0], sizeof map[k]) == 0);
            sx_explainer_free(e);
        }
    }
    sx_model_close(model);
}
END_TEST

/* f where the convolution gives 0 comes from the same pass: y_k = sum_i W_ki exp(x_i). */
START_TEST(test_layer_of_zeros)
{
    struct sx_error error = {0};
    struct tm_model *m = residual();
    struct sx_model *model = tm_open(m, &error);
    const struct sx_explain_options o = {
        .precise = true, .pass = SX_PASS_CONVOLUTION, .target = "0"};
    struct sx_explainer *e = sx_explainer_new(model, &o, &error);
    double x[8], zeros[8] = {0}, value, want = 0;
    tm_free(m);
    for (int i = 0; i < 8; i++) {
        x[i] = cos(i);
        want += (double[]){1, -1, 2, 0.5, 0, 1, -2, -0.5}[i] * exp(x[i]);
    }
    ck_assert(
        sx_explainer_sample(e, &(struct sx_tensor){SX_DOUBLE, {4, {1, 2, 2, 2}}, x}, &error));
    struct sx_explainer *layer = sx_explainer_at_layer(e, "c", &error);
    ck_assert_ptr_nonnull(layer);
    ck_assert(sx_gradients(layer, 1, zeros, &value, NULL, &error));
    ck_assert_double_eq_tol(value, want, 1e-12);
    ck_assert_int_eq(layer->forward, 1);
    zeros[3] = 0.5; /* not 0 any more: another evaluation */
    ck_assert(sx_gradients(layer, 1, zeros, &value, NULL, &error));
    want += 0.5 * (exp(x[3] + 0.5) - exp(x[3]));
    ck_assert_double_eq_tol(value, want, 1e-12);
    ck_assert_int_eq(layer->forward, 2);
    sx_explainer_free(e);
    sx_model_close(model);
}
END_TEST

/* The pass that serves lists of methods of attr-decompose best. */
START_TEST(test_passes)
{
    struct sx_decompose_options o = sx_decompose_defaults();
    static const struct {
        const char *methods;
        enum sx_pass pass;
    } cases[] = {{"gxi", SX_PASS_GRADIENT},      {"gxi,gradcam", SX_PASS_CONVOLUTION},
                 {"occ1,gxi", SX_PASS_GRADIENT}, {"lrp-eps", SX_PASS_SCORES},
                 {"ig,gxi", SX_PASS_SCORES},     {"all", SX_PASS_CONVOLUTION},
                 {"gxi,expgrad", SX_PASS_SCORES}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        o.methods = cases[i].methods;
        ck_assert_msg(sx_decompose_pass(&o) == cases[i].pass, "%s", o.methods);
    }
    o.methods = "gxi";
    o.gradient_at_baseline = true;
    ck_assert_int_eq(sx_decompose_pass(&o), SX_PASS_SCORES);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("cams");
    SUITE_ADD(c, test_gradient_maps, test_eigencam, test_ablationcam, test_scorecam,
              test_scorecam_of_a_constant_channel, test_class_maps, test_refusals,
              test_one_pass, test_layer_of_zeros, test_passes);
    return suite_run();
}
