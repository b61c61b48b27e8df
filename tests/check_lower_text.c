/* check_lower_text.c - operators on texts. Their results are compared with texts by Equal. */
#include <math.h>
#include <string.h>

#include "lower/match.h"
#include "lowering.h"
#include "suite.h"

/* A constant [n] of texts, which `list` separates by bars. */
static void texts(struct tm_model *m, const char *name, const char *list)
{
    Onnx__NodeProto *node = tm_node(m, "Constant", "", name, "value_strings='a','b'");
    Onnx__AttributeProto *a = node->attribute[0];
    size_t n = 1;
    for (const char *at = list; *at != '\0'; at++)
        n += *at == '|';
    a->n_strings = n;
    a->strings = tm_memory(m, n * sizeof *a->strings);
    for (size_t i = 0; i < n; i++) {
        size_t size = strcspn(list, "|");
        a->strings[i].len = size;
        a->strings[i].data = (uint8_t *)tm_text(m, list);
        list += size + (list[size] == '|');
    }
}

static struct tm_model *start(const char *x)
{
    struct tm_model *m = tm_new(20);
    texts(m, "x", x);
    return m;
}

/* Checks that the tensor "y" of a model has these texts. Frees the model. */
static void gives(struct tm_model *m, const char *want, const char *equal)
{
    texts(m, "want", want);
    tm_node(m, "Equal", "y want", "same", NULL);
    tm_node(m, "Cast", "same", "z", "to=1");
    tm_output(m, "z");
    lc_gives(m, NULL, (const char *const[]){equal, NULL});
}

START_TEST(casts)
{
    struct tm_model *m = tm_new(20);
    tm_const(m, "x", SX_FLOAT, 1, (int64_t[]){4}, (float[]){1.5F, -1e20F, 1e-7F, NAN});
    tm_node(m, "Cast", "x", "y", "to=8");
    gives(m, "1.5|-1e+20|1e-07|NaN", "f4: 1 1 1 1");
    m = tm_new(20);
    tm_const(m, "x", SX_FLOAT, 1, (int64_t[]){2}, (float[]){INFINITY, -INFINITY});
    tm_node(m, "Cast", "x", "y", "to=8");
    gives(m, "INF|-INF", "f2: 1 1");
    m = tm_new(20);
    tm_const(m, "x", SX_INT, 1, (int64_t[]){2}, (int64_t[]){-7, INT64_C(9007199254740993)});
    tm_node(m, "Cast", "x", "y", "to=8");
    gives(m, "-7|9007199254740993", "f2: 1 1");
    m = start("1.5|-2|3e2");
    tm_node(m, "Cast", "x", "y", "to=1");
    tm_output(m, "y");
    lc_gives(m, NULL, (const char *const[]){"f3: 1.5 -2 300", NULL});
    m = start("300|9007199254740993");
    tm_node(m, "Cast", "x", "y", "to=7");
    tm_output(m, "y");
    lc_gives(m, NULL, (const char *const[]){"i2: 300 9007199254740993", NULL});
    m = start("300");
    tm_node(m, "Cast", "x", "y", "to=2");
    tm_output(m, "y");
    lc_gives(m, NULL, (const char *const[]){"uint8 1: 44", NULL});
    m = start("12 apples");
    tm_node(m, "Cast", "x", "y", "to=1");
    tm_output(m, "y");
    lc_refused(m, "'12 apples' is no number");
}
END_TEST

START_TEST(normalized)
{
    struct tm_model *m = start("Monday|tuesday|SUNDAY");
    tm_node(m, "StringNormalizer", "x", "y",
            "case_change_action='UPPER' stopwords='monday','b'");
    gives(m, "TUESDAY|SUNDAY", "f2: 1 1");
    m = start("Monday|monday");
    tm_node(m, "StringNormalizer", "x", "y",
            "case_change_action='LOWER' stopwords='monday','b' is_case_sensitive=1");
    gives(m, "monday", "f1: 1");
    /* no text remains, which gives one empty text */
    m = start("a|a");
    tm_node(m, "StringNormalizer", "x", "y", "stopwords='A','b'");
    gives(m, "", "f1: 1");
    /* letters beyond ASCII, and an invalid byte */
    m = start("\xc3\x84\xd0\x91\xff|\xe2\x82\xac");
    tm_node(m, "StringNormalizer", "x", "y", "case_change_action='LOWER'");
    gives(m, "\xc3\xa4\xd0\xb1\xff|\xe2\x82\xac", "f2: 1 1");
    m = start("a|b");
    tm_const(m, "shape", SX_INT, 1, (int64_t[]){2}, (int64_t[]){2, 1});
    tm_node(m, "Reshape", "x shape", "rows", NULL);
    tm_node(m, "StringNormalizer", "rows", "y", NULL);
    tm_output(m, "y");
    lc_refused(m, "several rows");
}
END_TEST

