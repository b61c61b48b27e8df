/* direct.c - which convolutions and products have a kernel of this library, and the memory of
 * kernels. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "run/large.h"

enum {
    FEW_CHANNELS = 8,
    MOST_TAPS = SX_MOST_POINTERS / SX_TILE_ROWS,
    /* the largest stride, dilation or padding; those of networks are smaller */
    MOST_STEP = 1 << 15
};

bool sx_directs_new(struct sx_directs **d, int threads, bool wide, bool exact,
                    struct sx_error *error)
{
    *d = NULL;
    if (sx_tile_kernels() == NULL)
        return true;
    *d = sx_new(1, sizeof **d, error);
    if (*d == NULL)
        return false;
    (*d)->threads = threads;
    (*d)->all = !wide;
    (*d)->exact = exact;
    (*d)->loops = sx_winograd_loops(wide);
    return true;
}

void sx_directs_free(struct sx_directs *d)
{
    if (d == NULL)
        return;
    for (struct sx_direct *k = d->kernels, *next; k != NULL; k = next) {
        next = k->next;
        free(k);
    }
    for (struct sx_panels *p = d->panels, *next; p != NULL; p = next) {
        next = p->next;
        free(p);
    }
    free(d->block);
    free(d);
}

/* Joins consecutive clips: first low .. high, then those of `post`. */
static void add_clip(struct sx_finish *f, int i, const struct sx_key *posts, int post)
{
    bool relu = posts->post[post] == SX_POST_RELU;
    float low = relu ? 0 : (float)posts->low[post];
    float high = relu ? INFINITY : (float)posts->high[post];
    if (!f->clips[i]) {
        f->low[i] = -INFINITY;
        f->high[i] = INFINITY;
    }
    f->clips[i] = true;
    f->low[i] = fminf(fmaxf(f->low[i], low), high);
    f->high[i] = fminf(fmaxf(f->high[i], low), high);
}

static struct sx_finish finish_of(const struct sx_key *posts)
{
    struct sx_finish f = {.clips = {false, false}};
    int after = 0;
    for (int i = 0; i < posts->n_posts; i++)
        if (posts->post[i] == SX_POST_ADD)
            after = 1;
        else
            add_clip(&f, after, posts, i);
    return f;
}

static bool same_panels(const struct sx_panels *a, const struct sx_panels *b)
{
    return a->from == b->from && a->run == b->run && a->winograd == b->winograd &&
           a->large == b->large && a->w.rank == b->w.rank && a->w.first == b->w.first &&
           memcmp(a->w.dim, b->w.dim, sizeof a->w.dim) == 0 &&
           memcmp(a->w.stride, b->w.stride, sizeof a->w.stride) == 0;
}

/* Finds or adds the panels of some weights. */
static struct sx_panels *panels_of(struct sx_directs *d, const struct sx_graph *g,
                                   const struct sx_panels *wanted, struct sx_error *error)
{
    struct sx_panels *p = d->panels;
    while (p != NULL && !same_panels(p, wanted))
        p = p->next;
    if (p != NULL)
        return p;
    p = sx_new(1, sizeof *p, error);
    if (p == NULL)
        return NULL;
    *p = *wanted;
    p->g = g;
    for (const struct sx_panels *q = d->panels; q != NULL; q = q->next)
        if (sx_large_turns(q, p))
            p->other = q;
    p->next = d->panels;
    d->panels = p;
    return p;
}

/* Describes the rows of a product as a line of pixels. */
static void product_window(const struct sx_cut *cut, struct sx_window *w)
{
    *w =
        (struct sx_window){.n = 1, .channels = cut->k, .taps = 1, .run = cut->k, .dense = true};
    for (int d = 0; d < 3; d++) {
        w->image[d] = w->result[d] = d == 2 ? cut->m : 1;
        w->kernel[d] = w->stride[d] = w->dilation[d] = 1;
    }
}

