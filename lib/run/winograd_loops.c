/* winograd_loops.c - the inner loops of winograd.h for AVX2 and for AVX-512. */
#include <string.h>

#include "run/winograd.h"

#ifdef __x86_64__

#define LANES 8
#define TARGET __attribute__((target("avx2,fma")))
#define NAME(x) narrow_##x
#include "run/winograd_lanes.h"

#define LANES 16
#define TARGET __attribute__((target("avx512f,avx2,fma")))
#define NAME(x) wide_##x
#include "run/winograd_lanes.h"

typedef void (*product)(const float *, int64_t, const float *, int64_t, float *);

static const product narrow_products[] = {NULL,
                                          narrow_product_1,
                                          narrow_product_2,
                                          narrow_product_3,
                                          narrow_product_4,
                                          narrow_product_5,
                                          narrow_product_6};
static const product wide_products[] = {NULL,           wide_product_1,  wide_product_2,
                                        wide_product_3, wide_product_4,  wide_product_5,
                                        wide_product_6, wide_product_7,  wide_product_8,
                                        wide_product_9, wide_product_10, wide_product_11,
                                        wide_product_12};

static const struct sx_winograd_loops narrow = {
    16, 6, narrow_transform, narrow_products, narrow_nan, narrow_store, narrow_finish};
static const struct sx_winograd_loops wide = {
    32, 12, wide_transform, wide_products, wide_nan, wide_store, wide_finish};

const struct sx_winograd_loops *sx_winograd_loops(bool is_wide)
{
    if (is_wide && __builtin_cpu_supports("avx512f"))
        return &wide;
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &narrow : NULL;
}
#else
const struct sx_winograd_loops *sx_winograd_loops(bool is_wide)
{
    (void)is_wide;
    return NULL;
}
#endif
