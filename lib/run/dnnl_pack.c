/* dnnl_pack.c - weights in the layouts that oneDNN chooses, packed once, or by each run.
 *
 * A layout is a product of blocks that each belong to one axis, so the position of an element is a
 * sum over axes. oneDNN's own reorders are not used: those of version 3.7 are wrong if extents are
 * no multiples of the blocks. */
#include <stdlib.h>
#include <string.h>

#include "run/dnnl_parts.h"
#include "run/turn.h"

const_dnnl_memory_desc_t sx_weights_packed(const struct sx_primitive *p)
{
    return dnnl_primitive_desc_query_md(
        p->desc,
        p->key.kind == SX_KEY_WEIGHTS ? dnnl_query_diff_weights_md : dnnl_query_weights_md, 0);
}

/* The packed position of index i along an axis; blocks are listed from the outermost to the
 * innermost. */
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

/* A copy of weights between the order of the graph and that of oneDNN. Its first axis is the
 * innermost one of the packed layout; BLOCK indices of it are moved together. */
struct move {
    int rank;
    int64_t dim[SX_KEY_AXES], stride[SX_KEY_AXES], first;
    const int64_t *place[SX_KEY_AXES];
    const char *from; /* may be unaligned */
    float *to;
    bool unpack;
};

enum {
    BLOCK = 16,
    MOST_STRIP = 64,
    /* rows of the second axis at a time, if the first axis is contiguous in the graph */
    ROWS = 64
};

typedef float number __attribute__((aligned(1), may_alias));
typedef float numbers
    __attribute__((vector_size(BLOCK * sizeof(float)), aligned(1), may_alias));
typedef int32_t truths __attribute__((vector_size(BLOCK * sizeof(float))));

/* Whether n indices of an axis from `first` on are contiguous when packed. */
static bool is_dense(const int64_t *place, int64_t n)
{
    for (int64_t i = 1; i < n; i++)
        if (place[i] != place[0] + i)
            return false;
    return true;
}

static struct move move_of(const struct sx_primitive *p, bool turned)
{
    struct sx_key_weights w;
    sx_key_weights(&p->key, turned, &w);
    struct move m = {.rank = w.rank, .first = w.first};
    int inner = 0;
    for (int i = 0; i < w.rank && inner == 0; i++)
        if (w.dim[i] >= BLOCK && is_dense(p->place[i], BLOCK))
            inner = i;
    for (int i = 0; i < w.rank; i++) {
        int axis = i == 0 ? inner : i <= inner ? i - 1 : i;
        m.dim[i] = w.dim[axis];
        m.stride[i] = w.stride[axis];
        m.place[i] = p->place[axis];
    }
    return m;
}

/* A block: its first index, its length, and whether it is contiguous when packed. */
struct block {
    int64_t first, n;
    bool dense;
};

/* Moves the elements of a block at one index of the other axes. *nan accumulates whether one is
 * NaN. */
static void move_block(const struct move *m, const struct block *b, int64_t plain,
                       int64_t packed, truths *nan)
{
    const int64_t *at = m->place[0] + b->first, step = m->stride[0];
    const number *from = (const number *)(const void *)m->from;
    numbers v = {0};
    if (m->unpack) {
        for (int64_t i = 0; i < b->n; i++)
            m->to[plain + i * step] = from[packed + at[i]];
        return;
    }
    if (b->dense) {
        from += plain;
        if (step == 1)
            v = *(const numbers *)(const void *)from;
        else
#pragma GCC unroll 16
            for (int i = 0; i < BLOCK; i++)
                v[i] = from[i * step];
        *(numbers *)(void *)(m->to + packed + at[0]) = v;
    } else {
        for (int64_t i = 0; i < b->n; i++)
            m->to[packed + at[i]] = v[i] = from[plain + i * step];
    }
    *nan |= v != v;
}

/* For a dense block: the positions of all indices of the axes after the second, if these are
 * contiguous in the graph. A block is then a matrix to transpose. */
struct strip {
    int64_t n; /* elements per index of the second axis; 0: they are not contiguous */
    int64_t place[MOST_STRIP];
};

static struct strip strip_of(const struct move *m)
{
    struct strip s = {.n = 1};
    int64_t step = 1;
    for (int i = m->rank - 1; i > 1; i--) {
        if (m->stride[i] != step || step * m->dim[i] > MOST_STRIP)
            return (struct strip){0};
        step *= m->dim[i];
    }
    if (m->rank < 2 || m->stride[1] != step)
        return (struct strip){0};
    for (int i = m->rank - 1; i > 1; i--) {
        for (int64_t k = m->dim[i] - 1; k >= 0; k--)
            for (int64_t j = 0; j < s.n; j++)
                s.place[k * s.n + j] = s.place[j] + m->place[i][k];
        s.n *= m->dim[i];
    }
    return s;
}

