/* check_lower_refused.c - models that an operator refuses, with the messages. */
#include "lowering.h"
#include "suite.h"

#define F4 "f4: 1 2 3 4"
#define F2x2 "f2x2: 1 2 3 4"

START_TEST(shapes)
{
    const struct lc cases[] = {
        {13, "Squeeze", NULL, {"f2: 1 2", "i!1: 0"}, {"refused: axis 0 is 2 long"}},
        {13,
         "Unsqueeze",
         NULL,
         {"f1: 1", "i!10: 0 1 2 3 4 5 6 7 8 9"},
         {"refused: 10 axes are to be added to 1"}},
        {13, "Reshape", NULL, {"f2: 1 2", "i!1: 3"}, {"refused: 2 elements do not fit"}},
        {13, "Reshape", NULL, {"f2: 1 2"}, {"refused: input 1 (shape) is missing"}},
        {13, "Expand", NULL, {"f3: 1 2 3", "i!1: 2"}, {"refused: does not broadcast to"}},
        {13, "Expand", NULL, {"f1: 1", "i!1: -1"}, {"refused: a dimension of -1"}},
        {13, "Slice", NULL, {F4, "i!1: 0", "i!2: 1 1"}, {"refused: differ in length"}},
        {13, "Concat", "axis=0", {"f1x2: 1 2", "f1x1: 1"}, {"refused: node 'y0' (Concat"}},
        {13, "Split", "axis=0", {F4, "i!2: 1 2"}, {"refused: 1 outputs for 2 parts"}},
        {13, "Pad", "mode='edge'", {"f0:", "i!2: 1 1"}, {"refused: cannot be padded"}},
        {14, "Trilu", NULL, {"f2: 1 2"}, {"refused: an input of rank 1"}},
        {14, "Trilu", NULL, {F2x2, "i!: 4294967296"}, {"refused: k = 4294967296"}},
        {11, "Det", NULL, {"f2x1: 1 2"}, {"refused: only square matrices"}},
        {13, "Cast", NULL, {"f1: 1"}, {"refused: attribute 'to' is missing"}},
        {11,
         "BitShift",
         NULL,
         {"uint8 1: 1", "uint8 1: 1"},
         {"refused: attribute 'direction' is missing"}}};
    LC_RUN(cases);
}
END_TEST

START_TEST(indices)
{
    const struct lc cases[] = {
        {13, "OneHot", NULL, {"i2: 0 1", "i!: 0", "f2: 0 1"}, {"refused: depth 0, 2 values"}},
        {13, "OneHot", NULL, {"i2: 0 1", "i!: 3", "f3: 0 1 2"}, {"refused: depth 3, 3 values"}},
        {13, "GatherElements", NULL, {F2x2, "i1x3: 0 0 0"}, {"refused: along axis 1"}},
        {13,
         "GatherElements",
         NULL,
         {F4, "i1x1: 0"},
         {"refused: of rank 2 for data of rank 1"}},
        {13, "GatherND", "batch_dims=2", {F2x2, "i1x1: 0"}, {"refused: batch_dims = 2"}},
        {13, "GatherND", NULL, {F4, "i1x2: 0 0"}, {"refused: 2 indices for each place"}},
        {13, "GatherND", "batch_dims=1", {F2x2, "i1x1: 0"}, {"refused: batch axes"}},
        {16,
         "ScatterElements",
         NULL,
         {F2x2, "i1x3: 0 0 0", "f1x3: 1 2 3"},
         {"refused: more updates than data along axis 1"}},
        {16, "ScatterElements", NULL, {F4, "i1: 0", "f2: 1 2"}, {"refused: differ in shape"}},
        {16,
         "ScatterND",
         NULL,
         {F4, "i1x1: 0", "f2: 1 2"},
         {"refused: the updates do not fit"}},
        {10, "ReverseSequence", NULL, {F2x2, "i1: 1"}, {"refused: not one length for each"}}};
    LC_RUN(cases);
}
END_TEST

