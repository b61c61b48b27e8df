/* check_lower_rnn.c - RNN, GRU and LSTM against plain loops over the formulas of the standard. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "lowering.h"
#include "suite.h"

enum { STEPS = 4, BATCH = 3, INPUTS = 2, HIDDEN = 2, MOST = 256 };

enum cell { RNN, GRU, LSTM };

struct setup {
    enum cell cell;
    const char *direction;
    bool batch_first, bias, lengths, states, peepholes, linear_before_reset, input_forget;
    double clip;
};

struct numbers {
    int n;
    double v[MOST];
};

struct weights {
    struct numbers x, w, r, b, h0, c0, p;
    int length[BATCH];
};

static const int gates_of[] = {1, 3, 4};

static struct numbers draw(int n, uint64_t stream)
{
    struct numbers a = {.n = n};
    ck_assert_int_le(n, MOST);
    for (int i = 0; i < n; i++)
        a.v[i] = (double)(float)(2 * sx_random_uniform(7, stream, (uint64_t)i) - 1);
    return a;
}

static struct weights draw_weights(const struct setup *s, int directions)
{
    int gates = gates_of[s->cell], state = directions * BATCH * HIDDEN;
    struct weights k = {.x = draw(STEPS * BATCH * INPUTS, 1),
                        .w = draw(directions * gates * HIDDEN * INPUTS, 2),
                        .r = draw(directions * gates * HIDDEN * HIDDEN, 3),
                        .b = draw(directions * 2 * gates * HIDDEN, 4),
                        .h0 = draw(state, 5),
                        .c0 = draw(state, 6),
                        .p = draw(directions * 3 * HIDDEN, 7),
                        .length = {STEPS, 2, 0}};
    for (int i = 0; i < BATCH && !s->lengths; i++)
        k.length[i] = STEPS;
    if (!s->bias)
        memset(k.b.v, 0, sizeof k.b.v);
    if (!s->peepholes)
        memset(k.p.v, 0, sizeof k.p.v);
    if (!s->states) {
        memset(k.h0.v, 0, sizeof k.h0.v);
        memset(k.c0.v, 0, sizeof k.c0.v);
    }
    return k;
}

/* ---- The formulas ---- */

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double clipped(const struct setup *s, double x)
{
    return s->clip > 0 ? fmax(-s->clip, fmin(s->clip, x)) : x;
}

/* Gate g of unit j: x W' + h R' + both biases. `recurrent`: only h R' and its bias. */
static double linear(const struct weights *k, int gates, int d, int g, int j, const double *x,
                     const double *h, bool input, bool recurrent)
{
    int row = (d * gates + g) * HIDDEN + j;
    const double *bias = k->b.v + 2 * d * gates * HIDDEN;
    double z = 0;
    for (int i = 0; i < INPUTS && input; i++)
        z += k->w.v[row * INPUTS + i] * x[i];
    for (int i = 0; i < HIDDEN && recurrent; i++)
        z += k->r.v[row * HIDDEN + i] * h[i];
    z += input ? bias[g * HIDDEN + j] : 0;
    z += recurrent ? bias[(gates + g) * HIDDEN + j] : 0;
    return z;
}

static void step_lstm(const struct setup *s, const struct weights *k, int d, const double *x,
                      double *h, double *c)
{
    double next[HIDDEN];
    for (int j = 0; j < HIDDEN; j++) {
        const double *p = k->p.v + 3 * d * HIDDEN + j;
        double z[4];
        for (int g = 0; g < 4; g++)
            z[g] = linear(k, 4, d, g, j, x, h, true, true);
        double in = sigmoid(clipped(s, z[0] + p[0] * c[j]));
        double forget = sigmoid(clipped(s, z[2] + p[2 * HIDDEN] * c[j]));
        forget = s->input_forget ? 1 - in : forget;
        c[j] = forget * c[j] + in * tanh(clipped(s, z[3]));
        next[j] = sigmoid(clipped(s, z[1] + p[HIDDEN] * c[j])) * tanh(c[j]);
    }
    memcpy(h, next, sizeof next);
}

static void step_gru(const struct setup *s, const struct weights *k, int d, const double *x,
                     double *h)
{
    double next[HIDDEN], reset[HIDDEN], scaled[HIDDEN];
    for (int j = 0; j < HIDDEN; j++) {
        reset[j] = sigmoid(clipped(s, linear(k, 3, d, 1, j, x, h, true, true)));
        scaled[j] = reset[j] * h[j];
    }
    for (int j = 0; j < HIDDEN; j++) {
        double z = sigmoid(clipped(s, linear(k, 3, d, 0, j, x, h, true, true))), inner;
        if (s->linear_before_reset)
            inner = reset[j] * linear(k, 3, d, 2, j, x, h, false, true);
        else
            inner = linear(k, 3, d, 2, j, x, scaled, false, true);
        inner += linear(k, 3, d, 2, j, x, h, true, false);
        next[j] = (1 - z) * tanh(clipped(s, inner)) + z * h[j];
    }
    memcpy(h, next, sizeof next);
}

