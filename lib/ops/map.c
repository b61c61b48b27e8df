/* map.c - runs pointwise programs over blocks, and broadcasts operands on the way.
 *
 * The result is cut into blocks of at most a register's size, which threads share. Operands of the
 * result's shape are read in place. Scalars fill their register once per thread. Others are spread
 * into their register block by block. Only the last block may be incomplete: it is computed padded,
 * in registers, so that every element goes through the same vector code. */
#include <omp.h>
#include <string.h>

#include "ops/map.h"
#include "ops/ops.h"

/* The layout of an operand along the axes of the result. Neighbouring axes are merged. Strides count
 * elements; a stride of 0 repeats. */
struct layout {
    const char *data;
    size_t size; /* size of an element */
    bool scalar;
    int rank;
    int64_t dim[SX_MAX_RANK], stride[SX_MAX_RANK];
};

struct run {
    int n_in, n_instr;
    const int64_t *code;
    struct layout in[SX_MAP_MAX_IN];
    char *out;
    size_t out_size;
    int64_t count, block; /* number of elements, and of elements per block */
};

struct frame {
    _Alignas(64) char reg[SX_MAP_REGISTERS][SX_MAP_REGISTER];
    const void *at[SX_MAP_REGISTERS]; /* address of each register's block: reg[], or in place */
};

static void layout_init(struct layout *l, const struct sx_operand *o,
                        const struct sx_shape *result)
{
    *l = (struct layout){.data = o->data, .size = sx_type_size(o->type), .rank = 0};
    int lead = result->rank - o->shape->rank;
    for (int i = 0; i < result->rank; i++) {
        int64_t n = result->dim[i];
        bool repeats = i < lead || o->shape->dim[i - lead] == 1;
        if (n == 1)
            continue;
        if (l->rank > 0 && (l->stride[l->rank - 1] == 0) == repeats) {
            l->dim[l->rank - 1] *= n;
        } else {
            l->dim[l->rank] = n;
            l->stride[l->rank++] = !repeats;
        }
    }
    int64_t stride = 1;
    for (int i = l->rank; i-- > 0;)
        if (l->stride[i] != 0) {
            l->stride[i] = stride;
            stride *= l->dim[i];
        }
    l->scalar = l->rank == 0 || (l->rank == 1 && l->stride[0] == 0);
}

/* n copies of one element. */
static void fill(char *to, const char *from, size_t size, size_t n)
{
    uint64_t eight;
    uint32_t four;
    if (size == 8) {
        memcpy(&eight, from, size);
        for (size_t i = 0; i < n; i++)
            memcpy(to + 8 * i, &eight, size);
    } else if (size == 4) {
        memcpy(&four, from, size);
        for (size_t i = 0; i < n; i++)
            memcpy(to + 4 * i, &four, size);
    } else if (n > 0) {
        memset(to, *from, n);
    }
}

/* Writes elements begin .. begin + n - 1 of an operand as broadcast to the result. */
static void spread(const struct layout *l, int64_t begin, int64_t n, char *to)
{
    int last = l->rank - 1;
    int64_t index[SX_MAX_RANK] = {0}, offset = 0, rest = begin;
    for (int i = last; i >= 0; i--) {
        index[i] = rest % l->dim[i];
        rest /= l->dim[i];
        offset += index[i] * l->stride[i];
    }
    while (n > 0) {
        int64_t run = l->dim[last] - index[last];
        run = run < n ? run : n;
        const char *from = l->data + (size_t)offset * l->size;
        if (l->stride[last] == 0)
            fill(to, from, l->size, (size_t)run);
        else
            memcpy(to, from, (size_t)run * l->size);
        to += (size_t)run * l->size;
        n -= run;
        index[last] += run;
        offset += run * l->stride[last];
        for (int i = last; i > 0 && index[i] == l->dim[i]; i--) {
            offset += l->stride[i - 1] - index[i] * l->stride[i];
            index[i] = 0;
            index[i - 1]++;
        }
    }
}

/* Spreads a short row that repeats, [.., C] over [rows, C]: one period is spread, and copied to the
 * rest of the block. */
static void spread_block(const struct layout *l, int64_t begin, int64_t n, char *to)
{
    int64_t done = n;
    if (l->rank == 2 && l->stride[0] == 0 && l->dim[1] < n)
        done = l->dim[1];
    spread(l, begin, done, to);
    while (done < n) {
        int64_t more = done < n - done ? done : n - done;
        memcpy(to + (size_t)done * l->size, to, (size_t)more * l->size);
        done += more;
    }
}

/* Whether elements begin .. begin + n - 1 are contiguous; *at is then their address. */
static bool in_one_piece(const struct layout *l, int64_t begin, int64_t n, const void **at)
{
    int64_t last = l->dim[l->rank - 1], offset = 0, rest = begin;
    if (l->stride[l->rank - 1] == 0 || begin % last + n > last)
        return false;
    for (int i = l->rank - 1; i >= 0; i--) {
        offset += rest % l->dim[i] * l->stride[i];
        rest /= l->dim[i];
    }
    *at = l->data + (size_t)offset * l->size;
    return true;
}

