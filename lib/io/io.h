/* io.h - bytes in and out: files, the formats of arrays, numbers as text. */
#ifndef SX_IO_H
#define SX_IO_H

#include "base/base.h"

/* ---- Files ------------------------------------------------------------------------------ */

/* What must be held whole in memory, because it comes from a pipe, may have so many bytes. */
#define SX_PIPE_LIMIT ((size_t)1 << 30)

/* The content of a file, or a window on it that moves from start to end. Regular files are
 * mapped (all of the content is at hand at once), everything else is read as it is asked for. */
struct sx_file {
    const uint8_t *bytes; /* what is at hand */
    size_t size;
    bool whole; /* nothing follows what is at hand */

    /* The rest is private to file.c. */
    bool (*read)(struct sx_file *file, uint8_t *to, size_t n, size_t *got,
                 struct sx_error *error);
    void *source; /* of `read`, where it is not the descriptor */
    int fd;
    uint8_t *base; /* of the mapping or the buffer */
    size_t capacity, limit, dropped;
    bool mapped;
};

/* Opens `path` ("-" is standard input) and has all of its content at hand; what cannot be mapped
 * is refused over `limit` bytes. Messages do not name the file, the caller does. Status 1 (cannot
 * be read) or 6. A failed open leaves *file so that closing it does nothing. */
bool sx_file_open(struct sx_file *file, const char *path, size_t limit, struct sx_error *error);

/* The same without reading: of a pipe nothing is at hand yet. `limit` bounds the window. */
bool sx_file_begin(struct sx_file *file, const char *path, size_t limit,
                   struct sx_error *error);

/* Has at least `need` bytes at hand, or all up to the end where that comes first. */
bool sx_file_fill(struct sx_file *file, size_t need, struct sx_error *error);

/* Moves the window past its first `n` bytes, which must be at hand. */
void sx_file_drop(struct sx_file *file, size_t n);

void sx_file_close(struct sx_file *file);

/* ---- JSON ------------------------------------------------------------------------------- */

struct cJSON;

/* Parses one JSON value with nothing but blanks after it; free it with cJSON_Delete. */
struct cJSON *sx_json_parse(const char *bytes, size_t size, struct sx_error *error);

#endif
