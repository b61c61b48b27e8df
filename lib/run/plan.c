/* plan.c - plans the memory of every value: lifetimes, shared storage, one arena; and makes the
 * steps. */
#include <stdlib.h>
#include <string.h>

#include "ops/fused.h"
#include "run/cut.h"
#include "run/program.h"

#define ALIGN ((size_t)64)

enum kind { UNUSED, ARENA, CONSTANT, FEED, RESULT };

/* A storage: it holds the value of a node and of all views of it. */
struct place {
    enum kind kind;
    int index;        /* number of the feed or result */
    size_t last;      /* step of its last use */
    size_t offset;    /* offset in the arena */
    size_t size;      /* bytes in the arena, rounded up */
    const void *data; /* of a constant */
    bool loose;       /* it is copied, because a kernel needs it aligned */
    bool seen;        /* it has been searched for NaN */
};

/* A hole of the arena; holes are sorted by offset and never touch. */
struct hole {
    size_t offset, size;
};

struct planner {
    struct sx_program *program;
    const struct sx_graph *g;
    int *root;                 /* per node: the node whose storage it shares */
    struct place *place;       /* per node; only roots matter */
    size_t *scratch;           /* per step: offset of its scratch memory */
    struct sx_kernel **kernel; /* per step: kernels of oneDNN, and of this library */
    struct sx_direct **direct;
    int *node; /* per step: its node, or SX_NONE - i for a copy to output i */
    size_t n_steps;
    struct hole *hole;
    size_t n_holes, hole_capacity, most; /* most: an upper bound of the sizes of holes */
    size_t top, peak;                    /* the end of the arena: now, and its maximum */
    size_t max_memory;                   /* bytes; 0: no limit */
    struct sx_error *error;
};

static bool is_step(const struct sx_graph *g, const struct sx_node *node)
{
    return node->op != SX_INPUT && node->op != SX_CONST && !sx_row_of(g, node)->view;
}

/* The largest value that is allowed if there is no limit. No machine has more memory. */
#define LARGEST ((size_t)1 << 39)

/* Sets *bytes to the size of a node's value. Fails if it alone exceeds the limit, before anything
 * is allocated for it. */
static bool bytes_of(const struct planner *p, const struct sx_node *node, size_t *bytes)
{
    size_t limit = p->max_memory > 0 && p->max_memory < LARGEST ? p->max_memory : LARGEST;
    int64_t count;
    if (!sx_shape_count(&node->shape, &count, p->error))
        return false;
    if (!sx_size_mul(bytes, (size_t)count, sx_type_size(node->type)))
        return sx_over_limit(p->error, "a value is too large");
    if (*bytes > limit)
        return sx_over_limit(p->error, "a value of %zu MB is over the memory limit of %zu MB",
                             *bytes >> 20, limit >> 20);
    return true;
}

/* ---- The arena: best fit; holes merge when memory is returned ---- */

static bool take_memory(struct planner *p, size_t bytes, size_t *offset, size_t *size)
{
    if (!sx_size_add(size, bytes > 0 ? bytes : 1, ALIGN - 1))
        return sx_over_limit(p->error, "a value is too large");
    *size &= ~(ALIGN - 1);
    /* Takes the lowest of the smallest holes that are large enough. */
    size_t best = p->n_holes, most = 0, i = 0;
    for (; *size <= p->most && i < p->n_holes; i++) {
        most = p->hole[i].size > most ? p->hole[i].size : most;
        if (p->hole[i].size >= *size &&
            (best == p->n_holes || p->hole[i].size < p->hole[best].size))
            best = i;
        if (best < p->n_holes && p->hole[best].size == *size)
            break;
    }
    if (i == p->n_holes && *size <= p->most)
        p->most = most;
    if (best < p->n_holes) {
        struct hole *h = &p->hole[best];
        *offset = h->offset;
        h->offset += *size;
        h->size -= *size;
        if (h->size == 0) {
            memmove(h, h + 1, (p->n_holes - best - 1) * sizeof *h);
            p->n_holes--;
        }
        return true;
    }
    *offset = p->top;
    if (!sx_size_add(&p->top, p->top, *size) || p->top > SIZE_MAX / 4)
        return sx_over_limit(p->error, "the values are too large");
    if (p->top > p->peak)
        p->peak = p->top;
    return true;
}

