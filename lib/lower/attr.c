/* attr.c - attributes of the node being lowered, and inputs that must be constant. */
#include <stdlib.h>
#include <string.h>

#include "lower/scope.h"

static const Onnx__AttributeProto *find(const Onnx__NodeProto *node, const char *name)
{
    for (size_t i = 0; i < node->n_attribute; i++)
        if (strcmp(sx_text(node->attribute[i]->name), name) == 0)
            return node->attribute[i];
    return NULL;
}

/* An attribute. In the body of a function it may refer to an attribute of the calling node. */
const Onnx__AttributeProto *sx_attr(const struct sx_lowering *l, const char *name)
{
    const Onnx__AttributeProto *a = find(l->node, name);
    while (a != NULL && sx_text(a->ref_attr_name)[0] != '\0') {
        l = l->scope->call;
        a = l != NULL ? find(l->node, a->ref_attr_name) : NULL;
    }
    return a;
}

static bool typed(struct sx_lowering *l, const Onnx__AttributeProto *a, int type)
{
    return (int)a->type == type ||
           sx_reject(l, "attribute '%.*s' has the wrong type", SX_NAME_SHOWN, a->name);
}

int64_t sx_attr_int(struct sx_lowering *l, const char *name, int64_t fallback)
{
    const Onnx__AttributeProto *a = sx_attr(l, name);
    if (a == NULL || !typed(l, a, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT))
        return fallback;
    return a->i;
}

double sx_attr_float(struct sx_lowering *l, const char *name, double fallback)
{
    const Onnx__AttributeProto *a = sx_attr(l, name);
    if (a == NULL || !typed(l, a, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT))
        return fallback;
    return (double)a->f;
}

struct sx_ints sx_attr_ints(struct sx_lowering *l, const char *name)
{
    const Onnx__AttributeProto *a = sx_attr(l, name);
    if (a == NULL || !typed(l, a, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS) ||
        a->n_ints > INT32_MAX)
        return (struct sx_ints){0};
    return (struct sx_ints){true, (int)a->n_ints, a->ints};
}

struct sx_reals sx_attr_floats(struct sx_lowering *l, const char *name)
{
    const Onnx__AttributeProto *a = sx_attr(l, name);
    if (a == NULL || !typed(l, a, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS) ||
        a->n_floats > INT32_MAX)
        return (struct sx_reals){0};
    double *v = sx_scratch(l, a->n_floats, sizeof *v);
    for (size_t i = 0; v != NULL && i < a->n_floats; i++)
        v[i] = (double)a->floats[i];
    return (struct sx_reals){v != NULL, (int)a->n_floats, v};
}

const char *sx_attr_string(struct sx_lowering *l, const char *name, size_t k)
{
    const Onnx__AttributeProto *a = sx_attr(l, name);
    const ProtobufCBinaryData *s = NULL;
    if (a == NULL)
        return NULL;
    if (a->type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS)
        s = k < a->n_strings ? &a->strings[k] : NULL;
    else if (typed(l, a, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING))
        s = k == 0 ? &a->s : NULL;
    char *copy = s != NULL ? sx_scratch(l, s->len + 1, 1) : NULL;
    if (copy != NULL && s->len > 0)
        memcpy(copy, s->data, s->len);
    return copy;
}

int64_t sx_text_number(struct sx_lowering *l, const char *text, size_t n)
{
    return sx_words_number(l->scope->model->words, text, n, l->error);
}

struct sx_ints sx_attr_texts(struct sx_lowering *l, const char *name)
{
    const Onnx__AttributeProto *a = sx_attr(l, name);
    if (a == NULL || !typed(l, a, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS) ||
        a->n_strings > INT32_MAX)
        return (struct sx_ints){0};
    int64_t *v = sx_scratch(l, a->n_strings + 1, sizeof *v);
    for (size_t i = 0; v != NULL && i < a->n_strings; i++) {
        const ProtobufCBinaryData *s = &a->strings[i];
        v[i] = sx_text_number(l, s->data != NULL ? (const char *)s->data : "", s->len);
    }
    return (struct sx_ints){v != NULL, (int)a->n_strings, v};
}

int sx_attr_word(struct sx_lowering *l, const char *name, const char *words, int fallback)
{
    const char *value = sx_attr_string(l, name, 0);
    if (value == NULL)
        return fallback;
    int place = 0;
    for (const char *w = words; *w != '\0'; place++) {
        size_t n = strcspn(w, " ");
        if (strlen(value) == n && memcmp(w, value, n) == 0)
            return place;
        w += n + (w[n] == ' ');
    }
    sx_reject(l, "%s '%.*s' is not supported", name, SX_NAME_SHOWN, value);
    return fallback;
}

const Onnx__GraphProto *sx_attr_graph(struct sx_lowering *l, const char *name)
{
    const Onnx__AttributeProto *a = sx_attr(l, name);
    if (a != NULL && a->g != NULL)
        return a->g;
    sx_reject(l, "attribute '%s' is missing", name);
    return NULL;
}

