/* check_onnx_hostile.c - damaged files: cut short, with flipped bits, deeply nested, that
 * expand, that refer to other files. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model.h"
#include "onnx/onnx.h"
#include "suite.h"

/* A model that uses many features of the format. */
static struct tm_model *small_model(void)
{
    struct tm_model *body = tm_new(13);
    tm_node(body, "Constant", "", "c", NULL);
    tm_attr_tensor(body, "value", SX_INT, 1, (int64_t[]){2}, (int64_t[]){-1, 5});
    tm_output(body, "c");
    struct tm_model *t = tm_new(13);
    tm_input(t, "x", SX_FLOAT, 2, (int64_t[]){-1, 2});
    tm_const(t, "w", SX_FLOAT, 1, (int64_t[]){2}, (float[]){3, 4});
    Onnx__TensorProto *typed = tm_raw(t, "v", 1, 1, (int64_t[]){2}, NULL, 0);
    typed->n_float_data = 2;
    typed->float_data = tm_memory(t, 8);
    tm_node(t, "Conv", "x w", "y", "pads=0,0,1,300 alpha=0.5 s=[1.0,2] mode='linear'");
    tm_node(t, "If", "y", "z", NULL);
    tm_attr_graph(t, "then_branch", body);
    tm_output_as(t, "z", SX_FLOAT, 2, (int64_t[]){-1, 2});
    return t;
}

/* Reads all tensors of a model that could be opened. */
static void read_all(const struct sx_model *m)
{
    for (size_t i = 0; i < m->graph->n_initializer; i++) {
        struct sx_tensor tensor;
        struct sx_error error = {0};
        if (sx_onnx_tensor_read(m, m->graph->initializer[i], SX_FLOAT, &tensor, NULL, &error))
            sx_tensor_free(&tensor);
        else
            ck_assert_int_ge(error.status, SX_MODEL);
    }
}

/* Opens bytes that are a model, or are refused with one line. Returns whether they are a model. */
static bool try_bytes(const uint8_t *bytes, size_t n)
{
    struct sx_error error = {0};
    struct sx_model *m = tm_open_bytes(bytes, n, 0, &error);
    if (m == NULL) {
        ck_assert(error.status == SX_MODEL || error.status == SX_MEMORY);
        ck_assert(error.message[0] != '\0' && strchr(error.message, '\n') == NULL);
        return false;
    }
    read_all(m);
    sx_model_close(m);
    return true;
}

/* Checks that bytes are refused with a message that contains `reason`. */
static void refused(const void *bytes, size_t n, enum sx_status status, const char *reason)
{
    struct sx_error error = {0};
    ck_assert_ptr_null(tm_open_bytes(bytes, n, 0, &error));
    ck_assert_msg(strstr(error.message, reason) != NULL, "'%s' is not '%s'", error.message,
                  reason);
    ck_assert_int_eq(error.status, status);
}

/* ---- Bytes ------------------------------------------------------------------------------ */

START_TEST(test_truncation)
{
    struct tm_model *t = small_model();
    size_t n;
    const uint8_t *bytes = tm_pack(t, &n);
    ck_assert(try_bytes(bytes, n));
    for (size_t i = 0; i < n; i++)
        try_bytes(bytes, i);
    ck_assert(!try_bytes(bytes, n - 1));
    ck_assert(!try_bytes(bytes, 0));
    tm_free(t);
}
END_TEST

