/* map_kernels.c - vectorised pointwise operators on blocks of float and double.
 *
 * glibc's vector functions (libmvec) handle NaN, infinity and overflow, but its header declares
 * them only under -ffast-math. The other effects of that option are not wanted, so it is simulated
 * only for the header. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)
#define __FAST_MATH__ 1
#include <math.h>
#undef __FAST_MATH__
#define LOOP _Pragma("GCC ivdep")
#else
#include <math.h>
#define LOOP
#endif

#include "base/clones.h"
#include "ops/map.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

#define T float
#define M(name) name##f
#define BLOCK sx_block_float
#include "ops/map_real.h"
#undef T
#undef M
#undef BLOCK

#define T double
#define M(name) name
#define BLOCK sx_block_double
#include "ops/map_real.h"