static int64_t padded(int64_t n)
{
    return (n + SX_MAP_LANES - 1) / SX_MAP_LANES * SX_MAP_LANES;
}

static void place_operands(const struct run *r, struct frame *f, int64_t begin, int64_t n)
{
    int64_t pad = padded(n) - n;
    for (int k = 0; k < r->n_in; k++) {
        const struct layout *l = &r->in[k];
        if (l->scalar || (pad == 0 && in_one_piece(l, begin, n, &f->at[k])))
            continue;
        spread_block(l, begin, n, f->reg[k]);
        fill(f->reg[k] + (size_t)n * l->size, f->reg[k], l->size, (size_t)pad);
        f->at[k] = f->reg[k];
    }
}

static void execute(const int64_t *code, struct sx_block *q)
{
    enum sx_type type = (enum sx_type)code[1];
    if (q->op == SX_CAST)
        sx_block_cast(q, type);
    else if (q->op == SX_NARROW)
        sx_block_narrow(q, type);
    else if (q->op == SX_BITS)
        sx_block_bits(q, type);
    else if (type == SX_FLOAT)
        sx_block_float(q);
    else if (type == SX_DOUBLE)
        sx_block_double(q);
    else if (type == SX_INT)
        sx_block_int(q);
    else
        sx_block_bool(q);
}

static void run_block(const struct run *r, struct frame *f, int64_t begin, int64_t n)
{
    bool ragged = padded(n) != n;
    char *out = r->out + (size_t)begin * r->out_size;
    place_operands(r, f, begin, n);
    for (int i = 0; i < r->n_instr; i++) {
        const int64_t *c = r->code + i * SX_MAP_CODE;
        bool direct = i == r->n_instr - 1 && !ragged;
        struct sx_block q = {
            .op = (int)c[0],
            .aux = c[6],
            .n = (size_t)padded(n),
            .d = direct ? out : f->reg[c[2]],
            .a = f->at[c[3]],
            .b = f->at[c[4]],
            .c = f->at[c[5]],
        };
        execute(c, &q);
        f->at[c[2]] = q.d;
    }
    if (ragged)
        memcpy(out, f->at[r->code[(r->n_instr - 1) * SX_MAP_CODE + 2]],
               (size_t)n * r->out_size);
}

static void run_range(const struct run *r, int64_t begin, int64_t end)
{
    struct frame f;
    int64_t width = padded(end - begin < r->block ? end - begin : r->block);
    for (int k = 0; k < SX_MAP_REGISTERS; k++)
        f.at[k] = f.reg[k];
    for (int k = 0; k < r->n_in; k++)
        if (r->in[k].scalar)
            fill(f.reg[k], r->in[k].data, r->in[k].size, (size_t)width);
    for (int64_t i = begin; i < end; i += r->block)
        run_block(r, &f, i, end - i < r->block ? end - i : r->block);
}

/* Runs all blocks. They begin at multiples of the block size, whatever the number of threads. */
static void run_all(const struct run *r)
{
    int64_t blocks = (r->count + r->block - 1) / r->block;
    if (blocks < 2 || r->count < SX_PARALLEL / r->n_instr || omp_get_max_threads() == 1) {
        run_range(r, 0, r->count);
        return;
    }
#pragma omp parallel
    {
        int64_t thread = omp_get_thread_num(), threads = omp_get_num_threads();
        int64_t begin = blocks * thread / threads * r->block;
        int64_t end = blocks * (thread + 1) / threads * r->block;
        run_range(r, begin, end < r->count ? end : r->count);
    }
}

static void run_program(const struct sx_call *call, int n_instr, const int64_t *code)
{
    const struct sx_node *node = call->node;
    struct run r = {.n_in = node->n_in, .n_instr = n_instr, .code = code, .out = call->out};
    r.count = sx_count(&node->shape);
    r.out_size = sx_type_size(node->type);
    size_t largest = r.out_size > 4 ? r.out_size : 4;
    for (int k = 0; k < r.n_in; k++) {
        layout_init(&r.in[k], &call->in[k], &node->shape);
        largest = r.in[k].size > largest ? r.in[k].size : largest;
    }
    for (int i = 0; i < n_instr; i++)
        if (sx_type_size((enum sx_type)code[i * SX_MAP_CODE + 1]) > largest)
            largest = sx_type_size((enum sx_type)code[i * SX_MAP_CODE + 1]);
    r.block = (int64_t)(SX_MAP_REGISTER / largest);
    if (r.count > 0)
        run_all(&r);
}

static int64_t node_aux(const struct sx_node *node)
{
    if (node->op == SX_ISINF)
        return (node->attr[0] != 0) + 2 * (node->attr[1] != 0);
    return node->n_attr > 0 ? node->attr[0] : 0;
}

void sx_map_run_node(const struct sx_call *call)
{
    const struct sx_node *node = call->node;
    int64_t code[SX_MAP_CODE] = {node->op, call->in[node->op == SX_WHERE].type};
    code[2] = node->n_in;
    for (int k = 0; k < node->n_in; k++)
        code[3 + k] = k;
    code[6] = node_aux(node);
    run_program(call, 1, code);
}

