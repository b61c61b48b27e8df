/* compile.c - applies the passes that make a program of a graph. */
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "run/passes.h"
#include "run/program.h"

enum pass { REWRITE, LAYOUT, FUSE };

/* Runs one pass; its new graph becomes the program's. */
static bool run_pass(struct sx_program *program, const struct sx_graph *from, enum pass pass,
                     struct sx_error *error)
{
    struct sx_graph *to = program->graph[pass] = sx_graph_new(from->rows, from->real, error);
    int *map = sx_new(from->n_nodes, sizeof *map, error);
    const int *outputs = program->outputs;
    bool ok = to != NULL && map != NULL;
    if (ok) {
        to->limit = from->limit;
        to->span = from->span;
        to->n_spans = from->n_spans;
        if (pass == REWRITE)
            sx_rewrite(from, to, program->inputs, program->n_inputs, outputs,
                       program->n_outputs, map);
        else if (pass == LAYOUT)
            sx_layout(from, to, outputs, program->n_outputs, map);
        else
            sx_fuse(from, to, sx_is_fast(program), outputs, program->n_outputs, map);
        ok = sx_graph_ok(to, error);
    }
    for (int i = 0; ok && i < program->n_inputs; i++)
        if (program->inputs[i] != SX_NONE)
            program->inputs[i] = map[program->inputs[i]];
    for (int i = 0; ok && i < program->n_outputs; i++)
        program->outputs[i] = map[program->outputs[i]];
    program->g = to;
    free(map);
    return ok;
}

/* Chooses which fast kernels the program may use. Loading oneDNN and making its kernels takes
 * longer than little work does. */
static bool choose_kernels(struct sx_program *program, bool onednn, struct sx_error *error)
{
    const struct sx_watch *watch = program->watch;
    if (onednn && !sx_dnnl_new(&program->dnnl, program->threads, error))
        return false;
    if (program->dnnl != NULL && watch != NULL && watch->loaded != NULL)
        watch->loaded();
    return sx_directs_new(&program->directs, program->threads,
                          program->dnnl != NULL && sx_dnnl_is_wide(),
                          watch != NULL && watch->exact_conv, error);
}

/* Runs all passes. A plain program is the graph itself, without what is not needed. */
static bool run_passes(struct sx_program *program, const struct sx_graph *g, bool plain,
                       bool onednn, struct sx_error *error)
{
    if (!plain && g->real == SX_FLOAT && !choose_kernels(program, onednn, error))
        return false;
    if (!run_pass(program, g, REWRITE, error))
        return false;
    if (plain)
        return true;
    return (!sx_is_fast(program) || run_pass(program, program->g, LAYOUT, error)) &&
           run_pass(program, program->g, FUSE, error);
}

static int *copy_nodes(struct sx_program *program, const int *nodes, int n,
                       struct sx_error *error)
{
    int *copy = sx_arena_new(&program->memory, (size_t)n, sizeof *copy, error);
    if (copy != NULL && n > 0)
        memcpy(copy, nodes, (size_t)n * sizeof *copy);
    return copy;
}

static double count_of(const struct sx_graph *g, int node)
{
    return (double)sx_count(&g->node[node].shape);
}

/* The approximate number of multiplications and elements. For a product [m, k] x [k, n] the element
 * counts of its three tensors multiply to (m k n)^2. */
static double work_of(const struct sx_graph *g)
{
    double work = 0;
    for (size_t i = 0; i < g->n_nodes; i++) {
        const struct sx_node *n = &g->node[i];
        bool product = n->op == SX_MATMUL || n->op == SX_CONV || n->op == SX_CONVINPUT ||
                       n->op == SX_CONVWEIGHT;
        double y = count_of(g, (int)i);
        work += product ? sqrt(y * count_of(g, n->in[0]) * count_of(g, n->in[1])) : y;
    }
    return work;
}

/* With less work than this, waking a thread takes longer than the work. */
#define LITTLE_WORK 8e6

struct sx_program *sx_compile(const struct sx_graph *g, const int *inputs, int n_inputs,
                              const int *outputs, int n_outputs,
                              const struct sx_run_options *options, struct sx_error *error)
{
    struct sx_program *program = sx_new(1, sizeof *program, error);
    if (program == NULL)
        return NULL;
    bool large = work_of(g) >= LITTLE_WORK;
    program->threads = !large                 ? 1
                       : options->threads > 0 ? options->threads
                                              : omp_get_max_threads();
    program->n_inputs = n_inputs;
    program->n_outputs = n_outputs;
    program->inputs = copy_nodes(program, inputs, n_inputs, error);
    program->outputs = copy_nodes(program, outputs, n_outputs, error);
    program->source = g;
    program->source_inputs = copy_nodes(program, inputs, n_inputs, error);
    program->source_outputs = copy_nodes(program, outputs, n_outputs, error);
    program->max_memory = options->max_memory;
    program->often = options->often || (g->watch != NULL && g->watch->many);
    program->watch = g->watch;
    bool ok = program->inputs != NULL && program->outputs != NULL &&
              program->source_inputs != NULL && program->source_outputs != NULL &&
              run_passes(program, g, options->plain, large || options->onednn, error) &&
              sx_plan(program, options->max_memory, error);
    if (!ok) {
        sx_program_free(program);
        return NULL;
    }
    return program;
}
