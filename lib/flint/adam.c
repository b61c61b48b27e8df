/* adam.c - Adam with the usual settings: betas 0.9 and 0.999, epsilon 1e-8, bias correction, no
 * weight decay. Elements are independent, so the result does not depend on threads. */
#include <math.h>

#include "flint/flint.h"

void sx_adam(float *value, const float *gradient, float *m, float *v, int64_t n, double rate,
             int64_t t, int threads)
{
    const double beta1 = 0.9, beta2 = 0.999;
    float step = (float)(rate / (1 - pow(beta1, (double)t)));
    float scale = (float)(1 / sqrt(1 - pow(beta2, (double)t)));
    const float b1 = (float)beta1, b2 = (float)beta2;
    const float c1 = (float)(1 - beta1), c2 = (float)(1 - beta2);
#pragma omp parallel for simd schedule(static) num_threads(threads) if (n >= 1 << 14)
    for (int64_t i = 0; i < n; i++) {
        float d = gradient[i];
        m[i] = b1 * m[i] + c1 * d;
        v[i] = b2 * v[i] + c2 * d * d;
        value[i] -= step * m[i] / (sqrtf(v[i]) * scale + 1e-8F);
    }
}
