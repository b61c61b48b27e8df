/* check_lower_attention.c - attention of every kind, on numbers that can be checked by hand.
 * With scores ln 3 and 0 the weights are 3/4 and 1/4, so values 8 and 4 give 7. */
#include <math.h>

#include "lowering.h"
#include "suite.h"

#define MS "com.microsoft:"
#define LN3 "1.0986122886681098"
#define KEYS "f1x1x2x1: " LN3 " 0"
#define VALUES "f1x1x2x1: 8 4"
#define ONE "f1x1x1x1: 1"

START_TEST(attention)
{
    static const struct lc cases[] = {
        {23, "Attention", NULL, {ONE, KEYS, VALUES}, {"f1x1x1x1: 7"}},
        {23, "Attention", "scale=2.0", {"f1x1x1x1: 0.5", KEYS, VALUES}, {"f1x1x1x1: 7"}},
        {23, "Attention", "is_causal=1", {"f1x1x2x1: 1 1", KEYS, VALUES}, {"f1x1x2x1: 8 7"}},
        {23, "Attention", NULL, {ONE, KEYS, VALUES, "b1x2: 0 1"}, {"f1x1x1x1: 4"}},
        {23, "Attention", NULL, {ONE, KEYS, VALUES, "f1x2: -inf 5"}, {"f1x1x1x1: 4"}},
        {23,
         "Attention",
         NULL,
         {"f1x1x1x1: 0", KEYS, VALUES, "f1x2: " LN3 " 0"},
         {"f1x1x1x1: 7"}},
        /* a query whose keys are all masked */
        {23, "Attention", NULL, {ONE, KEYS, VALUES, "b1x2: 0 0"}, {"f1x1x1x1: 0"}},
        /* two heads of queries share their keys */
        {23, "Attention", NULL, {"f1x2x1x1: 1 0", KEYS, VALUES}, {"f1x2x1x1: 7 6"}},
        {23,
         "Attention",
         "q_num_heads=2 kv_num_heads=1",
         {"f1x1x2: 1 0", "f1x2x1: " LN3 " 0", "f1x2x1: 8 4"},
         {"f1x1x2: 7 6"}},
        /* with past keys, or with none */
        {23,
         "Attention",
         "is_causal=1",
         {ONE, "f1x1x1x1: 0", "f1x1x1x1: 4", "-", "f1x1x1x1: " LN3, "f1x1x1x1: 8"},
         {"f1x1x1x1: 7", KEYS, VALUES}},
        {23,
         "Attention",
         "is_causal=1",
         {"f1x1x2x1: 1 1", KEYS, VALUES, "-", "f1x1x0x1:", "f1x1x0x1:"},
         {"f1x1x2x1: 8 7", KEYS}},
        /* the scores as a further output */
        {23,
         "Attention",
         "softcap=2.0 qk_matmul_output_mode=0",
         {ONE, "f1x1x2x1: 1.2345345 0", VALUES, "f1x2: 0 -1"},
         {"-", "-", "-", "f1x1x1x2: 1.2345345 0"}},
        {23,
         "Attention",
         "softcap=2.0 qk_matmul_output_mode=1",
         {ONE, "f1x1x2x1: 1.2347741641372287 0", VALUES, "f1x2: 0 -1"},
         {"-", "-", "-", "f1x1x1x2: " LN3 " 0"}},
        {23,
         "Attention",
         "qk_matmul_output_mode=2",
         {ONE, KEYS, VALUES, "f1x2: 0 -1"},
         {"-", "-", "-", "f1x1x1x2: " LN3 " -1"}},
        {23,
         "Attention",
         "qk_matmul_output_mode=3",
         {ONE, KEYS, VALUES},
         {"f1x1x1x1: 7", "-", "-", "f1x1x1x2: 0.75 0.25"}},
        {23, "Attention", "qk_matmul_output_mode=4", {ONE, KEYS, VALUES}, {"refused: mode 4"}},
        /* padding after the keys, masks that are too short, windows */
        {24, "Attention", NULL, {ONE, KEYS, VALUES, "-", "-", "-", "i1: 1"}, {"f1x1x1x1: 8"}},
        {24,
         "Attention",
         "is_causal=1",
         {ONE, KEYS, VALUES, "-", "-", "-", "i1: 2"},
         {"f1x1x1x1: 7"}},
        {24, "Attention", NULL, {ONE, KEYS, VALUES, "b1x1: 1"}, {"f1x1x1x1: 8"}},
        {24, "Attention", NULL, {ONE, KEYS, VALUES, "f1x1: 3"}, {"f1x1x1x1: 8"}},
        {25,
         "Attention",
         "is_causal=1 left_window_size=0",
         {"f1x1x2x1: 1 1", KEYS, VALUES},
         {"f1x1x2x1: 8 4"}},
        {25,
         "Attention",
         "right_window_size=0",
         {"f1x1x2x1: 1 1", KEYS, VALUES},
         {"f1x1x2x1: 8 7"}},
        {23,
         "Attention",
         NULL,
         {"f1x3x1x1: 1 1 1", "f1x2x1x1: 1 1", "f1x2x1x1: 1 1"},
         {"refused: heads of queries, keys and values do not fit"}},
        {23,
         "Attention",
         "q_num_heads=2",
         {"f1x1x3: 1 1 1", KEYS, VALUES},
         {"refused: 2 heads do not divide 3"}},
    };
    LC_RUN(cases);
}
END_TEST

