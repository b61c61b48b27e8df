/* base.h - what everything stands on: errors, checked sizes, memory, hashing, random numbers. */
#ifndef SX_BASE_H
#define SX_BASE_H

#include "sextant/base.h"

/* Marks functions whose format string the compiler should check. */
#define SX_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Records a failure unless one is recorded already (the first one is the cause).
 * Always returns false, so that callers can `return sx_fail(...)`. */
bool sx_fail(struct sx_error *error, enum sx_status status, const char *format, ...)
    SX_PRINTF(3, 4);

/* Records that a limit forbids something: status 6. Always returns false. */
bool sx_over_limit(struct sx_error *error, const char *format, ...) SX_PRINTF(2, 3);

/* Records the failure that *from holds, if it holds one. Always returns false. */
bool sx_fail_as(struct sx_error *error, const struct sx_error *from);

/* Puts "place: " before the recorded message. Always returns false. */
bool sx_fail_at(struct sx_error *error, const char *format, ...) SX_PRINTF(2, 3);

/* Checked arithmetic on sizes: false on overflow, *result untouched. */
bool sx_size_add(size_t *result, size_t a, size_t b);
bool sx_size_mul(size_t *result, size_t a, size_t b);

/* Allocation of `n` items of `size` bytes, zeroed; NULL with status 6 in *error on failure. */
void *sx_new(size_t n, size_t size, struct sx_error *error);

/* The same aligned to 64 bytes, not zeroed; free with free(). */
void *sx_new_aligned(size_t n, size_t size, struct sx_error *error);

/* The same for much that is filled at once: in huge pages, where the system has them. */
void *sx_new_huge(size_t bytes, struct sx_error *error);

/* Makes room for at least `need` items in the growing array *items of capacity *capacity. */
bool sx_grow(void **items, size_t *capacity, size_t need, size_t size, struct sx_error *error);

/* A copy of a string; NULL with status 6 on failure. */
char *sx_strdup(const char *text, struct sx_error *error);

/* A tensor as sx_tensor_new makes it, its elements not set. */
bool sx_tensor_room(struct sx_tensor *tensor, enum sx_type type, const struct sx_shape *shape,
                    struct sx_error *error);

/* A real as int64, towards 0: NaN gives 0, a real out of the range the nearest end. */
static inline int64_t sx_nearest_int(double value)
{
    if (value >= 0x1p63)
        return INT64_MAX;
    if (value < -0x1p63)
        return INT64_MIN;
    return value != value ? 0 : (int64_t)value;
}

/* An arena: many small allocations that end together. Zero-initialise it. */
struct sx_arena {
    struct sx_arena_block *block;
    size_t used;
};

/* `n` items of `size` bytes, zeroed, aligned to 16; NULL with status 6 on failure. */
void *sx_arena_new(struct sx_arena *arena, size_t n, size_t size, struct sx_error *error);
char *sx_arena_strdup(struct sx_arena *arena, const char *text, struct sx_error *error);
void sx_arena_free(struct sx_arena *arena);

/* FNV-1a over bytes, continuing from `hash` (start with SX_HASH_START). */
#define SX_HASH_START 14695981039346656037ULL
uint64_t sx_hash(uint64_t hash, const void *bytes, size_t n);

/* The SHA-256 of bytes as 64 lower-case hexadecimal digits and a NUL. */
void sx_sha256(const void *bytes, size_t n, char hex[65]);
/* The same, that tells `passed` after every few megabytes how many bytes it is done with. */
void sx_sha256_passing(const void *bytes, size_t n,
                       void (*passed)(const void *context, size_t done), const void *context,
                       char hex[65]);

/* Counter-based random numbers: the value is a pure function of its three counters. */
uint64_t sx_random_bits(uint64_t seed, uint64_t stream, uint64_t draw);
double sx_random_uniform(uint64_t seed, uint64_t stream, uint64_t draw); /* [0, 1) */
double sx_random_normal(uint64_t seed, uint64_t stream, uint64_t draw);  /* N(0, 1) */

/* Wide enough for any place name in a message, after which text is cut. */
#define SX_NAME_SHOWN 80

/* The bytes of the well-formed UTF-8 character at `text`, 0 if there is none. */
size_t sx_utf8_length(const char *text);

/* Cuts UTF-8 text to fit into `room` bytes, with "..." in place of its middle. */
void sx_cut_middle(char *text, size_t room);

/* What stands in XML and in HTML for the character at `text`, which takes *n bytes; NULL: the character
 * itself. '?' stands for bytes that are no text, and for control characters but tab and newline. */
const char *sx_xml_entity(const char *text, size_t *n);

/* Whether memory was refused by the system, and not by a limit: another layer or another way would
 * give other bytes than a machine with more of it does. */
bool sx_exhausted(const struct sx_error *error);

#endif
