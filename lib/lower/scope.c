/* scope.c - names: the values of tensor names in a graph, body or function. */
#include <stdlib.h>
#include <string.h>

#include "lower/scope.h"

const char *sx_text(const char *text)
{
    return text != NULL ? text : "";
}

const char *sx_domain(const char *domain)
{
    return domain == NULL || strcmp(domain, "ai.onnx") == 0 ? "" : domain;
}

static size_t slot(const struct sx_names *names, const char *key)
{
    size_t at = sx_hash(SX_HASH_START, key, strlen(key)) & (names->size - 1);
    while (names->key[at] != NULL && strcmp(names->key[at], key) != 0)
        at = (at + 1) & (names->size - 1);
    return at;
}

int sx_names_get(const struct sx_names *names, const char *key)
{
    if (names->size == 0)
        return -1;
    size_t at = slot(names, key);
    return names->key[at] != NULL ? names->value[at] : -1;
}

static bool rehash(struct sx_names *names, struct sx_error *error)
{
    struct sx_names wider = {.n = names->n, .size = names->size > 0 ? 2 * names->size : 64};
    wider.key = sx_new(wider.size, sizeof *wider.key, error);
    wider.value = sx_new(wider.size, sizeof *wider.value, error);
    if (wider.key == NULL || wider.value == NULL) {
        sx_names_free(&wider);
        return false;
    }
    for (size_t i = 0; i < names->size; i++) {
        if (names->key[i] == NULL)
            continue;
        size_t at = slot(&wider, names->key[i]);
        wider.key[at] = names->key[i];
        wider.value[at] = names->value[i];
    }
    sx_names_free(names);
    *names = wider;
    return true;
}

bool sx_names_put(struct sx_names *names, const char *key, int value, struct sx_error *error)
{
    if (2 * (names->n + 1) > names->size && !rehash(names, error))
        return false;
    size_t at = slot(names, key);
    names->n += names->key[at] == NULL;
    names->key[at] = key;
    names->value[at] = value;
    return true;
}

void sx_names_free(struct sx_names *names)
{
    free(names->key);
    free(names->value);
    *names = (struct sx_names){0};
}

bool sx_scope_define(struct sx_scope *s, const char *name, struct sx_value value)
{
    if (sx_names_get(&s->names, name) >= 0)
        return sx_fail(s->error, SX_MODEL, "tensor '%.*s' is defined twice", SX_NAME_SHOWN,
                       name);
    if (!sx_grow((void **)&s->value, &s->value_capacity, s->n_values + 1, sizeof *s->value,
                 s->error) ||
        !sx_names_put(&s->names, name, (int)s->n_values, s->error))
        return false;
    s->value[s->n_values++] = value;
    return true;
}

const struct sx_value *sx_scope_find(const struct sx_scope *s, const char *name)
{
    for (; s != NULL; s = s->outer) {
        int at = sx_names_get(&s->names, name);
        if (at >= 0)
            return &s->value[at];
    }
    return NULL;
}

void sx_scope_end(struct sx_scope *s)
{
    sx_names_free(&s->names);
    sx_names_free(&s->cut);
    free(s->value);
    if (s->root == s) {
        sx_values_free(&s->values);
        free(s->same.item);
        free(s->unrolled);
    }
}

struct sx_value sx_scope_tensor(struct sx_scope *s, const Onnx__TensorProto *proto)
{
    struct sx_lowered *to = s->lowered;
    struct sx_value value = {.node = SX_NONE, .kind = proto->data_type};
    struct sx_tensor t = {0};
    bool borrowed = false;
    if (!sx_grow((void **)&to->owned, &to->owned_capacity, to->n_owned + 1, sizeof *to->owned,
                 s->error) ||
        !sx_onnx_tensor_read(s->model, proto, to->graph->real, &t, &borrowed, s->error))
        return value;
    size_t before = to->graph->n_nodes;
    value.node = sx_same_const(&s->root->same, to->graph, &t);
    if (!borrowed && to->graph->n_nodes > before)
        to->owned[to->n_owned++] = t;
    else if (!borrowed)
        sx_tensor_free(&t);
    return value;
}

/* An initializer as an input, because the caller wants to vary it. */
static struct sx_value variable(struct sx_scope *s, const Onnx__TensorProto *proto)
{
    struct sx_value value = {.node = SX_NONE, .kind = proto->data_type};
    struct sx_onnx_view view;
    enum sx_type type;
    if (sx_onnx_tensor(s->model, proto, &view, s->error) &&
        sx_onnx_type(proto->data_type, s->lowered->graph->real, &type, s->error))
        value.node = sx_input(s->lowered->graph, type, &view.shape);
    return value;
}

static bool is_variable(const struct sx_scope *s, const char *name)
{
    for (int i = 0; s->options != NULL && i < s->options->n_variables; i++)
        if (strcmp(s->options->variables[i], name) == 0)
            return true;
    return false;
}

bool sx_scope_initialize(struct sx_scope *s, const char *name, struct sx_value value)
{
    if (value.node == SX_NONE)
        return sx_fail_at(s->error, "initializer '%.*s'", SX_NAME_SHOWN, name);
    return sx_scope_define(s, name, value) &&
           (s->quiet || sx_name_node(s->lowered->graph, name, value.node, "", ""));
}

bool sx_scope_initializers(struct sx_scope *s, const Onnx__GraphProto *graph)
{
    for (size_t i = 0; i < graph->n_initializer; i++) {
        const char *name = sx_text(graph->initializer[i]->name);
        if (sx_names_get(&s->cut, name) >= 0)
            continue;
        struct sx_value value = is_variable(s, name)
                                    ? variable(s, graph->initializer[i])
                                    : sx_scope_tensor(s, graph->initializer[i]);
        if (!sx_scope_initialize(s, name, value))
            return false;
    }
    return true;
}

int64_t sx_opset_of(const struct sx_model *model, const Onnx__FunctionProto *function,
                    const char *domain)
{
    Onnx__OperatorSetIdProto **sets =
        function != NULL ? function->opset_import : model->proto->opset_import;
    size_t n = function != NULL ? function->n_opset_import : model->proto->n_opset_import;
    int64_t version = 0;
    for (size_t i = 0; i < n; i++)
        if (strcmp(sx_domain(sets[i]->domain), sx_domain(domain)) == 0 &&
            sets[i]->version > version)
            version = sets[i]->version;
    return version > 0 ? version : 1;
}

const Onnx__FunctionProto *sx_find_function(const struct sx_model *model, const char *domain,
                                            const char *op)
{
    for (size_t i = 0; i < model->proto->n_functions; i++) {
        const Onnx__FunctionProto *f = model->proto->functions[i];
        if (strcmp(sx_text(f->name), sx_text(op)) == 0 &&
            strcmp(sx_domain(f->domain), sx_domain(domain)) == 0)
            return f;
    }
    return NULL;
}
