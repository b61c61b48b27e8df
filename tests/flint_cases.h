/* flint_cases.h - the reference numbers of FLINT for tests, and a fit of their small network.
 *
 * Nothing here returns a failure: it fails the test. */
#ifndef TESTS_FLINT_CASES_H
#define TESTS_FLINT_CASES_H

#include <cjson/cJSON.h>

#include "arrays.h"
#include "flint/fit.h"

/* Reads the cases, once; false if they are not there. */
bool fc_open(void);
void fc_close(void);

/* The item at "a/b/c" of the cases, or of an item. */
cJSON *fc_case(const char *path);
cJSON *fc_at(cJSON *from, const char *path);
double fc_number(cJSON *from, const char *path);
/* Nested lists as an array; the caller frees it. */
struct sx_tensor fc_array(cJSON *from, const char *path, enum sx_type type);

/* A data set of samples, which the first axis counts. */
struct sx_dataset *fc_dataset(const struct sx_tensor *x);

/* Weights of a predictor: random numbers, others for each name. */
struct tm_model;
void fc_add_weights(struct tm_model *m, const char *name, int rank, const int64_t *dims);

/* f of the cases: convolution, ReLU, pooling, a fully connected layer. */
struct sx_model *fc_model(struct sx_error *error);

/* The name in the cases of one of our weights. */
const char *fc_name(const char *ours);

/* A fit of three steps that begins with the weights of the cases. */
struct fc_training {
    struct sx_model *model;
    struct sx_dataset *x;
    int64_t y[5];
    struct sx_flint_options o;
    struct sx_flint_fit *fit;
};

void fc_train(struct fc_training *t, bool joint, size_t cache);
void fc_stop(struct fc_training *t);

#endif
