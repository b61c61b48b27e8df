/* mark.c - follows the batch axis through a graph.
 *
 * A mark is the number of elements outside the batch axis in row-major order. No reshape changes
 * it. In a shape, the batch axis is the part of an axis of length outside * length * inside. */
#include <string.h>

#include "graph/mark.h"
#include "graph/op.h"

/* How many nodes back to look whether an operand is the same for all samples. */
#define DEPTH 64

struct marks {
    const struct sx_graph *g;
    int64_t length, *mark;
};

/* The position of the mark in a shape. */
struct place {
    int axis;
    int64_t outside; /* elements of that axis outside the mark */
};

static int64_t before(const struct sx_shape *s, int axis)
{
    int64_t n = 1;
    for (int i = 0; i < axis; i++)
        n *= s->dim[i];
    return n;
}

/* False: the mark is spread over several axes. */
static bool find(const struct marks *m, const struct sx_shape *s, int64_t mark, struct place *p)
{
    int64_t n = 1;
    p->axis = 0;
    while (p->axis < s->rank && n * s->dim[p->axis] <= mark)
        n *= s->dim[p->axis++];
    if (p->axis == s->rank || mark % n != 0)
        return false;
    p->outside = mark / n;
    return s->dim[p->axis] % (p->outside * m->length) == 0;
}

/* The dimension of an operand that is aligned, from the right, with `axis` of a result; 1 if there
 * is none. */
static int64_t aligned(const struct sx_shape *s, int rank, int axis)
{
    int at = axis - (rank - s->rank);
    return at >= 0 ? s->dim[at] : 1;
}

/* ---- Operands without the mark ---- */

static int64_t same_for_all(const struct marks *m, int node, struct place at, int depth);

static int64_t same_constant(const struct marks *m, const struct sx_node *n, struct place at)
{
    int64_t outside = before(&n->shape, at.axis) * at.outside;
    size_t size = (size_t)(sx_count(&n->shape) / (outside * m->length)) * sx_type_size(n->type);
    const char *row = n->data;
    for (int64_t i = 0; i < outside * m->length && size > 0; i++)
        if (memcmp(row + (size_t)i * size, row + (size_t)(i - i % m->length) * size, size) != 0)
            return SX_MIXED;
    return SX_UNMARKED;
}

/* SX_UNMARKED if a node is the same for all samples, SX_MIXED if it is not, SX_UNDECIDED if that is
 * not known. */
static int64_t same_for_all(const struct marks *m, int node, struct place at, int depth)
{
    const struct sx_node *n = &m->g->node[node];
    int64_t worst = SX_UNMARKED;
    if (n->op == SX_CONST)
        return same_constant(m, n, at);
    if (depth == 0)
        return SX_UNDECIDED;
    if (n->op == SX_RESHAPE) {
        struct place inner;
        if (!find(m, &m->g->node[n->in[0]].shape, before(&n->shape, at.axis) * at.outside,
                  &inner))
            return SX_UNDECIDED;
        return same_for_all(m, n->in[0], inner, depth - 1);
    }
    if (n->op != SX_EXPAND && !sx_is_pointwise(n))
        return n->op == SX_INPUT ? SX_MIXED : SX_UNDECIDED;
    for (int k = 0; k < n->n_in && worst != SX_MIXED; k++) {
        const struct sx_shape *s = &m->g->node[n->in[k]].shape;
        struct place there = {at.axis - (n->shape.rank - s->rank), at.outside};
        if (aligned(s, n->shape.rank, at.axis) == 1)
            continue;
        int64_t one = same_for_all(m, n->in[k], there, depth - 1);
        worst = one == SX_UNMARKED ? worst : one;
    }
    return worst;
}

/* ---- One node ---- */

static bool listed(const struct sx_node *n, int axis)
{
    for (int i = 0; i < n->n_attr; i++)
        if (n->attr[i] == axis)
            return true;
    return false;
}

/* The mark of a result that has the batch at `axis`. */
static int64_t at_axis(const struct sx_node *n, int axis, struct place p)
{
    return before(&n->shape, axis) * p.outside;
}

/* The mark after an operator that reads whole axes: those listed in its attributes if `read`, else
 * all others. The other axes are unchanged. */
static int64_t kept_but(const struct sx_node *n, struct place p, bool read)
{
    return read ? SX_MIXED : at_axis(n, p.axis, p);
}

/* The mark after SLICE and EMBED, which must leave its axis unchanged. */
static int64_t cut(const struct sx_node *n, const struct sx_shape *from, struct place p)
{
    int rank = n->shape.rank;
    bool whole = n->attr[p.axis] == 0 && n->attr[rank + p.axis] == 1 &&
                 n->shape.dim[p.axis] == from->dim[p.axis];
    return kept_but(n, p, !whole);
}

static int64_t transposed(const struct sx_node *n, struct place p)
{
    int to = 0;
    while (n->attr[to] != p.axis)
        to++;
    return at_axis(n, to, p);
}

/* The axis of a product's result that an axis of operand k becomes; -1: it is summed over. */
static int product_axis(const struct sx_node *n, const struct sx_shape *s, int k, int axis)
{
    int from_end = s->rank - axis, rank = n->shape.rank;
    if (from_end > 2)
        return rank - from_end;
    bool first = from_end == 2; /* of the last two axes, as stored */
    bool row = n->attr[k] != 0 ? !first : first;
    if (row != (k == 0))
        return -1;
    return k == 0 ? rank - 2 : rank - 1;
}

