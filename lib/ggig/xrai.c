/* xrai.c - XRAI (Kapishnikov and others, ICCV 2019): regions ranked by integrated gradients. */
#include <stdlib.h>

#include "explain/players.h"
#include "ggig/attribute.h"

static int denser(const void *a, const void *b)
{
    const struct sx_region *x = a, *y = b;
    if (x->density != y->density)
        return x->density < y->density ? 1 : -1;
    return (x->player > y->player) - (x->player < y->player);
}

/* Ranks players by the mean of (x - baseline) * (mean gradient) over their elements. Regions that
 * share no element join in the order of their densities, because each adds its own density. */
static bool rank(struct sx_attributing *a, const struct sx_players *p, const double *mean,
                 struct sx_attribution *r)
{
    r->region = sx_new((size_t)p->count, sizeof *r->region, a->error);
    if (r->region == NULL)
        return false;
    for (int64_t i = 0; i < p->count; i++)
        r->region[i].player = i;
    for (int64_t i = 0; i < a->size; i++)
        if (p->label[i] >= 0) {
            r->region[p->label[i]].density += mean[i] * (a->x[i] - a->baseline[i]);
            r->region[p->label[i]].elements++;
        }
    for (int64_t i = 0; i < p->count; i++) {
        r->region[i].density /= (double)r->region[i].elements;
        ((double *)r->map.data)[i] = r->region[i].density;
    }
    qsort(r->region, (size_t)p->count, sizeof *r->region, denser);
    return true;
}

bool sx_attribute_xrai(struct sx_attributing *a, struct sx_attribution *r)
{
    struct sx_players *p = sx_attribute_players(a);
    struct sx_attributing ig = *a;
    double *mean = p != NULL ? sx_new((size_t)a->size, sizeof *mean, a->error) : NULL;
    ig.map = mean;
    bool ok = mean != NULL && sx_attribute_by_player(a, p, r) && sx_attribute_ig(&ig) &&
              rank(a, p, mean, r);
    a->steps = ig.steps;
    free(mean);
    sx_players_free(p);
    return ok;
}
