/* few.c - floats of 8 bits and less. */
#include <math.h>

#include "io/io.h"

/* Per ONNX type: bits, bits of the fraction, bias of the exponent, and whether a sign without other
 * bits is NaN. */
static const struct {
    int bits, fraction, bias;
    bool lone;
} forms[] = {
    [17] = {8, 3, 7, false}, [18] = {8, 3, 8, true},  [19] = {8, 2, 15, false},
    [20] = {8, 2, 16, true}, [23] = {4, 1, 1, false},
};

double sx_small_float(int onnx_type, unsigned byte)
{
    if (onnx_type == 24) /* exponent only */
        return byte == 255 ? NAN : ldexp(1, (int)byte - 127);
    int bits = forms[onnx_type].bits, fraction = forms[onnx_type].fraction;
    int bias = forms[onnx_type].bias;
    unsigned sign = 1u << (bits - 1), rest = byte & (sign - 1);
    int exponent = (int)(rest >> fraction), low = (int)(rest & ((1u << fraction) - 1));
    if (forms[onnx_type].lone && byte == sign)
        return NAN;
    if (onnx_type == 19 && exponent == 31)
        return low != 0 ? NAN : (byte & sign) != 0 ? -INFINITY : INFINITY;
    if (onnx_type == 17 && rest == sign - 1)
        return NAN;
    double value = exponent == 0 ? ldexp(low, 1 - bias - fraction)
                                 : ldexp(low + (1 << fraction), exponent - bias - fraction);
    return (byte & sign) != 0 ? -value : value;
}
