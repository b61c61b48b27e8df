/* sink.c - output files that appear complete or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/io.h"

#define BUFFER ((size_t)1 << 16)

/* A destination of output. A new file has no name until it is finished, if the file system supports
 * that, so that even a killed process leaves nothing behind. Otherwise it has a temporary name in
 * the directory of the final one. */
struct sx_sink {
    int fd;
    int failure; /* errno of the first failed write */
    bool eyes;   /* sx_sink_print writes plain text only */
    bool direct; /* writes directly to something that exists: standard output, a device */
    bool named;  /* the file `temporary` exists */
    char *final, *temporary;
    bool any; /* bytes were written */
    size_t used;
    char buffer[BUFFER];
};

/* Calls `make` with names in the directory of the final name until one was free. */
static bool claim_name(struct sx_sink *sink, bool (*make)(struct sx_sink *))
{
    const char *slash = strrchr(sink->final, '/');
    size_t dir = slash != NULL ? (size_t)(slash - sink->final) + 1 : 0;
    for (int i = 0; i < 1000; i++) {
        snprintf(sink->temporary + dir, 40, ".sextant-%ld-%d", (long)getpid(), i);
        if (make(sink))
            return sink->named = true;
        if (errno != EEXIST)
            break;
    }
    return false;
}

static bool make_file(struct sx_sink *sink)
{
    sink->fd = open(sink->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    return sink->fd >= 0;
}

/* The path of a file without a name, by which it can be given one. */
static const char *nameless(const struct sx_sink *sink, char way[40])
{
    snprintf(way, 40, "/proc/self/fd/%d", sink->fd);
    return way;
}

static bool make_link(struct sx_sink *sink)
{
    char way[40];
    return linkat(AT_FDCWD, nameless(sink, way), AT_FDCWD, sink->temporary,
                  AT_SYMLINK_FOLLOW) == 0;
}

static bool open_nameless(struct sx_sink *sink, const char *dir)
{
    char way[40];
    sink->fd = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
    if (sink->fd >= 0 && access(nameless(sink, way), F_OK) == 0)
        return true;
    if (sink->fd >= 0)
        close(sink->fd);
    sink->fd = -1;
    return false;
}

/* Opens a new file. A file that it will replace is resolved through links, and must be writable. */
static bool open_new(struct sx_sink *sink, const char *path, bool exists,
                     struct sx_error *error)
{
    sink->final = exists ? realpath(path, NULL) : strdup(path);
    if (sink->final == NULL && errno != ENOMEM)
        return sx_fail(error, SX_WRITE, "%s: %s", path, strerror(errno));
    size_t n = sink->final != NULL ? strlen(sink->final) : 0;
    sink->temporary = sink->final != NULL ? malloc(n + 42) : NULL;
    if (sink->temporary == NULL)
        return sx_fail(error, SX_MEMORY, "out of memory");
    if (exists && access(sink->final, W_OK) != 0)
        return sx_fail(error, SX_WRITE, "%s: %s", path, strerror(errno));
    memcpy(sink->temporary, sink->final, n + 1);
    char *slash = strrchr(sink->temporary, '/');
    if (slash != NULL)
        slash[1] = '\0';
    if (!open_nameless(sink, slash != NULL ? sink->temporary : ".") &&
        !claim_name(sink, make_file))
        return sx_fail(error, SX_WRITE, "%s: %s", path, strerror(errno));
    return true;
}

static bool open_path(struct sx_sink *sink, const char *path, struct sx_error *error)
{
    struct stat st;
    bool exists = stat(path, &st) == 0;
    size_t n = strlen(path);
    if (exists ? S_ISDIR(st.st_mode) : n > 0 && path[n - 1] == '/')
        return sx_fail(error, SX_WRITE, "%s: %s", path, strerror(EISDIR));
    if (!exists && (errno != ENOENT || n == 0))
        return sx_fail(error, SX_WRITE, "%s: %s", path, strerror(errno));
    if (!exists || S_ISREG(st.st_mode))
        return open_new(sink, path, exists, error);
    sink->direct = true;
    sink->fd = open(path, O_WRONLY | O_CLOEXEC);
    return sink->fd >= 0 || sx_fail(error, SX_WRITE, "%s: %s", path, strerror(errno));
}

struct sx_sink *sx_sink_open(const char *path, struct sx_error *error)
{
    struct sx_sink *sink = sx_new(1, sizeof *sink, error);
    if (sink == NULL)
        return NULL;
    sink->fd = STDOUT_FILENO;
    sink->direct = path == NULL || strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0;
    if (!sink->direct) {
        sink->fd = -1;
        if (!open_path(sink, path, error)) {
            sx_sink_finish(sink, false, NULL);
            return NULL;
        }
    }
    return sink;
}

struct sx_sink *sx_sink_memory(struct sx_error *error)
{
    struct sx_sink *sink = sx_new(1, sizeof *sink, error);
    if (sink == NULL)
        return NULL;
    sink->direct = true;
    sink->fd = memfd_create("sextant", MFD_CLOEXEC);
    if (sink->fd >= 0)
        return sink;
    sx_fail(error, SX_MEMORY, "out of memory: %s", strerror(errno));
    free(sink);
    return NULL;
}

char *sx_sink_text(struct sx_sink *sink, struct sx_error *error)
{
    struct sx_error failure = {0};
    off_t size = sx_sink_flush(sink, &failure) ? lseek(sink->fd, 0, SEEK_END) : -1;
    char *text = size >= 0 ? sx_new((size_t)size + 1, 1, error) : NULL;
    for (off_t at = 0; text != NULL && at < size;) {
        ssize_t n = pread(sink->fd, text + at, (size_t)(size - at), at);
        at += n > 0 ? n : 0;
        if (n == 0 || (n < 0 && errno != EINTR)) {
            free(text);
            text = NULL;
        }
    }
    sx_sink_finish(sink, false, NULL);
    if (text == NULL && error->status == SX_OK)
        sx_fail(error, SX_MEMORY, "out of memory");
    return text;
}

struct sx_sink *sx_sink_to(int fd, const char *name, struct sx_error *error)
{
    struct sx_sink *sink = sx_new(1, sizeof *sink, error);
    char *copy = sink != NULL ? sx_strdup(name, error) : NULL;
    if (copy == NULL) {
        free(sink);
        return NULL;
    }
    sink->fd = fd;
    sink->direct = true;
    sink->final = copy;
    return sink;
}

static void put(struct sx_sink *sink, const char *bytes, size_t n)
{
    while (n > 0 && sink->failure == 0) {
        ssize_t done = write(sink->fd, bytes, n);
        if (done >= 0) {
            bytes += done;
            n -= (size_t)done;
        } else if (errno == EAGAIN) {
            poll(&(struct pollfd){.fd = sink->fd, .events = POLLOUT}, 1, -1);
        } else if (errno != EINTR) {
            sink->failure = errno;
        }
    }
}

bool sx_sink_write(struct sx_sink *sink, const void *bytes, size_t n)
{
    sink->any = sink->any || n > 0;
    if (n >= BUFFER - sink->used) {
        put(sink, sink->buffer, sink->used);
        sink->used = 0;
    }
    if (n >= BUFFER) {
        put(sink, bytes, n);
    } else if (n > 0) {
        memcpy(sink->buffer + sink->used, bytes, n);
        sink->used += n;
    }
    return sink->failure == 0;
}

bool sx_sink_is_empty(const struct sx_sink *sink)
{
    return !sink->any;
}

void sx_sink_for_eyes(struct sx_sink *sink)
{
    sink->eyes = true;
}

bool sx_sink_print(struct sx_sink *sink, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    if (n < 0) {
        sink->failure = sink->failure != 0 ? sink->failure : ENOMEM;
        return false;
    }
    if (sink->eyes && n > 0) {
        char last = text[n - 1]; /* a newline is allowed here only */
        sx_make_plain(text, "\t");
        if (last == '\n')
            text[n - 1] = last;
    }
    bool ok = sx_sink_write(sink, text, (size_t)n);
    free(text);
    return ok;
}

static bool report(const struct sx_sink *sink, struct sx_error *error)
{
    return sx_fail(error, SX_WRITE, "%s: %s",
                   sink->final != NULL ? sink->final : "standard output",
                   strerror(sink->failure));
}

bool sx_sink_flush(struct sx_sink *sink, struct sx_error *error)
{
    put(sink, sink->buffer, sink->used);
    sink->used = 0;
    return sink->failure == 0 || report(sink, error);
}

bool sx_sink_sync(struct sx_sink *sink, struct sx_error *error)
{
    if (!sx_sink_flush(sink, error))
        return false;
    if (!sink->direct && fsync(sink->fd) != 0 && errno != EINVAL) {
        sink->failure = errno;
        return report(sink, error);
    }
    return true;
}

/* Finishes the sink. The file gets its name after the last write and before the rename, so that
 * errors of either can still remove it. */
bool sx_sink_finish(struct sx_sink *sink, bool keep, struct sx_error *error)
{
    bool ok = !keep || sx_sink_flush(sink, error);
    if (keep && ok && !sink->direct && !sink->named && !claim_name(sink, make_link)) {
        sink->failure = errno;
        ok = report(sink, error);
    }
    if (sink->fd >= 0 && sink->fd != STDOUT_FILENO && close(sink->fd) != 0 && keep && ok) {
        sink->failure = errno;
        ok = report(sink, error);
    }
    if (keep && ok && sink->named && rename(sink->temporary, sink->final) != 0) {
        sink->failure = errno;
        ok = report(sink, error);
    }
    if (sink->named && (!keep || !ok))
        unlink(sink->temporary);
    free(sink->final);
    free(sink->temporary);
    free(sink);
    return ok;
}
