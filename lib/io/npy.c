/* npy.c - NumPy's file format: a Python dictionary, then the elements. */
#include <stdlib.h>
#include <string.h>

#include "io/io.h"

/* The longest header; SX_MAX_RANK dimensions need far less. */
#define MAX_HEADER 65536

static const char magic[] = "\x93NUMPY";

/* ---- Elements --------------------------------------------------------------------------- */

bool sx_stored_type(struct sx_stored *stored)
{
    size_t w = stored->width;
    switch (stored->kind) {
    case 'b':
        stored->type = SX_BOOL;
        return w == 1;
    case 'i':
    case 'u':
        stored->type = SX_INT;
        return w == 1 || w == 2 || w == 4 || w == 8;
    case 'f':
        stored->type = w == 8 ? SX_DOUBLE : SX_FLOAT;
        return w == 2 || w == 4 || w == 8;
    case 'h':
        stored->type = SX_FLOAT;
        return w == 2;
    default:
        return false;
    }
}

static uint64_t load(const uint8_t *bytes, size_t width, bool big)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < width; i++)
        bits = bits << 8 | bytes[big ? i : width - 1 - i];
    return bits;
}

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Decodes a half. Subnormals are computed as products, because some processors flush subnormal
 * floats. */
static float half(uint32_t bits)
{
    uint32_t exponent = bits >> 10 & 31, fraction = bits & 1023;
    float value = float_of((exponent + 112) << 23 | fraction << 13);
    if (exponent == 0)
        value = (float)fraction * 0x1p-24F;
    else if (exponent == 31)
        value = float_of((uint32_t)255 << 23 | fraction << 13);
    return (bits & 0x8000) != 0 ? -value : value;
}

static float real(const struct sx_stored *stored, const uint8_t *bytes)
{
    uint32_t bits = (uint32_t)load(bytes, stored->width, stored->big);
    if (stored->kind == 'h')
        return float_of(bits << 16);
    return stored->width == 2 ? half(bits) : float_of(bits);
}

static bool integer(const struct sx_stored *stored, const uint8_t *bytes, int64_t *value)
{
    uint64_t bits = load(bytes, stored->width, stored->big);
    unsigned spare = 64 - 8 * (unsigned)stored->width;
    bool is_signed = stored->kind == 'i';
    *value = is_signed ? (int64_t)(bits << spare) >> spare : (int64_t)bits;
    return is_signed || *value >= 0;
}

/* Writes a code point as UTF-8. */
static size_t encode(uint32_t code, char *to)
{
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; code >>= 6)
        to[i] = (char)(0x80 | (code & 63));
    to[0] = (char)(lead[n] | (code & 0x7f));
    return n;
}

/* The number of a text, -1 on failure. */
static int64_t word(const struct sx_stored *stored, const uint8_t *bytes)
{
    size_t n = 0;
    if (stored->kind == 'S')
        return sx_words_number(stored->words, (const char *)bytes, stored->width, NULL);
    char *text = malloc(stored->width + 1);
    for (size_t i = 0; text != NULL && i < stored->width; i += 4)
        n += encode((uint32_t)load(bytes + i, 4, stored->big) & 0x1fffff, text + n);
    int64_t number = text != NULL ? sx_words_number(stored->words, text, n, NULL) : -1;
    free(text);
    return number;
}

bool sx_stored_decode(const struct sx_stored *stored, const uint8_t *bytes, size_t n, void *to)
{
    static const uint16_t one = 1;
    bool same_order = stored->big == (*(const uint8_t *)&one == 0);
    size_t w = stored->width;
    if (n == 0)
        return true;
    if (same_order && w == sx_type_size(stored->type) && strchr("fi", stored->kind) != NULL) {
        memcpy(to, bytes, n * w);
        return true;
    }
    bool ok = true;
    for (size_t i = 0; i < n; i++, bytes += w) {
        if (stored->kind == 'S' || stored->kind == 'U')
            ok = (((int64_t *)to)[i] = word(stored, bytes)) >= 0 && ok;
        else if (stored->type == SX_BOOL)
            ((uint8_t *)to)[i] = *bytes != 0;
        else if (stored->type == SX_INT)
            ok = integer(stored, bytes, (int64_t *)to + i) && ok;
        else if (stored->type == SX_DOUBLE)
            ((double *)to)[i] = double_of(load(bytes, w, stored->big));
        else
            ((float *)to)[i] = real(stored, bytes);
    }
    return ok;
}

