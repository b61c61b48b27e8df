/* check_io_npz.c - archives of arrays: stored, deflated, large, damaged, with wrong sizes. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ZLIB_CONST
#include <zlib.h>

#include "input.h"
#include "io/io.h"
#include "suite.h"

/* A zip file under construction. */
struct archive {
    uint8_t bytes[1 << 17], entries[4096];
    size_t size, entries_size;
    int count;
};

static void put(uint8_t *to, size_t *at, uint64_t value, size_t width)
{
    for (size_t i = 0; i < width; i++)
        to[(*at)++] = (uint8_t)(value >> (8 * i));
}

static void add(struct archive *zip, const char *name, const uint8_t *data, size_t n,
                bool deflated, bool wide)
{
    static uint8_t packed[1 << 16];
    size_t offset = zip->size, length = n, name_size = strlen(name);
    uLong crc = crc32(0, data, (uInt)n);
    if (!deflated) {
        memcpy(packed, data, n);
    } else {
        z_stream z = {0};
        ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, -MAX_WBITS, 8, 0), Z_OK);
        z.next_in = data;
        z.avail_in = (uInt)n;
        z.next_out = packed;
        z.avail_out = sizeof packed;
        ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
        length = z.total_out;
        deflateEnd(&z);
    }
    uint64_t sizes[] = {length, n};
    put(zip->bytes, &zip->size, 0x04034b50, 4);
    put(zip->bytes, &zip->size, 20, 2);
    put(zip->bytes, &zip->size, 0, 2);
    put(zip->bytes, &zip->size, deflated ? 8 : 0, 2);
    put(zip->bytes, &zip->size, 0, 4);
    put(zip->bytes, &zip->size, crc, 4);
    put(zip->bytes, &zip->size, sizes[0], 4);
    put(zip->bytes, &zip->size, sizes[1], 4);
    put(zip->bytes, &zip->size, name_size, 2);
    put(zip->bytes, &zip->size, 0, 2);
    memcpy(zip->bytes + zip->size, name, name_size);
    memcpy(zip->bytes + zip->size + name_size, packed, length);
    zip->size += name_size + length;

    uint8_t *to = zip->entries;
    size_t *at = &zip->entries_size;
    put(to, at, 0x02014b50, 4);
    put(to, at, 20, 4);
    put(to, at, 0, 2);
    put(to, at, deflated ? 8 : 0, 2);
    put(to, at, 0, 4);
    put(to, at, crc, 4);
    put(to, at, wide ? UINT32_MAX : sizes[0], 4);
    put(to, at, wide ? UINT32_MAX : sizes[1], 4);
    put(to, at, name_size, 2);
    put(to, at, wide ? 28 : 0, 2);
    put(to, at, 0, 8);
    put(to, at, 0, 2);
    put(to, at, wide ? UINT32_MAX : offset, 4);
    memcpy(to + *at, name, name_size);
    *at += name_size;
    if (wide) {
        put(to, at, 1, 2);
        put(to, at, 24, 2);
        put(to, at, sizes[1], 8);
        put(to, at, sizes[0], 8);
        put(to, at, offset, 8);
    }
    zip->count++;
}

static void end_archive(struct archive *zip, bool wide)
{
    uint64_t offset = zip->size, size = zip->entries_size, count = (uint64_t)zip->count;
    uint8_t *to = zip->bytes;
    size_t *at = &zip->size;
    memcpy(to + *at, zip->entries, size);
    *at += size;
    if (wide) {
        uint64_t here = *at;
        put(to, at, 0x06064b50, 4);
        put(to, at, 44, 8);
        put(to, at, 0, 4);
        put(to, at, 0, 8);
        put(to, at, count, 8);
        put(to, at, count, 8);
        put(to, at, size, 8);
        put(to, at, offset, 8);
        put(to, at, 0x07064b50, 4);
        put(to, at, 0, 4);
        put(to, at, here, 8);
        put(to, at, 1, 4);
    }
    put(to, at, 0x06054b50, 4);
    put(to, at, 0, 4);
    put(to, at, wide ? 0xffff : count, 2);
    put(to, at, wide ? 0xffff : count, 2);
    put(to, at, wide ? UINT32_MAX : size, 4);
    put(to, at, wide ? UINT32_MAX : offset, 4);
    put(to, at, 0, 2);
}

