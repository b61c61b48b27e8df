/* reach.c - finds the last picture inside a network whose places depend on few players each.
 *
 * A place of x depends on its own player. A place after a convolution or pool depends on the
 * players in its window, and so on. If players are patches that are larger than such windows, a
 * place depends on at most four of them even after several layers. */
#include <stdlib.h>
#include <string.h>

#include "explain/reach.h"
#include "graph/build.h"

/* The most players of a place, the most colours, and the least number of evaluations per coalition
 * of colours. */
enum { MOST_PLAYERS = 8, MOST_COLOURS = 8, LEAST_USES = 8 };

/* The most bytes of the sets of one node. */
#define MOST_SET_BYTES ((size_t)4 << 20)

struct search {
    const struct sx_graph *g;
    int x, value;
    const struct sx_players *players;
    size_t words;
    bool *needed, *hangs;
    /* per node: the set of players of each place; NULL: unknown, or a set is too large */
    uint64_t **set;
    double *work; /* per node that depends on x: its operations */
    size_t most_bytes;
    struct sx_error *error;
};

static bool is_picture(const struct sx_shape *s)
{
    return s->rank == 4 && s->dim[0] == 1;
}

static int64_t places_of(const struct sx_shape *s)
{
    return s->dim[2] * s->dim[3];
}

static bool same_places(const struct sx_shape *a, const struct sx_shape *b)
{
    return is_picture(a) && is_picture(b) && a->dim[2] == b->dim[2] && a->dim[3] == b->dim[3];
}

/* ---- Rules: each fills the sets of a node, or declines ---- */

static void unite(const struct search *s, uint64_t *to, const uint64_t *from)
{
    for (size_t w = 0; w < s->words; w++)
        to[w] |= from[w];
}

/* x itself, reshaped or transposed. */
static bool from_x(const struct search *s, const struct sx_node *n, uint64_t *set)
{
    const struct sx_node *x = &s->g->node[s->x];
    bool moved = n->op == SX_TRANSPOSE && n->in[0] == s->x;
    const struct sx_shape *from = moved ? &x->shape : &n->shape;
    int64_t step[4] = {0, 0, 0, 1}, along[4], places = places_of(&n->shape);
    if (!moved && n != x && (n->op != SX_RESHAPE || n->in[0] != s->x))
        return false;
    for (int i = 2; i >= 0; i--)
        step[i] = step[i + 1] * from->dim[i + 1];
    for (int i = 0; i < 4; i++)
        along[i] = step[moved ? n->attr[i] : i];
    for (int64_t c = 0; c < n->shape.dim[1]; c++)
        for (int64_t p = 0; p < places; p++) {
            int64_t at =
                c * along[1] + p / n->shape.dim[3] * along[2] + p % n->shape.dim[3] * along[3];
            if (s->players->label[at] >= 0)
                sx_set_add(set + (size_t)p * s->words, s->players->label[at]);
        }
    return true;
}

/* Operators that work place by place: pointwise ones, and concatenations of channels. */
static bool place_by_place(const struct search *s, const struct sx_node *n, uint64_t *set)
{
    if (n->op >= SX_N_POINTWISE && !(n->op == SX_CONCAT && n->attr[0] == 1))
        return false;
    for (int k = 0; k < n->n_in; k++) {
        const struct sx_node *in = &s->g->node[n->in[k]];
        const uint64_t *from = s->set[n->in[k]];
        if (!s->hangs[n->in[k]])
            continue;
        if (from == NULL || !same_places(&in->shape, &n->shape))
            return false;
        for (int64_t p = 0; p < places_of(&n->shape); p++)
            unite(s, set + (size_t)p * s->words, from + (size_t)p * s->words);
    }
    return true;
}

