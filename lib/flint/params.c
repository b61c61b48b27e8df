/* params.c - the weights that are learned: new ones are drawn, and those of f are found. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lower/scope.h"
#include "flint/flint.h"

static struct sx_flint_param *add(struct sx_flint_params *params, const char *name,
                                  enum sx_flint_part part, struct sx_error *error)
{
    if (!sx_grow((void **)&params->item, &params->capacity, params->n + 1, sizeof *params->item,
                 error))
        return NULL;
    struct sx_flint_param *p = &params->item[params->n];
    *p = (struct sx_flint_param){.name = sx_arena_strdup(&params->arena, name, error),
                                 .part = part};
    if (p->name == NULL)
        return NULL;
    params->n++;
    return p;
}

static void draw(struct sx_tensor *value, double bound, uint64_t seed, size_t number)
{
    float *x = value->data;
    for (int64_t i = 0; i < sx_count(&value->shape); i++) {
        double u = sx_random_uniform(seed, SX_FLINT_WEIGHTS + number, (uint64_t)i);
        x[i] = (float)((2 * u - 1) * bound);
    }
}

struct sx_flint_param *sx_flint_draw(struct sx_flint_params *params, const char *name,
                                     enum sx_flint_part part, const struct sx_shape *shape,
                                     double bound, uint64_t seed, struct sx_error *error)
{
    struct sx_flint_param *p = add(params, name, part, error);
    if (p == NULL || !sx_tensor_new(&p->value, SX_FLOAT, shape, error))
        return NULL;
    draw(&p->value, bound, seed, params->n - 1);
    return p;
}

void sx_flint_params_free(struct sx_flint_params *params)
{
    for (size_t i = 0; i < params->n; i++)
        sx_tensor_free(&params->item[i].value);
    free(params->item);
    sx_arena_free(&params->arena);
    *params = (struct sx_flint_params){0};
}

/* ---- Weights of f that can be learned ---- */

/* How a weight is initialised with --reinit. */
enum start { UNIFORM, BIAS, ONES, ZEROS, QUARTERS, NORMAL };

/* An input of an operator that holds weights, and how they are initialised. */
static const struct slot {
    const char *op;
    int input;
    enum start start;
} slots[] = {
    {"Conv", 1, UNIFORM},
    {"Conv", 2, BIAS},
    {"ConvTranspose", 1, UNIFORM},
    {"ConvTranspose", 2, BIAS},
    {"Gemm", 0, UNIFORM},
    {"Gemm", 1, UNIFORM},
    {"Gemm", 2, BIAS},
    {"MatMul", 0, UNIFORM},
    {"MatMul", 1, UNIFORM},
    {"Add", 0, ZEROS},
    {"Add", 1, ZEROS},
    {"Sub", 0, ZEROS},
    {"Sub", 1, ZEROS},
    {"Mul", 0, ONES},
    {"Mul", 1, ONES},
    {"Div", 0, ONES},
    {"Div", 1, ONES},
    {"BatchNormalization", 1, ONES},
    {"BatchNormalization", 2, ZEROS},
    {"InstanceNormalization", 1, ONES},
    {"InstanceNormalization", 2, ZEROS},
    {"GroupNormalization", 1, ONES},
    {"GroupNormalization", 2, ZEROS},
    {"LayerNormalization", 1, ONES},
    {"LayerNormalization", 2, ZEROS},
    {"PRelu", 1, QUARTERS},
    {"Gather", 0, NORMAL},
};

/* How the nodes of f use one initializer. */
struct use {
    const struct sx_model *model;
    const char *name;
    const struct slot *slot;
    const Onnx__NodeProto *node;
    bool elsewhere; /* something else reads it: it is not learned */
};

static const struct slot *find_slot(const Onnx__NodeProto *node, size_t input)
{
    bool plain = sx_domain(node->domain)[0] == '\0';
    for (size_t i = 0; plain && i < sizeof slots / sizeof slots[0]; i++)
        if (strcmp(slots[i].op, sx_text(node->op_type)) == 0 && slots[i].input == (int)input)
            return &slots[i];
    return NULL;
}

static bool body_takes(const Onnx__GraphProto *body, const char *name, int depth)
{
    for (size_t i = 0; i < body->n_node; i++) {
        const Onnx__NodeProto *node = body->node[i];
        for (size_t k = 0; k < node->n_input; k++)
            if (strcmp(node->input[k], name) == 0)
                return true;
        for (size_t k = 0; k < node->n_attribute && depth > 0; k++)
            if (node->attribute[k]->g != NULL &&
                body_takes(node->attribute[k]->g, name, depth - 1))
                return true;
    }
    return false;
}

