/* file.c - writes the graph of a file: inputs, constants, nodes and outputs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/patterns.h"

/* ---- The same graph for other lengths ---- */

static bool same_node(const struct sx_node *a, const struct sx_node *b)
{
    if (a->op != b->op || a->type != b->type || a->n_in != b->n_in || a->n_attr != b->n_attr ||
        a->shape.rank != b->shape.rank)
        return false;
    for (int k = 0; k < a->n_in; k++)
        if (a->in[k] != b->in[k])
            return false;
    return true;
}

/* Whether the attributes of an operator hold lengths. These are compared when they are written. */
static bool says_lengths(int op)
{
    return op == SX_RESHAPE || op == SX_EXPAND || op == SX_SLICE || op == SX_EMBED ||
           op == SX_PUT;
}

static bool same_graphs(struct sx_writer *w)
{
    for (int k = 0; k < w->symbols->n; k++) {
        const char *name = w->symbols->item[k].name;
        bool same = w->g->n_nodes == w->other[k]->n_nodes;
        w->stuck = k;
        for (size_t i = 0; same && i < w->g->n_nodes; i++) {
            const struct sx_node *n = &w->g->node[i];
            same = same_node(n, &w->other[k]->node[i]);
            for (int a = 0; same && !says_lengths(n->op) && a < n->n_attr; a++)
                if (!sx_attr_fixed(w, (int)i, a))
                    return false;
        }
        if (!same)
            return sx_fail(w->error, SX_MODEL,
                           "'%.40s' cannot stay open: the graph differs with it", name);
    }
    w->stuck = -1;
    return true;
}

/* ---- Constants ---- */

/* The index of element i of *shape in *small, in which some axes have length 1. */
static int64_t place_in(const struct sx_shape *small, const struct sx_shape *shape, int64_t i)
{
    int64_t place = 0, step = 1;
    for (int d = shape->rank - 1; d >= 0; i /= shape->dim[d--]) {
        if (small->dim[d] == 1)
            continue;
        place += i % shape->dim[d] * step;
        step *= small->dim[d];
    }
    return place;
}

/* Sets small->data to one row of a constant along its open axes. False if rows differ. */
static bool shrink(const struct sx_node *n, struct sx_tensor *small)
{
    size_t size = sx_type_size(n->type);
    int64_t count = sx_count(&n->shape);
    for (int64_t i = count - 1; i >= 0; i--)
        memcpy((char *)small->data + place_in(&small->shape, &n->shape, i) * (int64_t)size,
               (const char *)n->data + i * (int64_t)size, size);
    for (int64_t i = 0; i < count; i++)
        if (memcmp((char *)small->data + place_in(&small->shape, &n->shape, i) * (int64_t)size,
                   (const char *)n->data + i * (int64_t)size, size) != 0)
            return false;
    return true;
}

static bool differs(struct sx_writer *w, int k)
{
    w->stuck = k;
    return sx_fail(w->error, SX_MODEL, "'%.40s' cannot stay open: a constant differs with it",
                   w->symbols->item[k].name);
}

/* Writes a constant with an open length as one row. Readers repeat the row. */
static bool write_rows(struct sx_writer *w, int node, const struct sx_dim *dims)
{
    const struct sx_node *n = &w->g->node[node];
    struct sx_tensor small = {0}, again = {0};
    struct sx_shape shape = n->shape;
    int k = 0;
    for (int i = 0; i < shape.rank; i++)
        shape.dim[i] = dims[i].open ? 1 : shape.dim[i];
    bool ok = sx_tensor_new(&small, n->type, &shape, w->error) &&
              sx_tensor_new(&again, n->type, &shape, w->error);
    ok = ok && (shrink(n, &small) || differs(w, 0));
    size_t bytes = (size_t)sx_count(&shape) * sx_type_size(n->type);
    for (; ok && k < w->symbols->n; k++)
        ok = (shrink(&w->other[k]->node[node], &again) &&
              memcmp(small.data, again.data, bytes) == 0) ||
             differs(w, k);
    if (ok) {
        w->row[node] = w->wish[node] != NULL ? w->wish[node] : sx_writer_name(w, "const");
        sx_onnx_write_tensor(w->to, w->row[node], &small);
    }
    sx_tensor_free(&small);
    sx_tensor_free(&again);
    return ok;
}

