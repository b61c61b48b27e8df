/* benefit.c - B, B_max, B_min and T of a set of players, with their errors.
 *
 * Zhang, Xie, Zheng, Zhang, Zhang, Interpreting Multivariate Shapley Interactions in DNNs, AAAI
 * 2021. u(C) is the Shapley value of C as one player in the absence of the rest of A.
 *     B     = u(A) - sum of u(i)
 *     B_max = max over partitions of (sum of u(C)) - sum of u(i)
 *     B_min = min over partitions of (sum of u(C)) - sum of u(i)
 *     T     = B_max - B_min */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shapley/benefit.h"

#define SMALL_TABLE 4096

/* The largest set whose components are listed. */
#define MOST_COMPONENTS 10

/* I_A(L) from u: the Moebius transform over subsets of A. */
static bool find_components(struct sx_benefiting *b)
{
    const struct sx_search *s = &b->s;
    size_t count = (size_t)1 << (s->m <= MOST_COMPONENTS ? s->m : 0);
    double *x = sx_new(count, sizeof *x, b->error);
    int64_t *place = sx_new((size_t)s->m, sizeof *place, b->error);
    bool ok = x != NULL && place != NULL;
    bool known = s->m <= MOST_COMPONENTS && s->m > 1;
    for (size_t local = 1; ok && known && local < count; local++) {
        if (s->merged.component != NULL)
            x[local] = s->merged.component[local];
        else if (s->o->partition == SX_ANY && !s->greedy)
            x[local] = s->merged.u[s->column[local]];
        else
            known = false;
    }
    if (ok && known && s->merged.component == NULL)
        sx_moebius(x, s->m);
    for (int64_t i = 0; ok && i < s->m; i++)
        place[i] = i;
    if (ok && known)
        ok = sx_terms_new(&b->r->components, place, s->m, 2, s->m, b->error);
    struct sx_interactions *terms = &b->r->components;
    for (int64_t k = 0; ok && k < terms->count; k++) {
        uint64_t local = 0;
        for (int64_t i = terms->first[k]; i < terms->first[k + 1]; i++)
            local |= (uint64_t)1 << terms->member[i];
        terms->value[k] = x[local];
    }
    free(x);
    free(place);
    return ok;
}

/* The partition into single members, and the partition of one block. */
static void find_singles(struct sx_benefiting *b, struct sx_parted *singles,
                         struct sx_parted *whole)
{
    struct sx_merged *w = &b->s.merged;
    size_t words = w->game->words;
    singles->n_blocks = b->s.m;
    whole->n_blocks = 1;
    whole->column[0] = b->s.whole;
    for (int64_t i = 0; i < b->s.m; i++)
        for (int64_t c = 0; c < w->n; c++) {
            const uint64_t *set = w->set + (size_t)c * words;
            if (sx_set_has(set, b->s.set[i]) && sx_set_count(set, words) == 1)
                singles->column[i] = c;
        }
}

static bool parted_new(struct sx_parted *p, int64_t m, struct sx_error *error)
{
    p->block = sx_new((size_t)m, sizeof *p->block, error);
    p->column = sx_new((size_t)m, sizeof *p->column, error);
    return p->block != NULL && p->column != NULL;
}

static void parted_free(struct sx_parted *p)
{
    free(p->block);
    free(p->column);
}

/* B and the sums of the best partitions over the singles. */
static void take_values(struct sx_benefiting *b, const struct sx_parted *singles,
                        const struct sx_parted *whole)
{
    struct sx_benefit *r = b->r;
    const double *u = b->s.merged.u;
    double sum = 0;
    for (int64_t i = 0; i < b->s.m; i++)
        sum += r->single[i] = u[singles->column[i]];
    r->together = u[whole->column[0]];
    r->B = r->together - sum;
    r->B_max = b->max.sum - sum;
    r->B_min = b->min.sum - sum;
    r->T = r->T_corrected = b->max.sum - b->min.sum;
    r->B_error = sx_benefit_error(b, whole, singles);
    r->B_max_error = sx_benefit_error(b, &b->max, singles);
    r->B_min_error = sx_benefit_error(b, &b->min, singles);
    r->T_error = sx_benefit_error(b, &b->max, &b->min);
    memcpy(r->block_max, b->max.block, (size_t)b->s.m * sizeof *r->block_max);
    memcpy(r->block_min, b->min.block, (size_t)b->s.m * sizeof *r->block_min);
    r->exact = b->s.merged.exact;
    r->greedy = b->s.greedy;
    r->cut = r->greedy && b->s.merged.n >= b->s.merged.most;
    r->gradient = b->o->gradient;
    r->contexts = b->s.merged.draw.count;
}

