/* foreign.c - recognises files of other formats, for messages. */
#include <string.h>
#include <strings.h>

#include "io/io.h"

#define CONVERT(suffix) "; convert it, e.g. 'convert X." suffix " X.png'"
#define DECODE(suffix) "; sample it into numbers first, e.g. 'sox X." suffix " X.dat'"

/* Bytes at a position of the file. If that is not sufficient, `more` must be at `more_at`. */
static const struct {
    const char *bytes;
    size_t n;
    const char *more;
    size_t more_at, more_n;
    const char *what;
} known[] = {
    {"RIFF", 4, "WEBP", 8, 4, "a WebP picture" CONVERT("webp")},
    {"RIFF", 4, "WAVE", 8, 4, "a WAV sound" DECODE("wav")},
    {"RIFF", 4, "AVI ", 8, 4, "a film"},
    {"BM", 2, "\0\0\0\0", 6, 4, "a BMP picture" CONVERT("bmp")},
    {"GIF8", 4, "a", 5, 1, "a GIF picture" CONVERT("gif")},
    {"II*\0", 4, NULL, 0, 0, "a TIFF picture" CONVERT("tiff")},
    {"MM\0*", 4, NULL, 0, 0, "a TIFF picture" CONVERT("tiff")},
    {"II+\0", 4, NULL, 0, 0, "a TIFF picture" CONVERT("tiff")},
    {"8BPS", 4, "\0\1", 4, 2, "a Photoshop picture" CONVERT("psd")},
    {"\0\0\0\x0cjP  ", 8, NULL, 0, 0, "a JPEG 2000 picture" CONVERT("jp2")},
    {"\0\0\0", 3, "ftypavif", 4, 8, "an AVIF picture" CONVERT("avif")},
    {"\0\0\0", 3, "ftyphei", 4, 7, "a HEIC picture" CONVERT("heic")},
    {"\0\0\0", 3, "ftypM4A", 4, 7, "an MP4 sound" DECODE("m4a")},
    {"\0\0\0", 3, "ftyp", 4, 4, "a film"},
    {"FORM", 4, "AIFF", 8, 4, "an AIFF sound" DECODE("aiff")},
    {".snd\0", 5, NULL, 0, 0, "an AU sound" DECODE("au")},
    {"fLaC", 4, "\0", 4, 1, "a FLAC sound" DECODE("flac")},
    {"OggS", 4, "\0", 4, 1, "an Ogg sound" DECODE("ogg")},
    {"ID3", 3, "\0", 4, 1, "an MP3 sound" DECODE("mp3")},
    {"\xff\xfb", 2, NULL, 0, 0, "an MP3 sound" DECODE("mp3")},
    {"v/1\1", 4, NULL, 0, 0, "an OpenEXR picture" CONVERT("exr")},
    {"\x1f\x8b", 2, NULL, 0, 0, "gzip; unpack it first, e.g. 'gzip -d X.gz'"},
    {"BZh", 3, "1AY&SY", 4, 6, "bzip2; unpack it first, e.g. 'bzip2 -d X.bz2'"},
    {"\xfd"
     "7zXZ\0",
     6, NULL, 0, 0, "xz; unpack it first, e.g. 'xz -d X.xz'"},
    {"\x28\xb5\x2f\xfd", 4, NULL, 0, 0, "zstd; unpack it first, e.g. 'zstd -d X.zst'"},
    {"7z\xbc\xaf\x27\x1c", 6, NULL, 0, 0, "a 7z archive"},
    {"%PDF-", 5, NULL, 0, 0, "PDF"},
    {"%!PS", 4, NULL, 0, 0, "PostScript"},
    {"{\\rtf", 5, NULL, 0, 0, "RTF"},
    {"\x89HDF\r\n\x1a\n", 8, NULL, 0, 0, "HDF5; write its arrays as .npy"},
    {"MATLAB 5.0 MAT-file", 19, NULL, 0, 0, "a MATLAB file; write its arrays as .npy"},
    {"PAR1", 4, "\x15", 4, 1, "Parquet; write it as CSV"},
    {"ARROW1", 6, "\0", 6, 1, "Arrow; write it as CSV"},
    {"SQLite format 3", 15, NULL, 0, 0, "an SQLite data base; write its table as CSV"},
    {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, NULL, 0, 0, "an Office file; save it as CSV"},
    {"\x80\x02", 2, NULL, 0, 0, "a Python pickle; write its arrays as .npy"},
    {"\x80\x03", 2, NULL, 0, 0, "a Python pickle; write its arrays as .npy"},
    {"\x80\x04", 2, NULL, 0, 0, "a Python pickle; write its arrays as .npy"},
    {"\x80\x05", 2, NULL, 0, 0, "a Python pickle; write its arrays as .npy"},
    {"\x7f"
     "ELF",
     4, NULL, 0, 0, "an ELF program"},
    {"version https://git-lfs", 23, NULL, 0, 0,
     "a Git LFS pointer, not the file itself; 'git lfs pull' fetches that"},
    {"/annex/objects/", 15, NULL, 0, 0,
     "a git-annex pointer, not the file itself; 'git annex get' fetches that"},
    {"\xff\xfe", 2, NULL, 0, 0, "text in UTF-16; convert it, e.g. 'iconv -f UTF-16 -t UTF-8'"},
    {"\xfe\xff", 2, NULL, 0, 0, "text in UTF-16; convert it, e.g. 'iconv -f UTF-16 -t UTF-8'"},
};

