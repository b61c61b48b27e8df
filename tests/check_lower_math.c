/* check_lower_math.c - rows of arithmetic, comparison, activation, by values worked out by hand. */

#include "lowering.h"
#include "suite.h"

START_TEST(unary)
{
    static const struct lc cases[] = {
        {13, "Neg", NULL, {"f3: 1 -2 0"}, {"f3: -1 2 0"}},
        {13, "Abs", NULL, {"f3: 1 -2 0"}, {"f3: 1 2 0"}},
        {13, "Abs", NULL, {"int8 2: -3 4"}, {"i2: 3 4"}},
        {13, "Neg", NULL, {"int8 2: -128 4"}, {"i2: -128 -4"}},
        {13, "Reciprocal", NULL, {"f2: 4 -2"}, {"f2: 0.25 -0.5"}},
        {13, "Exp", NULL, {"f2: 0 1"}, {"f2: 1 2.7182818284590452"}},
        {13, "Log", NULL, {"f2: 1 7.38905609893065"}, {"f2: 0 2"}},
        {13, "Sqrt", NULL, {"f2: 9 0.25"}, {"f2: 3 0.5"}},
        {13, "Sin", NULL, {"f1: 0.5"}, {"f1: 0.479425538604203"}},
        {13, "Cos", NULL, {"f1: 0.5"}, {"f1: 0.877582561890373"}},
        {13, "Tan", NULL, {"f1: 0.5"}, {"f1: 0.54630248984379"}},
        {13, "Asin", NULL, {"f1: 0.5"}, {"f1: 0.523598775598299"}},
        {13, "Acos", NULL, {"f1: 0.5"}, {"f1: 1.0471975511966"}},
        {13, "Atan", NULL, {"f1: 0.5"}, {"f1: 0.463647609000806"}},
        {13, "Sinh", NULL, {"f1: 0.5"}, {"f1: 0.521095305493747"}},
        {13, "Cosh", NULL, {"f1: 0.5"}, {"f1: 1.12762596520638"}},
        {13, "Tanh", NULL, {"f1: 0.5"}, {"f1: 0.46211715726001"}},
        {13, "Asinh", NULL, {"f1: 0.5"}, {"f1: 0.481211825059603"}},
        {13, "Acosh", NULL, {"f1: 1.5"}, {"f1: 0.962423650119207"}},
        {13, "Atanh", NULL, {"f1: 0.5"}, {"f1: 0.549306144334055"}},
        {13, "Erf", NULL, {"f1: 0.5"}, {"f1: 0.520499877813047"}},
        {13, "Sign", NULL, {"f3: -2 0 5"}, {"f3: -1 0 1"}},
        {13, "Floor", NULL, {"f2: -1.5 1.5"}, {"f2: -2 1"}},
        {13, "Ceil", NULL, {"f2: -1.5 1.5"}, {"f2: -1 2"}},
        {13, "Round", NULL, {"f4: 0.5 1.5 -2.5 2.4"}, {"f4: 0 2 -2 2"}},
        {18, "BitwiseNot", NULL, {"uint8 2: 0 254"}, {"i2: 255 1"}},
        {13, "Identity", NULL, {"f2: 1 2"}, {"f2: 1 2"}},
    };
    LC_RUN(cases);
}
END_TEST

