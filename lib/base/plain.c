/* plain.c - makes text harmless for terminals, XML and HTML. */
#include <string.h>

#include "base/base.h"
#include "sextant/output.h"

size_t sx_utf8_length(const char *text)
{
    static const unsigned char low[] = {0x80, 0xa0, 0x90}, high[] = {0xbf, 0x9f, 0x8f};
    const unsigned char *s = (const unsigned char *)text;
    if (s[0] < 0x80)
        return 1;
    size_t n = s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
    if (n == 0)
        return 0;
    /* The second byte shows overlong forms, surrogates and code points above U+10FFFF. */
    unsigned char from = s[0] == 0xe0 ? low[1] : s[0] == 0xf0 ? low[2] : low[0];
    unsigned char to = s[0] == 0xed ? high[1] : s[0] == 0xf4 ? high[2] : high[0];
    if (s[1] < from || s[1] > to)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

void sx_cut_middle(char *text, size_t room)
{
    const size_t n = strlen(text);
    size_t head = room / 2, tail = n - (room - room / 2 - 4);
    if (n < room)
        return;
    while (head > 0 && ((unsigned char)text[head] & 0xc0) == 0x80)
        head--;
    while (((unsigned char)text[tail] & 0xc0) == 0x80)
        tail++;
    memcpy(text + head, "...", 3);
    memmove(text + head + 3, text + tail, n - tail + 1);
}

/* Whether a character of n bytes is a control character. */
static bool is_control(const char *text, size_t n)
{
    const unsigned char *s = (const unsigned char *)text;
    return n == 1 ? s[0] < ' ' || s[0] == 0x7f : n == 2 && s[0] == 0xc2 && s[1] < 0xa0;
}

const char *sx_xml_entity(const char *text, size_t *n)
{
    const size_t length = sx_utf8_length(text);
    *n = length > 0 ? length : 1;
    if (*text == '\t' || *text == '\n')
        return NULL;
    /* U+FFFE and U+FFFF are not allowed in XML. */
    if (length == 0 || is_control(text, length) ||
        (length == 3 && memcmp(text, "\xef\xbf", 2) == 0 && (unsigned char)text[2] >= 0xbe))
        return "?";
    return *text == '<'   ? "&lt;"
           : *text == '>' ? "&gt;"
           : *text == '&' ? "&amp;"
           : *text == '"' ? "&quot;"
                          : NULL;
}

void sx_make_plain(char *text, const char *kept)
{
    while (*text != '\0') {
        size_t n = sx_utf8_length(text);
        if (n > 0 && (!is_control(text, n) || strchr(kept, *text) != NULL)) {
            text += n;
            continue;
        }
        do
            *text++ = '?';
        while (n-- > 1);
    }
}
