/* check_lower_edges.c - the edges of operators: attributes that are left out, both sides of limits,
 * ties, types of two bits, windows of even length. The values follow from the definitions. */
#include <stdio.h>
#include <string.h>

#include "lowering.h"
#include "suite.h"

#define MS "com.microsoft:"
#define ML "ai.onnx.ml:"

/* ---- Attributes that are left out ---- */

START_TEST(defaults)
{
    static const struct lc cases[] = {
        {17, MS "UnfoldTensor", "size=2", {"f2x3: 1 2 3 4 5 6"}, {"f2x2x2: 1 2 2 3 4 5 5 6"}},
        {17, MS "QuickGelu", NULL, {"f2: 1 -1"}, {"f2: 0.845795765 -0.154204235"}},
        {17,
         MS "MatMulBnb4",
         "K=2 N=1 block_size=16",
         {"f1x2: 1 -1", "uint8!1: 15", "f!1: 3"},
         {"f1x1: -6"}},
        {17,
         MS "CausalConvWithState",
         NULL,
         {"f1x1x3: 1 2 3", "f1x1x2: 10 1"},
         {"f1x1x3: 1 12 23", "f1x1x1: 3"}},
        {17,
         MS "GroupNorm",
         "groups=1",
         {"f1x1x1x2: 1 3", "f2: 1 2", "f2: 0 5"},
         {"f1x1x1x2: -0.999995000 6.999990000"}},
        {17, ML "Imputer", "imputed_value_int64s=[5]", {"i1x2: 0 -1"}, {"i1x2: 5 -1"}},
        {17, ML "Imputer", "imputed_value_floats=[5.0]", {"f1x2: 0 -1"}, {"f1x2: 5 -1"}},
        {17, ML "Binarizer", NULL, {"f1x3: -1 0 1"}, {"f1x3: 0 0 1"}},
        {17, ML "Normalizer", NULL, {"f1x2: -4 2"}, {"f1x2: -2 1"}},
        {13, "ThresholdedRelu", NULL, {"f3: 0.5 1 2"}, {"f3: 0 0 2"}},
        {13, "Shrink", NULL, {"f4: -1 -0.5 0.5 1"}, {"f4: -1 0 0 1"}},
        {13, "Celu", NULL, {"f2: -1 3"}, {"f2: -0.632120558828558 3"}},
        {13, "LRN", "size=1", {"f1x1x1: 100"}, {"f1x1x1: 59.4603557501361"}},
        {13, "LpNormalization", NULL, {"f2x2: 3 4 0 2"}, {"f2x2: 0.6 0.8 0 1"}},
        {14, "Trilu", NULL, {"f2x2: 1 2 3 4"}, {"f2x2: 1 2 0 4"}},
        {11, "OneHot", NULL, {"i2: 0 1", "i!: 2", "f2: 3 7"}, {"f2x2: 7 3 3 7"}},
        {17, "HannWindow", NULL, {"i!: 4"}, {"f4: 0 0.5 1 0.5"}},
        {17, "BlackmanWindow", NULL, {"i!: 2"}, {"f2: 0 1"}},
        {20,
         "AffineGrid",
         NULL,
         {"f1x2x3: 1 0 0 0 1 0", "i!4: 1 1 1 2"},
         {"f1x1x2x2: -0.5 0 0.5 0"}},
    };
    LC_RUN(cases);
}
END_TEST

/* The block_size of GatherBlockQuantized is 128. Each byte of 153 holds 9 twice, and the zero
 * point is 8. */
START_TEST(default_block)
{
    char bytes[400], want[800];
    int at = snprintf(bytes, sizeof bytes, "uint8!1x65:"),
        to = snprintf(want, sizeof want, "f1x130:");
    for (int i = 0; i < 65; i++)
        at += snprintf(bytes + at, sizeof bytes - (size_t)at, " 153");
    for (int i = 0; i < 130; i++)
        to += snprintf(want + to, sizeof want - (size_t)to, i < 128 ? " 1" : " 4");
    const struct lc cases[] = {
        {17, MS "GatherBlockQuantized", NULL, {bytes, "i1: 0", "f!1x2: 1 4"}, {want}}};
    LC_RUN(cases);
}
END_TEST

/* ---- Both sides of limits ---- */

