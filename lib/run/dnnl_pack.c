/* dnnl_pack.c - weights in the layouts that oneDNN chooses: packed once, or by each run.
 *
 * A layout is a product of blocks, each of which belongs to an axis, so that the place of an
 * element is a sum over the axes. oneDNN's own reorders are not used: those of version 3.7 are
 * wrong where extents are no multiples of the blocks. */
#include <stdlib.h>
#include <string.h>

#include "run/dnnl_parts.h"

const_dnnl_memory_desc_t sx_weights_packed(const struct sx_primitive *p)
{
    return dnnl_primitive_desc_query_md(
        p->desc,
        p->key.kind == SX_KEY_WEIGHTS ? dnnl_query_diff_weights_md : dnnl_query_weights_md, 0);
}

/* Where index i along an axis is packed; blocks are listed from the outermost to the innermost. */
static int64_t place(const struct sx_dnnl_blocks *b, int axis, int64_t i)
{
    int64_t at = 0, step = 1;
    for (int k = b->n - 1; k >= 0; k--) {
        if (b->axis[k] == axis) {
            at += i % b->size[k] * step;
            i /= b->size[k];
        }
        step *= b->size[k];
    }
    return at + i * b->stride[axis];
}

bool sx_place_weights(struct sx_primitive *p, struct sx_error *error)
{
    struct sx_key_weights w;
    struct sx_dnnl_blocks b;
    if (!sx_dnnl_blocks(sx_weights_packed(p), &b))
        return false;
    sx_key_weights(&p->key, false, &w);
    for (int axis = 0; axis < w.rank; axis++) {
        p->place[axis] = sx_new((size_t)w.dim[axis], sizeof **p->place, error);
        for (int64_t i = 0; p->place[axis] != NULL && i < w.dim[axis]; i++)
            p->place[axis][i] = place(&b, axis, i);
        if (p->place[axis] == NULL)
            return false;
    }
    return true;
}

/* A move of weights between the order of the graph and that of oneDNN. BLOCK indices of the first
 * axis go together: it is the innermost one of most packed layouts, and the outermost of the graph. */
struct move {
    const struct sx_primitive *p;
    struct sx_key_weights w;
    const char *from; /* perhaps not aligned */
    float *to;
    bool unpack;
};

enum { BLOCK = 16 };

/* Moves the n elements from index `first` of the first axis on, at one index of the others. */
static void move_block(const struct move *m, int64_t first, int64_t n, int64_t plain,
                       int64_t packed)
{
    const int64_t *at = m->p->place[0] + first, step = m->w.stride[0];
    const char *from = m->from;
    float *to = m->to;
    if (m->unpack)
        for (int64_t i = 0; i < n; i++)
            memcpy(to + plain + i * step, from + (size_t)(packed + at[i]) * sizeof *to,
                   sizeof *to);
    else
        for (int64_t i = 0; i < n; i++)
            memcpy(to + packed + at[i], from + (size_t)(plain + i * step) * sizeof *to,
                   sizeof *to);
}

/* The same for all indices of the axes from `axis` on; those before have led to these two places. */
static void move_axis(const struct move *m, int axis, int64_t first, int64_t n, int64_t plain,
                      int64_t packed)
{
    const int64_t *at = m->p->place[axis], step = m->w.stride[axis];
    for (int64_t i = 0; i < m->w.dim[axis]; i++)
        if (axis < m->w.rank - 1 && axis + 1 < SX_KEY_AXES)
            move_axis(m, axis + 1, first, n, plain + i * step, packed + at[i]);
        else
            move_block(m, first, n, plain + i * step, packed + at[i]);
}

static void move_all(const struct move *m)
{
#pragma omp parallel for
    for (int64_t i = 0; i < m->w.dim[0]; i += BLOCK) {
        int64_t n = i + BLOCK < m->w.dim[0] ? BLOCK : m->w.dim[0] - i;
        move_axis(m, 1, i, n, m->w.first + i * m->w.stride[0], 0);
    }
}

void sx_pack_weights(const struct sx_primitive *p, bool turned, const void *from, float *to)
{
    struct move m = {.p = p, .from = from, .to = to};
    sx_key_weights(&p->key, turned, &m.w);
    memset(to, 0, p->weights);
    move_all(&m);
}

void sx_unpack_weights(const struct sx_primitive *p, const float *from, float *to)
{
    struct move m = {.p = p, .from = (const char *)from, .to = to, .unpack = true};
    sx_key_weights(&p->key, false, &m.w);
    move_all(&m);
}

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

bool sx_pack_by_run(struct sx_dnnl *d, struct sx_kernel *kernel, struct sx_error *error)
{
    const struct sx_primitive *p = kernel->primitive[0];
    kernel->step = (p->weights + 63) & ~(size_t)63;
    return dnnl_memory_create(&kernel->packed, sx_weights_packed(p), d->engine,
                              DNNL_MEMORY_NONE) == dnnl_success ||
           sx_fail(error, SX_MEMORY, "out of memory");
}

static bool pack_piece(struct sx_dnnl *d, struct sx_pack *p, int64_t i)
{
    bool last = i > 0 && i == p->pieces - 1 && p->primitive[1] != NULL;
    const struct sx_primitive *prim = p->primitive[last];
    char *to = p->packed + (size_t)i * p->step;
    sx_pack_weights(prim, p->turned, p->from + (size_t)i * p->from_step, (float *)(void *)to);
    return dnnl_memory_create(&p->memory[i], sx_weights_packed(prim), d->engine, to) ==
           dnnl_success;
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
