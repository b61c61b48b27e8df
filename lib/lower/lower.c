/* lower.c - from a parsed ONNX model with concrete input shapes to a core graph. */
#include <stdlib.h>
#include <string.h>

#include "ops/table.h"
#include "lower/scope.h"

/* The newest operator set whose changes are known. */
#define NEWEST_OPSET 28

/* The most functions; every node is looked up among them. */
#define MOST_FUNCTIONS 4096

/* The tensor or the sequence that an output comes from: of "y[1]" it is y. NULL: there is none. */
static const char *root_of(const struct sx_scope *s, const char *output)
{
    const char *item = strrchr(output, '[');
    if (sx_model_has_tensor(s->model, output) || item == NULL)
        return sx_model_has_tensor(s->model, output) ? output : NULL;
    char *name = sx_arena_strdup(&s->lowered->arena, output, s->error);
    if (name != NULL)
        name[item - output] = '\0';
    return name != NULL && sx_model_has_tensor(s->model, name) ? name : NULL;
}

/* The names of the tensors to lower: one tensor, or all outputs. *n is 0, which means everything,
 * if the tensor is not in the main graph. */
static const char **find_roots(const struct sx_scope *s, size_t *n)
{
    const Onnx__GraphProto *graph = s->model->graph;
    const char *output = s->options->output != NULL ? s->options->output : s->model->output;
    const char **roots = sx_new(graph->n_output + 1, sizeof *roots, s->error);
    *n = 0;
    if (roots == NULL)
        return NULL;
    const char *root = output != NULL ? root_of(s, output) : NULL;
    if (root != NULL)
        roots[(*n)++] = root;
    for (size_t i = 0; i < graph->n_output && output == NULL; i++)
        roots[(*n)++] = sx_text(graph->output[i]->name);
    return roots;
}

/* The tensors of a sequence, "y[0]" and so on; none of an optional without a value. */
static bool add_items(struct sx_scope *s, const char *name, const struct sx_value *value)
{
    struct sx_lowered *to = s->lowered;
    int n = value->kind == SX_EMPTY ? 0 : value->n_items;
    char item[SX_ITEM_NAME];
    for (int k = 0; k < n; k++) {
        const struct sx_value *at = &value->item[k];
        sx_item_name(item, name, k);
        struct sx_lowered_value *out = &to->outputs[to->n_outputs];
        *out = (struct sx_lowered_value){sx_arena_strdup(&to->arena, item, s->error), at->node,
                                         at->kind};
        if (at->node == SX_NONE)
            return sx_fail(s->error, SX_MODEL,
                           "output '%.*s': sequences of sequences are not supported",
                           SX_NAME_SHOWN, name);
        if (out->name == NULL || !sx_name_node(to->graph, item, at->node, "", ""))
            return false;
        to->n_outputs++;
    }
    return true;
}

static bool is_list(const struct sx_value *value)
{
    return value != NULL && value->node == SX_NONE &&
           (value->kind == SX_SEQUENCE || value->kind == SX_EMPTY);
}

static bool add_output(struct sx_scope *s, const char *name)
{
    struct sx_lowered *to = s->lowered;
    const struct sx_value *value = sx_scope_find(s, name);
    if (value == NULL)
        return sx_fail(s->error, SX_MODEL, "output '%.*s': nothing makes it", SX_NAME_SHOWN,
                       name);
    if (is_list(value))
        return add_items(s, name, value);
    if (value->node == SX_NONE)
        return sx_fail(s->error, SX_MODEL, "output '%.*s' is not supported", SX_NAME_SHOWN,
                       name);
    to->outputs[to->n_outputs++] = (struct sx_lowered_value){name, value->node, value->kind};
    return true;
}

/* Room for the outputs, and them. */
static bool add_outputs(struct sx_scope *s, const char *const *name, size_t n)
{
    size_t most = n + 1;
    for (size_t i = 0; i < n; i++) {
        const struct sx_value *value = sx_scope_find(s, name[i]);
        if (is_list(value) && value->kind == SX_SEQUENCE)
            most += (size_t)value->n_items;
    }
    s->lowered->outputs =
        sx_arena_new(&s->lowered->arena, most, sizeof *s->lowered->outputs, s->error);
    bool ok = s->lowered->outputs != NULL;
    for (size_t i = 0; i < n && ok; i++)
        ok = add_output(s, name[i]);
    return ok;
}

