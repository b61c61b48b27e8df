/* run.h - from a graph to a fast program, and one program over many points. */
#ifndef SX_RUN_H
#define SX_RUN_H

#include "graph/graph.h"

struct sx_program;

struct sx_run_options {
    int threads;       /* 0: as many as OpenMP would take */
    size_t max_memory; /* bytes a program may need; 0: no limit */
    bool often;        /* many runs are to come: weights are packed for all from the first on */
    bool plain;        /* plain kernels alone, nothing fused: the reference of the tests */
};

/* Compiles what `outputs` need of `g`; the values inputs[] (any nodes) are fed. `g` must outlive
 * the program, which borrows its constants. Fails with status 6, naming the figure, when memory
 * would go over the limit, before allocating it. */
struct sx_program *sx_compile(const struct sx_graph *g, const int *inputs, int n_inputs,
                              const int *outputs, int n_outputs,
                              const struct sx_run_options *options, struct sx_error *error);

/* Runs once. feeds[i] holds inputs[i], results[i] has room for outputs[i]; types and shapes are
 * those of the nodes; data are neither copied nor kept. A program runs on one thread at a time.
 * The bytes of the results do not depend on the number of threads. */
bool sx_run(struct sx_program *program, const struct sx_tensor *feeds,
            struct sx_tensor *results, struct sx_error *error);

/* Bytes that the program holds: values, scratch and packed weights. */
size_t sx_program_memory(const struct sx_program *program);
void sx_program_free(struct sx_program *program);

/* One line per step, for people and tests: operator, implementation if not the plain one, shapes
 * of the operands and of the result. */
bool sx_program_dump(const struct sx_program *program, FILE *to);

/* ---- Many points ---- */

struct sx_points;

struct sx_points_options {
    struct sx_run_options run;
    int64_t batch;    /* points per run; 0: chosen so that values stay near the cache */
    int64_t expected; /* points to come in all, as far as known; 0: not known */
};

/* Evaluates outputs[] of `g` at many points: inputs[] differ from point to point, shared[] are
 * the same for all points of one call. `g` must outlive the result. */
struct sx_points *sx_points_new(const struct sx_graph *g, const int *inputs, int n_inputs,
                                const int *shared, int n_shared, const int *outputs,
                                int n_outputs, const struct sx_points_options *options,
                                struct sx_error *error);

/* At n points: feeds[i] is [n, shape of inputs[i]..], shared[i] has the shape of its node, and
 * results[i] is room for [n, shape of outputs[i]..]. */
bool sx_points_run(struct sx_points *points, int64_t n, const void *const *feeds,
                   const void *const *shared, void *const *results, struct sx_error *error);

/* Points of a run: one alone where a value has so many axes that none is left for a batch. */
int64_t sx_points_batch(const struct sx_points *points);
bool sx_points_alone(const struct sx_points *points);
size_t sx_points_memory(const struct sx_points *points);
void sx_points_free(struct sx_points *points);

#endif
