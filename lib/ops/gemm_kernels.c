/* gemm_kernels.c - the kernels for each kind of processor, and the choice among them. */
#include <string.h>

#include "ops/products.h"

/* Any processor. */
#define REAL float
#define BYTES 16
#define ROWS 4
#define TARGET
#define NAME(x) x##_float
#include "ops/gemm_kernels.h"

#define REAL double
#define BYTES 16
#define ROWS 4
#define TARGET
#define NAME(x) x##_double
#include "ops/gemm_kernels.h"

#ifdef __x86_64__
#define REAL float
#define BYTES 32
#define ROWS 6
#define TARGET __attribute__((target("avx2,fma")))
#define NAME(x) x##_float_avx2
#include "ops/gemm_kernels.h"

#define REAL double
#define BYTES 32
#define ROWS 6
#define TARGET __attribute__((target("avx2,fma")))
#define NAME(x) x##_double_avx2
#include "ops/gemm_kernels.h"

#define REAL float
#define BYTES 64
#define ROWS 8
#define TARGET __attribute__((target("avx512f,avx2,fma")))
#define NAME(x) x##_float_avx512
#include "ops/gemm_kernels.h"

#define REAL double
#define BYTES 64
#define ROWS 8
#define TARGET __attribute__((target("avx512f,avx2,fma")))
#define NAME(x) x##_double_avx512
#include "ops/gemm_kernels.h"
#endif

const struct sx_gemm_kernels *sx_gemm_kernels_of(enum sx_type type, int kind)
{
    bool wide = type == SX_DOUBLE;
    if (kind == 0)
        return wide ? &kernels_double : &kernels_float;
#ifdef __x86_64__
    if (kind == 1 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return wide ? &kernels_double_avx2 : &kernels_float_avx2;
    if (kind == 2 && __builtin_cpu_supports("avx512f"))
        return wide ? &kernels_double_avx512 : &kernels_float_avx512;
#endif
    return NULL;
}

const struct sx_gemm_kernels *sx_gemm_kernels(enum sx_type type)
{
    const struct sx_gemm_kernels *best = NULL;
    for (int kind = SX_GEMM_KINDS - 1; best == NULL; kind--)
        best = sx_gemm_kernels_of(type, kind);
    return best;
}
