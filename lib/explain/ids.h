/* ids.h - token ids: the embedding behind them. */
#ifndef SX_IDS_H
#define SX_IDS_H

#include "explain/explain.h"

/* The tensor that holds the rows of a table selected by the integers of a model input; NULL: there
 * is none. */
const char *sx_embedding_of(const struct sx_lowered *lowered, int port);

/* Removes tokens that are never masked from all players: see sx_explain_options.keep. `by_token`:
 * players are tokens, and an attention mask counts. Status 2: no player is left. */
struct sx_players;
bool sx_players_leave_kept(const struct sx_explainer *e, bool by_token, struct sx_players *p,
                           struct sx_error *error);

#endif
