/* outside.h - weights that the model keeps in another file remain outside of the written file. */
#ifndef SX_EXPORT_OUTSIDE_H
#define SX_EXPORT_OUTSIDE_H

#include "onnx/write.h"
#include "sextant/output.h"

/* A part of the data file that is written. */
struct sx_outside_part {
    const void *bytes;
    size_t size, offset;
};

struct sx_outside {
    const struct sx_external *from;
    bool there;       /* the written file is in the directory of the model's data */
    char *path;       /* path of the data file; NULL: all is written inside */
    const char *name; /* its name without directories */
    struct sx_outside_part *part;
    size_t n, capacity, end;
};

/* `path` is that of the written file. NULL or "-": it has none. sx_outside_free is called in
 * any case. */
bool sx_outside_open(struct sx_outside *outside, const struct sx_model *model, const char *path,
                     struct sx_error *error);
void sx_outside_free(struct sx_outside *outside);
/* Forgets what was written, for another attempt. */
void sx_outside_reset(struct sx_outside *outside);
/* Whether weights remain in another file than the written one. */
bool sx_outside_keeps(const struct sx_outside *outside, const void *weights);
/* Writes an initializer: a reference if the elements lie in the model's external data, else the
 * elements themselves. */
void sx_outside_write(struct sx_outside *outside, struct sx_wire *to, const char *name,
                      const struct sx_tensor *value, struct sx_error *error);
/* Writes the data file if something refers to it. Status 5 on failure. */
bool sx_outside_finish(const struct sx_outside *outside, struct sx_error *error);

#endif
