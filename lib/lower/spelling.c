/* spelling.c - lowering of com.microsoft's WordConvEmbedding: words are embedded by a convolution over
 * their characters. */
#include <math.h>

#include "lower/tables.h"

/* How many windows of n characters a word has, at least one: [words, 1, 1]. */
static int windows_of(struct sx_graph *g, int length, int64_t n, int64_t words)
{
    int last =
        sx_sub(g, sx_binary(g, SX_MAX, length, sx_scalar_int(g, n)), sx_scalar_int(g, n - 1));
    return sx_shaped(g, last, 3, (int64_t[]){words, 1, 1});
}

/* Input 0 has the characters of each word, [words, most], and 0 behind them; inputs 1 and 2 are filters
 * [filters, 1, n, size] and biases; input 3 is the table of characters. Each filter gives the largest tanh
 * over the windows of the word. A word of no characters gives 0. */
static bool lower_word_conv(struct sx_lowering *l)
{
    struct sx_graph *g = l->g;
    struct sx_shape ids = sx_arg_shape(l, 0), w = sx_arg_shape(l, 1),
                    table = sx_arg_shape(l, 3);
    if (ids.rank != 2 || w.rank != 4 || table.rank != 2 || w.dim[1] != 1 ||
        w.dim[3] != table.dim[1] || w.dim[2] < 1 || w.dim[2] > ids.dim[1])
        return sx_reject(l, "words of rank %d, filters of rank %d, or shapes that do not fit",
                         ids.rank, w.rank);
    const int along = 1, place = 2;
    int64_t words = ids.dim[0], filters = w.dim[0], n = w.dim[2], places = ids.dim[1] - n + 1;
    int is_letter = sx_binary(g, SX_LESS, sx_scalar_int(g, 0), sx_arg(l, 0));
    int length = sx_sum(g, sx_cast(g, is_letter, SX_INT), &along, 1);
    int x = sx_take(g, sx_arg(l, 3), sx_index(l, sx_arg(l, 0), table.dim[0]), 0, false);
    x = sx_shaped(g, x, 4, (int64_t[]){words, 1, ids.dim[1], table.dim[1]});
    const struct sx_conv c = {.group = 1, .rank = 2, .stride = {1, 1}, .dilation = {1, 1}};
    int y =
        sx_shaped(g, sx_conv(g, x, sx_arg(l, 1), &c), 3, (int64_t[]){words, filters, places});
    y = sx_unary(g, SX_TANH, sx_add(g, y, sx_along(g, sx_arg(l, 2), 1, 3)));
    int seen = sx_binary(g, SX_LESS, sx_iota(g, places), windows_of(g, length, n, words));
    y = sx_reduce_max(g, sx_where(g, seen, y, sx_scalar(g, -INFINITY)), &place, 1);
    y = sx_shaped(g, y, 2, (int64_t[]){words, filters});
    y = sx_where(g, sx_cast(g, length, SX_BOOL), y, sx_scalar(g, 0));
    return sx_give_as(l, 0, y, sx_arg_kind(l, 1));
}

const struct sx_lowering_row sx_lower_spelling[] = {
    {"com.microsoft", "WordConvEmbedding", 1, 0, 4, 4, lower_word_conv, 0, true},
    {0},
};
