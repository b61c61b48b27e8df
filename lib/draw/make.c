/* make.c - makes a file of a drawing: finds the module, measures the page, adds metadata. */
#include <dlfcn.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "draw/draw.h"
#include "sextant/output.h"

/* ---- The module ---- */

/* Searches the module: in the executable's directory and the one above it (build/bin, build/tests,
 * and installations), then where systems keep such files. */
static const struct sx_draw_module *find_module(void)
{
    static const char *const places[] = {"../lib/sextant", "../../lib/sextant",
                                         "/usr/local/lib/sextant", "/usr/lib/sextant"};
    char self[3000], path[3100];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(self, '/');
    if (slash != NULL)
        *slash = '\0';
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (places[i][0] != '/' && slash == NULL)
            continue;
        snprintf(path, sizeof path, "%s%s%s/draw.so", places[i][0] != '/' ? self : "",
                 places[i][0] != '/' ? "/" : "", places[i]);
        void *opened = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        const struct sx_draw_module *module =
            opened != NULL ? dlsym(opened, SX_DRAW_SYMBOL) : NULL;
        if (module != NULL && module->version == SX_DRAW_VERSION)
            return module;
    }
    return NULL;
}

static const struct sx_draw_module *module_of(struct sx_error *error)
{
    const struct sx_draw_module *module = find_module();
    if (module == NULL)
        sx_fail(error, SX_USAGE,
                "pictures need the drawing module lib/sextant/draw.so, which this build lacks");
    return module;
}

bool sx_page_possible(struct sx_error *error)
{
    return module_of(error) != NULL;
}

/* ---- Bytes ---- */

struct bytes {
    uint8_t *data;
    size_t size, capacity;
    struct sx_error *error;
};

static bool add(void *to, const void *more, size_t n)
{
    struct bytes *b = to;
    void *items = b->data;
    if (n > SIZE_MAX / 2 - b->size ||
        !sx_grow(&items, &b->capacity, b->size + n + 1, 1, b->error))
        return false;
    b->data = items;
    memcpy(b->data + b->size, more, n);
    b->size += n;
    b->data[b->size] = '\0';
    return true;
}

static bool insert(struct bytes *b, size_t at, const struct bytes *what)
{
    size_t tail = b->size - at;
    if (!add(b, what->data, what->size)) /* (makes room) */
        return false;
    memmove(b->data + at + what->size, b->data + at, tail);
    memcpy(b->data + at, what->data, what->size);
    return true;
}

/* ---- PNG: chunks of text, and the resolution ---- */

static void big_endian(uint8_t to[4], uint32_t n)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(n >> (24 - 8 * i));
}

static bool add_chunk(struct bytes *b, const char type[4], const void *data, size_t n)
{
    uint8_t word[4];
    uLong sum = crc32(crc32(0, (const Bytef *)type, 4), data, (uInt)n);
    big_endian(word, (uint32_t)n);
    bool ok = add(b, word, 4) && add(b, type, 4) && add(b, data, n);
    big_endian(word, (uint32_t)sum);
    return ok && add(b, word, 4);
}

/* Adds an uncompressed chunk of UTF-8 text. */
static bool add_text(struct bytes *b, const char *key, const char *text)
{
    struct bytes data = {.error = b->error};
    bool ok = add(&data, key, strlen(key) + 1) && add(&data, "\0\0\0\0", 4) &&
              add(&data, text, strlen(text));
    if (ok)
        sx_make_plain((char *)data.data + strlen(key) + 5, "\t\n");
    ok = ok && add_chunk(b, "iTXt", data.data, data.size);
    free(data.data);
    return ok;
}

static bool annotate_png(struct bytes *b, const struct sx_page_options *o)
{
    enum { AFTER_HEADER = 33 };
    struct bytes chunks = {.error = b->error};
    uint8_t size[9];
    big_endian(size, (uint32_t)lround(o->dpi / 0.0254));
    big_endian(size + 4, (uint32_t)lround(o->dpi / 0.0254));
    size[8] = 1; /* unit: metre */
    bool ok = add_chunk(&chunks, "pHYs", size, sizeof size) &&
              add_text(&chunks, "Title", o->title) &&
              add_text(&chunks, "Software", "sextant") &&
              add_text(&chunks, "Description", o->about) && insert(b, AFTER_HEADER, &chunks);
    free(chunks.data);
    return ok;
}

