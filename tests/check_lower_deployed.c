/* check_lower_deployed.c - quantised operators of com.microsoft, small element types, ai.onnx.ml. */
#include <math.h>

#include "lowering.h"
#include "suite.h"

#define MS "com.microsoft:"
#define ML "ai.onnx.ml:"

START_TEST(quantised)
{
    static const struct lc cases[] = {
        {17,
         MS "QLinearAdd",
         NULL,
         {"uint8 2: 10 20", "f!: 0.5", "uint8!: 0", "uint8!2: 4 6", "f!: 0.25", "uint8!: 0",
          "f!: 0.5", "uint8!: 1"},
         {"uint8 2: 13 24"}},
        {17,
         MS "QLinearMul",
         NULL,
         {"int8 2: 10 -20", "f!: 0.5", "int8!: 0", "int8!2: 4 6", "f!: 0.25", "int8!: 2",
          "f!: 0.5", "int8!: 1"},
         {"int8 2: 6 -19"}},
        {17,
         MS "QLinearLeakyRelu",
         "alpha=0.5",
         {"int8 2: 8 -8", "f!: 0.5", "int8!: 0", "f!: 1", "int8!: 1"},
         {"int8 2: 5 -1"}},
        {17,
         MS "QLinearSigmoid",
         NULL,
         {"uint8 2: 128 255", "f!: 1", "uint8!: 128", "f!: 0.00390625", "uint8!: 0"},
         {"uint8 2: 128 255"}},
        {17,
         MS "QLinearSoftmax",
         "axis=1 opset=13",
         {"int8 1x2: 3 3", "f!: 0.5", "int8!: 0", "f!: 0.25", "int8!: 0"},
         {"int8 1x2: 2 2"}},
        {17,
         MS "QLinearGlobalAveragePool",
         "channels_last=1",
         {"uint8 1x2x1x2: 2 8 4 8", "f!: 0.5", "uint8!: 0", "f!: 0.5", "uint8!: 1"},
         {"uint8 1x1x1x2: 4 9"}},
        {17,
         MS "QLinearAveragePool",
         "kernel_shape=1,2",
         {"uint8 1x1x1x3: 2 4 8", "f!: 1", "uint8!: 0", "f!: 1", "uint8!: 0"},
         {"uint8 1x1x1x2: 3 6"}},
        /* the part of the last window that ceil_mode adds counts */
        {17,
         MS "QLinearAveragePool",
         "kernel_shape=1,2 strides=1,2 ceil_mode=1 count_include_pad=1",
         {"uint8 1x1x1x3: 2 4 8", "f!: 1", "uint8!: 0", "f!: 1", "uint8!: 0"},
         {"uint8 1x1x1x2: 3 4"}},
        {17,
         MS "MatMulInteger16",
         NULL,
         {"int16 1x2: 300 -2", "int16 2x1: 200 5"},
         {"int32 1x1: 59990"}},
        {17,
         MS "QLinearConcat",
         "axis=0",
         {"f!: 1", "uint8!: 1", "uint8 1: 4", "f!: 0.5", "uint8!: 0", "uint8 1: 7", "f!: 1",
          "uint8!: 7"},
         {"uint8 2: 3 1"}},
        {17,
         MS "QGemm",
         "transB=1",
         {"int8 1x2: 1 -3", "f!: 0.5", "int8!: 1", "int8!2x2: 1 2 3 4", "f!: 2", "int8!: 0",
          "int32!2: 10 20"},
         {"f1x2: 2 4"}},
        {17,
         MS "MatMulIntegerToFloat",
         NULL,
         {"int8 1x2: 1 -3", "int8!2x2: 1 2 3 4", "f!: 0.5", "f!2: 2 4", "-", "-", "f!2: 1 1"},
         {"f1x2: -7 -19"}},
        {17,
         MS "DynamicQuantizeMatMul",
         NULL,
         {"f1x2: 0 255", "int8!2x1: 3 2", "f!: 0.5"},
         {"f1x1: 255"}},
        {11, "DynamicQuantizeLinear", NULL, {"f2: 0 0"}, {"uint8 2: 0 0", "f: 1", "uint8: 0"}},
        {11,
         "DynamicQuantizeLinear",
         NULL,
         {"f3: 0.5 1 2.55"}, /* the range always contains 0 */
         {"uint8 3: 50 100 255", "f: 0.01", "uint8: 0"}},
        {11,
         "DynamicQuantizeLinear",
         NULL,
         {"f3: -0.5 -1 -2.55"},
         {"uint8 3: 205 155 0", "f: 0.01", "uint8: 255"}},
    };
    LC_RUN(cases);
}
END_TEST

