/* dataset.c - samples by number: rows of a mapped .npy, or any input held in memory.
 *
 * A directory holds pictures; those in subdirectories belong to the class of the subdirectory.
 * Names are sorted by their bytes. */
#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "io/io.h"

struct sx_dataset {
    struct sx_file file; /* a mapped .npy */
    struct sx_stored stored;
    float *held; /* else all samples, in memory */
    size_t held_capacity;
    int64_t *label;
    size_t label_capacity;
    int64_t count, size; /* number of samples, and of elements of each */
    struct sx_shape sample;
    int64_t missing; /* NaN cells of a text */
    struct sx_preprocess pre;
    bool pixels;    /* integers that are prepared as pixels */
    bool prepared;  /* these, or pictures */
    char **feature; /* names of the columns of a table */
    size_t n_features;
    int64_t read; /* rows read since memory of the mapping was given back */
    char hash[65];
};

/* ---- One sample's elements ---- */

/* (value * scale - mean) / std by channel, as sx_preprocess_apply does it. */
static void prepare(const struct sx_preprocess *p, const struct sx_shape *s, float *x)
{
    bool last = s->rank == 4 && s->dim[1] != 1 && s->dim[1] != 3;
    int64_t channels = s->rank == 4 ? s->dim[last ? 3 : 1] : 1, n = sx_count(s);
    int64_t plane = last || channels == 0 ? 1 : n / channels;
    for (int64_t i = 0; i < n; i++) {
        int64_t c = i / plane % (channels > 0 ? channels : 1);
        int k = channels == 3 ? (int)c : 0;
        x[i] = (float)(((double)x[i] * p->scale - p->mean[k]) / p->std[k]);
    }
}

void sx_sample_floats(const struct sx_tensor *sample, const struct sx_preprocess *pre, float *x)
{
    int64_t n = sx_count(&sample->shape);
    for (int64_t i = 0; i < n; i++)
        x[i] = (float)sx_tensor_get(sample, i);
    if (sample->type == SX_INT)
        prepare(pre, &sample->shape, x);
}

/* A shorter way for bytes, the usual case of pictures. */
static bool decode(const struct sx_dataset *d, const uint8_t *bytes, float *x,
                   struct sx_error *error)
{
    if (d->stored.type == SX_FLOAT)
        return sx_stored_decode(&d->stored, bytes, (size_t)d->size, x);
    if (d->stored.kind == 'u' && d->stored.width == 1) {
        for (int64_t i = 0; i < d->size; i++)
            x[i] = bytes[i];
        return true;
    }
    struct sx_tensor t;
    if (!sx_tensor_new(&t, d->stored.type, &d->sample, error))
        return false;
    bool ok = sx_stored_decode(&d->stored, bytes, (size_t)d->size, t.data) ||
              sx_fail(error, SX_FAILED, "an element is over the largest integer");
    for (int64_t i = 0; ok && i < d->size; i++)
        x[i] = (float)sx_tensor_get(&t, i);
    sx_tensor_free(&t);
    return ok;
}

/* Reading a row keeps pages around it in memory. They are given back after so many rows, so that
 * memory does not grow with the file. */
#define ROWS_KEPT 128

bool sx_dataset_read(struct sx_dataset *d, int64_t row, float *x, struct sx_error *error)
{
    if (row < 0 || row >= d->count)
        return sx_fail(error, SX_FAILED, "there is no sample %lld", (long long)row);
    if (d->size == 0)
        return true;
    if (d->held != NULL) {
        memcpy(x, d->held + row * d->size, (size_t)d->size * sizeof *x);
        return true;
    }
    if (++d->read % ROWS_KEPT == 0)
        sx_file_rest(&d->file);
    if (!decode(d, d->file.bytes + (size_t)row * (size_t)d->size * d->stored.width, x, error))
        return sx_fail_at(error, "sample %lld", (long long)row);
    if (d->pixels)
        prepare(&d->pre, &d->sample, x);
    return true;
}

/* ---- Opening ---- */

