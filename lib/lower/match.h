/* match.h - whether a whole text matches a pattern in the syntax of RE2. */
#ifndef SX_LOWER_MATCH_H
#define SX_LOWER_MATCH_H

#include "base/base.h"

struct sx_matcher;

/* Compiles a pattern. NULL with status 3 if it is not valid, or cannot be expressed as a POSIX
 * pattern. */
struct sx_matcher *sx_matcher_new(const char *pattern, struct sx_error *error);
bool sx_matches(const struct sx_matcher *m, const char *text);
void sx_matcher_free(struct sx_matcher *m);

#endif