START_TEST(binary)
{
    static const struct lc cases[] = {
        {13, "Add", NULL, {"f2x1: 1 2", "f3: 10 20 30"}, {"f2x3: 11 21 31 12 22 32"}},
        {13, "Sub", NULL, {"f2: 1 2", "f: 3"}, {"f2: -2 -1"}},
        {13, "Sub", NULL, {"uint8 2: 1 9", "uint8 2: 2 4"}, {"i2: 255 5"}},
        {13, "Mul", NULL, {"int8 2: 100 3", "int8 2: 2 3"}, {"i2: -56 9"}},
        {13, "Add", NULL, {"int32 1: 2147483647", "int32!1: 1"}, {"i1: -2147483648"}},
        {13, "Div", NULL, {"f2: 1 -1", "f2: 4 2"}, {"f2: 0.25 -0.5"}},
        {13, "Div", NULL, {"i2: 7 -7", "i2: 2 2"}, {"i2: 3 -3"}},
        {6,
         "Add",
         "broadcast=1 axis=0",
         {"f2x3: 1 2 3 4 5 6", "f2: 10 20"},
         {"f2x3: 11 12 13 24 25 26"}},
        {6, "Mul", "broadcast=1", {"f2x3: 1 2 3 4 5 6", "f3: 1 2 3"}, {"f2x3: 1 4 9 4 10 18"}},
        {6, "Sub", "broadcast=1 axis=1", {"f1x2x2: 1 2 3 4", "f2: 1 2"}, {"f1x2x2: 0 1 1 2"}},
        {6,
         "Add",
         "broadcast=1 axis=2",
         {"f2x3: 1 2 3 4 5 6", "f2: 10 20"},
         {"refused: axis 2 of a tensor of rank 2"}},
        {6,
         "Add",
         "broadcast=1 axis=1",
         {"f2x2: 1 2 3 4", "f2x2: 1 2 3 4"},
         {"refused: does not fit at axis 1"}},
        {13, "Pow", NULL, {"f3: 2 3 4", "f3: 3 2 0.5"}, {"f3: 8 9 2"}},
        {13, "Pow", NULL, {"f2: 2 3", "i: 2"}, {"f2: 4 9"}},
        {13, "Pow", NULL, {"i2: 2 3", "i2: 3 2"}, {"i2: 8 9"}},
        {13, "Pow", NULL, {"i2: 4 9", "f: 0.5"}, {"i2: 2 3"}},
        {13, "Mod", NULL, {"i3: -4 7 5", "i3: 2 -3 8"}, {"i3: 0 -2 5"}},
        {13, "Mod", "fmod=1", {"f2: -4.5 7", "f2: 2 -3"}, {"f2: -0.5 1"}},
        {13, "Mod", NULL, {"f1: 1", "f1: 1"}, {"refused: real operands need fmod=1"}},
        {11,
         "BitShift",
         "direction='LEFT'",
         {"uint8 2: 16 200", "uint8 2: 1 1"},
         {"i2: 32 144"}},
        {11,
         "BitShift",
         "direction='RIGHT'",
         {"uint8 2: 16 200", "uint8 2: 1 3"},
         {"i2: 8 25"}},
        {11, "BitShift", NULL, {"i1: 16", "i1: 1"}, {"refused: 'direction' is missing"}},
        {18, "BitwiseAnd", NULL, {"i2: 12 10", "i2: 10 3"}, {"i2: 8 2"}},
        {18, "BitwiseOr", NULL, {"i2: 12 10", "i2: 10 3"}, {"i2: 14 11"}},
        {18, "BitwiseXor", NULL, {"i2: 12 10", "i2: 10 3"}, {"i2: 6 9"}},
        {13, "Sum", NULL, {"f2: 1 2", "f1: 10", "f2: 100 200"}, {"f2: 111 212"}},
        {13, "Sum", NULL, {"f2: 1 2"}, {"f2: 1 2"}},
        {13, "Mean", NULL, {"f2: 1 2", "f2: 3 6"}, {"f2: 2 4"}},
        {13, "Max", NULL, {"f2: 1 5", "f2: 3 2", "f: 2"}, {"f2: 3 5"}},
        {13, "Min", NULL, {"i2: 1 5", "i2: 3 2"}, {"i2: 1 2"}},
        {13, "Add", NULL, {"f2: 1 2"}, {"refused: input 1 is missing"}},
        {13, "Add", NULL, {"f2: 1 2", "f2: 1 2", "f2: 1 2"}, {"refused: 3 inputs"}},
        {13, "Add", NULL, {"f2: 1 2", "f3: 1 2 3"}, {"refused: add"}},
    };
    LC_RUN(cases);
}
END_TEST

