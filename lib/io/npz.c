/* npz.c - archives of arrays: the directory of a zip file, and members that are unpacked while they
 * are read. */
#include <stdlib.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#include "io/io.h"

/* Deflate's highest ratio; a member that claims more is refused. */
#define MAX_RATIO 1032

enum { END_SIZE = 22, LOCATOR_SIZE = 20, END64_SIZE = 56, ENTRY_SIZE = 46, LOCAL_SIZE = 30 };

static uint64_t little(const uint8_t *bytes, size_t width)
{
    uint64_t value = 0;
    while (width-- > 0)
        value = value << 8 | bytes[width];
    return value;
}

static bool starts(const uint8_t *bytes, unsigned a, unsigned b)
{
    return bytes[0] == 'P' && bytes[1] == 'K' && bytes[2] == a && bytes[3] == b;
}

bool sx_is_zip(const uint8_t *bytes, size_t size)
{
    return size >= 4 && (starts(bytes, 3, 4) || starts(bytes, 5, 6));
}

/* Whether n bytes at `offset` are inside the archive. */
static bool inside(const struct sx_zip *zip, uint64_t offset, uint64_t n)
{
    return offset <= zip->size && n <= zip->size - offset;
}

/* ---- The directory ---------------------------------------------------------------------- */

struct directory {
    uint64_t offset, size, count;
};

/* Finds the end record, which is the last thing in the file except for a comment, whose length it
 * gives. */
static bool find_directory(const struct sx_zip *zip, struct directory *dir)
{
    if (zip->size < END_SIZE)
        return false;
    size_t at = zip->size - END_SIZE, stop = at > 0xffff ? at - 0xffff : 0;
    while (!starts(zip->bytes + at, 5, 6) ||
           little(zip->bytes + at + 20, 2) != zip->size - at - END_SIZE)
        if (at-- == stop)
            return false;
    const uint8_t *end = zip->bytes + at;
    *dir = (struct directory){little(end + 16, 4), little(end + 12, 4), little(end + 10, 2)};
    if (at >= LOCATOR_SIZE && starts(end - LOCATOR_SIZE, 6, 7)) {
        uint64_t at64 = little(end - LOCATOR_SIZE + 8, 8);
        if (!inside(zip, at64, END64_SIZE) || !starts(zip->bytes + at64, 6, 6))
            return false;
        end = zip->bytes + at64;
        *dir =
            (struct directory){little(end + 48, 8), little(end + 40, 8), little(end + 32, 8)};
    }
    return inside(zip, dir->offset, dir->size) && dir->count <= dir->size / ENTRY_SIZE;
}

struct entry {
    uint64_t packed, unpacked, offset;
    unsigned flags, method;
    uint32_t crc;
    const char *name;
    size_t name_size;
};

/* Takes numbers that do not fit 32 bits: they are all ones, and follow in an extra field in this
 * order. */
static bool take_zip64(struct entry *entry, const uint8_t *extra, size_t size)
{
    uint64_t *const wide[] = {&entry->unpacked, &entry->packed, &entry->offset};
    while (size >= 4) {
        size_t n = (size_t)little(extra + 2, 2), at = 4;
        if (n > size - 4)
            return false;
        for (size_t i = 0; i < 3 && little(extra, 2) == 1; i++)
            if (*wide[i] == UINT32_MAX) {
                if (at + 8 > n + 4)
                    return false;
                *wide[i] = little(extra + at, 8);
                at += 8;
            }
        extra += 4 + n;
        size -= 4 + n;
    }
    return true;
}

