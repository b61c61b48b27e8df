/* program.c - a program: its memory, its listing, how it is freed. */
#include <stdlib.h>
#include <string.h>

#include "run/program.h"

size_t sx_program_memory(const struct sx_program *program)
{
    return program->arena_size + program->copied +
           (program->dnnl != NULL ? sx_dnnl_packed(program->dnnl) : 0) +
           (program->directs != NULL ? sx_directs_packed(program->directs) : 0);
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
        if (step->direct != NULL)
            fprintf(to, " by direct");
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
    sx_directs_free(program->directs);
    sx_program_free(program->plain);
    free(program->arena);
    free(program->patch);
    sx_arena_free(&program->memory);
    free(program);
}

/* Eight floats at any alignment. */
typedef float numbers __attribute__((vector_size(32), aligned(1), may_alias));
typedef int32_t truths __attribute__((vector_size(32)));

/* Whether one of n floats at any alignment is NaN. */
static bool piece_holds_nan(const char *values, int64_t n)
{
    enum { LANES = sizeof(numbers) / sizeof(float) };
    truths found = {0};
    bool nan = false;
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        const numbers v = *(const numbers *)(const void *)(values + i * (int64_t)sizeof(float));
        found |= v != v;
    }
    for (int k = 0; k < LANES; k++)
        nan |= found[k] != 0;
    for (; i < n; i++) {
        float v;
        memcpy(&v, values + i * (int64_t)sizeof v, sizeof v);
        nan |= v != v;
    }
    return nan;
}

bool sx_holds_nan(const void *values, int64_t n)
{
    const int64_t piece = 1 << 16;
    bool nan = false;
#pragma omp parallel for if (n > 4 * piece) reduction(|| : nan)
    for (int64_t i = 0; i < n; i += piece)
        nan = nan || piece_holds_nan((const char *)values + i * (int64_t)sizeof(float),
                                     n - i < piece ? n - i : piece);
    return nan;
}
