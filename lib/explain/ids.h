/* ids.h - token ids: the embedding behind them. */
#ifndef SX_IDS_H
#define SX_IDS_H

#include "explain/explain.h"

/* The tensor that holds the rows of a table which the integers of a model input choose; NULL where
 * there is none. */
const char *sx_embedding_of(const struct sx_lowered *lowered, int port);

#endif
