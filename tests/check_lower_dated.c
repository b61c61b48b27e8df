/* check_lower_dated.c - operators that were removed from ONNX, operators of com.microsoft that
 * are close to ONNX's, random and sparse tensors, optionals, and operators that sample pictures
 * between pixels. */
#include <string.h>

#include "lowering.h"
#include "suite.h"

#define MS "com.microsoft:"

START_TEST(operators_of_early_opsets)
{
    static const struct lc cases[] = {
        {1, "Affine", "alpha=2.0 beta=1.0", {"f2: 1 -1"}, {"f2: 3 -1"}},
        {1, "ScaledTanh", "alpha=2.0 beta=3.0", {"f2: 0 100"}, {"f2: 0 2"}},
        {1, "ParametricSoftplus", "alpha=2.0 beta=1.0", {"f1: 0"}, {"f1: 1.3862943611198906"}},
        {1, "ThresholdedRelu", "alpha=1.0", {"f2: 0.5 2"}, {"f2: 0 2"}},
        {1, "ImageScaler", "scale=0.5 bias=1.0,2.0", {"f1x2x1x1: 4 6"}, {"f1x2x1x1: 3 5"}},
        {1, "ImageScaler", "bias=[1.0]", {"f1x2x1x1: 4 6"}, {"refused: a bias of 1"}},
        {1, "Crop", "border=1,0,0,1", {"f1x1x2x3: 1 2 3 4 5 6"}, {"f1x1x1x2: 2 3"}},
        {1, "Crop", "border=1,1,0,0 scale=1,1", {"f1x1x2x3: 1 2 3 4 5 6"}, {"f1x1x1x1: 5"}},
        {1, "Crop", "border=2,0,2,0", {"f1x1x2x3: 1 2 3 4 5 6"}, {"refused: larger than"}},
        {1, "Tile", NULL, {"f2x1: 1 2", "f!1: 2", "f!1: 1"}, {"f2x2: 1 1 2 2"}},
        {5, "Tile", NULL, {"f2: 1 2", "i!1: 2", "i!1: 0"}, {"f4: 1 2 1 2"}},
        {1, "Tile", NULL, {"f2: 1 2", "f!1: -1", "f!1: 0"}, {"refused: -1 tiles"}},
        {1, "Cast", "to='INT64'", {"f2: 1.5 -2"}, {"i2: 1 -2"}},
        {1, "Cast", "to='COMPLEX'", {"f2: 1.5 -2"}, {"refused: 'COMPLEX'"}},
        {1,
         "Upsample",
         "height_scale=1.0 width_scale=2.0",
         {"f1x1x1x2: 1 2"},
         {"f1x1x1x4: 1 1 2 2"}},
        {1, "Upsample", "height_scale=1.0", {"f1x1x1x2: 1 2"}, {"refused: axis 3 of 2 would"}},
        {1, "DynamicSlice", NULL, {"f3: 1 2 3", "i!1: 1", "i!1: 3"}, {"f2: 2 3"}},
        {6,
         "MeanVarianceNormalization",
         "across_channels=1",
         {"f1x2x1x1: 1 3"},
         {"f1x2x1x1: -1 1"}},
        {6,
         "MeanVarianceNormalization",
         "normalize_variance=0",
         {"f2x1x1x1: 1 3"},
         {"f2x1x1x1: -1 1"}},
        {7,
         "BatchNormalization",
         "spatial=0 epsilon=0.0",
         {"f1x2x1: 2 4", "f2x1: 1 2", "f2x1: 0 1", "f2x1: 1 1", "f2x1: 4 4"},
         {"f1x2x1: 0.5 4"}},
    };
    LC_RUN(cases);
}
END_TEST

