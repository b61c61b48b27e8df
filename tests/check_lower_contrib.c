/* check_lower_contrib.c - com.microsoft's fused operators against equivalent standard
 * operators. Both are in one model, whose output is their difference. */
#include <string.h>

#include "base/base.h"
#include "lowering.h"
#include "suite.h"

enum { BATCH = 2, LENGTH = 3, WIDTH = 4 };

static struct tm_model *start(void)
{
    struct tm_model *m = tm_new(17);
    tm_domain(m, "com.microsoft", 1);
    return m;
}

static void weights(struct tm_model *m, const char *name, int rank, const int64_t *dims)
{
    float data[512];
    int64_t n = 1;
    for (int i = 0; i < rank; i++)
        n *= dims[i];
    ck_assert_int_le(n, 512);
    for (int64_t i = 0; i < n; i++)
        data[i] =
            (float)sx_random_normal(3, sx_hash(SX_HASH_START, name, strlen(name)), (uint64_t)i);
    tm_const(m, name, SX_FLOAT, rank, dims, data);
}

#define WEIGHTS(m, name, ...)                                                                  \
    weights(m, name, sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t),                       \
            (const int64_t[]){__VA_ARGS__})

static void ints(struct tm_model *m, const char *name, int rank, const int64_t *dims,
                 const int64_t *values)
{
    tm_const(m, name, SX_INT, rank, dims, values);
}

static void list(struct tm_model *m, const char *name, int64_t n, const int64_t *values)
{
    ints(m, name, 1, &n, values);
}

/* Makes the output of a model the largest distance of tensors a and b, and compares it with 0. */
static void equal(struct tm_model *m, const char *a, const char *b)
{
    char both[64];
    snprintf(both, sizeof both, "%s %s", a, b);
    tm_node(m, "Shape", a, "shape_a", NULL);
    tm_node(m, "Shape", b, "shape_b", NULL);
    tm_node(m, "Sub", both, "difference", NULL);
    tm_node(m, "Abs", "difference", "distance", NULL);
    tm_node(m, "ReduceMax", "distance", "worst", "keepdims=0");
    tm_node(m, "Sub", "shape_a shape_b", "shapes", NULL);
    tm_node(m, "ReduceL1", "shapes", "misfit", "keepdims=0");
    tm_output(m, "worst");
    tm_output(m, "misfit");
    lc_gives(m, NULL, (const char *const[]){"f: 0", "i: 0", NULL});
}

/* ---- Products and activations ---- */