/* Published values of MurmurHash3 for 32 bits and seed 0. */
START_TEST(hashed)
{
    struct tm_model *m = start("hello||test");
    tm_domain(m, "com.microsoft", 1);
    tm_node(m, "com.microsoft:MurmurHash3", "x", "y", NULL);
    tm_output(m, "y");
    lc_gives(m, NULL, (const char *const[]){"uint32 3: 613153351 0 3127628307", NULL});
}
END_TEST

START_TEST(joined_and_split)
{
    struct tm_model *m = start("a|bc");
    texts(m, "end", "-x");
    tm_node(m, "StringConcat", "x end", "y", NULL);
    gives(m, "a-x|bc-x", "f2: 1 1");
    m = start(" a  b c|d");
    tm_node(m, "StringSplit", "x", "parts n", NULL);
    tm_const(m, "flat", SX_INT, 1, (int64_t[]){1}, (int64_t[]){-1});
    tm_node(m, "Reshape", "parts flat", "y", NULL);
    tm_output(m, "n");
    texts(m, "want", "a|b|c|d||");
    tm_node(m, "Equal", "y want", "same", NULL);
    tm_node(m, "Cast", "same", "z", "to=1");
    tm_output(m, "z");
    lc_gives(m, NULL, (const char *const[]){"i2: 3 1", "f6: 1 1 1 1 1 1", NULL});
    m = start("a,b,c|d,,e");
    tm_node(m, "StringSplit", "x", "parts", "delimiter=',' maxsplit=1");
    tm_const(m, "flat", SX_INT, 1, (int64_t[]){1}, (int64_t[]){-1});
    tm_node(m, "Reshape", "parts flat", "y", NULL);
    gives(m, "a|b,c|d|,e", "f4: 1 1 1 1");
}
END_TEST

START_TEST(counted)
{
    struct tm_model *m = start("good|bad|good");
    tm_node(m, "TfIdfVectorizer", "x", "y",
            "mode='TF' max_gram_length=1 ngram_counts=[0] ngram_indexes=0,1 "
            "pool_strings='good','ugly'");
    tm_output(m, "y");
    lc_gives(m, NULL, (const char *const[]){"f2: 2 0", NULL});
    m = start("good");
    tm_node(m, "TfIdfVectorizer", "x", "y",
            "mode='TF' max_gram_length=1 ngram_counts=[0] ngram_indexes=[0] pool_int64s=[1]");
    tm_output(m, "y");
    lc_refused(m, "not of the input's type");
}
END_TEST

/* ---- Patterns ---- */

START_TEST(patterns)
{
    static const struct {
        const char *pattern, *text;
        bool matches;
    } cases[] = {
        {"[a-z]+[0-9]", "abc1", true},
        {"[a-z]+[0-9]", "abc1x", false},
        {"a|bc", "bc", true},
        {"a|bc", "xbc", false},
        {"\\d{3}-\\d+", "123-4", true},
        {"\\D*", "12", false},
        {"(?:ab)+?", "abab", true},
        {"(?P<year>\\d+)", "2026", true},
        {"[\\w.\\-]+@\\w+\\.com", "a.b-c@d.com", true},
        {"[\\w.\\-]+@\\w+\\.com", "a.b-c@dxcom", false},
        {"[^\\]]", "]", false},
        {"[\\]x]", "]", true},
        {"[^\\]\\-ab]", "c", true},
        {"[^\\]\\-ab]", "a", false},
        {"[[:upper:]\\t]+", "A\t", true},
        {"[[:upper:]\\]]+", "]A", true},
        {"\\Aab\\z", "ab", true},
        {"\\S+\\s\\S+", "a b", true},
        {".*\\$", "10$", true},
        {"\\n", "\n", true},
        {"\\w+", "a1_Z", true},
        {"[\\w]+", "9_", true},
        {"\\w", "-", false},
        {"\\W+", "- .", true},
        {"\\W", "1", false},
        {"", "", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sx_error error = {0};
        struct sx_matcher *m = sx_matcher_new(cases[i].pattern, &error);
        ck_assert_msg(m != NULL, "%s", error.message);
        ck_assert_msg(sx_matches(m, cases[i].text) == cases[i].matches, "%s and %s",
                      cases[i].pattern, cases[i].text);
        sx_matcher_free(m);
    }
}
END_TEST

START_TEST(no_patterns)
{
    static const char *const cases[] = {"(",    "[a",     "[[:x",      "\\1",
                                        "a\\",  "[\\q]",  "(?i)a",     "(?P<a",
                                        "\\pL", "[\\^a]", "[[:nope:]]"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sx_error error = {0};
        ck_assert_ptr_null(sx_matcher_new(cases[i], &error));
        ck_assert_int_eq(error.status, SX_MODEL);
    }
}
END_TEST

START_TEST(costly_patterns)
{
    char nested[1202] = "";
    struct sx_error error = {0};
    memset(nested, '(', 400);
    memset(nested + 400, 'a', 401);
    memset(nested + 801, ')', 400);
    ck_assert_ptr_null(sx_matcher_new(nested, &error));
    ck_assert_int_eq(error.status, SX_MODEL);
    ck_assert_ptr_null(sx_matcher_new("((a{255}){255}){1,255}", &error));
    struct sx_matcher *m = sx_matcher_new("(a{2,4}){3}", &error);
    ck_assert_ptr_nonnull(m);
    ck_assert(sx_matches(m, "aaaaaa") && !sx_matches(m, "aaaaa"));
    sx_matcher_free(m);
}
END_TEST

START_TEST(matched)
{
    struct tm_model *m = start("abc1|abc|x1");
    tm_node(m, "RegexFullMatch", "x", "m", "pattern='[a-z]+[0-9]'");
    tm_node(m, "Cast", "m", "y", "to=1");
    tm_output(m, "y");
    lc_gives(m, NULL, (const char *const[]){"f3: 1 0 1", NULL});
    m = start("a");
    tm_node(m, "RegexFullMatch", "x", "y", "pattern='('");
    tm_output(m, "y");
    lc_refused(m, "pattern '(' is not supported");
}
END_TEST

/* A Tokenizer from x to `y`; a single separator is a list of one. */
static void tokenizer(struct tm_model *m, const char *y, const char *attributes)
{
    tm_domain(m, "com.microsoft", 1);
    Onnx__NodeProto *node = tm_node(m, "com.microsoft:Tokenizer", "x", y, attributes);
    for (size_t i = 0; i < node->n_attribute; i++) {
        Onnx__AttributeProto *a = node->attribute[i];
        if (strcmp(a->name, "separators") != 0 || a->n_strings > 0)
            continue;
        a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS;
        a->strings = tm_memory(m, sizeof *a->strings);
        a->strings[a->n_strings++] = a->s;
    }
}

static void tokens(const char *x, const char *attributes, int64_t rank, const int64_t *dims,
                   const char *want, const char *equal)
{
    struct tm_model *m = start(x);
    tm_const(m, "shape", SX_INT, 1, &rank, dims);
    tokenizer(m, "parts", attributes);
    tm_node(m, "Reshape", "parts shape", "y", NULL);
    gives(m, want, equal);
}

#define TOKENS(x, attributes, want, equal, ...)                                                \
    tokens(x, attributes, sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t),                  \
           (const int64_t[]){__VA_ARGS__}, want, equal)

