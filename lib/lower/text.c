/* text.c - lowering of operators on texts. Texts are computed while a model is lowered, from those
 * of the sample, which thereby decide. The graph holds their numbers. */
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include "lower/match.h"
#include "lower/scope.h"
#include "lower/tables.h"
#include "sextant/output.h"

/* Text i of a list; "" if its number is unknown. */
static const char *text_at(const struct sx_lowering *l, const int64_t *list, int64_t i)
{
    const char *text = sx_words_text(l->scope->model->words, list[i]);
    return text != NULL ? text : "";
}

static const int64_t *texts_of(struct sx_lowering *l, int node)
{
    if (node == SX_NONE || l->g->node[node].type != SX_INT) {
        sx_reject(l, "an input is no text");
        return NULL;
    }
    return sx_const_data(l, node, "a text");
}

static bool give_texts(struct sx_lowering *l, const struct sx_shape *shape,
                       const int64_t *numbers)
{
    return numbers != NULL && l->error->status == SX_OK &&
           sx_give_as(l, 0, sx_const(l->g, SX_INT, shape, numbers), SX_ONNX_STRING);
}

/* ---- Casts ---- */

/* Writes a real number as ONNX Runtime does: 8 digits, or 17 for a double. */
static void write_real(char *to, size_t size, double value, bool wide)
{
    if (isnan(value)) {
        snprintf(to, size, "NaN");
    } else if (isinf(value)) {
        snprintf(to, size, "%s", value < 0 ? "-INF" : "INF");
    } else {
        snprintf(to, size, wide ? "%.17g" : "%.8g", wide ? value : (double)(float)value);
        char *point = strchr(to, ','); /* decimal comma of another locale */
        if (point != NULL)
            *point = '.';
    }
}

bool sx_give_texts_of_numbers(struct sx_lowering *l)
{
    struct sx_shape shape = sx_arg_shape(l, 0);
    struct sx_reals reals = {0};
    int64_t n = sx_count(&shape), *number = sx_scratch(l, (size_t)n + 1, sizeof *number);
    const int64_t *ints = NULL;
    if (sx_arg_real(l, 0)
            ? !sx_const_reals(l, 0, "numbers", &reals)
            : (ints = sx_const_data(l, sx_cast(l->g, sx_arg(l, 0), SX_INT), "numbers")) == NULL)
        return false;
    for (int64_t i = 0; number != NULL && i < n; i++) {
        char text[40];
        if (ints != NULL)
            snprintf(text, sizeof text, "%" PRId64, ints[i]);
        else
            write_real(text, sizeof text, reals.v[i], sx_arg_kind(l, 0) == SX_ONNX_DOUBLE);
        number[i] = sx_text_number(l, text, strlen(text));
    }
    return give_texts(l, &shape, number);
}

static bool read_number(struct sx_lowering *l, const char *text, double *real, int64_t *whole)
{
    char *end;
    *whole = strtoll(text, &end, 10);
    bool is_whole = end != text && *end == '\0';
    if (!sx_number_parse(text, strlen(text), real))
        return sx_reject(l, "'%.*s' is no number", SX_NAME_SHOWN, text);
    if (!is_whole)
        *whole = fabs(*real) < 0x1p63 ? (int64_t)*real : 0;
    return true;
}

bool sx_give_numbers_of_texts(struct sx_lowering *l, int kind)
{
    struct sx_shape shape = sx_arg_shape(l, 0);
    int64_t n = sx_count(&shape);
    const int64_t *text = texts_of(l, sx_arg(l, 0));
    enum sx_type type;
    double *real = sx_scratch(l, (size_t)n + 1, sizeof *real);
    int64_t *whole = sx_scratch(l, (size_t)n + 1, sizeof *whole);
    if (text == NULL || real == NULL || whole == NULL || !sx_core_type(l, kind, &type))
        return false;
    for (int64_t i = 0; i < n; i++)
        if (!read_number(l, text_at(l, text, i), &real[i], &whole[i]))
            return false;
    int y = sx_is_real(type) ? sx_real_const(l->g, &shape, real)
                             : sx_const(l->g, SX_INT, &shape, whole);
    return sx_give_as(l, 0, sx_convert(l, y, kind), kind);
}

/* ---- StringNormalizer ---- */

enum letters { AS_THEY_ARE, LOWER, UPPER };

