/* rnn.c - lowering of RNN, GRU and LSTM: unrolled over the known length. The products of all inputs
 * with their weights are computed at once before the first step. */
#include <string.h>

#include "lower/tables.h"

/* The most steps of all directions together. */
#define MOST_STEPS 65536

enum cell { RNN, GRU, LSTM };
/* Flag in the row of a cell whose weights are quantised. */
enum { QUANTISED = 4 };

struct activation {
    const char *name;
    double alpha, beta;
};

struct rnn {
    struct sx_lowering *l;
    struct sx_graph *g;
    enum cell cell;
    int gates;                            /* 1, 3 (z r h) or 4 (i o f c) */
    int64_t steps, batch, inputs, hidden; /* lengths */
    int directions;
    bool backward, batch_first, linear_before_reset, input_forget;
    double clip;      /* 0: none */
    int w, recurrent; /* [directions, gates * hidden, inputs or hidden] */
    bool rounded;     /* inputs and states are quantised before products */
    int lengths;      /* [batch]; SX_NONE: all sequences have the full length */
    struct activation activation[6];
};

/* The state of one direction. */
struct direction {
    const struct activation *f;
    int projected; /* [steps, batch, gates * hidden]: inputs times weights, plus biases */
    int weights;   /* [gates * hidden, hidden] */
    int bias;     /* GRU with linear_before_reset: the recurrent bias of h, otherwise SX_NONE */
    int peephole; /* [3 * hidden] for i, o, f, or SX_NONE */
    int h, c;     /* [batch, hidden] */
    int *outputs; /* one [1, 1, batch, hidden] per time */
};

/* ---- Attributes ---- */

/* The parameters that an activation takes from activation_alpha and activation_beta, and their
 * defaults: those of the ONNX operator of the same name, else of ONNX Runtime. */
static const struct {
    const char *name;
    bool takes_alpha, takes_beta;
    double alpha, beta;
} known[] = {
    {"Relu", false, false, 0, 0},        {"Tanh", false, false, 0, 0},
    {"Sigmoid", false, false, 0, 0},     {"Softsign", false, false, 0, 0},
    {"Softplus", false, false, 0, 0},    {"Affine", true, true, 0, 0},
    {"LeakyRelu", true, false, 0.01, 0}, {"ThresholdedRelu", true, false, 0, 0},
    {"ScaledTanh", true, true, 0, 0},    {"HardSigmoid", true, true, 0.2, 0.5},
    {"Elu", true, false, 1, 0},
};

static bool read_activations(struct rnn *r)
{
    static const char *const usual[][3] = {
        {"Tanh"}, {"Sigmoid", "Tanh"}, {"Sigmoid", "Tanh", "Tanh"}};
    struct sx_reals alpha = sx_attr_floats(r->l, "activation_alpha");
    struct sx_reals beta = sx_attr_floats(r->l, "activation_beta");
    int each = (int)r->cell + 1, next_alpha = 0, next_beta = 0;
    for (int i = 0; i < each * r->directions; i++) {
        const char *name = sx_attr_string(r->l, "activations", (size_t)i);
        struct activation *a = &r->activation[i];
        a->name = name != NULL ? name : usual[r->cell][i % each];
        size_t k = 0;
        while (k < sizeof known / sizeof *known && strcmp(known[k].name, a->name) != 0)
            k++;
        if (k == sizeof known / sizeof *known)
            return sx_reject(r->l, "activation '%.*s' is not supported", SX_NAME_SHOWN,
                             a->name);
        a->alpha = known[k].alpha;
        a->beta = known[k].beta;
        if (known[k].takes_alpha && next_alpha < alpha.n)
            a->alpha = alpha.v[next_alpha++];
        if (known[k].takes_beta && next_beta < beta.n)
            a->beta = beta.v[next_beta++];
    }
    return true;
}

/* The node of input k; of weights, as prepared. */
static int operand(const struct rnn *r, int k)
{
    return k == 1 ? r->w : k == 2 ? r->recurrent : sx_arg(r->l, k);
}

static bool check_shape(struct rnn *r, int k, int rank, const int64_t *dims, const char *what)
{
    struct sx_shape shape = sx_shape_of(r->g, operand(r, k)), want = {.rank = rank};
    for (int i = 0; i < rank; i++)
        want.dim[i] = dims[i];
    return operand(r, k) == SX_NONE || sx_shape_equal(&shape, &want) ||
           sx_reject(r->l, "input %d (%s) has the wrong shape", k, what);
}

