/* fuse.c - fewer passes over memory: FUSED products and convolutions, MAP programs.
 *
 * FUSED: a product or a convolution absorbs the bias, residual and activation that follow it, if
 * the tensor in between has no other reader. Other pointwise nodes are computed where their result
 * is used, if that is one place of the same shape; that place becomes a MAP program. Comparisons
 * are so cheap that each user may compute them anew. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/build.h"
#include "ops/fused.h"
#include "ops/map.h"
#include "run/cut.h"
#include "run/passes.h"
#include "run/pools.h"

enum {
    MOST_IN = 12, /* operands and instructions of a program; together they fit the registers */
    MOST_INSTR = 20,
    EVERYWHERE = -2 /* every user computes the node anew */
};

struct fuse {
    const struct sx_graph *from;
    struct sx_graph *to;
    int *map;
    bool *needed, *output;
    int *first_user,
        *user;           /* users of node i: user[first_user[i]] .. user[first_user[i+1]-1] */
    int *product;        /* per node of a fused chain: its product; else SX_NONE */
    bool *absorbed;      /* per node: it is in a chain, and is not its last node */
    int *root;           /* per pointwise node: the node whose program computes it */
    int *n_instr, *n_in; /* per program, upper bounds */
};

static int uses(const struct fuse *f, int i)
{
    return f->first_user[i + 1] - f->first_user[i];
}

/* Lists the users of every node by counting sort. */
static bool find_users(struct fuse *f)
{
    const struct sx_graph *g = f->from;
    size_t n_uses = 0;
    for (size_t i = 0; i < g->n_nodes; i++)
        for (int k = 0; f->needed[i] && k < g->node[i].n_in; k++, n_uses++)
            f->first_user[g->node[i].in[k] + 1]++;
    for (size_t i = 0; i < g->n_nodes; i++)
        f->first_user[i + 1] += f->first_user[i];
    f->user = sx_new(n_uses, sizeof *f->user, &f->to->error);
    int *next = sx_new(g->n_nodes, sizeof *next, &f->to->error);
    if (f->user != NULL && next != NULL) {
        memcpy(next, f->first_user, g->n_nodes * sizeof *next);
        for (size_t i = 0; i < g->n_nodes; i++)
            for (int k = 0; f->needed[i] && k < g->node[i].n_in; k++)
                f->user[next[g->node[i].in[k]]++] = (int)i;
    }
    free(next);
    return f->to->error.status == SX_OK;
}

/* ---- Products and their posts ---- */

/* Whether oneDNN has a kernel for the node that takes posts. */
static bool takes_posts(const struct sx_graph *g, const struct sx_node *node)
{
    struct sx_conv c;
    struct sx_cut cut;
    if (node->type != SX_FLOAT)
        return false;
    if (node->op == SX_MATMUL)
        return sx_cut_product(g, node, &cut);
    if (node->op != SX_CONV && node->op != SX_CONVINPUT)
        return false;
    sx_conv_get(node, &c);
    bool unit = true;
    for (int i = 0; i < c.rank; i++)
        unit = unit && c.stride[i] == 1;
    return c.nhwc != 0 && (node->op == SX_CONV || unit);
}

/* Narrows the range of the last post, or adds one. */
static bool add_clip(struct sx_fused *fused, double low, double high)
{
    struct sx_post *before = fused->n_posts > 0 ? &fused->post[fused->n_posts - 1] : NULL;
    struct sx_post range = {SX_POST_CLIP, -INFINITY, INFINITY};
    if (before != NULL && before->kind == SX_POST_RELU)
        range.low = 0;
    else if (before != NULL && before->kind == SX_POST_CLIP)
        range = *before;
    else
        before = NULL;
    if (low > range.high || high < range.low)
        return false;
    range.low = low > range.low ? low : range.low;
    range.high = high < range.high ? high : range.high;
    if (before == NULL && fused->n_posts == SX_MAX_POSTS)
        return false;
    *(before != NULL ? before : &fused->post[fused->n_posts++]) = range;
    return true;
}

