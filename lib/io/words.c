/* words.c - numbers of texts: a text gets the next number when it is first seen. Number 0 is "". */
#include <stdlib.h>
#include <string.h>

#include "io/io.h"

struct sx_words {
    char **text;
    size_t n, capacity;
    int64_t *bucket; /* 1 + a number; open addressing, size is a power of two */
    size_t size;
};

struct sx_words *sx_words_new(struct sx_error *error)
{
    struct sx_words *w = sx_new(1, sizeof *w, error);
    if (w != NULL && sx_words_number(w, "", 0, error) < 0) {
        sx_words_free(w);
        return NULL;
    }
    return w;
}

void sx_words_free(struct sx_words *w)
{
    for (size_t i = 0; w != NULL && i < w->n; i++)
        free(w->text[i]);
    if (w != NULL) {
        free(w->text);
        free(w->bucket);
    }
    free(w);
}

const char *sx_words_text(const struct sx_words *w, int64_t number)
{
    return number >= 0 && (size_t)number < w->n ? w->text[number] : NULL;
}

static size_t slot(const struct sx_words *w, const char *text, size_t n)
{
    size_t at = sx_hash(SX_HASH_START, text, n) & (w->size - 1);
    for (; w->bucket[at] != 0; at = (at + 1) & (w->size - 1)) {
        const char *known = w->text[w->bucket[at] - 1];
        if (strlen(known) == n && memcmp(known, text, n) == 0)
            break;
    }
    return at;
}

static bool widen(struct sx_words *w, struct sx_error *error)
{
    size_t size = w->size > 0 ? 2 * w->size : 64;
    int64_t *bucket = sx_new(size, sizeof *bucket, error);
    if (bucket == NULL)
        return false;
    free(w->bucket);
    w->bucket = bucket;
    w->size = size;
    for (size_t i = 0; i < w->n; i++)
        w->bucket[slot(w, w->text[i], strlen(w->text[i]))] = (int64_t)i + 1;
    return true;
}

/* The number of a text, which ends at its first NUL. */
int64_t sx_words_number(struct sx_words *w, const char *text, size_t n, struct sx_error *error)
{
    n = strnlen(text, n);
    if (2 * (w->n + 1) > w->size && !widen(w, error))
        return -1;
    size_t at = slot(w, text, n);
    if (w->bucket[at] != 0)
        return w->bucket[at] - 1;
    if (!sx_grow((void **)&w->text, &w->capacity, w->n + 1, sizeof *w->text, error))
        return -1;
    char *copy = sx_new(n + 1, 1, error);
    if (copy == NULL)
        return -1;
    if (n > 0)
        memcpy(copy, text, n);
    w->text[w->n++] = copy;
    w->bucket[at] = (int64_t)w->n;
    return (int64_t)w->n - 1;
}