START_TEST(with_a_past)
{
    static const struct lc cases[] = {
        {17,
         MS "Attention",
         "num_heads=1",
         {"f1x1x1: 1", "f1x3: 1 0 4", "-", "-", "f2x1x1x1x1: " LN3 " 8"},
         {"f1x1x1: 7", "f2x1x1x2x1: " LN3 " 0 8 4"}},
        {17,
         MS "Attention",
         "num_heads=1",
         {"f1x1x1: 1", "f1x3: 1 0 4", "-", "-", "f2x1x1x0x1:"},
         {"f1x1x1: 4", "f2x1x1x1x1: 0 4"}},
        {17,
         MS "Attention",
         "num_heads=1 unidirectional=1",
         {"f1x2x1: 1 0", "f1x3: 1 0 4", "-", "-", "f2x1x1x1x1: " LN3 " 8"},
         {"f1x2x1: 7 4"}},
        {17,
         MS "Attention",
         "num_heads=1",
         {"f1x1x1: 1", "f1x3: 1 0 4", "-", "int32 1x2: 0 1", "f2x1x1x1x1: " LN3 " 8"},
         {"f1x1x1: 4"}},
        {17,
         MS "MultiHeadAttention",
         "num_heads=1",
         {"f1x1x1: 1", "f1x1x1: 0", "f1x1x1: 4", "-", "-", "-", "f1x1x1x1: " LN3,
          "f1x1x1x1: 8"},
         {"f1x1x1: 7", KEYS, VALUES}},
        {17,
         MS "MultiHeadAttention",
         "num_heads=1 unidirectional=1",
         {"f1x2x1: 1 0", "f1x2x1: 0 0", "f1x2x1: 4 0", "-", "-", "-", "f1x1x1x1: " LN3,
          "f1x1x1x1: 8"},
         {"f1x2x1: 7 4"}},
        {17,
         MS "Attention",
         "num_heads=1 do_rotary=1",
         {"f1x1x1: 1", "f1x3: 1 0 4"},
         {"refused: rotation"}},
    };
    LC_RUN(cases);
}
END_TEST

#define ROW "f1x1x1: 1", "f1x1x1: 0", "f1x1x1: 4"
#define PAST "f1x1x1x1: " LN3, "f1x1x1x1: 8"
#define LENGTHS "int32!1: 1", "int32!: 2"
#define HEADS "num_heads=1 kv_num_heads=1 "

