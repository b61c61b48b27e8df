/* features.c - lowering of ai.onnx.ml's operators on features: scaling, imputing, joining, mapping. */
#include <math.h>
#include <string.h>

#include "lower/tables.h"

/* A list with one number per feature, or one for all, as [n] or a scalar. */
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

/* Normalizer: rows divided by their norm; rows of norm 0 are unchanged. */
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

/* Imputer: replaces one integer by others, or NaN or a number by reals. */
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

/* OneHotEncoder: a new last axis with an element per category; all are 0 for other values. */
static bool lower_one_hot(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    bool text = sx_arg_kind(l, 0) == SX_ONNX_STRING;
    struct sx_ints category =
        text ? sx_attr_texts(l, "cats_strings") : sx_attr_ints(l, "cats_int64s");
    struct sx_shape x = sx_arg_shape(l, 0);
    int64_t dims[SX_MAX_RANK];
    if (category.n < 1 || x.rank >= SX_MAX_RANK)
        return sx_reject(l, "there are no categories of the input's type");
    for (int i = 0; i < x.rank; i++)
        dims[i] = x.dim[i];
    dims[x.rank] = 1;
    int value = sx_shaped(g, sx_cast(g, sx_arg(l, 0), SX_INT), x.rank + 1, dims);
    int same = sx_binary(g, SX_EQUAL, value, sx_ints(g, category.n, category.v));
    return sx_give_as(l, 0, sx_cast(g, same, g->real), SX_ONNX_FLOAT);
}

/* The first `n` columns of a matrix, filled up with zeros. */
static int columns(struct sx_graph *g, int a, int64_t n)
{
    const int64_t start[SX_MAX_RANK] = {0}, step[SX_MAX_RANK] = {1, 1};
    struct sx_shape shape = sx_shape_of(g, a);
    if (shape.dim[1] >= n)
        return shape.dim[1] > n ? sx_slice_axis(g, a, 1, 0, n) : a;
    shape.dim[1] = n;
    return sx_embed(g, a, start, step, &shape);
}

