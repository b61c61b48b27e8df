/* jpeg.c - decodes JPEG files in memory by libjpeg, and applies their EXIF orientation. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

#include "io/picture.h"

/* The most scans. A progressive file could repeat scans endlessly; real ones have about ten. */
#define MOST_SCANS 100

/* A file being read. It is outside the function that calls setjmp, so that its fields are defined,
 * and freed, after a jump. The error manager is first, because libjpeg passes its address. */
struct reader {
    struct jpeg_error_mgr manager;
    jmp_buf out;
    struct jpeg_decompress_struct jpeg;
    struct jpeg_progress_mgr progress;
    const uint8_t *bytes;
    size_t size;
    uint8_t *row;
    int orientation;
    struct sx_error *error;
};

static _Noreturn void on_error(j_common_ptr jpeg)
{
    struct reader *reader = (struct reader *)(void *)jpeg->err;
    char message[JMSG_LENGTH_MAX];
    jpeg->err->format_message(jpeg, message);
    int code = jpeg->err->msg_code;
    bool memory = code == JERR_OUT_OF_MEMORY || code == JERR_NO_BACKING_STORE;
    sx_fail(reader->error, memory ? SX_MEMORY : SX_FAILED, "JPEG: %s", message);
    longjmp(reader->out, 1);
}

/* Fails on warnings, because data are then missing or damaged, except for four harmless ones.
 * libjpeg would go on with grey blocks. */
static void on_message(j_common_ptr jpeg, int level)
{
    int code = jpeg->err->msg_code;
    if (level < 0 && code != JWRN_EXTRANEOUS_DATA && code != JWRN_ADOBE_XFORM &&
        code != JWRN_JFIF_MAJOR && code != JWRN_TOO_MUCH_DATA)
        on_error(jpeg);
}

static void on_progress(j_common_ptr jpeg)
{
    struct reader *reader = (struct reader *)(void *)jpeg->err;
    if (reader->jpeg.input_scan_number > MOST_SCANS)
        ERREXIT(jpeg, JERR_EOI_EXPECTED);
}

static unsigned read_int(const uint8_t *p, int n, bool little)
{
    unsigned value = 0;
    for (int i = 0; i < n; i++)
        value = value << 8 | p[little ? n - 1 - i : i];
    return value;
}

/* The orientation (1 to 8) in an APP1 segment: "Exif", a TIFF header, and tag 0x112 in its first
 * directory. Anything unexpected means 1, upright. */
static int exif_orientation(const uint8_t *p, size_t n)
{
    if (n < 14 || memcmp(p, "Exif\0", 6) != 0)
        return 1;
    p += 6;
    n -= 6;
    bool little = p[0] == 'I';
    size_t at = read_int(p + 4, 4, little);
    if (at > n - 2)
        return 1;
    size_t entries = read_int(p + at, 2, little);
    at += 2;
    for (size_t i = 0; i < entries && n - at >= 12; i++, at += 12)
        if (read_int(p + at, 2, little) == 0x112) {
            unsigned value = read_int(p + at + 8, 2, little);
            return value >= 1 && value <= 8 ? (int)value : 1;
        }
    return 1;
}

static int find_orientation(const struct jpeg_decompress_struct *jpeg)
{
    for (jpeg_saved_marker_ptr m = jpeg->marker_list; m != NULL; m = m->next) {
        int orientation = exif_orientation(m->data, m->data_length);
        if (orientation != 1)
            return orientation;
    }
    return 1;
}

