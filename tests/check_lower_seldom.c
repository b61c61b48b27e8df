/* check_lower_seldom.c - com.microsoft's operators that stand in few files: masks and windows, steps of
 * decoders, embeddings of words; and FlexAttention. */
#include <stdlib.h>

#include "io/picture.h"
#include "lowering.h"
#include "suite.h"

#define MS "com.microsoft:"

START_TEST(windows)
{
    static const struct lc cases[] = {
        {17,
         MS "MaxpoolWithMask",
         "kernel_shape=[2]",
         {"f1x1x4: 1 5 3 4", "int32 1x1x4: 1 1 0 1"},
         {"f1x1x3: 5 5 -3.4028234663852886e38"}},
        /* A row of the window ends where the mask hides, not the window. */
        {17,
         MS "MaxpoolWithMask",
         "kernel_shape=2,2",
         {"f1x1x2x2: 1 9 3 7", "int32 1x1x2x2: 0 1 1 1"},
         {"f1x1x1x1: 7"}},
        {17,
         MS "MaxpoolWithMask",
         "kernel_shape=[2] pads=1,1 strides=[2]",
         {"f1x1x3: -1 -5 -3", "int32 1x1x3: 2 1 1"},
         {"f1x1x2: -1 -3"}},
        {17,
         MS "MaxpoolWithMask",
         "kernel_shape=[2]",
         {"f1x1x3: 1 2 3", "int32 2: 1 1"},
         {"refused: the mask does not broadcast"}},
        {17,
         MS "MaxpoolWithMask",
         "kernel_shape=65,65 pads=64,64,64,64",
         {"f1x1x1x1: 3", "int32 1x1x1x1: 1"},
         {"refused: a window of more than 4096 elements"}},
        {17,
         MS "ConvTransposeWithDynamicPads",
         NULL,
         {"f1x1x2: 1 2", "f1x1x2: 1 10", "i!2: 1 0", "f1: 100"},
         {"f1x1x2: 112 120"}},
        {17,
         MS "ConvTransposeWithDynamicPads",
         NULL,
         {"f1x1x2: 1 2", "f1x1x2: 1 10"},
         {"f1x1x3: 1 12 20"}},
        {17,
         MS "ConvTransposeWithDynamicPads",
         NULL,
         {"f1x1x2: 1 2", "f1x1x2: 1 10", "i!1: 1"},
         {"refused: 1 paddings, not 2"}},
        {17,
         MS "ConvTransposeWithDynamicPads",
         NULL,
         {"f1x1x2: 1 2", "f1x1x2: 1 10", "i!2: -1 0"},
         {"refused: paddings of axis 0"}},
    };
    LC_RUN(cases);
}
END_TEST

START_TEST(decoders)
{
    static const struct lc cases[] = {
        /* 2 followed the last token, 1, before. */
        {17,
         MS "NGramRepeatBlock",
         "ngram_size=2",
         {"i1x4: 1 2 3 1", "f1x4: 5 6 7 8"},
         {"f1x4: 5 6 -inf 8"}},
        {17,
         MS "NGramRepeatBlock",
         "ngram_size=3",
         {"i2x5: 1 2 3 1 2 3 2 3 1 2", "f2x4: 5 6 7 8 5 6 7 8"},
         {"f2x4: 5 6 7 -inf 5 6 7 8"}},
        {17,
         MS "NGramRepeatBlock",
         "ngram_size=1",
         {"i1x2: 0 3", "f1x4: 5 6 7 8"},
         {"f1x4: -inf 6 7 -inf"}},
        {17, MS "NGramRepeatBlock", "ngram_size=3", {"i1x2: 0 0", "f1x1: 5"}, {"f1x1: 5"}},
        {17, MS "NGramRepeatBlock", NULL, {"i1x2: 0 0", "f1x1: 5"}, {"refused: runs of 0"}},
        {17, MS "DynamicTimeWarping", NULL, {"f!2x3: 1 5 5 5 1 2"}, {"int32 2x3: 0 1 1 0 1 2"}},
        {17,
         MS "DynamicTimeWarping",
         NULL,
         {"f!1x3x2: 1 5 1 5 5 1"},
         {"int32 2x3: 0 1 2 0 0 1"}},
        {17, MS "DynamicTimeWarping", NULL, {"f!1x1: 3"}, {"int32 2x1: 0 0"}},
        {17, MS "DynamicTimeWarping", NULL, {"f!0x2:"}, {"refused: no costs"}},
        {17, MS "DynamicTimeWarping", NULL, {"f!2: 1 2"}, {"refused: costs of rank 1"}},
        {17, MS "DynamicTimeWarping", NULL, {"f1x1: 3"}, {"refused: must be constant"}},
    };
    LC_RUN(cases);
}
END_TEST