/* FeatureVectorizer: joins columns, as many of each input as inputdimensions say; a vector is one row. */
static bool lower_vectorizer(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    int *parts = sx_scratch(l, (size_t)l->n_in, sizeof *parts);
    struct sx_ints width = sx_attr_ints(l, "inputdimensions");
    if (width.given && width.n != l->n_in)
        return sx_reject(l, "%d inputdimensions for %d inputs", width.n, l->n_in);
    for (int k = 0; k < l->n_in && parts != NULL; k++) {
        struct sx_shape x = sx_arg_shape(l, k);
        int64_t rows = x.rank > 1 ? x.dim[0] : 1, dims[] = {rows, sx_count(&x)};
        if (rows > 0)
            dims[1] /= rows;
        parts[k] = sx_shaped(g, sx_cast(g, sx_arg(l, k), g->real), 2, dims);
        if (width.given && (width.v[k] < 0 || width.v[k] > INT32_MAX))
            return sx_reject(l, "inputdimensions: %lld", (long long)width.v[k]);
        if (width.given)
            parts[k] = columns(g, parts[k], width.v[k]);
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

/* ZipMap: returns the tensor of probabilities unchanged. */
static bool lower_zipmap(struct sx_lowering *l)
{
    return sx_give(l, sx_arg(l, 0));
}

/* ---- Tables ---- */

/* Keys or values of a table: a vector of the ONNX type `kind`. */
struct column {
    int node, kind, n;
};

/* Reads a list attribute, whose name has a suffix for its type, or the tensor attribute without
 * suffix. */
static bool read_column(struct sx_lowering *l, const char *stem, struct column *c)
{
    static const char *const suffix[] = {"strings", "int64s", "floats", "tensor"};
    static const int kind[] = {SX_ONNX_STRING, SX_ONNX_INT64, SX_ONNX_FLOAT};
    for (int i = 0; i < 4; i++) {
        char name[40];
        snprintf(name, sizeof name, "%s_%s", stem, suffix[i]);
        if (sx_attr(l, name) == NULL)
            continue;
        struct sx_ints ints = {0};
        struct sx_reals reals = {0};
        if (i == 3) {
            struct sx_value t = sx_attr_tensor(l, name);
            struct sx_shape shape = sx_shape_of(l->g, t.node);
            int64_t n = sx_count(&shape);
            *c = (struct column){sx_shaped(l->g, t.node, 1, &n), t.kind, (int)n};
            return t.node != SX_NONE;
        }
        if (i == 2)
            reals = sx_attr_floats(l, name);
        else
            ints = i == 0 ? sx_attr_texts(l, name) : sx_attr_ints(l, name);
        struct sx_shape shape = {1, {reals.n}};
        *c = (struct column){i == 2 ? sx_real_const(l->g, &shape, reals.v)
                                    : sx_ints(l->g, ints.n, ints.v),
                             kind[i], i == 2 ? reals.n : ints.n};
        return true;
    }
    return sx_reject(l, "%s_strings, %s_int64s and %s_floats are missing", stem, stem, stem);
}

/* The default for values that are no key, by the type of the values. */
static int fallback(struct sx_lowering *l, int kind, const char *text)
{
    if (sx_attr(l, "default_tensor") != NULL)
        return sx_shaped(l->g, sx_attr_tensor(l, "default_tensor").node, 0, NULL);
    if (kind == SX_ONNX_FLOAT || kind == SX_ONNX_DOUBLE)
        return sx_scalar(l->g, sx_attr_float(l, "default_float", 0));
    if (kind != SX_ONNX_STRING)
        return sx_scalar_int(l->g, sx_attr_int(l, "default_int64", -1));
    const char *given = sx_attr_string(l, "default_string", 0);
    text = given != NULL ? given : text;
    return sx_scalar_int(l->g, sx_text_number(l, text, strlen(text)));
}

/* Maps the elements of x by the table. From opset 4 on NaN is a key like others. */
static bool give_mapped(struct sx_lowering *l, const struct column *keys,
                        const struct column *values, const char *text)
{
    struct sx_graph *g = l->g;
    struct sx_shape x = sx_arg_shape(l, 0);
    int64_t dims[SX_MAX_RANK];
    int last = x.rank, is_text = sx_arg_kind(l, 0) == SX_ONNX_STRING;
    if (keys->n != values->n || keys->n < 1 || x.rank >= SX_MAX_RANK ||
        is_text != (keys->kind == SX_ONNX_STRING) ||
        g->node[sx_arg(l, 0)].type != g->node[keys->node].type)
        return sx_reject(l, "%d keys for %d values, or of another type than the input", keys->n,
                         values->n);
    memcpy(dims, x.dim, sizeof dims);
    dims[last] = 1;
    int apart = sx_shaped(g, sx_arg(l, 0), last + 1, dims);
    int same = sx_binary(g, SX_EQUAL, apart, keys->node);
    if (sx_is_real(g->node[apart].type) && l->opset >= 4)
        same = sx_binary(g, SX_OR, same,
                         sx_binary(g, SX_AND, sx_unary(g, SX_ISNAN, apart),
                                   sx_unary(g, SX_ISNAN, keys->node)));
    int hit = sx_cast(g, same, g->real);
    int at = sx_shaped(g, sx_argmax(g, hit, last, false), last, x.dim);
    int any = sx_shaped(g, sx_cast(g, sx_reduce_max(g, hit, &last, 1), SX_BOOL), last, x.dim);
    int y = sx_where(g, any, sx_take(g, values->node, at, 0, false),
                     fallback(l, values->kind, text));
    return sx_give_as(l, 0, y, values->kind);
}

static bool lower_label_encoder(struct sx_lowering *l)
{
    struct column keys, values;
    return read_column(l, "keys", &keys) && read_column(l, "values", &values) &&
           give_mapped(l, &keys, &values, "_Unused");
}

/* CategoryMapper and LabelEncoder of texts and integers, in either direction. Numbers are given, or
 * count from 0. */
static bool lower_categories(struct sx_lowering *l)
{
    const char *const lists[2][2] = {{"cats_strings", "cats_int64s"}, {"classes_strings", ""}};
    const char *const *names = lists[l->row->arg];
    struct sx_ints text = sx_attr_texts(l, names[0]), number = {0};
    if (*names[1] != '\0')
        number = sx_attr_ints(l, names[1]);
    int numbers = number.given ? sx_ints(l->g, number.n, number.v) : sx_iota(l->g, text.n);
    struct column a = {sx_ints(l->g, text.n, text.v), SX_ONNX_STRING, text.n};
    struct column b = {numbers, SX_ONNX_INT64, number.given ? number.n : text.n};
    return sx_arg_kind(l, 0) == SX_ONNX_STRING ? give_mapped(l, &a, &b, "_Unused")
                                               : give_mapped(l, &b, &a, "_Unused");
}

/* CastMap: a map is the tensor of its values in the order of its keys. */
static bool lower_cast_map(struct sx_lowering *l)
{
    static const int kinds[] = {SX_ONNX_FLOAT, SX_ONNX_INT64};
    int to = sx_attr_word(l, "cast_to", "TO_FLOAT TO_INT64", 0);
    if (sx_attr_word(l, "map_form", "DENSE SPARSE", 0) != 0)
        return sx_reject(l, "map_form SPARSE is not supported");
    return sx_give_as(l, 0, sx_convert(l, sx_arg(l, 0), kinds[to]), kinds[to]);
}

static bool lower_dict_vectorizer(struct sx_lowering *l)
{
    struct sx_ints text = sx_attr_texts(l, "string_vocabulary");
    struct sx_ints number = sx_attr_ints(l, "int64_vocabulary");
    struct sx_shape x = sx_arg_shape(l, 0);
    int64_t n = text.given ? text.n : number.n, have = x.rank > 0 ? x.dim[x.rank - 1] : 1;
    if (n != have)
        return sx_reject(l, "a vocabulary of %lld for a map of %lld", (long long)n,
                         (long long)have);
    return sx_give(l, sx_arg(l, 0));
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
    {ML, "LabelEncoder", 1, 1, 1, 1, lower_categories, 1, false},
    {ML, "CategoryMapper", 1, 0, 1, 1, lower_categories, 0, false},
    {ML, "CastMap", 1, 0, 1, 1, lower_cast_map, 0, true},
    {ML, "DictVectorizer", 1, 0, 1, 1, lower_dict_vectorizer, 0, true},
    {0},
};
