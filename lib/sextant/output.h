/* sextant/output.h - where results go: numbers as text, files that are whole or not there, .npy. */
#ifndef SEXTANT_OUTPUT_H
#define SEXTANT_OUTPUT_H

#include "sextant/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Numbers as text, whatever the locale: the shortest decimal that reads back as the same float
 * (SX_FLOAT) or double; "null" for NaN and infinities. Returns its length. */
#define SX_NUMBER_SIZE 32
size_t sx_number(char text[SX_NUMBER_SIZE], double value, enum sx_type precision);

/* Sets *value to what the `n` bytes say; false unless they are one number and nothing else. */
bool sx_number_parse(const char *text, size_t n, double *value);

/* Where results go. The first failure sticks: later writes do nothing, and flush and finish
 * report it (status 5). The caller ignores SIGPIPE. */
struct sx_sink;

/* `path` NULL or "-" is standard output. A file appears under its name only when it is
 * finished; what exists and is no regular file (/dev/null) is written to directly. */
struct sx_sink *sx_sink_open(const char *path, struct sx_error *error);
/* A sink for an open descriptor, which belongs to the sink from then on. Messages call it `name`. */
struct sx_sink *sx_sink_to(int fd, const char *name, struct sx_error *error);

/* A sink that keeps what is written in memory. Status 6. */
struct sx_sink *sx_sink_memory(struct sx_error *error);
/* Frees such a sink and returns what was written as a text, which the caller frees; NULL: status 6. */
char *sx_sink_text(struct sx_sink *sink, struct sx_error *error);

bool sx_sink_write(struct sx_sink *sink, const void *bytes, size_t n);
bool sx_sink_print(struct sx_sink *sink, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Replaces control characters that are not in `kept`, and bytes that are no UTF-8, by '?'. */
void sx_make_plain(char *text, const char *kept);

/* From now on sx_sink_print writes '?' for control characters and for bytes that are no UTF-8, since
 * names out of files may hold anything. Tabs stay, and so does a newline at the end. sx_sink_write is
 * not affected. */
void sx_sink_for_eyes(struct sx_sink *sink);
bool sx_sink_flush(struct sx_sink *sink, struct sx_error *error);

/* Ends and frees the sink; without `keep`, or on failure, no file stays. */
bool sx_sink_finish(struct sx_sink *sink, bool keep, struct sx_error *error);

/* Writes the header of an .npy; the elements follow by sx_sink_write. */
bool sx_npy_head(struct sx_sink *sink, enum sx_type type, const struct sx_shape *shape);
/* Writes a whole .npy. */
bool sx_npy_write(struct sx_sink *sink, const struct sx_tensor *tensor);

#ifdef __cplusplus
}
#endif

#endif
