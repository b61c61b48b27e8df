/* program.h - shared by the passes of lib/run: the graphs of a program, and the planned program. */
#ifndef SX_PROGRAM_H
#define SX_PROGRAM_H

#include "graph/op.h"
#include "run/direct.h"
#include "run/dnnl.h"
#include "run/run.h"

/* One call of a kernel: a fast one if there is one, else the row's. */
struct sx_step {
    struct sx_direct *direct;
    struct sx_kernel *kernel;
    void (*run)(const struct sx_call *call);
    struct sx_operand *in; /* call.in as a writable array */
    struct sx_call call;
};

/* A pointer that each run sets: operand `k` of a step, or its result if k is SX_NONE. */
struct sx_patch {
    size_t step;
    int k;
    int tensor; /* index of the feed or result */
    bool result;
};

#define SX_N_PASSES 3

struct sx_program {
    /* The graph after each pass; the last one is planned. All are kept, because later graphs borrow
     * constants from earlier ones. */
    struct sx_graph *graph[SX_N_PASSES];
    struct sx_graph *g;
    int *inputs, *outputs; /* nodes of g */
    int n_inputs, n_outputs;

    struct sx_step *step;
    size_t n_steps;
    struct sx_patch *patch;
    size_t n_patches, patch_capacity;
    struct sx_dnnl *dnnl;       /* NULL: oneDNN's kernels are not used */
    struct sx_directs *directs; /* NULL: this library's fast kernels are not used */

    /* Activations of fast kernels may turn NaN into 0. If NaN is fed, a plain program runs
     * instead. It is compiled at that time, from the original graph: */
    struct sx_program *plain;
    const struct sx_graph *source;
    int *source_inputs, *source_outputs;
    size_t max_memory;
    bool nan;   /* a constant that is not packed contains NaN */
    bool often; /* packed weights are kept from the first run on, not from the second */
    bool ran;
    struct sx_watch *watch;

    void *arena;
    size_t arena_size, copied; /* bytes; copied: of constants that were not aligned */
    int threads;
    struct sx_arena memory; /* memory of all small arrays above */
};

/* Whether the program has fast kernels, and so the layouts that they need. */
static inline bool sx_is_fast(const struct sx_program *program)
{
    return program->dnnl != NULL || program->directs != NULL;
}

/* Runs a step. False if memory runs out. */
bool sx_step_run(const struct sx_step *step);

/* Whether one of n floats at any alignment is NaN. */
bool sx_holds_nan(const void *values, int64_t n);

/* Plans the memory of every value, and makes the steps. */
bool sx_plan(struct sx_program *program, size_t max_memory, struct sx_error *error);

#endif
