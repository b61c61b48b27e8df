/* result.h - the internals of a result. */
#ifndef SX_RESULT_H
#define SX_RESULT_H

#include "io/io.h"
#include "sextant/option.h"
#include "sextant/picture.h"

/* The deepest nesting of a record. */
#define SX_RESULT_DEPTH 64

struct sx_result {
    struct sx_arena arena;
    enum sx_type precision;
    int64_t nonfinite;
    struct sx_error failure;
    struct sx_datum *top;
    int depth;
    struct {
        /* last: the last child, after which the next one is added */
        struct sx_datum *value, *last;
    } open[SX_RESULT_DEPTH];
};

/* Adds a node to the innermost open one; NULL after a failure. */
struct sx_datum *sx_result_add(struct sx_result *result, const char *key, enum sx_kind kind);

/* ---- preparation.c ---- */

/* Puts the preparation of pictures; it is sufficient to repeat it. */
void sx_put_preparation(struct sx_result *result, const char *key,
                        const struct sx_preprocess *preprocess);
/* Reads a preparation. False if a field is missing or wrong; it is then 0, or the first choice. */
bool sx_preparation_read(const struct sx_datum *from, struct sx_preprocess *preprocess);

#endif