START_TEST(operators_of_late_opsets)
{
    static const struct lc cases[] = {
        {26, "BitCast", "to=6", {"f2: 1 -2"}, {"int32 2: 1065353216 -1073741824"}},
        {26, "BitCast", "to=12", {"f1: -2"}, {"uint32 1: 3221225472"}},
        {26, "BitCast", "to=1", {"int32 1: -1073741824"}, {"f1: -2"}},
        {26, "BitCast", "to=2", {"int8 1: -1"}, {"uint8 1: 255"}},
        {26, "BitCast", "to=2", {"b2: 1 0"}, {"uint8 2: 1 0"}},
        {26, "BitCast", "to=9", {"uint8 2: 0 1"}, {"b2: 0 1"}},
        {26, "BitCast", "to=7", {"d1: 1"}, {"i1: 4607182418800017408"}},
        {26, "BitCast", "to=7", {"f1: 1"}, {"refused: int64 does not have the bits of float"}},
        {26, "CumProd", "exclusive=1 reverse=1", {"f3: 2 3 4", "i!: 0"}, {"f3: 12 4 1"}},
        {24,
         "TensorScatter",
         "mode='circular'",
         {"f1x3x1: 1 2 3", "f1x2x1: 8 9", "i!1: 2"},
         {"f1x3x1: 9 2 8"}},
        {24,
         "TensorScatter",
         NULL,
         {"f2x3x1: 1 2 3 4 5 6", "f2x1x1: 8 9", "i2: 2 0"},
         {"f2x3x1: 1 2 8 9 5 6"}},
    };
    LC_RUN(cases);
}
END_TEST

#define MACHINE                                                                                \
    "vectors_per_class=1,1 support_vectors=1.0,0.0,0.0,1.0 coefficients=1.0,-1.0 rho=[0.5] "   \
    "classlabels_ints=7,9 "
#define THREE                                                                                     \
    "vectors_per_class=1,1,1 support_vectors=1.0,0.0,-1.0 coefficients=1.0,2.0,3.0,-1.0,1.0,0.0 " \
    "rho=0.0,0.5,-0.5 classlabels_ints=7,9,8 "

/* At (2, 1) the decision is 2 - 1 + 0.5, for the first class. */
START_TEST(support_vectors)
{
    static const struct lc cases[] = {
        {17, ML "SVMClassifier", MACHINE, {"f1x2: 2 1"}, {"i1: 7", "f1x2: -1.5 1.5"}},
        {17,
         ML "SVMClassifier",
         MACHINE "post_transform='LOGISTIC'",
         {"f1x2: 2 1"},
         {"i1: 7", "f1x2: 0.182425524 0.817574476"}},
        {17,
         ML "SVMClassifier",
         MACHINE "post_transform='SOFTMAX'",
         {"f1x2: 2 1"},
         {"i1: 7", "f1x2: -0.5 1.5"}},
        {17,
         ML "SVMClassifier",
         MACHINE "prob_a=[-1.0] prob_b=[0.0]",
         {"f1x2: 2 1"},
         {"i1: 7", "f1x2: 0.817574476 0.182425524"}},
        /* the kernels are 2, 0 and -2 */
        {17, ML "SVMClassifier", THREE, {"f1x1: 2"}, {"i1: 8", "f1x3: 2 -7.5 -0.5"}},
        {17,
         ML "SVMClassifier",
         "coefficients=1.0,0.0,0.0,2.0 rho=[0.25] classlabels_ints=7,9",
         {"f1x2: 2 3"},
         {"i1: 9", "f1x2: 2.25 6.25"}},
        /* three classes: the method of Wu, Lin and Weng, as libsvm stops it */
        {17,
         ML "SVMClassifier",
         THREE "prob_a=-0.5,-0.2,-1.0 prob_b=0.1,-0.3,0.25",
         {"f1x1: 2"},
         {"i1: 8", "f1x3: 0.226793058194 0.189464552855 0.583742388952"}},
        {17,
         ML "SVMClassifier",
         MACHINE "prob_a=-1.0,2.0 prob_b=[0.0]",
         {"f1x2: 2 1"},
         {"refused: do not fit"}},
    };
    LC_RUN(cases);
}
END_TEST