static bool give_memory(struct planner *p, size_t offset, size_t size)
{
    if (!sx_grow((void **)&p->hole, &p->hole_capacity, p->n_holes + 1, sizeof *p->hole,
                 p->error))
        return false;
    size_t i = 0;
    for (size_t end = p->n_holes; i < end;) {
        size_t middle = i + (end - i) / 2;
        if (p->hole[middle].offset < offset)
            i = middle + 1;
        else
            end = middle;
    }
    memmove(p->hole + i + 1, p->hole + i, (p->n_holes - i) * sizeof *p->hole);
    p->hole[i] = (struct hole){offset, size};
    p->n_holes++;
    if (i + 1 < p->n_holes && offset + size == p->hole[i + 1].offset) {
        p->hole[i].size += p->hole[i + 1].size;
        memmove(p->hole + i + 1, p->hole + i + 2, (p->n_holes - i - 2) * sizeof *p->hole);
        p->n_holes--;
    }
    if (i > 0 && p->hole[i - 1].offset + p->hole[i - 1].size == offset) {
        p->hole[i - 1].size += p->hole[i].size;
        memmove(p->hole + i, p->hole + i + 1, (p->n_holes - i - 1) * sizeof *p->hole);
        p->n_holes--;
    }
    /* The returned memory is hole i, or was joined to the one before. */
    i = i < p->n_holes ? i : p->n_holes - 1;
    for (size_t k = i > 0 ? i - 1 : 0; k <= i; k++)
        p->most = p->hole[k].size > p->most ? p->hole[k].size : p->most;
    struct hole *end = &p->hole[p->n_holes - 1];
    if (end->offset + end->size == p->top) {
        p->top = end->offset;
        p->n_holes--;
    }
    return true;
}

/* ---- Lifetimes ---- */

/* Orders the steps, and finds whose storage each node shares and when it is last used. */
static bool lifetimes(struct planner *p)
{
    const struct sx_graph *g = p->g;
    struct sx_program *program = p->program;
    bool *needed = sx_new(g->n_nodes, sizeof *needed, p->error);
    if (needed == NULL)
        return false;
    sx_mark_needed(g, program->outputs, program->n_outputs, needed);
    for (size_t i = 0; i < g->n_nodes; i++) {
        const struct sx_node *node = &g->node[i];
        p->root[i] = (int)i;
        if (!needed[i])
            continue;
        if (sx_row_of(g, node)->view)
            p->root[i] = p->root[node->in[0]];
        if (node->op == SX_CONST)
            p->place[i] = (struct place){.kind = CONSTANT, .data = node->data};
        if (!is_step(g, node))
            continue;
        p->place[i].kind = ARENA;
        for (int k = 0; k < node->n_in; k++)
            p->place[p->root[node->in[k]]].last = p->n_steps;
        p->place[i].last = p->n_steps;
        p->node[p->n_steps++] = (int)i;
    }
    bool ok = true;
    for (size_t i = 0; i < g->n_nodes; i++) {
        bool fed = g->node[i].op != SX_INPUT || !needed[i];
        for (int k = 0; k < program->n_inputs && !fed; k++)
            if (program->inputs[k] == (int)i) {
                p->place[i] = (struct place){.kind = FEED, .index = k};
                fed = true;
            }
        if (!fed)
            ok = sx_fail(p->error, SX_USAGE, "an input of the graph is not given");
    }
    free(needed);
    return ok;
}

/* Binds the outputs. One that a step computes is written in place; others are copied at the end. */
static void bind_outputs(struct planner *p)
{
    for (int i = 0; i < p->program->n_outputs; i++) {
        struct place *place = &p->place[p->root[p->program->outputs[i]]];
        if (place->kind == ARENA) {
            place->kind = RESULT;
            place->index = i;
        } else {
            p->node[p->n_steps++] = SX_NONE - i;
        }
    }
}

