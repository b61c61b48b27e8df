/* program.c - a program as a thing: its memory, its listing, its end. */
#include <stdlib.h>

#include "run/program.h"

size_t sx_program_memory(const struct sx_program *program)
{
    return program->arena_size + (program->dnnl != NULL ? sx_dnnl_packed(program->dnnl) : 0);
}

static void dump_shape(const struct sx_shape *shape, FILE *to)
{
    fprintf(to, " [");
    for (int i = 0; i < shape->rank; i++)
        fprintf(to, "%s%lld", i > 0 ? "," : "", (long long)shape->dim[i]);
    fprintf(to, "]");
}

bool sx_program_dump(const struct sx_program *program, FILE *to)
{
    for (size_t i = 0; i < program->n_steps; i++) {
        const struct sx_step *step = &program->step[i];
        const struct sx_node *node = step->call.node;
        fprintf(to, "%s", node != NULL ? sx_row_of(program->g, node)->name : "copy");
        if (step->kernel != NULL)
            fprintf(to, " by %s", sx_kernel_name(step->kernel));
        for (int k = 0; node != NULL && k < node->n_in; k++)
            dump_shape(step->in[k].shape, to);
        fprintf(to, " ->");
        if (node != NULL)
            dump_shape(&node->shape, to);
        fprintf(to, "\n");
    }
    return ferror(to) == 0;
}

void sx_program_free(struct sx_program *program)
{
    if (program == NULL)
        return;
    for (int i = 0; i < SX_N_PASSES; i++)
        sx_graph_free(program->graph[i]);
    sx_dnnl_free(program->dnnl);
    sx_program_free(program->plain);
    free(program->arena);
    free(program->patch);
    sx_arena_free(&program->memory);
    free(program);
}

bool sx_holds_nan(const float *values, int64_t n)
{
    bool nan = false;
    for (int64_t i = 0; i < n; i++)
        nan |= values[i] != values[i];
    return nan;
}
