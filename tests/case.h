/* case.h - one of ONNX's own cases, opened: shared by the files that run it and that write it. */
#ifndef TESTS_CASE_H
#define TESTS_CASE_H

#include "cases.h"
#include "lower/lower.h"

enum { CASE_MOST = 64 };

struct test_case {
    const char *directory;
    Onnx__ModelProto *proto; /* as parsed without a look at what we support */
    struct sx_model *model;
    struct sx_tensor in[CASE_MOST], out[CASE_MOST];
    int n_in, n_out;
    struct case_result *result;
};

/* Opens a case. NULL, with the verdict, if it is out of scope or cannot be read. */
struct test_case *case_open(const char *directory, struct case_result *result);
void case_close(struct test_case *c);
/* Lowers the model for the inputs of the case, in float64 with `precise`. NULL with the verdict. */
struct sx_lowered *case_lower(struct test_case *c, bool precise);
/* Sets verdict and reason. Returns false. */
bool case_say(struct case_result *result, enum case_verdict verdict, const char *why);

#endif