/* Maps a .npy in a regular file whose rows can be read in place. */
static bool map_rows(struct sx_dataset *d, const char *path, bool *mapped,
                     struct sx_error *error)
{
    *mapped = false;
    if (!sx_file_begin(&d->file, path, SX_PIPE_LIMIT, error))
        return false;
    if (d->file.mapped && sx_is_npy(d->file.bytes, d->file.size)) {
        if (!sx_npy_parse(&d->file, &d->stored, error))
            return false;
        *mapped = !d->stored.fortran || d->stored.shape.rank < 2;
    }
    if (!*mapped)
        sx_file_close(&d->file);
    return true;
}

static bool hold(struct sx_dataset *d, const struct sx_tensor *sample, int64_t label,
                 struct sx_error *error)
{
    size_t n = (size_t)d->count, size;
    if (d->count > 0 && !sx_shape_equal(&sample->shape, &d->sample))
        return sx_fail(error, SX_FAILED, "has another shape than the samples before it");
    d->sample = sample->shape;
    d->size = sx_count(&d->sample);
    if (!sx_size_mul(&size, n + 1, (size_t)d->size) ||
        !sx_grow((void **)&d->held, &d->held_capacity, size, sizeof *d->held, error) ||
        !sx_grow((void **)&d->label, &d->label_capacity, n + 1, sizeof *d->label, error))
        return sx_fail(error, SX_MEMORY, "out of memory");
    d->prepared = d->prepared || sample->type == SX_INT;
    if (d->size > 0)
        sx_sample_floats(sample, &d->pre, d->held + size - (size_t)d->size);
    d->label[n] = label;
    d->count++;
    return true;
}

/* Takes the names in the header line of the first table. */
static bool take_features(struct sx_dataset *d, const struct sx_reader *reader,
                          struct sx_error *error)
{
    size_t n = 0;
    while (sx_reader_feature(reader, n) != NULL)
        n++;
    if (n == 0 || d->feature != NULL)
        return true;
    d->feature = sx_new(n, sizeof *d->feature, error);
    while (d->feature != NULL && d->n_features < n) {
        char *name = strdup(sx_reader_feature(reader, d->n_features));
        if (name == NULL)
            return sx_fail(error, SX_MEMORY, "out of memory");
        d->feature[d->n_features++] = name;
    }
    return d->feature != NULL;
}

/* Reads the class from the target column of a table, if one is named, instead of `label`. */
static bool take_class(const struct sx_reader *reader, int64_t *label, struct sx_error *error)
{
    const char *text = sx_reader_truth(reader);
    double class = 0;
    if (text == NULL)
        return true;
    if (!sx_number_parse(text, strlen(text), &class) || !(class >= 0 && class < 1e15) ||
        class != floor(class))
        return sx_fail(error, SX_FAILED, "target '%.80s' is not the number of a class", text);
    *label = (int64_t) class;
    return true;
}