START_TEST(values)
{
    static const struct lc cases[] = {
        {17,
         "com.microsoft:FusedMatMul",
         "alpha=2.0 transA=1",
         {"f2x1: 1 2", "f2x1: 3 4"},
         {"f1x1: 22"}},
        {17, "com.microsoft:FusedMatMul", "transB=1", {"f1x2: 1 2", "f1x2: 3 4"}, {"f1x1: 11"}},
        {17, "com.microsoft:TransposeMatMul", NULL, {"f1x2: 1 2", "f2x1: 3 4"}, {"f1x1: 11"}},
        {17,
         "com.microsoft:FusedMatMul",
         "transBatchA=1",
         {"f2x2x1: 1 2 3 4", "f2x1x1: 10 100"},
         {"f2x2x1: 10 30 200 400"}},
        {17,
         "com.microsoft:FusedGemm",
         "activation='Relu'",
         {"f1x2: 1 2", "f2x2: 1 -1 1 -1", "f2: 0 0"},
         {"f1x2: 3 0"}},
        {17,
         "com.microsoft:FusedGemm",
         "activation='LeakyRelu' activation_alpha=0.5",
         {"f1x1: 1", "f1x1: -4"},
         {"f1x1: -2"}},
        {17,
         "com.microsoft:FusedGemm",
         "activation='Magic'",
         {"f1x1: 1", "f1x1: -4"},
         {"refused: activation 'Magic'"}},
        {17,
         "com.microsoft:FusedConv",
         "activation='Relu'",
         {"f1x1x2: 1 2", "f1x1x1: 3", "f1: -4", "f1x1x2: 0 10"},
         {"f1x1x2: 0 12"}},
        {17,
         "com.microsoft:FusedConv",
         "activation='Clip' activation_params=[0.0,4.0]",
         {"f1x1x3: -1 1 2", "f1x1x1: 3"},
         {"f1x1x3: 0 3 4"}},
        {17,
         "com.microsoft:FusedConv",
         "activation='LeakyRelu'",
         {"f1x1x1: -1", "f1x1x1: 3"},
         {"f1x1x1: -0.03"}},
        {17,
         "com.microsoft:FusedGemm",
         "activation='LeakyRelu'",
         {"f1x1: 1", "f1x1: -4"},
         {"f1x1: -0.04"}},
        {17, "com.microsoft:FusedConv", NULL, {"f1x1x1: -1", "f1x1x1: 3"}, {"f1x1x1: -3"}},
        {17, "com.microsoft:Gelu", NULL, {"f1: 1"}, {"f1: 0.841344746068543"}},
        {17, "com.microsoft:BiasGelu", NULL, {"f1: 3", "f1: -2"}, {"f1: 0.841344746068543"}},
        {17, "com.microsoft:FastGelu", NULL, {"f1: 1"}, {"f1: 0.841191990608"}},
        {17, "com.microsoft:FastGelu", NULL, {"f1: 3", "f1: -2"}, {"f1: 0.841191990608"}},
        {17, "com.microsoft:QuickGelu", NULL, {"f1: 1"}, {"f1: 0.845795765154"}},
        {17, "com.microsoft:QuickGelu", "alpha=0.0", {"f1: 3"}, {"f1: 1.5"}},
    };
    LC_RUN(cases);
}
END_TEST

/* ---- Normalisations ---- */

START_TEST(skip_layer_norm)
{
    struct tm_model *m = start();
    WEIGHTS(m, "x", BATCH, LENGTH, WIDTH);
    WEIGHTS(m, "skip", BATCH, LENGTH, WIDTH);
    WEIGHTS(m, "gamma", WIDTH);
    WEIGHTS(m, "beta", WIDTH);
    WEIGHTS(m, "bias", WIDTH);
    tm_node(m, "Sum", "x skip bias", "sum", NULL);
    tm_node(m, "LayerNormalization", "sum gamma beta", "plain", "epsilon=0.001");
    tm_node(m, "com.microsoft:SkipLayerNormalization", "x skip gamma beta bias",
            "fused - - total", "epsilon=0.001");
    tm_node(m, "Concat", "plain sum", "a", "axis=0");
    tm_node(m, "Concat", "fused total", "b", "axis=0");
    equal(m, "a", "b");
}
END_TEST

START_TEST(rms_norms)
{
    static const struct lc cases[] = {
        {17,
         "SimplifiedLayerNormalization",
         "epsilon=0.0",
         {"f1x2: 3 3", "f2: 1 2"},
         {"f1x2: 1 2", "f1x1: 0.333333333333333"}},
        {17,
         "com.microsoft:SkipSimplifiedLayerNormalization",
         "epsilon=0.0",
         {"f1x2: 1 2", "f1x2: 2 1", "f2: 1 2"},
         {"f1x2: 1 2", "f1x1: 0", "f1x1: 0.333333333333333", "f1x2: 3 3"}},
        {17,
         "com.microsoft:SkipSimplifiedLayerNormalization",
         NULL,
         {"f1x2: 0.0003 0.0003", "f1x2: 0 0", "f2: 1 2"},
         {"f1x2: 0.999994444490740 1.99998888898148"}},
        {17,
         "com.microsoft:SkipSimplifiedLayerNormalization",
         "epsilon=0.0",
         {"f1x2: 1 2", "f1x2: 1 0", "f2: 1 2", "f2: 1 1"},
         {"f1x2: 1 2"}},
        {23, "RMSNormalization", "epsilon=0.0 axis=0", {"f2: 3 3", "f2: 1 2"}, {"f2: 1 2"}},
        {23, "RMSNormalization", "axis=1", {"f2: 3 3", "f2: 1 2"}, {"refused: axis 1"}},
    };
    LC_RUN(cases);
}
END_TEST