START_TEST(axes)
{
    static const struct lc cases[] = {
        {13, "Gather", "axis=1", {"f1x2: 5 6", "i1: 1"}, {"f1x1: 6"}},
        {13,
         "Gather",
         "axis=2",
         {"f1x2: 5 6", "i1: 1"},
         {"refused: axis 2 of a tensor of rank 2"}},
        {13, "Gather", "axis=-2", {"f2x1: 5 6", "i1: 1"}, {"f1x1: 6"}},
        {13, "Gather", "axis=-3", {"f2x1: 5 6", "i1: 1"}, {"refused: axis -3"}},
        {13, "Gather", NULL, {"f2: 5 6", "i!2: -2 1"}, {"f2: 5 6"}},
        {13, "Gather", NULL, {"f2: 5 6", "i!1: -3"}, {"refused: index -3 into an axis of 2"}},
        {13, "Gather", NULL, {"f2: 5 6", "i!1: 2"}, {"refused: index 2 into an axis of 2"}},
        {13, "Flatten", "axis=2", {"f1x2: 5 6"}, {"f2x1: 5 6"}},
        {13, "Flatten", "axis=3", {"f1x2: 5 6"}, {"refused: axis 3"}},
        {13, "Flatten", "axis=-2", {"f1x2: 5 6"}, {"f1x2: 5 6"}},
        {13, "Flatten", "axis=-3", {"f1x2: 5 6"}, {"refused: axis -3"}},
        {13, "Unsqueeze", NULL, {"f2: 5 6", "i!1: 1"}, {"f2x1: 5 6"}},
        {13, "Unsqueeze", NULL, {"f2: 5 6", "i!1: 2"}, {"refused: axis 2"}},
        {13, "Transpose", "perm=0,0", {"f1x2: 5 6"}, {"refused: axis 0 is given twice"}},
        {11, "TopK", NULL, {"f2: 5 6", "i!1: 2"}, {"f2: 6 5", "i2: 1 0"}},
        {11, "TopK", NULL, {"f2: 5 6", "i!1: 0"}, {"f0:", "i0:"}},
        {11, "TopK", NULL, {"f2: 5 6", "i!1: 3"}, {"refused: k = 3 of 2 elements"}},
        {12, "GatherND", "batch_dims=1", {"f2x2: 1 2 3 4", "i!2x1: 1 0"}, {"f2: 2 3"}},
    };
    LC_RUN(cases);
}
END_TEST

START_TEST(cut_and_padded)
{
    static const struct lc cases[] = {
        /* a padding may remove all elements, and no more */
        {13, "Pad", NULL, {"f2: 1 2", "i!2: -1 -1"}, {"f0:"}},
        {13, "Pad", NULL, {"f2: 1 2", "i!2: -2 -1"}, {"refused: axis 0 has only 2 elements"}},
        /* the largest numbers as an end mean beyond the axis, for steps back too */
        {13,
         "Slice",
         NULL,
         {"f3: 1 2 3", "i!1: -1", "i!1: 2147483647", "i!1: 0", "i!1: -1"},
         {"f3: 3 2 1"}},
        {13,
         "Slice",
         NULL,
         {"f3: 1 2 3", "i!1: 2", "i!1: 9223372036854775807", "i!1: 0", "i!1: -2"},
         {"f2: 3 1"}},
        {13,
         "Slice",
         NULL,
         {"f3: 1 2 3", "i!1: 2", "i!1: 0", "i!1: 0", "i!1: -1"},
         {"f2: 3 2"}},
        {13,
         "Slice",
         NULL,
         {"f3: 1 2 3", "i!1: 2", "i!1: -4", "i!1: 0", "i!1: -1"},
         {"f3: 3 2 1"}},
        {13, "Slice", NULL, {"f3: 1 2 3", "i!1: -4", "i!1: 4"}, {"f3: 1 2 3"}},
        {13, "Slice", NULL, {"f3: 1 2 3", "i!1: 3", "i!1: 4"}, {"f0:"}},
        /* an odd surplus has its larger part behind, an odd deficit its larger part too */
        {18, "CenterCropPad", NULL, {"f2: 1 2", "i!1: 5"}, {"f5: 0 1 2 0 0"}},
        {18, "CenterCropPad", NULL, {"f5: 1 2 3 4 5", "i!1: 2"}, {"f2: 2 3"}},
        {11,
         "ConvTranspose",
         "output_shape=[4]",
         {"f1x1x1: 1", "f1x1x2: 1 2"},
         {"f1x1x4: 1 2 0 0"}},
        {11, "ConvTranspose", "group=2", {"f1x2x1: 1 2", "f2x1x1: 10 100"}, {"f1x2x1: 10 200"}},
        {11,
         "ConvTranspose",
         "group=2",
         {"f1x3x1: 1 2 3", "f3x2x1: 1 1 1 1 1 1"},
         {"refused: 3 channels, the weights take 3 in 2 groups"}},
        {1, "Crop", "border=1,0,0,1", {"f1x1x3x2: 1 2 3 4 5 6"}, {"f1x1x2x1: 2 4"}},
        {1, "Crop", "border=1,1,1,1", {"f1x1x2x2: 1 2 3 4"}, {"f1x1x0x0:"}},
        {1, "Crop", "border=1,1,2,1", {"f1x1x2x2: 1 2 3 4"}, {"refused: larger than"}},
        {11, "SplitToSequence", NULL, {"f2: 1 2", "i!: 0"}, {"refused: parts of 0"}},
        {13, "Split", "axis=0", {"f2: 1 2", "i!1: 2"}, {"f2: 1 2"}},
        {13, "Split", "axis=0", {"f2: 1 2", "i!1: 1"}, {"refused: do not fill an axis of 2"}},
        {13, "Split", "axis=0", {"f2: 1 2", "i!1: 3"}, {"refused: do not fit an axis of 2"}},
    };
    LC_RUN(cases);
}
END_TEST

