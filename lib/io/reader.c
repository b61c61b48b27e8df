/* reader.c - reads samples from any input, in the shape that the model takes. */
#include <stdlib.h>
#include <string.h>

#include "io/io.h"
#include "io/picture.h"

enum form { ARRAY, HELD, TEXT, PICTURE };

/* ARRAY: samples are decoded one by one from the window. HELD: the array is decoded as a whole,
 * because it is in Fortran order or from a .pb. */
struct sx_reader {
    enum form form;
    struct sx_file file;   /* the file; of an .npz, the member */
    struct sx_file *whole; /* of an .npz: the archive, if this reader opened it */
    struct sx_zip zip;
    struct sx_input how;
    struct sx_shape want, shape, sample;
    int64_t count, next, missing;
    struct sx_stored stored;
    struct sx_tensor held;
    struct sx_csv csv;
    struct sx_preprocess pre;
    struct sx_picture shown;
};

/* ---- Opening ---------------------------------------------------------------------------- */

static bool find_samples(struct sx_reader *reader, struct sx_error *error)
{
    return sx_rows_of_array(&reader->how, &reader->shape, &reader->count, &reader->sample,
                            error);
}

/* Fails unless the elements have exactly the size that the header gives, if the file's size is
 * known. */
static bool check_size(const struct sx_reader *reader, size_t promised, struct sx_error *error)
{
    if (reader->file.whole && reader->file.size != promised)
        return sx_fail(error, SX_FAILED, "%zu bytes of elements, its header promises %zu",
                       reader->file.size, promised);
    return true;
}

/* Copies elements in Fortran order into row-major order. */
static void to_rows(struct sx_tensor *to, const struct sx_tensor *from)
{
    size_t width = sx_type_size(from->type);
    const struct sx_shape *shape = &from->shape;
    int64_t n = sx_count(shape), at[SX_MAX_RANK] = {0}, target = 0, step[SX_MAX_RANK];
    int64_t product = 1;
    for (int i = shape->rank - 1; i >= 0; i--) {
        step[i] = product;
        product *= shape->dim[i];
    }
    for (int64_t k = 0; k < n; k++) {
        memcpy((uint8_t *)to->data + (size_t)target * width,
               (const uint8_t *)from->data + (size_t)k * width, width);
        for (int i = 0; i < shape->rank; i++) {
            target += step[i];
            if (++at[i] < shape->dim[i])
                break;
            target -= step[i] * shape->dim[i];
            at[i] = 0;
        }
    }
}

/* Allocates only after the elements have been read: a header may promise any number of them. */
static bool take(struct sx_reader *reader, const struct sx_shape *shape, bool last,
                 struct sx_tensor *tensor, struct sx_error *error)
{
    struct sx_file *file = &reader->file;
    size_t n = (size_t)sx_count(shape), bytes = n * reader->stored.width;
    bool filled = sx_file_fill(file, bytes + last, error);
    if (!filled || file->size < bytes)
        reader->next = reader->count; /* nothing can follow */
    if (!filled)
        return false;
    if (file->size < bytes || (last && file->size > bytes))
        return sx_fail(error, SX_FAILED, "%s elements than its header promises",
                       file->size < bytes ? "fewer" : "more");
    if (!sx_tensor_new(tensor, reader->stored.type, shape, error))
        return false;
    bool ok = sx_stored_decode(&reader->stored, file->bytes, n, tensor->data);
    sx_file_drop(file, bytes);
    if (ok)
        return true;
    sx_tensor_free(tensor);
    return sx_fail(error, SX_FAILED, "an element is over the largest integer");
}

static bool hold_fortran(struct sx_reader *reader, struct sx_error *error)
{
    struct sx_tensor columns = {0};
    bool ok = take(reader, &reader->shape, true, &columns, error) &&
              sx_tensor_new(&reader->held, columns.type, &columns.shape, error);
    if (ok)
        to_rows(&reader->held, &columns);
    sx_tensor_free(&columns);
    return ok;
}