static bool check_shapes(struct rnn *r)
{
    int64_t d = r->directions, wide = r->gates * r->hidden, b = r->batch, h = r->hidden;
    int64_t w[] = {d, wide, r->inputs}, weights[] = {d, wide, h}, bias[] = {d, 2 * wide};
    int64_t state[] = {d, b, h}, peephole[] = {d, 3 * h};
    if (r->batch_first) {
        state[0] = b;
        state[1] = d;
    }
    return check_shape(r, 1, 3, w, "W") && check_shape(r, 2, 3, weights, "R") &&
           check_shape(r, 3, 2, bias, "B") && check_shape(r, 4, 1, &b, "sequence_lens") &&
           check_shape(r, 5, 3, state, "initial_h") &&
           check_shape(r, 6, 3, state, "initial_c") && check_shape(r, 7, 2, peephole, "P");
}

/* Reads the lengths. If all are the full length, nothing is masked. */
static void read_lengths(struct rnn *r)
{
    r->lengths = sx_arg(r->l, 4);
    if (!sx_is_const(r->g, r->lengths))
        return;
    const int64_t *v = r->g->node[r->lengths].data;
    for (int64_t i = 0; i < r->batch; i++)
        if (v[i] < r->steps)
            return;
    r->lengths = SX_NONE;
}

static bool read_rnn(struct sx_lowering *l, struct rnn *r)
{
    static const int gates[] = {1, 3, 4};
    struct sx_shape x = sx_arg_shape(l, 0);
    int way = sx_attr_word(l, "direction", "forward reverse bidirectional", 0);
    *r = (struct rnn){.l = l, .g = l->g, .cell = (enum cell)(l->row->arg % QUANTISED)};
    r->rounded = l->row->arg >= QUANTISED;
    r->w = r->rounded ? sx_weights_of_integers(l, 1, 8) : sx_arg(l, 1);
    r->recurrent = r->rounded ? sx_weights_of_integers(l, 2, 10) : sx_arg(l, 2);
    struct sx_shape weights = sx_shape_of(l->g, r->recurrent);
    if (r->rounded && (r->w == SX_NONE || r->recurrent == SX_NONE))
        return false;
    if (x.rank != 3 || weights.rank != 3)
        return sx_reject(l, "inputs of rank %d and %d, not 3", x.rank, weights.rank);
    r->gates = gates[r->cell];
    r->backward = way == 1;
    r->directions = way == 2 ? 2 : 1;
    r->batch_first = sx_attr_int(l, "layout", 0) != 0;
    r->linear_before_reset = sx_attr_int(l, "linear_before_reset", 0) != 0;
    r->input_forget = sx_attr_int(l, "input_forget", 0) != 0;
    r->clip = sx_attr_float(l, "clip", 0);
    r->steps = x.dim[r->batch_first ? 1 : 0];
    r->batch = x.dim[r->batch_first ? 0 : 1];
    r->inputs = x.dim[2];
    r->hidden = weights.dim[2];
    if (sx_attr_int(l, "hidden_size", r->hidden) != r->hidden)
        return sx_reject(l, "hidden_size differs from R");
    if (r->steps > MOST_STEPS / r->directions || r->hidden > 1 << 24)
        return sx_reject(l, "%lld steps are too many", (long long)r->steps);
    if (!check_shapes(r) || !read_activations(r))
        return false;
    read_lengths(r);
    return true;
}

/* ---- One step ---- */

static int activate(const struct rnn *r, const struct activation *a, int x)
{
    if (r->clip > 0)
        x = sx_clip(r->g, x, sx_scalar(r->g, -r->clip), sx_scalar(r->g, r->clip));
    return sx_activation(r->g, a->name, x, a->alpha, a->beta);
}

/* The columns of gate k of [.., gates * hidden]. */
static int gate(const struct rnn *r, int a, int k)
{
    int axis = sx_shape_of(r->g, a).rank - 1;
    return sx_slice_axis(r->g, a, axis, k * r->hidden, r->hidden);
}

static int peep(const struct rnn *r, const struct direction *d, int z, int k, int c)
{
    if (d->peephole == SX_NONE)
        return z;
    return sx_add(r->g, z, sx_mul(r->g, gate(r, d->peephole, k), c));
}

/* i, f = f(..); c' = f c + i g(..); o = f(..); h' = o h(c'). */
static void step_lstm(const struct rnn *r, const struct direction *d, int x, int *h, int *c)
{
    struct sx_graph *g = r->g;
    int state = r->rounded ? sx_dynamically_rounded(r->l, *h) : *h;
    int z = sx_add(g, x, sx_matmul(g, state, d->weights, false, true));
    int in = activate(r, &d->f[0], peep(r, d, gate(r, z, 0), 0, *c)), forget;
    if (r->input_forget)
        forget = sx_sub(g, sx_scalar(g, 1), in);
    else
        forget = activate(r, &d->f[0], peep(r, d, gate(r, z, 2), 2, *c));
    int candidate = activate(r, &d->f[1], gate(r, z, 3));
    *c = sx_add(g, sx_mul(g, forget, *c), sx_mul(g, in, candidate));
    int out = activate(r, &d->f[0], peep(r, d, gate(r, z, 1), 1, *c));
    *h = sx_mul(g, out, sx_activation(g, d->f[2].name, *c, d->f[2].alpha, d->f[2].beta));
}

