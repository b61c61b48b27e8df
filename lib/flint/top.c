/* top.c - the samples of a class that activate an attribute most (MAS). */
#include <math.h>
#include <stdlib.h>

#include "flint/flint.h"

/* Inserts a sample into the list of a pair, sorted by descending phi; of equals the earlier is
 * first. */
static void enter(struct sx_flint_pair *pair, int64_t wanted, int64_t row, double phi)
{
    int64_t at = pair->n < wanted ? pair->n++ : wanted;
    for (; at > 0 && pair->phi[at - 1] < phi; at--)
        if (at < wanted) {
            pair->row[at] = pair->row[at - 1];
            pair->phi[at] = pair->phi[at - 1];
        }
    if (at < wanted) {
        pair->row[at] = row;
        pair->phi[at] = phi;
    }
}

static bool add_batch(struct sx_flint *flint, struct sx_dataset *x, const int64_t *y,
                      const int64_t *rows, int64_t n, struct sx_flint_pair *pairs,
                      int64_t n_pairs, int64_t wanted, struct sx_error *error)
{
    struct sx_flint_forward *w = &flint->forward;
    int64_t classes = sx_flint_classes(flint), attributes = sx_flint_attributes(flint);
    if (!sx_flint_forward(w, x, rows, n, NULL, error))
        return false;
    for (int64_t i = 0; i < n; i++) {
        if (!sx_flint_names_classes(flint, i, error))
            return sx_fail_at(error, "sample %lld", (long long)rows[i]);
        int64_t class =
            y != NULL ? y[rows[i]] : sx_flint_class(w->teacher + i * classes, classes);
        for (int64_t k = 0; k < n_pairs; k++)
            if (pairs[k].of_class == class)
                enter(&pairs[k], wanted, rows[i], w->phi[i * attributes + pairs[k].attribute]);
    }
    return true;
}

bool sx_flint_top(struct sx_flint *flint, struct sx_dataset *x, const int64_t *y,
                  const struct sx_flint_survey *survey, struct sx_flint_pair *pairs,
                  int64_t n_pairs, int64_t wanted, struct sx_error *error)
{
    int64_t n = 0, all = sx_dataset_count(x), batch = sx_flint_together(sx_dataset_shape(x));
    batch = all < batch ? all : batch;
    int64_t *rows = sx_flint_choose(survey, all, &n, error);
    bool ok = rows != NULL && sx_flint_ready(flint, sx_dataset_shape(x), batch, error);
    for (int64_t k = 0; ok && k < n_pairs; k++) {
        pairs[k].n = 0;
        pairs[k].row = sx_new((size_t)wanted, sizeof *pairs[k].row, error);
        pairs[k].phi = sx_new((size_t)wanted, sizeof *pairs[k].phi, error);
        ok = pairs[k].row != NULL && pairs[k].phi != NULL;
    }
    for (int64_t at = 0; ok && at < n; at += batch)
        ok = add_batch(flint, x, y, rows + at, n - at < batch ? n - at : batch, pairs, n_pairs,
                       wanted, error);
    free(rows);
    return ok;
}

/* The pairs of a class whose relevance is over 1 / tau, sorted by descending relevance. */
static int64_t best_of_class(const double *r, int64_t attributes, int64_t class, double tau,
                             int64_t most, struct sx_flint_pair *pairs)
{
    int64_t n = 0;
    for (int64_t j = 0; j < attributes; j++) {
        if (!(r[j] > 1 / tau))
            continue;
        int64_t at = n < most ? n++ : most;
        for (; at > 0 && pairs[at - 1].r < r[j]; at--)
            if (at < most)
                pairs[at] = pairs[at - 1];
        if (at < most)
            pairs[at] = (struct sx_flint_pair){.of_class = class, .attribute = j, .r = r[j]};
    }
    return n;
}

struct sx_flint_pair *sx_flint_best_pairs(const struct sx_flint *flint,
                                          const struct sx_flint_survey *survey, double tau,
                                          int64_t most, int64_t *n, struct sx_error *error)
{
    int64_t classes = sx_flint_classes(flint), attributes = sx_flint_attributes(flint);
    struct sx_flint_pair *pairs =
        sx_new((size_t)(classes * attributes) + 1, sizeof *pairs, error);
    most = most > 0 && most < attributes ? most : attributes;
    *n = 0;
    for (int64_t c = 0; pairs != NULL && c < classes; c++)
        *n += best_of_class(survey->relevance + c * attributes, attributes, c, tau, most,
                            pairs + *n);
    return pairs;
}

void sx_flint_pairs_free(struct sx_flint_pair *pairs, int64_t n)
{
    for (int64_t k = 0; pairs != NULL && k < n; k++) {
        free(pairs[k].row);
        free(pairs[k].phi);
    }
    free(pairs);
}
