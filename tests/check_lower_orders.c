/* check_lower_orders.c - derivatives of every lowering row that has a gradient, to the third
 * order, against central differences in double. Its gradient is also written as a file. A row
 * without an example fails. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/base.h"
#include "fd.h"
#include "lower/row.h"
#include "lowering.h"
#include "suite.h"

enum { ORDERS = 3, MOST_VARIABLES = 4 };

/* An example of one node. An input is "x2x3", a variable of that shape in [-1.5, 1.5) or in the
 * range that follows. Or it is a constant in the form of lowering.h, or "-". */
struct order_case {
    int64_t opset;
    const char *op, *attributes;
    const char *in[LC_MOST];
};

static const struct order_case cases[] = {
    /* Arithmetic */
    {13, "Neg", NULL, {"x3"}},
    {13, "Abs", NULL, {"x2x3"}},
    {13, "Reciprocal", NULL, {"x3 0.5 2"}},
    {13, "Exp", NULL, {"x3"}},
    {13, "Log", NULL, {"x3 0.5 2"}},
    {13, "Sqrt", NULL, {"x3 0.5 2"}},
    {13, "Sin", NULL, {"x3"}},
    {13, "Cos", NULL, {"x3"}},
    {13, "Tan", NULL, {"x3 -1 1"}},
    {13, "Asin", NULL, {"x3 -0.7 0.7"}},
    {13, "Acos", NULL, {"x3 -0.7 0.7"}},
    {13, "Atan", NULL, {"x3"}},
    {13, "Sinh", NULL, {"x3"}},
    {13, "Cosh", NULL, {"x3"}},
    {13, "Tanh", NULL, {"x3"}},
    {13, "Asinh", NULL, {"x3"}},
    {13, "Acosh", NULL, {"x3 1.4 3"}},
    {13, "Atanh", NULL, {"x3 -0.7 0.7"}},
    {13, "Erf", NULL, {"x3"}},
    {13, "Add", NULL, {"x2x1", "x3"}},
    {6, "Add", "broadcast=1 axis=0", {"x2x3", "x2"}},
    {13, "Sub", NULL, {"x2x3", "x1x3"}},
    {13, "Mul", NULL, {"x2x1", "x3"}},
    {13, "Div", NULL, {"x2x3", "x3 0.5 2"}},
    {13, "Pow", NULL, {"x2x3 0.5 2", "x3"}},
    {13, "Pow", NULL, {"x2x3", "f!: 3"}},
    {13, "Mod", "fmod=1", {"x3 2 3", "x3 0.6 0.65"}},
    {13, "Sum", NULL, {"x3", "x1", "x2x3"}},
    {13, "Mean", NULL, {"x3", "x1", "x2x3"}},
    {13, "Max", NULL, {"x3", "x1", "x2x3"}},
    {13, "Min", NULL, {"x3", "x1", "x2x3"}},
    {13, "Cast", "to=11", {"x3"}},
    {15, "CastLike", NULL, {"x3", "d!1: 0"}},
    {13, "Identity", NULL, {"x3"}},
    {13, "Dropout", NULL, {"x3"}},
    {13, "Where", NULL, {"b!3: 1 0 1", "x2x3", "x3"}},
    /* Activations */
    {13, "Relu", NULL, {"x2x3"}},
    {13, "Sigmoid", NULL, {"x3"}},
    {13, "Softplus", NULL, {"x3"}},
    {13, "Softsign", NULL, {"x3"}},
    {13, "Elu", "alpha=0.7", {"x2x3"}},
    {13, "Celu", "alpha=0.7", {"x2x3"}},
    {13, "Selu", NULL, {"x2x3"}},
    {13, "LeakyRelu", "alpha=0.2", {"x2x3"}},
    {13, "PRelu", NULL, {"x2x3", "x3"}},
    {13, "ThresholdedRelu", "alpha=0.3", {"x2x3"}},
    {13, "HardSigmoid", "alpha=0.5", {"x2x3"}},
    {14, "HardSwish", NULL, {"x2x3 -4 4"}},
    {20, "Gelu", NULL, {"x3"}},
    {20, "Gelu", "approximate='tanh'", {"x3"}},
    {24, "Swish", "alpha=1.3", {"x3"}},
    {18, "Mish", NULL, {"x3"}},
    {13, "Shrink", "lambd=0.4 bias=0.1", {"x2x3"}},
    {6, "Clip", "min=-0.5 max=0.8", {"x2x3"}},
    {13, "Clip", NULL, {"x2x3", "f!: -0.5", "f!: 0.8"}},
    {13, "Softmax", "axis=0", {"x3x2"}},
    {11, "Softmax", "axis=1", {"x2x2x2"}},
    {13, "LogSoftmax", NULL, {"x2x3"}},
    /* Reductions */
    {13, "ReduceSum", NULL, {"x2x3", "i!1: 0"}},
    {11, "ReduceMean", "axes=[1]", {"x2x3"}},
    {13, "ReduceMax", "axes=[1]", {"x2x3"}},
    {13, "ReduceMin", "axes=[0] keepdims=0", {"x2x3"}},
    {13, "ReduceProd", "axes=[1]", {"x2x3"}},
    {13, "ReduceProd", "keepdims=0", {"x5"}},
    {13, "ReduceL1", "axes=[1]", {"x2x3"}},
    {13, "ReduceL2", "axes=[1]", {"x2x3"}},
    {13, "ReduceSumSquare", "axes=[1]", {"x2x3"}},
    {13, "ReduceLogSum", "axes=[1]", {"x2x3 0.5 2"}},
    {13, "ReduceLogSumExp", "axes=[1]", {"x2x3"}},
    {26, "CumProd", "reverse=1", {"x2x3", "i!: 1"}},
    {24, "TensorScatter", "mode='circular'", {"x1x3x2", "x1x2x2", "i!1: 2"}},
    {13, "CumSum", "reverse=1 exclusive=1", {"x2x3", "i!: 1"}},
    {13, "TopK", "axis=1", {"x2x4", "i!1: 2"}},
    /* Products */
    {13, "MatMul", NULL, {"x2x3", "x3x2"}},
    {13, "Gemm", "transA=1 alpha=2.0 beta=0.5", {"x3x2", "x3x2", "x2"}},
    {12, "Einsum", "equation='bij,bjk->bik'", {"x2x1x2", "x2x2x2"}},
    {12, "Einsum", "equation='i,ij,j->'", {"x2", "x2x2", "x2"}},
    {11, "Conv", "pads=[1,0] strides=[2]", {"x1x2x5", "x2x2x2", "x2"}},
    {11, "Conv", "group=2 dilations=[2]", {"x1x2x4", "x2x1x2"}},
    {11, "Conv", "strides=2,2 pads=0,1,0,0", {"x1x1x6x5", "x1x1x3x2", "x1"}},
    {11, "Conv", "strides=2,1,1", {"x1x1x5x2x2", "x1x1x2x1x2"}},
    {11,
     "ConvTranspose",
     "strides=[2] pads=[1,1] output_padding=[1]",
     {"x1x2x2", "x2x1x3", "x1"}},
    /* Pools */
    {11, "AveragePool", "kernel_shape=[2] pads=[1,1]", {"x1x1x4"}},
    {11, "MaxPool", "kernel_shape=[2] strides=[2]", {"x1x1x4"}},
    {11, "LpPool", "kernel_shape=[2] p=3", {"x1x1x4"}},
    {11, "GlobalAveragePool", NULL, {"x1x2x3"}},
    {11, "GlobalMaxPool", NULL, {"x1x2x3"}},
    {11, "GlobalLpPool", NULL, {"x1x2x3"}},
    {11, "MaxUnpool", "kernel_shape=[2] strides=[2]", {"x1x1x2", "i!1x1x2: 1 2"}},
    {16,
     "RoiAlign",
     "output_height=1 output_width=1",
     {"x1x1x3x3", "f!1x4: 0 0 1.7 1.3", "i!1: 0"}},
    {16, "GridSample", NULL, {"x1x1x2x2", "x1x1x2x2 0.1 0.4"}},
    {20, "GridSample", NULL, {"x1x1x2x1x2", "x1x1x1x1x3 0.1 0.4"}},
    {19, "DeformConv", NULL, {"x1x1x2x2", "x1x1x1x2", "x1x4x2x1 0.1 0.4", "-", "x1x2x2x1"}},
    {20, "DFT", "inverse=1 onesided=1", {"x1x3x2"}},
    /* Normalisations */
    {15, "BatchNormalization", NULL, {"x1x2x2", "x2", "x2", "x2", "f!2: 1 2"}},
    {13, "InstanceNormalization", NULL, {"x1x2x3", "x2", "x2"}},
    {21, "GroupNormalization", "num_groups=2", {"x1x4x1", "x4", "x4"}},
    {17, "LayerNormalization", NULL, {"x2x3", "x3", "x3"}},
    {17, "SimplifiedLayerNormalization", NULL, {"x2x3", "x3"}},
    {23, "RMSNormalization", NULL, {"x2x3", "x3"}},
    {13, "MeanVarianceNormalization", "axes=[0,2]", {"x2x2x2"}},
    {13, "LpNormalization", "p=2", {"x2x3"}},
    {13, "LRN", "size=3 alpha=0.5 beta=0.7", {"x1x4x2"}},
    /* Movers */
    {13, "Reshape", NULL, {"x2x3", "i!2: 3 -1"}},
    {13, "Flatten", NULL, {"x2x3x1"}},
    {13, "Squeeze", NULL, {"x1x3", "i!1: 0"}},
    {13, "Unsqueeze", NULL, {"x3", "i!1: 1"}},
    {13, "Transpose", "perm=[1,0]", {"x2x3"}},
    {13, "Expand", NULL, {"x1x3", "i!2: 2 3"}},
    {13, "DepthToSpace", "blocksize=2", {"x1x4x1x2"}},
    {13, "SpaceToDepth", "blocksize=2", {"x1x1x2x4"}},
    {13, "Concat", "axis=1", {"x2x1", "x2x2"}},
    {13, "Split", "axis=0", {"x4x2"}},
    {13, "Slice", NULL, {"x5", "i!1: -1", "i!1: -6", "i!1: 0", "i!1: -2"}},
    {11, "Pad", "mode='reflect'", {"x3", "i!2: 1 2"}},
    {13, "Pad", NULL, {"x3", "i!2: 1 2", "f!: 0.5"}},
    {13, "Tile", NULL, {"x2", "i!1: 3"}},
    {14, "Trilu", "upper=0", {"x3x3"}},
    {13, "Gather", "axis=1", {"x2x3", "i!2: 2 -1"}},
    {13, "GatherElements", "axis=1", {"x2x3", "i!2x2: 2 2 0 1"}},
    {13, "GatherND", NULL, {"x2x3", "i!2x1: 1 1"}},
    {10, "Scatter", "axis=0", {"x4", "i!2: 1 3", "x2"}},
    {16, "ScatterElements", "reduction='add'", {"x4", "i!2: 1 1", "x2"}},
    {18, "ScatterElements", "reduction='mul'", {"x4", "i!2: 1 3", "x2"}},
    {16, "ScatterND", NULL, {"x4", "i!2x1: 1 3", "x2"}},
    {11, "OneHot", NULL, {"i!2: 0 2", "i!1: 3", "x2"}},
    {13, "Resize", "mode='cubic'", {"x1x1x4", "-", "f!3: 1 1 1.5"}},
    {13, "Resize", "mode='linear'", {"x1x1x4", "-", "-", "i!3: 1 1 3"}},
    {9, "Upsample", "mode='linear'", {"x1x1x2x2", "f!4: 1 1 2 2"}},
    {10, "ReverseSequence", NULL, {"x3x2", "i!2: 3 2"}},
    {11, "Compress", NULL, {"x4", "b!4: 1 0 0 1"}},
    {18, "CenterCropPad", NULL, {"x3", "i!1: 5"}},
    {18, "Col2Im", NULL, {"x1x2x2", "i!1: 3", "i!1: 2"}},
    {20, "AffineGrid", NULL, {"x1x2x3", "i!4: 1 1 2 2"}},
    {13, "Det", NULL, {"x2x3x3"}},
    /* Recurrent nets, losses, spectra, integers */
    {14, "RNN", "hidden_size=2", {"x3x1x2", "x1x2x2", "x1x2x2"}},
    {14, "GRU", "hidden_size=2", {"x2x1x2", "x1x6x2", "x1x6x2"}},
    {14, "GRU", "hidden_size=1 linear_before_reset=1", {"x2x1x2", "x1x3x2", "x1x3x1", "x1x6"}},
    {14, "LSTM", "hidden_size=2", {"x2x1x2", "x1x8x2", "x1x8x2"}},
    {13, "NegativeLogLikelihoodLoss", NULL, {"x2x3", "i!2: 2 0"}},
    {13, "SoftmaxCrossEntropyLoss", NULL, {"x2x3", "i!2: 2 0"}},
    {17, "DFT", "axis=0", {"x4x1"}},
    {17, "STFT", "onesided=1", {"x1x6x1", "i!: 2", "f!4: 0.5 1 1 0.5"}},
    {13, "DequantizeLinear", NULL, {"int8!3: -3 0 5", "x1 0.5 1"}},
    {17, "com.microsoft:DequantizeLinear", NULL, {"int8!3: -3 0 5", "x1 0.5 1"}},
    {17,
     "com.microsoft:MatMulIntegerToFloat",
     NULL,
     {"int8!1x2: 1 -3", "int8!2x2: 1 2 3 4", "x1 0.5 1", "x2 0.5 1", "-", "-", "x2"}},
    {17,
     "com.microsoft:DynamicQuantizeMatMul",
     NULL,
     {"f!1x2: 1 -3", "int8!2x2: 1 2 3 4", "x1 0.5 1", "-", "x2"}},
    {17,
     "com.microsoft:QGemm",
     "alpha=2.0 transB=1",
     {"int8!1x2: 1 -3", "x1 0.5 1", "int8!: 1", "int8!2x2: 1 2 3 4", "x1 0.5 1", "int8!: 0"}},
    /* Classical models */
    {17, "ai.onnx.ml:Scaler", "offset=1.0,2.0 scale=2.0,0.5", {"x2x2"}},
    {17, "ai.onnx.ml:Normalizer", "norm='L2'", {"x2x2 0.5 1"}},
    {17, "ai.onnx.ml:Imputer", "imputed_value_floats=1.0,2.0", {"x2x2"}},
    {17, "ai.onnx.ml:FeatureVectorizer", "inputdimensions=2,1", {"x2x2", "x2x1"}},
    {17, "ai.onnx.ml:ArrayFeatureExtractor", NULL, {"x2x2", "i!1: 1"}},
    {17, "ai.onnx.ml:ZipMap", NULL, {"x2x2"}},
    {17, "ai.onnx.ml:CastMap", NULL, {"x2x2"}},
    {17, "ai.onnx.ml:DictVectorizer", "int64_vocabulary=4,7", {"x2x2"}},
    {17,
     "ai.onnx.ml:LinearRegressor",
     "coefficients=0.1,0.2 intercepts=[0.5] post_transform='PROBIT'",
     {"x2x2 0 1"}},
    {17,
     "ai.onnx.ml:SVMClassifier",
     "vectors_per_class=1,1 support_vectors=1.0,0.0,0.0,1.0 coefficients=1.0,-1.0 rho=[0.5] "
     "classlabels_ints=7,9 kernel_type='RBF' kernel_params=0.5,0.0,3.0 "
     "post_transform='LOGISTIC'",
     {"x2x2"}},
    {17,
     "ai.onnx.ml:LinearClassifier",
     "coefficients=1.0,2.0 classlabels_ints=0,1 post_transform='SOFTMAX'",
     {"x2x2"}},
    {17,
     "ai.onnx.ml:SVMRegressor",
     "n_supports=2 support_vectors=0.5,1.0,-1.0,0.0 coefficients=2.0,-1.0 rho=[0.5] "
     "kernel_type='RBF' kernel_params=0.5,0.0,3.0",
     {"x2x2"}},
    /* operators that were removed from ONNX */
    {1, "Affine", "alpha=2.0 beta=1.0", {"x3"}},
    {1, "ScaledTanh", "alpha=2.0 beta=1.3", {"x3"}},
    {1, "ParametricSoftplus", "alpha=2.0 beta=1.3", {"x3"}},
    {1, "ImageScaler", "scale=0.5 bias=1.0,2.0", {"x1x2x1x2"}},
    {1, "Crop", "border=1,0,0,1", {"x1x1x2x3"}},
    {1, "Tile", NULL, {"x3", "f!1: 2", "f!1: 0"}},
    {1, "Cast", "to='DOUBLE'", {"x3"}},
    {1, "DynamicSlice", NULL, {"x3", "i!1: 1", "i!1: 3"}},
    {6, "MeanVarianceNormalization", "across_channels=1", {"x1x2x2x1"}},
    /* operators of com.microsoft */
    {17, "com.microsoft:GridSample", NULL, {"x1x1x2x2", "x1x1x2x2 0.1 0.4"}},
    {17, "com.microsoft:GatherND", NULL, {"x2x3", "i!2x1: 1 1"}},
    {17, "com.microsoft:Pad", NULL, {"x3", "i!2: 1 2", "f!1: 0.5"}},
    {17, "com.microsoft:Trilu", "upper=0", {"x3x3"}},
    {17, "com.microsoft:ExpandDims", NULL, {"x3", "i!: 0"}},
    {17, "com.microsoft:CDist", "metric='euclidean'", {"x2x2 -1 0", "x2x2 0.5 1"}},
    {17, "com.microsoft:Inverse", NULL, {"x2x2"}},
    {17, "com.microsoft:BiasSoftmax", "axis=1", {"x2x3", "x1x3"}},
    {17, "com.microsoft:BiasAdd", NULL, {"x2x3", "x3", "x2x3"}},
    {17, "com.microsoft:BiasSplitGelu", NULL, {"x1x4", "x4"}},
    {17, "com.microsoft:GroupNorm", "groups=1 activation=1", {"x1x2x1x2", "x2", "x2"}},
    {17,
     "com.microsoft:SkipGroupNorm",
     "groups=1 activation=1",
     {"x1x2x1x2", "x2", "x2", "x1x2", "f!2: 0.5 1"}},
    {17, "com.microsoft:BiasDropout", NULL, {"x2x3", "x3", "x2x3"}},
    {17, "com.microsoft:GemmFastGelu", NULL, {"x2x2", "x2x2", "x2"}},
    {17, "com.microsoft:TorchEmbedding", NULL, {"x3x2", "i!2: 2 0"}},
    {17, "com.microsoft:GatedAdd", NULL, {"x2x2", "x2x2", "x2x1"}},
    {17, "com.microsoft:GatedRMSNorm", "epsilon=0.1", {"x1x4", "x2", "x1x4"}},
    {17, "com.microsoft:FusedMatMulActivation", "activation='Tanh'", {"x2x2", "x2x2"}},
    {17,
     "com.microsoft:QAttention",
     "num_heads=1",
     {"uint8!1x2x1: 1 2", "int8!1x3: 1 2 4", "x3", "f!: 0.5", "f!: 0.25"}},
    {17,
     "com.microsoft:QEmbedLayerNormalization",
     NULL,
     {"int32!1x1: 0", "-", "uint8!1x2: 1 3", "uint8!1x2: 1 0", "-", "uint8!2: 4 4",
      "uint8!2: 1 2", "-", "x1 0.5 1", "f!: 0.5", "-", "x1 0.5 1", "f!: 0.5"}},
    {17, "MaxRoiPool", "pooled_shape=2,1", {"x1x1x3x3", "f!2x5: 0 0 0 2 2 0 1 1 9 1"}},
    {17,
     "com.microsoft:CropAndResize",
     NULL,
     {"x1x1x3x3", "f!1x4: 0 0.2 1.1 0.7", "int32!1: 0", "int32!2: 3 2"}},
    {17,
     "com.microsoft:MoE",
     "k=2 activation_type='silu'",
     {"x2x2", "x2x3", "x3x2x2", "f!3x2: 1 2 3 -1 -2 -3", "x3x2x2"}},
    {17,
     "com.microsoft:MoE",
     "activation_type='swiglu' swiglu_fusion=1 swiglu_limit=7.0",
     {"x2x2", "f!2x2: 1 0 0 1", "x2x4x2", "-", "x2x2x2"}},
    {17,
     "com.microsoft:QMoE",
     "activation_type='silu'",
     {"x1x2", "x1x1", "uint8!1x2x1: 138 121", "f!1x2: 0.5 0.5", "x1x2", "uint8!1x2x1: 137 135",
      "f!1x2: 1 2"}},
    {17, "com.microsoft:SampleOp", NULL, {"x3"}},
    {17,
     "com.microsoft:DynamicQuantizeLSTM",
     NULL,
     {"f!1x1x2: 1 -2", "int8!1x2x4: 5 -6 7 5 3 -5 7 -1", "int8!1x1x4: 1 2 3 4", "x1x8", "-",
      "-", "-", "-", "f!1: 0.25", "int8!1: 0", "f!1: 0.125", "int8!1: 0"}},
    {27,
     "LinearAttention",
     "q_num_heads=2 kv_num_heads=1 update_rule='linear'",
     {"x1x2x2", "x1x2x1", "x1x2x1"}},
    {27,
     "LinearAttention",
     "q_num_heads=1 kv_num_heads=1",
     {"f!1x2x2: 1 -1 0.5 2", "x1x2x2", "x1x2x1", "-", "x1x2x2", "x1x2x1"}},
    {17,
     "com.microsoft:LinearAttention",
     "q_num_heads=1 kv_num_heads=1 update_rule='delta'",
     {"x1x2x1", "x1x2x1", "f!1x2x1: 1 -2", "x1x1x1x1", "-", "x1x2x1"}},
    {17,
     "com.microsoft.nchwc:Conv",
     "activation='Sigmoid'",
     {"x1x1x2x2", "f!8x1x1x1: 1 -1 2 0.5 0 3 -2 1", "x8"}},
    {17, "com.microsoft.nchwc:ReorderInput", NULL, {"x1x1x2x2"}},
    {17, "com.microsoft.nchwc:ReorderOutput", "channels=1", {"x1x2x2x2"}},
    {17, "com.microsoft.nchwc:MaxPool", "kernel_shape=2,2", {"x1x1x3x3"}},
    {17, "com.microsoft.nchwc:AveragePool", "kernel_shape=2,2", {"x1x1x3x3"}},
    {17, "com.microsoft.nchwc:GlobalMaxPool", NULL, {"x1x2x2x2"}},
    {17, "com.microsoft.nchwc:GlobalAveragePool", NULL, {"x1x2x2x2"}},
    {17, "com.microsoft.nchwc:Upsample", "scales=1,1,2,2 mode='linear'", {"x1x1x2x2"}},
    {17, "com.microsoft:UnfoldTensor", "dim=0 size=2", {"x3x2"}},
    {17,
     "com.microsoft:MatMulBnb4",
     "K=2 N=2 block_size=4 quant_type=1",
     {"x2x2", "uint8!2: 18 52", "f!1: 2"}},
    {28, "SwiGLU", "alpha=1.3", {"x2x3", "x2x3"}},
    {27, "CausalConvWithState", NULL, {"x1x1x3", "x1x1x2", "x1"}},
    {17,
     "com.microsoft:CausalConvWithState",
     "activation='silu'",
     {"x1x2x3", "x2x1x2", "x2", "x1x2x1"}},
    {17,
     "com.microsoft:DecoderMaskedMultiHeadAttention",
     "num_heads=1 past_present_share_buffer=1",
     {"x1x1x2", "x1x1x2", "x1x1x2", "-", "-", "x1x1x3x2", "f!1x1x3x2: 1 2 3 4 5 6",
      "int32!1: 1"}},
    {17,
     "com.microsoft:MaxpoolWithMask",
     "kernel_shape=[2]",
     {"x1x1x4", "int32!1x1x4: 1 1 1 0"}},
    {17,
     "com.microsoft:ConvTransposeWithDynamicPads",
     "strides=[2]",
     {"x1x1x3", "x1x2x3", "i!2: 1 0", "x2"}},
    {17, "com.microsoft:NGramRepeatBlock", "ngram_size=2", {"i!1x3: 0 1 2", "x1x3"}},
    {17,
     "com.microsoft:WordConvEmbedding",
     NULL,
     {"int32!2x3: 1 2 0 3 1 2", "x2x1x2x2", "x2", "x4x2"}},
    {26, "ai.onnx.preview:FlexAttention", NULL, {"x1x2x2x2", "x1x1x3x2", "x1x1x3x2"}},
    {7, "Scale", "scale=2.0", {"x3"}},
    {17, "com.microsoft:FusedMatMul", "alpha=2.0 transB=1", {"x2x3", "x2x3"}},
    {17, "com.microsoft:TransposeMatMul", NULL, {"x2x3", "x3x2"}},
    {17, "com.microsoft:FusedGemm", "activation='Sigmoid'", {"x2x2", "x2x2", "x2"}},
    {17, "com.microsoft:FusedConv", "activation='Tanh'", {"x1x1x3", "x2x1x2", "x2"}},
    {17, "com.microsoft:Gelu", NULL, {"x3"}},
    {17, "com.microsoft:BiasGelu", NULL, {"x2x3", "x3"}},
    {17, "com.microsoft:FastGelu", NULL, {"x2x3", "x3"}},
    {17, "com.microsoft:QuickGelu", "alpha=1.5", {"x3"}},
    {17, "com.microsoft:SkipLayerNormalization", NULL, {"x1x2x3", "x1x2x3", "x3", "x3"}},
    {17, "com.microsoft:SkipSimplifiedLayerNormalization", NULL, {"x1x2x3", "x1x2x3", "x3"}},
    {17,
     "com.microsoft:EmbedLayerNormalization",
     NULL,
     {"int32!1x2: 1 0", "-", "x2x2", "x2x2", "-", "x2", "x2"}},
    {17, "com.microsoft:Attention", "num_heads=2", {"x1x2x2", "x2x6", "x6"}},
    {17, "com.microsoft:MultiHeadAttention", "num_heads=1", {"x1x2x2", "x1x2x2", "x1x2x2"}},
    {17,
     "com.microsoft:Attention",
     "num_heads=1 unidirectional=1",
     {"x1x2x2", "x2x6", "-", "-", "x2x1x1x1x2"}},
    {23, "Attention", "is_causal=1 softcap=2.0", {"x1x2x2x1", "x1x1x2x1", "x1x1x2x2"}},
    {23, "RotaryEmbedding", "interleaved=1", {"x1x1x2x4", "x1x2x2", "x1x2x2"}},
    {17, "com.microsoft:RotaryEmbedding", NULL, {"x1x2x2", "i!1: 0", "x2x1", "x2x1"}},
    {17,
     "com.microsoft:GroupQueryAttention",
     "num_heads=2 kv_num_heads=1 do_rotary=1",
     {"x1x2x8", "-", "-", "x1x1x1x2", "x1x1x1x2", "int32!1: 2", "int32!: 3",
      "f!3x1: 1 0.6 -0.2", "f!3x1: 0 0.8 0.9"}},
    {17,
     "com.microsoft:MatMulNBits",
     "K=2 N=1 block_size=16",
     {"x3x2", "uint8!1x1x8: 169 0 0 0 0 0 0 0", "f!1: 0.5"}},
};