static void unite_window(const struct search *s, const struct sx_conv *c, const int64_t *extent,
                         const struct sx_shape *in, const uint64_t *from, int64_t row,
                         int64_t column, uint64_t *to)
{
    for (int64_t a = 0; a < extent[0]; a++)
        for (int64_t b = 0; b < extent[1]; b++) {
            int64_t i = row * c->stride[0] - c->pad_begin[0] + a * c->dilation[0];
            int64_t j = column * c->stride[1] - c->pad_begin[1] + b * c->dilation[1];
            if (i >= 0 && i < in->dim[2] && j >= 0 && j < in->dim[3])
                unite(s, to, from + (size_t)(i * in->dim[3] + j) * s->words);
        }
}

/* Convolutions with weights that do not depend on x, and pools. */
static bool windowed(const struct search *s, const struct sx_node *n, uint64_t *set)
{
    struct sx_pool p = {0};
    if (n->op == SX_CONV)
        sx_conv_get(n, &p.c);
    else if (n->op == SX_SUMPOOL || n->op == SX_POOLINDEX)
        sx_pool_get(n, &p);
    else
        return false;
    const struct sx_node *in = &s->g->node[n->in[0]];
    const uint64_t *from = s->set[n->in[0]];
    if (n->op == SX_CONV)
        memcpy(p.c.extent, &s->g->node[n->in[1]].shape.dim[2], 2 * sizeof *p.c.extent);
    if (from == NULL || p.c.rank != 2 || p.c.nhwc != 0 ||
        (n->op == SX_CONV && s->hangs[n->in[1]]))
        return false;
    for (int64_t i = 0; i < n->shape.dim[2]; i++)
        for (int64_t j = 0; j < n->shape.dim[3]; j++)
            unite_window(s, &p.c, p.c.extent, &in->shape, from, i, j,
                         set + (size_t)(i * n->shape.dim[3] + j) * s->words);
    return true;
}

static int behind_reshape(const struct sx_graph *g, int node)
{
    return g->node[node].op == SX_RESHAPE ? g->node[node].in[0] : node;
}

/* Max pools: a RESHAPE of a TAKE by the indices of POOLINDEX. */
static bool max_pooled(const struct search *s, const struct sx_node *n, uint64_t *set)
{
    if (n->op != SX_RESHAPE || s->g->node[n->in[0]].op != SX_TAKE)
        return false;
    const struct sx_node *take = &s->g->node[n->in[0]];
    int index = behind_reshape(s->g, take->in[1]), from = behind_reshape(s->g, take->in[0]);
    const struct sx_node *at = &s->g->node[index];
    if (take->attr[1] == 0 || at->op != SX_POOLINDEX || at->in[0] != from ||
        s->set[index] == NULL || !sx_shape_equal(&at->shape, &n->shape))
        return false;
    memcpy(set, s->set[index], (size_t)places_of(&n->shape) * s->words * sizeof *set);
    return true;
}

/* ---- All nodes ---- */

static bool is_narrow(const struct search *s, const struct sx_node *n, const uint64_t *set)
{
    for (int64_t p = 0; p < places_of(&n->shape); p++)
        if (sx_set_count(set + (size_t)p * s->words, s->words) > MOST_PLAYERS)
            return false;
    return true;
}

static bool fill(const struct search *s, int i)
{
    const struct sx_node *n = &s->g->node[i];
    size_t bytes;
    if (!is_picture(&n->shape) || places_of(&n->shape) < 1 ||
        !sx_size_mul(&bytes, (size_t)places_of(&n->shape), s->words * sizeof(uint64_t)) ||
        bytes > MOST_SET_BYTES)
        return true;
    uint64_t *set = sx_new(bytes, 1, s->error);
    if (set == NULL)
        return false;
    if ((from_x(s, n, set) || place_by_place(s, n, set) || windowed(s, n, set) ||
         max_pooled(s, n, set)) &&
        is_narrow(s, n, set))
        s->set[i] = set;
    else
        free(set);
    return true;
}

