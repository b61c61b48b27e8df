/* match.h - whether a whole text, or where a part of it, matches a pattern in the syntax of RE2. */
#ifndef SX_LOWER_MATCH_H
#define SX_LOWER_MATCH_H

#include "base/base.h"

struct sx_matcher;

/* Compiles a pattern. NULL with status 3 if it is not valid, or cannot be expressed as a POSIX
 * pattern. */
struct sx_matcher *sx_matcher_new(const char *pattern, struct sx_error *error);
bool sx_matches(const struct sx_matcher *m, const char *text);

/* Compiles a pattern for parts of texts. */
struct sx_matcher *sx_searcher_new(const char *pattern, struct sx_error *error);
/* Finds the longest of the first matches; `inside` tells that the text continues another one, so that ^
 * does not match at its begin. */
bool sx_search(const struct sx_matcher *m, const char *text, bool inside, size_t *begin,
               size_t *end);
void sx_matcher_free(struct sx_matcher *m);

#endif
