/* about.h - metadata of figures. */
#ifndef SX_ABOUT_H
#define SX_ABOUT_H

#include "figure/figure.h"

/* Lines of text that grow. Zero-initialise; free text. */
struct sx_about {
    char *text;
    size_t n, capacity;
};
bool sx_about_record(struct sx_about *about, const struct sx_datum *record,
                     struct sx_error *error);

#endif
