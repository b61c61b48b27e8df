/* cases.h - ONNX's own cases: a directory each, with a model, inputs and expected outputs. */
#ifndef TESTS_CASES_H
#define TESTS_CASES_H

#include <stdbool.h>

enum case_verdict { CASE_PASSED, CASE_FAILED, CASE_OUT_OF_SCOPE };
enum { CASE_VERDICTS = 3, CASE_OPS = 40 };

struct case_result {
    enum case_verdict verdict;
    char why[500];         /* it failed, or is out of scope */
    char op[CASE_OPS][80]; /* the operators in its model, each once */
    int n_ops;
    bool reals;    /* there is an input of reals, and an output */
    bool gradient; /* an output has a gradient by an input */
};

/* Runs DIRECTORY/model.onnx on test_data_set_0: by the plain evaluation of the graph and as the
 * compiled program, at the suite's tolerances. */
void case_run(const char *directory, struct case_result *result);

/* Writes the case for another runtime. A file named by `model` in the directory `to` computes its
 * outputs, and a seed times their Jacobian; other files hold its inputs and results. A line of JSON
 * on stdout describes them. CASE_OUT_OF_SCOPE if there is no derivative. */
void case_write_gradient(const char *directory, const char *to, struct case_result *result);

/* Runs every case beneath `directory`, in the order of names. Returns how many there are, and
 * -1 where the directory cannot be read. */
int cases_walk(const char *directory,
               void (*see)(void *context, const char *name, const struct case_result *result),
               void *context);

#endif