static bool open_npy(struct sx_reader *reader, struct sx_error *error)
{
    reader->form = ARRAY;
    reader->stored.words = reader->how.words;
    if (!sx_npy_parse(&reader->file, &reader->stored, error))
        return false;
    reader->shape = reader->stored.shape;
    size_t n = (size_t)sx_count(&reader->shape) * reader->stored.width;
    if (!find_samples(reader, error) || !check_size(reader, n, error))
        return false;
    if (!reader->stored.fortran || reader->shape.rank < 2)
        return true;
    reader->form = HELD;
    return hold_fortran(reader, error);
}

static bool refuse_foreign(struct sx_file *file, struct sx_error *error)
{
    const char *what = sx_foreign(file);
    return what == NULL ||
           sx_fail(error, SX_FAILED,
                   "neither an array nor a picture nor a table: it looks like %s", what);
}

static bool open_pb(struct sx_reader *reader, struct sx_error *error)
{
    struct sx_file *file = &reader->file;
    reader->form = HELD;
    struct sx_error why = {0};
    if (!sx_file_fill(file, SIZE_MAX, error))
        return false;
    if (!sx_pb_parse(file->bytes, file->size, reader->how.words, &reader->held, &why))
        return refuse_foreign(file, error) && sx_fail_as(error, &why);
    reader->shape = reader->held.shape;
    return find_samples(reader, error);
}

/* Writes "'a', 'b', ...". */
static void list_members(const struct sx_zip *zip, char *text, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < zip->count && n + 60 < size; i++)
        n += (size_t)snprintf(text + n, size - n, "%s'%.40s'", i > 0 ? ", " : "",
                              zip->member[i].name);
    if (n + 60 >= size)
        snprintf(text + n, size - n, ", ...");
}

static const struct sx_zip_member *
find_member(const struct sx_zip *zip, const struct sx_input *how, struct sx_error *error)
{
    char names[400];
    if (zip->count == 1 && (how->lone || how->member == NULL))
        return &zip->member[0];
    for (size_t i = 0; how->member != NULL && i < zip->count; i++)
        if (strcmp(zip->member[i].name, how->member) == 0)
            return &zip->member[i];
    list_members(zip, names, sizeof names);
    if (how->member != NULL)
        sx_fail(error, SX_FAILED, "has no array '%.*s', but %s", SX_NAME_SHOWN, how->member,
                names);
    else
        sx_fail(error, SX_FAILED, "one array is wanted, and it has %s", names);
    return NULL;
}

static bool open_zip_member(struct sx_reader *reader, const struct sx_zip *zip,
                            struct sx_error *error)
{
    const struct sx_zip_member *member = find_member(zip, &reader->how, error);
    if (member == NULL)
        return false;
    if (sx_zip_begin(zip, member, &reader->file, error) && open_npy(reader, error))
        return true;
    return sx_fail_at(error, "%.*s", SX_NAME_SHOWN, member->name);
}

/* Moves the archive to `whole`, so that `file` can be its member. */
static bool open_zip(struct sx_reader *reader, struct sx_error *error)
{
    if (!sx_file_fill(&reader->file, SIZE_MAX, error))
        return false;
    reader->whole = sx_new(1, sizeof *reader->whole, error);
    if (reader->whole == NULL)
        return false;
    *reader->whole = reader->file;
    reader->file = (struct sx_file){.fd = -1};
    return sx_zip_open(&reader->zip, reader->whole->bytes, reader->whole->size, error) &&
           open_zip_member(reader, &reader->zip, error);
}

static bool has_suffix(const char *path, const char *suffix)
{
    size_t n = strlen(path), m = strlen(suffix);
    return n >= m && strcmp(path + n - m, suffix) == 0;
}

