/* parts.c - the best and the worst partition of a record's players into blocks. */
#include <stdio.h>
#include <stdlib.h>

#include "figure/figure.h"

/* Numbers blocks of several members from 0, in their order. A player who is alone has SX_ALONE. */
static void number_blocks(const struct sx_datum *partition, int64_t n, int64_t *block)
{
    int64_t b = 0;
    for (int64_t i = 0; i < n; i++)
        block[i] = SX_NO_BLOCK;
    for (const struct sx_datum *v =
             partition != NULL && partition->kind == SX_LIST ? partition->first : NULL;
         v != NULL; v = v->next) {
        int64_t size = sx_datum_count(v);
        for (int64_t k = 0; k < size; k++) {
            double m = sx_datum_element(v, k);
            if (m >= 0 && m < (double)n)
                block[(int64_t)m] = size > 1 ? b : SX_ALONE;
        }
        b += size > 1;
    }
}

/* Names are those of all players, or of the members of the set. */
static void name_players(struct sx_parts *p, const struct sx_datum *record)
{
    const struct sx_datum *names = sx_datum_at(record, "names");
    const struct sx_datum *set = sx_datum_at(record, "set");
    bool all = sx_datum_count(names) == p->n;
    int64_t k = 0;
    for (const struct sx_datum *v = names != NULL && names->kind == SX_LIST ? names->first
                                                                            : NULL;
         v != NULL; v = v->next, k++) {
        double m = all ? (double)k : sx_datum_element(set, k);
        if (m >= 0 && m < (double)p->n)
            p->name[(int64_t)m] = sx_datum_text(v, NULL);
    }
}

bool sx_parts_get(struct sx_parts *p, const struct sx_datum *record, struct sx_error *error)
{
    double players = sx_datum_number(sx_datum_at(record, "players"), 0);
    *p = (struct sx_parts){.n = players >= 1 && players < 4096 ? (int64_t)players : 0};
    if (p->n == 0)
        return sx_fail(error, SX_FAILED, "the record has no players");
    p->name = sx_new((size_t)p->n, sizeof *p->name, error);
    p->best = sx_new((size_t)p->n, sizeof *p->best, error);
    p->worst = sx_new((size_t)p->n, sizeof *p->worst, error);
    if (p->name == NULL || p->best == NULL || p->worst == NULL)
        return false;
    name_players(p, record);
    number_blocks(sx_datum_at(record, "partition_max"), p->n, p->best);
    number_blocks(sx_datum_at(record, "partition_min"), p->n, p->worst);
    return true;
}

bool sx_parts_named(const struct sx_parts *p)
{
    for (int64_t i = 0; i < p->n; i++)
        if (p->name[i] != NULL)
            return true;
    return false;
}

bool sx_parts_begin(const int64_t *block, int64_t i)
{
    return block[i] >= 0 && (i == 0 || block[i - 1] != block[i]);
}

bool sx_parts_end(const struct sx_parts *p, const int64_t *block, int64_t i)
{
    return block[i] >= 0 && (i + 1 == p->n || block[i + 1] != block[i]);
}

void sx_parts_name(const struct sx_parts *p, int64_t i, char *text, size_t size)
{
    if (p->name[i] != NULL)
        snprintf(text, size, "%s", p->name[i]);
    else
        snprintf(text, size, "%lld", (long long)i);
}

void sx_parts_free(struct sx_parts *p)
{
    free(p->name);
    free(p->best);
    free(p->worst);
    *p = (struct sx_parts){.n = 0};
}