START_TEST(types)
{
    static const struct lc cases[] = {
        {13, "Cast", "to=7", {"f3: 1.9 -1.9 0"}, {"i3: 1 -1 0"}},
        {13, "Cast", "to=1", {"i2: 3 -4"}, {"f2: 3 -4"}},
        {13, "Cast", "to=9", {"f3: 0 0.5 -2"}, {"b3: 0 1 1"}},
        {13, "Cast", "to=2", {"i3: 256 -1 7"}, {"i3: 0 255 7"}},
        {13, "Cast", "to=3", {"i2: 200 -129"}, {"i2: -56 127"}},
        {13, "Cast", "to=10", {"f2: 1.0002 65519"}, {"f2: 1 65504"}},
        {13, "Cast", "to=16", {"f1: 1.005"}, {"f1: 1.0078125"}},
        {13, "Cast", "to=11", {"f1: 1.5"}, {"d1: 1.5"}},
        {13, "Cast", "to=8", {"f1: 1.5"}, {"refused: must be constant"}},
        {13, "Cast", NULL, {"f1: 1.5"}, {"refused: 'to' is missing"}},
        {13, "Cast", "to=1.5", {"f1: 1.5"}, {"refused: 'to' has the wrong type"}},
        {15, "CastLike", NULL, {"f2: 1.5 -2", "i1: 0"}, {"i2: 1 -2"}},
    };
    LC_RUN(cases);
}
END_TEST

START_TEST(truth)
{
    static const struct lc cases[] = {
        {13, "Equal", NULL, {"f3: 1 2 3", "f: 2"}, {"b3: 0 1 0"}},
        {13, "Less", NULL, {"f3: 1 2 3", "f: 2"}, {"b3: 1 0 0"}},
        {13, "LessOrEqual", NULL, {"f3: 1 2 3", "f: 2"}, {"b3: 1 1 0"}},
        {13, "Greater", NULL, {"f3: 1 2 3", "f: 2"}, {"b3: 0 0 1"}},
        {13, "GreaterOrEqual", NULL, {"i3: 1 2 3", "i: 2"}, {"b3: 0 1 1"}},
        {13, "And", NULL, {"b4: 0 0 1 1", "b4: 0 1 0 1"}, {"b4: 0 0 0 1"}},
        {13, "Or", NULL, {"b4: 0 0 1 1", "b4: 0 1 0 1"}, {"b4: 0 1 1 1"}},
        {13, "Xor", NULL, {"b4: 0 0 1 1", "b4: 0 1 0 1"}, {"b4: 0 1 1 0"}},
        {13, "Not", NULL, {"b2: 0 1"}, {"b2: 1 0"}},
        {13, "IsNaN", NULL, {"f3: nan 1 inf"}, {"b3: 1 0 0"}},
        {13, "IsInf", NULL, {"f4: nan 1 inf -inf"}, {"b4: 0 0 1 1"}},
        {13, "IsInf", "detect_negative=0", {"f4: nan 1 inf -inf"}, {"b4: 0 0 1 0"}},
        {13, "IsInf", "detect_positive=0", {"f4: nan 1 inf -inf"}, {"b4: 0 0 0 1"}},
        {13, "Where", NULL, {"b2: 1 0", "f2x1: 1 2", "f: 9"}, {"f2x2: 1 9 2 9"}},
    };
    LC_RUN(cases);
}
END_TEST

