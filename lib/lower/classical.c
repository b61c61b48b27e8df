/* classical.c - lowering of linear models of ai.onnx.ml, and what all its models do with scores. */
#include <string.h>

#include "lower/classical.h"
#include "lower/scope.h"
#include "lower/tables.h"

/* x as rows of real numbers; a vector is one row. */
int sx_ml_rows(struct sx_lowering *l)
{
    struct sx_shape x = sx_arg_shape(l, 0);
    int64_t n = x.rank > 1 ? x.dim[0] : 1, dims[] = {n, n > 0 ? sx_count(&x) / n : 0};
    return sx_shaped(l->g, sx_cast(l->g, sx_arg(l, 0), l->g->real), 2, dims);
}

/* sqrt(2) erfinv(2 y - 1), by Winitzki's approximation, as in ONNX Runtime; its error is up to
 * 2e-3. */
static int probit(struct sx_graph *g, int y)
{
    const double a = 0.147, twice = 2 / (3.14159 * a);
    int x = sx_shift(g, sx_scale(g, y, 2), -1), one = sx_scalar(g, 1);
    int log = sx_unary(g, SX_LOG, sx_mul(g, sx_sub(g, one, x), sx_add(g, one, x)));
    int v = sx_shift(g, sx_scale(g, log, 0.5), twice);
    int root = sx_unary(g, SX_SQRT, sx_sub(g, sx_mul(g, v, v), sx_scale(g, log, 1 / a)));
    int size = sx_safe_sqrt(g, sx_sub(g, root, v));
    return sx_scale(g, sx_mul(g, sx_unary(g, SX_SIGN, x), size), 1.41421356);
}

int sx_ml_transformed_by(struct sx_lowering *l, int y, int post)
{
    struct sx_graph *g = l->g;
    int zero = sx_scalar(g, 0), none;
    if (y != SX_NONE && sx_shape_of(g, y).dim[1] == 1 && post != SX_POST_PROBIT)
        return y;
    switch (post) {
    case SX_POST_SOFTMAX:
        return sx_softmax(g, y, 1);
    case SX_POST_LOGISTIC:
        return sx_unary(g, SX_SIGMOID, y);
    case SX_POST_SOFTMAX_ZERO: /* zeros remain zero */
        none = sx_binary(g, SX_EQUAL, y, zero);
        return sx_where(g, none, zero,
                        sx_softmax(g, sx_where(g, none, sx_scalar(g, -1e30), y), 1));
    case SX_POST_PROBIT:
        return probit(g, y);
    default:
        return y;
    }
}

int sx_ml_post(struct sx_lowering *l)
{
    return sx_attr_word(l, "post_transform", "NONE SOFTMAX LOGISTIC SOFTMAX_ZERO PROBIT", 0);
}

int sx_ml_transformed(struct sx_lowering *l, int y)
{
    return sx_ml_transformed_by(l, y, sx_ml_post(l));
}

/* Gives the labels, integers or texts, of the classes chosen[N]. */
bool sx_ml_give_labels(struct sx_lowering *l, int chosen)
{
    static const char *const names[] = {"classlabels_ints", "classlabels_int64s"};
    struct sx_ints labels = sx_attr_ints(l, names[0]);
    if (labels.n == 0)
        labels = sx_attr_ints(l, names[1]);
    int kind = SX_ONNX_INT64;
    if (labels.n == 0) {
        labels = sx_attr_texts(l, "classlabels_strings");
        kind = SX_ONNX_STRING;
    }
    if (labels.n > 0)
        chosen = sx_take(l->g, sx_ints(l->g, labels.n, labels.v), chosen, 0, false);
    return sx_give_as(l, 0, chosen, kind);
}

int sx_ml_label_count(struct sx_lowering *l)
{
    struct sx_ints a = sx_attr_ints(l, "classlabels_ints");
    struct sx_ints b = sx_attr_ints(l, "classlabels_int64s");
    int n = a.n > 0 ? a.n : b.n;
    if (n == 0)
        n = sx_attr_texts(l, "classlabels_strings").n;
    return n;
}

/* Gives labels and scores of classes from scores [N, C]. */
bool sx_ml_give_classes(struct sx_lowering *l, int scores)
{
    struct sx_shape shape = sx_shape_of(l->g, scores);
    int64_t rows = shape.dim[0];
    int best = sx_argmax(l->g, scores, 1, false);
    sx_give_as(l, 1, sx_ml_transformed(l, scores), SX_ONNX_FLOAT);
    return sx_ml_give_labels(l, sx_shaped(l->g, best, 1, &rows));
}

