/* game_file.c - games in files: a vector of all 2^n values, or lines of the known values. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "io/io.h"
#include "explain/game.h"
#include "sextant/result.h"

/* The most players of a file. */
#define MOST_PLAYERS 65536

/* ---- Reading ---- */

/* A game that knows only the values in the file. */
static struct sx_game *given_game(int64_t players, struct sx_error *error)
{
    struct sx_game *game = sx_game_new(players, NULL, NULL, error);
    if (game != NULL)
        game->given = true;
    return game;
}

/* Reads the elements of an open .npy as a tensor. */
static bool read_vector(struct sx_file *file, struct sx_tensor *t, struct sx_error *error)
{
    struct sx_stored stored = {0};
    int64_t count = 0;
    if (!sx_npy_parse(file, &stored, error) || !sx_shape_count(&stored.shape, &count, error))
        return false;
    if (count < 2 || (count & (count - 1)) != 0 || count > (int64_t)1 << SX_TABLE_PLAYERS)
        return sx_fail(error, SX_FAILED, "%lld values are not 2^n of n = 1..%d players",
                       (long long)count, SX_TABLE_PLAYERS);
    if (file->size / stored.width < (size_t)count)
        return sx_fail(error, SX_FAILED, "the data end early");
    return sx_tensor_new(t, stored.type, &stored.shape, error) &&
           (sx_stored_decode(&stored, file->bytes, (size_t)count, t->data) ||
            sx_fail(error, SX_FAILED, "a value has no place in 64 bits"));
}

/* Makes a game with a table of these values. */
static struct sx_game *vector_game(const struct sx_tensor *t, struct sx_error *error)
{
    int64_t count = sx_count(&t->shape);
    struct sx_game *game = given_game(__builtin_ctzll((uint64_t)count), error);
    if (game == NULL)
        return NULL;
    game->table = sx_new_aligned((size_t)count, sizeof *game->table, error);
    bool ok = game->table != NULL;
    for (int64_t i = 0; ok && i < count; i++) {
        game->table[i] = sx_tensor_get(t, i);
        if (!isfinite(game->table[i]))
            ok = sx_fail(error, SX_FAILED, "value %lld is not finite", (long long)i);
    }
    if (ok)
        return game;
    sx_game_free(game);
    return NULL;
}

static struct sx_game *load_vector(struct sx_file *file, struct sx_error *error)
{
    struct sx_tensor t = {0};
    struct sx_game *game = read_vector(file, &t, error) ? vector_game(&t, error) : NULL;
    sx_tensor_free(&t);
    return game;
}

/* Reads a JSON integer from `least` to `most`. */
static bool read_int(const cJSON *item, int64_t least, int64_t most, int64_t *value)
{
    double v = cJSON_IsNumber(item) ? cJSON_GetNumberValue(item) : NAN;
    if (!(v >= (double)least && v <= (double)most) || v != floor(v))
        return false;
    *value = (int64_t)v;
    return true;
}

/* Reads the value exactly. cJSON rounds some numbers, so it is parsed again from the text, and must
 * be close to cJSON's value. */
static bool exact_value(const char *line, size_t n, const cJSON *object, double *value)
{
    static const char key[] = "\"value\"";
    const char *at = memmem(line, n, key, sizeof key - 1), *end = line + n;
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, "value");
    if (at == NULL || !cJSON_IsNumber(item))
        return false;
    double about = cJSON_GetNumberValue(item);
    for (at += sizeof key - 1; at < end && (*at == ' ' || *at == '\t' || *at == ':');)
        at++;
    size_t length = 0;
    while (at + length < end && memchr("+-.eE0123456789", at[length], 15) != NULL)
        length++;
    return sx_number_parse(at, length, value) && isfinite(*value) &&
           fabs(*value - about) <= 1e-12 * fabs(about);
}

/* Stores a value. A coalition may occur only once. */
static bool note_new(struct sx_game *game, const uint64_t *coalition, double value,
                     struct sx_error *error)
{
    size_t before = game->memo.count;
    return sx_game_note(game, coalition, value, error) &&
           (game->memo.count > before ||
            sx_fail(error, SX_FAILED, "the coalition has a value already"));
}

static bool take_line(struct sx_game *game, const char *line, size_t n, uint64_t *coalition,
                      struct sx_error *error)
{
    struct cJSON *object = sx_json_parse(line, n, error);
    const cJSON *present = cJSON_GetObjectItemCaseSensitive(object, "present"), *item = NULL;
    double value = 0;
    bool ok = object != NULL;
    if (ok && (!cJSON_IsArray(present) || !exact_value(line, n, object, &value)))
        ok = sx_fail(error, SX_FAILED, "is not {\"present\":[players],\"value\":number}");
    memset(coalition, 0, game->words * sizeof *coalition);
    cJSON_ArrayForEach(item, present)
    {
        int64_t player = 0;
        ok = ok && (read_int(item, 0, game->players - 1, &player) ||
                    sx_fail(error, SX_FAILED, "a player is none of 0..%lld",
                            (long long)game->players - 1));
        if (ok && sx_set_has(coalition, player))
            ok = sx_fail(error, SX_FAILED, "player %lld is there twice", (long long)player);
        if (ok)
            sx_set_add(coalition, player);
    }
    ok = ok && note_new(game, coalition, value, error);
    cJSON_Delete(object);
    return ok;
}

