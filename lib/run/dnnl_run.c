/* dnnl_run.c - runs a kernel: its pieces in parallel, each on one thread, or one piece on oneDNN's
 * threads. */
#include <omp.h>
#include <string.h>

#include "run/dnnl_parts.h"

/* Whether the pieces are parts of a sum. */
static bool is_sum(const struct sx_kernel *kernel)
{
    return kernel->primitive[0]->key.kind == SX_KEY_WEIGHTS;
}

/* The bytes of the slots' own scratch memory; memory that they share follows. */
static size_t after_slots(const struct sx_kernel *kernel)
{
    return ((size_t)kernel->slots * kernel->scratchpad + 63) & ~(size_t)63;
}

static char *shared_scratch(const struct sx_kernel *kernel, const struct sx_call *call)
{
    return (char *)call->scratch + after_slots(kernel);
}

size_t sx_kernel_scratch(const struct sx_kernel *kernel)
{
    size_t copies = is_sum(kernel) ? (size_t)kernel->pieces : kernel->packed != NULL;
    size_t weights = kernel->pack != NULL ? sx_pack_scratch(kernel->pack) : 0;
    return after_slots(kernel) + copies * kernel->step + weights;
}

bool sx_kernel_packs(const struct sx_kernel *kernel, int k)
{
    return k == 1 && kernel->pack != NULL;
}

const char *sx_kernel_name(const struct sx_kernel *kernel)
{
    return kernel->primitive[0]->name;
}

/* Packs the weights that are not kept packed. */
static bool pack_now(const struct sx_kernel *kernel, const struct sx_call *call)
{
    if (kernel->pack != NULL && kernel->pack->packed == NULL)
        return sx_pack_into(kernel->d, kernel->pack, shared_scratch(kernel, call));
    if (kernel->packed == NULL)
        return true;
    float *packed = (float *)(void *)shared_scratch(kernel, call);
    sx_pack_weights(kernel->primitive[0], kernel->turned, call->in[1].data, packed);
    return dnnl_memory_set_data_handle(kernel->packed, packed) == dnnl_success;
}

/* Adds the parts of a sum in order, and unpacks the sum. */
static void sum_parts(const struct sx_kernel *kernel, const struct sx_call *call)
{
    float *sum = (float *)(void *)shared_scratch(kernel, call);
    int64_t step = (int64_t)(kernel->step / sizeof *sum);
#pragma omp parallel for
    for (int64_t i = 0; i < step; i++)
        for (int64_t k = 1; k < kernel->pieces; k++)
            sum[i] += sum[k * step + i];
    sx_unpack_weights(kernel->primitive[0], sum, call->out);
}

/* Runs one piece with the memory objects of one slot. */
static bool run_piece(const struct sx_kernel *kernel, const struct sx_call *call, int64_t piece,
                      int slot)
{
    dnnl_exec_arg_t args[SX_DNNL_ARGS];
    int64_t at[SX_CUT_AXES], rest = piece;
    for (int i = kernel->rank - 1; i >= 0; i--) {
        at[i] = rest % kernel->dim[i];
        rest /= kernel->dim[i];
    }
    bool last = kernel->primitive[1] != NULL && kernel->tail != SX_NONE &&
                at[kernel->tail] == kernel->dim[kernel->tail] - 1;
    for (int k = 0; k < kernel->n_args; k++) {
        const struct sx_dnnl_arg *arg = &kernel->arg[k];
        args[k].arg = arg->id;
        if (arg->source == SX_PACKED) {
            const struct sx_pack *pack = kernel->pack;
            args[k].memory =
                pack == NULL ? kernel->packed : pack->memory[pack->pieces > 1 ? piece : 0];
            continue;
        }
        char *data = call->out;
        /* const is cast away: operands are only read */
        if (arg->source == SX_OPERAND)
            memcpy(&data, &call->in[arg->k].data, sizeof data);
        else if (arg->source == SX_PARTIAL)
            data = shared_scratch(kernel, call);
        else if (arg->source == SX_SCRATCHPAD)
            data = (char *)call->scratch + (size_t)slot * kernel->scratchpad;
        for (int i = 0; i < kernel->rank; i++)
            data += at[i] * arg->stride[i];
        args[k].memory = kernel->memory[(slot * 2 + last) * SX_DNNL_ARGS + k];
        if (dnnl_memory_set_data_handle(args[k].memory, data) != dnnl_success)
            return false;
    }
    return dnnl_primitive_execute(kernel->primitive[last]->primitive, kernel->d->stream,
                                  kernel->n_args, args) == dnnl_success;
}

static void clear(void *to, size_t bytes)
{
    const size_t piece = (size_t)1 << 18;
#pragma omp parallel for
    for (size_t i = 0; i < bytes; i += piece)
        memset((char *)to + i, 0, bytes - i < piece ? bytes - i : piece);
}

bool sx_kernel_run(const struct sx_kernel *kernel, const struct sx_call *call)
{
    size_t bytes = (size_t)sx_count(&call->node->shape) * sizeof(float);
    bool ok = pack_now(kernel, call);
    if (kernel->residual != SX_NONE && call->in[kernel->residual].data != call->out)
        sx_copy_pieces(call->out, call->in[kernel->residual].data, bytes);
    if (kernel->sparse)
        clear(call->out, bytes);
    if (!kernel->primitive[0]->key.serial) {
        int threads = kernel->d->threads;
        if (omp_in_parallel()) /* programs that are run in parallel use one thread each */
            return ok && run_piece(kernel, call, 0, 0);
#pragma omp teams num_teams(1) thread_limit(threads)
        ok = ok && run_piece(kernel, call, 0, 0);
        return ok;
    }
#pragma omp parallel for schedule(dynamic) num_threads(kernel->slots) reduction(&& : ok)
    for (int64_t i = 0; i < kernel->pieces; i++) {
        omp_set_num_threads(1); /* for this region only: gemm looks at it */
        ok = ok && run_piece(kernel, call, i, omp_get_thread_num());
    }
    if (ok && is_sum(kernel))
        sum_parts(kernel, call);
    return ok;
}
