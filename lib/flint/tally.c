/* tally.c - sums over samples: fidelity, conciseness, relevances of attributes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "flint/flint.h"

bool sx_flint_tally_new(struct sx_flint_tally *t, int64_t classes, int64_t attributes,
                        struct sx_error *error)
{
    *t = (struct sx_flint_tally){.classes = classes, .attributes = attributes};
    size_t cells;
    if (!sx_size_mul(&cells, (size_t)classes, (size_t)attributes))
        return sx_fail(error, SX_MEMORY, "out of memory");
    t->count = sx_new((size_t)classes, sizeof *t->count, error);
    t->relevance = sx_new(cells, sizeof *t->relevance, error);
    t->mean_size = sx_new((size_t)attributes, sizeof *t->mean_size, error);
    t->active = sx_new((size_t)attributes, sizeof *t->active, error);
    t->r = sx_new((size_t)attributes, sizeof *t->r, error);
    return t->count != NULL && t->relevance != NULL && t->mean_size != NULL &&
           t->active != NULL && t->r != NULL;
}

void sx_flint_tally_free(struct sx_flint_tally *t)
{
    free(t->count);
    free(t->relevance);
    free(t->mean_size);
    free(t->active);
    free(t->r);
    *t = (struct sx_flint_tally){0};
}

int64_t sx_flint_class(const double *scores, int64_t n)
{
    int64_t best = 0;
    for (int64_t i = 1; i < n; i++)
        if (scores[i] > scores[best])
            best = i;
    return best;
}

void sx_flint_relevance(const double *phi, const float *weights, int64_t n, double *alpha,
                        double *r)
{
    double largest = 0;
    for (int64_t j = 0; j < n; j++) {
        double a = phi[j] * (double)weights[j] + 0.0; /* + 0.0 turns -0 into 0 */
        r[j] = a;
        if (alpha != NULL)
            alpha[j] = a;
        largest = fmax(largest, fabs(a));
    }
    for (int64_t j = 0; j < n; j++)
        r[j] = largest > 0 ? r[j] / largest : 0;
}

/* log(sum of exp(v)), and the entropy of the softmax. */
static double log_sum(const double *v, int64_t n, double *entropy)
{
    double top = v[0], sum = 0, weighted = 0;
    for (int64_t i = 1; i < n; i++)
        top = fmax(top, v[i]);
    for (int64_t i = 0; i < n; i++)
        sum += exp(v[i] - top);
    double total = top + log(sum);
    for (int64_t i = 0; i < n; i++)
        weighted += exp(v[i] - total) * v[i];
    if (entropy != NULL)
        *entropy = total - weighted;
    return total;
}

static double cross_entropy(const double *teacher, const double *logits, int64_t n,
                            double *entropy)
{
    double log_f = log_sum(teacher, n, entropy), log_g = log_sum(logits, n, NULL), sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += exp(teacher[i] - log_f) * (log_g - logits[i]);
    return sum;
}

static double entropy_of(const double *v, int64_t n)
{
    double entropy;
    log_sum(v, n, &entropy);
    return entropy;
}

/* Adds the attributes of a sample: |phi|, activity, number of relevant ones. */
static void add_attributes(struct sx_flint_tally *t, const double *phi, bool counts,
                           int64_t class)
{
    for (int64_t j = 0; j < t->attributes; j++) {
        t->active[j] += phi[j] > 1e-6;
        for (int k = 0; k < SX_TAUS; k++)
            t->relevant[k] += t->r[j] > 1 / sx_taus[k];
        if (counts)
            t->relevance[class * t->attributes + j] += t->r[j];
    }
    t->count[class] += counts;
    for (int64_t j = 0; j < t->attributes; j++) {
        t->r[j] = fabs(phi[j]);
        t->mean_size[j] += t->r[j];
        t->l1 += t->r[j] / (double)t->attributes;
    }
    t->ent_sample += entropy_of(t->r, t->attributes);
}

/* Whether f's class is among the five of largest logits of g. */
static bool in_top5(const double *logits, int64_t n, int64_t class)
{
    int64_t above = 0;
    for (int64_t i = 0; i < n; i++)
        above += logits[i] > logits[class];
    return above < 5;
}

void sx_flint_tally_add(struct sx_flint_tally *t, const struct sx_flint_row *s,
                        const float *weights)
{
    double entropy;
    int64_t g = sx_flint_class(s->logits, t->classes);
    int64_t f = sx_flint_class(s->teacher, t->classes);
    t->samples++;
    t->agree += f == g;
    t->agree5 += in_top5(s->logits, t->classes, f);
    if (s->label >= 0) {
        t->labelled++;
        t->right_f += f == s->label;
        t->right_g += g == s->label;
    }
    t->of += cross_entropy(s->teacher, s->logits, t->classes, &entropy);
    t->entropy_f += entropy;
    t->missed += s->missed;
    for (int64_t i = 0; i < s->size; i++) {
        t->sum += s->x[i];
        t->square += (double)s->x[i] * (double)s->x[i];
    }
    t->elements += s->size;
    sx_flint_relevance(s->phi, weights + g * t->attributes, t->attributes, NULL, t->r);
    add_attributes(t, s->phi, !t->correct_only || s->label < 0 || s->label == g, g);
}

static double ratio(double a, int64_t n)
{
    return n > 0 ? a / (double)n : (double)NAN;
}

void sx_flint_tally_metrics(struct sx_flint_tally *t, bool decoder, struct sx_flint_metrics *m)
{
    int64_t n = t->samples;
    double mean = ratio(t->sum, t->elements);
    *m = (struct sx_flint_metrics){.samples = (double)n,
                                   .acc_f = ratio((double)t->right_f, t->labelled),
                                   .acc_g = ratio((double)t->right_g, t->labelled),
                                   .fidelity = ratio((double)t->agree, n),
                                   .recon =
                                       decoder ? ratio(t->missed, t->elements) : (double)NAN,
                                   .variance = ratio(t->square, t->elements) - mean * mean,
                                   .of = ratio(t->of, n),
                                   .gap = ratio(t->of - t->entropy_f, n),
                                   .ent_sample = ratio(t->ent_sample, n),
                                   .l1 = ratio(t->l1, n)};
    for (int64_t j = 0; j < t->attributes; j++) {
        m->live += (double)t->active[j] > 0.001 * (double)n;
        t->r[j] = ratio(t->mean_size[j], n);
    }
    m->used = m->live;
    m->fidelity_top5 = t->classes > 5 ? ratio((double)t->agree5, n) : (double)NAN;
    m->ent_batch = n > 0 ? entropy_of(t->r, t->attributes) : (double)NAN;
    for (int k = 0; k < SX_TAUS; k++)
        m->conciseness[k] = ratio((double)t->relevant[k], n);
}
