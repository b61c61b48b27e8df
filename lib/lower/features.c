/* features.c - lowering of what ai.onnx.ml does to features: scaled, filled in, put together. */
#include <math.h>

#include "lower/tables.h"

/* A list of numbers, one for each feature or one for all, as [n] or a scalar. */
static int per_feature(struct sx_lowering *l, const struct sx_reals *list, int64_t features)
{
    if (list->n != 1 && list->n != features) {
        sx_reject(l, "%d numbers for %lld features", list->n, (long long)features);
        return SX_NONE;
    }
    struct sx_shape shape = {list->n == 1 ? 0 : 1, {list->n}};
    return sx_real_const(l->g, &shape, list->v);
}

static int64_t feature_count(const struct sx_lowering *l)
{
    struct sx_shape x = sx_arg_shape(l, 0);
    return x.rank > 0 ? x.dim[x.rank - 1] : 1;
}

static int real_input(struct sx_lowering *l)
{
    return sx_cast(l->g, sx_arg(l, 0), l->g->real);
}

static bool lower_scaler(struct sx_lowering *l)
{
    struct sx_reals offset = sx_attr_floats(l, "offset"), scale = sx_attr_floats(l, "scale");
    int64_t n = feature_count(l);
    int x = real_input(l);
    if (offset.n > 0)
        x = sx_sub(l->g, x, per_feature(l, &offset, n));
    if (scale.n > 0)
        x = sx_mul(l->g, x, per_feature(l, &scale, n));
    return sx_give_as(l, 0, x, SX_ONNX_FLOAT);
}

/* Rows divided by their norm; those of norm 0 stay. */
static bool lower_normalizer(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    int norm = sx_attr_word(l, "norm", "MAX L1 L2", 0), x = real_input(l), size;
    struct sx_shape shape = sx_shape_of(g, x);
    int axis = shape.rank - 1;
    if (axis < 0)
        return sx_reject(l, "a scalar has no rows");
    if (norm == 0)
        size = sx_reduce_max(g, x, &axis, 1);
    else if (norm == 1)
        size = sx_sum(g, sx_unary(g, SX_ABS, x), &axis, 1);
    else
        size = sx_safe_sqrt(g, sx_sum(g, sx_mul(g, x, x), &axis, 1));
    int empty = sx_binary(g, SX_EQUAL, size, sx_scalar(g, 0));
    return sx_give_as(l, 0, sx_div(g, x, sx_where(g, empty, sx_scalar(g, 1), size)),
                      SX_ONNX_FLOAT);
}

/* Whole numbers in place of one of them, or reals in place of NaN or a number. */
static bool lower_imputer(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    int64_t n = feature_count(l);
    int x = sx_arg(l, 0);
    if (!sx_arg_real(l, 0)) {
        struct sx_ints fill = sx_attr_ints(l, "imputed_value_int64s");
        if (fill.n != 1 && fill.n != n)
            return sx_reject(l, "%d numbers for %lld features", fill.n, (long long)n);
        int old = sx_scalar_int(g, sx_attr_int(l, "replaced_value_int64", 0));
        return sx_give(
            l, sx_where(g, sx_binary(g, SX_EQUAL, x, old), sx_ints(g, fill.n, fill.v), x));
    }
    struct sx_reals fill = sx_attr_floats(l, "imputed_value_floats");
    double old = sx_attr_float(l, "replaced_value_float", 0);
    int missing =
        isnan(old) ? sx_unary(g, SX_ISNAN, x) : sx_binary(g, SX_EQUAL, x, sx_scalar(g, old));
    return sx_give(l, sx_where(g, missing, per_feature(l, &fill, n), x));
}

static bool lower_binarizer(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    int limit = sx_scalar(g, sx_attr_float(l, "threshold", 0));
    return sx_give(l, sx_cast(g, sx_binary(g, SX_LESS, limit, real_input(l)), g->real));
}

