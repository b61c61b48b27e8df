/* match.c - translates patterns in the syntax of RE2 to POSIX extended ones, for bytes. */
#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "lower/match.h"

struct sx_matcher {
    regex_t regex;
};

/* The most bytes that one byte of a pattern becomes. */
#define WIDEST 16

struct translation {
    const char *from;
    char *to;
    size_t n;
};

static void put(struct translation *t, const char *text)
{
    size_t size = strlen(text);
    memcpy(t->to + t->n, text, size + 1);
    t->n += size;
}

static void put_byte(struct translation *t, char c)
{
    t->to[t->n++] = c;
    t->to[t->n] = '\0';
}

/* The contents of \d, \w and \s within brackets; NULL: none. */
static const char *class_of(char c)
{
    return c == 'd' ? "0-9" : c == 'w' ? "[:alnum:]_" : c == 's' ? "[:space:]" : NULL;
}

/* The byte that a letter after a backslash stands for; 0: none. */
static char control_of(char c)
{
    static const char names[] = "ntrfv", bytes[] = "\n\t\r\f\v";
    const char *at = c != '\0' ? strchr(names, c) : NULL;
    return at != NULL ? bytes[at - names] : '\0';
}

/* Translates brackets. POSIX has no backslash in them: "]" must be first, "-" last. */
static bool put_brackets(struct translation *t)
{
    struct translation inner = {.to = t->to + t->n + 4};
    bool negated = *t->from == '^', closing = false, dash = false;
    const char *begin;
    t->from += negated;
    *inner.to = '\0';
    for (begin = t->from; *t->from != ']' || t->from == begin; t->from++) {
        char c = *t->from;
        if (c == '\0')
            return false;
        if (c == '[' && t->from[1] == ':') {
            const char *end = strstr(t->from, ":]");
            if (end == NULL)
                return false;
            for (; t->from <= end; t->from++)
                put_byte(&inner, *t->from);
            put_byte(&inner, ']');
            continue;
        }
        if (c != '\\') {
            closing = closing || c == ']';
            if (c != ']')
                put_byte(&inner, c);
            continue;
        }
        c = *++t->from;
        if (class_of(c) != NULL)
            put(&inner, class_of(c));
        else if (control_of(c) != '\0')
            put_byte(&inner, control_of(c));
        else if (c == '\0' || isalnum((unsigned char)c))
            return false;
        else if (c != ']' && c != '-')
            put_byte(&inner, c);
        closing = closing || c == ']';
        dash = dash || c == '-';
    }
    t->from++;
    if (inner.n > 0 && *inner.to == '^' && !negated && !closing)
        return false;
    /* The pieces in front take at most 4 bytes with a NUL, which `inner` left free. */
    size_t size = inner.n;
    put_byte(t, '[');
    put(t, negated ? "^" : "");
    put(t, closing ? "]" : "");
    memmove(t->to + t->n, inner.to, size + 1);
    t->n += size;
    put(t, dash ? "-]" : "]");
    return true;
}

/* Translates the byte after a backslash, outside brackets. */
static bool put_escaped(struct translation *t)
{
    char c = *t->from++, lower = (char)tolower((unsigned char)c);
    if (class_of(lower) != NULL) {
        put(t, c == lower ? "[" : "[^");
        put(t, class_of(lower));
        put(t, "]");
    } else if (control_of(c) != '\0') {
        put_byte(t, control_of(c));
    } else if (c == 'b' || c == 'B') {
        put(t, c == 'b' ? "\\b" : "\\B");
    } else if (c != 'A' && c != 'z') {
        if (c == '\0' || isalnum((unsigned char)c))
            return false;
        put_byte(t, '\\');
        put_byte(t, c);
    }
    return true;
}

/* Translates "(?:" and "(?P<name>" to groups; flags are not supported. */
static bool put_group(struct translation *t)
{
    put_byte(t, '(');
    if (*t->from != '?')
        return true;
    t->from++;
    if (*t->from == ':') {
        t->from++;
        return true;
    }
    const char *end = *t->from == 'P' || *t->from == '<' ? strchr(t->from, '>') : NULL;
    t->from = end != NULL ? end + 1 : t->from;
    return end != NULL;
}

/* Translates a pattern, which a whole text is to match, or a part. Lazy repetitions match the same whole
 * texts, and the same longest parts, as greedy ones. */
static bool translate(struct translation *t, bool whole)
{
    bool ok = true;
    put(t, whole ? "^(" : "(");
    while (ok && *t->from != '\0') {
        char c = *t->from++;
        if (c == '\\')
            ok = put_escaped(t);
        else if (c == '[')
            ok = put_brackets(t);
        else if (c == '(')
            ok = put_group(t);
        else
            put_byte(t, c);
        if ((c == '*' || c == '+' || c == '?' || c == '}') && *t->from == '?')
            t->from++;
    }
    put(t, whole ? ")$" : ")");
    return ok;
}

/* Whether a pattern is cheap: the C library's matcher recurses for nested groups, and copies what
 * is repeated. */
static bool is_cheap(const char *pattern)
{
    enum { MOST_GROUPS = 200, MOST_COPIES = 10000 };
    double copies = 1;
    int groups = 0;
    for (const char *p = pattern; *p != '\0' && groups <= MOST_GROUPS; p++) {
        groups += *p == '(';
        if (*p != '{')
            continue;
        char *end;
        long least = strtol(p + 1, &end, 10);
        long most = *end == ',' ? strtol(end + 1, NULL, 10) : least;
        copies *= least > 1 || most > 1 ? (double)(least > most ? least : most) : 1;
    }
    return groups <= MOST_GROUPS && copies <= MOST_COPIES;
}

static struct sx_matcher *compiled(const char *pattern, bool whole, struct sx_error *error)
{
    size_t room;
    if (!sx_size_mul(&room, strlen(pattern) + 1, WIDEST)) {
        sx_fail(error, SX_MEMORY, "a pattern is too long");
        return NULL;
    }
    struct sx_matcher *m = sx_new(1, sizeof *m, error);
    struct translation t = {.from = pattern, .to = sx_new(room, 1, error)};
    if (m == NULL || t.to == NULL) {
        free(m);
        free(t.to);
        return NULL;
    }
    if (!is_cheap(pattern) || !translate(&t, whole) ||
        regcomp(&m->regex, t.to, REG_EXTENDED | (whole ? REG_NOSUB : 0)) != 0) {
        sx_fail(error, SX_MODEL, "pattern '%.*s' is not supported", SX_NAME_SHOWN, pattern);
        free(m);
        m = NULL;
    }
    free(t.to);
    return m;
}

struct sx_matcher *sx_matcher_new(const char *pattern, struct sx_error *error)
{
    return compiled(pattern, true, error);
}

struct sx_matcher *sx_searcher_new(const char *pattern, struct sx_error *error)
{
    return compiled(pattern, false, error);
}

bool sx_search(const struct sx_matcher *m, const char *text, bool inside, size_t *begin,
               size_t *end)
{
    regmatch_t found;
    if (regexec(&m->regex, text, 1, &found, inside ? REG_NOTBOL : 0) != 0)
        return false;
    *begin = (size_t)found.rm_so;
    *end = (size_t)found.rm_eo;
    return true;
}

bool sx_matches(const struct sx_matcher *m, const char *text)
{
    return regexec(&m->regex, text, 0, NULL, 0) == 0;
}

void sx_matcher_free(struct sx_matcher *m)
{
    if (m != NULL)
        regfree(&m->regex);
    free(m);
}