/* The recurrence, with numbers from numpy. */
START_TEST(linear)
{
    static const struct lc cases[] = {
        {27,
         "LinearAttention",
         "q_num_heads=2 kv_num_heads=1 update_rule='linear'",
         {"f1x2x4: 0.5 1 -1.5 1 0 0 0.5 -0.75", "f1x2x2: 1.5 -1.5 -0.75 -0.5",
          "f1x2x1: 0.25 -0.25"},
         {"f1x2x2: -0.132582521 -0.662912607 0 0.331456304", "f1x1x2x1: 0.5625 -0.25"}},
        {27,
         "LinearAttention",
         "q_num_heads=2 kv_num_heads=2 update_rule='gated' scale=0.5",
         {"f1x2x2: -1.25 -1.5 -1.5 -1.5", "f1x2x2: -1.25 1.5 -1 0.5",
          "f1x2x4: 0.75 -0.75 -0.75 -0.25 -0.75 1.5 -1 1.25", "-", "f1x2x2: -1 -1 -1.25 -0.25"},
         {"f1x2x4: 0.5859375 -0.5859375 0.84375 0.28125 -0.361051315 0.923551315 1.03211316 -0.24971228",
          "f1x2x1x2: 0.481401753 -1.23140175 -1.37615088 0.332949706"}},
        {27,
         "LinearAttention",
         "q_num_heads=1 kv_num_heads=1 update_rule='gated'",
         {"f2x1x2: 0.5 0 0.5 0.5", "f2x1x2: 0.5 -1.5 1.5 0.25", "f2x1x1: 1.25 -0.75",
          "f2x1x2x1: -0.5 1.25 -1 -1.5", "f2x1x2: -0.5 -0.5 -1.25 -1.25"},
         {"f2x1x1: 0.113750384 -0.717275681",
          "f2x1x2x1: 0.32173467 -1.11683668 -1.4115048 -0.617257195"}},
        {27,
         "LinearAttention",
         "q_num_heads=1 kv_num_heads=1 update_rule='delta'",
         {"f1x2x2: -0.5 -1 0.25 1.25", "f1x2x2: 1.25 1.25 -0.75 -1.5", "f1x2x2: 1 0.75 1 -1.5",
          "-", "-", "f1x2x1: 0.75 0"},
         {"f1x2x2: -0.994368911 -0.745776683 0.994368911 0.745776683",
          "f1x1x2x2: 0.9375 0.703125 0.9375 0.703125"}},
        {27,
         "LinearAttention",
         "q_num_heads=4 kv_num_heads=2 update_rule='gated_delta'",
         {"f1x3x8: -0.5 -0.25 1.5 -1 0 -0.5 -0.75 1 -1.25 -0.5 -1.25 -1.25 -0.75 0.75 0.25 -0.25 -1 1 1 -0.75 -1.5 -0.5 -1.25 1",
          "f1x3x4: 0 0 -0.75 0 1.5 -0.75 0.75 -1.5 -0.5 1.5 1.25 -1.25",
          "f1x3x2: 1 1 -0.25 -0.5 1.5 1.5", "f1x2x2x1: 0.5 -0.25 -1 1.5",
          "f1x3x4: -0.75 -0.25 -0.5 -0.75 -0.5 -0.75 -1 -0.5 -1.5 -0.5 -0.5 -0",
          "f1x3x2: 0.75 0.5 0.25 0.25 0.25 0.625"},
         {"f1x3x4: -0.049084941 0.388184023 -0.250510194 0.931088343 0.0474577753 0.043147179 0.276233752 -0.0920779173 0.537939875 -0.438542844 -1.08164406 -2.20445964",
          "f1x2x2x1: -0.198487351 0.562274516 1.45339485 -1.30083315"}},
        {27,
         "LinearAttention",
         "q_num_heads=2 kv_num_heads=2 update_rule='gated_delta'",
         {"f1x2x4: -1 0.5 1 0.5 1.5 -0.5 -0.5 1", "f1x2x4: -1.5 -1 -1 -0.25 -1 1 1.25 -0.5",
          "f1x2x2: -1.5 0.75 -1.25 0.25", "-", "f1x2x2: -1 -1.5 -0.5 -1.5",
          "f1x2x1: 0.25 0.375"},
         {"f1x2x2: -0.265165043 -0.149155337 0.884054859 -0.0812223232",
          "f1x2x2x1: 0.767276809 -0.198654316 0.0974130254 -0.0661591984"}},
        {27,
         "LinearAttention",
         "q_num_heads=1 kv_num_heads=1 update_rule='gated'",
         {"f1x1x1: 1", "f1x1x1: 1", "f1x1x1: 1"},
         {"refused: decay"}},
        {27,
         "LinearAttention",
         "q_num_heads=1 kv_num_heads=1",
         {"f1x1x1: 1", "f1x1x1: 1", "f1x1x1: 1", "-", "f1x1x1: 1", "f1x1x2: 1 1"},
         {"refused: beta"}},
        {27,
         "LinearAttention",
         "q_num_heads=1 kv_num_heads=1 update_rule='linear'",
         {"f1x1x1: 1", "f1x1x1: 1", "f1x1x1: 1", "f1x1x2x1: 1 1"},
         {"refused: past_state"}},
        {27,
         "LinearAttention",
         "q_num_heads=3 kv_num_heads=2",
         {"f1x1x3: 1 2 3", "f1x1x2: 1 2", "f1x1x2: 1 2"},
         {"refused: 3 heads of queries"}},
        {27,
         "LinearAttention",
         "q_num_heads=1 kv_num_heads=1",
         {"f1x1x1: 1", "f1x2x1: 1 2", "f1x1x1: 1"},
         {"refused: do not fit"}},
    };
    LC_RUN(cases);
}
END_TEST

