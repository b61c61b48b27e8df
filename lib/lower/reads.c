/* reads.c - the tensors that a node reads: its inputs, and those that its bodies read from outside. */
#include "lower/scope.h"

/* The names that a body defines; they hide names of surrounding graphs. */
struct frame {
    const struct frame *outer;
    struct sx_names local;
};

struct visit {
    bool (*see)(void *context, const char *name);
    void *context;
    struct sx_error *error;
};

static bool is_local(const struct frame *f, const char *name)
{
    for (; f != NULL; f = f->outer)
        if (sx_names_get(&f->local, name) >= 0)
            return true;
    return false;
}

static bool read_name(const struct visit *v, const struct frame *f, const char *name)
{
    return *name == '\0' || is_local(f, name) || v->see(v->context, name);
}

static bool define(struct frame *f, const char *name, struct sx_error *error)
{
    return sx_names_put(&f->local, sx_text(name), 0, error);
}

static bool define_all(struct frame *f, const Onnx__GraphProto *body, struct sx_error *error)
{
    bool ok = true;
    for (size_t i = 0; i < body->n_input && ok; i++)
        ok = define(f, body->input[i]->name, error);
    for (size_t i = 0; i < body->n_initializer && ok; i++)
        ok = define(f, body->initializer[i]->name, error);
    for (size_t i = 0; i < body->n_node && ok; i++)
        for (size_t k = 0; k < body->node[i]->n_output && ok; k++)
            ok = define(f, body->node[i]->output[k], error);
    return ok;
}

/* Visits a node. Bodies cannot be nested deeper than the wire format allows messages to be. */
static bool read_node(const struct visit *v, const struct frame *outer,
                      const Onnx__NodeProto *node)
{
    bool ok = true;
    for (size_t i = 0; i < node->n_input && ok; i++)
        ok = read_name(v, outer, node->input[i]);
    for (size_t i = 0; i < node->n_attribute && ok; i++) {
        const Onnx__GraphProto *body = node->attribute[i]->g;
        if (body == NULL)
            continue;
        struct frame f = {.outer = outer};
        ok = define_all(&f, body, v->error);
        for (size_t k = 0; k < body->n_node && ok; k++)
            ok = read_node(v, &f, body->node[k]);
        for (size_t k = 0; k < body->n_output && ok; k++)
            ok = read_name(v, &f, sx_text(body->output[k]->name));
        sx_names_free(&f.local);
    }
    return ok;
}

bool sx_each_read(const Onnx__NodeProto *node, bool (*see)(void *context, const char *name),
                  void *context, struct sx_error *error)
{
    const struct visit v = {see, context, error};
    return read_node(&v, NULL, node);
}