/* Finds every node that reads `name`, also through Identity. */
static void find_uses(struct use *use, const char *name, int depth)
{
    const Onnx__GraphProto *g = use->model->graph;
    for (size_t i = 0; i < g->n_output; i++)
        use->elsewhere = use->elsewhere || strcmp(g->output[i]->name, name) == 0;
    for (size_t i = 0; i < g->n_node; i++) {
        const Onnx__NodeProto *node = g->node[i];
        for (size_t k = 0; k < node->n_attribute; k++)
            if (node->attribute[k]->g != NULL &&
                body_takes(node->attribute[k]->g, name, SX_ONNX_DEPTH))
                use->elsewhere = true;
        for (size_t k = 0; k < node->n_input; k++) {
            if (strcmp(node->input[k], name) != 0)
                continue;
            const struct slot *slot = find_slot(node, k);
            if (strcmp(sx_text(node->op_type), "Identity") == 0 && depth > 0 &&
                node->n_output == 1) {
                find_uses(use, node->output[0], depth - 1);
            } else if (slot == NULL) {
                use->elsewhere = true;
            } else if (use->slot == NULL) {
                use->slot = slot;
                use->node = node;
            }
        }
    }
}

/* Whether a weight can be learned. A single number that is added or multiplied is part of a
 * formula, and is not. */
static bool can_learn(const struct use *use, const struct sx_onnx_view *view)
{
    bool pointwise = use->slot != NULL && strlen(use->slot->op) == 3;
    bool real = view->onnx_type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT ||
                view->onnx_type == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE;
    return real && use->slot != NULL && !use->elsewhere && view->count > 0 &&
           !(pointwise && view->count == 1);
}

/* The number of inputs that are summed for one output of an operator. The left factor of a product
 * is summed over its last axis, the right one over the axis before it, if they are not transposed. */
static double fan_in(const Onnx__NodeProto *node, bool left, const struct sx_shape *w)
{
    bool last = left;
    double n = 1;
    for (size_t k = 0; k < node->n_attribute; k++)
        if (strcmp(sx_text(node->attribute[k]->name), left ? "transA" : "transB") == 0)
            last = left != (node->attribute[k]->i != 0);
    if (strncmp(node->op_type, "Conv", 4) == 0) {
        for (int i = 1; i < w->rank; i++)
            n *= (double)w->dim[i];
        return n;
    }
    return w->rank < 2 ? 1 : (double)w->dim[last ? w->rank - 1 : w->rank - 2];
}

static void restart(struct sx_tensor *value, const struct use *use, uint64_t seed,
                    size_t number)
{
    const Onnx__TensorProto *weights =
        use->slot->start == BIAS ? sx_model_initializer(use->model, use->node->input[1]) : NULL;
    struct sx_shape shape = value->shape;
    if (weights != NULL) {
        shape.rank = weights->n_dims < SX_MAX_RANK ? (int)weights->n_dims : SX_MAX_RANK;
        for (int i = 0; i < shape.rank; i++)
            shape.dim[i] = weights->dims[i];
    }
    static const float constant[] = {[ONES] = 1, [ZEROS] = 0, [QUARTERS] = 0.25F};
    float *x = value->data;
    switch (use->slot->start) {
    case UNIFORM:
    case BIAS:
        draw(value, 1 / sqrt(fan_in(use->node, use->slot->input == 0, &shape)), seed, number);
        break;
    case NORMAL:
        for (int64_t i = 0; i < sx_count(&value->shape); i++)
            x[i] = (float)sx_random_normal(seed, SX_FLINT_WEIGHTS + number, (uint64_t)i);
        break;
    default:
        for (int64_t i = 0; i < sx_count(&value->shape); i++)
            x[i] = constant[use->slot->start];
        break;
    }
}

bool sx_flint_add_trainable(struct sx_flint_params *params, const struct sx_model *model,
                            bool reinit, uint64_t seed, struct sx_error *error)
{
    for (size_t i = 0; i < model->graph->n_initializer; i++) {
        const Onnx__TensorProto *proto = model->graph->initializer[i];
        struct use use = {.model = model, .name = proto->name};
        struct sx_onnx_view view;
        enum sx_type type;
        if (!sx_onnx_type(proto->data_type, SX_FLOAT, &type, NULL))
            continue;
        if (!sx_onnx_tensor(model, proto, &view, error))
            return false;
        find_uses(&use, proto->name, 4);
        if (!can_learn(&use, &view))
            continue;
        struct sx_flint_param *p = add(params, proto->name, SX_FLINT_F, error);
        if (p == NULL || !sx_onnx_tensor_read(model, proto, SX_FLOAT, &p->value, NULL, error))
            return false;
        if (reinit)
            restart(&p->value, &use, seed, params->n - 1);
    }
    return true;
}
