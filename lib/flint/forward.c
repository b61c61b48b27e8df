/* forward.c - runs f, phi, g and d on samples of a data set, one batch at a time. */
#include <stdlib.h>
#include <string.h>

#include "flint/flint.h"

/* The squared error of each reconstruction, [batch]. */
static int misses(struct sx_graph *g, const struct sx_flint_net *net)
{
    struct sx_shape shape = sx_shape_of(g, net->x);
    if (net->recon == SX_NONE || net->x == SX_NONE || shape.rank < 1 || shape.dim[0] < 1)
        return SX_NONE;
    struct sx_shape flat = {2, {shape.dim[0], sx_count(&shape) / shape.dim[0]}};
    int d = sx_reshape(g, sx_sub(g, net->recon, net->x), &flat), axis = 1;
    return sx_sum(g, sx_mul(g, d, d), &axis, 1);
}

static bool add_result(struct sx_flint_forward *w, int node, struct sx_error *error)
{
    if (node == SX_NONE)
        return true;
    const struct sx_node *n = &w->net.g->node[node];
    w->output[w->n_outputs] = node;
    return sx_tensor_new(&w->result[w->n_outputs++], n->type, &n->shape, error);
}

/* Allocates an array of doubles for the next result. */
static bool take_result(const struct sx_flint_forward *w, int node, int *k, double **to,
                        struct sx_error *error)
{
    if (node == SX_NONE)
        return true;
    *to = sx_new((size_t)sx_count(&w->result[(*k)++].shape), sizeof **to, error);
    return *to != NULL;
}

/* Compiles the program. Its inputs are x, f's layers if the graph is cut there, then the weights. */
static bool make_program(struct sx_flint_forward *w, int threads, size_t max_memory,
                         struct sx_error *error)
{
    size_t room = (size_t)w->net.n_params + (size_t)w->n_in + 1;
    int *inputs = sx_new(room, sizeof *inputs, error), n = 0;
    if (inputs == NULL)
        return false;
    inputs[n++] = w->net.x;
    for (int i = 0; i < w->n_in; i++)
        inputs[n++] = w->net.layer[i];
    for (int i = 0; i < w->net.n_params; i++)
        if (w->net.param[i] != SX_NONE)
            inputs[n++] = w->net.param[i];
    struct sx_run_options run = {.threads = threads, .max_memory = max_memory};
    w->program = sx_compile(w->net.g, inputs, n, w->output, w->n_outputs, &run, error);
    w->feed = sx_new((size_t)n, sizeof *w->feed, error);
    free(inputs);
    return w->program != NULL && w->feed != NULL &&
           sx_tensor_new(&w->x, w->net.g->real, &w->net.g->node[w->net.x].shape, error);
}

/* Prepares a graph that begins at f's layers: it is fed the layers, and x to compare the
 * reconstruction with. Logits of f are not computed. */
static bool feed_layers(struct sx_flint_forward *w, const struct sx_flint_predictor *f,
                        struct sx_error *error)
{
    struct sx_graph *g = w->net.g;
    struct sx_shape x = f->x;
    x.dim[0] = w->batch;
    w->net.x = sx_input(g, g->real, &x);
    w->teacher = sx_new((size_t)(w->batch * f->classes), sizeof *w->teacher, error);
    w->in = sx_new((size_t)f->n_layers, sizeof *w->in, error);
    for (; w->in != NULL && w->n_in < f->n_layers; w->n_in++)
        if (!sx_tensor_new(&w->in[w->n_in], SX_FLOAT, &g->node[w->net.layer[w->n_in]].shape,
                           error))
            return false;
    return w->in != NULL && w->teacher != NULL;
}

