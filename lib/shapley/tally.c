/* tally.c - results over a data set: means, their errors, and how often sets appear. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shapley/shapley.h"

/* The largest set whose pairs are counted. */
#define MOST_PAIRED 1024

struct moments {
    int64_t n;
    double mean, squares; /* squares: the sum of squared deviations from the mean */
};

/* A set of players. For andor, an OR term and an AND term of one set are counted separately. */
struct counted {
    int64_t n, *member, count; /* count: of records that list it */
    bool is_or;
    struct moments value;
};

struct counts {
    struct counted *set;
    size_t n, capacity, room, *slot; /* slot: 1 + a position in set[], by hash; 0: free */
    struct sx_arena arena;
};

enum { TERMS, SETS, PAIRS_MAX, PAIRS_MIN, BLOCKS_MAX, BLOCKS_MIN, COUNTS };
enum { B, B_MAX, B_MIN, T, BENEFITS };
static const char *const count_key[COUNTS] = {"interactions", "sets",       "pairs_max",
                                              "pairs_min",    "blocks_max", "blocks_min"};
static const char *const benefit_key[BENEFITS] = {"B", "B_max", "B_min", "T"};

struct sx_shapley_tally {
    const char *index;
    int64_t samples, players;
    char **name; /* of players; NULL: none, or they differ between samples */
    bool kinds;
    struct moments benefit[BENEFITS];
    struct counts counts[COUNTS];
};

static void add_value(struct moments *m, double value)
{
    double before = value - m->mean;
    m->mean += before / (double)++m->n;
    m->squares += before * (value - m->mean);
}

/* The moments of n values: those of m, and zeros for the rest. */
static struct moments with_zeros(const struct moments *m, int64_t n)
{
    double share = (double)m->n / (double)n;
    return (struct moments){n, m->mean * share,
                            m->squares + m->mean * m->mean * (double)m->n * (1 - share)};
}

static double standard_error(const struct moments *m)
{
    return sqrt(m->squares / (double)(m->n - 1) / (double)m->n);
}

/* ---- Sets ---- */

static bool is_set(const struct counted *c, const int64_t *member, int64_t n, bool is_or)
{
    return c->n == n && c->is_or == is_or &&
           (n == 0 || memcmp(c->member, member, (size_t)n * sizeof *member) == 0);
}

static size_t *slot_of(struct counts *c, const int64_t *member, int64_t n, bool is_or)
{
    uint64_t hash = sx_hash(SX_HASH_START + is_or, member, (size_t)n * sizeof *member);
    size_t at = (size_t)(hash ^ hash >> 32) & (c->room - 1);
    while (c->slot[at] != 0 && !is_set(&c->set[c->slot[at] - 1], member, n, is_or))
        at = (at + 1) & (c->room - 1);
    return &c->slot[at];
}

static bool make_room(struct counts *c, struct sx_error *error)
{
    if (2 * (c->n + 1) < c->room)
        return true;
    free(c->slot);
    c->room = c->room > 0 ? 2 * c->room : 64;
    c->slot = sx_new(c->room, sizeof *c->slot, error);
    for (size_t i = 0; c->slot != NULL && i < c->n; i++)
        *slot_of(c, c->set[i].member, c->set[i].n, c->set[i].is_or) = i + 1;
    return c->slot != NULL;
}

/* The entry of a set, new if it has not been seen. */
static struct counted *find(struct counts *c, const int64_t *member, int64_t n, bool is_or,
                            struct sx_error *error)
{
    void *items = c->set;
    if (!make_room(c, error) || !sx_grow(&items, &c->capacity, c->n + 1, sizeof *c->set, error))
        return NULL;
    c->set = items;
    size_t *slot = slot_of(c, member, n, is_or);
    if (*slot != 0)
        return &c->set[*slot - 1];
    struct counted new = {.n = n, .is_or = is_or};
    new.member = sx_arena_new(&c->arena, (size_t)n + 1, sizeof *member, error);
    if (new.member == NULL)
        return NULL;
    if (n > 0)
        memcpy(new.member, member, (size_t)n * sizeof *member);
    c->set[c->n] = new;
    *slot = ++c->n;
    return &c->set[*slot - 1];
}

static bool count_set(struct counts *c, const int64_t *member, int64_t n,
                      struct sx_error *error)
{
    struct counted *set = find(c, member, n, false, error);
    if (set != NULL)
        set->count++;
    return set != NULL;
}

