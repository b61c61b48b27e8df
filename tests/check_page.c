/* check_page.c - pages as files: pixels of lines, pictures and texts, resolution, the largest size. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "draw/draw.h"
#include "suite.h"

static struct sx_error error;
static struct sx_page_options options;
static double wide, high; /* the size of the next page */

static void setup(void)
{
    error = (struct sx_error){0};
    options = (struct sx_page_options){.format = SX_DRAW_PIXELS,
                                       .zoom = 1,
                                       .dpi = 96,
                                       .font = "DejaVu Sans",
                                       .title = "a title",
                                       .about = "key: value\n"};
    wide = high = 100;
}

typedef void drawing(struct sx_page *p);

static bool draw(struct sx_page *p, void *context, double *width, double *height,
                 struct sx_error *why)
{
    drawing *own = *(drawing **)context;
    (void)why;
    own(p);
    *width = wide;
    *height = high;
    return true;
}

static bool make(drawing *own, uint8_t **bytes, size_t *size)
{
    return sx_page_make(&options, draw, &own, bytes, size, &error);
}

/* The page as a picture. The caller frees it. */
static struct sx_picture pixels_of(drawing *own)
{
    uint8_t *bytes = NULL;
    size_t size;
    struct sx_picture p;
    ck_assert_msg(make(own, &bytes, &size), "%s", error.message);
    ck_assert_msg(sx_picture_decode(bytes, size, &p, &error), "%s", error.message);
    ck_assert_int_eq(p.channels, 3);
    free(bytes);
    return p;
}

static unsigned at(const struct sx_picture *p, int x, int y)
{
    const uint8_t *c = p->pixels + 3 * (y * p->width + x);
    return (unsigned)c[0] << 16 | (unsigned)c[1] << 8 | c[2];
}

/* The box around all that is not white. */
struct box {
    int x0, y0, x1, y1;
};

static struct box ink_of(drawing *own)
{
    struct sx_picture p = pixels_of(own);
    struct box b = {p.width, p.height, 0, 0};
    for (int y = 0; y < p.height; y++)
        for (int x = 0; x < p.width; x++)
            if (at(&p, x, y) != 0xffffff) {
                b.x0 = x < b.x0 ? x : b.x0;
                b.y0 = y < b.y0 ? y : b.y0;
                b.x1 = x + 1 > b.x1 ? x + 1 : b.x1;
                b.y1 = y + 1 > b.y1 ? y + 1 : b.y1;
            }
    sx_picture_free(&p);
    return b;
}

static void expect_box(drawing *own, int x0, int y0, int x1, int y1)
{
    struct box b = ink_of(own);
    ck_assert_msg(b.x0 == x0 && b.y0 == y0 && b.x1 == x1 && b.y1 == y1, "%d %d %d %d", b.x0,
                  b.y0, b.x1, b.y1);
}

/* ---- Shapes ---- */

static void rectangle(struct sx_page *p)
{
    sx_page_colour(p, 0x102030, 1);
    sx_page_fill(p, 10, 20, 30, 15);
}

static void frame(struct sx_page *p)
{
    sx_page_colour(p, 0, 1);
    sx_page_frame(p, 10.5, 20.5, 30, 15, 1);
}

static void disc(struct sx_page *p)
{
    sx_page_colour(p, 0, 1);
    sx_page_disc(p, 50, 40, 20);
}

static void line(struct sx_page *p)
{
    sx_page_colour(p, 0xff0000, 1);
    sx_page_line(p, 10, 30, 90, 30, 4);
}

static void dashes(struct sx_page *p)
{
    sx_page_colour(p, 0xff0000, 1);
    sx_page_dashes(p, 10, 30, 94, 30, 4);
}

static void half(struct sx_page *p)
{
    sx_page_colour(p, 0, 0.5);
    sx_page_fill(p, 0, 0, 100, 100);
}

START_TEST(shapes_are_where_they_are_drawn)
{
    expect_box(rectangle, 10, 20, 40, 35);
    expect_box(frame, 10, 20, 41, 36);
    expect_box(disc, 30, 20, 70, 60);
    expect_box(line, 10, 28, 90, 32);
    struct sx_picture p = pixels_of(rectangle);
    ck_assert_uint_eq(at(&p, 11, 21), 0x102030);
    sx_picture_free(&p);
    p = pixels_of(half);
    ck_assert_int_le(abs((int)(at(&p, 50, 50) & 255) - 128), 1);
    sx_picture_free(&p);
}
END_TEST

