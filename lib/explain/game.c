/* game.c - games: values are cached, in a table of all coalitions or in a hash table. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explain/game.h"

/* Coalitions that are looked up and evaluated together. */
#define CHUNK 4096

struct sx_game *sx_game_new(int64_t players, sx_game_value value, void *context,
                            struct sx_error *error)
{
    struct sx_game *game = sx_new(1, sizeof *game, error);
    if (game == NULL)
        return NULL;
    game->players = players;
    game->words = sx_set_words(players);
    game->value = value;
    game->context = context;
    game->live = sx_new((size_t)players, sizeof *game->live, error);
    game->live_set = sx_new(game->words, sizeof *game->live_set, error);
    if (game->live == NULL || game->live_set == NULL) {
        sx_game_free(game);
        return NULL;
    }
    for (int64_t i = 0; i < players; i++) {
        game->live[game->n_live++] = i;
        sx_set_add(game->live_set, i);
    }
    return game;
}

void sx_game_free(struct sx_game *game)
{
    if (game == NULL)
        return;
    if (game->release != NULL)
        game->release(game->context);
    free(game->live);
    free(game->live_set);
    free(game->table);
    free(game->moebius);
    free(game->memo.key);
    free(game->memo.value);
    free(game->memo.state);
    free(game);
}

int64_t sx_game_players(const struct sx_game *game)
{
    return game->players;
}

bool sx_game_plays(const struct sx_game *game, int64_t player)
{
    return sx_set_has(game->live_set, player);
}

int64_t sx_game_evaluations(const struct sx_game *game)
{
    return game->evaluations;
}

bool sx_game_limited(const struct sx_game *game)
{
    return game->watch != NULL && game->watch->limited;
}

bool sx_game_stopped(const struct sx_game *game)
{
    return game->watch != NULL && game->watch->stopped;
}

void sx_game_drop(struct sx_game *game, const bool *is_null)
{
    game->n_live = 0;
    for (int64_t i = 0; i < game->players; i++) {
        if (is_null[i])
            sx_set_remove(game->live_set, i);
        else
            game->live[game->n_live++] = i;
    }
}

void sx_game_spread(const struct sx_game *game, uint64_t local, uint64_t *coalition)
{
    memset(coalition, 0, game->words * sizeof *coalition);
    for (; local != 0; local &= local - 1)
        sx_set_add(coalition, game->live[__builtin_ctzll(local)]);
}

static uint64_t gather(const struct sx_game *game, const uint64_t *coalition)
{
    uint64_t local = 0;
    if (game->n_live == game->players)
        return coalition[0] & game->live_set[0];
    for (int64_t k = 0; k < game->n_live; k++)
        local |= (uint64_t)sx_set_has(coalition, game->live[k]) << k;
    return local;
}

/* Writes a coalition such as "{0,3,5}"; a long one is truncated. */
static void name_coalition(const struct sx_game *game, const uint64_t *coalition, char *text,
                           size_t size)
{
    size_t at = (size_t)snprintf(text, size, "{");
    for (int64_t i = 0; i < game->players && at + 16 < size; i++)
        if (sx_set_has(coalition, i))
            at +=
                (size_t)snprintf(text + at, size - at, at > 1 ? ",%lld" : "%lld", (long long)i);
    snprintf(text + at, size - at, "}");
}

/* Evaluates coalitions by the game's function. */
static bool ask(struct sx_game *game, int64_t n, const uint64_t *coalitions, double *values,
                struct sx_error *error)
{
    char name[200];
    if (n == 0)
        return true;
    if (!game->value(game->context, n, coalitions, values, error))
        return false;
    game->evaluations += n;
    for (int64_t i = 0; i < n && !game->keep_nonfinite; i++)
        if (!isfinite(values[i])) {
            name_coalition(game, coalitions + (size_t)i * game->words, name, sizeof name);
            return sx_fail(error, SX_FAILED, "the value of %s is not finite", name);
        }
    return true;
}

