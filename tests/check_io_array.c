/* check_io_array.c - arrays from .npy and .pb files: every type and order, and headers that are
 * wrong. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io/io.h"
#include "suite.h"

static char dir[] = "/tmp/check_io_array.XXXXXX";
static char path[64], pb_path[64], out_path[64];

/* Makes a file in memory, because some tests write thousands of files. */
static void make(const char *name, const void *bytes, size_t n)
{
    FILE *out = fopen(name, "wb");
    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(bytes, 1, n, out), n);
    fclose(out);
}

/* Makes an .npy of `version` with this dictionary and these elements. Returns its size. */
static size_t npy(uint8_t *to, unsigned version, const char *header, const void *data, size_t n)
{
    size_t length = strlen(header), start = version == 1 ? 10 : 12;
    memcpy(to, "\x93NUMPY", 6);
    to[6] = (uint8_t)version;
    to[7] = 0;
    for (size_t i = 8; i < start; i++)
        to[i] = (uint8_t)(length >> (8 * (i - 8)));
    memcpy(to + start, header, length);
    if (n > 0)
        memcpy(to + start + length, data, n);
    return start + length + n;
}

static bool read_bytes(const void *bytes, size_t n, struct sx_tensor *tensor,
                       struct sx_error *error)
{
    *error = (struct sx_error){0};
    make(path, bytes, n);
    return sx_tensor_read(tensor, path, NULL, error);
}

static bool read_npy(const char *header, const void *data, size_t n, struct sx_tensor *tensor,
                     struct sx_error *error)
{
    uint8_t bytes[1024];
    return read_bytes(bytes, npy(bytes, 1, header, data, n), tensor, error);
}

START_TEST(test_types)
{
    static const struct {
        const char *descr;
        const char *data;
        size_t size;
        enum sx_type type;
        double value[2];
    } known[] = {
        {"|b1", "\0\1", 2, SX_BOOL, {0, 1}},
        {"|b1", "\0\7", 2, SX_BOOL, {0, 1}},
        {"|i1", "\x80\x7f", 2, SX_INT, {-128, 127}},
        {"<i1", "\xff\x01", 2, SX_INT, {-1, 1}},
        {"|u1", "\x80\xff", 2, SX_INT, {128, 255}},
        {"<i2", "\x01\x00\x00\x80", 4, SX_INT, {1, -32768}},
        {">i2", "\x00\x01\x80\x00", 4, SX_INT, {1, -32768}},
        {"<u2", "\x01\x00\x00\x80", 4, SX_INT, {1, 32768}},
        {"<i4", "\xff\xff\xff\xff\x00\x00\x01\x00", 8, SX_INT, {-1, 65536}},
        {">u4", "\xff\xff\xff\xff\x00\x00\x01\x00", 8, SX_INT, {4294967295., 256}},
        {"<i8",
         "\xfe\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\1\0\0\0",
         16,
         SX_INT,
         {-2, 4294967296.}},
        {">i8",
         "\xff\xff\xff\xff\xff\xff\xff\xfe\0\0\0\1\0\0\0\0",
         16,
         SX_INT,
         {-2, 4294967296.}},
        {"<u8", "\x05\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0", 16, SX_INT, {5, 4294967296.}},
        {"<f2", "\x00\x3c\x00\xc5", 4, SX_FLOAT, {1, -5}},
        {">f2", "\x3c\x00\xc5\x00", 4, SX_FLOAT, {1, -5}},
        {"<f4", "\x00\x00\x80\x3f\x00\x00\x20\xc1", 8, SX_FLOAT, {1, -10}},
        {">f4", "\x3f\x80\x00\x00\xc1\x20\x00\x00", 8, SX_FLOAT, {1, -10}},
        {"=f4", "\x00\x00\x80\x3f\x00\x00\x20\xc1", 8, SX_FLOAT, {1, -10}},
        {"<f8", "\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\0\xc0", 16, SX_DOUBLE, {1, -2}},
        {">f8", "\x3f\xf0\0\0\0\0\0\0\xc0\0\0\0\0\0\0\0", 16, SX_DOUBLE, {1, -2}},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        char header[128];
        struct sx_tensor tensor;
        struct sx_error error;
        snprintf(header, sizeof header,
                 "{'descr': '%s', 'fortran_order': False, 'shape': (2,), }\n", known[i].descr);
        ck_assert_msg(read_npy(header, known[i].data, known[i].size, &tensor, &error), "%s: %s",
                      known[i].descr, error.message);
        ck_assert_int_eq(tensor.type, known[i].type);
        ck_assert_int_eq(tensor.shape.rank, 1);
        ck_assert_int_eq(tensor.shape.dim[0], 2);
        for (int k = 0; k < 2; k++)
            ck_assert_msg(sx_tensor_get(&tensor, k) == known[i].value[k], "%s: %g",
                          known[i].descr, sx_tensor_get(&tensor, k));
        sx_tensor_free(&tensor);
    }
}
END_TEST