struct sx_map_instr sx_map_of(const struct sx_graph *g, const struct sx_node *node)
{
    return (struct sx_map_instr){
        .op = node->op,
        .type = g->node[node->in[node->op == SX_WHERE]].type,
        .a = 0,
        .b = 1,
        .c = 2,
        .aux = node_aux(node),
    };
}

static void map_run(const struct sx_call *call)
{
    run_program(call, (int)call->node->attr[0], call->node->attr + 1);
}

/* Checks the types of a program; registers hold an enum sx_type, or -1 if unset. */
static bool check_instr(const int64_t *c, int *type_in)
{
    enum sx_type result;
    if (c[0] < 0 || c[0] >= SX_N_POINTWISE || c[2] < 0 || c[2] >= SX_MAP_REGISTERS ||
        !sx_pointwise_type((int)c[0], (enum sx_type)c[1], c[6], &result))
        return false;
    for (int k = 0; k < sx_map_arity((int)c[0]); k++) {
        int want = c[0] == SX_WHERE && k == 0 ? SX_BOOL : (int)c[1];
        if (c[3 + k] < 0 || c[3 + k] >= SX_MAP_REGISTERS || type_in[c[3 + k]] != want)
            return false;
    }
    type_in[c[2]] = (int)result;
    return true;
}

static bool map_shape(struct sx_graph *g, struct sx_node *node)
{
    int type_in[SX_MAP_REGISTERS], last = -1;
    bool ok = node->n_attr > 0 && node->n_in <= SX_MAP_MAX_IN && node->attr[0] > 0 &&
              node->attr[0] <= SX_MAP_MAX_INSTR &&
              node->n_attr == 1 + SX_MAP_CODE * node->attr[0];
    for (int k = 0; k < SX_MAP_REGISTERS; k++)
        type_in[k] = k < node->n_in ? (int)g->node[node->in[k]].type : -1;
    for (int i = 0; ok && i < node->attr[0]; i++) {
        const int64_t *c = node->attr + 1 + i * SX_MAP_CODE;
        ok = check_instr(c, type_in);
        last = ok ? type_in[c[2]] : last;
    }
    for (int k = 0; ok && k < node->n_in; k++)
        ok = sx_broadcast_shape(&node->shape, &node->shape, &g->node[node->in[k]].shape);
    node->type = (enum sx_type)last;
    return ok || sx_graph_fail(g, SX_MODEL, "map: not a program");
}

/* The lowest register whose value is no longer read. */
static int free_register(const int *busy_until, int now)
{
    for (int k = 0; k < SX_MAP_REGISTERS; k++)
        if (busy_until[k] < now)
            return k;
    return SX_NONE;
}

/* Assigns registers by the lifetimes of values. A result never takes the register of its own
 * operand, whose elements may have another size, or of an operand of the program, which is kept. */
int sx_map(struct sx_graph *g, int n_in, const int *in, const struct sx_map_instr *instr,
           int n_instr)
{
    int64_t code[1 + SX_MAP_CODE * SX_MAP_MAX_INSTR] = {n_instr};
    int last_use[SX_MAP_MAX_IN + SX_MAP_MAX_INSTR], home[SX_MAP_MAX_IN + SX_MAP_MAX_INSTR];
    int busy_until[SX_MAP_REGISTERS];
    if (n_in > SX_MAP_MAX_IN || n_instr > SX_MAP_MAX_INSTR)
        return SX_NONE;
    for (int i = 0; i < n_instr; i++) {
        const int value[] = {instr[i].a, instr[i].b, instr[i].c};
        last_use[n_in + i] = i;
        for (int k = 0; k < sx_map_arity(instr[i].op); k++)
            last_use[value[k]] = i;
    }
    for (int k = 0; k < SX_MAP_REGISTERS; k++)
        busy_until[k] = k < n_in ? n_instr : -1;
    for (int k = 0; k < n_in; k++)
        home[k] = k;
    for (int i = 0; i < n_instr; i++) {
        int64_t *c = code + 1 + i * SX_MAP_CODE;
        const int value[] = {instr[i].a, instr[i].b, instr[i].c};
        int dst = free_register(busy_until, i);
        if (dst == SX_NONE)
            return SX_NONE;
        home[n_in + i] = dst;
        busy_until[dst] = last_use[n_in + i];
        c[0] = instr[i].op;
        c[1] = instr[i].type;
        c[2] = dst;
        for (int k = 0; k < sx_map_arity(instr[i].op); k++)
            c[3 + k] = home[value[k]];
        c[6] = instr[i].aux;
    }
    return sx_emit(g, SX_MAP, n_in, in, 1 + SX_MAP_CODE * n_instr, code);
}

const struct sx_row sx_row_map = {
    .name = "map",
    .min_in = 0,
    .max_in = SX_MAP_MAX_IN,
    .shape = map_shape,
    .run = map_run,
};