START_TEST(embed_layer_norm)
{
    struct tm_model *m = start();
    int64_t by_length[] = {BATCH, LENGTH};
    ints(m, "ids", 2, by_length, (int64_t[]){0, 4, 2, 1, 1, 3});
    ints(m, "segments", 2, by_length, (int64_t[]){0, 0, 1, 0, 1, 1});
    ints(m, "mask", 2, by_length, (int64_t[]){1, 1, 1, 1, 1, 0});
    WEIGHTS(m, "words", 5, WIDTH);
    WEIGHTS(m, "places", 6, WIDTH);
    WEIGHTS(m, "kinds", 2, WIDTH);
    WEIGHTS(m, "gamma", WIDTH);
    WEIGHTS(m, "beta", WIDTH);
    list(m, "place", LENGTH, (int64_t[]){0, 1, 2});
    tm_node(m, "Gather", "words ids", "w", NULL);
    tm_node(m, "Gather", "places place", "p", NULL);
    tm_node(m, "Gather", "kinds segments", "k", NULL);
    tm_node(m, "Sum", "w p k", "sum", NULL);
    tm_node(m, "LayerNormalization", "sum gamma beta", "plain", "epsilon=0.001");
    tm_node(m, "com.microsoft:EmbedLayerNormalization",
            "ids segments words places kinds gamma beta mask", "fused lengths",
            "epsilon=0.001");
    equal(m, "plain", "fused");
}
END_TEST

START_TEST(embed_layer_norm_lengths)
{
    static const struct lc cases[] = {
        {17,
         "com.microsoft:EmbedLayerNormalization",
         "epsilon=0.0",
         {"i2x1: 1 0", "-", "f2x2: 1 3 5 7", "f2x2: 0 0 0 2", "-", "f2: 1 1", "f2: 0 0",
          "i2x1: 1 0"},
         {"f2x1x2: -1 1 -1 1", "i2: 1 0", "f2x1x2: 5 7 1 3"}},
        {17,
         "com.microsoft:EmbedLayerNormalization",
         NULL,
         {"i1x1: 0", "-", "f2x2: 1 3 5 7", "f2x2: 0 0 0 2", "-", "f2: 1 1", "f2: 0 0"},
         {"f1x1x2: -1 1", "i1: 0"}},
        {17,
         "com.microsoft:EmbedLayerNormalization",
         NULL,
         {"i1x1: 0", "-", "f2x2: 1 3 5 7", "f2x2: 0 0 0 2"},
         {"refused: input 5 is missing"}},
        {17,
         "com.microsoft:EmbedLayerNormalization",
         NULL,
         {"i1x3: 0 0 0", "-", "f2x2: 1 3 5 7", "f2x2: 0 0 0 2", "-", "f2: 1 1", "f2: 0 0"},
         {"refused: 2 positions"}},
    };
    LC_RUN(cases);
}
END_TEST

/* ---- Attention ---- */

/* Adds the plain form for two heads of size two: queries, keys, values [BATCH, LENGTH, WIDTH]
 * called q, k, v. `term` (a name, or NULL) is added to the scores. The result is called
 * "plain". */
static void plain_attention(struct tm_model *m, const char *term)
{
    list(m, "heads", 4, (int64_t[]){0, 0, 2, 2});
    list(m, "joined", 3, (int64_t[]){0, 0, WIDTH});
    tm_const(m, "root", SX_FLOAT, 0, NULL, (float[]){1.41421356f});
    tm_node(m, "Reshape", "q heads", "qh", NULL);
    tm_node(m, "Reshape", "k heads", "kh", NULL);
    tm_node(m, "Reshape", "v heads", "vh", NULL);
    tm_node(m, "Einsum", "qh kh", "raw", "equation='bqhd,bkhd->bhqk'");
    tm_node(m, "Div", "raw root", "scaled", NULL);
    if (term != NULL) {
        char both[32];
        snprintf(both, sizeof both, "scaled %s", term);
        tm_node(m, "Add", both, "scores", NULL);
    }
    tm_node(m, "Softmax", term != NULL ? "scores" : "scaled", "weights", NULL);
    tm_node(m, "Einsum", "weights vh", "mixed", "equation='bhqk,bkhd->bqhd'");
    tm_node(m, "Reshape", "mixed joined", "plain", NULL);
}

