/* result.h - the inside of a result. */
#ifndef SX_RESULT_H
#define SX_RESULT_H

#include "io/io.h"
#include "sextant/option.h"
#include "sextant/picture.h"

/* A document nested deeper than this is no record. */
#define SX_RESULT_DEPTH 64

struct sx_result {
    struct sx_arena arena;
    enum sx_type precision;
    int64_t nonfinite;
    struct sx_error failure;
    struct sx_datum *top;
    int depth;
    struct {
        struct sx_datum *value, *last; /* the last child, to add after */
    } open[SX_RESULT_DEPTH];
};

/* Adds a node to the innermost open one; NULL once something has failed. */
struct sx_datum *sx_result_add(struct sx_result *result, const char *key, enum sx_kind kind);

/* ---- preparation.c ---- */

/* Puts how a picture becomes an input: enough to do it again. */
void sx_put_preparation(struct sx_result *result, const char *key,
                        const struct sx_preprocess *preprocess);
/* Reads it; false where something is missing or cannot be, which is then 0, or the first choice. */
bool sx_preparation_read(const struct sx_datum *from, struct sx_preprocess *preprocess);

#endif