enum { N_CASES = sizeof cases / sizeof cases[0] };

/* The number of outputs of the example. */
static int outputs_of(const char *op)
{
    static const char *const two[] = {"Split",
                                      "RNN",
                                      "GRU",
                                      "SoftmaxCrossEntropyLoss",
                                      "ai.onnx.ml:LinearClassifier",
                                      "ai.onnx.ml:SVMClassifier"};
    for (size_t i = 0; i < sizeof two / sizeof two[0]; i++)
        if (strcmp(op, two[i]) == 0)
            return 2;
    return strcmp(op, "LSTM") == 0 ? 3 : 1;
}

/* ---- Models ---- */

struct range {
    double low, high;
};

/* Adds a variable, and returns its range. */
static struct range add_variable(struct tm_model *m, const char *name, const char *text)
{
    struct range range = {-1.5, 1.5};
    struct sx_shape shape = {0};
    const char *at = text;
    while (*at == 'x') {
        char *end;
        shape.dim[shape.rank++] = strtoll(at + 1, &end, 10);
        at = end;
    }
    if (*at == ' ') {
        char *end;
        range.low = strtod(at, &end);
        range.high = strtod(end, NULL);
    }
    tm_input(m, name, SX_FLOAT, shape.rank, shape.dim);
    return range;
}

