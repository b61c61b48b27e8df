/* check_picture.c - pictures are decoded, resized and made into inputs, against Pillow and
 * formulas. */
#include <math.h>
#include <png.h>
#include <zlib.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "io/picture.h"
#include "suite.h"

#define DATA "tests/data/"

static struct sx_error error;

static void setup(void)
{
    error = (struct sx_error){0};
}

/* Reads a file into memory of exactly its size, so that a read beyond its end is noticed. */
static uint8_t *slurp(const char *path, size_t *size)
{
    FILE *in = fopen(path, "rb");
    ck_assert_msg(in != NULL, "%s: cannot be read", path);
    ck_assert_int_eq(fseek(in, 0, SEEK_END), 0);
    *size = (size_t)ftell(in);
    rewind(in);
    uint8_t *bytes = malloc(*size);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_eq(fread(bytes, 1, *size, in), *size);
    fclose(in);
    return bytes;
}

static struct sx_picture load(const char *path)
{
    size_t size;
    struct sx_picture picture;
    uint8_t *bytes = slurp(path, &size);
    ck_assert_msg(sx_picture_decode(bytes, size, &picture, &error), "%s", error.message);
    free(bytes);
    return picture;
}

/* The largest difference of two pictures of equal size and channels. */
static int furthest(const struct sx_picture *a, const struct sx_picture *b)
{
    ck_assert_int_eq(a->width, b->width);
    ck_assert_int_eq(a->height, b->height);
    ck_assert_int_eq(a->channels, b->channels);
    int most = 0;
    for (int i = 0; i < a->width * a->height * a->channels; i++)
        if (abs(a->pixels[i] - b->pixels[i]) > most)
            most = abs(a->pixels[i] - b->pixels[i]);
    return most;
}

/* Checks that bytes are refused with status 1 and a message, and that nothing is allocated. */
static void refused(const uint8_t *bytes, size_t size, const char *says)
{
    struct sx_picture picture = {1, 1, 1, NULL};
    uint8_t *exact = malloc(size + 1);
    memcpy(exact + 1, bytes, size);
    setup();
    ck_assert_msg(!sx_picture_decode(exact + 1, size, &picture, &error), "%zu bytes", size);
    free(exact);
    ck_assert_int_eq(error.status, SX_FAILED);
    ck_assert_msg(strstr(error.message, says) != NULL, "%s", error.message);
    ck_assert_ptr_null(picture.pixels);
    ck_assert_int_eq(picture.width, 0);
}

/* ---- PNG ---- */

enum { WIDTH = 13, HEIGHT = 11 };

/* The content of the test pictures: a 16-bit sample for each place and channel. */
static unsigned sample(unsigned x, unsigned y, unsigned c)
{
    return (x * 5003U + y * 9001U + c * 20011U + x * y * 77U) & 0xffffU;
}

struct memory {
    uint8_t bytes[1 << 15];
    size_t size;
};

static void to_memory(png_structp png, png_bytep from, size_t n)
{
    struct memory *memory = png_get_io_ptr(png);
    ck_assert_uint_le(memory->size + n, sizeof memory->bytes);
    memcpy(memory->bytes + memory->size, from, n);
    memory->size += n;
}

static void no_flush(png_structp png)
{
    (void)png;
}

/* Packs one row of samples, cut to `depth` bits, as PNG does. */
static void pack_row(uint8_t *row, unsigned y, unsigned channels, unsigned depth)
{
    memset(row, 0, WIDTH * 8);
    for (unsigned i = 0; i < WIDTH * channels; i++) {
        unsigned v = sample(i / channels, y, i % channels) >> (16 - depth);
        if (depth == 16) {
            row[2 * i] = (uint8_t)(v >> 8);
            row[2 * i + 1] = (uint8_t)v;
        } else {
            unsigned bit = i * depth;
            row[bit / 8] = (uint8_t)(row[bit / 8] | v << (8 - depth - bit % 8));
        }
    }
}

static const unsigned channels_of[] = {1, 0, 3, 1, 2, 0, 4};

/* Writes the test picture as a PNG of any type. `transparent` adds a tRNS chunk, by which grey
 * 0, RGB (0,0,0) or palette entry 0 is transparent. Each file contains text and gamma, which
 * are ignored. */