/* The operand of `node` other than `value`. */
static int other_operand(const struct sx_node *node, int value)
{
    return node->in[node->in[0] == value ? 1 : 0];
}

static bool add_term(const struct sx_graph *g, const struct sx_node *node, int other,
                     struct sx_fused *fused)
{
    const struct sx_shape *shape = &g->node[other].shape;
    int64_t channels = node->shape.dim[node->shape.rank - 1];
    bool bias = fused->n_posts == 0 && sx_count(shape) == channels &&
                (channels == 1 || shape->dim[shape->rank - 1] == channels);
    if (fused->n_posts == SX_MAX_POSTS || (!bias && !sx_shape_equal(shape, &node->shape)))
        return false;
    for (int i = 0; i < fused->n_posts; i++)
        if (fused->post[i].kind == SX_POST_ADD)
            return false;
    fused->post[fused->n_posts++].kind = bias ? SX_POST_BIAS : SX_POST_ADD;
    return true;
}

/* Makes `node`, the only user of `value`, a post. *operand is what it adds, if anything. */
static bool add_post(const struct sx_graph *g, const struct sx_node *node, int value,
                     struct sx_fused *fused, int *operand)
{
    double limit;
    *operand = SX_NONE;
    if (!sx_shape_equal(&g->node[value].shape, &node->shape))
        return false;
    switch (node->op) {
    case SX_ADD:
        *operand = other_operand(node, value);
        return add_term(g, node, *operand, fused);
    case SX_RELU:
        if (fused->n_posts == SX_MAX_POSTS)
            return false;
        fused->post[fused->n_posts++].kind = SX_POST_RELU;
        return true;
    case SX_MIN:
        return sx_is_uniform(g, other_operand(node, value), &limit) &&
               add_clip(fused, -INFINITY, limit);
    case SX_MAX:
        return sx_is_uniform(g, other_operand(node, value), &limit) &&
               add_clip(fused, limit, INFINITY);
    default:
        return false;
    }
}

/* Follows the chain from product `i`, and returns its last node. operands[] are those of the posts. */
static int follow(const struct fuse *f, int i, struct sx_fused *fused, int *operands)
{
    const struct sx_graph *g = f->from;
    int n = 0, operand, product = i;
    *fused = (struct sx_fused){.op = g->node[i].op, .n_attr = g->node[i].n_attr};
    fused->attr = g->node[i].attr;
    while (uses(f, i) == 1 && !f->output[i]) {
        int next = f->user[f->first_user[i]];
        if ((f->product[next] != SX_NONE && f->product[next] != product) ||
            !add_post(g, &g->node[next], i, fused, &operand))
            break;
        if (operand != SX_NONE)
            operands[n++] = operand;
        i = next;
    }
    return i;
}

static void find_chains(struct fuse *f)
{
    const struct sx_graph *g = f->from;
    struct sx_fused fused;
    int operands[SX_MAX_POSTS];
    for (size_t i = 0; i < g->n_nodes; i++) {
        if (!f->needed[i] || !takes_posts(g, &g->node[i]))
            continue;
        int last = follow(f, (int)i, &fused, operands);
        if (last == (int)i)
            continue;
        f->product[last] = (int)i;
        for (int k = (int)i; k != last; k = f->user[f->first_user[k]]) {
            f->product[k] = (int)i;
            f->absorbed[k] = true;
        }
    }
}

static int emit_chain(struct fuse *f, int last)
{
    int i = f->product[last], in[2 + SX_MAX_POSTS], operands[SX_MAX_POSTS], n = 2;
    struct sx_fused fused;
    follow(f, i, &fused, operands);
    for (int k = 0; k < 2; k++)
        in[k] = f->map[f->from->node[i].in[k]];
    for (int k = 0, post = 0; post < fused.n_posts; post++)
        if (sx_post_has_operand(&fused.post[post]))
            in[n++] = f->map[operands[k++]];
    return sx_fused(f->to, n, in, &fused);
}