/* The tests of the tree: if x0 <= 0.1, then x1 > 0.2, else x2 is 1 or 2. */
START_TEST(trees_of_version_5)
{
    struct tm_model *m = tm_new(21);
    tm_domain(m, "ai.onnx.ml", 5);
    tm_input(m, "x", SX_FLOAT, 2, (int64_t[]){4, 3});
    tm_node(m, ML "TreeEnsemble", "x", "y",
            "nodes_featureids=0,1,2 nodes_truenodeids=1,0,2 nodes_trueleafs=0,1,1 "
            "nodes_falsenodeids=2,1,3 nodes_falseleafs=0,1,1 tree_roots=[0] "
            "leaf_targetids=0,0,0,0 n_targets=1");
    tm_attr_tensor(m, "nodes_splits", SX_FLOAT, 1, (int64_t[]){3}, (float[]){0.1F, 0.2F, 0});
    tm_attr_tensor(m, "nodes_modes", SX_INT, 1, (int64_t[]){3}, (int64_t[]){0, 3, 6});
    tm_attr_tensor(m, "leaf_weights", SX_FLOAT, 1, (int64_t[]){4},
                   (float[]){0.5F, -1.5F, 2.25F, 0.25F});
    tm_attr_tensor(m, "membership_values", SX_FLOAT, 1, (int64_t[]){3}, (float[]){1, 2, NAN});
    tm_output(m, "y");
    lc_gives(m, (const char *const[]){"f4x3: 0 0.3 5   0 0.2 5   1 0 2   1 0 3", NULL},
             (const char *const[]){"f4x1: 0.5 -1.5 2.25 0.25", NULL});
}
END_TEST

START_TEST(classical)
{
    static const struct lc cases[] = {
        {17, ML "Scaler", "offset=1.0,2.0 scale=2.0,0.5", {"f1x2: 3 6"}, {"f1x2: 4 2"}},
        {17, ML "Scaler", "offset=[1.0] scale=[2.0]", {"i1x2: 3 6"}, {"f1x2: 4 10"}},
        {17, ML "Normalizer", "norm='L2'", {"f2x2: 3 4 0 0"}, {"f2x2: 0.6 0.8 0 0"}},
        {17, ML "Normalizer", "norm='L1'", {"f1x2: 3 -1"}, {"f1x2: 0.75 -0.25"}},
        {17, ML "Normalizer", NULL, {"f1x2: 2 4"}, {"f1x2: 0.5 1"}},
        {17,
         ML "Imputer",
         "imputed_value_floats=7.0,8.0 replaced_value_float=nan",
         {"f1x2: nan 1"},
         {"f1x2: 7 1"}},
        {17,
         ML "Imputer",
         "imputed_value_int64s=[5] replaced_value_int64=-1",
         {"i1x2: -1 2"},
         {"i1x2: 5 2"}},
        {17, ML "Binarizer", "threshold=0.5", {"f1x2: 0.5 0.6"}, {"f1x2: 0 1"}},
        {17, ML "OneHotEncoder", "cats_int64s=1,3", {"i2: 3 5"}, {"f2x2: 0 1 0 0"}},
        {17, ML "FeatureVectorizer", NULL, {"f1x2: 1 2", "i1: 3"}, {"f1x3: 1 2 3"}},
        {17,
         ML "FeatureVectorizer",
         "inputdimensions=1,3",
         {"f2x2: 1 2 3 4", "f2x1: 5 6"},
         {"f2x4: 1 5 0 0 3 6 0 0"}},
        {17,
         ML "FeatureVectorizer",
         "inputdimensions=[1]",
         {"f1x2: 1 2", "i1: 3"},
         {"refused: 1 inputdimensions for 2 inputs"}},
        {17, ML "ArrayFeatureExtractor", NULL, {"f1x3: 5 6 7", "i!2: 2 0"}, {"f1x2: 7 5"}},
        {17,
         ML "LinearRegressor",
         "coefficients=1.0,2.0,0.0,-1.0 intercepts=0.5,0.0 targets=2",
         {"f1x2: 1 3"},
         {"f1x2: 7.5 -3"}},
        {17,
         ML "LinearRegressor",
         "coefficients=[1.0] post_transform='PROBIT'",
         {"f3x1: 0.5 0.9 0.25"},
         {"f3x1: 0 1.281712392 -0.674573966"}},
        /* a single score is not changed, as in ONNX Runtime */
        {17,
         ML "LinearRegressor",
         "coefficients=[1.0] post_transform='LOGISTIC'",
         {"f1x1: 3"},
         {"f1x1: 3"}},
        {17,
         ML "LinearClassifier",
         "coefficients=1.0,1.0 classlabels_ints=5,9 post_transform='SOFTMAX'",
         {"f1x2: 0.5 0.25"},
         {"i1: 9", "f1x2: 0.25 0.75"}},
        {17,
         ML "LinearClassifier",
         "coefficients=1.0,0.0,0.0,1.0 intercepts=0.0,0.5 classlabels_ints=5,9",
         {"f2x2: 0 0 2 1"},
         {"i2: 9 5", "f2x2: 0 0.5 2 1.5"}},
        {17,
         ML "LinearClassifier",
         "coefficients=1.0,1.0 classlabels_ints=5,9",
         {"f1x2: 1 1"},
         {"i1: 9", "f1x2: -1 2"}},
        {17,
         ML "SVMRegressor",
         "n_supports=1 support_vectors=0.0,1.0 coefficients=[2.0] rho=[0.5] kernel_type='RBF' "
         "kernel_params=1.0,0.0,3.0",
         {"f1x2: 0 1"},
         {"f1x1: 2.5"}},
        {17,
         ML "SVMRegressor",
         "n_supports=0 coefficients=2.0,-1.0 rho=[0.5] one_class=1",
         {"f2x2: 0 1 1 1"},
         {"f2x1: -1 1"}},
    };
    LC_RUN(cases);
}
END_TEST

