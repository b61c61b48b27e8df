/* dnnl_kernel.c - parts of kernels: arguments, and memory objects of slots. */
#include "run/dnnl_parts.h"

struct sx_dnnl_arg *sx_add_arg(struct sx_kernel *kernel, int id, enum sx_source source, int k)
{
    struct sx_dnnl_arg *arg = &kernel->arg[kernel->n_args++];
    *arg = (struct sx_dnnl_arg){.id = id, .source = source, .k = k};
    return arg;
}

/* Makes the memory objects of every slot, one for each argument whose address is not known yet. */
bool sx_make_slots(struct sx_dnnl *d, struct sx_kernel *kernel, struct sx_error *error)
{
    sx_add_arg(kernel, DNNL_ARG_SCRATCHPAD, SX_SCRATCHPAD, 0);
    kernel->pieces = 1;
    for (int i = 0; i < kernel->rank; i++)
        kernel->pieces *= kernel->dim[i];
    kernel->slots = kernel->pieces < d->threads ? (int)kernel->pieces : d->threads;
    kernel->memory =
        sx_new((size_t)kernel->slots * 2 * SX_DNNL_ARGS, sizeof *kernel->memory, error);
    if (kernel->memory == NULL)
        return false;
    for (int i = 0; i < kernel->slots * 2 * kernel->n_args; i++) {
        int slot = i / (2 * kernel->n_args), variant = i / kernel->n_args % 2;
        int k = i % kernel->n_args;
        const struct sx_primitive *p = kernel->primitive[variant];
        if (p == NULL || kernel->arg[k].source == SX_PACKED)
            continue;
        if (p->scratchpad > kernel->scratchpad)
            kernel->scratchpad = p->scratchpad;
        if (dnnl_memory_create(&kernel->memory[(slot * 2 + variant) * SX_DNNL_ARGS + k],
                               dnnl_primitive_desc_query_md(p->desc, dnnl_query_exec_arg_md,
                                                            kernel->arg[k].id),
                               d->engine, DNNL_MEMORY_NONE) != dnnl_success)
            return sx_fail(error, SX_MEMORY, "out of memory");
    }
    return true;
}

struct sx_kernel *sx_new_kernel(struct sx_dnnl *d, struct sx_error *error)
{
    struct sx_kernel *kernel = sx_new(1, sizeof *kernel, error);
    if (kernel != NULL) {
        kernel->d = d;
        kernel->tail = kernel->residual = SX_NONE;
        kernel->next = d->kernels;
        d->kernels = kernel;
    }
    return kernel;
}
