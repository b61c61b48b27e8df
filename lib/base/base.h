/* base.h - the foundation of all folders: errors, checked sizes, memory, hashing, random numbers. */
#ifndef SX_BASE_H
#define SX_BASE_H

#include "sextant/base.h"

/* Marks functions whose format string the compiler should check. */
#define SX_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Records a failure, unless one is recorded already, which is then the cause. Returns false, so
 * that callers can `return sx_fail(...)`. */
bool sx_fail(struct sx_error *error, enum sx_status status, const char *format, ...)
    SX_PRINTF(3, 4);

/* Records that a limit forbids something: status 6. Returns false. */
bool sx_over_limit(struct sx_error *error, const char *format, ...) SX_PRINTF(2, 3);

/* Records the failure that *from holds, if any. Returns false. */
bool sx_fail_as(struct sx_error *error, const struct sx_error *from);

/* Puts "place: " in front of the recorded message. Returns false. */
bool sx_fail_at(struct sx_error *error, const char *format, ...) SX_PRINTF(2, 3);

/* Checked arithmetic on sizes. False on overflow; *result is then unchanged. */
bool sx_size_add(size_t *result, size_t a, size_t b);
bool sx_size_mul(size_t *result, size_t a, size_t b);

/* Allocates n zeroed items of `size` bytes; NULL with status 6 on failure. */
void *sx_new(size_t n, size_t size, struct sx_error *error);

/* The same, aligned to 64 bytes and not zeroed; free with free(). */
void *sx_new_aligned(size_t n, size_t size, struct sx_error *error);

/* The same for large blocks that are filled at once: in huge pages, if the system has them. */
void *sx_new_huge(size_t bytes, struct sx_error *error);

/* Ensures room for `need` items in the growing array *items, whose capacity is *capacity. */
bool sx_grow(void **items, size_t *capacity, size_t need, size_t size, struct sx_error *error);

/* Copies a string; NULL with status 6 on failure. */
char *sx_strdup(const char *text, struct sx_error *error);

/* As sx_tensor_new, but the elements are not set. */
bool sx_tensor_room(struct sx_tensor *tensor, enum sx_type type, const struct sx_shape *shape,
                    struct sx_error *error);

/* Converts a real to int64, towards 0. NaN gives 0; a real out of range gives the nearest end. */
static inline int64_t sx_nearest_int(double value)
{
    if (value >= 0x1p63)
        return INT64_MAX;
    if (value < -0x1p63)
        return INT64_MIN;
    return value != value ? 0 : (int64_t)value;
}

/* An arena: many small allocations that are freed together. Zero-initialise it. */
struct sx_arena {
    struct sx_arena_block *block;
    size_t used;
};

/* Allocates n zeroed items of `size` bytes, aligned to 16; NULL with status 6 on failure. */
void *sx_arena_new(struct sx_arena *arena, size_t n, size_t size, struct sx_error *error);
char *sx_arena_strdup(struct sx_arena *arena, const char *text, struct sx_error *error);
void sx_arena_free(struct sx_arena *arena);

/* FNV-1a over bytes, continuing from `hash`; start with SX_HASH_START. */
#define SX_HASH_START 14695981039346656037ULL
uint64_t sx_hash(uint64_t hash, const void *bytes, size_t n);

/* The SHA-256 of bytes as 64 lower-case hexadecimal digits and a NUL. */
void sx_sha256(const void *bytes, size_t n, char hex[65]);
/* The same; every few megabytes it calls `passed` with the number of bytes done. */
void sx_sha256_passing(const void *bytes, size_t n,
                       void (*passed)(const void *context, size_t done), const void *context,
                       char hex[65]);

/* Counter-based random numbers: pure functions of three counters. */
uint64_t sx_random_bits(uint64_t seed, uint64_t stream, uint64_t draw);
double sx_random_uniform(uint64_t seed, uint64_t stream, uint64_t draw); /* [0, 1) */
double sx_random_normal(uint64_t seed, uint64_t stream, uint64_t draw);  /* N(0, 1) */

/* The most characters of a place's name in a message. */
#define SX_NAME_SHOWN 80

/* The length in bytes of the well-formed UTF-8 character at `text`; 0: there is none. */
size_t sx_utf8_length(const char *text);

/* Shortens UTF-8 text to fit `room` bytes, by replacing its middle by "...". */
void sx_cut_middle(char *text, size_t room);

/* The text that represents the character at `text` in XML and HTML; NULL: the character itself. *n
 * is its length in bytes. '?' represents invalid bytes, and control characters except tab and
 * newline. */
const char *sx_xml_entity(const char *text, size_t *n);

/* Whether the system refused memory, not a limit. The caller must then not fall back to another
 * layer or method: on a machine with more memory the result would have other bytes. */
bool sx_exhausted(const struct sx_error *error);

#endif
