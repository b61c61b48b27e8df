/* cut.c - cuts products into pieces of work. The cut depends only on shapes, never on threads. */
#include <string.h>

#include "run/cut.h"

enum {
    PIECES = 8,           /* pieces of a large product */
    PIECE_WORK = 1 << 19, /* the least multiplications of a piece */
    PIECE_ROWS = 32,      /* the rows, or columns, of a piece are a multiple of this */
    PIECE_COLUMNS = 64,
    LEAST_WORK = 1 << 17, /* with fewer multiplications the plain kernel is as good */
    LEAST_ITEM = 1 << 14  /* the same for each item of a batch of products */
};

/* Cuts the batch axes, which broadcast. An axis that only a has is joined to its rows. */
static bool cut_batch(const struct sx_shape *a, const struct sx_shape *b,
                      const struct sx_shape *y, bool transpose_a, struct sx_cut *cut)
{
    int64_t a_size = cut->m * cut->k, b_size = cut->k * cut->n, b_items = 1, items = 1;
    for (int i = 0; i < b->rank - 2; i++)
        b_items *= b->dim[i];
    for (int i = 0; i < y->rank - 2; i++)
        items *= y->dim[i];
    if (b_items == 1 && !transpose_a) {
        cut->m *= items;
        return true;
    }
    cut->rank = y->rank - 2;
    int64_t c_size = cut->m * cut->n;
    for (int i = cut->rank - 1; i >= 0; i--) {
        int ia = i - (y->rank - a->rank), ib = i - (y->rank - b->rank);
        int64_t na = ia >= 0 ? a->dim[ia] : 1, nb = ib >= 0 ? b->dim[ib] : 1;
        cut->dim[i] = y->dim[i];
        cut->a_step[i] = na > 1 ? a_size : 0;
        cut->b_step[i] = nb > 1 ? b_size : 0;
        cut->c_step[i] = c_size;
        c_size *= y->dim[i];
        a_size *= na;
        b_size *= nb;
    }
    return cut->rank < SX_CUT_AXES - 1;
}

/* The multiplications of an item, as a double, because the number might not fit an integer. */
static double work(const struct sx_cut *cut)
{
    return (double)cut->m * (double)cut->n * (double)cut->k;
}

void sx_cut_pieces(struct sx_cut *cut)
{
    int64_t items = 1, parts = PIECES;
    cut->rows = cut->m;
    cut->columns = cut->n;
    for (int i = 0; i < cut->rank; i++)
        items *= cut->dim[i];
    if (work(cut) < (double)PIECES * PIECE_WORK)
        parts = (int64_t)(work(cut) / PIECE_WORK);
    if (items >= PIECES || parts < 2)
        return;
    if (cut->m >= 2 * PIECE_ROWS)
        cut->rows = (cut->m + parts * PIECE_ROWS - 1) / (parts * PIECE_ROWS) * PIECE_ROWS;
    else
        cut->columns =
            (cut->n + parts * PIECE_COLUMNS - 1) / (parts * PIECE_COLUMNS) * PIECE_COLUMNS;
}

bool sx_cut_product(const struct sx_graph *g, const struct sx_node *node, struct sx_cut *cut)
{
    const struct sx_shape *a = &g->node[node->in[0]].shape, *b = &g->node[node->in[1]].shape;
    const struct sx_shape *y = &node->shape;
    bool ta = node->attr[0] != 0, tb = node->attr[1] != 0;
    *cut = (struct sx_cut){.m = y->dim[y->rank - 2], .n = y->dim[y->rank - 1]};
    cut->k = a->dim[a->rank - (ta ? 2 : 1)];
    cut->a_stride[0] = ta ? 1 : cut->k;
    cut->a_stride[1] = ta ? cut->m : 1;
    cut->b_stride[0] = tb ? 1 : cut->n;
    cut->b_stride[1] = tb ? cut->k : 1;
    if (cut->k == 0 || sx_count(y) == 0 || !cut_batch(a, b, y, ta, cut))
        return false;
    double item = work(cut);
    if (cut->m < 2 || item < LEAST_ITEM || (double)sx_count(y) * (double)cut->k < LEAST_WORK)
        return false;
    cut->c_stride = cut->n;
    cut->one_b = cut->rank == 0;
    sx_cut_pieces(cut);
    return true;
}

void sx_copy_pieces(void *to, const void *from, size_t bytes)
{
    const size_t piece = (size_t)1 << 18;
    if (bytes <= piece) {
        if (bytes > 0)
            memcpy(to, from, bytes);
        return;
    }
#pragma omp parallel for
    for (size_t i = 0; i < bytes; i += piece)
        memcpy((char *)to + i, (const char *)from + i, bytes - i < piece ? bytes - i : piece);
}
