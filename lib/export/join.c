/* join.c - joins derivatives to the model.
 *
 * Inputs at which the graph was cut become the model's tensors again. Known directions become
 * constants. */
#include <stdlib.h>
#include <string.h>

#include "export/task.h"

/* The tensors of the whole graph that replace the inputs of `part`. */
struct joint {
    const struct sx_graph *part;
    int *to;
    struct sx_masks masks;
};

static int replace(void *context, struct sx_graph *to, const struct sx_node *node,
                   const int *in)
{
    struct joint *j = context;
    return in == NULL ? j->to[node - j->part->node] : sx_merge_masks(&j->masks, to, node, in);
}

static int units(struct sx_graph *g, const struct sx_shape *shape)
{
    struct sx_tensor eye;
    int64_t n = shape->dim[0];
    if (!sx_tensor_new(&eye, g->real, shape, &g->error))
        return SX_NONE;
    for (int64_t i = 0; i < n; i++)
        sx_tensor_set(&eye, i * n + i, 1);
    int node = sx_const(g, g->real, shape, eye.data);
    sx_tensor_free(&eye);
    return node;
}

/* Returns the node of `whole` that replaces an input of `part`, in the shape of that input. */
static int join(struct sx_task *t, const struct sx_part_input *in, const int *map)
{
    struct sx_graph *g = t->d->whole;
    struct sx_shape shape = sx_shape_of(t->h, in->node);
    if (in->origin == OF_MODEL)
        return map[in->from];
    if (in->origin == OF_UNITS)
        return units(g, &shape);
    int user = sx_input(g, g->real, &in->shape);
    t->d->in[t->d->n_in++] = (struct sx_export_port){in->name, user, sx_onnx_type_of(g->real)};
    return in->columns > 0 ? sx_casadi_apart(g, user, in->columns, &shape)
                           : sx_reshape(g, user, &shape);
}

/* The ONNX type of a port. Real numbers have the type of the graph, but for float16. */
static int port_type(const struct sx_graph *g, int node, int onnx_type)
{
    return sx_is_real(g->node[node].type) && onnx_type != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16
               ? sx_onnx_type_of(g->node[node].type)
               : onnx_type;
}

/* Whether the file has only the derivatives and not the model's outputs, as CasADi's files. */
static bool derivative_alone(const struct sx_task *t)
{
    return t->options->casadi && t->options->kind != SX_EXPORT_NOTHING;
}

/* Adds the model's own inputs and outputs to the ports. */
static bool add_ports(struct sx_task *t, const int *map)
{
    struct sx_derived *d = t->d;
    const struct sx_lowered *l = d->lowered;
    size_t n_in = (size_t)l->n_inputs + t->n_inputs,
           n_out = (size_t)l->n_outputs + t->n_outputs;
    d->in = sx_arena_new(&d->arena, n_in, sizeof *d->in, t->error);
    d->out = sx_arena_new(&d->arena, n_out, sizeof *d->out, t->error);
    if (d->in == NULL || d->out == NULL)
        return false;
    for (int i = 0; i < l->n_inputs; i++) {
        const struct sx_lowered_value *v = &l->inputs[i];
        int node = map[v->node];
        if (node == SX_NONE)
            node = sx_input(d->whole, l->graph->node[v->node].type,
                            &l->graph->node[v->node].shape);
        d->in[d->n_in++] =
            (struct sx_export_port){v->name, node, port_type(d->whole, node, v->onnx_type)};
    }
    for (int i = 0; i < (derivative_alone(t) ? 0 : l->n_outputs); i++) {
        const struct sx_lowered_value *v = &l->outputs[i];
        d->out[d->n_out++] = (struct sx_export_port){
            v->name, map[v->node], port_type(d->whole, map[v->node], v->onnx_type)};
    }
    return true;
}

static bool name_is_free(const struct sx_derived *d, const char *name, struct sx_error *error)
{
    for (int i = 0; i < d->n_out + d->n_in; i++) {
        const char *taken = i < d->n_out ? d->out[i].name : d->in[i - d->n_out].name;
        if (strcmp(taken, name) == 0)
            return sx_fail(error, SX_USAGE, "the model has a tensor '%.80s' already", name);
    }
    return true;
}

