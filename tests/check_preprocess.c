/* check_preprocess.c - from pictures to inputs: options, resizing and cropping, layouts, blur. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "io/picture.h"
#include "suite.h"

static struct sx_error error;
static struct sx_preprocess pre;
static struct sx_picture picture;

/* Makes a picture of 8 x 6 pixels: red 10 x + y, green 100 + x, blue 200 + y. */
static void setup(void)
{
    error = (struct sx_error){0};
    ck_assert(sx_preprocess_preset(&pre, "raw", &error));
    ck_assert(sx_picture_new(&picture, 8, 6, 3, &error));
    for (int y = 0; y < 6; y++)
        for (int x = 0; x < 8; x++) {
            uint8_t *p = picture.pixels + 3 * (8 * y + x);
            p[0] = (uint8_t)(10 * x + y);
            p[1] = (uint8_t)(100 + x);
            p[2] = (uint8_t)(200 + y);
        }
}

static void teardown(void)
{
    sx_picture_free(&picture);
}

static void set(const char *option, const char *value)
{
    ck_assert_msg(sx_preprocess_set(&pre, option, value, &error), "%s", error.message);
}

static struct sx_shape shape(int rank, const int64_t *dims)
{
    struct sx_shape s = {.rank = rank};
    memcpy(s.dim, dims, (size_t)rank * sizeof dims[0]);
    return s;
}
#define SHAPE(...)                                                                             \
    shape((int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (int64_t[]){__VA_ARGS__})

static struct sx_tensor apply(struct sx_shape want, struct sx_picture *shown)
{
    struct sx_tensor out;
    ck_assert_msg(sx_preprocess_apply(&pre, &picture, &want, &out, shown, &error), "%s",
                  error.message);
    return out;
}

static void refused(struct sx_shape want, enum sx_status status, const char *says)
{
    struct sx_tensor out;
    struct sx_picture shown = {0};
    ck_assert(!sx_preprocess_apply(&pre, &picture, &want, &out, &shown, &error));
    ck_assert_int_eq(error.status, status);
    ck_assert_msg(strstr(error.message, says) != NULL, "%s", error.message);
    ck_assert_ptr_null(out.data);
    ck_assert_ptr_null(shown.pixels);
    error = (struct sx_error){0};
}

static bool has_shape(const struct sx_tensor *tensor, struct sx_shape want)
{
    return sx_shape_equal(&tensor->shape, &want);
}

START_TEST(test_options)
{
    static const char *const good[][2] = {
        {"resize", "3x4"},   {"resize", "short:7"}, {"crop", "5"},          {"scale", "1/255"},
        {"scale", "2e-1"},   {"mean", "1,2,3"},     {"mean", "-.5"},        {"std", "1,2,3"},
        {"channels", "rgb"}, {"channels", "bgr"},   {"channels", "gray"},   {"layout", "nchw"},
        {"layout", "nhwc"},  {"layout", "auto"},    {"resize", "1x1048576"}};
    static const char *const bad[][2] = {{"resize", ""},
                                         {"resize", "3"},
                                         {"resize", "3x"},
                                         {"resize", "x3"},
                                         {"resize", "3x4 "},
                                         {"resize", "0x4"},
                                         {"resize", "-3x4"},
                                         {"resize", "short:"},
                                         {"resize", "short:0"},
                                         {"resize", "3x4x5"},
                                         {"resize", "99999999x1"},
                                         {"resize", "1048577x1"},
                                         {"crop", "0"},
                                         {"crop", "5x5"},
                                         {"crop", ""},
                                         {"scale", ""},
                                         {"scale", "0"},
                                         {"scale", "inf"},
                                         {"scale", "nan"},
                                         {"scale", "1/0"},
                                         {"scale", "1/"},
                                         {"scale", "1e999"},
                                         {"scale", " 1"},
                                         {"mean", "1,2"},
                                         {"mean", "1,2,3,4"},
                                         {"mean", "1,2,"},
                                         {"mean", ","},
                                         {"mean", "a"},
                                         {"std", "0"},
                                         {"std", "1,-1,1"},
                                         {"std", "1;2;3"},
                                         {"channels", "auto"},
                                         {"channels", "RGB"},
                                         {"layout", "chw"},
                                         {"layout", ""},
                                         {"colour", "rgb"},
                                         {"", ""}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        set(good[i][0], good[i][1]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        error = (struct sx_error){0};
        ck_assert_msg(!sx_preprocess_set(&pre, bad[i][0], bad[i][1], &error), "%s=%s",
                      bad[i][0], bad[i][1]);
        ck_assert_int_eq(error.status, SX_USAGE);
    }
    error = (struct sx_error){0};
    ck_assert(!sx_preprocess_preset(&pre, "imagnet", &error));
    ck_assert_int_eq(error.status, SX_USAGE);
}
END_TEST

START_TEST(test_values)
{
    ck_assert_double_eq(sx_preprocess_value(&pre, 2, 255), 255);
    ck_assert(sx_preprocess_preset(&pre, "unit", &error));
    ck_assert_double_eq(sx_preprocess_value(&pre, 0, 255), 1);
    ck_assert_double_eq(sx_preprocess_value(&pre, 0, 0), 0);
    ck_assert(sx_preprocess_preset(&pre, "imagenet", &error));
    ck_assert_double_eq_tol(sx_preprocess_value(&pre, 1, 255), (1 - 0.456) / 0.224, 1e-12);
    ck_assert_double_eq_tol(sx_preprocess_value(&pre, 2, 0), -0.406 / 0.225, 1e-12);
    ck_assert(sx_preprocess_preset(&pre, "mnist", &error));
    ck_assert_double_eq_tol(sx_preprocess_value(&pre, 0, 51), (0.2 - 0.1307) / 0.3081, 1e-12);
    set("scale", "1");
    set("mean", "104,117,123");
    set("std", "2");
    ck_assert_double_eq(sx_preprocess_value(&pre, 2, 125), 1);
}
END_TEST

/* --mean is in the order of the model's channels. */
START_TEST(test_channel_order)
{
    set("channels", "bgr");
    set("mean", "1,2,3");
    struct sx_tensor out = apply(SHAPE(-1, 3, 6, 8), NULL);
    ck_assert(has_shape(&out, SHAPE(1, 3, 6, 8)));
    const float *v = out.data;
    for (int y = 0; y < 6; y++)
        for (int x = 0; x < 8; x++) {
            ck_assert_float_eq(v[8 * y + x], (float)(200 + y - 1));
            ck_assert_float_eq(v[48 + 8 * y + x], (float)(100 + x - 2));
            ck_assert_float_eq(v[96 + 8 * y + x], (float)(10 * x + y - 3));
        }
    sx_tensor_free(&out);
}
END_TEST

START_TEST(test_layouts)
{
    static const struct {
        struct sx_shape want, got;
        bool last;
    } cases[] = {
        {{4, {-1, 3, 6, 8}}, {4, {1, 3, 6, 8}}, false},
        {{4, {8, 3, -1, -1}}, {4, {1, 3, 6, 8}}, false},
        {{4, {-1, -1, -1, -1}}, {4, {1, 3, 6, 8}}, false},
        {{4, {1, 6, 8, 3}}, {4, {1, 6, 8, 3}}, true},
        {{4, {-1, -1, -1, 3}}, {4, {1, 6, 8, 3}}, true},
        {{3, {3, 6, 8}}, {3, {3, 6, 8}}, false},
        {{3, {6, 8, 3}}, {3, {6, 8, 3}}, true},
        {{3, {-1, -1, 3}}, {3, {6, 8, 3}}, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sx_tensor out = apply(cases[i].want, NULL);
        ck_assert(has_shape(&out, cases[i].got));
        const float *v = out.data;
        ck_assert_float_eq(v[cases[i].last ? 3 * (8 * 4 + 5) : 8 * 4 + 5], 54);
        ck_assert_float_eq(v[cases[i].last ? 3 * (8 * 4 + 5) + 2 : 96 + 8 * 4 + 5], 204);
        sx_tensor_free(&out);
    }
}
END_TEST

/* If the picture is three pixels high or wide, only the option can tell the layout. */
START_TEST(test_layout_given)
{
    set("layout", "nhwc");
    struct sx_tensor out = apply(SHAPE(1, 3, 5, 3), NULL);
    struct sx_grid grid;
    ck_assert(sx_grid_of(&out.shape, pre.layout, &grid, &error));
    ck_assert_int_eq(grid.columns, 5);
    ck_assert_int_eq(grid.channel_step, 1);
    sx_tensor_free(&out);
    set("layout", "auto");
    out = apply(SHAPE(1, 3, 5, 3), NULL);
    ck_assert(sx_grid_of(&out.shape, pre.layout, &grid, &error));
    ck_assert_int_eq(grid.columns, 3);
    ck_assert_int_eq(grid.channel_step, 15);
    sx_tensor_free(&out);
}
END_TEST

START_TEST(test_gray)
{
    static const int64_t wants[][4] = {{-1, 1, 6, 8}, {1, 6, 8, 1}};
    float luma = (float)((19595 * 54 + 38470 * 105 + 7471 * 204 + 32768) >> 16);
    for (int i = 0; i < 2; i++) {
        struct sx_picture shown;
        struct sx_tensor out = apply(shape(4, wants[i]), &shown);
        ck_assert_int_eq(shown.channels, 1);
        ck_assert_float_eq(((float *)out.data)[8 * 4 + 5], luma);
        sx_picture_free(&shown);
        sx_tensor_free(&out);
    }
    struct sx_tensor out = apply(SHAPE(-1, 6, 8), NULL);
    ck_assert(has_shape(&out, SHAPE(1, 6, 8)));
    sx_tensor_free(&out);
    out = apply(SHAPE(6, 8), NULL);
    ck_assert_float_eq(((float *)out.data)[8 * 4 + 5], luma);
    sx_tensor_free(&out);
    set("channels", "gray");
    out = apply(SHAPE(1, 3, 6, 8), NULL);
    ck_assert_float_eq(((float *)out.data)[8 * 4 + 5], luma);
    ck_assert_float_eq(((float *)out.data)[96 + 8 * 4 + 5], luma);
    sx_tensor_free(&out);
    out = apply(SHAPE(1, -1, -1, -1), NULL);
    ck_assert(has_shape(&out, SHAPE(1, 1, 6, 8)));
    sx_tensor_free(&out);
}
END_TEST

/* For a model of three channels, a grey picture is repeated. */
START_TEST(test_gray_picture)
{
    struct sx_picture gray;
    ck_assert(sx_picture_channels(&gray, &picture, 1, &error));
    sx_picture_free(&picture);
    picture = gray;
    struct sx_tensor out = apply(SHAPE(1, 3, 6, 8), NULL);
    ck_assert_mem_eq(out.data, (float *)out.data + 48, 48 * sizeof(float));
    ck_assert_mem_eq(out.data, (float *)out.data + 96, 48 * sizeof(float));
    sx_tensor_free(&out);
}
END_TEST

START_TEST(test_vectors)
{
    struct sx_tensor out = apply(SHAPE(-1, 36), NULL);
    ck_assert(has_shape(&out, SHAPE(1, 36)));
    sx_tensor_free(&out);
    out = apply(SHAPE(1, 48), NULL); /* 3 x 4 x 4 */
    ck_assert(has_shape(&out, SHAPE(1, 48)));
    ck_assert_float_ge(((float *)out.data)[47], 203);
    sx_tensor_free(&out);
    refused(SHAPE(1, 10), SX_FAILED, "10 elements");
    refused(SHAPE(-1, -1), SX_FAILED, "takes no picture");
}
END_TEST

START_TEST(test_sizes_after_resize_and_crop)
{
    static const struct {
        const char *preset, *option, *value, *crop;
        struct sx_shape want;
        int width, height;
    } cases[] = {
        {"raw", NULL, NULL, NULL, {4, {1, 3, 20, 30}}, 30, 20},
        {"raw", NULL, NULL, "4", {4, {1, 3, -1, -1}}, 4, 4},
        {"raw", "resize", "16x12", NULL, {4, {1, 3, -1, -1}}, 16, 12},
        {"raw", "resize", "16x12", "10", {4, {1, 3, 10, 10}}, 10, 10},
        {"raw", "resize", "short:9", NULL, {4, {1, 3, 9, -1}}, 12, 9},
        {"imagenet", NULL, NULL, NULL, {4, {1, 3, -1, -1}}, 224, 224},
        {"imagenet", NULL, NULL, NULL, {4, {1, 3, 299, 299}}, 299, 299},
        {"imagenet", NULL, NULL, NULL, {4, {1, 3, 24, 64}}, 64, 24},
        {"imagenet", NULL, NULL, NULL, {4, {1, 3, 64, 24}}, 24, 64},
        {"mnist", NULL, NULL, NULL, {4, {1, 1, 28, 28}}, 28, 28},
        {"mnist", NULL, NULL, NULL, {4, {1, 1, -1, -1}}, 28, 28},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sx_picture shown;
        ck_assert(sx_preprocess_preset(&pre, cases[i].preset, &error));
        if (cases[i].option != NULL)
            set(cases[i].option, cases[i].value);
        if (cases[i].crop != NULL)
            set("crop", cases[i].crop);
        struct sx_tensor out = apply(cases[i].want, &shown);
        ck_assert_int_eq(shown.width, cases[i].width);
        ck_assert_int_eq(shown.height, cases[i].height);
        ck_assert_int_eq(sx_count(&out.shape),
                         cases[i].want.dim[1] * cases[i].width * cases[i].height);
        sx_picture_free(&shown);
        sx_tensor_free(&out);
    }
}
END_TEST

/* A crop is centred. In 8 x 6 pixels a crop of 4 begins at (2, 1), and one of 3 at (2.5, 1.5)
 * rounded to even. */
START_TEST(test_crop)
{
    set("crop", "4");
    struct sx_tensor out = apply(SHAPE(1, 3, 4, 4), NULL);
    ck_assert_float_eq(((float *)out.data)[0], 21);
    sx_tensor_free(&out);
    set("crop", "3");
    out = apply(SHAPE(1, 3, 3, 3), NULL);
    ck_assert_float_eq(((float *)out.data)[0], 22);
    sx_tensor_free(&out);
    set("crop", "7");
    refused(SHAPE(1, 3, 7, 7), SX_FAILED, "larger than the picture, 8 x 6");
}
END_TEST

/* The sides before the crop of imagenet are 256 / 224 of the model's, rounded: 261 for 228. A
 * picture that has them already is only cut. */
START_TEST(test_sides_before_crop)
{
    static const int cases[][6] = {/* picture: width, height; model: the same; the cut */
                                   {261, 261, 228, 228, 16, 16},
                                   {261, 300, 228, 200, 16, 50},
                                   {300, 261, 200, 228, 50, 16}};
    const int *k = cases[_i];
    sx_picture_free(&picture);
    ck_assert(sx_picture_new(&picture, (size_t)k[0], (size_t)k[1], 3, &error));
    for (int i = 0; i < 3 * k[0] * k[1]; i++)
        picture.pixels[i] = (uint8_t)(i * 7 + i / k[0] * 31);
    ck_assert(sx_preprocess_preset(&pre, "imagenet", &error));
    struct sx_tensor out = apply(SHAPE(1, 3, k[3], k[2]), NULL);
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < k[3]; y += 37)
            for (int x = 0; x < k[2]; x += 53) {
                int pixel = picture.pixels[3 * (k[0] * (k[5] + y) + k[4] + x) + c];
                ck_assert_float_eq(((float *)out.data)[(c * k[3] + y) * k[2] + x],
                                   (float)sx_preprocess_value(&pre, c, pixel));
            }
    sx_tensor_free(&out);
}
END_TEST

/* The published means and deviations of the presets. */
START_TEST(test_presets)
{
    static const double mean[] = {0.485, 0.456, 0.406}, std[] = {0.229, 0.224, 0.225};
    ck_assert(sx_preprocess_preset(&pre, "imagenet", &error));
    for (int c = 0; c < 3; c++)
        ck_assert_double_eq_tol(sx_preprocess_value(&pre, c, 51), (0.2 - mean[c]) / std[c],
                                1e-12);
    ck_assert(sx_preprocess_preset(&pre, "mnist", &error));
    ck_assert_double_eq_tol(sx_preprocess_value(&pre, 0, 51), (0.2 - 0.1307) / 0.3081, 1e-12);
    ck_assert(sx_preprocess_preset(&pre, "unit", &error));
    ck_assert_double_eq_tol(sx_preprocess_value(&pre, 2, 51), 0.2, 1e-12);
    ck_assert(sx_preprocess_preset(&pre, "raw", &error));
    ck_assert_double_eq(sx_preprocess_value(&pre, 2, 51), 51);
}
END_TEST

START_TEST(test_refusals)
{
    refused(SHAPE(1, 24, 5, 5), SX_FAILED, "24 channels");
    refused(SHAPE(1, 2, 3, 4, 5), SX_FAILED, "rank 5");
    refused((struct sx_shape){0}, SX_FAILED, "rank 0");
    refused(SHAPE(1, 3, INT64_MAX, 2), SX_FAILED, "takes no picture");
    refused(SHAPE(1, 3, 1 << 20, 1 << 20), SX_FAILED, "limit");
    set("resize", "9x9");
    refused(SHAPE(1, 3, 8, 9), SX_FAILED, "the picture is 9 x 9, the model takes 9 x 8");
    ck_assert(sx_preprocess_preset(&pre, "imagenet", &error));
    refused(SHAPE(1, 1, 8, 8), SX_USAGE, "3 values");
}
END_TEST

START_TEST(test_grids)
{
    static const struct {
        struct sx_shape shape;
        struct sx_grid grid;
    } cases[] = {
        {{2, {4, 5}}, {1, 4, 5, 20, 5, 1}},       {{3, {64, 4, 5}}, {64, 4, 5, 20, 5, 1}},
        {{4, {1, 4, 5, 3}}, {3, 4, 5, 1, 15, 3}}, {{5, {1, 1, 3, 4, 5}}, {3, 4, 5, 20, 5, 1}},
        {{1, {49}}, {1, 7, 7, 49, 7, 1}},         {{2, {1, 75}}, {3, 5, 5, 25, 5, 1}},
        {{2, {1, 10}}, {1, 1, 10, 10, 10, 1}},    {{0, {0}}, {1, 1, 1, 1, 1, 1}},
    };
    struct sx_grid grid;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert(sx_grid_of(&cases[i].shape, SX_LAYOUT_AUTO, &grid, &error));
        ck_assert_mem_eq(&grid, &cases[i].grid, sizeof grid);
    }
    struct sx_shape many = SHAPE(2, 3, 4, 5), empty = SHAPE(3, 0, 4);
    ck_assert(!sx_grid_of(&many, SX_LAYOUT_AUTO, &grid, &error));
    ck_assert_int_eq(error.status, SX_FAILED);
    error = (struct sx_error){0};
    ck_assert(!sx_grid_of(&empty, SX_LAYOUT_AUTO, &grid, &error));
}
END_TEST

/* The blur equals numpy's pad(mode="symmetric") and a convolution with exp(-x^2 / 2 s^2), s =
 * 0.8. */
START_TEST(test_blur)
{
    static const double before[] = {1, 0, 0, 2, 5, 0, 3, 0, 0, 1, 0, 0, 7, 0, 0};
    static const double after[] = {0.7205488111397659, 0.6265710140410159, 0.6859887886213855,
                                   1.7510445158134569, 3.192170946959826,  0.5962766845100531,
                                   1.222257871466004,  1.3745968048242128, 1.1206756580468251,
                                   1.4377401955617173, 0.3181636542065569, 1.543383834996615,
                                   2.7281605556601334, 1.2921871017557989, 0.3902335623966361};
    struct sx_tensor t;
    struct sx_shape plain = SHAPE(3, 5), last = SHAPE(1, 3, 5, 3);
    ck_assert(sx_tensor_new(&t, SX_DOUBLE, &plain, &error));
    memcpy(t.data, before, sizeof before);
    ck_assert(sx_blur(&t, SX_LAYOUT_AUTO, 0.8, &error));
    for (int i = 0; i < 15; i++)
        ck_assert_double_eq_tol(((double *)t.data)[i], after[i], 1e-12);
    sx_tensor_free(&t);
    ck_assert(sx_tensor_new(&t, SX_FLOAT, &last, &error));
    for (int i = 0; i < 45; i++)
        ((float *)t.data)[i] = (float)(before[i / 3] * (i % 3 + 1));
    ck_assert(sx_blur(&t, SX_NHWC, 0.8, &error));
    for (int i = 0; i < 45; i++)
        ck_assert_double_eq_tol(((float *)t.data)[i], after[i / 3] * (i % 3 + 1), 1e-5);
    sx_tensor_free(&t);
}
END_TEST

/* A blur that is wider than the array approaches the mean. Sums are kept at the edges. */
START_TEST(test_blur_limits)
{
    struct sx_tensor t;
    struct sx_shape s = SHAPE(2, 6);
    ck_assert(sx_tensor_new(&t, SX_FLOAT, &s, &error));
    for (int i = 0; i < 12; i++)
        ((float *)t.data)[i] = (float)i;
    ck_assert(sx_blur(&t, SX_LAYOUT_AUTO, 0, &error));
    ck_assert_float_eq(((float *)t.data)[7], 7);
    ck_assert(sx_blur(&t, SX_LAYOUT_AUTO, 100, &error));
    for (int i = 0; i < 12; i++)
        ck_assert_float_eq_tol(((float *)t.data)[i], 5.5F, 1e-3F);
    static const double wrong[] = {-1, 1001, NAN, INFINITY};
    for (int i = 0; i < 4; i++) {
        error = (struct sx_error){0};
        ck_assert(!sx_blur(&t, SX_LAYOUT_AUTO, wrong[i], &error));
        ck_assert_int_eq(error.status, SX_USAGE);
    }
    sx_tensor_free(&t);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("preprocess");
    tcase_add_checked_fixture(c, setup, teardown);
    SUITE_ADD(c, test_options, test_values, test_channel_order, test_layouts, test_layout_given,
              test_gray, test_gray_picture, test_vectors, test_sizes_after_resize_and_crop,
              test_crop, test_presets, test_refusals, test_grids, test_blur, test_blur_limits);
    tcase_add_loop_test(c, test_sides_before_crop, 0, 3);
    return suite_run();
}