/* Takes the entry at *at, which ends at `end` at the latest. */
static bool take_entry(const struct sx_zip *zip, size_t *at, size_t end, struct entry *entry)
{
    const uint8_t *p = zip->bytes + *at;
    if (end - *at < ENTRY_SIZE || !starts(p, 1, 2))
        return false;
    size_t name = (size_t)little(p + 28, 2), extra = (size_t)little(p + 30, 2);
    size_t all = ENTRY_SIZE + name + extra + (size_t)little(p + 32, 2);
    if (all > end - *at)
        return false;
    *entry = (struct entry){.flags = (unsigned)little(p + 8, 2),
                            .method = (unsigned)little(p + 10, 2),
                            .crc = (uint32_t)little(p + 16, 4),
                            .packed = little(p + 20, 4),
                            .unpacked = little(p + 24, 4),
                            .offset = little(p + 42, 4),
                            .name = (const char *)p + ENTRY_SIZE,
                            .name_size = name};
    *at += all;
    return take_zip64(entry, p + ENTRY_SIZE + name, extra);
}

/* Adds the entry of an array, after checking it. */
static bool add_member(struct sx_zip *zip, const struct entry *entry, struct sx_error *error)
{
    size_t n = entry->name_size - 4;
    if (!sx_grow((void **)&zip->member, &zip->capacity, zip->count + 1, sizeof *zip->member,
                 error))
        return false;
    struct sx_zip_member *member = &zip->member[zip->count];
    member->name = sx_new(n + 1, 1, error);
    if (member->name == NULL)
        return false;
    memcpy(member->name, entry->name, n);
    zip->count++;
    const char *shown = member->name;
    if ((entry->flags & 1) != 0 || (entry->method != 0 && entry->method != 8))
        return sx_fail(error, SX_FAILED, "%.*s: encrypted, or packed in an unknown way",
                       SX_NAME_SHOWN, shown);
    if (!inside(zip, entry->offset, LOCAL_SIZE) || !starts(zip->bytes + entry->offset, 3, 4))
        return sx_fail(error, SX_FAILED, "%.*s: no such member", SX_NAME_SHOWN, shown);
    const uint8_t *local = zip->bytes + entry->offset;
    uint64_t data = entry->offset + LOCAL_SIZE + little(local + 26, 2) + little(local + 28, 2);
    bool deflated = entry->method == 8;
    if (!inside(zip, data, entry->packed) ||
        (deflated ? entry->unpacked / MAX_RATIO > entry->packed
                  : entry->unpacked != entry->packed))
        return sx_fail(error, SX_FAILED, "%.*s: impossible size", SX_NAME_SHOWN, shown);
    member->offset = (size_t)data;
    member->packed = (size_t)entry->packed;
    member->unpacked = (size_t)entry->unpacked;
    member->crc = entry->crc;
    member->deflated = deflated;
    return true;
}