/* Dashes of 4 pixels and gaps of 3: 12 of each in 84 pixels. A later line has none. */
START_TEST(dashes_have_gaps)
{
    struct sx_picture p = pixels_of(dashes);
    int red = 0;
    for (int x = 0; x < p.width; x++)
        red += at(&p, x, 30) == 0xff0000;
    ck_assert_int_eq(red, 48);
    sx_picture_free(&p);
}
END_TEST

/* ---- Texts ---- */

static void text(struct sx_page *p)
{
    sx_page_colour(p, 0, 1);
    sx_page_text(p, 50, 40, 0, (struct sx_type_face){12, false, 0}, "HH");
}

static void text_to_the_left(struct sx_page *p)
{
    sx_page_colour(p, 0, 1);
    sx_page_text(p, 50, 40, 1, (struct sx_type_face){12, false, 0}, "HH");
}

static void label(struct sx_page *p)
{
    sx_page_colour(p, 0, 1);
    sx_page_label(p, 50, 40, 0.5, (struct sx_type_face){12, false, 0}, "HH");
}

static void turned(struct sx_page *p)
{
    sx_page_colour(p, 0, 1);
    sx_page_turned(p, 50, 60, 90, (struct sx_type_face){12, false, 0}, "HHHH");
}

static void bold(struct sx_page *p)
{
    sx_page_colour(p, 0, 1);
    sx_page_text(p, 10, 40, 0, (struct sx_type_face){12, true, 0}, "HHHHHH");
}

static void plain(struct sx_page *p)
{
    sx_page_colour(p, 0, 1);
    sx_page_text(p, 10, 40, 0, (struct sx_type_face){12, false, 0}, "HHHHHH");
}

static void wrapped(struct sx_page *p)
{
    sx_page_colour(p, 0, 1);
    sx_page_text(p, 10, 10, 0, (struct sx_type_face){12, false, 40}, "HHH HHH HHH");
}

START_TEST(texts_are_aligned)
{
    struct box b = ink_of(text);
    ck_assert(b.x0 >= 50 && b.x1 < 75 && b.y0 >= 40 && b.y1 <= 56);
    b = ink_of(text_to_the_left);
    ck_assert(b.x0 > 25 && b.x1 <= 50);
    b = ink_of(label);
    ck_assert(abs(b.x0 + b.x1 - 100) <= 2 && abs(b.y0 + b.y1 - 80) <= 6);
    b = ink_of(turned); /* from its upper left corner upwards */
    ck_assert(b.x0 >= 50 && b.x1 <= 66 && b.y1 <= 60 && b.y0 < 35);
    struct box thick = ink_of(bold), thin = ink_of(plain);
    ck_assert_int_gt(thick.x1, thin.x1);
    b = ink_of(wrapped);
    ck_assert(b.x1 <= 50 && b.y1 > 40);
}
END_TEST

/* ---- Pictures ---- */

static uint8_t colours[] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30};
static const struct sx_picture picture = {
    .width = 4, .height = 1, .channels = 3, .pixels = colours};
static bool grey;
static double side; /* the width of the picture on the page */

static void show_picture(struct sx_page *p)
{
    sx_page_picture(p, 0, 0, side, 20, &picture, grey, &error);
}

START_TEST(pictures_in_colours_and_in_grey)
{
    static const unsigned want[2][4] = {{0xff0000, 0x00ff00, 0x0000ff, 0x0a141e},
                                        {0x4c4c4c, 0x969696, 0x1d1d1d, 0x121212}};
    side = 80;
    for (int k = 0; k < 2; k++) {
        grey = k == 1;
        struct sx_picture p = pixels_of(show_picture);
        for (int i = 0; i < 4; i++)
            ck_assert_uint_eq(at(&p, 20 * i + 10, 10), want[k][i]);
        ck_assert_uint_eq(at(&p, 90, 10), 0xffffff);
        ck_assert_uint_eq(at(&p, 10, 30), 0xffffff);
        sx_picture_free(&p);
    }
}
END_TEST

/* The number of colours in a row of the page. */
static int colours_in(drawing *own)
{
    struct sx_picture p = pixels_of(own);
    int n = 0;
    for (int x = 0; x < p.width; x++) {
        bool seen = false;
        for (int k = 0; k < x && !seen; k++)
            seen = at(&p, k, 5) == at(&p, x, 5);
        n += !seen;
    }
    sx_picture_free(&p);
    return n;
}

