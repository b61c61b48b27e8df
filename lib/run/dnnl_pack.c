/* dnnl_pack.c - weights in the layouts that oneDNN chooses: packed once, or by each run. */
#include <stdlib.h>
#include <string.h>

#include "run/dnnl_parts.h"

bool sx_add_pack(struct sx_dnnl *d, struct sx_kernel *kernel, const void *from, bool turned,
                 int64_t pieces, size_t from_step, struct sx_error *error)
{
    struct sx_pack *p = d->packs;
    for (; p != NULL; p = p->next)
        if (p->from == from && p->turned == turned && p->pieces == pieces &&
            p->primitive[0] == kernel->primitive[0] && p->primitive[1] == kernel->primitive[1])
            break;
    if (p == NULL) {
        p = sx_new(1, sizeof *p, error);
        if (p == NULL)
            return false;
        *p = (struct sx_pack){
            .next = d->packs, .from = from, .turned = turned, .pieces = pieces};
        p->primitive[0] = kernel->primitive[0];
        p->primitive[1] = kernel->primitive[1];
        p->from_step = from_step;
        p->step = (p->primitive[0]->weights + 63) & ~(size_t)63;
        d->packs = p;
        d->packed += (size_t)pieces * p->step;
    }
    kernel->pack = p;
    return true;
}

static bool reorder(struct sx_dnnl *d, const_dnnl_memory_desc_t desc, const void *from,
                    dnnl_memory_t to)
{
    const_dnnl_memory_desc_t wanted;
    dnnl_primitive_desc_t pd = NULL;
    dnnl_primitive_t primitive = NULL;
    dnnl_memory_t source = NULL;
    void *data;
    memcpy(&data, &from, sizeof data); /* only read */
    bool ok = dnnl_memory_get_memory_desc(to, &wanted) == dnnl_success &&
              dnnl_memory_create(&source, desc, d->engine, data) == dnnl_success &&
              dnnl_reorder_primitive_desc_create(&pd, desc, d->engine, wanted, d->engine,
                                                 NULL) == dnnl_success &&
              dnnl_primitive_create(&primitive, pd) == dnnl_success;
    if (ok) {
        dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, source}, {DNNL_ARG_TO, to}};
        ok = dnnl_primitive_execute(primitive, d->stream, 2, args) == dnnl_success &&
             dnnl_stream_wait(d->stream) == dnnl_success;
    }
    dnnl_primitive_destroy(primitive);
    dnnl_primitive_desc_destroy(pd);
    dnnl_memory_destroy(source);
    return ok;
}

static bool pack_piece(struct sx_dnnl *d, struct sx_pack *p, int64_t i)
{
    const struct sx_primitive *prim =
        p->primitive[i == p->pieces - 1 && p->primitive[1] != NULL];
    const char *from = p->from + (size_t)i * p->from_step;
    dnnl_memory_desc_t desc = sx_weights_plain(&prim->key);
    float *turned = NULL;
    bool ok = desc != NULL;
    if (ok && p->turned) {
        turned = sx_new_aligned(1, dnnl_memory_desc_get_size(desc), NULL);
        ok = turned != NULL;
        if (ok)
            sx_key_turn_weights(&prim->key, from, turned);
        from = (const char *)turned;
    }
    ok = ok &&
         dnnl_memory_create(&p->memory[i], sx_weights_packed(prim), d->engine,
                            p->packed + (size_t)i * p->step) == dnnl_success &&
         reorder(d, desc, from, p->memory[i]);
    dnnl_memory_desc_destroy(desc);
    free(turned);
    return ok;
}

size_t sx_dnnl_packed(const struct sx_dnnl *d)
{
    return d->packed;
}

bool sx_dnnl_pack(struct sx_dnnl *d, struct sx_error *error)
{
    for (struct sx_pack *p = d->packs; p != NULL; p = p->next) {
        p->packed = sx_new_aligned((size_t)p->pieces, p->step, error);
        p->memory = sx_new((size_t)p->pieces, sizeof(dnnl_memory_t), error);
        bool ok = p->packed != NULL && p->memory != NULL;
        for (int64_t i = 0; ok && i < p->pieces; i++)
            ok = pack_piece(d, p, i);
        if (!ok)
            return sx_fail(error, SX_MEMORY, "out of memory");
    }
    return true;
}

bool sx_make_reorder(struct sx_dnnl *d, struct sx_kernel *kernel, bool unpack,
                     struct sx_error *error)
{
    const struct sx_primitive *p = kernel->primitive[0];
    dnnl_memory_desc_t plain = sx_weights_plain(&p->key);
    const_dnnl_memory_desc_t packed = sx_weights_packed(p);
    const_dnnl_memory_desc_t from = unpack ? packed : plain, to = unpack ? plain : packed;
    dnnl_primitive_desc_t pd = NULL;
    bool ok =
        plain != NULL &&
        dnnl_memory_create(&kernel->from, from, d->engine, DNNL_MEMORY_NONE) == dnnl_success &&
        dnnl_memory_create(&kernel->to, to, d->engine, DNNL_MEMORY_NONE) == dnnl_success &&
        dnnl_reorder_primitive_desc_create(&pd, from, d->engine, to, d->engine, NULL) ==
            dnnl_success &&
        dnnl_primitive_create(&kernel->reorder, pd) == dnnl_success;
    dnnl_primitive_desc_destroy(pd);
    dnnl_memory_desc_destroy(plain);
    kernel->step = (p->weights + 63) & ~(size_t)63;
    return ok || sx_fail(error, SX_MEMORY, "out of memory");
}