struct sx_value sx_attr_tensor(struct sx_lowering *l, const char *name)
{
    const Onnx__AttributeProto *a = sx_attr(l, name);
    struct sx_value none = {.node = SX_NONE};
    if (a == NULL || !typed(l, a, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR))
        return none;
    if (a->t != NULL)
        return sx_scope_tensor(l->scope, a->t);
    sx_reject(l, "attribute '%s' is empty", name);
    return none;
}

/* Whether the values of these nodes, which are held together, fit the graph's memory limit. */
static bool fits(const struct sx_lowering *l, const bool *needed)
{
    const struct sx_graph *g = l->g;
    size_t all = 0, bytes;
    for (size_t i = 0; i < g->n_nodes; i++) {
        const struct sx_node *n = &g->node[i];
        if (!needed[i] || n->op == SX_CONST)
            continue;
        if (!sx_size_mul(&bytes, (size_t)sx_count(&n->shape), sx_type_size(n->type)) ||
            !sx_size_add(&all, all, bytes) || all > g->limit)
            return sx_over_limit(l->error,
                                 "values that decide a shape need more than the memory limit "
                                 "of %zu MB",
                                 g->limit >> 20);
    }
    return true;
}

/* The data of a constant. A value that is not folded (large, or expanded) but depends on no input
 * is computed. */
const void *sx_const_data(struct sx_lowering *l, int node, const char *what)
{
    struct sx_graph *g = l->g;
    if (node == SX_NONE)
        return NULL;
    if (sx_is_const(g, node))
        return g->node[node].data;
    bool *needed = sx_new(g->n_nodes, sizeof *needed, l->error);
    if (needed == NULL)
        return NULL;
    sx_mark_needed(g, &node, 1, needed);
    bool fixed = true;
    for (size_t i = 0; i < g->n_nodes; i++)
        fixed = fixed && !(needed[i] && g->node[i].op == SX_INPUT);
    const bool room = fits(l, needed);
    free(needed);
    if (!room)
        return NULL;
    if (!fixed && sx_decides(l))
        return sx_decide(l, node);
    if (!fixed) {
        l->scope->root->unknown = true; /* the values are unknown to a listing */
        sx_reject(l, "%s must be constant once shapes are fixed", what);
        return NULL;
    }
    struct sx_tensor result;
    if (!sx_evaluate(g, NULL, NULL, 0, &node, &result, 1, l->error))
        return NULL;
    size_t bytes = (size_t)sx_count(&result.shape) * sx_type_size(result.type);
    void *copy = sx_scratch(l, bytes, 1);
    if (copy != NULL && bytes > 0)
        memcpy(copy, result.data, bytes);
    sx_tensor_free(&result);
    return copy;
}

/* The elements of input k; NULL and *n = 0 if it is omitted. */
static const void *const_input(struct sx_lowering *l, int k, const char *what, bool real,
                               int *n)
{
    char place[64];
    int node = sx_arg(l, k);
    *n = 0;
    if (node == SX_NONE)
        return NULL;
    snprintf(place, sizeof place, "input %d (%s)", k, what);
    const struct sx_shape shape = l->g->node[node].shape;
    bool fits = real ? sx_is_real(l->g->node[node].type) : l->g->node[node].type == SX_INT;
    if (!fits || sx_count(&shape) > INT32_MAX) {
        sx_reject(l, "%s must be of %s", place, real ? "reals" : "integers");
        return NULL;
    }
    *n = (int)sx_count(&shape);
    return sx_const_data(l, node, place);
}

bool sx_const_ints(struct sx_lowering *l, int k, const char *what, struct sx_ints *ints)
{
    ints->v = const_input(l, k, what, false, &ints->n);
    ints->given = ints->v != NULL;
    return l->error->status == SX_OK;
}

bool sx_const_reals(struct sx_lowering *l, int k, const char *what, struct sx_reals *reals)
{
    *reals = (struct sx_reals){0};
    int n;
    const void *data = const_input(l, k, what, true, &n);
    double *v = data != NULL ? sx_scratch(l, (size_t)n, sizeof *v) : NULL;
    if (v == NULL)
        return l->error->status == SX_OK;
    for (int i = 0; i < n; i++)
        v[i] = l->g->real == SX_FLOAT ? (double)((const float *)data)[i]
                                      : ((const double *)data)[i];
    *reals = (struct sx_reals){true, n, v};
    return true;
}

bool sx_const_real(struct sx_lowering *l, int k, const char *what, double *value)
{
    struct sx_reals reals;
    if (!sx_const_reals(l, k, what, &reals))
        return false;
    if (reals.given && reals.n != 1)
        return sx_reject(l, "input %d (%s) must have one element", k, what);
    if (reals.given)
        *value = reals.v[0];
    return true;
}

bool sx_const_int(struct sx_lowering *l, int k, const char *what, int64_t *value)
{
    struct sx_ints ints;
    if (!sx_const_ints(l, k, what, &ints))
        return false;
    if (ints.given && ints.n != 1)
        return sx_reject(l, "input %d (%s) must have one element", k, what);
    if (ints.given)
        *value = ints.v[0];
    return true;
}

bool sx_ints_of(struct sx_lowering *l, const char *name, int k, struct sx_ints *ints)
{
    *ints = sx_attr_ints(l, name);
    if (l->error->status != SX_OK)
        return false;
    return ints->given || sx_const_ints(l, k, name, ints);
}