static const uint32_t pair[] = {0xff000000U, 0xffff0000U};
static bool smooth;

static void show_image(struct sx_page *p)
{
    sx_page_image(p, 0, 0, 80, 20, pair, 2, 1, smooth);
}

/* Pixels that are enlarged more than twice are sharp squares. */
START_TEST(enlarged_pictures_are_sharp)
{
    grey = false;
    side = 12;
    ck_assert_int_eq(colours_in(show_picture), 5); /* (white too) */
    side = 8;
    ck_assert_int_gt(colours_in(show_picture), 5);
    smooth = false;
    ck_assert_int_eq(colours_in(show_image), 3);
    smooth = true;
    ck_assert_int_gt(colours_in(show_image), 3);
}
END_TEST

/* ---- Files ---- */

static const uint8_t *find(const uint8_t *bytes, size_t size, const char *what)
{
    return memmem(bytes, size, what, strlen(what));
}

/* The header of a PNG says how many pixels a metre has. */
START_TEST(the_resolution_of_a_png)
{
    static const struct {
        double dpi;
        unsigned a_metre;
    } cases[] = {{96, 3780}, {254, 10000}, {300, 11811}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        uint8_t *bytes;
        size_t size;
        options.dpi = cases[k].dpi;
        ck_assert(make(rectangle, &bytes, &size));
        const uint8_t *c = find(bytes, size, "pHYs");
        ck_assert_ptr_nonnull(c);
        for (int i = 0; i < 2; i++)
            ck_assert_uint_eq((unsigned)c[4 + 4 * i] << 24 | (unsigned)c[5 + 4 * i] << 16 |
                                  (unsigned)c[6 + 4 * i] << 8 | c[7 + 4 * i],
                              cases[k].a_metre);
        ck_assert_int_eq(c[12], 1);
        free(bytes);
    }
}
END_TEST

/* A side has at most 30000 pixels, after zooming. */
START_TEST(the_largest_page)
{
    static const struct {
        double wide, high, zoom;
        bool fits;
    } cases[] = {{30000, 4, 1, true},  {30001, 4, 1, false}, {4, 30000, 1, true},
                 {4, 30001, 1, false}, {15000, 4, 2, true},  {15001, 4, 2, false},
                 {60000, 4, 0.5, true}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        uint8_t *bytes = NULL;
        size_t size;
        setup();
        wide = cases[k].wide;
        high = cases[k].high;
        options.zoom = cases[k].zoom;
        ck_assert_int_eq(make(rectangle, &bytes, &size), cases[k].fits);
        ck_assert_int_eq(error.status, cases[k].fits ? SX_OK : SX_FAILED);
        free(bytes);
    }
}
END_TEST

/* A page has whole pixels. Vector files have the size of the page at this zoom: pixels in an SVG,
 * points of 4/3 pixels in a PDF. */
START_TEST(sizes_of_files)
{
    uint8_t *bytes;
    size_t size;
    wide = 120.25;
    high = 40;
    options.zoom = 2;
    struct sx_picture p = pixels_of(rectangle);
    ck_assert(p.width == 241 && p.height == 80);
    sx_picture_free(&p);
    options.format = SX_DRAW_SVG;
    ck_assert(make(rectangle, &bytes, &size));
    ck_assert(find(bytes, size, "width=\"241\"") || find(bytes, size, "width=\"241px\""));
    ck_assert(find(bytes, size, "height=\"80\"") || find(bytes, size, "height=\"80px\""));
    free(bytes);
    options.format = SX_DRAW_PDF;
    ck_assert(make(rectangle, &bytes, &size));
    const uint8_t *media = find(bytes, size, "/MediaBox [");
    double box[4];
    if (media != NULL) { /* later versions of cairo compress it */
        ck_assert_int_eq(sscanf((const char *)media + 11, "%lf %lf %lf %lf", &box[0], &box[1],
                                &box[2], &box[3]),
                         4);
        ck_assert_double_eq_tol(box[2], 180.75, 0.01);
        ck_assert_double_eq_tol(box[3], 60, 0.01);
    }
    free(bytes);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("page");
    tcase_add_checked_fixture(c, setup, NULL);
    SUITE_ADD(c, shapes_are_where_they_are_drawn, dashes_have_gaps, texts_are_aligned,
              pictures_in_colours_and_in_grey, enlarged_pictures_are_sharp,
              the_resolution_of_a_png, the_largest_page, sizes_of_files);
    return suite_run();
}
