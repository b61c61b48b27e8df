/* study.h - a study of interactions by one model, for the tests of xderiv. */
#ifndef TEST_STUDY_H
#define TEST_STUDY_H

#include "xderiv/study.h"
#include "formula.h"
#include "suite.h"

struct study {
    struct sx_model *model;
    struct sx_explainer *explainer;
    struct sx_study_options o;
    const struct sx_sets *sets;
    const double *background; /* one point, or NULL */
    struct sx_study *study;
    struct sx_effects r;
    int64_t n;
};

/* Opens an explainer of a model with one input of n elements. Takes the model. */
void study_open(struct study *f, struct tm_model *m, int64_t n);
/* Makes a new study with the options of f. */
bool study_start(struct study *f, struct sx_error *error);
void study_begin(struct study *f);
bool study_add(struct study *f, const double *x, const double *baseline,
               struct sx_error *error);
void study_run(struct study *f);
/* Runs the study on one row, with a baseline of zeros. */
void study_run_at(struct study *f, const double *x);
void study_close(struct study *f);
/* Finds the set whose features are these digits, counted from 1, such as "13". */
const struct sx_effect *study_find(const struct study *f, const char *digits);
void study_near(double got, double want, double tolerance, const char *what);
void study_expect(const struct study *f, const char *digits, double mean);
void study_expect_rank(const struct study *f, int64_t k, const char *digits);

/* f = x1 x2 x3 + sin x4 */
struct tm_model *study_product_and_sine(void);
/* f = w2 relu(w1 x + b1), or of Gelu: w1 = [[3, -2, 0.5], [0, 1, 4]], b1 = (1, 2), w2 = (2, -1) */
struct tm_model *study_layers(bool gelu);
/* Writes a new file; `path` ends with XXXXXX. */
void study_write_labels(char *path, const char *text);

#endif
