/* derivative.c - the model and its derivatives as one graph.
 *
 * Derivatives are taken in a graph of its own, `part`, in which the tensors of `wrt` are cut free.
 * It is then joined to the model: what was cut is the model's tensor again, and directions that
 * are known are constants. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/export.h"
#include "export/names.h"
#include "graph/derive.h"

/* What an input of `part` is in the whole. */
enum origin {
    OF_MODEL, /* the node `from` of the lowered graph */
    OF_USER,  /* an input of the file */
    OF_UNITS, /* all unit vectors, one after the other */
};

struct part_input {
    enum origin origin;
    int node, from;
    const char *name;      /* OF_USER */
    struct sx_shape shape; /* OF_USER: as the user sees it */
};

/* A derivative: a node of `part`, its name, and the shape that it is given. */
struct part_output {
    int node;
    const char *name;
    struct sx_shape shape;
};

struct task {
    struct sx_derived *d;
    const struct sx_export_options *options;
    const struct sx_symbols *symbols;
    struct sx_graph *h;
    struct sx_tensor_list of, wrt;
    int *y, *x;    /* nodes of `part` */
    int64_t rows;  /* of the batch axis that all of them have; 0: they have none */
    int64_t seeds; /* 0: no axis */
    struct part_input *input;
    size_t n_inputs, input_capacity;
    struct part_output *output;
    size_t n_outputs, output_capacity;
    struct sx_error *error;
};

/* ---- Parts ---- */

static bool add_input(struct task *t, struct part_input input)
{
    void *grown = t->input;
    if (!sx_grow(&grown, &t->input_capacity, t->n_inputs + 1, sizeof *t->input, t->error))
        return false;
    t->input = grown;
    t->input[t->n_inputs++] = input;
    return true;
}

/* "kind_a", or "kind_a_b". */
static const char *name_of(struct task *t, const char *kind, const char *a, const char *b)
{
    char text[300];
    snprintf(text, sizeof text, "%s_%s%s%s", kind, a, b != NULL ? "_" : "", b != NULL ? b : "");
    return sx_arena_strdup(&t->d->arena, text, t->error);
}

static bool add_output(struct task *t, int node, const char *name, struct sx_shape shape)
{
    void *grown = t->output;
    if (node == SX_NONE || name == NULL ||
        !sx_grow(&grown, &t->output_capacity, t->n_outputs + 1, sizeof *t->output, t->error))
        return false;
    t->output = grown;
    t->output[t->n_outputs++] = (struct part_output){node, name, shape};
    return true;
}

/* A shape with one more axis in front, unless that has no length. */
static struct sx_shape with_axis(int64_t length, const struct sx_shape *shape)
{
    struct sx_shape s = *shape;
    if (length <= 0 || s.rank == SX_MAX_RANK)
        return s;
    s.dim[0] = length;
    for (int i = 0; i < shape->rank; i++)
        s.dim[i + 1] = shape->dim[i];
    s.rank++;
    return s;
}

static int64_t elements(const struct task *t, int node)
{
    int64_t n = sx_count(&t->h->node[node].shape);
    return t->rows > 0 ? n / t->rows : n;
}

static int dot(struct sx_graph *g, int a, int b)
{
    return sx_sum_all(g, sx_mul(g, a, b));
}

/* ---- What is differentiated ---- */

/* The index that -t says, of every row; -1 with a failure. */
static int64_t target_of(struct task *t, int64_t n)
{
    char *end;
    long long k = strtoll(t->options->target, &end, 10);
    if (*end == '\0' && end != t->options->target && k >= -n && k < n)
        return k < 0 ? k + n : k;
    sx_fail(t->error, SX_USAGE, "target '%.80s' is not one of the %lld elements",
            t->options->target, (long long)n);
    return -1;
}

/* The sum over `of`, or over one element of each of its rows. */
static int sum_of(struct task *t)
{
    struct sx_graph *h = t->h;
    int sum = sx_scalar(h, 0);
    for (int i = 0; i < t->of.n; i++) {
        int64_t n = elements(t, t->y[i]), k = 0;
        int y = t->y[i];
        if (t->options->target != NULL) {
            if ((k = target_of(t, n)) < 0)
                return SX_NONE;
            struct sx_shape rows = {2, {t->rows > 0 ? t->rows : 1, n}};
            y = sx_slice_axis(h, sx_reshape(h, y, &rows), 1, k, 1);
        }
        sum = sx_add(h, sum, sx_sum_all(h, y));
    }
    return sum;
}