/* ---- Reading ---------------------------------------------------------------------------- */

/* The rest of the header. */
struct text {
    const char *at, *end;
};

/* Takes blanks, then `token`. */
static bool take(struct text *text, const char *token)
{
    size_t n = strlen(token);
    while (text->at < text->end && (*text->at == ' ' || *text->at == '\n'))
        text->at++;
    if ((size_t)(text->end - text->at) < n || memcmp(text->at, token, n) != 0)
        return false;
    text->at += n;
    return true;
}

/* Takes a quoted string of at most 15 characters. */
static bool take_string(struct text *text, char value[16])
{
    char quote = take(text, "'") ? '\'' : take(text, "\"") ? '"' : '\0';
    size_t n = 0;
    if (quote == '\0')
        return false;
    while (text->at < text->end && *text->at != quote && n < 15)
        value[n++] = *text->at++;
    value[n] = '\0';
    return text->at < text->end && *text->at++ == quote;
}

static bool take_size(struct text *text, int64_t *value)
{
    const char *start = text->at;
    *value = 0;
    for (; text->at < text->end && *text->at >= '0' && *text->at <= '9'; text->at++)
        if (*value > (INT64_MAX - 9) / 10)
            return false;
        else
            *value = 10 * *value + (*text->at - '0');
    return text->at > start;
}

/* Takes a tuple; a tuple of one element needs a comma. */
static bool take_shape(struct text *text, struct sx_shape *shape)
{
    bool comma = true;
    shape->rank = 0;
    if (!take(text, "("))
        return false;
    while (!take(text, ")")) {
        if (!comma || shape->rank == SX_MAX_RANK ||
            !take_size(text, &shape->dim[shape->rank++]))
            return false;
        comma = take(text, ",");
    }
    return comma || shape->rank > 1;
}

static bool take_type(struct text *text, struct sx_stored *stored, struct sx_error *error)
{
    char descr[16], *end;
    static const uint16_t one = 1;
    bool native_big = *(const uint8_t *)&one == 0;
    if (!take_string(text, descr))
        return sx_fail(error, SX_FAILED, "not an array of one plain type");
    bool words = strchr("<>=|", descr[0]) != NULL && strchr("SU", descr[1]) != NULL;
    stored->big = descr[0] == '>' || (descr[0] == '=' && native_big);
    if (words != (stored->words != NULL))
        return sx_fail(error, SX_FAILED,
                       words ? "text ('%s') where numbers are wanted"
                             : "type '%s' where text is wanted",
                       descr);
    if (words) {
        stored->kind = descr[1];
        stored->width = strtoul(descr + 2, &end, 10) * (descr[1] == 'U' ? 4 : 1);
        stored->type = SX_INT;
        return (stored->width > 0 && stored->width <= 1 << 20 && *end == '\0') ||
               sx_fail(error, SX_FAILED, "type '%s' is not supported", descr);
    }
    bool known = strlen(descr) == 3 && strchr("<>=|", descr[0]) != NULL &&
                 strchr("biuf", descr[1]) != NULL && descr[2] >= '1' && descr[2] <= '8';
    stored->kind = descr[1];
    stored->width = known ? (size_t)(descr[2] - '0') : 0;
    if (!known || !sx_stored_type(stored) || (descr[0] == '|' && stored->width > 1))
        return sx_fail(error, SX_FAILED, "type '%s' is not supported", descr);
    return true;
}