/* Transposes four rows of a dense block, for the indices begin .. end - 1 of the second axis. */
static void turn_rows(const struct move *m, const struct strip *s, const char *from, float *to,
                      int64_t begin, int64_t end, truths *nan)
{
    const size_t row = (size_t)m->stride[0] * sizeof(float);
    int64_t at[4], k = 0, i = begin, n;
    sx_four_truths found = {0};
    from += (size_t)(begin * s->n) * sizeof(float);
    for (int64_t left = (end - begin) * s->n; left > 0; left -= n, from += 4 * sizeof(float)) {
        sx_four v[4];
        n = left < 4 ? left : 4;
        for (int64_t j = 0; j < n; j++) {
            at[j] = m->place[1][i] + s->place[k];
            k = k + 1 < s->n ? k + 1 : 0;
            i += k == 0;
        }
        for (int r = 0; r < 4; r++) {
            v[r] = (sx_four){0};
            if (n == 4)
                v[r] = sx_load_four(from + (size_t)r * row);
            else
                memcpy(&v[r], from + (size_t)r * row, (size_t)n * sizeof(float));
            found |= v[r] != v[r];
        }
        sx_turn_four(v);
        for (int64_t j = 0; j < n; j++)
            *(sx_loose_four *)(void *)(to + at[j]) = v[j];
    }
    for (int j = 0; j < 4; j++)
        (*nan)[j] |= found[j];
}

/* Moves the indices begin .. end - 1 of an axis, with all indices of later axes. `plain` and
 * `packed` are the positions given by earlier axes. */
static void move_axis(const struct move *m, int axis, int64_t begin, int64_t end,
                      const struct block *b, int64_t plain, int64_t packed, truths *nan)
{
    const int64_t *at = m->place[axis], step = m->stride[axis];
    for (int64_t i = begin; i < end; i++)
        if (axis < m->rank - 1 && axis + 1 < SX_KEY_AXES)
            move_axis(m, axis + 1, 0, m->dim[axis + 1], b, plain + i * step, packed + at[i],
                      nan);
        else
            move_block(m, b, plain + i * step, packed + at[i], nan);
}

/* Moves all elements. True if one is NaN. */
static bool move_all(const struct move *m)
{
    int64_t rows = m->stride[0] == 1 ? ROWS : m->dim[1] > 0 ? m->dim[1] : 1;
    int64_t blocks = (m->dim[0] + BLOCK - 1) / BLOCK, chunks = (m->dim[1] + rows - 1) / rows;
    const struct strip strip = m->stride[0] == 1 || m->unpack ? (struct strip){0} : strip_of(m);
    bool nan = false;
#pragma omp parallel for schedule(static) reduction(|| : nan)
    for (int64_t u = 0; u < blocks * chunks; u++) {
        int64_t begin = u / blocks * rows;
        int64_t end = m->dim[1] - begin < rows ? m->dim[1] : begin + rows;
        struct block b = {.first = u % blocks * BLOCK};
        b.n = m->dim[0] - b.first < BLOCK ? m->dim[0] - b.first : BLOCK;
        b.dense = b.n == BLOCK && is_dense(m->place[0] + b.first, BLOCK);
        truths found = {0};
        const int64_t plain = m->first + b.first * m->stride[0];
        for (int r = 0; b.dense && strip.n > 0 && r < BLOCK; r += 4)
            turn_rows(m, &strip, m->from + (size_t)(plain + r * m->stride[0]) * sizeof(float),
                      m->to + m->place[0][b.first] + r, begin, end, &found);
        if (!b.dense || strip.n == 0)
            move_axis(m, 1, begin, end, &b, plain, 0, &found);
        for (int i = 0; i < BLOCK; i++)
            nan = nan || found[i] != 0;
    }
    return nan;
}

static size_t bytes_of(const struct move *m)
{
    size_t bytes = sizeof(float);
    for (int i = 0; i < m->rank; i++)
        bytes *= (size_t)m->dim[i];
    return bytes;
}

bool sx_pack_weights(const struct sx_primitive *p, bool turned, const void *from, float *to)
{
    struct move m = move_of(p, turned);
    m.from = from;
    m.to = to;
    if (bytes_of(&m) != p->weights) /* padding of blocks is 0 */
        memset(to, 0, p->weights);
    return move_all(&m);
}

void sx_unpack_weights(const struct sx_primitive *p, const float *from, float *to)
{
    struct move m = move_of(p, false);
    m.from = (const char *)from;
    m.to = to;
    m.unpack = true;
    move_all(&m);
}

/* Finds an equal pack, or the end of its bucket. */
static struct sx_pack **find_pack(struct sx_dnnl *d, const struct sx_pack *wanted)
{
    uint64_t hash = sx_hash(SX_HASH_START, &wanted->from, sizeof wanted->from);
    struct sx_pack **at = &d->bucket[hash % SX_PACK_BUCKETS];
    while (*at != NULL &&
           ((*at)->from != wanted->from || (*at)->turned != wanted->turned ||
            (*at)->pieces != wanted->pieces || (*at)->primitive[0] != wanted->primitive[0] ||
            (*at)->primitive[1] != wanted->primitive[1]))
        at = &(*at)->alike;
    return at;
}