/* ---- The table ---- */

bool sx_game_fill(struct sx_game *game, struct sx_error *error)
{
    if (game->table != NULL)
        return true;
    size_t count = (size_t)1 << game->n_live;
    double *table = sx_new_aligned(count, sizeof *table, error);
    uint64_t *coalition = sx_new(CHUNK, game->words * sizeof *coalition, error);
    bool ok = table != NULL && coalition != NULL;
    for (size_t done = 0; ok && done < count; done += CHUNK) {
        size_t now = count - done < CHUNK ? count - done : CHUNK;
        for (size_t i = 0; i < now; i++)
            sx_game_spread(game, done + i, coalition + i * game->words);
        ok = game->given || game->memo.count > 0
                 ? sx_game_values(game, (int64_t)now, coalition, table + done, error)
                 : ask(game, (int64_t)now, coalition, table + done, error);
    }
    free(coalition);
    if (ok)
        game->table = table;
    else
        free(table);
    return ok;
}

/* ---- The hash table ---- */

/* The slot of a key, or the free slot where it would be put. */
static size_t place_of(const struct sx_memo *memo, const uint64_t *key, size_t words)
{
    size_t at = 0;
    uint64_t hash = SX_HASH_START;
    for (size_t i = 0; i < words; i++)
        hash = (hash ^ key[i]) * 0x9e3779b97f4a7c15ULL, hash ^= hash >> 29;
    for (at = hash & (memo->capacity - 1); memo->state[at] != 0;
         at = (at + 1) & (memo->capacity - 1))
        if (memcmp(memo->key + at * words, key, words * sizeof *key) == 0)
            break;
    return at;
}

/* Makes room for `more` keys, with a load of at most one half. */
static bool memo_reserve(struct sx_memo *memo, size_t more, size_t words,
                         struct sx_error *error)
{
    size_t capacity = memo->capacity > 0 ? memo->capacity : 2 * CHUNK;
    while (capacity < 2 * (memo->count + more))
        capacity *= 2;
    if (capacity == memo->capacity)
        return true;
    struct sx_memo to = {.capacity = capacity, .count = memo->count};
    to.key = sx_new(capacity, words * sizeof *to.key, error);
    to.value = sx_new(capacity, sizeof *to.value, error);
    to.state = sx_new(capacity, sizeof *to.state, error);
    bool ok = to.key != NULL && to.value != NULL && to.state != NULL;
    for (size_t i = 0; ok && i < memo->capacity; i++) {
        if (memo->state[i] == 0)
            continue;
        size_t at = place_of(&to, memo->key + i * words, words);
        memcpy(to.key + at * words, memo->key + i * words, words * sizeof *to.key);
        to.value[at] = memo->value[i];
        to.state[at] = memo->state[i];
    }
    struct sx_memo *drop = ok ? memo : &to;
    free(drop->key);
    free(drop->value);
    free(drop->state);
    if (ok)
        *memo = to;
    return ok;
}

bool sx_game_note(struct sx_game *game, const uint64_t *coalition, double value,
                  struct sx_error *error)
{
    struct sx_memo *memo = &game->memo;
    if (!memo_reserve(memo, 1, game->words, error))
        return false;
    size_t at = place_of(memo, coalition, game->words);
    memo->count += memo->state[at] == 0;
    memcpy(memo->key + at * game->words, coalition, game->words * sizeof *coalition);
    memo->value[at] = value;
    memo->state[at] = 1;
    return true;
}

/* Buffers of one chunk of coalitions. */
struct chunk {
    size_t *place;       /* the slot of each coalition */
    size_t *fresh;       /* slots whose values are not known yet */
    uint64_t *coalition; /* their coalitions */
    double *value;
};