static void write_png(struct memory *memory, int type, int depth, int interlace,
                      bool transparent)
{
    static char key[] = "Comment", text[] = "to be skipped";
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_color palette[256];
    png_color_16 black = {0};
    png_byte clear = 0;
    png_text note = {.compression = PNG_TEXT_COMPRESSION_zTXt, .key = key, .text = text};
    memory->size = 0;
    png_set_write_fn(png, memory, to_memory, no_flush);
    png_set_IHDR(png, info, WIDTH, HEIGHT, depth, type, interlace, 0, 0);
    for (unsigned i = 0; i < 256; i++)
        palette[i] = (png_color){(png_byte)(255 - i), (png_byte)(i * 7), (png_byte)(i ^ 85)};
    if (type == PNG_COLOR_TYPE_PALETTE)
        png_set_PLTE(png, info, palette, 1 << depth);
    if (transparent)
        png_set_tRNS(png, info, &clear, 1, &black);
    png_set_gAMA(png, info, 0.3);
    png_set_text(png, info, &note, 1);
    png_write_info(png, info);
    uint8_t row[WIDTH * 8];
    for (int pass = png_set_interlace_handling(png); pass > 0; pass--)
        for (unsigned y = 0; y < HEIGHT; y++) {
            pack_row(row, y, channels_of[type], (unsigned)depth);
            png_write_row(png, row);
        }
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
}

/* The sample as a real number of 8 bits. */
static double level(unsigned x, unsigned y, unsigned c, unsigned depth)
{
    unsigned most = (1U << depth) - 1;
    return 255.0 * (sample(x, y, c) >> (16 - depth)) / most;
}

/* The value that a decoder should give for channel c of a pixel. */
static double expected(int type, unsigned depth, bool transparent, unsigned x, unsigned y,
                       unsigned c)
{
    if (type == PNG_COLOR_TYPE_PALETTE) {
        unsigned i = sample(x, y, 0) >> (16 - depth);
        const unsigned colour[] = {255 - i, i * 7 & 255, i ^ 85};
        return transparent && i == 0 ? 255 : colour[c];
    }
    double value = level(x, y, c, depth);
    unsigned colours = channels_of[type] < 3 ? 1 : 3;
    if (channels_of[type] % 2 == 0) {
        double alpha = level(x, y, colours, depth) / 255;
        return value * alpha + 255 * (1 - alpha);
    }
    bool black = true;
    for (unsigned k = 0; k < colours; k++)
        black = black && (sample(x, y, k) >> (16 - depth)) == 0;
    return transparent && black ? 255 : value;
}

START_TEST(test_png_forms)
{
    static const struct {
        int type, depth;
        bool transparent;
    } forms[] = {{0, 1, 0},  {0, 2, 0}, {0, 4, 0},  {0, 8, 0}, {0, 16, 0}, {2, 8, 0},
                 {2, 16, 0}, {3, 1, 0}, {3, 2, 0},  {3, 4, 0}, {3, 8, 0},  {4, 8, 0},
                 {4, 16, 0}, {6, 8, 0}, {6, 16, 0}, {0, 1, 1}, {0, 4, 1},  {0, 16, 1},
                 {2, 8, 1},  {3, 2, 1}, {3, 8, 1}};
    static struct memory memory;
    int type = forms[_i / 2].type, depth = forms[_i / 2].depth;
    bool transparent = forms[_i / 2].transparent;
    struct sx_picture picture;
    write_png(&memory, type, depth, _i % 2, transparent);
    ck_assert_msg(sx_picture_decode(memory.bytes, memory.size, &picture, &error), "%s",
                  error.message);
    ck_assert_int_eq(picture.width, WIDTH);
    ck_assert_int_eq(picture.height, HEIGHT);
    ck_assert_int_eq(picture.channels, type & PNG_COLOR_MASK_COLOR ? 3 : 1);
    /* one rounding; with 16 bits, samples and alpha are rounded before, too */
    double tolerance = depth < 16 ? 0.501 : 1.501;
    const uint8_t *p = picture.pixels;
    for (unsigned y = 0; y < HEIGHT; y++)
        for (unsigned x = 0; x < WIDTH; x++)
            for (int c = 0; c < picture.channels; c++, p++)
                ck_assert_double_eq_tol(
                    *p, expected(type, (unsigned)depth, transparent, x, y, (unsigned)c),
                    tolerance);
    sx_picture_free(&picture);
}
END_TEST

