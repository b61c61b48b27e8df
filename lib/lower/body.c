/* body.c - lowers the nodes of a graph, a body or a function. */
#include <stdlib.h>
#include <string.h>

#include "lower/scope.h"

static const char too_many[] = "the graph unrolls to too many nodes";

static bool take_inputs(struct sx_lowering *l, struct sx_value *in)
{
    for (int k = 0; k < l->n_in; k++) {
        const char *name = l->node->input[k];
        const struct sx_value *value;
        in[k] = (struct sx_value){.node = SX_NONE};
        if (*name == '\0')
            continue;
        value = sx_scope_find(l->scope, name);
        if (value == NULL)
            return sx_reject(l, "input %d: nothing makes tensor '%.*s'", k, SX_NAME_SHOWN,
                             name);
        if (value->kind == SX_UNKNOWN)
            l->scope->root->unknown = true;
        if (value->kind == SX_NOT_MADE || value->kind == SX_UNKNOWN)
            return sx_reject(l,
                             "input %d: tensor '%.*s' is an optional output that is not "
                             "supported",
                             k, SX_NAME_SHOWN, name);
        in[k] = *value;
    }
    return true;
}

static bool check_count(struct sx_lowering *l)
{
    if (l->row->max_in >= 0 && l->n_in > l->row->max_in)
        return sx_reject(l, "%d inputs, at most %d are allowed", l->n_in, l->row->max_in);
    for (int k = 0; k < l->row->min_in; k++)
        if (sx_arg(l, k) == SX_NONE)
            return sx_reject(l, "input %d is missing, or no tensor", k);
    return true;
}

/* Lowers a function; the node that calls it gets its outputs. */
static bool inline_function(struct sx_lowering *l, const Onnx__FunctionProto *f)
{
    struct sx_scope inner = {.root = l->scope->root,
                             .lowered = l->scope->lowered,
                             .model = l->scope->model,
                             .error = l->error,
                             .function = f,
                             .call = l,
                             .depth = l->scope->depth + 1,
                             .quiet = true};
    bool ok = inner.depth <= SX_MAX_DEPTH || sx_reject(l, "functions are nested too deep");
    ok = ok && (sx_unrolls(inner.root, f, SX_MAX_STEPS - inner.root->steps) ||
                sx_reject(l, "%s", too_many));
    for (size_t k = 0; k < f->n_input && ok; k++) {
        struct sx_value absent = {.node = SX_NONE};
        ok = sx_scope_define(&inner, f->input[k], (int)k < l->n_in ? l->in[k] : absent);
    }
    ok = ok && sx_scope_nodes(&inner, f->node, f->n_node, (const char *const *)f->output,
                              f->n_output);
    for (int k = 0; k < l->n_out && ok; k++) {
        const struct sx_value *value =
            (size_t)k < f->n_output ? sx_scope_find(&inner, f->output[k]) : NULL;
        ok = value != NULL || sx_reject(l, "the function does not make output %d", k);
        if (ok)
            l->out[k] = *value;
    }
    sx_scope_end(&inner);
    return ok;
}

static bool dispatch(struct sx_lowering *l)
{
    const struct sx_scope *s = l->scope;
    const char *op = sx_text(l->node->op_type);
    const Onnx__FunctionProto *f = sx_find_function(s->model, l->node->domain, op);
    if (f != NULL)
        return inline_function(l, f);
    l->row = s->root->find(sx_domain(l->node->domain), op, l->opset);
    if (l->row == NULL)
        return sx_reject(l, "operator not supported");
    return check_count(l) && l->row->lower(l) && l->error->status == SX_OK && sx_lower_twins(l);
}

static bool publish(struct sx_lowering *l)
{
    for (int k = 0; k < l->n_out; k++) {
        const char *name = l->node->output[k];
        if (*name == '\0' || sx_names_get(&l->scope->cut, name) >= 0)
            continue;
        if (!sx_scope_define(l->scope, name, l->out[k]))
            return false;
        if (l->out[k].node != SX_NONE && !l->scope->quiet &&
            !sx_name_node(l->g, name, l->out[k].node, sx_text(l->node->op_type),
                          sx_text(l->node->name)))
            return false;
    }
    return true;
}

/* Adds the node's name to an error; without a name, its first output. */
static bool place(const struct sx_lowering *l)
{
    if (l->scope->root->placed)
        return false;
    l->scope->root->placed = true;
    const char *name = sx_text(l->node->name), *domain = sx_domain(l->node->domain);
    for (size_t k = 0; k < l->node->n_output && *name == '\0'; k++)
        name = l->node->output[k];
    return sx_fail_at(l->error, "node '%.*s' (%s%s%.*s, opset %lld)", SX_NAME_SHOWN, name,
                      domain, *domain != '\0' ? "." : "", SX_NAME_SHOWN,
                      sx_text(l->node->op_type), (long long)l->opset);
}