START_TEST(layers)
{
    const struct lc cases[] = {
        {11, "GlobalLpPool", "p=0", {"f1x1x2: 1 2"}, {"refused: p = 0"}},
        {13, "LRN", "size=0", {"f1x1x1: 1"}, {"refused: size 0 for an input of rank 3"}},
        {13,
         "MaxUnpool",
         "kernel_shape=[2]",
         {"f1x1x1: 1", "i1x1x2: 0 1"},
         {"refused: indices of another shape"}},
        {13,
         "SoftmaxCrossEntropyLoss",
         NULL,
         {"f2: 1 2", "i2: 0 1"},
         {"refused: scores of rank 1"}},
        {13,
         "SoftmaxCrossEntropyLoss",
         NULL,
         {F2x2, "i2x2: 0 1 0 1"},
         {"refused: scores of rank 2, targets of rank 2"}},
        {13,
         "Resize",
         NULL,
         {F2x2, "-", "f!1: 2"},
         {"refused: neither one scale nor one size"}},
        {13,
         "Resize",
         "coordinate_transformation_mode='tf_crop_and_resize'",
         {"f2: 1 2", "f!1: 0", "f!1: 2"},
         {"refused: roi has 1 values, not 2"}},
        {16,
         "RoiAlign",
         NULL,
         {"f1x1x2x2: 1 2 3 4", "f!1x4: 0 0 1 1", "i!1: 1"},
         {"refused: sample 1 of 1"}},
        /* at most 2^22 samples along an axis or in a bin */
        {16,
         "RoiAlign",
         "output_height=65 sampling_ratio=65536",
         {"f1x1x2x2: 1 2 3 4", "f!1x4: 0 0 2 2", "i!1: 0"},
         {"refused: a region of 2 pixels"}},
        {16,
         "RoiAlign",
         "mode='max' sampling_ratio=1025",
         {"f1x1x2x2: 1 2 3 4", "f!1x4: 0 0 2 2", "i!1: 0"},
         {"refused: 1050625 samples a bin"}},
        {16,
         "RoiAlign",
         "output_height=2",
         {"f1x1x2x2: 1 2 3 4", "f!1x4: 0 0 1e9 1e9", "i!1: 0"},
         {"refused: a region of 1e+09 pixels"}},
        {16,
         "RoiAlign",
         "sampling_ratio=65537",
         {"f1x1x2x2: 1 2 3 4", "f!1x4: 0 0 2 2", "i!1: 0"},
         {"refused: 65537 samples"}},
        {16,
         "GridSample",
         NULL,
         {"f1x1x2: 1 2", "f1x1x2: 0 0"},
         {"refused: only pictures [N, C, H, W]"}},
        {14,
         "RNN",
         "hidden_size=2",
         {"f1x1x1: 1", "f1x1x1: 1", "f1x1x1: 1"},
         {"refused: hidden_size differs from R"}}};
    LC_RUN(cases);
}
END_TEST

START_TEST(signals)
{
    const struct lc cases[] = {
        {17, "HannWindow", "output_datatype=0", {"i!: 4"}, {"refused: output_datatype 0"}},
        {17, "HannWindow", NULL, {"i!: -1"}, {"refused: size -1"}},
        {17, "DFT", NULL, {"f1x1x3: 1 2 3"}, {"refused: real and imaginary parts"}},
        {17, "DFT", NULL, {"f1x2x1: 1 2", "i!: 0"}, {"refused: dft_length 0"}},
        {17,
         "MelWeightMatrix",
         NULL,
         {"i!: 0", "i!: 16", "i!: 8000", "f!: 0", "f!: 4000"},
         {"refused: 0 bins of 16"}},
        {17,
         "MelWeightMatrix",
         NULL,
         {"i!: 4", "i!: 16", "i!: 8000", "f!: 0", "f!: 4001"},
         {"refused: 4 bins of 16"}},
        {13,
         "com.microsoft:QLinearConcat",
         NULL,
         {"f!: 1", "uint8!: 0", "uint8 1: 1", "f!: 1", "uint8!: 0", "uint8 1: 1"},
         {"refused: 6 inputs"}}};
    LC_RUN(cases);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("refused");
    SUITE_ADD(c, shapes, indices, layers, signals);
    return suite_run();
}