/* All 65536 half floats. Every bfloat16 by its definition. */
START_TEST(test_half)
{
    struct sx_stored half = {.kind = 'f', .width = 2}, brain = {.kind = 'h', .width = 2};
    ck_assert(sx_stored_type(&half) && sx_stored_type(&brain));
    for (unsigned bits = 0; bits < 65536; bits++) {
        uint8_t bytes[] = {(uint8_t)(bits & 255), (uint8_t)(bits >> 8)};
        int exponent = bits >> 10 & 31, fraction = bits & 1023;
        double sign = bits >> 15 ? -1 : 1, wanted = sign * ldexp(fraction, -24);
        float got;
        uint32_t wide = bits << 16, back;
        if (exponent == 31)
            wanted = fraction ? NAN : sign * INFINITY;
        else if (exponent > 0)
            wanted = sign * ldexp(1024 + fraction, exponent - 25);
        ck_assert(sx_stored_decode(&half, bytes, 1, &got));
        ck_assert(isnan(wanted) ? isnan(got) : (double)got == wanted);
        ck_assert(isnan(wanted) || !signbit(got) == !signbit(wanted));
        ck_assert(sx_stored_decode(&brain, bytes, 1, &got));
        memcpy(&back, &got, sizeof back);
        ck_assert_uint_eq(back, wide);
    }
}
END_TEST

START_TEST(test_headers)
{
    static const char *const good[] = {
        "{'descr': '<i2', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (3,), }      \n",
        "{'shape':(3,),'fortran_order':False,'descr':'<i2'}",
        "{\"descr\": \"<i2\", \"shape\": (3,), \"fortran_order\": True}\n",
        "  {'descr': '<i2', 'fortran_order': False, 'shape': (3, 1), }",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (1, 3), }",
        "{'descr': '<i2', 'fortran_order': True, 'shape': (1, 3, 1,)}",
    };
    uint8_t bytes[512];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        for (unsigned version = 1; version <= 3; version++) {
            struct sx_tensor tensor;
            struct sx_error error;
            size_t n = npy(bytes, version, good[i], "\1\0\2\0\3\0", 6);
            ck_assert_msg(read_bytes(bytes, n, &tensor, &error), "%s: %s", good[i],
                          error.message);
            ck_assert_int_eq(sx_count(&tensor.shape), 3);
            ck_assert(sx_tensor_get(&tensor, 2) == 3);
            sx_tensor_free(&tensor);
        }
}
END_TEST

