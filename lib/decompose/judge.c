/* judge.c - how fairly effects are allocated.
 *
 * P1: an effect of one player goes only to this player. P2: an effect of a set goes only to its
 * members. P3: an effect of a set is allocated completely. A fair allocation of given scores
 * has weights >= 0 that sum to 1 over the members of each set. It exists if and only if (the
 * Harsanyi set, or selectope)
 *     sum of scores in T >= L(T) = sum of J+(S) over S in T - sum of J-(S) over S that meet T
 * for every set T of players, and the scores of all players sum to sum J. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "decompose/decompose.h"

/* The scale of violations. */
static double scale_of(const struct sx_decomposing *d, const struct sx_decomposed *m)
{
    double scale = fabs(m->sum - m->gap); /* f(x) - f(reference) */
    for (int64_t s = 1; m->effect != NULL && s < d->sets.n; s++)
        scale = fmax(scale, fabs(m->effect[s]));
    const struct sx_taylor *t = &d->d->taylor;
    for (int64_t k = 0; t->converged && k < t->n_terms; k++)
        scale = fmax(scale, fabs(t->term[k]));
    return scale > 0 ? scale : 1e-300;
}

static double tolerance_of(const struct sx_decomposing *d)
{
    return d->o->tolerance > 0 ? d->o->tolerance : d->e->options.precise ? 1e-6 : 1e-3;
}

static void note(struct sx_principle *p, double violation, uint64_t set)
{
    if (!(violation <= p->violation)) {
        p->violation = violation;
        p->worst = set;
    }
}

static void measure(const struct sx_decomposing *d, struct sx_decomposed *m, double scale)
{
    for (int64_t s = 1; s < d->sets.n; s++) {
        uint64_t set = d->sets.set[s];
        const double *share = m->share + s * d->n;
        bool single = (set & (set - 1)) == 0;
        double sum = 0;
        for (int64_t i = 0; i < d->n; i++) {
            bool member = (set >> i & 1) != 0;
            double own = single && member ? m->effect[s] : 0;
            sum += share[i];
            if (single)
                note(&m->principle[0], fabs(share[i] - own) / scale, set);
            else if (!member)
                note(&m->principle[1], fabs(share[i]) / scale, set);
        }
        if (!single)
            note(&m->principle[2], fabs(sum - m->effect[s]) / scale, set);
    }
}

/* The attribution minus the allocated effects, including the share of the empty set. */
static double residual(const struct sx_decomposing *d, const struct sx_decomposed *m)
{
    double most = 0;
    for (int64_t i = 0; i < d->n; i++) {
        double rest = m->attribution[i];
        for (int64_t s = 0; s < d->sets.n; s++)
            rest -= m->share[s * d->n + i];
        most = fmax(most, fabs(rest));
    }
    return most;
}

/* The distance of the attribution from the weighted sum of Taylor effects. */
static double closed_form(const struct sx_decomposing *d, const struct sx_method_row *row,
                          const struct sx_decomposed *m)
{
    const struct sx_taylor *t = &d->d->taylor;
    double most = 0;
    if (row->weight == NULL || t->n_terms == 0 || sx_against(d, row) == SX_AGAINST_ABSENT)
        return NAN;
    for (int64_t i = 0; i < d->n; i++) {
        double rest = m->attribution[i];
        for (int64_t k = 0; k < t->n_terms; k++)
            rest -= row->weight(d, t->degree + k * d->n, i) * t->term[k];
        most = fmax(most, fabs(rest));
    }
    return most;
}

/* ---- Whether a fair allocation exists ---- */

/* In place: table[S] = sum of table[T] over T within S. */
static void sum_subsets(double *table, int64_t n)
{
    for (int64_t p = 0; p < n; p++)
        for (int64_t s = 0; s < (int64_t)1 << n; s++)
            if ((s >> p & 1) != 0)
                table[s] += table[s ^ (int64_t)1 << p];
}

/* The minimum over sets of (scores of the set - L). For the set of all players it is the
 * distance of the scores from sum J. `up` and `down` hold J+ and J- of every set, and are
 * overwritten. */
