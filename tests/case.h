/* case.h - one of ONNX's own cases, opened: shared by case_gradient.c and cases.c. */
#ifndef TESTS_CASE_H
#define TESTS_CASE_H

#include "cases.h"
#include "lower/lower.h"

enum { CASE_MOST = 64 };

struct test_case {
    const char *directory;
    Onnx__ModelProto *proto; /* as protobuf-c parsed it, before any check */
    struct sx_model *model;
    struct sx_tensor in[CASE_MOST], out[CASE_MOST];
    int n_in, n_out;
    int out_kind[CASE_MOST]; /* the types that the model declares */
    struct case_result *result;
};

/* Opens a case. If it is out of scope or cannot be read, returns NULL and sets the verdict. */
struct test_case *case_open(const char *directory, struct case_result *result);
void case_close(struct test_case *c);
/* Lowers the model for the inputs of the case, in float64 with `precise`. On failure returns
 * NULL and sets the verdict. */
struct sx_lowered *case_lower(struct test_case *c, bool precise);
/* Sets verdict and reason. Returns false. */
bool case_say(struct case_result *result, enum case_verdict verdict, const char *why);

#endif
