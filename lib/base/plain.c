/* plain.c - text that does nothing to a terminal but stand there. */
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
    /* Overlong forms, surrogates and what is past U+10FFFF show in the second byte. */
    unsigned char from = s[0] == 0xe0 ? low[1] : s[0] == 0xf0 ? low[2] : low[0];
    unsigned char to = s[0] == 0xed ? high[1] : s[0] == 0xf4 ? high[2] : high[0];
    if (s[1] < from || s[1] > to)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

void sx_make_plain(char *text, const char *kept)
{
    while (*text != '\0') {
        unsigned char c = (unsigned char)*text, next = (unsigned char)text[1];
        size_t n = sx_utf8_length(text);
        bool control = c < ' ' || c == 0x7f || (c == 0xc2 && next < 0xa0);
        if (n > 0 && (!control || strchr(kept, c) != NULL)) {
            text += n;
            continue;
        }
        do
            *text++ = '?';
        while (n-- > 1);
    }
}
