/* examples.h - small graphs that together use every row in every way that has its own formula. */
#ifndef EXAMPLES_H
#define EXAMPLES_H

#include "fd.h"

struct example {
    int op; /* the row that it tests; SX_NONE: several rows */
    const char *label;
    int (*build)(struct fd *t, int arg); /* returns the result; inputs are made by fd_input */
    int arg;
    unsigned linear; /* bit k: the result is linear in variable k */
};

#define TOGETHER 256u /* linear in all variables together */

extern const struct example examples[];
extern const int n_examples;

#endif
