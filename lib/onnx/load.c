/* load.c - opens a model: maps it, checks the wire format, parses within a budget, and indexes it. */
#include <stdlib.h>
#include <string.h>

#include "onnx/onnx.h"

/* The most bytes of a model's structure, if the caller gives no limit. */
#define DEFAULT_BUDGET ((size_t)1 << 30)

/* The allocator of a parse: it takes from the model's arena, up to a limit. */
struct budget {
    struct sx_arena *arena;
    size_t left;
    bool over;
    struct sx_error error; /* why the arena failed */
};

static void *budget_alloc(void *data, size_t size)
{
    struct budget *b = data;
    b->over = b->over || size > b->left;
    if (b->over)
        return NULL;
    b->left -= size;
    return sx_arena_new(b->arena, 1, size, &b->error);
}

static void budget_free(void *data, void *pointer)
{
    (void)data;
    (void)pointer; /* the arena frees everything at once */
}

static bool parse(struct sx_model *m, size_t limit, struct sx_error *error)
{
    struct sx_slim slim = {0};
    bool ok = sx_onnx_slim(m->file.bytes, m->file.size, limit, &slim, error);
    if (ok) {
        struct budget budget = {.arena = &m->arena, .left = limit - slim.size};
        ProtobufCAllocator allocator = {budget_alloc, budget_free, &budget};
        m->proto = onnx__model_proto__unpack(&allocator, slim.size, slim.bytes);
        if (m->proto == NULL && budget.over)
            sx_over_limit(error, "parsing takes over %zu bytes of memory", limit);
        else if (m->proto == NULL && !sx_fail_as(error, &budget.error))
            sx_fail(error, SX_MODEL, "not an ONNX model");
        ok = m->proto != NULL;
    }
    free(slim.bytes);
    return ok;
}

/* Completes the message if the file is of another known format. */
static bool say_what_it_is(struct sx_model *m, struct sx_error *error)
{
    const char *what = sx_is_onnx(&m->file) ? NULL : sx_foreign(&m->file);
    if (what != NULL && error != NULL && error->status == SX_MODEL)
        snprintf(error->message, sizeof error->message, "not an ONNX model: it looks like %s",
                 what);
    return false;
}

/* Reads the file. All failures are those of a model (status 3). */
static bool read_file(struct sx_model *m, const char *path, size_t limit,
                      struct sx_error *error)
{
    if (sx_file_open(&m->file, path, limit < SX_PIPE_LIMIT ? limit : SX_PIPE_LIMIT, error))
        return true;
    if (error != NULL && error->status == SX_FAILED)
        error->status = SX_MODEL;
    return false;
}

/* Opens the directory of external data: that of the model, or the caller's. */
static bool open_directory(struct sx_model *m, const char *data_dir, struct sx_error *error)
{
    const char *slash = strrchr(m->path, '/');
    char *parent = NULL;
    if (data_dir == NULL && strcmp(m->path, "-") != 0) {
        parent = sx_strdup(slash != NULL ? m->path : ".", error);
        if (parent == NULL)
            return false;
        if (slash != NULL)
            parent[slash == m->path ? 1 : slash - m->path] = '\0';
        data_dir = parent;
    }
    m->external = sx_external_open(data_dir, error);
    free(parent);
    return m->external != NULL;
}

/* Makes a model of which only the name is known. */
static struct sx_model *new_model(const char *path, struct sx_error *error)
{
    struct sx_model *m = sx_new(1, sizeof *m, error);
    if (m == NULL)
        return NULL;
    m->file.fd = -1;
    m->path = sx_strdup(path, error);
    m->notes = sx_notes_new(error);
    m->words = sx_words_new(error);
    if (m->path != NULL && m->notes != NULL && m->words != NULL)
        return m;
    sx_model_close(m);
    return NULL;
}

struct sx_model *sx_model_take(uint8_t *bytes, size_t n, const char *name,
                               struct sx_error *error)
{
    struct sx_model *m = new_model(name, error);
    if (m == NULL) {
        free(bytes);
        return NULL;
    }
    m->file =
        (struct sx_file){.fd = -1, .bytes = bytes, .base = bytes, .size = n, .whole = true};
    m->external = sx_external_open(NULL, error);
    if (m->external != NULL && parse(m, DEFAULT_BUDGET, error) && sx_model_index(m, error))
        return m;
    sx_fail_at(error, "%s", name);
    sx_model_close(m);
    return NULL;
}

struct sx_model *sx_model_open(const char *path, const struct sx_model_options *options,
                               struct sx_error *error)
{
    static const struct sx_model_options none;
    if (options == NULL)
        options = &none;
    size_t limit = options->max_memory > 0 ? options->max_memory : DEFAULT_BUDGET;
    struct sx_model *m = new_model(path, error);
    if (m == NULL)
        return NULL;
    if (read_file(m, path, limit, error) &&
        (parse(m, limit, error) || say_what_it_is(m, error)) && sx_model_index(m, error) &&
        open_directory(m, options->data_dir, error))
        return m;
    sx_fail_at(error, "%s", path);
    sx_model_close(m);
    return NULL;
}

void sx_model_close(struct sx_model *m)
{
    if (m == NULL)
        return;
    if (m->hashing)
        pthread_join(m->hasher, NULL);
    sx_external_close(m->external);
    sx_arena_free(&m->arena);
    sx_file_close(&m->file);
    sx_notes_free(m->notes);
    sx_words_free(m->words);
    free(m->path);
    free(m);
}