static bool encode(struct bytes *b, int width, int height)
{
    struct sx_picture picture = {width, height, 3, b->data};
    uint8_t *png = NULL;
    size_t size = 0;
    if (!sx_png_encode(&picture, &png, &size, b->error))
        return false;
    free(b->data);
    b->data = png;
    b->size = b->capacity = size;
    return true;
}

/* ---- SVG: a title, and the texts of the drawing as its description ---- */

static bool add_escaped(struct bytes *b, const char *text)
{
    bool ok = true;
    for (size_t n; ok && *text != '\0'; text += n) {
        const char *as = sx_xml_entity(text, &n);
        ok = as != NULL ? add(b, as, strlen(as)) : add(b, text, n);
    }
    return ok;
}

static bool add_element(struct bytes *b, const char *name, const char *text)
{
    return add(b, "<", 1) && add(b, name, strlen(name)) && add(b, ">", 1) &&
           add_escaped(b, text) && add(b, "</", 2) && add(b, name, strlen(name)) &&
           add(b, ">\n", 2);
}

/* The number of a name that cairo gives to a page or an image, as in "surface12", "#image3" or,
 * since cairo 1.18, "source-7". Its digits begin at *digits. -1 if `quoted`, which begins with a
 * quotation mark, is no such name. */
static long number_of(const char *quoted, const char **digits)
{
    static const char *const names[] = {"surface", "image", "source-"};
    const char *at = quoted + (quoted[1] == '#' ? 2 : 1);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t n = strlen(names[i]);
        if (strncmp(at, names[i], n) == 0 && at[n] >= '0' && at[n] <= '9') {
            char *end;
            long number = strtol(at + n, &end, 10);
            *digits = at + n;
            return *end == '"' ? number : -1;
        }
    }
    return -1;
}

/* Counts pages and images of the drawing anew: cairo counts those of the process. Numbers become no
 * longer, as each is among the first of the drawing. */
static bool renumber(struct bytes *b)
{
    long *known = NULL;
    size_t n = 0, room = 0;
    char *to = (char *)b->data, text[24];
    bool ok = true;
    for (const char *from = to; ok && *from != '\0';) {
        const char *digits = from;
        long number = *from == '"' ? number_of(from, &digits) : -1;
        if (number < 0) {
            *to++ = *from++;
            continue;
        }
        size_t k = 0, prefix = (size_t)(digits - from);
        while (k < n && known[k] != number)
            k++;
        void *items = known;
        ok = sx_grow(&items, &room, k + 1, sizeof *known, b->error);
        known = items;
        if (!ok)
            break;
        known[k] = number;
        n = k < n ? n : k + 1;
        memmove(to, from, prefix);
        to += prefix;
        int width = snprintf(text, sizeof text, "%zu", k);
        memcpy(to, text, (size_t)width);
        to += width;
        from = digits + strspn(digits, "0123456789");
    }
    *to = '\0';
    b->size = (size_t)(to - (char *)b->data);
    free(known);
    return ok;
}

static bool annotate_svg(struct bytes *b, const struct sx_page_options *o, const char *texts)
{
    struct bytes head = {.error = b->error};
    if (!renumber(b))
        return false;
    const char *start = strstr((const char *)b->data, "<svg");
    const char *close = start != NULL ? strchr(start, '>') : NULL;
    if (close == NULL)
        return true;
    bool ok = add(&head, "\n", 1) && add_element(&head, "title", o->title) &&
              add_element(&head, "desc", texts != NULL ? texts : "") &&
              add_element(&head, "metadata", o->about) &&
              insert(b, (size_t)(close + 1 - (const char *)b->data), &head);
    free(head.data);
    return ok;
}

/* ---- PDF: is it whole? ---- */

/* Whether an object of this number begins at an offset. */
static bool begins_at(const struct bytes *b, unsigned long offset, unsigned long number)
{
    char start[40];
    size_t n = (size_t)snprintf(start, sizeof start, "%lu 0 obj", number);
    return offset <= b->size && n <= b->size - offset &&
           memcmp(b->data + offset, start, n) == 0;
}