/* ---- Directions ---- */

/* Many directions, or seeds, at once: makes `results` of all that `from` may be, [size] + shape. */
static bool many(struct task *t, int64_t size, const int *from, int *to, int n, int *results,
                 int n_results)
{
    int *single = sx_new((size_t)n_results, sizeof *single, t->error);
    if (single == NULL)
        return false;
    memcpy(single, results, (size_t)n_results * sizeof *single);
    bool ok = sx_batch(t->h, size, from, to, n, single, results, n_results);
    for (int i = 0; ok && i < n_results; i++) {
        struct sx_shape one = sx_shape_of(t->h, single[i]), all = with_axis(size, &one);
        results[i] = sx_reshape(t->h, results[i], &all);
    }
    free(single);
    return ok;
}

/* Inputs of the file, like the tensors `like`; many of them if seeds were asked for. */
static bool user_inputs(struct task *t, const int *from, int n,
                        const struct sx_tensor_list *like, const char *kind, int *results,
                        int n_results)
{
    int *to = sx_new((size_t)n, sizeof *to, t->error);
    bool ok = to != NULL;
    if (ok && t->seeds > 0)
        ok = many(t, t->seeds, from, to, n, results, n_results);
    for (int i = 0; ok && i < n; i++) {
        struct sx_shape one = sx_shape_of(t->h, from[i]);
        struct part_input input = {.origin = OF_USER,
                                   .node = t->seeds > 0 ? to[i] : from[i],
                                   .name = name_of(t, kind, like->name[i], NULL),
                                   .shape = with_axis(t->seeds, &one)};
        ok = input.name != NULL && add_input(t, input);
    }
    free(to);
    return ok;
}

/* A direction that is the same for every row of `like`: its node, and it repeated. */
static int direction(struct task *t, int like, int *repeated)
{
    struct sx_shape all = sx_shape_of(t->h, like), one = all;
    if (t->rows > 0)
        one.dim[0] = 1;
    int v = sx_input(t->h, t->h->real, &one);
    *repeated = sx_expand(t->h, v, &all);
    return v;
}

/* *result for all unit vectors v, [n] + its shape. */
static bool all_units(struct task *t, int v, int *result)
{
    struct sx_shape shape = sx_shape_of(t->h, v);
    int to;
    return t->h->error.status == SX_OK && many(t, sx_count(&shape), &v, &to, 1, result, 1) &&
           add_input(t, (struct part_input){.origin = OF_UNITS, .node = to});
}

/* From [a, b, .., N, rest] to [N, a, b, .., n] with n elements of rest. */
static int rows_first(struct task *t, int node, int lead, int64_t n)
{
    struct sx_shape s = sx_shape_of(t->h, node);
    int perm[SX_MAX_RANK];
    s.rank = lead;
    s.dim[s.rank++] = t->rows > 0 ? t->rows : 1;
    s.dim[s.rank++] = n;
    for (int i = 0; i < s.rank; i++)
        perm[i] = i == 0 ? lead : i <= lead ? i - 1 : i;
    return sx_transpose(t->h, sx_reshape(t->h, node, &s), perm);
}

/* Unit vectors cannot be counted where an axis within a row is open. */
static bool countable(struct task *t, const char *name, int node)
{
    for (int axis = t->rows > 0 ? 1 : 0; axis < t->h->node[node].shape.rank; axis++)
        if (sx_symbol_of(t->symbols, t->d->model, name, axis) >= 0)
            return sx_fail(t->error, SX_MODEL,
                           "'%.80s' has an open dimension: it has no fixed number of elements",
                           name);
    return true;
}

/* ---- Kinds ---- */

/* The derivative tensor of order K by one x. */
static bool higher(struct task *t, int x, int gradient, const char *name)
{
    struct sx_graph *h = t->h;
    int64_t n = elements(t, x), order = t->options->order;
    int v[SX_MAX_RANK], repeated, result = gradient;
    char kind[16] = "hess";
    if (order + 1 > SX_MAX_RANK)
        return sx_fail(t->error, SX_USAGE, "order %lld is over %d", (long long)order,
                       SX_MAX_RANK - 1);
    if (!countable(t, name, x))
        return false;
    for (int k = 0; k < order - 1; k++) {
        v[k] = direction(t, x, &repeated);
        if (!sx_derive(h, dot(h, result, repeated), SX_NONE, &x, 1, &result))
            return false;
    }
    for (int k = 0; k < order - 1; k++)
        if (!all_units(t, v[k], &result))
            return false;
    result = rows_first(t, result, (int)order - 1, n);
    if (order > 2)
        snprintf(kind, sizeof kind, "d%d", (int)order);
    return add_output(t, result, name_of(t, kind, name, NULL), sx_shape_of(h, result));
}