/* Copies the domain of an operator, the text before the colon, to `room`. */
static const char *domain_of(const char *op, char room[40])
{
    const char *colon = strchr(op, ':');
    snprintf(room, 40, "%.*s", colon != NULL ? (int)(colon - op) : 0, op);
    return room;
}

static struct tm_model *build(const struct order_case *c, struct range *range)
{
    struct tm_model *m = tm_new(c->opset);
    char inputs[100] = "", outputs[40] = "";
    char domain[40];
    if (*domain_of(c->op, domain) != '\0')
        tm_domain(m, domain, 1);
    for (int k = 0, n = 0; k < LC_MOST && c->in[k] != NULL; k++) {
        char name[16];
        snprintf(name, sizeof name, "i%d", k);
        strcat(strcat(inputs, c->in[k][0] == '-' ? "-" : name), " ");
        if (c->in[k][0] == 'x')
            range[n++] = add_variable(m, name, c->in[k]);
        else if (c->in[k][0] != '-')
            lc_constant(m, name, c->in[k]);
    }
    for (int k = 0; k < outputs_of(c->op); k++) {
        char name[16];
        snprintf(name, sizeof name, "y%d", k);
        strcat(strcat(outputs, name), " ");
        tm_output(m, name);
    }
    tm_node(m, c->op, inputs, outputs, c->attributes);
    return m;
}

