/* examples.h - small graphs that between them use every row in every way that has a formula. */
#ifndef EXAMPLES_H
#define EXAMPLES_H

#include "fd.h"

struct example {
    int op; /* the row it is there for; SX_NONE: several at once */
    const char *label;
    int (*build)(struct fd *t, int arg); /* returns the result; inputs by fd_input */
    int arg;
    unsigned linear; /* bit k: the result is linear in variable k */
};

#define TOGETHER 256u /* linear in all variables together */

extern const struct example examples[];
extern const int n_examples;

#endif