/* All 65536 levels of 16 bits become the nearest of 256, which is 255 v / 65535 rounded. */
START_TEST(test_png_sixteen_bits)
{
    static struct memory memory;
    static uint8_t row[2 * 65536];
    struct sx_picture picture;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    memory.size = 0;
    png_set_write_fn(png, &memory, to_memory, no_flush);
    png_set_IHDR(png, info, 65536, 1, 16, PNG_COLOR_TYPE_GRAY, 0, 0, 0);
    png_set_filter(png, 0, PNG_FILTER_SUB);
    png_write_info(png, info);
    for (unsigned v = 0; v < 65536; v++) {
        row[2 * v] = (uint8_t)(v >> 8);
        row[2 * v + 1] = (uint8_t)v;
    }
    png_write_row(png, row);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    ck_assert_msg(sx_picture_decode(memory.bytes, memory.size, &picture, &error), "%s",
                  error.message);
    for (unsigned v = 0; v < 65536; v++)
        ck_assert_int_eq(picture.pixels[v], (v * 510 + 65535) / 131070);
    sx_picture_free(&picture);
}
END_TEST

START_TEST(test_png_cut_short)
{
    static struct memory memory;
    write_png(&memory, PNG_COLOR_TYPE_RGB, 8, _i, false);
    refused(memory.bytes, 0, "neither");
    for (size_t n = 8; n < memory.size; n++)
        refused(memory.bytes, n, "PNG: ");
    refused(memory.bytes, memory.size - 12, "truncated");
}
END_TEST

/* Every byte after the signature is checked by a checksum, also in ancillary chunks. */
START_TEST(test_png_damaged)
{
    static struct memory memory;
    write_png(&memory, PNG_COLOR_TYPE_PALETTE, 8, 0, true);
    for (size_t i = 8; i < memory.size; i++) {
        memory.bytes[i] ^= 0x10;
        refused(memory.bytes, memory.size, "PNG: ");
        memory.bytes[i] ^= 0x10;
    }
}
END_TEST

/* Headers that promise more than the file can hold are refused. */
START_TEST(test_png_lies)
{
    uint8_t bytes[33 + 12] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    static const uint32_t sides[][2] = {
        {1 << 14, 1 << 14}, {0x7fffffff, 0x7fffffff}, {1 << 28, 2}, {0, 5}, {60000, 60000}};
    for (size_t i = 0; i < 5; i++) {
        png_save_uint_32(bytes + 16, sides[i][0]);
        png_save_uint_32(bytes + 20, sides[i][1]);
        memcpy(bytes + 24, "\x08\x06\0\0\0", 5);
        png_save_uint_32(bytes + 29, (uint32_t)crc32(0, bytes + 12, 17));
        memcpy(bytes + 33, "\0\0\0\0IDAT\x35\xaf\x06\x1e", 12);
        refused(bytes, sizeof bytes, "PNG: ");
    }
}
END_TEST

START_TEST(test_png_round_trip)
{
    for (int channels = 1; channels <= 3; channels += 2) {
        struct sx_picture picture, back;
        uint8_t *bytes, *again;
        size_t size, size_again;
        ck_assert(sx_picture_new(&picture, 31, 17, channels, &error));
        for (int i = 0; i < 31 * 17 * channels; i++)
            picture.pixels[i] = (uint8_t)(i * i / 7);
        ck_assert(sx_png_encode(&picture, &bytes, &size, &error));
        ck_assert(sx_png_encode(&picture, &again, &size_again, &error));
        ck_assert_uint_eq(size, size_again);
        ck_assert_mem_eq(bytes, again, size);
        ck_assert(sx_picture_decode(bytes, size, &back, &error));
        ck_assert_int_eq(furthest(&picture, &back), 0);
        free(bytes);
        free(again);
        sx_picture_free(&picture);
        sx_picture_free(&back);
    }
}
END_TEST

START_TEST(test_png_nothing_to_write)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct sx_picture picture = {0, 4, 3, NULL};
    ck_assert(!sx_png_encode(&picture, &bytes, &size, &error));
    ck_assert_str_ne(error.message, "");
    ck_assert_ptr_null(bytes);
}
END_TEST

/* ---- JPEG ---- */

/* Makes a JPEG that is twice as wide as high. Its quarters have the levels 40, 90, 160, 220
 * (upper left, upper right, lower left, lower right). If `orientation` is not 0, it has an EXIF
 * segment. */