/* Lowers inputs, weights, nodes and outputs. */
static bool lower_graph(struct sx_scope *s)
{
    const Onnx__GraphProto *graph = s->model->graph;
    struct sx_names read = {0};
    size_t n = 0;
    const char **roots = find_roots(s, &n);
    bool *needed = sx_new(graph->n_node + 1, sizeof *needed, s->error), all = false;
    bool ok = roots != NULL && needed != NULL;
    for (int i = 0; i < s->model->n_cut && ok; i++)
        ok = sx_names_put(&s->cut, s->model->cut[i], 0, s->error);
    all = n == 0 || s->options->listing;
    ok = ok &&
         sx_need(graph->node, graph->n_node, roots, n, &s->cut, needed, &read, s->error) &&
         sx_scope_inputs(s, all ? NULL : &read) && sx_scope_initializers(s, graph) &&
         sx_scope_sparse_initializers(s, graph) &&
         sx_scope_nodes(s, graph->node, graph->n_node, all ? NULL : roots, n);
    ok = ok && add_outputs(s, roots, s->options->listing ? 0 : n);
    sx_names_free(&read);
    free(needed);
    free(roots);
    return ok;
}

/* Tells the graph which of its constants lie in files. */
static bool note_spans(struct sx_lowered *to, const struct sx_model *model,
                       struct sx_error *error)
{
    size_t n = sx_external_count(model->external);
    struct sx_span *span = sx_arena_new(&to->arena, n + 1, sizeof *span, error);
    if (span == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        span[i].begin = sx_external_map(model->external, i, &span[i].size);
    if (model->file.mapped)
        span[n++] = (struct sx_span){(const char *)model->file.base, model->file.capacity};
    to->graph->span = span;
    to->graph->n_spans = n;
    return true;
}

struct sx_lowered *sx_lower(const struct sx_model *model,
                            const struct sx_lower_options *options, struct sx_error *error)
{
    static const struct sx_lower_options none = {.real = SX_FLOAT};
    struct sx_error failure = {0};
    if (options == NULL)
        options = &none;
    struct sx_lowered *to = sx_new(1, sizeof *to, error);
    if (to == NULL)
        return NULL;
    struct sx_scope s = {.lowered = to,
                         .model = model,
                         .error = &failure,
                         .options = options,
                         .find = sx_lowering_find};
    s.root = &s;
    to->graph = sx_graph_new(sx_rows, options->real, &failure);
    if (to->graph != NULL) {
        to->graph->faithful = true;
        if (options->max_memory > 0)
            to->graph->limit = options->max_memory;
    }
    if (sx_model_opset(model, "") > NEWEST_OPSET)
        sx_model_warn(model, "opset %lld is newer than %d, the last that is known",
                      (long long)sx_model_opset(model, ""), NEWEST_OPSET);
    if (model->proto->n_functions > MOST_FUNCTIONS)
        sx_fail(&failure, SX_MODEL, "%zu functions are too many", model->proto->n_functions);
    bool ok = to->graph != NULL && failure.status == SX_OK && lower_graph(&s) &&
              note_spans(to, model, &failure);
    sx_scope_end(&s);
    if (ok && sx_graph_ok(to->graph, &failure))
        return to;
    if (to->graph != NULL)
        sx_graph_ok(to->graph, &failure);
    sx_lowered_free(to);
    sx_fail_at(&failure, "%s", model->path);
    sx_fail_as(error, &failure);
    return NULL;
}

void sx_lowered_free(struct sx_lowered *lowered)
{
    if (lowered == NULL)
        return;
    sx_graph_free(lowered->graph);
    for (size_t i = 0; i < lowered->n_owned; i++)
        sx_tensor_free(&lowered->owned[i]);
    free(lowered->owned);
    free(lowered->decision);
    free(lowered->refused);
    sx_arena_free(&lowered->arena);
    free(lowered);
}