START_TEST(words)
{
    static const struct lc cases[] = {
        /* Windows behind the end of a word do not count, but a short word has one. */
        {17,
         MS "WordConvEmbedding",
         NULL,
         {"int32 3x3: 1 2 0 2 0 0 0 0 0", "f1x1x2x1: -1 -1", "f1: 0", "f3x1: 0 1 2"},
         {"f3x1: -0.995054753686730 -0.964027580075817 0"}},
        {17,
         MS "WordConvEmbedding",
         NULL,
         {"int32 1x1: 1", "f1x1x2x1: -1 -1", "f1: 0", "f3x1: 0 1 2"},
         {"refused: shapes that do not fit"}},
        {17, MS "Range", NULL, {"f!: 1", "f!: 4"}, {"f3: 1 2 3"}},
        {17, MS "Range", NULL, {"i!: 5", "i!: 0", "i!: -2"}, {"i3: 5 3 1"}},
        {7, "Scale", "scale=2.5", {"f2: 2 -4"}, {"f2: 5 -10"}},
    };
    LC_RUN(cases);
}
END_TEST

/* ---- FlexAttention ---- */

#define FLEX "ai.onnx.preview:FlexAttention"

START_TEST(flexible)
{
    static const struct lc cases[] = {
        /* The scores are 0 and log 3, for the second of the heads that share keys 0 and 0. */
        {26,
         FLEX,
         NULL,
         {"f1x2x1x1: 1 0", "f1x1x2x1: 0 1.098612288668110", "f1x1x2x1: 10 30"},
         {"f1x2x1x1: 25 20"}},
        {26,
         FLEX,
         "scale=0.5",
         {"f1x1x1x1: 2", "f1x1x2x1: 0 1.098612288668110", "f1x1x2x1: 10 30"},
         {"f1x1x1x1: 25"}},
        {26,
         FLEX,
         NULL,
         {"f1x3x1x1: 1 2 3", "f1x2x1x1: 0 0", "f1x2x1x1: 1 1"},
         {"refused: do not fit"}},
    };
    LC_RUN(cases);
}
END_TEST

/* A graph that adds x to itself, or removes its axes of length 1. */
static struct tm_model *body(const char *op)
{
    struct tm_model *m = tm_new(26);
    tm_input(m, "x", SX_FLOAT, -1, NULL);
    tm_node(m, op, op[0] == 'A' ? "x x" : "x", "y", NULL);
    tm_output(m, "y");
    return m;
}

static struct tm_model *modified(const char *score, const char *probability)
{
    struct tm_model *m = tm_new(26);
    tm_domain(m, "ai.onnx.preview", 1);
    lc_constant(m, "q", "f1x1x1x1: 0.549306144334055");
    lc_constant(m, "k", "f1x1x2x1: 0 1");
    lc_constant(m, "v", "f1x1x2x1: 10 30");
    tm_node(m, FLEX, "q k v", "z", "scale=1.0");
    tm_attr_graph(m, "score_mod", body(score));
    if (probability != NULL)
        tm_attr_graph(m, "prob_mod", body(probability));
    tm_output(m, "z");
    return m;
}

START_TEST(modified_scores)
{
    lc_gives(modified("Add", NULL), NULL, (const char *const[]){"f1x1x1x1: 25", NULL});
    lc_gives(modified("Add", "Add"), NULL, (const char *const[]){"f1x1x1x1: 50", NULL});
    lc_refused(modified("Squeeze", NULL), "'score_mod' changes the shape");
}
END_TEST

/* ---- ImageDecoder ---- */

/* A model that decodes `n` bytes. */
static struct tm_model *decoder(const void *bytes, size_t n, const char *attributes)
{
    struct tm_model *m = tm_new(20);
    tm_raw(m, "file", ONNX__TENSOR_PROTO__DATA_TYPE__UINT8, 1, (int64_t[]){(int64_t)n}, bytes,
           n);
    tm_node(m, "ImageDecoder", "file", "pixels", attributes);
    tm_node(m, "Cast", "pixels", "y", "to=1");
    tm_output(m, "y");
    return m;
}

START_TEST(decoded)
{
    uint8_t pixels[] = {255, 0, 0, 10, 20, 30}, *bytes;
    const struct sx_picture picture = {
        .width = 2, .height = 1, .channels = 3, .pixels = pixels};
    struct sx_error error = {0};
    size_t n;
    ck_assert(sx_png_encode(&picture, &bytes, &n, &error));
    lc_gives(decoder(bytes, n, NULL), NULL,
             (const char *const[]){"f1x2x3: 255 0 0 10 20 30", NULL});
    lc_gives(decoder(bytes, n, "pixel_format='BGR'"), NULL,
             (const char *const[]){"f1x2x3: 0 0 255 30 20 10", NULL});
    /* 0.299 red + 0.587 green + 0.114 blue */
    lc_gives(decoder(bytes, n, "pixel_format='Grayscale'"), NULL,
             (const char *const[]){"f1x2x1: 76 18", NULL});
    lc_refused(decoder(bytes, n, "pixel_format='HSV'"), "pixel_format 'HSV' is not supported");
    lc_refused(decoder("BM12", 4, NULL), "neither a PNG nor a JPEG picture");
    free(bytes);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("lower_seldom");
    SUITE_ADD(c, windows, decoders, words, flexible, modified_scores, decoded);
    return suite_run();
}