bool sx_add_pack(struct sx_dnnl *d, struct sx_kernel *kernel, const void *from, bool turned,
                 int64_t pieces, size_t from_step, struct sx_error *error)
{
    struct sx_pack wanted = {.from = from, .turned = turned, .pieces = pieces};
    memcpy(wanted.primitive, kernel->primitive, sizeof wanted.primitive);
    struct sx_pack **found = find_pack(d, &wanted), *p = *found;
    if (p == NULL) {
        p = *found = sx_new(1, sizeof *p, error);
        if (p == NULL)
            return false;
        *p = wanted;
        struct move m = move_of(p->primitive[0], turned);
        p->bytes = (size_t)pieces * bytes_of(&m);
        p->from_step = from_step;
        p->step = (p->primitive[0]->weights + 63) & ~(size_t)63;
        d->end = d->end != NULL ? d->end : &d->packs;
        *d->end = p;
        d->end = &p->next;
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

bool sx_dnnl_holds_nan(const struct sx_dnnl *d)
{
    return d->nan;
}

size_t sx_pack_scratch(const struct sx_pack *pack)
{
    return (size_t)pack->pieces * pack->step;
}

static const struct sx_primitive *primitive_of(const struct sx_pack *p, int64_t piece)
{
    return p->primitive[piece > 0 && piece == p->pieces - 1 && p->primitive[1] != NULL];
}

bool sx_pack_into(struct sx_dnnl *d, struct sx_pack *pack, char *to)
{
    bool ok = true;
    for (int64_t i = 0; i < pack->pieces; i++) {
        float *piece = (float *)(void *)(to + (size_t)i * pack->step);
        if (sx_pack_weights(primitive_of(pack, i), pack->turned,
                            pack->from + (size_t)i * pack->from_step, piece))
            d->nan = true;
        ok = ok && dnnl_memory_set_data_handle(pack->memory[i], piece) == dnnl_success;
    }
    sx_give_back(d->g, pack->from, pack->bytes);
    return ok;
}

bool sx_dnnl_ready(struct sx_dnnl *d, const struct sx_graph *g, struct sx_error *error)
{
    d->g = g;
    for (struct sx_pack *p = d->packs; p != NULL; p = p->next) {
        p->memory = sx_new((size_t)p->pieces, sizeof(dnnl_memory_t), error);
        bool ok = p->memory != NULL;
        for (int64_t i = 0; ok && i < p->pieces; i++)
            ok = dnnl_memory_create(&p->memory[i], sx_weights_packed(primitive_of(p, i)),
                                    d->engine, DNNL_MEMORY_NONE) == dnnl_success;
        if (!ok)
            return sx_fail(error, SX_MEMORY, "out of memory");
    }
    return true;
}

/* The most bytes that are kept packed: those of the weights, and of the padding of blocks. */
static size_t most_kept(const struct sx_dnnl *d)
{
    size_t bytes = 0;
    for (int i = 0; i < SX_PACK_BUCKETS; i++)
        for (const struct sx_pack *p = d->bucket[i]; p != NULL; p = p->alike) {
            const struct sx_pack *other = d->bucket[i];
            while (other != p && other->from != p->from)
                other = other->alike;
            bytes += other == p ? p->bytes : 0;
        }
    return bytes < SX_FEW_WEIGHTS ? SIZE_MAX : bytes + bytes / 16;
}

/* Chooses the packs that are kept, in order. Returns their bytes. */
static size_t choose_kept(struct sx_dnnl *d)
{
    size_t most = most_kept(d), bytes = 0;
    for (struct sx_pack *p = d->packs; p != NULL; p = p->next) {
        p->kept = sx_pack_scratch(p) <= most - bytes;
        bytes += p->kept ? sx_pack_scratch(p) : 0;
    }
    return bytes;
}

size_t sx_dnnl_packed(struct sx_dnnl *d)
{
    return choose_kept(d);
}

bool sx_dnnl_keep(struct sx_dnnl *d, struct sx_error *error)
{
    size_t bytes = 0;
    bool ok = true;
    if (d->room != NULL || d->packs == NULL)
        return true;
    d->room = sx_new_huge(choose_kept(d), error);
    if (d->room == NULL)
        return false;
    for (struct sx_pack *p = d->packs; p != NULL && ok; p = p->next)
        if (p->kept) {
            p->packed = (char *)d->room + bytes;
            bytes += sx_pack_scratch(p);
            ok = sx_pack_into(d, p, p->packed);
        }
    return ok || sx_fail(error, SX_MEMORY, "out of memory");
}
