/* png.c - reads and writes PNG files in memory by libpng's row interface. */
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "io/picture.h"

/* A file being read or written. It is outside the functions that call setjmp, so that its fields
 * are defined, and freed, after a jump. */
struct stream {
    png_structp png;
    png_infop info;
    const uint8_t *bytes; /* bytes of the file that is read */
    size_t size, at;
    uint8_t *rows;
    uint8_t *out; /* the file that is written: `size` of `room` bytes */
    size_t room;
    struct sx_error *error;
};

static _Noreturn void on_error(png_structp png, png_const_charp message)
{
    struct stream *stream = png_get_error_ptr(png);
    sx_fail(stream->error, SX_FAILED, "PNG: %s", message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

/* Allocates for libpng, and records a lack of memory: the first failure counts, which otherwise is
 * a bad file. */
static png_voidp on_malloc(png_structp png, png_alloc_size_t n)
{
    struct stream *stream = png_get_mem_ptr(png);
    void *p = malloc(n);
    if (p == NULL)
        sx_fail(stream->error, SX_MEMORY, "out of memory");
    return p;
}

static void on_free(png_structp png, png_voidp p)
{
    (void)png;
    free(p);
}

static void on_read(png_structp png, png_bytep to, size_t n)
{
    struct stream *stream = png_get_io_ptr(png);
    if (n > stream->size - stream->at)
        png_error(png, "file is truncated");
    memcpy(to, stream->bytes + stream->at, n);
    stream->at += n;
}

static void on_write(png_structp png, png_bytep from, size_t n)
{
    struct stream *stream = png_get_io_ptr(png);
    void *out = stream->out;
    size_t need;
    bool room = sx_size_add(&need, stream->size, n) &&
                sx_grow(&out, &stream->room, need, 1, stream->error);
    stream->out = out;
    if (!room)
        png_error(png, "out of memory");
    memcpy(stream->out + stream->size, from, n);
    stream->size = need;
}

static void on_flush(png_structp png)
{
    (void)png;
}

/* Skips everything except pixels: text and profiles may decompress to any size. */
static void set_limits(png_structp png)
{
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_chunk_malloc_max(png, 1 << 20);
}

/* Checks the size before anything is allocated. Deflate's ratio is at most 1032, so a short file
 * cannot hold more pixels. */
static bool check_size(const struct stream *stream)
{
    size_t width = png_get_image_width(stream->png, stream->info);
    size_t height = png_get_image_height(stream->png, stream->info);
    size_t row = png_get_rowbytes(stream->png, stream->info);
    if (width * height > SX_MAX_PIXELS)
        return sx_fail(stream->error, SX_FAILED,
                       "PNG: %zu x %zu pixels are over the limit of %zu", width, height,
                       SX_MAX_PIXELS);
    if (row * height / 1032 > stream->size)
        return sx_fail(stream->error, SX_FAILED,
                       "PNG: file is truncated, %zu bytes for %zu x %zu", stream->size, width,
                       height);
    return true;
}

/* Composes a row of n pixels over white. */
static void compose_row(uint8_t *to, const uint8_t *from, size_t n, size_t channels)
{
    if (channels % 2 == 1) {
        memcpy(to, from, n * channels);
        return;
    }
    size_t colours = channels - 1;
    for (size_t i = 0; i < n; i++, from += channels)
        for (size_t c = 0; c < colours; c++) {
            unsigned alpha = from[colours];
            *to++ = (uint8_t)((from[c] * alpha + 255U * (255U - alpha) + 127U) / 255U);
        }
}

/* Reads all rows as 8-bit grey or RGB, with or without alpha. The rows of an interlaced file must
 * be in memory together, because each pass fills in some of their pixels. */
static bool read_rows(struct stream *stream, struct sx_picture *picture)
{
    png_structp png = stream->png;
    png_read_info(png, stream->info);
    if (!check_size(stream))
        return false;
    png_set_expand(png);
    png_set_scale_16(png);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, stream->info);
    size_t width = png_get_image_width(png, stream->info);
    size_t height = png_get_image_height(png, stream->info);
    size_t channels = png_get_channels(png, stream->info), colours = channels < 3 ? 1 : 3;
    size_t row = width * channels, step = passes > 1 ? row : 0;
    stream->rows = sx_new(passes > 1 ? height : 1, row, stream->error);
    if (stream->rows == NULL ||
        !sx_picture_new(picture, width, height, (int)colours, stream->error))
        return false;
    for (int pass = 1; pass <= passes; pass++)
        for (size_t y = 0; y < height; y++) {
            uint8_t *pixels = stream->rows + y * step;
            png_read_row(png, pixels, NULL);
            if (pass == passes)
                compose_row(picture->pixels + y * width * colours, pixels, width, channels);
        }
    png_read_end(png, NULL);
    return true;
}

static bool decode(struct stream *stream, struct sx_picture *picture)
{
    if (setjmp(png_jmpbuf(stream->png)) != 0)
        return false;
    png_set_read_fn(stream->png, stream, on_read);
    set_limits(stream->png);
    return read_rows(stream, picture);
}

bool sx_png_decode(const uint8_t *bytes, size_t size, struct sx_picture *picture,
                   struct sx_error *error)
{
    struct stream stream = {.bytes = bytes, .size = size, .error = error};
    bool done = false;
    stream.png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &stream, on_error, on_warning,
                                          &stream, on_malloc, on_free);
    if (stream.png != NULL)
        stream.info = png_create_info_struct(stream.png);
    if (stream.info != NULL)
        done = decode(&stream, picture);
    else
        sx_fail(error, SX_MEMORY, "out of memory");
    png_destroy_read_struct(&stream.png, &stream.info, NULL);
    free(stream.rows);
    if (!done)
        sx_picture_free(picture);
    return done;
}

static bool encode(struct stream *stream, const struct sx_picture *picture)
{
    size_t row = (size_t)picture->width * (size_t)picture->channels;
    if (setjmp(png_jmpbuf(stream->png)) != 0)
        return false;
    png_set_write_fn(stream->png, stream, on_write, on_flush);
    png_set_user_limits(stream->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_IHDR(stream->png, stream->info, (png_uint_32)picture->width,
                 (png_uint_32)picture->height, 8,
                 picture->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(stream->png, stream->info);
    for (size_t y = 0; y < (size_t)picture->height; y++)
        png_write_row(stream->png, picture->pixels + y * row);
    png_write_end(stream->png, NULL);
    return true;
}

bool sx_png_encode(const struct sx_picture *picture, uint8_t **bytes, size_t *size,
                   struct sx_error *error)
{
    struct stream stream = {.error = error};
    bool done = false;
    stream.png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, &stream, on_error, on_warning,
                                           &stream, on_malloc, on_free);
    if (stream.png != NULL)
        stream.info = png_create_info_struct(stream.png);
    if (stream.info != NULL)
        done = encode(&stream, picture);
    else
        sx_fail(error, SX_MEMORY, "out of memory");
    png_destroy_write_struct(&stream.png, &stream.info);
    if (!done) {
        free(stream.out);
        return false;
    }
    *bytes = stream.out;
    *size = stream.size;
    return true;
}
