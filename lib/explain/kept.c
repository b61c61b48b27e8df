/* kept.c - tokens that are never masked: those of kept ids, and those with 0 in an attention mask. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "explain/ids.h"
#include "explain/players.h"

static bool is_kept(const struct sx_explain_options *o, int64_t id)
{
    for (size_t i = 0; i < o->n_keep; i++)
        if (o->keep[i] == id)
            return true;
    return false;
}

/* Whether a name is that of an attention mask. "key_padding_mask" is not: its numbers mean the
 * opposite. */
static bool is_mask_name(const char *name)
{
    char low[80];
    size_t n = 0;
    for (; name[n] != '\0' && n + 1 < sizeof low; n++)
        low[n] = (char)tolower((unsigned char)name[n]);
    low[n] = '\0';
    return strstr(low, "mask") != NULL && strstr(low, "pad") == NULL;
}

/* The input [1, tokens] of zeros and ones that is named as a mask; NULL: there is none. */
static const struct sx_tensor *mask_of(const struct sx_explainer *e, int64_t tokens)
{
    for (int i = 0; e->feeds != NULL && i < sx_model_input_count(e->model); i++) {
        const struct sx_tensor *feed = &e->feeds[i];
        bool some = false, fits = i != e->input_port && feed->data != NULL &&
                                  feed->shape.rank == 2 && feed->shape.dim[0] == 1 &&
                                  feed->shape.dim[1] == tokens &&
                                  is_mask_name(sx_model_input(e->model, i)->name);
        for (int64_t k = 0; fits && k < tokens; k++) {
            double value = sx_tensor_get(feed, k);
            fits = value == 0 || value == 1;
            some = some || value == 1;
        }
        if (fits && some)
            return feed;
    }
    return NULL;
}

bool sx_players_leave_kept(const struct sx_explainer *e, bool by_token, struct sx_players *p,
                           struct sx_error *error)
{
    const struct sx_tensor *ids = sx_explainer_ids(e);
    int64_t n = sx_count(&p->shape);
    int64_t tokens = by_token && p->shape.rank == 3 ? p->shape.dim[1] : 0;
    const struct sx_tensor *mask = tokens > 0 ? mask_of(e, tokens) : NULL;
    if ((ids == NULL || e->options.n_keep == 0) && mask == NULL)
        return true;
    int64_t width = ids != NULL ? n / sx_count(&ids->shape) : n / tokens;
    bool *kept = sx_new((size_t)n, sizeof *kept, error);
    for (int64_t i = 0; kept != NULL && i < n; i++) {
        int64_t at = i / width;
        kept[i] = (ids != NULL && is_kept(&e->options, (int64_t)sx_tensor_get(ids, at))) ||
                  (mask != NULL && sx_tensor_get(mask, at % tokens) == 0);
    }
    bool ok = kept != NULL && sx_players_leave(p, kept, error);
    if (ok && p->count == 0)
        ok = sx_fail(error, SX_USAGE, "all tokens are kept: there are no players");
    free(kept);
    return ok;
}