START_TEST(test_bad_headers)
{
    static const char *const bad[] = {
        "",
        "{}",
        "{'descr': '<i2', 'fortran_order': False, }",
        "{'descr': '<i2', 'shape': (3,), }",
        "{'fortran_order': False, 'shape': (3,), }",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (3), }",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (3,,), }",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (,), }",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (3 4), }",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (-3,), }",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (3.0,), }",
        "{'descr': '<i2', 'fortran_order': False, 'shape': [3], }",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (3,)",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (3,), } x",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (3,), 'x': 1}",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (3,), 'shape': (3,)}",
        "{'descr': '<i2' 'fortran_order': False, 'shape': (3,)}",
        "{'descr': '<i2', 'fortran_order': 0, 'shape': (3,), }",
        "{'descr': '<i2', 'fortran_order': Falsey, 'shape': (3,), }",
        "{'descr': '<i3', 'fortran_order': False, 'shape': (2,), }",
        "{'descr': '|i2', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': 'i2', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '|O', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '<c8', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '<U3', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '<f1', 'fortran_order': False, 'shape': (6,), }",
        "{'descr': '<f16', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': [('a', '<i2')], 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (4,), }",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (4611686018427387904,), }",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (9223372036854775807, 2), }",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (99999999999999999999,), }",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (0, 99999999999, 99999999999), }",
        "{'descr': '<i2', 'fortran_order': True, 'shape': (1000000000, 1000), }",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1,1,3), }",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sx_tensor tensor;
        struct sx_error error;
        ck_assert_msg(!read_npy(bad[i], "\1\0\2\0\3\0", 6, &tensor, &error), "%s", bad[i]);
        ck_assert_int_eq(error.status, SX_FAILED);
        ck_assert_ptr_null(tensor.data);
    }
    struct sx_tensor tensor;
    struct sx_error error;
    uint8_t bytes[300];
    size_t n = npy(bytes, 4, "{'descr': '<i2', 'fortran_order': False, 'shape': (3,), }",
                   "\1\0\2\0\3\0", 6);
    ck_assert(!read_bytes(bytes, n, &tensor, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "version 4.0"));
}
END_TEST

START_TEST(test_scalar_and_empty)
{
    struct sx_tensor tensor;
    struct sx_error error;
    ck_assert(read_npy("{'descr': '<i2', 'fortran_order': False, 'shape': (), }", "\7\0", 2,
                       &tensor, &error));
    ck_assert_int_eq(tensor.shape.rank, 0);
    ck_assert(sx_tensor_get(&tensor, 0) == 7);
    sx_tensor_free(&tensor);
    for (int fortran = 0; fortran < 2; fortran++) {
        char header[128];
        snprintf(header, sizeof header,
                 "{'descr': '<f4', 'fortran_order': %s, 'shape': (0, 3)}",
                 fortran ? "True" : "False");
        ck_assert(read_npy(header, NULL, 0, &tensor, &error));
        ck_assert_int_eq(sx_count(&tensor.shape), 0);
        sx_tensor_free(&tensor);
    }
}
END_TEST

START_TEST(test_fortran)
{
    /* Element (i, j, k) of [2,3,4] holds 100 i + 10 j + k. */
    uint8_t data[24];
    size_t at = 0;
    for (int k = 0; k < 4; k++)
        for (int j = 0; j < 3; j++)
            for (int i = 0; i < 2; i++)
                data[at++] = (uint8_t)(100 * i + 10 * j + k);
    struct sx_tensor tensor;
    struct sx_error error;
    ck_assert(read_npy("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 4)}", data, 24,
                       &tensor, &error));
    at = 0;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 3; j++)
            for (int k = 0; k < 4; k++)
                ck_assert(sx_tensor_get(&tensor, (int64_t)at++) == 100 * i + 10 * j + k);
    sx_tensor_free(&tensor);
}
END_TEST

START_TEST(test_too_large_unsigned)
{
    struct sx_tensor tensor;
    struct sx_error error;
    ck_assert(!read_npy("{'descr': '<u8', 'fortran_order': False, 'shape': (1,)}",
                        "\0\0\0\0\0\0\0\x80", 8, &tensor, &error));
    ck_assert_ptr_nonnull(strstr(error.message, "largest integer"));
}
END_TEST

/* A file that is cut at any byte is refused, and so is one with an extra byte. */
START_TEST(test_truncated)
{
    uint8_t bytes[512];
    size_t n = npy(bytes, 1, "{'descr': '<i2', 'fortran_order': False, 'shape': (3,), }",
                   "\1\0\2\0\3\0", 6);
    struct sx_tensor tensor;
    struct sx_error error;
    bytes[n] = 0;
    for (size_t i = 1; i <= n + 1; i++) {
        ck_assert_msg(read_bytes(bytes, i, &tensor, &error) == (i == n), "%zu of %zu", i, n);
        sx_tensor_free(&tensor);
    }
}
END_TEST