/* ---- Adding a sample ---- */

static bool add_terms(struct sx_shapley_tally *t, const struct sx_shapley *s,
                      struct sx_error *error)
{
    const struct sx_interactions *terms = &s->terms;
    struct counted *set;
    t->kinds = t->kinds || terms->is_or != NULL;
    for (int64_t k = 0, shown = 0; k < terms->count + s->n_shown; k++) {
        int64_t at = k < terms->count ? k : s->shown[shown++];
        set = find(&t->counts[TERMS], terms->member + terms->first[at],
                   terms->first[at + 1] - terms->first[at],
                   terms->is_or != NULL && terms->is_or[at], error);
        if (set == NULL)
            return false;
        if (k < terms->count)
            add_value(&set->value, terms->value[at]);
        else
            set->count++;
    }
    return true;
}

static bool add_blocks(struct counts *pairs, struct counts *blocks, const int64_t *set,
                       const int64_t *block, int64_t m, struct sx_error *error)
{
    int64_t *member = sx_new((size_t)m, sizeof *member, error);
    bool ok = member != NULL;
    for (int64_t first = 0; ok && first < m; first++) {
        int64_t n = 0;
        for (int64_t i = 0; i < m; i++) {
            if (block[i] != block[first])
                continue;
            member[n++] = set[i];
            if (i < first) /* this block was counted before */
                break;
        }
        if (member[0] != set[first])
            continue;
        ok = count_set(blocks, member, n, error);
        for (int64_t i = 0; ok && m <= MOST_PAIRED && i < n; i++)
            for (int64_t j = i + 1; ok && j < n; j++)
                ok = count_set(pairs, (const int64_t[2]){member[i], member[j]}, 2, error);
    }
    free(member);
    return ok;
}

static bool add_benefit(struct sx_shapley_tally *t, const struct sx_shapley *s,
                        struct sx_error *error)
{
    const struct sx_benefit *b = &s->benefit[s->strongest];
    const int64_t *set = s->set[s->strongest] + 1;
    const double value[BENEFITS] = {b->B, b->B_max, b->B_min, b->T};
    for (int i = 0; i < BENEFITS; i++)
        add_value(&t->benefit[i], value[i]);
    struct counts *c = t->counts;
    return count_set(&c[SETS], set, b->m, error) &&
           add_blocks(&c[PAIRS_MAX], &c[BLOCKS_MAX], set, b->block_max, b->m, error) &&
           add_blocks(&c[PAIRS_MIN], &c[BLOCKS_MIN], set, b->block_min, b->m, error);
}

/* Drops the names on which the samples do not agree. */
static bool agree_on_names(struct sx_shapley_tally *t, int64_t players, const char *const *name,
                           struct sx_error *error)
{
    if (t->samples == 0) {
        t->name = sx_new((size_t)players, sizeof *t->name, error);
        t->players = t->name != NULL ? players : 0;
        for (int64_t i = 0; i < t->players && name != NULL && error->status == SX_OK; i++)
            t->name[i] = name[i] != NULL ? sx_strdup(name[i], error) : NULL;
        return error->status == SX_OK;
    }
    for (int64_t i = 0; i < t->players; i++)
        if (t->name[i] != NULL && (i >= players || name == NULL || name[i] == NULL ||
                                   strcmp(t->name[i], name[i]) != 0)) {
            free(t->name[i]);
            t->name[i] = NULL;
        }
    return true;
}

struct sx_shapley_tally *sx_shapley_tally_new(struct sx_error *error)
{
    return sx_new(1, sizeof(struct sx_shapley_tally), error);
}

bool sx_shapley_tally_add(struct sx_shapley_tally *t, const struct sx_shapley *s,
                          const char *const *name, struct sx_error *error)
{
    if (!agree_on_names(t, s->players, name, error))
        return false;
    t->index = s->index;
    t->samples++;
    return s->n_sets > 0 ? add_benefit(t, s, error) : add_terms(t, s, error);
}

void sx_shapley_tally_free(struct sx_shapley_tally *t)
{
    if (t == NULL)
        return;
    for (int64_t i = 0; i < t->players; i++)
        free(t->name[i]);
    for (int i = 0; i < COUNTS; i++) {
        free(t->counts[i].set);
        free(t->counts[i].slot);
        sx_arena_free(&t->counts[i].arena);
    }
    free(t->name);
    free(t);
}

