/* memory.c - checked sizes, allocations that can fail, and the arena. */
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/base.h"

bool sx_size_add(size_t *result, size_t a, size_t b)
{
    size_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *result = sum;
    return true;
}

bool sx_size_mul(size_t *result, size_t a, size_t b)
{
    size_t product;
    if (__builtin_mul_overflow(a, b, &product))
        return false;
    *result = product;
    return true;
}

/* Larger allocations are refused here, because some allocators would end the process. */
#define BIGGEST ((size_t)1 << 39)

static bool no_memory(size_t bytes, struct sx_error *error)
{
    const size_t mega = (size_t)1 << 20;
    if (bytes < mega)
        return sx_fail(error, SX_MEMORY, "out of memory");
    if (bytes > BIGGEST)
        return sx_over_limit(error, "out of memory: %zu MB are too much", bytes / mega);
    if (error != NULL && error->status == SX_OK) {
        sx_fail(error, SX_MEMORY, "out of memory: %zu MB are too much", bytes / mega);
        error->want = SX_WANT_MUCH;
    }
    return false;
}

/* The size of a huge page, which one page fault brings in; small pages would take 512. */
#define HUGE ((size_t)1 << 21)

void *sx_new(size_t n, size_t size, struct sx_error *error)
{
    size_t bytes = SIZE_MAX;
    void *p = NULL;
    if (sx_size_mul(&bytes, n, size) && bytes >= 2 * HUGE) {
        p = sx_new_huge(bytes, error);
        return p != NULL ? memset(p, 0, bytes) : NULL;
    }
    if (bytes <= BIGGEST)
        p = calloc(n > 0 ? n : 1, size > 0 ? size : 1);
    if (p == NULL)
        no_memory(bytes, error);
    return p;
}

void *sx_new_aligned(size_t n, size_t size, struct sx_error *error)
{
    size_t bytes = SIZE_MAX;
    void *p = NULL;
    if (!sx_size_mul(&bytes, n, size) || bytes > BIGGEST ||
        posix_memalign(&p, 64, bytes > 0 ? bytes : 64) != 0) {
        no_memory(bytes, error);
        return NULL;
    }
    return p;
}

void *sx_new_huge(size_t bytes, struct sx_error *error)
{
    void *p = NULL;
    if (bytes < 2 * HUGE)
        return sx_new_aligned(bytes, 1, error);
    if (bytes > BIGGEST || posix_memalign(&p, HUGE, bytes) != 0) {
        no_memory(bytes, error);
        return NULL;
    }
    madvise(p, bytes / HUGE * HUGE, MADV_HUGEPAGE);
    return p;
}

bool sx_grow(void **items, size_t *capacity, size_t need, size_t size, struct sx_error *error)
{
    if (need <= *capacity)
        return true;
    size_t wanted = need + need / 2 + 8, bytes = SIZE_MAX;
    if (wanted < need || !sx_size_mul(&bytes, wanted, size) || bytes > BIGGEST)
        return no_memory(bytes, error);
    void *p = realloc(*items, bytes);
    if (p == NULL)
        return no_memory(bytes, error);
    memset((char *)p + *capacity * size, 0, bytes - *capacity * size);
    *items = p;
    *capacity = wanted;
    return true;
}

char *sx_strdup(const char *text, struct sx_error *error)
{
    size_t n = strlen(text) + 1;
    char *copy = sx_new(n, 1, error);
    if (copy != NULL)
        memcpy(copy, text, n);
    return copy;
}

/* A block of an arena. Blocks double in size, so there are few of them. */
struct sx_arena_block {
    struct sx_arena_block *next;
    size_t size;
    alignas(16) char bytes[];
};

static bool arena_block(struct sx_arena *arena, size_t need, struct sx_error *error)
{
    size_t size = arena->block != NULL ? 2 * arena->block->size : 4096;
    if (size > ((size_t)1 << 24))
        size = (size_t)1 << 24;
    if (size < need)
        size = need;
    struct sx_arena_block *block = calloc(1, sizeof *block + size);
    if (block == NULL)
        return sx_fail(error, SX_MEMORY, "out of memory");
    block->next = arena->block;
    block->size = size;
    arena->block = block;
    arena->used = 0;
    return true;
}

void *sx_arena_new(struct sx_arena *arena, size_t n, size_t size, struct sx_error *error)
{
    size_t bytes;
    if (!sx_size_mul(&bytes, n, size) || bytes > BIGGEST) {
        sx_fail(error, SX_MEMORY, "out of memory");
        return NULL;
    }
    bytes = (bytes + 15) & ~(size_t)15;
    if (arena->block == NULL || arena->block->size - arena->used < bytes)
        if (!arena_block(arena, bytes, error))
            return NULL;
    void *p = arena->block->bytes + arena->used;
    arena->used += bytes;
    return p;
}

char *sx_arena_strdup(struct sx_arena *arena, const char *text, struct sx_error *error)
{
    size_t n = strlen(text) + 1;
    char *copy = sx_arena_new(arena, n, 1, error);
    if (copy != NULL)
        memcpy(copy, text, n);
    return copy;
}

void sx_arena_free(struct sx_arena *arena)
{
    while (arena->block != NULL) {
        struct sx_arena_block *next = arena->block->next;
        free(arena->block);
        arena->block = next;
    }
    arena->used = 0;
}