START_TEST(tokenized)
{
    TOKENS("a,b|c, d ,e", "separators=',','\\s' pad_value='#'", "a|b|#|c|d|e",
           "f6: 1 1 1 1 1 1", 6);
    TOKENS("a,b|c, d ,e", "separators=',','\\s' pad_value='#' mark=1",
           "\2|a|b|\3|#|\2|c|d|e|\3", "f10: 1 1 1 1 1 1 1 1 1 1", 10);
    TOKENS("\xc3\xa9t\xc3\xa9,\xc3\xa9,ab", "separators=',' pad_value='#' mincharnum=2",
           "\xc3\xa9t\xc3\xa9|ab", "f2: 1 1", 2);
    TOKENS("\xc3\xa9t", "separators='' pad_value='#'", "\xc3\xa9|t", "f2: 1 1", 2);
    TOKENS("it's 3.5|x", "tokenexp='[a-z0-9]+' pad_value='#'", "it|s|3|5|x|#|#|#",
           "f8: 1 1 1 1 1 1 1 1", 8);
    /* The longest match, and ^ at the begin of the text only */
    TOKENS("abab", "tokenexp='a|ab' pad_value='#'", "ab|ab", "f2: 1 1", 2);
    TOKENS("abab", "tokenexp='^ab' pad_value='#'", "ab", "f1: 1", 1);
    TOKENS("a12", "tokenexp='[0-9]*' pad_value='#'", "12", "f1: 1", 1);
}
END_TEST

/* Where no text has a token, there is none. */
START_TEST(no_tokens)
{
    struct tm_model *m = start(",|");
    tokenizer(m, "t", "separators=',' pad_value='#' mark=1");
    tm_node(m, "Shape", "t", "y", NULL);
    tm_output(m, "y");
    lc_gives(m, NULL, (const char *const[]){"i2: 2 0", NULL});
    static const char *const wrong[][2] = {
        {"pad_value='#'", "either tokenexp or separators"},
        {"pad_value='#' separators=',' tokenexp='a'", "either tokenexp or separators"},
        {"separators=','", "'pad_value' is missing"},
        {"pad_value='#' tokenexp='('", "pattern '(' is not supported"},
        {"pad_value='#' separators='b*'", "a separator that matches no text"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        m = start("abc");
        tokenizer(m, "y", wrong[i][0]);
        tm_output(m, "y");
        lc_refused(m, wrong[i][1]);
    }
}
END_TEST

int main(void)
{
    TCase *c = suite_case("lower_text");
    SUITE_ADD(c, casts, normalized, hashed, joined_and_split, counted, patterns, no_patterns,
              costly_patterns, matched, tokenized, no_tokens);
    return suite_run();
}