/* ---- Storage ---- */

/* The storage of a FUSED node's residual, if this is its last use and it is no other operand. The
 * sum is then made in place. */
static int residual(const struct planner *p, const struct sx_node *node, size_t step)
{
    struct sx_fused fused;
    int found = SX_NONE, uses = 0;
    sx_fused_get(node, &fused);
    int k = SX_FUSED_OPERANDS;
    for (int i = 0; i < fused.n_posts; i++)
        if (sx_post_has_operand(&fused.post[i])) {
            if (fused.post[i].kind == SX_POST_ADD)
                found = p->root[node->in[k]];
            k++;
        }
    for (int j = 0; j < node->n_in; j++)
        uses += p->root[node->in[j]] == found;
    if (found == SX_NONE || uses > 1 || p->place[found].kind != ARENA ||
        p->place[found].last != step)
        return SX_NONE;
    return found;
}

/* The storage of an operand whose last use is this step, and which the step may overwrite element
 * by element. */
static int overwritten(const struct planner *p, const struct sx_node *node, size_t step)
{
    if ((p->kernel[step] != NULL || p->direct[step] != NULL) && node->op == SX_FUSED)
        return residual(p, node, step);
    if (!sx_is_pointwise(node) && node->op != SX_MAP)
        return SX_NONE;
    for (int k = 0; k < node->n_in; k++) {
        int root = p->root[node->in[k]];
        const struct place *place = &p->place[root];
        if (place->kind != ARENA || place->last != step)
            continue;
        bool same = true;
        for (int j = 0; j < node->n_in; j++) {
            const struct sx_node *in = &p->g->node[node->in[j]];
            if (p->root[node->in[j]] == root)
                same = same && sx_type_size(in->type) == sx_type_size(node->type) &&
                       sx_count(&in->shape) == sx_count(&node->shape);
        }
        if (same)
            return root;
    }
    return SX_NONE;
}

/* Frees the storages whose last use is `step`, each once. */
static bool release(struct planner *p, const struct sx_node *node, size_t step)
{
    for (int k = 0; k < node->n_in; k++) {
        struct place *place = &p->place[p->root[node->in[k]]];
        if (place->kind == ARENA && place->last == step && place->size > 0) {
            if (!give_memory(p, place->offset, place->size))
                return false;
            place->size = 0;
        }
    }
    return true;
}

/* Bits of the operands that a node's plain kernel reads at any alignment. */
static unsigned loose_operands(const struct planner *p, const struct sx_node *node)
{
    struct sx_node inner = node->op == SX_FUSED ? sx_fused_inner(node) : *node;
    return sx_row_of(p->g, &inner)->loose;
}

/* Copies weights that are not aligned in the file, for kernels that need them aligned. */
static bool align_operands(struct planner *p, const struct sx_node *node, size_t step)
{
    const struct sx_kernel *kernel = p->kernel[step];
    /* operand 1, the weights, which it packs */
    unsigned loose = p->direct[step] != NULL ? 1u << 1
                     : kernel == NULL        ? loose_operands(p, node)
                                             : 0;
    for (int k = 0; k < node->n_in; k++) {
        const struct sx_node *in = &p->g->node[node->in[k]];
        struct place *place = &p->place[p->root[node->in[k]]];
        size_t bytes;
        if (place->kind != CONSTANT || place->loose || (k < 32 && (loose >> k & 1) != 0) ||
            (uintptr_t)place->data % sx_type_size(in->type) == 0 ||
            (kernel != NULL && sx_kernel_packs(kernel, k)))
            continue;
        if (!bytes_of(p, in, &bytes))
            return false;
        place->loose = true;
        p->program->copied += bytes;
    }
    return true;
}