bool sx_flint_forward_new(struct sx_flint_forward *w, const struct sx_flint_predictor *f,
                          const struct sx_flint_net_options *o, int threads,
                          struct sx_error *error)
{
    *w = (struct sx_flint_forward){.batch = o->batch};
    if (!sx_flint_net_new(&w->net, f, o, error))
        return false;
    const struct sx_flint_net *net = &w->net;
    if (o->cut && !feed_layers(w, f, error)) {
        sx_flint_forward_free(w);
        return false;
    }
    int missed = misses(net->g, net), n = 4 + f->n_layers, k = 0;
    w->output = sx_new((size_t)n, sizeof *w->output, error);
    w->result = sx_new((size_t)n, sizeof *w->result, error);
    w->layer = sx_new((size_t)n, sizeof *w->layer, error);
    bool ok = w->output != NULL && w->result != NULL && w->layer != NULL &&
              add_result(w, net->phi, error) && add_result(w, net->logits, error) &&
              add_result(w, net->teacher, error) && add_result(w, missed, error);
    for (int i = 0; ok && o->layers && i < f->n_layers; i++)
        ok = add_result(w, net->layer[i], error);
    w->row = sx_new((size_t)sx_count(&f->x), sizeof *w->row, error);
    ok = ok && w->row != NULL && sx_graph_ok(net->g, error) &&
         make_program(w, threads, o->max_memory, error) &&
         take_result(w, net->phi, &k, &w->phi, error) &&
         take_result(w, net->logits, &k, &w->logits, error) &&
         take_result(w, net->teacher, &k, &w->teacher, error) &&
         take_result(w, missed, &k, &w->missed, error);
    if (!ok) {
        sx_flint_forward_free(w);
        return false;
    }
    for (int i = 0; o->layers && i < f->n_layers; i++)
        w->layer[i] = w->result[k++].data;
    return true;
}

/* Reads a sample into position `at` of the batch. */
static bool read_row(struct sx_flint_forward *w, struct sx_dataset *data, int64_t row,
                     int64_t at, struct sx_error *error)
{
    int64_t size = sx_count(sx_dataset_shape(data));
    if (w->x.type == SX_FLOAT)
        return sx_dataset_read(data, row, (float *)w->x.data + at * size, error);
    bool ok = sx_dataset_read(data, row, w->row, error);
    for (int64_t i = 0; ok && i < size; i++)
        ((double *)w->x.data)[at * size + i] = w->row[i];
    return ok;
}

static void widen(double *to, const struct sx_tensor *result, int *k)
{
    if (to == NULL)
        return;
    for (int64_t i = 0; i < sx_count(&result[*k].shape); i++)
        to[i] = sx_tensor_get(&result[*k], i);
    (*k)++;
}

bool sx_flint_forward(struct sx_flint_forward *w, struct sx_dataset *data, const int64_t *rows,
                      int64_t n, const struct sx_tensor *params, struct sx_error *error)
{
    for (int64_t i = 0; i < w->batch; i++)
        if (!read_row(w, data, rows[i < n ? i : 0], i, error))
            return false;
    return sx_flint_forward_again(w, params, error);
}

bool sx_flint_forward_cached(struct sx_flint_forward *w, struct sx_dataset *data,
                             const int64_t *rows, int64_t n, const struct sx_flint_cache *cache,
                             int64_t first, const struct sx_tensor *params,
                             struct sx_error *error)
{
    int64_t classes = cache->classes;
    for (int64_t i = 0; i < w->batch; i++) {
        int64_t from = first + (i < n ? i : 0);
        if (!read_row(w, data, rows[i < n ? i : 0], i, error))
            return false;
        for (int k = 0; k < w->n_in; k++)
            memcpy((float *)w->in[k].data + i * cache->size[k],
                   cache->layer[k] + from * cache->size[k],
                   (size_t)cache->size[k] * sizeof(float));
        for (int64_t c = 0; c < classes; c++)
            w->teacher[i * classes + c] = (double)cache->teacher[from * classes + c];
    }
    return sx_flint_forward_again(w, params, error);
}

bool sx_flint_forward_again(struct sx_flint_forward *w, const struct sx_tensor *params,
                            struct sx_error *error)
{
    int k = 0;
    w->feed[k++] = w->x;
    for (int i = 0; i < w->n_in; i++)
        w->feed[k++] = w->in[i];
    for (int i = 0; i < w->net.n_params; i++)
        if (w->net.param[i] != SX_NONE)
            w->feed[k++] = params[i];
    if (!sx_run(w->program, w->feed, w->result, error))
        return false;
    k = 0;
    widen(w->phi, w->result, &k);
    widen(w->logits, w->result, &k);
    if (w->n_in == 0)
        widen(w->teacher, w->result, &k);
    widen(w->missed, w->result, &k);
    return true;
}

void sx_flint_forward_free(struct sx_flint_forward *w)
{
    sx_program_free(w->program);
    for (int i = 0; i < w->n_outputs; i++)
        sx_tensor_free(&w->result[i]);
    free(w->output);
    free(w->result);
    free(w->feed);
    free(w->layer);
    free(w->phi);
    free(w->logits);
    free(w->teacher);
    free(w->missed);
    free(w->row);
    for (int i = 0; i < w->n_in; i++)
        sx_tensor_free(&w->in[i]);
    free(w->in);
    sx_tensor_free(&w->x);
    sx_flint_net_free(&w->net);
    *w = (struct sx_flint_forward){0};
}