START_TEST(test_bit_flips)
{
    struct tm_model *t = small_model();
    size_t n, opened = 0;
    const uint8_t *bytes = tm_pack(t, &n);
    uint8_t *copy = tm_memory(t, n);
    for (uint64_t i = 0; i < 20000; i++) {
        memcpy(copy, bytes, n);
        for (uint64_t k = 0; k <= i % 4; k++) {
            uint64_t bit = sx_random_bits(1, i, k) % (8 * n);
            copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        opened += try_bytes(copy, n);
    }
    ck_assert(opened > 1000 && opened < 19000);
    tm_free(t);
}
END_TEST

START_TEST(test_malformed)
{
    refused("\x3a\x05", 2, SX_MODEL, "byte 2, in ModelProto: a field reaches past its message");
    refused("\x3a\x02\x0a\x01", 4, SX_MODEL, "byte 4, in GraphProto: a field reaches past its");
    refused("\x3a\x80", 2, SX_MODEL, "byte 2, in ModelProto: ends within a number");
    refused("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12, SX_MODEL,
            "a number of more than 10 bytes");
    refused("\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, SX_MODEL, "reaches past");
    refused("\x00\x00", 2, SX_MODEL, "a field number out of range");
    refused("\x80\x80\x80\x80\x10\x00", 6, SX_MODEL, "a field number out of range");
    refused("\x3b", 1, SX_MODEL, "an unknown wire type");
    refused("\x38\x01", 2, SX_MODEL, "a wire type that does not fit its field");
    refused("\x12\x03\x61\x00\x62", 5, SX_MODEL, "a text holds a NUL byte");
    /* ir_version with a wrong wire type */
    refused("\x0d\x01\x00\x00\x00", 5, SX_MODEL, ": not an ONNX model");
    refused("\x3a\x00\x3a\x00", 4, SX_MODEL, "a field that is given once occurs twice");
    refused("", 0, SX_MODEL, "not an ONNX model: it has no graph");
    refused("\x89PNG\r\n\x1a\n", 8, SX_MODEL, "byte ");
}
END_TEST

/* Unknown fields are skipped, of any wire type and size. */
START_TEST(test_unknown_fields)
{
    struct tm_model *t = small_model();
    size_t n;
    const uint8_t *bytes = tm_pack(t, &n);
    uint8_t *longer = tm_memory(t, n + 64);
    memcpy(longer, bytes, n);
    memcpy(longer + n, "\xb8\x3e\x05\xb9\x3e\1\2\3\4\5\6\7\x08\xbd\x3e\1\2\3\4\xba\x3e\x02zz",
           24);
    ck_assert(try_bytes(longer, n + 24));
    tm_free(t);
}
END_TEST

/* Writes a tag and the length of at .. end in front of `at`. Returns the new start. */
static uint8_t *wrap(uint8_t *at, const uint8_t *end, uint8_t tag)
{
    uint8_t varint[10];
    int n = 0;
    size_t size = (size_t)(end - at);
    for (; size >= 0x80; size >>= 7)
        varint[n++] = (uint8_t)(size | 0x80);
    varint[n++] = (uint8_t)size;
    at -= n;
    memcpy(at, varint, (size_t)n);
    *--at = tag;
    return at;
}

/* Makes a graph in an attribute of a node of a graph ..., `depth` times. `fine`: it can be
 * opened. */
static void nest(int depth, bool fine)
{
    size_t capacity = 16 * (size_t)depth + 64;
    uint8_t *bytes = malloc(capacity), *end = bytes + capacity, *at = end;
    ck_assert_ptr_nonnull(bytes);
    for (int i = 0; i < depth; i++) {
        at = wrap(at, end, 0x32); /* AttributeProto.g */
        at = wrap(at, end, 0x2a); /* NodeProto.attribute */
        at = wrap(at, end, 0x0a); /* GraphProto.node */
    }
    at = wrap(at, end, 0x3a);
    at -= 8;
    memcpy(at, "\x08\x08\x42\x04\x0a\x00\x10\x0d", 8); /* ir_version 8, opset 13 */
    if (fine)
        ck_assert(try_bytes(at, (size_t)(end - at)));
    else
        refused(at, (size_t)(end - at), SX_MODEL, "messages nest too deep");
    free(bytes);
}

START_TEST(test_nesting)
{
    nest(1, true);
    nest(32, true); /* 2 + 3 * 32 messages */
    nest(33, false);
    nest(100000, false);
}
END_TEST

/* Types are nested as well: sequences of sequences. */
START_TEST(test_type_nesting)
{
    enum { DEPTH = 30000 };
    static uint8_t bytes[16 * DEPTH];
    uint8_t *end = bytes + sizeof bytes, *at = end;
    for (int i = 0; i < DEPTH; i++) {
        at = wrap(at, end, 0x0a); /* Sequence.elem_type */
        at = wrap(at, end, 0x22); /* TypeProto.sequence_type */
    }
    at = wrap(at, end, 0x12); /* ValueInfoProto.type */
    at = wrap(at, end, 0x5a); /* GraphProto.input */
    at = wrap(at, end, 0x3a);
    refused(at, (size_t)(end - at), SX_MODEL, "messages nest too deep");
}
END_TEST

/* Messages of two bytes become structs of hundreds of bytes. */
START_TEST(test_amplification)
{
    static const uint8_t tags[] = {0x0a, 0x2a, 0x5a}; /* node, initializer, input */
    size_t n = (size_t)4 << 20, budget = (size_t)192 << 20;
    uint8_t *bytes = malloc(n), *end = bytes + n;
    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < sizeof tags; i++) {
        struct sx_error error = {0};
        for (uint8_t *p = bytes; p < end; p += 2)
            memcpy(p, (uint8_t[]){tags[i], 0}, 2);
        uint8_t *at = wrap(bytes + 16, end, 0x3a);
        ck_assert_ptr_null(tm_open_bytes(at, (size_t)(end - at), budget, &error));
        ck_assert_int_eq(error.status, SX_MEMORY);
        ck_assert_ptr_nonnull(strstr(error.message, "parsing takes over 201326592 bytes"));
    }
    free(bytes);
}
END_TEST

/* Packed numbers of one byte become eight bytes each. The walk accepts them; the allocator's
 * budget is exceeded. */
START_TEST(test_packed_amplification)
{
    size_t n = (size_t)4 << 20;
    uint8_t *bytes = calloc(1, n), *end = bytes + n;
    ck_assert_ptr_nonnull(bytes);
    uint8_t *at = wrap(bytes + 32, end, 0x3a); /* TensorProto.int64_data */
    at = wrap(wrap(at, end, 0x2a), end, 0x3a); /* initializer, graph */
    struct sx_error error = {0};
    ck_assert_ptr_null(tm_open_bytes(at, (size_t)(end - at), (size_t)24 << 20, &error));
    ck_assert_int_eq(error.status, SX_MEMORY);
    ck_assert_ptr_nonnull(strstr(error.message, ": parsing takes over 25165824 bytes"));
    free(bytes);
}
END_TEST

/* With any budget, either the model opens or the budget is exceeded. */
START_TEST(test_budgets)
{
    struct tm_model *t = small_model();
    size_t n, opened = 0;
    const uint8_t *bytes = tm_pack(t, &n);
    for (size_t budget = 1; budget < 20000; budget += 1 + budget / 100) {
        struct sx_error error = {0};
        struct sx_model *m = tm_open_bytes(bytes, n, budget, &error);
        opened += m != NULL;
        ck_assert_int_eq(error.status, m == NULL ? SX_MEMORY : SX_OK);
        sx_model_close(m);
    }
    ck_assert(opened > 0 && opened < 400);
    tm_free(t);
}
END_TEST

/* Weights do not count: 256 MB of them are opened with a budget of 64 KB. */
START_TEST(test_large_weights)
{
    static const uint8_t head[] = {0x08, 8, 0x42, 4, 0x0a, 0, 0x10, 13};
    size_t weights = (size_t)256 << 20;
    char path[40];
    uint8_t bytes[64], *end = bytes + sizeof bytes, *at = end;
    int fd = memfd_create("large", 0);
    ck_assert_int_ge(fd, 0);
    /* initializer { dims: 64 << 20, data_type: 1, name: "w", raw_data } */
    memcpy(at -= 15, "\x08\x80\x80\x80\x20\x10\x01\x42\x01w\x4a\x80\x80\x80\x80", 15);
    uint8_t tensor[] = {0x2a, 0x90, 0x80, 0x80, 0x80, 0x01};
    uint8_t graph[] = {0x3a, 0x96, 0x80, 0x80, 0x80, 0x01};
    memcpy(at -= sizeof tensor, tensor, sizeof tensor);
    memcpy(at -= sizeof graph, graph, sizeof graph);
    memcpy(at -= sizeof head, head, sizeof head);
    size_t n = (size_t)(end - at);
    ck_assert(write(fd, at, n) == (ssize_t)n && write(fd, "\x01", 1) == 1);
    ck_assert_int_eq(ftruncate(fd, (off_t)(n + 1 + weights)), 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct sx_error error = {0};
    struct sx_model *m =
        sx_model_open(path, &(struct sx_model_options){.max_memory = 65536}, &error);
    ck_assert_msg(m != NULL, "%s", error.message);
    struct sx_onnx_view view;
    ck_assert_msg(sx_onnx_tensor(m, sx_model_initializer(m, "w"), &view, &error), "%s",
                  error.message);
    ck_assert_int_eq(view.count, (int64_t)weights / 4);
    ck_assert_ptr_eq(view.bytes + weights, m->file.bytes + m->file.size);
    sx_model_close(m);
    close(fd);
}
END_TEST

/* ---- External data ---------------------------------------------------------------------- */

static char dir[] = "/tmp/check_onnx.XXXXXX";
static char model_path[64];

static char *beneath(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void make_file(const char *name, const void *bytes, size_t n)
{
    FILE *file = fopen(beneath(name), "wb");
    ck_assert(file != NULL && fwrite(bytes, 1, n, file) == n && fclose(file) == 0);
}

static void set_up(void)
{
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(model_path, sizeof model_path, "%s/m.onnx", dir);
    make_file("w.bin", (float[]){1, 2, 3, 4}, 16);
    make_file("empty", "", 0);
    ck_assert_int_eq(mkdir(beneath("sub"), 0700), 0);
    make_file("sub/v.bin", (float[]){5, 6}, 8);
    ck_assert_int_eq(mkfifo(beneath("fifo"), 0600), 0);
    ck_assert_int_eq(symlink("w.bin", beneath("link")), 0);
    ck_assert_int_eq(symlink("sub", beneath("sublink")), 0);
    ck_assert_int_eq(symlink("/etc", beneath("etc")), 0);
}

static void tear_down(void)
{
    static const char *const names[] = {"w.bin", "empty", "sub/v.bin", "sub",   "fifo",
                                        "link",  "etc",   "sublink",   "m.onnx"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        remove(beneath(names[i]));
    rmdir(dir);
}

/* Adds an initializer of two floats in another file. offset and length may be NULL. */
static void add_external(struct tm_model *t, const char *name, const char *location,
                         const char *offset, const char *length)
{
    const char *entries[][2] = {
        {"location", location}, {"offset", offset}, {"length", length}, {"checksum", "0"}};
    Onnx__TensorProto *p = tm_raw(t, name, 1, 1, (int64_t[]){2}, NULL, 0);
    p->has_data_location = 1;
    p->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
    p->external_data = tm_memory(t, 4 * sizeof *p->external_data);
    for (int i = 0; i < 4; i++) {
        if (entries[i][1] == NULL)
            continue;
        Onnx__StringStringEntryProto *entry = tm_memory(t, sizeof *entry);
        onnx__string_string_entry_proto__init(entry);
        entry->key = tm_text(t, entries[i][0]);
        entry->value = tm_text(t, entries[i][1]);
        p->external_data[p->n_external_data++] = entry;
    }
}

static struct sx_model *open_written(struct tm_model *t, const char *data_dir)
{
    struct sx_error error = {0};
    tm_write(t, model_path);
    tm_free(t);
    struct sx_model *m =
        sx_model_open(model_path, &(struct sx_model_options){.data_dir = data_dir}, &error);
    ck_assert_msg(m != NULL, "%s", error.message);
    return m;
}

static const float *floats_of(const struct sx_model *m, const char *name)
{
    struct sx_tensor tensor;
    struct sx_error error = {0};
    bool borrowed;
    ck_assert_msg(sx_onnx_tensor_read(m, sx_model_initializer(m, name), SX_FLOAT, &tensor,
                                      &borrowed, &error),
                  "%s", error.message);
    ck_assert(borrowed);
    return tensor.data;
}

START_TEST(test_external)
{
    struct tm_model *t = tm_new(13);
    add_external(t, "a", "w.bin", NULL, NULL);
    add_external(t, "b", "./w.bin", "8", "8");
    add_external(t, "c", "sub/v.bin", "0", NULL);
    struct sx_model *m = open_written(t, NULL);
    const float *a = floats_of(m, "a"), *b = floats_of(m, "b"), *c = floats_of(m, "c");
    ck_assert(a[0] == 1 && a[1] == 2 && b[0] == 3 && b[1] == 4 && c[0] == 5 && c[1] == 6);
    ck_assert_ptr_eq(a + 2, b); /* both are in one mapping */
    sx_model_close(m);

    t = tm_new(13);
    add_external(t, "c", "v.bin", NULL, NULL);
    m = open_written(t, beneath("sub"));
    ck_assert(floats_of(m, "c")[1] == 6);
    sx_model_close(m);
}
END_TEST

START_TEST(test_relative_path)
{
    struct tm_model *t = tm_new(13);
    struct sx_error error = {0};
    add_external(t, "a", "w.bin", "4", "8");
    tm_write(t, model_path);
    tm_free(t);
    ck_assert_int_eq(chdir(dir), 0);
    struct sx_model *m = sx_model_open("m.onnx", NULL, &error);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_msg(m != NULL, "%s", error.message);
    ck_assert(floats_of(m, "a")[1] == 3);
    sx_model_close(m);
}
END_TEST

START_TEST(test_external_refused)
{
    static const struct {
        const char *location, *offset, *length, *reason;
    } cases[] = {
        {"/etc/passwd", NULL, NULL, "not a path beneath the model's directory"},
        {"", NULL, NULL, "not a path beneath the model's directory"},
        {"..", NULL, NULL, "leads out of the model's directory, or is a link"},
        {"../etc/passwd", NULL, NULL, "leads out of the model's directory, or is a link"},
        {"sub/../w.bin", NULL, NULL, "leads out of the model's directory, or is a link"},
        {"link", NULL, NULL, "leads out of the model's directory, or is a link"},
        {"sublink/v.bin", NULL, NULL, "Not a directory"},
        {"etc/passwd", NULL, NULL, "Not a directory"},
        {"fifo", NULL, NULL, "not a regular file"},
        {"sub", NULL, NULL, "not a regular file"},
        {"empty", NULL, NULL, "is empty"},
        {"sub/", NULL, NULL, "No such file or directory"},
        {"nothing", NULL, NULL, "No such file or directory"},
        {"w.bin", "9", NULL, "external data 'w.bin': 8 bytes at 9, of 16"},
        {"w.bin", "18446744073709551615", "8", "8 bytes at 18446744073709551615, of 16"},
        {"w.bin", "18446744073709551616", "8",
         "external data: '18446744073709551616' is not a number of bytes"},
        {"w.bin", "-1", NULL, "external data: '-1' is not a number of bytes"},
        {"w.bin", "1e1", NULL, "external data: '1e1' is not a number of bytes"},
        {"w.bin", "", NULL, "external data: '' is not a number of bytes"},
        {"w.bin", "0", "7", "7 bytes of external data where 8 are needed"},
        {"w.bin", "0", "16", "16 bytes of external data where 8 are needed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sx_onnx_view view;
        struct sx_error error = {0};
        struct tm_model *t = tm_new(13);
        add_external(t, "w", cases[i].location, cases[i].offset, cases[i].length);
        struct sx_model *m = open_written(t, NULL);
        ck_assert(!sx_onnx_tensor(m, m->graph->initializer[0], &view, &error));
        ck_assert_int_eq(error.status, SX_MODEL);
        size_t at = strlen(error.message) - strlen(cases[i].reason);
        ck_assert_msg(strcmp(error.message + at, cases[i].reason) == 0, "'%s' is not '%s'",
                      error.message, cases[i].reason);
        ck_assert_int_eq(strncmp(error.message, "tensor 'w': ", 12), 0);
        sx_model_close(m);
    }
}
END_TEST

START_TEST(test_long_locations)
{
    static char location[9000];
    for (size_t n = 300; n < sizeof location; n *= 5) {
        struct sx_onnx_view view;
        struct sx_error error = {0};
        memset(location, 'a', n);
        for (size_t i = 0; n > 4000 && i < n; i += 2)
            location[i] = '.', location[i + 1] = '/';
        struct tm_model *t = tm_new(13);
        add_external(t, "w", location, NULL, NULL);
        struct sx_model *m = open_written(t, NULL);
        ck_assert(!sx_onnx_tensor(m, m->graph->initializer[0], &view, &error));
        ck_assert_ptr_nonnull(strstr(error.message, "File name too long"));
        sx_model_close(m);
    }
}
END_TEST

/* A model from a pipe has no directory of external data, unless one is given. */
START_TEST(test_external_of_standard_input)
{
    for (int told = 0; told < 2; told++) {
        struct sx_onnx_view view;
        struct sx_error error = {0};
        struct tm_model *t = tm_new(13);
        add_external(t, "w", "w.bin", NULL, NULL);
        tm_write(t, model_path);
        tm_free(t);
        ck_assert_ptr_nonnull(freopen(model_path, "rb", stdin));
        struct sx_model *m = sx_model_open(
            "-", &(struct sx_model_options){.data_dir = told ? dir : NULL}, &error);
        ck_assert_msg(m != NULL, "%s", error.message);
        ck_assert_int_eq(sx_onnx_tensor(m, m->graph->initializer[0], &view, &error), told);
        ck_assert_str_eq(error.message, told ? ""
                                             : "tensor 'w': external data 'w.bin': a model on "
                                               "standard input has no directory");
        sx_model_close(m);
    }
}
END_TEST

START_TEST(test_no_data_directory)
{
    struct sx_error error = {0};
    struct tm_model *t = tm_new(13);
    tm_write(t, model_path);
    tm_free(t);
    struct sx_model_options options = {.data_dir = "/nowhere"};
    ck_assert_ptr_null(sx_model_open(model_path, &options, &error));
    ck_assert_int_eq(error.status, SX_MODEL);
    ck_assert_ptr_nonnull(strstr(error.message, "/m.onnx: directory of external data /nowhere:"
                                                " No such file or directory"));
}
END_TEST

int main(void)
{
    TCase *bytes = suite_case("bytes"), *external = suite_case("external");
    SUITE_ADD(bytes, test_truncation, test_bit_flips, test_malformed, test_unknown_fields,
              test_nesting, test_type_nesting, test_amplification, test_packed_amplification,
              test_budgets, test_large_weights);
    tcase_add_checked_fixture(external, set_up, tear_down);
    SUITE_ADD(external, test_external, test_relative_path, test_external_refused,
              test_long_locations, test_external_of_standard_input, test_no_data_directory);
    return suite_run();
}
