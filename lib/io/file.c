/* file.c - the content of a file: mapped if possible, else read through a window. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/io.h"

/* Pages that were passed are given back in steps of so many bytes, so that memory does not grow
 * with the file. */
#define GIVE_BACK ((size_t)8 << 20)

static bool read_fd(struct sx_file *file, uint8_t *to, size_t n, size_t *got,
                    struct sx_error *error)
{
    ssize_t r;
    do
        r = read(file->fd, to, n);
    while (r < 0 && errno == EINTR);
    if (r < 0)
        return sx_fail(error, SX_FAILED, "cannot be read: %s", strerror(errno));
    *got = (size_t)r;
    return true;
}

/* Maps a file. Standard input may have been read in part; its content starts at the current
 * position. */
static bool map(struct sx_file *file, size_t size, struct sx_error *error)
{
    off_t at = lseek(file->fd, 0, SEEK_CUR);
    void *p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file->fd, 0);
    if (p == MAP_FAILED)
        return sx_fail(error, errno == ENOMEM ? SX_MEMORY : SX_FAILED, "cannot be mapped: %s",
                       strerror(errno));
    file->mapped = file->whole = true;
    file->base = p;
    file->capacity = size;
    file->bytes = file->base;
    file->size = size;
    if (at > 0)
        sx_file_drop(file, (size_t)at < size ? (size_t)at : size);
    return true;
}

bool sx_file_begin(struct sx_file *file, const char *path, size_t limit, struct sx_error *error)
{
    struct stat st;
    *file = (struct sx_file){.fd = -1, .limit = limit, .read = read_fd};
    file->fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    bool ok = file->fd >= 0 && fstat(file->fd, &st) == 0;
    if (!ok)
        sx_fail(error, SX_FAILED, "%s", strerror(errno));
    else if (S_ISDIR(st.st_mode))
        ok = sx_fail(error, SX_FAILED, "%s", strerror(EISDIR));
    else if (S_ISREG(st.st_mode) && st.st_size > 0) /* files in /proc have size 0 */
        ok = map(file, (size_t)st.st_size, error);
    if (!ok)
        sx_file_close(file);
    return ok;
}

/* Makes room after the available bytes. It grows with what has arrived, not with what a header
 * promised. */
static bool make_room(struct sx_file *file, struct sx_error *error)
{
    size_t before = (size_t)(file->bytes - file->base);
    if (before >= file->capacity / 2 && before > 0) {
        memmove(file->base, file->bytes, file->size);
        file->bytes = file->base;
        return true;
    }
    size_t wanted = file->capacity > 0 ? 2 * file->capacity : 1 << 16;
    uint8_t *p = wanted > file->capacity ? realloc(file->base, wanted) : NULL;
    if (p == NULL)
        return sx_fail(error, SX_MEMORY, "out of memory");
    file->base = p;
    file->bytes = p + before;
    file->capacity = wanted;
    return true;
}

bool sx_file_fill(struct sx_file *file, size_t need, struct sx_error *error)
{
    while (file->size < need && !file->whole) {
        size_t got, used = (size_t)(file->bytes - file->base) + file->size;
        if (used == file->capacity) {
            if (!make_room(file, error))
                return false;
            used = (size_t)(file->bytes - file->base) + file->size;
        }
        if (!file->read(file, file->base + used, file->capacity - used, &got, error))
            return false;
        file->whole = got == 0;
        file->size += got;
        if (file->size > file->limit)
            return sx_fail(error, SX_FAILED,
                           "over %zu bytes, the limit for what is read from a pipe or unpacked",
                           file->limit);
    }
    return true;
}

void sx_file_drop(struct sx_file *file, size_t n)
{
    if (n == 0)
        return;
    file->bytes += n;
    file->size -= n;
    if (!file->mapped)
        return;
    size_t passed = (size_t)(file->bytes - file->base) / GIVE_BACK * GIVE_BACK;
    if (passed > file->dropped) {
        madvise(file->base + file->dropped, passed - file->dropped, MADV_DONTNEED);
        file->dropped = passed;
    }
}

bool sx_file_open(struct sx_file *file, const char *path, size_t limit, struct sx_error *error)
{
    if (!sx_file_begin(file, path, limit, error))
        return false;
    if (sx_file_fill(file, SIZE_MAX, error))
        return true;
    sx_file_close(file);
    return false;
}

void sx_file_rest(const struct sx_file *file)
{
    if (file->mapped)
        madvise(file->base, file->capacity, MADV_DONTNEED);
}

void sx_file_close(struct sx_file *file)
{
    if (file->end != NULL)
        file->end(file);
    if (file->mapped)
        munmap(file->base, file->capacity);
    else
        free(file->base);
    if (file->fd > STDIN_FILENO)
        close(file->fd);
    *file = (struct sx_file){.fd = -1};
}