static bool read_lines(struct sx_reader *reader, struct sx_tensor *tensor,
                       struct sx_error *error)
{
    struct sx_csv *csv = &reader->csv;
    double *rows = NULL;
    size_t n = 0, capacity = 0;
    struct sx_shape shape = {2, {0, 0}};
    bool end, ok;
    while ((ok = sx_csv_next(csv, &end, error)) && !end) {
        ok = sx_grow((void **)&rows, &capacity, n + csv->columns, sizeof *rows, error);
        if (!ok)
            break;
        if (csv->columns > 0) /* all columns may be dropped */
            memcpy(rows + n, csv->row, csv->columns * sizeof *rows);
        reader->missing += (int64_t)csv->missing;
        n += csv->columns;
        shape.dim[0]++;
    }
    shape.dim[1] = (int64_t)csv->columns;
    ok = ok && sx_tensor_new(tensor, SX_DOUBLE, &shape, error);
    if (ok && n > 0)
        memcpy(tensor->data, rows, n * sizeof *rows);
    free(rows);
    return ok;
}

/* Makes one sample of all lines of a text without a batch axis: rows and columns, or one sequence
 * of numbers if the model takes another rank. */
static bool hold_lines(struct sx_reader *reader, struct sx_error *error)
{
    if (!read_lines(reader, &reader->held, error))
        return false;
    int64_t n = sx_count(&reader->held.shape);
    reader->form = HELD;
    if (reader->want.rank != 2 &&
        !sx_rows_of_line(&reader->how, (size_t)n, &reader->held.shape, error))
        return false;
    reader->shape = reader->held.shape;
    return find_samples(reader, error);
}

/* Fails if the header line has another number of names than a sample has elements. */
static bool check_names(struct sx_reader *reader, struct sx_error *error)
{
    struct sx_shape shape = {2, {1, 0}};
    struct sx_error why = {0};
    size_t n = reader->csv.chosen.n;
    int64_t takes = 1;
    if (reader->csv.names == 0 || sx_rows_of_line(&reader->how, n, &shape, &why))
        return true;
    for (int i = 1; i < reader->want.rank; i++)
        takes *= reader->want.dim[i] > 0 ? reader->want.dim[i] : 0;
    char spare[200] = "";
    if (takes > 0 && (size_t)takes < n)
        sx_csv_spare(&reader->csv, n - (size_t)takes, spare, sizeof spare);
    if (spare[0] == '\0')
        return sx_fail_as(error, &why);
    return sx_fail(error, SX_FAILED,
                   "%zu columns where the model takes %lld: --drop=%s leaves out what is too "
                   "much, --columns chooses",
                   n, (long long)takes, spare);
}

static bool open_text(struct sx_reader *reader, struct sx_error *error)
{
    reader->form = TEXT;
    reader->count = -1;
    reader->csv.words = reader->how.words != NULL ? reader->how.words : reader->how.cells;
    reader->csv.text = reader->how.words != NULL && reader->how.line == NULL;
    enum sx_header header = reader->how.header;
    if (reader->csv.text && header == SX_HEADER_AUTO)
        header = SX_HEADER_NO; /* a line of names would look like the others */
    if (reader->how.line != NULL)
        reader->want = *reader->how.line;
    return refuse_foreign(&reader->file, error) &&
           sx_csv_begin(&reader->csv, &reader->file, header, reader->how.columns, error) &&
           (reader->how.whole ? hold_lines(reader, error) : check_names(reader, error));
}

/* Finds the format of the file. Reads no more bytes than necessary, because on a pipe the second
 * line may come late. */