START_TEST(group_query)
{
    static const struct lc cases[] = {
        {17,
         MS "GroupQueryAttention",
         HEADS,
         {ROW, PAST, LENGTHS},
         {"f1x1x1: 7", KEYS, VALUES}},
        {17,
         MS "GroupQueryAttention",
         "num_heads=2 kv_num_heads=1",
         {"f1x1x2: 1 0", "f1x1x1: 0", "f1x1x1: 4", PAST, LENGTHS},
         {"f1x1x2: 7 6"}},
        /* an empty past; heads side by side */
        {17,
         MS "GroupQueryAttention",
         HEADS,
         {"f1x2x3: 1 " LN3 " 8 1 0 4", "-", "-", "f1x1x0x1:", "f1x1x0x1:", LENGTHS},
         {"f1x2x1: 8 7", KEYS}},
        /* the buffer of the past is longer than its content */
        {17,
         MS "GroupQueryAttention",
         HEADS,
         {ROW, "f1x1x3x1: " LN3 " 9 9", "f1x1x3x1: 8 9 9", LENGTHS},
         {"f1x1x1: 7", "f1x1x3x1: " LN3 " 0 9", "f1x1x3x1: 8 4 9"}},
        /* samples have different lengths */
        {17,
         MS "GroupQueryAttention",
         HEADS,
         {"f2x1x1: 1 1", "f2x1x1: 0 0", "f2x1x1: 4 5", "f2x1x1x1: " LN3 " 7", "f2x1x1x1: 8 9",
          "int32!2: 1 0", "int32!: 2"},
         {"f2x1x1: 7 5", "f2x1x2x1: " LN3 " 0 0 0", "f2x1x2x1: 8 4 5 0"}},
        /* A prompt that is filled up to the length of the other */
        {17,
         MS "GroupQueryAttention",
         HEADS,
         {"f2x2x1: 0 0 0 0", "f2x2x1: 0 0 0 0", "f2x2x1: 8 4 6 2", "-", "-", "int32!2: 1 0",
          "int32!: 2"},
         {"f2x2x1: 8 6 6 6"}},
        {17,
         MS "GroupQueryAttention",
         HEADS "qk_output=1",
         {"f1x2x1: 1 1", "f1x2x1: 5 6", "f1x2x1: 1 1", "-", "-", "int32!1: 1", "int32!: 2"},
         {"f1x2x1: 1 1", "-", "-", "f1x1x2x2: 5 0 5 6"}},
        {17,
         MS "GroupQueryAttention",
         HEADS "qk_output=2",
         {ROW, PAST, LENGTHS},
         {"f1x1x1: 7", "-", "-", "f1x1x1x2: 0.75 0.25"}},
        {17,
         MS "GroupQueryAttention",
         HEADS "local_window_size=1",
         {ROW, PAST, LENGTHS},
         {"f1x1x1: 4"}},
        {17,
         MS "GroupQueryAttention",
         HEADS "smooth_softmax=1",
         {ROW, "-", "-", "int32!1: 0", "int32!: 1"},
         {"f1x1x1: 2"}},
        {17,
         MS "GroupQueryAttention",
         HEADS,
         {ROW, "-", "-", "int32!1: 0", "int32!: 1", "-", "-", "-", "-", "f1: " LN3},
         {"f1x1x1: 1"}},
        {17,
         MS "GroupQueryAttention",
         HEADS,
         {"f1x1x1: 0", "f1x1x1: 0", "f1x1x1: 4", PAST, LENGTHS, "-", "-", "-",
          "f1x1x1x2: " LN3 " 0"},
         {"f1x1x1: 7"}},
        {17,
         MS "GroupQueryAttention",
         HEADS,
         {ROW, PAST, "int32!1: 4", "int32!: 2"},
         {"refused: 1 keys of 5 are new, 1 were before"}},
        {17,
         MS "GroupQueryAttention",
         HEADS "k_quant_type='PER_TENSOR'",
         {ROW, PAST, LENGTHS},
         {"refused: k_quant_type 'PER_TENSOR'"}},
    };
    LC_RUN(cases);
}
END_TEST