/* NaN is a key from opset 4 on. */
START_TEST(keys)
{
    for (int64_t opset = 2; opset <= 4; opset += 2) {
        struct tm_model *m = tm_new(17);
        tm_domain(m, "ai.onnx.ml", opset);
        lc_constant(m, "x", "f4: 2.5 7 nan 1.5");
        tm_node(m, ML "LabelEncoder", "x", "y",
                "keys_floats=1.5,2.5,nan values_int64s=10,20,30 default_int64=-7");
        tm_output(m, "y");
        lc_gives(
            m, NULL,
            (const char *const[]){opset == 2 ? "i4: 20 -7 -7 10" : "i4: 20 -7 30 10", NULL});
    }
}
END_TEST

/* Two trees. The first: x0 <= 1 gives 10, else x1 > 0 gives 2, else 3. The second is a leaf of
 * 100. */
#define TREES                                                                                  \
    "nodes_treeids=0,0,0,0,0,1 nodes_nodeids=0,1,2,3,4,0 nodes_featureids=0,0,1,0,0,0 "        \
    "nodes_modes='BRANCH_LEQ','LEAF','BRANCH_GT','LEAF','LEAF','LEAF' "                        \
    "nodes_values=1.0,0.0,0.0,0.0,0.0,0.0 nodes_truenodeids=1,0,3,0,0,0 "                      \
    "nodes_falsenodeids=2,0,4,0,0,0 nodes_missing_value_tracks_true=1,0,0,0,0,0 "
#define TARGETS(kind, ids)                                                                     \
    kind "_treeids=1,0,0,0 " kind "_nodeids=0,4,3,1 " kind "_ids=" ids " " kind                \
         "_weights=100.0,3.0,2.0,10.0 "

START_TEST(trees)
{
    static const struct lc cases[] = {
        {17,
         ML "TreeEnsembleRegressor",
         TREES TARGETS("target", "0,0,0,0") "base_values=[0.5] n_targets=1",
         {"f4x2: 1 0 2 1 2 0 nan 0"},
         {"f4x1: 110.5 102.5 103.5 110.5"}},
        {17,
         ML "TreeEnsembleRegressor",
         TREES TARGETS("target", "1,0,0,0") "n_targets=2 aggregate_function='AVERAGE'",
         {"f1x2: 1 0"},
         {"f1x2: 5 50"}},
        {17,
         ML "TreeEnsembleRegressor",
         TREES TARGETS("target", "0,0,0,0") "n_targets=1 aggregate_function='MIN'",
         {"f1x2: 2 0"},
         {"f1x1: 3"}},
        {17,
         ML "TreeEnsembleClassifier",
         TREES TARGETS("class", "0,1,1,2") "classlabels_int64s=4,5,6",
         {"f1x2: 2 1"},
         {"i1: 4", "f1x3: 100 2 0"}},
        {17,
         ML "TreeEnsembleClassifier",
         TREES TARGETS("class", "0,0,0,0") "classlabels_int64s=4,5",
         {"f1x2: 2 1"},
         {"i1: 5", "f1x2: -101 102"}},
        {17,
         ML "TreeEnsembleRegressor",
         "nodes_treeids=[0] nodes_nodeids=[0] nodes_featureids=[0] nodes_modes='BRANCH_LEQ' "
         "nodes_values=[0.0] nodes_truenodeids=[7] nodes_falsenodeids=[0] target_treeids=[0] "
         "target_nodeids=[0] target_ids=[0] target_weights=[1.0] n_targets=1",
         {"f1x1: 0"},
         {"refused: node 0 leads to none"}},
    };
    LC_RUN(cases);
}
END_TEST

