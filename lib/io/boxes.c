/* boxes.c - rectangles of a picture: read from a file, or as places of a grid. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "io/io.h"

struct list {
    struct sx_box *box;
    size_t n, capacity;
};

static bool add(struct list *list, const double side[4], const char *name, size_t length,
                struct sx_error *error)
{
    void *items = list->box;
    for (int k = 0; k < 4; k++)
        if (!isfinite(side[k]))
            return sx_fail(error, SX_FAILED, "box %zu has no finite sides", list->n + 1);
    if (side[2] <= side[0] || side[3] <= side[1])
        return sx_fail(error, SX_FAILED, "box %zu is empty: x0 < x1 and y0 < y1 are wanted",
                       list->n + 1);
    if (!sx_grow(&items, &list->capacity, list->n + 1, sizeof *list->box, error))
        return false;
    list->box = items;
    struct sx_box box = {side[0], side[1], side[2], side[3], NULL};
    if (length > 0) {
        box.name = sx_new(length + 1, 1, error);
        if (box.name == NULL)
            return false;
        memcpy(box.name, name, length);
    }
    list->box[list->n++] = box;
    return true;
}

/* ---- JSON ---- */

static bool add_json(struct list *list, const cJSON *item, struct sx_error *error)
{
    const cJSON *sides = item, *name = NULL;
    double side[4];
    if (cJSON_IsObject(item)) {
        sides = cJSON_GetObjectItemCaseSensitive(item, "box");
        name = cJSON_GetObjectItemCaseSensitive(item, "name");
    }
    if (!cJSON_IsArray(sides) || cJSON_GetArraySize(sides) != 4)
        return sx_fail(error, SX_FAILED, "box %zu is not [x0,y0,x1,y1]", list->n + 1);
    for (int k = 0; k < 4; k++) {
        const cJSON *number = cJSON_GetArrayItem(sides, k);
        if (!cJSON_IsNumber(number))
            return sx_fail(error, SX_FAILED, "box %zu is not of numbers", list->n + 1);
        side[k] = number->valuedouble;
    }
    const char *text = cJSON_IsString(name) ? name->valuestring : "";
    return add(list, side, text, strlen(text), error);
}

static bool read_json(struct list *list, const struct sx_file *file, struct sx_error *error)
{
    cJSON *root = sx_json_parse((const char *)file->bytes, file->size, error);
    if (root == NULL)
        return false;
    const cJSON *array = root, *item = NULL;
    bool ok = true;
    if (cJSON_IsObject(root))
        array = cJSON_GetObjectItemCaseSensitive(root, "objects");
    if (!cJSON_IsArray(array))
        ok = sx_fail(error, SX_FAILED, "the JSON holds no array of boxes");
    else
        cJSON_ArrayForEach(item, array) if (ok) ok = add_json(list, item, error);
    cJSON_Delete(root);
    return ok;
}

/* ---- Text ---- */

static bool is_between(char c)
{
    return c == ',' || c == ' ' || c == '\t' || c == ';';
}

/* Adds a line of n bytes; empty lines and those that start with # are skipped. */
static bool add_line(struct list *list, const char *line, size_t n, size_t number,
                     struct sx_error *error)
{
    double side[4];
    size_t at = 0;
    while (n > 0 && (line[n - 1] == '\r' || line[n - 1] == ' '))
        n--;
    if (n == 0 || line[0] == '#')
        return true;
    for (int k = 0; k < 4; k++) {
        size_t from = at;
        while (at < n && !is_between(line[at]))
            at++;
        if (!sx_number_parse(line + from, at - from, &side[k]))
            return sx_fail(error, SX_FAILED, "line %zu: x0,y0,x1,y1[,name] is wanted", number);
        while (at < n && is_between(line[at]))
            at++;
    }
    return add(list, side, line + at, n - at, error);
}

static bool read_lines(struct list *list, const struct sx_file *file, struct sx_error *error)
{
    const char *at = (const char *)file->bytes, *end = at + file->size;
    for (size_t number = 1; at < end; number++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop != NULL ? stop : end;
        if (!add_line(list, at, (size_t)(stop - at), number, error))
            return false;
        at = stop + 1;
    }
    return true;
}

bool sx_boxes_read(const char *path, struct sx_box **boxes, int64_t *n, struct sx_error *error)
{
    struct list list = {0};
    struct sx_file file;
    bool ok = sx_file_open(&file, path, SX_PIPE_LIMIT, error);
    if (ok) {
        size_t at = 0;
        while (at < file.size && strchr(" \t\r\n", file.bytes[at]) != NULL)
            at++;
        bool json = at < file.size && (file.bytes[at] == '[' || file.bytes[at] == '{');
        ok = json ? read_json(&list, &file, error) : read_lines(&list, &file, error);
    }
    sx_file_close(&file);
    if (ok && list.n == 0)
        ok = sx_fail(error, SX_FAILED, "there are no boxes");
    if (!ok) {
        sx_boxes_free(list.box, (int64_t)list.n);
        list = (struct list){0};
    }
    *boxes = list.box;
    *n = (int64_t)list.n;
    return ok;
}

void sx_boxes_free(struct sx_box *boxes, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        free(boxes[i].name);
    free(boxes);
}

/* ---- Places ---- */

struct sx_box sx_place_box(int64_t rows, int64_t columns, int64_t i, int64_t width,
                           int64_t height)
{
    int64_t r = i / columns, c = i % columns;
    int64_t high = height / rows, wide = width / columns;
    return (struct sx_box){
        .x0 = (double)(c * wide),
        .y0 = (double)(r * high),
        .x1 = (double)(c + 1 < columns ? (c + 1) * wide : width),
        .y1 = (double)(r + 1 < rows ? (r + 1) * high : height),
    };
}

struct sx_box *sx_place_boxes(int64_t rows, int64_t columns, int64_t width, int64_t height,
                              struct sx_error *error)
{
    int64_t n = rows * columns;
    struct sx_box *boxes = sx_new((size_t)n, sizeof *boxes, error);
    for (int64_t i = 0; boxes != NULL && i < n; i++) {
        char name[48];
        boxes[i] = sx_place_box(rows, columns, i, width, height);
        snprintf(name, sizeof name, "%lld,%lld", (long long)(i / columns),
                 (long long)(i % columns));
        boxes[i].name = sx_strdup(name, error);
        if (boxes[i].name == NULL) {
            sx_boxes_free(boxes, n);
            return NULL;
        }
    }
    return boxes;
}

static double overlap(const struct sx_box *a, const struct sx_box *b)
{
    double wide = fmin(a->x1, b->x1) - fmax(a->x0, b->x0);
    double high = fmin(a->y1, b->y1) - fmax(a->y0, b->y0);
    return wide > 0 && high > 0 ? wide * high : 0;
}

int64_t sx_box_shares(int64_t rows, int64_t columns, int64_t width, int64_t height,
                      const struct sx_box *boxes, int64_t n, double *weights)
{
    int64_t places = rows * columns, outside = -1;
    for (int64_t a = 0; a < n; a++) {
        double *share = weights + a * places, total = 0;
        for (int64_t i = 0; i < places; i++) {
            struct sx_box place = sx_place_box(rows, columns, i, width, height);
            share[i] = overlap(&boxes[a], &place);
            total += share[i];
        }
        for (int64_t i = 0; i < places; i++)
            share[i] = total > 0 ? share[i] / total : 0;
        if (!(total > 0) && outside < 0)
            outside = a;
    }
    return outside;
}
