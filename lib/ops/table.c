/* table.c - the table of core operators. */
#include "ops/table.h"

#define ENTRY(NAME, name) [SX_##NAME] = &sx_row_##name,
const struct sx_row *const sx_rows[SX_N_OPS] = {SX_POINTWISE_OPS(ENTRY) SX_OTHER_OPS(ENTRY)
                                                    SX_PRIVATE_OPS(ENTRY)};