/* Reads all samples of one file into memory. */
static bool hold_file(struct sx_dataset *d, const char *path, const struct sx_input *how,
                      int64_t label, struct sx_error *error)
{
    struct sx_reader *reader = sx_reader_open(path, how, error);
    bool ok = reader != NULL, end = false;
    while (ok && !end) {
        struct sx_tensor t = {0};
        ok = sx_reader_next(reader, &t, &end, error) &&
             (end || (take_class(reader, &label, error) && hold(d, &t, label, error)) ||
              sx_fail_at(error, "sample %lld", (long long)d->count));
        d->missing += ok && !end ? sx_reader_missing(reader) : 0;
        d->prepared = d->prepared || (ok && sx_reader_picture(reader) != NULL);
        sx_tensor_free(&t);
    }
    ok = ok && take_features(d, reader, error);
    sx_reader_close(reader);
    return ok;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Reads the pictures of a directory. With `classes`, subdirectories are classes. */
static bool hold_directory(struct sx_dataset *d, const char *path, const struct sx_input *how,
                           bool classes, int64_t label, struct sx_error *error)
{
    struct dirent **entry = NULL;
    int n = scandir(path, &entry, visible, by_bytes);
    int64_t class = 0;
    bool ok = n >= 0 || sx_fail(error, SX_FAILED, "the directory cannot be read");
    for (int i = 0; i < n; i++) {
        char *name = NULL;
        struct stat st;
        if (!ok || asprintf(&name, "%s/%s", path, entry[i]->d_name) < 0) {
            name = NULL;
            ok = sx_fail(error, SX_MEMORY, "out of memory");
        }
        if (ok && stat(name, &st) == 0 && S_ISDIR(st.st_mode))
            ok = !classes || hold_directory(d, name, how, false, class ++, error);
        else if (ok)
            ok = hold_file(d, name, how, label, error) ||
                 sx_fail_at(error, "%.80s", entry[i]->d_name);
        free(name);
        free(entry[i]);
    }
    free(entry);
    return ok;
}

/* Sets the samples of a mapped array as a reader would find them. */
static bool shape_rows(struct sx_dataset *d, const char *path, const struct sx_input *how,
                       struct sx_error *error)
{
    struct sx_tensor first = {0};
    bool end = false, ok = false;
    struct sx_reader *reader = sx_reader_open(path, how, error);
    if (reader != NULL && sx_reader_next(reader, &first, &end, error)) {
        d->count = sx_reader_count(reader);
        d->sample = first.shape;
        d->size = sx_count(&first.shape);
        d->pixels = d->prepared = d->stored.type == SX_INT;
        ok = !end;
    }
    sx_tensor_free(&first);
    sx_reader_close(reader);
    return ok || sx_fail(error, SX_FAILED, "there are no samples");
}

struct sx_dataset *sx_dataset_open(const char *path, const struct sx_input *how,
                                   struct sx_error *error)
{
    struct sx_dataset *d = sx_new(1, sizeof *d, error);
    struct stat st;
    bool mapped = false, ok = d != NULL;
    if (!ok)
        return NULL;
    d->pre = *how->pre;
    d->file.fd = -1;
    if (strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        ok = hold_directory(d, path, how, true, -1, error);
    else if (strcmp(path, "-") != 0)
        ok = map_rows(d, path, &mapped, error) &&
             (mapped ? shape_rows(d, path, how, error) : hold_file(d, path, how, -1, error));
    else
        ok = hold_file(d, path, how, -1, error);
    if (ok && d->count > 0)
        return d;
    sx_fail(error, SX_FAILED, "there are no samples");
    sx_dataset_close(d);
    return NULL;
}

void sx_dataset_close(struct sx_dataset *d)
{
    if (d == NULL)
        return;
    sx_file_close(&d->file);
    free(d->held);
    free(d->label);
    for (size_t i = 0; i < d->n_features; i++)
        free(d->feature[i]);
    free(d->feature);
    free(d);
}

int64_t sx_dataset_count(const struct sx_dataset *d)
{
    return d->count;
}

int64_t sx_dataset_missing(const struct sx_dataset *d)
{
    return d->missing;
}

bool sx_dataset_prepared(const struct sx_dataset *d)
{
    return d->prepared;
}

const char *sx_dataset_feature(const struct sx_dataset *d, size_t i)
{
    return i < d->n_features ? d->feature[i] : NULL;
}

const struct sx_shape *sx_dataset_shape(const struct sx_dataset *d)
{
    return &d->sample;
}

const int64_t *sx_dataset_labels(const struct sx_dataset *d)
{
    return d->label != NULL && d->label[0] >= 0 ? d->label : NULL;
}

/* Hashes the hashes of blocks, so that only one block is in memory. */
static void hash_blocks(const struct sx_dataset *d, char hash[65])
{
    const size_t block = (size_t)1 << 22;
    char chain[2 * 64 + 1] = "";
    for (size_t at = 0; at < d->file.size; at += block) {
        size_t left = d->file.size - at;
        sx_sha256(d->file.bytes + at, left < block ? left : block, chain + strlen(hash));
        sx_sha256(chain, strlen(chain), hash);
        memcpy(chain, hash, 65);
        sx_file_rest(&d->file);
    }
}

const char *sx_dataset_hash(struct sx_dataset *d)
{
    if (d->hash[0] == '\0' && d->held != NULL)
        sx_sha256(d->held, (size_t)(d->count * d->size) * sizeof *d->held, d->hash);
    else if (d->hash[0] == '\0')
        hash_blocks(d, d->hash);
    return d->hash;
}