static bool gradient(struct task *t)
{
    int n = t->wrt.n, f = sum_of(t);
    int *dx = sx_new((size_t)n, sizeof *dx, t->error);
    bool ok = f != SX_NONE && dx != NULL && sx_derive(t->h, f, SX_NONE, t->x, n, dx);
    for (int i = 0; ok && i < n; i++)
        ok = t->options->order > 1
                 ? higher(t, t->x[i], dx[i], t->wrt.name[i])
                 : add_output(t, dx[i], name_of(t, "grad", t->wrt.name[i], NULL),
                              sx_shape_of(t->h, t->x[i]));
    free(dx);
    return ok;
}

/* Inputs like the nodes `like` of `part`. */
static void inputs_like(struct task *t, const int *like, int *made, int n)
{
    for (int i = 0; i < n; i++) {
        struct sx_shape shape = sx_shape_of(t->h, like[i]);
        made[i] = sx_input(t->h, t->h->real, &shape);
    }
}

static int sum_of_products(struct task *t, const int *a, const int *b, int n)
{
    int sum = sx_scalar(t->h, 0);
    for (int i = 0; i < n; i++)
        sum = sx_add(t->h, sum, dot(t->h, a[i], b[i]));
    return sum;
}

static bool add_results(struct task *t, const int *results, const int *like,
                        const struct sx_tensor_list *list, const char *kind)
{
    bool ok = true;
    for (int i = 0; ok && i < list->n; i++) {
        struct sx_shape one = sx_shape_of(t->h, like[i]);
        ok = add_output(t, results[i], name_of(t, kind, list->name[i], NULL),
                        with_axis(t->seeds, &one));
    }
    return ok;
}

/* By seeds of `of`, or by directions of `wrt`: derivatives of <of, seed> or of the gradient. */
static bool pulled(struct task *t, bool hessian, int *made, int *results)
{
    struct sx_graph *h = t->h;
    const int n = t->wrt.n;
    if (!hessian) {
        inputs_like(t, t->y, made, t->of.n);
        return sx_derive(h, sum_of_products(t, t->y, made, t->of.n), SX_NONE, t->x, n,
                         results) &&
               user_inputs(t, made, t->of.n, &t->of, "seed", results, n) &&
               add_results(t, results, t->x, &t->wrt, "vjp");
    }
    int f = sum_of(t);
    inputs_like(t, t->x, made, n);
    return f != SX_NONE && sx_derive(h, f, SX_NONE, t->x, n, results) &&
           sx_derive(h, sum_of_products(t, results, made, n), SX_NONE, t->x, n, results) &&
           user_inputs(t, made, n, &t->wrt, "dir", results, n) &&
           add_results(t, results, t->x, &t->wrt, "hvp");
}

/* The transpose of the transpose. */
static bool pushed(struct task *t, int *made, int *results)
{
    struct sx_graph *h = t->h;
    const int n = t->wrt.n;
    int *u = results; /* replaced by what is derived by it */
    inputs_like(t, t->y, u, t->of.n);
    int *back = sx_new((size_t)n, sizeof *back, t->error);
    bool ok = back != NULL &&
              sx_derive(h, sum_of_products(t, t->y, u, t->of.n), SX_NONE, t->x, n, back);
    inputs_like(t, t->x, made, n);
    ok = ok && sx_derive(h, sum_of_products(t, back, made, n), SX_NONE, u, t->of.n, results) &&
         user_inputs(t, made, n, &t->wrt, "dir", results, t->of.n) &&
         add_results(t, results, t->y, &t->of, "jvp");
    free(back);
    return ok;
}

static bool jacobian(struct task *t)
{
    for (int i = 0; i < t->of.n; i++) {
        int *rows = sx_new((size_t)t->wrt.n, sizeof *rows, t->error), repeated;
        int v = direction(t, t->y[i], &repeated);
        bool ok = rows != NULL && countable(t, t->of.name[i], t->y[i]) &&
                  sx_derive(t->h, dot(t->h, t->y[i], repeated), SX_NONE, t->x, t->wrt.n, rows);
        for (int k = 0; ok && k < t->wrt.n; k++) {
            int row = rows[k];
            ok = all_units(t, v, &row);
            row = ok ? rows_first(t, row, 1, elements(t, t->x[k])) : SX_NONE;
            ok = ok && add_output(t, row, name_of(t, "jac", t->of.name[i], t->wrt.name[k]),
                                  sx_shape_of(t->h, row));
        }
        free(rows);
        if (!ok)
            return false;
    }
    return true;
}