/* The approximate number of operations of a node; moving an element counts as four. */
static double work_of(const struct sx_graph *g, const struct sx_node *n)
{
    double count = (double)sx_count(&n->shape);
    const struct sx_shape *b = n->n_in > 1 ? &g->node[n->in[1]].shape : NULL;
    if (n->op == SX_CONV && b->dim[0] > 0)
        return 2 * count * (double)(sx_count(b) / b->dim[0]);
    if (n->op == SX_MATMUL && b->rank > 0 && n->shape.rank > 0)
        return 2 * count * (double)sx_count(b) / (double)(n->shape.dim[n->shape.rank - 1] + 1);
    return 4 * count;
}

static bool walk(struct search *s)
{
    s->hangs[s->x] = true;
    for (size_t i = 0; i < s->g->n_nodes; i++) {
        const struct sx_node *n = &s->g->node[i];
        for (int k = 0; k < n->n_in; k++)
            s->hangs[i] = s->hangs[i] || s->hangs[n->in[k]];
        if (!s->hangs[i] || !s->needed[i])
            continue;
        s->work[i] = work_of(s->g, n);
        if (!fill(s, (int)i))
            return false;
    }
    return true;
}

/* ---- Choosing ---- */

/* Whether all paths from x to the value lead through this node. `by` has room for all nodes. */
static bool passes_all(const struct search *s, int node, bool *by)
{
    for (int i = 0; i <= s->value; i++) {
        by[i] = i == s->x;
        for (int k = 0; k < s->g->node[i].n_in; k++)
            by[i] = by[i] || by[s->g->node[i].in[k]];
        by[i] = by[i] && i != node;
    }
    return !by[s->value];
}

/* Records that the players of a place need different colours; conflict[] has a set for each player. */
static void keep_apart(const struct search *s, const uint64_t *place, uint64_t *conflict)
{
    for (size_t w = 0; w < s->words; w++)
        for (uint64_t left = place[w]; left != 0; left &= left - 1) {
            size_t player = 64 * w + (size_t)__builtin_ctzll(left);
            unite(s, conflict + player * s->words, place);
        }
}

/* The least colour that no earlier player in conflict with this one has. */
static int free_colour(const uint64_t *conflict, const int *colour, int64_t player)
{
    uint64_t taken = 0;
    for (int64_t other = 0; other < player; other++)
        if (sx_set_has(conflict, other))
            taken |= (uint64_t)1 << colour[other];
    int c = 0;
    while (c < MOST_COLOURS && (taken >> c & 1) != 0)
        c++;
    return c;
}

/* Colours the players for a node's places; *colours exceeds MOST_COLOURS if these are too few. */
static bool colour_players(const struct search *s, int node, int *colour, int *colours)
{
    const struct sx_node *n = &s->g->node[node];
    uint64_t *conflict =
        sx_new((size_t)s->players->count, s->words * sizeof *conflict, s->error);
    *colours = 0;
    if (conflict == NULL)
        return false;
    for (int64_t p = 0; p < places_of(&n->shape); p++)
        keep_apart(s, s->set[node] + (size_t)p * s->words, conflict);
    for (int64_t i = 0; i < s->players->count && *colours <= MOST_COLOURS; i++) {
        colour[i] = free_colour(conflict + (size_t)i * s->words, colour, i);
        *colours = colour[i] + 1 > *colours ? colour[i] + 1 : *colours;
    }
    free(conflict);
    return true;
}

/* The operations of `expected` evaluations below the node, plus those of all coalitions of colours
 * above it. */
static double cost(const struct search *s, int node, int colours, int64_t expected, bool *above)
{
    double before = 0, behind = 4 * (double)sx_count(&s->g->node[node].shape);
    memset(above, 0, s->g->n_nodes * sizeof *above);
    sx_mark_needed(s->g, &node, 1, above);
    for (size_t i = 0; i < s->g->n_nodes; i++)
        *(above[i] ? &before : &behind) += s->work[i];
    return before * (double)((int64_t)1 << colours) + behind * (double)expected;
}

