/* truth.c - how well a ranking of sets finds interactions that are known.
 *
 * A set is true when it lies within a true interaction. Sets that were not evaluated count as
 * sets of strength 0. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "xderiv/study.h"

/* Sets of the pruned ranking that count. */
#define MOST_KEPT 100

static bool within(const struct sx_effect *item, const struct sx_sets *truth, int64_t t)
{
    const int64_t *member = truth->member + truth->begin[t];
    int64_t n = truth->begin[t + 1] - truth->begin[t];
    int found = 0;
    for (int64_t i = 0; i < n && found < item->order; i++)
        found += member[i] == item->set[found];
    return found == item->order;
}

static bool is_true(const struct sx_effect *item, const struct sx_sets *truth)
{
    for (int64_t t = 0; t < truth->n; t++)
        if (within(item, truth, t))
            return true;
    return false;
}

/* ---- AUC ---- */

/* All true sets of this order: subsets of the interactions, each once. */
static bool count_true(const struct sx_sets *truth, int64_t features, int order, int64_t *count,
                       struct sx_error *error)
{
    struct sx_level more = {0};
    bool ok = true;
    *count = 0;
    for (int64_t t = 0; ok && t < truth->n; t++) {
        const int64_t *member = truth->member + truth->begin[t];
        int64_t n = truth->begin[t + 1] - truth->begin[t];
        if (n > 0 && member[n - 1] >= features)
            return sx_fail(error, SX_USAGE, "true interaction %lld has feature %lld of %lld",
                           (long long)t, (long long)member[n - 1], (long long)features);
        if (sx_level_count(n, order) > 1 << 24)
            return sx_fail(error, SX_USAGE, "true interaction %lld is too large", (long long)t);
        ok = sx_level_all(&more, n, order, error);
        for (int64_t k = 0; ok && k < more.n; k++) {
            struct sx_effect item = {.set = more.set + k * order, .order = order};
            for (int m = 0; m < order; m++)
                more.set[k * order + m] = (int32_t)member[more.set[k * order + m]];
            /* It is new unless an earlier interaction has it as well. */
            struct sx_sets earlier = *truth;
            earlier.n = t;
            *count += !is_true(&item, &earlier);
        }
        sx_level_free(&more);
    }
    return ok;
}

/* The area under the curve of sets ranked by strength, strongest first: pairs of a true and a
 * false one in the right order, ties half. `n_true` and `n_false` count those that were not
 * evaluated, too. */
static double area(const struct sx_effects *r, int order, const struct sx_sets *truth,
                   double n_true, double n_false)
{
    double above = 0, sum = 0, tied_true = 0, tied_false = 0, seen_true = 0, last = INFINITY;
    for (int64_t k = 0; k < r->n; k++) {
        if (r->item[k].order != order)
            continue;
        double strength = fabs(r->item[k].strength);
        if (isnan(strength))
            strength = 0;
        if (strength != last) {
            sum += tied_false * (above + 0.5 * tied_true);
            above += tied_true;
            tied_true = tied_false = 0;
            last = strength;
        }
        bool hit = is_true(&r->item[k], truth);
        tied_true += hit;
        tied_false += !hit;
        seen_true += hit;
        n_false -= !hit;
    }
    if (last > 0) {
        sum += tied_false * (above + 0.5 * tied_true);
        above += tied_true;
        tied_true = tied_false = 0;
    }
    tied_true += n_true - seen_true;
    tied_false += n_false;
    return sum + tied_false * (above + 0.5 * tied_true);
}

/* ---- Pruning ---- */

/* Whether the first is within the second. */
static bool is_subset(const struct sx_effect *a, const struct sx_effect *b)
{
    int found = 0;
    for (int m = 0; m < b->order && found < a->order; m++)
        found += b->set[m] == a->set[found];
    return found == a->order;
}

int64_t sx_study_prune(struct sx_effect *item, int64_t n)
{
    int64_t kept = 0;
    for (int64_t k = 0; k < n && kept < MOST_KEPT; k++) {
        bool inside = false;
        for (int64_t i = 0; i < kept && !inside; i++)
            inside = is_subset(&item[k], &item[i]);
        if (!inside)
            item[kept++] = item[k];
    }
    return kept;
}

/* ---- R-precision ---- */

/* The share of true interactions among the first R sets of the ranking. Sets within a stronger
 * set, and proper subsets of a true interaction, are skipped. */
static double r_precision(const struct sx_effects *r, const struct sx_sets *truth)
{
    const struct sx_effect *kept[MOST_KEPT];
    int n_kept = 0;
    int64_t taken = 0, right = 0;
    for (int64_t k = 0; k < r->n && n_kept < MOST_KEPT && taken < truth->n; k++) {
        const struct sx_effect *item = &r->item[k];
        bool inside = false, exact = false, part = false;
        for (int i = 0; i < n_kept; i++)
            inside = inside || is_subset(item, kept[i]);
        if (inside)
            continue;
        kept[n_kept++] = item;
        for (int64_t t = 0; t < truth->n; t++) {
            bool all = truth->begin[t + 1] - truth->begin[t] == item->order;
            exact = exact || (all && within(item, truth, t));
            part = part || (!all && within(item, truth, t));
        }
        right += exact;
        taken += exact || !part;
    }
    return truth->n > 0 ? (double)right / (double)truth->n : NAN;
}

bool sx_study_score(struct sx_effects *r, int order, const struct sx_sets *truth,
                    struct sx_error *error)
{
    for (int m = 2; m <= order; m++) {
        int64_t n_true, all = sx_level_count(r->features, m);
        if (!count_true(truth, r->features, m, &n_true, error))
            return false;
        double n_false = (double)all - (double)n_true;
        r->auc[m] = NAN;
        if (n_true > 0 && n_false > 0)
            r->auc[m] = area(r, m, truth, (double)n_true, n_false) / ((double)n_true * n_false);
    }
    r->r_precision = r_precision(r, truth);
    return true;
}
