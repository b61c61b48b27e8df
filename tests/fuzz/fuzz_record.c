/* fuzz_record.c - bytes as records, games, boxes, or known interactions. Records are written
 * again. */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

enum { MOST_PLAYERS = 6, DECISIONS = 2 };

static void show(const struct sx_result *result)
{
    static const struct sx_view view = {
        .scalars = "id,value|f,target", .each = "top|pairs", .columns = "index,name,value:v"};
    struct sx_error error = {0};
    struct sx_sink *sink = sx_sink_memory(&error);
    struct sx_table table = {.view = &view, .separator = ','};
    if (sink == NULL)
        return;
    sx_sink_for_eyes(sink);
    sx_result_text(result, &view, NULL, sink, &error);
    error = (struct sx_error){0};
    sx_table_add(&table, result, sink, &error);
    error = (struct sx_error){0};
    free(sx_sink_text(sink, &error));
}

/* A record that is written can be read, and has the same content. */
static void read_record(const char *line, size_t n)
{
    struct sx_error error = {0};
    struct sx_result *result = sx_result_read(line, n, &error);
    fuzz_told(result != NULL, &error);
    if (result == NULL)
        return;
    struct sx_record_map map;
    for (int64_t i = 0; i < 3 && sx_result_top(result) != NULL; i++)
        if (sx_record_map(sx_result_top(result), i, &map, &error))
            sx_record_map_free(&map);
    error = (struct sx_error){0};
    show(result);
    char *text = sx_result_line(result, &error);
    struct sx_result *again = text != NULL ? sx_result_read(text, strlen(text), &error) : NULL;
    fuzz_told(again != NULL, &error);
    char *same = again != NULL ? sx_result_line(again, &error) : NULL;
    fuzz_must(text == NULL || same == NULL || strcmp(text, same) == 0,
              "a record is read as it is written");
    free(text);
    free(same);
    sx_result_free(again);
    sx_result_free(result);
}

static void read_game(const char *path, unsigned index)
{
    struct sx_error error = {0};
    struct sx_game *game = sx_game_load(path, &error);
    struct sx_interactions found = {0};
    struct sx_shapley_options options = sx_shapley_defaults();
    const char *name = NULL;
    fuzz_told(game != NULL, &error);
    for (int i = 0; i <= (int)index; i++)
        name = sx_index_name(i, NULL) != NULL ? sx_index_name(i, NULL) : name;
    options.index = name;
    options.budget = 200;
    if (game != NULL && sx_game_players(game) <= MOST_PLAYERS)
        fuzz_told(sx_interact(game, &options, &found, &error), &error);
    sx_interactions_free(&found);
    sx_game_free(game);
}

static void read_boxes(const char *path)
{
    struct sx_error error = {0};
    struct sx_box *boxes = NULL;
    int64_t n = 0;
    const bool ok = sx_boxes_read(path, &boxes, &n, &error);
    fuzz_told(ok, &error);
    if (ok)
        sx_boxes_free(boxes, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (n < DECISIONS)
        return 0;
    struct fuzz f = {bytes, DECISIONS};
    const unsigned kind = fuzz_below(&f, 4), index = fuzz_below(&f, 12);
    bytes += DECISIONS;
    n -= DECISIONS;
    if (kind < 2)
        read_record((const char *)bytes, n);
    else if (kind == 2)
        read_game(fuzz_file(bytes, n), index);
    else
        read_boxes(fuzz_file(bytes, n));
    return 0;
}