/* The partition that the gradient search finds. It is then valued like all others. */
static bool search_gradient(struct sx_benefiting *b, double sign, struct sx_parted *parted,
                            double *link)
{
    const struct sx_shapley_options *o = b->o;
    double objective = 0;
    char *join = sx_new((size_t)b->s.m, 1, b->error);
    bool ok =
        join != NULL && sx_search_gradient(b->s.merged.game, b->s.set, b->s.m, sign, o->seed,
                                           o->sample, link, &objective, b->error);
    for (int64_t j = 0; ok && j + 1 < b->s.m; j++)
        join[j] = link[j] >= 0.5 ? 1 : 2;
    ok = ok && sx_search_best(&b->s, b->s.merged.u, sign, join, true, parted, b->error);
    b->r->T_relaxed += sign * objective;
    free(join);
    return ok;
}

static bool find_gradient(struct sx_benefiting *b)
{
    size_t m = (size_t)b->s.m;
    double *link = sx_new(2 * m, sizeof *link, b->error);
    b->r->link = sx_new(m, sizeof *b->r->link, b->error);
    bool ok = link != NULL && b->r->link != NULL;
    ok =
        ok && search_gradient(b, 1, &b->max, link) && search_gradient(b, -1, &b->min, link + m);
    for (int64_t j = 0; ok && j + 1 < b->s.m; j++)
        b->r->link[b->r->n_links++] =
            (struct sx_link){.i = j, .j = j + 1, .max = link[j], .min = link[m + (size_t)j]};
    free(link);
    return ok;
}

/* The best partitions: by gradient, greedily, or exactly, as the options and the size
 * require. */
static bool find_partitions(struct sx_benefiting *b)
{
    if (b->o->gradient)
        return find_gradient(b);
    if (b->s.greedy)
        return sx_search_greedy(&b->s, 1, &b->max, b->error) &&
               sx_search_greedy(&b->s, -1, &b->min, b->error);
    return sx_search_best(&b->s, b->s.merged.u, 1, NULL, true, &b->max, b->error) &&
           sx_search_best(&b->s, b->s.merged.u, -1, NULL, true, &b->min, b->error);
}

static bool results_new(struct sx_benefit *r, int64_t m, struct sx_error *error)
{
    *r = (struct sx_benefit){.m = m};
    r->single = sx_new((size_t)m, sizeof *r->single, error);
    r->block_max = sx_new((size_t)m, sizeof *r->block_max, error);
    r->block_min = sx_new((size_t)m, sizeof *r->block_min, error);
    return r->single != NULL && r->block_max != NULL && r->block_min != NULL;
}

void sx_benefit_free(struct sx_benefit *r)
{
    free(r->single);
    free(r->block_max);
    free(r->block_min);
    free(r->link);
    sx_interactions_free(&r->components);
    *r = (struct sx_benefit){0};
}

/* The complete result for one budget. */
static bool within(struct sx_benefiting *b, struct sx_game *game, const int64_t *set, int64_t m,
                   int64_t budget)
{
    struct sx_parted singles = {0}, whole = {0};
    bool ok = results_new(b->r, m, b->error) &&
              sx_search_new(&b->s, game, set, m, b->o, budget, b->error);
    if (!ok)
        return false;
    if (b->o->skip_nonfinite && b->s.merged.component == NULL)
        ok = sx_merged_skip(&b->s.merged, &b->r->skipped, b->error);
    ok = ok && parted_new(&b->max, m, b->error) && parted_new(&b->min, m, b->error) &&
         parted_new(&b->other, m, b->error) && parted_new(&singles, m, b->error) &&
         parted_new(&whole, m, b->error) && find_partitions(b);
    b->u = ok ? sx_new((size_t)b->s.merged.n, sizeof *b->u, b->error) : NULL;
    b->f = ok ? sx_new((size_t)b->s.merged.draw.count + 1, sizeof *b->f, b->error) : NULL;
    ok = ok && b->u != NULL && b->f != NULL;
    if (ok) {
        find_singles(b, &singles, &whole);
        take_values(b, &singles, &whole);
        ok = (b->o->gradient || sx_benefit_links(b)) && find_components(b);
    }
    if (ok && !b->r->exact && !b->s.greedy && !b->o->gradient)
        ok = sx_benefit_correct(b);
    parted_free(&b->max);
    parted_free(&b->min);
    parted_free(&b->other);
    parted_free(&singles);
    parted_free(&whole);
    free(b->u);
    free(b->f);
    sx_search_free(&b->s);
    return ok;
}

/* Fills the table of all coalitions if it is small, or not dearer than the contexts. */
static bool fill_table(struct sx_game *game, int64_t m, const struct sx_shapley_options *o,
                       double limit, struct sx_error *error)
{
    double all = ldexp(1, (int)game->n_live);
    double columns =
        o->partition == SX_CONTIGUOUS ? (double)(m * (m + 1)) / 2 : ldexp(1, (int)m);
    double contexts = ldexp(1, (int)(game->n_live > m ? game->n_live - m : 0));
    if (game->table != NULL || game->given || game->n_live > SX_TABLE_PLAYERS ||
        (!o->exact && all > limit) || game->keep_nonfinite)
        return true;
    return (all > SMALL_TABLE && all > contexts * (columns + 1)) || sx_game_fill(game, error);
}