static bool join_part(struct sx_task *t, const int *map)
{
    struct sx_graph *g = t->d->whole;
    size_t n = t->h->n_nodes;
    struct joint joint = {.part = t->h, .to = sx_new(n, sizeof(int), t->error)};
    int *made = sx_new(n, sizeof *made, t->error),
        *roots = sx_new(t->n_outputs, sizeof *roots, t->error);
    bool ok = joint.to != NULL && made != NULL && roots != NULL;
    for (size_t i = 0; ok && i < n; i++)
        joint.to[i] = SX_NONE;
    for (size_t i = 0; ok && i < t->n_inputs; i++)
        ok =
            (t->input[i].origin != OF_USER || name_is_free(t->d, t->input[i].name, t->error)) &&
            (joint.to[t->input[i].node] = join(t, &t->input[i], map)) != SX_NONE;
    for (size_t i = 0; ok && i < t->n_outputs; i++)
        roots[i] = t->output[i].node;
    ok = ok && sx_rebuild(t->h, g, roots, (int)t->n_outputs, NULL, 0, made, replace, &joint);
    for (size_t i = 0; ok && i < t->n_outputs; i++) {
        const struct sx_part_output *o = &t->output[i];
        ok = name_is_free(t->d, o->name, t->error);
        t->d->out[t->d->n_out++] = (struct sx_export_port){
            o->name, sx_reshape(g, made[o->node], &o->shape), sx_onnx_type_of(g->real)};
    }
    free(joint.masks.joined);
    free(joint.to);
    free(made);
    free(roots);
    return sx_graph_ok(g, t->error) && ok;
}

/* Reduces the whole graph to the nodes that outputs need. Sets the names of nodes. */
static bool finish(struct sx_task *t, const int *map)
{
    struct sx_derived *d = t->d;
    const struct sx_graph *from = d->lowered->graph;
    int *roots = sx_new((size_t)(d->n_in + d->n_out), sizeof *roots, t->error);
    int *last = sx_new(d->whole->n_nodes, sizeof *last, t->error);
    d->graph = sx_graph_new(from->rows, from->real, t->error);
    bool ok = roots != NULL && last != NULL && d->graph != NULL;
    for (int i = 0; ok && i < d->n_in + d->n_out; i++)
        roots[i] = i < d->n_in ? d->in[i].node : d->out[i - d->n_in].node;
    ok = ok &&
         sx_rebuild(d->whole, d->graph, roots, d->n_in + d->n_out, NULL, 0, last, NULL, NULL);
    for (int i = 0; ok && i < d->n_in; i++)
        d->in[i].node = last[d->in[i].node];
    for (int i = 0; ok && i < d->n_out; i++)
        d->out[i].node = last[d->out[i].node];
    d->name = ok ? sx_arena_new(&d->arena, d->graph->n_nodes, sizeof *d->name, t->error) : NULL;
    for (size_t i = 0; d->name != NULL && i < from->n_names; i++) {
        int node = map[from->name[i].node];
        if (node != SX_NONE && last[node] != SX_NONE && d->name[last[node]] == NULL)
            d->name[last[node]] = from->name[i].name;
    }
    free(roots);
    free(last);
    return d->name != NULL && sx_graph_ok(d->graph, t->error);
}

bool sx_join(struct sx_task *t)
{
    struct sx_derived *d = t->d;
    const struct sx_lowered *l = d->lowered;
    int n = l->n_outputs, *map = sx_new(l->graph->n_nodes, sizeof *map, t->error);
    int *roots = sx_new((size_t)n + t->n_inputs, sizeof *roots, t->error);
    d->whole = sx_graph_new(l->graph->rows, l->graph->real, t->error);
    bool ok = map != NULL && roots != NULL && d->whole != NULL;
    for (int i = 0; ok && i < l->n_outputs; i++)
        roots[i] = l->outputs[i].node;
    for (size_t i = 0; ok && i < t->n_inputs; i++)
        if (t->input[i].origin == OF_MODEL)
            roots[n++] = t->input[i].from;
    ok = ok && sx_rebuild(l->graph, d->whole, roots, n, NULL, 0, map, NULL, NULL) &&
         add_ports(t, map) && join_part(t, map) && finish(t, map);
    if (d->whole != NULL)
        sx_graph_ok(d->whole, t->error);
    free(map);
    free(roots);
    return ok;
}