static void step_rnn(const struct setup *s, const struct weights *k, int d, const double *x,
                     double *h)
{
    double next[HIDDEN];
    for (int j = 0; j < HIDDEN; j++)
        next[j] = tanh(clipped(s, linear(k, 1, d, 0, j, x, h, true, true)));
    memcpy(h, next, sizeof next);
}

/* Sets y [steps, directions, batch, hidden], and the last states [directions, batch, hidden]. */
static void reference(const struct setup *s, const struct weights *k, int directions,
                      struct numbers *y, struct numbers *last_h, struct numbers *last_c)
{
    y->n = STEPS * directions * BATCH * HIDDEN;
    last_h->n = last_c->n = directions * BATCH * HIDDEN;
    memset(y->v, 0, sizeof y->v);
    for (int d = 0; d < directions; d++)
        for (int b = 0; b < BATCH; b++) {
            int at = (d * BATCH + b) * HIDDEN;
            double *h = last_h->v + at, *c = last_c->v + at;
            /* a sequence of length 0 ends in the state 0 */
            for (int j = 0; j < HIDDEN; j++) {
                h[j] = k->length[b] > 0 ? k->h0.v[at + j] : 0;
                c[j] = k->length[b] > 0 ? k->c0.v[at + j] : 0;
            }
            bool backward = d == 1 || strcmp(s->direction, "reverse") == 0;
            for (int i = 0; i < k->length[b]; i++) {
                int t = backward ? k->length[b] - 1 - i : i;
                const double *x = k->x.v + (t * BATCH + b) * INPUTS;
                if (s->cell == LSTM)
                    step_lstm(s, k, d, x, h, c);
                else if (s->cell == GRU)
                    step_gru(s, k, d, x, h);
                else
                    step_rnn(s, k, d, x, h);
                memcpy(y->v + ((t * directions + d) * BATCH + b) * HIDDEN, h,
                       HIDDEN * sizeof *h);
            }
        }
}

/* ---- The rows ---- */

/* Exchanges axes of an array. */
static struct numbers permuted(const struct numbers *a, const int *dims, const int *perm)
{
    struct numbers to = {.n = a->n};
    int i[4], stride[4];
    for (int k = 3, all = 1; k >= 0; all *= dims[k--])
        stride[k] = all;
    int next = 0;
    for (i[0] = 0; i[0] < dims[perm[0]]; i[0]++)
        for (i[1] = 0; i[1] < dims[perm[1]]; i[1]++)
            for (i[2] = 0; i[2] < dims[perm[2]]; i[2]++)
                for (i[3] = 0; i[3] < dims[perm[3]]; i[3]++) {
                    int from = 0;
                    for (int k = 0; k < 4; k++)
                        from += i[k] * stride[perm[k]];
                    to.v[next++] = a->v[from];
                }
    return to;
}

static char *text_of(struct tm_model *m, const struct numbers *a, const char *shape)
{
    size_t room = (size_t)a->n * 32 + 64, used;
    char *text = tm_memory(m, room);
    used = (size_t)snprintf(text, room, "d%s:", shape);
    for (int i = 0; i < a->n; i++)
        used += (size_t)snprintf(text + used, room - used, " %.17g", a->v[i]);
    return text;
}

static void add(struct tm_model *m, const char *name, const struct numbers *a, int rank,
                const int64_t *dims)
{
    float data[MOST];
    for (int i = 0; i < a->n; i++)
        data[i] = (float)a->v[i];
    tm_const(m, name, SX_FLOAT, rank, dims, data);
}

static void add_weights(struct tm_model *m, const struct setup *s, const struct weights *k,
                        int64_t d)
{
    int64_t gates = gates_of[s->cell], wide = gates * HIDDEN;
    static const int swap[] = {1, 0, 2, 3};
    const int dims[] = {(int)d, BATCH, HIDDEN, 1};
    struct numbers h0 = k->h0, c0 = k->c0;
    int64_t lengths[BATCH], state[] = {d, BATCH, HIDDEN}, turned[] = {BATCH, d, HIDDEN};
    for (int i = 0; i < BATCH; i++)
        lengths[i] = k->length[i];
    if (s->batch_first) {
        h0 = permuted(&h0, dims, swap);
        c0 = permuted(&c0, dims, swap);
    }
    add(m, "w", &k->w, 3, (int64_t[]){d, wide, INPUTS});
    add(m, "r", &k->r, 3, (int64_t[]){d, wide, HIDDEN});
    add(m, "b", &k->b, 2, (int64_t[]){d, 2 * wide});
    add(m, "p", &k->p, 2, (int64_t[]){d, 3 * HIDDEN});
    add(m, "h0", &h0, 3, s->batch_first ? turned : state);
    add(m, "c0", &c0, 3, s->batch_first ? turned : state);
    tm_const(m, "lengths", SX_INT, 1, (int64_t[]){BATCH}, lengths);
}