bool sx_ml_give_two_classes(struct sx_lowering *l, int s, enum sx_ml_other other, int chosen)
{
    struct sx_graph *g = l->g;
    int64_t rows = sx_shape_of(g, s).dim[0];
    int negative = sx_neg(g, s);
    const int pair[] = {other == SX_ML_REST ? sx_shift(g, negative, 1) : negative, s};
    int both = sx_concat(g, pair, 2, 1);
    sx_give_as(l, 1, other == SX_ML_LOGISTIC ? sx_unary(g, SX_SIGMOID, both) : both,
               SX_ONNX_FLOAT);
    return sx_ml_give_labels(l, sx_shaped(g, sx_cast(g, chosen, SX_INT), 1, &rows));
}

/* x times the transpose of weights [C, F], plus intercepts. */
static int linear(struct sx_lowering *l, int64_t *classes)
{
    struct sx_graph *g = l->g;
    struct sx_reals w = sx_attr_floats(l, "coefficients"), b = sx_attr_floats(l, "intercepts");
    int x = sx_ml_rows(l);
    int64_t features = sx_shape_of(g, x).dim[1];
    *classes = features > 0 ? w.n / features : 0;
    if (*classes < 1 || w.n != *classes * features || (b.n != 0 && b.n != *classes)) {
        sx_reject(l, "%d coefficients for %lld features", w.n, (long long)features);
        return SX_NONE;
    }
    struct sx_shape table = {2, {*classes, features}}, row = {1, {*classes}};
    int y = sx_matmul(g, x, sx_real_const(g, &table, w.v), false, true);
    return b.n > 0 ? sx_add(g, y, sx_real_const(g, &row, b.v)) : y;
}

static bool lower_linear_regressor(struct sx_lowering *l)
{
    int64_t targets;
    int y = linear(l, &targets);
    return y != SX_NONE && sx_give_as(l, 0, sx_ml_transformed(l, y), SX_ONNX_FLOAT);
}

static bool lower_linear_classifier(struct sx_lowering *l)
{
    int64_t classes;
    int y = linear(l, &classes);
    if (y == SX_NONE)
        return false;
    if (classes == 1 && sx_ml_label_count(l) == 2)
        return sx_ml_give_two_classes(
            l, y, sx_ml_post(l) == SX_POST_LOGISTIC ? SX_ML_LOGISTIC : SX_ML_REST,
            sx_binary(l->g, SX_LESS, sx_scalar(l->g, 0), y));
    return sx_ml_give_classes(l, y);
}

/* ---- Numbers ---- */

struct sx_reals sx_ml_tensor(struct sx_lowering *l, const char *name)
{
    struct sx_reals none = {0};
    struct sx_value value = sx_attr_tensor(l, name);
    if (value.node == SX_NONE)
        return none;
    struct sx_shape shape = sx_shape_of(l->g, value.node);
    struct sx_tensor t = {.type = l->g->node[value.node].type, .shape = shape};
    memcpy(&t.data, &l->g->node[value.node].data, sizeof t.data);
    double *v = sx_scratch(l, (size_t)sx_count(&shape) + 1, sizeof *v);
    for (int64_t i = 0; v != NULL && i < sx_count(&shape); i++)
        v[i] = sx_tensor_get(&t, i);
    return (struct sx_reals){v != NULL, v != NULL ? (int)sx_count(&shape) : 0, v};
}

struct sx_reals sx_ml_numbers(struct sx_lowering *l, const char *name)
{
    char as_tensor[64];
    struct sx_reals list = sx_attr_floats(l, name);
    snprintf(as_tensor, sizeof as_tensor, "%s_as_tensor", name);
    return list.n > 0 || sx_attr(l, as_tensor) == NULL ? list : sx_ml_tensor(l, as_tensor);
}

#define ML "ai.onnx.ml"
const struct sx_lowering_row sx_lower_classical[] = {
    {ML, "LinearRegressor", 1, 0, 1, 1, lower_linear_regressor, 0, true},
    {ML, "LinearClassifier", 1, 0, 1, 1, lower_linear_classifier, 0, true},
    {0},
};
