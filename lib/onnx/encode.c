/* encode.c - writes numbers as bytes of an ONNX element type. */
#include <math.h>
#include <string.h>

#include "onnx/write.h"

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Removes the low n bits, rounding to nearest, ties to even. */
static uint32_t round_off(uint32_t bits, int n)
{
    uint32_t half = (uint32_t)1 << (n - 1), rest = bits & (2 * half - 1);
    bits >>= n;
    return bits + (rest > half || (rest == half && (bits & 1) != 0));
}

/* IEEE half precision: 1 sign, 5 exponent, 10 fraction bits. */
static uint16_t to_half(float value)
{
    uint32_t bits = bits_of(value), sign = bits >> 16 & 0x8000, size = bits & 0x7fffffff;
    if (size > 0x7f800000)
        return (uint16_t)(sign | 0x7e00);
    if (size >= 0x477ff000) /* would round beyond 65504 */
        return (uint16_t)(sign | 0x7c00);
    if (size >= 0x38800000)
        return (uint16_t)(sign | round_off(size - 0x38000000, 13));
    return (uint16_t)(sign | (uint32_t)lrintf(fabsf(value) * 0x1p24F)); /* subnormal */
}

static uint16_t to_bfloat(float value)
{
    uint32_t bits = bits_of(value);
    return isnan(value) ? (uint16_t)(bits >> 16 | 0x40) : (uint16_t)round_off(bits, 16);
}

size_t sx_onnx_element_size(int onnx_type)
{
    switch (onnx_type) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
        return 8;
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT32:
        return 4;
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16:
    case ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16:
        return 2;
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT8:
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT8:
        return 1;
    default:
        return 0;
    }
}

void sx_onnx_encode(int onnx_type, double value, uint8_t *to)
{
    float real = (float)value;
    uint16_t half;
    int32_t whole;
    switch (onnx_type) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
        memcpy(to, &value, 8);
        break;
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
        memcpy(to, &real, 4);
        break;
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16:
        half = to_half(real);
        memcpy(to, &half, 2);
        break;
    case ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16:
        half = to_bfloat(real);
        memcpy(to, &half, 2);
        break;
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT32:
        whole = (int32_t)value;
        memcpy(to, &whole, 4);
        break;
    default: /* int8 and uint8 */
        *to = (uint8_t)(int)value;
    }
}