static bool find_kernel(struct planner *p, const struct sx_node *node, size_t step)
{
    struct sx_program *program = p->program;
    if (program->directs != NULL &&
        !sx_direct_kernel(program->directs, p->g, node, &p->direct[step], p->error))
        return false;
    return p->direct[step] != NULL || program->dnnl == NULL ||
           sx_dnnl_kernel(program->dnnl, p->g, node, &p->kernel[step], p->error);
}

static bool store_step(struct planner *p, size_t step)
{
    const struct sx_node *node = &p->g->node[p->node[step]];
    const struct sx_row *row = sx_row_of(p->g, node);
    struct place *place = &p->place[p->node[step]];
    size_t bytes, scratch = 0;
    int over = SX_NONE;
    if (!bytes_of(p, node, &bytes) || !find_kernel(p, node, step))
        return false;
    if (p->direct[step] != NULL)
        scratch = sx_direct_scratch(p->direct[step]);
    else if (p->kernel[step] != NULL)
        scratch = sx_kernel_scratch(p->kernel[step]);
    else if (row->scratch != NULL)
        scratch = row->scratch(p->g, node);
    if (!align_operands(p, node, step))
        return false;
    if (place->kind == ARENA)
        over = overwritten(p, node, step);
    if (over != SX_NONE) {
        place->offset = p->place[over].offset;
        place->size = p->place[over].size;
        p->place[over].size = 0;
    } else if (place->kind == ARENA && !take_memory(p, bytes, &place->offset, &place->size)) {
        return false;
    }
    size_t size = 0;
    if (scratch > 0 && (!take_memory(p, scratch, &p->scratch[step], &size) ||
                        !give_memory(p, p->scratch[step], size)))
        return false;
    return release(p, node, step);
}

/* ---- Steps ---- */

static bool add_patch(struct planner *p, struct sx_patch patch)
{
    struct sx_program *program = p->program;
    if (!sx_grow((void **)&program->patch, &program->patch_capacity, program->n_patches + 1,
                 sizeof *program->patch, p->error))
        return false;
    program->patch[program->n_patches++] = patch;
    return true;
}

static bool copy_constant(struct planner *p, int node, struct place *place)
{
    const struct sx_node *n = &p->g->node[node];
    size_t size = sx_type_size(n->type), count = (size_t)sx_count(&n->shape);
    void *copy = sx_arena_new(&p->program->memory, count, size, p->error);
    if (copy != NULL)
        place->data = memcpy(copy, place->data, count * size);
    place->loose = false;
    return copy != NULL;
}

/* Finds the address of a node's value. If it is not known before a run, notes a patch. */
static bool locate(struct planner *p, int node, size_t step, int k, void **data)
{
    struct place *place = &p->place[p->root[node]];
    *data = NULL;
    if (place->loose && !copy_constant(p, node, place))
        return false;
    if (place->kind == ARENA) {
        *data = (char *)p->program->arena + place->offset;
    } else if (place->kind == CONSTANT) {
        /* const is cast away: operands are only read */
        memcpy(data, &place->data, sizeof *data);
    } else {
        return add_patch(p, (struct sx_patch){.step = step,
                                              .k = k,
                                              .tensor = place->index,
                                              .result = place->kind == RESULT});
    }
    return true;
}

static void copy(const struct sx_call *call)
{
    const struct sx_operand *in = call->in;
    sx_copy_pieces(call->out, in->data, (size_t)sx_count(in->shape) * sx_type_size(in->type));
}

/* Searches each constant once for NaN. Packed weights are searched while they are packed. */
static void note_nan(struct planner *p, size_t step, int k, int node)
{
    struct sx_program *program = p->program;
    struct place *place = &p->place[p->root[node]];
    const struct sx_kernel *kernel = program->step[step].kernel;
    bool packs = (k == 1 && program->step[step].direct != NULL) ||
                 (kernel != NULL && sx_kernel_packs(kernel, k));
    const struct sx_node *n = &p->g->node[node];
    if (!sx_is_fast(program) || place->kind != CONSTANT || place->seen || n->type != SX_FLOAT ||
        packs)
        return;
    place->seen = true;
    program->nan = program->nan || sx_holds_nan(place->data, sx_count(&n->shape));
}