static void conv_window(const struct sx_key *key, struct sx_window *w)
{
    int lead = 3 - (int)key->conv.rank;
    *w = (struct sx_window){
        .n = key->n, .channels = key->in, .taps = 1, .run = key->in, .dense = true};
    for (int d = 0; d < 3; d++) {
        int i = d - lead;
        w->image[d] = i < 0 ? 1 : key->image[i];
        w->result[d] = i < 0 ? 1 : key->result[i];
        w->kernel[d] = i < 0 ? 1 : key->kernel[i];
        w->stride[d] = i < 0 ? 1 : key->conv.stride[i];
        w->dilation[d] = i < 0 ? 1 : key->conv.dilation[i];
        w->pad[d] = i < 0 ? 0 : key->conv.pad_begin[i];
        int64_t last =
            (w->result[d] - 1) * w->stride[d] - w->pad[d] + (w->kernel[d] - 1) * w->dilation[d];
        w->outside = w->outside || w->pad[d] > 0 || last >= w->image[d];
        w->dense = w->dense && w->kernel[d] == 1 && w->stride[d] == 1 && w->pad[d] == 0 &&
                   w->image[d] == w->result[d];
        w->seen[d] = last + w->pad[d] + 1;
    }
    /* Few channels are read together with those of neighbouring pixels. */
    if (w->channels <= FEW_CHANNELS && w->kernel[2] > 1 && w->dilation[2] == 1) {
        w->padded = w->outside;
        w->outside = false;
        w->run = w->channels * w->kernel[2];
        w->kernel[2] = 1;
    }
    for (int d = 0; d < 3; d++)
        w->taps *= w->kernel[d];
}

/* Cuts the result by its shape alone. A chunk has enough panels to make use of the pixels once they
 * are read, and few enough to fit the cache. */
static void cut_result(struct sx_direct *k)
{
    enum { ROWS = 96, LEAST_PANELS = 4, CACHED = 192 << 10 };
    int64_t panel = k->window.taps * k->window.run * SX_TILE_COLUMNS * (int64_t)sizeof(float);
    int64_t most = SX_MOST_POINTERS / (k->window.taps * SX_TILE_ROWS) * SX_TILE_ROWS;
    int64_t rows = k->rows > 0 ? k->rows : 1;
    most = most < ROWS ? most : ROWS;
    int64_t chunks = (rows + most - 1) / most;
    k->chunk = ((rows + chunks - 1) / chunks + SX_TILE_ROWS - 1) / SX_TILE_ROWS * SX_TILE_ROWS;
    k->chunks = (rows + k->chunk - 1) / k->chunk;
    int64_t group = CACHED / panel;
    group = group < LEAST_PANELS ? LEAST_PANELS : group;
    int64_t groups = (k->panels->count + group - 1) / group;
    k->group = (k->panels->count + groups - 1) / groups;
    k->groups = (k->panels->count + k->group - 1) / k->group;
}

static bool new_kernel(struct sx_directs *d, const struct sx_graph *g,
                       const struct sx_window *w, const struct sx_panels *panels,
                       const struct sx_key *posts, int bias, int residual,
                       struct sx_direct **kernel, struct sx_error *error)
{
    struct sx_direct *k = *kernel = sx_new(1, sizeof *k, error);
    if (k == NULL)
        return false;
    k->next = d->kernels;
    d->kernels = k;
    k->window = *w;
    k->bias = bias;
    k->residual = residual;
    k->finish = finish_of(posts);
    k->rows = w->n * w->result[0] * w->result[1] * w->result[2];
    k->panels = panels_of(d, g, panels, error);
    if (k->panels == NULL)
        return false;
    k->loops = d->loops;
    k->threads = d->threads;
    if (panels->winograd)
        sx_winograd_cut(k);
    else if (!panels->large)
        cut_result(k);
    return true;
}

/* Whether a copy with padding is not much larger than the picture. Absurd numbers, which might
 * overflow, are refused. */
static bool is_modest(const struct sx_key *key, const struct sx_window *w)
{
    double seen = 1, image = 1;
    for (int i = 0; i < key->conv.rank; i++)
        if (key->conv.stride[i] > MOST_STEP || key->conv.dilation[i] > MOST_STEP ||
            llabs(key->conv.pad_begin[i]) > MOST_STEP)
            return false;
    for (int d = 0; d < 3; d++) {
        seen *= (double)w->seen[d];
        image *= (double)w->image[d];
    }
    return !w->padded || seen < 4 * image + 4096;
}

static void plain_panels(struct sx_panels *p, int64_t taps, int64_t run, int64_t out)
{
    p->columns = SX_TILE_COLUMNS;
    p->taps = taps;
    p->run = run;
    p->out = out;
    p->count = (out + SX_TILE_COLUMNS - 1) / SX_TILE_COLUMNS;
}