START_TEST(activations)
{
    static const struct lc cases[] = {
        {13, "Relu", NULL, {"f3: -1 0 2"}, {"f3: 0 0 2"}},
        {13, "Sigmoid", NULL, {"f2: 0 2"}, {"f2: 0.5 0.880797077977882"}},
        {13, "Softplus", NULL, {"f2: 0 100"}, {"f2: 0.693147180559945 100"}},
        {13, "Softsign", NULL, {"f2: -3 1"}, {"f2: -0.75 0.5"}},
        {13, "Elu", "alpha=2.0", {"f3: -1 0 3"}, {"f3: -1.26424111765712 0 3"}},
        {13, "Elu", NULL, {"f2: 1000 -1000"}, {"f2: 1000 -1"}},
        {13, "Celu", "alpha=2.0", {"f2: -1 3"}, {"f2: -0.786938680574733 3"}},
        {13, "Celu", "alpha=0.0", {"f1: 1"}, {"refused: alpha is 0"}},
        {13, "Selu", NULL, {"f2: -1 2"}, {"f2: -1.11133073781257 2.10140204429626"}},
        {13, "LeakyRelu", NULL, {"f2: -2 3"}, {"f2: -0.02 3"}},
        {13, "LeakyRelu", "alpha=0.5", {"f2: -2 3"}, {"f2: -1 3"}},
        {13, "PRelu", NULL, {"f2x2: -1 -2 3 4", "f2: 0.5 0.25"}, {"f2x2: -0.5 -0.5 3 4"}},
        {6,
         "PRelu",
         NULL,
         {"f1x2x2: -1 -2 -3 -4", "f2: 0.5 0.25"},
         {"f1x2x2: -0.5 -1 -0.75 -1"}},
        {13, "ThresholdedRelu", "alpha=2.0", {"f3: 1 2 3"}, {"f3: 0 0 3"}},
        {13, "HardSigmoid", NULL, {"f3: -9 1 9"}, {"f3: 0 0.7 1"}},
        {14, "HardSwish", NULL, {"f4: -4 0 1 4"}, {"f4: 0 0 0.666666666666667 4"}},
        {20, "Gelu", NULL, {"f2: 1 -1"}, {"f2: 0.841344746068543 -0.158655253931457"}},
        {20, "Gelu", "approximate='tanh'", {"f1: 1"}, {"f1: 0.841191990608"}},
        {20, "Gelu", "approximate='erf'", {"f1: 1"}, {"refused: approximate 'erf'"}},
        {24, "Swish", NULL, {"f2: 1 0"}, {"f2: 0.731058578630 0"}},
        {24, "Swish", "alpha=2.0", {"f1: 1"}, {"f1: 0.880797077978"}},
        {28, "SwiGLU", "alpha=2.0", {"f1: 1", "f1: -3"}, {"f1: -2.642391233934"}},
        {28, "SwiGLU", NULL, {"f1: 1", "f2: 1 2"}, {"refused: shapes"}},
        {18, "Mish", NULL, {"f1: 1"}, {"f1: 0.865098388267"}},
        {13, "Shrink", "lambd=1.5 bias=0.5", {"f4: -2 -1 1 2"}, {"f4: -1.5 0 0 1.5"}},
        {11, "Clip", NULL, {"f3: -1 0.5 2", "f: 0", "f: 1"}, {"f3: 0 0.5 1"}},
        {11, "Clip", NULL, {"f3: -1 0.5 2", "-", "f: 1"}, {"f3: -1 0.5 1"}},
        {11, "Clip", NULL, {"f3: -1 0.5 2"}, {"f3: -1 0.5 2"}},
        {11, "Clip", NULL, {"f2: -1 5", "f: 2", "f: 1"}, {"f2: 1 1"}},
        {12, "Clip", NULL, {"int8 3: -5 5 50", "int8!: 0", "int8!: 9"}, {"i3: 0 5 9"}},
        {6, "Clip", "min=0.0 max=1.0", {"f3: -1 0.5 2"}, {"f3: 0 0.5 1"}},
        {11, "Clip", NULL, {"i3: -5 5 50", "f!: 0.5", "f!: 9.5"}, {"i3: 1 5 9"}},
        {11, "Clip", NULL, {"i3: -5 5 50", "f!: -inf"}, {"i3: -5 5 50"}},
    };
    LC_RUN(cases);
}
END_TEST

START_TEST(softmax)
{
    static const struct lc cases[] = {
        {13,
         "Softmax",
         NULL,
         {"f2x2: 0 0 0 1"},
         {"f2x2: 0.5 0.5 0.268941421369995 0.731058578630005"}},
        {13,
         "Softmax",
         "axis=0",
         {"f2x2: 0 0 0 1"},
         {"f2x2: 0.5 0.268941421369995 0.5 0.731058578630005"}},
        {11, "Softmax", "axis=0", {"f1x2x2: 0 0 0 0"}, {"f1x2x2: 0.25 0.25 0.25 0.25"}},
        {11, "Softmax", NULL, {"f2x1x2: 0 0 0 0"}, {"f2x1x2: 0.5 0.5 0.5 0.5"}},
        {13, "LogSoftmax", NULL, {"f2: 0 1000"}, {"f2: -1000 0"}},
        {11,
         "LogSoftmax",
         NULL,
         {"f1x2x1: 0 0"},
         {"f1x2x1: -0.693147180559945 -0.693147180559945"}},
        {13, "Softmax", "axis=2", {"f2: 0 0"}, {"refused: axis 2 of a tensor of rank 1"}},
        {13, "Hardmax", NULL, {"f2x3: 1 5 5 3 2 1"}, {"f2x3: 0 1 0 1 0 0"}},
        {11, "Hardmax", "axis=0", {"f2x2: 1 5 7 3"}, {"f2x2: 0 0 1 0"}},
    };
    LC_RUN(cases);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("lower_math");
    SUITE_ADD(c, unary, binary, types, truth, activations, softmax);
    return suite_run();
}