static bool write_constant(struct sx_writer *w, int node)
{
    const struct sx_node *n = &w->g->node[node];
    struct sx_dim dims[SX_MAX_RANK];
    if (!sx_dims_of(w, node, dims))
        return false;
    for (int i = 0; i < n->shape.rank; i++)
        if (dims[i].open)
            return write_rows(w, node, dims);
    size_t bytes = (size_t)sx_count(&n->shape) * sx_type_size(n->type);
    for (int k = 0; k < w->symbols->n; k++) {
        const void *other = w->other[k]->node[node].data;
        if (other != n->data && bytes > 0 && memcmp(other, n->data, bytes) != 0)
            return differs(w, k);
    }
    struct sx_tensor t = {n->type, n->shape, NULL};
    memcpy(&t.data, &n->data, sizeof t.data);
    w->name[node] = w->wish[node] != NULL ? w->wish[node] : sx_writer_name(w, "const");
    if (w->name[node] != NULL)
        sx_outside_write(w->outside, w->to, w->name[node], &t, w->error);
    return w->error->status == SX_OK;
}

/* ---- Inputs and outputs ---- */

/* A dimension as text, such as 4, "N", "2*N*L". */
static const char *dim_text(struct sx_writer *w, const struct sx_dim *d)
{
    char text[4 * SX_NAME_SHOWN];
    size_t at = 0;
    if (d->factor != 1)
        at = (size_t)snprintf(text, sizeof text, "%lld", (long long)d->factor);
    for (int k = 0; k < w->symbols->n; k++)
        for (int i = 0; i < d->power[k] && at < sizeof text; i++)
            at += (size_t)snprintf(text + at, sizeof text - at, "%s%s", at > 0 ? "*" : "",
                                   w->symbols->item[k].name);
    return sx_arena_strdup(&w->arena, text, w->error);
}

static bool write_port(struct sx_writer *w, int field, const struct sx_export_port *port)
{
    struct sx_dim dims[SX_MAX_RANK];
    struct sx_onnx_dim to[SX_MAX_RANK];
    int rank = w->g->node[port->node].shape.rank;
    if (!sx_dims_of(w, port->node, dims))
        return false;
    for (int i = 0; i < rank; i++)
        to[i] =
            (struct sx_onnx_dim){dims[i].factor, dims[i].open ? dim_text(w, &dims[i]) : NULL};
    sx_onnx_write_value(w->to, field, port->name, port->onnx_type, to, rank);
    return w->error->status == SX_OK;
}

/* Writes an input. Real inputs have the precision of the graph. */
static bool write_input(struct sx_writer *w, const struct sx_export_port *port)
{
    int held = sx_onnx_type_of(w->g->node[port->node].type);
    const struct sx_onnx_attr to = {.name = "to", .i = held};
    if (!write_port(w, SX_GRAPH_INPUT, port))
        return false;
    w->name[port->node] = port->onnx_type == held
                              ? port->name
                              : sx_out_node(w, "Cast", SX_IN(port->name), NULL, &to, 1);
    return w->error->status == SX_OK;
}

static bool write_output(struct sx_writer *w, const struct sx_export_port *port)
{
    const struct sx_node *n = &w->g->node[port->node];
    const struct sx_onnx_attr to = {.name = "to", .i = port->onnx_type};
    const char *name = sx_node_name(w, port->node);
    if (name == NULL || !write_port(w, SX_GRAPH_OUTPUT, port))
        return false;
    if (port->onnx_type != sx_onnx_type_of(n->type))
        sx_out_node(w, "Cast", SX_IN(name), port->name, &to, 1);
    else if (strcmp(name, port->name) != 0)
        sx_out_node(w, "Identity", SX_IN(name), port->name, NULL, 0);
    return w->error->status == SX_OK;
}

/* ---- The whole ---- */

static bool take_name(struct sx_writer *w, const char *name)
{
    return sx_names_get(&w->used, name) >= 0 || sx_names_put(&w->used, name, 0, w->error);
}

/* Sets preferred names: for ports their own, for other tensors those in the model if they are
 * free. */
static bool wish_names(struct sx_writer *w, const struct sx_derived *d)
{
    bool ok = true;
    for (int i = 0; i < d->n_in; i++)
        ok = ok && take_name(w, d->in[i].name);
    for (int i = 0; i < d->n_out; i++) {
        const struct sx_export_port *o = &d->out[i];
        const struct sx_node *n = &d->graph->node[o->node];
        ok = ok && take_name(w, o->name);
        if (n->op != SX_INPUT && n->op != SX_CONST && w->wish[o->node] == NULL &&
            o->onnx_type == sx_onnx_type_of(n->type))
            w->wish[o->node] = o->name;
    }
    for (size_t i = 0; ok && i < d->graph->n_nodes; i++)
        if (d->name[i] != NULL && w->wish[i] == NULL &&
            sx_names_get(&w->used, d->name[i]) < 0) {
            w->wish[i] = d->name[i];
            ok = take_name(w, d->name[i]);
        }
    return ok;
}