/* Operators of files that were optimised for other processors. */
START_TEST(of_other_processors)
{
    static const struct lc cases[] = {
        {17,
         MS "GroupNorm",
         "groups=1 epsilon=0.0 activation=0",
         {"f1x1x1x2: 1 3", "f2: 1 2", "f2: 0 5"},
         {"f1x1x1x2: -1 7"}},
        {17,
         MS "GroupNorm",
         "groups=1 epsilon=0.0 activation=1",
         {"f1x1x1x2: 1 3", "f2: 1 1", "f2: 1 -1"},
         {"f1x1x1x2: 0 0"}},
        {17,
         MS "GroupNorm",
         "groups=3",
         {"f1x1x1x2: 1 3", "f2: 1 1", "f2: 0 0"},
         {"refused: 3 groups of 2"}},
        {17,
         MS "GroupNorm",
         "groups=2 epsilon=0.0 activation=0 channels_last=0",
         {"f1x2x1x2: 1 3 2 6", "f2: 1 2", "f2: 0 5"},
         {"f1x2x1x2: -1 1 3 7"}},
        {17,
         MS "SkipGroupNorm",
         "groups=1 epsilon=0.0 activation=0",
         {"f1x1x1x2: 0 1", "f2: 1 2", "f2: 0 5", "f1x2: 1 1", "f2: 0 1"},
         {"f1x1x1x2: -1 7", "f1x1x1x2: 1 3"}},
        {17,
         MS "SkipGroupNorm",
         "groups=1",
         {"f1x1x1x2: 0 1", "f2: 1 2", "f2: 0 5", "f1x3: 1 1 1"},
         {"refused: input 3 (skip) does not fit"}},
        {17,
         MS "BiasDropout",
         NULL,
         {"f2: 1 2", "f2: 10 20", "f2: 100 200"},
         {"f2: 111 222", "b2: 1 1"}},
        {17,
         MS "GemmFastGelu",
         NULL,
         {"f1x2: 1 2", "f2x1: 1 1", "f1: -2"},
         {"f1x1: 0.841191990608"}},
        {17, MS "TorchEmbedding", NULL, {"f3x1: 5 6 7", "i2: 2 0"}, {"f2x1: 7 5"}},
        {17,
         MS "GatedAdd",
         NULL,
         {"f2x2: 1 2 3 4", "f2x2: 1 1 1 1", "f2x1: 10 100"},
         {"f2x2: 11 12 103 104"}},
        {17,
         MS "GatedRMSNorm",
         "epsilon=0.0",
         {"f1x4: 3 3 2 -2", "f2: 1 2", "f1x4: 1 1 0 0"},
         {"f1x4: 0.731058578630005 1.46211715726001 0 0"}},
        {17,
         MS "GatedRMSNorm",
         "epsilon=0.0",
         {"f1x3: 1 2 3", "f2: 1 2", "f1x3: 1 1 0"},
         {"refused: 2 factors for 3 elements"}},
        {17,
         MS "FusedMatMulActivation",
         "activation='Relu' alpha=2.0",
         {"f1x2: 1 2", "f2x2: 1 -1 1 -1"},
         {"f1x2: 6 0"}},
    };
    LC_RUN(cases);
}
END_TEST

START_TEST(contributed)
{
    static const struct lc cases[] = {
        {17, MS "CDist", NULL, {"f1x2: 0 0", "f2x2: 3 4 0 1"}, {"f1x2: 25 1"}},
        {17, MS "CDist", "metric='euclidean'", {"f1x2: 0 0", "f1x2: 3 4"}, {"f1x1: 5"}},
        {17, MS "CDist", NULL, {"f1x2: 0 0", "f1x1: 3"}, {"refused: different lengths"}},
        {17, MS "Inverse", NULL, {"f2x2: 0 2 4 0"}, {"f2x2: 0 0.25 0.5 0"}},
        {17, MS "Inverse", NULL, {"f2x2x2: 1 0 0 1 2 0 0 4"}, {"f2x2x2: 1 0 0 1 0.5 0 0 0.25"}},
        {17, MS "Inverse", NULL, {"f2x1: 1 2"}, {"refused: square matrices"}},
        {17, MS "BiasSoftmax", "axis=1", {"f1x2: 1 0", "f1x2: 0 1"}, {"f1x2: 0.5 0.5"}},
        {17, MS "BiasAdd", NULL, {"f2: 1 2", "f1: 10", "f2: 100 200"}, {"f2: 111 212"}},
        {17, MS "BiasSplitGelu", NULL, {"f1x2: 3 -1", "f2: 0 1"}, {"f1x1: 0"}},
        {17, MS "ExpandDims", NULL, {"f2: 1 2", "int32!: 0"}, {"f1x2: 1 2"}},
        {17, MS "Trilu", "upper=0", {"f2x2: 1 2 3 4"}, {"f2x2: 1 0 3 4"}},
        {17, MS "GatherND", NULL, {"f2: 1 2", "i!1x1: 1"}, {"f1: 2"}},
        {17, MS "Pad", NULL, {"f2: 1 2", "i!2: 1 0", "f!1: 5"}, {"f3: 5 1 2"}},
        {17,
         MS "QLinearWhere",
         NULL,
         {"b2: 1 0", "uint8 2: 10 10", "f!: 0.5", "uint8!: 0", "uint8 2: 20 20", "f!: 1",
          "uint8!: 0", "f!: 0.5", "uint8!: 0"},
         {"uint8 2: 10 40"}},
        /* 2.5 and 1.5 are rounded to even for any scale */
        {17,
         MS "QLinearAveragePool",
         "kernel_shape=1,2 strides=1,2",
         {"uint8 1x1x1x4: 2 3 1 2", "f!: 0.03", "uint8!: 0", "f!: 0.03", "uint8!: 0"},
         {"uint8 1x1x1x2: 2 2"}},
        {17,
         MS "NhwcMaxPool",
         "kernel_shape=2,1",
         {"uint8 1x2x1x1: 3 9"},
         {"uint8 1x1x1x1: 9"}},
        {17,
         MS "FusedGemm",
         "activation='ParametricSoftplus' activation_alpha=2.0 activation_beta=1.0",
         {"f1x1: 0", "f1x1: 1"},
         {"f1x1: 1.3862943611198906"}},
        /* one position: (130 - 128) 0.5 times 4 0.25, plus 1 */
        {17,
         MS "QAttention",
         "num_heads=1",
         {"uint8 1x1x1: 130", "int8!1x3: 1 1 4", "f!3: 0 0 1", "f!: 0.5", "f!: 0.25", "-",
          "uint8!: 128", "int8!: 0"},
         {"f1x1x1: 2"}},
        /* rows (0.5, 1.5) and (0, 0) are normalised to -1 and 1, times 2, plus 0.5 */
        {17,
         MS "QEmbedLayerNormalization",
         "epsilon=0.0",
         {"int32!1x1: 0", "-", "uint8!1x2: 129 131", "uint8!1x2: 128 128", "-",
          "uint8!2: 132 132", "uint8!2: 129 129", "-", "f!: 0.5", "f!: 0.5", "-", "f!: 0.5",
          "f!: 0.5", "uint8!: 128", "uint8!: 128", "-", "uint8!: 128", "uint8!: 128"},
         {"f1x1x2: -1.5 2.5"}},
    };
    LC_RUN(cases);
}
END_TEST