/* A new last axis with a place for each category; what is none of them is all 0. */
static bool lower_one_hot(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_ints category = sx_attr_ints(l, "cats_int64s");
    struct sx_shape x = sx_arg_shape(l, 0);
    int64_t dims[SX_MAX_RANK];
    if (category.n < 1 || x.rank >= SX_MAX_RANK)
        return sx_reject(l, "categories that are no integers are not supported");
    for (int i = 0; i < x.rank; i++)
        dims[i] = x.dim[i];
    dims[x.rank] = 1;
    int value = sx_shaped(g, sx_cast(g, sx_arg(l, 0), SX_INT), x.rank + 1, dims);
    int same = sx_binary(g, SX_EQUAL, value, sx_ints(g, category.n, category.v));
    return sx_give_as(l, 0, sx_cast(g, same, g->real), SX_ONNX_FLOAT);
}

/* Columns side by side; a vector is one row. */
static bool lower_vectorizer(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    int *parts = sx_scratch(l, (size_t)l->n_in, sizeof *parts);
    for (int k = 0; k < l->n_in && parts != NULL; k++) {
        struct sx_shape x = sx_arg_shape(l, k);
        int64_t rows = x.rank > 1 ? x.dim[0] : 1, dims[] = {rows, sx_count(&x)};
        if (rows > 0)
            dims[1] /= rows;
        parts[k] = sx_shaped(g, sx_cast(g, sx_arg(l, k), g->real), 2, dims);
    }
    return parts != NULL && sx_give_as(l, 0, sx_concat(g, parts, l->n_in, 1), SX_ONNX_FLOAT);
}

static bool lower_extractor(struct sx_lowering *l)
{
    struct sx_shape x = sx_arg_shape(l, 0), index = sx_arg_shape(l, 1);
    int64_t n = sx_count(&index), row[] = {1, x.rank > 0 ? x.dim[x.rank - 1] : 1};
    int data = x.rank > 1 ? sx_arg(l, 0) : sx_shaped(l->g, sx_arg(l, 0), 2, row);
    int axis = x.rank > 1 ? x.rank - 1 : 1;
    int at = sx_index(l, sx_shaped(l->g, sx_arg(l, 1), 1, &n), row[1]);
    return sx_give(l, sx_take(l->g, data, at, axis, false));
}

/* Probabilities stay the tensor that they are. */
static bool lower_zipmap(struct sx_lowering *l)
{
    return sx_give(l, sx_arg(l, 0));
}

/* From integers to integers: keys and the values that they become. */
static bool lower_label_encoder(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_ints keys = sx_attr_ints(l, "keys_int64s");
    struct sx_ints ints = sx_attr_ints(l, "values_int64s");
    struct sx_reals reals = sx_attr_floats(l, "values_floats");
    int n = ints.n > 0 ? ints.n : reals.n, y;
    if (!keys.given || keys.n != n || g->node[sx_arg(l, 0)].type != SX_INT)
        return sx_reject(l, "only integers that become numbers are supported");
    y = ints.n > 0 ? sx_scalar_int(g, sx_attr_int(l, "default_int64", -1))
                   : sx_scalar(g, sx_attr_float(l, "default_float", 0));
    for (int k = n - 1; k >= 0; k--) {
        int value = ints.n > 0 ? sx_scalar_int(g, ints.v[k]) : sx_scalar(g, reals.v[k]);
        y = sx_where(g, sx_binary(g, SX_EQUAL, sx_arg(l, 0), sx_scalar_int(g, keys.v[k])),
                     value, y);
    }
    return sx_give_as(l, 0, y, ints.n > 0 ? SX_ONNX_INT64 : SX_ONNX_FLOAT);
}

#define ML "ai.onnx.ml"
const struct sx_lowering_row sx_lower_features[] = {
    {ML, "Scaler", 1, 0, 1, 1, lower_scaler, 0, true},
    {ML, "Normalizer", 1, 0, 1, 1, lower_normalizer, 0, true},
    {ML, "Imputer", 1, 0, 1, 1, lower_imputer, 0, true},
    {ML, "Binarizer", 1, 0, 1, 1, lower_binarizer, 0, false},
    {ML, "OneHotEncoder", 1, 0, 1, 1, lower_one_hot, 0, false},
    {ML, "FeatureVectorizer", 1, 0, 1, -1, lower_vectorizer, 0, true},
    {ML, "ArrayFeatureExtractor", 1, 0, 2, 2, lower_extractor, 0, true},
    {ML, "ZipMap", 1, 0, 1, 1, lower_zipmap, 0, true},
    {ML, "LabelEncoder", 2, 0, 1, 1, lower_label_encoder, 0, false},
    {0},
};
