/* read.c - reads a result from a line of JSON.
 *
 * cJSON parses the structure. Its numbers are the nearest doubles, like ours. A list of numbers
 * becomes one array, so that a map is not one node per element. */
#include <math.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "record/result.h"

static bool is_number_list(const cJSON *list)
{
    bool any = false;
    for (const cJSON *item = list->child; item != NULL; item = item->next) {
        if (!cJSON_IsNumber(item) && !cJSON_IsNull(item))
            return false;
        any = any || cJSON_IsNumber(item);
    }
    return any;
}

static void read_numbers(struct sx_result *r, const char *key, const cJSON *list)
{
    struct sx_datum *v = sx_result_add(r, key, SX_ARRAY);
    int64_t n = 0;
    if (v == NULL)
        return;
    for (const cJSON *item = list->child; item != NULL; item = item->next)
        n++;
    double *values = sx_arena_new(&r->arena, (size_t)n, sizeof *values, &r->failure);
    v->precision = SX_DOUBLE;
    v->array = (struct sx_tensor){SX_DOUBLE, {1, {values != NULL ? n : 0}}, values};
    const cJSON *item = list->child;
    for (int64_t i = 0; values != NULL && i < n; i++, item = item->next)
        values[i] = cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

/* Puts a number; integers that a double holds exactly remain integers. */
static void read_number(struct sx_result *r, const char *key, double value)
{
    if (value == rint(value) && fabs(value) < 0x1p53)
        sx_put_int(r, key, (int64_t)value);
    else
        sx_put_double(r, key, value);
}

static void read_value(struct sx_result *r, const char *key, const cJSON *json)
{
    if (cJSON_IsObject(json) || (cJSON_IsArray(json) && !is_number_list(json))) {
        if (cJSON_IsObject(json))
            sx_put_object(r, key);
        else
            sx_put_list(r, key);
        for (const cJSON *item = json->child; item != NULL; item = item->next)
            read_value(r, item->string, item);
        sx_put_end(r);
    } else if (cJSON_IsArray(json)) {
        read_numbers(r, key, json);
    } else if (cJSON_IsString(json)) {
        sx_put_text(r, key, json->valuestring);
    } else if (cJSON_IsNumber(json)) {
        read_number(r, key, json->valuedouble);
    } else if (cJSON_IsBool(json)) {
        sx_put_bool(r, key, cJSON_IsTrue(json) != 0);
    } else {
        sx_put_null(r, key);
    }
}

void sx_put_json(struct sx_result *r, const char *key, const char *text)
{
    struct sx_error error = {0};
    cJSON *json = sx_json_parse(text, strlen(text), &error);
    if (json == NULL && error.status == SX_MEMORY)
        sx_fail_as(&r->failure, &error);
    if (json == NULL)
        return;
    read_value(r, key, json);
    cJSON_Delete(json);
}

struct sx_result *sx_result_read(const char *line, size_t n, struct sx_error *error)
{
    cJSON *json = sx_json_parse(line, n, error);
    struct sx_result *r = json != NULL ? sx_result_new(SX_DOUBLE, error) : NULL;
    if (r != NULL) {
        read_value(r, NULL, json);
        if (!sx_result_ok(r, error)) {
            sx_result_free(r);
            r = NULL;
        }
    }
    cJSON_Delete(json);
    return r;
}
