/* keys.c - sets of names, as hash tables of 64-bit keys. */
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/inner.h"

static uint64_t mix(uint64_t h)
{
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93u;
    h ^= h >> 32;
    return h;
}

uint64_t cli_key(const char *name, int64_t index)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (; *name != '\0'; name++)
        h = (h ^ (unsigned char)*name) * 0x100000001b3u;
    h = mix(h ^ mix((uint64_t)index + 0x9e3779b97f4a7c15u));
    return h != 0 ? h : 1;
}

/* The slot that holds the key, or the free slot where it would be put. The table always has a free
 * slot. */
static uint64_t *place(const struct cli_keys *keys, uint64_t key)
{
    size_t at = (size_t)key & (keys->room - 1);
    while (keys->slot[at] != 0 && keys->slot[at] != key)
        at = (at + 1) & (keys->room - 1);
    return &keys->slot[at];
}

bool cli_keys_have(const struct cli_keys *keys, uint64_t key)
{
    return keys->room > 0 && *place(keys, key) != 0;
}

static void grow(const struct cli *cli, struct cli_keys *keys)
{
    struct cli_keys more = {.room = keys->room > 0 ? 2 * keys->room : 64, .n = keys->n};
    more.slot = cli_must(cli, calloc(more.room, sizeof *more.slot));
    for (size_t i = 0; i < keys->room; i++)
        if (keys->slot[i] != 0)
            *place(&more, keys->slot[i]) = keys->slot[i];
    free(keys->slot);
    *keys = more;
}

bool cli_keys_add(const struct cli *cli, struct cli_keys *keys, uint64_t key)
{
    if (2 * keys->n >= keys->room)
        grow(cli, keys);
    uint64_t *slot = place(keys, key);
    if (*slot != 0)
        return false;
    *slot = key;
    keys->n++;
    return true;
}

/* Removes a key. Following keys of the same run of slots move up, so that searches still reach
 * them. */
void cli_keys_drop(struct cli_keys *keys, uint64_t key)
{
    if (!cli_keys_have(keys, key))
        return;
    size_t at = (size_t)(place(keys, key) - keys->slot), mask = keys->room - 1;
    keys->slot[at] = 0;
    keys->n--;
    for (size_t next = (at + 1) & mask; keys->slot[next] != 0; next = (next + 1) & mask) {
        uint64_t moved = keys->slot[next];
        keys->slot[next] = 0;
        *place(keys, moved) = moved;
    }
}

void cli_keys_free(struct cli_keys *keys)
{
    free(keys->slot);
    *keys = (struct cli_keys){0};
}
