/* products.c - indices of games that are sums of products, such as those of decision trees.
 *
 * The product of a weight with "holds all of A and none of B" has the Moebius transform
 * weight (-1)^|U and B| on the U between A and A with B. Its index at a set S within A with B
 * depends only on |A|, |B|, |S and A| and |S and B|. The time is polynomial in |A| + |B|,
 * however many players the game has. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shapley/estimate.h"

/* The most terms of an alternating sum. Longer ones lose too many digits. */
#define MOST_ALTERNATING 20

struct products {
    struct sx_estimate *e;
    int64_t *first_of_size;  /* where the sets of each size begin in the list */
    double *share;           /* [order + 1, order + 1]: index of S, |S| = s, |S and B| = t */
    int64_t *member, *place; /* of A with B: places among the live players, ascending */
    bool *in_out;            /* whether each of them is in B */
    int64_t *chosen;
};

static double sign(int64_t exponent)
{
    return exponent % 2 == 0 ? 1 : -1;
}

/* The index of a set of s players, t of them in B, of a product of weight 1. */
static double share_of(const struct sx_estimate *e, int64_t a, int64_t b, int64_t s, int64_t t)
{
    int64_t in = a - (s - t), out = b - t;
    double sum = 0;
    if (e->row->meeting != NULL)
        return sign(t) * e->row->meeting(in, out);
    for (int64_t v = 0; v <= out; v++)
        sum += sign(v) * sx_choose(out, v) * e->row->weight(e->order, s, a + t + v);
    return sign(t) * sum;
}

/* The position in the list of the set {member[chosen[i]]}. */
static int64_t place_of(const struct products *p, int64_t s)
{
    int64_t n = p->e->game->n_live, rank = p->first_of_size[s], from = 0;
    for (int64_t i = 0; i < s; i++) {
        int64_t at = p->member[p->chosen[i]];
        if (s - i == 1)
            return rank + at - from;
        /* The number of sets with a smaller member i is a difference of two binomials. */
        rank += (int64_t)llround(sx_choose(n - from, s - i) - sx_choose(n - at, s - i));
        from = at + 1;
    }
    return rank;
}

/* Members of A and B, in the order of the live players. */
static int64_t merge_members(struct products *p, const int64_t *in, int64_t n_in,
                             const int64_t *out, int64_t n_out)
{
    int64_t m = 0;
    for (int64_t k = 0; k < n_in + n_out; k++) {
        int64_t at = p->e->place[k < n_in ? in[k] : out[k - n_in]], i = m++;
        for (; i > 0 && p->member[i - 1] > at; i--) {
            p->member[i] = p->member[i - 1];
            p->in_out[i] = p->in_out[i - 1];
        }
        p->member[i] = at;
        p->in_out[i] = k >= n_in;
    }
    return m;
}

static bool take(void *context, double weight, const int64_t *in, int64_t n_in,
                 const int64_t *out, int64_t n_out, struct sx_error *error)
{
    struct products *p = context;
    const struct sx_estimate *e = p->e;
    int64_t order = e->order, m = merge_members(p, in, n_in, out, n_out);
    if (e->row->meeting == NULL && n_out > MOST_ALTERNATING)
        return sx_fail(error, SX_USAGE, "%s of trees that are %lld deep is not known exactly",
                       e->row->name, (long long)m);
    for (int64_t s = e->row->least; s <= order && s <= m; s++) {
        for (int64_t t = s > n_in ? s - n_in : 0; t <= s && t <= n_out; t++)
            p->share[s * (order + 1) + t] = share_of(e, n_in, n_out, s, t);
        for (int64_t i = 0; i < s; i++)
            p->chosen[i] = i;
        do {
            int64_t t = 0;
            for (int64_t i = 0; i < s; i++)
                t += p->in_out[p->chosen[i]];
            e->terms->value[place_of(p, s)] += weight * p->share[s * (order + 1) + t];
        } while (sx_next_set(p->chosen, s, m));
    }
    return true;
}

bool sx_exact_products(struct sx_estimate *e)
{
    const struct sx_game *game = e->game;
    struct sx_interactions *terms = e->terms;
    struct products p = {.e = e};
    size_t n = (size_t)game->players + 1, sizes = (size_t)e->order + 2;
    p.first_of_size = sx_new(sizes, sizeof *p.first_of_size, e->error);
    p.share = sx_new(sizes, sizes * sizeof *p.share, e->error);
    p.member = sx_new(n, sizeof *p.member, e->error);
    p.in_out = sx_new(n, sizeof *p.in_out, e->error);
    p.chosen = sx_new(n, sizeof *p.chosen, e->error);
    bool ok = p.first_of_size != NULL && p.share != NULL && p.member != NULL &&
              p.in_out != NULL && p.chosen != NULL;
    for (int64_t k = terms->count; ok && k-- > 0;)
        p.first_of_size[terms->first[k + 1] - terms->first[k]] = k;
    const struct sx_product_taker to = {&p, take};
    ok = ok && game->products(game->context, &to, e->error);
    free(p.first_of_size);
    free(p.share);
    free(p.member);
    free(p.in_out);
    free(p.chosen);
    return ok;
}
