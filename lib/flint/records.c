/* records.c - records of what fitted files explain. */
#include "flint/flint.h"

static const char *label_of(const struct sx_flint_origin *o, int64_t class)
{
    return class < o->n_labels ? o->labels[class] : NULL;
}

/* ---- One sample ---- */

static void put_each(struct sx_result *r, const char *key, const double *values, int64_t n)
{
    struct sx_tensor t = {SX_DOUBLE, {1, {n}}, (void *)(uintptr_t)values};
    sx_put_array(r, key, &t);
}

static void put_names(struct sx_result *r, const struct sx_flint_origin *o,
                      const struct sx_tensor *x)
{
    if (o->n_names == 0 || o->n_names != sx_count(&x->shape))
        return;
    sx_put_list(r, "names");
    for (int64_t i = 0; i < o->n_names; i++)
        sx_put_text(r, NULL, o->names[i]);
    sx_put_end(r);
    sx_put_array(r, "x", x);
}

void sx_put_flint_explanation(struct sx_result *r, const struct sx_flint_origin *o,
                              const struct sx_flint_explained *e)
{
    const struct sx_flint_explanation *of = &e->of;
    put_names(r, o, e->x);
    sx_put_int(r, "f_class", of->f_class);
    sx_put_int(r, "g_class", of->g_class);
    sx_put_text(r, "label", label_of(o, of->g_class));
    sx_put_bool(r, "agree", of->f_class == of->g_class);
    sx_put_number(r, "f_prob", of->f_prob);
    sx_put_int(r, "class_used", of->g_class);
    put_each(r, "phi", of->phi, e->attributes);
    put_each(r, "contribution", of->contribution, e->attributes);
    put_each(r, "relevance", of->relevance, e->attributes);
    sx_put_list(r, "relevant");
    for (int64_t i = 0; i < e->relevant; i++)
        sx_put_int(r, NULL, e->order[i]);
    sx_put_end(r);
    sx_put_double(r, "tau", e->tau);
}

const struct sx_view sx_flint_explanation_view = {.scalars =
                                                      "f_class,g_class,agree,f_prob,relevant",
                                                  .columns = "f_class,g_class,agree,relevance",
                                                  .lines = "relevance"};

/* ---- Many samples ---- */

static void put_classes(struct sx_result *r, const struct sx_flint *flint,
                        const struct sx_flint_origin *o, const struct sx_flint_survey *s)
{
    int64_t classes = sx_flint_classes(flint), n = sx_flint_attributes(flint);
    sx_put_list(r, "classes");
    for (int64_t c = 0; c < classes; c++)
        if (label_of(o, c) != NULL)
            sx_put_text(r, NULL, label_of(o, c));
        else
            sx_put_int(r, NULL, c);
    sx_put_end(r);
    sx_put_list(r, "counts");
    for (int64_t c = 0; c < classes; c++)
        sx_put_int(r, NULL, s->count[c]);
    sx_put_end(r);
    sx_put_list(r, "relevance");
    for (int64_t c = 0; c < classes; c++) {
        sx_put_list(r, NULL);
        for (int64_t k = 0; k < n; k++)
            if (s->count[c] > 0)
                sx_put_number(r, NULL, s->relevance[c * n + k]);
            else
                sx_put_null(r, NULL);
        sx_put_end(r);
    }
    sx_put_end(r);
}

static void put_pairs(struct sx_result *r, const struct sx_flint *flint,
                      const struct sx_flint_origin *o, const struct sx_flint_survey *s,
                      double tau)
{
    int64_t n = sx_flint_attributes(flint), all = sx_flint_classes(flint) * n;
    sx_put_list(r, "pairs");
    for (int64_t i = 0; i < all; i++) {
        if (!(s->relevance[i] > 1 / tau))
            continue;
        sx_put_object(r, NULL);
        sx_put_int(r, "class", i / n);
        if (label_of(o, i / n) != NULL)
            sx_put_text(r, "label", label_of(o, i / n));
        sx_put_int(r, "attribute", i % n);
        sx_put_number(r, "r", s->relevance[i]);
        sx_put_end(r);
    }
    sx_put_end(r);
}

void sx_put_flint_survey(struct sx_result *r, const struct sx_flint *flint,
                         const struct sx_flint_origin *o, const struct sx_flint_survey *s,
                         double tau)
{
    put_classes(r, flint, o, s);
    put_pairs(r, flint, o, s, tau);
    sx_put_object(r, "metrics");
    sx_put_metrics(r, &s->metrics);
    sx_put_end(r);
    sx_put_list(r, "disagree");
    for (int64_t i = 0; i < s->n_disagree; i++)
        sx_put_int(r, NULL, s->disagree[i]);
    sx_put_end(r);
}

const struct sx_view sx_flint_survey_view = {
    .scalars = "metrics.samples:samples,metrics.fidelity:fidelity,metrics.acc_f:acc_f,"
               "metrics.acc_g:acc_g,metrics.live:live,metrics.used:used",
    .each = "pairs",
    .columns = "class,label,attribute,r",
    .rank = "r",
    .top = 64};

/* ---- Pairs ---- */

static void put_samples(struct sx_result *r, const struct sx_flint_shown *s,
                        const struct sx_flint_pair *p, int64_t first)
{
    sx_put_list(r, "mas");
    for (int64_t i = 0; i < p->n; i++) {
        sx_put_object(r, NULL);
        sx_put_int(r, "index", p->row[i]);
        sx_put_number(r, "phi", p->phi[i]);
        sx_put_end(r);
    }
    sx_put_end(r);
    if (!s->with_am)
        return;
    sx_put_list(r, "am");
    for (int64_t i = 0; i < p->n; i++) {
        const struct sx_flint_climbed *c = &s->climbed[first + i];
        sx_put_object(r, NULL);
        sx_put_int(r, "index", p->row[i]);
        sx_put_double(r, "dim", c->dim);
        sx_put_number(r, "phi_start", c->start);
        sx_put_number(r, "phi", c->end);
        sx_put_number(r, "low", c->low);
        sx_put_number(r, "high", c->high);
        sx_put_end(r);
    }
    sx_put_end(r);
}

void sx_put_flint_shown(struct sx_result *r, const struct sx_flint_origin *o,
                        const struct sx_flint_shown *s)
{
    sx_put_list(r, "pairs");
    for (int64_t k = 0, first = 0; k < s->n_pairs; first += s->pair[k++].n) {
        const struct sx_flint_pair *p = &s->pair[k];
        sx_put_object(r, NULL);
        sx_put_int(r, "class", p->of_class);
        sx_put_text(r, "label", label_of(o, p->of_class));
        sx_put_int(r, "attribute", p->attribute);
        sx_put_number(r, "r", p->r);
        put_samples(r, s, p, first);
        sx_put_end(r);
    }
    sx_put_end(r);
}

const struct sx_view sx_flint_shown_view = {
    .each = "pairs", .columns = "class,label,attribute,r", .top = 64};
