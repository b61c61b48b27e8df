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

/* Lists the tensors in `text`, separated by commas. Status 2 if a name is unknown, or if its
 * tensor is not real. If `text` is NULL and `all` is true, sx_list_of lists all real outputs
 * and sx_list_wrt all real inputs. If `all` is false, sx_list_of lists the output that is
 * explained by default. sx_list_wrt lists the first real input, or the embedding behind integer
 * ids, also for "auto". */
bool sx_list_of(struct sx_tensor_list *list, const struct sx_model *model,
                const struct sx_lowered *lowered, const char *text, bool all,
                struct sx_error *error);
bool sx_list_wrt(struct sx_tensor_list *list, const struct sx_lowered *lowered,
                 const char *text, bool all, struct sx_error *error);
void sx_list_free(struct sx_tensor_list *list);

#endif
