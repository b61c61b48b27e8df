/* kinks.c - lists the kinks of an explainer, makes them smooth, and measures the change of f. */
#include "explain/build.h"

bool sx_explainer_smooth(struct sx_explainer *e, const char *mode, struct sx_error *error)
{
    if (!sx_smooth_parse(&e->smooth, mode, error))
        return false;
    sx_explained_free(&e->built); /* so the next sample is built anew */
    return true;
}

bool sx_explainer_shift(struct sx_explainer *e, double *shift, struct sx_error *error)
{
    double value;
    *shift = 0;
    if (e->smooth.kind == SX_SMOOTH_NONE)
        return true;
    if (sx_gradient_batch(e, false, 0, error) == 0 ||
        !sx_gradients(e, 1, e->input.data, &value, NULL, error))
        return false;
    *shift = value - e->target.value;
    return true;
}

const char *sx_explainer_kink(const struct sx_explainer *e, int i, const char **op, bool *soft)
{
    const struct sx_explained *b = &e->built;
    if (i < 0 || i >= b->n_kinks)
        return NULL;
    const struct sx_name *name = &b->lowered->graph->name[b->kink[i]];
    *op = name->onnx_op;
    *soft = e->smooth.kind != SX_SMOOTH_NONE && sx_can_smooth(name->onnx_op);
    return name->onnx_node != NULL && name->onnx_node[0] != '\0' ? name->onnx_node : name->name;
}