START_TEST(off_the_grid)
{
    static const struct lc cases[] = {
        {19,
         "DeformConv",
         NULL,
         {"f1x1x2x2: 1 2 3 4", "f1x1x1x1: 2", "f1x2x2x2: 0.5 0 0 0 0 0 0 0", "f1: 10",
          "f1x1x2x2: 1 1 1 0.5"},
         {"f1x1x2x2: 14 14 16 14"}},
        /* two taps; at the last position the second one is outside */
        {19,
         "DeformConv",
         "pads=0,0,0,1",
         {"f1x1x1x2: 1 2", "f1x1x1x2: 1 10", "f1x4x1x2: 0 0 0 0 0 0 0 0"},
         {"f1x1x1x2: 21 2"}},
        {19,
         "DeformConv",
         "offset_group=2 group=2",
         {"f1x2x1x1: 1 2", "f2x1x1x1: 1 1", "f1x4x1x1: 0 0.5 0 -0.25"},
         {"f1x2x1x1: 0.5 1.5"}},
        {19,
         "DeformConv",
         NULL,
         {"f1x1x2x2: 1 2 3 4", "f1x1x1x1: 2", "f1x1x2x2: 0 0 0 0"},
         {"refused: do not fit"}},
        {20,
         "GridSample",
         "align_corners=1",
         {"f1x1x2x2x2: 0 1 2 3 4 5 6 7", "f1x1x1x2x3: 0 0 0 1 -1 -1"},
         {"f1x1x1x1x2: 3.5 1"}},
        {20,
         "GridSample",
         "align_corners=1 mode='nearest'",
         {"f1x1x2x2x2: 0 1 2 3 4 5 6 7", "f1x1x1x1x3: -0.9 0.8 0.7"},
         {"f1x1x1x1x1: 6"}},
        {17,
         MS "GridSample",
         "align_corners=1",
         {"f1x1x2x2: 0 1 2 3", "f1x1x1x2: 0 0"},
         {"f1x1x1x1: 1.5"}},
        {16, "RoiAlign", NULL, {"f1x2x2x2: 0 1 2 3 4 5 6 7", "f!0x4:", "i!0:"}, {"f0x2x1x1:"}},
    };
    LC_RUN(cases);
}
END_TEST

