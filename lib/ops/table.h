/* table.h - the table of core operators, with which graphs are created. */
#ifndef SX_OPS_TABLE_H
#define SX_OPS_TABLE_H

#include "graph/op.h"

#define SX_DECLARE_ROW(NAME, name) extern const struct sx_row sx_row_##name;
SX_POINTWISE_OPS(SX_DECLARE_ROW)
SX_OTHER_OPS(SX_DECLARE_ROW)
SX_PRIVATE_OPS(SX_DECLARE_ROW)
#undef SX_DECLARE_ROW

extern const struct sx_row *const sx_rows[SX_N_OPS];

#endif