static void add_node(struct tm_model *m, const struct setup *s)
{
    static const char *const ops[] = {"RNN", "GRU", "LSTM"};
    char inputs[64], attributes[200];
    snprintf(inputs, sizeof inputs, "x w r %s %s %s%s%s", s->bias ? "b" : "-",
             s->lengths ? "lengths" : "-", s->states ? "h0" : "-",
             s->cell != LSTM ? ""
             : s->states     ? " c0"
                             : " -",
             s->cell == LSTM && s->peepholes ? " p" : "");
    int used =
        snprintf(attributes, sizeof attributes,
                 "direction='%s' layout=%d hidden_size=%d linear_before_reset=%d "
                 "input_forget=%d",
                 s->direction, s->batch_first, HIDDEN, s->linear_before_reset, s->input_forget);
    if (s->clip > 0)
        snprintf(attributes + used, sizeof attributes - (size_t)used, " clip=%.3f", s->clip);
    tm_node(m, ops[s->cell], inputs, s->cell == LSTM ? "y yh yc" : "y yh", attributes);
}

static void check(const struct setup *s)
{
    static const int x_perm[] = {1, 0, 2, 3}, y_perm[] = {2, 0, 1, 3}, h_perm[] = {1, 0, 2, 3};
    int d = strcmp(s->direction, "bidirectional") == 0 ? 2 : 1;
    const int x_dims[] = {STEPS, BATCH, INPUTS, 1}, y_dims[] = {STEPS, d, BATCH, HIDDEN};
    const int h_dims[] = {d, BATCH, HIDDEN, 1};
    struct weights k = draw_weights(s, d);
    struct numbers x = k.x, y, h, c;
    reference(s, &k, d, &y, &h, &c);
    char x_shape[32], y_shape[32], h_shape[32];
    snprintf(x_shape, 32, "%dx%dx%d", STEPS, BATCH, INPUTS);
    snprintf(y_shape, 32, "%dx%dx%dx%d", STEPS, d, BATCH, HIDDEN);
    snprintf(h_shape, 32, "%dx%dx%d", d, BATCH, HIDDEN);
    if (s->batch_first) {
        x = permuted(&x, x_dims, x_perm);
        y = permuted(&y, y_dims, y_perm);
        h = permuted(&h, h_dims, h_perm);
        c = permuted(&c, h_dims, h_perm);
        snprintf(x_shape, 32, "%dx%dx%d", BATCH, STEPS, INPUTS);
        snprintf(y_shape, 32, "%dx%dx%dx%d", BATCH, STEPS, d, HIDDEN);
        snprintf(h_shape, 32, "%dx%dx%d", BATCH, d, HIDDEN);
    }
    struct tm_model *m = tm_new(14), *texts = tm_new(14);
    int64_t first = s->batch_first ? BATCH : STEPS, second = s->batch_first ? STEPS : BATCH;
    tm_input(m, "x", SX_FLOAT, 3, (int64_t[]){first, second, INPUTS});
    add_weights(m, s, &k, d);
    add_node(m, s);
    tm_output(m, "y");
    tm_output(m, "yh");
    if (s->cell == LSTM)
        tm_output(m, "yc");
    const char *in[] = {text_of(texts, &x, x_shape), NULL};
    const char *out[] = {text_of(texts, &y, y_shape), text_of(texts, &h, h_shape),
                         text_of(texts, &c, h_shape), NULL};
    lc_gives(m, in, out);
    tm_free(texts);
}

START_TEST(formulas)
{
    static const struct setup setups[] = {
        {.cell = RNN, .direction = "forward"},
        {.cell = RNN, .direction = "reverse", .bias = true, .states = true, .lengths = true},
        {.cell = RNN,
         .direction = "bidirectional",
         .bias = true,
         .batch_first = true,
         .clip = 0.25},
        {.cell = GRU, .direction = "forward", .bias = true},
        {.cell = GRU, .direction = "forward", .bias = true, .linear_before_reset = true},
        {.cell = GRU, .direction = "reverse", .linear_before_reset = true, .states = true},
        {.cell = GRU,
         .direction = "bidirectional",
         .bias = true,
         .lengths = true,
         .states = true,
         .batch_first = true,
         .linear_before_reset = true},
        {.cell = LSTM, .direction = "forward"},
        {.cell = LSTM, .direction = "forward", .bias = true, .peepholes = true, .states = true},
        {.cell = LSTM, .direction = "reverse", .bias = true, .lengths = true, .states = true},
        {.cell = LSTM,
         .direction = "bidirectional",
         .bias = true,
         .peepholes = true,
         .states = true,
         .batch_first = true,
         .lengths = true},
        {.cell = LSTM, .direction = "forward", .bias = true, .clip = 0.25},
        {.cell = LSTM, .direction = "forward", .bias = true, .input_forget = true},
    };
    for (size_t i = 0; i < sizeof setups / sizeof *setups; i++)
        check(&setups[i]);
}
END_TEST