/* z, r = f(..); h~ = g(..); h' = (1 - z) h~ + z h. */
static void step_gru(const struct rnn *r, const struct direction *d, int x, int *h)
{
    struct sx_graph *g = r->g;
    int both = sx_slice_axis(g, d->weights, 0, 0, 2 * r->hidden);
    int own = sx_slice_axis(g, d->weights, 0, 2 * r->hidden, r->hidden);
    int hidden = sx_add(g, sx_slice_axis(g, x, 1, 0, 2 * r->hidden),
                        sx_matmul(g, *h, both, false, true));
    int z = activate(r, &d->f[0], gate(r, hidden, 0));
    int reset = activate(r, &d->f[0], gate(r, hidden, 1)), inner;
    if (r->linear_before_reset) {
        inner = sx_matmul(g, *h, own, false, true);
        if (d->bias != SX_NONE)
            inner = sx_add(g, inner, d->bias);
        inner = sx_mul(g, reset, inner);
    } else {
        inner = sx_matmul(g, sx_mul(g, reset, *h), own, false, true);
    }
    int candidate = activate(r, &d->f[1], sx_add(g, gate(r, x, 2), inner));
    int rest = sx_sub(g, sx_scalar(g, 1), z);
    *h = sx_add(g, sx_mul(g, rest, candidate), sx_mul(g, z, *h));
}

static void step_rnn(const struct rnn *r, const struct direction *d, int x, int *h)
{
    int z = sx_add(r->g, x, sx_matmul(r->g, *h, d->weights, false, true));
    *h = activate(r, &d->f[0], z);
}

/* One step. After the end of a sequence the state is kept, and the output is 0. */
static void step(const struct rnn *r, struct direction *d, int64_t t)
{
    struct sx_graph *g = r->g;
    int64_t flat[] = {r->batch, r->gates * r->hidden}, out[] = {1, 1, r->batch, r->hidden};
    int x = sx_shaped(g, sx_slice_axis(g, d->projected, 0, t, 1), 2, flat);
    int h = d->h, c = d->c;
    if (r->cell == LSTM)
        step_lstm(r, d, x, &h, &c);
    else if (r->cell == GRU)
        step_gru(r, d, x, &h);
    else
        step_rnn(r, d, x, &h);
    int shown = h;
    if (r->lengths != SX_NONE) {
        int inside = sx_binary(g, SX_LESS, sx_scalar_int(g, t), r->lengths);
        inside = sx_along(g, inside, 0, 2);
        shown = sx_where(g, inside, h, sx_scalar(g, 0));
        h = sx_where(g, inside, h, d->h);
        c = r->cell == LSTM ? sx_where(g, inside, c, d->c) : c;
    }
    d->h = h;
    d->c = c;
    d->outputs[t] = sx_shaped(g, shown, 4, out);
}

/* ---- One direction ---- */

/* Element k along an axis, which is removed. */
static int row(struct sx_graph *g, int a, int axis, int k)
{
    struct sx_shape shape = sx_shape_of(g, a);
    if (a == SX_NONE)
        return SX_NONE;
    a = sx_slice_axis(g, a, axis, k, 1);
    for (int i = axis; i + 1 < shape.rank; i++)
        shape.dim[i] = shape.dim[i + 1];
    return sx_shaped(g, a, shape.rank - 1, shape.dim);
}

static int initial(const struct rnn *r, int k, int d)
{
    const struct sx_shape shape = {2, {r->batch, r->hidden}};
    if (sx_arg(r->l, k) == SX_NONE)
        return sx_filled(r->g, r->g->real, &shape, 0);
    return row(r->g, sx_arg(r->l, k), r->batch_first ? 1 : 0, d);
}

/* Adds both biases to the projection, except the recurrent one of h if it is added before the
 * reset. */
static void set_bias(const struct rnn *r, struct direction *d, int all)
{
    struct sx_graph *g = r->g;
    int64_t wide = r->gates * r->hidden;
    d->bias = SX_NONE;
    if (all == SX_NONE)
        return;
    int recurrent = sx_slice_axis(g, all, 0, wide, wide);
    if (r->cell == GRU && r->linear_before_reset) {
        const struct sx_shape shape = {1, {r->hidden}};
        d->bias = gate(r, recurrent, 2);
        const int parts[] = {gate(r, recurrent, 0), gate(r, recurrent, 1),
                             sx_filled(g, g->real, &shape, 0)};
        recurrent = sx_concat(g, parts, 3, 0);
    }
    int bias = sx_add(g, sx_slice_axis(g, all, 0, 0, wide), recurrent);
    d->projected = sx_add(g, d->projected, bias);
}

