/* exec.c - runs the steps of a program. */
#include <omp.h>

#include "run/program.h"

static bool fits(const struct sx_graph *g, int node, const struct sx_tensor *tensor)
{
    return g->node[node].type == tensor->type &&
           sx_shape_equal(&g->node[node].shape, &tensor->shape);
}

static bool check(const struct sx_program *program, const struct sx_tensor *feeds,
                  const struct sx_tensor *results, struct sx_error *error)
{
    for (int i = 0; i < program->n_inputs; i++)
        if (program->inputs[i] != SX_NONE && !fits(program->g, program->inputs[i], &feeds[i]))
            return sx_fail(error, SX_USAGE, "input %d has another type or shape", i);
    for (int i = 0; i < program->n_outputs; i++)
        if (!fits(program->g, program->outputs[i], &results[i]))
            return sx_fail(error, SX_USAGE, "output %d has another type or shape", i);
    return true;
}

static bool is_fed_nan(const struct sx_program *program, const struct sx_tensor *feeds)
{
    for (int i = 0; i < program->n_inputs; i++)
        if (program->inputs[i] != SX_NONE && feeds[i].type == SX_FLOAT &&
            sx_holds_nan(feeds[i].data, sx_count(&feeds[i].shape)))
            return true;
    return false;
}

static bool run_plain(struct sx_program *program, const struct sx_tensor *feeds,
                      struct sx_tensor *results, struct sx_error *error)
{
    const struct sx_run_options options = {
        .threads = program->threads, .max_memory = program->max_memory, .plain = true};
    if (program->plain == NULL)
        program->plain =
            sx_compile(program->source, program->source_inputs, program->n_inputs,
                       program->source_outputs, program->n_outputs, &options, error);
    return program->plain != NULL && sx_run(program->plain, feeds, results, error);
}

bool sx_step_run(const struct sx_step *step)
{
    if (step->kernel != NULL)
        return sx_kernel_run(step->kernel, &step->call);
    if (step->direct != NULL)
        sx_direct_run(step->direct, &step->call);
    else
        step->run(&step->call);
    return true;
}

static bool goes_on(struct sx_watch *watch)
{
    if (watch != NULL && !watch->stopped)
        watch->stopped = !watch->go_on(watch);
    return watch == NULL || !watch->stopped;
}

/* Keeps packed weights from the second run on. The first run packs weights into memory that it
 * reuses, which is fastest if there is only one run. */
static bool keep_weights(struct sx_program *program, struct sx_error *error)
{
    bool first = !program->ran && !program->often;
    program->ran = true;
    return first || ((program->dnnl == NULL || sx_dnnl_keep(program->dnnl, error)) &&
                     (program->directs == NULL || sx_directs_keep(program->directs, error)));
}

bool sx_run(struct sx_program *program, const struct sx_tensor *feeds,
            struct sx_tensor *results, struct sx_error *error)
{
    if (!check(program, feeds, results, error))
        return false;
    if (sx_is_fast(program) && (program->nan || is_fed_nan(program, feeds)))
        return run_plain(program, feeds, results, error);
    for (size_t i = 0; i < program->n_patches; i++) {
        const struct sx_patch *p = &program->patch[i];
        struct sx_step *step = &program->step[p->step];
        void *data = p->result ? results[p->tensor].data : feeds[p->tensor].data;
        if (p->k == SX_NONE)
            step->call.out = data;
        else
            step->in[p->k].data = data;
    }
    int before = omp_get_max_threads();
    omp_set_num_threads(program->threads);
    bool ok = keep_weights(program, error);
    if (program->directs != NULL)
        sx_directs_begin(program->directs);
    for (size_t i = 0; ok && goes_on(program->watch) && i < program->n_steps; i++)
        ok = sx_step_run(&program->step[i]);
    omp_set_num_threads(before);
    if (program->watch != NULL && program->watch->stopped)
        return sx_fail(error, SX_FAILED, "ended before it was done");
    if (!ok)
        return sx_fail(error, SX_MEMORY, "out of memory");
    if (program->watch != NULL && program->directs != NULL)
        program->watch->inexact =
            sx_directs_inexact(program->directs) || program->watch->inexact;
    program->nan = (program->dnnl != NULL && sx_dnnl_holds_nan(program->dnnl)) ||
                   (program->directs != NULL && sx_directs_hold_nan(program->directs));
    return !program->nan || run_plain(program, feeds, results, error);
}