/* Makes an archive of x [3,4], y [2], and a file that is no array. */
static void build(struct archive *zip, bool deflated, bool wide)
{
    uint8_t bytes[512];
    struct sx_shape x = {2, {3, 4}}, y = {1, {2}};
    *zip = (struct archive){.size = 0};
    add(zip, "README", (const uint8_t *)"hello", 5, false, wide);
    add(zip, "x.npy", bytes, ti_npy(bytes, &x, false), deflated, wide);
    add(zip, "y.npy", bytes, ti_npy(bytes, &y, false), deflated, wide);
    end_archive(zip, wide);
}

static const struct sx_input first = {.member = "x"};

START_TEST(test_npz)
{
    static struct archive zip;
    struct sx_shape want = {2, {-1, 4}}, sample = {2, {1, 4}}, y = {1, {2}};
    const struct sx_input second = {.member = "y"};
    for (int variant = 0; variant < 8; variant++) {
        build(&zip, variant & 1, (variant & 2) != 0);
        ti_make(zip.bytes, zip.size);
        if ((variant & 4) != 0)
            ti_pipe(zip.bytes, zip.size, 1);
        struct sx_error error = {0};
        const char *name = (variant & 4) != 0 ? "-" : ti_path;
        struct sx_input how = {.want = &want, .member = "x"};
        struct sx_reader *reader = sx_reader_open(name, &how, &error);
        ck_assert_msg(reader != NULL, "%s", error.message);
        ck_assert_str_eq(sx_reader_member(reader, 0), "x");
        ck_assert_str_eq(sx_reader_member(reader, 1), "y");
        ck_assert_ptr_null(sx_reader_member(reader, 2));
        ck_assert_int_eq(sx_reader_count(reader), 3);
        ti_expect(reader, &sample, 0);
        struct sx_reader *other = sx_reader_open_member(reader, &second, &error);
        ck_assert_msg(other != NULL, "%s", error.message);
        ti_expect(other, &y, 0);
        ti_expect_end(other);
        how.member = "z";
        how.lone = true;
        ck_assert_ptr_null(sx_reader_open_member(reader, &how, &error));
        ck_assert_ptr_nonnull(strstr(error.message, "has no array 'z', but 'x', 'y'"));
        ti_expect(reader, &sample, 4);
        ti_expect(reader, &sample, 8);
        ti_expect_end(reader);
    }
    struct sx_error error = {0};
    struct sx_reader *reader = sx_reader_open(ti_path, &second, &error);
    ti_expect(reader, &y, 0);
    ti_expect_end(reader);
    ti_refused(ti_path, &y, "one array is wanted, and it has 'x', 'y'");
    ck_assert(sx_archive_has(ti_path, "y") && !sx_archive_has(ti_path, "z"));
}
END_TEST

