/* preload.c - makes the n-th call of a kind fail, once or from then on, for LD_PRELOAD.
 *
 *     FAULT=KIND:N    KIND is malloc, read, write, open, fsync, rename, link or mmap; N = 0: none
 *     FAULT_FOR_GOOD  all calls from the n-th on fail
 *     FAULT_COUNT     a file that gets the number of calls when the process ends
 *
 * Calls by libraries that end the process on a failure do not count and never fail: oneDNN and
 * the C++ library, OpenMP, glib and the libraries that draw. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

enum kind { MALLOC, READ, WRITE, OPEN, FSYNC, RENAME, LINK, MMAP, KINDS };
static const char *const names[KINDS] = {"malloc", "read",   "write", "open",
                                         "fsync",  "rename", "link",  "mmap"};
static enum kind wanted = KINDS;
static long at, calls;
static bool for_good, busy;

__attribute__((constructor)) static void begin(void)
{
    const char *fault = getenv("FAULT");
    const char *colon = fault != NULL ? strchr(fault, ':') : NULL;
    for (int k = 0; colon != NULL && k < KINDS; k++)
        if (strncmp(fault, names[k], (size_t)(colon - fault)) == 0)
            wanted = (enum kind)k;
    at = colon != NULL ? atol(colon + 1) : 0;
    for_good = getenv("FAULT_FOR_GOOD") != NULL;
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("FAULT_COUNT");
    wanted = KINDS;
    FILE *f = path != NULL ? fopen(path, "w") : NULL;
    if (f != NULL) {
        fprintf(f, "%ld\n", calls);
        fclose(f);
    }
}

/* The path of the file that holds this code. */
static const char *file_of(const void *code)
{
    Dl_info info;
    return dladdr(code, &info) != 0 && info.dli_fname != NULL ? info.dli_fname : "";
}

static bool is_of(const char *file, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strstr(file, names[i]) != NULL)
            return true;
    return false;
}

/* The file of the caller. For a call within the C library, such as by strdup, that of the
 * function that called it. */
static const char *user_of(const void *caller)
{
    static const char *const through[] = {"libc.so", "preload", "faults.so"};
    const char *file = file_of(caller);
    void *frame[24];
    if (strstr(file, "libc.so") == NULL)
        return file;
    const int n = backtrace(frame, sizeof frame / sizeof frame[0]);
    for (int i = 1; i < n; i++) {
        file = file_of(frame[i]);
        if (!is_of(file, through, sizeof through / sizeof through[0]))
            return file;
    }
    return file;
}

static bool aborts(const void *caller)
{
    static const char *const libraries[] = {
        "libdnnl",  "libstdc++",  "libgomp",   "libglib",     "libgobject",  "libgio",
        "libpango", "libcairo",   "libpixman", "libharfbuzz", "libfreetype", "libfontconfig",
        "libexpat", "libfribidi", "libthai",   "libdatrie",   "libgraphite", "libpcre",
        "libuuid",  "libbrotli",  "ld-linux"};
    busy = true;
    const bool known =
        is_of(user_of(caller), libraries, sizeof libraries / sizeof libraries[0]);
    busy = false;
    return known;
}

/* Whether this call fails. */
static bool fails(enum kind kind, const void *caller, int error)
{
    if (kind != wanted || busy || aborts(caller))
        return false;
    calls++;
    if (at == 0 || (for_good ? calls < at : calls != at))
        return false;
    errno = error;
    return true;
}
#define FAILS(kind, error) fails(kind, __builtin_return_address(0), error)

void *malloc(size_t n)
{
    return FAILS(MALLOC, ENOMEM) ? NULL : __libc_malloc(n);
}
void *calloc(size_t n, size_t size)
{
    return FAILS(MALLOC, ENOMEM) ? NULL : __libc_calloc(n, size);
}
void *realloc(void *p, size_t n)
{
    return FAILS(MALLOC, ENOMEM) ? NULL : __libc_realloc(p, n);
}
void *aligned_alloc(size_t alignment, size_t n)
{
    return FAILS(MALLOC, ENOMEM) ? NULL : __libc_memalign(alignment, n);
}
int posix_memalign(void **p, size_t alignment, size_t n)
{
    if (FAILS(MALLOC, ENOMEM))
        return ENOMEM;
    *p = __libc_memalign(alignment, n);
    return *p != NULL ? 0 : ENOMEM;
}

#define NEXT(type, name) ((type)dlsym(RTLD_NEXT, name))
ssize_t read(int fd, void *to, size_t n)
{
    return FAILS(READ, EIO) ? -1 : NEXT(ssize_t(*)(int, void *, size_t), "read")(fd, to, n);
}
ssize_t pread(int fd, void *to, size_t n, off_t at)
{
    return FAILS(READ, EIO)
               ? -1
               : NEXT(ssize_t(*)(int, void *, size_t, off_t), "pread")(fd, to, n, at);
}
ssize_t write(int fd, const void *from, size_t n)
{
    if (fd != STDERR_FILENO && FAILS(WRITE, ENOSPC))
        return -1;
    return NEXT(ssize_t(*)(int, const void *, size_t), "write")(fd, from, n);
}
static int open_as(const char *name, const char *path, int flags, mode_t mode)
{
    return NEXT(int (*)(const char *, int, ...), name)(path, flags, mode);
}
#define OPEN_AS(name)                                                                          \
    int name(const char *path, int flags, ...)                                                 \
    {                                                                                          \
        va_list args;                                                                          \
        va_start(args, flags);                                                                 \
        mode_t mode = va_arg(args, mode_t);                                                    \
        va_end(args);                                                                          \
        return FAILS(OPEN, EMFILE) ? -1 : open_as(#name, path, flags, mode);                   \
    }
OPEN_AS(open)
OPEN_AS(open64)
FILE *fopen(const char *path, const char *mode)
{
    return FAILS(OPEN, EMFILE)
               ? NULL
               : NEXT(FILE * (*)(const char *, const char *), "fopen")(path, mode);
}
int fsync(int fd)
{
    return FAILS(FSYNC, EIO) ? -1 : NEXT(int (*)(int), "fsync")(fd);
}
int rename(const char *from, const char *to)
{
    return FAILS(RENAME, EIO) ? -1
                              : NEXT(int (*)(const char *, const char *), "rename")(from, to);
}
int linkat(int a, const char *from, int b, const char *to, int flags)
{
    return FAILS(LINK, EIO) ? -1
                            : NEXT(int (*)(int, const char *, int, const char *, int),
                                   "linkat")(a, from, b, to, flags);
}
void *mmap(void *where, size_t n, int protection, int flags, int fd, off_t offset)
{
    if (fd >= 0 && FAILS(MMAP, ENOMEM))
        return MAP_FAILED;
    return NEXT(void *(*)(void *, size_t, int, int, int, off_t), "mmap")(where, n, protection,
                                                                         flags, fd, offset);
}