START_TEST(group_query_rotary)
{
    static const struct lc cases[] = {
        /* the key at position 1 is rotated by a right angle; past keys are not rotated again */
        {17,
         MS "GroupQueryAttention",
         HEADS "do_rotary=1",
         {"f1x1x2: 0 0", "f1x1x2: 3 4", "f1x1x2: 4 4", "f1x1x1x2: 1 2", "f1x1x1x2: 8 8",
          LENGTHS, "f!2x1: 1 0", "f!2x1: 0 1"},
         {"f1x1x2: 6 6", "f1x1x2x2: 1 2 -4 3"}},
        {17,
         MS "GroupQueryAttention",
         HEADS "do_rotary=1 rotary_interleaved=1",
         {"f1x1x2: 0 0", "f1x1x2: 3 4", "f1x1x2: 4 4", "f1x1x1x2: 1 2", "f1x1x1x2: 8 8",
          LENGTHS, "f!2x1: 1 0", "f!2x1: 0 1", "i1x1: 0"},
         {"f1x1x2: 6 6", "f1x1x2x2: 1 2 3 4"}},
        /* Position 1 rotates the first pair of query and key by a right angle. The pair is
         * elements 0 and 2, or 0 and 1. The past has a score that is larger by ln 3. */
        {17,
         MS "GroupQueryAttention",
         HEADS "do_rotary=1",
         {"f1x1x4: 1 0 0 0", "f1x1x4: 5 6 7 8", "f1x1x4: 4 4 4 4",
          "f1x1x1x4: 9 0 7.1972245773362196 0", "f1x1x1x4: 8 8 8 8", LENGTHS, "f!2x2: 1 1 0 1",
          "f!2x2: 0 0 1 0"},
         {"f1x1x4: 7 7 7 7", "f1x1x2x4: 9 0 7.1972245773362196 0 -7 6 5 8"}},
        {17,
         MS "GroupQueryAttention",
         HEADS "do_rotary=1 rotary_interleaved=1",
         {"f1x1x4: 1 0 0 0", "f1x1x4: 5 6 7 8", "f1x1x4: 4 4 4 4",
          "f1x1x1x4: 9 7.1972245773362196 0 0", "f1x1x1x4: 8 8 8 8", LENGTHS, "f!2x2: 1 1 0 1",
          "f!2x2: 0 0 1 0"},
         {"f1x1x4: 7 7 7 7", "f1x1x2x4: 9 7.1972245773362196 0 0 -6 5 7 8"}},
        {17,
         MS "GroupQueryAttention",
         HEADS "do_rotary=1",
         {"f1x1x2: 0 0", "f1x1x2: 3 4", "f1x1x2: 4 4", "f1x1x1x2: 1 2", "f1x1x1x2: 8 8",
          LENGTHS, "f!2x1: 1 0"},
         {"refused: input 8 (cosines or sines) must be a table"}},
    };
    LC_RUN(cases);
}
END_TEST

