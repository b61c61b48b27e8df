/* external.c - tensors in files of the model's directory, and nowhere else.
 *
 * A location is opened component by component from the directory, without following links or going
 * up. So no model can refer to files outside the directory. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "onnx/onnx.h"

struct mapping {
    char *location; /* the location that tensors name */
    dev_t device;
    ino_t inode;
    void *bytes;
    size_t size;
};

struct sx_external {
    int directory; /* -1: external data are refused */
    struct mapping *mappings;
    size_t n, capacity;
};

struct sx_external *sx_external_open(const char *directory, struct sx_error *error)
{
    struct sx_external *e = sx_new(1, sizeof *e, error);
    if (e == NULL)
        return NULL;
    e->directory = -1;
    if (directory == NULL)
        return e;
    e->directory = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (e->directory >= 0)
        return e;
    sx_fail(error, SX_MODEL, "directory of external data %s: %s", directory, strerror(errno));
    free(e);
    return NULL;
}

void sx_external_close(struct sx_external *e)
{
    if (e == NULL)
        return;
    for (size_t i = 0; i < e->n; i++) {
        munmap(e->mappings[i].bytes, e->mappings[i].size);
        free(e->mappings[i].location);
    }
    free(e->mappings);
    if (e->directory >= 0)
        close(e->directory);
    free(e);
}

/* Opens the next component of a location beneath `directory`; -1 with errno on failure. O_NONBLOCK,
 * because a pipe must not make the process wait. */
static int open_component(int directory, const char *name, size_t n, bool last)
{
    char component[256];
    if (n >= sizeof component) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(component, name, n);
    component[n] = '\0';
    if (strcmp(component, "..") == 0) {
        errno = EXDEV;
        return -1;
    }
    return openat(directory, component,
                  O_NOFOLLOW | O_CLOEXEC |
                      (last ? O_RDONLY | O_NONBLOCK : O_PATH | O_DIRECTORY));
}

static int open_beneath(int directory, const char *location)
{
    int fd = -1, up = directory;
    do {
        size_t n = strcspn(location, "/");
        bool last = location[n] == '\0';
        fd = open_component(up, location, n, last);
        int reason = errno;
        if (up != directory)
            close(up);
        errno = reason;
        up = fd;
        location += n + !last;
        if (last)
            break;
    } while (fd >= 0);
    return fd;
}

static bool map(struct sx_external *e, int fd, const struct stat *st, const char *location,
                struct mapping **result, struct sx_error *error)
{
    for (size_t i = 0; i < e->n; i++) {
        *result = &e->mappings[i];
        if ((*result)->device == st->st_dev && (*result)->inode == st->st_ino)
            return true;
    }
    void *grown = e->mappings;
    bool ok = sx_grow(&grown, &e->capacity, e->n + 1, sizeof *e->mappings, error);
    e->mappings = grown;
    if (!ok)
        return false;
    char *name = sx_strdup(location, error);
    if (name == NULL)
        return false;
    size_t size = (size_t)st->st_size;
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED) {
        sx_fail(error, SX_MODEL, "cannot be mapped: %s", strerror(errno));
        free(name);
        return false;
    }
    *result = &e->mappings[e->n++];
    **result = (struct mapping){name, st->st_dev, st->st_ino, bytes, size};
    return true;
}

const char *sx_external_place(const struct sx_external *e, const void *bytes, size_t *offset)
{
    for (size_t i = 0; i < e->n; i++) {
        const struct mapping *m = &e->mappings[i];
        *offset = (size_t)((uintptr_t)bytes - (uintptr_t)m->bytes);
        if ((uintptr_t)bytes >= (uintptr_t)m->bytes && *offset < m->size)
            return m->location;
    }
    return NULL;
}

bool sx_external_is_in(const struct sx_external *e, const char *directory)
{
    struct stat here, there;
    return e->directory >= 0 && fstat(e->directory, &here) == 0 &&
           stat(directory, &there) == 0 && here.st_dev == there.st_dev &&
           here.st_ino == there.st_ino;
}

static bool open_mapping(struct sx_external *e, const char *location, struct mapping **result,
                         struct sx_error *error)
{
    struct stat st;
    if (e->directory < 0)
        return sx_fail(error, SX_MODEL, "a model on standard input has no directory");
    if (location[0] == '\0' || location[0] == '/')
        return sx_fail(error, SX_MODEL, "not a path beneath the model's directory");
    if (strlen(location) >= PATH_MAX)
        return sx_fail(error, SX_MODEL, "%s", strerror(ENAMETOOLONG));
    int fd = open_beneath(e->directory, location);
    if (fd < 0 && (errno == ELOOP || errno == EXDEV))
        return sx_fail(error, SX_MODEL, "leads out of the model's directory, or is a link");
    bool ok = fd >= 0 && fstat(fd, &st) == 0;
    if (!ok)
        sx_fail(error, SX_MODEL, "%s", strerror(errno));
    else if (!S_ISREG(st.st_mode))
        ok = sx_fail(error, SX_MODEL, "not a regular file");
    else if (st.st_size <= 0)
        ok = sx_fail(error, SX_MODEL, "is empty");
    else
        ok = map(e, fd, &st, location, result, error);
    if (fd >= 0)
        close(fd);
    return ok;
}

/* Reads a decimal number of an external_data entry. */
static bool number(const char *text, size_t *value, struct sx_error *error)
{
    size_t result = 0;
    const char *p = text;
    for (; *p >= '0' && *p <= '9'; p++)
        if (!sx_size_mul(&result, result, 10) ||
            !sx_size_add(&result, result, (size_t)(*p - '0')))
            break;
    *value = result;
    return (p > text && *p == '\0') ||
           sx_fail(error, SX_MODEL, "external data: '%.*s' is not a number of bytes",
                   SX_NAME_SHOWN, text);
}

size_t sx_external_count(const struct sx_external *e)
{
    return e->n;
}

const void *sx_external_map(const struct sx_external *e, size_t i, size_t *size)
{
    *size = e->mappings[i].size;
    return e->mappings[i].bytes;
}

bool sx_external_bytes(struct sx_external *e, const Onnx__TensorProto *proto, size_t need,
                       const uint8_t **bytes, struct sx_error *error)
{
    const char *location = "";
    size_t offset = 0, length = need;
    struct mapping *mapping = NULL;
    for (size_t i = 0; i < proto->n_external_data; i++) {
        const Onnx__StringStringEntryProto *entry = proto->external_data[i];
        const char *key = entry->key != NULL ? entry->key : "";
        const char *value = entry->value != NULL ? entry->value : "";
        if (strcmp(key, "location") == 0)
            location = value;
        else if (strcmp(key, "offset") == 0 && !number(value, &offset, error))
            return false;
        else if (strcmp(key, "length") == 0 && !number(value, &length, error))
            return false;
    }
    if (length != need)
        return sx_fail(error, SX_MODEL, "%zu bytes of external data where %zu are needed",
                       length, need);
    if (!open_mapping(e, location, &mapping, error))
        return sx_fail_at(error, "external data '%.*s'", SX_NAME_SHOWN, location);
    if (offset > mapping->size || length > mapping->size - offset)
        return sx_fail(error, SX_MODEL, "external data '%.*s': %zu bytes at %zu, of %zu",
                       SX_NAME_SHOWN, location, length, offset, mapping->size);
    *bytes = (const uint8_t *)mapping->bytes + offset;
    return true;
}
