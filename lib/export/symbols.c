/* symbols.c - finds the open dimensions of a model's inputs. */
#include <stdio.h>
#include <string.h>

#include "export/export.h"

/* The two lengths of the batch, then those of each further open dimension. They are short,
 * because tables of positions may be short. They have no common factor with sizes that are
 * frequent in models. */
static const int64_t lengths[SX_MOST_SYMBOLS][2] = {{5, 7}, {3, 4}, {6, 5}, {7, 9}, {8, 11}};
static const int64_t seed_lengths[2][2] = {{11, 13}, {17, 19}};

static const Onnx__TensorShapeProto *shape_of(const struct sx_model *model, const char *input)
{
    const Onnx__ValueInfoProto *value = sx_model_value(model, input);
    return value != NULL && value->type != NULL &&
                   value->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE
               ? value->type->tensor_type->shape
               : NULL;
}

/* The name of an open axis. False if the axis is not open. */
static bool name_axis(const struct sx_model *model, const char *input, int axis,
                      char name[SX_NAME_SHOWN])
{
    const Onnx__TensorShapeProto *shape = shape_of(model, input);
    if (shape == NULL || axis < 0 || (size_t)axis >= shape->n_dim)
        return false;
    const Onnx__TensorShapeProto__Dimension *d = shape->dim[axis];
    bool given = d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
    if (given && d->dim_value >= 0)
        return false;
    if (!given && sx_text(d->dim_param)[0] != '\0')
        snprintf(name, SX_NAME_SHOWN, "%s", d->dim_param);
    else if (axis == 0)
        snprintf(name, SX_NAME_SHOWN, "N");
    else
        snprintf(name, SX_NAME_SHOWN, "%.60s_%d", input, axis);
    return true;
}

static int find(const struct sx_symbols *symbols, const char *name)
{
    for (int k = 0; k < symbols->n; k++)
        if (strcmp(symbols->item[k].name, name) == 0)
            return k;
    return -1;
}

int sx_symbol_of(const struct sx_symbols *symbols, const struct sx_model *model,
                 const char *input, int axis)
{
    char name[SX_NAME_SHOWN];
    return name_axis(model, input, axis, name) ? find(symbols, name) : -1;
}

int64_t sx_symbol_length(const struct sx_symbols *symbols, int k)
{
    return k == symbols->varied ? symbols->item[k].other : symbols->item[k].length;
}

/* Adds a symbol. Fails if there are too many. */
static bool add(struct sx_symbols *symbols, const char *name, const char *input, int axis,
                const int64_t *two, struct sx_error *error)
{
    if (symbols->n == SX_MOST_SYMBOLS)
        return sx_fail(error, SX_MODEL, "more than %d open dimensions", SX_MOST_SYMBOLS);
    struct sx_symbol *s = &symbols->item[symbols->n++];
    *s = (struct sx_symbol){
        .input = input, .axis = axis, .length = two[0], .other = two[1], .batch = axis == 0};
    snprintf(s->name, sizeof s->name, "%s", name);
    return true;
}

bool sx_symbols_find(const struct sx_model *model, struct sx_symbols *symbols,
                     struct sx_error *error)
{
    char name[SX_NAME_SHOWN];
    *symbols = (struct sx_symbols){.varied = -1};
    for (int i = 0; i < sx_model_input_count(model); i++) {
        const struct sx_port *port = sx_model_input(model, i);
        for (int axis = 0; axis < port->shape.rank; axis++)
            if (name_axis(model, port->name, axis, name) && find(symbols, name) < 0 &&
                !add(symbols, name, port->name, axis,
                     lengths[symbols->n < SX_MOST_SYMBOLS ? symbols->n : 0], error))
                return false;
    }
    return true;
}

bool sx_symbols_add_seeds(struct sx_symbols *symbols, const char *name, struct sx_error *error)
{
    if (find(symbols, name) >= 0)
        return sx_fail(error, SX_USAGE, "'%.80s' is a dimension of the model", name);
    int seeds = 0;
    for (int k = 0; k < symbols->n; k++)
        seeds += symbols->item[k].input == NULL;
    if (!add(symbols, name, NULL, 0, seed_lengths[seeds > 0], error))
        return false;
    symbols->item[symbols->n - 1].batch = false;
    return true;
}

int64_t sx_symbols_seeds(const struct sx_symbols *symbols, const char *name)
{
    int k = find(symbols, name);
    return k >= 0 ? sx_symbol_length(symbols, k) : 0;
}