/* ---- Orders ---- */

/* Compares the derivatives of a model with differences. Frees the model. */
static void take_orders(const char *text, struct tm_model *m, const struct range *range)
{
    struct sx_error error = {0};
    struct sx_model *model = lc_open(m);
    const struct sx_lower_options options = {.real = SX_DOUBLE};
    tm_free(m);
    struct sx_lowered *l = sx_lower(model, &options, &error);
    ck_assert_msg(l != NULL, "%s: %s", text, error.message);
    struct fd t = {.g = l->graph};
    struct fd_level level = {0};
    int dx[FD_INPUTS];
    ck_assert_int_le(l->n_inputs, MOST_VARIABLES);
    for (int k = 0; k < l->n_inputs; k++)
        fd_attach(&t, l->inputs[k].node, range[k].low, range[k].high);
    for (int k = 0; k < l->n_outputs; k++)
        if (sx_is_real(l->graph->node[l->outputs[k].node].type))
            level.node[level.n++] = l->outputs[k].node;
    for (int order = 1; order <= ORDERS; order++) {
        fd_weigh(&t, &level);
        fd_gradient(&t, &level, dx);
        fd_compare_slopes(&t, &level, dx, text, order, 1e-6);
        fd_next_level(&t, &level, dx);
    }
    for (int k = 0; k < t.n; k++)
        sx_tensor_free(&t.at[k]);
    sx_lowered_free(l);
    sx_model_close(model);
}

