/* folds.c - standard errors of the benefit of a set, and the bias correction of T. */
#include <math.h>
#include <string.h>

#include "shapley/benefit.h"

#define FOLDS 8

double sx_benefit_error(struct sx_benefiting *b, const struct sx_parted *plus,
                        const struct sx_parted *minus)
{
    const struct sx_merged *w = &b->s.merged;
    int64_t contexts = w->draw.count;
    if (w->exact)
        return 0;
    for (int64_t c = 0; c < contexts; c++) {
        b->f[c] = 0;
        for (int64_t k = 0; k < plus->n_blocks; k++)
            b->f[c] += w->f[plus->column[k] * contexts + c];
        for (int64_t k = 0; k < minus->n_blocks; k++)
            b->f[c] -= w->f[minus->column[k] * contexts + c];
    }
    return sqrt(sx_draw_variance(&w->draw, b->f));
}

/* The fold of a context within its stratum. A unit stays in one fold. */
static int64_t fold_of(const struct sx_draw *d, int64_t stratum, int64_t context)
{
    return (context - d->first[stratum]) / d->unit[stratum] % FOLDS;
}

/* Sets b->u to the values of the columns over the contexts outside one fold. */
static void leave_fold(struct sx_benefiting *b, int64_t fold)
{
    const struct sx_merged *w = &b->s.merged;
    const struct sx_draw *d = &w->draw;
    memset(b->u, 0, (size_t)w->n * sizeof *b->u);
    for (int64_t s = 0; s < d->n_strata; s++) {
        double all = 0, kept = 0;
        for (int64_t c = d->first[s]; c < d->first[s + 1]; c++) {
            all += d->weight[c];
            kept += d->missing[s] <= 0 || fold_of(d, s, c) != fold ? d->weight[c] : 0;
        }
        for (int64_t c = d->first[s]; kept > 0 && c < d->first[s + 1]; c++)
            if (d->missing[s] <= 0 || fold_of(d, s, c) != fold)
                for (int64_t i = 0; i < w->n; i++)
                    b->u[i] += all / kept * d->weight[c] * w->f[i * d->count + c];
    }
}

bool sx_benefit_correct(struct sx_benefiting *b)
{
    const struct sx_merged *w = &b->s.merged;
    const struct sx_draw *d = &w->draw;
    double sum = 0;
    for (int64_t fold = 0; fold < FOLDS; fold++) {
        leave_fold(b, fold);
        if (!sx_search_best(&b->s, b->u, 1, NULL, true, &b->max, b->error) ||
            !sx_search_best(&b->s, b->u, -1, NULL, true, &b->min, b->error))
            return false;
        for (int64_t s = 0; s < d->n_strata; s++)
            for (int64_t c = d->first[s]; c < d->first[s + 1]; c++) {
                bool whole = d->missing[s] <= 0;
                if (!whole && fold_of(d, s, c) != fold)
                    continue;
                double t = 0;
                for (int64_t k = 0; k < b->max.n_blocks; k++)
                    t += w->f[b->max.column[k] * d->count + c];
                for (int64_t k = 0; k < b->min.n_blocks; k++)
                    t -= w->f[b->min.column[k] * d->count + c];
                sum += d->weight[c] * t / (whole ? FOLDS : 1);
            }
    }
    b->r->T_corrected = sum;
    return true;
}
