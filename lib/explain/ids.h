/* ids.h - token ids: the embedding behind them. */
#ifndef SX_IDS_H
#define SX_IDS_H

#include "explain/explain.h"

/* The tensor that holds the rows of a table which the integers of a model input choose; NULL where
 * there is none. */
const char *sx_embedding_of(const struct sx_lowered *lowered, int port);

/* Takes the tokens that are never masked out of all players: see sx_explain_options.keep. `by_token`:
 * players are tokens, so that an attention mask counts. Status 2 if nobody is left. */
struct sx_players;
bool sx_players_leave_kept(const struct sx_explainer *e, bool by_token, struct sx_players *p,
                           struct sx_error *error);

#endif