static bool differentiate(struct task *t)
{
    if (t->options->kind == SX_EXPORT_GRADIENT)
        return gradient(t);
    if (t->options->kind == SX_EXPORT_JACOBIAN)
        return jacobian(t);
    size_t n = (size_t)(t->of.n > t->wrt.n ? t->of.n : t->wrt.n);
    int *made = sx_new(n, sizeof *made, t->error), *results = sx_new(n, sizeof *made, t->error);
    bool ok = made != NULL && results != NULL &&
              (t->options->kind == SX_EXPORT_FORWARD
                   ? pushed(t, made, results)
                   : pulled(t, t->options->kind == SX_EXPORT_HVP, made, results));
    free(made);
    free(results);
    return ok;
}

/* ---- The part ---- */

/* Every x and y has the batch as its first axis, or none of them counts as having one. */
static void find_rows(struct task *t)
{
    int batch = sx_symbol_of(t->symbols, t->d->model, t->wrt.name[0], 0);
    const struct sx_shape *first = &t->h->node[t->x[0]].shape;
    bool all = first->rank > 0 && (batch >= 0 || first->dim[0] == 1);
    for (int i = 0; all && i < t->of.n + t->wrt.n; i++) {
        int node = i < t->of.n ? t->y[i] : t->x[i - t->of.n];
        const struct sx_shape *s = &t->h->node[node].shape;
        all = s->rank > 0 && s->dim[0] == first->dim[0];
    }
    t->rows = all ? first->dim[0] : 0;
}

static bool open_part(struct task *t)
{
    const struct sx_graph *from = t->d->lowered->graph;
    int *map = sx_new(from->n_nodes, sizeof *map, t->error);
    t->y = sx_new((size_t)t->of.n, sizeof *t->y, t->error);
    t->x = sx_new((size_t)t->wrt.n, sizeof *t->x, t->error);
    t->h = t->d->part = sx_graph_new(from->rows, from->real, t->error);
    bool ok = map != NULL && t->y != NULL && t->x != NULL && t->h != NULL;
    ok = ok &&
         sx_rebuild(from, t->h, t->of.node, t->of.n, t->wrt.node, t->wrt.n, map, NULL, NULL);
    for (int i = 0; ok && i < t->of.n; i++)
        t->y[i] = map[t->of.node[i]];
    for (int i = 0; ok && i < t->wrt.n; i++) {
        t->x[i] = map[t->wrt.node[i]];
        if (t->x[i] == SX_NONE)
            ok = sx_fail(t->error, SX_USAGE, "tensor '%.80s' does not depend on '%.80s'",
                         t->of.name[0], t->wrt.name[i]);
    }
    for (size_t i = 0; ok && i < from->n_nodes; i++)
        if (map[i] != SX_NONE && t->h->node[map[i]].op == SX_INPUT)
            ok = add_input(
                t, (struct part_input){.origin = OF_MODEL, .node = map[i], .from = (int)i});
    free(map);
    return ok && sx_graph_ok(t->h, t->error);
}

/* ---- The whole ---- */

/* What the inputs of `part` become; used while it is rebuilt. */
struct joint {
    const struct sx_graph *part;
    int *to;
};