/* Begins a model with x, weights, a bias, and q, k, v computed from them. */
static struct tm_model *projected(void)
{
    struct tm_model *m = start();
    WEIGHTS(m, "x", BATCH, LENGTH, 5);
    WEIGHTS(m, "w", 5, 3 * WIDTH);
    WEIGHTS(m, "b", 3 * WIDTH);
    tm_node(m, "MatMul", "x w", "xw", NULL);
    tm_node(m, "Add", "xw b", "all", NULL);
    tm_node(m, "Split", "all", "q k v", "axis=-1");
    return m;
}

static void masked(const char *fused, const char *attributes, int rank, const int64_t *dims,
                   const int64_t *mask, const float *term, int64_t term_batch)
{
    struct tm_model *m = projected();
    char all[64];
    ints(m, "mask", rank, dims, mask);
    tm_const(m, "term", SX_FLOAT, 4,
             (int64_t[]){term_batch, 1, term_batch == 1 ? LENGTH : 1, LENGTH}, term);
    plain_attention(m, "term");
    snprintf(all, sizeof all, "num_heads=2 %s", attributes);
    tm_node(m, "com.microsoft:Attention", fused, "fused", all);
    equal(m, "plain", "fused");
}

START_TEST(attention)
{
    const float low = -10000;
    struct tm_model *m = projected();
    plain_attention(m, NULL);
    tm_node(m, "com.microsoft:Attention", "x w b", "fused", "num_heads=2");
    equal(m, "plain", "fused");
    /* valid keys by length, by ones, by end and start; and by causality */
    masked("x w b mask", "", 1, (int64_t[]){BATCH}, (int64_t[]){3, 1},
           (float[]){0, 0, 0, 0, low, low}, BATCH);
    masked("x w b mask", "", 2, (int64_t[]){BATCH, LENGTH}, (int64_t[]){1, 0, 1, 1, 1, 0},
           (float[]){0, low, 0, 0, 0, low}, BATCH);
    masked("x w b mask", "", 1, (int64_t[]){2 * BATCH}, (int64_t[]){3, 2, 1, 0},
           (float[]){low, 0, 0, 0, 0, low}, BATCH);
    masked("x w b mask", "mask_filter_value=-1.0", 2, (int64_t[]){BATCH, LENGTH},
           (int64_t[]){1, 0, 1, 1, 1, 0}, (float[]){0, -1, 0, 0, 0, -1}, BATCH);
    masked("x w b", "unidirectional=1", 1, (int64_t[]){1}, (int64_t[]){0},
           (float[]){0, low, low, 0, 0, low, 0, 0, 0}, 1);
    masked("x w b - - term", "", 1, (int64_t[]){1}, (int64_t[]){0},
           (float[]){1, 2, 3, 0, -1, 1, 2, 0, 5}, 1);
}
END_TEST

START_TEST(attention_sizes)
{
    struct tm_model *m = start();
    WEIGHTS(m, "x", BATCH, LENGTH, 5);
    WEIGHTS(m, "w", 5, 4 + 4 + 2);
    list(m, "parts", 3, (int64_t[]){4, 4, 2});
    tm_node(m, "MatMul", "x w", "all", NULL);
    tm_node(m, "Split", "all parts", "q k v", "axis=-1");
    tm_node(m, "Einsum", "q k", "raw", "equation='bqd,bkd->bqk'");
    tm_node(m, "Softmax", "raw", "weights", NULL);
    tm_node(m, "MatMul", "weights v", "plain", NULL);
    tm_node(m, "com.microsoft:Attention", "x w", "fused",
            "num_heads=1 qkv_hidden_sizes=[4,4,2] scale=1.0");
    equal(m, "plain", "fused");
}
END_TEST

