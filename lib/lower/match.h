/* match.h - texts that match a pattern in the syntax of RE2, wholly. */
#ifndef SX_LOWER_MATCH_H
#define SX_LOWER_MATCH_H

#include "base/base.h"

struct sx_matcher;

/* NULL, with status 3, for a pattern that is none, or says what POSIX patterns cannot. */
struct sx_matcher *sx_matcher_new(const char *pattern, struct sx_error *error);
bool sx_matches(const struct sx_matcher *m, const char *text);
void sx_matcher_free(struct sx_matcher *m);

#endif