/* The kind of archive that has a member of this name; `what` if that is unknown. */
static const char *kind_of_archive(const struct entry *entry, const char *what)
{
    static const struct {
        const char *text, *what;
    } known[] = {{"data.pkl", ", but looks like a PyTorch file; export it to ONNX"},
                 {"xl/workbook", ", but looks like an Excel workbook; save it as CSV"},
                 {"word/document", ", but looks like a Word document"},
                 {"META-INF/", ", but looks like a Java archive"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (memmem(entry->name, entry->name_size, known[i].text, strlen(known[i].text)) != NULL)
            return known[i].what;
    return what;
}

bool sx_zip_open(struct sx_zip *zip, const uint8_t *bytes, size_t size, struct sx_error *error)
{
    struct directory dir;
    struct entry entry = {0};
    *zip = (struct sx_zip){.bytes = bytes, .size = size};
    if (!find_directory(zip, &dir))
        return sx_fail(error, SX_FAILED, "not a whole zip archive");
    size_t at = (size_t)dir.offset, end = (size_t)(dir.offset + dir.size);
    const char *what = "";
    bool ok = true;
    for (uint64_t i = 0; ok && i < dir.count; i++) {
        ok = take_entry(zip, &at, end, &entry) ||
             sx_fail(error, SX_FAILED, "malformed zip directory");
        if (ok && entry.name_size > 4 &&
            memcmp(entry.name + entry.name_size - 4, ".npy", 4) == 0)
            ok = add_member(zip, &entry, error);
        else if (ok)
            what = kind_of_archive(&entry, what);
    }
    if (ok && zip->count == 0)
        ok = sx_fail(error, SX_FAILED, "no arrays in this zip archive: it is no .npz%s", what);
    if (!ok)
        sx_zip_close(zip);
    return ok;
}

void sx_zip_close(struct sx_zip *zip)
{
    for (size_t i = 0; i < zip->count; i++)
        free(zip->member[i].name);
    free(zip->member);
    *zip = (struct sx_zip){0};
}

/* ---- Members ---------------------------------------------------------------------------- */

/* A member that is being unpacked. */
struct source {
    z_stream z;
    const uint8_t *at; /* packed bytes that remain */
    size_t packed;
    size_t unpacked; /* unpacked bytes that remain */
    uLong crc, wanted;
    bool deflated, ended;
};

static bool copy_some(struct source *source, uint8_t *to, size_t n)
{
    if (n > 0)
        memcpy(to, source->at, n);
    source->at += n;
    source->packed -= n;
    source->ended = source->packed == 0;
    return true;
}

/* Unpacks some bytes. The input is passed to zlib in pieces, because its counts have 32 bits. */
static bool inflate_some(struct source *source, uint8_t *to, size_t n, size_t *got)
{
    z_stream *z = &source->z;
    z->next_out = to;
    z->avail_out = (uInt)n;
    while (z->avail_out > 0 && !source->ended) {
        uInt piece = source->packed < (1 << 20) ? (uInt)source->packed : 1 << 20;
        z->next_in = source->at;
        z->avail_in = piece;
        int result = inflate(z, Z_NO_FLUSH);
        source->at += piece - z->avail_in;
        source->packed -= piece - z->avail_in;
        source->ended = result == Z_STREAM_END;
        if (result != Z_OK && !source->ended)
            return false;
    }
    *got = n - z->avail_out;
    return true;
}

static bool read_member(struct sx_file *file, uint8_t *to, size_t n, size_t *got,
                        struct sx_error *error)
{
    struct source *source = file->source;
    *got = 0;
    if (n > (1 << 20))
        n = 1 << 20;
    bool ok = true;
    if (!source->ended && source->deflated) {
        ok = inflate_some(source, to, n, got);
    } else if (!source->ended) {
        *got = n < source->packed ? n : source->packed;
        ok = copy_some(source, to, *got);
    }
    if (!ok || *got > source->unpacked)
        return sx_fail(error, SX_FAILED, "damaged zip member");
    source->unpacked -= *got;
    source->crc = crc32(source->crc, to, (uInt)*got);
    if (source->ended && (source->unpacked != 0 || source->crc != source->wanted))
        return sx_fail(error, SX_FAILED, "damaged zip member: wrong %s",
                       source->unpacked != 0 ? "size" : "checksum");
    return true;
}

static void end_member(struct sx_file *file)
{
    struct source *source = file->source;
    inflateEnd(&source->z);
    free(source);
}

bool sx_zip_begin(const struct sx_zip *zip, const struct sx_zip_member *member,
                  struct sx_file *file, struct sx_error *error)
{
    *file = (struct sx_file){.fd = -1, .limit = SX_PIPE_LIMIT, .read = read_member};
    struct source *source = sx_new(1, sizeof *source, error);
    if (source == NULL)
        return false;
    source->at = zip->bytes + member->offset;
    source->packed = member->packed;
    source->unpacked = member->unpacked;
    source->wanted = member->crc;
    source->deflated = member->deflated;
    source->crc = crc32(0, NULL, 0);
    if (inflateInit2(&source->z, -MAX_WBITS) != Z_OK) {
        free(source);
        return sx_fail(error, SX_MEMORY, "out of memory");
    }
    file->source = source;
    file->end = end_member;
    return true;
}
