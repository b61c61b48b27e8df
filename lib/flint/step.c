/* step.c - a training step as one program: from batch and weights to losses and gradients. */
#include <stdlib.h>
#include <string.h>

#include "flint/fit.h"

/* The nodes of a program under construction. */
struct wiring {
    struct sx_flint_stepper *s;
    int *input, *output, n_in, n_out;
};

static int add_input(struct wiring *w, int node)
{
    w->input[w->n_in] = node;
    return w->n_in++;
}

static int add_output(struct wiring *w, int node)
{
    if (node == SX_NONE)
        return -1;
    w->output[w->n_out] = node;
    return w->n_out++;
}

static int scalar_input(struct sx_graph *g)
{
    const struct sx_shape scalar = {0};
    return sx_input(g, SX_FLOAT, &scalar);
}

/* The logits of g with dropout: h is linear, so they are W (phi * mask) + b. */
static int dropped_logits(const struct sx_flint_fit *fit, struct wiring *w)
{
    struct sx_flint_net *net = &w->s->net;
    struct sx_shape shape = sx_shape_of(net->g, net->phi);
    int mask = sx_input(net->g, SX_FLOAT, &shape), h[2] = {SX_NONE, SX_NONE};
    for (int i = 0, k = 0; i < fit->n_trained; i++)
        if (fit->params.item[fit->trained[i]].part == SX_FLINT_H && k < 2)
            h[k++] = net->param[i];
    w->s->mask = add_input(w, mask);
    int product = sx_matmul(net->g, sx_mul(net->g, net->phi, mask), h[0], false, true);
    return sx_add(net->g, product, h[1]);
}

/* Adds all inputs of the program except the learned weights. */
static void wire_inputs(const struct sx_flint_fit *fit, struct wiring *w,
                        struct sx_flint_values *v)
{
    struct sx_flint_stepper *s = w->s;
    struct sx_graph *g = s->net.g;
    struct sx_shape scores = {2, {s->batch, fit->f.classes}}, x = fit->f.x;
    x.dim[0] = s->batch;
    s->layers = s->teacher = s->x = s->labels = s->mask = -1;
    v->teacher = s->net.teacher;
    v->x = s->net.x;
    if (fit->cache.teacher != NULL) {
        for (int i = 0; i < s->net.n_layers; i++) {
            int k = add_input(w, s->net.layer[i]);
            s->layers = i == 0 ? k : s->layers;
        }
        v->teacher = sx_input(g, SX_FLOAT, &scores);
        s->teacher = add_input(w, v->teacher);
        v->x = sx_input(g, SX_FLOAT, &x);
    }
    s->x = add_input(w, v->x);
    v->labels = SX_NONE;
    if (fit->options.joint) {
        v->labels = sx_input(g, SX_FLOAT, &scores);
        s->labels = add_input(w, v->labels);
    }
    v->zero = scalar_input(g);
    s->zero = add_input(w, v->zero);
    for (int i = 0; i < 4; i++) {
        v->weight[i] = scalar_input(g);
        int k = add_input(w, v->weight[i]);
        s->weight = i == 0 ? k : s->weight;
    }
}

/* The standard deviations of x's channels, by which residuals are divided; SX_NONE: not
 * standardised. */
static int scale_of(const struct sx_flint_fit *fit, struct sx_graph *g)
{
    const struct sx_flint_scale *s = fit->source.scale;
    if (s == NULL)
        return SX_NONE;
    const struct sx_shape shape = {s->plane > 1 ? 3 : 1, {s->n, 1, 1}};
    return sx_const(g, SX_FLOAT, &shape, s->sd);
}

