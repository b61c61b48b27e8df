/* sextant/output.h - output: numbers as text, files that appear complete or not at all, .npy. */
#ifndef SEXTANT_OUTPUT_H
#define SEXTANT_OUTPUT_H

#include "sextant/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Writes a number as text, independent of the locale. It is the shortest decimal that reads back as
 * the same float (SX_FLOAT) or double. NaN and infinities are "null". Returns the length. */
#define SX_NUMBER_SIZE 32
size_t sx_number(char text[SX_NUMBER_SIZE], double value, enum sx_type precision);

/* Sets *value to the number in the n bytes of `text`; false unless they are exactly one number. */
bool sx_number_parse(const char *text, size_t n, double *value);

/* A destination of output. The first failure sticks: later writes do nothing, and flush and finish
 * report it (status 5). The caller has to ignore SIGPIPE. */
struct sx_sink;

/* Opens a sink; `path` NULL or "-" is standard output. A file appears under its name when it is
 * finished. An existing path that is no regular file (/dev/null) is written directly. */
struct sx_sink *sx_sink_open(const char *path, struct sx_error *error);
/* A sink for an open descriptor, which the sink then owns. Messages call it `name`. */
struct sx_sink *sx_sink_to(int fd, const char *name, struct sx_error *error);

/* A sink that keeps the output in memory. Status 6. */
struct sx_sink *sx_sink_memory(struct sx_error *error);
/* Frees such a sink and returns its output as a text that the caller frees. NULL: status 6. */
char *sx_sink_text(struct sx_sink *sink, struct sx_error *error);

bool sx_sink_write(struct sx_sink *sink, const void *bytes, size_t n);
bool sx_sink_print(struct sx_sink *sink, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Replaces by '?' control characters that are not in `kept`, and bytes that are not UTF-8. */
void sx_make_plain(char *text, const char *kept);

/* Makes sx_sink_print write '?' for control characters and for bytes that are not UTF-8, because
 * names from files may hold anything. Tabs, and a newline at the end, are kept. sx_sink_write is
 * not affected. */
void sx_sink_for_eyes(struct sx_sink *sink);
/* Whether nothing was written so far. */
bool sx_sink_is_empty(const struct sx_sink *sink);
bool sx_sink_flush(struct sx_sink *sink, struct sx_error *error);

/* Finishes and frees the sink. Without `keep`, or after a failure, no file remains. */
bool sx_sink_finish(struct sx_sink *sink, bool keep, struct sx_error *error);

/* Writes the header of an .npy; the elements follow by sx_sink_write. */
bool sx_npy_head(struct sx_sink *sink, enum sx_type type, const struct sx_shape *shape);
/* Writes a whole .npy. */
bool sx_npy_write(struct sx_sink *sink, const struct sx_tensor *tensor);

#ifdef __cplusplus
}
#endif

#endif