/* A sequence of length 0 ends in the state 0, not in the initial state, as in ONNX Runtime. */
static void end_empty(const struct rnn *r, struct direction *d)
{
    struct sx_graph *g = r->g;
    if (r->lengths == SX_NONE)
        return;
    int some = sx_binary(g, SX_LESS, sx_scalar_int(g, 0), r->lengths);
    some = sx_along(g, some, 0, 2);
    d->h = sx_where(g, some, d->h, sx_scalar(g, 0));
    d->c = r->cell == LSTM ? sx_where(g, some, d->c, sx_scalar(g, 0)) : d->c;
}

/* x: [steps * batch, inputs]. */
static bool run_direction(const struct rnn *r, int k, int x, struct direction *d)
{
    struct sx_graph *g = r->g;
    int64_t wide[] = {r->steps, r->batch, r->gates * r->hidden};
    d->f = r->activation + k * ((int)r->cell + 1);
    d->projected = sx_matmul(g, x, row(g, r->w, 0, k), false, true);
    set_bias(r, d, row(g, sx_arg(r->l, 3), 0, k));
    d->projected = sx_shaped(g, d->projected, 3, wide);
    d->weights = row(g, r->recurrent, 0, k);
    d->peephole = r->cell == LSTM ? row(g, sx_arg(r->l, 7), 0, k) : SX_NONE;
    d->h = initial(r, 5, k);
    d->c = r->cell == LSTM ? initial(r, 6, k) : SX_NONE;
    d->outputs = sx_scratch(r->l, (size_t)r->steps, sizeof *d->outputs);
    if (d->outputs == NULL)
        return false;
    bool backward = r->backward || k == 1;
    for (int64_t t = 0; t < r->steps && g->error.status == SX_OK; t++)
        step(r, d, backward ? r->steps - 1 - t : t);
    end_empty(r, d);
    return g->error.status == SX_OK;
}

/* The final states of all directions, as [directions, batch, hidden]. */
static int joined(const struct rnn *r, int first, int second)
{
    static const int perm[] = {1, 0, 2};
    int64_t shape[] = {1, r->batch, r->hidden};
    int parts[] = {sx_shaped(r->g, first, 3, shape), sx_shaped(r->g, second, 3, shape)};
    int all = r->directions == 2 ? sx_concat(r->g, parts, 2, 0) : parts[0];
    return r->batch_first ? sx_transpose(r->g, all, perm) : all;
}

static bool lower_rnn(struct sx_lowering *l)
{
    static const int batch_time[] = {1, 0, 2}, outputs_first[] = {2, 0, 1, 3};
    struct rnn r;
    struct direction d[2] = {{.h = SX_NONE, .c = SX_NONE}, {.h = SX_NONE, .c = SX_NONE}};
    struct sx_graph *g = l->g;
    int sequences[2], x = sx_arg(l, 0), kind = sx_arg_kind(l, 0);
    if (!read_rnn(l, &r))
        return false;
    const struct sx_shape none = {4, {0, 1, r.batch, r.hidden}};
    if (r.batch_first)
        x = sx_transpose(g, x, batch_time);
    x = sx_shaped(g, x, 2, (int64_t[]){r.steps * r.batch, r.inputs});
    x = r.rounded ? sx_dynamically_rounded(l, x) : x;
    for (int k = 0; k < r.directions; k++) {
        if (!run_direction(&r, k, x, &d[k]))
            return false;
        sequences[k] = r.steps > 0 ? sx_concat(g, d[k].outputs, (int)r.steps, 0)
                                   : sx_filled(g, g->real, &none, 0);
    }
    int y = r.directions == 2 ? sx_concat(g, sequences, 2, 1) : sequences[0];
    sx_give_as(l, 0, r.batch_first ? sx_transpose(g, y, outputs_first) : y, kind);
    sx_give_as(l, 1, joined(&r, d[0].h, d[1].h), kind);
    if (r.cell == LSTM)
        sx_give_as(l, 2, joined(&r, d[0].c, d[1].c), kind);
    return true;
}

const struct sx_lowering_row sx_lower_rnn[] = {
    {"", "RNN", 1, 0, 3, 6, lower_rnn, RNN, true},
    {"", "GRU", 1, 0, 3, 6, lower_rnn, GRU, true},
    {"", "LSTM", 1, 0, 3, 8, lower_rnn, LSTM, true},
    {"com.microsoft", "DynamicQuantizeLSTM", 1, 0, 3, 12, lower_rnn, LSTM + QUANTISED, true},
    {0},
};