/* A box is dropped if it shares more than the threshold with a better one, and taken if its
 * score is over the other threshold. The boxes share a half. */
START_TEST(thresholds)
{
#define HALVES "f!1x2x4: 0 0 2 1 0 0 1 1"
    static const struct lc cases[] = {
        {11,
         "NonMaxSuppression",
         NULL,
         {HALVES, "f!1x1x2: 3 2", "i!1: 2", "f!1: 0.5"},
         {"i2x3: 0 0 0 0 0 1"}},
        {11,
         "NonMaxSuppression",
         NULL,
         {HALVES, "f!1x1x2: 3 2", "i!1: 2", "f!1: 0.49"},
         {"i1x3: 0 0 0"}},
        {11,
         "NonMaxSuppression",
         NULL,
         {HALVES, "f!1x1x2: 3 2", "i!1: 2", "f!1: 1", "f!1: 2"},
         {"i1x3: 0 0 0"}},
        {19, "Cast", "to=18 saturate=0", {"f3: 240 247 248"}, {"float8e4m3fn 3: 240 240 nan"}},
        {17,
         MS "NGramRepeatBlock",
         "ngram_size=2",
         {"i1x2: 1 1", "f1x3: 5 6 7"},
         {"f1x3: 5 -inf 7"}},
        {17,
         MS "NGramRepeatBlock",
         "ngram_size=2",
         {"i1x1: 1", "f1x3: 5 6 7"},
         {"f1x3: 5 6 7"}},
    };
    LC_RUN(cases);
}
END_TEST

/* ---- Ties ---- */

START_TEST(ties)
{
    static const struct lc cases[] = {
        /* of equal costs above and on the left, the path takes that on the left */
        {17, MS "DynamicTimeWarping", NULL, {"f!2x2: 5 -3 -3 1"}, {"int32 2x3: 0 1 1 0 0 1"}},
        /* half an element is rounded up */
        {19,
         "Resize",
         "keep_aspect_ratio_policy='not_larger'",
         {"f2x5: 1 2 3 4 5 6 7 8 9 10", "-", "-", "i!2: 1 3"},
         {"f1x3: 1 3 5"}},
        /* 2.5 and -2.5 are rounded to the even number */
        {10,
         "QuantizeLinear",
         NULL,
         {"f4: 5 7 -5 3", "f!: 2", "int8!: 0"},
         {"int8 4: 2 4 -2 2"}},
        /* the zero point is 1 / 1.45 * 255, 175.86 */
        {11,
         "DynamicQuantizeLinear",
         NULL,
         {"f2: -1 0.45"},
         {"uint8 2: 0 255", "f: 0.00568627450980392", "uint8: 176"}},
        /* logarithms of sums of integers lose their fraction towards 0: ln 2 - 1 */
        {13, "ReduceLogSumExp", "keepdims=0 axes=[0]", {"i2: -1 -1"}, {"i: 0"}},
        {13, "ReduceLogSumExp", "keepdims=0 axes=[0]", {"i2: -2 -2"}, {"i: -1"}},
        {13, "ReduceLogSumExp", "keepdims=0 axes=[0]", {"i2: 1 1"}, {"i: 1"}},
        {13, "ReduceMin", "keepdims=0 axes=[0]", {"int8 0:"}, {"int8: 127"}},
        {13, "ReduceMax", "keepdims=0 axes=[0]", {"int8 0:"}, {"int8: -128"}},
        {13, "ReduceMin", "keepdims=0 axes=[0]", {"uint8 0:"}, {"uint8: 255"}},
        {13, "ReduceMax", "keepdims=0 axes=[0]", {"uint8 0:"}, {"uint8: 0"}},
        {13, "ArgMax", "keepdims=0", {"f3: 1 2 2"}, {"i: 1"}},
        {13, "ArgMax", "keepdims=0 select_last_index=1", {"f3: 1 2 2"}, {"i: 2"}},
        {13, "ArgMin", "keepdims=0", {"f3: 1 1 2"}, {"i: 0"}},
        {11, "TopK", NULL, {"f3: 1 2 2", "i!1: 2"}, {"f2: 2 2", "i2: 1 2"}},
        {11, "TopK", "largest=0", {"f3: 2 1 1", "i!1: 2"}, {"f2: 1 1", "i2: 1 2"}},
        {12, "Einsum", "equation='aB'", {"f2x2: 1 2 3 4"}, {"f2x2: 1 3 2 4"}},
    };
    LC_RUN(cases);
}
END_TEST