static struct sx_game *first_line(const char *line, size_t n, struct sx_error *error)
{
    int64_t players = 0;
    struct cJSON *object = sx_json_parse(line, n, error);
    bool ok = object != NULL;
    if (ok && !read_int(cJSON_GetObjectItemCaseSensitive(object, "players"), 1, MOST_PLAYERS,
                        &players))
        ok = sx_fail(error, SX_FAILED, "is not {\"players\":n}, n = 1..%d", MOST_PLAYERS);
    cJSON_Delete(object);
    return ok ? given_game(players, error) : NULL;
}

static struct sx_game *load_lines(const struct sx_file *file, struct sx_error *error)
{
    const char *at = (const char *)file->bytes, *end = at + file->size;
    struct sx_game *game = NULL;
    uint64_t *coalition = NULL;
    bool ok = true;
    for (int64_t line = 1; ok && at < end; line++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t n = stop != NULL ? (size_t)(stop - at) : (size_t)(end - at);
        if (game == NULL) {
            game = first_line(at, n, error);
            ok = game != NULL;
            coalition = ok ? sx_new(game->words, sizeof *coalition, error) : NULL;
            ok = coalition != NULL;
        } else if (n > (at[0] == '\r')) { /* a line that is not empty */
            ok = take_line(game, at, n, coalition, error);
        }
        if (!ok)
            sx_fail_at(error, "line %lld", (long long)line);
        at = stop != NULL ? stop + 1 : end;
    }
    free(coalition);
    if (ok && game == NULL)
        ok = sx_fail(error, SX_FAILED, "the file is empty");
    if (ok)
        return game;
    sx_game_free(game);
    return NULL;
}

/* Converts the values to a table, if the lines hold all coalitions. */
static bool complete(struct sx_game *game, struct sx_error *error)
{
    return game->table != NULL || game->players > SX_TABLE_PLAYERS ||
           game->memo.count != (size_t)1 << game->players || sx_game_fill(game, error);
}

struct sx_game *sx_game_load(const char *path, struct sx_error *error)
{
    struct sx_file file = {0};
    struct sx_game *game = NULL;
    bool ok = sx_file_open(&file, path, SX_PIPE_LIMIT, error);
    if (ok && sx_is_npy(file.bytes, file.size))
        game = load_vector(&file, error);
    else if (ok)
        game = load_lines(&file, error);
    sx_file_close(&file);
    if (game != NULL && complete(game, error))
        return game;
    sx_game_free(game);
    sx_fail_at(error, "%.80s", path);
    return NULL;
}

/* ---- Writing ---- */

static bool save_vector(const struct sx_game *game, struct sx_sink *sink)
{
    struct sx_shape shape = {1, {(int64_t)1 << game->players}};
    sx_npy_head(sink, SX_DOUBLE, &shape);
    bool ok = true;
    for (uint64_t i = 0; ok && i < (uint64_t)shape.dim[0]; i++) {
        uint64_t local = 0;
        for (int64_t k = 0; k < game->n_live; k++)
            local |= (i >> game->live[k] & 1) << k;
        ok = sx_sink_write(sink, &game->table[local], sizeof *game->table);
    }
    return ok;
}

static void save_line(const struct sx_game *game, struct sx_result *line, size_t at)
{
    sx_put_object(line, NULL);
    sx_put_list(line, "present");
    for (int64_t i = 0; i < game->players; i++)
        if (sx_set_has(game->memo.key + at * game->words, i))
            sx_put_int(line, NULL, i);
    sx_put_end(line);
    sx_put_double(line, "value", game->memo.value[at]);
    sx_put_end(line);
}

static bool save(const struct sx_game *game, struct sx_sink *sink, struct sx_error *error)
{
    if (game->table != NULL && game->players <= SX_TABLE_PLAYERS) {
        save_vector(game, sink);
        return sx_sink_flush(sink, error);
    }
    struct sx_result *line = sx_result_new(SX_DOUBLE, error);
    if (line == NULL)
        return false;
    sx_put_object(line, NULL);
    sx_put_int(line, "players", game->players);
    sx_put_end(line);
    bool ok = sx_result_json(line, sink, error);
    for (size_t i = 0; ok && i < game->memo.capacity; i++) {
        if (game->memo.state[i] != 1)
            continue;
        sx_result_reset(line);
        save_line(game, line, i);
        ok = sx_result_json(line, sink, error);
    }
    sx_result_free(line);
    return ok;
}

bool sx_game_save(const struct sx_game *game, const char *path, struct sx_error *error)
{
    struct sx_error other = {0};
    struct sx_sink *sink = sx_sink_open(path, error);
    if (sink == NULL)
        return false;
    bool ok = save(game, sink, error);
    return sx_sink_finish(sink, ok, ok ? error : &other) && ok;
}
