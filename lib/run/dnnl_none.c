/* dnnl_none.c - the interface of dnnl.h in a build without oneDNN: there are no kernels. */
#include "run/dnnl.h"

bool sx_dnnl_new(struct sx_dnnl **d, int threads, struct sx_error *error)
{
    (void)threads;
    (void)error;
    *d = NULL;
    return true;
}

bool sx_dnnl_is_wide(void)
{
    return false;
}

void sx_dnnl_free(struct sx_dnnl *d)
{
    (void)d;
}

bool sx_dnnl_kernel(struct sx_dnnl *d, const struct sx_graph *g, const struct sx_node *node,
                    struct sx_kernel **kernel, struct sx_error *error)
{
    (void)d;
    (void)g;
    (void)node;
    (void)error;
    *kernel = NULL;
    return true;
}

size_t sx_dnnl_packed(struct sx_dnnl *d)
{
    (void)d;
    return 0;
}

bool sx_dnnl_ready(struct sx_dnnl *d, const struct sx_graph *g, struct sx_error *error)
{
    (void)d;
    (void)g;
    (void)error;
    return true;
}

bool sx_dnnl_keep(struct sx_dnnl *d, struct sx_error *error)
{
    (void)d;
    (void)error;
    return true;
}

bool sx_dnnl_holds_nan(const struct sx_dnnl *d)
{
    (void)d;
    return false;
}

size_t sx_kernel_scratch(const struct sx_kernel *kernel)
{
    (void)kernel;
    return 0;
}

bool sx_kernel_packs(const struct sx_kernel *kernel, int k)
{
    (void)kernel;
    (void)k;
    return false;
}

const char *sx_kernel_name(const struct sx_kernel *kernel)
{
    (void)kernel;
    return "";
}

bool sx_kernel_run(const struct sx_kernel *kernel, const struct sx_call *call)
{
    (void)kernel;
    (void)call;
    return false;
}