/* One unit with weight 1 for the input and 0 for the state: y = f(x). */
static void check_activation(const char *attributes, const char *x, const char *y)
{
    struct tm_model *m = tm_new(14);
    tm_input(m, "x", SX_FLOAT, 3, (int64_t[]){1, 1, 1});
    tm_const(m, "w", SX_FLOAT, 3, (int64_t[]){1, 1, 1}, (float[]){1});
    tm_const(m, "r", SX_FLOAT, 3, (int64_t[]){1, 1, 1}, (float[]){0});
    tm_node(m, "RNN", "x w r", "- y", attributes);
    tm_output(m, "y");
    lc_gives(m, (const char *const[]){x, NULL}, (const char *const[]){y, NULL});
}

START_TEST(activations)
{
    check_activation("activations='Relu',", "f1x1x1: -2", "f1x1x1: 0");
    check_activation("activations='Softsign',", "f1x1x1: -3", "f1x1x1: -0.75");
    check_activation("activations='Softplus',", "f1x1x1: 0", "f1x1x1: 0.693147180559945");
    check_activation("activations='LeakyRelu', activation_alpha=[0.5]", "f1x1x1: -2",
                     "f1x1x1: -1");
    check_activation("activations='LeakyRelu',", "f1x1x1: -2", "f1x1x1: -0.02");
    check_activation("activations='ThresholdedRelu', activation_alpha=[1.0]", "f1x1x1: 0.5",
                     "f1x1x1: 0");
    check_activation("activations='ThresholdedRelu',", "f1x1x1: 0.5", "f1x1x1: 0.5");
    check_activation("activations='Affine',", "f1x1x1: 0.5", "f1x1x1: 0");
    check_activation("activations='ScaledTanh',", "f1x1x1: 0.5", "f1x1x1: 0");
    check_activation("activations='Elu',", "f1x1x1: -1", "f1x1x1: -0.632120558828558");
    check_activation("activations='HardSigmoid',", "f1x1x1: 1", "f1x1x1: 0.7");
    check_activation("activations='Affine', activation_alpha=[2.0] activation_beta=[1.0]",
                     "f1x1x1: 3", "f1x1x1: 7");
    check_activation("activations='ScaledTanh', activation_alpha=[2.0] activation_beta=[0.5]",
                     "f1x1x1: 1", "f1x1x1: 0.92423431452002");
}
END_TEST

START_TEST(refusals)
{
    static const struct lc cases[] = {
        {14, "RNN", NULL, {"f1x1: 1", "f1x1x1: 1", "f1x1x1: 1"}, {"refused: rank 2 and 3"}},
        {14, "RNN", NULL, {"f1x1x1: 1", "f1x2x1: 1 1", "f1x1x1: 1"}, {"refused: input 1 (W)"}},
        {14,
         "RNN",
         "direction='bidirectional'",
         {"f1x1x1: 1", "f1x1x1: 1", "f1x1x1: 1"},
         {"refused: input 1 (W)"}},
        {14,
         "RNN",
         "direction='sideways'",
         {"f1x1x1: 1", "f1x1x1: 1", "f1x1x1: 1"},
         {"refused: direction 'sideways'"}},
        {14,
         "RNN",
         "hidden_size=3",
         {"f1x1x1: 1", "f1x1x1: 1", "f1x1x1: 1"},
         {"refused: hidden_size"}},
        {14,
         "RNN",
         "activations='Magic',",
         {"f1x1x1: 1", "f1x1x1: 1", "f1x1x1: 1"},
         {"refused: activation 'Magic'"}},
        {14,
         "GRU",
         NULL,
         {"f1x1x1: 1", "f1x3x1: 1 1 1", "f1x3x1: 1 1 1", "f1x1: 0"},
         {"refused: input 3 (B)"}},
        {14, "LSTM", NULL, {"f1x1x1: 1", "f1x4x1: 1 1 1 1"}, {"refused: input 2 is missing"}},
    };
    LC_RUN(cases);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("lower_rnn");
    SUITE_ADD(c, formulas, activations, refusals);
    return suite_run();
}