/* With any bit flipped, a file is refused or read as another valid array. */
START_TEST(test_flipped)
{
    static const char *const header[] = {
        "{'descr': '<f2', 'fortran_order': False, 'shape': (1, 3), }",
        "{'descr': '<i2', 'fortran_order': True, 'shape': (3, 1), }"};
    for (size_t h = 0; h < 2; h++) {
        uint8_t bytes[512];
        size_t n = npy(bytes, 1, header[h], "\1\0\2\0\3\0", 6);
        for (size_t bit = 0; bit < 8 * n; bit++) {
            struct sx_tensor tensor;
            struct sx_error error;
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            if (read_bytes(bytes, n, &tensor, &error)) {
                ck_assert_int_le(sx_count(&tensor.shape), 6);
                sx_tensor_free(&tensor);
            } else {
                ck_assert_int_eq(error.status, SX_FAILED);
            }
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}
END_TEST

START_TEST(test_written)
{
    static const struct sx_shape shapes[] = {
        {0, {0}}, {1, {5}}, {2, {0, 4}}, {3, {2, 3, 4}}, {10, {1, 2, 1, 1, 1, 1, 1, 1, 1, 3}}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        for (enum sx_type type = SX_FLOAT; type <= SX_BOOL; type++) {
            struct sx_error error = {0};
            struct sx_tensor tensor, again;
            ck_assert(sx_tensor_new(&tensor, type, &shapes[i], &error));
            for (int64_t k = 0; k < sx_count(&shapes[i]); k++)
                sx_tensor_set(&tensor, k, sx_random_normal(1, 1, (uint64_t)k) * 100);
            struct sx_sink *sink = sx_sink_open(out_path, &error);
            ck_assert(sx_npy_write(sink, &tensor));
            ck_assert(sx_sink_finish(sink, true, &error));
            ck_assert(sx_tensor_read(&again, out_path, NULL, &error));
            ck_assert_int_eq(again.type, type);
            ck_assert(sx_shape_equal(&again.shape, &shapes[i]));
            ck_assert_mem_eq(again.data, tensor.data,
                             (size_t)sx_count(&shapes[i]) * sx_type_size(type));
            sx_tensor_free(&tensor);
            sx_tensor_free(&again);
        }
}
END_TEST

/* The bytes equal those that NumPy writes. */
START_TEST(test_written_bytes)
{
    static const char wanted[] =
        "\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }";
    struct sx_error error = {0};
    float data[] = {1, 2};
    struct sx_tensor tensor = {SX_FLOAT, {2, {2, 1}}, data};
    struct sx_sink *sink = sx_sink_open(out_path, &error);
    ck_assert(sx_npy_write(sink, &tensor));
    ck_assert(sx_sink_finish(sink, true, &error));
    struct sx_file file;
    ck_assert(sx_file_open(&file, out_path, 0, &error));
    ck_assert_uint_eq(file.size, 128 + 8);
    ck_assert_mem_eq(file.bytes, wanted, sizeof wanted - 1);
    for (size_t i = sizeof wanted - 1; i < 127; i++)
        ck_assert_int_eq(file.bytes[i], ' ');
    ck_assert_int_eq(file.bytes[127], '\n');
    ck_assert_mem_eq(file.bytes + 128, data, 8);
    sx_file_close(&file);
}
END_TEST

/* ---- TensorProto ------------------------------------------------------------------------ */

static bool read_pb(const void *bytes, size_t n, struct sx_tensor *tensor,
                    struct sx_error *error)
{
    *error = (struct sx_error){0};
    make(pb_path, bytes, n);
    return sx_tensor_read(tensor, pb_path, NULL, error);
}

struct pb {
    const char *bytes;
    size_t size;
    enum sx_type type;
    double value[2];
};
#define PB(text) text, sizeof text - 1

/* The messages have dims [2], then the type, then the elements in their field or in raw_data. */
static const struct pb pbs[] = {
    {PB("\x08\x02\x10\x01\x22\x08\0\0\x80\x3f\0\0\0\xc0"), SX_FLOAT, {1, -2}},
    {PB("\x0a\x01\x02\x10\x01\x4a\x08\0\0\x80\x3f\0\0\0\xc0"), SX_FLOAT, {1, -2}},
    {PB("\x08\x02\x10\x01\x25\0\0\x80\x3f\x25\0\0\0\xc0"), SX_FLOAT, {1, -2}},
    {PB("\x08\x02\x10\x01\x22\x04\0\0\x80\x3f\x22\x04\0\0\0\xc0"), SX_FLOAT, {1, -2}},
    {PB("\x22\x08\0\0\x80\x3f\0\0\0\xc0\x10\x01\x08\x02"), SX_FLOAT, {1, -2}},
    {PB("\x08\x02\x10\x02\x2a\x03\x05\xff\x01"), SX_INT, {5, 255}},
    {PB("\x08\x02\x10\x03\x2a\x0b\x05\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
     SX_INT,
     {5, -1}},
    {PB("\x08\x02\x10\x06\x28\x05\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
     SX_INT,
     {5, -1}},
    {PB("\x08\x02\x10\x06\x2a\x06\x05\xff\xff\xff\xff\x0f"), SX_INT, {5, -1}},
    {PB("\x08\x02\x10\x04\x4a\x04\x05\x00\xff\xff"), SX_INT, {5, 65535}},
    {PB("\x08\x02\x10\x05\x4a\x04\x05\x00\xff\xff"), SX_INT, {5, -1}},
    {PB("\x08\x02\x10\x07\x3a\x03\x07\x80\x01"), SX_INT, {7, 128}},
    {PB("\x08\x02\x10\x09\x2a\x02\x00\x01"), SX_BOOL, {0, 1}},
    {PB("\x08\x02\x10\x0a\x2a\x06\x80\x78\x80\x80\x03"), 0, {0, 0}},
    {PB("\x08\x02\x10\x0a\x2a\x05\x80\x78\x80\x8a\x03"), SX_FLOAT, {1, -5}},
    {PB("\x08\x02\x10\x10\x2a\x05\x80\x7f\x80\x80\x03"), SX_FLOAT, {1, -2}},
    {PB("\x08\x02\x10\x0b\x52\x10\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\0\xc0"), SX_DOUBLE, {1, -2}},
    {PB("\x08\x02\x10\x0c\x5a\x06\x01\xff\xff\xff\xff\x0f"), SX_INT, {1, 4294967295.}},
    {PB("\x08\x02\x10\x0d\x5a\x02\x01\x09"), SX_INT, {1, 9}},
    {PB("\x08\x02\x10\x0d\x42\x01x\x62\x02zz\x5a\x02\x01\x09"), SX_INT, {1, 9}},
    /* its data_location says that elements are inside the file */
    {PB("\x70\0\x08\x02\x10\x02\x2a\x02\x01\x09"), SX_INT, {1, 9}},
    /* float8e4m3fn, int4 raw and in its field, uint4, float4e2m1, float8e8m0, uint2, int2 */
    {PB("\x08\x02\x10\x11\x4a\x02\x38\xc0"), SX_FLOAT, {1, -2}},
    {PB("\x08\x02\x10\x16\x4a\x01\xf5"), SX_INT, {5, -1}},
    {PB("\x08\x02\x10\x16\x2a\x02\xf5\x01"), SX_INT, {5, -1}},
    {PB("\x08\x02\x10\x15\x4a\x01\xf5"), SX_INT, {5, 15}},
    {PB("\x08\x02\x10\x17\x4a\x01\xc2"), SX_FLOAT, {1, -2}},
    {PB("\x08\x02\x10\x18\x4a\x02\x7f\x80"), SX_FLOAT, {1, 2}},
    {PB("\x08\x02\x10\x19\x4a\x01\x0d"), SX_INT, {1, 3}},
    {PB("\x08\x02\x10\x1a\x4a\x01\x0d"), SX_INT, {1, -1}},
};
enum { BROKEN = 13 };

START_TEST(test_pb)
{
    for (size_t i = 0; i < sizeof pbs / sizeof pbs[0]; i++) {
        struct sx_tensor tensor;
        struct sx_error error;
        bool ok = read_pb(pbs[i].bytes, pbs[i].size, &tensor, &error);
        ck_assert_msg(ok == (i != BROKEN), "%zu: %s", i, error.message);
        if (!ok)
            continue;
        ck_assert_int_eq(tensor.type, pbs[i].type);
        ck_assert_int_eq(tensor.shape.rank, 1);
        for (int k = 0; k < 2; k++)
            ck_assert_msg(sx_tensor_get(&tensor, k) == pbs[i].value[k], "%zu: %g", i,
                          sx_tensor_get(&tensor, k));
        sx_tensor_free(&tensor);
    }
}
END_TEST

/* Types of 8 bits and fewer, by their published largest and smallest numbers, infinities and NaN. */
START_TEST(test_small_floats)
{
    static const struct {
        int type;
        unsigned byte;
        double value;
    } known[] = {{17, 0x00, 0},        {17, 0x01, 0x1p-9},  {17, 0x07, 7 * 0x1p-9},
                 {17, 0x08, 0x1p-6},   {17, 0x38, 1},       {17, 0x7e, 448},
                 {17, 0x7f, NAN},      {17, 0xff, NAN},     {17, 0xfe, -448},
                 {17, 0x81, -0x1p-9},  {18, 0x01, 0x1p-10}, {18, 0x08, 0x1p-7},
                 {18, 0x40, 1},        {18, 0x7f, 240},     {18, 0x80, NAN},
                 {18, 0xff, -240},     {19, 0x01, 0x1p-16}, {19, 0x04, 0x1p-14},
                 {19, 0x3c, 1},        {19, 0x7b, 57344},   {19, 0x7c, INFINITY},
                 {19, 0x7d, NAN},      {19, 0x7f, NAN},     {19, 0xfc, -INFINITY},
                 {20, 0x01, 0x1p-17},  {20, 0x04, 0x1p-15}, {20, 0x40, 1},
                 {20, 0x7f, 57344},    {20, 0x80, NAN},     {20, 0xff, -57344},
                 {23, 0x0, 0},         {23, 0x1, 0.5},      {23, 0x2, 1},
                 {23, 0x3, 1.5},       {23, 0x4, 2},        {23, 0x5, 3},
                 {23, 0x6, 4},         {23, 0x7, 6},        {23, 0xf, -6},
                 {24, 0x00, 0x1p-127}, {24, 0x7f, 1},       {24, 0xfe, 0x1p127},
                 {24, 0xff, NAN}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        double got = sx_small_float(known[i].type, known[i].byte);
        ck_assert_msg(got == known[i].value || (isnan(got) && isnan(known[i].value)),
                      "type %d, %#x: %g", known[i].type, known[i].byte, got);
    }
    ck_assert(signbit(sx_small_float(17, 0x80)) && signbit(sx_small_float(23, 0x8)));
}
END_TEST

START_TEST(test_pb_damaged)
{
    for (size_t i = 0; i < sizeof pbs / sizeof pbs[0]; i++) {
        struct sx_tensor tensor;
        struct sx_error error;
        uint8_t bytes[64];
        memcpy(bytes, pbs[i].bytes, pbs[i].size);
        for (size_t n = 1; n < pbs[i].size; n++)
            if (read_pb(bytes, n, &tensor, &error))
                sx_tensor_free(&tensor);
            else
                ck_assert_int_eq(error.status, SX_FAILED);
        for (size_t bit = 0; bit < 8 * pbs[i].size; bit++) {
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            if (read_pb(bytes, pbs[i].size, &tensor, &error))
                sx_tensor_free(&tensor);
            else
                ck_assert_int_eq(error.status, SX_FAILED);
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}
END_TEST

START_TEST(test_pb_refused)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *message;
    } bad[] = {
        {PB("\x08\x02\x10\x08\x32\x01x\x32\x01y"), "text where numbers"},
        {PB("\x08\x02"), "type 0"},
        {PB("\x08\x02\x10\x63"), "type 99"},
        {PB("\x08\x02\x10\x01\x70\x01"), "outside"},
        {PB("\x08\x02\x10\x01\x1a\x00"), "outside"},
        {PB("\x08\x02\x10\x01\x6a\x00"), "outside"},
        {PB("\x08\x03\x10\x02\x2a\x02\x01\x02"), "fewer"},
        {PB("\x08\x01\x10\x02\x2a\x02\x01\x02"), "more"},
        {PB("\x08\x01\x10\x02\x4a\x02\x01\x02"), "more"},
        {PB("\x08\x02\x10\x01\x4a\x07\0\0\x80\x3f\0\0\0"), "malformed"},
        {PB("\x08\x02\x10\x01\x20\x01"), "malformed"},
        {PB("\x08\x02\x10\x16\x4a\x02\x11\x11"), "more"},
        {PB("\x08\x03\x10\x16\x4a\x01\x11"), "fewer"},
        {PB("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x10\x01"), "negative"},
        {PB("\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x08\x7f\x10\x01"), "too large"},
        {PB("\x08\xff\xff\xff\xff\x7f\x10\x01"), "fewer"},
        {PB("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x10\x01"), "not an ONNX"},
        {PB("\x0b\x0c"), "not an ONNX"},
        {PB("\x00"), "not an ONNX"},
        {PB("\x42\xff\xff\xff\xff\x7f"), "not an ONNX"},
        {PB("\x0a\x0b\1\1\1\1\1\1\1\1\1\1\1"), "rank"},
        {PB("\x08\x01\x10\x0d\x5a\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "largest"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sx_tensor tensor;
        struct sx_error error;
        ck_assert_msg(!read_pb(bad[i].bytes, bad[i].size, &tensor, &error), "%zu", i);
        ck_assert_msg(strstr(error.message, bad[i].message) != NULL, "%zu: %s", i,
                      error.message);
    }
}
END_TEST

/* Texts get numbers from 1, which never change. "" is 0. */
START_TEST(test_words)
{
    struct sx_error error = {0};
    char text[16];
    struct sx_words *w = sx_words_new(&error);
    ck_assert(w != NULL && sx_words_number(w, "", 0, &error) == 0);
    for (int round = 0; round < 2; round++)
        for (int i = 1; i < 300; i++) {
            int n = snprintf(text, sizeof text, "word %d", i);
            ck_assert_int_eq(sx_words_number(w, text, (size_t)n, &error), i);
            ck_assert_str_eq(sx_words_text(w, i), text);
        }
    ck_assert_int_eq(sx_words_number(w, "word 7\0more", 11, &error), 7);
    ck_assert_int_eq(sx_words_number(w, "word", 4, &error), 300);
    ck_assert(sx_words_text(w, 301) == NULL && sx_words_text(w, -1) == NULL);
    sx_words_free(w);
}
END_TEST

int main(void)
{
    int memory = memfd_create("check", 0);
    if (memory < 0 || mkdtemp(dir) == NULL)
        return 1;
    snprintf(path, sizeof path, "/proc/self/fd/%d", memory);
    snprintf(pb_path, sizeof pb_path, "%s/file.pb", dir);
    snprintf(out_path, sizeof out_path, "%s/out", dir);
    if (symlink(path, pb_path) != 0)
        return 1;
    TCase *c = suite_case("io_array");
    SUITE_ADD(c, test_words, test_types, test_half, test_headers, test_bad_headers,
              test_scalar_and_empty, test_fortran, test_too_large_unsigned, test_truncated,
              test_flipped, test_written, test_written_bytes, test_pb, test_small_floats,
              test_pb_damaged, test_pb_refused);
    int failed = suite_run();
    unlink(pb_path);
    unlink(out_path);
    rmdir(dir);
    return failed;
}