/* cairo does not say that zlib had no memory: the object that was to be compressed is left out, and the
 * table at the end of the file has an offset where it does not begin. A file whose table is compressed
 * is not checked. */
static bool check_pdf(const struct bytes *b)
{
    enum { ENTRY = 20 }; /* bytes of an entry of the table */
    static const char tail[] = "startxref\n", head[] = "xref\n0 ";
    const char *data = (const char *)b->data;
    size_t last = b->size;
    while (last > 0 && strncmp(data + last, tail, sizeof tail - 1) != 0)
        last--;
    unsigned long table = strtoul(data + last + sizeof tail - 1, NULL, 10);
    if (last == 0 || table > last || strncmp(data + table, head, sizeof head - 1) != 0)
        return true;
    char *entries;
    unsigned long n = strtoul(data + table + sizeof head - 1, &entries, 10);
    bool whole = n <= (size_t)(data + last - entries) / ENTRY;
    for (unsigned long k = 1; whole && k < n; k++)
        whole = begins_at(b, strtoul(entries + 1 + k * ENTRY, NULL, 10), k);
    return whole || sx_fail(b->error, SX_MEMORY, "out of memory");
}

/* ---- Pages ---- */

/* Measures the drawing. */
static bool measure(struct sx_page *p, const struct sx_page_options *o, sx_page_draw draw,
                    void *context, double *width, double *height, struct sx_error *error)
{
    const struct sx_draw_setup setup = {
        .font = o->font, .title = o->title, .about = o->about, .scale = 1};
    p->module = module_of(error);
    p->page = p->module != NULL ? p->module->begin(&setup) : NULL;
    if (p->page == NULL)
        return sx_fail(error, SX_MEMORY, "out of memory");
    p->muted = true;
    bool ok = draw(p, context, width, height, error);
    p->module->end(p->page, false);
    p->muted = false;
    return ok;
}

bool sx_page_size(const struct sx_page_options *o, sx_page_draw draw, void *context,
                  double *width, double *height, struct sx_error *error)
{
    struct sx_page p = {.error = error};
    return measure(&p, o, draw, context, width, height, error);
}

bool sx_page_make(const struct sx_page_options *o, sx_page_draw draw, void *context,
                  uint8_t **result, size_t *size, struct sx_error *error)
{
    enum { MOST = 30000 }; /* the most pixels of a side, a limit of cairo's images */
    struct bytes b = {.error = error};
    struct sx_page p = {.error = error};
    double width = 0, height = 0;
    if (!measure(&p, o, draw, context, &width, &height, error))
        return false;
    const struct sx_draw_setup setup = {.format = o->format,
                                        .width = width,
                                        .height = height,
                                        .scale = o->zoom,
                                        .font = o->font,
                                        .title = o->title,
                                        .about = o->about,
                                        .write = add,
                                        .to = &b};
    double longest = fmax(width, height) * o->zoom;
    if (longest > MOST)
        return sx_fail(error, SX_FAILED, "a picture of %.0f pixels a side is too large",
                       longest);
    p.page = p.module->begin(&setup);
    if (p.page == NULL)
        return sx_fail(error, SX_MEMORY, "out of memory");
    p.listing = o->format == SX_DRAW_SVG;
    bool ok = draw(&p, context, &width, &height, error) && error->status == SX_OK;
    ok = (p.module->end(p.page, ok) ||
          sx_fail(error, SX_MEMORY, "the picture cannot be made")) &&
         ok;
    if (ok && o->format == SX_DRAW_PIXELS)
        ok = encode(&b, (int)ceil(setup.width * o->zoom), (int)ceil(setup.height * o->zoom)) &&
             annotate_png(&b, o);
    if (ok && o->format == SX_DRAW_SVG)
        ok = annotate_svg(&b, o, p.texts);
    if (ok && o->format == SX_DRAW_PDF)
        ok = check_pdf(&b);
    free(p.texts);
    *result = ok ? b.data : NULL;
    *size = b.size;
    if (!ok)
        free(b.data);
    return ok;
}