/* Whether the file holds these bytes at `at`. Reads no more than necessary. */
static bool holds(struct sx_file *file, size_t at, const char *bytes, size_t n)
{
    struct sx_error ignored = {0};
    for (size_t i = 0; i < n; i++)
        if ((file->size <= at + i && !sx_file_fill(file, at + i + 1, &ignored)) ||
            file->size <= at + i || file->bytes[at + i] != (uint8_t)bytes[i])
            return false;
    return true;
}

/* The first non-blank byte from *at on; 0 at the end. */
static char first_mark(struct sx_file *file, size_t *at)
{
    struct sx_error ignored = {0};
    for (;; ++*at) {
        if ((file->size <= *at && !sx_file_fill(file, *at + 1, &ignored)) || file->size <= *at)
            return '\0';
        if (file->bytes[*at] == '\0' || strchr(" \t\r\n", file->bytes[*at]) == NULL)
            return (char)file->bytes[*at];
    }
}

/* Whether the beginning contains this word, in any case. */
static bool mentions(const struct sx_file *file, const char *word)
{
    size_t n = strlen(word), end = file->size < 2048 ? file->size : 2048;
    for (size_t i = 0; i + n <= end; i++)
        if (strncasecmp((const char *)file->bytes + i, word, n) == 0)
            return true;
    return false;
}

/* Recognises markup: an angle bracket and a name, ! or ?. */
static const char *markup(struct sx_file *file, size_t at)
{
    static const char *const html[] = {"<!doctype html", "<html",   "<head", "<body", "<title",
                                       "<meta",          "<script", "<div",  "<h1",   "<p>",
                                       "<center",        "<table"};
    struct sx_error ignored = {0};
    sx_file_fill(file, at + 2048, &ignored);
    char next = file->size > at + 1 ? (char)file->bytes[at + 1] : '\0';
    if (next != '!' && next != '?' && ((next | 0x20) < 'a' || (next | 0x20) > 'z'))
        return NULL;
    if (mentions(file, "<svg"))
        return "an SVG picture" CONVERT("svg");
    for (size_t i = 0; i < sizeof html / sizeof html[0]; i++)
        if (mentions(file, html[i]))
            return "HTML";
    return "XML";
}

/* Recognises JSON: an object begins with a key, an array with a value that no name looks like. */
static bool is_json(struct sx_file *file, size_t at, char bracket)
{
    size_t next = at + 1;
    char c = first_mark(file, &next);
    if (bracket == '{')
        return c == '"' || c == '}';
    return c != '\0' && strchr("{[]\"-0123456789", c) != NULL;
}

/* Recognises ONNX: the version of the format, then a field that a TensorProto does not have there. */
bool sx_is_onnx(struct sx_file *file)
{
    struct sx_error ignored = {0};
    return holds(file, 0, "\x08", 1) && sx_file_fill(file, 3, &ignored) && file->size >= 3 &&
           file->bytes[1] > 0 && file->bytes[1] < 32 && file->bytes[2] != '\0' &&
           strchr("\x12\x1a\x22\x32\x3a\x42\x72", file->bytes[2]) != NULL;
}

const char *sx_foreign(struct sx_file *file)
{
    size_t at = 0;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (holds(file, 0, known[i].bytes, known[i].n) &&
            holds(file, known[i].more_at, known[i].more, known[i].more_n))
            return known[i].what;
    if (file->size >= 262 && memcmp(file->bytes + 257, "ustar", 5) == 0)
        return "a tar archive";
    if (file->size >= 132 && memcmp(file->bytes + 128, "DICM", 4) == 0)
        return "a DICOM picture" CONVERT("dcm");
    if (sx_is_onnx(file))
        return "an ONNX model";
    if (holds(file, 0, "\xef\xbb\xbf", 3))
        at = 3;
    char mark = first_mark(file, &at);
    if (mark == '<')
        return markup(file, at);
    if ((mark == '{' || mark == '[') && is_json(file, at, mark))
        return "JSON";
    return NULL;
}
