/* names.c - reads lists of tensors in options. */
#include <stdlib.h>
#include <string.h>

#include "explain/ids.h"
#include "export/export.h"
#include "export/names.h"

void sx_list_free(struct sx_tensor_list *list)
{
    free(list->name);
    free(list->node);
    free(list->text);
    *list = (struct sx_tensor_list){0};
}

/* Splits a list at commas. If the whole text is the name of a tensor, it is not split. */
static bool split(struct sx_tensor_list *list, const struct sx_graph *g, const char *text,
                  struct sx_error *error)
{
    int n = 1;
    for (const char *c = text; *c != '\0'; c++)
        n += *c == ',';
    list->text = sx_strdup(text, error);
    list->name = sx_new((size_t)n, sizeof *list->name, error);
    list->node = sx_new((size_t)n, sizeof *list->node, error);
    if (list->text == NULL || list->name == NULL || list->node == NULL)
        return false;
    char *rest = list->text, *comma;
    if (n > 1 && sx_find(g, text) != SX_NONE)
        n = 1;
    for (list->n = 0; list->n < n; rest = comma + 1) {
        list->name[list->n++] = rest;
        comma = list->n < n ? strchr(rest, ',') : rest + strlen(rest) - 1;
        if (list->n < n)
            *comma = '\0';
    }
    return true;
}

/* The node of an input or of any other tensor of this name. */
static int find(const struct sx_lowered *l, const char *name)
{
    for (int i = 0; i < l->n_inputs; i++)
        if (strcmp(l->inputs[i].name, name) == 0)
            return l->inputs[i].node;
    return sx_find(l->graph, name);
}

static bool look_up(struct sx_tensor_list *list, const struct sx_lowered *l, const char *text,
                    struct sx_error *error)
{
    if (!split(list, l->graph, text, error))
        return false;
    for (int i = 0; i < list->n; i++) {
        list->node[i] = find(l, list->name[i]);
        if (list->node[i] == SX_NONE)
            return sx_no_tensor(l->graph, list->name[i], error);
        if (!sx_is_real(l->graph->node[list->node[i]].type))
            return sx_fail(error, SX_USAGE, "tensor '%.80s' does not hold real numbers",
                           list->name[i]);
        for (int k = 0; k < i; k++)
            if (strcmp(list->name[k], list->name[i]) == 0)
                return sx_fail(error, SX_USAGE, "'%.80s' is named twice", list->name[i]);
    }
    return true;
}

/* Lists all values that are real. */
static bool take_all(struct sx_tensor_list *list, const struct sx_graph *g,
                     const struct sx_lowered_value *value, int n, struct sx_error *error)
{
    list->name = sx_new((size_t)n, sizeof *list->name, error);
    list->node = sx_new((size_t)n, sizeof *list->node, error);
    for (int i = 0; list->name != NULL && list->node != NULL && i < n; i++)
        if (sx_is_real(g->node[value[i].node].type)) {
            list->name[list->n] = value[i].name;
            list->node[list->n++] = value[i].node;
        }
    return list->n > 0 || sx_fail(error, SX_USAGE, "the model has no real inputs and outputs");
}

bool sx_list_of(struct sx_tensor_list *list, const struct sx_model *model,
                const struct sx_lowered *lowered, const char *text, bool all,
                struct sx_error *error)
{
    const char *instead_of;
    if (text == NULL && all)
        return take_all(list, lowered->graph, lowered->outputs, lowered->n_outputs, error);
    if (text == NULL)
        text = sx_model_explained(model, &instead_of);
    return look_up(list, lowered, text != NULL ? text : "", error);
}

/* The name of the first input that is real, or of the embedding behind it. NULL if there is
 * none. */
static const char *first_real(const struct sx_lowered *l)
{
    for (int i = 0; i < l->n_inputs; i++) {
        if (sx_is_real(l->graph->node[l->inputs[i].node].type))
            return l->inputs[i].name;
        const char *embedding = sx_embedding_of(l, i);
        if (embedding != NULL)
            return embedding;
    }
    return NULL;
}

bool sx_list_wrt(struct sx_tensor_list *list, const struct sx_lowered *lowered,
                 const char *text, bool all, struct sx_error *error)
{
    if (text == NULL && all)
        return take_all(list, lowered->graph, lowered->inputs, lowered->n_inputs, error);
    if (text == NULL || strcmp(text, "auto") == 0)
        text = first_real(lowered);
    if (text == NULL)
        return sx_fail(error, SX_USAGE,
                       "the model takes no real input to differentiate by; name a tensor with "
                       "--wrt");
    return look_up(list, lowered, text, error);
}