/* The kind of partitions that are admitted. */
static enum sx_partition partition_of(const struct sx_shapley_options *o)
{
    int64_t rows, columns;
    if (o->partition != SX_BY_PLAYERS)
        return o->partition;
    bool plane = o->players != NULL && sx_players_on_grid(o->players, &rows, &columns);
    return plane && !o->gradient ? SX_CONNECTED : SX_CONTIGUOUS;
}

static bool is_close(const struct sx_benefit *r, const struct sx_shapley_options *o)
{
    return o->tolerance > 0 && r->T_error <= o->tolerance;
}

/* A set of a game, and how it is explained. */
struct benefit_task {
    struct sx_game *game;
    const int64_t *set;
    int64_t m;
    const struct sx_shapley_options *o;
};

/* Doubles the budget up to `most` until the errors are small enough. If the work is stopped,
 * the result of the previous budget remains. */
static bool in_steps(const struct benefit_task *t, int64_t budget, int64_t most,
                     struct sx_benefit *r, struct sx_error *error)
{
    for (bool any = false;; budget = budget < most / 2 ? 2 * budget : most, any = true) {
        struct sx_benefit next;
        struct sx_benefiting b = {.o = t->o, .r = &next, .error = error};
        bool ok = within(&b, t->game, t->set, t->m, budget);
        bool stopped = !ok && sx_game_stopped(t->game);
        sx_benefit_free(ok ? r : &next);
        if (ok)
            *r = next;
        if (ok && ((r->exact && !r->cut) || budget >= most || is_close(r, t->o)))
            return true;
        if (any && stopped) {
            *error = (struct sx_error){0};
            return r->partial = true;
        }
        if (!ok) {
            sx_benefit_free(r);
            return false;
        }
    }
}

/* Whether all contexts of all coalitions within the set can be evaluated within the limit. */
static bool has_all_contexts(const struct benefit_task *t)
{
    int64_t n = t->game->n_live;
    double contexts = ldexp(1, (int)(n > t->m ? n - t->m : 0));
    double columns = t->o->partition == SX_CONTIGUOUS ? (double)(t->m * (t->m + 1)) / 2
                                                      : ldexp(1, (int)t->m);
    return contexts * (columns + 1) <= (double)sx_budgets_of(t->o).whole;
}

/* Without a time limit: exact if all coalitions, or all contexts, are within the limit.
 * Otherwise contexts are drawn. */
static bool as_told(const struct benefit_task *t, struct sx_benefit *r, struct sx_error *error)
{
    int64_t limit = sx_budgets_of(t->o).whole, most = sx_budgets_of(t->o).estimate;
    if (!fill_table(t->game, t->m, t->o, (double)limit, error))
        return false;
    int64_t first = has_all_contexts(t) ? limit : sx_first_budget(t->game, t->o, most);
    return in_steps(t, first, most, r, error);
}

/* With a time limit: makes estimates first. If the time runs out, the last one is the
 * result. */
static bool in_time(const struct benefit_task *t, struct sx_benefit *r, struct sx_error *error)
{
    struct sx_benefit estimate = {0};
    int64_t most = sx_budgets_of(t->o).estimate;
    if (!in_steps(t, sx_first_budget(t->game, t->o, most), most, &estimate, error))
        return false;
    bool ok = !estimate.partial && as_told(t, r, error);
    if (ok || !(estimate.partial || sx_game_stopped(t->game))) {
        sx_benefit_free(&estimate);
        return ok;
    }
    *error = (struct sx_error){0};
    *r = estimate;
    return r->partial = true;
}

bool sx_benefit(struct sx_game *game, const int64_t *set, int64_t m,
                const struct sx_shapley_options *options, struct sx_benefit *r,
                struct sx_error *error)
{
    struct sx_shapley_options settled = *options, *o = &settled;
    o->partition = partition_of(options);
    *r = (struct sx_benefit){0};
    for (int64_t i = 0; i < m; i++)
        if (set[i] < 0 || set[i] >= game->players || (i > 0 && set[i] <= set[i - 1]))
            return sx_fail(error, SX_USAGE, "the set is not of players 0..%lld in their order",
                           (long long)game->players - 1);
    if (m < 1)
        return sx_fail(error, SX_USAGE, "the set is empty");
    if (o->gradient && o->partition != SX_CONTIGUOUS)
        return sx_fail(error, SX_USAGE, "the gradient search is for contiguous partitions");
    game->keep_nonfinite = o->skip_nonfinite;
    const struct benefit_task task = {game, set, m, o};
    bool whole = o->exact || has_all_contexts(&task) ||
                 ldexp(1, (int)game->n_live) <= (double)sx_budgets_of(o).whole;
    return whole && sx_game_limited(game) && !game->given && game->table == NULL
               ? in_time(&task, r, error)
               : as_told(&task, r, error);
}
