/* stays.c - whether the condition of a loop can ever change. */
#include <string.h>

#include "lower/scope.h"

#define MOST_HOPS 8 /* copies between a condition and its origin */

/* The node of a body that makes a tensor, or NULL. */
static const Onnx__NodeProto *maker_of(const Onnx__GraphProto *body, const char *name)
{
    for (size_t i = 0; i < body->n_node; i++)
        for (size_t k = 0; k < body->node[i]->n_output; k++)
            if (strcmp(body->node[i]->output[k], name) == 0)
                return body->node[i];
    return NULL;
}

bool sx_condition_stays(const Onnx__GraphProto *body)
{
    const char *name = sx_text(body->output[0]->name);
    const Onnx__NodeProto *maker;
    for (int hops = 0; (maker = maker_of(body, name)) != NULL; hops++) {
        const char *op = sx_text(maker->op_type);
        if (*sx_domain(maker->domain) != '\0' || hops == MOST_HOPS)
            return false;
        if (strcmp(op, "Constant") == 0)
            return true;
        if (strcmp(op, "Identity") != 0 || maker->n_input != 1)
            return false;
        name = maker->input[0];
    }
    for (size_t k = 0; k < body->n_input; k++)
        if (strcmp(sx_text(body->input[k]->name), name) == 0)
            return k == 1;
    return true;
}