START_TEST(paddings_updates_and_transforms)
{
    static const struct lc cases[] = {
        /* an odd padding has its larger part at the beginning, unless auto_pad is SAME_UPPER */
        {11, "ConvTranspose", "output_shape=[1]", {"f1x1x1: 1", "f1x1x2: 1 2"}, {"f1x1x1: 2"}},
        {11,
         "ConvTranspose",
         "output_shape=[1] auto_pad='SAME_UPPER'",
         {"f1x1x1: 1", "f1x1x2: 1 2"},
         {"f1x1x1: 1"}},
        /* of several updates of one element, the last one counts */
        {16, "ScatterElements", NULL, {"f3: 0 0 9", "i3: 1 1 0", "f3: 5 7 3"}, {"f3: 3 7 9"}},
        {16, "ScatterElements", NULL, {"f3: 0 0 9", "i!2: 1 1", "f2: 5 7"}, {"f3: 0 7 9"}},
        {16,
         "ScatterElements",
         "axis=1",
         {"f2x2: 1 2 3 4", "i2x2: 0 0 1 1", "f2x2: 5 6 7 8"},
         {"f2x2: 6 2 3 8"}},
        {16,
         "ScatterND",
         NULL,
         {"f2x2: 1 2 3 4", "i2x1: 1 1", "f2x2: 5 6 7 8"},
         {"f2x2: 1 2 7 8"}},
        {13, "ReduceSum", NULL, {"f2x2: 1 2 3 4", "i!3: 1 -1 1"}, {"f2x1: 3 7"}},
        /* the first elements of a transform of 4 reals, and of 3 */
        {20, "DFT", "inverse=1 onesided=1", {"f1x3x2: 10 0 -2 2 -2 0"}, {"f1x4x1: 1 2 3 4"}},
        {20,
         "DFT",
         "inverse=1 onesided=1",
         {"f1x2x2: 6 0 -1.5 0.8660254037844386", "i!: 3"},
         {"f1x3x1: 1 2 3"}},
        {20, "DFT", "inverse=1 onesided=1", {"f1x2x1: 6 0"}, {"refused: to 2 reals"}},
    };
    LC_RUN(cases);
}
END_TEST

START_TEST(random_tensors)
{
    static const struct lc cases[] = {
        {15, "RandomUniform", "shape=[2] low=3.0 high=3.0", {NULL}, {"f2: 3 3"}},
        {15, "RandomNormal", "shape=1,2 scale=0.0 mean=2.0", {NULL}, {"f1x2: 2 2"}},
        {15, "RandomNormalLike", "scale=0.0", {"f2: 1 2"}, {"f2: 0 0"}},
        {15, "RandomUniformLike", "low=1.0 high=1.0 dtype=7", {"f2: 5 6"}, {"i2: 1 1"}},
        {15, "Bernoulli", NULL, {"f3: 0 1 0"}, {"f3: 0 1 0"}},
        {15, "Multinomial", "sample_size=3", {"f1x3: -1e30 0 -1e30"}, {"int32 1x3: 1 1 1"}},
        {15, "Multinomial", "sample_size=0", {"f1x1: 0"}, {"refused: 0 draws"}},
        {15, "RandomNormal", NULL, {NULL}, {"refused: a shape of 0"}},
    };
    LC_RUN(cases);
}
END_TEST

/* Draws differ between nodes, and are equal in each run. Equal seeds give equal draws. */
START_TEST(draws)
{
    for (int round = 0; round < 2; round++) {
        struct tm_model *m = tm_new(15);
        const char *seed = round == 0 ? "shape=[8] seed=3.0" : "shape=[8]";
        tm_node(m, "RandomUniform", "", "a", seed);
        tm_node(m, "RandomUniform", "", "b", seed);
        tm_node(m, "Equal", "a b", "same", NULL);
        tm_node(m, "Cast", "same", "y", "to=1");
        tm_node(m, "ReduceMin", "y", "z", "keepdims=0");
        tm_output(m, "z");
        lc_gives(m, NULL, (const char *const[]){round == 0 ? "f: 1" : "f: 0", NULL});
    }
}
END_TEST

START_TEST(optionals)
{
    struct tm_model *m = tm_new(18);
    tm_input(m, "x", SX_FLOAT, 1, (int64_t[]){2});
    tm_node(m, "Optional", "x", "o", NULL);
    tm_node(m, "Optional", "", "none", NULL);
    tm_node(m, "OptionalHasElement", "o", "has", NULL);
    tm_node(m, "OptionalHasElement", "none", "lacks", NULL);
    tm_node(m, "OptionalHasElement", "", "nothing", NULL);
    tm_node(m, "OptionalGetElement", "o", "y", NULL);
    tm_output_as(m, "has", SX_BOOL, 0, NULL);
    tm_output_as(m, "lacks", SX_BOOL, 0, NULL);
    tm_output_as(m, "nothing", SX_BOOL, 0, NULL);
    tm_output(m, "y");
    lc_gives(m, (const char *const[]){"f2: 1 2", NULL},
             (const char *const[]){"b: 1", "b: 0", "b: 0", "f2: 1 2", NULL});
    m = tm_new(18);
    tm_node(m, "Optional", "", "none", NULL);
    tm_node(m, "OptionalGetElement", "none", "y", NULL);
    tm_output(m, "y");
    lc_refused(m, "the optional holds nothing");
}
END_TEST