START_TEST(multi_head_attention)
{
    struct tm_model *m = projected();
    plain_attention(m, NULL);
    tm_node(m, "Split", "xw", "q0 k0 v0", "axis=-1");
    tm_node(m, "com.microsoft:MultiHeadAttention", "q0 k0 v0 b", "fused", "num_heads=2");
    equal(m, "plain", "fused");
    m = projected();
    ints(m, "lengths", 1, (int64_t[]){BATCH}, (int64_t[]){2, 3});
    tm_const(m, "term", SX_FLOAT, 4, (int64_t[]){BATCH, 1, 1, LENGTH},
             (float[]){0, 0, -10000, 0, 0, 0});
    plain_attention(m, "term");
    tm_node(m, "com.microsoft:MultiHeadAttention", "q k v - lengths", "fused", "num_heads=2");
    equal(m, "plain", "fused");
    m = projected();
    plain_attention(m, NULL);
    tm_node(m, "Transpose", "kh", "keys", "perm=0,2,1,3");
    tm_node(m, "Transpose", "vh", "values", "perm=0,2,1,3");
    tm_node(m, "com.microsoft:MultiHeadAttention", "q keys values", "fused", "num_heads=2");
    equal(m, "plain", "fused");
}
END_TEST

/* Queries, keys and values are packed as [batch, length, heads, 3, size], or only keys and
 * values. */
START_TEST(packed_attention)
{
    struct tm_model *m = projected();
    plain_attention(m, NULL);
    list(m, "axis", 1, (int64_t[]){3});
    tm_node(m, "Unsqueeze", "qh axis", "q5", NULL);
    tm_node(m, "Unsqueeze", "kh axis", "k5", NULL);
    tm_node(m, "Unsqueeze", "vh axis", "v5", NULL);
    tm_node(m, "Concat", "q5 k5 v5", "packed", "axis=3");
    tm_node(m, "Concat", "k5 v5", "half", "axis=3");
    tm_node(m, "com.microsoft:MultiHeadAttention", "packed", "one", "num_heads=2");
    tm_node(m, "com.microsoft:MultiHeadAttention", "q half", "two", "num_heads=2");
    tm_node(m, "Concat", "plain plain", "left", "axis=0");
    tm_node(m, "Concat", "one two", "right", "axis=0");
    equal(m, "left", "right");
}
END_TEST

START_TEST(refusals)
{
    static const struct lc cases[] = {
        {17,
         "com.microsoft:Attention",
         "num_heads=2",
         {"f1x1x1: 1", "f1x3: 1 1 1"},
         {"refused: 2 heads do not divide 1"}},
        {17,
         "com.microsoft:Attention",
         NULL,
         {"f1x1x1: 1", "f1x3: 1 1 1"},
         {"refused: 0 heads"}},
        {17,
         "com.microsoft:Attention",
         "num_heads=1",
         {"f1x1x1: 1", "f1x3: 1 1 1", "-", "-", "f1: 0"},
         {"refused: input 4 (past) must be"}},
        {17,
         "com.microsoft:Attention",
         "num_heads=1",
         {"f1x1x1: 1", "f1x3: 1 1 1", "-", "i1x1x1x1: 1"},
         {"refused: a mask of rank 4"}},
        {17,
         "com.microsoft:Attention",
         "num_heads=1 qkv_hidden_sizes=[1,1,9]",
         {"f1x1x1: 1", "f1x3: 1 1 1"},
         {"refused: 1 heads do not divide 9"}},
        {17,
         "com.microsoft:MultiHeadAttention",
         "num_heads=1",
         {"f1x1: 1", "f1x1x1: 1", "f1x1x1: 1"},
         {"refused: input 0 has rank 2"}},
        {17,
         "com.microsoft:MultiHeadAttention",
         "num_heads=3",
         {"f1x1x1: 1", "f1x1x1: 1", "f1x1x1: 1"},
         {"refused: 3 heads do not divide 1"}},
    };
    LC_RUN(cases);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("lower_contrib");
    SUITE_ADD(c, values, skip_layer_norm, rms_norms, embed_layer_norm, embed_layer_norm_lengths,
              attention, attention_sizes, multi_head_attention, packed_attention, refusals);
    return suite_run();
}