/* ---- The record ---- */

static void put_members(struct sx_result *r, const struct sx_shapley_tally *t,
                        const struct counted *c)
{
    bool named = c->n > 0;
    sx_put_list(r, "set");
    for (int64_t i = 0; i < c->n; i++) {
        sx_put_int(r, NULL, c->member[i]);
        named = named && c->member[i] < t->players && t->name[c->member[i]] != NULL;
    }
    sx_put_end(r);
    if (!named)
        return;
    sx_put_list(r, "names");
    for (int64_t i = 0; i < c->n; i++)
        sx_put_text(r, NULL, t->name[c->member[i]]);
    sx_put_end(r);
}

static void put_counted(struct sx_result *r, const struct sx_shapley_tally *t,
                        const struct counted *c, bool values)
{
    sx_put_object(r, NULL);
    put_members(r, t, c);
    if (values) {
        struct moments m = with_zeros(&c->value, t->samples);
        sx_put_double(r, "mean", m.mean);
        sx_put_derived(r, "stderr", standard_error(&m));
        if (t->kinds)
            sx_put_text(r, "kind", c->is_or ? "or" : "and");
    }
    sx_put_int(r, "count", c->count);
    sx_put_double(r, "share", (double)c->count / (double)t->samples);
    sx_put_end(r);
}

/* Puts the counts of one kind. Terms are sorted by the magnitude of their means, others by how
 * often they appear. */
static bool put_counts(struct sx_result *r, const struct sx_shapley_tally *t, int which,
                       int64_t top, struct sx_error *error)
{
    const struct counts *c = &t->counts[which];
    double *size = sx_new(c->n, sizeof *size, error);
    int64_t n = 0, *order = NULL;
    for (size_t i = 0; size != NULL && i < c->n; i++)
        size[i] = c->set[i].count == 0 ? NAN
                  : which == TERMS     ? fabs(with_zeros(&c->set[i].value, t->samples).mean)
                                       : (double)c->set[i].count;
    if (size != NULL)
        order = sx_strongest(size, (int64_t)c->n, top > 0 ? top : INT64_MAX, &n, error);
    sx_put_list(r, count_key[which]);
    for (int64_t i = 0; order != NULL && i < n; i++)
        put_counted(r, t, &c->set[order[i]], which == TERMS);
    sx_put_end(r);
    free(size);
    free(order);
    return order != NULL;
}

static void put_benefits(struct sx_result *r, const struct sx_shapley_tally *t)
{
    sx_put_object(r, "mean");
    for (int i = 0; i < BENEFITS; i++)
        sx_put_double(r, benefit_key[i], t->benefit[i].mean);
    sx_put_end(r);
    sx_put_object(r, "stderr");
    for (int i = 0; i < BENEFITS; i++)
        sx_put_derived(r, benefit_key[i], standard_error(&t->benefit[i]));
    sx_put_end(r);
}

bool sx_put_shapley_summary(struct sx_result *r, const char *tool,
                            const struct sx_shapley_tally *t, int64_t top,
                            struct sx_error *error)
{
    bool benefits = t->counts[SETS].n > 0, ok = true;
    sx_put_object(r, NULL);
    sx_put_text(r, "tool", tool);
    sx_put_text(r, "version", SX_VERSION);
    sx_put_object(r, "summary");
    sx_put_int(r, "samples", t->samples);
    sx_put_text(r, "index", t->index);
    if (benefits)
        put_benefits(r, t);
    for (int i = benefits ? SETS : TERMS; ok && i < (benefits ? COUNTS : SETS); i++)
        ok = put_counts(r, t, i, top, error);
    sx_put_end(r);
    sx_put_end(r);
    return ok;
}

const struct sx_view *sx_shapley_summary_view(const struct sx_shapley_tally *t)
{
    static const struct sx_view blocks = {
        .scalars = "summary.samples:samples,summary.mean.B:B,summary.mean.B_max:B_max,"
                   "summary.mean.B_min:B_min,summary.mean.T:T,summary.stderr.T:T_stderr",
        .each = "summary.pairs_max",
        .lines = "share:together,names|set",
        .top = 10};
    static const struct sx_view terms = {.scalars =
                                             "summary.index:index,summary.samples:samples",
                                         .each = "summary.interactions",
                                         .lines = "mean,stderr,share,names|set",
                                         .top = 20};
    return t->counts[SETS].n > 0 ? &blocks : &terms;
}
