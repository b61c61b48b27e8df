/* net.c - a fitted or composed file as a graph over a batch of samples.
 *
 * Files with an open batch axis are lowered for the batch. Files made for one sample are lowered
 * for one, and the graph is then rewritten for the batch. */
#include <stdlib.h>
#include <string.h>

#include "flint/flint.h"

/* Indices in parts.value. f's layers follow. */
enum { PHI, LOGITS, RECON, TEACHER, N_VALUES };

struct parts {
    int *value; /* SX_NONE: there is none */
    int n_values, x, *param;
    bool cut;
};

static bool parts_new(struct parts *p, int n_params, int n_layers, struct sx_error *error)
{
    p->n_values = N_VALUES + n_layers;
    p->value = sx_new((size_t)p->n_values, sizeof *p->value, error);
    p->param = sx_new((size_t)n_params, sizeof *p->param, error);
    return p->param != NULL && p->value != NULL;
}

static bool find_parts(struct parts *p, const struct sx_flint_net *net,
                       const struct sx_flint_predictor *f, const struct sx_flint_net_options *o,
                       int64_t batch, struct sx_error *error)
{
    struct sx_graph *g = net->lowered->graph;
    p->value[PHI] = sx_find(g, SX_FLINT_PHI);
    p->value[LOGITS] = sx_find(g, SX_FLINT_LOGITS);
    p->value[RECON] = sx_find(g, SX_FLINT_RECON);
    p->value[TEACHER] = o->cut ? SX_NONE : sx_flint_teacher(g, f->scores, f->probs, batch);
    p->x = net->lowered->inputs[0].node;
    for (int i = 0; i < net->n_params; i++)
        p->param[i] = sx_find(g, o->variables[i]);
    for (int i = N_VALUES; i < p->n_values; i++)
        p->value[i] = sx_find(g, f->layer[i - N_VALUES].name);
    bool ok = o->cut || p->value[TEACHER] != SX_NONE;
    ok = ok && (o->bare || (p->value[PHI] != SX_NONE && p->value[LOGITS] != SX_NONE &&
                            g->node[p->value[PHI]].shape.rank == 2 &&
                            g->node[p->value[PHI]].shape.dim[0] == batch));
    for (int i = N_VALUES; i < p->n_values; i++)
        ok = ok && p->value[i] != SX_NONE;
    return sx_graph_ok(g, error) &&
           (ok || sx_fail(error, SX_MODEL, "the file holds no fitted interpreter"));
}

/* Lists the values that exist, in order. If the graph is cut, its layers are inputs. */
static int outputs_of(const struct parts *p, int *outputs)
{
    int n = 0;
    for (int k = 0; k < (p->cut ? N_VALUES : p->n_values); k++)
        if (p->value[k] != SX_NONE)
            outputs[n++] = p->value[k];
    return n;
}

static void map_all(int *nodes, int n, const int *map)
{
    for (int i = 0; i < n; i++)
        nodes[i] = nodes[i] != SX_NONE ? map[nodes[i]] : SX_NONE;
}

/* Rebuilds the lowered graph, which applies identities. */
static bool simplify(struct sx_flint_net *net, struct parts *p, struct sx_error *error)
{
    const struct sx_graph *from = net->lowered->graph;
    int *map = sx_new(from->n_nodes, sizeof *map, error);
    int *roots = sx_new((size_t)p->n_values, sizeof *roots, error);
    net->g = sx_graph_new(from->rows, from->real, error);
    bool ok = map != NULL && roots != NULL && net->g != NULL;
    if (ok) {
        net->g->limit = from->limit;
        net->g->watch = from->watch;
        sx_rebuild(from, net->g, roots, outputs_of(p, roots), p->value + N_VALUES,
                   p->cut ? p->n_values - N_VALUES : 0, map, NULL, NULL);
        ok = sx_graph_ok(net->g, error);
    }
    if (ok) {
        map_all(p->value, p->n_values, map);
        map_all(p->param, net->n_params, map);
        map_all(&p->x, 1, map);
    }
    free(map);
    free(roots);
    return ok;
}

/* Rewrites the graph of one sample for `size` samples. */
static bool batch(struct sx_flint_net *net, struct parts *p, int64_t size,
                  struct sx_error *error)
{
    int n = p->cut ? p->n_values - N_VALUES : 1;
    int *to = sx_new((size_t)n, sizeof *to, error);
    int *outputs = sx_new((size_t)p->n_values, sizeof *outputs, error);
    int *results = sx_new((size_t)p->n_values, sizeof *results, error);
    bool ok = to != NULL && outputs != NULL && results != NULL;
    if (ok) {
        int n_outputs = outputs_of(p, outputs), at = 0;
        sx_batch(net->g, size, p->cut ? p->value + N_VALUES : &p->x, to, n, outputs, results,
                 n_outputs);
        ok = sx_graph_ok(net->g, error);
        for (int k = 0; ok && at < n_outputs; k++)
            if (p->value[k] != SX_NONE)
                p->value[k] = results[at++];
    }
    for (int i = 0; ok && i < n; i++)
        *(p->cut ? &p->value[N_VALUES + i] : &p->x) = to[i];
    free(to);
    free(outputs);
    free(results);
    return ok;
}

/* Lowers for `size` samples at once if the file allows it. */
static bool lower(struct sx_flint_net *net, const struct sx_flint_predictor *f,
                  const struct sx_flint_net_options *o, int64_t size, struct parts *p,
                  struct sx_error *error)
{
    net->lowered = sx_flint_lower(f->model, &f->x, size, o->real, o->variables, o->n_variables,
                                  o->max_memory, error);
    if (net->lowered != NULL)
        net->lowered->graph->watch = o->watch;
    return net->lowered != NULL && find_parts(p, net, f, o, size, error);
}

static bool build(struct sx_flint_net *net, const struct sx_flint_predictor *f,
                  const struct sx_flint_net_options *o, struct parts *p, struct sx_error *error)
{
    struct sx_error ignored = {0};
    if (o->batch > 1 && f->free_batch && lower(net, f, o, o->batch, p, &ignored))
        return simplify(net, p, error);
    if (ignored.status == SX_MEMORY)
        return sx_fail_as(error, &ignored);
    sx_lowered_free(net->lowered);
    net->lowered = NULL;
    return lower(net, f, o, 1, p, error) && simplify(net, p, error) &&
           (o->batch == 1 || batch(net, p, o->batch, error));
}

bool sx_flint_net_new(struct sx_flint_net *net, const struct sx_flint_predictor *f,
                      const struct sx_flint_net_options *o, struct sx_error *error)
{
    struct parts p = {.x = SX_NONE, .cut = o->cut};
    *net = (struct sx_flint_net){.batch = o->batch,
                                 .n_params = o->n_variables,
                                 .n_layers = o->cut || o->layers ? f->n_layers : 0};
    bool ok = parts_new(&p, net->n_params, net->n_layers, error) && build(net, f, o, &p, error);
    if (ok) {
        net->x = p.x;
        net->phi = p.value[PHI];
        net->logits = p.value[LOGITS];
        net->recon = p.value[RECON];
        net->teacher = p.value[TEACHER];
    }
    net->value = p.value;
    net->layer = p.value != NULL ? p.value + N_VALUES : NULL;
    net->param = p.param;
    if (!ok)
        sx_flint_net_free(net);
    return ok;
}

void sx_flint_net_free(struct sx_flint_net *net)
{
    sx_graph_free(net->g);
    sx_lowered_free(net->lowered);
    free(net->param);
    free(net->value);
    *net = (struct sx_flint_net){0};
}
