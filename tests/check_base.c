/* check_base.c - errors, checked sizes, memory, tensors, hashes, random numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "suite.h"

/* ---- Errors ---- */

START_TEST(test_first_error_stays)
{
    struct sx_error error = {0};
    ck_assert(!sx_fail(&error, SX_MODEL, "node %d", 7));
    ck_assert(!sx_fail(&error, SX_MEMORY, "later"));
    ck_assert_int_eq(error.status, SX_MODEL);
    ck_assert_str_eq(error.message, "node 7");
    ck_assert(!sx_fail(NULL, SX_MODEL, "nobody listens"));
}
END_TEST

START_TEST(test_place_comes_first)
{
    struct sx_error error = {0};
    sx_fail(&error, SX_FAILED, "too short");
    ck_assert(!sx_fail_at(&error, "file %s", "a.npy"));
    ck_assert(!sx_fail_at(&error, "dir"));
    ck_assert_str_eq(error.message, "dir: file a.npy: too short");
    ck_assert_int_eq(error.status, SX_FAILED);
    ck_assert(!sx_fail_at(NULL, "nowhere"));
}
END_TEST

/* A failed allocation records its reason, which is passed on with the message. */
START_TEST(test_failed_allocation_has_a_reason)
{
    struct sx_error limit = {0}, little = {0}, much = {0}, other = {0}, passed = {0};
    size_t room = 0;
    void *none = NULL;
    ck_assert(!sx_over_limit(&limit, "%d MB", 7));
    ck_assert_int_eq(limit.status, SX_MEMORY);
    ck_assert_str_eq(limit.message, "7 MB");
    ck_assert(!sx_exhausted(&limit));
    sx_fail(&little, SX_MEMORY, "over 5 MB");
    ck_assert(sx_exhausted(&little));
    ck_assert_int_eq(little.want, SX_WANT_LITTLE);
#ifdef __SANITIZE_ADDRESS__ /* the allocator of this sanitizer ends the process */
    (void)much;
#else
    ck_assert_ptr_null(sx_new((size_t)1 << 38, 2, &much));
    ck_assert_int_eq(much.want, SX_WANT_MUCH);
    ck_assert(sx_exhausted(&much));
#endif
    ck_assert(!sx_grow(&none, &room, SIZE_MAX / 4, 8, &other));
    ck_assert_int_eq(other.want, SX_OVER_LIMIT);
    ck_assert(!sx_fail_as(&passed, &(struct sx_error){0}));
    ck_assert_int_eq(passed.status, SX_OK);
    ck_assert(!sx_fail_as(&passed, &limit) && !sx_fail_as(&passed, &little));
    ck_assert_int_eq(passed.want, SX_OVER_LIMIT);
    ck_assert_str_eq(passed.message, "7 MB");
    ck_assert(!sx_fail_as(NULL, &limit) && !sx_over_limit(NULL, "nobody listens"));
}
END_TEST

/* A message that is too long is cut in the middle, because its end says what is wrong. */
START_TEST(test_message_fills_its_room)
{
    struct sx_error error = {0};
    char text[2 * sizeof error.message];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    ck_assert(!sx_fail(&error, SX_FAILED, "%s: gone", text));
    ck_assert_uint_eq(strlen(error.message), sizeof error.message - 1);
    ck_assert_ptr_nonnull(strstr(error.message, "xxx...xxx"));
    ck_assert_str_eq(error.message + sizeof error.message - 7, ": gone");
    ck_assert(!sx_fail_at(&error, "place"));
    ck_assert_uint_eq(strlen(error.message), sizeof error.message - 1);
    ck_assert_int_eq(strncmp(error.message, "place: xxx", 10), 0);
    /* a long place leaves room for the reason */
    error = (struct sx_error){0};
    ck_assert(!sx_fail(&error, SX_FAILED, "gone") && !sx_fail_at(&error, "%s", text));
    ck_assert_str_eq(error.message + strlen(error.message) - 7, "x: gone");
}
END_TEST

/* An insertion, deletion, change or swap of letters counts 2. Completing a word counts 1. Case
 * does not count. */
