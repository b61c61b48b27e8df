/* types.c - the number and types of operands and results of pointwise operators. */
#include "ops/map.h"

enum { REAL = 1, INT = 2, BOOL = 4 };

/* The operand types of an operator. The result has the same type, or is boolean for comparisons. */
static int accepts(int op)
{
    switch (op) {
    case SX_NOT:
    case SX_AND:
    case SX_OR:
    case SX_XOR:
        return BOOL;
    case SX_BITNOT:
    case SX_BITAND:
    case SX_BITOR:
    case SX_BITXOR:
    case SX_SHIFT:
        return INT;
    case SX_NEG:
    case SX_RELU:
    case SX_ABS:
    case SX_SIGN:
    case SX_NARROW:
    case SX_BITS:
    case SX_ADD:
    case SX_SUB:
    case SX_MUL:
    case SX_DIV:
    case SX_POW:
    case SX_MIN:
    case SX_MAX:
    case SX_MOD:
    case SX_FMOD:
    case SX_LESS:
    case SX_LESSEQ:
        return REAL | INT;
    case SX_CAST:
    case SX_EQUAL:
    case SX_WHERE:
        return REAL | INT | BOOL;
    default:
        return REAL;
    }
}

static bool answers(int op)
{
    return op == SX_EQUAL || op == SX_LESS || op == SX_LESSEQ || op == SX_ISNAN ||
           op == SX_ISINF;
}

bool sx_pointwise_type(int op, enum sx_type type, int64_t aux, enum sx_type *result)
{
    int kind = sx_is_real(type) ? REAL : type == SX_INT ? INT : BOOL;
    if ((accepts(op) & kind) == 0)
        return false;
    *result = answers(op) ? SX_BOOL : op == SX_CAST ? (enum sx_type)aux : type;
    if (op == SX_BITS)
        *result = (enum sx_type)(aux & 255);
    if (op == SX_CAST)
        return aux >= SX_FLOAT && aux <= SX_BOOL;
    if (op == SX_BITS)
        return aux >> 8 <= SX_BITS_FLOAT64 &&
               (kind == INT ? sx_is_real(*result) : *result == SX_INT);
    if (op == SX_NARROW)
        return kind == INT ? aux >= SX_AS_INT8 && aux <= SX_AS_UINT32
                           : aux >= SX_AS_FLOAT16 && aux <= SX_AS_FLOAT4E2M1;
    return true;
}

int sx_map_arity(int op)
{
    return op == SX_WHERE ? 3 : op < SX_ADD ? 1 : 2; /* the order of SX_POINTWISE_OPS */
}