/* Applies an orientation: 5 to 8 exchange rows and columns, and columns or rows may be reversed. */
static bool orient(struct sx_picture *picture, int orientation, struct sx_error *error)
{
    static const struct {
        bool swap, flip_x, flip_y;
    } turn[] = {{0, 0, 0}, {0, 1, 0}, {0, 1, 1}, {0, 0, 1},
                {1, 0, 0}, {1, 0, 1}, {1, 1, 1}, {1, 1, 0}};
    if (orientation == 1)
        return true;
    bool swap = turn[orientation - 1].swap;
    bool flip_x = turn[orientation - 1].flip_x, flip_y = turn[orientation - 1].flip_y;
    size_t w = (size_t)picture->width, h = (size_t)picture->height,
           c = (size_t)picture->channels;
    struct sx_picture turned;
    if (!sx_picture_new(&turned, swap ? h : w, swap ? w : h, picture->channels, error))
        return false;
    uint8_t *to = turned.pixels;
    for (size_t y = 0; y < (size_t)turned.height; y++)
        for (size_t x = 0; x < (size_t)turned.width; x++, to += c) {
            size_t column = swap ? y : x, row = swap ? x : y;
            column = flip_x ? w - 1 - column : column;
            row = flip_y ? h - 1 - row : row;
            memcpy(to, picture->pixels + (row * w + column) * c, c);
        }
    sx_picture_free(picture);
    *picture = turned;
    return true;
}

/* Converts a row of n CMYK pixels to RGB in place. Adobe's files hold the complement of the ink. */
static void cmyk_row(uint8_t *row, size_t n, bool complement)
{
    uint8_t *to = row, flip = complement ? 0 : 255;
    for (size_t i = 0; i < n; i++, row += 4)
        for (unsigned c = 0, k = row[3] ^ flip; c < 3; c++)
            *to++ = (uint8_t)(((row[c] ^ flip) * k + 127U) / 255U);
}

static bool read_rows(struct reader *reader, struct sx_picture *picture)
{
    struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    jpeg_read_header(jpeg, TRUE);
    reader->orientation = find_orientation(jpeg);
    size_t width = jpeg->image_width, height = jpeg->image_height;
    size_t channels = jpeg->num_components == 1 ? 1 : 3;
    bool cmyk = jpeg->num_components == 4;
    /* A block of 8 x 8 pixels takes at least one bit. */
    if (width * height / 512 > reader->size)
        return sx_fail(reader->error, SX_FAILED,
                       "JPEG: file is truncated, %zu bytes for %zu x %zu", reader->size, width,
                       height);
    jpeg->out_color_space = channels == 1 ? JCS_GRAYSCALE : cmyk ? JCS_CMYK : JCS_RGB;
    reader->row = sx_new(width, 4, reader->error);
    if (reader->row == NULL ||
        !sx_picture_new(picture, width, height, (int)channels, reader->error))
        return false;
    jpeg_start_decompress(jpeg);
    for (size_t y = 0; y < height; y++) {
        jpeg_read_scanlines(jpeg, &reader->row, 1);
        if (cmyk)
            cmyk_row(reader->row, width, jpeg->saw_Adobe_marker);
        memcpy(picture->pixels + y * width * channels, reader->row, width * channels);
    }
    jpeg_finish_decompress(jpeg);
    return true;
}

static bool decode(struct reader *reader, struct sx_picture *picture)
{
    if (setjmp(reader->out) != 0)
        return false;
    jpeg_create_decompress(&reader->jpeg);
    reader->progress.progress_monitor = on_progress;
    reader->jpeg.progress = &reader->progress;
    reader->jpeg.mem->max_memory_to_use = 1L << 30;
    jpeg_save_markers(&reader->jpeg, JPEG_APP0 + 1, 0xffff);
    jpeg_mem_src(&reader->jpeg, reader->bytes, reader->size);
    return read_rows(reader, picture) && orient(picture, reader->orientation, reader->error);
}

bool sx_jpeg_decode(const uint8_t *bytes, size_t size, struct sx_picture *picture,
                    struct sx_error *error)
{
    struct reader reader = {.bytes = bytes, .size = size, .error = error};
    reader.jpeg.err = jpeg_std_error(&reader.manager);
    reader.manager.error_exit = on_error;
    reader.manager.emit_message = on_message;
    bool done = decode(&reader, picture);
    jpeg_destroy_decompress(&reader.jpeg);
    free(reader.row);
    if (!done)
        sx_picture_free(picture);
    return done;
}
