/* cases.h - ONNX's own cases: a directory each, with a model, inputs and expected outputs. */
#ifndef TESTS_CASES_H
#define TESTS_CASES_H

#include <stdbool.h>

enum case_verdict { CASE_PASSED, CASE_FAILED, CASE_OUT_OF_SCOPE };
enum { CASE_VERDICTS = 3, CASE_OPS = 40 };

struct case_result {
    enum case_verdict verdict;
    char why[500];         /* the reason, if it failed or is out of scope */
    char op[CASE_OPS][80]; /* the operators in its model, each once */
    int n_ops;
    bool reals;    /* some input and some output are real */
    bool gradient; /* an output has a gradient by an input */
};

/* Runs DIRECTORY/model.onnx on test_data_set_0, by plain evaluation of the graph and as a
 * compiled program. Tolerances are those of the suite. */
void case_run(const char *directory, struct case_result *result);

/* Writes the case for another runtime. The file `model` in the directory `to` computes the
 * outputs, and a seed times their Jacobian. Other files are its inputs and results. A line of
 * JSON on stdout describes them. CASE_OUT_OF_SCOPE if there is no derivative. */
void case_write_gradient(const char *directory, const char *to, struct case_result *result);

/* Runs all cases in `directory` and below, in the order of names. Returns their number, or -1
 * if the directory cannot be read. */
int cases_walk(const char *directory,
               void (*see)(void *context, const char *name, const struct case_result *result),
               void *context);

#endif