START_TEST(test_nearest_names)
{
    static const struct {
        const char *word, *names, *text;
    } cases[] = {{"stp", "step|steps|top", "step, steps, top"},
                 {"setp", "sat|step", "step, sat"},
                 {"SETP", "beta|step", "step, beta"},
                 {"xb", "ba|xa", "xa, ba"},
                 {"st", "best|step", "step"},
                 {"ST", "best|step", "step"},
                 {"st", "best|nest|stone", "stone"},
                 {"est", "best|nest|stone", "best, nest"},
                 {"step", "stop|rat|st", "stop, st"},
                 {"", "a|b", "a, b"},
                 {"ab", "abcd|abc|ac|ad|b", "abcd, abc, ac"},
                 {"a", "bcdefg|hijklm", "bcdefg, hijklm"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sx_nearest near = {.word = cases[i].word};
        ck_assert_str_eq(sx_nearest_text(&near), "");
        sx_nearest_offer(&near, cases[i].names);
        ck_assert_int_eq(strncmp(sx_nearest_text(&near), "; nearest: ", 11), 0);
        ck_assert_str_eq(near.text + 11, cases[i].text);
    }
    struct sx_nearest near = {.word = "a"};
    char name[200];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    sx_nearest_offer_one(&near, "b|c");
    sx_nearest_offer_one(&near, name);
    ck_assert_str_eq(sx_nearest_text(&near), "; nearest: b|c");
}
END_TEST

/* A message is one line, whatever names contain. */
START_TEST(test_message_is_one_line)
{
    struct sx_error error = {0};
    char name[1000];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    name[3] = '\n';
    name[4] = '\033';
    sx_fail(&error, SX_FAILED, "%s", name);
    ck_assert_uint_eq(strlen(error.message), sizeof error.message - 1);
    ck_assert_ptr_null(strchr(error.message, '\n'));
    ck_assert_ptr_null(strchr(error.message, '\033'));
    for (int i = 0; i < 5; i++)
        sx_fail_at(&error, "%s", name);
    ck_assert_uint_eq(strlen(error.message), sizeof error.message - 1);
    ck_assert_ptr_null(strchr(error.message, '\n'));
}
END_TEST

/* A character of several bytes is never cut apart. */
START_TEST(test_cut_middle)
{
    char text[100] = "ab", euros[] = "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac";
    sx_cut_middle(text, 3);
    ck_assert_str_eq(text, "ab");
    strcpy(text, "abcdefghij");
    sx_cut_middle(text, 11);
    ck_assert_str_eq(text, "abcdefghij");
    sx_cut_middle(text, 10);
    ck_assert_str_eq(text, "abcde...j");
    strcpy(text, "abcdefghijklmnop");
    sx_cut_middle(text, 10);
    ck_assert_str_eq(text, "abcde...p");
    for (size_t room = 8; room < sizeof euros; room++) {
        strcpy(text, euros);
        sx_cut_middle(text, room);
        ck_assert_uint_lt(strlen(text), room);
        for (size_t n, i = 0; text[i] != '\0'; i += n) {
            n = sx_utf8_length(text + i);
            ck_assert_uint_gt(n, 0);
        }
    }
}
END_TEST

/* XML and HTML contain no invalid bytes and no control characters. */
START_TEST(test_xml_entity)
{
    static const struct {
        const char *text, *as;
        size_t n;
    } cases[] = {{"a", NULL, 1},
                 {"<", "&lt;", 1},
                 {">", "&gt;", 1},
                 {"&", "&amp;", 1},
                 {"\"", "&quot;", 1},
                 {"\t", NULL, 1},
                 {"\n", NULL, 1},
                 {"\033", "?", 1},
                 {"\177", "?", 1},
                 {"\xff", "?", 1},
                 {"\xc2\x9b", "?", 2},
                 {"\xe2\x82\xac", NULL, 3},
                 {"\xe2\x82", "?", 1},
                 {"\xed\xa0\x80", "?", 1},
                 {"\xef\xbf\xbe", "?", 3},
                 {"\xf0\x9f\x98\x80", NULL, 4},
                 {"\xef\xbf\xbf", "?", 3},
                 {"\xef\xbf\xbd", NULL, 3},
                 {"\xf4\x8f\xbf\xbf", NULL, 4},
                 {"\xf4\x90\x80\x80", "?", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t n;
        const char *as = sx_xml_entity(cases[i].text, &n);
        ck_assert_uint_eq(n, cases[i].n);
        ck_assert(as == NULL ? cases[i].as == NULL
                             : cases[i].as != NULL && strcmp(as, cases[i].as) == 0);
    }
}
END_TEST

/* ---- Sizes and memory ---- */

START_TEST(test_checked_sizes)
{
    size_t r = 5;
    ck_assert(sx_size_add(&r, 2, 3) && r == 5);
    ck_assert(sx_size_mul(&r, 7, 6) && r == 42);
    ck_assert(!sx_size_add(&r, SIZE_MAX, 1) && r == 42);
    ck_assert(!sx_size_mul(&r, SIZE_MAX / 2, 3) && r == 42);
    ck_assert(sx_size_mul(&r, SIZE_MAX, 1) && r == SIZE_MAX);
    ck_assert(sx_size_mul(&r, 0, SIZE_MAX) && r == 0);
}
END_TEST

START_TEST(test_allocations)
{
    struct sx_error error = {0};
    unsigned char *p = sx_new(100, 1, &error);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(p[i], 0);
    free(p);
    void *aligned = sx_new_aligned(3, 5, &error);
    ck_assert_uint_eq((uintptr_t)aligned % 64, 0);
    free(aligned);
    void *nothing = sx_new(0, 8, &error);
    ck_assert_ptr_nonnull(nothing);
    free(nothing);
    ck_assert_int_eq(error.status, SX_OK);
    ck_assert_ptr_null(sx_new_aligned(SIZE_MAX / 4, 8, &error));
    ck_assert_int_eq(error.status, SX_MEMORY);
}
END_TEST

/* Blocks in huge pages are zeroed, also if their memory was used before. */
START_TEST(test_large_blocks)
{
    struct sx_error error = {0};
    const size_t sizes[] = {((size_t)4 << 20) - 1, (size_t)4 << 20, ((size_t)6 << 20) + 5};
    for (int round = 0; round < 2; round++) {
        unsigned char *p = sx_new(sizes[_i], 1, &error);
        ck_assert_ptr_nonnull(p);
        for (size_t i = 0; i < sizes[_i]; i++)
            if (p[i] != 0)
                ck_abort_msg("byte %zu is %d", i, p[i]);
        memset(p, 0xa5, sizes[_i]);
        free(p);
    }
}
END_TEST

START_TEST(test_grow)
{
    struct sx_error error = {0};
    int *items = NULL;
    size_t capacity = 0;
    for (size_t n = 1; n <= 1000; n++) {
        ck_assert(sx_grow((void **)&items, &capacity, n, sizeof *items, &error));
        ck_assert_uint_ge(capacity, n);
        ck_assert_int_eq(items[n - 1], 0);
        items[n - 1] = (int)n;
    }
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(items[i], i + 1);
    ck_assert(!sx_grow((void **)&items, &capacity, SIZE_MAX / 2, sizeof *items, &error));
    ck_assert_int_eq(error.status, SX_MEMORY);
    ck_assert_int_eq(items[999], 1000);
    free(items);
}
END_TEST

START_TEST(test_arena)
{
    struct sx_arena arena = {0};
    struct sx_error error = {0};
    unsigned char *kept[200];
    for (size_t i = 0; i < 200; i++) {
        kept[i] = sx_arena_new(&arena, i * 37 + 1, 1, &error);
        ck_assert_uint_eq((uintptr_t)kept[i] % 16, 0);
        size_t zeros = 0;
        for (size_t k = 0; k <= i * 37; k++)
            zeros += kept[i][k] == 0;
        ck_assert_uint_eq(zeros, i * 37 + 1);
        memset(kept[i], (int)i, i * 37 + 1);
    }
    for (size_t i = 0; i < 200; i++)
        ck_assert_int_eq(kept[i][i * 37], (int)i);
    ck_assert_str_eq(sx_arena_strdup(&arena, "kept", &error), "kept");
    ck_assert_ptr_null(sx_arena_new(&arena, SIZE_MAX / 2, 4, &error));
    ck_assert_int_eq(error.status, SX_MEMORY);
    sx_arena_free(&arena);
    ck_assert_ptr_null(arena.block);
    sx_arena_free(&arena);
}
END_TEST

START_TEST(test_strdup)
{
    struct sx_error error = {0};
    char *copy = sx_strdup("a name", &error);
    ck_assert_str_eq(copy, "a name");
    free(copy);
}
END_TEST

/* ---- Tensors ---- */

START_TEST(test_shape_count)
{
    struct sx_error error = {0};
    int64_t n = -1;
    ck_assert(sx_shape_count(&(struct sx_shape){3, {2, 3, 4}}, &n, &error) && n == 24);
    ck_assert(sx_shape_count(&(struct sx_shape){0, {0}}, &n, &error) && n == 1);
    ck_assert(sx_shape_count(&(struct sx_shape){2, {5, 0}}, &n, &error) && n == 0);
    const struct sx_shape bad[] = {
        {2, {-1, 4}},
        {2, {INT64_MAX / 2, 4}},
        {3, {INT64_MAX / 2, 4, 0}}, /* a dimension of 0 does not hide that strides overflow */
        {1, {INT64_MAX / 2}},
        {1, {INT64_MAX / 16 + 1}}, /* the elements can be counted, their bytes cannot */
        {SX_MAX_RANK + 1, {1}},
        {-1, {1}},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        error = (struct sx_error){0};
        ck_assert_msg(!sx_shape_count(&bad[i], &n, &error), "shape %zu", i);
        ck_assert_int_eq(error.status, SX_MODEL);
    }
}
END_TEST

START_TEST(test_shape_equal)
{
    struct sx_shape a = {2, {3, 4}}, b = {2, {3, 4}}, c = {2, {4, 3}}, d = {1, {3}};
    b.dim[5] = 9; /* beyond the rank, so it does not count */
    ck_assert(sx_shape_equal(&a, &b));
    ck_assert(!sx_shape_equal(&a, &c));
    ck_assert(!sx_shape_equal(&a, &d));
}
END_TEST

START_TEST(test_tensor_new)
{
    struct sx_error error = {0};
    struct sx_tensor t;
    ck_assert(sx_tensor_new(&t, SX_DOUBLE, &(struct sx_shape){2, {3, 5}}, &error));
    ck_assert_uint_eq((uintptr_t)t.data % 64, 0);
    for (int i = 0; i < 15; i++)
        ck_assert_double_eq(sx_tensor_get(&t, i), 0);
    sx_tensor_free(&t);
    ck_assert_ptr_null(t.data);
    sx_tensor_free(&t);
    ck_assert(!sx_tensor_new(&t, SX_INT, &(struct sx_shape){1, {-3}}, &error));
    ck_assert_int_eq(error.status, SX_MODEL);
    ck_assert_ptr_null(t.data);
}
END_TEST

/* Elements are converted as in C. Values that C does not define become the nearest end; NaN
 * becomes 0. */
START_TEST(test_tensor_convert)
{
    static const double values[] = {0, 1.75, -2.5, 300, 1e300, -1e300, NAN};
    static const int64_t ints[] = {0, 1, -2, 300, INT64_MAX, INT64_MIN, 0};
    struct sx_error error = {0};
    struct sx_tensor from, to;
    struct sx_shape shape = {1, {7}};
    ck_assert(sx_tensor_new(&from, SX_DOUBLE, &shape, &error));
    for (int i = 0; i < 7; i++)
        sx_tensor_set(&from, i, values[i]);
    ck_assert(sx_tensor_convert(&to, SX_INT, &from, &error));
    for (int i = 0; i < 7; i++)
        ck_assert_int_eq(((const int64_t *)to.data)[i], ints[i]);
    sx_tensor_free(&to);
    ck_assert(sx_tensor_convert(&to, SX_BOOL, &from, &error));
    for (int i = 0; i < 7; i++)
        ck_assert_int_eq(((const uint8_t *)to.data)[i], i != 0);
    sx_tensor_free(&to);
    ck_assert(sx_tensor_convert(&to, SX_FLOAT, &from, &error));
    ck_assert_float_eq(((const float *)to.data)[1], 1.75f);
    ck_assert(isinf(((const float *)to.data)[4]));
    sx_tensor_free(&to);
    ck_assert(sx_tensor_convert(&to, SX_DOUBLE, &from, &error));
    ck_assert_mem_eq(to.data, from.data, sizeof values);
    sx_tensor_free(&to);
    sx_tensor_free(&from);
}
END_TEST

START_TEST(test_type_sizes)
{
    ck_assert_uint_eq(sx_type_size(SX_FLOAT), 4);
    ck_assert_uint_eq(sx_type_size(SX_DOUBLE), 8);
    ck_assert_uint_eq(sx_type_size(SX_INT), 8);
    ck_assert_uint_eq(sx_type_size(SX_BOOL), 1);
}
END_TEST

/* ---- Hashes and random numbers ---- */

START_TEST(test_sha256)
{
    char hex[65];
    sx_sha256("", 0, hex);
    ck_assert_str_eq(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sx_sha256("abc", 3, hex);
    ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
END_TEST

static size_t passes[8];

static void pass(const void *context, size_t done)
{
    ck_assert_ptr_eq(context, passes);
    passes[++passes[0]] = done;
}

/* sx_sha256_passing calls `passed` while it hashes, and gives the same hash as sx_sha256. */
START_TEST(test_sha256_in_steps)
{
    const size_t n = ((size_t)16 << 20) + 5;
    char hex[65];
    char *a = malloc(n);
    ck_assert_ptr_nonnull(a);
    memset(a, 'a', n);
    sx_sha256(a, 1000000, hex); /* the example of FIPS 180-2 */
    ck_assert_str_eq(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    sx_sha256_passing(a, n, pass, passes, hex);
    ck_assert_str_eq(hex, "cd05b8cb7ece9b9b28cffaf1c472e68a456a2a6ec9df973f5349aabdc095771f");
    ck_assert_uint_eq(passes[0], 3);
    ck_assert_uint_eq(passes[2], (size_t)16 << 20);
    ck_assert_uint_eq(passes[3], n);
    free(a);
}
END_TEST

START_TEST(test_hash)
{
    uint64_t whole = sx_hash(SX_HASH_START, "foobar", 6);
    ck_assert_uint_eq(whole, 0x85944171f73967e8ULL); /* a test vector of the authors of FNV */
    ck_assert_uint_eq(sx_hash(sx_hash(SX_HASH_START, "foo", 3), "bar", 3), whole);
}
END_TEST

/* The bits are a function of three counters, and each counter changes them. */
START_TEST(test_random_counters)
{
    uint64_t r = sx_random_bits(1, 2, 3);
    ck_assert_uint_eq(sx_random_bits(1, 2, 3), r);
    ck_assert_uint_ne(sx_random_bits(0, 2, 3), r);
    ck_assert_uint_ne(sx_random_bits(1, 3, 3), r);
    ck_assert_uint_ne(sx_random_bits(1, 2, 4), r);
    ck_assert_uint_ne(sx_random_bits(2, 1, 3), r);
    for (uint64_t i = 0; i < 1000; i++) {
        double u = sx_random_uniform(0, 0, i);
        ck_assert(u >= 0 && u < 1);
    }
}
END_TEST

/* Random numbers must be the same in every version. The expected numbers are from another
 * program. */
START_TEST(test_random_values)
{
    ck_assert_uint_eq(sx_random_bits(0, 0, 0), 0x238275bc38fcbe91ULL);
    ck_assert_uint_eq(sx_random_bits(1, 2, 3), 0x8568f7c4e53b5a35ULL);
    ck_assert_uint_eq(sx_random_bits(UINT64_MAX, 7, (uint64_t)1 << 40), 0x868071ac8897f5bfULL);
}
END_TEST

/* The method of Box and Muller (1958), of two uniform draws. */
START_TEST(test_random_normals)
{
    for (uint64_t i = 0; i < 20; i++) {
        double u = 1 - sx_random_uniform(5, 3, 2 * i), v = sx_random_uniform(5, 3, 2 * i + 1);
        ck_assert_double_eq_tol(sx_random_normal(5, 3, i),
                                sqrt(-2 * log(u)) * cos(2 * acos(-1) * v), 1e-12);
    }
}
END_TEST

/* Moments of 100,000 draws are within five standard errors of the truth in every stream. */
START_TEST(test_random_moments)
{
    const int n = 100000;
    for (uint64_t stream = 0; stream < 3; stream++) {
        double mean = 0, square = 0, next = 0, u = 0, before = 0;
        for (int i = 0; i < n; i++) {
            double z = sx_random_normal(42, stream, (uint64_t)i);
            mean += z / n;
            square += z * z / n;
            next += z * before / n;
            before = z;
            u += sx_random_uniform(42, stream, (uint64_t)i) / n;
        }
        ck_assert_double_eq_tol(mean, 0, 5 / sqrt(n));
        ck_assert_double_eq_tol(square, 1, 5 * sqrt(2.0 / n));
        ck_assert_double_eq_tol(next, 0, 5 / sqrt(n));
        ck_assert_double_eq_tol(u, 0.5, 5 / sqrt(12.0 * n));
    }
}
END_TEST

int main(void)
{
    TCase *c = suite_case("base");
    tcase_add_loop_test(c, test_large_blocks, 0, 3);
    SUITE_ADD(
        c, test_first_error_stays, test_place_comes_first, test_failed_allocation_has_a_reason,
        test_nearest_names, test_message_fills_its_room, test_message_is_one_line,
        test_cut_middle, test_xml_entity, test_checked_sizes, test_allocations, test_grow,
        test_arena, test_strdup, test_shape_count, test_shape_equal, test_tensor_new,
        test_tensor_convert, test_type_sizes, test_sha256, test_sha256_in_steps, test_hash,
        test_random_counters, test_random_values, test_random_normals, test_random_moments);
    return suite_run();
}
