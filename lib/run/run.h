/* run.h - compiles a graph to a fast program, and runs one program at many points. */
#ifndef SX_RUN_H
#define SX_RUN_H

#include "graph/graph.h"

struct sx_program;

struct sx_run_options {
    int threads;       /* 0: OpenMP's default */
    size_t max_memory; /* bytes that a program may need; 0: no limit */
    bool often;        /* many runs follow: packed weights are kept from the first run on */
    bool plain;        /* only plain kernels, nothing fused: the reference for tests */
    bool onednn;       /* oneDNN's kernels even for little work: for tests of these */
};

/* Compiles what `outputs` need of `g`; the nodes inputs[] are fed. `g` must outlive the program,
 * which borrows its constants. Status 6: the program would exceed the memory limit. The message has
 * the figure, and nothing has been allocated. */
struct sx_program *sx_compile(const struct sx_graph *g, const int *inputs, int n_inputs,
                              const int *outputs, int n_outputs,
                              const struct sx_run_options *options, struct sx_error *error);

/* Runs a program. feeds[i] is the value of inputs[i], results[i] has room for outputs[i]; types and
 * shapes are those of the nodes. Data are neither copied nor kept. Only one thread may run a
 * program at a time. Results do not depend on the number of threads. */
bool sx_run(struct sx_program *program, const struct sx_tensor *feeds,
            struct sx_tensor *results, struct sx_error *error);

/* The bytes that the program holds: values, scratch memory and packed weights. */
size_t sx_program_memory(const struct sx_program *program);
void sx_program_free(struct sx_program *program);

/* Writes one line per step: operator, implementation if it is not the plain one, shapes of the
 * operands and of the result. */
bool sx_program_dump(const struct sx_program *program, FILE *to);

/* ---- Many points ---- */

struct sx_points;

struct sx_points_options {
    struct sx_run_options run;
    int64_t batch;    /* points per run; 0: so many that values fit the cache */
    int64_t expected; /* total number of points; 0: not known */
};

/* Prepares to evaluate outputs[] of `g` at many points. inputs[] differ from point to point;
 * shared[] are the same for all points of a call. `g` must outlive the result. */
struct sx_points *sx_points_new(const struct sx_graph *g, const int *inputs, int n_inputs,
                                const int *shared, int n_shared, const int *outputs,
                                int n_outputs, const struct sx_points_options *options,
                                struct sx_error *error);

/* Evaluates n points. feeds[i] is [n, shape of inputs[i]..], shared[i] has the shape of its node,
 * results[i] has room for [n, shape of outputs[i]..]. */
bool sx_points_run(struct sx_points *points, int64_t n, const void *const *feeds,
                   const void *const *shared, void *const *results, struct sx_error *error);

/* The number of points per run. It is 1 if a value has so many axes that none is left for a batch. */
int64_t sx_points_batch(const struct sx_points *points);
bool sx_points_alone(const struct sx_points *points);
size_t sx_points_memory(const struct sx_points *points);
void sx_points_free(struct sx_points *points);

#endif