/* Only class 1 has scores. If no leaf is negative, the score is a probability, and the class is
 * chosen from 0.5 on; otherwise from 0 on. */
START_TEST(stumps)
{
#define STUMP(weights)                                                                         \
    17, "ai.onnx.ml:TreeEnsembleClassifier",                                                   \
        "nodes_treeids=0,0,0 nodes_nodeids=0,1,2 nodes_featureids=0,0,0 "                      \
        "nodes_modes='BRANCH_LEQ','LEAF','LEAF' nodes_values=0.0,0.0,0.0 "                     \
        "nodes_truenodeids=1,0,0 nodes_falsenodeids=2,0,0 class_treeids=0,0 "                  \
        "class_nodeids=1,2 class_ids=1,1 classlabels_int64s=4,5 class_weights=" weights
    static const struct lc cases[] = {
        {STUMP("0.25,0.75"), {"f1x1: -1"}, {"i1: 4", "f1x2: 0 0.25"}},
        {STUMP("0.25,0.75"), {"f1x1: 1"}, {"i1: 5", "f1x2: 0 0.75"}},
        {STUMP("-0.25,0.25"), {"f1x1: -1"}, {"i1: 4", "f1x2: 0 -0.25"}},
        {STUMP("-0.25,0.25"), {"f1x1: 1"}, {"i1: 5", "f1x2: 0 0.25"}}};
    LC_RUN(cases);
}
END_TEST

/* A byte holds two elements, the first in its low bits. Each block of two elements has a scale. */
START_TEST(four_bits)
{
    struct tm_model *m = tm_new(21);
    tm_input(m, "x", SX_FLOAT, 1, (int64_t[]){1});
    tm_raw(m, "w", 22, 1, (int64_t[]){3}, "\x7f\x08", 2); /* the elements -1, 7, -8 */
    tm_const(m, "scale", SX_FLOAT, 1, (int64_t[]){2}, (float[]){1, 0.5f});
    tm_node(m, "DequantizeLinear", "w scale", "d", "axis=0 block_size=2");
    tm_node(m, "Mul", "x d", "y", NULL);
    tm_output(m, "y");
    lc_gives(m, (const char *const[]){"f1: 2", NULL},
             (const char *const[]){"f3: -2 14 -8", NULL});
}
END_TEST

START_TEST(eight_bits)
{
    static const struct {
        int type;
        const char *bytes, *values;
    } cases[] = {{17, "\x38\x81\x7e", "f3: 2 -0.00390625 896"},
                 {18, "\x40\x81\x7f", "f3: 2 -0.001953125 480"},
                 {19, "\x3c\x81\x7b", "f3: 2 -0.000030517578125 114688"},
                 {20, "\x40\x81\x7f", "f3: 2 -0.0000152587890625 114688"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tm_model *m = tm_new(21);
        tm_input(m, "x", SX_FLOAT, 1, (int64_t[]){1});
        tm_raw(m, "w", cases[i].type, 1, (int64_t[]){3}, cases[i].bytes, 3);
        tm_node(m, "Cast", "w", "d", "to=1");
        tm_node(m, "Mul", "x d", "y", NULL);
        tm_output(m, "y");
        lc_gives(m, (const char *const[]){"f1: 2", NULL},
                 (const char *const[]){cases[i].values, NULL});
    }
}
END_TEST

int main(void)
{
    TCase *c = suite_case("deployed");
    SUITE_ADD(c, quantised, operators_of_late_opsets, classical, keys, trees, stumps, four_bits,
              eight_bits, support_vectors, trees_of_version_5);
    return suite_run();
}
