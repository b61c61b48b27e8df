/* sort.c - the order of the elements along an axis, as indices. */
#include "ops/ops.h"

/* Lines are sorted in so many groups, each with scratch memory of its own. */
#define GROUPS 16

static bool sort_shape(struct sx_graph *g, struct sx_node *node)
{
    const struct sx_node *a = &g->node[node->in[0]];
    if (!sx_need_attr(g, node, 2) || !sx_need_axis(g, node, node->attr[0], a->shape.rank))
        return false;
    node->type = SX_INT;
    node->shape = a->shape;
    return sx_need_size(g, node);
}

static int64_t group_count(const struct sx_lines *l)
{
    int64_t lines = l->outer * l->inner;
    return lines < GROUPS ? lines : GROUPS;
}

static size_t sort_scratch(const struct sx_graph *g, const struct sx_node *node)
{
    struct sx_lines l = sx_lines_of(&node->shape, node->attr[0]);
    size_t items, bytes;
    (void)g;
    if (!sx_size_mul(&items, (size_t)l.n, 2 * (size_t)group_count(&l)) ||
        !sx_size_mul(&bytes, items, sizeof(int64_t)))
        return SIZE_MAX;
    return bytes;
}

/* Whether element b must come before element a; NaN counts as larger than all numbers. */
#define BEFORE(T)                                                                              \
    static bool before_##T(const void *x, int64_t b, int64_t a, bool descending)               \
    {                                                                                          \
        T p = ((const T *)x)[descending ? a : b], q = ((const T *)x)[descending ? b : a];      \
        return p < q || (q != q && !(p != p));                                                 \
    }
BEFORE(float)
BEFORE(double)
BEFORE(int64_t)
BEFORE(uint8_t)

typedef bool (*before)(const void *x, int64_t b, int64_t a, bool descending);

/* Merge sort, bottom up. Sorts the n indices 0, inner, 2 inner, .. of the line at x by their
 * elements; a and b are two arrays of n. Returns the one with the result. */
static const int64_t *sort_line(const char *x, int64_t n, int64_t inner, before first,
                                bool descending, int64_t *a, int64_t *b)
{
    for (int64_t i = 0; i < n; i++)
        a[i] = i * inner;
    for (int64_t width = 1; width < n; width *= 2) {
        for (int64_t lo = 0; lo < n; lo += 2 * width) {
            int64_t mid = n - lo < width ? n : lo + width;
            int64_t end = n - mid < width ? n : mid + width, i = lo, j = mid;
            for (int64_t k = lo; k < end; k++) {
                bool right = i == mid || (j < end && first(x, a[j], a[i], descending));
                b[k] = right ? a[j++] : a[i++];
            }
        }
        int64_t *swap = a;
        a = b;
        b = swap;
    }
    return a;
}

static void sort_run(const struct sx_call *call)
{
    static const before by_type[] = {[SX_FLOAT] = before_float,
                                     [SX_DOUBLE] = before_double,
                                     [SX_INT] = before_int64_t,
                                     [SX_BOOL] = before_uint8_t};
    const struct sx_node *n = call->node;
    struct sx_lines l = sx_lines_of(&n->shape, n->attr[0]);
    int64_t groups = group_count(&l), lines = l.outer * l.inner, work = lines * l.n;
    size_t size = sx_type_size(call->in[0].type);
#pragma omp parallel for if (work > SX_PARALLEL / 8)
    for (int64_t group = 0; group < groups; group++) {
        int64_t *spare = (int64_t *)call->scratch + group * 2 * l.n;
        for (int64_t line = group; line < lines; line += groups) {
            int64_t at = line / l.inner * l.n * l.inner + line % l.inner;
            const char *x = (const char *)call->in[0].data + at * (int64_t)size;
            const int64_t *order = sort_line(x, l.n, l.inner, by_type[call->in[0].type],
                                             n->attr[1] != 0, spare, spare + l.n);
            int64_t *out = (int64_t *)call->out + at;
            for (int64_t k = 0; k < l.n; k++)
                out[k * l.inner] = order[k] / l.inner;
        }
    }
}

const struct sx_row sx_row_sortindex = {
    .name = "SortIndex",
    .min_in = 1,
    .max_in = 1,
    .shape = sort_shape,
    .batch = sx_batch_axis,
    .scratch = sort_scratch,
    .run = sort_run,
};
