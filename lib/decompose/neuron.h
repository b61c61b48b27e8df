/* neuron.h - propagation rules at one neuron y = s(z0 + d_1 + .. + d_n). */
#ifndef SX_NEURON_H
#define SX_NEURON_H

#include "base/base.h"

/* The rules that share out dy = y - s(z0) among the d_i, in the order of the methods. */
enum sx_local_rule {
    SX_LOCAL_SHAP, /* Shapley values of up to SX_LOCAL_EXACT inputs; more inputs as Rescale */
    SX_LOCAL_RESCALE,
    SX_LOCAL_REVEAL,
    SX_LOCAL_EPSILON, /* d_i / (z0 + d + epsilon); the share of z0 is lost */
    SX_LOCAL_ALPHA_BETA,
    SX_LOCAL_TAYLOR,
    SX_LOCAL_RULES
};

#define SX_LOCAL_EXACT 12

struct sx_unit_value {
    bool (*value)(void *context, int64_t n, const double *z, double *y, struct sx_error *error);
    void *context;
};

/* Sets to[] to the shares of the n inputs. */
bool sx_local_shares(enum sx_local_rule rule, const struct sx_unit_value *s, double z0,
                     const double *d, int64_t n, double epsilon, double *to,
                     struct sx_error *error);

/* The weight with which the rule gives input i the neuron's Taylor effect of degrees kappa[n].
 * Some degree is not 0. */
double sx_local_weight(enum sx_local_rule rule, double z0, const double *d, int64_t n,
                       double epsilon, const uint8_t *kappa, int64_t i);

/* The largest violation of each of the three principles by these weights, over all kappa of
 * degree at most 3. Of more than 12 inputs only the 6 largest and the 6 smallest are examined. */
bool sx_local_principles(enum sx_local_rule rule, double z0, const double *d, int64_t n,
                         double epsilon, double violation[3], struct sx_error *error);

#endif
