/* names.h - reads lists of tensors in options. */
#ifndef SX_EXPORT_NAMES_H
#define SX_EXPORT_NAMES_H

#include "lower/lower.h"

struct sx_tensor_list {
    const char **name;
    int *node; /* in the lowered graph */
    int n;
    char *text; /* the text that holds the names */
};

/* The tensors in `text`, separated by commas. NULL means with `all` all real outputs or inputs;
 * else the output that is explained by default. For `wrt`, NULL or "auto" means the first real
 * input, or the embedding behind integer ids. Status 2: a name is unknown, or its tensor is not
 * real. */
bool sx_list_of(struct sx_tensor_list *list, const struct sx_model *model,
                const struct sx_lowered *lowered, const char *text, bool all,
                struct sx_error *error);
bool sx_list_wrt(struct sx_tensor_list *list, const struct sx_lowered *lowered,
                 const char *text, bool all, struct sx_error *error);
void sx_list_free(struct sx_tensor_list *list);

#endif