/* ---- Programs ---- */

static bool mappable(const struct fuse *f, int i)
{
    return sx_is_pointwise(&f->from->node[i]) && f->product[i] == SX_NONE;
}

static bool has_room(const struct fuse *f, int root, int i)
{
    return f->n_instr[root] < MOST_INSTR &&
           f->n_in[root] + f->from->node[i].n_in - 1 <= MOST_IN;
}

static void join(struct fuse *f, int root, int i)
{
    f->n_instr[root]++;
    f->n_in[root] += f->from->node[i].n_in - 1;
}

/* Decides which program computes node i, after this was decided for its users. */
static void place(struct fuse *f, int i)
{
    const struct sx_node *node = &f->from->node[i];
    int root = SX_NONE;
    bool one_root = true, fits = uses(f, i) > 0 && !f->output[i];
    f->root[i] = i;
    f->n_instr[i] = 1;
    f->n_in[i] = node->n_in;
    for (int k = f->first_user[i]; fits && k < f->first_user[i + 1]; k++) {
        int user = f->user[k];
        fits = mappable(f, user) && f->root[user] != EVERYWHERE &&
               sx_shape_equal(&f->from->node[user].shape, &node->shape) &&
               has_room(f, f->root[user], i);
        one_root = one_root && (root == SX_NONE || root == f->root[user]);
        root = f->root[user];
    }
    if (!fits || (!one_root && node->type != SX_BOOL))
        return;
    f->root[i] = one_root ? root : EVERYWHERE;
    for (int k = f->first_user[i]; k < f->first_user[i + 1]; k++)
        if (!one_root || k == f->first_user[i])
            join(f, f->root[f->user[k]], i);
}

/* Lists the nodes of a program in order. They are found from its last node backward. */
static int collect(const struct fuse *f, int root, int *list)
{
    int n = 1;
    list[0] = root;
    for (int done = 0; done < n; done++) {
        const struct sx_node *node = &f->from->node[list[done]];
        for (int k = 0; k < node->n_in; k++) {
            int i = node->in[k], at = 0;
            if (f->root[i] != root && f->root[i] != EVERYWHERE)
                continue;
            while (at < n && list[at] != i)
                at++;
            if (at == n)
                list[n++] = i;
        }
    }
    for (int i = 1; i < n; i++)
        for (int k = i; k > 0 && list[k] < list[k - 1]; k--) {
            int t = list[k];
            list[k] = list[k - 1];
            list[k - 1] = t;
        }
    return n;
}

/* The number of node i in a program: that of an earlier instruction, or of an operand. */
static int value_of(const struct fuse *f, const int *list, int n, int i, int *in, int *n_in,
                    bool *inner)
{
    for (int k = 0; k < n; k++)
        if (list[k] == i) {
            *inner = true;
            return k;
        }
    *inner = false;
    for (int k = 0; k < *n_in; k++)
        if (in[k] == f->map[i])
            return k;
    in[*n_in] = f->map[i];
    return (*n_in)++;
}

static int emit_program(struct fuse *f, int root)
{
    enum { MOST = MOST_INSTR + 1 };
    struct sx_map_instr instr[MOST];
    int list[3 * MOST], in[3 * MOST], value[MOST][3], n_in = 0, n = collect(f, root, list);
    bool inner[MOST][3] = {{false}};
    const struct sx_node *last = &f->from->node[root];
    if (n == 1) {
        for (int k = 0; k < last->n_in; k++)
            in[k] = f->map[last->in[k]];
        return sx_emit(f->to, last->op, last->n_in, in, last->n_attr, last->attr);
    }
    for (int i = 0; i < n; i++) {
        const struct sx_node *node = &f->from->node[list[i]];
        instr[i] = sx_map_of(f->from, node);
        for (int k = 0; k < node->n_in; k++)
            value[i][k] = value_of(f, list, i, node->in[k], in, &n_in, &inner[i][k]);
    }
    for (int i = 0; i < n; i++) {
        int *operand[] = {&instr[i].a, &instr[i].b, &instr[i].c};
        for (int k = 0; k < f->from->node[list[i]].n_in; k++)
            *operand[k] = value[i][k] + (inner[i][k] ? n_in : 0);
    }
    int program = sx_map(f->to, n_in, in, instr, n);
    if (program == SX_NONE)
        sx_graph_fail(f->to, SX_MODEL, "a program of %d instructions is too long", n);
    return program;
}