/* In a listing, records that the node is refused, and goes on. */
static bool pass_over(struct sx_lowering *l)
{
    struct sx_scope *s = l->scope;
    struct sx_lowered *to = s->lowered;
    if (l->error->status != SX_MODEL)
        return false;
    if (!s->root->unknown) {
        if (!sx_grow((void **)&to->refused, &to->refused_capacity, to->n_refused + 1,
                     sizeof *to->refused, l->error))
            return false;
        to->refused[to->n_refused++] = l->node;
    }
    if (s != s->root)
        return false;
    *l->error = l->g->error = (struct sx_error){0};
    s->root->unknown = false;
    for (int k = 0; k < l->n_out; k++)
        if (*l->node->output[k] != '\0' && sx_names_get(&s->names, l->node->output[k]) < 0 &&
            !sx_scope_define(s, l->node->output[k],
                             (struct sx_value){.node = SX_NONE, .kind = SX_UNKNOWN}))
            return false;
    return true;
}

static bool lower_node(struct sx_scope *s, const Onnx__NodeProto *node)
{
    struct sx_graph *g = s->lowered->graph;
    struct sx_lowering l = {.g = g, .node = node, .scope = s, .error = s->error};
    l.opset = sx_opset_of(s->model, s->function, node->domain);
    l.n_in = (int)node->n_input;
    l.n_out = (int)node->n_output;
    struct sx_value *values =
        sx_arena_new(&g->arena, node->n_input + node->n_output, sizeof *values, s->error);
    if (values == NULL)
        return false;
    l.in = values;
    l.out = values + l.n_in;
    for (int k = 0; k < l.n_out; k++)
        l.out[k] = (struct sx_value){.node = SX_NONE, .kind = SX_NOT_MADE};
    bool ok = s->root->steps++ < SX_MAX_STEPS || sx_reject(&l, "%s", too_many);
    ok = ok && take_inputs(&l, values) && dispatch(&l) && publish(&l);
    ok = sx_graph_ok(g, s->error) && ok;
    return ok || (s->root->options->listing ? pass_over(&l) : place(&l));
}

bool sx_scope_nodes(struct sx_scope *s, Onnx__NodeProto *const *nodes, size_t n,
                    const char *const *roots, size_t n_roots)
{
    int *order = sx_new(n + 1, sizeof *order, s->error);
    bool *needed = sx_new(n + 1, sizeof *needed, s->error);
    size_t count = 0;
    bool ok =
        order != NULL && needed != NULL &&
        (roots == NULL || sx_need(nodes, n, roots, n_roots, &s->cut, needed, NULL, s->error)) &&
        sx_sort_nodes(s, nodes, n, roots != NULL ? needed : NULL, order, &count);
    for (size_t i = 0; i < count && ok; i++)
        ok = lower_node(s, nodes[order[i]]);
    free(needed);
    free(order);
    return ok;
}

/* Lowers the nodes of a body that its outputs depend on. */
static bool lower_body_nodes(struct sx_scope *s, const Onnx__GraphProto *body)
{
    const char **roots = sx_new(body->n_output + 1, sizeof *roots, s->error);
    if (roots == NULL)
        return false;
    for (size_t k = 0; k < body->n_output; k++)
        roots[k] = sx_text(body->output[k]->name);
    bool ok = sx_scope_nodes(s, body->node, body->n_node, roots, body->n_output);
    free(roots);
    return ok;
}

bool sx_lower_body(struct sx_lowering *l, const Onnx__GraphProto *body,
                   const struct sx_value *in, int n_in, bool quiet, struct sx_value *out,
                   int n_out)
{
    struct sx_scope inner = *l->scope;
    inner.outer = l->scope;
    inner.names = inner.cut = (struct sx_names){0};
    inner.value = NULL;
    inner.n_values = inner.value_capacity = 0;
    inner.depth++;
    inner.quiet = quiet || l->scope->quiet;
    bool ok = inner.depth <= SX_MAX_DEPTH || sx_reject(l, "bodies are nested too deep");
    if (ok && (body->n_input != (size_t)n_in || body->n_output != (size_t)n_out))
        ok = sx_reject(l, "a body has %zu inputs and %zu outputs, not %d and %d", body->n_input,
                       body->n_output, n_in, n_out);
    for (int k = 0; k < n_in && ok; k++)
        ok = sx_scope_define(&inner, sx_text(body->input[k]->name), in[k]);
    ok = ok && sx_scope_initializers(&inner, body) &&
         sx_scope_sparse_initializers(&inner, body) && lower_body_nodes(&inner, body);
    for (int k = 0; k < n_out && ok; k++) {
        const char *name = sx_text(body->output[k]->name);
        const struct sx_value *value = sx_scope_find(&inner, name);
        ok = (value != NULL && (value->node != SX_NONE || value->kind == SX_SEQUENCE ||
                                value->kind == SX_EMPTY)) ||
             sx_reject(l, "the body does not make '%.*s'", SX_NAME_SHOWN, name);
        if (ok)
            out[k] = *value;
    }
    sx_scope_end(&inner);
    return ok;
}
