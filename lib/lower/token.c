/* token.c - lowering of com.microsoft's Tokenizer: texts become tokens, as text.c says of all texts. */
#include <stdlib.h>
#include <string.h>

#include "lower/match.h"
#include "lower/scope.h"
#include "lower/tables.h"

/* The most patterns that separate tokens. */
#define MOST_SEPARATORS 1000

struct tokenizer {
    struct sx_lowering *l;
    struct sx_matcher **separator; /* text between matches of these is a token */
    int n_separators;
    struct sx_matcher *token; /* what matches this is a token; NULL: there are separators */
    bool letters;             /* each character is a token */
    int64_t least;            /* shorter tokens are left out */
    int64_t *found;           /* the tokens of all texts */
    size_t n, capacity;
};

/* The number of UTF-8 characters. */
static int64_t length_of(const char *text, size_t n)
{
    int64_t length = 0;
    for (size_t i = 0; i < n; i++)
        length += ((unsigned char)text[i] & 0xc0) != 0x80;
    return length;
}

static bool add(struct tokenizer *t, const char *text, size_t n)
{
    if (length_of(text, n) < t->least)
        return true;
    if (!sx_grow((void **)&t->found, &t->capacity, t->n + 1, sizeof *t->found, t->l->error))
        return false;
    t->found[t->n] = sx_text_number(t->l, text, n);
    return t->found[t->n++] >= 0;
}

/* Splits a text, which is overwritten, at the separators from number k on. */
static bool split(struct tokenizer *t, char *text, int k)
{
    size_t begin, end;
    bool inside = false;
    if (length_of(text, strlen(text)) < t->least)
        return true;
    if (k == t->n_separators)
        return add(t, text, strlen(text));
    while (sx_search(t->separator[k], text, inside, &begin, &end)) {
        if (begin == end)
            return sx_reject(t->l, "a separator that matches no text");
        text[begin] = '\0';
        if (!split(t, text, k + 1))
            return false;
        text += end;
        inside = true;
    }
    return split(t, text, k + 1);
}

static size_t letter(const char *text)
{
    size_t n = 1;
    while (((unsigned char)text[n] & 0xc0) == 0x80)
        n++;
    return n;
}

static bool tokens_of(struct tokenizer *t, const char *text)
{
    size_t begin, end, size = strlen(text);
    for (const char *at = text; t->letters && *at != '\0'; at += letter(at))
        if (!add(t, at, letter(at)))
            return false;
    for (const char *at = text; t->token != NULL && *at != '\0'; at += end) {
        if (!sx_search(t->token, at, at != text, &begin, &end))
            break;
        if (begin == end)
            end = begin + (at[begin] != '\0' ? letter(at + begin) : 0);
        else if (!add(t, at + begin, end - begin))
            return false;
        if (end == 0)
            break;
    }
    if (t->letters || t->token != NULL)
        return true;
    char *copy = sx_new(size + 1, 1, t->l->error);
    bool ok = copy != NULL && split(t, memcpy(copy, text, size + 1), 0);
    free(copy);
    return ok;
}

static bool read_patterns(struct tokenizer *t)
{
    struct sx_lowering *l = t->l;
    const char *token = sx_attr_string(l, "tokenexp", 0);
    struct sx_ints list = sx_attr_texts(l, "separators");
    if ((token != NULL && *token != '\0') == list.given || list.n > MOST_SEPARATORS)
        return sx_reject(l, "either tokenexp or separators must be given, at most %d",
                         MOST_SEPARATORS);
    if (!list.given) {
        t->token = sx_searcher_new(token, l->error);
        return t->token != NULL;
    }
    t->separator = sx_new((size_t)list.n + 1, sizeof *t->separator, l->error);
    for (int k = 0; k < list.n && t->separator != NULL; k++) {
        const char *pattern = sx_words_text(l->scope->model->words, list.v[k]);
        t->letters = pattern != NULL && *pattern == '\0' && list.n == 1;
        if (t->letters)
            return true;
        t->separator[k] = sx_searcher_new(pattern != NULL ? pattern : "", l->error);
        if (t->separator[k] == NULL)
            return false;
        t->n_separators = k + 1;
    }
    return t->separator != NULL;
}

/* The tokens of each text, between marks if they are wanted, filled up to the most of a text. first[i] is
 * the number of the first token of text i. Where no text has a token, there are no marks either. */
static bool give_tokens(struct tokenizer *t, const int64_t *first, int64_t n, int64_t most)
{
    static const char marks[] = {2, 3};
    struct sx_lowering *l = t->l;
    struct sx_shape shape = sx_arg_shape(l, 0);
    const char *pad = sx_attr_string(l, "pad_value", 0);
    bool mark = sx_attr_int(l, "mark", 0) != 0 && most > 0;
    int64_t width = most + (mark ? 2 : 0), filler;
    size_t room;
    if (pad == NULL)
        return sx_reject(l, "attribute 'pad_value' is missing");
    filler = sx_text_number(l, pad, strlen(pad));
    if (!sx_size_mul(&room, (size_t)n, (size_t)width))
        return sx_reject(l, "too many tokens");
    int64_t *to = sx_scratch(l, room + 1, sizeof *to), *at = to;
    for (int64_t i = 0; i < n && to != NULL; i++) {
        if (mark)
            *at++ = sx_text_number(l, marks, 1);
        for (int64_t k = first[i]; k < first[i + 1]; k++)
            *at++ = t->found[k];
        if (mark)
            *at++ = sx_text_number(l, marks + 1, 1);
        while (at < to + (i + 1) * width)
            *at++ = filler;
    }
    shape.dim[shape.rank++] = width;
    return to != NULL && l->error->status == SX_OK &&
           sx_give_as(l, 0, sx_const(l->g, SX_INT, &shape, to), SX_ONNX_STRING);
}

static bool tokenize(struct tokenizer *t)
{
    struct sx_lowering *l = t->l;
    struct sx_shape shape = sx_arg_shape(l, 0);
    int64_t n = sx_count(&shape), most = 0;
    if (shape.rank < 1 || shape.rank > 2 || sx_arg_kind(l, 0) != SX_ONNX_STRING)
        return sx_reject(l, "input 0 must be one or two axes of texts");
    const int64_t *text = sx_const_data(l, sx_arg(l, 0), "a text");
    int64_t *first = sx_scratch(l, (size_t)n + 1, sizeof *first);
    if (text == NULL || first == NULL || !read_patterns(t))
        return false;
    for (int64_t i = 0; i < n; i++) {
        const char *one = sx_words_text(l->scope->model->words, text[i]);
        if (!tokens_of(t, one != NULL ? one : ""))
            return false;
        first[i + 1] = (int64_t)t->n;
        most = first[i + 1] - first[i] > most ? first[i + 1] - first[i] : most;
    }
    return give_tokens(t, first, n, most);
}

static bool lower_tokenizer(struct sx_lowering *l)
{
    struct tokenizer t = {.l = l, .least = sx_attr_int(l, "mincharnum", 1)};
    t.least = t.least > 1 ? t.least : 1;
    bool ok = tokenize(&t);
    for (int k = 0; k < t.n_separators; k++)
        sx_matcher_free(t.separator[k]);
    free(t.separator);
    sx_matcher_free(t.token);
    free(t.found);
    return ok;
}

const struct sx_lowering_row sx_lower_token[] = {
    {"com.microsoft", "Tokenizer", 1, 0, 1, 1, lower_tokenizer, 0, false},
    {0},
};