START_TEST(mapped)
{
    struct tm_model *m = tm_new(17), *body = tm_new(17);
    tm_input(m, "x", SX_FLOAT, 1, (int64_t[]){3});
    tm_const(m, "sizes", SX_INT, 1, (int64_t[]){2}, (int64_t[]){1, 2});
    tm_const(m, "ten", SX_FLOAT, 0, NULL, (float[]){10});
    tm_input(body, "u", SX_FLOAT, -1, NULL);
    tm_input(body, "k", SX_FLOAT, -1, NULL);
    tm_node(body, "Mul", "u k", "v", NULL);
    tm_node(body, "Add", "u k", "w", NULL);
    tm_output(body, "v");
    tm_output(body, "w");
    tm_node(m, "SplitToSequence", "x sizes", "s", NULL);
    tm_node(m, "SequenceMap", "s ten", "t r", NULL);
    tm_attr_graph(m, "body", body);
    tm_node(m, "ConcatFromSequence", "t", "y", "axis=0");
    tm_node(m, "ConcatFromSequence", "r", "z", "axis=0");
    tm_output(m, "y");
    tm_output(m, "z");
    lc_gives(m, (const char *const[]){"f3: 1 2 3", NULL},
             (const char *const[]){"f3: 10 20 30", "f3: 11 12 13", NULL});
}
END_TEST

/* A sparse tensor [2, 3] with the elements 5 and 7. They are at the indices 1 and 3, or at
 * `rows`. */
static Onnx__SparseTensorProto *sparse(struct tm_model *m, int64_t n, const int64_t *index,
                                       bool rows)
{
    Onnx__SparseTensorProto *s = tm_memory(m, sizeof *s);
    const int64_t dims[] = {n, 2};
    onnx__sparse_tensor_proto__init(s);
    s->values = tm_const(m, "v", SX_FLOAT, 1, &n, (float[]){5, 7});
    s->indices = tm_const(m, "i", SX_INT, rows ? 2 : 1, dims, index);
    tm_proto(m)->graph->n_initializer = 0;
    s->n_dims = 2;
    s->dims = tm_memory(m, 2 * sizeof *s->dims);
    s->dims[0] = 2;
    s->dims[1] = 3;
    return s;
}

static struct tm_model *with_sparse(int64_t n, const int64_t *index, bool rows)
{
    struct tm_model *m = tm_new(13);
    Onnx__GraphProto *graph = tm_proto(m)->graph;
    graph->sparse_initializer = tm_memory(m, sizeof *graph->sparse_initializer);
    graph->sparse_initializer[0] = sparse(m, n, index, rows);
    graph->n_sparse_initializer = 1;
    tm_node(m, "Neg", "v", "y", NULL);
    tm_output(m, "y");
    return m;
}

START_TEST(sparse_tensors)
{
    const char *const want[] = {"f2x3: 0 -5 0 -7 0 0", NULL};
    lc_gives(with_sparse(2, (int64_t[]){1, 3}, false), NULL, want);
    lc_gives(with_sparse(2, (int64_t[]){0, 1, 1, 0}, true), NULL, want);
    lc_refused(with_sparse(2, (int64_t[]){1, 6}, false), "indices do not fit");
    struct tm_model *m = with_sparse(2, (int64_t[]){1, 3}, false);
    onnx__sparse_tensor_proto__init(tm_proto(m)->graph->sparse_initializer[0]);
    lc_refused(m, "without values, indices or dims");
    m = tm_new(13);
    Onnx__NodeProto *node = tm_node(m, "Constant", "", "c", "sparse_value=0");
    Onnx__AttributeProto *a = node->attribute[0];
    a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSOR;
    a->sparse_tensor = sparse(m, 2, (int64_t[]){1, 3}, false);
    tm_node(m, "Neg", "c", "y", NULL);
    tm_output(m, "y");
    lc_gives(m, NULL, want);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("lower_dated");
    SUITE_ADD(c, of_other_processors, operators_of_early_opsets, contributed, off_the_grid,
              paddings_updates_and_transforms, random_tensors, draws, optionals, mapped,
              sparse_tensors);
    return suite_run();
}