static bool conv(struct sx_directs *d, const struct sx_graph *g, const struct sx_node *node,
                 const struct sx_node *inner, struct sx_direct **kernel, struct sx_error *error)
{
    const struct sx_node *weights = &g->node[inner->in[1]];
    struct sx_key key;
    struct sx_window w;
    int bias, residual;
    memset(&key, 0, sizeof key);
    if (sx_count(&node->shape) == 0 || sx_count(&weights->shape) == 0 ||
        !sx_key_posts(node, &key, &bias, &residual))
        return true;
    sx_key_conv(g, inner, &key);
    bool turned = key.kind == SX_KEY_BACKWARD;
    if (!key.conv.nhwc || key.conv.group != 1 || (turned && !sx_key_turn(&key)))
        return true;
    conv_window(&key, &w);
    struct sx_panels p = {.from = weights->data};
    sx_key_weights(&key, turned, &p.w);
    if (d->loops != NULL && !d->exact && sx_winograd_pays(&key)) {
        sx_winograd_panels(d->loops, &key, &p);
        return new_kernel(d, g, &w, &p, &key, bias, residual, kernel, error);
    }
    if (!d->all || !is_modest(&key, &w) || w.taps > MOST_TAPS ||
        (w.outside && w.run > SX_MOST_OUTSIDE))
        return true;
    plain_panels(&p, w.taps, w.run, key.out);
    return new_kernel(d, g, &w, &p, &key, bias, residual, kernel, error);
}

static bool product(struct sx_directs *d, const struct sx_graph *g, const struct sx_node *node,
                    const struct sx_node *inner, struct sx_direct **kernel,
                    struct sx_error *error)
{
    struct sx_cut cut;
    struct sx_key key;
    struct sx_window w;
    int bias, residual;
    memset(&key, 0, sizeof key);
    if (!sx_cut_product(g, inner, &cut) || !sx_key_posts(node, &key, &bias, &residual) ||
        cut.rank > 0 || cut.a_stride[1] != 1)
        return true;
    key.kind = SX_KEY_PRODUCT;
    sx_key_product(&cut, cut.m, cut.n, &key);
    product_window(&cut, &w);
    struct sx_panels p = {.from = g->node[inner->in[1]].data};
    sx_key_weights(&key, false, &p.w);
    plain_panels(&p, 1, cut.k, cut.n);
    if (sx_is_large(d, g, &cut))
        sx_large_panels(d->loops, &p);
    else if (!d->all)
        return true;
    return new_kernel(d, g, &w, &p, &key, bias, residual, kernel, error);
}

bool sx_direct_kernel(struct sx_directs *d, const struct sx_graph *g,
                      const struct sx_node *node, struct sx_direct **kernel,
                      struct sx_error *error)
{
    struct sx_node inner = node->op == SX_FUSED ? sx_fused_inner(node) : *node;
    *kernel = NULL;
    bool known = inner.op == SX_CONV || inner.op == SX_CONVINPUT || inner.op == SX_MATMUL;
    if (node->type != SX_FLOAT || !known || g->node[inner.in[1]].op != SX_CONST)
        return true;
    return inner.op == SX_MATMUL ? product(d, g, node, &inner, kernel, error)
                                 : conv(d, g, node, &inner, kernel, error);
}

/* Chooses the panels that are kept, those of the first weights first. Returns their bytes. */
static size_t choose_kept(struct sx_directs *d)
{
    size_t weights = 0, bytes = 0;
    for (const struct sx_panels *p = d->panels; p != NULL; p = p->next) {
        const struct sx_panels *other = d->panels;
        while (other != p && other->from != p->from)
            other = other->next;
        weights += other == p ? sx_panels_bytes(p) : 0;
    }
    size_t most = weights + weights / 16; /* allows for padding of panels */
    for (struct sx_panels *p = d->panels; p != NULL; p = p->next) {
        p->kept = p->other == NULL &&
                  (weights < SX_FEW_WEIGHTS || sx_panels_bytes(p) <= most - bytes);
        bytes += p->kept ? sx_panels_bytes(p) : 0;
    }
    return bytes;
}

size_t sx_directs_packed(struct sx_directs *d)
{
    return choose_kept(d);
}

bool sx_directs_keep(struct sx_directs *d, struct sx_error *error)
{
    if (d->block != NULL || d->panels == NULL)
        return true;
    d->block = sx_new_huge(choose_kept(d), error);
    char *to = d->block;
    for (struct sx_panels *p = d->panels; to != NULL && p != NULL; p = p->next)
        if (p->kept) {
            p->packed = (float *)(void *)to;
            sx_panels_pack(p, p->packed);
            to += sx_panels_bytes(p);
        }
    return d->block != NULL;
}

void sx_directs_begin(struct sx_directs *d)
{
    for (struct sx_panels *p = d->panels; p != NULL; p = p->next)
        p->inexact = false;
}

bool sx_directs_inexact(const struct sx_directs *d)
{
    bool inexact = false;
    for (const struct sx_panels *p = d->panels; p != NULL; p = p->next)
        inexact = inexact || p->inexact;
    return inexact;
}

bool sx_directs_hold_nan(const struct sx_directs *d)
{
    bool nan = false;
    for (const struct sx_panels *p = d->panels; p != NULL; p = p->next)
        nan = nan || p->nan;
    return nan;
}