/* Takes three keys, each once, in any order. */
static bool take_header(struct text *text, struct sx_stored *stored, struct sx_error *error)
{
    bool descr = false, order = false, shape = false, comma = true, ok = take(text, "{");
    while (ok && !take(text, "}")) {
        char key[16];
        ok = comma && take_string(text, key) && take(text, ":") && take(text, "");
        if (!ok)
            break;
        if (strcmp(key, "descr") == 0 && !descr) {
            descr = true;
            if (!take_type(text, stored, error))
                return false;
        } else if (strcmp(key, "fortran_order") == 0 && !order) {
            order = true;
            stored->fortran = take(text, "True");
            ok = stored->fortran || take(text, "False");
        } else if (strcmp(key, "shape") == 0 && !shape) {
            shape = true;
            ok = take_shape(text, &stored->shape);
        } else {
            ok = false;
        }
        comma = take(text, ",");
    }
    take(text, "");
    if (!ok || !descr || !order || !shape || text->at != text->end)
        return sx_fail(error, SX_FAILED, "malformed npy header");
    return true;
}

bool sx_is_npy(const uint8_t *bytes, size_t size)
{
    return size >= 6 && memcmp(bytes, magic, 6) == 0;
}

bool sx_npy_parse(struct sx_file *file, struct sx_stored *stored, struct sx_error *error)
{
    *stored = (struct sx_stored){.words = stored->words};
    if (!sx_file_fill(file, 10, error))
        return false;
    if (file->size < 10 || !sx_is_npy(file->bytes, file->size))
        return sx_fail(error, SX_FAILED, "not an npy file, or cut short");
    unsigned version = file->bytes[6];
    if (version < 1 || version > 3 || file->bytes[7] != 0)
        return sx_fail(error, SX_FAILED, "npy version %u.%u is not known", version,
                       file->bytes[7]);
    size_t start = version == 1 ? 10 : 12;
    if (!sx_file_fill(file, start, error))
        return false;
    size_t length = file->size < start ? 0 : (size_t)load(file->bytes + 8, start - 8, false);
    if (length > MAX_HEADER)
        return sx_fail(error, SX_FAILED, "npy header of %zu bytes", length);
    if (!sx_file_fill(file, start + length, error))
        return false;
    if (file->size < start + length)
        return sx_fail(error, SX_FAILED, "npy header is cut short");
    const char *text = (const char *)file->bytes + start;
    struct text header = {text, text + length};
    int64_t count;
    if (!take_header(&header, stored, error))
        return false;
    struct sx_error shape = {0};
    if (!sx_shape_count(&stored->shape, &count, &shape))
        return sx_fail(error, SX_FAILED, "%s", shape.message);
    sx_file_drop(file, start + length);
    return true;
}

/* ---- Writing ---------------------------------------------------------------------------- */

/* Writes a header of version 1, padded so that elements are aligned to 64 bytes. */
bool sx_npy_head(struct sx_sink *sink, enum sx_type type, const struct sx_shape *shape)
{
    static const uint16_t one = 1;
    static const char *const descr[] = {
        [SX_FLOAT] = "f4", [SX_DOUBLE] = "f8", [SX_INT] = "i8", [SX_BOOL] = "b1"};
    char order = type == SX_BOOL ? '|' : *(const uint8_t *)&one == 0 ? '>' : '<';
    char text[512];
    size_t n = (size_t)snprintf(text, sizeof text,
                                "{'descr': '%c%s', 'fortran_order': False, 'shape': (", order,
                                descr[type]);
    for (int i = 0; i < shape->rank; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, i == 0 ? "%lld," : " %lld,",
                              (long long)shape->dim[i]);
    if (shape->rank > 1)
        n--;
    n += (size_t)snprintf(text + n, sizeof text - n, "), }");
    while ((10 + n + 1) % 64 != 0)
        text[n++] = ' ';
    text[n++] = '\n';
    const uint8_t start[] = {1, 0, (uint8_t)(n & 255), (uint8_t)(n >> 8)};
    return sx_sink_write(sink, magic, 6) && sx_sink_write(sink, start, sizeof start) &&
           sx_sink_write(sink, text, n);
}

bool sx_npy_write(struct sx_sink *sink, const struct sx_tensor *tensor)
{
    size_t n = (size_t)sx_count(&tensor->shape);
    return sx_npy_head(sink, tensor->type, &tensor->shape) &&
           sx_sink_write(sink, tensor->data, n * sx_type_size(tensor->type));
}