/* Position 1 is a rotation by a right angle. */
START_TEST(rotary)
{
    static const struct lc cases[] = {
        {17,
         MS "RotaryEmbedding",
         NULL,
         {"f1x1x2: 3 4", "i1: 1", "f!2x1: 1 0", "f!2x1: 0 1"},
         {"f1x1x2: -4 3"}},
        {17,
         MS "RotaryEmbedding",
         NULL,
         {"f1x2x2: 3 4 3 4", "i1x2: 1 0", "f!2x1: 1 0", "f!2x1: 0 1"},
         {"f1x2x2: -4 3 3 4"}},
        {17,
         MS "RotaryEmbedding",
         "num_heads=2 rotary_embedding_dim=2",
         {"f1x1x6: 3 4 5 1 2 7", "i1: 1", "f!2x1: 1 0", "f!2x1: 0 1"},
         {"f1x1x6: -4 3 5 -2 1 7"}},
        {23,
         "RotaryEmbedding",
         NULL,
         {"f1x1x1x4: 1 2 3 4", "f!1x2: 0 0", "f!1x2: 1 1", "i1x1: 0"},
         {"f1x1x1x4: -3 -4 1 2"}},
        {23,
         "RotaryEmbedding",
         "interleaved=1",
         {"f1x1x1x5: 1 2 3 4 5", "f1x1x2: 0 0", "f1x1x2: 1 1"},
         {"f1x1x1x5: -2 1 -4 3 5"}},
        {23,
         "RotaryEmbedding",
         NULL,
         {"f1x1x1x2: 1 2", "f1x1x2: 0 0", "f1x1x2: 1 1"},
         {"refused: 2 angles for 2 elements"}},
    };
    LC_RUN(cases);
}
END_TEST

/* 169 holds 9 in its low bits and 10 in its high bits. The zero point is 8. */
START_TEST(few_bits)
{
    static const struct lc cases[] = {
        {17,
         MS "MatMulNBits",
         "K=2 N=1 bits=4 block_size=16",
         {"f1x2: 2 3", "uint8!1x1x8: 169 0 0 0 0 0 0 0", "f!1: 0.5"},
         {"f1x1: 4"}},
        {17,
         MS "MatMulNBits",
         "K=2 N=1 block_size=16",
         {"f1x1x2: 2 3", "uint8!1x1x8: 169 0 0 0 0 0 0 0", "f!1: 0.5", "uint8!1: 9", "-",
          "f!1: 10"},
         {"f1x1x1: 11.5"}},
        {17,
         MS "MatMulNBits",
         "K=2 N=1 block_size=16",
         {"f1x2: 2 3", "uint8!1x1x8: 169 0 0 0 0 0 0 0", "f!1: 0.5", "f!1: 7"},
         {"f1x1: 6.5"}},
        {17,
         MS "MatMulNBits",
         "K=1 N=2 bits=2 block_size=16",
         {"f1x1: 1", "uint8!2x1x4: 3 0 0 0 0 0 0 0", "f!2: 1 2"},
         {"f1x2: 1 -4"}},
        {17,
         MS "MatMulNBits",
         "K=17 N=1 bits=8 block_size=16",
         {"f1x17: 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1",
          "uint8!1x2x16: 130 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 127 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0",
          "f!2: 1 10"},
         {"f1x1: -8"}},
        {17,
         MS "MatMulNBits",
         "K=2 N=2 block_size=16",
         {"f1x2: 2 3", "uint8!1x1x8: 169 0 0 0 0 0 0 0", "f!1: 0.5"},
         {"refused: do not fit [2, 2]"}},
        {17,
         MS "MatMulNBits",
         "K=2 N=1 bits=3 block_size=16",
         {"f1x2: 2 3", "uint8!1x1x8: 169 0 0 0 0 0 0 0", "f!1: 0.5"},
         {"refused: 3 bits"}},
        {17,
         MS "GatherBlockQuantized",
         "block_size=16 bits=4",
         {"uint8!2x1: 169 18", "i1: 1", "f!2x1: 1 0.5"},
         {"f1x2: -3 -3.5"}},
        {17,
         MS "GatherBlockQuantized",
         "block_size=1 bits=4",
         {"uint8!2x1: 169 18", "i1x1: -1", "f!2x2: 1 1 0.5 2", "uint8!2x1: 0 1"},
         {"f1x1x2: 0.5 2"}},
        {17,
         MS "GatherBlockQuantized",
         "block_size=16 bits=8",
         {"uint8!2x1: 169 18", "i1: 0", "f!2x1: 1 0.5"},
         {"f1x1: 41"}},
    };
    LC_RUN(cases);
}
END_TEST

int main(void)
{
    TCase *c = suite_case("lower_attention");
    SUITE_ADD(c, attention, with_a_past, linear, group_query, group_query_rotary, rotary,
              few_bits);
    return suite_run();
}