static uint8_t *write_jpeg(int channels, int orientation, bool little, bool progressive,
                           size_t *size)
{
    static const uint8_t levels[] = {40, 90, 160, 220};
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr manager;
    unsigned char *bytes = NULL;
    unsigned long length = 0;
    jpeg.err = jpeg_std_error(&manager);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &bytes, &length);
    jpeg.image_width = 64;
    jpeg.image_height = 32;
    jpeg.input_components = channels;
    jpeg.in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 95, TRUE);
    if (progressive)
        jpeg_simple_progression(&jpeg);
    jpeg.write_Adobe_marker = progressive;
    jpeg_start_compress(&jpeg, TRUE);
    uint8_t exif[] = "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0";
    exif[25] = (uint8_t)orientation;
    if (little) {
        memcpy(exif, "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\0\0\0\0", 28);
        exif[24] = (uint8_t)orientation;
    }
    if (orientation > 0)
        jpeg_write_marker(&jpeg, JPEG_APP0 + 1, exif, 32);
    uint8_t row[64 * 4], *rows[] = {row};
    for (int y = 0; y < 32; y++) {
        for (int i = 0; i < 64 * channels; i++)
            row[i] = levels[2 * (y / 16) + i / (32 * channels)];
        jpeg_write_scanlines(&jpeg, rows, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    *size = length;
    return bytes;
}

/* The level in the middle of quarter i, in the order above. */
static int quarter(const struct sx_picture *p, int i)
{
    int x = (i % 2 * 2 + 1) * p->width / 4, y = (i / 2 * 2 + 1) * p->height / 4;
    return p->pixels[(y * p->width + x) * p->channels];
}

START_TEST(test_jpeg_orientation)
{
    static const int quarters[][4] = {
        {40, 90, 160, 220}, {40, 90, 160, 220}, {90, 40, 220, 160}, {220, 160, 90, 40},
        {160, 220, 40, 90}, {40, 160, 90, 220}, {160, 40, 220, 90}, {220, 90, 160, 40},
        {90, 220, 40, 160}, {40, 90, 160, 220}};
    for (int little = 0; little < 2; little++) {
        size_t size;
        struct sx_picture picture;
        uint8_t *bytes = write_jpeg(3, _i, little, false, &size);
        ck_assert_msg(sx_picture_decode(bytes, size, &picture, &error), "%s", error.message);
        ck_assert_int_eq(picture.width, _i >= 5 && _i <= 8 ? 32 : 64);
        ck_assert_int_eq(picture.channels, 3);
        for (int i = 0; i < 4; i++)
            ck_assert_int_le(abs(quarter(&picture, i) - quarters[_i][i]), 2);
        sx_picture_free(&picture);
        free(bytes);
    }
}
END_TEST

/* Equal parts c of ink and k of black leave (1 - c)(1 - k) of the light, here (1 - c)^2.
 * Adobe's files, here the progressive ones, store 1 - c. */
START_TEST(test_jpeg_forms)
{
    static const int levels[][4] = {{40, 90, 160, 220}, {40, 90, 160, 220}, {40, 90, 160, 220},
                                    {40, 90, 160, 220}, {181, 107, 35, 5},  {6, 32, 100, 190}};
    static const int channels[] = {1, 3, 4};
    size_t size;
    struct sx_picture picture;
    uint8_t *bytes = write_jpeg(channels[_i / 2], 0, false, _i % 2, &size);
    ck_assert_msg(sx_picture_decode(bytes, size, &picture, &error), "%s", error.message);
    ck_assert_int_eq(picture.channels, _i / 2 == 0 ? 1 : 3);
    for (int i = 0; i < 4; i++)
        ck_assert_int_le(abs(quarter(&picture, i) - levels[_i][i]), 2);
    sx_picture_free(&picture);
    free(bytes);
}
END_TEST

START_TEST(test_jpeg_cut_short)
{
    size_t size;
    uint8_t *bytes = write_jpeg(3, 6, true, _i, &size);
    for (size_t n = 3; n < size; n++)
        refused(bytes, n, "JPEG: ");
    free(bytes);
}
END_TEST

/* JPEG has no checksums, so damage may remain unnoticed. Decoding must be safe. */
START_TEST(test_jpeg_damaged)
{
    size_t size;
    uint8_t *bytes = slurp(DATA "picture.jpg", &size);
    for (size_t i = 2; i < size; i++)
        for (int bit = 0; bit < 8; bit += 3) {
            struct sx_picture picture;
            bytes[i] = (uint8_t)(bytes[i] ^ 1 << bit);
            setup();
            if (!sx_picture_decode(bytes, size, &picture, &error))
                ck_assert_str_ne(error.message, "");
            sx_picture_free(&picture);
            bytes[i] = (uint8_t)(bytes[i] ^ 1 << bit);
        }
    free(bytes);
}
END_TEST

START_TEST(test_jpeg_lies)
{
    size_t size, at = 0;
    uint8_t *bytes = write_jpeg(3, 0, false, false, &size);
    while (memcmp(bytes + at, "\xff\xc0", 2) != 0)
        at++;
    memcpy(bytes + at + 5, "\xff\xdc\xff\xdc", 4);
    refused(bytes, size, "truncated");
    free(bytes);
}
END_TEST

/* ---- Resizing ---- */

START_TEST(test_resize_as_pillow)
{
    static const struct {
        const char *path;
        size_t width, height;
    } cases[] = {{DATA "picture-7x36.png", 7, 36},
                 {DATA "picture-48x5.png", 48, 5},
                 {DATA "picture-19x13.png", 19, 13},
                 {DATA "picture-90x70.png", 90, 70},
                 {DATA "picture.png", 48, 36}};
    struct sx_picture picture = load(DATA "picture.png"), resized, pillow;
    pillow = load(cases[_i].path);
    ck_assert(sx_picture_resize(&resized, &picture, cases[_i].width, cases[_i].height, &error));
    ck_assert_int_eq(furthest(&resized, &pillow), 0);
    sx_picture_free(&picture);
    sx_picture_free(&resized);
    sx_picture_free(&pillow);
}
END_TEST

/* An array is drawn from its smallest value to its largest. NaN is black, and so is a constant
 * array. */
START_TEST(test_array_drawn)
{
    const struct sx_shape shape = {4, {1, 1, 2, 3}};
    static const double values[2][6] = {{-1, 0, 1, 3, NAN, INFINITY}, {7, 7, 7, 7, 7, 7}};
    static const uint8_t want[2][6] = {{0, 64, 128, 255, 0, 255}, {0}};
    struct sx_tensor array;
    struct sx_picture picture;
    ck_assert(sx_tensor_new(&array, SX_DOUBLE, &shape, &error));
    for (int k = 0; k < 2; k++) {
        memcpy(array.data, values[k], sizeof values[k]);
        ck_assert(sx_picture_of(&array, SX_LAYOUT_AUTO, &picture, &error));
        ck_assert(picture.width == 3 && picture.height == 2 && picture.channels == 1);
        for (int i = 0; i < 6; i++)
            ck_assert_int_eq(picture.pixels[i], want[k][i]);
        sx_picture_free(&picture);
    }
    sx_tensor_free(&array);
}
END_TEST

START_TEST(test_resize_limits)
{
    struct sx_picture picture = load(DATA "picture.png"), resized;
    ck_assert(!sx_picture_resize(&resized, &picture, 0, 5, &error));
    ck_assert_int_eq(error.status, SX_FAILED);
    setup();
    ck_assert(!sx_picture_resize(&resized, &picture, 1 << 20, 1 << 20, &error));
    ck_assert_int_eq(error.status, SX_FAILED);
    setup();
    ck_assert(sx_picture_resize(&resized, &picture, 1, 1, &error));
    sx_picture_free(&resized);
    sx_picture_free(&picture);
}
END_TEST

START_TEST(test_luma_as_pillow)
{
    struct sx_picture picture = load(DATA "picture.png"), gray, colour, back;
    struct sx_picture pillow = load(DATA "picture-gray.png");
    ck_assert(sx_picture_channels(&gray, &picture, 1, &error));
    ck_assert_int_eq(furthest(&gray, &pillow), 0);
    ck_assert(sx_picture_channels(&colour, &gray, 3, &error));
    ck_assert(sx_picture_channels(&back, &colour, 1, &error));
    ck_assert_int_eq(furthest(&gray, &back), 0);
    sx_picture_free(&picture);
    sx_picture_free(&gray);
    sx_picture_free(&colour);
    sx_picture_free(&back);
    sx_picture_free(&pillow);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("picture");
    tcase_add_checked_fixture(c, setup, NULL);
    tcase_add_loop_test(c, test_png_forms, 0, 42);
    tcase_add_test(c, test_png_sixteen_bits);
    tcase_add_loop_test(c, test_png_cut_short, 0, 2);
    SUITE_ADD(c, test_png_damaged, test_png_lies, test_png_round_trip,
              test_png_nothing_to_write);
    tcase_add_loop_test(c, test_jpeg_orientation, 0, 10);
    tcase_add_loop_test(c, test_jpeg_forms, 0, 6);
    tcase_add_loop_test(c, test_jpeg_cut_short, 0, 2);
    SUITE_ADD(c, test_jpeg_damaged, test_jpeg_lies);
    tcase_add_loop_test(c, test_resize_as_pillow, 0, 5);
    SUITE_ADD(c, test_array_drawn, test_resize_limits, test_luma_as_pillow);
    return suite_run();
}
