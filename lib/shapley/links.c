/* links.c - which members of a set are in one block, and what each link gains. */
#include <stdlib.h>

#include "shapley/benefit.h"

/* The best sums with and without the link of j and j + 1. */
static bool value_link(struct sx_benefiting *b, int64_t j, double sign,
                       const struct sx_parted *best, double *link, bool *tied, double *gain,
                       double *error)
{
    const double *u = b->s.merged.u;
    char *join = sx_new((size_t)b->s.m, 1, b->error);
    if (join == NULL)
        return false;
    *link = best->block[j] == best->block[j + 1];
    join[j] = *link > 0 ? 2 : 1;
    bool ok = sx_search_best(&b->s, u, sign, join, true, &b->other, b->error);
    double loss = sign * (best->sum - b->other.sum);
    *gain = *link > 0 ? loss : -loss;
    *tied = loss <= b->s.tie * (double)b->s.m;
    *error = ok ? sx_benefit_error(b, best, &b->other) : 0;
    free(join);
    return ok;
}

static bool value_links(struct sx_benefiting *b)
{
    struct sx_benefit *r = b->r;
    r->link = sx_new((size_t)b->s.m, sizeof *r->link, b->error);
    r->link_gains = true;
    bool ok = r->link != NULL, tied_min = false;
    for (int64_t j = 0; ok && j + 1 < b->s.m; j++) {
        struct sx_link *l = &r->link[r->n_links++];
        l->i = j;
        l->j = j + 1;
        ok = value_link(b, j, 1, &b->max, &l->max, &l->tied, &l->gain_max, &l->error_max) &&
             value_link(b, j, -1, &b->min, &l->min, &tied_min, &l->gain_min, &l->error_min);
        l->tied = l->tied || tied_min;
    }
    return ok;
}

/* Sets the pairs of members. A pair is tied if the finest and the coarsest best partition
 * differ in it. */
static bool compare_pairs(struct sx_benefiting *b, double sign, const struct sx_parted *best)
{
    struct sx_benefit *r = b->r;
    int64_t m = b->s.m, n = 0;
    if (!b->s.greedy &&
        !sx_search_best(&b->s, b->s.merged.u, sign, NULL, false, &b->other, b->error))
        return false;
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = i + 1; j < m; j++) {
            struct sx_link *l = &r->link[n++];
            bool one = best->block[i] == best->block[j];
            l->i = i;
            l->j = j;
            *(sign > 0 ? &l->max : &l->min) = one;
            l->tied =
                l->tied || (!b->s.greedy && one != (b->other.block[i] == b->other.block[j]));
        }
    r->n_links = n;
    return true;
}

bool sx_benefit_links(struct sx_benefiting *b)
{
    size_t m = (size_t)b->s.m;
    if (b->o->partition == SX_CONTIGUOUS)
        return value_links(b);
    b->r->link = sx_new(m * m, sizeof *b->r->link, b->error);
    return b->r->link != NULL && compare_pairs(b, 1, &b->max) && compare_pairs(b, -1, &b->min);
}
