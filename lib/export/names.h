/* names.h - lists of tensors, as options name them. */
#ifndef SX_EXPORT_NAMES_H
#define SX_EXPORT_NAMES_H

#include "lower/lower.h"

struct sx_tensor_list {
    const char **name;
    int *node; /* in the lowered graph */
    int n;
    char *text; /* that the names lie in */
};

/* The tensors named in `text` by commas; NULL: all real outputs or inputs with `all`, else the
 * output that the model is explained by; of `wrt` NULL or "auto" is the first real input, or the
 * embedding behind integer ids. Status 2 where a name is not there or its tensor not real. */
bool sx_list_of(struct sx_tensor_list *list, const struct sx_model *model,
                const struct sx_lowered *lowered, const char *text, bool all,
                struct sx_error *error);
bool sx_list_wrt(struct sx_tensor_list *list, const struct sx_lowered *lowered,
                 const char *text, bool all, struct sx_error *error);
void sx_list_free(struct sx_tensor_list *list);

#endif