static int64_t taken(const struct sx_node *n, const struct sx_graph *g, int k, struct place p)
{
    int axis = (int)n->attr[0];
    bool elementwise = n->attr[1] != 0;
    if (elementwise || k == 0) {
        if (p.axis == axis)
            return k == 1 || g->node[n->in[1]].op != SX_CONST ? SX_UNDECIDED : SX_MIXED;
        int moved = !elementwise && p.axis > axis ? g->node[n->in[1]].shape.rank - 1 : 0;
        return at_axis(n, p.axis + moved, p);
    }
    return at_axis(n, axis + p.axis, p);
}

static int64_t convolved(const struct sx_node *n, int k, struct place p)
{
    if (k > 0 || (p.axis == 1 && n->op != SX_CONV && n->op != SX_CONVINPUT))
        return k > 0 ? SX_UNDECIDED : at_axis(n, 1, p);
    if (p.axis == 1)
        return SX_UNDECIDED; /* the groups may be samples */
    return kept_but(n, p, p.axis > 1);
}

/* The mark of the result that follows from the mark of operand k alone. */
static int64_t through(const struct marks *m, const struct sx_node *n, int k)
{
    const struct sx_shape *s = &m->g->node[n->in[k]].shape;
    int64_t mark = m->mark[n->in[k]];
    struct place p;
    if (mark < 0 || n->op == SX_RESHAPE || n->op == SX_STOP)
        return mark;
    if (!find(m, s, mark, &p))
        return SX_UNDECIDED;
    if (sx_is_pointwise(n) || n->op == SX_EXPAND)
        return at_axis(n, p.axis + n->shape.rank - s->rank, p);
    int to;
    switch (n->op) {
    case SX_TRANSPOSE:
        return transposed(n, p);
    case SX_SUM:
    case SX_REDUCEMAX:
        return kept_but(n, p, listed(n, p.axis));
    case SX_SLICE:
    case SX_EMBED:
        return cut(n, s, p);
    case SX_CONCAT:
    case SX_ARGMAX:
    case SX_SORTINDEX:
    case SX_CUMSUM:
    case SX_SOFTMAX:
    case SX_LOGSOFTMAX:
        return kept_but(n, p, p.axis == (int)n->attr[0]);
    case SX_TAKE:
        return taken(n, m->g, k, p);
    case SX_PUT:
        return n->attr[2] != 0 && p.axis != (int)n->attr[0] ? at_axis(n, p.axis, p)
                                                            : SX_UNDECIDED;
    case SX_MATMUL:
        to = product_axis(n, s, k, p.axis);
        return to < 0 ? SX_MIXED : at_axis(n, to, p);
    case SX_CONV:
    case SX_CONVINPUT:
    case SX_SUMPOOL:
    case SX_UNPOOL:
    case SX_POOLINDEX:
        return convolved(n, k, p);
    case SX_TREES:
        return k == 0 && p.axis == 0 ? at_axis(n, 0, p) : SX_UNDECIDED;
    default:
        return SX_UNDECIDED;
    }
}

/* SX_UNMARKED if operand k, which has no mark, is the same for every sample. */
static int64_t beside(const struct marks *m, const struct sx_node *n, int k, struct place p)
{
    const struct sx_shape *s = &m->g->node[n->in[k]].shape;
    int at = p.axis - (n->shape.rank - s->rank);
    bool aligned_to = sx_is_pointwise(n) || n->op == SX_CONCAT || n->op == SX_MATMUL ||
                      (n->op == SX_TAKE && n->attr[1] != 0) ||
                      (n->op == SX_PUT && n->attr[2] != 0);
    if (!aligned_to || at < 0 || s->dim[at] == 1)
        return SX_UNMARKED;
    if (n->op == SX_MATMUL && p.axis >= n->shape.rank - 2)
        return SX_UNMARKED;
    return same_for_all(m, n->in[k], (struct place){at, p.outside}, DEPTH);
}

static int64_t worse(int64_t a, int64_t b)
{
    return a == SX_MIXED || b == SX_MIXED ? SX_MIXED : SX_UNDECIDED;
}

static int64_t mark_of(const struct marks *m, const struct sx_node *n)
{
    int64_t mark = SX_UNMARKED;
    struct place p;
    for (int k = 0; k < n->n_in; k++) {
        int64_t one = m->mark[n->in[k]] != SX_UNMARKED ? through(m, n, k) : SX_UNMARKED;
        if (one == SX_UNMARKED || one == mark)
            continue;
        if (one < 0 || mark < 0)
            mark = worse(one < 0 ? one : SX_UNDECIDED, mark < 0 ? mark : SX_UNDECIDED);
        else
            mark = mark == SX_UNMARKED ? one : SX_MIXED;
    }
    if (mark <= 0)
        return mark;
    if (!find(m, &n->shape, mark, &p))
        return SX_UNDECIDED;
    for (int k = 0; k < n->n_in && mark > 0; k++)
        if (m->mark[n->in[k]] == SX_UNMARKED) {
            int64_t one = beside(m, n, k, p);
            mark = one == SX_UNMARKED ? mark : one;
        }
    return mark;
}

void sx_mark_samples(const struct sx_graph *g, int64_t length, int64_t *mark)
{
    const struct marks m = {g, length, mark};
    for (size_t i = 0; i < g->n_nodes; i++)
        if (mark[i] == SX_UNMARKED)
            mark[i] = mark_of(&m, &g->node[i]);
}