static bool recognise(struct sx_reader *reader, const char *path, struct sx_error *error)
{
    struct sx_file *file = &reader->file;
    if (!sx_file_fill(file, 1, error) ||
        (file->size > 0 && strchr("\x93P\x89\xff", file->bytes[0]) != NULL &&
         !sx_file_fill(file, 8, error)))
        return false;
    if (file->size == 0)
        return sx_fail(error, SX_FAILED, "holds no sample: it is empty");
    if (sx_is_npy(file->bytes, file->size))
        return open_npy(reader, error);
    if (sx_is_zip(file->bytes, file->size))
        return open_zip(reader, error);
    if (sx_is_png(file->bytes, file->size) || sx_is_jpeg(file->bytes, file->size)) {
        reader->form = PICTURE;
        reader->count = 1;
        return true;
    }
    return has_suffix(path, ".pb") ? open_pb(reader, error) : open_text(reader, error);
}

static struct sx_reader *new_reader(const struct sx_input *how, struct sx_error *error)
{
    struct sx_reader *reader = sx_new(1, sizeof *reader, error);
    if (reader == NULL)
        return NULL;
    reader->file.fd = -1;
    reader->want.rank = -1;
    if (how != NULL)
        reader->how = *how;
    if (reader->how.want != NULL)
        reader->want = *reader->how.want;
    reader->how.want = &reader->want;
    return reader;
}

struct sx_reader *sx_reader_open(const char *path, const struct sx_input *how,
                                 struct sx_error *error)
{
    struct sx_reader *reader = new_reader(how, error);
    if (reader == NULL)
        return NULL;
    bool ok = true;
    if (reader->how.pre != NULL)
        reader->pre = *reader->how.pre;
    else
        ok = sx_preprocess_preset(&reader->pre, "unit", error);
    if (ok && sx_file_begin(&reader->file, path, SX_PIPE_LIMIT, error) &&
        recognise(reader, path, error))
        return reader;
    sx_reader_close(reader);
    return NULL;
}

struct sx_reader *sx_reader_open_member(const struct sx_reader *reader,
                                        const struct sx_input *how, struct sx_error *error)
{
    struct sx_reader *other = new_reader(how, error);
    if (other != NULL && open_zip_member(other, &reader->zip, error))
        return other;
    sx_reader_close(other);
    return NULL;
}

bool sx_archive_has(const char *path, const char *name)
{
    struct sx_error ignored = {0};
    struct sx_file file = {.fd = -1};
    struct sx_zip zip = {0};
    bool found = false;
    if (sx_file_begin(&file, path, SX_PIPE_LIMIT, &ignored) &&
        sx_file_fill(&file, SIZE_MAX, &ignored) && sx_is_zip(file.bytes, file.size) &&
        sx_zip_open(&zip, file.bytes, file.size, &ignored))
        for (size_t i = 0; i < zip.count; i++)
            found = found || strcmp(zip.member[i].name, name) == 0;
    sx_zip_close(&zip);
    sx_file_close(&file);
    return found;
}

void sx_reader_close(struct sx_reader *reader)
{
    if (reader == NULL)
        return;
    sx_csv_close(&reader->csv);
    sx_tensor_free(&reader->held);
    sx_picture_free(&reader->shown);
    sx_file_close(&reader->file);
    sx_zip_close(&reader->zip);
    if (reader->whole != NULL)
        sx_file_close(reader->whole);
    free(reader->whole);
    free(reader);
}

/* ---- Samples ---------------------------------------------------------------------------- */

static bool next_held(struct sx_reader *reader, struct sx_tensor *sample,
                      struct sx_error *error)
{
    if (!sx_tensor_new(sample, reader->held.type, &reader->sample, error))
        return false;
    size_t bytes = (size_t)sx_count(&reader->sample) * sx_type_size(sample->type);
    if (bytes > 0)
        memcpy(sample->data, (uint8_t *)reader->held.data + (size_t)reader->next * bytes,
               bytes);
    return true;
}

static bool next_line(struct sx_reader *reader, struct sx_tensor *sample, bool *end,
                      struct sx_error *error)
{
    struct sx_shape shape;
    const struct sx_csv *csv = &reader->csv;
    if (!sx_csv_next(&reader->csv, end, error) || *end)
        return *end;
    reader->missing = (int64_t)csv->missing;
    if (!sx_rows_of_line(&reader->how, csv->columns, &shape, error))
        return sx_fail_at(error, "line %zu", csv->row_line);
    if (!sx_tensor_new(sample, SX_DOUBLE, &shape, error))
        return false;
    if (csv->columns > 0)
        memcpy(sample->data, csv->row, csv->columns * sizeof *csv->row);
    return true;
}