static double slack(const struct sx_decomposing *d, const double *attribution, double *up,
                    double *down)
{
    int64_t n = d->n, count = (int64_t)1 << n, all = count - 1;
    sum_subsets(up, n);
    sum_subsets(down, n);
    double least = INFINITY;
    for (int64_t t = 1; t < count; t++) {
        double given = 0;
        for (int64_t i = 0; i < n; i++)
            given += (t >> i & 1) != 0 ? attribution[i] : 0;
        /* sets that meet T: all sets but those within N \ T */
        double bound = up[t] - (down[all] - down[all & ~t]);
        double room = given - bound;
        least = fmin(least, t == all ? -fabs(room) : room);
    }
    return least;
}

/* The slack for the effects of sets, or with `terms` for Taylor effects. NAN if the effects of
 * all sets are not known. NAN also if memory runs out; d->error is then set. */
static double slack_of(const struct sx_decomposing *d, const struct sx_decomposed *m,
                       bool terms)
{
    const struct sx_taylor *t = &d->d->taylor;
    int64_t count = (int64_t)1 << (d->n < 63 ? d->n : 0);
    double result = NAN;
    if (d->sets.n != count || (terms && t->n_terms == 0))
        return NAN;
    double *up = sx_new((size_t)count, sizeof *up, d->error);
    double *down = sx_new((size_t)count, sizeof *down, d->error);
    if (up != NULL && down != NULL) {
        for (int64_t s = 1; !terms && s < count; s++) {
            up[s] = fmax(m->effect[s], 0);
            down[s] = fmax(-m->effect[s], 0);
        }
        for (int64_t k = 0; terms && k < t->n_terms; k++) {
            int64_t s = 0;
            for (int64_t i = 0; i < d->n; i++)
                s |= (int64_t)(t->degree[k * d->n + i] > 0) << i;
            up[s] += fmax(t->term[k], 0);
            down[s] += fmax(-t->term[k], 0);
        }
        result = slack(d, m->attribution, up, down);
    }
    free(up);
    free(down);
    return result;
}

/* Sets whether a fair allocation exists. If the reference is the same, also the slack of Taylor
 * effects. */
static void judge_existence(const struct sx_decomposing *d, struct sx_decomposed *m,
                            bool same_reference)
{
    double scale = scale_of(d, m);
    m->set_slack = m->effect != NULL && isfinite(m->sum) ? slack_of(d, m, false) : NAN;
    m->exists = m->set_slack >= -tolerance_of(d) * scale;
    if (same_reference && isfinite(m->sum))
        m->term_slack = slack_of(d, m, true);
}

void sx_judge(const struct sx_decomposing *d, const struct sx_method_row *row,
              struct sx_decomposed *m)
{
    double scale = scale_of(d, m), tolerance = tolerance_of(d);
    if (sx_takes_paths(row))
        tolerance = fmax(tolerance, 10 * fabs(m->gap) / scale);
    for (int k = 0; k < 3; k++)
        m->principle[k] = (struct sx_principle){.derived = row->derived[k]};
    if (m->share != NULL) {
        measure(d, m, scale);
        m->residual = residual(d, m);
    }
    for (int k = 0; k < 3; k++)
        m->principle[k].holds = m->principle[k].violation <= tolerance;
    m->closed = closed_form(d, row, m);
    judge_existence(d, m, sx_against(d, row) == SX_AGAINST_GIVEN);
}

bool sx_judge_foreign(const struct sx_decomposing *d, struct sx_decomposed *m)
{
    *m = (struct sx_decomposed){.name = "foreign", .against = "baseline", .closed = NAN};
    m->attribution = sx_new((size_t)d->n, sizeof *m->attribution, d->error);
    if (m->attribution == NULL)
        return false;
    memcpy(m->attribution, d->o->foreign, (size_t)d->n * sizeof *m->attribution);
    if (d->sets.n > 0) {
        m->effect = sx_new((size_t)d->sets.n, sizeof *m->effect, d->error);
        if (m->effect == NULL)
            return false;
        memcpy(m->effect, d->given.effect, (size_t)d->sets.n * sizeof *m->effect);
    }
    for (int64_t i = 0; i < d->n; i++)
        m->sum += m->attribution[i];
    m->gap = m->sum - (d->f_x - d->given.f_b);
    judge_existence(d, m, true);
    return d->error->status == SX_OK;
}