/* ---- Windows ---- */

START_TEST(windows)
{
    static const struct lc cases[] = {
        /* of an even number of channels, the larger part lies behind */
        {13,
         "LRN",
         "size=2 alpha=2.0 beta=1.0 bias=1.0",
         {"f1x3x1: 1 2 3"},
         {"f1x3x1: 0.166666666666667 0.142857142857143 0.3"}},
        /* no window starts in the padding behind */
        {13,
         "MaxPool",
         "kernel_shape=[2] strides=[3] pads=1,1 ceil_mode=1",
         {"f1x1x2: 5 6"},
         {"f1x1x1: 5"}},
        {13,
         "MaxPool",
         "kernel_shape=[2] strides=[3] pads=1,1 ceil_mode=1",
         {"f1x1x3: 5 6 7"},
         {"f1x1x2: 5 7"}},
        {13, "AveragePool", "kernel_shape=[2] pads=0,1", {"f1x1x2: 2 4"}, {"f1x1x2: 3 4"}},
        {13, "AveragePool", "kernel_shape=[2] pads=1,0", {"f1x1x2: 2 4"}, {"f1x1x2: 2 3"}},
        {13,
         "AveragePool",
         "kernel_shape=[2] pads=0,1 count_include_pad=1",
         {"f1x1x2: 2 4"},
         {"f1x1x2: 3 2"}},
        /* two bins of 1.5 pixels each share the middle one */
        {13,
         "MaxRoiPool",
         "pooled_shape=1,2",
         {"f1x1x1x3: 1 9 2", "f!1x5: 0 0 0 2 0"},
         {"f1x1x1x2: 9 9"}},
        {13,
         "MaxRoiPool",
         "pooled_shape=1,2",
         {"f1x1x1x3: 1 0 2", "f!1x5: 0 0 0 2 0"},
         {"f1x1x1x2: 1 2"}},
        {17,
         MS "CropAndResize",
         NULL,
         {"f1x1x1x3: 4 6 8", "f!1x4: 0 0 0 1", "int32!1: 0", "int32!2: 1 2"},
         {"f1x1x1x2: 4 8"}},
        {17,
         MS "CausalConvWithState",
         "dilation=2",
         {"f1x1x3: 1 2 3", "f1x1x2: 10 1"},
         {"f1x1x3: 1 2 13", "f1x1x2: 2 3"}},
        /* a kernel of one column, for more than one row and column of the result */
        {19,
         "DeformConv",
         NULL,
         {"f1x1x2x3: 1 2 3 4 5 6", "f1x1x1x1: 1", "f1x2x2x3: 0 0 0 0 0 0 0 0 0 0 0 0"},
         {"f1x1x2x3: 1 2 3 4 5 6"}},
        {20,
         "AffineGrid",
         "align_corners=1",
         {"f1x2x3: 1 0 0 0 1 0", "i!4: 1 1 1 2"},
         {"f1x1x2x2: -1 1 1 1"}},
    };
    LC_RUN(cases);
}
END_TEST

/* ---- Types ---- */