/* Decodes the UTF-8 character at `at`, and its number of bytes. An invalid byte is itself. */
static wint_t decode(const unsigned char *at, int *bytes)
{
    static const unsigned char first[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    int n = *at < 0x80 ? 1 : *at >= 0xf0 ? 4 : *at >= 0xe0 ? 3 : *at >= 0xc0 ? 2 : 1;
    wint_t c = n == 1 ? *at : (wint_t)(*at & first[n]);
    *bytes = 1;
    for (int i = 1; i < n; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return *at;
        c = c << 6 | (wint_t)(at[i] & 0x3f);
    }
    *bytes = n;
    return c;
}

static size_t encode(char *to, wint_t c)
{
    int n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char mark[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (int i = n - 1; i > 0; i--, c >>= 6)
        to[i] = (char)(0x80 | (c & 0x3f));
    to[0] = (char)(mark[n] | c);
    return (size_t)n;
}

static const char *with_letters(struct sx_lowering *l, const char *text, enum letters letters,
                                locale_t locale)
{
    char *to = letters != AS_THEY_ARE ? sx_scratch(l, 4 * strlen(text) + 1, 1) : NULL;
    size_t n = 0;
    if (to == NULL)
        return text;
    while (*text != '\0') {
        int bytes;
        wint_t c = decode((const unsigned char *)text, &bytes), lower, upper;
        bool ascii = c < 0x80;
        lower = ascii && c >= 'A' && c <= 'Z' ? c + 32 : c;
        upper = ascii && c >= 'a' && c <= 'z' ? c - 32 : c;
        if (!ascii && bytes > 1 && locale != (locale_t)0) {
            lower = towlower_l(c, locale);
            upper = towupper_l(c, locale);
        }
        if (ascii || bytes > 1)
            n += encode(to + n, letters == LOWER ? lower : upper);
        else
            to[n++] = *text;
        text += bytes;
    }
    return to;
}

/* StringNormalizer: [C] or [1, C] texts without the stop words; one empty text if nothing is left. */
static bool lower_normalizer(struct sx_lowering *l)
{
    enum letters letters =
        (enum letters)sx_attr_word(l, "case_change_action", "NONE LOWER UPPER", AS_THEY_ARE);
    bool exact = sx_attr_int(l, "is_case_sensitive", 0) != 0;
    struct sx_shape shape = sx_arg_shape(l, 0);
    struct sx_ints stop = sx_attr_texts(l, "stopwords");
    const int64_t *text = texts_of(l, sx_arg(l, 0));
    if (text == NULL || shape.rank < 1 || shape.rank > 2 ||
        (shape.rank == 2 && shape.dim[0] != 1))
        return text != NULL && sx_reject(l, "texts of rank %d, or of several rows", shape.rank);
    int64_t n = sx_count(&shape), kept = 0, *to = sx_scratch(l, (size_t)n + 1, sizeof *to);
    locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    for (int64_t i = 0; to != NULL && i < n; i++) {
        const char *word = text_at(l, text, i), *plain = word;
        bool stopped = false;
        if (!exact)
            plain = with_letters(l, word, LOWER, locale);
        for (int k = 0; k < stop.n && !stopped; k++) {
            const char *other = text_at(l, stop.v, k);
            stopped = strcmp(plain, exact ? other : with_letters(l, other, LOWER, locale)) == 0;
        }
        word = with_letters(l, word, letters, locale);
        if (!stopped)
            to[kept++] = sx_text_number(l, word, strlen(word));
    }
    if (locale != (locale_t)0)
        freelocale(locale);
    if (to != NULL && kept == 0)
        to[kept++] = sx_text_number(l, "", 0);
    shape.dim[shape.rank - 1] = kept;
    return give_texts(l, &shape, to);
}

/* ---- StringConcat, StringSplit, RegexFullMatch ---- */

static bool lower_concat(struct sx_lowering *l)
{
    struct sx_shape a = sx_arg_shape(l, 0), b = sx_arg_shape(l, 1), shape;
    if (!sx_broadcast_shape(&shape, &a, &b))
        return sx_reject(l, "the shapes do not broadcast");
    const int64_t *first = texts_of(l, sx_expand(l->g, sx_arg(l, 0), &shape));
    const int64_t *second =
        first != NULL ? texts_of(l, sx_expand(l->g, sx_arg(l, 1), &shape)) : NULL;
    int64_t n = sx_count(&shape), *to = sx_scratch(l, (size_t)n + 1, sizeof *to);
    for (int64_t i = 0; second != NULL && to != NULL && i < n; i++) {
        const char *x = text_at(l, first, i), *y = text_at(l, second, i);
        size_t size = strlen(x) + strlen(y);
        char *both = sx_scratch(l, size + 1, 1);
        if (both == NULL)
            return false;
        snprintf(both, size + 1, "%s%s", x, y);
        to[i] = sx_text_number(l, both, size);
    }
    return second != NULL && give_texts(l, &shape, to);
}

/* How a text is split: at white space, or at each delimiter. */
struct splitter {
    const char *delimiter; /* "": white space */
    int64_t most;          /* the most splits */
};

/* Takes part `number` of the rest of a text at *rest, which is advanced; false: there is no further
 * part. */
static bool next_part(const struct splitter *s, int64_t number, const char **rest,
                      const char **part, size_t *size)
{
    static const char space[] = " \t\n\v\f\r";
    const char *at = *rest, *end;
    bool white = *s->delimiter == '\0';
    if (at == NULL)
        return false;
    if (white)
        at += strspn(at, space);
    if (white && *at == '\0')
        return false;
    end = white ? at + strcspn(at, space) : strstr(at, s->delimiter);
    if (number >= s->most || end == NULL)
        end = at + strlen(at);
    *part = at;
    *size = (size_t)(end - at);
    *rest = *end == '\0' ? NULL : end + (white ? 0 : strlen(s->delimiter));
    return true;
}

static int64_t count_parts(const struct splitter *s, const char *text)
{
    const char *part;
    size_t size;
    int64_t n = 0;
    while (next_part(s, n, &text, &part, &size))
        n++;
    return n;
}

static bool lower_split(struct sx_lowering *l)
{
    struct sx_shape shape = sx_arg_shape(l, 0), parts = shape;
    const char *delimiter = sx_attr_string(l, "delimiter", 0);
    struct splitter s = {delimiter != NULL ? delimiter : "",
                         sx_attr_int(l, "maxsplit", INT64_MAX)};
    const int64_t *text = texts_of(l, sx_arg(l, 0));
    int64_t n = sx_count(&shape), width = 0,
            *count = sx_scratch(l, (size_t)n + 1, sizeof *count);
    if (text == NULL || count == NULL || shape.rank == SX_MAX_RANK)
        return text != NULL && sx_reject(l, "too many axes");
    for (int64_t i = 0; i < n; i++) {
        count[i] = count_parts(&s, text_at(l, text, i));
        width = count[i] > width ? count[i] : width;
    }
    size_t room;
    int64_t *to = NULL;
    if (sx_size_mul(&room, (size_t)n, (size_t)width))
        to = sx_scratch(l, room + 1, sizeof *to);
    for (int64_t i = 0; to != NULL && i < n; i++) {
        const char *rest = text_at(l, text, i), *part = "";
        size_t size = 0;
        for (int64_t k = 0; k < width; k++) {
            if (!next_part(&s, k, &rest, &part, &size))
                size = 0;
            to[i * width + k] = sx_text_number(l, part, size);
        }
    }
    parts.dim[parts.rank++] = width;
    sx_give_as(l, 1, sx_const(l->g, SX_INT, &shape, count), SX_ONNX_INT64);
    return give_texts(l, &parts, to);
}

static bool lower_match(struct sx_lowering *l)
{
    struct sx_shape shape = sx_arg_shape(l, 0);
    const char *pattern = sx_attr_string(l, "pattern", 0);
    const int64_t *text = pattern != NULL ? texts_of(l, sx_arg(l, 0)) : NULL;
    int64_t n = sx_count(&shape);
    uint8_t *to = sx_scratch(l, (size_t)n + 1, 1);
    if (text == NULL || to == NULL)
        return pattern == NULL ? sx_reject(l, "attribute 'pattern' is missing") : false;
    struct sx_matcher *m = sx_matcher_new(pattern, l->error);
    for (int64_t i = 0; m != NULL && i < n; i++)
        to[i] = sx_matches(m, text_at(l, text, i));
    sx_matcher_free(m);
    return m != NULL && sx_give_as(l, 0, sx_const(l->g, SX_BOOL, &shape, to), SX_ONNX_BOOL);
}

const struct sx_lowering_row sx_lower_text[] = {
    {"", "StringNormalizer", 10, 0, 1, 1, lower_normalizer, 0, false},
    {"", "StringConcat", 20, 0, 2, 2, lower_concat, 0, false},
    {"", "StringSplit", 20, 0, 1, 1, lower_split, 0, false},
    {"", "RegexFullMatch", 20, 0, 1, 1, lower_match, 0, false},
    {0},
};