static bool next_picture(struct sx_reader *reader, struct sx_tensor *sample,
                         struct sx_error *error)
{
    struct sx_picture picture = {0};
    struct sx_shape any = {4, {-1, -1, -1, -1}};
    struct sx_file *file = &reader->file;
    bool ok = sx_file_fill(file, SIZE_MAX, error) &&
              sx_picture_decode(file->bytes, file->size, &picture, error) &&
              sx_preprocess_apply(&reader->pre, &picture,
                                  reader->want.rank < 0 ? &any : &reader->want, sample,
                                  &reader->shown, error);
    sx_picture_free(&picture);
    return ok;
}

bool sx_reader_next(struct sx_reader *reader, struct sx_tensor *sample, bool *end,
                    struct sx_error *error)
{
    *sample = (struct sx_tensor){0};
    if (reader->form == TEXT)
        return next_line(reader, sample, end, error);
    *end = reader->next >= reader->count;
    if (*end)
        return true;
    bool ok = false, last = reader->next + 1 == reader->count;
    switch (reader->form) {
    case ARRAY:
        ok = take(reader, &reader->sample, last, sample, error);
        break;
    case HELD:
        ok = next_held(reader, sample, error);
        break;
    default:
        ok = next_picture(reader, sample, error);
        break;
    }
    reader->next++;
    return ok;
}

bool sx_reader_skip(struct sx_reader *reader, bool *end, struct sx_error *error)
{
    struct sx_tensor sample;
    if (reader->form == PICTURE) {
        *end = reader->next >= reader->count;
        reader->next += !*end;
        return true;
    }
    bool ok = sx_reader_next(reader, &sample, end, error);
    sx_tensor_free(&sample);
    return ok;
}

bool sx_reader_more(struct sx_reader *reader)
{
    return reader->form == TEXT ? sx_csv_more(&reader->csv) : reader->next < reader->count;
}

int64_t sx_reader_count(const struct sx_reader *reader)
{
    return reader->count;
}

size_t sx_reader_line(const struct sx_reader *reader)
{
    return reader->form == TEXT ? reader->csv.row_line : 0;
}

int64_t sx_reader_missing(const struct sx_reader *reader)
{
    return reader->missing;
}

const char *sx_reader_feature(const struct sx_reader *reader, size_t i)
{
    return sx_csv_name(&reader->csv, i);
}

const char *sx_reader_id(const struct sx_reader *reader)
{
    return reader->csv.id;
}

const char *sx_reader_truth(const struct sx_reader *reader)
{
    return reader->csv.truth;
}

bool sx_reader_is_table(const struct sx_reader *reader)
{
    return reader->form == TEXT;
}

const char *sx_reader_member(const struct sx_reader *reader, size_t i)
{
    return i < reader->zip.count ? reader->zip.member[i].name : NULL;
}

const struct sx_picture *sx_reader_picture(const struct sx_reader *reader)
{
    return reader->shown.pixels != NULL ? &reader->shown : NULL;
}

/* ---- Whole arrays ----------------------------------------------------------------------- */

bool sx_tensor_read(struct sx_tensor *tensor, const char *path, const struct sx_input *how,
                    struct sx_error *error)
{
    bool end;
    *tensor = (struct sx_tensor){0};
    struct sx_reader *reader = sx_reader_open(path, how, error);
    if (reader == NULL)
        return false;
    bool ok = reader->form == TEXT ? read_lines(reader, tensor, error)
                                   : sx_reader_next(reader, tensor, &end, error);
    sx_reader_close(reader);
    return ok;
}