static bool fits(const struct search *s, int node, int colours, int64_t expected)
{
    const struct sx_node *n = &s->g->node[node];
    size_t bytes = (size_t)sx_count(&n->shape) * sx_type_size(n->type);
    return colours <= MOST_COLOURS && expected >= (int64_t)LEAST_USES << colours &&
           bytes <= s->most_bytes >> colours;
}

static bool choose(const struct search *s, int64_t expected, struct sx_reach *to)
{
    size_t n_nodes = s->g->n_nodes;
    bool *mark = sx_new(n_nodes, sizeof *mark, s->error), ok = mark != NULL;
    int *colour = sx_new((size_t)s->players->count, sizeof *colour, s->error), colours;
    double least = 0;
    for (size_t i = 0; ok && i < n_nodes; i++)
        least += s->work[i] * (double)expected;
    ok = ok && colour != NULL;
    for (int i = s->x + 1; ok && i < s->value; i++) {
        if (s->set[i] == NULL || s->g->node[i].type != s->g->real || !passes_all(s, i, mark))
            continue;
        ok = colour_players(s, i, colour, &colours);
        if (!ok || !fits(s, i, colours, expected))
            continue;
        double now = cost(s, i, colours, expected, mark);
        if (now < least) {
            least = now;
            to->node = i;
            to->colours = colours;
            memcpy(to->colour, colour, (size_t)s->players->count * sizeof *colour);
        }
    }
    free(mark);
    free(colour);
    return ok;
}

/* ---- The result ---- */

static bool list_players(const struct search *s, struct sx_reach *to)
{
    const struct sx_node *n = &s->g->node[to->node];
    const uint64_t *set = s->set[to->node];
    int64_t all = 0;
    to->channels = n->shape.dim[1];
    to->places = places_of(&n->shape);
    for (int64_t p = 0; p < to->places; p++)
        all += sx_set_count(set + (size_t)p * s->words, s->words);
    to->first = sx_new((size_t)to->places + 1, sizeof *to->first, s->error);
    to->player = sx_new((size_t)all + 1, sizeof *to->player, s->error);
    if (to->first == NULL || to->player == NULL)
        return false;
    for (int64_t p = 0; p < to->places; p++) {
        to->first[p + 1] = to->first[p];
        for (int64_t i = 0; i < s->players->count; i++)
            if (sx_set_has(set + (size_t)p * s->words, i))
                to->player[to->first[p + 1]++] = i;
    }
    return true;
}

bool sx_reach_find(struct sx_reach *reach, const struct sx_explained *b,
                   const struct sx_players *players, int64_t expected, size_t most_bytes,
                   struct sx_error *error)
{
    size_t n = b->graph->n_nodes;
    struct search s = {.g = b->graph,
                       .x = b->x,
                       .value = b->value,
                       .players = players,
                       .words = sx_set_words(players->count),
                       .needed = sx_new(n, sizeof(bool), error),
                       .hangs = sx_new(n, sizeof(bool), error),
                       .set = sx_new(n, sizeof(uint64_t *), error),
                       .work = sx_new(n, sizeof(double), error),
                       .most_bytes = most_bytes,
                       .error = error};
    *reach = (struct sx_reach){.node = SX_NONE};
    reach->colour = sx_new((size_t)players->count, sizeof(int), error);
    bool ok = s.needed != NULL && s.hangs != NULL && s.set != NULL && s.work != NULL &&
              reach->colour != NULL;
    if (ok && expected >= LEAST_USES) {
        sx_mark_needed(b->graph, &b->value, 1, s.needed);
        ok = walk(&s) && choose(&s, expected, reach) &&
             (reach->node == SX_NONE || list_players(&s, reach));
    }
    for (size_t i = 0; s.set != NULL && i < n; i++)
        free(s.set[i]);
    free(s.needed);
    free(s.hangs);
    free(s.set);
    free(s.work);
    if (!ok)
        sx_reach_free(reach);
    return ok;
}

void sx_reach_free(struct sx_reach *reach)
{
    free(reach->colour);
    free(reach->first);
    free(reach->player);
    *reach = (struct sx_reach){.node = SX_NONE};
}