/* Counts the readers of each node. Then marks the nodes that needed nodes read in their ONNX
 * form. */
static void mark_needed(struct sx_writer *w, const struct sx_derived *d)
{
    for (size_t i = 0; i < w->g->n_nodes; i++)
        for (int k = 0; k < w->g->node[i].n_in; k++)
            w->uses[w->g->node[i].in[k]]++;
    for (int i = 0; i < d->n_out; i++) {
        w->uses[d->out[i].node]++;
        w->needed[d->out[i].node] = true;
    }
    for (size_t i = w->g->n_nodes; i-- > 0;)
        for (int k = w->needed[i] ? sx_spelt_reads(w, (int)i, w->reads) : 0; k-- > 0;)
            w->needed[w->reads[k]] = true;
}

static bool write_nodes(struct sx_writer *w, const struct sx_derived *d)
{
    for (int i = 0; i < d->n_in; i++)
        if (!write_input(w, &d->in[i]))
            return false;
    for (size_t i = 0; i < w->g->n_nodes; i++) {
        int op = w->g->node[i].op;
        if (op == SX_INPUT || !w->needed[i])
            continue;
        if (!(op == SX_CONST ? write_constant(w, (int)i) : sx_spell(w, (int)i)))
            return false;
    }
    for (int i = 0; i < d->n_out; i++)
        if (!write_output(w, &d->out[i]))
            return false;
    return true;
}

static int opset_of(const struct sx_graph *g)
{
    for (size_t i = 0; i < g->n_nodes; i++) {
        int op = g->node[i].op;
        if (op == SX_BITNOT || op == SX_BITAND || op == SX_BITOR || op == SX_BITXOR)
            return SX_EXPORT_OPSET_BITS;
    }
    return SX_EXPORT_OPSET;
}

/* Allocates the tables of the nodes. */
static bool open_writer(struct sx_writer *w)
{
    size_t n = w->g->n_nodes, reads = n + 3;
    for (size_t i = 0; i < n; i++) /* a node may read another many times */
        if ((size_t)w->g->node[i].n_in > reads)
            reads = (size_t)w->g->node[i].n_in;
    w->name = sx_new(n, sizeof *w->name, w->error);
    w->wish = sx_new(n, sizeof *w->wish, w->error);
    w->row = sx_new(n, sizeof *w->row, w->error);
    w->beside = sx_new(n, sizeof *w->beside, w->error);
    w->at = sx_new(n, sizeof *w->at, w->error);
    w->uses = sx_new(n, sizeof *w->uses, w->error);
    w->clip = sx_new(n, sizeof *w->clip, w->error);
    w->part = sx_new(n, sizeof *w->part, w->error);
    w->next = sx_new(n, sizeof *w->next, w->error);
    w->reads = sx_new(reads, sizeof *w->reads, w->error);
    w->needed = sx_new(n, sizeof *w->needed, w->error);
    for (size_t i = 0; w->error->status == SX_OK && i < n; i++)
        w->clip[i] = w->part[i] = w->next[i] = SX_NONE;
    return w->error->status == SX_OK;
}

static void close_writer(struct sx_writer *w)
{
    sx_names_free(&w->used);
    sx_names_free(&w->made);
    free(w->name);
    free(w->wish);
    free(w->row);
    free(w->beside);
    free(w->at);
    free(w->uses);
    free(w->clip);
    free(w->part);
    free(w->next);
    free(w->reads);
    free(w->needed);
    free(w->constant);
    sx_arena_free(&w->arena);
}

bool sx_write_graph(const struct sx_derived *d, const struct sx_derived *others,
                    const struct sx_symbols *symbols, struct sx_outside *outside,
                    struct sx_wire *to, struct sx_written *written, struct sx_error *error)
{
    struct sx_writer w = {.to = to,
                          .opset = opset_of(d->graph),
                          .outside = outside,
                          .g = d->graph,
                          .symbols = symbols,
                          .stuck = -1,
                          .error = error};
    w.count = d->count;
    for (int k = 0; k < symbols->n; k++)
        w.other[k] = others[k].graph;
    bool ok = open_writer(&w) && same_graphs(&w) && wish_names(&w, d);
    if (ok) {
        sx_find_clips(&w);
        sx_find_splits(&w);
        mark_needed(&w, d);
        ok = write_nodes(&w, d);
    }
    if (to->error->status != SX_OK && error != to->error)
        ok = sx_fail_as(error, to->error);
    *written = (struct sx_written){w.opset, w.stuck};
    close_writer(&w);
    return ok;
}
