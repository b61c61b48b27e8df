/* unroll.c - counts the nodes that a function unrolls to, so that too many are refused before the
 * first of them is lowered. */
#include <stdlib.h>

#include "lower/scope.h"

static int64_t count_nodes(struct sx_scope *root, const Onnx__FunctionProto *f, int depth);

/* A function that is being counted, or lies too deep, adds nothing: lowering refuses it. */
static int64_t count_calls(struct sx_scope *root, const Onnx__FunctionProto *f, int depth)
{
    if (f == NULL || depth > SX_MAX_DEPTH)
        return 0;
    int64_t *unrolled = root->unrolled;
    for (size_t k = 0; root->model->proto->functions[k] != f; k++)
        unrolled++;
    if (*unrolled == 0) {
        *unrolled = 1;
        *unrolled = 1 + count_nodes(root, f, depth);
    }
    return *unrolled - 1;
}

/* The number of the nodes that the outputs of f depend on, and of those that they unroll to. Bodies
 * of nodes are left out, because a body that is not chosen is not lowered. */
static int64_t count_nodes(struct sx_scope *root, const Onnx__FunctionProto *f, int depth)
{
    const struct sx_names none = {0};
    bool *needed = sx_new(f->n_node + 1, sizeof *needed, root->error);
    int64_t sum = 0;
    bool ok = needed != NULL && sx_need(f->node, f->n_node, (const char *const *)f->output,
                                        f->n_output, &none, needed, NULL, root->error);
    for (size_t i = 0; i < f->n_node && sum <= SX_MAX_STEPS && ok; i++)
        if (needed[i])
            sum += 1 + count_calls(root,
                                   sx_find_function(root->model, f->node[i]->domain,
                                                    f->node[i]->op_type),
                                   depth + 1);
    free(needed);
    return sum;
}

bool sx_unrolls(struct sx_scope *root, const Onnx__FunctionProto *f, int64_t most)
{
    if (root->unrolled == NULL)
        root->unrolled =
            sx_new(root->model->proto->n_functions, sizeof *root->unrolled, root->error);
    return root->unrolled != NULL && count_calls(root, f, 0) <= most;
}