/* Adds the loss, and its derivatives by the learned weights that are in the graph. */
static bool wire_loss(const struct sx_flint_fit *fit, struct wiring *w, struct sx_error *error)
{
    struct sx_flint_stepper *s = w->s;
    struct sx_graph *g = s->net.g;
    struct sx_flint_terms t;
    struct sx_flint_values v = {.phi = s->net.phi, .logits = s->net.logits};
    wire_inputs(fit, w, &v);
    if (fit->options.h_dropout > 0)
        v.logits = dropped_logits(fit, w);
    v.recon = fit->options.input != SX_FLINT_NONE ? s->net.recon : SX_NONE;
    v.scale = scale_of(fit, g);
    sx_flint_loss(g, &v, fit->options.of_g, fit->options.input == SX_FLINT_L1, &t);
    s->params = w->n_in;
    int *by = sx_new((size_t)fit->n_trained + 1, sizeof *by, error);
    int *slope = sx_new((size_t)fit->n_trained + 1, sizeof *slope, error), n = 0;
    bool ok = by != NULL && slope != NULL;
    for (int i = 0; ok && i < fit->n_trained; i++)
        if (s->net.param[i] != SX_NONE)
            by[n++] = s->net.param[i];
    if (ok) {
        by[n] = t.stop;
        sx_derive(g, t.total, SX_NONE, by, n + 1, slope);
        ok = sx_graph_ok(g, error);
    }
    if (ok) {
        const int terms[] = {t.total, t.pred, t.of, t.input, t.ent_sample, t.ent_batch, t.l1};
        for (int i = 0; i < SX_FLINT_TERMS; i++)
            s->term[i] = add_output(w, terms[i]);
        s->f_scores = add_output(w, v.teacher);
        s->g_scores = add_output(w, v.logits);
        s->gradients = w->n_out;
        for (int i = 0; i < n; i++) {
            add_input(w, by[i]);
            add_output(w, slope[i]);
        }
    }
    free(by);
    free(slope);
    return ok;
}

/* Allocates tensors of inputs and outputs. Weights and gradients belong to the fit. */
static bool make_room(struct sx_flint_stepper *s, const struct sx_flint_fit *fit,
                      const struct wiring *w, struct sx_error *error)
{
    s->n_feeds = w->n_in;
    s->n_results = w->n_out;
    s->feed = sx_new((size_t)w->n_in, sizeof *s->feed, error);
    s->result = sx_new((size_t)w->n_out, sizeof *s->result, error);
    bool ok = s->feed != NULL && s->result != NULL;
    for (int i = 0; ok && i < s->params; i++)
        ok = sx_tensor_new(&s->feed[i], SX_FLOAT, &s->net.g->node[w->input[i]].shape, error);
    for (int i = 0; ok && i < s->gradients; i++)
        ok = sx_tensor_new(&s->result[i], SX_FLOAT, &s->net.g->node[w->output[i]].shape, error);
    for (int i = 0, k = 0; ok && i < fit->n_trained; i++)
        if (s->net.param[i] != SX_NONE) {
            s->feed[s->params + k] = fit->value[i];
            s->result[s->gradients + k++] = fit->gradient[i];
        }
    return ok;
}

bool sx_flint_stepper_new(struct sx_flint_stepper *s, const struct sx_flint_fit *fit,
                          int64_t batch, struct sx_error *error)
{
    struct sx_flint_net_options o = {.batch = batch,
                                     .real = SX_FLOAT,
                                     .variables = fit->names,
                                     .n_variables = fit->n_trained,
                                     .cut = fit->cache.teacher != NULL,
                                     .max_memory = fit->options.max_memory};
    struct sx_run_options run = {.threads = fit->options.threads,
                                 .max_memory = fit->options.max_memory};
    struct wiring w = {.s = s};
    size_t room = (size_t)fit->n_trained + (size_t)fit->f.n_layers + 24;
    *s = (struct sx_flint_stepper){.batch = batch};
    if (!sx_flint_net_new(&s->net, &fit->f, &o, error))
        return false;
    w.input = sx_new(room, sizeof *w.input, error);
    w.output = sx_new(room, sizeof *w.output, error);
    bool ok = w.input != NULL && w.output != NULL && wire_loss(fit, &w, error);
    if (ok)
        s->program = sx_compile(s->net.g, w.input, w.n_in, w.output, w.n_out, &run, error);
    ok = ok && s->program != NULL && make_room(s, fit, &w, error);
    free(w.input);
    free(w.output);
    if (!ok)
        sx_flint_stepper_free(s);
    return ok;
}

void sx_flint_stepper_free(struct sx_flint_stepper *s)
{
    sx_program_free(s->program);
    for (int i = 0; s->feed != NULL && i < s->params; i++)
        sx_tensor_free(&s->feed[i]);
    for (int i = 0; s->result != NULL && i < s->gradients; i++)
        sx_tensor_free(&s->result[i]);
    free(s->feed);
    free(s->result);
    sx_flint_net_free(&s->net);
    *s = (struct sx_flint_stepper){0};
}