START_TEST(row_to_third_order)
{
    const struct order_case *c = &cases[_i];
    struct range range[LC_MOST];
    char text[120];
    snprintf(text, sizeof text, "%s (opset %d, %s)", c->op, (int)c->opset,
             c->attributes != NULL ? c->attributes : "");
    struct tm_model *m = build(c, range);
    take_orders(text, m, range);
}
END_TEST

/* ---- Gradients as files ---- */

/* The gradient of the sum of `of` by `wrt` as a model. */
static struct sx_model *written_gradient(const struct sx_model *model, const char *of,
                                         const char *wrt, const char *text)
{
    const struct sx_export_options o = {
        .kind = SX_EXPORT_GRADIENT, .order = 1, .of = of, .wrt = wrt, .precise = true};
    struct sx_error error = {0};
    char path[40];
    int fd = memfd_create("gradient", 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct sx_sink *sink = sx_sink_to(dup(fd), "gradient", &error);
    ck_assert_ptr_nonnull(sink);
    ck_assert_msg(sx_export(model, &o, NULL, sink, &error), "%s: %s", text, error.message);
    ck_assert(sx_sink_finish(sink, true, &error));
    struct sx_model *written = sx_model_open(path, NULL, &error);
    ck_assert_msg(written != NULL, "%s: %s", text, error.message);
    close(fd);
    return written;
}

/* Compares the results of a written model with the explainer's. */
static void compare_written(const struct order_case *c, struct sx_model *written,
                            struct sx_explainer *e, const struct sx_tensor *feeds,
                            const char *text)
{
    const struct sx_infer_options o = {.precise = true, .threads = 1};
    struct sx_error error = {0};
    struct sx_inference *run = sx_inference_new(written, &o, &error);
    const struct sx_tensor *x = sx_explainer_input(e), *got = NULL;
    const char *name;
    double want[256], value;
    ck_assert_msg(run != NULL && sx_inference_run(run, feeds, &error), "%s: %s", text,
                  error.message);
    ck_assert_int_le(sx_count(&x->shape), 256);
    ck_assert_msg(sx_gradients(e, 1, x->data, &value, want, &error), "%s: %s", text,
                  error.message);
    for (int i = 0; sx_inference_output(run, i, &name) != NULL; i++)
        if (strncmp(name, "grad_", 5) == 0)
            got = sx_inference_output(run, i, NULL);
    ck_assert_msg(got != NULL && sx_shape_equal(&got->shape, &x->shape), "%s", text);
    for (int64_t i = 0; i < sx_count(&x->shape); i++)
        ck_assert_msg(fabs(sx_tensor_get(got, i) - want[i]) <= 1e-9 * (1 + fabs(want[i])),
                      "%s (%s): %.17g at %d, not %.17g", text, c->op, sx_tensor_get(got, i),
                      (int)i, want[i]);
    sx_inference_free(run);
}

/* An explainer of the sum of the first output by an input at a sample. The rank of the output is
 * found first. */
static struct sx_explainer *explain_sum(struct sx_model *model, const char *of, const char *wrt,
                                        const struct sx_tensor *feeds, const char *text)
{
    static const char *const targets[] = {"sum:*", "sum:*,*", "sum:*,*,*", "sum:*,*,*,*", NULL};
    struct sx_error error;
    for (int i = 0; i < 5; i++) {
        const struct sx_explain_options o = {.precise = true,
                                             .threads = 1,
                                             .score = SX_SCORE_RAW,
                                             .output = of,
                                             .wrt = wrt,
                                             .target = targets[i]};
        error = (struct sx_error){0};
        struct sx_explainer *e = sx_explainer_new(model, &o, &error);
        if (e != NULL && sx_explainer_sample(e, feeds, &error))
            return e;
        sx_explainer_free(e);
    }
    ck_abort_msg("%s: %s", text, error.message);
    return NULL;
}

START_TEST(row_as_file)
{
    const struct order_case *c = &cases[_i];
    struct range range[LC_MOST];
    struct sx_error error = {0};
    struct sx_tensor feeds[LC_MOST];
    char text[120];
    snprintf(text, sizeof text, "%s (opset %d, %s)", c->op, (int)c->opset,
             c->attributes != NULL ? c->attributes : "");
    struct tm_model *m = build(c, range);
    struct sx_model *model = lc_open(m);
    tm_free(m);
    const struct sx_port *port;
    int n = 0;
    for (; (port = sx_model_input(model, n)) != NULL; n++) {
        ck_assert(sx_tensor_new(&feeds[n], SX_DOUBLE, &port->shape, &error));
        for (int64_t i = 0; i < sx_count(&port->shape); i++)
            sx_tensor_set(&feeds[n], i,
                          range[n].low + (range[n].high - range[n].low) *
                                             sx_random_uniform(7, (uint64_t)n, (uint64_t)i));
    }
    /* the label is the first output */
    const char *of = strstr(c->op, "Classifier") != NULL ? "y1" : NULL;
    for (int k = 0; k < n; k++) {
        const char *wrt = sx_model_input(model, k)->name;
        struct sx_explainer *e = explain_sum(model, of, wrt, feeds, text);
        struct sx_model *written = written_gradient(model, of, wrt, text);
        compare_written(c, written, e, feeds, text);
        sx_model_close(written);
        sx_explainer_free(e);
    }
    sx_model_close(model);
    for (int k = 0; k < n; k++)
        sx_tensor_free(&feeds[k]);
}
END_TEST

/* ---- Rows that need more than a node ---- */

static struct tm_model *one_input(int64_t opset, int rank, const int64_t *dims)
{
    struct tm_model *m = tm_new(opset);
    tm_input(m, "x", SX_FLOAT, rank, dims);
    tm_const(m, "0", SX_INT, 0, NULL, (int64_t[]){0});
    tm_const(m, "1", SX_INT, 0, NULL, (int64_t[]){1});
    tm_const(m, "3", SX_INT, 0, NULL, (int64_t[]){3});
    tm_output(m, "y");
    return m;
}

static const struct range usual = {-1.5, 1.5};

/* A body that squares its input. */
static struct tm_model *square(const char *result)
{
    struct tm_model *body = tm_new(13);
    tm_node(body, "Mul", "x x", result, NULL);
    tm_output(body, result);
    return body;
}

START_TEST(sequences)
{
    struct tm_model *m = one_input(13, 1, (int64_t[]){4});
    tm_node(m, "Mul", "x x", "z", NULL);
    tm_node(m, "SequenceConstruct", "x z", "s0", NULL);
    tm_node(m, "SequenceInsert", "s0 z 0", "s1", NULL);
    tm_node(m, "SequenceErase", "s1 1", "s2", NULL);
    tm_node(m, "ConcatFromSequence", "s2", "joined", "axis=0");
    tm_node(m, "SplitToSequence", "joined 3", "s3", "axis=0");
    tm_node(m, "SequenceAt", "s3 1", "part", NULL);
    tm_node(m, "Sin", "part", "y", NULL);
    take_orders("sequences", m, &usual);
}
END_TEST

START_TEST(items)
{
    struct tm_model *m = one_input(18, 1, (int64_t[]){4}), *body = tm_new(18);
    tm_input(body, "u", SX_FLOAT, -1, NULL);
    tm_node(body, "Sin", "u", "v", NULL);
    tm_output(body, "v");
    tm_node(m, "Optional", "x", "o", NULL);
    tm_node(m, "OptionalGetElement", "o", "same", NULL);
    tm_node(m, "SplitToSequence", "same 3", "s", "axis=0");
    tm_node(m, "SequenceMap", "s", "t", NULL);
    tm_attr_graph(m, "body", body);
    tm_node(m, "ConcatFromSequence", "t", "y", "axis=0");
    take_orders("SequenceMap", m, &usual);
}
END_TEST

START_TEST(branches)
{
    struct tm_model *m = one_input(13, 1, (int64_t[]){3});
    tm_const(m, "no", SX_BOOL, 0, NULL, (uint8_t[]){0});
    tm_node(m, "If", "no", "b", NULL);
    struct tm_model *same = tm_new(13);
    tm_node(same, "Identity", "x", "a", NULL);
    tm_output(same, "a");
    tm_attr_graph(m, "then_branch", same);
    tm_attr_graph(m, "else_branch", square("e"));
    tm_node(m, "Mul", "b x", "y", NULL);
    take_orders("If", m, &usual);
}
END_TEST

/* s <- s sin(s) - 0.5 s, three times. */
START_TEST(loops)
{
    struct tm_model *m = one_input(13, 1, (int64_t[]){3}), *body = tm_new(13);
    tm_input(body, "i", SX_INT, 0, NULL);
    tm_input(body, "go", SX_BOOL, 0, NULL);
    tm_input(body, "s", SX_FLOAT, 1, (int64_t[]){3});
    tm_const(body, "half", SX_FLOAT, 0, NULL, (float[]){0.5F});
    tm_node(body, "Identity", "go", "on", NULL);
    tm_node(body, "Sin", "s", "sine", NULL);
    tm_node(body, "Mul", "s sine", "p", NULL);
    tm_node(body, "Mul", "s half", "h", NULL);
    tm_node(body, "Sub", "p h", "t", NULL);
    tm_output(body, "on");
    tm_output(body, "t");
    tm_node(m, "Loop", "3 - x", "y", NULL);
    tm_attr_graph(m, "body", body);
    take_orders("Loop", m, &usual);
}
END_TEST

/* A running sum, multiplied by its elements. */
static struct tm_model *scan(int64_t opset)
{
    static const int64_t dims[] = {1, 3, 2};
    struct tm_model *m = one_input(opset, opset == 8 ? 3 : 2, opset == 8 ? dims : dims + 1);
    struct tm_model *body = tm_new(opset);
    tm_const(m, "start", SX_FLOAT, opset == 8 ? 2 : 1,
             opset == 8 ? (int64_t[]){1, 2} : dims + 2, (float[]){0.5F, 1});
    tm_input(body, "s", SX_FLOAT, 1, (int64_t[]){2});
    tm_input(body, "e", SX_FLOAT, 1, (int64_t[]){2});
    tm_node(body, "Mul", "s e", "p", NULL);
    tm_node(body, "Add", "p e", "t", NULL);
    tm_output(body, "t");
    tm_node(m, "Scan", opset == 8 ? "- start x" : "start x", "y", "num_scan_inputs=1");
    tm_attr_graph(m, "body", body);
    return m;
}

START_TEST(scans)
{
    take_orders("Scan of opset 8", scan(8), &usual);
    take_orders("Scan of opset 9", scan(9), &usual);
}
END_TEST

START_TEST(gradients)
{
    struct tm_model *m = one_input(13, 1, (int64_t[]){3});
    tm_domain(m, "ai.onnx.preview.training", 1);
    tm_node(m, "Sin", "x", "s", NULL);
    tm_node(m, "Mul", "s x", "z", NULL);
    tm_node(m, "ai.onnx.preview.training:Gradient", "x", "g", "xs='x' y='z'");
    tm_node(m, "Mul", "g s", "y", NULL);
    take_orders("Gradient", m, &usual);
}
END_TEST

/* ---- The table ---- */

/* Rows that other tests above have, and rows whose values are rounded, which have no
 * differences. */
static const char *const elsewhere[] = {"If",
                                        "Loop",
                                        "Scan",
                                        "Gradient",
                                        "SequenceConstruct",
                                        "SequenceMap",
                                        "Optional",
                                        "OptionalGetElement",
                                        "SequenceAt",
                                        "SequenceErase",
                                        "SequenceInsert",
                                        "SplitToSequence",
                                        "ConcatFromSequence",
                                        "DynamicQuantizeLinear",
                                        "QuantizeLinear",
                                        "Round",
                                        "Unique"};

static bool is_taken(const struct sx_lowering_row *row)
{
    for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++)
        if (strcmp(row->op, elsewhere[i]) == 0)
            return true;
    for (int i = 0; i < N_CASES; i++) {
        const char *colon = strchr(cases[i].op, ':');
        const char *op = colon != NULL ? colon + 1 : cases[i].op;
        char domain[40];
        if (sx_lowering_find(domain_of(cases[i].op, domain), op,
                             colon != NULL ? 1 : cases[i].opset) == row)
            return true;
    }
    return false;
}

START_TEST(every_row_is_taken)
{
    const struct sx_lowering_row *row;
    for (size_t i = 0; (row = sx_lowering_row(i)) != NULL; i++)
        ck_assert_msg(!row->gradient || is_taken(row), "%s %s, opset %d, is in no example",
                      row->domain, row->op, row->since);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("lower_orders");
    tcase_add_loop_test(c, row_to_third_order, 0, N_CASES);
    tcase_add_loop_test(c, row_as_file, 0, N_CASES);
    SUITE_ADD(c, sequences, items, branches, loops, scans, gradients, every_row_is_taken);
    return suite_run();
}