/* An archive with a comment is read. An empty one is refused. */
START_TEST(test_npz_ends)
{
    static struct archive zip;
    struct sx_shape x = {2, {3, 4}};
    build(&zip, true, false);
    zip.bytes[zip.size - 2] = 8;
    memcpy(zip.bytes + zip.size, "comment!", 8);
    ti_make(zip.bytes, zip.size + 8);
    struct sx_error error = {0};
    struct sx_reader *reader = sx_reader_open(ti_path, &first, &error);
    ti_expect(reader, &x, 0);
    ti_expect_end(reader);
    ti_make("PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22);
    ti_refused(ti_path, NULL, "no arrays");
}
END_TEST

static void read_all(void)
{
    struct sx_error error = {0};
    struct sx_reader *reader = sx_reader_open(ti_path, &first, &error);
    bool end = false;
    for (int i = 0; reader != NULL && !end && i < 1000; i++) {
        struct sx_tensor sample;
        error = (struct sx_error){0};
        if (!sx_reader_next(reader, &sample, &end, &error))
            ck_assert_int_ne(error.status, SX_OK);
        sx_tensor_free(&sample);
    }
    ck_assert(reader != NULL || error.status != SX_OK);
    sx_reader_close(reader);
}

/* An archive that is cut at any byte is refused. With any bit flipped, nothing outside of it is
 * read. */
START_TEST(test_npz_damaged)
{
    static struct archive zip;
    for (int variant = 0; variant < 4; variant++) {
        build(&zip, variant & 1, (variant & 2) != 0);
        for (size_t n = 1; n < zip.size; n += 3) {
            struct sx_error error = {0};
            ti_make(zip.bytes, n);
            struct sx_reader *reader = sx_reader_open(ti_path, &first, &error);
            if (n >= 4)
                ck_assert_ptr_null(reader);
            sx_reader_close(reader);
        }
        for (size_t bit = 0; bit < 8 * zip.size; bit += 1 + (size_t)variant) {
            zip.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            ti_make(zip.bytes, zip.size);
            read_all();
            zip.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}
END_TEST

/* The checksum detects a flipped bit in the elements. */
START_TEST(test_npz_checksum)
{
    static struct archive zip;
    for (int deflated = 0; deflated < 2; deflated++) {
        uint8_t bytes[512];
        struct sx_shape x = {2, {3, 4}};
        zip = (struct archive){.size = 0};
        add(&zip, "x.npy", bytes, ti_npy(bytes, &x, false), deflated, false);
        zip.bytes[zip.size - 3] ^= 4;
        end_archive(&zip, false);
        ti_make(zip.bytes, zip.size);
        ti_refused(ti_path, NULL, "damaged");
    }
}
END_TEST

/* Makes the header, of 128 bytes, of an .npy with `count` bytes of elements. */
static void long_head(uint8_t to[128], const char *shape)
{
    memset(to, ' ', 128);
    memcpy(to, "\x93NUMPY\1\0\x76\0", 10);
    char text[119];
    size_t n = (size_t)snprintf(text, sizeof text,
                                "{'descr': '|u1', 'fortran_order': False, 'shape': %s}", shape);
    memcpy(to + 10, text, n);
}

/* Sizes in the directory are wrong: more than Deflate could produce, fewer or more bytes than
 * are there. */
START_TEST(test_bomb)
{
    static struct archive zip;
    static const uint64_t promise[] = {2000000128, 100, 1000};
    static const char *const message[] = {"impossible size", "damaged", "wrong size"};
    for (int lie = 0; lie < 3; lie++) {
        uint8_t head[128];
        long_head(head, "(2000000000,)");
        zip = (struct archive){.size = 0};
        add(&zip, "x.npy", head, sizeof head, true, false);
        size_t at = 24;
        put(zip.entries, &at, promise[lie], 4);
        end_archive(&zip, false);
        ti_make(zip.bytes, zip.size);
        ti_refused(ti_path, NULL, message[lie]);
    }
}
END_TEST

/* A member that unpacks to very many bytes is read sample by sample. */
START_TEST(test_unpacked_by_rows)
{
    enum { ROW = 1000, ROWS = 50000 };
    struct sx_shape want = {2, {-1, ROW}}, sample = {2, {1, ROW}};
    pid_t child = fork();
    if (child == 0) {
        static struct archive zip;
        uint8_t *bytes = calloc(1, 128 + ROW * ROWS);
        long_head(bytes, "(50000, 1000)");
        add(&zip, "x.npy", bytes, 128 + ROW * ROWS, true, false);
        end_archive(&zip, false);
        ti_make(zip.bytes, zip.size);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    long before = ti_memory();
    struct sx_reader *reader = ti_open(ti_path, &want);
    for (int i = 0; i < ROWS; i++)
        ti_expect(reader, &sample, 0);
    ti_expect_end(reader);
    ck_assert_int_lt(ti_memory() - before, 20000);
}
END_TEST

int main(void)
{
    if (!ti_begin())
        return 1;
    TCase *c = suite_case("io_npz");
    SUITE_ADD(c, test_npz, test_npz_ends, test_npz_damaged, test_npz_checksum, test_bomb,
              test_unpacked_by_rows);
    return suite_run();
}