static bool operand(struct planner *p, size_t step, int k, int node)
{
    const struct sx_node *from = &p->g->node[node];
    struct sx_operand *in = &p->program->step[step].in[k];
    void *data;
    if (!locate(p, node, step, k, &data))
        return false;
    *in = (struct sx_operand){from->type, &from->shape, data};
    note_nan(p, step, k, node);
    return true;
}

static bool make_step(struct planner *p, size_t i)
{
    struct sx_program *program = p->program;
    struct sx_step *step = &program->step[i];
    bool copies = p->node[i] <= SX_NONE;
    int output = copies ? SX_NONE - p->node[i] : 0;
    const struct sx_node *node = copies ? NULL : &p->g->node[p->node[i]];
    size_t n_in = copies ? 1 : (size_t)node->n_in;
    step->in = sx_arena_new(&program->memory, n_in, sizeof *step->in, p->error);
    if (step->in == NULL)
        return false;
    step->call.in = step->in;
    step->call.node = node;
    if (copies) {
        step->run = copy;
        return add_patch(p, (struct sx_patch){i, SX_NONE, output, true}) &&
               operand(p, i, 0, program->outputs[output]);
    }
    step->run = sx_row_of(p->g, node)->run;
    step->kernel = p->kernel[i];
    step->direct = p->direct[i];
    if (p->scratch[i] != SIZE_MAX)
        step->call.scratch = (char *)program->arena + p->scratch[i];
    for (int k = 0; k < node->n_in; k++)
        if (!operand(p, i, k, node->in[k]))
            return false;
    return locate(p, p->node[i], i, SX_NONE, &step->call.out);
}

static bool make_steps(struct planner *p)
{
    struct sx_program *program = p->program;
    size_t max_memory = p->max_memory;
    program->arena_size = p->peak;
    size_t need = sx_program_memory(program);
    if (max_memory > 0 && need > max_memory)
        return sx_over_limit(p->error, "a run needs %zu MB of memory, the limit is %zu MB",
                             need >> 20, max_memory >> 20);
    program->arena = sx_new_huge(p->peak, p->error);
    program->step = sx_arena_new(&program->memory, p->n_steps, sizeof *program->step, p->error);
    if (program->arena == NULL || program->step == NULL)
        return false;
    program->n_steps = p->n_steps;
    for (size_t i = 0; i < p->n_steps; i++)
        if (!make_step(p, i))
            return false;
    return program->dnnl == NULL || sx_dnnl_ready(program->dnnl, p->g, p->error);
}

bool sx_plan(struct sx_program *program, size_t max_memory, struct sx_error *error)
{
    const struct sx_graph *g = program->g;
    size_t n = g->n_nodes, most = n + (size_t)program->n_outputs;
    struct planner p = {.program = program, .g = g, .max_memory = max_memory, .error = error};
    p.root = sx_new(n, sizeof *p.root, error);
    p.place = sx_new(n, sizeof *p.place, error);
    p.node = sx_new(most, sizeof *p.node, error);
    p.scratch = sx_new(most, sizeof *p.scratch, error);
    p.kernel = sx_new(most, sizeof *p.kernel, error);
    p.direct = sx_new(most, sizeof *p.direct, error);
    bool ok = p.root != NULL && p.place != NULL && p.node != NULL && p.scratch != NULL &&
              p.kernel != NULL && p.direct != NULL && lifetimes(&p);
    if (ok) {
        memset(p.scratch, 0xff, most * sizeof *p.scratch);
        size_t n_computed = p.n_steps;
        bind_outputs(&p);
        for (size_t i = 0; ok && i < n_computed; i++)
            ok = store_step(&p, i);
        ok = ok && make_steps(&p);
    }
    free(p.root);
    free(p.place);
    free(p.node);
    free(p.scratch);
    free(p.kernel);
    free(p.direct);
    free(p.hole);
    return ok;
}
