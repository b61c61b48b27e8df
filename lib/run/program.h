/* program.h - what the passes of lib/run share: the physical graph and the planned program. */
#ifndef SX_PROGRAM_H
#define SX_PROGRAM_H

#include "graph/op.h"
#include "run/direct.h"
#include "run/dnnl.h"
#include "run/run.h"

/* One call of a kernel: a fast one if there is one, or the row's. */
struct sx_step {
    struct sx_direct *direct;
    struct sx_kernel *kernel;
    void (*run)(const struct sx_call *call);
    struct sx_operand *in; /* call.in, writable */
    struct sx_call call;
};

/* A pointer of a step that each run sets anew: operand `k`, or the result if k is SX_NONE. */
struct sx_patch {
    size_t step;
    int k;
    int tensor; /* of the feeds, or of the results */
    bool result;
};

#define SX_N_PASSES 3

struct sx_program {
    /* The graph after each pass; the last one is planned. All live, as later ones borrow the
     * constants that earlier ones folded. */
    struct sx_graph *graph[SX_N_PASSES];
    struct sx_graph *g;
    int *inputs, *outputs; /* nodes of g */
    int n_inputs, n_outputs;

    struct sx_step *step;
    size_t n_steps;
    struct sx_patch *patch;
    size_t n_patches, patch_capacity;
    struct sx_dnnl *dnnl;       /* NULL: plain kernels alone */
    struct sx_directs *directs; /* NULL: oneDNN's are faster, or nothing is fast */

    /* oneDNN's activations make 0 of NaN: where one is fed, a plain program runs instead, which is
     * compiled then, from what this one was. */
    struct sx_program *plain;
    const struct sx_graph *source;
    int *source_inputs, *source_outputs;
    size_t max_memory;
    bool nan;   /* a constant that is not packed holds NaN */
    bool often; /* weights are kept packed from the first run on, and not from the second */
    bool ran;
    struct sx_watch *watch;

    void *arena;
    size_t arena_size, copied; /* bytes; `copied`: of constants that were not aligned */
    int threads;
    struct sx_arena memory; /* all small arrays above */
};

/* False when memory runs out. */
bool sx_step_run(const struct sx_step *step);

/* Whether one of n floats, which may lie at any address, is NaN. */
bool sx_holds_nan(const void *values, int64_t n);

/* Decides where every value lies and makes the steps. */
bool sx_plan(struct sx_program *program, size_t max_memory, struct sx_error *error);

#endif
