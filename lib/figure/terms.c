/* terms.c - reads sets of players and their values from records. */
#include <math.h>
#include <stdlib.h>

#include "figure/figure.h"

void sx_terms_free(struct sx_terms *t)
{
    free(t->term);
    free(t->name);
    *t = (struct sx_terms){.n = 0};
}

int64_t sx_term_member(const struct sx_term *term, int64_t k)
{
    double m = sx_datum_element(term->set, k);
    return m >= 0 && m < 0x1p20 ? (int64_t)m : 0;
}

static double value_of(const struct sx_datum *term)
{
    static const char *const key[] = {"value", "J", "mean", "strength"};
    for (size_t i = 0; i < sizeof key / sizeof key[0]; i++)
        if (sx_datum_at(term, key[i]) != NULL)
            return sx_datum_number(sx_datum_at(term, key[i]), NAN);
    return NAN;
}

static int stronger(const void *a, const void *b)
{
    const struct sx_term *x = a, *y = b;
    if (fabs(x->value) != fabs(y->value))
        return fabs(x->value) > fabs(y->value) ? -1 : 1;
    if (x->size != y->size)
        return x->size < y->size ? -1 : 1;
    for (int64_t k = 0; k < x->size; k++)
        if (sx_term_member(x, k) != sx_term_member(y, k))
            return sx_term_member(x, k) < sx_term_member(y, k) ? -1 : 1;
    return 0;
}

/* Sets the names of players, from the record or from its sets. */
static bool name_players(struct sx_terms *t, const struct sx_datum *record,
                         const struct sx_datum *list, struct sx_error *error)
{
    const struct sx_datum *all = sx_datum_at(record, "names");
    t->name = sx_new((size_t)t->players, sizeof *t->name, error);
    if (t->name == NULL)
        return false;
    if (all != NULL && all->kind == SX_LIST && sx_datum_count(all) == t->players) {
        int64_t i = 0;
        for (const struct sx_datum *v = all->first; v != NULL; v = v->next)
            t->name[i++] = sx_datum_text(v, NULL);
        return true;
    }
    for (const struct sx_datum *v = list->first; v != NULL; v = v->next) {
        const struct sx_datum *names = sx_datum_at(v, "names"), *set = sx_datum_at(v, "set");
        const struct sx_datum *name =
            names != NULL && names->kind == SX_LIST ? names->first : NULL;
        const struct sx_term term = {.set = set};
        for (int64_t k = 0; name != NULL && k < sx_datum_count(set); k++, name = name->next)
            if (sx_term_member(&term, k) < t->players)
                t->name[sx_term_member(&term, k)] = sx_datum_text(name, NULL);
    }
    return true;
}

bool sx_terms_get(struct sx_terms *t, const struct sx_datum *record, const char *key,
                  struct sx_error *error)
{
    const struct sx_datum *list = sx_datum_at(record, key);
    *t = (struct sx_terms){.n = 0};
    if (list == NULL || list->kind != SX_LIST)
        return sx_fail(error, SX_FAILED, "the record has no %s", key);
    t->term = sx_new((size_t)sx_datum_count(list), sizeof *t->term, error);
    if (t->term == NULL)
        return false;
    t->players =
        (int64_t)fmin(fmax(sx_datum_number(sx_datum_at(record, "players"), 0), 0), 0x1p16);
    for (const struct sx_datum *v = list->first; v != NULL; v = v->next) {
        struct sx_term term = {sx_datum_at(v, "set"), 0, value_of(v)};
        term.size = sx_datum_count(term.set);
        if (!isfinite(term.value) || term.size < 1 || term.size > 64)
            continue;
        for (int64_t k = 0; k < term.size; k++)
            if (sx_term_member(&term, k) >= t->players)
                t->players = sx_term_member(&term, k) + 1;
        t->order = term.size > t->order ? term.size : t->order;
        t->term[t->n++] = term;
    }
    if (t->n == 0)
        return sx_fail(error, SX_FAILED, "the record has no %s to draw", key);
    qsort(t->term, (size_t)t->n, sizeof *t->term, stronger);
    return name_players(t, record, list, error);
}

void sx_terms_name(const struct sx_terms *t, int64_t player, char *text, size_t size)
{
    const char *name = player < t->players ? t->name[player] : NULL;
    if (name != NULL)
        snprintf(text, size, "%s", name);
    else
        snprintf(text, size, "%lld", (long long)player);
}

static int64_t number_members(const struct sx_terms *t, bool of_zero, int64_t *number)
{
    int64_t n = 0;
    for (int64_t i = 0; i < t->players; i++)
        number[i] = -1;
    for (int64_t k = 0; k < t->n; k++)
        for (int64_t m = 0; (of_zero || t->term[k].value != 0) && m < t->term[k].size; m++)
            number[sx_term_member(&t->term[k], m)] = 0;
    for (int64_t i = 0; i < t->players; i++)
        number[i] = number[i] < 0 ? -1 : n++;
    return n;
}

int64_t sx_terms_live(const struct sx_terms *t, int64_t *number)
{
    int64_t n = number_members(t, false, number);
    return n > 0 ? n : number_members(t, true, number);
}
