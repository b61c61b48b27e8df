/* flint_cases.h - the reference numbers of FLINT for tests, and a fit of their small network.
 *
 * These functions return no failures; they fail the test. */
#ifndef TESTS_FLINT_CASES_H
#define TESTS_FLINT_CASES_H

#include <cjson/cJSON.h>

#include "arrays.h"
#include "flint/fit.h"

/* Reads the reference numbers once. False if they are not there. */
bool fc_open(void);
void fc_close(void);

/* The item at the path "a/b/c": of the reference numbers, or (fc_at) of an item. */
cJSON *fc_case(const char *path);
cJSON *fc_at(cJSON *from, const char *path);
double fc_number(cJSON *from, const char *path);
/* Nested lists as an array. The caller frees it. */
struct sx_tensor fc_array(cJSON *from, const char *path, enum sx_type type);

/* A data set of the samples along the first axis. */
struct sx_dataset *fc_dataset(const struct sx_tensor *x);

/* Adds weights to a predictor: random numbers, which differ between names. */
struct tm_model;
void fc_add_weights(struct tm_model *m, const char *name, int rank, const int64_t *dims);

/* f of the reference numbers: convolution, ReLU, pooling, a fully connected layer. */
struct sx_model *fc_model(struct sx_error *error);

/* The name in the reference numbers of a weight of a fitted file. */
const char *fc_name(const char *ours);

/* A fit of three steps that begins with the reference weights. */
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
