/* check_flint_weights.c - which weights of a predictor are learned, and how each begins anew. */
#include <math.h>
#include <stdlib.h>

#include "flint_cases.h"
#include "model.h"
#include "suite.h"

/* ---- Beginning anew ---- */

enum start { UNIFORM, CONSTANT, NORMAL };

/* A weight as input `at` of a node. For UNIFORM, `size` is the number of terms of a sum, and values
 * lie within 1 / sqrt(size); for CONSTANT it is the value. */
static const struct place {
    const char *node, *inputs, *attributes;
    struct sx_shape shape;
    enum start start;
    double size;
} places[] = {
    {"Conv", "x w", NULL, {4, {4, 3, 2, 5}}, UNIFORM, 30},
    {"Conv", "x left w", NULL, {1, {40}}, UNIFORM, 6},
    {"ConvTranspose", "x w", NULL, {4, {4, 3, 2, 5}}, UNIFORM, 30},
    {"ConvTranspose", "x left w", NULL, {1, {40}}, UNIFORM, 6},
    {"Gemm", "x w", NULL, {2, {5, 12}}, UNIFORM, 5},
    {"Gemm", "x w", "transB=1", {2, {5, 12}}, UNIFORM, 12},
    {"Gemm", "w x", NULL, {2, {5, 12}}, UNIFORM, 12},
    {"Gemm", "w x", "transA=1", {2, {5, 12}}, UNIFORM, 5},
    {"Gemm", "w x", "transB=1", {2, {5, 12}}, UNIFORM, 12},
    {"Gemm", "x side w", NULL, {1, {40}}, UNIFORM, 7},
    {"Gemm", "x side w", "transB=1", {1, {40}}, UNIFORM, 9},
    {"MatMul", "x w", NULL, {3, {2, 5, 12}}, UNIFORM, 5},
    {"MatMul", "w x", NULL, {3, {2, 5, 12}}, UNIFORM, 12},
    {"Add", "x w", NULL, {1, {40}}, CONSTANT, 0},
    {"Add", "w x", NULL, {1, {40}}, CONSTANT, 0},
    {"Sub", "x w", NULL, {1, {40}}, CONSTANT, 0},
    {"Sub", "w x", NULL, {1, {40}}, CONSTANT, 0},
    {"Mul", "x w", NULL, {1, {40}}, CONSTANT, 1},
    {"Mul", "w x", NULL, {1, {40}}, CONSTANT, 1},
    {"Div", "x w", NULL, {1, {40}}, CONSTANT, 1},
    {"Div", "w x", NULL, {1, {40}}, CONSTANT, 1},
    {"BatchNormalization", "x w b m v", NULL, {1, {40}}, CONSTANT, 1},
    {"BatchNormalization", "x b w m v", NULL, {1, {40}}, CONSTANT, 0},
    {"InstanceNormalization", "x w b", NULL, {1, {40}}, CONSTANT, 1},
    {"InstanceNormalization", "x b w", NULL, {1, {40}}, CONSTANT, 0},
    {"GroupNormalization", "x w b", "num_groups=2", {1, {40}}, CONSTANT, 1},
    {"GroupNormalization", "x b w", "num_groups=2", {1, {40}}, CONSTANT, 0},
    {"LayerNormalization", "x w b", NULL, {1, {40}}, CONSTANT, 1},
    {"LayerNormalization", "x b w", NULL, {1, {40}}, CONSTANT, 0},
    {"PRelu", "x w", NULL, {1, {40}}, CONSTANT, 0.25},
    {"Gather", "w x", NULL, {2, {20, 40}}, NORMAL, 1},
};

/* A model of the one node, whose other weights are of integers, which are never learned, or, where
 * a bias has to know them, of the shapes [40, 3, 2] and [7, 9]. */
static struct sx_model *model_of(const struct place *p)
{
    static const int64_t whole[40];
    struct sx_error error = {0};
    struct tm_model *m = tm_new(21);
    tm_input(m, "x", SX_FLOAT, -1, NULL);
    for (const char *name = "bmv"; *name != '\0'; name++)
        tm_const(m, (const char[]){*name, '\0'}, SX_INT, 1, (const int64_t[]){40}, whole);
    tm_const(m, "left", SX_INT, 3, (const int64_t[]){40, 3, 2}, (const int64_t[240]){0});
    tm_const(m, "side", SX_INT, 2, (const int64_t[]){7, 9}, (const int64_t[63]){0});
    fc_add_weights(m, "w", p->shape.rank, p->shape.dim);
    tm_node(m, p->node, p->inputs, "y", p->attributes);
    tm_output(m, "y");
    struct sx_model *model = tm_open(m, &error);
    ck_assert_msg(model != NULL, "%s", error.message);
    tm_free(m);
    return model;
}

START_TEST(weights_begin_anew)
{
    const struct place *p = &places[_i];
    struct sx_error error = {0};
    struct sx_flint_params params = {0};
    struct sx_model *model = model_of(p);
    ck_assert(sx_flint_add_trainable(&params, model, true, 5, &error));
    ck_assert_msg(params.n == 1, "%s: %zu are learned", p->node, params.n);
    const struct sx_tensor *w = &params.item[0].value;
    int64_t n = sx_count(&p->shape);
    double most = 0, sum = 0, squares = 0;
    ck_assert(sx_shape_equal(&w->shape, &p->shape));
    for (int64_t i = 0; i < n; i++) {
        double v = sx_tensor_get(w, i);
        most = fmax(most, fabs(v));
        sum += v;
        squares += v * v;
        ck_assert_msg(p->start != CONSTANT || v == p->size, "%s %s: %g", p->node, p->inputs, v);
    }
    if (p->start == UNIFORM) {
        double bound = 1 / sqrt(p->size);
        ck_assert_msg(most <= bound + 1e-7 && most > 0.85 * bound &&
                          fabs(sum) < 0.3 * bound * (double)n,
                      "%s %s %s: up to %g, not %g", p->node, p->inputs,
                      p->attributes != NULL ? p->attributes : "", most, bound);
    }
    if (p->start == NORMAL)
        ck_assert(fabs(sum / (double)n) < 0.1 && fabs(squares / (double)n - 1) < 0.1);
    sx_flint_params_free(&params);
    sx_model_close(model);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("flint_weights");
    tcase_add_loop_test(c, weights_begin_anew, 0, sizeof places / sizeof places[0]);
    return suite_run();
}