START_TEST(small_types)
{
    static const struct lc cases[] = {
        {25, "Cast", "to=25", {"f4: 3 4 -1 2"}, {"uint2 4: 3 0 3 2"}},
        {25, "Cast", "to=26", {"f4: 1 2 -2 -3"}, {"int2 4: 1 -2 -2 1"}},
        {25,
         "QuantizeLinear",
         "output_dtype=25",
         {"f4: -1 1 3 4", "f!: 1"},
         {"uint2 4: 0 1 3 3"}},
        {25,
         "QuantizeLinear",
         "output_dtype=26",
         {"f4: -3 -2 1 2", "f!: 1"},
         {"int2 4: -2 -2 1 1"}},
        {21,
         "QuantizeLinear",
         "output_dtype=21",
         {"f4: -1 7 15 16", "f!: 1"},
         {"uint4 4: 0 7 15 15"}},
        {21,
         "QuantizeLinear",
         "output_dtype=22",
         {"f4: -9 -8 7 8", "f!: 1"},
         {"int4 4: -8 -8 7 7"}},
        {21,
         "QuantizeLinear",
         "output_dtype=4",
         {"f3: -1 65535 65536", "f!: 1"},
         {"uint16 3: 0 65535 65535"}},
        {21,
         "QuantizeLinear",
         "output_dtype=5",
         {"f4: -32769 -32768 32767 32768", "f!: 1"},
         {"int16 4: -32768 -32768 32767 32767"}},
        {21,
         "QuantizeLinear",
         "output_dtype=3",
         {"f4: -129 -128 127 128", "f!: 1"},
         {"int8 4: -128 -128 127 127"}},
        {10, "QuantizeLinear", NULL, {"f3: -1 255 256", "f!: 1"}, {"uint8 3: 0 255 255"}},
        /* without a zero point the result is of uint8 */
        {17,
         MS "QLinearAdd",
         NULL,
         {"int8 1: 100", "f!: 1", "int8!: 0", "int8!1: 100", "f!: 1", "int8!: 0", "f!: 1"},
         {"uint8 1: 200"}},
        /* a zero point for each row of the transposed factor */
        {17,
         MS "QGemm",
         "transB=1",
         {"int8 1x2: 1 -3", "f!: 0.5", "int8!: 1", "int8!2x2: 1 2 3 4", "f!: 2", "int8!2: 1 0",
          "int32!2: 10 20"},
         {"f1x2: 6 4"}},
        {13, "Gemm", "transA=1", {"f1x2: 1 2", "f1x1: 10", "f2x1: 1 2"}, {"f2x1: 11 22"}},
        {13,
         "Gemm",
         "transA=1",
         {"f2x1: 1 2", "f2x1: 10 1", "f2x1: 1 2"},
         {"refused: operand 2 does not"}},
    };
    LC_RUN(cases);
}
END_TEST

/* Rows of 3 blocks: the zero points of a row, of 4 bits each, begin at a byte. */
START_TEST(zero_points_of_rows)
{
    char x[200] = "f1x33:", bytes[400] = "uint8!2x3x8:";
    for (int i = 0; i < 33; i++)
        strcat(x, i < 32 ? " 0" : " 1");
    for (int i = 0; i < 48; i++)
        strcat(bytes, i == 16 ? " 9" : i == 40 ? " 12" : " 0");
    const struct lc cases[] = {{17,
                                MS "MatMulNBits",
                                "K=33 N=2 block_size=16",
                                {x, bytes, "f!2x3: 1 1 1 1 1 1", "uint8!2x2: 0 5 7 2"},
                                {"f1x2: 4 10"}}};
    LC_RUN(cases);
}
END_TEST

/* ---- ai.onnx.ml ---- */

#define TWO "coefficients=1.0,0.0,0.0,1.0 classlabels_ints=5,9 "
#define THREE "coefficients=1.0,0.0,0.0,0.0,1.0,0.0,0.0,0.0,1.0 classlabels_ints=5,9,7 "
#define LN3 "1.0986122886681098"
#define LEAF                                                                                   \
    "nodes_treeids=[0] nodes_nodeids=[0] nodes_featureids=[0] nodes_modes='LEAF' "             \
    "nodes_values=[0.0] nodes_truenodeids=[0] nodes_falsenodeids=[0] class_treeids=[0] "       \
    "class_nodeids=[0] class_ids=[0] classlabels_int64s=4,5 "