/* Finds the slots of n coalitions; *n_fresh of them are new. */
static void look_up(struct sx_game *game, int64_t n, const uint64_t *coalitions,
                    struct chunk *chunk, int64_t *n_fresh)
{
    struct sx_memo *memo = &game->memo;
    size_t words = game->words;
    *n_fresh = 0;
    for (int64_t i = 0; i < n; i++) {
        uint64_t *key = chunk->coalition + (size_t)*n_fresh * words;
        for (size_t k = 0; k < words; k++)
            key[k] = coalitions[(size_t)i * words + k] & game->live_set[k];
        size_t at = chunk->place[i] = place_of(memo, key, words);
        if (memo->state[at] == 1 || memo->state[at] == 2)
            continue;
        memcpy(memo->key + at * words, key, words * sizeof *key);
        memo->count += memo->state[at] == 0;
        memo->state[at] = 2;
        chunk->fresh[(*n_fresh)++] = at;
    }
}

/* Values of a game that has no function: they have to be in the cache. */
static bool given_values(const struct sx_game *game, int64_t n, const uint64_t *coalitions,
                         double *values, struct sx_error *error)
{
    char name[200];
    for (int64_t i = 0; i < n; i++) {
        const uint64_t *coalition = coalitions + (size_t)i * game->words;
        size_t at = game->memo.capacity > 0 ? place_of(&game->memo, coalition, game->words) : 0;
        if (game->memo.capacity == 0 || game->memo.state[at] != 1) {
            name_coalition(game, coalition, name, sizeof name);
            return sx_fail(error, SX_FAILED, "the game has no value for %s", name);
        }
        values[i] = game->memo.value[at];
    }
    return true;
}

static bool values_of_chunk(struct sx_game *game, int64_t n, const uint64_t *coalitions,
                            double *values, struct chunk *chunk, struct sx_error *error)
{
    struct sx_memo *memo = &game->memo;
    int64_t n_fresh;
    if (!memo_reserve(memo, (size_t)n, game->words, error))
        return false;
    look_up(game, n, coalitions, chunk, &n_fresh);
    if (!ask(game, n_fresh, chunk->coalition, chunk->value, error)) {
        /* marks a failed entry, so that probing does not stop there */
        for (int64_t i = 0; i < n_fresh; i++)
            memo->state[chunk->fresh[i]] = 3;
        return false;
    }
    for (int64_t i = 0; i < n_fresh; i++) {
        memo->value[chunk->fresh[i]] = chunk->value[i];
        memo->state[chunk->fresh[i]] = 1;
    }
    for (int64_t i = 0; i < n; i++)
        values[i] = memo->value[chunk->place[i]];
    return true;
}

bool sx_game_values(struct sx_game *game, int64_t n, const uint64_t *coalitions, double *values,
                    struct sx_error *error)
{
    if (game->table != NULL) {
        for (int64_t i = 0; i < n; i++)
            values[i] = game->table[gather(game, coalitions + (size_t)i * game->words)];
        return true;
    }
    if (game->given)
        return given_values(game, n, coalitions, values, error);
    size_t room = (size_t)(n < CHUNK ? n : CHUNK);
    struct chunk chunk = {.place = sx_new(room, sizeof(size_t), error),
                          .fresh = sx_new(room, sizeof(size_t), error),
                          .coalition = sx_new(room + 1, game->words * sizeof(uint64_t), error),
                          .value = sx_new(room, sizeof(double), error)};
    bool ok = chunk.place != NULL && chunk.fresh != NULL && chunk.coalition != NULL &&
              chunk.value != NULL;
    for (int64_t done = 0; ok && done < n; done += CHUNK) {
        int64_t now = n - done < CHUNK ? n - done : CHUNK;
        ok = values_of_chunk(game, now, coalitions + (size_t)done * game->words, values + done,
                             &chunk, error);
    }
    free(chunk.place);
    free(chunk.fresh);
    free(chunk.coalition);
    free(chunk.value);
    return ok;
}