/* ---- The pass ---- */

static int emit(struct fuse *f, int i)
{
    const struct sx_node *node = &f->from->node[i];
    if (node->op == SX_INPUT)
        return sx_input(f->to, node->type, &node->shape);
    if (node->op == SX_CONST)
        return sx_const_borrow(f->to, node->type, &node->shape, node->data);
    if (f->product[i] != SX_NONE)
        return f->absorbed[i] ? SX_NONE : emit_chain(f, i);
    if (f->root[i] != SX_NONE)
        return f->root[i] == i ? emit_program(f, i) : SX_NONE;
    int choice = sx_max_pool_of(f->from, node);
    if (choice != SX_NONE) {
        const struct sx_node *pool = &f->from->node[choice];
        int best =
            sx_emit(f->to, SX_MAXPOOL, 1, &f->map[pool->in[0]], pool->n_attr, pool->attr);
        return sx_reshape(f->to, best, &node->shape);
    }
    int *in = sx_new((size_t)node->n_in, sizeof *in, &f->to->error), result = SX_NONE;
    if (in != NULL) {
        for (int k = 0; k < node->n_in; k++)
            in[k] = f->map[node->in[k]];
        result = sx_emit(f->to, node->op, node->n_in, in, node->n_attr, node->attr);
    }
    free(in);
    return result;
}

static bool prepare(struct fuse *f, const int *outputs, int n_outputs)
{
    size_t n = f->from->n_nodes;
    struct sx_error *error = &f->to->error;
    f->needed = sx_new(n, sizeof *f->needed, error);
    f->output = sx_new(n, sizeof *f->output, error);
    f->absorbed = sx_new(n, sizeof *f->absorbed, error);
    f->first_user = sx_new(n + 1, sizeof *f->first_user, error);
    f->product = sx_new(n, sizeof *f->product, error);
    f->root = sx_new(n, sizeof *f->root, error);
    f->n_instr = sx_new(n, sizeof *f->n_instr, error);
    f->n_in = sx_new(n, sizeof *f->n_in, error);
    if (error->status != SX_OK)
        return false;
    for (size_t i = 0; i < n; i++)
        f->product[i] = f->root[i] = f->map[i] = SX_NONE;
    for (int i = 0; i < n_outputs; i++)
        f->output[outputs[i]] = true;
    sx_mark_needed(f->from, outputs, n_outputs, f->needed);
    return find_users(f);
}

bool sx_fuse(const struct sx_graph *from, struct sx_graph *to, bool products,
             const int *outputs, int n_outputs, int *map)
{
    struct fuse f = {.from = from, .to = to, .map = map};
    if (prepare(&f, outputs, n_outputs)) {
        if (products)
            find_chains(&f);
        for (size_t i = from->n_nodes; i-- > 0;)
            if (f.needed[i] && mappable(&f, (int)i))
                place(&f, (int)i);
        for (size_t i = 0; i < from->n_nodes && to->error.status == SX_OK; i++)
            if (f.needed[i])
                map[i] = emit(&f, (int)i);
    }
    free(f.needed);
    free(f.output);
    free(f.absorbed);
    free(f.first_user);
    free(f.user);
    free(f.product);
    free(f.root);
    free(f.n_instr);
    free(f.n_in);
    return to->error.status == SX_OK;
}