START_TEST(scores)
{
    static const struct lc cases[] = {
        {17,
         ML "LinearClassifier",
         TWO "post_transform='SOFTMAX'",
         {"f1x2: 0 " LN3},
         {"i1: 9", "f1x2: 0.25 0.75"}},
        {17,
         ML "LinearClassifier",
         TWO "post_transform='LOGISTIC'",
         {"f1x2: 0 " LN3},
         {"i1: 9", "f1x2: 0.5 0.75"}},
        {17, ML "LinearClassifier", TWO, {"f1x2: 2 2"}, {"i1: 5", "f1x2: 2 2"}},
        /* a score of 0 stays 0 and does not count */
        {17,
         ML "LinearClassifier",
         THREE "post_transform='SOFTMAX_ZERO'",
         {"f1x3: 0 " LN3 " 2.1972245773362196"},
         {"i1: 7", "f1x3: 0 0.25 0.75"}},
        {17,
         ML "LinearClassifier",
         TWO "post_transform='PROBIT'",
         {"f1x2: 0.5 0.9"},
         {"i1: 9", "f1x2: 0 1.281712392"}},
        /* a single leaf, and a base value for each class: the last one counts */
        {17,
         ML "TreeEnsembleClassifier",
         LEAF "class_weights=[2.0] base_values=0.5,0.25",
         {"f1x1: 0"},
         {"i1: 5", "f1x2: -1.25 2.25"}},
        {17,
         ML "TreeEnsembleClassifier",
         LEAF "class_weights=[2.0] base_values=[0.5]",
         {"f1x1: 0"},
         {"i1: 5", "f1x2: -1.5 2.5"}},
        /* a leaf of 0 is not negative: scores are probabilities */
        {17,
         ML "TreeEnsembleClassifier",
         "nodes_treeids=0,0,0 nodes_nodeids=0,1,2 nodes_featureids=0,0,0 "
         "nodes_modes='BRANCH_LEQ','LEAF','LEAF' nodes_values=0.0,0.0,0.0 "
         "nodes_truenodeids=1,0,0 nodes_falsenodeids=2,0,0 class_treeids=0,0 "
         "class_nodeids=1,2 class_ids=1,1 classlabels_int64s=4,5 class_weights=0.0,0.25",
         {"f2x1: 1 -1"},
         {"i2: 4 4", "f2x2: 0 0.25 0 0"}},
        {17,
         ML "SVMRegressor",
         "n_supports=1 support_vectors=1.0,2.0 coefficients=[2.0] rho=[0.5] kernel_type='POLY' "
         "kernel_params=0.5,1.0,2.0",
         {"f1x2: 2 1"},
         {"f1x1: 18.5"}},
        {17,
         ML "SVMRegressor",
         "n_supports=1 support_vectors=1.0,2.0 coefficients=[2.0] rho=[0.5] "
         "kernel_type='SIGMOID' kernel_params=0.5,-2.0,0.0",
         {"f1x2: 2 1"},
         {"f1x1: 0.5"}},
        {17,
         ML "SVMRegressor",
         "n_supports=1 support_vectors=1.0,2.0 coefficients=[2.0] rho=[0.5]",
         {"f1x2: 2 1"},
         {"f1x1: 8.5"}},
    };
    LC_RUN(cases);
}
END_TEST

/* Version 5 of trees: without a list, a missing value goes to the false branch, and trees are
 * added up. */
START_TEST(missing_values_of_trees)
{
    struct tm_model *m = tm_new(21);
    tm_domain(m, "ai.onnx.ml", 5);
    tm_input(m, "x", SX_FLOAT, 2, (int64_t[]){2, 1});
    tm_node(m, ML "TreeEnsemble", "x", "y",
            "nodes_featureids=0,0 nodes_truenodeids=0,0 nodes_trueleafs=1,1 "
            "nodes_falsenodeids=1,1 nodes_falseleafs=1,1 tree_roots=0,1 leaf_targetids=0,0");
    tm_attr_tensor(m, "nodes_splits", SX_FLOAT, 1, (int64_t[]){2}, (float[]){1, 2});
    tm_attr_tensor(m, "nodes_modes", SX_INT, 1, (int64_t[]){2}, (int64_t[]){0, 0});
    tm_attr_tensor(m, "leaf_weights", SX_FLOAT, 1, (int64_t[]){2}, (float[]){10, 3});
    tm_output(m, "y");
    lc_gives(m, (const char *const[]){"f2x1: nan 1.5", NULL},
             (const char *const[]){"f2x1: 6 13", NULL});
}
END_TEST

int main(void)
{
    TCase *c = suite_case("lower_edges");
    SUITE_ADD(c, defaults, default_block, axes, cut_and_padded, thresholds, ties, windows,
              small_types, zero_points_of_rows, scores, missing_values_of_trees);
    return suite_run();
}