static int replace(void *context, struct sx_graph *to, const struct sx_node *node,
                   const int *in)
{
    const struct joint *j = context;
    (void)to;
    return in == NULL ? j->to[node - j->part->node] : SX_NONE;
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

/* Shape of `node`, in which all units of n elements are [n, ..n elements..]. */
static int join(struct task *t, const struct part_input *in, const int *map)
{
    struct sx_graph *g = t->d->whole;
    struct sx_shape shape = sx_shape_of(t->h, in->node);
    if (in->origin == OF_MODEL)
        return map[in->from];
    if (in->origin == OF_UNITS)
        return units(g, &shape);
    int user = sx_input(g, g->real, &in->shape);
    t->d->in[t->d->n_in++] = (struct sx_export_port){in->name, user, sx_onnx_type_of(g->real)};
    return sx_reshape(g, user, &shape);
}

/* The file's type of a real number is that of the graph. */
static int port_type(const struct sx_graph *g, int node, int onnx_type)
{
    return sx_is_real(g->node[node].type) && onnx_type != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16
               ? sx_onnx_type_of(g->node[node].type)
               : onnx_type;
}

/* The model's own inputs and outputs, in `whole`. */
static bool add_ports(struct task *t, const int *map)
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
    for (int i = 0; i < l->n_outputs; i++) {
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

static bool join_part(struct task *t, const int *map)
{
    struct sx_graph *g = t->d->whole;
    size_t n = t->h->n_nodes;
    struct joint joint = {t->h, sx_new(n, sizeof(int), t->error)};
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
        const struct part_output *o = &t->output[i];
        ok = name_is_free(t->d, o->name, t->error);
        t->d->out[t->d->n_out++] = (struct sx_export_port){
            o->name, sx_reshape(g, made[o->node], &o->shape), sx_onnx_type_of(g->real)};
    }
    free(joint.to);
    free(made);
    free(roots);
    return ok && sx_graph_ok(g, t->error);
}

/* Leaves of the whole what the outputs need; sets the names of nodes from map, lowered to whole. */
static bool finish(struct task *t, const int *map)
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

static bool join_all(struct task *t)
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

/* ---- All ---- */

static int64_t seeds_of(const struct sx_export_options *o, const struct sx_symbols *symbols)
{
    if (o->seeds == NULL)
        return 0;
    int64_t n = strtoll(o->seeds, NULL, 10);
    return n > 0 ? n : sx_symbol_length(symbols, symbols->n - 1);
}

static struct sx_lowered *lower(const struct sx_model *model, const struct sx_export_options *o,
                                const struct sx_symbols *symbols, struct sx_error *error)
{
    int n = sx_model_input_count(model);
    struct sx_lower_input *inputs = sx_new((size_t)n, sizeof *inputs, error);
    struct sx_shape *shapes = sx_new((size_t)n, sizeof *shapes, error);
    struct sx_lowered *lowered = NULL;
    for (int i = 0; inputs != NULL && shapes != NULL && i < n; i++) {
        const struct sx_port *port = sx_model_input(model, i);
        shapes[i] = port->shape;
        for (int axis = 0; axis < shapes[i].rank; axis++) {
            int k = sx_symbol_of(symbols, model, port->name, axis);
            if (k >= 0)
                shapes[i].dim[axis] = sx_symbol_length(symbols, k);
            else if (shapes[i].dim[axis] < 0)
                shapes[i].dim[axis] = 1;
        }
        inputs[i] = (struct sx_lower_input){.name = port->name,
                                            .shape = port->shape.rank >= 0 ? &shapes[i] : NULL};
    }
    struct sx_lower_options options = {.real = o->precise ? SX_DOUBLE : SX_FLOAT,
                                       .inputs = inputs,
                                       .n_inputs = n,
                                       .max_memory = o->max_memory,
                                       .ste = (enum sx_ste)o->ste};
    if (inputs != NULL && shapes != NULL)
        lowered = sx_lower(model, &options, error);
    free(inputs);
    free(shapes);
    return lowered;
}

bool sx_derived_make(struct sx_derived *d, const struct sx_model *model,
                     const struct sx_export_options *options, const struct sx_symbols *symbols,
                     struct sx_error *error)
{
    struct task t = {.d = d, .options = options, .symbols = symbols, .error = error};
    *d = (struct sx_derived){.model = model};
    t.seeds = seeds_of(options, symbols);
    d->lowered = lower(model, options, symbols, error);
    bool ok = d->lowered != NULL && sx_list_of(&t.of, model, d->lowered, options->of, error) &&
              sx_list_wrt(&t.wrt, d->lowered, options->wrt, error) && open_part(&t);
    if (ok)
        find_rows(&t);
    ok = ok && differentiate(&t);
    if (d->part != NULL)
        ok = sx_graph_ok(d->part, error) && ok;
    ok = ok && join_all(&t);
    if (!ok)
        sx_fail(error, SX_MEMORY, "out of memory");
    sx_list_free(&t.of);
    sx_list_free(&t.wrt);
    free(t.y);
    free(t.x);
    free(t.input);
    free(t.output);
    return ok;
}

void sx_derived_free(struct sx_derived *d)
{
    sx_graph_free(d->graph);
    sx_graph_free(d->whole);
    sx_graph_free(d->part);
    sx_lowered_free(d->lowered);
    sx_arena_free(&d->arena);
    *d = (struct sx_derived){0};
}
